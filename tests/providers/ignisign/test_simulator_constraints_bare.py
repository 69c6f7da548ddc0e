"""What the simulated Ignisign refuses about bare signatures (contract 7.7)."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import uuid4

import attrs
import httpx
import pytest

from providers.ignisign.application_stage import (
    BODY,
    DROP,
    HASH_44,
    Ask,
    Making,
    Row,
    Stage,
    changed,
    table,
)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Serve what the rows ask for; they do not touch each other's objects."""
    with ExitStack() as stack:
        yield Stage(stack)


CALLBACK = "http://127.0.0.1:1/callback"
VERIFIER = "v" * 43

ENV = "/v4/envs/STAGING"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def consent_to(stage: Stage, change: dict[str, Any] | None = None) -> httpx.Response:
    """Ask for a signature of one hash, with `change` of the query; STATE's keys change the state."""
    driver = stage["BARE_SIGNATURE"]
    wanted = dict(change or {})
    state = changed({"hashes": [HASH_44], "nonce": str(uuid4())}, wanted.pop("STATE", {}))
    query = {
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "client_id": driver.app_id,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "state": json.dumps(state),
    }
    form = {"consent": "yes", "fullName": "Ada Lovelace"}
    address = f"{driver.base_url}/envs/STAGING/oauth2/authorize"
    return httpx.post(address, params=changed(query, wanted), data=form)


def code_of(stage: Stage) -> str:
    """Return a fresh code."""
    return httpx.URL(consent_to(stage).headers["location"]).params["code"]


def bare_token(
    change: dict[str, Any], *, held: str = "API KEY", used: bool = False, late: bool = False
) -> Making:
    """Return the exchange of a code, with a body that is right but for `change`."""

    def make(stage: Stage) -> Ask:
        driver = stage["BARE_SIGNATURE"]
        credentials = driver.simulator.tenant.credentials
        known = {"API KEY": credentials.api_key("STAGING"), "OLD": credentials.old_secret("STAGING")}
        body = {
            "client_id": driver.app_id,
            "client_secret": known.get(held, held),
            "code_verifier": VERIFIER,
            "redirect_uri": CALLBACK,
            "grant_type": "authorization_code",
            "code": code_of(stage),
        }
        ask = Ask("POST", f"{ENV}/oauth2/proofs-token", changed(body, change), "BARE_SIGNATURE", bearer="")
        if used:
            assert 200 == ask.send(stage).status_code
        if late:
            driver.simulator.clock.advance(timedelta(hours=2))
        return ask

    return make


def as_form(stage: Stage) -> Ask:
    """Return an exchange that calls itself a form."""
    return attrs.evolve(bare_token({})(stage), headers={"content-type": "application/x-www-form-urlencoded"})


def proofs_with(bearer: str | None, *, late: bool = False) -> Making:
    """Return a read of the proofs with a good token, or with `bearer`."""

    def make(stage: Stage) -> Ask:
        token = bare_token({})(stage).send(stage).json()["access_token"]
        if late:
            stage["BARE_SIGNATURE"].simulator.clock.advance(timedelta(hours=2))
        own = f"Bearer {token}" if bearer is None else bearer
        return Ask("GET", f"{ENV}/bare-signatures/proofs", app="BARE_SIGNATURE", bearer=own)

    return make


def other_place(path: str) -> Making:
    """Return a call of the token route of another environment."""
    return lambda stage: attrs.evolve(bare_token({})(stage), path=path)


_RIGHT = bare_token({})
BARE = [
    Row(f"bare: {name}", "7.7", bad, good, status, code)
    for name, bad, good, status, code in [
        *(
            (f"token without {key}", bare_token({key: DROP}), _RIGHT, *BODY)
            for key in ("client_id", "client_secret", "code_verifier", "redirect_uri", "grant_type", "code")
        ),
        ("token as a form", as_form, _RIGHT, *BODY),
        (
            "another grant",
            bare_token({"grant_type": "client_credentials"}),
            _RIGHT,
            400,
            "OAUTH2_INVALID_GRANT_TYPE",
        ),
        ("another client", bare_token({"client_id": "appId_x"}), _RIGHT, 400, "OAUTH2_CLIENT_NOT_FOUND"),
        (
            "a wrong secret",
            bare_token({}, held="x"),
            bare_token({}, held="OLD"),
            401,
            "AUTHENTICATION_FAILED",
        ),
        (
            "an unregistered address",
            bare_token({"redirect_uri": "https://example.org/"}),
            _RIGHT,
            400,
            "OAUTH2_INVALID_REDIRECT_URI",
        ),
        (
            "another address than before",
            bare_token({"redirect_uri": CALLBACK + "x"}),
            _RIGHT,
            400,
            "OAUTH2_INVALID_REDIRECT_URI",
        ),
        (
            "another verifier",
            bare_token({"code_verifier": "w" * 43}),
            _RIGHT,
            400,
            "OAUTH2_INVALID_CODE_CHALLENGE",
        ),
        ("an unknown code", bare_token({"code": "x"}), _RIGHT, 401, "TOKEN_NOT_FOUND"),
        ("a used code", bare_token({}, used=True), _RIGHT, 401, "TOKEN_ALREADY_CONSUMED"),
        ("an old code", bare_token({}, late=True), _RIGHT, 401, "TOKEN_EXPIRED"),
        (
            "another environment",
            other_place("/v4/envs/PRODUCTION/oauth2/proofs-token"),
            _RIGHT,
            403,
            "INVALID_CONTEXT",
        ),
        (
            "the environment TEST",
            other_place("/v4/envs/TEST/oauth2/proofs-token"),
            _RIGHT,
            400,
            "PARAMS_VALIDATION_FAILED",
        ),
        (
            "proofs with the API key",
            lambda _stage: Ask("GET", f"{ENV}/bare-signatures/proofs", app="BARE_SIGNATURE"),
            proofs_with(None),
            401,
            "INVALID_TOKEN",
        ),
        ("proofs without a token", proofs_with(""), proofs_with(None), 401, "AUTH_HEADER_NOT_FOUND"),
        ("proofs with an old token", proofs_with(None, late=True), proofs_with(None), 401, "TOKEN_EXPIRED"),
    ]
]


@table([*BARE])
def test_a_constraint(stage: Stage, row: Row) -> None:
    """The violation gets exactly the row's status and code; the same call without it is accepted."""
    row.prove(stage)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"response_type": "token"}, "OAUTH2_RESPONSE_TYPE_NOT_SUPPORTED"),
        ({"response_type": DROP}, "OAUTH2_RESPONSE_TYPE_NOT_SUPPORTED"),
        ({"code_challenge_method": "plain"}, "OAUTH2_CHALLENGE_METHOD_NOT_SUPPORTED"),
        ({"code_challenge": DROP}, "OAUTH2_INVALID_CODE_CHALLENGE"),
        ({"code_challenge": "x" * 42}, "OAUTH2_INVALID_CODE_CHALLENGE"),
        ({"state": DROP}, "OAUTH2_INVALID_STATE"),
        ({"state": "{"}, "OAUTH2_INVALID_STATE"),
        ({"state": "[]"}, "OAUTH2_INVALID_STATE"),
        ({"STATE": {"hashes": []}}, "OAUTH2_INVALID_STATE"),
        ({"STATE": {"hashes": DROP}}, "OAUTH2_INVALID_STATE"),
        ({"STATE": {"hashes": ["ab" * 32]}}, "OAUTH2_INVALID_STATE"),
        ({"STATE": {"nonce": DROP}}, "OAUTH2_INVALID_STATE"),
        ({"STATE": {"nonce": "1"}}, "OAUTH2_INVALID_STATE"),
        ({"STATE": {"nonce": "00000000-0000-1000-8000-000000000000"}}, "OAUTH2_INVALID_STATE"),
        ({"STATE": {"nonce": "{aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee}"}}, "OAUTH2_INVALID_STATE"),
        ({"STATE": {"language": "IT"}}, "OAUTH2_INVALID_STATE"),
        ({"STATE": {"title": "\ud800"}}, "OAUTH2_INVALID_STATE"),
        ({"state": "[" * 5000}, "OAUTH2_INVALID_STATE"),
        ({"state": "9" * 5000}, "OAUTH2_INVALID_STATE"),
    ],
)
def test_a_bare_wish_that_goes_back_with_an_error(stage: Stage, change: dict[str, Any], code: str) -> None:
    """A wrong wish goes back to the integrator with the code as `error`; without the fault, with a code."""
    back = httpx.URL(consent_to(stage, change).headers["location"])
    assert (code, False) == (back.params.get("error"), "code" in back.params)
    good = httpx.URL(consent_to(stage).headers["location"])
    assert (True, False) == ("code" in good.params, "error" in good.params)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"client_id": "appId_x"}, "OAUTH2_CLIENT_NOT_FOUND"),
        ({"client_id": DROP}, "OAUTH2_CLIENT_NOT_FOUND"),
        ({"redirect_uri": DROP}, "OAUTH2_INVALID_REDIRECT_URI"),
        ({"redirect_uri": "https://evil.example/"}, "OAUTH2_INVALID_REDIRECT_URI"),
        ({"redirect_uri": "javascript:alert(1)"}, "OAUTH2_INVALID_REDIRECT_URI"),
        ({"redirect_uri": f"{CALLBACK}#part"}, "OAUTH2_INVALID_REDIRECT_URI"),
    ],
)
def test_a_bare_wish_that_goes_nowhere(stage: Stage, change: dict[str, Any], code: str) -> None:
    """An unknown client or address is told to the person and never redirected to."""
    answer = consent_to(stage, change)
    assert (400, True, False) == (answer.status_code, code in answer.text, "location" in answer.headers)


def test_a_nonce_counts_once(stage: Stage) -> None:
    """The nonce of a wish is used up by the consent."""
    state = {"STATE": {"nonce": str(uuid4())}}
    first, second = (httpx.URL(consent_to(stage, state).headers["location"]).params for _time in range(2))
    assert ("code" in first, second["error"]) == (True, "OAUTH2_INVALID_STATE")


def test_a_blocked_application_gets_no_bare_signature(stage: Stage) -> None:
    """Neither the page, nor the exchange of a code, nor the proofs work while the application is blocked."""
    console = stage["BARE_SIGNATURE"].simulator.console
    calls = [_RIGHT(stage), proofs_with(None)(stage)]
    console.set_application_status("BLOCKED")
    answers = [one.send(stage) for one in calls]
    page = consent_to(stage)
    console.set_application_status("ACTIVE")
    assert [(403, "APP_BLOCKED")] * 2 == [(one.status_code, one.json()["code"]) for one in answers]
    assert (403, True) == (page.status_code, "APP_BLOCKED" in page.text)
    assert [200, 200] == [one.send(stage).status_code for one in calls]
