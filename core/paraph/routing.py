"""Which accounts an envelope may go through: ordered rules, decided and explained by the same code.

Theory of operation
===================

1. Rules are tried in their order; the first whose conditions all hold decides. Its accounts are the
   candidates, in order of preference, and after them the default account. Without such a rule, the default
   account is the only candidate.
2. An envelope never changes its environment (decision 0010): of these accounts, only those of the first one's
   environment are candidates, whether that one can be used or not.
3. A condition looks at the envelope as the application gave it, before any account's defaults, and at
   the time. Of several signatories, the highest level counts; for kind and regime, everything that is asked
   has to be among what the rule names.
4. ``percent`` puts an envelope into one of a hundred parts by the SHA-256 of the route's name and the
   envelope's reference (its id, if it has none): the same envelope always falls into the same part, whoever
   asks, and two routes part envelopes independently.
5. :func:`decide` returns what each rule found. There is no second code that explains: what is printed is
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

NEEDABLE: Final = frozenset(
    {
        Capability.ANCHORS,
        Capability.ATTACHMENTS,
        Capability.DELIVERY_EMAIL,
        Capability.DIGEST_DOCUMENTS,
        Capability.EXPIRY,
        Capability.FIELDS,
        Capability.JSON_DOCUMENTS,
        Capability.LANGUAGE,
        Capability.MESSAGE,
        Capability.NON_PDF_DOCUMENTS,
        Capability.SCHEDULE,
        Capability.SEALS,
        Capability.SEVERAL_DOCUMENTS,
        Capability.SEVERAL_SIGNATORIES,
        Capability.SIGNATORY_LANGUAGE,
        Capability.SIGNING_LINK,
        Capability.STAGES,
        Capability.STAGE_ANY,
    }
)
"""What an envelope can need (:func:`~paraph.preflight.needs_of`). All else is an ability of accounts."""

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

    :ivar until: not in it any more; one that is not after ``start`` is on the next day.
    :ivar days: the days on which it starts, as ``mon`` to ``sun``.
    """

    start: time
    until: time
    zone: ZoneInfo
    days: tuple[str, ...] = DAYS

    def holds(self, at: datetime) -> bool:
        """Whether an aware time lies in it."""
        local = at.astimezone(self.zone)
        return self._has(local.weekday(), local.time().replace(tzinfo=None))

    def covers(self, other: Window) -> bool:
        """Whether it holds whenever another one of its zone does; of one in another zone that is not known.

        Neither begins or ends but at these times, so that what holds at each of them holds in between.
        """
        ends = {time.min, self.start, self.until, other.start, other.until}
        return self.zone.key == other.zone.key and all(
            self._has(day, clock) or not other._has(day, clock) for day in range(len(DAYS)) for clock in ends
        )

    def _has(self, day: int, clock: time) -> bool:
        """Whether a time lies in it, by its zone's clock on a day of the week."""
        if self.start < self.until:
            return self.start <= clock < self.until and DAYS[day] in self.days
        if clock >= self.start:
            return DAYS[day] in self.days
        return clock < self.until and DAYS[day - 1] in self.days

    def __str__(self) -> str:
        days = "" if self.days == DAYS else f" on {', '.join(self.days)}"
        until = "24:00" if self.until == time.min else _clock(self.until)
        return f"{_clock(self.start)} to {until} {self.zone.key}{days}"


def _clock(at: time) -> str:
    """Write hours and minutes, and seconds only if there are some."""
    return at.isoformat().removesuffix(":00")


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
    :ivar elsewhere: accounts that would be candidates, were they of the first one's environment.
    """

    candidates: tuple[str, ...]
    route: str | None
    rules: tuple[RuleReport, ...]
    elsewhere: tuple[str, ...] = ()


def decide(
    routes: tuple[Route, ...],
    default: str | None,
    envelope: Envelope,
    at: datetime,
    environments: Mapping[str, str],
) -> Decision:
    """Find the accounts that may carry an envelope; none if no rule holds and there is no default.

    :param at: aware; what conditions of time look at.
    :param environments: of each configured account, by its name.
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
    wanted = dict.fromkeys((*(chosen.use if chosen else ()), *((default,) if default else ())))
    first = next((environments[name] for name in wanted if name in environments), None)
    elsewhere = tuple(name for name in wanted if environments.get(name, first) != first)
    return Decision(
        candidates=tuple(name for name in wanted if name not in elsewhere),
        route=chosen.name if chosen else None,
        rules=tuple(reports),
        elsewhere=elsewhere,
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
