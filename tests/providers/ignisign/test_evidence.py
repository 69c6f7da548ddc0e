import io

import attrs
import pytest

from paraph.errors import MalformedResponse, NotReady, VendorNotFound
from paraph.model import Evidence, EvidenceKind
from paraph_ignisign import reading
from support.hand import Talk
from support.ignisign_account import account, carried

ACCOUNT = account()

SIGNED = Evidence(
    key="signed_document/contract",
    kind=EvidenceKind.SIGNED_DOCUMENT,
    name="contract-signed.pdf",
    vendor_ref="d1",
    native="PDF_WITH_SIGNATURES",
)
KIT = attrs.evolve(SIGNED, key="proof/contract", kind=EvidenceKind.PROOF, native="ADVANCED_LEGAL_KIT")
VARIANTS = [
    "/v4/documents/d1/signature-type/PDF_WITH_SIGNATURES",
    "/v4/documents/d1/signatures/PDF_WITH_SIGNATURES",
    "/v4/documents/d1/signature-proof",
    "/v3/documents/d1/signature-proof",
]


def test_a_signed_pdf_is_looked_for_in_every_documented_place() -> None:
    """The disputed path is tried in its four spellings, and the bytes of the last one arrive."""
    sink = io.BytesIO()
    talk = Talk(reading.fetch(SIGNED, ACCOUNT, sink))
    for path, status in zip(VARIANTS[:3], (404, 405, 404), strict=True):
        talk.expect("GET", path, status=status, reply={"code": "SIGNATURE_NOT_FOUND"})
    talk.expect("GET", VARIANTS[3], reply=b"%PDF-1.7", headers={"content-type": "application/pdf"})
    assert b"%PDF-1.7" == sink.getvalue()


PAGE = b"<html>down for maintenance</html>"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (PAGE, "text/html"),
        (PAGE, "application/pdf"),
        (PAGE, None),
        (b'{"signatureId": "x"}', "application/json"),
        (b"<!-- %PDF- -->", "text/html; charset=utf-8"),
        (b" " * 1024 + b"%PDF-1.7", "application/pdf"),
        (b"", "application/pdf"),
    ],
)
def test_a_page_is_no_signed_document(body: bytes, content_type: str | None) -> None:
    """An answer that is no PDF by its type and its first bytes is refused, although its status is 200."""
    sink = io.BytesIO()
    talk = Talk(reading.fetch(SIGNED, ACCOUNT, sink))
    headers = {} if content_type is None else {"content-type": content_type}
    with pytest.raises(MalformedResponse, match="signed PDF"):
        talk.expect("GET", VARIANTS[0], reply=body, headers=headers)
    assert b"PDF" in body or b"" == sink.getvalue()


@pytest.mark.parametrize("content_type", ["Application/PDF; x=y", "application/octet-stream", None])
def test_a_signed_document_may_come_without_a_type(content_type: str | None) -> None:
    """The vendor documents no media type: the PDF marker decides where there is none."""
    sink = io.BytesIO()
    talk = Talk(reading.fetch(SIGNED, ACCOUNT, sink))
    headers = {} if content_type is None else {"content-type": content_type}
    talk.expect("GET", VARIANTS[0], reply=b"\n%PDF-1.7", headers=headers)
    assert (True, b"\n%PDF-1.7") == (talk.over, sink.getvalue())


def test_the_unsigned_original_is_never_given() -> None:
    """When no path knows the artefact, the first refusal is raised and nothing else is asked."""
    talk = Talk(reading.fetch(SIGNED, ACCOUNT, io.BytesIO()))
    for path in VARIANTS[:3]:
        talk.expect("GET", path, status=404, reply=None)
    with pytest.raises(VendorNotFound, match="signature-type"):
        talk.expect("GET", VARIANTS[3], status=404, reply=None)
    kit = Talk(reading.fetch(KIT, ACCOUNT, io.BytesIO()))
    kit.expect("GET", "/v4/documents/d1/signature-type/ADVANCED_LEGAL_KIT", status=404, reply=None)
    with pytest.raises(VendorNotFound):
        kit.expect("GET", "/v4/documents/d1/signatures/ADVANCED_LEGAL_KIT", status=404, reply=None)


@pytest.mark.parametrize(
    ("status", "code"), [(400, "DOCUMENT_PROOF_NOT_CREATED"), (404, "DOCUMENT_PROOF_NOT_FOUND")]
)
def test_an_artefact_that_is_not_made_yet_is_not_ready(status: int, code: str) -> None:
    """Too early is NotReady, whatever the status, and no other path is tried."""
    talk = Talk(reading.fetch(SIGNED, ACCOUNT, io.BytesIO()))
    with pytest.raises(NotReady, match=r"evidence\.ready"):
        talk.expect("GET", VARIANTS[0], status=status, reply={"code": code})


def test_a_removed_document_is_not_looked_for_elsewhere() -> None:
    """What the vendor has deleted is gone under every path."""
    talk = Talk(reading.fetch(SIGNED, ACCOUNT, io.BytesIO()))
    with pytest.raises(VendorNotFound, match="DOCUMENT_HAS_BEEN_REMOVED"):
        talk.expect("GET", VARIANTS[0], status=404, reply={"code": "DOCUMENT_HAS_BEEN_REMOVED"})


def test_evidence_is_listed_per_document_once_proofs_exist() -> None:
    """Signed document and legal kit per document: none of private ones, none before the proofs are made."""
    documents = [
        {"_id": "d1", "documentNature": "PDF"},
        {"_id": "d2", "documentNature": "DATA_JSON"},
        {"_id": "d3", "documentNature": "PRIVATE_FILE"},
    ]
    sent = carried(vendor_ref="r1", documents={"contract": "d1"})
    talk = Talk(reading.evidence(sent, ACCOUNT))
    context = {"status": "COMPLETED", "documents": documents, "signatureProofStatus": "CREATED"}
    talk.expect("GET", "/v4/signature-requests/r1/context", reply=context)
    assert [
        ("signed_document/contract", "contract-signed.pdf", "contract", "PDF_WITH_SIGNATURES"),
        ("proof/contract", "contract-legal-kit.zip", "contract", "ADVANCED_LEGAL_KIT"),
        ("signed_document/d2", "d2-signed.bin", None, "SIGNED_DATA"),
        ("proof/d2", "d2-legal-kit.zip", None, "ADVANCED_LEGAL_KIT"),
    ] == [(item.key, item.name, item.document_id, item.native) for item in talk.result]
    early = Talk(reading.evidence(sent, ACCOUNT))
    early.expect(
        "GET", "/v4/signature-requests/r1/context", reply={**context, "signatureProofStatus": "IN_PROGRESS"}
    )
    assert () == early.result
