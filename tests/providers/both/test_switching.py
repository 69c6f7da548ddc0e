"""Two real simulators behind one configuration: routes, passing on, reconciling, across vendors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import pytest

import paraph_ignisign.simulator
import paraph_sign8.simulator
from paraph import Client, Config, Document, Envelope, Registry, Signatory
from paraph.errors import VendorError
from paraph.model import Lifecycle
from paraph.testing.simulator import Fault, FaultKind, Person, Simulator
from paraph_simulator import documents

ROUTE = {"name": "german", "when": {"country": ["DE"]}, "use": ["sign8", "ignisign"]}


@attrs.frozen(kw_only=True)
class Market:
    """Both vendors, and a configuration that leads to them."""

    vendors: Mapping[str, Simulator]
    config: Config

    def client(self) -> Client:
        return Client.from_config(self.config, registry=self.config.registry)

    def published(self) -> list[str]:
        kinds = {"ignisign": "published", "sign8": "started"}
        return [name for name, kind in kinds.items() for _ in self.vendors[name].effects.of(kind)]


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, tuple[Simulator, str]]]:
    """Start both simulators once."""
    ignisign, sign8 = paraph_ignisign.simulator.create(), paraph_sign8.simulator.create()
    with ignisign.running() as first, sign8.running() as second:
        yield {"ignisign": (ignisign, first), "sign8": (sign8, second)}


@pytest.fixture
def market(running: dict[str, tuple[Simulator, str]]) -> Iterator[Market]:
    """Configure an account at each, with a route that prefers SIGN8."""
    accounts, environ = {}, {}
    for name, (simulator, base_url) in running.items():
        described = simulator.account(base_url)
        accounts[name] = dict(described.table)
        environ |= described.environment
    config = Config.from_mapping(
        {"default": "ignisign", "accounts": accounts, "routes": [ROUTE]}, environ=environ, registry=Registry()
    )
    yield Market(vendors={name: simulator for name, (simulator, _) in running.items()}, config=config)
    for simulator, _ in running.values():
        simulator.faults.clear()


def envelope(**changes: Any) -> Envelope:
    given: dict[str, Any] = {
        "title": "Contract",
        "country": "DE",
        "documents": [Document.from_bytes(documents.annex(), name="contract.pdf")],
        "signatories": [
            Signatory(
                id="ada",
                given_name="Ada",
                family_name="Lovelace",
                email="ada@example.org",
                phone="+33612345678",
            )
        ],
    }
    return Envelope(**{**given, **changes})


def test_the_route_chooses_and_the_other_vendor_hears_nothing(market: Market):
    """An envelope for Germany goes to SIGN8, another one to the default, each to one vendor alone."""
    before = market.published()
    with market.client() as client:
        assert "sign8" == client.send(envelope()).account
        assert "ignisign" == client.send(envelope(country="FR")).account
    assert sorted([*before, "ignisign", "sign8"]) == sorted(market.published())


def test_a_vendor_that_refuses_before_anything_exists_is_passed_over(market: Market):
    """SIGN8 refuses the first request; the same envelope is carried by Ignisign, and signed there."""
    market.vendors["sign8"].faults.add(Fault(kind=FaultKind.STATUS, method="POST", status=403))
    asked, before = envelope(), len(market.published())
    with market.client() as client:
        sent = client.send(asked)
        assert ("ignisign", 2, before + 1) == (sent.account, sent.attempt, len(market.published()))
        mail = next(one for one in reversed(market.vendors["ignisign"].outbox) if one.to == "ada@example.org")
        Person(name="Ada Lovelace").sign(mail.link)
        assert Lifecycle.COMPLETED is client.wait(asked.id, timeout=120).lifecycle


def test_a_draft_at_ignisign_is_closed_before_sign8_carries(market: Market):
    """An upload that Ignisign refuses ends its draft for certain, and only then SIGN8 is asked."""
    config = attrs.evolve(
        market.config, routes=(attrs.evolve(market.config.routes[0], use=("ignisign", "sign8")),)
    )
    ignisign = market.vendors["ignisign"]
    ignisign.faults.add(
        Fault(kind=FaultKind.STATUS, method="POST", path=r"/v4/documents/\w+/file", status=413)
    )
    before = len(market.published())
    with Client.from_config(config, registry=config.registry) as client:
        sent = client.send(envelope())
    assert ("sign8", before + 1) == (sent.account, len(market.published()))
    newest = ignisign.state()["signatureRequests"][-1]
    assert "CANCELLED" == newest["status"]


def test_a_draft_at_sign8_stays_there(market: Market):
    """SIGN8 has no draft that can be seen to be closed: once a workflow exists, its failure is told."""
    faults = market.vendors["sign8"].faults
    with market.client() as client:
        asked = envelope()
        before = len(market.published())
        # the workflow is made, and what follows is refused
        faults.add(Fault(kind=FaultKind.SLOW, method="POST", seconds=0.0))
        faults.add(Fault(kind=FaultKind.STATUS, method="POST", status=403, times=3))
        with pytest.raises(VendorError) as caught:
            client.send(asked)
        assert "was not passed on" in "".join(caught.value.__notes__)
        faults.clear()
        assert "sign8" == client.resume(asked.id).account
        assert before + 1 == len(market.published())


def test_reconciling_finds_what_no_webhook_told_at_either_vendor(market: Market):
    """Signatures at both vendors, of which no webhook came, are found by one reconciling each."""
    with market.client() as client:
        sent = [client.send(envelope()), client.send(envelope(country="FR"))]
        for one in sent:
            mails = market.vendors[one.provider].outbox
            Person(name="Ada Lovelace").sign(
                next(mail.link for mail in reversed(mails) if mail.to.startswith("ada"))
            )
        with client.store.begin() as tx:
            for one in sent:
                (attempt,) = tx.attempts(one.id)
                poll = tx.poll(attempt.id)
                assert poll is not None
                tx.put_poll(attrs.evolve(poll, next_at=attempt.started_at))
        turns = {turn.account: turn for turn in client.reconcile()}
        assert {"sign8": "", "ignisign": ""} == {name: turn.failure for name, turn in turns.items()}
        assert [Lifecycle.COMPLETED] * 2 == [client.get(one.id).lifecycle for one in sent]
