"""Crashing a flow at a chosen command, as a killed process would."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from paraph.flow.commands import Command, Flow

R = TypeVar("R")


class Crashed(BaseException):
    """The process is gone."""


def every(_command: Command) -> bool:
    """Count every command."""
    return True


def crashing(
    flow: Flow[R], *, at: int, before: bool = False, counts: Callable[[Command], bool] = every
) -> Flow[R]:
    """Run a flow, but crash after (or before) its command number ``at``, counted from 0, is executed.

    What a process had stored and sent by then stays; everything else is gone. A flow that ends
    earlier ends as if nothing had been planned.

    :param counts: which commands are counted.
    :raises Crashed: at that command.
    """
    value: Any = None
    error: Exception | None = None
    count = 0
    while True:
        try:
            command: Command = flow.send(value) if error is None else flow.throw(error)
        except StopIteration as stop:
            result: R = stop.value
            return result
        value, error = None, None
        counted = counts(command)
        if counted and count == at and before:
            raise Crashed
        try:
            value = yield command
        except Exception as raised:  # noqa: BLE001 - handed on as a runner would
            error = raised
        if counted and count == at:
            raise Crashed
        count += counted
