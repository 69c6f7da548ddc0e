"""Group commit: many changes in one transaction, each as if it were alone, and nobody is left waiting."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import linecache
import os
import re
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.errors import StoreError
from paraph.flow.commands import Await, Call, Command
from paraph.flow.runners import AsyncRunner, SyncRunner
from paraph.flow.session import Sessions
from paraph.ops import commits as under_test
from paraph.ops.commits import Commits
from paraph.store import Store, Transaction, open_store
from paraph.store.memory import MemoryStore


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a stalled machine make nobody in the line lose patience; tests about that set their own."""
    monkeypatch.setattr(under_test, "_PATIENCE", 60.0)


class Counting(MemoryStore):
    """A store in memory that says it is durable, counts its transactions, and can be held up or broken."""

    durable = True

    def __init__(self) -> None:
        super().__init__()
        self.transactions = 0
        self.open = threading.Event()
        self.open.set()
        self.broken_from = 10**9

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Wait for the gate; fail from a given transaction on."""
        assert self.open.wait(60)
        self.transactions += 1
        if self.transactions >= self.broken_from:
            raise StoreError("the disk is full")
        with super().begin() as tx:
            yield tx


def sync_runner() -> SyncRunner:
    return SyncRunner(Sessions(lambda _: pytest.fail("no request is made")))


def async_runner() -> AsyncRunner:
    return AsyncRunner(Sessions(lambda _: pytest.fail("no request is made")))


def keep(name: str) -> Callable[[Transaction], str]:
    """Return a change that keeps its name."""

    def change(tx: Transaction) -> str:
        tx.put_private("a", name, name)
        return name

    return change


class PoisonError(Exception):
    """Raised by a change that cannot be made."""


def poisoned(name: str) -> Callable[[Transaction], str]:
    """Return a change that writes and then fails."""

    def change(tx: Transaction) -> str:
        tx.put_private("a", name, "half")
        raise PoisonError(name)

    return change


def refused(name: str) -> Callable[[Transaction], str]:
    """Return a change that the store refuses."""

    def change(tx: Transaction) -> str:
        tx.put_private("a", name, "half")
        tx.drop_poll("none")
        tx.move_envelope("nowhere", account="a")
        return name

    return change


CHANGES = {"good": keep, "raises": poisoned, "refused": refused}
ERRORS = {"raises": PoisonError, "refused": StoreError}
KINDS = st.lists(st.sampled_from(["good", "good", "good", "raises", "refused"]), min_size=1, max_size=12)


def kept(store: Store, count: int) -> list[bool]:
    """Say of each change by number whether it was committed."""
    with store.begin() as tx:
        return [tx.private("a", str(number)) == str(number) for number in range(count)]


def half_kept(store: Store, count: int) -> list[int]:
    """Say which changes were committed in part."""
    with store.begin() as tx:
        return [number for number in range(count) if tx.private("a", str(number)) == "half"]


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.001)


def in_threads(commits: Commits, store: Counting, kinds: list[str]) -> list[Any]:
    """Make all changes at once, a thread each: the first one holds the store until all others wait."""
    outcomes: list[Any] = [None] * len(kinds)

    def work(number: int) -> None:
        try:
            outcomes[number] = sync_runner().run(commits.add(CHANGES[kinds[number]](str(number))))
        except Exception as error:  # noqa: BLE001 - it is what is looked at
            outcomes[number] = error

    store.open.clear()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(kinds))]
    threads[0].start()
    eventually(lambda: commits._led and not commits._line)
    for thread in threads[1:]:
        thread.start()
    eventually(lambda: len(commits._line) == len(kinds) - 1)
    store.open.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "somebody was left waiting"
    return outcomes


def in_tasks(commits: Commits, store: Counting, kinds: list[str]) -> list[Any]:
    """Do the same with a task each."""

    async def main() -> list[Any]:
        runner = async_runner()
        store.open.clear()
        tasks = []
        for number, kind in enumerate(kinds):
            tasks.append(asyncio.create_task(runner.run(commits.add(CHANGES[kind](str(number))))))
            await asyncio.to_thread(eventually, lambda: commits._led and len(commits._line) == len(tasks) - 1)
        store.open.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(asyncio.wait_for(main(), 120))


WAYS = pytest.mark.parametrize("way", [in_threads, in_tasks])


@WAYS
@settings(max_examples=40, deadline=None)
@given(kinds=KINDS)
def test_each_change_ends_as_if_it_were_alone(way: Callable[..., list[Any]], kinds: list[str]) -> None:
    """Whatever others do in the same transaction: what is good is committed, what fails leaves nothing."""
    store = Counting()
    outcomes = way(Commits(store), store, kinds)
    for number, (kind, outcome) in enumerate(zip(kinds, outcomes, strict=True)):
        if kind == "good":
            assert str(number) == outcome
        else:
            assert ERRORS[kind] is type(outcome)
    assert [kind == "good" for kind in kinds] == kept(store, len(kinds))
    assert [] == half_kept(store, len(kinds))


@WAYS
def test_what_arrives_meanwhile_shares_a_transaction(way: Callable[..., list[Any]]) -> None:
    """Twelve changes take two transactions: that of the first one, and that of all who came meanwhile."""
    store = Counting()
    way(Commits(store), store, ["good"] * 12)
    assert 2 == store.transactions


@WAYS
def test_one_that_fails_costs_the_others_their_company_alone(way: Callable[..., list[Any]]) -> None:
    """With one bad change among eleven the eleven run again one by one, and no more often."""
    store = Counting()
    way(Commits(store), store, ["good", *["good"] * 10, "raises"])
    assert 1 + 1 + 11 == store.transactions


@WAYS
def test_without_the_rule_the_good_would_fail_with_the_bad(
    way: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: if nobody runs apart, a bad change takes the place of all others in its batch."""

    def careless(self: Commits, batch: list[Any]) -> None:
        for change in batch:
            change.end(StoreError("with the others"))

    monkeypatch.setattr(Commits, "_run_apart", careless)
    store = Counting()
    outcomes = way(Commits(store), store, ["good", "good", "raises", "good"])
    assert ["0", StoreError, StoreError, StoreError] == [
        outcome if isinstance(outcome, str) else type(outcome) for outcome in outcomes
    ]
    assert [True, False, False, False] == kept(store, 4)


@WAYS
def test_a_store_that_fails_fails_exactly_those_who_wait_for_it(way: Callable[..., list[Any]]) -> None:
    """The first transaction is committed, the second one cannot be opened: its changes fail, all at once."""
    store = Counting()
    store.broken_from = 2
    outcomes = way(Commits(store), store, ["good"] * 5)
    assert ["0", *[StoreError] * 4] == [
        outcome if isinstance(outcome, str) else type(outcome) for outcome in outcomes
    ]
    assert 2 == store.transactions
    store.broken_from = 10**9
    assert [True, False, False, False, False] == kept(store, 5)


def test_a_change_may_fail_while_others_of_its_batch_are_in_a_real_database(tmp_path: Path) -> None:
    """The same with SQLite: the refused statement's transaction is rolled back, all others are committed."""
    store = open_store(f"sqlite:///{tmp_path}/paraph.db")
    commits = Commits(store)
    kinds = ["good", "good", "refused", "good", "raises", "good"]

    async def main() -> list[Any]:
        runner = async_runner()
        flows = (commits.add(CHANGES[kind](str(number))) for number, kind in enumerate(kinds))
        return await asyncio.gather(*(runner.run(flow) for flow in flows), return_exceptions=True)

    outcomes = asyncio.run(main())
    found = [True, True, False, True, False, True] == kept(store, 6), half_kept(store, 6)
    store.close()
    assert ["0", "1", "3", "5"] == [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert (True, []) == found


class Going:
    """One change on its way, driven by hand: what a runner would do, a step at a time.

    :ivar thread: the call that its runner has handed to a thread: nobody takes it back.
    """

    def __init__(self, commits: Commits, name: str) -> None:
        self.flow = commits.add(keep(name))
        self.over = self.cancelled = False
        self.thread: Callable[[], Any] | None = None
        self.waits: Command | None = None
        self.go()

    def go(self, value: Any = None) -> None:
        """Go on until it has to wait or has ended."""
        try:
            self.waits = self.flow.send(value)
        except StopIteration:
            self.waits, self.over = None, True

    def notice(self) -> None:
        """Do what it waits for: hand its call to a thread, or see that its signal was given."""
        if isinstance(self.waits, Call):
            self.thread, self.waits = functools.partial(self.waits.function, *self.waits.args), None
        elif isinstance(self.waits, Await) and self.waits.signal._event.is_set():
            self.go(value=True)

    def run(self) -> None:
        """Run what was handed to the thread; its flow goes on if it is still there."""
        thread, self.thread = self.thread, None
        if thread is not None:
            thread()
            if not self.over:
                self.go()

    def cancel(self) -> None:
        """End the flow where it stands."""
        if not self.over:
            self.flow.close()
            self.over = self.cancelled = True


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["come", "come", "notice", "run", "cancel"]), st.integers(0, 7)), max_size=60
)


@settings(max_examples=300, deadline=None)
@given(ACTIONS, st.sampled_from([1, 3, 256]))
def test_nobody_is_stranded_and_nothing_begun_is_lost(actions: list[tuple[str, int]], most: int) -> None:
    """In any order of coming, noticing, running and being cancelled, all who stay are done in the end.

    A leader's thread may run the line before or after its flow was cancelled, or never begin to.
    """
    store = Counting()
    commits = Commits(store)
    going: list[Going] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(under_test, "MOST", most)
        for action, which in actions:
            if action == "come":
                going.append(Going(commits, str(len(going))))
            elif going:
                getattr(going[which % len(going)], action)()
        for _ in range(3 * len(going)):
            for each in going:
                each.notice()
                each.run()
    assert all(each.over for each in going)
    assert (False, 0) == (commits._led, len(commits._line))
    committed = kept(store, len(going))
    assert all(kept_ for kept_, each in zip(committed, going, strict=True) if not each.cancelled)


def test_a_leader_whose_thread_begins_after_its_end_takes_nothing() -> None:
    """Another one leads by then: its change is run by its own call, not half-way by two."""
    store = Counting()
    commits = Commits(store)
    first, second = Going(commits, "0"), Going(commits, "1")
    first.notice()
    first.cancel()
    first.run()
    assert 0 == store.transactions
    for _ in range(2):
        second.notice()
    second.run()
    assert ([False, True], True) == (kept(store, 2), second.over)


def test_a_leader_that_is_cancelled_leaves_what_it_has_begun_to_its_thread() -> None:
    """The batch of a cancelled leader is committed, its own change too, and the others are answered."""
    store = Counting()
    commits = Commits(store)

    async def main() -> list[Any]:
        runner = async_runner()
        store.open.clear()
        tasks = []
        for number in range(4):
            tasks.append(asyncio.create_task(runner.run(commits.add(keep(str(number))))))
            await asyncio.to_thread(eventually, lambda: commits._led and len(commits._line) == len(tasks) - 1)
        tasks[0].cancel()
        await asyncio.wait([tasks[0]])
        tasks[2].cancel()
        await asyncio.wait([tasks[2]])
        store.open.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = asyncio.run(asyncio.wait_for(main(), 120))
    assert [asyncio.CancelledError, str, asyncio.CancelledError, str] == [type(each) for each in outcomes]
    assert [True, True, False, True] == kept(store, 4)


def test_a_loop_that_ends_strands_no_thread() -> None:
    """When a loop ends before its leader has begun, whoever shares the line goes on."""
    commits = Commits(Counting())
    stuck = Going(commits, "0")  # it leads, and its runner never calls anybody
    outcomes: list[str] = []
    thread = threading.Thread(target=lambda: outcomes.append(sync_runner().run(commits.add(keep("1")))))
    thread.start()
    eventually(lambda: len(commits._line) == 2)
    del stuck
    gc.collect()
    thread.join(60)
    assert ["1"] == outcomes


def test_an_interrupted_thread_fails_its_batch_and_hands_over() -> None:
    """Ctrl-C in the middle of a transaction: it is rolled back, and whoever comes next goes on."""
    store = Counting()
    commits = Commits(store)

    def interrupted(tx: Transaction) -> None:
        tx.put_private("a", "0", "half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sync_runner().run(commits.add(interrupted))
    assert "1" == sync_runner().run(commits.add(keep("1")))
    assert [False, True] == kept(store, 2)


def interrupted_at(nth: int, commits: Commits, flow: Any) -> bool:
    """Run a flow; Ctrl-C comes at the nth line of the module that is run. Whether there are as many."""
    lines = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal lines
        if frame.f_code.co_filename != under_test.__file__:
            return None
        # A signal is not handled between the last instruction under a lock and its release.
        releases = event == "line" and commits._lock._is_owned() and text(frame).startswith("with self._lock")  # type: ignore[attr-defined]  # as conditions ask it
        if event == "line" and not releases:
            lines += 1
            if lines == nth:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        sync_runner().run(flow)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return lines >= nth


def text(frame: FrameType) -> str:
    """Return the line of a frame's code that is run."""
    return linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()


def test_wherever_ctrl_c_comes_the_next_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """At each line of a commit, also between taking the lead and leading: nobody who comes later hangs."""
    monkeypatch.setattr(under_test, "_PATIENCE", 0.02)
    nth = 1
    while True:
        store = Counting()
        commits = Commits(store)
        if not interrupted_at(nth, commits, commits.add(keep("0"))):
            break
        assert "1" == in_thread(commits.add(keep("1")))
        assert kept(store, 2)[1]
        assert (False, 0) == (commits._led, len(commits._line))
        nth += 1
    assert nth > 30


def in_thread(flow: Any) -> Any:
    """Run a flow in a thread of its own, for a few seconds at most."""
    outcomes: list[Any] = []

    def work() -> None:
        try:
            outcomes.append(sync_runner().run(flow))
        except Exception as error:  # noqa: BLE001 - it is what is looked at
            outcomes.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(60)
    return outcomes[0] if outcomes else "it hangs"


def vanished(commits: Commits) -> Going:
    """Let one lead whose flow is kept and never goes on, as in a loop that was closed."""
    going = Going(commits, "0")
    assert commits._led
    return going


def test_who_stands_in_the_line_for_too_long_leads_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a leader never begins, the next one runs the line after a moment, the leader's change too."""
    monkeypatch.setattr(under_test, "_PATIENCE", 0.02)
    store = Counting()
    commits = Commits(store)
    stuck = vanished(commits)
    assert "1" == in_thread(commits.add(keep("1")))
    assert ([True, True], False) == (kept(store, 2), commits._led)
    stuck.cancel()


def test_without_patience_running_out_it_would_hang() -> None:
    """Negative control: with the patience of hours the next one waits for a leader that never begins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(under_test, "_PATIENCE", 3600.0)
        patch.setattr(under_test, "_LONG", 2 * 3600.0)
        commits = Commits(Counting())
        stuck, second = vanished(commits), Going(commits, "1")
        for _ in range(3):
            second.notice()
            second.run()
        assert not second.over
        assert isinstance(second.waits, Await)
        assert 3600.0 == second.waits.seconds
        stuck.cancel()
        second.notice()
        second.notice()
        second.run()
        assert second.over


def test_two_leaders_are_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a transaction is slow, those who lose their patience wait at the store; all are committed."""
    monkeypatch.setattr(under_test, "_PATIENCE", 0.02)
    store = Counting()
    commits = Commits(store)
    outcomes: list[str] = []
    store.open.clear()
    threads = [
        threading.Thread(target=lambda n=n: outcomes.append(sync_runner().run(commits.add(keep(str(n))))))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
        eventually(lambda: not commits._line)  # somebody took it out, and waits at the gate
    store.open.set()
    for thread in threads:
        thread.join(60)
    assert [str(number) for number in range(8)] == sorted(outcomes)
    assert [True] * 8 == kept(store, 8)
    assert (False, 0) == (commits._led, len(commits._line))


def test_who_was_taken_out_and_hears_nothing_is_told_so() -> None:
    """A leader that vanishes in the middle of a transaction leaves nobody waiting for ever."""
    commits = Commits(Counting())
    stuck, second = vanished(commits), Going(commits, "1")
    commits._line.clear()  # taken out by a thread that ended without another instruction
    rounds = 0

    def go_on() -> None:
        nonlocal rounds
        while not second.over:
            rounds += 1
            second.go(value=False)

    with pytest.raises(StoreError, match="may have happened"):
        go_on()
    assert rounds == under_test._LONG / under_test._PATIENCE
    stuck.cancel()


def test_a_closed_loop_strands_no_later_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop is closed with one in the line, who never hears that it is to lead; the next loop goes on."""
    monkeypatch.setattr(under_test, "_PATIENCE", 0.1)
    store = Counting()
    commits = Commits(store)
    loop = asyncio.new_event_loop()
    flows = [commits.add(keep(str(number))) for number in range(2)]

    async def begin() -> list[Any]:
        waiting = []
        for flow in flows:
            command = flow.send(None)
            waiting.append(asyncio.ensure_future(async_runner().execute(command)))
            await asyncio.to_thread(eventually, lambda: commits._led and len(commits._line) < len(waiting))
        return waiting

    store.open.clear()
    waiting = loop.run_until_complete(begin())
    store.open.set()
    loop.run_until_complete(waiting[0])
    for each in waiting:
        each.cancel()
    loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))
    loop.close()  # the second flow is still there, and nobody runs it
    assert (True, 1) == (commits._led, len(commits._line))
    assert "2" == asyncio.run(asyncio.wait_for(async_runner().run(commits.add(keep("2"))), 10))
    assert [True] * 3 == kept(store, 3)


def in_child(work: Callable[[], bytes]) -> bytes:
    """Run something in a forked process; return what it says, or nothing if it hangs."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that there are threads is the point
        child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            os.write(writing, work())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


@pytest.mark.parametrize("knows", [True, False])
def test_a_forked_process_waits_for_no_thread_of_its_parent(tmp_path: Path, *, knows: bool) -> None:
    """Forked while a thread commits, it hears from the store at once what is wrong.

    Negative control: where it takes itself for its parent it stands in the line behind nobody.
    """
    store = open_store(f"sqlite:///{tmp_path}/paraph.db")
    commits = Commits(store)
    inside, go = threading.Event(), threading.Event()

    def slow(_: Transaction) -> None:
        inside.set()
        assert go.wait(60)

    def child() -> bytes:
        if not knows:
            commits._process = os.getpid()
        flow = commits.add(keep("1"))
        try:
            return type(next(flow)).__name__.encode()
        except StoreError as error:
            return str(error).encode()

    thread = threading.Thread(target=lambda: sync_runner().run(commits.add(slow)))
    thread.start()
    assert inside.wait(60)
    said = in_child(child)
    go.set()
    thread.join(60)
    store.close()
    assert (b"forked" in said) if knows else (said == b"Await")


def reports(monkeypatch: pytest.MonkeyPatch, *, own: bool) -> list[str]:
    """Fail a batch of twelve in tasks; return what each one's report shows, with all local variables."""
    if not own:
        monkeypatch.setattr(under_test, "copied", lambda error: error)
    store = Counting()
    commits = Commits(store)
    store.broken_from = 2

    def flow(name: str) -> Any:
        personal = f"<{name}@example.org>"
        return (yield from commits.add(lambda _: personal))

    async def main() -> list[Any]:
        runner = async_runner()
        store.open.clear()
        tasks = []
        for number in range(12):
            tasks.append(asyncio.create_task(runner.run(flow(str(number)))))
            await asyncio.to_thread(eventually, lambda: commits._led and len(commits._line) == len(tasks) - 1)
        store.open.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    outcomes = asyncio.run(asyncio.wait_for(main(), 120))
    assert "<0@example.org>" == outcomes[0]
    return [
        "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
        for error in outcomes[1:]
    ]


def test_nobody_sees_in_a_traceback_what_another_one_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that fails gives everybody an error of his own, in which no other flow's variables are."""
    for number, report in enumerate(reports(monkeypatch, own=True), start=1):
        assert [f"<{number}@example.org>"] == sorted(set(re.findall(r"<\d+@example.org>", report)))


def test_one_error_for_all_would_show_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: raised by all, the error collects the frames of all."""
    found = reports(monkeypatch, own=False)
    assert any(len(set(re.findall(r"<\d+@example.org>", report))) > 1 for report in found)


@WAYS
def test_an_error_has_no_other_ones_error_as_its_context(way: Callable[..., list[Any]]) -> None:
    """Two that fail on their own in one batch know nothing of each other."""
    store = Counting()
    outcomes = way(Commits(store), store, ["good", "raises", "refused", "raises"])
    assert [None] * 3 == [outcome.__context__ for outcome in outcomes[1:]]
    assert [()] * 3 == [getattr(outcome, "__notes__", ()) for outcome in outcomes[1:]]


def test_alone_an_error_keeps_its_traceback() -> None:
    """It is nobody else's, and says where it was raised."""
    with pytest.raises(PoisonError) as raised:
        sync_runner().run(Commits(Counting()).add(poisoned("0")))
    assert "change" in [frame.name for frame in traceback.extract_tb(raised.value.__traceback__)]


WHO: contextvars.ContextVar[str] = contextvars.ContextVar("who")


def seen_by_six() -> dict[str, str]:
    """Make six changes at once; return in whose context each of them ran."""
    store = Counting()
    commits = Commits(store)
    seen: dict[str, str] = {}

    async def one(runner: AsyncRunner, name: str) -> None:
        WHO.set(name)
        await runner.run(commits.add(lambda _: seen.update({name: WHO.get()})))

    async def main() -> None:
        runner = async_runner()
        store.open.clear()
        tasks = []
        for number in range(6):
            tasks.append(asyncio.create_task(one(runner, str(number))))
            await asyncio.to_thread(eventually, lambda: commits._led and len(commits._line) == len(tasks) - 1)
        store.open.set()
        await asyncio.gather(*tasks)

    asyncio.run(asyncio.wait_for(main(), 120))
    assert 2 == store.transactions
    return seen


def test_a_change_runs_in_the_context_of_its_own_flow() -> None:
    """What is written down of the one who asks is right, whoever leads."""
    assert {str(number): str(number) for number in range(6)} == seen_by_six()


def test_without_its_context_a_change_would_run_in_its_leaders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: all that share a transaction would take themselves for the one who leads."""
    monkeypatch.setattr(under_test._Change, "run", lambda self, tx: self.function(tx))
    assert {"0": "0", **{str(number): "1" for number in range(1, 6)}} == seen_by_six()


def test_the_end_of_the_program_in_one_change_ends_its_thread_and_not_the_line() -> None:
    """Who is in its transaction is told that it may have happened; who comes next is committed."""
    store = Counting()
    commits = Commits(store)
    leader, other = Going(commits, "0"), Going(commits, "1")
    commits._line[0].function = lambda _: sys.exit(1)
    leader.notice()
    with pytest.raises(SystemExit):
        leader.run()
    leader.cancel()
    with pytest.raises(StoreError, match="may have happened"):
        other.notice()
    assert "2" == in_thread(commits.add(keep("2")))
    assert [False, False, True] == kept(store, 3)


def test_alone_a_change_is_one_transaction_and_waits_for_nobody() -> None:
    """Without company there is no signal and no second transaction."""
    store = Counting()
    flow = Commits(store).add(keep("0"))
    command = next(flow)
    assert isinstance(command, Call)
    command.function(*command.args)
    with pytest.raises(StopIteration) as ended:
        flow.send(None)
    assert ("0", 1) == (ended.value.value, store.transactions)


def test_a_store_in_memory_is_written_where_the_flow_runs() -> None:
    """There is no disk to wait for: no thread is asked, and a change that fails is undone."""
    store = MemoryStore()
    commits = Commits(store)
    with pytest.raises(StopIteration):
        next(commits.add(keep("0")))
    with pytest.raises(PoisonError):
        next(commits.add(poisoned("1")))
    assert ([True, False], []) == (kept(store, 2), half_kept(store, 2))
