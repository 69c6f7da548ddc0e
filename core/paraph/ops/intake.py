"""What receiving keeps in mind, so that a delivery costs little: which headers to keep, and the room left.

Both are known from elsewhere, too: the headers from the provider, the room from the store. They are only
remembered here, one of these per client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from paraph.store import DeliveryRecord, Transaction

MOST_WAITING: Final = (10_000, 100 << 20)
"""Deliveries and bytes per account that may wait unprocessed before new ones are refused."""

COUNTED: Final = (256, 4 << 20)
"""Deliveries and bytes that are taken in before those that wait are counted again. Counting looks at all of
them; and a second process on one store may take in as many beyond the most."""


class Full(Exception):
    """An account's quota is used up; raised to undo the storing."""


@attrs.define(eq=False)
class Intake:
    """What one client's receiving remembers, by account.

    :ivar proving: lower-case names of the headers that the account's provider wants.
    """

    proving: dict[str, frozenset[str]] = attrs.field(factory=dict)
    _room: dict[str, tuple[int, int]] = attrs.field(factory=dict)

    def take_room(self, tx: Transaction, record: DeliveryRecord) -> None:
        """Take the room of a delivery that was added; called within the store's transaction.

        :raises Full: its account has too much waiting.
        """
        number, size = self._room.get(record.account, (0, 0))
        if number < 1 or size < len(record.body):
            waiting, held = tx.count_unprocessed(record.account)  # the new one is among them
            number = min(MOST_WAITING[0] - waiting + 1, COUNTED[0])
            size = min(MOST_WAITING[1] - held + len(record.body), COUNTED[1])
            if number < 1 or size < len(record.body):
                raise Full
        self._room[record.account] = (number - 1, size - len(record.body))
