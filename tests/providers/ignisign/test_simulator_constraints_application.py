"""What the simulated Ignisign refuses about access, the type of an application, and profiles."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from paraph.testing.simulator import Person
from providers.ignisign.application_stage import (
    DROP,
    HASH_44,
    NOT_HERE,
    SOMEBODY,
    Ask,
    Making,
    Row,
    Stage,
    calls,
    changed,
    table,
)
from providers.ignisign.simulator_driver import FOREIGN_ID


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Serve what the rows ask for; they do not touch each other's objects."""
    with ExitStack() as stack:
        yield Stage(stack)


def exchange(change: dict[str, Any]) -> Making:
    """Return the exchange of the old secret; words in capitals stand for what the simulator knows."""

    def make(stage: Stage) -> Ask:
        driver = stage["SIGNATURE"]
        credentials = driver.simulator.tenant.credentials
        own = {"appId": driver.app_id, "appEnv": "STAGING", "secret": credentials.old_secret("STAGING")}
        known = {
            "NEW KEY": credentials.api_key("STAGING"),
            "FOUR PARTS": credentials.api_key("STAGING").replace("skv2_", "sk_"),
            "REVOKED": credentials.old_secret("DEVELOPMENT"),
        }
        body = {name: known.get(str(value), value) for name, value in changed(own, change).items()}
        if "REVOKED" in change.values():
            driver.simulator.console.revoke_keys("DEVELOPMENT")
        return Ask("POST", "/v4/auth/app-api", body, bearer="")

    return make


def exchanged(*, late: bool = False, tampered: bool = False) -> Making:
    """Return a read with an exchanged token, perhaps past its end, perhaps with another signature."""

    def make(stage: Stage) -> Ask:
        driver = stage["SIGNATURE"]
        token = exchange({})(stage).send(stage).json()["jwtToken"]
        if late:
            driver.simulator.clock.advance(timedelta(hours=1, seconds=1))
        if tampered:
            token = token[:-6] + ("AAAAAA" if token[-6:] != "AAAAAA" else "BBBBBB")
        return Ask("GET", "APP/webhooks", bearer=f"Bearer {token}")

    return make


def key_of(app_env: str, *, prefix: str = "skv2_") -> Making:
    """Return a read of one environment with its key in one of its spellings."""

    def make(stage: Stage) -> Ask:
        driver = stage["SIGNATURE"]
        credentials = driver.simulator.tenant.credentials
        if app_env == "DEVELOPMENT":
            driver.simulator.console.revoke_keys("DEVELOPMENT")
        key = credentials.api_key(app_env).replace("skv2_", prefix)
        return Ask("GET", f"OWN/envs/{app_env}/webhooks", bearer=f"Bearer {key}")

    return make


def as_bearer(text: str) -> Making:
    """Return a read with this header; OLD stands for the old secret."""

    def make(stage: Stage) -> Ask:
        old = stage["SIGNATURE"].simulator.tenant.credentials.old_secret("STAGING")
        return Ask("GET", "APP/webhooks", bearer=text.replace("OLD", old))

    return make


def in_status(status: str) -> Making:
    """Return a read of an application that an operator blocked or reactivated."""

    def make(stage: Stage) -> Ask:
        stage["SEAL"].simulator.console.set_application_status(status)
        return Ask("GET", "APP/webhooks", app="SEAL")

    return make


def own_key(_stage: Stage) -> Ask:
    """Return a read with the application's own key."""
    return Ask("GET", "APP/webhooks")


def without_key(_stage: Stage) -> Ask:
    """Return a read by nobody."""
    return Ask("GET", "APP/webhooks", bearer="")


ACCESS = (
    [
        Row(f"exchange: {what}", "1 row 1, 3", exchange(change), exchange({}), status, code)
        for what, change, status, code in [
            ("without secret", {"secret": DROP}, 400, "API_AUTH_BAD_REQUEST"),
            ("without appId", {"appId": DROP}, 400, "API_AUTH_BAD_REQUEST"),
            ("without appEnv", {"appEnv": DROP}, 400, "API_AUTH_BAD_REQUEST"),
            ("secret of another type", {"secret": 1}, 400, "API_AUTH_BAD_REQUEST"),
            ("environment TEST", {"appEnv": "TEST"}, 400, "PARAMS_VALIDATION_FAILED"),
            ("environment in lower case", {"appEnv": "staging"}, 400, "PARAMS_VALIDATION_FAILED"),
            ("a new key is not exchanged", {"secret": "NEW KEY"}, 400, "API_AUTH_BAD_REQUEST"),
            ("nor one with four parts", {"secret": "FOUR PARTS"}, 400, "API_AUTH_BAD_REQUEST"),
            ("another application", {"appId": "appId_other"}, 401, "APP_NOT_FOUND"),
            ("another environment", {"appEnv": "PRODUCTION"}, 401, "AUTHENTICATION_FAILED"),
            ("a wrong secret", {"secret": "sk_staging_wrong"}, 401, "AUTHENTICATION_FAILED"),
            ("a revoked secret", {"appEnv": "DEVELOPMENT", "secret": "REVOKED"}, 401, "API_KEY_NOT_FOUND"),
        ]
    ]
    + [
        Row(f"access: {what}", place, bad, good, status, code)
        for what, place, bad, good, status, code in [
            ("no header", "3", without_key, own_key, 401, "AUTH_HEADER_NOT_FOUND"),
            ("no bearer", "3", as_bearer("Basic YTpi"), own_key, 401, "AUTH_HEADER_NOT_BEARER"),
            ("no token", "3", as_bearer("Bearer"), own_key, 401, "AUTH_HEADER_NO_TOKEN"),
            ("nonsense", "3", as_bearer("Bearer x"), own_key, 401, "INVALID_AUTH_JWT_TOKEN"),
            ("the old secret", "3", as_bearer("Bearer OLD"), exchanged(), 401, "INVALID_AUTH_JWT_TOKEN"),
            ("a tampered token", "3", exchanged(tampered=True), exchanged(), 401, "INVALID_AUTH_JWT_TOKEN"),
            ("an old token", "3", exchanged(late=True), exchanged(), 401, "OUTDATED_AUTH_JWT_TOKEN"),
            (
                "another prefix",
                "3",
                key_of("STAGING", prefix="xx_"),
                key_of("STAGING", prefix="sk_"),
                401,
                "INVALID_AUTH_JWT_TOKEN",
            ),
            ("a revoked key", "5", key_of("DEVELOPMENT"), key_of("STAGING"), 401, "API_KEY_NOT_FOUND"),
            ("a blocked application", "5, 6", in_status("BLOCKED"), in_status("ACTIVE"), 403, "APP_BLOCKED"),
            (
                "an archived one",
                "5, assumed",
                in_status("ARCHIVED"),
                in_status("ACTIVE"),
                403,
                "APP_NOT_ACTIVATED",
            ),
            (
                "one of an archived organisation",
                "5, assumed",
                in_status("ORG_ARCHIVED"),
                in_status("ACTIVE"),
                403,
                "APP_NOT_ACTIVATED",
            ),
        ]
    ]
    + calls(
        "3",
        [
            (
                "another environment's path",
                "GET",
                "OWN/envs/PRODUCTION/webhooks",
                "APP/webhooks",
                None,
                403,
                "INVALID_CONTEXT",
            ),
            (
                "the path of TEST",
                "GET",
                "OWN/envs/TEST/webhooks",
                "APP/webhooks",
                None,
                400,
                "PARAMS_VALIDATION_FAILED",
            ),
            (
                "another application's path",
                "GET",
                "/v4/applications/appId_x/context",
                "OWN/context",
                None,
                403,
                "INVALID_CONTEXT",
            ),
        ],
    )
)


def typed(app: str, method: str, path: str, body: Any = None) -> Making:
    """Return one call of one type of application."""
    return lambda _stage: Ask(method, path, body, app)


def images_of(app: str) -> Making:
    """Return a read of the signers' images of a signed document."""

    def make(stage: Stage) -> Ask:
        request_id, link = stage[app].published()
        Person(name="Ada Lovelace").sign(link)
        document_id = stage[app].context(request_id)["documentIds"][0]
        return Ask("GET", f"/v4/documents/{document_id}/img-signatures", app=app)

    return make


CAPSULE = {"hashSha256_b64": HASH_44}


def types(app: str, method: str, path: str, body: Any, good: str, status: int, code: str) -> Row:
    """Return the row of a call that the type `app` may not make and the type `good` may."""
    bad_call, good_call = typed(app, method, path, body), typed(good, method, path, body)
    return Row(f"{app} calls {method} {path}", "2 end", bad_call, good_call, status, code)


TYPES = [
    *(
        types("BARE_SIGNATURE", "POST", path, body, "SIGNATURE", *NOT_HERE)
        for path, body in [
            ("APP/signers", SOMEBODY),
            ("APP/signature-requests", {}),
            ("APP/signer-setup", {}),
        ]
    ),
    *(
        types(app, method, path, body, "SEAL", status, code)
        for app, status, code in [
            ("LOG_CAPSULE", *NOT_HERE),
            ("WEB3", 500, "NOT_YET_IMPLEMENTED"),
            ("IGNISIGN_RIGHT_DELEGATION", 400, "BAD_REQUEST"),
        ]
        for method, path, body in [
            ("POST", "APP/signers", SOMEBODY),
            ("GET", "APP/signers-paginate", None),
            ("GET", "APP/signer-profiles", None),
            ("POST", "APP/signature-requests", {}),
        ]
    ),
    *(
        types(app, "POST", "APP/log-capsules", CAPSULE, "LOG_CAPSULE", status, code)
        for app, status, code in [
            ("SIGNATURE", *NOT_HERE),
            ("SEAL", *NOT_HERE),
            ("BARE_SIGNATURE", *NOT_HERE),
            ("WEB3", 500, "NOT_YET_IMPLEMENTED"),
            ("IGNISIGN_RIGHT_DELEGATION", 400, "BAD_REQUEST"),
        ]
    ),
    *(
        types(app, "GET", "APP/bare-signatures-configuration", None, "BARE_SIGNATURE", *NOT_HERE)
        for app in ("SIGNATURE", "SEAL", "LOG_CAPSULE")
    ),
    Row("images in a SEAL application", "2", images_of("SEAL"), images_of("SIGNATURE"), *NOT_HERE),
]


def profile_path(template: str, *, known: bool) -> Making:
    """Return a read about a profile, and a signer of it if the path has one."""

    def make(stage: Stage) -> Ask:
        driver = stage["SIGNATURE"]
        profile = driver.simulator.profile("EMBEDDED") if known else FOREIGN_ID
        path = template.replace("PROFILE", profile)
        if "SIGNER" in path:
            path = path.replace("SIGNER", driver.signer()["signerId"])
        return Ask("GET", path.replace("APP3", driver.app.replace("/v4/", "/v3/")))

    return make


PROFILE_ROWS = [
    Row(
        f"unknown profile: {path}",
        place,
        profile_path(path, known=False),
        profile_path(path, known=True),
        404,
        "SIGNER_PROFILE_NOT_FOUND",
    )
    for place, path in [
        ("1 row 19", "APP/signer-profiles/PROFILE"),
        ("1 row 17", "APP/signer-profiles/PROFILE/inputs-needed"),
        ("1 row 17", "APP3/signature-profiles/PROFILE/signer-inputs-constraints"),
        ("1 row 12", "APP3/signature-profiles/PROFILE/signers/SIGNER/missing-inputs"),
    ]
] + calls(
    "1 row 19",
    [
        (
            "malformed profile id",
            "GET",
            "APP/signer-profiles/x",
            "APP/signer-profiles",
            None,
            400,
            "PARAMS_VALIDATION_FAILED",
        ),
    ],
)


@table([*ACCESS, *TYPES, *PROFILE_ROWS])
def test_a_constraint(stage: Stage, row: Row) -> None:
    """The violation gets exactly the row's status and code; the same call without it is accepted."""
    row.prove(stage)
