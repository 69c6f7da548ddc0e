"""The configuration: where it is, what it may say, and how everything wrong is told at once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.config import load_config
from paraph.errors import (
    ConfigurationError,
    MissingSecret,
    ProviderBroken,
    ProviderDisabled,
    ProviderIncompatible,
    ProviderNotInstalled,
    UnknownAccount,
)
from paraph.model import Level, Secret
from paraph.testing import fake
from support.configs import ENVIRON, MINIMAL, a_registry, loaded, problems_of, settings_of
from support.plugins import install, provider_module


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder on ``sys.path``."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_full_example_is_read(tmp_path: Path) -> None:
    """Every key of the documented shape arrives where it belongs."""
    config = loaded(
        tmp_path,
        """
        default = "hr"
        [accounts.hr]
        provider = "fake"
        environment = "test"
        api_key = "env:FAKE_KEY"
        allow_recipients = ["*@example.org"]
        webhook_secret = "env:HOOK"
        defaults = { language = "fr", country = "FR", level = "aes" }
        region = "south"
        labels = ["a", "b"]
        auth = { type = "bearer", depth = { token = 1 } }
        [accounts.2nd]
        provider = "fake"
        environment = "production"
        api_key = "env:FAKE_KEY"
        [store]
        url = "sqlite:///data/paraph.db"
        [webhooks]
        public_url = "https://app.example/hooks/"
        [plugins]
        disabled = ["noisy"]
        """,
        environ={"FAKE_KEY": "k-1", "HOOK": "h-1"},
    )
    account = config.account("hr")
    assert (config.default, config.disabled_plugins) == ("hr", ("noisy",))
    assert f"sqlite:///{tmp_path.resolve()}/data/paraph.db" == config.store_url
    assert (account.environment, account.allow_recipients) == ("test", ("*@example.org",))
    assert account.defaults == {"language": "fr", "country": "FR", "level": Level.AES}
    assert (Secret("h-1"), "https://app.example/hooks") == (account.webhook_secret, account.public_url)
    assert (
        fake.FakeSettings(
            api_key=Secret("k-1"),
            region="south",
            labels=("a", "b"),
            auth={"type": "bearer", "depth": {"token": 1}},
        )
        == account.settings
    )
    assert config.account("2nd").environment == "production"


def test_all_problems_are_reported_at_once_with_their_lines(tmp_path: Path) -> None:
    """One error lists every finding with file, key path, line and the nearest name."""
    found = problems_of(
        tmp_path,
        """default = "hrr"
storre = 1
[accounts.hr]
provider = "fake"
environment = "tset"
api_kye = "env:X"
pages = "3"
patient = 1
labels = ["a", 2]
region = "nroth"
webhook_secret = "hunter2"
defaults = { langauge = "fr", level = "QUES", country = "FRA" }
[accounts.Bad]
provider = "faek"
environment = "test"
allow_recipients = "*@example.org"
[accounts]
odd = 3
[store]
url = "postgresql://ada:hunter2@db/x"
[webhooks]
public_url = "app.example"
[plugins]
disabled = "noisy"
[[routes]]
name = "x"
""",
    )
    expected = {
        "default": ("account.unknown", 1, "did you mean 'hr'?"),
        "storre": ("key.unknown", 2, "did you mean 'store'?"),
        "accounts.hr.environment": ("value.type", 5, "did you mean 'test'?"),
        "accounts.hr.api_kye": ("key.unknown", 6, "did you mean 'api_key'?"),
        "accounts.hr.api_key": ("key.missing", 3, ""),
        "accounts.hr.pages": ("value.type", 7, ""),
        "accounts.hr.patient": ("value.type", 8, ""),
        "accounts.hr.labels[1]": ("value.type", 9, ""),
        "accounts.hr.region": ("value.type", 10, "did you mean 'north'?"),
        "accounts.hr.webhook_secret": ("secret.inline", 11, "env:NAME"),
        "accounts.hr.defaults.langauge": ("key.unknown", 12, "did you mean 'language'?"),
        "accounts.hr.defaults.level": ("level.unknown", 12, ""),
        "accounts.hr.defaults.country": ("code.form", 12, ""),
        "accounts.Bad": ("account.name", 13, "a-z"),
        "accounts.Bad.provider": ("provider.not_installed", 14, "did you mean 'fake'?"),
        "accounts.Bad.allow_recipients": ("value.type", 16, ""),
        "accounts.odd": ("value.type", 18, ""),
        "store.url": ("secret.inline", 20, "env:NAME"),
        "webhooks.public_url": ("url.form", 22, ""),
        "plugins.disabled": ("value.type", 24, ""),
        "routes[0].use": ("route.use", 25, "accounts: hr"),
    }
    assert set(expected) == set(found)
    for path, (code, line, hint) in expected.items():
        assert (code, True, True) == (
            found[path].code,
            f"paraph.toml line {line})" in found[path].message,
            hint in found[path].hint,
        ), path
    lines = [int(problem.message.rsplit("line ", 1)[1].rstrip(")")) for problem in found.values()]
    assert sorted(lines) == lines


def test_each_wrong_element_is_told_at_its_own_line(tmp_path: Path) -> None:
    """Of an array over several lines, every wrong element is named with its position and line."""
    found = problems_of(tmp_path, MINIMAL + 'labels = [\n  "a",\n  1,\n  "b",\n  true,\n]\n')
    lines = {path: each.message.rsplit("line ", 1)[1] for path, each in found.items()}
    assert {"accounts.hr.labels[1]": "8)", "accounts.hr.labels[3]": "10)"} == lines


def test_a_level_has_its_nearest_name(tmp_path: Path) -> None:
    """A misspelled level is told the nearest one, like every other word."""
    found = problems_of(tmp_path, MINIMAL + 'defaults = { level = "qess" }\n')
    assert "did you mean 'QES'?" == found["accounts.hr.defaults.level"].hint


def test_a_disabled_plugin_that_is_not_installed_is_warned_of(site: Path) -> None:
    """A name that no installed plugin has may be a slip: it is told with the nearest, and refuses nothing."""
    install(site, "paraph-acme", providers={"acme": "acme_idle_z"})
    text = MINIMAL.replace("[acc", '[plugins]\ndisabled = ["acme", "acmee"]\n[acc')
    warnings = {each.path: each for each in loaded(site, text).warnings}
    assert "did you mean 'acme'?" == warnings["plugins.disabled[1]"].hint
    assert {"plugins.disabled[1]", "accounts.hr.allow_recipients"} == set(warnings)


def test_missing_key_shows_its_help() -> None:
    """A required option that is absent is explained by its own help and example."""
    with pytest.raises(ConfigurationError, match=r'The key of the account\. Example: "env:FAKE_KEY"'):
        settings_of(fake.FakeSettings)


@given(st.text() | st.text().map("canary:".__add__))
def test_inline_secret_is_refused_and_never_repeated(text: str) -> None:
    """Whatever stands where a reference belongs is refused, and is not in the error."""
    canary = f"{text}c4n4ry"
    with pytest.raises(ConfigurationError) as caught:
        settings_of(fake.FakeSettings, api_key=canary)
    assert "c4n4ry" not in str(caught.value) + repr(caught.value)


def test_mistyped_scheme_gets_a_hint() -> None:
    """A reference whose scheme is nearly right is told the right one."""
    with pytest.raises(ConfigurationError, match=r"did you mean env:…\?"):
        settings_of(fake.FakeSettings, api_key="evn:KEY")


def test_secrets_are_resolved_on_first_use_only(tmp_path: Path) -> None:
    """Loading needs no secret; using an account whose secrets are missing names all of them with line."""
    config = loaded(tmp_path, MINIMAL + 'webhook_secret = "file:gone"\n', environ={})
    with pytest.raises(MissingSecret) as caught:
        config.account("hr")
    first, second = caught.value.problems
    assert (first.path, first.code) == ("accounts.hr.api_key", "secret.missing")
    assert "FAKE_KEY is not set (" in first.message
    assert "paraph.toml line 5)" in first.message
    assert second.path == "accounts.hr.webhook_secret"


def test_unknown_account_names_the_nearest(tmp_path: Path) -> None:
    """Asking for an account that does not exist says which one is meant, or which exist."""
    config = loaded(tmp_path, MINIMAL)
    with pytest.raises(UnknownAccount, match=r"did you mean 'hr'\?"):
        config.account("h")
    with pytest.raises(UnknownAccount, match="configured: hr"):
        config.account("zebra")


def test_only_account_is_the_default(tmp_path: Path) -> None:
    """One account needs no default; of two, neither is chosen silently."""
    assert loaded(tmp_path, MINIMAL).default == "hr"
    assert loaded(tmp_path, MINIMAL + MINIMAL.replace("hr", "de")).default is None


def test_nothing_configured_is_a_problem(tmp_path: Path) -> None:
    """A configuration without any account is refused."""
    assert problems_of(tmp_path, "")["accounts"].code == "accounts.none"


TWO_ACCOUNTS = (
    MINIMAL
    + """
[accounts.other]
provider = "acme"
environment = "test"
key = 1
"""
)


@pytest.mark.parametrize(
    ("modules", "more", "kind", "code"),
    [
        (None, "", ProviderNotInstalled, "provider.not_installed"),
        ("1 / 0", "", ProviderBroken, "provider.broken"),
        ("import no_such_module_z", "", ProviderBroken, "provider.dependency"),
        (provider_module("acme", api="(9, 0)"), "", ProviderIncompatible, "provider.incompatible"),
        (provider_module("acme"), '[plugins]\ndisabled = ["acme"]\n', ProviderDisabled, "provider.disabled"),
    ],
    ids=["not installed", "broken", "dependency", "incompatible", "disabled"],
)
def test_provider_that_cannot_be_had_stops_its_own_accounts_only(
    site: Path, modules: str | None, more: str, kind: type[ConfigurationError], code: str
) -> None:
    """Other accounts work; the account itself is listed with the reason, and using it raises that reason."""
    name = f"acme_{code.replace('.', '_')}"
    install(site, "fake-dist", providers={"fake": "paraph.testing.fake"})
    if modules is not None:
        install(site, "paraph-acme", providers={"acme": name}, modules={name: modules})
    path = site / "paraph.toml"
    path.write_text(TWO_ACCOUNTS + more)
    config = load_config(path, environ=ENVIRON)
    assert config.account("hr").settings == fake.FakeSettings(api_key=Secret("k-1"))
    (problem,) = config.accounts["other"].problems
    assert (problem,) == config.problems
    assert ("accounts.other.provider", code) == (problem.path, problem.code)
    assert problem.message.endswith("paraph.toml line 8)")
    with pytest.raises(kind) as caught:
        config.account("other")
    assert (problem,) == caught.value.problems


def test_provider_that_cannot_be_had_is_told_with_the_rest(site: Path) -> None:
    """Of a file that is refused anyway, it is one finding more; plugins nobody names are not imported."""
    install(
        site,
        "paraph-acme",
        providers={"acme": "acme_broken_z", "idle": "acme_idle_z"},
        modules={"acme_broken_z": "1 / 0", "acme_idle_z": "1 / 0"},
    )
    path = site / "paraph.toml"
    path.write_text('[accounts.a]\nprovider = "acme"\nenvironment = "tset"\nkey = 1\n[store]\nul = "x"\n')
    with pytest.raises(ConfigurationError) as caught:
        load_config(path, environ={})
    codes = {problem.path: problem.code for problem in caught.value.problems}
    assert codes == {
        "accounts.a.provider": "provider.broken",
        "accounts.a.environment": "value.type",
        "store.ul": "key.unknown",
        "store.url": "key.missing",
    }
    assert "acme_idle_z" not in sys.modules


# Where the configuration is


def test_search_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A given path wins over the variable, that over paraph.toml, that over pyproject.toml."""
    monkeypatch.chdir(tmp_path)
    places = ("given.toml", "variable.toml", "paraph.toml")
    for place in places:
        (tmp_path / place).write_text(MINIMAL)
    (tmp_path / "pyproject.toml").write_text(MINIMAL.replace("[accounts", "[tool.paraph.accounts"))
    environ = {"PARAPH_CONFIG": "variable.toml"}
    found = [
        load_config("given.toml", environ=environ, registry=a_registry()).source.name,
        load_config(environ=environ, registry=a_registry()).source.name,
        load_config(environ={}, registry=a_registry()).source.name,
    ]
    (tmp_path / "paraph.toml").unlink()
    found.append(load_config(environ={}, registry=a_registry()).source.name)
    assert [*places, "pyproject.toml"] == found


def test_no_configuration_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any file, also with a foreign pyproject.toml, the error shows where and what to write."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    with pytest.raises(ConfigurationError, match=r"PARAPH_CONFIG.*write a paraph\.toml"):
        load_config(environ={})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no file"),
        (b"\xff", "not UTF-8"),
        (b"a = = 1", r"not TOML: .*line 1"),
        ("folder", "cannot be read"),
    ],
)
def test_unreadable_file_is_named(tmp_path: Path, content: bytes | str | None, said: str) -> None:
    """A file that is missing, no text, no TOML or a folder is one clear error."""
    path = tmp_path / "x.toml"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        path.mkdir()
    with pytest.raises(ConfigurationError, match=said):
        load_config(environ={"PARAPH_CONFIG": str(path)})


def test_pyproject_lines_are_those_of_the_file(tmp_path: Path) -> None:
    """In pyproject.toml a problem has the line of the whole file."""
    text = "[project]\nname = 'x'\n[tool.paraph]\nstorre = 1\n" + MINIMAL.replace("[acc", "[tool.paraph.acc")
    with pytest.raises(ConfigurationError, match=r"storre: unknown key \(.*pyproject\.toml line 4\)"):
        loaded(tmp_path, text, name="pyproject.toml")
