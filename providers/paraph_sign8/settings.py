"""The options of one SIGN8 account, and what can be wrong with them.

SIGN8 hands out server, credentials and the description of its API to customers only (contract 1 and 6), so
nothing of it has a default here: no host is assumed, and no way of authenticating either. The *dialect* says
how the wire looks (:mod:`paraph_sign8.dialect.model`); ``auth`` holds what a dialect must not: secrets.
Where both speak of the same thing the account wins: a dialect may come out of an import, while an account is
written by somebody who has the credentials in hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import attrs

from paraph.errors import ConfigurationError
from paraph.model import Problem, Secret
from paraph.provider import BRANDING, setting
from paraph_sign8.dialect import Dialect, DialectError, load, parse, shipped
from paraph_sign8.dialect.checking import url_fault
from paraph_sign8.dialect.words import AuthType, Token

_PLAIN = re.compile(r"[\x21-\x7e]+")
_HEADER_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
_ORGANIZATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}")

AUTH_FORMS: Final = (
    'write auth = { type = "header", value = "env:…" }, { type = "bearer", token = "env:…" }, '
    '{ type = "oauth2", client_id = "…", client_secret = "env:…", token_url = "…" }, '
    '{ type = "certificate", certificate = "client.pem" } or { type = "none" }'
)


@attrs.frozen(kw_only=True)
class HeaderAuth:
    """A fixed header, such as an API key."""

    type: Literal["header"] = "header"
    value: Secret = setting("The secret that the header holds.", example="env:SIGN8_KEY")
    name: str | None = setting("The header's name; unset: the dialect's auth.header.", default=None)
    template: str | None = setting(
        "The header's value, {secret} standing for the secret; unset: the dialect's auth.template.",
        default=None,
        example="Key {secret}",
    )


@attrs.frozen(kw_only=True)
class BearerAuth:
    """A bearer token (RFC 6750)."""

    type: Literal["bearer"] = "bearer"
    token: Secret = setting("The token.", example="env:SIGN8_TOKEN")


@attrs.frozen(kw_only=True)
class OAuth2Auth:
    """OAuth 2.0 client credentials (RFC 6749, section 4.4)."""

    type: Literal["oauth2"] = "oauth2"
    client_id: str = setting("The client's id.", example="paraph")
    client_secret: Secret = setting("The client's secret.", example="env:SIGN8_CLIENT_SECRET")
    token_url: str | None = setting(
        "Where tokens are issued: absolute, or below the base URL; unset: the dialect's auth.token_url.",
        default=None,
    )
    scope: str | None = setting("The scope to ask for; unset: the dialect's auth.scope.", default=None)


@attrs.frozen(kw_only=True)
class CertificateAuth:
    """A TLS client certificate."""

    type: Literal["certificate"] = "certificate"
    certificate: Path = setting("PEM file of the certificate and its chain.", example="client.pem")
    key: Path | None = setting("PEM file of the key; unset: it is in the certificate's file.", default=None)
    password: Secret | None = setting("The key's password.", default=None, example="env:SIGN8_KEY_PASSWORD")


@attrs.frozen(kw_only=True)
class NoAuth:
    """Nothing: something on the way to the vendor authenticates."""

    type: Literal["none"] = "none"


Auth = HeaderAuth | BearerAuth | OAuth2Auth | CertificateAuth | NoAuth


@attrs.frozen(kw_only=True)
class Sign8Options:
    """What only SIGN8 knows of one workflow; put it into ``Envelope.options``.

    :ivar password: asked of recipients before they sign; send it to them by another way (contract 4).
    :ivar team_id: the team that sees the workflow. ``interface_id``: its branding. Both win over the
        account's.
    """

    password: Secret | None = None
    team_id: str | None = None
    interface_id: str | None = attrs.field(default=None, metadata={BRANDING: True})


def _no_slash(url: str) -> str:
    return url.strip().rstrip("/")


def _loaded(settings: Sign8Settings) -> Dialect | DialectError:
    """Read the dialect once. A wrong one is a finding like every other, so its error waits."""
    given = settings.dialect
    try:
        if given is None:
            return shipped("default")
        return parse(given) if isinstance(given, Mapping) else load(Path(given))
    except DialectError as error:
        return error.with_traceback(None)


@attrs.frozen(kw_only=True)
class Sign8Settings:
    """One organisation at SIGN8, in one environment."""

    organization_id: str = setting("The organisation's id at SIGN8.", example="7d2f…")
    base_url: str = setting(
        "Base URL of the API; unset: the dialect's servers.<environment>. SIGN8 publishes none.",
        default="",
        example="https://sign8.example",
        converter=_no_slash,
    )
    dialect: Path | Mapping[str, Any] | None = setting(
        "How SIGN8's API is spoken: a TOML file (`paraph sign8 import` writes one) or a table; "
        "unset: assumptions that have to be replaced.",
        default=None,
        example="sign8.toml",
    )
    auth: HeaderAuth | BearerAuth | OAuth2Auth | CertificateAuth | NoAuth | None = setting(
        "How requests are authenticated, with secrets by reference: a table with a type.",
        default=None,
    )
    accept_assumptions: bool = setting(
        "Whether a production account may work with assumed parts of the dialect.", default=False
    )
    interface_id: str | None = setting("The branding of workflows that name none.", default=None)
    team_id: str | None = setting("The team that sees workflows that name none.", default=None)
    webhook_token: Secret | None = setting(
        "A secret of yours that SIGN8 sends with each webhook; the dialect's webhooks.token says where.",
        default=None,
        example="env:SIGN8_HOOK_TOKEN",
    )
    trust_webhooks: bool = setting(
        "Whether a webhook is believed without a token, because the URL's secret is proof enough for you.",
        default=False,
    )
    _read: Dialect | DialectError = attrs.field(
        init=False, eq=False, repr=False, default=attrs.Factory(_loaded, takes_self=True)
    )

    @property
    def spoken(self) -> Dialect:
        """The dialect.

        :raises DialectError: it is wrong; :meth:`problems` has it too.
        """
        if isinstance(self._read, DialectError):
            raise self._read.with_traceback(None)
        return self._read

    def server(self, environment: str) -> str:
        """Return the base URL without a slash at its end, or ``""``: none is configured, none is assumed.

        :param environment: paraph's own word for the account, ``test`` or ``production``.
        """
        if self.base_url:
            return self.base_url
        servers = self.spoken.servers
        return _no_slash(servers.production if environment == "production" else servers.test)

    def problems(self) -> tuple[Problem, ...]:
        """Find what is wrong with the options together, without looking inside secrets."""
        where = f" in {self.dialect.name}" if isinstance(self.dialect, Path) else ""
        found = list(_dialect_problems(self._read, where))
        if not _ORGANIZATION.fullmatch(self.organization_id):
            hint = "copy it from SIGN8's administration"
            found.append(_problem("organization_id", "organization.invalid", "it is no id", hint))
        if self.base_url and (fault := url_fault(self.base_url)):
            found.append(_problem("base_url", "url.invalid", fault, "write it as SIGN8 gave it to you"))
        if isinstance(self._read, Dialect):
            found += _auth_problems(self.auth, self._read)
        return tuple(found)

    def credential_problems(self) -> tuple[Problem, ...]:
        """Find what is wrong with the credentials, looking inside resolved secrets but not showing them."""
        found = list(_secret_problems(self.auth))
        if self.webhook_token is not None:
            in_path = self.spoken.webhooks.token is Token.PATH
            text = self.webhook_token.reveal()
            if not _PLAIN.fullmatch(text) or (in_path and not _ORGANIZATION.fullmatch(text)):
                fault = "it is empty or holds what a header or a segment of a URL cannot hold"
                found.append(_problem("webhook_token", "token.malformed", fault, "use letters and digits"))
        return tuple(found)

    def header(self, auth: HeaderAuth) -> tuple[str, Secret]:
        """Return name and value of the header that authenticates.

        :raises ConfigurationError: the value cannot be a header's; it is not shown.
        """
        name, template = _shape(auth, self.spoken)
        value = template.replace("{secret}", auth.value.reveal())
        if not _HEADER_VALUE.fullmatch(value):
            raise ConfigurationError("the SIGN8 account's auth.value cannot stand in a header")
        return name, Secret(value)


def _shape(auth: HeaderAuth, dialect: Dialect) -> tuple[str, str]:
    return auth.name or dialect.auth.header, auth.template or dialect.auth.template


def _problem(path: str, code: str, message: str, hint: str = "") -> Problem:
    return Problem(path=path, code=code, message=message, hint=hint)


def _dialect_problems(read: Dialect | DialectError, where: str) -> Iterator[Problem]:
    if isinstance(read, Dialect):
        return
    if not read.problems:
        yield _problem("dialect", "dialect.unreadable", read.headline)
    for found in read.problems:
        yield attrs.evolve(found, path=f"dialect.{found.path}", message=f"{found.message}{where}")


def _auth_problems(auth: Auth | None, dialect: Dialect) -> Iterator[Problem]:
    if auth is None:
        if dialect.auth.type is not AuthType.NONE:
            told = dialect.auth.type
            message = (
                f"the dialect says {told.value!r}, and the secret is missing" if told else "not configured"
            )
            yield _problem("auth", "credentials.missing", message, AUTH_FORMS)
    elif isinstance(auth, HeaderAuth):
        name, template = _shape(auth, dialect)
        if not _HEADER_NAME.fullmatch(name):
            yield _problem("auth.name", "name.invalid", "it is no name of a header")
        if "{secret}" not in template or not _HEADER_VALUE.fullmatch(template):
            hint = "such as 'Bearer {secret}'"
            yield _problem("auth.template", "value.wrong", "it has to hold {secret}, in plain ASCII", hint)
    elif isinstance(auth, OAuth2Auth):
        if not _PLAIN.fullmatch(auth.client_id):
            yield _problem("auth.client_id", "credentials.malformed", "it is empty or holds spaces")
        url = auth.token_url or dialect.auth.token_url
        if not url:
            hint = "set it, or the dialect's auth.token_url"
            yield _problem("auth.token_url", "url.missing", "no URL where tokens are issued", hint)
        elif not url.startswith("/") and (fault := url_fault(url)):
            yield _problem("auth.token_url", "url.invalid", fault)


def _secret_problems(auth: Auth | None) -> Iterator[Problem]:
    secrets: dict[str, Secret] = {}
    if isinstance(auth, HeaderAuth):
        secrets["auth.value"] = auth.value
    elif isinstance(auth, BearerAuth):
        secrets["auth.token"] = auth.token
    for path, secret in secrets.items():
        if not _HEADER_VALUE.fullmatch(secret.reveal()):
            yield _problem(path, "credentials.malformed", "it is empty or cannot stand in a header")
    if isinstance(auth, OAuth2Auth) and not auth.client_secret.reveal().isprintable():
        yield _problem("auth.client_secret", "credentials.malformed", "it holds line breaks or the like")
