"""The flow kernel: both runners, error classes, limits, single flight, cancellation, origins."""

from __future__ import annotations

import asyncio
import gzip
import io
import socket
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph import errors
from paraph.client import AsyncClient, Client
from paraph.flow import (
    Flow,
    Page,
    RetryPolicy,
    all_pages,
    call,
    download,
    http,
    retrying,
    shared,
    sleep,
)
from paraph.flow.exchange import Decoder
from paraph.flow.runners import AsyncRunner, SyncRunner
from paraph.flow.session import Sessions, client_options
from paraph.flow.upload import multipart_request
from paraph.model import Document
from paraph.ops.carry import same_origin, under
from paraph.provider import problem_of, retry_after
from paraph.store import open_store
from paraph.store.memory import MemoryStore
from support.ports import nobody_listens
from support.tiny import TinyConfig, TinyRegistry, TinyVendor, as_config, envelope, tiny_kernel


class Server:
    """A real HTTP server on loopback whose answers a test writes byte by byte."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # otherwise each answer waits 40 ms for an acknowledgement

            def do_GET(self) -> None:
                answer(self)

            def do_POST(self) -> None:
                self.body = self.rfile.read(int(self.headers.get("content-length", 0)))
                answer(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def reply(status: int, body: bytes = b"{}", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        try:
            handler.wfile.write(body)
        except OSError:  # the client had enough
            handler.close_connection = True

    return answer


@contextmanager
def sync_runner(**options: Any) -> Iterator[SyncRunner]:
    sessions = Sessions(lambda _: httpx.Client(**{**client_options(), **options}))
    try:
        yield SyncRunner(sessions, pause=lambda _: None)
    finally:
        for client in sessions.drain():
            client.close()


def run_sync(flow: Flow[Any], **options: Any) -> Any:
    with sync_runner(**options) as runner:
        return runner.run(flow)


def run_async(flow: Flow[Any], **options: Any) -> Any:
    async def main() -> Any:
        sessions = Sessions(lambda _: httpx.AsyncClient(**{**client_options(), **options}))
        try:
            return await AsyncRunner(sessions).run(flow)
        finally:
            for client in sessions.drain():
                await client.aclose()

    return asyncio.run(main())


both = pytest.mark.parametrize("run", [run_sync, run_async])


def get(url: str, **options: Any) -> Flow[httpx.Response]:
    response = yield from http(httpx.Request("GET", url), **options)
    error = problem_of(response, code="SOME_CODE")
    if error:
        raise error
    return response


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    handler.connection.close()
    handler.close_connection = True


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"only this")
    handler.close_connection = True


def silence(handler: BaseHTTPRequestHandler) -> None:
    assert not handler.connection.recv(1), "the client has gone"
    handler.close_connection = True


BOMB = gzip.compress(b"\x00" * (64 << 20))

ANSWERS = [
    (reply(302, Location="https://evil.example/"), errors.UnexpectedRedirect, False, "none"),
    (reply(400), errors.VendorRefused, False, "none"),
    (reply(401), errors.AuthenticationFailed, False, "none"),
    (reply(403), errors.PermissionDenied, False, "none"),
    (reply(404), errors.VendorNotFound, False, "none"),
    (reply(408), errors.TimedOut, True, "unknown"),
    (reply(413), errors.VendorRefused, False, "none"),
    (reply(429, Retry_After="7"), errors.RateLimited, True, "none"),
    (reply(500, b"<html>Ada Lovelace</html>"), errors.VendorUnavailable, True, "unknown"),
    (reply(503), errors.VendorUnavailable, True, "unknown"),
    (reset, errors.ConnectionLost, True, "unknown"),
    (cut, errors.ConnectionLost, True, "unknown"),
    (silence, errors.TimedOut, True, "unknown"),
    (reply(200, b"x" * 200_000), errors.ResponseTooLarge, False, "unknown"),
    (reply(200, BOMB, Content_Encoding="gzip"), errors.ResponseTooLarge, False, "unknown"),
    (reply(200, b"no gzip", Content_Encoding="gzip"), errors.MalformedResponse, False, "unknown"),
    (reply(200, BOMB[:-20], Content_Encoding="br"), errors.MalformedResponse, False, "unknown"),
    (
        reply(200, gzip.compress(b"{}")[:-6], Content_Encoding="gzip"),
        errors.MalformedResponse,
        False,
        "unknown",
    ),
]


@both
@pytest.mark.parametrize(("answer", "kind", "retryable", "effect"), ANSWERS)
def test_each_failure_maps_to_one_class(
    run: Callable[..., Any],
    answer: Callable[[BaseHTTPRequestHandler], None],
    kind: type[errors.VendorError],
    retryable: bool,
    effect: str,
) -> None:
    """Each bad answer of a real server is one error class with its facts, and nothing of the body."""
    timeout = httpx.Timeout(60, read=0.3 if answer is silence else 60)
    with Server(answer) as server, pytest.raises(errors.VendorError) as caught:
        run(get(f"{server.url}/path?t=SECRET", limit=100_000), timeout=timeout)
    error = caught.value
    assert kind is type(error)
    assert (retryable, effect) == (error.retryable, error.effect)
    assert "GET /path" == error.operation
    shown = f"{error} {error!r} {error.args}"
    assert "SECRET" not in shown
    assert "Lovelace" not in shown
    if kind is errors.RateLimited:
        assert 7.0 == error.retry_after


@both
def test_a_closed_port_is_connect_failed(run: Callable[..., Any]) -> None:
    """Where nobody listens nothing was sent, and the error says so."""
    with nobody_listens() as port, pytest.raises(errors.ConnectFailed) as caught:
        run(get(f"http://127.0.0.1:{port}/"))
    assert "none" == caught.value.effect


def test_a_bomb_never_unfolds_in_memory() -> None:
    """Decoding yields small blocks however well a body is compressed."""
    response = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(BOMB))
    decoder = Decoder(response)
    largest = max(len(block) for block in decoder.feed(BOMB))
    assert largest <= 1 << 16


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=3000), st.integers(1, 700), st.sampled_from(["gzip", "deflate", "identity"]))
def test_decoding_gives_back_what_was_encoded(content: bytes, size: int, encoding: str) -> None:
    """Whatever the block size, gzip, deflate and plain bodies come back as they were."""
    encoded = {"gzip": gzip.compress, "deflate": zlib.compress, "identity": bytes}[encoding](content)
    response = httpx.Response(200, headers={"content-encoding": encoding}, stream=httpx.ByteStream(encoded))
    decoder = Decoder(response)
    blocks = [encoded[start : start + size] for start in range(0, len(encoded), size)]
    found = b"".join(piece for block in blocks for piece in decoder.feed(block))
    if encoded:
        decoder.end(response)
    assert content == found


@both
def test_a_download_is_streamed_counted_and_digested(run: Callable[..., Any]) -> None:
    """A download reaches the sink whole, with its size and SHA-256; too much is refused."""
    content = bytes(range(256)) * 4096
    with Server(reply(200, content)) as server:
        sink = io.BytesIO()
        result = run(download(httpx.Request("GET", server.url), sink))
        with pytest.raises(errors.ResponseTooLarge):
            run(download(httpx.Request("GET", server.url), io.BytesIO(), limit=1000))
    assert content == sink.getvalue()
    assert len(content) == result.size
    import hashlib

    assert hashlib.sha256(content).hexdigest() == result.sha256


@both
def test_an_error_answer_never_reaches_the_sink(run: Callable[..., Any]) -> None:
    """The body of a failed download is read for the error, not written to the file."""
    with Server(reply(404, b'{"code": "X"}')) as server:
        sink = io.BytesIO()
        result = run(download(httpx.Request("GET", server.url), sink))
    assert (404, {"code": "X"}, b"") == (
        result.response.status_code,
        result.response.json(),
        sink.getvalue(),
    )


@both
def test_a_multipart_upload_arrives_whole_and_can_be_sent_again(run: Callable[..., Any]) -> None:
    """Both runners send the same well-formed multipart body with a Content-Length, as often as asked."""
    seen: list[tuple[str, bytes]] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append((handler.headers["content-type"], handler.body))  # type: ignore[attr-defined]  # set in do_POST
        assert handler.headers["transfer-encoding"] is None
        reply(200)(handler)

    content = b"%PDF-" + bytes(range(256)) * 9000
    document = Document.from_bytes(content, name="c.pdf")

    def flow(url: str) -> Flow[None]:
        request = multipart_request(
            "POST",
            url,
            field="file",
            filename='a"b\r\nc.pdf',
            media_type="application/pdf",
            document=document,
        )
        yield from http(request)
        yield from http(request)

    with Server(answer) as server:
        run(flow(server.url))
    assert seen[0] == seen[1]
    boundary = seen[0][0].partition("boundary=")[2].encode()
    head, _, rest = seen[0][1].partition(b"\r\n\r\n")
    assert content == rest[: -len(b"\r\n--" + boundary + b"--\r\n")]
    assert b'filename="a%22b%0D%0Ac.pdf"' in head


@both
def test_a_document_that_changed_is_not_uploaded(run: Callable[..., Any], tmp_path: Any) -> None:
    """A file that is no longer what was hashed breaks the upload off before its end."""
    path = tmp_path / "c.pdf"
    path.write_bytes(b"%PDF-1.7 one %%EOF")
    document = Document.from_path(path)
    path.write_bytes(b"%PDF-1.7 two %%EOF")
    request = multipart_request(
        "POST", "http://127.0.0.1:9/", field="f", filename="c", media_type="x/y", document=document
    )

    def consume() -> Flow[None]:
        yield from call(lambda: list(request.stream))  # type: ignore[arg-type]  # sync side

    with pytest.raises(errors.UsageError, match="not what it was"):
        run(consume())


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40))
def test_any_retry_after_is_read_or_ignored(value: str) -> None:
    """Retry-After is seconds or a date; rubbish is no number and no exception."""
    found = retry_after(httpx.Response(429, headers=[(b"retry-after", value.encode("latin-1"))]))
    assert found is None or found >= 0


def test_retrying_waits_as_told_and_gives_up() -> None:
    """Retryable errors are repeated by the policy, Retry-After is honoured, others pass at once."""
    pauses: list[float] = []
    tries: list[int] = []

    def failing(error: errors.VendorError) -> Callable[[], Flow[None]]:
        def make() -> Flow[None]:
            tries.append(1)
            raise error
            yield

        return make

    with sync_runner() as runner:
        runner._pause = pauses.append
        with pytest.raises(errors.VendorUnavailable):
            runner.run(retrying(failing(errors.VendorUnavailable("x")), RetryPolicy(attempts=3)))
        assert (3, [0.2, 0.6000000000000001]) == (len(tries), pauses)
        pauses.clear()
        with pytest.raises(errors.RateLimited):
            runner.run(retrying(failing(errors.RateLimited("x", retry_after=5)), RetryPolicy(attempts=2)))
        assert [5] == pauses
        tries.clear()
        with pytest.raises(errors.VendorRefused):
            runner.run(retrying(failing(errors.VendorRefused("x"))))
        assert 1 == len(tries)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 30), max_size=40), st.integers(1, 7), st.integers(0, 1))
def test_all_pages_finds_every_item_once_whatever_the_page_base(
    items: list[int], size: int, overlap: int
) -> None:
    """Reading pages until nothing new comes gives every item once, also when pages overlap or repeat."""

    def fetch(cursor: int | str) -> Flow[Page[int]]:
        yield from sleep(0)
        start = max(0, int(cursor) * size - overlap)
        return Page(items=tuple(unique[start : start + size + overlap]), next=int(cursor) + 1)

    unique = list(dict.fromkeys(items))
    with sync_runner() as runner:
        found = runner.run(all_pages(fetch, first=0, key=lambda item: item))
    assert sorted(unique) == sorted(found)


def tiny_client(vendor: TinyVendor) -> Client:
    return Client(
        as_config(TinyConfig()),
        registry=TinyRegistry(),  # type: ignore[arg-type]  # stands in
        store=MemoryStore(),
        transport=httpx.MockTransport(vendor.handle),
    )


class SlowVendor(TinyVendor):
    """A vendor whose token endpoint takes its time, so that callers pile up."""

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            time.sleep(0.1)
        return super().handle(request)


def read_flow(kernel: Any) -> Flow[Any]:
    account = kernel.account("a")
    return under(kernel, account, http(httpx.Request("POST", "https://tiny.example/envelopes", json={})))


def test_fifty_threads_make_one_token_request() -> None:
    """However many threads find the token missing, one of them asks for it."""
    vendor, kernel = SlowVendor(), tiny_kernel()
    transport = httpx.MockTransport(vendor.handle)
    runner = SyncRunner(Sessions(lambda _: httpx.Client(transport=transport)))
    start = threading.Barrier(50)
    statuses: list[int] = []

    def one() -> None:
        start.wait()
        statuses.append(runner.run(read_flow(kernel)).status_code)

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [200] * 50 == statuses
    assert 1 == vendor.token_requests


def test_fifty_tasks_make_one_token_request() -> None:
    """However many tasks find the token missing, one of them asks for it."""
    vendor, kernel = TinyVendor(), tiny_kernel()

    async def handle(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.05 if request.url.path == "/token" else 0)
        return vendor.handle(request)

    async def main() -> list[int]:
        sessions = Sessions(lambda _: httpx.AsyncClient(transport=httpx.MockTransport(handle)))
        runner = AsyncRunner(sessions)
        answers = await asyncio.gather(*(runner.run(read_flow(kernel)) for _ in range(50)))
        for client in sessions.drain():
            await client.aclose()
        return [answer.status_code for answer in answers]

    assert [200] * 50 == asyncio.run(main())
    assert 1 == vendor.token_requests


def test_a_refused_token_is_renewed_once_for_all() -> None:
    """When the vendor revokes the token, twenty threads renew it with one request and all succeed."""
    vendor, kernel = SlowVendor(), tiny_kernel()
    transport = httpx.MockTransport(vendor.handle)
    runner = SyncRunner(Sessions(lambda _: httpx.Client(transport=transport)))
    runner.run(read_flow(kernel))
    vendor.valid_token = "revoked"
    threads = [threading.Thread(target=lambda: runner.run(read_flow(kernel))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 2 == vendor.token_requests


def test_a_failing_token_request_is_no_failed_publish() -> None:
    """If the token endpoint fails, the error names it, and its effect is certainly none."""

    def handle(request: httpx.Request) -> httpx.Response:
        return httpx.Response(503)

    kernel = tiny_kernel()
    runner = SyncRunner(Sessions(lambda _: httpx.Client(transport=httpx.MockTransport(handle))))
    with pytest.raises(errors.VendorUnavailable) as caught:
        runner.run(read_flow(kernel))
    assert ("POST /token", "none", "a") == (
        caught.value.operation,
        caught.value.effect,
        caught.value.account,
    )


def test_credentials_never_leave_for_another_origin() -> None:
    """A request to another host, port or scheme carries no credentials, even if it brought some along."""
    vendor, kernel = TinyVendor(), tiny_kernel()
    runner = SyncRunner(Sessions(lambda _: httpx.Client(transport=httpx.MockTransport(vendor.handle))))
    account = kernel.account("a")
    for url in ("https://other.example/x", "https://tiny.example:444/x", "http://tiny.example/x"):
        request = httpx.Request("GET", url, headers={"Authorization": "Bearer leaked"})
        runner.run(under(kernel, account, http(request)))
    runner.run(read_flow(kernel))
    assert [None, None, None] == [seen for _, seen in vendor.seen_credentials[:3]]
    assert "Bearer token-1" == vendor.seen_credentials[-1][1]


def test_a_request_without_credentials_may_bring_its_own() -> None:
    """A token for one object goes to the account's own origin unchanged, and nowhere else."""
    vendor, kernel = TinyVendor(), tiny_kernel()
    runner = SyncRunner(Sessions(lambda _: httpx.Client(transport=httpx.MockTransport(vendor.handle))))
    account = kernel.account("a")
    for url in ("https://tiny.example/x", "https://other.example/x"):
        request = httpx.Request("GET", url, headers={"Authorization": "Bearer of-one-object"})
        runner.run(under(kernel, account, http(request, credentials=False)))
    assert ["Bearer of-one-object", None] == [seen for _, seen in vendor.seen_credentials]


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("https://tiny.example/a", True),
        ("https://tiny.example:443/a", True),
        ("https://TINY.example/a", True),
        ("https://tiny.example.evil/a", False),
        ("https://tiny.example:8443/a", False),
        ("http://tiny.example/a", False),
        ("https://user@evil.example/tiny.example", False),
    ],
)
def test_same_origin(url: str, same: bool) -> None:
    """An origin is scheme, host and port, with default ports filled in."""
    assert same is same_origin(httpx.URL(url), "https://tiny.example")


def test_two_accounts_of_one_provider_share_nothing() -> None:
    """Each account has its own HTTP client and token."""
    vendor, kernel = TinyVendor(), tiny_kernel()
    made: list[str] = []

    def make(name: str) -> httpx.Client:
        made.append(name)
        return httpx.Client(transport=httpx.MockTransport(vendor.handle))

    runner = SyncRunner(Sessions(make))
    for name in ("a", "b", "a", "b"):
        account = kernel.account(name)
        runner.run(
            under(kernel, account, http(httpx.Request("POST", "https://tiny.example/envelopes", json={})))
        )
    assert ["a", "b"] == made
    # The tiny vendor knows one valid token: b's request made it, so a had to renew its own, and so on.
    assert vendor.token_requests == 4


def test_cancellation_passes_through() -> None:
    """Cancelling a task inside a provider's flow ends it with CancelledError and closes the flow."""
    closed: list[str] = []

    def slow() -> Flow[None]:
        try:
            yield from sleep(60)
        except Exception:  # noqa: BLE001 - cancellation is no Exception and must not come here
            closed.append("caught")
        finally:
            closed.append("closed")

    async def main() -> None:
        kernel = tiny_kernel()
        runner = AsyncRunner(Sessions(lambda _: httpx.AsyncClient()))
        task = asyncio.create_task(runner.run(under(kernel, kernel.account("a"), slow())))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert ["closed"] == closed


def test_cancelling_the_one_who_fetches_the_token_lets_the_others_go_on() -> None:
    """If the task that makes a shared value is cancelled, a waiting one makes it."""
    made: list[int] = []

    def produce() -> Flow[str]:
        made.append(1)
        yield from sleep(0.1)
        return "value"

    def flow() -> Flow[str]:
        return (yield from shared("k", fresh=lambda _: True, produce=produce))

    async def main() -> str:
        runner = AsyncRunner(Sessions(lambda _: httpx.AsyncClient()))
        first = asyncio.create_task(runner.run(flow()))
        second = asyncio.create_task(runner.run(flow()))
        await asyncio.sleep(0.02)
        first.cancel()
        return await second

    assert "value" == asyncio.run(main())
    assert 2 == len(made)


async def largest_gap(work: Awaitable[Any]) -> float:
    """Await something and return the longest time for which the loop did nothing else, in seconds."""
    gaps: list[float] = []

    async def watch() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            gaps.append(time.perf_counter() - last)
            last = time.perf_counter()

    watcher = asyncio.create_task(watch())
    await work
    watcher.cancel()
    return max(gaps)


@pytest.mark.parametrize("blocking", [False, True])
def test_the_async_client_neither_blocks_the_loop_nor_does_network_in_threads(
    tmp_path: Path, blocking: bool
) -> None:
    """A send with a slow vendor leaves no quarter of a second's gap in the loop and does its network there.

    What blocks the loop does so in every send, a busy machine only in some: one without a gap is enough.
    The negative control, a transport that blocks for longer, leaves a gap in each.
    """
    vendor = TinyVendor()
    loop_thread = threading.get_ident()
    strangers: list[int] = []

    async def handle(request: httpx.Request) -> httpx.Response:
        if threading.get_ident() != loop_thread:
            strangers.append(threading.get_ident())
        if blocking:
            time.sleep(0.3)  # noqa: ASYNC251 - the negative control
        await asyncio.sleep(0.06)
        content = b"".join([block async for block in request.stream])  # type: ignore[union-attr]  # async side
        copy = httpx.Request(request.method, request.url, headers=dict(request.headers), content=content)
        return vendor.handle(copy)

    async def main() -> list[bool]:
        store = open_store(f"sqlite:///{tmp_path}/a.db")
        client = AsyncClient(
            as_config(TinyConfig()),
            registry=TinyRegistry(),  # type: ignore[arg-type]  # stands in
            store=store,
            transport=httpx.MockTransport(handle),
        )
        async with client:
            await client.send(envelope())  # imports and code generation happen once per process
            smooth = [False]
            while not any(smooth) and len(smooth) <= (2 if blocking else 20):
                smooth.append(await largest_gap(client.send(envelope())) < 0.25)
        store.close()
        return smooth

    smooth = asyncio.run(main())
    assert [] == strangers
    assert len(smooth) == len(vendor.published)
    assert blocking is not any(smooth)


def test_the_sync_and_async_clients_have_the_same_methods_and_signatures() -> None:
    """Every operation exists in both clients with the same parameters, result and docstring."""
    import inspect

    names = {name for name in vars(Client) if not name.startswith("_")} - {"from_config", "close"}
    assert names == {name for name in vars(AsyncClient) if not name.startswith("_")} - {
        "from_config",
        "close",
    }
    for name in names:
        one, other = getattr(Client, name), getattr(AsyncClient, name)
        assert inspect.signature(one) == inspect.signature(other)
        assert one.__doc__ == other.__doc__
        assert one.__doc__
        assert "kernel" not in inspect.signature(one).parameters
