"""Plots as SVG without a library: small panels below each other that share one axis.

The picture brings its own background and follows the reader's light or dark scheme where it is shown as an
image. Every line is named at its end, so no legend has to be compared with colours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import attrs

WIDTH, PANEL, GAP = 760, 120, 46
LEFT, RIGHT, TOP, BOTTOM = 64, 170, 62, 48
TICKS = 4

STYLE = """
text { font: 13px system-ui, sans-serif; fill: var(--ink); }
.title { font-size: 17px; font-weight: 600; }
.name { font-weight: 600; }
.tick, .axis { fill: var(--soft); font-size: 12px; }
.grid { stroke: var(--line); stroke-width: 1; }
.plot { fill: none; stroke-width: 2; stroke-linejoin: round; }
.paper { fill: var(--paper); }
svg { --paper: #fff; --ink: #1c2430; --soft: #5b6675; --line: #dde2e8; --first: #0b63b8; --second: #b34700; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #12161c; --ink: #e8ecf1; --soft: #9aa7b6; --line: #2b333e; --first: #6cb2ff;
        --second: #ffa35c; }
}
"""
COLOURS = ("--first", "--second")


@attrs.frozen
class Line:
    """One curve: its name, and points from left to right."""

    label: str
    points: Sequence[tuple[float, float]]


@attrs.frozen
class Panel:
    """One small plot; its vertical axis begins at zero."""

    name: str
    unit: str
    lines: Sequence[Line]


def draw(panels: Sequence[Panel], path: Path, *, title: str, below: str) -> None:
    """Write the plot to a file; ``below`` says what the shared axis counts."""
    height = TOP + len(panels) * (PANEL + GAP) - GAP + BOTTOM
    most = max(x for panel in panels for line in panel.lines for x, _ in line.points)
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
        _text(LEFT, 26, title, "title"),
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, TOP + number * (PANEL + GAP), most)
    bottom = height - BOTTOM
    for tick in _ticks(most):
        parts.append(_text(_across(tick, most), bottom + 18, f"{tick:,.0f}", "tick", anchor="middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, bottom + 38, below, "axis", anchor="middle"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")


def _panel(panel: Panel, top: float, most: float) -> Iterable[str]:
    ticks = _ticks(max(y for line in panel.lines for _, y in line.points))
    highest = ticks[-1]

    def down(y: float) -> float:
        return top + PANEL * (1 - y / highest)

    yield _text(LEFT, top - 10, f"{panel.name}, {panel.unit}", "name")
    for tick in ticks:
        yield f'<path class="grid" d="M{LEFT} {down(tick):.1f}H{WIDTH - RIGHT}"/>'
        yield _text(LEFT - 8, down(tick) + 4, f"{tick:,g}", "tick", anchor="end")
    for line, colour in zip(panel.lines, COLOURS, strict=False):
        path = "L".join(f"{_across(x, most):.1f} {down(y):.1f}" for x, y in line.points)
        yield f'<path class="plot" style="stroke: var({colour})" d="M{path}"/>'
        last = line.points[-1]
        yield _text(WIDTH - RIGHT + 8, down(last[1]) + 4, line.label, "", colour=colour)


def _across(x: float, most: float) -> float:
    return LEFT + (WIDTH - RIGHT - LEFT) * x / most


def _ticks(most: float) -> list[float]:
    """Return round numbers from zero to the first that is not below ``most``."""
    rough = max(most, 1e-9) / TICKS
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    return [step * number for number in range(math.ceil(round(most / step, 9)) + 1)]


def _text(x: float, y: float, text: str, kind: str, *, anchor: str = "start", colour: str = "") -> str:
    style = f' style="fill: var({colour})"' if colour else ""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{escape(text)}</text>'
