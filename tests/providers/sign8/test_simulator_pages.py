"""The pages that a recipient of the simulated SIGN8 meets, used like a browser without JavaScript would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from io import BytesIO

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf

from paraph.testing.simulator import Person, PersonStuckError
from paraph_sign8.dialect.words import SignatureType
from paraph_sign8.simulator import create
from providers.sign8.simulator_driver import ADA, BOB, PHONE, Driver, make_pdf

ADVANCED = {**ADA, "signature_type": "advanced", "phone": PHONE}
SIGN = {"consent": "yes", "name": "Ada Lovelace"}


@pytest.fixture
def vendor() -> Iterator[Driver]:
    """Serve a fresh simulator."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    """Keep cookies, as a browser does."""
    with httpx.Client(trust_env=False) as client:
        yield client


def code_of(vendor: Driver) -> str:
    """Return the last code that was sent to a phone."""
    mail = vendor.mails("Your code")[-1]
    assert PHONE == mail.to
    return mail.subject.rpartition(" ")[2]


def certified(vendor: Driver) -> bytes:
    """Return a PDF certified so that nothing may be changed any more."""
    identity = vendor.simulator.authority.issue("Notary", reference="notary")
    key = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = SimpleSigner(
        signing_cert=next(iter(load_certs_from_pemder_data(identity.der))),
        signing_key=load_private_key_from_pemder_data(key, passphrase=None),
        cert_registry=None,
    )
    metadata = PdfSignatureMetadata(field_name="C", certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    output = BytesIO()
    sign_pdf(IncrementalPdfFileWriter(BytesIO(make_pdf())), metadata, signer=signer, output=output)
    return output.getvalue()


def test_the_password_comes_first(vendor: Driver, browser: httpx.Client) -> None:
    """Without the workflow's password nobody sees a document or signs; with it they go on."""
    workflow_id, (file_id,), _signers = vendor.started(password="open sesame")
    link = vendor.link()
    document = link.replace("?", f"/files/{file_id}?")
    page = browser.get(link)
    assert "file" not in page.text
    assert 'type="password"' in page.text
    assert 403 == browser.get(document).status_code
    assert 400 == browser.post(link, data={"password": "wrong", **SIGN}).status_code
    assert [("invited")] == [status for _signer, status in vendor.rows(workflow_id)]
    assert 200 == browser.post(link, data={"password": "open sesame"}).status_code
    assert ["opened"] == [status for _signer, status in vendor.rows(workflow_id)]
    assert make_pdf() == browser.get(document).content
    assert 403 == httpx.get(document).status_code
    assert 200 == browser.post(link, data=SIGN).status_code
    assert "completed" == vendor.status(workflow_id)


@pytest.mark.parametrize("kind", [each for each in SignatureType if each is not SignatureType.SIMPLE])
def test_a_phone_is_proven_from_advanced_upward(vendor: Driver, kind: SignatureType) -> None:
    """Every type but simple asks for a code, without which nobody signs."""
    workflow_id, _files, _signers = vendor.started({**ADVANCED, "signature_type": kind.value})
    with pytest.raises(PersonStuckError, match="one-time code"):
        Person(name="Ada Lovelace").sign(vendor.link())
    assert "done" == vendor.person().sign(vendor.link())
    assert "completed" == vendor.status(workflow_id)


def test_a_simple_signature_needs_no_phone(vendor: Driver) -> None:
    """For a simple signature no code is sent, not even to a known phone."""
    vendor.started({**ADA, "phone": PHONE})
    assert "done" == vendor.person().sign(vendor.link())
    assert [] == vendor.mails("Your code")


def test_a_code_is_valid_for_five_minutes(vendor: Driver, browser: httpx.Client) -> None:
    """A code counts until five minutes have passed, and a new one is sent then."""
    vendor.started(ADVANCED)
    link = vendor.link()
    browser.get(link)
    first = code_of(vendor)
    browser.get(link)
    assert 1 == len(vendor.mails("Your code"))
    vendor.simulator.clock.advance(timedelta(minutes=5))
    assert 400 == browser.post(link, data={"code": first}).status_code
    second = code_of(vendor)
    assert 2 == len(vendor.mails("Your code"))
    vendor.simulator.clock.advance(timedelta(minutes=4, seconds=50))
    assert 200 == browser.post(link, data={"code": second}).status_code
    assert "Thank you" in browser.post(link, data=SIGN).text


def test_a_code_counts_once_and_cannot_be_guessed_for_long(vendor: Driver, browser: httpx.Client) -> None:
    """Three wrong guesses make a code worthless; a right one does not open the page of another browser."""
    vendor.started(ADVANCED)
    link = vendor.link()
    browser.get(link)
    first = code_of(vendor)
    wrong = f"{(int(first) + 1) % 10**6:06}"
    for _guess in range(3):
        assert 400 == browser.post(link, data={"code": wrong}).status_code
    assert 2 == len(vendor.mails("Your code"))
    second = code_of(vendor)
    if first != second:
        assert 400 == browser.post(link, data={"code": first}).status_code
    assert 200 == browser.post(link, data={"code": second}).status_code
    with httpx.Client(trust_env=False) as other:
        assert 400 == other.post(link, data={"code": second}).status_code
        assert 400 == other.post(link, data={**SIGN, "code": second}).status_code


def test_password_and_code_are_both_needed(vendor: Driver) -> None:
    """The password step comes before the code step, and the robot goes through both."""
    workflow_id, _files, _signers = vendor.started(ADVANCED, password="open sesame")
    with pytest.raises(PersonStuckError, match="10 steps"):
        vendor.person().sign(vendor.link())
    assert [] == vendor.mails("Your code")
    assert "done" == vendor.person(password="open sesame").sign(vendor.link())
    assert "completed" == vendor.status(workflow_id)


def test_signing_needs_consent_and_a_name(vendor: Driver, browser: httpx.Client) -> None:
    """A form without consent or name is shown again and nothing is signed."""
    workflow_id, _files, _signers = vendor.started()
    link = vendor.link()
    for form in ({}, {"consent": "yes"}, {"name": "Ada"}, {"consent": "yes", "name": " "}):
        assert 400 == browser.post(link, data=form).status_code
    assert "active" == vendor.status(workflow_id)
    assert [] == list(vendor.simulator.effects.of("signed"))


def test_one_refusal_ends_everything(vendor: Driver) -> None:
    """Anybody invited may refuse with a reason, at the first step; nobody can sign any more."""
    workflow_id, _files, _signers = vendor.started(ADA, {**BOB, "signature_type": "simple"}, password="x")
    assert "closed" == vendor.person(BOB).decline(vendor.link("bob@example.org"), "Too expensive")
    assert "refused" == vendor.status(workflow_id)
    assert ["invited", "refused"] == [status for _signer, status in vendor.rows(workflow_id)]
    assert "closed" == vendor.person().open(vendor.link())
    with pytest.raises(PersonStuckError, match="'closed'"):
        vendor.person(password="x").sign(vendor.link())
    assert 1 == len(vendor.simulator.effects.of("refused"))


@pytest.mark.parametrize(
    ("form", "expected"),
    [({"reason": "No"}, "No"), ({"reason": " "}, None), ({"reason": ""}, None), ({}, None)],
)
def test_a_refusal_needs_no_reason(
    vendor: Driver, browser: httpx.Client, form: dict[str, str], expected: str | None
) -> None:
    """Who refuses may say why: a reason is in the status, and without one nothing is."""
    workflow_id, _files, _signers = vendor.started()
    assert 200 == browser.post(vendor.link().replace("?", "/refuse?"), data=form).status_code
    state = vendor.ok("status", workflow_id=workflow_id)
    assert ("refused", expected) == (state["status"], state["reason"])
    assert [expected] == [signer["reason"] for signer in state["signers"]]


def test_the_page_offers_to_refuse_without_a_reason(vendor: Driver, browser: httpx.Client) -> None:
    """One form asks for a reason and another one does not; a robot without a reason gets through as well."""
    workflow_id, _files, _signers = vendor.started()
    forms = re.findall(r"<form [^>]*decline.*?</form>", browser.get(vendor.link()).text)
    assert ["Reject signing process", "Reject without a reason"] == [
        each.rpartition("<button ")[2].partition(">")[2].partition("<")[0] for each in forms
    ]
    assert [True, False] == ["<input" in each for each in forms]
    assert "closed" == vendor.person().decline(vendor.link())
    assert "refused" == vendor.status(workflow_id)


def test_a_reason_that_is_too_long_refuses_nothing(vendor: Driver, browser: httpx.Client) -> None:
    """The longest reason has 2000 characters; a longer one changes nothing, and can be told again shorter."""
    workflow_id, _files, _signers = vendor.started()
    address = vendor.link().replace("?", "/refuse?")
    assert 400 == browser.post(address, data={"reason": "x" * 2001}).status_code
    assert "active" == vendor.status(workflow_id)
    assert 200 == browser.post(address, data={"reason": "x" * 2000}).status_code
    assert "refused" == vendor.status(workflow_id)


def test_who_has_signed_cannot_refuse(vendor: Driver, browser: httpx.Client) -> None:
    """A signature is final: refusing afterwards changes nothing."""
    workflow_id, _files, _signers = vendor.started(ADA, BOB)
    link = vendor.link()
    vendor.person().sign(link)
    assert "Already signed" in browser.post(link.replace("?", "/refuse?"), data={"reason": "No"}).text
    assert "Already signed" in browser.post(link, data=SIGN).text
    assert "active" == vendor.status(workflow_id)
    assert 1 == len(vendor.simulator.effects.of("signed"))


def test_a_link_is_its_signers_own(vendor: Driver, browser: httpx.Client) -> None:
    """Another signer's key, another workflow, or no key at all opens nothing."""
    workflow_id, (file_id,), (ada, bob) = vendor.started(ADA, BOB)
    link, other = vendor.link(), vendor.link("bob@example.org")
    stolen = link.partition("?")[0] + "?" + other.partition("?")[2]
    assert 403 == browser.get(stolen).status_code
    assert 403 == browser.get(link.partition("?")[0]).status_code
    assert 404 == browser.get(link.replace(ada, workflow_id)).status_code
    assert 404 == browser.get(link.replace(workflow_id, ada)).status_code
    assert 404 == browser.get(link.replace("?", f"/files/{bob}?")).status_code
    assert 200 == browser.get(link.replace("?", f"/files/{file_id}?")).status_code
    assert 403 == browser.post(stolen.replace("?", "/refuse?"), data={"reason": "No"}).status_code
    assert "active" == vendor.status(workflow_id)


def test_somebody_whose_turn_has_not_come_finds_a_closed_page(vendor: Driver) -> None:
    """In sequential dispatch even the right key opens nothing before its turn."""
    workflow_id, _files, (_ada, bob) = vendor.started(ADA, BOB, dispatch="sequential")
    workflow = vendor.simulator.tenant.workflows[workflow_id]
    early = vendor.simulator.tenant.sign_link(workflow, workflow.signers[bob])
    assert "closed" == vendor.person(BOB).open(early)
    with pytest.raises(PersonStuckError):
        vendor.person(BOB).decline(early)
    vendor.person(ADA).sign(vendor.link())
    assert "done" == vendor.person(BOB).sign(early)
    assert "completed" == vendor.status(workflow_id)


def test_a_file_that_forbids_changes_is_not_signed(vendor: Driver) -> None:
    """If one file cannot take a signature, none is signed and the signer is told."""
    workflow_id = vendor.workflow()
    good, bad = vendor.file(workflow_id), vendor.file(workflow_id, certified(vendor))
    signer_id = vendor.signer(workflow_id)
    for file_id in (good, bad):
        vendor.signature(workflow_id, file_id, signer_id)
    vendor.ok("start", workflow_id=workflow_id)
    with pytest.raises(PersonStuckError, match="HTTP 500"):
        vendor.person().sign(vendor.link())
    assert "active" == vendor.status(workflow_id)
    assert vendor.simulator.tenant.workflows[workflow_id].files[good].signed is None


def test_results_open_with_their_key_and_only_at_the_end(vendor: Driver) -> None:
    """The page with the results is there once all have signed, for those who were told its address."""
    workflow_id, (file_id,), _signers = vendor.started()
    workflow = vendor.simulator.tenant.workflows[workflow_id]
    address = vendor.simulator.tenant.results_link(workflow)
    assert 404 == httpx.get(address).status_code
    vendor.person().sign(vendor.link())
    assert 200 == httpx.get(address).status_code
    assert vendor.download(workflow_id, file_id) == httpx.get(address.replace("?", f"/{file_id}?")).content
    assert httpx.get(address.replace("?", "/audit-report?")).content.startswith(b"%PDF-")
    assert 404 == httpx.get(address.replace("?", "/other?")).status_code
    assert 403 == httpx.get(address.replace("?", "/audit-report?") + "x").status_code


class _Tags(HTMLParser):
    """Collects the names of elements and attributes, and the addresses of pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.pictures: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen |= {tag, *(name for name, _value in attrs)}
        self.pictures += [value or "" for name, value in attrs if (tag, name) == ("img", "src")]


def test_sheets_are_pictures_behind_the_password(vendor: Driver, browser: httpx.Client) -> None:
    """Each sheet of a PDF is a PNG, for whoever may see the document and nobody else; there are no others."""
    _workflow_id, (file_id,), _signers = vendor.started(password="open sesame")
    first = vendor.link().replace("?", f"/files/{file_id}/sheets/0?")
    browser.get(vendor.link())
    assert 403 == browser.get(first).status_code
    browser.post(vendor.link(), data={"password": "open sesame"})
    shown = browser.get(first)
    assert (200, b"\x89PNG") == (shown.status_code, shown.content[:4])
    others = [browser.get(first.replace("/sheets/0", f"/sheets/{number}")) for number in ("99", "-1", "x")]
    assert [404, 404, 404] == [other.status_code for other in others]


def test_pages_show_text_as_text_and_need_no_script(vendor: Driver) -> None:
    """What the sender wrote cannot become markup, no page has a script, and the only pictures are sheets."""
    vendor.started(name="<script>alert(1)</script>", description='"><img src=x onerror=alert(1)>')
    page = httpx.get(vendor.link())
    reader = _Tags()
    reader.feed(page.text)
    assert "form" in reader.seen
    assert {"script", "onerror", "onclick"}.isdisjoint(reader.seen)
    assert {True} == {"/sheets/" in address for address in reader.pictures}
    assert "&lt;script&gt;" in page.text
