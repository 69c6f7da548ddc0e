"""What is known of an envelope: a projection of facts, never stored as truth of its own."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs


class Lifecycle(StrEnum):
    """Where an envelope stands. ``declined``, ``cancelled``, ``expired`` and ``failed`` differ in law."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENT = "sent"
    IN_PROGRESS = "in_progress"
    FINALIZING = "finalizing"
    """All signed, or closed by the vendor; how it ended is not certain yet."""
    COMPLETED = "completed"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether nothing more will be signed."""
        return self in _ENDED


_ENDED = frozenset(
    {Lifecycle.COMPLETED, Lifecycle.DECLINED, Lifecycle.EXPIRED, Lifecycle.CANCELLED, Lifecycle.FAILED}
)


class Turn(StrEnum):
    """Whether a signatory can act."""

    WAITING = "waiting"
    ACTIVE = "active"
    DONE = "done"


class DeliveryState(StrEnum):
    """Whether the invitation reached the signatory."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class Activity(StrEnum):
    """What the signatory was seen doing."""

    NONE = "none"
    OPENED = "opened"
    SIGNING = "signing"
    """Some, but not all of their documents are signed."""


class Decision(StrEnum):
    """What the signatory decided."""

    NONE = "none"
    SIGNED = "signed"
    APPROVED = "approved"
    DECLINED = "declined"


@attrs.frozen(kw_only=True)
class SignatoryState:
    """One signatory as far as it is known. The four axes are independent."""

    id: str
    vendor_ref: str | None = None
    turn: Turn = Turn.WAITING
    delivery: DeliveryState = DeliveryState.PENDING
    activity: Activity = Activity.NONE
    decision: Decision = Decision.NONE
    decided_at: datetime | None = None
    reason: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class Ending:
    """How an envelope ended.

    :ivar kind: one of the five ended life cycles.
    :ivar at: by the vendor's clock, or ``None``.
    :ivar partially_signed: someone, but not everyone, had signed.
    """

    kind: Lifecycle
    reason: str | None = attrs.field(default=None, repr=False)
    actor: str = attrs.field(default="", repr=False)
    at: datetime | None = None
    partially_signed: bool = False


@attrs.frozen(kw_only=True)
class Attention:
    """Something that a person or a read should look at; it never changes the life cycle."""

    code: str
    message: str


@attrs.frozen(kw_only=True)
class Snapshot:
    """What is known of an envelope now.

    :ivar native: the vendor's own words behind this, sorted; kept beside the neutral values.
    :ivar evidence_ready: kinds of evidence that can be fetched.
    :ivar parent: id of the envelope that the vendor made this one of, if it did.
    :ivar children: ids of the envelopes that the vendor made of this one, oldest first; it sums them up.
    """

    id: str
    account: str
    provider: str
    environment: str
    reference: str = ""
    attempt: int = 0
    vendor_ref: str | None = None
    lifecycle: Lifecycle = Lifecycle.DRAFT
    ending: Ending | None = None
    partially_signed: bool = False
    signatories: tuple[SignatoryState, ...] = ()
    evidence_ready: tuple[str, ...] = ()
    attention: tuple[Attention, ...] = ()
    parent: str | None = None
    children: tuple[str, ...] = ()
    native: tuple[str, ...] = ()
    sent_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will be signed."""
        return self.lifecycle.ended

    def signatory(self, local_id: str) -> SignatoryState:
        """Return one signatory's state by your local id; raises ``KeyError``."""
        for state in self.signatories:
            if state.id == local_id:
                return state
        raise KeyError(local_id)
