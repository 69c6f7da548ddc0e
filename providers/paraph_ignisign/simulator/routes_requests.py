"""Signature requests: draft, update, publish, read, close, delete."""

from typing import Any

import attrs

from paraph_ignisign.simulator import drafts, lifecycle, one_call, shapes
from paraph_ignisign.simulator.credentials import new_id
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.http import Call, Endpoint, delete, get, post, put
from paraph_ignisign.simulator.model import SignatureRequest, present
from paraph_ignisign.simulator.preconditions import check_update
from paraph_ignisign.simulator.routes_account import APP
from paraph_ignisign.simulator.tables import CLOSED
from paraph_ignisign.simulator.tenant import Tenant

_REQUEST = "/v4/signature-requests/{signatureRequestId}"


def create(tenant: Tenant, call: Call) -> Any:
    """POST: a new draft each time (contract 1, row 22)."""
    tenant.need("BILLING")
    request = drafts.open_request(tenant, call.context, kind=tenant.request_kind)
    return {"signatureRequestId": request.id}


def list_all(tenant: Tenant, call: Call) -> Any:
    """GET: newest first (assumption), pages count from 1."""
    found = [one for one in tenant.requests.values() if one.context == call.context][::-1]
    size = call.page_size(tenant.options.page_size)
    page = call.page(first=1)
    return {
        "signatureRequests": [_with_names(tenant, one) for one in found[page * size : (page + 1) * size]],
        "paginationData": {"total": len(found), "page": page + 1, "nbEventsPerPage": size},
    }


def batch_status(tenant: Tenant, call: Call) -> Any:
    """POST: the states of many; unknown ids are left out (assumption)."""
    known = (tenant.requests.get(request_id) for request_id in call.body["signatureRequestIds"])
    own = [one for one in known if one is not None and one.context == call.context]
    return {"signatureRequests": [{"signatureRequestId": one.id, "status": one.status} for one in own]}


def context(tenant: Tenant, call: Call) -> Any:
    """GET a SignatureRequestContext."""
    return _context(tenant, _request(tenant, call))


def update(tenant: Tenant, call: Call) -> Any:
    """PUT: a partial update of a DRAFT; arrays replace; a null empties its field."""
    request = _request(tenant, call)
    if request.status != "DRAFT":
        raise VendorError("SIGNATURE_REQUEST_BAD_STATUS")
    before = request.fields
    request.fields = {**before, **call.body}
    if call.body.get("statements"):
        request.fields["statements"] = [{"_id": new_id(), **one} for one in call.body["statements"]]
    try:
        check_update(tenant, request)
    except VendorError:
        request.fields = before
        raise
    tenant.hooks.request(request, "UPDATED")
    return _context(tenant, request)


def publish(tenant: Tenant, call: Call) -> Any:
    """POST: the point of no return."""
    return lifecycle.publish(tenant, _request(tenant, call))


def close(tenant: Tenant, call: Call) -> Any:
    """POST: cancel, or complete if somebody signed."""
    request = _request(tenant, call)
    lifecycle.close(tenant, request)
    return {"signatureRequestId": request.id}


def remove(tenant: Tenant, call: Call) -> Any:
    """DELETE a draft or a closed request with its documents (contract 9, row 27); shape by assumption."""
    request = _request(tenant, call)
    if request.status != "DRAFT" and request.status not in CLOSED:
        raise VendorError("SIGNATURE_REQUEST_BAD_STATUS")
    drafts.discard(tenant, request)
    tenant.effects.add("deleted", request.id, request.external_id)
    return {"signatureRequestId": request.id}


def _request(tenant: Tenant, call: Call) -> SignatureRequest:
    return tenant.request(call.path["signatureRequestId"], call.context)


def _with_names(tenant: Tenant, request: SignatureRequest) -> dict[str, Any]:
    first = next(iter(tenant.documents_of(request)), None)
    names = present(docFileName=first.file_name, docLabel=first.details.get("label")) if first else {}
    return {**request.json(), **names}


def _context(tenant: Tenant, request: SignatureRequest) -> dict[str, Any]:
    signers = tenant.signers_of(request)
    documents = tenant.documents_of(request) or request.made.values()
    proof_url = tenant.hooks.proof_url(request, request.proof_token) if request.proof_token else None
    return {
        **request.json(),
        "signers": [signer.summary() for signer in signers],
        "documents": [document.context_json(request.statements) for document in documents],
        "signerProfiles": [
            profile.json(request.context)
            for profile in {one.profile.id: one.profile for one in signers}.values()
        ],
        "signatureProofStatus": request.proof_status,
        **present(signatureProofsUrl=proof_url, statements=request.statements or None),
    }


ENDPOINTS: tuple[Endpoint, ...] = (
    post(f"{APP}/signature-requests", create, shapes.REQUEST_INIT),
    get(f"{APP}/signature-requests", list_all),
    attrs.evolve(
        post("/v4/signature-requests/one-call-sign", one_call.sign, shapes.ONE_CALL), prepare=one_call.read
    ),
    post(f"{APP}/signature-requests/status", batch_status, shapes.BATCH_STATUS),
    get(f"{_REQUEST}/context", context),
    put(_REQUEST, update, shapes.REQUEST_UPDATE),
    post(f"{_REQUEST}/publish", publish),
    post(f"{_REQUEST}/close", close),
    delete(_REQUEST, remove),
)
