"""What an import found out: one verdict for every leaf of a dialect, each with its reason."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

import attrs

from paraph_sign8.importing.description import is_secret, masked

SURE: Final = 75
"""The score, of 100, from which a value is placed rather than guessed."""


class Verdict(StrEnum):
    """How sure a value is."""

    PLACED = "placed"
    """The file says it with a clear name."""
    GUESSED = "guessed"
    """A weak name, or the shape of a value, speaks for it: a person has to look."""
    NOT_FOUND = "not found"
    """The file does not say it, or says two things."""


@attrs.frozen(kw_only=True)
class Finding:
    """One leaf.

    :ivar path: the leaf. ``value``: what is written to the file; without meaning if nothing was found.
    :ivar reason: why, for people; without secrets and examples of the file.
    :ivar written: whether the leaf is in the file, which also says what was turned off.
    """

    path: str
    verdict: Verdict
    value: Any = None
    reason: str = ""
    score: int = 0
    written: bool = True


@attrs.frozen
class Ignored:
    """Something of the file that was not used, and why."""

    what: str
    why: str


@attrs.define
class Board:
    """Collects findings; a later one about the same leaf replaces an earlier one.

    Whatever is said here is masked, and no value that looks like a secret is taken, so that nothing of the
    kind reaches a screen or a file by any way.
    """

    findings: dict[str, Finding] = attrs.field(factory=dict)
    ignored: list[Ignored] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)

    def put(self, path: str, value: Any, score: int, reason: str) -> None:
        """Note a value that was found."""
        if any(isinstance(each, str) and is_secret(each) for each in (path, *_each(value))):
            self.miss(masked(path), "what was found looks like a secret")
            return
        verdict = Verdict.PLACED if score >= SURE else Verdict.GUESSED
        self.findings[path] = Finding(
            path=path, verdict=verdict, value=value, reason=masked(reason), score=score
        )

    def miss(self, path: str, reason: str) -> None:
        """Note that nothing was found: the leaf stays as it is shipped."""
        self.findings[path] = Finding(
            path=path, verdict=Verdict.NOT_FOUND, reason=masked(reason), written=False
        )

    def clear(self, path: str, reason: str) -> None:
        """Note that nothing was found, and turn the leaf off."""
        self.findings[path] = Finding(path=path, verdict=Verdict.NOT_FOUND, value="", reason=masked(reason))

    def ignore(self, what: str, why: str) -> None:
        """Note something of the file that was not used."""
        self.ignored.append(Ignored(masked(what), masked(why)))

    def note(self, text: str) -> None:
        """Note something that a person has to know."""
        if (said := masked(text)) not in self.notes:
            self.notes.append(said)


def _each(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else (value,)
