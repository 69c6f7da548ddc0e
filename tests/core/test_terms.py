"""The terms of an attempt: fixed before anything is made, the same for every resume, new elsewhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx
import pytest

from paraph.client import Client
from paraph.config import Config
from paraph.errors import ConfigurationError, VendorError
from paraph.model import Envelope, Policy
from paraph.ops import terms
from paraph.provider import BRANDING
from paraph.provider.registry import Registry
from paraph.store import AttemptRecord, EnvelopeRecord, Store, open_store
from support.acme import plugin
from support.noting import Watching, asked, vendor

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Look:
    """Options of the vendor's envelopes, one of which is branding."""

    logo: str | None = attrs.field(default=None, metadata={BRANDING: True})
    colour: str | None = attrs.field(default=None, metadata={BRANDING: True})
    folder: str | None = None


class Office:
    """Clients of one store, each with its own configuration and clock; ``down`` breaks requests."""

    def __init__(self) -> None:
        self.given: list[Envelope] = []
        self.store: Store = open_store("memory:")
        self.down: set[str] = set()
        self.kind: type[Watching] = type("Kind", (Watching,), {"given": self.given})

    def client(self, *, at: datetime = NOON, routes: bool = False, **accounts: dict[str, Any]) -> Client:
        registry = Registry.empty()
        registry.register("acme", plugin(self.kind, envelope_options=Look))
        plain = {"provider": "acme", "environment": "test", "key": "env:KEY"}
        mapping: dict[str, Any] = {
            "accounts": {name: {**plain, **table} for name, table in accounts.items()},
            "default": next(iter(accounts)),
        }
        if routes:
            mapping["routes"] = [{"name": "all", "use": list(accounts)}]
        config = Config.from_mapping(mapping, environ={"KEY": "k"}, registry=registry)
        return Client(
            config,
            registry=registry,
            store=self.store,
            transport=httpx.MockTransport(self.answer),
            clock=lambda: at,
            pause=lambda _: None,
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        word = "publish" if request.url.path.endswith("/publish") else request.url.host
        return httpx.Response(403, json={}) if word in self.down else vendor(request)

    def kept(self, envelope_id: str) -> list[dict[str, Any]]:
        with self.store.begin() as tx:
            steps = [tx.step(attempt.id, terms.KEY) for attempt in tx.attempts(envelope_id)]
        return [json.loads(step.result) for step in steps if step is not None]


def test_a_resume_computes_the_same_whatever_the_file_says_by_then() -> None:
    """Defaults, expiry and changes are those of the first send, ten days and another file later."""
    office = Office()
    office.down.add("publish")
    request = asked(message="Dear Ada", language=None)
    first = office.client(
        hr={
            "policy": "adapt",
            "without": ["message"],
            "defaults": {"language": "fr", "expiry": "30d", "branding": {"logo": "round"}},
        }
    )
    with pytest.raises(VendorError):
        first.send(request)
    office.down.clear()
    later = office.client(at=NOON + timedelta(days=10), hr={"defaults": {"language": "de", "expiry": "1d"}})
    later.resume(request.id)
    before, after = office.given
    assert ("fr", "", NOON + timedelta(days=30)) == (before.language, before.message, before.expires_at)
    assert Look(logo="round") == before.options_of(Look)
    assert before == after
    assert 1 == len(office.kept(request.id))


def test_without_kept_terms_a_resume_would_differ() -> None:
    """The entry in the journal is what makes a resume the same: without it the new file's defaults count."""
    office = Office()
    office.down.add("publish")
    request = asked()
    with pytest.raises(VendorError):
        office.client(hr={"defaults": {"language": "fr"}}).send(request)
    with office.store.begin() as tx:
        (attempt,) = tx.attempts(request.id)
        tx.drop_step(attempt.id, terms.KEY)
    office.down.clear()
    office.client(hr={"defaults": {"language": "de"}}).resume(request.id)
    assert ["fr", "de"] == [each.language for each in office.given]


def test_another_account_has_terms_of_its_own_and_the_callers_policy() -> None:
    """Passed on, an envelope gets the next account's defaults, and changes for what that one cannot say."""
    office = Office()
    office.down.add("one.example")
    client = office.client(
        routes=True,
        one={"base_url": "https://one.example", "defaults": {"language": "fr"}},
        two={"base_url": "https://two.example", "defaults": {"country": "DE"}, "without": ["message"]},
    )
    request = asked(message="Dear Ada")
    snapshot = client.send(request, policy=Policy.ADAPT)
    assert "two" == snapshot.account
    first, second = office.given
    assert ("fr", None, "Dear Ada") == (first.language, first.country, first.message)
    assert (None, "DE", "") == (second.language, second.country, second.message)
    assert ["adapt", "adapt"] == [each["policy"] for each in office.kept(request.id)]
    assert [[], ["message"]] == [
        [each["path"] for each in kept["changes"]] for kept in office.kept(request.id)
    ]


def test_branding_is_merged_with_own_options() -> None:
    """An account's branding fills what the envelope's own options leave open, and touches nothing else."""
    office = Office()
    client = office.client(hr={"defaults": {"branding": {"logo": "round", "colour": "blue"}}})
    request = asked(options=[Look(logo="square", folder="A")])
    (default,) = client.preview(request).defaults
    assert ("accounts.hr.defaults.branding", "colour") == (default.source, default.shown)
    client.send(request)
    assert (Look(logo="square", colour="blue", folder="A"),) == office.given[0].options


@pytest.mark.parametrize(
    ("branding", "path", "code"),
    [({"folder": "A"}, "folder", "key.unknown"), ({"logo": 3}, "logo", "value.type")],
)
def test_only_branding_is_branding(branding: dict[str, Any], path: str, code: str) -> None:
    """An option that is not marked as branding, or of another type, is refused when the file is read."""
    with pytest.raises(ConfigurationError) as caught:
        Office().client(hr={"defaults": {"branding": branding}})
    (problem,) = caught.value.problems
    assert (f"accounts.hr.defaults.branding.{path}", code) == (problem.path, problem.code)


def test_links_go_by_the_terms_too() -> None:
    """What is done later for an envelope sees it as its provider was given it."""
    office = Office()
    seen: list[Any] = []

    def link(self: Any, carried: Any, account: Any, signatory_id: str) -> Any:
        seen.append(carried.envelope)
        return Watching.signing_link(self, carried, account, signatory_id)

    office.kind = type("Linking", (Watching,), {"given": office.given, "signing_link": link})
    client = office.client(hr={"defaults": {"delivery": "link"}})
    (person,) = asked().signatories
    request = asked(signatories=[attrs.evolve(person, delivery="account")])
    snapshot = client.send(request)
    assert ["pending"] == [each.delivery.value for each in snapshot.signatories]
    mailed = office.client(hr={}).send(attrs.evolve(request, id="mailed"))
    assert ["sent"] == [each.delivery.value for each in mailed.signatories]
    with pytest.raises(Exception):  # noqa: B017, PT011 - this vendor hands out no links
        client.signing_link(request.id, "ada")
    assert ["link"] == [each.signatories[0].delivery.value for each in seen]


def test_the_first_terms_of_an_attempt_are_its_terms() -> None:
    """Of two processes that both work out terms, the one that commits later takes over the other's."""
    store = open_store("memory:")
    first, second = (terms.Terms(policy=policy) for policy in (Policy.STRICT, Policy.ADAPT))
    attempt = AttemptRecord(
        id="one",
        envelope_id="one",
        number=1,
        account="a",
        provider="acme",
        environment="test",
        vendor_tenant="t",
        started_at=NOON,
    )
    with store.begin() as tx:
        tx.add_envelope(
            EnvelopeRecord(id="one", account="a", reference="", tenant="", created_at=NOON, body="{}")
        )
        tx.put_attempt(attempt)
        assert first == terms.keep_terms(tx, "one", first.text(), NOON)
    with store.begin() as tx:
        assert first == terms.keep_terms(tx, "one", second.text(), NOON)
        assert first == terms.kept_terms(tx, "one")
    store.close()
