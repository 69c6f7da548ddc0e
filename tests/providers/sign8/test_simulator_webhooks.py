"""What the simulated SIGN8 posts: the documented paths and header, and bodies as they were chosen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from paraph.testing.simulator import DeliveryStatus
from paraph_sign8.dialect import parse
from paraph_sign8.simulator import Sign8Simulator, create
from paraph_sign8.simulator.hooks import Body
from providers.sign8.simulator_driver import ADA, BOB, Driver, Inbox, inbox

REFUSED = "api/workflow/workflowRefused"
EXPIRED = "api/workflow/workflowExpired"


def refuse(simulator: Sign8Simulator, box: Inbox) -> tuple[str, str]:
    """Let a workflow be refused and its webhook arrive; returns the ids of workflow and signer."""
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        simulator.subscribe(f"{box.url}/")
        workflow_id, _files, (signer_id,) = vendor.started()
        vendor.person().decline(vendor.link(), "Too expensive")
        simulator.webhooks.drain()
    return workflow_id, signer_id


def test_a_refusal_is_posted_as_documented() -> None:
    """The documented path below the URL, the organisation in the documented header, and a JSON body."""
    simulator = create()
    with inbox() as box:
        workflow_id, signer_id = refuse(simulator, box)
        ((path, headers, _body),) = box.requests
        assert REFUSED == path
        assert simulator.tenant.organization_id == headers["organisation_id"]
        assert simulator.tenant.hooks.token == headers["x-webhook-token"]
        told = {"workflow_id": workflow_id, "signer_id": signer_id, "reason": "Too expensive"}
        assert told == box.json()


def test_expiry_is_posted_by_the_clock() -> None:
    """The expiry of a running workflow is posted once, when its time has come."""
    simulator = create()
    with inbox() as box, simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        simulator.subscribe(box.url)
        soon = simulator.clock.now() + timedelta(hours=1)
        workflow_id, _files, _signers = vendor.started(expires_at=soon)
        vendor.ready(expires_at=soon)  # a draft, which does not expire
        simulator.clock.advance(timedelta(hours=2))
        simulator.clock.advance(timedelta(hours=2))
        simulator.webhooks.drain()
        assert [EXPIRED] == box.paths
        assert {"workflow_id": workflow_id} == box.json()


def test_what_the_dialect_has_no_path_for_is_not_posted() -> None:
    """Signing, completing and cancelling post nothing: only two events are documented."""
    simulator = create()
    with inbox() as box, simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        simulator.subscribe(box.url)
        vendor.started()
        vendor.person().sign(vendor.link())
        cancelled, _files, _signers = vendor.started()
        vendor.ok("cancel", workflow_id=cancelled)
        simulator.webhooks.drain()
        assert [] == box.paths


def test_further_events_go_to_the_paths_of_the_dialect() -> None:
    """Opened, signed, completed and cancelled are posted where a dialect knows a path; paths take turns."""
    events = {"o": "opened", "s": "signed", "c": "completed", "done": "completed", "x/y": "cancelled"}
    simulator = create(dialect=parse({"base": "simulator", "webhooks": {"events": events}}))
    with inbox() as box, simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        simulator.subscribe(box.url)
        for _round in range(2):
            vendor.started()
            vendor.person().sign(vendor.link())
        cancelled, _files, _signers = vendor.started()
        vendor.ok("cancel", workflow_id=cancelled)
        vendor.started()
        vendor.person().decline(vendor.link(), "No")
        simulator.webhooks.drain()
        # The last one is seen before it is refused, and its refusal has no path here.
        assert ["o", "s", "c", "o", "s", "done", "x/y", "o"] == box.paths


BODIES: list[tuple[Body, bool, str, list[str]]] = [
    ("empty", True, "application/json", []),
    ("empty", False, "application/json", []),
    ("json", False, "application/json", ["reason", "signer_id"]),
    ("form", True, "application/x-www-form-urlencoded", ["reason", "signer_id", "workflow_id"]),
    ("form", False, "application/x-www-form-urlencoded", ["reason", "signer_id"]),
]


@pytest.mark.parametrize(("body", "named", "kind", "keys"), BODIES)
def test_the_body_is_as_it_was_chosen(body: Body, named: bool, kind: str, keys: list[str]) -> None:
    """Empty, JSON or a form; and the workflow is named or not, whatever the body."""
    simulator = create(webhook_body=body, webhook_names_workflow=named, webhook_token=False)
    with inbox() as box:
        workflow_id, _signer = refuse(simulator, box)
        ((_path, headers, sent),) = box.requests
        assert kind == headers["content-type"]
        assert "x-webhook-token" not in headers
        told: dict[str, Any] = box.json() if body == "json" else parse_qs(sent.decode())
        assert keys == sorted(told)
        assert (workflow_id in sent.decode()) is (named and body != "empty")
        assert "webhook_token" not in simulator.account("http://127.0.0.1:1").table


@pytest.mark.parametrize(
    ("places", "body", "expected"),
    [
        (["rows[0].id", "workflow"], "json", {"rows": [{"id": "WORKFLOW"}]}),
        (["$"], "json", "WORKFLOW"),
        ([], "json", {}),
        (["data.id", "workflow", "id"], "form", {"workflow": ["WORKFLOW"]}),
        (["data.id"], "form", {}),
    ],
)
def test_ids_stand_where_the_dialect_says(places: list[str], body: Body, expected: Any) -> None:
    """The first place of the dialect holds the id; in a form, the first that is one plain name."""
    webhooks = {"workflow_id": places, "signer_id": [], "reason": []}
    dialect = parse({"base": "simulator", "webhooks": webhooks})
    with inbox() as box:
        workflow_id, _signer = refuse(create(dialect=dialect, webhook_body=body), box)
        told = box.json() if body == "json" else parse_qs(box.requests[0][2].decode())
        assert str(expected).replace("WORKFLOW", workflow_id) == str(told)


def test_the_token_may_stand_in_the_path() -> None:
    """Where the dialect says so, the first segment below the URL is the extra secret."""
    simulator = create(dialect=parse({"base": "simulator", "webhooks": {"token": "path"}}))
    with inbox() as box:
        refuse(simulator, box)
        ((path, headers, _body),) = box.requests
        assert f"{simulator.tenant.hooks.token}/{REFUSED}" == path
        assert "x-webhook-token" not in headers
    assert simulator.tenant.hooks.token in simulator.account("http://127.0.0.1:1").environment.values()


def test_every_answer_of_success_is_taken_and_nothing_repeated() -> None:
    """Any 2xx is success; anything else is a failure that the vendor forgets."""
    good, bad = DeliveryStatus.SUCCESS, DeliveryStatus.FAILED
    for status, expected in (204, good), (302, bad), (500, bad):
        simulator = create()
        with inbox() as box:
            box.status = status
            refuse(simulator, box)
            (delivery,) = simulator.webhooks.history
            assert (expected, 1) == (delivery.status, len(box.requests))


def test_every_url_is_told() -> None:
    """Each registered URL gets each event."""
    with inbox() as one, inbox() as other:
        simulator = create(webhook_urls=[one.url])
        with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
            simulator.subscribe(other.url)
            vendor.started(ADA, BOB)
            vendor.person().decline(vendor.link(), "No")
            simulator.webhooks.drain()
        assert [REFUSED] == one.paths == other.paths
