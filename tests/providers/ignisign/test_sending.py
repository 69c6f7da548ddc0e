import base64
import hashlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import (
    ConnectionLost,
)
from paraph.flow import NOT_DONE, UNKNOWN
from paraph.model import Assurance, Document, FactType, Level, Trust, Verb
from paraph_ignisign import (
    IgnisignOptions,
    IgnisignStatement,
    reading,
    sending,
)
from support.hand import INTENT, Talk
from support.ignisign_account import APP, APP_ID, PDF, account, carried, envelope, person
from support.ignisign_profiles import NEEDED, PROFILES, planned

REQUEST = "/v4/signature-requests/r1"


def context(status: str, **more: object) -> dict[str, object]:
    """Make the vendor's context of request r1."""
    return {"_id": "r1", "status": status, "externalId": "attempt1", **more}


def to_the_update(talk: Talk) -> None:
    """Answer everything up to the content of the first document."""
    planned(talk)
    talk.expect("POST", f"{APP}/signers", reply={"signerId": "s-ada", "entityType": "NATURAL"})
    talk.expect("POST", f"{APP}/signature-requests", body={}, reply={"signatureRequestId": "r1"})
    talk.expect("POST", f"{APP}/init-documents", reply={"documentId": "d1"})
    talk.expect("POST", "/v4/documents/d1/file", reply={"_id": "d1", "status": "PROVIDED"})


def test_send_makes_every_call_of_the_documented_order() -> None:
    """Sending is the vendor's own sequence, from profiles to publish, each with the documented body."""
    talk = Talk(sending.send(carried(envelope(message="Please", language="fr")), account()))
    planned(talk)
    talk.expect(
        "POST",
        f"{APP}/signers",
        body={
            "signerProfileId": "p-mail",
            "externalId": "env1:ada",
            "firstName": "Ada",
            "lastName": "Lovelace",
            "email": "ada@example.org",
        },
        reply={"signerId": "s-ada", "entityType": "NATURAL", "authSecret": "canary-auth"},
    )
    talk.expect("POST", f"{APP}/signature-requests", body={}, reply={"signatureRequestId": "r1"})
    assert [("signatories", {"ada": "s-ada"}), ("envelope", {"": "r1"})] == talk.known
    talk.expect(
        "POST",
        f"{APP}/init-documents",
        body={"signatureRequestId": "r1", "label": "contract.pdf", "externalId": "contract"},
        reply={"documentId": "d1"},
    )
    upload = talk.expect("POST", "/v4/documents/d1/file", reply={"_id": "d1", "status": "PROVIDED"})
    form = upload.stream
    assert b'name="file"; filename="contract.pdf"' in b"".join(form)  # type: ignore[arg-type] # sync stream
    talk.expect(
        "PUT",
        REQUEST,
        body={
            "title": "Contract",
            "description": "Please",
            "language": "FR",
            "documentIds": ["d1"],
            "signerIds": ["s-ada"],
            "externalId": "attempt1",
            "defaultSignatureMethod": "SIMPLE_STD",
        },
        reply=context("DRAFT"),
    )
    published = {"signatureRequestId": "r1", "signersEmbedded": [{"signerId": "s-ada", "token": "tok"}]}
    talk.expect("POST", f"{REQUEST}/publish", body={}, reply=published)
    talk.expect("GET", f"{REQUEST}/context", reply=context("IN_PROGRESS", signerIds=["s-ada"]))
    assert talk.over
    types = {(fact.type, fact.target) for fact in talk.result.facts}
    assert {
        (FactType.ENVELOPE_CREATED, ""),
        (FactType.ENVELOPE_SENT, ""),
        (FactType.SIGNATORY_INVITED, "s-ada"),
    } == types
    assert Trust.CONFIRMED is talk.result.trust
    assert {"signer-secret:s-ada": "canary-auth", "signing-token:s-ada:r1": "tok"} == talk.kept


def test_ready_after_publishing_is_not_sent() -> None:
    """A published request that the vendor has not launched yet is only created, and scheduled if it waits."""
    for mode, extra in (("WHEN_READY", set()), ("SCHEDULED", {FactType.ENVELOPE_SCHEDULED})):
        done = {"signer:ada": "s-ada", "request": "r1", "document:contract": "d1", "content:contract": None}
        journal = {**done, "describe": None, "publish": None}
        talk = Talk(sending.send(carried(), account()), journal=journal)
        talk.expect("GET", f"{REQUEST}/context", reply=context("READY", diffusionMode=mode))
        assert {FactType.ENVELOPE_CREATED, *extra} == {fact.type for fact in talk.result.facts}


def test_a_failing_read_after_publishing_takes_nothing_back() -> None:
    """Once published, a failing look at the status does not turn the send into an error."""
    done = {"signer:ada": "s-ada", "request": "r1", "document:contract": "d1", "content:contract": None}
    talk = Talk(sending.send(carried(), account()), journal={**done, "describe": None, "publish": None})
    talk.expect("GET", f"{REQUEST}/context", status=403, reply={"code": "INVALID_CONTEXT"})
    assert [FactType.ENVELOPE_CREATED] == [fact.type for fact in talk.result.facts]


def test_dates_and_levels_are_described() -> None:
    """Expiry, schedule and a level per way of delivery go into the update in the vendor's words."""
    asked = envelope(
        signatories=[
            person("ada"),
            person("bob", delivery="link", assurance=Assurance(level=Level.QES)),
        ],
        expires_at=datetime(2025, 4, 1, tzinfo=UTC),
        scheduled_at=datetime(2025, 3, 2, 8, 30, tzinfo=UTC),
    )
    journal = {"signer:ada": "s-ada", "signer:bob": "s-bob", "request": "r1"}
    journal |= {"document:contract": "d1", "content:contract": None}
    talk = Talk(sending.send(carried(asked), account()), journal=journal)
    talk.expect("GET", f"{APP}/signer-profiles", reply=PROFILES)
    talk.expect("GET", f"{APP}/signer-profiles/p-mail/inputs-needed", reply=NEEDED)
    talk.expect("GET", f"{APP}/signer-profiles/p-link/inputs-needed", reply=[{"inputsNeeded": []}])
    talk.expect(
        "PUT",
        REQUEST,
        body={
            "title": "Contract",
            "documentIds": ["d1"],
            "signerIds": ["s-ada", "s-bob"],
            "externalId": "attempt1",
            "defaultSignatureMethod": "SIMPLE_STD",
            "signerProfilesSignatureMethod": [
                {"signerProfileId": "p-mail", "signatureMethodRef": "SIMPLE_STD"},
                {"signerProfileId": "p-link", "signatureMethodRef": "QUALIFIED_STD"},
            ],
            "expirationDate": "2025-04-01T00:00:00.000Z",
            "expirationDateIsActivated": True,
            "diffusionMode": "SCHEDULED",
            "diffusionDate": "2025-03-02T08:30:00.000Z",
        },
        reply=context("DRAFT"),
    )


def test_approvers_recipients_and_options_are_described() -> None:
    """Approvers are signers apart, recipients addresses without a signer, options go as they are named."""
    people = [
        person("eve", verb=Verb.RECEIVE_COPY),
        person("boss", verb=Verb.APPROVE, assurance=Assurance(level=Level.QES)),
        person("ada"),
        person("eva", verb=Verb.RECEIVE_COPY, email="eve@example.org"),
    ]
    statements = [
        IgnisignStatement(text="All read", document="contract"),
        IgnisignStatement(text="All meant"),
    ]
    options = [IgnisignOptions(statements=statements, full_privacy=False, extended_auth_session=True)]
    talk = Talk(sending.send(carried(envelope(signatories=people, options=options)), account()))
    planned(talk)
    talk.expect("POST", f"{APP}/signers", reply={"signerId": "s-boss"})
    talk.expect("POST", f"{APP}/signers", reply={"signerId": "s-ada"})
    talk.expect("POST", f"{APP}/signature-requests", reply={"signatureRequestId": "r1"})
    assert ("signatories", {"boss": "s-boss", "ada": "s-ada"}) in talk.known
    talk.expect("POST", f"{APP}/init-documents", reply={"documentId": "d1"})
    talk.expect("POST", "/v4/documents/d1/file", reply={"_id": "d1"})
    here = {"appId": APP_ID, "appEnv": "STAGING", "signatureRequestId": "r1"}
    talk.expect(
        "PUT",
        REQUEST,
        body={
            "title": "Contract",
            "documentIds": ["d1"],
            "signerIds": ["s-ada"],
            "signerIdsAsApprover": ["s-boss"],
            "recipients": ["eve@example.org"],
            "externalId": "attempt1",
            "defaultSignatureMethod": "SIMPLE_STD",
            "statements": [
                {**here, "documentId": "d1", "labelMd": "All read"},
                {**here, "labelMd": "All meant"},
            ],
            "fullPrivacy": False,
            "extendedAuthSessionEnabled": True,
        },
        reply=context("DRAFT"),
    )


VERBS = st.lists(st.sampled_from([Verb.SIGN, Verb.APPROVE, Verb.RECEIVE_COPY]), max_size=5)


@given(verbs=VERBS.filter(lambda verbs: Verb.SIGN in verbs))
def test_everybody_is_told_to_the_vendor_in_one_way(verbs: list[Verb]) -> None:
    """Signers, approvers and recipients are told apart: each person once, in the envelope's order."""
    people = [person(f"p{n}", verb=verb) for n, verb in enumerate(verbs)]
    journal: dict[str, object] = {f"signer:p{n}": f"s{n}" for n in range(len(people))}
    journal |= {"request": "r1", "document:contract": "d1", "content:contract": None}
    talk = Talk(sending.send(carried(envelope(signatories=people)), account()), journal=journal)
    planned(talk)
    told = json.loads(talk.expect("PUT", REQUEST, reply=context("DRAFT")).content)
    for name, verb, written in (
        ("signerIds", Verb.SIGN, "s{}"),
        ("signerIdsAsApprover", Verb.APPROVE, "s{}"),
        ("recipients", Verb.RECEIVE_COPY, "p{}@example.org"),
    ):
        assert [written.format(n) for n, one in enumerate(verbs) if one is verb] == told.get(name, [])


def test_individualised_requests_are_asked_for() -> None:
    """The option becomes the vendor's flag; without it the flag is not sent at all."""
    done = {"signer:ada": "s1", "request": "r1", "document:contract": "d1", "content:contract": None}
    for chosen, flag in ((True, True), (False, None)):
        asked = envelope(options=[IgnisignOptions(individualize=chosen)])
        talk = Talk(sending.send(carried(asked), account()), journal=dict(done))
        planned(talk)
        told = json.loads(talk.expect("PUT", REQUEST, reply=context("DRAFT")).content)
        assert flag == told.get("individualizeRequests")


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("base64", base64.b64encode(hashlib.sha256(PDF).digest()).decode()),
        ("hex", hashlib.sha256(PDF).hexdigest()),
    ],
)
def test_private_documents_are_given_by_digest(encoding: str, expected: str) -> None:
    """A digest document is posted in the configured encoding, and its content is never asked for."""
    document = Document.from_digest(hashlib.sha256(PDF).hexdigest(), name="secret.pdf")
    journal = {"signer:ada": "s-ada", "request": "r1"}
    talk = Talk(
        sending.send(carried(envelope(documents=[document])), account(private_hash=encoding)), journal=journal
    )
    talk.expect("POST", f"{APP}/init-documents", reply={"documentId": "d1"})
    talk.expect(
        "POST", "/v4/documents/d1/private-content", body={"documentHash": expected}, reply={"_id": "d1"}
    )


def test_json_documents_are_given_as_data() -> None:
    """Structured data travels as the vendor's jsonContent, as the application gave it."""
    document = Document.from_json({"b": 1, "a": [True]}, name="terms.json")
    journal = {"signer:ada": "s-ada", "request": "r1"}
    talk = Talk(sending.send(carried(envelope(documents=[document])), account()), journal=journal)
    talk.expect("POST", f"{APP}/init-documents", reply={"documentId": "d1"})
    talk.expect(
        "POST",
        "/v4/documents/d1/data-json-content",
        body={"jsonContent": {"a": [True], "b": 1}},
        reply={"_id": "d1"},
    )


# Interrupted sends


def test_an_interrupted_publish_is_read_and_not_repeated() -> None:
    """A publish whose answer was lost is found by the request's status; it is not posted again."""
    done = {"signer:ada": "s-ada", "request": "r1", "document:contract": "d1", "content:contract": None}
    talk = Talk(sending.send(carried(), account()), journal={**done, "describe": None, "publish": INTENT})
    talk.expect("GET", f"{REQUEST}/context", reply=context("LAUNCHING"))
    talk.expect("GET", f"{REQUEST}/context", reply=context("LAUNCHING"))
    assert talk.over


def test_an_interrupted_publish_of_a_draft_is_done_with_the_same_id() -> None:
    """Where the status still says DRAFT the same request is published, never a new one."""
    done = {"signer:ada": "s-ada", "request": "r1", "document:contract": "d1", "content:contract": None}
    talk = Talk(sending.send(carried(), account()), journal={**done, "describe": None, "publish": INTENT})
    talk.expect("GET", f"{REQUEST}/context", reply=context("DRAFT"))
    refused = {"code": "CANNOT_PUBLISH_SIGNATURE_REQUEST__REQUEST_ALREADY_PUBLISHED"}
    talk.expect("POST", f"{REQUEST}/publish", body={}, status=400, reply=refused)
    talk.expect("GET", f"{REQUEST}/context", reply=context("IN_PROGRESS"))
    assert talk.over, "a publication that landed late is a publication"


def test_a_published_request_is_not_planned_again() -> None:
    """A profile that was archived after publishing neither refuses the resume nor is it read."""
    done = {"signer:ada": "s-ada", "request": "r1", "document:contract": "d1", "content:contract": None}
    talk = Talk(sending.send(carried(), account()), journal={**done, "describe": None, "publish": None})
    talk.expect("GET", f"{REQUEST}/context", reply=context("IN_PROGRESS", signerIds=["s-ada"]))
    assert FactType.ENVELOPE_SENT in {fact.type for fact in talk.result.facts}


def test_a_plan_is_read_once_for_all_steps() -> None:
    """The control of the laziness: two signers and the description need the plan, and it is read once."""
    talk = Talk(sending.send(carried(envelope(signatories=[person("a"), person("b")])), account()))
    planned(talk)
    talk.expect("POST", f"{APP}/signers", reply={"signerId": "s1"})
    talk.expect("POST", f"{APP}/signers", reply={"signerId": "s2"})
    talk.expect("POST", f"{APP}/signature-requests", body={}, reply={"signatureRequestId": "r1"})
    talk.expect("POST", f"{APP}/init-documents", reply={"documentId": "d1"})
    talk.expect("POST", "/v4/documents/d1/file", reply={"_id": "d1", "status": "PROVIDED"})
    talk.expect("PUT", REQUEST, reply=context("DRAFT"))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("DRAFT", NOT_DONE),
        ("CANCELLED", UNKNOWN),
        ("FAILED", UNKNOWN),
        ("TELEPORTED", UNKNOWN),
        ("READY", None),
        ("LAUNCH_ERROR", None),
        ("CHILDREN_GENERATED", None),
        ("COMPLETED", None),
    ],
)
def test_only_what_follows_a_publication_proves_one(status: str, outcome: object) -> None:
    """A draft that was closed is CANCELLED: it proves no publication, and a person decides."""
    talk = Talk(sending._was_published(account(), "r1"))
    talk.expect("GET", f"{REQUEST}/context", reply=context(status))
    assert outcome is (talk.result if talk.result in (NOT_DONE, UNKNOWN) else None)


@pytest.mark.parametrize("shown", [{}, {"status": None}, {"status": "CREATED"}])
def test_content_of_a_document_without_status_is_given_again(shown: dict[str, object]) -> None:
    """A vendor that shows no status does not block the send for ever: the draft is inert."""
    journal = {"signer:ada": "s-ada", "request": "r1", "document:contract": "d1", "content:contract": INTENT}
    talk = Talk(sending.send(carried(), account()), journal=journal)
    talk.expect("GET", "/v4/documents/d1", reply={"_id": "d1", **shown})
    talk.expect("POST", "/v4/documents/d1/file", reply={"_id": "d1", "status": "PROVIDED"})


def test_interrupted_drafts_are_found_by_our_reference() -> None:
    """Signer, document and content of an interrupted send are looked for before they are made."""
    journal = {"signer:ada": INTENT, "request": "r1", "document:contract": INTENT, "content:contract": INTENT}
    talk = Talk(sending.send(carried(), account()), journal=journal)
    found = {"signers": [{"signerId": "s-ada", "externalId": "env1:ada", "firstName": "ADA"}], "total": 1}
    talk.expect(
        "POST",
        f"{APP}/signers-search",
        query={"filter": "env1:ada"},
        body={"filter": "env1:ada"},
        reply=found,
    )
    documents = [{"_id": "d0", "externalId": "other"}, {"_id": "d1", "externalId": "contract"}]
    talk.expect("GET", f"{REQUEST}/context", reply=context("DRAFT", documents=documents))
    talk.expect("GET", "/v4/documents/d1", reply={"_id": "d1", "status": "PROVIDED"})
    planned(talk)
    talk.expect("PUT", REQUEST, reply=context("DRAFT"))
    assert "d1" == talk.journal["document:contract"]


def test_a_lost_draft_is_made_again() -> None:
    """The answer to init cannot be read back: another inert draft is made."""
    talk = Talk(sending.send(carried(), account()), journal={"signer:ada": "s-ada", "request": INTENT})
    talk.expect("POST", f"{APP}/signature-requests", body={}, reply={"_id": "r2"})
    assert "r2" == talk.journal["request"]


def test_reads_are_repeated_and_effects_are_not() -> None:
    """A read is tried again after a lost connection; a publish never by itself."""
    read = Talk(reading.read(carried(vendor_ref="r1"), account()))
    read.fail(ConnectionLost("cut"))
    read.expect("GET", f"{REQUEST}/context", reply=context("DRAFT"))
    assert [0.2] == read.pauses
    done = {"signer:ada": "s-ada", "request": "r1", "document:contract": "d1", "content:contract": None}
    sent = Talk(sending.send(carried(), account()), journal={**done, "describe": None})
    with pytest.raises(ConnectionLost):
        sent.fail(ConnectionLost("cut"))
    assert [] == sent.pauses
