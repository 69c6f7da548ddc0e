"""The life of a signature request (contract 5 and 7.5).

DRAFT is published to READY, which stays while the diffusion is SCHEDULED; then LAUNCHING, then IN_PROGRESS.
The last signature leads through PROCESSING to COMPLETED, and the proofs follow. Closing or expiring ends an
open request as CANCELLED or EXPIRED only if nobody signed; otherwise as COMPLETED, with proofs of what there
is. `individualizeRequests` turns the request into the parent of one child per signer and leaves it at
CHILDREN_GENERATED. Signers sign in parallel, in any order.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

import attrs

from paraph.testing.simulator import Mail
from paraph_ignisign.simulator.agenda import next_tick
from paraph_ignisign.simulator.credentials import TechnicalTokens, new_id
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.hooks import invitations
from paraph_ignisign.simulator.model import Document, SignatureRequest, Signer
from paraph_ignisign.simulator.preconditions import check_publish
from paraph_ignisign.simulator.shapes import as_moment
from paraph_ignisign.simulator.tables import OPEN
from paraph_ignisign.simulator.tenant import Tenant


def publish(tenant: Tenant, request: SignatureRequest) -> dict[str, Any]:
    """Publish and return the PublishResponse; raises the first precondition that does not hold."""
    if request.published:
        raise VendorError("CANNOT_PUBLISH_SIGNATURE_REQUEST__REQUEST_ALREADY_PUBLISHED")
    if request.status != "DRAFT":
        raise VendorError("SIGNATURE_REQUEST_BAD_STATUS")
    check_publish(tenant, request)
    request.published = True
    tenant.effects.add("published", request.id, request.external_id)
    if request.fields.get("individualizeRequests"):
        _individualize(tenant, request)
        return {"signatureRequestId": request.id}
    _ready(tenant, request)
    return {"signatureRequestId": request.id, **invitations(request, tenant.signers_of(request))}


def signed(tenant: Tenant, request: SignatureRequest, signer: Signer) -> None:
    """Note that `signer` signed everything; the last one completes the request."""
    request.signed_by.append(signer.id)
    signer.status = "ACTIVE"
    tenant.effects.add("signed", request.id, signer.external_id)
    if set(request.signed_by) >= set(request.signer_ids):
        _process(tenant, request)


def close(tenant: Tenant, request: SignatureRequest) -> None:
    """End an open request or a draft; closing a cancelled one again succeeds (source 000)."""
    match request.status:
        case "CANCELLED":
            return
        case "COMPLETED" | "PROCESSING":
            raise VendorError("SIGNATURE_REQUEST_ALREADY_COMPLETED")
        case "DRAFT":
            _end(tenant, request, "CANCELLED")
        case status if status in OPEN:
            _end(tenant, request, "CANCELLED")
        case _:
            raise VendorError("SIGNATURE_REQUEST_BAD_STATUS")


def sign_link(tenant: Tenant, request: SignatureRequest, signer: Signer) -> str:
    """Return the address mailed to a BY_SIDE signer; its format is an assumption (contract 7.3)."""
    token = quote(request.tokens[signer.id])
    return f"{tenant.sign_base()}/signature-requests/{request.id}/signers/{signer.id}/sign?token={token}"


def _move(request: SignatureRequest, status: str) -> None:
    request.status = status
    request.history.append(status)


def _ready(tenant: Tenant, request: SignatureRequest) -> None:
    now = tenant.clock.now()
    for signer in tenant.signers_of(request):
        request.tokens[signer.id] = tenant.tokens.mint(TechnicalTokens.SESSION, request.context, now)
    _move(request, "READY")
    tenant.hooks.request(request, "READY")
    if request.fields.get("expirationDateIsActivated"):
        expires = as_moment(request.fields["expirationDate"])
        tenant.agenda.at(next_tick(expires), partial(_expire, tenant, request))
    if request.fields["diffusionMode"] == "SCHEDULED":
        starts = as_moment(request.fields["diffusionDate"])
        tenant.agenda.at(next_tick(starts), _if_in(request, "READY", partial(_launch, tenant, request)))
    else:
        _launch(tenant, request)


def _if_in(request: SignatureRequest, status: str, action: Callable[[], None]) -> Callable[[], None]:
    """Return `action` guarded: background work does nothing if the request was ended meanwhile."""

    def guarded() -> None:
        if request.status == status:
            action()

    return guarded


def _launch(tenant: Tenant, request: SignatureRequest) -> None:
    _move(request, "LAUNCHING")
    tenant.later(_if_in(request, "LAUNCHING", partial(_launched, tenant, request)))


def _launched(tenant: Tenant, request: SignatureRequest) -> None:
    _move(request, "IN_PROGRESS")
    signers = tenant.signers_of(request)
    for signer in signers:
        if not signer.embedded:
            mail = Mail(
                to=signer.inputs["email"],
                subject=f"Please sign: {request.fields['title']}",
                link=sign_link(tenant, request, signer),
            )
            tenant.outbox.append(mail)
    tenant.effects.add("launched", request.id, request.external_id)
    tenant.hooks.request(request, "LAUNCHED", signers=signers)


def _process(tenant: Tenant, request: SignatureRequest) -> None:
    _move(request, "PROCESSING")
    tenant.later(_if_in(request, "PROCESSING", partial(_end, tenant, request, "COMPLETED")))


def _expire(tenant: Tenant, request: SignatureRequest) -> None:
    if request.status in OPEN:
        _end(tenant, request, "EXPIRED")


def _end(tenant: Tenant, request: SignatureRequest, wish: str) -> None:
    """End as COMPLETED if anybody signed, else as `wish` (contract 4.3: the comment in the models)."""
    status = "COMPLETED" if request.signed_by else wish
    _move(request, status)
    request.closed_at = tenant.clock.now()
    tenant.effects.add(status.lower(), request.id, request.external_id)
    tenant.hooks.request(request, status, nature="SUCCESS" if status == "COMPLETED" else "WARNING")
    if status == "COMPLETED":
        request.proof_status = "IN_PROGRESS"
        tenant.later(partial(_prove, tenant, request))


def _prove(tenant: Tenant, request: SignatureRequest) -> None:
    now = tenant.clock.now()
    documents = tenant.documents_of(request)
    for document in documents:
        document.proof_token = tenant.tokens.mint(TechnicalTokens.PROOF, request.context, now)
    request.proof_token = tenant.tokens.mint(TechnicalTokens.PROOF, request.context, now)
    request.proof_status = "CREATED"
    tenant.effects.add("proof_generated", request.id, request.external_id)
    tenant.hooks.proof(request, documents)


def _individualize(tenant: Tenant, parent: SignatureRequest) -> None:
    _move(parent, "CHILDREN_GENERATED")
    tenant.hooks.request(parent, "CHILDREN_GENERATED")
    for signer_id in parent.signer_ids:
        child = SignatureRequest(
            id=new_id(),
            context=parent.context,
            created_at=tenant.clock.now(),
            published=True,
            parent_id=parent.id,
        )
        copies = [_copy(tenant, child, document) for document in tenant.documents_of(parent)]
        child.fields = {
            **parent.fields,
            "individualizeRequests": False,
            "signerIds": [signer_id],
            "documentIds": [copy.id for copy in copies],
        }
        tenant.requests[child.id] = child
        tenant.effects.add("child_generated", child.id, child.external_id)
        _ready(tenant, child)


def _copy(tenant: Tenant, child: SignatureRequest, document: Document) -> Document:
    copy = attrs.evolve(
        document, id=new_id(), request_id=child.id, details=dict(document.details), signatures=[]
    )
    tenant.documents[copy.id] = copy
    return copy
