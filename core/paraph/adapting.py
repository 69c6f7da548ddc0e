"""Changing a request in the open: what would not be done as asked is changed beforehand, and named.

A problem may say which value would be no problem (``Problem.instead``). Putting it there is a
:class:`Change`: a path, a value that can be kept as JSON, and two words for people, in which no personal data
stand. The same changes, put to the same envelope in the same order, give the same envelope again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final

import attrs

from paraph.model import Envelope, Instead, Level, Policy, Problem, ProblemKind, Severity

_PART: Final = re.compile(r"(\w+)(?:\[(\d+)\])?")

_ADAPTED: Final[Mapping[Policy, frozenset[ProblemKind]]] = {
    Policy.STRICT: frozenset(),
    Policy.WARN: frozenset({ProblemKind.IGNORED}),
    Policy.ADAPT: frozenset({ProblemKind.IGNORED, ProblemKind.CHANGED}),
}
"""What is changed beforehand. Nobody is given what they said they cannot be told, so warnings alone leave it
out, too."""


@attrs.frozen(kw_only=True)
class Change:
    """One value that is put in the place of another.

    :ivar path: where. ``value``: as :func:`packed` writes it.
    :ivar code: of the problem that it solves. ``kind``, ``message``: that problem's.
    :ivar before: what it was, in a word; ``after``: what it is.
    """

    path: str
    value: Mapping[str, Any]
    code: str
    kind: ProblemKind
    message: str
    before: str
    after: str

    @property
    def problem(self) -> Problem:
        """The warning that names it."""
        return Problem(
            path=self.path,
            code=self.code,
            message=self.message,
            severity=Severity.WARNING,
            kind=self.kind,
            before=self.before,
            after=self.after,
        )


def judged(problems: Iterable[Problem], policy: Policy | None) -> tuple[Problem, ...]:
    """Return classified problems with the severity that a policy gives them."""
    if policy is Policy.STRICT:
        return tuple(attrs.evolve(each, severity=Severity.ERROR) for each in problems)
    if policy is Policy.WARN:
        soft = {ProblemKind.CHANGED, ProblemKind.IGNORED}
        return tuple(
            attrs.evolve(each, severity=Severity.WARNING) if each.kind in soft else each for each in problems
        )
    return tuple(problems)


def adapted(
    envelope: Envelope, problems: Iterable[Problem], policy: Policy | None
) -> tuple[Envelope, tuple[Change, ...]]:
    """Put other values where problems have some and the policy wants it; return what was changed.

    Elements are taken out from the end, so that the paths of the others stay true until they are looked at
    again.
    """
    wanted = _ADAPTED.get(policy, frozenset()) if policy else frozenset[ProblemKind]()
    solvable = [each for each in problems if each.kind in wanted and each.instead is not Instead.KEEP]
    solvable.sort(key=lambda each: (each.instead is Instead.REMOVE, _last_index(each.path)))
    values = [each for each in solvable if each.instead is not Instead.REMOVE]
    removals = {each.path: each for each in solvable if each.instead is Instead.REMOVE}
    changes = []
    for problem in (*values, *reversed(removals.values())):
        made = _changed(envelope, problem)
        if made is not None:
            envelope = made[0]
            changes.append(made[1])
    return envelope, tuple(changes)


def _last_index(path: str) -> int:
    found = _PART.fullmatch(path.rpartition(".")[2])
    return int(found[2]) if found and found[2] else 0


def _changed(envelope: Envelope, problem: Problem) -> tuple[Envelope, Change] | None:
    """Change one thing; ``None`` if that changes nothing, or there is no such place."""
    value = packed(problem.instead)
    if value is None:
        return None
    try:
        before = _word(envelope, problem.path)
        result = put(envelope, problem.path, problem.instead)
        after = "taken out" if problem.instead is Instead.REMOVE else _word(result, problem.path)
    except (AttributeError, IndexError, TypeError, ValueError):
        return None
    if result == envelope:
        return None
    return result, Change(
        path=problem.path,
        value=value,
        code=problem.code,
        kind=problem.kind or ProblemKind.CHANGED,
        message=problem.message,
        before=before,
        after=after,
    )


def replayed(envelope: Envelope, changes: Iterable[tuple[str, Mapping[str, Any]]]) -> Envelope:
    """Put the same values to the same places again."""
    for path, value in changes:
        envelope = put(envelope, path, unpacked(value))
    return envelope


def put(envelope: Envelope, path: str, value: Any) -> Envelope:
    """Return a copy of an envelope with another value at a path.

    :raises AttributeError, IndexError, TypeError, ValueError: no such place, or not for such a value.
    """
    made: Envelope = _put(envelope, path, value)
    return made


def _put(target: Any, path: str, value: Any) -> Any:
    head, _, rest = path.partition(".")
    found = _PART.fullmatch(head)
    if found is None:
        raise ValueError("no path")
    name, index = found[1], found[2]
    here: Any = getattr(target, name)
    new: Any
    if index is None:
        new = _put(here, rest, value) if rest else value
    else:
        items = list(here)
        if rest:
            items[int(index)] = _put(items[int(index)], rest, value)
        elif value is Instead.REMOVE:
            del items[int(index)]
        else:
            items[int(index)] = value
        new = tuple(items)
    return attrs.evolve(target, **{name: new})


def packed(value: Any) -> Mapping[str, Any] | None:
    """Return a value as JSON; ``None`` if it is of no kind that is ever put somewhere."""
    if value is Instead.REMOVE:
        return {"remove": 1}
    if isinstance(value, Level):
        return {"level": value.name}
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if isinstance(value, Enum):
        return {"is": value.value}
    return {"is": value} if value is None or isinstance(value, bool | int | float | str) else None


def unpacked(value: Mapping[str, Any]) -> Any:
    """Return what :func:`packed` took."""
    if "remove" in value:
        return Instead.REMOVE
    if "level" in value:
        return Level[value["level"]]
    if "time" in value:
        return datetime.fromisoformat(value["time"])
    return value["is"]


def _word(envelope: Envelope, path: str) -> str:
    """Say what stands at a path, without anything personal: that is what no repr shows."""
    here: Any = envelope
    shown = True
    for part in path.split("."):
        found = _PART.fullmatch(part)
        if found is None:
            raise ValueError("no path")
        field = getattr(attrs.fields(type(here)), found[1])
        shown = shown and bool(field.repr)
        here = getattr(here, found[1])
        if found[2]:
            here = here[int(found[2])]
    return word(here, shown=shown)


def word(value: Any, *, shown: bool = True) -> str:
    """Say a value in a word. :param shown: whether it may be shown at all."""
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Level):
        return value.name
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str | int | float):
        return str(value) if shown else "given"
    return type(value).__name__.lower()
