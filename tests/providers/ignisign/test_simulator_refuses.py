"""What the simulated Ignisign refuses: each row is one constraint, with the status and code it answers."""

import base64
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st

from paraph_ignisign.simulator import DEFAULT_PROFILES, ProfileSpec, create
from paraph_ignisign.simulator.shapes import REQUEST_UPDATE, problems
from paraph_ignisign.simulator.tables import COUNTRIES, EXTENSIONS, LANGUAGES
from providers.ignisign.simulator_driver import FOREIGN_ID, Driver, make_pdf

PROFILES = (
    *DEFAULT_PROFILES,
    ProfileSpec(name="By phone", integration_mode="EMBEDDED", methods=("ADVANCED_SMS",), inputs_needed=()),
    ProfileSpec(name="Nameless", integration_mode="BY_SIDE", inputs_needed=()),
)
_EITHER = "CANNOT_UPDATE_OR_PUBLISH_SIGNATURE_REQUEST__"
_PUBLISH = "CANNOT_PUBLISH_SIGNATURE_REQUEST__"
_INPUT = "SIGNER_CREATION__INPUT_FIELD"
_UPDATE = "CANNOT_UPDATE_SIGNATURE_REQUEST__"

Setup = Callable[[Driver], str]


@pytest.fixture(scope="module")
def vendor() -> Iterator[Driver]:
    """Serve one simulator for the whole table; the rows do not touch each other's objects."""
    simulator = create(profiles=PROFILES)
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def profile_named(vendor: Driver, name: str) -> str:
    """Return a profile's id."""
    return next(one["_id"] for one in vendor.ok("GET", "APP/signer-profiles") if one["name"] == name)


def signer_of(vendor: Driver, profile: str, **inputs: str) -> str:
    """Return the id of a new signer of the named profile."""
    body = {"signerProfileId": profile_named(vendor, profile), **inputs}
    return str(vendor.ok("POST", "APP/signers", body)["signerId"])


PERSON = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org"}
ANY_TOKEN = {"token": "t", "appId": "a", "appEnv": "STAGING"}

# method, path, body, status, code: one request is enough to be refused.
SIMPLE: list[tuple[str, str, Any, int, str]] = [
    # environments, ids, bodies
    ("GET", "/v4/applications/appId_other/envs/STAGING/signers-paginate", None, 403, "INVALID_CONTEXT"),
    ("GET", "/v4/applications/appId_other/context", None, 403, "INVALID_CONTEXT"),
    ("GET", "OWN/envs/PRODUCTION/webhooks", None, 403, "INVALID_CONTEXT"),
    ("GET", "OWN/envs/TEST/webhooks", None, 400, "PARAMS_VALIDATION_FAILED"),
    ("GET", "/v4/documents/not-an-id", None, 400, "PARAMS_VALIDATION_FAILED"),
    ("GET", "/v4/signature-requests/123/context", None, 400, "PARAMS_VALIDATION_FAILED"),
    ("GET", f"/v4/documents/{FOREIGN_ID}/signature-type/NONSENSE", None, 400, "PARAMS_VALIDATION_FAILED"),
    ("POST", "APP/signature-requests", {"title": "x"}, 400, "BODY_VALIDATION_FAILED"),
    ("POST", "APP/signature-requests", [], 400, "BODY_VALIDATION_FAILED"),
    ("GET", "APP/signature-requests?page=0", None, 400, "QUERY_VALIDATION_FAILED"),
    ("GET", "APP/signature-requests?page=x", None, 400, "QUERY_VALIDATION_FAILED"),
    ("GET", "APP/signature-requests?pageSize=0", None, 400, "QUERY_VALIDATION_FAILED"),
    # what does not exist
    ("GET", f"/v4/signature-requests/{FOREIGN_ID}/context", None, 404, "SIGNATURE_REQUEST_NOT_FOUND"),
    ("PUT", f"/v4/signature-requests/{FOREIGN_ID}", {}, 404, "SIGNATURE_REQUEST_NOT_FOUND"),
    ("POST", f"/v4/signature-requests/{FOREIGN_ID}/publish", {}, 404, "SIGNATURE_REQUEST_NOT_FOUND"),
    ("POST", f"/v4/signature-requests/{FOREIGN_ID}/close", {}, 404, "SIGNATURE_REQUEST_NOT_FOUND"),
    ("DELETE", f"/v4/signature-requests/{FOREIGN_ID}", None, 404, "SIGNATURE_REQUEST_NOT_FOUND"),
    ("GET", f"/v4/documents/{FOREIGN_ID}", None, 404, "DOCUMENT_NOT_FOUND"),
    ("DELETE", f"/v4/documents/{FOREIGN_ID}", None, 404, "DOCUMENT_NOT_FOUND"),
    ("GET", f"APP/signers/{FOREIGN_ID}", None, 404, "SIGNER_NOT_FOUND"),
    ("DELETE", f"APP/signers/{FOREIGN_ID}/revoke", None, 404, "SIGNER_NOT_FOUND"),
    ("GET", f"APP/signer-profiles/{FOREIGN_ID}", None, 404, "SIGNER_PROFILE_NOT_FOUND"),
    ("GET", f"APP/signer-profiles/{FOREIGN_ID}/inputs-needed", None, 404, "SIGNER_PROFILE_NOT_FOUND"),
    ("DELETE", f"/v4/webhooks/{FOREIGN_ID}", None, 404, "WEBHOOK_NOT_FOUND"),
    ("POST", f"/v4/webhooks/{FOREIGN_ID}/events/{FOREIGN_ID}/resend", {}, 404, "WEBHOOK_NOT_FOUND"),
    ("POST", "APP/init-documents", {"signatureRequestId": FOREIGN_ID}, 404, "SIGNATURE_REQUEST_NOT_FOUND"),
    # bodies of the DTOs
    ("POST", "APP/init-documents", {}, 400, "BODY_VALIDATION_FAILED"),
    ("POST", "APP/init-documents", {"signatureRequestId": "x"}, 400, "BODY_VALIDATION_FAILED"),
    ("POST", "APP/init-documents", {"signatureRequestId": FOREIGN_ID, "x": 1}, 400, "BODY_VALIDATION_FAILED"),
    ("POST", "APP/signature-requests/status", {}, 400, "BODY_VALIDATION_FAILED"),
    ("POST", "APP/signature-requests/status", {"signatureRequestIds": ["x"]}, 400, "BODY_VALIDATION_FAILED"),
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
        {**ANY_TOKEN, "appEnv": "TEST"}, 400, "BODY_VALIDATION_FAILED",
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
        ({"appEnv": "TEST"}, 400, "API_AUTH_BAD_REQUEST"),
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


def encrypted_pdf() -> bytes:
    """Return a PDF that needs a password."""
    paper = FPDF()
    paper.add_page()
    paper.set_encryption(owner_password="o", user_password="u")
    return bytes(paper.output())


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", b"", "PDF_CORRUPTED"),
        ("a.pdf", b"hello", "PDF_CORRUPTED"),
        ("a.pdf", make_pdf()[:400], "PDF_CORRUPTED"),
        ("a.exe", b"MZ", "DOCUMENT_BAD_NATURE"),
        ("noextension", b"x", "DOCUMENT_BAD_NATURE"),
        ("a.txt", b"", "DOCUMENT_NOT_PROVIDED"),
    ],
)
def test_files_that_are_refused(vendor: Driver, name: str, content: bytes, code: str) -> None:
    """The server decides by extension and bytes, and the document stays empty."""
    document_id = vendor.document(vendor.draft())
    answer = vendor.upload(document_id, content, name)
    assert (400, code) == (answer.status_code, answer.json()["code"])
    assert "CREATED" == vendor.ok("GET", f"/v4/documents/{document_id}")["status"]


@pytest.mark.parametrize(
    ("name", "content", "nature"),
    [("a.PDF", make_pdf(), "PDF"), ("a.pdf", encrypted_pdf(), "PDF_ENCRYPTED"), ("a.txt", b"hi", "FILE")],
)
def test_natures_of_files(vendor: Driver, name: str, content: bytes, nature: str) -> None:
    """PDF, encrypted PDF and other files are told apart, and the original can be read back."""
    document_id = vendor.document(vendor.draft())
    assert nature == vendor.upload(document_id, content, name).json()["documentNature"]
    assert content == vendor.raw("GET", f"/v4/documents/{document_id}/file").content


def test_uploads_have_exactly_one_part_named_file(vendor: Driver) -> None:
    """Another part name, two files, a raw body and a file over the limit are refused."""
    path = f"/v4/documents/{vendor.document(vendor.draft())}/file"
    part = ("a.txt", b"hi", "text/plain")
    missing = (400, "DOCUMENT_NOT_PROVIDED")
    assert missing == vendor.refusal("POST", path, files={"document": part})
    assert missing == vendor.refusal("POST", path, files=[("file", part), ("file", part)])
    assert (400, "BODY_VALIDATION_FAILED") == vendor.refusal("POST", path, content=b"hi")
    broken = {"content-type": "multipart/form-data"}
    assert (400, "BAD_REQUEST") == vendor.refusal("POST", path, content=b"hi", headers=broken)
    simulator = create(max_file_bytes=10)
    with simulator.running() as base_url, Driver(simulator, base_url) as small:
        document_id = small.document(small.draft())
        assert "FILE_TOO_LARGE" == small.upload(document_id, b"x" * 11, "a.txt").json()["code"]
        assert 200 == small.upload(document_id, b"x" * 10, "a.txt").status_code


def test_content_is_given_once(vendor: Driver) -> None:
    """A second content is refused until the first is removed; JSON is once per request."""
    request_id = vendor.draft()
    first, second = vendor.document(request_id), vendor.document(request_id)
    path = f"/v4/documents/{first}"
    assert (400, "JSON_INVALID") == vendor.refusal("POST", f"{path}/data-json-content", {})
    document = vendor.ok("POST", f"{path}/data-json-content", {"jsonContent": {"a": [1, "é"]}})
    assert ("DATA_JSON", '{"a":[1,"é"]}') == (document["documentNature"], document["dataJsonContent"])
    again = vendor.refusal("POST", f"{path}/data-json-content", {"jsonContent": 1})
    assert (400, "DOCUMENT_BAD_STATUS") == again
    other = vendor.refusal("POST", f"/v4/documents/{second}/data-json-content", {"jsonContent": 1})
    assert (400, "ONLY_ONE_JSON_PER_SIGNATURE_REQUEST_IS_ALLOWED") == other
    assert "CREATED" == vendor.ok("DELETE", f"{path}/content")["status"]
    assert (400, "DOCUMENT_BAD_STATUS") == vendor.refusal("DELETE", f"{path}/content")
    vendor.ok("POST", f"/v4/documents/{second}/data-json-content", {"jsonContent": 1})


@pytest.mark.parametrize(
    ("given", "accepted"),
    [
        ("ab" * 32, True),
        (base64.b64encode(b"\x01" * 32).decode(), True),
        ("ab" * 20, False),
        ("zz" * 32, False),
        (base64.b64encode(b"\x01" * 20).decode(), False),
        ("", False),
    ],
)
def test_private_hashes(vendor: Driver, given: str, accepted: bool) -> None:
    """A SHA-256 as hex or base64 is stored as given; anything else is refused."""
    path = f"/v4/documents/{vendor.document(vendor.draft())}/private-content"
    answer = vendor.raw("POST", path, {"documentHash": given}).json()
    expected = given if accepted else None
    assert expected == answer.get("documentHash")
    assert accepted == (answer.get("documentNature") == "PRIVATE_FILE")


# fields of an update that is refused, status, code; "SIGNER:name" makes a signer of that profile.
UPDATES: list[tuple[dict[str, Any], int, str]] = [
    ({"name": "x"}, 400, "BODY_VALIDATION_FAILED"),
    ({"title": 1}, 400, "BODY_VALIDATION_FAILED"),
    ({"title": "x" * 1025}, 400, "BODY_VALIDATION_FAILED"),
    ({"description": "x" * 4097}, 400, "BODY_VALIDATION_FAILED"),
    ({"language": "XX"}, 400, "BODY_VALIDATION_FAILED"),
    ({"language": "fr"}, 400, "BODY_VALIDATION_FAILED"),
    ({"documentIds": "x"}, 400, "BODY_VALIDATION_FAILED"),
    ({"documentIds": ["x"]}, 400, "BODY_VALIDATION_FAILED"),
    ({"signerIds": [FOREIGN_ID, FOREIGN_ID]}, 400, "BODY_VALIDATION_FAILED"),
    ({"expirationDate": "tomorrow"}, 400, "BODY_VALIDATION_FAILED"),
    ({"expirationDateIsActivated": "true"}, 400, "BODY_VALIDATION_FAILED"),
    ({"diffusionMode": "NOW"}, 400, "BODY_VALIDATION_FAILED"),
    ({"defaultSignatureMethod": "DRAW"}, 400, "BODY_VALIDATION_FAILED"),
    ({"statements": [{"labelMd": "x"}]}, 400, "BODY_VALIDATION_FAILED"),
    ({"signerProfilesSignatureMethod": [{"signerProfileId": FOREIGN_ID}]}, 400, "BODY_VALIDATION_FAILED"),
    ({"signerIds": [FOREIGN_ID]}, 404, "SIGNER_NOT_FOUND"),
    ({"signerIds": ["REVOKED"]}, 400, "SIGNER_BAD_STATUS"),
    ({"signerIdsAsApprover": [FOREIGN_ID]}, 403, "FEATURE_NOT_AVAILABLE"),
    ({"documentIds": [FOREIGN_ID]}, 400, f"{_EITHER}AT_LEAST_ONE_DOCUMENT_ARE_NOT_CREATED_OR_IS_INVALID"),
    ({"documentIds": ["ELSEWHERE"]}, 400, f"{_EITHER}AT_LEAST_ONE_DOCUMENT_ARE_NOT_CREATED_OR_IS_INVALID"),
    ({"documentIds": ["EMPTY"]}, 400, f"{_EITHER}AT_LEAST_ONE_DOCUMENT_HAVE_NO_CONTENT"),
    (
        {"signerIds": ["SIGNER:Customers embedded"], "defaultSignatureMethod": "QUALIFIED_STD"},
        400, f"{_UPDATE}SIGNATURE_METHODS_NOT_ACTIVATED",
    ),
    (
        {"signerIds": ["SIGNER:By phone"], "defaultSignatureMethod": "ADVANCED_SMS"},
        400, f"{_UPDATE}PHONE_NUMBER_IS_MANDATORY_FOR_ALL_SIGNERS_FOR_THE_SIGNATURE_PROFILE_REQUESTED",
    ),
    (
        {"signerIds": ["NAMELESS"]},
        400, f"{_UPDATE}EMAIL_IS_MANDATORY_FOR_ALL_SIGNERS_FOR_THE_SIGNATURE_PROFILE_REQUESTED",
    ),
    (
        {"signerIds": ["EMAIL ONLY"], "defaultSignatureMethod": "ADVANCED_STD"},
        400,
        f"{_UPDATE}FIRSTNAME_AND_LASTNAME_ARE_MANDARYTORY_FOR_ALL_SIGNER_WITH_THE_SIGNATURE_PROFILE_REQUESTED",
    ),
]  # fmt: skip


def revoked_signer(vendor: Driver) -> str:
    """Return the id of a signer that was revoked."""
    signer_id = str(vendor.signer()["signerId"])
    vendor.ok("DELETE", f"APP/signers/{signer_id}/revoke")
    return signer_id


def materialised(vendor: Driver, request_id: str, word: str) -> str:
    """Return the id of the object that `word` describes."""
    makers: dict[str, Setup] = {
        "REVOKED": revoked_signer,
        "NAMELESS": lambda driver: signer_of(driver, "Nameless"),
        "EMAIL ONLY": lambda driver: signer_of(driver, "Nameless", email="ada@example.org"),
        "EMPTY": lambda driver: driver.document(request_id),
        "ELSEWHERE": lambda driver: driver.pdf_document(driver.draft()),
    }
    if word.startswith("SIGNER:"):
        return signer_of(vendor, word.removeprefix("SIGNER:"), **PERSON)
    return makers[word](vendor) if word in makers else word


@pytest.mark.parametrize(("fields", "status", "code"), UPDATES)
def test_updates_that_are_refused(vendor: Driver, fields: dict[str, Any], status: int, code: str) -> None:
    """A refused update leaves the draft as it was."""
    request_id = vendor.draft()
    before = vendor.context(request_id)
    body = {
        name: [materialised(vendor, request_id, one) if isinstance(one, str) else one for one in value]
        if isinstance(value, list) else value
        for name, value in fields.items()
    }  # fmt: skip
    assert (status, code) == vendor.refusal("PUT", f"/v4/signature-requests/{request_id}", body)
    after = vendor.context(request_id)
    assert {**before, "documents": []} == {**after, "documents": []}


# fields put over a request that lacks nothing, and the code publishing then answers.
PUBLICATIONS: list[tuple[dict[str, Any], str]] = [
    ({"title": None}, f"{_PUBLISH}NO_TITLE"),
    ({"title": "  "}, f"{_PUBLISH}NO_TITLE"),
    ({"documentIds": []}, f"{_PUBLISH}NO_DOCUMENTS"),
    ({"signerIds": []}, f"{_PUBLISH}NO_SIGNERS"),
    ({"defaultSignatureMethod": None}, f"{_PUBLISH}NO_DEFAULT_SIGNATURE_METHOD"),
    ({"diffusionMode": None}, f"{_PUBLISH}NO_DIFFUSION_MODE"),
    (
        {"diffusionMode": "SCHEDULED"},
        f"{_PUBLISH}DIFFUSION_MODE_IS_SCHEDULED_BUT_DIFFUSION_DATE_IS_MISSING",
    ),
    (
        {"diffusionMode": "SCHEDULED", "diffusionDate": "2001-01-01T00:00:00Z"},
        f"{_PUBLISH}DIFFUSION_DATE_IN_THE_PAST",
    ),
    (
        {"expirationDateIsActivated": True},
        f"{_PUBLISH}EXPIRATION_DATE_IS_ACTIVATED_BUT_EXPIRATION_DATE_IS_MISSING",
    ),
    (
        {"expirationDateIsActivated": True, "expirationDate": "2001-01-01T00:00:00Z"},
        f"{_PUBLISH}EXPIRATION_DATE_IN_THE_PAST",
    ),
    (
        {
            "expirationDateIsActivated": True, "expirationDate": "2090-01-01T00:00:00Z",
            "diffusionMode": "SCHEDULED", "diffusionDate": "2095-01-01T00:00:00Z",
        },
        f"{_PUBLISH}EXPIRATION_DATE_BEFORE_DIFFUSION_DATE",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "code"), PUBLICATIONS)
def test_publications_that_are_refused(vendor: Driver, fields: dict[str, Any], code: str) -> None:
    """Each missing precondition has its code, and the request stays a draft without effect."""
    request_id = vendor.ready([vendor.signer()["signerId"]])
    vendor.ok("PUT", f"/v4/signature-requests/{request_id}", fields)
    assert (400, code) == vendor.refusal("POST", f"/v4/signature-requests/{request_id}/publish", {})
    assert "DRAFT" == vendor.context(request_id)["status"]
    assert request_id not in [effect.reference for effect in vendor.simulator.effects.of("published")]


def test_a_private_document_needs_a_label(vendor: Driver) -> None:
    """Without a label a private document is not published; with one it is."""
    request_id = vendor.draft()
    document_id = vendor.document(request_id)
    vendor.ok("POST", f"/v4/documents/{document_id}/private-content", {"documentHash": "ab" * 32})
    body = {
        "title": "t", "documentIds": [document_id], "signerIds": [vendor.signer()["signerId"]],
        "defaultSignatureMethod": "SIMPLE_STD",
    }  # fmt: skip
    vendor.ok("PUT", f"/v4/signature-requests/{request_id}", body)
    code = (
        f"{_EITHER}AT_LEAST_ONE_DOCUMENT_IS_IN_FULL_PRIVACY_MODE_OR_HAVE_A_DOCUMENT_REQUEST_BUT_HAVE_NO_LABEL"
    )
    assert (400, code) == vendor.refusal("POST", f"/v4/signature-requests/{request_id}/publish", {})
    vendor.ok("PUT", f"/v4/documents/{document_id}", {"label": "Secret"})
    vendor.publish(request_id)


def test_content_removed_before_publishing(vendor: Driver) -> None:
    """A document that lost its content keeps the request from being published."""
    request_id = vendor.ready([vendor.signer()["signerId"]])
    document_id = vendor.context(request_id)["documentIds"][0]
    vendor.ok("DELETE", f"/v4/documents/{document_id}/content")
    code = f"{_EITHER}AT_LEAST_ONE_DOCUMENT_HAVE_NO_CONTENT"
    assert (400, code) == vendor.refusal("POST", f"/v4/signature-requests/{request_id}/publish", {})


def test_after_publishing_everything_is_locked(vendor: Driver) -> None:
    """A published request takes no update, no second publication, no document; proofs do not exist yet."""
    request_id, _link = vendor.published()
    request, document_id = (
        f"/v4/signature-requests/{request_id}",
        vendor.context(request_id)["documentIds"][0],
    )
    document = f"/v4/documents/{document_id}"
    refusals = {
        f"{_PUBLISH}REQUEST_ALREADY_PUBLISHED": ("POST", f"{request}/publish", {}),
        "SIGNATURE_REQUEST_BAD_STATUS": ("PUT", request, {"title": "x"}),
        "DOCUMENT_LOCKED": ("PUT", document, {"label": "x"}),
        "DOCUMENT_PROOF_NOT_CREATED": ("GET", f"{document}/signature-type/PDF_WITH_SIGNATURES", None),
        "ADVANCED_PROOF_NOT_GENERATED": ("GET", f"{document}/signatures/ADVANCED_LEGAL_KIT", None),
    }
    for code, (method, path, body) in refusals.items():
        assert (400, code) == vendor.refusal(method, path, body)
    assert (400, "DOCUMENT_LOCKED") == vendor.refusal("DELETE", document)
    assert (400, "DOCUMENT_LOCKED") == vendor.refusal("DELETE", f"{document}/content")
    assert (400, "SIGNATURE_REQUEST_BAD_STATUS") == vendor.refusal("DELETE", request)
    late = {"signatureRequestId": request_id}
    assert (400, "SIGNATURE_REQUEST_BAD_STATUS") == vendor.refusal("POST", "APP/init-documents", late)


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
