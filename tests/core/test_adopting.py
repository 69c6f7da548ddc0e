"""Taking over envelopes: who is who, once, by whomever, and never what is a draft or somebody else's."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.adopting import adopted_id, matched
from paraph.client import Client
from paraph.errors import InvalidEnvelope, NotReady, UnsupportedCapability, UsageError
from paraph.flow import Flow, now
from paraph.ledger import Origin
from paraph.model import (
    Child,
    Document,
    Envelope,
    Fact,
    FactType,
    Lifecycle,
    Observation,
    Signatory,
    Source,
    Subject,
    Trust,
)
from paraph.model._kinds import LOCAL_ID
from paraph.ops.send import _register
from paraph.provider import Account, Adopted, Capability, local_ids
from paraph.store import open_store
from support.tiny import INFO, TinyConfig, TinyProvider, TinyRegistry, TinyVendor, as_config, envelope, utc

AT = utc(2026, 6, 1)
OFFERED = attrs.evolve(INFO.capabilities, supported=INFO.capabilities.supported | {Capability.ADOPT})


class Adopting(TinyProvider):
    """The tiny provider, with the ability."""

    def capabilities(self, account: Account[Any]) -> Any:
        return OFFERED

    def adopt(self, vendor_ref: str, account: Account[Any]) -> Flow[Adopted]:
        kept = yield from self._call("GET", account, f"/envelopes/{vendor_ref}")
        at = yield from now()
        fact = Fact(type=FactType.ENVELOPE_SENT, subject=Subject(ref=kept["id"]), native=kept["state"])
        people = tuple(kept["signers"].items())
        documents = tuple(kept["documents"].items())
        return Adopted(
            envelope=Envelope(
                signatories=[Signatory(id=local) for local, _ in people],
                documents=[Document(id=local, name=local, sha256="", size=0) for local, _ in documents],
            ),
            signatories=people,
            documents=documents,
            published=kept["state"] != "DRAFT",
            observation=Observation(
                source=Source.POLL,
                trust=Trust.CONFIRMED,
                observed_at=at,
                facts=(fact,),
                our_reference=kept.get("reference", ""),
            ),
        )


class AdoptingRegistry(TinyRegistry):
    """A registry with that provider."""

    def __init__(self) -> None:
        super().__init__()
        self.one = Adopting()


def client_of(vendor: TinyVendor, url: str = "memory:", registry: Any = None) -> Client:
    return Client(
        as_config(TinyConfig()),
        registry=registry or AdoptingRegistry(),
        store=open_store(url),
        transport=httpx.MockTransport(vendor.handle),
        clock=lambda: AT,
    )


def sent(vendor: TinyVendor) -> Envelope:
    """Send an envelope as another system would; the vendor calls it ``e1``."""
    asked = envelope(id="one")
    with client_of(vendor) as client:
        client.send(asked)
    return asked


def test_whoever_takes_it_over_it_is_the_same() -> None:
    """The id comes of tenant and reference, so that two stores that never met agree."""
    vendor = TinyVendor()
    sent(vendor)
    with client_of(vendor) as one, client_of(vendor) as two:
        ids = {one.adopt("a", "e1").id, two.adopt("b", "e1").id}
    origin = Origin(account="", provider="tiny", environment="", vendor_tenant="tenant-1")
    assert {adopted_id(origin, "e1")} == ids
    assert adopted_id(origin, "e1", "attempt") not in ids


def test_at_once_from_many_places_makes_one(tmp_path: Path) -> None:
    """Four threads that adopt the same at once, half of them with a description, make one envelope."""
    vendor = TinyVendor()
    asked = sent(vendor)
    found: list[str] = []
    gate = threading.Barrier(4)
    with client_of(vendor, f"sqlite:///{tmp_path}/paraph.db") as client:

        def work(given: Envelope | None) -> None:
            gate.wait(60)
            found.append(client.adopt("a", "e1", envelope=given).id)

        threads = [threading.Thread(target=work, args=(each,)) for each in (None, asked) * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (4, 1, 1) == (len(found), len(set(found)), len(client.envelopes()))
        client.store.close()


def test_news_that_waited_is_adopted_too() -> None:
    """What a delivery told before belongs to the envelope afterwards, with the signatory's local id."""
    vendor = TinyVendor()
    sent(vendor)
    with client_of(vendor) as client:
        accounts: Any = client.config.accounts
        del accounts["b"]  # no other account shares the tenant, so early news is kept at once
        client.ingest("a", headers={}, body=vendor.delivery("e1", "OPENED", "p-ada"))
        seen = client.adopt("a", "e1")
        opened = [each for each in client.events(seen.id) if each.type is FactType.SIGNATORY_OPENED]
        assert ["ada"] == [each.signatory_id for each in opened]


def test_reconciling_reads_what_was_taken_over() -> None:
    """An envelope that was taken over is due to be read, and ends as every other."""
    vendor = TinyVendor()
    sent(vendor)
    with client_of(vendor) as client:
        seen = client.adopt("a", "e1")
        vendor.sign("e1", "p-ada")
        vendor.sign("e1", "p-bob")
        with client.store.begin() as tx:
            (poll,) = tx.due_polls("a", utc(2027, 1, 1))
            tx.put_poll(attrs.evolve(poll, next_at=AT))
        turns = {turn.account: turn.read for turn in client.reconcile()}
        assert {"a": 1, "b": 0} == turns
        assert Lifecycle.COMPLETED is client.get(seen.id).lifecycle


def test_what_a_lost_answer_made_is_no_second_envelope() -> None:
    """What echoes the reference of a send of this store is that send's, not an envelope of its own."""
    vendor = TinyVendor()
    asked = sent(vendor)
    with client_of(vendor) as client:
        kernel = client._kernel
        attempt = _register(kernel, asked, kernel.account("a"), "attempt-1", AT)
        vendor.envelopes["e1"]["reference"] = attempt.id
        assert ("one", "e1") == ((seen := client.adopt("a", "e1")).id, seen.vendor_ref)
        assert 1 == len(client.envelopes())


def test_drafts_and_what_is_no_id_are_refused() -> None:
    """A draft is not followed, since nobody was asked; an id has to be a text that could be one."""
    vendor = TinyVendor()
    sent(vendor)
    vendor.envelopes["e1"]["state"] = "DRAFT"
    with client_of(vendor) as client:
        with pytest.raises(NotReady, match="draft"):
            client.adopt("a", "e1")
        for name in ("", "  ", "e\x00", "\ud800"):
            with pytest.raises(UsageError, match="missing"):
                client.adopt("a", name)
        assert () == client.envelopes()
    with client_of(vendor, registry=TinyRegistry()) as client, pytest.raises(UnsupportedCapability):
        client.adopt("a", "e1")


def test_an_id_of_another_envelope_is_refused() -> None:
    """A description whose id is used here for another envelope does not replace it."""
    vendor = TinyVendor()
    asked = sent(vendor)
    with client_of(vendor) as client:
        client.send(envelope(id="two"))
        with pytest.raises(UsageError, match="'two' is used for another"):
            client.adopt("a", "e1", envelope=attrs.evolve(asked, id="two"))
        assert 1 == len(client.envelopes())


# Who is who


def shown(people: list[Signatory], documents: list[Document], **more: Any) -> Adopted:
    """What a vendor shows, under its own local names."""
    observation = Observation(
        source=Source.POLL,
        trust=Trust.CONFIRMED,
        observed_at=AT,
        facts=(Fact(type=FactType.ENVELOPE_SENT, subject=Subject(ref="e1")),),
        **more,
    )
    return Adopted(
        envelope=Envelope(signatories=people, documents=documents),
        signatories=tuple((each.id, f"v-{each.id}") for each in people),
        documents=tuple((each.id, f"f-{each.id}") for each in documents),
        published=True,
        observation=observation,
    )


def described(count: int) -> Envelope:
    """An envelope with so many people and documents, whose ids say nothing to the vendor."""
    return Envelope(
        id="mine",
        title="Lease",
        signatories=[
            Signatory(id=f"p{n}", family_name=f"N{n}", email=f"P{n}@example.org") for n in range(count)
        ],
        documents=[
            Document.from_bytes(f"%PDF-{n} %%EOF".encode(), name=f"{n}.pdf", id=f"m{n}") for n in range(count)
        ],
    )


@settings(deadline=None)
@given(st.integers(1, 5), st.randoms(use_true_random=False))
def test_people_and_documents_are_found_in_any_order(count: int, chance: random.Random) -> None:
    """However the vendor sorts and names them, each is found by address and digest, and by nothing else."""
    asked = described(count)
    people = [Signatory(id=f"s{n}", email=each.email.lower()) for n, each in enumerate(asked.signatories)]
    documents = [
        Document(id=f"d{n}", name="x", sha256=each.sha256, size=0) for n, each in enumerate(asked.documents)
    ]
    chance.shuffle(people)
    chance.shuffle(documents)
    children = (
        Child(ref="c", signatories=(), documents=tuple((each.id, f"c-{each.id}") for each in documents)),
    )
    found = matched(asked, shown(people, documents, children=children), AT)
    assert {f"p{n}": f"v-s{n}" for n in range(count)} == dict(found.signatories)
    assert {f"m{n}": f"f-d{n}" for n in range(count)} == dict(found.documents)
    assert {f"m{n}": f"c-d{n}" for n in range(count)} == dict(found.observation.children[0].documents)
    assert asked == found.envelope


def test_nobody_is_found_by_position() -> None:
    """Where nothing says who is who, two people are refused; one alone is the only one that there can be."""
    asked = described(2)
    plain = [Signatory(id="s1"), Signatory(id="s2")]
    documents = [Document(id=f"m{n}", name="x", sha256="", size=0) for n in range(2)]
    with pytest.raises(InvalidEnvelope) as refused:
        matched(asked, shown(plain, documents), AT)
    assert ["signatories[0]", "signatories[1]"] == [each.path for each in refused.value.problems]
    assert "v-s1, v-s2" in str(refused.value)
    alone = described(1)
    found = matched(alone, shown(plain[:1], [Document(id="d", name="x", sha256="", size=0)]), AT)
    assert ((("p0", "v-s1"),), (("m0", "f-d"),)) == (found.signatories, found.documents)


def test_two_of_the_same_address_are_not_told_apart() -> None:
    """An address that two people share says nothing about either of them."""
    asked = described(2)
    both = [Signatory(id=f"s{n}", email="p0@example.org") for n in range(2)]
    documents = [Document(id=f"m{n}", name="x", sha256="", size=0) for n in range(2)]
    with pytest.raises(InvalidEnvelope) as refused:
        matched(asked, shown(both, documents), AT)
    found = [(each.path, each.code) for each in refused.value.problems]
    assert [(f"signatories[{n}]", "adopt.unmatched") for n in range(2)] == found


def test_whom_the_vendor_shows_and_nobody_describes_is_missing() -> None:
    """A description that leaves somebody out is not of this envelope."""
    asked = described(1)
    people = [Signatory(id=f"s{n}", email=f"p{n}@example.org") for n in range(2)]
    documents = [Document(id="m0", name="x", sha256="", size=0)]
    with pytest.raises(InvalidEnvelope) as refused:
        matched(asked, shown(people, documents), AT)
    assert [("signatories", "adopt.missing")] == [(e.path, e.code) for e in refused.value.problems]


def test_times_that_have_passed_do_not_matter() -> None:
    """A description that could not be sent any more, since its time is over, is still of what was sent."""
    asked = attrs.evolve(described(1), expires_at=utc(2020, 1, 1))
    people = [Signatory(id="p0")]
    documents = [Document(id="m0", name="x", sha256="", size=0)]
    assert asked == matched(asked, shown(people, documents), AT).envelope
    with pytest.raises(InvalidEnvelope, match=r"title\.missing"):
        matched(attrs.evolve(asked, title=""), shown(people, documents), AT)


@given(st.lists(st.text(max_size=5) | st.sampled_from(["s1", "s2", "a"]), max_size=6))
def test_local_ids_are_valid_and_different(wishes: list[str]) -> None:
    """Whatever a vendor's words are, the local ids made of them are ids, each once; a good word is kept."""
    made = local_ids(wishes, otherwise="s")
    assert (len(wishes), len(wishes)) == (len(made), len(set(made)))
    assert all(LOCAL_ID.match(each) for each in made)
    if wishes and LOCAL_ID.match(wishes[0]):
        assert wishes[0] == made[0]
