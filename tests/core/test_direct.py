"""A call pays for what it needs: its transport is asked directly, and no thread where nothing blocks."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import attrs
import httpcore
import httpx
import pytest

import paraph
from paraph.errors import ConnectFailed, ResponseTooLarge, UsageError
from paraph.flow import Flow, call, http, places
from paraph.flow.commands import Call, Command, Http
from paraph.flow.places import AsyncPlaces, AsyncTransport, Transport
from paraph.flow.runners import AsyncRunner, SyncRunner
from paraph.flow.session import USER_AGENT, Sessions, client_options
from paraph.flow.trust import trusted
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


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no connection be closed because the machine stood still; tests about that set their own time."""
    monkeypatch.setattr(places, "KEPT", 3600.0)


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the environment says of proxies, also that none is for this machine."""
    for name in ("HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@both
@pytest.mark.usefixtures("no_proxies")
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
        async with httpx.AsyncClient(transport=AsyncTransport(trusted())) as client:
            runner = AsyncRunner(Sessions(lambda _: client))
            for _ in range(3):
                await runner.run(asked_of(url))
            alone = vendor.connections
            for _ in range(3):
                await asyncio.gather(*(runner.run(asked_of(url)) for _ in range(5)))
            return alone, vendor.connections

    with Answering() as vendor:
        assert (1, 5) == asyncio.run(main(vendor.url))


def test_threads_take_places_again() -> None:
    """Threads share connections: there are no more than requests at once, and one is enough for a row."""
    with Answering() as vendor, httpx.Client(transport=Transport(trusted())) as client:
        runner = SyncRunner(Sessions(lambda _: client))
        for _ in range(3):
            runner.run(asked_of(vendor.url))
        alone = vendor.connections
        with ThreadPoolExecutor(5) as threads:
            list(threads.map(lambda _: runner.run(asked_of(vendor.url)), range(40)))
        assert 1 == alone
        assert 5 >= vendor.connections


def test_connections_that_nobody_takes_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a burst, requests one by one leave no more connections open than they need."""
    monkeypatch.setattr(places, "KEPT", 0.05)
    with Answering() as vendor, httpx.Client(transport=Transport(trusted())) as client:
        runner = SyncRunner(Sessions(lambda _: client))
        with ThreadPoolExecutor(5) as threads:
            list(threads.map(lambda _: runner.run(asked_of(vendor.url)), range(40)))
        pool = client._transport._pool  # type: ignore[attr-defined]  # of our transport
        deadline = time.monotonic() + 60
        while len(pool._all) > 1 and time.monotonic() < deadline:
            time.sleep(0.02)
            runner.run(asked_of(vendor.url))
        assert 1 == len(pool._all)


def test_tasks_close_connections_that_nobody_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event loop does the same."""
    monkeypatch.setattr(places, "KEPT", 0.05)

    async def main(url: str) -> int:
        async with httpx.AsyncClient(transport=AsyncTransport(trusted())) as client:
            runner = AsyncRunner(Sessions(lambda _: client))
            await asyncio.gather(*(runner.run(asked_of(url)) for _ in range(5)))
            pool = client._transport._pool  # type: ignore[attr-defined]  # of our transport
            for _ in range(200):
                if len(pool._all) > 1:
                    await asyncio.sleep(0.02)
                    await runner.run(asked_of(url))
            return len(pool._all)

    with Answering() as vendor:
        assert 1 == asyncio.run(main(vendor.url))


def placed(flow: Flow[Any]) -> Any:
    """Run a flow as a client does that no environment configures."""
    with httpx.Client(transport=Transport(trusted())) as client:
        return SyncRunner(Sessions(lambda _: client)).run(flow)


def placed_async(flow: Flow[Any]) -> Any:
    """Do the same in an event loop."""

    async def main() -> Any:
        async with httpx.AsyncClient(transport=AsyncTransport(trusted())) as client:
            return await AsyncRunner(Sessions(lambda _: client)).run(flow)

    return asyncio.run(main())


placed_both = pytest.mark.parametrize("run", [placed, placed_async], ids=["sync", "async"])


@placed_both
def test_a_connection_that_was_ended_meanwhile_is_not_taken(run: Run) -> None:
    """A vendor may end an idle connection: the next request gets another one, and does not fail."""

    def around_the_end() -> Flow[int]:
        yield from asked_of(vendor.url)
        yield from asked_of(vendor.url)
        vendor.hang_up()
        answer = yield from asked_of(vendor.url)
        return int(answer.status_code)

    with Answering() as vendor:
        assert (200, 2) == (run(around_the_end()), vendor.connections)


@placed_both
def test_a_connection_whose_answer_was_not_read_is_not_taken(run: Run) -> None:
    """The rest of an answer would be taken for the next one: that comes by another connection, and whole."""

    def around_the_limit() -> Flow[bytes]:
        with pytest.raises(ResponseTooLarge):
            yield from http(httpx.Request("GET", vendor.url), limit=1)
        answer = yield from asked_of(vendor.url)
        return bytes(answer.content)

    with Answering() as vendor:
        assert (b"{}", 2) == (run(around_the_limit()), vendor.connections)


@placed_both
@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "ftp://vendor.example/"])
def test_what_cannot_be_connected_says_so(url: str, run: Run) -> None:
    """A port where nobody listens and a scheme that is not of HTTP: no connection, and nothing was sent."""
    with pytest.raises(ConnectFailed):
        run(asked_of(url))


@placed_both
def test_an_answer_does_not_hold_its_connection(run: Run) -> None:
    """What a flow gets is the answer with its body, not the socket behind it."""
    with Answering() as vendor:
        answer = run(asked_of(vendor.url))
    assert (b"{}", {}, True) == (answer.content, answer.extensions, answer.is_closed)


def test_a_cancelled_request_takes_its_connection_along() -> None:
    """Nobody knows what its answer would still bring: the connection is closed, and the next has another."""
    made: list[Stuck] = []
    under_way = asyncio.Event()

    class Stuck(httpcore.AsyncHTTPConnection):
        closed = False

        async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
            made.append(self)
            under_way.set()
            await asyncio.Event().wait()
            raise AssertionError

        async def aclose(self) -> None:
            self.closed = True

    async def main() -> None:
        places = AsyncPlaces(Stuck)
        for _ in range(2):
            request = httpcore.Request("GET", "http://vendor.example/")
            task = asyncio.create_task(places.handle_async_request(request))
            await asyncio.wait_for(under_way.wait(), 10)
            under_way.clear()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    assert [True, True] == [each.closed for each in made]
    assert made[0] is not made[1]


@pytest.mark.usefixtures("no_proxies")
@pytest.mark.parametrize("proxied", [True, False])
def test_clients_know_proxies_too(*, proxied: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client asks the proxy that the environment names, and else the vendor."""
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
        with paraph.Client.from_config(config) as client:
            client.call("a", "application.health")
    assert (2, 0) == (len(proxy.asked), len(vendor.asked))[:: 1 if proxied else -1]


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


def test_an_overriding_method_runs_once() -> None:
    """A subclass that calls the method it overrides runs once, also the first time that it is looked up."""
    code = (
        "import paraph\n"
        "calls = []\n"
        "class Audited(paraph.Client):\n"
        "    def __init__(self): pass\n"
        "    def refresh(self, *given):\n"
        "        calls.append(given)\n"
        "        return super().refresh(*given)\n"
        "try: Audited().refresh('e1')\n"
        "except AttributeError: print(calls)"  # it has no kernel, and so no vendor
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "[('e1',)]" == shown.strip()


def test_http_is_the_only_command_of_a_bare_request() -> None:
    """The measurement of commands sees what a flow yields."""
    flow = http(httpx.Request("GET", "https://vendor.example/"))
    assert isinstance(next(flow), Http)
    flow.close()
