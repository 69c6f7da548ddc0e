"""Writing a dialect: as a table that :func:`paraph_sign8.dialect.parse` reads back, and a table as TOML.

The table holds what a customer gave and nothing else, so that a value that is merely shipped stays
marked as assumed after the way through a file. Tables of words and of webhook paths are written as a whole
or not at all, since the reader replaces them as a whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final

import attrs

from paraph_sign8.dialect.model import Dialect
from paraph_sign8.dialect.reading import shipped

WIDTH: Final = 110
"""Columns up to which a comment stands behind its value; a longer one stands above."""

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def to_table(dialect: Dialect, *, complete: bool = False) -> dict[str, Any]:
    """Return the table that reads as this dialect.

    ``parse(to_table(dialect))`` equals the dialect, and so does what it says is configured, for every
    dialect that was parsed. A value that differs from the shipped one is written even if it is not marked
    as configured.

    :param complete: every leaf, not only the configured ones.
    """
    table = _table(dialect, shipped("default"), "", dialect.configured, complete=complete)
    table = {"guessed": sorted(dialect.guessed), **table} if dialect.guessed else table
    return table if dialect.base == "default" else {"base": dialect.base, **table}


def _table(value: Any, base: Any, path: str, configured: frozenset[str], *, complete: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in attrs.fields(type(value)):
        if field.name in {"configured", "guessed", "base"}:
            continue
        where, mine, theirs = f"{path}{field.name}", getattr(value, field.name), getattr(base, field.name)
        if attrs.has(type(mine)):
            inner = _table(mine, theirs, f"{where}.", configured, complete=complete)
            if inner:
                found[field.name] = inner
            continue
        paths = [f"{where}.{key}" for key in mine] if isinstance(mine, Mapping) else [where]
        if complete or not configured.isdisjoint(paths) or not _same(mine, theirs):
            found[field.name] = _plain(mine)
    return found


def _same(one: Any, other: Any) -> bool:
    """Compare as a file does: ``1`` is not ``true``, and the order of keys means nothing."""
    if isinstance(one, Mapping):
        return set(one) == set(other) and all(_same(each, other[key]) for key, each in one.items())
    return type(one) is type(other) and bool(one == other)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def to_toml(table: Mapping[str, Any], comments: Mapping[str, str] | None = None) -> str:
    """Write a table as TOML.

    :param table: texts, whole and other numbers, true and false, arrays, and tables of these.
    :param comments: what to say, by path: about a leaf (behind it, or above if the line grows too long),
        about a table (above its head), about the file (the empty path, at its top). Line breaks start
        new comment lines.
    :raises ValueError: a text holds half of a surrogate pair, which is no Unicode, or a value is of
        another type.
    """
    said = comments or {}
    lines = [*_comment(said.get("", "")), *_section(table, "", said)]
    return "\n".join(lines).strip("\n") + "\n"


def _section(
    table: Mapping[str, Any], path: str, comments: Mapping[str, str], head: str = ""
) -> Iterator[str]:
    """Yield the lines of a table: its own values first, as TOML wants it, then the tables below it."""
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    own = {key: value for key, value in table.items() if key not in inner}
    if head and (own or not inner or path in comments):
        yield ""
        yield from _comment(comments.get(path, ""))
        yield f"[{head}]"
    for key, value in own.items():
        where = f"{path}.{key}" if path else key
        yield from _line(f"{_key(key)} = {_value(value)}", comments.get(where, ""))
    for key, value in inner.items():
        where = f"{path}.{key}" if path else key
        yield from _section(value, where, comments, f"{head}.{_key(key)}" if head else _key(key))


def _line(line: str, comment: str) -> Iterator[str]:
    said = list(_comment(comment))
    if len(said) == 1 and len(line) + 2 + len(said[0]) <= WIDTH:
        yield f"{line}  {said[0]}"
        return
    yield from said
    yield line


def _comment(text: str) -> Iterator[str]:
    for line in text.splitlines():
        printable = "".join(letter if letter.isprintable() else "?" for letter in line)
        yield f"# {printable}".rstrip()


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(text: str) -> str:
    """Write a text in double quotes; what cannot be printed is escaped, so that it can be seen."""
    text.encode("utf-8")  # raises UnicodeEncodeError, a ValueError, for half of a surrogate pair
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(letter if letter.isprintable() else _escape(letter) for letter in quoted)


def _escape(letter: str) -> str:
    code = ord(letter)
    return f"\\U{code:08X}" if code > 0xFFFF else f"\\u{code:04X}"  # noqa: PLR2004 - the last of four digits


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(str(value))
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(each) for each in value)}]"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    raise ValueError(f"a TOML file cannot hold a {type(value).__name__}")
