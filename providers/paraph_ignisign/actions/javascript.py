"""JSON as JavaScript's ``JSON.stringify`` writes what ``JSON.parse`` has read: the form that is sealed.

Written by ECMA-262: Number::toString for numbers (the shortest digits of a double, an exponent below 1e-6 and
from 1e21 on), array indices before other keys, and halves of surrogate pairs as escapes.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any, Final, NoReturn

_HALF: Final = re.compile("[\ud800-\udfff]")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,9}")
_INDICES: Final = 2**32 - 1
"""Keys that are whole numbers below it stand first, in their order."""
_WIDEST, _SMALLEST = 21, -6
"""Powers of ten between which numbers have no exponent."""


def compacted(text: str) -> str:
    """Return JSON text in its compact form.

    :raises ValueError: it is no JSON, or holds a number that no double can be.
    """
    return _written(json.loads(text, parse_constant=_refused))


def _refused(_: str) -> NoReturn:
    raise ValueError("JSON has no such constant")


def _written(value: Any) -> str:
    match value:
        case dict():
            members = sorted(value.items(), key=lambda member: _place(member[0]))
            return "{" + ",".join(f"{_text(key)}:{_written(item)}" for key, item in members) + "}"
        case list():
            return "[" + ",".join(map(_written, value)) + "]"
        case str():
            return _text(value)
        case None | bool():
            return json.dumps(value)
        case _:
            return _number(value)


def _place(key: str) -> tuple[bool, int]:
    """Tell where a key stands: array indices first, the others as they came (sorting is stable)."""
    index = int(key) if _INDEX.fullmatch(key) else _INDICES
    return (False, index) if index < _INDICES else (True, 0)


def _text(value: str) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", written)


def _number(value: float) -> str:
    try:
        double = float(value)
    except OverflowError:
        double = math.inf
    if not math.isfinite(double):
        raise ValueError("a number is larger than any double")
    if double == 0:
        return "0"
    _, digits, exponent = Decimal(repr(abs(double))).normalize().as_tuple()
    whole = "".join(map(str, digits))
    point = len(whole) + int(exponent)
    sign = "-" if double < 0 else ""
    if _SMALLEST < point <= 0:
        return f"{sign}0.{'0' * -point}{whole}"
    if 0 < point <= _WIDEST:
        whole = whole.ljust(point, "0")
        return sign + (whole if point == len(whole) else f"{whole[:point]}.{whole[point:]}")
    fraction = f".{whole[1:]}" if len(whole) > 1 else ""
    return f"{sign}{whole[0]}{fraction}e{point - 1:+d}"
