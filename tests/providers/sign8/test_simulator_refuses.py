"""What the simulated SIGN8 refuses: each row breaks one rule of an otherwise good request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfWriter

from paraph_sign8.dialect import parse
from paraph_sign8.dialect.reading import DialectError
from paraph_sign8.dialect.words import SignatureType
from paraph_sign8.simulator import create
from paraph_sign8.simulator.model import DEFAULT_ICON, DEFAULT_LOGO
from providers.sign8.simulator_driver import ADA, BOB, ENTITIES, FOREIGN_ID, PHONE, Driver, found, make_pdf


@pytest.fixture(scope="module")
def vendor() -> Iterator[Driver]:
    """Serve one simulator for all rows; they do not touch each other's objects."""
    simulator = create(max_file_bytes=20_000)
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def locked() -> bytes:
    """Return a PDF that needs a password."""
    writer = PdfWriter()
    writer.add_blank_page(width=200, height=200)
    writer.encrypt("secret")
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


# What is told


def good(vendor: Driver, operation: str) -> dict[str, Any]:
    """Return what makes an operation succeed."""
    workflow_id = vendor.workflow()
    match operation:
        case "add_workflow":
            (team_id,) = vendor.simulator.state()["teams"]
            return {"name": "Contract", "description": "Please", "password": "open", "team_id": team_id}
        case "create_interface":
            return {"icon_file_id": DEFAULT_ICON, "logo_file_id": DEFAULT_LOGO}
        case "add_file":
            return {"workflow_id": workflow_id, "name": "a.pdf", "content": make_pdf()}
        case "add_signer":
            return {"workflow_id": workflow_id, **ADA, "signature_type": "simple", "position": 1}
        case _:
            file_id, signer_id = vendor.file(workflow_id), vendor.signer(workflow_id)
            ids = {"workflow_id": workflow_id, "file_id": file_id, "signer_id": signer_id}
            return {**ids, **vendor.place(), **({"text": "date"} if operation == "add_annotation" else {})}


WRONG: list[tuple[str, dict[str, Any], tuple[int, str]]] = [
    ("add_workflow", {"name": None}, (400, "MISSING_FIELD")),
    ("add_workflow", {"team_id": FOREIGN_ID}, (404, "NOT_FOUND")),
    ("add_workflow", {"interface_id": FOREIGN_ID}, (404, "NOT_FOUND")),
    ("add_file", {"workflow_id": None}, (400, "MISSING_FIELD")),
    ("add_file", {"name": None}, (400, "MISSING_FIELD")),
    ("add_file", {"content": None}, (400, "MISSING_FIELD")),
    ("add_file", {"workflow_id": FOREIGN_ID}, (404, "NOT_FOUND")),
    ("add_file", {"content": b""}, (422, "INVALID_FILE")),
    ("add_file", {"content": b"GIF89a"}, (422, "INVALID_FILE")),
    ("add_file", {"content": b"%PDF-1.7\nrubbish"}, (422, "INVALID_FILE")),
    ("add_file", {"content": locked()}, (422, "INVALID_FILE")),
    ("add_file", {"content": make_pdf() + b"%" * 20_000}, (413, "FILE_TOO_LARGE")),
    ("add_signer", {"given_name": None}, (400, "MISSING_FIELD")),
    ("add_signer", {"family_name": None}, (400, "MISSING_FIELD")),
    ("add_signer", {"email": None}, (400, "MISSING_FIELD")),
    ("add_signer", {"signature_type": None}, (400, "MISSING_FIELD")),
    ("add_signer", {"signature_type": "advanced"}, (400, "MISSING_FIELD")),
    ("add_signer", {"signature_type": "qualified"}, (400, "MISSING_FIELD")),
    ("add_signer", {"signature_type": "advanced_seal"}, (400, "MISSING_FIELD")),
    ("add_signer", {"signature_type": "qualified_seal"}, (400, "MISSING_FIELD")),
    ("add_signer", {"workflow_id": FOREIGN_ID}, (404, "NOT_FOUND")),
    ("add_signature", {"file_id": FOREIGN_ID}, (404, "NOT_FOUND")),
    ("add_signature", {"signer_id": FOREIGN_ID}, (404, "NOT_FOUND")),
    ("add_signature", {"workflow_id": FOREIGN_ID}, (404, "NOT_FOUND")),
    ("add_signature", {"page": 0}, (422, "OUTSIDE_PAGE")),
    ("add_signature", {"page": 3}, (422, "OUTSIDE_PAGE")),
    ("add_signature", {"x": -2}, (422, "OUTSIDE_PAGE")),
    ("add_signature", {"y": -2}, (422, "OUTSIDE_PAGE")),
    ("add_signature", {"x": 590}, (422, "OUTSIDE_PAGE")),
    ("add_signature", {"y": 830}, (422, "OUTSIDE_PAGE")),
    ("add_signature", {"width": 0}, (422, "OUTSIDE_PAGE")),
    ("add_signature", {"height": -5}, (422, "OUTSIDE_PAGE")),
    ("add_annotation", {"text": None}, (400, "MISSING_FIELD")),
    ("add_annotation", {"page": 3}, (422, "OUTSIDE_PAGE")),
    ("add_annotation", {"signer_id": FOREIGN_ID}, (404, "NOT_FOUND")),
    ("create_interface", {"icon_file_id": FOREIGN_ID}, (404, "NOT_FOUND")),
    ("create_interface", {"logo_file_id": FOREIGN_ID}, (404, "NOT_FOUND")),
    ("create_interface", {"icon_file_id": DEFAULT_LOGO}, (404, "NOT_FOUND")),
]


@pytest.mark.parametrize(("operation", "change", "expected"), WRONG)
def test_a_rule_is_enforced(
    vendor: Driver, operation: str, change: dict[str, Any], expected: tuple[int, str]
) -> None:
    """A request that breaks one rule is refused with that rule's code, and passes without the breach."""
    told = good(vendor, operation)
    assert expected == vendor.refusal(operation, **{**told, **change})
    assert vendor.raw(operation, told).status_code == 201


NATIVE: list[tuple[str, dict[str, Any]]] = [
    ("add_workflow", {"name": ""}),
    ("add_workflow", {"name": "   "}),
    ("add_workflow", {"name": "x" * 201}),
    ("add_workflow", {"name": 7}),
    ("add_workflow", {"name": None}),
    ("add_workflow", {"name": ["Contract"]}),
    ("add_workflow", {"name": "bell\a"}),
    ("add_workflow", {"description": "x" * 5001}),
    ("add_workflow", {"password": ""}),
    ("add_workflow", {"is_sequential": "true"}),
    ("add_workflow", {"is_sequential": 1}),
    ("add_workflow", {"expires_at": "tomorrow"}),
    ("add_workflow", {"expires_at": "2035-01-01"}),
    ("add_workflow", {"expires_at": "2035-01-01T00:00:00+01:00"}),
    ("add_workflow", {"expires_at": "2035-13-01T00:00:00Z"}),
    ("add_workflow", {"expires_at": 2000000000}),
    ("add_workflow", {"expires_at": "2001-01-01T00:00:00Z"}),
    ("add_file", {"file_name": "../a.pdf"}),
    ("add_file", {"file_name": "x" * 256}),
    ("add_file", {"content": "not base64!"}),
    ("add_file", {"content": 7}),
    ("add_file", {"media_type": "text/plain"}),
    ("add_signer", {"email": "ada"}),
    ("add_signer", {"email": "ada@localhost"}),
    ("add_signer", {"email": "a b@example.org"}),
    ("add_signer", {"email": f"{'a' * 250}@example.org"}),
    ("add_signer", {"phone": "0151 12345678"}),
    ("add_signer", {"phone": "+0151123456"}),
    ("add_signer", {"phone": 4915112345678}),
    ("add_signer", {"position": 0}),
    ("add_signer", {"position": "1"}),
    ("add_signer", {"position": 1.0}),
    ("add_signer", {"signature_type": "SIMPLE"}),
    ("add_signature", {"page": "1"}),
    ("add_signature", {"page": 1.5}),
    ("add_signature", {"page": True}),
    ("add_signature", {"x": "10"}),
    ("add_signature", {"x": False}),
    ("add_signature", {"width": None}),
    ("add_annotation", {"text": "hello"}),
]


@pytest.mark.parametrize(("operation", "change"), NATIVE)
def test_a_value_of_a_wrong_kind_is_refused(vendor: Driver, operation: str, change: dict[str, Any]) -> None:
    """A value that is not what the field holds is refused, and the field is named."""
    answer = vendor.raw(operation, good(vendor, operation), native=change)
    assert (400, "INVALID_FIELD") == (answer.status_code, answer.json()["error"]["code"])
    assert list(change) == answer.json()["error"]["fields"]


@pytest.mark.parametrize("operation", list(ENTITIES)[:5])
def test_an_unknown_field_is_refused(vendor: Driver, operation: str) -> None:
    """A field that the dialect does not name is refused, at the top and inside."""
    told = good(vendor, operation)
    for name in ("colour", "outer.colour"):
        assert (400, "UNKNOWN_FIELD") == vendor.refusal(operation, native={name: "red"}, **told)


def test_an_id_in_the_path_is_not_told_again(vendor: Driver) -> None:
    """What the path says is not said twice."""
    workflow_id, _files, _signers = vendor.ready()
    again = {"workflow_id": workflow_id}
    assert (400, "UNKNOWN_FIELD") == vendor.refusal("start", native=again, workflow_id=workflow_id)
    assert (400, "UNKNOWN_FIELD") == vendor.refusal("status", native=again, workflow_id=workflow_id)


def test_a_refusal_shows_nothing_that_was_told(vendor: Driver) -> None:
    """An error names fields, and never repeats a value."""
    told = {**good(vendor, "add_signer"), "email": "canary-mail", "phone": "canary-phone"}
    text = vendor.raw("add_signer", told).text
    assert "canary" not in text
    assert "email" in text


# A workflow's rules


def test_nobody_is_in_a_workflow_twice(vendor: Driver) -> None:
    """A signer has one signature type per workflow, so one e-mail address is one signer."""
    workflow_id = vendor.workflow()
    vendor.signer(workflow_id)
    again = {**ADA, "email": "ADA@example.org", "signature_type": "advanced", "phone": PHONE, "position": 2}
    assert (409, "ALREADY_EXISTS") == vendor.refusal("add_signer", workflow_id=workflow_id, **again)
    assert vendor.signer(vendor.workflow())


def test_sequential_signers_have_a_position_each(vendor: Driver) -> None:
    """In sequential dispatch positions are needed and different; in parallel dispatch they are neither."""
    sequential, parallel = vendor.workflow(dispatch="sequential"), vendor.workflow(dispatch="parallel")
    told = {**BOB, "signature_type": "simple"}
    vendor.signer(sequential, position=1)
    assert (400, "MISSING_FIELD") == vendor.refusal("add_signer", workflow_id=sequential, **told)
    assert (409, "ALREADY_EXISTS") == vendor.refusal("add_signer", workflow_id=sequential, position=1, **told)
    vendor.signer(parallel, position=1)
    vendor.signer(parallel, **BOB, position=1)
    vendor.signer(parallel, **{**BOB, "email": "c@example.org"}, position=None)


def test_parts_of_another_workflow_are_refused(vendor: Driver) -> None:
    """A signature joins a signer and a file of the same workflow, and of that which is named."""
    mine, theirs = vendor.workflow(), vendor.workflow()
    file_id, signer_id = vendor.file(mine), vendor.signer(mine)
    other_file, other_signer = vendor.file(theirs), vendor.signer(theirs)
    for workflow, file, signer in (
        (mine, other_file, signer_id),
        (mine, file_id, other_signer),
        (theirs, file_id, signer_id),
    ):
        told = {"workflow_id": workflow, "file_id": file, "signer_id": signer, **vendor.place()}
        assert (404, "NOT_FOUND") == vendor.refusal("add_signature", **told)
        assert (404, "NOT_FOUND") == vendor.refusal("add_annotation", text="date", **told)


def test_an_interface_has_to_exist(vendor: Driver) -> None:
    """A workflow's branding is one that was made."""
    assert (404, "NOT_FOUND") == vendor.refusal("add_workflow", name="Contract", interface_id=FOREIGN_ID)
    made = found(vendor.ok("create_interface"), vendor.dialect.answers.interface_id)
    assert vendor.workflow(interface_id=made)
    assert (409, "ALREADY_EXISTS") == vendor.refusal("create_interface", interface_id=made)


def test_only_the_teams_that_exist_can_see_a_workflow() -> None:
    """The teams are those that the simulator was made with, and one of its own if none were named."""
    for teams, expected in ((["sales", "legal"], ["sales", "legal"]), ([], [])):
        simulator = create(teams=teams)
        with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
            assert expected == simulator.state()["teams"]
            for team_id in teams:
                made = vendor.workflow(team_id=team_id)
                assert team_id == simulator.tenant.workflows[made].team_id
            answer = vendor.raw("add_workflow", {"name": "Contract", "team_id": "strangers"})
            assert (404, ["team_id"]) == (answer.status_code, answer.json()["error"]["fields"])
            assert len(teams) == len(simulator.state()["workflows"])
    (one,), (other,) = create().state()["teams"], create().state()["teams"]
    assert one != other


SEALS = (SignatureType.ADVANCED_SEAL, SignatureType.QUALIFIED_SEAL)


@pytest.mark.parametrize("kind", SignatureType)
def test_only_a_sealing_teams_members_seal(kind: SignatureType) -> None:
    """Outside the sealing team nobody is asked for a seal, but for every signature; inside for all."""
    simulator = create(sealing_team=["Ada@example.org", "@seals.example"])
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        asked: dict[str, Any] = {"signature_type": kind.value, "phone": PHONE}
        for email in ("ada@EXAMPLE.org", "anybody@seals.example"):
            assert vendor.signer(vendor.workflow(), **asked, email=email)
        for email in ("bob@example.org", "eve@more.seals.example", "eve@notseals.example"):
            told = {"workflow_id": vendor.workflow(), **ADA, **asked, "email": email}
            answer = vendor.raw("add_signer", told)
            if kind in SEALS:
                error = answer.json()["error"]
                assert (403, "NOT_IN_SEALING_TEAM") == (answer.status_code, error["code"])
                assert ["email"] == error["fields"]
                assert email not in answer.text
            else:
                assert 201 == answer.status_code


def test_a_sealing_team_is_there_without_being_asked_for(vendor: Driver) -> None:
    """By default everybody at example.org may seal, and nobody else."""
    told: dict[str, Any] = {**ADA, "signature_type": "advanced_seal", "phone": PHONE}
    assert vendor.signer(vendor.workflow(), **told)
    outside = {**told, "workflow_id": vendor.workflow(), "email": "ada@example.com"}
    assert (403, "NOT_IN_SEALING_TEAM") == vendor.refusal("add_signer", **outside)


def test_a_team_cannot_be_told_from_others_without_addresses() -> None:
    """Where the dialect has no field for the e-mail address, nothing is demanded of it, for seals either."""
    simulator = create(dialect=parse({"base": "simulator", "fields": {"signer": {"email": ""}}}))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        assert vendor.signer(vendor.workflow(), signature_type="advanced_seal", phone=PHONE)


Incomplete = Callable[[Driver], str]


def _no_file(vendor: Driver) -> str:
    workflow_id = vendor.workflow()
    vendor.signer(workflow_id)
    return workflow_id


def _no_signer(vendor: Driver) -> str:
    workflow_id = vendor.workflow()
    vendor.file(workflow_id)
    return workflow_id


def _idle_signer(vendor: Driver) -> str:
    workflow_id, _files, _signers = vendor.ready()
    vendor.signer(workflow_id, **BOB, position=2)
    return workflow_id


def _past(vendor: Driver) -> str:
    soon = vendor.simulator.clock.now() + timedelta(seconds=30)
    workflow_id, _files, _signers = vendor.ready(expires_at=soon)
    vendor.simulator.clock.advance(timedelta(seconds=31))
    return workflow_id


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_no_file, "it has no file"),
        (_no_signer, "it has no signer"),
        (_idle_signer, "1 signer(s) have nothing to sign"),
        (_past, "its expiry is past"),
    ],
)
def test_an_incomplete_workflow_does_not_start(vendor: Driver, make: Incomplete, words: str) -> None:
    """What a workflow lacks is told, and it stays a draft to which nobody is invited."""
    before = len(vendor.simulator.outbox)
    workflow_id = make(vendor)
    answer = vendor.raw("start", {"workflow_id": workflow_id})
    assert (422, "WORKFLOW_INCOMPLETE") == (answer.status_code, answer.json()["error"]["code"])
    assert words in answer.json()["error"]["message"]
    assert "draft" == vendor.status(workflow_id)
    assert before == len(vendor.simulator.outbox)


def test_nothing_is_changed_after_the_start(vendor: Driver) -> None:
    """A started workflow takes no file, signer, signature or annotation, and does not start again."""
    workflow_id, (file_id,), (signer_id,) = vendor.started()
    ids = {"workflow_id": workflow_id, "file_id": file_id, "signer_id": signer_id}
    refused = (409, "WORKFLOW_STARTED")
    assert refused == vendor.refusal("start", workflow_id=workflow_id)
    assert refused == vendor.refusal("add_file", workflow_id=workflow_id, name="b.pdf", content=make_pdf())
    assert refused == vendor.refusal("add_signer", workflow_id=workflow_id, **BOB, signature_type="simple")
    assert refused == vendor.refusal("add_signature", **ids, **vendor.place())
    assert refused == vendor.refusal("add_annotation", **ids, text="date", **vendor.place())


def test_a_draft_is_not_running(vendor: Driver) -> None:
    """A draft cannot be cancelled, and its signers have no links and no reminders."""
    workflow_id, (file_id,), (signer_id,) = vendor.ready()
    who = {"workflow_id": workflow_id, "signer_id": signer_id}
    refused = (409, "WORKFLOW_NOT_ACTIVE")
    assert refused == vendor.refusal("cancel", workflow_id=workflow_id)
    assert refused == vendor.refusal("remind", **who)
    assert refused == vendor.refusal("signature_link", **who)
    unfinished = (409, "WORKFLOW_NOT_COMPLETED")
    assert unfinished == vendor.refusal("download", workflow_id=workflow_id, file_id=file_id)
    assert unfinished == vendor.refusal("audit_report", workflow_id=workflow_id)


def test_results_are_there_only_when_all_have_signed(vendor: Driver) -> None:
    """While it runs, and after it ended otherwise, a workflow has neither signed files nor a report."""
    workflow_id, (file_id,), _signers = vendor.started()
    for _state in ("running", "cancelled"):
        refused = (409, "WORKFLOW_NOT_COMPLETED")
        assert refused == vendor.refusal("download", workflow_id=workflow_id, file_id=file_id)
        assert refused == vendor.refusal("audit_report", workflow_id=workflow_id)
        vendor.raw("cancel", {"workflow_id": workflow_id})


def test_only_the_invited_are_reminded_and_get_links(vendor: Driver) -> None:
    """Somebody whose turn has not come, or who has signed, gets no reminder and no link."""
    workflow_id, _files, (ada, bob) = vendor.started(ADA, BOB, dispatch="sequential")

    def ask(signer_id: str) -> set[int]:
        told = {"workflow_id": workflow_id, "signer_id": signer_id}
        return {vendor.raw(each, told).status_code for each in ("remind", "signature_link")}

    assert {409} == ask(bob)
    assert {200, 202} == ask(ada)
    vendor.person(ADA).sign(vendor.link())
    assert {409} == ask(ada)
    assert {200, 202} == ask(bob)
    assert {404} == ask(FOREIGN_ID)


def test_every_type_of_signature_is_known(vendor: Driver) -> None:
    """Each of the product's signature types can be asked for, with a phone where it needs one."""
    for kind in SignatureType:
        phone = None if kind is SignatureType.SIMPLE else PHONE
        assert vendor.signer(vendor.workflow(), signature_type=kind.value, phone=phone)


def test_words_mean_what_the_dialect_says() -> None:
    """The number one and the truth value are different words."""
    words = {"dispatch": {"sequential": 1, "parallel": True}}
    dialect = parse({"base": "simulator", "words": words})
    simulator = create(dialect=dialect)
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        for word, sequential in ("sequential", True), ("parallel", False):
            workflow_id = vendor.workflow(dispatch=word)
            assert sequential == simulator.tenant.workflows[workflow_id].sequential
        assert (400, "INVALID_FIELD") == vendor.refusal(
            "add_workflow", native={"is_sequential": "1"}, name="Contract"
        )
    with pytest.raises(DialectError):
        parse({"words": {"dispatch": {"sequential": True, "parallel": True}}})
