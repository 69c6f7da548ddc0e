"""Answering some of a flow's commands on their way to the runner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from paraph.flow.commands import Command, Flow, Gather

R = TypeVar("R")


def intercept(flow: Flow[R], handle: Callable[[Command], Flow[Any] | None]) -> Flow[R]:
    """Run ``flow``, and all that it gathers; a flow that ``handle`` returns runs in its command's place.

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
            if isinstance(command, Gather):
                command = command.each(lambda inner: intercept(inner, handle))
            replacement = handle(command)
            try:
                value = (yield command) if replacement is None else (yield from replacement)
            except Exception as raised:  # noqa: BLE001 - handed to the inner flow, which decides
                error = raised
    finally:
        flow.close()
