"""A vendor that answers at once: canned bytes per method and path, on loopback, in a process of its own.

It parses no more of a request than it needs to find the request's end, so that a call's time is the
client's: one connection is answered in some 20 µs. A request's body is read to its end and forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any, cast

import attrs

from benchmarks.method import peer

END_OF_HEAD = b"\r\n\r\n"
END_OF_CHUNKS = b"0\r\n\r\n"


@attrs.frozen(kw_only=True)
class Canned:
    """What is answered: ``body`` is sent ``times`` times over, so that a large answer takes a small block."""

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    times: int = 1

    @property
    def head(self) -> bytes:
        """The answer's first bytes: status line and headers."""
        return (
            f"HTTP/1.1 {self.status} Canned\r\nServer: canned\r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\n"
            f"Content-Type: {self.content_type}\r\nContent-Length: {len(self.body) * self.times}\r\n\r\n"
        ).encode()


def canned(data: object, **more: Any) -> Canned:
    """Return an answer of JSON; ``more`` are fields of `Canned`."""
    return Canned(body=json.dumps(data, separators=(",", ":")).encode(), **more)


@contextlib.contextmanager
def serving(routes: Mapping[tuple[str, str], Canned]) -> Iterator[str]:
    """Serve answers by method and path (without query), and give the base URL, as ``http://127.0.0.1:4242``.

    The server is on the last processor, has uvloop if that is installed, answers 404 for what ``routes``
    does not hold, and ends with this context or with this process.
    """
    told = {
        f"{method} {path}": {**attrs.asdict(answer), "body": answer.body.decode("latin-1")}
        for (method, path), answer in routes.items()
    }
    command = [sys.executable, "-m", "benchmarks.server"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the server's pipes are missing")
        process.stdin.write(json.dumps(told) + "\n")
        process.stdin.flush()
        port = process.stdout.readline().strip()
        try:
            if not port:
                raise RuntimeError("the canned server did not start; its error is above")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.stdin.close()  # the server ends with its input


class Vendor(asyncio.Protocol):
    """One connection."""

    def __init__(self, answers: Mapping[bytes, tuple[bytes, bytes, int]]) -> None:
        self.answers = answers
        self.transport: asyncio.WriteTransport | None = None
        self.seen = b""
        self.line = b""
        self.left: int | None = 0
        """Bytes of the body that are still to come; None while a chunked one's end was not seen."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is answered to."""
        self.transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each request whose last byte is there."""
        while data:
            data = self._body(data) if self.line else self._head(data)

    def _head(self, data: bytes) -> bytes:
        self.seen += data
        end = self.seen.find(END_OF_HEAD)
        if end < 0:
            return b""
        head, rest = self.seen[:end].lower(), self.seen[end + len(END_OF_HEAD) :]
        self.line = self.seen[: self.seen.index(b" HTTP/")].partition(b"?")[0]
        self.seen = b""
        if b"\r\ntransfer-encoding: chunked" in head:
            self.left = None
        else:
            _, found, value = head.partition(b"\r\ncontent-length:")
            self.left = int(value.partition(b"\r\n")[0]) if found else 0
        if b"\r\nexpect: 100-continue" in head and self.transport is not None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self._body(rest)

    def _body(self, data: bytes) -> bytes:
        if self.left is None:
            self.seen = self.seen[-len(END_OF_CHUNKS) :] + data
            if self.seen.endswith(END_OF_CHUNKS):
                self._answer()
            return b""
        if len(data) < self.left:
            self.left -= len(data)
            return b""
        rest = data[self.left :]
        self._answer()
        return rest

    def _answer(self) -> None:
        head, body, times = self.answers.get(self.line) or self.answers[b""]
        self.line, self.seen, self.left = b"", b"", 0
        if self.transport is None:
            return
        if times == 1:
            self.transport.write(head + body)
            return
        self.transport.write(head)
        for _ in range(times):
            self.transport.write(body)


async def serve(routes: Mapping[str, Canned]) -> None:
    """Serve until standard input ends; print the port first."""
    loop = asyncio.get_running_loop()
    missing = canned({"error": f"not canned; there are {sorted(routes)}"}, status=404)
    answers = {
        line.encode(): (answer.head, answer.body, answer.times)
        for line, answer in {**routes, "": missing}.items()
    }
    server = await loop.create_server(lambda: Vendor(answers), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()
    server.close()


def main() -> None:
    """Read the answers from standard input's first line and serve them."""
    told: dict[str, dict[str, Any]] = json.loads(sys.stdin.buffer.readline())
    routes = {
        line: Canned(**{**fields, "body": str(fields["body"]).encode("latin-1")})
        for line, fields in told.items()
    }
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    (peer("uvloop") or asyncio).run(serve(routes))


if __name__ == "__main__":
    main()
