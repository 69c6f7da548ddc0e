"""What proves a signature: made by signing, handed out once the proofs are generated.

PDF_WITH_SIGNATURES is the signed file itself. SIGNED_DATA and ADVANCED_LEGAL_KIT are JSON and ZIP in the
simulator's own shape: the vendor's is not published (contract 5). C2PA is not implemented there either. Of
one signature there is, of a PDF, its revision (PADES_ATTACHED) and the CMS in it (CADES); of anything else a
detached JWS (JWSDET) over the content, or over the bytes of a private file's hash; of a bare signature the
CMS that is its proof there (PKCS7 or CADES by the level, an assumption: contract 7.7 names both).
"""

import base64
import hashlib
import io
import json
import zipfile
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from starlette.responses import Response

from paraph.testing.simulator import SigningIdentity, sign_pdf
from paraph_ignisign.simulator import cms, jws
from paraph_ignisign.simulator.contents import decoded_hash
from paraph_ignisign.simulator.credentials import new_id
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.model import Document, Signature, SignatureRequest, Signer, stamp
from paraph_ignisign.simulator.tables import BARE_PROOFS, EIDAS_LEVELS
from paraph_ignisign.simulator.tenant import Tenant

_FORMAT = "simulator's own shape; the vendor's is not published"
_CMS = "application/pkcs7-signature"


class CannotSignError(Exception):
    """The document does not take a signature, for example a certified PDF that forbids changes."""


def sign(
    tenant: Tenant,
    request: SignatureRequest,
    document: Document,
    signer: Signer,
    *,
    image: bytes | None = None,
) -> tuple[Signature, bytes | None]:
    """Return the signer's signature of `document`, and the new bytes if it is a PDF; changes nothing.

    `image` is the PNG that the signer drew or typed.
    """
    now = tenant.clock.now()
    identity = tenant.authority.issue(signer.full_name, reference=signer.id)
    signature_id = new_id()
    signed: bytes | None = None
    value: str | None = None
    kind, detached = "", b""
    method = request.method_for(signer.profile) or ""
    if document.nature == "PDF" and document.content is not None:
        try:
            signed = sign_pdf(
                document.signed or document.content,
                signer=identity,
                field_name=f"Signature-{signature_id}",
                reason=request.fields.get("title") or request.id,
                at=now,
            )
        except (PdfError, SigningError) as error:
            raise CannotSignError(document.id) from error
    else:
        raw = identity.key.sign((document.hash or "").encode(), ec.ECDSA(hashes.SHA256()))
        value = base64.b64encode(raw).decode("ascii")
        bare = BARE_PROOFS[EIDAS_LEVELS[method]] if request.kind == "BARE_SIGNATURE" else None
        kind, detached = _detached(document, identity, now, bare)
    signature = Signature(
        id=signature_id,
        signer_id=signer.id,
        document_id=document.id,
        at=now,
        method=method,
        certificate_pem=identity.pem,
        value=value,
        detached_kind=kind,
        detached=detached,
        image=image,
        signer_name=signer.full_name,
        session_id=request.session_of(signer.id),
        content_hash=document.hash,
        reason=request.fields.get("title"),
        revision_size=None if signed is None else len(signed),
    )
    return signature, signed


def download(tenant: Tenant, request: SignatureRequest, document: Document, kind: str) -> Response:
    """Return the proof of `kind`; refused before it is generated and where the nature has none."""
    if request.proof_status == "CLEANED":
        raise VendorError("DOCUMENT_PROOF_HAS_BEEN_REMOVED")
    if request.proof_status != "CREATED":
        if request.status in {"CANCELLED", "EXPIRED", "FAILED"}:
            raise VendorError("DOCUMENT_PROOF_NOT_FOUND")
        advanced = kind == "ADVANCED_LEGAL_KIT"
        raise VendorError("ADVANCED_PROOF_NOT_GENERATED" if advanced else "DOCUMENT_PROOF_NOT_CREATED")
    if kind == "ADVANCED_LEGAL_KIT":
        return Response(_legal_kit(tenant, request, document), media_type="application/zip")
    if kind == "PDF_WITH_SIGNATURES" and document.signed is not None:
        return Response(document.signed, media_type="application/pdf")
    if kind == "SIGNED_DATA" and document.signed is None:
        return Response(_json(_signed_data(document)), media_type="application/json")
    raise VendorError("SIGNATURE_PROOF_TYPE_NOT_AVAILABLE")


def download_of(request: SignatureRequest, document: Document, kind: str, signer_id: str) -> Response:
    """Return the low-level proof of one signer's signature; NO_SIGNATURES_FOUND if they did not sign."""
    if request.proof_status == "CLEANED":
        raise VendorError("DOCUMENT_PROOF_HAS_BEEN_REMOVED")
    found = next((one for one in document.signatures if one.signer_id == signer_id), None)
    if found is None:
        raise VendorError("NO_SIGNATURES_FOUND")
    if kind not in found.kinds:
        raise VendorError("SIGNATURE_PROOF_TYPE_NOT_AVAILABLE")
    if found.revision_size is None:
        compact = found.detached_kind == "JWSDET"
        return Response(found.detached, media_type="application/jose" if compact else _CMS)
    revision = (document.signed or b"")[: found.revision_size]
    if kind == "PADES_ATTACHED":
        return Response(revision, media_type="application/pdf")
    signatures = PdfFileReader(io.BytesIO(revision), strict=False).embedded_signatures
    return Response(signatures[-1].pkcs7_content, media_type=_CMS)


def images(request: SignatureRequest, document: Document) -> list[dict[str, Any]]:
    """Return the images of a document's signatures; a code for each way of having none (contract 2)."""
    if not document.signatures:
        raise VendorError("NO_SIGNATURE_IMAGES_FOUND")
    drawn = [one for one in document.signatures if one.image is not None]
    if not drawn:
        raise VendorError("SIGNATURE_IMAGE_NOT_FOUND")
    made = [one for one in drawn if one.signer_id in request.imaged]
    if not made:
        raise VendorError("SIGNATURE_IMAGE_NOT_CREATED")
    return [
        {"signerId": one.signer_id, "imgB64": base64.b64encode(one.image or b"").decode("ascii")}
        for one in made
    ]


def is_authentic(document: Document, given: bytes) -> bool:
    """Tell whether `given` is the document, as it was provided or as it was signed."""
    if document.nature == "PRIVATE_FILE":
        return decoded_hash(document.hash or "") == hashlib.sha256(given).digest()
    return hashlib.sha256(given).hexdigest() == document.hash or given == document.signed


def _detached(
    document: Document, identity: SigningIdentity, at: datetime, bare: str | None
) -> tuple[str, bytes]:
    """Return the kind and the bytes of what proves a signature beside the content."""
    digest = decoded_hash(document.hash or "")
    if bare is not None:
        return bare, cms.detached(identity, digest, at)
    return "JWSDET", jws.detached(document.content or digest, identity).encode()


def _signed_data(document: Document) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "documentId": document.id,
        "documentNature": document.nature,
        "documentHash": document.hash,
        "signatures": [
            {
                "signatureId": one.id,
                "signerId": one.signer_id,
                "signingTime": stamp(one.at),
                "algorithm": "ECDSA P-256 with SHA-256 over documentHash as text",
                "value": one.value,
                "detached": {
                    "type": one.detached_kind,
                    "proofB64": base64.b64encode(one.detached).decode("ascii"),
                },
                "certificate": one.certificate_pem,
            }
            for one in document.signatures
        ],
    }


def _legal_kit(tenant: Tenant, request: SignatureRequest, document: Document) -> bytes:
    own = {request.id, *request.document_ids, *request.signer_ids}
    trail = {
        "format": _FORMAT,
        "signatureRequestId": request.id,
        "status": request.status,
        "documentId": document.id,
        "documentHash": document.hash,
        "events": [
            {"at": stamp(effect.at), "kind": effect.kind, "reference": effect.reference}
            for effect in tenant.effects.all()
            if effect.reference in own
        ],
        "signatures": [
            {
                "signatureId": one.id,
                "signerId": one.signer_id,
                "signatureMethod": one.method,
                "signingTime": stamp(one.at),
            }
            for one in document.signatures
        ],
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as kit:
        kit.writestr("audit-trail.json", _json(trail))
        kit.writestr("certificates/authority.pem", tenant.authority.root_pem)
        for one in document.signatures:
            kit.writestr(f"certificates/{one.signer_id}.pem", one.certificate_pem)
    return packed.getvalue()


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=2).encode()
