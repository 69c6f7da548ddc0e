"""What simulated signing pages are made of: pictures of signatures and sheets, words, policy."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import string
import threading

import attrs
import pytest
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from paraph.testing.simulator import ink, pages, papers, sheets
from paraph.testing.simulator.pages import Field, PageState
from paraph.testing.simulator.person import _PageReader
from paraph.testing.simulator.words import ENGLISH, FRENCH, GERMAN, Words, words_in


def paper(pages_wanted: int = 1, password: str | None = None) -> bytes:
    made = FPDF()
    made.set_font("helvetica")
    for number in range(pages_wanted):
        made.add_page()
        made.cell(text=f"Sheet {number}")
    if password:
        made.set_encryption(owner_password=password, user_password=password)
    return bytes(made.output())


def address_of(image: Image.Image, kind: str = "PNG") -> str:
    packed = io.BytesIO()
    image.save(packed, kind)
    return "data:image/png;base64," + base64.b64encode(packed.getvalue()).decode()


def line(size: tuple[int, int] = (600, 200)) -> Image.Image:
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(image).line((100, 50, 400, 150), fill=(0, 0, 0, 255), width=5)
    return image


def size_of(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        return image.size


def test_a_drawing_is_cut_to_its_ink() -> None:
    """What is around the line does not matter, and the line keeps its size."""
    assert pytest.approx((301, 101), abs=8) == size_of(ink.drawn(address_of(line())))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "data:,",
        "data:image/png;base64,",
        "data:image/png;base64,!!!",
        "data:image/png;base64,iVBORw0KGgo=",
        "data:image/svg+xml;base64,PHN2Zy8+",
        address_of(Image.new("RGBA", (600, 200))),
        address_of(line().convert("RGB"), "JPEG"),
        address_of(Image.new("RGBA", (4001, 10), "black")),
        address_of(line()) + "A" * 1_000_000,
        address_of(line())[:200],
    ],
)
def test_what_is_no_drawing_is_refused(address: str) -> None:
    """No picture, an empty one, another format, one that is too large, damaged or cut."""
    with pytest.raises(ink.NoInkError):
        ink.drawn(address)


@given(st.text(min_size=1, max_size=40).filter(lambda name: any(letter.isalpha() for letter in name)))
@settings(max_examples=15)
def test_every_name_can_be_written(name: str) -> None:
    """Whatever its letters, a typed name becomes a picture."""
    assert size_of(ink.typed(name))[1] > 0


def test_accents_are_written() -> None:
    """Western European letters are drawn as they are, others without marks, the rest as question marks."""
    assert ink.typed("Müller") != ink.typed("Muller")
    assert ink.typed("Dvořák") == ink.typed("Dvorák")
    assert ink.typed("\u6f22") == ink.typed("?")
    assert ink.typed("a" * 100_000) == ink.typed("a" * 80)
    with pytest.raises(ink.NoInkError):
        ink.typed("  ")


def test_sheets_are_drawn_by_many_at_once() -> None:
    """Threads that draw at the same time each get their own sheet."""
    pdf, found = paper(4), {}
    expected = {number: papers.draw_sheet(pdf, number) for number in range(4)}
    threads = [
        threading.Thread(target=lambda n=number: found.__setitem__(n, papers.draw_sheet(pdf, n)))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (4, expected) == (len(set(expected.values())), found)
    assert 1800 == max(size_of(expected[0]))


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7", paper(password="secret")])
def test_what_cannot_be_drawn_is_offered_as_a_file(pdf: bytes) -> None:
    """A damaged or locked PDF has no sheets, and the page says so instead of failing."""
    with pytest.raises(sheets.NotDrawableError):
        papers.draw_sheet(pdf, 0)
    shown = papers.Paper(
        label="x", content=pdf, media_type="application/pdf", address="/x", sheet=lambda n: f"/x/{n}"
    )
    html = papers.show(shown, ENGLISH, [], unfolded=False)
    assert (0, True, True) == (html.count("<img"), ENGLISH.not_shown in html, 'href="/x"' in html)


def test_a_long_document_shows_its_beginning() -> None:
    """At most 40 sheets are shown, and the page says how many there are."""
    shown = papers.Paper(
        label="x", content=paper(41), media_type="application/pdf", address="/x", sheet=lambda n: f"/x/{n}"
    )
    html = papers.show(shown, ENGLISH, [], unfolded=False)
    assert (40, True) == (html.count("<img"), "The first 40 of 41 pages are shown." in html)


def places(words: Words) -> dict[str, set[str | None]]:
    found = {name: string.Formatter().parse(value) for name, value in attrs.asdict(words).items()}
    return {name: {field for _text, field, _spec, _conversion in parts} for name, parts in found.items()}


@pytest.mark.parametrize("words", [FRENCH, GERMAN])
def test_languages_say_the_same(words: Words) -> None:
    """Each sentence exists in every language, translated, with the same places to fill in."""
    assert places(ENGLISH) == places(words)
    same = {
        name
        for name, value in attrs.asdict(words).items()
        if value == getattr(ENGLISH, name) or not value.strip()
    }
    assert same <= {"documents"}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (("DE",), "de"),
        ((None, "fr-CA"), "fr"),
        (("xx", "DE"), "de"),
        (("",), "en"),
        ((), "en"),
        (("ZH",), "en"),
    ],
)
def test_the_first_known_language_is_spoken(wanted: tuple[str | None, ...], expected: str) -> None:
    """Unknown languages are passed over; English is spoken in the end."""
    assert expected == words_in(*wanted).language


def test_the_policy_permits_the_page_s_own_style_and_script_alone() -> None:
    """The security policy names the hashes of exactly the style and the script that are in the page."""
    html = pages.page("x", PageState.SIGN, [], script=True)
    for element, directive in (("style", "style-src"), ("script", "script-src")):
        (inside,) = re.findall(f"<{element}>(.*?)</{element}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{directive} &#x27;sha256-{digest}&#x27;;" in html
    assert "default-src &#x27;none&#x27;;" in html
    assert [] == re.findall(r'(?:src|href)="(?!data:,)', html)


def test_a_robot_fills_in_the_signature_s_form() -> None:
    """Of the signature's controls a robot types the name and leaves the drawing empty."""
    parts = [pages.signature(ENGLISH, name="fullName"), Field(name="consent", label="Yes", checkbox=True)]
    reader = _PageReader()
    reader.feed(pages.page("x", PageState.SIGN, [pages.form("/go", parts, submit="Go")], script=True))
    (form,) = reader.forms
    assert {"signatureKind": "typed", "signature": "", "consent": "yes"} == form.values
    assert {"fullName": "text"} == form.to_type


def test_what_was_typed_is_kept() -> None:
    """A form that comes back holds what was filled in, as text."""
    html = pages.control(Field(name="n", label="l", value='"><b>')) + pages.control(
        Field(name="c", label="l", checkbox=True, value="yes")
    )
    assert ('value="&quot;&gt;&lt;b&gt;"' in html, " checked>" in html, "<b>" in html) == (True, True, False)
