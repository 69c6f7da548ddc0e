"""Seals by a machine (contract 7.6): one call that signs one document at once.

The signature is ECDSA P-256 over the 32 bytes of the document's hash, hashed with SHA-256 once more, in DER,
as hex. The hash must be that of the content given; for JSON that of its compact form, which is what the
vendor's own helper hashes. Assumptions: the codes, that the server verifies both, and that the request, its
document and its proof are afterwards read like any other's.
"""

import base64
import hashlib
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from paraph.testing.simulator import pdf_problem
from paraph_ignisign.simulator import contents, drafts, evidence, javascript, lifecycle, shapes
from paraph_ignisign.simulator.application import Machine
from paraph_ignisign.simulator.contents import Content
from paraph_ignisign.simulator.credentials import base62, new_id
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.http import Call, Endpoint, post
from paraph_ignisign.simulator.model import Document, SignatureRequest, Signer, present
from paraph_ignisign.simulator.routes_account import APP
from paraph_ignisign.simulator.shapes import Key
from paraph_ignisign.simulator.tenant import Tenant

_SHA256_HEX = 64
# Which key carries the content of which type; a private file has none.
_CONTENT = {
    "PDF": "contentB64", "FILE": "contentB64", "DATA_XML": "xmlContent", "DATA_JSON": "jsonContent",
    "PRIVATE_FILE": None,
}  # fmt: skip
_MIME_TYPES = {"PDF": "application/pdf", "DATA_XML": "application/xml", "DATA_JSON": "application/json"}


def hexadecimal(value: Any) -> bool:
    """Accept bytes written as hex."""
    return isinstance(value, str) and len(value) % 2 == 0 and _is_hex(value)


def sha256_hex(value: Any) -> bool:
    """Accept a SHA-256 as hex."""
    return hexadecimal(value) and len(value) == _SHA256_HEX


_DOCUMENT = {
    "documentType": Key(shapes.one_of(*_CONTENT), required=True),
    "documentHash": Key(sha256_hex, required=True),
    "label": Key(shapes.text),
    "mimeType": Key(shapes.mime_type),
    "contentB64": Key(shapes.text),
    "xmlContent": Key(shapes.text),
    "jsonContent": Key(shapes.anything),
}
_SEAL = {
    "m2mId": Key(shapes.mongo_id, required=True),
    "title": Key(shapes.up_to(1024)),
    "externalId": Key(shapes.text),
    "documentHashSignedByM2MPrivateKey": Key(hexadecimal, required=True),
    "document": Key(shapes.record(_DOCUMENT), required=True),
}


def seal(tenant: Tenant, call: Call) -> Any:
    """POST: verify the machine's signature, seal, answer the proof."""
    body = call.body
    if call.path.get("m2mId", body["m2mId"]) != body["m2mId"]:
        raise _invalid("m2mId")
    machine = _machine(tenant, call)
    content = _content(tenant, body["document"])
    _verify(machine, body)
    request, document, signer = _draft(tenant, machine, body, content)
    try:
        lifecycle.sealed(tenant, request, signer)
    except evidence.CannotSignError as error:
        request.status = "FAILED"
        raise VendorError("DOCUMENT_SIGNATURE_FAILED") from error
    kind = "PDF_WITH_SIGNATURES" if document.nature == "PDF" else "SIGNED_DATA"
    proof = evidence.download(tenant, request, document, kind)
    return {
        "signatureRequestId": request.id,
        "documentId": document.id,
        "documentHash": document.hash,
        "proofBase64": base64.b64encode(bytes(proof.body)).decode("ascii"),
        "proofType": kind,
    }


def _machine(tenant: Tenant, call: Call) -> Machine:
    machine = tenant.machines.get(call.body["m2mId"])
    if machine is None or machine.context != call.context:
        raise VendorError("SIGNER_APP_KEY_NOT_FOUND")
    if machine.status != "ACTIVE":
        raise VendorError("SIGNER_KEY_NOT_ACTIVE")
    return machine


def _content(tenant: Tenant, document: dict[str, Any]) -> bytes | None:
    """Return the bytes that the document's type demands; refuse another key, and a hash of other bytes."""
    wanted = _CONTENT[document["documentType"]]
    for key in ("contentB64", "xmlContent", "jsonContent"):
        if (key == wanted) != (document.get(key) is not None):
            raise _invalid(f"document.{key}")
    if wanted is None:
        return None
    content = _bytes(document[wanted], wanted)
    if not content:
        raise _invalid(f"document.{wanted}")
    if len(content) > tenant.options.max_file_bytes:
        raise VendorError("FILE_TOO_LARGE", "The content is too large")
    if hashlib.sha256(content).digest() != bytes.fromhex(document["documentHash"]):
        raise _invalid("document.documentHash")
    if document["documentType"] == "PDF" and pdf_problem(content) is not None:
        raise VendorError("PDF_CORRUPTED")
    return content


def _bytes(given: Any, key: str) -> bytes:
    if key == "xmlContent":
        return contents.of_xml(given).data or b""
    if key == "jsonContent":
        return javascript.stringify(given).encode()
    try:
        return base64.b64decode(given, validate=True)
    except ValueError as error:
        raise _invalid(f"document.{key}") from error


def _verify(machine: Machine, body: dict[str, Any]) -> None:
    signature = bytes.fromhex(body["documentHashSignedByM2MPrivateKey"])
    hashed = bytes.fromhex(body["document"]["documentHash"])
    try:
        machine.key.public_key().verify(signature, hashed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise VendorError("INVALID_SIGNATURE") from error


def _draft(
    tenant: Tenant, machine: Machine, body: dict[str, Any], content: bytes | None
) -> tuple[SignatureRequest, Document, Signer]:
    given, nature = body["document"], body["document"]["documentType"]
    signer = Signer(
        id=new_id(),
        context=machine.context,
        profile=machine.profile,
        created_at=tenant.clock.now(),
        auth_secret=base62(32),
        inputs={"lastName": "Simulated organisation"},
    )
    tenant.signers[signer.id] = signer
    fields = present(
        title=body.get("title") or "Seal",
        externalId=body.get("externalId"),
        signerIds=[signer.id],
        defaultSignatureMethod=machine.profile.methods[0],
        m2mId=machine.id,
    )
    request = drafts.open_request(tenant, machine.context, kind="SEAL_M2M", fields=fields)
    document = drafts.add_document(tenant, request, present(label=given.get("label")))
    request.fields["documentIds"] = [document.id]
    mime_type = given.get("mimeType") or _MIME_TYPES.get(nature)
    filled = Content(nature=nature, digest=given["documentHash"], data=content, mime_type=mime_type)
    drafts.provide(tenant, document, filled)
    return request, document, signer


def _invalid(name: str) -> VendorError:
    return VendorError("BODY_VALIDATION_FAILED", f"Invalid body: {name}", properties=[name])


def _is_hex(value: str) -> bool:
    return all(character in "0123456789abcdefABCDEF" for character in value)


ENDPOINTS: tuple[Endpoint, ...] = (
    post(f"{APP}/m2m/{{m2mId}}/sign", seal, _SEAL),
    post(f"{APP}/m2m/sign", seal, _SEAL),  # older
    post(f"{APP}/sign-m2m", seal, _SEAL),  # older still
)
