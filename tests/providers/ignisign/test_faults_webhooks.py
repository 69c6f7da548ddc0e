"""Webhooks under every fault: the token's check broken, deliveries lost, doubled, mixed up and late."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import cache
from typing import Any

import attrs
import pytest

from paraph.model import FactType, Lifecycle
from paraph.ops.believe import SCHEDULE
from paraph.ops.outcome import OutcomeKind
from paraph.testing.simulator import Fault, FaultKind
from providers.ignisign.simulator_driver import Inbox, inbox
from support.ignisign_stage import ACCOUNT, Stage, staged

F = FaultKind
K = OutcomeKind
CHECK = ("POST", "/v4/tokens/webhook-verification/checking-consumption")

BROKEN = {
    F.LOST: "ConnectionLost",
    F.RESET: "ConnectionLost",
    F.CUT: "ConnectionLost",
    F.STATUS: "VendorUnavailable",
    F.VERIFIER_DOWN: "VendorUnavailable",
    F.RATE_LIMIT: "RateLimited",
    F.SLOW: "TimedOut",
    F.NOT_JSON: "MalformedResponse",
}
"""Why a delivery that cannot be checked has to wait, by what broke the check. Never a rejection."""


@attrs.frozen(kw_only=True)
class Door:
    """A stage whose vendor calls an endpoint; what came is handed on to the client by the test."""

    stage: Stage
    box: Inbox

    def post(self, body: dict[str, Any]) -> Any:
        """Hand one delivery on and return its outcome; the vendor gets its 200."""
        outcome = self.stage.call("ingest", ACCOUNT, headers={}, body=json.dumps(body).encode())
        assert 200 == outcome.status
        return outcome

    def later(self) -> Any:
        """Process what is due two minutes later; returns the outcomes' kinds and reasons."""
        self.stage.late += timedelta(minutes=2)
        return [(each.kind, each.reason) for each in self.stage.call("process_due")]

    def told(self, name: str, **content: str) -> dict[str, Any]:
        """Wait for the vendor and return the one delivery called TOPIC/ACTION with this content."""
        self.stage.simulator.webhooks.drain()
        (body,) = (each for each in self.box.of(name) if content.items() <= each["content"].items())
        return body

    def lifecycle(self, name: str) -> Lifecycle:
        """Return what is known of an envelope, without asking the vendor."""
        found: Lifecycle = self.stage.call("get", name).lifecycle
        return found


@pytest.fixture(scope="module")
def doors() -> Iterator[Callable[[str], Door]]:
    """One vendor for each kind of client: each test uses envelopes of its own."""
    with ExitStack() as stack:

        @cache
        def open_door(runner: str) -> Door:
            box = stack.enter_context(inbox())
            stage = stack.enter_context(staged(runner))
            stage.simulator.subscribe(box.url)
            return Door(stage=stage, box=box)

        yield open_door


@pytest.fixture(params=["sync", "async"])
def door(doors: Callable[[str], Door], request: pytest.FixtureRequest) -> Door:
    """The vendor and one kind of client, with nothing broken and nothing waiting."""
    door = doors(request.param)
    door.stage.heal()
    return door


@pytest.mark.parametrize("times", [1, 3])
def test_a_check_that_breaks_waits_and_ends_in_the_truth(door: Door, times: int) -> None:
    """A delivery whose token cannot be checked is kept, moves nothing, and is believed once it can be."""
    for kind, reason in BROKEN.items():
        name = f"check-{times}-{kind.value}"
        reference = door.stage.sent(name)
        door.stage.close(reference)
        body = door.told("SIGNATURE_REQUEST/CANCELLED", signatureRequestId=reference)
        door.stage.suffer(kind, CHECK, times)
        outcome = door.post(body)
        assert (K.UNAVAILABLE, reason) == (outcome.kind, outcome.reason), kind
        assert Lifecycle.SENT is door.lifecycle(name)
        for _try in range(times - 1):
            assert [(K.UNAVAILABLE, reason)] == door.later()
            assert Lifecycle.SENT is door.lifecycle(name)
        assert () == door.stage.simulator.faults.waiting()
        assert [(K.ACCEPTED, "")] == door.later()
        assert Lifecycle.CANCELLED is door.lifecycle(name)
        assert [] == door.later()
        assert K.DUPLICATE is door.post(body).kind


def forged(genuine: dict[str, Any]) -> dict[str, Any]:
    """Return a delivery that says the same with a token that nobody minted."""
    return {**genuine, "verificationToken": uuid.uuid4().hex}


def test_while_the_verifier_is_down_nothing_is_forged_and_nothing_believed(door: Door) -> None:
    """Genuine and invented deliveries wait alike; once it is up one is believed and the other rejected."""
    honest, lied_about = (door.stage.sent(name) for name in ("honest", "lied-about"))
    door.stage.close(honest)
    genuine = door.told("SIGNATURE_REQUEST/CANCELLED", signatureRequestId=honest)
    invented = forged(genuine)
    invented["content"] = {**genuine["content"], "signatureRequestId": lied_about}
    invented["content"].pop("signatureRequestExternalId", None)
    door.stage.simulator.faults.add(Fault(kind=F.VERIFIER_DOWN, times=1000))
    for body in (genuine, invented):
        assert K.UNAVAILABLE is door.post(body).kind
    for name in ("honest", "lied-about"):
        assert Lifecycle.SENT is door.lifecycle(name)
    door.stage.heal()
    assert [(K.ACCEPTED, ""), (K.REJECTED, "forged")] == sorted(door.later())
    assert (Lifecycle.CANCELLED, Lifecycle.SENT) == (door.lifecycle("honest"), door.lifecycle("lied-about"))


def test_a_verifier_that_never_comes_back_leaves_a_claim_that_is_read(door: Door) -> None:
    """After the last try a delivery is a claim: the vendor's own state decides, whoever sent it."""
    honest, lied_about = (door.stage.sent(name) for name in ("patient", "patient-lie"))
    door.stage.close(honest)
    genuine = door.told("SIGNATURE_REQUEST/CANCELLED", signatureRequestId=honest)
    invented = forged(genuine)
    invented["content"] = {"signatureRequestId": lied_about, "status": "CANCELLED"}
    door.stage.simulator.faults.add(Fault(kind=F.VERIFIER_DOWN, times=1000))
    kinds = Counter(door.post(body).kind for body in (genuine, invented))
    for pause in SCHEDULE:
        door.stage.late += timedelta(seconds=pause + 120)
        kinds.update(each.kind for each in door.stage.call("process_due"))
    assert {K.UNAVAILABLE: 2 * len(SCHEDULE), K.ACCEPTED: 2} == dict(kinds)
    assert (Lifecycle.CANCELLED, Lifecycle.SENT) == (
        door.lifecycle("patient"),
        door.lifecycle("patient-lie"),
    )


def test_a_token_that_ran_out_leaves_a_claim_that_is_read(door: Door) -> None:
    """If the vendor's clock jumps past a token's life, the delivery proves nothing, and a read tells."""
    reference = door.stage.sent("too-late")
    door.stage.close(reference)
    body = door.told("SIGNATURE_REQUEST/CANCELLED", signatureRequestId=reference)
    life = door.stage.simulator.tenant.options.webhook_token_lifetime.total_seconds()
    method, path = CHECK
    jump = Fault(kind=F.CLOCK_JUMP, method=method, path=path, seconds=life + 1)
    door.stage.simulator.faults.add(jump)
    assert K.ACCEPTED is door.post(body).kind
    assert () == door.stage.simulator.faults.waiting()
    assert Lifecycle.CANCELLED is door.lifecycle("too-late")
    events = door.stage.call("events", "too-late")
    ended = [event for event in events if event.type is FactType.ENVELOPE_CANCELLED]
    assert [True] == [event.confirmed for event in ended], "the vendor's API says so, not only the delivery"


EVERYTHING = 100
"""More deliveries than an envelope has."""
LIVES: dict[str, tuple[Fault, ...]] = {
    "as sent": (),
    "doubled": (Fault(kind=F.WEBHOOK_DOUBLE, times=EVERYTHING),),
    "mixed up": (Fault(kind=F.WEBHOOK_SHUFFLE, times=8, seconds=30),),
    "first late": (Fault(kind=F.WEBHOOK_DELAY, seconds=0.3),),
    "mixed up, then doubled": (
        Fault(kind=F.WEBHOOK_SHUFFLE, times=8, seconds=30),
        Fault(kind=F.WEBHOOK_DOUBLE, times=EVERYTHING),
    ),
}
COMPLETED = [
    (FactType.ENVELOPE_SENT, None),
    (FactType.SIGNATORY_SIGNED, "ada"),
    (FactType.SIGNATORY_SIGNED, "bob"),
    (FactType.ENVELOPE_COMPLETED, None),
]
Told = Counter[tuple[FactType, str | None]]


def lived(door: Door, name: str, faults: tuple[Fault, ...]) -> tuple[Told, list[str]]:
    """Let an envelope be signed while deliveries suffer, and hand on what arrives; see that in order."""
    door.stage.simulator.webhooks.drain()
    before = len(door.box.bodies)
    door.stage.simulator.faults.add(*faults)
    reference = door.stage.sent(name)
    door.stage.sign(name)
    door.stage.simulator.webhooks.drain()
    for body in door.box.bodies[before:]:
        door.post(body)
    door.stage.heal()
    assert 1 == door.stage.count("published", reference)
    return told(door, name), door.box.names[before:]


def told(door: Door, name: str) -> Told:
    """Count an envelope's events by type and signatory."""
    return Counter((event.type, event.signatory_id) for event in door.stage.call("events", name))


def test_however_deliveries_come_the_same_is_told_once(door: Door) -> None:
    """Doubled, mixed up or late: the envelope is completed, and the same events are told as without."""
    plain, in_order = lived(door, "as-sent", LIVES["as sent"])
    assert [1] * len(COMPLETED) == [plain[each] for each in COMPLETED]
    for number, (life, faults) in enumerate(LIVES.items()):
        name = f"life-{number}"
        same, arrived = lived(door, name, faults)
        assert Lifecycle.COMPLETED is door.lifecycle(name), life
        assert plain == same, life
        # The control: the fault did something.
        assert Counter(in_order) <= Counter(arrived)
        if "late" not in life:  # whether the others overtake it, is up to the machine
            assert (in_order == arrived) == (life == "as sent")
        assert ("doubled" in life) == (len(arrived) > len(in_order))


def test_dropped_deliveries_are_made_up_for_by_reading(door: Door) -> None:
    """If none arrives nothing is invented, and one read tells everything that matters, once."""
    before, arrived = lived(door, "dropped", (Fault(kind=F.WEBHOOK_DROP, times=EVERYTHING),))
    assert [] == arrived
    assert Lifecycle.SENT is door.lifecycle("dropped")
    assert (FactType.ENVELOPE_COMPLETED, None) not in before
    assert Lifecycle.COMPLETED is door.stage.call("refresh", "dropped").lifecycle
    after = told(door, "dropped")
    assert [1] * len(COMPLETED) == [after[each] for each in COMPLETED]
