"""Dry runs: what is never sent, what is shown of flows that need real answers, and the command."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from paraph.client import Client
from paraph.config import Config
from paraph.flow import Flow, http, identify, new_id, publish, recall, shared, sleep, step
from paraph.masking import NO_COUNTRY, NO_DATE, Masking, scrubbed, secrets_in
from paraph.model import Anchor, Document, Envelope, Field, Secret, Signatory
from paraph.ops.rehearse import Rehearsal
from paraph.provider import WOULD_BE, StandIn
from paraph.provider.registry import Registry
from paraph.store import open_store
from support.acme import AcmeProvider, plugin
from support.noting import asked
from support.tiny import PDF
from tests.core.test_routing import paraph

HERE = "https://acme.example"


def request(method: str, path: str, body: Any = None, **headers: str) -> httpx.Request:
    return httpx.Request(method, HERE + path, json=body, headers=headers)


class Careless(AcmeProvider):
    """Reads with POST, has an effect outside of steps, waits, and needs ids and secrets."""

    def send(self, carried: Any, account: Any) -> Flow[Any]:
        """Do everything that a flow can do."""
        token = yield from shared("token", fresh=lambda _: True, produce=new_id)
        yield from http(request("GET", "/known"))
        made = yield from step("draft", lambda: self.make(token))
        yield from identify(envelope=made)
        kept = yield from recall("told")
        assert kept is not None
        yield from sleep(1000)
        yield from publish("publish", lambda: self.publish_it(made, kept), recover=None)
        yield from http(request("POST", "/effect-outside-of-steps", {}))
        raise AssertionError("an unanswered request raises")

    def make(self, token: str) -> Flow[str]:
        """Search, then make."""
        found = yield from http(request("POST", "/search", {"by": "x"}))
        yield from http(request("POST", "/make", {"found": found.json(), "token": token}))
        raise AssertionError("nothing answers this")

    def publish_it(self, made: str, kept: Secret) -> Flow[None]:
        """Publish with a header that is a secret."""
        yield from http(
            request("POST", f"/{made}/publish", {"proof": kept.reveal()}, **{"X-Key": "canary-key"})
        )

    def stand_in(self, asked_: httpx.Request, account: Any) -> StandIn | None:
        """Answer the search."""
        return StandIn(body=[1], assumes="one is found") if asked_.url.path == "/search" else None


def rehearsed(kind: type[AcmeProvider], *, live: bool = False) -> tuple[Rehearsal, list[str]]:
    """Rehearse an envelope; return what was really asked, too."""
    really: list[str] = []

    def vendor(given: httpx.Request) -> httpx.Response:
        really.append(f"{given.method} {given.url.path}")
        return httpx.Response(200, json=[2])

    registry = Registry.empty()
    registry.register("acme", plugin(kind))
    table = {"provider": "acme", "environment": "test", "key": "env:KEY"}
    config = Config.from_mapping(
        {"accounts": {"hr": table}}, environ={"KEY": "canary-key"}, registry=registry
    )
    store = open_store("memory:")
    with Client(config, registry=registry, store=store, transport=httpx.MockTransport(vendor)) as client:
        found = client.dry_run(asked(id="one"), live=live)
    with store.begin() as tx:
        assert tx.envelope("one") is None
    return found, really


@pytest.mark.parametrize("live", [False, True])
def test_only_reads_go_out_and_only_live(live: bool) -> None:
    """A request goes out if it is a GET, or said to read, and live reads are wanted; nothing else ever."""
    found, really = rehearsed(Careless, live=live)
    assert (["GET /known", "POST /search"] if live else []) == really
    shown = [(each.step, each.effect, each.url.removeprefix(HERE)) for each in found.requests]
    expected = [
        ("", "read", "/known"),
        ("draft", "read", "/search"),
        ("draft", "draft", "/make"),
        ("publish", "publish", f"/{WOULD_BE}.draft/publish"),
        ("", "read", "/effect-outside-of-steps"),
    ]
    if not live:
        expected = expected[:1]  # this flow cannot do without its first read
    assert expected == shown
    assert not found.complete
    assert "VendorError" in found.stopped


def test_stand_ins_and_placeholders_are_what_the_flow_goes_on_with() -> None:
    """Ids, kept secrets and answers of stand-ins reach the requests that depend on them."""
    found, _ = rehearsed(Careless, live=True)
    by_step = {each.step: each for each in found.requests if each.effect != "read"}
    assert [2] == by_step["draft"].body["found"]
    assert f"https://{WOULD_BE}.invalid/told" == by_step["publish"].body["proof"]
    assert "canary-key" not in str(found)
    assert "secret-not-shown" == by_step["publish"].headers["x-key"]


def test_a_flow_that_needs_a_real_answer_stops_and_says_so() -> None:
    """What was asked until then is shown, and that it is not all."""
    found, really = rehearsed(AcmeProvider)
    assert [] == really
    assert ["create"] == [each.step for each in found.requests]
    assert (False, True) == (found.complete, "MalformedResponse" in found.stopped)


# Masking


def test_masking_keeps_the_shape_and_nothing_personal() -> None:
    """Everything that no repr shows gets a stand-in; ids, places, dates of the envelope and kinds stay."""
    person = Signatory(
        id="s1",
        given_name="Canary",
        family_name="Canary",
        email="canary@example.org",
        phone="+33612345678",
        nationality="FR",
        birth_country="FR",
        birth_date=date(1815, 12, 10),
        birth_place="Canary",
    )
    documents = [
        Document.from_bytes(PDF, name="canary.pdf", id="d1"),
        Document.from_json({"canary": 1}, name="canary.json", id="d2"),
    ]
    field = Field(document="d1", signatory="s1", page=1, anchor=Anchor(text="Canary"))
    envelope = Envelope(
        title="Canary", message="Canary", signatories=[person], documents=documents, fields=[field]
    )
    masked = Masking().envelope(envelope)
    texts = [
        masked.title,
        masked.message,
        *(
            str(getattr(masked.signatories[0], name))
            for name in ("given_name", "email", "phone", "birth_place")
        ),
        *(document.name for document in masked.documents),
        masked.fields[0].anchor.text if masked.fields[0].anchor else "",
    ]
    assert [] == [text for text in texts if "canary" in text.lower() or "336123" in text]
    assert all(texts)
    shown = masked.signatories[0]
    assert (NO_DATE, NO_COUNTRY, NO_COUNTRY) == (shown.birth_date, shown.nationality, shown.birth_country)
    with masked.documents[1].open() as stream:
        assert b"canary" not in stream.read()
    assert documents[0].sha256 == masked.documents[0].sha256
    assert ["d1", "d2"] == [document.id for document in masked.documents]
    assert (envelope.id, "s1") == (masked.id, masked.signatories[0].id)


def test_secrets_are_found_and_taken_out_everywhere() -> None:
    """A secret is taken out as a whole value whatever its length, within texts if it is long enough."""
    secrets = secrets_in({"a": (Secret("no"), [Secret("long-enough")])})
    assert {"no", "long-enough"} == secrets
    given = {"x": ["no", "nobody", "Bearer long-enough"], "y": 1}
    assert {"x": ["secret-not-shown", "nobody", "Bearer secret-not-shown"], "y": 1} == scrubbed(
        given, secrets
    )


# The command

CONFIG = """
[accounts.hr]
provider = "ignisign"
environment = "test"
api_key = "env:IGNISIGN_KEY"
defaults = { expiry = "30d", message = "Please sign" }
"""
KEY = "skv2_staging_1b4e28ba-2fa1-41d2-883f-0016d3cca427_canary-secret"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with a configuration and a contract."""
    (tmp_path / "paraph.toml").write_text(CONFIG)
    (tmp_path / "contract.pdf").write_bytes(PDF)
    return tmp_path


SEND = ("send", "contract.pdf", "--to", "Ada Lovelace <ada@example.org>", "--dry-run")


def test_the_command_shows_account_terms_envelope_and_requests(folder: Path) -> None:
    """Without the network, `send --dry-run` shows everything that a send would do, and nobody's name."""
    done = paraph(folder, *SEND, IGNISIGN_KEY=KEY)
    assert (0, "") == (done.returncode, done.stderr)
    for line in (
        "account hr (ignisign, test): the default",
        "(from accounts.hr.defaults.expiry)",
        "message: given (from accounts.hr.defaults.message)",
        "publish publish: POST /v4/signature-requests/would-be.request/publish",
        "nothing was sent",
    ):
        assert line in done.stdout
    assert [] == [word for word in ("Lovelace", "ada@example.org", "canary-secret") if word in done.stdout]


def test_the_same_as_json_with_names_where_they_are_asked_for(folder: Path) -> None:
    """JSON is masked as well, unless --personal says otherwise; no secret is ever in it."""
    masked = paraph(folder, *SEND, "--json", IGNISIGN_KEY=KEY).stdout
    shown = paraph(folder, *SEND, "--json", "--personal", IGNISIGN_KEY=KEY).stdout
    assert ("Lovelace" in masked, "Lovelace" in shown) == (False, True)
    assert "canary-secret" not in masked + shown
    document = json.loads(masked)
    assert ("hr", True, "the default") == (document["account"], document["complete"], document["why"])
    assert "masked.title" == document["envelope"]["title"]
    assert ["message", "expires_at"] == [each["path"] for each in document["defaults"]]


def test_the_flags_of_a_dry_run_need_it(folder: Path) -> None:
    """--live and --personal mean nothing for a real send, and are refused there."""
    done = paraph(folder, *SEND[:-1], "--personal", IGNISIGN_KEY=KEY)
    assert 2 == done.returncode
    assert "--dry-run" in done.stderr


def test_a_refused_dry_run_ends_as_a_refused_send(folder: Path) -> None:
    """What preflight refuses ends with 3, and with every reason."""
    (folder / "contract.pdf").write_bytes(b"")
    done = paraph(folder, *SEND, IGNISIGN_KEY=KEY)
    assert 3 == done.returncode
    assert "[document.empty]" in done.stdout
    assert "nothing would be sent" in done.stdout


def test_check_shows_what_comes_from_the_account_and_takes_a_policy(folder: Path) -> None:
    """`check` names the source of each default and, with a policy, what it would refuse or change."""
    words = ("check", "contract.pdf", "--to", "Ada Lovelace <ada@example.org>")
    done = paraph(folder, *words, IGNISIGN_KEY=KEY)
    assert (0, True) == (done.returncode, "(from accounts.hr.defaults.expiry)" in done.stdout)
    table = CONFIG.replace("defaults = {", 'defaults = { language = "xx",')
    (folder / "paraph.toml").write_text(table)
    assert 0 == paraph(folder, *words, IGNISIGN_KEY=KEY).returncode
    strict = paraph(folder, *words, "--policy", "strict", "--json", IGNISIGN_KEY=KEY)
    assert 3 == strict.returncode
    (problem,) = json.loads(strict.stdout)["problems"]
    assert ("language.unknown", "error", "needs more data") == (
        problem["code"],
        problem["severity"],
        problem["kind"],
    )
