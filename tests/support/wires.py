"""Vendors on a bare socket, the two runners with clients as shipped, and the pulse of an event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from paraph.flow import Flow
from paraph.flow.runners import AsyncRunner, SyncRunner
from paraph.flow.session import Sessions, client_options


class Listener:
    """A vendor that keeps every byte of every connection and answers when the announced length has come."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.heads: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._server.accept()
            with connection:
                seen = b""
                while b"\r\n\r\n" not in seen and (data := connection.recv(65536)):
                    seen += data
                if not seen:
                    return  # who closes says so with an empty connection
                head, _, body = seen.partition(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                with contextlib.suppress(ConnectionError):
                    while len(body) < length and (data := connection.recv(1 << 20)):
                        body += data
                self.heads.append(head)
                self.bodies.append(body)
                if len(body) == length:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

    def close(self) -> None:
        """End, once everything that was sent was read; a second time does nothing."""
        if not self._thread.is_alive():
            return
        socket.create_connection(self._server.getsockname()).close()
        self._thread.join()
        self._server.close()


@contextlib.contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Answer each request as a function writes it to the connection, which ends afterwards; yield the URL."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            connection, _ = server.accept()
            with connection:
                if not connection.recv(65536):
                    return  # who ends this says so with an empty connection
                with contextlib.suppress(OSError):  # the client had enough
                    answer(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    finally:
        socket.create_connection(server.getsockname()).close()
        thread.join()
        server.close()


def run_sync(flow: Flow[Any]) -> Any:
    """Run a flow in this thread."""
    sessions = Sessions(lambda _: httpx.Client(**client_options()))
    try:
        return SyncRunner(sessions).run(flow)
    finally:
        for client in sessions.drain():
            client.close()


async def in_this_loop(flow: Flow[Any]) -> Any:
    """Run a flow in the loop that runs, with a client of its own."""
    sessions = Sessions(lambda _: httpx.AsyncClient(**client_options()))
    try:
        return await AsyncRunner(sessions).run(flow)
    finally:
        for client in sessions.drain():
            await client.aclose()


def run_async(flow: Flow[Any]) -> Any:
    """Run a flow in a loop of its own."""
    return asyncio.run(in_this_loop(flow))


class Pulse:
    """Feels, from within what is slow, whether an event loop goes on meanwhile.

    No clock says so: where the loop runs elsewhere its beat comes, however late; where it waits for the slow
    thing itself its beat cannot come, however long the patience, given in seconds.
    """

    def __init__(self, patience: float) -> None:
        self.felt: list[bool] = []
        self._patience = patience
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self) -> None:
        """Watch the loop that runs now."""
        self._loop = asyncio.get_running_loop()

    def feel(self) -> None:
        """Wait for one beat of the loop, in whatever thread this is; nothing while none is watched."""
        if self._loop is not None:
            beat = threading.Event()
            self._loop.call_soon_threadsafe(beat.set)
            self.felt.append(beat.wait(self._patience))
