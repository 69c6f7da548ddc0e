from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.config import Config, load_config
from paraph.errors import ConfigurationError
from paraph.model import Secret
from paraph_sign8.dialect import DialectError
from paraph_sign8.settings import (
    BearerAuth,
    CertificateAuth,
    HeaderAuth,
    NoAuth,
    OAuth2Auth,
    Sign8Settings,
)
from support.sign8_account import dialect

CANARY = "canary-secret"


def codes(settings: Sign8Settings) -> set[tuple[str, str]]:
    """Return path and code of everything wrong."""
    return {(problem.path, problem.code) for problem in settings.problems()}


def made(**options: Any) -> Sign8Settings:
    """Make sound settings, but for what is said."""
    known: dict[str, Any] = {"organization_id": "org-1", "auth": NoAuth()}
    return Sign8Settings(**{**known, **options})


def configured(auth: dict[str, Any], environ: dict[str, str] | None = None, **options: Any) -> Config:
    """Read a configuration with one account."""
    table = {
        "provider": "sign8",
        "environment": "test",
        "organization_id": "org-1",
        "base_url": "https://sign8.test",
        "auth": auth,
        **options,
    }
    return Config.from_mapping({"accounts": {"de": table}}, environ=environ or {})


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            {"type": "header", "value": "env:K", "name": "X-Key"},
            HeaderAuth(value=Secret(CANARY), name="X-Key"),
        ),
        ({"type": "bearer", "token": "env:K"}, BearerAuth(token=Secret(CANARY))),
        (
            {"type": "oauth2", "client_id": "c", "client_secret": "env:K", "token_url": "/token"},
            OAuth2Auth(client_id="c", client_secret=Secret(CANARY), token_url="/token"),
        ),
        ({"type": "none"}, NoAuth()),
    ],
)
def test_a_table_becomes_its_strategy(table: dict[str, Any], expected: object) -> None:
    """The word under type chooses the strategy, and secrets inside are references."""
    config = configured(table, {"K": CANARY})
    read = config.account("de", config.registry).settings
    assert expected == read.auth
    assert CANARY not in repr(read)


def test_certificate_files_start_at_the_configuration(tmp_path: Path) -> None:
    """Paths of certificate, key and dialect are relative to the folder of the configuration file."""
    (tmp_path / "de.toml").write_text('base = "simulator"\n')
    (tmp_path / "paraph.toml").write_text(
        '[accounts.de]\nprovider = "sign8"\nenvironment = "test"\norganization_id = "o"\n'
        'dialect = "de.toml"\n'
        'auth = { type = "certificate", certificate = "c.pem", key = "k.pem" }\n'
    )
    config = load_config(tmp_path / "paraph.toml", environ={})
    read = config.account("de", config.registry).settings
    assert CertificateAuth(certificate=tmp_path / "c.pem", key=tmp_path / "k.pem") == read.auth
    assert read.spoken.offers("status")


def test_an_inline_secret_is_refused() -> None:
    """A secret that stands in the file itself is refused, and not repeated."""
    with pytest.raises(ConfigurationError, match=r"accounts\.de\.auth\.token") as caught:
        configured({"type": "bearer", "token": CANARY})
    assert CANARY not in str(caught.value)


def test_one_round_tells_all_that_is_wrong() -> None:
    """A mistyped way of authenticating hides neither its inline secret nor what is wrong beside it."""
    with pytest.raises(ConfigurationError) as caught:
        configured(
            {"type": "baerer", "token": CANARY},
            organization_id="",
            base_url="sign8.test",
            dialect="/nowhere/at/all.toml",
        )
    assert {
        ("accounts.de.auth.type", "value.unknown"),
        ("accounts.de.auth.token", "secret.inline"),
        ("accounts.de.organization_id", "organization.invalid"),
        ("accounts.de.base_url", "url.invalid"),
        ("accounts.de.dialect", "dialect.unreadable"),
    } == {(each.path, each.code) for each in caught.value.problems}
    assert CANARY not in str(caught.value)


def test_missing_credentials_show_every_form() -> None:
    """Without auth the problem lists how it is written, since nothing is assumed."""
    (problem,) = made(auth=None).problems()
    assert ("auth", "credentials.missing") == (problem.path, problem.code)
    for word in ("header", "bearer", "oauth2", "certificate", "none"):
        assert f'type = "{word}"' in problem.hint


def test_a_dialect_that_needs_no_credentials_needs_none() -> None:
    """Where the dialect says that nothing authenticates, the account need not say it again."""
    assert () == made(auth=None, dialect={"auth": {"type": "none"}}).problems()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"organization_id": ""}, ("organization_id", "organization.invalid")),
        ({"organization_id": "a/b"}, ("organization_id", "organization.invalid")),
        ({"organization_id": "a\r\nx: y"}, ("organization_id", "organization.invalid")),
        ({"base_url": "http://sign8.test"}, ("base_url", "url.invalid")),
        ({"base_url": "https://u:p@sign8.test"}, ("base_url", "url.invalid")),
        ({"base_url": "https://sign8.test/?x"}, ("base_url", "url.invalid")),
        (
            {"dialect": {"operations": {"status": {"path": "x"}}}},
            ("dialect.operations.status.path", "path.invalid"),
        ),
        ({"dialect": {"fromats": {}}}, ("dialect.fromats", "key.unknown")),
        ({"dialect": Path("/nowhere/at/all.toml")}, ("dialect", "dialect.unreadable")),
        ({"auth": HeaderAuth(value=Secret("x"), name="a b")}, ("auth.name", "name.invalid")),
        ({"auth": HeaderAuth(value=Secret("x"), template="Key")}, ("auth.template", "value.wrong")),
        ({"auth": OAuth2Auth(client_id="c", client_secret=Secret("x"))}, ("auth.token_url", "url.missing")),
        (
            {"auth": OAuth2Auth(client_id="c", client_secret=Secret("x"), token_url="http://t.test")},
            ("auth.token_url", "url.invalid"),
        ),
        (
            {"auth": OAuth2Auth(client_id=" ", client_secret=Secret("x"), token_url="/t")},
            ("auth.client_id", "credentials.malformed"),
        ),
    ],
)
def test_each_fault_has_its_path(options: dict[str, Any], expected: tuple[str, str]) -> None:
    """What is wrong is named by its key, one problem for one fault."""
    assert {expected} == codes(made(**options))


def test_a_wrong_dialect_cannot_be_spoken() -> None:
    """Settings with a wrong dialect exist, so that all problems show at once, but cannot be used."""
    settings = made(dialect={"x": 1}, organization_id="")
    assert {("dialect.x", "key.unknown"), ("organization_id", "organization.invalid")} == codes(settings)
    with pytest.raises(DialectError):
        _ = settings.spoken


@given(st.text(max_size=20))
def test_secrets_that_no_header_holds_are_named_and_never_shown(text: str) -> None:
    """Any secret either can stand in a header, or is a problem that does not show it."""
    value = f"{CANARY}{text}"
    fine = value.isascii() and value.isprintable() and value.strip() == value
    for settings in (
        made(auth=BearerAuth(token=Secret(value))),
        made(auth=HeaderAuth(value=Secret(value))),
    ):
        found = settings.credential_problems()
        assert fine == (found == ())
        assert CANARY not in str(found)


@pytest.mark.parametrize("text", ["", " ", "a b", "a\n", "ä"])
def test_a_malformed_webhook_token_is_a_problem(text: str) -> None:
    """A token that no header can hold could never match."""
    found = made(webhook_token=Secret(text)).credential_problems()
    assert ["webhook_token"] == [problem.path for problem in found]


def test_a_token_in_the_path_is_one_segment() -> None:
    """Where the token is part of the URL, a slash in it is a problem; in a header it is none."""
    in_path = made(webhook_token=Secret("a/b"), dialect=dialect(webhooks__token="path"))
    assert ["webhook_token"] == [problem.path for problem in in_path.credential_problems()]
    assert () == made(webhook_token=Secret("a/b")).credential_problems()


def test_a_server_is_configured_or_there_is_none() -> None:
    """The account's base URL wins over the dialect's, and without both there is none: no host is assumed."""
    servers = {"servers": {"test": "https://t.test/api/", "production": "https://p.test"}}
    assert "https://own.test" == made(base_url="https://own.test/", dialect=servers).server("test")
    assert "https://t.test/api" == made(dialect=servers).server("test")
    assert "https://p.test" == made(dialect=servers).server("production")
    assert "" == made().server("production")


def test_the_account_wins_over_the_dialect() -> None:
    """Header and template of the account come first, the dialect's otherwise."""
    spoken = {"auth": {"header": "X-Api", "template": "Key {secret}"}}
    plain, own = (
        HeaderAuth(value=Secret("s")),
        HeaderAuth(value=Secret("s"), name="X-Own", template="{secret}!"),
    )
    settings = made(auth=plain, dialect=spoken)
    assert ("X-Api", Secret("Key s")) == settings.header(plain)
    assert ("X-Own", Secret("s!")) == settings.header(own)


def test_a_header_value_that_cannot_be_written_is_refused() -> None:
    """A secret with a line break never gets near a request, and never into the error."""
    auth = HeaderAuth(value=Secret(f"{CANARY}\r\nX: y"))
    with pytest.raises(ConfigurationError) as caught:
        made(auth=auth).header(auth)
    assert CANARY not in str(caught.value)
