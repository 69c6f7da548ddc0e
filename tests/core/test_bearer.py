"""Bearer tokens: asked for once, renewed in time, never taken from what cannot stand in a header."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import AuthenticationFailed, MalformedResponse, RateLimited, VendorError, VendorRefused
from paraph.flow import Flow
from paraph.model import Secret
from paraph.provider import Token, issued_token, not_issued, with_token
from paraph.provider.bearer import HEADER, renewal
from support.hand import AT, answer_of

REQUEST = httpx.Request("POST", "https://vendor.test/token")
ANSWER = httpx.Response(200, request=REQUEST)
seconds = st.integers(1, 10**6).map(lambda number: timedelta(seconds=number))


@given(life=seconds, early=st.integers(0, 10**6).map(lambda number: timedelta(seconds=number)))
def test_a_token_is_renewed_before_its_end_but_not_before_its_half(life: timedelta, early: timedelta) -> None:
    """The renewal lies between half of the life and its end, as early as wanted where that fits."""
    at = renewal(life, AT, early)
    assert at is not None
    assert life / 2 <= at - AT <= life
    if early <= life / 2:
        assert life - early == at - AT


@pytest.mark.parametrize("life", [None, timedelta(0), timedelta(seconds=-1)])
def test_a_life_that_says_nothing_is_none(life: timedelta | None) -> None:
    """A token whose end is unknown, or over by our clock, is used until it is refused."""
    assert renewal(life, AT, timedelta(seconds=60)) is None


def token(text: str = "one", renew_at: Any = None) -> Token:
    """Make a token."""
    return Token(header=Secret(f"Bearer {text}"), renew_at=renew_at)


def test_a_token_is_usable_until_its_renewal_and_unless_it_was_refused() -> None:
    """Its time and a refusal end it; a refusal of another token does not."""
    known = token(renew_at=AT)
    assert known.usable(AT - timedelta(seconds=1), None)
    assert not known.usable(AT, None)
    assert not token().usable(AT, {HEADER: "Bearer one"})
    assert token().usable(AT, {HEADER: "Bearer two"})
    assert token().usable(AT, {"X-Other": "Bearer one"})


def test_the_header_is_that_of_the_issued_token() -> None:
    """What the vendor issued becomes the one header."""

    def issue() -> Flow[Token]:
        return token()
        yield  # makes this a flow

    assert {"Authorization": "Bearer one"} == answer_of(with_token("k", issue, None))


@given(st.none() | st.booleans() | st.integers() | st.lists(st.integers()) | st.text())
def test_any_value_is_a_token_or_a_malformed_answer(value: Any) -> None:
    """Whatever stands where the token should be, a header comes of it, or a declared error."""
    try:
        made: Token = answer_of(issued_token(ANSWER, "jwtToken", value, life=None, early=timedelta(0)))
    except MalformedResponse as error:
        assert not isinstance(value, str) or len(value) < 9 or value not in str(error)
    else:
        httpx.Headers({HEADER: made.header.reveal()})
        assert f"Bearer {value}" == made.header.reveal()
        assert made.header.reveal().isprintable()


def test_a_refused_request_is_about_us_and_a_failing_server_is_not() -> None:
    """Refusals of a token request name the credentials; what may pass stays what it is."""
    refused = VendorRefused("x", operation="POST /token", status=400, code="BAD")
    found = not_issued(REQUEST, refused, "the secret was refused")
    assert (AuthenticationFailed, 400, "BAD") == (type(found), found.status, found.code)
    assert "the secret was refused" in str(found)
    busy: VendorError = RateLimited("x", operation="POST /token", status=429)
    assert busy is not_issued(REQUEST, busy, "the secret was refused")
