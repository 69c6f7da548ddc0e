"""Reading a workflow, ending it, reminding, links and evidence (contract 2 and 4)."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

import attrs

from paraph.errors import NotReady, VendorError
from paraph.flow import Downloaded, Flow, Sink, new_id, now
from paraph.model import Document, Evidence, EvidenceKind, Fact, FactType, Observation, Source, Subject, Trust
from paraph.model import target as joined
from paraph.provider import Account, Carried, SigningLink
from paraph_sign8 import actions, mapping, wire
from paraph_sign8.dialect.words import WorkflowStatus
from paraph_sign8.params import Cancellation, FileDownload, ReportDownload, SignerRef, WorkflowRef
from paraph_sign8.settings import Sign8Settings
from paraph_sign8.states import facts_of, meaning_of

PDF: Final = "application/pdf"

NOT_YET: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY})
"""Refusals of a download that may mean: not made yet (assumption)."""


def read(carried: Carried, account: Account[Sign8Settings]) -> Flow[Observation]:
    """Read everything the vendor shows; see ``Provider.read``."""
    status = yield from _status(carried, account)
    at = yield from now()
    facts = facts_of(status, carried, account)
    return Observation(source=Source.POLL, trust=Trust.CONFIRMED, observed_at=at, facts=facts)


def _status(carried: Carried, account: Account[Sign8Settings]) -> Flow[wire.Status]:
    wire.require(account, "status")
    return (yield from actions.WORKFLOW_STATUS.run(account, WorkflowRef(workflow_id=_workflow(carried))))


def _workflow(carried: Carried) -> str:
    if not carried.vendor_ref:
        raise NotReady("the envelope has no workflow at SIGN8 yet")
    return carried.vendor_ref


def cancel(carried: Carried, account: Account[Sign8Settings], reason: str) -> Flow[Observation]:
    """Cancel the workflow; one that has ended already is no error, where the status shows it.

    It is asked for once. Whether a call whose answer was lost was heard the status says, if there is one.

    :raises VendorError: it was refused, or its effect is unknown and no status shows an end.
    """
    wire.require(account, "cancel")
    refusal: VendorError | None = None
    try:
        asked = Cancellation(workflow_id=_workflow(carried), reason=reason or None)
        yield from actions.CANCEL_WORKFLOW.run(account, asked)
    except VendorError as error:
        if not account.settings.spoken.offers("status"):
            raise
        refusal = error
    at = yield from now()
    subject = Subject(ref=carried.vendor_ref)
    if not account.settings.spoken.offers("status"):
        done = Fact(type=FactType.ENVELOPE_CANCELLED, subject=subject, native="cancel", reason=reason or None)
        return Observation(source=Source.RESPONSE, trust=Trust.CONFIRMED, observed_at=at, facts=(done,))
    shown: tuple[Fact, ...] = ()
    try:
        status = yield from _status(carried, account)
    except VendorError:
        if refusal is not None:
            raise refusal from None
        # How it ended will be read later.
    else:
        if refusal is not None and meaning_of(status, account.settings.spoken) not in mapping.ENDED:
            raise refusal
        shown = tuple(
            attrs.evolve(fact, reason=reason or None) if fact.type is FactType.ENVELOPE_CANCELLED else fact
            for fact in facts_of(status, carried, account)
        )
    # What was accepted is over for certain. That it was this call that ended it only the status says.
    closed = Fact(type=FactType.ENVELOPE_CLOSED, subject=subject, native="cancel")
    facts = shown if refusal is not None else (closed, *shown)
    return Observation(source=Source.RESPONSE, trust=Trust.CONFIRMED, observed_at=at, facts=facts)


def remind(carried: Carried, account: Account[Sign8Settings], signatory_id: str) -> Flow[Observation]:
    """Remind one signatory. The vendor does so only while the workflow is active (contract 4)."""
    wire.require(account, "remind")
    signer = _signer(carried, signatory_id)
    yield from actions.REMIND_SIGNER.run(account, SignerRef(workflow_id=_workflow(carried), signer_id=signer))
    at = yield from now()
    reminded = Fact(
        type=FactType.SIGNATORY_REMINDED,
        subject=Subject(ref=carried.vendor_ref),
        target=joined(signer),
        occurrence=(yield from new_id()),
        native="remind",
    )
    return Observation(source=Source.RESPONSE, trust=Trust.CONFIRMED, observed_at=at, facts=(reminded,))


def signing_link(carried: Carried, account: Account[Sign8Settings], signatory_id: str) -> Flow[SigningLink]:
    """Ask for the link of one signatory; see ``GivesLinks.signing_link``."""
    wire.require(account, "signature_link")
    signer = _signer(carried, signatory_id)
    asked = SignerRef(workflow_id=_workflow(carried), signer_id=signer)
    try:
        link = yield from actions.SIGNATURE_LINK.run(account, asked)
    except VendorError as error:
        if error.status not in NOT_YET:
            raise
        raise NotReady(
            f"SIGN8 has no link for signatory {signatory_id!r} yet (HTTP {error.status})"
        ) from None
    return SigningLink(signatory_id=signatory_id, url=link.url)


def _signer(carried: Carried, signatory_id: str) -> str:
    found = carried.signatories.get(signatory_id)
    if found is None:
        known = ", ".join(carried.signatories) or "none"
        raise NotReady(f"SIGN8 has no signer for signatory {signatory_id!r} yet; it has: {known}")
    return found


# Evidence


def evidence(carried: Carried, account: Account[Sign8Settings]) -> Flow[tuple[Evidence, ...]]:
    """List what can be fetched: signed files and the audit report, once all have signed (contract 4).

    Where no status can be read nothing shows whether they are made: fetching may say "not ready".

    :raises UnsupportedCapability: the dialect has neither path.
    """
    dialect = account.settings.spoken
    if not dialect.offers("audit_report"):
        wire.require(account, "download")
    if dialect.offers("status"):
        status = yield from _status(carried, account)
        if meaning_of(status, dialect) is not WorkflowStatus.COMPLETED:
            return ()
    return tuple(_artefacts(carried, account))


def _artefacts(carried: Carried, account: Account[Sign8Settings]) -> Iterator[Evidence]:
    dialect = account.settings.spoken
    for document in carried.envelope.signed_documents if dialect.offers("download") else ():
        if document.id in carried.documents:
            yield Evidence(
                key=f"{EvidenceKind.SIGNED_DOCUMENT.value}/{document.id}",
                kind=EvidenceKind.SIGNED_DOCUMENT,
                name=f"{document.id}-signed.pdf",
                document_id=document.id,
                vendor_ref=carried.documents[document.id],
                native="download",
                media_type=PDF,
            )
    if dialect.offers("audit_report") and carried.vendor_ref:
        yield Evidence(
            key=EvidenceKind.AUDIT_TRAIL.value,
            kind=EvidenceKind.AUDIT_TRAIL,
            name="audit-report.pdf",
            vendor_ref=carried.vendor_ref,
            native="audit_report",
            media_type=PDF,
        )


def fetch(
    wanted: Evidence, carried: Carried, account: Account[Sign8Settings], sink: Sink
) -> Flow[Downloaded]:
    """Stream one artefact. A signed document is never what was uploaded, byte for byte.

    :raises NotReady: the vendor has not made it yet, or still gives the unsigned original.
    :raises MalformedResponse: the answer is no PDF; none of it is written unless it pretended to be one.
    """
    workflow = _workflow(carried)
    try:
        if wanted.kind is EvidenceKind.AUDIT_TRAIL:
            report = ReportDownload(workflow_id=workflow, sink=sink)
            return (yield from actions.AUDIT_REPORT.run(account, report))
        file = FileDownload(workflow_id=workflow, file_id=wanted.vendor_ref, sink=sink)
        result = yield from actions.DOWNLOAD_FILE.run(account, file)
    except VendorError as error:
        if error.status not in NOT_YET or (yield from _is_completed(carried, account)):
            raise
        raise NotReady(f"SIGN8 has not made {wanted.key} yet (HTTP {error.status})") from None
    if _original(carried, wanted.document_id, result.sha256) is not None:
        raise NotReady(f"SIGN8 still gives the unsigned original for {wanted.key}; wait for its completion")
    return result


def _is_completed(carried: Carried, account: Account[Sign8Settings]) -> Flow[bool]:
    """Whether the vendor says that all have signed, so that a file that is missing is missing for good."""
    dialect = account.settings.spoken
    if not dialect.offers("status"):
        return False
    return meaning_of((yield from _status(carried, account)), dialect) is WorkflowStatus.COMPLETED


def _original(carried: Carried, local: str | None, sha256: str) -> Document | None:
    documents = carried.envelope.documents
    return next((each for each in documents if each.id == local and each.sha256 == sha256), None)
