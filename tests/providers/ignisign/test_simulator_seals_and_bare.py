"""The simulated Ignisign's seals, bare signatures and log capsules, judged with real keys."""

import base64
import hashlib
import json
import math
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
import pytest
from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.keys import load_certs_from_pemder_data
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko_certvalidator import ValidationContext

from paraph.testing.simulator import Person
from paraph_ignisign.simulator import BareSettings, create
from paraph_ignisign.simulator.bare import fits
from paraph_ignisign.simulator.javascript import stringify
from providers.ignisign.simulator_driver import Driver, inbox, make_pdf

CALLBACK = "http://127.0.0.1:1/callback"


@pytest.fixture
def sealer() -> Iterator[Driver]:
    """Serve a SEAL application."""
    simulator = create(app_type="SEAL")
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


@pytest.fixture
def bare() -> Iterator[Driver]:
    """Serve a BARE_SIGNATURE application."""
    simulator = create(app_type="BARE_SIGNATURE")
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def seal(vendor: Driver, path: str, kind: str, content: bytes, **keys: Any) -> Any:
    """Seal `content`, hashed and signed as contract 7.6 says."""
    digest = hashlib.sha256(content).digest()
    signature = vendor.simulator.m2m_key.sign(digest, ec.ECDSA(hashes.SHA256()))
    body = {
        "m2mId": vendor.simulator.m2m_id,
        "title": "Invoice",
        "externalId": "inv-1",
        "documentHashSignedByM2MPrivateKey": signature.hex(),
        "document": {"documentType": kind, "documentHash": digest.hex(), "label": "the invoice", **keys},
    }
    return vendor.ok("POST", path, body)


@pytest.mark.parametrize("path", ["APP/m2m/ID/sign", "APP/m2m/sign", "APP/sign-m2m"])
def test_a_sealed_pdf(sealer: Driver, path: str) -> None:
    """The proof of a sealed PDF is that PDF with one valid signature over all of it, by each of the paths."""
    pdf = make_pdf()
    with inbox() as box:
        sealer.simulator.subscribe(box.url)
        path = path.replace("ID", sealer.simulator.m2m_id)
        answer = seal(sealer, path, "PDF", pdf, contentB64=base64.b64encode(pdf).decode())
        sealer.simulator.webhooks.drain()
    assert ("PDF_WITH_SIGNATURES", hashlib.sha256(pdf).hexdigest()) == (
        answer["proofType"],
        answer["documentHash"],
    )
    sealed = base64.b64decode(answer["proofBase64"])
    assert sealed.startswith(pdf)
    (signature,) = PdfFileReader(BytesIO(sealed)).embedded_signatures
    roots = list(load_certs_from_pemder_data(sealer.simulator.authority.root_pem.encode()))
    judged = validate_pdf_signature(signature, ValidationContext(trust_roots=roots, allow_fetching=False))
    assert (True, SignatureCoverageLevel.ENTIRE_FILE) == (judged.bottom_line, judged.coverage)
    context = sealer.context(answer["signatureRequestId"])
    assert ("SEAL_M2M", "COMPLETED", "inv-1", sealer.simulator.m2m_id) == tuple(
        context[key] for key in ("signatureRequestType", "status", "externalId", "m2mId")
    )
    proof = sealer.raw("GET", f"/v4/documents/{answer['documentId']}/signature-type/PDF_WITH_SIGNATURES")
    assert sealed == proof.content
    assert {"SIGNATURE_REQUEST/COMPLETED", "SIGNATURE_PROOF/GENERATED"} <= set(box.names)


@pytest.mark.parametrize(
    ("kind", "content", "keys"),
    [
        ("FILE", b"text", {"contentB64": "dGV4dA=="}),
        ("DATA_XML", b"<a/>", {"xmlContent": "<a/>"}),
        ("DATA_JSON", b'{"b":1,"a":[2.5,null]}', {"jsonContent": {"b": 1.0, "a": [2.5, None]}}),
        ("PRIVATE_FILE", b"secret", {}),
    ],
)
def test_sealed_data(sealer: Driver, kind: str, content: bytes, keys: dict[str, Any]) -> None:
    """What is no PDF is proven as signed data about its hash; JSON is hashed in its compact form."""
    answer = seal(sealer, f"APP/m2m/{sealer.simulator.m2m_id}/sign", kind, content, **keys)
    assert "SIGNED_DATA" == answer["proofType"]
    assert hashlib.sha256(content).hexdigest() in base64.b64decode(answer["proofBase64"]).decode()
    assert kind == sealer.ok("GET", f"/v4/documents/{answer['documentId']}")["documentNature"]


def test_seals_by_hand_are_requests_of_their_own_type(sealer: Driver) -> None:
    """In a SEAL application a request is of the type SEAL; in others there is no machine to ask for."""
    assert "SEAL" == sealer.context(sealer.draft())["signatureRequestType"]
    with pytest.raises(LookupError, match="SEAL"):
        _id = create().m2m_id


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.0, "1"), (-0.0, "0"), (0.1, "0.1"), (1e21, "1e+21"), (1e-7, "1e-7"), (1.5e-7, "1.5e-7"),
        (1e-6, "0.000001"), (123456789012345680000.0, "123456789012345680000"),
        (2**53 + 1, "9007199254740992"),
        (10**400, "null"), (True, "true"), (None, "null"), ("é\n\u2028", '"é\\n\u2028"'),
        ({"b": [], "a": {}}, '{"b":[],"a":{}}'),
    ],
)  # fmt: skip
def test_json_as_javascript_prints_it(value: Any, expected: str) -> None:
    """Numbers, texts and order are those of JSON.stringify."""
    assert expected == stringify(value)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=JSON_VALUES)
def test_printed_json_means_the_same(value: Any) -> None:
    """Reading back what was printed gives the value, and printing that changes nothing."""
    printed = stringify(value)
    assert printed == stringify(json.loads(printed))
    if isinstance(value, float) and math.isfinite(value):
        assert value == float(json.loads(printed))


def authorize(vendor: Driver, challenge: str, files: list[bytes]) -> httpx.URL:
    """Return the address of the page for a wish about `files`."""
    state = {
        "hashes": [base64.b64encode(hashlib.sha256(file).digest()).decode() for file in files],
        "nonce": str(uuid4()),
        "externalId": "bare-1",
        "title": "Two files",
        "language": "FR",
    }
    query = {
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "client_id": vendor.app_id,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "state": json.dumps(state),
    }
    return httpx.URL(f"{vendor.base_url}/envs/STAGING/oauth2/authorize", params=query)


def proofs_of(vendor: Driver, code: str, verifier: str) -> Any:
    """Return the proofs that a code is good for."""
    body = {
        "client_id": vendor.app_id,
        "client_secret": vendor.simulator.tenant.credentials.api_key("STAGING"),
        "code_verifier": verifier,
        "redirect_uri": CALLBACK,
        "grant_type": "authorization_code",
        "code": code,
    }
    token = httpx.post(f"{vendor.base_url}/v4/envs/STAGING/oauth2/proofs-token", json=body).json()
    assert ("Bearer", "proof_retrieval", 3600) == tuple(
        token[key] for key in ("token_type", "scope", "expires_in")
    )
    bearer = {"authorization": f"Bearer {token['access_token']}"}
    return httpx.get(f"{vendor.base_url}/v4/envs/STAGING/bare-signatures/proofs", headers=bearer).json()


def consent(page: httpx.URL) -> httpx.QueryParams:
    """Consent as Ada and return what comes back."""
    answer = httpx.post(page, data={"consent": "yes", "fullName": "Ada King Lovelace"})
    assert 303 == answer.status_code
    return httpx.URL(answer.headers["location"]).params


@pytest.mark.parametrize("spelling", ["RFC 7636", "the vendor's"])
def test_a_bare_signature(bare: Driver, spelling: str) -> None:
    """Consent, code, token and proofs: each proof is a detached signature that fits its file and no other."""
    files, verifier = [b"first", b"second"], "v" * (43 if spelling == "RFC 7636" else 171)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = (
        base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if spelling == "RFC 7636"
        else base64.b64encode(digest).decode()
    )
    settings = bare.ok("GET", "APP/bare-signatures-configuration")
    assert {"appId", "appEnv", "redirectUris", "authorizedOrigins", "eidasLevel"} == settings.keys()
    page = authorize(bare, challenge, files)
    assert "sign" == Person(name="Ada").open(str(page))
    back = consent(page)
    assert page.params["state"] == back["state"]
    proof = proofs_of(bare, back["code"], verifier)
    person = {"fullName": "Ada King Lovelace", "firstName": "Ada King", "lastName": "Lovelace"}
    assert (person, "bare-1") == (proof["signerInformation"], proof["externalId"])
    assert ["PKCS7", "PKCS7"] == [one["type"] for one in proof["proofs"]]
    fitting = [[_fits(one, file) for file in files] for one in proof["proofs"]]
    assert [[True, False], [False, True]] == fitting
    context = bare.context(proof["signatureRequestId"])
    assert ("BARE_SIGNATURE", "COMPLETED") == (context["signatureRequestType"], context["status"])


@pytest.mark.parametrize(
    ("level", "kind", "sequences"),
    [("SES", "PKCS7", [-1, -1]), ("AES", "CADES", [1, 2]), ("QES", "CADES", [1, 2])],
)
def test_a_bare_signature_has_the_level_that_was_set_up(level: Any, kind: str, sequences: list[int]) -> None:
    """Level, type, time-stamp and the proof by signer say the same, and the signer is active afterwards."""
    simulator = create(app_type="BARE_SIGNATURE", bare=BareSettings(eidas_level=level))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        digest = hashlib.sha256(b"v" * 43).digest()
        back = consent(authorize(vendor, base64.b64encode(digest).decode(), [b"first", b"second"]))
        answer = proofs_of(vendor, back["code"], "v" * 43)
        proofs = answer["proofs"]
        assert [(kind, one) for one in sequences] == [
            (one["type"], one["timestampSequence"]) for one in proofs
        ]
        assert [True, True] == [
            _fits(one, file) for one, file in zip(proofs, (b"first", b"second"), strict=True)
        ]
        for one in proofs:
            path = f"/v4/documents/{one['documentId']}"
            (signature,) = vendor.ok("GET", f"{path}/signatures")
            assert (level, [kind]) == (
                signature["eidasLevel"],
                [each["type"] for each in signature["signatures"]],
            )
            by_signer = vendor.raw("GET", f"{path}/signature-type/{kind}/signers/{answer['signerId']}")
            assert base64.b64decode(one["proofB64"]) == by_signer.content
            other = f"{path}/signature-type/JWSDET/signers/{answer['signerId']}"
            assert (400, "SIGNATURE_PROOF_TYPE_NOT_AVAILABLE") == vendor.refusal("GET", other)
        assert ["ACTIVE"] == [one["status"] for one in simulator.state()["signers"]]


def _fits(proof: dict[str, Any], file: bytes) -> bool:
    signed = cms.ContentInfo.load(base64.b64decode(proof["proofB64"]))["content"]
    assert signed["encap_content_info"]["content"].native is None
    (signer,) = signed["signer_infos"]
    certificate = next(one.chosen for one in signed["certificates"] if not one.chosen.ca)
    intact, valid = validate_sig_integrity(
        signer, certificate, expected_content_type="data", actual_digest=hashlib.sha256(file).digest()
    )
    return bool(intact and valid)


def test_a_person_may_refuse_a_bare_signature(bare: Driver) -> None:
    """Refusing goes back without a code; an incomplete form asks again; nothing is signed."""
    page = authorize(bare, "A" * 43, [b"x"])
    answer = httpx.post(page, data={"refuse": "yes"})
    back = httpx.URL(answer.headers["location"]).params
    assert ("access_denied", False) == (back["error"], "code" in back)
    assert [400, 400] == [
        httpx.post(page, data=form).status_code for form in ({"consent": "yes"}, {"fullName": "Ada"})
    ]
    assert () == bare.simulator.effects.of("signed")


def test_registered_addresses_are_exact() -> None:
    """With registered addresses only they are gone back to, not even one of this machine."""
    simulator = create(app_type="BARE_SIGNATURE", bare=BareSettings(redirect_uris=("https://a.example/cb",)))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        page = authorize(vendor, "A" * 43, [b"x"])
        registered = page.copy_set_param("redirect_uri", "https://a.example/cb")
        longer = page.copy_set_param("redirect_uri", "https://a.example/cb/x")
        assert [400, 200, 400] == [httpx.get(one).status_code for one in (page, registered, longer)]


@given(
    verifier=st.text(st.characters(codec="ascii"), min_size=1), other=st.text(st.characters(codec="ascii"))
)
def test_a_challenge_fits_its_verifier_alone(verifier: str, other: str) -> None:
    """Both spellings of the right challenge fit; a challenge of another verifier does not."""
    digest = hashlib.sha256(verifier.encode()).digest()
    assert fits(verifier, base64.b64encode(digest).decode())
    assert fits(verifier, base64.urlsafe_b64encode(digest).decode().rstrip("="))
    foreign = base64.urlsafe_b64encode(hashlib.sha256(other.encode()).digest()).decode().rstrip("=")
    assert (verifier == other) == fits(verifier, foreign)


def test_a_log_capsule() -> None:
    """The time-stamp is a token of the simulator's authority over exactly the hash that was sent."""
    simulator = create(app_type="LOG_CAPSULE")
    given_hash = base64.b64encode(hashlib.sha256(b"log").digest()).decode()
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        answer = vendor.ok("POST", "APP/log-capsules", {"hashSha256_b64": given_hash})
    assert given_hash == answer["hashSha256_b64"]
    signed = cms.ContentInfo.load(base64.b64decode(answer["timestamp_b64"]))["content"]
    stated = tsp.TSTInfo.load(signed["encap_content_info"]["content"].contents)
    assert hashlib.sha256(b"log").digest() == stated["message_imprint"]["hashed_message"].native
    (signer,) = signed["signer_infos"]
    certificate = next(one.chosen for one in signed["certificates"] if not one.chosen.ca)
    intact, valid = validate_sig_integrity(
        signer,
        certificate,
        expected_content_type="tst_info",
        actual_digest=hashlib.sha256(signed["encap_content_info"]["content"].contents).digest(),
    )
    assert (True, True) == (intact, valid)
    own = x509.load_der_x509_certificate(certificate.dump())
    own.verify_directly_issued_by(simulator.authority.root)
