"""Reading a file's tables so that everything wrong is found at once, each with its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar, overload

from paraph._hints import suggestion
from paraph.config.locate import KeyPath, Lines, dotted
from paraph.config.structure import MismatchError, described, structured
from paraph.errors import ConfigurationError
from paraph.model import Problem

T = TypeVar("T")


class Findings:
    """The problems of one file.

    :param name: the file, as its user calls it. :param lines: where its keys stand, if it is text.
    """

    def __init__(self, name: str, lines: Lines | None = None) -> None:
        self._name = name
        self._lines = lines
        self._found: list[tuple[int, Problem]] = []

    def add(self, path: KeyPath, code: str, message: str, hint: str = "") -> None:
        """Note one problem; file and line are added to its message."""
        line = self._lines.of(path) if self._lines else None
        place = f"{self._name} line {line}" if line else self._name
        problem = Problem(path=dotted(path) or "file", code=code, message=f"{message} ({place})", hint=hint)
        self._found.append((line or 0, problem))

    def take(self, path: KeyPath, error: ConfigurationError) -> None:
        """Note the problems of an error that the key at ``path`` leads to."""
        for problem in error.problems:
            self.add(path, problem.code, problem.message, problem.hint)

    def empty(self) -> Findings:
        """Return a new collection for the same file."""
        return Findings(self._name, self._lines)

    def merge(self, other: Findings) -> None:
        """Note what another collection for the same file holds, too."""
        self._found += other._found

    def __len__(self) -> int:
        return len(self._found)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems in the order of their lines."""
        return tuple(problem for _, problem in sorted(self._found, key=lambda found: found[0]))


class Table:
    """One table: keys are taken by type, and :meth:`done` names those that nobody took."""

    def __init__(self, values: Mapping[str, Any], path: KeyPath, findings: Findings) -> None:
        self.values = values
        self.path = path
        self.findings = findings
        self._taken: set[str] = set()

    def problem(self, key: str, code: str, message: str, hint: str = "", *, at: KeyPath = ()) -> None:
        """Note a problem of one key, or of what stands ``at`` a place within its value."""
        self.findings.add((*self.path, key, *at), code, message, hint)

    def mismatch(self, key: str, found: MismatchError) -> None:
        """Note that the value of a key, or elements of it, are of another type than wanted."""
        for part in found.parts:
            self.problem(key, "value.type", str(part), part.hint, at=part.at)

    def raw(self, key: str, *, required: str = "") -> Any:
        """Take a value as it stands; ``None`` if absent, a problem if ``required`` says what for."""
        self._taken.add(key)
        if key not in self.values and required:
            self.problem(key, "key.missing", f"missing: {required}")
        return self.values.get(key)

    @overload
    def take(self, key: str, wanted: type[T], *, required: str = "") -> T | None: ...
    @overload
    def take(self, key: str, wanted: Any, *, required: str = "") -> Any: ...
    def take(self, key: str, wanted: Any, *, required: str = "") -> Any:
        """Take a value of a type; ``None`` if it is absent, or of another type (a problem)."""
        value = self.raw(key, required=required)
        if value is None:
            return None
        try:
            return structured(value, wanted)
        except MismatchError as mismatch:
            self.mismatch(key, mismatch)
            return None

    def texts(self, key: str) -> tuple[str, ...]:
        """Take an array of texts; empty if absent."""
        found: tuple[str, ...] | None = self.take(key, tuple[str, ...])
        return found or ()

    def table(self, key: str, *, required: str = "") -> Table | None:
        """Take a table within this one."""
        value = self.raw(key, required=required)
        return None if value is None else self._child(value, (*self.path, key))

    def tables(self, key: str) -> Iterator[tuple[int, Table]]:
        """Take an array of tables, each with its position."""
        value = self.raw(key)
        if value is None:
            return
        if not isinstance(value, list | tuple):
            self.problem(key, "value.type", f"has to be an array of tables, not {described(value)}")
            return
        for position, each in enumerate(value):
            child = self._child(each, (*self.path, key, position))
            if child is not None:
                yield position, child

    def named(self, key: str) -> Iterator[tuple[str, Table]]:
        """Take a table of tables, such as ``[accounts.hr]``, each with its name."""
        outer = self.table(key)
        for name in outer.values if outer else ():
            child = outer.table(name) if outer else None
            if child is not None:
                yield name, child

    def done(self, known: Iterable[str] = ()) -> None:
        """Name every key that was not taken; ``known`` adds keys to those offered instead."""
        offered = {*self._taken, *known}
        for key in self.values:
            if key not in offered:
                self.problem(key, "key.unknown", "unknown key", suggestion(key, offered))

    def _child(self, value: object, path: KeyPath) -> Table | None:
        if isinstance(value, Mapping):
            return Table(value, path, self.findings)
        self.findings.add(path, "value.type", f"has to be a table, not {described(value)}")
        return None
