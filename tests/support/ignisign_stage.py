"""A simulated Ignisign on a socket and one client of it, blocking or in an event loop, called alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx

from paraph import AsyncClient, Client, Config
from paraph.flow.trust import trusted
from paraph.model import Document, Envelope, Lifecycle
from paraph.store import open_store
from paraph.testing.simulator import Fault, FaultKind, Person
from paraph_ignisign.simulator import IgnisignSimulator, create, lifecycle
from providers.ignisign.simulator_driver import make_pdf
from support.ignisign_account import envelope, person

ACCOUNT = "hr"
PDF = make_pdf()
SLOW = 0.15
"""Seconds by which a slow fault delays an answer: three times what the client then waits."""


class Patience:
    """How long the client waits: as always, but for requests that a slow fault is meant for.

    :ivar seen: method and path of all requests so far.
    """

    def __init__(self) -> None:
        self.meant: list[Fault] = []
        self.seen: list[tuple[str, str]] = []

    def limit(self, request: httpx.Request) -> None:
        """Note a request, and shorten its time-out if it will be answered slowly."""
        self.seen.append((request.method, request.url.path))
        for fault in self.meant:
            if fault.matches(request.method, request.url.path):
                request.extensions["timeout"] = {**request.extensions["timeout"], "read": SLOW / 3}
                self.meant.remove(fault)
                return


class _Blocking(httpx.HTTPTransport):
    def __init__(self, patience: Patience) -> None:
        super().__init__(verify=trusted())
        self._patience = patience

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._patience.limit(request)
        return super().handle_request(request)


class _InLoop(httpx.AsyncHTTPTransport):
    def __init__(self, patience: Patience) -> None:
        super().__init__(verify=trusted())
        self._patience = patience

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._patience.limit(request)
        return await super().handle_async_request(request)


@attrs.define(kw_only=True)
class Stage:
    """The vendor and its client. `late` is how far the client's clock is ahead; the vendor's has its own."""

    simulator: IgnisignSimulator
    patience: Patience = attrs.field(factory=Patience)
    late: timedelta = timedelta()
    call: Callable[..., Any] = attrs.field(init=False)
    """Calls the client's method of this name and returns what it returns."""

    def clock(self) -> datetime:
        """Return the client's time."""
        return datetime.now(UTC) + self.late

    def suffer(self, kind: FaultKind, call: tuple[str, str], times: int = 1) -> None:
        """Break the next `times` requests to `call`, a method and a path."""
        method, path = call
        seconds = {FaultKind.SLOW: SLOW, FaultKind.CLOCK_JUMP: 7200.0}.get(kind, 1.0)
        fault = Fault(kind=kind, method=method, path=path, times=times, seconds=seconds, body="<html>")
        self.simulator.faults.add(fault)
        if kind is FaultKind.SLOW:
            self.patience.meant += [fault] * times

    def heal(self) -> None:
        """Break nothing any more."""
        self.simulator.faults.clear()
        self.patience.meant.clear()

    def count(self, kind: str, reference: str) -> int:
        """Count the vendor's effects of one kind on one request."""
        return sum(effect.reference == reference for effect in self.simulator.effects.of(kind))

    def sent(self, name: str) -> str:
        """Send an envelope of this id and return the vendor's reference."""
        sent = self.call("send", asked(name), account=ACCOUNT)
        assert Lifecycle.SENT is sent.lifecycle
        return str(sent.vendor_ref)

    def close(self, reference: str) -> None:
        """End a request at the vendor, as somebody else with the same account would."""
        tenant = self.simulator.tenant
        with tenant.lock:
            lifecycle.close(tenant, tenant.requests[reference])

    def sign(self, name: str, people: Sequence[str] = ("ada", "bob")) -> None:
        """Let people sign, by default everybody."""
        for who in people:
            link = self.call("signing_link", name, who).url.reveal()
            assert "done" == Person(name=who).sign(link)


def asked(name: str) -> Envelope:
    """Make an envelope of this id, with two people who sign by links."""
    contract = Document.from_bytes(PDF, name="contract.pdf")
    people = [person("ada", delivery="link"), person("bob", delivery="link")]
    return envelope(id=name, documents=[contract], signatories=people)


@contextmanager
def staged(runner: str, **options: Any) -> Iterator[Stage]:
    """Serve a simulator for the old secret, and a client that never pauses; `runner`: sync or async."""
    simulator = create(key_format="legacy", **options)
    stage = Stage(simulator=simulator)
    with simulator.running() as base_url:
        made = simulator.account(base_url)
        config = Config.from_mapping({"accounts": {ACCOUNT: made.table}}, environ=made.environment)
        known: dict[str, Any] = {"registry": config.registry, "clock": stage.clock}
        store = open_store("memory:")
        if runner == "sync":
            with Client(
                config, store=store, transport=_Blocking(stage.patience), pause=lambda _: None, **known
            ) as client:
                stage.call = lambda name, *args, **named: getattr(client, name)(*args, **named)
                yield stage
        else:
            with asyncio.Runner() as loop:
                waiting = AsyncClient(
                    config, store=store, transport=_InLoop(stage.patience), pause=_no_pause, **known
                )
                stage.call = lambda name, *args, **named: loop.run(getattr(waiting, name)(*args, **named))
                try:
                    yield stage
                finally:
                    loop.run(waiting.close())
        store.close()


async def _no_pause(_seconds: float) -> None:
    await asyncio.sleep(0)
