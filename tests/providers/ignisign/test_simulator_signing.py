"""What the signing pages of the simulated Ignisign say, where no browser is needed to read it."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.testing.simulator import Person
from paraph_ignisign.simulator import create
from paraph_ignisign.simulator.signing.showing import plain
from providers.ignisign.simulator_driver import Driver, inbox


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("I am of age", "I am of age"),
        ("I accept the **terms** and *all* of `B`", "I accept the terms and all of B"),
        ("I read the [policy](https://example.org/p?a=1).", "I read the policy (https://example.org/p?a=1)."),
        ("## Terms\n- first\n> second", "Terms\nfirst\nsecond"),
        ("2 * 3 * 4 and some_file_name", "2 * 3 * 4 and some_file_name"),
        ("**[both](http://a.example)**", "both (http://a.example)"),
    ],
)
def test_a_statement_is_read_without_its_marks(written: str, read: str) -> None:
    """Markdown of a sentence becomes the sentence; what is no mark stays."""
    assert read == plain(written)


@given(st.text(st.characters(exclude_characters="*_`#>-+[]() \t\n\r\x0b\x0c", categories=["L", "N", "P"])))
def test_a_statement_without_marks_stays(words: str) -> None:
    """Text that has no mark in it is told as it was written."""
    assert words == plain(words)


def test_the_page_tells_a_statement_in_plain_words() -> None:
    """The signer reads the sentence, also where the page says that it is missing."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        signer = vendor.signer()
        request_id = vendor.ready([signer["signerId"]])
        owner = {"appId": vendor.app_id, "appEnv": vendor.app_env, "signatureRequestId": request_id}
        statement = {**owner, "labelMd": "I accept the **terms**"}
        vendor.ok("PUT", f"/v4/signature-requests/{request_id}", {"statements": [statement]})
        token = vendor.publish(request_id)["signersEmbedded"][0]["token"]
        link = vendor.embedded_link(request_id, signer["signerId"], token, signer["authSecret"])
        shown, refused = httpx.get(link), httpx.post(link, data={"fullName": "Ada", "consent": "yes"})
        for answer, status in ((shown, 200), (refused, 400)):
            told = (
                answer.status_code,
                "I accept the terms" in answer.text,
                "**" in answer.text.split("<script>")[0],
            )
            assert (status, True, False) == told
        assert "I accept the **terms**" == vendor.context(request_id)["statements"][0]["labelMd"]


def test_proofs_open_only_with_their_token() -> None:
    """A document's token opens its own proof, the request's opens all, and any other none."""
    simulator = create()
    with inbox() as box, simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        simulator.subscribe(box.url)
        for _request in range(2):
            Person(name="Ada Lovelace").sign(vendor.published(documents=2)[1])
        simulator.webhooks.drain()
        own, foreign = (body["content"] for body in box.of("SIGNATURE_PROOF/GENERATED"))
        page = f"{base_url}/signature-requests/{own['signatureRequestId']}/proofs"
        first, second = own["documents"]
        expected = {
            own["signatureProofToken"]: [200, 200, 200],
            first["token"]: [200, 200, 403],
            second["token"]: [200, 403, 200],
            foreign["signatureProofToken"]: [403, 403, 403],
            "": [403, 403, 403],
        }
        for token, statuses in expected.items():
            paths = [page, *(f"{page}/{one['documentId']}" for one in (first, second))]
            assert statuses == [httpx.get(path, params={"t": token}).status_code for path in paths]
        stranger = f"{page}/{foreign['documents'][0]['documentId']}"
        assert 404 == httpx.get(stranger, params={"t": own["signatureProofToken"]}).status_code


def test_a_file_gets_no_rights_on_the_signing_site() -> None:
    """What was uploaded is served so that no script in it runs and no browser guesses another type."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        signer = vendor.signer()
        request_id = vendor.draft()
        document_id = vendor.document(request_id)
        vendor.upload(document_id, b"<svg onload='alert(1)'/>", "a.svg", "image/svg+xml")
        fields = {"title": "T", "documentIds": [document_id], "signerIds": [signer["signerId"]]}
        vendor.ok(
            "PUT", f"/v4/signature-requests/{request_id}", {**fields, "defaultSignatureMethod": "SIMPLE_STD"}
        )
        token = vendor.publish(request_id)["signersEmbedded"][0]["token"]
        link = vendor.embedded_link(request_id, signer["signerId"], token, signer["authSecret"])
        answer = httpx.get(link.replace("/sign?", f"/documents/{document_id}?"))
        assert "image/svg+xml" == answer.headers["content-type"]
        assert "nosniff" == answer.headers["x-content-type-options"]
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
