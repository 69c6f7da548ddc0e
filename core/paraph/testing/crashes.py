"""Crashing a flow at a chosen command, as a killed process would, and choosing what overlaps how.

A process dies as a whole: flows that it had gathered die with the one that met the end. What they had on its
way still arrives, and nobody hears of it. Which commands of theirs came before the end is up to the threads;
:func:`interleaved` makes it a choice that a test can repeat, and go through in every order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

import attrs

from paraph.flow.commands import Command, Flow, Gather
from paraph.flow.intercept import intercept
from paraph.flow.lanes import Lanes

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
    earlier ends as if nothing had been planned. Commands of gathered flows are counted as they come, and a
    ``gather`` itself is not.

    :param counts: which commands are counted.
    :raises Crashed: at that command.
    """
    return _mortal(flow, _Death(at=at, before=before, counts=counts))


@attrs.define(kw_only=True, eq=False)
class _Death:
    """The end of a process, whose flows may run in several threads."""

    at: int
    before: bool
    counts: Callable[[Command], bool]
    dead: bool = False
    _count: int = 0
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def is_at(self, command: Command) -> bool:
        """Count a command; return whether it is the one."""
        if isinstance(command, Gather) or not self.counts(command):
            return False
        with self._lock:
            number, self._count = self._count, self._count + 1
        return number == self.at

    def comes(self) -> None:
        """End everything. :raises Crashed: always."""
        self.dead = True
        raise Crashed


def _mortal(flow: Flow[R], death: _Death) -> Flow[R]:
    value: Any = None
    error: Exception | None = None
    try:
        while True:
            try:
                command: Command = flow.send(value) if error is None else flow.throw(error)
            except StopIteration as stop:
                result: R = stop.value
                return result
            value, error = None, None
            if isinstance(command, Gather):
                command = command.each(lambda inner: _mortal(inner, death))
            fatal = death.is_at(command)
            if death.dead or (fatal and death.before):
                death.comes()
            try:
                value = yield command
            except Exception as raised:  # noqa: BLE001 - handed on as a runner would
                error = raised
            if death.dead or fatal:
                death.comes()
    finally:
        flow.close()  # nobody in another thread may wait for what died


def interleaved(flow: Flow[R], choose: Callable[[int], int]) -> Flow[R]:
    """Run a flow whose gathered flows take turns here, one command each, instead of side by side.

    As many are open at once as would run at once, and what a turn executed is heard of in the next turn of
    the same flow. So a crash can find each of them anywhere, and runs with the same choices are the same.

    :param choose: is told how many flows are open, and returns which goes on, counted from 0. The first
        always is one after the other.
    """

    def answer(command: Command) -> Flow[Any] | None:
        return _in_turns(command, choose) if isinstance(command, Gather) else None

    return intercept(flow, answer)


@attrs.define(eq=False)
class _Lane:
    number: int
    flow: Flow[Any]
    value: Any = None
    error: Exception | None = None

    def go_on(self) -> Command:
        """Tell the flow what came of its command, and return its next one."""
        value, error = self.value, self.error
        self.value = self.error = None
        return self.flow.send(value) if error is None else self.flow.throw(error)


def _in_turns(command: Gather, choose: Callable[[int], int]) -> Flow[tuple[Any, ...]]:
    lanes = Lanes(command)
    opened: list[_Lane] = []
    try:
        while True:
            while len(opened) < lanes.width and (turn := lanes.take()) is not None:
                opened.append(_Lane(turn[0], turn[1]()))
            if not opened:
                return lanes.values()
            lane = opened[choose(len(opened))]
            try:
                wanted = lane.go_on()
            except StopIteration as stop:
                opened.remove(lane)
                lanes.keep(lane.number, stop.value)
                continue
            except Exception as error:  # noqa: BLE001 - raised when all have ended
                opened.remove(lane)
                lanes.fail(lane.number, error)
                continue
            try:
                lane.value = yield wanted
            except Exception as raised:  # noqa: BLE001 - handed to the flow, as a runner does
                lane.error = raised
    finally:
        for lane in opened:
            lane.flow.close()
