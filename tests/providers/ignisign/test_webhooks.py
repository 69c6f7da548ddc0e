import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import TimedOut
from paraph.model import FactType, Secret
from paraph.provider import Malformed, Reading, Verdict
from paraph_ignisign import webhooks
from paraph_ignisign.states import facts_of
from paraph_ignisign.wire import CONVERTER, RequestContext
from support.hand import Talk, answer_of
from support.ignisign_account import APP_ID, TENANT, account, delivery

ACCOUNT = account()


def body(topic: str, action: str, content: object = None, **more: object) -> dict[str, Any]:
    """Make a delivery's body as the vendor's models write it."""
    return {
        "appId": APP_ID,
        "appEnv": "STAGING",
        "topic": topic,
        "action": action,
        "msgNature": "SUCCESS",
        "content": content,
        "verificationToken": "canary-token",
        **more,
    }


def read(*args: Any, **more: Any) -> Reading:
    """Read a body made of these parts."""
    return webhooks.observe(delivery(json.dumps(body(*args, **more)).encode()), ACCOUNT)


def told(reading: Reading) -> list[tuple[str, str, str]]:
    """Return subject, type and target of what was read."""
    return [(fact.subject.ref, fact.type.value, fact.target) for fact in reading.facts]


R = {"signatureRequestId": "r1", "signatureRequestExternalId": "attempt1"}
S = {**R, "signerId": "s1"}


@pytest.mark.parametrize(
    ("topic", "action", "content", "facts", "asks"),
    [
        ("SIGNATURE_REQUEST", "INITIALIZED", R, [("r1", "envelope.created", "")], False),
        ("SIGNATURE_REQUEST", "INIT", R, [("r1", "envelope.created", "")], False),
        ("SIGNATURE_REQUEST", "UPDATE", R, [("r1", "envelope.updated", "")], False),
        ("SIGNATURE_REQUEST", "READY", R, [("r1", "envelope.created", "")], False),
        ("SIGNATURE_REQUEST", "COMPLETED", R, [("r1", "envelope.closed", "")], True),
        ("SIGNATURE_REQUEST", "CLOSED", R, [("r1", "envelope.closed", "")], True),
        ("SIGNATURE_REQUEST", "CLOSED", {**R, "status": "COMPLETED"}, [("r1", "envelope.closed", "")], True),
        ("SIGNATURE_REQUEST", "CLOSED", {**R, "status": "EXPIRED"}, [("r1", "envelope.expired", "")], False),
        ("SIGNATURE_REQUEST", "CLOSED", {**R, "status": []}, [("r1", "envelope.closed", "")], True),
        ("SIGNATURE_REQUEST", "CANCELLED", R, [("r1", "envelope.cancelled", "")], False),
        ("SIGNATURE_REQUEST", "EXPIRED", R, [("r1", "envelope.expired", "")], False),
        ("SIGNATURE_REQUEST", "FAILED", R, [("r1", "envelope.failed", "")], False),
        ("SIGNATURE_REQUEST", "CHILDREN_GERENATED", R, [("r1", "envelope.created", "")], True),
        (
            "SIGNATURE_REQUEST",
            "APPROVER_STEP",
            R,
            [("r1", "unknown", "SIGNATURE_REQUEST/APPROVER_STEP")],
            True,
        ),
        (
            "SIGNATURE",
            "FINALIZED",
            {**S, "documentId": "d1"},
            [("r1", "signatory.document_signed", "s1/d1")],
            False,
        ),
        ("SIGNATURE", "SIGNATURE_SUCCESS", {**S, "signatureMethod": "DRAW"}, [], True),
        ("SIGNATURE", "SIGNATURE_FAILED", S, [("r1", "signatory.failed", "s1")], False),
        ("SIGNATURE_SESSION", "INITIALIZED", S, [("r1", "signatory.opened", "s1")], False),
        ("SIGNATURE_SESSION", "STARTED", S, [("r1", "signatory.opened", "s1")], False),
        (
            "SIGNATURE_PROOF",
            "GENERATED",
            {**R, "documents": [{"documentId": "d1", "token": "t", "url": "u"}, {"documentId": "d2"}]},
            [],
            True,
        ),
        ("SIGNATURE_PROOF", "GENERATED", R, [], True),
        (
            "SIGNATURE_PROOF",
            "ADV_GENERATED",
            {**R, "documentId": "d1"},
            [("r1", "evidence.ready", "proof/d1")],
            False,
        ),
        (
            "SIGNATURE_PROOF",
            "FAILED",
            {**R, "documentId": "d1"},
            [("r1", "evidence.failed", "signed_document/d1")],
            False,
        ),
        ("SIGNER", "CREATED", {"signerId": "s1"}, [("s1", "contact.created", "")], False),
        ("SIGNER", "CLAIM_UPDATED", {"signerId": "s1"}, [("s1", "contact.updated", "")], False),
        ("APPLICATION", "ARCHIVED", {}, [(TENANT, "account.changed", "app.archived")], False),
        ("SIGNATURE_PROFILE", "UPDATED", {}, [(TENANT, "account.changed", "profile.updated")], False),
        ("SIGNATURE_IMAGE", "GENERATED", S, [("r1", "unknown", "SIGNATURE_IMAGE/GENERATED")], True),
        ("ID_PROOFING", "DONE", {}, [(TENANT, "unknown", "ID_PROOFING/DONE")], False),
        ("TELEPORT", "BEAM\x00\ud800", R, [("r1", "unknown", r"TELEPORT/BEAM\x00\ud800")], True),
        ("SIGNATURE_REQUEST", "LAUNCHED", {}, [(TENANT, "unknown", "SIGNATURE_REQUEST/LAUNCHED")], False),
        (
            "SIGNATURE_REQUEST",
            "COMPLETED",
            {"signatureRequestExternalId": "attempt1"},
            [(TENANT, "unknown", "SIGNATURE_REQUEST/COMPLETED")],
            True,
        ),
    ],
)
def test_rows_of_the_table_of_actions(
    topic: str, action: str, content: object, facts: list[tuple[str, str, str]], *, asks: bool
) -> None:
    """Each spelling becomes its neutral facts, and asks for a read exactly where it is ambiguous."""
    reading = read(topic, action, content)
    assert (facts, asks, None) == (told(reading), reading.read, reading.rejected)
    assert Secret("canary-token") == reading.proof


def test_launched_invites_everybody_and_keeps_the_embedded_tokens() -> None:
    """Signing is possible: all listed are invited, and only tokens of embedded pages are kept."""
    signers = {
        "signersBySide": [{"signerId": "s1", "token": "mailed"}, 7],
        "signersEmbedded": [{"signerId": "s2", "token": "canary"}, {"signerId": "s3"}, {"token": "x"}],
    }
    reading = read("SIGNATURE_REQUEST", "LAUNCHED", {**R, "signers": signers})
    assert [
        ("r1", "envelope.sent", ""),
        ("r1", "signatory.invited", "s1"),
        ("r1", "signatory.invited", "s2"),
        ("r1", "signatory.invited", "s3"),
    ] == told(reading)
    assert (("signing-token:s2:r1", Secret("canary")),) == reading.private
    assert "canary" not in repr(reading)
    assert () == reading.signatories, "the vendor echoed none of our references"


def test_launched_names_our_signatories_by_the_reference_that_we_gave() -> None:
    """A launch that is delivered before its answer tells our local ids; other references tell none."""
    signers = {
        "signersBySide": [
            {"signerId": "s1", "signerExternalId": "env.1:ada.l"},
            {"signerId": "s4", "signerExternalId": "a:b:c"},
            {"signerId": "../s5", "signerExternalId": "env.1:eve"},
        ],
        "signersEmbedded": [
            {"signerId": "s2", "signerExternalId": "bob"},
            {"signerId": "s3", "signerExternalId": 7},
        ],
    }
    launched = {**R, "signers": signers}
    assert (("ada.l", "s1"),) == read("SIGNATURE_REQUEST", "LAUNCHED", launched).signatories
    assert () == read("SIGNATURE_REQUEST", "UPDATED", launched).signatories


def test_a_failed_proof_is_one_event_however_it_is_told() -> None:
    """Webhook, second webhook and read of one failed proof have one event id."""
    context = {
        "_id": "r1",
        "status": "COMPLETED",
        "signatureProofStatus": "ON_ERROR",
        "documents": [{"_id": "d1", "documentNature": "PDF"}],
    }
    shown = facts_of(CONVERTER.structure(context, RequestContext), "r1")
    told_twice = (
        read("SIGNATURE_PROOF", "FAILED", {**R, "documentId": "d1"}),
        read("SIGNATURE_PROOF", "GENERATED", {**R, "documents": [{"documentId": "d1"}]}, msgNature="ERROR"),
    )
    facts = [*shown, *(fact for reading in told_twice for fact in reading.facts)]
    failed = [fact.event_id("ignisign", TENANT) for fact in facts if fact.type is FactType.EVIDENCE_FAILED]
    assert (3, 1) == (len(failed), len(set(failed)))


def test_unknown_news_of_a_child_asks_for_a_read() -> None:
    """That a request is a child does not hide that its news was not understood."""
    reading = read("SIGNATURE_REQUEST", "TELEPORTED", {**R, "initialSignatureRequestId": "r0"})
    assert ([("r0", "envelope.child", "r1")], True) == (told(reading), reading.read)


def test_a_child_is_told_to_its_parent() -> None:
    """News of a child of an individualised request names the child to the parent."""
    reading = read("SIGNATURE_REQUEST", "LAUNCHED", {**R, "initialSignatureRequestId": "r0"})
    assert ("r0", "envelope.child", "r1") in told(reading)


@pytest.mark.parametrize(
    ("topic", "action", "content", "fact"),
    [
        ("SIGNATURE_REQUEST", "LAUNCHED", R, ("r1", "envelope.failed", "")),
        ("SIGNATURE_REQUEST", "UPDATED", R, ("r1", "unknown", "SIGNATURE_REQUEST/UPDATED")),
        ("SIGNATURE_REQUEST", "COMPLETED", R, ("r1", "unknown", "SIGNATURE_REQUEST/COMPLETED")),
        ("SIGNATURE", "FINALIZED", {**S, "documentId": "d1"}, ("r1", "signatory.failed", "s1")),
        ("SIGNATURE_SESSION", "INITIALIZED", S, ("r1", "signatory.failed", "s1")),
        (
            "SIGNATURE_PROOF",
            "GENERATED",
            {**R, "documentId": "d1"},
            ("r1", "evidence.failed", "signed_document/d1"),
        ),
    ],
)
def test_a_message_of_nature_error_is_a_failure(
    topic: str, action: str, content: object, fact: tuple[str, str, str]
) -> None:
    """An error is never told as the success that its action names, and its code is kept."""
    reading = read(
        topic, action, content, msgNature="ERROR", error={"errorCode": "FAILED_TO_X", "message": "m"}
    )
    assert [fact] == told(reading)
    successes = {FactType.ENVELOPE_SENT, FactType.SIGNATORY_DOCUMENT_SIGNED, FactType.EVIDENCE_READY}
    assert not successes & {found.type for found in reading.facts}


def test_repeating_facts_differ_by_what_was_said_and_not_by_minted_tokens() -> None:
    """The same news with new tokens is the same occurrence; other news is another; milestones have none."""
    first = read("SIGNATURE", "FAILED", {**S, "signatureProofToken": "a", "x": [{"proofUrl": 1}]})
    again = read("SIGNATURE", "SIGNATURE_FAILED", {**S, "signatureProofToken": "b", "x": [{"proofUrl": 2}]})
    other = read("SIGNATURE", "FAILED", {**S, "signatureId": "2"})
    assert first.facts[0].occurrence == again.facts[0].occurrence
    assert first.facts[0].occurrence != other.facts[0].occurrence
    assert "" == read("SIGNATURE_REQUEST", "LAUNCHED", R).facts[0].occurrence


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"appId": "appId_other"}, Malformed.OTHER_TENANT),
        ({"appEnv": "PRODUCTION"}, Malformed.OTHER_ENVIRONMENT),
        ({"appId": None}, Malformed.NOT_READABLE),
        ({"appEnv": 3}, Malformed.NOT_READABLE),
        ({"topic": ""}, Malformed.NOT_READABLE),
        ({"verificationToken": None}, Malformed.NO_PROOF),
        ({"verificationToken": "x" * 513}, Malformed.NO_PROOF),
        ({"content": {"a": json.loads("[" * 50 + "]" * 50)}}, Malformed.NOT_READABLE),
    ],
)
def test_what_cannot_be_ours_is_refused_without_a_request(change: dict[str, Any], reason: Malformed) -> None:
    """Another tenant, another environment, no proof or no shape: refused, and nothing is read out of it."""
    raw = json.dumps({**body("SIGNATURE_REQUEST", "FAILED", R), **change}).encode()
    reading = webhooks.observe(delivery(raw), ACCOUNT)
    assert (reason, (), None) == (reading.rejected, reading.facts, reading.proof)


def test_the_guides_name_of_an_environment_is_ours() -> None:
    """A delivery that says TEST is for STAGING."""
    assert read("SIGNATURE_REQUEST", "FAILED", R, appEnv="TEST").rejected is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**400), max_value=10**400)
    | st.floats()
    | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TOPIC = st.sampled_from(["SIGNATURE_REQUEST", "SIGNATURE", "SIGNATURE_PROOF", "SIGNER", "APP", "X"])
ACTION = st.sampled_from(["LAUNCHED", "COMPLETED", "FINALIZED", "GENERATED", "CREATED", "CLOSED", "X"]) | JSON
KEYS = [
    "signatureRequestId",
    "signerId",
    "documentId",
    "documents",
    "signers",
    "status",
    "initialSignatureRequestId",
]
IDS = st.sampled_from(["r1", "s1", "../..", "a/b", "", "é"]) | JSON
CONTENT = st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, IDS)) | JSON


@given(raw=st.binary(max_size=200))
def test_any_bytes_give_a_reading(raw: bytes) -> None:
    """Bytes that are no delivery are refused; nothing raises."""
    assert webhooks.observe(delivery(raw), ACCOUNT).rejected is not None


@given(
    topic=TOPIC, action=ACTION, content=CONTENT, nature=st.sampled_from(["ERROR", "INFO"]) | JSON, error=JSON
)
def test_any_json_gives_a_reading(topic: str, action: Any, content: Any, nature: Any, error: Any) -> None:
    """Whatever a proven sender says, the reading holds storable ids and says something."""
    made = body(topic, action, content, msgNature=nature, error=error)
    reading = webhooks.observe(delivery(json.dumps(made).encode()), ACCOUNT)
    assert reading.rejected in {None, Malformed.NOT_READABLE}
    assert reading.facts or reading.read or reading.rejected
    for fact in reading.facts:
        assert 36 == len(fact.event_id("ignisign", TENANT))
        assert fact.subject.ref.isprintable()
        assert ".." not in fact.target.split("/")


@pytest.mark.parametrize(
    "raw", [b"[" * 100_000, b'{"a":' * 100_000, b"1" * 5000, b"\xff\xfe{", b'{"a":NaN}', b"null"]
)
def test_hostile_json_is_not_readable(raw: bytes) -> None:
    """Deep nesting, huge numbers, other encodings and other shapes are refused without an exception."""
    assert Malformed.NOT_READABLE is webhooks.observe(delivery(raw), ACCOUNT).rejected


# Verification

CHECK = "/v4/tokens/webhook-verification/checking-consumption"
ASKED = {"token": "canary-token", "appId": APP_ID, "appEnv": "STAGING"}


def checking() -> Talk:
    """Begin a verification."""
    return Talk(webhooks.verify(read("SIGNATURE_REQUEST", "FAILED", R), ACCOUNT))


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ({"isValid": True, "haveBeenConsumed": True}, Verdict.PROVEN),
        ({"isValid": False, "alreadyConsumed": True}, Verdict.USED),
        ({"isValid": False, "notFound": True}, Verdict.FOREIGN),
        ({"isValid": False, "badTarget": True}, Verdict.FOREIGN),
        ({"isValid": False, "badRelatedId": True, "isExpired": True}, Verdict.FOREIGN),
        ({"isValid": False, "isExpired": True}, Verdict.EXPIRED),
        ({"isValid": False, "context": {"x": 1}}, Verdict.FOREIGN),
        ({}, Verdict.FOREIGN),
    ],
)
def test_only_is_valid_being_true_proves_a_delivery(reply: dict[str, Any], verdict: Verdict) -> None:
    """The answer is an object, always truthy: the flag inside decides."""
    talk = checking()
    talk.expect("POST", CHECK, body=ASKED, reply=reply)
    assert verdict is talk.result


def test_the_older_key_is_added_after_a_validation_error() -> None:
    """A server that wants verificationToken gets both keys the second time, and no third try."""
    talk = checking()
    talk.expect("POST", CHECK, body=ASKED, status=400, reply={"code": "BODY_VALIDATION_FAILED"})
    both = {**ASKED, "verificationToken": "canary-token"}
    talk.expect("POST", CHECK, body=both, reply={"isValid": True})
    assert Verdict.PROVEN is talk.result


def test_error_codes_of_tokens_are_verdicts() -> None:
    """A server that answers with an error instead of flags says the same."""
    talk = checking()
    talk.expect("POST", CHECK, status=400, reply={"code": "TOKEN_ALREADY_CONSUMED"})
    assert Verdict.USED is talk.result


def test_a_check_without_an_answer_is_not_repeated() -> None:
    """The token is used up by a check: a lost answer is handed on, never asked again."""
    talk = checking()
    with pytest.raises(TimedOut):
        talk.fail(TimedOut("no answer"))
    assert [] == talk.pauses


def test_a_refused_reading_is_foreign_without_a_request() -> None:
    """Without a token there is nothing to ask the vendor."""
    assert Verdict.FOREIGN is answer_of(webhooks.verify(Reading(rejected=Malformed.NO_PROOF), ACCOUNT))
