"""One finding about an envelope or a configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum, StrEnum
from typing import Any, Final

import attrs

FEW: Final = 3
"""So many alike are told one by one."""

_INDEX = re.compile(r"\[\d+\]")


class Severity(StrEnum):
    """How much a problem weighs."""

    ERROR = "error"
    """It cannot be done; sending is refused."""
    WARNING = "warning"
    """It will be done, but not quite as asked; the hint says what differs."""


class ProblemKind(StrEnum):
    """What would become of the part of a request that a problem is about."""

    UNSAYABLE = "cannot be said"
    """It is wrong, forbidden, or nothing like it exists at the vendor."""
    CHANGED = "would be changed"
    """The vendor would do something near it, but not it."""
    IGNORED = "would be ignored"
    """The vendor would do everything but this."""
    INCOMPLETE = "needs more data"
    """Something is missing, or has to be known before it is certain that it is done as asked."""


class Policy(StrEnum):
    """How strictly a request is taken. Without a policy, a problem's severity alone decides."""

    STRICT = "strict"
    """Every problem refuses: what is sent is done exactly as asked, or not at all."""
    WARN = "warn"
    """What would be changed or ignored is only warned of."""
    ADAPT = "adapt"
    """The request is changed beforehand, visibly, to what the vendor would make of it."""


class Instead(Enum):
    """What is not a value, where a problem says which value would be taken in place of the one given."""

    KEEP = "keep"
    """No other value is known."""
    REMOVE = "remove"
    """The element of a sequence is taken out."""


@attrs.frozen(kw_only=True)
class Problem:
    """What is wrong, where, and what mends it.

    :ivar path: where, such as ``signatories[0].phone`` or ``accounts.hr.api_key``.
    :ivar code: stable lower-case word for programs, such as ``phone.invalid``.
    :ivar message: one sentence for people, without personal data or secrets.
    :ivar hint: what to do; may be empty.
    :ivar kind: what would become of it. ``None`` where nobody asks for anything, as in a configuration file;
        a company rule may leave it out, too: it is then :attr:`ProblemKind.UNSAYABLE`, or of a warning
        :attr:`ProblemKind.INCOMPLETE`.
    :ivar instead: the value that ``path`` would have to have for this not to be a problem, if there is one.
    :ivar before: where something was changed, what it was, in a word without personal data; ``after``: what
        it is now.
    """

    path: str
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    kind: ProblemKind | None = attrs.field(default=None, repr=False, eq=False)
    instead: Any = attrs.field(default=Instead.KEEP, repr=False, eq=False)
    before: str = attrs.field(default="", repr=False)
    after: str = attrs.field(default="", repr=False)

    def __str__(self) -> str:
        changed = f" ({self.before} → {self.after})" if self.before or self.after else ""
        text = f"{self.path}: {self.message}{changed} [{self.code}]"
        return f"{text}; {self.hint}" if self.hint else text

    @property
    def blocking(self) -> bool:
        """Whether this problem refuses the operation."""
        return self.severity is Severity.ERROR


def summed_up(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Say what is alike at many places once, for people; an envelope has hundreds of fields.

    Alike are problems that differ in nothing but the positions in their paths. More than three become one,
    where the first of them was: ``fields[0] … fields[49] (50 places)``, see :func:`summed_paths`.
    """
    alike: dict[object, list[Problem]] = {}
    for each in problems:
        alike.setdefault((attrs.evolve(each, path=_shape(each.path)), each.before, each.after), []).append(
            each
        )
    told: list[Problem] = []
    for group in alike.values():
        paths = summed_paths(each.path for each in group)
        told += group if len(paths) == len(group) else [attrs.evolve(group[0], path=paths[0])]
    return tuple(told)


def summed_paths(paths: Iterable[str]) -> tuple[str, ...]:
    """Say more than three paths that differ only in positions as one, the lowest first.

    ``fields[0] … fields[49] (50 places)`` are all between these; ``fields[0] … fields[49] (4 of them)`` some.
    """
    alike: dict[str, list[str]] = {}
    for each in paths:
        alike.setdefault(_shape(each), []).append(each)
    told: list[str] = []
    for group in alike.values():
        if len(group) <= FEW or not _INDEX.search(group[0]):
            told += group
            continue
        first, *_, last = sorted(group, key=_places)
        moved = [one != other for one, other in zip(_places(first), _places(last), strict=True)]
        span = _places(last)[moved.index(True)] - _places(first)[moved.index(True)] + 1 if any(moved) else 1
        whole = sum(moved) == 1 and span == len(group)
        told.append(f"{first} … {last} ({len(group)} {'places' if whole else 'of them'})")
    return tuple(told)


def _shape(path: str) -> str:
    return _INDEX.sub("[]", path)


def _places(path: str) -> tuple[int, ...]:
    return tuple(int(each[1:-1]) for each in _INDEX.findall(path))
