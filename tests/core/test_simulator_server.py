"""The simulator's server ends with its block, whatever its clients do meanwhile."""

import contextlib
import gc
import socket
import sys
import threading
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from paraph.testing.simulator.server import serve

_REQUEST = b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"
_VISITORS = 20
_SECONDS_BLOCKED = 0.3
"""Longer than the pause of 0.1 s after which uvicorn looks whether it should exit."""


class _Door:
    """An application whose first request blocks the loop, so that a test decides what waits behind it."""

    def __init__(self) -> None:
        self.blocked = threading.Event()
        self.open = threading.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.blocked.set()
        self.open.wait(60)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


def test_no_socket_outlives_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that arrive in the moment in which the server ends are ended, not left to the collector."""
    left_open: list[str] = []

    def note(found: Any) -> None:
        left_open.append(str(found.exc_value))

    gc.collect()  # what others left
    monkeypatch.setattr(sys, "unraisablehook", note)
    door = _Door()
    with contextlib.ExitStack() as visitors, serve(door) as base:
        address = ("127.0.0.1", int(base.rsplit(":", 1)[1]))
        first = visitors.enter_context(socket.create_connection(address))
        first.sendall(_REQUEST)
        assert door.blocked.wait(60)
        for _ in range(_VISITORS):
            visitors.enter_context(socket.create_connection(address))
        opens = threading.Timer(_SECONDS_BLOCKED, door.open.set)
        opens.start()
    opens.join()
    gc.collect()
    assert [] == left_open
