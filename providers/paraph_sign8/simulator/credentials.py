"""Who may call: one organisation's secret, or tokens issued for its client.

How SIGN8 authenticates is not public (contract 6); the dialect chooses among the plausible ways. A dialect
that does not say gets a bearer token. A client certificate is a matter of TLS, and this server speaks plain
HTTP, so that one is refused when the simulator is made.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from paraph_sign8.dialect.model import AuthShape
from paraph_sign8.dialect.words import AuthType
from paraph_sign8.simulator.errors import VendorError

DEFAULT_TOKEN_PATH: Final = "/oauth2/token"  # noqa: S105 - an address, not a secret
ALWAYS_SECRET: Final = ("authorization", "cookie")


class TokenError(Exception):
    """An OAuth2 token is refused, in the words of RFC 6749, section 5.2."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Credentials:
    """The secrets of one organisation, made fresh; the owner holds the lock that protects them."""

    def __init__(self, shape: AuthShape, *, lifetime: timedelta) -> None:
        if shape.type is AuthType.CERTIFICATE:
            raise ValueError("a client certificate cannot be simulated: this server speaks plain HTTP")
        self.shape = shape
        self.type = AuthType.BEARER if shape.type is AuthType.UNKNOWN else shape.type
        self.secret = secrets.token_urlsafe(32)
        self.client_id = f"client-{secrets.token_hex(4)}"
        self._lifetime = lifetime
        self._issued: dict[str, datetime] = {}

    @property
    def token_path(self) -> str:
        """Where tokens are issued on this server."""
        url = self.shape.token_url
        return (url if url.startswith("/") else urlsplit(url).path) or DEFAULT_TOKEN_PATH

    @property
    def header(self) -> str:
        """The header that holds the secret, in lower case."""
        return self.shape.header.lower() if self.type is AuthType.HEADER else "authorization"

    def check(self, headers: Mapping[str, str], now: datetime) -> None:
        """Let a request pass, or raise VendorError."""
        if self.type is AuthType.NONE:
            return
        given = headers.get(self.header, "")
        if self.type is AuthType.OAUTH2:
            scheme, _, token = given.partition(" ")
            known = next((each for each in self._issued if secrets.compare_digest(each, token)), None)
            good = scheme.lower() == "bearer" and known is not None and now < self._issued[known]
        else:
            template = self.shape.template if self.type is AuthType.HEADER else "Bearer {secret}"
            good = secrets.compare_digest(given.encode(), template.replace("{secret}", self.secret).encode())
        if not good:
            raise VendorError("UNAUTHENTICATED", "the credentials are missing, wrong or no longer valid")

    def refuse_any(self, headers: Mapping[str, str]) -> None:
        """Refuse a request that shows credentials where none are wanted: an address given away."""
        if any(name in headers for name in (self.header, *ALWAYS_SECRET)):
            raise VendorError("CREDENTIALS_NOT_WANTED", "this address is its own key; send no credentials")

    def issue(self, form: Mapping[str, str], authorization: str, now: datetime) -> dict[str, Any]:
        """Return the answer of the token endpoint (RFC 6749, section 4.4), or raise TokenError."""
        client_id, secret = _basic(authorization) or (
            form.get("client_id", ""),
            form.get("client_secret", ""),
        )
        known = secrets.compare_digest(client_id.encode(), self.client_id.encode())
        if not (known and secrets.compare_digest(secret.encode(), self.secret.encode())):
            raise TokenError("invalid_client", 401)
        if form.get("grant_type") != "client_credentials":
            raise TokenError("unsupported_grant_type")
        if set(form.get("scope", "").split()) != set(self.shape.scope.split()):
            raise TokenError("invalid_scope")
        token = secrets.token_urlsafe(32)
        self._issued[token] = now + self._lifetime
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(self._lifetime.total_seconds()),
        }

    def revoke_all(self) -> None:
        """Forget every token that was issued, as an operator might."""
        self._issued.clear()


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, packed = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return client_id, secret
