"""``export``, ``import``, ``adopt`` and ``portability`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from paraph.cli.app import run
from paraph.cli.session import Session
from paraph.client import Client
from paraph.config import Config
from paraph.errors import ConnectionLost
from paraph.store import Store, open_store
from support.tiny import TinyConfig, TinyRegistry, TinyVendor, as_config, envelope


class Terminal(Session):
    """A session that needs no configuration file."""

    def config(self) -> Config:
        return as_config(TinyConfig())


class Desk:
    """A terminal whose commands work on one store."""

    def __init__(self, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
        self.vendor = TinyVendor()
        self.store = store
        self._capsys = capsys

    def client(self, _: Any = None) -> Client:
        registry: Any = TinyRegistry()
        transport = httpx.MockTransport(self.vendor.handle)
        return Client(as_config(TinyConfig()), registry=registry, store=self.store, transport=transport)

    def paraph(self, *arguments: str) -> tuple[int, str, str]:
        code = run(arguments, session=Terminal(open_client=self.client))
        said = self._capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    store = open_store(f"sqlite:///{tmp_path}/paraph.db")
    made = Desk(store, capsys)
    with made.client() as client:
        client.send(envelope(id="one"))
    yield made
    store.close()


def test_a_file_goes_from_one_store_to_another(desk: Desk, tmp_path: Path) -> None:
    """What `export` writes fits `export --schema`; `import` takes it once, for an account of another name."""
    code, text, said = desk.paraph("export", "--all")
    assert (0, True) == (code, "1 envelope(s); this holds personal data" in said)
    code, schema, _ = desk.paraph("export", "--schema")
    jsonschema.validate(json.loads(text), json.loads(schema))
    assert (0, json.loads(text)["envelopes"]) == (
        code,
        json.loads(desk.paraph("export", "one")[1])["envelopes"],
    )
    file = tmp_path / "file.json"
    file.write_text(text.replace('"account": "a"', '"account": "old"'))
    desk.store = open_store(f"sqlite:///{tmp_path}/other.db")
    try:
        code, _, said = desk.paraph("import", str(file))
        assert (2, True) == (code, "envelopes[0].attempts[0].account: no account 'old'" in said)
        code, out, _ = desk.paraph("import", str(file), "--account", "old=b")
        assert (0, True) == (code, "one       b        new" in out)
        code, out, _ = desk.paraph("import", str(file), "--account", "old=b", "--json")
        assert [{"id": "one", "account": "b", "added": False, "events": 0}] == json.loads(out)["imported"]
    finally:
        desk.store.close()


def test_what_is_unfinished_is_said(desk: Desk) -> None:
    """`export --all` writes what can leave, names what cannot, and ends with 1."""

    def lost(request: httpx.Request, effect: Any) -> httpx.Response:
        raise httpx.ReadError("cut", request=request)

    desk.vendor.faults = [lost]
    with desk.client() as client, pytest.raises(ConnectionLost):
        client.send(envelope(id="half"))
    code, text, said = desk.paraph("export", "--all")
    assert (1, ["one"]) == (code, [each["envelope"]["id"] for each in json.loads(text)["envelopes"]])
    assert "envelope half was left out" in said
    code, text, said = desk.paraph("export", "half")
    assert (1, "", True) == (code, text, "is not finished" in said)


@pytest.mark.parametrize(
    "arguments",
    [
        ("export",),
        ("export", "one", "--all"),
        ("export", "nothing"),
        ("import", "no-such-file.json"),
        ("adopt", "a", "e1"),
        ("portability", "nothing"),
    ],
)
def test_misuse_ends_with_2(desk: Desk, arguments: tuple[str, ...]) -> None:
    """What cannot be is said in a sentence, and nothing is written to standard output."""
    code, out, said = desk.paraph(*arguments)
    assert (2, "") == (code, out)
    assert said


def test_a_file_that_is_none_lists_its_problems(desk: Desk, tmp_path: Path) -> None:
    """With `--json` the problems of a wrong file are data."""
    file = tmp_path / "wrong.json"
    file.write_text('{"format": "paraph.envelopes", "version": 3}')
    code, out, _ = desk.paraph("import", str(file), "--json")
    error = json.loads(out)["error"]
    assert (2, "InvalidExport", ["version.newer"]) == (
        code,
        error["type"],
        [each["code"] for each in error["problems"]],
    )
    code, _, said = desk.paraph("import", str(file), "--account", "old")
    assert (2, True) == (code, "OLD=NEW" in said)
