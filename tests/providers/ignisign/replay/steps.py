"""The calls that flows have in common, each asserting what the contract says of its answer (1, 7.1)."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fpdf import FPDF

from providers.ignisign.replay import shapes as a
from providers.ignisign.replay.hooks import Hooks, Shelf, receiving, shelf
from providers.ignisign.replay.page import Visitor, embedded_url
from providers.ignisign.replay.vendor import Controls, Place, Vendor


@dataclass(frozen=True)
class Signer:
    """A signer as we know it: the vendor's id, the secret that is told once, our own id and the person."""

    id: str
    secret: str
    external_id: str
    name: str
    email: str


@dataclass(frozen=True)
class Integration:
    """An integrator's backend: a client, a webhook endpoint that the vendor knows, files and a mailbox."""

    place: Place
    vendor: Vendor
    hooks: Hooks
    shelf: Shelf
    controls: Controls

    def profile(self, mode: str) -> Any:
        """Return the first profile with this integration mode, and check its list of inputs."""
        profiles = self.vendor.get("APP/signer-profiles", [a.PROFILE])
        profile = next(one for one in profiles if one["integrationMode"] == mode)
        assert profile["status"] == "ACTIVE"
        needs = self.vendor.get(f"APP/signer-profiles/{profile['_id']}/inputs-needed", a.NEEDS)
        assert needs["signerProfileId"] == profile["_id"]
        assert not set(needs["inputsNeeded"]) & set(needs["optionalInputs"])
        return profile

    def signer(self, mode: str, who: str) -> Signer:
        """Create a signer for a user of ours and hear of it."""
        person = {"firstName": who.title(), "lastName": "Example", "email": f"{who}@example.org"}
        asked = {"signerProfileId": self.profile(mode)["_id"], **person, "externalId": f"user-{who}"}
        made = self.vendor.post("APP/signers", a.SIGNER_MADE, asked)
        assert made["success"] is True
        told = self.hooks.expect("SIGNER/CREATED", signerId=made["signerId"])
        assert told["signerExternalId"] == f"user-{who}"
        assert "inputsAdded" not in told
        known = self.vendor.get(f"APP/signers/{made['signerId']}", a.SIGNER)
        assert {name: known[name] for name in person} == person
        return Signer(
            id=made["signerId"],
            secret=made["authSecret"],
            external_id=f"user-{who}",
            name=f"{who.title()} Example",
            email=person["email"],
        )

    def draft(self) -> str:
        """Start a request."""
        made = self.vendor.post("APP/signature-requests", {"signatureRequestId": a.ID})
        request_id: str = made["signatureRequestId"]
        self.hooks.expect("SIGNATURE_REQUEST/INITIALIZED", signatureRequestId=request_id, status="DRAFT")
        return request_id

    def document(self, request_id: str, **details: Any) -> str:
        """Add a document without content."""
        asked = {"signatureRequestId": request_id, **details}
        document_id: str = self.vendor.post("APP/init-documents", {"documentId": a.ID}, asked)["documentId"]
        known = self.vendor.get(f"/v4/documents/{document_id}", a.DOCUMENT)
        assert (known["status"], known["signatureRequestId"]) == ("CREATED", request_id)
        return document_id

    def pdf(self, request_id: str, words: str = "Contract", **details: Any) -> tuple[str, bytes]:
        """Add a PDF; returns its id and bytes."""
        document_id, content = self.document(request_id, **details), make_pdf(words)
        given = self.vendor.upload(
            f"/v4/documents/{document_id}/file", a.DOCUMENT, "contract.pdf", content, "application/pdf"
        )
        assert (given["documentNature"], given["status"], given["fileName"]) == (
            "PDF", "PROVIDED", "contract.pdf",
        )  # fmt: skip
        return document_id, content

    def describe(self, request_id: str, documents: list[str], signers: list[Signer], **more: Any) -> Any:
        """Say title, documents, signers and our own reference; all of it is read back."""
        asked = {
            "title": "Contract",
            "documentIds": documents,
            "signerIds": [one.id for one in signers],
            "externalId": f"contract-{request_id}",
            "defaultSignatureMethod": "SIMPLE_STD",
            **more,
        }
        asked = {name: value for name, value in asked.items() if value is not None}
        context = self.vendor.put(f"/v4/signature-requests/{request_id}", a.REQUEST_CONTEXT, asked)
        assert context["status"] == "DRAFT"
        assert {one["signerId"] for one in context["signers"]} == {one.id for one in signers}
        assert {one["_id"] for one in context["documents"]} == set(documents)
        assert {name: context[name] for name in ("title", "externalId")} == {
            name: asked[name] for name in ("title", "externalId")
        }
        self.hooks.expect("SIGNATURE_REQUEST/UPDATED", signatureRequestId=request_id, status="DRAFT")
        return context

    def publish(self, request_id: str, signers: list[Signer]) -> dict[str, str]:
        """Publish, and hear of the launch; returns the session token of each embedded signer."""
        published = self.vendor.post(f"/v4/signature-requests/{request_id}/publish", a.PUBLISHED)
        assert published["signatureRequestId"] == request_id
        self.hooks.expect("SIGNATURE_REQUEST/READY", signatureRequestId=request_id)
        told = self.hooks.expect("SIGNATURE_REQUEST/LAUNCHED", signatureRequestId=request_id)
        assert told["signatureRequestExternalId"] == f"contract-{request_id}"
        assert told["status"] == "IN_PROGRESS"
        invited = told["signers"]
        everyone = [*invited.get("signersBySide", []), *invited.get("signersEmbedded", [])]
        assert {one["signerId"]: one["signerExternalId"] for one in everyone} == {
            one.id: one.external_id for one in signers
        }
        tokens = {one["signerId"]: one["token"] for one in invited.get("signersEmbedded", [])}
        answered = {one["signerId"]: one["token"] for one in published.get("signersEmbedded", [])}
        assert answered == tokens, "the answer and the webhook tell the same tokens"
        return tokens

    def ready(self, signers: list[Signer], **more: Any) -> tuple[str, str, bytes]:
        """Make a draft that lacks nothing but publishing; returns it, its document and the PDF."""
        request_id = self.draft()
        document_id, content = self.pdf(request_id)
        self.describe(request_id, [document_id], signers, **more)
        return request_id, document_id, content

    def visitor(self, request_id: str, signer: Signer, token: str) -> Visitor:
        """Put an embedded signer before their page."""
        return Visitor(signer.name, embedded_url(self.place, request_id, signer.id, token, signer.secret))

    def invited_by_mail(self, signer: Signer) -> Visitor:
        """Follow the last link that was mailed to a signer."""
        return Visitor(signer.name, self.controls.mailbox(signer.email)[-1])

    def status(self, request_id: str) -> str:
        """Ask for the status, by the batch and by the context, which agree."""
        asked = {"signatureRequestIds": [request_id]}
        (one,) = self.vendor.post("APP/signature-requests/status", a.STATUSES, asked)["signatureRequests"]
        assert one["signatureRequestId"] == request_id
        assert one["status"] == self.context(request_id)["status"]
        return str(one["status"])

    def context(self, request_id: str) -> Any:
        """Read everything about a request."""
        return self.vendor.get(f"/v4/signature-requests/{request_id}/context", a.REQUEST_CONTEXT)

    def signed_by(self, request_id: str, signer: Signer, documents: list[str]) -> None:
        """Hear that somebody opened the page once, and of a signature for each document."""
        who = {"signatureRequestId": request_id, "signerId": signer.id}
        session = self.hooks.expect("SIGNATURE_SESSION/INITIALIZED", **who)
        assert session["signerExternalId"] == signer.external_id
        for document_id in documents:
            told = self.hooks.expect("SIGNATURE/FINALIZED", **who, documentId=document_id)
            found = self.vendor.get(f"/v4/documents/{document_id}/signatures", [a.SIGNATURE])
            (one,) = (each for each in found if each["_id"] == told["signatureId"])
            assert (one["signerId"], one["documentId"], one["status"]) == (signer.id, document_id, "SIGNED")
            assert one == self.vendor.get(
                f"/v4/documents/{document_id}/signatures/{told['signatureId']}", a.SIGNATURE
            )
        self.hooks.expect("SIGNATURE/FINALIZED", len(documents), **who)

    def proven(self, request_id: str, documents: list[str]) -> Any:
        """Hear that the request is complete and its proofs are made, in whatever order."""
        self.hooks.expect("SIGNATURE_REQUEST/COMPLETED", signatureRequestId=request_id, status="COMPLETED")
        told = self.hooks.expect("SIGNATURE_PROOF/GENERATED", signatureRequestId=request_id)
        assert [one["documentId"] for one in told["documents"]] == documents
        for one in [
            *told["documents"],
            {"token": told["signatureProofToken"], "url": told["signatureProofUrl"]},
        ]:
            path, _query, token = one["url"].partition("?t=")
            assert path == f"{self.place.sign}/signature-requests/{request_id}/proofs"
            assert token == one["token"]
        context = self.context(request_id)
        assert (context["status"], context["signatureProofStatus"]) == ("COMPLETED", "CREATED")
        return told


@contextmanager
def integrated(place: Place) -> Iterator[Integration]:
    """Start as the SDK does: application, endpoints; then add our own, found again by its address (4.7)."""
    with Vendor(place) as vendor, Controls(place) as controls, receiving(vendor) as hooks, shelf() as files:
        application = vendor.get(f"/v4/applications/{vendor.app_id}/context", a.APPLICATION)
        assert application["appId"] == vendor.app_id
        before = vendor.get("APP/webhooks", [a.ENDPOINT])
        after = vendor.post("APP/webhooks", [a.ENDPOINT], {"url": hooks.url, "description": "replay"})
        ours = max((one for one in after if one["url"] == hooks.url), key=lambda one: one["_createdAt"])
        assert len(after) == len(before) + 1
        try:
            yield Integration(place=place, vendor=vendor, hooks=hooks, shelf=files, controls=controls)
            _told_once(vendor, ours["_id"])
        finally:
            left = vendor.delete(f"/v4/webhooks/{ours['_id']}", [a.ENDPOINT])
        assert left == before


def _told_once(vendor: Vendor, webhook_id: str) -> None:
    """Go through the vendor's own list of events: each says something new (an update may say the same)."""
    told: Counter[tuple[str, ...]] = Counter()
    for page in itertools.count(1):
        listed = vendor.get(f"/v4/webhooks/{webhook_id}/events", a.EVENT_PAGE, filter="ALL", page=page)
        if not listed["events"]:
            assert told.total() == listed["searchData"]["total"]
            break
        for event in listed["events"]:
            about = event.get("content", {})
            subject = (about.get(name, "") for name in ("signatureRequestId", "signerId", "documentId"))
            told[event["topic"], event["action"], *subject] += 1
    assert [] == [each for each, count in told.items() if count > 1 and each[1] != "UPDATED"]


def make_pdf(words: str) -> bytes:
    """Return a PDF of one page."""
    paper = FPDF()
    paper.add_page()
    paper.set_font("helvetica")
    paper.cell(text=words)
    return bytes(paper.output())


def is_signed_version_of(proof: bytes, original: bytes) -> bool:
    """Whether `proof` is a PDF with signatures and not simply the original again."""
    return proof.startswith(b"%PDF-") and b"/ByteRange" in proof and proof != original
