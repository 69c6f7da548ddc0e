import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.model import EvidenceKind, FactType, Level
from paraph_ignisign import mapping
from paraph_ignisign.mapping import ACTIONS, FAILURES, TOPICS, Meaning
from paraph_ignisign.states import facts_of, how_it_ended
from paraph_ignisign.wire import CONVERTER, RequestContext

MODELS = """
SIGNATURE_REQUEST INITIALIZED UPDATED READY LAUNCHED COMPLETED CANCELLED EXPIRED FAILED
SIGNATURE_REQUEST CHILDREN_GENERATED APPROVER_STEP
SIGNATURE FINALIZED FAILED
SIGNATURE_SESSION INITIALIZED
SIGNATURE_PROOF GENERATED ADV_GENERATED
SIGNATURE_SIGNER_IMAGE GENERATED
SIGNER CREATED INPUTS_ADDED
SIGNATURE_PROFILE CREATED ARCHIVED
APP SETTINGS_UPDATED MEMBERSHIP_UPDATED ARCHIVED
"""
GUIDE = """
SIGNATURE_REQUEST INIT UPDATE PUBLISH LAUNCHED CLOSED
SIGNATURE SIGNATURE_SUCCESS SIGNATURE_FAILED
SIGNATURE_SESSION STARTED UPDATED
SIGNATURE_PROOF GENERATED FAILED
SIGNATURE_SIGNER_IMAGE GENERATED FAILED
SIGNER CREATED CLAIM_UPDATED
SIGNATURE_PROFILE CREATED UPDATED ARCHIVED
APP SETTINGS_UPDATED MEMBERSHIP_UPDATED ARCHIVED
"""
OLDER = """
SIGNATURE_REQUEST CHILDREN_GERENATED WAITING_DOCUMENTS
SIGNATURE CREATED
SIGNATURE_PROOF SIGNATURE_PROOF_GENERATED ADVANCED_PROOF_GENERATED
SIGNER CLAIMS_UPDATED
DOCUMENT_REQUEST PROVIDED DOC_PROVIDED FAILED
"""


def words(table: str) -> set[tuple[str, str]]:
    """Read lines of a topic and its actions."""
    rows = [line.split() for line in table.strip().splitlines()]
    return {(topic, action) for topic, *actions in rows for action in actions}


def test_every_spelling_of_every_vocabulary_has_a_meaning() -> None:
    """The table holds the models' words, the guide's and the older ones, and nothing invented."""
    assert words(MODELS) | words(GUIDE) | words(OLDER) == set(ACTIONS)


def test_every_meaning_is_said_and_has_one_place() -> None:
    """Each meaning has a spelling and at most one place; six have none, and are told as unknown."""
    assert set(Meaning) == set(ACTIONS.values()) | {Meaning.PROOF_FAILED}
    places = [
        set(mapping.REQUEST_FACTS),
        set(mapping.SIGNER_FACTS),
        set(mapping.CONTACT_FACTS),
        set(mapping.PROOFS),
        set(mapping.ACCOUNT_CHANGES),
    ]
    wordless = {
        Meaning.REQUEST_APPROVER_STEP,
        Meaning.REQUEST_WAITING,
        Meaning.IMAGE_GENERATED,
        Meaning.IMAGE_FAILED,
        Meaning.DOCUMENT_REQUEST_PROVIDED,
        Meaning.DOCUMENT_REQUEST_FAILED,
    }
    assert {meaning: int(meaning not in wordless) for meaning in Meaning} == {
        meaning: sum(meaning in place for place in places) for meaning in Meaning
    }


def test_both_vocabularies_mean_the_same() -> None:
    """Where guide and models differ they are two spellings of one meaning."""
    pairs = [
        ("SIGNATURE_REQUEST", "INITIALIZED", "INIT"),
        ("SIGNATURE_REQUEST", "UPDATED", "UPDATE"),
        ("SIGNATURE_REQUEST", "READY", "PUBLISH"),
        ("SIGNATURE", "FINALIZED", "SIGNATURE_SUCCESS"),
        ("SIGNATURE", "FAILED", "SIGNATURE_FAILED"),
        ("SIGNATURE_SESSION", "INITIALIZED", "STARTED"),
        ("SIGNER", "INPUTS_ADDED", "CLAIM_UPDATED"),
    ]
    for topic, models, guide in pairs:
        assert ACTIONS[topic, models] is ACTIONS[topic, guide]


def test_topics_have_their_other_spellings() -> None:
    """The three topics with two names are one topic each."""
    aliases = {("APPLICATION", "APP"), ("SIGNATURE_IMAGE", "SIGNATURE_SIGNER_IMAGE")}
    assert {*aliases, ("SIGNER_ID_PROOFING", "ID_PROOFING")} == {
        (spelling, topic) for spelling, topic in TOPICS.items() if spelling != topic
    }
    assert {topic for topic, _ in ACTIONS} <= set(TOPICS.values())


def test_an_error_never_means_success() -> None:
    """What a failed message means is a failure, whatever its action."""
    assert all(meaning.value.endswith(".failed") for meaning in FAILURES.values())


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


def test_a_child_names_itself_to_its_parent() -> None:
    """A request made by individualising another one is told about the parent."""
    facts = facts_of(context(status="DRAFT", initialSignatureRequestId="r0"), "r1")
    assert ("r0", "r1") in {(fact.subject.ref, fact.target) for fact in facts}
