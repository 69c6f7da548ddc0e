"""Events: facts that were new to the ledger."""

from __future__ import annotations

from datetime import datetime

import attrs

from paraph.model._kinds import optional_utc, required_utc
from paraph.model.fact import FactType, SubjectKind

EventType = FactType
"""The vocabulary of events is the vocabulary of facts."""


@attrs.frozen(kw_only=True)
class Event:
    """One thing that became known, in neutral words.

    Two events are equal if they state the same; ``sequence`` and ``recorded_at`` tell when
    this store learned it and do not count.

    :ivar id: the same for the same fact, however often and by whichever way it arrives.
    :ivar envelope_id: ``None`` for news of an account, a contact or an envelope not sent by us.
    :ivar signatory_id: the local id that your application gave, where a signatory is concerned.
    :ivar document_id: likewise for a document.
    :ivar attempt: which try to carry the envelope it belongs to, counted from 1.
    :ivar superseded: a later attempt carries the envelope, so that this does not move it.
    :ivar at: when it happened by the vendor's clock, or ``None`` if the vendor does not say.
    :ivar native: the vendor's own words for it, as they came, sorted.
    :ivar inferred: nothing reported it; it follows from another fact.
    :ivar confirmed: the vendor's API confirmed it, not only a delivery.
    """

    id: str
    type: EventType
    account: str
    provider: str
    environment: str
    subject_kind: SubjectKind
    vendor_ref: str
    target: str = ""
    occurrence: str = ""
    envelope_id: str | None = None
    attempt: int = 0
    superseded: bool = False
    signatory_id: str | None = None
    document_id: str | None = None
    at: datetime | None = attrs.field(default=None, validator=optional_utc)
    native: tuple[str, ...] = ()
    reason: str | None = attrs.field(default=None, repr=False)
    inferred: bool = False
    confirmed: bool = False
    recorded_at: datetime = attrs.field(eq=False, validator=required_utc)
    sequence: int = attrs.field(default=0, eq=False)
