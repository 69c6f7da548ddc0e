from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.lifecycle import ENDINGS
from paraph.model import EvidenceKind, FactType, Level
from paraph_ignisign import mapping
from paraph_ignisign.states import facts_of, how_it_ended
from paraph_ignisign.wire import CONVERTER, RequestContext


def test_every_status_has_a_fact_and_ends_are_ends() -> None:
    """All statuses, the removed ones included, are known; five of them end a request."""
    assert 13 == len(mapping.STATUSES)
    assert set(mapping.STATUSES) >= mapping.ENDED | mapping.INVITED | mapping.PUBLISHED
    assert {"COMPLETED"} == mapping.ENDED & mapping.INVITED
    assert mapping.INVITED <= mapping.PUBLISHED
    assert not {"DRAFT", "CANCELLED", "FAILED"} & mapping.PUBLISHED


@pytest.mark.parametrize(
    ("level", "method"),
    [
        (Level.SES, "SIMPLE_STD"),
        (Level.AES, "ADVANCED_SMS"),
        (Level.AES_QC, None),
        (Level.QES, "QUALIFIED_STD"),
    ],
)
def test_levels_become_methods(level: Level, method: str | None) -> None:
    """Each level has its method; AES with a qualified certificate has none at this vendor."""
    assert method == mapping.method_of(level, "ADVANCED_SMS")


def test_the_lists_have_the_documented_sizes() -> None:
    """222 countries (France yes, its overseas codes no), 38 languages, 55 file extensions."""
    assert [222, 38, 55] == [len(mapping.COUNTRIES), len(mapping.LANGUAGES), len(mapping.EXTENSIONS)]
    assert {"FR", "XK"} <= mapping.COUNTRIES
    assert not {"GP", "MQ", "GF", "PF"} & mapping.COUNTRIES


def test_proof_types_become_evidence() -> None:
    """Signed documents and legal kits are told apart, and the unsigned original is none of them."""
    assert EvidenceKind.SIGNED_DOCUMENT is mapping.NATIVE_PROOFS["PDF_WITH_SIGNATURES"]
    assert EvidenceKind.PROOF is mapping.NATIVE_PROOFS[mapping.LEGAL_KIT]
    assert set(mapping.SIGNED_FORM.values()) <= set(mapping.NATIVE_PROOFS)
    assert "PRIVATE_FILE" not in mapping.SIGNED_FORM


def context(**fields: object) -> RequestContext:
    """Read a context as the vendor writes it."""
    return CONVERTER.structure({"_id": "r1", **fields}, RequestContext)


def types_of(**fields: object) -> dict[str, bool]:
    """Return what a context says, as fact (with target) and whether it was concluded."""
    facts = facts_of(context(**fields), "r1")
    return {f"{fact.type.value} {fact.target}".strip(): fact.inferred for fact in facts}


LIMIT = "2025-03-01T00:00:00.000Z"
BEFORE, AFTER = "2025-02-28T23:59:59.999Z", "2025-03-01T00:04:00.000Z"


@pytest.mark.parametrize(
    ("signed", "limit", "active", "closed", "ending"),
    [
        (["a", "b"], None, False, None, FactType.ENVELOPE_COMPLETED),
        (["a", "b"], LIMIT, True, AFTER, FactType.ENVELOPE_COMPLETED),
        (["a"], None, False, None, FactType.ENVELOPE_CANCELLED),
        (["a"], LIMIT, False, AFTER, FactType.ENVELOPE_CANCELLED),
        (["a"], LIMIT, True, BEFORE, FactType.ENVELOPE_CANCELLED),
        (["a"], LIMIT, True, LIMIT, FactType.ENVELOPE_EXPIRED),
        (["a"], LIMIT, True, AFTER, FactType.ENVELOPE_EXPIRED),
        (["a"], LIMIT, True, None, FactType.ENVELOPE_CLOSED),
        (["a"], None, True, AFTER, FactType.ENVELOPE_CLOSED),
        ([], LIMIT, True, AFTER, FactType.ENVELOPE_CLOSED),
        (None, None, False, AFTER, FactType.ENVELOPE_CLOSED),
    ],
)
def test_completed_is_decided_by_who_signed(
    signed: list[str] | None, limit: str | None, *, active: bool, closed: str | None, ending: FactType
) -> None:
    """COMPLETED is complete only if all signed; else the vendor's clock tells expired from cancelled."""
    found = context(
        status="COMPLETED",
        signerIds=["a", "b"],
        signedBy=signed,
        expirationDate=limit,
        expirationDateIsActivated=active,
        closedAt=closed,
    )
    assert ending is how_it_ended(found)


STAMP = st.none() | st.sampled_from([LIMIT, BEFORE, AFTER])


@given(limit=STAMP, active=st.none() | st.booleans(), closed=st.sampled_from([LIMIT, BEFORE, AFTER]))
def test_two_reads_never_tell_two_endings(limit: str | None, active: bool | None, closed: str) -> None:
    """A read before the vendor shows the time of closing states no other ending than the one after it."""
    fields: dict[str, object] = {"status": "COMPLETED", "signerIds": ["a", "b"], "signedBy": ["a"]}
    fields |= {"expirationDate": limit, "expirationDateIsActivated": active}
    early, late = how_it_ended(context(**fields)), how_it_ended(context(**fields, closedAt=closed))
    assert early in {late, FactType.ENVELOPE_CLOSED}


@pytest.mark.parametrize(
    ("status", "signed", "invited"),
    [
        ("COMPLETED", ["a"], True),
        ("COMPLETED", None, True),
        ("FAILED", ["a"], True),
        ("CANCELLED", [], False),
        ("EXPIRED", None, False),
        ("READY", [], False),
    ],
)
def test_who_was_asked_is_told_after_the_end_too(
    status: str, signed: list[str] | None, *, invited: bool
) -> None:
    """A read after a missed launch states the invitations wherever the context proves the launch."""
    found = types_of(status=status, signerIds=["a", "b"], signedBy=signed)
    asked = {"signatory.invited a", "signatory.invited b"}
    assert (asked if invited else set()) == {word for word in found if "invited" in word}


def test_a_running_request_names_who_was_asked_and_who_signed() -> None:
    """In progress: sent, everybody invited, and each signature by person and by document."""
    documents = [
        {
            "_id": "d1",
            "signatureSummaries": [{"signatureId": "x", "signerId": "a", "date": "2025-02-28T10:00:00Z"}],
        }
    ]
    assert {
        "envelope.created": False,
        "envelope.sent": False,
        "signatory.invited a": False,
        "signatory.invited b": False,
        "signatory.signed a": False,
        "signatory.document_signed a/d1": False,
    } == types_of(status="IN_PROGRESS", signerIds=["a", "b"], signedBy=["a"], documents=documents)


def test_only_an_end_has_the_time_of_closing() -> None:
    """The time of closing is that of the ending fact, and of none while a request still runs."""
    for status, expected in (("CANCELLED", [FactType.ENVELOPE_CANCELLED]), ("PROCESSING", [])):
        facts = facts_of(context(status=status, closedAt=AFTER), "r1")
        assert expected == [fact.type for fact in facts if fact.at is not None]


def test_proofs_are_ready_per_document_that_has_one() -> None:
    """Proof status CREATED makes a signed document of each document but the private ones."""
    natures = ["PDF", "DATA_JSON", "PRIVATE_FILE"]
    documents = [{"_id": f"d{n}", "documentNature": nature} for n, nature in enumerate(natures)]
    found = types_of(status="IN_PROGRESS", documents=documents, signatureProofStatus="CREATED")
    assert {"evidence.ready signed_document/d0", "evidence.ready signed_document/d1"} == {
        word for word in found if word.startswith("evidence")
    }
    failed = types_of(status="IN_PROGRESS", documents=documents[:1], signatureProofStatus="ON_ERROR")
    assert "evidence.failed signed_document/d0" in failed


def test_an_unknown_status_is_kept() -> None:
    """A status of a later version of the API is kept as a word and moves nothing."""
    assert {"envelope.created": False, "unknown TELEPORTED": False} == types_of(status="TELEPORTED")


REFS = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True)
SUMMARIES = st.lists(st.sampled_from(["a", "b", "c", "d"]).map(lambda ref: {"signerId": ref}))
CONTEXTS = st.fixed_dictionaries(
    {
        "status": st.sampled_from(sorted(mapping.STATUSES)) | st.just("TELEPORTED"),
        "signerIds": st.none() | REFS,
        "signerIdsAsApprover": st.none() | REFS,
        "signedBy": st.none() | REFS,
        "diffusionMode": st.sampled_from([None, "WHEN_READY", "SCHEDULED"]),
        "expirationDate": STAMP,
        "expirationDateIsActivated": st.none() | st.booleans(),
        "closedAt": STAMP,
        "signatureProofStatus": st.sampled_from([None, "IN_PROGRESS", "CREATED", "ON_ERROR", "CLEANED"]),
        "initialSignatureRequestId": st.sampled_from([None, "r0", "r1"]),
        "documents": st.none()
        | st.lists(
            st.builds(
                lambda nature, summaries: {
                    "_id": "d1",
                    "documentNature": nature,
                    "signatureSummaries": summaries,
                },
                st.sampled_from([None, "PDF", "FILE", "PRIVATE_FILE", "DATA_JSON"]),
                SUMMARIES,
            ),
            max_size=2,
        ),
    }
)


@given(fields=CONTEXTS)
def test_no_context_says_more_than_it_shows(fields: dict[str, Any]) -> None:
    """Whatever a context holds: one ending at most, complete only if all signed, and no approver signs."""
    facts = facts_of(context(**fields), "r1")
    kinds = [fact.type for fact in facts]
    signers, signed = set(fields["signerIds"] or ()), set(fields["signedBy"] or ())
    approvers = set(fields["signerIdsAsApprover"] or ()) - signers
    endings = {kind for kind in kinds if kind in {fact for fact, _, _ in ENDINGS}}
    assert len(endings) <= 1
    complete = fields["status"] == "COMPLETED" and bool(signers) and signers <= signed
    assert complete == (FactType.ENVELOPE_COMPLETED in kinds)
    by_people = {(fact.type, fact.target.partition("/")[0]) for fact in facts}
    for ref in approvers:
        assert (FactType.SIGNATORY_SIGNED, ref) not in by_people
        assert (FactType.SIGNATORY_DOCUMENT_SIGNED, ref) not in by_people
        assert (ref in signed) == ((FactType.SIGNATORY_APPROVED, ref) in by_people)
    assert signed - approvers == {ref for kind, ref in by_people if kind is FactType.SIGNATORY_SIGNED}
    others = {fact.type for fact in facts if fact.subject.ref != "r1"}
    assert others == ({FactType.ENVELOPE_CHILD} if fields["initialSignatureRequestId"] == "r0" else set())
    assert facts == facts_of(context(**fields), "r1")


def test_approvers_are_asked_first_and_never_sign() -> None:
    """Waiting for no date means waiting for approvers (concluded); launched, everybody was asked."""
    people = {"signerIds": ["a"], "signerIdsAsApprover": ["boss"]}
    created = {"envelope.created": False}
    assert {**created, "signatory.invited boss": True} == types_of(status="READY", **people)
    scheduled = types_of(status="READY", diffusionMode="SCHEDULED", **people)
    assert {**created, "envelope.scheduled": False} == scheduled
    asked = {"signatory.invited boss": False, "signatory.invited a": False, "envelope.sent": False}
    assert {**created, **asked} == types_of(status="IN_PROGRESS", **people)
    documents = [{"_id": "d1", "signatureSummaries": [{"signerId": "boss"}]}]
    approved = types_of(status="IN_PROGRESS", signedBy=["boss"], documents=documents, **people)
    assert {**created, **asked, "signatory.approved boss": False} == approved


def test_an_approver_among_the_signers_leaves_the_end_open() -> None:
    """If approvers are listed among the signers, a missing signature of theirs proves no cancellation."""
    both = context(status="COMPLETED", signerIds=["a", "boss"], signerIdsAsApprover=["boss"], signedBy=["a"])
    assert FactType.ENVELOPE_CLOSED is how_it_ended(both)


def test_a_launch_that_failed_and_generated_children_are_told() -> None:
    """LAUNCH_ERROR is a failure; a parent of children is what it was when published."""
    assert "envelope.failed" in types_of(status="LAUNCH_ERROR", signerIds=["a"])
    assert {"envelope.created": False} == types_of(status="CHILDREN_GENERATED", signerIds=["a"])
    assert "envelope.scheduled" in types_of(status="CHILDREN_GENERATED", diffusionMode="SCHEDULED")


@pytest.mark.parametrize(
    ("nature", "media_type", "form"),
    [
        ("PDF", "application/pdf", "PDF_WITH_SIGNATURES"),
        ("PDF_ENCRYPTED", None, "PDF_WITH_SIGNATURES"),
        ("FILE", "image/png", "PDF_WITH_SIGNATURES"),
        ("FILE", "text/plain", "SIGNED_DATA"),
        ("FILE", None, "SIGNED_DATA"),
        ("DATA_JSON", "application/json", "SIGNED_DATA"),
        ("PRIVATE_FILE", "image/png", None),
        (None, None, None),
    ],
)
def test_the_signed_form_follows_the_nature(
    nature: str | None, media_type: str | None, form: str | None
) -> None:
    """PDFs and images are signed as PDFs, other files and data as signed data, private ones nowhere."""
    assert form == mapping.signed_form(nature, media_type)


def test_a_child_names_itself_to_its_parent() -> None:
    """A request made by individualising another one is told about the parent."""
    facts = facts_of(context(status="DRAFT", initialSignatureRequestId="r0"), "r1")
    assert ("r0", "r1") in {(fact.subject.ref, fact.target) for fact in facts}
    itself = facts_of(context(status="DRAFT", initialSignatureRequestId="r1"), "r1")
    assert [FactType.ENVELOPE_CREATED] == [fact.type for fact in itself]
