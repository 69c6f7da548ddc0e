"""Reading a vendor's answer: one place that turns a status into an error class."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from paraph import errors

if TYPE_CHECKING:
    import httpx

BY_STATUS: Mapping[int, type[errors.VendorError]] = {
    401: errors.AuthenticationFailed,
    403: errors.PermissionDenied,
    404: errors.VendorNotFound,
    408: errors.TimedOut,
    410: errors.VendorNotFound,
    429: errors.RateLimited,
}
"""Statuses with a class of their own; the rest goes by hundreds.

408 counts as unknown effect: the vendor gave up waiting, but nobody says where.
"""

_CODE = re.compile(r"[A-Za-z0-9_.:\-]{1,120}")
_REQUEST_ID = ("x-request-id", "request-id", "x-correlation-id")


def operation_of(request: httpx.Request) -> str:
    """Name a request for people: method and path, never the query."""
    return f"{request.method} {request.url.path}"


def problem_of(
    response: httpx.Response,
    *,
    code: str | None = None,
    message: str = "",
    kind: type[errors.VendorError] | None = None,
) -> errors.VendorError | None:
    """Return the error that an answer is, or ``None`` for a success (2xx).

    :param code: the vendor's own error code; anything that does not look like one, such as words
        with spaces between them, is dropped, since a body may echo personal data.
    :param message: a sentence of ours; never the vendor's text.
    :param kind: a class that the vendor's code names more exactly than the status does.
    """
    status = response.status_code
    if response.is_success:
        return None
    kind = kind or kind_of(status)
    return kind(
        message or _SENTENCES.get(kind, "the vendor refused the request"),
        operation=operation_of(response.request),
        status=status,
        code=code if code and _CODE.fullmatch(code) else None,
        request_id=_request_id(response),
        retry_after=retry_after(response),
    )


def kind_of(status: int) -> type[errors.VendorError]:
    """Return the class of error that a status alone says."""
    if status < HTTPStatus.BAD_REQUEST:
        return errors.UnexpectedRedirect
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return errors.VendorUnavailable
    return BY_STATUS.get(status, errors.VendorRefused)


_SENTENCES: Mapping[type[errors.VendorError], str] = {
    errors.UnexpectedRedirect: "the vendor answered with a redirect, which is never followed; check base_url",
    errors.VendorUnavailable: "the vendor failed",
    errors.AuthenticationFailed: "the vendor did not accept the account's credentials",
    errors.PermissionDenied: "the account's credentials do not allow this",
    errors.VendorNotFound: "the vendor knows no such object",
    errors.RateLimited: "the vendor asks for a pause",
    errors.TimedOut: "the vendor gave up waiting",
}


def json_of(response: httpx.Response) -> Any:
    """Decode a JSON answer.

    :raises MalformedResponse: it is not JSON; the text is not shown.
    """
    try:
        return response.json()
    except (ValueError, RecursionError):
        pass
    # Outside the handler: the decoder's error holds the whole text.
    raise malformed(response, "the vendor's answer is not JSON")


def malformed(response: httpx.Response, message: str) -> errors.MalformedResponse:
    """Make the error for an answer of another shape than documented."""
    return errors.MalformedResponse(
        message,
        operation=operation_of(response.request),
        status=response.status_code,
        request_id=_request_id(response),
    )


def _request_id(response: httpx.Response) -> str | None:
    for name in _REQUEST_ID:
        value = response.headers.get(name)
        if value and _CODE.fullmatch(value):
            return str(value)
    return None


def retry_after(response: httpx.Response) -> float | None:
    """Read ``Retry-After`` in seconds, from a number or an HTTP date; ``None`` if absent or rubbish."""
    value = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,3})?", value):
        return float(value)
    try:
        at = email.utils.parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
