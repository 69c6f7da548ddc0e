"""What Ignisign's error answers mean (contract section 6).

The vendor prints its code in the body (``code``; ``errorCode`` elsewhere) and does not publish which
status goes with which code. So a code that is known outranks the status of a 4xx answer; a 5xx
or 408 stays what it is, because there the effect is unknown whatever the code says.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from paraph import errors
from paraph.provider import problem_of

if TYPE_CHECKING:
    import httpx

BY_CODE: Final[tuple[tuple[str, type[errors.VendorError]], ...]] = (
    ("AUTH_HEADER_*", errors.AuthenticationFailed),
    ("INVALID_AUTH_JWT_TOKEN", errors.AuthenticationFailed),
    ("OUTDATED_AUTH_JWT_TOKEN", errors.AuthenticationFailed),
    ("UNAUTHORIZED_ERROR", errors.AuthenticationFailed),
    ("AUTHENTICATION_FAILED", errors.AuthenticationFailed),
    ("API_AUTH_BAD_REQUEST", errors.AuthenticationFailed),
    ("API_KEY_NOT_FOUND", errors.AuthenticationFailed),
    ("APP_NOT_FOUND", errors.PermissionDenied),
    ("APP_BLOCKED", errors.PermissionDenied),
    ("APP_NOT_ACTIVATED", errors.PermissionDenied),
    ("APP_*_NOT_FOUND", errors.PermissionDenied),
    ("USER_BLOCKED", errors.PermissionDenied),
    ("ORG*_BLOCKED", errors.PermissionDenied),
    ("ORGANIZATION_BILLING_NOT_ACTIVE", errors.PermissionDenied),
    ("INVALID_CONTEXT*", errors.PermissionDenied),
    ("*_NOT_OWNED_BY_APP", errors.PermissionDenied),
    ("*_BAD_ENV", errors.PermissionDenied),
    ("*_NOT_ENABLED", errors.PermissionDenied),
    ("FEATURE_NOT_AVAILABLE", errors.PermissionDenied),
    ("SIGNER_NOT_ALLOWED", errors.PermissionDenied),
    ("*_NOT_FOUND", errors.VendorNotFound),
    ("*_HAS_BEEN_REMOVED", errors.VendorNotFound),
    ("*_VALIDATION_FAILED", errors.VendorRefused),
    ("CANNOT_*", errors.VendorRefused),
    ("SIGNER_CREATION__*", errors.VendorRefused),
    ("*_BAD_STATUS", errors.VendorRefused),
    ("*_ALREADY_COMPLETED", errors.VendorRefused),
    ("*_NOT_IN_PROGRESS", errors.VendorRefused),
    ("DOCUMENT_PROOF_NOT_CREATED", errors.VendorRefused),
)
"""Patterns of codes, first match counts."""

VALIDATION: Final = frozenset(
    {"BODY_VALIDATION_FAILED", "PARAMS_VALIDATION_FAILED", "FIELD_IN_INPUT_REQUIRED", "BAD_REQUEST"}
)
"""Codes that say: the request has another shape than this server wants."""

ALREADY_PUBLISHED: Final = "CANNOT_PUBLISH_SIGNATURE_REQUEST__REQUEST_ALREADY_PUBLISHED"

PROOF_NOT_READY: Final = frozenset(
    {"DOCUMENT_PROOF_NOT_FOUND", "DOCUMENT_PROOF_NOT_CREATED", "ADVANCED_PROOF_NOT_GENERATED"}
)
"""Codes that say: signed perhaps, but the vendor has not made this artefact yet."""

DOCUMENT_GONE: Final = frozenset(
    {"DOCUMENT_NOT_FOUND", "DOCUMENT_HAS_BEEN_REMOVED", "DOCUMENT_PROOF_HAS_BEEN_REMOVED"}
)
"""Codes that say: another path would not find it either."""

TOO_LATE: Final = frozenset(
    {
        "SIGNATURE_REQUEST_BAD_STATUS",
        "SIGNATURE_REQUEST_ALREADY_COMPLETED",
        "SIGNATURE_REQUEST_NOT_IN_PROGRESS",
        "SIGNATURE_REQUEST_COMPLETED",
        "SIGNATURE_REQUEST_CANCELLED",
    }
)
"""Codes of a close that came after the end."""


def vendor_error(response: httpx.Response) -> errors.VendorError | None:
    """Return the error that an answer is, or ``None`` for a success."""
    if response.is_success:
        return None
    code = code_of(response)
    return problem_of(response, code=code, kind=_class_of(response.status_code, code))


def code_of(response: httpx.Response) -> str | None:
    """Read the vendor's error code out of a body that may be anything."""
    try:
        body: Any = response.json()
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict):
        return None
    return next((body[key] for key in ("code", "errorCode") if isinstance(body.get(key), str)), None)


def _class_of(status: int, code: str | None) -> type[errors.VendorError] | None:
    kept = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
    if (
        code is None
        or not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        or status in kept
    ):
        return None
    return next((kind for pattern, kind in BY_CODE if fnmatchcase(code, pattern)), None)
