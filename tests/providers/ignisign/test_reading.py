"""Reading, ending and proving a request: what each call asks, and what its answers become."""

import asyncio
import base64
import hashlib
import io
from datetime import UTC, datetime

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import (
    MalformedResponse,
    NotReady,
    UnsupportedCapability,
    VendorRefused,
)
from paraph.flow import Flow
from paraph.flow.commands import Command, Recall, Remember, Shared
from paraph.flow.intercept import intercept
from paraph.flow.runners import AsyncRunner
from paraph.flow.session import Sessions
from paraph.model import Evidence, EvidenceKind, FactType, Secret
from paraph.provider import SigningLink
from paraph_ignisign import (
    reading,
)
from support.hand import Talk
from support.ignisign_account import APP, account, carried, envelope, person

REQUEST = "/v4/signature-requests/r1"


def context(status: str, **more: object) -> dict[str, object]:
    """Make the vendor's context of request r1."""
    return {"_id": "r1", "status": status, "externalId": "attempt1", **more}


@pytest.mark.parametrize(
    ("after", "closed"),
    [
        ({"status": "CANCELLED"}, True),
        ({"status": "CANCELLED", "signedBy": []}, True),
        ({"status": "CANCELLED", "signedBy": ["s1"]}, False),
        ({"status": "COMPLETED"}, False),
        ({"status": "READY"}, False),
        ({"status": "DRAFT"}, False),
    ],
)
def test_a_draft_counts_as_closed_only_where_a_read_shows_it(
    after: dict[str, object], *, closed: bool
) -> None:
    """What is not a draft is not closed; it is out of the way if it was cancelled and nobody signed."""
    draft = Talk(reading.close_draft(carried(vendor_ref="r1"), account()))
    draft.expect("GET", f"{REQUEST}/context", reply=context("DRAFT"))
    draft.expect("POST", f"{REQUEST}/close", body={}, reply={"signatureRequestId": "r1"})
    draft.expect("GET", f"{REQUEST}/context", reply={**context("?"), **after})
    assert closed is draft.result
    if after["status"] != "DRAFT":
        other = Talk(reading.close_draft(carried(vendor_ref="r1"), account()))
        other.expect("GET", f"{REQUEST}/context", reply={**context("?"), **after})
        assert closed is other.result


def test_cancel_of_an_ended_request_is_no_error() -> None:
    """Closing what has ended already reads how it ended instead of failing."""
    talk = Talk(reading.cancel(carried(vendor_ref="r1"), account(), "changed"))
    refused = {"code": "SIGNATURE_REQUEST_ALREADY_COMPLETED", "message": "canary"}
    talk.expect("POST", f"{REQUEST}/close", body={}, status=400, reply=refused)
    ended = context("COMPLETED", signerIds=["s1"], signedBy=["s1"])
    talk.expect("GET", f"{REQUEST}/context", reply=ended)
    assert FactType.ENVELOPE_COMPLETED in {fact.type for fact in talk.result.facts}


def test_cancel_that_was_refused_while_it_runs_is_an_error() -> None:
    """A refusal of the close stays an error if the request has not ended."""
    talk = Talk(reading.cancel(carried(vendor_ref="r1"), account(), ""))
    refused = {"code": "SIGNATURE_REQUEST_BAD_STATUS"}
    talk.expect("POST", f"{REQUEST}/close", status=400, reply=refused)
    with pytest.raises(VendorRefused, match="SIGNATURE_REQUEST_BAD_STATUS"):
        talk.expect("GET", f"{REQUEST}/context", reply=context("PROCESSING"))


def test_cancel_after_a_signature_is_cancelled_not_completed() -> None:
    """The vendor's COMPLETED of a half-signed request is a cancellation, concluded and marked so."""
    talk = Talk(reading.cancel(carried(vendor_ref="r1"), account(), "changed"))
    talk.expect("POST", f"{REQUEST}/close", reply={"signatureRequestId": "r1"})
    ended = context("COMPLETED", signerIds=["s1", "s2"], signedBy=["s1"], closedAt="2025-03-01T11:00:00.000Z")
    talk.expect("GET", f"{REQUEST}/context", reply=ended)
    (end,) = [fact for fact in talk.result.facts if fact.type is FactType.ENVELOPE_CANCELLED]
    assert ("changed", True, datetime(2025, 3, 1, 11, tzinfo=UTC)) == (end.reason, end.inferred, end.at)


def test_an_accepted_close_is_closed_even_if_the_read_lags_behind() -> None:
    """The vendor accepted: the request is closed for certain, although its context still says IN_PROGRESS."""
    talk = Talk(reading.cancel(carried(vendor_ref="r1"), account(), ""))
    talk.expect("POST", f"{REQUEST}/close", reply={"signatureRequestId": "r1"})
    talk.expect("GET", f"{REQUEST}/context", reply=context("IN_PROGRESS", signerIds=["s1"]))
    closed = {(fact.type, fact.native) for fact in talk.result.facts}
    assert (FactType.ENVELOPE_CLOSED, "close") in closed


def test_a_close_whose_read_fails_is_closed_in_an_unknown_way() -> None:
    """The close was accepted; without a read it is not claimed to be a cancellation."""
    talk = Talk(reading.cancel(carried(vendor_ref="r1"), account(), ""))
    talk.expect("POST", f"{REQUEST}/close", reply={"signatureRequestId": "r1"})
    talk.expect("GET", f"{REQUEST}/context", status=403, reply=b"nothing")
    assert [FactType.ENVELOPE_CLOSED] == [fact.type for fact in talk.result.facts]


def linked(**changes: object) -> object:
    """Make the flow that asks for a link of a signatory with delivery by link."""
    sent = carried(
        envelope(signatories=[person(delivery="link")]), vendor_ref="r1", signatories={"ada": "s/1"}
    )
    return reading.signing_link(sent, account(**changes), "ada")


def test_the_signing_link_is_percent_encoded() -> None:
    """Token and secret are encoded into the documented URL, which only a Secret shows."""
    kept = {"signing-token:s/1:r1": "t&k+n=", "signer-secret:s/1": "s cret"}
    link = Talk(linked(), kept=kept).result  # type: ignore[arg-type] # a flow
    assert (
        "https://sign.ignisign.io/signature-requests/r1/signers/s%2F1/sign?token=t%26k%2Bn%3D"
        "&signerSecret=s%20cret&showTitle=false&showDescription=false&darkMode=false"
        "&forceShowDocumentInformations=false"
    ) == link.url.reveal()
    assert "s%20cret" not in repr(link)


def test_a_lost_signer_secret_is_made_anew() -> None:
    """Without the kept secret a new one is made at the vendor and kept."""
    talk = Talk(linked(), kept={"signing-token:s/1:r1": "tok"})  # type: ignore[arg-type] # a flow
    path = f"{APP}/signers/s%2F1/regenerate-auth-secret"
    talk.expect("PUT", path, body={}, reply={"authSecret": "fresh"})
    assert "fresh" == talk.kept["signer-secret:s/1"]
    assert "signerSecret=fresh&" in talk.result.url.reveal()


def test_two_links_at_once_make_one_new_secret() -> None:
    """Each new secret ends the one before it, so callers who lack it wait for the first to make it."""
    kept = {"signing-token:s/1:r1": "tok"}
    made: list[str] = []

    async def renew(request: httpx.Request) -> httpx.Response:
        made.append(f"secret-{len(made)}")
        answer = made[-1]
        await asyncio.sleep(0)
        return httpx.Response(200, json={"authSecret": answer}, request=request)

    def private(command: Command) -> Flow[object] | None:
        if isinstance(command, Recall):
            found = kept.get(command.key)
            return _value(None if found is None else Secret(found))
        if isinstance(command, Remember):
            kept[command.key] = command.value.reveal()
            return _value(None)
        if isinstance(command, Shared):
            produce = command.produce
            return _ask(attrs.evolve(command, produce=lambda: intercept(produce(), private)))
        return None

    def links() -> Flow[SigningLink]:
        return intercept(linked(), private)  # type: ignore[arg-type] # a flow

    async def main() -> list[SigningLink]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(renew)) as client:
            runner = AsyncRunner(Sessions(lambda _: client))
            return await asyncio.gather(*(runner.run(links()) for _ in range(3)))

    found = asyncio.run(main())
    assert (["secret-0"], "secret-0") == (made, kept["signer-secret:s/1"])
    assert all("signerSecret=secret-0&" in link.url.reveal() for link in found)


def _value(value: object) -> Flow[object]:
    return value
    yield  # makes this a flow


def _ask(command: Command) -> Flow[object]:
    return (yield command)


def test_a_link_needs_the_token_and_the_right_delivery() -> None:
    """Before the launch there is no link yet; for a mailed signatory there never is one."""
    with pytest.raises(NotReady, match=r"envelope\.sent"):
        Talk(linked())  # type: ignore[arg-type] # a flow
    mailed = carried(vendor_ref="r1", signatories={"ada": "s1"})
    with pytest.raises(UnsupportedCapability, match="signing_link"):
        Talk(reading.signing_link(mailed, account(), "ada"))


# Evidence


SIGNED = {
    "status": "COMPLETED",
    "signatureProofStatus": "CREATED",
    "documents": [
        {
            "_id": "d1",
            "documentNature": "FILE",
            "mimeType": "text/plain",
            "signatureSummaries": [{"signerId": "s1"}, {"signerId": "s9"}, {"signerId": "s1"}],
        },
        {"_id": "d2", "documentNature": "PRIVATE_FILE", "signatureSummaries": [{"signerId": "s1"}]},
    ],
}


def test_evidence_names_what_it_is_and_assumes_only_what_is_marked() -> None:
    """Data has no known extension, the kit has the account's, and each signature may have an image."""
    sent = carried(vendor_ref="r1", signatories={"ada": "s1"}, documents={"note": "d1", "secret": "d2"})
    talk = Talk(reading.evidence(sent, account(legal_kit_extension="asice")))
    talk.expect("GET", f"{REQUEST}/context", reply=SIGNED)
    assert [
        ("signed_document/note", "note-signed.bin", "application/octet-stream", True),
        ("proof/note", "note-legal-kit.asice", "application/octet-stream", True),
        ("signature_image/note/ada", "note-ada.png", "image/png", False),
        ("signature_image/note/signature-2", "note-signature-2.png", "image/png", False),
        ("signature_image/secret/ada", "secret-ada.png", "image/png", False),
    ] == [(one.key, one.name, one.media_type, one.signed) for one in talk.result]


IMAGE = Evidence(
    key="signature_image/note/ada",
    kind=EvidenceKind.SIGNATURE_IMAGE,
    name="note-ada.png",
    vendor_ref="d1",
    native="img-signatures s1",
)


@given(content=st.binary(min_size=1), prefix=st.sampled_from(["", "data:image/png;base64,"]))
def test_an_image_is_written_as_it_was_drawn(content: bytes, prefix: str) -> None:
    """The signer's own image arrives byte for byte, with or without the head of a data address."""
    sink = io.BytesIO()
    talk = Talk(reading.fetch(IMAGE, account(), sink))
    images = [
        {"signerId": "s0", "imgB64": base64.b64encode(b"canary").decode()},
        {"signerId": "s1", "imgB64": prefix + base64.b64encode(content).decode()},
    ]
    reply = {"documentId": "d1", "signatures": images}
    talk.expect("GET", "/v4/documents/d1/img-signatures", reply=reply)
    assert (content, hashlib.sha256(content).hexdigest()) == (sink.getvalue(), talk.result.sha256)


@pytest.mark.parametrize(
    ("status", "reply"),
    [
        (404, {"code": "NO_SIGNATURE_IMAGES_FOUND"}),
        (400, {"code": "SIGNATURE_IMAGE_NOT_CREATED"}),
        (403, {"code": "INVALID_CONTEXT"}),
        (200, {"documentId": "d1", "signatures": [{"signerId": "s0", "imgB64": "eA=="}]}),
        (200, {"documentId": "d1", "signatures": [{"signerId": "s1"}]}),
    ],
)
def test_a_signature_without_an_image_has_none_to_fetch(status: int, reply: dict[str, object]) -> None:
    """Whatever the vendor answers where there is no image, fetching one says so and nothing is written."""
    sink = io.BytesIO()
    talk = Talk(reading.fetch(IMAGE, account(), sink))
    with pytest.raises(NotReady, match="signature_image/note/ada"):
        talk.expect("GET", "/v4/documents/d1/img-signatures", status=status, reply=reply)
    assert b"" == sink.getvalue()


def test_an_image_that_is_none_is_no_image() -> None:
    """What is no base64 is an answer of another shape, and is not written."""
    sink = io.BytesIO()
    talk = Talk(reading.fetch(IMAGE, account(), sink))
    reply = {"documentId": "d1", "signatures": [{"signerId": "s1", "imgB64": "<html>"}]}
    with pytest.raises(MalformedResponse):
        talk.expect("GET", "/v4/documents/d1/img-signatures", reply=reply)
    assert b"" == sink.getvalue()


def test_a_proof_that_is_not_made_of_a_document_spoils_no_others() -> None:
    """A kind of proof that this document has none of counts as not made, so that saving goes on."""
    wanted = attrs.evolve(IMAGE, key="proof/note", kind=EvidenceKind.PROOF, native="ADVANCED_LEGAL_KIT")
    talk = Talk(reading.fetch(wanted, account(), io.BytesIO()))
    path = "/v4/documents/d1/signature-type/ADVANCED_LEGAL_KIT"
    with pytest.raises(NotReady, match="ADVANCED_LEGAL_KIT of this document"):
        talk.expect("GET", path, status=400, reply={"code": "SIGNATURE_PROOF_TYPE_NOT_AVAILABLE"})
