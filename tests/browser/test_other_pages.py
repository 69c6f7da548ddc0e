"""SIGN8's simulated pages and Ignisign's page for bare signatures, on a phone."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from paraph_ignisign.simulator import create as create_ignisign
from paraph_sign8.simulator import create
from providers.sign8.simulator_driver import ADA, PHONE, Driver
from support.browsing import MEASURE, WIDE, host, state

pytestmark = pytest.mark.browser


@pytest.fixture
def sign8() -> Iterator[Driver]:
    """Serve a fresh simulated SIGN8."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def readable(page: Page) -> None:
    """Check that nothing is faint, small, hard to hit, or beside the screen."""
    found = page.evaluate(MEASURE)
    assert ([], [], [], 0) == (found["faint"], found["small"], found["narrow"], page.evaluate(WIDE))


def test_a_recipient_signs_on_a_phone(sign8: Driver, phone: Page) -> None:
    """Password, code, document, consent and name: every step can be read and leads to the next."""
    advanced = {**ADA, "signature_type": "advanced", "phone": PHONE}
    workflow_id, _files, _signers = sign8.started(advanced, password="open sesame")
    phone.goto(sign8.link())
    readable(phone)
    phone.get_by_label("Password of this workflow").fill("wrong")
    phone.get_by_role("button", name="Continue").tap()
    phone.get_by_text("This is not the password.").wait_for()
    readable(phone)
    phone.get_by_label("Password of this workflow").fill("open sesame")
    phone.get_by_role("button", name="Continue").tap()
    code = phone.get_by_label("The code that was sent to your phone")
    code.wait_for()
    readable(phone)
    code.fill(sign8.mails("Your code")[-1].subject.rpartition(" ")[2])
    phone.get_by_role("button", name="Continue").tap()
    phone.wait_for_function("() => document.images.length && document.images[0].naturalWidth > 500")
    readable(phone)
    phone.get_by_role("button", name="Sign", exact=True).tap()
    assert ("sign", "opened") == (state(phone), sign8.rows(workflow_id)[0][1])
    phone.get_by_label("I have read the documents").check()
    phone.get_by_label("Your full name").fill("Ada Lovelace")
    phone.get_by_role("button", name="Sign", exact=True).tap()
    phone.get_by_text("You have signed").wait_for()
    readable(phone)
    assert "completed" == sign8.status(workflow_id)


def test_a_recipient_refuses_on_a_phone(sign8: Driver, phone: Page) -> None:
    """Refusing with a reason ends the workflow, and the page says so."""
    workflow_id, _files, _signers = sign8.started()
    phone.goto(sign8.link())
    phone.get_by_label("Why you refuse").fill("Too expensive")
    phone.get_by_role("button", name="Reject signing process").tap()
    phone.get_by_text("You have refused").wait_for()
    readable(phone)
    assert ("closed", "refused") == (state(phone), sign8.status(workflow_id))


@pytest.mark.parametrize(("agrees", "expected"), [(True, "code"), (False, "error")])
def test_a_bare_signature_sends_the_browser_back(phone: Page, *, agrees: bool, expected: str) -> None:
    """The page speaks the language of the wish, says what is missing, and returns to another origin."""
    digest = base64.b64encode(hashlib.sha256(b"file").digest()).decode()
    wish = {
        "hashes": [digest],
        "nonce": "5f0c1f6e-8a6b-4a52-9f0c-0d5b7b5f7a11",
        "title": "Une",
        "language": "FR",
    }
    simulator = create_ignisign(app_type="BARE_SIGNATURE")
    with simulator.running() as base_url, host() as application:
        query = {
            "redirect_uri": f"{application.url}/", "response_type": "code", "state": json.dumps(wish),
            "client_id": simulator.tenant.credentials.app_id, "code_challenge": "A" * 43,
            "code_challenge_method": "S256",
        }  # fmt: skip
        phone.goto(str(httpx.URL(f"{base_url}/envs/STAGING/oauth2/authorize", params=query)))
        readable(phone)
        phone.get_by_role("button", name="Signer", exact=True).tap()
        expect(phone.get_by_role("alert").first).to_contain_text("Il manque encore : Votre nom complet")
        phone.get_by_label("Votre nom complet").fill("Ada Lovelace")
        phone.get_by_label("J'ai lu les documents").check()
        if agrees:
            phone.get_by_role("button", name="Signer", exact=True).tap()
        else:
            phone.get_by_label("Je ne signe pas").check()
            phone.get_by_role("button", name="Retour").tap()
        phone.wait_for_url(f"{application.url}/?*")
        assert {expected, "state"} == httpx.URL(phone.url).params.keys()
