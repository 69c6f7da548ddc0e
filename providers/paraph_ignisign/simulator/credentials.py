"""Keys, secrets, JSON Web Tokens and technical tokens (contract 3 and 4.6)."""

import base64
import json
import secrets
import string
from datetime import datetime, timedelta
from functools import cached_property
from uuid import uuid4

import attrs
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.model import Context
from paraph_ignisign.simulator.tables import APP_ENVS

_BASE62 = string.ascii_letters + string.digits
_NEW_KEY_PARTS = 4
_TOKEN_LENGTHS = (45, 46, 47)  # contract 4.1: as in a recorded event


def base62(length: int) -> str:
    """Return a random base-62 string."""
    return "".join(secrets.choice(_BASE62) for _ in range(length))


def new_id() -> str:
    """Return a fresh id of 24 hexadecimal digits."""
    return secrets.token_hex(12)


def bearer_of(authorization: str | None) -> str:
    """Return the token of an Authorization header, or raise the vendor's refusal."""
    if authorization is None:
        raise VendorError("AUTH_HEADER_NOT_FOUND")
    scheme, _space, bearer = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise VendorError("AUTH_HEADER_NOT_BEARER")
    if not bearer.strip():
        raise VendorError("AUTH_HEADER_NO_TOKEN")
    return bearer


class Credentials:
    """The keys of one application, one pair per environment; `lifetime` is that of an exchanged token."""

    def __init__(self, app_uuid: str, *, lifetime: timedelta) -> None:
        self.app_id = f"appId_{app_uuid}"
        self._uuid = app_uuid
        self._lifetime = lifetime
        self._new = {env: base62(40) for env in APP_ENVS}
        self._old = {env: f"sk_{env.lower()}_{uuid4()}" for env in APP_ENVS}
        self._revoked: set[str] = set()

    def api_key(self, app_env: str) -> str:
        """Return the v2 key: `skv2_<env>_<uuid>_<secret>`, a bearer by itself."""
        return f"skv2_{app_env.lower()}_{self._uuid}_{self._new[app_env]}"

    def old_secret(self, app_env: str) -> str:
        """Return the old three-part secret, good only for an exchange."""
        return self._old[app_env]

    def revoke(self, app_env: str) -> None:
        """Revoke the keys of one environment; tokens that were exchanged before live on until they end."""
        self._revoked.add(app_env)

    def status(self, app_env: str) -> str:
        """Return the status of the keys of one environment (contract 5)."""
        return "REVOCATED" if app_env in self._revoked else "ACTIVE"

    def knows(self, secret: str, app_env: str) -> bool:
        """Whether `secret` is a live key or old secret of this environment."""
        valid = any(
            secrets.compare_digest(secret.encode(), one.encode())
            for one in (*self._bearers(app_env), self._old[app_env])
        )
        return valid and app_env not in self._revoked

    def exchange(self, app_id: str, app_env: str, secret: str, now: datetime) -> str:
        """Return a token for an old secret; inside auth every refusal is 401 or a bad request."""
        if len(secret.split("_", 3)) >= _NEW_KEY_PARTS:
            raise VendorError("API_AUTH_BAD_REQUEST", "This key is a bearer by itself and is not exchanged")
        if app_id != self.app_id:
            raise VendorError("APP_NOT_FOUND", status=401)
        if not secrets.compare_digest(secret.encode(), self._old[app_env].encode()):
            raise VendorError("AUTHENTICATION_FAILED")
        self._check_live(app_env)
        claims = {
            "appId": app_id,
            "appEnv": app_env,
            "iat": int(now.timestamp()),
            "exp": int((now + self._lifetime).timestamp()),
        }
        signed = f"{_segment({'alg': 'RS256', 'typ': 'JWT'})}.{_segment(claims)}"
        signature = self._signing_key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{_encode(signature)}"

    def context_of(self, authorization: str | None, now: datetime) -> Context:
        """Return whom an Authorization header speaks for, or raise the vendor's refusal."""
        bearer = bearer_of(authorization)
        for app_env in APP_ENVS:
            for key in self._bearers(app_env):
                if secrets.compare_digest(bearer.encode(), key.encode()):
                    self._check_live(app_env)
                    return Context(app_id=self.app_id, app_env=app_env)
        return self._context_of_token(bearer, now)

    def _bearers(self, app_env: str) -> tuple[str, str]:
        # The SDK's parser ignores the prefix, so `sk_` with four parts is the same key.
        key = self.api_key(app_env)
        return key, key.replace("skv2_", "sk_", 1)

    def _check_live(self, app_env: str) -> None:
        if app_env in self._revoked:
            raise VendorError("API_KEY_NOT_FOUND")

    def _context_of_token(self, token: str, now: datetime) -> Context:
        try:
            signed, _dot, signature = token.rpartition(".")
            self._signing_key.public_key().verify(
                _decode(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256()
            )
            claims = json.loads(_decode(signed.partition(".")[2]))
        except (InvalidSignature, ValueError) as error:
            raise VendorError("INVALID_AUTH_JWT_TOKEN") from error
        if now.timestamp() >= claims["exp"]:
            raise VendorError("OUTDATED_AUTH_JWT_TOKEN")
        return Context(app_id=claims["appId"], app_env=claims["appEnv"])

    @cached_property
    def _signing_key(self) -> rsa.RSAPrivateKey:
        # Made on first use: it costs a tenth of a second and most runs use v2 keys.
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@attrs.define(kw_only=True)
class _Technical:
    purpose: str
    context: Context
    minted_at: datetime
    consumed: bool = False


class TechnicalTokens:
    """Single-purpose tokens; those for webhooks are checked and consumed once (contract 4.6)."""

    WEBHOOK = "WEBHOOK_VERIFICATION"
    SESSION = "SIGNATURE_SESSION"
    PROOF = "SIGNATURE_PROOF"

    def __init__(self, *, lifetime: timedelta) -> None:
        self._lifetime = lifetime
        self._tokens: dict[str, _Technical] = {}

    def mint(self, purpose: str, context: Context, now: datetime) -> str:
        """Return a fresh token for `purpose`."""
        token = base62(secrets.choice(_TOKEN_LENGTHS))
        self._tokens[token] = _Technical(purpose=purpose, context=context, minted_at=now)
        return token

    def check_and_consume(self, token: str, context: Context, now: datetime) -> dict[str, object]:
        """Return the TokenCheckAndConsume answer; a good check uses the token up."""
        found = self._tokens.get(token)
        fault: tuple[str, str] | None = None
        if found is None:
            fault = ("notFound", "TOKEN_NOT_FOUND")
        elif found.purpose != self.WEBHOOK:
            fault = ("badTarget", "TOKEN_INVALID")
        elif found.context != context:
            fault = ("badRelatedId", "TOKEN_INVALID")
        elif found.consumed:
            fault = ("alreadyConsumed", "TOKEN_ALREADY_CONSUMED")
        elif now - found.minted_at > self._lifetime:
            fault = ("isExpired", "TOKEN_EXPIRED")
        else:
            found.consumed = True
        answer: dict[str, object] = {
            "isValid": fault is None,
            "context": None,
            "notFound": False,
            "alreadyConsumed": False,
            "badTarget": False,
            "isExpired": False,
            "badRelatedId": False,
            "haveBeenConsumed": fault is None,
        }
        if fault is not None:
            answer |= {fault[0]: True, "errorStr": fault[1]}
        return answer


def _segment(value: dict[str, object]) -> str:
    return _encode(json.dumps(value, separators=(",", ":")).encode())


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
