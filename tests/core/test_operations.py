"""What the clients offer, run through Client and AsyncClient against the tiny vendor."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from paraph.client import Client
from paraph.errors import (
    NotReady,
    Refused,
    UnknownEnvelope,
    Unobservable,
    UnsupportedCapability,
    UsageError,
    VendorNotFound,
    WaitTimeout,
)
from paraph.model import (
    Assurance,
    Document,
    Envelope,
    EventType,
    EvidenceKind,
    Field,
    Level,
    Lifecycle,
    Problem,
    Rect,
    Signatory,
    Turn,
    Verb,
)
from paraph.provider import Capabilities, Capability
from support.both import Both
from support.tiny import (
    INFO,
    PDF,
    TinyProvider,
    TinyRegistry,
    TinyVendor,
    envelope,
    utc,
)


@pytest.fixture(params=["sync", "async"])
def both(request: pytest.FixtureRequest) -> Any:
    world = Both(request.param, TinyVendor())
    yield world
    world.end()


def test_a_whole_life(both: Any, tmp_path: Path) -> None:
    """Send, sign, refresh, save: the snapshot, the events, the files and the manifest agree."""
    asked = envelope(reference="C-1")
    assert Lifecycle.SENT is both.send(asked).lifecycle
    assert {"a"} == {each.account for each in both.envelopes(reference="C-1")}
    both.vendor.sign("e1", "p-ada")
    assert Lifecycle.IN_PROGRESS is both.refresh(asked.id).lifecycle
    both.vendor.sign("e1", "p-bob")
    done = both.refresh(asked.id)
    assert (Lifecycle.COMPLETED, Lifecycle.COMPLETED) == (done.lifecycle, done.ending.kind)
    assert done == both.get(asked.id)
    told = [event.type for event in both.events(asked.id)]
    assert len(told) == len({event.id for event in both.events(asked.id)})
    assert [EventType.ENVELOPE_CREATED, EventType.ENVELOPE_SENT] == told[:2]
    assert told.count(EventType.SIGNATORY_SIGNED) == 2
    saved = both.save(asked.id, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert {"contract.signed.pdf", "annex.signed.pdf"} == {each["file"] for each in manifest["evidence"]}
    for each in manifest["evidence"]:
        content = (tmp_path / "out" / each["file"]).read_bytes()
        assert each["sha256"] == hashlib.sha256(content).hexdigest()
    assert 3 == len(saved)
    assert [] == list((tmp_path / "out").glob("*.part"))
    assert [] == list((tmp_path / "out").glob(".*"))


def test_save_into_a_file_object_takes_one_artefact(both: Any) -> None:
    """One artefact streams into a file object; several are refused by name."""
    asked = envelope()
    both.send(asked)
    both.vendor.sign("e1", "p-ada")
    both.vendor.sign("e1", "p-bob")
    sink = io.BytesIO()
    (saved,) = both.save(asked.id, sink, document="annex")
    assert sink.getvalue().startswith(PDF)
    assert hashlib.sha256(sink.getvalue()).hexdigest() == saved.sha256
    with pytest.raises(UsageError, match="signed_document/contract"):
        both.save(asked.id, io.BytesIO())


def test_save_waits_until_the_vendor_has_made_it(both: Any, tmp_path: Path) -> None:
    """Evidence that is never made ends in NotReady after the time-out, and leaves no file."""
    asked = envelope()
    both.send(asked)
    with pytest.raises(NotReady, match="signed_document"):
        both.save(asked.id, tmp_path, kinds=[EvidenceKind.SIGNED_DOCUMENT], timeout=3)
    assert [] == list(tmp_path.iterdir())


def test_a_broken_download_leaves_no_file(both: Any, tmp_path: Path) -> None:
    """A download that keeps failing leaves no file and no temporary; one that fails once is repeated."""
    asked = envelope()
    both.send(asked)
    both.vendor.sign("e1", "p-ada")
    both.vendor.sign("e1", "p-bob")

    def honest(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        return effect()

    def broken(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        raise httpx.ReadError("cut", request=request)

    both.vendor.faults = [honest, *[broken] * 9]
    from paraph.errors import ConnectionLost

    with pytest.raises(ConnectionLost):
        both.save(asked.id, tmp_path / "out")
    assert [] == list((tmp_path / "out").iterdir())
    both.vendor.faults = [honest, broken]
    both.save(asked.id, tmp_path / "out")
    assert "manifest.json" in {path.name for path in (tmp_path / "out").iterdir()}


def test_wait_ends_when_the_envelope_does(both: Any) -> None:
    """Wait looks at growing intervals until the envelope ended, or raises WaitTimeout."""
    asked = envelope()
    both.send(asked)
    with pytest.raises(WaitTimeout, match="sent after 30 s"):
        both.wait(asked.id, timeout=30)
    both.vendor.sign("e1", "p-ada")
    both.vendor.sign("e1", "p-bob")
    assert Lifecycle.COMPLETED is both.wait(asked.id, timeout=30).lifecycle


def test_wait_survives_a_vendor_that_is_down_for_a_while(both: Any) -> None:
    """Retryable failures during a wait only make it longer; others end it."""
    asked = envelope()
    both.send(asked)

    def down(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        return httpx.Response(503)

    both.vendor.sign("e1", "p-ada")
    both.vendor.sign("e1", "p-bob")
    both.vendor.faults = [down] * 3
    assert Lifecycle.COMPLETED is both.wait(asked.id, timeout=60).lifecycle

    def gone(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        return httpx.Response(404)

    other = envelope()
    both.send(other)
    both.vendor.faults = [gone]
    with pytest.raises(VendorNotFound):
        both.wait(other.id, timeout=60)


def reads(both: Any) -> int:
    """Count how often the vendor was asked for the first envelope."""
    return int(both.vendor.requests.count(("GET", "/envelopes/e1")))


@pytest.mark.parametrize(("polls", "asked"), [(0, 0), (1, 1), (3, 3), (None, 12)])
def test_wait_asks_the_vendor_no_more_often_than_its_budget(both: Any, polls: int | None, asked: int) -> None:
    """Of the looks of 30 seconds as many ask the vendor as the budget allows; without one, each does."""
    known = envelope()
    both.send(known)
    looks = itertools.count()
    before = both.now
    with pytest.raises(WaitTimeout, match="after 30 s"):
        both.wait(known.id, timeout=30, polls=polls, until=lambda _: next(looks) < 0)
    # ``until`` is asked before and after each look.
    assert (asked, 12, 30) == (reads(both), next(looks) // 2, (both.now - before).total_seconds())


def test_wait_without_budget_still_sees_what_webhooks_bring(both: Any) -> None:
    """When the budget is used up, a delivery that another client receives ends the waiting without a read."""
    known = envelope()
    both.send(known)
    registry: Any = TinyRegistry()
    receiver = Client(
        both.client.config,
        registry=registry,
        store=both.client.store,
        transport=httpx.MockTransport(both.vendor.handle),
    )
    looks: list[Lifecycle] = []

    def until(seen: Any) -> bool:
        looks.append(seen.lifecycle)
        if len(looks) == 8:
            receiver.ingest("a", headers={}, body=both.vendor.delivery("e1", "DECLINED"))
        return bool(seen.ended)

    assert Lifecycle.DECLINED is both.wait(known.id, timeout=600, polls=2, until=until).lifecycle
    receiver.close()
    assert (2, Lifecycle.SENT) == (reads(both), looks[-2])


def test_wait_counts_what_it_asked_in_vain(both: Any) -> None:
    """An answer that the vendor could not give is part of the budget; an ended envelope costs nothing."""
    known = envelope()
    both.send(known)

    def down(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        return httpx.Response(503)

    both.vendor.faults = [down] * 9
    with pytest.raises(WaitTimeout):
        both.wait(known.id, timeout=30, polls=2)
    assert 2 == reads(both)
    both.vendor.faults = []
    both.cancel(known.id)
    both.refresh(known.id)
    asked = reads(both)
    both.wait(known.id, polls=2)
    assert asked == reads(both)


def test_wait_refuses_where_completion_cannot_be_seen(both: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that never tells of completion makes wait raise at once, and preflight warn."""
    blind = INFO.capabilities.without(Capability.SEE_COMPLETION)
    monkeypatch.setattr(TinyProvider, "capabilities", lambda self, account: blind)
    asked = envelope()
    both.send(asked)
    with pytest.raises(Unobservable):
        both.wait(asked.id)
    assert Lifecycle.CANCELLED is both.cancel(asked.id).lifecycle
    assert Lifecycle.CANCELLED is both.wait(asked.id).lifecycle  # what has ended needs no waiting
    assert ["completion.unobservable"] == [problem.code for problem in both.check(envelope())]


def test_cancel_and_cancel_again(both: Any) -> None:
    """Cancelling ends the envelope; cancelling an ended one is no error and tells how it ended."""
    asked = envelope()
    both.send(asked)
    assert Lifecycle.CANCELLED is both.cancel(asked.id, reason="typo").lifecycle
    assert Lifecycle.CANCELLED is both.cancel(asked.id).lifecycle
    assert {Turn.DONE} == {each.turn for each in both.get(asked.id).signatories}


def test_cancel_after_one_signature_says_so(both: Any) -> None:
    """Cancelled after one of two signatures is cancelled, partially signed, never completed."""
    asked = envelope()
    both.send(asked)
    both.vendor.sign("e1", "p-ada")
    ended = both.cancel(asked.id)
    assert (Lifecycle.CANCELLED, True) == (ended.lifecycle, ended.ending.partially_signed)


def test_undeclared_abilities_are_refused_without_a_request(both: Any) -> None:
    """What the account does not offer raises before any request goes out."""
    asked = envelope()
    both.send(asked)
    made = len(both.vendor.requests)
    for ask in (lambda: both.remind(asked.id, "ada"), lambda: both.ensure_webhook("a")):
        with pytest.raises(UnsupportedCapability):
            ask()
    assert made == len(both.vendor.requests)


def test_signing_links_are_secrets(both: Any) -> None:
    """A link never shows in a repr; an unknown signatory is refused with the known ones."""
    asked = envelope()
    both.send(asked)
    link = both.signing_link(asked.id, "ada")
    assert "link-secret" == link.url.reveal()
    assert "link-secret" not in f"{link} {link!r}"
    with pytest.raises(UsageError, match="ada, bob"):
        both.signing_link(asked.id, "eve")


def test_everything_wrong_is_listed_at_once_and_nothing_is_sent(both: Any) -> None:
    """An envelope with a dozen faults is refused with each of them by path, before any request."""
    naive = utc(2026, 1, 1).replace(tzinfo=None)
    wrong = envelope(
        title=" ",
        documents=[
            Document.from_path("missing.pdf"),
            Document.from_bytes(b"", name="empty.pdf"),
            Document.from_bytes(b"hello", name="broken.pdf"),
            Document.from_bytes(PDF[:-8], name="cut.pdf"),
            Document.from_digest("xyz", name="secret.pdf"),
            Document.from_bytes(b"%PDF-1.7 rubbish %%EOF", name="rubbish.pdf"),
            Document.from_bytes(PDF, name="good.pdf"),
        ],
        signatories=[
            Signatory(id="ada", given_name="Ada", family_name="L", email="ada@example.org", phone="12"),
            Signatory(id="ada", email="nobody", verb=Verb.APPROVE, assurance=Assurance(level=Level.QES)),
        ],
        fields=[
            Field(document="good", signatory="ada", page=2, rect=Rect(x=1, y=1, width=9, height=9)),
            Field(document="nope", signatory="eve", page=0),
        ],
        expires_at=utc(2020, 1, 1),
        scheduled_at=naive,
        message="hello",
    )
    with pytest.raises(Refused) as caught:
        both.send(wrong)
    found = {(problem.path, problem.code) for problem in caught.value.problems}
    assert {
        ("title", "title.missing"),
        ("documents[0].path", "document.missing"),
        ("documents[1]", "document.empty"),
        ("documents[2]", "pdf.broken"),
        ("documents[3]", "pdf.broken"),
        ("documents[4].sha256", "digest.invalid"),
        ("documents[4]", "unsupported.digest_documents"),
        ("signatories", "id.repeated"),
        ("signatories[0].phone", "phone.invalid"),
        ("signatories[1].email", "email.invalid"),
        ("signatories[1].family_name", "name.missing"),
        ("signatories[1].verb", "verb.unsupported"),
        ("signatories[1].assurance.level", "level.unsupported"),
        ("expires_at", "datetime.past"),
        ("scheduled_at", "datetime.naive"),
        ("message", "unsupported.message"),
        ("documents[5]", "pdf.broken"),
        ("fields[0].page", "page.missing"),
        ("fields[0]", "unsupported.fields"),
        ("fields[1].document", "document.unknown"),
        ("fields[1].signatory", "signatory.unknown"),
        ("fields[1]", "field.place"),
        ("fields[1].page", "page.invalid"),
    } <= found
    assert [] == both.vendor.requests
    assert () == both.envelopes()


def test_no_signatory_and_no_document() -> None:
    """An empty envelope has two problems of its own."""
    world = Both("sync", TinyVendor())
    codes = [problem.code for problem in world.check(envelope(documents=[], signatories=[]))]
    world.end()
    assert ["signatories.none", "documents.none"] == codes


def test_test_accounts_write_only_to_allowed_recipients(both: Any) -> None:
    """A recipient outside allow_recipients is refused without naming the address."""
    accounts = both.client.config.accounts
    accounts["a"] = attrs.evolve(accounts["a"], allow_recipients=("*@example.org",))
    outside = envelope(signatories=[Signatory(given_name="E", family_name="V", email="eve@evil.example")])
    (problem,) = both.check(outside)
    assert ("signatories[0].email", "recipient.not_allowed") == (problem.path, problem.code)
    assert "evil" not in str(problem)
    assert () == both.check(envelope())


def test_defaults_fill_what_the_envelope_leaves_open(both: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account's defaults reach provider and preflight; the envelope's own value wins."""
    seen: list[Any] = []

    def check(self: object, asked: Any, account: object) -> tuple[Problem, ...]:
        seen.append((asked.language, asked.country, asked.assurance.level))
        return ()

    monkeypatch.setattr(TinyProvider, "check", check)
    accounts = both.client.config.accounts
    defaults = {"language": "fr", "country": "FR", "level": Level.SES}
    accounts["a"] = attrs.evolve(accounts["a"], defaults=defaults)
    both.check(envelope())
    both.check(envelope(language="de", country="DE", assurance=Assurance(level=Level.QES)))
    assert [("fr", "FR", Level.SES), ("de", "DE", Level.QES)] == seen


def test_company_rules_refuse(both: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A problem from the company's own check blocks the send like any other."""
    rule = Problem(path="title", code="company.title", message="contracts are called contract")
    monkeypatch.setattr(TinyRegistry, "check_envelope", lambda self, asked, account: (rule,))
    with pytest.raises(Refused) as caught:
        both.send(envelope())
    assert (rule,) == caught.value.problems


def test_an_unknown_envelope_is_named(both: Any) -> None:
    """Asking for an envelope that the store does not know says so, with what to do."""
    for ask in (both.get, both.refresh, both.events, both.evidence, both.cancel, both.resume):
        with pytest.raises(UnknownEnvelope, match="'nope'"):
            ask("nope")


def test_what_does_not_exist_at_the_vendor_yet_is_not_ready(both: Any) -> None:
    """An envelope whose create was never answered can be looked at and resumed, not refreshed."""
    asked = envelope()

    def lost(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        raise httpx.ReadTimeout("lost", request=request)

    both.vendor.faults = [lost]
    from paraph.errors import TimedOut

    with pytest.raises(TimedOut):
        both.send(asked)
    assert (Lifecycle.DRAFT, ["send_unfinished"]) == (
        both.get(asked.id).lifecycle,
        [each.code for each in both.get(asked.id).attention],
    )
    with pytest.raises(NotReady, match="resume"):
        both.refresh(asked.id)
    assert Lifecycle.SENT is both.resume(asked.id).lifecycle


def test_documents_behind_an_opener_need_the_envelope_again(both: Any) -> None:
    """Content that no store can keep is asked for on resume, checked by digest, and then sent."""
    content = bytearray(PDF)
    asked = envelope(documents=[Document.from_opener(lambda: io.BytesIO(bytes(content)), name="big.pdf")])
    from paraph.ops import keeping as module

    kept = module.KEPT_AT_MOST
    module.KEPT_AT_MOST = 10
    try:

        def lost(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
            raise httpx.ConnectError("down", request=request)

        both.vendor.faults = [lost]
        from paraph.errors import ConnectFailed

        with pytest.raises(ConnectFailed):
            both.send(asked)
    finally:
        module.KEPT_AT_MOST = kept
    with pytest.raises(UsageError, match="give the same envelope again"):
        both.resume(asked.id)
    assert Lifecycle.SENT is both.resume(asked.id, envelope=asked).lifecycle


def test_an_envelope_is_the_same_wherever_its_files_lie(both: Any, tmp_path: Path) -> None:
    """A known id with the same bytes from another file is the first send; with other bytes it is refused."""
    for name, content in (("one", PDF), ("two", PDF), ("three", PDF + b"\n")):
        (tmp_path / name).write_bytes(content)

    def asked(name: str) -> Envelope:
        document = Document.from_path(tmp_path / name, name="contract.pdf", id="contract")
        return attrs.evolve(first, documents=[document])

    first = envelope()
    assert both.send(asked("one")).attempt == both.send(asked("two")).attempt
    assert 1 == len(both.vendor.published)
    with pytest.raises(UsageError, match="another content"):
        both.send(asked("three"))


def test_events_go_on_after_a_sequence(both: Any) -> None:
    """events(after=...) returns what came later, also across envelopes."""
    both.send(envelope())
    last = both.events()[-1].sequence
    assert () == both.events(after=last)
    both.send(envelope())
    later = both.events(after=last)
    assert [EventType.ENVELOPE_CREATED, EventType.ENVELOPE_SENT] == [event.type for event in later[:2]]
    assert all(event.sequence > last for event in later)


def test_call_without_actions_says_so(both: Any) -> None:
    """A provider without single actions refuses call with a sentence."""
    with pytest.raises(UsageError, match="no single actions"):
        both.call("a", "x.y")


def test_the_webhook_url_ends_in_account_and_secret(both: Any) -> None:
    """The URL to register is the public one, the account and the path secret."""
    assert "https://app.example/hooks/a/path-secret" == both.webhook_url("a")


def test_closing_twice_and_using_after_close() -> None:
    """Closing twice is harmless; using a closed client is an error, not a hang."""
    world = Both("sync", TinyVendor())
    world.close()
    world.close()
    from paraph.errors import ParaphError

    with pytest.raises((ParaphError, RuntimeError)):
        world.send(envelope())
    world.loop.close()


def test_capabilities_are_readable(both: Any) -> None:
    """Capabilities returns what the account offers."""
    assert isinstance(both.capabilities("a"), Capabilities)
    assert Capability.CANCEL in both.capabilities()
