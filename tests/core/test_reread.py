"""Hints that name no envelope: what they cause to be read, and what they cannot cause."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.flow.commands import Flow
from paraph.model import Lifecycle, Secret
from paraph.ops import understand
from paraph.ops.look import get
from paraph.ops.outcome import Outcome, OutcomeKind
from paraph.ops.receive import process_due, receive
from paraph.ops.reread import CLAIM_READS
from paraph.ops.send import send
from paraph.provider import Account, Capabilities, Capability, Delivery, Reading, Verdict
from paraph.store import Store, Transaction, open_store
from paraph.store.records import AttemptRecord, AttemptState, DeliveryRecord, DeliveryStage
from support.tiny import INFO, SIGNATURE, TinyProvider, TinySettings, envelope, sign
from support.world import World

HINT = b"something happened"
SIGNED = {SIGNATURE: sign(HINT)}


class Hinting(TinyProvider):
    """The tiny provider of a vendor that says "something happened", with or without a signature.

    ``token:X`` is a hint with the one-time token X.
    """

    def __init__(self) -> None:
        self.offered = INFO.capabilities
        self.tenant_now = "tenant-1"

    def tenant(self, account: Account[TinySettings]) -> str:
        return self.tenant_now

    def capabilities(self, account: Account[TinySettings]) -> Capabilities:
        return self.offered

    def observe(self, delivery: Delivery, account: Account[TinySettings]) -> Reading:
        word, _, token = delivery.body.decode().partition(":")
        return Reading(read_open=True, proof=Secret(token) if word == "token" else None)

    def verify(self, reading: Reading, delivery: Delivery, account: Account[TinySettings]) -> Flow[Verdict]:
        if reading.proof is not None:
            return (yield from super().verify(reading, delivery, account))
        return Verdict.PROVEN if SIGNATURE in delivery.headers else Verdict.UNPROVEN


class Hints(World):
    """A world with the hinting vendor, which may refuse the reads of some envelopes."""

    def __init__(self, store: Store | None = None) -> None:
        self.provider = Hinting()
        super().__init__(self.provider, store)
        self.broken: dict[str, int] = {}
        self.asked: list[tuple[str, datetime]] = []
        answer = self.vendor._answer

        def answering(request: httpx.Request) -> httpx.Response:
            name = request.url.path.rpartition("/")[2]
            if request.method == "GET":
                self.asked.append((name, self.now))
                if name in self.broken:
                    return httpx.Response(self.broken[name])
            return answer(request)

        self.vendor._answer = answering  # type: ignore[method-assign]  # the same vendor, sometimes broken

    def several(self, count: int, account: str | None = None) -> list[str]:
        """Send envelopes, which the vendor calls e1 and so on if they are the first ones."""
        ids = []
        for _ in range(count):
            self.now += timedelta(seconds=1)
            ids.append(self.sent(account))
        self.asked.clear()
        return ids

    def read_since(self) -> list[str]:
        """Return the names of the envelopes that were read since the last call."""
        names = [name for name, _ in self.asked]
        self.asked.clear()
        return names

    def hint(self) -> Outcome:
        """Let a hint come that nobody signed, a moment later."""
        self.now += timedelta(seconds=1)
        return self.post(HINT + str(self.now).encode())

    def stage(self, outcome: Outcome) -> DeliveryStage:
        with self.kernel.store.begin() as tx:
            stored = tx.delivery(outcome.delivery_id or "")
        assert stored is not None
        return stored.stage

    def by_name(self) -> dict[str, str]:
        """Return the vendor's names of our envelopes by their ids."""
        with self.kernel.store.begin() as tx:
            return {each.id: tx.attempts(each.id)[0].vendor_ref or "" for each in tx.envelopes()}

    def drafted(self) -> str:
        """Begin a send that the vendor breaks off before it tells its id."""
        asked = envelope()
        self.vendor.faults = [lambda request, effect: httpx.Response(400)]
        with pytest.raises(Exception, match="400"):
            self.run(send(self.kernel, asked))
        return asked.id


def test_a_proven_hint_reads_every_open_envelope_of_its_account_and_nothing_else() -> None:
    """Ended envelopes, drafts without a vendor's id, superseded and other accounts' ones are not read."""
    world = Hints()
    first, second, done, moved = world.several(4)
    names = world.by_name()
    foreign = world.sent("b")
    world.drafted()
    for person in ("p-ada", "p-bob"):
        world.vendor.sign(names[done], person)
    world.post(HINT, **SIGNED)
    assert Lifecycle.COMPLETED is world.lifecycle(done)
    with world.kernel.store.begin() as tx:
        (attempt,) = tx.attempts(moved)
        tx.put_attempt(attrs.evolve(attempt, state=AttemptState.SUPERSEDED))
        later: AttemptRecord = attrs.evolve(attempt, id="f" * 32, number=2, account="b")
        tx.put_attempt(later)
    world.read_since()
    world.vendor.sign(names[first], "p-ada")
    world.vendor.sign(names[second], "p-ada")
    outcome = world.post(HINT, **SIGNED)
    assert sorted([names[first], names[second]]) == sorted(world.read_since())
    assert {first, second} == {event.envelope_id for event in outcome.events}
    assert (Lifecycle.IN_PROGRESS, Lifecycle.IN_PROGRESS) == (world.lifecycle(first), world.lifecycle(second))
    assert Lifecycle.SENT is world.lifecycle(foreign)


def test_what_was_tried_longest_ago_is_read_first() -> None:
    """Unproven hints, a minute apart, go through the open envelopes in turn; a proven one goes on there."""
    world = Hints()
    world.several(3)
    read = []
    for _ in range(4):
        world.hint()
        read += world.read_since()
        world.now += CLAIM_READS
    assert (["e1", "e4", "e7"], read[0]) == (sorted(read[:3]), read[3])
    world.post(HINT, **SIGNED)
    assert [read[1], read[2], read[0]] == world.read_since()


@pytest.mark.parametrize("status", [403, 404, 503])
def test_one_that_cannot_be_read_does_not_keep_unproven_hints_from_the_others(status: int) -> None:
    """While the vendor does not show one envelope, hints a minute apart still go through the others."""
    world = Hints()
    world.several(3)
    world.broken = {"e4": status}
    for _ in range(3):
        world.hint()
        world.now += CLAIM_READS
    assert ["e1", "e4", "e7"] == sorted(world.read_since())


def test_no_more_than_a_bounded_number_is_read_and_the_next_hint_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Of more open envelopes than the bound, the rest is read by the next hint, and the log says so."""
    monkeypatch.setattr("paraph.ops.reread.MOST_OPEN", 2)
    world = Hints()
    world.several(3)
    world.post(HINT, **SIGNED)
    first = world.read_since()
    world.now += timedelta(seconds=1)
    world.post(HINT, **SIGNED)
    second = world.read_since()
    assert (2, 2, {"e1", "e4", "e7"}) == (len(first), len(second), {*first, *second})
    assert second[0] not in first
    assert "3 open envelopes, 2 are read" in caplog.text


def test_an_envelope_that_the_vendor_does_not_know_does_not_stop_the_others() -> None:
    """One that is gone at the vendor is logged and passed over; the delivery is done."""
    world = Hints()
    ids = world.several(3)
    world.broken = {"e4": 404}
    for name in ("e1", "e7"):
        world.vendor.sign(name, "p-ada")
    outcome = world.post(HINT, **SIGNED)
    assert (OutcomeKind.ACCEPTED, DeliveryStage.PROCESSED) == (outcome.kind, world.stage(outcome))
    expected = [Lifecycle.IN_PROGRESS, Lifecycle.SENT, Lifecycle.IN_PROGRESS]
    assert expected == [world.lifecycle(each) for each in ids]


def test_only_envelopes_that_the_vendor_forgot_do_not_keep_a_hint_for_ever() -> None:
    """If the vendor knows none of the open ones, there is nothing to wait for."""
    world = Hints()
    world.several(2)
    world.broken = dict.fromkeys(("e1", "e4"), 404)
    assert DeliveryStage.PROCESSED is world.stage(world.post(HINT, **SIGNED))


def test_what_another_tenant_carried_does_not_stop_the_others() -> None:
    """After the account was given to another tenant, a hint reads that tenant's envelopes only."""
    world = Hints()
    world.several(1)
    world.provider.tenant_now = "tenant-2"
    world.kernel._origins.clear()  # as in a client that was made after the change
    world.several(1)
    outcome = world.post(HINT, **SIGNED)
    assert (OutcomeKind.ACCEPTED, ["e4"]) == (outcome.kind, world.read_since())


@pytest.mark.parametrize("status", [503, 429, 401])
def test_a_vendor_that_shows_nothing_now_leaves_the_hint_stored(status: int) -> None:
    """Down, too busy, or refusing our credentials: the hint is tried again and then reads all of them."""
    world = Hints()
    ids = world.several(2)
    world.broken = dict.fromkeys(("e1", "e4"), status)
    outcome = world.post(HINT, **SIGNED)
    assert (OutcomeKind.UNAVAILABLE, 200) == (outcome.kind, outcome.status)
    assert DeliveryStage.STORED is world.stage(outcome)
    assert 1 == len({*world.read_since()})
    world.broken.clear()
    for name in ("e1", "e4"):
        world.vendor.sign(name, "p-ada")
    world.now += timedelta(seconds=1)
    (again,) = world.run(process_due(world.kernel))
    assert (OutcomeKind.ACCEPTED, DeliveryStage.PROCESSED) == (again.kind, world.stage(outcome))
    assert [Lifecycle.IN_PROGRESS] * 2 == [world.lifecycle(each) for each in ids]


@pytest.mark.parametrize(("refused", "stage"), [(1, DeliveryStage.PROCESSED), (2, DeliveryStage.STORED)])
def test_a_hint_is_done_only_if_something_was_shown(refused: int, stage: DeliveryStage) -> None:
    """One envelope that may not be read is passed over; if none may be read, nothing was learned yet."""
    world = Hints()
    world.several(2)
    world.broken = dict.fromkeys(("e1", "e4")[:refused], 403)
    outcome = world.post(HINT, **SIGNED)
    assert (stage, ["e1", "e4"]) == (world.stage(outcome), sorted(world.read_since()))


def test_an_unproven_hint_changes_nothing_and_reads_one() -> None:
    """It has no event of its own, marks nothing, and of two open envelopes reads one."""
    world = Hints()
    ids = world.several(2)
    before = [world.run(get(world.kernel, each)) for each in ids]
    outcome = world.hint()
    assert (OutcomeKind.ACCEPTED, ()) == (outcome.kind, outcome.events)
    assert 1 == len(world.read_since())
    assert before == [world.run(get(world.kernel, each)) for each in ids]


def test_an_unproven_hint_waits_its_minute_and_is_not_lost() -> None:
    """A second hint within the minute stays stored and causes its read when the minute is over."""
    world = Hints()
    world.several(2)
    world.hint()
    waiting = world.hint()
    assert (OutcomeKind.UNAVAILABLE, "claim") == (waiting.kind, waiting.reason)
    first = world.read_since()
    assert () == world.run(process_due(world.kernel))
    world.now += CLAIM_READS
    world.run(process_due(world.kernel))
    assert (DeliveryStage.PROCESSED, 1) == (world.stage(waiting), len(second := world.read_since()))
    assert first != second


def test_hints_from_before_a_read_need_none_of_their_own() -> None:
    """Of many unproven hints that wait, one read is enough for those that came before it."""
    world = Hints()
    world.several(2)
    outcomes = [world.hint() for _ in range(5)]
    world.now += CLAIM_READS
    world.run(process_due(world.kernel))
    assert 2 == len(world.read_since())
    assert {DeliveryStage.PROCESSED} == {world.stage(outcome) for outcome in outcomes}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hint", "hint", "due", "down", "up", "gone"]), st.integers(min_value=0, max_value=70)
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_strangers_cause_one_read_per_minute_whatever_happens(steps: list[tuple[str, int]]) -> None:
    """However unproven hints come, and whether the vendor answers or not: two reads are a minute apart."""
    world = Hints()
    world.several(3)
    for word, seconds in steps:
        world.now += timedelta(seconds=seconds)
        if word == "hint":
            world.hint()
        elif word == "due":
            world.run(process_due(world.kernel))
        else:
            status = {"down": 503, "gone": 404}.get(word)
            world.broken = dict.fromkeys(("e1", "e4", "e7"), status) if status else {}
    times = [at for _, at in world.asked]
    assert all(later - earlier >= CLAIM_READS for earlier, later in itertools.pairwise(times))


def test_without_a_bound_strangers_could_make_us_read_everything() -> None:
    """Negative control of the property: the same five hints with a signature cause five times all reads."""
    world = Hints()
    world.several(3)
    for number in range(5):
        body = HINT + str(number).encode()
        world.post(body, **{SIGNATURE: sign(body)})
    assert 15 == len(world.read_since())


def test_a_vendor_without_reads_is_not_asked() -> None:
    """Where the account offers no read, a hint is only stored as done, proven or not."""
    world = Hints()
    world.several(1)
    world.provider.offered = INFO.capabilities.without(Capability.READ_STATUS)
    stages = {world.stage(world.post(HINT, **SIGNED)), world.stage(world.hint())}
    assert ({DeliveryStage.PROCESSED}, []) == (stages, world.read_since())


def test_a_presumed_hint_reads_all() -> None:
    """If our own check used the token and its answer was lost, the hint is true: all open ones are read."""
    world = Hints()
    world.several(2)
    world.vendor.webhook_tokens["t1"] = False

    def lost(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        effect()
        raise httpx.ReadTimeout("lost", request=request)

    world.vendor.faults = [lost]
    assert OutcomeKind.UNAVAILABLE is world.post(b"token:t1").kind
    world.now += timedelta(seconds=1)
    world.run(process_due(world.kernel))
    assert ["e1", "e4"] == sorted(world.read_since())
    assert OutcomeKind.REJECTED is world.post(b"token:t1 ").kind


# The same words again while the first are being processed


def again_while_reading(world: Hints, step: float) -> tuple[Outcome, str]:
    """Process a hint; after its only read, everybody signs and the same hint comes again."""
    (known,) = world.several(1)

    def meanwhile(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        answer = effect()
        world.vendor.sign("e1", "p-ada")
        world.vendor.sign("e1", "p-bob")
        world.now += timedelta(seconds=step)
        received = world.run(receive(world.kernel, "a", headers=SIGNED, body=HINT))
        assert (OutcomeKind.ACCEPTED, 200) == (received.kind, received.status)
        return answer

    world.vendor.faults = [meanwhile]
    return world.post(HINT, **SIGNED), known


@pytest.mark.parametrize("step", [1.0, 0.0, -1.0], ids=["later", "same moment", "another clock"])
@pytest.mark.parametrize("url", ["memory:", "sqlite:///{}/paraph.db"], ids=["memory", "sqlite"])
def test_words_that_come_again_meanwhile_are_processed_again(tmp_path: Path, url: str, step: float) -> None:
    """What the vendor says again during a read still waits after it, whatever the clocks say."""
    store = open_store(url.format(tmp_path))
    world = Hints(store)
    outcome, known = again_while_reading(world, step)
    before = world.stage(outcome), world.lifecycle(known)
    world.run(process_due(world.kernel))
    after = world.stage(outcome), world.lifecycle(known)
    store.close()
    assert (DeliveryStage.STORED, Lifecycle.SENT) == before
    assert (DeliveryStage.PROCESSED, Lifecycle.COMPLETED) == after


def test_without_the_rule_they_would_be_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: if it is not looked whether the words came again meanwhile, the news is lost."""

    def careless(record: DeliveryRecord, tx: Transaction) -> None:
        tx.put_delivery(record)

    monkeypatch.setattr(understand, "_put", careless)
    world = Hints()
    outcome, known = again_while_reading(world, 1.0)
    world.now += timedelta(days=1)
    assert () == world.run(process_due(world.kernel))
    assert (DeliveryStage.PROCESSED, Lifecycle.SENT) == (world.stage(outcome), world.lifecycle(known))


def test_a_hint_that_comes_again_is_a_new_hint() -> None:
    """The same unproven words have the time of their last coming: a read before that is no answer."""
    world = Hints()
    world.several(2)
    world.post(HINT)
    world.now += CLAIM_READS
    again = world.post(HINT)
    assert (OutcomeKind.ACCEPTED, 2) == (again.kind, len({*world.read_since()}))


def test_a_copy_of_a_one_time_delivery_needs_no_second_processing() -> None:
    """What carries a one-time token and comes again while it is checked is done after that one check."""
    world = Hints()
    world.several(1)
    world.vendor.webhook_tokens["t1"] = False
    copies: list[Any] = []

    def meanwhile(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        world.now += timedelta(seconds=1)
        copies.append(world.run(receive(world.kernel, "a", headers={}, body=b"token:t1")))
        return effect()

    world.vendor.faults = [meanwhile]
    outcome = world.post(b"token:t1")
    assert (OutcomeKind.DUPLICATE, DeliveryStage.PROCESSED) == (copies[0].kind, world.stage(outcome))


def test_logs_name_no_more_than_ids(caplog: pytest.LogCaptureFixture) -> None:
    """What is logged about an envelope that cannot be read is its id and the kind of failure."""
    world = Hints()
    (known,) = world.several(1)
    world.broken = {"e1": 404}
    with caplog.at_level(logging.INFO, logger="paraph"):
        world.post(HINT, **SIGNED)
    assert [f"envelope {known} cannot be read: VendorNotFound"] == [
        each.message for each in caplog.records if each.name.startswith("paraph")
    ]
