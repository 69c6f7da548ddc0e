from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import AuthenticationFailed, MalformedResponse, VendorError, VendorUnavailable
from paraph.model import Secret
from paraph_sign8 import auth
from paraph_sign8.settings import BearerAuth, CertificateAuth, HeaderAuth, NoAuth, OAuth2Auth
from support.hand import AT, Talk, answer_of
from support.sign8_account import account

CLIENT = OAuth2Auth(client_id="paraph", client_secret=Secret("canary-secret"), token_url="/oauth/token")


def test_fixed_credentials_need_no_request(tmp_path: Any) -> None:
    """Header and bearer are what was configured; a certificate and nothing need no header."""
    cases = [
        (HeaderAuth(value=Secret("k"), name="X-Key", template="Key {secret}"), {"X-Key": "Key k"}),
        (BearerAuth(token=Secret("t")), {"Authorization": "Bearer t"}),
        (CertificateAuth(certificate=tmp_path / "c.pem"), {}),
        (NoAuth(), {}),
    ]
    for given_, expected in cases:
        assert expected == answer_of(auth.authorize(account(auth=given_), None))


def test_a_token_is_asked_for_once_and_renewed_in_time() -> None:
    """One token serves all requests until a minute before its end, then a new one is asked for."""
    shared: dict[str, Any] = {}
    made = account(auth=CLIENT)
    talk = Talk(auth.authorize(made, None), shared=shared)
    request = talk.expect("POST", "/oauth/token", reply={"access_token": "one", "expires_in": 600})
    expected = {
        "grant_type": ["client_credentials"],
        "client_id": ["paraph"],
        "client_secret": ["canary-secret"],
    }
    assert expected == parse_qs(request.content.decode())
    assert {"Authorization": "Bearer one"} == talk.result
    for seconds, asks in ((539, False), (541, True)):
        again = Talk(auth.authorize(made, None), shared=shared, at=AT + timedelta(seconds=seconds))
        assert asks == (not again.over)


def test_a_refused_token_is_not_used_again() -> None:
    """A token that the vendor just refused is replaced, even if it should still live."""
    shared: dict[str, Any] = {}
    made = account(auth=CLIENT)
    first = Talk(auth.authorize(made, None), shared=shared)
    first.expect("POST", "/oauth/token", reply={"access_token": "one"})
    second = Talk(auth.authorize(made, first.result), shared=shared)
    second.expect("POST", "/oauth/token", reply={"access_token": "two"})
    assert {"Authorization": "Bearer two"} == second.result


def test_the_token_request_goes_where_it_is_told_without_credentials() -> None:
    """An absolute address of the dialect is taken as it is, with its scope, and no token is attached."""
    spoken = {"base": "simulator", "auth": {"token_url": "https://login.test/token", "scope": "sign"}}
    client = OAuth2Auth(client_id="paraph", client_secret=Secret("s"))
    talk = Talk(auth.authorize(account(spoken, auth=client), None))
    command = talk._pending
    assert command is not None
    assert not command.credentials
    request = talk.expect("POST", "/token", reply={"access_token": "x"})
    assert "login.test" == request.url.host
    assert ["sign"] == parse_qs(request.content.decode())["scope"]


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_says_that_the_client_is_wrong(status: int) -> None:
    """Every refusal of a token is a failed authentication with the vendor's code, and shows no secret."""
    talk = Talk(auth.authorize(account(auth=CLIENT), None))
    with pytest.raises(AuthenticationFailed, match="invalid_client") as caught:
        talk.expect("POST", "/oauth/token", status=status, reply={"error": "invalid_client"})
    assert "canary" not in str(caught.value)


def test_a_failing_token_server_is_no_wrong_client() -> None:
    """A server that fails says nothing of the credentials, and may be asked again."""
    talk = Talk(auth.authorize(account(auth=CLIENT), None))
    with pytest.raises(VendorUnavailable):
        talk.expect("POST", "/oauth/token", status=503, reply={})


@given(
    st.dictionaries(
        st.sampled_from(["access_token", "expires_in", "token_type"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    )
    | st.none()
    | st.lists(st.integers(), max_size=2)
)
def test_any_answer_is_a_token_or_a_declared_error(answer: Any) -> None:
    """Whatever a token server says, a header that can be written comes of it, or a malformed answer."""
    talk = Talk(auth.authorize(account(auth=CLIENT), None))
    try:
        talk.expect("POST", "/oauth/token", reply=answer)
    except VendorError as error:
        assert isinstance(error, MalformedResponse)
    else:
        value = talk.result["Authorization"]
        assert value.isascii()
        assert value.isprintable()


@pytest.mark.parametrize("life", [None, True, 0, -5, float("nan"), float("inf"), 10**12, "soon", [], "-1"])
def test_a_life_that_says_nothing_is_none(life: Any) -> None:
    """A token without a sensible end is used until it is refused."""
    assert auth.lifetime(life) is None


def test_a_life_is_counted_in_seconds() -> None:
    """As a number, or as a number's digits."""
    assert [timedelta(seconds=600)] * 3 == [auth.lifetime(life) for life in (600, 600.0, "600")]
