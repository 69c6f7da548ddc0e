"""What preflight finds without a request: each condition of publishing that can be known before it."""

from __future__ import annotations

import string
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.model import (
    Assurance,
    Document,
    Envelope,
    Instead,
    Level,
    Problem,
    ProblemKind,
    Severity,
    Signatory,
    Stage,
    Verb,
)
from paraph_ignisign import IgnisignOptions, IgnisignStatement, mapping
from paraph_ignisign.checks import check
from support.ignisign_account import PDF, account, envelope, person

DIGEST = Document.from_digest("ab" * 32, name="secret.pdf")


def found(asked: Envelope, **options: object) -> set[tuple[str, str]]:
    """Return what blocks an envelope, as (path, code)."""
    return {(each.path, each.code) for each in check(asked, account(**options)) if blocks(each)}


def blocks(problem: Problem) -> bool:
    return problem.severity is Severity.ERROR


PEOPLE = st.builds(
    Signatory,
    id=st.sampled_from(["a", "b", "c"]),
    given_name=st.sampled_from(["", "Canary"]),
    family_name=st.sampled_from(["", "Canary"]),
    email=st.sampled_from(["", "canary@example.org"]),
    phone=st.none() | st.just("+33612345678"),
    nationality=st.none() | st.text(max_size=3),
    birth_country=st.none() | st.sampled_from(["fr", "GP"]),
    verb=st.sampled_from(Verb),
    delivery=st.sampled_from(["email", "link"]),
    assurance=st.none() | st.builds(Assurance, level=st.sampled_from(Level)),
)
DOCUMENTS = st.sampled_from(
    [
        Document.from_bytes(PDF, name="canary.pdf"),
        Document.from_bytes(b"<a/>", name="canary.xml"),
        Document.from_bytes(b"x", name="canary"),
        Document.from_json({"canary": 1}, name="canary.json"),
        DIGEST,
    ]
)
OPTIONS = st.builds(
    IgnisignOptions,
    individualize=st.booleans(),
    statements=st.lists(
        st.builds(IgnisignStatement, text=st.sampled_from(["", "Canary"]), document=st.none() | st.text()),
        max_size=2,
    ),
    full_privacy=st.none() | st.booleans(),
)
ENVELOPES = st.builds(
    Envelope,
    title=st.sampled_from(["", "Canary"]),
    documents=st.lists(DOCUMENTS, max_size=3),
    signatories=st.lists(PEOPLE, max_size=4),
    language=st.none() | st.text(max_size=2),
    options=st.lists(OPTIONS, max_size=1),
)


@given(asked=ENVELOPES, reference=st.sampled_from(["envelope", "signatory"]))
def test_every_envelope_gets_an_answer_without_personal_data(asked: Envelope, reference: str) -> None:
    """Any envelope gives findings and no exception, and no finding repeats names, addresses or texts."""
    problems = check(asked, account(signer_reference=reference))
    assert "canary" not in str(problems).lower()


@given(asked=ENVELOPES)
def test_somebody_signs_or_it_is_said(asked: Envelope) -> None:
    """An envelope of approvers and recipients alone is refused, and none with a signer is for that reason."""
    unsigned = bool(asked.signatories) and all(
        each.verb in {Verb.APPROVE, Verb.RECEIVE_COPY} for each in asked.signatories
    )
    assert unsigned == (("signatories", "signers.none") in found(asked))


@pytest.mark.parametrize("verb", [Verb.SIGN, Verb.APPROVE, Verb.RECEIVE_COPY])
@pytest.mark.parametrize("field", ["nationality", "birth_country"])
def test_exactly_the_refused_countries_are_problems(field: str, verb: Verb) -> None:
    """Of all codes of two letters the 222 are taken, in either case; of a recipient none is told at all."""
    for letters in product(string.ascii_uppercase, repeat=2):
        code = "".join(letters)
        for spelled in (code, code.lower()):
            asked = envelope(signatories=[person("bob"), person(verb=verb, **{field: spelled})])
            refused = verb is not Verb.RECEIVE_COPY and code not in mapping.COUNTRIES
            assert refused == ((f"signatories[1].{field}", "country.unknown") in found(asked)), spelled


def test_a_recipient_needs_an_address_and_nothing_else() -> None:
    """Copies are mailed: names and phone of a recipient are not asked for."""
    copy = person("eve", verb=Verb.RECEIVE_COPY, given_name="")
    assert set() == found(envelope(signatories=[person(), copy]))
    silent = person("eve", verb=Verb.RECEIVE_COPY, email="")
    assert {("signatories[1].email", "email.missing")} == found(envelope(signatories=[person(), silent]))
    linked = person("eve", verb=Verb.RECEIVE_COPY, delivery="link")
    assert {("signatories[1].delivery", "delivery.copy")} == found(envelope(signatories=[person(), linked]))


@pytest.mark.parametrize("verb", [Verb.APPROVE, Verb.RECEIVE_COPY])
@pytest.mark.parametrize("asked", [Assurance(level=Level.SES), Assurance(floor=Level.QES)])
def test_a_level_is_asked_of_signatures_alone(verb: Verb, asked: Assurance) -> None:
    """A level of one who approves or gets a copy cannot be told; the envelope's is that of who signs."""
    other = person("eve", verb=verb, assurance=asked)
    assert {("signatories[1].assurance", "level.unsigned")} == found(envelope(signatories=[person(), other]))
    plain = person("eve", verb=verb)
    assert set() == found(envelope(signatories=[person(), plain], assurance=asked))


def test_what_no_request_says_is_warned_of() -> None:
    """Each has a path, and a value with which it is left out: unlike a medium type, where none is truer."""
    copy = person("eve", verb=Verb.RECEIVE_COPY, phone="+33612345678", birth_place="Paris")
    picture = Document.from_digest("ab" * 32, name="plan.png", media_type="image/png")
    stages = [Stage(number=1, name="The board")]
    problems = check(envelope(signatories=[person(), copy], documents=[picture], stages=stages), account())
    assert {
        ("signatories[1].phone", None),
        ("signatories[1].birth_place", None),
        ("stages[0].name", ""),
        ("documents[0].media_type", Instead.KEEP),
    } == {(each.path, each.instead) for each in problems}
    assert {("value.untold", ProblemKind.IGNORED, False)} == {
        (each.code, each.kind, blocks(each)) for each in problems
    }


def test_an_approver_needs_what_a_signer_needs_but_a_method() -> None:
    """An approver is a signer at the vendor, with a name and an address; a method is the signers' affair."""
    boss = person("eve", verb=Verb.APPROVE)
    assert set() == found(envelope(signatories=[person(), boss]))
    nameless = person("eve", verb=Verb.APPROVE, family_name="")
    assert {("signatories[1].family_name", "family_name.missing")} == found(
        envelope(signatories=[person(), nameless])
    )


def test_two_persons_with_one_address_are_warned_of() -> None:
    """One e-mail address with one name may be one signer at the vendor: a warning; other names are none."""
    twins = [person("a", email="both@example.org"), person("b", email="Both@example.org")]
    assert [("signer.alike", False)] == [
        (each.code, blocks(each)) for each in check(envelope(signatories=twins), account())
    ]
    couple = [twins[0], person("b", given_name="Bob", email="both@example.org")]
    assert () == check(envelope(signatories=couple), account())
    copied = [twins[0], person("b", email="both@example.org", verb=Verb.RECEIVE_COPY)]
    assert () == check(envelope(signatories=copied), account())


@pytest.mark.parametrize(
    ("level", "method", "blocked"),
    [
        (Level.SES, "ADVANCED_STD", set()),
        (Level.AES, "ADVANCED_STD", set()),
        (Level.AES, "ADVANCED_SMS", {("signatories[0].phone", "phone.missing")}),
        (Level.AES_QC, "ADVANCED_STD", {("signatories[0].assurance", "level.unsupported")}),
        (Level.QES, "ADVANCED_SMS", set()),
    ],
)
def test_every_level_has_its_method_or_is_refused(
    level: Level, method: str, blocked: set[tuple[str, str]]
) -> None:
    """AES follows the account's method, AES with a qualified certificate has none at this vendor."""
    assert blocked == found(envelope(assurance=Assurance(level=level)), aes_method=method)


def test_individualised_requests_have_no_approvers() -> None:
    """Nobody knows what becomes of approvers in them, so both together are refused."""
    options = [IgnisignOptions(individualize=True)]
    boss = person("eve", verb=Verb.APPROVE)
    assert {("options", "individualize.approvers")} == found(
        envelope(signatories=[person(), boss], options=options)
    )
    assert set() == found(envelope(signatories=[person(), person("bob")], options=options))


def test_full_privacy_is_for_documents_without_content() -> None:
    """A request with full privacy does not upload a file by mistake."""
    options = [IgnisignOptions(full_privacy=True)]
    assert {("options", "full_privacy.content")} == found(envelope(options=options))
    assert set() == found(envelope(options=options, documents=[DIGEST]))


def test_statements_say_something_about_a_document_that_exists() -> None:
    """An empty sentence and an unknown document are named by their place among the statements."""
    statements = [
        IgnisignStatement(text="I have read it", document="contract"),
        IgnisignStatement(text=" ", document="annex"),
    ]
    assert {
        ("options.statements[1].text", "statement.empty"),
        ("options.statements[1].document", "document.unknown"),
    } == found(envelope(options=[IgnisignOptions(statements=statements)]))


def test_a_private_document_needs_a_label() -> None:
    """The vendor shows the label in place of the content that it does not get."""
    nameless = Document.from_digest("ab" * 32, name=" ", id="secret")
    assert {("documents[0].name", "document.label")} == found(envelope(documents=[nameless]))


def test_xml_is_signed_as_a_file_and_said_so() -> None:
    """XML is data only in machine-to-machine seals: an envelope may carry it as a file, with a warning."""
    xml = Document.from_bytes(b"<a/>", name="data.XML")
    problems = check(envelope(documents=[xml]), account())
    assert [("documents[0]", "document.xml", False)] == [
        (each.path, each.code, blocks(each)) for each in problems
    ]


def test_one_json_document_and_known_extensions() -> None:
    """A second JSON document and a file of an unknown kind are refused."""
    documents = [
        Document.from_json({}, name="one"),
        Document.from_json({}, name="two"),
        Document.from_bytes(b"x", name="tool.exe"),
    ]
    assert {
        ("documents[1]", "document.second_json"),
        ("documents[2].name", "document.extension"),
    } == found(envelope(documents=documents))
