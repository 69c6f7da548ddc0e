"""JSON Schema (2020-12) of what an action takes and of what it returns.

Two directions, two notations:

* **Parameters** are described as ``paraph call --params`` and ``client.call`` read them: by the rules of
  :mod:`paraph.provider.fitting`, under the names of Python's fields. What has a default may be left out, and
  what is not declared is refused.
* **Results** are described as ``paraph call`` prints them: every field stands there, ``null`` where the
  vendor told nothing, times in UTC to the second, the size of bytes instead of bytes, and a mask in place of
  each secret (``writeOnly``).

Where JSON Schema and Python differ, the schema of parameters is the stricter one in names and in what a text
looks like and the more lenient one in what it says: paraph also takes the vendor's spellings of fields
(:func:`paraph.provider.fitting.spelt`), reads ISO 8601 texts of other forms than RFC 3339's, and
``1.0`` is an integer to JSON Schema only. Formats are annotations to most validators: whether a text is a
date in the calendar, or a path leads to a file, shows when the action is called.

The description of a class is the first part of its docstring; those of its fields are its ``:ivar`` lines.
"""

from __future__ import annotations

import inspect
import re
import sys
import types
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from enum import Enum
from pathlib import PurePath
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs

from paraph.model import Document, Level, Secret

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def params_schema(kind: type[Any]) -> Schema:
    """Return the schema of an action's parameters, an attrs class."""
    return {"$schema": DIALECT, **_Parameters(kind).document()}


def result_schema(kind: Any) -> Schema:
    """Return the schema of an action's result: an attrs class, any other type, or ``None``."""
    return {"$schema": DIALECT, **_Results(kind).document()}


SCALARS: Mapping[type, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    Secret: {"type": "string", "writeOnly": True},
    datetime: {"type": "string", "format": "date-time"},  # before date, which it is a kind of
    date: {"type": "string", "format": "date"},
}


class Writer(ABC):
    """Writes the schema of one type; attrs classes inside it become definitions, once each."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._names: dict[type, str] = {}
        self._definitions: dict[str, Schema] = {}

    def document(self) -> Schema:
        """Return the schema with its definitions."""
        written = self._object(self._root) if _is_object(self._root) else self.of(self._root)
        return {**written, "$defs": self._definitions} if self._definitions else written

    def of(self, wanted: Any) -> Schema:
        """Return the schema of a declared type."""
        origin, arguments = get_origin(wanted) or wanted, get_args(wanted)
        if origin in (Union, types.UnionType):
            return _either([self.of(each) for each in arguments])
        if origin is Literal:
            return _words(_plain(each) for each in arguments)
        if origin in (None, type(None)):
            return {"type": "null"}
        if not isinstance(origin, type) or origin in (Any, object) or isinstance(origin, TypeVar):
            return {}
        scalar = next((found for known, found in self.scalars.items() if issubclass(origin, known)), None)
        if scalar is not None and not issubclass(origin, Enum):
            return dict(scalar)
        if issubclass(origin, Enum):
            return self.members(origin)
        return self._compound(origin, arguments)

    def _compound(self, origin: type, arguments: Sequence[Any]) -> Schema:
        if _is_object(origin):
            return self._reference(origin)
        if issubclass(origin, Mapping):
            values = self.of(arguments[1]) if arguments else {}
            return {"type": "object", **({"additionalProperties": values} if values else {})}
        if origin is tuple and arguments and arguments[-1] is not Ellipsis:
            parts = [self.of(each) for each in arguments]
            return {"type": "array", "prefixItems": parts, "items": False, "minItems": len(parts)}
        if issubclass(origin, Sequence | AbstractSet) or origin is Iterable:
            items = self.of(arguments[0]) if arguments else {}
            return {"type": "array", **({"items": items} if items else {})}
        return self.other()

    def _reference(self, kind: type) -> Schema:
        if kind is self._root:
            return {"$ref": "#"}
        if kind not in self._names:
            name = kind.__name__
            while name in self._definitions:
                name = f"{kind.__module__.rpartition('.')[2]}.{name}"
            self._names[kind] = name
            self._definitions[name] = {}  # its place is taken while it is written: it may hold itself
            self._definitions[name] = self._object(kind)
        return {"$ref": f"#/$defs/{self._names[kind]}"}

    def _object(self, kind: type[Any]) -> Schema:
        summary, texts = _texts(kind)
        hints = _hints(kind)
        properties: Schema = {}
        required = []
        for field in self.fields(kind):
            name = self.name_of(field)
            properties[name] = {**self.of(hints.get(field.name, Any)), **self.default_of(field)}
            if field.name in texts:
                properties[name]["description"] = texts[field.name]
            if self.is_required(field):
                required.append(name)
        return {
            "title": kind.__name__,
            **({"description": summary} if summary else {}),
            "type": "object",
            "properties": properties,
            **({"required": required} if required else {}),
            "additionalProperties": False,
        }

    # What the two directions do not share.

    @property
    @abstractmethod
    def scalars(self) -> Mapping[type, Schema]:
        """Return the schemas of what is no compound, by type; of a subtype, the first that fits."""

    @abstractmethod
    def fields(self, kind: type[Any]) -> Iterable[attrs.Attribute[Any]]:
        """Return the fields that stand in JSON."""

    @abstractmethod
    def name_of(self, field: attrs.Attribute[Any]) -> str:
        """Return the name of a field in JSON."""

    @abstractmethod
    def default_of(self, field: attrs.Attribute[Any]) -> Schema:
        """Return the keyword of a default that JSON can say."""

    @abstractmethod
    def is_required(self, field: attrs.Attribute[Any]) -> bool:
        """Return whether a field always stands there."""

    @abstractmethod
    def members(self, kind: type[Enum]) -> Schema:
        """Return the schema of an enumeration."""

    @abstractmethod
    def other(self) -> Schema:
        """Return the schema of a type that JSON has nothing for."""


class _Parameters(Writer):
    @property
    def scalars(self) -> Mapping[type, Schema]:
        return {
            Document: {"type": "string", "description": "Path of a file."},
            PurePath: {"type": "string", "description": "Path of a file."},
            bytes: {"type": "string", "contentEncoding": "base64"},
            **SCALARS,
        }

    def fields(self, kind: type[Any]) -> Iterable[attrs.Attribute[Any]]:
        return (field for field in attrs.fields(kind) if field.init)

    def name_of(self, field: attrs.Attribute[Any]) -> str:
        return str(field.alias)

    def default_of(self, field: attrs.Attribute[Any]) -> Schema:
        default = None if self.is_required(field) else _plain(field.default)
        return {"default": default} if isinstance(default, _JSON) else {}

    def is_required(self, field: attrs.Attribute[Any]) -> bool:
        return field.default is attrs.NOTHING

    def members(self, kind: type[Enum]) -> Schema:
        return _words(member.value for member in kind)

    def other(self) -> Schema:
        return {"not": {}, "description": "Given in Python only: JSON has nothing that stands for it."}


class _Results(Writer):
    @property
    def scalars(self) -> Mapping[type, Schema]:
        return {
            PurePath: {"type": "string"},
            bytes: {"type": "string", "description": "How many bytes there are."},
            **SCALARS,
        }

    def fields(self, kind: type[Any]) -> Iterable[attrs.Attribute[Any]]:
        return (field for field in attrs.fields(kind) if not field.name.startswith("_"))

    def name_of(self, field: attrs.Attribute[Any]) -> str:
        return field.name

    def default_of(self, field: attrs.Attribute[Any]) -> Schema:  # noqa: ARG002 - what is printed has no defaults
        return {}

    def is_required(self, field: attrs.Attribute[Any]) -> bool:  # noqa: ARG002 - everything is printed
        return True

    def members(self, kind: type[Enum]) -> Schema:
        return _words(_printed(member) for member in kind)

    def other(self) -> Schema:
        return {"type": "string"}


_JSON = (str, int, float, bool, list)


def _is_object(kind: Any) -> bool:
    return isinstance(kind, type) and attrs.has(kind) and kind not in (Secret, Document)


def _plain(value: Any) -> Any:
    """Return a constant as JSON has it."""
    if isinstance(value, tuple | frozenset):
        return [_plain(each) for each in value]
    return value.value if isinstance(value, Enum) else value


def _printed(member: Enum) -> Any:
    """Return a member as results show it: as a text, unless it is a number itself."""
    if isinstance(member, Level):
        return member.name
    return member.value if isinstance(member, int) else str(member.value)


def _words(values: Iterable[Any]) -> Schema:
    known = list(values)
    texts = all(isinstance(each, str) for each in known)
    return {"type": "string", "enum": known} if texts else {"enum": known}


def _either(options: Sequence[Schema]) -> Schema:
    """Return the schema of a union, as ``type: [a, b]`` where types are all there is."""
    different = [each for number, each in enumerate(options) if each not in options[:number]]
    if len(different) == 1 or {} in different:
        return {} if {} in different else different[0]
    first, *others = different
    null = {"type": "null"}
    if others == [null] and isinstance(first.get("type"), str) and "enum" not in first:
        return {**first, "type": [first["type"], "null"]}
    if all(set(each) == {"type"} for each in different):
        return {"type": [each["type"] for each in different]}
    return {"anyOf": different}


def _hints(kind: type[Any]) -> Mapping[str, Any]:
    """Return declared types; one that only type checkers can resolve, for its import's sake, says nothing."""
    try:
        return get_type_hints(kind)
    except NameError:
        return dict(_each_hint(kind))


def _each_hint(kind: type[Any]) -> Iterable[tuple[str, Any]]:
    for owner in reversed(kind.__mro__):
        names = vars(sys.modules[owner.__module__])
        for name, text in inspect.get_annotations(owner).items():
            part = types.SimpleNamespace(__annotations__={name: text})
            try:
                yield name, get_type_hints(part, globalns=names)[name]
            except NameError:
                yield name, Any


_IVAR = re.compile(r":ivar (\w+): (.*?)(?=\s*:(?:ivar|raises|param)\b|\n[ \t]*\n|\Z)", re.DOTALL)
_ROLE = re.compile(r":[a-z:]+:`~?(?:[^`]*?\.)?([^`.]+)`")


def _texts(kind: type[Any]) -> tuple[str, Mapping[str, str]]:
    """Return what a class is for, and what its fields are, inherited ones included."""
    fields: dict[str, str] = {}
    for owner in reversed(kind.__mro__):
        fields |= {name: _prose(text) for name, text in _IVAR.findall(owner.__doc__ or "")}
    summary = re.split(r"\s*:ivar\b|\n[ \t]*\n", kind.__doc__ or "", maxsplit=1)[0]
    return _prose(summary), fields


def _prose(text: str) -> str:
    """Return a docstring's text on one line and without reStructuredText's marks."""
    return " ".join(_ROLE.sub(r"\1", text).replace("``", "`").split())
