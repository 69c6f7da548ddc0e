"""The options of one Ignisign account and of one envelope there, and what can be wrong with them.

Credentials (contract section 3) come in two forms:

* a *v2 key*, ``skv2_<env>_<app uuid>_<secret>``: used directly as the bearer; application and
  environment are written inside. A key of four or more parts with another prefix counts as one too.
* an *old secret*, ``sk_<env>_<uuid>``: three parts with **no** application inside. It is exchanged
  for a short-lived token, and needs ``app_id`` and ``app_env`` beside it.

``signer_reference`` is a judgement. Ignisign's signers outlive requests, belong to the whole
application, and their data can only be added to, never corrected. By default each envelope
therefore makes signers of its own (``envelope``: reference ``<envelope id>:<signatory id>``), which
never meet older data. An application whose signatory ids name persons for ever can choose
``signatory`` to reuse signers; preflight then refuses an envelope whose data differ from the signer's.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Final, Literal
from urllib.parse import urlsplit

import attrs

from paraph.errors import ConfigurationError
from paraph.model import Problem, Secret
from paraph.provider import setting

API_URL: Final = "https://api.ignisign.io"
SIGN_URL: Final = "https://sign.ignisign.io"
V2_PREFIX: Final = "skv2_"
OLD_PARTS: Final = 3
AES_METHODS: Final = ("ADVANCED_STD", "ADVANCED_SMS")
HASHES: Final = ("base64", "hex")
REFERENCES: Final = ("envelope", "signatory")

_EXTENSION = re.compile(r"[a-z0-9]{1,8}")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PLAIN = re.compile(r"[\x21-\x7e]+")


class AppEnv(StrEnum):
    """The vendor's environments of one application."""

    DEVELOPMENT = "DEVELOPMENT"
    STAGING = "STAGING"
    PRODUCTION = "PRODUCTION"


def env_word(word: str) -> str:
    """Write an environment as the API does: upper case, and the guide's ``TEST`` is ``STAGING``."""
    upper = word.strip().upper()
    return AppEnv.STAGING.value if upper == "TEST" else upper


def _optional_env(word: str | None) -> str | None:
    return None if word is None else env_word(word)


def _no_slash(url: str) -> str:
    return url.strip().rstrip("/")


@attrs.frozen(kw_only=True)
class Credentials:
    """What authenticates an account.

    :ivar exchange: whether ``secret`` has to be exchanged for a token first.
    """

    app_id: str
    app_env: str
    secret: Secret
    exchange: bool


@attrs.frozen(kw_only=True)
class IgnisignSettings:
    """One application in one environment at Ignisign."""

    api_key: Secret | None = setting(
        "The application's key of the new kind (skv2_…); application and environment are inside.",
        default=None,
        example="env:IGNISIGN_KEY",
    )
    app_id: str | None = setting(
        "The application's id; needed with app_secret.", default=None, example="appId_0d2a…"
    )
    app_env: str | None = setting(
        "The vendor's environment: DEVELOPMENT, STAGING (TEST means the same) or PRODUCTION.",
        default=None,
        example="STAGING",
        converter=_optional_env,
    )
    app_secret: Secret | None = setting(
        "The application's secret of the old kind (sk_…), exchanged for a token.",
        default=None,
        example="env:IGNISIGN_SECRET",
    )
    base_url: str = setting("Base URL of the API.", default=API_URL, converter=_no_slash)
    sign_url: str = setting("Base URL of the signing pages.", default=SIGN_URL, converter=_no_slash)
    profile_email: str | None = setting(
        "Signer profile (id or name) of signatories who get an e-mail; "
        "unset: the first active one with integration mode BY_SIDE.",
        default=None,
    )
    profile_link: str | None = setting(
        "Signer profile (id or name) of signatories who get a link from you; "
        "unset: the first active one with integration mode EMBEDDED.",
        default=None,
    )
    aes_method: Literal["ADVANCED_STD", "ADVANCED_SMS"] = setting(
        "Signature method for the level AES: ADVANCED_STD or ADVANCED_SMS.",
        default="ADVANCED_STD",
        assumption="the vendor does not say which of its two advanced methods is the usual one",
    )
    private_hash: Literal["base64", "hex"] = setting(
        "How the digest of a private document is written: base64 or hex.",
        default="base64",
        assumption="the vendor's example sends base64, a third party's hex; the vendor does not say",
    )
    signer_reference: Literal["envelope", "signatory"] = setting(
        "Whether signers are made per envelope (envelope) or shared by signatory id (signatory).",
        default="envelope",
    )
    legal_kit_extension: str = setting(
        "File name extension of the legal kit, without a dot.",
        default="zip",
        assumption="the vendor documents no media type of it; a kit holds several files",
    )
    jwt_skew: int = setting("Seconds before its end at which an exchanged token is renewed.", default=60)

    def problems(self) -> tuple[Problem, ...]:
        """Find what is wrong with the options together, without looking inside secrets."""
        found = list(_missing(self))
        for name in ("base_url", "sign_url"):
            found += _url_problems(name, getattr(self, name))
        for name, choices in (
            ("aes_method", AES_METHODS),
            ("private_hash", HASHES),
            ("signer_reference", REFERENCES),
        ):
            if getattr(self, name) not in choices:
                found.append(_problem(name, "value.unknown", f"unknown value; known: {', '.join(choices)}"))
        if not _EXTENSION.fullmatch(self.legal_kit_extension):
            hint = "write 1 to 8 small letters or digits, such as zip"
            found.append(_problem("legal_kit_extension", "value.invalid", "this is no extension", hint))
        if self.jwt_skew < 0:
            found.append(_problem("jwt_skew", "value.negative", "seconds cannot be negative"))
        return tuple(found)

    def environment_problems(self, environment: str) -> tuple[Problem, ...]:
        """Find whether ``app_env`` contradicts the account's environment; without one, the key will tell.

        :param environment: paraph's own word for the account, ``test`` or ``production``.
        """
        if self.app_env is None or self.app_env not in set(AppEnv):
            return ()
        return tuple(_environment_problems(self.app_env, environment))

    def credential_problems(self, environment: str) -> tuple[Problem, ...]:
        """Find what is wrong with the credentials, looking inside the resolved secret but not showing it.

        :param environment: paraph's own word for the account, ``test`` or ``production``.
        """
        return self._wrong or tuple(_environment_problems(self.credentials().app_env, environment))

    def credentials(self) -> Credentials:
        """Return what authenticates the account.

        :raises ConfigurationError: it is missing or contradictory; :meth:`credential_problems` says why.
        """
        if self._wrong:
            raise ConfigurationError("the Ignisign account's credentials are wrong", self._wrong)
        return self._credentials

    # Each request asks for both, and nothing of what they are read from can change.

    @functools.cached_property
    def _wrong(self) -> tuple[Problem, ...]:
        return tuple(_credential_problems(self))

    @functools.cached_property
    def _credentials(self) -> Credentials:
        secret = (self.app_secret if self.api_key is None else self.api_key) or Secret("")
        if is_v2(secret):
            return parse_key(secret)
        return Credentials(app_id=self.app_id or "", app_env=self.app_env or "", secret=secret, exchange=True)


@attrs.frozen(kw_only=True)
class IgnisignStatement:
    """A sentence that signers have to agree to.

    :ivar text: Markdown. ``document``: local id of the document that it belongs to; ``None``: the envelope.
    """

    text: str = attrs.field(repr=False)
    document: str | None = None


def _statements(given: Iterable[IgnisignStatement]) -> tuple[IgnisignStatement, ...]:
    return tuple(given)


@attrs.frozen(kw_only=True)
class IgnisignOptions:
    """What only Ignisign knows of one envelope; put it into ``Envelope.options`` (contract, appendix A).

    ``full_privacy`` and ``extended_auth_session`` are passed on as the vendor names them; it does not say
    more of them. ``None`` leaves the application's own setting.

    :ivar individualize: each signatory gets a request, and so an envelope, of their own.
    :ivar statements: sentences that signers have to agree to.
    """

    individualize: bool = False
    statements: tuple[IgnisignStatement, ...] = attrs.field(default=(), converter=_statements)
    full_privacy: bool | None = None
    extended_auth_session: bool | None = None


def is_v2(key: Secret) -> bool:
    """Whether a key is of the new kind: by its prefix, or by having four or more parts."""
    text = key.reveal()
    return text.startswith(V2_PREFIX) or text.count("_") >= OLD_PARTS


def parse_key(key: Secret) -> Credentials:
    """Read application and environment out of a v2 key.

    The fourth part keeps its underscores: a secret may hold some.

    :raises ValueError: it has too few or empty parts; the key is not shown.
    """
    parts = key.reveal().split("_", 3)
    if len(parts) <= OLD_PARTS or not all(parts):
        raise ValueError("a v2 key has four parts: prefix, environment, application, secret")
    _, env, uuid, _ = parts
    return Credentials(app_id=f"appId_{uuid}", app_env=env_word(env), secret=key, exchange=False)


def _problem(path: str, code: str, message: str, hint: str = "") -> Problem:
    return Problem(path=path, code=code, message=message, hint=hint)


def _missing(settings: IgnisignSettings) -> Iterator[Problem]:
    key, secret = settings.api_key, settings.app_secret
    if key is None and secret is None:
        hint = "set api_key, or app_id, app_env and app_secret"
        yield _problem("api_key", "credentials.missing", "no credentials", hint)
    if key is not None and secret is not None:
        yield _problem("app_secret", "credentials.mixed", "api_key and app_secret are both set", "keep one")
    elif secret is not None:
        yield from _missing_beside(settings)
    if settings.app_env is not None and settings.app_env not in set(AppEnv):
        yield _problem("app_env", "app_env.unknown", f"unknown; known: {', '.join(AppEnv)} (TEST is STAGING)")


def _missing_beside(settings: IgnisignSettings) -> Iterator[Problem]:
    for needed in ("app_id", "app_env"):
        if not getattr(settings, needed):
            yield _problem(needed, "credentials.missing", "an old secret needs it beside it")


def _credential_problems(settings: IgnisignSettings) -> Iterator[Problem]:
    missing = tuple(_missing(settings))
    name, value = ("app_secret", settings.app_secret)
    if settings.api_key is not None:
        name, value = "api_key", settings.api_key
    if missing or value is None:
        yield from missing
    elif not _PLAIN.fullmatch(value.reveal()):
        yield _problem(name, "credentials.malformed", "it is empty or holds spaces or line breaks")
    elif not is_v2(value):
        yield from _missing_beside(settings)
    elif name == "app_secret":
        hint = "set it as api_key"
        yield _problem(name, "credentials.kind", "this is a v2 key, which is not exchanged", hint)
    else:
        yield from _v2_problems(settings, value)


def _v2_problems(settings: IgnisignSettings, key: Secret) -> Iterator[Problem]:
    try:
        inside = parse_key(key)
    except ValueError as error:
        yield _problem("api_key", "credentials.malformed", str(error), "copy the whole key from the console")
        return
    if inside.app_env not in set(AppEnv):
        yield _problem("api_key", "credentials.malformed", "its environment is none of the vendor's")
    for name, mine in (("app_env", inside.app_env), ("app_id", inside.app_id)):
        if getattr(settings, name) not in {None, mine}:
            yield _problem(name, "credentials.mixed", "it differs from what is inside api_key", "remove it")


def _environment_problems(app_env: str, environment: str) -> Iterator[Problem]:
    production = app_env == AppEnv.PRODUCTION
    if (environment == "production") != production:
        yield _problem(
            "app_env",
            "environment.mismatch",
            f"the account is for {environment!r} but its credentials are for {app_env}",
            "use PRODUCTION credentials in production accounts, and only there",
        )


def _url_problems(name: str, url: str) -> Iterator[Problem]:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        parts, host = urlsplit(""), ""
    if not host or parts.query or parts.fragment or parts.username or parts.password:
        yield _problem(name, "url.invalid", "it is not a plain URL such as https://host", f"remove {name}")
    elif parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        yield _problem(name, "url.insecure", "only https is allowed, and http on this machine", "use https")
