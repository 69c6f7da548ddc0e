"""Downloads over real HTTP: digests, limits on what is decoded, broken answers, slow disks."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from paraph import errors
from paraph.flow import Downloaded, FileSink, Flow, Sink, call, download
from paraph.flow.exchange import UNFOLDED
from support.wires import Pulse, answering, in_this_loop, run_async, run_sync

CONTENT = b"%PDF-1.7\n" + bytes(range(256)) * 6000
both = pytest.mark.parametrize("run", [run_sync, run_async])


def whole(body: bytes, **headers: str) -> Callable[[socket.socket], None]:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{lines}\r\n".encode()

    def answer(connection: socket.socket) -> None:
        connection.sendall(head + body)

    return answer


def cut(connection: socket.socket) -> None:
    """Promise a megabyte and end in the middle."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(600_000))


def byte_by_byte(connection: socket.socket) -> None:
    """Send a chunk per byte."""
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in CONTENT[:20_000])
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
    connection.sendall(chunks + b"0\r\n\r\n")


def to_file(url: str, path: Path, **options: Any) -> Flow[Downloaded]:
    sink = FileSink(path)
    try:
        result = yield from download(httpx.Request("GET", url), sink, **options)
        yield from call(sink.commit)
    finally:
        sink.discard()
    return result


def into(url: str, sink: Sink, **options: Any) -> Flow[Downloaded]:
    return (yield from download(httpx.Request("GET", url), sink, **options))


@both
@pytest.mark.parametrize(
    ("answer", "content"),
    [
        (whole(CONTENT), CONTENT),
        (whole(gzip.compress(CONTENT), Content_Encoding="gzip"), CONTENT),
        (byte_by_byte, CONTENT[:20_000]),
        (whole(b""), b""),
    ],
)
def test_a_file_is_what_came_and_its_digest_is_its_own(
    run: Callable[..., Any], answer: Callable[[socket.socket], None], content: bytes, tmp_path: Path
) -> None:
    """Plain, compressed, a byte per chunk or empty: file, size and digest are those of the decoded body."""
    path = tmp_path / "a.pdf"
    with answering(answer) as url:
        result = run(to_file(url, path))
    assert content == path.read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (result.size, result.sha256)
    assert [path] == list(tmp_path.iterdir())


@both
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (cut, errors.ConnectionLost),
        (whole(gzip.compress(bytes(64 << 20)), Content_Encoding="gzip"), errors.ResponseTooLarge),
        (whole(bytes(200_000)), errors.ResponseTooLarge),
        (whole(gzip.compress(CONTENT)[:-9], Content_Encoding="gzip"), errors.MalformedResponse),
    ],
)
def test_what_is_broken_or_too_large_is_no_file(
    run: Callable[..., Any],
    answer: Callable[[socket.socket], None],
    kind: type[errors.VendorError],
    tmp_path: Path,
) -> None:
    """A cut connection, a bomb, a body above the limit or half a gzip leaves no file and no part."""
    limit = 100_000 if kind is errors.ResponseTooLarge else 1 << 30
    with answering(answer) as url, pytest.raises(kind):
        run(to_file(url, tmp_path / "a.pdf", limit=limit))
    assert [] == list(tmp_path.iterdir())


@both
def test_a_sink_never_gets_more_than_the_limit_of_decoded_bytes(run: Callable[..., Any]) -> None:
    """Of a bomb only so much is unfolded as may be written; a body of just the limit passes."""
    sink = io.BytesIO()
    with answering(whole(gzip.compress(bytes(8 << 20)), Content_Encoding="gzip")) as url:
        with pytest.raises(errors.ResponseTooLarge):
            run(into(url, sink, limit=5 * UNFOLDED))
        assert len(sink.getvalue()) <= 5 * UNFOLDED
        assert 8 << 20 == run(into(url, io.BytesIO(), limit=8 << 20)).size


@both
def test_a_sink_that_takes_little_at_a_time_gets_what_was_digested(run: Callable[..., Any]) -> None:
    """The digest is that of what arrived, also if the sink takes 1000 bytes at a time."""

    class Little(io.BytesIO):
        def write(self, data: Any, /) -> int:
            return super().write(data[:1000])

    sink = Little()
    with answering(whole(CONTENT)) as url:
        result = run(into(url, sink))
    assert hashlib.sha256(sink.getvalue()).hexdigest() == result.sha256
    assert CONTENT == sink.getvalue()


class Slow(io.BytesIO):
    """A disk whose writes take as long as an event loop needs for a beat."""

    def __init__(self, pulse: Pulse) -> None:
        super().__init__()
        self._pulse = pulse

    def write(self, data: Any, /) -> int:
        self._pulse.feel()
        return super().write(data)


@pytest.mark.parametrize("blocking", [False, True])
def test_writing_to_a_slow_disk_does_not_block_the_loop(blocking: bool) -> None:
    """While a download is written slowly the loop goes on. The negative control writes in the loop."""
    pulse = Pulse(patience=0.05 if blocking else 60)
    sink = Slow(pulse)

    async def fetch(url: str) -> None:
        pulse.watch()
        if not blocking:
            await in_this_loop(into(url, sink))
            return
        async with httpx.AsyncClient() as client, client.stream("GET", url) as response:
            async for block in response.aiter_bytes():
                sink.write(block)

    with answering(whole(bytes(300_000))) as url:
        asyncio.run(fetch(url))
    assert 300_000 == len(sink.getvalue())
    assert {not blocking} == set(pulse.felt)


def test_cancelling_a_download_leaves_nothing(tmp_path: Path) -> None:
    """A task that is cancelled while the vendor hangs leaves no file and no part."""
    begun, go_on = threading.Event(), threading.Event()

    def hang(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + bytes(600_000))
        begun.set()
        assert go_on.wait(60)

    def there() -> list[Path]:
        return list(tmp_path.iterdir())

    async def main(url: str) -> None:
        task = asyncio.create_task(in_this_loop(to_file(url, tmp_path / "a.pdf")))
        assert await asyncio.to_thread(begun.wait, 30)
        async with asyncio.timeout(30):
            while not there():  # noqa: ASYNC110 - nobody tells that a file appeared
                await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()

    with answering(hang) as url:
        asyncio.run(main(url))
    assert [] == list(tmp_path.iterdir())
