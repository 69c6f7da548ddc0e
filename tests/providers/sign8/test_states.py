from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.model import Fact, FactType
from paraph_sign8.states import facts_of, meaning_of
from paraph_sign8.wire import SignerRow, Status
from support.dialects import heard, tables
from support.sign8_account import account, carried, envelope, person, sent, without

ENDED = datetime(2025, 3, 2, 9, tzinfo=UTC)
SIGNED = datetime(2025, 3, 1, 9, tzinfo=UTC)
ACCOUNT = account()


def told(status: Status, *, of: object = None) -> list[tuple[str, str]]:
    """Return type and target of what a status states."""
    facts = facts_of(status, of or sent(), ACCOUNT)  # type: ignore[arg-type]  # an envelope on its way
    assert {"w1"} == {fact.subject.ref for fact in facts}
    return [(fact.type.value, fact.target) for fact in facts]


ready = [("evidence.ready", "signed_document/f1"), ("evidence.ready", "audit_trail")]


@pytest.mark.parametrize(
    ("status", "facts"),
    [
        ("", []),
        ("draft", []),
        ("active", [("envelope.sent", ""), ("signatory.invited", "s1")]),
        ("completed", [("envelope.completed", ""), *ready]),
        ("refused", [("envelope.declined", "")]),
        ("expired", [("envelope.expired", "")]),
        ("cancelled", [("envelope.cancelled", "")]),
        ("archived", [("unknown", "archived")]),
    ],
)
def test_what_each_status_states(status: str, facts: list[tuple[str, str]]) -> None:
    """A workflow that can be read exists; beyond that its word decides, and an unknown one is kept."""
    assert [("envelope.created", ""), *facts] == told(Status(status=status))


@pytest.mark.parametrize(
    ("status", "facts"),
    [
        ("waiting", []),
        ("invited", [("signatory.invited", "s/1")]),
        ("opened", [("signatory.opened", "s/1")]),
        ("signed", [("signatory.signed", "s/1")]),
        ("refused", [("signatory.declined", "s/1")]),
        ("", []),
        ("dreaming", [("unknown", "dreaming")]),
    ],
)
def test_what_each_signer_states(status: str, facts: list[tuple[str, str]]) -> None:
    """Who waits for a turn has no news; a slash in a reference does not split it."""
    shown = Status(status="active", signers=(SignerRow(id="s/1", status=status),))
    escaped = [(kind, about.replace("/", "%2F")) for kind, about in facts]
    assert [("envelope.created", ""), ("envelope.sent", ""), *escaped] == told(shown)


def test_times_and_reasons_stand_where_they_belong() -> None:
    """The end's time is the workflow's, a signature's its own, and reasons belong to refusals alone."""
    shown = Status(
        status="refused",
        ended_at=ENDED,
        reason="no",
        signers=(
            SignerRow(id="s1", status="signed", signed_at=SIGNED, reason="stray"),
            SignerRow(id="s2", status="refused", signed_at=SIGNED, reason="not mine"),
        ),
    )
    facts = {fact.type: (fact.at, fact.reason) for fact in facts_of(shown, sent(), ACCOUNT)}
    assert (ENDED, "no") == facts[FactType.ENVELOPE_DECLINED]
    assert (SIGNED, None) == facts[FactType.SIGNATORY_SIGNED]
    assert (None, "not mine") == facts[FactType.SIGNATORY_DECLINED]
    running = facts_of(Status(status="active", ended_at=ENDED, reason="x"), sent(), ACCOUNT)
    assert {(None, None)} == {(fact.at, fact.reason) for fact in running}


def inferred(facts: tuple[Fact, ...]) -> set[FactType]:
    """Return the types of what is only concluded."""
    return {fact.type for fact in facts if fact.inferred}


def test_conclusions_are_marked() -> None:
    """Ready evidence, and invitations of all at once, are our conclusions; the rest is the vendor's word."""
    assert {FactType.EVIDENCE_READY} == inferred(facts_of(Status(status="completed"), sent(), ACCOUNT))
    assert {FactType.SIGNATORY_INVITED} == inferred(facts_of(Status(status="active"), sent(), ACCOUNT))


def test_nobody_is_concluded_to_be_invited_where_it_is_their_turn_later() -> None:
    """In sequence, or where the vendor shows signers, invitations are never concluded."""
    people = [person("ada", stage=1), person("bob", stage=2)]
    going = carried(envelope(signatories=people), vendor_ref="w1", signatories={"ada": "s1", "bob": "s2"})
    running = [("envelope.created", ""), ("envelope.sent", "")]
    assert running == told(Status(status="active"), of=going)
    assert running == told(Status(status="active", signers=()))


def test_evidence_is_ready_only_where_it_can_be_fetched() -> None:
    """Without their paths, neither files nor the report are said to be ready."""
    for lacking, left in (("download", ["audit_trail"]), ("audit_report", ["signed_document/f1"])):
        facts = facts_of(Status(status="completed"), sent(), account(without(lacking)))
        assert left == [fact.target for fact in facts if fact.type is FactType.EVIDENCE_READY]


def test_files_that_the_vendor_lists_stand_in_for_unknown_ones() -> None:
    """Of a workflow whose files we did not add, those that the status lists can be fetched."""
    adopted = carried(envelope(documents=[]), vendor_ref="w1")
    about = told(Status(status="completed", file_ids=("f8", "f9")), of=adopted)
    assert ("evidence.ready", "signed_document/f9") in about
    listed = told(Status(status="completed", file_ids=("f1", "attachment")))
    assert ("evidence.ready", "signed_document/attachment") not in listed


@given(tables(), heard, st.lists(heard, max_size=4))
def test_any_words_give_facts_and_are_kept(table: dict[str, Any], word: str, words: list[str]) -> None:
    """In any dialect every word either has a meaning, or becomes an unknown fact that holds it."""
    one = account(table)
    spoken = one.settings.spoken
    rows = tuple(SignerRow(id=f"s{index}", status=each) for index, each in enumerate(words))
    shown = Status(status=word, signers=rows)
    facts = facts_of(shown, sent(), one)
    assert facts == facts_of(shown, sent(), one), "the same whenever it is read"
    unknown = {fact.target for fact in facts if fact.type is FactType.UNKNOWN}
    known = spoken.words
    expected = {word[:128]} - {each[:128] for each in known.workflow_statuses}
    expected |= {each[:128] for each in words if each not in known.signer_statuses}
    assert expected == unknown
    assert (meaning_of(shown, spoken) is None) == (word not in known.workflow_statuses)
