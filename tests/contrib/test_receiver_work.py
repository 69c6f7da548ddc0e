"""What the receiver does with deliveries after it has answered."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from paraph import AsyncClient, Client, Outcome, OutcomeKind, Store
from paraph.errors import ConfigurationError
from paraph_web import Receiver, app
from paraph_web.worker import Worker
from support.asgi import ask, chunk
from support.ports import free_port
from support.post_office import SECRET, AnyClient, Office, OpenOffice, eventually

PATH = f"/one/{SECRET}"
KINDS = pytest.mark.parametrize("kind", [Client, AsyncClient])


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition without blocking the loop."""
    assert await asyncio.to_thread(eventually, condition)


@KINDS
def test_what_waits_from_before_is_processed_at_the_start(
    open_office: OpenOffice, kind: type[AnyClient]
) -> None:
    """A delivery that was stored when the process died is processed when the next one starts."""
    office = open_office()
    office_client = office.client(Client)
    assert isinstance(office_client, Client)
    office_client.receive("one", headers={}, body=b"left over")
    assert 1 == office.waiting()

    async def run() -> None:
        async with Receiver(office.client(kind)).working():
            await until(lambda: office.waiting() == 0)

    asyncio.run(run())
    assert ["one"] == office.vendor.checked


@KINDS
def test_the_answer_does_not_wait_for_the_vendor(open_office: OpenOffice, kind: type[AnyClient]) -> None:
    """200 comes while the check at the vendor still runs; stopping waits for the check."""
    office = open_office()
    office.vendor.gates["one"] = threading.Event()

    async def run() -> None:
        receiver = Receiver(office.client(kind))
        async with receiver.working():
            assert 200 == (await ask(receiver, PATH, chunk(b"{}"))).status
            assert 1 == office.waiting()
            asyncio.get_running_loop().call_later(0.05, office.vendor.gates["one"].set)
        assert 0 == office.waiting()

    asyncio.run(run())


@KINDS
def test_a_vendor_that_is_down_is_asked_again(open_office: OpenOffice, kind: type[AnyClient]) -> None:
    """The delivery stays stored while the vendor is down, and is processed when it is back."""
    office = open_office()
    office.vendor.down.add("one")
    told: list[Outcome] = []

    async def run() -> None:
        receiver = Receiver(office.client(kind), on_outcome=told.append)
        async with receiver.working():
            await ask(receiver, PATH, chunk(b"{}"))
            await until(lambda: len(office.vendor.checked) > 0)
            assert 1 == office.waiting()
            office.vendor.down.clear()
            await until(lambda: office.waiting() == 0)
            await until(lambda: len(told) > 2 and told[-1].kind is OutcomeKind.ACCEPTED)

    asyncio.run(run())
    first, *between, last = (outcome.kind for outcome in told)
    assert (OutcomeKind.ACCEPTED, OutcomeKind.ACCEPTED) == (first, last)
    assert {OutcomeKind.UNAVAILABLE} == set(between)
    assert 1 == len(told[-1].events)


@KINDS
def test_a_vendor_that_does_not_answer_holds_up_no_other_account(
    open_office: OpenOffice, kind: type[AnyClient]
) -> None:
    """While many checks of one account hang, deliveries of another are stored and processed."""
    office = open_office("one", "two")
    office.vendor.gates["one"] = threading.Event()

    async def run() -> None:
        receiver = Receiver(office.client(kind))
        async with receiver.working():
            for number in range(12):
                assert 200 == (await ask(receiver, PATH, chunk(b"%d" % number))).status
            assert 200 == (await ask(receiver, f"/two/{SECRET}", chunk(b"{}"))).status
            await until(lambda: "two" in office.vendor.checked)
            assert [] == [each for each in office.vendor.checked if each == "one"]
            office.vendor.gates["one"].set()
            await until(lambda: office.waiting() == 0)

    asyncio.run(run())


def test_a_backlog_leaves_requests_their_turn(open_office: OpenOffice) -> None:
    """Where processing waits for nothing, a request is answered between two deliveries, not after all."""
    office = open_office(store="memory")
    before = office.client(Client)
    assert isinstance(before, Client)
    for number in range(50):
        before.receive("one", headers={}, body=b"%d" % number)
    asked: list[asyncio.Task[None]] = []
    left: list[int] = []

    async def post(receiver: Receiver) -> None:
        assert 200 == (await ask(receiver, PATH, chunk(b"now"))).status
        left.append(office.waiting())

    async def run() -> None:
        def tell(outcome: Outcome) -> None:
            if not asked:
                asked.append(asyncio.create_task(post(receiver)))

        client = office.client(AsyncClient)
        assert isinstance(client, AsyncClient)
        first = await client.receive("one", headers={}, body=b"the account is looked up once")
        await client.process(first.delivery_id or "")
        receiver = Receiver(client, on_outcome=tell)
        async with receiver.working():
            await until(lambda: office.waiting() == 0)

    asyncio.run(run())
    assert left[0] > 25


class Interrupting:
    """Calls that process, the first time ending as a task that is cancelled from outside does."""

    in_all, per_account = 4, 1

    def __init__(self) -> None:
        self.processed: list[str] = []
        self.sweeps = 0

    async def process(self, delivery_id: str) -> Outcome:
        self.processed.append(delivery_id)
        await asyncio.sleep(0)
        if delivery_id == "1":
            raise asyncio.CancelledError
        return Outcome(kind=OutcomeKind.ACCEPTED, status=200, delivery_id=delivery_id)

    async def due(self) -> list[tuple[str, str]]:
        """Return what is stored and not processed, as the store would."""
        self.sweeps += 1
        return [("one", each) for each in "12345" if each not in self.processed]


def processed_behind_one_that_is_cut_short(worker: type[Worker]) -> list[str]:
    """Offer five deliveries, the first of which ends badly; return what was processed after some sweeps."""
    calls = Interrupting()

    async def run() -> None:
        working = worker(calls, lambda _: None, sweep=0.001)  # type: ignore[arg-type]  # behaves like one
        for each in "12345":
            working.offer("one", each)
        working.start()
        await until(lambda: calls.sweeps > 20)
        await working.stop()

    asyncio.run(run())
    return sorted(calls.processed)


def test_one_that_is_cut_short_holds_up_none_behind_it() -> None:
    """What waited behind it is offered again by the sweep."""
    assert ["1", "2", "3", "4", "5"] == processed_behind_one_that_is_cut_short(Worker)


def test_without_letting_go_what_waits_behind_it_would_stick() -> None:
    """Negative control: what stays in hand is never offered again."""

    class Clinging(Worker):
        async def _work(self, lane: Any) -> None:
            try:
                while lane.waiting:
                    await self._process(lane.waiting.popleft())
            finally:
                lane.working -= 1

    assert ["1"] == processed_behind_one_that_is_cut_short(Clinging)


class Held:
    """A store whose transactions begin when ``gate`` is open."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.gate = threading.Event()
        self.gate.set()

    @contextmanager
    def begin(self) -> Iterator[Any]:
        assert self.gate.wait(60)
        with self._store.begin() as tx:
            yield tx

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def stored_after_hanging_up(office: Office, kind: type[AnyClient]) -> list[bytes]:
    """Cancel two requests whose bodies have arrived before anything is committed; return what is stored."""
    store = Held(office.store)
    bodies = [b"the first leads", b"the second stands in the line"]

    async def run() -> None:
        client: AnyClient = kind(office.config, registry=office.registry, store=store)  # type: ignore[arg-type]  # behaves like one
        receiver, commits = Receiver(client), client._kernel.commits
        async with receiver.working():
            await ask(receiver, PATH, chunk(b"what is known of the account is looked up"))
            await until(lambda: office.waiting() == 0)
            store.gate.clear()
            asked = []
            for body in bodies:
                asked.append(asyncio.create_task(ask(receiver, PATH, chunk(body))))
                await until(lambda: commits._led and len(commits._line) == len(asked) - 1)
            for request in asked:
                request.cancel()
            ended = await asyncio.gather(*asked, return_exceptions=True)
            assert all(isinstance(each, asyncio.CancelledError) for each in ended)
            store.gate.set()

    asyncio.run(run())
    return [body for body in bodies if office.find(body)]


@KINDS
def test_what_arrived_whole_is_stored_though_its_caller_hung_up(
    open_office: OpenOffice, kind: type[AnyClient]
) -> None:
    """Where a server cancels requests that nobody waits for, their deliveries are stored all the same."""
    assert 2 == len(stored_after_hanging_up(open_office(), kind))


def test_without_finishing_what_was_cancelled_a_delivery_is_lost(
    open_office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the second one's change leaves the line with its request."""
    finish = Worker.finish

    def forget(self: Worker, work: Coroutine[Any, Any, object]) -> None:
        if work.__name__ == "_keep":
            work.close()
        else:
            finish(self, work)

    monkeypatch.setattr(Worker, "finish", forget)
    assert [b"the first leads"] == stored_after_hanging_up(open_office(), AsyncClient)


def test_the_lifespan_starts_and_drains(open_office: OpenOffice) -> None:
    """An ASGI server's lifespan is answered, starts the work, and ends it after what is in hand."""
    office = open_office()
    blocking = office.client(Client)
    assert isinstance(blocking, Client)
    blocking.receive("one", headers={}, body=b"left over")
    sent: list[str] = []

    async def run() -> None:
        incoming: asyncio.Queue[dict[str, str]] = asyncio.Queue()

        async def send(message: Any) -> None:
            sent.append(message["type"])

        living = asyncio.create_task(Receiver(blocking)({"type": "lifespan"}, incoming.get, send))
        await incoming.put({"type": "lifespan.startup"})
        await until(lambda: office.waiting() == 0)
        await incoming.put({"type": "lifespan.shutdown"})
        await living
        assert 1 == len(asyncio.all_tasks())

    asyncio.run(run())
    assert ["lifespan.startup.complete", "lifespan.shutdown.complete"] == sent


def test_a_receiver_without_lifespan_works_with_the_first_request(open_office: OpenOffice) -> None:
    """Mounted into an application it gets no lifespan, and processes all the same, in any event loop."""
    office = open_office()
    receiver = Receiver(office.client())

    async def run(body: bytes) -> None:
        assert 200 == (await ask(receiver, PATH, chunk(body))).status
        await until(lambda: office.waiting() == 0)

    asyncio.run(run(b"first"))
    asyncio.run(run(b"second"))
    assert ["one", "one"] == office.vendor.checked


def test_a_web_socket_is_closed(open_office: OpenOffice) -> None:
    """What is no HTTP is refused in its own terms."""
    sent: list[Any] = []

    async def run() -> None:
        async def send(message: Any) -> None:
            sent.append(message)

        await Receiver(open_office().client())({"type": "websocket"}, send, send)

    asyncio.run(run())
    assert ["websocket.close"] == [message["type"] for message in sent]


CONFIG = """
[accounts.one]
provider = "ignisign"
environment = "test"
app_env = "STAGING"
app_id = "an-app"
app_secret = "env:APP_SECRET"
{secret}

[store]
url = "sqlite:///receiver.db"

[webhooks]
public_url = "https://app.example/hooks"
"""


def test_the_factory_refuses_to_start_without_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``paraph_web.app`` names the missing key, and closes the store that it opened."""
    monkeypatch.setenv("APP_SECRET", "s" * 40)
    config = tmp_path / "paraph.toml"
    config.write_text(CONFIG.format(secret=""))
    with pytest.raises(ConfigurationError, match=r"accounts\.one\.webhook_secret"):
        app(config)


def test_the_command_serves_stores_and_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``paraph receiver`` answers over HTTP, prints no path secret, and closes the store at SIGTERM."""
    monkeypatch.setenv("APP_SECRET", "s" * 40)
    monkeypatch.setenv("HOOK", SECRET)
    config = tmp_path / "paraph.toml"
    config.write_text(CONFIG.format(secret='webhook_secret = "env:HOOK"'))
    port = free_port()
    start = (
        "import sys; from paraph_web.commands import receiver; "
        "sys.exit(receiver.main(sys.argv[1:], standalone_mode=False))"
    )
    arguments = [sys.executable, "-c", start, "--config", str(config), "--port", str(port)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        base = f"http://127.0.0.1:{port}/hooks/one"
        try:
            assert eventually(lambda: answered(f"{base}/wrong") == 404)
            assert 200 == answered(f"{base}/{SECRET}")
        finally:
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=60)
    assert SECRET not in output
    assert "wrong" not in output
    assert (tmp_path / "receiver.db").exists()
    assert not (tmp_path / "receiver.db-wal").exists()


def answered(url: str) -> int | None:
    """Post nothing much; ``None`` if nobody answers."""
    try:
        return httpx.post(url, content=b"{}", trust_env=False).status_code
    except httpx.TransportError:
        return None
