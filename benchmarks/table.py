"""What is measured, against which goal: one row each, printed as a table and kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import attrs
from rich.console import Console
from rich.table import Table
from rich.text import Text

RESULTS = Path(__file__).parent / "results" / "latest.json"

Verdict = Literal["stretch", "reached", "missed", "not measured", "told"]
"""``told`` is a figure that has no goal and is there to be compared with."""

NARROWEST = 150
"""Columns of the table, however narrow the terminal is, or where there is none."""

COLOURS: Mapping[Verdict, str] = {
    "stretch": "bold green",
    "reached": "green",
    "missed": "bold red",
    "not measured": "yellow",
    "told": "dim",
}

LEGEND = (
    "x: a ratio, and A/A that of the base to itself (how far from 1 it is, the others are good to). "
    "#: the goal that is meant, or the part. stretch: a further goal. told: a figure without a goal."
)


@attrs.frozen(kw_only=True)
class Row:
    """One figure and what it was meant to be.

    ``number`` names the goal ("4", or a part of the work: "large"), ``metric`` says what is measured over
    what, ``unit`` is "x" for a ratio. ``value`` is None where something to compare with is missing, and
    ``note`` then says what. ``goal`` is None for a figure that is only told; ``stretch`` goes further.
    ``why`` says what stands in the way of the goal, and is shown where it is missed.
    """

    number: str
    metric: str
    value: float | None
    unit: str
    goal: float | None
    stretch: float | None = None
    better: Literal["lower", "higher"] = "lower"
    note: str = ""
    why: str = ""

    @property
    def remark(self) -> str:
        """What is to be said of the figure; of one that misses its goal, by how much and why."""
        if self.verdict != "missed" or self.value is None or self.goal is None:
            return self.note
        distance = figure(abs(self.value - self.goal), self.unit)
        return "; ".join(filter(None, (f"misses by {distance}", self.why, self.note)))

    @property
    def verdict(self) -> Verdict:
        """Whether the goal is reached."""
        if self.value is None:
            return "not measured"
        if self.goal is None:
            return "told"
        if self.stretch is not None and self._meets(self.value, self.stretch):
            return "stretch"
        return "reached" if self._meets(self.value, self.goal) else "missed"

    def _meets(self, value: float, bound: float) -> bool:
        return value <= bound if self.better == "lower" else value >= bound


def show(results: Mapping[str, Iterable[Row]], console: Console | None = None) -> None:
    """Print the rows of each module, in the order given."""
    table = Table(title="paraph's benchmarks", caption=LEGEND, caption_justify="left")
    for heading in ("#", "metric", "value", "goal", "stretch", "verdict", "remark"):
        numeric = heading in {"value", "goal", "stretch"}
        table.add_column(heading, justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
    for name, rows in results.items():
        table.add_section()
        table.add_row("", f"[bold]{name}[/]")
        for row in rows:
            table.add_row(
                row.number,
                row.metric,
                figure(row.value, row.unit),
                figure(row.goal, row.unit),
                figure(row.stretch, row.unit),
                Text(row.verdict, style=COLOURS[row.verdict]),
                row.remark,
            )
    console = console or Console()
    console.width = max(console.width, NARROWEST)
    console.print(table)


def figure(value: float | None, unit: str) -> str:
    """Write a figure with three digits that count, and its unit: ``0.96 x``, ``12.5 MiB``, ``41,200 /s``."""
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3
    return f"{value:,.{digits}f} {unit}".rstrip()


def as_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the rows as JSON's own types, each with its verdict."""
    return [{**attrs.asdict(row), "verdict": row.verdict, "remark": row.remark} for row in rows]


def keep(modules: Mapping[str, Mapping[str, Any]], path: Path = RESULTS) -> None:
    """Write what each module gave, keeping what ``path`` has of modules that did not run now."""
    known = load(path) if path.exists() else {}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**known, **modules}, indent=2, ensure_ascii=False) + "\n")


def load(path: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """Return what was kept, by module: ``python``, ``when`` (UTC), ``quick`` and ``rows``."""
    found: dict[str, dict[str, Any]] = json.loads(path.read_text())
    return found
