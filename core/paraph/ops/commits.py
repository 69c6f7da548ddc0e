"""Group commit: what many want to write at the same time is committed in one transaction.

Theory of operation
===================

1. A commit waits for the disk, however much is in it. So changes, which are functions of a transaction, stand
   in a line, and one of those who wait leads: it runs everything that is in the line, in order, in one
   transaction, while a new line forms. Whoever comes while nobody leads does so at once: alone, a change
   waits for no company. A store that is not durable waits for nothing: there each change goes by itself.
   So it does in a process that was forked, which has none of the threads that stand in the line it inherited.
2. A change that raises harms no other: the transaction is rolled back, and each of its changes runs again in
   one of its own, where it fails or not by itself. Hence a change has no effects but in its transaction, may
   run twice, and raises only if something is wrong. It lets pass what the store raises: a transaction that
   was refused something is good for nothing more. A store that opens or commits no transaction fails all
   that are waiting for it. Each runs in the context of its own flow and gets an error of its own.
3. Leading ends together with the transaction, in the thread that ran it, whatever became of the leader: one
   that is cancelled meanwhile leaves what it has begun to that thread. One that is cancelled before hands
   over. So nothing is lost of what was begun, and nobody is stranded; who is cancelled while standing in the
   line takes the change along.
4. A leader may vanish without a word: its loop was closed, or Ctrl-C came between two of its instructions.
   Hence nobody waits for ever. Who has stood in the line for a few seconds leads itself: two leaders are
   harmless, since each takes others out of the line, and the store orders their transactions. Who was taken
   out and hears nothing for long is told that it may have happened.
5. What is no ``Exception``, such as Ctrl-C or the end of the program, ends the thread that it comes to, even
   if a change raised it: a signal's handler cannot be told from that. Then the transaction is rolled back or,
   at the last moment, committed: its changes are told that it may have happened, and the line goes on.

The lock is held for a few instructions and never while anybody waits. It may be taken again by the thread
that has it: a task that is thrown away is tidied up wherever the collector happens to run.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from paraph.errors import StoreError
from paraph.flow.commands import Flow
from paraph.flow.helpers import await_signal, call
from paraph.flow.session import copied
from paraph.flow.signal import Signal

if TYPE_CHECKING:
    from paraph.store import Store, Transaction

T = TypeVar("T")

MOST: Final = 256
"""Changes in one transaction, so that others who use the store do not wait for long."""

_PATIENCE: Final = 3.0
"""Seconds in the line after which one leads itself."""

_LONG: Final = 120.0
"""Seconds without a word after which one that is being run gives up; far more than a store waits for its
locks."""

_UNCERTAIN: Final = "committing was interrupted: it may have happened; look before you try again"


@attrs.define(eq=False)
class _Change:
    """A change on its way.

    :ivar leads: it is its flow's turn to run the line; only of one that is in the line.
    :ivar alone: it shares its transaction with nobody, and is run by its own flow.
    :ivar signal: what its flow waits for, if it does: that it is done, or leads.
    """

    function: Callable[[Transaction], Any]
    context: Context = attrs.field(factory=copy_context)
    leads: bool = False
    alone: bool = False
    done: bool = False
    result: Any = None
    error: Exception | None = None
    signal: Signal | None = None

    def run(self, tx: Transaction) -> None:
        """Run it, as its flow would."""
        self.result = self.context.run(self.function, tx)

    def end(self, error: Exception | None = None) -> None:
        """Let its flow go on, with an error of its own: others' tracebacks hold others' data."""
        self.error = error if error is None or self.alone else copied(error)
        self.done = True
        self.tell()

    def lead(self) -> None:
        """Let its flow run the line."""
        self.leads = True
        self.tell()

    def tell(self) -> None:
        """Wake its flow up, if it waits."""
        if self.signal is not None:
            self.signal.give()


class Commits:
    """The line of changes to one store; made for threads and tasks alike."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._line: deque[_Change] = deque()
        self._led = False
        self._process = os.getpid()

    def add(self, function: Callable[[Transaction], T]) -> Flow[T]:
        """Run a change in a transaction, perhaps together with others, and return what it returns.

        :param function: reads and writes the transaction, does nothing else, and may run twice.
        :raises Exception: what it raised; then nothing of it is committed.
        :raises StoreError: the store failed; if it was while committing, it may have happened.
        """
        if not self._store.durable or self._process != os.getpid():
            with self._store.begin() as tx:
                return function(tx)
        change = _Change(function)
        try:
            self._stand(change)
            while not change.done:
                if change.leads:
                    yield from call(self._lead, change)
                else:
                    yield from self._wait(change)
        finally:
            if not change.done:
                self._leave(change)
        if change.error is not None:
            raise change.error
        result: T = change.result
        return result

    def _stand(self, change: _Change) -> None:
        with self._lock:
            change.leads = not self._led
            self._line.append(change)
            self._led = True

    def _wait(self, change: _Change) -> Flow[None]:
        """Wait until a change is done or leads, as it does when it has waited for too long.

        :raises StoreError: it was taken out of the line long ago.
        """
        for _ in range(round(_LONG / _PATIENCE)):
            change.signal = Signal()  # first the signal, then the look: who gives it does the reverse
            if change.done or change.leads or (yield from await_signal(change.signal, _PATIENCE)):
                return
            with self._lock:
                change.leads = change in self._line
        raise StoreError(_UNCERTAIN)

    def _leave(self, change: _Change) -> None:
        """Tidy up after a flow that ended too early; what is out of the line is being run, which goes on."""
        with self._lock:
            if change in self._line:
                self._line.remove(change)
                if change.leads:
                    change.leads = False
                    self._hand_over()

    def _hand_over(self) -> None:
        """Let the first in the line lead, if there is one. Called under the lock."""
        self._led = bool(self._line)
        if self._line:
            self._line[0].lead()

    def _lead(self, leader: _Change) -> None:
        """Run the line; in a thread that may outlive the leader's flow, or begin after its end."""
        batch: list[_Change] = []
        try:
            with self._lock:
                while leader.leads and self._line and len(batch) < MOST:
                    batch.append(self._line[0])
                    self._line.popleft()
                for change in batch:
                    change.leads = False
            leader.alone = batch == [leader]
            self._run(batch)
        finally:
            if batch:
                with self._lock:
                    self._hand_over()
            for change in batch:
                if not change.done:  # the thread was interrupted
                    change.end(StoreError(_UNCERTAIN))

    def _run(self, batch: list[_Change]) -> None:
        """Run some in one transaction, and again apart if one of them fails."""
        if not batch:
            return
        running: _Change | None = None
        failure: Exception | None = None
        try:
            with self._store.begin() as tx:
                for running in batch:
                    running.run(tx)
                running = None
        except Exception as error:  # noqa: BLE001 - handed to those whose change it is
            failure = error
        # Outside the handler, so that no error has another one as its context.
        if failure is not None and running is not None and len(batch) > 1:
            self._run_apart(batch)
        else:
            for change in batch:
                change.end(failure)

    def _run_apart(self, batch: list[_Change]) -> None:
        """Run each in a transaction of its own, so that only those fail that are to blame."""
        for change in batch:
            self._run([change])
