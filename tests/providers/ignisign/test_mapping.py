from datetime import UTC, datetime

import pytest

from paraph.model import EvidenceKind, FactType, Level
from paraph_ignisign import mapping
from paraph_ignisign.mapping import ACTIONS, FAILURES, TOPICS, Meaning
from paraph_ignisign.states import facts_of, how_it_ended
from paraph_ignisign.wire import CONVERTER, RequestContext
from support.hand import AT

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
    """Each meaning has a spelling, and exactly one table says what follows from it."""
    assert set(Meaning) == set(ACTIONS.values()) | {Meaning.PROOF_FAILED}
    places = [
        set(mapping.REQUEST_FACTS),
        set(mapping.SIGNER_FACTS),
        set(mapping.CONTACT_FACTS),
        set(mapping.PROOFS),
        set(mapping.ACCOUNT_CHANGES),
        set(mapping.WORDLESS),
    ]
    assert dict.fromkeys(Meaning, 1) == {
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
    assert set(mapping.STATUSES) >= mapping.ENDED | mapping.INVITED
    assert not mapping.ENDED & mapping.INVITED


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
    facts = facts_of(context(**fields), "r1", AT)
    return {f"{fact.type.value} {fact.target}".strip(): fact.inferred for fact in facts}


PAST, FUTURE = "2025-02-01T00:00:00.000Z", "2025-04-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("signed", "limit", "active", "ending"),
    [
        (["a", "b"], None, False, FactType.ENVELOPE_COMPLETED),
        (["a", "b"], PAST, True, FactType.ENVELOPE_COMPLETED),
        (["a"], None, False, FactType.ENVELOPE_CANCELLED),
        (["a"], PAST, False, FactType.ENVELOPE_CANCELLED),
        (["a"], FUTURE, True, FactType.ENVELOPE_CANCELLED),
        (["a"], PAST, True, FactType.ENVELOPE_EXPIRED),
        ([], PAST, True, FactType.ENVELOPE_CLOSED),
        (None, None, False, FactType.ENVELOPE_CLOSED),
    ],
)
def test_completed_is_decided_by_who_signed(
    signed: list[str] | None, limit: str | None, *, active: bool, ending: FactType
) -> None:
    """COMPLETED is complete only if all signed; else the clock tells expired from cancelled, if anything."""
    found = context(
        status="COMPLETED",
        signerIds=["a", "b"],
        signedBy=signed,
        expirationDate=limit,
        expirationDateIsActivated=active,
    )
    assert ending is how_it_ended(found, AT)


def test_the_time_of_closing_counts_before_now() -> None:
    """A limit that passed only after the request was closed did not end it."""
    found = context(
        status="COMPLETED",
        signerIds=["a", "b"],
        signedBy=["a"],
        expirationDate="2025-02-10T00:00:00.000Z",
        expirationDateIsActivated=True,
        closedAt="2025-02-09T00:00:00.000Z",
    )
    assert FactType.ENVELOPE_CANCELLED is how_it_ended(found, datetime(2025, 3, 1, tzinfo=UTC))


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
    facts = facts_of(context(status="DRAFT", initialSignatureRequestId="r0"), "r1", AT)
    assert ("r0", "r1") in {(fact.subject.ref, fact.target) for fact in facts}
