"""Taking values out of what anyone may have sent. Pure, and no input raises.

Ids that do not look like ids are treated as missing, words are kept in a printable form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

DEPTH: Final = 32
"""Nesting of a body; the vendor's own bodies have five levels."""

WIRE_TEXT: Final = 512
"""Characters of a text in a delivery's envelope (contract 4.1)."""

WORD: Final = 128
"""Characters that are kept of a word of the vendor."""

_DECODER: Final = json.JSONDecoder()
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,127}")
_MINTED = re.compile(r"(token|url)$", re.IGNORECASE)


def text(value: Any) -> str:
    """Return a text as the vendor documents them, or ``""``: short, storable, without control characters."""
    if isinstance(value, str) and len(value) <= WIRE_TEXT and value.isprintable():
        return value
    return ""


def ref(value: Any) -> str:
    """Return an id, or ``""`` for anything that does not look like one."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def word(value: Any) -> str:
    """Keep a vendor's word in a printable ASCII form, whatever it is."""
    if not isinstance(value, str):
        return ""
    short = value[:WORD]
    if short.isascii() and short.isidentifier():  # as all known words: there is nothing to escape
        return short
    return short.encode("unicode_escape").decode("ascii")


def elements(value: Any) -> list[Any]:
    """Return a list, or an empty one for anything else."""
    return value if isinstance(value, list) else []


def decoded(raw: bytes) -> dict[str, Any] | None:
    """Return the JSON object that a body is; ``None`` for anything else, or if it is too deep."""
    try:
        text = raw.decode("utf-8")
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    # Without as many brackets it cannot be that deep, and counting them is quick.
    deep = text.count("{") + text.count("[") >= DEPTH and too_deep(value)
    return value if isinstance(value, dict) and not deep else None


def too_deep(value: Any) -> bool:
    """Whether a decoded value is nested deeper than anything the vendor sends; without recursion."""
    level: list[Any] = [value]
    for _ in range(DEPTH):
        level = [item for container in level for item in _items(container)]
        if not level:
            return False
    return True


def unminted(value: Any) -> Any:
    """Leave out what is minted per message: tokens and the links that carry them."""
    if isinstance(value, dict):
        return {key: unminted(item) for key, item in value.items() if not _MINTED.search(key)}
    return [unminted(item) for item in value] if isinstance(value, list) else value


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
