"""The plugin against the simulator as shipped, over real HTTP: endings, steps of signing, accounts."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from paraph import AsyncClient, Client, Config, errors
from paraph.model import (
    Assurance,
    Decision,
    Document,
    FactType,
    Lifecycle,
    Secret,
    Severity,
    Signatory,
    Turn,
)
from paraph.ops.outcome import OutcomeKind
from paraph.provider import Capability
from paraph.store import Store, open_store
from paraph.testing.simulator import Fault, FaultKind, Person, PersonStuckError
from paraph_sign8 import Sign8Options
from paraph_sign8.dialect import parse
from paraph_sign8.dialect.words import SignatureType, WorkflowStatus
from paraph_sign8.simulator import create
from support.sign8_account import dialect, make_pdf, person, without
from support.sign8_stage import ACCOUNT, REFUSED, SETTLING, Deal, Recorder, asked, dealing, receiving

F = FactType


# The main path


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("store", ["memory:", "sqlite"])
def test_an_envelope_from_send_to_evidence(store: str, kind: type[Any], tmp_path: Path) -> None:
    """Either client, on either store, sends, links, reminds, waits, and fetches what proves it."""
    opened = open_store(store if store == "memory:" else f"sqlite:///{tmp_path}/paraph.db")
    simulator = create()
    with simulator.running() as base_url:
        made = simulator.account(base_url)
        config = Config.from_mapping({"accounts": {ACCOUNT: made.table}}, environ=made.environment)

        def do(method: str, *args: Any, **named: Any) -> Any:
            if kind is Client:
                with Client(config, registry=config.registry, store=opened) as client:
                    return getattr(client, method)(*args, **named)
            return asyncio.run(awaited(config, opened, method, *args, **named))

        sent = do("send", asked(), account=ACCOUNT)
        assert Lifecycle.SENT is sent.lifecycle
        assert [Turn.ACTIVE, Turn.ACTIVE] == [each.turn for each in sent.signatories]
        link = do("signing_link", "env1", "ada").url
        do("remind", "env1", "bob")
        bobs = next(mail.link for mail in simulator.outbox if mail.subject.startswith("Reminder"))
        assert "done" == Person(name="Ada Lovelace").sign(link.reveal())
        assert Decision.SIGNED is do("refresh", "env1").signatory("ada").decision
        assert "done" == Person(name="Bob Noyce").sign(bobs)
        done = do("wait", "env1", polls=1, timeout=0)
        assert Lifecycle.COMPLETED is done.lifecycle
        assert ("audit_trail", "signed_document") == done.evidence_ready
        saved = do("save", "env1", tmp_path / "out")
        assert ["contract-signed.pdf", "audit-report.pdf", "manifest.json"] == [
            Path(each.path).name for each in saved
        ]
        assert b"/ByteRange" in (tmp_path / "out" / "contract-signed.pdf").read_bytes()
        told = [event.type for event in do("events", "env1")]
        assert [F.ENVELOPE_CREATED, F.ENVELOPE_SENT] == told[:2]
        assert 1 == told.count(F.ENVELOPE_COMPLETED)
        assert 2 == told.count(F.SIGNATORY_SIGNED)
    opened.close()


async def awaited(config: Config, store: Store, method: str, *args: Any, **named: Any) -> Any:
    """Call one method of a fresh asynchronous client."""
    async with AsyncClient(config, registry=config.registry, store=store) as client:
        return await getattr(client, method)(*args, **named)


# Other ends


@pytest.mark.parametrize("without_status", [False, True])
def test_expiry_comes_by_the_clock_and_by_webhook(without_status: bool) -> None:
    """When the time is over the vendor says so, and the envelope is expired, which is no refusal."""
    ends = datetime.now(UTC) + timedelta(days=3)
    with receiving(parse(without("status") if without_status else dialect())) as (deal, door):
        deal.client.send(asked(expires_at=ends), account=ACCOUNT)
        deal.simulator.clock.advance(timedelta(days=2))
        assert WorkflowStatus.ACTIVE is deal.workflow.status
        deal.simulator.clock.advance(timedelta(days=2))
        deal.simulator.webhooks.drain()
        door.settled()
        snapshot = deal.client.get("env1")
        assert Lifecycle.EXPIRED is snapshot.lifecycle
        with pytest.raises(PersonStuckError, match="closed"):
            deal.person().sign(deal.link("ada@example.org"))


class Clock:
    """A client's clock that only its own pauses move; ``then`` is done in the second pause."""

    def __init__(self, then: Any = None) -> None:
        self.now = datetime.now(UTC)
        self.pauses = 0
        self.then = then

    def pause(self, seconds: float) -> None:
        """Let so much time pass."""
        self.now += timedelta(seconds=seconds)
        self.pauses += 1
        if self.pauses == 2 and self.then is not None:
            self.then()


def waiting(deal: Deal, clock: Clock, transport: Recorder | None = None) -> Client:
    """Open a second client of the same account and store, with a clock of its own."""
    known: dict[str, Any] = {
        "registry": deal.config.registry,
        "store": deal.client.store,
        "transport": transport,
    }
    return Client(deal.config, clock=lambda: clock.now, pause=clock.pause, **known)


def test_waiting_asks_as_often_as_its_budget_allows() -> None:
    """With a budget of three the vendor is asked three times, however long the waiting takes."""
    with dealing() as deal:
        deal.client.send(asked(), account=ACCOUNT)
        clock, recorder = Clock(), Recorder()
        with waiting(deal, clock, recorder) as client, pytest.raises(errors.WaitTimeout):
            client.wait("env1", polls=3, timeout=120)
        assert 3 == len(recorder.requests)
        assert clock.pauses > 5


def test_completion_is_seen_by_asking() -> None:
    """No webhook tells that all have signed, so waiting asks until it is so."""
    with dealing() as deal:
        deal.client.send(asked(), account=ACCOUNT)

        def sign() -> None:
            for mail in deal.invitations():
                deal.person().sign(mail.link)

        clock = Clock(sign)
        with waiting(deal, clock) as client:
            assert Lifecycle.COMPLETED is client.wait("env1", timeout=600).lifecycle
        assert 2 == clock.pauses


def test_without_a_status_nobody_pretends_to_see_a_completion() -> None:
    """The capabilities, the check, reading and waiting all say that it cannot be seen."""
    with dealing(parse(without("status"))) as deal:
        offered = deal.client.capabilities(ACCOUNT)
        assert Capability.SEE_COMPLETION not in offered
        found = deal.client.check(asked(), account=ACCOUNT)
        assert {Severity.WARNING} == {each.severity for each in found}
        deal.client.send(asked(), account=ACCOUNT)
        with pytest.raises(errors.Unobservable):
            deal.client.wait("env1")
        with pytest.raises(errors.UnsupportedCapability, match=r"operations\.status\.path"):
            deal.client.refresh("env1")
        with pytest.raises(errors.NotReady):
            deal.client.save("env1", "nowhere")


# Steps of signing


def test_sequential_signatories_are_asked_one_after_the_other() -> None:
    """Who is second has no mail, no turn and no link until the first one has signed."""
    people = [person("bob", stage=2), person("ada", stage=1)]
    with dealing() as deal:
        sent = deal.client.send(asked(signatories=people), account=ACCOUNT)
        assert ["ada@example.org"] == [mail.to for mail in deal.invitations()]
        assert (Turn.ACTIVE, Turn.WAITING) == (sent.signatory("ada").turn, sent.signatory("bob").turn)
        with pytest.raises(errors.NotReady):
            deal.client.signing_link("env1", "bob")
        assert "done" == deal.person().sign(deal.link("ada@example.org"))
        assert ["ada@example.org", "bob@example.org"] == [mail.to for mail in deal.invitations()]
        now = deal.client.refresh("env1")
        assert (Turn.DONE, Turn.ACTIVE) == (now.signatory("ada").turn, now.signatory("bob").turn)
        assert "done" == deal.person().sign(deal.client.signing_link("env1", "bob").url.reveal())
        assert Lifecycle.COMPLETED is deal.client.refresh("env1").lifecycle


def test_the_workflows_password_is_asked_for() -> None:
    """Without the password that the sender gave nobody gets to the documents; with it they sign."""
    options = [Sign8Options(password=Secret("canary-password"))]
    with dealing() as deal:
        deal.client.send(asked(options=options), account=ACCOUNT)
        link = deal.link("ada@example.org")
        with pytest.raises(PersonStuckError):
            deal.person(password="canary-passwort").sign(link)
        assert Decision.NONE is deal.client.refresh("env1").signatory("ada").decision
        assert "done" == deal.person(password="canary-password").sign(link)
        assert Decision.SIGNED is deal.client.refresh("env1").signatory("ada").decision


@pytest.mark.parametrize("level", ["AES", "QES"])
def test_from_advanced_upward_a_code_on_the_phone_is_needed(level: str) -> None:
    """The mobile number that was told gets the code, and without reading it nobody signs."""
    with dealing() as deal:
        deal.client.send(asked(assurance=Assurance(level=level)), account=ACCOUNT)
        link = deal.link("ada@example.org")
        with pytest.raises(PersonStuckError):
            Person(name="Ada Lovelace").sign(link)
        message = deal.simulator.outbox[-1]
        assert (True, "+4915112345678") == (message.subject.startswith("Your code"), message.to)
        assert "done" == deal.person().sign(link)
        assert Decision.SIGNED is deal.client.refresh("env1").signatory("ada").decision


@pytest.mark.parametrize(
    ("level", "expected"),
    [("AES", SignatureType.ADVANCED_SEAL), ("QES", SignatureType.QUALIFIED_SEAL)],
)
def test_a_seal_is_asked_for_as_a_seal(level: str, expected: SignatureType) -> None:
    """A seal arrives as one, with a warning that the person has to be in a sealing team."""
    people = [person(kind="seal", verb="seal", assurance=Assurance(level=level))]
    with dealing() as deal:
        codes = {each.code for each in deal.client.check(asked(signatories=people), account=ACCOUNT)}
        assert {"seal.team"} == codes
        deal.client.send(asked(signatories=people), account=ACCOUNT)
        assert [expected] == [each.signature_type for each in deal.workflow.signers.values()]
        assert "done" == deal.person().sign(deal.link("ada@example.org"))
        assert Lifecycle.COMPLETED is deal.client.refresh("env1").lifecycle


# Accounts


def test_two_accounts_share_nothing() -> None:
    """Two organisations with different dialects, in one client: words, tokens and news stay apart."""
    other = parse(
        dialect(
            auth={"type": "oauth2", "token_url": "/token"},
            operations__add_workflow__path="/neu",
            words__workflow_statuses={"active": "refused", "refused": "active", "0": "draft"},
            webhooks__events={"ende": "refused", "api/workflow/workflowRefused": "expired"},
        )
    )
    one, two = create(), create(dialect=other)
    with one.running() as here, two.running() as there:
        tables = {"one": one.account(here), "two": two.account(there)}
        # Both simulators name their secrets alike, so the second one's get names of their own.
        environ = {
            f"{name}_{key}": value for name in tables for key, value in tables[name].environment.items()
        }
        config = Config.from_mapping(
            {"accounts": {name: _renamed(made.table, name) for name, made in tables.items()}}, environ=environ
        )
        store = open_store("memory:")
        with Client(config, registry=config.registry, store=store, pause=lambda _: None) as client:
            for name in tables:
                sent = client.send(asked(name), account=name)
                assert Lifecycle.SENT is sent.lifecycle
            assert [1, 1] == [len(each.tenant.workflows) for each in (one, two)]
            (workflow,) = one.tenant.workflows
            headers = {"X-Webhook-Token": two.tenant.hooks.token}
            foreign = client.ingest("one", headers=headers, body=b'{"workflow_id": "%s"}' % workflow.encode())
            assert OutcomeKind.REJECTED is foreign.kind
            client.ingest(
                "two", headers=headers, body=b'{"workflow_id": "%s"}' % workflow.encode(), path="ende"
            )
            assert [Lifecycle.SENT, Lifecycle.SENT] == [client.get(name).lifecycle for name in tables]
            (link,) = [mail.link for mail in two.outbox if mail.to == "bob@example.org"]
            Person(name="Bob Noyce").decline(link, "Too dear")
            assert Lifecycle.DECLINED is client.refresh("two").lifecycle
            assert Lifecycle.SENT is client.refresh("one").lifecycle
            ids = [{event.id for event in client.events(name)} for name in tables]
            assert set() == ids[0] & ids[1]
        store.close()


def _renamed(value: Any, name: str) -> Any:
    """Return a table whose references lead to the account's own names in the environment."""
    if isinstance(value, dict):
        return {key: _renamed(inner, name) for key, inner in value.items()}
    return value.replace("env:", f"env:{name}_") if isinstance(value, str) else value


def test_production_refuses_what_is_only_assumed() -> None:
    """A production account with the shipped assumptions sends nothing, until somebody accepts them."""
    account = {"environment": "production"}
    with dealing(parse({}), spoken={}, account=account) as deal:
        (problem,) = [each for each in deal.client.check(asked(), account=ACCOUNT) if each.blocking]
        assert "dialect.assumed" == problem.code
        assert "paraph sign8 dialect show" in problem.hint
        with pytest.raises(errors.Refused):
            deal.client.send(asked(), account=ACCOUNT)
        assert ([], []) == (deal.requests, deal.workflows)
    with dealing(parse({}), spoken={}, account={**account, "accept_assumptions": True}) as deal:
        deal.client.send(asked(), account=ACCOUNT)
        deal.simulator.clock.advance(SETTLING)
        assert WorkflowStatus.ACTIVE is deal.workflow.status


# Silence

CANARIES = ("canary", "Zuse", "konrad@", "+49301234567")


def test_nobody_and_no_secret_is_named(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """Through a whole life and every kind of failure no log, repr or error holds a secret or a person."""
    heard: list[str] = []
    people = [
        Signatory(
            id="s1",
            given_name="Konrad",
            family_name="Zuse",
            email="konrad@example.org",
            phone="+49301234567",
            assurance=Assurance(level="AES"),
        )
    ]
    envelope = asked(
        title="canary title",
        message="canary message",
        documents=[Document.from_bytes(make_pdf(), name="canary.pdf", id="d1")],
        signatories=people,
        options=[Sign8Options(password=Secret("canary-password"))],
    )
    caplog.set_level(logging.DEBUG, logger="paraph")
    caplog.set_level(logging.DEBUG, logger="httpx")
    with receiving(subscribed=False) as (deal, door):
        client, token = deal.client, deal.simulator.tenant.hooks.token
        secrets = (token, deal.simulator.tenant.credentials.secret)
        heard += [repr(each) for each in (client, deal.config, envelope, people[0], *envelope.options)]
        body = '{"error": {"code": "canary", "message": "Zuse"}, "title": "konrad@example.org"}'
        for path in ("/v1/workflow/add", "/v1/signer/add"):
            for status in (422, 500):
                deal.simulator.faults.add(Fault(kind=FaultKind.STATUS, path=path, status=status, body=body))
                with pytest.raises(errors.VendorError) as caught:
                    client.send(envelope, account=ACCOUNT)
                heard += [str(caught.value), repr(caught.value), *getattr(caught.value, "__notes__", ())]
        client.resume(envelope.id)
        deal.person(password="canary-password").decline(deal.link("konrad@example.org"), "canary reason")
        found = {"workflow_id": client.get(envelope.id).vendor_ref, "reason": "canary"}
        door.post(REFUSED, found, **{"X-Webhook-Token": token})
        door.post("canary/Zuse", {"reason": "konrad@example.org"}, **{"X-Webhook-Token": "canary-guess"})
        snapshot = client.get(envelope.id)
        assert Lifecycle.DECLINED is snapshot.lifecycle
        assert snapshot.ending is not None
        assert "canary reason" == snapshot.ending.reason
        heard += [repr(snapshot), *(repr(each) for each in client.events(envelope.id))]
        heard += [repr(each) for each in door.outcomes]
    # What simulators and people log is their own business.
    own = [each for each in caplog.records if not (each.threadName or "").startswith("simulat")]
    heard += [f"{each.getMessage()} {each.exc_text or ''}" for each in own]
    for canary in (*CANARIES, *secrets):
        assert [] == [text for text in heard if canary in text]
    assert any("HTTP Request" in text for text in heard), "the log was heard"
