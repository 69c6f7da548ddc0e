"""A simulated Ignisign on a socket and one client of it, blocking or in an event loop, called alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
PATIENCE = 0.05
"""Seconds for which the client waits for an answer that does not come before it has given up."""


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
                request.extensions["timeout"] = {**request.extensions["timeout"], "read": PATIENCE}
                self.meant.remove(fault)
                return


class Gate:
    """Where slow requests wait in the server, each read to its end, until they are let in.

    The simulator's own slow fault takes a time; whether that is more than a client needs to give up and to
    look what happened, is up to the machine. Here it is up to the test.
    """

    def __init__(self) -> None:
        self.meant: list[Fault] = []
        self._opened = 0

    def let_in(self) -> None:
        """Let in who waits; from any thread."""
        self._opened += 1

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Put the gate between the simulator's faults and its application."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            fault = next((each for each in self.meant if each.matches(scope["method"], scope["path"])), None)
            if fault is None:
                await app(scope, receive, send)
                return
            self.meant.remove(fault)
            opened = self._opened
            body = [await receive()]
            while body[-1].get("more_body", False):
                body.append(await receive())
            while opened == self._opened:  # noqa: ASYNC110 - it is opened in another thread
                await asyncio.sleep(0.005)

            async def read() -> Message:
                return body.pop(0) if body else await receive()

            await app(scope, read, send)

        return guarded


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
    gate: Gate
    patience: Patience = attrs.field(factory=Patience)
    late: timedelta = timedelta()
    call: Callable[..., Any] = attrs.field(init=False)
    """Calls the client's method of this name and returns what it returns."""

    def clock(self) -> datetime:
        """Return the client's time."""
        return datetime.now(UTC) + self.late

    def suffer(self, kind: FaultKind, call: tuple[str, str], times: int = 1) -> None:
        """Break the next `times` requests to `call`, a method and a path. What is slow waits at the gate."""
        method, path = call
        seconds = {FaultKind.SLOW: 0.0, FaultKind.CLOCK_JUMP: 7200.0}.get(kind, 1.0)
        fault = Fault(kind=kind, method=method, path=path, times=times, seconds=seconds, body="<html>")
        self.simulator.faults.add(fault)
        if kind is FaultKind.SLOW:
            self.patience.meant += [fault] * times
            self.gate.meant += [fault] * times

    def heal(self) -> None:
        """Break nothing any more, and let the vendor do what it was slow to do."""
        self.simulator.faults.clear()
        self.patience.meant.clear()
        self.gate.meant.clear()
        self.gate.let_in()

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
    simulator, gate = create(key_format="legacy", **options), Gate()
    simulator.asgi = simulator.faults.wrap(gate.wrap(simulator.app))
    stage = Stage(simulator=simulator, gate=gate)
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
                try:
                    yield stage
                finally:
                    stage.heal()
        else:
            with asyncio.Runner() as loop:
                waiting = AsyncClient(
                    config, store=store, transport=_InLoop(stage.patience), pause=_no_pause, **known
                )
                stage.call = lambda name, *args, **named: loop.run(getattr(waiting, name)(*args, **named))
                try:
                    yield stage
                finally:
                    stage.heal()
                    loop.run(waiting.close())
        store.close()


async def _no_pause(_seconds: float) -> None:
    await asyncio.sleep(0)
