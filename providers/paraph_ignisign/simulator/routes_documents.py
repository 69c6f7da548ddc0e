"""Documents: their data, their contents, and what comes back signed.

A document can be changed while its request is a DRAFT and is DOCUMENT_LOCKED afterwards. Content is given
once; to give another, the first is removed (the effect of a repeat is undocumented, contract 1, row 24).
"""

from typing import Any

from starlette.responses import Response

from paraph_ignisign.simulator import contents, drafts, evidence, shapes
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.http import Call, Endpoint, delete, get, post, put
from paraph_ignisign.simulator.model import Document
from paraph_ignisign.simulator.routes_account import APP
from paraph_ignisign.simulator.tables import PROOF_TYPES
from paraph_ignisign.simulator.tenant import Tenant

_DOCUMENT = "/v4/documents/{documentId}"


def create(tenant: Tenant, call: Call) -> Any:
    """POST init-documents: an empty document of a DRAFT."""
    details = {name: value for name, value in call.body.items() if value is not None}
    request = tenant.request(details.pop("signatureRequestId"), call.context)
    if request.status != "DRAFT":
        raise VendorError("SIGNATURE_REQUEST_BAD_STATUS")
    _check_template(tenant, details, {})
    return {"documentId": drafts.add_document(tenant, request, details).id}


def get_one(tenant: Tenant, call: Call) -> Any:
    """GET a Document."""
    return _document(tenant, call).json()


def context(tenant: Tenant, call: Call) -> Any:
    """GET a DocumentContext."""
    document = _document(tenant, call)
    return document.context_json(tenant.requests[document.request_id].statements)


def update(tenant: Tenant, call: Call) -> Any:
    """PUT the document's data."""
    document = _unlocked(tenant, call)
    changes = {name: value for name, value in call.body.items() if value is not None}
    if changes.pop("signatureRequestId", document.request_id) != document.request_id:
        raise VendorError("BODY_VALIDATION_FAILED", properties=["signatureRequestId"])
    _check_template(tenant, changes, document.details)
    document.details.update(changes)
    return document.json()


def remove(tenant: Tenant, call: Call) -> Any:
    """DELETE a document; it disappears from its request."""
    document = _unlocked(tenant, call)
    del tenant.documents[document.id]
    request = tenant.requests[document.request_id]
    del request.made[document.id]
    request.fields["documentIds"] = [one for one in request.document_ids if one != document.id]
    tenant.effects.add("document_deleted", document.id, document.details.get("externalId"))
    return {"documentId": document.id}


def give_file(tenant: Tenant, call: Call) -> Any:
    """POST multipart: the server decides on PDF, PDF_ENCRYPTED or FILE by the extension and the bytes."""
    document = _without_content(tenant, call)
    if call.upload is None:
        raise VendorError("DOCUMENT_NOT_PROVIDED")
    content = contents.of_file(call.upload.name, call.upload.mime_type, call.upload.content)
    drafts.provide(tenant, document, content)
    return document.json()


def give_json(tenant: Tenant, call: Call) -> Any:
    """POST `{jsonContent}`: one per request; it is kept as a string."""
    tenant.need("DATA_JSON")
    document = _without_content(tenant, call)
    content = contents.of_json(call.body.get("jsonContent"))
    siblings = tenant.requests[document.request_id].made.values()
    if any(one.nature == content.nature for one in siblings):
        raise VendorError("ONLY_ONE_JSON_PER_SIGNATURE_REQUEST_IS_ALLOWED")
    drafts.provide(tenant, document, content)
    return document.json()


def give_private(tenant: Tenant, call: Call) -> Any:
    """POST `{documentHash}`: SHA-256 as hex or base64, stored as given (contract 7.2)."""
    tenant.need("FULL_PRIVACY")
    document = _without_content(tenant, call)
    drafts.provide(tenant, document, contents.of_digest(call.body["documentHash"]))
    return document.json()


def remove_content(tenant: Tenant, call: Call) -> Any:
    """DELETE the content: back to CREATED (assumption)."""
    document = _unlocked(tenant, call)
    if document.status != "PROVIDED":
        raise VendorError("DOCUMENT_BAD_STATUS")
    drafts.empty(document)
    return document.json()


def original(tenant: Tenant, call: Call) -> Any:
    """GET the file as it was given: never signed (contract 1.1, last row)."""
    document = _document(tenant, call)
    if document.nature == "PRIVATE_FILE":
        raise VendorError("DOCUMENT_BAD_NATURE", "A private file never came here")
    if document.status == "CLEANED":
        raise VendorError("DOCUMENT_HAS_BEEN_REMOVED")
    if document.content is None:
        raise VendorError("DOCUMENT_NOT_PROVIDED")
    return Response(document.content, media_type=document.mime_type or "application/json")


def check_authenticity(tenant: Tenant, call: Call) -> Any:
    """POST multipart: whether a file is this document, original or signed (which one counts is assumed)."""
    document = _document(tenant, call)
    if document.hash is None or call.upload is None:
        raise VendorError("DOCUMENT_NOT_PROVIDED")
    authentic = evidence.is_authentic(document, call.upload.content)
    return {"documentId": document.id, "authenticityValidated": authentic}


def images(tenant: Tenant, call: Call) -> Any:
    """GET what the signers drew or typed."""
    document = _document(tenant, call)
    shown = evidence.images(tenant.requests[document.request_id], document)
    return {"documentId": document.id, "signatures": shown}


def signatures(tenant: Tenant, call: Call) -> Any:
    """GET Signature[]."""
    return [one.json(call.context) for one in _document(tenant, call).signatures]


def proof(tenant: Tenant, call: Call) -> Any:
    """GET a proof, or POST for it (contract 1.1, rows 1 and 3)."""
    return _proof(tenant, call, call.path["signatureType"])


def signature_or_proof(tenant: Tenant, call: Call) -> Any:
    """GET one Signature, or a proof if the last segment names a proof type (row 2)."""
    document, wanted = _document(tenant, call), call.path["signature"]
    if wanted in PROOF_TYPES:
        return _proof(tenant, call, wanted)
    found = next((one for one in document.signatures if one.id == wanted), None)
    if found is None:
        raise VendorError("SIGNATURE_NOT_FOUND")
    return found.json(call.context)


def pdf_proof(tenant: Tenant, call: Call) -> Any:
    """GET the signed PDF by the routes of v3 and early v4 (rows 4 and 5)."""
    return _proof(tenant, call, "PDF_WITH_SIGNATURES")


def signer_proof(tenant: Tenant, call: Call) -> Any:
    """GET the low-level proof of one signer's signature (contract 1.1, end)."""
    document = _document(tenant, call)
    signer = tenant.signer(call.path["signerId"], call.context)
    request = tenant.requests[document.request_id]
    return evidence.download_of(request, document, call.path["lowLevelType"], signer.id)


def _document(tenant: Tenant, call: Call) -> Document:
    return tenant.document(call.path["documentId"], call.context)


def _proof(tenant: Tenant, call: Call, kind: str) -> Response:
    document = _document(tenant, call)
    return evidence.download(tenant, tenant.requests[document.request_id], document, kind)


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


def _check_template(tenant: Tenant, changes: dict[str, Any], details: dict[str, Any]) -> None:
    """Refuse a template that the console did not make, and a version that it never had."""
    if not changes.keys() & {"templateDisplayerId", "templateDisplayerVersion"}:
        return
    named = {**details, **changes}
    newest = tenant.settings.templates.get(named.get("templateDisplayerId", ""), 0)
    # Without a version the newest is meant (assumption).
    if named.get("templateDisplayerVersion", newest) not in range(1, newest + 1):
        raise VendorError("TEMPLATE_DISPLAYER_NOT_FOUND")


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
    Endpoint(method="POST", path=f"{_DOCUMENT}/check-authenticity", handler=check_authenticity, upload=True),
    get(f"{_DOCUMENT}/img-signatures", images),
    get(f"{_DOCUMENT}/signatures", signatures),
    get(f"{_DOCUMENT}/signature-type/{{signatureType}}", proof),
    get(f"{_DOCUMENT}/signature-type/{{lowLevelType}}/signers/{{signerId}}", signer_proof),
    get(f"{_DOCUMENT}/signatures/{{signature}}", signature_or_proof),
    get(f"{_DOCUMENT}/signatures/{{lowLevelType}}/signers/{{signerId}}", signer_proof),
    post(f"{_DOCUMENT}/signature-proof/{{signatureType}}", proof),
    get(f"{_DOCUMENT}/signature-proof", pdf_proof),
    get("/v3/documents/{documentId}/signature-proof", pdf_proof),
)
