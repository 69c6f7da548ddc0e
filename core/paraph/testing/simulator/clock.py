"""The vendor's clock: real time plus an offset that only grows.

Whatever a simulator does later (expiry, slow background work) it does when a *beat* arrives. A beat comes
from `advance` and `set`, and, between `start` and `stop`, from a heartbeat thread, so that real time passing
is noticed as well. Listeners run outside the clock's lock and in the thread that caused the beat.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

# Python's calendar ends with 9999, and what simulators plan from now on has to fit into it.
_END = datetime(9001, 1, 1, tzinfo=UTC)


class SimulatedClock:
    """An aware UTC clock that a test moves forward; `heartbeat` is the period of beats in real seconds."""

    def __init__(self, *, heartbeat: float = 0.1) -> None:
        self._offset = timedelta()
        self._heartbeat = heartbeat
        self._listeners: list[Callable[[datetime], None]] = []
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def now(self) -> datetime:
        """Return the simulated moment, aware and in UTC."""
        with self._lock:
            return datetime.now(UTC) + self._offset

    def advance(self, by: timedelta) -> datetime:
        """Move forward by `by` and beat; ValueError for a step backwards or beyond the year 9000.

        Returns the new moment.
        """
        if by < timedelta():
            raise ValueError(f"the simulated clock only moves forward, not by {by.total_seconds():g} s")
        with self._lock:
            if by > _END - datetime.now(UTC) - self._offset:
                raise ValueError(f"the simulated clock ends with the year {_END.year - 1}")
            self._offset += by
        return self.beat()

    def set(self, moment: datetime) -> datetime:
        """Move forward to `moment` (aware); ValueError if it is naive or already past."""
        if moment.tzinfo is None:
            raise ValueError(
                "the simulated clock needs an aware moment, for example datetime(..., tzinfo=UTC)"
            )
        return self.advance(moment - self.now())

    def listen(self, listener: Callable[[datetime], None]) -> None:
        """Call `listener(now)` at every beat."""
        with self._lock:
            self._listeners.append(listener)

    def beat(self) -> datetime:
        """Tell every listener what time it is; returns that time."""
        now = self.now()
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(now)
        return now

    def start(self) -> None:
        """Start the heartbeat thread; RuntimeError if it runs already."""
        if self._thread is not None:
            raise RuntimeError("the simulated clock's heartbeat runs already; stop() it first")
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="simulated-clock", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the heartbeat thread and wait for it; harmless when it does not run."""
        if self._thread is not None:
            self._stopping.set()
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopping.wait(self._heartbeat):
            self.beat()
