"""AddSigner, AddSignature, AddAnnotation, and what is done about one signer: remind, give the link."""

from __future__ import annotations

from typing import Any, Final

from paraph_sign8.dialect.words import SignatureType
from paraph_sign8.simulator import answers, geometry, lifecycle
from paraph_sign8.simulator.errors import VendorError
from paraph_sign8.simulator.http import Call, Endpoint
from paraph_sign8.simulator.model import File, Placed, Signer, Workflow
from paraph_sign8.simulator.preconditions import check_active, check_draft
from paraph_sign8.simulator.tenant import Tenant, new_id, new_key

SEALS: Final = frozenset({SignatureType.ADVANCED_SEAL, SignatureType.QUALIFIED_SEAL})
"""What only members of a sealing team may be asked for (contract 4)."""


def add_signer(tenant: Tenant, call: Call) -> Any:
    """Add somebody who has to sign."""
    told, names = call.told, tenant.dialect.fields.signer
    workflow = tenant.owner(told)
    check_draft(workflow)
    kind = SignatureType(told.get("signature_type", SignatureType.SIMPLE))
    if kind is not SignatureType.SIMPLE and names.phone and "phone" not in told:
        raise VendorError("MISSING_FIELD", f"{kind.value} needs {names.phone}", names.phone)
    others = workflow.signers.values()
    email = told.get("email", "")
    if kind in SEALS and names.email and not tenant.options.may_seal(email):
        raise VendorError("NOT_IN_SEALING_TEAM", f"{kind.value} needs a sealing team's member", names.email)
    if any(email and each.email.casefold() == email.casefold() for each in others):
        # One signature type per signer and workflow (contract 4): so nobody is in it twice.
        raise VendorError("ALREADY_EXISTS", "this e-mail address is a signer already", names.email)
    position = told.get("position", len(others) + 1)
    if workflow.sequential:
        if names.position and "position" not in told:
            raise VendorError("MISSING_FIELD", f"sequential dispatch needs {names.position}", names.position)
        if any(each.position == position for each in others):
            raise VendorError("ALREADY_EXISTS", "this position is taken", names.position)
    signer = Signer(
        id=new_id(),
        given_name=told.get("given_name", ""),
        family_name=told.get("family_name", ""),
        email=email,
        phone=told.get("phone", ""),
        position=position,
        signature_type=kind,
        key=new_key(),
    )
    tenant.add_part(signer, workflow)
    _added(tenant, workflow, "signer_added")
    return answers.build([(tenant.dialect.answers.signer_id, signer.id)])


def add_signature(tenant: Tenant, call: Call) -> Any:
    """Place a signer's signature on a file."""
    workflow, placed = _place(tenant, call, "signature")
    workflow.signatures.append(placed)
    _added(tenant, workflow, "signature_added")
    return answers.build([(tenant.dialect.answers.signature_id, placed.id)])


def add_annotation(tenant: Tenant, call: Call) -> Any:
    """Place an annotation on a file."""
    workflow, placed = _place(tenant, call, "annotation")
    workflow.annotations.append(placed)
    _added(tenant, workflow, "annotation_added")
    return answers.build([(tenant.dialect.answers.annotation_id, placed.id)])


def remind(tenant: Tenant, call: Call) -> Any:
    """Remind somebody who was invited."""
    workflow, signer = _invited(tenant, call)
    lifecycle.remind(tenant, workflow, signer)
    return {}


def signature_link(tenant: Tenant, call: Call) -> Any:
    """Give the link of somebody who was invited."""
    workflow, signer = _invited(tenant, call)
    return answers.build([(tenant.dialect.answers.link, tenant.sign_link(workflow, signer))])


def _added(tenant: Tenant, workflow: Workflow, what: str) -> None:
    workflow.touched_at = tenant.clock.now()
    lifecycle.note(tenant, workflow, what)


def _place(tenant: Tenant, call: Call, entity: str) -> tuple[Workflow, Placed]:
    """Return the place that a signature or annotation asks for, on a real page of the file."""
    told = call.told
    workflow = tenant.owner(told)
    check_draft(workflow)
    if not {"file_id", "signer_id"} <= told.keys():
        raise VendorError("NOT_FOUND", "the dialect cannot say whose it is, or where")
    file = workflow.files[told["file_id"]]
    page, box = _box(tenant, file, call, entity)
    placed = Placed(
        id=new_id(),
        file_id=file.id,
        signer_id=told["signer_id"],
        page=page,
        box=box,
        word=told.get("text", ""),
    )
    return workflow, placed


def _box(tenant: Tenant, file: File, call: Call, entity: str) -> tuple[int, geometry.Box | None]:
    told, formats = call.told, tenant.dialect.formats
    names = getattr(tenant.dialect.fields, entity)
    if file.content is None:
        raise VendorError("INVALID_FILE", "the file was not uploaded, so nothing can be placed on it")
    page = told.get("page", formats.page_base) - formats.page_base
    if not 0 <= page < len(file.pages):
        words = f"pages of this file are counted from {formats.page_base}, and it has {len(file.pages)}"
        raise VendorError("OUTSIDE_PAGE", words, names.page)
    if not {"x", "y", "width", "height"} <= told.keys():
        return page, None  # the dialect cannot say where, so the signature is not seen
    rectangle = geometry.Told(x=told["x"], y=told["y"], width=told["width"], height=told["height"])
    try:
        return page, geometry.locate(rectangle, file.pages[page], formats)
    except geometry.OutsideError as error:
        raise VendorError("OUTSIDE_PAGE", str(error), names.x, names.y, names.width, names.height) from None


def _invited(tenant: Tenant, call: Call) -> tuple[Workflow, Signer]:
    workflow = tenant.owner(call.told)
    check_active(workflow)
    if "signer_id" not in call.told:
        raise VendorError("NOT_FOUND", "the dialect cannot say which signer")
    signer = workflow.signers[call.told["signer_id"]]
    if signer.status not in lifecycle.OPEN:
        raise VendorError("SIGNER_NOT_INVITED", "this signer is not invited, or has signed")
    return workflow, signer


ENDPOINTS = (
    Endpoint(name="add_signer", entity="signer", handler=add_signer, status=201),
    Endpoint(name="add_signature", entity="signature", handler=add_signature, status=201),
    Endpoint(name="add_annotation", entity="annotation", handler=add_annotation, status=201),
    Endpoint(name="remind", entity="call", keys=("workflow_id", "signer_id"), handler=remind, status=202),
    Endpoint(name="signature_link", entity="call", keys=("workflow_id", "signer_id"), handler=signature_link),
)
