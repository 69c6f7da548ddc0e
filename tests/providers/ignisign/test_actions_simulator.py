"""Every action through both clients against the simulator, over real HTTP."""

import asyncio
import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from fpdf import FPDF

from paraph import AsyncClient, Client, Config, Document
from paraph.errors import UsageError, VendorError, VendorNotFound
from paraph.store.memory import MemoryStore
from paraph.testing.simulator import Person
from paraph_ignisign.actions import ACTIONS
from paraph_ignisign.simulator import create

Act = Callable[..., Any]
NOWHERE = "http://127.0.0.1:9/hook"
"""Nothing listens there, so that each delivery fails and stays to be looked at."""

PEOPLE = """
profiles.list profiles.get profiles.inputs_needed signers.create signers.update signers.missing_inputs
signers.get signers.details signers.search signers.list signers.regenerate_secret signers.inputs
requests.init requests.update requests.publish requests.context requests.documents requests.list
requests.statuses documents.init documents.get documents.provide_json documents.provide_digest
documents.upload documents.remove_content documents.update documents.original_of_request documents.delete
documents.context documents.signatures documents.signature documents.images documents.proof
documents.signed_of_request documents.original documents.signer_proof documents.check_authenticity
"""
REST = """
application.health application.context webhooks.create webhooks.ensure webhooks.update webhooks.list
webhooks.events webhooks.event webhooks.resend webhooks.delete webhooks.disable_topics requests.init
requests.close requests.delete requests.context requests.one_call signers.setup signers.revoke
invitations.create invitations.update invitations.resend invitations.delete invitations.list
"""
TOKENS, EXCHANGES, SEALS = "webhooks.check_token", "auth.exchange", "seals.sign"
BARE = "bare.configuration bare.authorize_url bare.token bare.proofs"
CAPSULES, REFUSED = "capsules.create requests.init", "profiles.list requests.close"

both = pytest.mark.parametrize("kind", ["sync", "async"])


def a_pdf() -> bytes:
    paper = FPDF()
    paper.set_font("helvetica")
    paper.add_page()
    paper.cell(text="Contract")
    return bytes(paper.output())


CONTRACT = a_pdf()


@contextmanager
def acting(
    kind: str, monkeypatch: pytest.MonkeyPatch, names: str, **options: Any
) -> Iterator[tuple[Act, Any]]:
    """Run a simulator; yield what calls an action through a client of that kind, and the simulator.

    :param names: exactly the actions that have to be called.
    """
    called: set[str] = set()
    simulator = create(**options)
    with simulator.running() as base:
        account = simulator.account(base)
        for name, value in account.environment.items():
            monkeypatch.setenv(name, value)
        config = Config.from_mapping({"accounts": {"hr": account.table}}, source="test")
        if kind == "sync":
            with Client.from_config(config, store=MemoryStore()) as client:

                def act(action: str, **given: Any) -> Any:
                    called.add(action)
                    return client.call("hr", action, **given)

                yield act, simulator
        else:
            with asynchronous(config, called) as act_async:
                yield act_async, simulator
    assert set(names.split()) == called


@contextmanager
def asynchronous(config: Config, called: set[str]) -> Iterator[Act]:
    with asyncio.Runner() as runner:
        waiting = AsyncClient.from_config(config, store=MemoryStore())

        async def call(action: str, given: dict[str, Any]) -> Any:
            return await waiting.call("hr", action, **given)

        def act(action: str, **given: Any) -> Any:
            called.add(action)
            return runner.run(call(action, given))

        try:
            yield act
        finally:
            runner.run(waiting.close())


# Applications for people


@both
def test_a_contract_from_the_profile_to_the_proofs(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Profile, signer, draft, document, publication, signature, proofs: each action does its part."""
    with acting(kind, monkeypatch, PEOPLE) as (act, simulator):
        signer = a_signer(act)
        request = act("requests.init").signature_request_id
        document = a_document(act, request)
        described(act, request, document, signer.signer_id)
        invited = act("requests.publish", signatureRequestId=request).signers_embedded[0]
        assert "IN_PROGRESS" == act("requests.context", requestId=request).status
        link = signing_page(act, simulator, request, invited)
        assert "done" == Person(name="Ada Lovelace").sign(link)
        ends(act, request, document, signer.signer_id)
        proofs(act, request, document, signer.signer_id, tmp_path)


def a_signer(act: Act) -> Any:
    profile = next(each for each in act("profiles.list") if each.integration_mode == "EMBEDDED")
    assert profile.id == act("profiles.get", signer_profile_id=profile.id).id
    needed = act("profiles.inputs_needed", signatureProfileId=profile.id).inputs_needed
    assert {"firstName", "lastName", "email"} == set(needed)
    made = act(
        "signers.create",
        signer_profile_id=profile.id,
        first_name="Ada",
        last_name="Lovelace",
        email="ada@example.org",
    )
    assert made.auth_secret is not None
    assert made.signer_id == act("signers.update", signer_id=made.signer_id, external_id="ada").signer_id
    assert () == act("signers.missing_inputs", signer_id=made.signer_id).missing_inputs
    assert "ada" == act("signers.get", signer_id=made.signer_id).external_id
    assert made.signer_id == act("signers.details", signer_id=made.signer_id).signer_id
    (found,) = act("signers.search", filter="Lovelace").signers
    (listed,) = act("signers.list").signers
    assert made.signer_id == found.signer_id == listed.signer_id
    return made


def a_document(act: Act, request: str) -> str:
    content = Document.from_bytes(CONTRACT, name="contract.pdf")
    document = str(act("documents.init", signature_request_id=request, label="L").document_id)
    act("documents.provide_json", document_id=document, json_content={"a": 1})
    act("documents.remove_content", document_id=document)
    digest = base64.b64encode(hashlib.sha256(CONTRACT).digest()).decode()
    assert (
        "PRIVATE_FILE"
        == act("documents.provide_digest", document_id=document, document_hash=digest).document_nature
    )
    act("documents.remove_content", document_id=document)
    assert "PDF" == act("documents.upload", document_id=document, document=content).document_nature
    assert "Contract" == act("documents.update", document_id=document, label="Contract").label
    assert "PROVIDED" == act("documents.get", document_id=document).status
    original = act("documents.original_of_request", requestId=request, documentId=document)
    assert (False, CONTRACT) == (original.signed, original.content)
    spare = act("documents.init", signature_request_id=request).document_id
    assert spare == act("documents.delete", document_id=spare).document_id
    return document


def described(act: Act, request: str, document: str, signer: str) -> None:
    shown = act(
        "requests.update",
        signature_request_id=request,
        title="Contract",
        document_ids=[document],
        signer_ids=[signer],
        default_signature_method="SIMPLE_STD",
    )
    assert "DRAFT" == shown.status
    assert [document] == [each.id for each in act("requests.documents", requestId=request).documents]
    assert "Ada" == act("signers.inputs", requestId=request, signerId=signer).first_name
    (listed,) = act("requests.list", pageSize=5).signature_requests
    assert request == listed.id


def signing_page(act: Act, simulator: Any, request: str, invited: Any) -> str:
    secret = act("signers.regenerate_secret", signer_id=invited.signer_id).auth_secret
    query = urlencode({"token": invited.token.reveal(), "signerSecret": secret.reveal()})
    base = simulator.base_url
    return f"{base}/signature-requests/{request}/signers/{invited.signer_id}/sign?{query}"


def ends(act: Act, request: str, document: str, signer: str) -> None:
    (status,) = act("requests.statuses", signature_request_ids=[request]).signature_requests
    assert "COMPLETED" == status.status
    assert [signer] == [
        each.signer_id for each in act("documents.context", document_id=document).signature_summaries
    ]
    (signature,) = act("documents.signatures", document_id=document)
    assert signature == act("documents.signature", document_id=document, signature_id=signature.id)
    (image,) = act("documents.images", document_id=document).signatures
    assert signer == image.signer_id


def proofs(act: Act, request: str, document: str, signer: str, folder: Path) -> None:
    whole = act("documents.proof", document_id=document)
    assert whole.signed
    assert hashlib.sha256(whole.content).hexdigest() == whole.sha256
    assert CONTRACT != whole.content
    saved = act("documents.signed_of_request", requestId=request, to=str(folder / "signed.pdf"))
    assert whole.content == (folder / "signed.pdf").read_bytes()
    assert (True, None, len(whole.content)) == (saved.signed, saved.content, saved.size)
    assert CONTRACT == act("documents.original", document_id=document).content
    detached = act(
        "documents.signer_proof", document_id=document, signer_id=signer, signature_type="PADES_ATTACHED"
    )
    assert detached.content
    for content, authentic in ((whole.content, True), (CONTRACT + b"%", False)):
        copy = Document.from_bytes(content, name="copy.pdf")
        told = act("documents.check_authenticity", document_id=document, document=copy)
        assert authentic is told.authenticity_validated


@both
def test_the_rest_of_an_application_for_people(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Context, drafts that end, one call, endpoints and their deliveries, invitations, setup, revocation."""
    with acting(kind, monkeypatch, REST) as (act, _):
        assert act("application.health").healthy
        context = act("application.context")
        assert "SIGNATURE" == context.app_type
        assert {"STAGING"} == set(context.env_settings)
        webhooks(act)
        request = act("requests.init", app_env="TEST").signature_request_id
        assert request == act("requests.close", requestId=request).signature_request_id
        doomed = act("requests.init").signature_request_id
        assert doomed == act("requests.delete", requestId=doomed).signature_request_id
        with pytest.raises(VendorNotFound):
            act("requests.context", requestId=doomed)
        assert act("signers.setup").signature_request_id
        sent = act(
            "requests.one_call",
            title="Contract",
            signature_method="SIMPLE_STD",
            signers=[{"email": "bob@example.org", "first_name": "Bob", "lastName": "Noyce"}],
            documents=[
                {
                    "originalName": "contract.pdf",
                    "mimeType": "application/pdf",
                    "base64": base64.b64encode(CONTRACT).decode(),
                }
            ],
        )
        signer = act("requests.context", requestId=sent.signature_request_id).signers[0].signer_id
        for _twice in range(2):
            assert signer == act("signers.revoke", signer_id=signer).signer_id
        invitations(act)


def webhooks(act: Act) -> None:
    (made,) = act("webhooks.create", url=NOWHERE).webhooks
    assert made.id == act("webhooks.ensure", url=NOWHERE).webhook_id
    assert NOWHERE + "/2" in {
        each.url.reveal() for each in act("webhooks.update", webhook_id=made.id, url=NOWHERE + "/2").webhooks
    }
    assert [made.id] == [each.id for each in act("webhooks.list").webhooks]
    act("webhooks.disable_topics", webhook_id=made.id, topics=["SIGNER"])
    act("requests.init")
    events = act("webhooks.events", webhook_id=made.id).events
    assert ["SIGNATURE_REQUEST"] == [event.topic for event in events]
    assert "INITIALIZED" == act("webhooks.event", webhook_id=made.id, event_id=events[0].id).action
    act("webhooks.resend", webhook_id=made.id, event_id=events[0].id)
    assert () == act("webhooks.delete", webhook_id=made.id).webhooks
    with pytest.raises(VendorNotFound):
        act("webhooks.delete", webhook_id=made.id)


def invitations(act: Act) -> None:
    roles: dict[str, list[str]] = {"DEVELOPMENT": ["ADMIN"], "STAGING": [], "PRODUCTION": []}
    (made,) = act("invitations.create", email="eve@example.org", roles=roles).invitations
    changed = {**roles, "STAGING": ["READER"]}
    (edited,) = act("invitations.update", user_invitation_id=made.id, roles=changed).invitations
    assert ("READER",) == edited.roles["STAGING"]
    act("invitations.resend", user_invitation_id=made.id)
    act("invitations.delete", user_invitation_id=made.id)
    assert ["CANCELED"] == [each.status for each in act("invitations.list").invitations]


@both
def test_a_token_is_consumed_by_its_check(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown token is not valid and no error; application and environment are those of the account."""
    with acting(kind, monkeypatch, TOKENS) as (act, _):
        told = act("webhooks.check_token", token="x" * 45)
        assert (False, True) == (told.is_valid, told.not_found)


@both
def test_an_old_secret_is_exchanged(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vendor's token comes back as a secret, and a wrong secret as an error of credentials."""
    with acting(kind, monkeypatch, EXCHANGES, key_format="legacy") as (act, _):
        assert 2 == act("auth.exchange").jwt_token.reveal().count(".")
        with pytest.raises(VendorError, match="401"):
            act("auth.exchange", secret="sk_staging_wrong")


# Applications without a page of ours


@both
def test_a_machine_seals_at_once(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulator verifies digest and signature, and answers the proof; another key is refused."""
    with acting(kind, monkeypatch, SEALS, app_type="SEAL") as (act, simulator):
        key = simulator.m2m_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()
        wanted = {"m2m_id": simulator.m2m_id, "private_key": key.replace("\n", "|")}
        for document, proof in (
            (Document.from_bytes(CONTRACT, name="a.pdf"), "PDF_WITH_SIGNATURES"),
            (Document.from_json({"é": [1, True, None], "a": "b"}, name="a.json"), "SIGNED_DATA"),
        ):
            made = act("seals.sign", document=document, **wanted)
            assert proof == made.proof_type
            assert base64.b64decode(made.proof)
        pdf, stranger = Document.from_bytes(CONTRACT, name="a.pdf"), {**wanted, "m2m_id": "0" * 24}
        with pytest.raises(VendorNotFound):
            act("seals.sign", document=pdf, **stranger)


@both
@pytest.mark.parametrize("vendor_pkce", [False, True])
def test_a_person_signs_hashes(kind: str, monkeypatch: pytest.MonkeyPatch, *, vendor_pkce: bool) -> None:
    """Page, code, token, proofs: by both kinds of PKCE, and a code only once."""
    with acting(kind, monkeypatch, BARE, app_type="BARE_SIGNATURE") as (act, _):
        assert act("bare.configuration").eidas_level
        back = "http://127.0.0.1:9/back"
        digest = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
        begun = act("bare.authorize_url", redirect_uri=back, hashes=[digest], vendor_pkce=vendor_pkce)
        consent = {"consent": "on", "fullName": "Ada Lovelace"}
        answer = httpx.post(begun.url.reveal(), data=consent, follow_redirects=False)
        came = parse_qs(urlsplit(answer.headers["location"]).query)
        assert [begun.state.reveal()] == came["state"]
        whole = {"code": came["code"][0], "code_verifier": begun.code_verifier, "redirect_uri": back}
        token = act("bare.token", **whole)
        assert ("Bearer", "proof_retrieval") == (token.token_type, token.scope)
        found = act("bare.proofs", access_token=token.access_token)
        assert [digest] == [proof.document_hash for proof in found.proofs]
        assert found == act("bare.proofs", access_token=token.access_token)
        with pytest.raises(VendorError):
            act("bare.token", **whole)


@both
def test_a_log_is_time_stamped(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest comes back with its time-stamp; an application of this type has no requests."""
    with acting(kind, monkeypatch, CAPSULES, app_type="LOG_CAPSULE") as (act, _):
        digest = base64.b64encode(hashlib.sha256(b"log").digest()).decode()
        made = act("capsules.create", hashSha256_b64=digest)
        assert (digest, True) == (made.hash_sha256, bool(base64.b64decode(made.timestamp)))
        with pytest.raises(VendorError):
            act("requests.init")


@both
def test_a_key_is_not_good_for_another_environment(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another environment than the account's makes no request at all."""
    with acting(kind, monkeypatch, REFUSED) as (act, _):
        with pytest.raises(UsageError, match="leave it out"):
            act("profiles.list", app_env="PRODUCTION")
        with pytest.raises(UsageError, match="two names"):
            act("requests.close", requestId="r", signatureRequestId="r")


def test_no_action_is_left_out() -> None:
    """The tests above call every action there is."""
    called = f"{PEOPLE} {REST} {TOKENS} {EXCHANGES} {SEALS} {BARE} {CAPSULES}"
    assert set(ACTIONS) == set(called.split())
