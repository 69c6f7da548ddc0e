"""From findings to the file: a table that loads, in which every guess is marked.

Values that each fit may not fit together: two names for one place of a body. The checks of the dialect itself
say so, and the weaker value is taken back until nothing is wrong, so the file that is written always loads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import attrs

from paraph.model import Problem
from paraph_sign8.dialect import DialectError, parse, shipped
from paraph_sign8.dialect.leaves import values
from paraph_sign8.dialect.writing import to_toml
from paraph_sign8.importing.calls import REQUIRED
from paraph_sign8.importing.findings import Board, Finding, Ignored, Verdict
from paraph_sign8.importing.source import ImportFault

_TABLES: Final = (
    "words.signature_types",
    "words.dispatch",
    "words.annotations",
    "words.workflow_statuses",
    "words.signer_statuses",
    "webhooks.events",
)
"""Tables whose keys are words: what follows them in a leaf is one key, dots and all."""


@attrs.frozen(kw_only=True)
class Imported:
    """What came out of a file.

    :ivar kind: what the file is. ``table``: the dialect's table; ``text``: its file.
    :ivar findings: one for every leaf, in the order of a dialect.
    """

    kind: str
    table: Mapping[str, Any]
    text: str
    findings: tuple[Finding, ...]
    ignored: tuple[Ignored, ...]
    notes: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The operations without which nothing can be sent, and which the file does not have."""
        lost = {each.path for each in self.findings if each.verdict is Verdict.NOT_FOUND}
        return tuple(name for name in REQUIRED if f"operations.{name}.path" in lost)

    def count(self, verdict: Verdict) -> int:
        """Return how many leaves have a verdict."""
        return sum(each.verdict is verdict for each in self.findings)


def assemble(kind: str, board: Board) -> Imported:
    """Make the file."""
    _settle(board)
    findings = _in_order(board)
    table = _table(findings)
    guessed = [each.path for each in findings if each.verdict is Verdict.GUESSED and each.written]
    if guessed:
        table = {"guessed": guessed, **table}
    text = to_toml(table, _comments(kind, findings))
    return Imported(
        kind=kind,
        table=table,
        text=text,
        findings=findings,
        ignored=tuple(dict.fromkeys(board.ignored)),
        notes=tuple(board.notes),
    )


def _settle(board: Board) -> None:
    """Take weaker values back until the dialect has no problem."""
    for _ in range(2 * len(board.findings) + 1):
        problem = _problem(board)
        if problem is None:
            return
        _take_back(problem, board)
    raise ImportFault("what was found cannot be made to fit together")  # each turn takes one back


def _problem(board: Board) -> Problem | None:
    try:
        parse(_table(_in_order(board)))
    except DialectError as error:
        return error.problems[0]
    return None


def _take_back(problem: Problem, board: Board) -> None:
    """Take back the leaf that a problem names, or the one that it meets if that one is less sure.

    A leaf that was not found is the least sure: its shipped value meets one that was found.
    """
    met = problem.message.rpartition(" as ")[2] if problem.code == "name.taken" else ""
    loser, winner = (
        sorted((problem.path, met), key=lambda path: _weight(path, board)) if met else (problem.path, "")
    )
    known = board.findings.get(loser)
    reason = f"it is told at the same place as {winner}" if winner else problem.message
    if known is not None and known.written:
        reason = f"left out: {reason}"
        board.note(f"{loser} was left out: {reason.removeprefix('left out: ')}")
    else:
        reason = f"turned off: {reason}"
    if loser.startswith("fields.") or loser.endswith(".path"):
        board.clear(loser, reason)
    else:
        board.miss(loser, reason)


def _weight(path: str, board: Board) -> tuple[bool, int]:
    """Say how sure a leaf is; an organisation's name cannot be turned off, found or not."""
    known = board.findings.get(path)
    written = known is not None and known.written
    return written or path == "organization.name", known.score if known else 0


def _in_order(board: Board) -> tuple[Finding, ...]:
    """Return one finding for every leaf: those of the shipped dialect, and words that only the file has."""
    left = dict(board.findings)
    ordered: list[Finding] = []
    shipped_leaves = [path for path, _ in values(shipped("default"))]
    for path in shipped_leaves:
        table = _table_of(path)
        if table:
            mine = [each for each in left if _table_of(each) == table]
            ordered += [left.pop(each) for each in mine]
        elif path in left:
            ordered.append(left.pop(path))
        else:
            ordered.append(
                Finding(
                    path=path, verdict=Verdict.NOT_FOUND, reason="the file does not say it", written=False
                )
            )
    return (*ordered, *left.values())


def _table_of(path: str) -> str:
    return next((table for table in _TABLES if path.startswith(f"{table}.")), "")


def steps_of(path: str) -> list[str]:
    """Return the keys of a leaf."""
    table = _table_of(path)
    return [*table.split("."), path[len(table) + 1 :]] if table else path.split(".")


def _table(findings: Sequence[Finding]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for each in findings:
        if not each.written:
            continue
        *way, last = steps_of(each.path)
        place = root
        for step in way:
            place = place.setdefault(step, {})
        place[last] = each.value
    return root


def _comments(kind: str, findings: Sequence[Finding]) -> dict[str, str]:
    comments = {
        "": f"SIGN8's API as a {kind} describes it, read by `paraph sign8 import`.\n"
        "What is marked as guessed has to be checked by a person; it counts as assumed until it is taken\n"
        "out of the list `guessed`. What is not here is as shipped: assumed.\n"
        "`paraph sign8 dialect show` with this file's name says which is which."
    }
    lost = [each.path.split(".")[1] for each in findings if _is_lost(each)]
    if lost:
        comments[""] += f"\n\nNOT USABLE YET: no request was found for {', '.join(lost)}."
    for each in findings:
        if each.verdict is Verdict.GUESSED:
            comments[each.path] = f"guessed: {each.reason}"
        elif each.verdict is Verdict.NOT_FOUND and each.written:
            mark = "NOT FOUND" if _is_lost(each) else "not found"
            comments[each.path] = f"{mark}: {each.reason}"
        elif each.value == "" and not each.path.endswith(".wrap"):
            comments[each.path] = each.reason
    return comments


def _is_lost(finding: Finding) -> bool:
    return (
        finding.verdict is Verdict.NOT_FOUND
        and finding.path in {f"operations.{name}.path" for name in REQUIRED}
        and finding.written
    )
