"""Stopping at Ctrl-C or SIGTERM without leaving anything behind.

An exception thrown out of a signal handler can strike between any two instructions, also between
the start of a thread and the note that it has to be stopped. So the handler only takes a note; the
work looks at it wherever it waits, and ends there in order. Who signals again after two seconds is
in a hurry and ends the process; sooner, it is the same wish that came twice, as from ``timeout``.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType

LOOK_SECONDS = 0.05
HURRY_SECONDS = 2.0
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StoppedError(Exception):
    """The user or the system asked to stop. ``exit_code`` is what shells expect: 130 or 143."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.exit_code = 128 + number


class Stop:
    """Whether it is time to stop."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self.since = 0.0

    def check(self) -> None:
        """Raise :class:`StoppedError` if it is."""
        if self.signal is not None:
            raise StoppedError(self.signal)

    def until(self, condition: Callable[[], bool], *, seconds: float | None = None) -> bool:
        """Wait until the condition holds, for ever if ``seconds`` is ``None``; whether it does.

        :raises StoppedError: it is time to stop.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            self.check()
            late = deadline is not None and time.monotonic() >= deadline
            if condition():  # looked at once more after the deadline: a machine may have slept meanwhile
                return True
            if late:
                return False
            time.sleep(LOOK_SECONDS)


@contextlib.contextmanager
def noticing_signals() -> Iterator[Stop]:
    """Notice signals while the block lasts; has to be called in the main thread."""
    stop = Stop()

    def notice(number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if stop.signal is None:
            stop.signal, stop.since = number, now
        elif now - stop.since > HURRY_SECONDS:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    before = {number: signal.signal(number, notice) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
