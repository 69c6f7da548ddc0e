"""What a demo expects, each as a sentence if it did not hold. No sentence names a person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from paraph import Envelope, Event, EventType, EvidenceKind, Lifecycle, SavedEvidence, Snapshot
from paraph.testing.simulator import Delivery, DeliveryStatus
from paraph_simulator.judge import judge
from paraph_simulator.stage import Stage, digest

OF_SIGNATORIES = (EventType.SIGNATORY_OPENED, EventType.SIGNATORY_SIGNED)
OF_ENVELOPE = (EventType.ENVELOPE_SENT, EventType.ENVELOPE_COMPLETED, EventType.EVIDENCE_READY)


def webhooks(stage: Stage, account: str) -> Iterator[str]:
    """Every webhook arrived over HTTP, was answered 200, is stored, and was verified."""
    sent, received = stage.sent(account), stage.received(account)
    if not sent:
        yield "the vendor sent no webhook"
    for number, delivery in enumerate(sent, start=1):
        for complaint in _of_webhook(delivery, {key: each.outcome for key, each in received.items()}):
            yield f"webhook {number} of {len(sent)} {complaint}"


def _of_webhook(delivery: Delivery, outcomes: Mapping[str, str]) -> Iterator[str]:
    last = delivery.attempts[-1] if delivery.attempts else None
    if delivery.status is not DeliveryStatus.SUCCESS or last is None:
        yield f"did not arrive over HTTP: {last.reason if last else 'it was never tried'}"
        return
    outcome = outcomes.get(digest(last.body))
    if outcome is None:
        yield "was answered 200 but is not stored"
    elif outcome != "verified":
        yield f"was not verified but {outcome or 'left waiting'}"


def news(events: Iterable[Event], snapshot: Snapshot, envelope: Envelope) -> Iterator[str]:
    """Everything that had to happen became known, and the envelope is completed."""
    known = {(each.type, each.signatory_id) for each in events if each.envelope_id == envelope.id}
    types = {kind for kind, _ in known}
    for kind in OF_ENVELOPE:
        if kind not in types:
            yield f"the event {kind.value} did not become known"
    for position, person in enumerate(envelope.signers, start=1):
        for kind in OF_SIGNATORIES:
            if (kind, person.id) not in known:
                yield f"the event {kind.value} of signatory {position} did not become known"
    if snapshot.lifecycle is not Lifecycle.COMPLETED:
        yield f"the envelope is {snapshot.lifecycle.value}, not completed"


def files(saved: Sequence[SavedEvidence], envelope: Envelope, folder: Path) -> Iterator[str]:
    """There is a signed file of every document, and files and manifest agree."""
    signed = {each.evidence.document_id for each in saved if _is_signed(each)}
    for document in envelope.signed_documents:
        if document.id not in signed:
            yield f"there is no signed file of document {document.id!r}"
    try:
        entries = json.loads((folder / "manifest.json").read_text())["evidence"]
        listed = {each["file"]: each["sha256"] for each in entries}
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield f"the manifest cannot be read ({type(error).__name__})"
        return
    for name, sha256 in listed.items():
        if not (folder / name).is_file():
            yield f"{name}, which the manifest names, is not there"
        elif hashlib.sha256((folder / name).read_bytes()).hexdigest() != sha256:
            yield f"{name} is not the file whose SHA-256 the manifest has"


def signatures(
    saved: Sequence[SavedEvidence], envelope: Envelope, originals: Mapping[str, bytes], authority_pem: bytes
) -> Iterator[str]:
    """Each signed PDF is sound before the judge, who trusts the simulator's authority alone."""
    names = [person.full_name for person in envelope.signers]
    for each in saved:
        path = Path(each.path or "")
        if _is_signed(each) and path.is_file():
            original = originals.get(each.evidence.document_id or "")
            found = judge(path.read_bytes(), signers=names, authority_pem=authority_pem, original=original)
            yield from (f"{path.name}: {finding.message}" for finding in found)


def _is_signed(saved: SavedEvidence) -> bool:
    return saved.evidence.kind is EvidenceKind.SIGNED_DOCUMENT
