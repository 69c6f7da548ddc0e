"""Settings classes within settings classes: tables, secrets and files in them, all faults at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.config import Config, load_config
from paraph.errors import ConfigurationError, MissingSecret
from paraph.model import Problem, Secret
from paraph.provider import ProviderInfo, setting
from paraph.provider.hookspecs import hookimpl
from paraph.provider.registry import Registry
from paraph.testing import fake


@attrs.frozen(kw_only=True)
class Proxy:
    """A class without a tag, two levels deep."""

    host: str = setting("the host")
    password: Secret | None = setting("its password", default=None)


def stripped(token: Secret) -> Secret:
    """Take blanks away."""
    return Secret(token.reveal().strip())


@attrs.frozen(kw_only=True)
class Bearer:
    """A token, without the blanks around it."""

    type: Literal["bearer"] = "bearer"
    token: Secret = setting("The token.", example="env:TOKEN", converter=stripped)


@attrs.frozen(kw_only=True)
class Files:
    """Files, and a table within the table."""

    type: Literal["files"] = "files"
    certificate: Path = setting("a file")
    more: tuple[Path, ...] = setting("further files", default=())
    password: Secret | None = setting("a password", default=None)
    depth: int = setting("a number", default=1)
    proxy: Proxy | None = setting("a table", default=None)

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong between the fields."""
        if self.proxy is not None and self.depth > 1:
            return (Problem(path="proxy.host", code="proxy.deep", message="no proxy that deep"),)
        return ()


@attrs.frozen(kw_only=True)
class Site:
    """The outermost class."""

    auth: Bearer | Files | None = setting("how to authenticate", default=None)
    proxy: Proxy | None = setting("one class alone", default=None)
    dialect: Path | Mapping[str, Any] | None = setting("a file or a table", default=None)
    shape: Proxy | Path | None = setting("a file or a table of a class", default=None)
    free: Proxy | Mapping[str, int] | None = setting("a class beside free tables", default=None)
    folder: Path | None = setting("a file", default=None)

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong between the fields."""
        if isinstance(self.auth, Files) and self.proxy is not None:
            return (Problem(path="auth.depth", code="auth.proxied", message="not with a proxy"),)
        return ()


ACCOUNT = """[accounts.hr]
provider = "fake"
environment = "test"
"""


def a_registry() -> Registry:
    """Make a registry with a provider that has the settings above."""

    @hookimpl
    def paraph_provider() -> ProviderInfo:
        return attrs.evolve(fake.INFO, settings=Site)

    module = ModuleType("made")
    vars(module)["paraph_provider"] = paraph_provider
    registry = Registry.empty()
    registry.register("fake", module)
    return registry


def loaded(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Config:
    """Write an account's options into a configuration and load it."""
    path = folder / "paraph.toml"
    path.write_text(ACCOUNT + text)
    return load_config(path, environ={} if environ is None else environ, registry=a_registry())


def settings_of(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Site:
    """Load options and return the settings with resolved secrets."""
    settings = loaded(folder, text, environ).account("hr").settings
    assert isinstance(settings, Site)
    return settings


def problems_of(folder: Path, text: str) -> dict[str, Problem]:
    """Load wrong options and return the problems by path, below the account."""
    with pytest.raises(ConfigurationError) as caught:
        loaded(folder, text)
    return {each.path.removeprefix("accounts.hr."): each for each in caught.value.problems}


# What is read


@pytest.mark.parametrize(
    "text",
    [
        'auth = { type = "files", certificate = "c.pem", proxy = { host = "h", password = "env:P" } }',
        """
        [accounts.hr.auth]
        type = "files"
        certificate = "c.pem"
        [accounts.hr.auth.proxy]
        host = "h"
        password = "env:P"
        """,
        """
        auth.type = "files"
        auth.certificate = "c.pem"
        auth.proxy.host = "h"
        auth.proxy.password = "env:P"
        """,
    ],
    ids=["inline", "headers", "dotted"],
)
def test_tables_become_the_classes_that_their_tags_name(tmp_path: Path, text: str) -> None:
    """However TOML writes the tables, the tag chooses the class, and a secret two levels deep is resolved."""
    expected = Files(certificate=tmp_path / "c.pem", proxy=Proxy(host="h", password=Secret("p")))
    assert expected == settings_of(tmp_path, text, {"P": "p"}).auth


def test_secrets_are_references_that_are_resolved_late(tmp_path: Path) -> None:
    """Loading reads neither variable nor file; using the account reads both as they are then."""
    environ: dict[str, str] = {}
    config = loaded(
        tmp_path,
        'auth = { type = "bearer", token = "env:TOKEN" }\nproxy = { host = "h", password = "file:s/p.txt" }',
        environ,
    )
    with pytest.raises(MissingSecret) as caught:
        config.account("hr")
    found = {each.path: each for each in caught.value.problems}
    assert {"accounts.hr.auth.token", "accounts.hr.proxy.password"} == set(found)
    assert "paraph.toml line 4)" in found["accounts.hr.auth.token"].message
    assert "paraph.toml line 5)" in found["accounts.hr.proxy.password"].message
    environ["TOKEN"] = " late "
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "p.txt").write_text("later\n")
    settings = config.account("hr").settings
    assert (Secret("late"), Secret("later")) == (settings.auth.token, settings.proxy.password)
    assert "late" not in f"{settings!r} {config!r} {config.account('hr')!r}"


@given(st.text(max_size=20) | st.text(max_size=9).map("canary:".__add__))
def test_an_inline_secret_is_refused_and_never_shown(text: str) -> None:
    """Whatever stands where a nested reference belongs is refused under its path, and is in no error."""
    canary = f"{text}c4n4ry"
    account = {"provider": "fake", "environment": "test", "auth": {"type": "bearer", "token": canary}}
    with pytest.raises(ConfigurationError) as caught:
        Config.from_mapping({"accounts": {"hr": account}}, registry=a_registry(), environ={})
    assert "c4n4ry" not in f"{caught.value} {caught.value!r}"
    assert [("accounts.hr.auth.token", "secret.inline")] == [(e.path, e.code) for e in caught.value.problems]


# What is wrong


def test_everything_wrong_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    """Unknown, missing and mistyped keys of several tables are listed together, with the nearest names."""
    found = problems_of(
        tmp_path,
        """dialect = 3
shape = 4
auth.type = "files"
auth.certificat = "c.pem"
auth.depth = "1"
auth.password = "hunter2"
auth.proxy.hots = "h"
[accounts.hr.proxy]
host = 5
pasword = "hunter2"
[accounts.hr.free]
host = "h"
port = 1
""",
    )
    expected = {
        "dialect": ("value.type", 4, ""),
        "shape": ("value.type", 5, ""),
        "auth.certificate": ("key.missing", 6, ""),
        "auth.certificat": ("key.unknown", 7, "did you mean 'certificate'?"),
        "auth.depth": ("value.type", 8, ""),
        "auth.password": ("secret.inline", 9, "env:NAME"),
        "auth.proxy.host": ("key.missing", 10, ""),
        "auth.proxy.hots": ("key.unknown", 10, "did you mean 'host'?"),
        "proxy.host": ("value.type", 12, ""),
        "proxy.pasword": ("key.unknown", 13, "did you mean 'password'?"),
        "free.port": ("key.unknown", 16, "known: host, password"),
    }
    assert set(expected) == set(found)
    for path, (code, line, hint) in expected.items():
        assert (code, True, True) == (
            found[path].code,
            f"paraph.toml line {line})" in found[path].message,
            hint in found[path].hint,
        ), path
    assert "hunter2" not in str(found)
    assert "has to be a table, not a whole number or has to be a text" in found["shape"].message


@pytest.mark.parametrize(
    ("value", "path", "code", "said"),
    [
        ('{ token = "env:T" }', "auth.type", "key.missing", "one of bearer, files"),
        ('{ type = "baerer", token = "env:T" }', "auth.type", "value.unknown", "did you mean 'bearer'?"),
        ("{ type = 3 }", "auth.type", "value.unknown", "has to be one of bearer, files"),
        ('{ type = "hunter2" }', "auth.type", "value.unknown", "known: bearer, files"),
        ("{}", "auth.type", "key.missing", "one of bearer, files"),
        ('"hunter2"', "auth", "value.type", "has to be a table, not a text"),
        ("[]", "auth", "value.type", "has to be a table, not an array"),
        ('{ type = "bearer" }', "auth.token", "key.missing", 'The token. Example: "env:TOKEN"'),
        ('{ type = "bearer", token = 7 }', "auth.token", "secret.inline", "env:NAME"),
        ('{ type = "bearer", token = { type = "x" } }', "auth.token", "secret.inline", "env:NAME"),
        ('{ type = "files", certificate = "~nobody-here/c.pem" }', "auth.certificate", "value.type", "home"),
    ],
)
def test_one_wrong_table_is_one_problem(tmp_path: Path, value: str, path: str, code: str, said: str) -> None:
    """A missing or wrong tag, no table at all, a missing or inline secret: told once, without the value."""
    found = problems_of(tmp_path, f"auth = {value}")
    assert {path: code} == {name: each.code for name, each in found.items()}
    assert said in str(found[path])
    assert "paraph.toml line 4)" in found[path].message
    assert "hunter2" not in str(found)


def test_a_wrong_tag_hides_no_inline_secret(tmp_path: Path) -> None:
    """Whichever class was meant: its secrets are references, and what stands beside is looked at as well."""
    found = problems_of(
        tmp_path,
        'auth = { type = "baerer", token = "hunter2", password = "env:P" }\nproxy = { hots = 1 }',
    )
    assert {
        "auth.type": "value.unknown",
        "auth.token": "secret.inline",
        "proxy.host": "key.missing",
        "proxy.hots": "key.unknown",
    } == {path: each.code for path, each in found.items()}
    assert "hunter2" not in str(found)


def test_what_is_wrong_between_fields_is_told_beside_a_field_that_cannot_be_read(tmp_path: Path) -> None:
    """A mistake in one field hides nothing of the others, and nothing is said of what stands in for it."""
    found = problems_of(
        tmp_path,
        'dialect = 3\nproxy = { host = "h" }\nauth = { type = "files", certificate = "c", depth = 2 }',
    )
    assert {"dialect": "value.type", "auth.depth": "auth.proxied"} == {
        path: each.code for path, each in found.items()
    }


def test_what_is_wrong_between_fields_has_the_line_of_its_table(tmp_path: Path) -> None:
    """A class checks between its fields at every level, and its finding stands where the key stands."""
    inner = problems_of(
        tmp_path,
        'auth.type = "files"\nauth.certificate = "c"\nauth.depth = 2\n\n\nauth.proxy.host = "h"',
    )
    assert {"auth.proxy.host": "proxy.deep"} == {path: each.code for path, each in inner.items()}
    assert "paraph.toml line 9)" in inner["auth.proxy.host"].message
    outer = problems_of(
        tmp_path,
        'proxy = { host = "h" }\n[accounts.hr.auth]\ntype = "files"\ncertificate = "c"\ndepth = 2',
    )
    assert {"auth.depth": "auth.proxied"} == {path: each.code for path, each in outer.items()}
    assert "paraph.toml line 8)" in outer["auth.depth"].message


# Unions with other types


def test_a_class_beside_a_file_is_told_by_what_stands_there(tmp_path: Path) -> None:
    """A text is the file, a table the class; a free table beside a file stays free."""
    table = settings_of(tmp_path, 'shape = { host = "h" }\ndialect = { a = { b = 1 } }')
    files = settings_of(tmp_path, 'shape = "h.toml"\ndialect = "d.toml"')
    assert (Proxy(host="h"), {"a": {"b": 1}}) == (table.shape, table.dialect)
    assert (tmp_path / "h.toml", tmp_path / "d.toml") == (files.shape, files.dialect)


def test_a_table_is_a_class_wherever_one_is_declared(tmp_path: Path) -> None:
    """Beside free tables the class wins, so that a misspelled key is found and not taken for a free one."""
    assert Proxy(host="h") == settings_of(tmp_path, 'free = { host = "h" }').free
    assert {"free.host", "free.hots"} == set(problems_of(tmp_path, "free = { hots = 1 }"))


# Files


def test_relative_files_start_at_the_configurations_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the command runs: at every depth, in arrays, also if the file was named relatively."""
    (tmp_path / "site").mkdir()
    (tmp_path / "away").mkdir()
    text = 'folder = "f"\nauth = { type = "files", certificate = "../c.pem", more = ["a", "/b", "~/c"] }\n'
    (tmp_path / "site" / "paraph.toml").write_text(ACCOUNT + text)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    config = load_config("site/paraph.toml", environ={}, registry=a_registry())
    monkeypatch.chdir(tmp_path / "away")
    site = tmp_path.resolve() / "site"
    settings = config.account("hr").settings
    assert (site / "f", site / "../c.pem") == (settings.folder, settings.auth.certificate)
    assert (site / "a", Path("/b"), tmp_path / "home" / "c") == settings.auth.more


def test_a_mapping_says_where_its_files_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file, files start at ``directory``; without that, where the process was then."""
    account = {"provider": "fake", "environment": "test", "folder": "f"}
    monkeypatch.chdir(tmp_path)
    made = [
        Config.from_mapping({"accounts": {"hr": account}}, registry=a_registry(), environ={}, **more)
        for more in ({"directory": tmp_path / "x"}, {"directory": "y"}, {})
    ]
    monkeypatch.chdir("/")
    here = tmp_path.resolve()
    assert [here / "x/f", here / "y/f", here / "f"] == [each.account("hr").settings.folder for each in made]


@pytest.mark.parametrize("reference", ["file:~nobody-here/secret", "file:a\\u0000b"])
def test_a_secret_in_no_possible_file_is_a_missing_secret(tmp_path: Path, reference: str) -> None:
    """A home that nobody has, or a name that no file can have, is told like every missing secret."""
    config = loaded(tmp_path, f'auth = {{ type = "bearer", token = "{reference}" }}')
    with pytest.raises(MissingSecret) as caught:
        config.account("hr")
    assert ["accounts.hr.auth.token"] == [each.path for each in caught.value.problems]
