"""SIGN8's webhooks over real HTTP, through the receiver: what is believed, what is read, what is kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from paraph.model import Decision, FactType, Lifecycle, Snapshot
from paraph.ops.outcome import OutcomeKind
from paraph_sign8.dialect import parse
from support.sign8_account import dialect, without
from support.sign8_stage import ACCOUNT, REFUSED, Deal, Door, asked, receiving

F = FactType


def check_declined(snapshot: Snapshot) -> None:
    """See that Bob refused, and why."""
    assert Lifecycle.DECLINED is snapshot.lifecycle
    assert snapshot.ending is not None
    assert "Too dear" == snapshot.ending.reason
    bob = snapshot.signatory("bob")
    assert (Decision.DECLINED, "Too dear") == (bob.decision, bob.reason)
    assert Decision.NONE is snapshot.signatory("ada").decision


@pytest.mark.parametrize("body", ["json", "form", "empty"])
@pytest.mark.parametrize("place", ["header", "path"])
def test_a_trusted_refusal_is_read(place: str, body: str) -> None:
    """A webhook with the account's token causes one read, which says who refused and why."""
    spoken = parse(dialect(webhooks__token=place))
    with receiving(spoken, webhook_body=body) as (deal, door):
        deal.client.send(asked(), account=ACCOUNT)
        before = deal.reads
        deal.refuse()
        door.settled()
        check_declined(deal.client.get("env1"))
        assert 1 == deal.reads - before


@pytest.mark.parametrize("body", ["json", "form"])
def test_without_a_status_a_trusted_refusal_is_the_observation(body: str) -> None:
    """Where nothing can be read, a webhook with the account's token says by itself who refused and why."""
    with receiving(parse(without("status")), webhook_body=body) as (deal, door):
        deal.client.send(asked(), account=ACCOUNT)
        before = len(deal.requests)
        deal.refuse()
        door.settled()
        check_declined(deal.client.get("env1"))
        assert before == len(deal.requests)
        assert Lifecycle.DECLINED is deal.client.get("env1").lifecycle


def test_without_a_status_a_refusal_that_names_nobody_is_news_of_the_account() -> None:
    """Where nothing can be read, a trusted refusal of some workflow ends none, and is kept for a person."""
    spoken = parse(without("status"))
    with receiving(spoken, webhook_names_workflow=False) as (deal, door):
        deal.client.send(asked(), account=ACCOUNT)
        deal.refuse()
        door.settled()
        assert Lifecycle.SENT is deal.client.get("env1").lifecycle
        (news,) = [event for event in deal.client.events() if event.type is F.UNKNOWN]
        assert REFUSED in {news.native, news.target}


@pytest.fixture(params=["status", "no status"])
def forged(request: pytest.FixtureRequest) -> Iterator[tuple[Deal, Door]]:
    """A sent envelope whose refusal nobody has proven."""
    spoken = parse(dialect() if request.param == "status" else without("status"))
    with receiving(spoken, subscribed=False) as (deal, door):
        deal.client.send(asked(), account=ACCOUNT)
        deal.requests.clear()
        yield deal, door


def test_a_forged_refusal_changes_nothing_and_reads_at_most_once(forged: tuple[Deal, Door]) -> None:
    """Who knows the address but no token can end nothing, however often they try, and causes one read."""
    deal, door = forged
    body = {"workflow_id": deal.workflow.id, "reason": "forged"}
    for number in range(3):
        door.post(REFUSED, {**body, "n": number})
    snapshot = deal.client.get("env1")
    assert Lifecycle.SENT is snapshot.lifecycle
    assert snapshot.ending is None
    assert len(deal.requests) <= 1
    assert 0 == sum(event.type is F.ENVELOPE_DECLINED for event in deal.client.events("env1"))


def test_a_wrong_token_is_refused_and_the_right_one_is_not(forged: tuple[Deal, Door]) -> None:
    """The control: of two deliveries alike but for the token, only the right one changes something."""
    deal, door = forged
    door.post(REFUSED, {"workflow_id": deal.workflow.id, "n": 1}, **{"X-Webhook-Token": "guessed"})
    assert OutcomeKind.REJECTED is door.outcomes[-1].kind
    assert [] == deal.requests
    assert Lifecycle.SENT is deal.client.get("env1").lifecycle
    token = deal.simulator.tenant.hooks.token
    deal.refuse()
    door.post(REFUSED, {"workflow_id": deal.workflow.id, "n": 2}, **{"X-Webhook-Token": token})
    assert Lifecycle.DECLINED is deal.client.get("env1").lifecycle


@pytest.mark.parametrize("header", ["organisation_id", "organization_id", "Organisation-Id", None])
def test_the_organisation_may_be_spelled_in_every_way_or_be_absent(header: str | None) -> None:
    """A trusted delivery is taken with the organisation's id under either name, and without it."""
    with receiving(subscribed=False) as (deal, door):
        deal.client.send(asked(), account=ACCOUNT)
        deal.refuse()
        headers = {} if header is None else {header: deal.simulator.tenant.organization_id.upper()}
        token = {"X-Webhook-Token": deal.simulator.tenant.hooks.token}
        door.post(REFUSED, {"workflow_id": deal.workflow.id}, **headers, **token)
        check_declined(deal.client.get("env1"))


@pytest.mark.parametrize("header", ["organisation_id", "organization_id"])
def test_a_delivery_for_another_organisation_is_refused(header: str) -> None:
    """What names somebody else is not ours, even with our token: nothing is read."""
    with receiving(subscribed=False) as (deal, door):
        deal.client.send(asked(), account=ACCOUNT)
        deal.refuse()
        deal.requests.clear()
        token = {"X-Webhook-Token": deal.simulator.tenant.hooks.token}
        door.post(REFUSED, {"workflow_id": deal.workflow.id}, **{header: "somebody-else"}, **token)
        assert (OutcomeKind.REJECTED, "other_tenant") == (door.outcomes[-1].kind, door.outcomes[-1].reason)
        assert [] == deal.requests
        assert Lifecycle.SENT is deal.client.get("env1").lifecycle


@pytest.mark.parametrize("body", ["json", "form", "empty"])
def test_a_delivery_that_names_no_workflow_has_all_open_ones_read(body: str) -> None:
    """Which of the open envelopes was refused is found by reading each of them once."""
    with receiving(webhook_body=body, webhook_names_workflow=False) as (deal, door):
        for name in ("env1", "env2", "env3"):
            deal.client.send(asked(name), account=ACCOUNT)
        deal.client.cancel("env3")
        deal.simulator.webhooks.drain()
        door.settled()
        before = deal.reads
        second = deal.client.get("env2").vendor_ref or ""
        (link,) = [m.link for m in deal.invitations() if second in m.link and m.to == "bob@example.org"]
        deal.person().decline(link, "Too dear")
        deal.simulator.webhooks.drain()
        door.settled()
        assert Lifecycle.SENT is deal.client.get("env1").lifecycle
        check_declined(deal.client.get("env2"))
        assert 2 == deal.reads - before, "the one that had ended was left alone"


def test_a_path_that_nobody_knows_is_kept() -> None:
    """An event that this version has no word for is kept as such and changes nothing."""
    with receiving(subscribed=False) as (deal, door):
        deal.client.send(asked(), account=ACCOUNT)
        before = deal.client.get("env1")
        token = {"X-Webhook-Token": deal.simulator.tenant.hooks.token}
        door.post("api/workflow/workflowPaused", {"workflow_id": deal.workflow.id}, **token)
        (kept,) = [event for event in deal.client.events("env1") if event.type is F.UNKNOWN]
        assert ("api/workflow/workflowPaused",) == kept.native
        assert before.lifecycle is deal.client.get("env1").lifecycle
