"""AddWorkflow and what is done with a whole workflow: start, status, list, cancel."""

from __future__ import annotations

from typing import Any

from paraph_sign8.dialect.words import Dispatch
from paraph_sign8.simulator import answers, lifecycle, shown
from paraph_sign8.simulator.errors import VendorError
from paraph_sign8.simulator.http import Call, Endpoint
from paraph_sign8.simulator.model import Workflow
from paraph_sign8.simulator.tenant import Tenant, new_id, new_key


def add_workflow(tenant: Tenant, call: Call) -> Any:
    """Make a draft."""
    told, now = dict(call.told), tenant.clock.now()
    expires_at = told.get("expires_at")
    if expires_at is not None and expires_at <= now:
        name = tenant.dialect.fields.workflow.expires_at
        raise VendorError("INVALID_FIELD", f"{name} has to be in the future", name)
    names = tenant.dialect.fields.workflow
    if told.get("interface_id") not in {None, *tenant.interfaces}:
        raise VendorError("NOT_FOUND", "there is no such interface", names.interface_id)
    if told.get("team_id") not in {None, *tenant.options.teams}:
        raise VendorError("NOT_FOUND", "there is no such team", names.team_id)
    sequential = told.pop("dispatch", Dispatch.PARALLEL) == Dispatch.SEQUENTIAL
    workflow = Workflow(
        id=new_id(), created_at=now, touched_at=now, key=new_key(), sequential=sequential, **told
    )
    tenant.add(workflow)
    lifecycle.note(tenant, workflow, "workflow_added")
    return answers.build([(tenant.dialect.answers.workflow_id, workflow.id)])


def start(tenant: Tenant, call: Call) -> Any:
    """Release a workflow to its signers."""
    lifecycle.start(tenant, tenant.owner(call.told))
    return {}


def status(tenant: Tenant, call: Call) -> Any:
    """Show a workflow."""
    return shown.status(tenant, tenant.owner(call.told))


def listed(tenant: Tenant, _call: Call) -> Any:
    """List all workflows."""
    return shown.workflows(tenant)


def cancel(tenant: Tenant, call: Call) -> None:
    """End a running workflow."""
    lifecycle.cancel(tenant, tenant.owner(call.told), call.told.get("reason", ""))


ENDPOINTS = (
    Endpoint(name="add_workflow", entity="workflow", handler=add_workflow, status=201),
    Endpoint(name="start", entity="call", keys=("workflow_id",), handler=start),
    Endpoint(name="status", entity="call", keys=("workflow_id",), handler=status),
    Endpoint(name="list", entity="call", keys=(), handler=listed),
    Endpoint(name="cancel", entity="call", keys=("workflow_id", "reason"), handler=cancel),
)
