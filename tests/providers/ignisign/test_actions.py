import inspect
import io
import sys
from datetime import date
from itertools import pairwise
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import MalformedResponse, NotReady, UsageError, VendorNotFound, VendorRefused
from paraph.model import Assurance, Document, Evidence, EvidenceKind, Level, Severity
from paraph.provider import NoParams, Repeat
from paraph_ignisign import CAPABILITIES, actions, checks, paraph_provider, reading
from paraph_ignisign import params as p
from paraph_ignisign.provider import IgnisignProvider
from support.hand import Talk
from support.ignisign_account import APP, TENANT, account, carried, envelope, person

ACCOUNT = account()


CALLS: list[tuple[str, object, str, str, dict[str, str], Any, Any]] = [
    ("profiles.list", NoParams(), "GET", f"{APP}/signer-profiles", {}, None, []),
    (
        "profiles.get",
        p.ProfileRef(signer_profile_id="a/b"),
        "GET",
        f"{APP}/signer-profiles/a%2Fb",
        {},
        None,
        {"_id": "p"},
    ),
    (
        "profiles.inputs_needed",
        p.ProfileRef(signer_profile_id="p"),
        "GET",
        f"{APP}/signer-profiles/p/inputs-needed",
        {},
        None,
        {},
    ),
    (
        "signers.create",
        p.NewSigner(email="a@example.org", birth_date=date(1815, 12, 10)),
        "POST",
        f"{APP}/signers",
        {},
        {"email": "a@example.org", "birthDate": "1815-12-10"},
        {"signerId": "s"},
    ),
    ("signers.get", p.SignerRef(signer_id="s"), "GET", f"{APP}/signers/s", {}, None, {"_id": "s"}),
    (
        "signers.regenerate_secret",
        p.SignerRef(signer_id="s"),
        "PUT",
        f"{APP}/signers/s/regenerate-auth-secret",
        {},
        {},
        {"authSecret": "x"},
    ),
    (
        "signers.search",
        p.SignerSearch(filter="*", page=2),
        "POST",
        f"{APP}/signers-search",
        {"filter": "*"},
        {"filter": "*", "page": 2},
        {"signers": []},
    ),
    ("requests.init", NoParams(), "POST", f"{APP}/signature-requests", {}, {}, {"signatureRequestId": "r"}),
    (
        "requests.update",
        p.RequestUpdate(signature_request_id="r", title="T"),
        "PUT",
        "/v4/signature-requests/r",
        {},
        {"title": "T"},
        {"status": "DRAFT"},
    ),
    (
        "requests.publish",
        p.RequestRef(signature_request_id="r"),
        "POST",
        "/v4/signature-requests/r/publish",
        {},
        {},
        {},
    ),
    (
        "requests.close",
        p.RequestRef(signature_request_id="r"),
        "POST",
        "/v4/signature-requests/r/close",
        {},
        {},
        {"signatureRequestId": "r"},
    ),
    (
        "requests.context",
        p.RequestRef(signature_request_id="r"),
        "GET",
        "/v4/signature-requests/r/context",
        {},
        None,
        {"status": "DRAFT"},
    ),
    (
        "requests.list",
        p.RequestPageRef(page=2, page_size=5),
        "GET",
        f"{APP}/signature-requests",
        {"page": "2", "pageSize": "5"},
        None,
        {"signatureRequests": []},
    ),
    (
        "requests.statuses",
        p.RequestRefs(signature_request_ids=("r",)),
        "POST",
        f"{APP}/signature-requests/status",
        {},
        {"signatureRequestIds": ["r"]},
        {},
    ),
    (
        "documents.init",
        p.NewDocument(signature_request_id="r"),
        "POST",
        f"{APP}/init-documents",
        {},
        {"signatureRequestId": "r"},
        {"documentId": "d"},
    ),
    ("documents.get", p.DocumentRef(document_id="d"), "GET", "/v4/documents/d", {}, None, {"_id": "d"}),
    (
        "documents.upload",
        p.DocumentFile(document_id="d", document=Document.from_bytes(b"x", name="x.txt")),
        "POST",
        "/v4/documents/d/file",
        {},
        None,
        {"_id": "d"},
    ),
    (
        "documents.provide_json",
        p.DocumentJson(document_id="d", json_content={"some_key": None}),
        "POST",
        "/v4/documents/d/data-json-content",
        {},
        {"jsonContent": {"some_key": None}},
        {"_id": "d"},
    ),
    (
        "documents.provide_digest",
        p.DocumentDigest(document_id="d", document_hash="h"),
        "POST",
        "/v4/documents/d/private-content",
        {},
        {"documentHash": "h"},
        {"_id": "d"},
    ),
    ("webhooks.list", NoParams(), "GET", f"{APP}/webhooks", {}, None, []),
    (
        "webhooks.create",
        p.NewWebhook(url=p.Secret("https://a")),
        "POST",
        f"{APP}/webhooks",
        {},
        {"url": "https://a"},
        [],
    ),
    (
        "webhooks.events",
        p.EventPageRef(webhook_id="w"),
        "GET",
        "/v4/webhooks/w/events",
        {"filter": "ALL", "page": "1"},
        None,
        {},
    ),
    (
        "webhooks.check_token",
        p.TokenToCheck(token=p.Secret("t"), app_id="a", app_env="E"),
        "POST",
        "/v4/tokens/webhook-verification/checking-consumption",
        {},
        {"token": "t", "appId": "a", "appEnv": "E"},
        {},
    ),
]


@pytest.mark.parametrize(
    ("name", "given", "method", "path", "query", "body", "reply"),
    CALLS,
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_each_action_makes_the_documented_call(
    name: str, given: Any, *, method: str, path: str, query: dict[str, str], body: Any, reply: Any
) -> None:
    """Method, path, query and body are the vendor's, and the answer becomes the declared result."""
    action = actions.ACTIONS[name]
    talk = Talk(action.run(ACCOUNT, given))
    request = talk.expect(method, path, query=query, body=body, reply=reply)
    assert talk.over
    if method in {"GET", "DELETE"}:
        assert b"" == request.content
    if inspect.isclass(action.result):
        assert isinstance(talk.result, action.result)


def test_the_table_describes_every_action() -> None:
    """Every action was called above, has attrs parameters, a summary and its source."""
    assert set(actions.ACTIONS) == {call[0] for call in CALLS}
    for name, action in actions.ACTIONS.items():
        assert name == action.name
        assert attrs.has(action.params)
        assert action.summary.endswith(".")
        assert action.source.startswith("contract ")


def test_only_what_may_be_repeated_says_so() -> None:
    """Whatever makes something new, reaches people or uses something up is never repeated."""
    assert {
        "signers.create",
        "signers.regenerate_secret",
        "requests.init",
        "requests.publish",
        "documents.init",
        "documents.upload",
        "documents.provide_json",
        "documents.provide_digest",
        "webhooks.create",
        "webhooks.check_token",
    } == {name for name, action in actions.ACTIONS.items() if action.repeat is Repeat.NEVER}


@pytest.mark.parametrize("ref", ["", ".", ".."])
def test_an_id_that_is_no_path_segment_makes_no_request(ref: str) -> None:
    """An id can neither vanish from the path nor climb out of it."""
    with pytest.raises(UsageError, match="signatureRequestId"):
        Talk(actions.PUBLISH_REQUEST.run(ACCOUNT, p.RequestRef(signature_request_id=ref)))


def test_the_search_falls_back_to_get_only_where_post_is_unknown() -> None:
    """404 and 405 try the other verb; another refusal is the answer."""
    talk = Talk(actions.SEARCH_SIGNERS.run(ACCOUNT, p.SignerSearch(filter="a b")))
    talk.expect("POST", f"{APP}/signers-search", query={"filter": "a b"}, status=405, reply=None)
    talk.expect("GET", f"{APP}/signers-search", query={"filter": "a b"}, reply={"signers": [{"_id": "s"}]})
    assert "s" == talk.result.signers[0].signer_id
    talk = Talk(actions.SEARCH_SIGNERS.run(ACCOUNT, p.SignerSearch(filter="a")))
    with pytest.raises(VendorRefused):
        talk.expect("POST", f"{APP}/signers-search", query={"filter": "a"}, status=400, reply={})


# Evidence

SIGNED = Evidence(
    key="signed_document/contract",
    kind=EvidenceKind.SIGNED_DOCUMENT,
    name="contract-signed.pdf",
    vendor_ref="d1",
    native="PDF_WITH_SIGNATURES",
)
KIT = attrs.evolve(SIGNED, key="proof/contract", kind=EvidenceKind.PROOF, native="ADVANCED_LEGAL_KIT")
VARIANTS = [
    "/v4/documents/d1/signature-type/PDF_WITH_SIGNATURES",
    "/v4/documents/d1/signatures/PDF_WITH_SIGNATURES",
    "/v4/documents/d1/signature-proof",
    "/v3/documents/d1/signature-proof",
]


def test_a_signed_pdf_is_looked_for_in_every_documented_place() -> None:
    """The disputed path is tried in its four spellings, and the bytes of the last one arrive."""
    sink = io.BytesIO()
    talk = Talk(reading.fetch(SIGNED, ACCOUNT, sink))
    for path, status in zip(VARIANTS[:3], (404, 405, 404), strict=True):
        talk.expect("GET", path, status=status, reply={"code": "SIGNATURE_NOT_FOUND"})
    talk.expect("GET", VARIANTS[3], reply=b"%PDF-1.7", headers={"content-type": "application/pdf"})
    assert b"%PDF-1.7" == sink.getvalue()


PAGE = b"<html>down for maintenance</html>"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (PAGE, "text/html"),
        (PAGE, "application/pdf"),
        (PAGE, None),
        (b'{"signatureId": "x"}', "application/json"),
        (b"<!-- %PDF- -->", "text/html; charset=utf-8"),
        (b" " * 1024 + b"%PDF-1.7", "application/pdf"),
        (b"", "application/pdf"),
    ],
)
def test_a_page_is_no_signed_document(body: bytes, content_type: str | None) -> None:
    """An answer that is no PDF by its type and its first bytes is refused, although its status is 200."""
    sink = io.BytesIO()
    talk = Talk(reading.fetch(SIGNED, ACCOUNT, sink))
    headers = {} if content_type is None else {"content-type": content_type}
    with pytest.raises(MalformedResponse, match="signed PDF"):
        talk.expect("GET", VARIANTS[0], reply=body, headers=headers)
    assert b"PDF" in body or b"" == sink.getvalue()


@pytest.mark.parametrize("content_type", ["Application/PDF; x=y", "application/octet-stream", None])
def test_a_signed_document_may_come_without_a_type(content_type: str | None) -> None:
    """The vendor documents no media type: the PDF marker decides where there is none."""
    sink = io.BytesIO()
    talk = Talk(reading.fetch(SIGNED, ACCOUNT, sink))
    headers = {} if content_type is None else {"content-type": content_type}
    talk.expect("GET", VARIANTS[0], reply=b"\n%PDF-1.7", headers=headers)
    assert (True, b"\n%PDF-1.7") == (talk.over, sink.getvalue())


@given(before=st.binary(max_size=1100), after=st.binary(max_size=40), cuts=st.lists(st.integers(0, 1200)))
def test_a_pdf_passes_unchanged_however_it_is_cut(before: bytes, after: bytes, cuts: list[int]) -> None:
    """All bytes of a PDF arrive, whatever the blocks; without the marker in the first 1024 none does."""
    whole = before + b"%PDF-" + after
    sink = io.BytesIO()
    pdf = reading.PdfSink(sink)
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut <= len(whole))})
    for start, end in pairwise(edges):
        pdf.write(whole[start:end])
    assert (b"%PDF-" in whole[:1024]) == pdf.genuine
    assert (whole if pdf.genuine else b"") == sink.getvalue()


def test_the_unsigned_original_is_never_given() -> None:
    """When no path knows the artefact, the first refusal is raised and nothing else is asked."""
    talk = Talk(reading.fetch(SIGNED, ACCOUNT, io.BytesIO()))
    for path in VARIANTS[:3]:
        talk.expect("GET", path, status=404, reply=None)
    with pytest.raises(VendorNotFound, match="signature-type"):
        talk.expect("GET", VARIANTS[3], status=404, reply=None)
    kit = Talk(reading.fetch(KIT, ACCOUNT, io.BytesIO()))
    kit.expect("GET", "/v4/documents/d1/signature-type/ADVANCED_LEGAL_KIT", status=404, reply=None)
    with pytest.raises(VendorNotFound):
        kit.expect("GET", "/v4/documents/d1/signatures/ADVANCED_LEGAL_KIT", status=404, reply=None)


@pytest.mark.parametrize(
    ("status", "code"), [(400, "DOCUMENT_PROOF_NOT_CREATED"), (404, "DOCUMENT_PROOF_NOT_FOUND")]
)
def test_an_artefact_that_is_not_made_yet_is_not_ready(status: int, code: str) -> None:
    """Too early is NotReady, whatever the status, and no other path is tried."""
    talk = Talk(reading.fetch(SIGNED, ACCOUNT, io.BytesIO()))
    with pytest.raises(NotReady, match=r"evidence\.ready"):
        talk.expect("GET", VARIANTS[0], status=status, reply={"code": code})


def test_a_removed_document_is_not_looked_for_elsewhere() -> None:
    """What the vendor has deleted is gone under every path."""
    talk = Talk(reading.fetch(SIGNED, ACCOUNT, io.BytesIO()))
    with pytest.raises(VendorNotFound, match="DOCUMENT_HAS_BEEN_REMOVED"):
        talk.expect("GET", VARIANTS[0], status=404, reply={"code": "DOCUMENT_HAS_BEEN_REMOVED"})


def test_evidence_is_listed_per_document_once_proofs_exist() -> None:
    """Signed document and legal kit per document: none of private ones, none before the proofs are made."""
    documents = [
        {"_id": "d1", "documentNature": "PDF"},
        {"_id": "d2", "documentNature": "DATA_JSON"},
        {"_id": "d3", "documentNature": "PRIVATE_FILE"},
    ]
    sent = carried(vendor_ref="r1", documents={"contract": "d1"})
    talk = Talk(reading.evidence(sent, ACCOUNT))
    context = {"status": "COMPLETED", "documents": documents, "signatureProofStatus": "CREATED"}
    talk.expect("GET", "/v4/signature-requests/r1/context", reply=context)
    assert [
        ("signed_document/contract", "contract-signed.pdf", "contract", "PDF_WITH_SIGNATURES"),
        ("proof/contract", "contract-legal-kit.bin", "contract", "ADVANCED_LEGAL_KIT"),
        ("signed_document/d2", "d2-signed.bin", None, "SIGNED_DATA"),
        ("proof/d2", "d2-legal-kit.bin", None, "ADVANCED_LEGAL_KIT"),
    ] == [(item.key, item.name, item.document_id, item.native) for item in talk.result]
    early = Talk(reading.evidence(sent, ACCOUNT))
    early.expect(
        "GET", "/v4/signature-requests/r1/context", reply={**context, "signatureProofStatus": "IN_PROGRESS"}
    )
    assert () == early.result


# Checks without requests


def codes(**changes: Any) -> list[str]:
    """Return what the vendor cannot be told of an envelope with these changes."""
    return [problem.code for problem in checks.check(envelope(**changes), ACCOUNT)]


def test_a_plain_envelope_can_be_told() -> None:
    """The control: nothing is wrong with the envelope that the other checks change."""
    assert [] == codes()


def test_what_the_vendor_cannot_be_told_is_found() -> None:
    """Limits of the vendor, each with its code."""
    json_documents = [Document.from_json({}, name="a.json"), Document.from_json({}, name="b.json")]
    assert ["title.long"] == codes(title="x" * 1025)
    assert ["message.long"] == codes(message="x" * 4097)
    assert ["level.unsupported"] == codes(assurance=Assurance(level=Level.AES_QC))
    assert ["country.unknown"] == codes(signatories=[person(nationality="GP")])
    assert ["country.unknown"] == codes(signatories=[person(birth_country="MQ")])
    assert ["given_name.missing", "family_name.missing", "email.missing"] == codes(
        signatories=[person(given_name="", family_name="", email="")]
    )
    assert ["document.second_json"] == codes(documents=json_documents)
    assert ["document.extension"] == codes(documents=[Document.from_bytes(b"x", name="run.exe")])
    assert ["language.unknown"] == codes(language="tlh")


def test_an_unknown_language_is_a_warning_only() -> None:
    """Sources disagree about languages: one outside their union is passed on, with a warning."""
    (problem,) = checks.check(envelope(language="xx"), ACCOUNT)
    assert Severity.WARNING is problem.severity
    assert "XX" == checks.language_of(envelope(language="xx"))
    assert checks.language_of(envelope()) is None


def test_levels_may_differ_by_delivery_only() -> None:
    """One method per signer profile: two levels with one way of delivery cannot be told."""
    qes = Assurance(level=Level.QES)
    assert ["level.mixed"] == codes(signatories=[person("a"), person("b", assurance=qes)])
    assert [] == codes(signatories=[person("a"), person("b", assurance=qes, delivery="link")])


@pytest.mark.parametrize("reference", ["envelope", "signatory"])
def test_two_signatories_with_one_reference_are_refused_before_anything_is_made(reference: str) -> None:
    """One reference is one signer at the vendor: a blocking problem of the check, that makes no request."""
    twice = envelope(signatories=[person("ada"), person("ada", email="other@example.org")])
    found = checks.check(twice, account(signer_reference=reference))
    assert [("signatories[1]", "signer.same", True)] == [
        (each.path, each.code, each.blocking) for each in found
    ]


def test_one_person_twice_is_a_warning_only() -> None:
    """One name and e-mail address may be one signer at the vendor; one e-mail address alone is none."""
    parties = [person("a", email="a@example.org"), person("b", email="A@example.org")]
    (found,) = checks.check(envelope(signatories=parties), ACCOUNT)
    assert ("signatories[1]", "signer.alike", False) == (found.path, found.code, found.blocking)
    assert "example" not in str(found)
    others = [person("a", email="a@example.org"), person("b", given_name="Bob", email="a@example.org")]
    assert () == checks.check(envelope(signatories=others), ACCOUNT)


@pytest.mark.parametrize(
    ("asked", "level"),
    [
        (Assurance(), Level.SES),
        (Assurance(floor=Level.AES), Level.AES),
        (Assurance(level=Level.QES, floor=Level.AES), Level.QES),
    ],
)
def test_the_level_is_never_below_the_floor(asked: Assurance, level: Level) -> None:
    """The level asked for counts; where only a floor is named it is that, and SES where nothing is."""
    assert level is checks.level_of(envelope(assurance=asked), person())


def test_the_sms_method_needs_a_phone() -> None:
    """AES by ADVANCED_SMS cannot be done without a mobile number."""
    aes = envelope(assurance=Assurance(level=Level.AES))
    by_sms = account(aes_method="ADVANCED_SMS")
    assert ["phone.missing"] == [problem.code for problem in checks.check(aes, by_sms)]
    assert () == checks.check(aes, ACCOUNT)


# The provider object


def test_the_description_is_light_and_true() -> None:
    """The plugin is described without HTTP or converter; the provider has what it declares."""
    info = paraph_provider()
    provider = info.build()
    assert isinstance(provider, IgnisignProvider)
    assert (info.name, CAPABILITIES) == (provider.info.name, provider.capabilities(ACCOUNT))
    assert (TENANT, "https://api.ignisign.io") == (provider.tenant(ACCOUNT), provider.origin(ACCOUNT))


def test_describing_the_plugin_imports_nothing_heavy() -> None:
    """A fresh interpreter that only asks for the description has loaded neither httpx nor cattrs."""
    import subprocess

    program = (
        "import sys, paraph_ignisign; paraph_ignisign.paraph_provider();"
        "print([name for name in ('httpx', 'cattrs', 'sqlalchemy') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "[]" == result.stdout.strip()


def test_without_an_own_url_there_is_no_event_list() -> None:
    """Past deliveries are listed by endpoint, so an account without one does not offer them."""
    lonely = attrs.evolve(ACCOUNT, public_url=None)
    offered = IgnisignProvider().capabilities(lonely).supported
    assert {"event_list"} == {word.value for word in CAPABILITIES.supported - offered}
