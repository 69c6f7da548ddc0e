"""Sending at most once: crashes, lost answers and races against the tiny vendor."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from paraph.errors import ConnectFailed, ConnectionLost, ParaphError, TimedOut, UsageError, VendorRefused
from paraph.flow.commands import Flow, Step
from paraph.flow.runners import AsyncRunner, SyncRunner
from paraph.flow.session import Sessions
from paraph.model import Envelope, Lifecycle, Snapshot
from paraph.ops import journal, terms
from paraph.ops.journal import Barred
from paraph.ops.kernel import Kernel, current_attempt
from paraph.ops.send import finish, resume, send
from paraph.store import Store, open_store
from paraph.store.memory import MemoryStore
from paraph.store.records import StepKind
from support.crashes import Crashed, crashing
from support.tiny import TinyVendor, envelope, tiny_kernel


def sync_run(vendor: TinyVendor, flow: Flow[Any]) -> Any:
    sessions = Sessions(lambda _: httpx.Client(transport=httpx.MockTransport(vendor.handle)))
    try:
        return SyncRunner(sessions, pause=lambda _: None).run(flow)
    finally:
        for client in sessions.drain():
            client.close()


def async_run(vendor: TinyVendor, flow: Flow[Any]) -> Any:
    async def main() -> Any:
        async def handle(request: httpx.Request) -> httpx.Response:
            if hasattr(request.stream, "__aiter__"):
                content = b"".join([block async for block in request.stream])
                headers = dict(request.headers)
                request = httpx.Request(request.method, request.url, headers=headers, content=content)
            return vendor.handle(request)

        sessions = Sessions(lambda _: httpx.AsyncClient(transport=httpx.MockTransport(handle)))
        try:
            return await AsyncRunner(sessions).run(flow)
        finally:
            for client in sessions.drain():
                await client.aclose()

    return asyncio.run(main())


RUNNERS = {"sync": sync_run, "async": async_run}


@pytest.fixture(params=["memory", "sqlite"])
def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Give a function that opens the same store as another process would."""
    stores: list[Store] = []
    memory = MemoryStore()

    def again() -> Store:
        if request.param == "memory":
            return memory
        stores.append(open_store(f"sqlite:///{tmp_path}/journal.db"))
        return stores[-1]

    yield again
    for store in stores:
        store.close()


def commands_of_a_send() -> int:
    vendor, kernel, count = TinyVendor(), tiny_kernel(), 0

    def counting(flow: Flow[Any]) -> Flow[Any]:
        nonlocal count
        value: Any = None
        while True:
            try:
                command = flow.send(value)
            except StopIteration as stop:
                return stop.value
            count += 1
            value = yield command

    sync_run(vendor, counting(send(kernel, envelope())))
    return count


@pytest.mark.parametrize(("first", "second"), [("sync", "async"), ("async", "sync")])
def test_crash_anywhere_then_resume_in_the_other_runner(
    open_again: Callable[[], Store], first: str, second: str
) -> None:
    """A crash before or after any command of a send, resumed in the other runner, publishes exactly once."""
    total = commands_of_a_send()
    for at in range(total):
        for before in (True, False):
            vendor, kernel = TinyVendor(), tiny_kernel(open_again())
            asked = envelope()
            with pytest.raises(Crashed):
                RUNNERS[first](vendor, crashing(send(kernel, asked), at=at, before=before))
            again = tiny_kernel(open_again())
            snapshot = _finish(vendor, again, asked, RUNNERS[second])
            assert len(vendor.published) == 1, f"crash {'before' if before else 'after'} command {at}"
            assert snapshot.lifecycle is Lifecycle.SENT
            assert snapshot.attention == ()


def _finish(
    vendor: TinyVendor, kernel: Kernel, asked: Envelope, run: Callable[[TinyVendor, Flow[Any]], Any]
) -> Snapshot:
    """Do what an application does after a restart: resume what it finds, else send."""
    with kernel.store.begin() as tx:
        known = tx.envelope(asked.id) is not None
    snapshot: Snapshot = run(vendor, resume(kernel, asked.id) if known else send(kernel, asked))
    return snapshot


def test_negative_control_without_the_journal_a_crash_sends_twice() -> None:
    """The same crashes do send twice when the journal forgets, so the test above can fail."""
    total = commands_of_a_send()
    doubled = 0
    for at in range(total):
        vendor, asked = TinyVendor(), envelope()
        with pytest.raises(Crashed):
            sync_run(vendor, crashing(send(tiny_kernel(), asked), at=at, before=False))
        sync_run(vendor, send(tiny_kernel(), asked))
        doubled += len(vendor.published) > 1
    assert doubled > 0


def lose_answer(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
    effect()
    raise httpx.ReadTimeout("lost", request=request)


def cut_answer(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
    effect()
    raise httpx.RemoteProtocolError("cut", request=request)


def never_arrived(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
    raise httpx.ReadTimeout("never arrived", request=request)


def refused_connection(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def honest(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
    return effect()


FAULTS = {
    "lost": lose_answer,
    "cut": cut_answer,
    "never": never_arrived,
    "refused": refused_connection,
}


def test_every_single_and_double_fault_at_any_request_publishes_exactly_once() -> None:
    """Whatever one or two requests of a send suffer, resuming until it succeeds publishes exactly once."""
    schedules = 0
    places = range(12)
    singles = [{place: name} for place in places for name in FAULTS]
    doubles = [
        {one: first, two: second}
        for one in places
        for two in places
        if one < two
        for first in FAULTS
        for second in FAULTS
    ]
    for schedule in singles + doubles:
        vendor, kernel, asked = TinyVendor(), tiny_kernel(), envelope()
        vendor.faults = [FAULTS[schedule[place]] if place in schedule else honest for place in places]
        for _ in range(6):
            try:
                snapshot = _finish(vendor, kernel, asked, sync_run)
                break
            except (TimedOut, ConnectionLost, ConnectFailed):
                continue
        else:
            pytest.fail(f"never succeeded: {schedule}")
        schedules += 1
        assert [len(vendor.published), snapshot.lifecycle] == [1, Lifecycle.SENT], schedule
    assert schedules > 1000


def test_a_lost_answer_to_publish_is_resolved_by_reading() -> None:
    """When only the answer to publish is lost, send reads the state and succeeds without a second publish."""
    vendor, kernel = TinyVendor(), tiny_kernel()
    publish_is_request = [path for _, path in _requests_of_a_send()].index("/envelopes/e1/publish") - 1
    vendor.faults = [honest] * publish_is_request + [lose_answer]
    snapshot = sync_run(vendor, send(kernel, envelope()))
    assert snapshot.lifecycle is Lifecycle.SENT
    paths = [path for _, path in vendor.requests]
    assert paths.count("/envelopes/e1/publish") == 1
    assert paths[-1] == "/envelopes/e1"


def _requests_of_a_send() -> list[tuple[str, str]]:
    vendor = TinyVendor()
    sync_run(vendor, send(tiny_kernel(), envelope()))
    return vendor.requests


def test_a_lost_answer_to_create_is_not_repeated_within_the_send() -> None:
    """A create without an answer raises and is not repeated by itself; resume makes a new inert draft."""
    vendor, kernel, asked = TinyVendor(), tiny_kernel(), envelope()
    vendor.faults = [lose_answer]
    with pytest.raises(TimedOut) as caught:
        sync_run(vendor, send(kernel, asked))
    assert [path for _, path in vendor.requests].count("/envelopes") == 1
    assert asked.id in "".join(caught.value.__notes__)
    sync_run(vendor, resume(kernel, asked.id))
    assert len(vendor.published) == 1
    assert [kept["state"] for kept in vendor.envelopes.values()] == ["DRAFT", "SENT"]


def test_a_clean_refusal_takes_the_intent_back() -> None:
    """A step that the vendor refused without doubt may be done again by resume."""
    vendor, kernel, asked = TinyVendor(), tiny_kernel(), envelope()

    def refuse(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        return httpx.Response(400, json={"code": "NOT_NOW"})

    vendor.faults = [refuse]
    with pytest.raises(VendorRefused) as caught:
        sync_run(vendor, send(kernel, asked))
    assert (caught.value.code, caught.value.status, caught.value.account) == ("NOT_NOW", 400, "a")
    with kernel.store.begin() as tx:
        (attempt,) = tx.attempts(asked.id)
        assert not [step for step in tx.steps(attempt.id) if step.key != terms.KEY]
    assert sync_run(vendor, resume(kernel, asked.id)).lifecycle is Lifecycle.SENT


def test_two_threads_sending_the_same_envelope_publish_once() -> None:
    """Sixteen threads that send one envelope at once publish it once, and all see it sent."""
    vendor, kernel, asked = TinyVendor(), tiny_kernel(), envelope()
    vendor.forgetful = False  # each thread has a runner, and so a token, of its own
    results: list[Lifecycle | str] = []
    lock = threading.Lock()
    vendor_lock = threading.Lock()
    handle = vendor.handle

    def serialised(request: httpx.Request) -> httpx.Response:
        with vendor_lock:
            return handle(request)

    vendor.handle = serialised  # type: ignore[method-assign]  # the vendor is not thread safe by itself
    start = threading.Barrier(16)

    def one() -> None:
        start.wait()
        try:
            outcome: Lifecycle | str = sync_run(vendor, send(kernel, asked)).lifecycle
        except Exception as error:  # noqa: BLE001 - reported below
            outcome = type(error).__name__
        with lock:
            results.append(outcome)

    threads = [threading.Thread(target=one) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(vendor.published) == 1
    assert set(results) == {Lifecycle.SENT}


def test_sending_the_same_envelope_again_returns_the_first_send() -> None:
    """A second send of the same envelope makes no request; another content under its id is refused."""
    vendor, kernel, asked = TinyVendor(), tiny_kernel(), envelope()
    first = sync_run(vendor, send(kernel, asked))
    made = len(vendor.requests)
    assert first == sync_run(vendor, send(kernel, asked))
    assert made == len(vendor.requests)
    with pytest.raises(UsageError, match="another content"):
        sync_run(vendor, send(kernel, envelope(id=asked.id, title="Other")))


def test_a_publish_step_that_cannot_be_read_needs_a_person() -> None:
    """An interrupted publish without a way to read it is neither repeated nor called done."""
    from paraph.errors import UncertainStep
    from paraph.ops.journal import run_step
    from paraph.ops.send import _register

    vendor, kernel, asked = TinyVendor(), tiny_kernel(), envelope()
    account = kernel.account("a")
    from paraph.flow.runners import utc_now

    attempt = _register(kernel, asked, account, "attempt-1", utc_now())
    effects: list[int] = []

    def effect() -> Flow[None]:
        effects.append(1)
        raise TimedOut("no answer")
        yield

    blind = Step("publish", StepKind.PUBLISH, effect, None)
    with pytest.raises(TimedOut):
        sync_run(vendor, run_step(kernel, attempt, blind))
    with pytest.raises(UncertainStep) as caught:
        sync_run(vendor, run_step(kernel, attempt, blind))
    assert (caught.value.step, caught.value.envelope_id) == ("publish", asked.id)
    assert effects == [1]


def test_a_local_error_before_any_request_leaves_no_doubt() -> None:
    """An error of our own inside a publish step, before a request left, takes the intent back."""
    from paraph.flow.runners import utc_now
    from paraph.ops.journal import run_step
    from paraph.ops.send import _register

    vendor, kernel, asked = TinyVendor(), tiny_kernel(), envelope()
    attempt = _register(kernel, asked, kernel.account("a"), "attempt-1", utc_now())

    def effect() -> Flow[None]:
        raise UsageError("the file changed")
        yield

    with pytest.raises(UsageError):
        sync_run(vendor, run_step(kernel, attempt, Step("publish", StepKind.PUBLISH, effect, None)))
    with kernel.store.begin() as tx:
        assert not [step for step in tx.steps(attempt.id) if step.key != terms.KEY]


def test_two_contents_under_one_id_at_the_same_moment_are_refused() -> None:
    """A run that lost the race for an envelope id is refused if its content differs."""
    from paraph.flow.runners import utc_now
    from paraph.ops.send import _register

    kernel, asked = tiny_kernel(), envelope()
    account = kernel.account("a")
    first = _register(kernel, asked, account, "attempt-1", utc_now())
    assert first == _register(kernel, asked, account, "attempt-2", utc_now())
    with pytest.raises(UsageError, match="another content"):
        _register(kernel, envelope(id=asked.id, title="Other"), account, "attempt-3", utc_now())


def test_observers_hear_of_events_that_become_ours_with_the_vendors_id() -> None:
    """What follows from parked news once the vendor's id is committed is told to observers, too."""
    from paraph.flow.commands import Identify
    from paraph.flow.runners import utc_now
    from paraph.ledger import Origin, record
    from paraph.model import Fact, FactType, Observation, Source, Subject, Trust
    from paraph.ops.journal import identify
    from paraph.ops.send import _register

    vendor, kernel, asked = TinyVendor(), tiny_kernel(), envelope()
    attempt = _register(kernel, asked, kernel.account("a"), "attempt-1", utc_now())
    origin = Origin(account="a", provider="tiny", environment="test", vendor_tenant="tenant-1")
    fact = Fact(type=FactType.ENVELOPE_COMPLETED, subject=Subject(ref="e1"))
    parked = Observation(source=Source.WEBHOOK, trust=Trust.VERIFIED, observed_at=utc_now(), facts=(fact,))
    with kernel.store.begin() as tx:
        record(tx, parked, origin, load=kernel.load)
    heard: list[str] = []
    registry: Any = kernel.registry
    registry.has_observers = True
    registry.notify = lambda event: heard.append(event.type.value)
    people = (("ada", "p-ada"), ("bob", "p-bob"))
    sync_run(vendor, identify(kernel, attempt, Identify(envelope="e1", signatories=people)))
    assert 2 == heard.count("signatory.signed")


def test_looking_begins_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a crash anywhere, whoever only looks makes no effect and notes no step, not even for a moment."""
    for at in range(commands_of_a_send()):
        vendor, asked, store = TinyVendor(), envelope(), MemoryStore()
        with pytest.raises(Crashed):
            sync_run(vendor, crashing(send(tiny_kernel(store), asked), at=at, before=False))
        kernel = tiny_kernel(store)
        begun, published = steps_of(kernel, asked.id), len(vendor.published)
        vendor.requests.clear()
        with monkeypatch.context() as patch, contextlib.suppress(Barred, ParaphError):
            patch.setattr(journal, "_drop", lambda *_: None)  # what is noted stays noted
            sync_run(vendor, finish(kernel, asked.id))
        assert begun == steps_of(kernel, asked.id), f"crash after command {at}"
        assert [] == [each for each in vendor.requests if each[0] != "GET" and each[1] != "/token"]
        assert published == len(vendor.published)


def steps_of(kernel: Kernel, envelope_id: str) -> set[str]:
    """Return the keys of the steps that are begun or done."""
    with kernel.store.begin() as tx:
        attempt = current_attempt(tx, envelope_id)
        return set() if attempt is None else {step.key for step in tx.steps(attempt.id)}
