"""From a request's context to facts. Pure (contract 5).

The vendor's status COMPLETED does not say that all have signed: it is also the end of a request
that was cancelled, or ran out, after somebody had. Who signed (``signedBy``) decides. Where not all did, the
vendor's own time of closing tells the two apart, never our clock: two reads of one request must not state two
endings. Judgements, marked as inferred: without an activated expiration only a person can have ended it;
one that was closed at its expiration date or later ran out (the vendor acts on expirations every five
minutes, so a person's cancellation within these is told as expired); one closed before was cancelled. Where
the vendor does not show the time of closing, or who signed, ``closed`` is all that is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from paraph.model import EvidenceKind, Fact, FactType, Subject, target
from paraph_ignisign import mapping
from paraph_ignisign.wire import RequestContext

SCHEDULED: Final = "SCHEDULED"
PROOF_MADE: Final = "CREATED"
PROOF_FAILED: Final = "ON_ERROR"


def facts_of(context: RequestContext, request: str) -> tuple[Fact, ...]:
    """Return everything that a context states about its request: the same whenever it is read."""
    envelope = Subject(ref=request)
    facts = [
        *_progress(context, envelope),
        *_signatures(context, envelope),
        *_proofs(context, envelope),
    ]
    parent = context.initial_signature_request_id
    if parent and parent != request:
        facts.append(Fact(type=FactType.ENVELOPE_CHILD, subject=Subject(ref=parent), target=target(request)))
    return tuple(dict.fromkeys(facts))


def _progress(context: RequestContext, envelope: Subject) -> Iterator[Fact]:
    status = context.status
    yield Fact(type=FactType.ENVELOPE_CREATED, subject=envelope, at=context.created_at, native=status)
    kind = mapping.STATUSES.get(status)
    if kind is None:
        yield Fact(type=FactType.UNKNOWN, subject=envelope, target=status[:128], native=status[:128])
        return
    if status == "READY" and context.diffusion_mode == SCHEDULED:
        yield Fact(type=FactType.ENVELOPE_SCHEDULED, subject=envelope, native=status)
    if status in mapping.INVITED or context.signed_by:
        for signer in context.signer_ids or ():
            yield Fact(
                type=FactType.SIGNATORY_INVITED, subject=envelope, target=target(signer), native=status
            )
    if status == mapping.AMBIGUOUS_END:
        kind = how_it_ended(context)
    if kind is not FactType.ENVELOPE_CREATED:
        ended_at = context.closed_at if status in mapping.ENDED else None
        inferred = kind in {FactType.ENVELOPE_CANCELLED, FactType.ENVELOPE_EXPIRED} and (
            status == mapping.AMBIGUOUS_END
        )
        yield Fact(type=kind, subject=envelope, at=ended_at, native=status, inferred=inferred)


def how_it_ended(context: RequestContext) -> FactType:
    """Say what the status COMPLETED means for this request."""
    if not context.signer_ids or not context.signed_by:
        return FactType.ENVELOPE_CLOSED
    if set(context.signer_ids) <= set(context.signed_by):
        return FactType.ENVELOPE_COMPLETED
    if not context.expiration_date_is_activated:
        return FactType.ENVELOPE_CANCELLED
    if context.expiration_date is None or context.closed_at is None:
        return FactType.ENVELOPE_CLOSED
    ran_out = context.closed_at >= context.expiration_date
    return FactType.ENVELOPE_EXPIRED if ran_out else FactType.ENVELOPE_CANCELLED


def _signatures(context: RequestContext, envelope: Subject) -> Iterator[Fact]:
    for signer in context.signed_by or ():
        yield Fact(type=FactType.SIGNATORY_SIGNED, subject=envelope, target=target(signer), native="signedBy")
    for document in context.documents or ():
        for summary in document.signature_summaries or ():
            if summary.signer_id:
                yield Fact(
                    type=FactType.SIGNATORY_DOCUMENT_SIGNED,
                    subject=envelope,
                    target=target(summary.signer_id, document.id),
                    at=summary.date,
                    native="signatureSummaries",
                )


def _proofs(context: RequestContext, envelope: Subject) -> Iterator[Fact]:
    status = context.signature_proof_status or ""
    kind = {PROOF_MADE: FactType.EVIDENCE_READY, PROOF_FAILED: FactType.EVIDENCE_FAILED}.get(status)
    if kind is None:
        return
    for document in context.documents or ():
        if document.document_nature in mapping.SIGNED_FORM:
            yield Fact(
                type=kind,
                subject=envelope,
                target=target(EvidenceKind.SIGNED_DOCUMENT.value, document.id),
                native=f"signatureProofStatus {status}",
            )
