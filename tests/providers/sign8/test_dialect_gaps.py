"""What dialects with gaps have shown, one by one: what cannot be told or seen is said before any request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from paraph import errors
from paraph.model import Field, Problem, Rect
from paraph.provider import Capability
from paraph_sign8.dialect import parse
from paraph_sign8.simulator import create
from support.sign8_account import dialect
from support.sign8_stage import ACCOUNT, Deal, asked, dealing

ENDINGS = {Capability.SEE_COMPLETION, Capability.SEE_DECLINE}


def blocking(deal: Deal, **changes: Any) -> list[Problem]:
    """Return what blocks an envelope."""
    return [each for each in deal.client.check(asked(**changes), account=ACCOUNT) if each.blocking]


@pytest.mark.parametrize("name", ["file_id", "signer_id"])
def test_an_annotation_that_cannot_say_whose_it_is_is_refused(name: str) -> None:
    """Without the id an annotation would be refused by the vendor, and a draft be left behind."""
    note = Field(document="contract", signatory="ada", kind="date", rect=Rect(x=9, y=9, width=9, height=9))
    with dealing(parse(dialect(**{f"fields__annotation__{name}": ""}))) as deal:
        assert [] == blocking(deal)
        (found,) = blocking(deal, fields=[note])
        assert ("fields[0]", "dialect.untold") == (found.path, found.code)
        assert f"dialect.fields.annotation.{name}" in found.hint


@pytest.mark.parametrize(
    ("operation", "name"),
    [("start", "workflow_id"), ("status", "workflow_id"), ("cancel", "workflow_id"), ("remind", "signer_id")],
)
def test_an_operation_that_cannot_say_what_it_is_about_is_refused(operation: str, name: str) -> None:
    """A call without the id may hit another workflow, so the account is incomplete until it is told."""
    gap = {f"operations__{operation}__path": "/v1/somewhere", f"fields__call__{name}": ""}
    with dealing(parse(dialect(**gap))) as deal:
        (found,) = blocking(deal)
        assert f"accounts.de.dialect.fields.call.{name}" == found.path
        assert operation in found.message
        with pytest.raises(errors.Refused):
            deal.client.send(asked(), account=ACCOUNT)
        assert [] == deal.requests


@pytest.mark.parametrize("gap", [{"status__status": ""}, {"words__workflow_statuses": {"on": "active"}}])
def test_a_status_that_cannot_say_completed_is_not_waited_for(gap: Mapping[str, Any]) -> None:
    """A path alone shows no ending: without the word or its place that is said, and waiting raises."""
    with dealing(parse(dialect(**gap))) as deal:
        assert deal.client.capabilities(ACCOUNT).supported.isdisjoint(ENDINGS)
        deal.client.send(asked(), account=ACCOUNT)
        with pytest.raises(errors.Unobservable):
            deal.client.wait("env1")


def test_a_webhook_that_names_no_workflow_shows_no_ending() -> None:
    """Without a status a trusted webhook ends nothing if the dialect does not find the workflow in it."""
    events = {"done": "completed", "no": "refused"}
    spoken = dialect(operations__status__path="", webhooks__events=events)
    with dealing(parse(spoken)) as deal:
        assert ENDINGS <= deal.client.capabilities(ACCOUNT).supported
    spoken["webhooks"]["workflow_id"] = []
    with dealing(parse(spoken)) as deal:
        assert deal.client.capabilities(ACCOUNT).supported.isdisjoint(ENDINGS)


def test_a_place_that_is_not_used_clashes_with_nothing() -> None:
    """The simulator takes a dialect whose place for an upload makes sense only with another transfer."""
    spoken = dialect(answers__file_id="[0].id", answers__upload_url="url")
    create(dialect=parse(spoken))
    spoken["formats"] = {"transfer": "url"}
    with pytest.raises(ValueError, match="url"):
        create(dialect=parse(spoken))
