import json
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.errors import TimedOut, VendorError
from paraph.model import FactType, Secret
from paraph.provider import Malformed, Reading, Verdict
from paraph_ignisign import verification, webhooks
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


def test_a_failed_legal_kit_is_not_a_failed_document() -> None:
    """ADV_GENERATED with the nature ERROR fails the kit; what was signed stays as good as it was."""
    failed = {"msgNature": "ERROR", "error": {"errorCode": "ADVANCED_PROOF_NOT_GENERATED"}}
    reading = read("SIGNATURE_PROOF", "ADV_GENERATED", {**R, "documentId": "d1"}, **failed)
    assert [("r1", "evidence.failed", "proof/d1")] == told(reading)


def test_a_child_never_speaks_for_its_parent() -> None:
    """Only a child's existence is told of the parent; our reference, which is the parent's, is dropped."""
    reading = read("SIGNATURE_REQUEST", "CANCELLED", {**R, "initialSignatureRequestId": "r0"})
    assert [("r1", "envelope.cancelled", ""), ("r0", "envelope.child", "r1")] == told(reading)
    assert ("r1", "r0", "") == (reading.subject_ref, reading.parent_ref, reading.our_reference)


def test_tokens_of_pages_are_kept_under_signer_and_request() -> None:
    """The same signer in two requests has two tokens; without a request none can be kept."""
    signers = {"signersEmbedded": [{"signerId": "s1", "token": "canary"}]}
    for request, action in (("r1", "LAUNCHED"), ("r2", "LAUNCHED"), ("r3", "APPROVER_STEP")):
        launched = {"signatureRequestId": request, "signers": signers}
        (kept_,) = read("SIGNATURE_REQUEST", action, launched).private
        assert f"signing-token:s1:{request}" == kept_[0]
    assert () == read("SIGNATURE_REQUEST", "READY", {"signatureRequestId": "r1", "signers": signers}).private
    assert () == read("SIGNATURE_REQUEST", "LAUNCHED", {"signers": signers}).private


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


HEADERS = st.dictionaries(st.text(max_size=8), st.text(st.characters(), max_size=8), max_size=3)


@given(raw=st.binary(max_size=200), headers=HEADERS)
def test_any_bytes_and_headers_give_a_reading(raw: bytes, headers: dict[str, str]) -> None:
    """Bytes that are no delivery are refused, and headers change nothing; nothing raises."""
    made = attrs.evolve(delivery(raw), headers=headers)
    assert webhooks.observe(made, ACCOUNT).rejected is not None
    genuine = delivery(json.dumps(body("SIGNATURE_REQUEST", "FAILED", R)).encode())
    plain = webhooks.observe(genuine, ACCOUNT)
    assert plain == webhooks.observe(attrs.evolve(genuine, headers=headers), ACCOUNT)


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
    return Talk(verification.verify(read("SIGNATURE_REQUEST", "FAILED", R), ACCOUNT))


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
        ({"isValid": False, "badRelatedId": True, "alreadyConsumed": True}, Verdict.FOREIGN),
        ({"isValid": False, "isExpired": True, "alreadyConsumed": True}, Verdict.USED),
        ({"isValid": False, "isExpired": True, "notFound": True}, Verdict.FOREIGN),
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


@pytest.mark.parametrize(
    ("status", "code", "verdict"),
    [
        (400, "TOKEN_ALREADY_CONSUMED", Verdict.USED),
        (401, "TOKEN_ALREADY_CONSUMED", Verdict.USED),
        (404, "TOKEN_NOT_FOUND", Verdict.FOREIGN),
        (401, "TOKEN_NOT_FOUND", Verdict.FOREIGN),
        (400, "TOKEN_INVALID", Verdict.FOREIGN),
        (400, "TOKEN_EXPIRED", Verdict.EXPIRED),
    ],
)
def test_error_codes_of_tokens_are_verdicts(status: int, code: str, verdict: Verdict) -> None:
    """A server that answers with an error instead of flags says the same."""
    talk = checking()
    talk.expect("POST", CHECK, status=status, reply={"code": code})
    assert verdict is talk.result


@pytest.mark.parametrize(
    ("status", "reply"),
    [
        (401, {"code": "TOKEN_INVALID"}),
        (401, {"code": "TOKEN_EXPIRED"}),
        (401, {"code": "OUTDATED_AUTH_JWT_TOKEN"}),
        (403, {"code": "INVALID_CONTEXT"}),
        (404, None),
        (408, {"code": "TOKEN_NOT_FOUND"}),
        (429, {"code": "TOKEN_NOT_FOUND"}),
        (500, {"code": "TOKEN_NOT_FOUND"}),
        (503, {"isValid": False, "notFound": True}),
        (200, b"<html>a proxy</html>"),
        (200, {}),
        (200, {"isValid": "false"}),
        (200, []),
        (302, None),
    ],
)
def test_what_is_no_answer_about_the_token_forges_nothing(status: int, reply: Any) -> None:
    """Failing, busy or strange servers, and refusals of our own bearer, are errors to try again after."""
    talk = checking()
    with pytest.raises(VendorError):
        talk.expect("POST", CHECK, status=status, reply=reply)


FLAGS = [
    "isValid",
    "notFound",
    "alreadyConsumed",
    "badTarget",
    "isExpired",
    "badRelatedId",
    "haveBeenConsumed",
]
ANSWERS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys([*FLAGS, "code", "errorStr"], st.booleans() | JSON)
)


@settings(max_examples=50, deadline=None)
@given(status=st.integers(200, 599), answer=ANSWERS | JSON)
def test_any_answer_of_the_check_is_a_verdict_or_a_declared_error(status: int, answer: Any) -> None:
    """Only a true isValid proves; only an answer that looked at the token calls it foreign."""
    talk = checking()
    try:
        talk.expect("POST", CHECK, status=status, reply=answer)
    except VendorError:
        return
    if not talk.over:
        return  # a validation error: the older key is tried
    seen = answer if isinstance(answer, dict) else {}
    assert (talk.result is Verdict.PROVEN) is (200 <= status < 300 and seen.get("isValid") is True)
    if talk.result is Verdict.FOREIGN:
        assert (200 <= status < 300 and seen["isValid"] is False) or str(seen["code"]).startswith("TOKEN_")


def test_a_check_without_an_answer_is_not_repeated() -> None:
    """The token is used up by a check: a lost answer is handed on, never asked again."""
    talk = checking()
    with pytest.raises(TimedOut):
        talk.fail(TimedOut("no answer"))
    assert [] == talk.pauses


def test_a_refused_reading_is_foreign_without_a_request() -> None:
    """Without a token there is nothing to ask the vendor."""
    assert Verdict.FOREIGN is answer_of(verification.verify(Reading(rejected=Malformed.NO_PROOF), ACCOUNT))
