"""What the store keeps, as plain frozen records.

Times are aware UTC. ``body`` texts are neutral JSON made by :mod:`paraph.convert`.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import attrs

from paraph.model import FactType, Source, SubjectKind, Trust
from paraph.model._kinds import optional_utc, required_utc


class AttemptState(StrEnum):
    """How far one try to carry an envelope came."""

    OPEN = "open"
    """The send flow runs, or was interrupted."""
    CLOSING = "closing"
    """It failed, and what there is of it at the vendor is being closed, so that another account can carry the
    envelope. Nothing of it may be published any more."""
    PUBLISHED = "published"
    """The vendor has accepted it."""
    SUPERSEDED = "superseded"
    """A later attempt carries the envelope; this one's news no longer move it."""


class StepKind(StrEnum):
    """What a journalled step does at the vendor."""

    ASIDE = "aside"
    """As inert as a draft, and no part of the envelope: a contact in the vendor's address book."""
    DRAFT = "draft"
    """Its effect is inert: nobody is told and nothing can be signed."""
    PUBLISH = "publish"
    """Its effect reaches people: it may never happen twice."""


class StepState(StrEnum):
    """What is known of a step's effect."""

    INTENT = "intent"
    """Committed before the effect; found after a crash it means: it may have happened."""
    DONE = "done"


class DeliveryStage(StrEnum):
    """How far a received webhook was processed."""

    STORED = "stored"
    PROCESSED = "processed"
    REJECTED = "rejected"


@attrs.frozen(kw_only=True)
class EnvelopeRecord:
    """One envelope. ``account`` is where its current attempt lives.

    :ivar parent: id of the envelope that the vendor made this one of, or ``None``.
    """

    id: str
    account: str
    reference: str
    tenant: str
    created_at: datetime = attrs.field(validator=required_utc)
    body: str = attrs.field(repr=False)
    parent: str | None = None


@attrs.frozen(kw_only=True)
class AttemptRecord:
    """One try to carry an envelope through one account.

    :ivar id: also the reference that the vendor is given, where it takes one.
    :ivar vendor_tenant: the vendor's tenant, part of every event id.
    :ivar vendor_ref: the vendor's id of the envelope, once known.
    :ivar signatories: pairs (local id, vendor reference); ``documents`` likewise.
    """

    id: str
    envelope_id: str
    number: int
    account: str
    provider: str
    environment: str
    vendor_tenant: str
    state: AttemptState = AttemptState.OPEN
    vendor_ref: str | None = None
    signatories: tuple[tuple[str, str], ...] = ()
    documents: tuple[tuple[str, str], ...] = ()
    started_at: datetime = attrs.field(validator=required_utc)


@attrs.frozen(kw_only=True)
class StepRecord:
    """One journalled step of an attempt. ``result`` is JSON."""

    attempt_id: str
    key: str
    kind: StepKind
    state: StepState
    result: str = attrs.field(default="null", repr=False)
    at: datetime = attrs.field(validator=required_utc)


@attrs.frozen(kw_only=True)
class Sighting:
    """One way in which one fact was told; a set of sightings is all the ledger knows.

    :ivar key: digest of everything below but ``seen_at``; the same telling is stored once.
    :ivar stream: provider, vendor tenant, subject kind and vendor reference in one string.
    """

    key: str
    stream: str
    event_id: str
    type: FactType
    subject_kind: SubjectKind
    vendor_ref: str
    target: str
    occurrence: str
    at: datetime | None = attrs.field(validator=optional_utc)
    native: str
    reason: str | None = attrs.field(repr=False)
    actor: str = attrs.field(repr=False)
    inferred: bool
    trust: Trust
    source: Source
    seen_at: datetime = attrs.field(validator=required_utc)


@attrs.frozen(kw_only=True)
class EventRecord:
    """That an event became known, and when; its content is projected from the sightings.

    :ivar sequence: position in this store's order of arrival; set by the store.
    """

    event_id: str
    stream: str
    account: str
    envelope_id: str | None
    recorded_at: datetime = attrs.field(validator=required_utc)
    sequence: int = 0


@attrs.frozen(kw_only=True)
class DeliveryRecord:
    """One webhook request as it arrived.

    :ivar body_sha256: digest of the body and of the headers that prove it; with ``account`` and ``path``
        the identity: the same again raises ``seen``.
    :ivar headers: allow-listed headers only. ``path``: what followed the path secret.
    :ivar proof: hex SHA-256 of the one-time token inside, once parsed; never the token.
    :ivar proof_checks: how often a check of that token was begun (the first may have consumed it).
    """

    id: str
    account: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = attrs.field(repr=False)
    body_sha256: str
    received_at: datetime = attrs.field(validator=required_utc)
    seen: int = 1
    stage: DeliveryStage = DeliveryStage.STORED
    outcome: str = ""
    proof: str = ""
    proof_checks: int = 0
    attempts: int = 0
    next_at: datetime | None = attrs.field(default=None, validator=optional_utc)


@attrs.frozen(kw_only=True)
class PollRecord:
    """That an attempt is still to be read from time to time: it is published and has not ended.

    :ivar reads: how often it was read, or tried to be, since something was new.
    :ivar next_at: when it is due. Whoever takes it moves this ahead, so that nobody else reads it meanwhile.
    """

    attempt_id: str
    account: str
    next_at: datetime = attrs.field(validator=required_utc)
    reads: int = 0


PROCESSING: Final = ("received_at", "stage", "outcome", "proof", "proof_checks", "attempts", "next_at")
"""What processing changes of a delivery, beside the count of its copies; what came stays as it came."""
