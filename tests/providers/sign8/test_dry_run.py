"""A dry run shows the requests that a send then makes at a simulated SIGN8, and makes none itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any

import attrs
import pytest
from hypothesis import given, settings

from paraph.model import Assurance, Document, Envelope, Field, Rect, Secret
from paraph_sign8 import Sign8Options
from paraph_sign8.dialect import parse
from paraph_sign8.simulator import create
from support.rehearsed import Comparison, Sent, blocking, in_loop, in_the_order_shown
from support.sign8_account import dialect, make_pdf, person
from support.sign8_envelopes import envelopes
from support.sign8_stage import ACCOUNT, asked, config_of

PASSWORD = "canary-password"
ANNEX = Document.from_bytes(make_pdf(pages=2), name="Anhang Größe.pdf", role="attachment")
CONTRACT = Document.from_bytes(make_pdf(), name="contract.pdf")
RECT = Rect(x=72, y=600, width=180, height=48)
EXPIRY = datetime(2090, 1, 31, tzinfo=UTC)

SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "levels": {
        "signatories": [
            person("ada", assurance=Assurance(level="QES"), stage=1),
            person("bob", assurance=Assurance(level="AES"), stage=2),
        ],
        "expires_at": EXPIRY,
        "message": "Please sign",
    },
    "fields": {
        "documents": [CONTRACT, ANNEX],
        "fields": [
            Field(document="contract", signatory="ada", page=1, rect=RECT),
            Field(document="contract", signatory="bob", page=1, rect=RECT, kind="date"),
        ],
        "options": [Sign8Options(password=Secret(PASSWORD))],
    },
}
DIALECTS = {
    "base64": dialect(),
    "multipart": dialect(formats__transfer="multipart"),
    "url": dialect(formats__transfer="url"),
    "no-start": dialect(operations__start__path=""),
}


one_by_one = partial(config_of, limits={"in_flight": 1})
"""One call after the other keeps the order in which a dry run shows them."""


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("spoken", DIALECTS)
def test_the_requests_of_a_dry_run_are_those_of_the_send(shape: str, spoken: str) -> None:
    """Methods, URLs, headers and bodies are the same, but for ids and secrets, in every way of transfer."""
    simulator = create(dialect=parse(DIALECTS[spoken]))
    request = asked(**SHAPES[shape])
    with simulator.running() as url, blocking(one_by_one(simulator, url)) as (client, sent):
        shown = client.dry_run(request, account=ACCOUNT, personal=True)
        assert ([], (), True, "") == (sent, simulator.effects.all(), shown.complete, shown.stopped)
        client.send(request, account=ACCOUNT)
        expected = [] if shape != "fields" else hidden(sent)
        assert expected == Comparison().differences(shown, sent)
        assert len(simulator.effects.all()) > 0


@settings(max_examples=12, deadline=None)
@given(envelopes())
def test_the_same_for_envelopes_of_every_kind(request: Envelope) -> None:
    """Levels, seals, orders, attachments, fields and annotations: what is shown is what is sent."""
    simulator = create(sealing_team=["@example.org"])
    with simulator.running() as url, blocking(one_by_one(simulator, url)) as (client, sent):
        shown = client.dry_run(request, account=ACCOUNT, personal=True)
        client.send(request, account=ACCOUNT)
        found = Comparison().differences(shown, sent)
    assert [] == [each for each in found if "secret-not-shown" not in each]


@pytest.mark.parametrize("spoken", DIALECTS)
def test_the_same_requests_go_out_side_by_side(spoken: str) -> None:
    """Where kinds of calls overlap their order is their own, and number, bodies and ids are as shown."""
    simulator = create(dialect=parse(DIALECTS[spoken]))
    request = asked(**{**SHAPES["fields"], "options": []})
    with simulator.running() as url, blocking(config_of(simulator, url)) as (client, sent):
        shown = client.dry_run(request, account=ACCOUNT, personal=True)
        other = client.dry_run(attrs.evolve(request, title="Other"), account=ACCOUNT, personal=True)
        client.send(request, account=ACCOUNT)
    assert [] == Comparison().differences(shown, in_the_order_shown(shown, sent))
    assert [] != Comparison().differences(other, in_the_order_shown(other, sent))


def hidden(sent: list[Sent]) -> list[str]:
    """Say how a password that is sent and not shown differs."""
    (made,) = (each for each in sent if PASSWORD.encode() in each.content)
    where = f"POST {made.url}.password"
    return [f"{where}: 'secret-not-shown' shown, {PASSWORD!r} sent"]


def test_the_same_in_an_event_loop() -> None:
    """The asynchronous client shows, and sends, the same."""

    async def run(request: Envelope) -> list[str]:
        async with in_loop(one_by_one(simulator, url)) as (client, sent):
            shown = await client.dry_run(request, account=ACCOUNT, personal=True)
            assert [] == sent
            await client.send(request, account=ACCOUNT)
            return Comparison().differences(shown, sent)

    simulator = create()
    with simulator.running() as url:
        assert [] == asyncio.run(run(asked(**SHAPES["levels"])))


def test_a_difference_would_be_noticed() -> None:
    """The comparison finds another value, a value that is missing and a mixed-up id."""
    simulator = create()
    request = asked()
    with simulator.running() as url, blocking(one_by_one(simulator, url)) as (client, sent):
        shown = client.dry_run(request, account=ACCOUNT, personal=True)
        other = client.dry_run(attrs.evolve(request, title="Other"), account=ACCOUNT, personal=True)
        client.send(request, account=ACCOUNT)
    assert [] == Comparison().differences(shown, sent)
    assert 1 == len(Comparison().differences(other, sent))
    first, *rest = shown.requests
    less = attrs.evolve(first, body={key: value for key, value in first.body.items() if key != "name"})
    assert 1 == len(Comparison().differences(attrs.evolve(shown, requests=(less, *rest)), sent))
    swapped = [
        attrs.evolve(each, body={**each.body, "signer_id": "would-be.signer.ada"})
        if isinstance(each.body, dict) and "signer_id" in each.body
        else each
        for each in shown.requests
    ]
    assert [] != Comparison().differences(attrs.evolve(shown, requests=tuple(swapped)), sent)


def test_live_reads_only_read() -> None:
    """With live reads nothing is made either, and nothing that would be made is asked for."""
    simulator = create()
    with simulator.running() as url, blocking(one_by_one(simulator, url)) as (client, sent):
        shown = client.dry_run(asked(), account=ACCOUNT, live=True)
        assert ([], ()) == ([each for each in sent if not each.authenticates], simulator.effects.all())
    assert shown.complete


def test_nothing_personal_and_no_secret_is_shown() -> None:
    """Names, addresses, titles and file names are only shown where they are asked for; secrets never are."""
    simulator = create()
    people = [
        person("ada", given_name="Canaryada", family_name="Canarylace", email="canary.mail@example.org"),
        person("bob", given_name="Bob", family_name="Noyce", phone="+4917699999999"),
    ]
    file = Document.from_bytes(make_pdf(), name="canary-file.pdf", id="d")
    request = asked(
        title="Canary title",
        message="Canary message",
        documents=[file],
        signatories=people,
        options=[Sign8Options(password=Secret(PASSWORD))],
    )
    with simulator.running() as url, blocking(one_by_one(simulator, url)) as (client, _):
        hidden_ = str(client.dry_run(request, account=ACCOUNT)).lower()
        requests = str(client.dry_run(request, account=ACCOUNT).requests).lower()
        shown = client.dry_run(request, account=ACCOUNT, personal=True)
    token = client.config.account(ACCOUNT).settings.auth.token.reveal()
    personal = ("canary", "noyce", "4917699999999")
    assert [] == [word for word in personal if word in requests or word in hidden_]
    assert [] == [word for word in personal if word not in str(shown.requests).lower()]
    assert [] == [word for word in (PASSWORD, token) if word in str(shown.requests)]
