"""Group commit: what many want to write at the same time is committed in one transaction.

Theory of operation
===================

1. A commit waits for the disk, however much is in it. So changes, which are functions of a transaction, stand
   in a line, and one of those who wait leads: it runs everything that is in the line, in order, in one
   transaction, while a new line forms. Whoever comes while nobody leads does so at once: alone, a change
   waits for no company. A store that is not durable waits for nothing: there each change goes by itself.
2. A change that raises harms no other: the transaction is rolled back, and each of its changes runs again in
   one of its own, where it fails or not by itself. Hence a change has no effects but in its transaction and
   may run twice. A store that opens or commits no transaction fails all that are waiting for it.
3. Leading ends together with the transaction, in the thread that ran it, whatever became of the leader: one
   that is cancelled meanwhile leaves what it has begun to that thread. One that is cancelled before hands
   over. So nothing is lost of what was begun, and nobody is stranded; who is cancelled while standing in the
   line takes the change along.

The lock is held for a few instructions and never while anybody waits. It may be taken again by the thread
that has it: a task that is thrown away is tidied up wherever the collector happens to run.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from paraph.errors import StoreError
from paraph.flow.commands import Flow
from paraph.flow.helpers import await_signal, call
from paraph.flow.signal import Signal

if TYPE_CHECKING:
    from paraph.store import Store, Transaction

T = TypeVar("T")

MOST: Final = 256
"""Changes in one transaction, so that others who use the store do not wait for long."""

_LONG: Final = 3600.0
"""Seconds after which one who waits begins to wait again; a signal is always given."""


@attrs.define(eq=False)
class _Change:
    """A change on its way.

    :ivar signal: what its flow waits for, unless it leads from the beginning: that it is done, or leads.
    :ivar leads: it is its flow's turn to run the line. ``left``: its flow is gone, so another one leads.
    """

    function: Callable[[Transaction], Any]
    signal: Signal | None = None
    leads: bool = False
    left: bool = False
    done: bool = False
    result: Any = None
    error: Exception | None = None


class Commits:
    """The line of changes to one store; made for threads and tasks alike."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._line: deque[_Change] = deque()
        self._led = False

    def add(self, function: Callable[[Transaction], T]) -> Flow[T]:
        """Run a change in a transaction, perhaps together with others, and return what it returns.

        :param function: reads and writes the transaction, does nothing else, and may run twice.
        :raises Exception: what it raised; then nothing of it is committed.
        :raises StoreError: the store failed; if it was while committing, it may have happened.
        """
        if not self._store.durable:
            with self._store.begin() as tx:  # in memory: no disk to wait for, hence nothing to share
                return function(tx)
        change = _Change(function)
        self._stand(change)
        try:
            if change.signal is not None:
                while not (yield from await_signal(change.signal, _LONG)):
                    pass
            if not change.done:
                yield from call(self._lead, change)
        finally:
            if not change.done:
                self._leave(change)
        if change.error is not None:
            raise change.error
        result: T = change.result
        return result

    def _stand(self, change: _Change) -> None:
        with self._lock:
            self._line.append(change)
            if self._led:
                change.signal = Signal()
            else:
                self._led = change.leads = True

    def _leave(self, change: _Change) -> None:
        """Tidy up after a flow that ended too early; what is out of the line is being run, which goes on."""
        with self._lock:
            if change in self._line:
                change.left = True
                self._line.remove(change)
                if change.leads:
                    self._hand_over()

    def _hand_over(self) -> None:
        """Let the first in the line lead, if there is one. Called under the lock."""
        self._led = bool(self._line)
        if self._line:
            self._line[0].leads = True
            _tell(self._line[0])

    def _lead(self, leader: _Change) -> None:
        """Run the line; in a thread that may outlive the leader's flow, or begin after its end."""
        batch: list[_Change] = []
        with self._lock, contextlib.suppress(IndexError):
            if leader.left:
                return
            while len(batch) < MOST:
                batch.append(self._line.popleft())
        try:
            self._run(batch)
        finally:
            with self._lock:
                self._hand_over()
            for change in batch:
                if not change.done:  # the thread was interrupted
                    _end(change, error=StoreError("committing was interrupted, so it may not have happened"))

    def _run(self, batch: list[_Change]) -> None:
        running: _Change | None = None
        try:
            with self._store.begin() as tx:
                for running in batch:
                    running.result = running.function(tx)
                running = None
        except Exception as error:  # noqa: BLE001 - handed to those whose change it is
            if running is not None and len(batch) > 1:
                self._run_apart(batch)
                return
            for change in batch:
                _end(change, error=error)
        else:
            for change in batch:
                _end(change)

    def _run_apart(self, batch: list[_Change]) -> None:
        """Run each in a transaction of its own, so that only those fail that are to blame."""
        for change in batch:
            self._run([change])


def _end(change: _Change, error: Exception | None = None) -> None:
    change.error = error
    change.done = True
    _tell(change)


def _tell(change: _Change) -> None:
    if change.signal is not None:
        change.signal.give()
