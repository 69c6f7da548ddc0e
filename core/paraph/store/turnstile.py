"""A lock that serves threads in the order in which they came.

A plain lock lets the thread that has just released it take it again before any
waiter wakes up, so one busy loop (a reconcile sweep) could starve all the others
(incoming webhooks). Here a release hands the lock to whoever has waited longest.
"""

from __future__ import annotations

import threading
from collections import deque

from paraph.errors import StoreError


class Turnstile:
    """First come, first served; one thread at a time; no thread twice."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._owner: int | None = None

    def enter(self, *, timeout: float) -> None:
        """Wait for your turn.

        :param timeout: seconds.
        :raises StoreError: it took too long, or this thread is already inside.
        """
        me = threading.get_ident()
        with self._guard:
            if self._owner is None:
                self._owner = me
                return
            if self._owner == me:
                msg = "this thread already has a transaction open: transactions do not nest"
                raise StoreError(msg)
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            mine = turn.acquire(timeout=timeout)
        except BaseException:
            self._give_up(turn)
            raise
        if not mine:
            self._give_up(turn)
            msg = f"another thread of this process kept the store busy for more than {timeout:g} s"
            raise StoreError(msg)
        self._owner = me

    def leave(self) -> None:
        """Hand over to the thread that has waited longest."""
        with self._guard:
            if self._waiting:
                # The place stays taken, so that nobody slips in before the next one wakes up.
                self._owner = 0
                self._waiting.popleft().release()
            else:
                self._owner = None

    def _give_up(self, turn: threading.Lock) -> None:
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return
        self.leave()  # handed over at the last moment: pass it on
