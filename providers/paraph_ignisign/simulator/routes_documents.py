"""Documents: their data, their contents, and what comes back signed.

A document can be changed while its request is a DRAFT and is DOCUMENT_LOCKED afterwards. Content is given
once; to give another, the first is removed (the effect of a repeat is undocumented, contract 1, row 24).
"""

import base64
import binascii
import hashlib
import json
from pathlib import PurePosixPath
from typing import Any

from starlette.responses import Response

from paraph.testing.simulator import pdf_problem
from paraph_ignisign.simulator import evidence, shapes
from paraph_ignisign.simulator.credentials import new_id
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.http import Call, Endpoint, delete, get, post, put
from paraph_ignisign.simulator.model import Document
from paraph_ignisign.simulator.routes_account import APP
from paraph_ignisign.simulator.tables import EXTENSIONS, PROOF_TYPES
from paraph_ignisign.simulator.tenant import Tenant

_DOCUMENT = "/v4/documents/{documentId}"
_SHA256_BYTES = 32


def create(tenant: Tenant, call: Call) -> Any:
    """POST init-documents: an empty document of a DRAFT."""
    details = {name: value for name, value in call.body.items() if value is not None}
    request = tenant.request(details.pop("signatureRequestId"), call.context)
    if request.status != "DRAFT":
        raise VendorError("SIGNATURE_REQUEST_BAD_STATUS")
    _no_template(details)
    document = Document(
        id=new_id(),
        context=call.context,
        request_id=request.id,
        created_at=tenant.clock.now(),
        details=details,
    )
    tenant.documents[document.id] = document
    tenant.effects.add("document_created", document.id, details.get("externalId"))
    return {"documentId": document.id}


def get_one(tenant: Tenant, call: Call) -> Any:
    """GET a Document."""
    return _document(tenant, call).json()


def context(tenant: Tenant, call: Call) -> Any:
    """GET a DocumentContext."""
    return _document(tenant, call).context_json()


def update(tenant: Tenant, call: Call) -> Any:
    """PUT the document's data."""
    document = _unlocked(tenant, call)
    changes = {name: value for name, value in call.body.items() if value is not None}
    if changes.pop("signatureRequestId", document.request_id) != document.request_id:
        raise VendorError("BODY_VALIDATION_FAILED", properties=["signatureRequestId"])
    _no_template(changes)
    document.details.update(changes)
    return document.json()


def remove(tenant: Tenant, call: Call) -> Any:
    """DELETE a document; it disappears from its request."""
    document = _unlocked(tenant, call)
    del tenant.documents[document.id]
    request = tenant.requests[document.request_id]
    request.fields["documentIds"] = [one for one in request.document_ids if one != document.id]
    tenant.effects.add("document_deleted", document.id, document.details.get("externalId"))
    return {"documentId": document.id}


def give_file(tenant: Tenant, call: Call) -> Any:
    """POST multipart: the server decides on PDF, PDF_ENCRYPTED or FILE by the extension and the bytes."""
    document = _without_content(tenant, call)
    if call.upload is None or not call.upload.mime_type:
        raise VendorError("DOCUMENT_NOT_PROVIDED", "The part needs a file name and a content type")
    name, content = call.upload.name, call.upload.content
    extension = PurePosixPath(name).suffix.lower()
    if extension not in EXTENSIONS:
        raise VendorError("DOCUMENT_BAD_NATURE", "The file's extension is not accepted")
    nature = "FILE"
    if extension == ".pdf":
        problem = pdf_problem(content)
        if problem not in {None, "encrypted"}:
            raise VendorError("PDF_CORRUPTED", f"The PDF is {problem}")
        nature = "PDF" if problem is None else "PDF_ENCRYPTED"
    elif not content:
        raise VendorError("DOCUMENT_NOT_PROVIDED", "The file is empty")
    document.file_name, document.mime_type = name, call.upload.mime_type
    return _provide(tenant, document, nature, content, hashlib.sha256(content).hexdigest())


def give_json(tenant: Tenant, call: Call) -> Any:
    """POST `{jsonContent}`: one per request; it is kept as a string."""
    document = _without_content(tenant, call)
    value = call.body.get("jsonContent")
    if value is None:
        raise VendorError("JSON_INVALID")
    siblings = (one for one in tenant.documents.values() if one.request_id == document.request_id)
    if any(one.nature == "DATA_JSON" for one in siblings):
        raise VendorError("ONLY_ONE_JSON_PER_SIGNATURE_REQUEST_IS_ALLOWED")
    content = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    return _provide(tenant, document, "DATA_JSON", content, hashlib.sha256(content).hexdigest())


def give_private(tenant: Tenant, call: Call) -> Any:
    """POST `{documentHash}`: SHA-256 as hex or base64, stored as given (contract 7.2)."""
    document = _without_content(tenant, call)
    given = call.body["documentHash"]
    if len(decoded_hash(given)) != _SHA256_BYTES:
        raise VendorError("BODY_VALIDATION_FAILED", "Invalid body: documentHash", properties=["documentHash"])
    return _provide(tenant, document, "PRIVATE_FILE", None, given)


def remove_content(tenant: Tenant, call: Call) -> Any:
    """DELETE the content: back to CREATED (assumption)."""
    document = _unlocked(tenant, call)
    if document.status != "PROVIDED":
        raise VendorError("DOCUMENT_BAD_STATUS")
    document.status, document.nature, document.hash = "CREATED", None, None
    document.content, document.file_name, document.mime_type = None, None, None
    return document.json()


def original(tenant: Tenant, call: Call) -> Any:
    """GET the file as it was given: never signed (contract 1.1, last row)."""
    document = _document(tenant, call)
    if document.status != "PROVIDED":
        raise VendorError("DOCUMENT_NOT_PROVIDED")
    if document.content is None:
        raise VendorError("DOCUMENT_BAD_NATURE", "A private file never came here")
    return Response(document.content, media_type=document.mime_type or "application/json")


def signatures(tenant: Tenant, call: Call) -> Any:
    """GET Signature[]."""
    return [one.json(call.context) for one in _document(tenant, call).signatures]


def proof(tenant: Tenant, call: Call) -> Any:
    """GET a proof (contract 1.1, row 1)."""
    document = _document(tenant, call)
    return evidence.download(
        tenant, tenant.requests[document.request_id], document, call.path["signatureType"]
    )


def signature_or_proof(tenant: Tenant, call: Call) -> Any:
    """GET one Signature, or a proof if the last segment names a proof type (row 2)."""
    document, wanted = _document(tenant, call), call.path["signature"]
    if wanted in PROOF_TYPES:
        return evidence.download(tenant, tenant.requests[document.request_id], document, wanted)
    found = next((one for one in document.signatures if one.id == wanted), None)
    if found is None:
        raise VendorError("SIGNATURE_NOT_FOUND")
    return found.json(call.context)


def old_proof(tenant: Tenant, call: Call) -> Any:
    """GET the signed PDF by the v3 route (row 5)."""
    document = _document(tenant, call)
    return evidence.download(tenant, tenant.requests[document.request_id], document, "PDF_WITH_SIGNATURES")


def decoded_hash(given: str) -> bytes:
    """Return the bytes of a hexadecimal or base64 hash; empty if it is neither."""
    try:
        return (
            bytes.fromhex(given)
            if len(given) == 2 * _SHA256_BYTES
            else base64.b64decode(given, validate=True)
        )
    except (ValueError, binascii.Error):
        return b""


def _document(tenant: Tenant, call: Call) -> Document:
    return tenant.document(call.path["documentId"], call.context)


def _unlocked(tenant: Tenant, call: Call) -> Document:
    document = _document(tenant, call)
    if tenant.requests[document.request_id].status != "DRAFT":
        raise VendorError("DOCUMENT_LOCKED")
    return document


def _without_content(tenant: Tenant, call: Call) -> Document:
    document = _unlocked(tenant, call)
    if document.status != "CREATED":
        raise VendorError("DOCUMENT_BAD_STATUS")
    return document


def _no_template(details: dict[str, Any]) -> None:
    if "templateDisplayerId" in details:
        raise VendorError("TEMPLATE_DISPLAYER_NOT_FOUND")


def _provide(
    tenant: Tenant, document: Document, nature: str, content: bytes | None, digest: str
) -> dict[str, Any]:
    document.nature, document.content, document.hash, document.status = nature, content, digest, "PROVIDED"
    tenant.effects.add("content_provided", document.id, document.details.get("externalId"))
    return document.json()


ENDPOINTS: tuple[Endpoint, ...] = (
    post(f"{APP}/init-documents", create, shapes.DOCUMENT_INIT),
    get(_DOCUMENT, get_one),
    put(_DOCUMENT, update, shapes.DOCUMENT_UPDATE_SDK),
    delete(_DOCUMENT, remove),
    get(f"{_DOCUMENT}/context", context),
    Endpoint(method="POST", path=f"{_DOCUMENT}/file", handler=give_file, upload=True),
    get(f"{_DOCUMENT}/file", original),
    post(f"{_DOCUMENT}/data-json-content", give_json, shapes.DATA_JSON),
    post(f"{_DOCUMENT}/private-content", give_private, shapes.PRIVATE),
    delete(f"{_DOCUMENT}/content", remove_content),
    get(f"{_DOCUMENT}/signatures", signatures),
    get(f"{_DOCUMENT}/signature-type/{{signatureType}}", proof),
    get(f"{_DOCUMENT}/signatures/{{signature}}", signature_or_proof),
    get("/v3/documents/{documentId}/signature-proof", old_proof),
)
