"""Parents and children: adoption, summing up, and what the client does with a parent."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.children import child_id
from paraph.errors import NotReady, PermissionDenied
from paraph.ledger import Origin, events_of
from paraph.model import (
    Child,
    Event,
    Fact,
    FactType,
    Field,
    Lifecycle,
    Observation,
    Rect,
    Snapshot,
    Source,
    Subject,
    Trust,
    target,
)
from paraph.ops.kernel import Kernel
from paraph.ops.observe import _project, _record
from paraph.ops.send import _register
from paraph.store.records import AttemptState
from support.both import Both
from support.tiny import SIGNATURE, TinyVendor, envelope, sign, tiny_kernel, utc

F = FactType
ORIGIN = Origin(account="a", provider="tiny", environment="test", vendor_tenant="tenant-1")
START = utc(2026, 1, 1)
ADA = Child(ref="e1-ada", signatories=("p-ada",), documents=(("contract", "d1a"), ("annex", "d2a")))
BOB = Child(ref="e1-bob", signatories=("p-bob",), documents=(("contract", "d1b"), ("annex", "d2b")))
REFS = {"e1": ("p-ada", "p-bob"), "e1-ada": ("p-ada",), "e1-bob": ("p-bob",)}
DOCUMENTS = {"e1": ("d1", "d2"), "e1-ada": ("d1a", "d2a"), "e1-bob": ("d1b", "d2b")}


def prepared(**changes: Any) -> Kernel:
    """A store with one published envelope ``one``, at the vendor ``e1``, of which no child is known."""
    kernel = tiny_kernel()
    attempt = _register(kernel, envelope(id="one", **changes), kernel.account("a"), "attempt-1", START)
    with kernel.store.begin() as tx:
        tx.put_attempt(
            attrs.evolve(
                attempt,
                state=AttemptState.PUBLISHED,
                vendor_ref="e1",
                signatories=(("ada", "p-ada"), ("bob", "p-bob")),
                documents=(("contract", "d1"), ("annex", "d2")),
            )
        )
    return kernel


def observed(*facts: Fact, trust: Trust = Trust.VERIFIED, children: tuple[Child, ...] = ()) -> Observation:
    return Observation(source=Source.POLL, trust=trust, observed_at=START, facts=facts, children=children)


def said(kind: FactType, ref: str, about: str = "", **more: Any) -> Fact:
    return Fact(type=kind, subject=Subject(ref=ref), target=about, **more)


def told(kernel: Kernel, *observations: Observation) -> list[Event]:
    new: list[Event] = []
    for observation in observations:
        new += _record(kernel, observation, "a")
    return new


def everything(kernel: Kernel) -> tuple[dict[str, Event], list[Snapshot]]:
    """All events without their moment of arrival, and what is known of parent and children."""
    with kernel.store.begin() as tx:
        found = events_of(tx, tx.events(), kernel.environment, kernel.load)
        children = [child.id for child in tx.children("one")]
    events = {event.id: attrs.evolve(event, sequence=0, recorded_at=START) for event in found}
    shown = [_project(kernel, name) for name in ("one", *sorted(children))]
    return events, [attrs.evolve(each, children=tuple(sorted(each.children))) for each in shown]


@st.composite
def facts(draw: st.DrawFn, ref: str) -> Fact:
    """Any fact of the parent or a child, of its own signatories and documents."""
    kind = draw(st.sampled_from(sorted(set(F) - {F.ENVELOPE_CHILD, F.ENVELOPE_CLAIMED})))
    about = ""
    if kind is F.SIGNATORY_DOCUMENT_SIGNED:
        about = target(draw(st.sampled_from(REFS[ref])), draw(st.sampled_from(DOCUMENTS[ref])))
    elif kind.value.startswith("signatory."):
        about = draw(st.sampled_from(REFS[ref]))
    elif kind.value.startswith("evidence."):
        about = target("signed_document", draw(st.sampled_from(DOCUMENTS[ref])))
    elif kind is F.UNKNOWN:
        about = "NEW"
    at = draw(st.none() | st.integers(0, 3).map(lambda hours: START + timedelta(hours=hours)))
    return said(kind, ref, about, at=at, reason=draw(st.none() | st.just("because")))


@st.composite
def tellings(draw: st.DrawFn) -> Observation:
    """Something told of the parent or one child; of the parent perhaps with its children."""
    ref = draw(st.sampled_from(sorted(REFS)))
    children = draw(st.sampled_from([(), (ADA,), (BOB,), (ADA, BOB)])) if ref == "e1" else ()
    given_facts = draw(st.lists(facts(ref), min_size=1, max_size=3))
    return observed(
        *given_facts, trust=draw(st.sampled_from([Trust.VERIFIED, Trust.CONFIRMED])), children=children
    )


ADOPTING = observed(said(F.ENVELOPE_CREATED, "e1"), children=(ADA, BOB))


@settings(max_examples=150)
@given(st.lists(tellings(), max_size=6), st.randoms(use_true_random=False))
def test_any_order_of_news_and_adoption_ends_in_the_same(given_: list[Observation], chance: random.Random):
    """Whenever the children become known, events and snapshots of parent and children are the same."""
    first, second = prepared(), prepared()
    told(first, ADOPTING, *given_)
    shuffled = [*given_, ADOPTING, *given_]
    chance.shuffle(shuffled)
    told(second, *shuffled)
    assert everything(first) == everything(second)


@settings(max_examples=50)
@given(st.lists(tellings(), max_size=6))
def test_events_are_told_once(given_: list[Observation]):
    """Telling everything again tells no event, neither of children nor of the parent."""
    kernel = prepared()
    told(kernel, ADOPTING, *given_)
    assert [] == told(kernel, ADOPTING, *given_)


def test_a_child_is_an_envelope_of_its_own():
    """It has the parent's documents, terms and reference, and only its own signatory with their fields."""
    fields = [
        Field(document="contract", signatory=who, rect=Rect(x=1, y=1, width=9, height=9))
        for who in ("ada", "bob")
    ]
    kernel = prepared(fields=fields)
    told(kernel, ADOPTING)
    with kernel.store.begin() as tx:
        stored = tx.envelope(child_id("one", "e1-ada"))
    assert stored is not None
    made, asked = kernel.load(stored), envelope(fields=fields)
    names = [document.name for document in asked.documents]
    assert (names, asked.title, ["ada"]) == (
        [document.name for document in made.documents],
        made.title,
        [field.signatory for field in made.fields],
    )
    child = _project(kernel, child_id("one", "e1-ada"))
    assert ("one", "e1-ada", ["ada"]) == (
        child.parent,
        child.vendor_ref,
        [one.id for one in child.signatories],
    )
    parent = _project(kernel, "one")
    assert {child_id("one", "e1-ada"), child_id("one", "e1-bob")} == {*parent.children}
    assert (None, "one") == (parent.parent, parent.id)


def test_what_was_told_before_is_the_childs():
    """News of a child that is not known waits, and is its and its parent's as soon as the child is known."""
    kernel = prepared()
    (early,) = (
        one
        for one in told(kernel, observed(said(F.SIGNATORY_SIGNED, "e1-ada", "p-ada")))
        if one.target == "p-ada" and one.type is F.SIGNATORY_SIGNED
    )
    assert early.envelope_id is None
    told(kernel, ADOPTING)
    events, (parent, *_) = everything(kernel)
    assert child_id("one", "e1-ada") == events[early.id].envelope_id
    assert "signed" == parent.signatory("ada").decision


def test_all_children_completed_completes_the_parent():
    """The parent is completed with its last child, and its evidence is ready when each child has some."""
    kernel = prepared()
    told(kernel, ADOPTING)
    for ref, expected in (("e1-ada", Lifecycle.IN_PROGRESS), ("e1-bob", Lifecycle.COMPLETED)):
        ready = said(F.EVIDENCE_READY, ref, target("signed_document", DOCUMENTS[ref][0]))
        told(kernel, observed(said(F.ENVELOPE_COMPLETED, ref, at=START), ready))
        assert expected is _project(kernel, "one").lifecycle
    parent = _project(kernel, "one")
    assert ["signed", "signed"] == [one.decision for one in parent.signatories]
    assert ("signed_document",) == parent.evidence_ready
    assert parent.ending is not None
    assert START == parent.ending.at


@pytest.mark.parametrize(
    ("endings", "expected"),
    [
        ((F.ENVELOPE_COMPLETED, F.ENVELOPE_CANCELLED), Lifecycle.CANCELLED),
        ((F.ENVELOPE_EXPIRED, F.ENVELOPE_CANCELLED), Lifecycle.CANCELLED),
        ((F.ENVELOPE_EXPIRED, F.ENVELOPE_COMPLETED), Lifecycle.EXPIRED),
        ((F.ENVELOPE_FAILED, F.ENVELOPE_DECLINED), Lifecycle.DECLINED),
    ],
)
def test_different_endings_are_summed_up_by_rank(endings: tuple[FactType, FactType], expected: Lifecycle):
    """A parent whose children ended differently is not completed: the strongest other ending counts."""
    kernel = prepared()
    told(kernel, ADOPTING)
    for ref, ending in zip(("e1-ada", "e1-bob"), endings, strict=True):
        told(kernel, observed(said(ending, ref)))
    parent = _project(kernel, "one")
    assert (expected, F.ENVELOPE_COMPLETED in endings) == (parent.lifecycle, parent.partially_signed)


def test_when_a_parent_ended_is_known_only_of_all_children():
    """The time of the last child's end is the parent's, unless another may have ended later."""
    for times, expected in (((START, None), None), ((START, START + timedelta(hours=1)), timedelta(hours=1))):
        kernel = prepared()
        told(kernel, ADOPTING)
        for ref, at in zip(("e1-ada", "e1-bob"), times, strict=True):
            told(kernel, observed(said(F.ENVELOPE_COMPLETED, ref, at=at)))
        ending = _project(kernel, "one").ending
        assert ending is not None
        assert expected == (ending.at and ending.at - START)


def test_a_parents_completion_is_as_certain_as_that_of_its_children():
    """A child that was only said to be completed, and read to be cancelled, confirms no completion."""
    kernel = prepared()
    told(kernel, ADOPTING)
    told(kernel, observed(said(F.ENVELOPE_COMPLETED, "e1-ada")))
    for ref, ending in (("e1-ada", F.ENVELOPE_CANCELLED), ("e1-bob", F.ENVELOPE_COMPLETED)):
        told(kernel, observed(said(ending, ref), trust=Trust.CONFIRMED))
    assert Lifecycle.CANCELLED is _project(kernel, "one").lifecycle


def test_a_child_that_is_a_parent_is_summed_up_further():
    """The end of a grandchild ends its parent, and with the last child the parent's parent, at once."""
    kernel = prepared()
    told(kernel, ADOPTING, observed(said(F.ENVELOPE_COMPLETED, "e1-bob")))
    grandchild = attrs.evolve(ADA, ref="e1-ada-1")
    told(kernel, observed(said(F.ENVELOPE_CREATED, "e1-ada"), children=(grandchild,)))
    new = told(kernel, observed(said(F.ENVELOPE_COMPLETED, "e1-ada-1")))
    ended = {event.vendor_ref for event in new if event.type is F.ENVELOPE_COMPLETED}
    assert {"e1", "e1-ada", "e1-ada-1"} == ended
    assert Lifecycle.COMPLETED is _project(kernel, "one").lifecycle


def test_a_missing_child_keeps_the_parent_open():
    """While a signatory's child is unknown, the end of the others ends nothing."""
    kernel = prepared()
    told(kernel, observed(said(F.ENVELOPE_CREATED, "e1"), children=(ADA,)))
    told(kernel, observed(said(F.ENVELOPE_COMPLETED, "e1-ada")))
    assert Lifecycle.IN_PROGRESS is _project(kernel, "one").lifecycle


def test_a_claim_makes_no_child():
    """Children that are only claimed are not made (with proof they are: see the others)."""
    kernel = prepared()
    told(kernel, attrs.evolve(ADOPTING, trust=Trust.CLAIMED))
    assert () == _project(kernel, "one").children


@pytest.fixture(params=["sync", "async"])
def both(request: pytest.FixtureRequest) -> Iterator[Any]:
    world = Both(request.param, TinyVendor())
    yield world
    world.end()


def test_a_family_from_sending_to_evidence(both: Any, tmp_path: Path):
    """A parent's refresh makes and reads its children; its evidence is theirs, a child's is its own."""
    asked = envelope()
    both.send(asked)
    both.vendor.split("e1")
    parent = both.refresh(asked.id)
    ada, bob = (child_id(asked.id, f"e1{local}") for local in ("ada", "bob"))
    assert {ada, bob} == {*parent.children}
    both.vendor.sign("e1ada", "p-ada")
    parent = both.refresh(asked.id)
    assert (Lifecycle.IN_PROGRESS, Lifecycle.COMPLETED) == (parent.lifecycle, both.get(ada).lifecycle)
    both.vendor.sign("e1bob", "p-bob")
    assert Lifecycle.COMPLETED is both.wait(asked.id).lifecycle
    keys = {each.key for each in both.evidence(asked.id)}
    assert {
        f"{who}/signed_document/{what}" for who in ("ada", "bob") for what in ("contract", "annex")
    } == keys
    both.save(asked.id, tmp_path / "all")
    names = {f"{who}-{what}.signed.pdf" for who in ("ada", "bob") for what in ("contract", "annex")}
    assert {*names, "manifest.json"} == {path.name for path in (tmp_path / "all").iterdir()}
    assert ["contract", "annex"] == [each.document_id for each in both.evidence(ada)]


def test_evidence_of_some_children_does_not_pass_for_all(both: Any, tmp_path: Path):
    """A parent is saved once every child has what it will ever have; a child on its own at once."""
    asked = envelope()
    both.send(asked)
    both.vendor.split("e1")
    both.vendor.sign("e1ada", "p-ada")
    both.refresh(asked.id)
    with pytest.raises(NotReady, match="evidence within 0 s of bob"):
        both.save(asked.id, tmp_path, timeout=0)
    ada, bob = (child_id(asked.id, f"e1{local}") for local in ("ada", "bob"))
    both.save(ada, tmp_path / "ada")
    both.cancel(bob)
    both.save(asked.id, tmp_path / "all")
    names = {f"ada-{what}.signed.pdf" for what in ("contract", "annex")}
    assert {*names, "manifest.json"} == {path.name for path in (tmp_path / "all").iterdir()}


def test_a_signer_without_a_child_has_evidence_due(both: Any, tmp_path: Path):
    """While the vendor has not told of everyone's child, what it has told of is a part."""
    asked = envelope()
    both.send(asked)
    both.vendor.split("e1")
    both.vendor.envelopes["e1"]["children"].remove("e1bob")
    both.vendor.sign("e1ada", "p-ada")
    both.refresh(asked.id)
    with pytest.raises(NotReady, match="of bob"):
        both.save(asked.id, tmp_path, timeout=0)


def test_cancelling_a_parent_reaches_a_child_that_was_not_known(both: Any):
    """Children are looked for before they are cancelled, so that none that came late lives on."""
    asked = envelope()
    both.send(asked)
    both.vendor.split("e1")
    late = both.vendor.envelopes["e1"]["children"]
    late.remove("e1bob")
    assert 1 == len(both.refresh(asked.id).children)
    late.append("e1bob")
    assert Lifecycle.CANCELLED is both.cancel(asked.id).lifecycle
    assert "CANCELLED" == both.vendor.envelopes["e1bob"]["state"]


def test_links_and_cancelling_go_to_the_children(both: Any):
    """A parent's link is that of the signatory's child, and cancelling it cancels the open children."""
    asked = envelope()
    both.send(asked)
    both.vendor.split("e1")
    both.refresh(asked.id)
    assert "ada" == both.signing_link(asked.id, "ada").signatory_id
    both.vendor.sign("e1ada", "p-ada")
    both.vendor.requests.clear()
    cancelled = both.cancel(asked.id)
    assert (Lifecycle.CANCELLED, True) == (cancelled.lifecycle, cancelled.partially_signed)
    assert "SPLIT" == both.vendor.envelopes["e1"]["state"]
    assert "DONE" == both.vendor.envelopes["e1ada"]["state"]


def test_news_of_an_unknown_child_reads_its_parent(both: Any):
    """A proven delivery about a child that nobody knows yet makes it known, and is told as its own."""
    asked = envelope()
    both.send(asked)
    both.vendor.split("e1")
    both.vendor.sign("e1ada", "p-ada")
    body = both.vendor.delivery("e1ada", "SIGNED", "p-ada", token="")
    outcome = both.ingest("a", headers={SIGNATURE: sign(body)}, body=body)
    assert "accepted" == outcome.kind
    ada = both.get(child_id(asked.id, "e1ada"))
    assert (asked.id, "signed") == (ada.parent, ada.signatory("ada").decision)
    assert "signed" == both.get(asked.id).signatory("ada").decision


def test_a_parent_with_all_children_is_read_through_them_alone(both: Any):
    """Once each signer has a child, a refresh of the parent asks for the open children and nothing else."""
    asked = envelope()
    both.send(asked)
    both.vendor.split("e1")
    both.refresh(asked.id)
    both.vendor.sign("e1ada", "p-ada")
    both.refresh(asked.id)
    both.vendor.requests.clear()
    both.refresh(asked.id)
    assert [("GET", "/envelopes/e1bob")] == both.vendor.requests


def test_a_child_that_cannot_be_cancelled_holds_no_other_up(both: Any):
    """All open children are ended, and the failure of one is told in the end."""
    asked = envelope()
    both.send(asked)
    both.vendor.split("e1")
    both.refresh(asked.id)

    def honest(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        return effect()

    def refused(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        return httpx.Response(403)

    both.vendor.faults = [honest, honest, refused]
    with pytest.raises(PermissionDenied):
        both.cancel(asked.id)
    states = {both.vendor.envelopes[f"e1{local}"]["state"] for local in ("ada", "bob")}
    assert {"SENT", "CANCELLED"} == states
    assert Lifecycle.CANCELLED is both.cancel(asked.id).lifecycle
