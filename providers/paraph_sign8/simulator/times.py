"""Moments as the dialect writes them: read strictly, written in the same way."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from paraph_sign8.dialect.words import Instant

_ISO: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
_LATEST: Final = 4102444800
"""2100-01-01 in seconds: later is taken for milliseconds that were told as seconds."""


def read(value: object, form: Instant) -> datetime:
    """Return the moment, aware and in UTC; of a day that is the last one that counts, its end.

    :raises ValueError: it is not written in this form; the message says how it has to be.
    """
    match form:
        case Instant.ISO:
            if isinstance(value, str) and _ISO.fullmatch(value):
                return datetime.fromisoformat(value)
            raise ValueError("has to be a time in UTC such as 2030-01-31T12:00:00Z")
        case Instant.DATE:
            if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
                return datetime.combine(date.fromisoformat(value), time(), UTC) + timedelta(days=1)
            raise ValueError("has to be a day such as 2030-01-31")
        case _:
            scale = 1000 if form is Instant.UNIX_MS else 1
            if type(value) is int and 0 <= value < _LATEST * scale:
                return datetime.fromtimestamp(value / scale, UTC)
            unit = "milliseconds" if scale > 1 else "seconds"
            raise ValueError(f"has to be whole {unit} since 1970, before the year 2100")


def write(moment: datetime, form: Instant) -> str | int:
    """Return a moment (aware) in this form; of a day, the one in which the moment lies."""
    at = moment.astimezone(UTC)
    match form:
        case Instant.ISO:
            return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case Instant.DATE:
            return at.date().isoformat()
        case Instant.UNIX:
            return int(at.timestamp())
        case Instant.UNIX_MS:
            return int(at.timestamp() * 1000)
