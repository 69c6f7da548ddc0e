"""Authenticating requests: a v2 key as it is, an old secret exchanged for a token (contract section 3).

The token's own end (claim ``exp``) decides when to renew; its signature is not checked, since it
is the vendor's to check. It is renewed ``jwt_skew`` seconds early, but never before half of its life, so
that a short life does not mean an exchange per request. A token whose end cannot be read, or lies in
the past by our clock, is used until the vendor refuses it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs
import httpx

from paraph import errors
from paraph.convert import structure_answer
from paraph.flow import Flow, http, now, shared
from paraph.model import Secret
from paraph.provider import Account, operation_of
from paraph_ignisign.errors import vendor_error
from paraph_ignisign.settings import Credentials, IgnisignSettings
from paraph_ignisign.wire import CONVERTER, Jwt

PATH: Final = "/v4/auth/app-api"
HEADER: Final = "Authorization"
"""The one header that authenticates a request."""

_OURS = (errors.VendorRefused, errors.PermissionDenied, errors.VendorNotFound)
"""What a token request says of the credentials, and not of the way to the vendor."""


@attrs.frozen(kw_only=True)
class Token:
    """An exchanged token.

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


def authorize(
    account: Account[IgnisignSettings], refused: Mapping[str, str] | None
) -> Flow[Mapping[str, str]]:
    """Return the ``Authorization`` header of the account; see ``Provider.authorize``.

    :raises AuthenticationFailed: the vendor refused the exchange.
    """
    credentials = account.settings.credentials()
    if not credentials.exchange:
        return {HEADER: f"Bearer {credentials.secret.reveal()}"}
    at = yield from now()

    def fresh(token: Token) -> bool:
        return token.usable(at, refused)

    def produce() -> Flow[Token]:
        return exchange(account.settings, credentials)

    token = yield from shared("ignisign.token", fresh=fresh, produce=produce)
    return {HEADER: token.header.reveal()}


def exchange(settings: IgnisignSettings, credentials: Credentials) -> Flow[Token]:
    """Exchange an old secret for a token. Safe to repeat: each exchange makes a new one.

    :raises AuthenticationFailed: the vendor refused it; other errors pass through as they are.
    """
    body = {"appId": credentials.app_id, "appEnv": credentials.app_env, "secret": credentials.secret.reveal()}
    request = httpx.Request(
        "POST", settings.base_url + PATH, json=body, headers={"Accept": "application/json"}
    )
    response = yield from http(request, credentials=False)
    error = vendor_error(response)
    if isinstance(error, _OURS):
        raise errors.AuthenticationFailed(
            "the vendor refused to exchange app_id, app_env and app_secret for a token",
            operation=operation_of(request),
            status=error.status,
            code=error.code,
            request_id=error.request_id,
        )
    if error is not None:
        raise error
    jwt = structure_answer(response, Jwt, converter=CONVERTER).jwt_token
    obtained = yield from now()
    return Token(
        header=Secret(f"Bearer {jwt.reveal()}"),
        renew_at=renewal(expiry_of(jwt), obtained, timedelta(seconds=settings.jwt_skew)),
    )


def renewal(expires: datetime | None, obtained: datetime, skew: timedelta) -> datetime | None:
    """Return when to renew a token, or ``None`` if its end says nothing useful."""
    if expires is None or expires <= obtained:
        return None
    return max(expires - skew, obtained + (expires - obtained) / 2)


def expiry_of(jwt: Secret) -> datetime | None:
    """Read the claim ``exp`` of a token without checking its signature; ``None`` if there is none."""
    parts = jwt.reveal().split(".")
    if len(parts) != 3:  # noqa: PLR2004 - a JWT has header, payload and signature
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        seconds = claims["exp"]
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            return None
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (binascii.Error, ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        return None
