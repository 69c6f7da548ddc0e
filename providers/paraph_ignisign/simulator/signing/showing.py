"""The pages as HTML: what is said and asked, and what the page around is told.

Which code a page tells its embedder when a visit ends without a signature is an assumption: no source maps
the codes of appendix B to situations.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import HTMLResponse, Response

from paraph.testing.simulator import pages, papers
from paraph.testing.simulator.pages import Field, Markup, PageState
from paraph.testing.simulator.words import Words
from paraph_ignisign.simulator.contents import decoded_hash
from paraph_ignisign.simulator.model import Document
from paraph_ignisign.simulator.signing.visit import Look, Visit
from paraph_ignisign.simulator.tenant import Tenant

_MEDIA_TYPES = {
    "PDF": "application/pdf",
    "PDF_ENCRYPTED": "application/pdf",
    "DATA_JSON": "application/json",
    "DATA_XML": "application/xml",
}
# What a sentence can hold; a table or a picture is shown as it was written.
_LEADING = re.compile(r"^(#{1,6}|[-*+]|>)[ \t]+", re.MULTILINE)
_LINK = re.compile(r"\[([^\[\]]+)\]\(([^()\s]+)\)")
_EMPHASIS = re.compile(r"(\*\*|__|[*`])(?=\S)([^*`]+?)(?<=\S)\1")
_CODES = {
    "CANCELLED": "SIGNATURE_REQUEST_CANCELLED",
    "EXPIRED": "SIGNATURE_SESSION_EXPIRED",
    "COMPLETED": "SIGNATURE_REQUEST_COMPLETED",
    "FAILED": "SIGNATURE_REQUEST_FAILED",
}


def media_type(document: Document) -> str:
    """Return the media type that a document's content is shown and served with."""
    return _MEDIA_TYPES.get(document.nature or "", document.mime_type or "application/octet-stream")


def form_page(tenant: Tenant, visit: Visit, *, form: Mapping[str, str], complaint: str = "") -> Response:
    """Return the page to sign or approve on; `form` is what was filled in before the `complaint`."""
    wanted, look, words = visit.wanted, visit.look, visit.look.words
    parts = [pages.notice(complaint)] if complaint else []
    if look.description and wanted.fields.get("description"):
        parts.append(pages.text(wanted.fields["description"]))
    parts += [_document(visit, one) for one in tenant.documents_of(wanted)]
    controls: list[Field | Markup] = []
    if statements := statement_fields(visit, form):
        controls.append(pages.group(words.statements, map(pages.control, statements)))
    if not visit.approves:
        controls.append(pages.signature(words, name="fullName", value=form.get("fullName", "").strip()))
    controls.append(consent_field(visit, form))
    submit = words.approve if visit.approves else words.sign
    parts.append(pages.form(visit.address("sign"), controls, submit=submit))
    html = pages.page(
        wanted.fields.get("title") or words.documents,
        PageState.SIGN,
        parts,
        language=words.language,
        theme=look.theme,
        heading=look.title,
        script=True,
    )
    return HTMLResponse(html, status_code=400 if complaint else 200)


def statement_fields(visit: Visit, form: Mapping[str, str]) -> list[Field]:
    """Return a check box for each statement of the request; an approver confirms none."""
    statements = () if visit.approves else visit.wanted.statements
    return [
        Field(name=name, label=plain(one["labelMd"]), checkbox=True, value=form.get(name, ""))
        for name, one in ((f"statement-{index}", one) for index, one in enumerate(statements))
    ]


def plain(markdown: str) -> str:
    """Return a statement without the marks of Markdown; the address of a link stands behind its words."""
    words = _LINK.sub(r"\1 (\2)", _LEADING.sub("", markdown))
    return _EMPHASIS.sub(r"\2", words).strip()


def consent_field(visit: Visit, form: Mapping[str, str]) -> Field:
    """Return the check box without which nothing happens."""
    words = visit.look.words
    label = words.consent_to_approve if visit.approves else words.consent
    return Field(name="consent", label=label, checkbox=True, value=form.get("consent", ""))


def thanks(visit: Visit, signature_ids: Sequence[str]) -> Response:
    """Return the page after signing or approving."""
    words = visit.look.words
    said = words.approved if visit.approves else words.signed
    return end(words.thanks, PageState.DONE, said, look=visit.look, messages=_finalized(visit, signature_ids))


def ended(tenant: Tenant, visit: Visit) -> Response | None:
    """Return the page for somebody who has nothing to do here any more, or not yet; None if they have."""
    wanted, signer, words = visit.wanted, visit.signer, visit.look.words
    if wanted.turn(signer.id) is not None:
        return None
    if signer.id in wanted.signed_by:
        own = (one for document in tenant.documents_of(wanted) for one in document.signatures)
        messages = _finalized(visit, [one.id for one in own if one.signer_id == signer.id])
        return end(words.already_signed, PageState.DONE, words.signed, look=visit.look, messages=messages)
    if visit.approves and signer.id in wanted.approved_by:
        return end(words.already_approved, PageState.DONE, words.approved, look=visit.look)
    reasons = {
        "READY": words.not_open,
        "LAUNCHING": words.not_open,
        "CANCELLED": words.cancelled,
        "EXPIRED": words.expired,
    }
    said = reasons.get(wanted.status, words.closed)
    messages = error_messages(_CODES.get(wanted.status, "SIGNATURE_REQUEST_BAD_STATUS"))
    return end(words.cannot, PageState.CLOSED, said, look=visit.look, messages=messages)


def error_messages(code: str) -> list[dict[str, Any]]:
    """Return what an embedded page tells the page around when it cannot go on."""
    return [{"type": "SIGNATURE_ERROR", "data": {"errorCode": code}}]


def end(
    title: str,
    state: PageState,
    said: str,
    *,
    look: Look,
    status: int = 200,
    messages: Sequence[Mapping[str, Any]] = (),
) -> Response:
    """Return a page that offers nothing more."""
    html = pages.page(
        title,
        state,
        [pages.ending(said)],
        language=look.words.language,
        theme=look.theme,
        messages=messages,
    )
    return HTMLResponse(html, status_code=status)


def _finalized(visit: Visit, signature_ids: Sequence[str]) -> list[dict[str, Any]]:
    # What an approver's page tells is not known; a signature it is not.
    data = {"signatureIds": list(signature_ids)}
    return [] if visit.approves else [{"type": "SIGNATURE_FINALIZED", "data": data}]


def _document(visit: Visit, document: Document) -> Markup:
    words, unfolded = visit.look.words, visit.look.document_details
    details = _details(document, words)
    if document.nature == "PRIVATE_FILE":
        return papers.show_private(
            document.label,
            words,
            details,
            document_id=document.id,
            external_id=document.details.get("externalId") or "",
            sha256=decoded_hash(document.hash or "").hex(),
            unfolded=unfolded,
        )
    if document.content is None:
        return pages.card(document.label, [pages.text(words.unavailable)])
    paper = papers.Paper(
        label=document.label,
        content=document.content,
        media_type=media_type(document),
        address=visit.address(f"documents/{document.id}"),
        sheet=lambda number: visit.address(f"documents/{document.id}/sheets/{number}"),
    )
    return papers.show(paper, words, details, unfolded=unfolded)


def _details(document: Document, words: Words) -> list[tuple[str, str]]:
    private = document.nature == "PRIVATE_FILE"
    return [
        (words.file_name, document.file_name or ""),
        (words.media_type, "" if private else media_type(document)),
        (words.size, "" if document.content is None else str(len(document.content))),
        (words.fingerprint, decoded_hash(document.hash or "").hex()),
    ]
