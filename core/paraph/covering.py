"""Which rules can never decide, since earlier ones take everything that they would match.

Theory of operation
===================

1. One rule covers another if each of its conditions holds wherever the other one's condition on the same
   thing does. Where there is no condition, everything holds. A condition that each envelope fulfils which
   can be sent at all (a document or more, any kind of signature) is none.
2. Several rules may cover a rule together though none of them does alone. So a rule is cut into pieces along
   one of its conditions: the single values of a list, numbers and times between the ends that other rules
   name. If each piece is covered by one earlier rule, so is the whole.
3. ``kind`` and ``regime`` are not cut, for a mixture is in none of the pieces; nor is ``needs``, which wants
   all of its list at once, nor ``percent``, whose parts are independent of another rule's. And a rule is cut
   along one condition at a time: along several, the pieces would multiply. What is missed by that is a
   rule that never decides, and does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import time
from types import MappingProxyType
from typing import Any, Final

import attrs

from paraph.model import Regime, SignatureKind
from paraph.routing import DAYS, PARTS, Route, Span, When, Window

FEWEST: Final[Mapping[str, int]] = MappingProxyType({"documents": 1, "size": 0})
"""What every envelope that can be sent has at least."""

_EVERY: Final[Mapping[str, frozenset[Any]]] = MappingProxyType(
    {"kind": frozenset(SignatureKind), "regime": frozenset(Regime)}
)
"""The lists that hold for every envelope that can be sent."""

_ALTERNATIVES: Final = frozenset({"level", "country", "language", "tenant", "tags"})
"""Lists that hold exactly where one of their values would hold alone."""


def covering(earlier: Sequence[Route], later: When) -> tuple[str, ...]:
    """Return the names of earlier rules that together take everything a later one would match; or none."""
    partly: dict[str, list[Route]] = {}
    for route in earlier:
        lacking = _lacking(route.when, later)
        if not lacking:
            return (route.name,)
        if len(lacking) == 1:
            partly.setdefault(lacking[0], []).append(route)
    for condition, routes in partly.items():
        conditions = {route.name: getattr(route.when, condition) for route in routes}
        for pieces in _cuts(condition, getattr(later, condition), tuple(conditions.values())):
            takers = [_taker(condition, conditions, piece) for piece in pieces]
            if takers and None not in takers:
                return tuple(name for name in conditions if name in takers)
    return ()


def _lacking(earlier: When, later: When) -> list[str]:
    """Return the conditions of a rule that leave out something of what a later one would match."""
    return [
        field.name
        for field in attrs.fields(When)
        if not _includes(field.name, getattr(earlier, field.name), getattr(later, field.name))
    ]


def _taker(condition: str, conditions: Mapping[str, Any], piece: Any) -> str | None:
    """Return the first rule that takes a piece."""
    return next((name for name, before in conditions.items() if _includes(condition, before, piece)), None)


def _includes(condition: str, before: Any, after: Any) -> bool:
    """Whether a condition holds wherever another one on the same thing does; ``None`` is no condition."""
    match before:
        case None:
            return True
        case Span():
            return _span(condition, before).covers(_span(condition, after))
        case Window():
            return before.covers(after or Window(start=time.min, until=time.min, zone=before.zone))
        case int():
            return before == PARTS
        case frozenset() if condition == "needs":  # it asks for all of them
            return before <= (after or frozenset())
        case _:
            known = _EVERY.get(condition) if after is None else after
            return known is not None and bool(known <= before)


def _span(condition: str, given: Span | None) -> Span:
    """Return a span without the numbers that no envelope has."""
    span = given or Span()
    return attrs.evolve(span, min=max(span.min, FEWEST[condition]))


def _cuts(condition: str, wanted: Any, others: Sequence[Any]) -> Iterator[Sequence[object]]:
    """Yield the ways to cut a condition into pieces that together hold wherever it does."""
    if condition in FEWEST:
        yield _spans(_span(condition, wanted), others)
    elif condition == "time":
        zones = {each.zone.key: each.zone for each in ([wanted] if wanted else others)}
        for zone in zones.values():
            whole = wanted or Window(start=time.min, until=time.min, zone=zone)
            yield _windows(whole, [each for each in others if each.zone.key == zone.key])
    elif condition in _ALTERNATIVES:
        yield [frozenset({value}) for value in wanted or ()]


def _spans(whole: Span, others: Sequence[Span]) -> list[Span]:
    """Cut a span where another one begins or has ended."""
    ended = {each.max + 1 for each in others if each.max is not None}
    starts = sorted({whole.min} | {at for at in ended | {each.min for each in others} if whole.holds(at)})
    ends = [*(at - 1 for at in starts[1:]), whole.max]
    return [Span(min=start, max=end) for start, end in zip(starts, ends, strict=True)]


def _windows(whole: Window, others: Sequence[Window]) -> list[Window]:
    """Cut a window into its days, and these where one of the windows begins or ends."""
    starts = sorted({time.min} | {at for each in (whole, *others) for at in (each.start, each.until)})
    pieces = (
        Window(start=start, until=end, zone=whole.zone, days=(day,))
        for day in DAYS
        for start, end in zip(starts, [*starts[1:], time.min], strict=True)
    )
    return [piece for piece in pieces if whole.covers(piece)]
