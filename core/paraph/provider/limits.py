"""How much one account may ask of its vendor, as the configuration says."""

from __future__ import annotations

import math
from typing import Final

import attrs

IN_FLIGHT: Final = 8
"""Calls at once without a limit of one's own. Above ten an HTTP client's own bookkeeping costs more than the
calls that it lets through."""

CONNECTIONS: Final = 100
"""Connections that an account's HTTP client opens at most."""

HALF_A_MINUTE: Final = 30


@attrs.frozen(kw_only=True)
class Limits:
    """The limits of one account, in one process: two processes have twice as much.

    :ivar rate: requests a second in the long run; ``None``: as many as the vendor answers.
    :ivar burst: requests at once after silence, where there is a rate; ``None``: those of a second.
    :ivar in_flight: requests at the same time.
    :ivar patience: seconds that a request waits for its turn before it fails with ``RateLimited``.
    :ivar polls_per_minute: reads that ``wait`` and ``reconcile`` may make in the long run; ``None``: half of
        the rate, and without a rate as many as they like.
    :ivar rest_after: failures in a row after which routes pass the account over; 0: never.
    :ivar rest: seconds of the first rest; each further one is twice as long, up to ``longest_rest``.
    """

    rate: float | None = None
    burst: int | None = None
    in_flight: int = IN_FLIGHT
    patience: float = 120.0
    polls_per_minute: float | None = None
    rest_after: int = 5
    rest: float = 30.0
    longest_rest: float = 900.0

    @property
    def bucket(self) -> int:
        """Requests at once after silence."""
        return max(1, math.ceil(self.rate or 1)) if self.burst is None else self.burst

    @property
    def at_once(self) -> int:
        """Requests that can go side by side without waiting for each other's turn."""
        return self.in_flight if self.rate is None else min(self.in_flight, self.bucket)

    @property
    def polls(self) -> float | None:
        """Polls a minute; ``None`` if nothing limits them."""
        if self.polls_per_minute is not None or self.rate is None:
            return self.polls_per_minute
        return self.rate * HALF_A_MINUTE
