"""The vault: nothing is readable without its key, and nothing is lost whatever interrupts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import attrs
import keyring
import keyring.backend
import keyring.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.config import Config
from paraph.config import vault as module
from paraph.config.vault import Vault, VaultError
from paraph.errors import ConfigurationError, MissingExtra
from paraph.model import Secret
from support.post_office import eventually

CANARY = "c4n4ry-41"
names = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


def vault(folder: Path, key: str = "file:vault.key") -> Vault:
    return Vault(path=folder / "paraph.vault", key=key, directory=folder)


@given(st.dictionaries(names, names, max_size=5))
def test_what_is_set_is_got(tmp_path_factory: pytest.TempPathFactory, given_: dict[str, str]):
    """Any names and values come back from another object, and only they."""
    folder = tmp_path_factory.mktemp("vault")
    for name, value in given_.items():
        assert vault(folder).set(name, Secret(value))
    assert tuple(sorted(given_)) == vault(folder).names()
    found = {name: vault(folder).get(name) for name in given_}
    assert {name: Secret(value) for name, value in given_.items()} == found
    assert vault(folder).get("\x00other") is None


def test_nothing_is_readable_without_the_key(tmp_path: Path):
    """Neither names nor values stand in a file or repr, and all files are their owner's alone."""
    kept = vault(tmp_path)
    kept.set("hr-name", Secret(CANARY))
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert (False, False) == (CANARY.encode() in content, b"hr-name" in content)
    assert {0o600} == {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert CANARY not in repr(kept)


def test_replacing_and_removing(tmp_path: Path):
    """A name set again has the new value; one that is removed has none."""
    kept = vault(tmp_path)
    assert (True, False) == (kept.set("a", Secret("1")), kept.set("a", Secret("2")))
    assert Secret("2") == kept.get("a")
    assert (True, False) == (kept.remove("a"), kept.remove("a"))
    assert kept.get("a") is None


def test_rotation_changes_the_key_and_keeps_the_secrets(tmp_path: Path):
    """After a rotation the old key opens nothing, and every secret is there."""
    kept = vault(tmp_path)
    kept.set("a", Secret(CANARY))
    old = (tmp_path / "vault.key").read_bytes()
    assert 1 == kept.rotate()
    assert Secret(CANARY) == kept.get("a")
    (tmp_path / "vault.key").write_bytes(old)
    with pytest.raises(VaultError, match="another key"):
        kept.get("a")


class _Crash(Exception):
    """The process ends here."""


@pytest.mark.parametrize("position", range(3))
@pytest.mark.parametrize("before", [True, False])
def test_interrupted_rotation_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, position: int, before: bool
):
    """A rotation that ends before or after any of its writes leaves every secret readable; again ends it."""
    kept = vault(tmp_path)
    kept.set("a", Secret(CANARY))
    old = (tmp_path / "vault.key").read_text()
    replace = module._replace
    writes: list[Path] = []

    def crashing(path: Path, content: bytes) -> None:
        writes.append(path)
        here = len(writes) == position + 1
        if here and before:
            raise _Crash
        replace(path, content)
        if here:
            raise _Crash

    monkeypatch.setattr(module, "_replace", crashing)
    with pytest.raises(_Crash):
        kept.rotate()
    monkeypatch.setattr(module, "_replace", replace)
    assert Secret(CANARY) == vault(tmp_path).get("a")
    vault(tmp_path).rotate()
    assert Secret(CANARY) == vault(tmp_path).get("a")
    assert 1 == len((tmp_path / "vault.key").read_text().split())
    assert old.strip() not in (tmp_path / "vault.key").read_text()


KILLED_AFTER = """
import os, sys
from pathlib import Path
from paraph.config.vault import Vault
left = int(sys.argv[2])
flush = os.fsync
def killed(file):
    global left
    left -= 1
    if left == 0:
        os._exit(9)
    flush(file)
os.fsync = killed
folder = Path(sys.argv[1])
Vault(path=folder / "paraph.vault", key="file:keys/vault.key", directory=folder).rotate()
"""


@pytest.mark.parametrize("flushes", range(1, 7))
@pytest.mark.parametrize("act", ["rotate", "set", "remove"])
def test_what_a_killed_rotation_left_is_removed_by_the_next_writer(tmp_path: Path, flushes: int, act: str):
    """No file with a key or secrets stays beside the vault's own; what merely looks like one does."""
    (tmp_path / "keys").mkdir()
    kept = vault(tmp_path, "file:keys/vault.key")
    kept.set("a", Secret(CANARY))
    command = [sys.executable, "-c", KILLED_AFTER, str(tmp_path), str(flushes)]
    assert 9 == subprocess.run(command, check=False, timeout=60).returncode
    own = {path for path in tmp_path.rglob("*") if path.is_file() and not path.name.endswith(".part")}
    left = {path for path in tmp_path.rglob("*") if path.is_file()} - own
    assert flushes % 2 == len(left)  # each file is flushed itself, and then its folder
    other = tmp_path / "keys" / ".vault.key.of-mine.part"
    other.write_text("mine")
    {"rotate": kept.rotate, "set": lambda: kept.set("b", Secret("1")), "remove": lambda: kept.remove("x")}[
        act
    ]()
    assert {*own, other} == {path for path in tmp_path.rglob("*") if path.is_file()}
    assert Secret(CANARY) == kept.get("a")


def test_control_a_rotation_that_forgets_first_loses_everything(tmp_path: Path):
    """Were the new key kept alone before the vault is written with it, the vault could not be read."""
    kept = vault(tmp_path)
    kept.set("a", Secret(CANARY))
    kept._keep_keys((module._new_key(),))
    with pytest.raises(VaultError, match="another key"):
        kept.get("a")


def test_writers_do_not_lose_each_others_secrets(tmp_path: Path):
    """Two processes and two threads that set at once all find their secrets kept."""
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from paraph.config.vault import Vault\n"
        "from paraph.model import Secret\n"
        "folder = Path(sys.argv[1])\n"
        "kept = Vault(path=folder / 'paraph.vault', key='file:vault.key', directory=folder)\n"
        "for number in range(8): kept.set(f'{sys.argv[2]}{number}', Secret('x'))\n"
    )
    vault(tmp_path).set("first", Secret("x"))
    processes = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path), name]) for name in "pq"]
    threads = [
        threading.Thread(
            target=lambda name=name: [vault(tmp_path).set(f"{name}{n}", Secret("x")) for n in range(8)]
        )
        for name in "tu"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [0, 0] == [process.wait(timeout=60) for process in processes]
    assert {"first", *(f"{who}{number}" for who in "pqtu" for number in range(8))} == {
        *vault(tmp_path).names()
    }


def test_reading_goes_on_while_it_is_rotated(tmp_path: Path):
    """A reader that meets a rotation, and then another one, always gets the secret."""
    vault(tmp_path).set("a", Secret(CANARY))
    stop = threading.Event()
    seen: list[Secret | None] = []

    def read() -> None:
        while not stop.is_set():
            seen.append(vault(tmp_path).get("a"))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(20):
        vault(tmp_path).rotate()
        before = len(seen)
        assert eventually(lambda before=before: len(seen) > before or not reader.is_alive())
    stop.set()
    reader.join()
    assert {Secret(CANARY)} == {*seen}


@pytest.mark.parametrize("content", [b"", b"x", b"gAAAAA", b"\xff" * 300])
def test_a_damaged_vault_is_told(tmp_path: Path, content: bytes):
    """Whatever stands in the file instead, the error names file and key, and setting overwrites nothing."""
    kept = vault(tmp_path)
    kept.set("a", Secret(CANARY))
    kept.path.write_bytes(content)
    for act in (kept.names, lambda: kept.set("b", Secret("1")), kept.rotate):
        with pytest.raises(VaultError, match=r"paraph\.vault.*vault\.key"):
            act()
    assert content == kept.path.read_bytes()


def test_something_else_under_the_right_key_is_told(tmp_path: Path):
    """A decrypted text of another shape or version is refused."""
    kept = vault(tmp_path)
    kept.set("a", Secret(CANARY))
    for text, said in ((b"[]", "something else"), (json.dumps({"vault": 9}).encode(), "another version")):
        module._replace(kept.path, kept._cipher().encrypt(text))
        with pytest.raises(VaultError, match=said):
            kept.names()


def test_a_key_that_others_may_read_is_refused(tmp_path: Path):
    """A key file with wider permissions is told with the command that mends it."""
    kept = vault(tmp_path)
    kept.set("a", Secret(CANARY))
    (tmp_path / "vault.key").chmod(0o640)
    with pytest.raises(VaultError, match="chmod 600"):
        kept.get("a")


def test_a_key_that_is_none_is_told(tmp_path: Path):
    """A key file with anything but Fernet keys is told without showing it."""
    kept = vault(tmp_path)
    kept.set("a", Secret(CANARY))
    (tmp_path / "vault.key").write_text(CANARY)
    with pytest.raises(VaultError, match="no Fernet key") as caught:
        kept.get("a")
    assert CANARY not in str(caught.value)


class Keys(keyring.backend.KeyringBackend):
    """A keyring in memory."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        raise keyring.errors.PasswordDeleteError(service)


@pytest.fixture
def keys() -> Iterator[Keys]:
    before, mine = keyring.get_keyring(), Keys()
    keyring.set_keyring(mine)  # type: ignore[no-untyped-call]  # keyring's base class is not typed
    yield mine
    keyring.set_keyring(before)


def test_the_key_may_be_in_the_keyring(tmp_path: Path, keys: Keys):
    """With ``keyring:`` the key is made and rotated there, and no file holds it."""
    kept = vault(tmp_path, "keyring:paraph/vault")
    kept.set("a", Secret(CANARY))
    before = keys.kept["paraph", "vault"]
    kept.rotate()
    assert before != keys.kept["paraph", "vault"]
    assert Secret(CANARY) == kept.get("a")
    assert {"paraph.vault", "paraph.vault.lock"} == {path.name for path in tmp_path.iterdir()}


def test_without_the_extra_the_error_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without ``cryptography``, each use names ``paraph[vault]``."""
    monkeypatch.setitem(sys.modules, "cryptography.fernet", None)
    with pytest.raises(MissingExtra, match=r"paraph\[vault\]"):
        vault(tmp_path).set("a", Secret("1"))


def run(folder: Path, *words: str, given_: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    environ = {**os.environ, "PARAPH_CONFIG": ""}
    command = [sys.executable, "-m", "paraph.cli", "secrets", *words]
    return subprocess.run(
        command, cwd=folder, input=given_, capture_output=True, text=True, env=environ, check=False
    )


def test_the_command(tmp_path: Path):
    """Set reads standard input, list shows names, rotate and remove say what they did; no value is shown."""
    asked = [
        run(tmp_path, "set", "hr", given_=f"{CANARY}\n"),
        run(tmp_path, "list", "--json"),
        run(tmp_path, "rotate"),
        run(tmp_path, "remove", "hr"),
        run(tmp_path, "remove", "hr"),
        run(tmp_path, "set", "hr"),
    ]
    assert [0, 0, 0, 0, 2, 2] == [each.returncode for each in asked]
    assert {"secrets": ["hr"]} == json.loads(asked[1].stdout)
    said = "".join(each.stdout + each.stderr for each in asked)
    assert CANARY not in said
    for words in ("vault:hr", "1 secret(s)", "forgotten", "the vault has no 'hr'", "an empty secret"):
        assert words in said


def test_a_vault_may_be_in_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``~`` is the home for the vault as for its key; that of an unknown user is a mistake with its key."""
    monkeypatch.setenv("HOME", str(tmp_path))
    table = {"path": "~/x.vault", "key": "file:~/x.key"}
    accounts = {"a": {"provider": "nobody", "environment": "test"}}
    found = Config.from_mapping({"vault": table, "accounts": accounts}).vault
    found.set("a", Secret("one"))
    assert ["x.key", "x.vault", "x.vault.lock"] == sorted(each.name for each in tmp_path.iterdir())
    with pytest.raises(ConfigurationError, match=r"vault\.path.*unknown user"):
        Config.from_mapping({"vault": {"path": "~nobody-at-all/x"}, "accounts": accounts})
    lost = attrs.evolve(found, key="file:~nobody-at-all/x")
    with pytest.raises(VaultError, match="unknown user"):
        lost.get("a")
