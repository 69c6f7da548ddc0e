"""Crashing a flow at a chosen command, as a killed process would."""

from __future__ import annotations

from typing import Any, TypeVar

from paraph.flow.commands import Command, Flow

R = TypeVar("R")


class Crashed(BaseException):  # noqa: N818 - what happened; and no library may catch it, so it is no Exception
    """The process is gone."""


def crashing(flow: Flow[R], *, at: int, before: bool = False) -> Flow[R]:
    """Run a flow, but crash after (or before) its command number ``at``, counted from 0, is executed.

    What a process had stored and sent by then stays; everything else is gone. A flow that ends
    earlier ends as if nothing had been planned.

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
        if count == at and before:
            raise Crashed
        try:
            value = yield command
        except Exception as raised:  # noqa: BLE001 - handed on as a runner would
            error = raised
        if count == at:
            raise Crashed
        count += 1
