"""What a request must fulfil to be updated or published (contract 5), with the vendor's codes.

The publish conditions are a table: the first that is violated is the answer. The order is an assumption.
"""

from collections.abc import Callable
from datetime import datetime

from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.model import SignatureRequest, Signer
from paraph_ignisign.simulator.shapes import as_moment
from paraph_ignisign.simulator.tables import MANDATORY_INPUT_CODES, METHOD_INPUTS
from paraph_ignisign.simulator.tenant import Tenant

_PUBLISH = "CANNOT_PUBLISH_SIGNATURE_REQUEST__"
_EITHER = "CANNOT_UPDATE_OR_PUBLISH_SIGNATURE_REQUEST__"
_NO_LABEL = (
    _EITHER + "AT_LEAST_ONE_DOCUMENT_IS_IN_FULL_PRIVACY_MODE_OR_HAVE_A_DOCUMENT_REQUEST_BUT_HAVE_NO_LABEL"
)


def check_update(tenant: Tenant, request: SignatureRequest) -> None:
    """Raise what the vendor objects to in the updated `request`: its documents, signers and methods."""
    _check_documents(tenant, request)
    for signer_id in request.signer_ids:
        signer = tenant.signer(signer_id, request.context)
        if signer.status == "BLOCKED":
            raise VendorError("SIGNER_BAD_STATUS", signerId=signer_id)
        _check_method(request, signer)
    if request.fields.get("signerIdsAsApprover"):
        # Approvers sign before the others; no source shows the step, so it is refused rather than guessed.
        raise VendorError("FEATURE_NOT_AVAILABLE", "This simulator has no approver step")


def check_publish(tenant: Tenant, request: SignatureRequest) -> None:
    """Raise the first publish condition that does not hold."""
    now = tenant.clock.now()
    for code, violated in _CONDITIONS:
        if violated(request, now):
            raise VendorError(_PUBLISH + code)
    if any(request.method_for(signer.profile) is None for signer in tenant.signers_of(request)):
        raise VendorError(_PUBLISH + "NO_DEFAULT_SIGNATURE_METHOD")
    check_update(tenant, request)
    for document in tenant.documents_of(request):
        if document.nature == "PRIVATE_FILE" and not document.details.get("label"):
            raise VendorError(_NO_LABEL)


def _moment(request: SignatureRequest, name: str) -> datetime | None:
    given = request.fields.get(name)
    return None if given is None else as_moment(given)


def _scheduled(request: SignatureRequest) -> bool:
    return bool(request.fields.get("diffusionMode") == "SCHEDULED")


def _start(request: SignatureRequest, now: datetime) -> datetime:
    return (_moment(request, "diffusionDate") if _scheduled(request) else None) or now


def _expiry(request: SignatureRequest) -> datetime | None:
    return _moment(request, "expirationDate") if request.fields.get("expirationDateIsActivated") else None


_CONDITIONS: tuple[tuple[str, Callable[[SignatureRequest, datetime], bool]], ...] = (
    ("NO_TITLE", lambda one, _now: not (one.fields.get("title") or "").strip()),
    ("NO_DOCUMENTS", lambda one, _now: not one.document_ids),
    ("NO_SIGNERS", lambda one, _now: not one.signer_ids),
    ("NO_DIFFUSION_MODE", lambda one, _now: one.fields.get("diffusionMode") is None),
    (
        "DIFFUSION_MODE_IS_SCHEDULED_BUT_DIFFUSION_DATE_IS_MISSING",
        lambda one, _now: _scheduled(one) and one.fields.get("diffusionDate") is None,
    ),
    ("DIFFUSION_DATE_IN_THE_PAST", lambda one, now: _start(one, now) < now),
    (
        "EXPIRATION_DATE_IS_ACTIVATED_BUT_EXPIRATION_DATE_IS_MISSING",
        lambda one, _now: bool(one.fields.get("expirationDateIsActivated")) and _expiry(one) is None,
    ),
    ("EXPIRATION_DATE_IN_THE_PAST", lambda one, now: (_expiry(one) or now) < now),
    (
        "EXPIRATION_DATE_BEFORE_DIFFUSION_DATE",
        lambda one, now: (_expiry(one) or _start(one, now)) < _start(one, now),
    ),
)


def _check_documents(tenant: Tenant, request: SignatureRequest) -> None:
    documents = [tenant.documents.get(document_id) for document_id in request.document_ids]
    if any(document is None or document.request_id != request.id for document in documents):
        raise VendorError(_EITHER + "AT_LEAST_ONE_DOCUMENT_ARE_NOT_CREATED_OR_IS_INVALID")
    if any(document is not None and document.status != "PROVIDED" for document in documents):
        raise VendorError(_EITHER + "AT_LEAST_ONE_DOCUMENT_HAVE_NO_CONTENT")


def _check_method(request: SignatureRequest, signer: Signer) -> None:
    method = request.method_for(signer.profile)
    if method is not None and method not in signer.profile.methods:
        raise VendorError(
            "CANNOT_UPDATE_SIGNATURE_REQUEST__SIGNATURE_METHODS_NOT_ACTIVATED", signerId=signer.id
        )
    needed = METHOD_INPUTS[method] if method is not None else ()
    # The link of a BY_SIDE signer travels by e-mail.
    for name in (*needed, *(() if signer.embedded else ("email",))):
        if name not in signer.inputs:
            raise VendorError(MANDATORY_INPUT_CODES[name], signerId=signer.id)
