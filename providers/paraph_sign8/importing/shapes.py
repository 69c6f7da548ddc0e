"""The shape of data: which names stand where, with what kind of value; an example says it or a schema.

Shapes of several examples are merged, so two bodies of one request show more fields than either. Example
values are kept only to be looked at (is this an e-mail address?) and are never written anywhere.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import attrs

from paraph_sign8.dialect import Word
from paraph_sign8.importing.source import ImportFault

MOST: Final = 50_000
"""Values of all bodies and answers of a file together."""

DEEPEST: Final = 12
"""Levels of a body that are looked at; a dialect's names have at most eight."""

ITEMS: Final = 20
"""Items of a list that are looked at; they resemble each other."""

WORDS: Final = 60
"""Values of one field that are kept."""


class Kind(StrEnum):
    """What a value is."""

    OBJECT = "object"
    LIST = "list"
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    FILE = "file"
    """A form's part with a file."""


class Look(StrEnum):
    """What a text looks like, by its value or by the schema's ``format``."""

    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    DATE = "date"
    TIME = "date-time"
    BASE64 = "base64"


_LOOKS: Final[Sequence[tuple[Look, re.Pattern[str]]]] = (
    (Look.EMAIL, re.compile(r"[^\s@]{1,64}@[^\s@]{1,190}")),
    (Look.URL, re.compile(r"https?://\S{3,2000}")),
    (Look.TIME, re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S{0,20}")),
    (Look.DATE, re.compile(r"\d{4}-\d\d-\d\d")),
    (Look.PHONE, re.compile(r"(\+|00)[1-9][\d /()-]{5,18}")),
)
_BASE64: Final = re.compile(r"(data:[\w/+.-]{1,80};base64,)?[A-Za-z0-9+/_-]{16,}={0,2}(\.{3}|…)?")
_PDF: Final = "JVBERi0"
"""How every PDF begins in base64."""

_FORMATS: Final[Mapping[str, Look]] = {
    "email": Look.EMAIL, "phone": Look.PHONE, "uri": Look.URL, "url": Look.URL, "date": Look.DATE,
    "date-time": Look.TIME, "byte": Look.BASE64, "base64": Look.BASE64,
}  # fmt: skip


@attrs.frozen(kw_only=True)
class Shape:
    """One value's shape.

    :ivar words: values that it had or may have. ``closed``: they are all that it may have.
    :ivar about: what the file says about it, for people.
    """

    kinds: frozenset[Kind] = frozenset()
    looks: frozenset[Look] = frozenset()
    members: Mapping[str, Shape] = attrs.field(factory=dict)
    item: Shape | None = None
    words: tuple[Word, ...] = attrs.field(default=(), repr=False)
    closed: bool = False
    about: str = ""

    def is_a(self, *kinds: Kind) -> bool:
        """Whether it is of one of these kinds, or of none that is known."""
        return not self.kinds or not self.kinds.isdisjoint(kinds)

    @property
    def is_scalar(self) -> bool:
        """Whether it is neither an object nor a list."""
        return not self.kinds & {Kind.OBJECT, Kind.LIST}


NOTHING: Final = Shape()


@attrs.define
class Budget:
    """How many values may still be looked at."""

    left: int = MOST

    def spend(self) -> None:
        """Take one. :raises ImportFault: none is left."""
        self.left -= 1
        if self.left < 0:
            raise ImportFault(f"its bodies and answers hold more than {MOST} values")


def look_of(text: str) -> frozenset[Look]:
    """Say what a text looks like."""
    text = text.strip()
    for look, pattern in _LOOKS:
        if len(text) <= 2100 and pattern.fullmatch(text):  # noqa: PLR2004 - no address is longer
            return frozenset({look})
    short = text[:400]
    if text.startswith((_PDF, "data:application/pdf;base64")) or (
        len(text) >= 64 and _BASE64.fullmatch(short)  # noqa: PLR2004 - shorter ones are ids
    ):
        return frozenset({Look.BASE64})
    return frozenset()


def look_of_format(name: object) -> frozenset[Look]:
    """Say what a schema's ``format`` means."""
    look = _FORMATS.get(name) if isinstance(name, str) else None
    return frozenset({look}) if look else frozenset()


def of_value(value: Any, budget: Budget, depth: int = 0) -> Shape:
    """Return the shape of an example."""
    budget.spend()
    if isinstance(value, dict):
        members = {} if depth >= DEEPEST else value
        return Shape(
            kinds=frozenset({Kind.OBJECT}),
            members={str(key): of_value(each, budget, depth + 1) for key, each in members.items()},
        )
    if isinstance(value, list):
        item: Shape | None = None
        for each in [] if depth >= DEEPEST else value[:ITEMS]:
            shape = of_value(each, budget, depth + 1)
            item = merged(item, shape) if item else shape
        return Shape(kinds=frozenset({Kind.LIST}), item=item)
    return _scalar(value)


def _scalar(value: Any) -> Shape:
    if isinstance(value, bool):
        return Shape(kinds=frozenset({Kind.BOOLEAN}), words=(value,))
    if isinstance(value, int):
        return Shape(kinds=frozenset({Kind.INTEGER}), words=(value,))
    if isinstance(value, float):
        kind = Kind.INTEGER if math.isfinite(value) and value.is_integer() else Kind.NUMBER
        return Shape(kinds=frozenset({kind}))
    if isinstance(value, str):
        return Shape(kinds=frozenset({Kind.TEXT}), looks=look_of(value), words=(value[:200],))
    return NOTHING


def merged(one: Shape, other: Shape) -> Shape:
    """Return the shape that shows what either shows."""
    members = dict(one.members)
    for key, shape in other.members.items():
        members[key] = merged(members[key], shape) if key in members else shape
    item = merged(one.item, other.item) if one.item and other.item else one.item or other.item
    words = {(type(word), word): word for word in (*one.words, *other.words)}
    closed = one if one.closed else other
    return Shape(
        kinds=one.kinds | other.kinds,
        looks=one.looks | other.looks,
        members=members,
        item=item,
        words=closed.words if closed.closed else tuple(words.values())[:WORDS],
        closed=one.closed or other.closed,
        about=one.about or other.about,
    )


@attrs.frozen(kw_only=True)
class Spot:
    """A value within a body or an answer.

    :ivar steps: names, and 0 for "in a list".
    """

    steps: tuple[str | int, ...]
    shape: Shape

    @property
    def names(self) -> tuple[str, ...]:
        """The names on the way, without steps into lists."""
        return tuple(step for step in self.steps if isinstance(step, str))

    @property
    def name(self) -> str:
        """The last name; empty for the body itself."""
        return self.names[-1] if self.names and isinstance(self.steps[-1], str) else ""

    @property
    def lists(self) -> int:
        """In how many lists it stands."""
        return sum(isinstance(step, int) for step in self.steps)

    @property
    def place(self) -> str:
        """The location, as a dialect writes it."""
        return location(self.steps)


def location(steps: Sequence[str | int]) -> str:
    """Write steps as a dialect's location; ``$`` for none."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "$"


def spots(shape: Shape, steps: tuple[str | int, ...] = ()) -> Iterator[Spot]:
    """Yield every value within a shape, itself first, outer ones before inner ones of the same branch."""
    yield Spot(steps=steps, shape=shape)
    for name, member in shape.members.items():
        yield from spots(member, (*steps, name))
    if shape.item is not None:
        yield from spots(shape.item, (*steps, 0))
