"""What the simulated Ignisign refuses about webhooks, their tokens, log capsules and invitations."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest

from providers.ignisign.application_stage import (
    BODY,
    DROP,
    HASH_44,
    Ask,
    Making,
    Row,
    Stage,
    bodies,
    changed,
    table,
)
from providers.ignisign.simulator_driver import FOREIGN_ID


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Serve what the rows ask for; they do not touch each other's objects."""
    with ExitStack() as stack:
        yield Stage(stack)


CHECK = "/v4/tokens/webhook-verification/checking-consumption"

HOOK = {"url": "http://localhost:1/hook", "description": "tests"}
_URLS = [
    ("no url", {"url": DROP}),
    ("an empty url", {"url": ""}),
    ("no http", {"url": "ftp://example.org"}),
    ("no host", {"url": "http://"}),
    ("a number", {"url": 1}),
    ("description a number", {"description": 1}),
    ("unknown field", {"isDisabled": True}),
]
WEBHOOKS = bodies(
    "create webhook",
    "1 row 5",
    "POST",
    "APP/webhooks",
    HOOK,
    [(name, change, 400, "BODY_VALIDATION_FAILED") for name, change in _URLS],
)


def of_webhook(method: str, path: str, body: Any = None, *, known: bool = True, event: bool = True) -> Making:
    """Return a call about an endpoint and one of its events, known or not."""

    def make(stage: Stage) -> Ask:
        driver = stage["SIGNATURE"]
        webhook_id = driver.ok("POST", "APP/webhooks", HOOK)[-1]["_id"]
        driver.draft()
        event_id = driver.ok("GET", f"/v4/webhooks/{webhook_id}/events")["events"][0]["_id"]
        place = path.replace("WEBHOOK", webhook_id if known else FOREIGN_ID)
        return Ask(method, place.replace("EVENT", event_id if event else FOREIGN_ID), body)

    return make


_EVENTS = "/v4/webhooks/WEBHOOK/events"
_TOPICS = "/v4/webhooks/WEBHOOK/disabled-events"
_OWN_CALLS: list[tuple[str, str, str, Any]] = [
    ("1 row 32", "PUT", "/v4/webhooks/WEBHOOK", HOOK),
    ("1 row 9", "DELETE", "/v4/webhooks/WEBHOOK", None),
    ("2", "GET", _EVENTS, None),
    ("2", "GET", f"{_EVENTS}/EVENT", None),
    ("2", "POST", f"{_EVENTS}/EVENT/resend", {}),
    ("2", "POST", _TOPICS, {"topics": {"SIGNER": True}}),
]
WEBHOOKS += [
    *(
        Row(
            f"unknown webhook: {method} {path}",
            place,
            of_webhook(method, path, body, known=False),
            of_webhook(method, path, body),
            404,
            "WEBHOOK_NOT_FOUND",
        )
        for place, method, path, body in _OWN_CALLS
    ),
    *(
        Row(
            f"unknown event: {method} {path}",
            "2",
            of_webhook(method, path, body, event=False),
            of_webhook(method, path, body),
            404,
            "WEBHOOK_EVENT_NOT_FOUND",
        )
        for _place, method, path, body in _OWN_CALLS
        if "EVENT" in path
    ),
    *(
        Row(
            f"update webhook: {name}",
            "1 row 32",
            of_webhook("PUT", "/v4/webhooks/WEBHOOK", changed(HOOK, change)),
            of_webhook("PUT", "/v4/webhooks/WEBHOOK", HOOK),
            400,
            "BODY_VALIDATION_FAILED",
        )
        for name, change in _URLS
    ),
    *(
        Row(
            f"events: {query}",
            "4.7",
            of_webhook("GET", f"{_EVENTS}?{query}"),
            of_webhook("GET", f"{_EVENTS}?{good}"),
            400,
            "QUERY_VALIDATION_FAILED",
        )
        for query, good in [
            ("filter=PENDING", "filter=FAILED"),
            ("filter=Passed", "filter=SUCCESS"),
            ("filter=all", "filter=ALL"),
            ("page=0", "page=1"),
            ("page=x", "page=2"),
        ]
    ),
    *(
        Row(
            f"disabled topics: {body}",
            "2, 4.2",
            of_webhook("POST", _TOPICS, body),
            of_webhook("POST", _TOPICS, {"topics": {"ALL": True, "SIGNER": True}}),
            400,
            "BODY_VALIDATION_FAILED",
        )
        for body in [{}, {"topics": ["SIGNER"]}, {"topics": {"NOTHING": True}}, {"topics": {"SIGNER": "yes"}}]
    ),
]


def token_check(change: dict[str, Any], *, bearer: str | None = None) -> Making:
    """Return a check of a token nobody minted: an answer, not a refusal, if the call is well-formed."""

    def make(stage: Stage) -> Ask:
        base = {"token": "t", "appId": stage["SIGNATURE"].app_id, "appEnv": "STAGING"}
        return Ask("POST", CHECK, changed(base, change), bearer=bearer)

    return make


TOKENS = [
    Row(f"token check: {name}", "4.6", token_check(change), token_check(good), 400, code)
    for name, change, good, code in [
        ("no token", {"token": DROP}, {}, "BODY_VALIDATION_FAILED"),
        (
            "two different tokens",
            {"verificationToken": "other"},
            {"verificationToken": "t"},
            "BODY_VALIDATION_FAILED",
        ),
        ("over 512 characters", {"token": "t" * 513}, {"token": "t" * 512}, "BODY_VALIDATION_FAILED"),
        ("no appId", {"appId": DROP}, {"token": DROP, "verificationToken": "t"}, "BODY_VALIDATION_FAILED"),
        ("no appEnv", {"appEnv": DROP}, {}, "BODY_VALIDATION_FAILED"),
        ("environment TEST", {"appEnv": "TEST"}, {}, "PARAMS_VALIDATION_FAILED"),
        ("unknown field", {"x": 1}, {}, "BODY_VALIDATION_FAILED"),
    ]
] + [
    Row(
        "token check without key",
        "4.6",
        token_check({}, bearer=""),
        token_check({}),
        401,
        "AUTH_HEADER_NOT_FOUND",
    )
]

CAPSULE = {"hashSha256_b64": HASH_44}

CAPSULES = bodies(
    "capsule",
    "2",
    "POST",
    "APP/log-capsules",
    CAPSULE,
    [
        (what, {"hashSha256_b64": value}, *BODY)
        for what, value in [
            ("missing", DROP),
            ("hex", "ab" * 32),
            ("43 characters", HASH_44[:-1]),
            ("a number", 1),
            ("45 characters", HASH_44 + "="),
            ("44 that are no base64", "!" * 44),
            ("33 bytes", "A" * 44),
        ]
    ]
    + [("unknown field", {"x": 1}, *BODY)],
    app="LOG_CAPSULE",
)
ROLES: dict[str, list[str]] = {"DEVELOPMENT": ["ADMIN", "USER"], "STAGING": ["READER"], "PRODUCTION": []}
_USERS = "OWN/users-invitations"


def inviting(change: dict[str, Any]) -> Making:
    """Return an invitation of somebody new, but for `change`."""
    return lambda _stage: Ask(
        "POST", _USERS, changed({"email": f"{uuid4()}@example.org", "roles": ROLES}, change)
    )


def invited_again(status: str) -> Making:
    """Return an invitation of somebody whose first one is in `status`."""

    def make(stage: Stage) -> Ask:
        driver = stage["SIGNATURE"]
        first = inviting({})(stage)
        known = first.send(stage).json()
        if status == "CANCELED":
            driver.ok("DELETE", f"/v4/applications/{driver.app_id}/users-invitations/{known['_id']}")
        elif status != "PENDING":
            driver.simulator.console.answer_invitation(known["_id"], status)
        return first

    return make


def of_invitation(method: str, tail: str = "", body: Any = None, *, status: str = "PENDING") -> Making:
    """Return a call about an invitation in `status`; "unknown" for one that does not exist."""

    def make(stage: Stage) -> Ask:
        driver = stage["SIGNATURE"]
        known = inviting({})(stage).send(stage).json()["_id"]
        if status == "CANCELED":
            driver.ok("DELETE", f"/v4/applications/{driver.app_id}/users-invitations/{known}")
        elif status not in {"PENDING", "unknown"}:
            driver.simulator.console.answer_invitation(known, status)
        return Ask(method, f"{_USERS}/{FOREIGN_ID if status == 'unknown' else known}{tail}", body)

    return make


_EDIT = {"roles": ROLES}
INVITATIONS = [
    Row(f"invite: {name}", "2", inviting(change), inviting({}), 400, code)
    for name, change, code in [
        ("no e-mail", {"email": DROP}, "BODY_VALIDATION_FAILED"),
        ("a bad e-mail", {"email": "ada"}, "EMAIL_INVALID"),
        ("no roles", {"roles": DROP}, "BODY_VALIDATION_FAILED"),
        ("an unknown role", {"roles": {**ROLES, "STAGING": ["OWNER"]}}, "BODY_VALIDATION_FAILED"),
        ("an unknown environment", {"roles": {**ROLES, "TEST": []}}, "BODY_VALIDATION_FAILED"),
        ("an environment missing", {"roles": changed(ROLES, {"STAGING": DROP})}, "BODY_VALIDATION_FAILED"),
        ("unknown field", {"x": 1}, "BODY_VALIDATION_FAILED"),
    ]
] + [
    Row(f"invitation: {name}", place, bad, good, status, code)
    for name, place, bad, good, status, code in [
        (
            "twice",
            "2, assumed",
            invited_again("PENDING"),
            invited_again("CANCELED"),
            400,
            "USER_ALREADY_INVITED_BY_ORGANIZATION",
        ),
        (
            "of a member",
            "2, assumed",
            invited_again("ACCEPTED"),
            invited_again("DECLINED"),
            400,
            "USER_ALREADY_IN_APP",
        ),
        *(
            (
                f"{method}{tail} of an unknown one",
                "2",
                of_invitation(method, tail, body, status="unknown"),
                of_invitation(method, tail, body),
                404,
                "INVITED_USER_NOT_FOUND",
            )
            for method, tail, body in [("PUT", "", _EDIT), ("DELETE", "", None), ("POST", "/resend", {})]
        ),
        *(
            (
                f"{method}{tail} of one that is {state}",
                "2, assumed",
                of_invitation(method, tail, body, status=state),
                of_invitation(method, tail, body),
                400,
                "NO_PENDING_USER_INVITATION",
            )
            for method, tail, body, state in [
                ("DELETE", "", None, "ACCEPTED"),
                ("POST", "/resend", {}, "DECLINED"),
                ("POST", "/resend", {}, "CANCELED"),
                ("PUT", "", _EDIT, "CANCELED"),
            ]
        ),
        (
            "edit with an e-mail",
            "2",
            of_invitation("PUT", "", {**_EDIT, "email": "a@b.org"}),
            of_invitation("PUT", "", _EDIT),
            *BODY,
        ),
        ("edit without roles", "2", of_invitation("PUT", "", {}), of_invitation("PUT", "", _EDIT), *BODY),
    ]
]


@table([*WEBHOOKS, *TOKENS, *CAPSULES, *INVITATIONS])
def test_a_constraint(stage: Stage, row: Row) -> None:
    """The violation gets exactly the row's status and code; the same call without it is accepted."""
    row.prove(stage)
