"""Whatever happens to a simulated request, in whatever order: it walks the states of the contract alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph_ignisign.simulator import IgnisignSimulator, create, drafts, lifecycle
from paraph_ignisign.simulator.agenda import Agenda
from paraph_ignisign.simulator.contents import of_file, of_json
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.model import SignatureRequest, Signer
from paraph_ignisign.simulator.tables import CLOSED, EXTENSIONS
from providers.ignisign.simulator_driver import Driver, inbox, make_pdf

# Contract 5, transitions.
STEPS = {
    "DRAFT": {"READY", "CANCELLED"},
    "READY": {"LAUNCHING", "CANCELLED", "EXPIRED"},
    "LAUNCHING": {"IN_PROGRESS", "CANCELLED", "EXPIRED"},
    "IN_PROGRESS": {"PROCESSING", "COMPLETED", "CANCELLED", "EXPIRED"},
    "PROCESSING": {"COMPLETED"},
}
DEEDS = st.one_of(
    st.sampled_from(["publish", "close", ("approve", 2), ("sign", 0), ("sign", 1)]),
    st.tuples(st.sampled_from(["approve", "sign"]), st.integers(0, 2)),
    st.integers(1, 40),  # minutes
)


@pytest.fixture(scope="module")
def slow() -> Iterator[IgnisignSimulator]:
    """Make a simulator whose background work takes a minute."""
    with create(processing=timedelta(minutes=1)) as simulator:
        yield simulator


def person(simulator: IgnisignSimulator) -> Signer:
    """Make a signer."""
    tenant = simulator.tenant
    profile = next(one for one in tenant.profiles.values() if one.integration_mode == "EMBEDDED")
    signer = Signer(
        id=drafts.new_id(),
        context=tenant.home,
        profile=profile,
        created_at=tenant.clock.now(),
        auth_secret="s",
    )
    tenant.signers[signer.id] = signer
    return signer


def draft(
    simulator: IgnisignSimulator, people: list[Signer], *, expires: int, starts: int
) -> SignatureRequest:
    """Make a draft with two signers and an approver that starts and expires after some minutes."""
    tenant, now = simulator.tenant, simulator.clock.now()
    request = drafts.open_request(tenant, tenant.home, kind="STANDARD")
    document = drafts.add_document(tenant, request, {})
    drafts.provide(tenant, document, of_json({}))
    request.fields |= {
        "title": "t",
        "documentIds": [document.id],
        "signerIds": [one.id for one in people[:2]],
        "signerIdsAsApprover": [people[2].id],
        "defaultSignatureMethod": "SIMPLE_STD",
        "diffusionMode": "SCHEDULED" if starts else "WHEN_READY",
        "diffusionDate": (now + timedelta(minutes=starts)).isoformat(),
        "expirationDateIsActivated": True,
        "expirationDate": (now + timedelta(minutes=expires)).isoformat(),
    }
    return request


def happens(
    simulator: IgnisignSimulator, request: SignatureRequest, people: list[Signer], deed: object
) -> None:
    """Let one thing happen; what the vendor refuses happens not."""
    tenant = simulator.tenant
    try:
        match deed:
            case "publish":
                lifecycle.publish(tenant, request)
            case "close":
                lifecycle.close(tenant, request)
            case ("approve", int(who)):
                lifecycle.approved(tenant, request, people[who])
            case ("sign", int(who)):
                lifecycle.signed(tenant, request, people[who])
            case int(minutes):
                simulator.clock.advance(timedelta(minutes=minutes))
    except VendorError:
        return


@settings(max_examples=150, deadline=None)
@given(deeds=st.lists(DEEDS, max_size=14), expires=st.integers(60, 200), starts=st.sampled_from([0, 30]))
def test_every_life_is_one_of_the_contract(
    slow: IgnisignSimulator, deeds: list[object], expires: int, starts: int
) -> None:
    """States follow the contract's arrows; who signed, and nothing else, tells completed from the rest."""
    people = [person(slow) for _ in range(3)]
    request = draft(slow, people, expires=expires, starts=starts)
    for deed in ["publish", *deeds] if len(deeds) % 2 else deeds:
        happens(slow, request, people, deed)
    for wait in (timedelta(days=1), timedelta(minutes=1), timedelta(minutes=1)):
        slow.clock.advance(wait)  # what a leap makes due may itself take its minute
    assert all(after in STEPS[before] for before, after in pairwise(request.history)), request.history
    assert request.status in {"DRAFT", *CLOSED}, "everything published ends by its expiry"
    assert bool(request.signed_by) == (request.status == "COMPLETED") == (request.proof_status == "CREATED")
    assert not request.signed_by or request.approved_by == [people[2].id], "approvers act first"
    assert set(request.signed_by) <= set(request.signer_ids)
    published = [one for one in slow.effects.of("published") if one.reference == request.id]
    assert ("READY" in request.history) == (len(published) == 1)


def test_what_is_deleted_stays_silent() -> None:
    """Background work of a deleted request does nothing: no proof, no image, no retention, no error."""
    simulator = create(processing=timedelta(minutes=1), original_retention=timedelta(hours=1))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor, inbox() as box:
        simulator.subscribe(box.url)
        request_id, _link = vendor.published()
        simulator.clock.advance(timedelta(minutes=1))
        tenant = simulator.tenant
        request = tenant.requests[request_id]
        lifecycle.signed(tenant, request, tenant.signers_of(request)[0])
        simulator.clock.advance(timedelta(minutes=1))
        assert ("COMPLETED", "IN_PROGRESS") == (request.status, request.proof_status)
        vendor.ok("DELETE", f"/v4/signature-requests/{request_id}")
        simulator.clock.advance(timedelta(days=1))
        simulator.webhooks.drain()
        assert [] == box.of("SIGNATURE_PROOF/GENERATED")
        assert 0 == vendor.ok("GET", "APP/signature-requests")["paginationData"]["total"]


def test_a_setup_has_nothing_to_sign() -> None:
    """A signer's setup is published and completed without a document or a method."""
    simulator = create()
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        signer_id = vendor.signer()["signerId"]
        request_id = vendor.ok("POST", "APP/signer-setup", {})["signatureRequestId"]
        path = f"/v4/signature-requests/{request_id}"
        vendor.ok("PUT", path, {"title": "Setup", "signerIds": [signer_id]})
        vendor.publish(request_id)
        tenant = simulator.tenant
        lifecycle.signed(tenant, tenant.requests[request_id], tenant.signers[signer_id])
        context = vendor.context(request_id)
        assert ("SIGNER_SETUP", "COMPLETED") == (context["signatureRequestType"], context["status"])


@given(name=st.from_regex(r"[a-z]{1,8}\.[a-z0-9]{1,5}", fullmatch=True))
def test_only_the_contract_s_extensions(name: str) -> None:
    """A name outside the list of 55 is refused whatever is in the file."""
    if PurePosixPath(name).suffix not in EXTENSIONS:
        with pytest.raises(VendorError, match="DOCUMENT_BAD_NATURE"):
            of_file(name, "application/octet-stream", b"x")


@pytest.mark.parametrize("extension", sorted(EXTENSIONS))
def test_every_extension_of_the_contract(extension: str) -> None:
    """Each of the 55 is accepted, in capitals too, and only .pdf is a PDF."""
    content = make_pdf() if extension == ".pdf" else b"x"
    for name in (f"a{extension}", f"a{extension.upper()}"):
        nature = of_file(name, "application/octet-stream", content).nature
        assert ("PDF" if extension == ".pdf" else "FILE") == nature


def test_a_jump_of_the_clock_does_all_that_is_due() -> None:
    """Everything due is done at once, oldest first, with what that adds, and nothing that is due later."""
    agenda, done, start = Agenda(), list[str](), datetime(2030, 1, 1, tzinfo=UTC)

    def first() -> None:
        done.append("first")
        agenda.at(start + timedelta(minutes=3), lambda: done.append("added"))

    agenda.at(start + timedelta(minutes=4), lambda: done.append("second"))
    agenda.at(start + timedelta(minutes=1), first)
    agenda.at(start + timedelta(minutes=6), lambda: done.append("later"))
    agenda.run(start + timedelta(minutes=5))
    assert ["first", "added", "second"] == done
