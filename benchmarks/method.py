"""How two ways of doing one thing are compared, so that a noisy machine does not decide.

A machine's speed may swing by a factor of two within a minute, so absolute times say little. All cases run
in one process, in short blocks of about 20 calls, in an order that is shuffled for each block; each block
gives one ratio to the base, and the median of the ratios of at least 51 blocks is the result. The base runs
twice in each block, as itself and as `AGAIN`: how far that ratio is from 1 is what the others are good to.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

import attrs

AGAIN = "A/A"
"""The name under which a comparison gives the ratio of the base to itself."""

CALLS = 20
BLOCKS = 51
QUICK_BLOCKS = 7

SEED = 20_26
"""Orders are shuffled alike in each run, which changes nothing but lets two runs be compared."""


@attrs.frozen(kw_only=True)
class Ratio:
    """How much of the base's time a case takes: 0.5 is half, 2.0 twice; median over the blocks.

    ``cpu`` counts this process and all of its threads, ``wall`` what a clock on the wall shows.
    ``cpu_us`` is the median processor time of one call in microseconds: good to a factor of two.
    """

    cpu: float
    wall: float
    cpu_us: float


@attrs.frozen(kw_only=True)
class Spent:
    """Seconds that one block of one case took."""

    cpu: float
    wall: float


def how_many(quick: bool, whole: int = BLOCKS) -> int:
    """Return how many blocks to run: ``whole``, or few where only the working is tried out."""
    return min(QUICK_BLOCKS, whole) if quick else whole


def peer(name: str) -> Any:
    """Return the module to compare with, or None where it is not installed or does not import.

    Peers are imported by name, here and nowhere else: type checkers look at benchmarks in an environment
    without them.
    """
    try:
        return importlib.import_module(name)
    except (ImportError, SyntaxError):
        return None


def compare(
    cases: Mapping[str, Callable[[], object]], *, base: str, calls: int = CALLS, blocks: int = BLOCKS
) -> Mapping[str, Ratio]:
    """Run each case ``calls`` times in each of ``blocks`` blocks; return the ratios to ``base`` by name.

    Each case runs some times before anything is counted. The result holds the base, too (1.0), and `AGAIN`.
    Raises KeyError for a ``base`` that is no case, and whatever a case raises.
    """
    everything = {**cases, AGAIN: cases[base]}

    def block(case: Callable[[], object]) -> Spent:
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(calls):
            case()
        return Spent(cpu=time.process_time() - cpu, wall=time.perf_counter() - wall)

    with on_first_cpu():
        for case in everything.values():
            block(case)
        spent = [{name: block(everything[name]) for name in order} for order in _orders(everything, blocks)]
    return _ratios(spent, base, calls)


async def compare_async(
    cases: Mapping[str, Callable[[], Awaitable[object]]],
    *,
    base: str,
    calls: int = CALLS,
    blocks: int = BLOCKS,
) -> Mapping[str, Ratio]:
    """Do as `compare` with functions that are awaited, one call after the other.

    A case that shall have calls in flight at once gathers them itself and is then run fewer times.
    """
    everything = {**cases, AGAIN: cases[base]}

    async def block(case: Callable[[], Awaitable[object]]) -> Spent:
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(calls):
            await case()
        return Spent(cpu=time.process_time() - cpu, wall=time.perf_counter() - wall)

    with on_first_cpu():
        for case in everything.values():
            await block(case)
        spent = [
            {name: await block(everything[name]) for name in order} for order in _orders(everything, blocks)
        ]
    return _ratios(spent, base, calls)


@contextlib.contextmanager
def on_first_cpu() -> Iterator[None]:
    """Keep this thread, and those it starts, on the first processor: the server has the last one."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _orders(names: Mapping[str, object], count: int) -> Iterator[list[str]]:
    shuffled = random.Random(SEED)  # noqa: S311 - an order of measurements is no secret
    gc.collect()
    for _ in range(count):
        yield shuffled.sample(list(names), len(names))


def _ratios(spent: list[dict[str, Spent]], base: str, calls: int) -> Mapping[str, Ratio]:
    return {
        name: Ratio(
            cpu=statistics.median(block[name].cpu / block[base].cpu for block in spent),
            wall=statistics.median(block[name].wall / block[base].wall for block in spent),
            cpu_us=statistics.median(block[name].cpu for block in spent) / calls * 1e6,
        )
        for name in spent[0]
    }
