"""What ``doctor`` finds of a SIGN8 account: what cannot be asked, tokens, and how much is assumed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from paraph import Client, Config
from paraph.provider import Finding
from paraph.store.memory import MemoryStore
from paraph_sign8.simulator import create
from support.sign8_account import BASE, ORGANIZATION

OAUTH = {
    "type": "oauth2",
    "client_id": "us",
    "client_secret": "env:CLIENT",
    "token_url": f"{BASE}/token",
}


def find(**options: Any) -> tuple[dict[str, Finding], list[httpx.Request]]:
    """Look at an account; return what was found, and what the vendor was asked."""
    asked: list[httpx.Request] = []
    token = options.pop("token", httpx.Response(200, json={"access_token": "canary-access"}))

    def vendor(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return token if request.url.path == "/token" else httpx.Response(404)

    table = {
        "provider": "sign8",
        "environment": "test",
        "organization_id": ORGANIZATION,
        "base_url": BASE,
        "dialect": {"base": "simulator"},
        "auth": {"type": "bearer", "token": "env:TOKEN"},
    }
    environ = {"TOKEN": "canary-bearer", "CLIENT": "canary-client"}
    config = Config.from_mapping({"accounts": {"de": {**table, **options}}}, environ=environ)
    transport = httpx.MockTransport(vendor)
    with Client(
        config, registry=config.registry, store=MemoryStore(), transport=transport, pause=lambda _: None
    ) as client:
        found = {each.check: each for each in client.doctor()}
    assert "canary" not in repr(found)
    return found, asked


def test_credentials_cannot_be_asked_for() -> None:
    """No call is known that only reads, so nobody is asked but the server's base URL, and that is said."""
    found, asked = find()
    assert "not asked" == found["credentials"].state.value
    assert [("GET", "/", None)] == [
        (each.method, each.url.path, each.headers.get("authorization")) for each in asked
    ]


@pytest.mark.parametrize(("status", "state"), [(200, "ok"), (401, "fail"), (503, "fail")])
def test_a_token_is_asked_for(status: int, state: str) -> None:
    """Credentials that are exchanged show whether the exchange works."""
    answer = httpx.Response(status, json={"access_token": "canary-access"})
    found, asked = find(auth=OAUTH, token=answer)
    assert state == found["credentials"].state.value
    assert "/token" in {each.url.path for each in asked}


def test_assumptions_are_counted() -> None:
    """What nobody has confirmed is a warning; the simulator's own dialect is known."""
    assert "ok" == find()[0]["dialect"].state.value
    assumed = find(dialect={})[0]["dialect"]
    assert ("warn", True) == (assumed.state.value, "are assumed" in assumed.found)


def test_a_production_account_that_refuses_assumptions() -> None:
    """It fails by its settings, and the vendor is not asked at all."""
    found, asked = find(environment="production", dialect={})
    assert "fail" == found["settings"].state.value
    assert [] == asked


def test_nothing_is_written_at_the_simulator() -> None:
    """Against a simulated vendor on a socket no effect is left."""
    simulator = create()
    with simulator.running() as base_url:
        made = simulator.account(base_url)
        config = Config.from_mapping({"accounts": {"de": made.table}}, environ=made.environment)
        before = simulator.effects.all(), simulator.state()
        with Client(config, registry=config.registry, store=MemoryStore()) as client:
            found = {each.check: each for each in client.doctor()}
        assert before == (simulator.effects.all(), simulator.state())
    assert ("ok", "ok") == (found["server"].state.value, found["clock"].state.value)
