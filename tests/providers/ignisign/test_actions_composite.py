"""Actions of several requests, or of none: lists, inputs, downloads, exchange, bare signatures."""

import base64
import hashlib
import json
import re
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import (
    AuthenticationFailed,
    MalformedResponse,
    NotReady,
    UsageError,
    VendorNotFound,
    VendorRefused,
)
from paraph.flow.commands import Http
from paraph.model import Secret
from paraph.provider import NoParams
from paraph.provider.fitting import filled
from paraph_ignisign import actions
from paraph_ignisign import params as p
from paraph_ignisign.actions import bare
from support.hand import Talk, answer_of
from support.ignisign_account import APP, APP_ID, UUID, account
from support.ignisign_calls import HASH

ACCOUNT = account()
OLD = account(api_key=None, app_id=APP_ID, app_env="STAGING", app_secret=Secret(f"sk_staging_{UUID}"))
PAGES = f"{APP}/signers-paginate"


def signers(*ids: str, total: int | None = None) -> dict[str, Any]:
    listed = [{"signerId": each} for each in ids]
    return {"signers": listed} if total is None else {"signers": listed, "total": total}


# Lists


@pytest.mark.parametrize(
    ("pages", "asked"),
    [
        ({0: ["a", "b", "c"]}, 1),  # all at once
        ({0: ["a", "b"], 1: ["c"]}, 2),  # counted from 0
        ({1: ["a", "b"], 2: ["c"]}, 3),  # counted from 1, page 0 empty
        ({0: ["a", "b"], 1: ["a", "b"], 2: ["c"]}, 3),  # counted from 1, page 0 taken for the first
    ],
)
def test_all_signers_are_found_wherever_pages_begin(pages: dict[int, list[str]], asked: int) -> None:
    """Whether pages count from 0 or 1, each signer is told once, in order, until the vendor's count."""
    talk = Talk(actions.ACTIONS["signers.list"].run(ACCOUNT, NoParams()))
    number = 0
    while not talk.over:
        reply = signers(*pages.get(number, []), total=3)
        talk.expect("GET", PAGES, query={"page": str(number)}, reply=reply)
        number += 1
    assert (["a", "b", "c"], 3) == ([each.signer_id for each in talk.result.signers], talk.result.total)
    assert asked == number if asked == 1 else asked <= number <= asked + 1


def test_a_vendor_without_page_0_is_asked_on() -> None:
    """A refusal of page 0 means that pages count from 1; other errors are errors."""
    talk = Talk(actions.ACTIONS["signers.list"].run(ACCOUNT, p.AppRef(app_env="TEST")))
    talk.expect("GET", PAGES, query={"page": "0"}, status=400, reply={"code": "QUERY_VALIDATION_FAILED"})
    talk.expect("GET", PAGES, query={"page": "1"}, reply=signers("a"))
    talk.expect("GET", PAGES, query={"page": "2"}, reply=signers())
    assert ["a"] == [each.signer_id for each in talk.result.signers]
    talk = Talk(actions.ACTIONS["signers.list"].run(ACCOUNT, NoParams()))
    with pytest.raises(AuthenticationFailed):
        talk.expect("GET", PAGES, query={"page": "0"}, status=401, reply={})


# Signers and documents of a request


def test_missing_inputs_are_what_the_profile_needs_and_the_signer_lacks() -> None:
    """Listed inputs and shown ones count as given; the signer's own profile counts without another."""
    talk = Talk(actions.ACTIONS["signers.missing_inputs"].run(ACCOUNT, p.MissingInputsOf(signer_id="s")))
    has = {"signerId": "s", "signerProfileId": "p", "email": "x", "alreadyProvidedInputs": ["firstName"]}
    talk.expect("GET", f"{APP}/signers/s", reply=has)
    needed = ["firstName", "lastName", "email", "phoneNumber"]
    talk.expect("GET", f"{APP}/signer-profiles/p/inputs-needed", reply=[{"inputsNeeded": needed}])
    assert ("lastName", "phoneNumber") == talk.result.missing_inputs
    unknown = Talk(actions.ACTIONS["signers.missing_inputs"].run(ACCOUNT, p.MissingInputsOf(signer_id="s")))
    with pytest.raises(UsageError, match="signer_profile_id"):
        unknown.expect("GET", f"{APP}/signers/s", reply={"signerId": "s"})


def context(**shown: Any) -> dict[str, Any]:
    return {"status": "IN_PROGRESS", **shown}


CONTEXT = "/v4/signature-requests/r/context"


def test_the_inputs_of_a_signer_belong_to_a_request() -> None:
    """They are read out of the context, or of the signer where it is only named; strangers are refused."""
    asked = p.SignerOfRequest(signature_request_id="r", signer_id="s")
    talk = Talk(actions.ACTIONS["signers.inputs"].run(ACCOUNT, asked))
    talk.expect("GET", CONTEXT, reply=context(signerIds=["s"]))
    talk.expect("GET", f"{APP}/signers/s", reply={"signerId": "s", "lastName": "Lovelace"})
    assert "Lovelace" == talk.result.last_name
    stranger = Talk(actions.ACTIONS["signers.inputs"].run(ACCOUNT, asked))
    with pytest.raises(UsageError, match="no such signer"):
        stranger.expect("GET", CONTEXT, reply=context(signerIds=["t"], signers=[{"signerId": "t"}]))


def test_documents_of_a_request_are_read_on_their_own_only_if_they_are_not_shown() -> None:
    """The context carries documents: only one that it merely names costs a request, in the given order."""
    talk = Talk(actions.ACTIONS["requests.documents"].run(ACCOUNT, p.RequestRef(signature_request_id="r")))
    talk.expect("GET", CONTEXT, reply=context(documentIds=["a", "b"], documents=[{"_id": "b"}, {"_id": "c"}]))
    talk.expect("GET", "/v4/documents/a", reply={"_id": "a"})
    assert ["a", "b", "c"] == [document.id for document in talk.result.documents]


# Downloads

PROOF = "/v4/documents/d/signature-type/PDF_WITH_SIGNATURES"
PDF = {"reply": b"%PDF-1.7 signed", "headers": {"content-type": "Application/PDF; x=y"}}


def test_a_file_that_was_fetched_says_whether_it_is_signed(tmp_path: Path) -> None:
    """A proof is signed and an original is not, in memory and as a file, which holds exactly the bytes."""
    talk = Talk(actions.ACTIONS["documents.proof"].run(ACCOUNT, p.ProofOf(document_id="d")))
    talk.expect("GET", PROOF, **PDF)
    assert (True, "PDF_WITH_SIGNATURES", "application/pdf", b"%PDF-1.7 signed", None) == (
        talk.result.signed,
        talk.result.native,
        talk.result.media_type,
        talk.result.content,
        talk.result.path,
    )
    target = tmp_path / "original.bin"
    given = p.OriginalOf(document_id="d", to=target)
    talk = Talk(actions.ACTIONS["documents.original"].run(ACCOUNT, given))
    talk.expect("GET", "/v4/documents/d/file", reply=b"original")
    assert (False, "", None, str(target), b"original") == (
        talk.result.signed,
        talk.result.native,
        talk.result.content,
        talk.result.path,
        target.read_bytes(),
    )


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("documents.signed_of_request", p.SignedOfRequest(signature_request_id="r")),
        ("documents.proof", p.ProofOf(document_id="d")),
    ],
)
def test_no_action_gives_the_original_for_a_signed_document(name: str, given: Any) -> None:
    """When no path knows the proof the refusal is the answer: /file is never asked."""
    talk = Talk(actions.ACTIONS[name].run(ACCOUNT, given))
    if name == "documents.signed_of_request":
        talk.expect("GET", CONTEXT, reply=context(documentIds=["d"]))
    *others, last = (
        PROOF,
        "/v4/documents/d/signatures/PDF_WITH_SIGNATURES",
        "/v4/documents/d/signature-proof",
        "/v3/documents/d/signature-proof",
    )
    for path in others:
        talk.expect("GET", path, status=404, reply=None)
    with pytest.raises(VendorNotFound):
        talk.expect("GET", last, status=404, reply=None)


def test_a_failed_download_leaves_no_file(tmp_path: Path) -> None:
    """Neither a refusal nor a page that is no PDF puts anything under the name, or beside it."""
    not_made = {"code": "DOCUMENT_PROOF_NOT_CREATED"}
    for reply, status, kind in ((not_made, 400, NotReady), (b"<html>", 200, MalformedResponse)):
        given = p.ProofOf(document_id="d", to=tmp_path / "signed.pdf")
        talk = Talk(actions.ACTIONS["documents.proof"].run(ACCOUNT, given))
        with pytest.raises(kind):
            talk.expect("GET", PROOF, status=status, reply=reply)
        assert [] == list(tmp_path.iterdir())


def test_a_download_is_begun_anew_after_a_failure(tmp_path: Path) -> None:
    """What a failed try has written is not in the file of the one that succeeds."""
    given = p.OriginalOf(document_id="d", to=tmp_path / "a")
    talk = Talk(actions.ACTIONS["documents.original"].run(ACCOUNT, given))
    talk.expect("GET", "/v4/documents/d/file", status=503, reply=None)
    talk.expect("GET", "/v4/documents/d/file", reply=b"whole")
    assert b"whole" == (tmp_path / "a").read_bytes()


def test_a_file_that_is_too_large_for_memory_says_how_to_get_it() -> None:
    """The limit counts bytes in memory; the error names the parameter that has none."""
    given = p.OriginalOf(document_id="d", limit=3)
    talk = Talk(actions.ACTIONS["documents.original"].run(ACCOUNT, given))
    with pytest.raises(UsageError, match=r"to="):
        talk.expect("GET", "/v4/documents/d/file", reply=b"four")
    talk = Talk(actions.ACTIONS["documents.original"].run(ACCOUNT, given))
    talk.expect("GET", "/v4/documents/d/file", reply=b"all")
    assert b"all" == talk.result.content


def test_a_low_level_proof_has_two_spellings() -> None:
    """The second path is asked where the first is unknown, not where the proof is."""
    given = p.SignerProofOf(document_id="d", signer_id="s", signature_type="PKCS7")
    first, second = (f"/v4/documents/d/{word}/PKCS7/signers/s" for word in ("signature-type", "signatures"))
    talk = Talk(actions.ACTIONS["documents.signer_proof"].run(ACCOUNT, given))
    talk.expect("GET", first, status=405, reply=None)
    talk.expect("GET", second, reply=b"p7")
    assert (b"p7", True) == (talk.result.content, talk.result.signed)
    for code, kind in (("DOCUMENT_NOT_FOUND", VendorNotFound), ("DOCUMENT_PROOF_NOT_FOUND", NotReady)):
        talk = Talk(actions.ACTIONS["documents.signer_proof"].run(ACCOUNT, given))
        with pytest.raises(kind):
            talk.expect("GET", first, status=404, reply={"code": code})


def test_a_proof_of_no_known_kind_is_a_usage_error() -> None:
    """What can be asked for is named, before any request."""
    with pytest.raises(UsageError, match="ADVANCED_LEGAL_KIT"):
        Talk(actions.ACTIONS["documents.proof"].run(ACCOUNT, p.ProofOf(document_id="d", signature_type="X")))


@pytest.mark.parametrize(
    ("document_id", "shown", "sentence"),
    [(None, {}, "no documents"), ("other", {"documents": [{"_id": "d"}]}, "no such document")],
)
def test_a_document_has_to_be_one_of_the_request(
    document_id: str | None, shown: dict[str, Any], sentence: str
) -> None:
    """A document of another request is not fetched through this one."""
    given = p.OriginalOfRequest(signature_request_id="r", document_id=document_id)
    talk = Talk(actions.ACTIONS["documents.original_of_request"].run(ACCOUNT, given))
    with pytest.raises(UsageError, match=sentence):
        talk.expect("GET", CONTEXT, reply=context(**shown))


# One call, webhooks


def test_a_document_of_one_call_is_content_or_address() -> None:
    """Both, or neither, make no request."""
    signer = p.OneCallSigner(email="a@example.org")
    for extra in ({}, {"base64": "AA==", "url": Secret("https://a.example")}):
        document = p.OneCallDocument(original_name="a", mime_type="application/pdf", **extra)  # type: ignore[arg-type]  # two kinds of values
        given = p.OneCall(title="T", signature_method="SIMPLE_STD", signers=(signer,), documents=(document,))
        with pytest.raises(UsageError, match="base64 or url"):
            Talk(actions.ACTIONS["requests.one_call"].run(ACCOUNT, given))


@pytest.mark.parametrize("content", [{"some_key": None}, [1, {"some_key": None}]])
def test_structured_data_is_an_object_or_a_list(content: Any) -> None:
    """What a caller gives as JSON goes to the vendor as it is, its own keys included."""
    given_ = filled(p.DocumentJson, {"document_id": "d", "json_content": content})
    talk = Talk(actions.PROVIDE_JSON.run(ACCOUNT, given_))
    body = {"jsonContent": content}
    talk.expect("POST", "/v4/documents/d/data-json-content", body=body, reply={"_id": "d"})
    assert "d" == talk.result.id


def test_topics_to_disable_have_to_be_named() -> None:
    """An empty list makes no request: what it would mean is unknown."""
    with pytest.raises(UsageError, match="at least one"):
        Talk(actions.DISABLE_TOPICS.run(ACCOUNT, p.DisabledTopics(webhook_id="w", topics=())))


def test_ensuring_a_webhook_finds_it_by_its_url() -> None:
    """An endpoint that has the URL is returned, and nothing is made."""
    talk = Talk(actions.ENSURE_WEBHOOK.run(ACCOUNT, p.WebhookUrl(url=Secret("https://a.example/hook"))))
    talk.expect("GET", f"{APP}/webhooks", reply=[{"_id": "w", "url": "https://a.example/hook"}])
    assert "w" == talk.result.webhook_id


def test_ensuring_a_webhook_corrects_the_description_that_is_given() -> None:
    """A description goes to the vendor where it differs, so that the endpoint is repaired in place."""
    asked = p.WebhookUrl(url=Secret("https://a.example/hook"), description="billing")
    talk = Talk(actions.ENSURE_WEBHOOK.run(ACCOUNT, asked))
    shown = {"_id": "w", "url": "https://a.example/hook", "description": "old"}
    talk.expect("GET", f"{APP}/webhooks", reply=[shown])
    body = {"url": "https://a.example/hook", "description": "billing"}
    talk.expect("PUT", "/v4/webhooks/w", body=body, reply=[{**shown, "description": "billing"}])
    assert "w" == talk.result.webhook_id


# Exchange


def test_an_old_secret_is_exchanged_without_a_bearer() -> None:
    """The body is the account's, and the account's credentials are not attached."""
    flow = actions.EXCHANGE.run(OLD, p.Exchange())
    command = next(flow)
    assert isinstance(command, Http)
    assert (False, "POST", "/v4/auth/app-api") == (
        command.credentials,
        command.request.method,
        command.request.url.path,
    )
    wanted = {"appId": APP_ID, "appEnv": "STAGING", "secret": f"sk_staging_{UUID}"}
    assert wanted == json.loads(command.request.content)
    talk = Talk(actions.EXCHANGE.run(OLD, p.Exchange(secret=Secret("other"), app_env="TEST")))
    talk.expect("POST", "/v4/auth/app-api", body={**wanted, "secret": "other"}, reply={"jwtToken": "canary"})
    assert "canary" == talk.result.jwt_token.reveal()
    assert "canary" not in repr(talk.result)


@pytest.mark.parametrize(
    ("account_", "given"),
    [(ACCOUNT, p.Exchange()), (OLD, p.Exchange(app_id="appId_x")), (OLD, p.Exchange(app_env="PRODUCTION"))],
)
def test_what_cannot_be_exchanged_makes_no_request(account_: Any, given: p.Exchange) -> None:
    """A v2 key is never exchanged, and another application or environment is not this account's."""
    with pytest.raises(UsageError):
        Talk(actions.EXCHANGE.run(account_, given))


# Bare signatures


class Wanting(Talk):
    """A talk that hands out a fixed id where a flow wants a new one."""

    def _at_once(self, command: Any) -> Any:
        if type(command).__name__ == "NewId":
            return "0" * 31 + "1"
        return (yield from super()._at_once(command))


def authorized(**options: Any) -> tuple[Any, dict[str, str]]:
    given = p.BareAuthorize(redirect_uri="https://a.example/back?x=1", hashes=(HASH,), **options)
    talk = Wanting(actions.AUTHORIZE_BARE.run(ACCOUNT, given))
    assert talk.over
    query = parse_qs(urlsplit(talk.result.url.reveal()).query, strict_parsing=True)
    return talk.result, {key: value for key, (value,) in query.items()}


def test_the_page_of_a_bare_signature_is_addressed_as_the_vendor_says() -> None:
    """Host, path and every parameter, with the state as JSON; the result shows none of it in a repr."""
    result, query = authorized(external_id="x", title="Contract", language="fr")
    address = urlsplit(result.url.reveal())
    assert ("https", "sign.ignisign.io", "/envs/STAGING/oauth2/authorize") == (
        address.scheme,
        address.netloc,
        address.path,
    )
    nonce = "00000000-0000-4000-8000-000000000001"
    state = {"hashes": [HASH], "nonce": nonce, "externalId": "x", "title": "Contract", "language": "FR"}
    assert state == json.loads(query.pop("state"))
    assert 4 == uuid.UUID(nonce).version
    verifier = result.code_verifier.reveal()
    digest = hashlib.sha256(verifier.encode()).digest()
    assert {
        "redirect_uri": "https://a.example/back?x=1",
        "response_type": "code",
        "client_id": APP_ID,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    } == query
    assert "Contract" not in repr(result)
    assert verifier not in repr(result)


@given(st.text("ABCxyz019-._~", min_size=43, max_size=128))
def test_the_challenge_is_that_of_the_rfc_or_of_the_vendors_client(verifier: str) -> None:
    """S256 is base64url without padding; the vendor's own variant is the same digest in plain base64."""
    digest = hashlib.sha256(verifier.encode()).digest()
    plain = bare.challenge(Secret(verifier), vendor_pkce=True)
    correct = bare.challenge(Secret(verifier))
    assert base64.b64decode(plain, validate=True) == digest
    assert plain.replace("+", "-").replace("/", "_").rstrip("=") == correct


def test_the_challenge_of_the_rfc_example() -> None:
    """The pair printed in RFC 7636, appendix B."""
    verifier = Secret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" == bare.challenge(verifier)


def test_verifiers_have_the_length_that_was_asked_for() -> None:
    """128 characters by the RFC, 171 as the vendor's client; each is new."""
    lengths = {len(authorized()[0].code_verifier.reveal()) for _ in range(3)}
    assert {128} == lengths
    result, query = authorized(vendor_pkce=True)
    assert (171, "=") == (len(result.code_verifier.reveal()), query["code_challenge"][-1])
    assert authorized()[0].code_verifier != authorized()[0].code_verifier
    assert re.fullmatch(r"[A-Za-z0-9._~-]+", authorized()[0].code_verifier.reveal())


@pytest.mark.parametrize(
    "wrong",
    [
        {"hashes": ()},
        {"hashes": (HASH, "short")},
        {"hashes": (hashlib.sha256(b"").hexdigest(),)},
        {"code_verifier": Secret("a" * 42)},
        {"code_verifier": Secret("a" * 129)},
        {"code_verifier": Secret("a" * 60 + "+")},
        {"code_verifier": Secret("é" * 60), "vendor_pkce": True},
    ],
)
def test_what_the_page_would_refuse_makes_no_address(wrong: dict[str, Any]) -> None:
    """Hashes are SHA-256 in base64, and a verifier is one of RFC 7636."""
    whole: dict[str, Any] = {"redirect_uri": "https://a.example", "hashes": (HASH,), "nonce": "n", **wrong}
    with pytest.raises(UsageError):
        answer_of(actions.AUTHORIZE_BARE.run(ACCOUNT, p.BareAuthorize(**whole)))


def test_proofs_are_fetched_with_the_access_token_alone() -> None:
    """The request brings the token as its bearer and asks for no credentials of the account."""
    command = next(actions.BARE_PROOFS.run(ACCOUNT, p.BareAccess(access_token=Secret("t"))))
    assert isinstance(command, Http)
    assert (False, "Bearer t") == (command.credentials, command.request.headers["authorization"])


# Log capsules


@pytest.mark.parametrize(
    "text",
    ["", HASH[:-1], HASH + "=", HASH.rstrip("="), "!" * 44, hashlib.sha256(b"").hexdigest(), "A" * 44],
)
def test_a_log_capsule_takes_nothing_but_a_digest(text: str) -> None:
    """Exactly 44 characters that are the base64 of 32 bytes; anything else makes no request."""
    with pytest.raises(UsageError, match="44"):
        Talk(actions.CREATE_CAPSULE.run(ACCOUNT, p.NewCapsule(hash_sha256=text)))


@given(st.binary(min_size=32, max_size=32))
def test_every_digest_is_one(digest: bytes) -> None:
    """Whatever 32 bytes, their base64 is accepted."""
    assert bare.is_digest(base64.b64encode(digest).decode())


def test_a_refusal_of_the_vendor_stays_one() -> None:
    """A digest that is right may still be refused, for instance by an application of another type."""
    talk = Talk(actions.CREATE_CAPSULE.run(ACCOUNT, p.NewCapsule(hash_sha256=HASH)))
    with pytest.raises(VendorRefused):
        talk.expect("POST", f"{APP}/log-capsules", status=400, reply={"code": "BAD_REQUEST"})
