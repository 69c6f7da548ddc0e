"""Options that an account's provider does not read: those of other vendors, and what was given twice.

An envelope may hold options for several providers, of which each reads its own. Whatever the account that
carries it does not read is told, since nothing becomes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from paraph.model import Envelope, Problem, ProblemKind, Severity


def option_problems(
    envelope: Envelope, own: type | None, owner_of: Callable[[type], str]
) -> Iterator[Problem]:
    """Warn of options that an account's provider does not read.

    :param own: that provider's class of options. ``owner_of``: says whose options of a class are.
    """
    read = None if own is None else envelope.options_of(own)
    for option in envelope.options:
        if option is read:
            continue
        kind = type(option)
        if own is not None and isinstance(option, own):
            message = "these options were given before, and only the first ones are read"
        else:
            message = f"this is an option of {owner_of(kind)}; here it would mean nothing"
        for path in [f"options.{name}" for name in said(option)] if attrs.has(kind) else ["options"]:
            yield Problem(
                path=path,
                code="options.ignored",
                message=message,
                hint="say what it is for in neutral words, or leave it out",
                severity=Severity.WARNING,
                kind=ProblemKind.IGNORED,
            )


def said(option: object) -> tuple[str, ...]:
    """Return the names of the options that differ from their defaults: never their values."""
    kind: Any = type(option)
    plain = attrs.fields(kind) if attrs.has(kind) else ()
    return tuple(field.name for field in plain if getattr(option, field.name) != _default(field))


def _default(field: attrs.Attribute[Any]) -> Any:
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class at run time
        return default.factory() if not default.takes_self else None
    return default
