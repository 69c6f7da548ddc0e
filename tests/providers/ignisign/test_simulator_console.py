"""What the simulator's console does and no API: failures, images that take their time, states of people.

And small habits of the simulator that a client can run into.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from paraph import Client, Document, Envelope, Signatory
from paraph.config import Config
from paraph.errors import NotReady
from paraph.testing.simulator import Person
from paraph_ignisign.simulator import create
from paraph_ignisign.simulator.tables import SIGNER_STATES
from providers.ignisign.constraints import completed
from providers.ignisign.simulator_driver import FOREIGN_ID, Driver, Inbox, inbox, make_pdf

ADA = Person(name="Ada Lovelace")
PROOF = "signature-type/PDF_WITH_SIGNATURES"


@pytest.fixture
def box() -> Iterator[Inbox]:
    """Serve a webhook endpoint."""
    with inbox() as made:
        yield made


@pytest.fixture
def vendor(box: Inbox) -> Iterator[Driver]:
    """Serve a fresh simulator that announces everything to `box`."""
    simulator = create(webhook_urls=[box.url])
    with simulator.running() as base_url, Driver(simulator, base_url) as driver:
        yield driver


def console(vendor: Driver, **body: Any) -> httpx.Response:
    """Do something in the console over HTTP."""
    return vendor.http.post("/_simulator/console", json=body)


def proof_state(vendor: Driver, request_id: str) -> tuple[str, str]:
    """Return the request's status and that of its proofs."""
    context = vendor.context(request_id)
    return context["status"], context["signatureProofStatus"]


def proof_path(vendor: Driver, request_id: str) -> str:
    """Return the address of the first document's proof."""
    return f"/v4/documents/{vendor.context(request_id)['documentIds'][0]}/{PROOF}"


def test_proofs_wait_for_images(vendor: Driver, box: Inbox) -> None:
    """While images are held back a completed request has no proof; afterwards it has, announced once."""
    assert 200 == console(vendor, do="hold_images").status_code
    request_id = completed(vendor)
    path = proof_path(vendor, request_id)
    assert ("COMPLETED", "WAITING_IMAGES") == proof_state(vendor, request_id)
    assert (400, "DOCUMENT_PROOF_NOT_CREATED") == vendor.refusal("GET", path)
    vendor.simulator.clock.advance(timedelta(days=1))
    assert ("COMPLETED", "WAITING_IMAGES") == proof_state(vendor, request_id)
    assert 200 == console(vendor, do="release_images").status_code
    assert ("COMPLETED", "CREATED") == proof_state(vendor, request_id)
    assert 200 == vendor.raw("GET", path).status_code
    assert ("COMPLETED", "CREATED") == proof_state(vendor, completed(vendor)), "later ones do not wait"
    vendor.simulator.webhooks.drain()
    about = [one for one in box.bodies if one["content"].get("signatureRequestId") == request_id]
    named = [f"{one['topic']}/{one['action']}" for one in about]
    assert (1, 1) == (
        named.count("SIGNATURE_SIGNER_IMAGE/GENERATED"), named.count("SIGNATURE_PROOF/GENERATED")
    )  # fmt: skip


@pytest.mark.parametrize("minutes", [0, 1, 30])
def test_images_that_are_released_at_any_time(minutes: int) -> None:
    """Whenever the images are released, before or after the rest of the work: each proof is made once."""
    simulator = create(processing=timedelta(minutes=10))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        request_id, link = vendor.published()
        simulator.clock.advance(timedelta(minutes=10))
        simulator.console.hold_images()
        ADA.sign(link)
        simulator.clock.advance(timedelta(minutes=10 + minutes))
        assert ("COMPLETED", "WAITING_IMAGES") == proof_state(vendor, request_id)
        simulator.console.release_images()
        assert ("COMPLETED", "IN_PROGRESS") == proof_state(vendor, request_id)
        simulator.clock.advance(timedelta(minutes=60))
        assert ("COMPLETED", "CREATED") == proof_state(vendor, request_id)
        assert 1 == len(simulator.effects.of("proof_generated"))


def test_a_held_image_of_a_deleted_request(vendor: Driver) -> None:
    """Releasing leaves alone what was deleted meanwhile."""
    vendor.simulator.console.hold_images()
    request_id = completed(vendor)
    vendor.ok("DELETE", f"/v4/signature-requests/{request_id}")
    vendor.simulator.console.release_images()
    assert () == vendor.simulator.effects.of("proof_generated")


def test_a_request_that_fails(vendor: Driver, box: Inbox) -> None:
    """It is FAILED for good, says so with an error, has no proof, takes no signature and can be deleted."""
    request_id, link = vendor.published()
    assert 200 == console(vendor, do="fail_request", request_id=request_id).status_code
    assert ("FAILED", "NOT_INITIALIZED") == proof_state(vendor, request_id)
    assert "done" != ADA.open(link)
    assert (404, "DOCUMENT_PROOF_NOT_FOUND") == vendor.refusal("GET", proof_path(vendor, request_id))
    path = f"/v4/signature-requests/{request_id}"
    assert (400, "SIGNATURE_REQUEST_BAD_STATUS") == vendor.refusal("POST", f"{path}/close", {})
    vendor.simulator.webhooks.drain()
    (told,) = box.of("SIGNATURE_REQUEST/FAILED")
    assert ("ERROR", "FAILED", True) == (
        told["msgNature"], told["content"]["status"], bool(told["error"]["errorCode"])
    )  # fmt: skip
    vendor.ok("DELETE", path)


@pytest.mark.parametrize("make", [Driver.draft, completed])
def test_only_what_is_under_way_fails(vendor: Driver, make: Any) -> None:
    """A draft and an ended request are not failed, and stay as they are."""
    request_id = make(vendor)
    before = vendor.context(request_id)
    answer = console(vendor, do="fail_request", request_id=request_id)
    assert (400, "SIGNATURE_REQUEST_BAD_STATUS") == (answer.status_code, answer.json()["error"])
    assert before == vendor.context(request_id)
    assert 400 == console(vendor, do="fail_request", request_id=FOREIGN_ID).status_code


@pytest.mark.parametrize("status", SIGNER_STATES)
def test_signers_of_every_status(vendor: Driver, status: str) -> None:
    """Each status is told; who is BLOCKED or CORRUPTED can neither be asked nor sign, everybody else can."""
    request_id, link = vendor.published()
    signer_id = vendor.context(request_id)["signerIds"][0]
    assert 200 == console(vendor, do="set_signer_status", signer_id=signer_id, status=status).status_code
    assert status == vendor.ok("GET", f"APP/signers/{signer_id}")["status"]
    able = status not in {"BLOCKED", "CORRUPTED"}
    asked = vendor.raw("PUT", f"/v4/signature-requests/{vendor.draft()}", {"signerIds": [signer_id]})
    assert (200 if able else 400) == asked.status_code
    assert (200 if able else 403) == httpx.get(link).status_code


def test_a_status_that_no_signer_has(vendor: Driver) -> None:
    """A word that is not the vendor's is refused."""
    signer_id = vendor.signer()["signerId"]
    assert 400 == console(vendor, do="set_signer_status", signer_id=signer_id, status="ASLEEP").status_code
    assert "CREATED" == vendor.ok("GET", f"APP/signers/{signer_id}")["status"]


def test_a_setup_is_done_once(vendor: Driver) -> None:
    """Who was set up is not set up again, and somebody else is; an unfinished setup does not count."""
    signer_id, other = vendor.signer()["signerId"], vendor.signer()["signerId"]

    def setup(person: str) -> tuple[str, httpx.Response]:
        request_id = vendor.ok("POST", "APP/signer-setup", {})["signatureRequestId"]
        body = {"title": "Setup", "signerIds": [person]}
        return request_id, vendor.raw("PUT", f"/v4/signature-requests/{request_id}", body)

    first, second = setup(signer_id), setup(signer_id)
    assert [200, 200] == [answer.status_code for _id, answer in (first, second)]
    token = vendor.publish(first[0])["signersEmbedded"][0]["token"]
    tenant = vendor.simulator.tenant
    assert "done" == ADA.sign(
        vendor.embedded_link(first[0], signer_id, token, tenant.signers[signer_id].auth_secret)
    )
    done = "SIGNATURE_REQUEST_DTO_NOT_MATCH_WITH_SIGNATURE_PROFILE__SIGNER_SETUP_ALREADY_DONE"
    assert (400, done) == vendor.refusal("POST", f"/v4/signature-requests/{second[0]}/publish", {})
    again = setup(signer_id)[1]
    assert (400, done) == (again.status_code, again.json()["code"])
    assert 200 == setup(other)[1].status_code


def test_nobody_is_found_by_an_empty_reference(vendor: Driver) -> None:
    """Two people with an empty `externalId` stay two, however it is set, and have none."""
    ids = {vendor.signer(externalId="")["signerId"] for _time in range(2)}
    third = vendor.signer(externalId="e-1")["signerId"]
    vendor.ok("PUT", f"APP/signers/{third}", {"externalId": ""})
    fourth = vendor.signer(externalId="")["signerId"]
    assert 4 == len(ids | {third, fourth})
    told = [vendor.ok("GET", f"APP/signers/{one}").get("externalId") for one in (*ids, third, fourth)]
    assert [None, None, "e-1", None] == told


def test_ids_in_capitals_are_the_same_ids(vendor: Driver) -> None:
    """An id may be written in capitals, in a path and in a body; what clients name themselves stays."""
    signer_id, request_id = vendor.signer()["signerId"], vendor.draft()
    document_id = vendor.document(request_id.upper(), externalId="A" * 24)
    assert 200 == vendor.upload(document_id.upper(), make_pdf()).status_code
    statement = {
        "appId": vendor.app_id, "appEnv": "STAGING", "signatureRequestId": request_id.upper(),
        "documentId": document_id.upper(), "labelMd": "Read",
    }  # fmt: skip
    fields = {
        "title": "B" * 24, "documentIds": [document_id.upper()], "signerIds": [signer_id.upper()],
        "statements": [statement], "defaultSignatureMethod": "SIMPLE_STD", "externalId": "C" * 24,
        "signerProfilesSignatureMethod": [
            {"signerProfileId": vendor.profile("EMBEDDED").upper(), "signatureMethodRef": "SIMPLE_STD"}
        ],
    }  # fmt: skip
    told = vendor.ok("PUT", f"/v4/signature-requests/{request_id.upper()}", fields)
    assert ([document_id], [signer_id]) == (told["documentIds"], told["signerIds"])
    assert ("B" * 24, "C" * 24) == (told["title"], told["externalId"])
    assert "A" * 24 == vendor.ok("GET", f"/v4/documents/{document_id}")["externalId"]
    vendor.publish(request_id.upper())
    data = {"signerId": "D" * 24, "more": [{"documentIds": ["E" * 24]}]}
    own = vendor.document(vendor.draft())
    kept = vendor.ok("POST", f"/v4/documents/{own}/data-json-content", {"jsonContent": data})
    assert '{"signerId":"' + "D" * 24 in kept["dataJsonContent"]
    assert "E" * 24 in kept["dataJsonContent"]


@pytest.mark.parametrize("change", [{"z": 1}, {"secret": None}, {"appId": 1}])
def test_a_body_that_is_no_exchange(vendor: Driver, change: dict[str, Any]) -> None:
    """The route that exchanges secrets has one code for every body that is not right."""
    body = {"appId": vendor.app_id, "appEnv": "STAGING", "secret": "sk_staging_x", **change}
    assert (400, "API_AUTH_BAD_REQUEST") == vendor.refusal("POST", "/v4/auth/app-api", body)


@pytest.mark.parametrize(
    ("status", "code"), [(400, "BAD_REQUEST"), (408, "UNKNOWN_ERROR"), (500, "INTERNAL_ERROR")]
)
def test_a_fault_speaks_as_the_vendor(vendor: Driver, status: int, code: str) -> None:
    """A status that a test asks for has the body of section 6, which a client can read."""
    vendor.http.post("/_simulator/faults", json={"kind": "status", "status": status}).raise_for_status()
    problem = vendor.raw("GET", "APP/webhooks")
    assert {"message", "timestamp", "status", "code", "context"} == problem.json().keys()
    assert (status, status, code) == (problem.status_code, problem.json()["status"], problem.json()["code"])


@contextmanager
def plugged(vendor: Driver) -> Iterator[Client]:
    """Open a client of the simulator's account."""
    account = vendor.simulator.account(vendor.base_url)
    config = Config.from_mapping({"accounts": {"hr": account.table}}, environ=account.environment)
    with Client.from_config(config) as client:
        yield client


def lease() -> Envelope:
    """Return an envelope that Ada is to sign."""
    document = Document.from_bytes(make_pdf(), name="lease.pdf", id="lease")
    ada = Signatory.parse("Ada Lovelace <ada@example.org>", id="ada")
    return Envelope(title="Lease", documents=[document], signatories=[ada])


def test_the_plugin_reads_who_has_a_profile(vendor: Driver) -> None:
    """`profiles.get` gives the signers of a profile, as a server told them."""
    signer_id = vendor.signer("BY_SIDE")["signerId"]
    with plugged(vendor) as client:
        profile = client.call("hr", "profiles.get", signer_profile_id=vendor.profile("BY_SIDE"))
    assert (signer_id,) == tuple(profile.signer_ids)


def test_the_plugin_waits_for_the_images(vendor: Driver, tmp_path: Path) -> None:
    """What waits for images is completed and not proven; once they are made, the same file can be saved."""
    envelope = lease()
    vendor.simulator.console.hold_images()
    with plugged(vendor) as client:
        client.send(envelope)
        ADA.sign(vendor.simulator.outbox[-1].link)
        assert "completed" == client.refresh(envelope.id).lifecycle
        with pytest.raises(NotReady):
            client.save(envelope.id, tmp_path, timeout=0)
        vendor.simulator.console.release_images()
        assert client.save(envelope.id, tmp_path, timeout=0)


def test_the_plugin_knows_a_request_that_fails(vendor: Driver) -> None:
    """A request that the vendor failed is a failed envelope."""
    envelope = lease()
    with plugged(vendor) as client:
        client.send(envelope)
        (request,) = vendor.simulator.tenant.requests
        vendor.simulator.console.fail_request(request)
        assert "failed" == client.refresh(envelope.id).lifecycle
