"""Signers: people, as the application knows them for all its requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from paraph.errors import UsageError, VendorError, VendorRefused
from paraph.flow import Flow, Page, all_pages, http, retrying
from paraph.provider import Account, Action, NoParams, Repeat, endpoint
from paraph_ignisign.actions.base import ANOTHER_WAY, API, APP, OF_SIGNER
from paraph_ignisign.actions.profiles import INPUTS_NEEDED
from paraph_ignisign.actions.requests import REQUEST_CONTEXT
from paraph_ignisign.params._fields import AppRef
from paraph_ignisign.params.requests import RequestRef
from paraph_ignisign.params.signers import (
    MissingInputsOf,
    NewSigner,
    ProfileRef,
    SignerOfRequest,
    SignerRef,
    SignerSearch,
    SignerUpdate,
)
from paraph_ignisign.wire.parts import Signer
from paraph_ignisign.wire.requests import RequestId
from paraph_ignisign.wire.signers import (
    CreatedSigner,
    MissingInputs,
    NewSecret,
    SignerDetails,
    SignerId,
    Signers,
)

_SIGNER: Final = APP + "/signers/{signerId}"
_SEARCH: Final = APP + "/signers-search"
_PAGINATE: Final = APP + "/signers-paginate"

_INPUT_ERRORS: Final = (
    "SIGNER_PROFILE_NOT_FOUND",
    "SIGNER_CREATION__INPUT_FIELD_MISSING",
    "SIGNER_CREATION__INPUT_FIELD_VALUE_MISSING",
    "SIGNER_CREATION__INPUT_FIELD_VALUE_INVALID",
    "SIGNER_CREATION__SIGNATURE_PROFILE_ARCHIVED",
    "SIGNER_CREATION__SIGNER_ALREADY_EXISTS",
    "EMAIL_INVALID",
    "EMAIL_DOMAIN_ALREADY_USED_IN_ANOTHER_SIGNER_PROFILE",
    "PHONE_NUMBER_NOT_SAFE",
)
"""Codes of what is said of a person."""

CREATE_SIGNER: Final = endpoint(
    API,
    "signers.create",
    "POST",
    APP + "/signers",
    params=NewSigner,
    result=CreatedSigner,
    repeat=Repeat.NEVER,
    summary="Create a signer, or add to one that exists; the vendor does not say how it finds one.",
    description=(
        "What is needed depends on the profile: see profiles.inputs_needed. The secret in the answer opens "
        "embedded signing pages and is told only now (or anew by signers.regenerate_secret). alreadyExists "
        "says that a signer was found instead of made."
    ),
    source="contract 1 #4",
    slug="IGNISIGN_CREATE_SIGNER",
    errors=(
        *_INPUT_ERRORS,
        "SIGNATURE_PROFILE_NOT_FOUND",
        "FORCE_RECURRENT_SIGNERS_REQUIRED",
    ),
)

UPDATE_SIGNER: Final = endpoint(
    API,
    "signers.update",
    "PUT",
    _SIGNER,
    params=SignerUpdate,
    result=CreatedSigner,
    repeat=Repeat.IDEMPOTENT,
    summary="Add inputs to a signer, or move it to another profile.",
    description=(
        "Only adds: an input that is set cannot be changed, except the external id. A signer can be made "
        "recurrent, and not back."
    ),
    source="contract 1 #31",
    slug="IGNISIGN_UPDATE_SIGNER",
    errors=(*OF_SIGNER, "SIGNER_BAD_STATUS", *_INPUT_ERRORS),
)

GET_SIGNER: Final = endpoint(
    API,
    "signers.get",
    "GET",
    _SIGNER,
    params=SignerRef,
    result=Signer,
    repeat=Repeat.READ,
    summary="Read one signer.",
    description="The summary: names, e-mail, status, and which inputs it has given.",
    source="contract 2, Signer summary",
    errors=OF_SIGNER,
)

SIGNER_DETAILS: Final = endpoint(
    API,
    "signers.details",
    "GET",
    _SIGNER + "/details",
    params=SignerRef,
    result=SignerDetails,
    repeat=Repeat.READ,
    summary="Read one signer with its claims and latest requests.",
    description="A claim is something said of the signer: DECLARED, VERIFIED, REJECTED or DEPRECATED.",
    source="contract 2, Signer details",
    errors=OF_SIGNER,
)

REVOKE_SIGNER: Final = endpoint(
    API,
    "signers.revoke",
    "DELETE",
    _SIGNER + "/revoke",
    params=SignerRef,
    result=SignerId,
    repeat=Repeat.IDEMPOTENT,
    summary="Revoke a signer for good.",
    description="The signer can sign no more. It may be called again on the same signer.",
    source="contract 1 #8",
    slug="IGNISIGN_DELETE_SIGNER",
    errors=(*OF_SIGNER, "SIGNER_BAD_STATUS", "SIGNER_NOT_OWNED_BY_APP", "FAILED_TO_REVOKE_CERTIFICATE"),
)

REGENERATE_SECRET: Final = endpoint(
    API,
    "signers.regenerate_secret",
    "PUT",
    _SIGNER + "/regenerate-auth-secret",
    params=SignerRef,
    result=NewSecret,
    repeat=Repeat.NEVER,
    summary="Make a new secret for a signer; the old one stops working.",
    description="The secret opens embedded signing pages. Links that hold the old one are dead (inferred).",
    source="contract 2, Regenerate signer secret",
    errors=(*OF_SIGNER, "SIGNER_BAD_STATUS"),
)

SETUP_SIGNER: Final[Action[NoParams, RequestId]] = endpoint(
    API,
    "signers.setup",
    "POST",
    APP + "/signer-setup",
    params=AppRef,
    result=RequestId,
    repeat=Repeat.NEVER,
    summary="Begin a request of type SIGNER_SETUP, in which a signer proves its identity beforehand.",
    description="Makes a draft each time, which is described and published like any other request.",
    source="contract 2, Signer setup request",
    errors=("SIGNATURE_REQUEST_DTO_NOT_MATCH_WITH_SIGNATURE_PROFILE__SIGNER_SETUP_ALREADY_DONE",),
)


def _search(account: Account[Any], given: SignerSearch) -> Flow[Signers]:
    """Ask with POST, the filter in query and body; with GET where that is unknown (contract 1.2)."""

    def ask(method: str) -> Flow[Signers]:
        query = {"filter": given.filter} if method == "POST" else None
        response = yield from http(API.request(account, method, _SEARCH, given, query=query))
        return API.answer(response, Signers)

    try:
        return (yield from retrying(lambda: ask("POST")))
    except VendorError as error:
        if error.status not in ANOTHER_WAY:
            raise
    return (yield from retrying(lambda: ask("GET")))


SEARCH_SIGNERS: Final = Action(
    name="signers.search",
    summary="Search signers by name, e-mail address or external id.",
    description=(
        "'*' finds all. The vendor's sources disagree on the verb: POST is asked first, and GET where the "
        "vendor answers 404 or 405. page and pageSize are sent only if given."
    ),
    source="contract 1 #28",
    slug="IGNISIGN_SEARCH_SIGNERS",
    repeat=Repeat.READ,
    params=SignerSearch,
    result=Signers,
    run=_search,
    path=_SEARCH,
    errors=("SEARCH_APPLICATION_SIGNERS_INVALID_FILTER",),
)


def _list(account: Account[Any], given: NoParams) -> Flow[Signers]:
    """Read page 0, which the vendor may not know, and then on from 1 until a page is empty."""
    total: int | None = None

    def page(number: int | str) -> Flow[Page[Signer]]:
        nonlocal total
        request = API.request(account, "GET", _PAGINATE, given, query={"page": str(number)})
        response = yield from http(request)
        answer = API.answer(response, Signers)
        total = total if answer.total is None else answer.total
        return Page(items=answer.signers, next=int(number) + 1)

    def patiently(number: int | str) -> Flow[Page[Signer]]:
        return retrying(lambda: page(number))

    try:
        first = (yield from patiently(0)).items
    except VendorRefused:
        first = ()
    if total is not None and len(first) >= total:
        return Signers(signers=first, total=total)
    rest = yield from all_pages(patiently, first=1, key=lambda signer: signer.signer_id)
    found = {signer.signer_id: signer for signer in (*first, *rest)}
    return Signers(signers=tuple(found.values()), total=total)


LIST_SIGNERS: Final[Action[NoParams, Signers]] = Action(
    name="signers.list",
    summary="List all signers of the application's environment, page by page.",
    description=(
        "Whether the vendor counts pages from 0 or 1 is disputed: both are tried, and a signer that comes "
        "twice is told once. Compare with total, which is the vendor's count."
    ),
    source="contract 1.2",
    repeat=Repeat.READ,
    params=AppRef,
    result=Signers,
    run=_list,
    method="GET",
    path=_PAGINATE,
)


def _missing(account: Account[Any], given: MissingInputsOf) -> Flow[MissingInputs]:
    app_id, app_env = given.app_id, given.app_env
    asked = SignerRef(signer_id=given.signer_id, app_id=app_id, app_env=app_env)
    signer = yield from GET_SIGNER.run(account, asked)
    profile = given.signer_profile_id or signer.signer_profile_id
    if profile is None:
        raise UsageError("the vendor does not say which profile the signer has; give signer_profile_id")
    wanted = yield from INPUTS_NEEDED.run(
        account, ProfileRef(signer_profile_id=profile, app_id=app_id, app_env=app_env)
    )
    has = set(_inputs_of(signer))
    return MissingInputs(missing_inputs=tuple(name for name in wanted.inputs_needed if name not in has))


def _inputs_of(signer: Signer) -> Iterator[str]:
    """Tell which inputs a signer has: those that the vendor lists, and those that it shows."""
    yield from signer.already_provided_inputs or ()
    for name, value in (
        ("firstName", signer.first_name),
        ("lastName", signer.last_name),
        ("email", signer.email),
    ):
        if value:
            yield name


MISSING_INPUTS: Final = Action(
    name="signers.missing_inputs",
    summary="Find which data a profile wants of a signer that the signer has not given.",
    description=(
        "The vendor removed this route with version 4, so that it is worked out of two reads: what the "
        "profile needs, less what the signer has. Without a profile the signer's own counts."
    ),
    source="contract 1 #12",
    slug="IGNISIGN_GET_MISSING_SIGNER_INPUTS",
    repeat=Repeat.READ,
    params=MissingInputsOf,
    result=MissingInputs,
    run=_missing,
    errors=("SIGNER_PROFILE_NOT_FOUND", *OF_SIGNER),
)


def _inputs(account: Account[Any], given: SignerOfRequest) -> Flow[Signer]:
    asked = RequestRef(signature_request_id=given.signature_request_id)
    context = yield from REQUEST_CONTEXT.run(account, asked)
    shown = {signer.signer_id: signer for signer in context.signers or ()}
    if given.signer_id not in {*shown, *(context.signer_ids or ())}:
        raise UsageError("the signature request has no such signer; see requests.context")
    found = shown.get(given.signer_id)
    if found is not None:
        return found
    return (
        yield from GET_SIGNER.run(
            account, SignerRef(signer_id=given.signer_id, app_id=given.app_id, app_env=given.app_env)
        )
    )


SIGNER_INPUTS: Final = Action(
    name="signers.inputs",
    summary="Read what a signer of a request has given: names, e-mail, and which inputs.",
    description=(
        "The vendor has no such route, so that it is read out of the request's context. A signer that does "
        "not belong to the request is a usage error."
    ),
    source="contract 1 #18",
    slug="IGNISIGN_GET_SIGNER_INPUTS",
    repeat=Repeat.READ,
    params=SignerOfRequest,
    result=Signer,
    run=_inputs,
    errors=("SIGNATURE_REQUEST_NOT_FOUND", *OF_SIGNER),
)

ACTIONS: Final = (
    CREATE_SIGNER,
    UPDATE_SIGNER,
    GET_SIGNER,
    SIGNER_DETAILS,
    REVOKE_SIGNER,
    REGENERATE_SECRET,
    SETUP_SIGNER,
    SEARCH_SIGNERS,
    LIST_SIGNERS,
    MISSING_INPUTS,
    SIGNER_INPUTS,
)
"""The subject's actions, in the order in which they are listed."""
