# ruff: noqa: D102 - the protocol describes each method of a transaction
"""The store that lives and dies with the process: for tests, demos and trying things out.

Records are frozen and stand in tables that keep their indexes (:mod:`paraph.store.tables`). Every change goes
through one method that remembers how to take it back, so that a transaction which raises is undone backwards.
It refuses what the durable stores refuse: a step without its attempt, a copy of an identity, nesting.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, NoReturn, TypeVar

import attrs

from paraph.errors import StoreError
from paraph.store.protocol import Transaction
from paraph.store.records import (
    PROCESSING,
    AttemptRecord,
    AttemptState,
    DeliveryRecord,
    DeliveryStage,
    EnvelopeRecord,
    EventRecord,
    PollRecord,
    Sighting,
    StepRecord,
)
from paraph.store.tables import EVERYTHING, Table, Tables, Undo, identity
from paraph.store.turnstile import Turnstile

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

LOCK_TIMEOUT = 30.0
"""Seconds to wait for the transactions of other threads."""


class MemoryStore:
    """A store without a file. Thread safe and transactional, not durable."""

    durable = False

    def __init__(self) -> None:
        self._turnstile = Turnstile()
        self._tables = Tables()
        self._closed = False

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Open a transaction; see :class:`~paraph.store.protocol.Store`."""
        with self._turnstile.turn(timeout=LOCK_TIMEOUT):
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

    def close(self) -> None:
        """Forget everything, after the transaction that is open."""
        with self._turnstile.turn(timeout=LOCK_TIMEOUT):
            self._closed = True
            self._tables = Tables()


class MemoryTransaction:
    """See :class:`~paraph.store.protocol.Transaction`.

    :ivar failed: something was refused, so nothing may be committed.
    :ivar ended: its ``with`` block is over.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._undo: list[Undo] = []
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
        self._place(self._open.envelopes, record.id, record)
        return True

    def move_envelope(self, envelope_id: str, *, account: str) -> None:
        record = self.envelope(envelope_id)
        if record is None:
            self._refuse("no envelope with that id is stored")
        self._place(self._open.envelopes, envelope_id, attrs.evolve(record, account=account))

    def envelope(self, envelope_id: str) -> EnvelopeRecord | None:
        return self._open.envelopes.get(envelope_id)

    def envelopes(
        self, *, account: str | None = None, reference: str | None = None, limit: int = 100
    ) -> tuple[EnvelopeRecord, ...]:
        t = self._open
        if reference is not None:
            known = t.envelopes_by_reference.of(reference)
        elif account is not None:
            known = t.envelopes_by_account.of(account)
        else:
            known = t.newest_envelopes.of(EVERYTHING)
        found = (t.envelopes[entry[-1]] for entry in reversed(known))
        return tuple(islice((each for each in found if account in (None, each.account)), limit))

    def children(self, envelope_id: str) -> tuple[EnvelopeRecord, ...]:
        return _found(self._open.envelopes, self._open.children.of(envelope_id))

    def put_attempt(self, record: AttemptRecord) -> None:
        if record.envelope_id not in self._open.envelopes:
            self._refuse("the attempt's envelope is not stored")
        self._place(self._open.attempts, record.id, record)

    def attempt(self, attempt_id: str) -> AttemptRecord | None:
        return self._open.attempts.get(attempt_id)

    def attempts(self, envelope_id: str) -> tuple[AttemptRecord, ...]:
        return _found(self._open.attempts, self._open.attempts_by_envelope.of(envelope_id))

    def unfinished_attempts(self, account: str) -> tuple[AttemptRecord, ...]:
        polled = (self._open.attempts[entry[-1]] for entry in self._open.polls_by_account.of(account))
        found = (each for each in polled if each.state is AttemptState.OPEN)
        return tuple(sorted(found, key=lambda each: (each.started_at, each.id)))

    def attempt_by_vendor_ref(
        self, *, provider: str, vendor_tenant: str, vendor_ref: str
    ) -> AttemptRecord | None:
        known = self._open.attempts_by_vendor_ref.of((provider, vendor_tenant, vendor_ref))
        return self._open.attempts[known[-1][-1]] if known else None

    # Steps

    def step(self, attempt_id: str, key: str) -> StepRecord | None:
        return next((step for step in self.steps(attempt_id) if step.key == key), None)

    def steps(self, attempt_id: str) -> tuple[StepRecord, ...]:
        return self._open.steps.get(attempt_id) or ()

    def put_step(self, record: StepRecord) -> None:
        if record.attempt_id not in self._open.attempts:
            self._refuse("the step's attempt is not stored")
        steps = self.steps(record.attempt_id)
        if any(step.key == record.key for step in steps):
            steps = tuple(record if step.key == record.key else step for step in steps)
        else:
            steps = (*steps, record)
        self._place(self._open.steps, record.attempt_id, steps)

    def drop_step(self, attempt_id: str, key: str) -> None:
        kept = tuple(step for step in self.steps(attempt_id) if step.key != key)
        self._place(self._open.steps, attempt_id, kept)

    # Sightings and events

    def add_sightings(self, sightings: Iterable[Sighting]) -> int:
        return sum(self._add_sighting(sighting) for sighting in sightings)

    def _add_sighting(self, sighting: Sighting) -> bool:
        if sighting.key in self._open.sightings:
            return False
        self._place(self._open.sightings, sighting.key, sighting)
        return True

    def sightings(self, stream: str) -> tuple[Sighting, ...]:
        return _found(self._open.sightings, self._open.sightings_by_stream.of(stream))

    def add_event(self, record: EventRecord) -> EventRecord | None:
        if self._open.events_by_id.of(record.event_id):
            return None
        self._need_envelope(record.envelope_id)
        stored = attrs.evolve(record, sequence=len(self._open.events) + 1)
        self._place(self._open.events, stored.sequence, stored)
        return stored

    def event_ids(self, stream: str) -> frozenset[str]:
        known = _found(self._open.events, self._open.events_by_stream.of(stream))
        return frozenset(each.event_id for each in known)

    def event(self, event_id: str) -> EventRecord | None:
        return next(iter(_found(self._open.events, self._open.events_by_id.of(event_id))), None)

    def adopt_events(self, stream: str, *, envelope_id: str) -> None:
        for record in _found(self._open.events, self._open.orphans_by_stream.of(stream)):
            self._need_envelope(envelope_id)
            self._place(self._open.events, record.sequence, attrs.evolve(record, envelope_id=envelope_id))

    def events(
        self,
        *,
        envelope_id: str | None = None,
        account: str | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> tuple[EventRecord, ...]:
        t = self._open
        later: Iterable[int]
        if envelope_id is None and account is None:
            later = range(max(after, 0) + 1, len(t.events) + 1)
        else:
            index = t.events_by_account if envelope_id is None else t.events_by_envelope
            known = index.of(account if envelope_id is None else envelope_id)
            start = bisect_right(known, (after,))
            later = (known[position][-1] for position in range(start, len(known)))
        found = (t.events[sequence] for sequence in later)
        return tuple(islice((each for each in found if account in (None, each.account)), limit))

    def last_sequence(self) -> int:
        return len(self._open.events)

    # Deliveries

    def add_delivery(self, record: DeliveryRecord) -> tuple[DeliveryRecord, bool]:
        known = _found(self._open.deliveries, self._open.deliveries_by_identity.of(identity(record)))
        if known:
            again = attrs.evolve(known[0], seen=known[0].seen + 1)
            self._place(self._open.deliveries, again.id, again)
            return again, False
        if record.id in self._open.deliveries:
            self._refuse("another delivery has that id")
        self._place_delivery(record.id, record)
        return record, True

    def delivery(self, delivery_id: str) -> DeliveryRecord | None:
        return self._open.deliveries.get(delivery_id)

    def put_delivery(self, record: DeliveryRecord) -> None:
        before = self.delivery(record.id)
        if before is None:
            self._refuse("no delivery with that id is stored")
        # A copy may have arrived since the caller read the record: that count must not be undone.
        changed = {name: getattr(record, name) for name in PROCESSING}
        self._place_delivery(record.id, attrs.evolve(before, seen=max(before.seen, record.seen), **changed))

    def _place_delivery(self, delivery_id: str, record: DeliveryRecord | None) -> None:
        before = self.delivery(delivery_id)
        self._place(self._open.deliveries, delivery_id, record)
        for each, sign in ((before, -1), (record, 1)):
            if each is not None and each.stage is DeliveryStage.STORED:
                number, size = self.count_unprocessed(each.account)
                counted = (number + sign, size + sign * len(each.body))
                self._place(self._open.unprocessed, each.account, counted)

    def drop_deliveries(self, *, stage: DeliveryStage, before: datetime) -> int:
        known = self._open.deliveries_by_stage.of(stage)
        gone = [entry[-1] for entry in islice(known, bisect_left(known, (before,)))]
        for delivery_id in gone:
            self._place_delivery(delivery_id, None)
        return len(gone)

    def deliveries_with_proof(self, account: str, proof: str) -> tuple[DeliveryRecord, ...]:
        return _found(self._open.deliveries, self._open.deliveries_by_proof.of((account, proof)))

    def due_deliveries(self, now: datetime, *, limit: int = 100) -> tuple[DeliveryRecord, ...]:
        known = self._open.deliveries_by_stage.of(DeliveryStage.STORED)
        waiting = (self._open.deliveries[entry[-1]] for entry in known)
        return tuple(islice((each for each in waiting if each.next_at is None or each.next_at <= now), limit))

    def count_unprocessed(self, account: str) -> tuple[int, int]:
        return self._open.unprocessed.get(account) or (0, 0)

    # What is to be read

    def put_poll(self, record: PollRecord) -> None:
        if record.attempt_id not in self._open.attempts:
            self._refuse("the attempt to be read is not stored")
        self._place(self._open.polls, record.attempt_id, record)

    def poll(self, attempt_id: str) -> PollRecord | None:
        return self._open.polls.get(attempt_id)

    def drop_poll(self, attempt_id: str) -> None:
        self._place(self._open.polls, attempt_id, None)

    def due_polls(self, account: str, now: datetime, *, limit: int = 100) -> tuple[PollRecord, ...]:
        known = self._open.polls_by_account.of(account)
        due = islice(known, bisect_right(known, now, key=lambda entry: entry[0]))
        return tuple(self._open.polls[entry[-1]] for entry in islice(due, limit))

    def polled_accounts(self) -> tuple[str, ...]:
        return tuple(sorted(self._open.polls_by_account.groups()))

    # Documents' bytes and secrets

    def put_content(self, key: str, content: bytes) -> None:
        self._place(self._open.contents, key, content)

    def content(self, key: str) -> bytes | None:
        return self._open.contents.get(key)

    def drop_content(self, key: str) -> None:
        self._place(self._open.contents, key, None)

    def put_private(self, account: str, key: str, value: str) -> None:
        self._place(self._open.private, (account, key), value)

    def private(self, account: str, key: str) -> str | None:
        return self._open.private.get((account, key))

    # Helpers

    @property
    def _open(self) -> Tables:
        """The tables, as long as the transaction lives."""
        if self.ended:
            self._refuse("this transaction has ended")
        return self._tables

    def _place(self, table: Table[K, V], key: K, record: V | None) -> None:
        """Change a table so that it can be taken back; see :meth:`Table.place`."""
        self._undo.append(table.place(key, record))

    def _need_envelope(self, envelope_id: str | None) -> None:
        if envelope_id is not None and envelope_id not in self._open.envelopes:
            self._refuse("the event's envelope is not stored")

    def _refuse(self, reason: str) -> NoReturn:
        self.failed = True
        raise StoreError(reason)


def _found(table: Table[K, V], entries: Iterable[tuple[Any, ...]]) -> tuple[V, ...]:
    """Return the records of an index's entries."""
    return tuple(table[entry[-1]] for entry in entries)
