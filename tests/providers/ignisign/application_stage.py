"""Applications of every type, and calls of them that break a constraint or keep it.

A row is one constraint: where the contract states it, a call that violates it and the refusal, and the same
call without the violation, which has to be accepted. What a call needs is made when it is sent.
"""

import base64
import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import attrs
import httpx
import pytest

from paraph_ignisign.simulator import DEFAULT_PROFILES, ProfileSpec, create
from providers.ignisign.simulator_driver import Driver

PROFILES = (
    *DEFAULT_PROFILES,
    ProfileSpec(name="Staff", integration_mode="EMBEDDED", email_domains=("staff.example",)),
    ProfileSpec(
        name="Nearly nameless",
        integration_mode="EMBEDDED",
        inputs_needed=("lastName",),
        optional_inputs=("email",),
    ),
    ProfileSpec(name="Old", status="ARCHIVED"),
    ProfileSpec(name="One-off", integration_mode="EMBEDDED", is_recurrent=False),
)
DROP = object()
"""What `changed` removes instead of replacing it."""
SOMEBODY = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org"}
HASH_44 = base64.b64encode(hashlib.sha256(b"log").digest()).decode()
BODY = (400, "BODY_VALIDATION_FAILED")
NOT_HERE = (403, "FEATURE_NOT_AVAILABLE")
"""What an application of another type is told (assumption: no source says)."""


class Stage:
    """One running simulator per type of application, started when a row needs it."""

    def __init__(self, open_: ExitStack) -> None:
        self._open = open_
        self._drivers: dict[str, Driver] = {}

    def __getitem__(self, app_type: str) -> Driver:
        """Return the application of this type."""
        if app_type not in self._drivers:
            simulator = create(app_type=app_type, profiles=PROFILES)
            base_url = self._open.enter_context(simulator.running())
            self._drivers[app_type] = self._open.enter_context(Driver(simulator, base_url))
        return self._drivers[app_type]


@attrs.frozen
class Ask:
    """One call of one application. `bearer` None: its own key; "": no header at all."""

    method: str
    path: str
    body: Any = None
    app: str = "SIGNATURE"
    bearer: str | None = None
    headers: dict[str, str] = attrs.field(factory=dict)

    def send(self, stage: Stage) -> httpx.Response:
        """Make the call."""
        driver = stage[self.app]
        path = self.path.replace("OWN", f"/v4/applications/{driver.app_id}")
        headers = dict(self.headers)
        if self.bearer:
            headers["authorization"] = self.bearer
        if self.bearer == "":
            with Driver(driver.simulator, driver.base_url) as stranger:
                del stranger.http.headers["authorization"]
                return stranger.raw(self.method, path, self.body, headers=headers)
        return driver.raw(self.method, path, self.body, headers=headers)


Making = Callable[[Stage], Ask]


@attrs.frozen
class Row:
    """One constraint. `place` is a section of the contract; "assumed" marks a code that it leaves open."""

    name: str
    place: str
    bad: Making
    good: Making
    status: int
    code: str

    def prove(self, stage: Stage) -> None:
        """Try the violation and its twin."""
        refused = self.bad(stage).send(stage)
        problem = refused.json()
        assert (self.status, self.code) == (refused.status_code, problem.get("code")), problem
        assert self.status == problem["status"]
        accepted = self.good(stage).send(stage)
        assert accepted.status_code == httpx.codes.OK, accepted.text


def table(rows: list[Row]) -> pytest.MarkDecorator:
    """Return the parametrisation over `rows`: each has a name of its own and a place in the contract."""
    assert len(rows) == len({row.name for row in rows})
    assert all(row.place for row in rows)
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


def changed(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Return `base` with `change`; DROP removes a key."""
    return {name: value for name, value in {**base, **change}.items() if value is not DROP}


def bodies(
    name: str,
    place: str,
    method: str,
    path: str,
    good: dict[str, Any],
    violations: list[tuple[str, dict[str, Any], int, str]],
    *,
    app: str = "SIGNATURE",
    bearer: str | None = None,
) -> list[Row]:
    """Return one row per violation of one body."""
    return [
        Row(
            f"{name}: {what}",
            place,
            lambda _stage, change=change: Ask(method, path, changed(good, change), app, bearer),
            lambda _stage: Ask(method, path, good, app, bearer),
            status,
            code,
        )
        for what, change, status, code in violations
    ]


def calls(
    place: str, rows: list[tuple[str, str, str, str, Any, int, str]], *, app: str = "SIGNATURE"
) -> list[Row]:
    """Return rows of one method: name, method, bad path, good path, body, status, code."""
    return [
        Row(
            name,
            place,
            lambda _stage, r=(method, bad, body): Ask(r[0], r[1], r[2], app),
            lambda _stage, r=(method, good, body): Ask(r[0], r[1], r[2], app),
            status,
            code,
        )
        for name, method, bad, good, body, status, code in rows
    ]
