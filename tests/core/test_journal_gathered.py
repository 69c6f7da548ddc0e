"""Sending at most once with several steps open at once: crashes and failures in every order of the lanes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.errors import ParaphError, TimedOut, VendorError
from paraph.flow.commands import Command, Flow, Http, Step
from paraph.flow.runners import AsyncRunner, SyncRunner
from paraph.flow.session import Sessions
from paraph.model import Envelope, Lifecycle
from paraph.ops import journal
from paraph.ops.kernel import Kernel
from paraph.ops.send import resume, send
from paraph.store import open_store
from paraph.store.memory import MemoryStore
from paraph.store.records import AttemptRecord, StepState
from support.abreast import NAMES, Counting, abreast, wide
from support.crashes import Crashed, crashing, first, in_turn, interleaved, picking

Choice = Callable[[int], int]


def run(vendor: Counting, flow: Flow[Any], choose: Choice = first) -> Any:
    """Run a flow in this thread, its gathered flows as ``choose`` says."""
    sessions = Sessions(lambda _: httpx.Client(transport=httpx.MockTransport(vendor.handle)))
    try:
        return SyncRunner(sessions, pause=lambda _: None).run(interleaved(flow, choose))
    finally:
        for client in sessions.drain():
            client.close()


def go(kernel: Kernel, asked: Envelope) -> Flow[Any]:
    """Do what an application does after a restart: resume what it finds, else send."""
    with kernel.store.begin() as tx:
        known = tx.envelope(asked.id) is not None
    return resume(kernel, asked.id) if known else send(kernel, asked)


def check_exact(vendor: Counting, kernel: Kernel, asked: Envelope) -> None:
    """See one publication, of an envelope that has each document once, under the ids that are known here."""
    assert 1 == len(vendor.published)
    (published,) = (each for each in vendor.envelopes.values() if each["state"] == "SENT")
    assert sorted((published["id"], name) for name in NAMES) == sorted(
        each for each in vendor.uploads if each[0] == published["id"]
    )
    with kernel.store.begin() as tx:
        attempt = tx.attempts(asked.id)[-1]
        steps = {step.key: step.state for step in tx.steps(attempt.id) if step.key.startswith("document:")}
    assert published["id"] == attempt.vendor_ref
    assert tuple(published["documents"][name] for name in NAMES) == tuple(
        number for _, number in attempt.documents
    )
    assert {f"document:{name}": StepState.DONE for name in NAMES} == steps
    assert list(NAMES) == [local for local, _ in attempt.documents]


ORDERS: dict[str, Callable[[], Choice]] = {
    "one by one": lambda: first,
    "in turn": in_turn,
    "last first": lambda: lambda opened: opened - 1,
}


@pytest.mark.parametrize("order", ORDERS)
def test_a_crash_anywhere_in_a_gathered_send_is_resumed_exactly(order: str) -> None:
    """Before and after each command of every lane: one publication, each document once, each id its own."""
    for at in itertools.count():
        for before in (True, False):
            vendor, kernel, asked = Counting(), abreast(), wide()
            try:
                run(vendor, crashing(go(kernel, asked), at=at, before=before), ORDERS[order]())
                over = True
            except Crashed:
                over = False
            snapshot = run(vendor, go(abreast(kernel.store), asked), in_turn())
            assert (Lifecycle.SENT, ()) == (snapshot.lifecycle, snapshot.attention)
            check_exact(vendor, kernel, asked)
        if over:
            break
    assert at > 40


@settings(max_examples=100)
@given(
    crashes=st.lists(st.tuples(st.integers(0, 60), st.booleans(), st.lists(st.integers(0, 3))), max_size=3),
    faults=st.lists(st.sampled_from(["ok", "ok", "lost", "never", "refused", "down", "no"]), max_size=14),
    order=st.lists(st.integers(0, 3), max_size=80),
)
def test_any_order_of_crashes_and_failures_ends_exactly(
    crashes: list[tuple[int, bool, list[int]]], faults: list[str], order: list[int]
) -> None:
    """Whatever fails and dies in whatever order of the lanes, in the end there is one exact publication."""
    vendor, kernel, asked = Counting(), abreast(), wide()
    vendor.faults = [FAULTS[name] for name in faults]
    for at, before, choices in crashes:
        try:
            run(vendor, crashing(go(kernel, asked), at=at, before=before), picking(choices))
        except (Crashed, ParaphError):
            kernel = abreast(kernel.store)
    for _ in range(3):
        try:
            run(vendor, go(kernel, asked), picking(order))
        except ParaphError:
            vendor.faults = []
            continue
        break
    check_exact(vendor, kernel, asked)


def lose(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
    effect()
    raise httpx.ReadTimeout("lost", request=request)


def never(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
    raise httpx.ReadTimeout("never arrived", request=request)


def unreachable(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


FAULTS: dict[str, Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response]] = {
    "ok": lambda _, effect: effect(),
    "lost": lose,
    "never": never,
    "refused": unreachable,
    "down": lambda _, __: httpx.Response(503),
    "no": lambda _, __: httpx.Response(400, json={"code": "NOT_NOW"}),
}


def test_every_pair_of_failures_of_uploads_that_overlap_ends_exactly() -> None:
    """Of four uploads under way at once any two fail in any two ways: resuming does what is missing."""
    kinds = [name for name in FAULTS if name != "ok"]
    for one, two in itertools.combinations(range(4), 2):
        for this, that in itertools.product(kinds, kinds):
            vendor, kernel, asked = Counting(), abreast(), wide()
            places = {1 + one: this, 1 + two: that}
            vendor.faults = [FAULTS[places.get(place, "ok")] for place in range(5)]
            try:
                run(vendor, go(kernel, asked), in_turn())
            except VendorError:
                run(vendor, go(kernel, asked), in_turn())
            check_exact(vendor, kernel, asked)


def test_all_uploads_in_doubt_at_once_are_each_found() -> None:
    """Four effects happen, and the process dies before it hears of any: each is found, none repeated."""
    vendor, kernel, asked = Counting(), abreast(), wide()

    def counts(command: Command) -> bool:
        return isinstance(command, Http) and command.request.url.path.endswith("/documents")

    # In turn: all four requests have left before the first lane hears of its answer, and dies.
    with pytest.raises(Crashed):
        run(vendor, crashing(go(kernel, asked), at=0, counts=counts), in_turn())
    with kernel.store.begin() as tx:
        (attempt,) = tx.attempts(asked.id)
        doubted = [step.key for step in tx.steps(attempt.id) if step.state is StepState.INTENT]
    assert ([f"document:{name}" for name in NAMES], 4) == (doubted, len(vendor.uploads))
    vendor.requests.clear()
    run(vendor, go(abreast(kernel.store), asked), in_turn())
    assert [] == [path for method, path in vendor.requests if path.endswith("/documents")]
    check_exact(vendor, kernel, asked)


def test_the_first_failure_in_order_is_raised_and_the_others_are_kept() -> None:
    """Two of four uploads fail: the first one's error is raised, and what succeeded is not repeated."""
    vendor, kernel, asked = Counting(), abreast(), wide()
    vendor.faults = [FAULTS["ok"], FAULTS["ok"], FAULTS["never"], FAULTS["ok"], FAULTS["down"]]
    with pytest.raises(TimedOut) as caught:
        run(vendor, go(kernel, asked), in_turn())
    assert "what ran beside it failed as well: VendorUnavailable" in caught.value.__notes__
    assert {"a", "c"} == {name for _, name in vendor.uploads}
    run(vendor, go(kernel, asked), in_turn())
    assert ["a", "c", "b", "d"] == [name for _, name in vendor.uploads]
    check_exact(vendor, kernel, asked)


@pytest.mark.parametrize("kept", ["memory", "sqlite"])
@pytest.mark.parametrize(("one", "other"), [("threads", "tasks"), ("tasks", "threads")])
def test_crashes_in_real_threads_and_tasks(one: str, other: str, kept: str, tmp_path: Path) -> None:
    """The same where lanes really run at once, and commit together: the process dies in all of them."""
    with contextlib.closing(
        open_store("memory:" if kept == "memory" else f"sqlite:///{tmp_path}/a.db")
    ) as store:
        for at in range(0, 90, 3):
            vendor, asked = Counting(), wide(id=f"at-{at}")
            with contextlib.suppress(Crashed):
                RUNNERS[one](vendor, crashing(go(abreast(store), asked), at=at, before=at % 2 == 0))
            again = abreast(store)
            RUNNERS[other](vendor, go(again, asked))
            check_exact(vendor, again, asked)


def in_threads(vendor: Counting, flow: Flow[Any]) -> Any:
    lock = threading.Lock()

    def handle(request: httpx.Request) -> httpx.Response:
        with lock:
            return vendor.handle(request)

    sessions = Sessions(lambda _: httpx.Client(transport=httpx.MockTransport(handle)))
    try:
        return SyncRunner(sessions, pause=lambda _: None).run(flow)
    finally:
        for client in sessions.drain():
            client.close()


def in_tasks(vendor: Counting, flow: Flow[Any]) -> Any:
    async def handle(request: httpx.Request) -> httpx.Response:
        content = b"".join([block async for block in request.stream])  # type: ignore[union-attr]  # async side
        await asyncio.sleep(0)
        copy = httpx.Request(request.method, request.url, headers=dict(request.headers), content=content)
        return vendor.handle(copy)

    async def main() -> Any:
        sessions = Sessions(lambda _: httpx.AsyncClient(transport=httpx.MockTransport(handle)))
        try:
            return await AsyncRunner(sessions).run(flow)
        finally:
            for client in sessions.drain():
                await client.aclose()

    return asyncio.run(main())


RUNNERS = {"threads": in_threads, "tasks": in_tasks}


def test_control_without_the_journal_the_same_crashes_double(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were steps not journalled, some of these crashes would upload or publish twice: the check sees it."""

    def forgetful(_kernel: Kernel, _attempt: AttemptRecord, step: Step) -> Flow[Any]:
        return step.effect()

    monkeypatch.setattr(journal, "run_step", forgetful)
    found = 0
    for at in range(30):
        vendor, kernel, asked = Counting(), abreast(), wide()
        with pytest.raises(Crashed):
            run(vendor, crashing(go(kernel, asked), at=at), in_turn())
        try:
            run(vendor, go(abreast(kernel.store), asked), in_turn())
            check_exact(vendor, kernel, asked)
        except (AssertionError, ValueError, ParaphError):
            found += 1
    assert found > 0


def test_control_the_counting_vendor_sees_an_upload_that_is_repeated() -> None:
    """A second upload of one document is counted, although the vendor's own list looks the same."""
    vendor, kernel, asked = Counting(), abreast(MemoryStore()), wide()
    vendor.faults = [FAULTS["ok"], lambda _, effect: (effect(), effect())[1]]
    run(vendor, go(kernel, asked))
    assert 1 == len(vendor.published)
    with pytest.raises(AssertionError):
        check_exact(vendor, kernel, asked)
