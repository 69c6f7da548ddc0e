"""A dry run shows the requests that a send then makes at a simulated Ignisign, and makes none itself."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from paraph import Config
from paraph.model import Assurance, Document, Envelope
from paraph.provider import WOULD_BE
from paraph_ignisign.settings import IgnisignOptions, IgnisignStatement
from paraph_ignisign.simulator import IgnisignSimulator, create, routes_account
from providers.ignisign.simulator_driver import make_pdf
from support.ignisign_account import envelope, person
from support.rehearsed import Comparison, blocking, in_loop, in_the_order_shown

ACCOUNT = "hr"
CONTRACT = Document.from_bytes(make_pdf(), name="contract.pdf")
SECOND = Document.from_bytes(make_pdf(), name='Größe "2".pdf', id="second")
SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "terms": {
        "message": "Please sign",
        "expires_at": datetime(2090, 1, 31, tzinfo=UTC),
        "options": [IgnisignOptions(statements=[IgnisignStatement(text="I agree", document="contract")])],
    },
    "several": {
        "documents": [CONTRACT, SECOND],
        "signatories": [
            person("ada", delivery="link", phone="+33612345678"),
            person("bob", given_name="Bob"),
            person("eve", given_name="Eve", verb="receive_copy"),
        ],
    },
    "json": {"documents": [CONTRACT, Document.from_json({"amount": 3, "name": "Ada"}, name="terms")]},
    "digest": {"documents": [Document.from_digest(CONTRACT.sha256, name="private.pdf")]},
    "advanced": {
        "assurance": Assurance(level="AES"),
        "signatories": [person("ada", phone="+33612345678")],
    },
}


def asked(shape: str, **changes: Any) -> Envelope:
    return envelope(**{"documents": [CONTRACT], **SHAPES[shape], **changes})


def config_of(
    simulator: IgnisignSimulator, url: str, *, side_by_side: bool = False, **changes: Any
) -> Config:
    """Configure the account. One call after the other keeps the order in which a dry run shows them."""
    if not side_by_side:
        changes["limits"] = {"in_flight": 1}
    made = simulator.account(url)
    return Config.from_mapping({"accounts": {ACCOUNT: {**made.table, **changes}}}, environ=made.environment)


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_requests_of_a_dry_run_are_those_of_the_send(shape: str, live: bool) -> None:
    """Methods, URLs, headers and bodies are the same, but for ids, with the vendor's answers and without."""
    simulator = create()
    request = asked(shape)
    with simulator.running() as url, blocking(config_of(simulator, url)) as (client, sent):
        before = simulator.effects.all()
        shown = client.dry_run(request, account=ACCOUNT, live=live, personal=True)
        assert (True, "") == (shown.complete, shown.stopped)
        assert (before, live) == (simulator.effects.all(), bool(sent))
        assert [] == [each for each in sent if not each.reads and not each.authenticates]
        sent.clear()
        client.send(request, account=ACCOUNT)
        assert [] == Comparison().differences(shown, sent)
        assert before != simulator.effects.all()


@pytest.mark.parametrize("live", [False, True])
def test_the_same_in_an_event_loop(live: bool) -> None:
    """The asynchronous client shows, and sends, the same."""

    async def run(request: Envelope) -> list[str]:
        async with in_loop(config_of(simulator, url)) as (client, sent):
            shown = await client.dry_run(request, account=ACCOUNT, live=live, personal=True)
            sent.clear()
            await client.send(request, account=ACCOUNT)
            return Comparison().differences(shown, sent)

    simulator = create()
    with simulator.running() as url:
        assert [] == asyncio.run(run(asked("several")))


@pytest.mark.parametrize("live", [False, True])
def test_the_same_requests_go_out_side_by_side(live: bool) -> None:
    """Where calls overlap their order is their own, and their number, bodies and ids are as shown."""
    simulator = create()
    people = [person(name, delivery="link") for name in ("ada", "bob", "eve", "joe")]
    with (
        simulator.running() as url,
        blocking(config_of(simulator, url, side_by_side=True)) as (client, sent),
    ):
        request = asked("several", signatories=people)
        shown = client.dry_run(request, account=ACCOUNT, live=live, personal=True)
        sent.clear()
        client.send(request, account=ACCOUNT)
        assert [] == Comparison().differences(shown, in_the_order_shown(shown, sent))
        other = attrs.evolve(request, title="Other")
        wrong = client.dry_run(other, account=ACCOUNT, live=live, personal=True)
        assert [] != Comparison().differences(wrong, in_the_order_shown(wrong, sent))


def test_stand_ins_are_said_to_be_assumptions() -> None:
    """What a read would have shown is marked as answered by a stand-in, with what it takes for granted."""
    simulator = create()
    with simulator.running() as url, blocking(config_of(simulator, url)) as (client, _):
        shown = client.dry_run(asked("plain"), account=ACCOUNT)
        live = client.dry_run(asked("plain"), account=ACCOUNT, live=True)
    reads = [each for each in shown.requests if each.effect == "read" and each.answered == "stand-in"]
    assert 2 == len(reads)
    assert all(each.assumed for each in reads)
    assert ["vendor", "vendor"] == [each.answered for each in live.requests if each.effect == "read"][:2]
    about = [each for each in live.requests if WOULD_BE in each.url]
    assert set() == {each.answered for each in about} - {"nobody"}


def test_a_shared_signer_is_compared_without_being_shown() -> None:
    """A signer who exists already is recognised through the stand-ins of a masked live dry run."""
    simulator = create()
    with (
        simulator.running() as url,
        blocking(config_of(simulator, url, signer_reference="signatory")) as (client, sent),
    ):
        client.send(asked("plain", id="first"), account=ACCOUNT)
        request = asked("plain", id="second", title="Canary title")
        sent.clear()
        shown = client.dry_run(request, account=ACCOUNT, live=True)
        assert (True, "") == (shown.complete, shown.stopped)
        assert [] == [each for each in sent if not each.reads and not each.authenticates]
    told = json.dumps([[each.url, each.body] for each in shown.requests]).lower()
    assert [] == [word for word in ("lovelace", "ada@example.org", "canary") if word in told]


def test_a_refusal_shows_why_and_no_requests() -> None:
    """What cannot be sent ends in its problems, and nobody is asked anything."""
    simulator = create()
    with simulator.running() as url, blocking(config_of(simulator, url)) as (client, sent):
        shown = client.dry_run(asked("plain", title=""), account=ACCOUNT)
        assert [] == sent
    assert (None, False, ()) == (shown.account, shown.possible, shown.requests)
    assert ["title.missing"] == [problem.code for problem in shown.problems]


def test_a_fixed_language_is_left_out_where_the_policy_adapts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only a live read shows can be adapted, too: it is named, and neither shown nor sent."""
    usual = routes_account._environment

    def fixed(*given: Any) -> dict[str, Any]:
        return {**usual(*given), "languageCanBeChanged": False}

    monkeypatch.setattr(routes_account, "_environment", fixed)
    simulator = create()
    request = asked("plain", language="fr")
    with simulator.running() as url, blocking(config_of(simulator, url)) as (client, sent):
        (refused,) = client.check(request, live=True)
        shown = client.dry_run(request, live=True, personal=True, policy="adapt")
        sent.clear()
        client.send(request, policy="adapt")
    assert ("language.fixed", True, "would be ignored") == (refused.code, refused.blocking, refused.kind)
    (named,) = shown.problems
    assert ("language", "fr", "none", False) == (named.path, named.before, named.after, named.blocking)
    assert [] == Comparison().differences(shown, sent)
    assert b'"FR"' not in b"".join(each.content for each in sent)
