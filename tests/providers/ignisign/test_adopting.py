"""Taking over requests that were made elsewhere: what the context shows becomes an envelope."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import attrs
import pytest

from paraph import AsyncClient, Client, Config
from paraph.errors import InvalidEnvelope, NotReady, VendorError
from paraph.model import (
    ContentKind,
    Decision,
    Document,
    FactType,
    Level,
    Lifecycle,
    Verb,
)
from paraph.provider import Adopted
from paraph.store import Store, open_store
from paraph.testing.simulator import Person
from paraph_ignisign import IgnisignOptions
from paraph_ignisign.adopting import adopt, sha256_of
from paraph_ignisign.simulator import create
from support.both import Both
from support.hand import Talk
from support.ignisign_account import PDF, account, envelope, person
from support.ignisign_stage import asked

F = FactType
CONTEXT = "/v4/signature-requests/r1/context"
HEX = "a" * 64
SHOWN: dict[str, Any] = {
    "_id": "r1",
    "status": "IN_PROGRESS",
    "title": "Lease",
    "description": "Please sign",
    "language": "FR",
    "externalId": "C-7",
    "signerIds": ["s1", "s2"],
    "signerIdsAsApprover": ["s3", "s1"],
    "signedBy": ["s1"],
    "recipients": ["copy@example.org"],
    "documentIds": ["d1", "d2"],
    "defaultSignatureMethod": "ADVANCED_SMS",
    "signers": [
        {"signerId": "s1", "externalId": "e1:ada", "firstName": "Ada", "email": "ada@example.org"},
        {"signerId": "s2", "externalId": "ada"},
    ],
    "documents": [
        {"_id": "d1", "externalId": "contract", "fileName": "lease.pdf", "documentNature": "PDF"},
        {"_id": "d2", "documentHash": HEX, "documentNature": "PRIVATE_FILE"},
    ],
}


def adopted(**changes: object) -> Adopted:
    """Adopt a request whose context is this."""
    talk = Talk(adopt("r1", account()))
    talk.expect("GET", CONTEXT, reply={**SHOWN, **changes})
    found: Adopted = talk.result
    return found


def test_a_context_becomes_an_envelope() -> None:
    """Title, terms, people and documents are told in neutral words, beside the vendor's references."""
    found = adopted()
    envelope = found.envelope
    assert ("Lease", "Please sign", "fr", "C-7", Level.AES) == (
        envelope.title,
        envelope.message,
        envelope.language,
        envelope.reference,
        envelope.assurance.level,
    )
    assert (("ada", "s1"), ("s2", "s2"), ("s3", "s3")) == found.signatories
    assert [Verb.SIGN, Verb.SIGN, Verb.APPROVE, Verb.RECEIVE_COPY] == [
        each.verb for each in envelope.signatories
    ]
    assert ("Ada", "ada@example.org") == (
        envelope.signatories[0].given_name,
        envelope.signatories[0].email,
    )
    assert (("contract", "d1"), ("d2", "d2")) == found.documents
    first, second = envelope.documents
    assert ("lease.pdf", ContentKind.FILE, "") == (first.name, first.kind, first.sha256)
    assert (ContentKind.DIGEST, HEX) == (second.kind, second.sha256)
    assert found.published
    assert F.SIGNATORY_SIGNED in {fact.type for fact in found.observation.facts}
    assert "C-7" == found.observation.our_reference


@pytest.mark.parametrize(
    ("status", "published"),
    [
        ("DRAFT", False),
        ("WAITING_DOCUMENTS", False),
        ("SOMETHING_NEW", False),
        ("READY", True),
        ("COMPLETED", True),
        ("CANCELLED", True),
    ],
)
def test_a_draft_is_no_envelope_yet(status: str, *, published: bool) -> None:
    """Only a status that a published request may have counts as published; an unknown one does not."""
    assert published is adopted(status=status).published


def test_a_child_names_its_parent() -> None:
    """A request that was made of another one says of which, and tells nothing about that one itself."""
    found = adopted(initialSignatureRequestId="r0")
    assert ("r0", {"r1"}) == (
        found.parent_ref,
        {fact.subject.ref for fact in found.observation.facts},
    )


def test_the_vendors_own_id_counts() -> None:
    """The reference is the one that the context shows, not the spelling that was asked for."""
    talk = Talk(adopt("R1", account()))
    talk.expect("GET", "/v4/signature-requests/R1/context", reply=SHOWN)
    found: Adopted = talk.result
    assert {"r1"} == {fact.subject.ref for fact in found.observation.facts}


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (HEX.upper(), HEX),
        ("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=", "aa" * 32),
        ("abc", ""),
        ("é", ""),
        (None, ""),
    ],
)
def test_digests_are_read_in_either_form(text: str | None, digest: str) -> None:
    """A hash is a SHA-256 in hex or base64, or nothing."""
    assert digest == sha256_of(text)


# Against the simulator


@attrs.define
class Elsewhere:
    """A vendor, a client that sends, and one of another store that never heard of it."""

    simulator: Any
    config: Config
    first: Any
    second: Any


@contextmanager
def elsewhere(kind: type[Any], url: str, **options: Any) -> Iterator[Elsewhere]:
    simulator = create(**options)
    stores: list[Store] = [open_store("memory:"), open_store(url)]
    with simulator.running() as base_url:
        made = simulator.account(base_url)
        config = Config.from_mapping({"accounts": {"hr": made.table}}, environ=made.environment)
        clients = [_used(kind, config, store) for store in stores]
        try:
            yield Elsewhere(simulator, config, *clients)
        finally:
            for client in clients:
                client.end()
            for store in stores:
                store.close()


def _used(kind: type[Any], config: Config, store: Store) -> Any:
    used = Both.__new__(Both)
    used.loop = asyncio.new_event_loop()
    used.client = kind(config, registry=config.registry, store=store)
    return used


WAYS = pytest.mark.parametrize(
    ("kind", "url"),
    [(Client, "sqlite:///{}/other.db"), (AsyncClient, "memory:"), (AsyncClient, "sqlite:///{}/o.db")],
)


@WAYS
def test_a_lost_store_is_made_good(kind: type[Any], url: str, tmp_path: Any) -> None:
    """What another store sent is followed to its end after its adoption, with its evidence."""
    with elsewhere(kind, url.format(tmp_path)) as world:
        sent = world.first.send(asked("one"), account="hr")
        ref = sent.vendor_ref
        seen = world.second.adopt("hr", ref)
        assert (Lifecycle.SENT, ref) == (seen.lifecycle, seen.vendor_ref)
        assert seen == world.second.adopt("hr", ref)
        assert 1 == len(world.second.envelopes())
        for who in ("ada", "bob"):
            link = world.first.signing_link("one", who).url.reveal()
            assert "done" == Person(name=who).sign(link)
        done = world.second.wait(seen.id, timeout=0)
        assert Lifecycle.COMPLETED is done.lifecycle
        assert {Decision.SIGNED} == {each.decision for each in done.signatories}
        world.first.refresh("one")
        first = {each.id for each in world.first.events("one")}
        second = {each.id for each in world.second.events(seen.id)}
        assert second <= first
        assert {F.ENVELOPE_SENT, F.ENVELOPE_COMPLETED} <= {each.type for each in world.second.events(seen.id)}
        world.simulator.clock.advance(timedelta(minutes=5))
        saved = world.second.save(seen.id, tmp_path / "out")
        assert (tmp_path / "out" / "contract-signed.pdf").exists()
        assert saved


@WAYS
def test_with_its_description_an_envelope_is_its_own_again(kind: type[Any], url: str, tmp_path: Any) -> None:
    """Given the envelope, id, people and documents are the caller's, and cancelling works as before."""
    with elsewhere(kind, url.format(tmp_path)) as world:
        ref = world.first.send(asked("one"), account="hr").vendor_ref
        world.first.refresh("one")
        given = world.second.adopt("hr", ref, envelope=asked("one"))
        assert world.first.get("one") == given
        assert Lifecycle.CANCELLED is world.second.cancel("one", reason="moved").lifecycle


def test_another_description_is_refused() -> None:
    """A description of other people or documents is refused by its paths, and nothing is stored."""
    with elsewhere(Client, "memory:") as world:
        ref = world.first.send(asked("one"), account="hr").vendor_ref
        other = envelope(
            id="two",
            documents=[
                Document.from_bytes(PDF, name="contract.pdf"),
                Document.from_bytes(PDF, name="annex.pdf"),
            ],
            signatories=[person("ada"), person("eve", email="eve@example.org")],
        )
        with pytest.raises(InvalidEnvelope) as refused:
            world.second.adopt("hr", ref, envelope=other)
        assert {"signatories[1]", "documents[1]"} == {each.path for each in refused.value.problems}
        assert "example.org" not in str(refused.value)
        fewer = attrs.evolve(asked("three"), signatories=asked("three").signatories[:1])
        with pytest.raises(InvalidEnvelope, match="shows 2, and 1 are described"):
            world.second.adopt("hr", ref, envelope=fewer)
        assert () == world.second.envelopes()


def test_drafts_and_strangers_are_refused() -> None:
    """A draft of the console, an id that nobody has and another tenant's request make no envelope."""
    with elsewhere(Client, "memory:") as world, elsewhere(Client, "memory:") as neighbour:
        draft = world.first.call("hr", "requests.init").signature_request_id
        with pytest.raises(NotReady, match="draft"):
            world.second.adopt("hr", draft)
        theirs = neighbour.first.send(asked("one"), account="hr").vendor_ref
        for name in ("no-such-request", theirs):
            with pytest.raises(VendorError):
                world.second.adopt("hr", name)
        assert () == world.second.envelopes()


def test_individual_requests_are_taken_over_together() -> None:
    """Adopting a child adopts its parent with all children, and gives the child."""
    with elsewhere(Client, "memory:") as world:
        parent = attrs.evolve(asked("one"), options=(IgnisignOptions(individualize=True),))
        world.first.send(parent, account="hr")
        whole = world.first.refresh("one")
        first, second = (world.first.get(each) for each in whole.children)
        seen = world.second.adopt("hr", first.vendor_ref)
        assert first.vendor_ref == seen.vendor_ref
        above = world.second.get(seen.parent)
        assert {first.vendor_ref, second.vendor_ref} == {
            world.second.get(each).vendor_ref for each in above.children
        }
        assert whole.vendor_ref == above.vendor_ref
        assert Lifecycle.CANCELLED is world.second.cancel(above.id).lifecycle


def test_what_is_known_here_is_only_returned() -> None:
    """Adopting what this store sent asks the vendor nothing and returns the envelope itself."""
    with elsewhere(Client, "memory:") as world:
        sent = world.first.send(asked("one"), account="hr")
        assert sent == world.first.adopt("hr", sent.vendor_ref)
