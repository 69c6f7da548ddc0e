"""How long a send takes that makes many calls, where each of the vendor's answers takes 50 ms.

The vendor is its simulator, in a process of its own. Each send runs in a process of its own, too, after a
small one that has imported everything: what is told of memory is that send's alone. The store is SQLite.

One after the other a send takes at least (calls x 50 ms). The figures are how much of that it takes where
calls overlap, by default up to eight, and where the account allows one at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final, Literal

import attrs
import httpx

from benchmarks.table import Row
from paraph import AsyncClient, Client, Config, Document, Envelope, Field, Rect, Signatory, open_store
from paraph.flow.trust import trusted
from paraph.testing.simulator import Simulator
from paraph_ignisign.simulator import create as ignisign
from paraph_sign8.simulator import create as sign8

LATENCY: Final = 0.05
"""Seconds that each answer of the vendor takes."""

FILE: Final = 200_000
"""Bytes of each document, about."""

SIZES: Final = ((1, 1), (5, 10), (20, 50))
"""Documents and signatories."""

QUICK_SIZE: Final = (3, 5)

RUNS: Final = 3
"""Sends of each kind of the largest envelope, in turn; the one of the median time is told."""

Style = Literal["sync", "async"]
STYLES: Final[tuple[Style, ...]] = ("sync", "async")


@attrs.frozen(kw_only=True)
class Task:
    """One send. :ivar in_flight: calls at once; ``None``: as many as by default."""

    vendor: str
    documents: int
    people: int
    style: Style
    in_flight: int | None = None


@attrs.frozen(kw_only=True)
class Told:
    """What came of it: requests, seconds on the wall and of the processor, bytes more than before."""

    calls: int
    seconds: float
    cpu: float
    peak: int

    @property
    def share(self) -> float:
        """Seconds over what the answers' delays add up to."""
        return self.seconds / (self.calls * LATENCY)


def rows(quick: bool) -> Iterator[Row]:
    """Send envelopes of each size through both vendors, blocking and waiting, side by side and one by one."""
    for name in ("ignisign", "sign8"):
        with _child("vendor", name) as (_, answered):
            account = answered.readline()
            for size in (QUICK_SIZE,) if quick else SIZES:
                for style in STYLES[:1] if quick else STYLES:
                    runs = RUNS if size == SIZES[-1] else 1
                    yield from _compared(name, size, style, account, runs=runs)


def _compared(vendor: str, size: tuple[int, int], style: Style, account: str, *, runs: int) -> Iterator[Row]:
    documents, people = size
    task = Task(vendor=vendor, documents=documents, people=people, style=style)
    alone = attrs.evolve(task, in_flight=1)
    both = [(measured(task, account), measured(alone, account)) for _ in range(runs)]
    told, one = (sorted(each, key=lambda run: run.seconds)[runs // 2] for each in zip(*both, strict=True))
    name = f"{vendor}, documents {documents}, signatories {people}, {style}"
    goal = vendor == "ignisign" and size == SIZES[-1]
    yield Row(
        number="large",
        metric=f"{name}: calls side by side / one at a time, seconds",
        value=told.seconds / one.seconds,
        unit="x",
        goal=0.3 if goal else None,
        stretch=0.25 if goal else None,
        note=f"{told.calls} calls, {told.seconds:.2f} s and {one.seconds:.2f} s",
    )
    yield Row(
        number="large",
        metric=f"{name}: seconds / (calls x 50 ms)",
        value=told.share,
        unit="x",
        goal=None,
        note=f"one at a time: {one.share:.2f} x",
    )
    if size != SIZES[0]:
        yield Row(
            number="large",
            metric=f"{name}: the client's processor time a call",
            value=told.cpu / told.calls * 1000,
            unit="ms",
            goal=None,
            note=f"{told.cpu:.2f} s in all, checks and SQLite among them",
        )
        yield Row(
            number="large",
            metric=f"{name}: peak of memory",
            value=told.peak / 2**20,
            unit="MiB",
            goal=None,
            note=f"one at a time: {one.peak / 2**20:.2f} MiB; files of {documents * FILE / 2**20:.1f} MiB",
        )


def measured(task: Task, account: str) -> Told:
    """Send in a process of its own. :param account: how to reach the vendor, as :func:`vendor` prints it."""
    with _child("send", json.dumps(attrs.asdict(task))) as (given, told):
        given.write(account)
        given.flush()
        return Told(**json.loads(told.readline()))


@contextlib.contextmanager
def _child(*arguments: str) -> Iterator[tuple[IO[str], IO[str]]]:
    """Run this module, and give its input and output; it ends with its input."""
    command = [sys.executable, "-m", "benchmarks.large", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the pipes are missing")
        try:
            yield process.stdin, process.stdout
        finally:
            process.stdin.close()


# The vendor


def vendor(name: str) -> None:
    """Serve a simulator until standard input ends; print an account of it first."""
    made: Simulator = ignisign(latency=LATENCY) if name == "ignisign" else sign8(latency=LATENCY)
    with made.running() as url:
        account = made.account(url)
        print(json.dumps([account.table, account.environment]), flush=True)
        sys.stdin.read()


# The client


class Counted(httpx.BaseTransport):
    """Counts requests."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()
        self._real = httpx.HTTPTransport(verify=trusted())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Count the request and send it."""
        with self._lock:
            self.count += 1
        return self._real.handle_request(request)

    def close(self) -> None:
        """Close the connections."""
        self._real.close()


class CountedAsync(httpx.AsyncBaseTransport):
    """Counts requests in an event loop."""

    def __init__(self) -> None:
        self.count = 0
        self._real = httpx.AsyncHTTPTransport(verify=trusted())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Count the request and send it."""
        self.count += 1
        return await self._real.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._real.aclose()


def envelope(documents: int, people: int, folder: Path, vendor: str) -> Envelope:
    """Make an envelope of files with an id of its own.

    SIGN8 has a call for everyone's signature on each document: there only the first is signed.
    """
    made = [_file(folder / f"file{number:02}.pdf", number) for number in range(documents)]
    roles = ("signed", *("attachment" if vendor == "sign8" else "signed",) * (documents - 1))
    return Envelope(
        title="A large envelope",
        documents=[Document.from_path(path, role=role) for path, role in zip(made, roles, strict=True)],
        fields=[_field(made[0].stem, number) for number in range(people)] if vendor == "sign8" else [],
        signatories=[
            Signatory(
                id=_person(number),
                given_name=f"Given{number}",
                family_name=f"Family{number}",
                email=f"person{number}@example.org",
                phone=f"+4915112345{number:03}",
            )
            for number in range(people)
        ],
    )


def _person(number: int) -> str:
    return f"person{number:02}"


def _field(document: str, number: int) -> Field:
    """Ask a person for a signature on a page that has room for sixty."""
    row, column = divmod(number, 5)
    place = Rect(x=36 + 108 * column, y=36 + 60 * row, width=96, height=48)
    return Field(document=document, signatory=_person(number), kind="signature", rect=place)


def _file(path: Path, number: int) -> Path:
    """Write a PDF of one blank page and much padding."""
    if not path.exists():
        padding = b"%" + str(number).encode() * FILE + b"\n"
        head = b"%PDF-1.4\n" + padding[:FILE] + b"\n"
        parts = (
            b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n",
            b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n",
            b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n",
        )
        body, places = head, []
        for part in parts:
            places.append(len(body))
            body += part
        table = b"".join(b"%010d 00000 n \n" % place for place in places)
        trailer = b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)
        path.write_bytes(body + b"xref\n0 4\n0000000000 65535 f \n" + table + trailer)
    return path


def send(task: Task) -> None:
    """Read an account from standard input, send a small envelope and then the task's; print what it took."""
    table, environment = json.loads(sys.stdin.readline())
    if task.in_flight is not None:
        table["limits"] = {"in_flight": task.in_flight}
    config = Config.from_mapping({"accounts": {"a": table}, "default": "a"}, environ=environment)
    with tempfile.TemporaryDirectory(prefix="large-") as folder:
        small = envelope(1, 1, Path(folder), task.vendor)
        large = envelope(task.documents, task.people, Path(folder), task.vendor)
        store = open_store(f"sqlite:///{folder}/paraph.db")
        run = _sync if task.style == "sync" else _async
        told = run(config, store, small, large)
        store.close()
    print(json.dumps(attrs.asdict(told)), flush=True)


def _sync(config: Config, store: Any, small: Envelope, large: Envelope) -> Told:
    transport = Counted()
    with Client(config, registry=config.registry, store=store, transport=transport) as client:
        client.send(small)
        begun = Meter(transport.count)
        client.send(large)
        return begun.told(transport.count)


def _async(config: Config, store: Any, small: Envelope, large: Envelope) -> Told:
    async def main() -> Told:
        transport = CountedAsync()
        async with AsyncClient(config, registry=config.registry, store=store, transport=transport) as client:
            await client.send(small)
            begun = Meter(transport.count)
            await client.send(large)
            return begun.told(transport.count)

    return asyncio.run(main())


class Meter:
    """Begins to measure when it is made."""

    def __init__(self, calls: int) -> None:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # the peak is that of now on
        self._resident = _status("VmRSS")
        self._calls, self._wall, self._cpu = calls, time.perf_counter(), time.process_time()

    def told(self, calls: int) -> Told:
        """Return what was measured until now."""
        return Told(
            calls=calls - self._calls,
            seconds=time.perf_counter() - self._wall,
            cpu=time.process_time() - self._cpu,
            peak=max(0, _status("VmHWM") - self._resident),
        )


def _status(name: str) -> int:
    """Return a figure of this process in bytes; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def main() -> None:
    """Be the vendor, or send."""
    role, what = sys.argv[1:]
    if role == "vendor":
        vendor(what)
    else:
        send(Task(**json.loads(what)))


if __name__ == "__main__":
    main()
