"""The tiny provider, which gathers its uploads, and a vendor that notices what is uploaded twice."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx

from paraph.flow import Flow, gather, identify, now, publish, step
from paraph.model import Document, Envelope, Fact, FactType, Observation, Source, Subject, Trust
from paraph.ops.kernel import Kernel
from paraph.provider import Account, Carried
from paraph.store import Store
from support.tiny import PDF, TinyProvider, TinySettings, TinyVendor, envelope, tiny_kernel

NAMES = ("a", "b", "c", "d")


class Abreast(TinyProvider):
    """The documents of an envelope are uploaded side by side."""

    def send(self, carried: Carried, account: Account[TinySettings]) -> Flow[Observation]:
        ref = yield from step("create", lambda: self._create(account))
        yield from identify(envelope=ref)
        documents = carried.envelope.documents
        found = yield from gather([partial(self._document, account, ref, each) for each in documents])
        signers = {person.id: f"p-{person.id}" for person in carried.envelope.signatories}
        known = {each.id: number for each, number in zip(documents, found, strict=True)}
        yield from identify(signatories=signers, documents=known)
        yield from step("describe", lambda: self._describe(account, ref, carried, signers))
        yield from publish(
            "publish", lambda: self._publish(account, ref), recover=lambda: self._was_published(account, ref)
        )
        at = yield from now()
        fact = Fact(type=FactType.ENVELOPE_SENT, subject=Subject(ref=ref), native="SENT")
        return Observation(source=Source.RESPONSE, trust=Trust.CONFIRMED, observed_at=at, facts=(fact,))

    def _document(self, account: Account[TinySettings], ref: str, document: Document) -> Flow[str]:
        return step(
            f"document:{document.id}",
            lambda: self._upload(account, ref, document),
            recover=lambda: self._find_document(account, ref, document),
        )


class Counting(TinyVendor):
    """Writes down each upload that took effect: the envelope, and the document's local id."""

    def __init__(self) -> None:
        super().__init__()
        self.uploads: list[tuple[str, str]] = []

    def _upload(self, request: httpx.Request, ref: str) -> httpx.Response:
        before = set(self.envelopes[ref]["documents"].values())
        answer = super()._upload(request, ref)
        for name, number in self.envelopes[ref]["documents"].items():
            if number not in before:
                self.uploads.append((ref, name))
        return answer


def wide(**changes: Any) -> Envelope:
    """Make an envelope of four documents."""
    documents = [
        Document.from_bytes(PDF + b"\n" * number, name=f"{name}.pdf")
        for number, name in enumerate(NAMES, start=1)
    ]
    return envelope(documents=documents, **changes)


def abreast(store: Store | None = None) -> Kernel:
    """Make a kernel with the provider."""
    kernel = tiny_kernel(store)
    registry: Any = kernel.registry
    registry.one = Abreast()
    return kernel
