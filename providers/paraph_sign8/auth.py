"""Authenticating requests. SIGN8 tells customers only how (contract 6), so every usual way is here.

A token of OAuth 2.0 is kept and renewed as :mod:`paraph.provider.bearer` says, :data:`EARLY` before its end.
Assumptions: the client authenticates in the form beside ``grant_type`` (RFC 6749, section 2.3.1), and the
token is a bearer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import httpx

from paraph.flow import Flow, http
from paraph.provider import Account, Token, issued_token, json_of, not_issued, with_token
from paraph_sign8.errors import vendor_error
from paraph_sign8.settings import BearerAuth, HeaderAuth, OAuth2Auth, Sign8Settings
from paraph_sign8.wire import base_url

EARLY: Final = timedelta(seconds=60)
"""How long before its end a token is renewed."""

LONGEST_LIFE: Final = 366 * 86400
"""Seconds; a token that claims more is used until it is refused."""


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
            return {"Authorization": f"Bearer {secret.reveal()}"}
        case OAuth2Auth() as auth:
            return (yield from with_token("sign8.token", lambda: issue(account, auth), refused))
        case _:
            return {}


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
    if error is not None:
        message = "no token was issued for the account's auth.client_id and auth.client_secret"
        raise not_issued(request, error, message)
    answer: Any = json_of(response)
    told = answer if isinstance(answer, Mapping) else {}
    name, life = "access_token", lifetime(told.get("expires_in"))
    return (yield from issued_token(response, name, told.get(name), life=life, early=EARLY))


def lifetime(seconds: Any) -> timedelta | None:
    """Read how long a token lives (``expires_in``, seconds); ``None`` if that says nothing useful."""
    if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit():
        seconds = int(seconds) if len(seconds) <= len(str(LONGEST_LIFE)) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not math.isfinite(seconds):
        return None
    return timedelta(seconds=seconds) if 0 < seconds <= LONGEST_LIFE else None
