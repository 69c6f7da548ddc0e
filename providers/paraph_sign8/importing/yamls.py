"""YAML as JSON's types, built from the parser's events.

Building it ourselves is what makes a hostile file harmless: no tag can make an object, a text stays what
YAML 1.2 says it is (``no`` is a word, a date is a text), and what aliases unfold to is counted before it is
there. An alias within its own anchor is refused, so the result has an end.
"""

from __future__ import annotations

import re
from typing import Any, Final

import attrs

from paraph.errors import MissingExtra
from paraph_sign8.importing.source import DEEPEST, ImportFault, check_depth

UNFOLDED: Final = 500_000
"""Values, counted as if every alias were written out."""

_WORDS: Final = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,40}")
_NUMBER: Final = re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,3})?")
_MERGE: Final = "<<"


@attrs.define
class _Open:
    """A list or object that is being read; an object's names and values follow each other."""

    kind: type
    anchor: str | None
    items: list[Any] = attrs.field(factory=list)
    size: int = 1


@attrs.define
class _Builder:
    """Makes the one value of a file out of events."""

    open: list[_Open] = attrs.field(factory=list)
    anchors: dict[str, tuple[Any, int]] = attrs.field(factory=dict)
    documents: list[Any] = attrs.field(factory=list)

    def begin(self, kind: type, anchor: str | None) -> None:
        if len(self.open) > DEEPEST:
            raise ImportFault(f"nested more than {DEEPEST} levels deep")
        self.open.append(_Open(kind=kind, anchor=anchor))

    def end(self) -> None:
        done = self.open.pop()
        value = done.items if done.kind is list else _object(done.items)
        self.add(value, done.size, done.anchor)

    def add(self, value: Any, size: int = 1, anchor: str | None = None) -> None:
        if anchor is not None:
            self.anchors[anchor] = (value, size)
        if not self.open:
            self.documents.append(value)
            return
        self.open[-1].items.append(value)
        self.open[-1].size += size
        if self.open[-1].size > UNFOLDED:
            raise ImportFault(f"its aliases unfold to more than {UNFOLDED} values")

    def alias(self, anchor: str) -> None:
        if anchor not in self.anchors:
            raise ImportFault("an alias has no anchor before it, or stands within its own")
        value, size = self.anchors[anchor]
        self.add(value, size)


def read_yaml(text: str) -> Any:
    """Read a YAML file of one document.

    :raises ImportFault: it is broken, too deep, too large, or several documents.
    :raises MissingExtra: the library for YAML is not installed.
    """
    try:
        import yaml  # type: ignore[import-untyped]  # it comes without types
    except ModuleNotFoundError:
        raise MissingExtra("sign8", feature="reading YAML") from None

    builder = _Builder()
    # The parser in C is many times as fast and makes the same events.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text, Loader=loader):
            _take(builder, event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ImportFault(f"neither JSON nor YAML: cannot be read{where}") from None
    except RecursionError:
        raise ImportFault(f"nested more than {DEEPEST} levels deep") from None
    if len(builder.documents) != 1:
        raise ImportFault(f"one YAML document is expected, not {len(builder.documents)}")
    check_depth(builder.documents[0])
    return builder.documents[0]


def _take(builder: _Builder, event: Any) -> None:
    # By name: the library is loaded only when a file needs it.
    match type(event).__name__:
        case "MappingStartEvent":
            builder.begin(dict, event.anchor)
        case "SequenceStartEvent":
            builder.begin(list, event.anchor)
        case "MappingEndEvent" | "SequenceEndEvent":
            builder.end()
        case "AliasEvent":
            builder.alias(event.anchor)
        case "ScalarEvent":
            plain = event.tag is None and event.implicit[0]
            builder.add(_scalar(event.value) if plain else event.value, 1, event.anchor)


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return text


def _object(items: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    merged: list[Any] = []
    for key, value in zip(items[::2], items[1::2], strict=True):
        if key == _MERGE:
            merged += value if isinstance(value, list) else [value]
            continue
        if isinstance(key, dict | list):
            raise ImportFault("an object's name is itself an object or a list")
        name = _name(key)
        if name in found:
            raise ImportFault("an object has the same name twice, so nobody can say which of them holds")
        found[name] = value
    for table in merged:
        if isinstance(table, dict):
            found = {**table, **found}
    return found


def _name(key: Any) -> str:
    """Return a name as text: ``200:`` is one, and so are ``true:`` and ``null:``."""
    if isinstance(key, bool):
        return "true" if key else "false"
    return "null" if key is None else str(key)
