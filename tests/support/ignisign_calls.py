"""Every action of the Ignisign plugin with the requests that it makes, as literals from the contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import attrs

from paraph.model import Document, Secret
from paraph.provider import NoParams
from paraph_ignisign import params as p
from support.ignisign_account import APP, APP_ID, KEY, UUID

REQUEST = "/v4/signature-requests/r"
DOCUMENT = "/v4/documents/d"
INVITED = f"/v4/applications/{APP_ID}/users-invitations"
HASH = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
"""The SHA-256 of nothing, in base64."""


@attrs.frozen
class Ask:
    """One expected request and what is answered; ``body`` is ``None`` where there is none to compare."""

    method: str
    path: str
    query: Mapping[str, str] = attrs.field(factory=dict)
    body: Any = None
    reply: Any = attrs.field(factory=dict)
    headers: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Case:
    """An action with parameters, and all its requests in order."""

    name: str
    given: Any
    asks: tuple[Ask, ...]


def case(name: str, given: Any, method: str, path: str, **ask: Any) -> Case:
    """Describe an action that makes one request."""
    return Case(name, given, (Ask(method, path, **ask),))


def composite(name: str, given: Any, *asks: Ask) -> Case:
    """Describe an action that makes several."""
    return Case(name, given, asks)


CONTEXT = {
    "status": "DRAFT",
    "documentIds": ["d"],
    "signerIds": ["s"],
    "documents": [{"_id": "d"}],
    "signers": [{"signerId": "s", "firstName": "Ada"}],
}
READ_CONTEXT = Ask("GET", f"{REQUEST}/context", reply=CONTEXT)
PDF = {"reply": b"%PDF-1.7", "headers": {"content-type": "application/pdf"}}
FILE = Document.from_bytes(b"x", name="x.txt")
AT = datetime(2030, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
SIGNER, REQUEST_REF = p.SignerRef(signer_id="s"), p.RequestRef(signature_request_id="r")
DOCUMENT_REF, EVENT = p.DocumentRef(document_id="d"), p.EventRef(webhook_id="w", event_id="e")
INVITATION = p.InvitationRef(user_invitation_id="i")
ROLES = {"DEVELOPMENT": ("ADMIN",), "STAGING": (), "PRODUCTION": ("READER", "USER")}

ACCOUNT_CASES = (
    case("application.context", p.ApplicationRef(), "GET", f"/v4/applications/{APP_ID}/context"),
    case("application.health", NoParams(), "GET", "/v4/healthcheck", reply=b"fine"),
    case("profiles.list", NoParams(), "GET", f"{APP}/signer-profiles", reply=[]),
    case(
        "profiles.get",
        p.ProfileRef(signer_profile_id="a/b"),
        "GET",
        f"{APP}/signer-profiles/a%2Fb",
        reply={"_id": "p"},
    ),
    case(
        "profiles.inputs_needed",
        p.ProfileRef(signer_profile_id="p"),
        "GET",
        f"{APP}/signer-profiles/p/inputs-needed",
    ),
)
SIGNER_CASES = (
    case(
        "signers.create",
        p.NewSigner(
            signer_profile_id="p",
            first_name="Ada",
            last_name="Lovelace",
            email="a@example.org",
            phone_number="+33612345678",
            nationality="GB",
            birth_date=date(1815, 12, 10),
            birth_place="London",
            birth_country="GB",
            external_id="x",
        ),
        "POST",
        f"{APP}/signers",
        body={
            "signerProfileId": "p",
            "firstName": "Ada",
            "lastName": "Lovelace",
            "email": "a@example.org",
            "phoneNumber": "+33612345678",
            "nationality": "GB",
            "birthDate": "1815-12-10",
            "birthPlace": "London",
            "birthCountry": "GB",
            "externalId": "x",
        },
        reply={"signerId": "s"},
    ),
    case(
        "signers.update",
        p.SignerUpdate(signer_id="s", signer_profile_id="p"),
        "PUT",
        f"{APP}/signers/s",
        body={"signerProfileId": "p"},
        reply={"signerId": "s", "success": True},
    ),
    case("signers.get", SIGNER, "GET", f"{APP}/signers/s", reply={"_id": "s"}),
    case("signers.details", SIGNER, "GET", f"{APP}/signers/s/details", reply={"signerId": "s", "claims": []}),
    case("signers.revoke", SIGNER, "DELETE", f"{APP}/signers/s/revoke", reply={"signerId": "s"}),
    case(
        "signers.regenerate_secret",
        SIGNER,
        "PUT",
        f"{APP}/signers/s/regenerate-auth-secret",
        body={},
        reply={"authSecret": "x"},
    ),
    case("signers.setup", NoParams(), "POST", f"{APP}/signer-setup", body={}, reply={"_id": "r"}),
    case(
        "signers.search",
        p.SignerSearch(filter="*", page=2, page_size=5),
        "POST",
        f"{APP}/signers-search",
        query={"filter": "*"},
        body={"filter": "*", "page": 2, "pageSize": 5},
        reply={"signers": []},
    ),
    composite(
        "signers.list",
        NoParams(),
        Ask("GET", f"{APP}/signers-paginate", {"page": "0"}, reply={"signers": [{"signerId": "s"}]}),
        Ask("GET", f"{APP}/signers-paginate", {"page": "1"}, reply={"signers": []}),
    ),
    composite(
        "signers.missing_inputs",
        p.MissingInputsOf(signer_id="s", signer_profile_id="p"),
        Ask("GET", f"{APP}/signers/s", reply={"signerId": "s"}),
        Ask("GET", f"{APP}/signer-profiles/p/inputs-needed"),
    ),
    composite("signers.inputs", p.SignerOfRequest(signature_request_id="r", signer_id="s"), READ_CONTEXT),
)
REQUEST_CASES = (
    case(
        "requests.init",
        NoParams(),
        "POST",
        f"{APP}/signature-requests",
        body={},
        reply={"signatureRequestId": "r"},
    ),
    case(
        "requests.update",
        p.RequestUpdate(
            signature_request_id="r",
            title="T",
            description="D",
            language="FR",
            document_ids=("d",),
            signer_ids=("s",),
            external_id="x",
            default_signature_method="SIMPLE_STD",
            signer_profiles_signature_method=(
                p.ProfileMethod(signer_profile_id="p", signature_method_ref="ADVANCED_STD"),
            ),
            expiration_date=AT,
            expiration_date_is_activated=True,
            diffusion_mode="SCHEDULED",
            diffusion_date=AT,
            statements=(
                p.Statement(app_id="a", app_env="STAGING", signature_request_id="r", label_md="Read."),
            ),
            extended_auth_session_enabled=False,
            initial_signature_request_id="r0",
            signer_ids_as_approver=("t",),
            recipients=("b@example.org",),
            full_privacy=False,
            individualize_requests=True,
        ),
        "PUT",
        REQUEST,
        body={
            "title": "T",
            "description": "D",
            "language": "FR",
            "documentIds": ["d"],
            "signerIds": ["s"],
            "externalId": "x",
            "defaultSignatureMethod": "SIMPLE_STD",
            "signerProfilesSignatureMethod": [{"signerProfileId": "p", "signatureMethodRef": "ADVANCED_STD"}],
            "expirationDate": "2030-01-02T03:04:05.678Z",
            "expirationDateIsActivated": True,
            "diffusionMode": "SCHEDULED",
            "diffusionDate": "2030-01-02T03:04:05.678Z",
            "statements": [
                {"appId": "a", "appEnv": "STAGING", "signatureRequestId": "r", "labelMd": "Read."}
            ],
            "extendedAuthSessionEnabled": False,
            "initialSignatureRequestId": "r0",
            "signerIdsAsApprover": ["t"],
            "recipients": ["b@example.org"],
            "fullPrivacy": False,
            "individualizeRequests": True,
        },
        reply={"status": "DRAFT"},
    ),
    case("requests.publish", REQUEST_REF, "POST", f"{REQUEST}/publish", body={}),
    case(
        "requests.close", REQUEST_REF, "POST", f"{REQUEST}/close", body={}, reply={"signatureRequestId": "r"}
    ),
    case("requests.delete", REQUEST_REF, "DELETE", REQUEST),
    case("requests.context", REQUEST_REF, "GET", f"{REQUEST}/context", reply=CONTEXT),
    case(
        "requests.list",
        p.RequestPageRef(page=2, page_size=5),
        "GET",
        f"{APP}/signature-requests",
        query={"page": "2", "pageSize": "5"},
        reply={"signatureRequests": []},
    ),
    case(
        "requests.statuses",
        p.RequestRefs(signature_request_ids=("r", "q")),
        "POST",
        f"{APP}/signature-requests/status",
        body={"signatureRequestIds": ["r", "q"]},
    ),
    case(
        "requests.one_call",
        p.OneCall(
            title="T",
            signature_method="SIMPLE_STD",
            signers=(p.OneCallSigner(email="a@example.org", first_name="Ada", last_name="L"),),
            documents=(
                p.OneCallDocument.from_bytes(b"%PDF", name="a.pdf"),
                p.OneCallDocument(
                    original_name="b.pdf", mime_type="application/pdf", url=Secret("https://files.example/b")
                ),
            ),
        ),
        "POST",
        "/v4/signature-requests/one-call-sign",
        body={
            "title": "T",
            "signatureMethod": "SIMPLE_STD",
            "signers": [{"email": "a@example.org", "firstName": "Ada", "lastName": "L"}],
            "documents": [
                {"originalName": "a.pdf", "mimeType": "application/pdf", "base64": "JVBERg=="},
                {"originalName": "b.pdf", "mimeType": "application/pdf", "url": "https://files.example/b"},
            ],
        },
        reply={"signatureRequestId": "r"},
    ),
    composite("requests.documents", REQUEST_REF, READ_CONTEXT),
)
DOCUMENT_CASES = (
    case(
        "documents.init",
        p.NewDocument(
            signature_request_id="r",
            label="L",
            description="D",
            external_id="x",
            template_displayer_id="t",
            template_displayer_version=2,
        ),
        "POST",
        f"{APP}/init-documents",
        body={
            "signatureRequestId": "r",
            "label": "L",
            "description": "D",
            "externalId": "x",
            "templateDisplayerId": "t",
            "templateDisplayerVersion": 2,
        },
        reply={"documentId": "d"},
    ),
    case("documents.get", DOCUMENT_REF, "GET", DOCUMENT, reply={"_id": "d"}),
    case("documents.context", DOCUMENT_REF, "GET", f"{DOCUMENT}/context", reply={"_id": "d"}),
    case(
        "documents.update",
        p.DocumentUpdate(document_id="d", label="L", external_id="x"),
        "PUT",
        DOCUMENT,
        body={"label": "L", "externalId": "x"},
        reply={"_id": "d"},
    ),
    case("documents.delete", DOCUMENT_REF, "DELETE", DOCUMENT, reply={"documentId": "d"}),
    case(
        "documents.upload",
        p.DocumentFile(document_id="d", document=FILE),
        "POST",
        f"{DOCUMENT}/file",
        reply={"_id": "d"},
    ),
    case(
        "documents.provide_json",
        p.DocumentJson(document_id="d", json_content={"some_key": None}),
        "POST",
        f"{DOCUMENT}/data-json-content",
        body={"jsonContent": {"some_key": None}},
        reply={"_id": "d", "documentNature": "DATA_JSON", "dataJsonContent": "{}"},
    ),
    case(
        "documents.provide_digest",
        p.DocumentDigest(document_id="d", document_hash=HASH),
        "POST",
        f"{DOCUMENT}/private-content",
        body={"documentHash": HASH},
        reply={"_id": "d"},
    ),
    case("documents.remove_content", DOCUMENT_REF, "DELETE", f"{DOCUMENT}/content", reply={"_id": "d"}),
    case("documents.signatures", DOCUMENT_REF, "GET", f"{DOCUMENT}/signatures", reply=[{"_id": "g"}]),
    case(
        "documents.signature",
        p.SignatureRef(document_id="d", signature_id="g"),
        "GET",
        f"{DOCUMENT}/signatures/g",
        reply={"_id": "g"},
    ),
    case(
        "documents.images",
        DOCUMENT_REF,
        "GET",
        f"{DOCUMENT}/img-signatures",
        reply={"documentId": "d", "signatures": [{"signerId": "s", "imgB64": "AA=="}]},
    ),
    case(
        "documents.check_authenticity",
        p.DocumentFile(document_id="d", document=FILE),
        "POST",
        f"{DOCUMENT}/check-authenticity",
        reply={"documentId": "d", "authenticityValidated": True},
    ),
    case(
        "documents.proof",
        p.ProofOf(document_id="d"),
        "GET",
        f"{DOCUMENT}/signature-type/PDF_WITH_SIGNATURES",
        **PDF,
    ),
    case(
        "documents.signer_proof",
        p.SignerProofOf(document_id="d", signer_id="s", signature_type="CADES"),
        "GET",
        f"{DOCUMENT}/signature-type/CADES/signers/s",
        reply=b"proof",
    ),
    case("documents.original", p.OriginalOf(document_id="d"), "GET", f"{DOCUMENT}/file", reply=b"original"),
    composite(
        "documents.original_of_request",
        p.OriginalOfRequest(signature_request_id="r"),
        READ_CONTEXT,
        Ask("GET", f"{DOCUMENT}/file", reply=b"original"),
    ),
    composite(
        "documents.signed_of_request",
        p.SignedOfRequest(signature_request_id="r"),
        READ_CONTEXT,
        Ask("GET", f"{DOCUMENT}/signature-type/PDF_WITH_SIGNATURES", **PDF),
    ),
)
WEBHOOK_CASES = (
    case("webhooks.list", NoParams(), "GET", f"{APP}/webhooks", reply=[]),
    case(
        "webhooks.create",
        p.NewWebhook(url=Secret("https://a.example"), description="D"),
        "POST",
        f"{APP}/webhooks",
        body={"url": "https://a.example", "description": "D"},
        reply=[],
    ),
    case(
        "webhooks.update",
        p.WebhookUpdate(webhook_id="w", url=Secret("https://b.example")),
        "PUT",
        "/v4/webhooks/w",
        body={"url": "https://b.example"},
        reply={"_id": "w", "url": "https://b.example"},
    ),
    case("webhooks.delete", p.WebhookRef(webhook_id="w"), "DELETE", "/v4/webhooks/w", reply=[]),
    case(
        "webhooks.events",
        p.EventPageRef(webhook_id="w"),
        "GET",
        "/v4/webhooks/w/events",
        query={"filter": "ALL", "page": "1"},
    ),
    case("webhooks.event", EVENT, "GET", "/v4/webhooks/w/events/e", reply={"_id": "e"}),
    case("webhooks.resend", EVENT, "POST", "/v4/webhooks/w/events/e/resend", body={}, reply=b""),
    case(
        "webhooks.check_token",
        p.TokenToCheck(token=Secret("t"), app_id="a", app_env="E"),
        "POST",
        "/v4/tokens/webhook-verification/checking-consumption",
        body={"token": "t", "appId": "a", "appEnv": "E"},
        reply={"isValid": True},
    ),
    case(
        "webhooks.disable_topics",
        p.DisabledTopics(webhook_id="w", topics=("SIGNER", "APP")),
        "POST",
        "/v4/webhooks/w/disabled-events",
        body={"topics": {"SIGNER": True, "APP": True}},
        reply=b"",
    ),
)
OTHER_CASES = (
    case("bare.configuration", NoParams(), "GET", f"{APP}/bare-signatures-configuration"),
    case(
        "bare.token",
        p.BareCode(code=Secret("c"), code_verifier=Secret("v"), redirect_uri="https://a.example/back"),
        "POST",
        "/v4/envs/STAGING/oauth2/proofs-token",
        body={
            "client_id": f"appId_{UUID}",
            "client_secret": KEY,
            "code_verifier": "v",
            "redirect_uri": "https://a.example/back",
            "grant_type": "authorization_code",
            "code": "c",
        },
        reply={"access_token": "t", "token_type": "Bearer", "expires_in": 300, "scope": "proof_retrieval"},
    ),
    case(
        "bare.proofs",
        p.BareAccess(access_token=Secret("t")),
        "GET",
        "/v4/envs/STAGING/bare-signatures/proofs",
        reply={"signatureRequestId": "r", "proofs": [{"type": "PKCS7", "proofB64": "AA=="}]},
    ),
    case(
        "capsules.create",
        p.NewCapsule(hash_sha256=HASH),
        "POST",
        f"{APP}/log-capsules",
        body={"hashSha256_b64": HASH},
        reply={"hashSha256_b64": HASH, "timestamp_b64": "AA=="},
    ),
    case("invitations.list", NoParams(), "GET", INVITED, reply=[]),
    case(
        "invitations.create",
        p.NewInvitation(email="a@example.org", roles=ROLES),
        "POST",
        INVITED,
        body={
            "email": "a@example.org",
            "roles": {"DEVELOPMENT": ["ADMIN"], "STAGING": [], "PRODUCTION": ["READER", "USER"]},
        },
        reply={"_id": "i", "email": "a@example.org"},
    ),
    case(
        "invitations.update",
        p.InvitationUpdate(user_invitation_id="i", roles=ROLES),
        "PUT",
        f"{INVITED}/i",
        body={"roles": {"DEVELOPMENT": ["ADMIN"], "STAGING": [], "PRODUCTION": ["READER", "USER"]}},
        reply={"_id": "i", "email": "a@example.org"},
    ),
    case("invitations.delete", INVITATION, "DELETE", f"{INVITED}/i", reply=b""),
    case("invitations.resend", INVITATION, "POST", f"{INVITED}/i/resend", body={}, reply=b""),
)

CASES = (
    *ACCOUNT_CASES, *SIGNER_CASES, *REQUEST_CASES, *DOCUMENT_CASES, *WEBHOOK_CASES, *OTHER_CASES
)  # fmt: skip
ELSEWHERE = frozenset({"auth.exchange", "webhooks.ensure", "seals.sign", "bare.authorize_url"})
"""Actions with tests of their own: their requests depend on the account, on what is there, or on chance."""
