"""A lock that serves threads in the order in which they came.

A plain lock lets the thread that has just released it take it again before any
waiter wakes up, so one busy loop (a reconcile sweep) could starve all the others
(incoming webhooks). Here a release hands the lock to whoever has waited longest.

Who owns it is told by the turn, not by the thread, and handing over can be done twice: so an interrupt at any
point leaves nobody inside who has gone.
"""

from __future__ import annotations

import threading
from collections import deque

from paraph.errors import StoreError


class Turnstile:
    """First come, first served; one thread at a time; no thread twice."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[Turn] = deque()
        self._owner: Turn | None = None

    def turn(self, *, timeout: float) -> Turn:
        """Return a context in which this thread is alone.

        :param timeout: seconds to wait for it.
        """
        return Turn(self, timeout)

    def enter(self, turn: Turn) -> None:
        """Wait for a turn; :meth:`leave` ends it, also if this raises.

        :raises StoreError: it took too long, or this thread is already inside.
        """
        with self._guard:
            if self._owner is None:
                self._owner = turn
                return
            if self._owner.thread == turn.thread:
                msg = "this thread already has a transaction open: transactions do not nest"
                raise StoreError(msg)
            self._waiting.append(turn)
        if not turn.gate.acquire(timeout=turn.timeout):
            msg = f"another thread of this process kept the store busy for more than {turn.timeout:g} s"
            raise StoreError(msg)

    def leave(self, turn: Turn) -> None:
        """Hand over to the thread that has waited longest, or stand in the line no more. Harmless twice."""
        with self._guard:
            if self._owner is turn:
                # The next one is inside from now on, so that nobody slips in before it wakes up.
                self._owner = self._waiting[0] if self._waiting else None
                if self._owner is not None:
                    self._waiting.popleft()
                    self._owner.gate.release()
            elif turn in self._waiting:
                self._waiting.remove(turn)


class Turn:
    """One thread's turn: it waits at the beginning of a ``with`` block, and hands over at its end."""

    def __init__(self, turnstile: Turnstile, timeout: float) -> None:
        self._turnstile = turnstile
        self.timeout = timeout
        self.thread = threading.get_ident()
        self.gate = threading.Lock()
        self.gate.acquire()

    def __enter__(self) -> None:
        try:
            self._turnstile.enter(self)
        except BaseException:
            self._turnstile.leave(self)
            raise

    def __exit__(self, *_: object) -> None:
        try:
            self._turnstile.leave(self)
        except BaseException:  # an interrupt, in the middle of it
            self._turnstile.leave(self)
            raise
