"""What both runners do alike around one HTTP exchange: error classes, limits, digests."""

from __future__ import annotations

import hashlib
import math
import socket
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING, Final, cast

import httpx

from paraph import errors
from paraph.flow.commands import Downloaded
from paraph.flow.files import write_all
from paraph.flow.peer import shown_peer

if TYPE_CHECKING:
    from paraph.flow.commands import Download, Http


UNTIL: Final = "paraph_until"
"""A request's extension: after this time (monotonic seconds) no more of its answer is waited for."""


def transport_error(error: Exception, command: Http | Download) -> errors.VendorError:
    """Turn a failed exchange into one of our classes; the text of httpx, which may hold a URL, is dropped."""
    request = command.request
    kind: type[errors.VendorError]
    if isinstance(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.UnsupportedProtocol
    ):
        return _unconnected(error, command)
    if isinstance(error, httpx.TimeoutException):
        kind, message = errors.TimedOut, "the vendor did not answer in time"
    elif isinstance(error, httpx.DecodingError | zlib.error):
        kind, message = errors.MalformedResponse, "the vendor's answer cannot be decompressed"
    elif isinstance(error, httpx.LocalProtocolError):
        kind, message = errors.ConnectFailed, "the request could not be written; nothing was sent"
    else:
        kind, message = errors.ConnectionLost, "the connection to the vendor broke"
    return kind(message, account=command.account, operation=f"{request.method} {request.url.path}")


def _unconnected(error: Exception, command: Http | Download) -> errors.ConnectFailed:
    """Say why there is no connection, as far as that can be said without the text of httpx."""
    reason, words = why_unconnected(error)
    request = command.request
    failure = errors.ConnectFailed(
        f"no connection to the vendor{f' ({words})' if words else ''}; nothing was sent",
        account=command.account,
        operation=f"{request.method} {request.url.path}",
    )
    failure.reason = reason
    return failure


def why_unconnected(error: BaseException) -> tuple[errors.NoConnection, str]:
    """Return why a connection failed, as a word for programs and one for people."""
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return "name", "the host's name does not resolve"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "certificate", f"its certificate does not verify: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return "tls", f"TLS failed: {getattr(cause, 'reason', None) or 'unknown reason'}"
        if isinstance(cause, ConnectionRefusedError):
            return "refused", "nobody listens there"
    return ("timeout", "no answer in time") if isinstance(error, httpx.TimeoutException) else ("", "")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it came from; in an event loop that may be a group."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += cause.exceptions if isinstance(cause, BaseExceptionGroup) else ()
        waiting += [each for each in (cause.__cause__, cause.__context__) if each is not None]


def too_large(command: Http | Download) -> errors.ResponseTooLarge:
    """Make the error for an answer above the limit."""
    request = command.request
    return errors.ResponseTooLarge(
        f"the vendor's answer is larger than {command.limit} bytes",
        account=command.account,
        operation=f"{request.method} {request.url.path}",
    )


class Decoder:
    """Undoes ``Content-Encoding`` in small blocks, so that a bomb never unfolds in memory.

    httpx decodes a whole network block at once, which a hostile sender can make a
    thousand times larger; here every block is at most :data:`UNFOLDED` bytes.

    :ivar named: whether the answer names an encoding at all.
    """

    def __init__(self, response: httpx.Response) -> None:
        self.named = "content-encoding" in response.headers
        self._inflate: zlib._Decompress | None = None
        self._begun = False
        if self.named:
            encoding = response.headers["content-encoding"].strip().lower()
            if encoding not in {"identity", "", "gzip", "x-gzip", "deflate"}:
                msg = "an encoding that was not asked for"
                raise httpx.DecodingError(msg, request=response.request)
            if encoding not in {"identity", ""} and not response.is_stream_consumed:
                self._inflate = _inflater()

    def feed(self, raw: bytes) -> Iterable[bytes]:
        """Return the decoded blocks of the next raw bytes."""
        return (raw,) if self._inflate is None else self._unfolded(self._inflate, raw)

    def _unfolded(self, inflate: zlib._Decompress, raw: bytes) -> Iterator[bytes]:
        while raw:
            if inflate.eof:
                # A gzip body may have several members (RFC 1952, 2.2); zeros between them are padding.
                raw = raw.lstrip(b"\x00")
                if not raw:
                    return
                self._inflate = inflate = _inflater()
            self._begun = True
            yield inflate.decompress(raw, UNFOLDED)
            raw = inflate.unconsumed_tail or inflate.unused_data

    def end(self, response: httpx.Response) -> None:
        """Check that nothing is missing; a body without a byte is empty, whatever its encoding."""
        if self._inflate is not None and self._begun and not self._inflate.eof:
            msg = "the compressed body is incomplete"
            raise httpx.DecodingError(msg, request=response.request)


def _inflater() -> zlib._Decompress:
    """Make a decompressor of one gzip member or zlib stream."""
    return zlib.decompressobj(wbits=47)


def raw_blocks(response: httpx.Response) -> Iterator[bytes]:
    """Yield a body's raw blocks; a transport for tests may hand over one that is read already.

    They are the stream's own: what ``iter_raw`` does around it takes longer than reading a small body.
    """
    if response.is_stream_consumed:
        return iter([response.content])
    return iter(cast("httpx.SyncByteStream", response.stream))


async def raw_blocks_async(response: httpx.Response) -> AsyncIterator[bytes]:
    """Do the same in a task."""
    if response.is_stream_consumed:
        yield response.content
        return
    async for raw in cast("httpx.AsyncByteStream", response.stream):
        yield raw


async def batches(response: httpx.Response) -> AsyncIterator[list[bytes]]:
    """Yield a body's raw blocks together, as many at a time as are worth handing over to a thread."""
    some: list[bytes] = []
    size = 0
    async for raw in raw_blocks_async(response):
        some.append(raw)
        size += max(len(raw), LEAST)
        if size >= BATCH:
            yield some
            some, size = [], 0
    yield some


BATCH: Final = 1 << 18
"""Raw bytes that are handed over to a thread at once."""

LEAST: Final = 1 << 10
"""What a block counts at least, since each takes room of its own: a vendor may send it byte by byte."""

UNFOLDED = 1 << 16
"""Largest decoded block in bytes."""


class Body:
    """Collects a decoded body in memory, up to a limit."""

    def __init__(self, command: Http | Download, response: httpx.Response, limit: int) -> None:
        self._command = command
        self._response = response
        self._limit = limit
        self._decoder = Decoder(response)
        self._until: float = response.request.extensions.get(UNTIL, math.inf)
        self._peer = shown_peer(response)  # now: with its last byte the connection may be closed
        self._blocks: list[bytes] = []
        self._size = 0

    def add(self, raw: bytes) -> None:
        """Take the next raw bytes. :raises ResponseTooLarge: the limit is passed."""
        if time.monotonic() > self._until:
            msg = "the answer trickles in"
            raise httpx.ReadTimeout(msg, request=self._response.request)
        for block in self._decoder.feed(raw):
            self._size += len(block)
            if self._size > self._limit:
                raise too_large(self._command)
            self._blocks.append(block)

    def response(self) -> httpx.Response:
        """Return the answer with what was collected as its body, and without the connection that it came by.

        One that came as it is gets the body put in: a second object would take as long as making the request.
        """
        self._decoder.end(self._response)
        content = b"".join(self._blocks)
        if not self._decoder.named:
            self._response._content = content  # noqa: SLF001 - as its own ``read`` does, after four generators
            self._response.is_stream_consumed = True
            self._response.extensions = dict(self._peer)
            return self._response
        headers = self._response.headers.copy()
        for name in ("content-encoding", "content-length", "transfer-encoding"):
            headers.pop(name, None)
        answer = httpx.Response(
            self._response.status_code,
            headers=headers,
            stream=httpx.ByteStream(content),
            request=self._response.request,
            extensions=dict(self._peer),
        )
        answer.read()
        return answer


class Tally:
    """Decodes, counts and digests a download on its way into the sink."""

    def __init__(self, command: Download, response: httpx.Response) -> None:
        self._command = command
        self._response = response
        self._decoder = Decoder(response)
        self._digest = hashlib.sha256()
        self._size = 0

    def write(self, *raws: bytes) -> None:
        """Write the next raw blocks, decoded. :raises ResponseTooLarge: that is too many bytes."""
        for raw in raws:
            for block in self._decoder.feed(raw):
                self._size += len(block)
                if self._size > self._command.limit:
                    raise too_large(self._command)
                self._digest.update(block)
                write_all(self._command.sink, block)

    def result(self) -> Downloaded:
        """Return what came of it, once everything was written."""
        self._decoder.end(self._response)
        return Downloaded(response=self._response, sha256=self._digest.hexdigest(), size=self._size)

    def refused(self, body: Body) -> Downloaded:
        """Return an error answer, with its body read."""
        return Downloaded(response=body.response(), sha256=self._digest.hexdigest(), size=0)


EXCHANGE_ERRORS = (httpx.HTTPError, httpx.InvalidURL, zlib.error, ssl.SSLError)
"""What an exchange may raise besides our own errors. File errors of sinks and documents pass unchanged.

In an event loop httpx lets a TLS alert through as it is, such as that of a vendor that wants another client
certificate: with TLS 1.3 it comes after the handshake.
"""
