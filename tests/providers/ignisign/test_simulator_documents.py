"""Documents of the simulated Ignisign: every way to a proof, images, authenticity, and how they look."""

import base64
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader

from paraph.testing.simulator import Person
from paraph_ignisign.simulator import create
from paraph_ignisign.simulator.contents import decoded_hash, of_digest, of_json
from paraph_ignisign.simulator.errors import VendorError
from providers.ignisign.simulator_driver import Driver, inbox, make_pdf

# Appendix A, word for word; C and D3 know documentRequestId too.
DOCUMENT = {
    "_id", "appId", "appEnv", "documentNature", "status", "documentHash", "signatureRequestId", "externalId",
    "label", "description", "fileName", "fileSize", "mimeType", "dataJsonContent", "relatedDocumentId",
    "relatedDocumentType", "templateDisplayerId", "templateDisplayerVersion", "_createdAt",
    "dataVisualizationAvailable",
}  # fmt: skip
DOCUMENT_CONTEXT = DOCUMENT | {"statements", "signatureSummaries"}
SIGNATURE = {
    "_id", "appId", "appEnv", "signerId", "signerKeyId", "sessionId", "documentId", "contentHash", "status",
    "mode", "ocspCheckValue", "signingIp", "eidasLevel", "reasonLabel", "contactInfoLabel", "locationLabel",
    "signerNameLabel", "signatures",
}  # fmt: skip


@pytest.fixture
def vendor() -> Iterator[Driver]:
    """Serve a fresh simulator."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def signed_by(vendor: Driver, request_id: str, signers: list[dict[str, Any]]) -> None:
    """Publish and let every signer sign, in order."""
    seats = vendor.publish(request_id)["signersEmbedded"]
    for one, seat in zip(signers, seats, strict=True):
        link = vendor.embedded_link(request_id, one["signerId"], seat["token"], one["authSecret"])
        assert "done" == Person(name="Ada Lovelace").sign(link)


def unpadded(text: str) -> bytes:
    """Return the bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_what_one_signer_did_to_a_pdf(vendor: Driver) -> None:
    """PADES_ATTACHED is the file as it was after this signer, CADES the CMS that this signer put into it."""
    signers = [vendor.signer(), vendor.signer()]
    request_id = vendor.ready([one["signerId"] for one in signers])
    signed_by(vendor, request_id, signers)
    path = f"/v4/documents/{vendor.context(request_id)['documentIds'][0]}"
    whole = vendor.raw("GET", f"{path}/signature-type/PDF_WITH_SIGNATURES").content
    embedded = PdfFileReader(io.BytesIO(whole)).embedded_signatures
    for number, one in enumerate(signers):
        own = f"signers/{one['signerId']}"
        attached = vendor.raw("GET", f"{path}/signature-type/PADES_ATTACHED/{own}")
        assert ("application/pdf", True) == (
            attached.headers["content-type"],
            whole.startswith(attached.content),
        )
        assert number + 1 == len(PdfFileReader(io.BytesIO(attached.content)).embedded_signatures)
        cms = vendor.raw("GET", f"{path}/signatures/CADES/{own}")
        assert embedded[number].pkcs7_content == cms.content
        assert "application/pkcs7-signature" == cms.headers["content-type"]
    listed = vendor.ok("GET", f"{path}/signatures")
    kinds = [[one["type"] for one in signature["signatures"]] for signature in listed]
    assert [["PADES_ATTACHED", "CADES"]] * 2 == kinds


@pytest.mark.parametrize("private", [False, True])
def test_what_one_signer_did_to_data(vendor: Driver, private: bool) -> None:
    """JWSDET is a detached JWS over the content, or a private file's hash, that its certificate verifies."""
    signer, request_id = vendor.signer(), vendor.draft()
    document_id = vendor.document(request_id, label="l")
    path, payload = f"/v4/documents/{document_id}", b'{"a":1}'
    if private:
        payload = b"\x07" * 32
        given_hash = base64.b64encode(payload).decode()
        vendor.ok("POST", f"{path}/private-content", {"documentHash": given_hash})
    else:
        vendor.ok("POST", f"{path}/data-json-content", {"jsonContent": {"a": 1}})
    fields = {
        "title": "t", "documentIds": [document_id], "signerIds": [signer["signerId"]],
        "defaultSignatureMethod": "ADVANCED_STD",
    }  # fmt: skip
    vendor.ok("PUT", f"/v4/signature-requests/{request_id}", fields)
    signed_by(vendor, request_id, [signer])
    jws = vendor.raw("GET", f"{path}/signature-type/JWSDET/signers/{signer['signerId']}").text
    head, left_out, value = jws.split(".")
    header = json.loads(unpadded(head))
    assert ("", "ES256") == (left_out, header["alg"])
    public = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0])).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    raw = unpadded(value)
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    body = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()
    public.verify(signature, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    (one,) = vendor.ok("GET", f"{path}/signatures")
    assert ("AES", "SIGNED", "SERVER_SIDE_SIGNATURE") == (one["eidasLevel"], one["status"], one["mode"])
    assert one == vendor.ok("GET", f"{path}/signatures/{one['_id']}")


def test_every_way_to_the_signed_pdf(vendor: Driver) -> None:
    """The five variants of contract 1.1 give the same bytes, and the original is none of them."""
    signer = vendor.signer()
    request_id = vendor.ready([signer["signerId"]])
    signed_by(vendor, request_id, [signer])
    document_id = vendor.context(request_id)["documentIds"][0]
    path = f"/v4/documents/{document_id}"
    answers = [
        vendor.raw("GET", f"{path}/signature-type/PDF_WITH_SIGNATURES"),
        vendor.raw("GET", f"{path}/signatures/PDF_WITH_SIGNATURES"),
        vendor.raw("POST", f"{path}/signature-proof/PDF_WITH_SIGNATURES", {}),
        vendor.raw("GET", f"{path}/signature-proof"),
        vendor.raw("GET", f"/v3/documents/{document_id}/signature-proof"),
    ]
    assert [200] * 5 == [one.status_code for one in answers]
    (signed,) = {one.content for one in answers}
    original = vendor.raw("GET", f"{path}/file").content
    assert (make_pdf()[:20], True) == (original[:20], signed.startswith(original) and signed != original)


def test_images_of_signatures() -> None:
    """What a signer typed comes back as a PNG, with an event, once it is generated and not before."""
    simulator = create(processing=timedelta(minutes=1))
    with (
        simulator.running() as base_url,
        Driver(simulator, base_url) as vendor,
        inbox() as box,
    ):
        simulator.subscribe(box.url)
        request_id, link = vendor.published(documents=2)
        simulator.clock.advance(timedelta(minutes=1))
        assert "done" == Person(name="Ada Lovelace").sign(link)
        context = vendor.context(request_id)
        path = f"/v4/documents/{context['documentIds'][0]}/img-signatures"
        assert (400, "SIGNATURE_IMAGE_NOT_CREATED") == vendor.refusal("GET", path)
        simulator.clock.advance(timedelta(minutes=1))
        answer = vendor.ok("GET", path)
        (one,) = answer["signatures"]
        assert (context["documentIds"][0], context["signerIds"][0]) == (answer["documentId"], one["signerId"])
        assert b"\x89PNG\r\n\x1a\n" == base64.b64decode(one["imgB64"])[:8]
        simulator.webhooks.drain()
        events = box.of("SIGNATURE_SIGNER_IMAGE/GENERATED")
        assert context["documentIds"] == [body["content"]["documentId"] for body in events]


@pytest.mark.parametrize("private", ["", "hex", "base64"])
def test_authenticity(vendor: Driver, private: str) -> None:
    """The original and the signed file are authentic, any other is not; a private file by its hash."""
    content = make_pdf()
    signer, request_id = vendor.signer(), vendor.draft()
    document_id = vendor.document(request_id, label="l")
    path = f"/v4/documents/{document_id}"
    if private:
        digest = of_json("x").digest
        spelt = digest if private == "hex" else base64.b64encode(bytes.fromhex(digest)).decode()
        vendor.ok("POST", f"{path}/private-content", {"documentHash": spelt})
        content = b'"x"'
    else:
        vendor.upload(document_id, content)
    fields = {
        "title": "t", "documentIds": [document_id], "signerIds": [signer["signerId"]],
        "defaultSignatureMethod": "SIMPLE_STD",
    }  # fmt: skip
    vendor.ok("PUT", f"/v4/signature-requests/{request_id}", fields)
    signed_by(vendor, request_id, [signer])

    def authentic(file: bytes) -> Any:
        part = {"file": ("a.pdf", file, "application/pdf")}
        answer = vendor.ok("POST", f"{path}/check-authenticity", files=part)
        assert {"documentId", "authenticityValidated"} == set(answer)
        return answer["authenticityValidated"]

    assert (True, False) == (authentic(content), authentic(content + b" "))
    if not private:
        signed = vendor.raw("GET", f"{path}/signature-proof").content
        assert (True, False) == (authentic(signed), authentic(signed[:-1]))


def test_shapes_of_documents(vendor: Driver) -> None:
    """Documents, their contexts and signatures have the keys of appendix A and no other."""
    signer, request_id = vendor.signer(), vendor.draft()
    document_id = vendor.document(request_id, label="l", description="d", externalId="e")
    other = vendor.pdf_document(request_id)
    path = f"/v4/documents/{document_id}"
    fresh = vendor.ok("GET", path)
    assert ("CREATED", False) == (fresh["status"], "documentHash" in fresh)
    data = vendor.ok("POST", f"{path}/data-json-content", {"jsonContent": [1]})
    assert ("[1]", 3, True) == (data["dataJsonContent"], data["fileSize"], data["dataVisualizationAvailable"])
    file = vendor.ok("GET", f"/v4/documents/{other}")
    assert (len(make_pdf()), "contract.pdf", "application/pdf") == (
        file["fileSize"],
        file["fileName"],
        file["mimeType"],
    )
    statement = {
        "appId": vendor.app_id, "appEnv": "STAGING", "signatureRequestId": request_id,
        "documentId": document_id, "labelMd": "Read",
    }  # fmt: skip
    fields = {
        "title": "t", "documentIds": [document_id, other], "signerIds": [signer["signerId"]],
        "defaultSignatureMethod": "SIMPLE_STD", "statements": [statement],
    }  # fmt: skip
    vendor.ok("PUT", f"/v4/signature-requests/{request_id}", fields)
    signed_by(vendor, request_id, [signer])
    context = vendor.ok("GET", f"{path}/context")
    assert {**statement, "_id": context["statements"][0]["_id"]} == context["statements"][0]
    (summary,) = context["signatureSummaries"]
    assert ({"signatureId", "signerId", "date"}, signer["signerId"]) == (set(summary), summary["signerId"])
    assert "statements" not in vendor.ok("GET", f"/v4/documents/{other}/context")
    assert set(data) | set(file) <= DOCUMENT
    assert set(context) <= DOCUMENT_CONTEXT
    in_request = {one["_id"]: one for one in vendor.context(request_id)["documents"]}
    assert context == in_request[document_id]
    (signature,) = vendor.ok("GET", f"{path}/signatures")
    assert set(signature) <= SIGNATURE
    assert (document_id, summary["signatureId"]) == (signature["documentId"], signature["_id"])


def encrypted_pdf() -> bytes:
    """Return a PDF that needs a password."""
    paper = FPDF()
    paper.add_page()
    paper.set_encryption(owner_password="o", user_password="u")
    return bytes(paper.output())


@pytest.mark.parametrize(
    ("name", "content", "nature"),
    [
        ("a.PDF", make_pdf(), "PDF"),
        ("a.pdf", encrypted_pdf(), "PDF_ENCRYPTED"),
        ("a.txt", make_pdf(), "FILE"),
        ("a.xml", b"<a/>", "FILE"),
        ("a.json", b"{}", "FILE"),
    ],
)
def test_natures_of_files(vendor: Driver, name: str, content: bytes, nature: str) -> None:
    """A file is a PDF, an encrypted PDF or a FILE, by its name and bytes, and can be read back."""
    document_id = vendor.document(vendor.draft())
    assert nature == vendor.upload(document_id, content, name).json()["documentNature"]
    assert content == vendor.raw("GET", f"/v4/documents/{document_id}/file").content


def test_data_is_kept_compact(vendor: Driver) -> None:
    """JSON comes back as a string as JavaScript prints it, whatever way it was written."""
    path = f"/v4/documents/{vendor.document(vendor.draft())}"
    body = b'{ "jsonContent": {"a": [1, 2.0, 1e-7, "\\u00e9\\ud800"], "b": null} }'
    vendor.ok("POST", f"{path}/data-json-content", content=body, headers={"content-type": "application/json"})
    assert '{"a":[1,2,1e-7,"é\\ud800"],"b":null}' == vendor.ok("GET", path)["dataJsonContent"]


def test_an_emptied_document(vendor: Driver) -> None:
    """Without its content a document is as it was made, and takes other content."""
    document_id = vendor.document(vendor.draft(), label="l")
    path = f"/v4/documents/{document_id}"
    before = vendor.ok("GET", path)
    vendor.upload(document_id, make_pdf())
    assert before == vendor.ok("DELETE", f"{path}/content")
    assert "FILE" == vendor.upload(document_id, b"text", "a.txt").json()["documentNature"]


@given(digest=st.binary(min_size=32, max_size=32))
def test_hashes_of_private_files(digest: bytes) -> None:
    """SHA-256 is read as hexadecimal of any case or as base64, and is kept as it was given."""
    for text in (digest.hex(), digest.hex().upper(), base64.b64encode(digest).decode()):
        assert (digest, text) == (decoded_hash(text), of_digest(text).digest)


@given(text=st.text(max_size=70))
def test_what_is_no_hash(text: str) -> None:
    """Any other text is refused, never read as some hash."""
    if len(decoded_hash(text)) != 32:
        with pytest.raises(VendorError, match="BODY_VALIDATION_FAILED"):
            of_digest(text)
    else:
        assert text == of_digest(text).digest


def test_proof_pages_need_their_token(vendor: Driver) -> None:
    """The page of the proofs opens with the request's token, and not without or with another."""
    request_id, link = vendor.published()
    Person(name="Ada").sign(link)
    url = vendor.context(request_id)["signatureProofsUrl"]
    assert [200, 403, 403] == [httpx.get(one).status_code for one in (url, url[:-1], url.partition("?")[0])]
