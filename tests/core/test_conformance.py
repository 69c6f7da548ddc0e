"""The conformance suite finds what it is for: a sound provider passes, each broken promise has a culprit."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import attrs
import httpx
import pytest

from paraph.errors import VendorRefused
from paraph.flow import UNKNOWN, Flow, Recovered, http, identify, now, publish, step
from paraph.model import (
    Document,
    Envelope,
    Evidence,
    EvidenceKind,
    Fact,
    FactType,
    Level,
    Observation,
    Problem,
    Regime,
    Secret,
    SignatureKind,
    Source,
    Subject,
    Trust,
    Verb,
)
from paraph.provider import (
    Account,
    Adopted,
    Capabilities,
    Capability,
    Carried,
    Delivery,
    Finding,
    Malformed,
    Reading,
    SigningLink,
    Verdict,
    json_of,
    problem_of,
)
from paraph.provider import PastDelivery as Past
from paraph.testing.conformance import (
    Ground,
    NotConformingError,
    ProviderConformance,
    checks,
    run_check,
)
from paraph.testing.conformance import (
    Subject as Examined,
)
from paraph.testing.simulator import Simulator
from support.acme import CAPABILITIES, AcmeProvider, AcmeSettings, plugin
from support.acme_vendor import AcmeSimulator

LITTLE = tuple(capability.value for capability in Capability if capability is not Capability.DELIVERY_EMAIL)
ACCOUNTS: Mapping[str, Mapping[str, object]] = {
    "everything": {},
    "little": {"without": [*LITTLE, "evidence"]},
    "by link": {"without": ["delivery_email", "webhooks", "event_list", "manage_webhooks"]},
    "blind": {"without": ["see_completion"]},
    "deaf": {"without": ["see_decline"]},
}


class TestSound(ProviderConformance):
    """A provider that keeps every promise, with accounts that offer much and little."""

    provider = "acme"
    plugin = plugin()
    accounts: ClassVar[Mapping[str, Mapping[str, object]]] = {
        name: ACCOUNTS[name] for name in ("everything", "little", "by link")
    }

    def simulator(self) -> Simulator:
        return AcmeSimulator()


# Providers that break one promise each.


@attrs.frozen(kw_only=True)
class SilentSettings(AcmeSettings):
    colour: str = attrs.field(default="green")


class SaysNothing(AcmeProvider):
    def capabilities(self, account: Any) -> Capabilities:
        return super().capabilities(account).without(Capability.DELIVERY_EMAIL, Capability.SIGNING_LINK)


class Wider(AcmeProvider):
    def capabilities(self, account: Any) -> Capabilities:
        return attrs.evolve(super().capabilities(account), levels=frozenset(Level))


class Dials(AcmeProvider):
    def tenant(self, account: Any) -> str:
        socket.create_connection(("127.0.0.1", 9))
        return "tenant"


class Nameless(AcmeProvider):
    def send(self, carried: Carried, account: Any) -> Flow[Observation]:
        made = yield from step("create", lambda: self.call("POST", account, "/envelopes", self.body(carried)))
        yield from self.published(made["id"], carried, account)
        return (yield from self.observed(made | {"state": "sent"}, Source.RESPONSE))


class Careless(AcmeProvider):
    """Makes and publishes in one step of kind draft, which a crash repeats."""

    def send(self, carried: Carried, account: Any) -> Flow[Observation]:
        def all_at_once() -> Flow[Any]:
            made = yield from self.call("POST", account, "/envelopes", self.body(carried))
            yield from self.call("POST", account, f"/envelopes/{made['id']}/publish", {})
            return made

        made = yield from step("all", all_at_once)
        yield from identify(envelope=made["id"])
        return (yield from self.observed(made | {"state": "sent"}, Source.RESPONSE))


class Forgetful(AcmeProvider):
    """Offers reading, and does not use it after a lost answer."""

    def published(self, ref: str, carried: Carried, account: Any) -> Flow[None]:
        yield from publish(
            "publish",
            lambda: self.call("POST", account, f"/envelopes/{ref}/publish", {}),
            recover=self.nobody_knows,
        )

    def nobody_knows(self) -> Flow[Recovered]:
        yield from ()
        return UNKNOWN


class Trusting(AcmeProvider):
    """Takes every answer for what is documented."""

    def call(self, method: str, account: Any, path: str, body: Any = None) -> Flow[Any]:
        response = yield from http(httpx.Request(method, self.origin(account) + path, json=body))
        error = problem_of(response)
        if error is not None:
            raise error
        return json_of(response)

    def send(self, carried: Carried, account: Any) -> Flow[Observation]:
        made = yield from self.call("POST", account, "/envelopes", self.body(carried))
        yield from identify(envelope=made["id"])
        return (yield from super().send(carried, account))


class Tries(AcmeProvider):
    """Examines an account by making an envelope."""

    def examine(self, account: Any) -> Flow[tuple[Finding, ...]]:
        person, document = {"key": "ada", "stage": 1}, {"key": "contract"}
        body = {"title": "a try", "reference": "a-try", "people": [person], "documents": [document]}
        yield from http(httpx.Request("POST", f"{self.origin(account)}/envelopes", json=body))
        return (Finding.ok("credentials", "accepted"),)


class Shows(AcmeProvider):
    """Shows the account's key in a finding."""

    def examine(self, account: Any) -> Flow[tuple[Finding, ...]]:
        yield from ()
        return (Finding.ok("credentials", account.settings.key.reveal()),)


class Despairs(AcmeProvider):
    """Finds fault with the credentials of its own simulator."""

    def examine(self, account: Any) -> Flow[tuple[Finding, ...]]:
        yield from ()
        return (Finding.fail("credentials", "refused"),)


class Raises(AcmeProvider):
    def observe(self, delivery: Delivery, account: Any) -> Reading:
        if not delivery.body:
            raise ValueError("no body")
        return super().observe(delivery, account)


class Counts(AcmeProvider):
    seen = 0

    def observe(self, delivery: Delivery, account: Any) -> Reading:
        self.seen += 1
        return attrs.evolve(super().observe(delivery, account), subject_ref=str(self.seen))


class Asks(AcmeProvider):
    def observe(self, delivery: Delivery, account: Any) -> Reading:
        httpx.get(self.origin(account))
        return super().observe(delivery, account)


class Quotes(AcmeProvider):
    def call(self, method: str, account: Any, path: str, body: Any = None) -> Flow[Any]:
        response = yield from http(httpx.Request(method, self.origin(account) + path, json=body))
        if response.is_error:
            raise VendorRefused(response.text, status=response.status_code)
        return json_of(response)


class Remembers(AcmeProvider):
    """Keeps the first account's key for all."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}

    def authorize(self, account: Any, refused: Mapping[str, str] | None) -> Flow[Mapping[str, str]]:
        fresh = yield from super().authorize(account, refused)
        self.headers = self.headers or dict(fresh)
        return self.headers


class Elsewhere(AcmeProvider):
    """Tells a third party the account's key."""

    def send(self, carried: Carried, account: Any) -> Flow[Observation]:
        key = account.settings.key.reveal()
        url = self.origin(account).replace("127.0.0.1", "localhost")
        yield from http(httpx.Request("GET", f"{url}/envelopes/none?key={key}"), credentials=False)
        return (yield from super().send(carried, account))


class CancelsNothing(AcmeProvider):
    def cancel(self, carried: Carried, account: Any, reason: str) -> Flow[Observation]:
        at = yield from now()
        fact = Fact(type=FactType.ENVELOPE_CANCELLED, subject=Subject(ref=carried.vendor_ref))
        return Observation(source=Source.RESPONSE, trust=Trust.CONFIRMED, observed_at=at, facts=(fact,))


class AdoptsAndEnds(AcmeProvider):
    """Ends what it should only describe."""

    def adopt(self, vendor_ref: str, account: Any) -> Flow[Adopted]:
        yield from self.call("POST", account, f"/envelopes/{vendor_ref}/cancel", {})
        return (yield from super().adopt(vendor_ref, account))


class AdoptsTooMuch(AcmeProvider):
    """Tells of what it adopts what no read tells."""

    def adopt(self, vendor_ref: str, account: Any) -> Flow[Adopted]:
        found = yield from super().adopt(vendor_ref, account)
        opened = Fact(type=FactType.ENVELOPE_EXPIRED, subject=Subject(ref=vendor_ref))
        seen = attrs.evolve(found.observation, facts=(*found.observation.facts, opened))
        return attrs.evolve(found, observation=seen)


class ClosesNothing(AcmeProvider):
    """Says that drafts are closed, and leaves them as they are."""

    def close_draft(self, carried: Carried, account: Any) -> Flow[bool]:
        yield from self.call("GET", account, f"/envelopes/{carried.vendor_ref}")
        return True


class NeverSure(AcmeProvider):
    """Closes drafts, and confirms it the first time only."""

    def close_draft(self, carried: Carried, account: Any) -> Flow[bool]:
        kept = yield from self.call("GET", account, f"/envelopes/{carried.vendor_ref}")
        if kept["state"] != "draft":
            return False
        return (yield from super().close_draft(carried, account))


class RemindsOnce(AcmeProvider):
    def occurrence(self, number: int) -> str:
        return "once"


class ReadsTooMuch(AcmeProvider):
    def facts(self, kept: Mapping[str, Any]) -> tuple[Fact, ...]:
        return super().facts({**kept, "state": "completed"} if kept["state"] == "sent" else kept)


class SeesNoEnd(AcmeProvider):
    """Has no word for two ends; ``ended`` is its own business."""

    def facts(self, kept: Mapping[str, Any]) -> tuple[Fact, ...]:
        ended = kept["state"] in {"completed", "declined"}
        people = [{**one, "state": "waiting"} for one in kept["people"]]
        return super().facts({**kept, "state": "sent", "people": people} if ended else kept)

    def told(self, ref: str, word: str, person: str) -> Fact:
        unseen = word in {"completed", "declined", "signed"}
        return super().told(ref, "gone" if unseen else word, "")


class Rejects(AcmeProvider):
    def observe(self, delivery: Delivery, account: Any) -> Reading:
        return Reading(rejected=Malformed.NOT_READABLE)


class ManagesNothing(AcmeProvider):
    def ensure_webhook(self, account: Any, url: str) -> Flow[str]:
        yield from ()
        return "h0"


class ListsNothing(AcmeProvider):
    def past_deliveries(self, account: Any) -> Flow[tuple[Past, ...]]:
        yield from ()
        return ()


class LeadsNowhere(AcmeProvider):
    def signing_link(self, carried: Carried, account: Any, signatory_id: str) -> Flow[SigningLink]:
        link = yield from super().signing_link(carried, account, signatory_id)
        return attrs.evolve(link, url=Secret(f"{link.url.reveal()}nowhere"))


class Drops(AcmeProvider):
    """Does not tell the vendor what an envelope uses: of documents and people only the first, no terms."""

    def body(self, carried: Carried) -> dict[str, Any]:
        asked = carried.envelope
        staged = asked.stages or len({one.stage for one in asked.signatories}) > 1
        people = asked.signatories if staged else asked.signatories[:1]
        kept = attrs.evolve(
            asked,
            documents=asked.documents[:1],
            signatories=tuple(attrs.evolve(one, stage=1, language=None) for one in people),
            fields=(),
            stages=(),
            message="",
            language=None,
            expires_at=None,
            scheduled_at=None,
        )
        return super().body(attrs.evolve(carried, envelope=kept, reference="0" * 32))

    def document(self, document: Document) -> dict[str, Any]:
        told = super().document(document)
        plain = document.id == "contract" and "digest" not in told
        return told if plain else {**told, "content": "", "digest": "00"}


class MailsNobody(AcmeProvider):
    def body(self, carried: Carried) -> dict[str, Any]:
        body = super().body(carried)
        return {**body, "people": [{**one, "delivery": "none"} for one in body["people"]]}


class NoSeals(AcmeProvider):
    def check(self, envelope: Envelope, account: Any) -> tuple[Problem, ...]:
        sealed = any(person.kind is SignatureKind.SEAL for person in envelope.signatories)
        return (Problem(path="signatories", code="seal.unknown", message="no seals"),) if sealed else ()


class NoLevels(AcmeProvider):
    def check(self, envelope: Envelope, account: Any) -> tuple[Problem, ...]:
        return (Problem(path="assurance", code="level.unsupported", message="no such level"),)


class GivesOriginals(AcmeProvider):
    def artefact(self, kind: EvidenceKind, path: str, name: str) -> Evidence:
        return super().artefact(kind, path.replace("/signed", "/original"), name)


class GivesUndeclared(AcmeProvider):
    def evidence(self, carried: Carried, account: Any) -> Flow[tuple[Evidence, ...]]:
        found = yield from super().evidence(carried, account)
        return (*found, self.artefact(EvidenceKind.PROOF, "audit", "proof.zip"))


class GivesNone(AcmeProvider):
    def evidence(self, carried: Carried, account: Any) -> Flow[tuple[Evidence, ...]]:
        yield from ()
        return ()


class CountsDeliveries(AcmeProvider):
    """Makes a fact's key of the whole delivery, whose number of tries changes."""

    def observe(self, delivery: Delivery, account: Any) -> Reading:
        reading = super().observe(delivery, account)
        key = delivery.body.hex()[-12:]
        return attrs.evolve(reading, facts=[attrs.evolve(one, occurrence=key) for one in reading.facts])


class Believes(AcmeProvider):
    def verify(self, reading: Reading, delivery: Delivery, account: Any) -> Flow[Verdict]:
        yield from ()
        return Verdict.PROVEN


class TwoTongues(AcmeProvider):
    """Names signatories by one key in webhooks and by another when it reads."""

    def facts(self, kept: Mapping[str, Any]) -> tuple[Fact, ...]:
        return super().facts({**kept, "people": [{**one, "id": one["key"]} for one in kept["people"]]})


class Permits(AcmeProvider):
    """Does what this account does not offer."""

    def allowed(self, account: Account[Any], capability: Capability) -> None:
        pass

    def observe(self, delivery: Delivery, account: Any) -> Reading:
        settings = attrs.evolve(account.settings, without=())
        return super().observe(delivery, attrs.evolve(account, settings=settings))


class ChangesItsMind(AcmeProvider):
    """Offers little when it is asked first, and everything there is afterwards."""

    asked = False

    def capabilities(self, account: Any) -> Capabilities:
        if not self.asked:
            self.asked = True
            return super().capabilities(account)
        return attrs.evolve(
            CAPABILITIES, levels=frozenset(Level), verbs=frozenset(Verb), regimes=frozenset(Regime)
        )


Broken = tuple[str, str, Callable[[], Any], str]
"""Check, account, plugin, and words of the finding."""


def of(kind: type[AcmeProvider]) -> Callable[[], Any]:
    return lambda: plugin(kind)


def broken() -> Iterator[Broken]:
    """Yield who breaks what."""
    yield "says who it is", "everything", lambda: plugin(summary=" "), "summary is empty"
    yield "fits this paraph", "everything", lambda: plugin(api=(9, 0)), "ProviderIncompatible"
    yield "explains its settings", "everything", lambda: plugin(settings=SilentSettings), "'colour'"
    yield "declares what makes sense", "everything", of(SaysNothing), "no way to signatories"
    yield "account only narrows", "everything", of(Wider), "more levels than its provider declares: aes"
    yield "needs no network to describe", "everything", of(Dials), "reached for the network"
    yield "second send changes nothing", "everything", of(Nameless), "vendor's id of a sent envelope"
    yield "crash anywhere, one publication", "everything", of(Careless), "lead to 2 publications"
    yield "lost answer, one publication", "everything", of(Forgetful), "needs a person"
    yield "garbage is our error", "everything", of(Trusting), "escapes when answer"
    yield "observe is pure and total", "everything", of(Raises), "raised ValueError"
    yield "observe is pure and total", "everything", of(Counts), "in two ways"
    yield "observe is pure and total", "everything", of(Asks), "reached for the network|raised"
    yield "errors say no secret", "everything", of(Quotes), "were said: .* in the"
    yield "accounts share nothing", "everything", of(Remembers), "credential of another|AuthenticationFailed"
    yield "accounts share nothing", "everything", of(Elsewhere), "not the account's origin"
    yield "examining changes nothing", "everything", of(Tries), "leaves effects at the vendor"
    yield "examining changes nothing", "everything", of(Shows), "were said: .* of examine"
    yield "examining changes nothing", "everything", of(Despairs), "the credentials for its own simulator"
    yield "cancel works as an ability", "everything", of(CancelsNothing), "could still be signed"
    yield from closing_and_adopting()
    yield "remind works as an ability", "everything", of(RemindsOnce), "two reminders are one event"
    yield "read_status works as an ability", "everything", of(ReadsTooMuch), "is read as 'completed'"
    yield "see_completion works as an ability", "everything", of(SeesNoEnd), "completion did not come"
    yield "see_decline works as an ability", "everything", of(SeesNoEnd), "the refusal did not come"
    yield "webhooks works as an ability", "everything", of(Rejects), "are rejected"
    yield "manage_webhooks works as an ability", "everything", of(ManagesNothing), "did not come"
    yield "event_list works as an ability", "everything", of(ListsNothing), "lacks what webhooks told"
    yield "signing_link works as an ability", "everything", of(LeadsNowhere), "a signing page behind"
    yield "our_reference works as an ability", "everything", of(Drops), "neither keeps our reference"
    yield "see_completion stays unseen", "blind", plugin, "a completion is seen"
    yield "see_decline stays unseen", "deaf", plugin, "a refusal is seen"
    yield "webhooks stays unseen", "by link", of(Permits), "a webhook is understood"
    for level in ("SES", "QES"):
        yield f"level {level} works", "everything", of(NoLevels), "is declared and refused"
    yield "evidence signed_document works", "everything", of(GivesOriginals), "the unsigned original"
    yield "evidence audit_trail works", "everything", of(GivesNone), "did not come"
    yield "other evidence is refused", "everything", of(GivesUndeclared), "undeclared evidence is listed"
    yield "other evidence is refused", "little", of(GivesNone), "an empty list"
    yield "repeated webhook says the same", "everything", of(CountsDeliveries), "tells other facts"
    yield "claims move nothing", "everything", of(Believes), "from 'sent' to 'completed'"
    yield "webhooks and reads agree", "everything", of(TwoTongues), "signatory.signed by"
    for word in (
        "adopt",
        "cancel",
        "close_draft",
        "remind",
        "read_status",
        "manage_webhooks",
        "event_list",
        "signing_link",
    ):
        yield f"{word} is refused as an ability", "little", of(Permits), "unexpected success"
    refused = {check.name for check in of_account("little") if check.name.endswith(" is refused")}
    for name in sorted(refused - {"other evidence is refused"}):
        yield name, "little", of(ChangesItsMind), "where '.*' is due"
    yield "delivery_email is refused", "by link", of(ChangesItsMind), "where '.*' is due"
    for name, words in DROPPED.items():
        yield f"{name} works", "everything", of(Drops), words
    yield "delivery_email works", "everything", of(MailsNobody), "a mail to p1 did not come"
    yield "signing_link works", "everything", of(LeadsNowhere), "can sign did not come"
    yield "seals works", "everything", of(NoSeals), "seal.unknown"


def closing_and_adopting() -> Iterator[Broken]:
    """Yield who breaks what when a draft is given up, or an envelope is taken over."""
    yield "close_draft works as an ability", "everything", of(ClosesNothing), "could still be published"
    yield "close_draft works as an ability", "everything", of(NeverSure), "is not confirmed as closed"
    yield "adopt works as an ability", "everything", of(AdoptsAndEnds), "adopting changed something"
    yield "adopt works as an ability", "everything", of(AdoptsTooMuch), "adopted as 'expired'"


DROPPED = {
    "attachments": "the attachment's content",
    "digest_documents": "the digest",
    "json_documents": "content was not sent",
    "non_pdf_documents": "content was not sent",
    "several_documents": "both signed documents",
    "several_signatories": r"\[1, 0\] invitations",
    "stages": "invited before the first",
    "stage_any": "completion did not come",
    "fields": "whatever the rectangle",
    "anchors": "anchor's text",
    "expiry": "could still sign",
    "schedule": "invited before the time",
    "message": "the message",
    "language": "the language",
    "signatory_language": "the language",
}


def examined(made: Any, account: str, patience: float = 0.4) -> Examined:
    return Examined(
        provider="acme",
        plugin=made,
        simulator=AcmeSimulator,
        variant=account,
        changes=ACCOUNTS[account],
        patience=patience,
    )


def of_account(account: str) -> tuple[Any, ...]:
    return checks(examined(plugin(), account).offered()[1])


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with Ground() as opened:
        yield opened


CONTROLS = list(broken())


@pytest.mark.parametrize(
    ("name", "account", "make", "words"), CONTROLS, ids=[f"{row[1]}-{row[0]}-{row[3]}" for row in CONTROLS]
)
def test_a_broken_promise_is_found(
    name: str, account: str, make: Callable[[], Any], words: str, ground: Ground
) -> None:
    """The check of a promise fails for a provider that breaks it, with words that say what is wrong."""
    (check,) = (each for each in of_account(account) if each.name == name)
    with pytest.raises(NotConformingError, match=words):
        run_check(examined(make(), account), check, check.styles[-1], ground)


def test_every_check_has_a_culprit() -> None:
    """No check is without a provider that it catches."""
    names = {check.name for account in ("everything", "little", "by link") for check in of_account(account)}
    assert names == {row[0] for row in CONTROLS}


def test_every_capability_is_checked_either_way() -> None:
    """Offered or not, each capability has a check; our reference, which nobody asks for, has only one."""
    much = " ".join(check.name for check in of_account("everything"))
    little = " ".join(check.name for check in (*of_account("little"), *of_account("by link")))
    assert [] == [each for each in Capability if f"{each.value} works" not in much]
    assert {Capability.OUR_REFERENCE} == {
        each
        for each in Capability
        if f"{each.value} is refused" not in little and f"{each.value} stays unseen" not in little
    }


SUITE = """
from paraph.testing.conformance import ProviderConformance
from support.acme import AcmeSimulator, plugin


class TestAcme(ProviderConformance):
    provider = "acme"
    plugin = plugin({changes})
    exempt = {exempt}

    def simulator(self):
        return AcmeSimulator()
"""


def test_a_test_file_of_a_few_lines(tmp_path: Path) -> None:
    """Pytest runs the class as it stands; an exemption has a reason, names a check, ends with its cause."""
    cases: dict[str, tuple[str, dict[str, str], str]] = {
        "sound": ("", {}, ""),
        "broken": ("summary=''", {}, "ProviderInfo.summary is empty"),
        "exempt": ("summary=''", {"says who it is": "nobody knows yet"}, ""),
        "over": ("", {"default: says who it is": "nobody knows yet"}, "unexpected success"),
        "slip": ("", {"says who it was": "a slip"}, "which is no check of this provider"),
        "lazy": ("", {"says who it is": " "}, "has no reason"),
    }
    for name, (changes, exempt, _) in cases.items():
        text = textwrap.dedent(SUITE).format(changes=changes, exempt=exempt)
        (tmp_path / f"test_{name}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--rootdir={tmp_path}"]
    options = ["--continue-on-collection-errors", "--junitxml=report.xml", "-k", "says_who_it_is"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    subprocess.run(
        [*command, *options, str(tmp_path)], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    told = dict.fromkeys(cases, "")
    for case in ET.parse(tmp_path / "report.xml").iter("testcase"):  # noqa: S314 - written by pytest a line above
        module = case.get("classname", "") or case.get("name", "")
        name = next(each for each in cases if f"test_{each}" in module)
        told[name] += "ran " + "".join(f"{part.get('message')} {part.text}" for part in case)
    assert {name: "ran " for name, (*_, words) in cases.items() if not words} == {
        name: text for name, text in told.items() if text == "ran "
    }
    assert [] == [name for name, (*_, words) in cases.items() if words not in told[name]]


def test_checks_stand_in_the_order_of_the_vocabularies() -> None:
    """Every process lists the checks in the same order, so several can share them among themselves."""
    offered = attrs.evolve(CAPABILITIES, verbs=frozenset({Verb.SIGN}), regimes=frozenset({Regime.EIDAS}))
    names = [check.name for check in checks(offered)]
    verbs = [f"verb {each.value} is refused" for each in Verb if each is not Verb.SIGN]
    regimes = [f"regime {each.value} is refused" for each in Regime if each is not Regime.EIDAS]
    assert verbs == [name for name in names if name.startswith("verb ")]
    assert regimes == [name for name in names if name.startswith("regime ")]
