"""No statement of the durable store looks through a whole table, so none costs more when more is stored."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from paraph.store import DeliveryStage, PollRecord, Store, Transaction
from paraph.store.sql import SqlStore
from paraph.store.statements import SqlTransaction
from store_fixtures import (
    NOON,
    OpenUrl,
    a_delivery,
    a_sighting,
    a_step,
    an_attempt,
    an_envelope,
    an_event,
)

pytest_plugins = ("store_fixtures",)

Work = Callable[[Transaction], Any]

CALLS: dict[str, tuple[Work, ...]] = {
    "add_envelope": (lambda tx: tx.add_envelope(an_envelope()),),
    "move_envelope": (lambda tx: tx.move_envelope("e1", account="de"),),
    "envelope": (lambda tx: tx.envelope("e1"),),
    "envelopes": (
        lambda tx: tx.envelopes(account="hr"),
        lambda tx: tx.envelopes(reference="r"),
        lambda tx: tx.envelopes(account="hr", reference="r"),
    ),
    "children": (lambda tx: tx.children("e1"),),
    "put_attempt": (lambda tx: tx.put_attempt(an_attempt(vendor_ref="x")),),
    "attempt": (lambda tx: tx.attempt("a1"),),
    "attempts": (lambda tx: tx.attempts("e1"),),
    "attempt_by_vendor_ref": (
        lambda tx: tx.attempt_by_vendor_ref(provider="fake", vendor_tenant="tenant", vendor_ref="x"),
    ),
    "put_step": (lambda tx: tx.put_step(a_step()),),
    "step": (lambda tx: tx.step("a1", "create"),),
    "steps": (lambda tx: tx.steps("a1"),),
    "drop_step": (lambda tx: tx.drop_step("a1", "create"),),
    "add_sightings": (lambda tx: tx.add_sightings([a_sighting()]),),
    "sightings": (lambda tx: tx.sightings("s1"),),
    "add_event": (lambda tx: tx.add_event(an_event()),),
    "event_ids": (lambda tx: tx.event_ids("s1"),),
    "event": (lambda tx: tx.event("v1"),),
    "adopt_events": (lambda tx: tx.adopt_events("s1", envelope_id="e1"),),
    "events": (
        lambda tx: tx.events(after=5),
        lambda tx: tx.events(envelope_id="e1", after=5),
        lambda tx: tx.events(account="hr", after=5),
        lambda tx: tx.events(account="hr", envelope_id="e1", after=5),
    ),
    "last_sequence": (lambda tx: tx.last_sequence(),),
    # The second time it is a copy.
    "add_delivery": (lambda tx: tx.add_delivery(a_delivery()), lambda tx: tx.add_delivery(a_delivery())),
    "delivery": (lambda tx: tx.delivery("d1"),),
    "put_delivery": (lambda tx: tx.put_delivery(a_delivery()),),
    "drop_deliveries": (lambda tx: tx.drop_deliveries(stage=DeliveryStage.REJECTED, before=NOON),),
    "deliveries_with_proof": (lambda tx: tx.deliveries_with_proof("hr", "p"),),
    "due_deliveries": (lambda tx: tx.due_deliveries(NOON),),
    "count_unprocessed": (lambda tx: tx.count_unprocessed("hr"),),
    "put_poll": (lambda tx: tx.put_poll(PollRecord(attempt_id="a1", account="hr", next_at=NOON)),),
    "poll": (lambda tx: tx.poll("a1"),),
    "due_polls": (lambda tx: tx.due_polls("hr", NOON),),
    "polled_accounts": (lambda tx: tx.polled_accounts(),),
    "unfinished_attempts": (lambda tx: tx.unfinished_attempts("hr"),),
    "drop_poll": (lambda tx: tx.drop_poll("a1"),),
    "put_content": (lambda tx: tx.put_content("k", b"c"),),
    "content": (lambda tx: tx.content("k"),),
    "drop_content": (lambda tx: tx.drop_content("k"),),
    "put_private": (lambda tx: tx.put_private("hr", "k", "v"),),
    "private": (lambda tx: tx.private("hr", "k"),),
}
"""Every method of a transaction, each in all the ways in which it makes different statements."""


def plans(store: Store, *calls: Work) -> list[str]:
    """Do things in one transaction and return how SQLite says that it goes about each statement."""
    with _statements(store) as seen, store.begin() as tx:
        for call in calls:
            call(tx)
        assert isinstance(tx, SqlTransaction)
        driver: Any = tx._connection.connection.driver_connection
        made = [each for each in seen if not each[0].startswith("BEGIN")]
        rows = [row for text, values in made for row in driver.execute(f"EXPLAIN QUERY PLAN {text}", values)]
    return [row[3] for row in rows]


@contextmanager
def _statements(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """Note every statement and its values while the block lasts."""
    assert isinstance(store, SqlStore)
    seen: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, text: str, values: Any, *_: object) -> None:
        seen.append((text, values))

    event.listen(store._engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(store._engine, "before_cursor_execute", note)


def looks_through(plan: list[str]) -> list[str]:
    """Return the parts of a plan that go through a whole table, or a whole index of one."""
    return [each for each in plan if each.startswith("SCAN")]


@pytest.fixture
def store(tmp_path: Any, opened: OpenUrl) -> Store:
    """Return a store in SQLite that holds one of everything."""
    made = opened(f"sqlite:///{tmp_path}/paraph.db")
    with made.begin() as tx:
        tx.add_envelope(an_envelope())
        tx.put_attempt(an_attempt())
        tx.add_delivery(a_delivery())
    return made


def test_every_method_is_tried() -> None:
    """The table of calls names each method of the protocol, so that a new one cannot be left out."""
    methods = {name for name, _ in inspect.getmembers(Transaction, inspect.isfunction) if name[0] != "_"}
    assert methods == set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_no_statement_looks_through_a_table(store: Store, name: str) -> None:
    """SQLite answers each statement by an index or a key."""
    assert [] == looks_through(plans(store, *CALLS[name]))


@pytest.mark.parametrize(
    ("index", "name"),
    [
        ("paraph_attempt_vendor_ref_idx", "attempt_by_vendor_ref"),
        ("paraph_sighting_stream_idx", "sightings"),
        ("paraph_event_stream_idx", "event_ids"),
        ("paraph_poll_account_next_at_idx", "due_polls"),
        ("paraph_envelope_parent_idx", "children"),
    ],
)
def test_a_missing_index_is_seen(store: Store, index: str, name: str) -> None:
    """Negative control: without its index the same statement does look through the table."""
    with store.begin() as tx:
        assert isinstance(tx, SqlTransaction)
        tx._connection.exec_driver_sql(f"DROP INDEX {index}")
    assert looks_through(plans(store, *CALLS[name]))


def test_what_few_rows_have_goes_before_the_account(store: Store) -> None:
    """Where an account and something rarer are asked for together, the rarer is looked for."""
    (events,) = plans(store, CALLS["events"][3])
    envelopes, _sorting = plans(store, CALLS["envelopes"][2])
    assert "paraph_event_envelope_id_sequence_idx" in events
    assert "paraph_envelope_reference_idx" in envelopes


def test_the_newest_are_read_in_their_order(store: Store) -> None:
    """All envelopes are listed along an index in their order: nothing is sorted, and the limit ends it."""
    listed = "SCAN paraph_envelope USING INDEX paraph_envelope_created_at_id_idx"
    assert [listed] == plans(store, lambda tx: tx.envelopes())
