"""Every call of a send, broken in every way, against the simulated vendor over real HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from paraph import errors
from paraph.client import Client
from paraph.config import Config
from paraph.model import Document, Envelope, Lifecycle, Snapshot
from paraph.store import open_store
from paraph.testing.simulator import Fault, FaultKind
from paraph_ignisign.simulator import IgnisignSimulator, create
from providers.ignisign.simulator_driver import make_pdf
from support.ignisign_account import envelope, person

APP = "/v4/applications/[^/]+/envs/[^/]+"
CALLS = {
    "signer": ("POST", f"{APP}/signers"),
    "init": ("POST", f"{APP}/signature-requests"),
    "document": ("POST", f"{APP}/init-documents"),
    "content": ("POST", "/v4/documents/[^/]+/file"),
    "describe": ("PUT", "/v4/signature-requests/[^/]+"),
    "publish": ("POST", "/v4/signature-requests/[^/]+/publish"),
    "context": ("GET", "/v4/signature-requests/[^/]+/context"),
}
KINDS = (FaultKind.LOST, FaultKind.RESET, FaultKind.STATUS, FaultKind.CUT, FaultKind.NOT_JSON)


@contextmanager
def serving() -> Iterator[tuple[IgnisignSimulator, Client]]:
    """Serve a simulator, and a client that never really pauses, with a store in memory."""
    simulator = create()
    with simulator.running() as base_url:
        made = simulator.account(base_url)
        config = Config.from_mapping({"accounts": {"hr": made.table}}, environ=made.environment)
        store = open_store("memory:")
        with Client(config, registry=config.registry, store=store, pause=lambda _: None) as client:
            yield simulator, client


@pytest.fixture(scope="module")
def vendor() -> Iterator[tuple[IgnisignSimulator, Client]]:
    """One simulator for all faults: each test uses an envelope of its own."""
    with serving() as both:
        yield both


def asked(name: str) -> Envelope:
    """Make an envelope of this id."""
    contract = Document.from_bytes(make_pdf(), name="contract.pdf")
    return envelope(
        id=name, documents=[contract], signatories=[person("ada"), person("bob", delivery="link")]
    )


def sent_in_the_end(client: Client, wanted: Envelope) -> Snapshot:
    """Send, and resume while the vendor fails."""
    try:
        return client.send(wanted, account="hr")
    except (errors.VendorError, errors.UncertainStep):
        return client.resume(wanted.id)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", CALLS)
def test_a_broken_call_never_publishes_twice_or_never(
    vendor: tuple[IgnisignSimulator, Client], call: str, kind: FaultKind
) -> None:
    """Whichever call breaks, and however, exactly one request of the envelope is published."""
    simulator, client = vendor
    method, path = CALLS[call]
    wanted = asked(f"{call}-{kind.value}")
    before = len(simulator.effects.of("published"))
    simulator.faults.add(Fault(kind=kind, method=method, path=path, body="<html>"))
    snapshot = sent_in_the_end(client, wanted)
    assert () == simulator.faults.waiting(), "the fault was met"
    assert Lifecycle.SENT is client.refresh(wanted.id).lifecycle
    assert 1 == len(simulator.effects.of("published")) - before
    assert {"ada", "bob"} == {state.id for state in snapshot.signatories if state.vendor_ref}
    requests = {one["signatureRequestId"]: one for one in simulator.state()["signatureRequests"]}
    assert "IN_PROGRESS" == requests[snapshot.vendor_ref]["status"]


def test_the_count_of_publications_can_fail() -> None:
    """The control: two envelopes publish twice, so the counting above sees a second publication."""
    with serving() as (simulator, client):
        client.send(asked("one"), account="hr")
        client.send(asked("two"), account="hr")
        assert 2 == len(simulator.effects.of("published"))
