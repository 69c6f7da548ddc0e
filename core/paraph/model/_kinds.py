"""Shared building blocks of the model: validation, redaction, identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NoReturn, Self, TypeVar

import attrs

T = TypeVar("T")

LOCAL_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
"""Ids that the application controls: short, printable and safe in URLs, keys and file names."""


def to_tuple(values: Iterable[T]) -> tuple[T, ...]:
    """Freeze any iterable; a plain string is refused, since it is rarely meant as a sequence."""
    if isinstance(values, str | bytes):
        msg = "a sequence of values is needed, not a single string"
        raise TypeError(msg)
    return tuple(values)


def aware_utc(value: datetime | None) -> datetime | None:
    """Convert an aware datetime to UTC.

    A naive one, or one that UTC cannot express (year 10000), is kept as it is: the envelope's
    check names it together with everything else that is wrong, and nothing is sent before that.
    """
    if value is None or value.utcoffset() is None:
        return value
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return value


def required_utc(instance: object, attribute: attrs.Attribute[Any], value: datetime) -> None:
    """Refuse a naive datetime where paraph itself makes the object."""
    if value.tzinfo is None or value.utcoffset() != UTC.utcoffset(None):
        msg = f"{type(instance).__name__}.{attribute.name} must be an aware UTC datetime"
        raise ValueError(msg)


def optional_utc(instance: object, attribute: attrs.Attribute[Any], value: datetime | None) -> None:
    """Refuse a naive datetime, allow none."""
    if value is not None:
        required_utc(instance, attribute, value)


def storable(text: str) -> str:
    """Escape what no database takes: NUL and lone surrogates, which JSON allows. Everything else stays."""
    if "\x00" not in text and text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


def storable_or_none(text: str | None) -> str | None:
    """Do the same, allow none."""
    return None if text is None else storable(text)


def encodable(text: str) -> bool:
    """Whether every database, JSON and UTF-8 takes a text: it has no NUL and no lone surrogate."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


class Unpicklable:
    """Refuses pickling, because a pickle is a copy of personal data or a secret nobody looks after.

    Copying within the process is harmless and returns the same frozen object.
    """

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        msg = f"{type(self).__name__} holds personal data or secrets and cannot be pickled"
        raise TypeError(msg)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self
