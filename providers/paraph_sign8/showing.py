"""A dialect as a table for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import attrs

from paraph_sign8.dialect import Dialect, Leaf, Mark, leaves

_WIDEST: Final = 60
"""Letters of a value in a table; the file and ``--json`` have it whole."""


@attrs.frozen
class Table:
    """Columns and rows of text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def as_json(dialect: Dialect, name: str) -> dict[str, Any]:
    """Return every leaf with its mark."""
    return {
        "dialect": name,
        "leaves": [
            {
                "path": leaf.path,
                "value": list(leaf.value) if isinstance(leaf.value, tuple) else leaf.value,
                "mark": leaf.mark.value,
                "source": leaf.source,
                "set": leaf.is_set,
            }
            for leaf in leaves(dialect)
        ],
        "not_offered": _not_offered(dialect),
        "counts": _counts(dialect),
    }


def as_text(dialect: Dialect, name: str, *, unset: bool = False) -> Iterator[str | Table]:
    """Yield what is set, which operations are not offered, and with ``unset`` all the rest."""
    yield f"Dialect {name}"
    yield Table(("leaf", "value", "mark"), tuple(_rows(dialect, unset=unset)))
    counts = _counts(dialect)
    listed = ", ".join(f"{counts[mark]} {mark}" for mark in Mark)
    yield (f"{listed}; {counts['unset']} not set{'' if unset else ' (--unset lists them)'}")
    lacking = _not_offered(dialect)
    if lacking:
        yield (f"not offered, for want of a path: {', '.join(lacking)}")


def _rows(dialect: Dialect, *, unset: bool) -> Iterator[tuple[str, str, str]]:
    for leaf in leaves(dialect):
        lacks_path = _is_unoffered(dialect, leaf)
        if lacks_path and leaf.path.endswith(".path"):
            yield leaf.path, "not offered", ""
        elif leaf.is_set and not lacks_path:
            source = f" ({leaf.source})" if leaf.source else ""
            yield leaf.path, written(leaf.value), f"{leaf.mark}{source}"
        elif unset:
            yield leaf.path, written(leaf.value) if leaf.is_set else "not set", ""


def _is_unoffered(dialect: Dialect, leaf: Leaf) -> bool:
    """Whether a leaf belongs to an operation without a path."""
    group, _, rest = leaf.path.partition(".")
    return group == "operations" and not dialect.offers(rest.partition(".")[0])


def _not_offered(dialect: Dialect) -> list[str]:
    return [
        leaf.path.split(".")[1]
        for leaf in leaves(dialect)
        if leaf.path.startswith("operations.") and leaf.path.endswith(".path") and not leaf.value
    ]


def _counts(dialect: Dialect) -> dict[str, int]:
    """Count the leaves that are set by their marks, and those that are not set."""
    found = leaves(dialect)
    used = [leaf for leaf in found if leaf.is_set and not _is_unoffered(dialect, leaf)]
    counts = {mark.value: sum(leaf.mark is mark for leaf in used) for mark in Mark}
    return {**counts, "unset": len(found) - len(used)}


def written(value: object) -> str:
    """Write a value for a cell: a text as it is, everything else as JSON; printable, and not too long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=list)
    line = "".join(letter if letter.isprintable() else "?" for letter in text)
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…"
