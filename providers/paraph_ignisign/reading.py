"""Reading a request, ending it, and handing out signing links and evidence (contract 1.1, 7.3, 7.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote, urlencode

import attrs
import httpx

from paraph.errors import NotReady, UnsupportedCapability, VendorError
from paraph.flow import Downloaded, Flow, Sink, download, now, recall, remember
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
from paraph_ignisign.errors import DOCUMENT_GONE, PROOF_NOT_READY, TOO_LATE, vendor_error
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


UNKNOWN_FILE: Final = ("bin", "application/octet-stream")
FILES: Final[Mapping[str, tuple[str, str]]] = {PDF_PROOF: ("pdf", "application/pdf")}
"""File name extension and media type of an artefact; the vendor documents them for the signed PDF only."""


def read(carried: Carried, account: Account[IgnisignSettings]) -> Flow[Observation]:
    """Read everything the vendor shows; see ``Provider.read``."""
    context = yield from _context(carried, account)
    at = yield from now()
    facts = facts_of(context, carried.vendor_ref, at)
    return Observation(
        source=Source.POLL,
        trust=Trust.CONFIRMED,
        observed_at=at,
        facts=facts,
        our_reference=context.external_id or "",
    )


def _context(carried: Carried, account: Account[IgnisignSettings]) -> Flow[RequestContext]:
    if not carried.vendor_ref:
        raise NotReady("the envelope has no signature request at Ignisign yet")
    return (
        yield from actions.REQUEST_CONTEXT.run(account, RequestRef(signature_request_id=carried.vendor_ref))
    )


def cancel(carried: Carried, account: Account[IgnisignSettings], reason: str) -> Flow[Observation]:
    """Close the request; one that has ended already is no error. The vendor takes no reason."""
    if not carried.vendor_ref:
        raise NotReady("the envelope has no signature request at Ignisign yet")
    refusal: VendorError | None = None
    try:
        yield from actions.CLOSE_REQUEST.run(account, RequestRef(signature_request_id=carried.vendor_ref))
    except VendorError as error:
        if error.code not in TOO_LATE:
            raise
        refusal = error
    at = yield from now()
    facts: tuple[Fact, ...]
    try:
        context = yield from _context(carried, account)
    except VendorError:
        if refusal is not None:
            raise
        # Closed for certain; whether somebody had signed before will be read later.
        facts = (
            Fact(type=FactType.ENVELOPE_CLOSED, subject=Subject(ref=carried.vendor_ref), native="close"),
        )
    else:
        if refusal is not None and context.status not in mapping.ENDED:
            raise refusal
        facts = tuple(
            attrs.evolve(fact, reason=reason or None) if fact.type is FactType.ENVELOPE_CANCELLED else fact
            for fact in facts_of(context, carried.vendor_ref, at)
        )
    return Observation(source=Source.RESPONSE, trust=Trust.CONFIRMED, observed_at=at, facts=facts)


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
    secret = yield from recall(kept.signer_secret(signer))
    if secret is None:
        renewed = yield from actions.REGENERATE_SECRET.run(account, SignerRef(signer_id=signer))
        secret = renewed.auth_secret
        yield from remember(kept.signer_secret(signer), secret)
    url = sign_url(
        account.settings.sign_url,
        request=carried.vendor_ref,
        signer=signer,
        token=token,
        secret=secret,
        language=person.language,
    )
    return SigningLink(signatory_id=signatory_id, url=url)


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
    return tuple(found for document in context.documents or () for found in _artefacts(document, carried))


def _artefacts(document: Document, carried: Carried) -> Iterator[Evidence]:
    form = mapping.SIGNED_FORM.get(document.document_nature or "")
    if form is None:
        return
    local = next((local for local, ref in carried.documents.items() if ref == document.id), None)
    label = local or "".join(char if char.isascii() and char.isalnum() else "-" for char in document.id)
    for native in (form, mapping.LEGAL_KIT):
        kind, suffix, media_type = mapping.NATIVE_PROOFS[native], *FILES.get(native, UNKNOWN_FILE)
        yield Evidence(
            key=f"{kind.value}/{label}",
            kind=kind,
            name=f"{label}-{'signed' if kind is EvidenceKind.SIGNED_DOCUMENT else 'legal-kit'}.{suffix}",
            document_id=local,
            vendor_ref=document.id,
            native=native,
            media_type=media_type,
        )


def fetch(wanted: Evidence, account: Account[IgnisignSettings], sink: Sink) -> Flow[Downloaded]:
    """Stream one artefact; the disputed path is tried in its spellings on 404 and 405 only.

    :raises NotReady: the vendor has not made it yet.
    """
    paths = PROOF_PATHS + (PDF_PATHS if wanted.native == PDF_PROOF else ())
    values = {"documentId": wanted.vendor_ref, "signatureType": wanted.native}
    refusals: list[VendorError] = []
    for path in paths:
        request = httpx.Request("GET", actions.API.url(account, path, values))
        result = yield from download(request, sink)
        error = vendor_error(result.response)
        if error is None:
            return _genuine(result, wanted)
        if error.code in PROOF_NOT_READY:
            raise NotReady(f"Ignisign has not made {wanted.key} yet; wait for evidence.ready")
        if error.status not in actions.ANOTHER_WAY or error.code in DOCUMENT_GONE:
            raise error
        refusals.append(error)
    raise refusals[0]


def _genuine(result: Downloaded, wanted: Evidence) -> Downloaded:
    """Refuse the description of a signature where the second path means that (contract 1.1)."""
    media_type = result.response.headers.get("content-type", "")
    if wanted.native == PDF_PROOF and media_type.startswith("application/json"):
        raise malformed(result.response, "the vendor answered JSON where a signed PDF was asked for")
    return result
