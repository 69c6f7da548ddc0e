"""Receiving: stored before answered, proven before believed, never lost, never an exception."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.errors import StoreError
from paraph.model import FactType, Lifecycle
from paraph.ops.look import get
from paraph.ops.outcome import Outcome, OutcomeKind
from paraph.ops.receive import MAX_BODY, ingest, process, process_due, receive
from paraph.provider import Delivery, Reading
from paraph.store.memory import MemoryStore
from paraph.store.records import DeliveryStage
from support.tiny import SIGNATURE, sign
from support.world import World


def test_a_proven_delivery_becomes_events() -> None:
    """A delivery whose token the vendor accepts is recorded, and its facts are new events once."""
    world = World()
    known = world.sent()
    body = world.vendor.delivery("e1", "OPENED", "p-ada")
    outcome = world.post(body)
    assert (OutcomeKind.ACCEPTED, 200) == (outcome.kind, outcome.status)
    assert [FactType.SIGNATORY_INVITED, FactType.SIGNATORY_OPENED] == [event.type for event in outcome.events]
    assert {("ada", known)} == {(event.signatory_id, event.envelope_id) for event in outcome.events}
    again = world.post(body)
    assert (OutcomeKind.DUPLICATE, 200, ()) == (again.kind, again.status, again.events)


def test_a_forged_delivery_moves_nothing() -> None:
    """An invented token is rejected: no event, no change, the request answered 200 and kept."""
    world = World()
    known = world.sent()
    outcome = world.post(world.vendor.delivery("e1", "DECLINED", token="invented"))
    assert (OutcomeKind.REJECTED, 200, "forged", ()) == (
        outcome.kind,
        outcome.status,
        outcome.reason,
        outcome.events,
    )
    assert Lifecycle.SENT is world.lifecycle(known)


def test_the_same_token_with_another_body_is_a_replay() -> None:
    """A token that another delivery carried is rejected without asking the vendor."""
    world = World()
    known = world.sent()
    world.post(world.vendor.delivery("e1", "OPENED", "p-ada", token=_fresh(world, "w-1")))
    asked = len(world.vendor.requests)
    outcome = world.post(world.vendor.delivery("e1", "DECLINED", token="w-1"))
    assert (OutcomeKind.REJECTED, "replayed") == (outcome.kind, outcome.reason)
    assert asked == len(world.vendor.requests)
    assert Lifecycle.IN_PROGRESS is world.lifecycle(known)


def _fresh(world: World, token: str) -> str:
    world.vendor.webhook_tokens[token] = False
    return token


def test_a_verifier_that_is_down_forges_nothing_and_loses_nothing() -> None:
    """While the token check fails, deliveries stay stored and are tried again; later all are believed."""
    world = World()
    known = world.sent()
    world.vendor.verifier_down = True
    outcome = world.post(world.vendor.delivery("e1", "DECLINED"))
    assert (OutcomeKind.UNAVAILABLE, 200) == (outcome.kind, outcome.status)
    for _ in range(5):
        world.now += timedelta(minutes=1)
        assert {OutcomeKind.UNAVAILABLE} >= {each.kind for each in world.run(process_due(world.kernel))}
    assert Lifecycle.SENT is world.lifecycle(known)
    world.vendor.verifier_down = False
    world.now += timedelta(hours=1)
    (processed,) = world.run(process_due(world.kernel))
    assert OutcomeKind.ACCEPTED is processed.kind
    assert Lifecycle.DECLINED is world.lifecycle(known)


def test_a_crash_after_consuming_the_token_is_no_replay() -> None:
    """The intent is committed before the check, so a lost answer is read back instead of rejected."""
    world = World()
    known = world.sent()
    world.vendor.sign("e1", "p-ada")
    world.vendor.sign("e1", "p-bob")

    def lost(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        effect()
        raise httpx.ReadTimeout("lost", request=request)

    world.vendor.faults = [lost]
    outcome = world.post(world.vendor.delivery("e1", "SIGNED", "p-bob"))
    assert OutcomeKind.UNAVAILABLE is outcome.kind
    world.now += timedelta(seconds=1)
    (again,) = world.run(process_due(world.kernel))
    assert OutcomeKind.ACCEPTED is again.kind
    assert Lifecycle.COMPLETED is world.lifecycle(known)


def test_an_ambiguous_end_is_read() -> None:
    """A bare "closed" ends nothing; the read that it causes tells that it was cancelled after a signature."""
    world = World()
    known = world.sent()
    world.vendor.sign("e1", "p-ada")
    world.vendor.envelopes["e1"]["state"] = "CLOSED"
    outcome = world.post(world.vendor.delivery("e1", "CLOSED"))
    assert FactType.ENVELOPE_CANCELLED in {event.type for event in outcome.events}
    seen = world.run(get(world.kernel, known))
    assert (Lifecycle.CANCELLED, True) == (seen.lifecycle, seen.partially_signed)


def test_claims_cause_at_most_one_read_per_minute() -> None:
    """After the last try a delivery is only a claim: it is marked, and many of them cause one read."""
    world = World()
    known = world.sent()
    world.vendor.verifier_down = True
    for number in range(5):
        world.post(world.vendor.delivery("e1", "DECLINED", f"{number}"))
    for _ in range(16):
        world.now += timedelta(hours=9)
        world.run(process_due(world.kernel))
    reads = [path for path in world.vendor.requests if path == ("GET", "/envelopes/e1")]
    assert 1 == len(reads)
    assert Lifecycle.SENT is world.lifecycle(known)
    assert ["claimed"] == [each.code for each in world.run(get(world.kernel, known)).attention]


def test_nothing_is_answered_200_that_is_not_stored() -> None:
    """A store that fails gives 503; with a working store the same delivery gives 200 (negative control)."""
    world = World()
    body = world.vendor.delivery("e1", "SENT")
    begin = world.kernel.store.begin

    def broken() -> Any:
        raise StoreError("disk full")

    world.kernel.store.begin = broken  # type: ignore[method-assign]  # the disk is full
    outcome = world.post(body)
    assert (OutcomeKind.UNAVAILABLE, 503) == (outcome.kind, outcome.status)
    world.kernel.store.begin = begin  # type: ignore[method-assign]  # and works again
    assert 200 == world.post(body).status


def test_limits() -> None:
    """An unknown account is 404, a body above the cap 413, and neither is stored."""
    world = World()
    unknown = world.run(receive(world.kernel, "nobody", headers={}, body=b"{}"))
    large = world.run(receive(world.kernel, "a", headers={}, body=b" " * (MAX_BODY + 1)))
    assert [(404, None), (413, None)] == [(each.status, each.delivery_id) for each in (unknown, large)]


def test_a_flood_of_junk_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """More unprocessed deliveries than the quota are refused with 503, not stored."""
    monkeypatch.setattr("paraph.ops.intake.MOST_WAITING", (3, 1000))
    world = World()
    answers = [
        world.run(receive(world.kernel, "a", headers={}, body=str(number).encode())).status
        for number in range(5)
    ]
    assert [200, 200, 200, 503, 503] == answers


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
bodies = (
    st.binary(max_size=300)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries(
        {"envelope": json_values, "word": json_values, "signer": json_values, "token": json_values}
    ).map(lambda value: json.dumps(value).encode())
    | st.just(b"[" * 100_000)
    | st.just(b"9" * 10_000)
)


@settings(max_examples=150, deadline=None)
@given(
    bodies,
    st.dictionaries(st.text(st.characters(), max_size=20), st.text(st.characters(), max_size=20)),
    st.text(st.characters(), max_size=30),
)
def test_any_bytes_and_headers_give_an_outcome(body: bytes, headers: dict[str, str], path: str) -> None:
    """Whatever a stranger sends has an outcome with a status of its own, and is either stored or refused."""
    world = World()
    outcome = world.run(ingest(world.kernel, "a", headers=headers, body=body, path=path))
    assert isinstance(outcome, Outcome)
    assert outcome.status in {200, 413}
    with world.kernel.store.begin() as tx:
        stored = tx.delivery(outcome.delivery_id or "")
    assert (200 == outcome.status) == (stored is not None)


def test_a_plugin_that_fails_loses_no_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in a provider's parser leaves the delivery stored, to be processed when the bug is mended."""
    world = World()
    known = world.sent()
    provider = world.kernel.registry.provider("tiny", where="")

    def buggy(self: object, delivery: Delivery, account: object) -> Reading:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(type(provider), "observe", buggy)
        outcome = world.post(world.vendor.delivery("e1", "DECLINED"))
    assert (OutcomeKind.UNAVAILABLE, "bug:ZeroDivisionError") == (outcome.kind, outcome.reason)
    world.now += timedelta(seconds=1)
    world.run(process_due(world.kernel))
    assert Lifecycle.DECLINED is world.lifecycle(known)


def test_processing_again_is_harmless() -> None:
    """A delivery that was processed is not processed a second time."""
    world = World()
    world.sent()
    outcome = world.post(world.vendor.delivery("e1", "OPENED", "p-ada"))
    again = world.run(process(world.kernel, outcome.delivery_id or ""))
    assert (OutcomeKind.DUPLICATE, ()) == (again.kind, again.events)
    with world.kernel.store.begin() as tx:
        stored = tx.delivery(outcome.delivery_id or "")
    assert stored is not None
    assert DeliveryStage.PROCESSED is stored.stage


def test_a_forged_copy_does_not_block_the_genuine_delivery() -> None:
    """The same body with a wrong signature first is rejected; with the right one it is believed."""
    world = World()
    known = world.sent()
    body = world.vendor.delivery("e1", "DECLINED", token="")
    assert (OutcomeKind.REJECTED, "forged") == (
        (forged := world.post(body, **{SIGNATURE: "wrong"})).kind,
        forged.reason,
    )
    assert Lifecycle.SENT is world.lifecycle(known)
    assert OutcomeKind.ACCEPTED is world.post(body, **{SIGNATURE.title(): sign(body)}).kind
    assert Lifecycle.DECLINED is world.lifecycle(known)


def test_the_same_words_of_a_later_state_are_read_again() -> None:
    """Identical deliveries without a one-time token are each processed: the vendor's state may have moved."""
    world = World()
    known = world.sent()
    body = world.vendor.delivery("e1", "CLOSED", token="")
    headers = {SIGNATURE: sign(body)}
    world.post(body, **headers)
    world.vendor.sign("e1", "p-ada")
    world.vendor.sign("e1", "p-bob")
    assert OutcomeKind.ACCEPTED is world.post(body, **headers).kind
    assert Lifecycle.COMPLETED is world.lifecycle(known)


def test_two_workers_on_one_delivery_lose_nothing() -> None:
    """When another worker uses the token between our intent and our check, the delivery is not "replayed"."""
    world = World()
    known = world.sent()
    stored = world.run(
        receive(world.kernel, "a", headers={}, body=world.vendor.delivery("e1", "DECLINED"))
    ).delivery_id
    outcomes: list[Outcome] = []

    def other_first(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        outcomes.append(world.run(process(world.kernel, stored)))
        return effect()

    world.vendor.faults = [other_first]
    outcomes.append(world.run(process(world.kernel, stored)))
    assert {OutcomeKind.ACCEPTED} == {outcome.kind for outcome in outcomes}
    assert Lifecycle.DECLINED is world.lifecycle(known)
    with world.kernel.store.begin() as tx:
        delivery = tx.delivery(stored)
    assert delivery is not None
    assert (DeliveryStage.PROCESSED, 2) == (delivery.stage, delivery.proof_checks)


def test_a_worker_that_dies_after_its_check_leaves_no_replay_behind() -> None:
    """If the worker that used the token dies before it records anything, another one reads the truth."""
    world = World()
    known = world.sent()
    world.vendor.sign("e1", "p-ada")
    world.vendor.sign("e1", "p-bob")
    body = world.vendor.delivery("e1", "CLOSED")
    stored = world.run(receive(world.kernel, "a", headers={}, body=body)).delivery_id
    died = process(world.kernel, stored)
    runner, value = world.runner, None
    while True:
        command = died.send(value)
        value = runner.execute(command)
        if any(path == "/check" for _, path in world.vendor.requests):
            break
    died.close()
    assert OutcomeKind.ACCEPTED is world.run(process(world.kernel, stored)).kind
    assert Lifecycle.COMPLETED is world.lifecycle(known)


def test_a_full_quota_still_acknowledges_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of a stored delivery is answered 200 even when no new one would be taken."""
    monkeypatch.setattr("paraph.ops.intake.MOST_WAITING", (1, 1000))
    world = World()
    answers = [
        world.run(receive(world.kernel, "a", headers={}, body=body)).status for body in (b"1", b"2", b"1")
    ]
    assert [200, 503, 200] == answers


def test_rejected_deliveries_are_forgotten_after_a_week() -> None:
    """What was rejected can be looked at for a week and is then gone; the rest stays."""
    world = World()
    world.sent()
    kept = world.post(world.vendor.delivery("e1", "OPENED", "p-ada")).delivery_id
    gone = world.post(b"rubbish").delivery_id
    world.now += timedelta(days=8)
    world.run(process_due(world.kernel))
    with world.kernel.store.begin() as tx:
        assert [True, False] == [tx.delivery(each or "") is not None for each in (kept, gone)]


def test_room_is_counted_again_when_it_seems_to_be_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was processed meanwhile makes room, and each account has its own."""
    monkeypatch.setattr("paraph.ops.intake.MOST_WAITING", (2, 1000))
    world = World()
    world.sent()
    first = world.run(
        receive(world.kernel, "a", headers={}, body=world.vendor.delivery("e1", "OPENED", "p-ada"))
    )
    answers = [world.run(receive(world.kernel, "a", headers={}, body=body)) for body in (b"1", b"2")]
    assert [200, 503] == [answer.status for answer in answers]
    assert 200 == world.run(receive(world.kernel, "b", headers={}, body=b"2")).status
    world.run(process(world.kernel, first.delivery_id))
    assert 200 == world.run(receive(world.kernel, "a", headers={}, body=b"2")).status


class Durable(MemoryStore):
    """A store in memory whose commits are commands, as those of a database are."""

    durable = True


def died_after(world: World, flow: Any, commands: int) -> bool:
    """Run so many commands of a flow, after which its process dies; whether it came that far."""
    try:
        command = next(flow)
        for number in range(commands):
            value = world.runner.execute(command)
            if number + 1 < commands:
                command = flow.send(value)
    except StopIteration:
        return False
    flow.close()
    return True


@pytest.mark.parametrize("word", ["CLOSED", "OPENED"])
def test_a_crash_anywhere_in_processing_changes_nothing(word: str) -> None:
    """Wherever the first worker dies, the second one ends with the same events and a processed delivery."""
    ends: list[tuple[object, ...]] = []
    for commands in itertools.count():
        world = World(store=Durable())
        known = world.sent()
        world.vendor.sign("e1", "p-ada")
        world.vendor.sign("e1", "p-bob")
        body = world.vendor.delivery("e1", word, "p-ada")
        name = world.run(receive(world.kernel, "a", headers={}, body=body)).delivery_id
        died = died_after(world, process(world.kernel, name), commands)
        world.run(process(world.kernel, name))
        with world.kernel.store.begin() as tx:
            stored = tx.delivery(name)
            told = {event.event_id for event in tx.events(envelope_id=known)}
        assert stored is not None
        ends.append((stored.stage, world.lifecycle(known), *sorted(told)))
        if not died:
            break
    assert len(ends) > 4
    assert {DeliveryStage.PROCESSED} == {end[0] for end in ends}
    # A delivery that has to be presumed genuine is read, which tells more than its own words do.
    undisturbed = set(ends[-1][2:])
    assert all(undisturbed <= set(end[2:]) for end in ends)
    assert word != "CLOSED" or {Lifecycle.COMPLETED} == {end[1] for end in ends}
