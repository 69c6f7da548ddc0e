import json
import subprocess
import sys

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph import errors
from paraph.convert import structure_answer
from paraph.errors import MalformedResponse
from paraph.model import Secret
from paraph_ignisign import wire
from paraph_ignisign.errors import vendor_error
from paraph_ignisign.wire import CONVERTER

REQUEST = httpx.Request("GET", "https://api.ignisign.io/v4/x?filter=canary")


def answer(value: object, status: int = 200) -> httpx.Response:
    """Make an answer with a JSON body (or these bytes)."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return httpx.Response(status, content=content, request=REQUEST)


@pytest.mark.parametrize("key", ["signatureRequestId", "_id"])
def test_ids_are_taken_under_both_names(key: str) -> None:
    """A new draft's id is read whichever way the vendor spells it."""
    made = structure_answer(answer({key: "r1", "status": "DRAFT"}), wire.RequestId, converter=CONVERTER)
    assert "r1" == made.signature_request_id


@pytest.mark.parametrize(
    "value",
    [
        {"signerProfileId": "p", "inputsNeeded": ["email"], "optionalInputs": []},
        [{"inputsNeeded": ["email"]}],
        {"constraints": [{"inputsNeeded": ["email"]}]},
    ],
)
def test_needed_inputs_come_in_three_shapes(value: object) -> None:
    """Object, list and wrapped list say the same."""
    found = structure_answer(answer(value), wire.InputsNeeded, converter=CONVERTER)
    assert ("email",) == found.inputs_needed


@pytest.mark.parametrize(
    ("value", "ids"),
    [
        ([{"_id": "w1", "url": "https://a"}, {"_id": "w2", "url": "https://b"}], ["w1", "w2"]),
        ({"_id": "w1", "url": "https://a"}, ["w1"]),
        ({"webhooks": [{"_id": "w1", "url": "https://a"}]}, ["w1"]),
        ({"result": [{"_id": "w1", "url": "https://a"}]}, ["w1"]),
    ],
)
def test_endpoints_come_as_list_or_object(value: object, ids: list[str]) -> None:
    """All endpoints, one endpoint, or a wrapped list: always a list here."""
    found = structure_answer(answer(value), wire.WebhookEndpoints, converter=CONVERTER)
    assert ids == [endpoint.id for endpoint in found.webhooks]


@pytest.mark.parametrize(
    "value",
    [
        [{"_id": "i", "email": "a@example.org"}],
        {"_id": "i", "email": "a@example.org"},
        {"invitations": [{"userInvitationId": "i"}]},
        {"result": [{"_id": "i", "email": "a@example.org"}]},
    ],
)
def test_invitations_come_as_list_or_object(value: object) -> None:
    """No document shows the answer: every shape that is likely is read."""
    found = structure_answer(answer(value), wire.InvitedUsers, converter=CONVERTER)
    assert ["i"] == [invitation.id for invitation in found.invitations]


def test_a_context_is_read_and_unknown_fields_are_tolerated() -> None:
    """A full context is read; what is new or null in it does no harm."""
    value = {
        "_id": "r1",
        "_createdAt": "2025-01-01T10:00:00+02:00",
        "status": "IN_PROGRESS",
        "somethingNew": {"x": 1},
        "signerIds": ["s1"],
        "closedAt": None,
        "documents": [{"_id": "d1", "documentHash": None, "documentNature": "PDF"}],
        "signers": [{"_id": "s1", "firstName": "Canary"}],
    }
    found = structure_answer(answer(value), wire.RequestContext, converter=CONVERTER)
    assert ("2025-01-01T08:00:00+00:00", ("s1",)) == (found.created_at.isoformat(), found.signer_ids)  # type: ignore[union-attr] # it was given
    assert "Canary" not in repr(found)


@pytest.mark.parametrize(("profiles", "made"), [("[]", False), ('[{"_id": "p1"}]', True)])
def test_what_few_answers_hold_is_imported_when_one_holds_it(profiles: str, made: bool) -> None:
    """Profiles in a context are read into their class, whose module is not read before there are any."""
    program = f"""
import sys
from paraph_ignisign.wire import CONVERTER, RequestContext
found = CONVERTER.structure({{"status": "DRAFT", "signerProfiles": {profiles}}}, RequestContext)
print("paraph_ignisign.wire.signers" in sys.modules)
from paraph_ignisign.wire import SignerProfile
assert all(type(one) is SignerProfile for one in found.signer_profiles)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert f"{made}\n" == done.stdout


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"_id": "r1", "status": 7}, "$.status"),
        ({"_id": "r1", "status": "X", "signerIds": "canary"}, "$.signer_ids"),
        ({"_id": "r1", "status": "X", "signerIds": [1]}, "$.signer_ids[0]"),
        ({"_id": "r1", "status": "X", "documents": [{"_id": "d"}, {"_id": {}}]}, "$.documents[1].id"),
        ({"_id": "r1", "status": "X", "closedAt": "2025-01-01T00:00:00"}, "$.closed_at"),
        ({"_id": "r1", "status": "X", "expirationDateIsActivated": 1}, "$.expiration_date_is_activated"),
        ([], "$"),
        ("canary", "$"),
    ],
)
def test_another_shape_names_the_path_and_no_value(value: object, path: str) -> None:
    """A changed type is an error that says where, and never what stood there."""
    with pytest.raises(MalformedResponse) as caught:
        structure_answer(answer(value), wire.RequestContext, converter=CONVERTER)
    assert str(caught.value).startswith(
        f"the vendor's answer has another shape than documented at {path} (GET /v4/x"
    )
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None, "a traceback would show the values"


def test_an_answer_that_is_no_json_is_malformed() -> None:
    """HTML of a proxy is no answer."""
    with pytest.raises(MalformedResponse, match="not JSON"):
        structure_answer(answer(b"<html>canary"), wire.RequestContext, converter=CONVERTER)


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["_id", "status", "documents", "signers", "url"]), inner)
        ),
        max_leaves=8,
    ),
    kind=st.sampled_from([wire.RequestContext, wire.WebhookEndpoints, wire.InputsNeeded, wire.TokenCheck]),
)
def test_any_json_is_read_or_malformed(value: object, kind: type) -> None:
    """Whatever JSON the vendor answers, it is an object of ours or a MalformedResponse."""
    try:
        found = structure_answer(answer(value), kind, converter=CONVERTER)
    except MalformedResponse:
        return
    assert isinstance(found, kind)


def test_parameters_are_written_without_what_is_unset() -> None:
    """None is left out, secrets are revealed only here, nested names are the vendor's."""
    from paraph_ignisign.params import ProfileMethod, RequestUpdate, TokenToCheck

    method = ProfileMethod(signer_profile_id="p", signature_method_ref="SIMPLE_STD")
    update = RequestUpdate(signature_request_id="r", signer_profiles_signature_method=(method,))
    assert {
        "signatureRequestId": "r",
        "signerProfilesSignatureMethod": [{"signerProfileId": "p", "signatureMethodRef": "SIMPLE_STD"}],
    } == json.loads(json.dumps(CONVERTER.unstructure(update)))
    token = TokenToCheck(token=Secret("t"), app_id="a", app_env="E")
    assert {"token": "t", "appId": "a", "appEnv": "E"} == CONVERTER.unstructure(token)


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, {"code": "SIGNER_NOT_FOUND"}, errors.VendorNotFound, "SIGNER_NOT_FOUND"),
        (404, {"code": "SIGNATURE_REQUEST_BAD_STATUS"}, errors.VendorRefused, "SIGNATURE_REQUEST_BAD_STATUS"),
        (400, {"errorCode": "API_KEY_NOT_FOUND"}, errors.AuthenticationFailed, "API_KEY_NOT_FOUND"),
        (400, {"code": "OUTDATED_AUTH_JWT_TOKEN"}, errors.AuthenticationFailed, "OUTDATED_AUTH_JWT_TOKEN"),
        (401, {"code": "INVALID_CONTEXT_RIGHT_NOT_ALLOWED"}, errors.PermissionDenied, None),
        (400, {"code": "DOCUMENT_NOT_OWNED_BY_APP"}, errors.PermissionDenied, None),
        (400, {"code": "SOMETHING_NEW"}, errors.VendorRefused, "SOMETHING_NEW"),
        (403, {"message": {"an": "object"}}, errors.PermissionDenied, None),
        (404, b"<html>canary</html>", errors.VendorNotFound, None),
        (400, ["canary"], errors.VendorRefused, None),
        (400, {"code": "canary@example.org says hello to you all"}, errors.VendorRefused, None),
        (500, {"code": "SIGNER_NOT_FOUND"}, errors.VendorUnavailable, "SIGNER_NOT_FOUND"),
        (408, {"code": "SIGNER_NOT_FOUND"}, errors.TimedOut, None),
        (429, {"code": "BAD_REQUEST"}, errors.RateLimited, None),
    ],
)
def test_the_vendors_code_refines_the_status(
    status: int, body: object, kind: type[errors.VendorError], code: str | None
) -> None:
    """A known code outranks the status of a 4xx; where the effect is unknown the status stays."""
    error = vendor_error(answer(body, status))
    assert kind is type(error)
    assert error is not None
    if code is not None:
        assert code == error.code
    assert "canary" not in str(error)


def test_a_success_is_no_error() -> None:
    """2xx never becomes an error, whatever the body."""
    assert vendor_error(answer({"code": "SIGNER_NOT_FOUND"})) is None
