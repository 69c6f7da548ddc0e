"""Uploads over real HTTP: every source arrives whole, and what changed never arrives to its end."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import hashlib
import io
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.errors import UsageError
from paraph.flow import Flow, http, upload
from paraph.flow.helpers import gather
from paraph.flow.upload import (
    BLOCK,
    Base64Stream,
    DocumentStream,
    json_request,
    multipart_request,
    upload_request,
)
from paraph.model import Document, content
from support.wires import Listener, Pulse, run_async, run_sync

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4000 + b"%%EOF\n"


@pytest.fixture
def vendor() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


both = pytest.mark.parametrize("run", [run_sync, run_async])


def multipart(url: str, document: Document) -> httpx.Request:
    return multipart_request(
        "POST", url, field="file", filename="c.pdf", media_type="application/pdf", document=document
    )


def as_json(url: str, document: Document) -> httpx.Request:
    return json_request("POST", url, body={"name": "c.pdf"}, at=["content"], document=document)


def plain(url: str, document: Document) -> httpx.Request:
    return upload_request("POST", url, stream=DocumentStream(document), content_type="application/pdf")


def from_multipart(body: bytes) -> bytes:
    boundary = body.partition(b"\r\n")[0]
    return body.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n" + boundary + b"--\r\n")


def from_json(body: bytes) -> bytes:
    return base64.b64decode(json.loads(body)["content"], validate=True)


FORMS = [(multipart, from_multipart), (as_json, from_json), (plain, bytes)]
every_form = pytest.mark.parametrize(("form", "read"), FORMS)


@contextlib.contextmanager
def sources(path: Path) -> Iterator[dict[str, Document]]:
    """Make a document of each kind of source."""
    with path.open("rb") as file, io.BytesIO(b"before" + PDF) as memory, path.open("rb") as pipe:
        memory.seek(len(b"before"))
        pipe.seekable = lambda: False  # type: ignore[method-assign]  # as a pipe says
        yield {
            "path": Document.from_path(path),
            "bytes": Document.from_bytes(PDF, name="c.pdf"),
            "file": Document.from_file(file),
            "part of a file in memory": Document.from_file(memory, name="c.pdf"),
            "pipe": Document.from_file(pipe, name="c.pdf"),
            "open-callable": Document.from_opener(lambda: path.open("rb"), name="c.pdf"),
        }


@both
@every_form
def test_every_source_arrives_whole(
    run: Callable[..., Any],
    form: Callable[..., httpx.Request],
    read: Callable[[bytes], bytes],
    vendor: Listener,
    tmp_path: Path,
) -> None:
    """Each source gives the vendor the same bytes, announced by Content-Length, as often as it is sent."""
    (tmp_path / "c.pdf").write_bytes(PDF)

    def flow(document: Document) -> Flow[list[int]]:
        request = form(vendor.url, document)
        first = yield from http(request)
        again = yield from http(request)
        return [first.status_code, again.status_code]

    with sources(tmp_path / "c.pdf") as documents:
        for name, document in documents.items():
            assert [200, 200] == run(flow(document)), name
            assert [PDF, PDF] == [read(body) for body in vendor.bodies[-2:]], name
    assert all(b"transfer-encoding" not in head.lower() for head in vendor.heads)


def changed(content: bytes, how: str) -> bytes:
    match how:
        case "first byte":
            return b"X" + content[1:]
        case "last byte":
            return content[:-1] + b"X"
        case "shrunk":
            return content[:-1]
        case "grown":
            return content + b"X"
        case "empty":
            return b""
        case _:
            return content


CHANGES = ["first byte", "last byte", "shrunk", "grown", "empty"]


@both
@every_form
@pytest.mark.parametrize("how", [*CHANGES, "unchanged"])
@pytest.mark.parametrize("settled", [False, True])
def test_what_changed_never_arrives_to_its_end(
    run: Callable[..., Any],
    form: Callable[..., httpx.Request],
    read: Callable[[bytes], bytes],
    how: str,
    settled: bool,
    vendor: Listener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file that is not what was measured is an error, and no vendor takes it for complete.

    So it is whether its digest is taken again or the file system's times are believed. The negative control,
    a file that is what it was, arrives.
    """
    if settled:
        monkeypatch.setattr(content, "SETTLED", -(10**12))
    path = tmp_path / "c.pdf"
    path.write_bytes(PDF)
    document = Document.from_path(path)
    if how != "unchanged":
        path.unlink()  # another file of that name: whatever the clock's granularity, it is not the same
        path.write_bytes(changed(PDF, how))

    def flow() -> Flow[int]:
        response = yield from http(form(vendor.url, document))
        return response.status_code

    if how == "unchanged":
        assert 200 == run(flow())
        assert PDF == read(vendor.bodies[-1])
        return
    with pytest.raises(UsageError, match="is not what it was"):
        run(flow())
    vendor.close()
    (length,) = {int(head.partition(b"Content-Length: ")[2].partition(b"\r\n")[0]) for head in vendor.heads}
    assert len(vendor.bodies[-1]) < length


@settings(max_examples=150, deadline=None)
@given(
    st.binary(min_size=1, max_size=60),
    st.binary(max_size=60),
    st.integers(1, 9),
    st.integers(1, 20),
    st.sampled_from([DocumentStream, Base64Stream]),
)
def test_any_other_content_stops_short(
    measured: bytes, now: bytes, step: int, block: int, kind: type[DocumentStream]
) -> None:
    """Whatever a source gives instead of what was measured: fewer bytes go out than were announced."""
    gives = [measured]

    class Dribble(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(step if size is None or size < 0 else min(step, size))

    document = Document.from_opener(lambda: Dribble(gives[0]), name="c.bin")
    gives[0] = now
    stream = kind(document)
    sent: list[bytes] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upload, "BLOCK", block)
        patch.setattr(upload, "ENCODED", block)
        try:
            sent.extend(stream)
        except UsageError:
            assert measured != now
            assert len(b"".join(sent)) < stream.length
        else:
            assert measured == now
            assert len(b"".join(sent)) == stream.length


@pytest.mark.parametrize("settled", [False, True])
def test_a_file_that_changes_while_it_is_sent_stops_short(
    settled: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change after the first block was read is seen before the last one goes out."""
    if settled:
        monkeypatch.setattr(content, "SETTLED", -(10**12))
    path = tmp_path / "c.pdf"
    path.write_bytes(bytes(3 * BLOCK))
    document = Document.from_path(path)
    blocks = iter(DocumentStream(document))
    sent = [len(next(blocks))]
    with path.open("r+b") as file:
        file.seek(2 * BLOCK + 5)
        file.write(b"changed")
    with pytest.raises(UsageError, match="is not what it was"):
        sent.extend(len(block) for block in blocks)
    assert 2 * BLOCK == sum(sent)


@both
@pytest.mark.parametrize("settled", [False, True])
def test_a_file_that_is_gone_or_closed_is_not_uploaded(
    run: Callable[..., Any], settled: bool, vendor: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A path without a file, and a file object that its owner closed, are errors that name no path.

    So it is whether the file's digest would be taken again or its times are believed.
    """
    if settled:
        monkeypatch.setattr(content, "SETTLED", -(10**12))
    path = tmp_path / "secret-name.pdf"
    path.write_bytes(PDF)
    with path.open("rb") as file:
        documents = [Document.from_path(path, id="d"), Document.from_file(file, id="d")]
    path.unlink()
    for document in documents:

        def flow(document: Document = document) -> Flow[None]:
            yield from http(multipart(vendor.url, document))

        with pytest.raises(UsageError, match="can no longer be read") as caught:
            run(flow())
        assert "secret-name" not in str(caught.value)
        assert caught.value.__context__ is None


@both
def test_one_file_object_may_be_several_documents(
    run: Callable[..., Any], vendor: Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Documents of one file go out side by side, each with its own bytes, times believed or not."""
    (tmp_path / "c.pdf").write_bytes(b"A" * 3 * BLOCK + b"B" * 3 * BLOCK)
    for settled in (content.SETTLED, -(10**12)):
        monkeypatch.setattr(content, "SETTLED", settled)
        with (tmp_path / "c.pdf").open("rb") as file:
            documents = []
            for start in (0, 3 * BLOCK, BLOCK):
                file.seek(start)
                documents.append(Document.from_file(file, id=f"from-{start}"))

            def send(document: Document) -> Flow[int]:
                return (yield from http(plain(vendor.url, document))).status_code

            def flow(documents: list[Document] = documents) -> Flow[Any]:
                return (yield from gather([functools.partial(send, document) for document in documents]))

            run(flow())
        sent = sorted(hashlib.sha256(body).hexdigest() for body in vendor.bodies[-3:])
        assert sorted(document.sha256 for document in documents) == sent


# Slow disks and event loops


class SlowFile(io.BytesIO):
    """A file whose reads take as long as an event loop needs for a beat."""

    def __init__(self, content: bytes, pulse: Pulse) -> None:
        super().__init__(content)
        self._pulse = pulse

    def read(self, size: int | None = -1, /) -> bytes:
        self._pulse.feel()
        return super().read(size)


@pytest.mark.parametrize("kind", [DocumentStream, Base64Stream])
@pytest.mark.parametrize("blocking", [False, True])
def test_a_slow_disk_does_not_block_the_loop(kind: type[DocumentStream], blocking: bool) -> None:
    """While a slow file is read for an upload the loop goes on. The negative control reads in the loop."""
    pulse = Pulse(patience=0.05 if blocking else 60)
    document = Document.from_opener(lambda: SlowFile(bytes(2 * BLOCK), pulse), name="c.bin")

    async def consume() -> None:
        pulse.watch()
        stream = kind(document)
        if blocking:
            total = sum(len(block) for block in stream)
        else:
            total = sum([len(block) async for block in stream])
        assert stream.length == total

    asyncio.run(consume())
    assert {not blocking} == set(pulse.felt)


def test_cancelling_waits_for_no_read_and_closes_the_file() -> None:
    """A task that is cancelled while a read hangs ends at once; the file is closed when the read is over."""
    reading, go_on, closed = threading.Event(), threading.Event(), threading.Event()

    class Hanging(io.BytesIO):
        hangs = False

        def read(self, size: int | None = -1, /) -> bytes:
            if self.hangs:
                reading.set()
                assert go_on.wait(60)
            return super().read(size)

        def close(self) -> None:
            super().close()
            if self.hangs:
                closed.set()

    def opened() -> BinaryIO:
        return Hanging(b"x" * 10)

    document = Document.from_opener(opened, name="c.bin")
    Hanging.hangs = True

    async def main() -> None:
        async def consume() -> None:
            async for _ in DocumentStream(document):
                pass

        task = asyncio.create_task(consume())
        assert await asyncio.to_thread(reading.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not closed.is_set()
        go_on.set()
        assert await asyncio.to_thread(closed.wait, 30)

    asyncio.run(main())
