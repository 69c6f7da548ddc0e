"""Flows 7.6 and 7.7: a machine's seal, and a bare signature by OAuth2 with PKCE.

Both sign hashes with code of our own: nothing is hashed for us.
"""

import base64
import hashlib
import json
import secrets
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from asn1crypto import cms  # type: ignore[import-untyped]  # it ships no types
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from providers.ignisign.replay import shapes as a
from providers.ignisign.replay.page import Visitor
from providers.ignisign.replay.steps import Integration, is_signed_version_of, make_pdf
from providers.ignisign.replay.vendor import RefusedError

JSON = {"invoice": 7, "lines": [{"sum": 12.5, "text": "café"}]}
XML = '<?xml version="1.0"?><invoice n="7"/>'


def machine_seal(my: Integration, m2m_id: str, key_text: str) -> None:
    """7.6: the hash's bytes are hashed again and signed with ECDSA, DER in hex; each type has its content.

    `key_text` is the PEM as an environment variable holds it: `|` for each line's end, or backslash and n.
    """
    key = _key(key_text)
    pdf = make_pdf("Invoice")
    compact = json.dumps(JSON, separators=(",", ":"), ensure_ascii=False).encode()
    documents: dict[str, tuple[bytes, dict[str, Any]]] = {
        "PDF": (pdf, {"contentB64": base64.b64encode(pdf).decode(), "mimeType": "application/pdf"}),
        "FILE": (b"a,b\n", {"contentB64": base64.b64encode(b"a,b\n").decode(), "mimeType": "text/csv"}),
        "DATA_XML": (XML.encode(), {"xmlContent": XML}),
        "DATA_JSON": (compact, {"jsonContent": JSON}),
        "PRIVATE_FILE": (b"kept here", {}),
    }
    for kind, (content, given) in documents.items():
        digest = hashlib.sha256(content).digest()
        sealed = _seal(my, m2m_id, kind, digest, given, _twice(key, digest))
        assert sealed["documentHash"] == digest.hex()
        context = my.context(sealed["signatureRequestId"])
        assert (context["signatureRequestType"], context["status"]) == ("SEAL_M2M", "COMPLETED")
        assert (context["title"], context["m2mId"]) == (f"Seal {kind}", m2m_id)
        assert context["documentIds"] == [sealed["documentId"]]
        assert sealed["proofType"] == ("PDF_WITH_SIGNATURES" if kind == "PDF" else "SIGNED_DATA")
        proof = base64.b64decode(sealed["proofBase64"], validate=True)
        assert is_signed_version_of(proof, content) if kind == "PDF" else proof != content

    digest, given = hashlib.sha256(pdf).digest(), documents["PDF"][1]
    wrong: dict[str, Callable[[], Any]] = {
        "hashed once": lambda: _seal(my, m2m_id, "PDF", digest, given, _once(key, digest)),
        "another hash": lambda: _seal(my, m2m_id, "PDF", digest, given, _twice(key, digest[::-1])),
        "another key": lambda: _seal(
            my, m2m_id, "PDF", digest, given, _twice(ec.generate_private_key(ec.SECP256R1()), digest)
        ),
        "another document": lambda: _seal(my, m2m_id, "PDF", digest[::-1], given, _twice(key, digest[::-1])),
        "another machine": lambda: _seal(my, "0" * 24, "PDF", digest, given, _twice(key, digest)),
    }
    for name, attempt in wrong.items():
        try:
            attempt()
        except RefusedError as error:
            assert 400 <= error.status < 500, name
        else:
            raise AssertionError(f"sealed with {name}")


def manual_seal(my: Integration) -> None:
    """7.6, by hand: as 7.1, with one signer and a title; the method is the application's."""
    clerk = my.signer("EMBEDDED", "clerk")
    request_id, document_id, content = my.ready([clerk], defaultSignatureMethod=None)
    token = my.publish(request_id, [clerk])[clerk.id]
    my.visitor(request_id, clerk, token).sign()
    my.proven(request_id, [document_id])
    assert my.context(request_id)["signatureRequestType"] == "SEAL"
    proof = my.vendor.download(f"/v4/documents/{document_id}/signature-type/PDF_WITH_SIGNATURES")
    assert is_signed_version_of(proof, content)


def _seal(
    my: Integration, m2m_id: str, kind: str, digest: bytes, given: dict[str, Any], signature: bytes
) -> Any:
    asked = {
        "m2mId": m2m_id,
        "title": f"Seal {kind}",
        "externalId": f"seal-{kind}",
        "documentHashSignedByM2MPrivateKey": signature.hex(),
        "document": {"documentType": kind, "documentHash": digest.hex(), "label": kind, **given},
    }
    return my.vendor.post(f"APP/m2m/{m2m_id}/sign", a.SEALED, asked)


def _key(text: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(text.replace("|", "\n").replace("\\n", "\n").encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _twice(key: ec.EllipticCurvePrivateKey, digest: bytes) -> bytes:
    """Sign the 32 bytes of a hash as a message, as Node's `sign(null, …)` does."""
    return key.sign(digest, ec.ECDSA(hashes.SHA256()))


def _once(key: ec.EllipticCurvePrivateKey, digest: bytes) -> bytes:
    """Sign the hash itself, which the vendor does not mean."""
    return key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


def bare_signature(my: Integration, pkce: str) -> None:
    """7.7: authorize in a browser, trade the code for a token, that for the proofs. `pkce`: rfc or sdk."""
    verifier, challenge = _pkce(pkce)
    callback = my.shelf.put("/callback", b"<html>Thank you</html>", "text/html")
    configured = my.vendor.get("APP/bare-signatures-configuration", a.BARE_CONFIGURATION)
    assert configured["appId"] == my.vendor.app_id
    digests = [hashlib.sha256(words).digest() for words in (b"one", b"two")]
    state = json.dumps({
        "hashes": [base64.b64encode(digest).decode() for digest in digests],
        "nonce": str(uuid.uuid4()),
        "externalId": f"bare-{pkce}",
        "title": "Two hashes",
        "language": "EN",
    })  # fmt: skip
    query = {
        "redirect_uri": callback,
        "response_type": "code",
        "client_id": my.vendor.app_id,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "state": state,
    }
    base = f"{my.place.sign}/envs/{my.vendor.app_env}/oauth2"
    Visitor("Ada Example", f"{base}/authorize?{urlencode(query)}").sign()
    back = parse_qs(urlsplit(my.shelf.asked[-1]).query)
    assert back["state"] == [state]
    assert "error" not in back

    trade = {
        "client_id": my.vendor.app_id,
        "client_secret": my.place.secret,
        "code_verifier": verifier,
        "redirect_uri": callback,
        "grant_type": "authorization_code",
        "code": back["code"][0],
    }
    api = f"{my.place.api}/v4/envs/{my.vendor.app_env}"
    with httpx.Client(trust_env=False) as http:
        form = http.post(f"{api}/oauth2/proofs-token", data=trade)
        assert form.status_code >= httpx.codes.BAD_REQUEST, "JSON is asked for, not a form"
        guessed = http.post(f"{api}/oauth2/proofs-token", json={**trade, "code_verifier": verifier[::-1]})
        assert RefusedError(guessed).status in {400, 401}
    _collect(my, api, _fresh_code(my, base, query, state) | {"verifier": verifier}, trade, digests, pkce)
    _refused_starts(my, base, query, state)


def _fresh_code(my: Integration, base: str, query: dict[str, str], state: str) -> dict[str, str]:
    """Go through the browser once more with another nonce, since a code may be lost to a bad guess."""
    again = json.dumps({**json.loads(state), "nonce": str(uuid.uuid4())})
    Visitor("Ada Example", f"{base}/authorize?{urlencode({**query, 'state': again})}").sign()
    return {"code": parse_qs(urlsplit(my.shelf.asked[-1]).query)["code"][0]}


def _collect(
    my: Integration, api: str, found: dict[str, str], trade: dict[str, str], digests: list[bytes], pkce: str
) -> None:
    with httpx.Client(trust_env=False) as http:
        asked = {**trade, "code": found["code"]}
        answer = http.post(f"{api}/oauth2/proofs-token", json=asked)
        assert answer.status_code == httpx.codes.OK, answer.text
        token = a.fits(answer.json(), a.BARE_TOKEN)
        assert RefusedError(http.post(f"{api}/oauth2/proofs-token", json=asked)).status in {400, 401}
        url = f"{api}/bare-signatures/proofs"
        assert RefusedError(http.get(url, headers={"authorization": "Bearer x"})).status == 401
        got = http.get(url, headers={"authorization": f"Bearer {token['access_token']}"})
        proof = a.fits(got.json(), a.BARE_PROOF)
    assert (proof["appId"], proof["externalId"]) == (my.vendor.app_id, f"bare-{pkce}")
    assert proof["signerInformation"]["fullName"]
    assert [base64.b64decode(one["documentHash"]) for one in proof["proofs"]] == digests
    for one, digest in zip(proof["proofs"], digests, strict=True):
        assert _signed_digest(base64.b64decode(one["proofB64"])) == digest
        if one["type"] == "PKCS7":
            assert one["timestampSequence"] == -1


def _signed_digest(container: bytes) -> bytes:
    """Return the digest that a CMS signature is over."""
    signed = cms.ContentInfo.load(container)["content"]
    (info,) = signed["signer_infos"]
    told = {each["type"].native: each["values"][0].native for each in info["signed_attrs"]}
    return bytes(told["message_digest"])


def _refused_starts(my: Integration, base: str, query: dict[str, str], used: str) -> None:
    """A nonce is good once, and what the vendor cannot read starts nothing: no code comes back."""
    fresh = json.dumps({**json.loads(used), "nonce": str(uuid.uuid4())})
    wrong = {
        "a used nonce": {"state": used},
        "no JSON as state": {"state": "hello"},
        "no hashes": {"state": json.dumps({"nonce": str(uuid.uuid4())})},
        "another response type": {"state": fresh, "response_type": "token"},
        "another challenge method": {"state": fresh, "code_challenge_method": "plain"},
        "another application": {"state": fresh, "client_id": f"appId_{uuid.uuid4()}"},
    }
    for name, change in wrong.items():
        before = len(my.shelf.asked)
        answer = Visitor("Ada Example", f"{base}/authorize?{urlencode({**query, **change})}").look()
        back = [parse_qs(urlsplit(path).query) for path in my.shelf.asked[before:]]
        assert all("code" not in each for each in back), name
        assert answer.status_code >= httpx.codes.BAD_REQUEST or any("error" in each for each in back), name


def _pkce(kind: str) -> tuple[str, str]:
    """Return verifier and challenge, by RFC 7636 or as the official SDK has them: plain base64, too long."""
    if kind == "rfc":
        verifier = secrets.token_urlsafe(64)
        assert 43 <= len(verifier) <= 128
        digest = hashlib.sha256(verifier.encode()).digest()
        return verifier, base64.urlsafe_b64encode(digest).decode().rstrip("=")
    # Plain and base64url differ only where the digest has such a character: look for one that has.
    while True:
        verifier = secrets.token_urlsafe(128)
        assert len(verifier) == 171
        challenge = base64.b64encode(hashlib.sha256(verifier.encode()).digest()).decode()
        if "+" in challenge or "/" in challenge:
            return verifier, challenge
