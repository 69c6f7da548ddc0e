"""What a request must fulfil to be updated or published (contract 5), with the vendor's codes.

The publish conditions are a table: the first that is violated is the answer. The order is an assumption.

So is that every code called CANNOT_UPDATE_OR_PUBLISH is answered by an update, too, of what the request would
then be: harder than the vendor, perhaps, but what passes here passes there. A date that a null has emptied is
left to publishing, which has codes of its own for it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.model import Context, SignatureRequest, Signer
from paraph_ignisign.simulator.shapes import as_moment
from paraph_ignisign.simulator.tables import (
    DEFAULT_LANGUAGE,
    EIDAS_LEVELS,
    MANDATORY_INPUT_CODES,
    METHOD_INPUTS,
    UNABLE,
)
from paraph_ignisign.simulator.tenant import Tenant

_PUBLISH = "CANNOT_PUBLISH_SIGNATURE_REQUEST__"
_UPDATE = "CANNOT_UPDATE_SIGNATURE_REQUEST__"
_MISMATCH = "SIGNATURE_REQUEST_DTO_NOT_MATCH_WITH_SIGNATURE_PROFILE__"
_EITHER = "CANNOT_UPDATE_OR_PUBLISH_SIGNATURE_REQUEST__"
_NO_LABEL = (
    _EITHER + "AT_LEAST_ONE_DOCUMENT_IS_IN_FULL_PRIVACY_MODE_OR_HAVE_A_DOCUMENT_REQUEST_BUT_HAVE_NO_LABEL"
)


def check_update(tenant: Tenant, request: SignatureRequest) -> None:
    """Raise what the vendor objects to in the updated `request`: whatever it names must exist and fit."""
    _check_dates(request)
    _check_documents(tenant, request)
    for one in _profile_methods(request):
        profile = tenant.profile(one["signerProfileId"], request.context)
        if one["signatureMethodRef"] not in profile.methods:
            raise VendorError(_UPDATE + "SIGNATURE_METHODS_NOT_ACTIVATED", signerProfileId=profile.id)
        _check_plan(tenant, one["signatureMethodRef"])
    for signer_id in request.signer_ids:
        signer = _reachable(tenant, request, signer_id)
        _check_method(tenant, request, signer)
    for signer_id in request.approver_ids:
        _reachable(tenant, request, signer_id)
    _check_statements(tenant, request)
    if request.parent_id is not None:
        tenant.request(request.parent_id, request.context)
    _check_settings(tenant, request)
    if request.kind == "SIGNER_SETUP" and any(_was_set_up(tenant, one) for one in request.signer_ids):
        raise VendorError(_MISMATCH + "SIGNER_SETUP_ALREADY_DONE")


def profiles_used(tenant: Tenant, request: SignatureRequest) -> list[dict[str, Any]]:
    """Return which profiles sign with which method, as a published request tells it (appendix A)."""
    signers = tenant.signers_of(request)
    profiles = {one.profile.id: one.profile for one in signers}
    return [
        {
            "signerProfileId": profile.id,
            # A seal by hand names none (contract 7.6), the shape wants one: the profile's first (assumption).
            "signatureMethodRef": request.method_for(profile) or profile.methods[0],
            "version": profile.version,
            "signerIds": [one.id for one in signers if one.profile is profile],
        }
        for profile in profiles.values()
    ]


def check_publish(tenant: Tenant, request: SignatureRequest) -> None:
    """Raise the first publish condition that does not hold."""
    now = tenant.clock.now()
    for code, violated in _CONDITIONS:
        if violated(request, now):
            raise VendorError(_PUBLISH + code)
    signers = [tenant.signer(signer_id, request.context) for signer_id in request.signer_ids]
    # A seal has no method in the vendor's own example (contract 7.6).
    if request.kind == "STANDARD" and any(request.method_for(one.profile) is None for one in signers):
        raise VendorError(_PUBLISH + "NO_DEFAULT_SIGNATURE_METHOD")
    check_update(tenant, request)


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
    # A signer's setup has nothing to sign (assumption).
    ("NO_DOCUMENTS", lambda one, _now: one.kind != "SIGNER_SETUP" and not one.document_ids),
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


def _check_dates(request: SignatureRequest) -> None:
    if _scheduled(request) and "diffusionDate" not in request.fields:
        raise VendorError(_EITHER + "DIFFUSION_MODE_SCHEDULED_BUT_NO_DATE_PROVIDED")
    if request.fields.get("expirationDateIsActivated") and "expirationDate" not in request.fields:
        raise VendorError(_EITHER + "EXPIRATION_DATE_IS_ACTIVATED_BUT_NOT_PROVIDED")


def _check_settings(tenant: Tenant, request: SignatureRequest) -> None:
    """Refuse what the console, as the application's context tells it, does not allow."""
    language = request.fields.get("language")
    if tenant.settings.language_fixed and language not in {None, DEFAULT_LANGUAGE}:
        raise VendorError(_MISMATCH + "LANGUAGE_CANNOT_BE_CHANGED")
    if request.fields.get("extendedAuthSessionEnabled") and not tenant.settings.extended_sessions:
        raise VendorError(_MISMATCH + "EXTENDED_AUTH_SESSION_NOT_ALLOWED")
    if request.fields.get("fullPrivacy"):
        tenant.need("FULL_PRIVACY")


def _check_plan(tenant: Tenant, method: str) -> None:
    if EIDAS_LEVELS[method] == "QES":
        tenant.need("QUALIFIED_SIGNATURE")


def _was_set_up(tenant: Tenant, signer_id: str) -> bool:
    """Whether a setup of this signer was completed (assumption: that is what makes it done)."""
    done = (one for one in tenant.requests.values() if one.kind == "SIGNER_SETUP")
    return any(one.status == "COMPLETED" and signer_id in one.signer_ids for one in done)


def _check_documents(tenant: Tenant, request: SignatureRequest) -> None:
    documents = [tenant.documents.get(document_id) for document_id in request.document_ids]
    if any(one is not None and one.context == request.context and one.signatures for one in documents):
        raise VendorError(_EITHER + "AT_LEAST_ONE_DOCUMENT_HAVE_ALREADY_A_SIGNATURE")
    if any(document is None or document.request_id != request.id for document in documents):
        raise VendorError(_EITHER + "AT_LEAST_ONE_DOCUMENT_ARE_NOT_CREATED_OR_IS_INVALID")
    if any(document is not None and document.status != "PROVIDED" for document in documents):
        raise VendorError(_EITHER + "AT_LEAST_ONE_DOCUMENT_HAVE_NO_CONTENT")
    private = [one for one in documents if one is not None and one.nature == "PRIVATE_FILE"]
    if any(not one.details.get("label") for one in private):
        raise VendorError(_NO_LABEL)


def _check_method(tenant: Tenant, request: SignatureRequest, signer: Signer) -> None:
    method = request.method_for(signer.profile)
    if method is None:
        return
    if method not in signer.profile.methods:
        raise VendorError(_UPDATE + "SIGNATURE_METHODS_NOT_ACTIVATED", signerId=signer.id)
    _check_plan(tenant, method)
    for name in METHOD_INPUTS[method]:
        if name not in signer.inputs:
            raise VendorError(MANDATORY_INPUT_CODES[name], signerId=signer.id)


def _reachable(tenant: Tenant, request: SignatureRequest, signer_id: str) -> Signer:
    signer = tenant.signer(signer_id, request.context)
    if signer.status in UNABLE:
        raise VendorError("SIGNER_BAD_STATUS", signerId=signer_id)
    if signer.embedded:
        tenant.need("EMBEDDED")
    # The link of a BY_SIDE signer travels by e-mail.
    if signer.profile.integration_mode == "BY_SIDE" and "email" not in signer.inputs:
        raise VendorError(MANDATORY_INPUT_CODES["email"], signerId=signer_id)
    return signer


def _profile_methods(request: SignatureRequest) -> list[dict[str, Any]]:
    given = request.fields.get("signerProfilesSignatureMethod") or []
    if len({one["signerProfileId"] for one in given}) != len(given):
        raise VendorError("BODY_VALIDATION_FAILED", properties=["signerProfilesSignatureMethod"])
    return list(given)


def _check_statements(tenant: Tenant, request: SignatureRequest) -> None:
    for one in request.statements:
        if Context(app_id=one["appId"], app_env=one["appEnv"]) != request.context:
            raise VendorError("INVALID_CONTEXT", "A statement is for another application or environment")
        if one["signatureRequestId"] != request.id:
            raise VendorError("BODY_VALIDATION_FAILED", "Invalid body: statements", properties=["statements"])
        about = one.get("documentId")
        if about is not None and tenant.document(about, request.context).request_id != request.id:
            raise VendorError("DOCUMENT_NOT_FOUND", "A statement is about a document of another request")
