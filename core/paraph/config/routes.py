"""``[[routes]]``: ordered rules in a closed language (:mod:`paraph.routing` says what they mean).

Beside what cannot be read, a rule is refused if it can never decide: an earlier rule takes everything that
it would match, a list is empty, a range or window holds nothing, or it asks for a capability that none of
its accounts has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import time
from enum import Enum
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from paraph._hints import nearest, suggestion
from paraph.config.accounts import AccountConfig
from paraph.config.table import Table
from paraph.errors import ConfigurationError
from paraph.model import Level, Regime, SignatureKind
from paraph.provider.capability import Capability
from paraph.provider.registry import Registry
from paraph.routing import DAYS, PARTS, Route, Span, When, Window, covers

EnumT = TypeVar("EnumT", bound=Enum)

_CODE_LENGTH: Final = 2
_FEWEST: Final = {"documents": 1}
"""What every envelope that can be sent has at least."""


def read_routes(
    root: Table, names: list[str], accounts: Mapping[str, AccountConfig], registry: Registry
) -> tuple[Route, ...]:
    """Read the routes; what is wrong goes to the table's findings.

    :param names: of all accounts. ``accounts``: the sound ones.
    """
    found: list[Route] = []
    taken: set[str] = set()
    for position, table in root.tables("routes"):
        before = len(table.findings)
        route = _route(table, position, names)
        if route.name in taken:
            table.problem("name", "route.repeated", f"another route is called {route.name!r}", "rename one")
        taken.add(route.name)
        if len(table.findings) == before:
            _check_reachable(table, route, found)
            _check_capabilities(table, route, accounts, registry)
            found.append(route)
    return tuple(found)


def _route(table: Table, position: int, names: list[str]) -> Route:
    name = table.take("name", str, required="what explanations call the route")
    conditions = table.table("when")
    when = _when(conditions) if conditions else When()
    use = table.texts("use")
    if not use:
        table.problem("use", "route.use", "no account is named", f"accounts: {', '.join(names) or 'none'}")
    for each in use:
        if each not in names:
            hint = suggestion(each, names, what="configured")
            table.problem("use", "account.unknown", f"no account {each!r} is configured", hint)
    if len(set(use)) < len(use):
        table.problem("use", "account.repeated", "an account is named twice", "name each once")
    table.done()
    return Route(name=name or f"routes[{position}]", when=when, use=use)


def _when(table: Table) -> When:
    found = When(
        level=_set(table, "level", _level),
        kind=_set(table, "kind", _member(SignatureKind)),
        regime=_set(table, "regime", _member(Regime)),
        country=_set(table, "country", lambda word: _code(word).upper()),
        language=_set(table, "language", lambda word: _code(word).lower()),
        tenant=_set(table, "tenant", str),
        tags=_set(table, "tags", str),
        documents=_span(table, "documents"),
        size=_span(table, "size"),
        needs=_set(table, "needs", _member(Capability)),
        percent=_percent(table),
        time=_window(table),
    )
    table.done()
    return found


def _set(table: Table, key: str, read: Callable[[str], Any]) -> frozenset[Any] | None:
    words = table.take(key, tuple[str, ...])
    if words is None:
        return None
    if not words:
        table.problem(key, "route.never", "an empty list never holds", f"take {key} out, or name something")
    found = set()
    for word in words:
        try:
            found.add(read(word))
        except _UnknownError as error:
            table.problem(key, "value.unknown", str(error), error.hint)
    return frozenset(found)


class _UnknownError(Exception):
    """A word that a condition does not know."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def _level(word: str) -> Level:
    try:
        return Level.parse(word)
    except ValueError as error:
        raise _UnknownError(str(error)) from None


def _member(kind: type[EnumT]) -> Callable[[str], EnumT]:
    known = {str(member.value): member for member in kind}

    def read(word: str) -> EnumT:
        if word not in known:
            raise _UnknownError(f"{word!r} is not known here", suggestion(word, known))
        return known[word]

    return read


def _code(word: str) -> str:
    if len(word) != _CODE_LENGTH or not word.isascii() or not word.isalpha():
        raise _UnknownError(f"{word!r} is no code of two letters")
    return word


def _span(table: Table, key: str) -> Span | None:
    inner = table.table(key)
    if inner is None:
        return None
    least, most = inner.take("min", int), inner.take("max", int)
    inner.done()
    if least is None and most is None:
        table.problem(key, "route.span", "has neither min nor max", f"{key} = {{ max = 3 }}")
    if most is not None and most < max(least or 0, _FEWEST.get(key, 0)):
        table.problem(key, "route.never", "no envelope lies between min and max")
    return Span(min=least or 0, max=most)


def _percent(table: Table) -> int | None:
    percent = table.take("percent", int)
    if percent is None:
        return None
    if not 0 <= percent <= PARTS:
        table.problem("percent", "percent.range", "has to be from 1 to 100")
    elif percent == 0:
        table.problem("percent", "route.never", "0 percent never hold", "take the route out")
    return percent


def _window(table: Table) -> Window | None:
    inner = table.table("time")
    if inner is None:
        return None
    start, until = _clock(inner, "from"), _clock(inner, "to")
    zone = inner.take("zone", str, required='an IANA zone, such as "Europe/Paris"')
    days = inner.take("days", tuple[str, ...])
    inner.done()
    for day in days or ():
        if day not in DAYS:
            inner.problem("days", "value.unknown", f"{day!r} is no day", suggestion(day, DAYS))
    if days == ():
        inner.problem("days", "route.never", "an empty list never holds", "take days out, or name some")
    if start is not None and start == until:
        inner.problem("to", "route.never", "the window ends when it begins")
    if zone is not None and zone not in available_timezones():
        near = nearest(zone, sorted(available_timezones()))
        hint = f"did you mean {near!r}?" if near else "see the IANA time zone database"
        inner.problem("zone", "zone.unknown", f"no zone {zone!r} is known", hint)
        return None
    if start is None or until is None or zone is None:
        return None
    return Window(start=start, until=until, zone=ZoneInfo(zone), days=days or DAYS)


def _clock(table: Table, key: str) -> time | None:
    text = table.take(key, str, required='a time of the day, such as "08:30"')
    if text is None:
        return None
    try:
        found = time.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        table.problem(key, "time.form", "is no time of the day", 'write it as "08:30"')
        return None
    return found


def _check_reachable(table: Table, route: Route, earlier: list[Route]) -> None:
    for before in earlier:
        if covers(before.when, route.when):
            table.problem(
                "when" if "when" in table.values else "name",
                "route.unreachable",
                f"the route {before.name!r} above takes everything that {route.name!r} would match",
                "put the narrower route first, or take this one out",
            )
            return


def _check_capabilities(
    table: Table, route: Route, accounts: Mapping[str, AccountConfig], registry: Registry
) -> None:
    for capability in sorted(route.when.needs or ()):
        offers = [capability in offered for offered in _offered(route, accounts, registry)]
        if len(offers) == len(route.use) and not any(offers):
            table.problem(
                "when",
                "route.never",
                f"none of its accounts offers {capability.value}",
                "paraph providers lists what each offers",
            )


def _offered(
    route: Route, accounts: Mapping[str, AccountConfig], registry: Registry
) -> Iterator[frozenset[Capability]]:
    """Yield what the accounts of a route can offer at most, of those whose plugin can be had."""
    for name in route.use:
        if name in accounts:
            try:
                yield registry.info(accounts[name].provider).capabilities.supported
            except ConfigurationError:
                continue
