# ruff: noqa: B018, E402, F401, T201 - deliberate mistakes
"""Code of users and of plugin authors, with deliberate mistakes.

It is never run. ``test_typing.py`` has mypy (strict) and pyright read it and compares what they report
with the marks: a line ending in ``E: code`` has to be reported by mypy under that code, and by pyright; no
other line may be reported by either. ``assert_type`` says what the checkers have to infer.
"""

from __future__ import annotations

import io
from collections.abc import Coroutine, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, assert_type

import httpx

import paraph
from paraph import (
    Anchor,
    Assurance,
    AsyncClient,
    Client,
    Document,
    Envelope,
    Event,
    EventType,
    Evidence,
    Field,
    Level,
    Lifecycle,
    Outcome,
    PageSize,
    Problem,
    Rect,
    Registry,
    SavedEvidence,
    Secret,
    Signatory,
    SigningLink,
    Snapshot,
    hookimpl,
    load_config,
)
from paraph.flow import Flow, Page, all_pages, call, http, publish, retrying, step
from paraph.model import Decision
from paraph.provider import Account, json_of

ADA = Signatory(id="ada", given_name="Ada", family_name="Lovelace", email="ada@example.org")
CONTRACT = Document.from_path("contract.pdf")
ENVELOPE = Envelope(title="Contract", documents=[CONTRACT], signatories=(ADA,))


# --- names

paraph.Envelop  # E: attr-defined
from paraph import Sigantory  # E: attr-defined

# --- describing an envelope


def describe(later: datetime) -> Envelope:
    assert_type(ENVELOPE.documents, tuple[Document, ...])
    assert_type(ENVELOPE.signers, tuple[Signatory, ...])
    assert_type(ENVELOPE.expires_at, datetime | None)
    Envelope(titel="Contract")  # E: call-arg
    Envelope("Contract")  # E: call-arg
    Envelope(documents=[ADA])  # E: list-item
    Envelope(signatories=Document.from_bytes(b"", name="a.pdf"))  # E: arg-type
    Envelope(expires_at="tomorrow")  # E: arg-type
    Envelope(assurance=Level.QES)  # E: arg-type
    ENVELOPE.title = "Another"  # E: misc
    ADA.email = "ada@example.com"  # E: misc
    return Envelope(
        expires_at=later + timedelta(days=3), assurance=Assurance(level=Level.QES, floor=Level.AES)
    )


def levels(level: Level) -> bool:
    assert_type(Level.parse("QES"), Level)
    return Level.SES < level


def documents(content: bytes, path: Path) -> None:
    assert_type(Document.from_bytes(content, name="a.pdf"), Document)
    assert_type(Document.from_path(path, role="attachment"), Document)
    assert_type(Document.from_opener(lambda: io.BytesIO(content), name="a.pdf"), Document)
    assert_type(Document.from_json({"amount": 100}, name="order.json"), Document)
    Document.from_bytes("text", name="a.pdf")  # E: arg-type
    Document.from_bytes(content)  # E: call-arg
    Document.from_opener(content, name="a.pdf")  # E: arg-type


def fields() -> None:
    rect = Rect.from_percent(10, 80, 30, 6, page=PageSize(width=612, height=792))
    assert_type(rect, Rect)
    assert_type(Rect.from_fraction(0.1, 0.8, 0.3, 0.06), Rect)
    assert_type(Rect.from_bottom_left(72, 72, 180, 48), Rect)
    assert_type(Rect.from_pixels(300, 900, 600, 150, dpi=300), Rect)
    Rect.from_pixels(300, 900, 600, 150)  # E: call-arg
    Rect(1, 2, 3, 4)  # E: call-arg
    Field(document="contract", signatory="ada", page=-1, rect=rect)
    Field(document="contract", signatory="ada", anchor=Anchor(text="Signature:", dx=80))
    Field(document="contract", signatory="ada", rect=(72, 700, 180, 48))  # E: arg-type
    Field(document=CONTRACT, signatory="ada")  # E: arg-type
    rect.x = 5  # E: misc


def secrets(secret: Secret) -> str:
    assert_type(secret.reveal(), str)
    Secret(b"bytes")  # E: arg-type
    return secret  # E: return-value


# --- using the blocking client


def send() -> None:
    with Client.from_config("paraph.toml") as client:
        assert_type(client, Client)
        assert_type(client.check(ENVELOPE), tuple[Problem, ...])
        assert_type(client.send(ENVELOPE, account="hr"), Snapshot)
        assert_type(client.send, "Any")  # E: assert-type
        assert_type(client.resume(ENVELOPE.id), Snapshot)
        assert_type(client.settle(ENVELOPE.id, "publish", happened=True), Snapshot)
        assert_type(client.get(ENVELOPE.id), Snapshot)
        assert_type(client.refresh(ENVELOPE.id), Snapshot)
        assert_type(client.wait(ENVELOPE.id, timeout=60), Snapshot)
        assert_type(client.wait(ENVELOPE.id, until=lambda known: known.partially_signed), Snapshot)
        assert_type(client.cancel(ENVELOPE.id, reason="withdrawn"), Snapshot)
        assert_type(client.signing_link(ENVELOPE.id, "ada"), SigningLink)
        assert_type(client.envelopes(reference="2026-17"), tuple[Snapshot, ...])
        assert_type(client.events(ENVELOPE.id, after=7), tuple[Event, ...])
        assert_type(client.evidence(ENVELOPE.id), tuple[Evidence, ...])
        assert_type(client.save(ENVELOPE.id, Path("signed")), tuple[SavedEvidence, ...])
        assert_type(client.ingest("hr", headers={}, body=b""), Outcome)
        client.send("contract.pdf")  # E: arg-type
        client.send(ENVELOPE, acount="hr")  # E: call-arg
        client.send()  # E: call-arg
        client.get(ENVELOPE)  # E: arg-type
        client.wait(ENVELOPE.id, until=Lifecycle.COMPLETED)  # E: arg-type
        client.events(ENVELOPE.id, 7)  # E: arg-type,call-arg
        client.save(ENVELOPE.id, "signed", kinds="proof", document=1)  # E: arg-type
        client.ingest("hr", headers={}, body="text")  # E: arg-type
        client.publish(ENVELOPE)  # E: attr-defined


def look(snapshot: Snapshot, event: Event) -> str | None:
    assert_type(snapshot.lifecycle, Lifecycle)
    assert_type(snapshot.signatory("ada").decision, Decision)
    snapshot.lifecycle = Lifecycle.COMPLETED  # E: misc
    snapshot.ending.reason  # E: union-attr
    if snapshot.ending is not None:
        assert_type(snapshot.ending.at, datetime | None)
    event.type = EventType.ENVELOPE_SENT  # E: misc
    return event.signatory_id


# --- using the asynchronous client


async def send_in_a_loop() -> Snapshot:
    async with AsyncClient.from_config() as client:
        assert_type(client, AsyncClient)
        pending = assert_type(client.send(ENVELOPE), Coroutine[Any, Any, Snapshot])
        await pending
        client.send(ENVELOPE)  # E: unused-coroutine
        assert_type(await client.send(ENVELOPE, account="hr"), Snapshot)
        assert_type(await client.events(ENVELOPE.id), tuple[Event, ...])
        assert_type(await client.save(ENVELOPE.id, io.BytesIO(), kinds=["proof"]), tuple[SavedEvidence, ...])
        client.send(ENVELOPE).lifecycle  # E: attr-defined
        for event in client.events(ENVELOPE.id):  # E: attr-defined
            print(event)
        await client.send(ENVELOPE, acount="hr")  # E: call-arg
        wrong: Snapshot = client.get(ENVELOPE.id)  # E: assignment
        print(wrong)
        return client.refresh(ENVELOPE.id)  # E: return-value


def mixed_up() -> None:
    with AsyncClient.from_config():  # E: attr-defined,attr-defined
        pass


# --- configuration and plugins


def configure() -> None:
    config = load_config("paraph.toml")
    Client(config, registry=Registry(disabled=["ignisign"]))  # E: call-arg
    Client.from_config(config, registry=Registry.empty())
    Client.from_config(config, transport=httpx.MockTransport(lambda request: httpx.Response(200)))
    AsyncClient.from_config(config, transport=httpx.HTTPTransport())  # E: arg-type


@hookimpl
def paraph_event(event: Event) -> None:
    print(event.type)


# --- writing a provider


def read_status(account: Account[Any], reference: str) -> Flow[str]:
    response = yield from http(httpx.Request("GET", f"https://vendor.example/{reference}"))
    assert_type(response, httpx.Response)
    length = yield from call(len, response.content)
    assert_type(length, int)
    yield from call(len, 5)  # E: arg-type
    return str(json_of(response)["status"])


def careless(account: Account[Any]) -> Flow[str]:
    response = http(httpx.Request("GET", "https://vendor.example/"))
    response.status_code  # E: attr-defined
    yield from http("https://vendor.example/")  # E: arg-type
    yield from http(httpx.Request("GET", "https://vendor.example/"), timeout=5)  # E: call-arg
    status = yield from read_status(account, "r1")
    assert_type(status, str)
    return len(status)  # E: return-value


def journalled(account: Account[Any]) -> Flow[str]:
    made = yield from step("create", lambda: read_status(account, "r1"))
    assert_type(made, str)
    again = yield from retrying(lambda: read_status(account, "r1"))
    assert_type(again, str)
    yield from step("create", read_status(account, "r1"))  # E: arg-type
    yield from publish("publish", lambda: read_status(account, made))  # E: call-arg
    return (yield from publish("publish", lambda: read_status(account, made), recover=None))


def paged(account: Account[Any]) -> Flow[list[str]]:
    def page(cursor: int | str) -> Flow[Page[str]]:
        name = yield from read_status(account, str(cursor))
        return Page(items=(name,), next=None)

    found = yield from all_pages(page, first=1, key=str.lower)
    assert_type(found, tuple[str, ...])
    yield from all_pages(page, first=1)  # E: call-arg
    return list(found)


def authorize(account: Account[Any]) -> Flow[Mapping[str, str]]:
    yield "GET https://vendor.example/"  # E: misc
    return {}
