"""A workflow as a whole: made, started, read, listed, cancelled, and its audit report."""

from __future__ import annotations

from typing import Final

import httpx

from paraph.flow import Downloaded, Flow
from paraph.provider import Account, Action, NoParams, Repeat
from paraph_sign8 import downloading, mapping, wire
from paraph_sign8 import params as p
from paraph_sign8.actions.base import Made, action, needed, nothing, told_in, values_of
from paraph_sign8.dialect import Dialect
from paraph_sign8.settings import Sign8Settings


def _workflow_values(given: p.NewWorkflow, dialect: Dialect) -> wire.Values:
    words = dialect.words.dispatch
    dispatch = None if given.dispatch is None else mapping.word_of(words, given.dispatch.value)
    return {**values_of(given), "dispatch": dispatch}


def _workflows(response: httpx.Response, account: Account[Sign8Settings]) -> tuple[wire.WorkflowRow, ...]:
    dialect = account.settings.spoken
    return tuple(wire.read_workflow(row, dialect) for row in wire.rows_of(response, dialect, "workflows"))


def _status(response: httpx.Response, account: Account[Sign8Settings]) -> wire.Status:
    return wire.status_in(response, account.settings.spoken)


ADD_WORKFLOW: Final = action(
    "workflows.add",
    "add_workflow",
    "workflow",
    p.NewWorkflow,
    Made,
    needed("workflow_id"),
    repeat=Repeat.NEVER,
    summary="Make a workflow (AddWorkflow).",
    values=_workflow_values,
)

START_WORKFLOW: Final = action(
    "workflows.start",
    "start",
    "call",
    p.WorkflowRef,
    None,
    nothing,
    repeat=Repeat.NEVER,
    summary="Release a workflow to its signers.",
)

WORKFLOW_STATUS: Final = action(
    "workflows.status",
    "status",
    "call",
    p.WorkflowRef,
    wire.Status,
    _status,
    repeat=Repeat.READ,
    summary="Read a workflow.",
)

LIST_WORKFLOWS: Final = action(
    "workflows.list",
    "list",
    "call",
    NoParams,
    tuple[wire.WorkflowRow, ...],
    _workflows,
    repeat=Repeat.READ,
    summary="List workflows.",
)

CANCEL_WORKFLOW: Final = action(
    "workflows.cancel",
    "cancel",
    "call",
    p.Cancellation,
    None,
    nothing,
    # A repetition could be refused because the first was heard, and a refusal means that nothing happened.
    repeat=Repeat.NEVER,
    summary="Cancel a running workflow; all who were involved so far are informed.",
    source="contract 2, 4",
)


def _report(account: Account[Sign8Settings], given: p.ReportDownload) -> Flow[Downloaded]:
    return (
        yield from downloading.fetch(account, "audit_report", {"workflow_id": given.workflow_id}, given.sink)
    )


AUDIT_REPORT: Final[Action[p.ReportDownload, Downloaded]] = Action(
    name="workflows.audit_report",
    summary="Fetch the audit report of a workflow.",
    source="contract 2",
    repeat=Repeat.READ,
    params=p.ReportDownload,
    result=Downloaded,
    run=_report,
    told_in=told_in("audit_report"),
    documented=False,
)
