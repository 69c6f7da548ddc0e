"""The rate governor: its bucket, its line and its two ways of waiting."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from paraph.errors import RateLimited
from paraph.flow.bucket import LATE, SECOND, Bucket, Timeline
from paraph.flow.commands import Await, Now, Sleep
from paraph.flow.governor import Governor
from paraph.flow.signal import Signal
from paraph.provider.limits import Limits

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
RATES = st.sampled_from([0.5, 1.0, 3.0, 7.0, 250.0])
GAPS = st.integers(min_value=0, max_value=3 * SECOND)


def most_in_any_window(taken: list[int], rate: float, burst: int) -> float:
    """How far the fullest window is above what is allowed; not above 0 if all is well."""
    return max(
        (last - first + 1) - (burst + rate * (taken[last] - taken[first]) / SECOND)
        for first in range(len(taken))
        for last in range(first, len(taken))
    )


@given(RATES, st.integers(1, 5), st.lists(GAPS, min_size=1, max_size=40))
def test_a_bucket_never_gives_more_than_burst_and_rate_allow(
    rate: float, burst: int, gaps: list[int]
) -> None:
    """In no window are more tokens taken than the burst and what the rate adds, whenever one asks."""
    bucket, at, taken = Bucket(rate, burst), 0, []
    for gap in gaps:
        at += gap
        while bucket.take(at):
            taken.append(at)
    assert most_in_any_window(taken, rate, burst) <= 1e-9


@given(RATES, st.integers(1, 5), st.integers(0, 20))
def test_a_bucket_says_exactly_how_long_to_wait(rate: float, burst: int, before: int) -> None:
    """After the wait that it names there is a token, and a microsecond earlier there was none."""
    bucket = Bucket(rate, burst)
    for _ in range(burst):
        assert bucket.take(0)
    wait = bucket.wait(0)
    assert not bucket.take(wait - 1)
    assert bucket.take(wait)
    assert bucket.interval * before == bucket.wait(wait, before) - bucket.wait(wait)
    long_after = 100 * burst * bucket.interval
    assert bucket.interval * max(0, before + 1 - burst) == bucket.wait(long_after, before)


def test_the_window_check_finds_a_bucket_that_gives_too_much() -> None:
    """Negative control: two tokens at once of a bucket that holds one are found."""
    assert most_in_any_window([0, 0], 1.0, 1) > 0


def test_a_clock_that_is_set_back_costs_no_waiting() -> None:
    """Time goes on from where it was; a reading that another thread overtook is no such thing."""
    timeline = Timeline()
    first = timeline.at(BEGIN)
    assert first == timeline.at(BEGIN - timedelta(hours=2))
    assert first + SECOND == timeline.at(BEGIN - timedelta(hours=2) + timedelta(seconds=1))
    overtaken = Timeline()
    latest = overtaken.at(BEGIN)
    assert latest == overtaken.at(BEGIN - timedelta(microseconds=LATE))
    assert latest + SECOND == overtaken.at(BEGIN + timedelta(seconds=1))


class Going:
    """One request that wants to enter, driven by hand: what a runner would do, a step at a time."""

    def __init__(self, governor: Governor) -> None:
        self.governor = governor
        self.inside = self.over = False
        self.error: RateLimited | None = None
        self.waits: Any = None
        self.since = BEGIN
        self.flow = governor.enter("a", "GET /x")

    def go(self, clock: datetime, value: Any = None) -> None:
        """Go on until it has to wait, is inside, or failed."""
        try:
            command = self.flow.send(value)
            while isinstance(command, Now):
                command = self.flow.send(clock)
            self.waits, self.since = command, clock
        except StopIteration:
            self.waits, self.inside = None, True
        except RateLimited as error:
            self.waits, self.error, self.over = None, error, True

    def ready(self, clock: datetime) -> bool:
        if isinstance(self.waits, Sleep):
            return clock >= self.since + timedelta(seconds=self.waits.seconds)
        return isinstance(self.waits, Await) and self.waits.signal._event.is_set()

    def cancel(self) -> None:
        self.flow.close()
        self.waits, self.over = None, True

    def leave(self) -> None:
        self.governor.leave()
        self.inside, self.over = False, True


class Line(RuleBasedStateMachine):
    """Requests come, are cancelled and leave, the vendor asks for pauses, and the clock goes on."""

    @initialize(
        rate=st.one_of(st.none(), RATES),
        burst=st.integers(1, 3),
        in_flight=st.integers(1, 3),
        who=st.sampled_from([0, -1]),
    )
    def begin(self, rate: float | None, burst: int, in_flight: int, who: int) -> None:
        self.who = who
        self.limits = Limits(rate=rate, burst=burst, in_flight=in_flight, patience=60.0)
        self.governor = Governor(self.limits)
        self.clock = BEGIN
        self.all: list[Going] = []
        self.entered: list[int] = []
        self.silent_until = BEGIN

    @property
    def waiting(self) -> list[Going]:
        return [each for each in self.all if each.waits is not None]

    @property
    def inside(self) -> list[Going]:
        return [each for each in self.all if each.inside]

    def note(self, each: Going) -> None:
        """Whoever is inside now came at this time, in the order of the line."""
        if each.inside:
            assert self.clock >= self.silent_until, "entered during a pause"
            self.entered.append((self.clock - BEGIN) // timedelta(microseconds=1))
            earlier = self.all[: self.all.index(each)]
            assert not [other for other in earlier if other.waits is not None], "somebody was overtaken"

    def settle(self) -> None:
        """Let everybody go on who can: the first of them first, or the last."""
        while going := [each for each in self.waiting if each.ready(self.clock)]:
            chosen = going[self.who]
            chosen.go(self.clock, True if isinstance(chosen.waits, Await) else None)
            self.note(chosen)

    @rule(how_many=st.integers(1, 4))
    def come(self, how_many: int) -> None:
        for _ in range(how_many):
            self.one_more()

    def one_more(self) -> None:
        new = Going(self.governor)
        self.all.append(new)
        if self.governor.enter_at_once():
            new.inside = True
            self.note(new)
        else:
            new.go(self.clock)
            self.note(new)

    @precondition(lambda self: self.inside)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.inside)).leave()
        self.settle()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.waiting)).cancel()
        self.settle()

    @rule(seconds=st.sampled_from([0.5, 2.0]))
    def told_to_pause(self, seconds: float) -> None:
        self.governor.pause(seconds, self.clock)
        self.silent_until = max(self.silent_until, self.clock + timedelta(seconds=seconds))

    @rule(gap=st.one_of(GAPS, st.just(5 * SECOND)))
    def later(self, gap: int) -> None:
        self.clock += timedelta(microseconds=gap)
        self.settle()

    @invariant()
    def never_too_many(self) -> None:
        if not hasattr(self, "governor"):
            return
        assert len(self.inside) == self.governor.in_flight <= self.limits.in_flight
        assert len(self.waiting) == self.governor.waiting
        if self.limits.rate and self.entered:
            assert most_in_any_window(self.entered, self.limits.rate, self.limits.bucket) <= 1e-9

    @invariant()
    def somebody_can_always_go_on(self) -> None:
        """No deadlock: the head of the line waits for a time, or for one that is inside."""
        if hasattr(self, "governor") and self.waiting:
            head = self.waiting[0]
            assert isinstance(head.waits, Sleep) or len(self.inside) == self.limits.in_flight

    def teardown(self) -> None:
        """In the end everybody comes through, one after the other, or was told no."""
        if not hasattr(self, "governor"):
            return
        for _ in range(1000):
            if not self.waiting and not self.inside:
                break
            for each in self.inside:
                each.leave()
            self.clock += timedelta(seconds=1)
            self.settle()
        assert (0, 0) == (self.governor.in_flight, self.governor.waiting)
        assert all(each.over for each in self.all)


TestLine = Line.TestCase
TestLine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


class Clock:
    """A clock that the pauses of a runner turn on, for threads and for tasks."""

    def __init__(self) -> None:
        self.now = BEGIN
        self.pauses: list[float] = []

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)

    def run(self, flow: Any) -> Any:
        """Run a flow that only waits for times."""
        value: Any = None
        while True:
            try:
                command = flow.send(value)
            except StopIteration as stop:
                return stop.value
            value = self.now
            if isinstance(command, Sleep):
                self.pause(command.seconds)


def enter(governor: Governor, clock: Clock) -> None:
    if not governor.enter_at_once():
        clock.run(governor.enter("a", "GET /x"))


def test_a_rate_spreads_requests_out() -> None:
    """After the burst each request waits for its token, in pauses of the runner, and nothing else."""
    clock, governor = Clock(), Governor(Limits(rate=4, burst=2))
    for _ in range(6):
        enter(governor, clock)
        governor.leave()
    assert [0.25] * 4 == clock.pauses


def test_a_pause_has_passed_whatever_the_clock_says() -> None:
    """With a clock that stands still each request waits for its token once, not again and again."""
    clock, governor = Clock(), Governor(Limits(rate=4))
    clock.pause = clock.pauses.append  # type: ignore[assignment, method-assign]  # it turns nothing
    for _ in range(4 + 3):
        enter(governor, clock)
        governor.leave()
    assert [0.25, 0.25, 0.25] == clock.pauses


def test_nobody_overtakes_who_was_told_to_go_on() -> None:
    """Between a call's end and the moment at which the head of the line notices it, nobody slips in."""
    governor = Governor(Limits(in_flight=1))
    assert governor.enter_at_once()
    head = Going(governor)
    head.go(BEGIN)
    governor.leave()
    assert head.ready(BEGIN)
    assert not governor.enter_at_once()
    head.go(BEGIN, value=True)
    assert head.inside


def test_a_pause_that_comes_while_somebody_waits_counts() -> None:
    """Whoever waits for a token looks again afterwards, and waits for the pause that the vendor asked for."""
    clock, governor = Clock(), Governor(Limits(rate=1))
    enter(governor, clock)
    waiting = Going(governor)
    waiting.go(clock.now)
    assert 1.0 == waiting.waits.seconds
    governor.pause(30, clock.now)
    clock.now += timedelta(seconds=1)
    waiting.go(clock.now)
    assert 29.0 == waiting.waits.seconds


def test_a_wait_beyond_patience_fails_at_once_and_says_when() -> None:
    """Nobody stands in a line that is known to be too long; the error holds the seconds."""
    clock, governor = Clock(), Governor(Limits(patience=10))
    governor.pause(25, clock.now)
    with pytest.raises(RateLimited, match=r"within 10 s \(limits\.patience\), nothing was sent") as caught:
        enter(governor, clock)
    assert (25.0, "none", "a", "GET /x") == (
        caught.value.retry_after,
        caught.value.effect,
        caught.value.account,
        caught.value.operation,
    )
    assert [] == clock.pauses
    clock.now += timedelta(seconds=25)
    enter(governor, clock)
    assert 1 == governor.in_flight


def test_a_line_that_is_too_long_is_known_by_its_length() -> None:
    """Who comes counts those before: with one request a second the twelfth would wait eleven seconds."""
    clock, governor = Clock(), Governor(Limits(rate=1, burst=1, patience=10, in_flight=100))
    line = [Going(governor) for _ in range(12)]
    for each in line:
        each.go(clock.now)
    assert [False] * 11 + [True] == [each.error is not None for each in line]
    assert [11.0] == [each.error.retry_after for each in line if each.error is not None]


def test_no_vendor_silences_an_account_for_longer_than_an_hour() -> None:
    """An absurd pause ends after an hour: then the vendor is asked again."""
    clock, governor = Clock(), Governor(Limits(patience=0))
    governor.pause(10**9, clock.now)
    clock.now += timedelta(minutes=59)
    with pytest.raises(RateLimited):
        enter(governor, clock)
    clock.now += timedelta(minutes=1)
    enter(governor, clock)


def test_what_the_vendor_counts_holds_where_it_is_less() -> None:
    """A bucket that holds more than the vendor still allows is emptied down to that, never filled up."""
    clock, governor = Clock(), Governor(Limits(rate=1, burst=10))
    governor.keep(2, clock.now)
    for _ in range(3):
        enter(governor, clock)
    assert [1.0] == clock.pauses
    governor.keep(10, clock.now)
    enter(governor, clock)
    assert [1.0, 1.0] == clock.pauses


def test_without_limits_no_clock_is_asked() -> None:
    """Where calls in flight alone are limited, entering is no flow at all."""
    governor = Governor(Limits(in_flight=2))
    assert [True, True, False] == [governor.enter_at_once() for _ in range(3)]
    governor.leave()
    assert governor.enter_at_once()


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.001)


def blocking(governor: Governor) -> None:
    """Enter as a thread of the blocking client does."""
    flow, value = governor.enter("a", "GET /x"), None
    while True:
        try:
            command: Any = flow.send(value)
        except StopIteration:
            return
        value = datetime.now(UTC) if isinstance(command, Now) else command.signal.wait(command.seconds)


async def awaiting(governor: Governor) -> None:
    """Enter as a task of the other client does."""
    flow, value = governor.enter("a", "GET /x"), None
    try:
        while True:
            try:
                command: Any = flow.send(value)
            except StopIteration:
                return
            value = (
                datetime.now(UTC)
                if isinstance(command, Now)
                else await command.signal.wait_async(command.seconds)
            )
    finally:
        flow.close()


def test_threads_enter_in_the_order_in_which_they_came() -> None:
    """Twenty threads at one place: each leaves, and the next in line goes on, though all wait."""
    governor, order = Governor(Limits(in_flight=1)), []
    assert governor.enter_at_once()

    def work(number: int) -> None:
        blocking(governor)
        order.append(number)
        governor.leave()

    threads = []
    for number in range(20):
        threads.append(threading.Thread(target=work, args=(number,)))
        threads[-1].start()
        eventually(lambda: governor.waiting == len(threads))
    governor.leave()
    for thread in threads:
        thread.join(60)
    assert list(range(20)) == order
    assert (0, 0) == (governor.in_flight, governor.waiting)


def test_a_cancelled_task_loses_no_place() -> None:
    """Tasks that are cancelled in the line, at its head and at the moment of their turn leave no gap."""

    async def main() -> None:
        governor = Governor(Limits(in_flight=1))
        assert governor.enter_at_once()
        tasks = [asyncio.create_task(awaiting(governor)) for _ in range(6)]
        await asyncio.sleep(0)
        assert 6 == governor.waiting
        tasks[3].cancel()
        tasks[0].cancel()
        governor.leave()  # the turn of the second, which is cancelled before it notices
        tasks[1].cancel()
        await tasks[2]
        governor.leave()
        await tasks[4]
        governor.leave()
        await tasks[5]
        governor.leave()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        cancelled = [isinstance(each, asyncio.CancelledError) for each in ended]
        assert [True, True, False, True, False, False] == cancelled
        assert (0, 0) == (governor.in_flight, governor.waiting)

    asyncio.run(asyncio.wait_for(main(), 120))


def test_a_call_that_never_ends_holds_nobody_for_ever() -> None:
    """Who waits for the end of a call longer than the account's patience is told so, in both runners."""
    governor = Governor(Limits(in_flight=1, patience=0.05))
    assert governor.enter_at_once()
    with pytest.raises(RateLimited) as caught:
        blocking(governor)
    assert 0.05 == caught.value.retry_after
    with pytest.raises(RateLimited):
        asyncio.run(awaiting(governor))
    assert (1, 0) == (governor.in_flight, governor.waiting)


def test_a_loop_that_was_closed_blocks_nobody() -> None:
    """A task that waited in a loop that is gone neither keeps its place nor breaks who would wake it."""
    governor = Governor(Limits(in_flight=1))
    assert governor.enter_at_once()
    loop = asyncio.new_event_loop()
    coroutine = awaiting(governor)
    task = loop.create_task(coroutine)
    loop.run_until_complete(asyncio.sleep(0))
    assert 1 == governor.waiting
    task._log_destroy_pending = False  # type: ignore[attr-defined]  # asyncio would report what is done on purpose
    loop.close()
    governor.leave()  # its signal finds the loop closed
    del task, coroutine
    gc.collect()
    assert (0, 0) == (governor.in_flight, governor.waiting)
    assert governor.enter_at_once()


@pytest.mark.parametrize("early", [True, False])
def test_a_signal_from_another_thread_is_never_missed(early: bool) -> None:
    """Given before or after somebody begins to wait, in a thread or in a task: they go on."""
    for _ in range(50):
        signal = Signal()
        giver = threading.Thread(target=signal.give)
        if early:
            signal.give()
        giver.start()
        assert signal.wait(60)
        assert asyncio.run(signal.wait_async(20))
        giver.join()
    assert not Signal().wait(0)
    assert not asyncio.run(Signal().wait_async(0))
