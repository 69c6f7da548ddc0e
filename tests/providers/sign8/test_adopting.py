"""Taking over workflows that were made elsewhere, as far as a dialect's status shows them."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from paraph import Client
from paraph.errors import InvalidEnvelope, NotReady, UnsupportedCapability, VendorError
from paraph.model import Decision, Lifecycle
from paraph.provider import Capability
from paraph.store import open_store
from paraph_sign8.dialect import parse
from support.sign8_account import without
from support.sign8_stage import ACCOUNT, Deal, asked, dealing


def elsewhere(deal: Deal) -> Client:
    """Open a client of the same account on an empty store."""
    store = open_store("memory:")
    return Client(deal.config, registry=deal.config.registry, store=store, pause=lambda _: None)


def test_a_workflow_is_followed_to_its_end() -> None:
    """Without a description people have only the vendor's ids; end and evidence are seen all the same."""
    with dealing() as deal, elsewhere(deal) as other:
        ref = str(deal.client.send(asked(), account=ACCOUNT).vendor_ref)
        seen = other.adopt(ACCOUNT, ref)
        assert (Lifecycle.SENT, ref, 2) == (seen.lifecycle, seen.vendor_ref, len(seen.signatories))
        assert seen.id == other.adopt(ACCOUNT, ref).id
        for who in ("ada@example.org", "bob@example.org"):
            assert "done" == deal.person().sign(deal.link(who))
        done = other.refresh(seen.id)
        assert Lifecycle.COMPLETED is done.lifecycle
        assert {Decision.SIGNED} == {each.decision for each in done.signatories}
        assert ("audit_trail", "signed_document") == done.evidence_ready
        deal.client.refresh("env1")
        assert {each.id for each in other.events(seen.id)} <= {each.id for each in deal.client.events("env1")}


def test_a_description_names_people_by_the_vendors_ids() -> None:
    """With two people and no names shown, only the vendor's own ids say who is who; a guess is refused."""
    with dealing() as deal, elsewhere(deal) as other:
        sent = deal.client.send(asked(), account=ACCOUNT)
        with pytest.raises(InvalidEnvelope) as refused:
            other.adopt(ACCOUNT, str(sent.vendor_ref), envelope=asked())
        assert {"signatories[0]", "signatories[1]"} == {each.path for each in refused.value.problems}
        refs = {each.id: str(each.vendor_ref) for each in sent.signatories}
        assert all(ref in str(refused.value) for ref in refs.values())
        plain = asked()
        people = tuple(attrs.evolve(each, id=refs[each.id]) for each in plain.signatories)
        named = attrs.evolve(plain, signatories=people)
        assert set(refs.values()) == {
            each.id for each in other.adopt(ACCOUNT, str(sent.vendor_ref), envelope=named).signatories
        }


def test_a_draft_and_an_unknown_word_are_refused() -> None:
    """A workflow that is not started, or whose status the dialect has no word for, is not taken over."""
    with dealing() as deal, elsewhere(deal) as other:
        made: Any = deal.client.call(ACCOUNT, "workflows.add", name="Draft", dispatch="parallel")
        with pytest.raises(NotReady, match="draft"):
            other.adopt(ACCOUNT, made.id)
        with pytest.raises(VendorError):
            other.adopt(ACCOUNT, "no-such-workflow")
        assert () == other.envelopes()


def test_without_a_status_nothing_can_be_taken_over() -> None:
    """A dialect without the path of the status, or without its word, does not offer it, and asks nobody."""
    with dealing(parse(without("status"))) as deal:
        assert Capability.ADOPT not in deal.client.capabilities(ACCOUNT)
        before = len(deal.requests)
        with pytest.raises(UnsupportedCapability, match="adopt"):
            deal.client.adopt(ACCOUNT, "w1")
        assert before == len(deal.requests)
