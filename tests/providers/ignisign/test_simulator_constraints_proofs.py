"""Every constraint that the contract states about proofs, signatures' images and the one-call sign."""

import base64
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest

from paraph.testing.simulator import Person
from paraph_ignisign.simulator import create
from paraph_ignisign.simulator.model import Document, SignatureRequest
from providers.ignisign.constraints import (
    BODY,
    UPDATE,
    Attempt,
    Row,
    call,
    closed,
    completed,
    first_document,
    on_document,
    once,
    published,
    table,
)
from providers.ignisign.simulator_driver import FOREIGN_ID, Driver, make_pdf

Maker = Callable[[Driver], str]
NOT_YET = (400, "DOCUMENT_PROOF_NOT_CREATED")
NOT_SUCH = (400, "SIGNATURE_PROOF_TYPE_NOT_AVAILABLE")
PARAMETER = (400, "PARAMS_VALIDATION_FAILED")
SIGNED, OPEN = once(first_document(completed)), once(first_document(published))
# Contract 1.1, rows 1 to 4; row 5 is the route of v3.
PDF_PATHS = {
    "row 1": ("GET", "/signature-type/PDF_WITH_SIGNATURES"),
    "row 2": ("GET", "/signatures/PDF_WITH_SIGNATURES"),
    "row 3": ("POST", "/signature-proof/PDF_WITH_SIGNATURES"),
    "row 4": ("GET", "/signature-proof"),
}


@pytest.fixture(scope="module")
def vendor() -> Iterator[Driver]:
    """Serve one simulator for the whole table; the rows do not touch each other's objects."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


@once
def signed_file(vendor: Driver) -> str:
    """Return a signed document that is no PDF."""
    signer, request_id = vendor.signer(), vendor.draft()
    document_id = vendor.document(request_id)
    assert 200 == vendor.upload(document_id, b"text", "a.txt", "text/plain").status_code
    fields = {
        "title": "t", "documentIds": [document_id], "signerIds": [signer["signerId"]],
        "defaultSignatureMethod": "SIMPLE_STD",
    }  # fmt: skip
    vendor.ok("PUT", f"/v4/signature-requests/{request_id}", fields)
    token = vendor.publish(request_id)["signersEmbedded"][0]["token"]
    Person(name="Ada").sign(vendor.embedded_link(request_id, signer["signerId"], token, signer["authSecret"]))
    return document_id


def old_proof(given: Maker) -> Attempt:
    """Return an attempt to read the proof by the route of v3."""
    return lambda vendor: vendor.raw("GET", f"/v3/documents/{given(vendor)}/signature-proof")


def proof(kind: str, given: Maker) -> Attempt:
    """Return an attempt to read a proof by the first route."""
    return on_document("GET", f"/signature-type/{kind}", given=given)


def low_level(kind: str, given: Maker = SIGNED, *, path: str = "signature-type", who: Any = None) -> Attempt:
    """Return an attempt to read one signer's proof; by default of the document's first signer."""

    def attempt(vendor: Driver) -> Any:
        document_id = given(vendor)
        request_id = vendor.ok("GET", f"/v4/documents/{document_id}")["signatureRequestId"]
        signer_id = who(vendor) if who else vendor.context(request_id)["signerIds"][0]
        return vendor.raw("GET", f"/v4/documents/{document_id}/{path}/{kind}/signers/{signer_id}")

    return attempt


def without(change: Callable[[SignatureRequest, Document], None]) -> Maker:
    """Return a maker of a signed document to which `change` happened inside."""

    def made(vendor: Driver) -> str:
        document_id = first_document(completed)(vendor)
        tenant = vendor.simulator.tenant
        document = tenant.documents[document_id]
        change(tenant.requests[document.request_id], document)
        return document_id

    return made


def undrawn(_request: SignatureRequest, document: Document) -> None:
    """Make the signatures ones of somebody who drew nothing, as machines do."""
    document.signatures[:] = [attrs.evolve(one, image=None) for one in document.signatures]


def unfinished(request: SignatureRequest, _document: Document) -> None:
    """Make the images ones that are still being generated."""
    request.imaged.clear()


def stranger(vendor: Driver) -> str:
    """Return a signer who has signed nothing."""
    return str(vendor.signer()["signerId"])


@table(
    *(
        Row(f"{name}: signed first", f"1.1, {name}", NOT_YET,
            on_document(verb, path, {} if verb == "POST" else None, given=OPEN),
            on_document(verb, path, {} if verb == "POST" else None, given=SIGNED))
        for name, (verb, path) in PDF_PATHS.items()
    ),
    Row("row 5: signed first", "1.1, row 5", NOT_YET, old_proof(OPEN), old_proof(SIGNED)),
    Row("the kit: signed first", "5, proof types", (400, "ADVANCED_PROOF_NOT_GENERATED"),
        proof("ADVANCED_LEGAL_KIT", OPEN), proof("ADVANCED_LEGAL_KIT", SIGNED)),
    Row("nothing of what was cancelled", "7.5", (404, "DOCUMENT_PROOF_NOT_FOUND"),
        proof("PDF_WITH_SIGNATURES", first_document(closed)), proof("PDF_WITH_SIGNATURES", SIGNED)),
    Row("a proof type", "5, proof types", PARAMETER,
        proof("PDF", SIGNED), proof("PDF_WITH_SIGNATURES", SIGNED)),
    Row("a high-level proof type", "5, proof types", PARAMETER,
        proof("PADES_ATTACHED", SIGNED), proof("PDF_WITH_SIGNATURES", SIGNED)),
    Row("no C2PA", "5, proof types", NOT_SUCH, proof("C2PA", SIGNED), proof("ADVANCED_LEGAL_KIT", SIGNED)),
    Row("no PDF of another file", "5, proof types", NOT_SUCH,
        proof("PDF_WITH_SIGNATURES", signed_file), proof("SIGNED_DATA", signed_file)),
    Row("no data of a PDF", "5, proof types", NOT_SUCH,
        proof("SIGNED_DATA", SIGNED), proof("PDF_WITH_SIGNATURES", SIGNED)),
    *(
        Row(f"{path}: {name}", "1.1, low level", refused, bad, low_level("CADES", path=path))
        for path in ("signature-type", "signatures")
        for name, refused, bad in (
            ("a low-level type", PARAMETER, low_level("PDF_WITH_SIGNATURES", path=path)),
            ("a type that there is", NOT_SUCH, low_level("JWSDET", path=path)),
            ("a signer who signed", (400, "NO_SIGNATURES_FOUND"),
             low_level("CADES", path=path, who=stranger)),
            ("a signature", (400, "NO_SIGNATURES_FOUND"), low_level("CADES", OPEN, path=path)),
            ("a signer", (404, "SIGNER_NOT_FOUND"),
             low_level("CADES", path=path, who=lambda _vendor: FOREIGN_ID)),
        )
    ),
    Row("no PDF's types of a file", "1.1, low level", NOT_SUCH,
        low_level("PADES_ATTACHED", signed_file), low_level("JWSDET", signed_file)),
    Row("images of signatures", "2, signature images", (400, "NO_SIGNATURE_IMAGES_FOUND"),
        on_document("GET", "/img-signatures", given=OPEN),
        on_document("GET", "/img-signatures", given=SIGNED)),
    Row("images that were drawn", "2, signature images", (404, "SIGNATURE_IMAGE_NOT_FOUND"),
        on_document("GET", "/img-signatures", given=without(undrawn)),
        on_document("GET", "/img-signatures", given=SIGNED)),
    Row("images that are finished", "2, signature images", (400, "SIGNATURE_IMAGE_NOT_CREATED"),
        on_document("GET", "/img-signatures", given=without(unfinished)),
        on_document("GET", "/img-signatures", given=SIGNED)),
)  # fmt: skip
def test_proofs(vendor: Driver, row: Row) -> None:
    """A proof is refused under the row's constraint, and handed out where it is respected."""
    row.prove(vendor)


PERSON = {"email": "ada@example.org", "firstName": "Ada", "lastName": "Lovelace"}
PDF = {
    "originalName": "a.pdf",
    "mimeType": "application/pdf",
    "base64": base64.b64encode(make_pdf()).decode(),
}
ONE_CALL = "/v4/signature-requests/one-call-sign"
PLAIN = {"title": "t", "signatureMethod": "SIMPLE_STD", "signers": [PERSON], "documents": [PDF]}


def one_call(name: str, changes: dict[str, Any], refused: tuple[int, str] = BODY) -> Row:
    """Return a row about the one-call body with `changes`; None takes a field away."""
    body = {key: value for key, value in {**PLAIN, **changes}.items() if value is not None}
    return Row(name, "2, one-call sign", refused, call("POST", ONE_CALL, body), call("POST", ONE_CALL, PLAIN))


def document(**changes: Any) -> dict[str, Any]:
    """Return the change of the only document; None takes a field away."""
    return {"documents": [{key: value for key, value in {**PDF, **changes}.items() if value is not None}]}


def person(**changes: Any) -> dict[str, Any]:
    """Return the change of the only signer; None takes a field away."""
    return {"signers": [{key: value for key, value in {**PERSON, **changes}.items() if value is not None}]}


NOT_GIVEN = (400, "DOCUMENT_NOT_PROVIDED")
NO_FIT = (400, "DOCUMENT_BAD_NATURE")
NOT_FETCHED = (500, "FAILED_TO_DOWNLOAD_DOCUMENT")


@table(
    one_call("a title", {"title": None}),
    one_call("a title up to 1024", {"title": "x" * 1025}),
    one_call(
        "a title that says something", {"title": " "}, (400, "CANNOT_PUBLISH_SIGNATURE_REQUEST__NO_TITLE")
    ),
    one_call("a method", {"signatureMethod": None}),
    one_call("a known method", {"signatureMethod": "DRAW"}),
    one_call(
        "a method of the profile",
        {"signatureMethod": "QUALIFIED_STD"},
        (400, f"{UPDATE}SIGNATURE_METHODS_NOT_ACTIVATED"),
    ),
    one_call("no other field", {"externalId": "x"}),
    one_call("signers", {"signers": None}),
    one_call("at least one signer", {"signers": []}),
    one_call("signers that are objects", {"signers": ["ada@example.org"]}),
    one_call("an e-mail", person(email=None)),
    one_call("an e-mail address", person(email="ada")),
    one_call("names that are texts", person(firstName=1)),
    one_call("no other field of a signer", person(phone="+33612345678")),
    one_call("a profile's id", person(signerProfileId="x")),
    one_call("a known profile", person(signerProfileId=FOREIGN_ID), (404, "SIGNER_PROFILE_NOT_FOUND")),
    one_call("what the profile needs", person(lastName=None), (400, "SIGNER_CREATION__INPUT_FIELD_MISSING")),
    one_call("documents", {"documents": None}),
    one_call("at least one document", {"documents": []}),
    one_call("a document's name", document(originalName=None)),
    one_call("a document's media type", document(mimeType=None)),
    one_call("a media type or a known extension", document(mimeType="exe")),
    one_call("an extension that fits", document(mimeType="txt"), NO_FIT),
    one_call("a media type that fits", document(mimeType="text/plain"), NO_FIT),
    one_call("a name that fits", document(originalName="a.txt"), NO_FIT),
    one_call("an accepted name", document(originalName="a.exe", mimeType="text/plain"), NO_FIT),
    one_call("some content", document(base64=None), NOT_GIVEN),
    one_call("one content", document(url="http://localhost/a.pdf"), NOT_GIVEN),
    one_call("content in base64", document(base64="%PDF")),
    one_call("content that is a PDF", document(base64="aGVsbG8="), (400, "PDF_CORRUPTED")),
    one_call("an address", document(base64=None, url="a.pdf")),
    one_call("an address here", document(base64=None, url="http://example.org/a.pdf"), NOT_FETCHED),
    one_call("an address that answers", document(base64=None, url="http://127.0.0.1:1/a.pdf"), NOT_FETCHED),
    one_call("no other field of a document", document(label="x")),
)
def test_one_call(vendor: Driver, row: Row) -> None:
    """A one-call sign is refused that violates the row's constraint, leaving no request; else accepted."""
    before = vendor.ok("GET", "APP/signature-requests")["paginationData"]["total"]
    row.prove(vendor)
    assert 1 == vendor.ok("GET", "APP/signature-requests")["paginationData"]["total"] - before


KEPT = timedelta(days=1)


@pytest.fixture(scope="module")
def forgetful() -> Iterator[Driver]:
    """Serve a simulator that keeps files and proofs for a day."""
    simulator = create(original_retention=KEPT, proof_retention=KEPT)
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def old(vendor: Driver) -> str:
    """Return a document that was signed so long ago that it is CLEANED."""
    document_id = first_document(completed)(vendor)
    vendor.simulator.clock.advance(KEPT)
    return document_id


@table(
    *(
        Row(
            f"{suffix} before it is cleaned", "5, document status", (404, f"{code}_HAS_BEEN_REMOVED"),
            on_document("GET", suffix, given=old),
            on_document("GET", suffix, given=first_document(completed)),
        )
        for suffix, code in {
            "/file": "DOCUMENT",
            "/signature-type/PDF_WITH_SIGNATURES": "DOCUMENT_PROOF",
            "/signature-type/ADVANCED_LEGAL_KIT": "DOCUMENT_PROOF",
            "/signature-proof": "DOCUMENT_PROOF",
        }.items()
    )
)  # fmt: skip
def test_what_is_cleaned(forgetful: Driver, row: Row) -> None:
    """After the retention a file and a proof are refused; before it they are handed out."""
    row.prove(forgetful)
