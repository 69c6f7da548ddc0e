"""The snapshot: what a stream's sightings show of an envelope, as people want to see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from paraph.ledger import best_of, earliest, parties, roster_of, told
from paraph.lifecycle import ORDER, Key, closure, lifecycle_of
from paraph.model import (
    Activity,
    Attention,
    Decision,
    DeliveryBy,
    DeliveryState,
    Ending,
    Envelope,
    FactType,
    Lifecycle,
    Signatory,
    SignatoryState,
    Snapshot,
    Trust,
    Turn,
    Verb,
)
from paraph.model.fact import SEPARATOR, target
from paraph.store.records import AttemptRecord, AttemptState, EnvelopeRecord, Sighting

F = FactType


def snapshot_of(
    record_: EnvelopeRecord,
    envelope: Envelope,
    attempt: AttemptRecord | None,
    sightings: Sequence[Sighting],
    *,
    environment: str,
    provider: str,
    children: tuple[str, ...] = (),
) -> Snapshot:
    """Project what is known of an envelope from its current attempt's sightings.

    :param children: ids of the envelopes that were made of it.
    """
    known = closure(told(sightings), roster_of(attempt, envelope))
    state, ending_fact = lifecycle_of(known)
    decided = {parties(key)[0] for key in known if key.type in {F.SIGNATORY_SIGNED, F.SIGNATORY_APPROVED}}
    refs = dict(attempt.signatories) if attempt else {}
    complete = state is Lifecycle.COMPLETED or all(refs.get(each.id) in decided for each in envelope.signers)
    partially = bool(decided) and not complete
    sent = Key(type=F.ENVELOPE_SENT)
    return Snapshot(
        id=record_.id,
        account=record_.account,
        provider=provider,
        environment=environment,
        reference=record_.reference,
        attempt=attempt.number if attempt else 0,
        vendor_ref=attempt.vendor_ref if attempt else None,
        lifecycle=state,
        ending=_ending(ending_fact, state, sightings, partially=partially) if ending_fact else None,
        partially_signed=partially,
        signatories=tuple(
            _signatory(person, refs.get(person.id), known, sightings, envelope, ended=state.ended)
            for person in envelope.signatories
        ),
        evidence_ready=tuple(
            sorted({key.target.partition(SEPARATOR)[0] for key in known if key.type is F.EVIDENCE_READY})
        ),
        attention=tuple(_attention(known, state, attempt)),
        parent=record_.parent,
        children=children,
        native=tuple(sorted({sighting.native for sighting in sightings if sighting.native})),
        sent_at=earliest([each for each in sightings if each.type is F.ENVELOPE_SENT])
        if sent in known
        else None,
    )


def _ending(fact: FactType, state: Lifecycle, sightings: Sequence[Sighting], *, partially: bool) -> Ending:
    tellings = [sighting for sighting in sightings if sighting.type is fact]
    closings = [sighting for sighting in sightings if sighting.type is F.ENVELOPE_CLOSED]
    best = best_of(tellings)
    return Ending(
        kind=state,
        reason=best.reason if best else None,
        actor=best.actor if best else "",
        at=earliest(tellings) or earliest(closings),
        partially_signed=partially,
    )


_DECISIONS = (
    (F.SIGNATORY_SIGNED, Decision.SIGNED),
    (F.SIGNATORY_APPROVED, Decision.APPROVED),
    (F.SIGNATORY_DECLINED, Decision.DECLINED),
)


def _signatory(
    person: Signatory,
    ref: str | None,
    known: Mapping[Key, Trust],
    sightings: Sequence[Sighting],
    envelope: Envelope,
    *,
    ended: bool,
) -> SignatoryState:
    """Show one signatory on four axes, each from its own facts.

    Where the vendor tells who was invited, nobody else has their turn; otherwise the first stage has it once
    the envelope is sent. Who gets a copy never has one.
    """
    seen = {key.type for key in known if ref and parties(key)[0] == ref}
    names_told = any(each.type is F.SIGNATORY_INVITED for each in sightings)
    all_asked = Key(type=F.ENVELOPE_SENT) in known and not names_told
    decision = next((word for fact, word in _DECISIONS if fact in seen), Decision.NONE)
    acting = [each.stage for each in envelope.signers]
    first = person.verb is not Verb.RECEIVE_COPY and person.stage == min(acting, default=person.stage)
    if decision is not Decision.NONE or ended:
        turn = Turn.DONE
    elif F.SIGNATORY_INVITED in seen or (all_asked and first):
        turn = Turn.ACTIVE
    else:
        turn = Turn.WAITING
    mailed = all_asked and turn is Turn.ACTIVE and person.delivery is DeliveryBy.EMAIL
    if F.SIGNATORY_DELIVERY_FAILED in seen:
        delivery = DeliveryState.FAILED
    elif F.SIGNATORY_INVITED in seen or mailed:
        delivery = DeliveryState.SENT
    else:
        delivery = DeliveryState.PENDING
    if F.SIGNATORY_DOCUMENT_SIGNED in seen and decision is Decision.NONE:
        activity = Activity.SIGNING
    elif F.SIGNATORY_OPENED in seen:
        activity = Activity.OPENED
    else:
        activity = Activity.NONE
    tellings, at = _decision_tellings(decision, ref, sightings)
    best = best_of(tellings)
    return SignatoryState(
        id=person.id,
        vendor_ref=ref,
        turn=turn,
        delivery=delivery,
        activity=activity,
        decision=decision,
        decided_at=at,
        reason=best.reason if best else None,
    )


def _decision_tellings(
    decision: Decision, ref: str | None, sightings: Sequence[Sighting]
) -> tuple[Sequence[Sighting], datetime | None]:
    """Return who told of a decision and when it was made: with the last document, if only those are told."""
    fact = next((fact for fact, word in _DECISIONS if word is decision), None)
    named = target(ref or "")
    tellings = [each for each in sightings if each.type is fact and each.target == named]
    at = earliest(tellings)
    if at is None and decision is Decision.SIGNED:
        each_document = [
            each
            for each in sightings
            if each.type is F.SIGNATORY_DOCUMENT_SIGNED and each.target.startswith(f"{named}{SEPARATOR}")
        ]
        at = max((each.at for each in each_document if each.at is not None), default=None)
    return tellings, at


def _attention(
    known: Mapping[Key, Trust], state: Lifecycle, attempt: AttemptRecord | None
) -> Iterable[Attention]:
    types = {key.type.value for key in known if key.type is not F.ENVELOPE_CLAIMED}
    for key in sorted(known, key=lambda key: (ORDER[key.type], key.target)):
        if key.type is F.ENVELOPE_CLAIMED and key.target not in types:
            yield Attention(code="claimed", message=f"{key.target} was claimed without proof; read the state")
        if key.type is F.UNKNOWN:
            yield Attention(
                code="unknown_word", message=f"the vendor said {key.target}, which paraph has no word for"
            )
    if Key(type=F.ENVELOPE_CLOSED) in known and state is Lifecycle.FINALIZING:
        yield Attention(code="ending_unknown", message="the vendor closed it; a read tells how it ended")
    if attempt is not None and attempt.state is AttemptState.OPEN:
        yield Attention(
            code="send_unfinished", message="the send was interrupted; client.resume continues it"
        )
