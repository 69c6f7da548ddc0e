"""How far each value of the dialect that the SIGN8 plugin ships is known to be SIGN8's, as tables.

Generated from the dialect itself, so that the page cannot say anything else. Values of one table that share a
mark share a row: one row for each would be a list that nobody reads.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import attrs
from texts import code, first_paragraph, table

from paraph_sign8.dialect import Dialect, Leaf, leaves, shipped

CALLS = "operations"
NOT_SET = "not set"


def standing(leaf: Leaf) -> str:
    """Return a leaf's mark; one that says nothing is neither known nor assumed."""
    return leaf.mark.value if leaf.is_set else NOT_SET


def calls_table() -> str:
    """Return one row for each operation, with the mark of each of its values."""
    dialect = shipped("default")
    texts = {field.name: field.metadata["help"] for field in attrs.fields(type(dialect.operations))}
    by_call = itertools.groupby(_of(dialect, CALLS), key=lambda leaf: leaf.path.split(".")[1])
    rows = [(code(name), texts[name], *map(_valued, given)) for name, given in by_call]
    return table((code(CALLS), "what it does", "path", "method", "wrap"), rows)


def values_table() -> str:
    """Return all other values: one row for each table and mark."""
    dialect = shipped("default")
    rest = [leaf for leaf in leaves(dialect) if _table_of(leaf) != CALLS]
    rows: list[Sequence[str]] = []
    for name, within in itertools.groupby(rest, key=_table_of):
        told = _meaning(dialect, name)
        by_mark: dict[str, list[Leaf]] = {}
        for leaf in within:
            by_mark.setdefault(standing(leaf), []).append(leaf)
        for mark, given in by_mark.items():
            listed = ", ".join(_named(leaf, name) for leaf in given)
            rows.append((code(name), f"{mark}{_sources(given)}", listed, told))
    return table(("table", "mark", "as shipped", "what it says"), rows)


def counts() -> str:
    """Say how many values of the shipped dialect have which mark."""
    found = [standing(leaf) for leaf in leaves(shipped("default"))]
    words = [f"{found.count(mark)} {mark}" for mark in ("confirmed", "assumed", NOT_SET)]
    return f"of the {len(found)} values that its dialect ships with, {words[0]}, {words[1]}, {words[2]}."


def _of(dialect: Dialect, name: str) -> Iterator[Leaf]:
    return (leaf for leaf in leaves(dialect) if _table_of(leaf) == name)


def _table_of(leaf: Leaf) -> str:
    """Return the table of a file that holds a leaf; the calls are one."""
    first, second, *more = leaf.path.split(".")
    return f"{first}.{second}" if more and first != CALLS else first


def _named(leaf: Leaf, name: str) -> str:
    key = leaf.path.removeprefix(f"{name}.")
    return code(key) if leaf.value == key or not leaf.is_set else code(f"{key} = {_written(leaf.value)}")


def _valued(leaf: Leaf) -> str:
    return f"{code(leaf.value)} {standing(leaf)}{_sources([leaf])}" if leaf.is_set else NOT_SET


def _written(value: Any) -> str:
    """Write a value as in a file; JSON writes texts, numbers, truth values and lists of them alike."""
    return json.dumps(value, ensure_ascii=False)


def _sources(given: Iterable[Leaf]) -> str:
    sources = sorted({leaf.source for leaf in given if leaf.source})
    return f" ({', '.join(sources)})" if sources else ""


def _meaning(dialect: Dialect, name: str) -> str:
    found: Any = dialect
    for key in name.split("."):
        found = getattr(found, key)
    text = WORDS.get(name) or first_paragraph(type(found))
    return text.replace("``", "`")


WORDS: Mapping[str, str] = {
    "words.signature_types": "Our signature types, told in SIGN8's words.",
    "words.dispatch": "Our modes of dispatch, told in SIGN8's words.",
    "words.annotations": "Our kinds of fields that are not signatures, told in SIGN8's words.",
    "words.workflow_statuses": "SIGN8's words for a workflow's status, and what each means.",
    "words.signer_statuses": "SIGN8's words for a signer's status, and what each means.",
    "webhooks.events": "Paths below the account's webhook URL, and what each means.",
}
"""What the tables of words say; the others have a class, which says it."""

PAGES: Mapping[str, Callable[[], str]] = {
    "sign8-calls": calls_table,
    "sign8-values": values_table,
}
