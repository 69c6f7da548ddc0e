"""Load for webhook endpoints: a process of its own that posts as fast as it is answered.

A number of connections stay open; on each, the next request goes when the answer to the one before is
complete. Requests are bytes that differ in a counter, so nothing but the answers costs time here.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import cast

import attrs

from benchmarks.method import peer

COUNTER = b"%012d"
"""What a body holds in place of its number, which makes it unlike all others."""


@attrs.frozen(kw_only=True)
class Burst:
    """Posts: ``requests`` in all over ``connections``. `COUNTER` in ``body`` counts up from ``first``."""

    port: int
    path: str
    body: str
    requests: int
    connections: int
    first: int


@attrs.frozen(kw_only=True)
class Answered:
    """What came of a burst: seconds until the last answer, and how often each status was answered."""

    seconds: float
    statuses: Mapping[int, int]


@contextlib.contextmanager
def loading() -> Iterator[Callable[[Burst], Answered]]:
    """Start the process on the last processor; give a function that sends a burst and waits for its end."""
    command = [sys.executable, "-m", "benchmarks.load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        requests, answers = process.stdin, process.stdout
        if requests is None or answers is None:
            raise RuntimeError("the load's pipes are missing")

        def send(burst: Burst) -> Answered:
            requests.write(json.dumps(attrs.asdict(burst)) + "\n")
            requests.flush()
            told = json.loads(answers.readline())
            statuses = {int(status): count for status, count in told["statuses"].items()}
            return Answered(seconds=told["seconds"], statuses=statuses)

        try:
            yield send
        finally:
            requests.close()


class _Sending:
    """One burst."""

    def __init__(self, burst: Burst) -> None:
        before, _, after = burst.body.encode().partition(COUNTER)
        length = len(before) + len(COUNTER % 0) + len(after)
        self._head = (
            f"POST {burst.path} HTTP/1.1\r\nHost: 127.0.0.1:{burst.port}\r\nUser-Agent: load\r\n"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        ).encode() + before
        self._tail = after
        self._next = burst.first
        self._end = burst.first + burst.requests
        self.statuses: Counter[int] = Counter()
        self._open = burst.connections
        self.ended = asyncio.get_running_loop().create_future()

    def request(self) -> bytes | None:
        """Return the next request, or ``None`` when all are sent."""
        if self._next == self._end:
            return None
        number, self._next = self._next, self._next + 1
        return self._head + COUNTER % number + self._tail

    def closed(self) -> None:
        """Note that a connection has ended."""
        self._open -= 1
        if not self._open and not self.ended.done():
            self.ended.set_result(None)


class _Connection(asyncio.Protocol):
    def __init__(self, sending: _Sending) -> None:
        self._sending = sending
        self._transport: asyncio.Transport | None = None
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self._go_on()

    def data_received(self, data: bytes) -> None:
        self._seen += data
        if self._seen.endswith(b"\r\n\r\n"):  # all that are measured answer without a body
            self._sending.statuses[int(self._seen[9:12])] += 1
            self._seen = b""
            self._go_on()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol names it
        self._sending.closed()

    def _go_on(self) -> None:
        request = self._sending.request()
        if self._transport is None:
            return
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)


async def _send(burst: Burst) -> Answered:
    sending = _Sending(burst)
    loop = asyncio.get_running_loop()
    begin = time.perf_counter()
    for _ in range(burst.connections):
        await loop.create_connection(lambda: _Connection(sending), "127.0.0.1", burst.port)
    await sending.ended
    return Answered(seconds=time.perf_counter() - begin, statuses=sending.statuses)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        answered = await _send(Burst(**json.loads(line)))
        print(json.dumps(attrs.asdict(answered)), flush=True)


def main() -> None:
    """Send bursts, one for each line of standard input."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    (peer("uvloop") or asyncio).run(_serve())


if __name__ == "__main__":
    main()
