"""Hypothesis strategies for envelopes that SIGN8 can be told, with places on pages of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from paraph.model import Assurance, Document, Envelope, Field, Rect, Secret, Signatory
from paraph_sign8 import Sign8Options
from paraph_sign8.dialect.words import SignatureType
from support.sign8_stage import A4, PAGES, Page, pdf_of

CONTRACT = pdf_of()
ANNEX = pdf_of((Page(A4, A4), Page(A4, A4)))
EXPIRY = datetime(2090, 1, 31, tzinfo=UTC)
KINDS: Mapping[str, tuple[dict[str, Any], SignatureType]] = {
    "simple": ({}, SignatureType.SIMPLE),
    "advanced": ({"assurance": Assurance(level="AES")}, SignatureType.ADVANCED),
    "qualified": ({"assurance": Assurance(level="QES")}, SignatureType.QUALIFIED),
    "seal": (
        {"kind": "seal", "verb": "seal", "assurance": Assurance(level="AES")},
        SignatureType.ADVANCED_SEAL,
    ),
}
"""What may be asked of somebody, and SIGN8's word for it."""

PEOPLE = {"ada": ("Ada", "Lovelace"), "bob": ("Bob", "Noyce"), "eve": ("Ève", "O'Neill-Müller")}


@st.composite
def rects(draw: st.DrawFn, page: Page) -> Rect:
    """Draw a rectangle that lies on a page, in hundredths of a point."""
    wide, high = (int(each * 100) for each in page.size)
    x, y = draw(st.integers(0, wide - 2000)), draw(st.integers(0, high - 2000))
    width, height = draw(st.integers(2000, wide - x)), draw(st.integers(2000, high - y))
    return Rect(x=x / 100, y=y / 100, width=width / 100, height=height / 100)


@st.composite
def envelopes(draw: st.DrawFn) -> Envelope:
    """Draw an envelope with an attachment, two or three signatories and fields on pages of every kind."""
    ids = list(PEOPLE)[: draw(st.integers(2, 3))]
    in_turn = draw(st.booleans())
    people = [
        Signatory(
            id=each,
            given_name=PEOPLE[each][0],
            family_name=PEOPLE[each][1],
            email=f"{each}@example.org",
            phone=f"+49151123456{number}",
            stage=number if in_turn else 1,
            **KINDS[draw(st.sampled_from(list(KINDS)))][0],
        )
        for number, each in enumerate(ids, start=1)
    ]
    fields = []
    for who, kind in (("ada", "signature"), ("bob", "signature"), *(("bob", each) for each in draw(_notes))):
        page = draw(st.sampled_from((1, 2, 3, 4, 5, 6, -1, -3)))
        rect = draw(rects(PAGES[page - 1 if page > 0 else page]))
        fields.append(Field(document="contract", signatory=who, page=page, rect=rect, kind=kind))
    password = draw(st.sampled_from((None, "opèn sesame")))
    return Envelope(
        title="Contract № 7 / “final”",
        message=draw(st.sampled_from(("", "Please sign.\nThank you."))),
        documents=[
            Document.from_bytes(CONTRACT, name="contract.pdf"),
            Document.from_bytes(ANNEX, name="annex.pdf", role="attachment"),
        ],
        signatories=people,
        fields=fields,
        expires_at=draw(st.sampled_from((None, EXPIRY))),
        options=[Sign8Options(password=Secret(password))] if password else [],
    )


_notes = st.lists(st.sampled_from(("date", "text", "initials")), unique=True, max_size=2)


def index_of(field: Field) -> int:
    """Return a field's page, counted from 0."""
    return field.page - 1 if field.page > 0 else len(PAGES) + field.page
