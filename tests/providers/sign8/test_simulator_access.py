"""How the simulated SIGN8 is asked: credentials, organisation, bodies, forms, and what cannot be served."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph_sign8.dialect import parse, shipped
from paraph_sign8.simulator import Sign8Simulator, create
from paraph_sign8.simulator.answers import ClashError, build
from providers.sign8.simulator_driver import FOREIGN_ID, Driver, found, make_pdf
from support.dialects import IDS


@pytest.fixture(scope="module")
def vendor() -> Iterator[Driver]:
    """Serve one simulator for all rows; they do not touch each other's objects."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def served(table: Mapping[str, Any]) -> Sign8Simulator:
    """Make a simulator of the shipped dialect with changes."""
    return create(dialect=parse({"base": "simulator", **table}))


# Who asks, and how


def test_every_operation_wants_credentials(vendor: Driver) -> None:
    """Without credentials, or with wrong ones, every operation is refused."""
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": vendor.organization_id}):
        stranger = Driver(vendor.simulator, str(vendor.http.base_url))
        stranger.headers = headers
        with stranger:
            for operation in ("status", "cancel", "remind", "download", "audit_report"):
                told = dict.fromkeys(IDS[operation], FOREIGN_ID)
                assert (401, "UNAUTHENTICATED") == stranger.refusal(operation, **told)
            for operation in ("add_workflow", "list", "create_interface", "list_interfaces"):
                assert (401, "UNAUTHENTICATED") == stranger.refusal(operation)


def test_another_organisation_is_refused(vendor: Driver) -> None:
    """An organisation that the credentials are not for is refused; so is none at all."""
    name = {"name": "Contract"}
    wrong = {"organization_id": FOREIGN_ID}
    assert (403, "WRONG_ORGANIZATION") == vendor.refusal("add_workflow", native=wrong, **name)
    assert (403, "WRONG_ORGANIZATION") == vendor.refusal("list", native=wrong)
    answer = vendor.http.post("/v1/workflow/add", json=name, headers=vendor.headers)
    assert (400, ["organization_id"]) == (answer.status_code, answer.json()["error"]["fields"])


def test_an_organisation_in_a_header_is_checked() -> None:
    """Where the dialect wants a header, that one is needed, and the body has no such field."""
    simulator = served({"organization": {"name": "organisation_id", "place": "header"}})
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        assert vendor.workflow()
        native = {"organisation_id": vendor.organization_id}
        assert (400, "UNKNOWN_FIELD") == vendor.refusal("add_workflow", native=native, name="Contract")
        for given, status in ({}, 400), ({"organisation_id": FOREIGN_ID}, 403):
            headers = {**vendor.headers, **given}
            answer = vendor.http.post("/v1/workflow/add", json={"name": "Contract"}, headers=headers)
            assert status == answer.status_code


BODIES: list[tuple[bytes, str, tuple[int, str]]] = [
    (b"{", "application/json", (400, "NOT_READABLE")),
    (b"\xff", "application/json", (400, "NOT_READABLE")),
    (b'{"name": NaN}', "application/json", (400, "NOT_READABLE")),
    (b'{"name": "a", "name": "b"}', "application/json", (400, "NOT_READABLE")),
    (b"[" * 100_000, "application/json", (400, "NOT_READABLE")),
    (b"[]", "application/json", (400, "INVALID_FIELD")),
    (b'"name"', "application/json", (400, "INVALID_FIELD")),
    (b'{"name": "a"}', "text/plain", (415, "UNSUPPORTED_CONTENT_TYPE")),
    (b"name=a", "application/x-www-form-urlencoded", (415, "UNSUPPORTED_CONTENT_TYPE")),
]


@pytest.mark.parametrize(("body", "kind", "expected"), BODIES)
def test_a_body_that_is_no_json_object_is_refused(
    vendor: Driver, body: bytes, kind: str, expected: tuple[int, str]
) -> None:
    """Only one JSON object, told as JSON and nothing twice, is taken."""
    headers = {**vendor.headers, "content-type": kind}
    answer = vendor.http.post("/v1/workflow/add", content=body, headers=headers)
    assert expected == (answer.status_code, answer.json()["error"]["code"])


def test_fields_in_the_wrong_half_of_a_request_are_refused(vendor: Driver) -> None:
    """A POST tells nothing in its query, and a GET nothing in a body."""
    owner = {"organization_id": vendor.organization_id}
    answer = vendor.http.post(
        "/v1/workflow/add", params=owner, json={"name": "a", **owner}, headers=vendor.headers
    )
    assert "UNKNOWN_FIELD" == answer.json()["error"]["code"]
    answer = vendor.http.request("GET", "/v1/workflows", params=owner, json={}, headers=vendor.headers)
    assert "NOT_READABLE" == answer.json()["error"]["code"]
    twice = [("organization_id", vendor.organization_id)] * 2
    answer = vendor.http.get("/v1/workflows", params=twice, headers=vendor.headers)
    assert "INVALID_FIELD" == answer.json()["error"]["code"]


def test_fields_have_to_stand_where_the_operation_wraps_them() -> None:
    """Around the object that holds the fields nothing else may stand, and it cannot be left out."""
    simulator = served({"operations": {"add_workflow": {"wrap": "variables.object"}}})
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        assert vendor.workflow()
        fields = {"name": "Contract", "organization_id": vendor.organization_id}
        for body, code in (
            (fields, "MISSING_FIELD"),
            ({"variables": {"object": fields}, "query": "…"}, "UNKNOWN_FIELD"),
            ({"variables": fields}, "MISSING_FIELD"),
            ({"variables": {"object": [fields]}}, "INVALID_FIELD"),
        ):
            answer = vendor.http.post("/v1/workflow/add", json=body, headers=vendor.headers)
            assert code == answer.json()["error"]["code"]


def test_an_unknown_address_or_method_is_refused(vendor: Driver) -> None:
    """What the dialect has no path for does not exist, and a wrong method is told apart from that."""
    for method, path, status in (
        ("POST", "/v1/nothing", 404),
        ("GET", "/", 404),
        ("GET", "/v1/file/add", 405),
        ("PUT", "/v1/workflow/add", 405),
        ("POST", "/v1/workflow/add/", 404),
    ):
        assert status == vendor.http.request(method, path, headers=vendor.headers).status_code


def test_an_operation_without_a_path_is_not_offered() -> None:
    """The shipped default has five operations; everything else is not there."""
    simulator = create(dialect=shipped("default"))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        assert vendor.workflow()
        for path in ("/v1/workflows", "/v1/workflow/add", "/oauth2/token"):
            assert 404 == vendor.http.post(path, headers=vendor.headers).status_code


# OAuth2


@pytest.fixture
def token_vendor() -> Iterator[Driver]:
    """Serve a simulator that issues tokens."""
    auth = {"type": "oauth2", "token_url": "/oauth2/token", "scope": "workflow"}
    simulator = served({"auth": auth})
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def test_a_token_counts_until_it_is_too_old(token_vendor: Driver) -> None:
    """A token is good for its time, and neither after it nor after it was revoked."""
    assert token_vendor.workflow()
    token_vendor.simulator.clock.advance(timedelta(hours=1))
    assert (401, "UNAUTHENTICATED") == token_vendor.refusal("list")
    token_vendor.headers = token_vendor._credentials()
    assert token_vendor.workflow()
    token_vendor.simulator.tenant.credentials.revoke_all()
    assert (401, "UNAUTHENTICATED") == token_vendor.refusal("list")


def test_the_token_endpoint_speaks_rfc_6749(token_vendor: Driver) -> None:
    """Wrong client, grant and scope are refused in the words of the RFC; HTTP Basic works as well."""
    credentials = token_vendor.simulator.tenant.credentials
    good = {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.secret,
        "scope": "workflow",
    }
    for change, expected in (
        ({"client_secret": "wrong"}, (401, "invalid_client")),
        ({"client_id": "wrong"}, (401, "invalid_client")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
        ({"scope": "everything"}, (400, "invalid_scope")),
    ):
        answer = token_vendor.http.post("/oauth2/token", data={**good, **change})
        assert expected == (answer.status_code, answer.json()["error"])
    short = {"grant_type": good["grant_type"], "scope": good["scope"]}
    basic = httpx.BasicAuth(credentials.client_id, credentials.secret)
    assert "Bearer" == token_vendor.http.post("/oauth2/token", data=short, auth=basic).json()["token_type"]
    answer = token_vendor.http.post("/oauth2/token", data=short, headers={"authorization": "Basic %%%"})
    assert "invalid_client" == answer.json()["error"]


# Uploads and downloads elsewhere


def test_an_address_for_a_file_wants_no_credentials() -> None:
    """Where a file travels by URL, credentials shown to that URL are refused: it may be somebody else's."""
    simulator = served({"formats": {"transfer": "url", "download": "url"}})
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        workflow_id = vendor.workflow()
        told = {"workflow_id": workflow_id, "name": "a.pdf"}
        in_json = {"content": base64.b64encode(make_pdf()).decode()}
        assert (400, "UNKNOWN_FIELD") == vendor.refusal("add_file", native=in_json, **told)
        answer = vendor.ok("add_file", **told)
        url = found(answer, vendor.dialect.answers.upload_url)
        kind = {"content-type": "application/pdf"}
        put = vendor.http.put(url, content=make_pdf(), headers={**kind, **vendor.headers})
        assert "CREDENTIALS_NOT_WANTED" == put.json()["error"]["code"]
        text = {"content-type": "text/plain"}
        assert 415 == vendor.http.put(url, content=make_pdf(), headers=text).status_code
        assert 422 == vendor.http.put(url, content=b"no pdf", headers=kind).status_code
        assert 404 == vendor.http.put(f"{url}x", content=make_pdf(), headers=kind).status_code
        assert 201 == vendor.http.put(url, content=make_pdf(), headers=kind).status_code
        assert 201 == vendor.http.put(url, content=make_pdf(), headers=kind).status_code
        assert 409 == vendor.http.put(url, content=make_pdf("Other"), headers=kind).status_code
        done, (file_id,), _signers = vendor.started()
        vendor.person().sign(vendor.link())
        answer = vendor.ok("download", workflow_id=done, file_id=file_id)
        url = found(answer, vendor.dialect.answers.content)
        assert 400 == vendor.http.get(url, headers=vendor.headers).status_code
        assert 404 == vendor.http.get(f"{url}x").status_code
        assert vendor.http.get(url).content.startswith(b"%PDF-")


def test_a_file_that_was_not_uploaded_stops_everything() -> None:
    """Without its content a file takes no signature, and its workflow does not start."""
    simulator = served({"formats": {"transfer": "url"}})
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        workflow_id, _files, (signer_id,) = vendor.ready()
        file_id = found(vendor.ok("add_file", workflow_id=workflow_id, name="b.pdf"), "file_id")
        told = {"workflow_id": workflow_id, "file_id": file_id, "signer_id": signer_id, **vendor.place()}
        assert (422, "INVALID_FILE") == vendor.refusal("add_signature", **told)
        assert (422, "WORKFLOW_INCOMPLETE") == vendor.refusal("start", workflow_id=workflow_id)


def test_a_form_holds_one_file_and_texts() -> None:
    """In a form the content is a file part and everything else is text, each told once."""
    simulator = served({"formats": {"transfer": "multipart"}})
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        workflow_id = vendor.workflow()
        owner = {"organization_id": vendor.organization_id, "workflow_id": workflow_id, "file_name": "a.pdf"}
        pdf = ("a.pdf", make_pdf(), "application/pdf")

        def code(**options: Any) -> str:
            answer = vendor.http.post("/v1/file/add", headers=vendor.headers, **options)
            return "" if answer.is_success else answer.json()["error"]["code"]

        assert "" == code(data=owner, files={"content": pdf})
        assert "UNSUPPORTED_CONTENT_TYPE" == code(json=owner)
        texts = {name: (None, value) for name, value in owner.items()}
        assert "MISSING_FIELD" == code(files=texts)
        assert "UNKNOWN_FIELD" == code(data=owner, files={"file": pdf})
        assert "INVALID_FIELD" == code(data=owner, files=[("content", pdf), ("content", pdf)])
        assert "INVALID_FIELD" == code(data={**owner, "content": "text"}, files={"media_type": pdf})
        headers = {**vendor.headers, "content-type": "multipart/form-data; boundary=x"}
        answer = vendor.http.post("/v1/file/add", content=b"--y", headers=headers)
        assert 400 == answer.status_code


# Dialects that cannot be served


def test_a_client_certificate_cannot_be_simulated() -> None:
    """Plain HTTP has no client certificates, and the simulator says so instead of letting everybody in."""
    with pytest.raises(ValueError, match="certificate"):
        served({"auth": {"type": "certificate"}})


def test_two_operations_under_one_address_are_refused() -> None:
    """Which of two operations is meant could not be told."""
    same = {"path": "/v1/{workflow_id}", "method": "POST"}
    other = {"path": "/v1/{signer_id}", "method": "POST"}
    with pytest.raises(ValueError, match=r"operations\.(start|cancel) and operations\.(start|cancel)"):
        served({"operations": {"start": same, "cancel": other}})


@pytest.mark.parametrize(
    "status", [{"ended_at": "status"}, {"reason": "status.why"}, {"signers": "$"}, {"signer_id": "status"}]
)
def test_two_things_in_one_place_of_an_answer_are_refused(status: dict[str, str]) -> None:
    """A dialect whose answers could not be built is refused when the simulator is made."""
    with pytest.raises(ClashError):
        served({"status": status})


@given(st.lists(st.sampled_from(["a", "a.b", "a.b.c", "[0]", "[1].x", "b[0]", "b.c", "$"]), unique=True))
def test_an_answer_holds_everything_or_says_that_it_cannot(places: list[str]) -> None:
    """Whatever can be built is found again at its place; what cannot is an error and never lost."""
    placed = [(place, f"value of {place}") for place in places]
    try:
        answer = build(placed)
    except ClashError:
        assert len(places) > 1
    else:
        assert [value for _place, value in placed] == [found(answer, place) for place in places]
