"""How fields of answers are declared, and the answer that says nothing."""

from __future__ import annotations

from typing import Any

import attrs

from paraph.convert import named


def vendor_id(name: str) -> Any:
    """Declare a vendor id: under its own name, or under ``_id`` as the database calls it (contract 9.15)."""
    return attrs.field(metadata=named(name, "_id"))


def record_id(*others: str) -> Any:
    """Declare the id of a record, which comes as ``_id``; some answers call it by other names."""
    return attrs.field(metadata=named("_id", *others))


def hidden(default: Any = None) -> Any:
    """Declare personal data, or a file's content: it never shows in a repr."""
    return attrs.field(default=default, repr=False)


@attrs.frozen(kw_only=True)
class Done:
    """The vendor accepted; whatever it answered besides is of no use."""
