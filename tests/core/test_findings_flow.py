"""What a review found in flows, operations and their helpers, each with the fact that holds now."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import re
import threading
import time
import traceback
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import attrs
import httpx
import pytest

from paraph import Registry
from paraph.client import Client
from paraph.convert import base_converter
from paraph.errors import ConnectionLost, MalformedResponse, UsageError, VendorRefused, WaitTimeout
from paraph.flow import Flow, Sink, http, shared
from paraph.flow.commands import Call, Http
from paraph.flow.exchange import Body
from paraph.flow.runners import AsyncRunner, SyncRunner
from paraph.flow.session import Sessions
from paraph.flow.upload import multipart_request
from paraph.model import Document, Evidence, EvidenceKind, Lifecycle, Secret
from paraph.ops.evidence import MANIFEST, FileSink, file_names
from paraph.provider import Account, Action, Capabilities, Capability, Carried, Repeat, json_of, problem_of
from paraph.provider.endpoint import LONG, Api, endpoint
from paraph.store.memory import MemoryStore
from paraph_simulator.demo import Plan, play
from paraph_simulator.found import make_simulators
from paraph_simulator.show import Show
from paraph_simulator.stopping import Stop
from support.tiny import PDF, TinyConfig, TinyProvider, TinyRegistry, TinyVendor, as_config, envelope, utc

CANARY = "c4n4ry-t0ken"
URL = "https://vendor.example/x"


def run_sync(flow: Flow[Any], handle: Callable[[httpx.Request], httpx.Response]) -> Any:
    with httpx.Client(transport=httpx.MockTransport(handle)) as client:
        return SyncRunner(Sessions(lambda _: client)).run(flow)


def run_async(flow: Flow[Any], handle: Callable[[httpx.Request], httpx.Response]) -> Any:
    async def answer(request: httpx.Request) -> httpx.Response:
        if isinstance(request.stream, httpx.AsyncByteStream):
            async for _ in request.stream:
                pass
        return handle(request)

    async def main() -> Any:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            return await AsyncRunner(Sessions(lambda _: client)).run(flow)

    return asyncio.run(main())


both = pytest.mark.parametrize("run", [run_sync, run_async])


def told(error: BaseException | None) -> str:
    """Return everything that an error tracker shows: texts, attributes and locals along the whole chain."""
    shown: list[str] = []
    while error is not None:
        shown += [str(error), repr(error), repr(vars(error))]
        request = vars(error).get("_request")
        shown += [repr(request.headers.raw)] if request is not None else []
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if "paraph" in frame.f_code.co_filename or "httpx" in frame.f_code.co_filename:
                shown += [repr(value) for value in frame.f_locals.values()]
        error = error.__cause__ or error.__context__
    return "\n".join(shown)


@both
def test_a_transport_error_leads_to_no_credentials(run: Any) -> None:
    """Nothing that hangs on a failed exchange's error, neither chain nor locals, shows the bearer."""

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("cut", request=request)

    request = httpx.Request("GET", URL, headers={"Authorization": f"Bearer {CANARY}"})
    with pytest.raises(ConnectionLost) as caught:
        run(http(request), broken)
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)
    assert CANARY not in told(caught.value)


def test_the_walk_finds_a_canary() -> None:
    """Negative control: the same walk finds the bearer where httpx's own error hangs on another one."""
    request = httpx.Request("GET", URL, headers={"Authorization": f"Bearer {CANARY}"})
    error = ConnectionLost("cut")
    error.__context__ = httpx.ReadError("cut", request=request)
    assert CANARY in told(error)


def test_an_answer_that_is_no_json_is_not_kept() -> None:
    """The error of a malformed answer carries no text of it, which may be personal data."""
    response = httpx.Response(200, text=CANARY, request=httpx.Request("GET", URL))
    with pytest.raises(MalformedResponse) as caught:
        json_of(response)
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)


@pytest.mark.parametrize(
    ("code", "shown"),
    [("SIGNER_NOT_FOUND", "SIGNER_NOT_FOUND"), ("a.b:c-1", "a.b:c-1"), ("no signer Ada Lovelace", None)],
)
def test_a_sentence_is_no_code(code: str, shown: str | None) -> None:
    """A vendor's code is shown, a sentence in its place is not: it may name a person."""
    error = problem_of(httpx.Response(400, request=httpx.Request("GET", URL)), code=code)
    assert error is not None
    assert shown == error.code


class FailingStream(io.BytesIO):
    """Opens, and then cannot be read."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise OSError(5, "Input/output error", "ada-lovelace/contract.pdf")


def vanished(tmp_path: Path) -> Document:
    path = tmp_path / "ada-lovelace.pdf"
    path.write_bytes(PDF)
    document = Document.from_path(path, id="d1")
    path.unlink()
    return document


def unreadable(_: Path) -> Document:
    streams: Iterator[BinaryIO] = iter([io.BytesIO(PDF), FailingStream()])
    return Document.from_opener(lambda: next(streams), name="ada-lovelace.pdf", id="d1")


@both
@pytest.mark.parametrize("make", [vanished, unreadable])
def test_a_file_that_vanished_is_named_by_its_id(
    run: Any, make: Callable[[Path], Document], tmp_path: Path
) -> None:
    """Uploading what can no longer be read is a usage error with the local id, without path or chain."""
    request = multipart_request(
        "POST", URL, field="f", filename="f", media_type="application/pdf", document=make(tmp_path)
    )
    with pytest.raises(UsageError, match="'d1' can no longer be read") as caught:
        run(http(request), lambda request: httpx.Response(200, content=request.read()))
    assert "ada" not in str(caught.value)
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)


class Counting:
    """A flow that fails once everybody waits, and counts how often it ran."""

    def __init__(self, callers: int) -> None:
        self.callers = callers
        self.waiting = 0
        self.flights = 0
        self.lock = threading.Lock()
        self.works = False

    def fresh(self, value: object) -> bool:
        with self.lock:
            self.waiting += value == "stale"
        return value == "new"

    def produce(self) -> Flow[str]:
        self.flights += 1
        # The caller that makes the value looks twice: before it has the lock, and with it.
        while not self.works and self.waiting < self.callers + 1:
            yield from http(httpx.Request("GET", URL))
        if not self.works:
            raise VendorRefused("no token")
        return "new"

    def flow(self) -> Flow[str]:
        return (yield from shared("token", fresh=self.fresh, produce=self.produce))


CALLERS = 50


def test_a_failed_flight_fails_all_threads_that_waited() -> None:
    """Fifty threads wait for one token request: it fails once, each gets the error, the next tries again."""
    world = Counting(CALLERS)
    failures: list[Exception] = []

    def handle(_: httpx.Request) -> httpx.Response:
        time.sleep(0)  # let the others run; what is waited for is the count
        return httpx.Response(200)

    with httpx.Client(transport=httpx.MockTransport(handle)) as client:
        sessions = Sessions(lambda _: client)
        runner = SyncRunner(sessions)
        sessions.cell("", "token").fill("stale")

        def ask() -> None:
            try:
                runner.run(world.flow())
            except VendorRefused as error:
                failures.append(error)

        threads = [threading.Thread(target=ask) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert (1, CALLERS) == (world.flights, len(failures))
        assert CALLERS == len({id(error) for error in failures})
        world.works = True
        assert ("new", 2) == (runner.run(world.flow()), world.flights)


def test_a_failed_flight_fails_all_tasks_that_waited() -> None:
    """The same holds for fifty tasks."""
    world = Counting(CALLERS)

    async def handle(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        return httpx.Response(200)

    async def main() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
            sessions = Sessions(lambda _: client)
            runner = AsyncRunner(sessions)
            sessions.cell("", "token").fill("stale")
            tasks = [runner.run(world.flow()) for _ in range(CALLERS)]
            failures = await asyncio.gather(*tasks, return_exceptions=True)
            assert (1, {VendorRefused}) == (world.flights, {type(error) for error in failures})
            assert CALLERS == len({id(error) for error in failures})
            world.works = True
            assert ("new", 2) == (await runner.run(world.flow()), world.flights)

    asyncio.run(main())


def decoded(raw: bytes, step: int, encoding: str = "gzip") -> bytes:
    """Decode a body that arrives in blocks of ``step`` bytes."""
    request = httpx.Request("GET", URL)
    response = httpx.Response(
        200, headers={"content-encoding": encoding}, stream=httpx.ByteStream(raw), request=request
    )
    body = Body(Http(request), response, 1 << 24)
    for start in range(0, len(raw), step):
        body.add(raw[start : start + step])
    return body.response().content


@pytest.mark.parametrize("step", [1, 7, 1 << 16])
def test_gzip_bodies_may_have_several_members(step: int) -> None:
    """Every member is decoded, however the network cuts the body; padding of zeros is skipped."""
    first, second = b"a" * 200_000, b"the end"
    members = gzip.compress(first) + gzip.compress(b"") + gzip.compress(second)
    assert first + second == decoded(members, step)
    assert first + second == decoded(members + bytes(12), step)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_an_empty_body_is_empty_whatever_its_encoding(encoding: str) -> None:
    """No byte at all is an empty body; one that is cut off, also in its second member, is an error."""
    assert b"" == decoded(b"", 1, encoding)
    whole = gzip.compress(b"x" * 1000)
    for cut in (whole[:-1], whole + whole[:-1]):
        with pytest.raises((httpx.DecodingError, zlib.error)):
            decoded(cut, 64)


def test_artefacts_of_one_name_are_numbered() -> None:
    """No file name is given twice, not even in another case, and the manifest's is nobody's."""
    names = ["a.pdf", "A.PDF", "a.pdf", "a-2.pdf", MANIFEST, "noext", "noext"]
    items = [
        Evidence(key=str(n), kind=EvidenceKind.SIGNED_DOCUMENT, name=name) for n, name in enumerate(names)
    ]
    given = list(file_names(items).values())
    assert len(names) == len({name.casefold() for name in given})
    assert ("a.pdf", "A-2.PDF") == (given[0], given[1])
    assert MANIFEST not in given


class Twins(TinyProvider):
    """Names every artefact alike."""

    def evidence(self, carried: Carried, account: Account[Any]) -> Flow[tuple[Evidence, ...]]:
        found = yield from super().evidence(carried, account)
        return tuple(attrs.evolve(item, name="manifest.json") for item in found)


@pytest.fixture
def vendor() -> TinyVendor:
    return TinyVendor()


@pytest.fixture
def client(vendor: TinyVendor) -> Iterator[Client]:
    yield from opened(vendor, TinyProvider())


def opened(vendor: TinyVendor, provider: TinyProvider) -> Iterator[Client]:
    registry: Any = TinyRegistry()
    registry.one = provider
    options: dict[str, Any] = {"transport": httpx.MockTransport(vendor.handle), "pause": lambda _: None}
    config = as_config(TinyConfig())
    with Client(config, registry=registry, store=MemoryStore(), **options) as made:
        yield made


def test_saving_twins_loses_nothing(vendor: TinyVendor, tmp_path: Path) -> None:
    """Two artefacts named like the manifest are both saved, beside the manifest, as it lists them."""
    for client in opened(vendor, Twins()):
        asked = envelope()
        client.send(asked)
        vendor.sign("e1", "p-ada")
        vendor.sign("e1", "p-bob")
        client.save(asked.id, tmp_path)
        # What is saved alone keeps the name it has among all.
        client.save(asked.id, tmp_path, document="annex")
    assert [MANIFEST, "manifest-2.json", "manifest-3.json"] == sorted(
        (path.name for path in tmp_path.iterdir()), key=lambda name: (len(name), name)
    )
    assert 2 == len({(tmp_path / name).read_bytes() for name in ("manifest-2.json", "manifest-3.json")})


def test_a_discarded_sink_stays_away(tmp_path: Path) -> None:
    """A call that a cancelled task left behind in a thread makes no file any more."""
    sink = FileSink(tmp_path / "a.pdf")
    assert [] == list(tmp_path.iterdir())
    sink.discard()
    for late in (lambda: sink.write(b"x"), sink.commit):
        with pytest.raises(ValueError, match="discarded"):
            late()
    kept = FileSink(tmp_path / "b.pdf")
    kept.write(b"x")
    kept.commit()
    kept.discard()
    assert ["b.pdf"] == [path.name for path in tmp_path.iterdir()]


def test_a_cancelled_save_leaves_no_part(tmp_path: Path) -> None:
    """Cancelling while a thread is about to write leaves nothing behind once that thread has ended."""
    entered, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    class Slow(FileSink):
        def write(self, data: bytes, /) -> int:
            entered.set()
            assert go_on.wait(60)
            try:
                return super().write(data)
            finally:
                ended.set()

    async def save(sink: FileSink) -> None:
        try:
            await asyncio.to_thread(sink.write, b"x")
        finally:
            sink.discard()

    async def main() -> None:
        task = asyncio.create_task(save(Slow(tmp_path / "a.pdf")))
        assert await asyncio.to_thread(entered.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        assert await asyncio.to_thread(ended.wait, 30)

    asyncio.run(main())
    assert [] == list(tmp_path.iterdir())


def test_waiting_for_no_time_looks_once(client: Client, vendor: TinyVendor) -> None:
    """With a timeout of 0 the vendor is read once: an ending is seen, and otherwise it is too late."""
    asked = envelope()
    client.send(asked)
    with pytest.raises(WaitTimeout):
        client.wait(asked.id, timeout=0)
    vendor.sign("e1", "p-ada")
    vendor.sign("e1", "p-bob")
    assert Lifecycle.COMPLETED is client.wait(asked.id, timeout=0).lifecycle


@attrs.frozen(kw_only=True)
class Mixed:
    """Parameters of every kind that matters."""

    key: Secret | None = None
    day: date | None = None
    at: datetime | None = None
    kind: EvidenceKind | None = None
    names: tuple[str, ...] = ()
    free: Mapping[str, Any] = attrs.field(factory=dict)
    count: int = 0
    sink: Sink | None = None


class Acting(TinyProvider):
    """Offers one action, which gives back what it was given."""

    def __init__(self) -> None:
        def run(account: Account[Any], given: Mixed) -> Flow[Mixed]:
            return given
            yield

        self.actions = {
            "mix": Action(
                name="mix", summary="", source="", repeat=Repeat.READ, params=Mixed, result=Mixed, run=run
            )
        }


def test_parameters_of_actions_are_converted(vendor: TinyVendor) -> None:
    """Text stands for a secret, a date, a time and a member; a value of the right type stays."""
    for client in opened(vendor, Acting()):
        free = {"any": [1, None]}
        sink = io.BytesIO()
        given = client.call(
            "a", "mix", key="k", day="2026-05-01", at="2026-05-01T00:00:00Z", kind="signed_document",
            names=["x"], free=free, count=3, sink=sink,
        )  # fmt: skip
        expected = Mixed(
            key=Secret("k"),
            day=date(2026, 5, 1),
            at=utc(2026, 5, 1),
            kind=EvidenceKind.SIGNED_DOCUMENT,
            names=("x",),
            free=free,
            count=3,
            sink=sink,
        )
        assert expected == given
        assert expected == client.call("a", "mix", **attrs.asdict(expected, recurse=False))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("key", 1),
        ("day", CANARY),
        ("day", datetime(2026, 5, 1, tzinfo=UTC)),
        ("at", "2026-05-01T00:00:00"),
        ("kind", CANARY),
        ("names", CANARY),
        ("names[0]", [1]),
        ("free", [CANARY]),
        ("count", True),
        ("count", CANARY),
        ("count", None),
    ],
)
def test_a_parameter_of_another_type_is_named(vendor: TinyVendor, name: str, value: object) -> None:
    """What does not fit is a usage error that names the parameter and shows no value, also by its chain."""
    for client in opened(vendor, Acting()):
        with pytest.raises(UsageError, match=re.escape(f"'mix': {name} has another type")) as caught:
            client.call("a", "mix", **{name.partition("[")[0]: value})
        assert CANARY not in str(caught.value)
        assert (None, None) == (caught.value.__cause__, caught.value.__context__)


@attrs.frozen(kw_only=True)
class Free:
    """Free JSON and a text."""

    text: str = ""
    free: Mapping[str, Any] | None = None


@pytest.mark.parametrize(
    ("given", "apart"),
    [(Free(text="short"), False), (Free(text="x" * (LONG + 1)), True), (Free(free={"a": {"b": 1}}), True)],
)
def test_large_bodies_are_written_outside_the_event_loop(given: Free, *, apart: bool) -> None:
    """A request with free JSON or a long text is built by a command that leaves the loop; others at once."""
    api = Api(
        base=lambda _: "https://vendor.example",
        names=lambda _: {},
        converter=base_converter(),
        problem=problem_of,
    )
    action = endpoint(
        api, "put", "POST", "/x", params=Free, result=Free, repeat=Repeat.NEVER, summary="", source=""
    )
    account: Any = SimpleNamespace(name="a")
    flow = action.run(account, given)
    command = flow.send(None)
    assert apart == isinstance(command, Call)
    if isinstance(command, Call):
        command = flow.send(command.function(*command.args))
    assert isinstance(command, Http)
    assert given.text == json.loads(command.request.content)["text"]
    flow.close()


def test_the_demo_plays_without_signing_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where an account gives no links, the demo's people sign by the mails that the vendor wrote."""
    real = Client.capabilities

    def without_links(self: Client, account: str | None = None) -> Capabilities:
        found = real(self, account)
        return attrs.evolve(found, supported=found.supported - {Capability.SIGNING_LINK})

    def refused(*_: object) -> None:
        raise AssertionError("the demo asked for a link that the account does not offer")

    monkeypatch.setattr(Client, "capabilities", without_links)
    monkeypatch.setattr(Client, "signing_link", refused)
    registry = Registry()
    plan = Plan(folder=tmp_path / "demo", patience=60)
    show, simulators = Show(io.StringIO()), make_simulators(registry, ["ignisign"], {"webhook_timeout": "60"})
    (result,) = play(plan, simulators, registry, show, Stop())
    assert (Lifecycle.COMPLETED, ()) == (result.snapshot.lifecycle, result.failures)
