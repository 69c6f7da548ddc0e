"""Authenticating requests: a v2 key as it is, an old secret exchanged for a token (contract section 3).

The token is kept and renewed as :mod:`paraph.provider.bearer` says, ``jwt_skew`` seconds before its end. Its
own claim ``exp`` tells the end; its signature is not checked, since it is the vendor's to check. A token
whose end cannot be read, or lies in the past by our clock, is used until the vendor refuses it.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx

from paraph.convert import structure_answer
from paraph.errors import ConfigurationError
from paraph.flow import Flow, http, now
from paraph.model import Secret
from paraph.provider import Account, Token, issued_token, not_issued, with_token
from paraph_ignisign import checks
from paraph_ignisign.errors import vendor_error
from paraph_ignisign.settings import Credentials, IgnisignSettings
from paraph_ignisign.wire.converter import CONVERTER

PATH: Final = "/v4/auth/app-api"


def credentials_of(account: Account[IgnisignSettings]) -> Credentials:
    """Return what authenticates the account. Every request passes here, so a mismatch never gets out.

    :raises ConfigurationError: it is wrong, or for another environment than the account.
    """
    problems = tuple(checks.credential_problems(account))
    if problems:
        raise ConfigurationError(f"account {account.name!r} cannot be used", problems)
    return account.settings.credentials()


def authorize(
    account: Account[IgnisignSettings], refused: Mapping[str, str] | None
) -> Flow[Mapping[str, str]]:
    """Return the ``Authorization`` header of the account; see ``Provider.authorize``.

    :raises AuthenticationFailed: the vendor refused the exchange. :raises ConfigurationError: the credentials
        are wrong, or for another environment than the account.
    """
    credentials = credentials_of(account)
    if not credentials.exchange:
        return {"Authorization": f"Bearer {credentials.secret.reveal()}"}
    exchanged = with_token("ignisign.token", lambda: exchange(account.settings, credentials), refused)
    return (yield from exchanged)


def exchange(settings: IgnisignSettings, credentials: Credentials) -> Flow[Token]:
    """Exchange an old secret for a token. Safe to repeat: each exchange makes a new one.

    :raises AuthenticationFailed: the vendor refused it; other errors pass through as they are.
    """
    from paraph_ignisign.wire.application import Jwt  # most accounts exchange nothing

    body = {"appId": credentials.app_id, "appEnv": credentials.app_env, "secret": credentials.secret.reveal()}
    request = httpx.Request(
        "POST", settings.base_url + PATH, json=body, headers={"Accept": "application/json"}
    )
    response = yield from http(request, credentials=False)
    error = vendor_error(response)
    if error is not None:
        message = "the vendor refused to exchange app_id, app_env and app_secret for a token"
        raise not_issued(request, error, message)
    jwt = structure_answer(response, Jwt, converter=CONVERTER).jwt_token
    expires = expiry_of(jwt)
    life = None if expires is None else expires - (yield from now())
    early = timedelta(seconds=settings.jwt_skew)
    return (yield from issued_token(response, "jwtToken", jwt.reveal(), life=life, early=early))


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
