"""Each SQL store does exactly what the memory store does, for any sequence of operations."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from paraph.errors import StoreError
from paraph.model import FactType, Trust
from paraph.store import (
    AttemptState,
    DeliveryStage,
    EventRecord,
    PollRecord,
    StepState,
    Store,
    Transaction,
)
from paraph.store.memory import MemoryStore
from paraph.store.schema import metadata
from paraph.store.sql import SqlStore
from store_fixtures import (
    OpenUrl,
    a_delivery,
    a_sighting,
    a_step,
    an_attempt,
    an_envelope,
    an_event,
    later,
)

pytest_plugins = ("store_fixtures",)

texts = st.text(st.characters(exclude_categories=()), max_size=8)  # lone surrogates too
times = st.integers(-2, 2).map(lambda microseconds: later(microseconds / 1_000_000))
few = st.sampled_from
accounts = few(["hr", "de"])
envelopes = few(["e1", "e2", "e3"])
attempts = few(["a1", "a2"])
keys = few(["create", "upload", "publish"])
streams = few(["s1", "s2"])
events = few(["v1", "v2", "v3", "v4"])
deliveries = few(["d1", "d2", "d3"])
bodies = few([b"", b"\0\xff", b"body"])
pairs = st.lists(st.tuples(texts, texts), max_size=2).map(tuple)


class Refused:
    """What a refused operation answers."""


class TwoStores(RuleBasedStateMachine):
    """Holds one open transaction in each store; every rule does the same in both and compares."""

    durable: Store

    def __init__(self) -> None:
        super().__init__()
        self.stores: list[Store] = [MemoryStore(), self.durable]
        self.numbers: dict[str, list[int]] = {}
        self.failed = False
        self.blocks: list[AbstractContextManager[Transaction]] = []
        self.open: list[Transaction] = []
        self._begin()
        self._both(lambda tx, _: tx.add_envelope(an_envelope("e1")))  # so that fewer rules run idle
        self._both(lambda tx, _: tx.put_attempt(an_attempt("a1")))
        self.commit()

    def _begin(self) -> None:
        self.failed = False
        self.kept = dict(self.numbers)
        self.blocks = [store.begin() for store in self.stores]
        self.open = [block.__enter__() for block in self.blocks]

    def _both(self, work: Callable[[Transaction, int], Any]) -> list[Any]:
        """Do the same in both stores; answers must agree, numbers of events aside."""
        answers: list[Any] = []
        for index, tx in enumerate(self.open):
            try:
                answers.append(work(tx, index))
            except StoreError:
                answers.append(Refused)
                self.failed = True
        memory, durable = map(_unnumbered, answers)
        assert memory == durable
        return answers

    working = precondition(lambda self: not self.failed)

    @rule()
    def commit(self):
        """Commit in both, or learn in both that nothing is committed."""
        for block in self.blocks:
            if self.failed:
                with pytest.raises(StoreError, match="nothing of it is committed"):
                    block.__exit__(None, None, None)
            else:
                block.__exit__(None, None, None)
        if self.failed:
            self.numbers = self.kept
        self._begin()

    @rule()
    def crash(self):
        """Raise in both."""
        error = RuntimeError()
        for block in self.blocks:
            assert not block.__exit__(RuntimeError, error, None)
        self.numbers = self.kept
        self._begin()

    @working
    @rule(
        envelope=envelopes,
        account=accounts,
        reference=texts,
        tenant=texts,
        body=texts,
        created_at=times,
        parent=st.none() | envelopes,
    )
    def add_envelope(self, envelope: str, reference: str, **fields: Any):
        record = an_envelope(envelope, reference=reference, **fields)
        self._both(lambda tx, _: tx.add_envelope(record))
        self._both(lambda tx, _: tx.envelopes(reference=reference))
        self._both(lambda tx, _: tx.envelopes(reference=reference, account="hr"))

    @working
    @rule(envelope=envelopes, account=accounts)
    def move_envelope(self, envelope: str, account: str):
        self._both(lambda tx, _: tx.move_envelope(envelope, account=account))

    @working
    @rule(
        attempt=attempts,
        envelope=envelopes,
        number=st.integers(1, 12),
        state=few(AttemptState),
        ref=st.none() | few(["x", "y"]),
        signatories=pairs,
        at=times,
    )
    def put_attempt(self, attempt: str, envelope: str, ref: str | None, at: Any, **fields: Any):
        record = an_attempt(attempt, envelope_id=envelope, vendor_ref=ref, started_at=at, **fields)
        self._both(lambda tx, _: tx.put_attempt(record))

    @working
    @rule(attempt=attempts, key=keys, state=few(StepState), result=texts)
    def put_step(self, attempt: str, key: str, state: StepState, result: str):
        record = a_step(key, attempt_id=attempt, state=state, result=result)
        self._both(lambda tx, _: tx.put_step(record))

    @working
    @rule(attempt=attempts, key=keys)
    def drop_step(self, attempt: str, key: str):
        self._both(lambda tx, _: tx.drop_step(attempt, key))

    @working
    @rule(attempt=attempts, account=accounts, next_at=times, reads=st.integers(0, 3))
    def put_poll(self, attempt: str, **fields: Any):
        record = PollRecord(attempt_id=attempt, **fields)
        self._both(lambda tx, _: tx.put_poll(record))

    @working
    @rule(attempt=attempts)
    def drop_poll(self, attempt: str):
        self._both(lambda tx, _: tx.drop_poll(attempt))

    @working
    @rule(
        names=st.lists(few("abcd"), max_size=3),
        stream=streams,
        type=few(FactType),
        trust=few(Trust),
        native=texts,
        reason=st.none() | texts,
        at=st.none() | times,
        inferred=st.booleans(),
    )
    def add_sightings(self, names: list[str], **fields: Any):
        told = [a_sighting(name, **fields) for name in names]
        self._both(lambda tx, _: tx.add_sightings(told))

    @working
    @rule(event=events, stream=streams, account=accounts, envelope=st.none() | envelopes)
    def add_event(self, event: str, stream: str, account: str, envelope: str | None):
        record = an_event(event, stream=stream, account=account, envelope_id=envelope)
        answers = self._both(lambda tx, _: tx.add_event(record))
        if all(isinstance(answer, EventRecord) for answer in answers):
            self.numbers[event] = [answer.sequence for answer in answers]

    @working
    @rule(stream=streams, envelope=envelopes)
    def adopt_events(self, stream: str, envelope: str):
        self._both(lambda tx, _: tx.adopt_events(stream, envelope_id=envelope))

    @working
    @rule(
        delivery=deliveries,
        body=bodies,
        account=accounts,
        path=few(["", "p"]),
        headers=pairs,
        stage=few(DeliveryStage),
        at=times,
        next_at=st.none() | times,
        proof=few(["", "p"]),
        put=st.booleans(),
    )
    def deliver(self, delivery: str, body: bytes, at: Any, *, put: bool, **fields: Any):
        record = a_delivery(delivery, body, received_at=at, **fields)
        if put:
            self._both(lambda tx, _: tx.put_delivery(record))
        else:
            self._both(lambda tx, _: tx.add_delivery(record))

    @working
    @rule(stage=few(DeliveryStage), before=times)
    def drop_deliveries(self, stage: DeliveryStage, before: Any):
        self._both(lambda tx, _: tx.drop_deliveries(stage=stage, before=before))

    @working
    @rule(account=accounts, key=keys, value=texts, drop=st.booleans())
    def keep(self, account: str, key: str, value: str, *, drop: bool):
        self._both(lambda tx, _: tx.put_private(account, key, value))
        self._both(lambda tx, _: tx.put_content(key, value.encode(errors="replace")))
        if drop:
            self._both(lambda tx, _: tx.drop_content(key))

    @working
    @rule(
        account=st.none() | accounts,
        envelope=st.none() | envelopes,
        event=events,
        limit=st.integers(0, 3),
        now=times,
    )
    def read(self, account: str | None, envelope: str | None, event: str, limit: int, now: Any):
        after = self.numbers.get(event, [0, 0])
        asked: list[Callable[[Transaction, int], Any]] = [
            lambda tx, _: tx.envelopes(account=account, limit=limit),
            lambda tx, i: tx.events(account=account, envelope_id=envelope, after=after[i], limit=limit),
            lambda tx, _: tx.event(event),
            lambda tx, _: tx.due_deliveries(now, limit=limit),
            *(lambda tx, _, name=name: tx.envelope(name) for name in ("e1", "e2", "e3")),
            *(lambda tx, _, name=name: tx.children(name) for name in ("e1", "e2", "e3")),
            *(lambda tx, _, name=name: tx.attempts(name) for name in ("e1", "e2", "e3")),
            *(lambda tx, _, name=name: tx.attempt(name) for name in ("a1", "a2")),
            *(lambda tx, _, name=name: tx.steps(name) for name in ("a1", "a2")),
            *(lambda tx, _, name=name: tx.step("a1", name) for name in ("create", "publish")),
            *(lambda tx, _, name=name: tx.delivery(name) for name in ("d1", "d2", "d3")),
            *(lambda tx, _, name=name: set(tx.sightings(name)) for name in ("s1", "s2")),
            *(lambda tx, _, name=name: tx.deliveries_with_proof(name, "p") for name in ("hr", "de")),
            *(lambda tx, _, name=name: tx.count_unprocessed(name) for name in ("hr", "de")),
            *(lambda tx, _, name=name: tx.poll(name) for name in ("a1", "a2")),
            *(lambda tx, _, name=name: tx.due_polls(name, now, limit=limit) for name in ("hr", "de")),
            *(lambda tx, _, name=name: tx.unfinished_attempts(name) for name in ("hr", "de")),
            lambda tx, _: sorted(tx.polled_accounts()),
            *(lambda tx, _, name=name: tx.private("hr", name) for name in ("create", "publish")),
            *(lambda tx, _, name=name: tx.content(name) for name in ("create", "publish")),
            *(lambda tx, _, name=name: tx.event_ids(name) for name in ("s1", "s2")),
            *(lambda tx, _, ref=ref: _by_ref(tx, ref) for ref in ("x", "y")),
        ]
        for ask in asked:
            self._both(ask)

    def teardown(self):
        """Leave both transactions and empty the durable store for the next example."""
        for block in self.blocks:
            block.__exit__(RuntimeError, RuntimeError(), None)
        _empty(self.stores[1])


def _by_ref(tx: Transaction, ref: str) -> Any:
    return tx.attempt_by_vendor_ref(provider="fake", vendor_tenant="tenant", vendor_ref=ref)


def _unnumbered(answer: Any) -> Any:
    if isinstance(answer, tuple):
        return tuple(map(_unnumbered, answer))
    return attrs.evolve(answer, sequence=0) if isinstance(answer, EventRecord) else answer


def _empty(store: Store) -> None:
    assert isinstance(store, SqlStore)
    with store._connected() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
        connection.commit()


def test_sql_stores_do_what_memory_does(durable_url: str, opened: OpenUrl):
    """Any sequence of operations, commits and crashes gives the same answers in both kinds of store."""
    store = opened(durable_url)

    class Machine(TwoStores):
        durable = store

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
