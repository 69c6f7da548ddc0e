"""The simulator's faults at SIGN8, where no call verifies webhooks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from paraph import errors
from paraph.model import Lifecycle
from paraph.testing.simulator import Fault, FaultKind
from paraph_sign8.simulator import create
from support.sign8_stage import ACCOUNT, asked, dealing

CHANGING = ("workflow/add", "file/add", "signer/add", "signature/add", "workflow/[^/]+/start")


def test_sign8_has_no_verifier_to_break() -> None:
    """The fault is refused in words that say what to use instead, in Python and over HTTP; none is armed."""
    simulator = create()
    with pytest.raises(ValueError, match="'verifier_down' has nothing to break"):
        simulator.faults.add(Fault(kind=FaultKind.VERIFIER_DOWN))
    with simulator.running() as base_url:
        both = [{"kind": "status"}, {"kind": "verifier_down"}]
        answer = httpx.post(f"{base_url}/_simulator/faults", json=both, trust_env=False)
        assert 400 == answer.status_code
        assert "'verifier_down' has nothing to break" in answer.json()["error"]
    assert () == simulator.faults.waiting()


def test_a_rate_limit_anywhere_in_a_send_is_told_and_resumed() -> None:
    """Each changing request meets a 429: the caller hears how long to wait, and one workflow is started."""
    with dealing() as deal:
        for number, path in enumerate(CHANGING, start=1):
            wanted = asked(f"limited-{number}")
            deal.simulator.faults.add(Fault(kind=FaultKind.RATE_LIMIT, path=f"/v1/{path}", seconds=7))
            with pytest.raises(errors.RateLimited) as caught:
                deal.client.send(wanted, account=ACCOUNT)
            assert (7.0, "none") == (caught.value.retry_after, caught.value.effect)
            assert () == deal.simulator.faults.waiting()
            assert Lifecycle.SENT is deal.client.resume(wanted.id).lifecycle
            assert number == len(deal.simulator.effects.of("started"))


def test_a_clock_that_jumps_past_the_deadline_at_a_read_shows_an_expired_workflow() -> None:
    """The vendor's time is later when the status is asked for: the answer already says so."""
    with dealing() as deal:
        deadline = datetime.now(UTC) + timedelta(days=3)
        deal.client.send(asked(expires_at=deadline), account=ACCOUNT)
        assert Lifecycle.SENT is deal.client.refresh("env1").lifecycle
        deal.simulator.faults.add(Fault(kind=FaultKind.CLOCK_JUMP, method="GET", seconds=4 * 86400))
        assert Lifecycle.EXPIRED is deal.client.refresh("env1").lifecycle
