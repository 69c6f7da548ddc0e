"""A vendor that asks for a pause, on both simulators and in both clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

import paraph_ignisign.simulator
import paraph_sign8.simulator
from paraph import AsyncClient, Client, Config
from paraph.errors import RateLimited, VendorUnavailable
from paraph.model import Document, Envelope, Lifecycle
from paraph.ops.route import RESTING
from paraph.store import open_store
from paraph.testing.simulator import Fault, FaultKind
from support.ignisign_account import envelope as for_ignisign
from support.sign8_account import envelope as for_sign8
from support.sign8_account import make_pdf

VENDORS: dict[str, tuple[Callable[[], Any], Callable[..., Envelope]]] = {
    "ignisign": (lambda: paraph_ignisign.simulator.create(key_format="legacy"), for_ignisign),
    "sign8": (paraph_sign8.simulator.create, for_sign8),
}


@attrs.define
class Stage:
    """A simulated vendor, a client, and the client's clock, which its pauses turn."""

    simulator: Any
    make: Callable[..., Envelope]
    now: datetime = attrs.field(factory=lambda: datetime.now(UTC))
    pauses: list[float] = attrs.field(factory=list)
    call: Callable[..., Any] = attrs.field(init=False)

    def clock(self) -> datetime:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)

    async def pause_async(self, seconds: float) -> None:
        self.pause(seconds)

    def asked(self, name: str) -> Envelope:
        return self.make(id=name, documents=[Document.from_bytes(make_pdf(), name="contract.pdf")])

    def break_next(self, kind: FaultKind, times: int = 1, seconds: float = 1.0) -> None:
        self.simulator.faults.add(Fault(kind=kind, method="GET", times=times, seconds=seconds))


@contextmanager
def staged(vendor: str, runner: str, **limits: Any) -> Iterator[Stage]:
    create, make = VENDORS[vendor]
    simulator = create()
    stage = Stage(simulator, make)
    with simulator.running() as base_url:
        made = simulator.account(base_url)
        config = Config.from_mapping(
            {"accounts": {"one": {**made.table, "limits": limits}}}, environ=made.environment
        )
        store = open_store("memory:")
        parts: dict[str, Any] = {"registry": config.registry, "store": store, "clock": stage.clock}
        if runner == "sync":
            with Client(config, pause=stage.pause, **parts) as client:
                stage.call = lambda name, *args, **named: getattr(client, name)(*args, **named)
                yield stage
        else:
            with asyncio.Runner() as loop:
                waiting = AsyncClient(config, pause=stage.pause_async, **parts)
                stage.call = lambda name, *args, **named: loop.run(getattr(waiting, name)(*args, **named))
                yield stage
                loop.run(waiting.close())
        store.close()


@pytest.mark.parametrize("runner", ["sync", "async"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_pause_that_the_vendor_asks_for_is_kept(vendor: str, runner: str) -> None:
    """A read meets a 429 for 45 seconds and is told; the next request waits until then, and succeeds."""
    with staged(vendor, runner) as stage:
        sent = stage.call("send", stage.asked("env1"))
        assert Lifecycle.SENT is sent.lifecycle
        assert [] == stage.pauses
        stage.break_next(FaultKind.RATE_LIMIT, seconds=45)
        with pytest.raises(RateLimited) as caught:
            stage.call("refresh", "env1")
        assert 45.0 == caught.value.retry_after
        assert () == stage.simulator.faults.waiting()
        assert [] == stage.pauses
        assert Lifecycle.SENT is stage.call("refresh", "env1").lifecycle
        (pause,) = stage.pauses
        assert 40 < pause <= 45
        stage.call("refresh", "env1")
        assert [pause] == stage.pauses


@pytest.mark.parametrize("runner", ["sync", "async"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_short_pause_is_waited_for_once_and_not_twice(vendor: str, runner: str) -> None:
    """A read that is tried again after a 429 has waited already when its turn comes."""
    with staged(vendor, runner) as stage:
        stage.call("send", stage.asked("env1"))
        stage.break_next(FaultKind.RATE_LIMIT, seconds=7)
        assert Lifecycle.SENT is stage.call("refresh", "env1").lifecycle
        assert () == stage.simulator.faults.waiting()
        assert 6.9 < sum(stage.pauses) <= 7.1


@pytest.mark.parametrize("runner", ["sync", "async"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_rate_holds_for_a_whole_send(vendor: str, runner: str) -> None:
    """With one request a second all but the first of a send wait, and the envelope arrives all the same."""
    with staged(vendor, runner, rate=1) as stage:
        assert Lifecycle.SENT is stage.call("send", stage.asked("env1")).lifecycle
        assert len(stage.pauses) >= 3
        assert all(0 < pause <= 1 for pause in stage.pauses)


@pytest.mark.parametrize("runner", ["sync", "async"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_that_is_down_lets_its_account_rest(vendor: str, runner: str) -> None:
    """Two failed reads, and ``options`` shows the rest; the next answer ends it."""
    with staged(vendor, runner, rest_after=2) as stage:
        stage.call("send", stage.asked("env1"))
        stage.break_next(FaultKind.STATUS, times=4)
        with pytest.raises(VendorUnavailable):
            stage.call("refresh", "env1")
        stage.simulator.faults.clear()
        (shown,) = stage.call("options", stage.asked("env2"))
        assert [RESTING] == [each.code for each in shown.problems if each.code == RESTING]
        stage.call("refresh", "env1")
        (shown,) = stage.call("options", stage.asked("env2"))
        assert not shown.resting
