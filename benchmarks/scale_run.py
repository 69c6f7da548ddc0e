"""``python -m benchmarks.scale_run``: one process that sends, receives and processes; JSON on stdout.

It is the process whose memory and time are told, so it does nothing else: the simulated vendor and the people
who sign are processes of their own. The store is SQLite as it is shipped: WAL, ``synchronous=FULL``.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import hashlib
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, Any

import attrs
import uvicorn
from sqlalchemy import event as sql
from sqlalchemy.engine import Engine

from paraph import AsyncClient, Config, DeliveryBy, Document, Envelope, Outcome, Signatory
from paraph.model import FactType
from paraph_web import Receiver

ACCOUNT = "ignisign"
AT_ONCE = 16
"""Envelopes that are on their way at a time."""

STALLED = 120.0
"""Seconds without a completed envelope after which something is broken."""


@attrs.frozen(kw_only=True)
class Sample:
    """What had been used when so many envelopes were completed; seconds and bytes.

    :ivar peak: the most memory this process ever held (VmHWM). ``now``: what it holds (VmRSS).
    :ivar store: the database and its write-ahead log.
    :ivar vendor_cpu: of the simulator's process. ``people_cpu``: of the people's.
    :ivar spins: how often a fixed piece of work ran beside everything since the last sample, and
        ``spin_cpu`` what one took: it tells how fast the machine was, and is not part of ``cpu``.
    :ivar statements: of SQL. ``commits``: transactions, those that only read included.
    """

    envelopes: int
    wall: float
    cpu: float
    peak: int
    now: int
    store: int
    vendor_cpu: float
    people_cpu: float
    spins: int
    spin_cpu: float
    statements: int
    commits: int


class Run:
    """One run: what is known of it while it lasts."""

    def __init__(self, envelopes: int, slice_: int, folder: Path) -> None:
        self.envelopes, self.slice, self.folder = envelopes, slice_, folder
        self.samples: list[Sample] = []
        self.outcomes: collections.Counter[str] = collections.Counter()
        self._store = folder / "paraph.db"
        self._waiting: dict[str, asyncio.Event] = {}
        self._done = 0
        self._counts: collections.Counter[str] = collections.Counter()
        self._started = (0.0, 0.0)
        self._spins: list[float] = []
        self._spun = 0.0
        self._vendor = self._people = 0

    async def go(self) -> None:
        """Send everything, have it signed, and process what the vendor tells until all is completed."""
        secret = secrets.token_urlsafe(32)
        with (
            socket.create_server(("127.0.0.1", 0)) as listener,
            contextlib.ExitStack() as processes,
        ):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            public = f"http://127.0.0.1:{listener.getsockname()[1]}"
            self._vendor, made = processes.enter_context(_simulator(f"{public}/{ACCOUNT}/{secret}"))
            self._people, links = processes.enter_context(_people())
            self._count_statements()
            async with (
                AsyncClient.from_config(self._config(made, public, secret)) as client,
                _serving(Receiver(client, on_outcome=self._note), listener),
            ):
                await self._all(client, links)
                await self._processed(client)

    def _config(self, made: Any, public: str, secret: str) -> Config:
        values = tomllib.loads(made["configuration"])
        values["store"] = {"url": f"sqlite:///{self._store}"}
        values["webhooks"] = {"public_url": public}
        environ = {**made["environment"], "PARAPH_SIMULATED_WEBHOOK_SECRET": secret}
        return Config.from_mapping(values, source="the benchmark", environ=environ)

    def _count_statements(self) -> None:
        def statement(*_: object) -> None:
            self._counts["statements"] += 1

        def commit(_: object) -> None:
            self._counts["commits"] += 1

        sql.listen(Engine, "before_cursor_execute", statement)
        sql.listen(Engine, "commit", commit)

    async def _all(self, client: AsyncClient, links: IO[str]) -> None:
        numbers = iter(range(self.envelopes))
        self._started = (time.perf_counter(), time.process_time())
        self._sample()

        async def lane() -> None:
            for number in numbers:
                await self._one(client, links, number)

        beside = asyncio.create_task(self._spin())
        try:
            async with asyncio.TaskGroup() as lanes:
                for _ in range(min(AT_ONCE, self.envelopes)):
                    lanes.create_task(lane())
        finally:
            beside.cancel()

    async def _spin(self) -> None:
        """Do the same piece of work now and then: a machine that slows down slows it down, too."""
        while True:
            started = time.thread_time()
            sum(number * number for number in range(10_000))
            self._spins.append(time.thread_time() - started)
            await asyncio.sleep(0.2)

    async def _one(self, client: AsyncClient, links: IO[str], number: int) -> None:
        envelope = _envelope(number)
        completed = self._waiting[envelope.id] = asyncio.Event()
        await client.send(envelope, account=ACCOUNT)
        link = await client.signing_link(envelope.id, "ada")
        print(link.url.reveal(), file=links, flush=True)
        async with asyncio.timeout(STALLED):
            await completed.wait()
        del self._waiting[envelope.id]
        self._done += 1
        if self._done % self.slice == 0:
            self._sample()

    def _note(self, outcome: Outcome) -> None:
        self.outcomes[outcome.kind.value] += 1
        for event in outcome.events:
            if event.type is FactType.ENVELOPE_COMPLETED and event.envelope_id in self._waiting:
                self._waiting[event.envelope_id].set()

    async def _processed(self, client: AsyncClient) -> None:
        """Wait until nothing that was received waits to be processed."""

        def waiting() -> int:
            with client.store.begin() as tx:
                return tx.count_unprocessed(ACCOUNT)[0]

        async with asyncio.timeout(STALLED):
            while await asyncio.to_thread(waiting):  # noqa: ASYNC110 - the store tells nobody
                await asyncio.sleep(0.05)

    def _sample(self) -> None:
        memory = _status("VmHWM", "VmRSS")
        spins, self._spins = self._spins, []
        self._spun += sum(spins)
        sizes = (path.stat().st_size for path in self.folder.glob(f"{self._store.name}*"))
        self.samples.append(
            Sample(
                envelopes=self._done,
                wall=time.perf_counter() - self._started[0],
                cpu=time.process_time() - self._started[1] - self._spun,
                peak=memory["VmHWM"],
                now=memory["VmRSS"],
                store=sum(sizes),
                vendor_cpu=_cpu_of(self._vendor),
                people_cpu=_cpu_of(self._people),
                spins=len(spins),
                spin_cpu=statistics.median(spins) if spins else 0.0,
                statements=self._counts["statements"],
                commits=self._counts["commits"],
            )
        )
        if self._done % (self.slice * 5) == 0:
            print(f"{self._done} of {self.envelopes}", file=sys.stderr, flush=True)


def _envelope(number: int) -> Envelope:
    """Make an envelope with a document of which only the digest leaves, so that no PDF has to be signed."""
    content = f"The {number}th contract".encode()
    return Envelope(
        title=f"Contract {number}",
        reference=f"contract-{number}",
        documents=[Document.from_digest(hashlib.sha256(content).hexdigest(), name="contract.pdf")],
        signatories=[
            Signatory(
                id="ada",
                given_name="Ada",
                family_name="Lovelace",
                email="ada@example.org",
                delivery=DeliveryBy.LINK,
            )
        ],
    )


@contextlib.contextmanager
def _simulator(webhook: str) -> Iterator[tuple[int, Any]]:
    """Run the vendor; yield the number of its process, and the configuration to talk to it."""
    command = [sys.executable, "-m", "paraph.cli", "simulator", "--provider", ACCOUNT, "--json"]
    with subprocess.Popen([*command, "--webhook", webhook], stdout=subprocess.PIPE, text=True) as process:
        try:
            text = ""
            for line in process.stdout or ():
                text += line
                if line.startswith("}"):
                    break
            yield process.pid, json.loads(text)
        finally:
            process.terminate()


@contextlib.contextmanager
def _people() -> Iterator[tuple[int, IO[str]]]:
    """Run those who sign; yield the number of their process, and where to write links to."""
    command = [sys.executable, "-m", "benchmarks.scale_people"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as process:
        if process.stdin is None:
            raise RuntimeError("the people's process has no standard input")
        with process.stdin as links:
            yield process.pid, links
    if process.returncode:
        raise RuntimeError("the people could not sign everything")


@contextlib.asynccontextmanager
async def _serving(receiver: Receiver, listener: socket.socket) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(receiver, access_log=False, log_level="warning"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def _status(*names: str) -> dict[str, int]:
    """Return lines of /proc/self/status in bytes; 0 where there is no such file."""
    found = dict.fromkeys(names, 0)
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in found:
                found[name] = int(rest.split()[0]) * 1024
    return found


def _cpu_of(process: int) -> float:
    """Return the processor seconds of another process; 0 where that cannot be known."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run as asked and print the samples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--envelopes", type=int, required=True)
    parser.add_argument("--slice", type=int, required=True)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(asked.envelopes, asked.slice, Path(folder))
        asyncio.run(run.go())
    json.dump({"samples": [attrs.asdict(each) for each in run.samples], "outcomes": run.outcomes}, sys.stdout)


if __name__ == "__main__":
    main()
