"""What receiving costs the store: transactions per delivery, those that are shared, what is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.flow.runners import AsyncRunner
from paraph.flow.session import Sessions
from paraph.model import FactType
from paraph.ops.intake import Intake
from paraph.ops.outcome import Outcome, OutcomeKind
from paraph.ops.receive import process, receive
from paraph.store import Store, open_store
from paraph.store.records import DeliveryRecord
from paraph.store.statements import SqlTransaction
from support.tiny import SIGNATURE, sign, utc
from support.world import World


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Store]:
    """Open a durable store."""
    store = open_store(f"sqlite:///{tmp_path}/paraph.db")
    yield store
    store.close()


def counted(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets an entry for each transaction from now on."""
    begun: list[str] = []
    begin = world.kernel.store.begin

    def counting() -> Any:
        begun.append("transaction")
        return begin()

    monkeypatch.setattr(world.kernel.store, "begin", counting)
    return begun


def at_once(world: World, bodies: list[bytes]) -> list[Outcome]:
    """Receive deliveries at the same time, as the tasks of one event loop."""

    async def main() -> list[Outcome]:
        runner = AsyncRunner(Sessions(lambda _: pytest.fail("receiving makes no request")), clock=world.clock)
        flows = (receive(world.kernel, "a", headers={}, body=body) for body in bodies)
        return await asyncio.gather(*(runner.run(flow) for flow in flows))

    return asyncio.run(main())


def test_what_a_delivery_costs_in_transactions(sqlite: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One to receive it, and two to process it: note the check, record what it tells."""
    world = World(store=sqlite)
    world.sent()
    begun = counted(world, monkeypatch)
    stored = world.run(
        receive(world.kernel, "a", headers={}, body=world.vendor.delivery("e1", "OPENED", "p-ada"))
    )
    received = len(begun)
    processed = world.run(process(world.kernel, stored.delivery_id))
    assert [FactType.SIGNATORY_INVITED, FactType.SIGNATORY_OPENED] == [
        event.type for event in processed.events
    ]
    assert (1, 2) == (received, len(begun) - received)


def test_what_a_delivery_without_token_costs_in_transactions(
    sqlite: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One to receive it and one to process it, as there is no check to be noted; one more after a restart."""
    costs = []
    for word, restarted in (("OPENED", False), ("SIGNED", True)):
        world = World(store=sqlite)
        world.sent()
        begun = counted(world, monkeypatch)
        body = world.vendor.delivery("e1", word, "p-ada", token="")
        stored = world.run(receive(world.kernel, "a", headers={SIGNATURE: sign(body)}, body=body))
        received = len(begun)
        if restarted:
            world.kernel.intake = Intake()
        assert world.run(process(world.kernel, stored.delivery_id)).events
        costs.append((received, len(begun) - received))
    assert [(1, 1), (1, 2)] == costs


def test_what_another_process_has_finished_is_not_recorded_again(sqlite: Store) -> None:
    """A delivery that is remembered as it was stored is looked up before anything is done with it."""
    here, elsewhere = World(store=sqlite), World(store=sqlite)
    here.sent()
    body = here.vendor.delivery("e1", "OPENED", "p-ada", token="")
    stored = here.run(receive(here.kernel, "a", headers={SIGNATURE: sign(body)}, body=body)).delivery_id
    assert OutcomeKind.ACCEPTED is elsewhere.run(process(elsewhere.kernel, stored)).kind
    assert OutcomeKind.DUPLICATE is here.run(process(here.kernel, stored)).kind


def test_a_remembered_delivery_that_came_again_is_done_after_one_processing() -> None:
    """Two equal deliveries that arrive before the first is processed are processed once, and none waits."""
    world = World()
    world.sent()
    body = world.vendor.delivery("e1", "OPENED", "p-ada", token="")
    headers = {SIGNATURE: sign(body)}
    outcomes = [world.run(receive(world.kernel, "a", headers=headers, body=body)) for _ in range(2)]
    world.run(process(world.kernel, outcomes[-1].delivery_id))
    with world.kernel.store.begin() as tx:
        assert (0, 0) == tx.count_unprocessed("a")


@given(st.lists(st.tuples(st.sampled_from(["remember", "take"]), st.integers(0, 9), st.integers(0, 4000))))
def test_deliveries_are_remembered_within_a_bound(actions: list[tuple[str, int, int]]) -> None:
    """What is taken is what was remembered, once; of more than a bound of bytes the newest are remembered."""
    intake, model, room = Intake(), dict[str, DeliveryRecord](), 3 * 1024 + 4000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("paraph.ops.intake.REMEMBERED", room)
        for number, (action, which, size) in enumerate(actions):
            if action == "take":
                name = list(model)[which] if which < len(model) else "unknown"
                assert model.pop(name, None) is intake.take(name)
                continue
            record = DeliveryRecord(
                id=str(number),
                account="a",
                path="",
                headers=(),
                body=bytes(size),
                body_sha256="",
                received_at=utc(2026, 5, 1),
            )
            intake.remember(record)
            model[record.id] = record
            while sum(1024 + len(each.body) for each in model.values()) > room:
                del model[next(iter(model))]
    assert all(intake.take(name) is record for name, record in model.items())


def test_deliveries_that_arrive_together_share_commits(
    sqlite: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty deliveries at once, half of them copies, are all stored, in a few transactions."""
    world = World(store=sqlite)
    world.run(receive(world.kernel, "a", headers={}, body=b"first"))
    begun = counted(world, monkeypatch)
    outcomes = at_once(world, [b"%d" % (number // 2) for number in range(40)])
    assert {200} == {outcome.status for outcome in outcomes}
    assert 20 == len({outcome.delivery_id for outcome in outcomes})
    assert len(begun) <= 3
    with sqlite.begin() as tx:
        assert [2] * 20 == [tx.delivery(name).seen for name in {each.delivery_id for each in outcomes}]  # type: ignore[union-attr, arg-type]  # all are stored


def test_in_a_shared_commit_the_quota_refuses_only_what_is_too_much(
    sqlite: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for three, three of six that come at once are stored, and the others are told 503."""
    monkeypatch.setattr("paraph.ops.intake.MOST_WAITING", (3, 1000))
    world = World(store=sqlite)
    outcomes = at_once(world, [b"%d" % number for number in range(6)])
    assert [200] * 3 + [503] * 3 == sorted(outcome.status for outcome in outcomes)
    assert {"quota"} == {outcome.reason for outcome in outcomes if outcome.status == 503}
    with sqlite.begin() as tx:
        assert (3, 3) == tx.count_unprocessed("a")


def test_an_account_that_is_full_costs_no_other_its_company(
    sqlite: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten that come at once, most for nothing, share transactions, and nothing of the refused stays."""
    monkeypatch.setattr("paraph.ops.intake.MOST_WAITING", (3, 1000))
    world = World(store=sqlite)
    at_once(world, [b"what is known of the account is looked up"])
    begun = counted(world, monkeypatch)
    outcomes = at_once(world, [b"%d" % number for number in range(10)])
    assert [200] * 2 + [503] * 8 == sorted(outcome.status for outcome in outcomes)
    assert len(begun) < 4
    with sqlite.begin() as tx:
        assert 3 == len(tx.due_deliveries(world.clock()))
    monkeypatch.setattr("paraph.ops.intake.MOST_WAITING", (100, 1000))
    again = at_once(world, [b"%d" % number for number in range(10)])
    assert [200] * 10 == [outcome.status for outcome in again]
    assert 8 == len({each.delivery_id for each in again} - {each.delivery_id for each in outcomes})


def test_raising_it_would_undo_the_company(sqlite: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: if a full account's change raises, all that came with it run one by one."""
    monkeypatch.setattr("paraph.ops.intake.MOST_WAITING", (3, 1000))
    world = World(store=sqlite)
    at_once(world, [b"what is known of the account is looked up"])

    def raising(record: DeliveryRecord, tx: Any) -> None:
        raise LookupError

    monkeypatch.setattr("paraph.ops.receive._take_back", raising)
    begun = counted(world, monkeypatch)
    with pytest.raises(LookupError):
        at_once(world, [b"%d" % number for number in range(10)])
    assert len(begun) >= 4


def test_in_a_shared_commit_a_record_that_is_refused_costs_no_other_its_place(
    sqlite: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delivery that the store does not take is 503; those that came with it are stored and 200."""
    world = World(store=sqlite)
    add = SqlTransaction.add_delivery

    def choosy(self: SqlTransaction, record: DeliveryRecord) -> tuple[DeliveryRecord, bool]:
        if record.body == b"poison":
            self._refuse("it contradicts what is stored")
        return add(self, record)

    monkeypatch.setattr(SqlTransaction, "add_delivery", choosy)
    outcomes = at_once(world, [b"one", b"two", b"poison", b"three"])
    assert [200, 200, 503, 200] == [outcome.status for outcome in outcomes]
    with sqlite.begin() as tx:
        assert 3 == tx.count_unprocessed("a")[0]
