import functools
import importlib.util
import io
import itertools
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import NameObject, NumberObject, RectangleObject

from paraph.errors import ConfigurationError
from paraph.geometry import A4_PORTRAIT, Coordinates, PageBox, rect_of
from paraph.model import Assurance, Document, Envelope, Field, Level, Rect, SignatureKind, Verb
from paraph_sign8.dialect import Word, shipped
from paraph_sign8.dialect.words import Dispatch, SignatureType
from paraph_sign8.planning import (
    Placement,
    Plan,
    convention_of,
    default_rect,
    dispatch_of,
    in_order,
    lay_out,
    overlaps,
    plan,
    signature_type_of,
)
from support.sign8_account import account, dialect, envelope, person

ACCOUNT = account()


@functools.cache
def pdf(*pages: tuple[float, float, int], crop: tuple[float, float, float, float] | None = None) -> bytes:
    """Make a PDF with pages of these widths, heights and rotations."""
    writer = PdfWriter()
    for width, height, rotation in pages:
        page = writer.add_blank_page(width, height)
        page[NameObject("/Rotate")] = NumberObject(rotation)
        if crop:
            page.cropbox = RectangleObject(crop)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


A4 = (595.276, 841.89, 0)


def file(local_id: str = "c", *pages: tuple[float, float, int], **more: Any) -> Document:
    """Make a document with these pages, or one of A4."""
    crop = more.pop("crop", None)
    return Document.from_bytes(pdf(*(pages or (A4,)), crop=crop), name="c.pdf", id=local_id, **more)


def field(document: str = "c", signatory: str = "ada", **more: Any) -> Field:
    """Make a field with a place of its own."""
    return Field(**{"document": document, "signatory": signatory, "rect": RECT, **more})


RECT = Rect(x=100, y=200, width=60, height=20)


def numbers(place: Placement) -> tuple[float, ...]:
    """Return where a placement is."""
    return place.page, place.x, place.y, place.width, place.height


# Order


@given(st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_stages_are_dispatched_in_one_of_two_ways(stages: list[int]) -> None:
    """All equal: at once. All different: one after the other, by stage. Anything else is neither."""
    people = [person(f"p{index}", stage=stage) for index, stage in enumerate(stages)]
    asked = envelope(signatories=people)
    expected = {1: Dispatch.PARALLEL, len(stages): Dispatch.SEQUENTIAL}.get(len(set(stages)))
    if len(stages) == 1:
        expected = Dispatch.PARALLEL
    assert expected is dispatch_of(asked)
    order = [each.stage for each in in_order(asked)]
    assert sorted(stages) == order


def test_positions_follow_the_stages_and_count_from_one() -> None:
    """Whoever comes first is told first; within one stage the envelope's order stays."""
    people = [person("late", stage=7), person("first", stage=2), person("copy", verb=Verb.RECEIVE_COPY)]
    planned = plan(envelope(documents=[file()], signatories=people), ACCOUNT)
    assert [("first", 1), ("late", 2)] == [(each.id, each.position) for each in planned.signers]
    assert Dispatch.SEQUENTIAL is planned.dispatch
    together = plan(envelope(documents=[file()], signatories=[person("b"), person("a")]), ACCOUNT)
    assert (Dispatch.PARALLEL, ["b", "a"]) == (together.dispatch, [each.id for each in together.signers])


@pytest.mark.parametrize(
    "lacking", [{"fields__workflow__dispatch": ""}, {"words__dispatch": {"sequential": 1, "parallel": ""}}]
)
def test_a_dispatch_without_name_or_word_is_not_told(lacking: dict[str, Any]) -> None:
    """Then the vendor decides, and nothing is made up."""
    assert plan(envelope(documents=[file()]), account(dialect(**lacking))).dispatch is None


def test_false_is_a_word() -> None:
    """A dialect that says parallel as ``is_sequential = false`` can tell it."""
    spoken = account(dialect(words__dispatch={"sequential": True, "parallel": False}))
    assert Dispatch.PARALLEL is plan(envelope(documents=[file()]), spoken).dispatch


# Signature types

SIGNATURE, SEAL = SignatureKind.SIGNATURE, SignatureKind.SEAL
ALL = {kind.value: kind.value for kind in SignatureType}


@pytest.mark.parametrize(
    ("kind", "level", "floor", "words", "expected"),
    [
        (SIGNATURE, None, None, ALL, SignatureType.SIMPLE),
        (SIGNATURE, "SES", None, ALL, SignatureType.SIMPLE),
        (SIGNATURE, "AES", None, ALL, SignatureType.ADVANCED),
        (SIGNATURE, "QES", "SES", ALL, SignatureType.QUALIFIED),
        (SIGNATURE, None, "AES", ALL, SignatureType.ADVANCED),
        (SIGNATURE, None, "AES_QC", ALL, SignatureType.QUALIFIED),
        (SIGNATURE, "AES_QC", None, ALL, None),
        (SIGNATURE, None, None, {"qualified": "q"}, SignatureType.QUALIFIED),
        (SIGNATURE, "AES", None, {"qualified": "q"}, None),
        (SIGNATURE, None, "AES", {"qualified": "q"}, SignatureType.QUALIFIED),
        (SEAL, None, None, ALL, SignatureType.ADVANCED_SEAL),
        (SEAL, "SES", None, ALL, None),
        (SEAL, "QES", None, ALL, SignatureType.QUALIFIED_SEAL),
        (SEAL, None, "SES", {"qualified_seal": 0}, SignatureType.QUALIFIED_SEAL),
        (SEAL, None, None, {"simple": "s"}, None),
    ],
)
def test_rows_of_the_table_of_signature_types(
    kind: SignatureKind,
    level: str | None,
    floor: str | None,
    words: dict[str, Word],
    expected: SignatureType | None,
) -> None:
    """The level that was asked, or else the weakest accepted one that has a word."""
    asked = envelope(signatories=[person(kind=kind, assurance=Assurance(level=level, floor=floor))])
    spoken = account(dialect(words__signature_types=words)).settings.spoken
    assert expected is signature_type_of(asked, asked.signatories[0], spoken)


@given(
    st.none() | st.sampled_from(Level),
    st.none() | st.sampled_from(Level),
    st.sampled_from(SignatureKind),
    st.sets(st.sampled_from(SignatureType)),
)
def test_never_weaker_than_accepted_and_never_another_kind(
    level: Level | None, floor: Level | None, kind: SignatureKind, said: set[SignatureType]
) -> None:
    """Whatever words a dialect has, what is told satisfies what was asked, or nothing is told."""
    wanted = Assurance(level=level, floor=floor)
    asked = envelope(signatories=[person(kind=kind, assurance=wanted)])
    words = {each.value: each.value for each in said}
    spoken = account(dialect(words__signature_types=words)).settings.spoken
    found = signature_type_of(asked, asked.signatories[0], spoken)
    if found is not None:
        name, _, seal = found.value.partition("_")
        reached = {"simple": Level.SES, "advanced": Level.AES, "qualified": Level.QES}[name]
        assert wanted.accepts(reached) or level is reached
        assert level in {None, reached}
        assert (kind is SEAL) == bool(seal)
        assert found in said


# Places


def asked_for(people: int, documents: int, fields: list[Field]) -> Envelope:
    """Make an envelope of so many people and documents, with one attachment."""
    return envelope(
        signatories=[person(f"p{index}") for index in range(people)],
        documents=[*(file(f"d{index}") for index in range(documents)), file("annex", role="attachment")],
        fields=fields,
    )


some_fields = st.lists(
    st.builds(
        field,
        st.sampled_from(["d0", "d1", "annex", "none"]),
        st.sampled_from(["p0", "p1", "nobody"]),
        page=st.sampled_from([1, 1, -1, 0, 9]),
        kind=st.sampled_from(["signature", "date", "text", "initials"]),
        rect=st.sampled_from([RECT, None]),
    ),
    max_size=5,
)


@given(st.integers(1, 4), st.integers(1, 2), some_fields)
def test_everyone_has_something_to_sign_on_each_document(
    people: int, documents: int, fields: list[Field]
) -> None:
    """Whoever has no field for a signature on a document gets one default place there; nobody else does."""
    asked = asked_for(people, documents, fields)
    laid = lay_out(asked, shipped("default"))
    defaults = [(place.document, place.signatory) for place in laid.places if place.field is None]
    given_fields = {(each.document, each.signatory) for each in fields if each.kind == "signature"}
    pairs = set(
        itertools.product((each.id for each in asked.signed_documents), (each.id for each in asked.signers))
    )
    assert sorted(pairs - given_fields) == sorted(defaults)
    assert () == tuple(laid.guessed)


@given(st.integers(1, 4), some_fields)
def test_keys_are_distinct_and_stay(people: int, fields: list[Field]) -> None:
    """A step's key names one place, and the same envelope has the same keys: a resume finds its steps."""
    fields = [each for each in fields if each.page in {1, -1}]
    asked = asked_for(people, 2, fields)
    planned = plan(asked, ACCOUNT)
    keys = [place.key for place in (*planned.signatures, *planned.annotations)]
    assert len(keys) == len(set(keys))
    assert planned == plan(attrs.evolve(asked), ACCOUNT)


@given(st.integers(1, 14), st.floats(300, 1200), st.floats(950, 1400))
def test_default_places_never_meet(people: int, width: float, height: float) -> None:
    """Each lies on the page, clear of the margin, and apart from all others by the gap."""
    page = PageBox.of((0, 0, width, height))
    found = [default_rect(slot, page) for slot in range(people)]
    for one in found:
        assert one.x >= 36
        assert one.y + one.height <= height - 36 + 1e-6
        assert one.x + one.width <= width - 36 + 1e-6
        assert one.y >= 0
    for one, other in itertools.combinations(found, 2):
        across = max(one.x, other.x) - min(one.x, other.x) - 170
        down = max(one.y, other.y) - min(one.y, other.y) - 50
        assert max(across, down) >= 12 - 1e-6


def test_default_places_on_a4() -> None:
    """Two to a row from the left, the first row at the bottom, the next above it."""
    planned = plan(asked_for(3, 1, []), ACCOUNT)
    assert [
        (1, 36.0, 755.89, 170.0, 50.0),
        (1, 218.0, 755.89, 170.0, 50.0),
        (1, 36.0, 693.89, 170.0, 50.0),
    ] == [numbers(place) for place in planned.signatures]
    assert ["signature:d0:p0", "signature:d0:p1", "signature:d0:p2"] == [
        place.key for place in planned.signatures
    ]


def test_default_places_follow_the_page_as_it_is_shown() -> None:
    """On a page that is turned and cropped, the bottom row is where a reader sees the bottom."""
    turned = file("c", (595, 842, 90), crop=(10, 20, 410, 620))
    planned = plan(envelope(documents=[turned]), ACCOUNT)
    assert [(1, 36.0, 400 - 36 - 50.0, 170.0, 50.0)] == [numbers(place) for place in planned.signatures]


def one_place(asked: Envelope, **formats: Any) -> tuple[float, ...]:
    """Return where the only signature is, in these formats."""
    spoken = account(dialect(**{f"formats__{name}": value for name, value in formats.items()}))
    (place,) = plan(asked, spoken).signatures
    return numbers(place)


def test_golden_places_in_every_convention() -> None:
    """One field of a cropped and turned page, as vendors of every kind count it."""
    page = file("c", (500, 500, 0), (600, 800, 90), crop=(50, 100, 450, 700))
    asked = envelope(documents=[page], fields=[field(page=-1)])
    assert (2, 100, 200, 60, 20) == one_place(asked)
    assert (1, 100, 200, 60, 20) == one_place(asked, page_base=0)
    assert (2, 100, 180, 60, 20) == one_place(asked, origin="bottom-left")
    assert (2, 16.66667, 50, 10, 5) == one_place(asked, unit="percent")
    assert (2, 0.1666667, 0.45, 0.1, 0.05) == one_place(asked, unit="fraction", origin="bottom-left")
    assert (2, 250, 540, 20, 60) == one_place(asked, frame="media")
    assert (2, 250, 200, 20, 60) == one_place(asked, frame="media", origin="bottom-left")
    assert (2, 41.66667, 25, 3.33333, 7.5) == one_place(
        asked, frame="media", origin="bottom-left", unit="percent"
    )


@given(
    st.floats(0, 500),
    st.floats(0, 700),
    st.floats(1, 400),
    st.fixed_dictionaries(
        {
            "origin": st.sampled_from(["top-left", "bottom-left"]),
            "unit": st.sampled_from(["points", "percent", "fraction"]),
            "frame": st.sampled_from(["displayed", "media"]),
        }
    ),
)
def test_rounding_moves_nothing_that_can_be_seen(
    x: float, y: float, width: float, formats: dict[str, str]
) -> None:
    """What is told reads back within a hundredth of a point."""
    rect = Rect(x=x, y=y, width=width, height=width / 3)
    spoken = account(dialect(**{f"formats__{name}": value for name, value in formats.items()}))
    planned = plan(envelope(documents=[file("c", (700, 900, 270))], fields=[field(rect=rect)]), spoken)
    told = Coordinates(
        **dict(zip(("x", "y", "width", "height"), numbers(planned.signatures[0])[1:], strict=True))
    )
    back = rect_of(told, PageBox.of((0, 0, 700, 900), rotation=270), convention_of(spoken.settings.spoken))
    moved = [abs(a - b) for a, b in zip(attrs.astuple(rect), attrs.astuple(back), strict=True)]
    assert max(moved) < 0.01


def test_other_fields_are_annotations_in_the_vendors_word() -> None:
    """A date is told with the dialect's word, and leaves the default place for the signature as it is."""
    spoken = account(dialect(words__annotations={"date": False, "text": "", "initials": "paraphe"}))
    planned = plan(
        envelope(documents=[file()], fields=[field(kind="date"), field(kind="initials", page=1)]), spoken
    )
    assert [("annotation:field-0", False), ("annotation:field-1", "paraphe")] == [
        (each.key, each.word) for each in planned.annotations
    ]
    assert ["signature:c:ada"] == [place.key for place in planned.signatures]


@pytest.mark.parametrize(
    "changes",
    [
        {"fields": [field(page=-2)]},
        {"fields": [field(kind="text")]},
        {"signatories": [person(kind="seal", assurance=Assurance(level="SES"))]},
    ],
    ids=["page", "annotation", "type"],
)
def test_what_could_be_told_when_it_was_checked_is_not_guessed(changes: dict[str, Any]) -> None:
    """Planning what checks refuse raises, and names nothing personal. Without the mistake it plans."""
    spoken = account(dialect(words__annotations={"text": ""}))
    assert isinstance(plan(envelope(documents=[file()]), spoken), Plan)
    with pytest.raises(ConfigurationError, match="check it again"):
        plan(
            envelope(**{"documents": [Document.from_bytes(b"%PDF-", name="c.pdf", id="c")], **changes}),
            spoken,
        )


def test_zero_has_no_sign() -> None:
    """What rounds to nothing is told as 0.0, not as the -0.0 that some parsers refuse."""
    edge = field(rect=Rect(x=-1e-9, y=0, width=60, height=20))
    _, x, *_ = one_place(envelope(documents=[file()], fields=[edge]))
    assert "0.0" == str(x)


# Reading documents


def test_a_document_is_read_only_where_its_pages_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everyone's own field in our own convention needs no page; a default place, an edge or the end does."""
    looked: list[str] = []

    def look(document: Document) -> tuple[PageBox, ...]:
        looked.append(document.id)
        return (A4_PORTRAIT,)

    monkeypatch.setattr("paraph_sign8.planning.page_boxes", look)
    own = envelope(documents=[file()], fields=[field()])
    plan(own, ACCOUNT)
    assert [] == looked
    plan(own, account(dialect(formats__origin="bottom-left")))
    plan(attrs.evolve(own, fields=[field(page=-1)]), ACCOUNT)
    plan(attrs.evolve(own, fields=[]), ACCOUNT)
    assert ["c", "c", "c"] == looked


def test_without_the_extra_a4_is_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A landscape page is then taken for A4 portrait, which the layout says; with the extra it is not."""
    wide = envelope(documents=[file("c", (842, 595, 0))], fields=[field(), field(page=-1)])
    seen = lay_out(wide, shipped("default"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    other = dialect(formats__origin="bottom-left")
    guessed = lay_out(wide, account(other).settings.spoken)
    assert ((), frozenset(), (1,), frozenset({"c"})) == (
        seen.nowhere,
        seen.guessed,
        guessed.nowhere,
        guessed.guessed,
    )
    (place,) = plan(attrs.evolve(wide, fields=[field()]), account(other)).signatures
    assert (100.0, 621.89) == (place.x, place.y)


def test_overlaps_are_of_default_places_only() -> None:
    """A field over a default place of the same page is found; two fields are the caller's business."""
    over = Rect(x=100, y=760, width=10, height=10)
    beside = Rect(x=206, y=760, width=12, height=10)
    fields = [
        field("d0", "p0", kind="date", rect=over),
        field("d1", "p1", rect=over),
        field("d1", "p1", kind="text", rect=over),
        field("d0", "p1", kind="date", rect=beside),
        field("d0", "p1", kind="date", rect=attrs.evolve(over, x=300), page=2),
    ]
    asked = attrs.evolve(asked_for(2, 2, fields), documents=[file("d0", A4, A4), file("d1")])
    found = overlaps(lay_out(asked, shipped("default")).places)
    assert [("d0", "p0", 0), ("d1", "p0", 1)] == [
        (place.document, place.signatory, other.field) for place, other in found
    ]
