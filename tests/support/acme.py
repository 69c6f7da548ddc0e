"""The provider of :mod:`support.acme_vendor`, sound, with seams where a test breaks one promise at a time.

It offers everything. An account's option ``without`` takes capabilities away, as options of real vendors do;
what is taken away is refused, here as well as in core.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import attrs
import httpx

from paraph.errors import MalformedResponse, NotReady, UnsupportedCapability, VendorError
from paraph.flow import (
    NOT_DONE,
    UNKNOWN,
    Downloaded,
    Flow,
    Recovered,
    Sink,
    download,
    http,
    identify,
    now,
    publish,
    step,
)
from paraph.model import (
    ContentKind,
    Document,
    Envelope,
    Evidence,
    EvidenceKind,
    Fact,
    FactType,
    Level,
    Observation,
    Problem,
    Secret,
    Signatory,
    Source,
    StageRule,
    Subject,
    Trust,
    Verb,
)
from paraph.provider import (
    PLUGIN_API,
    Account,
    Adopted,
    Capabilities,
    Capability,
    Carried,
    Delivery,
    Malformed,
    PastDelivery,
    ProviderInfo,
    Reading,
    SigningLink,
    Verdict,
    json_of,
    problem_of,
    setting,
)
from paraph.provider.hookspecs import hookimpl
from support.acme_vendor import SIGNATURE, AcmeSimulator, proof

CAPABILITIES = Capabilities(
    supported=frozenset(Capability),
    levels=frozenset({Level.SES, Level.QES}),
    verbs=frozenset({Verb.SIGN, Verb.SEAL}),
    evidence=frozenset({EvidenceKind.SIGNED_DOCUMENT, EvidenceKind.AUDIT_TRAIL}),
)
EVIDENCE = "evidence"
"""In ``without``: no evidence at all."""

WORDS: Mapping[str, FactType] = {
    "draft": FactType.ENVELOPE_CREATED,
    "scheduled": FactType.ENVELOPE_SCHEDULED,
    "sent": FactType.ENVELOPE_SENT,
    "signed": FactType.SIGNATORY_SIGNED,
    "declined": FactType.ENVELOPE_DECLINED,
    "completed": FactType.ENVELOPE_COMPLETED,
    "cancelled": FactType.ENVELOPE_CANCELLED,
    "expired": FactType.ENVELOPE_EXPIRED,
}


@attrs.frozen(kw_only=True)
class AcmeSettings:
    """Options of an account."""

    key: Secret = setting("The key, which also signs webhooks.")
    base_url: str = setting("Where the vendor is.", default="https://acme.example")
    without: tuple[str, ...] = setting("Capabilities that this account lacks.", default=())


AcmeAccount = Account[Any]


class AcmeProvider:
    """Sound. Subclasses break one promise each."""

    described: ProviderInfo

    @property
    def info(self) -> ProviderInfo:
        return self.described

    def tenant(self, account: AcmeAccount) -> str:
        return f"tenant of {account.name}"

    def origin(self, account: AcmeAccount) -> str:
        return str(account.settings.base_url)

    def capabilities(self, account: AcmeAccount) -> Capabilities:
        lost = {Capability(word) for word in account.settings.without if word != EVIDENCE}
        kinds = frozenset[EvidenceKind]() if EVIDENCE in account.settings.without else CAPABILITIES.evidence
        notes = {capability: f"take {capability.value} out of without" for capability in lost}
        return attrs.evolve(CAPABILITIES.without(*lost), evidence=kinds, notes=notes)

    def check(self, envelope: Envelope, account: AcmeAccount) -> tuple[Problem, ...]:
        return ()

    def authorize(self, account: AcmeAccount, refused: Mapping[str, str] | None) -> Flow[Mapping[str, str]]:
        yield from ()
        return {"Authorization": f"Bearer {account.settings.key.reveal()}"}

    def preflight(self, envelope: Envelope, account: AcmeAccount) -> Flow[tuple[Problem, ...]]:
        yield from ()
        return ()

    def send(self, carried: Carried, account: AcmeAccount) -> Flow[Observation]:
        body = self.body(carried)
        made = yield from step("create", lambda: self.call("POST", account, "/envelopes", body))
        if not isinstance(made, dict) or not isinstance(made.get("id"), str):
            raise MalformedResponse("no envelope")
        ref = made["id"]
        people = {one["key"]: one["id"] for one in made["people"]}
        documents = {one["key"]: one["id"] for one in made["documents"]}
        yield from identify(envelope=ref, signatories=people, documents=documents)
        yield from self.published(ref, carried, account)
        return (yield from self.observed(made | {"state": self.word(carried)}, Source.RESPONSE))

    def published(self, ref: str, carried: Carried, account: AcmeAccount) -> Flow[None]:
        yield from publish(
            "publish",
            lambda: self.call("POST", account, f"/envelopes/{ref}/publish", {}),
            recover=lambda: self.was_published(ref, account),
        )

    def word(self, carried: Carried) -> str:
        return "scheduled" if carried.envelope.scheduled_at else "sent"

    def was_published(self, ref: str, account: AcmeAccount) -> Flow[Recovered]:
        if Capability.READ_STATUS not in self.capabilities(account):
            return UNKNOWN
        kept = yield from self.call("GET", account, f"/envelopes/{ref}")
        return NOT_DONE if kept["state"] == "draft" else Recovered(kept)

    def body(self, carried: Carried) -> dict[str, Any]:
        """Write what is asked in the vendor's words."""
        asked = carried.envelope
        return {
            "reference": carried.reference,
            "title": asked.title,
            "message": asked.message,
            "language": asked.language,
            "expires_at": asked.expires_at.isoformat() if asked.expires_at else None,
            "scheduled_at": asked.scheduled_at.isoformat() if asked.scheduled_at else None,
            "any_stages": [one.number for one in asked.stages if one.rule is StageRule.ANY],
            "people": [
                {
                    "key": person.id,
                    "name": person.full_name,
                    "email": person.email,
                    "stage": person.stage,
                    "delivery": person.delivery.value,
                    "language": person.language,
                    "kind": person.kind.value,
                }
                for person in asked.signers
            ],
            "documents": [self.document(one) for one in asked.documents],
            "fields": [
                {
                    "document": one.document,
                    "page": one.page,
                    "place": [one.rect.x, one.rect.y, one.rect.width, one.rect.height] if one.rect else None,
                    "anchor": one.anchor.text if one.anchor else None,
                }
                for one in asked.fields
            ],
        }

    def document(self, document: Document) -> dict[str, Any]:
        if document.kind is ContentKind.DIGEST:
            return {"key": document.id, "digest": document.sha256, "content": ""}
        with document.open() as stream:
            content = base64.b64encode(stream.read()).decode()
        return {"key": document.id, "content": content, "role": document.role.value}

    def read(self, carried: Carried, account: AcmeAccount) -> Flow[Observation]:
        self.allowed(account, Capability.READ_STATUS)
        kept = yield from self.call("GET", account, f"/envelopes/{carried.vendor_ref}")
        return (yield from self.observed(kept, Source.POLL))

    def facts(self, kept: Mapping[str, Any]) -> tuple[Fact, ...]:
        subject = Subject(ref=kept["id"])
        found = [Fact(type=WORDS[kept["state"]], subject=subject, native=kept["state"])]
        for one in kept["people"]:
            if one["state"] == "signed":
                found.append(Fact(type=FactType.SIGNATORY_SIGNED, subject=subject, target=one["id"]))
            if one["state"] == "declined":
                found.append(Fact(type=FactType.SIGNATORY_DECLINED, subject=subject, target=one["id"]))
        return tuple(found)

    def observed(self, kept: Mapping[str, Any], source: Source, *more: Fact) -> Flow[Observation]:
        at = yield from now()
        return Observation(
            source=source, trust=Trust.CONFIRMED, observed_at=at, facts=(*self.facts(kept), *more)
        )

    # Webhooks.

    def observe(self, delivery: Delivery, account: AcmeAccount) -> Reading:
        if Capability.WEBHOOKS not in self.capabilities(account):
            return Reading(rejected=Malformed.NOT_READABLE)
        try:
            said = json.loads(delivery.body)
            ref, word, person = str(said["envelope"]), str(said["word"]), str(said["person"])
            reference = str(said["reference"])
            people = tuple((str(key), str(value)) for key, value in dict(said["people"]).items())
        except (ValueError, KeyError, TypeError, RecursionError):
            return Reading(rejected=Malformed.NOT_READABLE)
        return Reading(
            facts=(self.told(ref, word, person),),
            subject_ref=ref,
            our_reference=reference,
            signatories=people,
        )

    def told(self, ref: str, word: str, person: str) -> Fact:
        kind = WORDS.get(word, FactType.UNKNOWN)
        if person and word == "declined":
            kind = FactType.SIGNATORY_DECLINED
        target = word if kind is FactType.UNKNOWN else person
        return Fact(type=kind, subject=Subject(ref=ref), target=target, native=word)

    def verify(self, reading: Reading, delivery: Delivery, account: AcmeAccount) -> Flow[Verdict]:
        yield from ()
        given = delivery.headers.get(SIGNATURE, "").encode("utf-8", "surrogatepass")
        expected = proof(account.settings.key.reveal(), delivery.body).encode()
        return Verdict.PROVEN if hmac.compare_digest(given, expected) else Verdict.FOREIGN

    # Abilities.

    def adopt(self, vendor_ref: str, account: AcmeAccount) -> Flow[Adopted]:
        self.allowed(account, Capability.ADOPT)
        kept = yield from self.call("GET", account, f"/envelopes/{vendor_ref}")
        people = tuple((one["key"], one["id"]) for one in kept["people"])
        documents = tuple((one["key"], one["id"]) for one in kept["documents"])
        return Adopted(
            envelope=Envelope(
                signatories=[Signatory(id=key) for key, _ in people],
                documents=[Document(id=key, name=key, sha256="", size=0) for key, _ in documents],
            ),
            signatories=people,
            documents=documents,
            published=kept["state"] != "draft",
            observation=(yield from self.observed(kept, Source.POLL)),
        )

    def cancel(self, carried: Carried, account: AcmeAccount, reason: str) -> Flow[Observation]:
        self.allowed(account, Capability.CANCEL)
        try:
            kept = yield from self.call("POST", account, f"/envelopes/{carried.vendor_ref}/cancel", {})
        except VendorError as error:
            if error.status != 409:
                raise
            at = yield from now()
            return Observation(source=Source.RESPONSE, trust=Trust.CONFIRMED, observed_at=at, facts=())
        return (yield from self.observed(kept, Source.RESPONSE))

    def close_draft(self, carried: Carried, account: AcmeAccount) -> Flow[bool]:
        self.allowed(account, Capability.CLOSE_DRAFT)
        path = f"/envelopes/{carried.vendor_ref}"
        kept = yield from self.call("GET", account, path)
        if kept["state"] == "draft":
            kept = yield from self.call("POST", account, f"{path}/discard", {})
        return bool(kept["state"] == "discarded")

    def remind(self, carried: Carried, account: AcmeAccount, signatory_id: str) -> Flow[Observation]:
        self.allowed(account, Capability.REMIND)
        ref = carried.signatories[signatory_id]
        path = f"/envelopes/{carried.vendor_ref}/people/{ref}/remind"
        answer = yield from self.call("POST", account, path, {})
        at = yield from now()
        fact = Fact(
            type=FactType.SIGNATORY_REMINDED,
            subject=Subject(ref=carried.vendor_ref),
            target=ref,
            occurrence=self.occurrence(answer["number"]),
        )
        return Observation(source=Source.RESPONSE, trust=Trust.CONFIRMED, observed_at=at, facts=(fact,))

    def occurrence(self, number: int) -> str:
        return str(number)

    def signing_link(self, carried: Carried, account: AcmeAccount, signatory_id: str) -> Flow[SigningLink]:
        self.allowed(account, Capability.SIGNING_LINK)
        ref = carried.signatories[signatory_id]
        path = f"/envelopes/{carried.vendor_ref}/people/{ref}/link"
        try:
            answer = yield from self.call("GET", account, path)
        except VendorError as error:
            if error.status != 409:
                raise
            raise NotReady("not invited yet") from None
        return SigningLink(signatory_id=signatory_id, url=Secret(answer["url"]))

    def evidence(self, carried: Carried, account: AcmeAccount) -> Flow[tuple[Evidence, ...]]:
        if EVIDENCE in account.settings.without:
            raise UnsupportedCapability(
                account=account.name, provider=account.provider, capability=EVIDENCE, hint="see without"
            )
        kept = yield from self.call("GET", account, f"/envelopes/{carried.vendor_ref}")
        found = [self.artefact(EvidenceKind.AUDIT_TRAIL, "audit", "audit.txt")]
        if kept["state"] == "completed":
            for local, ref in carried.documents.items():
                path = f"documents/{ref}/signed"
                one = self.artefact(EvidenceKind.SIGNED_DOCUMENT, path, f"{local}.pdf")
                found.append(attrs.evolve(one, document_id=local))
        return tuple(found)

    def artefact(self, kind: EvidenceKind, path: str, name: str) -> Evidence:
        return Evidence(key=f"{kind.value}/{name}", kind=kind, name=name, vendor_ref=path)

    def fetch(
        self, evidence: Evidence, carried: Carried, account: AcmeAccount, sink: Sink
    ) -> Flow[Downloaded]:
        url = f"{self.origin(account)}/envelopes/{carried.vendor_ref}/{evidence.vendor_ref}"
        result = yield from download(httpx.Request("GET", url), sink)
        error = problem_of(result.response)
        if error is not None:
            raise error
        return result

    def past_deliveries(self, account: AcmeAccount) -> Flow[tuple[PastDelivery, ...]]:
        self.allowed(account, Capability.EVENT_LIST)
        listed = yield from self.call("GET", account, "/deliveries")
        return tuple(
            PastDelivery(
                id=str(said["number"]),
                facts=(self.told(said["envelope"], said["word"], said["person"]),),
                subject_ref=said["envelope"],
            )
            for said in listed
        )

    def ensure_webhook(self, account: AcmeAccount, url: str) -> Flow[str]:
        self.allowed(account, Capability.MANAGE_WEBHOOKS)
        return str((yield from self.call("POST", account, "/hooks", {"url": url}))["id"])

    def allowed(self, account: AcmeAccount, capability: Capability) -> None:
        if capability not in self.capabilities(account):
            raise UnsupportedCapability(
                account=account.name,
                provider=account.provider,
                capability=capability.value,
                hint="see without",
            )

    def call(self, method: str, account: AcmeAccount, path: str, body: Any = None) -> Flow[Any]:
        response = yield from http(httpx.Request(method, self.origin(account) + path, json=body))
        error = problem_of(response)
        if error is not None:
            raise error
        answer = json_of(response)
        known = isinstance(answer, list) or (
            isinstance(answer, dict) and isinstance(answer.get("id", ""), str)
        )
        if not known or not answer:
            raise MalformedResponse("another shape")
        return answer


INFO = ProviderInfo(
    name="acme",
    title="Acme",
    summary="Offers everything.",
    api=PLUGIN_API,
    capabilities=CAPABILITIES,
    settings=AcmeSettings,
    build=AcmeProvider,
    webhook_headers=frozenset({SIGNATURE}),
)


def plugin(kind: Callable[[], Any] = AcmeProvider, **described: Any) -> ModuleType:
    """Make a plugin module of a provider class; keywords change its description."""
    module = ModuleType("acme_plugin")

    def build() -> Any:
        made = kind()
        made.described = info
        return made

    info = attrs.evolve(INFO, build=build, **described)

    @hookimpl
    def paraph_provider() -> ProviderInfo:
        return info

    module.paraph_provider = paraph_provider  # type: ignore[attr-defined]  # as a module's function
    return module


__all__ = ["AcmeProvider", "AcmeSettings", "AcmeSimulator", "plugin"]
