# ruff: noqa: D102 - the protocol describes each method of a transaction
"""The store that lives and dies with the process: for tests, demos and trying things out.

Rows are frozen records in dictionaries, groups of rows are tuples, and every change goes through
one method that remembers the old value, so that a transaction which raises is undone backwards.
It refuses what the durable stores refuse: a step without its attempt, a copy of an identity, nesting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import NoReturn, TypeVar

import attrs

from paraph.errors import StoreError
from paraph.store.protocol import Transaction
from paraph.store.records import (
    AttemptRecord,
    DeliveryRecord,
    DeliveryStage,
    EnvelopeRecord,
    EventRecord,
    PollRecord,
    Sighting,
    StepRecord,
)
from paraph.store.turnstile import Turnstile

K = TypeVar("K")
V = TypeVar("V")

LOCK_TIMEOUT = 30.0
"""Seconds to wait for the transactions of other threads."""


@attrs.define
class _Tables:
    """Everything that is kept. Groups hold ids in order of insertion."""

    envelopes: dict[str, EnvelopeRecord] = attrs.Factory(dict)
    children: dict[str, tuple[str, ...]] = attrs.Factory(dict)
    attempts: dict[str, AttemptRecord] = attrs.Factory(dict)
    steps: dict[str, tuple[StepRecord, ...]] = attrs.Factory(dict)
    sighting_keys: dict[str, str] = attrs.Factory(dict)
    sightings: dict[str, tuple[Sighting, ...]] = attrs.Factory(dict)
    events: dict[int, EventRecord] = attrs.Factory(dict)
    sequences: dict[str, int] = attrs.Factory(dict)
    event_streams: dict[str, frozenset[str]] = attrs.Factory(dict)
    deliveries: dict[str, DeliveryRecord] = attrs.Factory(dict)
    identities: dict[tuple[str, str, str], str] = attrs.Factory(dict)
    stored: dict[str, bool] = attrs.Factory(dict)
    polls: dict[str, PollRecord] = attrs.Factory(dict)
    contents: dict[str, bytes] = attrs.Factory(dict)
    private: dict[tuple[str, str], str] = attrs.Factory(dict)


class MemoryStore:
    """A store without a file. Thread safe and transactional, not durable."""

    durable = False

    def __init__(self) -> None:
        self._turnstile = Turnstile()
        self._tables = _Tables()
        self._closed = False

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Open a transaction; see :class:`~paraph.store.protocol.Store`."""
        self._turnstile.enter(timeout=LOCK_TIMEOUT)
        try:
            if self._closed:
                msg = "the store is closed"
                raise StoreError(msg)
            transaction = MemoryTransaction(self._tables)
            try:
                yield transaction
                transaction.require_unfailed()
            except BaseException:
                transaction.undo()
                raise
            finally:
                transaction.ended = True
        finally:
            self._turnstile.leave()

    def close(self) -> None:
        """Forget everything, after the transaction that is open."""
        self._turnstile.enter(timeout=LOCK_TIMEOUT)
        try:
            self._closed = True
            self._tables = _Tables()
        finally:
            self._turnstile.leave()


class MemoryTransaction:
    """See :class:`~paraph.store.protocol.Transaction`.

    :ivar failed: something was refused, so nothing may be committed.
    :ivar ended: its ``with`` block is over.
    """

    def __init__(self, tables: _Tables) -> None:
        self._tables = tables
        self._undo: list[Callable[[], object]] = []
        self.failed = False
        self.ended = False

    def undo(self) -> None:
        """Take every change back, the latest first."""
        while self._undo:
            self._undo.pop()()

    def require_unfailed(self) -> None:
        """Refuse to commit if anything failed, whoever caught the error."""
        if self.failed:
            msg = "an earlier statement of this transaction failed, so nothing of it is committed"
            raise StoreError(msg)

    # Envelopes and attempts

    def add_envelope(self, record: EnvelopeRecord) -> bool:
        if record.id in self._open.envelopes:
            return False
        self._set(self._open.envelopes, record.id, record)
        if record.parent is not None:
            siblings = self._open.children.get(record.parent, ())
            self._set(self._open.children, record.parent, (*siblings, record.id))
        return True

    def move_envelope(self, envelope_id: str, *, account: str) -> None:
        record = self.envelope(envelope_id)
        if record is None:
            self._refuse("no envelope with that id is stored")
        else:
            self._set(self._open.envelopes, envelope_id, attrs.evolve(record, account=account))

    def envelope(self, envelope_id: str) -> EnvelopeRecord | None:
        return self._open.envelopes.get(envelope_id)

    def envelopes(
        self, *, account: str | None = None, reference: str | None = None, limit: int = 100
    ) -> tuple[EnvelopeRecord, ...]:
        found = [
            record
            for record in self._open.envelopes.values()
            if account in (None, record.account) and reference in (None, record.reference)
        ]
        found.sort(key=lambda record: (record.created_at, record.id), reverse=True)
        return tuple(found[:limit])

    def children(self, envelope_id: str) -> tuple[EnvelopeRecord, ...]:
        found = [self._open.envelopes[child] for child in self._open.children.get(envelope_id, ())]
        return tuple(sorted(found, key=lambda record: (record.created_at, record.id)))

    def put_attempt(self, record: AttemptRecord) -> None:
        if record.envelope_id not in self._open.envelopes:
            self._refuse("the attempt's envelope is not stored")
        self._set(self._open.attempts, record.id, record)

    def attempt(self, attempt_id: str) -> AttemptRecord | None:
        return self._open.attempts.get(attempt_id)

    def attempts(self, envelope_id: str) -> tuple[AttemptRecord, ...]:
        found = (record for record in self._open.attempts.values() if record.envelope_id == envelope_id)
        return tuple(sorted(found, key=lambda record: (record.number, record.id)))

    def attempt_by_vendor_ref(
        self, *, provider: str, vendor_tenant: str, vendor_ref: str
    ) -> AttemptRecord | None:
        wanted = (provider, vendor_tenant, vendor_ref)
        found = (
            record
            for record in self._open.attempts.values()
            if (record.provider, record.vendor_tenant, record.vendor_ref) == wanted
        )
        return max(found, key=lambda record: (record.started_at, record.id), default=None)

    # Steps

    def step(self, attempt_id: str, key: str) -> StepRecord | None:
        return next((step for step in self.steps(attempt_id) if step.key == key), None)

    def steps(self, attempt_id: str) -> tuple[StepRecord, ...]:
        return self._open.steps.get(attempt_id, ())

    def put_step(self, record: StepRecord) -> None:
        if record.attempt_id not in self._open.attempts:
            self._refuse("the step's attempt is not stored")
        steps = self.steps(record.attempt_id)
        if any(step.key == record.key for step in steps):
            steps = tuple(record if step.key == record.key else step for step in steps)
        else:
            steps = (*steps, record)
        self._set(self._open.steps, record.attempt_id, steps)

    def drop_step(self, attempt_id: str, key: str) -> None:
        kept = tuple(step for step in self.steps(attempt_id) if step.key != key)
        self._set(self._open.steps, attempt_id, kept)

    # Sightings and events

    def add_sightings(self, sightings: Iterable[Sighting]) -> int:
        return sum(self._add_sighting(sighting) for sighting in sightings)

    def _add_sighting(self, sighting: Sighting) -> bool:
        if sighting.key in self._open.sighting_keys:
            return False
        self._set(self._open.sighting_keys, sighting.key, sighting.stream)
        told = (*self.sightings(sighting.stream), sighting)
        self._set(self._open.sightings, sighting.stream, told)
        return True

    def sightings(self, stream: str) -> tuple[Sighting, ...]:
        return self._open.sightings.get(stream, ())

    def add_event(self, record: EventRecord) -> EventRecord | None:
        if record.event_id in self._open.sequences:
            return None
        self._need_envelope(record.envelope_id)
        stored = attrs.evolve(record, sequence=len(self._open.events) + 1)
        self._set(self._open.sequences, stored.event_id, stored.sequence)
        self._set(self._open.events, stored.sequence, stored)
        self._set(self._open.event_streams, stored.stream, self.event_ids(stored.stream) | {stored.event_id})
        return stored

    def event_ids(self, stream: str) -> frozenset[str]:
        return self._open.event_streams.get(stream, frozenset())

    def event(self, event_id: str) -> EventRecord | None:
        return self._open.events.get(self._open.sequences.get(event_id, 0))

    def adopt_events(self, stream: str, *, envelope_id: str) -> None:
        for record in tuple(self._open.events.values()):
            if record.stream == stream and record.envelope_id is None:
                self._need_envelope(envelope_id)
                self._set(self._open.events, record.sequence, attrs.evolve(record, envelope_id=envelope_id))

    def events(
        self,
        *,
        envelope_id: str | None = None,
        account: str | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> tuple[EventRecord, ...]:
        events = self._open.events
        later = (events[sequence] for sequence in range(max(after, 0) + 1, len(events) + 1))
        found = (
            record
            for record in later
            if envelope_id in (None, record.envelope_id) and account in (None, record.account)
        )
        return tuple(islice(found, limit))

    def last_sequence(self) -> int:
        return len(self._open.events)

    # Deliveries

    def add_delivery(self, record: DeliveryRecord) -> tuple[DeliveryRecord, bool]:
        known = self._open.identities.get(_identity(record))
        if known is not None:
            again = attrs.evolve(self._open.deliveries[known], seen=self._open.deliveries[known].seen + 1)
            self._store_delivery(again)
            return again, False
        if record.id in self._open.deliveries:
            self._refuse("another delivery has that id")
        self._store_delivery(record)
        return record, True

    def delivery(self, delivery_id: str) -> DeliveryRecord | None:
        return self._open.deliveries.get(delivery_id)

    def put_delivery(self, record: DeliveryRecord) -> None:
        before = self.delivery(record.id)
        if before is None:
            self._refuse("no delivery with that id is stored")
        elif self._open.identities.get(_identity(record), record.id) != record.id:
            self._refuse("another delivery has that account, path and body")
        else:
            self._drop(self._open.identities, _identity(before))
            # A copy may have arrived since the caller read the record: that count must not be undone.
            self._store_delivery(attrs.evolve(record, seen=max(before.seen, record.seen)))

    def _store_delivery(self, record: DeliveryRecord) -> None:
        self._set(self._open.deliveries, record.id, record)
        self._set(self._open.identities, _identity(record), record.id)
        if record.stage is DeliveryStage.STORED:
            self._set(self._open.stored, record.id, True)  # noqa: FBT003 - the value of a set's member
        else:
            self._drop(self._open.stored, record.id)

    def drop_deliveries(self, *, stage: DeliveryStage, before: datetime) -> int:
        gone = [
            record
            for record in self._open.deliveries.values()
            if record.stage is stage and record.received_at < before
        ]
        for record in gone:
            self._drop(self._open.deliveries, record.id)
            self._drop(self._open.identities, _identity(record))
        return len(gone)

    def deliveries_with_proof(self, account: str, proof: str) -> tuple[DeliveryRecord, ...]:
        found = (
            record
            for record in self._open.deliveries.values()
            if proof and (record.account, record.proof) == (account, proof)
        )
        return tuple(sorted(found, key=_age))

    def due_deliveries(self, now: datetime, *, limit: int = 100) -> tuple[DeliveryRecord, ...]:
        due = (record for record in self._waiting() if record.next_at is None or record.next_at <= now)
        return tuple(sorted(due, key=_age)[:limit])

    def count_unprocessed(self, account: str) -> tuple[int, int]:
        sizes = [len(record.body) for record in self._waiting() if record.account == account]
        return len(sizes), sum(sizes)

    def _waiting(self) -> Iterator[DeliveryRecord]:
        return (self._open.deliveries[delivery_id] for delivery_id in self._open.stored)

    # What is to be read

    def put_poll(self, record: PollRecord) -> None:
        if record.attempt_id not in self._open.attempts:
            self._refuse("the attempt to be read is not stored")
        self._set(self._open.polls, record.attempt_id, record)

    def poll(self, attempt_id: str) -> PollRecord | None:
        return self._open.polls.get(attempt_id)

    def drop_poll(self, attempt_id: str) -> None:
        self._drop(self._open.polls, attempt_id)

    def due_polls(self, account: str, now: datetime, *, limit: int = 100) -> tuple[PollRecord, ...]:
        due = [
            record
            for record in self._open.polls.values()
            if record.account == account and record.next_at <= now
        ]
        return tuple(sorted(due, key=lambda record: (record.next_at, record.attempt_id))[:limit])

    # Documents' bytes and secrets

    def put_content(self, key: str, content: bytes) -> None:
        self._set(self._open.contents, key, content)

    def content(self, key: str) -> bytes | None:
        return self._open.contents.get(key)

    def drop_content(self, key: str) -> None:
        self._drop(self._open.contents, key)

    def put_private(self, account: str, key: str, value: str) -> None:
        self._set(self._open.private, (account, key), value)

    def private(self, account: str, key: str) -> str | None:
        return self._open.private.get((account, key))

    # Helpers

    @property
    def _open(self) -> _Tables:
        """The tables, as long as the transaction lives."""
        if self.ended:
            self._refuse("this transaction has ended")
        return self._tables

    def _set(self, table: dict[K, V], key: K, value: V) -> None:
        if key in table:
            before = table[key]
            self._undo.append(lambda: table.__setitem__(key, before))
        else:
            self._undo.append(lambda: table.pop(key))
        table[key] = value

    def _drop(self, table: dict[K, V], key: K) -> None:
        if key in table:
            before = table.pop(key)
            self._undo.append(lambda: table.__setitem__(key, before))

    def _need_envelope(self, envelope_id: str | None) -> None:
        if envelope_id is not None and envelope_id not in self._open.envelopes:
            self._refuse("the event's envelope is not stored")

    def _refuse(self, reason: str) -> NoReturn:
        self.failed = True
        raise StoreError(reason)


def _identity(record: DeliveryRecord) -> tuple[str, str, str]:
    return record.account, record.path, record.body_sha256


def _age(record: DeliveryRecord) -> tuple[datetime, str]:
    return record.received_at, record.id
