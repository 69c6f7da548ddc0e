"""Writing to the terminal: one JSON document, or text for people.

A terminal gets rich tables; a pipe or a file gets aligned columns without colour,
which ``grep``, ``cut`` and a diff can read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

Row = Sequence[str]


def write(text: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{text}\n")


def write_json(document: Any) -> None:
    """Write one JSON document."""
    write(json.dumps(document, ensure_ascii=False, indent=2))


def write_pairs(pairs: Iterable[tuple[str, str]]) -> None:
    """Write names and values, one a line; those without a value are left out."""
    present = [(name, value) for name, value in pairs if value]
    width = max((len(name) for name, _ in present), default=0)
    for name, value in present:
        write(f"{name:<{width}}  {value}")


def write_table(columns: Row, rows: Iterable[Row], *, empty: str = "none") -> None:
    """Write a table, or the word ``empty`` if it has no rows."""
    kept = [tuple(row) for row in rows]
    if not kept:
        write(empty)
    elif sys.stdout.isatty():
        _rich_table(columns, kept)
    else:
        _plain_table([tuple(columns), *kept])


def _plain_table(rows: Sequence[Row]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        write("  ".join(cells).rstrip())


def _rich_table(columns: Row, rows: Iterable[Row]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
