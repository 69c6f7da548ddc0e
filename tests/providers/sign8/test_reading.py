import base64
import hashlib
import io
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import (
    ConnectionLost,
    MalformedResponse,
    NotReady,
    ParaphError,
    UnsupportedCapability,
    VendorError,
    VendorNotFound,
    VendorRefused,
    VendorUnavailable,
)
from paraph.flow import Downloaded
from paraph.model import Document, Evidence, EvidenceKind, FactType, Source, Trust
from paraph_sign8 import reading
from support.hand import Talk
from support.sign8_account import PDF, account, carried, dialect, envelope, sent, without

WORKFLOW = "/v1/workflow/w1"
QUERY = {"organization_id": "org-1"}
SIGNED = b"%PDF-1.7 signed %%EOF"
FILE = Evidence(
    key="signed_document/contract",
    kind=EvidenceKind.SIGNED_DOCUMENT,
    name="contract-signed.pdf",
    document_id="contract",
    vendor_ref="f1",
)
REPORT = Evidence(key="audit_trail", kind=EvidenceKind.AUDIT_TRAIL, name="audit-report.pdf", vendor_ref="w1")


def types(talk: Talk) -> set[FactType]:
    """Return what the observation states."""
    return {fact.type for fact in talk.result.facts}


# Reading


def test_a_read_is_confirmed_by_the_vendor() -> None:
    """What the status shows is an observation that the vendor's API confirms."""
    talk = Talk(reading.read(sent(), account()))
    rows = [{"signer_id": "s1", "status": "signed"}]
    talk.expect("GET", WORKFLOW, query=QUERY, reply={"status": "completed", "signers": rows})
    assert (Source.POLL, Trust.CONFIRMED) == (talk.result.source, talk.result.trust)
    assert {FactType.ENVELOPE_COMPLETED, FactType.SIGNATORY_SIGNED} <= types(talk)


@pytest.mark.parametrize("answer", [{}, [], None, {"status": None}, {"status": {}}])
def test_a_status_without_a_word_is_malformed(answer: Any) -> None:
    """A status that has no word where the dialect says is no status, and the error names the leaf."""
    talk = Talk(reading.read(sent(), account()))
    with pytest.raises(MalformedResponse, match=r"dialect\.status\.status"):
        talk.expect("GET", WORKFLOW, query=QUERY, reply=answer)


def test_nothing_is_read_before_it_exists() -> None:
    """Without a workflow every ability says "not ready" and asks nobody."""
    bare = carried()
    for flow in (
        reading.read(bare, account()),
        reading.cancel(bare, account(), ""),
        reading.remind(bare, account(), "ada"),
        reading.signing_link(bare, account(), "ada"),
        reading.fetch(FILE, bare, account(), io.BytesIO()),
    ):
        with pytest.raises(NotReady):
            Talk(flow)


def test_what_the_dialect_lacks_is_not_offered() -> None:
    """Each ability without a path names its key, before any request."""
    bare = account(without("status", "cancel", "remind", "signature_link", "download", "audit_report"))
    for key, flow in {
        "status": reading.read(sent(), bare),
        "cancel": reading.cancel(sent(), bare, ""),
        "remind": reading.remind(sent(), bare, "ada"),
        "signature_link": reading.signing_link(sent(), bare, "ada"),
        "download": reading.fetch(FILE, sent(), bare, io.BytesIO()),
        "audit_report": reading.fetch(REPORT, sent(), bare, io.BytesIO()),
    }.items():
        with pytest.raises(UnsupportedCapability, match=rf"dialect\.operations\.{key}\.path"):
            Talk(flow)


# Cancelling


def test_a_cancellation_tells_the_reason_and_reads_the_end() -> None:
    """The reason goes to the vendor and stands at the fact; the status says that it was cancelled."""
    talk = Talk(reading.cancel(sent(), account(), "changed our mind"))
    talk.expect("POST", f"{WORKFLOW}/cancel", body={**QUERY, "reason": "changed our mind"})
    talk.expect("GET", WORKFLOW, query=QUERY, reply={"status": "cancelled"})
    (found,) = [fact for fact in talk.result.facts if fact.type is FactType.ENVELOPE_CANCELLED]
    assert "changed our mind" == found.reason
    assert "changed" not in repr(talk.result)


def test_a_cancellation_that_came_too_late_is_no_error() -> None:
    """A refused cancel of what has ended already tells how it ended."""
    talk = Talk(reading.cancel(sent(), account(), ""))
    talk.expect("POST", f"{WORKFLOW}/cancel", status=409, reply={})
    talk.expect("GET", WORKFLOW, query=QUERY, reply={"status": "completed"})
    assert FactType.ENVELOPE_COMPLETED in types(talk)
    assert FactType.ENVELOPE_CANCELLED not in types(talk)


def test_a_refused_cancellation_of_what_runs_is_an_error() -> None:
    """A refusal stays one while the workflow is active, and while nobody can see."""
    talk = Talk(reading.cancel(sent(), account(), ""))
    talk.expect("POST", f"{WORKFLOW}/cancel", status=409, reply={"code": "TOO_LATE"})
    with pytest.raises(VendorRefused, match="TOO_LATE"):
        talk.expect("GET", WORKFLOW, query=QUERY, reply={"status": "active"})
    talk = Talk(reading.cancel(sent(), account(), ""))
    talk.expect("POST", f"{WORKFLOW}/cancel", status=409, reply={"code": "TOO_LATE"})
    with pytest.raises(VendorRefused, match="TOO_LATE"):
        talk.expect("GET", WORKFLOW, query=QUERY, status=403, reply={})


def test_a_cancellation_whose_answer_was_lost_is_read_and_not_repeated() -> None:
    """An end that the status shows is told; without one the error stays, and says that nobody knows."""
    lost = ConnectionLost("cut", operation="cancel")
    talk = Talk(reading.cancel(sent(), account(), ""))
    talk.fail(lost)
    talk.expect("GET", WORKFLOW, query=QUERY, reply={"status": "cancelled"})
    assert FactType.ENVELOPE_CANCELLED in types(talk)
    talk = Talk(reading.cancel(sent(), account(), ""))
    talk.fail(lost)
    with pytest.raises(ConnectionLost) as caught:
        talk.expect("GET", WORKFLOW, query=QUERY, reply={"status": "active"})
    assert "unknown" == caught.value.effect
    talk = Talk(reading.cancel(sent(), account(without("status")), ""))
    with pytest.raises(ConnectionLost) as caught:
        talk.fail(lost)
    assert "unknown" == caught.value.effect


def test_without_a_status_an_accepted_cancellation_is_believed() -> None:
    """Where nothing can be read, the accepted call is all there is, and a refusal is an error."""
    bare = account(without("status"))
    talk = Talk(reading.cancel(sent(), bare, ""))
    talk.expect("POST", f"{WORKFLOW}/cancel")
    assert {FactType.ENVELOPE_CANCELLED} == types(talk)
    talk = Talk(reading.cancel(sent(), bare, ""))
    with pytest.raises(VendorRefused):
        talk.expect("POST", f"{WORKFLOW}/cancel", status=409, reply={})


def test_an_accepted_cancellation_is_over_even_if_reading_fails() -> None:
    """What was accepted has ended for certain; how is read later."""
    talk = Talk(reading.cancel(sent(), account(), ""))
    talk.expect("POST", f"{WORKFLOW}/cancel")
    talk.expect("GET", WORKFLOW, query=QUERY, status=403, reply={})
    assert {FactType.ENVELOPE_CLOSED} == types(talk)


# Reminding and links


def test_each_reminder_is_an_event_of_its_own() -> None:
    """Two reminders of one signatory are two facts, with the signer's id as target."""
    found = []
    for number in ("a", "b"):
        flow = reading.remind(sent(), account(), "ada")
        talk = Talk(_with_ids(flow, number))
        talk.expect("POST", f"{WORKFLOW}/signer/s1/remind", body=QUERY)
        found += talk.result.facts
    assert [FactType.SIGNATORY_REMINDED] * 2 == [fact.type for fact in found]
    assert ["s1", "s1"] == [fact.target for fact in found]
    assert 2 == len({fact.event_id("sign8", "t") for fact in found})


def _with_ids(flow: Any, given_: str) -> Any:
    from paraph.flow.commands import NewId
    from paraph.flow.intercept import intercept

    def known() -> Any:
        return given_
        yield

    return intercept(flow, lambda command: known() if isinstance(command, NewId) else None)


def test_a_link_that_does_not_exist_yet_is_not_ready() -> None:
    """A signer whose turn it is not may have no link yet; other refusals are what they are."""
    for status, error in ((404, NotReady), (409, NotReady), (403, VendorError)):
        talk = Talk(reading.signing_link(sent(), account(), "ada"))
        with pytest.raises(error):
            talk.expect("GET", f"{WORKFLOW}/signer/s1/link", query=QUERY, status=status, reply={})


def test_a_link_is_that_of_the_signatory() -> None:
    """The link is asked for by the vendor's id and given by ours, never printed."""
    talk = Talk(reading.signing_link(sent(), account(), "ada"))
    talk.expect("GET", f"{WORKFLOW}/signer/s1/link", query=QUERY, reply={"link": "https://s.test/canary"})
    assert ("ada", "https://s.test/canary") == (talk.result.signatory_id, talk.result.url.reveal())
    assert "canary" not in repr(talk.result)


# Evidence


def test_evidence_is_listed_when_all_have_signed() -> None:
    """Before completion there is none; then each signed document and the report, attachments not."""
    attachment = Document.from_bytes(PDF + b"2", name="annex.pdf", role="attachment")
    asked = envelope(documents=[Document.from_bytes(PDF, name="contract.pdf"), attachment])
    on_its_way = carried(asked, vendor_ref="w1", documents={"contract": "f1", "annex": "f2"})
    for word, keys in (("active", []), ("completed", ["signed_document/contract", "audit_trail"])):
        talk = Talk(reading.evidence(on_its_way, account()))
        talk.expect("GET", WORKFLOW, query=QUERY, reply={"status": word})
        assert keys == [each.key for each in talk.result]


def test_evidence_follows_the_dialect() -> None:
    """Only what has a path is listed; without a status nothing is asked first."""
    for lacking, keys in (
        ("download", ["audit_trail"]),
        ("audit_report", ["signed_document/contract"]),
    ):
        talk = Talk(reading.evidence(sent(), account(without("status", lacking))))
        assert keys == [each.key for each in talk.result]


def fetched(talk: Talk) -> Downloaded:
    """Return the result of a download."""
    assert isinstance(talk.result, Downloaded)
    return talk.result


def test_bytes_are_streamed() -> None:
    """A download of bytes goes straight to the sink."""
    sink = io.BytesIO()
    talk = Talk(reading.fetch(FILE, sent(), account(), sink))
    talk.expect("GET", f"{WORKFLOW}/file/f1", query=QUERY, reply=SIGNED)
    assert SIGNED == sink.getvalue()


@pytest.mark.parametrize("around", ["{}", "data:application/pdf;base64,{}", "\n{}\n"])
def test_base64_is_decoded(around: str) -> None:
    """The content of a JSON answer is decoded, with digest and size, also in the spellings of browsers."""
    sink = io.BytesIO()
    spoken = dialect(formats__download="base64", answers__content="data.pdf")
    talk = Talk(reading.fetch(FILE, sent(), account(spoken), sink))
    content = {"data": {"pdf": around.format(base64.b64encode(SIGNED).decode())}}
    talk.expect("GET", f"{WORKFLOW}/file/f1", query=QUERY, reply=content)
    assert SIGNED == sink.getvalue()
    result = fetched(talk)
    assert (hashlib.sha256(SIGNED).hexdigest(), len(SIGNED)) == (result.sha256, result.size)


def test_an_address_is_fetched_without_credentials() -> None:
    """The address may be anybody's: no credentials and no organisation travel there."""
    sink = io.BytesIO()
    talk = Talk(reading.fetch(FILE, sent(), account(dialect(formats__download="url")), sink))
    reply = {"content": "https://storage.test/canary?sig=canary"}
    talk.expect("GET", f"{WORKFLOW}/file/f1", query=QUERY, reply=reply)
    command = talk._pending
    assert command is not None
    assert not command.credentials
    request = talk.expect("GET", "/canary", query={"sig": "canary"}, reply=SIGNED)
    assert "org-1" not in f"{request.headers} {request.url}"
    assert SIGNED == sink.getvalue()


def test_a_failing_address_is_not_shown() -> None:
    """Whoever has the address has the file: an error names the leaf instead."""
    talk = Talk(reading.fetch(FILE, sent(), account(dialect(formats__download="url")), io.BytesIO()))
    reply = {"content": "https://storage.test/canary?sig=canary"}
    talk.expect("GET", f"{WORKFLOW}/file/f1", query=QUERY, reply=reply)
    with pytest.raises(VendorUnavailable, match=r"answers\.content") as caught:
        talk.expect("GET", "/canary", query={"sig": "canary"}, status=500, reply=b"canary")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "content", [None, 7, "%%%", "QQ==QQ==", "https://x.test/", base64.b64encode(b"<html>").decode(), "ä"]
)
@pytest.mark.parametrize("form", ["base64", "url"])
def test_a_described_file_that_is_none_is_malformed(form: str, content: Any) -> None:
    """No base64, no address, no PDF: nothing is written, and the answer is not shown."""
    sink = io.BytesIO()
    talk = Talk(reading.fetch(FILE, sent(), account(dialect(formats__download=form)), sink))
    shown = ""
    try:
        talk.expect("GET", f"{WORKFLOW}/file/f1", query=QUERY, reply={"content": content})
        talk.expect("GET", "/", reply=b"<html>")
    except MalformedResponse as error:
        shown = str(error)
    assert shown
    assert "html" not in shown
    assert b"" == sink.getvalue()


@pytest.mark.parametrize("wanted", [FILE, REPORT], ids=["file", "report"])
def test_what_is_no_pdf_reaches_no_file(wanted: Evidence) -> None:
    """A page of a proxy, or an error that pretends to be a success, is refused and not written."""
    path = f"{WORKFLOW}/file/f1" if wanted is FILE else f"{WORKFLOW}/audit-report"
    for content, headers in (
        (b"<html>", {}),
        (PDF + b"1", {"content-type": "text/html; charset=utf-8"}),
        (b"", {}),
    ):
        sink = io.BytesIO()
        talk = Talk(reading.fetch(wanted, sent(), account(), sink))
        with pytest.raises(MalformedResponse):
            talk.expect("GET", path, query=QUERY, reply=content, headers=headers)
        assert b"" == sink.getvalue() or headers


@pytest.mark.parametrize("status", [202, 204])
@pytest.mark.parametrize("form", ["bytes", "base64", "url"])
def test_a_success_without_a_file_is_not_ready(form: str, status: int) -> None:
    """Accepted, and no content, mean that the file is still being made."""
    talk = Talk(reading.fetch(FILE, sent(), account(dialect(formats__download=form)), io.BytesIO()))
    with pytest.raises(NotReady):
        talk.expect("GET", f"{WORKFLOW}/file/f1", query=QUERY, status=status, reply=b"")


@pytest.mark.parametrize(("word", "error"), [("active", NotReady), ("completed", VendorNotFound)])
def test_a_missing_file_is_not_ready_until_all_have_signed(word: str, error: type[Exception]) -> None:
    """What is missing while the workflow runs will come; what is missing afterwards is missing."""
    talk = Talk(reading.fetch(FILE, sent(), account(), io.BytesIO()))
    talk.expect("GET", f"{WORKFLOW}/file/f1", query=QUERY, status=404, reply={})
    with pytest.raises(error):
        talk.expect("GET", WORKFLOW, query=QUERY, reply={"status": word})


def test_a_missing_file_is_not_ready_where_nothing_can_be_read() -> None:
    """Without a status nobody can tell a file that is missing from one that is not made yet."""
    talk = Talk(reading.fetch(FILE, sent(), account(without("status")), io.BytesIO()))
    with pytest.raises(NotReady):
        talk.expect("GET", f"{WORKFLOW}/file/f1", query=QUERY, status=409, reply={})


def test_the_unsigned_original_is_never_taken_for_the_signed_document() -> None:
    """What is byte for byte what was uploaded is no signed document, whatever the vendor calls it."""
    for form in ("base64",):
        talk = Talk(reading.fetch(FILE, sent(), account(dialect(formats__download=form)), io.BytesIO()))
        with pytest.raises(NotReady, match="unsigned original"):
            talk.expect(
                "GET",
                f"{WORKFLOW}/file/f1",
                query=QUERY,
                reply={"content": base64.b64encode(PDF).decode()},
            )


@given(
    st.sampled_from(["bytes", "base64", "url"]),
    st.sampled_from([200, 202, 204, 302, 400, 404, 409, 429, 500]),
    st.binary(max_size=40) | st.text(max_size=20).map(lambda text: f'{{"content": "{text}"}}'.encode()),
)
def test_any_answer_to_a_download_is_a_file_or_a_declared_error(
    form: str, status: int, content: bytes
) -> None:
    """Whatever a hostile vendor answers, only errors of ours arise, and they show nothing of it."""
    talk = Talk(reading.fetch(FILE, sent(), account(dialect(formats__download=form)), io.BytesIO()))
    try:
        for _ in range(5):
            if talk.over or talk._pending is None:
                break
            request: httpx.Request = talk._pending.request
            path = request.url.raw_path.decode().partition("?")[0]
            talk.expect(request.method, path, query=dict(request.url.params), status=status, reply=content)
    except ParaphError:
        pass
