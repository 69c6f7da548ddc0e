"""Bearer tokens that a vendor issues and that end (RFC 6750), for every provider that has such.

Theory. A token is asked for by one caller while the others of the account wait, and kept in the client until
shortly before its end, but never renewed before half of its life, so that a short life does not mean a
token per request. One whose end says nothing useful is used until the vendor refuses it, and one that was
just refused is not used again. All that differs between vendors is how a token is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import attrs

from paraph import errors
from paraph.flow import Flow, now, shared
from paraph.model import Secret
from paraph.provider.answers import malformed, operation_of

if TYPE_CHECKING:
    import httpx

HEADER: Final = "Authorization"
"""The one header that carries a bearer."""

_ABOUT_US: Final = (
    errors.VendorRefused,
    errors.PermissionDenied,
    errors.VendorNotFound,
    errors.AuthenticationFailed,
)
"""What the answer to a token request says of the credentials, and not of the way to the vendor."""


@attrs.frozen(kw_only=True)
class Token:
    """An issued token.

    :ivar header: the whole ``Authorization`` value.
    :ivar renew_at: aware UTC; ``None`` means: when it is refused.
    """

    header: Secret
    renew_at: datetime | None

    def usable(self, at: datetime, refused: Mapping[str, str] | None) -> bool:
        """Whether it can be used now, and is not the one that was just refused."""
        header = (refused or {}).get(HEADER)
        if header is not None and self.header.matches(header):
            return False
        return self.renew_at is None or at < self.renew_at


def with_token(
    key: str, issue: Callable[[], Flow[Token]], refused: Mapping[str, str] | None
) -> Flow[Mapping[str, str]]:
    """Return the header with the account's token, asking for a new one where none can be used.

    :param key: under which the client keeps it, such as ``acme.token``.
    :param issue: asks the vendor; it is run by one caller at a time.
    :param refused: as in ``Provider.authorize``.
    """
    at = yield from now()
    token: Token = yield from shared(key, fresh=lambda known: known.usable(at, refused), produce=issue)
    return {HEADER: token.header.reveal()}


def issued_token(
    response: httpx.Response, name: str, value: Any, *, life: timedelta | None, early: timedelta
) -> Flow[Token]:
    """Return the token that an answer holds, whatever the answer is.

    :param name: of the answer's key, for the error. :param value: what was found under it.
    :param life: from now until its end; ``None`` if that is not told.
    :param early: how long before its end it is renewed.
    :raises MalformedResponse: it is nothing that can stand in a header; it is not shown.
    """
    plain = isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value
    if not plain or not value:
        raise malformed(response, f"the answer holds no {name} that can stand in a header")
    obtained = yield from now()
    return Token(header=Secret(f"Bearer {value}"), renew_at=renewal(life, obtained, early))


def renewal(life: timedelta | None, obtained: datetime, early: timedelta) -> datetime | None:
    """Return when to renew a token: ``early`` before its end, but never before half of its life.

    :returns: ``None`` if its life says nothing useful, since it is unknown or over already.
    """
    if life is None or life <= timedelta(0):
        return None
    return obtained + max(life - early, life / 2)


def not_issued(request: httpx.Request, error: errors.VendorError, message: str) -> errors.VendorError:
    """Return what an error answer to a token request means: wrong credentials, or itself.

    :param message: which settings of the account were refused.
    """
    if not isinstance(error, _ABOUT_US):
        return error
    return errors.AuthenticationFailed(
        message,
        operation=operation_of(request),
        status=error.status,
        code=error.code,
        request_id=error.request_id,
    )
