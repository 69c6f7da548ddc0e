"""Kinds of additions side by side: any order, crash and failure of them ends in one exact workflow."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.errors import ParaphError, UncertainStep
from paraph.flow import Flow, gather, step
from paraph.flow.commands import Command, Http
from paraph.flow.runners import SyncRunner
from paraph.flow.session import Sessions
from paraph.model import Document, Envelope, Field, Rect
from paraph.ops.kernel import Kernel
from paraph.ops.send import resume, send
from paraph.ops.settle import settle
from paraph.store.records import StepState
from paraph_sign8 import sending
from support.crashes import Crashed, crashing, first, in_turn, picking
from support.sign8_account import dialect, envelope, make_pdf, person, without
from support.sign8_vendor import Vendor, kernel, run

PEOPLE = ("ada", "bob", "eve")
DIALECTS = {
    "all": dialect(),
    "no start": without("start"),
    "no status": without("status"),
    "neither": without("start", "status"),
}
PLACES = [("one", "ada"), ("two", "bob")]
"""Where dates are asked for: document and signatory."""


class Breaking(Vendor):
    """The vendor, several of whose requests may break. :ivar broken: how, by number."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: dict[int, str] = {}

    def handle(self, request: httpx.Request) -> httpx.Response:
        how = self.broken.get(len(self.requests))
        self.lose = len(self.requests) if how == "lost" else None
        self.refuse = len(self.requests) if how == "down" else None
        return super().handle(request)


def wanted() -> Envelope:
    """Make an envelope of two documents and an attachment, three signatories and two dates."""
    rect = Rect(x=100, y=100, width=90, height=20)
    return envelope(
        documents=[
            Document.from_bytes(make_pdf(), name="one.pdf"),
            Document.from_bytes(make_pdf(pages=2), name="two.pdf"),
            Document.from_bytes(make_pdf(pages=3), name="annex.pdf", role="attachment"),
        ],
        signatories=[person(name) for name in PEOPLE],
        fields=[
            Field(document=document, signatory=name, kind="date", rect=rect) for document, name in PLACES
        ],
    )


def go(core: Kernel, envelope: Envelope) -> Flow[Any]:
    """Do what an application does after a restart."""
    with core.store.begin() as tx:
        known = tx.envelope(envelope.id) is not None
    return resume(core, envelope.id) if known else send(core, envelope)


def check_exact(vendor: Vendor, core: Kernel, envelope: Envelope, *, starts: int) -> None:
    """See one workflow with everything once, each in its place, under the ids that are known here."""
    ((ref, found),) = ((key, each) for key, each in vendor.workflows.items() if each["file"])
    files = {f"{ref}-file-{number}": each["file_name"][:-4] for number, each in enumerate(found["file"], 1)}
    people = {
        f"{ref}-signer-{n}": each["email"].partition("@")[0] for n, each in enumerate(found["signer"], 1)
    }
    assert starts == found["started"]
    assert ["annex", "one", "two"] == sorted(files.values())
    assert sorted(PEOPLE) == sorted(people.values())
    for kind, places in (("signature", itertools.product(("one", "two"), PEOPLE)), ("annotation", PLACES)):
        placed = Counter((files[each["file_id"]], people[each["signer_id"]]) for each in found[kind])
        assert Counter(places) == placed
    with core.store.begin() as tx:
        attempt = tx.attempts(envelope.id)[-1]
    assert ref == attempt.vendor_ref
    assert files == {number: local for local, number in attempt.documents}
    assert people == {number: local for local, number in attempt.signatories}


def settled(vendor: Vendor, core: Kernel, envelope: Envelope, doubt: str) -> None:
    """Look at the vendor, as a person would, and say what became of a step."""
    found = next((each for each in reversed(vendor.workflows.items()) if each[1]["file"]), None)
    found = found or next(reversed(vendor.workflows.items()))
    ref, workflow = found
    kind, _, rest = doubt.partition(":")
    if kind == "start":
        happened, result = bool(workflow["started"]), None
    else:
        at = next((n for n, each in enumerate(workflow[kind], 1) if is_this(ref, workflow, each, rest)), 0)
        happened, result = at > 0, f"{ref}-{kind}-{at}" if at else None
    run(vendor, settle(core, envelope.id, doubt, happened=happened, result=result))


def is_this(ref: str, workflow: dict[str, Any], body: dict[str, Any], rest: str) -> bool:
    """Whether a thing that the vendor has is what a step with this name added."""
    if "file_name" in body:
        return bool(body["file_name"] == f"{rest}.pdf")
    if "email" in body:
        return bool(body["email"] == f"{rest}@example.org")
    file = workflow["file"][int(body["file_id"].rpartition("-")[2]) - 1]["file_name"][:-4]
    who = workflow["signer"][int(body["signer_id"].rpartition("-")[2]) - 1]["email"].partition("@")[0]
    return rest in {
        f"{file}:{who}",
        *(f"field-{n}" for n, place in enumerate(PLACES) if place == (file, who)),
    }


def to_the_end(vendor: Breaking, core: Kernel, envelope: Envelope, choose: Callable[[int], int]) -> int:
    """Go on, undisturbed and with a person's help, until it is sent; return how often a person was asked."""
    vendor.broken, helped = {}, 0
    while True:
        try:
            run(vendor, go(core, envelope), choose)
        except UncertainStep as doubt:
            settled(vendor, core, envelope, doubt.step)
            helped += 1
            assert helped < 9
        else:
            return helped


@pytest.mark.parametrize("name", DIALECTS)
@settings(max_examples=40, deadline=None)
@given(
    crashes=st.lists(st.tuples(st.integers(0, 110), st.booleans(), st.lists(st.integers(0, 1))), max_size=2),
    broken=st.dictionaries(st.integers(0, 25), st.sampled_from(["lost", "down"]), max_size=3),
    order=st.lists(st.integers(0, 1), max_size=60),
)
def test_any_order_of_crashes_and_failures_ends_exactly(
    name: str, crashes: list[tuple[int, bool, list[int]]], broken: dict[int, str], order: list[int]
) -> None:
    """Nothing is added twice and nothing is left out; where a status can be read, no person is asked."""
    vendor, core, envelope = Breaking(), kernel(DIALECTS[name]), wanted()
    vendor.broken = broken
    for at, before, choices in crashes:
        try:
            run(vendor, crashing(go(core, envelope), at=at, before=before), picking(choices))
        except (Crashed, ParaphError):
            continue
    helped = to_the_end(vendor, core, envelope, picking(order))
    check_exact(vendor, core, envelope, starts=int(name in {"all", "no status"}))
    assert helped == 0 or name in {"no status", "neither"}


def test_two_kinds_in_doubt_at_once_are_each_found() -> None:
    """A file and a signer are added, the process dies before it hears of either, and both are found."""
    vendor, core, envelope = Breaking(), kernel(dialect()), wanted()

    def counts(command: Command) -> bool:
        return isinstance(command, Http) and command.request.url.path.endswith("/file/add")

    with pytest.raises(Crashed):
        run(vendor, crashing(go(core, envelope), at=0, counts=counts), in_turn())
    with core.store.begin() as tx:
        (attempt,) = tx.attempts(envelope.id)
        doubted = [each.key for each in tx.steps(attempt.id) if each.state is StepState.INTENT]
    assert ["file:one", "signer:ada"] == doubted
    assert ["POST /v1/workflow/add", "POST /v1/file/add", "POST /v1/signer/add"] == vendor.requests
    to_the_end(vendor, core, envelope, in_turn())
    check_exact(vendor, core, envelope, starts=1)


def test_control_two_of_one_kind_could_not_be_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were additions of one kind side by side, too, a crash would need a person, or mix their ids up."""

    def at_once(self: sending.Sending, additions: list[sending.Addition], kind: str) -> Flow[None]:
        yield from gather([partial(self._added, each, step) for each in additions if each.kind == kind])

    monkeypatch.setattr(sending.Sending, "_add_one_by_one", at_once)
    wrong = 0
    for at in range(10, 60):
        vendor, core, envelope = Breaking(), kernel(dialect()), wanted()
        with pytest.raises(Crashed):
            run(vendor, crashing(go(core, envelope), at=at), in_turn())
        try:
            wrong += to_the_end(vendor, core, envelope, first) > 0
            check_exact(vendor, core, envelope, starts=1)
        except AssertionError:
            wrong += 1
    assert wrong > 0


@pytest.mark.parametrize("order", [first, in_turn(), lambda opened: opened - 1])
@pytest.mark.parametrize("name", ["no start", "neither"])
def test_without_a_start_the_last_addition_is_made_alone(name: str, order: Callable[[int], int]) -> None:
    """What reaches people leaves when everything else has been answered, whatever the order before."""
    core, envelope = kernel(DIALECTS[name]), wanted()
    states: list[dict[str, str]] = []

    class Watching(Vendor):
        def handle(self, request: httpx.Request) -> httpx.Response:
            with core.store.begin() as tx:
                states.append(
                    {each.key: each.state.value for each in tx.steps(tx.attempts(envelope.id)[0].id)}
                )
            return super().handle(request)

    vendor = Watching()
    run(vendor, send(core, envelope), order)
    changing = [n for n, each in enumerate(vendor.requests) if each.startswith("POST")]
    assert "POST /v1/annotation/add" == vendor.requests[changing[-1]]
    added = {key: state for key, state in states[changing[-1]].items() if not key.startswith("paraph:")}
    assert {"annotation:field-1": "intent"} == {key: each for key, each in added.items() if each != "done"}
    # A workflow, three files and signers, six signatures, two dates.
    assert 1 + 3 + 3 + 6 + 2 == len(added)


class Meeting(httpx.BaseTransport):
    """Two kinds wait for each other before they are answered: one after the other would wait for ever."""

    def __init__(self, patience: float) -> None:
        self.vendor = Vendor()
        self.lock = threading.Lock()
        self.meetings = {
            "file": (first_pair := threading.Barrier(2, timeout=patience)),
            "signer": first_pair,
            "signature": (second_pair := threading.Barrier(2, timeout=patience)),
            "annotation": second_pair,
        }
        self.met: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        kind = request.url.path.split("/")[2]
        if request.url.path.endswith("/add") and kind in self.meetings and kind not in self.met:
            self.met.add(kind)
            self.meetings[kind].wait()
        request.read()
        with self.lock:
            return self.vendor.handle(request)


@pytest.mark.parametrize("together", [True, False])
def test_kinds_overlap(together: bool) -> None:
    """Files go beside signers and signatures beside annotations; with one call in flight nothing does."""
    transport = Meeting(patience=60 if together else 0.05)
    core = kernel(dialect(), **({} if together else {"limits": {"in_flight": 1}}))
    sessions = Sessions(lambda _: httpx.Client(transport=transport))
    try:
        if together:
            SyncRunner(sessions).run(send(core, wanted()))
            assert [1] == [each["started"] for each in transport.vendor.workflows.values()]
        else:
            with pytest.raises(threading.BrokenBarrierError):
                SyncRunner(sessions).run(send(core, wanted()))
    finally:
        for client in sessions.drain():
            client.close()
