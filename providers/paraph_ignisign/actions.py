"""The vendor's actions of the main path, one row each (contract sections 1 and 2).

``source`` names the row of the contract's table. Actions of more than one request, or with a body
that is no JSON, are composites at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from paraph.errors import VendorError
from paraph.flow import Flow, http, retrying
from paraph.flow.upload import multipart_request
from paraph.provider import Account, Action, Api, NoParams, Repeat, endpoint
from paraph_ignisign import params as p
from paraph_ignisign import wire as w
from paraph_ignisign.errors import vendor_error
from paraph_ignisign.settings import IgnisignSettings

APP: Final = "/v4/applications/{appId}/envs/{appEnv}"
REQUEST: Final = "/v4/signature-requests/{signatureRequestId}"
DOCUMENT: Final = "/v4/documents/{documentId}"
ANOTHER_WAY: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED})
"""Statuses after which a disputed path or verb is tried in its other spelling (contract 1.1, 1.2)."""


def _base(account: Account[IgnisignSettings]) -> str:
    return account.settings.base_url


def _names(account: Account[IgnisignSettings]) -> Mapping[str, str]:
    credentials = account.settings.credentials()
    return {"appId": credentials.app_id, "appEnv": credentials.app_env}


API: Final = Api(base=_base, names=_names, converter=w.CONVERTER, problem=vendor_error)

LIST_PROFILES: Final = endpoint(
    API,
    "profiles.list",
    "GET",
    APP + "/signer-profiles",
    params=NoParams,
    result=tuple[w.SignerProfile, ...],
    repeat=Repeat.READ,
    summary="List the signer profiles of the application.",
    source="contract 1 #20",
)

GET_PROFILE: Final = endpoint(
    API,
    "profiles.get",
    "GET",
    APP + "/signer-profiles/{signerProfileId}",
    params=p.ProfileRef,
    result=w.SignerProfile,
    repeat=Repeat.READ,
    summary="Read one signer profile.",
    source="contract 1 #19",
)

INPUTS_NEEDED: Final = endpoint(
    API,
    "profiles.inputs_needed",
    "GET",
    APP + "/signer-profiles/{signerProfileId}/inputs-needed",
    params=p.ProfileRef,
    result=w.InputsNeeded,
    repeat=Repeat.READ,
    summary="Read which data a signer profile wants of a person.",
    source="contract 1 #17",
)

CREATE_SIGNER: Final = endpoint(
    API,
    "signers.create",
    "POST",
    APP + "/signers",
    params=p.NewSigner,
    result=w.CreatedSigner,
    repeat=Repeat.NEVER,
    summary="Create a signer, or add to one that exists; the vendor does not say how it finds one.",
    source="contract 1 #4",
)

GET_SIGNER: Final = endpoint(
    API,
    "signers.get",
    "GET",
    APP + "/signers/{signerId}",
    params=p.SignerRef,
    result=w.Signer,
    repeat=Repeat.READ,
    summary="Read one signer.",
    source="contract 2",
)

REGENERATE_SECRET: Final = endpoint(
    API,
    "signers.regenerate_secret",
    "PUT",
    APP + "/signers/{signerId}/regenerate-auth-secret",
    params=p.SignerRef,
    result=w.NewSecret,
    repeat=Repeat.NEVER,
    summary="Make a new secret for a signer; the old one stops working.",
    source="contract 2",
)

INIT_REQUEST: Final = endpoint(
    API,
    "requests.init",
    "POST",
    APP + "/signature-requests",
    params=NoParams,
    result=w.RequestId,
    repeat=Repeat.NEVER,
    summary="Make an empty draft of a signature request.",
    source="contract 1 #22",
)

UPDATE_REQUEST: Final = endpoint(
    API,
    "requests.update",
    "PUT",
    REQUEST,
    params=p.RequestUpdate,
    result=w.RequestContext,
    repeat=Repeat.IDEMPOTENT,
    summary="Describe a draft: title, documents, signers, methods, dates.",
    source="contract 1 #30",
)

PUBLISH_REQUEST: Final = endpoint(
    API,
    "requests.publish",
    "POST",
    REQUEST + "/publish",
    params=p.RequestRef,
    result=w.Published,
    repeat=Repeat.NEVER,
    summary="Publish a draft: the vendor launches it and asks the signers.",
    source="contract 1 #27",
)

CLOSE_REQUEST: Final = endpoint(
    API,
    "requests.close",
    "POST",
    REQUEST + "/close",
    params=p.RequestRef,
    result=w.RequestId,
    repeat=Repeat.IDEMPOTENT,
    summary="End a signature request.",
    source="contract 1 #2",
)

REQUEST_CONTEXT: Final = endpoint(
    API,
    "requests.context",
    "GET",
    REQUEST + "/context",
    params=p.RequestRef,
    result=w.RequestContext,
    repeat=Repeat.READ,
    summary="Read everything about a signature request.",
    source="contract 1 #13",
)

LIST_REQUESTS: Final = endpoint(
    API,
    "requests.list",
    "GET",
    APP + "/signature-requests",
    params=p.RequestPageRef,
    result=w.RequestPage,
    repeat=Repeat.READ,
    summary="List signature requests, one page.",
    source="contract 1 #15",
)

REQUEST_STATUSES: Final = endpoint(
    API,
    "requests.statuses",
    "POST",
    APP + "/signature-requests/status",
    params=p.RequestRefs,
    result=w.RequestStatuses,
    repeat=Repeat.READ,
    summary="Read the status of several signature requests.",
    source="contract 2",
)

INIT_DOCUMENT: Final = endpoint(
    API,
    "documents.init",
    "POST",
    APP + "/init-documents",
    params=p.NewDocument,
    result=w.DocumentId,
    repeat=Repeat.NEVER,
    summary="Make an empty document in a draft.",
    source="contract 1 #3",
)

GET_DOCUMENT: Final = endpoint(
    API,
    "documents.get",
    "GET",
    DOCUMENT,
    params=p.DocumentRef,
    result=w.Document,
    repeat=Repeat.READ,
    summary="Read one document's description.",
    source="contract 1 #11",
)

PROVIDE_JSON: Final = endpoint(
    API,
    "documents.provide_json",
    "POST",
    DOCUMENT + "/data-json-content",
    params=p.DocumentJson,
    result=w.Document,
    repeat=Repeat.NEVER,
    summary="Give structured data as a document's content.",
    source="contract 1 #24",
)

PROVIDE_DIGEST: Final = endpoint(
    API,
    "documents.provide_digest",
    "POST",
    DOCUMENT + "/private-content",
    params=p.DocumentDigest,
    result=w.Document,
    repeat=Repeat.NEVER,
    summary="Give only the digest of a document that stays private.",
    source="contract 1 #26",
)

LIST_WEBHOOKS: Final = endpoint(
    API,
    "webhooks.list",
    "GET",
    APP + "/webhooks",
    params=NoParams,
    result=w.WebhookEndpoints,
    repeat=Repeat.READ,
    summary="List the application's webhook endpoints.",
    source="contract 1 #21",
)

CREATE_WEBHOOK: Final = endpoint(
    API,
    "webhooks.create",
    "POST",
    APP + "/webhooks",
    params=p.NewWebhook,
    result=w.WebhookEndpoints,
    repeat=Repeat.NEVER,
    summary="Register a webhook endpoint; the answer lists all of them.",
    source="contract 1 #5",
)

LIST_EVENTS: Final = endpoint(
    API,
    "webhooks.events",
    "GET",
    "/v4/webhooks/{webhookId}/events",
    params=p.EventPageRef,
    result=w.WebhookEvents,
    repeat=Repeat.READ,
    summary="List past deliveries of an endpoint, one page.",
    source="contract 2",
)

CHECK_TOKEN: Final = endpoint(
    API,
    "webhooks.check_token",
    "POST",
    "/v4/tokens/webhook-verification/checking-consumption",
    params=p.TokenToCheck,
    result=w.TokenCheck,
    repeat=Repeat.NEVER,
    summary="Check the token of a delivery; a good one is used up by that.",
    source="contract 4.6",
)


def _upload(account: Account[Any], given: p.DocumentFile) -> Flow[w.Document]:
    request = multipart_request(
        "POST",
        API.url(account, DOCUMENT + "/file", {"documentId": given.document_id}),
        field="file",
        filename=given.document.name,
        media_type=given.document.media_type,
        document=given.document,
        headers={"Accept": "application/json"},
    )
    response = yield from http(request)
    return API.answer(response, w.Document)


UPLOAD_FILE: Final = Action(
    name="documents.upload",
    summary="Upload a file as a document's content.",
    source="contract 1 #25",
    repeat=Repeat.NEVER,
    params=p.DocumentFile,
    result=w.Document,
    run=_upload,
    method="POST",
    path=DOCUMENT + "/file",
)


def _search(account: Account[Any], given: p.SignerSearch) -> Flow[w.Signers]:
    """Ask with POST, the filter in query and body; with GET where that is unknown (contract 1.2)."""

    def ask(method: str) -> Flow[w.Signers]:
        query = {"filter": given.filter} if method == "POST" else None
        response = yield from http(API.request(account, method, _SEARCH, given, query=query))
        return API.answer(response, w.Signers)

    try:
        return (yield from retrying(lambda: ask("POST")))
    except VendorError as error:
        if error.status not in ANOTHER_WAY:
            raise
    return (yield from retrying(lambda: ask("GET")))


_SEARCH: Final = APP + "/signers-search"

SEARCH_SIGNERS: Final = Action(
    name="signers.search",
    summary="Search signers by text.",
    source="contract 1 #28",
    repeat=Repeat.READ,
    params=p.SignerSearch,
    result=w.Signers,
    run=_search,
    path=_SEARCH,
)

ACTIONS: Final[Mapping[str, Action[Any, Any]]] = MappingProxyType(
    {
        action.name: action
        for action in (
            LIST_PROFILES,
            GET_PROFILE,
            INPUTS_NEEDED,
            CREATE_SIGNER,
            GET_SIGNER,
            REGENERATE_SECRET,
            SEARCH_SIGNERS,
            INIT_REQUEST,
            UPDATE_REQUEST,
            PUBLISH_REQUEST,
            CLOSE_REQUEST,
            REQUEST_CONTEXT,
            LIST_REQUESTS,
            REQUEST_STATUSES,
            INIT_DOCUMENT,
            GET_DOCUMENT,
            UPLOAD_FILE,
            PROVIDE_JSON,
            PROVIDE_DIGEST,
            LIST_WEBHOOKS,
            CREATE_WEBHOOK,
            LIST_EVENTS,
            CHECK_TOKEN,
        )
    }
)
"""All of them by name."""
