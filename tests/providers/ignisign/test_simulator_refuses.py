"""What the simulated Ignisign refuses: each row is one constraint, with the status and code it answers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph_ignisign.simulator import create
from paraph_ignisign.simulator.shapes import REQUEST_UPDATE, problems
from paraph_ignisign.simulator.tables import COUNTRIES, EXTENSIONS, LANGUAGES
from providers.ignisign.simulator_driver import FOREIGN_ID, Driver

_INPUT = "SIGNER_CREATION__INPUT_FIELD"


@pytest.fixture(scope="module")
def vendor() -> Iterator[Driver]:
    """Serve one simulator for the whole table; the rows do not touch each other's objects."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


PERSON = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org"}
ANY_TOKEN = {"token": "t", "appId": "a", "appEnv": "STAGING"}

# method, path, body, status, code: one request is enough to be refused.
SIMPLE: list[tuple[str, str, Any, int, str]] = [
    # environments, ids, bodies
    ("GET", "/v4/applications/appId_other/envs/STAGING/signers-paginate", None, 403, "INVALID_CONTEXT"),
    ("GET", "/v4/applications/appId_other/context", None, 403, "INVALID_CONTEXT"),
    ("GET", "OWN/envs/PRODUCTION/webhooks", None, 403, "INVALID_CONTEXT"),
    ("GET", "OWN/envs/TEST/webhooks", None, 400, "PARAMS_VALIDATION_FAILED"),
    # what does not exist
    ("GET", f"APP/signers/{FOREIGN_ID}", None, 404, "SIGNER_NOT_FOUND"),
    ("DELETE", f"APP/signers/{FOREIGN_ID}/revoke", None, 404, "SIGNER_NOT_FOUND"),
    ("GET", f"APP/signer-profiles/{FOREIGN_ID}", None, 404, "SIGNER_PROFILE_NOT_FOUND"),
    ("GET", f"APP/signer-profiles/{FOREIGN_ID}/inputs-needed", None, 404, "SIGNER_PROFILE_NOT_FOUND"),
    ("DELETE", f"/v4/webhooks/{FOREIGN_ID}", None, 404, "WEBHOOK_NOT_FOUND"),
    ("POST", f"/v4/webhooks/{FOREIGN_ID}/events/{FOREIGN_ID}/resend", {}, 404, "WEBHOOK_NOT_FOUND"),
    # signers
    ("POST", "APP/signers", {**PERSON, "nickname": "A"}, 400, "BODY_VALIDATION_FAILED"),
    ("POST", "APP/signers", {**PERSON, "firstName": 1}, 400, "BODY_VALIDATION_FAILED"),
    ("POST", "APP/signers", {**PERSON, "nationality": "GP"}, 400, "BODY_VALIDATION_FAILED"),
    ("POST", "APP/signers", {**PERSON, "birthCountry": "fr"}, 400, "BODY_VALIDATION_FAILED"),
    ("POST", "APP/signers", {**PERSON, "birthDate": "1.2.1990"}, 400, "BODY_VALIDATION_FAILED"),
    ("POST", "APP/signers", {**PERSON, "signerProfileId": "x"}, 400, "BODY_VALIDATION_FAILED"),
    ("POST", "APP/signers", {**PERSON, "signerProfileId": FOREIGN_ID}, 404, "SIGNER_PROFILE_NOT_FOUND"),
    ("POST", "APP/signers", {**PERSON, "email": "ada"}, 400, "EMAIL_INVALID"),
    ("POST", "APP/signers", {**PERSON, "phoneNumber": "0612345678"}, 400, f"{_INPUT}_VALUE_INVALID"),
    ("POST", "APP/signers", {"firstName": "Ada"}, 400, f"{_INPUT}_MISSING"),
    ("POST", "APP/signers", {**PERSON, "lastName": " "}, 400, f"{_INPUT}_VALUE_MISSING"),
    ("POST", "APP/signers-search", {}, 400, "SEARCH_APPLICATION_SIGNERS_INVALID_FILTER"),
    ("GET", "APP/signers-search?filter=", None, 400, "SEARCH_APPLICATION_SIGNERS_INVALID_FILTER"),
    ("GET", "APP/signers-paginate?page=-1", None, 400, "QUERY_VALIDATION_FAILED"),
    # webhooks
    ("POST", "APP/webhooks", {}, 400, "BODY_VALIDATION_FAILED"),
    ("POST", "APP/webhooks", {"url": "ftp://example.org"}, 400, "BODY_VALIDATION_FAILED"),
    ("POST", "APP/webhooks", {"url": "http://localhost/", "x": 1}, 400, "BODY_VALIDATION_FAILED"),
    # token check
    ("POST", "/v4/tokens/webhook-verification/checking-consumption", {}, 400, "BODY_VALIDATION_FAILED"),
    (
        "POST", "/v4/tokens/webhook-verification/checking-consumption",
        {**ANY_TOKEN, "verificationToken": "other"}, 400, "BODY_VALIDATION_FAILED",
    ),
    (
        "POST", "/v4/tokens/webhook-verification/checking-consumption",
        {**ANY_TOKEN, "appEnv": "TEST"}, 400, "PARAMS_VALIDATION_FAILED",
    ),
]  # fmt: skip


@pytest.mark.parametrize("row", SIMPLE, ids=lambda row: f"{row[0]} {row[1]} {row[4]}")
def test_one_request_is_refused(vendor: Driver, row: tuple[str, str, Any, int, str]) -> None:
    """The request violates one constraint and gets exactly its status and code."""
    method, path, body, status, code = row
    path = path.replace("OWN", f"/v4/applications/{vendor.app_id}")
    assert (status, code) == vendor.refusal(method, path, body)


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "AUTH_HEADER_NOT_FOUND"),
        ("Basic YTpi", "AUTH_HEADER_NOT_BEARER"),
        ("Bearer", "AUTH_HEADER_NO_TOKEN"),
        ("Bearer nonsense", "INVALID_AUTH_JWT_TOKEN"),
        ("Bearer a.b.c", "INVALID_AUTH_JWT_TOKEN"),
        ("Bearer skv2_staging_wrong_key", "INVALID_AUTH_JWT_TOKEN"),
    ],
)
def test_bad_authorization(vendor: Driver, authorization: str | None, code: str) -> None:
    """Each way of not being authorised has its own code, always 401."""
    with Driver(vendor.simulator, vendor.base_url) as stranger:
        del stranger.http.headers["authorization"]
        headers = {} if authorization is None else {"authorization": authorization}
        assert (401, code) == stranger.refusal("GET", "APP/webhooks", headers=headers)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"secret": None}, 400, "API_AUTH_BAD_REQUEST"),
        ({"appEnv": "TEST"}, 400, "PARAMS_VALIDATION_FAILED"),
        ({"secret": "NEW"}, 400, "API_AUTH_BAD_REQUEST"),
        ({"appId": "appId_other"}, 401, "APP_NOT_FOUND"),
        ({"secret": "sk_staging_wrong"}, 401, "AUTHENTICATION_FAILED"),
        ({"appEnv": "PRODUCTION"}, 401, "AUTHENTICATION_FAILED"),
    ],
)
def test_bad_exchange(vendor: Driver, change: dict[str, Any], status: int, code: str) -> None:
    """The exchange takes an old secret of its own application and environment, and nothing else."""
    credentials = vendor.simulator.tenant.credentials
    body = {
        "appId": vendor.app_id,
        "appEnv": "STAGING",
        "secret": credentials.old_secret("STAGING"),
        **change,
    }
    if body["secret"] == "NEW":
        body["secret"] = credentials.api_key("STAGING")
    assert (status, code) == vendor.refusal("POST", "/v4/auth/app-api", body)


def test_an_exchanged_token_ends() -> None:
    """The old secret is no bearer, the token is one, for about an hour, and only for its environment."""
    simulator = create(key_format="legacy")
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        account = simulator.account(base_url)
        (secret,) = account.environment.values()
        assert {"app_id", "app_secret"} <= account.table.keys()
        bearer = {"authorization": f"Bearer {secret}"}
        assert (401, "INVALID_AUTH_JWT_TOKEN") == driver.refusal("GET", "APP/webhooks", headers=bearer)
        body = {"appId": driver.app_id, "appEnv": "STAGING", "secret": secret}
        token = driver.ok("POST", "/v4/auth/app-api", body)["jwtToken"]
        bearer = {"authorization": f"Bearer {token}"}
        assert [] == driver.ok("GET", "APP/webhooks", headers=bearer)
        foreign = f"/v4/applications/{driver.app_id}/envs/PRODUCTION/webhooks"
        assert (403, "INVALID_CONTEXT") == driver.refusal("GET", foreign, headers=bearer)
        tampered = {"authorization": f"Bearer {token[:-6]}AAAAAA"}
        assert (401, "INVALID_AUTH_JWT_TOKEN") == driver.refusal("GET", "APP/webhooks", headers=tampered)
        simulator.clock.advance(timedelta(hours=1, seconds=1))
        assert (401, "OUTDATED_AUTH_JWT_TOKEN") == driver.refusal("GET", "APP/webhooks", headers=bearer)


def test_a_wrong_content_type_and_broken_json(vendor: Driver) -> None:
    """A body that is not declared as JSON, or is none, is refused."""
    text, broken = {"content-type": "text/plain"}, {"content-type": "application/json"}
    path = "APP/signature-requests"
    assert (400, "BODY_VALIDATION_FAILED") == vendor.refusal("POST", path, content=b"{}", headers=text)
    assert (400, "BAD_REQUEST") == vendor.refusal("POST", path, content=b"{", headers=broken)


def test_another_environment_sees_nothing(vendor: Driver) -> None:
    """Objects of one environment are refused to the key of another."""
    request_id, signer_id = vendor.draft(), vendor.signer()["signerId"]
    document_id = vendor.document(request_id)
    with Driver(vendor.simulator, vendor.base_url, "PRODUCTION") as other:
        refusals = [
            other.refusal("GET", f"/v4/signature-requests/{request_id}/context"),
            other.refusal("GET", f"/v4/documents/{document_id}"),
            other.refusal("GET", f"APP/signers/{signer_id}"),
        ]
        assert [(403, "INVALID_CONTEXT"), (403, "DOCUMENT_BAD_ENV"), (403, "SIGNER_BAD_ENV")] == refusals
        assert [] == other.ok("GET", "APP/signer-profiles")
        asked = {"signatureRequestIds": [request_id]}
        assert {"signatureRequests": []} == other.ok("POST", "APP/signature-requests/status", asked)
        assert [] == other.ok("GET", "APP/signature-requests")["signatureRequests"]
        nobody = {"signers": [], "total": 0}
        assert (
            nobody
            == other.ok("GET", "APP/signers-paginate")
            == other.ok("GET", "APP/signers-search?filter=*")
        )
        vendor.ok("POST", "APP/webhooks", {"url": "http://localhost:1/"})
        assert [] == other.ok("GET", "APP/webhooks")
        mine = vendor.ok("POST", "APP/signature-requests/status", asked)["signatureRequests"]
        assert [request_id] == [one["signatureRequestId"] for one in mine]


def test_the_error_body_has_the_documented_shape(vendor: Driver) -> None:
    """An error carries message, timestamp, status, code and context, as contract 6 says."""
    problem = vendor.raw("GET", f"/v4/documents/{FOREIGN_ID}").json()
    assert {"message", "timestamp", "status", "code", "context"} == set(problem)
    date, _time, zone = problem["timestamp"].split(" ")
    assert (10, "+0000") == (len(date), zone)


def test_an_unknown_route_is_no_json(vendor: Driver) -> None:
    """Routes that do not exist answer 404 without a vendor body, whatever the verb."""
    for method, path in [("GET", "/v4/nothing"), ("PATCH", f"/v4/documents/{FOREIGN_ID}")]:
        answer = vendor.raw(method, path)
        assert (404, True) == (answer.status_code, answer.headers["content-type"].startswith("text/plain"))


@given(
    fields=st.fixed_dictionaries(
        {}, optional={"language": st.sampled_from(LANGUAGES), "title": st.text(max_size=1024)}
    ),
    unknown=st.text(min_size=1).filter(lambda name: name not in REQUEST_UPDATE),
)
def test_unknown_keys_are_always_found(fields: dict[str, str], unknown: str) -> None:
    """Whatever a body is right about, one unknown key is enough, and without it there is no problem."""
    assert [] == problems(fields, REQUEST_UPDATE)
    assert [unknown] == problems({**fields, unknown: None}, REQUEST_UPDATE)


def test_the_tables_have_the_contract_sizes() -> None:
    """222 countries, 55 extensions, 37 languages and HE: as the contract counts them."""
    assert (222, 55, 38) == (len(set(COUNTRIES)), len(EXTENSIONS), len(set(LANGUAGES)))
