"""Reading a request, ending it, and handing out signing links and evidence (contract 1.1, 7.3, 7.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote, urlencode

import attrs
import httpx

from paraph.errors import NotReady, UnsupportedCapability, VendorError
from paraph.flow import Downloaded, Flow, PdfSink, Sink, download, now, recall, remember, shared
from paraph.model import (
    DeliveryBy,
    Evidence,
    EvidenceKind,
    Fact,
    FactType,
    Observation,
    Secret,
    Signatory,
    Source,
    Subject,
    Trust,
)
from paraph.provider import Account, Capability, Carried, SigningLink, malformed
from paraph_ignisign import actions, kept, mapping
from paraph_ignisign.checks import options_of
from paraph_ignisign.children import children_of
from paraph_ignisign.errors import DOCUMENT_GONE, PROOF_NOT_READY, TOO_LATE, vendor_error
from paraph_ignisign.images import fetch_image, images_of
from paraph_ignisign.params import RequestRef, SignerRef
from paraph_ignisign.settings import IgnisignSettings
from paraph_ignisign.states import PROOF_MADE, facts_of
from paraph_ignisign.wire import Document, RequestContext

PDF_PROOF: Final = "PDF_WITH_SIGNATURES"

PROOF_PATHS: Final = (
    actions.DOCUMENT + "/signature-type/{signatureType}",
    actions.DOCUMENT + "/signatures/{signatureType}",
)
"""Where an artefact is fetched, in the order to try (contract 1.1, rows 1 and 2)."""

PDF_PATHS: Final = (actions.DOCUMENT + "/signature-proof", "/v3/documents/{documentId}/signature-proof")
"""Older paths that know signed PDFs only (rows 4 and 5). The path ``/file`` is never one of them: it
answers the unsigned original."""

PDF_TYPES: Final = frozenset({"", "application/pdf", "application/octet-stream"})
"""Media types of a signed PDF; the vendor documents none, so that a missing one counts."""

UNKNOWN_TYPE: Final = "application/octet-stream"
TYPES: Final[Mapping[str, str]] = {"pdf": "application/pdf", "zip": "application/zip"}
"""Media types by file name extension."""

NOT_OFFERED: Final = "SIGNATURE_PROOF_TYPE_NOT_AVAILABLE"
"""Code that says: this document has no artefact of this type."""


def read(carried: Carried, account: Account[IgnisignSettings]) -> Flow[Observation]:
    """Read everything the vendor shows; see ``Provider.read``."""
    request = carried.vendor_ref
    context = yield from _context(carried, account)
    children = yield from children_of(context, carried, account, request)
    at = yield from now()
    facts = facts_of(context, request)
    if children:
        # What is told with children is about their parent alone, even if that is a child itself.
        facts = tuple(fact for fact in facts if fact.subject.ref == request)
    return Observation(
        source=Source.POLL,
        trust=Trust.CONFIRMED,
        observed_at=at,
        facts=facts,
        # A child may repeat the reference of its parent, which it is not.
        our_reference="" if context.initial_signature_request_id else context.external_id or "",
        children=children,
    )


def _context(carried: Carried, account: Account[IgnisignSettings]) -> Flow[RequestContext]:
    if not carried.vendor_ref:
        raise NotReady("the envelope has no signature request at Ignisign yet")
    return (
        yield from actions.REQUEST_CONTEXT.run(account, RequestRef(signature_request_id=carried.vendor_ref))
    )


def cancel(carried: Carried, account: Account[IgnisignSettings], reason: str) -> Flow[Observation]:
    """Close the request; one that has ended already is no error. The vendor takes no reason.

    :raises NotReady: children were made of it, and they are not known here yet: only these can be closed.
    """
    if not carried.vendor_ref:
        raise NotReady("the envelope has no signature request at Ignisign yet")
    if options_of(carried.envelope).individualize:
        known = yield from _context(carried, account)
        if known.status == mapping.GENERATED:
            raise NotReady(
                "Ignisign has made a request for each signatory; refresh the envelope, then cancel it"
            )
    refusal: VendorError | None = None
    try:
        yield from actions.CLOSE_REQUEST.run(account, RequestRef(signature_request_id=carried.vendor_ref))
    except VendorError as error:
        if not _came_late(error):
            raise
        refusal = error
    at = yield from now()
    shown: tuple[Fact, ...] = ()
    try:
        context = yield from _context(carried, account)
    except VendorError:
        if refusal is not None:
            raise
        # Whether somebody had signed before will be read later.
    else:
        if refusal is not None and context.status not in mapping.ENDED:
            raise refusal
        shown = tuple(
            attrs.evolve(fact, reason=reason or None) if fact.type is FactType.ENVELOPE_CANCELLED else fact
            for fact in facts_of(context, carried.vendor_ref)
        )
    # What was accepted is closed for certain, even if the vendor's own reads lag behind.
    closed = Fact(type=FactType.ENVELOPE_CLOSED, subject=Subject(ref=carried.vendor_ref), native="close")
    facts = shown if refusal is not None else (closed, *shown)
    return Observation(source=Source.RESPONSE, trust=Trust.CONFIRMED, observed_at=at, facts=facts)


def _came_late(error: VendorError) -> bool:
    """Whether a close was refused because the request had ended, perhaps by an attempt before."""
    codes = (error.code, getattr(error.__cause__, "code", None))
    return any(code in TOO_LATE for code in codes)


def close_draft(carried: Carried, account: Account[IgnisignSettings]) -> Flow[bool]:
    """Close a draft and read that it is closed; see ``ClosesDrafts.close_draft``.

    The vendor ends drafts as CANCELLED (source 000, row 2), and publishes nothing but drafts (contract 5).
    """
    before = yield from _context(carried, account)
    if before.status == "DRAFT":
        request = RequestRef(signature_request_id=carried.vendor_ref)
        yield from actions.CLOSE_REQUEST.run(account, request)
        before = yield from _context(carried, account)
    return before.status == "CANCELLED" and not before.signed_by


def signing_link(
    carried: Carried, account: Account[IgnisignSettings], signatory_id: str
) -> Flow[SigningLink]:
    """Build the link of an embedded signing page (contract 7.3); see ``GivesLinks.signing_link``."""
    person = _person(carried, signatory_id)
    if person.delivery is not DeliveryBy.LINK:
        raise UnsupportedCapability(
            account=account.name,
            provider=account.provider,
            capability=Capability.SIGNING_LINK.value,
            hint="Ignisign mails this signatory's link; ask for delivery 'link' when sending",
        )
    signer = carried.signatories.get(signatory_id)
    token = None
    if signer is not None and carried.vendor_ref:
        token = yield from recall(kept.signing_token(signer, carried.vendor_ref))
    if signer is None or token is None:
        raise NotReady("Ignisign has not launched the request yet; the link exists after envelope.sent")
    secret = yield from _signer_secret(signer, account)
    url = sign_url(
        account.settings.sign_url,
        request=carried.vendor_ref,
        signer=signer,
        token=token,
        secret=secret,
        language=person.language,
    )
    return SigningLink(signatory_id=signatory_id, url=url)


def _signer_secret(signer: str, account: Account[IgnisignSettings]) -> Flow[Secret]:
    """Recall a signer's secret, or make a new one: once, since each new one ends those before it."""
    key = kept.signer_secret(signer)

    def renew() -> Flow[Secret]:
        known = yield from recall(key)
        if known is not None:
            return known
        renewed = yield from actions.REGENERATE_SECRET.run(account, SignerRef(signer_id=signer))
        yield from remember(key, renewed.auth_secret)
        return renewed.auth_secret

    known = yield from recall(key)
    if known is not None:
        return known
    # Never fresh: what is kept decides, and sharing only makes callers wait for each other.
    return (yield from shared(key, fresh=lambda _: False, produce=renew))


def _person(carried: Carried, signatory_id: str) -> Signatory:
    found = next((person for person in carried.envelope.signatories if person.id == signatory_id), None)
    if found is None:
        known = ", ".join(person.id for person in carried.envelope.signatories)
        raise NotReady(f"the envelope has no signatory {signatory_id!r}; it has: {known}")
    return found


def sign_url(
    base: str, *, request: str, signer: str, token: Secret, secret: Secret, language: str | None
) -> Secret:
    """Write the address of the embedded signing page, values percent-encoded."""
    query = {
        "token": token.reveal(),
        "signerSecret": secret.reveal(),
        "showTitle": "false",
        "showDescription": "false",
        "darkMode": "false",
        "forceShowDocumentInformations": "false",
    }
    if language:
        query["forceLanguage"] = language.upper()
    path = f"/signature-requests/{quote(request, safe='')}/signers/{quote(signer, safe='')}/sign"
    return Secret(f"{base}{path}?{urlencode(query, quote_via=quote, safe='')}")


def evidence(carried: Carried, account: Account[IgnisignSettings]) -> Flow[tuple[Evidence, ...]]:
    """List the artefacts, once the vendor has made the proofs.

    The legal kit is made separately and nothing shows when: fetching it may still say "not ready".
    """
    context = yield from _context(carried, account)
    if context.signature_proof_status != PROOF_MADE:
        return ()
    kit = account.settings.legal_kit_extension
    return tuple(
        found for document in context.documents or () for found in _artefacts(document, carried, kit)
    )


def _artefacts(document: Document, carried: Carried, kit: str) -> Iterator[Evidence]:
    """List the signed document, the legal kit and the images of signatures of one document.

    What a signed PDF is called is certain; of the others the vendor documents neither extension nor media
    type.
    """
    local = next((local for local, ref in carried.documents.items() if ref == document.id), None)
    label = local or "".join(char if char.isascii() and char.isalnum() else "-" for char in document.id)
    form = mapping.signed_form(document.document_nature, document.mime_type)
    signed = "pdf" if form == PDF_PROOF else "bin"
    made = () if form is None else ((form, signed), (mapping.LEGAL_KIT, kit))
    for native, suffix in made:
        kind = mapping.NATIVE_PROOFS[native]
        yield Evidence(
            key=f"{kind.value}/{label}",
            kind=kind,
            name=f"{label}-{'signed' if kind is EvidenceKind.SIGNED_DOCUMENT else 'legal-kit'}.{suffix}",
            document_id=local,
            vendor_ref=document.id,
            native=native,
            media_type=TYPES.get(suffix, UNKNOWN_TYPE),
        )
    yield from images_of(document, carried, label, local)


def fetch(wanted: Evidence, account: Account[IgnisignSettings], sink: Sink) -> Flow[Downloaded]:
    """Stream one artefact; the disputed path is tried in its spellings on 404 and 405 only.

    :raises NotReady: the vendor has not made it yet, or makes none of this document.
    :raises MalformedResponse: the answer is no PDF where a signed PDF was asked for; none of it is written
        unless it pretended to be one.
    """
    if wanted.kind is EvidenceKind.SIGNATURE_IMAGE:
        return (yield from fetch_image(wanted, account, sink))
    paths = PROOF_PATHS + (PDF_PATHS if wanted.native == PDF_PROOF else ())
    values = {"documentId": wanted.vendor_ref, "signatureType": wanted.native}
    refusals: list[VendorError] = []
    for path in paths:
        request = httpx.Request("GET", actions.API.url(account, path, values))
        pdf = PdfSink(sink)
        result = yield from download(request, pdf if wanted.native == PDF_PROOF else sink)
        error = vendor_error(result.response)
        if error is None:
            return result if wanted.native != PDF_PROOF else _genuine(result, pdf)
        if error.code in PROOF_NOT_READY:
            raise NotReady(f"Ignisign has not made {wanted.key} yet; wait for evidence.ready")
        if error.code == NOT_OFFERED:
            raise NotReady(f"Ignisign makes no {wanted.native} of this document ({wanted.key})")
        if error.status not in actions.ANOTHER_WAY or error.code in DOCUMENT_GONE:
            raise error
        refusals.append(error)
    raise refusals[0]


def _genuine(result: Downloaded, pdf: PdfSink) -> Downloaded:
    """Refuse a page of a proxy, and the description of a signature that the second path may mean."""
    header: str = result.response.headers.get("content-type", "")
    if header.partition(";")[0].strip().lower() not in PDF_TYPES or not pdf.genuine:
        raise malformed(
            result.response, "the vendor answered something else where a signed PDF was asked for"
        )
    return result
