"""Connections that are used by one request at a time, in place of the pool behind httpx's transports.

Why. That pool looks at every connection for each request, under locks, and in an event loop asking an idle
one's socket whether the other side has gone takes as long as parsing the answer. With eight requests in
flight that is a third of a call, and a tenth with one. Here a request takes the connection that was left last
if it is still open, and else makes one; so a few requests at a time use few connections, as with a pool.

How many there are is not limited here: an account's requests take turns (:mod:`paraph.flow.governor`). All
else is httpx's own transport, so whoever looks on at that one sees our requests, too.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
import urllib.request
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Final, Generic, Self, TypeVar

import httpcore
import httpx

Origin = tuple[bytes, bytes, int | None]
ConnectionT = TypeVar("ConnectionT", bound="httpcore.HTTPConnection | httpcore.AsyncHTTPConnection")

KEPT: Final = 5.0
"""Seconds that an open connection is kept for the next request, as in httpx."""

_SCHEMES: Final = frozenset({b"http", b"https"})


class _Places(Generic[ConnectionT]):
    """Open connections by where they lead to, each with the time when it was left. Threads may share them."""

    def __init__(self, connect: Callable[[httpcore.Origin], ConnectionT]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._all: set[ConnectionT] = set()
        self._free: dict[Origin, deque[tuple[float, ConnectionT]]] = {}

    def take(self, url: httpcore.URL) -> tuple[ConnectionT | None, Origin]:
        """Return the connection to the place of a URL that was left last, if there is one, and that place."""
        if url.scheme not in _SCHEMES:
            raise httpcore.UnsupportedProtocol("the URL is neither of http nor of https")
        origin = (url.scheme, url.host, url.port)
        with self._lock:
            free = self._free.get(origin)
            return (free.pop()[1] if free else None), origin

    def new(self, url: httpcore.URL) -> ConnectionT:
        """Make a connection, which connects with its first request."""
        made = self._connect(url.origin)
        with self._lock:
            self._all.add(made)
        return made

    def gone(self, place: ConnectionT) -> None:
        """Forget a connection that is, or is to be, closed."""
        with self._lock:
            self._all.discard(place)

    def left(self, place: ConnectionT, origin: Origin) -> list[ConnectionT]:
        """Take back a connection whose request is over; it has closed itself if it is of no further use.

        :returns: those that nobody took for too long, to be closed: their other side has gone, or will.
        """
        now = time.monotonic()
        old: list[ConnectionT] = []
        with self._lock:
            free = self._free.setdefault(origin, deque())
            if place.is_idle():
                free.append((now, place))
            else:
                self._all.discard(place)
            while free and free[0][0] + KEPT < now:
                old.append(free.popleft()[1])
            self._all.difference_update(old)
        return old

    def drain(self) -> tuple[ConnectionT, ...]:
        """Forget all connections, to be closed."""
        with self._lock:
            everything = tuple(self._all)
            self._all.clear()
            self._free.clear()
        return everything


class Places(_Places[httpcore.HTTPConnection]):
    """Connections of threads, with what httpx's transport asks of a pool.

    :param connect: makes a connection to an origin.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request through a connection, which is free again when the answer is closed."""
        place, origin = self.take(request.url)
        while place is not None and place.has_expired():
            self._close(place)
            place, origin = self.take(request.url)
        used = place or self.new(request.url)
        try:
            response = used.handle_request(request)
        except BaseException:
            self._close(used)
            raise
        response.stream = _Leaving(response.stream, lambda: self._leave(used, origin))
        return response

    def _leave(self, place: httpcore.HTTPConnection, origin: Origin) -> None:
        for old in self.left(place, origin):
            self._close(old)

    def _close(self, place: httpcore.HTTPConnection) -> None:
        self.gone(place)
        with contextlib.suppress(Exception):  # what cannot be closed is gone
            place.close()

    def close(self) -> None:
        """Close all connections."""
        for place in self.drain():
            self._close(place)


class AsyncPlaces(_Places[httpcore.AsyncHTTPConnection]):
    """The same for tasks."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request through a connection, which is free again when the answer is closed."""
        place, origin = self.take(request.url)
        while place is not None and place.has_expired():
            await self._close(place)
            place, origin = self.take(request.url)
        used = place or self.new(request.url)
        try:
            response = await used.handle_async_request(request)
        except BaseException:
            await self._close(used)
            raise
        response.stream = _AsyncLeaving(response.stream, lambda: self._leave(used, origin))
        return response

    async def _leave(self, place: httpcore.AsyncHTTPConnection, origin: Origin) -> None:
        for old in self.left(place, origin):
            await self._close(old)

    async def _close(self, place: httpcore.AsyncHTTPConnection) -> None:
        self.gone(place)
        with contextlib.suppress(Exception):  # what cannot be closed is gone
            await place.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        for place in self.drain():
            await self._close(place)


class _Leaving:
    """An answer's body that says once when it is closed."""

    def __init__(self, stream: Any, leave: Callable[[], None]) -> None:
        self._stream = stream
        self._leave: Callable[[], None] | None = leave

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        leave, self._leave = self._leave, None
        try:
            self._stream.close()
        finally:
            if leave is not None:
                leave()


class _AsyncLeaving:
    """The same for tasks."""

    def __init__(self, stream: Any, leave: Callable[[], Awaitable[None]]) -> None:
        self._stream = stream
        self._leave: Callable[[], Awaitable[None]] | None = leave

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        leave, self._leave = self._leave, None
        try:
            await self._stream.aclose()
        finally:
            if leave is not None:
                await leave()


class Transport(httpx.HTTPTransport):
    """httpx's transport with :class:`Places` for a pool.

    :param verify: whom TLS believes.
    """

    def __init__(self, verify: ssl.SSLContext) -> None:
        self._pool: Any = Places(
            lambda origin: httpcore.HTTPConnection(origin, ssl_context=verify, keepalive_expiry=KEPT)
        )


class AsyncTransport(httpx.AsyncHTTPTransport):
    """The same for tasks."""

    def __init__(self, verify: ssl.SSLContext) -> None:
        self._pool: Any = AsyncPlaces(
            lambda origin: httpcore.AsyncHTTPConnection(origin, ssl_context=verify, keepalive_expiry=KEPT)
        )


def proxied() -> bool:
    """Whether the environment names a proxy: a client finds it only if it has no transport of its own."""
    named = urllib.request.getproxies()
    return any(named.get(scheme) for scheme in ("http", "https", "all"))
