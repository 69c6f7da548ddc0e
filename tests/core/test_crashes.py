"""What makes crashes and orders of gathered flows: the witness of the tests that crash sends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest

from paraph.flow import Flow, call, gather
from paraph.flow.runners import AsyncRunner, SyncRunner
from paraph.flow.session import Sessions
from support.crashes import Crashed, crashing, first, in_turn, interleaved, picking


def run_sync(flow: Flow[Any]) -> Any:
    return SyncRunner(Sessions(lambda _: httpx.Client())).run(flow)


def run_async(flow: Flow[Any]) -> Any:
    return asyncio.run(AsyncRunner(Sessions(lambda _: httpx.AsyncClient())).run(flow))


class Log:
    """What was executed, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.lock = threading.Lock()

    def do(self, name: str) -> str:
        with self.lock:
            self.done.append(name)
        return name

    def lane(self, name: str, *, fails: bool = False) -> Flow[str]:
        yield from call(self.do, f"{name}1")
        if fails:
            raise ValueError(name)
        return (yield from call(self.do, f"{name}2"))

    def lanes(self, names: str, failing: str = "", most: int = 3) -> Flow[tuple[str, ...]]:
        return gather([partial(self.lane, name, fails=name in failing) for name in names], most=most)


@pytest.mark.parametrize(
    ("choose", "expected"),
    [
        (first, "a1 a2 b1 b2 c1 c2"),
        (in_turn(), "a1 b1 c1 a2 b2 c2"),
        (lambda opened: opened - 1, "c1 c2 b1 b2 a1 a2"),
        (picking([2, 0, 0]), "c1 a1 a2 b1 b2 c2"),
    ],
)
def test_flows_take_turns_as_chosen(choose: Callable[[int], int], expected: str) -> None:
    """Each turn executes one command of the chosen flow, and the values are in the order of the flows."""
    log = Log()
    assert ("a2", "b2", "c2") == run_sync(interleaved(log.lanes("abc"), choose))
    assert expected.split() == log.done


def test_no_more_are_open_than_run_at_once() -> None:
    """A flow is opened when one has ended, as its gather says; with one lane nothing takes turns."""
    log = Log()
    run_sync(interleaved(log.lanes("abc", most=1), lambda opened: opened - 1))
    assert ["a1", "a2", "b1", "b2", "c1", "c2"] == log.done


def test_a_failure_among_turns_is_raised_when_the_open_ones_have_ended() -> None:
    """The first failed flow's error is raised, the open ones come to their end, and no other is begun."""
    log = Log()
    with pytest.raises(ValueError, match="b"):
        run_sync(interleaved(log.lanes("abcd", failing="bc"), in_turn()))
    assert ["a1", "b1", "c1", "a2"] == log.done


@pytest.mark.parametrize("run", [run_sync, run_async], ids=["threads", "tasks"])
@pytest.mark.parametrize("at", range(6))
def test_a_process_dies_in_all_of_its_flows(run: Callable[[Flow[Any]], Any], at: int) -> None:
    """After the end nothing more is begun, whichever flow met it and wherever the others were."""
    log = Log()
    with pytest.raises(Crashed):
        run(crashing(log.lanes("abc"), at=at))
    # What two other lanes had on its way still happens.
    assert at + 1 <= len(log.done) <= at + 3


@pytest.mark.parametrize("at", range(7))
@pytest.mark.parametrize("before", [True, False])
def test_commands_of_gathered_flows_are_counted(at: int, before: bool) -> None:
    """In chosen turns the end is where it was planned, before or after; behind the last there is none."""
    log = Log()
    dying = interleaved(crashing(log.lanes("abc"), at=at, before=before), in_turn())
    if at == 6:
        assert ("a2", "b2", "c2") == run_sync(dying)
    else:
        with pytest.raises(Crashed):
            run_sync(dying)
    everything = ["a1", "b1", "c1", "a2", "b2", "c2"]
    if before:
        assert everything[:at] == log.done
    else:
        # The end comes when the lane is told of its command: by then the others have had a turn each.
        assert everything[: at + 1] == log.done[: at + 1]
        assert len(log.done) <= at + 3
