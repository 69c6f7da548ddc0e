"""The command line: exit codes, JSON, text, and what is never shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType, SimpleNamespace, TracebackType
from typing import Any, Self

import attrs
import pytest

from paraph import errors
from paraph.cli.app import BUILT_IN, run
from paraph.cli.calling import _pair
from paraph.cli.render import to_json
from paraph.cli.session import Session
from paraph.model import (
    DeliveryBy,
    Ending,
    Envelope,
    Event,
    EventType,
    Evidence,
    EvidenceKind,
    Level,
    Lifecycle,
    Problem,
    SavedEvidence,
    Secret,
    Severity,
    SignatoryState,
    Snapshot,
    SubjectKind,
)
from paraph.ops.decisions import Decided
from paraph.ops.rehearse import Rehearsal
from paraph.provider import Action, Repeat, SigningLink
from support.plugins import install

WHEN = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
CANARY = "c4n4ry"
SNAPSHOT = Snapshot(
    id="e1",
    account="hr",
    provider="fake",
    environment="test",
    vendor_ref="v-9",
    lifecycle=Lifecycle.DECLINED,
    ending=Ending(kind=Lifecycle.DECLINED, reason=f"{CANARY} reason", actor=f"{CANARY} actor", at=WHEN),
    signatories=(SignatoryState(id="ada", reason=f"{CANARY} reason"),),
    native=("REFUSED",),
)
EVENT = Event(
    id="x",
    type=EventType.SIGNATORY_DECLINED,
    account="hr",
    provider="fake",
    environment="test",
    subject_kind=SubjectKind.ENVELOPE,
    vendor_ref="v-9",
    envelope_id="e1",
    signatory_id="ada",
    reason=f"{CANARY} reason",
    recorded_at=WHEN,
    sequence=4,
)
EVIDENCE = Evidence(key="audit_trail", kind=EvidenceKind.AUDIT_TRAIL, name="audit.pdf")
SAVED = SavedEvidence(evidence=EVIDENCE, path="out/audit.pdf", sha256="ab", size=3, fetched_at=WHEN)


class StubClient:
    """Answers what a test prepared and remembers what it was asked."""

    def __init__(self, *, durable: bool = True, **answers: object) -> None:
        self.store = SimpleNamespace(durable=durable)
        self.calls: list[tuple[str, tuple[object, ...], dict[str, object]]] = []
        self._answers = {
            "send": SNAPSHOT,
            "resume": SNAPSHOT,
            "refresh": SNAPSHOT,
            "get": SNAPSHOT,
            "cancel": SNAPSHOT,
            "envelopes": (SNAPSHOT,),
            "events": (EVENT,),
            "evidence": (EVIDENCE,),
            "save": (SAVED,),
            "check": (),
            "decisions": (),
            **answers,
        }

    def __getattr__(self, name: str) -> Any:
        def answer(*args: object, **named: object) -> object:
            self.calls.append((name, args, named))
            found = self._answers[name]
            if isinstance(found, BaseException):
                raise found
            return found

        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.calls.append(("close", (), {}))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a working directory with a configuration, a PDF and an envelope file."""
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    install(tmp_path / "site", "fake-dist", providers={"fake": "paraph.testing.fake"})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "paraph.toml").write_text(
        '[accounts.hr]\nprovider = "fake"\nenvironment = "test"\napi_key = "env:FAKE_KEY"\n'
    )
    (tmp_path / "contract.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
    (tmp_path / "envelope.toml").write_text(
        'id = "e1"\ntitle = "Contract"\n[[documents]]\npath = "contract.pdf"\n'
        f'[[signatories]]\nid = "ada"\nfamily_name = "{CANARY}"\nemail = "{CANARY}@example.org"\n'
    )
    return tmp_path


def paraph(client: StubClient, *words: str) -> int:
    """Run the command line in this process with a client of ours."""
    return run(words, session=Session(open_client=lambda _: client))  # type: ignore[arg-type,return-value]  # a stub


def sent(client: StubClient) -> Envelope:
    """Return the envelope that the client was asked to send."""
    (envelope,) = next(args for name, args, _ in client.calls if name == "send")
    assert isinstance(envelope, Envelope)
    return envelope


def document(capsys: pytest.CaptureFixture[str]) -> Any:
    """Read standard output as the one JSON document that it has to be; standard error is empty."""
    captured = capsys.readouterr()
    assert captured.err == ""
    return json.loads(captured.out)


# Every command does what it says


def test_send_envelope_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file is read and sent as it stands; the client is closed, and nothing personal is shown."""
    client = StubClient()
    assert paraph(client, "send", "envelope.toml", "--account", "hr") == 0
    assert sent(client).title == "Contract"
    assert client.calls[0][2] == {"account": "hr", "policy": None}
    assert client.calls[-1][0] == "close"
    captured = capsys.readouterr()
    assert "sending envelope e1" in captured.err
    assert "declined" in captured.out
    assert CANARY not in captured.out + captured.err


def test_send_pdf(folder: Path) -> None:
    """A PDF needs signatories only; title, delivery and level follow the options."""
    client = StubClient()
    words = ("contract.pdf", "--to", "Ada Lovelace <ada@example.org>", "--to", "Bo <bo@example.org>")
    assert paraph(client, "send", *words, "--link", "--level", "aes") == 0
    envelope = sent(client)
    assert (envelope.title, envelope.assurance.level) == ("contract", Level.AES)
    assert [(each.full_name, each.delivery) for each in envelope.signatories] == [
        ("Ada Lovelace", DeliveryBy.LINK),
        ("Bo", DeliveryBy.LINK),
    ]
    assert envelope.documents[0].is_pdf


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("contract.pdf",), "--to"),
        (("contract.pdf", "--to", CANARY), "Given Family"),
        (("contract.pdf", "--to", "A <a@b.c>", "--level", "HIGH"), "unknown level"),
        (("envelope.toml", "--title", "x"), "are for a PDF"),
        (("gone.pdf", "--to", "A <a@b.c>"), "does not exist"),
    ],
)
def test_misused_send_is_exit_2(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    """What cannot be sent as asked is a usage error, and no address is repeated."""
    client = StubClient()
    assert paraph(client, "send", *words) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert CANARY not in captured.err
    assert client.calls == []


@pytest.mark.parametrize("words", [("send", "envelope.toml"), ("resume", "e1")])
def test_sending_needs_a_durable_store(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """A store that ends with the command refuses before anything is sent, and shows the line to add."""
    client = StubClient(durable=False)
    assert paraph(client, *words) == 2
    assert '[store] url = "sqlite:///paraph.db"' in capsys.readouterr().err
    assert [name for name, *_ in client.calls] == ["close"]


def test_wrong_envelope_file_is_exit_3(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An envelope that cannot be one is refused with every finding."""
    (folder / "envelope.toml").write_text("titel = 1\n")
    assert paraph(StubClient(), "send", "envelope.toml", "--json") == 3
    (problem,) = document(capsys)["error"]["problems"]
    assert (problem["path"], problem["code"], problem["hint"]) == (
        "titel",
        "key.unknown",
        "did you mean 'title'?",
    )


@pytest.mark.parametrize(("severity", "code"), [(Severity.ERROR, 3), (Severity.WARNING, 0)])
def test_check_refuses_only_for_errors(
    folder: Path, capsys: pytest.CaptureFixture[str], severity: Severity, code: int
) -> None:
    """A blocking problem is exit 3, a warning is exit 0; both are printed."""
    problem = Problem(path="title", code="odd", message="an odd title", severity=severity)
    found_ = Rehearsal(account=None if problem.blocking else "hr", problems=(problem,))
    client = StubClient(preview=found_)
    assert paraph(client, "check", "envelope.toml", "--live", "--json") == code
    assert client.calls[0][2] == {"account": None, "live": True, "policy": None}
    found = document(capsys)
    assert (found["refused"], found["problems"][0]["code"]) == (code == 3, "odd")
    assert paraph(StubClient(preview=found_), "check", "envelope.toml") == code
    assert f"{severity.value}: title: an odd title" in capsys.readouterr().out


def test_status_asks_the_vendor(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status reads at the vendor, and shows local ids without reasons or actors."""
    client = StubClient()
    assert paraph(client, "status", "e1", "--json") == 0
    assert [name for name, *_ in client.calls] == ["refresh", "decisions", "close"]
    found = document(capsys)["envelope"]
    assert (found["id"], found["lifecycle"], found["native"]) == ("e1", "declined", ["REFUSED"])
    assert found["ending"] == {"kind": "declined", "at": "2026-03-01T09:30:00Z", "partially_signed": False}
    assert found["signatories"][0]["id"] == "ada"
    assert CANARY not in json.dumps(found)


def test_status_says_why_the_account_was_chosen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a rule decided, who was passed over or left, and why it stayed, are shown with its state."""
    decided = Decided(
        attempt=2,
        account="hr",
        at=datetime(2026, 3, 1, tzinfo=UTC),
        route="german",
        candidates=("de", "fr", "hr"),
        passed={"fr": ("recipient.not_allowed",)},
        failed={"de": "ConnectFailed"},
        stayed="its draft cannot be closed",
    )
    assert paraph(StubClient(decisions=(decided,)), "status", "e1") == 0
    told = capsys.readouterr().out
    for words in (
        "attempt 2: hr by route 'german'",
        "fr was passed over: recipient.not_allowed",
        "de was left: ConnectFailed",
        "it stayed with hr: its draft cannot be closed",
    ):
        assert words in told


@pytest.mark.parametrize(
    "refusal",
    [
        errors.UnsupportedCapability(account="hr", provider="fake", capability="read_status"),
        errors.NotReady("not yet"),
    ],
)
def test_status_falls_back_to_the_store(folder: Path, refusal: errors.ParaphError) -> None:
    """Where the vendor cannot be asked, the store answers."""
    client = StubClient(refresh=refusal)
    assert paraph(client, "status", "e1") == 0
    assert [name for name, *_ in client.calls] == ["refresh", "get", "decisions", "close"]


def test_status_of_the_store_alone(folder: Path) -> None:
    """--stored asks nobody else."""
    client = StubClient()
    assert paraph(client, "status", "e1", "--stored") == 0
    assert [name for name, *_ in client.calls] == ["get", "decisions", "close"]


def test_status_without_id_lists(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without an id, the newest envelopes are listed, filtered as asked."""
    client = StubClient()
    assert paraph(client, "status", "--reference", "C-7", "--json") == 0
    assert client.calls[0] == ("envelopes", (), {"account": None, "reference": "C-7"})
    assert [each["id"] for each in document(capsys)["envelopes"]] == ["e1"]
    assert paraph(StubClient(), "status") == 0
    assert "e1" in capsys.readouterr().out


def test_events(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Events are listed after a number, without the reasons that people gave."""
    client = StubClient()
    assert paraph(client, "events", "e1", "--after", "3", "--account", "hr", "--json") == 0
    assert client.calls[0] == ("events", ("e1",), {"account": "hr", "after": 3, "limit": 1000})
    (found,) = document(capsys)["events"]
    assert (found["type"], found["sequence"], found["signatory_id"]) == ("signatory.declined", 4, "ada")
    assert paraph(StubClient(), "events") == 0
    text = capsys.readouterr().out
    assert "signatory.declined" in text
    assert CANARY not in text + json.dumps(found)


def test_evidence_is_listed_or_saved(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --save the artefacts are listed; with it they are written to the directory."""
    assert paraph(StubClient(), "evidence", "e1", "--json") == 0
    assert document(capsys)["evidence"][0]["kind"] == "audit_trail"
    client = StubClient()
    assert paraph(client, "evidence", "e1", "--save", "out", "--json") == 0
    assert client.calls[0][1] == ("e1", Path("out"))
    assert document(capsys)["saved"][0]["sha256"] == "ab"
    assert (paraph(StubClient(), "evidence", "e1"), paraph(client, "evidence", "e1", "--save", "o")) == (0, 0)
    assert "audit.pdf" in capsys.readouterr().out


def test_link_is_the_only_command_that_shows_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The link command prints the URL; the object itself would be masked."""
    found = SigningLink(signatory_id="ada", url=Secret("https://sign.example/t0ken"))
    assert paraph(StubClient(signing_link=found), "link", "e1", "ada") == 0
    assert capsys.readouterr().out == "https://sign.example/t0ken\n"
    assert "t0ken" not in json.dumps(to_json(found, personal=True))


def test_cancel_and_resume(folder: Path) -> None:
    """Both pass the id on; a reason goes to the vendor."""
    client = StubClient()
    assert (paraph(client, "cancel", "e1", "--reason", "wrong"), paraph(client, "resume", "e1")) == (0, 0)
    assert [call for call in client.calls if call[0] != "close"] == [
        ("cancel", ("e1",), {"reason": "wrong"}),
        ("resume", ("e1",), {}),
    ]


@attrs.frozen(kw_only=True)
class Params:
    """Parameters of one action."""

    query: str = ""
    limit: int = 1
    deep: bool = False
    names: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Person:
    """A vendor's answer, with a personal field."""

    id: str
    email: str = attrs.field(repr=False)
    token: Secret = attrs.field(factory=lambda: Secret("t0ken"))


SEARCH: Action[Any, Any] = Action(
    name="signers.search",
    summary="Find people",
    source="the tests",
    repeat=Repeat.READ,
    params=Params,
    result=Person,
    run=lambda _account, _params: iter(()),  # type: ignore[arg-type,return-value]  # never run here
)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("query=123", ("query", "123")),
        ("query=a=b", ("query", "a=b")),
        ("limit=5", ("limit", 5)),
        ("deep=true", ("deep", True)),
        ('names=["a"]', ("names", ("a",))),
        ("other=5", ("other", "5")),
    ],
)
def test_parameters_have_the_types_of_the_action(word: str, expected: tuple[str, object]) -> None:
    """A text parameter stays a text, also if it looks like a number; others are read as JSON."""
    assert _pair(word, SEARCH) == expected


def test_call_runs_an_action(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The result is what the user asked the vendor for: shown with its fields, but without secrets."""
    client = StubClient(call=(Person(id="p1", email="ada@example.org"),))
    assert paraph(client, "call", "hr", "signers.search", "query=ada", "--json") == 0
    assert client.calls[0] == ("call", ("hr", "signers.search"), {"query": "ada"})
    assert document(capsys)["result"] == [{"id": "p1", "email": "ada@example.org", "token": "…"}]
    assert paraph(client, "call", "hr", "x", "--params", '{"a": {"b": 1}}') == 0
    assert client.calls[2] == ("call", ("hr", "x"), {"a": {"b": 1}})


@pytest.mark.parametrize(
    "words",
    [
        ("hr", "x", "a=1", "--params", "{}"),
        ("hr", "x", "--params", "["),
        ("hr", "x", "--params", "[]"),
        ("hr", "x", "novalue"),
        ("nobody", "x"),
    ],
)
def test_misused_call_is_exit_2(folder: Path, words: tuple[str, ...]) -> None:
    """Parameters that cannot be read, or an account that does not exist, reach no vendor."""
    client = StubClient()
    assert paraph(client, "call", *words) == 2
    assert client.calls == []


# Errors


FAILURES: Mapping[str, tuple[errors.ParaphError, int]] = MappingProxyType(
    {
        "vendor": (errors.RateLimited("too fast", account="hr", status=429, code="SLOW"), 1),
        "timeout": (errors.TimedOut("no answer"), 1),
        "uncertain": (errors.UncertainStep("it may be sent", envelope_id="e1", step="publish"), 1),
        "wait": (errors.WaitTimeout("not in time"), 1),
        "not ready": (errors.NotReady("not yet"), 1),
        "store": (errors.StoreError("locked"), 1),
        "superseded": (errors.AttemptSuperseded("another attempt"), 1),
        "unknown": (errors.UnknownEnvelope("no such envelope"), 2),
        "unsupported": (errors.UnsupportedCapability(account="hr", provider="f", capability="cancel"), 2),
        "unobservable": (errors.Unobservable("never seen"), 2),
        "secret": (errors.MissingSecret("no key"), 2),
        "refused": (errors.Refused("refused", [Problem(path="title", code="x", message="no")]), 3),
        "invalid": (errors.InvalidEnvelope("invalid"), 3),
    }
)


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_has_its_exit_code(folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Every error is one exit code, one text on standard error, and one JSON document."""
    error, code = FAILURES[name]
    assert paraph(StubClient(cancel=error), "cancel", "e1") == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"paraph: {str(error).splitlines()[0]}")
    assert paraph(StubClient(cancel=error), "cancel", "e1", "--json") == code
    found = document(capsys)["error"]
    assert (found["type"], found["exit"]) == (type(error).__name__, code)


def test_vendor_error_keeps_its_facts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON, programs find what they need to decide whether to try again."""
    paraph(StubClient(cancel=FAILURES["vendor"][0]), "--json", "cancel", "e1")
    found = document(capsys)["error"]
    assert (found["status"], found["code"], found["retryable"], found["effect"]) == (
        429,
        "SLOW",
        True,
        "none",
    )


def test_failed_send_says_how_to_go_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After a failure on the way the envelope's id is known, in text and in JSON."""
    failing = StubClient(send=errors.ConnectionLost("cut off"))
    assert paraph(failing, "send", "envelope.toml") == 1
    assert "paraph resume e1" in capsys.readouterr().err
    assert paraph(failing, "send", "envelope.toml", "--json") == 1
    assert document(capsys)["error"]["envelope_id"] == "e1"


@pytest.mark.parametrize("debug", ["", "1"])
def test_unexpected_exception_is_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, debug: str
) -> None:
    """A bug of ours shows its kind, not its text; only PARAPH_DEBUG=1 shows the traceback."""
    monkeypatch.setenv("PARAPH_DEBUG", debug)
    assert paraph(StubClient(cancel=KeyError(CANARY)), "cancel", "e1") == 1
    captured = capsys.readouterr().err
    assert "paraph: unexpected KeyError; PARAPH_DEBUG=1 shows where\n" in captured
    assert (bool(debug), bool(debug)) == ("Traceback" in captured, CANARY in captured)


def test_unknown_command_gets_the_nearest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped command is a usage error with the right name, as text and as JSON."""
    assert run(["stauts"]) == 2
    assert "did you mean 'status'?" in capsys.readouterr().err
    assert run(["stauts", "--json"]) == 2
    assert "did you mean 'status'?" in document(capsys)["error"]["message"]


def test_interruption_is_exit_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends in one line."""
    assert paraph(StubClient(cancel=KeyboardInterrupt()), "cancel", "e1") == 1
    assert capsys.readouterr().err.strip() == "paraph: interrupted"


def test_an_interrupted_send_says_how_to_go_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C in a send of what is stored by then names the command that goes on; else sending again does."""
    assert paraph(StubClient(send=KeyboardInterrupt()), "send", "envelope.toml") == 1
    assert "go on with: paraph resume " in capsys.readouterr().err
    unknown = StubClient(send=KeyboardInterrupt(), get=errors.UnknownEnvelope("e1"))
    assert paraph(unknown, "send", "envelope.toml") == 1
    assert "go on with" not in capsys.readouterr().err


# Setup commands


def test_providers_lists_without_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The listing needs no configuration, and a broken plugin does not make it fail."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    install(tmp_path, "some", providers={"fake": "paraph.testing.fake", "gone": "no_such_module_q"})
    assert run(["providers", "--json"]) == 0
    found = {each["name"]: each["status"] for each in document(capsys)["providers"]}
    assert {"fake": "available", "gone": "broken"}.items() <= found.items()
    assert run(["providers"]) == 0
    assert "no_such_module_q" in capsys.readouterr().out


def test_providers_works_with_a_wrong_configuration(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Disabled plugins are shown as such, whatever else is wrong in the file."""
    (folder / "paraph.toml").write_text('oops = 1\n[plugins]\ndisabled = ["fake"]\n')
    assert run(["providers", "--json"]) == 0
    found = {each["name"]: each["status"] for each in document(capsys)["providers"]}
    assert found["fake"] == "disabled"


@pytest.mark.parametrize(
    "words", [("--config", "other.toml", "accounts"), ("accounts", "--config", "other.toml")]
)
def test_accounts_of_a_given_file(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    """--config may stand before or after the command; no secret is needed to list accounts."""
    (folder / "paraph.toml").rename(folder / "other.toml")
    assert run([*words, "--json"]) == 0
    assert document(capsys)["accounts"] == [
        {"name": "hr", "provider": "fake", "environment": "test", "default": True, "problems": []}
    ]


def test_accounts_shows_what_cannot_be_used(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An account whose provider is not installed is listed with the reason and what mends it."""
    with (folder / "paraph.toml").open("a") as file:
        file.write('[accounts.uk]\nprovider = "faek"\nenvironment = "test"\n')
    assert run(["accounts", "--json"]) == 0
    problems = {each["name"]: each["problems"] for each in document(capsys)["accounts"]}
    assert ([], "provider.not_installed") == (problems["hr"], problems["uk"][0]["code"])
    assert run(["accounts"]) == 0
    assert "accounts.uk.provider: no installed distribution" in capsys.readouterr().out


def test_providers_shows_what_only_building_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A module that is imported late and missing is named in the listing, with what brings it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    late = """
        import attrs
        from paraph.provider.hookspecs import hookimpl
        from paraph.testing import fake

        def build():
            import no_such_module_r

        @hookimpl
        def paraph_provider():
            return attrs.evolve(fake.INFO, name="late", build=build)
    """
    install(
        tmp_path,
        "paraph-late",
        providers={"late": "late_r"},
        modules={"late_r": late},
        requires=['no-such-module-r; extra == "more"'],
    )
    assert run(["providers", "--json"]) == 0
    (found,) = (each for each in document(capsys)["providers"] if each["name"] == "late")
    assert found["status"] == "broken"
    assert "needs the module 'no_such_module_r'" in found["error"]
    assert "pip install 'paraph-late[more]'" in found["error"]


def test_wrong_configuration_is_exit_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All problems of the file are in the one JSON document."""
    (folder / "paraph.toml").write_text("oops = 1\n")
    assert run(["accounts", "--json"]) == 2
    found = document(capsys)["error"]
    assert {problem["path"] for problem in found["problems"]} == {"oops", "accounts"}


def test_terminal_gets_a_table(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal the table is drawn; in a pipe it is plain aligned text without any escape."""
    assert run(["accounts"]) == 0
    plain = capsys.readouterr().out
    assert plain == "name  provider  environment  default\nhr    fake      test         yes\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(["accounts"]) == 0
    assert "─" in capsys.readouterr().out


# Commands of other packages


def test_foreign_commands_are_listed_without_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Help names installed commands and their distribution; a broken one is one line when it is invoked."""
    monkeypatch.syspath_prepend(str(tmp_path))
    source = """
        import click

        @click.command()
        @click.pass_obj
        def hello(session):
            click.echo(f"hello {session.json}")

        number = 7
    """
    commands = {"hello": "ext_cmd_a:hello", "bad": "ext_cmd_gone:x", "number": "ext_cmd_a:number"}
    install(tmp_path, "extras", commands=commands, modules={"ext_cmd_a": source})
    install(tmp_path, "thief", commands={"stolen": "ext_cmd_a:hello", "send": "ext_cmd_a:hello"})
    install(tmp_path, "thief-two", commands={"stolen": "ext_cmd_a:hello"})
    assert run(["--help"]) == 0
    assert "extras" in capsys.readouterr().out
    assert "ext_cmd_a" not in sys.modules
    assert run(["--json", "hello"]) == 0
    assert capsys.readouterr().out == "hello True\n"
    for name, said in {
        "bad": "ext_cmd_gone",
        "number": "no click command",
        "stolen": "thief and thief-two",
    }.items():
        assert run([name]) == 2
        err = capsys.readouterr().err
        assert (said in err, err.count("\n")) == (True, 1)
    assert run(["send", "--help"]) == 0
    assert "envelope.toml" in capsys.readouterr().out
    del sys.modules["ext_cmd_a"]


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_command_has_help_and_the_common_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each command loads, explains itself and takes --config and --json."""
    assert run([name, "--help"]) == 0
    text = capsys.readouterr().out
    assert {"--config", "--json"} <= {word for word in text.split() if word.startswith("--")}


# Real processes


def process(folder: Path, *words: str, code: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command line, or Python code, in a process of its own."""
    command = [sys.executable, "-c", code] if code else [sys.executable, "-m", "paraph.cli", *words]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "site"), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_processes_end_with_the_code(folder: Path) -> None:
    """Exit codes reach the shell: 0, 2 for usage and configuration, 3 for a refused envelope."""
    (folder / "wrong.toml").write_text("titel = 1\n")
    (folder / "empty.toml").write_text("")
    codes = {
        ("accounts",): 0,
        ("accounts", "--config", "empty.toml"): 2,
        ("nonsense",): 2,
        (): 2,
        ("check", "wrong.toml"): 3,
    }
    found = {words: process(folder, *words) for words in codes}
    assert {words: each.returncode for words, each in found.items()} == codes
    assert all("Traceback" not in each.stderr + each.stdout for each in found.values())


def test_listing_providers_loads_nothing_heavy(folder: Path) -> None:
    """The listing command of light providers imports no HTTP, conversion, database or table library."""
    code = (
        "import sys\n"
        "from paraph.cli import main\n"
        "assert main(['providers', '--json']) == 0\n"
        "heavy = {'httpx', 'cattrs', 'rich', 'sqlalchemy', 'starlette', 'asyncio', 'pyhanko'}\n"
        "sys.stderr.write(' '.join(sorted(heavy & set(sys.modules))))\n"
    )
    disabled = {"PARAPH_DISABLE_PLUGINS": "ignisign,sign8"}
    done = process(folder, code=code, **disabled)
    assert (done.returncode, done.stderr) == (0, "")
    assert "available" in done.stdout


def test_without_its_extra_the_command_says_so(folder: Path) -> None:
    """Without click there is one line with the extra, and exit code 2."""
    code = (
        "import importlib.util, sys\n"
        "real = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *rest: None if name == 'click' else real(name, *rest)\n"
        "from paraph.cli import main\n"
        "sys.exit(main(['accounts']))\n"
    )
    done = process(folder, code=code)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "paraph[cli]" in done.stderr


def test_closed_pipe_is_no_traceback(folder: Path) -> None:
    """A reader that goes away early ends the command quietly."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "paraph.cli", "accounts"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder / "site")},
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")
