"""Where secrets come from, and that nothing shows them."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from pathlib import Path

import keyring
import keyring.backend
import keyring.errors
import pytest

from paraph.config.secrets import Resolver, UnresolvedError
from paraph.config.vault import Vault
from paraph.errors import ConfigurationError
from paraph.model import Secret
from paraph.provider.hookspecs import hookimpl
from paraph.provider.registry import Registry

CANARY = "c4n4ry-9f"


def resolver(folder: Path, registry: Registry | None = None, **environ: str) -> Resolver:
    """Make a resolver of a folder and an environment."""
    vault = Vault(path=folder / "paraph.vault", key="file:paraph.vault.key", directory=folder)
    return Resolver(environ=environ, directory=folder, registry=registry or Registry.empty(), vault=vault)


class Keys(keyring.backend.KeyringBackend):
    """A keyring in memory; it knows one secret and fails for one service."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        if service == "locked":
            raise keyring.errors.KeyringLocked(CANARY)
        return CANARY if (service, username) == ("paraph/eu", "de") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise keyring.errors.PasswordSetError(service)

    def delete_password(self, service: str, username: str) -> None:
        raise keyring.errors.PasswordDeleteError(service)


@pytest.fixture
def keys() -> Iterator[None]:
    """Put the keyring in memory in place for one test."""
    before = keyring.get_keyring()
    keyring.set_keyring(Keys())  # type: ignore[no-untyped-call]  # keyring's base class is not typed
    yield
    keyring.set_keyring(before)


def test_environment(tmp_path: Path) -> None:
    """A variable's value is the secret."""
    assert Secret(CANARY) == resolver(tmp_path, KEY=CANARY).resolve("env:KEY")


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"abc", "abc"), (b"abc\n", "abc"), (b"abc\r\n", "abc"), (b"abc\n\n", "abc\n"), (b" a b ", " a b ")],
)
def test_file_loses_its_final_newline_only(tmp_path: Path, content: bytes, expected: str) -> None:
    """Exactly one line end is taken off a secret file, and nothing else."""
    (tmp_path / "key").write_bytes(content)
    assert Secret(expected) == resolver(tmp_path).resolve("file:key")
    assert Secret(expected) == resolver(Path("elsewhere")).resolve(f"file:{tmp_path / 'key'}")


def test_keyring(tmp_path: Path, keys: None) -> None:
    """The last slash parts the service from the name."""
    assert Secret(CANARY) == resolver(tmp_path).resolve("keyring:paraph/eu/de")


def test_vault(tmp_path: Path) -> None:
    """What was set in the vault is the secret; without its key, a sentence says where it should be."""
    asked = resolver(tmp_path)
    asked.vault.set("de", Secret(CANARY))
    assert Secret(CANARY) == asked.resolve("vault:de")
    (tmp_path / "paraph.vault.key").unlink()
    with pytest.raises(UnresolvedError, match=r"no key: vault\.key is file:paraph\.vault\.key") as caught:
        asked.resolve("vault:de")
    assert CANARY not in str(caught.value)


def test_plugin_scheme(tmp_path: Path) -> None:
    """A scheme that is not ours is asked of the plugins."""
    module = types.ModuleType("acme")
    vars(module)["paraph_resolve_secret"] = hookimpl(
        lambda reference: CANARY if reference == "acme:k" else None
    )
    registry = Registry.empty()
    registry.register("acme", module)
    assert Secret(CANARY) == resolver(tmp_path, registry).resolve("acme:k")
    with pytest.raises(UnresolvedError, match="no plugin knows its scheme") as caught:
        resolver(tmp_path, registry).resolve(f"other:{CANARY}")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("env:GONE", "GONE is not set"),
        ("env:EMPTY", "empty"),
        ("env:not a name", "not the name"),
        ("file:gone", "there is no file"),
        ("file:.", "cannot be read"),
        ("file:binary", "not UTF-8"),
        ("keyring:alone", "no service"),
        ("keyring:a/b", "the keyring has no 'b' of 'a'"),
        ("keyring:locked/x", "KeyringLocked"),
        ("vault:x", "the vault has no 'x'"),
        (f"{CANARY}", "a secret itself"),
        (f"acme:{CANARY}", "unknown scheme"),
    ],
)
def test_reference_that_leads_nowhere(tmp_path: Path, keys: None, reference: str, said: str) -> None:
    """Each way to miss a secret has its sentence, and none of them shows one."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(UnresolvedError, match=said) as caught:
        resolver(tmp_path, EMPTY="").resolve(reference)
    assert CANARY not in str(caught.value) + caught.value.hint
    assert not isinstance(caught.value, ConfigurationError)


def test_keyring_without_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library, the sentence names the extra."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UnresolvedError) as caught:
        resolver(tmp_path).resolve("keyring:a/b")
    assert "paraph[keyring]" in caught.value.hint


def test_resolver_shows_no_environment(tmp_path: Path) -> None:
    """The repr of a resolver has nothing of the environment."""
    assert CANARY not in repr(resolver(tmp_path, KEY=CANARY))
