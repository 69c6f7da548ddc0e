"""How requests and documents come into being, for every route that makes one.

People make STANDARD (or, in a SEAL application, SEAL) requests step by step, others appear at once: a
one-call sign, a signer's setup, a machine's seal, a bare signature. All of them start here.
"""

from collections.abc import Callable, Mapping
from typing import Any

from paraph_ignisign.simulator.contents import Content
from paraph_ignisign.simulator.credentials import new_id
from paraph_ignisign.simulator.model import Context, Document, SignatureRequest
from paraph_ignisign.simulator.tenant import Tenant


def open_request(
    tenant: Tenant, context: Context, *, kind: str, fields: Mapping[str, Any] | None = None
) -> SignatureRequest:
    """Return a new DRAFT of `kind` (contract 5) with `fields` of an update; announces INITIALIZED."""
    request = SignatureRequest(
        id=new_id(),
        context=context,
        created_at=tenant.clock.now(),
        kind=kind,
        default_method=tenant.settings.default_signature_level,
    )
    request.fields |= fields or {}
    tenant.requests[request.id] = request
    tenant.effects.add("drafted", request.id, request.external_id)
    tenant.hooks.request(request, "INITIALIZED")
    return request


def add_document(tenant: Tenant, request: SignatureRequest, details: Mapping[str, Any]) -> Document:
    """Return a new, empty document of `request`; it is not yet among those to sign."""
    document = Document(
        id=new_id(),
        context=request.context,
        request_id=request.id,
        created_at=tenant.clock.now(),
        details=dict(details),
    )
    tenant.documents[document.id] = request.made[document.id] = document
    tenant.effects.add("document_created", document.id, document.details.get("externalId"))
    return document


def provide(tenant: Tenant, document: Document, content: Content) -> None:
    """Give a document its content."""
    document.nature, document.hash, document.status = content.nature, content.digest, "PROVIDED"
    document.content, document.size = content.data, None if content.data is None else len(content.data)
    document.file_name, document.mime_type = content.name, content.mime_type
    tenant.effects.add("content_provided", document.id, document.details.get("externalId"))


def empty(document: Document) -> None:
    """Take a document's content away: back to CREATED (assumption)."""
    document.nature, document.hash, document.status = None, None, "CREATED"
    document.content, document.size, document.file_name, document.mime_type = None, None, None, None


def while_kept(
    tenant: Tenant, request: SignatureRequest, action: Callable[[Tenant, SignatureRequest], None]
) -> Callable[[], None]:
    """Return `action` for later: it does nothing if the request was deleted meanwhile."""

    def guarded() -> None:
        if request.id in tenant.requests:
            action(tenant, request)

    return guarded


def discard(tenant: Tenant, request: SignatureRequest) -> None:
    """Forget a request and all its documents."""
    del tenant.requests[request.id]
    for document_id in request.made:
        del tenant.documents[document_id]
