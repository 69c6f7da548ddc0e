"""A real HTTP server on loopback that answers ``{}`` and notes what it was asked."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class Answering:
    """``asked`` has the targets of all requests as their first lines have them, ``headers`` their headers."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self.asked: list[str] = []
        self.headers: list[Message] = []
        self.connections = 0
        self._sockets: list[socket.socket] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                outer.connections += 1
                outer._sockets.append(self.connection)

            def do_GET(self) -> None:
                outer.asked.append(self.path)
                outer.headers.append(self.headers)
                self.send_response(200)
                for name, value in {**(headers or {}), "Content-Length": "2"}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def hang_up(self) -> None:
        """End all connections, as a server does with idle ones."""
        while self._sockets:
            with contextlib.suppress(OSError):  # the other side was faster
                self._sockets.pop().shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
