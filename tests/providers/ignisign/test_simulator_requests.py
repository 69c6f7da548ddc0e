"""The lives of requests in the simulated Ignisign: approvers, children, launches, one call, retention."""

import base64
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from paraph.testing.simulator import Person, serve
from paraph_ignisign.simulator import IgnisignSimulator, create, drafts, lifecycle
from paraph_ignisign.simulator.contents import of_json, of_xml
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.tables import LAUNCH_ERROR_MARK
from providers.ignisign.simulator_driver import Driver, Inbox, inbox, make_pdf

ONE_CALL = "/v4/signature-requests/one-call-sign"
ADA, BOB = Person(name="Ada Lovelace"), Person(name="Bob")
# Appendix A, word for word.
REQUEST = {
    "_id", "_createdAt", "appId", "appEnv", "signatureRequestType", "title", "description", "language",
    "status", "externalId", "creatorId", "documentIds", "signerIds", "signedBy", "expirationDate",
    "expirationDateIsActivated", "diffusionMode", "diffusionDate", "initialSignatureRequestId",
    "signerIdsAsApprover", "recipients", "appEnvSettingVersion", "defaultSignatureMethod",
    "signerProfilesUsed", "individualizeRequests", "m2mId", "highLevelProofCleaned", "originalFilesCleaned",
    "closedAt",
}  # fmt: skip
LISTED = REQUEST | {"docFileName", "docLabel"}
CONTEXT = REQUEST | {
    "signers", "documents", "statements", "applicationMetadata", "signatureProofsUrl",
    "signatureProofStatus", "signerProfiles",
}  # fmt: skip


@pytest.fixture
def vendor() -> Iterator[Driver]:
    """Serve a fresh simulator."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


@pytest.fixture
def box(vendor: Driver) -> Iterator[Inbox]:
    """Serve an endpoint that gets the simulator's webhooks."""
    with inbox() as made:
        vendor.simulator.subscribe(made.url)
        yield made


def in_days(vendor: Driver, days: float) -> str:
    """Return a moment in ISO 8601, counted from the simulated now."""
    return (vendor.simulator.clock.now() + timedelta(days=days)).isoformat()


def told(box: Inbox, vendor: Driver, about: str | None = None) -> list[str]:
    """Return the actions of the requests' events so far, of one request if asked."""
    vendor.simulator.webhooks.drain()
    bodies = [body for body in box.bodies if body["topic"] == "SIGNATURE_REQUEST"]
    return [one["action"] for one in bodies if about in {None, one["content"]["signatureRequestId"]}]


def test_approvers_act_first(vendor: Driver, box: Inbox) -> None:
    """Nobody signs before every approver approved, by mail or embedded; then it is launched."""
    signer, chief, clerk = vendor.signer(), vendor.signer("BY_SIDE"), vendor.signer()
    approvers = [chief["signerId"], clerk["signerId"]]
    request_id = vendor.ready([signer["signerId"]], signerIdsAsApprover=approvers, externalId="r-1")
    (invited,) = vendor.publish(request_id)["signersEmbedded"]
    link = vendor.embedded_link(request_id, signer["signerId"], invited["token"], signer["authSecret"])
    assert ("READY", "closed") == (vendor.context(request_id)["status"], ADA.open(link))
    assert ["READY", "APPROVER_STEP"] == told(box, vendor, request_id)[-2:]
    (step,) = box.of("SIGNATURE_REQUEST/APPROVER_STEP")
    assert [chief["signerId"]] == [one["signerId"] for one in step["content"]["signers"]["signersBySide"]]
    (seat,) = step["content"]["signers"]["signersEmbedded"]
    assert clerk["signerId"] == seat["signerId"]

    (mail,) = vendor.simulator.outbox
    assert ("Please approve: Contract", "done") == (mail.subject, BOB.sign(mail.link))
    assert "READY" == vendor.context(request_id)["status"]
    assert "closed" == ADA.open(link)
    own = vendor.embedded_link(request_id, clerk["signerId"], seat["token"], clerk["authSecret"])
    assert "done" == BOB.sign(own)
    assert "IN_PROGRESS" == vendor.context(request_id)["status"]
    assert "LAUNCHED" == told(box, vendor, request_id)[-1]
    BOB.open(own)
    assert [] == vendor.context(request_id)["signedBy"]
    assert "done" == ADA.sign(link)
    context = vendor.context(request_id)
    assert ("COMPLETED", [signer["signerId"]]) == (context["status"], context["signedBy"])
    assert (approvers, 2) == (context["signerIdsAsApprover"], len(vendor.simulator.effects.of("approved")))


@pytest.mark.parametrize(("days", "status"), [(0.5, "READY"), (2.0, "IN_PROGRESS")])
def test_approvals_and_a_date(vendor: Driver, days: float, status: str) -> None:
    """Before its date an approved request keeps waiting; an approval after the date launches at once."""
    boss = vendor.signer("BY_SIDE")
    fields = {"diffusionMode": "SCHEDULED", "diffusionDate": in_days(vendor, 1)}
    request_id = vendor.ready([vendor.signer()["signerId"]], signerIdsAsApprover=[boss["signerId"]], **fields)
    vendor.publish(request_id)
    vendor.simulator.clock.advance(timedelta(days=days))
    assert "READY" == vendor.context(request_id)["status"]
    BOB.sign(vendor.simulator.outbox[0].link)
    assert status == vendor.context(request_id)["status"]
    vendor.simulator.clock.advance(timedelta(days=1, minutes=10))
    assert "IN_PROGRESS" == vendor.context(request_id)["status"]


@pytest.mark.parametrize(("how", "status"), [("close", "CANCELLED"), ("expire", "EXPIRED")])
def test_an_end_before_the_approval(vendor: Driver, how: str, status: str) -> None:
    """A request ends while its approver waits, and then nobody can approve it any more."""
    boss = vendor.signer("BY_SIDE")
    expiry = {"expirationDate": in_days(vendor, 1), "expirationDateIsActivated": True}
    request_id = vendor.ready([vendor.signer()["signerId"]], signerIdsAsApprover=[boss["signerId"]], **expiry)
    vendor.publish(request_id)
    if how == "close":
        vendor.ok("POST", f"/v4/signature-requests/{request_id}/close", {})
    else:
        vendor.simulator.clock.advance(timedelta(days=1, minutes=10))
    assert status == vendor.context(request_id)["status"]
    assert "closed" == BOB.open(vendor.simulator.outbox[0].link)
    request = vendor.simulator.tenant.requests[request_id]
    with pytest.raises(VendorError, match="SIGNER_NOT_ALLOWED"):
        lifecycle.approved(
            vendor.simulator.tenant, request, vendor.simulator.tenant.signers[boss["signerId"]]
        )


def test_recipients_get_the_proofs(vendor: Driver) -> None:
    """Every recipient gets the page of the proofs by mail once there are any, and not before."""
    request_id, link = vendor.published(recipients=["legal@example.org"])
    assert [] == vendor.simulator.outbox
    ADA.sign(link)
    (mail,) = vendor.simulator.outbox
    assert ("legal@example.org", "Signed: Contract") == (mail.to, mail.subject)
    assert vendor.context(request_id)["signatureProofsUrl"] == mail.link
    assert 200 == httpx.get(mail.link).status_code


def test_children_live_for_themselves(vendor: Driver, box: Inbox) -> None:
    """Each child has its own documents, statements, events and end; the parent has none of its own."""
    people = [vendor.signer("BY_SIDE", externalId=f"u{number}") for number in range(2)]
    ids = [one["signerId"] for one in people]
    parent_id = vendor.ready(ids, individualizeRequests=True, externalId="r-1")
    (document_id,) = vendor.context(parent_id)["documentIds"]
    statement = {
        "appId": vendor.app_id, "appEnv": "STAGING", "signatureRequestId": parent_id,
        "documentId": document_id, "labelMd": "Read",
    }  # fmt: skip
    vendor.ok("PUT", f"/v4/signature-requests/{parent_id}", {"statements": [statement]})
    vendor.publish(parent_id)
    listed = vendor.ok("GET", "APP/signature-requests")["signatureRequests"]
    children = [one for one in listed if one.get("initialSignatureRequestId") == parent_id]
    assert [[ids[1]], [ids[0]]] == [one["signerIds"] for one in children]
    kept, closed = (one["_id"] for one in children)
    own = vendor.context(kept)
    assert ("r-1", [[ids[1]]]) == (own["externalId"], [one["signerIds"] for one in own["signerProfilesUsed"]])
    (said,) = own["statements"]
    assert (kept, own["documentIds"]) == (said["signatureRequestId"], [said["documentId"]])
    assert document_id not in own["documentIds"]
    assert said["_id"] != vendor.context(parent_id)["statements"][0]["_id"]

    vendor.ok("POST", f"/v4/signature-requests/{closed}/close", {})
    ADA.sign(vendor.simulator.outbox[1].link)
    states = {one: vendor.context(one)["status"] for one in (parent_id, kept, closed)}
    assert {parent_id: "CHILDREN_GENERATED", kept: "COMPLETED", closed: "CANCELLED"} == states
    assert ["READY", "LAUNCHED", "COMPLETED"] == told(box, vendor, kept)
    assert ["READY", "LAUNCHED", "CANCELLED"] == told(box, vendor, closed)
    assert ["INITIALIZED", "UPDATED", "UPDATED", "CHILDREN_GENERATED"] == told(box, vendor, parent_id)
    parents = {
        body["content"].get("initialSignatureRequestId")
        for body in box.bodies
        if body["topic"] == "SIGNATURE_REQUEST" and body["content"]["signatureRequestId"] != parent_id
    }
    assert {parent_id} == parents
    path = f"/v4/documents/{own['documentIds'][0]}/signature-type/PDF_WITH_SIGNATURES"
    assert 200 == vendor.raw("GET", path).status_code
    untouched = vendor.raw("GET", f"/v4/documents/{document_id}/signature-type/PDF_WITH_SIGNATURES")
    assert "DOCUMENT_PROOF_NOT_CREATED" == untouched.json()["code"]


def with_json(vendor: Driver, content: Any) -> tuple[str, str]:
    """Return a publishable request with one JSON document, and its only signer's id."""
    signer_id, request_id = vendor.signer("BY_SIDE")["signerId"], vendor.draft()
    document_id = vendor.document(request_id)
    vendor.ok("POST", f"/v4/documents/{document_id}/data-json-content", {"jsonContent": content})
    fields = {
        "title": "t", "documentIds": [document_id], "signerIds": [signer_id],
        "defaultSignatureMethod": "SIMPLE_STD",
    }  # fmt: skip
    vendor.ok("PUT", f"/v4/signature-requests/{request_id}", fields)
    return request_id, signer_id


def test_a_launch_that_fails(vendor: Driver, box: Inbox) -> None:
    """Data that no document can be made of ends in LAUNCH_ERROR: a FAILED event, no link, no way back."""
    request_id, _signer_id = with_json(vendor, {"amount": LAUNCH_ERROR_MARK})
    vendor.publish(request_id)
    assert "LAUNCH_ERROR" == vendor.context(request_id)["status"]
    assert [] == vendor.simulator.outbox
    assert "FAILED" == told(box, vendor, request_id)[-1]
    (failed,) = box.of("SIGNATURE_REQUEST/FAILED")
    code = "FAILED_TO_LAUNCH_SIGNATURE_REQUEST_DOCUMENT_GENERATION_FROM_DATA_FAILED"
    assert ("ERROR", code) == (failed["msgNature"], failed["error"]["errorCode"])
    assert "LAUNCH_ERROR" == failed["content"]["status"]
    path = f"/v4/signature-requests/{request_id}"
    assert (400, "SIGNATURE_REQUEST_BAD_STATUS") == vendor.refusal("POST", f"{path}/close", {})
    vendor.ok("DELETE", path)
    healthy, _signer_id = with_json(vendor, {"amount": 7})
    vendor.publish(healthy)
    assert ("IN_PROGRESS", 1) == (vendor.context(healthy)["status"], len(vendor.simulator.outbox))


def test_one_call(vendor: Driver) -> None:
    """One call makes a signer per person and a document per file, by value or address, and invites them."""

    async def file(_request: Request) -> Response:
        return Response(b"text", media_type="text/plain")

    with serve(Starlette(routes=[Route("/a.txt", file)])) as files:
        body = {
            "title": "Contract",
            "signatureMethod": "ADVANCED_STD",
            "signers": [
                {"email": "ada@example.org", "firstName": "Ada", "lastName": "Lovelace"},
                {"email": "bob@example.org", "firstName": "Bob", "lastName": "B",
                 "signerProfileId": vendor.profile("EMBEDDED")},
            ],
            "documents": [
                {"originalName": "a.pdf", "mimeType": "application/pdf",
                 "base64": base64.b64encode(make_pdf()).decode()},
                {"originalName": "a.txt", "mimeType": "text/plain", "url": f"{files}/a.txt"},
            ],
        }  # fmt: skip
        answer = vendor.ok("POST", "/v4/signature-requests/one-call-sign", body)
        broken = [{**body["documents"][1], "url": f"{files}/other"}]
        refusal = vendor.refusal(
            "POST", "/v4/signature-requests/one-call-sign", {**body, "documents": broken}
        )
        assert (500, "FAILED_TO_DOWNLOAD_DOCUMENT") == refusal
        far = [{**body["documents"][1], "url": "http://example.org/a.txt"}]
        refused = vendor.raw("POST", "/v4/signature-requests/one-call-sign", {**body, "documents": far})
        assert "The simulator fetches from this machine only" == refused.json()["message"]
    request_id = answer["signatureRequestId"]
    context = vendor.context(request_id)
    assert ("IN_PROGRESS", "ADVANCED_STD") == (context["status"], context["defaultSignatureMethod"])
    assert ["PDF", "FILE"] == [one["documentNature"] for one in context["documents"]]
    assert ["ada@example.org", "bob@example.org"] == [one["email"] for one in context["signers"]]
    (by_side,), (embedded,) = answer["signersBySide"], answer["signersEmbedded"]
    assert context["signerIds"] == [by_side["signerId"], embedded["signerId"]]
    assert ["ada@example.org"] == [mail.to for mail in vendor.simulator.outbox]
    assert "done" == ADA.sign(vendor.simulator.outbox[0].link)
    asked = {"signatureRequestIds": [request_id]}
    (state,) = vendor.ok("POST", "APP/signature-requests/status", asked)["signatureRequests"]
    assert {"signatureRequestId": request_id, "status": "IN_PROGRESS"} == state


def test_files_and_proofs_do_not_stay() -> None:
    """After their retention, files and proofs are CLEANED, each for itself, and say so; not a day before."""
    simulator = create(original_retention=timedelta(days=10), proof_retention=timedelta(days=20))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        request_id, link = vendor.published()
        ADA.sign(link)
        (document_id,) = vendor.context(request_id)["documentIds"]
        path = f"/v4/documents/{document_id}"
        proof = f"{path}/signature-type/PDF_WITH_SIGNATURES"
        simulator.clock.advance(timedelta(days=9))
        assert 200 == vendor.raw("GET", f"{path}/file").status_code
        simulator.clock.advance(timedelta(days=2))
        assert (404, "DOCUMENT_HAS_BEEN_REMOVED") == vendor.refusal("GET", f"{path}/file")
        assert "CLEANED" == vendor.ok("GET", path)["status"]
        context = vendor.context(request_id)
        assert (True, False) == (context["originalFilesCleaned"], context["highLevelProofCleaned"])
        assert 200 == vendor.raw("GET", proof).status_code
        simulator.clock.advance(timedelta(days=10))
        assert (404, "DOCUMENT_PROOF_HAS_BEEN_REMOVED") == vendor.refusal("GET", proof)
        signer_id = context["signerIds"][0]
        low = f"{path}/signature-type/CADES/signers/{signer_id}"
        assert (404, "DOCUMENT_PROOF_HAS_BEEN_REMOVED") == vendor.refusal("GET", low)
        assert "CLEANED" == vendor.context(request_id)["signatureProofStatus"]


def test_data_does_not_stay_either() -> None:
    """What was given as JSON is gone with the file: the document no longer tells it, no page shows it."""
    simulator = create(original_retention=timedelta(days=10))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        signer = vendor.signer()
        request_id = vendor.draft()
        path = f"/v4/documents/{vendor.document(request_id)}"
        vendor.ok("POST", f"{path}/data-json-content", {"jsonContent": "kept for a while"})
        fields = {"title": "T", "defaultSignatureMethod": "SIMPLE_STD", "signerIds": [signer["signerId"]]}
        fields |= {"documentIds": [path.rpartition("/")[2]]}
        vendor.ok("PUT", f"/v4/signature-requests/{request_id}", fields)
        token = vendor.publish(request_id)["signersEmbedded"][0]["token"]
        link = vendor.embedded_link(request_id, signer["signerId"], token, signer["authSecret"])
        ADA.sign(link)
        shown = link.replace("/sign?", f"/documents/{fields['documentIds'][0]}?")
        assert '"kept for a while"' == vendor.ok("GET", path)["dataJsonContent"] == httpx.get(shown).text
        simulator.clock.advance(timedelta(days=11))
        assert "dataJsonContent" not in vendor.ok("GET", path)
        assert (404, False) == ((page := httpx.get(shown)).status_code, "kept for" in page.text)


def test_shapes_of_requests(vendor: Driver) -> None:
    """A request shows the keys of appendix A and no other, listed or in its context, from draft to end."""
    boss, signer = vendor.signer(), vendor.signer()
    request_id = vendor.draft()
    assert set(vendor.context(request_id)) <= CONTEXT
    statement = {
        "appId": vendor.app_id, "appEnv": "STAGING", "signatureRequestId": request_id, "labelMd": "Read",
    }  # fmt: skip
    method = {"signerProfileId": vendor.profile("EMBEDDED"), "signatureMethodRef": "ADVANCED_STD"}
    fields = {
        "title": "t", "description": "d", "language": "FR", "externalId": "r-1", "statements": [statement],
        "documentIds": [vendor.pdf_document(request_id, label="l")], "signerIds": [signer["signerId"]],
        "signerIdsAsApprover": [boss["signerId"]], "recipients": ["a@example.org"],
        "defaultSignatureMethod": "SIMPLE_STD", "signerProfilesSignatureMethod": [method],
        "expirationDate": in_days(vendor, 1), "expirationDateIsActivated": True, "fullPrivacy": False,
        "diffusionMode": "WHEN_READY", "individualizeRequests": False, "extendedAuthSessionEnabled": False,
    }  # fmt: skip
    updated = vendor.ok("PUT", f"/v4/signature-requests/{request_id}", fields)
    assert vendor.context(request_id) == updated
    vendor.publish(request_id)
    context = vendor.context(request_id)
    assert set(context) <= CONTEXT
    told_back = set(fields) - {"fullPrivacy", "extendedAuthSessionEnabled", "signerProfilesSignatureMethod"}
    assert {name: context[name] for name in told_back - {"statements"}} == {
        name: fields[name] for name in told_back - {"statements"}
    }
    (used,) = context["signerProfilesUsed"]
    assert (method["signatureMethodRef"], [signer["signerId"]]) == (
        used["signatureMethodRef"],
        used["signerIds"],
    )
    (listed,) = vendor.ok("GET", "APP/signature-requests")["signatureRequests"]
    assert set(listed) <= LISTED
    assert ("l", "contract.pdf") == (listed["docLabel"], listed["docFileName"])


def test_seals_by_hand() -> None:
    """A SEAL application's requests are of the type SEAL and are published without a method (7.6)."""
    simulator = create(app_type="SEAL")
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        signer = vendor.signer()
        request_id = vendor.ready([signer["signerId"]], defaultSignatureMethod=None)
        token = vendor.publish(request_id)["signersEmbedded"][0]["token"]
        ADA.sign(vendor.embedded_link(request_id, signer["signerId"], token, signer["authSecret"]))
        context = vendor.context(request_id)
        assert ("SEAL", "COMPLETED") == (context["signatureRequestType"], context["status"])


def test_what_seals_at_once() -> None:
    """`sealed` signs every document once and proves it before it returns, however slow the rest is."""
    simulator: IgnisignSimulator = create(processing=timedelta(hours=1))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        tenant = simulator.tenant
        signer = tenant.signers[vendor.signer()["signerId"]]
        request = drafts.open_request(tenant, tenant.home, kind="SEAL_M2M", fields={"signerIds": [signer.id]})
        documents = [drafts.add_document(tenant, request, {}) for _content in range(2)]
        for document, content in zip(documents, (of_json({"a": 1}), of_xml("<a/>")), strict=True):
            drafts.provide(tenant, document, content)
        request.fields["documentIds"] = [one.id for one in documents]
        lifecycle.sealed(tenant, request, signer)
        context = vendor.context(request.id)
        assert ("SEAL_M2M", "COMPLETED", "CREATED") == tuple(
            context[name] for name in ("signatureRequestType", "status", "signatureProofStatus")
        )
        assert ["DATA_JSON", "DATA_XML"] == [one["documentNature"] for one in context["documents"]]
        for document in documents:
            proof = vendor.ok("GET", f"/v4/documents/{document.id}/signature-type/SIGNED_DATA")
            assert 1 == len(proof["signatures"])
    with pytest.raises(VendorError, match="BODY_VALIDATION_FAILED"):
        of_xml("<a>")


def test_a_document_is_fetched_without_holding_anybody_up(vendor: Driver) -> None:
    """The client's server may ask the vendor something while the vendor fetches a document from it."""

    def deliver(_request: Request) -> Response:
        health = httpx.get(f"{vendor.base_url}/v4/healthcheck", timeout=10, trust_env=False)
        return Response(make_pdf(), status_code=health.status_code, media_type="application/pdf")

    with serve(Starlette(routes=[Route("/contract.pdf", deliver)])) as site:
        answer = vendor.raw("POST", ONE_CALL, _one_call(url=f"{site}/contract.pdf"), timeout=20)
    assert 200 == answer.status_code, answer.text


@pytest.mark.parametrize("spelling", ["url", "base64"])
def test_one_call_takes_no_larger_file_than_an_upload(spelling: str) -> None:
    """A file over the limit is refused, and one without an end is not read to its end."""

    async def deliver(request: Request) -> Response:
        async def endless() -> AsyncIterator[bytes]:
            yield b"x" * 65536
            while (await request.receive())["type"] != "http.disconnect":
                pass

        return StreamingResponse(endless())

    simulator = create(max_file_bytes=5000)
    with (
        serve(Starlette(routes=[Route("/a.pdf", deliver)])) as site,
        simulator.running() as base_url,
        Driver(simulator, base_url) as vendor,
    ):
        given = f"{site}/a.pdf" if spelling == "url" else base64.b64encode(b"x" * 5001).decode()
        assert (400, "FILE_TOO_LARGE") == vendor.refusal("POST", ONE_CALL, _one_call(**{spelling: given}))
        small = base64.b64encode(make_pdf()).decode()
        assert 200 == vendor.raw("POST", ONE_CALL, _one_call(base64=small)).status_code


def test_one_call_takes_the_extension_that_the_vendors_sample_sends(vendor: Driver) -> None:
    """The vendor's HubSpot sample writes a file's extension as its media type; it is understood as one."""
    content = base64.b64encode(make_pdf()).decode()
    assert 200 == vendor.raw("POST", ONE_CALL, _one_call(base64=content, mimeType="pdf")).status_code


def _one_call(**content: str) -> dict[str, Any]:
    """Return the body of a one-call sign of one PDF."""
    person = {"firstName": "Ada", "lastName": "Lovelace", "email": "ada@example.org"}
    document = {"originalName": "a.pdf", "mimeType": "application/pdf", **content}
    return {"title": "T", "signatureMethod": "SIMPLE_STD", "signers": [person], "documents": [document]}
