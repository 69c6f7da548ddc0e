"""How workflows and interfaces look in answers, along the dialect.

What is not known yet (when a workflow ended, why) is null. A dialect does not say how the rows of a list
look; here they have the id under the last name of its place in the answer of ``add_workflow``, the name under
the one by which it is told, and the status where it stands in a status.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from paraph_sign8.dialect import Dialect
from paraph_sign8.dialect.words import Place, Transfer
from paraph_sign8.simulator import answers, times
from paraph_sign8.simulator.model import Interface, Workflow
from paraph_sign8.simulator.tenant import Tenant


def status(tenant: Tenant, workflow: Workflow) -> Any:
    """Return the answer of ``status``."""
    shape, dialect = tenant.dialect.status, tenant.dialect
    signers = [
        answers.build(
            [
                (shape.signer_id, each.id),
                (shape.signer_status, tenant.signer_word(each.status)),
                (shape.signer_signed_at, _moment(each.signed_at, dialect)),
                (shape.signer_reason, each.reason or None),
            ]
        )
        for each in workflow.in_turn()
    ]
    return answers.build(
        [
            (shape.status, tenant.workflow_word(workflow.status)),
            (shape.ended_at, _moment(workflow.ended_at, dialect)),
            (shape.reason, workflow.reason or None),
            (shape.signers, signers),
            (shape.files, [answers.build([(shape.file_id, each)]) for each in workflow.files]),
            (
                shape.signatures,
                [answers.build([(shape.signature_id, each.id)]) for each in workflow.signatures],
            ),
            (
                shape.annotations,
                [answers.build([(shape.annotation_id, each.id)]) for each in workflow.annotations],
            ),
        ]
    )


def workflows(tenant: Tenant) -> Any:
    """Return the answer of ``list``."""
    dialect = tenant.dialect
    last = dialect.answers.workflow_id.rpartition(".")[2]
    rows = []
    for each in tenant.workflows.values():
        told: list[tuple[str, Any]] = [(last if last not in {"", answers.WHOLE} else "workflow_id", each.id)]
        status_word = tenant.workflow_word(each.status)
        for further in ((dialect.status.status, status_word), (dialect.fields.workflow.name, each.name)):
            if not _clash([*told, further]):
                told.append(further)
        rows.append(answers.build(told))
    return answers.build([(dialect.answers.workflows, rows)])


def interfaces(tenant: Tenant) -> Any:
    """Return the answer of ``list_interfaces``: rows with the columns of the published table."""
    dialect = tenant.dialect
    names = dialect.fields.interface
    place = dialect.organization.place
    owner = dialect.organization.name if place is Place.BODY else "organization_id"
    rows = []
    for each in tenant.interfaces.values():
        told = [
            (names.interface_id, each.interface_id),
            (names.primary_color, each.primary_color),
            (names.icon_file_id, each.icon_file_id),
            (names.logo_file_id, each.logo_file_id),
            (names.created_at, times.write(each.created_at, dialect.formats.instant)),
            (names.updated_at, times.write(each.updated_at, dialect.formats.instant)),
        ]
        with_owner = [*told, (owner, tenant.organization_id)]
        rows.append(answers.build(told if _clash(with_owner) else with_owner))
    return answers.build([(dialect.answers.interfaces, rows)])


def check(tenant: Tenant) -> None:
    """Build every answer once, in vain.

    :raises ValueError: the dialect wants two things in one place of an answer.
    """
    moment = tenant.clock.now()
    shape = tenant.dialect.answers
    sample = Workflow(id="", created_at=moment, touched_at=moment, key="")
    status(tenant, sample)
    rows = tenant.dialect.status
    answers.build(
        [
            (each, "")
            for each in (rows.signer_id, rows.signer_status, rows.signer_signed_at, rows.signer_reason)
        ]
    )
    if tenant.dialect.formats.transfer is Transfer.URL:
        answers.build([(shape.file_id, ""), (shape.upload_url, "")])
    columns = dict.fromkeys(("interface_id", "primary_color", "icon_file_id", "logo_file_id"), "")
    tenant.interfaces[""] = Interface(**columns, created_at=moment, updated_at=moment)
    try:
        interfaces(tenant)
    finally:
        del tenant.interfaces[""]


def _moment(moment: datetime | None, dialect: Dialect) -> str | int | None:
    return None if moment is None else times.write(moment, dialect.formats.instant)


def _clash(placed: list[tuple[str, Any]]) -> bool:
    try:
        answers.build(placed)
    except answers.ClashError:
        return True
    return False
