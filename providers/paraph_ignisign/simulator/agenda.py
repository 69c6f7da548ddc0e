"""What the vendor does later, in simulated time.

Work with no delay is done at once, by the caller. The rest waits for a beat of the clock. Expiry and
scheduled diffusion act on the vendor's five-minute clock: minutes 5, 10, ... 55 of each hour (contract 5).
"""

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta

_STEP = timedelta(minutes=5)


def next_tick(moment: datetime) -> datetime:
    """Return the first tick of the five-minute clock at or after `moment`; it skips the full hour."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    steps = -((hour - moment) // _STEP)  # rounds up
    tick = hour + steps * _STEP
    return tick if tick.minute else tick + _STEP


class Agenda:
    """Callbacks by due time; the owner holds the lock that protects it."""

    def __init__(self) -> None:
        self._order = itertools.count()
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []

    def at(self, due: datetime, action: Callable[[], None]) -> None:
        """Run `action` at the first `run` that is not before `due`."""
        heapq.heappush(self._due, (due, next(self._order), action))

    def run(self, now: datetime) -> None:
        """Run everything due, oldest first, including what that adds."""
        while self._due and self._due[0][0] <= now:
            _due, _order, action = heapq.heappop(self._due)
            action()
