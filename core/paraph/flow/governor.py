"""The rate governor: whose turn it is to send a request, for all threads and tasks of one client.

Theory of operation
===================

1. One line per account, first come first served. Its head goes when a call in flight has ended, a token is
   there (:mod:`paraph.flow.bucket`) and no pause is on. Nobody overtakes, so nobody starves.
2. Only the head waits for a time, by a pause of the runner, and looks again afterwards: a pause that the
   vendor asked for meanwhile counts. It waits for the end of a call by a signal. All others wait for the
   signal that they are the head. So nothing is ever polled.
3. A token is taken when its request goes, never before. Who gives up, or is cancelled, leaves the line and
   takes nothing along.
4. Who would wait longer than the account's patience is told so at once, where that is known, and else when it
   is over: :class:`~paraph.errors.RateLimited`. Its request was never sent.
5. Where nothing but calls in flight is limited, none is paused and nobody waits, entering counts one up; no
   clock is asked.

The lock is held for a few instructions and never while anybody waits. It may be taken again by the thread
that has it: a task that is thrown away is tidied up wherever the collector happens to run.
"""

from __future__ import annotations

import threading
from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING, Final

import attrs

from paraph.errors import RateLimited
from paraph.flow.bucket import SECOND, Bucket, Timeline, microseconds
from paraph.flow.commands import Flow
from paraph.flow.helpers import await_signal, now, sleep
from paraph.flow.signal import Signal

if TYPE_CHECKING:
    from paraph.provider.limits import Limits

LONGEST_PAUSE: Final = 3600 * SECOND
"""Microseconds that a vendor can silence an account for at most; then it is asked again."""


@attrs.define(eq=False)
class _Place:
    """A place in the line.

    :ivar until: when its patience ends. ``signal``: what it waits for, if that is no time.
    """

    until: int
    signal: Signal | None = None
    taken: bool = False


class Governor:
    """The requests of one account."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = threading.RLock()
        self._timeline = Timeline()
        self._bucket = Bucket(limits.rate, limits.bucket) if limits.rate else None
        self._line: deque[_Place] = deque()
        self._in_flight = 0
        self._most = limits.in_flight
        self._paused_until: int | None = None

    @property
    def in_flight(self) -> int:
        """Requests that are on their way now."""
        return self._in_flight

    @property
    def waiting(self) -> int:
        """Requests that wait for their turn."""
        return len(self._line)

    def enter_at_once(self) -> bool:
        """Take a turn if nothing has to be asked but the number of calls in flight; else :meth:`enter`."""
        with self._lock:
            if (
                self._in_flight >= self._most
                or self._line
                or self._bucket is not None
                or self._paused_until is not None
            ):
                return False
            self._in_flight += 1
            return True

    def enter(self, account: str, operation: str) -> Flow[None]:
        """Wait for a turn; :meth:`leave` ends it.

        :param account: and ``operation``: what the error names.
        :raises RateLimited: it would take, or took, longer than the account's patience; nothing was sent.
        """

        def hopeless(seconds: float) -> RateLimited:
            allowed = self._limits.patience
            return RateLimited(
                f"no turn for this request within {allowed:g} s (limits.patience), nothing was sent: the "
                "account's rate or calls in flight are used up, or the vendor asked for a pause",
                account=account,
                operation=operation,
                retry_after=seconds,
            )

        clock = yield from now()
        place, needed = self._stand(clock)
        if place is None:
            raise hopeless(needed / SECOND)
        at = place.until - microseconds(self._limits.patience)
        try:
            while (wait := self._advance(place, at)) is not None:
                if isinstance(wait, Signal):
                    left = (place.until - at) / SECOND
                    if not (yield from await_signal(wait, left)):
                        raise hopeless(self._limits.patience)
                    clock = yield from now()
                    at = self._at(clock)
                elif at + wait > place.until:
                    raise hopeless(wait / SECOND)
                else:
                    yield from sleep(wait / SECOND)
                    clock = yield from now()
                    at = self._passed(at + wait, clock)
        finally:
            if not place.taken:
                self._withdraw(place)

    def leave(self) -> None:
        """End a turn; the head of the line goes on."""
        with self._lock:
            self._in_flight -= 1
            if self._line:
                self._wake()

    def pause(self, seconds: float, clock: datetime) -> None:
        """Let nobody enter for that long, an hour at most; a longer pause that is on stays."""
        with self._lock:
            until = self._timeline.at(clock) + min(microseconds(seconds), LONGEST_PAUSE)
            self._paused_until = max(self._paused_until or 0, until)

    def keep(self, tokens: int, clock: datetime) -> None:
        """Take over how many requests the vendor still allows, where that is less than is counted here."""
        with self._lock:
            if self._bucket is not None:
                self._bucket.keep(self._timeline.at(clock), tokens)

    def _at(self, clock: datetime) -> int:
        with self._lock:
            return self._timeline.at(clock)

    def _passed(self, until: int, clock: datetime) -> int:
        with self._lock:
            return self._timeline.passed(until, clock)

    def _stand(self, clock: datetime) -> tuple[_Place | None, int]:
        """Join the line, unless it is known to take too long; return how long it takes at least."""
        with self._lock:
            at = self._timeline.at(clock)
            needed = max(self._pause(at), self._bucket.wait(at, len(self._line)) if self._bucket else 0)
            allowed = microseconds(self._limits.patience)
            if needed > allowed:
                return None, needed
            place = _Place(until=at + allowed)
            self._line.append(place)
            return place, needed

    def _pause(self, at: int) -> int:
        """Return how long the account is paused from then on."""
        if self._paused_until is not None and self._paused_until <= at:
            self._paused_until = None
        return 0 if self._paused_until is None else self._paused_until - at

    def _advance(self, place: _Place, at: int) -> Signal | int | None:
        """Take the turn (``None``), or say what to wait for: a signal, or so many microseconds."""
        with self._lock:
            if self._line[0] is not place or self._in_flight >= self._most:
                place.signal = Signal()
                return place.signal
            place.signal = None
            wait = max(self._pause(at), self._bucket.wait(at) if self._bucket else 0)
            if wait:
                return wait
            if self._bucket is not None:
                self._bucket.take(at)
            self._in_flight += 1
            place.taken = True
            self._line.popleft()
            self._wake()
            return None

    def _withdraw(self, place: _Place) -> None:
        with self._lock:
            self._line.remove(place)
            self._wake()

    def _wake(self) -> None:
        """Let the head look again; it waits anew if it has to."""
        if self._line and self._line[0].signal is not None:
            signal, self._line[0].signal = self._line[0].signal, None
            signal.give()
