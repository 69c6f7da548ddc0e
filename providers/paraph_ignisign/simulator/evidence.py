"""What proves a signature: made by signing, handed out once the proofs are generated.

PDF_WITH_SIGNATURES is the signed file itself. SIGNED_DATA and ADVANCED_LEGAL_KIT are JSON and ZIP in the
simulator's own shape: the vendor's is not published (contract 5).
"""

import base64
import io
import json
import zipfile
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.general import SigningError
from starlette.responses import Response

from paraph.testing.simulator import sign_pdf
from paraph_ignisign.simulator.credentials import new_id
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.model import Document, Signature, SignatureRequest, Signer, stamp
from paraph_ignisign.simulator.tenant import Tenant

_FORMAT = "simulator's own shape; the vendor's is not published"


class CannotSignError(Exception):
    """The document does not take a signature, for example a certified PDF that forbids changes."""


def sign(
    tenant: Tenant, request: SignatureRequest, document: Document, signer: Signer
) -> tuple[Signature, bytes | None]:
    """Return the signer's signature of `document`, and the new bytes if it is a PDF; changes nothing."""
    now = tenant.clock.now()
    identity = tenant.authority.issue(signer.full_name, reference=signer.id)
    signature_id = new_id()
    signed: bytes | None = None
    value: str | None = None
    if document.nature == "PDF" and document.content is not None:
        try:
            signed = sign_pdf(
                document.signed or document.content,
                signer=identity,
                field_name=f"Signature-{signature_id}",
                reason=request.fields["title"],
                at=now,
            )
        except (PdfError, SigningError) as error:
            raise CannotSignError(document.id) from error
    else:
        raw = identity.key.sign((document.hash or "").encode(), ec.ECDSA(hashes.SHA256()))
        value = base64.b64encode(raw).decode("ascii")
    signature = Signature(
        id=signature_id,
        signer_id=signer.id,
        document_id=document.id,
        at=now,
        method=request.method_for(signer.profile) or "",
        certificate_pem=identity.pem,
        value=value,
    )
    return signature, signed


def download(tenant: Tenant, request: SignatureRequest, document: Document, kind: str) -> Response:
    """Return the proof of `kind`; refused before it is generated and where the nature has none."""
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
