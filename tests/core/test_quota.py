"""What an answer says about further requests, in headers that no vendor owns."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.provider.quota import UNTIMED, Quota, may_tell, quota_of
from support.tiny import utc

NOW = utc(2026, 5, 1)
UNIX = int((NOW + timedelta(seconds=40)).timestamp())


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (429, {"Retry-After": "7"}, Quota(pause=7.0)),
        (503, {"Retry-After": "7"}, Quota(pause=7.0)),
        (429, {}, Quota(pause=UNTIMED)),
        (429, {"Retry-After": "soon"}, Quota(pause=UNTIMED)),
        (429, {"Retry-After": "0"}, None),
        (503, {}, None),
        (200, {"Retry-After": "7"}, None),
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "40"}, Quota(pause=40.0, remaining=0)),
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(UNIX)}, Quota(pause=40.0, remaining=0)),
        (200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1000000001"}, Quota(remaining=0)),
        (200, {"X-RATELIMIT-REMAINING": "3", "X-RATELIMIT-RESET": "40"}, Quota(remaining=3)),
        (200, {"RateLimit-Remaining": "0", "RateLimit-Reset": "5"}, Quota(pause=5.0, remaining=0)),
        (200, {"RateLimit": "limit=100, remaining=0, reset=30"}, Quota(pause=30.0, remaining=0)),
        (200, {"RateLimit": '"default";r=0;t=30'}, Quota(pause=30.0, remaining=0)),
        (200, {"RateLimit": '"short";r=0;t=3, "long";r=50;t=900'}, Quota(pause=3.0, remaining=0)),
        (200, {"RateLimit": '"short";r=9;t=3, "long";r=5;t=900'}, Quota(remaining=5)),
        (200, {"RateLimit": "whatever"}, None),
        (200, {"X-RateLimit-Remaining": "many"}, None),
        (200, {"X-RateLimit-Limit": "100"}, None),
        (200, {}, None),
        (
            429,
            {"Retry-After": "7", "RateLimit": "limit=1, remaining=0, reset=30"},
            Quota(pause=30.0, remaining=0),
        ),
    ],
)
def test_headers_say_how_long_to_pause_and_how_much_is_left(
    status: int, headers: dict[str, str], told: Quota | None
) -> None:
    """The generic headers are read in each of their spellings; an absent or unreadable one says nothing."""
    response = httpx.Response(status, headers=headers)
    assert told == quota_of(response, NOW)
    if told is not None:
        assert may_tell(response)


def test_most_answers_are_not_looked_at() -> None:
    """An answer without such headers is passed by, before anything is parsed."""
    assert not may_tell(
        httpx.Response(200, headers={"Content-Type": "application/json", "X-Request-Id": "1"})
    )


@given(
    st.sampled_from([200, 429, 503]),
    st.dictionaries(
        st.sampled_from(["RateLimit", "RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    ),
)
def test_no_header_breaks_anything(status: int, headers: dict[str, str]) -> None:
    """Whatever stands there, the pause is a number of seconds that is not negative."""
    told = quota_of(httpx.Response(status, headers=headers), NOW)
    assert told is None or (told.pause >= 0 and (told.remaining is None or told.remaining >= 0))
