"""An ASGI application on a real socket, in a thread, for as long as a `with` block lasts.

The socket is bound before the thread starts, so the port is known and already queues connections. Each
request's scope carries `ABORT` and `CUT`: two callables that end the TCP connection, with a reset or after
what was already written. Faults need them, and ASGI has no word for either.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

ABORT = "paraph.abort"
CUT = "paraph.cut"
_START_SECONDS = 60.0
_DRAIN_SECONDS = 2
_ROUNDS = 5
_TICK_SECONDS = 0.1
_LOOK_SECONDS = 0.002


class _Protocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol, whose applications may end the connection."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        application: Any = self.app

        async def with_endings(scope: Scope, receive: Receive, send: Send) -> None:
            await application({**scope, ABORT: self._abort, CUT: self._cut}, receive, send)

        self.app = with_endings

    def _abort(self) -> None:
        # Linger of zero seconds makes the kernel send RST instead of FIN.
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _cut(self) -> None:
        self.transport.close()


class _Server(uvicorn.Server):
    """A server that says when it accepts requests, and ends as soon as it is told to.

    uvicorn looks every tenth of a second whether it shall end, and waits another one for its connections:
    a fifth of a second for each of the hundreds of simulators that a test suite runs.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = asyncio.Event()

    def end(self) -> None:
        """Tell it to end; from any thread."""
        self.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # its loop has ended already
                self._loop.call_soon_threadsafe(self._told.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.ready.set()

    async def main_loop(self) -> None:
        """Do uvicorn's housekeeping at its own pace, until told to end."""
        count = 0
        while not await self.on_tick(count):
            count += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), _TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End every connection before the loop ends, so that none is left to the garbage collector.

        A connection that asyncio accepts in the same round in which its server closes is dropped half made,
        with its socket open; one made a round later is asked to end by nobody. So the listeners fall silent
        first, what they accepted becomes a connection, and what is left after the farewell is aborted.
        """
        loop = asyncio.get_running_loop()
        for listener in sockets or ():
            loop.remove_reader(listener)
        await _rounds()
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await _rounds()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._answered(), _DRAIN_SECONDS)
        for task in self.server_state.tasks:
            task.cancel()
        while left := list(self.server_state.connections):
            for connection in left:
                connection.transport.abort()
            await _rounds()
        await _rounds()

    async def _answered(self) -> None:
        while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - nobody is told of it
            await asyncio.sleep(_LOOK_SECONDS)


async def _rounds() -> None:
    """Let the loop turn as often as a connection needs to be made, or a closed transport to end."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)


@contextlib.contextmanager
def serve(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve `app` and yield its base URL without a trailing slash; port 0 picks a free one.

    Raises OSError when the port is taken and RuntimeError when the server does not come up. No access log,
    no signal handlers; after the block no thread and no socket is left.
    """
    listener = socket.create_server((host, port))
    # Inherited by every connection. asyncio would set it only for sockets made with an explicit protocol, and
    # without it each answer waits 40 ms for the peer's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    address = f"http://{host}:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="critical",
        proxy_headers=False,
        server_header=False,
    )
    server = _Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="simulator-server", daemon=True
    )
    thread.start()
    try:
        if not server.ready.wait(_START_SECONDS):
            raise RuntimeError(f"the simulator's server did not start on {address} in {_START_SECONDS:g} s")
        yield address
    finally:
        server.end()
        thread.join()
        listener.close()
