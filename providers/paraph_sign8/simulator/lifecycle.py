"""The life of a workflow (contract 4).

A draft is built by adding parts and started by a call; nothing can be changed afterwards. A dialect without
such a call has workflows that start by themselves: as soon as one is complete and nothing was added to it for
`settling` of simulated time (an assumption, since nothing is published). Sequential signers are invited one
after the other, parallel ones at once. One refusal ends the workflow (inferred in the contract), all
signatures complete it, after its expiry nobody can sign, and cancelling tells everybody who was invited.
"""

from __future__ import annotations

from paraph.testing.simulator import Mail
from paraph_sign8.dialect.words import SignerStatus, WebhookEvent, WorkflowStatus
from paraph_sign8.simulator.model import Happening, Signer, Workflow
from paraph_sign8.simulator.preconditions import check_active, check_complete, check_draft, missing
from paraph_sign8.simulator.tenant import Tenant

OPEN = frozenset({SignerStatus.INVITED, SignerStatus.OPENED})
"""Where a signer stands who can sign or refuse."""


def tick(tenant: Tenant) -> None:
    """Do what time does: expire, and start what starts by itself. Harmless at any moment."""
    now = tenant.clock.now()
    for workflow in tuple(tenant.unended.values()):
        if workflow.status is WorkflowStatus.ACTIVE and workflow.expires_at and workflow.expires_at <= now:
            _end(tenant, workflow, WorkflowStatus.EXPIRED)
        elif (
            workflow.status is WorkflowStatus.DRAFT
            and not tenant.dialect.offers("start")
            and now >= workflow.touched_at + tenant.options.settling
            and not any(missing(tenant, workflow))
        ):
            start(tenant, workflow)


def start(tenant: Tenant, workflow: Workflow) -> None:
    """Release a draft to its signers; raises VendorError if it lacks something."""
    check_draft(workflow)
    check_complete(tenant, workflow)
    workflow.status = WorkflowStatus.ACTIVE
    note(tenant, workflow, "started")
    _invite_next(tenant, workflow)


def cancel(tenant: Tenant, workflow: Workflow, reason: str) -> None:
    """End a running workflow, and tell everybody who was involved so far."""
    check_active(workflow)
    workflow.reason = reason
    involved = [each for each in workflow.in_turn() if each.status is not SignerStatus.WAITING]
    _end(tenant, workflow, WorkflowStatus.CANCELLED)
    for signer in involved:
        _mail(tenant, signer, f"Cancelled: {workflow.name}", tenant.sign_link(workflow, signer))


def remind(tenant: Tenant, workflow: Workflow, signer: Signer) -> None:
    """Mail the link again."""
    note(tenant, workflow, "reminded", signer)
    _mail(tenant, signer, f"Reminder, please sign: {workflow.name}", tenant.sign_link(workflow, signer))


def opened(tenant: Tenant, workflow: Workflow, signer: Signer) -> None:
    """Note that a signer sees the documents, the first time."""
    if signer.status is SignerStatus.INVITED:
        signer.status = SignerStatus.OPENED
        note(tenant, workflow, "opened", signer)
        tenant.hooks.send(WebhookEvent.OPENED, workflow_id=workflow.id, signer_id=signer.id)


def signed(tenant: Tenant, workflow: Workflow, signer: Signer) -> None:
    """Note that a signer signed everything; the last one completes the workflow."""
    signer.status = SignerStatus.SIGNED
    signer.signed_at = tenant.clock.now()
    note(tenant, workflow, "signed", signer)
    tenant.hooks.send(WebhookEvent.SIGNED, workflow_id=workflow.id, signer_id=signer.id)
    if all(each.status is SignerStatus.SIGNED for each in workflow.signers.values()):
        _end(tenant, workflow, WorkflowStatus.COMPLETED)
        for each in workflow.in_turn():
            _mail(tenant, each, f"Signed by all: {workflow.name}", tenant.results_link(workflow))
    else:
        _invite_next(tenant, workflow)


def refused(tenant: Tenant, workflow: Workflow, signer: Signer, reason: str) -> None:
    """Note that a signer refused, which ends the workflow."""
    signer.status = SignerStatus.REFUSED
    signer.reason = workflow.reason = reason
    note(tenant, workflow, "signer_refused", signer)
    _end(tenant, workflow, WorkflowStatus.REFUSED, signer)


def note(tenant: Tenant, workflow: Workflow, what: str, signer: Signer | None = None) -> None:
    """Write down what happened: in the journal of effects, and for the audit report."""
    workflow.history.append(
        Happening(at=tenant.clock.now(), what=what, who="" if signer is None else signer.id)
    )
    tenant.effects.add(what, workflow.id if signer is None else signer.id, workflow.external_id)


def _invite_next(tenant: Tenant, workflow: Workflow) -> None:
    waiting = [each for each in workflow.in_turn() if each.status is SignerStatus.WAITING]
    for signer in waiting[:1] if workflow.sequential else waiting:
        signer.status = SignerStatus.INVITED
        note(tenant, workflow, "invited", signer)
        _mail(tenant, signer, f"Please sign: {workflow.name}", tenant.sign_link(workflow, signer))


def _end(tenant: Tenant, workflow: Workflow, status: WorkflowStatus, signer: Signer | None = None) -> None:
    workflow.status = status
    tenant.unended.pop(workflow.id, None)
    workflow.ended_at = tenant.clock.now()
    note(tenant, workflow, status.value)
    tenant.hooks.send(
        WebhookEvent(status.value),
        workflow_id=workflow.id,
        signer_id="" if signer is None else signer.id,
        reason=workflow.reason,
    )


def _mail(tenant: Tenant, signer: Signer, subject: str, link: str) -> None:
    tenant.outbox.append(Mail(to=signer.email, subject=subject, link=link))
