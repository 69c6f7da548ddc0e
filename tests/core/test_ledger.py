"""The ledger converges: order, duplication, trust and attempts."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.ledger import Origin, events_of, record, stream_of
from paraph.lifecycle import ENDINGS, IMPLIED, Key, Roster, closure, lifecycle_of
from paraph.model import (
    Decision,
    Event,
    Fact,
    FactType,
    Lifecycle,
    Observation,
    Snapshot,
    Source,
    Subject,
    SubjectKind,
    Trust,
)
from paraph.ops.kernel import Kernel
from paraph.ops.send import _register
from paraph.projection import snapshot_of
from paraph.store.records import AttemptState
from support.tiny import envelope, tiny_kernel, utc

F = FactType
ORIGIN = Origin(account="a", provider="tiny", environment="test", vendor_tenant="tenant-1")
START = utc(2026, 1, 1)
SIGNERS, DOCUMENTS = ("p-ada", "p-bob"), ("d1", "d2")
TARGETS = {
    F.SIGNATORY_DOCUMENT_SIGNED: [f"{signer}/{document}" for signer in SIGNERS for document in DOCUMENTS],
    F.EVIDENCE_READY: [f"signed_document/{document}" for document in DOCUMENTS],
    F.EVIDENCE_FAILED: ["audit_trail"],
    F.UNKNOWN: ["SOMETHING/NEW", "ß\u202e"],
    F.ENVELOPE_CHILD: ["e9"],
}


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """Any fact of the envelope ``e1``, of its signatories and documents."""
    kind = draw(st.sampled_from(list(F)))
    default = list(SIGNERS) if kind.value.startswith("signatory.") else [""]
    at = draw(st.none() | st.integers(0, 5).map(lambda hours: START + timedelta(hours=hours)))
    return Fact(
        type=kind,
        subject=Subject(ref="e1"),
        target=draw(st.sampled_from(TARGETS.get(kind, default))),
        at=at,
        native=draw(st.sampled_from(["", "COMPLETED", "CLOSED", "FINALIZED"])),
        reason=draw(st.none() | st.just("because")),
        inferred=draw(st.booleans()),
    )


observations = st.lists(
    st.builds(
        Observation,
        source=st.sampled_from(list(Source)),
        trust=st.sampled_from(list(Trust)),
        observed_at=st.integers(0, 9).map(lambda minutes: START + timedelta(minutes=minutes)),
        facts=st.lists(facts(), max_size=3).map(tuple),
    ),
    max_size=8,
)


def prepared(*, known: bool = True) -> Kernel:
    """A store with one published attempt for vendor reference ``e1``, perhaps not known yet."""
    kernel = tiny_kernel()
    asked = envelope(id="one")
    attempt = _register(kernel, asked, kernel.account("a"), "attempt-1", START)
    with kernel.store.begin() as tx:
        tx.put_attempt(
            attrs.evolve(
                attempt,
                state=AttemptState.PUBLISHED,
                vendor_ref="e1" if known else None,
                signatories=(("ada", "p-ada"), ("bob", "p-bob")),
                documents=(("contract", "d1"), ("annex", "d2")),
            )
        )
    return kernel


def told(kernel: Kernel, *given: Observation) -> list[Event]:
    new: list[Event] = []
    for observation in given:
        with kernel.store.begin() as tx:
            new += record(tx, observation, ORIGIN, load=kernel.load).events
    return new


def events(kernel: Kernel) -> dict[str, Event]:
    with kernel.store.begin() as tx:
        found = events_of(tx, tx.events(), kernel.environment, kernel.load)
    return {event.id: event for event in found}


def snapshot(kernel: Kernel) -> Snapshot:
    with kernel.store.begin() as tx:
        stored = tx.envelope("one")
        assert stored is not None
        attempt = tx.attempts("one")[-1]
        sightings = tx.sightings(stream_of(ORIGIN, SubjectKind.ENVELOPE, attempt.vendor_ref or ""))
    return snapshot_of(stored, kernel.load(stored), attempt, sightings, environment="test", provider="tiny")


@settings(max_examples=200, deadline=None)
@given(observations, st.randoms(use_true_random=False))
def test_any_order_with_duplicates_ends_in_the_same_events_and_snapshot(
    given_: list[Observation], chance: random.Random
) -> None:
    """Permuting and repeating observations changes neither the events, ids included, nor the snapshot."""
    one, other = prepared(), prepared()
    told(one, *given_)
    shuffled = given_ + [chance.choice(given_) for _ in given_]
    chance.shuffle(shuffled)
    told(other, *shuffled)
    assert events(one) == events(other)
    assert snapshot(one) == snapshot(other)


@settings(max_examples=100, deadline=None)
@given(observations, st.integers(0, 8))
def test_news_before_the_vendors_id_is_known_is_parked_and_adopted(
    given_: list[Observation], moment: int
) -> None:
    """Learning the vendor's id late gives the same events and snapshot as knowing it from the start."""
    from paraph.flow.commands import Identify
    from paraph.ops.journal import _commit_references

    early, late = prepared(), prepared(known=False)
    told(early, *given_)
    told(late, *given_[:moment])
    with late.store.begin() as tx:
        attempt = tx.attempts("one")[-1]
        origin = late.origin(attempt.account)
        _commit_references(late.load, origin, attempt, Identify(envelope="e1"), START, tx)
    told(late, *given_[moment:])
    assert events(early) == events(late)
    assert snapshot(early) == snapshot(late)


@settings(max_examples=100, deadline=None)
@given(observations)
def test_events_are_told_once(given_: list[Observation]) -> None:
    """Each event is returned as new exactly once, and telling everything again returns nothing."""
    kernel = prepared()
    new = told(kernel, *given_)
    assert len({event.id for event in new}) == len(new)
    assert {event.id for event in new} == set(events(kernel))
    assert [] == told(kernel, *given_)


@settings(max_examples=100, deadline=None)
@given(observations)
def test_a_claim_without_proof_moves_nothing(given_: list[Observation]) -> None:
    """Claims alone leave the life cycle, endings and decisions untouched, and ask for attention."""
    kernel = prepared()
    told(kernel, *[attrs.evolve(each, trust=Trust.CLAIMED, our_reference="attempt-1") for each in given_])
    seen = snapshot(kernel)
    assert (Lifecycle.DRAFT, None, ()) == (seen.lifecycle, seen.ending, seen.evidence_ready)
    assert {Decision.NONE} == {each.decision for each in seen.signatories}
    assert {"claimed"} >= {each.code for each in seen.attention}
    assert bool(seen.attention) == any(each.facts for each in given_)


def test_negative_control_the_same_news_with_proof_does_end_it() -> None:
    """What a claim cannot do, a verified delivery does."""
    kernel = prepared()
    done = Fact(type=F.ENVELOPE_DECLINED, subject=Subject(ref="e1"))
    told(kernel, Observation(source=Source.WEBHOOK, trust=Trust.VERIFIED, observed_at=START, facts=(done,)))
    assert snapshot(kernel).lifecycle is Lifecycle.DECLINED


@settings(max_examples=100, deadline=None)
@given(observations)
def test_news_of_a_superseded_attempt_moves_nothing(given_: list[Observation]) -> None:
    """Once a later attempt carries the envelope, news of the earlier one is kept but does not move it."""
    kernel = prepared()
    with kernel.store.begin() as tx:
        first = tx.attempts("one")[-1]
        tx.put_attempt(attrs.evolve(first, state=AttemptState.SUPERSEDED))
        tx.put_attempt(
            attrs.evolve(first, id="attempt-2", number=2, vendor_ref="e2", state=AttemptState.PUBLISHED)
        )
    before = snapshot(kernel)
    new = told(kernel, *given_)
    assert before == snapshot(kernel)
    assert {1} >= {event.attempt for event in new}
    assert len(new) == len(events(kernel))


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(), min_size=1, max_size=40))
def test_an_unknown_native_word_never_raises_and_is_kept(word: str) -> None:
    """Whatever a vendor says tomorrow is stored with its word and shown, without moving the envelope."""
    kernel = prepared()
    sent = Fact(type=F.ENVELOPE_SENT, subject=Subject(ref="e1"), native="SENT")
    strange = Fact(type=F.UNKNOWN, subject=Subject(ref="e1"), target=word, native=word)
    told(
        kernel,
        Observation(source=Source.POLL, trust=Trust.CONFIRMED, observed_at=START, facts=(sent, strange)),
    )
    seen = snapshot(kernel)
    assert seen.lifecycle is Lifecycle.SENT
    kept = word.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
    assert kept in seen.native
    assert any(event.type is F.UNKNOWN and event.target == kept for event in events(kernel).values())


def confirmed(*kinds: FactType, target: str = "", **changes: Any) -> Observation:
    found = [Fact(type=kind, subject=Subject(ref="e1"), target=target, **changes) for kind in kinds]
    return Observation(source=Source.POLL, trust=Trust.CONFIRMED, observed_at=START, facts=found)


def test_a_closed_envelope_that_all_have_signed_is_completed() -> None:
    """The ambiguous word "closed" becomes completed exactly when everyone has signed every document."""
    kernel = prepared()
    told(kernel, confirmed(F.ENVELOPE_CLOSED))
    assert (Lifecycle.FINALIZING, False) == (snapshot(kernel).lifecycle, snapshot(kernel).partially_signed)
    told(kernel, confirmed(F.SIGNATORY_SIGNED, target="p-ada"))
    assert (Lifecycle.FINALIZING, True) == (snapshot(kernel).lifecycle, snapshot(kernel).partially_signed)
    for document in DOCUMENTS:
        told(kernel, confirmed(F.SIGNATORY_DOCUMENT_SIGNED, target=f"p-bob/{document}"))
    assert Lifecycle.COMPLETED is snapshot(kernel).lifecycle
    assert {Decision.SIGNED} == {each.decision for each in snapshot(kernel).signatories}


def test_cancelled_after_one_signature_is_cancelled_and_partially_signed() -> None:
    """A cancellation after one of two signatures is no completion, and says that somebody had signed."""
    kernel = prepared()
    told(kernel, confirmed(F.SIGNATORY_SIGNED, target="p-ada"), confirmed(F.ENVELOPE_CANCELLED))
    seen = snapshot(kernel)
    assert seen.ending is not None
    assert (Lifecycle.CANCELLED, True) == (seen.ending.kind, seen.ending.partially_signed)


def test_completion_seen_only_by_a_poll_tells_the_same_milestones_as_all_webhooks() -> None:
    """Missed webhooks change nothing: one poll that says "completed" gives the same set of event ids."""
    webhooks, poll = prepared(), prepared()
    told(webhooks, confirmed(F.ENVELOPE_CREATED, F.ENVELOPE_SENT))
    for signer in SIGNERS:
        told(webhooks, confirmed(F.SIGNATORY_INVITED, F.SIGNATORY_OPENED, target=signer))
        for document in DOCUMENTS:
            told(webhooks, confirmed(F.SIGNATORY_DOCUMENT_SIGNED, target=f"{signer}/{document}"))
    told(webhooks, confirmed(F.ENVELOPE_CLOSED))
    told(poll, confirmed(F.ENVELOPE_COMPLETED))
    assert set(events(webhooks)) == set(events(poll))
    assert snapshot(webhooks).lifecycle is snapshot(poll).lifecycle is Lifecycle.COMPLETED


def test_an_ending_that_the_api_confirmed_outranks_a_delivered_one() -> None:
    """Two endings: the confirmed one counts; among equals the table of endings decides."""
    delivered = {
        Key(type=F.ENVELOPE_COMPLETED): Trust.VERIFIED,
        Key(type=F.ENVELOPE_EXPIRED): Trust.CONFIRMED,
    }
    assert (Lifecycle.EXPIRED, F.ENVELOPE_EXPIRED) == lifecycle_of(delivered)
    for strong, (first, state, _) in enumerate(ENDINGS):
        for second, _, _ in ENDINGS[strong:]:
            both = {Key(type=first): Trust.CONFIRMED, Key(type=second): Trust.CONFIRMED}
            assert (state, first) == lifecycle_of(both)


def test_implications_never_end_an_envelope_and_have_no_cycle() -> None:
    """No table row concludes an ending from one fact alone, and following the rows always stops."""
    endings = {fact for fact, _, _ in ENDINGS}
    for followers in IMPLIED.values():
        assert endings.isdisjoint(followers)
    for fact in F:
        known = closure({Key(type=fact, target="x"): Trust.CONFIRMED}, Roster())
        assert len(known) <= len(F)


def test_event_ids_are_stable() -> None:
    """The id of a known fact is pinned: changing the scheme would repeat every event of every user."""
    fact = Fact(type=F.SIGNATORY_SIGNED, subject=Subject(ref="e1"), target="p-ada")
    assert "e58f0de8-28f1-5bb4-abc5-835606eb6af5" == fact.event_id("tiny", "tenant-1")
    assert fact.event_id("tiny", "tenant-1") == attrs.evolve(
        fact, at=START, native="X", reason="y", actor="z", inferred=True
    ).event_id("tiny", "tenant-1")
    assert fact.event_id("tiny", "tenant-1") != fact.event_id("tiny", "tenant-2")


def test_what_becomes_known_together_is_told_as_a_life_goes() -> None:
    """One poll that reveals everything tells it from created to evidence, each fact type having a place."""
    from paraph.lifecycle import NARRATIVE

    assert set(F) == set(NARRATIVE)
    assert len(F) == len(NARRATIVE)
    kernel = prepared()
    new = told(
        kernel, confirmed(F.EVIDENCE_READY, target="signed_document/d1"), confirmed(F.ENVELOPE_COMPLETED)
    )
    types = [event.type for event in new[1:]]
    assert [F.ENVELOPE_CREATED, F.ENVELOPE_SENT] == types[:2]
    assert [F.SIGNATORY_SIGNED, F.ENVELOPE_CLOSED, F.ENVELOPE_COMPLETED] == types[-3:]


def test_completion_tells_of_each_by_their_verb() -> None:
    """Completed means that signers signed and approvers approved, and both are needed to conclude it."""
    roster = Roster(signers=("s",), approvers=("a",))
    known = closure({Key(type=F.ENVELOPE_COMPLETED): Trust.CONFIRMED}, roster)
    assert Key(type=F.SIGNATORY_APPROVED, target="a") in known
    assert Key(type=F.SIGNATORY_SIGNED, target="a") not in known
    parts = {
        Key(type=F.ENVELOPE_CLOSED): Trust.CONFIRMED,
        Key(type=F.SIGNATORY_SIGNED, target="s"): Trust.VERIFIED,
    }
    assert Key(type=F.ENVELOPE_COMPLETED) not in closure(parts, roster)
    parts[Key(type=F.SIGNATORY_APPROVED, target="a")] = Trust.CONFIRMED
    assert Trust.VERIFIED is closure(parts, roster)[Key(type=F.ENVELOPE_COMPLETED)]


def test_where_one_of_a_stage_is_enough_completion_tells_nothing_of_each() -> None:
    """With a stage of the rule "any", completed does not say that everyone signed."""
    roster = Roster(signers=("s", "t"), everyone=False)
    known = closure({Key(type=F.ENVELOPE_COMPLETED): Trust.CONFIRMED}, roster)
    assert F.SIGNATORY_SIGNED not in {key.type for key in known}


def test_a_vendor_that_names_no_documents_still_completes() -> None:
    """Without document references the signatories' rules hold all the same."""
    kernel = prepared()
    with kernel.store.begin() as tx:
        tx.put_attempt(attrs.evolve(tx.attempts("one")[-1], documents=()))
    told(kernel, confirmed(F.ENVELOPE_COMPLETED))
    seen = snapshot(kernel)
    assert (Lifecycle.COMPLETED, False) == (seen.lifecycle, seen.partially_signed)
    assert {Decision.SIGNED} == {each.decision for each in seen.signatories}


@given(st.text(max_size=6), st.text(max_size=6))
def test_any_reference_can_be_part_of_a_target(signer: str, document: str) -> None:
    """References with separators or escapes in them come back as they were."""
    from paraph.model import target
    from paraph.model.fact import target_parts

    assert (signer, document) == target_parts(target(signer, document))
    assert (signer, "") == target_parts(target(signer))


def test_what_is_stored_is_read_without_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the account changed its tenant, lost its secret or is gone, snapshot and events are the same."""
    from paraph.ops.look import _events
    from paraph.ops.observe import _project

    kernel = prepared()
    told(kernel, confirmed(F.ENVELOPE_COMPLETED))
    before = (_project(kernel, "one"), _events(kernel, "one", None, 0, 1000))
    assert Lifecycle.COMPLETED is before[0].lifecycle
    monkeypatch.setattr("support.tiny.TinyProvider.tenant", lambda self, account: "another tenant")
    assert before == (_project(kernel, "one"), _events(kernel, "one", None, 0, 1000))
    kernel.config.accounts.clear()  # type: ignore[attr-defined]  # a dictionary in the stand-in
    monkeypatch.setattr(type(kernel.config), "account", None)
    assert before == (_project(kernel, "one"), _events(kernel, "one", None, 0, 1000))


def test_a_proven_delivery_may_name_the_signatories() -> None:
    """References that a trusted observation brings are known before its events are told."""
    kernel = prepared(known=False)
    with kernel.store.begin() as tx:
        tx.put_attempt(attrs.evolve(tx.attempts("one")[-1], signatories=()))
    new = told(
        kernel,
        attrs.evolve(
            confirmed(F.SIGNATORY_OPENED, target="p-ada"),
            our_reference="attempt-1",
            signatories=(("ada", "p-ada"),),
        ),
    )
    assert "ada" in {event.signatory_id for event in new}
    assert {"one"} == {event.envelope_id for event in new}


def test_who_was_told_has_their_turn_and_nobody_else() -> None:
    """If the vendor tells who was invited, others wait; if only that it was sent, the first stage acts."""
    told_by_name, told_in_general = prepared(), prepared()
    invited = Fact(type=F.SIGNATORY_INVITED, subject=Subject(ref="e1"), target="p-ada")
    sent = Fact(type=F.ENVELOPE_SENT, subject=Subject(ref="e1"))
    for kernel, fact in ((told_by_name, invited), (told_in_general, sent)):
        told(
            kernel,
            Observation(source=Source.POLL, trust=Trust.CONFIRMED, observed_at=START, facts=(fact,)),
        )
    assert ["active", "waiting"] == [one.turn for one in snapshot(told_by_name).signatories]
    assert ["sent", "pending"] == [one.delivery for one in snapshot(told_by_name).signatories]
    assert ["active", "active"] == [one.turn for one in snapshot(told_in_general).signatories]


def test_who_gets_a_copy_has_no_turn() -> None:
    """Somebody who only gets a copy waits until the envelope has ended, and was not written to by then."""
    kernel = tiny_kernel()
    people = list(envelope().signatories)
    people.append(attrs.evolve(people[1], id="files", verb="receive_copy"))
    _register(kernel, envelope(id="one", signatories=people), kernel.account("a"), "attempt-1", START)
    with kernel.store.begin() as tx:
        (attempt,) = tx.attempts("one")
        tx.put_attempt(attrs.evolve(attempt, state=AttemptState.PUBLISHED, vendor_ref="e1"))
    sent = Fact(type=F.ENVELOPE_SENT, subject=Subject(ref="e1"))
    told(kernel, Observation(source=Source.POLL, trust=Trust.CONFIRMED, observed_at=START, facts=(sent,)))
    files = snapshot(kernel).signatory("files")
    assert ("waiting", "pending") == (files.turn, files.delivery)
