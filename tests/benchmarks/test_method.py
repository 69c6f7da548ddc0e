"""How figures are compared, judged and shown."""

from __future__ import annotations

import asyncio
import io
import time
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def importable() -> Any:
    """Let this module import the benchmarks, which are no part of what is installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        yield


def test_a_case_that_takes_longer_shows() -> None:
    """A case that takes far longer has a ratio above one, the base has one, and they ran in turn."""
    from benchmarks import method

    ran: list[str] = []

    def case(name: str, seconds: float) -> None:
        ran.append(name)
        time.sleep(seconds)

    found = method.compare(
        {"one": lambda: case("one", 0.005), "long": lambda: case("long", 0.2)},
        base="one",
        calls=2,
        blocks=5,
    )
    assert {"one", "long", method.AGAIN} == set(found)
    assert found["one"].wall == 1
    assert found["long"].wall > 1.5
    assert (1 + 5) * 2 * 2 == ran.count("one")  # warmed up, as itself and again, calls in each block
    assert ["one", "one", "long", "long"] * 9 != ran[: 4 * 9]


def test_awaited_cases_are_compared_alike() -> None:
    """Tasks are measured by the same blocks."""
    from benchmarks import method

    async def main() -> Any:
        cases = {"one": lambda: asyncio.sleep(0.005), "long": lambda: asyncio.sleep(0.2)}
        return await method.compare_async(cases, base="one", calls=2, blocks=5)

    assert asyncio.run(main())["long"].wall > 1.5


@given(value=st.floats(0.01, 10), goal=st.floats(0.01, 10), further=st.floats(0.01, 10))
def test_a_row_is_judged_by_its_own_bounds(value: float, goal: float, further: float) -> None:
    """What reaches neither bound is missed, in whichever direction better lies."""
    from benchmarks.table import Row

    low = Row(number="1", metric="m", value=value, unit="x", goal=goal, stretch=min(goal, further))
    high = Row(
        number="1", metric="m", value=value, unit="x", goal=goal, stretch=max(goal, further), better="higher"
    )
    assert (value <= goal) == (low.verdict in {"reached", "stretch"})
    assert (value >= goal) == (high.verdict in {"reached", "stretch"})
    assert (value <= min(goal, further)) == (low.verdict == "stretch")


def test_a_missing_figure_and_one_without_a_goal_are_told_apart() -> None:
    """No value is no success, what misses its goal says by how much and why, and the table shows all."""
    from benchmarks.table import Row, show

    short = Row(number="3", metric="m", value=1.8, unit="x", goal=1.3, why="classes", note="233 ms")
    assert ("misses by 0.50 x; classes; 233 ms", "") == (
        short.remark,
        attrs.evolve(short, value=1, note="").remark,
    )
    missing = Row(number="7", metric="a peer", value=None, unit="x", goal=0.2, note="not installed")
    told = Row(number="7", metric="another", value=1234.5, unit="/s", goal=None)
    assert ("not measured", "told") == (missing.verdict, told.verdict)
    page = io.StringIO()
    show({"calls": [missing, told]}, Console(file=page, width=120))
    for word in ("not installed", "not measured", "1,234 /s"):
        assert word in page.getvalue()
