"""Plugin, simulator and import agree about dialects that no person would choose.

One dialect is drawn and given to both ends: the simulator is made of it, the plugin's account has it as an
inline table. Neither knows the other's code. What was asked for in neutral words has to arrive at the vendor
as it was meant, and what happens there has to come back as events, over real HTTP.
"""

from __future__ import annotations

import io
import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import attrs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from paraph import errors
from paraph.model import (
    Document,
    Envelope,
    EvidenceKind,
    FactType,
    Lifecycle,
    Signatory,
)
from paraph.model.snapshot import Decision
from paraph.provider import Capability
from paraph_sign8 import Sign8Options
from paraph_sign8.actions import ACTIONS
from paraph_sign8.dialect import Dialect, parse
from paraph_sign8.dialect.words import SignatureType, WorkflowStatus
from paraph_sign8.dialect.writing import to_table
from paraph_sign8.importing import import_bytes
from paraph_sign8.planning import default_rect
from paraph_sign8.simulator.model import Placed, Workflow
from support.collection_of import clear_dialects, collection_of
from support.dialects import dialects
from support.sign8_envelopes import ANNEX, CONTRACT, KINDS, envelopes, index_of
from support.sign8_stage import A4, ACCOUNT, PAGES, SETTLING, Deal, dealing

F = FactType
# Without shrinking: each example is a vendor on a socket, and the drawn dialects are small enough to read.
DRAWN = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
NEAR: Final = 0.01
"""Points by which a place may move on its way: numbers are told rounded."""

HARMLESS = {"place.taken", "seal.team"}
"""Warnings that a sound envelope may cause."""


# What the vendor has understood, in neutral words


def places_of(envelope: Envelope) -> Counter[tuple[str, str, str, int]]:
    """Count what has to be placed: kind, signatory, document and page, counted from 0."""
    found = Counter(
        (each.kind.value, each.signatory, each.document, index_of(each)) for each in envelope.fields
    )
    placed = {each.signatory for each in envelope.fields if each.kind == "signature"}
    found.update(("signature", each.id, "contract", 0) for each in envelope.signers if each.id not in placed)
    return found


def check_told(workflow: Workflow, envelope: Envelope) -> None:
    """Compare a workflow with its envelope."""
    assert (envelope.title, envelope.message) == (workflow.name, workflow.description)
    assert envelope.expires_at == workflow.expires_at
    options = envelope.options_of(Sign8Options)
    assert ("" if options is None or options.password is None else options.password.reveal()) == (
        workflow.password
    )
    assert (len({each.stage for each in envelope.signers}) > 1) is workflow.sequential
    told = {each.name: (each.content, len(each.pages)) for each in workflow.files.values()}
    assert {"contract.pdf": (CONTRACT, len(PAGES)), "annex.pdf": (ANNEX, 2)} == told
    people = [
        (person.given_name, person.family_name, person.email, person.phone, number, type_of(person))
        for number, person in enumerate(envelope.signers, start=1)
    ]
    assert people == [
        (
            each.given_name,
            each.family_name,
            each.email,
            each.phone,
            each.position,
            each.signature_type,
        )
        for each in workflow.in_turn()
    ]
    check_places(workflow, envelope)


def type_of(person: Signatory) -> SignatureType:
    """Return what is asked of somebody, by the test's own table."""
    for changes, kind in KINDS.values():
        if changes.get("kind", "signature") == person.kind and changes.get("assurance") == person.assurance:
            return kind
    raise AssertionError(person.id)


def check_places(workflow: Workflow, envelope: Envelope) -> None:
    """Compare where the vendor will put things with where they were asked for, as a reader sees both."""
    people = {signer.id: signer.email.partition("@")[0] for signer in workflow.signers.values()}
    files = {file.id: file.name.partition(".")[0] for file in workflow.files.values()}
    understood = [*workflow.signatures, *workflow.annotations]

    def key(each: Placed) -> tuple[str, str, str, int]:
        return (each.word or "signature", people[each.signer_id], files[each.file_id], each.page)

    assert places_of(envelope) == Counter(map(key, understood))
    asked = [
        (each.kind.value, each.signatory, index_of(each), attrs.astuple(each.rect))
        for each in envelope.fields
        if each.rect is not None
    ]
    placed = {who for kind, who, _, _ in asked if kind == "signature"}
    asked += [
        ("signature", person.id, 0, attrs.astuple(default_rect(slot, _first_page())))
        for slot, person in enumerate(envelope.signers)
        if person.id not in placed
    ]
    for kind, who, page, wanted in asked:
        boxes = [each.box for each in understood if key(each) == (kind, who, "contract", page)]
        assert any(
            box is not None and wanted == pytest.approx(PAGES[page].seen(box), abs=NEAR) for box in boxes
        )


def _first_page() -> Any:
    from paraph.geometry import PageBox

    return PageBox.of(A4)


def check_stamps(content: bytes, envelope: Envelope) -> None:
    """Find each signature in the signed file, where a reader shows it."""
    seen = []
    for number, page in enumerate(PdfReader(io.BytesIO(content)).pages):
        for note in page.get("/Annots", ()):
            shown = note.get_object()
            if shown.get("/FT") == "/Sig":
                left, bottom, right, top = (float(each) for each in shown["/Rect"])
                seen.append((number, PAGES[number].seen((left, bottom, right, top))))
    assert len(envelope.signers) == len(seen)
    for field in envelope.fields:
        if field.kind == "signature" and field.rect is not None:
            index, wanted = index_of(field), attrs.astuple(field.rect)
            assert any(index == there and wanted == pytest.approx(where, abs=NEAR) for there, where in seen)


# A whole life


def types(deal: Deal, envelope: Envelope) -> Counter[FactType]:
    """Count the events of an envelope by type."""
    return Counter(event.type for event in deal.client.events(envelope.id))


def send(deal: Deal, envelope: Envelope) -> None:
    """Check, send, and look at what the vendor has understood."""
    problems = deal.client.check(envelope, account=ACCOUNT)
    assert set() == {each.code for each in problems} - HARMLESS
    assert [] == deal.requests, "a check asks nothing"
    snapshot = deal.client.send(envelope, account=ACCOUNT)
    workflow = deal.workflow
    assert (workflow.id, Lifecycle.SENT) == (snapshot.vendor_ref, snapshot.lifecycle)
    assert WorkflowStatus.ACTIVE is workflow.status
    check_told(workflow, envelope)
    asked = 1 if workflow.sequential else len(envelope.signers)
    assert Counter({F.ENVELOPE_CREATED: 1, F.ENVELOPE_SENT: 1, F.SIGNATORY_INVITED: asked}) == types(
        deal, envelope
    )


def sign(deal: Deal, envelope: Envelope) -> None:
    """Let everybody sign, in the order in which they are asked."""
    for person in envelope.signers:
        browser = deal.person(person.full_name, deal.workflow.password)
        assert "done" == browser.sign(deal.link(person.email))


def check_completed(deal: Deal, envelope: Envelope) -> None:
    """See that everybody has signed what, where and when."""
    snapshot = deal.client.refresh(envelope.id)
    assert Lifecycle.COMPLETED is snapshot.lifecycle
    assert {Decision.SIGNED} == {each.decision for each in snapshot.signatories}
    today = deal.simulator.clock.now()
    for each in snapshot.signatories:
        assert each.decided_at is not None
        assert abs(today - each.decided_at) <= timedelta(days=1)
    assert {"signed_document", "audit_trail"} == set(snapshot.evidence_ready)
    people = len(envelope.signers)
    for kind in (F.SIGNATORY_SIGNED, F.SIGNATORY_OPENED, F.SIGNATORY_INVITED):
        assert people == types(deal, envelope)[kind]
    assert 1 == types(deal, envelope)[F.ENVELOPE_COMPLETED]
    with TemporaryDirectory() as folder:
        saved = deal.client.save(envelope.id, folder)
        kinds = [each.evidence.kind for each in saved]
        assert [EvidenceKind.SIGNED_DOCUMENT, EvidenceKind.AUDIT_TRAIL, EvidenceKind.MANIFEST] == kinds
        content = (Path(folder) / "contract-signed.pdf").read_bytes()
        assert content.startswith(CONTRACT)
        check_stamps(content, envelope)
        assert (Path(folder) / "audit-report.pdf").read_bytes().startswith(b"%PDF-")


@settings(DRAWN, max_examples=20)
@given(dialect=dialects(), envelope=envelopes())
def test_what_is_sent_is_understood_signed_and_seen(dialect: Dialect, envelope: Envelope) -> None:
    """In any complete dialect an envelope arrives as it was meant, is signed, and everything comes back."""
    with dealing(dialect) as deal:
        send(deal, envelope)
        first = envelope.signers[0]
        link = deal.client.signing_link(envelope.id, first.id)
        assert deal.link(first.email) == link.url.reveal()
        deal.client.remind(envelope.id, first.id)
        (reminder,) = [mail for mail in deal.simulator.outbox if mail.subject.startswith("Reminder")]
        assert first.email == reminder.to
        sign(deal, envelope)
        check_completed(deal, envelope)
        assert 1 == types(deal, envelope)[F.SIGNATORY_REMINDED]


@settings(DRAWN, max_examples=10)
@given(dialect=dialects(), envelope=envelopes(), data=st.data())
def test_a_refusal_comes_back_with_who_and_why(
    dialect: Dialect, envelope: Envelope, data: st.DataObject
) -> None:
    """In any complete dialect a refusal ends the envelope, and is told apart from a signature before it."""
    with dealing(dialect) as deal:
        send(deal, envelope)
        first, second = envelope.signers[:2]
        browser = deal.person(first.full_name, deal.workflow.password)
        signs = data.draw(st.booleans(), label="the first one signs")
        if signs:
            browser.sign(deal.link(first.email))
        refuses = second if signs else first
        assert "closed" == browser.decline(deal.link(refuses.email), "Too dear")
        snapshot = deal.client.refresh(envelope.id)
        assert Lifecycle.DECLINED is snapshot.lifecycle
        assert snapshot.ending is not None
        assert ("Too dear", signs) == (snapshot.ending.reason, snapshot.ending.partially_signed)
        state = snapshot.signatory(refuses.id)
        assert (Decision.DECLINED, "Too dear") == (state.decision, state.reason)
        expected = Decision.SIGNED if signs else Decision.DECLINED
        assert expected is snapshot.signatory(first.id).decision
        assert 0 == types(deal, envelope)[F.ENVELOPE_CANCELLED]


@settings(DRAWN, max_examples=8)
@given(dialect=dialects(), envelope=envelopes())
def test_a_cancellation_ends_it_for_all(dialect: Dialect, envelope: Envelope) -> None:
    """In any complete dialect cancelling ends the workflow, tells those who were asked, and is seen."""
    with dealing(dialect) as deal:
        send(deal, envelope)
        snapshot = deal.client.cancel(envelope.id, reason="A typo")
        assert Lifecycle.CANCELLED is snapshot.lifecycle
        assert WorkflowStatus.CANCELLED is deal.workflow.status
        told = "A typo" if dialect.fields.call.reason else ""
        assert told == deal.workflow.reason
        asked = {mail.to for mail in deal.invitations()}
        cancelled = [mail.to for mail in deal.simulator.outbox if mail.subject.startswith("Cancelled")]
        assert sorted(asked) == sorted(cancelled)
        assert Lifecycle.CANCELLED is deal.client.cancel(envelope.id).lifecycle, "twice is once"
        assert 1 == len(deal.simulator.effects.of("cancelled"))


@settings(DRAWN, max_examples=6)
@given(dialect=dialects())
def test_lists_and_interfaces_come_back(dialect: Dialect) -> None:
    """In any complete dialect interfaces and workflows are listed as they were made."""
    with dealing(dialect) as deal:
        made = deal.client.call(ACCOUNT, "interfaces.create", primary_color="#0a0b0c")
        (row,) = deal.client.call(ACCOUNT, "interfaces.list")
        assert (made.id, "#0a0b0c") == (row.interface_id, row.primary_color)
        assert "Default_sign8_icon_file_id" == row.icon_file_id
        assert row.created_at is not None
        new = deal.client.call(ACCOUNT, "workflows.add", name="Listed", interface_id=made.id)
        (listed,) = deal.client.call(ACCOUNT, "workflows.list")
        assert (new.id if dialect.answers.workflow_id != "$" else None) == listed.workflow_id
        status = deal.client.call(ACCOUNT, "workflows.status", workflow_id=new.id)
        assert "draft" == dialect.words.workflow_statuses[status.status]


# Dialects with gaps

OPERATIONS: Mapping[str, str] = {
    "workflows.add": "add_workflow",
    "files.add": "add_file",
    "signers.add": "add_signer",
    "signatures.add": "add_signature",
    "annotations.add": "add_annotation",
    "interfaces.create": "create_interface",
    "interfaces.list": "list_interfaces",
    "workflows.start": "start",
    "workflows.status": "status",
    "workflows.list": "list",
    "workflows.cancel": "cancel",
    "signers.remind": "remind",
    "files.download": "download",
    "workflows.audit_report": "audit_report",
    "signers.link": "signature_link",
}
"""The dialect's key of each action."""

CAPABILITIES: Mapping[Capability, str] = {
    Capability.CANCEL: "cancel",
    Capability.REMIND: "remind",
    Capability.SIGNING_LINK: "signature_link",
}
"""Capabilities that are one operation, whatever else the dialect lacks."""

_IDS = {"workflow_id": "w-0", "file_id": "f-0", "signer_id": "s-0"}
_PLACE = {"page": 1, "x": 1.0, "y": 1.0, "width": 9.0, "height": 9.0}


def parameters(action: str) -> dict[str, Any]:
    """Return what an action takes, about things that do not exist."""
    known: dict[str, Any] = {**_IDS, **_PLACE, "name": "x", "text": "date", "sink": io.BytesIO()}
    known["document"] = Document.from_bytes(CONTRACT, name="contract.pdf")
    fields = attrs.fields_dict(ACTIONS[action].params)
    return {name: value for name, value in known.items() if name in fields}


@settings(DRAWN, max_examples=10)
@given(dialect=dialects(complete=False))
def test_an_action_is_offered_exactly_if_its_path_is_set(dialect: Dialect) -> None:
    """Without a path an action is refused before any request, with the missing key; with one it is asked."""
    assert OPERATIONS.keys() == ACTIONS.keys()
    with dealing(dialect) as deal:
        offered = deal.client.capabilities(ACCOUNT)
        for capability, operation in CAPABILITIES.items():
            assert dialect.offers(operation) is (capability in offered)
        for name, operation in OPERATIONS.items():
            before = len(deal.requests)
            try:
                deal.client.call(ACCOUNT, name, **parameters(name))
            except errors.UnsupportedCapability as error:
                assert not dialect.offers(operation)
                assert f"dialect.operations.{operation}.path" in str(error)
                assert before == len(deal.requests)
            except errors.VendorError:
                assert dialect.offers(operation)
                assert before < len(deal.requests)
            except errors.ConfigurationError as error:
                # The account cannot be used at all, which its problems say.
                assert {"dialect.incomplete"} == {each.code for each in error.problems}
                assert before == len(deal.requests)
            else:
                assert dialect.offers(operation)


@st.composite
def gappy(draw: st.DrawFn) -> Dialect:
    """Draw a dialect that lacks some of what can be spared: whole operations, places in answers, words."""
    table = to_table(draw(dialects()), complete=True)
    for key in draw(st.sets(st.sampled_from(SPARED))):
        *way, last = key.split(".")
        place = table
        for step in way:
            place = place[step]
        place[last] = {} if isinstance(place[last], dict) else ""
    return parse(table)


SPARED = (
    *(f"operations.{name}.path" for name in ("start", "status", "cancel", "remind", "signature_link")),
    *(f"operations.{name}.path" for name in ("download", "audit_report", "list")),
    *(f"status.{name}" for name in ("status", "signers", "files", "signatures", "ended_at", "signer_id")),
    *(f"status.{name}" for name in ("signer_status", "signer_signed_at", "file_id")),
    *("answers.signature_id", "answers.annotation_id", "answers.link"),
    *("fields.workflow.reference", "fields.workflow.team_id", "fields.call.reason", "fields.file.media_type"),
    *("fields.signature.width", "fields.annotation.height", "words.signer_statuses"),
)
"""What a customer may not know, and what an envelope can do without."""


@settings(DRAWN, max_examples=18)
@given(dialect=dialects(complete=False) | gappy() | gappy(), envelope=envelopes())
def test_what_a_check_lets_through_arrives(dialect: Dialect, envelope: Envelope) -> None:
    """In a dialect with gaps an envelope is refused before any request, or arrives, and is started once."""
    with dealing(dialect) as deal:
        problems = deal.client.check(envelope, account=ACCOUNT)
        if any(each.blocking for each in problems):
            with pytest.raises((errors.Refused, errors.ConfigurationError)):
                deal.client.send(envelope, account=ACCOUNT)
            assert ([], []) == (deal.requests, deal.workflows)
            return
        snapshot = deal.client.send(envelope, account=ACCOUNT)
        assert Lifecycle.DRAFT is not snapshot.lifecycle or not dialect.offers("start")
        deal.simulator.clock.advance(SETTLING)
        workflow = deal.workflow
        assert (workflow.id, WorkflowStatus.ACTIVE) == (snapshot.vendor_ref, workflow.status)
        assert 1 == len(deal.simulator.effects.of("started"))
        assert len(envelope.documents) == len(workflow.files)
        assert len(envelope.signers) == len(workflow.signers)
        assert sum(places_of(envelope).values()) == len(workflow.signatures) + len(workflow.annotations)
        sign_in_turn(deal)
        assert WorkflowStatus.COMPLETED is deal.workflow.status
        check_seen(deal, envelope, dialect)


def sign_in_turn(deal: Deal) -> None:
    """Let everybody sign as the invitations come; who they are need not be known."""
    seen = 0
    while seen < len(deal.workflow.signers):
        mail = deal.invitations()[seen]
        assert "done" == deal.person(password=deal.workflow.password).sign(mail.link)
        seen += 1


def check_seen(deal: Deal, envelope: Envelope, dialect: Dialect) -> None:
    """Compare what the client sees of a completion, and says that it sees, with what the dialect can tell."""
    offered = deal.client.capabilities(ACCOUNT)
    assert (Capability.READ_STATUS in offered) is dialect.offers("status")
    told = bool(dialect.status.status) and "completed" in dialect.words.workflow_statuses.values()
    if dialect.offers("status") and told:
        assert Capability.SEE_COMPLETION in offered
        assert Lifecycle.COMPLETED is deal.client.wait(envelope.id, polls=1).lifecycle
    elif Capability.SEE_COMPLETION not in offered:
        with pytest.raises(errors.Unobservable):
            deal.client.wait(envelope.id)
    if dialect.offers("download") or dialect.offers("audit_report"):
        assert dialect.offers("download") is (EvidenceKind.SIGNED_DOCUMENT in offered.evidence)
        assert dialect.offers("audit_report") is (EvidenceKind.AUDIT_TRAIL in offered.evidence)


# The third corner

BY_HAND = ("formats", "words", "auth", "webhooks")
"""What a collection does not say, and an operator writes into the imported file."""


@st.composite
def described(draw: st.DrawFn) -> Dialect:
    """Draw a dialect of names that a person understands, and of formats and words that nobody expects."""
    clear, strange = (
        to_table(draw(clear_dialects()), complete=True),
        to_table(draw(dialects()), complete=True),
    )
    for group in BY_HAND:
        # What kind of value stands in a field helps to recognise it: of five types none is called true.
        shown = {key: clear[group][key] for key in ("transfer", "signature_types") if key in clear[group]}
        clear[group] = {**strange[group], **shown}
    return parse(clear)


@settings(DRAWN, max_examples=10)
@given(dialect=described(), envelope=envelopes())
def test_an_imported_dialect_drives_the_plugin(dialect: Dialect, envelope: Envelope) -> None:
    """A collection of a dialect is imported; what came out is understood by who has the original."""
    imported = import_bytes(json.dumps(collection_of(dialect)).encode())
    original = to_table(dialect, complete=True)
    by_hand = {group: original[group] for group in BY_HAND}
    spoken = {**tomllib.loads(imported.text), **by_hand}
    spoken.setdefault("answers", {})["content"] = dialect.answers.content
    with dealing(dialect, spoken=spoken) as deal:
        send(deal, envelope)
        assert deal.client.signing_link(envelope.id, envelope.signers[0].id).url
        sign(deal, envelope)
        check_completed(deal, envelope)
