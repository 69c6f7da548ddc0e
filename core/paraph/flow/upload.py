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
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import httpx

from paraph.errors import UsageError
from paraph.model import Document

BLOCK = 1 << 20
"""Bytes read at a time."""


class DocumentStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A document's bytes between a head and a tail; sync, async, replayable.

    Reads happen in a thread under asyncio, so a slow disk never blocks the loop.
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
        with _opened(self._document) as stream:
            guard, coder = _Guard(self._document), self._coder()
            while block := _read(self._document, stream):
                yield coder.passed(guard.passed(block))
            guard.finish()
        if end := coder.rest() + self._tail:
            yield end

    async def __aiter__(self) -> AsyncIterator[bytes]:
        import asyncio

        if self._head:
            yield self._head
        stream = await asyncio.to_thread(_opened, self._document)
        try:
            guard, coder = _Guard(self._document), self._coder()
            while block := await asyncio.to_thread(_read, self._document, stream):
                yield coder.passed(guard.passed(block))
            guard.finish()
        finally:
            stream.close()
        if end := coder.rest() + self._tail:
            yield end

    def _coder(self) -> _Coder:
        return _Coder()


class Base64Stream(DocumentStream):
    """A document's bytes as base64 (RFC 4648 section 4, padded), between a head and a tail."""

    def __init__(self, document: Document, *, head: bytes = b"", tail: bytes = b"") -> None:
        super().__init__(document, head=head, tail=tail)
        self.length = len(head) + 4 * -(-document.size // 3) + len(tail)

    def _coder(self) -> _Coder:
        return _Base64()


class _Coder:
    """What becomes of a document's blocks on their way; here: nothing."""

    def passed(self, block: bytes) -> bytes:
        return block

    def rest(self) -> bytes:
        return b""


class _Base64(_Coder):
    """Encodes groups of three bytes; what is left of a block waits for the next one."""

    def __init__(self) -> None:
        self._left = b""

    def passed(self, block: bytes) -> bytes:
        whole = self._left + block
        end = len(whole) - len(whole) % 3
        self._left = whole[end:]
        return base64.b64encode(memoryview(whole)[:end])

    def rest(self) -> bytes:
        return base64.b64encode(self._left)


def _opened(document: Document) -> BinaryIO:
    try:
        return document.open()
    except OSError:
        pass
    raise _unreadable(document)


def _read(document: Document, stream: BinaryIO) -> bytes:
    try:
        return stream.read(BLOCK)
    except OSError:
        pass
    raise _unreadable(document)


def _unreadable(document: Document) -> UsageError:
    """Make the error for content that is gone. Raised outside handlers: an ``OSError`` names the path."""
    return UsageError(f"document {document.id!r} can no longer be read; nothing more was uploaded")


class _Guard:
    """Sees to it that what is uploaded is what was measured and checked."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._left = document.size
        self._digest = hashlib.sha256()

    def passed(self, block: bytes) -> bytes:
        self._left -= len(block)
        self._digest.update(block)
        if self._left < 0:
            raise self._changed()
        return block

    def finish(self) -> None:
        if self._left or self._digest.hexdigest() != self._document.sha256:
            raise self._changed()

    def _changed(self) -> UsageError:
        return UsageError(f"document {self._document.id!r} is not what it was when its digest was taken")


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
