"""``when`` of a rule: its conditions, each read strictly and refused if nothing can ever fulfil it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import time
from enum import Enum
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from paraph._hints import nearest, suggestion
from paraph.config.structure import MismatchError, read_level
from paraph.config.table import Table
from paraph.covering import FEWEST
from paraph.model import Regime, SignatureKind
from paraph.provider.capability import Capability
from paraph.routing import DAYS, NEEDABLE, PARTS, Span, When, Window

EnumT = TypeVar("EnumT", bound=Enum)

_CODE_LENGTH: Final = 2
_NO_ZONES: Final = frozenset({"localtime", "Factory"})
"""Names in the database of zones that mean no zone, or another one on each machine."""


def read_when(table: Table) -> When:
    """Read conditions; what is wrong goes to the table's findings.

    One that cannot be read is left out: the rule then seems to match more than it would, and never less.
    """
    found = When(
        level=_set(table, "level", read_level),
        kind=_set(table, "kind", _member(SignatureKind)),
        regime=_set(table, "regime", _member(Regime)),
        country=_set(table, "country", lambda word: _code(word).upper()),
        language=_set(table, "language", lambda word: _code(word).lower()),
        tenant=_set(table, "tenant", str),
        tags=_set(table, "tags", str),
        documents=_span(table, "documents"),
        size=_span(table, "size"),
        needs=_needs(table),
        percent=_percent(table),
        time=_window(table),
    )
    table.done()
    _check_contradictions(table, found)
    return found


def _set(table: Table, key: str, read: Callable[[str], Any]) -> frozenset[Any] | None:
    """Read the values of which one is enough; without all of them, nothing can be said."""
    before = len(table.findings)
    found = _members(table, key, read)
    return found if len(table.findings) == before else None


def _needs(table: Table) -> frozenset[Capability] | None:
    """Read the capabilities that are needed all at once: what could be read of them is needed in any case."""
    return _members(table, "needs", _needable)


def _members(table: Table, key: str, read: Callable[[str], Any]) -> frozenset[Any] | None:
    words = table.take(key, tuple[str, ...])
    if words is None:
        return None
    if not words:
        table.problem(key, "route.never", "an empty list never holds", f"take {key} out, or name something")
        return None
    found = set()
    for position, word in enumerate(words):
        try:
            found.add(read(word))
        except MismatchError as mismatch:
            table.problem(key, "value.unknown", str(mismatch), mismatch.hint, at=(position,))
        except _NeverError as never:
            table.problem(key, "route.never", str(never), never.hint, at=(position,))
    return frozenset(found)


class _NeverError(Exception):
    """Nothing can ever fulfil a word that is known."""

    hint = "needs is what an envelope uses; accounts that can do more are named in use (paraph providers)"


def _member(kind: type[EnumT]) -> Callable[[str], EnumT]:
    known = {str(member.value): member for member in kind}

    def read(word: str) -> EnumT:
        if word not in known:
            raise MismatchError(f"{word!r} is not known here", suggestion(word, known))
        return known[word]

    return read


def _needable(word: str) -> Capability:
    if word not in set(Capability):
        known = sorted(capability.value for capability in NEEDABLE)
        raise MismatchError(f"{word!r} is not known here", suggestion(word, known))
    if Capability(word) not in NEEDABLE:
        raise _NeverError(f"no envelope needs {word!r}: it is an ability of accounts alone")
    return Capability(word)


def _code(word: str) -> str:
    if len(word) != _CODE_LENGTH or not word.isascii() or not word.isalpha():
        raise MismatchError(f"{word!r} is no code of two letters")
    return word


def _span(table: Table, key: str) -> Span | None:
    inner = table.table(key)
    if inner is None:
        return None
    before = len(table.findings)
    least, most = inner.take("min", int), inner.take("max", int)
    inner.done()
    if "min" not in inner.values and "max" not in inner.values:
        table.problem(key, "route.span", "has neither min nor max", f"{key} = {{ max = 3 }}")
    if most is not None and most < max(least or 0, FEWEST[key]):
        table.problem(key, "route.never", "no envelope lies between min and max")
    return Span(min=least or 0, max=most) if len(table.findings) == before else None


def _percent(table: Table) -> int | None:
    percent = table.take("percent", int)
    if percent is None or 0 < percent <= PARTS:
        return percent
    if percent == 0:
        table.problem("percent", "route.never", "0 percent never hold", "take the route out")
    else:
        table.problem("percent", "percent.range", "has to be from 1 to 100")
    return None


def _window(table: Table) -> Window | None:
    inner = table.table("time")
    if inner is None:
        return None
    before = len(table.findings)
    start, until = _clock(inner, "from"), _clock(inner, "to")
    zone = inner.take("zone", str, required='an IANA zone, such as "Europe/Paris"')
    days = inner.take("days", tuple[str, ...])
    inner.done()
    for position, day in enumerate(days or ()):
        if day not in DAYS:
            hint = suggestion(day, DAYS)
            inner.problem("days", "value.unknown", f"{day!r} is no day", hint, at=(position,))
    if days == ():
        inner.problem("days", "route.never", "an empty list never holds", "take days out, or name some")
    if not {"from", "to", "days"} & set(inner.values):
        hint = "add from and to, or days, or both"
        table.problem("time", "route.span", "has neither from and to nor days", hint)
    if until is not None and until == (start or time.min) and inner.values["to"] != "24:00":
        hint = 'for whole days leave both out, or write from = "00:00" and to = "24:00"'
        inner.problem("to", "route.never", "the window ends when it begins", hint)
    if zone is not None and zone not in _zones():
        near = nearest(zone, _zones())
        hint = f"did you mean {near!r}?" if near else "see the IANA time zone database"
        inner.problem("zone", "zone.unknown", f"no zone {zone!r} is known", hint)
    if zone is None or len(table.findings) > before:
        return None
    return Window(start=start or time.min, until=until or time.min, zone=ZoneInfo(zone), days=days or DAYS)


@functools.cache
def _zones() -> frozenset[str]:
    """Return the names of all zones; looking for them reads many files."""
    return frozenset(available_timezones() - _NO_ZONES)


def _clock(table: Table, key: str) -> time | None:
    """Read a time of the day; ``None`` if it is absent, and the day's own begin or end is meant."""
    text = table.take(key, str)
    if text is None:
        return None
    if key == "to" and text == "24:00":
        return time.min
    try:
        found = time.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        table.problem(key, "time.form", "is no time of the day", 'write it as "08:30"')
        return None
    return found


def _check_contradictions(table: Table, when: When) -> None:
    """Refuse conditions that exclude each other."""
    one = when.documents is not None and when.documents.max == 1
    if one and when.needs is not None and Capability.SEVERAL_DOCUMENTS in when.needs:
        message = "asks for several documents and for at most one"
        table.problem("documents", "route.never", message, "take one of the two out")
