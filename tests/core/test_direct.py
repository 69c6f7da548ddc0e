"""A call pays for what it needs: its transport is asked directly, and no thread where nothing blocks."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import attrs
import httpx
import pytest

import paraph
from paraph.errors import UsageError, VendorError
from paraph.flow import Flow, call, http
from paraph.flow.commands import Call, Command, Http
from paraph.flow.places import Places
from paraph.flow.runners import AsyncRunner, SyncRunner
from paraph.flow.session import USER_AGENT, Sessions, client_options
from paraph.model import Document
from paraph.ops import calling
from paraph.provider import Account, Action, Repeat
from support.server import Answering
from support.tiny import TinyProvider, tiny_kernel


def sent(flow: Flow[Any]) -> Any:
    """Run a flow with a client that the environment configures, as applications do."""
    with httpx.Client(**client_options()) as client:
        return SyncRunner(Sessions(lambda _: client)).run(flow)


def sent_async(flow: Flow[Any]) -> Any:
    """Do the same in an event loop."""

    async def main() -> Any:
        async with httpx.AsyncClient(**client_options()) as client:
            return await AsyncRunner(Sessions(lambda _: client)).run(flow)

    return asyncio.run(main())


both = pytest.mark.parametrize("run", [sent, sent_async], ids=["sync", "async"])
Run = Callable[[Flow[Any]], Any]


@both
def test_a_proxy_of_the_environment_is_used(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request goes to the proxy that the environment names, and past it where the environment says so."""
    with Answering() as proxy, Answering() as vendor:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        run(http(httpx.Request("GET", "http://vendor.example/status")))
        assert (["http://vendor.example/status"], []) == (proxy.asked, vendor.asked)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        run(http(httpx.Request("GET", f"{vendor.url}/status")))
        assert (1, ["/status"]) == (len(proxy.asked), vendor.asked)


@both
def test_a_request_is_complete(run: Run) -> None:
    """It says who asks and which encodings are understood, unless its author said so."""
    with Answering() as vendor:
        run(http(httpx.Request("GET", vendor.url)))
        run(
            http(
                httpx.Request(
                    "GET", vendor.url, headers={"User-Agent": "mine", "Accept-Encoding": "identity"}
                )
            )
        )
    shown = [(each["user-agent"], each["accept-encoding"]) for each in vendor.headers]
    assert [(USER_AGENT, "gzip, deflate"), ("mine", "identity")] == shown


@both
def test_no_cookie_is_sent_back(run: Run) -> None:
    """What a vendor wants to be remembered as a cookie is not: the next request has none."""
    with Answering({"Set-Cookie": "session=canary; Path=/"}) as vendor:

        def twice() -> Flow[None]:
            for _ in range(2):
                yield from http(httpx.Request("GET", vendor.url))

        run(twice())
    assert [None, None] == [each.get("cookie") for each in vendor.headers]


def test_a_closed_client_sends_nothing() -> None:
    """Who still holds a client that was closed cannot open connections with it that nobody would close."""
    with Answering() as vendor:
        client = httpx.Client(**client_options())
        client.close()
        runner = SyncRunner(Sessions(lambda _: client))
        with pytest.raises(RuntimeError, match="closed"):
            runner.run(http(httpx.Request("GET", vendor.url)))
    assert [] == vendor.asked


def asked_of(url: str) -> Flow[Any]:
    return (yield from http(httpx.Request("GET", url)))


def test_places_are_taken_again() -> None:
    """There are as many connections as requests at once: one for those in a row, five for five together."""

    async def main(url: str) -> tuple[int, int]:
        async with httpx.AsyncClient(transport=Places(httpx.AsyncHTTPTransport)) as client:
            runner = AsyncRunner(Sessions(lambda _: client))
            for _ in range(3):
                await runner.run(asked_of(url))
            alone = vendor.connections
            for _ in range(3):
                await asyncio.gather(*(runner.run(asked_of(url)) for _ in range(5)))
            return alone, vendor.connections

    with Answering() as vendor:
        assert (1, 5) == asyncio.run(main(vendor.url))


def test_a_place_outlives_a_failure() -> None:
    """Requests that fail, and answers that nobody reads, leave their place to the next."""
    made: list[httpx.AsyncBaseTransport] = []

    def failing(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/broken":
            raise httpx.ConnectError("refused")
        return httpx.Response(200, content=b"x" * 100)

    def make() -> httpx.AsyncBaseTransport:
        made.append(httpx.MockTransport(failing))
        return made[-1]

    async def main() -> None:
        async with httpx.AsyncClient(transport=Places(make)) as client:
            runner = AsyncRunner(Sessions(lambda _: client))
            for path, limit in (("/broken", 1000), ("/large", 10), ("/", 1000)) * 2:
                request = httpx.Request("GET", f"http://vendor.example{path}")
                with suppress(VendorError):
                    await runner.run(http(request, limit=limit))

    asyncio.run(main())
    assert 1 == len(made)


@pytest.mark.parametrize("proxied", [True, False])
def test_a_client_of_tasks_knows_proxies_too(*, proxied: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The asynchronous client asks the proxy that the environment names, and else the vendor."""
    with Answering() as proxy, Answering() as vendor:
        if proxied:
            monkeypatch.setenv("HTTP_PROXY", proxy.url)
        account = {
            "provider": "ignisign",
            "environment": "test",
            "api_key": "env:KEY",
            "base_url": vendor.url,
        }
        key = "skv2_staging_1b4e28ba-2fa1-41d2-883f-0016d3cca427_secret"
        config = paraph.Config.from_mapping({"accounts": {"a": account}}, environ={"KEY": key})

        async def main() -> None:
            async with paraph.AsyncClient.from_config(config) as client:
                await client.call("a", "application.health")

        asyncio.run(main())
    assert (1, 0) == (len(proxy.asked), len(vendor.asked))[:: 1 if proxied else -1]


@attrs.frozen(kw_only=True)
class Given:
    """Parameters of which one may name a file."""

    text: str
    number: int | None = None
    document: Document | None = None


class Acting(TinyProvider):
    """The tiny vendor with one action that asks nothing and answers with its parameters."""

    @property
    def actions(self) -> dict[str, Action[Any, Any]]:
        def run(_: Account[Any], given: Given) -> Flow[Given]:
            yield from call(lambda: None)
            return given

        return {
            "echo": Action(
                name="echo",
                summary="Echo.",
                source="here",
                repeat=Repeat.READ,
                params=Given,
                result=Given,
                run=run,
            )
        }


@contextmanager
def commands(kernel: Any, **params: Any) -> Iterator[list[Command]]:
    """Run the action and note what reaches the runner."""
    seen: list[Command] = []
    flow = calling.call(kernel, "a", "echo", **params)
    command = next(flow)
    try:
        while True:
            seen.append(command)
            assert isinstance(command, Call)
            command = flow.send(command.function(*command.args))
    except StopIteration:
        yield seen


def test_what_is_known_needs_no_thread(tmp_path: Any) -> None:
    """Secrets are resolved off the event loop, once; so are files read, and nothing else."""
    kernel = tiny_kernel()
    kernel.registry.one = Acting()  # type: ignore[attr-defined]  # of the stand-in
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.4\n%%EOF\n")
    own = 1  # the action's
    with commands(kernel, text="x", number=1) as first:
        assert 1 + own == len(first)
    with commands(kernel, text="x", number=1) as second:
        assert own == len(second)
    with commands(kernel, text="x", document=str(path)) as third:
        assert 1 + own == len(third)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"text": 1}, "text has another type"),
        ({"number": 1}, "text is missing"),
        ({"text": "x", "number": True}, "number has another type"),
        ({"text": "x", "number": "1"}, "number has another type"),
    ],
)
def test_plain_values_are_checked_all_the_same(given: dict[str, Any], said: str) -> None:
    """What is taken as it is has just the declared type; everything else is refused as ever."""
    kernel = tiny_kernel()
    kernel.registry.one = Acting()  # type: ignore[attr-defined]  # of the stand-in
    with pytest.raises(UsageError, match=said), commands(kernel, **given):
        pass


def test_a_method_knows_itself_when_it_is_looked_up() -> None:
    """A method that was not used yet shows its signature and its text, and is an ordinary method then."""
    code = (
        "import sys, inspect, paraph; Client = paraph.Client\n"
        "before = 'paraph.ops.send' in sys.modules\n"
        "print(before, list(inspect.signature(Client.send).parameters)[:2], bool(Client.send.__doc__))\n"
        "print('paraph.ops.send' in sys.modules, inspect.isfunction(vars(Client)['send']))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert ["False ['self', 'envelope'] True", "True True"] == shown.splitlines()
    assert inspect.iscoroutinefunction(paraph.AsyncClient.send)


def test_http_is_the_only_command_of_a_bare_request() -> None:
    """The measurement of commands sees what a flow yields."""
    flow = http(httpx.Request("GET", "https://vendor.example/"))
    assert isinstance(next(flow), Http)
    flow.close()
