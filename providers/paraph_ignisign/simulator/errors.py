"""What the vendor refuses, as it says it: contract 6 (D4's body, the proposed status per code)."""

from datetime import datetime
from typing import Any

_AUTHENTICATION = frozenset(
    {
        "INVALID_AUTH_JWT_TOKEN", "OUTDATED_AUTH_JWT_TOKEN", "UNAUTHORIZED_ERROR", "AUTHENTICATION_FAILED",
        "INVALID_TOKEN", "API_KEY_NOT_FOUND",
    }
)  # fmt: skip
_FORBIDDEN = frozenset(
    {
        "APP_BLOCKED", "APP_NOT_ACTIVATED", "USER_BLOCKED", "FEATURE_NOT_AVAILABLE",
        "ORGANIZATION_BILLING_NOT_ACTIVE", "SIGNER_NOT_ALLOWED",
    }
)  # fmt: skip
_BROKEN = frozenset({"INTERNAL_ERROR", "UNKNOWN_ERROR", "NOT_YET_IMPLEMENTED"})
_OF_STATUS = {400: "BAD_REQUEST", 401: "UNAUTHORIZED_ERROR", 500: "INTERNAL_ERROR"}
_GONE = frozenset({"DOCUMENT_HAS_BEEN_REMOVED", "DOCUMENT_PROOF_HAS_BEEN_REMOVED"})


def status_of(code: str) -> int:
    """Return the HTTP status of an error code, by the table of contract 6 (an assumption there)."""
    if code.startswith("OAUTH2_"):
        return 400
    if code in _AUTHENTICATION or code.startswith(("AUTH_HEADER_", "TOKEN_")):
        return 401
    if (
        code in _FORBIDDEN
        or code.startswith("INVALID_CONTEXT")
        or (code.startswith("ORG") and code.endswith("_BLOCKED"))
        or code.endswith(("_NOT_OWNED_BY_APP", "_BAD_ENV", "_NOT_ENABLED"))
    ):
        return 403
    if code in _GONE or code.endswith("_NOT_FOUND"):
        return 404
    return 500 if code in _BROKEN or code.startswith(("FAILED_TO_", "ASICS_")) else 400


def code_of(status: int) -> str:
    """Return the general code (appendix B) that an HTTP status says nothing more than (assumption)."""
    return _OF_STATUS.get(status, "UNKNOWN_ERROR")


class VendorError(Exception):
    """A refusal with the vendor's code; `status` only where the table does not decide ("inside auth")."""

    def __init__(self, code: str, message: str = "", *, status: int | None = None, **context: Any) -> None:
        super().__init__(code)
        self.code = code
        self.message = message or code.replace("_", " ").capitalize()
        self.status = status or status_of(code)
        self.context = context

    def body(self, now: datetime) -> dict[str, Any]:
        """Return the HTTP body; the timestamp is `YYYY-MM-DD HH:mm:ss ZZ` in UTC."""
        return {
            "message": self.message,
            "timestamp": now.strftime("%Y-%m-%d %H:%M:%S +0000"),
            "status": self.status,
            "code": self.code,
            "context": self.context,
        }
