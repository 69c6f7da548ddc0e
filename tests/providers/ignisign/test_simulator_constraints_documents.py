"""Every constraint that the contract states about documents and their contents, violated and respected."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest
from fpdf import FPDF

from paraph_ignisign.simulator import create
from providers.ignisign.constraints import (
    BODY,
    Attempt,
    Row,
    call,
    closed,
    completed,
    elsewhere,
    first_document,
    on_document,
    published,
    table,
)
from providers.ignisign.simulator_driver import FOREIGN_ID, Driver, make_pdf

LIMIT = 200_000
UNKNOWN = (404, "DOCUMENT_NOT_FOUND")
LOCKED = (400, "DOCUMENT_LOCKED")
GIVEN = (400, "DOCUMENT_BAD_STATUS")
MISSING = (400, "DOCUMENT_NOT_PROVIDED")
NO_TEMPLATE = (404, "TEMPLATE_DISPLAYER_NOT_FOUND")
INIT = "APP/init-documents"
HASH = "ab" * 32
TEXT = ("a.txt", b"text", "text/plain")


@pytest.fixture(scope="module")
def vendor() -> Iterator[Driver]:
    """Serve one simulator with a small limit for files; the rows do not touch each other's objects."""
    simulator = create(max_file_bytes=LIMIT)
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def empty(vendor: Driver) -> str:
    """Return a document without content."""
    return vendor.document(vendor.draft())


def full(vendor: Driver) -> str:
    """Return a document with a PDF."""
    return vendor.pdf_document(vendor.draft())


def private(vendor: Driver) -> str:
    """Return a private document."""
    document_id = empty(vendor)
    vendor.ok("POST", f"/v4/documents/{document_id}/private-content", {"documentHash": HASH})
    return document_id


def beside_json(vendor: Driver) -> str:
    """Return an empty document whose request has JSON already."""
    request_id = vendor.draft()
    first = vendor.document(request_id)
    vendor.ok("POST", f"/v4/documents/{first}/data-json-content", {"jsonContent": {}})
    return vendor.document(request_id)


def initiating(body: dict[str, Any], *, given: Callable[[Driver], str] = Driver.draft) -> Attempt:
    """Return an attempt to make a document of the request that `given` makes."""
    return lambda vendor: vendor.raw("POST", INIT, {"signatureRequestId": given(vendor), **body})


def sending(
    *parts: tuple[str, bytes, str], name: str = "file", given: Callable[[Driver], str] = empty
) -> Attempt:
    """Return an attempt to give a document these multipart parts."""

    def attempt(vendor: Driver) -> httpx.Response:
        path = f"/v4/documents/{given(vendor)}/file"
        return vendor.raw("POST", path, files=[(name, part) for part in parts])

    return attempt


def raw(content: bytes, kind: str) -> Attempt:
    """Return an attempt to give a document its file as the whole body."""
    return lambda vendor: vendor.raw(
        "POST", f"/v4/documents/{empty(vendor)}/file", content=content, headers={"content-type": kind}
    )


def pdf(content: bytes = b"", name: str = "a.pdf") -> Attempt:
    """Return an attempt to give a PDF."""
    return sending((name, content or make_pdf(), "application/pdf"))


def encrypted() -> bytes:
    """Return a PDF that needs a password."""
    paper = FPDF()
    paper.add_page()
    paper.set_encryption(owner_password="o", user_password="u")
    return bytes(paper.output())


def known(verb: str, suffix: str, body: Any = None, *, good: Callable[[Driver], str] = empty) -> list[Row]:
    """Return the rows that every route of a document has: its id is one, exists, and is of here."""
    label, path = f"{verb} document{suffix}", f"/v4/documents/{{}}{suffix}"
    here = on_document(verb, suffix, body, given=good)
    strange = on_document(verb, suffix, body, given=elsewhere(empty))
    bad_id = call(verb, path.format("not-an-id"), body)
    return [
        Row(f"{label} an id", "1, head", (400, "PARAMS_VALIDATION_FAILED"), bad_id, here),
        Row(f"{label} known", "1, codes", UNKNOWN, call(verb, path.format(FOREIGN_ID), body), here),
        Row(f"{label} of here", "5, application", (403, "DOCUMENT_BAD_ENV"), strange, here),
    ]


PRIVATE = "/private-content"
JSON = "/data-json-content"


def private_hash(given: Any) -> Attempt:
    """Return an attempt to give a private document's hash."""
    return on_document("POST", PRIVATE, {"documentHash": given}, given=empty)


@table(
    *known("GET", ""),
    *known("GET", "/context"),
    *known("PUT", "", {}),
    *known("DELETE", ""),
    *known("DELETE", "/content", good=full),
    *known("GET", "/file", good=full),
    *known("GET", "/signatures"),
    *known("POST", JSON, {"jsonContent": {}}),
    *known("POST", PRIVATE, {"documentHash": HASH}),
    Row("init names a request", "1, row 3", BODY, call("POST", INIT, {}), initiating({})),
    Row(
        "init names an id", "1, row 3", BODY,
        call("POST", INIT, {"signatureRequestId": "x"}), initiating({}),
    ),
    Row(
        "init names a known request", "1, row 3", (404, "SIGNATURE_REQUEST_NOT_FOUND"),
        call("POST", INIT, {"signatureRequestId": FOREIGN_ID}), initiating({}),
    ),
    Row(
        "init names a request of here", "5, application", (403, "INVALID_CONTEXT"),
        initiating({}, given=elsewhere(Driver.draft)), initiating({}),
    ),
    Row(
        "init names a draft", "1, row 3", (400, "SIGNATURE_REQUEST_BAD_STATUS"),
        initiating({}, given=published), initiating({}),
    ),
    *(
        Row(f"init {name}", "1, row 3", BODY, initiating({name: 1}), initiating({name: "1"}))
        for name in ("label", "description", "externalId")
    ),
    Row("init knows its fields", "1, row 3", BODY, initiating({"name": "x"}), initiating({"label": "x"})),
    Row(
        "init without a template", "1, row 3", NO_TEMPLATE,
        initiating({"templateDisplayerId": FOREIGN_ID}), initiating({"templateDisplayerId": None}),
    ),
    Row(
        "init without a template's version", "1, row 3", NO_TEMPLATE,
        initiating({"templateDisplayerVersion": 1}), initiating({"templateDisplayerVersion": None}),
    ),
    Row(
        "a template's version is a number", "1, row 3", BODY,
        initiating({"templateDisplayerVersion": "1"}), initiating({}),
    ),
    *(
        Row(
            f"update {name}", "1, row 29", BODY,
            on_document("PUT", "", {name: 1}, given=empty), on_document("PUT", "", {name: "1"}, given=empty),
        )
        for name in ("label", "description", "externalId")
    ),
    Row(
        "update knows its fields", "1, row 29", BODY,
        on_document("PUT", "", {"fileName": "x"}, given=empty),
        on_document("PUT", "", {"label": "x"}, given=full),
    ),
    Row(
        "update moves to no other request", "1, row 29", BODY,
        on_document("PUT", "", {"signatureRequestId": FOREIGN_ID}, given=empty),
        on_document("PUT", "", {"label": "x"}, given=empty),
    ),
    Row(
        "update sets no template", "1, row 29", NO_TEMPLATE,
        on_document("PUT", "", {"templateDisplayerId": "x"}, given=empty),
        on_document("PUT", "", {"externalId": "x"}, given=empty),
    ),
    *(
        Row(
            f"{verb}{suffix} while it is a draft", "1, rows 6 and 29", LOCKED,
            on_document(verb, suffix, body, given=first_document(make)),
            on_document(verb, suffix, body, given=good),
        )
        for make in (published,)
        for verb, suffix, body, good in (
            ("PUT", "", {"label": "x"}, full),
            ("DELETE", "", None, full),
            ("DELETE", "/content", None, full),
            ("POST", JSON, {"jsonContent": {}}, empty),
            ("POST", PRIVATE, {"documentHash": HASH}, empty),
        )
    ),
    Row(
        "upload while it is a draft", "1, row 25", LOCKED,
        sending(TEXT, given=first_document(published)), sending(TEXT),
    ),
    Row(
        "delete while it is a draft, not cancelled", "1, row 6", LOCKED,
        on_document("DELETE", "", given=first_document(closed)), on_document("DELETE", "", given=full),
    ),
    Row("upload as multipart", "1, row 25", BODY, raw(b"text", "text/plain"), sending(TEXT)),
    Row(
        "upload as good multipart", "1, row 25", (400, "BAD_REQUEST"),
        raw(b"text", "multipart/form-data"), sending(TEXT),
    ),
    Row("upload as file", "1, row 25", MISSING, sending(TEXT, name="document"), sending(TEXT)),
    Row("upload one file", "1, row 25", MISSING, sending(TEXT, TEXT), sending(TEXT)),
    Row("upload an accepted extension", "5, file extensions", (400, "DOCUMENT_BAD_NATURE"),
        sending(("a.exe", b"MZ", "application/octet-stream")), sending(("a.zip", b"PK", "application/zip"))),
    Row("upload with an extension", "5, file extensions", (400, "DOCUMENT_BAD_NATURE"),
        sending(("a", b"text", "text/plain")), sending(TEXT)),
    Row("upload something", "1, row 25", MISSING, sending(("a.txt", b"", "text/plain")), sending(TEXT)),
    Row("upload a PDF", "1, row 25", (400, "PDF_CORRUPTED"), pdf(b"text"), pdf(name="a.PDF")),
    Row("upload a whole PDF", "1, row 25", (400, "PDF_CORRUPTED"), pdf(make_pdf()[:400]), pdf(encrypted())),
    Row("upload up to the limit", "1, row 25", (400, "FILE_TOO_LARGE"),
        sending(("a.txt", b"x" * (LIMIT + 1), "text/plain")), sending(("a.txt", b"x" * LIMIT, "text/plain"))),
    Row("upload once", "1, row 24", GIVEN, sending(TEXT, given=full), sending(TEXT)),
    Row("JSON is given", "1, row 24", (400, "JSON_INVALID"),
        on_document("POST", JSON, {}, given=empty),
        on_document("POST", JSON, {"jsonContent": []}, given=empty)),
    Row("JSON is not null", "1, row 24", (400, "JSON_INVALID"),
        on_document("POST", JSON, {"jsonContent": None}, given=empty),
        on_document("POST", JSON, {"jsonContent": False}, given=empty)),
    Row("JSON is in jsonContent", "1, row 24", BODY,
        on_document("POST", JSON, {"a": 1}, given=empty),
        on_document("POST", JSON, {"jsonContent": {"a": 1}}, given=empty)),
    Row("JSON once a request", "1, row 24", (400, "ONLY_ONE_JSON_PER_SIGNATURE_REQUEST_IS_ALLOWED"),
        on_document("POST", JSON, {"jsonContent": 1}, given=beside_json),
        on_document("POST", JSON, {"jsonContent": 1}, given=empty)),
    Row("JSON once", "1, row 24", GIVEN,
        on_document("POST", JSON, {"jsonContent": 1}, given=full),
        on_document("POST", JSON, {"jsonContent": 1}, given=empty)),
    Row("a hash is given", "1, row 26", BODY, private_hash(None), private_hash(HASH)),
    Row("a hash is a text", "1, row 26", BODY, private_hash(1), private_hash(HASH.upper())),
    Row("a hash is SHA-256", "7.2", BODY, private_hash("ab" * 20), private_hash("A" * 43 + "=")),
    Row("a hash is hexadecimal or base64", "9, row 19", BODY, private_hash("zz" * 32), private_hash(HASH)),
    Row("a hash once", "1, row 24", GIVEN,
        on_document("POST", PRIVATE, {"documentHash": HASH}, given=full), private_hash(HASH)),
    Row("remove what is there", "2, remove content", GIVEN,
        on_document("DELETE", "/content", given=empty), on_document("DELETE", "/content", given=private)),
    Row("read what is there", "1, row 14", MISSING,
        on_document("GET", "/file", given=empty), on_document("GET", "/file", given=full)),
    Row("read what came here", "1, row 14", (400, "DOCUMENT_BAD_NATURE"),
        on_document("GET", "/file", given=private), on_document("GET", "/file", given=full)),
    Row("a signature's id", "2, document signatures", (400, "PARAMS_VALIDATION_FAILED"),
        on_document("GET", "/signatures/x", given=full), on_document("GET", "/signatures", given=full)),
    Row("a known signature", "2, document signatures", (404, "SIGNATURE_NOT_FOUND"),
        on_document("GET", f"/signatures/{FOREIGN_ID}", given=first_document(completed)),
        on_document("GET", "/signatures", given=first_document(completed))),
)  # fmt: skip
def test_documents(vendor: Driver, row: Row) -> None:
    """A call about a document is refused that violates the row's constraint, and accepted without."""
    row.prove(vendor)


def checking(part: tuple[str, Any, str] | None = TEXT, *, given: Callable[[Driver], str] = full) -> Attempt:
    """Return an attempt to have a file's authenticity checked."""

    def attempt(vendor: Driver) -> httpx.Response:
        path = f"/v4/documents/{given(vendor)}/check-authenticity"
        return (
            vendor.raw("POST", path, {}) if part is None else vendor.raw("POST", path, files={"file": part})
        )

    return attempt


@table(
    Row("a file to check", "2, authenticity check", BODY, checking(None), checking()),
    Row("a document to compare with", "2, authenticity check", MISSING, checking(given=empty), checking()),
    Row("a known document", "2, authenticity check", UNKNOWN,
        checking(given=lambda _vendor: FOREIGN_ID), checking()),
    Row("a document of here", "5, application", (403, "DOCUMENT_BAD_ENV"),
        checking(given=elsewhere(full)), checking(("a.txt", BytesIO(b"text"), "text/plain"))),
)  # fmt: skip
def test_authenticity_checks(vendor: Driver, row: Row) -> None:
    """A check is refused that violates the row's constraint, and accepted without."""
    row.prove(vendor)
