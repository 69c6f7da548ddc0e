"""Answering some of a flow's commands on their way to the runner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from paraph.flow.commands import Command, Flow

R = TypeVar("R")


def intercept(flow: Flow[R], handle: Callable[[Command], Flow[Any] | None]) -> Flow[R]:
    """Run ``flow``; where ``handle`` returns a flow for a command, run that in its place.

    Exceptions travel back into the inner flow as if the runner had raised them.
    Cancellation (``GeneratorExit``) is never caught: it only closes the inner flow.
    """
    value: Any = None
    error: Exception | None = None
    try:
        while True:
            try:
                command = flow.send(value) if error is None else flow.throw(error)
            except StopIteration as stop:
                result: R = stop.value
                return result
            value, error = None, None
            replacement = handle(command)
            try:
                value = (yield command) if replacement is None else (yield from replacement)
            except Exception as raised:  # noqa: BLE001 - handed to the inner flow, which decides
                error = raised
    finally:
        flow.close()
