"""Tables in memory: records by key, groups of them in order, and changes that can be taken back.

A table keeps its indexes with every change, also with one that is taken back. So whoever takes changes back
in reverse order has everything as it was, and nothing ever looks through a whole table.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, Generic, TypeVar

from paraph.store.records import (
    AttemptRecord,
    DeliveryRecord,
    EnvelopeRecord,
    EventRecord,
    PollRecord,
    Sighting,
    StepRecord,
)

K = TypeVar("K", bound=Hashable)
R = TypeVar("R")

Undo = Callable[[], object]
"""Takes one change back."""

Entry = tuple[Any, ...]
"""What an index holds of a record: what it is sorted by, and last its key."""


def _unsorted(_: Any) -> Entry:
    return ()


class Index(Generic[R]):
    """Groups of a table's records, each sorted.

    :param group: gives the group that a record belongs to; ``None``: it belongs to none.
    :param order: gives what a group is sorted by before the keys decide.
    """

    def __init__(
        self, group: Callable[[R], Hashable | None], order: Callable[[R], Entry] = _unsorted
    ) -> None:
        self._group = group
        self._order = order
        self._groups: dict[Hashable, list[Entry]] = {}

    def of(self, group: Hashable) -> Sequence[Entry]:
        """Return a group's entries, sorted; not to be changed, and true until the next change."""
        return self._groups.get(group, ())

    def groups(self) -> tuple[Any, ...]:
        """Return the groups that hold something."""
        return tuple(self._groups)

    def add(self, key: Hashable, record: R) -> None:
        """Note a record."""
        group = self._group(record)
        if group is not None:
            insort(self._groups.setdefault(group, []), (*self._order(record), key))

    def remove(self, key: Hashable, record: R) -> None:
        """Forget a record that was noted."""
        group = self._group(record)
        if group is not None:
            entries = self._groups[group]
            del entries[bisect_left(entries, (*self._order(record), key))]
            if not entries:
                del self._groups[group]


class Table(Generic[K, R]):
    """Records by key."""

    def __init__(self, *indexes: Index[R]) -> None:
        self._indexes = indexes
        self._records: dict[K, R] = {}

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, key: K) -> bool:
        return key in self._records

    def __getitem__(self, key: K) -> R:
        return self._records[key]

    def get(self, key: K) -> R | None:
        """Return one, or ``None``."""
        return self._records.get(key)

    def place(self, key: K, record: R | None) -> Undo:
        """Insert a record, or replace the one that is there; ``None`` removes it."""
        before = self._records.pop(key, None)
        if before is not None:
            for index in self._indexes:
                index.remove(key, before)
        if record is not None:
            self._records[key] = record
            for index in self._indexes:
                index.add(key, record)
        return partial(self.place, key, before)


EVERYTHING: Final = ""
"""The one group of an index that only sorts."""


class Tables:
    """Everything that is kept. An index is called after what it finds and what it looks for."""

    def __init__(self) -> None:
        self.newest_envelopes = Index[EnvelopeRecord](lambda _: EVERYTHING, _made)
        self.envelopes_by_account = Index[EnvelopeRecord](lambda each: each.account, _made)
        self.envelopes_by_reference = Index[EnvelopeRecord](lambda each: each.reference, _made)
        self.children = Index[EnvelopeRecord](lambda each: each.parent, _made)
        self.envelopes = Table[str, EnvelopeRecord](
            self.newest_envelopes, self.envelopes_by_account, self.envelopes_by_reference, self.children
        )
        self.attempts_by_envelope = Index[AttemptRecord](
            lambda each: each.envelope_id, lambda each: (each.number,)
        )
        self.attempts_by_vendor_ref = Index[AttemptRecord](
            lambda each: (
                None if each.vendor_ref is None else (each.provider, each.vendor_tenant, each.vendor_ref)
            ),
            lambda each: (each.started_at,),
        )
        self.attempts = Table[str, AttemptRecord](self.attempts_by_envelope, self.attempts_by_vendor_ref)
        self.steps = Table[str, tuple[StepRecord, ...]]()
        self.sightings_by_stream = Index[Sighting](lambda each: each.stream)
        self.sightings = Table[str, Sighting](self.sightings_by_stream)
        self.events_by_id = Index[EventRecord](lambda each: each.event_id)
        self.events_by_stream = Index[EventRecord](lambda each: each.stream)
        self.events_by_envelope = Index[EventRecord](lambda each: each.envelope_id)
        self.events_by_account = Index[EventRecord](lambda each: each.account)
        self.orphans_by_stream = Index[EventRecord](
            lambda each: each.stream if each.envelope_id is None else None
        )
        self.events = Table[int, EventRecord](
            self.events_by_id,
            self.events_by_stream,
            self.events_by_envelope,
            self.events_by_account,
            self.orphans_by_stream,
        )
        self.deliveries_by_identity = Index[DeliveryRecord](identity)
        self.deliveries_by_stage = Index[DeliveryRecord](lambda each: each.stage, _arrived)
        self.deliveries_by_proof = Index[DeliveryRecord](
            lambda each: (each.account, each.proof) if each.proof else None, _arrived
        )
        self.deliveries = Table[str, DeliveryRecord](
            self.deliveries_by_identity, self.deliveries_by_stage, self.deliveries_by_proof
        )
        self.unprocessed = Table[str, tuple[int, int]]()
        self.polls_by_account = Index[PollRecord](lambda each: each.account, lambda each: (each.next_at,))
        self.polls = Table[str, PollRecord](self.polls_by_account)
        self.contents = Table[str, bytes]()
        self.private = Table[tuple[str, str], str]()


def _made(record: EnvelopeRecord) -> tuple[datetime]:
    return (record.created_at,)


def _arrived(record: DeliveryRecord) -> tuple[datetime]:
    return (record.received_at,)


def identity(record: DeliveryRecord) -> tuple[str, str, str]:
    """Return what makes a delivery the same as one that came before."""
    return record.account, record.path, record.body_sha256
