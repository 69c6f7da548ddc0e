"""Parents and children: a vendor may turn one envelope into several, such as one per signatory.

Theory of operation
===================

* A child is an envelope like every other: with an id, a stream, events, a link and evidence of its
  own. :func:`adopt` makes it when the vendor first tells of it. Its id is derived from the parent's and the
  vendor's reference, so that whoever hears of it first, it is the same.
* What was told of a child before waits in its stream, as all news of unknown subjects does.
* The parent sums its children up (:func:`sum_up`): what their signatories did is told of the parent's.
  When every signatory has a child and all children have ended, so has the parent: as completed if all are,
  otherwise in every other way in which one did, of which the strongest counts
  (:data:`paraph.lifecycle.ENDINGS`). Evidence is ready when every child has it.
* These are facts like others, marked as inferred and as trustworthy as the child's, in the parent's own
  stream. Like all rules of the life cycle these only ever add: a summary made early says nothing that a later
  one would not say too. So the order of arrival makes no difference.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

import attrs

from paraph.ledger import (
    EnvelopeLoader,
    Origin,
    derive,
    earliest,
    record,
    roster_of,
    stream_of,
    told,
)
from paraph.lifecycle import ENDINGS, Key, closure
from paraph.model import (
    Child,
    Envelope,
    Event,
    Fact,
    FactType,
    Observation,
    Subject,
    SubjectKind,
    Trust,
    target,
)
from paraph.model.fact import EVENT_NAMESPACE, target_parts
from paraph.store.protocol import Transaction
from paraph.store.records import AttemptRecord, AttemptState, EnvelopeRecord, Sighting

F = FactType

_ENDINGS: Final = tuple(fact for fact, _, _ in ENDINGS)

EnvelopeDumper = Callable[[Envelope], str]
"""Serialises a neutral envelope for its record."""


def child_id(parent: str, ref: str) -> str:
    """Return the id of the envelope that a vendor made of ``parent`` under its reference ``ref``."""
    return uuid.uuid5(EVENT_NAMESPACE, f"child:{len(parent)}:{parent}{ref}").hex


def adopt(
    tx: Transaction, observation: Observation, origin: Origin, *, load: EnvelopeLoader, dump: EnvelopeDumper
) -> tuple[Observation, frozenset[str], tuple[Event, ...]]:
    """Make the children that an observation tells of.

    :returns: the observation with a fact for each child, the ids of parents that have new children, and what
        was new for these children.
    """
    if not observation.children or observation.trust is Trust.CLAIMED:
        return observation, frozenset(), ()
    refs = {fact.subject.ref for fact in observation.facts if fact.subject.kind is SubjectKind.ENVELOPE}
    if len(refs) != 1:
        msg = f"an observation with children is about one envelope, not about {len(refs)}"
        raise ValueError(msg)
    (ref,) = refs
    told_children = (
        Fact(type=F.ENVELOPE_CHILD, subject=Subject(ref=ref), target=target(child.ref))
        for child in observation.children
    )
    observation = attrs.evolve(observation, facts=(*observation.facts, *told_children))
    attempt = _attempt(tx, origin, ref)
    parent = tx.envelope(attempt.envelope_id) if attempt else None
    if attempt is None or parent is None:
        return observation, frozenset(), ()
    events: list[Event] = []
    made = False
    for child in observation.children:
        if _attempt(tx, origin, child.ref) is None:
            made = True
            _make(tx, child, parent, attempt, at=observation.observed_at, load=load, dump=dump)
            stream = stream_of(origin, SubjectKind.ENVELOPE, child.ref)
            events += derive(tx, stream, origin, at=observation.observed_at, load=load)
    return observation, frozenset({parent.id} if made else ()), tuple(events)


def _attempt(tx: Transaction, origin: Origin, ref: str) -> AttemptRecord | None:
    return tx.attempt_by_vendor_ref(
        provider=origin.provider, vendor_tenant=origin.vendor_tenant, vendor_ref=ref
    )


def _make(
    tx: Transaction,
    child: Child,
    parent: EnvelopeRecord,
    attempt: AttemptRecord,
    *,
    at: datetime,
    load: EnvelopeLoader,
    dump: EnvelopeDumper,
) -> None:
    asked = load(parent)
    people = tuple((local, ref) for local, ref in attempt.signatories if ref in child.signatories)
    here = {local for local, _ in people}
    name = child_id(parent.id, child.ref)
    envelope = attrs.evolve(
        asked,
        id=name,
        signatories=tuple(person for person in asked.signatories if person.id in here),
        fields=tuple(field for field in asked.fields if field.signatory in here),
        # They said how to make the parent; a child is never sent.
        options=(),
    )
    tx.add_envelope(
        EnvelopeRecord(
            id=name,
            account=attempt.account,
            reference=parent.reference,
            tenant=parent.tenant,
            created_at=at,
            body=dump(envelope),
            parent=parent.id,
        )
    )
    tx.put_attempt(
        attrs.evolve(
            attempt,
            id=child_id(attempt.id, child.ref),
            envelope_id=name,
            number=1,
            state=AttemptState.PUBLISHED,
            vendor_ref=child.ref,
            signatories=people,
            documents=child.documents,
            started_at=at,
        )
    )
    stream = stream_of(_origin(attempt), SubjectKind.ENVELOPE, child.ref)
    tx.adopt_events(stream, envelope_id=name)


def sum_up(
    tx: Transaction,
    told_of: Iterable[EnvelopeRecord],
    adopted: Iterable[str],
    observation: Observation,
    *,
    load: EnvelopeLoader,
) -> tuple[Event, ...]:
    """Tell parents what their children show; return what is new of the parents.

    :param told_of: envelopes that the observation was about. ``adopted``: ids of parents that got children.
    """
    changed: dict[str, set[str] | None] = dict.fromkeys(adopted)
    for stored in told_of:
        if stored.parent is not None:
            children = changed.setdefault(stored.parent, set())
            if children is not None:
                children.add(stored.id)
    fresh: tuple[Event, ...] = ()
    for parent, children in changed.items():
        fresh += _sum_up(tx, parent, children, observation, load=load)
    return fresh


def _sum_up(
    tx: Transaction,
    parent_id: str,
    changed: set[str] | None,
    observation: Observation,
    *,
    load: EnvelopeLoader,
) -> tuple[Event, ...]:
    parent = tx.envelope(parent_id)
    attempts = tx.attempts(parent_id)
    if parent is None or not attempts or not attempts[-1].vendor_ref:
        return ()
    children = [_view(tx, stored, load) for stored in tx.children(parent_id)]
    family = _Family(
        asked=load(parent),
        attempt=attempts[-1],
        children=tuple(child for child in children if child is not None),
    )
    by_trust: dict[Trust, list[Fact]] = {}
    for fact, trust in family.facts(changed):
        by_trust.setdefault(trust, []).append(fact)
    fresh: tuple[Event, ...] = ()
    for trust, facts in by_trust.items():
        telling = attrs.evolve(
            observation, trust=trust, facts=tuple(facts), our_reference="", signatories=(), children=()
        )
        recorded = record(tx, telling, _origin(attempts[-1]), load=load)
        fresh += recorded.events
        fresh += sum_up(tx, recorded.envelopes, (), observation, load=load)  # a parent may be a child
    return fresh


@attrs.frozen(kw_only=True)
class _View:
    """What is known of one child."""

    id: str
    attempt: AttemptRecord
    sightings: tuple[Sighting, ...]
    known: Mapping[Key, Trust]


def _view(tx: Transaction, stored: EnvelopeRecord, load: EnvelopeLoader) -> _View | None:
    attempts = tx.attempts(stored.id)
    if not attempts or not attempts[-1].vendor_ref:
        return None
    attempt = attempts[-1]
    sightings = tx.sightings(stream_of(_origin(attempt), SubjectKind.ENVELOPE, attempt.vendor_ref or ""))
    known = closure(told(sightings), roster_of(attempt, load(stored)))
    return _View(id=stored.id, attempt=attempt, sightings=sightings, known=known)


def _origin(attempt: AttemptRecord) -> Origin:
    return Origin(
        account=attempt.account,
        provider=attempt.provider,
        environment=attempt.environment,
        vendor_tenant=attempt.vendor_tenant,
    )


@attrs.frozen(kw_only=True)
class _Family:
    """A parent, what it was asked for, and its children."""

    asked: Envelope
    attempt: AttemptRecord
    children: tuple[_View, ...]

    def facts(self, changed: set[str] | None) -> Iterator[tuple[Fact, Trust]]:
        """Tell of the parent what its children show.

        :param changed: ids of the children that have news; ``None`` for all.
        """
        for child in self.children:
            if changed is None or child.id in changed:
                yield from self._people(child)
        covered = {local for child in self.children for local, _ in child.attempt.signatories}
        if {person.id for person in self.asked.signers} <= covered:
            yield from self._ending()
            yield from self._evidence()

    def _people(self, child: _View) -> Iterator[tuple[Fact, Trust]]:
        people = _translation(child.attempt.signatories, self.attempt.signatories)
        documents = _translation(child.attempt.documents, self.attempt.documents)
        for key, trust in child.known.items():
            if not key.type.value.startswith("signatory."):
                continue
            person, document = target_parts(key.target)
            if person not in people or (document and document not in documents):
                continue
            about = target(people[person], documents[document]) if document else target(people[person])
            bare = self._fact(key.type, about, occurrence=key.occurrence)
            yield bare, trust
            for telling in _tellings(child, key):
                yield attrs.evolve(bare, at=telling.at, reason=telling.reason), telling.trust

    def _ending(self) -> Iterator[tuple[Fact, Trust]]:
        """Tell how it ended: in every way in which a child did, and as completed if all are."""
        ends = [
            {kind: child.known[Key(type=kind)] for kind in _ENDINGS if Key(type=kind) in child.known}
            for child in self.children
        ]
        if not all(ends):
            return
        least = min(max(each.values()) for each in ends)
        finished = self._finished()
        for kind in _ENDINGS:
            trusts = [each[kind] for each in ends if kind in each]
            completed = kind is F.ENVELOPE_COMPLETED
            if not trusts or (completed and len(trusts) < len(ends)):
                continue
            yield self._fact(kind, at=finished), min(least, (min if completed else max)(trusts))
            for child in self.children:
                for telling in _tellings(child, Key(type=kind)):
                    if telling.reason or telling.actor:
                        fact = self._fact(kind, reason=telling.reason, actor=telling.actor)
                        yield fact, min(least, telling.trust)

    def _finished(self) -> datetime | None:
        """Return when the last child ended, if that is known of all."""
        times = [
            earliest([each for kind in _ENDINGS for each in _tellings(child, Key(type=kind))])
            for child in self.children
        ]
        known = [at for at in times if at is not None]
        return max(known) if len(known) == len(times) else None

    def _fact(self, kind: FactType, about: str = "", **more: Any) -> Fact:
        return Fact(
            type=kind,
            subject=Subject(ref=self.attempt.vendor_ref or ""),
            target=about,
            inferred=True,
            **more,
        )

    def _evidence(self) -> Iterator[tuple[Fact, Trust]]:
        ready: list[dict[str, Trust]] = []
        for child in self.children:
            kinds: dict[str, Trust] = {}
            for key, trust in child.known.items():
                if key.type is F.EVIDENCE_READY:
                    kind = target_parts(key.target)[0]
                    kinds[kind] = max(trust, kinds.get(kind, trust))
            ready.append(kinds)
        for kind in sorted(set.intersection(*(set(kinds) for kinds in ready))) if ready else ():
            yield self._fact(F.EVIDENCE_READY, target(kind)), min(kinds[kind] for kinds in ready)


def _translation(child: Iterable[tuple[str, str]], parent: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the parent's vendor references by the child's."""
    refs = dict(parent)
    return {ref: refs[local] for local, ref in child if local in refs}


def _tellings(child: _View, key: Key) -> list[Sighting]:
    return [
        each
        for each in child.sightings
        if (each.type, each.target, each.occurrence) == (key.type, key.target, key.occurrence)
    ]
