"""AddFile in its three transfers, and what comes back: signed files and the audit report."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from paraph.testing.simulator import pdf_problem
from paraph_sign8.dialect.words import Place, Transfer
from paraph_sign8.simulator import answers, evidence, geometry, lifecycle
from paraph_sign8.simulator.errors import VendorError
from paraph_sign8.simulator.http import Call, Endpoint
from paraph_sign8.simulator.model import File
from paraph_sign8.simulator.preconditions import check_completed, check_draft
from paraph_sign8.simulator.tenant import Tenant, new_id, new_key


def add_file(tenant: Tenant, call: Call) -> Any:
    """Add a file; if it travels by URL, its content follows."""
    workflow = tenant.owner(call.told)
    check_draft(workflow)
    file = File(id=new_id(), name=call.told.get("name", ""))
    placed = [(tenant.dialect.answers.file_id, file.id)]
    if tenant.dialect.formats.transfer is Transfer.URL:
        key = new_key()
        tenant.uploads[key] = (workflow, file)
        placed.append((tenant.dialect.answers.upload_url, f"{call.base_url}/_sign8/uploads/{key}"))
    elif "content" in call.told:
        _take(tenant, file, call.told["content"])
    tenant.add_part(file, workflow)
    workflow.touched_at = tenant.clock.now()
    lifecycle.note(tenant, workflow, "file_added")
    return answers.build(placed)


def upload(tenant: Tenant, request: Request, body: bytes) -> Response:
    """Take the content of a file from whoever has its address. The same again changes nothing."""
    organization = tenant.dialect.organization
    tenant.credentials.refuse_any(request.headers)
    if organization.place is Place.HEADER and organization.name in request.headers:
        raise VendorError("CREDENTIALS_NOT_WANTED", "this address is its own key; tell no organisation")
    workflow, file = tenant.uploads.get(request.path_params["key"], (None, None))
    if workflow is None or file is None:
        raise VendorError("NOT_FOUND", "nothing is expected here")
    check_draft(workflow)
    if request.headers.get("content-type", "") != "application/pdf":
        raise VendorError("UNSUPPORTED_CONTENT_TYPE", "the content type has to be application/pdf")
    if file.content not in {None, body}:
        raise VendorError("ALREADY_EXISTS", "the file has another content already")
    _take(tenant, file, body)
    workflow.touched_at = tenant.clock.now()
    return Response(status_code=201)


def content(tenant: Tenant, request: Request, _body: bytes) -> Response:
    """Give a file to whoever has its address."""
    tenant.credentials.refuse_any(request.headers)
    found = tenant.contents.get(request.path_params["key"])
    if found is None:
        raise VendorError("NOT_FOUND", "there is nothing here")
    return Response(found, media_type="application/pdf")


def download(tenant: Tenant, call: Call) -> Any:
    """Hand out a signed file, or one that nobody had to sign."""
    workflow = tenant.owner(call.told)
    check_completed(workflow)
    if "file_id" not in call.told:
        raise VendorError("NOT_FOUND", "the dialect cannot say which file")
    return evidence.hand_out(tenant, workflow.files[call.told["file_id"]].current, call.base_url)


def audit_report(tenant: Tenant, call: Call) -> Any:
    """Hand out the audit report."""
    workflow = tenant.owner(call.told)
    check_completed(workflow)
    return evidence.hand_out(tenant, evidence.audit_report(tenant, workflow), call.base_url)


def _take(tenant: Tenant, file: File, body: bytes) -> None:
    """Check a file's content and keep it."""
    if len(body) > tenant.options.max_file_bytes:
        raise VendorError("FILE_TOO_LARGE", f"at most {tenant.options.max_file_bytes} bytes are taken")
    problem = pdf_problem(body)
    if problem is None:
        try:
            file.pages = geometry.pages_of(body)
        except ValueError as error:
            problem = str(error)
    if problem is not None:
        raise VendorError("INVALID_FILE", f"only PDF files can be signed, and this one: {problem}")
    file.content = body


ENDPOINTS = (
    Endpoint(name="add_file", entity="file", handler=add_file, status=201),
    Endpoint(name="download", entity="call", keys=("workflow_id", "file_id"), handler=download),
    Endpoint(name="audit_report", entity="call", keys=("workflow_id",), handler=audit_report),
)
