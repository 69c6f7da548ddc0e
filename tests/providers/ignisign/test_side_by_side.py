"""Signers and documents side by side at a simulated Ignisign: exact in every order, crash and failure."""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import attrs
import httpx
import pytest

from paraph.client import AsyncClient, Client
from paraph.config import Config
from paraph.errors import ConnectionLost, ParaphError, Refused, VendorError
from paraph.flow import Flow
from paraph.flow.commands import Command, Http
from paraph.flow.trust import trusted
from paraph.model import Document, Envelope, Lifecycle
from paraph.ops import journal
from paraph.ops.send import resume, send
from paraph.store import Store, open_store
from paraph.store.memory import MemoryStore
from paraph.store.records import StepState
from paraph.testing.simulator import Fault, FaultKind
from paraph_ignisign import sending
from paraph_ignisign.simulator import IgnisignSimulator, create
from providers.ignisign.simulator_driver import make_pdf
from support.crashes import Crashed, crashing, first, in_turn, interleaved
from support.hand import INTENT, Talk
from support.ignisign_account import APP, account, carried, envelope, person
from support.ignisign_profiles import planned

ACCOUNT = "hr"
PEOPLE = ("ada", "bob", "eve", "joe")
NAMES = ("one", "two", "three")
Choice = Callable[[int], int]
Run = Callable[[Store, Callable[[Any], Flow[Any]]], Any]


class Metering(httpx.HTTPTransport):
    """Real HTTP that counts what is on its way at once.

    :ivar meeting: awaited by each request whose path ends with ``path``.
    """

    def __init__(self) -> None:
        super().__init__(verify=trusted())
        self.lock = threading.Lock()
        self.now = self.most = 0
        self.paths: list[str] = []
        self.meeting: threading.Barrier | None = None
        self.path = ""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.paths.append(f"{request.method} {request.url.path}")
        try:
            if self.meeting is not None and request.url.path.endswith(self.path):
                self.meeting.wait()
            return super().handle_request(request)
        finally:
            with self.lock:
                self.now -= 1


@attrs.frozen(kw_only=True)
class Place:
    """A simulator, and how to reach it."""

    simulator: IgnisignSimulator
    config: Config

    def in_turns(self, choose: Choice) -> Run:
        """Return what runs a flow in this thread, as a process of its own, in the chosen order."""

        def run(store: Store, make: Callable[[Any], Flow[Any]]) -> Any:
            with self.client(store) as client:
                return client._runner.run(interleaved(make(client._kernel), choose))

        return run

    def in_threads(self, store: Store, make: Callable[[Any], Flow[Any]]) -> Any:
        with self.client(store) as client:
            return client._runner.run(make(client._kernel))

    def in_tasks(self, store: Store, make: Callable[[Any], Flow[Any]]) -> Any:
        async def main() -> Any:
            async with AsyncClient(self.config, registry=self.config.registry, store=store) as client:
                return await client._runner.run(make(client._kernel))

        return asyncio.run(main())

    def client(self, store: Store, **more: Any) -> Client:
        return Client(self.config, registry=self.config.registry, store=store, pause=lambda _: None, **more)


@contextmanager
def place(*, limits: dict[str, Any] | None = None, **changes: Any) -> Iterator[Place]:
    """Serve a simulator, and configure one account of it."""
    simulator = create()
    with simulator.running() as url:
        made = simulator.account(url)
        table = {**made.table, **changes, **({"limits": limits} if limits else {})}
        yield Place(
            simulator=simulator,
            config=Config.from_mapping({"accounts": {ACCOUNT: table}}, environ=made.environment),
        )


@pytest.fixture(scope="module")
def here() -> Iterator[Place]:
    """One vendor: each run has an envelope of its own."""
    with place() as found:
        yield found


def asked(name: str) -> Envelope:
    """Make an envelope of three documents and four signatories."""
    documents = [
        Document.from_bytes(make_pdf() + b"\n" * number, name=f"{each}.pdf")
        for number, each in enumerate(NAMES)
    ]
    people = [person(each, delivery="link", given_name=each.title()) for each in PEOPLE]
    return envelope(id=name, documents=documents, signatories=people)


def go(kernel: Any, wanted: Envelope) -> Flow[Any]:
    """Do what an application does after a restart."""
    with kernel.store.begin() as tx:
        known = tx.envelope(wanted.id) is not None
    return resume(kernel, wanted.id) if known else send(kernel, wanted, account=ACCOUNT)


def died(run: Run, store: Store, wanted: Envelope, **planned: Any) -> bool:
    """Send until the process dies; return whether it did."""
    try:
        run(store, lambda kernel: crashing(go(kernel, wanted), **planned))
    except Crashed:
        return True
    return False


def gone_on(run: Run, store: Store, wanted: Envelope) -> Any:
    """Send, or resume, to the end."""
    return run(store, lambda kernel: go(kernel, wanted))


def check_exact(found: Place, store: Store, wanted: Envelope) -> None:
    """See one publication, everybody and everything in it once and in order, under ids known here."""
    tenant = found.simulator.tenant
    with store.begin() as tx:
        attempt = tx.attempts(wanted.id)[-1]
        steps = [each for each in tx.steps(attempt.id) if not each.key.startswith("paraph:")]
    mine = [each for each in tenant.requests.values() if each.external_id == attempt.id]
    (request,) = (each for each in mine if each.status != "DRAFT")
    published = Counter(each.reference for each in found.simulator.effects.of("published"))
    assert (request.id, 1) == (attempt.vendor_ref, published[request.id])
    signers = [tenant.signers[each].external_id for each in request.signer_ids]
    assert [f"{wanted.id}:{name}" for name in PEOPLE] == signers
    assert [(name, ref) for name, ref in zip(PEOPLE, request.signer_ids, strict=True)] == list(
        attempt.signatories
    )
    made = Counter(each.external_id for each in found.simulator.effects.of("signer_created"))
    assert [1] * len(PEOPLE) == [made[f"{wanted.id}:{name}"] for name in PEOPLE]
    documents = [tenant.documents[each] for each in request.document_ids]
    assert list(NAMES) == [each.details["externalId"] for each in documents]
    assert [each.sha256 for each in wanted.documents] == [each.hash for each in documents]
    assert [(name, each.id) for name, each in zip(NAMES, documents, strict=True)] == list(attempt.documents)
    made = Counter(
        each.details["externalId"] for each in tenant.documents.values() if each.request_id == request.id
    )
    assert dict.fromkeys(NAMES, 1) == made, "no document was made twice"
    assert {StepState.DONE} == {each.state for each in steps}


def requests_alone(command: Command) -> bool:
    return isinstance(command, Http)


ORDERS: dict[str, Callable[[], Choice]] = {
    "in turn": in_turn,
    "last first": lambda: lambda opened: opened - 1,
    "by chance": lambda: random.Random(7).randrange,  # noqa: S311 - an order of turns is no secret
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("before", [True, False])
def test_a_crash_at_any_request_in_any_order_is_resumed_exactly(
    here: Place, order: str, before: bool
) -> None:
    """Lanes take turns, and the process dies at each request, before it leaves or after its answer."""
    for at in itertools.count():
        wanted, store = asked(f"crash-{before}-{at}-{order}".replace(" ", "-")), MemoryStore()
        run = here.in_turns(ORDERS[order]())
        over = not died(run, store, wanted, at=at, before=before, counts=requests_alone)
        gone_on(here.in_turns(first), store, wanted)
        check_exact(here, store, wanted)
        if over:
            break
    assert at > 15


@pytest.mark.parametrize("which", ["threads", "tasks"])
def test_a_crash_where_lanes_really_overlap_is_resumed_exactly(here: Place, which: str) -> None:
    """The same in real threads and tasks, at commands of every kind: all lanes die, and each is found."""
    one, other = here.in_threads, here.in_tasks
    if which == "tasks":
        one, other = other, one
    for at in range(3, 160, 6):
        wanted, store = asked(f"{which}-{at}"), MemoryStore()
        died(one, store, wanted, at=at, before=at % 4 == 1)
        gone_on(other, store, wanted)
        check_exact(here, store, wanted)


KINDS = (FaultKind.LOST, FaultKind.RESET, FaultKind.STATUS, FaultKind.CUT, FaultKind.NOT_JSON)
PATHS = {
    "signers": f"{APP.rpartition('/applications/')[0]}/applications/[^/]+/envs/[^/]+/signers",
    "documents": "/v4/applications/[^/]+/envs/[^/]+/init-documents",
    "contents": "/v4/documents/[^/]+/file",
}


@pytest.mark.parametrize("which", ["threads", "tasks"])
@pytest.mark.parametrize("path", PATHS)
def test_several_calls_that_overlap_break_in_every_way(here: Place, path: str, which: str) -> None:
    """Two of the calls that are under way at once break, alike or differently; a resumed send is exact."""
    run = here.in_threads if which == "threads" else here.in_tasks
    for one, other in itertools.combinations_with_replacement(KINDS, 2):
        wanted, store = asked(f"{which}-{path}-{one.value}-{other.value}"), MemoryStore()
        for kind in (one, other):
            here.simulator.faults.add(Fault(kind=kind, method="POST", path=PATHS[path], body="<html>"))
        for _ in range(2):  # the second fault may have been met by no call of the first try
            with suppress(VendorError):
                gone_on(run, store, wanted)
        snapshot = gone_on(run, store, wanted)
        assert () == here.simulator.faults.waiting()
        assert Lifecycle.SENT is snapshot.lifecycle
        check_exact(here, store, wanted)


def test_several_steps_in_doubt_at_once_are_each_found(here: Place) -> None:
    """Three documents are made, the process dies before it hears of any: each is found by its reference."""
    wanted, store = asked("doubt"), MemoryStore()

    def counts(command: Command) -> bool:
        return isinstance(command, Http) and command.request.url.path.endswith("/init-documents")

    assert died(here.in_turns(in_turn()), store, wanted, at=0, counts=counts)
    with store.begin() as tx:
        (attempt,) = tx.attempts(wanted.id)
        doubted = [each.key for each in tx.steps(attempt.id) if each.state is StepState.INTENT]
    assert {f"document:{name}" for name in NAMES} == set(doubted)
    made = [each.external_id for each in here.simulator.effects.of("document_created")][-3:]
    assert sorted(NAMES) == sorted(made)
    gone_on(here.in_turns(in_turn()), store, wanted)
    check_exact(here, store, wanted)


def test_control_without_the_journal_people_are_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were neither steps nor ids kept, a crash after the publication would publish a second request."""
    monkeypatch.setattr(journal, "run_step", lambda _kernel, _attempt, step: step.effect())
    monkeypatch.setattr(journal, "identify", lambda _kernel, _attempt, _command: (yield from ()))
    with place() as found:
        wanted, store = asked("twice"), MemoryStore()

        def counts(command: Command) -> bool:
            return isinstance(command, Http) and command.request.url.path.endswith("/publish")

        assert died(found.in_threads, store, wanted, at=0, counts=counts)
        with suppress(ParaphError):
            gone_on(found.in_threads, store, wanted)
        assert 2 == len(found.simulator.effects.of("published"))
        with pytest.raises((AssertionError, ValueError)):
            check_exact(found, store, wanted)


# Overlap


@pytest.mark.parametrize(("path", "count"), [("/signers", 3), ("/init-documents", 3), ("/file", 3)])
def test_calls_overlap(path: str, count: int) -> None:
    """Signers after the first, documents and contents wait for each other, so they are under way at once."""
    transport = Metering()
    with place() as found, found.client(open_store("memory:"), transport=transport) as client:
        wanted = asked("overlap")
        transport.path, transport.meeting = path, Meeting(count, alone=int(path == "/signers"))
        client.send(wanted, account=ACCOUNT)
        assert transport.most >= count


class Meeting(threading.Barrier):
    """Lets some through at once, one by one, before the others meet."""

    def __init__(self, parties: int, *, alone: int) -> None:
        super().__init__(parties, timeout=60)
        self.alone = alone

    def wait(self, timeout: float | None = None) -> int:
        if self.alone:
            self.alone -= 1
            return 0
        return super().wait(timeout)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_no_more_overlap_than_the_account_allows(limit: int) -> None:
    """However much could go side by side, no more is under way than ``limits.in_flight`` says."""
    transport = Metering()
    with (
        place(limits={"in_flight": limit}) as found,
        found.client(open_store("memory:"), transport=transport) as client,
    ):
        client.send(asked("bounded"), account=ACCOUNT)
    assert limit >= transport.most


def test_the_plan_is_read_once_however_many_lanes_want_it() -> None:
    """A resumed send whose first signer is done reads the plan for the second, and once for all others."""
    wanted = envelope(signatories=[person(name) for name in PEOPLE])
    talk = Talk(sending.send(carried(wanted), account()), journal={"signer:ada": "s0"})
    planned(talk)
    for name in PEOPLE[1:]:
        talk.expect("POST", f"{APP}/signers", reply={"signerId": f"s-{name}"})
    talk.expect("POST", f"{APP}/signature-requests", body={}, reply={"signatureRequestId": "r1"})


def test_interrupted_signers_are_looked_for_without_a_plan() -> None:
    """Where no signer has to be made no profile is read, however many are in doubt."""
    wanted = envelope(signatories=[person(name) for name in PEOPLE])
    journal: dict[str, Any] = {f"signer:{name}": INTENT for name in PEOPLE}
    talk = Talk(sending.send(carried(wanted), account()), journal=journal)
    for name in PEOPLE:
        reference = f"env1:{name}"
        known = {"signerId": f"s-{name}", "externalId": reference}
        found = {"signers": [known], "total": 1}
        talk.expect("POST", f"{APP}/signers-search", query={"filter": reference}, reply=found)
    talk.expect("POST", f"{APP}/signature-requests", body={}, reply={"signatureRequestId": "r1"})


@pytest.mark.parametrize("same", list(itertools.combinations(range(4), 2)))
def test_two_signatories_for_one_signer_are_refused(same: tuple[int, int]) -> None:
    """Whichever two the vendor takes for one, the later one is named, and no request is made for them."""
    wanted = envelope(signatories=[person(name) for name in PEOPLE])
    talk = Talk(sending.send(carried(wanted), account()))
    planned(talk)
    answers = [f"s{same[0] if number in same else number}" for number in range(4)]
    for signer in answers[:-1]:
        talk.expect("POST", f"{APP}/signers", reply={"signerId": signer})
    with pytest.raises(Refused) as caught:
        talk.expect("POST", f"{APP}/signers", reply={"signerId": answers[-1]})
    (found,) = caught.value.problems
    assert (f"signatories[{same[1]}]", "signer.same") == (found.path, found.code)


def test_a_failure_beside_others_is_the_first_in_the_envelopes_order(here: Place) -> None:
    """Two contents are lost at once: the error is as it is without company, with a word on the other."""
    wanted, store = asked("first-error"), MemoryStore()
    fault = Fault(kind=FaultKind.RESET, method="POST", path=PATHS["contents"], times=2)
    here.simulator.faults.add(fault)
    with pytest.raises(ConnectionLost) as caught:
        gone_on(here.in_turns(in_turn()), store, wanted)
    assert (ACCOUNT, "unknown") == (caught.value.account, caught.value.effect)
    gone_on(here.in_turns(in_turn()), store, wanted)
    check_exact(here, store, wanted)
