"""Requests with a body in memory, or none, that are complete when they are made.

httpx would write the headers three times: those that are given, those that it finds out, and both together.
That takes as long as all of our own work on a request. Here they are bytes from the beginning.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, Final

import httpx

from paraph.flow.session import ACCEPT_ENCODING, USER_AGENT

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_BODYLESS: Final = frozenset({"GET", "DELETE", "HEAD"})
_ALWAYS: Final = (
    (b"Accept", b"application/json"),
    (b"Accept-Encoding", ACCEPT_ENCODING.encode()),
    (b"User-Agent", USER_AGENT.encode()),
)


def written(
    method: str, url: str, *, query: Mapping[str, str] | None = None, body: Any = None
) -> httpx.Request:
    """Make a request that wants JSON.

    :param query: takes the place of the one in the URL.
    :param body: what goes out as JSON; ``None``: nothing does.
    :raises ValueError: a number that JSON has not.
    """
    target = _parsed(url) if query is None else httpx.URL(url, params=query)
    headers = [(b"Host", target.netloc), *_ALWAYS]
    content = b"" if body is None else _ENCODER.encode(body).encode()
    if content or method not in _BODYLESS:
        headers.append((b"Content-Length", b"%d" % len(content)))
    if content:
        headers.append((b"Content-Type", b"application/json"))
    request = httpx.Request(method, target, headers=headers, stream=httpx.ByteStream(content))
    request.read()
    return request


@functools.lru_cache(maxsize=256)
def _parsed(url: str) -> httpx.URL:
    """Parse a URL; many are asked for again and again, and parsing is half of making a request."""
    return httpx.URL(url)
