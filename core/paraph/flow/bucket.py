"""A token bucket, and a time that never goes back.

Theory. The bucket keeps one number, the time at which it would be full again if nothing more was taken
(the generic cell rate algorithm). A token is there if that time is at most ``burst - 1`` intervals ahead, and
taking it moves the time one interval on. So in any window of ``w`` seconds at most ``burst + rate * w``
tokens are taken. Times are whole microseconds, and an interval is rounded up: no error adds up.

Neither class is safe for threads by itself; who owns one has a lock.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Final

SECOND: Final = 1_000_000
"""Microseconds."""

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

LATE: Final = 5 * SECOND
"""How far behind a reading of the clock may be that another thread overtook. Beyond that it was set back."""


def microseconds(seconds: float) -> int:
    """Return a duration in whole microseconds, rounded up."""
    return math.ceil(seconds * SECOND)


class Timeline:
    """The clock's time in microseconds, made so that it never goes back.

    A clock that is set back would make everything wait for as long as it was wrong. Here time goes on from
    where it was. And after a pause of a second a second has passed, whatever the clock says.
    """

    def __init__(self) -> None:
        self._latest = 0
        self._ahead = 0

    def at(self, clock: datetime) -> int:
        """Return the time of a reading of the clock."""
        at = (clock - _BEGINNING) // _MICROSECOND + self._ahead
        if at < self._latest - LATE:
            self._ahead += self._latest - at
            at = self._latest
        self._latest = max(self._latest, at)
        return self._latest

    def passed(self, until: int, clock: datetime) -> int:
        """Return the time after a pause that was to last until then."""
        at = self.at(clock)
        if at < until:
            self._ahead += until - at
            self._latest = until
        return self._latest


class Bucket:
    """Tokens of one account.

    :param rate: tokens a second. ``burst``: how many it holds; it is full at first.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self.interval = microseconds(1 / rate)
        self._burst = burst
        self._full_at = 0

    def wait(self, at: int, before: int = 0) -> int:
        """Return the microseconds until there is a token, after those that ``before`` others take."""
        return max(0, max(self._full_at, at) + (before + 1 - self._burst) * self.interval - at)

    def take(self, at: int) -> bool:
        """Take a token if there is one."""
        if self.wait(at):
            return False
        self._full_at = max(self._full_at, at) + self.interval
        return True

    def keep(self, at: int, tokens: int) -> None:
        """Keep at most that many tokens: the vendor says that there are no more."""
        missing = max(0, self._burst - tokens)
        self._full_at = max(self._full_at, at + missing * self.interval)
