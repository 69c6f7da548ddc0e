"""Neutral objects as JSON, and as cells of a table.

The mark that keeps a field out of a repr keeps it out of here: what is personal or
secret in the model is declared once, and ``status --json`` cannot show more than
``print(snapshot)`` would. Only what the user asked a vendor for by name
(``paraph call``) is shown with its personal fields; a secret never is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import PurePath
from typing import Any

import attrs

from paraph.model import Level, Problem, Secret

MASK = "…"


def to_json(value: object, *, personal: bool = False) -> Any:
    """Return ``value`` as what :func:`json.dumps` takes.

    :param personal: also show fields that are marked as personal. Secrets are masked all the same.
    """
    if value is None or isinstance(value, bool | int | float) or type(value) is str:
        return value
    if isinstance(value, Mapping):
        return {str(key): to_json(each, personal=personal) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json(each, personal=personal) for each in value]
    if attrs.has(type(value)):
        kind: Any = type(value)
        return {
            field.name: to_json(getattr(value, field.name), personal=personal)
            for field in attrs.fields(kind)
            if (personal or field.repr) and not field.name.startswith("_")
        }
    return _scalar(value)


def _scalar(value: object) -> str:
    for kind, write in _WRITERS:
        if isinstance(value, kind):
            return str(write(value))
    return f"<{type(value).__name__}>"


def moment(value: datetime | None) -> str:
    """Write a time as UTC to the second, such as ``2026-03-01T09:30:00Z``; empty without one."""
    if value is None:
        return ""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_WRITERS: Sequence[tuple[type, Callable[[Any], object]]] = (
    (Secret, lambda _: MASK),
    (Level, lambda level: level.name),
    (Enum, lambda member: member.value),
    (datetime, moment),  # before date, which it is a kind of
    (date, date.isoformat),
    (bytes, lambda content: f"{len(content)} bytes"),
    (str, str),
    (PurePath, str),
)


def problem_json(problem: Problem) -> dict[str, str]:
    """Return one finding as JSON."""
    return {
        "path": problem.path,
        "severity": problem.severity.value,
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        **({"kind": problem.kind.value} if problem.kind else {}),
        **({"before": problem.before, "after": problem.after} if problem.before or problem.after else {}),
    }
