"""Which accounts an envelope may go through: ordered rules, decided and explained by the same code.

Theory of operation
===================

1. Rules are tried in their order; the first whose conditions all hold decides. Its accounts are the
   candidates, in order of preference, and after them the default account. Without such a rule, the default
   account is the only candidate.
2. A condition looks at the envelope as the application gave it, before any account's defaults, and at
   the time. Of several signatories, the highest level counts; for kind and regime, everything that is asked
   has to be among what the rule names.
3. ``percent`` puts an envelope into one of a hundred parts by the SHA-256 of the route's name and the
   envelope's reference (its id, if it has none): the same envelope always falls into the same part, whoever
   asks, and two routes part envelopes independently.
4. :func:`decide` returns what each rule found. There is no second code that explains: what is printed is
   what was decided.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, time
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from paraph.model import Envelope, Level, Regime, SignatureKind
from paraph.preflight import needs_of
from paraph.provider.capability import Capability

PARTS: Final = 100
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@attrs.frozen(kw_only=True)
class Span:
    """A range of whole numbers, both ends included."""

    min: int = 0
    max: int | None = None

    def holds(self, number: int) -> bool:
        """Whether a number lies in it."""
        return self.min <= number and (self.max is None or number <= self.max)

    def covers(self, other: Span) -> bool:
        """Whether it holds all that another one holds."""
        above = self.max is None or (other.max is not None and other.max <= self.max)
        return self.min <= other.min and above

    def __str__(self) -> str:
        return f"{self.min} to {'any' if self.max is None else self.max}"


@attrs.frozen(kw_only=True)
class Window:
    """A time of the day in a zone, on some days.

    :ivar until: not in it any more; one before ``start`` is on the next day.
    :ivar days: the days on which it starts, as ``mon`` to ``sun``.
    """

    start: time
    until: time
    zone: ZoneInfo
    days: tuple[str, ...] = DAYS

    def holds(self, at: datetime) -> bool:
        """Whether an aware time lies in it."""
        local = at.astimezone(self.zone)
        clock, today = local.time().replace(tzinfo=None), local.weekday()
        if self.start < self.until:
            return self.start <= clock < self.until and DAYS[today] in self.days
        if clock >= self.start:
            return DAYS[today] in self.days
        return clock < self.until and DAYS[today - 1] in self.days

    def __str__(self) -> str:
        days = "" if self.days == DAYS else f" on {', '.join(self.days)}"
        return f"{self.start:%H:%M} to {self.until:%H:%M} {self.zone.key}{days}"


@attrs.frozen(kw_only=True)
class When:
    """The conditions of a rule; ``None`` is no condition."""

    level: frozenset[Level] | None = None
    kind: frozenset[SignatureKind] | None = None
    regime: frozenset[Regime] | None = None
    country: frozenset[str] | None = None
    language: frozenset[str] | None = None
    tenant: frozenset[str] | None = None
    tags: frozenset[str] | None = None
    documents: Span | None = None
    size: Span | None = None
    needs: frozenset[Capability] | None = None
    percent: int | None = None
    time: Window | None = None


@attrs.frozen(kw_only=True)
class Route:
    """One rule.

    :ivar use: accounts in order of preference.
    """

    name: str
    when: When
    use: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Checked:
    """What became of one condition.

    :ivar wanted: what the rule says. ``found``: what the envelope, or the clock, has. Neither is personal.
    """

    condition: str
    wanted: str
    found: str
    holds: bool


@attrs.frozen(kw_only=True)
class RuleReport:
    """What became of one rule.

    :ivar conditions: every condition, also after one that does not hold.
    :ivar reached: no earlier rule had decided.
    """

    name: str
    conditions: tuple[Checked, ...]
    use: tuple[str, ...]
    reached: bool

    @property
    def holds(self) -> bool:
        """Whether all conditions hold."""
        return all(each.holds for each in self.conditions)


@attrs.frozen(kw_only=True)
class Decision:
    """Which accounts may carry an envelope, in order of preference, and why.

    :ivar route: the rule that decided, or ``None`` for the default account.
    """

    candidates: tuple[str, ...]
    route: str | None
    rules: tuple[RuleReport, ...]


def decide(routes: tuple[Route, ...], default: str | None, envelope: Envelope, at: datetime) -> Decision:
    """Find the accounts that may carry an envelope; none if no rule holds and there is no default.

    :param at: aware; what conditions of time look at.
    """
    reports: list[RuleReport] = []
    chosen: RuleReport | None = None
    for route in routes:
        report = RuleReport(
            name=route.name,
            conditions=_checked(route, envelope, at),
            use=route.use,
            reached=chosen is None,
        )
        reports.append(report)
        if chosen is None and report.holds:
            chosen = report
    wanted = (*(chosen.use if chosen else ()), *((default,) if default else ()))
    return Decision(
        candidates=tuple(dict.fromkeys(wanted)), route=chosen.name if chosen else None, rules=tuple(reports)
    )


def part_of(route: str, envelope: Envelope) -> int:
    """Return the part, 0 to 99, of an envelope under a route; ``percent`` takes those below it."""
    text = f"{route}\n{envelope.reference or envelope.id}"
    return int(hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest(), 16) % PARTS


def _checked(route: Route, envelope: Envelope, at: datetime) -> tuple[Checked, ...]:
    given = _Given(route=route.name, envelope=envelope, at=at)
    found = []
    for field in attrs.fields(When):
        wanted = getattr(route.when, field.name)
        if wanted is not None:
            shown, holds = _CONDITIONS[field.name](wanted, given)
            text = _words(wanted) if isinstance(wanted, frozenset) else str(wanted)
            found.append(Checked(condition=field.name, wanted=text, found=shown, holds=holds))
    return tuple(found)


@attrs.frozen(kw_only=True)
class _Given:
    """What conditions look at."""

    route: str
    envelope: Envelope
    at: datetime


def _word(value: object) -> str:
    return value.name if isinstance(value, Level) else str(value)


def _words(values: frozenset[object]) -> str:
    return ", ".join(sorted(_word(value) for value in values)) or "none"


Found = tuple[str, bool]


def _level(wanted: frozenset[Level], given: _Given) -> Found:
    asked = [given.envelope.assurance_of(person) for person in given.envelope.signers]
    levels = [level for each in asked if (level := each.level or each.floor) is not None]
    if not levels:
        return "none asked", False
    highest = max(levels, key=lambda level: level.value)
    return highest.name, highest in wanted


def _kind(wanted: frozenset[SignatureKind], given: _Given) -> Found:
    kinds = frozenset(person.kind for person in given.envelope.signers)
    return _words(frozenset(kinds)), bool(kinds) and kinds <= wanted


def _regime(wanted: frozenset[Regime], given: _Given) -> Found:
    regimes = frozenset(given.envelope.assurance_of(person).regime for person in given.envelope.signers)
    return _words(frozenset(regimes)), bool(regimes) and regimes <= wanted


def _country(wanted: frozenset[str], given: _Given) -> Found:
    country = (given.envelope.country or "").upper()
    return country or "none", country in wanted


def _language(wanted: frozenset[str], given: _Given) -> Found:
    language = (given.envelope.language or "").lower()
    return language or "none", language in wanted


def _tenant(wanted: frozenset[str], given: _Given) -> Found:
    return given.envelope.tenant or "none", given.envelope.tenant in wanted


def _tags(wanted: frozenset[str], given: _Given) -> Found:
    tags = frozenset(given.envelope.tags)
    return _words(frozenset(tags)), bool(tags & wanted)


def _documents(wanted: Span, given: _Given) -> Found:
    count = len(given.envelope.documents)
    return str(count), wanted.holds(count)


def _size(wanted: Span, given: _Given) -> Found:
    size = sum(document.size for document in given.envelope.documents)
    return str(size), wanted.holds(size)


def _needs(wanted: frozenset[Capability], given: _Given) -> Found:
    needed = needs_of(given.envelope)
    return _words(frozenset(needed)), wanted <= needed


def _percent(wanted: int, given: _Given) -> Found:
    part = part_of(given.route, given.envelope)
    return f"part {part} of {PARTS}", part < wanted


def _time(wanted: Window, given: _Given) -> Found:
    local = given.at.astimezone(wanted.zone)
    return f"{DAYS[local.weekday()]} {local:%H:%M}", wanted.holds(given.at)


_CONDITIONS: Final[Mapping[str, Callable[..., Found]]] = MappingProxyType(
    {
        "level": _level,
        "kind": _kind,
        "regime": _regime,
        "country": _country,
        "language": _language,
        "tenant": _tenant,
        "tags": _tags,
        "documents": _documents,
        "size": _size,
        "needs": _needs,
        "percent": _percent,
        "time": _time,
    }
)


def covers(earlier: When, later: When) -> bool:
    """Whether a rule with the conditions ``earlier`` takes everything that ``later`` would match."""
    for field in attrs.fields(When):
        before, after = getattr(earlier, field.name), getattr(later, field.name)
        if before is None or _always_holds(field.name, before):
            continue
        if after is None or not _includes(field.name, before, after):
            return False
    return True


def _always_holds(condition: str, wanted: object) -> bool:
    """Whether a condition leaves nothing out."""
    return wanted == (PARTS if condition == "percent" else Span())


def _includes(condition: str, before: object, after: object) -> bool:
    match before, after:
        case Span(), Span():
            return before.covers(after)
        case frozenset(), frozenset() if condition == "needs":  # it asks for all of them
            return before <= after
        case frozenset(), frozenset():
            return after <= before
        case int(), int():
            return False  # parts of two routes are independent
        case _:
            return before == after
