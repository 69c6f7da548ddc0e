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
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import attrs

from paraph.lifecycle import ORDER, Key, Roster, closure
from paraph.model import (
    Envelope,
    Event,
    Fact,
    FactType,
    Observation,
    Source,
    StageRule,
    Subject,
    SubjectKind,
    Trust,
    Verb,
)
from paraph.model.fact import target_parts
from paraph.store.protocol import Transaction
from paraph.store.records import AttemptRecord, AttemptState, EnvelopeRecord, EventRecord, Sighting

F = FactType

EnvelopeLoader = Callable[[EnvelopeRecord], Envelope]
"""Gives the neutral envelope of a stored record, perhaps without its documents' content."""


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
    """Return whose decision on what an attempt waits for, as far as its references are known.

    A partly known list would conclude too early, so it counts as unknown; people and documents are
    independent of each other, since some vendors name no documents.
    """
    if attempt is None or envelope is None:
        return Roster()
    people, documents = dict(attempt.signatories), dict(attempt.documents)
    asked = {person.id: person for person in envelope.signers}
    signed = [document.id for document in envelope.signed_documents]
    known = asked.keys() <= people.keys()
    return Roster(
        signers=tuple(people[key] for key, each in asked.items() if known and each.verb is not Verb.APPROVE),
        approvers=tuple(people[key] for key, each in asked.items() if known and each.verb is Verb.APPROVE),
        documents=tuple(documents[key] for key in signed) if documents.keys() >= set(signed) else (),
        everyone=all(stage.rule is StageRule.ALL for stage in envelope.stages),
    )


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
    return tuple(
        sighting_of(
            fact,
            origin,
            trust=observation.trust,
            source=observation.source,
            seen_at=observation.observed_at,
        )
        for fact in facts
    )


def sighting_of(fact: Fact, origin: Origin, *, trust: Trust, source: Source, seen_at: datetime) -> Sighting:
    """Return one telling of a fact; when it was told does not tell it from another."""
    event_id = fact.event_id(origin.provider, origin.vendor_tenant)
    content = (
        event_id,
        fact.at.isoformat() if fact.at else "",
        fact.native,
        fact.reason or "",
        fact.actor,
        str(int(fact.inferred)),
        str(int(trust)),
        source.value,
    )
    digest = hashlib.sha256(
        "\x00".join(f"{len(part)}:{part}" for part in content).encode("utf-8", "surrogatepass")
    )
    return Sighting(
        key=digest.hexdigest(),
        stream=stream_of(origin, fact.subject.kind, fact.subject.ref),
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
        trust=trust,
        source=source,
        seen_at=seen_at,
    )


@attrs.frozen(kw_only=True)
class Recorded:
    """What came of an observation.

    :ivar events: what was new, oldest meaning first. ``envelopes``: those that it was about.
    """

    events: tuple[Event, ...]
    envelopes: tuple[EnvelopeRecord, ...]


def record(
    tx: Transaction,
    observation: Observation,
    origin: Origin,
    *,
    load: EnvelopeLoader,
) -> Recorded:
    """Add an observation.

    :param load: gives the neutral envelope of a stored record, for its roster.
    """
    sightings = sightings_of(observation, origin)
    tx.add_sightings(sightings)
    if observation.trust > Trust.CLAIMED:
        _link(tx, observation, origin)
    fresh: list[Event] = []
    envelopes: list[EnvelopeRecord] = []
    for stream in dict.fromkeys(sighting.stream for sighting in sightings):
        view = _view(tx, stream, load)
        if view is None:
            continue
        fresh += _derive(tx, stream, view, origin, at=observation.observed_at)
        if view.stored is not None:
            envelopes.append(view.stored)
    return Recorded(events=tuple(fresh), envelopes=tuple(envelopes))


def derive(
    tx: Transaction, stream: str, origin: Origin, *, at: datetime, load: EnvelopeLoader
) -> tuple[Event, ...]:
    """Insert every event that a stream's sightings now show and return the new ones."""
    view = _view(tx, stream, load)
    return () if view is None else _derive(tx, stream, view, origin, at=at)


def _derive(tx: Transaction, stream: str, view: _View, origin: Origin, *, at: datetime) -> tuple[Event, ...]:
    seen = tx.event_ids(stream)
    new = []
    for event_id, key in view.in_order():
        if event_id in seen:
            continue
        added = tx.add_event(
            EventRecord(
                event_id=event_id,
                stream=stream,
                account=view.attempt.account if view.attempt else origin.account,
                envelope_id=view.attempt.envelope_id if view.attempt else None,
                recorded_at=at,
            )
        )
        if added is not None:
            new.append(_event(key, view, added, origin.environment))
    return tuple(new)


def _link(tx: Transaction, observation: Observation, origin: Origin) -> None:
    """Learn vendor references from a trusted telling that echoes ours."""
    refs = {fact.subject.ref for fact in observation.facts if fact.subject.kind is SubjectKind.ENVELOPE}
    if len(refs) != 1:
        return
    (ref,) = refs
    attempt = tx.attempt_by_vendor_ref(
        provider=origin.provider, vendor_tenant=origin.vendor_tenant, vendor_ref=ref
    )
    if attempt is None and observation.our_reference:
        attempt = tx.attempt(observation.our_reference)
    if (
        attempt is None
        or attempt.vendor_ref not in {None, ref}
        or (attempt.account, attempt.vendor_tenant) != (origin.account, origin.vendor_tenant)
    ):
        return
    people = {**dict(observation.signatories), **dict(attempt.signatories)}
    linked = attrs.evolve(attempt, vendor_ref=ref, signatories=tuple(people.items()))
    if linked != attempt:
        tx.put_attempt(linked)
        tx.adopt_events(stream_of(origin, SubjectKind.ENVELOPE, ref), envelope_id=attempt.envelope_id)


@attrs.frozen(kw_only=True)
class _View:
    """All that one stream shows. Made from what is stored alone: configuration may have changed since."""

    provider: str
    vendor_tenant: str
    subject: Subject
    sightings: tuple[Sighting, ...]
    attempt: AttemptRecord | None
    stored: EnvelopeRecord | None
    known: Mapping[Key, Trust]

    def event_id(self, key: Key) -> str:
        fact = Fact(type=key.type, subject=self.subject, target=key.target, occurrence=key.occurrence)
        return fact.event_id(self.provider, self.vendor_tenant)

    def in_order(self) -> Iterable[tuple[str, Key]]:
        for key in sorted(self.known, key=lambda key: (ORDER[key.type], key.target, key.occurrence)):
            yield self.event_id(key), key


def _view(tx: Transaction, stream: str, load: EnvelopeLoader) -> _View | None:
    sightings = tx.sightings(stream)
    if not sightings:
        return None
    provider, vendor_tenant, kind, vendor_ref = json.loads(stream)
    attempt = (
        tx.attempt_by_vendor_ref(provider=provider, vendor_tenant=vendor_tenant, vendor_ref=vendor_ref)
        if kind == SubjectKind.ENVELOPE.value
        else None
    )
    stored = tx.envelope(attempt.envelope_id) if attempt else None
    return _View(
        provider=provider,
        vendor_tenant=vendor_tenant,
        subject=Subject(kind=SubjectKind(kind), ref=vendor_ref),
        sightings=sightings,
        attempt=attempt,
        stored=stored,
        known=closure(told(sightings), roster_of(attempt, load(stored) if stored else None)),
    )


def told(sightings: Sequence[Sighting]) -> dict[Key, Trust]:
    """Return which facts the sightings tell, and how far each can be trusted at best."""
    found: dict[Key, Trust] = {}
    for sighting in sightings:
        key = Key(type=sighting.type, target=sighting.target, occurrence=sighting.occurrence)
        found[key] = max(found.get(key, sighting.trust), sighting.trust)
    return found


def _event(key: Key, view: _View, stored: EventRecord, environment: str) -> Event:
    """Project one event's content from its tellings: independent of their order."""
    attempt = view.attempt
    tellings = [
        sighting
        for sighting in view.sightings
        if (sighting.type, sighting.target, sighting.occurrence) == (key.type, key.target, key.occurrence)
    ]
    best = best_of(tellings)
    signatory_ref, document_ref = parties(key)
    return Event(
        id=stored.event_id,
        type=key.type,
        account=stored.account,
        provider=view.provider,
        environment=attempt.environment if attempt else environment,
        subject_kind=view.subject.kind,
        vendor_ref=view.subject.ref,
        target=key.target,
        occurrence=key.occurrence,
        envelope_id=attempt.envelope_id if attempt else None,
        attempt=attempt.number if attempt else 0,
        superseded=attempt is not None and attempt.state is AttemptState.SUPERSEDED,
        signatory_id=_local(attempt.signatories if attempt else (), signatory_ref),
        document_id=_local(attempt.documents if attempt else (), document_ref),
        at=earliest(tellings),
        native=tuple(sorted({sighting.native for sighting in tellings if sighting.native})),
        reason=best.reason if best else None,
        inferred=all(sighting.inferred for sighting in tellings),
        confirmed=view.known.get(key) is Trust.CONFIRMED,
        recorded_at=stored.recorded_at,
        sequence=stored.sequence,
    )


def parties(key: Key) -> tuple[str, str]:
    """Return the signatory's and the document's vendor reference that a fact's target names."""
    head, tail = target_parts(key.target)
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


def events_of(
    tx: Transaction,
    records: Sequence[EventRecord],
    environment_of: Callable[[str], str],
    load: EnvelopeLoader,
) -> tuple[Event, ...]:
    """Project stored events, in the given order.

    :param environment_of: gives the environment of an account, for news that concern no envelope.
    """
    views: dict[str, tuple[_View, dict[str, Key]]] = {}
    found = []
    for stored in records:
        if stored.stream not in views:
            view = _view(tx, stored.stream, load)
            if view is None:
                continue
            views[stored.stream] = (view, dict(view.in_order()))
        view, keys = views[stored.stream]
        # An event that today's rules would not conclude any more is still an event that was told.
        key = keys.get(stored.event_id, Key(type=F.UNKNOWN))
        found.append(_event(key, view, stored, environment_of(stored.account)))
    return tuple(found)
