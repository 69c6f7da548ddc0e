"""Repeating what may be repeated.

Only a read, or an effect that the vendor makes idempotent, may be wrapped:
the decision is the author's, so :func:`retrying` is never applied by itself. It
takes a *factory*, since a request whose body was consumed cannot be sent twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import attrs

from paraph.errors import VendorError
from paraph.flow.commands import Flow
from paraph.flow.helpers import sleep

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class RetryPolicy:
    """How often and how patiently to repeat.

    :ivar attempts: tries in all. ``first``, ``factor``, ``longest``: seconds of the pauses
        between them, growing by the factor. ``patience``: a ``Retry-After`` longer than this many
        seconds is not waited for.
    """

    attempts: int = 4
    first: float = 0.2
    factor: float = 3.0
    longest: float = 10.0
    patience: float = 30.0

    def pause(self, failures: int, error: VendorError) -> float | None:
        """Return the seconds to wait after that many failures, or ``None`` to give up."""
        if failures >= self.attempts or not error.retryable:
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= self.patience else None
        return min(self.first * self.factor ** (failures - 1), self.longest)


READING = RetryPolicy()
"""For reads: four tries within about three seconds."""

ONCE = RetryPolicy(attempts=1)
"""No repetition."""


def retrying(make: Callable[[], Flow[T]], policy: RetryPolicy = READING) -> Flow[T]:
    """Run the flow that ``make`` builds, again after retryable vendor errors, by ``policy``."""
    failures = 0
    while True:
        try:
            return (yield from make())
        except VendorError as error:
            failures += 1
            pause = policy.pause(failures, error)
            if pause is None:
                raise
        yield from sleep(pause)
