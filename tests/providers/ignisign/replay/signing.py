"""Flows 7.1 to 7.3: contract signing told by webhooks and by polling, private files, signing links."""

import base64
import hashlib
import json
import time
import uuid
from typing import Any

import httpx

from providers.ignisign.replay import shapes as a
from providers.ignisign.replay.page import Visitor, embedded_url
from providers.ignisign.replay.steps import Integration, is_signed_version_of, make_pdf
from providers.ignisign.replay.vendor import RefusedError

TERMS = {"loan": 1200, "months": 12, "parties": ["Ada", "Bob"]}


def contract(my: Integration, content: str) -> None:
    """7.1: two people sign, one in our page and one by e-mail; webhooks tell all. `content`: pdf or json."""
    ada, bob = my.signer("EMBEDDED", f"ada-{content}"), my.signer("BY_SIDE", f"bob-{content}")
    request_id = my.draft()
    if content == "pdf":
        document_id, original = my.pdf(request_id, externalId="annex-1")
        proof_type = "PDF_WITH_SIGNATURES"
    else:
        document_id, original = _json(my, request_id), b""
        proof_type = "SIGNED_DATA"
    my.describe(request_id, [document_id], [ada, bob])
    tokens = my.publish(request_id, [ada, bob])
    assert set(tokens) == {ada.id}, "a BY_SIDE signer has no token to tell"
    assert my.status(request_id) == "IN_PROGRESS"

    my.visitor(request_id, ada, tokens[ada.id]).look()
    my.visitor(request_id, ada, tokens[ada.id]).sign()
    my.signed_by(request_id, ada, [document_id])
    assert my.context(request_id)["signedBy"] == [ada.id]
    assert my.status(request_id) == "IN_PROGRESS", "the others still have to sign"
    _no_proof_yet(my, document_id, proof_type)

    my.invited_by_mail(bob).sign()
    my.signed_by(request_id, bob, [document_id])
    proven = my.proven(request_id, [document_id])
    proof = my.vendor.download(f"/v4/documents/{document_id}/signature-type/{proof_type}")
    if content == "pdf":
        assert proven["documents"][0]["documentExternalId"] == "annex-1"
        assert is_signed_version_of(proof, original)
        assert my.vendor.download(f"/v4/documents/{document_id}/file") == original
        checked = my.vendor.upload(
            f"/v4/documents/{document_id}/check-authenticity",
            {"documentId": a.ID, "authenticityValidated": bool},
            "signed.pdf", proof, "application/pdf",
        )  # fmt: skip
        assert checked == {"documentId": document_id, "authenticityValidated": True}
    else:
        assert proof
    page = httpx.get(proven["signatureProofUrl"], trust_env=False)
    assert page.status_code == httpx.codes.OK
    listed = my.vendor.get("APP/signature-requests", _PAGE)
    assert request_id in {one["_id"] for one in listed["signatureRequests"]}
    context = my.vendor.get(f"/v4/documents/{document_id}/context", a.DOCUMENT_CONTEXT)
    assert [one["signerId"] for one in context["signatureSummaries"]] == [ada.id, bob.id]


_PAGE = {
    "signatureRequests": [a.REQUEST_IN_LIST],
    "paginationData": {"total": int, "page": int, "nbEventsPerPage": int},
}


def _json(my: Integration, request_id: str) -> str:
    document_id = my.document(request_id, label="Terms")
    given = my.vendor.post(
        f"/v4/documents/{document_id}/data-json-content", a.DOCUMENT, {"jsonContent": TERMS}
    )
    assert (given["documentNature"], given["status"]) == ("DATA_JSON", "PROVIDED")
    assert json.loads(given["dataJsonContent"]) == TERMS
    return document_id


def _no_proof_yet(my: Integration, document_id: str, proof_type: str) -> None:
    """Downloading before the proof is made fails, and never with the original."""
    refused = _refusal(my, "GET", f"/v4/documents/{document_id}/signature-type/{proof_type}")
    assert refused.code in {
        "DOCUMENT_PROOF_NOT_FOUND", "DOCUMENT_PROOF_NOT_CREATED", "ADVANCED_PROOF_NOT_GENERATED",
    }, refused.code  # fmt: skip


def _refusal(my: Integration, method: str, path: str, **options: Any) -> RefusedError:
    try:
        my.vendor.send(method, path, **options)
    except RefusedError as error:
        return error
    raise AssertionError(f"{method} {path} was not refused")


def polled(my: Integration) -> None:
    """7.1 without webhooks: the token comes with the publication, the rest is asked for until it is there."""
    ada = my.signer("EMBEDDED", "ada-polled")
    request_id, document_id, original = my.ready([ada])
    published = my.vendor.post(f"/v4/signature-requests/{request_id}/publish", a.PUBLISHED)
    (invited,) = published["signersEmbedded"]
    my.visitor(request_id, ada, invited["token"]).sign()
    deadline = time.monotonic() + 60
    while my.context(request_id).get("signatureProofStatus") != "CREATED":
        assert time.monotonic() < deadline, "the proof was never made"
    assert my.status(request_id) == "COMPLETED"
    proof = my.vendor.download(f"/v4/documents/{document_id}/signature-type/PDF_WITH_SIGNATURES")
    assert is_signed_version_of(proof, original)


def forged(my: Integration) -> None:
    """4.5 and 4.6: a token is good once, for its purpose and application; a resend brings a fresh one."""
    ada = my.signer("EMBEDDED", "ada-forged")
    request_id, _document, _content = my.ready([ada])
    tokens = my.publish(request_id, [ada])
    (genuine,) = (
        event
        for event in my.hooks.events
        if event["action"] == "LAUNCHED" and event["content"]["signatureRequestId"] == request_id
    )
    believed = len(my.hooks.events)
    deliveries = {
        "alreadyConsumed": genuine,
        "notFound": {**genuine, "verificationToken": "x" * 46},
        "badTarget": {**genuine, "verificationToken": tokens[ada.id]},
        "another application": {**genuine, "appId": f"appId_{uuid.uuid4()}"},
        "another environment": {**genuine, "appEnv": "PRODUCTION"},
        "malformed": {name: value for name, value in genuine.items() if name != "verificationToken"},
    }
    for reason, event in deliveries.items():
        answer = httpx.post(my.hooks.url, json=event, trust_env=False)
        assert answer.status_code == httpx.codes.OK
        assert my.hooks.refused[-1] == reason
    assert len(my.hooks.events) == believed

    (ours,) = (one for one in my.vendor.get("APP/webhooks", [a.ENDPOINT]) if one["url"] == my.hooks.url)
    page = my.vendor.get(f"/v4/webhooks/{ours['_id']}/events", a.EVENT_PAGE, filter="SUCCESS", page=1)
    record = next(
        one
        for one in page["events"]
        if one["action"] == "LAUNCHED" and one["content"]["signatureRequestId"] == request_id
    )
    assert record["response"]["status"] == httpx.codes.OK
    my.vendor.send("POST", f"/v4/webhooks/{ours['_id']}/events/{record['_id']}/resend", json={})
    again = my.hooks.expect("SIGNATURE_REQUEST/LAUNCHED", 2, signatureRequestId=request_id)
    assert again[0] == again[1]
    assert len({event["verificationToken"] for event in my.hooks.events}) == len(my.hooks.events)


def private_file(my: Integration, encoding: str) -> None:
    """7.2: the vendor gets a hash, never the file; the page asks its host for it, and checks what it gets."""
    ada, content = my.signer("EMBEDDED", f"ada-{encoding}"), make_pdf(f"Secret {encoding}")
    digest = hashlib.sha256(content)
    given_hash = digest.hexdigest() if encoding == "hex" else base64.b64encode(digest.digest()).decode()
    request_id = my.draft()
    document_id = my.document(request_id, label="Secret", externalId="vault-7")
    given = my.vendor.post(
        f"/v4/documents/{document_id}/private-content", a.DOCUMENT, {"documentHash": given_hash}
    )
    assert (given["documentNature"], given["status"], given["documentHash"]) == (
        "PRIVATE_FILE", "PROVIDED", given_hash,
    )  # fmt: skip
    my.describe(request_id, [document_id], [ada])
    tokens = my.publish(request_id, [ada])

    visitor = my.visitor(request_id, ada, tokens[ada.id])
    page = visitor.look().text
    assert "NEED_PRIVATE_FILE_URL" in page, "the page asks its host by a message"
    assert document_id in page
    my.shelf.bearer = str(uuid.uuid4())
    private = {
        "documentId": document_id,
        "fileUrl": my.shelf.put(f"/uploads/{document_id}", content),
        "mimeType": "application/pdf",
        "fileName": "secret.pdf",
        "bearer": my.shelf.bearer,
    }
    assert httpx.get(private["fileUrl"], trust_env=False).status_code == httpx.codes.UNAUTHORIZED
    fetched = httpx.get(
        private["fileUrl"], headers={"authorization": f"Bearer {private['bearer']}"}, trust_env=False
    )
    assert fetched.headers["access-control-allow-origin"] == "*"
    assert hashlib.sha256(fetched.content).digest() == _digest(given["documentHash"])

    visitor.sign()
    my.signed_by(request_id, ada, [document_id])
    told = my.hooks.expect("SIGNATURE/FINALIZED", signatureRequestId=request_id)
    assert (told["documentNature"], told["documentExternalId"]) == ("PRIVATE_FILE", "vault-7")
    my.proven(request_id, [document_id])
    for path in ("file", "signature-type/PDF_WITH_SIGNATURES"):
        assert 400 <= _refusal(my, "GET", f"/v4/documents/{document_id}/{path}").status < 500
    assert content not in my.vendor.download(f"/v4/documents/{document_id}/signature-type/SIGNED_DATA")


def private_file_needs_a_label(my: Integration) -> None:
    """7.1 step 7: without a label a private file cannot be published."""
    ada, request_id = my.signer("EMBEDDED", "ada-label"), my.draft()
    document_id = my.document(request_id)
    asked = {"documentHash": hashlib.sha256(b"x").hexdigest()}
    my.vendor.post(f"/v4/documents/{document_id}/private-content", a.DOCUMENT, asked)
    try:
        my.describe(request_id, [document_id], [ada])
        my.vendor.send("POST", f"/v4/signature-requests/{request_id}/publish", json={})
    except RefusedError as error:
        assert error.code.endswith("IS_IN_FULL_PRIVACY_MODE_OR_HAVE_A_DOCUMENT_REQUEST_BUT_HAVE_NO_LABEL")
    else:
        raise AssertionError("a private file without a label was published")


def _digest(text: str) -> bytes:
    """Return the digest in either of the disputed encodings."""
    return bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)


def sign_links(my: Integration) -> None:
    """7.3: an embedded page opens with token and secret, together; a mailed link needs nothing else."""
    ada, bob = my.signer("EMBEDDED", "ada-link"), my.signer("BY_SIDE", "bob-link")
    request_id, document_id, _content = my.ready([ada, bob])
    token = my.publish(request_id, [ada, bob])[ada.id]
    place, reborn = my.place, my.vendor.put(f"APP/signers/{ada.id}/regenerate-auth-secret", _NEW_SECRET, {})
    wrong = {
        "another token": embedded_url(place, request_id, ada.id, token[::-1], reborn["authSecret"]),
        "another secret": embedded_url(place, request_id, ada.id, token, token),
        "the old secret": embedded_url(place, request_id, ada.id, token, ada.secret),
        "another signer": embedded_url(place, request_id, bob.id, token, reborn["authSecret"]),
        "another request": embedded_url(place, "0" * 24, ada.id, token, reborn["authSecret"]),
    }
    for name, link in wrong.items():
        assert Visitor(ada.name, link).look().status_code in {401, 403, 404}, name
    assert "SIGNATURE_SESSION/INITIALIZED" not in my.hooks.names(signatureRequestId=request_id)

    link = embedded_url(
        place, request_id, ada.id, token, reborn["authSecret"], showTitle="true", forceLanguage="FR"
    )
    Visitor(ada.name, link).sign()
    my.signed_by(request_id, ada, [document_id])
    my.invited_by_mail(bob).sign()
    my.signed_by(request_id, bob, [document_id])
    my.proven(request_id, [document_id])
    images = my.vendor.get(f"/v4/documents/{document_id}/img-signatures", a.IMAGES)
    assert [one["signerId"] for one in images["signatures"]] == [ada.id, bob.id]
    for one in images["signatures"]:
        raw = one["imgB64"].rpartition(",")[2]
        assert base64.b64decode(raw, validate=True).startswith(b"\x89PNG")
    for signer in (ada, bob):
        told = my.hooks.expect("SIGNATURE_SIGNER_IMAGE/GENERATED", documentId=document_id, signerId=signer.id)
        assert told["signatureRequestId"] == request_id


_NEW_SECRET = {"authSecret": a.TOKEN, "signerId?": a.ID}
