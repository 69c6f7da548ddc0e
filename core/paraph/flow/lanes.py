"""What the workers of one ``gather`` share, in threads or in tasks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from paraph.flow.commands import Flow, Gather

Turn = tuple[int, Callable[[], Flow[Any]]]
"""A flow to run next, with its place in the order."""


class Lanes:
    """The flows of a command, taken in order by as many workers as may run at once.

    After a failure none is taken any more: what is under way comes to its end, and then all is over.
    """

    def __init__(self, command: Gather) -> None:
        self._turns = list(enumerate(command.flows))[::-1]
        self._values: list[Any] = [None] * len(command.flows)
        self._errors: dict[int, BaseException] = {}
        self._lock = threading.Lock()
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

    def stop(self) -> None:
        """Begin no other flow."""
        with self._lock:
            self._turns.clear()

    def values(self) -> tuple[Any, ...]:
        """Return the values in order.

        :raises BaseException: the error of the first flow that failed, as it is; that which ends the program
            before all others.
        """
        if not self._errors:
            return tuple(self._values)
        in_order = [error for _, error in sorted(self._errors.items())]
        first = next((error for error in in_order if not isinstance(error, Exception)), in_order[0])
        others = sorted({type(error).__name__ for error in in_order if error is not first})
        if others:
            first.add_note(f"what ran beside it failed as well: {', '.join(others)}")
        raise first
