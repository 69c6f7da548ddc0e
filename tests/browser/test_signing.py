"""Signing on the simulated Ignisign's page in a real browser."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from paraph_ignisign.simulator.model import Signature, SignatureRequest
from providers.ignisign.simulator_driver import Driver
from support.browsing import MEASURE, PHONE, WIDE, draw, picture, state

pytestmark = pytest.mark.browser

ZIGZAG = [(0.1, 0.5), (0.3, 0.2), (0.5, 0.8), (0.7, 0.2), (0.9, 0.5)]


def request_at(vendor: Driver, request_id: str) -> SignatureRequest:
    return vendor.simulator.tenant.requests[request_id]


def signatures(vendor: Driver, request_id: str) -> list[Signature]:
    tenant = vendor.simulator.tenant
    return [
        one for document in tenant.documents_of(request_at(vendor, request_id)) for one in document.signatures
    ]


def statement(vendor: Driver, request_id: str, words: str) -> dict[str, str]:
    about = {"appId": vendor.app_id, "appEnv": vendor.app_env, "signatureRequestId": request_id}
    return {**about, "labelMd": words}


def mixed(vendor: Driver) -> str:
    """Publish a statement, a PDF, data, a text, a picture and something unknown; return the link."""
    signer, request_id = vendor.signer(), vendor.draft()
    drawing = io.BytesIO()
    Image.new("RGB", (900, 300), "navy").save(drawing, "PNG")
    documents = [vendor.pdf_document(request_id, label="The contract")]
    data = vendor.document(request_id, label="The order")
    vendor.ok("POST", f"/v4/documents/{data}/data-json-content", {"jsonContent": {"words": "x" * 200}})
    documents.append(data)
    for name, mime, content in [
        ("notes.txt", "text/plain", b"Read me <b>first</b>\n"),
        ("plan.png", "image/png", drawing.getvalue()),
        ("box.zip", "application/zip", b"PK"),
    ]:
        documents.append(vendor.document(request_id, label=f"The file {name}"))
        assert 200 == vendor.upload(documents[-1], content, name, mime).status_code
    body = {
        "title": "Everything at once", "description": "Please read it all.", "documentIds": documents,
        "signerIds": [signer["signerId"]], "defaultSignatureMethod": "SIMPLE_STD",
        "statements": [statement(vendor, request_id, "I am of age")],
    }  # fmt: skip
    vendor.ok("PUT", f"/v4/signature-requests/{request_id}", body)
    token = vendor.publish(request_id)["signersEmbedded"][0]["token"]
    return vendor.embedded_link(request_id, signer["signerId"], token, signer["authSecret"])


def test_a_finger_draws_the_signature(vendor: Driver, phone: Page) -> None:
    """On a phone a drawn line becomes the picture of every document's signature and completes the request."""
    request_id, link = vendor.published(documents=2)
    phone.goto(link)
    assert ("sign", 0) == (state(phone), phone.evaluate(WIDE))
    phone.locator("[value=drawn]").tap()
    draw(phone, ZIGZAG)
    phone.locator("[name=consent]").tap()
    phone.locator("[type=submit]").tap()
    phone.get_by_text("You have signed").wait_for()
    assert ("done", 0) == (state(phone), phone.evaluate(WIDE))
    assert "COMPLETED" == request_at(vendor, request_id).status
    first, second = signatures(vendor, request_id)
    assert first.image == second.image
    drawn = picture(first.image)
    # The line spans four fifths of the field's width, and the picture is cut to it.
    assert 900 < drawn.width < 1000
    ink = drawn.getchannel("A")
    columns = [ink.crop((x, 0, x + 1, drawn.height)).getbbox() for x in range(0, drawn.width, 50)]
    assert None not in columns


def test_a_name_is_typed_with_the_keyboard_alone(vendor: Driver, desk: Page) -> None:
    """Nobody needs a pointer: Tab, letters, Space and Enter sign, and the name is drawn as it was shown."""
    request_id, link = vendor.published()
    desk.goto(link)
    for _ in range(20):
        desk.keyboard.press("Tab")
        if desk.evaluate("document.activeElement.name") == "fullName":
            break
    desk.keyboard.type("Ada Łovelace")
    desk.keyboard.press("Tab")
    assert "consent" == desk.evaluate("document.activeElement.name")
    desk.keyboard.press("Space")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    desk.get_by_text("You have signed").wait_for()
    (signature,) = signatures(vendor, request_id)
    assert picture(signature.image).width > picture(signature.image).height


def test_a_signature_is_drawn_with_the_keyboard_alone(vendor: Driver, desk: Page) -> None:
    """Arrow keys move the pen, Space puts it down: 20 steps right and 10 down make a line of that shape."""
    request_id, link = vendor.published()
    desk.goto(link)
    desk.locator("[value=typed]").focus()
    desk.keyboard.press("ArrowRight")
    desk.keyboard.press("Tab")
    assert "CANVAS" == desk.evaluate("document.activeElement.tagName")
    desk.keyboard.press("Space")
    for key, times in [("ArrowRight", 20), ("ArrowDown", 10)]:
        for _ in range(times):
            desk.keyboard.press(key)
    desk.keyboard.press("Tab")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Space")
    desk.keyboard.press("Tab")
    desk.keyboard.press("Enter")
    desk.get_by_text("You have signed").wait_for()
    (signature,) = signatures(vendor, request_id)
    drawn = picture(signature.image)
    assert pytest.approx((20 * 16, 10 * 16), abs=12) == drawn.size


def test_without_consent_nobody_signs(vendor: Driver, phone: Page) -> None:
    """What is missing is said in words and marked, the server hears nothing, and it can be put right."""
    link = mixed(vendor)
    phone.goto(link)
    phone.get_by_label("Your full name").fill("Ada Lovelace")
    phone.get_by_label("I am of age").check()
    phone.get_by_role("button", name="Sign").tap()
    complaint = phone.get_by_role("alert")
    expect(complaint).to_have_text("Still missing: I have read the documents and agree to sign them")
    assert "true" == phone.locator("[name=consent]").get_attribute("aria-invalid")
    assert "consent" == phone.evaluate("document.activeElement.name")
    (wanted,) = vendor.simulator.tenant.requests.values()
    assert ([], 0) == (wanted.signed_by, phone.evaluate(WIDE))
    phone.locator("[name=consent]").check()
    assert not complaint.is_visible()
    phone.get_by_role("button", name="Sign").tap()
    phone.get_by_text("You have signed").wait_for()
    assert "COMPLETED" == wanted.status


def test_an_empty_field_is_no_signature(vendor: Driver, phone: Page) -> None:
    """Choosing to draw and drawing nothing, or a line that was cleared, does not sign."""
    request_id, link = vendor.published()
    phone.goto(link)
    phone.locator("[value=drawn]").tap()
    draw(phone, ZIGZAG)
    phone.get_by_role("button", name="Clear the field").tap()
    phone.locator("[name=consent]").check()
    phone.get_by_role("button", name="Sign").tap()
    expect(phone.get_by_role("alert")).to_have_text("Still missing: Field to draw your signature in")
    assert [] == request_at(vendor, request_id).signed_by


def test_the_form_works_without_javascript(vendor: Driver, open_page: Callable[..., Page]) -> None:
    """A browser that runs no script shows a name to type, signs with it, and is told what is missing."""
    request_id, link = vendor.published()
    page = open_page(**PHONE, java_script_enabled=False)
    page.goto(link)
    assert [False, False] == [page.locator(each).is_visible() for each in ("canvas", "[value=drawn]")]
    page.locator("form").evaluate("(form) => { form.noValidate = true; }")
    page.get_by_label("Your full name").fill("Renée Müller")
    page.locator("[type=submit]").click()
    page.locator("main > .notice").wait_for()
    said = page.locator("main > .notice").inner_text()
    assert "Still missing: I have read the documents and agree to sign them" == said
    assert "Renée Müller" == page.get_by_label("Your full name").input_value()
    page.locator("[name=consent]").check()
    page.locator("[type=submit]").click()
    page.get_by_text("You have signed").wait_for()
    (signature,) = signatures(vendor, request_id)
    assert picture(signature.image).width > 200


def test_an_approver_approves(vendor: Driver, phone: Page) -> None:
    """Approvers read and approve, sign nothing, and only then may the signers sign."""
    signer, approver = vendor.signer("BY_SIDE"), vendor.signer("BY_SIDE", email="boss@example.org")
    request_id = vendor.ready([signer["signerId"]], signerIdsAsApprover=[approver["signerId"]])
    vendor.publish(request_id)
    wanted = request_at(vendor, request_id)
    early = f"{vendor.base_url}/signature-requests/{request_id}/signers/{signer['signerId']}/sign"
    phone.goto(f"{early}?token={wanted.tokens[signer['signerId']]}")
    assert ("closed", True) == (state(phone), phone.get_by_text("It is not open yet.").is_visible())
    phone.goto(next(one.link for one in vendor.simulator.outbox if one.to == "boss@example.org"))
    assert [0, 1] == [phone.locator(each).count() for each in ("canvas", ".sheets")]
    phone.get_by_role("button", name="Approve").tap()
    expect(phone.get_by_role("alert")).to_contain_text("I have read the documents and approve of them")
    phone.locator("[name=consent]").check()
    phone.get_by_role("button", name="Approve").tap()
    phone.get_by_text("You have approved").wait_for()
    assert ("done", "IN_PROGRESS", []) == (state(phone), wanted.status, signatures(vendor, request_id))
    phone.reload()
    assert phone.get_by_text("Already approved").is_visible()


def test_whoever_comes_too_late_is_told_why(vendor: Driver, phone: Page) -> None:
    """Signed, cancelled and expired requests, and links that open nothing, each say so in words that fit."""
    signed_id, signed = vendor.published()
    httpx.post(signed, data={"consent": "yes", "fullName": "Ada"})
    cancelled_id, cancelled = vendor.published()
    vendor.ok("POST", f"/v4/signature-requests/{cancelled_id}/close", {})
    until = vendor.simulator.clock.now() + timedelta(hours=1)
    expired_id, expired = vendor.published(expirationDate=until.isoformat(), expirationDateIsActivated=True)
    vendor.simulator.clock.advance(timedelta(hours=2))
    told = {}
    for link in (signed, cancelled, expired, signed.replace("token=", "token=x")):
        phone.goto(link)
        told[link] = (state(phone), phone.locator(".end").inner_text())
        assert (0, 0) == (phone.evaluate(WIDE), phone.locator("form").count())
        assert [[], [], []] == [phone.evaluate(MEASURE)[each] for each in ("faint", "small", "narrow")]
    assert [
        ("done", "You have signed. You can close this page."),
        ("closed", "The sender has cancelled it."),
        ("closed", "The time to sign is over."),
        ("error", "Please ask the sender."),
    ] == list(told.values())
    assert ["COMPLETED", "CANCELLED", "EXPIRED"] == [
        request_at(vendor, each).status for each in (signed_id, cancelled_id, expired_id)
    ]


def test_documents_are_shown_in_the_page(vendor: Driver, phone: Page) -> None:
    """PDF sheets and pictures are drawn, data and text are text, and nothing comes from another host."""
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto(mixed(vendor))
    images = phone.locator(".sheets img, img.picture")
    assert 3 == images.count()
    for number in range(3):
        images.nth(number).scroll_into_view_if_needed()
        phone.wait_for_function("(n) => document.images[n].naturalWidth > 500", arg=number)
    assert "The contract, page 2 of 2" == images.nth(1).get_attribute("alt")
    data, notes = phone.locator("pre").all_inner_texts()
    assert ["x" * 200 in data, "Read me <b>first</b>" == notes.strip()] == [True, True]
    assert phone.get_by_text("This kind of file cannot be shown here").is_visible()
    assert 5 == phone.get_by_role("link", name="Open the file").count()
    enlarge = phone.get_by_role("button", name="Enlarge the pages")
    enlarge.tap()
    expect(enlarge).to_have_attribute("aria-pressed", "true")
    width, frame = phone.evaluate(
        "[document.images[0].clientWidth, document.querySelector('.sheets').clientWidth]"
    )
    assert width > 2 * frame
    assert 0 == phone.evaluate(WIDE)
    assert {vendor.base_url} == {"/".join(url.split("/")[:3]) for url in asked if not url.startswith("data:")}


def test_a_file_cannot_run_in_the_vendor_s_name(vendor: Driver, chromium: Browser) -> None:
    """A page that a sender uploads as a document is opened without its script."""
    signer, request_id = vendor.signer(), vendor.draft()
    document = vendor.document(request_id, label="A page")
    content = b"<title>quiet</title><script>document.title = 'ran'</script>"
    assert 200 == vendor.upload(document, content, "page.txt", "text/html").status_code
    body = {
        "title": "t", "documentIds": [document], "signerIds": [signer["signerId"]],
        "defaultSignatureMethod": "SIMPLE_STD",
    }  # fmt: skip
    vendor.ok("PUT", f"/v4/signature-requests/{request_id}", body)
    token = vendor.publish(request_id)["signersEmbedded"][0]["token"]
    link = vendor.embedded_link(request_id, signer["signerId"], token, signer["authSecret"])
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(link.replace("/sign?", f"/documents/{document}?"))
        assert "quiet" == page.title()
        elsewhere = context.new_page()
        elsewhere.set_content(content.decode())
        assert "ran" == elsewhere.title()  # the control: where nothing forbids it, the script runs


@pytest.mark.parametrize("theme", ["true", "false"])
@pytest.mark.parametrize("width", [360, 1280])
def test_everything_can_be_read_and_hit(
    vendor: Driver, open_page: Callable[..., Page], theme: str, width: int
) -> None:
    """In light and dark, small and large: nothing scrolls sideways, is faint, too small, or hard to hit."""
    page = open_page(viewport={"width": width, "height": 740})
    page.goto(f"{mixed(vendor)}&darkMode={theme}")
    page.locator("[value=drawn]").check()
    page.get_by_role("button", name="Sign").click()
    page.get_by_role("alert").wait_for()
    for summary in page.locator("summary").all():
        summary.click()
    found = page.evaluate(MEASURE)
    assert found["texts"] > 30
    assert found["controls"] > 15
    assert ([], [], []) == (found["faint"], found["small"], found["narrow"])
    assert 0 == page.evaluate(WIDE)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (theme == "true") == (int(ground[4:].split(",")[0]) < 128)


def test_what_is_hard_to_read_is_found(desk: Page) -> None:
    """The measurement is none that everything passes."""
    desk.set_content(
        '<p style="color:#999">faint</p><p style="font-size:12px">small</p><a href="/x">flat</a>'
        '<div style="width:3000px">wide</div>'
    )
    found = desk.evaluate(MEASURE)
    assert (["P faint"], ["small"], 1) == (found["faint"], found["small"], len(found["narrow"]))
    assert desk.evaluate(WIDE) > 1000


@pytest.mark.parametrize(
    ("language", "button", "title"),
    [("EN", "Sign", "Thank you"), ("FR", "Signer", "Merci"), ("DE", "Unterschreiben", "Danke")],
)
def test_the_page_speaks_the_language_asked_for(
    vendor: Driver, phone: Page, language: str, button: str, title: str
) -> None:
    """`forceLanguage` wins over the request's language, up to the page that says thank you."""
    _request_id, link = vendor.published(language="DE" if language != "DE" else "FR")
    phone.goto(f"{link}&forceLanguage={language}")
    assert language.lower() == phone.locator("html").get_attribute("lang")
    phone.locator("[name=fullName]").fill("Ada")
    phone.locator("[name=consent]").check()
    phone.get_by_role("button", name=button, exact=True).tap()
    phone.get_by_role("heading", name=title).wait_for()
    assert 0 == phone.evaluate(WIDE)


def test_the_address_says_what_is_shown(vendor: Driver, phone: Page) -> None:
    """Title, description and document details are shown or not as the parameters of the address say."""
    plain = mixed(vendor).replace("&showTitle=false", "")

    def seen(more: str) -> tuple[bool, bool, bool]:
        phone.goto(plain + more)
        box = phone.locator("h1").bounding_box()
        assert box is not None
        return (
            box["width"] > 2,
            phone.get_by_text("Please read it all.").count() == 1,
            phone.get_by_text("Fingerprint (SHA-256)").first.is_visible(),
        )

    assert (True, True, False) == seen("")
    assert (False, False, True) == seen(
        "&showTitle=false&showDescription=false&forceShowDocumentInformations=true"
    )
