"""What a demo expects, each as a sentence if it did not hold. No sentence names a person.

Vendors are judged by what they promise. Whoever lets endpoints be registered through its API reports about
every envelope; another vendor may report refusals alone, and then its completions are read. Whatever a vendor
sends has to arrive. Where it carries a one-time proof, the vendor has to have confirmed it; where it carries
none, it may be trusted for a secret that the account's configuration asks for, or be a mere claim, and then
the vendor's API has to have confirmed how the envelope ended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from paraph import (
    Capabilities,
    Capability,
    Envelope,
    Event,
    EventType,
    EvidenceKind,
    Lifecycle,
    SavedEvidence,
    Signatory,
    Snapshot,
)
from paraph.testing.simulator import DeliveryStatus
from paraph_simulator.judge import judge
from paraph_simulator.plan import Part
from paraph_simulator.stage import Post

VERIFIED, CLAIMED = "verified", "claimed"

ENDS = {
    Lifecycle.COMPLETED: EventType.ENVELOPE_COMPLETED,
    Lifecycle.DECLINED: EventType.ENVELOPE_DECLINED,
}


def announced(part: Part, offered: Capabilities) -> bool:
    """Whether a vendor has to tell by webhook how an envelope ends."""
    if part.refused:
        return Capability.WEBHOOKS in offered
    return Capability.MANAGE_WEBHOOKS in offered


def webhooks(posts: Sequence[Post], *, announced: bool) -> Iterator[str]:
    """Every webhook arrived over HTTP, was answered 200, is stored, and is what it has to be."""
    if announced and not posts:
        yield "the vendor sent no webhook"
    for number, post in enumerate(posts, start=1):
        for complaint in _of_webhook(post):
            yield f"webhook {number} of {len(posts)} {complaint}"


def _of_webhook(post: Post) -> Iterator[str]:
    attempts, record = post.delivery.attempts, post.record
    if post.delivery.status is not DeliveryStatus.SUCCESS:
        yield f"did not arrive over HTTP: {attempts[-1].reason if attempts else 'it was never tried'}"
    elif record is None:
        yield "was answered 200 but is not stored"
    elif record.outcome not in ({VERIFIED} if record.proof else {VERIFIED, CLAIMED}):
        yield f"was not verified but {record.outcome or 'left waiting'}"


def news(
    part: Part, events: Iterable[Event], snapshot: Snapshot, envelope: Envelope, offered: Capabilities
) -> Iterator[str]:
    """Everything that had to happen became known, and the envelope ended as it had to."""
    known = {(each.type, each.signatory_id) for each in events if each.envelope_id == envelope.id}
    for kind in (EventType.ENVELOPE_SENT, ENDS[part.ending], *_evidence_news(part, offered)):
        if kind not in {each for each, _ in known}:
            yield f"the event {kind.value} did not become known"
    tells_of_signatures = {Capability.READ_STATUS, Capability.MANAGE_WEBHOOKS} & offered.supported
    for position, person in enumerate(envelope.signers, start=1):
        kind = EventType.SIGNATORY_DECLINED if refuses(part, person, envelope) else EventType.SIGNATORY_SIGNED
        expected = tells_of_signatures or kind is EventType.SIGNATORY_DECLINED
        if expected and (kind, person.id) not in known:
            yield f"the event {kind.value} of signatory {position} did not become known"
    if snapshot.lifecycle is not part.ending:
        yield f"the envelope is {snapshot.lifecycle.value}, not {part.ending.value}"


def _evidence_news(part: Part, offered: Capabilities) -> tuple[EventType, ...]:
    return () if part.refused or not offered.evidence else (EventType.EVIDENCE_READY,)


def refuses(part: Part, person: Signatory, envelope: Envelope) -> bool:
    """Whether it is this signatory who refuses: the last one, after the others have signed."""
    return part.refused and person is envelope.signers[-1]


def certainty(posts: Collection[Post], snapshot: Snapshot, *, confirmed: bool) -> Iterator[str]:
    """No ending rests on claims alone."""
    claims = [each for each in posts if each.record is not None and each.record.outcome == CLAIMED]
    if snapshot.ended and claims and len(claims) == len(posts) and not confirmed:
        yield "its ending rests on claims that nobody confirmed"


def files(saved: Sequence[SavedEvidence], envelope: Envelope) -> Iterator[str]:
    """There is a signed file of every document."""
    signed = {each.evidence.document_id for each in saved if is_signed(each)}
    for document in envelope.signed_documents:
        if document.id not in signed:
            yield f"there is no signed file of document {document.id!r}"


def manifest(folder: Path) -> Iterator[str]:
    """Files and manifest agree."""
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
    saved: Sequence[SavedEvidence],
    signers: Iterable[Signatory],
    originals: Mapping[str, bytes],
    authority_pem: bytes,
) -> Iterator[str]:
    """Each signed PDF is sound before the judge, who trusts the simulator's authority alone."""
    names = [person.full_name for person in signers]
    for each in saved:
        path = Path(each.path or "")
        if is_signed(each) and path.is_file():
            original = originals.get(each.evidence.document_id or "")
            found = judge(path.read_bytes(), signers=names, authority_pem=authority_pem, original=original)
            yield from (f"{path.name}: {finding.message}" for finding in found)


def is_signed(saved: SavedEvidence) -> bool:
    """Whether it is a document with its signatures."""
    return saved.evidence.kind is EvidenceKind.SIGNED_DOCUMENT
