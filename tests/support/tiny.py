"""A tiny strict vendor and its provider: what the tests of core run against.

The vendor is an HTTP handler for ``httpx.MockTransport``; it refuses what it would have to
refuse, keeps a list of publications, and fails on demand. The provider is written as a
stranger would write one, with public names only.
"""

from __future__ import annotations

import hmac
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs
import httpx

from paraph.config import Config
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
    recall,
    remember,
    shared,
    step,
)
from paraph.flow.upload import multipart_request
from paraph.model import (
    Child,
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
    Subject,
    Trust,
    Verb,
)
from paraph.ops.kernel import Kernel
from paraph.provider import (
    PLUGIN_API,
    Account,
    Capabilities,
    Capability,
    Carried,
    Delivery,
    Malformed,
    Provider,
    ProviderInfo,
    Reading,
    SigningLink,
    Verdict,
    json_of,
    problem_of,
    setting,
)
from paraph.store import Store
from paraph.store.memory import MemoryStore

BASE = "https://tiny.example"
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n0000000053 00000 n \n0000000103 00000 n \ntrailer<</Size 4/Root 1 0 R>>\n"
    b"startxref\n168\n%%EOF\n"
)
"""The smallest PDF of one page."""

SIGNATURE = "x-tiny-signature"
"""Header that proves a delivery without a one-time token."""


def sign(body: bytes) -> str:
    """Sign a delivery as the tiny vendor does."""
    return hmac.new(b"key", body, "sha256").hexdigest()


Fault = Callable[[httpx.Request, Callable[[], httpx.Response]], httpx.Response]
"""Decides what becomes of one request; calls the second argument for the real effect."""


class TinyVendor:
    """Envelopes with documents and signers, a token, webhooks to check, and a list of what was published."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.envelopes: dict[str, dict[str, Any]] = {}
        self.published: list[str] = []
        self.token_requests = 0
        self.valid_token = "token-0"
        self.forgetful = True
        """Whether a new token ends those before it."""
        self._tokens: set[str] = set()
        self.requests: list[tuple[str, str]] = []
        self.seen_credentials: list[tuple[str, str | None]] = []
        self.faults: list[Fault] = []
        self.webhook_tokens: dict[str, bool] = {}
        self.verifier_down = False

    def _valid(self) -> set[str]:
        return {self.valid_token} if self.forgetful else self._tokens

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, through the next fault if there is one."""
        self.requests.append((request.method, request.url.path))
        self.seen_credentials.append((request.url.host, request.headers.get("authorization")))
        if self.faults and request.url.path != "/token":
            return self.faults.pop(0)(request, lambda: self._answer(request))
        return self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path, method = request.url.path, request.method
        if (method, path) == ("POST", "/token"):
            self.token_requests += 1
            self.valid_token = f"token-{self.token_requests}"
            self._tokens.add(self.valid_token)
            return httpx.Response(200, json={"token": self.valid_token})
        if request.headers.get("authorization") not in {f"Bearer {token}" for token in self._valid()}:
            return httpx.Response(401, json={"code": "BAD_TOKEN"})
        for pattern, verb, handler in self._routes():
            found = re.fullmatch(pattern, path)
            if found and verb == method:
                return handler(request, *found.groups())
        return httpx.Response(404, json={"code": "NO_ROUTE"})

    def _routes(self) -> Iterator[tuple[str, str, Callable[..., httpx.Response]]]:
        yield r"/envelopes", "POST", self._create
        yield r"/envelopes/(\w+)", "GET", self._read
        yield r"/envelopes/(\w+)", "PUT", self._describe
        yield r"/envelopes/(\w+)/documents", "POST", self._upload
        yield r"/envelopes/(\w+)/publish", "POST", self._publish
        yield r"/envelopes/(\w+)/cancel", "POST", self._cancel
        yield r"/envelopes/(\w+)/signed/(\w+)", "GET", self._signed
        yield r"/check", "POST", self._check

    def _create(self, request: httpx.Request) -> httpx.Response:
        ref = f"e{next(self.numbers)}"
        self.envelopes[ref] = {"id": ref, "state": "DRAFT", "documents": {}, "signers": {}, "signed": []}
        return httpx.Response(200, json={"id": ref})

    def _read(self, request: httpx.Request, ref: str) -> httpx.Response:
        if ref not in self.envelopes:
            return httpx.Response(404, json={"code": "UNKNOWN"})
        return httpx.Response(200, json=self.envelopes[ref])

    def _upload(self, request: httpx.Request, ref: str) -> httpx.Response:
        kept = self.envelopes[ref]
        if kept["state"] != "DRAFT":
            return httpx.Response(400, json={"code": "NOT_DRAFT"})
        body = b"".join(request.stream)  # type: ignore[arg-type]  # both kinds of stream
        if int(request.headers["content-length"]) != len(body) or b"%PDF-" not in body:
            return httpx.Response(400, json={"code": "BAD_BODY"})
        name = re.search(rb'filename="([^"]+)"', body)
        number = f"d{next(self.numbers)}"
        kept["documents"][name[1].decode() if name else ""] = number
        return httpx.Response(200, json={"id": number})

    def _describe(self, request: httpx.Request, ref: str) -> httpx.Response:
        kept = self.envelopes[ref]
        if kept["state"] != "DRAFT":
            return httpx.Response(400, json={"code": "NOT_DRAFT"})
        kept.update(json.loads(request.content))
        return httpx.Response(200, json=kept)

    def _publish(self, request: httpx.Request, ref: str) -> httpx.Response:
        kept = self.envelopes[ref]
        if kept["state"] != "DRAFT":
            return httpx.Response(400, json={"code": "ALREADY_PUBLISHED"})
        if not kept["documents"] or not kept["signers"] or "title" not in kept:
            return httpx.Response(400, json={"code": "INCOMPLETE"})
        kept["state"] = "SENT"
        self.published.append(kept["reference"])
        return httpx.Response(200, json={"state": "SENT"})

    def _cancel(self, request: httpx.Request, ref: str) -> httpx.Response:
        kept = self.envelopes[ref]
        if kept["state"] == "SENT":
            kept["state"] = "CLOSED" if kept["signed"] else "CANCELLED"
        elif kept["state"] == "DRAFT":
            kept["state"] = "CANCELLED"
        return httpx.Response(200, json={"state": kept["state"]})

    def _signed(self, request: httpx.Request, ref: str, document: str) -> httpx.Response:
        if self.envelopes[ref]["state"] != "DONE":
            return httpx.Response(404, json={"code": "NOT_MADE"})
        return httpx.Response(200, content=PDF + document.encode())

    def _check(self, request: httpx.Request) -> httpx.Response:
        if self.verifier_down:
            return httpx.Response(503)
        token = json.loads(request.content)["token"]
        if token not in self.webhook_tokens:
            return httpx.Response(200, json={"answer": "foreign"})
        used, self.webhook_tokens[token] = self.webhook_tokens[token], True
        return httpx.Response(200, json={"answer": "used" if used else "valid"})

    def sign(self, ref: str, signer: str) -> None:
        """Let a signer sign everything."""
        kept = self.envelopes[ref]
        kept["signed"].append(signer)
        if set(kept["signed"]) == set(kept["signers"].values()):
            kept["state"] = "DONE"

    def split(self, ref: str) -> None:
        """Make one envelope per signer out of one, as some vendors do."""
        kept = self.envelopes[ref]
        for local, signer in kept["signers"].items():
            child = {**kept, "id": f"{ref}{local}", "parent": ref, "signers": {local: signer}, "signed": []}
            self.envelopes[f"{ref}{local}"] = child
        kept["children"] = [f"{ref}{local}" for local in kept["signers"]]
        kept["state"] = "SPLIT"

    def delivery(self, ref: str, word: str, signer: str = "", *, token: str | None = None) -> bytes:
        """Make a webhook body with a fresh one-time token."""
        if token is None:
            token = f"w{next(self.numbers)}"
            self.webhook_tokens[token] = False
        body = {"envelope": ref, "word": word, "signer": signer, "token": token}
        parent = self.envelopes.get(ref, {}).get("parent")
        return json.dumps(body if parent is None else {**body, "parent": parent}).encode()


@attrs.frozen(kw_only=True)
class TinySettings:
    """Options of a tiny account."""

    key: Secret = setting("the key")
    base_url: str = setting("where the vendor is", default=BASE)


WORDS: Mapping[str, FactType] = {
    "SENT": FactType.ENVELOPE_SENT,
    "OPENED": FactType.SIGNATORY_OPENED,
    "SIGNED": FactType.SIGNATORY_SIGNED,
    "DECLINED": FactType.ENVELOPE_DECLINED,
    "CLOSED": FactType.ENVELOPE_CLOSED,
    "CANCELLED": FactType.ENVELOPE_CANCELLED,
    "EXPIRED": FactType.ENVELOPE_EXPIRED,
    "DONE": FactType.ENVELOPE_COMPLETED,
}


class TinyProvider:
    """The provider."""

    @property
    def info(self) -> ProviderInfo:
        return INFO

    def tenant(self, account: Account[TinySettings]) -> str:
        return "tenant-1"

    def origin(self, account: Account[TinySettings]) -> str:
        return account.settings.base_url

    def capabilities(self, account: Account[TinySettings]) -> Capabilities:
        return INFO.capabilities

    def check(self, envelope: Envelope, account: Account[TinySettings]) -> tuple[Problem, ...]:
        return ()

    def authorize(
        self, account: Account[TinySettings], refused: Mapping[str, str] | None
    ) -> Flow[Mapping[str, str]]:
        def produce() -> Flow[str]:
            request = httpx.Request("POST", f"{account.settings.base_url}/token", json={})
            response = yield from http(request, credentials=False)
            return str(self._body(response)["token"])

        token = yield from shared(
            "token", fresh=lambda value: {"Authorization": f"Bearer {value}"} != refused, produce=produce
        )
        return {"Authorization": f"Bearer {token}"}

    def preflight(self, envelope: Envelope, account: Account[TinySettings]) -> Flow[tuple[Problem, ...]]:
        return ()
        yield

    def send(self, carried: Carried, account: Account[TinySettings]) -> Flow[Observation]:
        ref = yield from step("create", lambda: self._create(account))
        yield from identify(envelope=ref)
        documents = {}
        for document in carried.envelope.documents:
            documents[document.id] = yield from step(
                f"document:{document.id}",
                lambda document=document: self._upload(account, ref, document),
                recover=lambda document=document: self._find_document(account, ref, document),
            )
        signers = {person.id: f"p-{person.id}" for person in carried.envelope.signatories}
        yield from identify(signatories=signers, documents=documents)
        yield from step("describe", lambda: self._describe(account, ref, carried, signers))
        yield from publish(
            "publish", lambda: self._publish(account, ref), recover=lambda: self._was_published(account, ref)
        )
        yield from remember(f"link:{ref}", Secret("link-secret"))
        at = yield from now()
        subject = Subject(ref=ref)
        fact = Fact(type=FactType.ENVELOPE_SENT, subject=subject, native="SENT")
        return Observation(source=Source.RESPONSE, trust=Trust.CONFIRMED, observed_at=at, facts=(fact,))

    def read(self, carried: Carried, account: Account[TinySettings]) -> Flow[Observation]:
        kept = yield from self._call("GET", account, f"/envelopes/{carried.vendor_ref}")
        at = yield from now()
        subject = Subject(ref=carried.vendor_ref)
        facts = [Fact(type=FactType.SIGNATORY_SIGNED, subject=subject, target=who) for who in kept["signed"]]
        state = kept["state"]
        if state == "SPLIT":
            return (yield from self._read_split(kept, account, at))
        if state == "CLOSED":
            facts.append(Fact(type=FactType.ENVELOPE_CANCELLED, subject=subject, native=state, inferred=True))
        elif state != "DRAFT":
            kind = WORDS.get(state, FactType.UNKNOWN)
            target = state if kind is FactType.UNKNOWN else ""
            facts.append(Fact(type=kind, subject=subject, target=target, native=state))
        return Observation(source=Source.POLL, trust=Trust.CONFIRMED, observed_at=at, facts=facts)

    def _read_split(
        self, kept: dict[str, Any], account: Account[TinySettings], at: datetime
    ) -> Flow[Observation]:
        fact = Fact(type=FactType.ENVELOPE_CREATED, subject=Subject(ref=kept["id"]), native="SPLIT")
        children = []
        for ref in kept["children"]:
            child = yield from self._call("GET", account, f"/envelopes/{ref}")
            pairs = tuple(child["documents"].items())
            children.append(Child(ref=ref, signatories=tuple(child["signers"].values()), documents=pairs))
        return Observation(
            source=Source.POLL, trust=Trust.CONFIRMED, observed_at=at, facts=(fact,), children=tuple(children)
        )

    def observe(self, delivery: Delivery, account: Account[TinySettings]) -> Reading:
        try:
            body = json.loads(delivery.body)
            subject, word, signer = Subject(ref=str(body["envelope"])), str(body["word"]), str(body["signer"])
            proof = Secret(str(body["token"])) if body["token"] != "" else None
        except (ValueError, KeyError, TypeError, RecursionError):
            return Reading(rejected=Malformed.NOT_READABLE)
        kind = WORDS.get(word, FactType.UNKNOWN)
        target = signer if kind.value.startswith("signatory.") else ""
        if kind is FactType.UNKNOWN:
            target = word
        fact = Fact(type=kind, subject=subject, target=target, native=word)
        return Reading(
            facts=(fact,),
            subject_ref=subject.ref,
            parent_ref=str(body.get("parent", "")),
            proof=proof,
            read=kind is FactType.ENVELOPE_CLOSED,
        )

    def verify(self, reading: Reading, delivery: Delivery, account: Account[TinySettings]) -> Flow[Verdict]:
        if reading.proof is None:
            good = delivery.headers.get(SIGNATURE) == sign(delivery.body)
            return Verdict.PROVEN if good else Verdict.FOREIGN
        answer = yield from self._call("POST", account, "/check", {"token": reading.proof.reveal()})
        return {"valid": Verdict.PROVEN, "used": Verdict.USED, "foreign": Verdict.FOREIGN}[answer["answer"]]

    def cancel(self, carried: Carried, account: Account[TinySettings], reason: str) -> Flow[Observation]:
        answer = yield from self._call("POST", account, f"/envelopes/{carried.vendor_ref}/cancel", {})
        at = yield from now()
        facts = (
            Fact(
                type=FactType.ENVELOPE_CLOSED, subject=Subject(ref=carried.vendor_ref), native=answer["state"]
            ),
        )
        return Observation(source=Source.RESPONSE, trust=Trust.CONFIRMED, observed_at=at, facts=facts)

    def close_draft(self, carried: Carried, account: Account[TinySettings]) -> Flow[bool]:
        path = f"/envelopes/{carried.vendor_ref}"
        before = yield from self._call("GET", account, path)
        if before["state"] == "DRAFT":
            yield from self._call("POST", account, f"{path}/cancel", {})
        after = yield from self._call("GET", account, path)
        return bool(before["state"] in {"DRAFT", "CANCELLED"} and after["state"] == "CANCELLED")

    def signing_link(
        self, carried: Carried, account: Account[TinySettings], signatory_id: str
    ) -> Flow[SigningLink]:
        secret = yield from recall(f"link:{carried.vendor_ref}")
        return SigningLink(signatory_id=signatory_id, url=secret or Secret("regenerated"))

    def evidence(self, carried: Carried, account: Account[TinySettings]) -> Flow[tuple[Evidence, ...]]:
        kept = yield from self._call("GET", account, f"/envelopes/{carried.vendor_ref}")
        if kept["state"] != "DONE":
            return ()
        return tuple(
            Evidence(
                key=f"signed_document/{local}",
                kind=EvidenceKind.SIGNED_DOCUMENT,
                name=f"{local}.signed.pdf",
                document_id=local,
                vendor_ref=ref,
            )
            for local, ref in carried.documents.items()
        )

    def fetch(
        self, evidence: Evidence, carried: Carried, account: Account[TinySettings], sink: Sink
    ) -> Flow[Downloaded]:
        url = f"{account.settings.base_url}/envelopes/{carried.vendor_ref}/signed/{evidence.vendor_ref}"
        result = yield from download(httpx.Request("GET", url), sink)
        error = problem_of(result.response)
        if error:
            raise error
        return result

    def _create(self, account: Account[TinySettings]) -> Flow[str]:
        return str((yield from self._call("POST", account, "/envelopes", {}))["id"])

    def _upload(self, account: Account[TinySettings], ref: str, document: Document) -> Flow[str]:
        request = multipart_request(
            "POST",
            f"{account.settings.base_url}/envelopes/{ref}/documents",
            field="file",
            filename=document.id,
            media_type=document.media_type,
            document=document,
        )
        return str(self._body((yield from http(request)))["id"])

    def _find_document(self, account: Account[TinySettings], ref: str, document: Document) -> Flow[Recovered]:
        kept = yield from self._call("GET", account, f"/envelopes/{ref}")
        found = kept["documents"].get(document.id)
        return Recovered(found) if found else NOT_DONE

    def _describe(
        self, account: Account[TinySettings], ref: str, carried: Carried, signers: dict[str, str]
    ) -> Flow[None]:
        body = {"title": carried.envelope.title, "reference": carried.reference, "signers": signers}
        yield from self._call("PUT", account, f"/envelopes/{ref}", body)

    def _publish(self, account: Account[TinySettings], ref: str) -> Flow[str]:
        return str((yield from self._call("POST", account, f"/envelopes/{ref}/publish", {}))["state"])

    def _was_published(self, account: Account[TinySettings], ref: str) -> Flow[Recovered]:
        kept = yield from self._call("GET", account, f"/envelopes/{ref}")
        state = kept["state"]
        if state == "CANCELLED":  # as a draft, or after it was published
            return UNKNOWN
        return NOT_DONE if state == "DRAFT" else Recovered(state)

    def _call(self, method: str, account: Account[TinySettings], path: str, body: Any = None) -> Flow[Any]:
        request = httpx.Request(method, account.settings.base_url + path, json=body)
        return self._body((yield from http(request)))

    def _body(self, response: httpx.Response) -> Any:
        code = None
        if response.status_code >= 400 and response.headers.get("content-type") == "application/json":
            found = json_of(response)
            code = found.get("code") if isinstance(found, dict) else None
        error = problem_of(response, code=code if isinstance(code, str) else None)
        if error:
            raise error
        return json_of(response)


def build() -> Provider:
    return TinyProvider()


INFO = ProviderInfo(
    name="tiny",
    title="Tiny",
    summary="a vendor for tests",
    api=PLUGIN_API,
    capabilities=Capabilities(
        supported=frozenset(
            {
                Capability.CANCEL,
                Capability.CLOSE_DRAFT,
                Capability.READ_STATUS,
                Capability.SEE_COMPLETION,
                Capability.SEE_DECLINE,
                Capability.WEBHOOKS,
                Capability.DELIVERY_EMAIL,
                Capability.SIGNING_LINK,
                Capability.SEVERAL_DOCUMENTS,
                Capability.SEVERAL_SIGNATORIES,
            }
        ),
        levels=frozenset({Level.SES}),
        verbs=frozenset({Verb.SIGN}),
        evidence=frozenset({EvidenceKind.SIGNED_DOCUMENT}),
    ),
    settings=TinySettings,
    build=build,
    webhook_headers=frozenset({SIGNATURE}),
)


class TinyRegistry:
    """Stands in for the registry where a test needs only this provider."""

    has_observers = False

    def __init__(self) -> None:
        self.one = TinyProvider()

    def provider(self, name: str, *, where: str = "") -> Provider:
        return self.one

    def info(self, name: str, *, where: str = "") -> ProviderInfo:
        return INFO

    def check_envelope(self, envelope: Envelope, account: Account[Any]) -> tuple[Problem, ...]:
        return ()


class TinyConfig:
    """Stands in for a configuration with accounts ``a`` and ``b``."""

    default = "a"
    routes: tuple[Any, ...] = ()
    disabled_plugins: tuple[str, ...] = ()

    def __init__(self, base_url: str = BASE) -> None:
        self.accounts = {
            name: Account(
                name=name,
                provider="tiny",
                environment="test",
                settings=TinySettings(key=Secret("key"), base_url=base_url),
                webhook_secret=Secret("path-secret"),
                public_url="https://app.example/hooks",
            )
            for name in ("a", "b")
        }

    def account(self, name: str, registry: Any) -> Account[Any]:
        return self.accounts[name]


def tiny_kernel(store: Store | None = None) -> Kernel:
    """Make a kernel with the tiny provider."""
    return Kernel(config=as_config(TinyConfig()), registry=TinyRegistry(), store=store or MemoryStore())  # type: ignore[arg-type]  # stands in


def as_config(config: TinyConfig) -> Config:
    """Say that the stand-in is good enough."""
    return config  # type: ignore[return-value]  # the same attributes


def envelope(**changes: Any) -> Envelope:
    """Make an envelope with two signatories and two documents."""
    given: dict[str, Any] = {
        "title": "Contract",
        "documents": [
            Document.from_bytes(PDF, name="contract.pdf"),
            Document.from_bytes(PDF + b"\n%%EOF\n", name="annex.pdf"),
        ],
        "signatories": [
            Signatory(id="ada", given_name="Ada", family_name="Lovelace", email="ada@example.org"),
            Signatory(id="bob", given_name="Bob", family_name="Noyce", email="bob@example.org"),
        ],
    }
    return Envelope(**{**given, **changes})


def utc(*parts: int) -> datetime:
    """Make an aware UTC datetime."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # year, month, day and so on
