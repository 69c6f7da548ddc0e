"""Whether an envelope's way can be told: a rule of chance needs a name that stays the same."""

from __future__ import annotations

import tomllib
from pathlib import Path

from paraph.model import Problem, ProblemKind, Severity
from paraph.ops.route import Routing


def is_named(file: Path) -> bool:
    """Whether a file gives its envelope an id or a reference; else each reading makes up a new id."""
    if file.suffix.lower() != ".toml":
        return False
    table = tomllib.loads(file.read_text("utf-8"))
    return bool(table.get("id") or table.get("reference"))


def unnamed(file: Path, routing: Routing) -> tuple[Problem, ...]:
    """Warn if a rule that was asked sends a part of all envelopes elsewhere, and this one has no name."""
    if is_named(file):
        return ()
    asked = [
        rule.name
        for rule in routing.decision.rules
        if rule.reached
        and any(each.condition == "percent" for each in rule.conditions)
        and all(each.holds for each in rule.conditions if each.condition != "percent")
    ]
    return tuple(
        Problem(
            path="id",
            code="percent.unnamed",
            kind=ProblemKind.INCOMPLETE,
            message=f"route {name!r} takes a part of all envelopes by reference or id, and this one has none",
            hint="give the envelope an id or a reference; else sending it may go another way than this",
            severity=Severity.WARNING,
        )
        for name in asked
    )
