"""What came of a webhook delivery. Every input has an outcome; there is no exception for bad input."""

from __future__ import annotations

from enum import StrEnum

import attrs

from paraph.model import Event


class OutcomeKind(StrEnum):
    """The four outcomes."""

    ACCEPTED = "accepted"
    """Stored, and if it was processed already: understood."""
    DUPLICATE = "duplicate"
    """The same bytes were received before."""
    REJECTED = "rejected"
    """Not the vendor's, or not for us; ``reason`` says why in one word."""
    UNAVAILABLE = "unavailable"
    """It could not be stored, or not be checked now; if stored, it is tried again."""


@attrs.frozen(kw_only=True)
class Outcome:
    """What came of one delivery.

    :ivar status: the HTTP status to answer: 200 only for what is stored.
    :ivar delivery_id: under which it is stored, or ``None``.
    :ivar events: what it told that was new; empty until processed.
    """

    kind: OutcomeKind
    status: int
    reason: str = ""
    delivery_id: str | None = None
    events: tuple[Event, ...] = ()
