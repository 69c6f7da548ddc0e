"""Single values in an answer and in a request: where they stand, and what they mean."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from paraph_sign8.dialect.words import Instant

LONGEST_ID: Final = 200
"""Characters of an id; what is longer is none."""

MILLISECONDS_FROM: Final = 100_000_000_000
"""Numbers from here on are milliseconds: as seconds they would lie beyond the year 5000."""

_PARTS = re.compile(r"\[(\d{1,3})\]|([^.\[\]]+)")


def locate(value: Any, location: str) -> Any | None:
    """Find what a dialect's location names in a JSON value; ``None`` if nothing is there, or null.

    :param location: such as ``data.workflow_id``, ``rows[0].id`` or ``$`` for the value itself.
    """
    if not location:
        return None
    found = value
    for step in steps_of(location):
        if isinstance(step, str):
            found = found.get(step) if isinstance(found, Mapping) else None
        else:
            found = found[step] if isinstance(found, list) and step < len(found) else None
    return found


@functools.lru_cache(maxsize=256)
def steps_of(location: str) -> tuple[str | int, ...]:
    """Return the keys and indices that lead to a location; none for ``$``."""
    parts = _PARTS.findall(location) if location != "$" else ()
    return tuple(name or int(item) for item, name in parts)


def id_of(value: Any) -> str | None:
    """Read an id: a short printable text or a whole number that can stand in a path; else ``None``."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**LONGEST_ID else ""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        return None
    return value if value.isprintable() and value.strip() == value and value not in {".", ".."} else None


def word_of(value: Any) -> str:
    """Read a word of the vendor's: a text, or another scalar as JSON writes it; ``""`` for anything else."""
    if isinstance(value, bool | int | float):
        return text_of(value)
    return value if isinstance(value, str) else ""


def instant_of(value: Any) -> datetime | None:
    """Read a time as aware UTC, liberally; ``None`` if it is none.

    Assumption: a text without an offset is meant in UTC.
    """
    try:
        if isinstance(value, str):
            text = value.strip()
            if not re.fullmatch(r"-?\d{1,16}(\.\d{1,9})?", text):
                read = datetime.fromisoformat(text)
                return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
            value = float(text)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        seconds = value / 1000 if abs(value) >= MILLISECONDS_FROM else value
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def text_of(value: Any) -> str:
    """Write a scalar as a query or a form has it."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def written(at: datetime, form: Instant) -> str | int:
    """Write an aware time as the dialect does.

    A day stands for its end, so a time at midnight is written as the day before.
    """
    utc = at.astimezone(UTC)
    match form:
        case Instant.UNIX:
            return math.floor(utc.timestamp())
        case Instant.UNIX_MS:
            return math.floor(utc.timestamp() * 1000)
        case Instant.DATE:
            return (utc - timedelta(microseconds=1)).date().isoformat()
        case Instant.ISO:
            return utc.isoformat(timespec="seconds").replace("+00:00", "Z")
