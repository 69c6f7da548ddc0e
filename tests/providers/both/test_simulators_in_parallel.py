"""The simulators under parallel calls of one account: nothing lost, nothing double, one winner each time."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import httpx
import pytest

from paraph.testing.simulator import Fault, FaultKind
from paraph_ignisign.simulator import create as ignisign
from paraph_sign8.simulator import create as sign8
from providers.ignisign.simulator_driver import Driver as IgnisignDriver
from providers.ignisign.simulator_driver import make_pdf
from providers.sign8.simulator_driver import Driver as Sign8Driver

R = TypeVar("R")
THREADS = 16
PDF = make_pdf()


def at_once(action: Callable[[int], R], times: int = THREADS) -> list[R]:
    """Do something in many threads that begin together; return what came, by number."""
    start = threading.Barrier(times, timeout=60)

    def one(number: int) -> R:
        start.wait()
        return action(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.fixture(scope="module")
def first() -> Iterator[IgnisignDriver]:
    simulator = ignisign()
    with simulator.running() as url, IgnisignDriver(simulator, url) as driver:
        yield driver


@pytest.fixture(scope="module")
def second() -> Iterator[Sign8Driver]:
    simulator = sign8()
    with simulator.running() as url, Sign8Driver(simulator, url) as driver:
        yield driver


def test_one_signer_is_made_of_one_reference(first: IgnisignDriver) -> None:
    """Of sixteen that make a signer with one reference one makes it, and all get the same id."""
    profile = first.profile("EMBEDDED")
    person = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org"}
    body = {"signerProfileId": profile, "externalId": "shared", **person}
    answers = at_once(lambda _: first.ok("POST", "APP/signers", body))
    assert 1 == len({each["signerId"] for each in answers})
    assert Counter({True: THREADS - 1, False: 1}) == Counter(each["alreadyExists"] for each in answers)
    made = [each for each in first.simulator.effects.of("signer_created") if each.external_id == "shared"]
    assert 1 == len(made)


def test_every_document_and_content_arrives_once(first: IgnisignDriver) -> None:
    """Documents that are made and filled side by side all exist, each with its own content."""
    request = first.draft()

    def document(number: int) -> str:
        made = first.document(request, externalId=f"d{number}", label=f"{number}.pdf")
        assert 200 == first.upload(made, PDF + b"\n" * number, name=f"{number}.pdf").status_code
        return made

    made = at_once(document)
    shown = {each["externalId"]: each for each in first.context(request)["documents"]}
    assert {f"d{number}": ref for number, ref in enumerate(made)} == {
        key: each["_id"] for key, each in shown.items()
    }
    tenant = first.simulator.tenant
    assert [len(PDF) + number for number in range(THREADS)] == [tenant.documents[each].size for each in made]
    filled = Counter(each.reference for each in first.simulator.effects.of("content_provided"))
    assert [1] * THREADS == [filled[each] for each in made]


def test_one_content_and_one_publication_win(first: IgnisignDriver) -> None:
    """A document is filled once and a request published once, however many try: the others are refused."""
    request = first.draft()
    document = first.document(request)
    statuses = Counter(at_once(lambda _: first.upload(document, PDF).status_code))
    assert (1, THREADS) == (statuses[200], statuses.total())
    ready = first.ready([first.signer()["signerId"]])
    path = f"/v4/signature-requests/{ready}/publish"
    answers = at_once(lambda _: first.raw("POST", path, {}))
    refused = [each.json()["code"] for each in answers if each.status_code != 200]
    assert ["CANNOT_PUBLISH_SIGNATURE_REQUEST__REQUEST_ALREADY_PUBLISHED"] * (THREADS - 1) == refused
    assert 1 == sum(each.reference == ready for each in first.simulator.effects.of("published"))


def test_as_many_calls_meet_a_fault_as_it_says(first: IgnisignDriver) -> None:
    """A fault for five requests hits five of sixteen that come together."""
    first.simulator.faults.add(Fault(kind=FaultKind.STATUS, method="GET", path=".*/signer-profiles", times=5))
    answers = at_once(lambda _: first.raw("GET", "APP/signer-profiles"))
    assert Counter({200: THREADS - 5, 503: 5}) == Counter(each.status_code for each in answers)
    assert () == first.simulator.faults.waiting()


def test_every_addition_to_a_workflow_counts_once(second: Sign8Driver) -> None:
    """Files and signers that are added side by side are all there, and all of them are shown."""
    workflow = second.workflow()

    def add(number: int) -> str:
        if number % 2:
            return second.file(workflow, PDF, name=f"{number}.pdf")
        return second.signer(workflow, email=f"p{number}@example.org", position=1 + number // 2)

    made = at_once(add)
    kept = second.simulator.tenant.workflows[workflow]
    assert set(made[1::2]) == set(kept.files)
    assert set(made[0::2]) == set(kept.signers)
    assert [f"p{number}@example.org" for number in range(0, THREADS, 2)] == [
        kept.signers[each].email for each in made[0::2]
    ]


def test_a_workflow_starts_once(second: Sign8Driver) -> None:
    """Of sixteen starts one works, and everyone is asked to sign once."""
    workflow, _, _ = second.ready()
    before = len(second.mails("Please sign"))
    answers: list[httpx.Response] = at_once(lambda _: second.raw("start", {"workflow_id": workflow}))
    assert 1 == sum(each.is_success for each in answers)
    history: list[Any] = second.simulator.tenant.workflows[workflow].history
    assert 1 == [each.what for each in history].count("started")
    assert 1 == len(second.mails("Please sign")) - before
