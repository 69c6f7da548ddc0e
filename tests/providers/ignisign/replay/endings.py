"""Flows 7.4 and 7.5: one call, cancelling, expiring."""

import base64
import datetime as dt

from providers.ignisign.replay import shapes as a
from providers.ignisign.replay.page import Form, Visitor
from providers.ignisign.replay.steps import Integration, is_signed_version_of, make_pdf
from providers.ignisign.replay.vendor import RefusedError

_DAY = dt.timedelta(days=1)


def one_call(my: Integration) -> None:
    """7.4: titles, people and documents in one body; e-mails go out, and the batch tells how it stands."""
    inline, fetched = make_pdf("Inline"), make_pdf("Fetched")
    url = my.shelf.put("/annex.pdf", fetched)
    people = [
        {"email": "carl@example.org", "firstName": "Carl", "lastName": "Example"},
        {"email": "dora@example.org", "firstName": "Dora", "lastName": "Example"},
    ]
    made = my.vendor.post(
        "/v4/signature-requests/one-call-sign",
        a.PUBLISHED,
        {
            "title": "One call",
            "signatureMethod": "SIMPLE_STD",
            "signers": people,
            "documents": [
                {
                    "originalName": "inline.pdf",
                    "mimeType": "application/pdf",
                    "base64": base64.b64encode(inline).decode(),
                },
                {"originalName": "annex.pdf", "mimeType": "application/pdf", "url": url},
            ],
        },
    )
    request_id = made["signatureRequestId"]
    assert my.shelf.asked == ["/annex.pdf"]
    my.hooks.expect("SIGNATURE_REQUEST/LAUNCHED", signatureRequestId=request_id)
    assert my.status(request_id) == "IN_PROGRESS"
    context = my.context(request_id)
    assert context["title"] == "One call"
    assert {one["email"] for one in context["signers"]} == {one["email"] for one in people}
    assert [one["fileName"] for one in context["documents"]] == ["inline.pdf", "annex.pdf"]
    for person in people:
        Visitor(person["firstName"], my.controls.mailbox(person["email"])[-1]).sign()
    documents = context["documentIds"]
    my.proven(request_id, documents)
    assert my.status(request_id) == "COMPLETED"
    for document_id, original in zip(documents, (inline, fetched), strict=True):
        proof = my.vendor.download(f"/v4/documents/{document_id}/signature-type/PDF_WITH_SIGNATURES")
        assert is_signed_version_of(proof, original)


def cancelled(my: Integration) -> None:
    """7.5: closing what nobody signed cancels it, once and for all; a draft can be closed as well."""
    ada = my.signer("EMBEDDED", "ada-cancelled")
    request_id, document_id, _content = my.ready([ada])
    token = my.publish(request_id, [ada])[ada.id]
    for _again in range(2):
        closed = my.vendor.post(f"/v4/signature-requests/{request_id}/close", {"signatureRequestId": a.ID})
        assert closed == {"signatureRequestId": request_id}
    told = my.hooks.expect("SIGNATURE_REQUEST/CANCELLED", signatureRequestId=request_id)
    assert told["status"] == my.status(request_id) == "CANCELLED"
    assert Form(my.visitor(request_id, ada, token).look().text).action is None, "nothing to sign any more"
    _no_proof(my, document_id)
    heard = my.hooks.names(signatureRequestId=request_id)
    assert not {"SIGNATURE_REQUEST/COMPLETED", "SIGNATURE_PROOF/GENERATED"} & set(heard)

    draft = my.draft()
    my.vendor.post(f"/v4/signature-requests/{draft}/close", {"signatureRequestId": a.ID})
    assert my.status(draft) == "CANCELLED"


def cancelled_after_a_signature(my: Integration) -> None:
    """7.5: closing what somebody signed completes it, and the proofs of that signature follow."""
    ada, bob = my.signer("EMBEDDED", "ada-closed"), my.signer("BY_SIDE", "bob-closed")
    request_id, document_id, original = my.ready([ada, bob])
    token = my.publish(request_id, [ada, bob])[ada.id]
    my.visitor(request_id, ada, token).sign()
    my.signed_by(request_id, ada, [document_id])
    my.vendor.post(f"/v4/signature-requests/{request_id}/close", {"signatureRequestId": a.ID})
    my.proven(request_id, [document_id])
    _completed_by_one(my, request_id, document_id, original, ada.id)
    try:
        my.vendor.send("POST", f"/v4/signature-requests/{request_id}/close", json={})
    except RefusedError as error:
        assert error.code == "SIGNATURE_REQUEST_ALREADY_COMPLETED"
    else:
        raise AssertionError("a completed request was closed")


def expired(my: Integration, minute: int, tick: int) -> None:
    """7.5: past an activated date the clock of five minutes ends the request, not the date itself.

    `minute` of the date, and minutes after that hour's start until the vendor's clock acts on it.
    """
    ada = my.signer("EMBEDDED", f"ada-expired-{minute}")
    ending = (my.controls.now() + _DAY).replace(minute=minute, second=30, microsecond=0)
    request_id, document_id, _content = my.ready([ada], **_expires(ending))
    idle, _document, _content = my.ready([ada], expirationDate=ending.isoformat())
    for each in (request_id, idle):
        my.publish(each, [ada])
    acts = ending.replace(minute=0, second=0) + dt.timedelta(minutes=tick)
    my.controls.until(acts - dt.timedelta(seconds=10))
    assert my.status(request_id) == "IN_PROGRESS", "the date is over, and nobody has looked at the clock"
    my.controls.until(acts)
    told = my.hooks.expect("SIGNATURE_REQUEST/EXPIRED", signatureRequestId=request_id)
    assert told["status"] == my.status(request_id) == "EXPIRED"
    assert my.status(idle) == "IN_PROGRESS", "a date that is not activated ends nothing"
    _no_proof(my, document_id)


def expired_after_a_signature(my: Integration) -> None:
    """7.5: what somebody signed is completed when its time is over."""
    ada, bob = my.signer("EMBEDDED", "ada-late"), my.signer("BY_SIDE", "bob-late")
    ending = my.controls.now() + _DAY
    request_id, document_id, original = my.ready([ada, bob], **_expires(ending))
    token = my.publish(request_id, [ada, bob])[ada.id]
    my.visitor(request_id, ada, token).sign()
    my.controls.until(ending + dt.timedelta(minutes=10))
    my.proven(request_id, [document_id])
    assert "SIGNATURE_REQUEST/EXPIRED" not in my.hooks.names(signatureRequestId=request_id)
    _completed_by_one(my, request_id, document_id, original, ada.id)


def _expires(at: dt.datetime) -> dict[str, object]:
    return {"expirationDate": at.isoformat(), "expirationDateIsActivated": True}


def _completed_by_one(
    my: Integration, request_id: str, document_id: str, original: bytes, signer_id: str
) -> None:
    """Whoever signed is known, nobody cancelled anything, and there is a proof."""
    context = my.context(request_id)
    assert (context["status"], context["signedBy"]) == ("COMPLETED", [signer_id])
    assert "SIGNATURE_REQUEST/CANCELLED" not in my.hooks.names(signatureRequestId=request_id)
    proof = my.vendor.download(f"/v4/documents/{document_id}/signature-type/PDF_WITH_SIGNATURES")
    assert is_signed_version_of(proof, original)


def _no_proof(my: Integration, document_id: str) -> None:
    """What nobody signed has no proof, whatever is asked for."""
    for path in ("signature-type/PDF_WITH_SIGNATURES", "signatures/PDF_WITH_SIGNATURES"):
        try:
            my.vendor.download(f"/v4/documents/{document_id}/{path}")
        except RefusedError as error:
            assert 400 <= error.status < 500
        else:
            raise AssertionError("there is a proof of nothing")
