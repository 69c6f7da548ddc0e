"""What ``check``, ``route explain``, ``send`` and dry runs say of an envelope's account, name and past."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from paraph.cli.app import run
from paraph.cli.session import Session
from paraph.client import Client
from paraph.config import Config
from paraph.routing import Route, When
from paraph.store import Store, open_store
from support.tiny import PDF, TinyConfig, TinyRegistry, TinyVendor, as_config

ENVELOPE = """
{head}
title = "{title}"
[[documents]]
path = "contract.pdf"
[[signatories]]
id = "ada"
given_name = "Ada"
family_name = "Lovelace"
email = "ada@example.org"
"""


class Desk:
    """A terminal with accounts ``a`` and ``b``, a folder and a store. :ivar routes: the rules."""

    def __init__(self, store: Store, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.vendor = TinyVendor()
        self.store = store
        self.folder = folder
        self.routes: tuple[Route, ...] = ()
        self._capsys = capsys

    def config(self) -> Config:
        config = TinyConfig()
        config.routes = self.routes
        return as_config(config)

    def client(self, _: Any = None) -> Client:
        registry: Any = TinyRegistry()
        transport = httpx.MockTransport(self.vendor.handle)
        return Client(self.config(), registry=registry, store=self.store, transport=transport)

    def write(self, head: str, title: str = "Lease") -> str:
        file = self.folder / "envelope.toml"
        file.write_text(ENVELOPE.format(head=head, title=title))
        return str(file)

    def paraph(self, *arguments: str) -> tuple[int, str, str]:
        desk = self

        class Terminal(Session):
            def config(self) -> Config:
                return desk.config()

        code = run(arguments, session=Terminal(open_client=self.client))
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def document(self, *arguments: str) -> tuple[int, Any]:
        code, text, _ = self.paraph(*arguments, "--json")
        return code, json.loads(text)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    (tmp_path / "contract.pdf").write_bytes(PDF)
    store = open_store(f"sqlite:///{tmp_path}/paraph.db")
    yield Desk(store, tmp_path, capsys)
    store.close()


def codes(found: Any) -> list[str]:
    return [each["code"] for each in found["problems"]]


def test_an_envelope_that_was_sent_is_said_to_stay_where_it_is(desk: Desk) -> None:
    """Explain, check and dry run agree with what sending again does: it stays, and nothing is requested."""
    file = desk.write('id = "lease-1"')
    assert 0 == desk.paraph("send", file)[0]
    made = len(desk.vendor.requests)
    for named in ((), ("--account", "b")):
        expected = ["envelope.pinned", "account.pinned"] if named else ["envelope.pinned"]
        for words in (("check", file), ("send", file, "--dry-run")):
            code, found = desk.document(*words, *named)
            assert (0, "a", True, expected) == (code, found["account"], found["pinned"], codes(found))
            assert [] == found.get("requests", [])
        code, _, said = desk.paraph("send", file, *named)
        assert (0, bool(named)) == (code, "account 'b' is not heeded" in said)
    desk.routes = (Route(name="other", when=When(), use=("b",)),)
    code, found = desk.document("route", "explain", file)
    assert (0, "a", True) == (code, found["account"], found["pinned"])
    assert "'a' carries it, whatever the rules say" in desk.paraph("route", "explain", file)[1]
    assert made == len(desk.vendor.requests)


def test_another_content_under_a_known_id_is_told_before_it_is_sent(desk: Desk) -> None:
    """Check and dry run refuse what sending refuses."""
    desk.paraph("send", desk.write('id = "lease-1"'))
    file = desk.write('id = "lease-1"', title="Another")
    for words in (("check", file), ("send", file, "--dry-run")):
        code, found = desk.document(*words)
        assert (3, None, ["id.taken"]) == (code, found["account"], codes(found))
    code, found = desk.document("route", "explain", file)
    assert (3, None, ["id.taken"]) == (code, found["account"], codes(found))
    assert 2 == desk.paraph("send", file)[0]


def test_negative_control_an_envelope_that_was_never_sent_is_pinned_nowhere(desk: Desk) -> None:
    """Nothing is said of what is not known, and the requests are shown."""
    file = desk.write('id = "lease-2"')
    code, found = desk.document("send", file, "--dry-run", "--account", "b")
    assert ("b", False, []) == (found["account"], found["pinned"], codes(found))
    assert found["requests"]
    assert code in {0, 1}


def test_an_interrupted_send_is_said_to_go_on(desk: Desk) -> None:
    """A dry run of what was begun says that its requests are not all shown."""
    file = desk.write('id = "lease-1"')
    down = httpx.Response(503)
    desk.vendor.faults = [lambda request, effect: down] * 20
    assert 0 != desk.paraph("send", file)[0]
    code, found = desk.document("send", file, "--dry-run")
    assert (1, "a", False) == (code, found["account"], found["complete"])


class _Killed(BaseException):
    """The process ends."""


def test_reconcile_ends_with_1_while_a_send_is_unfinished(desk: Desk) -> None:
    """A publication that was begun and cannot be confirmed is listed by its id, until it is resumed."""

    def passed(request: httpx.Request, effect: Any) -> httpx.Response:
        answer: httpx.Response = effect()
        return answer

    def killed(request: httpx.Request, effect: Any) -> httpx.Response:
        raise _Killed

    file = desk.write('id = "lease-1"')
    desk.vendor.faults = [passed, passed, passed, killed]  # create, document, describe, publish
    with pytest.raises(_Killed):
        desk.paraph("send", file)
    with desk.store.begin() as tx:
        (attempt,) = tx.attempts("lease-1")
        poll = tx.poll(attempt.id)
        assert poll is not None
        tx.put_poll(attrs.evolve(poll, next_at=attempt.started_at))
    code, text, _ = desk.paraph("reconcile")
    assert (1, True) == (code, "`paraph resume lease-1`" in text)
    code, found = desk.document("reconcile")
    assert (1, ["lease-1"]) == (code, found["accounts"][0]["unfinished"])
    assert 0 == desk.paraph("resume", "lease-1")[0]
    assert (0, 1) == (desk.paraph("reconcile")[0], len(desk.vendor.published))


@pytest.mark.parametrize(("head", "expected"), [("", True), ('id = "x"', False), ('reference = "r"', False)])
def test_chance_needs_a_name(desk: Desk, head: str, *, expected: bool) -> None:
    """A percentage that is asked of an envelope without id and reference is warned of everywhere."""
    file = desk.write(head)
    for percent in (0, 50, 100):
        desk.routes = (Route(name="half", when=When(percent=percent), use=("b",)),)
        for words in (("check", file), ("send", file, "--dry-run"), ("route", "explain", file)):
            _, found = desk.document(*words)
            assert expected == ("percent.unnamed" in codes(found))


def test_negative_control_chance_that_is_not_asked_is_no_matter(desk: Desk) -> None:
    """An account that was named, and a rule whose other conditions do not hold, leave nothing to chance."""
    file = desk.write("")
    when = When(percent=50, tags=frozenset({"fields"}))
    desk.routes = (Route(name="half", when=when, use=("b",)),)
    assert "percent.unnamed" not in codes(desk.document("check", file)[1])
    desk.routes = (Route(name="half", when=When(percent=50), use=("b",)),)
    assert "percent.unnamed" not in codes(desk.document("check", file, "--account", "a")[1])


def test_check_says_which_account_was_judged_and_which_were_passed_over(desk: Desk) -> None:
    """The candidates before it, with what was against them, are shown as text and as JSON."""
    file = desk.write('id = "x"')
    text = desk.paraph("check", file)[1]
    assert text.startswith("account a (tiny, test): the default\n")
    assert "nothing is against it" in text
    _, found = desk.document("check", file)
    assert ("a", "the default", {}) == (found["account"], found["why"], found["passed"])


def test_a_dry_run_is_one_line_for_each_request(desk: Desk) -> None:
    """Number, effect, step, method, path and size; headers and bodies with --full; no nulls."""
    file = desk.write('id = "x"')
    short = desk.paraph("send", file, "--dry-run")[1]
    full = desk.paraph("send", file, "--dry-run", "--full")[1]
    (line,) = (each for each in short.splitlines() if each.startswith("1. "))
    assert ("POST", "/envelopes") == tuple(line.split(": ")[1].split()[:2])
    assert "null" not in short
    assert len(short.splitlines()) < len(full.splitlines())
    assert "https://tiny.example/envelopes" in full
    assert 2 == desk.paraph("send", file, "--full")[0]
