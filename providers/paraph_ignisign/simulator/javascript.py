"""JSON as the vendor's servers read and print it: JavaScript's `JSON.parse` and `JSON.stringify`.

What is printed matters to the byte: it is hashed and signed.
"""

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from math import isfinite
from typing import Any

_HALF = re.compile("[\ud800-\udfff]")
_EXACT = 2**53  # JavaScript reads larger whole numbers as the nearest double
_PLAIN_FROM, _PLAIN_BELOW = 1e-6, 1e21  # outside it prints an exponent
_INFINITE = 400  # digits of a whole number that is infinite to JavaScript
_DEEPEST = 200  # levels of objects and arrays in one another (assumption)


def parse(raw: bytes) -> Any:
    """Return the value of JSON in UTF-8; ValueError for anything else, also for one nested too deeply."""
    try:
        value = json.loads(raw.decode(), parse_int=_whole, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    level = [value]
    for _depth in range(_DEEPEST):
        level = [part for one in level for part in _parts(one)]
    if level:
        raise ValueError("nested too deeply")
    return value


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


def _parts(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) < _INFINITE else float(digits)


def _no_constant(name: str) -> None:
    raise ValueError(f"JSON has no {name}")


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
