"""Where checks take place: servers that outlive a check, since stopping one takes longer than most checks."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Final, Self

import attrs
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from paraph.testing.simulator import Simulator, serve

VENDORS: Final = 2
"""Simulators that one check may need at the same time."""


@attrs.frozen(kw_only=True)
class Arrived:
    """One webhook as it arrived.

    :ivar path: what followed the account's URL, without a leading slash.
    """

    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    path: str


class Mailbox:
    """The application's side of webhooks: keeps what arrives and answers 200 to everything."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arrived: list[Arrived] = []
        self.prefix = "/"

    def open(self, prefix: str) -> None:
        """Forget everything, and keep what comes below this path from now on."""
        with self._lock:
            self._arrived.clear()
            self.prefix = prefix

    def all(self) -> tuple[Arrived, ...]:
        """Return what arrived, in order."""
        with self._lock:
            return tuple(self._arrived)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        request = Request(scope, receive)
        body, path = await request.body(), request.url.path
        if path.startswith(self.prefix):
            rest = path.removeprefix(self.prefix).removeprefix("/")
            with self._lock:
                self._arrived.append(Arrived(headers=dict(request.headers), body=body, path=rest))
        await PlainTextResponse("")(scope, receive, send)


class _Stage:
    """An address at which one application after another can be served."""

    def __init__(self) -> None:
        self.app: ASGIApp = PlainTextResponse("nobody is here", status_code=503)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Ground:
    """Addresses for simulators and one for webhooks, served between ``__enter__`` and ``__exit__``."""

    def __init__(self) -> None:
        self.mailbox = Mailbox()
        self.verify = ssl.create_default_context()
        """Made once: reading certificates takes longer than a check's requests."""
        self._stages = tuple(_Stage() for _ in range(VENDORS))
        self._open = contextlib.ExitStack()
        self._bases: tuple[str, ...] = ()
        self.public_url = ""

    def __enter__(self) -> Self:
        """Start serving."""
        with contextlib.ExitStack() as opening:
            self._bases = tuple(opening.enter_context(serve(stage)) for stage in self._stages)
            self.public_url = f"{opening.enter_context(serve(self.mailbox))}/hooks"
            self._open = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self._open.close()

    @contextlib.contextmanager
    def running(self, simulator: Simulator, number: int = 0) -> Iterator[str]:
        """Run a simulator at the address of that number; yields its base URL."""
        stage, simulator.base_url = self._stages[number], self._bases[number]
        before = stage.app
        with simulator:
            stage.app = simulator.asgi
            try:
                yield self._bases[number]
            finally:
                stage.app = before
