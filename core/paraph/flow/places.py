"""A transport for tasks: each request in flight has a place, and leaves it behind with an open connection.

Why. The pool behind httpx's transport looks at every connection for each request, and in an event loop asking
an idle one's socket whether the other side has gone takes as long as parsing the answer. With eight requests
in flight that is a third of a call. Here a request takes the place that was left last, which has one
connection, mostly an open one; so a few requests at a time use few connections, as with a pool.

How many places there are is not limited here: an account's requests take turns (:mod:`paraph.flow.governor`).
"""

from __future__ import annotations

import urllib.request
from collections.abc import AsyncIterator, Callable
from typing import cast

import httpx


class Places(httpx.AsyncBaseTransport):
    """Transports that are used by one request at a time.

    :param make: makes one.
    """

    def __init__(self, make: Callable[[], httpx.AsyncBaseTransport]) -> None:
        self._make = make
        self._all: list[httpx.AsyncBaseTransport] = []
        self._free: list[httpx.AsyncBaseTransport] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request from a free place, which is free again when its answer is closed."""
        place = self._free.pop() if self._free else self._new()
        try:
            response = await place.handle_async_request(request)
        except BaseException:
            self._free.append(place)
            raise
        if response.is_closed:  # read already, as a transport for tests may hand it over
            self._free.append(place)
        else:
            stream = cast("httpx.AsyncByteStream", response.stream)
            response.stream = _Leaving(stream, lambda: self._free.append(place))
        return response

    def _new(self) -> httpx.AsyncBaseTransport:
        place = self._make()
        self._all.append(place)
        return place

    async def aclose(self) -> None:
        """Close all connections."""
        for place in self._all:
            await place.aclose()


class _Leaving(httpx.AsyncByteStream):
    """An answer's body that says once when it is closed."""

    def __init__(self, stream: httpx.AsyncByteStream, leave: Callable[[], None]) -> None:
        self._stream = stream
        self._leave: Callable[[], None] | None = leave

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._stream.__aiter__()

    async def aclose(self) -> None:
        leave, self._leave = self._leave, None
        try:
            await self._stream.aclose()
        finally:
            if leave is not None:
                leave()


def proxied() -> bool:
    """Whether the environment names a proxy: a client finds it only if it has no transport of its own."""
    named = urllib.request.getproxies()
    return any(named.get(scheme) for scheme in ("http", "https", "all"))
