"""What went over the wire: transports for both clients that write it down and lose answers on demand."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import cast

import attrs
import httpx


@attrs.frozen(kw_only=True, eq=False)
class Sent:
    """One request as it left."""

    account: str
    method: str
    url: httpx.URL
    headers: httpx.Headers = attrs.field(repr=False)
    _blocks: list[bytes] = attrs.field(factory=list, repr=False, alias="blocks")

    @property
    def body(self) -> bytes:
        """What was sent of the body."""
        return b"".join(self._blocks)

    @property
    def everything(self) -> bytes:
        """Address, headers and body in one, to search in."""
        head = "\n".join([str(self.url), *(f"{name}: {value}" for name, value in self.headers.items())])
        return head.encode("utf-8", "surrogateescape") + b"\n" + self.body


Garble = Callable[[httpx.Request, httpx.Response], httpx.Response]
"""Makes another answer of one; raises what httpx would, to lose it."""


class Traffic:
    """Every request of a client's transports, in order; ``transport`` and ``async_transport`` make them."""

    def __init__(self, verify: ssl.SSLContext) -> None:
        self.verify = verify
        self._lock = threading.Lock()
        self._sent: list[Sent] = []
        self._plan: tuple[int, Garble] | None = None

    def all(self, account: str | None = None) -> tuple[Sent, ...]:
        """Return what was sent so far, for one account or for all."""
        with self._lock:
            return tuple(one for one in self._sent if account in {None, one.account})

    def __len__(self) -> int:
        with self._lock:
            return len(self._sent)

    def garble(self, number: int, how: Garble) -> None:
        """Change the answer of the request that comes after ``number`` more."""
        with self._lock:
            self._plan = (len(self._sent) + number, how)

    def told(self, content: bytes, *, since: int = 0) -> bool:
        """Whether a vendor was told something: as it is, in base64 or in hex."""
        ways = (content, base64.b64encode(content), content.hex().encode())
        return any(way in sent.everything for sent in self.all()[since:] for way in ways)

    def transport(self, account: str) -> httpx.BaseTransport:
        """Make a transport for a blocking client."""
        return _Transport(self, account)

    def async_transport(self, account: str) -> httpx.AsyncBaseTransport:
        """Make a transport for an asynchronous client."""
        return _AsyncTransport(self, account)

    def note(self, account: str, request: httpx.Request) -> Garble | None:
        """Write a request down; return what to do with its answer, if anything."""
        blocks: list[bytes] = []
        request.stream = _Tee(request.stream, blocks)
        sent = Sent(
            account=account,
            method=request.method,
            url=request.url,
            headers=httpx.Headers(request.headers),
            blocks=blocks,
        )
        with self._lock:
            number = len(self._sent)
            self._sent.append(sent)
            if self._plan is None or self._plan[0] != number:
                return None
            garble, self._plan = self._plan[1], None
            return garble


def lost(request: httpx.Request, _response: httpx.Response) -> httpx.Response:
    """Lose an answer: the effect happened, and nobody hears of it."""
    raise httpx.ReadError("the answer was lost on purpose", request=request)


class _Tee(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A request's body that is written down while it is sent."""

    def __init__(self, inner: object, blocks: list[bytes]) -> None:
        self._inner = inner
        self._blocks = blocks

    def __iter__(self) -> Iterator[bytes]:
        for block in cast("httpx.SyncByteStream", self._inner):
            self._blocks.append(block)
            yield block

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for block in cast("httpx.AsyncByteStream", self._inner):
            self._blocks.append(block)
            yield block

    def close(self) -> None:
        cast("httpx.SyncByteStream", self._inner).close()

    async def aclose(self) -> None:
        await cast("httpx.AsyncByteStream", self._inner).aclose()


class _Transport(httpx.BaseTransport):
    def __init__(self, traffic: Traffic, account: str) -> None:
        self._traffic, self._account = traffic, account
        self._inner = httpx.HTTPTransport(verify=traffic.verify)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        garble = self._traffic.note(self._account, request)
        response = self._inner.handle_request(request)
        if garble is None:
            return response
        try:
            response.read()
        finally:
            response.close()
        return garble(request, response)

    def close(self) -> None:
        self._inner.close()


class _AsyncTransport(httpx.AsyncBaseTransport):
    def __init__(self, traffic: Traffic, account: str) -> None:
        self._traffic, self._account = traffic, account
        self._inner = httpx.AsyncHTTPTransport(verify=traffic.verify)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        garble = self._traffic.note(self._account, request)
        response = await self._inner.handle_async_request(request)
        if garble is None:
            return response
        try:
            await response.aread()
        finally:
            await response.aclose()
        return garble(request, response)

    async def aclose(self) -> None:
        await self._inner.aclose()
