import importlib.util
import io
import math
from collections.abc import Sequence

import pytest
from fpdf import FPDF
from hypothesis import assume, given
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, FloatObject, NameObject, NumberObject

from paraph import pdf
from paraph.geometry import (
    A4_PORTRAIT,
    LETTER,
    Box,
    Convention,
    Coordinates,
    PageBox,
    coordinates_of,
    rect_of,
    user_box,
)
from paraph.model import Document, Envelope, Field, Rect
from paraph.pdf import page_boxes, pdf_problems

lengths = st.floats(1, 2000)
offsets = st.floats(-1000, 1000)
rects = st.builds(Rect, x=st.floats(0, 900), y=st.floats(0, 900), width=lengths, height=lengths)
conventions = st.builds(
    Convention,
    origin=st.sampled_from(["top-left", "bottom-left"]),
    unit=st.sampled_from(["points", "percent", "fraction"]),
    frame=st.sampled_from(["displayed", "media"]),
)


@st.composite
def boxes(draw: st.DrawFn) -> list[float]:
    """Two opposite corners, in any order."""
    left, bottom, width, height = draw(offsets), draw(offsets), draw(lengths), draw(lengths)
    xs, ys = draw(st.permutations([left, left + width])), draw(st.permutations([bottom, bottom + height]))
    return [xs[0], ys[0], xs[1], ys[1]]


pages = st.builds(
    PageBox.of,
    boxes(),
    st.none() | boxes(),
    rotation=st.sampled_from([0, 90, 180, 270, -90, 450]),
    user_unit=st.sampled_from([1, 0.5, 2.5]),
)


def near(one: object, other: object) -> bool:
    """Whether all numbers of two rectangles are the same but for rounding."""
    names = ("x", "y", "width", "height")
    pairs = [(getattr(one, name), getattr(other, name)) for name in names]
    return all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-6) for a, b in pairs)


@given(rects, pages, conventions)
def test_what_is_told_reads_back_as_the_same_rectangle(
    rect: Rect, page: PageBox, convention: Convention
) -> None:
    """Every convention can be undone, on every page: nothing of a place is lost."""
    assert near(rect, rect_of(coordinates_of(rect, page, convention), page, convention))


def shown(page: PageBox, x: float, y: float) -> tuple[float, float]:
    """Turn the page like a sheet of paper and measure from the top-left corner of what is seen."""
    angle = math.radians(-page.rotation)

    def turned(a: float, b: float) -> tuple[float, float]:
        return a * math.cos(angle) - b * math.sin(angle), a * math.sin(angle) + b * math.cos(angle)

    crop = page.crop
    corners = [turned(a, b) for a in (crop.left, crop.right) for b in (crop.bottom, crop.top)]
    here = turned(x, y)
    left, top = min(each[0] for each in corners), max(each[1] for each in corners)
    return (here[0] - left) * page.user_unit, (top - here[1]) * page.user_unit


@given(rects, pages)
def test_a_rectangle_is_where_a_reader_shows_it(rect: Rect, page: PageBox) -> None:
    """Turned as a sheet of paper is, the corners in user space come to lie where the rectangle says."""
    box = user_box(rect, page)
    corners = [shown(page, x, y) for x in (box.left, box.right) for y in (box.bottom, box.top)]
    xs, ys = sorted(each[0] for each in corners), sorted(each[1] for each in corners)
    seen = Rect(x=xs[0], y=ys[0], width=xs[-1] - xs[0], height=ys[-1] - ys[0])
    assert near(rect, seen)


@given(pages, st.sampled_from(["top-left", "bottom-left"]))
def test_the_whole_page_is_a_hundred_percent(page: PageBox, origin: str) -> None:
    """The rectangle that is the page has the same percentages from either corner."""
    size = page.size
    whole = Rect(x=0, y=0, width=size.width, height=size.height)
    told = coordinates_of(whole, page, Convention(origin=origin, unit="percent"))
    assert near(Coordinates(x=0, y=0, width=100, height=100), told)


@given(rects, pages, conventions)
def test_both_origins_measure_the_same_page(rect: Rect, page: PageBox, convention: Convention) -> None:
    """Distance from above, height and distance from below add up to the frame, whatever the unit."""
    above = coordinates_of(rect, page, Convention(unit=convention.unit, frame=convention.frame))
    below = coordinates_of(
        rect, page, Convention(origin="bottom-left", unit=convention.unit, frame=convention.frame)
    )
    points = page.media.height if convention.frame == "media" else page.size.height
    whole = {"points": points, "percent": 100, "fraction": 1}[convention.unit]
    assert math.isclose(whole, above.y + above.height + below.y, rel_tol=1e-9, abs_tol=1e-6)
    assert (above.x, above.width, above.height) == (below.x, below.width, below.height)


@given(rects, pages, pages)
def test_our_own_convention_needs_no_page(rect: Rect, one: PageBox, other: PageBox) -> None:
    """Points from the top-left corner of the shown page are told as they are, whatever the page is."""
    convention = Convention()
    assert not convention.needs_page
    told = coordinates_of(rect, one, convention)
    assert told == coordinates_of(rect, other, convention)
    assert (rect.x, rect.y, rect.width, rect.height) == (told.x, told.y, told.width, told.height)


@given(rects, conventions)
def test_every_other_convention_needs_the_page(rect: Rect, convention: Convention) -> None:
    """Negative control: anything else differs between two pages, so that reading the page is no waste."""
    assume(convention.needs_page)
    one, other = PageBox.of((0, 0, 500, 700)), PageBox.of((-10, 0, 400, 300), (20, 10, 390, 200), rotation=90)
    assert coordinates_of(rect, one, convention) != coordinates_of(rect, other, convention)


CROPPED = ((-50, 20, 550, 820), (10, 60, 500, 700))
"""Media box and crop box of a page that shows 490 by 640 points."""

PLACE = Rect(x=40, y=70, width=120, height=30)


@pytest.mark.parametrize(
    ("rotation", "media_top_left", "user"),
    [
        (0, (100, 190, 120, 30), (50, 600, 170, 630)),
        (90, (130, 600, 30, 120), (80, 100, 110, 220)),
        (180, (390, 660, 120, 30), (340, 130, 460, 160)),
        (270, (450, 160, 30, 120), (400, 540, 430, 660)),
    ],
)
def test_places_on_a_cropped_and_turned_page(
    rotation: int, media_top_left: tuple[float, ...], user: tuple[float, ...]
) -> None:
    """Drawn into real pages with these numbers, a renderer showed it at 40, 70 with 120 by 30 points."""
    page = PageBox.of(*CROPPED, rotation=rotation)
    told = coordinates_of(PLACE, page, Convention(frame="media"))
    assert media_top_left == (told.x, told.y, told.width, told.height)
    left, bottom, right, top = user
    assert Box(left=left, bottom=bottom, right=right, top=top) == user_box(PLACE, page)
    below = coordinates_of(PLACE, page, Convention(frame="media", origin="bottom-left"))
    assert (left + 50, bottom - 20) == (below.x, below.y), "from the media box's own corner"


@pytest.mark.parametrize(
    ("media", "crop", "expected"),
    [
        ((612, 792, 0, 0), None, (0, 0, 612, 792)),
        ((0, 0, 600, 800), (900, 300, 100, -50), (100, 0, 600, 300)),
        ((0, 0, 600, 800), (700, 0, 900, 300), (0, 0, 600, 800)),
        ((0, 0, 600, 800), (10, 10, 10, 500), (0, 0, 600, 800)),
        ((0, 0, 600, 800), (1, 2, 3), (0, 0, 600, 800)),
        ((0, 0, 600, math.nan), None, (0, 0, 612, 792)),
        (None, (10, 20, 300, 400), (10, 20, 300, 400)),
        ((5, 5, 5, 5), None, (0, 0, 612, 792)),
    ],
)
def test_odd_boxes_are_read_as_readers_do(
    media: Sequence[float] | None, crop: Sequence[float] | None, expected: tuple[float, ...]
) -> None:
    """Swapped corners are sorted, a crop box is cut to the media box, and rubbish counts as missing."""
    box = PageBox.of(media, crop).crop
    assert expected == (box.left, box.bottom, box.right, box.top)


@pytest.mark.parametrize(
    ("given_rotation", "expected"),
    [(0, 0), (90, 90), (-90, 270), (450, 90), (-450, 270), (45, 0), (720, 0), (math.nan, 0), (math.inf, 0)],
)
def test_rotations_count_clockwise_in_quarters(given_rotation: float, expected: int) -> None:
    """Any multiple of 90 is one of four; anything else is none."""
    assert expected == PageBox.of((0, 0, 1, 1), rotation=given_rotation).rotation


@pytest.mark.parametrize(
    ("rotation", "size"), [(0, (490, 640)), (90, (640, 490)), (180, (490, 640)), (270, (640, 490))]
)
def test_a_page_on_its_side_is_as_wide_as_it_was_high(rotation: int, size: tuple[float, float]) -> None:
    """The size is that of the crop box as a reader shows it."""
    found = PageBox.of(*CROPPED, rotation=rotation).size
    assert size == (found.width, found.height)


def test_a_user_unit_stretches_the_page_that_is_shown() -> None:
    """A page of 100 units of 2 points is shown 200 points wide; what is no unit is 1."""
    page = PageBox.of((0, 0, 100, 300), user_unit=2)
    assert (200, 600) == (page.size.width, page.size.height)
    told = coordinates_of(PLACE, page, Convention(frame="media"))
    assert Coordinates(x=20, y=35, width=60, height=15) == told
    assert [1.0, 1.0, 1.0] == [
        PageBox.of((0, 0, 1, 1), user_unit=unit).user_unit for unit in (0, -3, math.nan)
    ]


def test_a_page_holds_what_lies_on_it_as_shown() -> None:
    """A landscape rectangle fits the page only while it is turned; rounding by a point does not matter."""
    wide = Rect(x=0, y=0, width=842.8, height=595)
    assert not A4_PORTRAIT.holds(wide)
    assert PageBox.of((0, 0, 595.276, 841.89), rotation=90).holds(wide)
    assert not A4_PORTRAIT.holds(Rect(x=math.nan, y=0, width=1, height=1))
    assert not A4_PORTRAIT.holds(Rect(x=-2, y=0, width=1, height=1))
    assert not A4_PORTRAIT.holds(Rect(x=0, y=841, width=1, height=2))


# Pages of real documents


def document(*attributes: dict[str, object], parent: dict[str, object] | None = None) -> Document:
    """Make a PDF with one page for each table of attributes; ``parent`` has those that pages inherit."""
    writer = PdfWriter()
    for table in attributes:
        page = writer.add_blank_page(612, 792)
        del page["/MediaBox"]
        _put(page, table)
    _put(writer.root_object["/Pages"], parent or {"/MediaBox": (0, 0, 612, 792)})
    out = io.BytesIO()
    writer.write(out)
    return Document.from_bytes(out.getvalue(), name="c.pdf")


def _put(target: object, table: dict[str, object]) -> None:
    for key, value in table.items():
        held = (
            ArrayObject(FloatObject(each) for each in value)
            if isinstance(value, tuple)
            else value
            if isinstance(value, NameObject)
            else FloatObject(value)
            if isinstance(value, float)
            else NumberObject(value)
        )
        target[NameObject(key)] = held  # type: ignore[index]  # a dictionary of the library


def test_pages_of_mixed_sizes_and_turns() -> None:
    """Each page of a document made by a common library is seen with its own size, as it is shown."""
    made = FPDF(unit="pt")
    made.add_page(format=(595.28, 841.89))
    made.add_page(format=(595.28, 841.89), orientation="landscape")
    made.add_page(format=(300, 200))
    found = page_boxes(Document.from_bytes(bytes(made.output()), name="c.pdf"))
    assert found is not None
    sizes = [(round(page.size.width), round(page.size.height)) for page in found]
    assert [(595, 842), (842, 595), (300, 200)] == sizes


def test_pages_inherit_what_they_do_not_say() -> None:
    """Size, crop box and rotation may stand in the page tree; a page's own win, and the unit is its own."""
    found = page_boxes(
        document(
            {},
            {"/Rotate": 0, "/CropBox": (0, 0, 50, 60)},
            {"/UserUnit": 2.0, "/MediaBox": (0, 0, 40, 30)},
            parent={"/MediaBox": (0, 0, 400, 300), "/CropBox": (10, 10, 210, 110), "/Rotate": 90},
        )
    )
    assert found is not None
    assert [(100, 200), (50, 60), (40, 60)] == [(page.size.width, page.size.height) for page in found]


@given(
    boxes(),
    st.none() | boxes(),
    st.sampled_from([0, 90, -90, 180, 450, 33]),
    st.sampled_from([1.0, 2.0, 0.25, 0.0]),
)
def test_what_a_page_says_is_what_is_read(
    media: list[float], crop: list[float] | None, rotation: int, unit: float
) -> None:
    """Writing a page and looking at it gives the same as its attributes do."""
    media, crop = [round(each, 2) for each in media], crop and [round(each, 2) for each in crop]
    table: dict[str, object] = {"/MediaBox": tuple(media), "/Rotate": rotation, "/UserUnit": unit}
    if crop:
        table["/CropBox"] = tuple(crop)
    assert (PageBox.of(media, crop, rotation=rotation, user_unit=unit),) == page_boxes(document(table))


def test_rubbish_in_a_page_is_read_as_missing() -> None:
    """A page whose attributes are of wrong types is a page of US Letter, not a broken document."""
    name = NameObject("/Nonsense")
    rubbish: dict[str, object] = {"/MediaBox": name, "/CropBox": name, "/Rotate": name, "/UserUnit": name}
    assert (PageBox(media=LETTER, crop=LETTER),) == page_boxes(document(rubbish, parent={"/Rotate": 0}))


def test_nothing_is_seen_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library pages are not known; with it they are (negative control)."""
    one = document({})
    assert page_boxes(one) is not None
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not pdf.can_look()
    assert page_boxes(one) is None


def test_nothing_is_seen_of_what_is_no_readable_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    """A digest, another kind of file, a broken, a locked and a too large PDF have no known pages."""
    sound = document({})
    content = sound.open().read()
    locked = PdfWriter(clone_from=io.BytesIO(content))
    locked.encrypt("secret", "owner", algorithm="AES-256")
    out = io.BytesIO()
    locked.write(out)
    unseen = [
        Document.from_digest("0" * 64, name="c.pdf"),
        Document.from_bytes(content, name="c.txt"),
        Document.from_bytes(b"%PDF-1.4\n%%EOF\n", name="c.pdf"),
        Document.from_bytes(out.getvalue(), name="c.pdf"),
    ]
    assert [None] * 4 == [page_boxes(each) for each in unseen]
    monkeypatch.setattr(pdf, "PARSED_AT_MOST", len(content) - 1)
    assert page_boxes(sound) is None


def found_in(one: Document, **field: object) -> list[tuple[str, str, bool]]:
    """Return path, code and weight of what is wrong with one field on a document."""
    asked = Field(document=one.id, signatory="ada", **field)  # type: ignore[arg-type]  # parts of a field
    problems = pdf_problems(Envelope(documents=[one], fields=[asked]))
    return [(problem.path, problem.code, problem.blocking) for problem in problems]


def test_a_field_beside_its_page_is_refused() -> None:
    """What counts is the page that the field names, from the front or the back, as it is shown."""
    mixed = document({"/Rotate": 90}, {})
    wide = Rect(x=700, y=10, width=80, height=20)
    outside = [("fields[0].rect", "rect.outside", True)]
    assert [] == found_in(mixed, page=1, rect=wide)
    assert [] == found_in(mixed, page=-2, rect=wide)
    assert outside == found_in(mixed, page=2, rect=wide)
    assert outside == found_in(mixed, page=-1, rect=wide)
    assert [("fields[0].page", "page.missing", True)] == found_in(mixed, page=-3, rect=wide)


def test_fields_of_a_protected_document_are_looked_at() -> None:
    """A document that anyone can open is warned of, and its pages count like others."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt("", "owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    found = found_in(
        Document.from_bytes(out.getvalue(), name="c.pdf"), rect=Rect(x=90, y=0, width=20, height=5)
    )
    assert [("documents[0]", "pdf.encrypted", False), ("fields[0].rect", "rect.outside", True)] == found


def test_without_the_extra_places_are_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PDFs are not looked into, no place is known to lie on its page: a warning names the extra."""
    document = Document.from_bytes(b"%PDF-1.7 %%EOF", id="c", name="c.pdf")
    far = Field(document="c", signatory="ada", page=99, rect=Rect(x=10_000, y=0, width=1, height=1))
    monkeypatch.setattr("paraph.pdf.can_look", lambda: False)
    (found,) = pdf_problems(Envelope(title="t", documents=[document], fields=[far]))
    assert ("pages.unseen", False, True) == (found.code, found.blocking, "paraph[pdf]" in found.hint)
    assert () == tuple(pdf_problems(Envelope(title="t", documents=[document])))
