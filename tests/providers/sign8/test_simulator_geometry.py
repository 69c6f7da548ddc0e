"""Where the simulated SIGN8 puts a signature: its own reading of coordinates, on real pages."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, FloatObject, NameObject, NumberObject, RectangleObject

from paraph_sign8.dialect import parse
from paraph_sign8.dialect.model import Formats
from paraph_sign8.dialect.words import Origin
from paraph_sign8.simulator import create
from paraph_sign8.simulator.geometry import (
    LETTER,
    SMALLEST,
    Box,
    OutsideError,
    Page,
    Told,
    locate,
    pages_of,
)
from paraph_simulator.judge import judge
from providers.sign8.simulator_driver import Driver, make_pdf

A_PAGE = (10.0, 20.0, 410.0, 620.0)
"""A media box whose corner is not the origin: 400 wide, 600 high."""

CROP = (60.0, 120.0, 360.0, 520.0)
"""300 wide, 400 high, within it."""


def page_pdf(
    media: Box = A_PAGE, crop: Box | None = None, turn: int = 0, unit: float = 1.0, *, inherited: bool = False
) -> bytes:
    """Return a PDF of one page; `inherited` puts its boxes into the tree above it."""
    writer = PdfWriter()
    page = writer.add_blank_page(width=1, height=1)
    place = page["/Parent"].get_object() if inherited else page
    del page["/MediaBox"]
    place[NameObject("/MediaBox")] = RectangleObject(media)
    if crop is not None:
        place[NameObject("/CropBox")] = RectangleObject(crop)
    if turn:
        place[NameObject("/Rotate")] = NumberObject(turn)
    if unit != 1.0:
        page[NameObject("/UserUnit")] = FloatObject(unit)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


# By hand: a rectangle 20 right, 30 down, 100 wide, 50 high, as a reader of the cropped page sees it.
SEEN = Told(x=20, y=30, width=100, height=50)
GOLDEN: list[tuple[int, Box]] = [
    (0, (80.0, 440.0, 180.0, 490.0)),
    (90, (90.0, 140.0, 140.0, 240.0)),
    (180, (240.0, 150.0, 340.0, 200.0)),
    (270, (280.0, 400.0, 330.0, 500.0)),
]


@pytest.mark.parametrize(("turn", "expected"), GOLDEN)
@pytest.mark.parametrize("inherited", [False, True])
def test_a_displayed_rectangle_is_found_on_a_cropped_and_turned_page(
    turn: int, expected: Box, inherited: bool
) -> None:
    """Golden numbers, computed by hand, for each way a page may be turned."""
    (page,) = pages_of(page_pdf(crop=CROP, turn=turn, inherited=inherited))
    assert expected == pytest.approx(locate(SEEN, page, Formats()))


@pytest.mark.parametrize(("turn", "_expected"), GOLDEN)
def test_a_stored_rectangle_ignores_crop_and_turn(turn: int, _expected: Box) -> None:
    """Counted on the page as it is stored, the media box alone decides."""
    (page,) = pages_of(page_pdf(crop=CROP, turn=turn))
    formats = Formats(frame="media")
    assert (30.0, 540.0, 130.0, 590.0) == pytest.approx(locate(SEEN, page, formats))
    low = Formats(frame="media", origin="bottom-left")
    assert (30.0, 50.0, 130.0, 100.0) == pytest.approx(locate(SEEN, page, low))


@pytest.mark.parametrize(
    ("formats", "told"),
    [
        ({"origin": "bottom-left"}, Told(x=20, y=320, width=100, height=50)),
        ({"unit": "percent"}, Told(x=20 / 3, y=7.5, width=100 / 3, height=12.5)),
        ({"unit": "fraction"}, Told(x=1 / 15, y=0.075, width=1 / 3, height=0.125)),
        ({"unit": "fraction", "origin": "bottom-left"}, Told(x=1 / 15, y=0.8, width=1 / 3, height=0.125)),
    ],
)
def test_every_way_of_counting_means_the_same_place(formats: Mapping[str, str], told: Told) -> None:
    """The same place, told in other units and from another corner, is the same place."""
    (page,) = pages_of(page_pdf(crop=CROP))
    assert GOLDEN[0][1] == pytest.approx(locate(told, page, Formats(**formats)))


def test_a_stretched_page_is_counted_as_it_is_seen() -> None:
    """A user unit of two doubles what a reader sees, not what is stored."""
    (page,) = pages_of(page_pdf(unit=2.0))
    assert (20.0, 580.0, 70.0, 605.0) == pytest.approx(locate(SEEN, page, Formats()))
    assert (30.0, 540.0, 130.0, 590.0) == pytest.approx(locate(SEEN, page, Formats(frame="media")))


@pytest.mark.parametrize(
    ("crop", "seen"),
    [
        ((0.0, 0.0, 200.0, 1000.0), (10.0, 20.0, 200.0, 620.0)),
        ((900.0, 900.0, 950.0, 950.0), A_PAGE),
        ((360.0, 520.0, 60.0, 120.0), CROP),
        ((60.0, 120.0, 60.0, 120.0), A_PAGE),
    ],
)
def test_a_strange_crop_box_is_read_as_readers_do(crop: Box, seen: Box) -> None:
    """A crop box is cut to the page, may name its corners in any order, and one beside it crops nothing."""
    (page,) = pages_of(page_pdf(crop=crop))
    assert seen == page.crop


def test_a_page_without_a_size_is_letter() -> None:
    """Readers take US Letter where a page does not say its size."""
    writer = PdfWriter()
    page = writer.add_blank_page(width=10, height=10)
    page[NameObject("/MediaBox")] = ArrayObject([])
    output = BytesIO()
    writer.write(output)
    assert (Page(media=LETTER, crop=LETTER),) == pages_of(output.getvalue())


places = st.builds(
    Told,
    x=st.floats(-50, 450),
    y=st.floats(-50, 450),
    width=st.floats(-10, 450),
    height=st.floats(-10, 450),
)


@given(told=places, turn=st.sampled_from([0, 90, 180, 270]), origin=st.sampled_from(list(Origin)))
def test_a_place_lies_on_the_page_or_is_refused(told: Told, turn: int, origin: Origin) -> None:
    """Whatever is told, what comes out has an area and lies within the page that is seen."""
    page = Page(media=A_PAGE, crop=CROP, turn=turn)
    try:
        left, bottom, right, top = locate(told, page, Formats(origin=origin))
    except OutsideError:
        wide, high = (400, 300) if turn in {90, 270} else (300, 400)
        inside = 0 <= told.x and 0 <= told.y and told.x + told.width <= wide and told.y + told.height <= high
        assert not (inside and min(told.width, told.height) >= 2 * SMALLEST)
    else:
        assert CROP[0] <= left < right <= CROP[2]
        assert CROP[1] <= bottom < top <= CROP[3]


@pytest.mark.parametrize("garbage", [b"", b"%PDF-1.7", make_pdf()[:200]])
def test_pages_of_garbage_cannot_be_read(garbage: bytes) -> None:
    """What is no PDF has no pages, and reading it is an error of a known kind."""
    with pytest.raises(ValueError, match="cannot be read"):
        pages_of(garbage)


def test_a_tree_of_pages_that_goes_in_circles_is_refused() -> None:
    """A page tree that contains itself ends in an error, not in an endless walk."""
    writer = PdfWriter()
    page = writer.add_blank_page(width=10, height=10)
    tree: Any = page["/Parent"].get_object()
    tree["/Kids"].append(tree.indirect_reference)
    output = BytesIO()
    writer.write(output)
    with pytest.raises(ValueError, match="cannot be read"):
        pages_of(output.getvalue())


@pytest.mark.parametrize(("turn", "expected"), GOLDEN)
def test_the_signature_is_seen_where_it_was_asked_for(turn: int, expected: Box) -> None:
    """In the signed file the signature's field stands at the golden place, and the judge finds no fault."""
    formats = {"page_base": 0}
    simulator = create(dialect=parse({"base": "simulator", "formats": formats}))
    with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
        workflow_id = vendor.workflow()
        pdf = page_pdf(crop=CROP, turn=turn)
        file_id, signer_id = vendor.file(workflow_id, pdf), vendor.signer(workflow_id)
        told = {"page": 0, "x": 20, "y": 30, "width": 100, "height": 50}
        vendor.signature(workflow_id, file_id, signer_id, **told)
        vendor.ok("start", workflow_id=workflow_id)
        vendor.person().sign(vendor.link())
        signed = vendor.download(workflow_id, file_id)
    (field,) = PdfReader(BytesIO(signed)).pages[0]["/Annots"]
    assert expected == pytest.approx([float(each) for each in field.get_object()["/Rect"]])
    authority = simulator.authority.root_pem.encode()
    assert () == judge(signed, signers=["Ada Lovelace"], authority_pem=authority, original=pdf)


def test_fields_stand_on_the_page_that_was_asked_for() -> None:
    """Pages are counted from where the dialect begins, and each signer has a field of their own."""
    for base in (0, 1):
        simulator = create(dialect=parse({"base": "simulator", "formats": {"page_base": base}}))
        with simulator.running() as base_url, Driver(simulator, base_url) as vendor:
            workflow_id = vendor.workflow()
            file_id, signer_id = vendor.file(workflow_id), vendor.signer(workflow_id)
            vendor.signature(workflow_id, file_id, signer_id, page=base + 1)
            vendor.ok("start", workflow_id=workflow_id)
            vendor.person().sign(vendor.link())
            pages = PdfReader(BytesIO(vendor.download(workflow_id, file_id))).pages
            assert [0, 1] == [len(page.get("/Annots", [])) for page in pages]
