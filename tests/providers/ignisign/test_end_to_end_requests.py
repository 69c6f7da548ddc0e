"""Every kind of request through the simulator, over real HTTP, with the webhooks, in both clients."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from paraph import (
    Assurance,
    AsyncClient,
    Client,
    Config,
    Document,
    Envelope,
    EvidenceKind,
    Level,
    Lifecycle,
    Signatory,
    Snapshot,
    Verb,
)
from paraph.errors import Refused
from paraph.store.memory import MemoryStore
from paraph.testing.simulator import Person, serve
from paraph_ignisign import IgnisignOptions, IgnisignStatement
from paraph_ignisign.simulator import IgnisignSimulator, ProfileSpec, create
from providers.ignisign.simulator_driver import make_pdf

METHODS = ("SIMPLE_STD", "ADVANCED_SMS", "ADVANCED_STD", "QUALIFIED_STD")
PROFILES = (
    ProfileSpec(name="By e-mail", methods=METHODS),
    ProfileSpec(name="Embedded", methods=METHODS, integration_mode="EMBEDDED"),
)
CONTRACT = make_pdf("Contract")
SOON, LATER = timedelta(hours=1), timedelta(hours=3)
TICK = timedelta(minutes=11)
"""Longer than the vendor waits before it acts on a time: at minutes 5, 10 and so on to 55."""

PATIENCE = 60.0


@attrs.frozen(kw_only=True)
class Stage:
    """A vendor, and an application that sends through it; ``do`` calls one or the other client."""

    vendor: IgnisignSimulator
    config: Config
    store: MemoryStore
    do: Callable[..., Any] = attrs.field(init=False, repr=False)
    front: str = "sync"

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "do", self._sync if self.front == "sync" else self._async)

    def _sync(self, operation: str, *given: Any, **named: Any) -> Any:
        with closing(Client.from_config(self.config, store=self.store)) as client:
            return getattr(client, operation)(*given, **named)

    def _async(self, operation: str, *given: Any, **named: Any) -> Any:
        async def main() -> Any:
            async with AsyncClient.from_config(self.config, store=self.store) as client:
                return await getattr(client, operation)(*given, **named)

        return asyncio.run(main())

    def send(self, *people: Signatory, **more: Any) -> Envelope:
        """Send an envelope with one PDF."""
        plain = {"title": "Contract", "documents": [Document.from_bytes(CONTRACT, name="contract.pdf")]}
        envelope = Envelope(**{**plain, **more}, signatories=people)
        self.do("send", envelope)
        return envelope

    def seen(self, envelope: Envelope) -> Snapshot:
        """Read the envelope after all webhooks have arrived."""
        self.vendor.webhooks.drain()
        found: Snapshot = self.do("refresh", envelope.id)
        return found

    def link(self, person: Signatory) -> str:
        """Return the link that was last mailed to a person."""
        return [mail.link for mail in self.vendor.outbox if mail.to == person.email][-1]

    def mailed(self, person: Signatory) -> list[str]:
        """Return the subjects of what was mailed to a person."""
        return [mail.subject for mail in self.vendor.outbox if mail.to == person.email]

    def act(self, envelope: Envelope, person: Signatory) -> None:
        """Let a person do what their page asks, by whichever way they get there."""
        link = self.link(person) if person.delivery == "email" else self.fetched(envelope, person)
        assert "done" == Person(name=person.full_name).sign(link)

    def fetched(self, envelope: Envelope, person: Signatory) -> str:
        """Return the link that the application hands over."""
        self.vendor.webhooks.drain()
        link: str = self.do("signing_link", envelope.id, person.id).url.reveal()
        return link

    def request(self, envelope: Envelope) -> Any:
        """Return the vendor's own request."""
        ref = self.do("get", envelope.id).vendor_ref
        return self.vendor.tenant.requests[ref]


@pytest.fixture(scope="module")
def theatre() -> Iterator[Stage]:
    """Run one vendor and one receiver of webhooks for all tests: each uses people of its own."""
    store = MemoryStore()
    vendor = create(profiles=PROFILES)
    ready = threading.Event()
    known: list[Config] = []

    def take(body: bytes) -> int:
        ready.wait(PATIENCE)
        with closing(Client.from_config(known[0], store=store)) as client:
            status: int = client.ingest("hr", headers={}, body=body).status
            return status

    async def hook(request: Request) -> Response:
        return Response(status_code=await run_in_threadpool(take, await request.body()))

    receiver = Starlette(routes=[Route("/hook", hook, methods=["POST"])])
    with pytest.MonkeyPatch.context() as patch, vendor.running() as base, serve(receiver) as here:
        account = vendor.account(base)
        for name, value in account.environment.items():
            patch.setenv(name, value)
        known.append(Config.from_mapping({"accounts": {"hr": account.table}, "default": "hr"}, source="test"))
        ready.set()
        vendor.subscribe(f"{here}/hook")
        yield Stage(vendor=vendor, config=known[0], store=store)


@pytest.fixture(params=["sync", "async"])
def stage(theatre: Stage, request: pytest.FixtureRequest) -> Stage:
    """Return the stage with one of the two clients."""
    return attrs.evolve(theatre, front=request.param)


def someone(local: str, **more: Any) -> Signatory:
    """Make a person whom no other test knows."""
    plain = {"given_name": local.title(), "family_name": "Zyprensky", "phone": "+33612345678"}
    address = f"{local}.{uuid.uuid4().hex[:8]}@example.org"
    return Signatory(**{"id": local, "email": address, **plain, **more})


def decisions(snapshot: Snapshot) -> dict[str, str]:
    """Return who decided what."""
    return {state.id: state.decision.value for state in snapshot.signatories}


@pytest.mark.parametrize("delivery", ["email", "link"])
def test_approvers_act_before_signers_and_completion_tells_that_they_did(stage: Stage, delivery: str) -> None:
    """Nobody is asked to sign before the approval; who approved is known once all have signed, not before."""
    boss, ada = someone("boss", verb=Verb.APPROVE, delivery=delivery), someone("ada")
    asked = stage.send(boss, ada)
    assert [] == stage.mailed(ada)
    waiting = stage.seen(asked)
    assert (Lifecycle.SENT, ()) == (waiting.lifecycle, waiting.attention)
    stage.act(asked, boss)
    assert {"boss": "none", "ada": "none"} == decisions(stage.seen(asked))
    stage.act(asked, ada)
    over = stage.seen(asked)
    assert (Lifecycle.COMPLETED, {"boss": "approved", "ada": "signed"}) == (over.lifecycle, decisions(over))


def test_recipients_get_the_proofs_and_nothing_to_sign(stage: Stage) -> None:
    """A recipient is no signer at the vendor; the envelope is complete without them."""
    ada, eve = someone("ada"), someone("eve", verb=Verb.RECEIVE_COPY)
    before = len(stage.vendor.tenant.signers)
    asked = stage.send(eve, ada)
    assert before + 1 == len(stage.vendor.tenant.signers)
    assert [] == stage.mailed(eve)
    stage.act(asked, ada)
    assert Lifecycle.COMPLETED is stage.seen(asked).lifecycle
    assert ["Signed: Contract"] == stage.mailed(eve)


def test_each_child_of_an_individualised_request_is_an_envelope(stage: Stage, tmp_path: Path) -> None:
    """Children have links and evidence of their own; the parent is complete when all of them are."""
    ada, bob = someone("ada", delivery="link"), someone("bob")
    asked = stage.send(ada, bob, options=[IgnisignOptions(individualize=True)])
    parent = stage.seen(asked)
    children = {stage.do("get", ref).signatories[0].id: ref for ref in parent.children}
    assert {"ada", "bob"} == set(children)
    assert "done" == Person(name="Ada").sign(stage.do("signing_link", children["ada"], "ada").url.reveal())
    half = stage.seen(asked)
    assert (False, {"ada": "signed", "bob": "none"}) == (half.ended, decisions(half))
    child = stage.do("get", children["ada"])
    assert (Lifecycle.COMPLETED, asked.id) == (child.lifecycle, child.parent)
    with stage.store.begin() as tx:
        kept = tx.envelope(child.id)
    assert kept is not None
    assert "individualize" not in kept.body  # it said how to make the parent
    saved = stage.do("save", child.id, tmp_path, kinds=["signed_document"])
    assert ["contract"] == [each.evidence.document_id for each in saved if each.evidence.document_id]
    assert (tmp_path / "contract-signed.pdf").read_bytes().startswith(b"%PDF-")
    stage.act(asked, bob)
    over = stage.seen(asked)
    assert (Lifecycle.COMPLETED, {"ada": "signed", "bob": "signed"}) == (over.lifecycle, decisions(over))


def test_cancelling_a_parent_ends_what_is_open_of_it(stage: Stage) -> None:
    """A child that was signed stays complete, the others are cancelled, and so is the parent."""
    ada, bob = someone("ada"), someone("bob")
    asked = stage.send(ada, bob, options=[IgnisignOptions(individualize=True)])
    stage.act(asked, ada)
    stage.seen(asked)
    stage.do("cancel", asked.id)
    over = stage.seen(asked)
    ends = sorted(stage.do("get", child).lifecycle.value for child in over.children)
    assert (Lifecycle.CANCELLED, ["cancelled", "completed"]) == (over.lifecycle, ends)


def test_a_scheduled_envelope_is_sent_at_its_time_and_runs_out_after_it(stage: Stage) -> None:
    """Scheduled, then sent, then expired by the vendor's clock; nobody is asked before the time."""
    ada, now = someone("ada"), stage.vendor.clock.now()
    asked = stage.send(ada, scheduled_at=now + SOON, expires_at=now + LATER)
    assert (Lifecycle.SCHEDULED, []) == (stage.seen(asked).lifecycle, stage.mailed(ada))
    stage.vendor.clock.advance(SOON + TICK)
    assert (Lifecycle.SENT, 1) == (stage.seen(asked).lifecycle, len(stage.mailed(ada)))
    stage.vendor.clock.advance(LATER)
    assert Lifecycle.EXPIRED is stage.seen(asked).lifecycle


@pytest.mark.parametrize(("ending", "how"), [("cancelled", "cancel"), ("expired", "wait")])
def test_a_half_signed_request_is_not_complete(stage: Stage, ending: str, how: str) -> None:
    """COMPLETED also means cancelled or run out after one of two had signed: who signed decides."""
    ada, bob = someone("ada"), someone("bob")
    asked = stage.send(ada, bob, expires_at=stage.vendor.clock.now() + SOON)
    stage.act(asked, ada)
    if how == "cancel":
        stage.do("cancel", asked.id)
    else:
        stage.vendor.clock.advance(SOON + TICK)
    over = stage.seen(asked)
    assert "COMPLETED" == stage.request(asked).status
    assert (ending, True) == (over.lifecycle.value, over.partially_signed)
    assert {"ada": "signed", "bob": "none"} == decisions(over)


@pytest.mark.parametrize("encoding", ["base64", "hex"])
def test_a_private_document_is_signed_by_its_digest(theatre: Stage, encoding: str) -> None:
    """The vendor gets the digest in the chosen writing and nothing else; there is no signed file to fetch."""
    table = {**theatre.vendor.account(theatre.vendor.base_url).table, "private_hash": encoding}
    config = Config.from_mapping({"accounts": {"hr": table}, "default": "hr"}, source="test")
    stage = attrs.evolve(theatre, config=config)
    digest = hashlib.sha256(CONTRACT)
    ada = someone("ada")
    asked = stage.send(ada, documents=[Document.from_digest(digest.hexdigest(), name="contract.pdf")])
    stage.act(asked, ada)
    assert Lifecycle.COMPLETED is stage.seen(asked).lifecycle
    (ref,) = stage.request(asked).document_ids
    kept = stage.vendor.tenant.documents[ref]
    written = {"hex": digest.hexdigest(), "base64": base64.b64encode(digest.digest()).decode()}
    assert (written[encoding], None) == (kept.hash, kept.content)
    kinds = {one.kind for one in stage.do("evidence", asked.id)}
    assert EvidenceKind.SIGNED_DOCUMENT not in kinds


def test_all_that_was_signed_is_saved(stage: Stage, tmp_path: Path) -> None:
    """Each document gives what there is of it: PDF or data, kit, image; a private one the image alone."""
    documents = [a_document(kind, number) for number, kind in enumerate(("pdf", "text", "json", "digest"))]
    ada = someone("ada")
    asked = stage.send(ada, documents=documents)
    stage.act(asked, ada)
    assert Lifecycle.COMPLETED is stage.seen(asked).lifecycle
    stage.do("save", asked.id, tmp_path)
    assert {
        *("d0-signed.pdf", "d0-legal-kit.zip", "d0-ada.png"),
        *("d1-signed.bin", "d1-legal-kit.zip", "d1-ada.png"),
        *("d2-signed.bin", "d2-legal-kit.zip", "d2-ada.png"),
        *("d3-ada.png", "manifest.json"),
    } == {path.name for path in tmp_path.iterdir()}
    assert b"\x89PNG" == (tmp_path / "d3-ada.png").read_bytes()[:4]
    assert {EvidenceKind.SIGNED_DOCUMENT, EvidenceKind.SIGNATURE_IMAGE} <= set(
        stage.seen(asked).evidence_ready
    )


def test_two_persons_with_one_address_are_two_signers(stage: Stage) -> None:
    """A couple that shares its e-mail address signs twice, each for themselves."""
    ada = someone("ada")
    bob = someone("bob", email=ada.email)
    asked = stage.send(ada, bob)
    first, second = [mail.link for mail in stage.vendor.outbox if mail.to == ada.email]
    assert "done" == Person(name="Ada").sign(first)
    assert ["none", "signed"] == sorted(decisions(stage.seen(asked)).values())
    assert "done" == Person(name="Bob").sign(second)
    assert {"ada": "signed", "bob": "signed"} == decisions(stage.seen(asked))


@pytest.mark.parametrize(
    ("level", "aes_method", "method"),
    [
        (Level.SES, "ADVANCED_STD", "SIMPLE_STD"),
        (Level.AES, "ADVANCED_STD", "ADVANCED_STD"),
        (Level.AES, "ADVANCED_SMS", "ADVANCED_SMS"),
        (Level.QES, "ADVANCED_STD", "QUALIFIED_STD"),
    ],
)
def test_every_level_is_signed_with_its_method(
    theatre: Stage, level: Level, aes_method: str, method: str
) -> None:
    """The vendor's request asks the method of the level, and the signature is made with it."""
    table = {**theatre.vendor.account(theatre.vendor.base_url).table, "aes_method": aes_method}
    config = Config.from_mapping({"accounts": {"hr": table}, "default": "hr"}, source="test")
    stage = attrs.evolve(theatre, config=config)
    ada = someone("ada")
    asked = stage.send(ada, assurance=Assurance(level=level))
    stage.act(asked, ada)
    (ref,) = stage.request(asked).document_ids
    assert [method] == [one.method for one in stage.vendor.tenant.documents[ref].signatures]


def test_what_cannot_be_launched_has_failed(stage: Stage) -> None:
    """A launch error of the vendor's is a failure of the envelope, by webhook and by reading."""
    broken = Document.from_json({"text": "simulated-launch-error"}, name="data.json")
    asked = stage.send(someone("ada"), documents=[broken])
    assert "LAUNCH_ERROR" == stage.request(asked).status
    assert Lifecycle.FAILED is stage.seen(asked).lifecycle


def test_statements_are_agreed_to_on_the_page(stage: Stage) -> None:
    """A statement of the envelope stands on the signing page, bound to the vendor's document."""
    statement = IgnisignStatement(text="I have read **all** of it", document="contract")
    ada = someone("ada")
    asked = stage.send(ada, options=[IgnisignOptions(statements=[statement])])
    told = stage.request(asked)
    assert [(told.document_ids[0], statement.text)] == [
        (one["documentId"], one["labelMd"]) for one in told.statements
    ]
    stage.act(asked, ada)
    assert Lifecycle.COMPLETED is stage.seen(asked).lifecycle


VERBS = st.lists(
    st.sampled_from([Verb.SIGN, Verb.SIGN, Verb.APPROVE, Verb.RECEIVE_COPY]), min_size=1, max_size=3
)
KINDS = st.lists(st.sampled_from(["pdf", "text", "xml", "json", "digest"]), min_size=1, max_size=3)


def a_document(kind: str, number: int) -> Document:
    """Make a document of a kind."""
    name = f"d{number}"
    match kind:
        case "json":
            return Document.from_json({"n": number}, name=f"{name}.json")
        case "digest":
            return Document.from_digest("ab" * 32, name=f"{name}.pdf")
        case "text":
            return Document.from_bytes(b"text", name=f"{name}.txt")
        case "xml":
            return Document.from_bytes(b"<a/>", name=f"{name}.xml")
    return Document.from_bytes(CONTRACT, name=f"{name}.pdf")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    verbs=VERBS,
    kinds=KINDS,
    deliveries=st.lists(st.sampled_from(["email", "link"]), min_size=3, max_size=3),
    level=st.sampled_from(Level),
    individualize=st.booleans(),
    extended=st.sampled_from([None, None, False, True]),
)
def test_what_preflight_lets_pass_the_vendor_takes(
    theatre: Stage,
    verbs: list[Verb],
    kinds: list[str],
    deliveries: list[str],
    level: Level,
    *,
    individualize: bool,
    extended: bool | None,
) -> None:
    """Any envelope is refused before anything is made at the vendor, or is published there."""
    people = [someone(f"p{n}", verb=verb, delivery=deliveries[n]) for n, verb in enumerate(verbs)]
    documents = [a_document(kind, number) for number, kind in enumerate(kinds)]
    options = [IgnisignOptions(individualize=individualize, extended_auth_session=extended)]
    before = len(theatre.vendor.tenant.requests)
    try:
        terms = {"assurance": Assurance(level=level), "options": options}
        asked = theatre.send(*people, documents=documents, **terms)
    except Refused:
        assert before == len(theatre.vendor.tenant.requests)
        return
    assert theatre.request(asked).published
