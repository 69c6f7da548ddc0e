"""What the simulator refuses, in a format of its own: SIGN8 has published no error format (contract 2).

    {"error": {"code": "MISSING_FIELD", "message": "email is missing", "fields": ["email"]}}

``fields`` has the names as the dialect spells them.
"""

from __future__ import annotations

from typing import Any, Final

STATUSES: Final = {
    "NOT_READABLE": 400,
    "UNKNOWN_FIELD": 400,
    "MISSING_FIELD": 400,
    "INVALID_FIELD": 400,
    "CREDENTIALS_NOT_WANTED": 400,
    "UNAUTHENTICATED": 401,
    "WRONG_ORGANIZATION": 403,
    "NOT_IN_SEALING_TEAM": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "ALREADY_EXISTS": 409,
    "WORKFLOW_STARTED": 409,
    "WORKFLOW_NOT_ACTIVE": 409,
    "WORKFLOW_NOT_COMPLETED": 409,
    "SIGNER_NOT_INVITED": 409,
    "FILE_TOO_LARGE": 413,
    "UNSUPPORTED_CONTENT_TYPE": 415,
    "INVALID_FILE": 422,
    "OUTSIDE_PAGE": 422,
    "WORKFLOW_INCOMPLETE": 422,
}
"""HTTP status by code."""


class VendorError(Exception):
    """A refusal; `code` is one of :data:`STATUSES`."""

    def __init__(self, code: str, message: str, *fields: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = STATUSES[code]
        self.fields = fields

    def body(self) -> dict[str, Any]:
        """Return the HTTP body."""
        return {"error": {"code": self.code, "message": self.message, "fields": list(self.fields)}}
