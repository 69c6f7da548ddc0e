"""The figures of the last whole run of the benchmarks, as tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from texts import prose, table

RESULTS = Path(__file__).parents[1] / "benchmarks" / "results" / "latest.json"


def figures() -> str:
    """Return a table for each part of the benchmarks, with where and when it ran."""
    parts: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text())
    return "\n\n".join(_part(name, part) for name, part in parts.items())


def _part(name: str, part: dict[str, Any]) -> str:
    ran = f"{part['when'][:10]}, {part['python']}, {part['system']}, {part['processors']} processors"
    columns = ["goal", "measured", "value", "to reach", "further", "", "remark"]
    rows = [
        [
            row["number"],
            prose(row["metric"]),
            _figure(row["value"], row["unit"]),
            _figure(row["goal"], row["unit"]),
            _figure(row["stretch"], row["unit"]),
            row["verdict"],
            prose(row["remark"]),
        ]
        for row in part["rows"]
    ]
    return f"### {name.capitalize()}\n\n{ran}\n\n{table(columns, rows)}"


def _figure(value: float | None, unit: str) -> str:
    """Write a figure with three digits that count, and its unit."""
    if value is None:
        return ""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 0.1 else 3  # noqa: PLR2004 - powers of ten
    return f"{value:,.{digits}f} {unit}".rstrip()
