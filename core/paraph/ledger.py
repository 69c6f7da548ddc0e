"""The ledger: observation → sightings → events → snapshot.

Theory of operation
===================

* A *sighting* is one telling of one fact: by whom, how, when, in which native word. Sightings
  are a set keyed by their content, so the same telling is stored once.
* They live in *streams*, one per (provider, vendor's tenant, kind of subject, vendor
  reference). A stream needs no envelope of ours: news that arrives before the vendor's id is
  known waits there and is adopted as soon as the id is.
* An *event* is a fact of a stream's closure (:func:`paraph.lifecycle.closure`) that the store
  had not seen. Only its id and the moment are stored; its content is projected from the
  sightings, so it is the same whatever the order of arrival.
* A *snapshot* (:mod:`paraph.projection`) is projected from the stream of the envelope's current
  attempt alone. News of a superseded attempt is kept and listed, and moves nothing.
* An observation that is only claimed is turned into ``envelope.claimed`` facts before it is
  stored: bounded in number (one per type), without the claimant's words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

import attrs

from paraph.lifecycle import ORDER, Key, Roster, closure
from paraph.model import (
    Envelope,
    Event,
    Fact,
    FactType,
    Observation,
    Subject,
    SubjectKind,
    Trust,
)
from paraph.model.fact import SEPARATOR
from paraph.store.protocol import Transaction
from paraph.store.records import AttemptRecord, EnvelopeRecord, EventRecord, Sighting

F = FactType

EnvelopeLoader = Callable[[EnvelopeRecord], Envelope]
"""Gives the neutral envelope of a stored record, perhaps without its documents' content."""

OriginOf = Callable[[str], "Origin"]
"""Gives the origin of an account by name."""


@attrs.frozen(kw_only=True)
class Origin:
    """Which account told it, and what makes its references unique."""

    account: str
    provider: str
    environment: str
    vendor_tenant: str


def stream_of(origin: Origin, kind: SubjectKind, vendor_ref: str) -> str:
    """Return the name of a subject's stream."""
    return json.dumps([origin.provider, origin.vendor_tenant, kind.value, vendor_ref], ensure_ascii=True)


def roster_of(attempt: AttemptRecord | None, envelope: Envelope | None) -> Roster:
    """Return whose signatures on what an attempt waits for, as far as its references are known.

    A partly known roster would conclude too early, so it counts as unknown.
    """
    if attempt is None or envelope is None:
        return Roster()
    signatories, documents = dict(attempt.signatories), dict(attempt.documents)
    signers = [signatories.get(person.id) for person in envelope.signers]
    signed = [documents.get(document.id) for document in envelope.signed_documents]
    if None in signers or None in signed:
        return Roster()
    return Roster(signers=tuple(ref for ref in signers if ref), documents=tuple(ref for ref in signed if ref))


def sightings_of(observation: Observation, origin: Origin) -> tuple[Sighting, ...]:
    """Turn an observation into sightings; a mere claim loses its words and its power."""
    claimed = observation.trust is Trust.CLAIMED
    facts: Iterable[Fact] = observation.facts
    if claimed:
        facts = {
            (fact.subject, fact.type): Fact(
                type=F.ENVELOPE_CLAIMED, subject=fact.subject, target=fact.type.value
            )
            for fact in observation.facts
        }.values()
    found = []
    for fact in facts:
        stream = stream_of(origin, fact.subject.kind, fact.subject.ref)
        event_id = fact.event_id(origin.provider, origin.vendor_tenant)
        content = (
            event_id,
            fact.at.isoformat() if fact.at else "",
            fact.native,
            fact.reason or "",
            fact.actor,
            str(int(fact.inferred)),
            str(int(observation.trust)),
            observation.source.value,
        )
        digest = hashlib.sha256(
            "\x00".join(f"{len(part)}:{part}" for part in content).encode("utf-8", "surrogatepass")
        )
        found.append(
            Sighting(
                key=digest.hexdigest(),
                stream=stream,
                event_id=event_id,
                type=fact.type,
                subject_kind=fact.subject.kind,
                vendor_ref=fact.subject.ref,
                target=fact.target,
                occurrence=fact.occurrence,
                at=fact.at,
                native=fact.native,
                reason=fact.reason,
                actor=fact.actor,
                inferred=fact.inferred,
                trust=observation.trust,
                source=observation.source,
                seen_at=observation.observed_at,
            )
        )
    return tuple(found)


def record(
    tx: Transaction,
    observation: Observation,
    origin: Origin,
    *,
    load: EnvelopeLoader,
) -> tuple[Event, ...]:
    """Add an observation and return what was new, oldest meaning first.

    :param load: gives the neutral envelope of a stored record, for its roster.
    """
    sightings = sightings_of(observation, origin)
    tx.add_sightings(sightings)
    if observation.trust > Trust.CLAIMED:
        _link(tx, observation, origin)
    fresh: list[Event] = []
    for stream in dict.fromkeys(sighting.stream for sighting in sightings):
        fresh += derive(tx, stream, origin, at=observation.observed_at, load=load)
    return tuple(fresh)


def derive(
    tx: Transaction, stream: str, origin: Origin, *, at: datetime, load: EnvelopeLoader
) -> tuple[Event, ...]:
    """Insert every event that a stream's sightings now show and return the new ones."""
    sightings = tx.sightings(stream)
    if not sightings:
        return ()
    first = sightings[0]
    attempt = _attempt_of(tx, first, origin)
    record_ = tx.envelope(attempt.envelope_id) if attempt else None
    roster = roster_of(attempt, load(record_) if record_ else None)
    known = closure(told(sightings), roster)
    new = []
    for key in sorted(known, key=lambda key: (ORDER[key.type], key.target, key.occurrence)):
        fact_id = _event_id(key, first, origin)
        added = tx.add_event(
            EventRecord(
                event_id=fact_id,
                stream=stream,
                account=origin.account,
                envelope_id=attempt.envelope_id if attempt else None,
                recorded_at=at,
            )
        )
        if added is not None:
            new.append(_event(key, known[key], sightings, attempt, added, origin))
    return tuple(new)


def _link(tx: Transaction, observation: Observation, origin: Origin) -> None:
    """Learn a vendor's id from a trusted telling that echoes our reference."""
    refs = {fact.subject.ref for fact in observation.facts if fact.subject.kind is SubjectKind.ENVELOPE}
    if not observation.our_reference or len(refs) != 1:
        return
    attempt = tx.attempt(observation.our_reference)
    ref = refs.pop()
    if (
        attempt is not None
        and attempt.vendor_ref is None
        and (attempt.account, attempt.vendor_tenant) == (origin.account, origin.vendor_tenant)
    ):
        tx.put_attempt(attrs.evolve(attempt, vendor_ref=ref))
        tx.adopt_events(stream_of(origin, SubjectKind.ENVELOPE, ref), envelope_id=attempt.envelope_id)


def _attempt_of(tx: Transaction, sighting: Sighting, origin: Origin) -> AttemptRecord | None:
    if sighting.subject_kind is not SubjectKind.ENVELOPE:
        return None
    return tx.attempt_by_vendor_ref(
        provider=origin.provider, vendor_tenant=origin.vendor_tenant, vendor_ref=sighting.vendor_ref
    )


def told(sightings: Sequence[Sighting]) -> dict[Key, Trust]:
    """Return which facts the sightings tell, and how far each can be trusted at best."""
    found: dict[Key, Trust] = {}
    for sighting in sightings:
        key = Key(type=sighting.type, target=sighting.target, occurrence=sighting.occurrence)
        found[key] = max(found.get(key, sighting.trust), sighting.trust)
    return found


def _event_id(key: Key, sighting: Sighting, origin: Origin) -> str:
    subject = Subject(kind=sighting.subject_kind, ref=sighting.vendor_ref)
    fact = Fact(type=key.type, subject=subject, target=key.target, occurrence=key.occurrence)
    return fact.event_id(origin.provider, origin.vendor_tenant)


def _event(
    key: Key,
    trust: Trust,
    sightings: Sequence[Sighting],
    attempt: AttemptRecord | None,
    stored: EventRecord,
    origin: Origin,
) -> Event:
    """Project one event's content from its tellings: independent of their order."""
    first = sightings[0]
    tellings = [
        sighting
        for sighting in sightings
        if (sighting.type, sighting.target, sighting.occurrence) == (key.type, key.target, key.occurrence)
    ]
    best = best_of(tellings)
    signatory_ref, document_ref = parties(key)
    return Event(
        id=stored.event_id,
        type=key.type,
        account=origin.account,
        provider=origin.provider,
        environment=origin.environment,
        subject_kind=first.subject_kind,
        vendor_ref=first.vendor_ref,
        target=key.target,
        occurrence=key.occurrence,
        envelope_id=attempt.envelope_id if attempt else None,
        attempt=attempt.number if attempt else 0,
        signatory_id=_local(attempt.signatories if attempt else (), signatory_ref),
        document_id=_local(attempt.documents if attempt else (), document_ref),
        at=earliest(tellings),
        native=tuple(sorted({sighting.native for sighting in tellings if sighting.native})),
        reason=best.reason if best else None,
        inferred=all(sighting.inferred for sighting in tellings),
        confirmed=trust is Trust.CONFIRMED,
        recorded_at=stored.recorded_at,
        sequence=stored.sequence,
    )


def parties(key: Key) -> tuple[str, str]:
    """Return the signatory's and the document's vendor reference that a fact's target names."""
    head, _, tail = key.target.partition(SEPARATOR)
    if key.type.value.startswith("signatory."):
        return head, tail
    if key.type.value.startswith("evidence."):
        return "", tail
    return "", ""


def _local(pairs: Sequence[tuple[str, str]], ref: str) -> str | None:
    return next((local for local, known in pairs if known == ref), None) if ref else None


def earliest(tellings: Sequence[Sighting]) -> datetime | None:
    """Return the earliest stated time; several tellings differ by the vendor's own delays."""
    return min((sighting.at for sighting in tellings if sighting.at is not None), default=None)


def best_of(tellings: Sequence[Sighting]) -> Sighting | None:
    """Return the most trusted telling that gives a reason; ties are broken by content, never by arrival."""
    return max(
        tellings,
        key=lambda sighting: (sighting.reason is not None, sighting.trust, sighting.key),
        default=None,
    )


_Projected = tuple[tuple[Sighting, ...], AttemptRecord | None, dict[str, tuple[Key, Trust]]]
"""What the events of one stream are projected from: tellings, attempt, facts by event id."""


def events_of(
    tx: Transaction, records: Sequence[EventRecord], origin_of: OriginOf, load: EnvelopeLoader
) -> tuple[Event, ...]:
    """Project stored events, in the given order."""
    projected: dict[str, _Projected] = {}
    found = []
    for stored in records:
        origin = origin_of(stored.account)
        if stored.stream not in projected:
            sightings = tx.sightings(stored.stream)
            attempt = _attempt_of(tx, sightings[0], origin)
            record_ = tx.envelope(attempt.envelope_id) if attempt else None
            known = closure(told(sightings), roster_of(attempt, load(record_) if record_ else None))
            by_id = {_event_id(key, sightings[0], origin): (key, trust) for key, trust in known.items()}
            projected[stored.stream] = (sightings, attempt, by_id)
        sightings, attempt, by_id = projected[stored.stream]
        key, trust = by_id[stored.event_id]
        found.append(_event(key, trust, sightings, attempt, stored, origin))
    return tuple(found)
