"""What the receiver answers to whom, through ASGI directly and over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import hmac
import logging
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paraph import AsyncClient, Client, Outcome, OutcomeKind
from paraph.errors import ConfigurationError, StoreError
from paraph.ops.receive import MAX_BODY
from paraph.testing.simulator import serve
from paraph_web import Receiver
from paraph_web import gate as gates
from support.asgi import GONE, Answer, ask, chunk
from support.post_office import SECRET, AnyClient, Office, OpenOffice, eventually

POSSIBLE = {200, 400, 404, 405, 408, 413, 415, 503}
PATH = f"/one/{SECRET}"
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def post(receiver: Receiver, path: str = PATH, body: bytes = b"{}", **named: Any) -> Answer:
    return asyncio.run(ask(receiver, path, chunk(body), **named))


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_what_is_stored_is_answered_200_without_a_body(
    open_office: OpenOffice, kind: type[AnyClient]
) -> None:
    """With both kinds of client a delivery is in the store as it came, and the answer is 200 and empty."""
    office = open_office()
    answer = post(Receiver(office.client(kind)), f"{PATH}/in/voice", b'{"a": 1}')
    assert (200, b"", b"0") == (answer.status, answer.body, answer.headers[b"content-length"])
    stored = office.find(b'{"a": 1}', path="in/voice")
    assert stored is not None
    assert 1 == stored.seen


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", PATH, 405),
        ("HEAD", PATH, 405),
        ("PUT", PATH, 405),
        ("GET", "/nobody/x", 405),
        ("POST", "/", 404),
        ("POST", "", 404),
        ("POST", "/one", 404),
        ("POST", "/one/", 404),
        ("POST", f"/one/{SECRET}x", 404),
        ("POST", f"/one/{SECRET[:-1]}", 404),
        ("POST", f"/two/{SECRET}", 404),
        ("POST", f"/one/x/{SECRET}", 404),
        ("POST", f"//one/{SECRET}", 404),
        ("POST", "/one/\udcff\u0000é", 404),
        ("POST", f"{PATH}/", 200),
        ("POST", f"{PATH}/\udcff\u0000é", 200),
    ],
)
def test_only_a_post_with_the_secret_comes_in(
    open_office: OpenOffice, method: str, path: str, status: int
) -> None:
    """Every other method is 405, every other path 404, and neither stores anything."""
    office = open_office()
    answer = post(Receiver(office.client()), path, method=method)
    assert status == answer.status
    assert b"" == answer.body
    assert (status == 200) is (office.waiting() + len(office.vendor.checked) > 0)


def test_the_prefix_is_taken_off_where_it_is(open_office: OpenOffice) -> None:
    """The public URL's path, a mount's root or both may precede the account, or be cut off by a proxy."""
    receiver = Receiver(open_office(public="https://app.example/hooks/").client())
    assert 200 == post(receiver, f"/hooks{PATH}", b"1").status
    assert 200 == post(receiver, PATH, b"2").status
    assert 200 == post(receiver, f"/app/hooks{PATH}", b"3", root="/app").status
    assert 404 == post(receiver, f"/hook{PATH}", b"4").status
    assert 404 == post(receiver, f"/app/hooks{PATH}", b"5").status


def test_unknown_account_and_wrong_secret_take_the_same_way(
    open_office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both compare two digests of equal length in constant time, once, and get the same answer."""
    receiver = Receiver(open_office().client())
    compared: list[tuple[bytes, bytes]] = []
    original = hmac.compare_digest

    def compare(given: bytes, expected: bytes) -> bool:
        compared.append((given, expected))
        return original(given, expected)

    monkeypatch.setattr(gates.hmac, "compare_digest", compare)
    unknown = post(receiver, f"/nobody/{SECRET}")
    wrong = post(receiver, "/one/" + "w" * len(SECRET))
    assert unknown == wrong
    assert [(32, 32), (32, 32)] == [(len(one), len(other)) for one, other in compared]
    assert all(isinstance(each, bytes) for pair in compared for each in pair)


def test_too_large_bodies_are_refused_before_they_are_read(open_office: OpenOffice) -> None:
    """A declared length is believed if it is too large, and a streamed body is cut off at the cap."""
    office = open_office()
    receiver = Receiver(office.client())
    declared = asyncio.run(ask(receiver, PATH, headers=[(b"content-length", b"1073741824")]))
    endless = [chunk(b"x" * 65536, more=True)] * 5
    streamed = asyncio.run(ask(receiver, PATH, *endless))
    assert (413, 413) == (declared.status, streamed.status)
    assert 200 == post(receiver, body=b"x" * MAX_BODY).status
    assert 413 == post(receiver, body=b"x" * (MAX_BODY + 1)).status


@pytest.mark.parametrize("length", [b"-1", b"", b"12x", b"\xb2", b"1 2"])
def test_a_length_without_sense_is_400(open_office: OpenOffice, length: bytes) -> None:
    """What is no number is no length."""
    assert 400 == post(Receiver(open_office().client()), headers=[(b"content-length", length)]).status


def test_compressed_bodies_are_refused(open_office: OpenOffice) -> None:
    """A body that would have to be unpacked is 415; `identity` is no compression."""
    receiver = Receiver(open_office().client())
    packed = gzip.compress(b"{}")
    assert 415 == post(receiver, body=packed, headers=[(b"Content-Encoding", b"gzip")]).status
    assert 200 == post(receiver, headers=[(b"content-encoding", b"identity")]).status


def test_a_slow_body_is_408(open_office: OpenOffice) -> None:
    """A body that is not complete in time is given up and not stored."""
    office = open_office()
    receiver = Receiver(office.client(), body_seconds=0.05)
    assert 408 == asyncio.run(ask(receiver, PATH, chunk(b"{", more=True))).status
    assert 0 == office.waiting()


def test_a_client_that_hangs_up_gets_an_outcome(open_office: OpenOffice) -> None:
    """Half a body is not stored, and no exception leaves the application."""
    office = open_office()
    receiver = Receiver(office.client())
    assert 400 == asyncio.run(ask(receiver, PATH, chunk(b"{", more=True), GONE)).status
    assert office.find(b"{") is None


def test_an_answer_to_nobody_is_no_exception(open_office: OpenOffice) -> None:
    """A server may raise OSError when the client is gone; that is nobody's fault."""

    async def run() -> None:
        async def receive() -> dict[str, Any]:
            return dict(chunk(b"{}"))

        async def send(_message: Any) -> None:
            raise BrokenPipeError

        scope = {"type": "http", "method": "POST", "path": PATH, "headers": []}
        await Receiver(open_office().client())(scope, receive, send)

    asyncio.run(run())


class FailingStore:
    """A store that fails when told to, otherwise the real one."""

    def __init__(self, office: Office, error: Exception) -> None:
        self._office = office
        self._error = error
        self.failing = True

    @contextmanager
    def begin(self) -> Iterator[Any]:
        if self.failing:
            raise self._error
        with self._office.store.begin() as tx:
            yield tx

    def __getattr__(self, name: str) -> Any:
        return getattr(self._office.store, name)


def answers_200_only_for_what_is_stored(receiver: Receiver, store: FailingStore, office: Office) -> bool:
    """Post once while the store fails and once when it works again; judge by the store's content."""
    sound = True
    for failing, body in ((True, b"first"), (False, b"second")):
        store.failing = failing
        answer = post(receiver, body=body)
        sound = sound and (answer.status == 200) is (office.find(body) is not None)
        sound = sound and answer.status in {200, 503}
    return sound


@pytest.mark.parametrize("error", [StoreError("full"), OSError("disk"), RuntimeError("bug")])
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_what_is_not_stored_is_never_answered_200(
    open_office: OpenOffice, kind: type[AnyClient], error: Exception
) -> None:
    """A failing store gives 503 with Retry-After, whatever it raises; afterwards 200 means stored again."""
    office = open_office()
    store = FailingStore(office, error)
    client: AnyClient = kind(office.config, registry=office.registry, store=store)  # type: ignore[arg-type]  # behaves like one
    receiver = Receiver(client)
    assert answers_200_only_for_what_is_stored(receiver, store, office)
    store.failing = True
    refused = post(receiver, body=b"third")
    assert (503, b"30") == (refused.status, refused.headers[b"retry-after"])


def test_a_receiver_that_answers_first_is_found_out(
    open_office: OpenOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the check above fails for a receiver that says 200 before it has stored."""
    office = open_office()
    store = FailingStore(office, StoreError("full"))
    receiver = Receiver(AsyncClient(office.config, registry=office.registry, store=store))  # type: ignore[arg-type]  # behaves like one

    async def hasty(*_: object) -> Outcome:
        return Outcome(kind=OutcomeKind.DUPLICATE, status=200)

    monkeypatch.setattr(receiver, "_store", hasty)
    assert not answers_200_only_for_what_is_stored(receiver, store, office)


TEXTS = st.text(max_size=40) | st.sampled_from([PATH, f"{PATH}/x", "/one/wrong", "/", "*", "//", "/one//"])
HEADERS = st.lists(
    st.tuples(
        st.sampled_from([b"content-length", b"content-encoding", b"content-type", b"Transfer-Encoding"])
        | st.binary(max_size=12),
        st.sampled_from([b"0", b"2", b"999999999", b"gzip", b"chunked", b""]) | st.binary(max_size=20),
    ),
    max_size=4,
)
METHODS = st.sampled_from(["POST"] * 6 + ["GET", "PUT", "OPTIONS", "CONNECT"]) | st.text(max_size=8)
MESSAGES = st.lists(
    st.builds(lambda content: chunk(content, more=True), st.binary(max_size=60))
    | st.sampled_from([GONE, {"type": "http.request"}, chunk(b"x" * MAX_BODY, more=True)]),
    max_size=4,
)


@given(path=TEXTS, method=METHODS, headers=HEADERS, messages=MESSAGES)
@FUZZ
def test_any_request_through_asgi_has_an_answer(
    open_office: OpenOffice,
    path: str,
    method: str,
    headers: list[tuple[bytes, bytes]],
    messages: list[Any],
) -> None:
    """Any method, path, headers and messages end in one of the known answers, never in an exception."""
    receiver = Receiver(open_office(store="memory").client(), body_seconds=0.02)
    answer = asyncio.run(ask(receiver, path, *messages, chunk(b""), method=method, headers=headers))
    assert answer.status in POSSIBLE
    assert b"" == answer.body


def exchange(address: tuple[str, int], request: bytes) -> bytes:
    """Send raw bytes and read what comes until the server closes."""
    received = b""
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(request)
        while block := connection.recv(65536):
            received += block
    return received


TOKENS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'*+-.^_`|~", min_size=1, max_size=8).map(str.encode)
TARGETS = st.sampled_from([PATH.encode(), b"/", b"*", f"{PATH}/%00%ff?x=1".encode()]) | st.binary(
    min_size=1, max_size=30
)
LINES = st.lists(
    st.sampled_from(
        [
            b"Content-Length: 2",
            b"Content-Length: 9",
            b"Content-Length: 99999999",
            b"Content-Encoding: br",
            b"Transfer-Encoding: chunked",
            b"Expect: 100-continue",
            b"Connection: keep-alive",
        ]
    )
    | st.binary(max_size=30),
    max_size=4,
)


@given(
    method=st.just(b"POST") | TOKENS,
    target=TARGETS,
    lines=LINES,
    body=st.binary(max_size=60) | st.just(b"2\r\n{}\r\n0\r\n\r\n") | st.just(b"zz\r\n"),
)
@settings(FUZZ, max_examples=250)
def test_any_bytes_over_a_socket_have_an_answer(
    served: tuple[str, int],
    caplog: pytest.LogCaptureFixture,
    method: bytes,
    target: bytes,
    lines: list[bytes],
    body: bytes,
) -> None:
    """Whatever arrives on a real connection, one known answer comes back and no failure is logged.

    Only bytes that end the head early, by an empty line, may read as a second request.
    """
    head = b"\r\n".join([method + b" " + target + b" HTTP/1.1", b"Host: x", *lines, b"Connection: close"])
    received = exchange(served, head + b"\r\n\r\n" + body)
    answers = [int(each[:3]) for each in received.split(b"HTTP/1.1 ")[1:]]
    final = [status for status in answers if status != 100]
    assert final
    assert 1 == len(final) or re.search(rb"\n\r?\n", head)
    assert set(answers) <= POSSIBLE | {100}
    assert [] == [record for record in caplog.records if record.exc_info or record.levelno >= logging.ERROR]


@pytest.fixture
def served(open_office: OpenOffice) -> Iterator[tuple[str, int]]:
    """Serve a receiver on a real socket for one test."""
    with serve(Receiver(open_office(store="memory").client(), body_seconds=0.1)) as base:
        url = httpx.URL(base)
        yield url.host, url.port or 80


def test_a_broken_off_upload_leaves_the_receiver_alive(served: tuple[str, int]) -> None:
    """After a reset in the middle of a body and a broken chunk, the next delivery is answered 200."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode()
    with socket.create_connection(served) as connection:
        connection.sendall(head + b"Content-Length: 100\r\n\r\nhalf")
    rests = (
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"Content-Length: 100\r\n\r\nhalf",
        b"Content-Length: 2\r\n\r\n{}",
    )
    answers = [exchange(served, head + rest).split(b" ")[1] for rest in rests]
    assert [b"400", b"408", b"200"] == answers


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_64_equal_posts_at_once_are_one_delivery(open_office: OpenOffice, kind: type[AnyClient]) -> None:
    """All are answered 200, one delivery is stored that was seen 64 times, and it is one event."""
    office = open_office()
    receiver = Receiver(office.client(kind))

    async def storm() -> list[int]:
        async with receiver.working():
            answers = await asyncio.gather(*(ask(receiver, PATH, chunk(b"same")) for _ in range(64)))
        return [answer.status for answer in answers]

    assert [200] * 64 == asyncio.run(storm())
    stored = office.find(b"same")
    assert stored is not None
    assert (64, "processed") == (stored.seen, stored.stage.value)
    with office.store.begin() as tx:
        assert 1 == len(tx.events())


@pytest.mark.parametrize(
    "secret", [None, "short", "with/a/slash/in/the/middle", "with space and more letters"]
)
def test_no_start_without_a_sound_path_secret(open_office: OpenOffice, secret: str | None) -> None:
    """A missing or unfit secret is a configuration error that names its key and repeats no value."""
    office = open_office("one", "two", secret=secret)
    with pytest.raises(ConfigurationError) as raised:
        Receiver(office.client())
    paths = ["accounts.one.webhook_secret", "accounts.two.webhook_secret"]
    assert paths == [problem.path for problem in raised.value.problems]
    assert secret is None or secret not in str(raised.value)


def test_insecure_has_to_be_asked_for(open_office: OpenOffice) -> None:
    """With ``insecure=True`` an account without secret is served without one."""
    office = open_office(secret=None)
    receiver = Receiver(office.client(), insecure=True)
    assert 200 == post(receiver, "/one").status
    assert 200 == post(receiver, "/one/in/voice", b"more").status
    assert office.find(b"more", path="in/voice") is not None
    assert 404 == post(receiver, "/two").status


def test_nothing_of_a_request_is_logged(open_office: OpenOffice, caplog: pytest.LogCaptureFixture) -> None:
    """Neither path secrets, headers nor bodies reach any log, at any level."""
    caplog.set_level(logging.DEBUG)
    office = open_office()
    headers = [(b"authorization", b"canary-header"), (b"content-encoding", b"canary-coding")]

    def fail(_outcome: Outcome) -> None:
        raise ValueError("canary-observer")

    receiver = Receiver(office.client(), on_outcome=fail)
    post(receiver, "/one/canary-secret", b"canary-body", headers=headers)
    post(receiver, PATH, b"canary-body", headers=headers)
    post(receiver, f"{PATH}/canary-rest", b"canary-body", headers=headers[:1])
    failing = FailingStore(office, RuntimeError("canary-error"))
    client = AsyncClient(office.config, registry=office.registry, store=failing)  # type: ignore[arg-type]  # behaves like one
    assert 503 == post(Receiver(client), PATH, b"canary-body", headers=headers[:1]).status
    text = "\n".join(f"{record.getMessage()} {record.exc_text}" for record in caplog.records)
    assert "could not be stored: RuntimeError" in text
    assert "canary" not in text
    assert SECRET not in text
    assert eventually(lambda: office.find(b"canary-body", path="canary-rest") is not None)
