"""The demo with several vendors, and with one whose webhooks tell of refusals alone."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest

from paraph import Capability, EventType, Lifecycle, Registry, Snapshot
from paraph.errors import ConfigurationError
from paraph.model import Decision
from paraph.store import DeliveryRecord
from paraph.testing.fake import CAPABILITIES
from paraph.testing.simulator import (
    Attempt,
    Delivery,
    DeliveryStatus,
    Fault,
    FaultKind,
    SimulatedAccount,
    Simulator,
)
from paraph_sign8.simulator import create
from paraph_simulator import cast, expect
from paraph_simulator.demo import Part, Plan, Result, play
from paraph_simulator.found import make_simulators
from paraph_simulator.show import Show
from paraph_simulator.stage import Post
from paraph_simulator.stopping import Stop, StoppedError

AT = datetime(2026, 1, 1, tzinfo=UTC)
SIGNED, REFUSED = Part(account="a", vendor="V"), Part(account="a", vendor="V", refused=True)


@attrs.frozen(kw_only=True)
class Played:
    """What came of a demo, and what it showed."""

    results: tuple[Result, ...]
    text: str

    def of(self, name: str) -> Result:
        """Return the result of one part."""
        return next(each for each in self.results if each.part.name == name)


class Acting(Show):
    """Shows into memory, and calls a function with each line."""

    def __init__(self, act: Callable[[str], None]) -> None:
        self.stream = io.StringIO()
        super().__init__(self.stream)
        self._act = act

    def line(self, text: str = "", *, style: str = "") -> None:
        super().line(text, style=style)
        self._act(text)


def played(
    folder: Path,
    *names: str,
    account: Callable[[dict[str, Any]], None] = lambda _: None,
    act: Callable[[dict[str, Simulator], str], None] = lambda _simulators, _line: None,
    patience: float = 120.0,
) -> Played:
    """Play with fresh simulators.

    :param account: changes what they say about how an account of theirs is configured.
    :param act: called with each line that is shown.
    """
    registry = Registry()
    simulators = make_simulators(registry, names, {"webhook_timeout": "60"})
    for each in simulators.values():
        _reconfigure(each, account)
    show = Acting(lambda line: act(simulators, line))
    results = play(Plan(folder=folder, patience=patience), simulators, registry, show, Stop())
    return Played(results=results, text=show.stream.getvalue())


def _reconfigure(simulator: Simulator, change: Callable[[dict[str, Any]], None]) -> None:
    ready = simulator.account

    def account(base_url: str) -> SimulatedAccount:
        made = ready(base_url)
        table = dict(made.table)
        change(table)
        return attrs.evolve(made, table=table)

    simulator.account = account  # type: ignore[method-assign]  # the test is the one who configures


def test_every_vendor_carries_the_same_envelope(tmp_path: Path) -> None:
    """All accounts get the same documents and people; where refusals can be seen, one is refused."""
    found = played(tmp_path / "demo")
    assert ["ignisign", "sign8", "sign8-refused"] == [each.part.name for each in found.results]
    assert [()] * 3 == [each.failures for each in found.results]
    same = {attrs.evolve(each.envelope, id="same") for each in found.results}
    assert 1 == len(same)
    assert 3 == len({each.envelope.id for each in found.results})
    assert ["completed", "completed", "declined"] == [each.snapshot.lifecycle for each in found.results]


def test_they_are_shown_side_by_side(tmp_path: Path) -> None:
    """The last table has a column for each envelope: how it ended, who did what, and how we know."""
    found = played(tmp_path / "demo")
    rows = [line for line in found.text.splitlines() if line]
    table = {line[:15].strip(): line for line in rows}
    assert ["completed", "completed", "declined"] == table["ended as"].split()[2:]
    assert ["ignisign", "sign8", "sign8"] == table["account"].split()[1:]
    assert ["signed", "signed", "declined"] == table["Charles Babbage"].split()[2:]
    assert f'"{cast.REASON}"' in found.text
    assert "All held." == rows[-1]


def test_evidence_lies_beside_each_other(tmp_path: Path) -> None:
    """Each envelope's files are in a folder of its own; of the refused one there is nothing."""
    played(tmp_path / "demo")
    made = {path.parent.name for path in (tmp_path / "demo").glob("*/manifest.json")}
    assert {"ignisign", "sign8"} == made
    assert not (tmp_path / "demo" / "sign8-refused").exists()


def test_completion_without_webhook_is_read_and_said_so(tmp_path: Path) -> None:
    """A vendor that posts refusals alone is asked whether an envelope is completed, and this is told."""
    found = played(tmp_path / "demo", "sign8")
    completed, refused = found.of("sign8"), found.of("sign8-refused")
    assert (0, True) == (len(completed.posts), completed.reads > 0)
    assert "That it is completed was read" in found.text
    assert "this vendor sends no webhook for it" in found.text
    assert (1, 0) == (len(refused.posts), refused.reads)
    assert "A webhook brought the news, and reading confirmed that it is declined." in found.text


def test_a_refusal_says_who_and_why(tmp_path: Path) -> None:
    """The first signatory's signature stays known beside the second one's refusal and its reason."""
    refused = played(tmp_path / "demo", "sign8").of("sign8-refused")
    states = [(each.decision, each.reason) for each in refused.snapshot.signatories]
    assert [(Decision.SIGNED, None), (Decision.DECLINED, cast.REASON)] == states
    assert refused.snapshot.ending is not None
    assert refused.snapshot.ending.partially_signed


@pytest.mark.parametrize(
    ("change", "outcome", "words"),
    [
        (lambda _: None, "verified", "trusted for the secret that came along"),
        (lambda table: table.pop("webhook_token"), "claimed", "as claims: they carry no proof"),
    ],
)
def test_the_truth_about_trust_is_told(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], outcome: str, words: str
) -> None:
    """A webhook with the account's own secret is trusted; one without is a claim, and reading decides."""

    def only_sign8(table: dict[str, Any]) -> None:
        if table["provider"] == "sign8":
            change(table)

    found = played(tmp_path / "demo", "sign8", account=only_sign8)
    refused = found.of("sign8-refused")
    assert () == refused.failures
    assert [outcome] == [each.record.outcome for each in refused.posts if each.record is not None]
    assert refused.confirmed
    assert words in found.text


def test_a_webhook_of_a_refusal_that_is_lost_fails(tmp_path: Path) -> None:
    """If it does not arrive over HTTP, the demo says so, and that the refusal never became known."""

    def drop(simulators: dict[str, Simulator], line: str) -> None:
        if line == "Charles Babbage refuses":
            simulators["sign8"].faults.add(Fault(kind=FaultKind.WEBHOOK_DROP))

    found = played(tmp_path / "demo", "sign8", act=drop, patience=4)
    assert () == found.of("sign8").failures
    failures = found.of("sign8-refused").failures
    assert "webhook 1 of 1 did not arrive over HTTP: dropped" in failures
    assert "the event envelope.declined did not become known" in failures
    assert "All held." not in found.text
    assert "FAILED  sign8, refused: webhook 1 of 1 did not arrive over HTTP: dropped" in found.text


def test_a_vendor_that_posts_nothing_of_a_refusal_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It promises webhooks, so a refusal that reading alone could tell is a failure."""
    registry = Registry()
    simulators = make_simulators(registry, ["sign8"])
    monkeypatch.setattr(simulators["sign8"], "subscribe", lambda _: None)  # its console loses the URL
    _, refused = play(Plan(folder=tmp_path, patience=4), simulators, registry, Acting(lambda _: None), Stop())
    assert "the vendor sent no webhook" in refused.failures


@pytest.mark.parametrize("token", [True, False])
def test_a_webhook_that_says_nothing_is_enough(tmp_path: Path, token: bool) -> None:
    """An empty body that names no workflow, trusted or claimed, makes the open envelope be read."""
    simulators = {
        "sign8": create(webhook_body="empty", webhook_names_workflow=False, webhook_token=token),
    }
    show = Acting(lambda _: None)
    completed, refused = play(Plan(folder=tmp_path / "demo"), simulators, Registry(), show, Stop())
    assert ((), ()) == (completed.failures, refused.failures)
    assert (Lifecycle.DECLINED, True) == (refused.snapshot.lifecycle, refused.confirmed)


def test_a_doubled_webhook_of_a_refusal_is_no_failure(tmp_path: Path) -> None:
    """What comes twice is one delivery, although it carries no one-time proof."""

    def double(simulators: dict[str, Simulator], line: str) -> None:
        if line == "Charles Babbage refuses":
            simulators["sign8"].faults.add(Fault(kind=FaultKind.WEBHOOK_DOUBLE))

    assert () == played(tmp_path / "demo", "sign8", act=double).of("sign8-refused").failures


def test_an_account_without_reads_shows_what_it_can(tmp_path: Path) -> None:
    """Where no status can be read, nothing is sent to be completed; a trusted webhook tells of a refusal."""

    def blind(table: dict[str, Any]) -> None:
        if table["provider"] == "sign8":
            table["dialect"] = {"base": "simulator", "operations": {"status": {"path": ""}}}

    found = played(tmp_path / "demo", account=blind)
    assert ["ignisign", "sign8-refused"] == [each.part.name for each in found.results]
    assert [(), ()] == [each.failures for each in found.results]
    assert "sign8: completions cannot be seen there" in found.text
    assert "A webhook told that it is declined." in found.text
    assert not found.of("sign8-refused").confirmed


def test_nothing_to_show_is_an_error(tmp_path: Path) -> None:
    """If no account tells how its envelopes end, the demo says so instead of an empty success."""

    def deaf(table: dict[str, Any]) -> None:
        del table["webhook_token"]
        table["dialect"] = {"base": "simulator", "operations": {"status": {"path": ""}}}

    with pytest.raises(ConfigurationError, match="nothing to show"):
        played(tmp_path / "demo", "sign8", account=deaf)


def test_stopping_during_the_refusal_leaves_nothing(tmp_path: Path) -> None:
    """Told to stop in the last act, it ends in order."""
    stop = Stop()
    simulators = make_simulators(Registry(), ["sign8"])

    def wish(line: str) -> None:
        if line == "Charles Babbage refuses":
            stop.signal = 15

    with pytest.raises(StoppedError) as raised:
        play(Plan(folder=tmp_path / "demo"), simulators, Registry(), Acting(wish), stop)
    assert 143 == raised.value.exit_code
    assert [] == list((tmp_path / "demo").glob("demo.db-*"))


# The rules by themselves.


def post(outcome: str = "verified", *, proof: str = "", arrived: bool = True) -> Post:
    """Make a webhook with what became of it."""
    attempt = Attempt(at=AT, body=b"{}", status_code=200 if arrived else None, reason="OK")
    status = DeliveryStatus.SUCCESS if arrived else DeliveryStatus.FAILED
    delivery = Delivery(url="http://x.example/a", make_body=lambda: b"{}", status=status, attempts=[attempt])
    record = DeliveryRecord(
        id="d",
        account="a",
        path="",
        headers=(),
        body=b"{}",
        body_sha256="",
        received_at=AT,
        outcome=outcome,
        proof=proof,
    )
    return Post(delivery=delivery, record=record if arrived else None)


def test_a_one_time_proof_has_to_be_confirmed() -> None:
    """With one, a claim is a failure; without one, verified and claimed both hold, a rejection does not."""
    judged = {
        (outcome, proof): list(expect.webhooks([post(outcome, proof=proof)], announced=True))
        for outcome in ("verified", "claimed", "presumed", "forged")
        for proof in ("", "digest")
    }
    held = {case for case, failures in judged.items() if not failures}
    assert {("verified", ""), ("verified", "digest"), ("claimed", "")} == held


def test_who_has_to_post_at_all() -> None:
    """Managed endpoints bind a vendor for every envelope, webhooks alone only for refusals."""
    plain = attrs.evolve(CAPABILITIES, supported=frozenset({Capability.READ_STATUS}))
    hooked = attrs.evolve(plain, supported=plain.supported | {Capability.WEBHOOKS})
    managed = attrs.evolve(hooked, supported=hooked.supported | {Capability.MANAGE_WEBHOOKS})
    told = [[expect.announced(part, each) for part in (SIGNED, REFUSED)] for each in (plain, hooked, managed)]
    assert [[False, False], [False, True], [True, True]] == told
    assert ["the vendor sent no webhook"] == list(expect.webhooks([], announced=True))
    assert [] == list(expect.webhooks([], announced=False))


def snapshot(lifecycle: Lifecycle) -> Snapshot:
    """Make a snapshot in a state."""
    return Snapshot(id="e", account="a", provider="p", environment="test", lifecycle=lifecycle)


@pytest.mark.parametrize(
    ("outcomes", "confirmed", "failures"),
    [(("claimed",), False, 1), (("claimed",), True, 0), (("claimed", "verified"), False, 0), ((), False, 0)],
)
def test_no_ending_rests_on_claims(outcomes: tuple[str, ...], confirmed: bool, failures: int) -> None:
    """Claims alone are no reason to believe in an ending that the vendor's API did not confirm."""
    posts = [post(each) for each in outcomes]
    found = list(expect.certainty(posts, snapshot(Lifecycle.DECLINED), confirmed=confirmed))
    assert failures == len(found)
    assert [] == list(expect.certainty(posts, snapshot(Lifecycle.SENT), confirmed=False))


def test_an_ending_is_expected_as_the_part_says() -> None:
    """A refused envelope that was completed fails, and so does a completed one that was refused."""
    envelope = cast.envelope({"contract": b"%PDF-"}, [CAPABILITIES])
    for part, other in ((SIGNED, Lifecycle.DECLINED), (REFUSED, Lifecycle.COMPLETED)):
        failures = list(expect.news(part, (), snapshot(other), envelope, CAPABILITIES))
        assert f"the envelope is {other.value}, not {part.ending.value}" in failures
        refusals = [each for each in failures if EventType.SIGNATORY_DECLINED in each]
        assert part.refused == bool(refusals)


def test_the_envelope_is_what_all_accounts_can_carry() -> None:
    """The level is the best that every account offers, and links are fetched only if all give them."""
    plain = attrs.evolve(CAPABILITIES, supported=CAPABILITIES.supported - {Capability.SIGNING_LINK})
    linked = attrs.evolve(plain, supported=plain.supported | {Capability.SIGNING_LINK})
    made = [cast.envelope({}, offers) for offers in ([linked, linked], [linked, plain])]
    assert [{"link"}, {"email"}] == [{each.delivery.value for each in one.signatories} for one in made]
