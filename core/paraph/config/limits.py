"""Reading ``limits`` of an account: every number within its bounds, and all of them together."""

from __future__ import annotations

import math
from typing import Any, Final

import attrs

from paraph.config.table import Table
from paraph.provider.limits import CONNECTIONS, Limits

_FASTEST: Final = 100_000
_DAY: Final = 86_400

_NUMBERS: Final[dict[str, tuple[type, float, float]]] = {
    "rate": (float, 0.001, _FASTEST),
    "burst": (int, 1, _FASTEST),
    "in_flight": (int, 1, CONNECTIONS),
    "patience": (float, 0, _DAY),
    "polls_per_minute": (float, 0.01, _FASTEST),
    "rest_after": (int, 0, 1000),
    "rest": (float, 0.1, _DAY),
    "longest_rest": (float, 0.1, _DAY),
}
"""Type, smallest and largest value of each key."""


def read_limits(account: Table) -> Limits:
    """Read the limits of an account; what is wrong goes to the table's findings."""
    table = account.table("limits")
    if table is None:
        return Limits()
    given: dict[str, Any] = {}
    for key, (kind, least, most) in _NUMBERS.items():
        value = table.take(key, kind)
        if value is None:
            continue
        if math.isnan(value) or not least <= value <= most:
            table.problem(key, "limit.range", f"has to lie between {least:g} and {most:g}")
        else:
            given[key] = value
    table.done()
    limits = Limits(**given)
    if "burst" in given and "rate" not in table.values:
        table.problem("burst", "limit.alone", "says nothing without a rate", "add rate, in requests a second")
    if limits.rate is not None and (limits.polls_per_minute or 0) > limits.rate * 60:
        table.problem("polls_per_minute", "limit.range", "is more than the rate allows in a minute")
    if limits.rest > limits.longest_rest:
        if "rest" in given and "longest_rest" in given:
            table.problem("rest", "limit.range", "is longer than longest_rest")
        elif "rest" in given:
            return attrs.evolve(limits, longest_rest=limits.rest)
        else:
            return attrs.evolve(limits, rest=limits.longest_rest)
    return limits
