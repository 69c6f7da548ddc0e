"""Requests that are written without httpx's help are what httpx would make."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.flow.described import headers_of
from paraph.flow.session import ACCEPT_ENCODING, USER_AGENT
from paraph.flow.written import written

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(texts, each, max_size=3),
    max_leaves=8,
)
urls = st.sampled_from(
    ["https://vendor.example/v4/x", "http://127.0.0.1:8080/a%20b?kept=1", "https://bücher.example:444/é"]
)


@given(
    st.sampled_from(["GET", "DELETE", "POST", "PUT", "PATCH"]),
    urls,
    st.none() | st.dictionaries(texts, texts, max_size=3),
    values,
)
def test_it_is_the_request_that_httpx_makes(
    method: str, url: str, query: dict[str, str] | None, body: Any
) -> None:
    """The same URL, headers and bytes, whatever is asked; ``None`` alone is no body."""
    always = {"Accept": "application/json", "Accept-Encoding": ACCEPT_ENCODING, "User-Agent": USER_AGENT}
    theirs = httpx.Request(method, url, params=query, headers=always, json=body)
    ours = written(method, url, query=query, body=body)
    assert (theirs.method, str(theirs.url), theirs.content) == (ours.method, str(ours.url), ours.content)
    assert dict(theirs.headers) == dict(ours.headers)
    assert b"".join(theirs.stream) == b"".join(ours.stream)  # type: ignore[arg-type]  # both of a body in memory


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_has_not_is_refused(number: float) -> None:
    """A number that JSON cannot say never goes out."""
    with pytest.raises(ValueError, match="JSON"):
        written("POST", "https://vendor.example/", body={"number": number})


def test_a_rehearsal_shows_what_is_asked() -> None:
    """What stands in every request, whatever it asks, is not shown."""
    asked = {"accept": "application/json", "content-type": "application/json"}
    assert asked == headers_of(written("POST", "https://vendor.example/", body={}))
