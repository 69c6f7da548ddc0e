"""The life of a signature request (contract 5 and 7.5).

DRAFT is published to READY. There it waits for its approvers, who act first, and then, while the diffusion is
SCHEDULED, for its date; then LAUNCHING, then IN_PROGRESS, or LAUNCH_ERROR if a document cannot be generated.
The last signature leads through PROCESSING to COMPLETED, and the proofs follow. Closing or expiring ends an
open request as CANCELLED or EXPIRED only if nobody signed; otherwise as COMPLETED, with proofs of what there
is. `individualizeRequests` turns the request into the parent of one child per signer and leaves it at
CHILDREN_GENERATED; each child then lives for itself. Signers sign in parallel, in any order.

Assumptions, where the contract is silent: approvers act while the request is READY, at any time of a waiting
diffusion; who is approver and signer does both in turn; every child is approved by itself; an open request is
FAILED by the console alone; while the console holds images back, proofs are WAITING_IMAGES and not made.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from paraph_ignisign.simulator import evidence, letters
from paraph_ignisign.simulator.agenda import next_tick
from paraph_ignisign.simulator.children import make_children
from paraph_ignisign.simulator.credentials import TechnicalTokens
from paraph_ignisign.simulator.drafts import while_kept
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.hooks import invitations
from paraph_ignisign.simulator.model import Signature, SignatureRequest, Signer
from paraph_ignisign.simulator.preconditions import check_publish, profiles_used
from paraph_ignisign.simulator.retention import keep_originals, keep_proofs
from paraph_ignisign.simulator.shapes import as_moment
from paraph_ignisign.simulator.tables import LAUNCH_ERROR_MARK, OPEN
from paraph_ignisign.simulator.tenant import Tenant

_NOT_GENERATED = "FAILED_TO_LAUNCH_SIGNATURE_REQUEST_DOCUMENT_GENERATION_FROM_DATA_FAILED"


def publish(tenant: Tenant, request: SignatureRequest) -> dict[str, Any]:
    """Publish and return the PublishResponse; raises the first precondition that does not hold."""
    if request.published:
        raise VendorError("CANNOT_PUBLISH_SIGNATURE_REQUEST__REQUEST_ALREADY_PUBLISHED")
    if request.status != "DRAFT":
        raise VendorError("SIGNATURE_REQUEST_BAD_STATUS")
    check_publish(tenant, request)
    request.published = True
    request.profiles_used = profiles_used(tenant, request)
    tenant.effects.add("published", request.id, request.external_id)
    if request.fields.get("individualizeRequests"):
        _individualize(tenant, request)
        return {"signatureRequestId": request.id}
    _ready(tenant, request)
    return {"signatureRequestId": request.id, **invitations(request, tenant.signers_of(request))}


def approved(tenant: Tenant, request: SignatureRequest, signer: Signer) -> None:
    """Note that `signer` approved; the last approver lets the diffusion go on."""
    if request.turn(signer.id) != "approve":
        raise VendorError("SIGNER_NOT_ALLOWED")
    request.approved_by.append(signer.id)
    tenant.effects.add("approved", request.id, signer.external_id)
    if set(request.approved_by) >= set(request.approver_ids):
        _diffuse(tenant, request)


def signed(tenant: Tenant, request: SignatureRequest, signer: Signer) -> None:
    """Note that `signer` signed everything; the last one completes the request."""
    if request.turn(signer.id) != "sign":
        raise VendorError("SIGNER_NOT_ALLOWED")
    request.signed_by.append(signer.id)
    signer.status = "ACTIVE"
    tenant.effects.add("signed", request.id, signer.external_id)
    if any(one.image for one in _signatures(tenant, request, signer)):
        tenant.later(while_kept(tenant, request, partial(_imaged, signer=signer)))
    if set(request.signed_by) >= set(request.signer_ids):
        _process(tenant, request)


def sealed(tenant: Tenant, request: SignatureRequest, signer: Signer) -> None:
    """Publish a draft, let its only signer, a machine, sign every document, and prove it, all at once."""
    request.published = True
    request.profiles_used = profiles_used(tenant, request)
    tenant.effects.add("published", request.id, request.external_id)
    _move(request, "IN_PROGRESS")
    for document in tenant.documents_of(request):
        signature, content = evidence.sign(tenant, request, document, signer)
        document.signatures.append(signature)
        document.signed = content
        tenant.hooks.signature(request, document, signer, signature.id)
    request.signed_by.append(signer.id)
    signer.status = "ACTIVE"
    tenant.effects.add("signed", request.id, signer.external_id)
    _move(request, "PROCESSING")
    _finish(tenant, request, "COMPLETED")
    _prove(tenant, request)


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


def fail(tenant: Tenant, request: SignatureRequest) -> None:
    """End a request that is under way as FAILED; SIGNATURE_REQUEST_BAD_STATUS for any other."""
    if request.status not in OPEN | {"PROCESSING"}:
        raise VendorError("SIGNATURE_REQUEST_BAD_STATUS")
    _finish(tenant, request, "FAILED")


def release_images(tenant: Tenant) -> None:
    """Make the images that were held back, and the proofs that waited for them."""
    tenant.images_held = False
    held, tenant.held_images = tenant.held_images, []
    for request, signer in held:
        if request.id in tenant.requests:
            request.awaited.discard(signer.id)
            _imaged(tenant, request, signer)
            if request.proof_status == "WAITING_IMAGES" and not request.awaited:
                request.proof_status = "IN_PROGRESS"
                tenant.later(while_kept(tenant, request, _prove))


def _move(request: SignatureRequest, status: str) -> None:
    request.status = status
    request.history.append(status)


def _ready(tenant: Tenant, request: SignatureRequest) -> None:
    now = tenant.clock.now()
    for signer_id in {*request.approver_ids, *request.signer_ids}:
        request.tokens[signer_id] = tenant.tokens.mint(TechnicalTokens.SESSION, request.context, now)
    _move(request, "READY")
    tenant.hooks.request(request, "READY")
    if request.fields.get("expirationDateIsActivated"):
        expires = as_moment(request.fields["expirationDate"])
        tenant.agenda.at(next_tick(expires), partial(_expire, tenant, request))
    if request.approver_ids:
        approvers = [tenant.signers[signer_id] for signer_id in request.approver_ids]
        letters.invite(tenant, request, approvers, "Please approve")
        tenant.hooks.request(request, "APPROVER_STEP", signers=approvers)
    else:
        _diffuse(tenant, request)


def _diffuse(tenant: Tenant, request: SignatureRequest) -> None:
    if request.fields["diffusionMode"] == "SCHEDULED":
        starts = next_tick(as_moment(request.fields["diffusionDate"]))
        if starts > tenant.clock.now():
            tenant.agenda.at(starts, _if_in(request, "READY", partial(_launch, tenant, request)))
            return
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
    data = (one.content or b"" for one in tenant.documents_of(request) if one.nature == "DATA_JSON")
    if any(LAUNCH_ERROR_MARK.encode() in one for one in data):
        _move(request, "LAUNCH_ERROR")
        request.closed_at = tenant.clock.now()
        tenant.effects.add("launch_failed", request.id, request.external_id)
        error = {"errorCode": _NOT_GENERATED, "context": {"signatureRequestId": request.id}}
        tenant.hooks.request(request, "FAILED", nature="ERROR", error=error)
        return
    _move(request, "IN_PROGRESS")
    signers = tenant.signers_of(request)
    letters.invite(tenant, request, signers, "Please sign")
    tenant.effects.add("launched", request.id, request.external_id)
    tenant.hooks.request(request, "LAUNCHED", signers=signers)


def _signatures(tenant: Tenant, request: SignatureRequest, signer: Signer) -> list[Signature]:
    own = (one for document in tenant.documents_of(request) for one in document.signatures)
    return [one for one in own if one.signer_id == signer.id]


def _imaged(tenant: Tenant, request: SignatureRequest, signer: Signer) -> None:
    if tenant.images_held:
        request.awaited.add(signer.id)
        tenant.held_images.append((request, signer))
        return
    request.imaged.add(signer.id)
    for one in _signatures(tenant, request, signer):
        tenant.hooks.image(request, tenant.documents[one.document_id], signer)


def _process(tenant: Tenant, request: SignatureRequest) -> None:
    _move(request, "PROCESSING")
    tenant.later(_if_in(request, "PROCESSING", partial(_end, tenant, request, "COMPLETED")))


def _expire(tenant: Tenant, request: SignatureRequest) -> None:
    if request.status in OPEN:
        _end(tenant, request, "EXPIRED")


def _end(tenant: Tenant, request: SignatureRequest, wish: str) -> None:
    """End as COMPLETED if anybody signed, else as `wish` (contract 4.3: the comment in the models)."""
    _finish(tenant, request, "COMPLETED" if request.signed_by else wish)
    if request.proof_status == "IN_PROGRESS":
        tenant.later(while_kept(tenant, request, _prove))


def _finish(tenant: Tenant, request: SignatureRequest, status: str) -> None:
    _move(request, status)
    request.closed_at = tenant.clock.now()
    tenant.effects.add(status.lower(), request.id, request.external_id)
    nature = "SUCCESS" if status == "COMPLETED" else "WARNING"
    error = {"errorCode": "INTERNAL_ERROR"} if status == "FAILED" else None  # which code is an assumption
    tenant.hooks.request(request, status, nature=nature, error=error)
    if status == "COMPLETED":
        request.proof_status = "WAITING_IMAGES" if request.awaited else "IN_PROGRESS"
    keep_originals(tenant, request)


def _prove(tenant: Tenant, request: SignatureRequest) -> None:
    now = tenant.clock.now()
    documents = tenant.documents_of(request)
    for document in documents:
        document.proof_token = tenant.tokens.mint(TechnicalTokens.PROOF, request.context, now)
    request.proof_token = tenant.tokens.mint(TechnicalTokens.PROOF, request.context, now)
    request.proof_status = "CREATED"
    tenant.effects.add("proof_generated", request.id, request.external_id)
    tenant.hooks.proof(request, documents)
    letters.share(tenant, request)
    keep_proofs(tenant, request)


def _individualize(tenant: Tenant, parent: SignatureRequest) -> None:
    children = make_children(tenant, parent)
    _move(parent, "CHILDREN_GENERATED")
    tenant.hooks.request(parent, "CHILDREN_GENERATED")
    for child in children:
        tenant.effects.add("child_generated", child.id, child.external_id)
        _ready(tenant, child)
