"""The leaves of a dialect, each with its mark: how far it is known to be SIGN8's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

import attrs

from paraph_sign8.dialect.model import Dialect


class Mark(StrEnum):
    """Where a value comes from."""

    CONFIRMED = "confirmed"
    """SIGN8 says so in public text."""
    ASSUMED = "assumed"
    """Nothing public says so: a guess to begin with."""
    CONFIGURED = "configured"
    """The account's own dialect says so."""


CONFIRMED: Final[Mapping[str, str]] = {
    **{
        f"operations.{name}.method": "contract 2"
        for name in ("add_workflow", "add_file", "add_signer", "add_signature", "add_annotation")
    },
    **{
        f"fields.interface.{name}": "contract 3"
        for name in ("interface_id", "primary_color", "icon_file_id", "created_at", "updated_at")
    },
    "webhooks.events.api/workflow/workflowRefused": "contract 5",
}
"""Leaves whose shipped value SIGN8 has published, and where the contract says so."""


@attrs.frozen(kw_only=True)
class Leaf:
    """One value of a dialect.

    :ivar path: its keys, joined by dots. ``value``: as a file would hold it.
    :ivar source: the contract's section behind a confirmed value; of an assumed one, who guessed it.
    """

    path: str
    value: Any
    mark: Mark
    source: str = ""

    @property
    def is_set(self) -> bool:
        """Whether it says anything: an empty text does not."""
        return self.value not in ("", ())


def leaves(dialect: Dialect) -> tuple[Leaf, ...]:
    """Return every leaf in the order of the file."""
    return tuple(_marked(dialect, path, value) for path, value in values(dialect))


def _marked(dialect: Dialect, path: str, value: Any) -> Leaf:
    if path in dialect.guessed:
        return Leaf(path=path, value=value, mark=Mark.ASSUMED, source="guessed by an import")
    if path in dialect.configured:
        return Leaf(path=path, value=value, mark=Mark.CONFIGURED)
    if path in CONFIRMED:
        return Leaf(path=path, value=value, mark=Mark.CONFIRMED, source=CONFIRMED[path])
    return Leaf(path=path, value=value, mark=Mark.ASSUMED)


def values(dialect: Dialect) -> Iterator[tuple[str, Any]]:
    """Yield pairs of path and value, in the order of the file."""
    for field in attrs.fields(Dialect):
        if field.name not in {"configured", "guessed", "base"}:
            yield from _within(field.name, getattr(dialect, field.name))


def _within(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from _within(f"{path}.{field.name}", getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield f"{path}.{key}", item
    else:
        yield path, value
