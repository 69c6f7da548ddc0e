"""What the workers of one ``gather`` share, in threads or in tasks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from paraph.flow.commands import Command, Flow, Gather
from paraph.flow.intercept import intercept

T = TypeVar("T")

Turn = tuple[int, Callable[[], Flow[Any]]]
"""A flow to run next, with its place in the order."""


class AbandonedError(Exception):
    """Ends a flow that nobody waits for any more."""


class Lanes:
    """The flows of a command, taken in order by as many workers as may run at once.

    After a failure none is taken any more: what is under way comes to its end, and then all is over. What
    ends the program, such as an interrupt, ends them sooner: each before its next command, as if cancelled.
    """

    def __init__(self, command: Gather) -> None:
        self._turns = list(enumerate(command.flows))[::-1]
        self._values: list[Any] = [None] * len(command.flows)
        self._errors: dict[int, BaseException] = {}
        self._lock = threading.Lock()
        self._abandoned = False
        self.width = max(1, min(command.most, len(command.flows)))

    def take(self) -> Turn | None:
        """Return what to run next, or ``None`` if nothing is left to be begun."""
        with self._lock:
            return self._turns.pop() if self._turns else None

    def keep(self, number: int, value: Any) -> None:
        """Keep the value of a flow that came to its end."""
        self._values[number] = value

    def fail(self, number: int, error: BaseException) -> None:
        """Keep the error of a flow that failed, and begin no other."""
        with self._lock:
            self._errors[number] = error
            self._turns.clear()
        if not isinstance(error, Exception):
            self.abandon()

    def abandon(self) -> None:
        """Begin no other flow, and nothing more in those that are under way in other threads."""
        self._abandoned = True
        with self._lock:
            self._turns.clear()

    def watched(self, flow: Flow[T]) -> Flow[T]:
        """Return a flow that is closed before its next command once all are abandoned."""

        def look(_: Command) -> None:
            if self._abandoned:
                raise AbandonedError

        return intercept(flow, look)

    def values(self) -> tuple[Any, ...]:
        """Return the values in order.

        :raises BaseException: the error of the first flow that failed, as it is; that which ends the program
            before all others.
        """
        if not self._errors:
            return tuple(self._values)
        in_order = [error for _, error in sorted(self._errors.items())]
        first = next((error for error in in_order if not isinstance(error, Exception)), in_order[0])
        others = sorted(
            {
                type(each).__name__
                for each in in_order
                if each is not first and type(each) is not AbandonedError
            }
        )
        if others:
            first.add_note(f"what ran beside it failed as well: {', '.join(others)}")
        raise first
