import base64
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import ConnectionLost, UncertainStep, UsageError, VendorError, VendorRefused
from paraph.flow import NOT_DONE, UNKNOWN
from paraph.model import Document, Envelope, FactType, Field, Rect, Secret
from paraph.ops.send import resume, send
from paraph.ops.settle import settle
from paraph_sign8 import Sign8Options, sending
from support.crashes import Crashed, crashing
from support.hand import INTENT, Talk
from support.sign8_account import PDF, account, carried, dialect, envelope, make_pdf, person, without
from support.sign8_vendor import Vendor, kernel, run

ADDED = {
    "workflow": "w1",
    "file:contract": "f1",
    "signer:ada": "s1",
    "signature:contract:ada": "g1",
}
"""The journal of a send that only lacks its start."""


def status(word: str = "active", **more: Any) -> dict[str, Any]:
    """Make an answer of ``status``."""
    return {"status": word, **more}


# The whole way


def test_send_makes_every_call_of_the_published_order() -> None:
    """Sending is workflow, file, signer, signature, start, each told with the dialect's names."""
    asked = envelope(message="Please", expires_at=datetime(2025, 4, 1, tzinfo=UTC))
    talk = Talk(sending.send(carried(asked), account()))
    organization = {"organization_id": "org-1"}
    talk.expect(
        "POST",
        "/v1/workflow/add",
        body={
            **organization,
            "name": "Contract",
            "description": "Please",
            "expires_at": "2025-04-01T00:00:00Z",
            "is_sequential": False,
            "external_reference": "attempt1",
        },
        reply={"workflow_id": "w1"},
    )
    assert [("envelope", {"": "w1"})] == talk.known
    request = talk._pending
    assert request is not None
    body = json.loads(b"".join(request.request.stream))  # type: ignore[arg-type]  # sync stream
    assert {
        **organization,
        "workflow_id": "w1",
        "file_name": "contract.pdf",
        "media_type": "application/pdf",
        "content": base64.b64encode(PDF).decode(),
    } == body
    talk.expect("POST", "/v1/file/add", reply={"file_id": "f1"})
    talk.expect(
        "POST",
        "/v1/signer/add",
        body={
            **organization,
            "workflow_id": "w1",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": "ada@example.org",
            "phone": "+4915112345678",
            "position": 1,
            "signature_type": "simple",
        },
        reply={"signer_id": "s1"},
    )
    placed = talk.expect("POST", "/v1/signature/add", reply={"signature_id": "g1"})
    told = json.loads(placed.content)
    assert ("w1", "f1", "s1", 1, 170, 50) == (
        told["workflow_id"],
        told["file_id"],
        told["signer_id"],
        told["page"],
        told["width"],
        told["height"],
    )
    talk.expect("POST", "/v1/workflow/w1/start", body=organization)
    shown = status(signers=[{"signer_id": "s1", "status": "invited"}])
    talk.expect("GET", "/v1/workflow/w1", query=organization, reply=shown)
    assert talk.over
    assert {
        (FactType.ENVELOPE_CREATED, ""),
        (FactType.ENVELOPE_SENT, ""),
        (FactType.SIGNATORY_INVITED, "s1"),
    } == {(fact.type, fact.target) for fact in talk.result.facts}
    assert [("envelope", {"": "w1"}), ("signatories", {"ada": "s1"}), ("documents", {"contract": "f1"})] == (
        talk.known
    )


def test_fields_other_than_signatures_are_annotations() -> None:
    """A date field becomes an annotation with the vendor's word, after the signatures."""
    place = Rect(x=10, y=20, width=30, height=40)
    asked = envelope(
        fields=[Field(document="contract", signatory="ada", rect=place, kind=kind) for kind in ("date",)]
    )
    talk = Talk(sending.send(carried(asked), account()), journal=dict(ADDED))
    request = talk.expect("POST", "/v1/annotation/add", reply={"annotation_id": "a1"})
    told = json.loads(request.content)
    assert ("date", 10, 20, 30, 40) == tuple(told[key] for key in ("text", "x", "y", "width", "height"))
    talk.expect("POST", "/v1/workflow/w1/start")


def test_options_of_the_envelope_win_over_the_account() -> None:
    """Password, team and branding travel with the workflow; the envelope's own come first."""
    asked = envelope(options=[Sign8Options(password=Secret("canary"), team_id="t2")])
    talk = Talk(sending.send(carried(asked), account(team_id="t1", interface_id="i1")))
    request = talk.expect("POST", "/v1/workflow/add", reply={"workflow_id": "w1"})
    told = json.loads(request.content)
    assert ("canary", "t2", "i1") == (told["password"], told["team_id"], told["interface_id"])


def test_a_failing_read_after_the_start_takes_nothing_back() -> None:
    """Once started, a failing look at the status does not turn the send into an error."""
    talk = Talk(sending.send(carried(), account()), journal={**ADDED, "start": None})
    talk.expect("GET", "/v1/workflow/w1", query={"organization_id": "org-1"}, status=403, reply={})
    assert [FactType.ENVELOPE_CREATED, FactType.ENVELOPE_SENT] == [fact.type for fact in talk.result.facts]


def test_an_accepted_start_outlives_a_lagging_read() -> None:
    """A status that still says draft right after an accepted start does not take "sent" back."""
    talk = Talk(sending.send(carried(), account()), journal={**ADDED, "start": None})
    talk.expect("GET", "/v1/workflow/w1", query={"organization_id": "org-1"}, reply=status("draft"))
    assert FactType.ENVELOPE_SENT in {fact.type for fact in talk.result.facts}


def test_without_a_start_what_the_status_says_counts() -> None:
    """That the last addition releases a workflow is assumed; a status that shows a draft refutes it."""
    spoken = without("start")
    talk = Talk(sending.send(carried(), account(spoken)), journal=dict(ADDED))
    talk.expect("GET", "/v1/workflow/w1", query={"organization_id": "org-1"}, reply=status("draft"))
    assert {FactType.ENVELOPE_CREATED} == {fact.type for fact in talk.result.facts}


def test_without_start_and_status_that_it_was_sent_is_concluded() -> None:
    """Where nothing can be read, the last accepted addition says that it was sent, marked as inferred."""
    talk = Talk(sending.send(carried(), account(without("start", "status"))), journal=dict(ADDED))
    (_, sent) = talk.result.facts
    assert (FactType.ENVELOPE_SENT, True) == (sent.type, sent.inferred)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ({}, "answers.workflow_id"),
        ({"workflow_id": {}}, "answers.workflow_id"),
        ("w1", "answers.workflow_id"),
    ],
)
def test_an_answer_without_the_id_names_the_location(answer: Any, word: str) -> None:
    """Where no id is where the dialect says, the error names the leaf, and shows nothing of the answer."""
    talk = Talk(sending.send(carried(), account()))
    with pytest.raises(VendorError, match=word) as caught:
        talk.expect("POST", "/v1/workflow/add", reply=answer)
    assert "w1" not in str(caught.value)


# Content that travels apart


UPLOAD = "https://storage.test/put/canary-path?sig=canary-signature"


def test_a_content_is_put_where_the_vendor_says_without_credentials() -> None:
    """With transfer by URL the bytes go to the answer's address, bare: no organisation, no credentials."""
    talk = Talk(
        sending.send(carried(), account(dialect(formats__transfer="url"))), journal={"workflow": "w1"}
    )
    added = talk.expect("POST", "/v1/file/add", reply={"file_id": "f1", "url": UPLOAD})
    assert "content" not in json.loads(added.content)
    talk.expect("POST", "/v1/signer/add", reply={"signer_id": "s1"})
    command = talk._pending
    assert command is not None
    assert not command.credentials
    request = talk.expect("PUT", "/put/canary-path", query={"sig": "canary-signature"}, reply=b"")
    assert "storage.test" == request.headers["host"]
    assert "application/pdf" == request.headers["content-type"]
    assert PDF == b"".join(request.stream)  # type: ignore[arg-type]  # sync stream
    assert "org-1" not in str(request.headers)
    talk.expect("POST", "/v1/signature/add", reply={"signature_id": "g1"})


def test_an_interrupted_upload_goes_on_with_the_kept_address() -> None:
    """After a crash the address, which the vendor told once, is known, and the same bytes are PUT again."""
    journal = {"workflow": "w1", "file:contract": "f1", "signer:ada": "s1", "content:contract": INTENT}
    talk = Talk(
        sending.send(carried(), account(dialect(formats__transfer="url"))),
        journal=journal,
        kept={"upload-url:f1": UPLOAD},
    )
    talk.expect("PUT", "/put/canary-path", query={"sig": "canary-signature"}, reply=b"")
    assert journal["content:contract"] is None


def test_a_refused_upload_shows_nothing_of_its_address() -> None:
    """The address is a key to the file: an error names the leaf it came from instead."""
    journal = {"workflow": "w1", "file:contract": "f1", "signer:ada": "s1"}
    talk = Talk(
        sending.send(carried(), account(dialect(formats__transfer="url"))),
        journal=journal,
        kept={"upload-url:f1": UPLOAD},
    )
    with pytest.raises(VendorError, match=r"answers\.upload_url") as caught:
        talk.expect("PUT", "/put/canary-path", query={"sig": "canary-signature"}, status=403, reply=b"")
    assert "canary" not in str(caught.value)


def test_a_lost_address_says_what_to_do() -> None:
    """Where the file was found again but its address was lost with the answer, a sentence says so."""
    journal = {"workflow": "w1", "file:contract": "f1", "signer:ada": "s1"}
    with pytest.raises(UsageError, match="send the envelope again"):
        Talk(sending.send(carried(), account(dialect(formats__transfer="url"))), journal=journal)


@pytest.mark.parametrize(
    "address",
    ["http://storage.test/x", "ftp://storage.test/x", "https://u:p@storage.test/", "/x", "", 7, None],
)
def test_an_upload_never_goes_to_an_odd_address(address: Any) -> None:
    """Anything but a plain https address is refused before a byte leaves."""
    talk = Talk(
        sending.send(carried(), account(dialect(formats__transfer="url"))), journal={"workflow": "w1"}
    )
    with pytest.raises(VendorError, match=r"answers\.upload_url"):
        talk.expect("POST", "/v1/file/add", reply={"file_id": "f1", "url": address})


# Answers that were lost


@pytest.mark.parametrize(
    ("shown", "known", "expected"),
    [
        ((), [], NOT_DONE),
        (("a",), ["a"], NOT_DONE),
        (("a", "b", "c"), ["a"], UNKNOWN),
        (("b",), ["a"], UNKNOWN),
        (("a", "a"), ["a"], UNKNOWN),
        (("a",), [None], NOT_DONE),
        ((), [None], UNKNOWN),
    ],
)
def test_a_list_that_says_nothing_certain_is_no_answer(
    shown: tuple[str, ...], known: list[str | None], expected: Any
) -> None:
    """Only a list of all we know, with nothing more, proves that a lost call did not happen."""
    assert expected is sending.found_among(shown, known)


@given(st.lists(st.text(min_size=1), unique=True, min_size=1), st.data())
def test_the_one_unknown_id_is_ours(ids: list[str], data: st.DataObject) -> None:
    """Of a list in any order, the one id that we do not know is what the lost answer told."""
    shown = data.draw(st.permutations(ids))
    assert ids[-1] == sending.found_among(tuple(shown), ids[:-1]).value
    untold = [None, *ids[1:-1]]
    if len(ids) > 1:
        assert sending.found_among(tuple(shown), untold).value is None


@pytest.mark.parametrize(
    ("step", "leaf", "row"),
    [
        ("file:contract", "files", {"file_id": "x9"}),
        ("signer:ada", "signers", {"signer_id": "x9"}),
        ("signature:contract:ada", "signatures", {"signature_id": "x9"}),
    ],
)
def test_an_interrupted_addition_is_found_in_the_status(step: str, leaf: str, row: dict[str, str]) -> None:
    """What was added before a crash is taken from the status and not added again."""
    keys = list(ADDED)
    journal: dict[str, Any] = {key: ADDED[key] for key in keys[: keys.index(step)]}
    journal[step] = INTENT
    talk = Talk(sending.send(carried(), account()), journal=journal)
    talk.expect(
        "GET", "/v1/workflow/w1", query={"organization_id": "org-1"}, reply=status("draft", **{leaf: [row]})
    )
    assert "x9" == journal[step]


@pytest.mark.parametrize(("word", "starts"), [("draft", True), ("active", False), ("completed", False)])
def test_an_interrupted_start_is_answered_by_the_status(word: str, starts: bool) -> None:
    """A workflow that is still a draft was not started; anything else was."""
    talk = Talk(sending.send(carried(), account()), journal={**ADDED, "start": INTENT})
    talk.expect("GET", "/v1/workflow/w1", query={"organization_id": "org-1"}, reply=status(word))
    assert talk._pending is not None
    assert ("POST" if starts else "GET") == talk._pending.request.method


# The same with the real journal and a vendor that breaks


def asked() -> Envelope:
    """Make an envelope of two files and two signatories."""
    documents = [Document.from_bytes(make_pdf(pages=pages), name=f"file{pages}.pdf") for pages in (1, 2)]
    return envelope(documents=documents, signatories=[person("ada"), person("bob")])


WHOLE = (1, 2, 2, 4)
"""Starts, files, signers and signatures of the envelope :func:`asked`."""

DIALECTS = {
    "all": dialect(),
    "no start": without("start"),
    "no status": without("status"),
    "neither": without("start", "status"),
}


@pytest.mark.parametrize("name", DIALECTS)
def test_an_undisturbed_send_is_whole(name: str) -> None:
    """Whatever the dialect offers, an undisturbed send makes one workflow with everything in it, once."""
    vendor = Vendor()
    run(vendor, send(kernel(DIALECTS[name]), asked()))
    starts = 1 if "start" not in name and name != "neither" else 0
    assert [(starts, *WHOLE[1:])] == vendor.whole()


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "refused"])
@pytest.mark.parametrize("name", DIALECTS)
def test_no_broken_call_adds_anything_twice(name: str, lost: bool) -> None:
    """Whichever call breaks, nothing is added or started twice; with a status the send ends up whole."""
    calls = Vendor()
    run(calls, send(kernel(DIALECTS[name]), asked()))
    for number in range(len(calls.requests)):
        vendor, core, wanted = Vendor(), kernel(DIALECTS[name]), asked()
        vendor.lose, vendor.refuse = (number, None) if lost else (None, number)
        with suppress(VendorError, UncertainStep):
            run(vendor, send(core, wanted))
        try:
            run(vendor, resume(core, wanted.id))
            over = True
        except UncertainStep:
            over = False
        biggest = max(vendor.whole(), default=(0, 0, 0, 0))
        assert all(made <= whole for made, whole in zip(biggest, WHOLE, strict=True)), number
        if "status" not in name and name != "neither":
            assert over
            assert WHOLE[1:] == biggest[1:]
        assert 1 >= len([each for each in vendor.whole() if each[0]])


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("name", ["all", "neither"])
def test_no_crash_adds_anything_twice(name: str, before: bool) -> None:
    """Killed before or after any command, a resumed send adds and starts nothing twice."""
    at, survived = 0, False
    while not survived:
        vendor, core, wanted = Vendor(), kernel(DIALECTS[name]), asked()
        try:
            run(vendor, crashing(send(core, wanted), at=at, before=before))
            survived = True
        except Crashed:
            pass
        try:
            run(vendor, send(core, wanted))
            over = True
        except UncertainStep:
            over = False
        biggest = max(vendor.whole(), default=(0, 0, 0, 0))
        assert all(made <= whole for made, whole in zip(biggest, WHOLE, strict=True)), at
        if "status" not in name and name != "neither":
            assert over
            assert WHOLE[1:] == biggest[1:]
        at += 1
    assert at > 20


def test_counting_sees_what_is_added_twice() -> None:
    """The control: a journal that forgets makes the vendor's count exceed what was asked for."""
    vendor, wanted = Vendor(), asked()
    run(vendor, send(kernel(DIALECTS["all"]), wanted))
    body = {"workflow_id": "w1"}
    vendor._answer("/v1/signer/add", body)
    assert not all(made <= whole for made, whole in zip(vendor.whole()[0], WHOLE, strict=True))


def test_a_settled_step_goes_on_with_the_id_that_a_person_saw() -> None:
    """Without a status a lost signer needs a person; with the id that they saw the send is finished."""
    vendor, core, wanted = Vendor(), kernel(DIALECTS["no status"]), asked()
    vendor.lose = 3
    with pytest.raises(ConnectionLost):
        run(vendor, send(core, wanted))
    with pytest.raises(UncertainStep) as caught:
        run(vendor, resume(core, wanted.id))
    assert "signer:ada" == caught.value.step
    run(vendor, settle(core, wanted.id, "signer:ada", happened=True, result="w1-signer-1"))
    run(vendor, resume(core, wanted.id))
    assert [WHOLE] == vendor.whole()
    assert {"w1-signer-1", "w1-signer-2"} == {
        each["signer_id"] for each in vendor.workflows["w1"]["signature"]
    }


def test_a_step_settled_without_its_id_says_what_is_missing() -> None:
    """Nothing can be placed for a signer whose id nobody knows, and the error says so."""
    vendor, core, wanted = Vendor(), kernel(DIALECTS["no status"]), asked()
    vendor.lose = 3
    with pytest.raises(ConnectionLost):
        run(vendor, send(core, wanted))
    run(vendor, settle(core, wanted.id, "signer:ada", happened=True))
    with pytest.raises(UsageError, match="settled without SIGN8's id"):
        run(vendor, resume(core, wanted.id))


@pytest.mark.parametrize("name", ["all", "no status"])
def test_a_refused_start_can_be_tried_again(name: str) -> None:
    """A start that the vendor refuses had no effect: the error says so, and a resumed send starts once."""
    vendor, core, wanted = Vendor(), kernel(DIALECTS[name]), asked()
    vendor.refuse, vendor.refusal = 9, 402
    with pytest.raises(VendorRefused, match="start"):
        run(vendor, send(core, wanted))
    run(vendor, resume(core, wanted.id))
    assert [WHOLE] == vendor.whole()


def test_a_password_survives_the_store() -> None:
    """A workflow's password is kept with the envelope, so that another process can go on with the send."""
    vendor, core = Vendor(), kernel(DIALECTS["all"])
    wanted = attrs.evolve(asked(), options=(Sign8Options(password=Secret("canary")),))
    vendor.refuse = 0
    with pytest.raises(VendorError):
        run(vendor, send(core, wanted))
    run(vendor, resume(core, wanted.id))
    assert ["canary"] == [each["password"] for each in vendor.workflows.values()]
