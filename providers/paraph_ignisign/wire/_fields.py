"""How fields of answers are declared, and the answer that says nothing."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias, TypeVar

import attrs

from paraph.convert import named

T = TypeVar("T")

LIBERAL: Final = "liberal"
LATER: Final = "later"

Told: TypeAlias = Annotated[T, LIBERAL] | None
"""What the vendor tells and nothing here decides by.

What has another type than documented is ``None``, as if it had not been told, so that no news in it breaks
the reading of what is needed.
"""


def vendor_id(name: str) -> Any:
    """Declare a vendor id: under its own name, or under ``_id`` as the database calls it (contract 9.15)."""
    return attrs.field(metadata=named(name, "_id"))


def record_id(*others: str) -> Any:
    """Declare the id of a record, which comes as ``_id``; some answers call it by other names."""
    return attrs.field(metadata=named("_id", *others))


def hidden(default: Any = None) -> Any:
    """Declare personal data, or a file's content: it never shows in a repr."""
    return attrs.field(default=default, repr=False)


def later(module: str, name: str) -> Any:
    """Name a class that is not made before an answer has one: few do, and making a class takes long."""
    return Annotated[Any, LATER, module, name]


@attrs.frozen(kw_only=True)
class Done:
    """The vendor accepted; whatever it answered besides is of no use."""
