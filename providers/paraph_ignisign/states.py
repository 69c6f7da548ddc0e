"""From a request's context to facts. Pure (contract 5).

Approvers come before signers, and who approved is not shown (contract 5 has an event for the step and nothing
else). Judgements: a published request that waits for no date waits for its approvers; one among ``signedBy``
approved and did not sign; otherwise completion alone tells of approvals. A request whose children were made
stays as it was published: what happens is told of the children.

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
WAITING: Final = "READY"
"""Published and not launched: it waits for its date or its approvers."""
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
    if status in {WAITING, mapping.GENERATED} and context.diffusion_mode == SCHEDULED:
        yield Fact(type=FactType.ENVELOPE_SCHEDULED, subject=envelope, native=status)
    if status == WAITING and context.diffusion_mode != SCHEDULED:
        yield from _invited(context.signer_ids_as_approver, envelope, status, inferred=True)
    if status in mapping.INVITED or context.signed_by:
        yield from _invited(context.signer_ids_as_approver, envelope, status)
        yield from _invited(context.signer_ids, envelope, status)
    if status == mapping.AMBIGUOUS_END:
        kind = how_it_ended(context)
    if kind is not FactType.ENVELOPE_CREATED:
        ended_at = context.closed_at if status in mapping.ENDED else None
        inferred = kind in {FactType.ENVELOPE_CANCELLED, FactType.ENVELOPE_EXPIRED} and (
            status == mapping.AMBIGUOUS_END
        )
        yield Fact(type=kind, subject=envelope, at=ended_at, native=status, inferred=inferred)


def _invited(
    people: tuple[str, ...] | None, envelope: Subject, status: str, *, inferred: bool = False
) -> Iterator[Fact]:
    for person in people or ():
        yield Fact(
            type=FactType.SIGNATORY_INVITED,
            subject=envelope,
            target=target(person),
            native=status,
            inferred=inferred,
        )


def _only_approve(context: RequestContext) -> frozenset[str]:
    """Return who is asked for an approval alone."""
    return frozenset(context.signer_ids_as_approver or ()) - frozenset(context.signer_ids or ())


def how_it_ended(context: RequestContext) -> FactType:
    """Say what the status COMPLETED means for this request."""
    missing = set(context.signer_ids or ()) - set(context.signed_by or ())
    if not context.signer_ids or not context.signed_by:
        return FactType.ENVELOPE_CLOSED
    if not missing:
        return FactType.ENVELOPE_COMPLETED
    if missing <= set(context.signer_ids_as_approver or ()):
        # Only approvers are missing, and these may never be listed as having signed.
        return FactType.ENVELOPE_CLOSED
    if not context.expiration_date_is_activated:
        return FactType.ENVELOPE_CANCELLED
    if context.expiration_date is None or context.closed_at is None:
        return FactType.ENVELOPE_CLOSED
    ran_out = context.closed_at >= context.expiration_date
    return FactType.ENVELOPE_EXPIRED if ran_out else FactType.ENVELOPE_CANCELLED


def _signatures(context: RequestContext, envelope: Subject) -> Iterator[Fact]:
    only_approve = _only_approve(context)
    for signer in context.signed_by or ():
        kind = FactType.SIGNATORY_APPROVED if signer in only_approve else FactType.SIGNATORY_SIGNED
        yield Fact(type=kind, subject=envelope, target=target(signer), native="signedBy")
    for document in context.documents or ():
        for summary in document.signature_summaries or ():
            if summary.signer_id and summary.signer_id not in only_approve:
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
        if mapping.signed_form(document.document_nature, document.mime_type) is not None:
            yield Fact(
                type=kind,
                subject=envelope,
                target=target(EvidenceKind.SIGNED_DOCUMENT.value, document.id),
                native=f"signatureProofStatus {status}",
            )
