"""Uploading documents with flat memory, the same request for sync and async.

Theory. httpx's own ``files=`` reads a file inside the event loop, and ``content=``
takes either a sync or an async iterable. :class:`DocumentStream` is both, opens
the document anew each time it is iterated (so a request can be sent again), and
knows its length beforehand: without ``Content-Length`` a body silently becomes
chunked, which some gateways refuse. A request built with ``stream=`` gets no
``Host`` and no ``Content-Length`` from httpx, so both are set here.

Vendors that take files only as base64 within JSON get the same: :class:`Base64Stream` encodes block by block,
and :func:`json_request` writes the JSON around it, so that a document is never held in memory as a whole.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import json
import secrets
import threading
from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import httpx

from paraph.errors import UsageError
from paraph.model import Document

BLOCK = 3 << 18
"""Bytes read at a time."""

ENCODED = 3 << 16
"""Bytes read at a time to be encoded: whole groups of three, of which base64 makes four."""


class DocumentStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A document's bytes between a head and a tail; sync, async, replayable.

    Under asyncio a thread reads, checks and encodes, so that a slow disk never blocks the loop.
    A document that is no longer what was hashed, or can no longer be read, breaks the upload
    off with :class:`~paraph.errors.UsageError` before its last bytes.
    """

    def __init__(self, document: Document, *, head: bytes = b"", tail: bytes = b"") -> None:
        self._document = document
        self._head = head
        self._tail = tail
        self.length = len(head) + document.size + len(tail)

    @property
    def document(self) -> Document:
        """The document whose content goes out."""
        return self._document

    @property
    def head(self) -> bytes:
        """What goes out before it."""
        return self._head

    @property
    def tail(self) -> bytes:
        """What goes out after it."""
        return self._tail

    def __iter__(self) -> Iterator[bytes]:
        if self._head:
            yield self._head
        with contextlib.closing(self._blocks()) as blocks:
            yield from blocks
        if self._tail:
            yield self._tail

    async def __aiter__(self) -> AsyncIterator[bytes]:
        import asyncio

        if self._head:
            yield self._head
        in_thread = functools.partial(asyncio.get_running_loop().run_in_executor, None)
        blocks = _Stepped(self._blocks())
        coming = in_thread(blocks.step)
        try:
            while block := await coming:
                coming = in_thread(blocks.step)  # while this one travels
                yield block
        finally:
            if not coming.cancelled() and not coming.cancel():
                coming.exception()  # if nobody came to see it, nobody wants to be told of it
            in_thread(blocks.close)  # not awaited: a read that hangs must not keep a cancelled task
        if self._tail:
            yield self._tail

    def _blocks(self) -> Generator[bytes]:
        """Yield what goes out between head and tail, no block of it empty."""
        return _checked(self._document, BLOCK)


class Base64Stream(DocumentStream):
    """A document's bytes as base64 (RFC 4648 section 4, padded), between a head and a tail."""

    def __init__(self, document: Document, *, head: bytes = b"", tail: bytes = b"") -> None:
        super().__init__(document, head=head, tail=tail)
        self.length = len(head) + 4 * -(-document.size // 3) + len(tail)

    def _blocks(self) -> Generator[bytes]:
        return _encoded(_checked(self._document, ENCODED))


class _Stepped:
    """Blocks that any thread may ask for, one thread at a time; who closes them waits for who is reading."""

    def __init__(self, blocks: Generator[bytes]) -> None:
        self._blocks = blocks
        self._lock = threading.Lock()

    def step(self) -> bytes:
        """Return the next block; nothing at the end."""
        with self._lock:
            return next(self._blocks, b"")

    def close(self) -> None:
        """Close the document."""
        with self._lock:
            self._blocks.close()


def _checked(document: Document, most: int) -> Generator[bytes]:
    """Yield a document's content in blocks of at most so many bytes.

    The last one comes only if all is what was measured and checked.
    """
    with _opened(document) as stream:
        digest = None if document.is_unchanged(stream) else hashlib.sha256()
        left = document.size
        while left:
            block = _read(document, stream, min(most, left))
            left -= len(block)
            if digest is not None:
                digest.update(block)
            if not block or not (left or _is_whole(document, stream, digest)):
                raise UsageError(
                    f"document {document.id!r} is not what it was when its digest was taken, so it was not "
                    "sent to its end: give it the content that it had, and resume, or send a new envelope"
                )
            yield block


def _is_whole(document: Document, stream: BinaryIO, digest: hashlib._Hash | None) -> bool:
    """Whether a stream that was read as far as the document went gave the document, and has no more."""
    if digest is None:
        return document.is_unchanged(stream)
    return digest.hexdigest() == document.sha256 and not _read(document, stream, 1)


def _encoded(blocks: Generator[bytes]) -> Generator[bytes]:
    """Encode groups of three bytes; what is left of a block waits for the next one."""
    rest = b""
    with contextlib.closing(blocks):
        for block in blocks:
            whole = rest + block if rest else block
            end = len(whole) - len(whole) % 3
            rest = whole[end:]
            if end:
                yield base64.b64encode(memoryview(whole)[:end])
    if rest:
        yield base64.b64encode(rest)


def _opened(document: Document) -> BinaryIO:
    try:
        return document.open()
    except (OSError, ValueError):
        pass
    raise _unreadable(document)


def _read(document: Document, stream: BinaryIO, size: int) -> bytes:
    try:
        return stream.read(size)
    except (OSError, ValueError):
        pass
    raise _unreadable(document)


def _unreadable(document: Document) -> UsageError:
    """Make the error for content that is gone. Raised outside handlers: an ``OSError`` names the path."""
    return UsageError(f"document {document.id!r} can no longer be read; nothing more was uploaded")


def upload_request(
    method: str,
    url: str,
    *,
    stream: DocumentStream,
    content_type: str,
    headers: Mapping[str, str] | None = None,
) -> httpx.Request:
    """Build a request whose body is a stream of known length."""
    target = httpx.URL(url)
    return httpx.Request(
        method,
        target,
        headers={
            "Host": target.netloc.decode("ascii"),
            "Content-Length": str(stream.length),
            "Content-Type": content_type,
            **(headers or {}),
        },
        stream=stream,
    )


def multipart_request(
    method: str,
    url: str,
    *,
    field: str,
    filename: str,
    media_type: str,
    document: Document,
    headers: Mapping[str, str] | None = None,
    values: Iterable[tuple[str, str]] = (),
) -> httpx.Request:
    """Build a ``multipart/form-data`` request with one file part.

    :param field: name of the part. :param values: names and texts of plain parts before it.
    :param filename: shown to the vendor; quotes, control and
        line-break characters are percent-encoded as browsers do (WHATWG), so they cannot end the header.
    """
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{text}\r\n'
        for name, text in values
    ]
    file = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{_quoted(field)}"; filename="{_quoted(filename)}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    )
    head = "".join([*parts, file]).encode()
    stream = DocumentStream(document, head=head, tail=f"\r\n--{boundary}--\r\n".encode())
    return upload_request(
        method,
        url,
        stream=stream,
        content_type=f"multipart/form-data; boundary={boundary}",
        headers=headers,
    )


def json_request(
    method: str,
    url: str,
    *,
    body: Mapping[str, Any],
    at: Iterable[str],
    document: Document,
    headers: Mapping[str, str] | None = None,
) -> httpx.Request:
    """Build a JSON request that holds a document as base64.

    :param body: everything else. :param at: the keys, from the outermost, under which the content goes.
    """
    keys = tuple(at)
    # No value of the body can hold a mark that did not exist when it was written.
    mark = secrets.token_hex(16)
    text = json.dumps(_with(body, keys, mark), separators=(",", ":"), allow_nan=False)
    head, _, tail = text.partition(mark)
    stream = Base64Stream(document, head=head.encode(), tail=tail.encode())
    return upload_request(method, url, stream=stream, content_type="application/json", headers=headers)


def _with(table: Mapping[str, Any], keys: tuple[str, ...], value: str) -> dict[str, Any]:
    """Return a copy of nested objects with a value put in."""
    key, *rest = keys
    inner = _with(table.get(key) or {}, tuple(rest), value) if rest else value
    return {**table, key: inner}


def _quoted(text: str) -> str:
    return "".join(
        f"%{ord(char):02X}" if char == '"' or ord(char) < ord(" ") or char == "\x7f" else char
        for char in text
    )
