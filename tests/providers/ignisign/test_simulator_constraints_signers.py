"""What the simulated Ignisign refuses about signers: creating, updating, reading, searching."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import attrs
import pytest

from providers.ignisign.application_stage import (
    DROP,
    SOMEBODY,
    Ask,
    Making,
    Row,
    Stage,
    bodies,
    calls,
    table,
)
from providers.ignisign.simulator_driver import FOREIGN_ID


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Serve what the rows ask for; they do not touch each other's objects."""
    with ExitStack() as stack:
        yield Stage(stack)


_INPUT = "SIGNER_CREATION__INPUT_FIELD"
FULL = {
    **SOMEBODY,
    "phoneNumber": "+33612345678",
    "nationality": "FR",
    "birthCountry": "RE",
    "birthDate": "1990-12-31",
    "birthPlace": "London",
}
SIGNERS = bodies(
    "create signer",
    "1 row 4, 5",
    "POST",
    "APP/signers",
    FULL,
    [
        *((f"{name} is a number", {name: 1}, 400, "BODY_VALIDATION_FAILED") for name in FULL),
        ("unknown field", {"nickname": "A"}, 400, "BODY_VALIDATION_FAILED"),
        ("malformed profile id", {"signerProfileId": "x"}, 400, "BODY_VALIDATION_FAILED"),
        ("unknown profile", {"signerProfileId": FOREIGN_ID}, 404, "SIGNER_PROFILE_NOT_FOUND"),
        *((f"{name} missing", {name: DROP}, 400, f"{_INPUT}_MISSING") for name in SOMEBODY),
        *((f"{name} null", {name: None}, 400, f"{_INPUT}_MISSING") for name in SOMEBODY),
        *((f"{name} blank", {name: " "}, 400, f"{_INPUT}_VALUE_MISSING") for name in SOMEBODY),
        *(
            (f"e-mail {bad!r}", {"email": bad}, 400, "EMAIL_INVALID")
            for bad in ("ada", "a@b", "a b@x.org", "@x.org")
        ),
        *(
            (f"phone {bad!r}", {"phoneNumber": bad}, 400, f"{_INPUT}_VALUE_INVALID")
            for bad in ("0612345678", "+0612345678", "33612345678", "+33 6 12", "+1234567890123456", "+x")
        ),
        *(
            (f"{field} {code}", {field: code}, 400, "BODY_VALIDATION_FAILED")
            for field in ("nationality", "birthCountry")
            for code in ("GP", "MQ", "GF", "PF", "AQ", "ZZ", "fr", "FRA", "")
        ),
        *(
            (f"birth date {bad!r}", {"birthDate": bad}, 400, "BODY_VALIDATION_FAILED")
            for bad in ("31.12.1990", "1990-13-01", "yesterday", "")
        ),
        (
            "a domain of another profile",
            {"email": "ada@Staff.example"},
            400,
            "EMAIL_DOMAIN_ALREADY_USED_IN_ANOTHER_SIGNER_PROFILE",
        ),
    ],
)


def of_profile(name: str, **inputs: str) -> Making:
    """Return the creation of a signer of one profile."""

    def make(stage: Stage) -> Ask:
        profile = stage["SIGNATURE"].simulator.profile(name)
        return Ask("POST", "APP/signers", {"signerProfileId": profile, **inputs})

    return make


def updating(change: dict[str, Any], profile: str = "Customers embedded") -> Making:
    """Return the update of a new signer; words in capitals stand for what the simulator knows."""

    def make(stage: Stage) -> Ask:
        driver = stage["SIGNATURE"]
        own_id = f"own-{uuid4()}"
        signer = of_profile(profile, **SOMEBODY, externalId=own_id)(stage).send(stage).json()
        taken = f"taken-{uuid4()}"
        if "TAKEN" in change.values():
            driver.signer(externalId=taken)
        known = {
            "SELF": signer["signerId"],
            "TAKEN": taken,
            "FREE": str(uuid4()),
            "OLD": driver.simulator.profile("Old"),
            "STAFF": driver.simulator.profile("Staff"),
        }
        body = {name: known.get(str(value), value) for name, value in change.items()}
        return Ask("PUT", f"APP/signers/{signer['signerId']}", body)

    return make


def of_signer(method: str, path: str, *, state: str = "active", body: Any = None) -> Making:
    """Return a call about a signer: "active", "revoked", "unknown" or "foreign" (another environment)."""

    def make(stage: Stage) -> Ask:
        driver = stage["SIGNATURE"]
        signer_id = FOREIGN_ID if state == "unknown" else driver.signer()["signerId"]
        if state == "revoked":
            driver.ok("DELETE", f"APP/signers/{signer_id}/revoke")
        ask = Ask(method, path.replace("SIGNER", signer_id), body)
        if state != "foreign":
            return ask
        key = driver.simulator.tenant.credentials.api_key("PRODUCTION")
        elsewhere = ask.path.replace("APP", f"/v4/applications/{driver.app_id}/envs/PRODUCTION")
        return attrs.evolve(ask, path=elsewhere, bearer=f"Bearer {key}")

    return make


_SET = f"{_INPUT}_VALUE_INVALID"
SIGNERS += (
    [
        Row(name, place, bad, good, status, code)
        for name, place, bad, good, status, code in [
            (
                "archived profile",
                "1 row 4, B",
                of_profile("Old", **SOMEBODY),
                of_profile("EMBEDDED", **SOMEBODY),
                400,
                "SIGNER_CREATION__SIGNATURE_PROFILE_ARCHIVED",
            ),
            (
                "an input the profile does not offer",
                "1 row 17, assumed",
                of_profile("Nearly nameless", lastName="L", birthPlace="X"),
                of_profile("Nearly nameless", lastName="L", email="l@example.org"),
                400,
                _SET,
            ),
            (
                "the profile's own domain",
                "1 row 31",
                of_profile("EMBEDDED", **{**SOMEBODY, "email": "a@staff.example"}),
                of_profile("Staff", **{**SOMEBODY, "email": "a@staff.example"}),
                400,
                "EMAIL_DOMAIN_ALREADY_USED_IN_ANOTHER_SIGNER_PROFILE",
            ),
            *(
                (
                    f"a set {name} cannot be changed",
                    "1 row 31",
                    updating({name: other}),
                    updating({name: same}),
                    400,
                    _SET,
                )
                for name, other, same in [
                    ("firstName", "Eve", "Ada"),
                    ("lastName", "X", "Lovelace"),
                    ("email", "eve@example.org", "ada@example.org"),
                ]
            ),
            (
                "externalId of another signer",
                "1 row 31, assumed",
                updating({"externalId": "TAKEN"}),
                updating({"externalId": "FREE"}),
                400,
                "SIGNER_CREATION__SIGNER_ALREADY_EXISTS",
            ),
            (
                "isRecurrent goes one way",
                "1 row 31",
                updating({"isRecurrent": False}),
                updating({"isRecurrent": False}, "One-off"),
                400,
                _SET,
            ),
            (
                "isRecurrent is a flag",
                "1 row 31",
                updating({"isRecurrent": "yes"}),
                updating({"isRecurrent": True}),
                400,
                "BODY_VALIDATION_FAILED",
            ),
            (
                "another signerId in the body",
                "1 row 31",
                updating({"signerId": FOREIGN_ID}),
                updating({"signerId": "SELF"}),
                400,
                "BODY_VALIDATION_FAILED",
            ),
            (
                "update: unknown field",
                "1 row 31",
                updating({"nickname": "A"}),
                updating({"birthPlace": "X"}),
                400,
                "BODY_VALIDATION_FAILED",
            ),
            (
                "update: added phone",
                "1 row 31",
                updating({"phoneNumber": "06"}),
                updating({"phoneNumber": "+33612345678"}),
                400,
                _SET,
            ),
            (
                "update: added country",
                "1 row 31, 5",
                updating({"nationality": "GP"}),
                updating({"nationality": "FR"}),
                400,
                "BODY_VALIDATION_FAILED",
            ),
            (
                "update: archived profile",
                "1 row 31, B",
                updating({"signerProfileId": "OLD"}),
                updating({"signerProfileId": "STAFF"}),
                400,
                "SIGNER_CREATION__SIGNATURE_PROFILE_ARCHIVED",
            ),
            *(
                (
                    f"{state} signer: {method} {path}",
                    place,
                    of_signer(method, path, state=state, body=body),
                    of_signer(method, path, body=body),
                    status,
                    code,
                )
                for state, status, code in [
                    ("unknown", 404, "SIGNER_NOT_FOUND"),
                    ("foreign", 403, "SIGNER_BAD_ENV"),
                ]
                for place, method, path, body in [
                    ("2", "GET", "APP/signers/SIGNER", None),
                    ("2", "GET", "APP/signers/SIGNER/details", None),
                    ("1 row 31", "PUT", "APP/signers/SIGNER", {}),
                    ("2", "PUT", "APP/signers/SIGNER/regenerate-auth-secret", {}),
                    ("1 row 8", "DELETE", "APP/signers/SIGNER/revoke", None),
                ]
            ),
            (
                "revoked signer is not updated",
                "1 row 31",
                of_signer("PUT", "APP/signers/SIGNER", state="revoked", body={}),
                of_signer("PUT", "APP/signers/SIGNER", body={}),
                400,
                "SIGNER_BAD_STATUS",
            ),
            (
                "revoked signer gets no secret",
                "2",
                of_signer("PUT", "APP/signers/SIGNER/regenerate-auth-secret", state="revoked", body={}),
                of_signer("PUT", "APP/signers/SIGNER/regenerate-auth-secret", body={}),
                400,
                "SIGNER_BAD_STATUS",
            ),
        ]
    ]
    + calls(
        "1.2",
        [
            (
                "search without filter",
                "GET",
                "APP/signers-search",
                "APP/signers-search?filter=*",
                None,
                400,
                "SEARCH_APPLICATION_SIGNERS_INVALID_FILTER",
            ),
            (
                "search with an empty filter",
                "POST",
                "APP/signers-search?filter=",
                "APP/signers-search?filter=a",
                {},
                400,
                "SEARCH_APPLICATION_SIGNERS_INVALID_FILTER",
            ),
            (
                "search page",
                "GET",
                "APP/signers-search?filter=*&page=x",
                "APP/signers-search?filter=*&page=0",
                None,
                400,
                "QUERY_VALIDATION_FAILED",
            ),
            (
                "search page size",
                "GET",
                "APP/signers-search?filter=*&pageSize=0",
                "APP/signers-search?filter=*&pageSize=1",
                None,
                400,
                "QUERY_VALIDATION_FAILED",
            ),
            (
                "negative page",
                "GET",
                "APP/signers-paginate?page=-1",
                "APP/signers-paginate?page=0",
                None,
                400,
                "QUERY_VALIDATION_FAILED",
            ),
        ],
    )
    + bodies(
        "search by body",
        "1.2",
        "POST",
        "APP/signers-search",
        {"filter": "*"},
        [
            ("empty", {"filter": " "}, 400, "SEARCH_APPLICATION_SIGNERS_INVALID_FILTER"),
            ("not a text", {"filter": 1}, 400, "BODY_VALIDATION_FAILED"),
        ],
    )
    + bodies(
        "signer setup",
        "2",
        "POST",
        "APP/signer-setup",
        {},
        [
            ("takes nothing", {"signerId": FOREIGN_ID}, 400, "BODY_VALIDATION_FAILED"),
        ],
    )
)


@table([*SIGNERS])
def test_a_constraint(stage: Stage, row: Row) -> None:
    """The violation gets exactly the row's status and code; the same call without it is accepted."""
    row.prove(stage)
