"""From a request's context to facts. Pure (contract 5).

The vendor's status COMPLETED does not say that all have signed: it is also the end of a request
that was cancelled, or ran out, after somebody had. Who signed (``signedBy``) decides. Where not all did, the
clock tells the two apart: an activated expiration date that had passed when the request was closed means
expired, anything else cancelled; both are marked as inferred. Where the vendor does not show who signed,
``closed`` is all that is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from paraph.model import EvidenceKind, Fact, FactType, Subject
from paraph_ignisign import mapping
from paraph_ignisign.wire import RequestContext

SCHEDULED: Final = "SCHEDULED"
PROOF_MADE: Final = "CREATED"
PROOF_FAILED: Final = "ON_ERROR"


def facts_of(context: RequestContext, request: str, at: datetime) -> tuple[Fact, ...]:
    """Return everything that a context states about its request.

    :param at: now, aware UTC: for an end whose time the vendor does not show.
    """
    envelope = Subject(ref=request)
    facts = [
        *_progress(context, envelope, at),
        *_signatures(context, envelope),
        *_proofs(context, envelope),
    ]
    parent = context.initial_signature_request_id
    if parent and parent != request:
        facts.append(Fact(type=FactType.ENVELOPE_CHILD, subject=Subject(ref=parent), target=request))
    return tuple(dict.fromkeys(facts))


def _progress(context: RequestContext, envelope: Subject, at: datetime) -> Iterator[Fact]:
    status = context.status
    yield Fact(type=FactType.ENVELOPE_CREATED, subject=envelope, at=context.created_at, native=status)
    kind = mapping.STATUSES.get(status)
    if kind is None:
        yield Fact(type=FactType.UNKNOWN, subject=envelope, target=status[:128], native=status[:128])
        return
    if status == "READY" and context.diffusion_mode == SCHEDULED:
        yield Fact(type=FactType.ENVELOPE_SCHEDULED, subject=envelope, native=status)
    if status in mapping.INVITED:
        for signer in context.signer_ids or ():
            yield Fact(type=FactType.SIGNATORY_INVITED, subject=envelope, target=signer, native=status)
    if status == mapping.AMBIGUOUS_END:
        kind = how_it_ended(context, at)
    if kind is not FactType.ENVELOPE_CREATED:
        ended_at = context.closed_at if status in mapping.ENDED else None
        inferred = kind in {FactType.ENVELOPE_CANCELLED, FactType.ENVELOPE_EXPIRED} and (
            status == mapping.AMBIGUOUS_END
        )
        yield Fact(type=kind, subject=envelope, at=ended_at, native=status, inferred=inferred)


def how_it_ended(context: RequestContext, at: datetime) -> FactType:
    """Say what the status COMPLETED means for this request."""
    if not context.signer_ids or not context.signed_by:
        return FactType.ENVELOPE_CLOSED
    if set(context.signer_ids) <= set(context.signed_by):
        return FactType.ENVELOPE_COMPLETED
    limit = context.expiration_date if context.expiration_date_is_activated else None
    if limit is not None and limit <= (context.closed_at or at):
        return FactType.ENVELOPE_EXPIRED
    return FactType.ENVELOPE_CANCELLED


def _signatures(context: RequestContext, envelope: Subject) -> Iterator[Fact]:
    for signer in context.signed_by or ():
        yield Fact(type=FactType.SIGNATORY_SIGNED, subject=envelope, target=signer, native="signedBy")
    for document in context.documents or ():
        for summary in document.signature_summaries or ():
            if summary.signer_id:
                yield Fact(
                    type=FactType.SIGNATORY_DOCUMENT_SIGNED,
                    subject=envelope,
                    target=f"{summary.signer_id}/{document.id}",
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
                target=f"{EvidenceKind.SIGNED_DOCUMENT.value}/{document.id}",
                occurrence=status if kind in mapping.REPEATING else "",
                native=f"signatureProofStatus {status}",
            )
