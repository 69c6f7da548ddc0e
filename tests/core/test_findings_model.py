"""What a review found in the model, its checks and the errors, each with the fact that holds now."""

from __future__ import annotations

import copy
import io
import logging
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pypdf
import pytest

from paraph import errors
from paraph.errors import Refused
from paraph.model import (
    Anchor,
    Assurance,
    Document,
    Envelope,
    Field,
    Level,
    Problem,
    Regime,
    Signatory,
    Stage,
)
from paraph.pdf import pdf_problems
from paraph.preflight import capability_problems, neutral_problems
from support.tiny import INFO, PDF, envelope, utc

NOW = utc(2026, 5, 1)
HALF = "Ada \ud800 Lovelace"


def codes(asked: Envelope) -> dict[str, str]:
    """Return what is wrong, by path."""
    return {problem.path: problem.code for problem in neutral_problems(asked, NOW)}


def test_a_regime_alone_keeps_the_envelopes_level() -> None:
    """A signatory's assurance without level and floor takes both from the envelope, with its own regime."""
    asked = envelope(assurance=Assurance(level=Level.QES, floor=Level.AES_QC))
    person = Signatory(family_name="L", assurance=Assurance(regime=Regime.ZERTES))
    expected = Assurance(level=Level.QES, floor=Level.AES_QC, regime=Regime.ZERTES)
    assert expected == asked.assurance_of(person)
    assert not asked.assurance_of(person).accepts(Level.SES)
    own = Assurance(floor=Level.AES)
    assert own == asked.assurance_of(Signatory(family_name="L", assurance=own))


def test_an_inherited_level_is_reported_where_it_was_asked() -> None:
    """An unsupported level is named at the envelope, an unsupported regime at the signatory."""
    person = Signatory(family_name="L", email="l@example.org", assurance=Assurance(regime=Regime.ZERTES))
    asked = envelope(assurance=Assurance(level=Level.QES), signatories=[person])
    found = {problem.path for problem in capability_problems(asked, INFO.capabilities)}
    assert {"assurance.level", "signatories[0].assurance.regime"} == found


@pytest.mark.parametrize("bad", [HALF, "nul \x00 inside"])
@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("title", lambda bad: {"title": bad}),
        ("message", lambda bad: {"message": bad}),
        ("reference", lambda bad: {"reference": bad}),
        ("tenant", lambda bad: {"tenant": bad}),
        ("tags[1]", lambda bad: {"tags": ["fine", bad]}),
        ("stages[0].name", lambda bad: {"stages": [Stage(number=1, name=bad)]}),
        (
            "signatories[0].given_name",
            lambda bad: {"signatories": [Signatory(given_name=bad, family_name="L", email="l@example.org")]},
        ),
        (
            "signatories[0].birth_place",
            lambda bad: {"signatories": [Signatory(birth_place=bad, family_name="L", email="l@x.org")]},
        ),
        ("documents[0].name", lambda bad: {"documents": [Document.from_bytes(PDF, name=bad, id="d")]}),
    ],
)
def test_a_text_that_cannot_be_encoded_is_named(
    path: str, change: Callable[[str], dict[str, Any]], bad: str
) -> None:
    """Half a surrogate pair or NUL is found before anything is sent, at its path and without the text."""
    found = [problem for problem in neutral_problems(envelope(**change(bad)), NOW) if problem.path == path]
    assert ["text.unencodable"] == [problem.code for problem in found]
    assert bad not in str(found)
    assert {} == codes(envelope(**change("Zoë 🖋 \n"))), "what every database takes passes"


def test_reprs_name_no_file_and_no_anchor() -> None:
    """A default id, made of a file name, a field that names it and an anchor's text stay out of reprs."""
    contract = Document.from_bytes(PDF, name="Ada Lovelace.pdf")
    assert "ada-lovelace" == contract.id
    field = Field(document=contract.id, signatory="s1", anchor=Anchor(text="Ada Lovelace"))
    shown = repr(envelope(documents=[contract], fields=[field]))
    assert "ovelace" not in shown.replace("family_name", "")
    assert contract.sha256[:12] in shown


def test_a_repeated_or_known_id_is_shown_only_if_it_is_one() -> None:
    """An address given as an id appears in no message or hint; a proper id does."""
    twice = [Signatory(id="ada@example.org", family_name="L", email="ada@example.org")] * 2
    field = Field(document="contract", signatory="nobody", anchor=Anchor(text="x"))
    found = list(neutral_problems(envelope(signatories=twice, fields=[field]), NOW))
    assert {"id.repeated", "signatory.unknown"} <= {problem.code for problem in found}
    assert "ada@example.org" not in str(found)
    proper = neutral_problems(envelope(signatories=[attrs.evolve(each, id="ada") for each in twice]), NOW)
    assert any("'ada'" in problem.message for problem in proper)


def test_levels_and_regimes_are_read_from_their_names() -> None:
    """Text is converted where it is given; what is no level fails there, not when it is compared."""
    expected = Assurance(level=Level.QES, floor=Level.AES, regime=Regime.ZERTES)
    assert expected == Assurance(level="QES", floor="aes", regime="zertes")
    with pytest.raises(ValueError, match="known: SES"):
        Assurance(level="STRONG")
    with pytest.raises(TypeError, match="level is a Level"):
        Assurance(level=4)  # type: ignore[arg-type]  # the mistake
    with pytest.raises(ValueError, match="mars"):
        Assurance(regime="mars")


@pytest.mark.parametrize("name", ["expires_at", "scheduled_at"])
def test_a_time_beyond_the_calendar_is_a_problem(name: str) -> None:
    """A moment that UTC cannot express makes an envelope that the check names, not an OverflowError."""
    moment = datetime.max.replace(tzinfo=timezone(timedelta(hours=-5)))
    changes: dict[str, Any] = {name: moment}
    assert "datetime.range" == codes(envelope(**changes))[name]
    assert {} == codes(envelope(**{name: datetime.max.replace(tzinfo=UTC)}))


def test_repairable_pdfs_write_nothing_to_stderr() -> None:
    """What pypdf remarks while it repairs does not reach stderr of an application without logging."""
    script = (
        "import sys; from datetime import UTC, datetime\n"
        "from paraph.model import Document, Envelope\nfrom paraph.pdf import pdf_problems\n"
        "content = sys.stdin.buffer.read()\n"
        "print(list(pdf_problems(Envelope(documents=[Document.from_bytes(content, name='c.pdf')]))))\n"
    )
    broken = PDF.replace(b"startxref\n168", b"startxref\n7")
    found = subprocess.run([sys.executable, "-c", script], input=broken, capture_output=True, check=True)
    assert (b"[]", b"") == (found.stdout.strip(), found.stderr)


def test_repairing_remarks_exist(caplog: pytest.LogCaptureFixture) -> None:
    """Negative control: pypdf does remark on that PDF."""
    from pypdf import PdfReader

    with caplog.at_level(logging.WARNING, "pypdf"):
        assert 1 == len(PdfReader(io.BytesIO(PDF.replace(b"startxref\n168", b"startxref\n7"))).pages)
    assert [] != caplog.records


def every_error() -> Iterator[errors.ParaphError]:
    """Make one of each class of error."""
    problems = [Problem(path="title", code="title.missing", message="an envelope needs a title")]
    for kind in vars(errors).values():
        if not isinstance(kind, type) or not issubclass(kind, errors.ParaphError):
            continue
        if issubclass(kind, errors.UnsupportedCapability):
            yield kind(account="a", provider="p", capability="cancel", hint="ask")
        elif issubclass(kind, errors.MissingExtra):
            yield kind("pdf", feature="looking")
        elif issubclass(kind, errors.UncertainStep):
            yield kind("it may have happened", envelope_id="e1", step="publish")
        elif issubclass(kind, errors.VendorError):
            yield kind("no", account="a", operation="GET /x", status=500, code="C", retry_after=1.5)
        elif issubclass(kind, errors._WithProblems):
            yield kind("refused", problems)
        else:
            yield kind("wrong")


@pytest.mark.parametrize("error", list(every_error()), ids=lambda error: type(error).__name__)
def test_errors_survive_pickling_and_copying(error: errors.ParaphError) -> None:
    """A worker process can hand every error back with its text and its attributes."""
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own
        assert (type(error), str(error), vars(error)) == (type(again), str(again), vars(again))


def encrypted_pdf(user: str, owner: str) -> bytes:
    """Make a one-page PDF that is protected with these passwords."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(595, 842)
    writer.encrypt(user, owner, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("user", "code", "blocking"), [("open me", "pdf.locked", True), ("", "pdf.encrypted", False)]
)
def test_encrypted_documents_are_told(user: str, code: str, *, blocking: bool) -> None:
    """A PDF that nobody can open without a password is refused; a merely protected one is warned of."""
    document = Document.from_bytes(encrypted_pdf(user, "owner"), name="c.pdf")
    (problem,) = pdf_problems(Envelope(documents=[document]))
    assert (code, blocking) == (problem.code, problem.blocking)
    assert ("warning: " in str(Refused("refused", [problem]))) is not blocking
