"""Crashing a flow at a chosen command, as a killed process would."""

from __future__ import annotations

from typing import Any

from paraph.flow.commands import Command, Flow


class Crashed(BaseException):
    """The process is gone; nothing in the library may catch this."""


def crashing(flow: Flow[Any], *, at: int, before: bool) -> Flow[Any]:
    """Run a flow but crash before or after its command number ``at`` is executed."""
    value: Any = None
    error: Exception | None = None
    count = 0
    while True:
        try:
            command: Command = flow.send(value) if error is None else flow.throw(error)
        except StopIteration as stop:
            return stop.value
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
