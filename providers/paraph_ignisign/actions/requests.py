"""Signature requests, from the draft to the end."""

from __future__ import annotations

from typing import Any, Final

import attrs

from paraph.errors import UnsupportedCapability, UsageError, VendorError
from paraph.flow import Flow
from paraph.provider import Account, Action, NoParams, Repeat, endpoint
from paraph_ignisign.actions.base import (
    API,
    APP,
    OF_DOCUMENT,
    OF_FILE,
    OF_SIGNER,
    REQUEST,
    accepted,
    route_unknown,
)
from paraph_ignisign.actions.repeating import repeatable, settled
from paraph_ignisign.params._fields import AppRef
from paraph_ignisign.params.requests import OneCall, RequestPageRef, RequestRef, RequestRefs, RequestUpdate
from paraph_ignisign.wire._fields import Done
from paraph_ignisign.wire.requests import Published, RequestContext, RequestId, RequestPage, RequestStatuses

INIT_REQUEST: Final[Action[NoParams, RequestId]] = endpoint(
    API,
    "requests.init",
    "POST",
    APP + "/signature-requests",
    params=AppRef,
    result=RequestId,
    repeat=Repeat.NEVER,
    summary="Make an empty draft of a signature request.",
    description="Each call leaves a draft behind. Documents, signers and the rest are added afterwards.",
    source="contract 1 #22",
    slug="IGNISIGN_INIT_SIGNATURE_REQUEST",
    errors=(
        "SIGNATURE_PROFILE_NOT_FOUND",
        "ORGANIZATION_BILLING_NOT_ACTIVE",
        "QUALIFIED_SIGNATURE_NOT_ENABLED",
    ),
)

_UPDATE: Final = endpoint(
    API,
    "requests.update",
    "PUT",
    REQUEST,
    params=RequestUpdate,
    result=RequestContext,
    repeat=Repeat.IDEMPOTENT,
    summary="Describe a draft: title, documents, signers, methods, dates.",
    description="Drafts only. What is left out stays as it is; a list replaces the one before (inferred).",
    source="contract 1 #30",
    slug="IGNISIGN_UPDATE_SIGNATURE_REQUEST",
    errors=(
        "SIGNATURE_REQUEST_NOT_FOUND",
        "SIGNATURE_REQUEST_BAD_STATUS",
        "CANNOT_UPDATE_*",
        "SIGNATURE_REQUEST_DTO_NOT_MATCH_WITH_SIGNATURE_PROFILE__*",
        *OF_SIGNER,
        "SIGNER_BAD_STATUS",
        "SIGNER_PROFILE_NOT_FOUND",
        *OF_DOCUMENT,
    ),
)


def _update(account: Account[Any], given: RequestUpdate) -> Flow[RequestContext]:
    """Say in statements to what they belong: in the body each names its application and request itself."""
    if given.statements:
        own = account.settings.credentials()
        statements = tuple(
            attrs.evolve(
                each,
                app_id=each.app_id or own.app_id,
                app_env=each.app_env or own.app_env,
                signature_request_id=each.signature_request_id or given.signature_request_id,
            )
            for each in given.statements
        )
        given = attrs.evolve(given, statements=statements)
    return _UPDATE.run(account, given)


UPDATE_REQUEST: Final = attrs.evolve(_UPDATE, run=_update)

PUBLISH_REQUEST: Final = endpoint(
    API,
    "requests.publish",
    "POST",
    REQUEST + "/publish",
    params=RequestRef,
    result=Published,
    repeat=Repeat.NEVER,
    summary="Publish a draft: the vendor launches it and asks the signers.",
    description=(
        "It reaches people and cannot be taken back, only ended. A second call is refused. The answer may "
        "hold the tokens of embedded pages already; the webhook LAUNCHED tells them in any case."
    ),
    source="contract 1 #27",
    slug="IGNISIGN_PUBLISH_SIGNATURE_REQUEST",
    errors=(
        "SIGNATURE_REQUEST_NOT_FOUND",
        "CANNOT_PUBLISH_*",
        "CANNOT_UPDATE_OR_PUBLISH_*",
        "FAILED_TO_LAUNCH_*",
        "SIGNER_INCOMPATIBLE_WITH_SIGNATURE_METHOD",
        "SIGNER_BAD_STATUS",
    ),
)


def _closed(_: Account[Any], given: RequestRef) -> Flow[RequestId]:
    yield from ()
    return RequestId(signature_request_id=given.signature_request_id)


_CLOSE: Final = endpoint(
    API,
    "requests.close",
    "POST",
    REQUEST + "/close",
    params=RequestRef,
    result=RequestId,
    repeat=Repeat.IDEMPOTENT,
    summary="End a signature request.",
    description=(
        "Where somebody had signed it ends as COMPLETED and its proofs are made, otherwise as CANCELLED. One "
        "that was cancelled already is a success; one that ended otherwise may be refused. A repetition that "
        "is refused so after a lost answer leaves the effect unknown: read how it ended."
    ),
    source="contract 1 #2",
    slug="IGNISIGN_CANCEL_SIGNATURE_REQUEST",
    errors=(
        "SIGNATURE_REQUEST_NOT_FOUND",
        "SIGNATURE_REQUEST_BAD_STATUS",
        "SIGNATURE_REQUEST_ALREADY_COMPLETED",
        "SIGNATURE_REQUEST_NOT_IN_PROGRESS",
        "SIGNATURE_REQUEST_CANCELLED",
    ),
)

CLOSE_REQUEST: Final = repeatable(_CLOSE, _closed)

REQUEST_CONTEXT: Final = endpoint(
    API,
    "requests.context",
    "GET",
    REQUEST + "/context",
    params=RequestRef,
    result=RequestContext,
    repeat=Repeat.READ,
    summary="Read everything about a signature request.",
    description="Status, dates, signers, documents and who signed. There is no shorter read of one request.",
    source="contract 1 #13",
    slug="IGNISIGN_GET_SIGNATURE_REQUEST_DETAILS",
    errors=("SIGNATURE_REQUEST_NOT_FOUND",),
)

LIST_REQUESTS: Final = endpoint(
    API,
    "requests.list",
    "GET",
    APP + "/signature-requests",
    params=RequestPageRef,
    result=RequestPage,
    repeat=Repeat.READ,
    summary="List signature requests, one page.",
    description="Of every status. Pages count from 1; the page size is the vendor's unless it is given.",
    source="contract 1 #15",
    slug="IGNISIGN_GET_SIGNATURE_REQUESTS",
)

REQUEST_STATUSES: Final = endpoint(
    API,
    "requests.statuses",
    "POST",
    APP + "/signature-requests/status",
    params=RequestRefs,
    result=RequestStatuses,
    repeat=Repeat.READ,
    summary="Read the status of several signature requests.",
    description="One request for all of them: the cheapest way to poll.",
    source="contract 2, Batch status",
)


def _one_call(account: Account[Any], given: OneCall) -> Flow[Published]:
    for document in given.documents:
        if (document.base64 is None) is (document.url is None):
            raise UsageError("each document of requests.one_call needs either base64 or url")
    return _ONE_CALL.run(account, given)


_ONE_CALL: Final = endpoint(
    API,
    "requests.one_call",
    "POST",
    "/v4/signature-requests/one-call-sign",
    params=OneCall,
    result=Published,
    repeat=Repeat.NEVER,
    summary="Make and publish a whole request at once.",
    description=(
        "It reaches people. Nothing can be stored between draft and publication, so that an answer that is "
        "lost leaves open what happened: Client.send is the safe way. Signers get e-mails; without a profile "
        "the default one counts (inferred)."
    ),
    source="contract 2, One-call sign",
    errors=(
        "CANNOT_PUBLISH_*",
        "CANNOT_UPDATE_*",
        "FAILED_TO_LAUNCH_*",
        "SIGNER_PROFILE_NOT_FOUND",
        "SIGNER_CREATION__*",
        "EMAIL_INVALID",
        *OF_FILE,
        "FAILED_TO_DOWNLOAD_DOCUMENT",
    ),
)

ONE_CALL: Final = attrs.evolve(_ONE_CALL, run=_one_call)


def _delete(account: Account[Any], given: RequestRef) -> Flow[RequestId]:
    def once() -> Flow[Done]:
        return accepted(API.request(account, "DELETE", REQUEST, given))

    def deleted() -> Flow[Done]:
        yield from ()
        return Done()

    try:
        yield from settled(DELETE_REQUEST.name, once, deleted)
    except VendorError as error:
        if not route_unknown(error):
            raise
        raise UnsupportedCapability(
            account=account.name,
            provider=account.provider,
            capability=DELETE_REQUEST.name,
            hint="the vendor's API knows no such route; end the request with requests.close",
        ) from None
    return RequestId(signature_request_id=given.signature_request_id)


DELETE_REQUEST: Final = Action(
    name="requests.delete",
    summary="Delete a signature request with all that belongs to it.",
    description=(
        "Irreversible. A third party describes it and the vendor does not: where the route is unknown an "
        "UnsupportedCapability says so and requests.close is the way. A second call finds nothing, which is "
        "a success where it repeats one whose answer was lost."
    ),
    source="contract 1 #7, 9 #27",
    slug="IGNISIGN_DELETE_SIGNATURE_REQUEST",
    repeat=Repeat.IDEMPOTENT,
    params=RequestRef,
    result=RequestId,
    run=_delete,
    method="DELETE",
    path=REQUEST,
    documented=False,
    errors=("SIGNATURE_REQUEST_NOT_FOUND", "SIGNATURE_REQUEST_BAD_STATUS"),
)

ACTIONS: Final = (
    INIT_REQUEST,
    UPDATE_REQUEST,
    PUBLISH_REQUEST,
    CLOSE_REQUEST,
    REQUEST_CONTEXT,
    LIST_REQUESTS,
    REQUEST_STATUSES,
    ONE_CALL,
    DELETE_REQUEST,
)
"""The subject's actions, in the order in which they are listed."""
