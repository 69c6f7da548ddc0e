"""Taking over an envelope that was made elsewhere: whose it is, and the records that it gets.

Theory of operation
===================

* What the vendor shows (:class:`~paraph.provider.Adopted`) becomes an envelope like every other, with one
  attempt that is published. Its id is derived from provider, tenant and vendor reference: whoever takes it
  over, it is the same, and taking it over twice makes one.
* Somebody who still has the envelope may give it: then local ids, titles and roles are theirs, and only the
  vendor's references come from the vendor. Each signatory and document has to be found among what the vendor
  shows (:func:`matched`), by what says it for certain, never by its position: a signature must not be told of
  somebody else.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

import attrs

from paraph.errors import InvalidEnvelope, UsageError
from paraph.ledger import Origin, stream_of
from paraph.model import Document, Envelope, Problem, Signatory, SubjectKind, Verb
from paraph.model.fact import EVENT_NAMESPACE
from paraph.preflight import neutral_problems
from paraph.provider.adopted import Adopted
from paraph.store.protocol import Transaction
from paraph.store.records import AttemptRecord, AttemptState, EnvelopeRecord, PollRecord

Pairs = tuple[tuple[str, str], ...]
T = TypeVar("T", Signatory, Document)

Ways = Sequence[Callable[[T], str]]
"""What two descriptions of one thing may have in common, the surest first; an empty text says nothing."""

PASSED: Final = frozenset({"datetime.past", "document.empty", "name.missing", "email.missing"})
"""What is against sending an envelope, and not against one that was sent: its times may have passed, and of
its content and people the vendor knows enough."""


def adopted_id(origin: Origin, vendor_ref: str, what: str = "envelope") -> str:
    """Return the id of an envelope, or of its attempt, that is taken over without a description."""
    parts = (what, origin.provider, origin.vendor_tenant, vendor_ref)
    return uuid.uuid5(EVENT_NAMESPACE, "adopted" + "".join(f":{len(part)}:{part}" for part in parts)).hex


def matched(given: Envelope, found: Adopted, now: datetime) -> Adopted:
    """Describe what was found as it was given, with the vendor's references.

    :raises InvalidEnvelope: it is no envelope, or not this one; nothing personal is repeated.
    """
    problems = [each for each in neutral_problems(given, now) if each.code not in PASSED]
    people, missing = _pairs(
        "signatories",
        [(index, each) for index, each in enumerate(given.signatories) if each.verb is not Verb.RECEIVE_COPY],
        {each.id: each for each in found.envelope.signatories},
        found.signatories,
        (lambda each: each.email.strip().lower(),),
    )
    documents, lost = _pairs(
        "documents",
        list(enumerate(given.documents)),
        {each.id: each for each in found.envelope.documents},
        found.documents,
        (lambda each: each.sha256, lambda each: each.name),
    )
    problems += [*missing, *lost]
    if problems:
        raise InvalidEnvelope("this envelope is not the one that the vendor shows", problems)
    known = {ref: local for local, ref in found.documents}
    names = {known[ref]: local for local, ref in documents}
    children = tuple(
        attrs.evolve(
            child, documents=tuple((names[one], ref) for one, ref in child.documents if one in names)
        )
        for child in found.observation.children
    )
    return attrs.evolve(
        found,
        envelope=given,
        signatories=people,
        documents=documents,
        observation=attrs.evolve(found.observation, signatories=(), children=children),
    )


def _pairs(
    what: str, given: Sequence[tuple[int, T]], shown: dict[str, T], refs: Pairs, ways: Ways[T]
) -> tuple[Pairs, list[Problem]]:
    """Find each of the given among what is shown; what is shown and not given is a problem, too."""
    left = {ref: shown.get(local) for local, ref in refs}
    local_of = {ref: local for local, ref in refs}
    if not left:
        return (), []  # this vendor shows none: they become known when it tells of them
    pairs: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for index, one in given:
        ref = _found(one, left, local_of, ways, alone=len(given) == len(refs) == 1)
        if ref is None:
            problems.append(
                Problem(
                    path=f"{what}[{index}]",
                    code="adopt.unmatched",
                    message="the vendor shows nothing that is certainly this one",
                    hint=f"its id may be the vendor's own, one of: {', '.join(local_of)}",
                )
            )
        else:
            del left[ref]
            pairs.append((one.id, ref))
    if left and not problems:
        problems.append(
            Problem(
                path=what,
                code="adopt.missing",
                message=f"the vendor shows {len(refs)}, and {len(given)} are described",
                hint=f"not described: {', '.join(left)}",
            )
        )
    return tuple(pairs), problems


def _found(
    one: T, left: dict[str, T | None], local_of: dict[str, str], ways: Ways[T], *, alone: bool
) -> str | None:
    if one.id in left:
        return one.id
    same = [ref for ref in left if local_of[ref] == one.id]
    if same:
        return same[0]
    for way in ways:
        wanted = way(one)
        same = [ref for ref, other in left.items() if wanted and other is not None and way(other) == wanted]
        if len(same) == 1:
            return same[0]
    return next(iter(left), None) if alone else None


def the_ref(found: Adopted) -> str:
    """Return the reference that an observation is about. :raises ValueError: it is about none, or several."""
    about = {
        fact.subject.ref for fact in found.observation.facts if fact.subject.kind is SubjectKind.ENVELOPE
    }
    if len(about) != 1:
        msg = f"what is adopted is one envelope, not {len(about)}"
        raise ValueError(msg)
    return about.pop()


def make(
    tx: Transaction,
    found: Adopted,
    origin: Origin,
    *,
    at: datetime,
    poll_after: timedelta,
    dump: Callable[[Envelope], str],
    envelope_id: str | None,
) -> str:
    """Add the records of an envelope that is taken over, and return its id.

    :param envelope_id: the id of the given description; ``None`` derives one.
    :raises UsageError: that id is used for another envelope.
    """
    ref = the_ref(found)
    name = envelope_id or adopted_id(origin, ref)
    envelope = attrs.evolve(found.envelope, id=name)
    added = tx.add_envelope(
        EnvelopeRecord(
            id=name,
            account=origin.account,
            reference=envelope.reference,
            tenant=envelope.tenant,
            created_at=at,
            body=dump(envelope),
        )
    )
    if not added:
        msg = f"envelope id {name!r} is used for another envelope here; give the description a new one"
        raise UsageError(msg)
    attempt = AttemptRecord(
        id=adopted_id(origin, ref, "attempt"),
        envelope_id=name,
        number=1,
        account=origin.account,
        provider=origin.provider,
        environment=origin.environment,
        vendor_tenant=origin.vendor_tenant,
        state=AttemptState.PUBLISHED,
        vendor_ref=ref,
        signatories=found.signatories,
        documents=found.documents,
        started_at=at,
    )
    tx.put_attempt(attempt)
    tx.put_poll(PollRecord(attempt_id=attempt.id, account=origin.account, next_at=at + poll_after))
    tx.adopt_events(stream_of(origin, SubjectKind.ENVELOPE, ref), envelope_id=name)
    return name
