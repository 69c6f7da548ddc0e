"""Small pieces of Markdown, and texts out of docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    cells = [
        list(columns),
        ["---"] * len(columns),
        *([cell.replace("|", "\\|") for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def code(word: object) -> str:
    """Return a word set as code."""
    return f"`{word}`"


def first_paragraph(described: object) -> str:
    """Return the first paragraph of a docstring on one line."""
    return " ".join((inspect.getdoc(described) or "").split("\n\n")[0].split())


def prose(text: str) -> str:
    """Return plain words with what Markdown would take for a tag escaped."""
    return text.replace("<", "&lt;")
