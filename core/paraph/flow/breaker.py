"""A circuit breaker per account: an account whose vendor is down rests, so that routes pass it over.

Theory of operation
===================

::

    works ──(so many failures in a row)──► rests ──(time is over, one asks)──► is probed
      ▲                                    ▲   │                                │    │
      └──────────(any answer)──────────────┼───┴────────────────────────────────┘    │
                                           └────(another failure: twice as long)─────┘

1. A failure is: no connection, no answer in time, a connection that broke, a 5xx. Any other answer, be it a
   refusal, proves that the vendor works. What comes of a request that began before the account began to rest,
   or to work again, says nothing of now.
2. It never stops a request. What it says is asked by who has a choice: the routes. An account that somebody
   named, or the only candidate, is tried all the same, since to refuse an envelope on a guess is worse than
   to fail once more; and its success ends the rest.
3. When the time is over, one of those with a choice gets the probe, and the others see the account rest until
   the probe's requests were answered or failed. A probe that asks nothing gives it back; one of which nothing
   is heard loses it after :data:`PROBE`.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import attrs

from paraph.flow.bucket import SECOND, Timeline, microseconds

if TYPE_CHECKING:
    from paraph.provider.limits import Limits

PROBE: Final = 90 * SECOND
"""Microseconds after which somebody else may probe: longer than one request takes until it times out."""


@attrs.frozen(kw_only=True)
class Rest:
    """An account that rests.

    :ivar failures: how many times in a row it failed, or failed its probe, before it began to rest.
    :ivar until: aware UTC; ``None`` if it is being probed.
    """

    failures: int
    until: datetime | None


class Probe:
    """The right to try an account that rested; compared by identity."""


class Breaker:
    """What is known of whether one account's vendor works."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.RLock()  # as in the governor: the collector may come back to it
        self._timeline = Timeline()
        self._failures = 0
        self._rests = 0
        self._until: int | None = None
        self._probe: Probe | None = None
        self._probe_until = 0
        self._epoch = 0

    @property
    def epoch(self) -> int:
        """Which period of working or resting it is: note it when a request begins."""
        return self._epoch

    @property
    def quiet(self) -> bool:
        """Whether nothing is wrong: then a success needs not be told."""
        return self._failures == 0

    def failed(self, epoch: int, clock: datetime) -> Rest | None:
        """Take over that a request of that period failed; return the rest that begins with it."""
        with self._lock:
            if epoch != self._epoch or not self._limits.rest_after:
                return None
            at = self._timeline.at(clock)
            if self._until is not None and at < self._until:
                return None
            self._failures += 1
            if self._failures < self._limits.rest_after:
                return None
            self._rest(at)
            return self._resting(at, clock)

    def succeeded(self, epoch: int) -> None:
        """Take over that a request of that period was answered."""
        with self._lock:
            if epoch == self._epoch and self._failures:
                if self._until is not None:
                    self._epoch += 1
                self._failures = self._rests = 0
                self._until = self._probe = None

    def look(self, clock: datetime) -> Rest | None:
        """Say whether the account rests, for somebody who only wants to know."""
        with self._lock:
            return self._resting(self._timeline.at(clock), clock)

    def ask(self, clock: datetime) -> Rest | Probe | None:
        """Say whether the account rests, to somebody who would use it: that may make them the probe."""
        with self._lock:
            at = self._timeline.at(clock)
            rest = self._resting(at, clock)
            if rest is not None or self._until is None:
                return rest
            self._probe, self._probe_until = Probe(), at + PROBE
            return self._probe

    def give_back(self, probe: Probe) -> None:
        """Let somebody else probe; harmless if it was answered meanwhile."""
        with self._lock:
            if self._probe is probe:
                self._probe = None

    def _resting(self, at: int, clock: datetime) -> Rest | None:
        if self._until is None:
            return None
        if at < self._until:
            return Rest(failures=self._failures, until=clock + timedelta(microseconds=self._until - at))
        probed = self._probe is not None and at < self._probe_until
        return Rest(failures=self._failures, until=None) if probed else None

    def _rest(self, at: int) -> None:
        limits = self._limits
        length = min(limits.rest * 2.0 ** min(self._rests, 40), limits.longest_rest)
        self._rests += 1
        self._until, self._probe = at + microseconds(length), None
        self._epoch += 1
