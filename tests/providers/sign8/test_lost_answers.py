"""Every request of a send, broken in every way, and every crash: the simulated vendor starts one workflow.

What counts is what the vendor has in the end: one workflow that was started, with every file, signer,
signature and annotation once. A lost AddWorkflow may leave an empty draft behind, which asks nobody.
"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import attrs
import httpx
import pytest

from paraph import AsyncClient, Client, Config, errors
from paraph.flow import NOT_DONE, Flow
from paraph.model import Document, Envelope, Field, Lifecycle, Rect
from paraph.ops.send import resume, send
from paraph.ops.settle import settle
from paraph.store import Store, open_store
from paraph.testing.crashes import Crashed, crashing
from paraph.testing.simulator import Fault, FaultKind
from paraph_sign8 import sending
from paraph_sign8.dialect import parse
from paraph_sign8.dialect.words import WorkflowStatus
from paraph_sign8.simulator import Sign8Simulator, create
from paraph_sign8.simulator.model import Workflow
from support.sign8_account import dialect, make_pdf, without
from support.sign8_stage import ACCOUNT, SETTLING, Deal, asked, config_of, dealing

SPOKEN: Mapping[str, dict[str, Any]] = {
    "as shipped": dialect(),
    "no start": without("start"),
    "no status": without("status"),
    "neither": without("start", "status"),
    "content apart": dialect(formats__transfer="url"),
    "side by side": dialect(),
    "side by side, neither": without("start", "status"),
}
"""Where it does not say "side by side", the client calls one by one, so that requests have numbers."""
REQUESTS = 9
"""Requests of a send that change something: for a workflow, two files, two signers, two signatures, a date
and the start."""

KINDS: Mapping[str, FaultKind | str] = {
    "lost-after": FaultKind.LOST,
    "lost-before": FaultKind.RESET,
    "503": FaultKind.STATUS,
    "cut": FaultKind.CUT,
    "no-JSON": FaultKind.NOT_JSON,
    "too-late": "late",
    "never-sent": "stuck",
}


class Breaking(httpx.HTTPTransport):
    """Real HTTP, of which one request is broken: by the simulator, or by a time-out on the way.

    :ivar at: number of the request, counted from 0; -1: none. :ivar count: of requests so far.
    """

    def __init__(self, simulator: Sign8Simulator) -> None:
        super().__init__()
        self.simulator = simulator
        self.at, self.kind, self.count = -1, FaultKind.LOST, 0
        self.lock = threading.Lock()

    def break_at(self, at: int, kind: Any) -> None:
        """Break a request of those that follow."""
        self.at, self.kind, self.count = at, kind, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, or break it."""
        with self.lock:
            number, self.count = self.count, self.count + 1
        if number == self.at and isinstance(self.kind, FaultKind):
            self.simulator.faults.add(Fault(kind=self.kind, method=request.method, body="<html>"))
        elif number == self.at and self.kind == "stuck":
            raise httpx.WriteTimeout("stuck", request=request)
        response = super().handle_request(request)
        if number == self.at and self.kind == "late":
            response.read()
            response.close()
            raise httpx.ReadTimeout("late", request=request)
        return response


@attrs.frozen(kw_only=True)
class Ground:
    """A vendor, and a client whose requests may break."""

    simulator: Sign8Simulator
    config: Config
    client: Client
    transport: Breaking

    def of(self, envelope: Envelope) -> list[Workflow]:
        """Return what the vendor has of one envelope, which its title names."""
        return [each for each in self.simulator.tenant.workflows.values() if each.name == envelope.title]


@contextmanager
def ground(spoken: dict[str, Any], *, in_flight: int = 1) -> Iterator[Ground]:
    """Serve a vendor that speaks so."""
    simulator = create(dialect=parse(spoken), settling=SETTLING)
    transport = Breaking(simulator)
    with simulator.running() as base_url, ExitStack() as stack:
        config, store = config_of(simulator, base_url, limits={"in_flight": in_flight}), open_store("memory:")
        stack.callback(store.close)
        known: dict[str, Any] = {"registry": config.registry, "store": store, "transport": transport}
        client = stack.enter_context(Client(config, pause=lambda _: None, **known))
        yield Ground(simulator=simulator, config=config, client=client, transport=transport)


@pytest.fixture(scope="module")
def grounds() -> Iterator[Callable[[str], Ground]]:
    """One vendor for each dialect: each test has an envelope of its own."""
    with ExitStack() as stack:

        def made(name: str) -> Ground:
            in_flight = 8 if name.startswith("side by side") else 1
            return stack.enter_context(ground(SPOKEN[name], in_flight=in_flight))

        yield functools.cache(made)


def wanted(name: str) -> Envelope:
    """Make an envelope with an attachment, two signatories and a date."""
    return asked(
        name,
        title=name,
        documents=[
            Document.from_bytes(make_pdf(), name="contract.pdf"),
            Document.from_bytes(make_pdf(pages=2), name="annex.pdf", role="attachment"),
        ],
        fields=[
            Field(
                document="contract",
                signatory="ada",
                kind="date",
                rect=Rect(x=100, y=100, width=90, height=20),
            )
        ],
    )


def is_whole(workflow: Workflow) -> bool:
    """Whether a workflow has everything once."""
    files = Counter(file.name for file in workflow.files.values())
    people = Counter(signer.email for signer in workflow.signers.values())
    places = Counter(placed.signer_id for placed in workflow.signatures)
    return (
        {"contract.pdf": 1, "annex.pdf": 1} == files
        and {"ada@example.org": 1, "bob@example.org": 1} == people
        and dict.fromkeys(workflow.signers, 1) == places
        and ["date"] == [each.word for each in workflow.annotations]
    )


def check_once(simulator: Sign8Simulator, name: str) -> None:
    """See that one workflow of this name was started, and that it is whole; others are empty drafts."""
    simulator.clock.advance(SETTLING)  # a complete draft starts by itself after a while
    mine = [each for each in simulator.tenant.workflows.values() if each.name == name]
    (started,) = [each for each in mine if each.status is not WorkflowStatus.DRAFT]
    assert WorkflowStatus.ACTIVE is started.status
    assert is_whole(started)
    assert 1 == [each.what for each in started.history].count("started")
    assert all(not (each.files or each.signers) for each in mine if each is not started)
    invited = [mail.to for mail in simulator.outbox if mail.subject == f"Please sign: {name}"]
    assert ["ada@example.org", "bob@example.org"] == sorted(invited)


def seen(workflow: Workflow, step: str) -> tuple[bool, str | None]:
    """Look at the vendor, as a person would: whether a step's effect is there, and its id."""
    kind, _, rest = step.partition(":")
    if kind == "start":
        return workflow.status is WorkflowStatus.ACTIVE, None
    emails = {signer.id: signer.email for signer in workflow.signers.values()}
    found = {
        "file": [each.id for each in workflow.files.values() if each.name == f"{rest}.pdf"],
        "signer": [key for key, email in emails.items() if email == f"{rest}@example.org"],
        "signature": [
            each.id for each in workflow.signatures if f"contract:{emails[each.signer_id][:3]}" == rest
        ],
        "annotation": [each.id for each in workflow.annotations],
    }[kind]
    return bool(found), next(iter(found), None)


# Broken requests


@pytest.mark.parametrize("name", ["as shipped", "side by side"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", range(REQUESTS + 1))
def test_what_can_be_read_is_never_done_twice(
    grounds: Callable[[str], Ground], at: int, kind: str, name: str
) -> None:
    """Whichever request breaks, and however, sending goes on to one whole workflow without a person."""
    here = grounds(name)
    envelope = wanted(f"{at}-{kind}")
    here.transport.break_at(at, KINDS[kind])
    try:
        here.client.send(envelope, account=ACCOUNT)
    except errors.VendorError:
        assert at < REQUESTS, "the read that comes last takes nothing back"
        here.client.resume(envelope.id)
    assert here.transport.count > REQUESTS
    assert () == here.simulator.faults.waiting(), "the fault was met"
    check_once(here.simulator, envelope.id)
    assert Lifecycle.SENT is here.client.refresh(envelope.id).lifecycle


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", range(REQUESTS - 1))
def test_without_a_start_the_last_addition_is_never_done_twice(
    grounds: Callable[[str], Ground], at: int, kind: str
) -> None:
    """Where a complete workflow starts by itself, a broken request is found by reading all the same."""
    here = grounds("no start")
    envelope = wanted(f"{at}-{kind}")
    here.transport.break_at(at, KINDS[kind])
    try:
        here.client.send(envelope, account=ACCOUNT)
    except errors.VendorError:
        here.client.resume(envelope.id)
    check_once(here.simulator, envelope.id)


@pytest.mark.parametrize("name", ["no status", "neither"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", range(REQUESTS))
def test_what_cannot_be_read_waits_for_a_person(
    grounds: Callable[[str], Ground], at: int, kind: str, name: str
) -> None:
    """Without a status nothing in doubt is repeated: the step is named, and goes on once it is settled."""
    here = grounds(name)
    last = REQUESTS - 1 - (name == "neither")
    if at > last:
        return
    envelope = wanted(f"{at}-{kind}")
    here.transport.break_at(at, KINDS[kind])
    try:
        here.client.send(envelope, account=ACCOUNT)
    except errors.VendorError:
        if at > 0:
            settled_by_a_person(here, envelope)
        here.client.resume(envelope.id)
    check_once(here.simulator, envelope.id)


def settled_by_a_person(here: Ground, envelope: Envelope) -> None:
    """See that resuming asks for a person and not the vendor; then be that person."""
    before = here.transport.count
    with pytest.raises(errors.UncertainStep):
        here.client.resume(envelope.id)
    with pytest.raises(errors.UncertainStep) as caught:
        here.client.resume(envelope.id)
    assert before == here.transport.count, "nothing was asked"
    (workflow,) = [each for each in here.of(envelope) if each.id == here.client.get(envelope.id).vendor_ref]
    happened, result = seen(workflow, caught.value.step)
    here.client.settle(envelope.id, caught.value.step, happened=happened, result=result)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", range(7))
def test_a_content_that_travels_apart_arrives_once(
    grounds: Callable[[str], Ground], at: int, kind: str
) -> None:
    """An upload is repeated until it is done; one whose address was lost with an answer starts nothing."""
    here = grounds("content apart")
    envelope = wanted(f"{at}-{kind}")
    here.transport.break_at(at, KINDS[kind])
    try:
        here.client.send(envelope, account=ACCOUNT)
    except errors.VendorError:
        here.client.resume(envelope.id)
    except errors.UsageError:
        assert at in {1, 2}, "a file whose address was in the lost answer"
        assert {WorkflowStatus.DRAFT} == {each.status for each in here.of(envelope)}
        with pytest.raises(errors.UsageError, match="another id"):
            here.client.resume(envelope.id)
        return
    check_once(here.simulator, envelope.id)


def cancellations(deal: Deal) -> int:
    """Count the requests that asked the vendor to cancel."""
    return sum(path.endswith("/cancel") for _, path in deal.requests)


@pytest.mark.parametrize("reads", [True, False])
def test_a_cancellation_whose_answer_was_lost_is_asked_for_once(*, reads: bool) -> None:
    """The status tells that it was heard; without one its effect is unknown, and it is never "refused"."""
    with dealing(parse(dialect() if reads else without("status"))) as deal:
        deal.client.send(asked(), account=ACCOUNT)
        deal.simulator.faults.add(Fault(kind=FaultKind.LOST, method="POST", path="/v1/workflow/[^/]+/cancel"))
        if reads:
            assert Lifecycle.CANCELLED is deal.client.cancel("env1").lifecycle
        else:
            with pytest.raises(errors.ConnectionLost) as caught:
                deal.client.cancel("env1")
            assert "unknown" == caught.value.effect
            assert Lifecycle.SENT is deal.client.get("env1").lifecycle
        assert (1, WorkflowStatus.CANCELLED) == (cancellations(deal), deal.workflow.status)


def test_a_start_that_an_unknown_word_follows_is_never_repeated() -> None:
    """The answer is lost and the status shows a word that the dialect has not: a person has to look."""
    mute = dialect(words__workflow_statuses={"draft": "draft", "completed": "completed"})
    with dealing(parse(dialect()), spoken=mute) as deal:
        deal.simulator.faults.add(Fault(kind=FaultKind.LOST, method="POST", path="/v1/workflow/[^/]+/start"))
        with pytest.raises(errors.ConnectionLost):
            deal.client.send(asked(), account=ACCOUNT)
        for _ in range(2):
            with pytest.raises(errors.UncertainStep) as caught:
                deal.client.resume("env1")
            assert "start" == caught.value.step
        assert 1 == sum(path.endswith("/start") for _, path in deal.requests)
        assert WorkflowStatus.ACTIVE is deal.workflow.status


# Crashes


def in_thread(config: Config, store: Store, make: Callable[[Any], Flow[Any]]) -> Any:
    """Run one flow as a blocking client does, in a process of its own."""
    client = Client(config, registry=config.registry, store=store, pause=lambda _: None)
    try:
        return client._runner.run(make(client._kernel))
    finally:
        client.close()


def in_loop(config: Config, store: Store, make: Callable[[Any], Flow[Any]]) -> Any:
    """Run one flow as an asynchronous client does, in a process of its own."""

    async def main() -> Any:
        async with AsyncClient(config, registry=config.registry, store=store) as client:
            return await client._runner.run(make(client._kernel))

    return asyncio.run(main())


@pytest.mark.parametrize("name", ["as shipped", "neither", "side by side", "side by side, neither"])
@pytest.mark.parametrize("before", [False, True])
def test_a_crash_anywhere_is_resumed_to_one_workflow(
    grounds: Callable[[str], Ground], name: str, before: bool
) -> None:
    """Crash before or after each command, resume in the other runner: one whole workflow is started."""
    here = grounds(name)
    first, second = (in_thread, in_loop) if before else (in_loop, in_thread)

    def crash(at: int) -> bool:
        """Crash at one command and resume; return whether the send was over before."""
        envelope, store = wanted(f"crash-{at}-{before}"), open_store("memory:")
        over = False
        try:
            first(
                here.config,
                store,
                lambda kernel: crashing(send(kernel, envelope, account=ACCOUNT), at=at, before=before),
            )
            over = True
        except Crashed:
            with store.begin() as tx:
                known = tx.envelope(envelope.id) is not None
            if not known:
                second(here.config, store, lambda kernel: send(kernel, envelope, account=ACCOUNT))
        resumed(here, envelope, store, second)
        check_once(here.simulator, envelope.title)
        store.close()
        return over

    at = 0
    while not crash(at):
        at += 1
    assert at > 40


def resumed(here: Ground, envelope: Envelope, store: Store, run: Callable[..., Any]) -> None:
    """Resume; where a step is in doubt, look at the vendor and settle it. Two kinds may be, side by side."""
    for _ in range(3):
        try:
            run(here.config, store, lambda kernel: resume(kernel, envelope.id))
        except errors.UncertainStep as doubt:
            assert not here.simulator.tenant.dialect.offers("status")
            workflow = next(each for each in reversed(here.of(envelope)))
            happened, result = seen(workflow, doubt.step)
            answer = functools.partial(
                settle, envelope_id=envelope.id, step=doubt.step, happened=happened, result=result
            )
            run(here.config, store, answer)
        else:
            return
    pytest.fail("a person was asked three times")


# Controls


def test_the_counting_sees_a_second_workflow() -> None:
    """The control: two sends under one title start two workflows, and the check says so."""
    with ground(dialect()) as here:
        for name in ("one", "two"):
            here.client.send(attrs.evolve(wanted("same"), id=name), account=ACCOUNT)
        assert 2 == len(here.simulator.effects.of("started"))
        with pytest.raises(ValueError, match="too many values"):
            check_once(here.simulator, "same")


def test_the_counting_sees_what_is_repeated_blindly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a plugin that takes lost answers for undone adds a file twice, and the check says so."""
    monkeypatch.setattr(sending, "found_among", lambda _shown, _known: NOT_DONE)
    with ground(dialect()) as here:
        here.transport.break_at(1, FaultKind.LOST)
        with pytest.raises(errors.ConnectionLost):
            here.client.send(wanted("twice"), account=ACCOUNT)
        here.client.resume("twice")
        (workflow,) = here.of(wanted("twice"))
        assert 3 == len(workflow.files)
        assert not is_whole(workflow)
