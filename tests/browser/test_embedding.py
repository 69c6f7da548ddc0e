"""The simulated Ignisign's page inside an application's page: messages and private files (contract 7.3)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from providers.ignisign.simulator_driver import Driver, make_pdf
from support.browsing import WIDE, Host, host, state

pytestmark = pytest.mark.browser

SECRET = b"Nobody but the sender has this text.\n"
_CODE = "GET_PRIVATE_FILE_ERRORS__"


@pytest.fixture
def application() -> Iterator[Host]:
    """Serve an application with its private files."""
    with host() as here:
        yield here


def private(vendor: Driver, *contents: bytes, mode: str = "EMBEDDED") -> tuple[str, list[str], str]:
    """Publish private files; return the request's id, the documents' and the link."""
    signer, request_id = vendor.signer(mode), vendor.draft()
    documents = []
    for number, content in enumerate(contents):
        documents.append(vendor.document(request_id, label=f"Private {number}", externalId=f"file-{number}"))
        digest = hashlib.sha256(content)
        told = base64.b64encode(digest.digest()).decode() if number % 2 else digest.hexdigest()
        vendor.ok("POST", f"/v4/documents/{documents[-1]}/private-content", {"documentHash": told})
    body = {
        "title": "Private", "documentIds": documents, "signerIds": [signer["signerId"]],
        "defaultSignatureMethod": "SIMPLE_STD", "fullPrivacy": True,
    }  # fmt: skip
    vendor.ok("PUT", f"/v4/signature-requests/{request_id}", body)
    vendor.publish(request_id)
    token = vendor.simulator.tenant.requests[request_id].tokens[signer["signerId"]]
    return (
        request_id,
        documents,
        vendor.embedded_link(request_id, signer["signerId"], token, signer["authSecret"]),
    )


def status_of(vendor: Driver, request_id: str) -> str:
    return vendor.simulator.tenant.requests[request_id].status


def test_the_application_hears_that_the_signer_signed(vendor: Driver, application: Host, phone: Page) -> None:
    """SIGNATURE_FINALIZED carries the ids of the new signatures, and an old link tells them again."""
    request_id, link = vendor.published(documents=2)
    frame = application.embed(phone, link)
    frame.locator("[name=fullName]").fill("Ada Lovelace")
    frame.locator("[name=consent]").check()
    frame.locator("[type=submit]").click()
    (told,) = application.heard(phone, "SIGNATURE_FINALIZED")
    tenant = vendor.simulator.tenant
    documents = tenant.documents_of(tenant.requests[request_id])
    expected = [one.id for document in documents for one in document.signatures]
    assert (2, {"signatureIds": expected}) == (len(expected), told)
    application.embed(phone, link)
    assert [{"signatureIds": expected}] == application.heard(phone, "SIGNATURE_FINALIZED")


def test_the_application_hears_why_nobody_can_sign(vendor: Driver, application: Host, phone: Page) -> None:
    """A cancelled request and a link with a wrong token each tell SIGNATURE_ERROR with a code."""
    request_id, link = vendor.published()
    application.embed(phone, re.sub("token=[^&]*", "token=wrong", link))
    assert [{"errorCode": "SIGNATURE_TOKEN_INVALID"}] == application.heard(phone, "SIGNATURE_ERROR")
    vendor.ok("POST", f"/v4/signature-requests/{request_id}/close", {})
    application.embed(phone, link)
    assert [{"errorCode": "SIGNATURE_REQUEST_CANCELLED"}] == application.heard(phone, "SIGNATURE_ERROR")


def test_files_are_opened_by_the_application(vendor: Driver, application: Host, phone: Page) -> None:
    """A frame opens no window of its own: OPEN_URL tells an address that leads to the document."""
    _request_id, link = vendor.published()
    frame = application.embed(phone, link)
    frame.get_by_role("link", name="Open the file").click()
    (told,) = application.heard(phone, "OPEN_URL")
    assert httpx.get(told["url"]).content.startswith(b"%PDF")
    assert 1 == len(phone.context.pages)


@pytest.mark.parametrize("width", [200, 360])
def test_the_smallest_frame_is_wide_enough(
    vendor: Driver, application: Host, phone: Page, width: int
) -> None:
    """Nothing scrolls sideways in the smallest frame that the vendor's clients permit, 200 by 400."""
    _request_id, link = vendor.published(description="Rechtsschutzversicherungsgesellschaften")
    frame = application.embed(phone, f"{link}&forceLanguage=DE&forceShowDocumentInformations=true")
    phone.locator("iframe").evaluate("(frame, width) => { frame.width = width; }", width)
    frame.locator("[value=drawn]").check()
    frame.locator("[type=submit]").click()
    frame.get_by_role("alert").wait_for()
    assert (width, 0) == (frame.evaluate("window.innerWidth"), frame.evaluate(WIDE))


def test_a_private_file_is_fetched_checked_and_shown(vendor: Driver, application: Host, phone: Page) -> None:
    """The page asks for it, sends the bearer, compares the SHA-256, shows the text, and then it is signed."""
    request_id, documents, link = private(vendor, SECRET, b'{"also": "private"}')
    application.files |= {"a.txt": SECRET, "b.json": b'{"also": "private"}'}
    answers = {
        documents[0]: application.private_file("a.txt"),
        documents[1]: application.private_file("b.json", mimeType="application/json"),
    }
    frame = application.embed(phone, link, answers)
    expect(frame.locator("[data-state=shown]")).to_have_count(2)
    assert ["a.txt", "b.json"] == sorted(application.fetched)
    expect(frame.locator("pre").first).to_have_text(SECRET.decode())
    assert [
        {"documentId": one, "externalDocumentId": f"file-{number}"} for number, one in enumerate(documents)
    ] == application.heard(phone, "NEED_PRIVATE_FILE_URL")
    frame.locator("[name=fullName]").fill("Ada Lovelace")
    frame.locator("[name=consent]").check()
    frame.locator("[type=submit]").click()
    frame.get_by_text("You have signed").wait_for()
    assert "COMPLETED" == status_of(vendor, request_id)


def test_a_private_pdf_can_be_read(vendor: Driver, application: Host, desk: Page) -> None:
    """Chromium shows a private PDF in its own viewer, and a link opens the checked bytes everywhere."""
    content = make_pdf()
    _request_id, documents, link = private(vendor, content)
    application.files["a.pdf"] = content
    answer = application.private_file("a.pdf", mimeType="application/pdf")
    frame = application.embed(desk, link, {documents[0]: answer})
    expect(frame.locator("[data-state=shown] iframe[src^=blob]")).to_be_visible()
    with desk.expect_popup() as opened:
        frame.locator(".view a").click()
    assert frame.locator(".view a").get_attribute("href") == opened.value.url


def wrong_file(application: Host) -> dict[str, Any]:
    application.files["a.txt"] = SECRET + b"."
    return application.private_file("a.txt")


def wrong_bearer(application: Host) -> dict[str, Any]:
    application.files["a.txt"] = SECRET
    return application.private_file("a.txt", bearer="stale")


def no_file(application: Host) -> dict[str, Any]:
    return application.private_file("missing.txt")


def nowhere(application: Host) -> dict[str, Any]:
    return application.private_file("a.txt", fileUrl="http://127.0.0.1:9/a.txt")


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (wrong_file, "DOCUMENT_HASH_DOES_NOT_MATCH_PROVIDED_ONE", "not the file that the sender announced"),
        (wrong_bearer, "NOT_AUTHORIZED_TO_GET", "did not hand out this file"),
        (no_file, "CANNOT_GET_FILE", "did not hand out this file"),
        (nowhere, "CANNOT_GET_FILE", "did not hand out this file"),
    ],
)
def test_what_is_not_the_announced_file_is_not_signed(
    vendor: Driver,
    application: Host,
    phone: Page,
    answer: Callable[[Host], dict[str, Any]],
    code: str,
    words: str,
) -> None:
    """A wrong file, or none, is told to the signer and the application, and not signed before it is right."""
    request_id, (document,), link = private(vendor, SECRET)
    frame = application.embed(phone, link, {document: answer(application)})
    assert [{"errorCode": _CODE + code, "errorContext": {"documentId": document}}] == application.heard(
        phone, "SIGNATURE_ERROR"
    )
    expect(frame.locator("[data-state=wrong] [role=status]")).to_contain_text(words)
    assert 0 == frame.locator("pre").count()
    frame.locator("[name=fullName]").fill("Ada Lovelace")
    frame.locator("[name=consent]").check()
    frame.locator("[type=submit]").click()
    expect(frame.get_by_role("alert")).to_have_text("Still missing: Private 0")
    assert "IN_PROGRESS" == status_of(vendor, request_id)
    application.files["a.txt"] = SECRET
    right = {document: application.private_file("a.txt")}
    phone.evaluate("(answers) => { window.answers = answers; }", right)
    frame.get_by_role("button", name="Try again").click()
    expect(frame.locator("[data-state=shown]")).to_have_count(1)
    frame.locator("[type=submit]").click()
    frame.get_by_text("You have signed").wait_for()
    assert "COMPLETED" == status_of(vendor, request_id)


def test_a_stranger_cannot_slip_in_a_file(vendor: Driver, application: Host, phone: Page) -> None:
    """Only the page around is listened to: a message of the page's own, or of another frame, is not."""
    _request_id, (document,), link = private(vendor, SECRET)
    application.files["a.txt"] = SECRET
    frame = application.embed(phone, link)
    forged = {**application.private_file("a.txt"), "documentId": document}
    frame.evaluate("(answer) => window.postMessage(answer, '*')", forged)
    frame.evaluate("() => new Promise((done) => setTimeout(done))")
    assert [] == application.fetched
    phone.evaluate("(answer) => frames[0].postMessage(answer, '*')", forged)
    expect(frame.locator("[data-state=shown]")).to_have_count(1)


def test_own_copies_are_checked_where_nothing_embeds_the_page(
    vendor: Driver, phone: Page, tmp_path: Path
) -> None:
    """Who comes by e-mail chooses their copy; the phone checks it, whatever its length, and sends nothing."""
    contents = [b"p" * length for length in (0, 1, 55, 56, 63, 64, 65, 100_000)]
    request_id, _documents, link = private(vendor, *contents, mode="BY_SIDE")
    sent: list[bytes] = []
    phone.on("request", lambda request: sent.append(request.post_data_buffer or b""))
    phone.goto(link)
    boxes = phone.locator("[data-paraph-private]")
    assert len(contents) == boxes.count()
    for number, content in enumerate(contents):
        # a file of its own each time: a browser may still read one that was chosen
        for word, given in (("wrong", content + b"x"), ("shown", content)):
            copy = tmp_path / f"{number}-{word}.txt"
            copy.write_bytes(given)
            boxes.nth(number).locator("input[type=file]").set_input_files(copy)
            expect(boxes.nth(number)).to_have_attribute("data-state", word)
    phone.locator("[name=fullName]").fill("Ada Lovelace")
    phone.locator("[name=consent]").check()
    phone.get_by_role("button", name="Sign").tap()
    phone.get_by_text("You have signed").wait_for()
    assert ("done", "COMPLETED") == (state(phone), status_of(vendor, request_id))
    assert [True, False] == [any(words in body for body in sent) for words in (b"consent", b"p" * 50)]
