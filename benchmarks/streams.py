"""Files up and down: how fast and how flat, beside httpx as its documentation says to use it.

Ratios of wall time are taken in one process, a call per block, and peaks of memory each in a process of its
own (`benchmarks.stream_cases`). Ours are whole public operations of a client: account, credentials, limits,
the vendor's plugin, and what they promise. The files are on a disk's cache and the vendor on loopback, so
that nothing waits and every instruction counts: with a network in between hardly any of it would show.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks import stream_cases as cases
from benchmarks.method import AGAIN, Ratio, compare, compare_async, how_many
from benchmarks.server import serving
from benchmarks.stream_cases import MIB, Ground
from benchmarks.table import Row
from paraph import AsyncClient, Client, Document
from paraph.store.memory import MemoryStore

LARGE, LARGER, SMALL = 50 * MIB, 200 * MIB, 4 * MIB
SLOW = 8 * MIB
"""Bytes that go through a slow disk."""

BLOCKS, HEAVY_BLOCKS = 31, 9
"""Blocks of a call each; fewer of what takes half a second."""

FLAT = 8.0
"""MiB by which a client's peak may grow, whatever the size of a file."""


def rows(quick: bool) -> Iterator[Row]:
    """Measure uploads, downloads, and both with 200 MB."""
    with _ground(SMALL if quick else LARGE) as ground:
        yield from _uploads(ground, quick)
        yield from _uploads_base64(ground, quick)
        yield from _downloads(ground, quick)
        yield from asyncio.run(_async(ground, quick))
        yield from _peaks(ground)
    with _ground(SMALL if quick else LARGER) as ground:
        yield from _flat(ground)


@contextmanager
def _ground(size: int) -> Iterator[Ground]:
    """Make files of that size, up and down, and a vendor."""
    with tempfile.TemporaryDirectory() as folder, serving(cases.routes(size)) as url:
        ground = Ground(url=url, pdf=Path(folder, cases.WHOLE), folder=Path(folder))
        cases.make_pdf(ground.pdf, size)
        cases.make_pdf(ground.pdf.with_name(cases.TINY), 1000)
        time.sleep(cases.SETTLED)
        yield ground


@contextmanager
def _clients(ground: Ground) -> Iterator[tuple[Client, httpx.Client]]:
    config = ground.config()
    with Client(config, registry=config.registry, store=MemoryStore()) as client, httpx.Client() as plain:
        yield client, plain


def _size(ground: Ground) -> str:
    """Name the size of the files; a quick run has smaller ones."""
    return f"{ground.pdf.stat().st_size >> 20} MB"


def _uploads(ground: Ground, quick: bool) -> Iterator[Row]:
    """Compare multipart uploads of every kind of source with ``files=`` of an open file."""
    with _clients(ground) as (client, plain), ground.pdf.open("rb") as opened:
        known = cases.documents(ground.pdf, opened)
        found = compare(
            {
                "files=": lambda: cases.httpx_files(plain, ground),
                "from_path": lambda: Document.from_path(ground.pdf),
                **{name: _sending(client, document) for name, document in known.items()},
            },
            base="files=",
            calls=1,
            blocks=how_many(quick, BLOCKS),
        )
    aa = f"A/A {found[AGAIN].wall:.2f}"
    yield Row(
        number="8",
        metric=f"{_size(ground)} multipart upload by path / httpx files=, wall",
        value=found["path"].wall,
        unit="x",
        goal=0.70,
        stretch=0.60,
        why="what httpx adds itself, in blocks of 64 KiB, was less in this run",
        note=f"{aa}; taking the digest once, when the document is made: {found['from_path'].wall:.2f} x more",
    )
    notes = {
        "file object": "",
        "bytes": "",
        "open-callable": "its digest is taken again, since it may open anything",
    }
    for name, note in notes.items():
        yield Row(
            number="8",
            metric=f"the same by {name}",
            value=found[name].wall,
            unit="x",
            goal=None if note else 0.70,
            why="as by path, and a hop through an object that gives each reader his own position",
            note=note,
        )


def _sending(client: Client, document: Document) -> Callable[[], object]:
    return lambda: cases.upload(client, document)


def _uploads_base64(ground: Ground, quick: bool) -> Iterator[Row]:
    with _clients(ground) as (client, plain):
        document = Document.from_path(ground.pdf)
        found = compare(
            {
                "json=": lambda: cases.httpx_json(plain, ground),
                "ours": lambda: cases.upload_base64(client, document),
            },
            base="json=",
            calls=1,
            blocks=how_many(quick, HEAVY_BLOCKS),
        )
    yield Row(
        number="10",
        metric=f"{_size(ground)} as base64 within JSON / httpx json=, wall",
        value=found["ours"].wall,
        unit="x",
        goal=0.25,
        note=f"A/A {found[AGAIN].wall:.2f}",
    )


def _downloads(ground: Ground, quick: bool) -> Iterator[Row]:
    """Compare with ``iter_bytes()`` into a file, bare and with what we promise of a file."""
    with _clients(ground) as (client, plain):
        sink = (ground.folder / "sink.pdf").open("wb")

        def ours() -> None:
            sink.seek(0)
            cases.download_into(client, sink)

        with sink:
            found = compare(
                {
                    "iter_bytes": lambda: cases.httpx_download(plain, ground),
                    "digest": lambda: cases.httpx_download(plain, ground, watch=hashlib.sha256().update),
                    "same": lambda: _as_promised(plain, ground),
                    "sink": ours,
                    "file": lambda: cases.download(client, ground),
                },
                base="iter_bytes",
                calls=1,
                blocks=how_many(quick, BLOCKS),
            )
    yield from _download_rows(found, _size(ground))


def _as_promised(plain: httpx.Client, ground: Ground) -> None:
    """Do by hand what a file of ours is: digested, durable, renamed when it is whole."""
    digest = hashlib.sha256()
    cases.httpx_download(plain, ground, watch=digest.update, sync=True)
    (ground.folder / "httpx.pdf").replace(ground.folder / "whole-httpx.pdf")


def _download_rows(found: Mapping[str, Ratio], size: str) -> Iterator[Row]:
    digest = found["digest"].wall - 1
    yield Row(
        number="11",
        metric=f"{size} download into a file object / httpx iter_bytes, wall",
        value=found["sink"].wall,
        unit="x",
        goal=1.05,
        stretch=0.60,
        why="every download has its digest taken, as evidence needs it; the base takes none",
        note=f"A/A {found[AGAIN].wall:.2f}; SHA-256 alone adds {digest:.2f} x to iter_bytes",
    )
    yield Row(
        number="11",
        metric="the same / iter_bytes with a digest, wall",
        value=found["sink"].wall / found["digest"].wall,
        unit="x",
        goal=1.05,
    )
    yield Row(
        number="11",
        metric="download to a path (digest, fsync, atomic rename) / the same by hand with httpx, wall",
        value=found["file"].wall / found["same"].wall,
        unit="x",
        goal=1.05,
        note=f"{found['file'].wall:.2f} x iter_bytes alone",
    )


async def _async(ground: Ground, quick: bool) -> list[Row]:
    config = ground.config()
    document = Document.from_path(ground.pdf)
    async with (
        AsyncClient(config, registry=config.registry, store=MemoryStore()) as client,
        httpx.AsyncClient() as plain,
    ):
        blocks = how_many(quick, BLOCKS)
        up = await compare_async(
            {
                "files=": lambda: cases.httpx_files_async(plain, ground),
                "ours": lambda: cases.upload(client, document),
            },
            base="files=",
            calls=1,
            blocks=blocks,
        )
        with (ground.folder / "sink.pdf").open("wb") as sink:

            def into_sink() -> Awaitable[object]:
                sink.seek(0)
                found: Awaitable[object] = cases.download_into(client, sink)
                return found

            down = await compare_async(
                {
                    "aiter_bytes": lambda: cases.httpx_download_async(plain, ground),
                    "sink": into_sink,
                    "file": lambda: cases.download(client, ground),
                },
                base="aiter_bytes",
                calls=1,
                blocks=blocks,
            )
        slow = await _lags(client, plain, ground)
    return [*_async_rows(up, down, _size(ground)), *slow]


def _async_rows(up: Mapping[str, Ratio], down: Mapping[str, Ratio], size: str) -> Iterator[Row]:
    yield Row(
        number="9",
        metric=f"{size} async multipart upload / httpx async files=, wall",
        value=up["ours"].wall,
        unit="x",
        goal=0.40,
        why="what httpx adds takes half as long here as where the goal was set; ours is near the wire",
        note=f"A/A {up[AGAIN].wall:.2f}",
    )
    yield Row(
        number="11",
        metric=f"{size} async download into a file object / httpx aiter_bytes, wall",
        value=down["sink"].wall,
        unit="x",
        goal=1.05,
        stretch=0.60,
        why="every download has its digest taken, and is written in a thread; the base does neither",
        note=f"A/A {down[AGAIN].wall:.2f}; to a path, with fsync and rename: {down['file'].wall:.2f} x",
    )


async def _lags(client: AsyncClient, plain: httpx.AsyncClient, ground: Ground) -> list[Row]:
    """Look at the event loop while a disk takes 20 ms for each read or write."""
    content = bytes(SLOW)
    document = Document.from_opener(lambda: cases.SlowFile(content), name="c.pdf")
    url = f"{ground.url}{cases.DOCUMENT}/file"
    theirs = await cases.longest_gap(plain.post(url, files={"file": cases.SlowFile(content)}))
    reading = await _least(lambda: cases.upload(client, document))
    writing = await _least(lambda: cases.download_into(client, cases.SlowFile(), file="few"))
    return [
        Row(
            number="9",
            metric="the loop's longest stop while each read takes 20 ms",
            value=reading,
            unit="ms",
            goal=10.0,
            stretch=5.0,
            note=f"httpx files=: {theirs:.0f} ms",
        ),
        Row(
            number="11",
            metric="the loop's longest stop while each write takes 20 ms",
            value=writing,
            unit="ms",
            goal=10.0,
            stretch=5.0,
        ),
    ]


async def _least(work: Callable[[], Awaitable[object]]) -> float:
    """Return the loop's longest stop, the least of three: what blocks it, does so each time."""
    return min([await cases.longest_gap(work()) for _ in range(3)])


PEAKS = (
    ("8", "multipart upload", "sync: multipart", 4.0, 2.0),
    ("8", "multipart upload of a file object", "sync: multipart, file object", 4.0, 2.0),
    ("9", "async multipart upload", "async: multipart", None, None),
    ("10", "base64 upload", "sync: base64", 5.0, None),
    ("10", "async base64 upload", "async: base64", 5.0, None),
    ("11", "download", "sync: download", 1.0, None),
    ("11", "async download", "async: download", 1.0, None),
    ("flat", "send of what has no path, so that the store keeps it", "sync: send, kept", FLAT, None),
)
"""Goal, what, case, goal and stretch in MiB, of one file of 50 MB."""

THEIRS = {"multipart": "files=", "base64": "json=", "download": "iter_bytes"}


def _peaks(ground: Ground) -> Iterator[Row]:
    """Tell by how much a client's peak grows with a file, each in a process of its own."""
    theirs = {name: _alone(f"httpx: {name}", ground)["peak"] for name in THEIRS}
    for number, metric, case, goal, stretch in PEAKS:
        what = next((name for name in THEIRS if name in case), "")
        yield Row(
            number=number,
            metric=f"{_size(ground)} {metric}, growth of the peak",
            value=_alone(case, ground)["peak"],
            unit="MiB",
            goal=goal,
            stretch=stretch,
            note=f"httpx {THEIRS[what]}: {theirs[what]:.1f} MiB" if what else "",
        )


WHOLE = ("multipart", "base64", "download", "send", "save")
"""What has to be flat; ``send`` and ``save`` are whole operations on an envelope, with a store."""


def _flat(ground: Ground) -> Iterator[Row]:
    for case in WHOLE:
        for kind in ("sync", "async"):
            found = _alone(f"{kind}: {case}", ground)
            yield Row(
                number="flat",
                metric=f"{_size(ground)} {case}, {kind}, growth of the peak",
                value=found["peak"],
                unit="MiB",
                goal=FLAT,
                note=f"{found['wall']:.2f} s",
            )


def _alone(case: str, ground: Ground) -> dict[str, float]:
    """Run a case in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.stream_cases", case, ground.url, str(ground.folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told
