"""Facts: keyed statements about an envelope, a contact or an account.

A fact's key is (subject, type, target, occurrence) together with the provider and
the vendor's tenant; never the time, the source, the native word or the body. Two
deliveries, a poll and a response that all say "Ada signed" are therefore four
sightings of one fact, and one :class:`~paraph.model.event.Event`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum, StrEnum

import attrs

from paraph.model._kinds import aware_utc, optional_utc, storable, storable_or_none, to_tuple

EVENT_NAMESPACE = uuid.UUID("6f1d2f0c-8a3c-5d83-9a52-1c1f4e0b7a11")
"""Namespace of all event ids; part of the public contract, never changed."""

SEPARATOR = "/"
"""Joins two vendor references in a target, such as signatory and document."""


def target(*references: str) -> str:
    """Join vendor references to a fact's target, such as a signatory's and a document's.

    A separator inside a reference is escaped, so that ``org/7`` stays one reference.
    """
    return SEPARATOR.join(part.replace("%", "%25").replace(SEPARATOR, "%2F") for part in references)


def target_parts(joined: str) -> tuple[str, str]:
    """Return the one or two references of a target; the second may be empty."""
    head, _, tail = joined.partition(SEPARATOR)
    return _unescaped(head), _unescaped(tail)


def _unescaped(part: str) -> str:
    return part.replace("%2F", SEPARATOR).replace("%25", "%")


class FactType(StrEnum):
    """What a fact states; the same words are the types of events.

    Unless it says *occurrence*, a fact is a milestone: it is true once and for ever.
    """

    ENVELOPE_CREATED = "envelope.created"
    """It exists at the vendor as a draft."""
    ENVELOPE_SCHEDULED = "envelope.scheduled"
    """It was accepted and will be sent later."""
    ENVELOPE_SENT = "envelope.sent"
    """Signatories can act."""
    ENVELOPE_UPDATED = "envelope.updated"
    """Its description changed (occurrence)."""
    ENVELOPE_CLOSED = "envelope.closed"
    """The vendor is finished with it, in a way that this word alone does not tell."""
    ENVELOPE_COMPLETED = "envelope.completed"
    """Everyone who had to has signed."""
    ENVELOPE_DECLINED = "envelope.declined"
    """A signatory refused."""
    ENVELOPE_CANCELLED = "envelope.cancelled"
    """Someone on the sender's side ended it."""
    ENVELOPE_EXPIRED = "envelope.expired"
    """Its time ran out."""
    ENVELOPE_FAILED = "envelope.failed"
    """The vendor could not carry it."""
    ENVELOPE_CHILD = "envelope.child"
    """A child envelope was made; the target is its vendor reference."""
    ENVELOPE_CLAIMED = "envelope.claimed"
    """Somebody without proof claimed the fact that the target names."""
    SIGNATORY_INVITED = "signatory.invited"
    """It is their turn and they were told, or their link exists."""
    SIGNATORY_DELIVERY_FAILED = "signatory.delivery_failed"
    """The invitation did not reach them."""
    SIGNATORY_REMINDED = "signatory.reminded"
    """They were reminded (occurrence)."""
    SIGNATORY_OPENED = "signatory.opened"
    """They opened the signing page."""
    SIGNATORY_DOCUMENT_SIGNED = "signatory.document_signed"
    """They signed one document; the target names both."""
    SIGNATORY_SIGNED = "signatory.signed"
    """They signed everything that was asked of them."""
    SIGNATORY_APPROVED = "signatory.approved"
    """They approved."""
    SIGNATORY_DECLINED = "signatory.declined"
    """They refused."""
    SIGNATORY_FAILED = "signatory.failed"
    """A signing attempt failed; they may try again (occurrence)."""
    EVIDENCE_READY = "evidence.ready"
    """Evidence of the kind that the target names can be fetched."""
    EVIDENCE_FAILED = "evidence.failed"
    """The vendor could not make the evidence that the target names (occurrence)."""
    CONTACT_CREATED = "contact.created"
    """A person was added to the vendor's address book."""
    CONTACT_UPDATED = "contact.updated"
    """A person's data at the vendor changed (occurrence)."""
    ACCOUNT_CHANGED = "account.changed"
    """Settings of the vendor account changed (occurrence)."""
    UNKNOWN = "unknown"
    """The vendor said something that this version has no word for; the target is its word."""


class SubjectKind(StrEnum):
    """What a fact is about."""

    ENVELOPE = "envelope"
    DOCUMENT = "document"
    CONTACT = "contact"
    ACCOUNT = "account"


class Trust(IntEnum):
    """How an observation is known to be true; higher is stronger."""

    CLAIMED = 0
    """Anyone could have said it."""
    VERIFIED = 1
    """A delivery whose proof was checked."""
    CONFIRMED = 2
    """The vendor's API said it to us, or it happened here."""


class Source(StrEnum):
    """How an observation reached us."""

    RESPONSE = "response"
    POLL = "poll"
    WEBHOOK = "webhook"
    RETURN = "return"
    SWEEP = "sweep"


@attrs.frozen(kw_only=True)
class Subject:
    """What a fact is about, in the vendor's own reference."""

    kind: SubjectKind = SubjectKind.ENVELOPE
    ref: str = attrs.field(converter=storable)


@attrs.frozen(kw_only=True)
class Fact:
    """One statement, as a provider read it from the vendor's words.

    :ivar target: whom or what it concerns within the subject: a signatory's or document's
        vendor reference or both, made by :func:`target`; an evidence kind; a native word; or empty.
    :ivar occurrence: empty for milestones; for facts that repeat, what tells one from the next.
    :ivar at: when it happened by the vendor's clock, if the vendor says so.
    :ivar native: the vendor's own word, kept as it came.
    :ivar reason: free text given by a person, such as why they refused. Personal data.
    :ivar inferred: concluded from another fact rather than reported.
    """

    type: FactType
    subject: Subject
    target: str = attrs.field(default="", converter=storable)
    occurrence: str = attrs.field(default="", converter=storable)
    at: datetime | None = attrs.field(default=None, converter=aware_utc, validator=optional_utc)
    native: str = attrs.field(default="", converter=storable)
    reason: str | None = attrs.field(default=None, repr=False, converter=storable_or_none)
    actor: str = attrs.field(default="", repr=False, converter=storable)
    inferred: bool = False

    def event_id(self, provider: str, tenant: str) -> str:
        """Return the id of the event that this fact is, the same whenever and however it arrives."""
        key = (
            provider,
            tenant,
            self.subject.kind.value,
            self.subject.ref,
            self.type.value,
            self.target,
            self.occurrence,
        )
        # Lengths in front keep ("ab", "c") and ("a", "bc") apart.
        name = "".join(f"{len(part)}:{part}" for part in key)
        return str(uuid.uuid5(EVENT_NAMESPACE, name))


def to_facts(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Freeze facts."""
    return to_tuple(facts)


@attrs.frozen(kw_only=True)
class Child:
    """An envelope that the vendor made out of another one, such as one per signatory.

    :ivar ref: the vendor's reference of the child.
    :ivar signatories: vendor references of those who act in it; they are the parent's.
    :ivar documents: pairs (local id, vendor reference) of its own documents, as far as they are told.
    """

    ref: str = attrs.field(converter=storable)
    signatories: tuple[str, ...]
    documents: tuple[tuple[str, str], ...] = ()


@attrs.frozen(kw_only=True)
class Observation:
    """Everything that one answer, poll or delivery told, with how far it can be trusted.

    :ivar observed_at: when we learned it, by our clock.
    :ivar our_reference: the attempt reference that the vendor echoed, if any.
    :ivar signatories: pairs (local id, vendor reference) that the vendor told, if any; they are
        committed before the events are told, so that these name the signatory.
    :ivar children: envelopes that the vendor made out of the one envelope that the facts are about.
    """

    source: Source
    trust: Trust
    observed_at: datetime
    facts: tuple[Fact, ...] = attrs.field(converter=to_facts)
    our_reference: str = ""
    signatories: tuple[tuple[str, str], ...] = ()
    children: tuple[Child, ...] = ()
