"""The limits of an account: in the file, and as they hold for threads and tasks over real HTTP."""

from __future__ import annotations

import asyncio
import io
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs
import httpx
import pytest

from paraph import AsyncClient, Client, Config
from paraph.errors import ConfigurationError, RateLimited, VendorUnavailable
from paraph.flow import Flow, download, http
from paraph.flow.upload import multipart_request
from paraph.model import Document
from paraph.ops.carry import under
from paraph.ops.pacing import Polls, paced
from paraph.provider import Account
from paraph.provider.limits import Limits
from paraph.provider.registry import Registry
from paraph.store.memory import MemoryStore
from paraph.testing import fake
from support.both import Both
from support.tiny import PDF, TinyConfig, TinyRegistry, TinyVendor, as_config, envelope

# --- in the file ---


def read(**limits: Any) -> Limits:
    """Read an account with these limits from a configuration."""
    registry = Registry.empty()
    registry.register("fake", fake)
    table = {"provider": "fake", "environment": "test", "api_key": "env:KEY", "limits": limits}
    config = Config.from_mapping({"accounts": {"hr": table}}, environ={"KEY": "k"}, registry=registry)
    found = config.account("hr").limits
    assert found == config.accounts["hr"].limits
    return found


def test_without_limits_calls_in_flight_are_bounded_and_nothing_else() -> None:
    """The default: eight at once, no rate, no polling budget, a rest after five failures."""
    assert Limits() == read()
    assert (None, 8, None, 5) == (Limits().rate, Limits().in_flight, Limits().polls, Limits().rest_after)


def test_limits_are_read_with_sensible_defaults_among_them() -> None:
    """A burst is what comes in a second, polls are half of the rate, and rests fit their longest."""
    assert (3, 75.0) == ((found := read(rate=2.5)).bucket, found.polls)
    assert 1 == read(rate=0.1).bucket
    assert 7 == read(rate=2, burst=7).bucket
    assert 10.0 == read(rate=2, polls_per_minute=10).polls
    assert (2000.0, 2000.0) == ((found := read(rest=2000)).rest, found.longest_rest)
    assert (5.0, 5.0) == ((found := read(longest_rest=5)).rest, found.longest_rest)


def test_all_that_is_wrong_with_limits_is_told_at_once() -> None:
    """Ranges, types, unknown keys and numbers that contradict each other, each under its key path."""
    with pytest.raises(ConfigurationError) as caught:
        read(
            burst=5,
            in_flight=0,
            patience="long",
            polls_per_minute=float("nan"),
            rest=60,
            longest_rest=30,
            rest_after=True,
            rates=3,
        )
    found = {each.path.removeprefix("accounts.hr.limits."): each for each in caught.value.problems}
    assert {
        "burst": "limit.alone",
        "in_flight": "limit.range",
        "patience": "value.type",
        "polls_per_minute": "limit.range",
        "rest": "limit.range",
        "rest_after": "value.type",
        "rates": "key.unknown",
    } == {key: each.code for key, each in found.items()}
    assert "rate" in found["rates"].hint
    with pytest.raises(ConfigurationError, match="more than the rate allows"):
        read(rate=1, polls_per_minute=61)
    with pytest.raises(ConfigurationError, match="has to be a table"):
        Config.from_mapping(
            {"accounts": {"hr": {"provider": "fake", "environment": "test", "limits": 5}}},
            registry=Registry.empty(),
        )


def test_polls_are_a_budget_of_their_own() -> None:
    """A minute's worth at once, then one after the other as the minute passes."""
    polls, at = Polls(4), datetime(2026, 5, 1, tzinfo=UTC)
    assert [True] * 4 + [False] == [polls.take(at) for _ in range(5)]
    assert [False, True, False] == [polls.take(at + timedelta(seconds=each)) for each in (14, 15, 16)]
    assert all(Polls(None).take(at) for _ in range(1000))


# --- over real HTTP ---


class Vendor:
    """A vendor on a socket that counts how many requests it has at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.now = self.most = self.seen = 0
        self.arrived: list[float] = []
        self.full_at = 1
        self.full = threading.Event()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                vendor.answer(self)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                vendor.answer(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        with self.lock:
            self.now += 1
            self.seen += 1
            self.most = max(self.most, self.now)
            self.arrived.append(time.monotonic())
            if self.now >= self.full_at:
                self.full.set()
        # As many as are allowed have to meet here, or the bound would hold for want of a crowd.
        self.full.wait(60)
        with self.lock:
            self.now -= 1
        body = b'{"token": "t"}'
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@contextmanager
def serving() -> Iterator[Vendor]:
    vendor = Vendor()
    thread = threading.Thread(target=vendor.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield vendor
    finally:
        vendor.server.shutdown()
        vendor.server.server_close()
        thread.join()


def limited(url: str, limits: Limits) -> dict[str, Any]:
    """Return what a client of the tiny vendor there is made of, with these limits for account ``a``."""
    config = TinyConfig(base_url=url)
    config.accounts["a"] = attrs.evolve(config.accounts["a"], limits=limits)
    return {"config": as_config(config), "registry": TinyRegistry(), "store": MemoryStore()}


def one_of_each(number: int, url: str) -> Flow[Any]:
    """Read, download or upload: all take one turn."""
    if number % 3 == 0:
        return http(httpx.Request("GET", f"{url}/x"), credentials=False)
    if number % 3 == 1:
        return download(httpx.Request("GET", f"{url}/x"), io.BytesIO(), credentials=False)
    document = Document.from_bytes(PDF, name="a.pdf")
    upload = multipart_request(
        "POST", f"{url}/x", field="file", filename="a.pdf", media_type="application/pdf", document=document
    )
    return http(upload, credentials=False)


def account_of(client: Client | AsyncClient, name: str = "a") -> Account[Any]:
    return client._kernel.account(name)


def test_threads_share_the_calls_in_flight() -> None:
    """Twelve threads, 60 reads, downloads and uploads: three at once reach the vendor, never a fourth."""
    with serving() as vendor, Client(**limited(vendor.url, Limits(in_flight=3))) as client:
        vendor.full_at = 3

        def work(number: int) -> None:
            client._runner.run(under(client._kernel, account_of(client), one_of_each(number, vendor.url)))

        with ThreadPoolExecutor(12) as pool:
            list(pool.map(work, range(60)))
        assert (60, 3) == (vendor.seen, vendor.most)
        assert 0 == client._kernel.pace(account_of(client)).governor.in_flight


def test_tasks_share_the_calls_in_flight_though_some_are_cancelled() -> None:
    """Sixty tasks, every fourth cancelled wherever it is: the others get through, and no place is lost."""

    async def main(vendor: Vendor) -> None:
        async with AsyncClient(**limited(vendor.url, Limits(in_flight=3))) as client:
            run, kernel = client._runner.run, client._kernel
            account = account_of(client)
            tasks = [
                asyncio.create_task(run(under(kernel, account, one_of_each(number, vendor.url))))
                for number in range(60)
            ]
            await asyncio.to_thread(vendor.full.wait, 20)
            for task in tasks[::4]:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            cancelled = {number for number, each in enumerate(results) if isinstance(each, BaseException)}
            assert set(range(0, 60, 4)) >= cancelled
            assert len(cancelled) >= 12
            governor = kernel.pace(account).governor
            assert (0, 0) == (governor.in_flight, governor.waiting)

    with serving() as vendor:
        asyncio.run(asyncio.wait_for(main(vendor), 60))
        # A cancelled call is off the line here before the vendor noticed it: so its own count may be higher.
        assert vendor.seen >= 45


def test_the_vendor_counts_more_without_the_governor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: where requests take no turns, all twelve threads meet at the vendor."""

    def at_once(_pace: Any, command: Any, *, at_home: bool) -> Flow[Any]:
        return (yield command)

    monkeypatch.setattr("paraph.ops.carry.paced", at_once)
    with serving() as vendor, Client(**limited(vendor.url, Limits(in_flight=3))) as client:
        vendor.full_at = 12

        def work(number: int) -> None:
            client._runner.run(under(client._kernel, account_of(client), one_of_each(number, vendor.url)))

        with ThreadPoolExecutor(12) as pool:
            list(pool.map(work, range(12)))
        assert 12 == vendor.most
    assert at_once is not paced


@pytest.mark.parametrize("kind", ["threads", "tasks"])
def test_a_rate_holds_for_all_callers_together(kind: str) -> None:
    """Ten callers at 100 a second with a burst of two: in no window do more requests leave than that."""
    limits = Limits(rate=100, burst=2)

    async def main(vendor: Vendor) -> None:
        async with AsyncClient(**limited(vendor.url, limits)) as client:
            run, kernel, account = client._runner.run, client._kernel, account_of(client)
            calls = (run(under(kernel, account, one_of_each(0, vendor.url))) for _ in range(20))
            await asyncio.gather(*calls)

    with serving() as vendor:
        started = time.monotonic()
        if kind == "tasks":
            asyncio.run(main(vendor))
        else:
            with Client(**limited(vendor.url, limits)) as client, ThreadPoolExecutor(10) as pool:
                kernel, account = client._kernel, account_of(client)
                flows = [under(kernel, account, one_of_each(0, vendor.url)) for _ in range(20)]
                list(pool.map(client._runner.run, flows))
        # 18 of the 20 wait for a token each; what the way to the vendor takes can only make it longer.
        assert vendor.arrived[-1] - started >= 0.18
        assert 20 == vendor.seen


# --- what the vendor says ---


def answering(*answers: httpx.Response) -> Any:
    """Make a fault for the tiny vendor per answer."""
    return [lambda _request, _real, given=given: given for given in answers]


def with_limits(kind: str, limits: Limits) -> Both:
    """Make a client of the tiny vendor with these limits for account ``a``, and a clock that pauses turn."""
    both = Both(kind, TinyVendor())
    accounts: Any = both.client.config.accounts
    accounts["a"] = attrs.evolve(accounts["a"], limits=limits)
    return both


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_429_pauses_its_account_and_no_other(kind: str) -> None:
    """The next request of the account waits until its time; another account's does not wait at all."""
    both = with_limits(kind, Limits())
    sent = both.send(envelope(id="one"), account="a")
    other = both.send(envelope(id="two"), account="b")
    begun = both.now
    both.vendor.faults = answering(httpx.Response(429, headers={"Retry-After": "45"}))
    with pytest.raises(RateLimited):
        both.refresh(sent.id)  # longer than a read is patient
    both.refresh(other.id)
    assert begun == both.now
    both.refresh(sent.id)
    assert timedelta(seconds=45) == both.now - begun
    both.refresh(sent.id)
    assert timedelta(seconds=45) == both.now - begun
    both.end()


def test_a_long_pause_is_told_instead_of_waited_for(kind: str) -> None:
    """Beyond the account's patience a request fails at once, with the seconds left; nothing is sent."""
    both = with_limits(kind, Limits(patience=60))
    sent = both.send(envelope(), account="a")
    both.vendor.faults = answering(httpx.Response(429, headers={"Retry-After": "600"}))
    with pytest.raises(RateLimited):
        both.refresh(sent.id)
    both.now += timedelta(seconds=100)
    requests = len(both.vendor.requests)
    with pytest.raises(RateLimited, match="no turn for this request within 60 s") as caught:
        both.refresh(sent.id)
    assert (500.0, "a") == (caught.value.retry_after, caught.value.account)
    assert requests == len(both.vendor.requests)
    both.end()


def test_an_empty_quota_is_waited_for_and_no_429_provoked(kind: str) -> None:
    """A good answer that says "none left, more in 20 s" holds the next request back by these seconds."""
    both = with_limits(kind, Limits())
    sent = both.send(envelope(), account="a")
    begun = both.now

    def last(_request: httpx.Request, real: Any) -> httpx.Response:
        answer: httpx.Response = real()
        answer.headers["X-RateLimit-Remaining"], answer.headers["X-RateLimit-Reset"] = "0", "20"
        return answer

    both.vendor.faults = [last]
    both.refresh(sent.id)
    assert begun == both.now
    both.refresh(sent.id)
    assert timedelta(seconds=20) == both.now - begun
    both.end()


def test_another_host_silences_nobody() -> None:
    """What the host of an uploaded file says about its rate is not the vendor's word."""
    answers = {"tiny.example": httpx.Response(200, json={}), "files.example": httpx.Response(429)}
    answers["files.example"].headers["Retry-After"] = "99"
    with Client(
        **limited("https://tiny.example", Limits()),
        transport=httpx.MockTransport(lambda request: answers[request.url.host]),
    ) as client:
        kernel, account = client._kernel, account_of(client)
        for host in answers:
            client._runner.run(
                under(kernel, account, http(httpx.Request("PUT", f"https://{host}/x"), credentials=False))
            )
        assert kernel.pace(account).governor.enter_at_once()
        kernel.pace(account).governor.leave()


def test_a_turn_ends_however_the_request_ends(kind: str) -> None:
    """Refused, failed, broken or not understood: the place in flight is free again."""
    both = with_limits(kind, Limits(in_flight=1, rest_after=0))
    sent = both.send(envelope(), account="a")

    def cut(request: httpx.Request, _real: Any) -> httpx.Response:
        raise httpx.ReadError("cut", request=request)

    for fault in (cut, *answering(httpx.Response(503), httpx.Response(400), httpx.Response(200, text="<"))):
        both.vendor.faults = [fault] * 4  # reads are tried again
        for _ in range(4):
            try:
                both.refresh(sent.id)
            except VendorUnavailable:
                continue
            except Exception as error:  # noqa: BLE001 - whatever it was, not for want of a turn
                assert not isinstance(error, RateLimited)
        both.vendor.faults = []
    governor = both.client._kernel.pace(both.client._kernel.account("a")).governor
    assert (0, 0) == (governor.in_flight, governor.waiting)
    both.refresh(sent.id)
    both.end()


# --- polling ---


def reads(both: Both) -> int:
    return sum(method == "GET" for method, _ in both.vendor.requests)


def test_waiting_reads_within_the_polling_budget_and_still_sees_what_webhooks_bring(kind: str) -> None:
    """With two polls a minute an hour of waiting reads at most 122 times, and else looks at the store."""
    both = with_limits(kind, Limits(polls_per_minute=2))
    sent = both.send(envelope(), account="a")
    before = reads(both)
    both.wait(sent.id, timeout=3600, until=lambda _: both.now.hour >= 1)
    assert 100 < reads(both) - before <= 122
    both.end()


def test_without_a_budget_waiting_reads_at_every_look(kind: str) -> None:
    """Negative control: the same hour without a budget reads twice as often."""
    both = with_limits(kind, Limits())
    sent = both.send(envelope(), account="a")
    before = reads(both)
    both.wait(sent.id, timeout=3600, until=lambda _: both.now.hour >= 1)
    assert reads(both) - before > 200
    both.end()


def test_reconciling_reads_within_the_polling_budget(kind: str) -> None:
    """The account's budget is the default, a given one only makes it smaller, and what is left stays due."""
    both = with_limits(kind, Limits(polls_per_minute=4))
    for number in range(10):
        both.send(envelope(id=f"env{number}"), account="a")
    both.now += timedelta(hours=1)
    (first,) = both.reconcile(account="a", budget=3)
    assert (3, True) == (first.read, first.left)
    (second,) = both.reconcile(account="a")
    assert (1, True) == (second.read, second.left)
    (third,) = both.reconcile(account="a", budget=100)
    assert (0, True) == (third.read, third.left)
    both.now += timedelta(seconds=60)
    (fourth,) = both.reconcile(account="a")
    assert (4, True) == (fourth.read, fourth.left)
    both.end()
