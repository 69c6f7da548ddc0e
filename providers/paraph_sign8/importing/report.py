"""What an import found, for people and for programs: no secret and no example of the file is in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from paraph_sign8.assumptions import missing
from paraph_sign8.dialect import parse
from paraph_sign8.importing.assembling import Imported, steps_of
from paraph_sign8.importing.findings import Finding, Verdict
from paraph_sign8.showing import Table, written

_BY_HAND: Final = (
    ("organization.", "where the organisation's id is told (organization)"),
    ("formats.origin", "the corner of the page from which places count (formats.origin)"),
    ("formats.unit", "the unit of places (formats.unit)"),
    ("formats.page_base", "whether the first page is 0 or 1 (formats.page_base)"),
    ("formats.transfer", "how a file's content travels (formats.transfer)"),
    ("words.signature_types.", "all words of signature types (words.signature_types)"),
    ("words.dispatch.", "both words of the order of signing (words.dispatch)"),
    ("words.workflow_statuses.", "all words of statuses (words.workflow_statuses)"),
)
"""Beginnings of leaves on which a signature's place, order or end depends, and what they are."""


def as_json(imported: Imported, target: Path) -> dict[str, Any]:
    """Return one finding for every leaf, what was ignored, and what is missing."""
    return {
        "import": {
            "kind": imported.kind,
            "output": str(target),
            "usable": not imported.missing,
            "missing": list(imported.missing),
            "counts": {verdict.value: imported.count(verdict) for verdict in Verdict},
            "findings": [
                {
                    "path": each.path,
                    "verdict": each.verdict.value,
                    "value": each.value if each.written else None,
                    "written": each.written,
                    "reason": each.reason,
                }
                for each in imported.findings
            ],
            "ignored": [{"what": each.what, "why": each.why} for each in imported.ignored],
            "notes": list(imported.notes),
        }
    }


def as_text(imported: Imported, target: Path) -> Iterator[str | Table]:
    """Yield tables of what was placed, guessed, not found and ignored, and what to do next."""
    yield f"Read a {imported.kind}."
    for verdict in (Verdict.PLACED, Verdict.GUESSED):
        found = [each for each in imported.findings if each.verdict is verdict]
        yield f"\n{verdict.value.capitalize()}: {len(found)}"
        if found:
            yield Table(("leaf", "value", "why"), tuple(map(_row, found)))
    lost = [each for each in imported.findings if each.verdict is Verdict.NOT_FOUND]
    yield f"\nNot found: {len(lost)}; what is not turned off stays as shipped, which is assumed"
    if lost:
        yield Table(("leaf", "why"), tuple(_grouped(lost)))
    yield f"\nIgnored: {len(imported.ignored)}"
    if imported.ignored:
        yield Table(("in the file", "why"), tuple((each.what, each.why) for each in imported.ignored))
    if imported.notes:
        yield "\nTo know"
        yield from (f"- {note}" for note in imported.notes)
    yield ""
    yield from _next_steps(imported, target)


def _row(finding: Finding) -> tuple[str, str, str]:
    return finding.path, "(none)" if finding.value == "" else written(finding.value), finding.reason


def _grouped(lost: Sequence[Finding]) -> Iterator[tuple[str, str]]:
    """Yield one row for neighbours of the same table that are missing for the same reason."""
    pathless = {each.path.rpartition(".")[0] for each in lost if each.path.endswith(".path")}
    groups: dict[tuple[str, str], list[str]] = {}
    for each in lost:
        *way, last = steps_of(each.path)
        table = ".".join(way)
        if way[0] != "operations":
            groups.setdefault((table, each.reason), []).append(last)
        elif last == "path" or table not in pathless:
            groups.setdefault((f"operations.*.{last}", each.reason), []).append(way[1])
    for (table, reason), names in groups.items():
        yield f"{table}: {', '.join(names)}", reason


def _next_steps(imported: Imported, target: Path) -> Iterator[str]:
    yield f"Written to {target}, which loads as a dialect."
    if imported.missing:
        yield f"NOT USABLE YET: no request was found for {', '.join(imported.missing)}."
    yield "Next:"
    for number, step in enumerate(_steps(imported, target), 1):
        yield f"{number}. {step}"


def _steps(imported: Imported, target: Path) -> Iterator[str]:
    lost = {each.path for each in imported.findings if each.verdict is Verdict.NOT_FOUND}
    if imported.missing:
        yield f"Set path and method of {', '.join(imported.missing)} in {target} by hand."
    guessed = imported.count(Verdict.GUESSED)
    if guessed:
        yield (
            f"Look at the {guessed} guessed value(s), which {target} marks; they count as assumed until "
            "you take them out of its list `guessed`."
        )
    by_hand = [what for start, what in _BY_HAND if any(leaf.startswith(start) for leaf in lost)]
    by_hand += [f"{leaf}: {why}" for leaf, why in _needed(imported)]
    if by_hand:
        listed = "".join(f"\n   - {what}" for what in by_hand)
        yield f"Look up in SIGN8's documentation what the file does not say:{listed}"
    yield from _blind(imported, target)
    yield f'Put dialect = "{target.name}" into the account in paraph.toml.'
    if {"servers.test", "servers.production"} <= lost:
        yield "Put base_url into the account: the file does not say which system it is for."
    yield "Put auth with a reference to your secret into the account; nothing secret was read."
    yield f"Run `paraph sign8 dialect show {target}`: what is still assumed is refused in production."


def _needed(imported: Imported) -> Iterator[tuple[str, str]]:
    """Yield the fields that were turned off though something has to tell it, and why."""
    off = {each.path for each in imported.findings if each.verdict is Verdict.NOT_FOUND and each.written}
    told = missing(parse(imported.table))
    return ((leaf, why) for leaf, why in told if leaf in off and leaf.startswith("fields."))


def _blind(imported: Imported, target: Path) -> Iterator[str]:
    """Say which statuses paraph does not see: no word of the file, or only an assumed one, means them."""
    if any(each.path == "operations.status.path" and not each.value for each in imported.findings):
        yield "No request reads a workflow (operations.status): only trusted webhooks tell paraph of its end."
        return
    for table in ("words.workflow_statuses", "words.signer_statuses"):
        found = [each for each in imported.findings if each.path.startswith(f"{table}.")]
        lost = [each.path.removeprefix(f"{table}.") for each in found if each.verdict is Verdict.NOT_FOUND]
        if not lost:
            continue
        assumed = "" if len(lost) < len(found) else ", unless SIGN8 calls them by these very words"
        yield (
            f"Fill in the missing words of {table} in {target}: until then paraph is blind to "
            f"{', '.join(lost)}{assumed}."
        )
