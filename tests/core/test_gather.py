"""Gathered flows: side by side, bounded, in order, and over when the operation is over; threads and tasks."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import VendorError
from paraph.flow import Flow, call, gather, sleep
from paraph.flow.commands import Call, Command, Gather
from paraph.flow.intercept import intercept
from paraph.flow.runners import AsyncRunner, SyncRunner
from paraph.flow.session import Sessions
from paraph.ops.carry import under
from paraph.provider.limits import Limits
from support.tiny import tiny_kernel

Run = Callable[[Flow[Any]], Any]


def run_sync(flow: Flow[Any]) -> Any:
    return SyncRunner(Sessions(lambda _: httpx.Client())).run(flow)


def run_async(flow: Flow[Any]) -> Any:
    return asyncio.run(AsyncRunner(Sessions(lambda _: httpx.AsyncClient())).run(flow))


both = pytest.mark.parametrize("run", [run_sync, run_async], ids=["threads", "tasks"])

MANY = 2000
"""More than is done before an end is noticed, on however slow a machine; it costs nothing where it works."""


class Meter:
    """Counts what runs at the same time."""

    def __init__(self) -> None:
        self.now = 0
        self.most = 0
        self.begun: list[int] = []
        self.ended: list[int] = []
        self._lock = threading.Lock()

    def flow(self, number: int, *, fails: bool = False) -> Flow[int]:
        """Be under way for a moment, then return the number, or fail with it."""
        with self._lock:
            self.begun.append(number)
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            yield from sleep(0.002)
            if fails:
                raise VendorError(f"number {number}")
            return number
        finally:
            with self._lock:
                self.now -= 1
                self.ended.append(number)


def numbered(meter: Meter, count: int, failing: Iterable[int] = ()) -> list[Callable[[], Flow[int]]]:
    return [partial(meter.flow, number, fails=number in failing) for number in range(count)]


@both
@given(count=st.integers(0, 12), most=st.integers(1, 5))
def test_values_come_in_the_order_of_the_flows(run: Run, count: int, most: int) -> None:
    """However many run at once, never more than allowed, every flow runs once and the values are in order."""
    meter = Meter()
    assert tuple(range(count)) == run(gather(numbered(meter, count), most=most))
    assert list(range(count)) == sorted(meter.begun)
    assert meter.most <= most


@both
def test_flows_overlap(run: Run) -> None:
    """Flows that wait for each other all come to their end, so they do run side by side."""
    meeting = threading.Barrier(4, timeout=60)
    assert [0, 1, 2, 3] == sorted(run(gather([lambda: call(meeting.wait)] * 4, most=4)))


def test_one_lane_is_no_overlap() -> None:
    """With one lane the same flows never meet: the test above can fail."""
    meeting = threading.Barrier(2, timeout=0.05)
    with pytest.raises(threading.BrokenBarrierError):
        run_sync(gather([lambda: call(meeting.wait)] * 2, most=1))


@both
@given(count=st.integers(1, 10), most=st.integers(1, 4), data=st.data())
def test_a_failure_is_raised_when_nothing_runs_any_more(
    run: Run, count: int, most: int, data: st.DataObject
) -> None:
    """The error is that of the first failed flow in order, as it is, and what was begun has ended by then."""
    failing = data.draw(st.frozensets(st.integers(0, count - 1), min_size=1))
    meter = Meter()
    with pytest.raises(VendorError) as raised:
        run(gather(numbered(meter, count, failing), most=most))
    assert f"number {min(failing & set(meter.begun))}" in str(raised.value)
    assert (0, sorted(meter.begun)) == (meter.now, sorted(meter.ended))


@both
def test_nothing_is_begun_after_a_failure(run: Run) -> None:
    """Flows whose turn had not come when another failed are never made."""
    meter = Meter()
    with pytest.raises(VendorError):
        run(gather(numbered(meter, MANY, frozenset({0})), most=2))
    assert len(meter.begun) < MANY


@both
def test_others_that_failed_are_named(run: Run) -> None:
    """The error that is raised carries a note of what else failed, without its text."""
    meeting = threading.Barrier(2, timeout=60)

    def fail(error: Exception) -> Flow[None]:
        yield from call(meeting.wait)
        raise error

    with pytest.raises(VendorError) as raised:
        run(gather([lambda: fail(VendorError("first")), lambda: fail(ValueError("a secret"))]))
    assert ["what ran beside it failed as well: ValueError"] == raised.value.__notes__


def test_cancelling_the_task_closes_every_flow() -> None:
    """A cancelled operation leaves no gathered flow open when the cancellation arrives."""
    meter, under_way = Meter(), asyncio.Event()

    def waiting(number: int) -> Flow[int]:
        yield from sleep(0)
        meter.begun.append(number)
        if len(meter.begun) == 2:
            under_way.set()
        try:
            yield from sleep(60)
        finally:
            meter.ended.append(number)
        return number

    async def main() -> None:
        runner = AsyncRunner(Sessions(lambda _: httpx.AsyncClient()))
        task = asyncio.create_task(runner.run(gather([lambda: waiting(1), lambda: waiting(2)])))
        await under_way.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [1, 2] == sorted(meter.ended)

    asyncio.run(main())


def test_an_interrupt_waits_for_what_is_under_way() -> None:
    """An interrupt in one flow is raised once the other flow has come to its end, before its error."""
    begun, there, over = threading.Event(), threading.Event(), threading.Event()

    def interrupted() -> None:
        assert begun.wait(60)
        there.set()
        raise KeyboardInterrupt

    def effect() -> None:
        begun.set()
        assert there.wait(60)
        over.wait(0.05)  # nobody sets it before: it is the time in which the interrupt must not come out
        over.set()
        raise VendorError("as well")

    with pytest.raises(KeyboardInterrupt):
        run_sync(gather([lambda: call(effect), lambda: call(interrupted)]))
    assert over.is_set()


def test_nothing_is_begun_after_an_interrupt() -> None:
    """When an interrupt comes out, no lane is left that could begin a further effect."""
    done: list[int] = []
    first_begun = threading.Event()

    def effects() -> Flow[None]:
        yield from call(first_begun.set)
        for number in range(MANY):
            yield from call(time.sleep, 0.02)
            yield from call(done.append, number)

    def interrupted() -> None:
        assert first_begun.wait(60)
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        run_sync(gather([effects, lambda: call(interrupted)]))
    assert before >= threading.active_count()
    assert MANY - 1 not in done


def test_an_interrupt_while_waiting_for_the_others_ends_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt that comes when the caller's own lane is over lets nobody begin a further effect."""
    done: list[int] = []
    caller, meeting = threading.current_thread(), threading.Barrier(3, timeout=60)
    joined = threading.Thread.join

    def interrupt(thread: threading.Thread, timeout: float | None = None) -> None:
        monkeypatch.setattr(threading.Thread, "join", joined)
        raise KeyboardInterrupt

    def effects() -> Flow[None]:
        yield from call(meeting.wait)  # so that the caller has one of the three, and no other
        if threading.current_thread() is not caller:
            for number in range(MANY):
                yield from call(time.sleep, 0.02)
                yield from call(done.append, number)

    monkeypatch.setattr(threading.Thread, "join", interrupt)
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        run_sync(gather([effects] * 3))
    assert before >= threading.active_count()
    assert MANY - 1 not in done


def test_without_threads_the_caller_does_all_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no thread can be started the flows run one after the other."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert (0, 1, 2) == run_sync(gather(numbered(Meter(), 3)))


@both
def test_each_lane_sees_the_callers_context(run: Run) -> None:
    """A context variable of the caller, such as a request's id, is seen by every gathered flow."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="none")
    meeting = threading.Barrier(3, timeout=60)

    def look() -> str:
        meeting.wait()
        return variable.get()

    variable.set("the caller's")
    assert ("the caller's",) * 3 == run(gather([lambda: call(look)] * 3))


@both
def test_gathered_commands_are_intercepted(run: Run) -> None:
    """Who answers a flow's commands on the way answers those of what it gathers, at any depth."""

    def inner() -> Flow[tuple[int, ...]]:
        return (yield from gather([lambda: call(int, "1"), lambda: call(int, "2")]))

    def answer(command: Command) -> Flow[Any] | None:
        return ten(command) if isinstance(command, Call) else None

    def ten(command: Call) -> Flow[int]:
        yield from sleep(0)
        return 10 * int(*command.args)

    assert ((10, 20), (10, 20)) == run(intercept(gather([inner, inner]), answer))


@pytest.mark.parametrize(
    ("limits", "width"),
    [
        (Limits(), 8),
        (Limits(in_flight=3), 3),
        (Limits(rate=2.0), 2),
        (Limits(rate=2.0, burst=5, in_flight=4), 4),
    ],
)
def test_an_account_gathers_no_more_than_its_limits_let_through(limits: Limits, width: int) -> None:
    """Lanes that would only wait for each other's turn are not opened, so none loses its patience there."""
    kernel = tiny_kernel()
    account = attrs.evolve(kernel.account("a"), limits=limits)
    flow = under(kernel, account, gather([lambda: sleep(0)] * 20))
    command = next(flow)
    flow.close()
    assert isinstance(command, Gather)
    assert (width, 20) == (command.most, len(command.flows))
