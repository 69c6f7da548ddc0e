"""``[[routes]]``: ordered rules in a closed language (:mod:`paraph.routing` says what they mean).

Beside what cannot be read, a rule is refused if it can never decide: earlier rules take everything that it
would match (:mod:`paraph.covering`), or none of its accounts offers what every envelope needs that it
matches. All of this is told at once: of a rule with a mistake, what could be read is compared like the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import attrs

from paraph._hints import suggestion
from paraph.config.conditions import read_when
from paraph.config.offers import Seen
from paraph.config.table import Table
from paraph.covering import covering
from paraph.model import Level, Regime, SignatureKind
from paraph.provider.capability import Capabilities, Capability
from paraph.routing import Route, When

Offered = Callable[[Seen], Capabilities | None]

_LISTED: Final = "paraph providers lists what each offers, and an account may offer less"


def read_routes(root: Table, accounts: Mapping[str, Seen], offered: Offered) -> tuple[Route, ...]:
    """Read the routes; what is wrong goes to the table's findings.

    :param accounts: all of the file. ``offered``: returns what one of them offers, if that is known.
    """
    found: list[Route] = []
    comparable: list[Route] = []
    taken: set[str] = set()
    for position, table in root.tables("routes"):
        before = len(table.findings)
        conditions = table.table("when")
        when = read_when(conditions) if conditions else When()
        whole = len(table.findings) == before
        route = _route(table, position, when, accounts)
        if route.name in taken:
            table.problem("name", "route.repeated", f"another route is called {route.name!r}", "rename one")
        taken.add(route.name)
        _check_reachable(table, route, comparable)
        _check_offers(table, route, accounts, offered)
        found.append(route)
        if whole:
            comparable.append(route)
    return tuple(found)


def _route(table: Table, position: int, when: When, accounts: Mapping[str, Seen]) -> Route:
    name = table.take("name", str, required="what explanations call the route")
    use = table.texts("use")
    if not table.values.get("use"):
        known = ", ".join(accounts) or "none"
        table.problem("use", "route.use", "no account is named", f"accounts: {known}")
    _check_use(table, use, accounts)
    table.done()
    return Route(name=name or f"routes[{position}]", when=when, use=use)


def _check_use(table: Table, use: tuple[str, ...], accounts: Mapping[str, Seen]) -> None:
    """Refuse accounts that are unknown, repeated, or of another environment than the first one."""
    first = next((accounts[name] for name in use if name in accounts and accounts[name].environment), None)
    for position, name in enumerate(use):
        at = (position,)
        seen = accounts.get(name)
        if seen is None:
            hint = suggestion(name, accounts, what="configured")
            table.problem("use", "account.unknown", f"no account {name!r} is configured", hint, at=at)
        elif name in use[:position]:
            table.problem("use", "account.repeated", "an account is named twice", "name each once", at=at)
        elif first is not None and seen.environment not in {None, first.environment}:
            table.problem(
                "use",
                "environment.other",
                f"{name!r} is for {seen.environment}, and {first.name!r} for {first.environment}",
                "an envelope never changes its environment: make a route for each",
                at=at,
            )


def _check_reachable(table: Table, route: Route, earlier: Sequence[Route]) -> None:
    names = covering(earlier, route.when)
    if not names:
        return
    named = ", ".join(repr(name) for name in names)
    taking = f"route {named} above takes" if len(names) == 1 else f"routes {named} above together take"
    table.problem(
        "when" if "when" in table.values else "name",
        "route.unreachable",
        f"the {taking} everything that {route.name!r} would match",
        "put the narrower route first, or take this one out",
    )


@attrs.frozen(kw_only=True)
class _Demand:
    """Something that an account has to offer for each envelope that a rule matches.

    :ivar key: the condition that it comes from. ``what``: a word for it.
    """

    key: str
    what: str
    met: Callable[[Capabilities], bool]


def _check_offers(table: Table, route: Route, accounts: Mapping[str, Seen], offered: Offered) -> None:
    """Refuse a rule whose envelopes none of its accounts can carry; not if one of them is not known."""
    demands = tuple(_demands(route.when))
    if not demands or not all(name in accounts for name in route.use):
        return
    offers = [offers for name in route.use if (offers := offered(accounts[name])) is not None]
    if not offers or len(offers) < len(route.use):
        return
    unmet = [demand for demand in demands if not any(demand.met(each) for each in offers)]
    for demand in unmet:
        message = f"none of its accounts offers {demand.what}"
        table.problem("when", "route.never", message, _LISTED, at=(demand.key,))
    if not unmet and not any(all(demand.met(each) for demand in demands) for each in offers):
        together = ", ".join(demand.what for demand in demands)
        message = f"none of its accounts offers all of this together: {together}"
        table.problem("when", "route.never", message, _LISTED)


def _demands(when: When) -> Iterator[_Demand]:
    """Yield what each envelope that fulfils the conditions needs."""
    for capability in sorted(when.needs or ()):
        yield _capability("needs", capability)
    if when.documents is not None and when.documents.min > 1:
        yield _capability("documents", Capability.SEVERAL_DOCUMENTS)
    if when.kind == frozenset({SignatureKind.SEAL}):
        yield _capability("kind", Capability.SEALS)
    if when.level:
        yield _level(min(when.level))
    if when.regime:
        yield _regime(when.regime)


def _capability(key: str, capability: Capability) -> _Demand:
    return _Demand(key=key, what=capability.value, met=lambda offered: capability in offered)


def _level(weakest: Level) -> _Demand:
    """Whoever asks for no more than a floor takes every level above it."""
    return _Demand(
        key="level",
        what=f"{weakest.name} or more",
        met=lambda offered: any(weakest <= level for level in offered.levels),
    )


def _regime(asked: frozenset[Regime]) -> _Demand:
    names = ", ".join(sorted(asked))
    return _Demand(key="regime", what=names, met=lambda offered: bool(asked & offered.regimes))
