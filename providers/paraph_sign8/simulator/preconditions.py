"""What a workflow needs before it can start (contract 4)."""

from __future__ import annotations

from collections.abc import Iterator

from paraph_sign8.dialect.words import WorkflowStatus
from paraph_sign8.simulator.errors import VendorError
from paraph_sign8.simulator.model import Workflow
from paraph_sign8.simulator.tenant import Tenant


def check_draft(workflow: Workflow) -> None:
    """Refuse changes of what has started."""
    if workflow.status is not WorkflowStatus.DRAFT:
        raise VendorError("WORKFLOW_STARTED", "the workflow has started and cannot be changed any more")


def check_active(workflow: Workflow) -> None:
    """Refuse what only a running workflow allows."""
    if workflow.status is not WorkflowStatus.ACTIVE:
        raise VendorError("WORKFLOW_NOT_ACTIVE", "the workflow is not running")


def check_completed(workflow: Workflow) -> None:
    """Refuse what is there only when all have signed."""
    if workflow.status is not WorkflowStatus.COMPLETED:
        raise VendorError("WORKFLOW_NOT_COMPLETED", "not everybody has signed")


def check_complete(tenant: Tenant, workflow: Workflow) -> None:
    """Refuse to start what lacks something; everything that is missing is named."""
    lacking = tuple(missing(tenant, workflow))
    if lacking:
        raise VendorError("WORKFLOW_INCOMPLETE", "; ".join(lacking))


def missing(tenant: Tenant, workflow: Workflow) -> Iterator[str]:
    """Yield what a workflow lacks."""
    if tenant.dialect.fields.workflow.name and not workflow.name:
        yield "it has no name"
    if not workflow.files:
        yield "it has no file"
    if any(file.content is None for file in workflow.files.values()):
        yield "a file was not uploaded"
    if not workflow.signers:
        yield "it has no signer"
    signing = {each.signer_id for each in workflow.signatures}
    idle = len(workflow.signers.keys() - signing)
    if idle:
        yield f"{idle} signer(s) have nothing to sign"
    if workflow.expires_at is not None and workflow.expires_at <= tenant.clock.now():
        yield "its expiry is past"
