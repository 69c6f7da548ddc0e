"""Authenticating requests. SIGN8 tells customers only how (contract 6), so every usual way is here.

A token of OAuth 2.0 is asked for by one caller while the others wait, and kept until shortly before its end:
:data:`EARLY`, but never before half of its life, so that a short life does not mean a token per request.
One whose end is not told is used until the vendor refuses it. Assumptions: the client authenticates in the
form beside ``grant_type`` (RFC 6749, section 2.3.1), and the token is a bearer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import attrs
import httpx

from paraph import errors
from paraph.flow import Flow, http, now, shared
from paraph.model import Secret
from paraph.provider import Account, json_of, malformed, operation_of
from paraph_sign8.errors import vendor_error
from paraph_sign8.settings import BearerAuth, HeaderAuth, OAuth2Auth, Sign8Settings
from paraph_sign8.wire import base_url

HEADER: Final = "Authorization"
"""The header of bearers."""

EARLY: Final = timedelta(seconds=60)
"""How long before its end a token is renewed."""

LONGEST_LIFE: Final = 366 * 86400
"""Seconds; a token that claims more is used until it is refused."""

_OURS = (errors.VendorRefused, errors.PermissionDenied, errors.VendorNotFound, errors.AuthenticationFailed)
"""What a token request says of the credentials, and not of the way to the vendor."""


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


def authorize(account: Account[Sign8Settings], refused: Mapping[str, str] | None) -> Flow[Mapping[str, str]]:
    """Return the headers that authenticate the account; see ``Provider.authorize``.

    None where a client certificate does it, or something on the way.

    :raises AuthenticationFailed: no token was issued.
    """
    match account.settings.auth:
        case HeaderAuth() as auth:
            name, value = account.settings.header(auth)
            return {name: value.reveal()}
        case BearerAuth(token=secret):
            return {HEADER: f"Bearer {secret.reveal()}"}
        case OAuth2Auth() as auth:
            return (yield from _with_token(account, auth, refused))
        case _:
            return {}


def _with_token(
    account: Account[Sign8Settings], auth: OAuth2Auth, refused: Mapping[str, str] | None
) -> Flow[Mapping[str, str]]:
    at = yield from now()

    def fresh(token: Token) -> bool:
        return token.usable(at, refused)

    def produce() -> Flow[Token]:
        return issue(account, auth)

    token = yield from shared("sign8.token", fresh=fresh, produce=produce)
    return {HEADER: token.header.reveal()}


def issue(account: Account[Sign8Settings], auth: OAuth2Auth) -> Flow[Token]:
    """Ask for a token. Safe to repeat: each request makes a new one.

    :raises AuthenticationFailed: the vendor refused it; other errors pass through as they are.
    """
    shape = account.settings.spoken.auth
    url = auth.token_url or shape.token_url
    form = {
        "grant_type": "client_credentials",
        "client_id": auth.client_id,
        "client_secret": auth.client_secret.reveal(),
    }
    if scope := auth.scope or shape.scope:
        form["scope"] = scope
    request = httpx.Request(
        "POST",
        base_url(account) + url if url.startswith("/") else url,
        data=form,
        headers={"Accept": "application/json"},
    )
    response = yield from http(request, credentials=False)
    error = vendor_error(response)
    if isinstance(error, _OURS):
        raise errors.AuthenticationFailed(
            "no token was issued for the account's auth.client_id and auth.client_secret",
            operation=operation_of(request),
            status=error.status,
            code=error.code,
            request_id=error.request_id,
        )
    if error is not None:
        raise error
    obtained = yield from now()
    return _token(response, obtained)


def _token(response: httpx.Response, obtained: datetime) -> Token:
    answer: Any = json_of(response)
    token = answer.get("access_token") if isinstance(answer, Mapping) else None
    if (
        not isinstance(token, str)
        or not token.isascii()
        or not token.isprintable()
        or " " in token
        or not token
    ):
        raise malformed(response, "the answer holds no access_token that can stand in a header")
    return Token(header=Secret(f"Bearer {token}"), renew_at=renewal(answer.get("expires_in"), obtained))


def renewal(life: Any, obtained: datetime) -> datetime | None:
    """Return when to renew a token; ``None`` if its life (``expires_in``, seconds) says nothing useful."""
    if isinstance(life, str) and life.isascii() and life.isdigit() and len(life) <= len(str(LONGEST_LIFE)):
        life = int(life)
    if isinstance(life, bool) or not isinstance(life, int | float) or not math.isfinite(life):
        return None
    if not 0 < life <= LONGEST_LIFE:
        return None
    whole = timedelta(seconds=life)
    return obtained + max(whole - EARLY, whole / 2)
