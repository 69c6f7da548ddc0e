"""From a workflow's status to facts. Pure (contract 4).

The words of statuses are inferred, so a dialect maps the vendor's own to ours; one that it does not know is
kept as it came and says nothing. What a status states follows from the product's rules:

* completed: all have signed. Recipients then get the signed files and an audit report, so both can be had
  from then on, where the dialect says how. That they are ready in the same moment is our conclusion, marked
  as inferred.
* refused: one refusal ends the workflow (inferred from the vendor's webhook, which speaks of the workflow).
* active, dispatched in parallel: all were invited at once. Where the vendor shows no signers this is
  concluded, marked as inferred. In sequence they have their turn one after the other: nothing is concluded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from paraph.model import EvidenceKind, Fact, FactType, Subject, target
from paraph.provider import Account, Carried
from paraph_sign8 import mapping
from paraph_sign8.dialect import Dialect
from paraph_sign8.dialect.words import Dispatch, SignerStatus, WorkflowStatus
from paraph_sign8.planning import dispatch_of
from paraph_sign8.settings import Sign8Settings
from paraph_sign8.wire import Status

LONGEST_WORD: Final = 128
"""Characters of a native word that are kept."""


def facts_of(status: Status, carried: Carried, account: Account[Sign8Settings]) -> tuple[Fact, ...]:
    """Return everything that a status states about its workflow: the same whenever it is read.

    :param carried: its ``vendor_ref`` is the workflow's id; its documents are those that can be fetched.
    """
    dialect, envelope = account.settings.spoken, Subject(ref=carried.vendor_ref)
    facts = (
        *_workflow(status, dialect, envelope),
        *_signers(status, dialect, envelope),
        *_invited(status, dialect, carried),
        *_evidence(status, dialect, carried),
    )
    return tuple(dict.fromkeys(facts))


def meaning_of(status: Status, dialect: Dialect) -> WorkflowStatus | None:
    """Return what the status word means; ``None`` if there is none, or none that the dialect knows."""
    found = dialect.words.workflow_statuses.get(status.status)
    return None if found is None else WorkflowStatus(found)


def _workflow(status: Status, dialect: Dialect, envelope: Subject) -> Iterator[Fact]:
    word, meaning = status.status[:LONGEST_WORD], meaning_of(status, dialect)
    yield Fact(type=FactType.ENVELOPE_CREATED, subject=envelope, native=word)
    if meaning is None:
        if word:
            yield Fact(type=FactType.UNKNOWN, subject=envelope, target=word, native=word)
        return
    kind = mapping.WORKFLOW_FACTS[meaning]
    if kind is FactType.ENVELOPE_CREATED:
        return
    yield Fact(
        type=kind,
        subject=envelope,
        at=status.ended_at if meaning in mapping.ENDED else None,
        native=word,
        reason=status.reason if meaning is WorkflowStatus.REFUSED else None,
    )


def _signers(status: Status, dialect: Dialect, envelope: Subject) -> Iterator[Fact]:
    for row in status.signers or ():
        word = row.status[:LONGEST_WORD]
        meaning = dialect.words.signer_statuses.get(row.status)
        if meaning is None:
            if word:
                yield Fact(type=FactType.UNKNOWN, subject=envelope, target=word, native=word)
            continue
        kind = mapping.SIGNER_FACTS[SignerStatus(meaning)]
        if kind is not None:
            yield Fact(
                type=kind,
                subject=envelope,
                target=target(row.id),
                at=row.signed_at if kind is FactType.SIGNATORY_SIGNED else None,
                native=word,
                reason=row.reason if kind is FactType.SIGNATORY_DECLINED else None,
            )


def _invited(status: Status, dialect: Dialect, carried: Carried) -> Iterator[Fact]:
    """Conclude from a parallel dispatch what a vendor that shows no signers does not say."""
    if (
        status.signers is not None
        or meaning_of(status, dialect) is not WorkflowStatus.ACTIVE
        or dispatch_of(carried.envelope) is not Dispatch.PARALLEL
    ):
        return
    for ref in carried.signatories.values():
        yield Fact(
            type=FactType.SIGNATORY_INVITED,
            subject=Subject(ref=carried.vendor_ref),
            target=target(ref),
            native=status.status[:LONGEST_WORD],
            inferred=True,
        )


def _evidence(status: Status, dialect: Dialect, carried: Carried) -> Iterator[Fact]:
    if meaning_of(status, dialect) is not WorkflowStatus.COMPLETED:
        return
    found: list[str] = []
    if dialect.offers("download"):
        signed = [document.id for document in carried.envelope.signed_documents]
        known = [carried.documents[each] for each in signed if each in carried.documents]
        found += [target(EvidenceKind.SIGNED_DOCUMENT.value, ref) for ref in known or status.file_ids or ()]
    if dialect.offers("audit_report"):
        found.append(target(EvidenceKind.AUDIT_TRAIL.value))
    for about in found:
        yield Fact(
            type=FactType.EVIDENCE_READY,
            subject=Subject(ref=carried.vendor_ref),
            target=about,
            native=status.status[:LONGEST_WORD],
            inferred=True,
        )
