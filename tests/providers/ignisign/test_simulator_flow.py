"""The simulated Ignisign from the first call to the signed file, over real HTTP, with real signatures."""

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.signers import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from paraph.testing.simulator import Fault, FaultKind, Person, PersonStuckError, SigningIdentity
from paraph_ignisign.simulator import DEFAULT_PROFILES, create
from paraph_ignisign.simulator.agenda import next_tick
from providers.ignisign.simulator_driver import FOREIGN_ID, Driver, inbox, make_pdf

CHECK = "/v4/tokens/webhook-verification/checking-consumption"
ADA = Person(name="Ada Lovelace")


@pytest.fixture
def vendor() -> Iterator[Driver]:
    """Serve a fresh simulator."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def judged(pdf: bytes, root_pem: str) -> list[tuple[bool, SignatureCoverageLevel]]:
    """Return (trusted and valid, coverage) of each signature."""
    roots = list(load_certs_from_pemder_data(root_pem.encode()))
    context = ValidationContext(trust_roots=roots, allow_fetching=False)
    found = [validate_pdf_signature(one, context) for one in PdfFileReader(BytesIO(pdf)).embedded_signatures]
    return [(bool(one.bottom_line), one.coverage) for one in found]


def certified(pdf: bytes, identity: SigningIdentity) -> bytes:
    """Return `pdf` certified so that nothing may be changed any more."""
    key = identity.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    signer = SimpleSigner(
        signing_cert=next(iter(load_certs_from_pemder_data(identity.der))),
        signing_key=load_private_key_from_pemder_data(key, passphrase=None),
        cert_registry=None,
    )
    metadata = PdfSignatureMetadata(field_name="C", certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    output = BytesIO()
    sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), metadata, signer=signer, output=output)
    return output.getvalue()


def in_days(vendor: Driver, days: float) -> str:
    """Return a moment in ISO 8601, counted from the simulated now."""
    return (vendor.simulator.clock.now() + timedelta(days=days)).isoformat()


def test_two_signers_sign_two_documents(vendor: Driver) -> None:
    """The main path of contract 7.1, BY_SIDE and EMBEDDED together, ends in two PDFs signed by both."""
    with inbox() as box:
        (listed,) = vendor.ok("POST", "APP/webhooks", {"url": box.url, "description": "tests"})
        assert box.url == listed["url"]
        bob = vendor.signer("BY_SIDE", firstName="Bob", externalId="user-2")
        ada = vendor.signer("EMBEDDED", externalId="user-1")
        request_id = vendor.ready([ada["signerId"], bob["signerId"]], 2, externalId="contract-7")
        answer = vendor.publish(request_id)
        (embedded,) = answer["signersEmbedded"]
        assert [{"signerId": bob["signerId"], "signerExternalId": "user-2"}] == answer["signersBySide"]
        assert (ada["signerId"], "user-1") == (embedded["signerId"], embedded["signerExternalId"])
        (mail,) = vendor.http.get("/_simulator/outbox").json()
        assert "ada@example.org" == mail["to"]

        assert "done" == Person(name="Bob").sign(mail["link"])
        half = vendor.context(request_id)
        assert ("IN_PROGRESS", [bob["signerId"]]) == (half["status"], half["signedBy"])
        link = vendor.embedded_link(request_id, ada["signerId"], embedded["token"], ada["authSecret"])
        assert "done" == ADA.sign(link)
        assert "done" == ADA.open(link)
        vendor.simulator.webhooks.drain()

        done = vendor.context(request_id)
        assert ("COMPLETED", "CREATED") == (done["status"], done["signatureProofStatus"])
        for document_id in done["documentIds"]:
            path = f"/v4/documents/{document_id}"
            proofs = [
                vendor.raw("GET", url).content
                for url in (
                    f"{path}/signature-type/PDF_WITH_SIGNATURES",
                    f"{path}/signatures/PDF_WITH_SIGNATURES",
                    f"/v3/documents/{document_id}/signature-proof",
                )
            ]
            assert 1 == len(set(proofs))
            assert proofs[0].startswith(make_pdf()[:20])
            first, last = judged(proofs[0], vendor.simulator.authority.root_pem)
            assert (True, SignatureCoverageLevel.ENTIRE_REVISION) == first
            assert (True, SignatureCoverageLevel.ENTIRE_FILE) == last
            assert 2 == len(vendor.ok("GET", f"{path}/signatures"))
            assert 2 == len(vendor.ok("GET", f"{path}/context")["signatureSummaries"])

        assert ["SIGNER/CREATED"] * 2 == box.names[:2]
        life = [name for name in box.names if name.startswith("SIGNATURE_REQUEST/")]
        assert [
            f"SIGNATURE_REQUEST/{a}" for a in ("INITIALIZED", "UPDATED", "READY", "LAUNCHED", "COMPLETED")
        ] == life
        pairs = {
            (body["content"]["signerId"], body["content"]["documentId"])
            for body in box.of("SIGNATURE/FINALIZED")
        }
        assert 4 == len(pairs) == len(box.of("SIGNATURE/FINALIZED"))
        assert 2 == len(box.of("SIGNATURE_SESSION/INITIALIZED"))
        (launched,) = box.of("SIGNATURE_REQUEST/LAUNCHED")
        assert answer["signersEmbedded"] == launched["content"]["signers"]["signersEmbedded"]
        assert "contract-7" == launched["content"]["signatureRequestExternalId"]
        (proof,) = box.of("SIGNATURE_PROOF/GENERATED")
        tokens = {one["token"] for one in proof["content"]["documents"]} | {
            proof["content"]["signatureProofToken"]
        }
        assert 3 == len(tokens)
        assert box.names.index("SIGNATURE_REQUEST/COMPLETED") < box.names.index("SIGNATURE_PROOF/GENERATED")
        page = httpx.get(proof["content"]["signatureProofUrl"])
        assert (200, 2) == (page.status_code, page.text.count("<li>"))
        assert 403 == httpx.get(proof["content"]["signatureProofUrl"] + "x").status_code


def test_every_delivery_has_a_token_that_counts_once(vendor: Driver) -> None:
    """Tokens are fresh per attempt, 45 to 47 base-62 characters, valid once, for their own target only."""
    with inbox() as box:
        (endpoint,) = vendor.ok("POST", "APP/webhooks", {"url": box.url})
        box.status = 204
        vendor.draft()
        vendor.simulator.webhooks.drain()
        path = f"/v4/webhooks/{endpoint['_id']}/events"
        (event,) = vendor.ok("GET", f"{path}?filter=FAILED")["events"]
        assert ("FAILED", 204) == (event["status"], event["response"]["status"])
        assert "verificationToken" not in event
        box.status = 200
        vendor.ok("POST", f"{path}/{event['_id']}/resend", {})
        vendor.simulator.webhooks.drain()
        assert "SUCCESS" == vendor.ok("GET", f"{path}/{event['_id']}")["status"]
        assert 0 == vendor.ok("GET", f"{path}?filter=FAILED")["searchData"]["total"]
        first, second = (body["verificationToken"] for body in box.bodies)
        assert first != second
        assert {True} == {45 <= len(token) <= 47 and token.isalnum() for token in (first, second)}
        one, two = (
            {key: value for key, value in body.items() if key != "verificationToken"} for body in box.bodies
        )
        assert one == two

        own = {"appId": vendor.app_id, "appEnv": vendor.app_env}
        foreign = vendor.ok("POST", CHECK, {"token": first, "appId": vendor.app_id, "appEnv": "PRODUCTION"})
        assert (False, True) == (foreign["isValid"], foreign["badRelatedId"])
        good = vendor.ok("POST", CHECK, {"token": first, **own})
        assert (True, True, False) == (good["isValid"], good["haveBeenConsumed"], good["alreadyConsumed"])
        again = vendor.ok("POST", CHECK, {"token": first, **own})
        assert (False, True, False) == (again["isValid"], again["alreadyConsumed"], again["haveBeenConsumed"])
        unknown = vendor.ok("POST", CHECK, {"token": "x", **own})
        assert (False, True) == (unknown["isValid"], unknown["notFound"])
        _request_id, link = vendor.published()
        session = httpx.URL(link).params["token"]
        assert vendor.ok("POST", CHECK, {"token": session, **own})["badTarget"] is True
        vendor.simulator.clock.advance(timedelta(days=2))
        late = vendor.ok("POST", CHECK, {"verificationToken": second, **own})
        assert (False, True) == (late["isValid"], late["isExpired"])
        with httpx.Client() as nobody:
            assert 401 == nobody.post(vendor.base_url + CHECK, json={"token": second, **own}).status_code


def test_webhook_endpoints(vendor: Driver) -> None:
    """Endpoints are created, changed, narrowed and deleted; each write answers the whole list."""
    with inbox() as box:
        vendor.ok("POST", "APP/webhooks", {"url": "http://localhost:1/other"})
        first, second = vendor.ok("POST", "APP/webhooks", {"url": "http://localhost:1/new"})
        path = f"/v4/webhooks/{second['_id']}"
        changed = vendor.ok("PUT", path, {"url": box.url})
        assert [first["url"], box.url] == [one["url"] for one in changed]
        assert [first] == vendor.ok("DELETE", f"/v4/webhooks/{second['_id']}")
        (kept,) = vendor.ok("PUT", f"/v4/webhooks/{first['_id']}", {"url": box.url})
        vendor.ok(
            "POST", f"/v4/webhooks/{kept['_id']}/disabled-events", {"topics": {"SIGNER": True, "ALL": True}}
        )
        vendor.signer()
        vendor.draft()
        vendor.simulator.webhooks.drain()
        assert ["SIGNATURE_REQUEST/INITIALIZED"] == box.names
        missing = f"/v4/webhooks/{kept['_id']}/events/{FOREIGN_ID}"
        assert (404, "WEBHOOK_EVENT_NOT_FOUND") == vendor.refusal("GET", missing)
        bad = f"/v4/webhooks/{kept['_id']}/events?filter=Passed"
        assert (400, "QUERY_VALIDATION_FAILED") == vendor.refusal("GET", bad)


def test_the_quick_start_vocabulary() -> None:
    """With the quick start's words, names and contents are the quick start's, and INFO never appears."""
    with inbox() as box:
        simulator = create(vocabulary="quickstart", webhook_urls=[box.url])
        with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
            _request_id, link = vendor.published()
            ADA.sign(link)
            simulator.webhooks.drain()
        expected = [
            "CREATED",
            "INIT",
            "UPDATE",
            "PUBLISH",
            "LAUNCHED",
            "STARTED",
            "SIGNATURE_SUCCESS",
            "GENERATED",
            "CLOSED",
            "GENERATED",
        ]
        assert expected == [body["action"] for body in box.bodies]
        assert {"SUCCESS"} == {body["msgNature"] for body in box.bodies}
        assert "DRAW" == box.bodies[6]["content"]["signatureMethod"]
        assert {"documentProofToken", "documentProofUrl"} < set(box.bodies[-1]["content"]["documents"][0])


@pytest.mark.parametrize(
    ("how", "signs", "status", "action"),
    [
        ("close", 0, "CANCELLED", "CANCELLED"),
        ("close", 1, "COMPLETED", "COMPLETED"),
        ("expire", 0, "EXPIRED", "EXPIRED"),
        ("expire", 1, "COMPLETED", "COMPLETED"),
    ],
)
def test_an_early_end(vendor: Driver, how: str, signs: int, status: str, action: str) -> None:
    """Closing or expiring ends as cancelled or expired only if nobody signed; else completed, with proofs."""
    with inbox() as box:
        vendor.simulator.subscribe(box.url)
        people = [vendor.signer() for _ in range(2)]
        expiry = {"expirationDate": in_days(vendor, 1), "expirationDateIsActivated": True}
        request_id = vendor.ready([one["signerId"] for one in people], **(expiry if how == "expire" else {}))
        invited = vendor.publish(request_id)["signersEmbedded"]
        links = [
            vendor.embedded_link(request_id, one["signerId"], seat["token"], one["authSecret"])
            for one, seat in zip(people, invited, strict=True)
        ]
        for link in links[:signs]:
            ADA.sign(link)
        if how == "close":
            vendor.ok("POST", f"/v4/signature-requests/{request_id}/close", {})
        else:
            vendor.simulator.clock.advance(timedelta(days=1, minutes=11))
        vendor.simulator.webhooks.drain()
        context = vendor.context(request_id)
        assert (status, signs) == (context["status"], len(context["signedBy"]))
        assert [f"SIGNATURE_REQUEST/{action}"] == [
            n for n in box.names if n.startswith("SIGNATURE_REQUEST/")
        ][-1:]
        assert signs == len(box.of("SIGNATURE_PROOF/GENERATED"))
        assert "closed" == ADA.open(links[1])
        with pytest.raises(PersonStuckError, match="closed"):
            ADA.sign(links[1])
        proof = vendor.raw(
            "GET", f"/v4/documents/{context['documentIds'][0]}/signature-type/PDF_WITH_SIGNATURES"
        )
        if signs:
            expected = [(True, SignatureCoverageLevel.ENTIRE_FILE)]
            assert expected == judged(proof.content, vendor.simulator.authority.root_pem)
            again = vendor.refusal("POST", f"/v4/signature-requests/{request_id}/close", {})
            assert (400, "SIGNATURE_REQUEST_ALREADY_COMPLETED") == again
        else:
            assert (404, "DOCUMENT_PROOF_NOT_FOUND") == (proof.status_code, proof.json()["code"])


def test_closing_again_and_deleting(vendor: Driver) -> None:
    """A draft is cancelled; closing again changes nothing; it cannot be published; deletion is final."""
    request_id = vendor.draft()
    document_id = vendor.pdf_document(request_id)
    path = f"/v4/signature-requests/{request_id}"
    for _time in range(2):
        assert {"signatureRequestId": request_id} == vendor.ok("POST", f"{path}/close", {})
    assert 1 == len(vendor.simulator.effects.of("cancelled"))
    assert (400, "SIGNATURE_REQUEST_BAD_STATUS") == vendor.refusal("POST", f"{path}/publish", {})
    assert {"signatureRequestId": request_id} == vendor.ok("DELETE", path)
    assert (404, "SIGNATURE_REQUEST_NOT_FOUND") == vendor.refusal("DELETE", path)
    assert (404, "DOCUMENT_NOT_FOUND") == vendor.refusal("GET", f"/v4/documents/{document_id}")


def test_expiry_waits_for_the_five_minute_clock(vendor: Driver) -> None:
    """A request past its expiry stays open until the next tick, and is ended by it."""
    clock = vendor.simulator.clock
    clock.set(next_tick(clock.now() + timedelta(hours=1)) + timedelta(seconds=30))
    expires = clock.now() + timedelta(seconds=30)
    request_id, _link = vendor.published(expirationDate=expires.isoformat(), expirationDateIsActivated=True)
    clock.set(next_tick(expires) - timedelta(seconds=20))
    assert "IN_PROGRESS" == vendor.context(request_id)["status"]
    clock.set(next_tick(expires) + timedelta(seconds=1))
    assert "EXPIRED" == vendor.context(request_id)["status"]


@given(moment=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone itself
def test_ticks(moment: datetime) -> None:
    """The next tick is at minute 5, 10, ... 55, not before the moment and less than ten minutes after."""
    tick = next_tick(moment)
    assert tick.minute in range(5, 60, 5)
    assert (0, 0) == (tick.second, tick.microsecond)
    assert timedelta() <= tick - moment <= timedelta(minutes=10)


def test_a_scheduled_request_waits(vendor: Driver) -> None:
    """Until its date a scheduled request is READY, invites nobody and cannot be signed; then it launches."""
    signer = vendor.signer("BY_SIDE")
    request_id = vendor.ready(
        [signer["signerId"]], diffusionMode="SCHEDULED", diffusionDate=in_days(vendor, 1)
    )
    vendor.publish(request_id)
    assert "READY" == vendor.context(request_id)["status"]
    assert [] == vendor.simulator.outbox
    vendor.simulator.clock.advance(timedelta(days=1, minutes=11))
    assert "IN_PROGRESS" == vendor.context(request_id)["status"]
    assert "done" == ADA.sign(vendor.simulator.outbox[0].link)


def test_slow_background_work() -> None:
    """With processing time LAUNCHING, PROCESSING and unfinished proofs show; a close wins over them."""
    simulator = create(processing=timedelta(minutes=1))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        request_id, link = vendor.published()
        assert "LAUNCHING" == vendor.context(request_id)["status"]
        assert "closed" == ADA.open(link)
        simulator.clock.advance(timedelta(minutes=1))
        ADA.sign(link)
        assert "PROCESSING" == vendor.context(request_id)["status"]
        simulator.clock.advance(timedelta(minutes=1))
        context = vendor.context(request_id)
        assert ("COMPLETED", "IN_PROGRESS") == (context["status"], context["signatureProofStatus"])
        path = f"/v4/documents/{context['documentIds'][0]}/signature-type/PDF_WITH_SIGNATURES"
        assert (400, "DOCUMENT_PROOF_NOT_CREATED") == vendor.refusal("GET", path)
        simulator.clock.advance(timedelta(minutes=1))
        assert 200 == vendor.raw("GET", path).status_code
        cancelled, _link = vendor.published()
        vendor.ok("POST", f"/v4/signature-requests/{cancelled}/close", {})
        simulator.clock.advance(timedelta(minutes=5))
        assert "CANCELLED" == vendor.context(cancelled)["status"]
        (states,) = [
            one for one in simulator.state()["signatureRequests"] if one["signatureRequestId"] == request_id
        ]
        assert ["DRAFT", "READY", "LAUNCHING", "IN_PROGRESS", "PROCESSING", "COMPLETED"] == states["history"]


def test_individualized_requests(vendor: Driver) -> None:
    """One child per signer, with its own documents and its parent's id; the parent has no end of its own."""
    with inbox() as box:
        vendor.simulator.subscribe(box.url)
        people = [vendor.signer("BY_SIDE", externalId=f"u{number}") for number in range(2)]
        request_id = vendor.ready([one["signerId"] for one in people], individualizeRequests=True)
        assert {"signatureRequestId": request_id} == vendor.publish(request_id)
        assert ["done"] * 2 == [ADA.sign(mail.link) for mail in vendor.simulator.outbox]
        vendor.simulator.webhooks.drain()
        assert "CHILDREN_GENERATED" == vendor.context(request_id)["status"]
        ended = [body["content"] for body in box.of("SIGNATURE_REQUEST/COMPLETED")]
        assert [request_id] * 2 == [content["initialSignatureRequestId"] for content in ended]
        children = [content["signatureRequestId"] for content in ended]
        batch = vendor.ok(
            "POST", "APP/signature-requests/status", {"signatureRequestIds": [*children, FOREIGN_ID]}
        )
        assert ["COMPLETED"] * 2 == [one["status"] for one in batch["signatureRequests"]]


def test_what_is_not_a_pdf_is_signed_as_data(vendor: Driver) -> None:
    """JSON, files and private files get a signature value that the certificate verifies, and no PDF proof."""
    signer = vendor.signer()
    request_id = vendor.draft()
    data, file, private = (vendor.document(request_id, label=name) for name in ("data", "file", "private"))
    vendor.ok("POST", f"/v4/documents/{data}/data-json-content", {"jsonContent": {"a": 1}})
    assert 200 == vendor.upload(file, b"text", "a.txt", "text/plain").status_code
    vendor.ok("POST", f"/v4/documents/{private}/private-content", {"documentHash": "ab" * 32})
    body = {
        "title": "t", "documentIds": [data, file, private], "signerIds": [signer["signerId"]],
        "defaultSignatureMethod": "SIMPLE_STD",
    }  # fmt: skip
    vendor.ok("PUT", f"/v4/signature-requests/{request_id}", body)
    token = vendor.publish(request_id)["signersEmbedded"][0]["token"]
    ADA.sign(vendor.embedded_link(request_id, signer["signerId"], token, signer["authSecret"]))
    for document_id in (data, file, private):
        path = f"/v4/documents/{document_id}/signature-type"
        assert (400, "SIGNATURE_PROOF_TYPE_NOT_AVAILABLE") == vendor.refusal(
            "GET", f"{path}/PDF_WITH_SIGNATURES"
        )
        signed = vendor.ok("GET", f"{path}/SIGNED_DATA")
        (one,) = signed["signatures"]
        public = x509.load_pem_x509_certificate(one["certificate"].encode()).public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        public.verify(
            base64.b64decode(one["value"]), signed["documentHash"].encode(), ec.ECDSA(hashes.SHA256())
        )
    original = f"/v4/documents/{private}/file"
    assert (400, "DOCUMENT_BAD_NATURE") == vendor.refusal("GET", original)


def test_the_legal_kit(vendor: Driver) -> None:
    """The kit is a ZIP with this request's trail and the certificates, and nothing of another request."""
    other, _link = vendor.published()
    request_id, link = vendor.published()
    ADA.sign(link)
    document_id = vendor.context(request_id)["documentIds"][0]
    answer = vendor.raw("GET", f"/v4/documents/{document_id}/signature-type/ADVANCED_LEGAL_KIT")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as kit:
        trail: dict[str, Any] = json.loads(kit.read("audit-trail.json"))
        assert vendor.simulator.authority.root_pem == kit.read("certificates/authority.pem").decode()
        assert 3 == len(kit.namelist())
    kinds = [event["kind"] for event in trail["events"]]
    assert {"published", "session_opened", "signed", "completed", "proof_generated"} < set(kinds)
    assert other not in json.dumps(trail)


def test_links_open_only_with_their_keys(vendor: Driver) -> None:
    """Wrong or missing token or secret, foreign ids, an old secret and a revoked signer stay outside."""
    request_id, link = vendor.published()
    signer_id = vendor.context(request_id)["signerIds"][0]
    wrong = {
        link.replace("token=", "token=x"): 403,
        link.replace("signerSecret=", "signerSecret=x"): 403,
        link.partition("&signerSecret")[0]: 403,
        link.partition("?")[0]: 403,
        link.replace(signer_id, FOREIGN_ID): 404,
        link.replace(request_id, FOREIGN_ID): 404,
    }
    assert wrong == {url: httpx.get(url).status_code for url in wrong}
    assert {"error"} == {ADA.open(url) for url in wrong}
    secret = vendor.ok("PUT", f"APP/signers/{signer_id}/regenerate-auth-secret", {})["authSecret"]
    assert 403 == httpx.get(link).status_code
    renewed = link.replace(httpx.URL(link).params["signerSecret"], secret)
    assert "sign" == ADA.open(renewed)
    for _time in range(2):
        assert {"signerId": signer_id} == vendor.ok("DELETE", f"APP/signers/{signer_id}/revoke")
    assert 403 == httpx.get(renewed).status_code
    assert [] == list(vendor.simulator.effects.of("signed"))


def test_the_signing_page_asks_for_everything(vendor: Driver) -> None:
    """Documents can be viewed; statements, consent and a name are all required; nobody can decline."""
    request_id = vendor.ready([(signer := vendor.signer())["signerId"]])
    statement = {
        "appId": vendor.app_id,
        "appEnv": "STAGING",
        "signatureRequestId": request_id,
        "labelMd": "I am 18",
    }
    vendor.ok("PUT", f"/v4/signature-requests/{request_id}", {"statements": [statement]})
    token = vendor.publish(request_id)["signersEmbedded"][0]["token"]
    link = vendor.embedded_link(request_id, signer["signerId"], token, signer["authSecret"])
    page = httpx.get(link).text
    assert "I am 18" in page
    document_id = vendor.context(request_id)["documentIds"][0]
    view = link.replace("/sign?", f"/documents/{document_id}?")
    assert make_pdf()[:8] == httpx.get(view).content[:8]
    for form in (
        {},
        {"consent": "yes", "fullName": "Ada"},
        {"statement-0": "yes", "consent": "yes", "fullName": " "},
    ):
        assert 400 == httpx.post(link, data=form).status_code
    assert [] == vendor.context(request_id)["signedBy"]
    with pytest.raises(PersonStuckError, match="decline"):
        ADA.decline(link)
    assert "done" == ADA.sign(link)
    httpx.post(link, data={"statement-0": "yes", "consent": "yes", "fullName": "Ada"})
    assert 1 == len(vendor.simulator.effects.of("signed"))


def test_signers_are_created_or_completed(vendor: Driver) -> None:
    """The same externalId is the same signer: inputs are only added; a set one is kept or refused."""
    first = vendor.signer(externalId="u1")
    again = vendor.signer(externalId="u1", email="eve@example.org", phoneNumber="+33612345678")
    assert (first["signerId"], True, False) == (
        again["signerId"],
        again["alreadyExists"],
        "authSecret" in again,
    )
    path = f"APP/signers/{first['signerId']}"
    summary = vendor.ok("GET", path)
    assert ("ada@example.org", True) == (summary["email"], "phoneNumber" in summary["alreadyProvidedInputs"])
    refusal = vendor.refusal("PUT", path, {"email": "eve@example.org"})
    assert (400, "SIGNER_CREATION__INPUT_FIELD_VALUE_INVALID") == refusal
    vendor.ok("PUT", path, {"externalId": "u2", "birthPlace": "London"})
    assert {"u2", "birthPlace"} <= {
        (one := vendor.ok("GET", f"{path}/details"))["externalId"],
        *one["alreadyProvidedInputs"],
    }
    profile = vendor.profile("EMBEDDED")
    needed = vendor.ok("GET", f"APP/signer-profiles/{profile}/inputs-needed")
    assert ["firstName", "lastName", "email"] == needed["inputsNeeded"]
    v3 = vendor.app.replace("/v4", "/v3")
    old = f"{v3}/signature-profiles/{profile}/signers/{first['signerId']}/missing-inputs"
    assert {"missingInputs": []} == vendor.ok("GET", old)
    vendor.ok("DELETE", f"{path}/revoke")
    assert vendor.signer(externalId="u2")["signerId"] != first["signerId"]


def test_lists_and_searches() -> None:
    """Signers page from 0, requests from 1; search matches names, e-mail and ids, by either verb."""
    simulator = create(page_size=2)
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        for number in range(3):
            vendor.signer(lastName=f"Number{number}", externalId=f"ext-{number}")
        pages = [vendor.ok("GET", f"APP/signers-paginate?page={page}") for page in range(3)]
        assert [2, 1, 0] == [len(page["signers"]) for page in pages]
        assert {3} == {page["total"] for page in pages}
        (found,) = vendor.ok("POST", "APP/signers-search", {"filter": "number1"})["signers"]
        assert [found] == vendor.ok("GET", "APP/signers-search?filter=ext-1")["signers"]
        assert 3 == vendor.ok("POST", "APP/signers-search?filter=*")["total"]
        ids = [vendor.draft() for _ in range(3)]
        pages = [vendor.ok("GET", f"APP/signature-requests?page={page}") for page in (1, 2, 3)]
        listed = [one["_id"] for page in pages for one in page["signatureRequests"]]
        assert ids[::-1] == listed
        assert {"total": 3, "page": 2, "nbEventsPerPage": 2} == pages[1]["paginationData"]
        assert 3 == len(vendor.ok("GET", "APP/signature-requests?pageSize=50")["signatureRequests"])


def test_the_application_context(vendor: Driver) -> None:
    """The context names the application and its environment, with profiles and webhooks, and no secret."""
    answer = vendor.ok("GET", f"/v4/applications/{vendor.app_id}/context")
    assert (vendor.app_id, "ACTIVE", "SIGNATURE") == (answer["appId"], answer["status"], answer["appType"])
    assert [spec.name for spec in DEFAULT_PROFILES] == [
        one["name"] for one in answer["signerProfiles"]["STAGING"]
    ]
    assert vendor.simulator.tenant.credentials.api_key("STAGING") not in json.dumps(answer)
    assert {"status": "ok"} == httpx.get(f"{vendor.base_url}/v4/healthcheck").json()


def test_the_account_works_as_it_is(vendor: Driver) -> None:
    """The ready-made table refers to its secret by name, and that secret opens its environment."""
    account = vendor.simulator.account(vendor.base_url)
    ((variable, secret),) = account.environment.items()
    assert ("ignisign", "test", "STAGING") == tuple(
        account.table[k] for k in ("provider", "environment", "app_env")
    )
    assert f"env:{variable}" == account.table["api_key"]
    assert secret not in repr(account)
    four_parts = {"authorization": f"Bearer {secret.replace('skv2_', 'sk_')}"}
    assert [] == vendor.ok("GET", "APP/webhooks", headers=four_parts)


def test_an_answer_lost_after_publishing(vendor: Driver) -> None:
    """The publication happened once although the client saw a reset; repeating it is refused."""
    request_id = vendor.ready([vendor.signer()["signerId"]])
    path = f"/v4/signature-requests/{request_id}/publish"
    vendor.simulator.faults.add(Fault(kind=FaultKind.LOST, method="POST", path=".*/publish"))
    with pytest.raises(httpx.ReadError):
        vendor.raw("POST", path, {})
    again = vendor.refusal("POST", path, {})
    assert (400, "CANNOT_PUBLISH_SIGNATURE_REQUEST__REQUEST_ALREADY_PUBLISHED") == again
    assert [request_id] == [effect.reference for effect in vendor.simulator.effects.of("published")]


def test_state_shows_no_secret_and_no_person(vendor: Driver) -> None:
    """The control route's state has neither tokens nor secrets nor names nor addresses."""
    request_id, link = vendor.published()
    state = vendor.http.get("/_simulator/state").text
    assert request_id in state
    params = httpx.URL(link).params
    for private in (params["token"], params["signerSecret"], "Lovelace", "ada@example.org"):
        assert private not in state


def test_a_document_that_forbids_signatures(vendor: Driver) -> None:
    """A certified PDF that allows no change fails: an ERROR event, an error page, no signature at all."""
    issuer = vendor.simulator.authority.issue("Issuer", reference="issuer")
    with inbox() as box:
        vendor.simulator.subscribe(box.url)
        signer = vendor.signer()
        request_id = vendor.draft()
        document_id = vendor.document(request_id)
        assert 200 == vendor.upload(document_id, certified(make_pdf(), issuer)).status_code
        body = {
            "title": "t", "documentIds": [vendor.pdf_document(request_id), document_id],
            "signerIds": [signer["signerId"]], "defaultSignatureMethod": "SIMPLE_STD",
        }  # fmt: skip
        vendor.ok("PUT", f"/v4/signature-requests/{request_id}", body)
        token = vendor.publish(request_id)["signersEmbedded"][0]["token"]
        link = vendor.embedded_link(request_id, signer["signerId"], token, signer["authSecret"])
        answer = httpx.post(link, data={"consent": "yes", "fullName": "Ada"})
        assert (500, True) == (answer.status_code, 'data-paraph-state="error"' in answer.text)
        vendor.simulator.webhooks.drain()
        (failed,) = box.of("SIGNATURE/FAILED")
        assert ("ERROR", "DOCUMENT_SIGNATURE_FAILED") == (failed["msgNature"], failed["error"]["errorCode"])
        assert "content" not in failed
        assert ("IN_PROGRESS", []) == tuple(vendor.context(request_id)[key] for key in ("status", "signedBy"))
        assert [] == box.of("SIGNATURE/FINALIZED")


def test_latency() -> None:
    """Every API answer waits as long as asked."""
    simulator = create(latency=0.2)
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        assert vendor.raw("GET", "APP/webhooks").elapsed >= timedelta(seconds=0.2)
