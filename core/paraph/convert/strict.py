"""Reading a JSON file into attrs classes so that everything wrong is found at once, each with its path.

Nothing is coerced, what is not declared is refused, and what has a default may be left out. No value is ever
repeated in a problem: most of what such files hold is personal. :func:`write` is the other direction.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import Enum, IntEnum
from functools import lru_cache
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from paraph._hints import suggestion
from paraph.model import Document, Envelope, Level, Problem

LARGEST: Final = 2**53 - 1
"""The largest whole number that every JSON library reads as it was written."""

LONGEST_KEY: Final = 40
"""Characters of a key that is shown; a longer one is rather data than a name."""

WRONG: Final[Any] = object()
"""Stands for a value that could not be read; what is wrong with it is among the problems."""

DOCUMENT: Final = ("id", "name", "sha256", "size", "media_type", "kind", "role", "path")
"""What is written of a document: not its content."""


def members(kind: type[Enum]) -> dict[str, Enum]:
    """Return an enumeration's members by the words that stand for them."""
    return {word(member): member for member in kind}


def word(member: Enum) -> str:
    """Return how a member is written: by its name, where its value is a number."""
    if isinstance(member, Level):
        return member.name
    return member.name.lower() if isinstance(member, IntEnum) else str(member.value)


def written_fields(kind: type[Any]) -> tuple[attrs.Attribute[Any], ...]:
    """Return the fields of a class that stand in a file."""
    if kind is Document:
        known = attrs.fields_dict(kind)
        return tuple(known[name] for name in DOCUMENT)
    return tuple(field for field in attrs.fields(kind) if not (kind is Envelope and field.name == "options"))


def must_stand(field: attrs.Attribute[Any]) -> bool:
    """Whether a field always stands in a file; an envelope's id does, since a new one would be another's."""
    return field.default is attrs.NOTHING or field == attrs.fields_dict(Envelope)["id"]


@lru_cache(maxsize=64)
def hints(kind: Any) -> Mapping[str, Any]:
    """Return the declared types of a class's fields."""
    return get_type_hints(kind)


def write(value: Any) -> Any:
    """Return what :func:`json.dumps` takes; what is ``None`` is left out of objects."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, Enum):
        return word(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): write(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [write(each) for each in value]
    given = ((field.name, getattr(value, field.name)) for field in written_fields(type(value)))
    return {name: write(each) for name, each in given if each is not None}


class Reader:
    """Reads one file. ``problems`` has what is wrong with it, in order."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, path: str, code: str, message: str, hint: str = "") -> Any:
        """Note a problem; return :data:`WRONG`."""
        self.problems.append(Problem(path=path or "file", code=code, message=message, hint=hint))
        return WRONG

    def read(self, value: Any, wanted: Any, path: str) -> Any:
        """Return ``value`` as the declared type, or :data:`WRONG`."""
        origin, arguments = get_origin(wanted) or wanted, get_args(wanted)
        if origin in (Any, object):
            return value
        if origin in (Union, types.UnionType):
            if value is None and type(None) in arguments:
                return None
            return self.read(value, next(each for each in arguments if each is not type(None)), path)
        if origin is Literal:
            return self._one_of(value, {each: each for each in arguments}, path)
        if origin is tuple:
            return self._many(value, arguments[0], path)
        if origin is Mapping or origin is dict:
            return value if isinstance(value, dict) else self.wrong(path, *_type("an object"))
        if issubclass(origin, Enum):
            return self._one_of(value, members(origin), path)
        if attrs.has(origin):
            return self._object(value, origin, path)
        return self._plain(value, origin, path)

    def _plain(self, value: Any, wanted: type, path: str) -> Any:
        what, read = _PLAIN[wanted]
        try:
            return read(value)
        except (TypeError, ValueError, OverflowError):
            return self.wrong(path, *_type(what))

    def _one_of(self, value: Any, known: Mapping[Any, Any], path: str) -> Any:
        # Literally the same: True is no 1.
        if not any(type(each) is type(value) and each == value for each in known):
            words = ", ".join(str(each) for each in known)
            hint = suggestion(value[:LONGEST_KEY], map(str, known)) if isinstance(value, str) else ""
            return self.wrong(path, "value.unknown", f"has to be one of {words}", hint)
        return known[value]

    def _many(self, value: Any, wanted: Any, path: str) -> Any:
        if not isinstance(value, list):
            return self.wrong(path, *_type("an array"))
        found = [self.read(each, wanted, f"{path}[{index}]") for index, each in enumerate(value)]
        return WRONG if any(each is WRONG for each in found) else tuple(found)

    def _object(self, value: Any, kind: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return self.wrong(path, *_type("an object"))
        fields = written_fields(kind)
        names = [field.name for field in fields]
        for key in value.keys() - set(names):
            shown = key if key.isidentifier() and len(key) <= LONGEST_KEY else "*"
            hint = suggestion(shown, names) if shown != "*" else ""
            self.wrong(_below(path, shown), "key.unknown", "no such key", hint)
        given: dict[str, Any] = {}
        sound = value.keys() <= set(names)
        for field in fields:
            if field.name in value:
                given[field.name] = self.read(
                    value[field.name], hints(kind)[field.name], _below(path, field.name)
                )
                sound = sound and given[field.name] is not WRONG
            elif must_stand(field):
                sound = self.wrong(_below(path, field.name), "key.missing", "missing") is not WRONG
        if not sound:
            return WRONG
        try:
            return kind(**given)
        except (TypeError, ValueError, OverflowError):
            return self.wrong(path, "value.wrong", "its parts do not fit together")


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _type(what: str) -> tuple[str, str]:
    return "value.type", f"has to be {what}"


def _exactly(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError
        return value

    return read


def _whole(value: Any) -> int:
    if type(value) is not int or not -LARGEST <= value <= LARGEST:
        raise TypeError
    return value


def _number(value: Any) -> float:
    """Keep a whole number as it is: it stands for the same, and is written as it was."""
    if type(value) not in (int, float) or not math.isfinite(value):
        raise TypeError
    found: float = value
    return found


def _instant(value: Any) -> datetime:
    instant = datetime.fromisoformat(_exactly(str)(value))
    if instant.utcoffset() is None:
        raise ValueError
    return instant.astimezone(UTC)


def _day(value: Any) -> date:
    return date.fromisoformat(_exactly(str)(value))


_PLAIN: Final[Mapping[type, tuple[str, Callable[[Any], Any]]]] = {
    str: ("a text", _exactly(str)),
    bool: ("true or false", _exactly(bool)),
    int: ("a whole number", _whole),
    float: ("a number", _number),
    datetime: ("a date and time with an offset", _instant),
    date: ("a date", _day),
}
