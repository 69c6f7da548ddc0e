"""Authentication by contract section 3: three shapes of keys, one exchange, renewed before its end."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx
import pytest

from paraph import AsyncClient, Client, Config
from paraph.errors import (
    AuthenticationFailed,
    ConfigurationError,
    MalformedResponse,
    PermissionDenied,
    VendorUnavailable,
)
from paraph.model import Secret
from paraph.store.memory import MemoryStore
from paraph_ignisign import auth
from paraph_ignisign.simulator import create
from support.hand import AT, Talk, answer_of
from support.ignisign_account import KEY, account

OLD = "sk_staging_0d2a7f3e-8e5b-4b0c-9a55-0f9c3b1d2e4f"
EXCHANGED = {"appId": "appId_1", "appEnv": "STAGING", "secret": OLD}


def jwt(**claims: object) -> str:
    """Make a token with these claims and no signature."""
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{payload}.c2ln"


def old(**options: Any) -> Any:
    """Make an account with an old secret."""
    plain = {"app_secret": Secret(OLD), "app_id": "appId_1", "app_env": "STAGING"}
    return account(**{**plain, **options})


# By hand


def test_a_v2_key_is_the_bearer_itself() -> None:
    """A new key is used as it is, and a refused one cannot be renewed."""
    expected = {"Authorization": f"Bearer {KEY}"}
    assert expected == answer_of(auth.authorize(account(), None))
    assert expected == answer_of(auth.authorize(account(), expected))


def test_an_old_secret_is_exchanged_once_and_renewed_when_refused() -> None:
    """The exchanged token is shared; the token that was refused is replaced, a newer one is not."""
    shared: dict[str, Any] = {}
    token = jwt(exp=int((AT + timedelta(hours=1)).timestamp()))
    first = Talk(auth.authorize(old(), None), shared=shared)
    first.expect("POST", "/v4/auth/app-api", body=EXCHANGED, reply={"jwtToken": token})
    assert {"Authorization": f"Bearer {token}"} == first.result
    assert Talk(auth.authorize(old(), None), shared=shared).over
    refused = {"Authorization": f"Bearer {token}"}
    again = Talk(auth.authorize(old(), refused), shared=shared)
    again.expect("POST", "/v4/auth/app-api", body=EXCHANGED, reply={"jwtToken": jwt(n=2)})
    late = Talk(auth.authorize(old(), refused), shared=shared)
    assert late.over, "somebody renewed it already"
    other = Talk(auth.authorize(old(), {"X-Other": "1"}), shared=shared)
    assert other.over, "headers that hold no token refuse none"


def test_a_token_is_renewed_the_configured_seconds_before_its_end() -> None:
    """With a margin of 300 s a token of an hour serves for 55 minutes."""
    shared: dict[str, Any] = {}
    made = old(jwt_skew=300)
    first = Talk(auth.authorize(made, None), shared=shared)
    token = jwt(exp=int((AT + timedelta(hours=1)).timestamp()))
    first.expect("POST", "/v4/auth/app-api", reply={"jwtToken": token})
    for minutes, asks in ((54.9, False), (55.1, True)):
        later = Talk(auth.authorize(made, None), shared=shared, at=AT + timedelta(minutes=minutes))
        assert asks is not later.over


def test_a_refused_exchange_is_an_authentication_failure() -> None:
    """Whatever 4xx refuses the exchange, it is the credentials; a failing server stays a failing server."""
    for status, code in (
        (400, "API_AUTH_BAD_REQUEST"),
        (401, "AUTHENTICATION_FAILED"),
        (403, "X"),
        (404, "APP_NOT_FOUND"),
    ):
        talk = Talk(auth.authorize(old(), None))
        with pytest.raises(AuthenticationFailed, match=code) as caught:
            talk.expect("POST", "/v4/auth/app-api", status=status, reply={"code": code, "message": OLD})
        assert "app_secret" in str(caught.value)
        assert OLD not in str(caught.value)
    talk = Talk(auth.authorize(old(), None))
    with pytest.raises(VendorUnavailable):
        talk.expect("POST", "/v4/auth/app-api", status=503, reply=None)


@pytest.mark.parametrize("token", ["a b", "", "é", "a\nb", None, 7])
def test_what_cannot_stand_in_a_header_is_no_token(token: object) -> None:
    """An exchange that answers something else is a malformed answer, and sends no broken header."""
    talk = Talk(auth.authorize(old(), None))
    with pytest.raises(MalformedResponse):
        talk.expect("POST", "/v4/auth/app-api", reply={"jwtToken": token})


@pytest.mark.parametrize("text", ["", "a.b", "a.!.c", "a.e30.c", jwt(exp="1"), jwt(exp=True), jwt(exp=1e30)])
def test_a_token_without_a_readable_end_is_used_until_refused(text: str) -> None:
    """A token whose end cannot be read has none."""
    assert auth.expiry_of(Secret(text)) is None


def test_the_end_of_a_token_is_read_in_utc() -> None:
    """The claim exp counts seconds since 1970, UTC."""
    assert datetime(2025, 3, 1, 12, tzinfo=UTC) == auth.expiry_of(Secret(jwt(exp=1740830400)))


# Over HTTP


class Recorder(httpx.HTTPTransport):
    """Real HTTP that counts paths and answers, and remembers the last bearer."""

    def __init__(self) -> None:
        super().__init__()
        self.paths: list[str] = []
        self.statuses: list[int] = []
        self.bearers: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Note the request and send it."""
        self.paths.append(request.url.path)
        self.bearers.add(request.headers.get("authorization", ""))
        response = super().handle_request(request)
        self.statuses.append(response.status_code)
        return response

    @property
    def exchanges(self) -> int:
        """How often a token was asked for."""
        return self.paths.count("/v4/auth/app-api")


@attrs.define
class Stage:
    """A running simulator, and the time of both sides."""

    simulator: Any
    base_url: str
    ahead: timedelta = timedelta()

    def config(self, **options: Any) -> Config:
        """Make a configuration whose account has these options, and is at the simulator."""
        known = {"provider": "ignisign", "environment": "test", "base_url": self.base_url}
        table = {key: value for key, value in {**known, **options}.items() if value is not None}
        return Config.from_mapping({"accounts": {"hr": table}}, source="test")

    def client(self, wire: Recorder, *, environment: str = "test", **options: Any) -> Client:
        """Make a client of an account with these options, whose requests are written down."""
        config = self.config(environment=environment, **options)
        parts = {"registry": config.registry, "store": MemoryStore()}
        return Client(config, transport=wire, clock=self.clock, **parts)

    def clock(self) -> datetime:
        """Tell the client's time: never that of the simulator, which may be set differently."""
        return datetime.now(UTC) + self.ahead


@pytest.fixture(scope="module")
def vendor() -> Any:
    """One simulator whose tokens live ten minutes."""
    simulator = create(jwt_lifetime=timedelta(minutes=10))
    with simulator.running() as base_url:
        yield simulator, base_url


@pytest.fixture
def stage(vendor: Any) -> Stage:
    """The simulator, at the real time."""
    return Stage(*vendor)


def secret_of(monkeypatch: pytest.MonkeyPatch, value: str) -> str:
    """Put a secret where a configuration may refer to it."""
    monkeypatch.setenv("PARAPH_TEST_IGNISIGN", value)
    return "env:PARAPH_TEST_IGNISIGN"


def shapes(simulator: Any) -> dict[str, Callable[[Callable[[str], str]], dict[str, str]]]:
    """Return the options for each shape of a key, given where to put its secret."""
    keys = simulator.tenant.credentials
    v2 = keys.api_key("STAGING")
    beside = {"app_id": keys.app_id, "app_env": "STAGING"}
    return {
        "skv2": lambda place: {"api_key": place(v2)},
        "sk of four parts": lambda place: {"api_key": place("sk_" + v2.removeprefix("skv2_"))},
        "sk of three parts": lambda place: {"app_secret": place(keys.old_secret("STAGING")), **beside},
        "the guide's TEST": lambda place: {
            "app_secret": place(keys.old_secret("STAGING")),
            **beside,
            "app_env": "TEST",
        },
        "TEST beside a v2 key": lambda place: {"api_key": place(v2), "app_env": "test"},
    }


@pytest.mark.parametrize(
    ("shape", "exchanges"),
    [
        ("skv2", 0),
        ("sk of four parts", 0),
        ("sk of three parts", 1),
        ("the guide's TEST", 1),
        ("TEST beside a v2 key", 0),
    ],
)
def test_each_shape_of_a_key_is_accepted(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, shape: str, exchanges: int
) -> None:
    """Both new shapes are bearers, the old one is exchanged once for two calls; TEST is said as STAGING."""
    options = shapes(stage.simulator)[shape](lambda value: secret_of(monkeypatch, value))
    wire = Recorder()
    with stage.client(wire, **options) as client:
        assert client.call("hr", "profiles.list")
        assert client.call("hr", "profiles.list")
    assert exchanges == wire.exchanges
    assert {200} == set(wire.statuses)
    assert not [path for path in wire.paths if "TEST" in path.upper().split("/")]


def test_a_token_is_renewed_before_the_vendor_refuses_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute before its end another token is used, and no request ever meets a refusal."""
    options = shapes(stage.simulator)["sk of three parts"](lambda value: secret_of(monkeypatch, value))
    wire = Recorder()
    with stage.client(wire, **options) as client:
        for minutes, exchanges in ((0, 1), (8.9, 1), (9.1, 2)):
            stage.ahead = timedelta(minutes=minutes)
            assert client.call("hr", "profiles.list")
            assert exchanges == wire.exchanges
    assert {200} == set(wire.statuses)


def test_a_token_that_the_vendor_refuses_early_is_replaced(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A vendor whose clock is ahead of ours refuses what we hold for good: one renewal, and it works."""
    options = shapes(stage.simulator)["sk of three parts"](lambda value: secret_of(monkeypatch, value))
    wire = Recorder()
    with stage.client(wire, **options) as client:
        assert client.call("hr", "profiles.list")
        stage.simulator.clock.advance(timedelta(minutes=11))
        assert client.call("hr", "profiles.list")
    assert (2, 1) == (wire.exchanges, wire.statuses.count(401))


def test_many_callers_cause_one_exchange(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads that start together wait for one exchange and use its token."""
    options = shapes(stage.simulator)["sk of three parts"](lambda value: secret_of(monkeypatch, value))
    wire = Recorder()
    start = threading.Barrier(8)
    with stage.client(wire, **options) as client:

        def work() -> None:
            start.wait()
            client.call("hr", "profiles.list")

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (1, 8) == (wire.exchanges, len(wire.paths) - wire.exchanges)
    assert {200} == set(wire.statuses)


def test_many_tasks_cause_one_exchange(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """So do eight tasks of one event loop."""
    options = shapes(stage.simulator)["sk of three parts"](lambda value: secret_of(monkeypatch, value))
    paths: list[str] = []

    class Counting(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            paths.append(request.url.path)
            return await super().handle_async_request(request)

    async def main() -> None:
        config = stage.config(**options)
        made = AsyncClient(config, registry=config.registry, store=MemoryStore(), transport=Counting())
        async with made as client:
            await asyncio.gather(*(client.call("hr", "profiles.list") for _ in range(8)))

    asyncio.run(main())
    assert (1, 8) == (paths.count("/v4/auth/app-api"), len(paths) - 1)


@pytest.mark.parametrize(
    ("environment", "options", "says"),
    [
        ("production", {"api_key": "STAGING"}, "PRODUCTION"),
        ("test", {"api_key": "PRODUCTION"}, "PRODUCTION"),
        ("test", {"api_key": "STAGING", "app_env": "DEVELOPMENT"}, "app_env"),
        ("production", {"app_secret": "STAGING", "app_env": "TEST"}, "PRODUCTION"),
    ],
)
def test_a_key_of_another_environment_is_refused_before_any_request(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, environment: str, options: dict[str, str], says: str
) -> None:
    """An account and its key that name different environments are a configuration error without a request."""
    keys = stage.simulator.tenant.credentials
    makers = {"api_key": keys.api_key, "app_secret": keys.old_secret}
    made = {
        name: secret_of(monkeypatch, makers[name](value)) if name in makers else value
        for name, value in options.items()
    }
    if "app_secret" in made:
        made["app_id"] = keys.app_id
    wire = Recorder()
    with (
        pytest.raises(ConfigurationError, match=says) as caught,
        stage.client(wire, environment=environment, **made) as client,
    ):
        client.call("hr", "profiles.list")
    assert [] == wire.paths
    assert keys.api_key("STAGING") not in str(caught.value)


def test_an_old_secret_of_another_environment_is_the_vendors_to_refuse(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old secret names its environment only for people; the exchange refuses it, nothing else is sent."""
    keys = stage.simulator.tenant.credentials
    made = {"app_secret": secret_of(monkeypatch, keys.old_secret("DEVELOPMENT"))}
    wire = Recorder()
    beside = {"app_id": keys.app_id, "app_env": "STAGING"}
    with pytest.raises(AuthenticationFailed), stage.client(wire, **made, **beside) as client:
        client.call("hr", "profiles.list")
    assert {"/v4/auth/app-api"} == set(wire.paths)


def test_negative_control_the_vendor_refuses_a_key_of_another_environment(stage: Stage) -> None:
    """Without the check the request would reach the vendor, which answers INVALID_CONTEXT."""
    keys = stage.simulator.tenant.credentials
    path = f"/v4/applications/{keys.app_id}/envs/STAGING/signer-profiles"
    bearer = {"authorization": f"Bearer {keys.api_key('DEVELOPMENT')}"}
    answer = httpx.get(stage.base_url + path, headers=bearer)
    assert (403, "INVALID_CONTEXT") == (answer.status_code, answer.json()["code"])
    error = auth.vendor_error(answer)
    assert isinstance(error, PermissionDenied)
