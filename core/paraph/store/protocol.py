"""What a store has to do. Synchronous, written once; the async client calls it in a thread.

Every access happens inside a transaction that is serialised against all others,
commits when the ``with`` block ends, and rolls back when it raises. "Committed"
means durable. Uniqueness is the database's own constraint with
``ON CONFLICT``, never a look followed by an insert. What belongs to something
unknown (an attempt without its envelope, a step without its attempt) is refused
with :class:`~paraph.errors.StoreError`.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

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


class Transaction(Protocol):
    """Reads and writes of one transaction."""

    def add_envelope(self, record: EnvelopeRecord) -> bool:
        """Insert; ``False`` (and nothing changed) if the id exists."""
        ...

    def move_envelope(self, envelope_id: str, *, account: str) -> None:
        """Record that another account carries the envelope now."""
        ...

    def envelope(self, envelope_id: str) -> EnvelopeRecord | None:
        """Return one, or ``None``."""
        ...

    def envelopes(
        self, *, account: str | None = None, reference: str | None = None, limit: int = 100
    ) -> tuple[EnvelopeRecord, ...]:
        """Return the newest first (by ``created_at``, then id)."""
        ...

    def children(self, envelope_id: str) -> tuple[EnvelopeRecord, ...]:
        """Return the envelopes whose parent it is, oldest first (by ``created_at``, then id)."""
        ...

    def put_attempt(self, record: AttemptRecord) -> None:
        """Insert or replace by id."""
        ...

    def attempt(self, attempt_id: str) -> AttemptRecord | None:
        """Return one, or ``None``."""
        ...

    def attempts(self, envelope_id: str) -> tuple[AttemptRecord, ...]:
        """Return an envelope's attempts by number."""
        ...

    def unfinished_attempts(self, account: str) -> tuple[AttemptRecord, ...]:
        """Return an account's open attempts that have a poll: they were interrupted while they published.

        The longest begun first (by ``started_at``, then id).
        """
        ...

    def attempt_by_vendor_ref(
        self, *, provider: str, vendor_tenant: str, vendor_ref: str
    ) -> AttemptRecord | None:
        """Find the attempt that a vendor's id belongs to; the latest, should two share it."""
        ...

    def step(self, attempt_id: str, key: str) -> StepRecord | None:
        """Return one journalled step, or ``None`` if it was never begun."""
        ...

    def steps(self, attempt_id: str) -> tuple[StepRecord, ...]:
        """Return an attempt's steps in the order in which they were begun."""
        ...

    def put_step(self, record: StepRecord) -> None:
        """Insert, or replace by (attempt, key) keeping its place in the order."""
        ...

    def drop_step(self, attempt_id: str, key: str) -> None:
        """Forget a step whose effect certainly did not happen."""
        ...

    def add_sightings(self, sightings: Iterable[Sighting]) -> int:
        """Insert those whose key is new; return how many were."""
        ...

    def sightings(self, stream: str) -> tuple[Sighting, ...]:
        """Return all of a stream, in no promised order."""
        ...

    def add_event(self, record: EventRecord) -> EventRecord | None:
        """Insert with a higher sequence number than all before (with gaps); ``None`` if the id exists."""
        ...

    def event_ids(self, stream: str) -> frozenset[str]:
        """Return the ids of a stream's events."""
        ...

    def event(self, event_id: str) -> EventRecord | None:
        """Return one, or ``None``."""
        ...

    def adopt_events(self, stream: str, *, envelope_id: str) -> None:
        """Link the events of a stream that arrived before the vendor's id was known."""
        ...

    def events(
        self,
        *,
        envelope_id: str | None = None,
        account: str | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> tuple[EventRecord, ...]:
        """Return those with a sequence above ``after``, in order."""
        ...

    def last_sequence(self) -> int:
        """Return the highest sequence given so far, 0 in an empty store."""
        ...

    def add_delivery(self, record: DeliveryRecord) -> tuple[DeliveryRecord, bool]:
        """Insert, or raise ``seen`` of the one with the same account, path and body digest.

        :returns: the stored record, and whether it is new.
        """
        ...

    def delivery(self, delivery_id: str) -> DeliveryRecord | None:
        """Return one, or ``None``."""
        ...

    def put_delivery(self, record: DeliveryRecord) -> None:
        """Replace by id what processing changes: when it came last, stage, outcome, proof, tries, next try.

        What came (account, path, headers, body and its digest) stays as it came. ``seen`` is never lowered,
        so that a copy counted meanwhile stays counted.
        """
        ...

    def drop_deliveries(self, *, stage: DeliveryStage, before: datetime) -> int:
        """Forget deliveries of a stage that were received before; return how many."""
        ...

    def deliveries_with_proof(self, account: str, proof: str) -> tuple[DeliveryRecord, ...]:
        """Return those that carry the same one-time token."""
        ...

    def due_deliveries(self, now: datetime, *, limit: int = 100) -> tuple[DeliveryRecord, ...]:
        """Return stored ones whose ``next_at`` is empty or past, oldest first."""
        ...

    def count_unprocessed(self, account: str) -> tuple[int, int]:
        """Return number and total body bytes of the account's deliveries still ``stored``."""
        ...

    def put_poll(self, record: PollRecord) -> None:
        """Insert or replace by attempt, which has to be stored."""
        ...

    def poll(self, attempt_id: str) -> PollRecord | None:
        """Return one, or ``None``."""
        ...

    def drop_poll(self, attempt_id: str) -> None:
        """Forget that an attempt is to be read."""
        ...

    def due_polls(self, account: str, now: datetime, *, limit: int = 100) -> tuple[PollRecord, ...]:
        """Return those of an account that are due, longest first (by ``next_at``, then attempt)."""
        ...

    def polled_accounts(self) -> tuple[str, ...]:
        """Return the accounts that have polls, in no promised order."""
        ...

    def put_content(self, key: str, content: bytes) -> None:
        """Keep a document's bytes until its envelope is published (for resuming elsewhere)."""
        ...

    def content(self, key: str) -> bytes | None:
        """Return kept bytes, or ``None``."""
        ...

    def drop_content(self, key: str) -> None:
        """Forget kept bytes."""
        ...

    def put_private(self, account: str, key: str, value: str) -> None:
        """Keep a secret of the account that the vendor tells only once."""
        ...

    def private(self, account: str, key: str) -> str | None:
        """Return a kept secret, or ``None``."""
        ...


class Store(Protocol):
    """Where envelopes, attempts, journals, facts and deliveries live."""

    @property
    def durable(self) -> bool:
        """Whether what is committed survives this process."""
        ...

    def begin(self) -> AbstractContextManager[Transaction]:
        """Open a serialised transaction.

        :raises StoreError: the store is locked for too long, broken, or of another schema version.
        """
        ...

    def close(self) -> None:
        """Release files and connections; closing twice is harmless."""
        ...
