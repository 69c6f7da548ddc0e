"""Scale on one machine: envelopes sent, signed and received through the simulator by one process.

``PARAPH_BENCH_ENVELOPES=10000 make bench ARGS=scale`` is the run whose plot is committed; without the
variable there are fewer, so that everything ends within minutes. The process that is measured is
:mod:`benchmarks.scale_run`; this module reads its samples. One is taken for each twentieth of the envelopes,
so that it shows whether an envelope costs more when more are stored.

A machine may be twice as slow for a minute, which would look like growth. So the processor time of each slice
is divided by that of a fixed piece of work that ran beside it, and the slices of the first quarter are
compared with those of the last one by their medians.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from benchmarks.plot import Line, Panel, draw
from benchmarks.scale_run import Sample
from benchmarks.table import RESULTS, Row

ENVELOPES = int(os.environ.get("PARAPH_BENCH_ENVELOPES", "1000"))
QUICK = 60
SLICES = 20


@attrs.frozen(kw_only=True)
class Slice:
    """What the envelopes between two samples took, each: milliseconds of processor time, and counts.

    :ivar stored: how many envelopes were completed at its end.
    :ivar relative: ``cpu`` over that of the fixed piece of work. ``vendor``: the simulator's.
    :ivar memory: MiB that the process held at most until then. ``store``: MiB of the database.
    """

    stored: int
    rate: float
    cpu: float
    relative: float
    vendor: float
    memory: float
    store: float
    statements: float
    commits: float


def rows(quick: bool) -> Iterator[Row]:
    """Run it, plot a run that is not quick, and tell what it took."""
    envelopes = QUICK if quick else ENVELOPES
    samples = _run(envelopes, max(1, envelopes // SLICES))
    slices = [_slice(*pair) for pair in itertools.pairwise(samples)]
    if not quick:
        _plot(slices, RESULTS.with_name(f"scale-{envelopes}.svg"))
    return _rows(samples, slices, judged=not quick)


def _run(envelopes: int, each: int) -> list[Sample]:
    command = [sys.executable, "-m", "benchmarks.scale_run"]
    done = subprocess.run(
        [*command, "--envelopes", str(envelopes), "--slice", str(each)],
        stdout=subprocess.PIPE,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    return [Sample(**each) for each in json.loads(done.stdout)["samples"]]


def _slice(before: Sample, after: Sample) -> Slice:
    number = after.envelopes - before.envelopes
    cpu = (after.cpu - before.cpu) / number
    return Slice(
        stored=after.envelopes,
        rate=number / (after.wall - before.wall),
        cpu=cpu * 1e3,
        relative=cpu / (after.spin_cpu or 1.0),
        vendor=(after.vendor_cpu - before.vendor_cpu) / number * 1e3,
        memory=after.peak / 2**20,
        store=after.store / 2**20,
        statements=(after.statements - before.statements) / number,
        commits=(after.commits - before.commits) / number,
    )


def _rows(samples: Sequence[Sample], slices: Sequence[Slice], *, judged: bool) -> Iterator[Row]:
    """Tell what it took; few envelopes are all warming up, so those of a quick run are not judged."""
    first, last = samples[0], samples[-1]
    envelopes = last.envelopes
    commits, statements = _median(slices, "commits"), _median(slices, "statements")
    yield _told(
        f"{envelopes:,} envelopes sent, signed, received",
        envelopes / last.wall,
        "/s",
        f"{commits:.0f} transactions and {statements:.0f} statements each",
    )
    yield _told("processor time of an envelope", _median(slices, "cpu"), "ms")
    yield Row(
        number="scale",
        metric="the same, last quarter / first quarter",
        value=_growth([each.relative for each in slices]),
        unit="x",
        goal=1.1 if judged else None,
        stretch=1.05,
        note=f"slices of {envelopes // SLICES}, relative to fixed work beside",
    )
    yield _told(
        "memory at most", last.peak / 2**20, "MiB", f"before the first envelope {first.now / 2**20:.0f}"
    )
    # By the middle everything is imported, and every cache is made.
    middle = samples[len(samples) // 2]
    kept = (last.peak - middle.peak) / (last.envelopes - middle.envelopes)
    yield Row(
        number="scale",
        metric="memory that an envelope leaves",
        value=kept / 1024,
        unit="KiB",
        goal=1.0 if judged else None,
    )
    size = f"{slices[-1].store:,.0f} MiB in all, write-ahead log included"
    yield _told("file of the store, per envelope", last.store / envelopes / 1024, "KiB", size)
    growth = f"last quarter / first quarter {_growth([each.vendor for each in slices]):.2f}"
    yield _told("the simulator's own processor time", _median(slices, "vendor"), "ms", growth)


def _told(metric: str, value: float, unit: str, note: str = "") -> Row:
    return Row(number="scale", metric=metric, value=value, unit=unit, goal=None, note=note)


def _median(slices: Sequence[Slice], name: str) -> float:
    return statistics.median(float(getattr(each, name)) for each in slices)


def _growth(values: Sequence[float]) -> float:
    """Return the last quarter's median over the first's; the very first slice warms up and does not count."""
    counted = values[1:]
    quarter = max(1, len(counted) // 4)
    return statistics.median(counted[-quarter:]) / statistics.median(counted[:quarter])


def _plot(slices: Sequence[Slice], path: Path) -> None:
    stored = [each.stored for each in slices]

    def line(name: str, label: str) -> Line:
        return Line(
            label=label, points=[(at, getattr(each, name)) for at, each in zip(stored, slices, strict=True)]
        )

    panels = [
        Panel("Processor time of an envelope", "ms", [line("cpu", "client"), line("vendor", "simulator")]),
        Panel("Envelopes in a second", "1/s", [line("rate", "completed")]),
        Panel("Memory at most", "MiB", [line("memory", "client")]),
        Panel("File of the store", "MiB", [line("store", "with write-ahead log")]),
    ]
    draw(
        panels,
        path,
        title=f"{stored[-1]:,} envelopes sent, signed and received by one process",
        below="envelopes completed",
    )
