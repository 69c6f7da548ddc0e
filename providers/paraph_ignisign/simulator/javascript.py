"""JSON as the vendor's servers print it: JavaScript's `JSON.stringify`, whose bytes are hashed and signed."""

import json
import re
from decimal import Decimal
from math import isfinite
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")
_EXACT = 2**53  # JavaScript reads larger whole numbers as the nearest double
_PLAIN_FROM, _PLAIN_BELOW = 1e-6, 1e21  # outside it prints an exponent


def stringify(value: Any) -> str:
    """Return `value`, as parsed from JSON, without spaces and with JavaScript's numbers."""
    match value:
        case dict():
            return "{" + ",".join(f"{_text(name)}:{stringify(one)}" for name, one in value.items()) + "}"
        case list():
            return "[" + ",".join(map(stringify, value)) + "]"
        case str():
            return _text(value)
        case float():
            return _number(value)
        case int() if abs(value) > _EXACT:
            return _number(float(str(value)))
        case _:
            return json.dumps(value)


def _text(value: str) -> str:
    plain = json.dumps(value, ensure_ascii=False)
    # Half of a surrogate pair has no bytes of its own; JavaScript escapes it.
    return _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", plain)


def _number(value: float) -> str:
    if not isfinite(value):
        return "null"
    if value == 0:
        return "0"  # also for minus zero
    if not _PLAIN_FROM <= abs(value) < _PLAIN_BELOW:
        digits, _e, exponent = repr(value).partition("e")
        return f"{digits}e{exponent[0]}{exponent[1:].lstrip('0')}"
    plain = format(Decimal(repr(value)), "f")
    return plain.removesuffix(".0")
