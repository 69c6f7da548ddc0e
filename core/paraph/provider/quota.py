"""What an answer says about how much may be asked, in headers that no vendor owns.

=====================================================  ============================================
``Retry-After`` of a 429 or 503                        RFC 9110, section 10.2.3
``RateLimit: limit=100, remaining=0, reset=30``        drafts of the IETF's httpapi group, up to 07
``RateLimit: "name";r=0;t=30``                         the same, since 08
``RateLimit-Remaining`` and ``RateLimit-Reset``        the same, up to 06
``X-RateLimit-Remaining`` and ``X-RateLimit-Reset``    custom; the latter in seconds, or as a Unix time
=====================================================  ============================================

A header that is absent or rubbish says nothing.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

import attrs

from paraph.provider.answers import retry_after

if TYPE_CHECKING:
    import httpx

ASKS_FOR_A_PAUSE: Final = frozenset({429, 503})
UNTIMED: Final = 1.0
"""Seconds that a 429 without a time pauses an account for: our own courtesy, no vendor's word."""

_TOO_MANY: Final = 429
_UNIX_TIMES: Final = 1_000_000_000
"""A reset from here on is a Unix time: as a duration it would be longer than thirty years."""

_INITIALS = b"rRxX"
"""The first letters of all headers that are read."""

_NUMBER = re.compile(r"\d{1,12}(\.\d{1,6})?")
_REMAINING = re.compile(r"(?:^|[;,\s])(?:remaining|r)\s*=\s*(\d{1,12})(?=$|[;,\s])", re.IGNORECASE)
_RESET = re.compile(r"(?:^|[;,\s])(?:reset|t)\s*=\s*(\d{1,12})(?=$|[;,\s])", re.IGNORECASE)


@attrs.frozen(kw_only=True)
class Quota:
    """What the vendor says.

    :ivar pause: seconds in which nothing should be asked. ``remaining``: requests that are left until then.
    """

    pause: float = 0.0
    remaining: int | None = None


def quota_of(response: httpx.Response, at: datetime) -> Quota | None:
    """Read what an answer says about further requests; ``None`` if nothing."""
    remaining, reset = _told(response, at)
    pause = reset if remaining == 0 and reset is not None else 0.0
    if response.status_code in ASKS_FOR_A_PAUSE:
        asked = retry_after(response)
        if asked is not None:
            pause = max(pause, asked)
        elif not pause and response.status_code == _TOO_MANY:
            pause = UNTIMED
    return Quota(pause=pause, remaining=remaining) if pause or remaining is not None else None


def may_tell(response: httpx.Response) -> bool:
    """Whether it is worth reading; most say nothing, and this is asked of each, so it has to be fast."""
    for name, _ in response.headers.raw:
        if name and name[0] in _INITIALS and b"ratelimit" in name.lower():
            return True
    return response.status_code in ASKS_FOR_A_PAUSE


def _told(response: httpx.Response, at: datetime) -> tuple[int | None, float | None]:
    """Return how many requests are left, and the seconds until there are more."""
    headers = response.headers
    combined = headers.get("ratelimit", "")
    if combined:
        # Several policies may be told at once: the one that has least left is the one that counts.
        found = [
            (int(left[1]), float(until[1]) if (until := _RESET.search(each)) else None)
            for each in re.split(r",(?=\s*\")", combined)
            if (left := _REMAINING.search(each))
        ]
        if found:
            return min(found, key=lambda policy: (policy[0], -(policy[1] or 0)))
    for prefix in ("ratelimit", "x-ratelimit"):
        remaining = _number(headers.get(f"{prefix}-remaining"))
        if remaining is not None:
            reset = _number(headers.get(f"{prefix}-reset"))
            if reset is not None and reset >= _UNIX_TIMES:
                reset = max(0.0, reset - at.timestamp())
            return int(remaining), reset
    return None, None


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and _NUMBER.fullmatch(text.strip()) else None
