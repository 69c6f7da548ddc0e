"""Strict reading of a value from a file as a typed value.

Nothing is coerced: ``"false"`` is no boolean and ``1`` no text. The few types are
those that options of an account, or keys of an envelope, are declared with.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import attrs

from paraph._hints import suggestion
from paraph.config.locate import KeyPath
from paraph.model import Level, Secret

_WORDS: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    datetime: "a date and time",
    date: "a date",
    dict: "a table",
}
_SEQUENCES = (tuple, list, Sequence, Iterable, frozenset, set)
_TABLES = (Mapping, dict)


class MismatchError(Exception):
    """A value does not have the wanted type; the message is a sentence without the value.

    :ivar at: where within the value.
    :ivar parts: every mismatch within the value, if there are several.
    """

    def __init__(
        self, message: str, hint: str = "", *, at: KeyPath = (), parts: Sequence[MismatchError] = ()
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.at = at
        self.parts = tuple(parts) or (self,)


def structured(value: object, wanted: Any) -> Any:
    """Return ``value`` as the type ``wanted``.

    :raises MismatchError: it is of another type, or not among the permitted words.
    """
    origin, arguments = get_origin(wanted) or wanted, get_args(wanted)
    if origin in (Any, object):
        return value
    if origin in (Union, types.UnionType):
        return _either(value, arguments)
    if origin in _SEQUENCES:
        return _many(value, origin, arguments)
    if origin in _TABLES:
        return _table(value, origin, arguments)
    return _single(value, origin, arguments)


def _single(value: object, origin: Any, arguments: Sequence[Any]) -> Any:
    if origin is Literal:
        return _word(value, {str(argument): argument for argument in arguments})
    if isinstance(origin, type) and issubclass(origin, Enum):
        return _word(value, {str(member.value): member for member in origin})
    if origin is Path:
        return Path(_plain(value, str))
    if origin in _WORDS:
        return _plain(value, origin)
    if attrs.has(origin) and not isinstance(value, Mapping):
        raise MismatchError(f"has to be a table, not {described(value)}")
    raise MismatchError("cannot be written in a file")


def is_secret(wanted: Any) -> bool:
    """Whether a declared type is :class:`~paraph.Secret`, perhaps optional."""
    return wanted is Secret or (
        get_origin(wanted) in (Union, types.UnionType) and any(is_secret(part) for part in get_args(wanted))
    )


def read_level(word: str) -> Level:
    """Read the name of a level, in small letters or large.

    :raises MismatchError: there is none; the nearest is told.
    """
    name = word.strip().upper()
    if name not in Level.__members__:
        hint = suggestion(name, Level.__members__)
        raise MismatchError(f"has to be one of {', '.join(Level.__members__)}", hint)
    return Level[name]


def _plain(value: object, wanted: type) -> Any:
    if wanted is float and type(value) is int:
        return float(value)
    if type(value) is not wanted:
        raise MismatchError(f"has to be {_WORDS[wanted]}, not {described(value)}")
    return value


def described(value: object) -> str:
    """Name the type of a value from a file."""
    if isinstance(value, list):
        return "an array"
    return _WORDS.get(type(value), "something else")


def _word(value: object, known: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or value not in known:
        hint = suggestion(value if isinstance(value, str) else "", known)
        raise MismatchError(f"has to be one of {', '.join(known)}", hint)
    return known[value]


def _either(value: object, options: Sequence[Any]) -> Any:
    mismatches: list[MismatchError] = []
    for option in options:
        if option is type(None):
            continue
        try:
            return structured(value, option)
        except MismatchError as mismatch:
            mismatches.append(mismatch)
    if len(mismatches) == 1:
        raise mismatches[0]
    raise MismatchError(" or ".join(str(mismatch) for mismatch in mismatches))


def _many(value: object, origin: Any, arguments: Sequence[Any]) -> Any:
    if not isinstance(value, list | tuple):
        raise MismatchError(f"has to be an array, not {described(value)}")
    element = arguments[0] if arguments else Any
    kind = origin if origin in (tuple, list, frozenset, set) else tuple
    return kind(_each(enumerate(value), element).values())


def _table(value: object, origin: Any, arguments: Sequence[Any]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MismatchError(f"has to be a table, not {described(value)}")
    table = _each(value.items(), arguments[1] if arguments else Any)
    return table if origin is dict else types.MappingProxyType(table)


def _each(members: Iterable[tuple[Any, object]], wanted: Any) -> dict[Any, Any]:
    """Read every member of an array or a table; what is wrong with any of them is told together."""
    read: dict[Any, Any] = {}
    wrong: list[MismatchError] = []
    for key, member in members:
        try:
            read[key] = structured(member, wanted)
        except MismatchError as mismatch:
            wrong += [MismatchError(str(part), part.hint, at=(key, *part.at)) for part in mismatch.parts]
    if wrong:
        raise MismatchError(f"has an element that {wrong[0]}", wrong[0].hint, parts=wrong)
    return read
