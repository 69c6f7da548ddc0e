import base64
import hashlib
import json
from datetime import UTC, datetime

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from paraph.errors import (
    ConnectionLost,
    Refused,
)
from paraph.flow import NOT_DONE, UNKNOWN
from paraph.model import Assurance, Document, FactType, Level, Trust, Verb
from paraph_ignisign import (
    IgnisignOptions,
    IgnisignStatement,
    checks,
    planning,
    reading,
    sending,
)
from support.hand import INTENT, Talk
from support.ignisign_account import APP, APP_ID, PDF, account, carried, envelope, person

PROFILES = [
    {"_id": "p-old", "name": "Old", "status": "ARCHIVED", "integrationMode": "BY_SIDE"},
    {"_id": "p-mail", "name": "Customers", "status": "ACTIVE", "integrationMode": "BY_SIDE"},
    {"_id": "p-link", "name": "Embedded", "status": "ACTIVE", "integrationMode": "EMBEDDED"},
]
NEEDED = {
    "signerProfileId": "p-mail",
    "inputsNeeded": ["firstName", "lastName", "email"],
    "optionalInputs": [],
}
REQUEST = "/v4/signature-requests/r1"


def context(status: str, **more: object) -> dict[str, object]:
    """Make the vendor's context of request r1."""
    return {"_id": "r1", "status": status, "externalId": "attempt1", **more}


def planned(talk: Talk, profile: str = "p-mail", needed: dict[str, object] = NEEDED) -> None:
    """Answer the reads before anything is made."""
    talk.expect("GET", f"{APP}/signer-profiles", reply=PROFILES)
    talk.expect("GET", f"{APP}/signer-profiles/{profile}/inputs-needed", reply=needed)


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


# Existing signers


LOCAL = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,5}", fullmatch=True)


@given(first=st.tuples(LOCAL, LOCAL), second=st.tuples(LOCAL, LOCAL))
@example(first=("a.b", "c"), second=("a", "b.c"))
def test_references_of_signers_do_not_collide(first: tuple[str, str], second: tuple[str, str]) -> None:
    """Two signatories of two envelopes have one reference at the vendor only if both ids are equal."""
    one, other = (
        checks.external_id(envelope(id=name), person(local), account()) for name, local in (first, second)
    )
    assert (first == second) == (one == other)


def test_a_shared_signer_with_other_data_refuses_the_envelope() -> None:
    """A signer of the same reference with another name is a problem, and nothing of it is shown."""
    talk = Talk(planning.preflight(envelope(), account(signer_reference="signatory")))
    planned(talk)
    theirs = {"signerId": "s9", "externalId": "ada", "firstName": "Canary", "email": "ADA@example.org"}
    talk.expect("POST", f"{APP}/signers-search", query={"filter": "ada"}, reply={"signers": [theirs]})
    assert ["signatories[0].given_name"] == [problem.path for problem in talk.result]
    assert "Canary" not in str(talk.result)
    assert "Ada" not in str(talk.result)


def test_a_shared_signer_with_the_same_data_is_reused() -> None:
    """A signer that is the same person is taken and not made again."""
    talk = Talk(sending.send(carried(), account(signer_reference="signatory")))
    planned(talk)
    theirs = {"_id": "s9", "externalId": "ada", "firstName": "Ada", "lastName": "Lovelace"}
    talk.expect("POST", f"{APP}/signers-search", query={"filter": "ada"}, reply={"signers": [theirs]})
    talk.expect("POST", f"{APP}/signature-requests", reply={"signatureRequestId": "r1"})
    assert ("signatories", {"ada": "s9"}) in talk.known


def test_a_signer_that_the_vendor_matched_by_itself_is_compared() -> None:
    """Creating may answer "already exists": that person is read and compared before anything goes on."""
    talk = Talk(sending.send(carried(), account()))
    planned(talk)
    talk.expect("POST", f"{APP}/signers", reply={"signerId": "s9", "alreadyExists": True})
    with pytest.raises(Refused, match=r"signatories\[0\].family_name"):
        talk.expect("GET", f"{APP}/signers/s9", reply={"signerId": "s9", "lastName": "Canary"})


def test_two_signatories_must_not_become_one_signer() -> None:
    """Two signatories that the vendor takes for one person refuse the envelope."""
    talk = Talk(sending.send(carried(envelope(signatories=[person("a"), person("b")])), account()))
    planned(talk)
    talk.expect("POST", f"{APP}/signers", reply={"signerId": "s1"})
    with pytest.raises(Refused, match="two signatories for one person"):
        talk.expect("POST", f"{APP}/signers", reply={"signerId": "s1"})


# Profiles


def test_a_missing_profile_names_what_exists() -> None:
    """Without a fitting profile the problem says which option to set and which profiles there are."""
    talk = Talk(planning.preflight(envelope(), account(profile_email="Nobody")))
    talk.expect("GET", f"{APP}/signer-profiles", reply=PROFILES)
    (problem,) = talk.result
    assert ("signatories[0].delivery", "profile.missing") == (problem.path, problem.code)
    assert "accounts.hr.profile_email" in problem.hint
    assert "Customers" in problem.hint


def test_a_profile_without_the_method_is_a_problem() -> None:
    """A profile that lists its methods, and not the one asked for, cannot carry the signatory."""
    limited = [{**PROFILES[1], "signatureAuthMethodsConfiguration": {"SIMPLE_STD": {}}}]
    asked = envelope(assurance=Assurance(level=Level.QES))
    talk = Talk(planning.preflight(asked, account()))
    talk.expect("GET", f"{APP}/signer-profiles", reply=limited)
    assert ["profile.method"] == [problem.code for problem in talk.result]


def test_inputs_that_the_profile_wants_are_named() -> None:
    """Everything the profile wants and the signatory lacks is listed at once, in our field names."""
    needed = {"inputsNeeded": ["firstName", "phoneNumber", "birthDate", "shoeSize"], "optionalInputs": []}
    talk = Talk(planning.preflight(envelope(), account()))
    planned(talk, needed=needed)
    assert {
        ("signatories[0].phone", "input.missing"),
        ("signatories[0].birth_date", "input.missing"),
        ("signatories[0]", "input.unknown"),
    } == {(problem.path, problem.code) for problem in talk.result}


def test_only_wanted_inputs_leave_the_application() -> None:
    """A person's data that the profile does not ask for are not sent to the vendor."""
    asked = envelope(signatories=[person(phone="+33612345678", nationality="fr")])
    talk = Talk(sending.send(carried(asked), account()))
    planned(talk, needed={**NEEDED, "optionalInputs": ["nationality"]})
    request = talk.expect("POST", f"{APP}/signers", reply={"signerId": "s-ada"})
    body = json.loads(request.content)
    assert "FR" == body["nationality"]
    assert "phoneNumber" not in body


def test_an_approver_takes_the_signers_profile_and_asks_for_no_method_of_it() -> None:
    """An approver goes by the profile of the signers with the same delivery; alone, by any that is active."""
    profiles = [
        {**PROFILES[1], "_id": "p-plain", "signatureAuthMethodsConfiguration": {"SIMPLE_STD": {}}},
        {**PROFILES[1], "_id": "p-mail", "signatureAuthMethodsConfiguration": {"QUALIFIED_STD": {}}},
        {**PROFILES[2], "_id": "p-link", "signatureAuthMethodsConfiguration": {"SIMPLE_STD": {}}},
    ]
    boss = person("boss", verb=Verb.APPROVE)
    signer = person("ada", assurance=Assurance(level=Level.QES))
    for delivery, profile in (("email", "p-mail"), ("link", "p-link")):
        people = [attrs.evolve(boss, delivery=delivery), signer]
        talk = Talk(planning.plan(envelope(signatories=people), account()))
        talk.expect("GET", f"{APP}/signer-profiles", reply=profiles)
        for wanted in dict.fromkeys(("p-mail", profile)):
            talk.expect("GET", f"{APP}/signer-profiles/{wanted}/inputs-needed", reply=NEEDED)
        found = talk.result
        assert () == found.problems
        assert {"p-mail": "QUALIFIED_STD"} == found.methods
        assert profile == found.new_signer(people[0], "ref").signer_profile_id


def application(**here: object) -> dict[str, object]:
    """Make the application as the console set it up."""
    return {"appId": "x", "settings": {"defaultLanguage": "FR"}, "envSettings": {"STAGING": here}}


@pytest.mark.parametrize(
    ("language", "extended", "shown", "expected"),
    [
        ("de", None, {"languageCanBeChanged": False}, ["language.fixed"]),
        ("fr", None, {"languageCanBeChanged": False}, []),
        ("de", None, {"languageCanBeChanged": True}, []),
        ("de", None, {}, []),
        (None, True, {"extendedAuthSessionEnabled": False}, ["extended_auth_session.off"]),
        (None, True, {"extendedAuthSessionEnabled": True}, []),
        ("de", False, {"extendedAuthSessionEnabled": False}, []),
    ],
)
def test_what_the_console_forbids_is_said_before_sending(
    language: str | None, extended: bool | None, shown: dict[str, object], expected: list[str]
) -> None:
    """A language or extended sessions that the application does not allow are problems before sending."""
    options = [IgnisignOptions(extended_auth_session=extended)]
    talk = Talk(planning.preflight(envelope(language=language, options=options), account()))
    talk.expect("GET", f"/v4/applications/{APP_ID}/context", reply=application(**shown))
    planned(talk)
    assert expected == [problem.code for problem in talk.result]


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
