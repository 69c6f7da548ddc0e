"""What receiving keeps in mind, so that a delivery costs little.

That is what an account's provider said of it, the room left, and deliveries that were just stored. All of it
is known from elsewhere, too, from the provider or the store. Here it is only remembered, one of these per
client.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from paraph.store import DeliveryRecord, Transaction

MOST_WAITING: Final = (10_000, 100 << 20)
"""Deliveries and bytes per account that may wait unprocessed before new ones are refused."""

COUNTED: Final = (256, 4 << 20)
"""Deliveries and bytes that are taken in before those that wait are counted again. Counting looks at all of
them; and a second process on one store may take in as many beyond the most."""

REMEMBERED: Final = 4 << 20
"""Bytes of deliveries that are remembered until they are processed, about a thousand; then the oldest go."""

_RECORD: Final = 1 << 10
"""Bytes that a delivery takes beside its body, roughly."""


@attrs.define(eq=False)
class Intake:
    """What one client's receiving remembers, by account.

    :ivar proving: lower-case names of the headers that the account's provider wants.
    :ivar readable: whether its vendor shows the state of an envelope.
    :ivar shared: whether another account belongs to its tenant.
    :ivar _fresh: deliveries as they were stored, the oldest first, and ``_held`` their bytes.
    """

    proving: dict[str, frozenset[str]] = attrs.field(factory=dict)
    readable: dict[str, bool] = attrs.field(factory=dict)
    shared: dict[str, bool] = attrs.field(factory=dict)
    _room: dict[str, tuple[int, int]] = attrs.field(factory=dict)
    _fresh: dict[str, DeliveryRecord] = attrs.field(factory=dict, repr=False)
    _held: int = 0
    _lock: threading.Lock = attrs.field(factory=threading.Lock, repr=False)

    def take_room(self, tx: Transaction, record: DeliveryRecord) -> bool:
        """Take the room of a delivery that was added; called within the store's transaction.

        :returns: whether there is any; if not, its account has too much waiting.
        """
        number, size = self._room.get(record.account, (0, 0))
        if number < 1 or size < len(record.body):
            waiting, held = tx.count_unprocessed(record.account)  # the new one is among them
            number = min(MOST_WAITING[0] - waiting + 1, COUNTED[0])
            size = min(MOST_WAITING[1] - held + len(record.body), COUNTED[1])
            if number < 1 or size < len(record.body):
                return False
        self._room[record.account] = (number - 1, size - len(record.body))
        return True

    def remember(self, record: DeliveryRecord) -> None:
        """Remember a delivery that was stored, so that processing it soon needs no look into the store."""
        with self._lock:
            self._fresh[record.id] = record
            self._held += len(record.body) + _RECORD
            while self._held > REMEMBERED:
                self._take(next(iter(self._fresh)))

    def take(self, delivery_id: str) -> DeliveryRecord | None:
        """Return a delivery as it was stored, and forget it; ``None`` if it is not remembered."""
        with self._lock:
            return self._take(delivery_id)

    def _take(self, delivery_id: str) -> DeliveryRecord | None:
        record = self._fresh.pop(delivery_id, None)
        if record is not None:
            self._held -= len(record.body) + _RECORD
        return record
