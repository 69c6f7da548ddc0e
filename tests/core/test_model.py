"""The neutral model: frozen, converted, and silent about people and secrets."""

from __future__ import annotations

import copy
import json
import logging
import math
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph import model
from paraph.convert.envelope import envelope_from_json, envelope_to_json, with_content
from paraph.model import (
    Anchor,
    Assurance,
    Document,
    DocumentRole,
    Envelope,
    Field,
    Level,
    PageSize,
    Rect,
    Regime,
    Secret,
    Signatory,
    Stage,
)

CANARIES = {
    "given_name": "Canarygiven",
    "family_name": "Canaryfamily",
    "email": "canary@example.org",
    "phone": "+4917000000001",
    "nationality": "XQ",
    "birth_place": "Canarytown",
    "birth_country": "XZ",
}


def person() -> Signatory:
    return Signatory(id="s", birth_date=date(1815, 12, 10), **CANARIES)  # type: ignore[arg-type]  # all strings


def full() -> Envelope:
    return Envelope(
        id="e",  # a random one may hold the canary year
        title="Canarytitle",
        message="Canarymessage",
        documents=[Document.from_bytes(b"%PDF-1.7 %%EOF", name="Canaryname.pdf", id="d")],
        signatories=[person()],
    )


@pytest.mark.parametrize("make", [person, full, lambda: full().documents[0]])
def test_personal_data_never_shows(make: Any, caplog: pytest.LogCaptureFixture) -> None:
    """No repr, str, format, log record or traceback text of the model shows a person's data."""
    thing = make()
    logging.getLogger("x").warning("%s %r %s", thing, thing, [thing])
    shown = f"{thing} {thing!r} {[thing]} {caplog.text}"
    for canary in [*CANARIES.values(), "Canary", "1815"]:
        assert canary not in shown


@pytest.mark.parametrize("make", [person, full, lambda: full().documents[0], lambda: Secret("x")])
def test_what_holds_personal_data_or_secrets_cannot_be_pickled(make: Any) -> None:
    """Pickling is refused with a sentence; copying within the process is harmless."""
    thing = make()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(thing, protocol)
    assert thing == copy.copy(thing) == copy.deepcopy(thing)


@given(st.text(st.characters(), min_size=6))
def test_a_secret_never_prints(value: str) -> None:
    """Whatever its value, a secret shows its mask only, and only reveal gives it."""
    secret = Secret(value)
    assert {Secret.MASK} == {repr(secret), str(secret), f"{secret}", f"{secret:>3}", f"{secret!s}"}
    assert value == secret.reveal()
    assert secret.matches(value)
    assert not secret.matches(value + "x")
    assert Secret(value) == secret
    assert hash(Secret(value)) == hash(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)


def test_secrets_inside_attrs_classes_never_print() -> None:
    """A class that holds a secret shows the mask, also through attrs.asdict."""

    @attrs.frozen
    class Holder:
        token: Secret

    holder = Holder(Secret("canary-token"))
    assert "canary-token" not in f"{holder} {attrs.asdict(holder)}"


@pytest.mark.parametrize("name", [name for name in model.__all__ if attrs.has(getattr(model, name))])
def test_every_model_class_is_frozen_slotted_and_keyword_only(name: str) -> None:
    """All model classes are frozen, have slots, and take keywords only."""
    kind = getattr(model, name)
    assert "__slots__" in vars(kind)
    assert all(field.kw_only for field in attrs.fields(kind))
    assert kind.__setattr__ is not object.__setattr__


def test_times_become_utc_and_naive_ones_are_named_by_the_check() -> None:
    """An aware time of any zone becomes UTC; a naive one is kept for the check to name."""
    east = datetime(2030, 1, 1, 12, tzinfo=timezone(timedelta(hours=5)))
    moved = Envelope(expires_at=east).expires_at
    assert (east, UTC) == (moved, moved.tzinfo if moved else None)
    naive = datetime(2030, 1, 1)  # noqa: DTZ001 - naive on purpose
    assert naive == Envelope(expires_at=naive).expires_at


def test_sequences_become_tuples_and_a_string_is_no_sequence() -> None:
    """Lists and generators are frozen to tuples; a bare string is refused."""
    assert ("a", "b") == Envelope(tags=["a", "b"]).tags
    with pytest.raises(TypeError):
        Envelope(tags="ab")


def test_signatories_without_an_id_get_one_by_position() -> None:
    """Local ids that were not given are s1, s2 and so on."""
    people = [Signatory(family_name="A"), Signatory(id="b"), Signatory(family_name="C")]
    assert ["s1", "b", "s3"] == [each.id for each in Envelope(signatories=people).signatories]


@pytest.mark.parametrize(
    ("mailbox", "expected"),
    [
        ("Ada Lovelace <ada@example.org>", ("Ada", "Lovelace", "ada@example.org")),
        ("Jean Claude van Damme <j@x.y>", ("Jean Claude van", "Damme", "j@x.y")),
        ("  Cher <c@x.y> ", ("", "Cher", "c@x.y")),
    ],
)
def test_mailboxes(mailbox: str, expected: tuple[str, str, str]) -> None:
    """A mailbox is read into given name, family name and address."""
    read = Signatory.parse(mailbox)
    assert expected == (read.given_name, read.family_name, read.email)


@given(st.text(st.characters()))
def test_any_other_mailbox_is_a_value_error_without_its_text(text: str) -> None:
    """What is no mailbox raises ValueError and is not repeated in the message."""
    try:
        read = Signatory.parse(text)
    except ValueError as error:
        assert len(text) < 8 or text not in str(error)
    else:
        assert "@" in read.email


coordinates = st.floats(0, 500)
sizes = st.floats(1, 300)


@given(coordinates, coordinates, sizes, sizes, st.floats(50, 2000), st.floats(50, 2000))
def test_every_coordinate_system_names_the_same_rectangle(
    x: float, y: float, width: float, height: float, page_width: float, page_height: float
) -> None:
    """Percent, fraction, bottom-left points and pixels all convert to the same points from the top left."""
    page = PageSize(width=page_width, height=page_height)
    expected = Rect(x=x, y=y, width=width, height=height)
    found = [
        Rect.from_fraction(
            x / page_width, y / page_height, width / page_width, height / page_height, page=page
        ),
        Rect.from_percent(
            100 * x / page_width,
            100 * y / page_height,
            100 * width / page_width,
            100 * height / page_height,
            page=page,
        ),
        Rect.from_bottom_left(x, page_height - y - height, width, height, page=page),
        Rect.from_pixels(x * 150 / 72, y * 150 / 72, width * 150 / 72, height * 150 / 72, dpi=150),
    ]
    for rect in found:
        for name in ("x", "y", "width", "height"):
            assert math.isclose(getattr(expected, name), getattr(rect, name), abs_tol=1e-6)


def test_a_signature_at_the_foot_of_a_page() -> None:
    """A golden value: 50 points above the lower edge of A4 is 741.89 points from the top."""
    assert 741.89 == round(Rect.from_bottom_left(72, 50, 200, 50).y, 2)


def test_levels_are_ordered() -> None:
    """SES < AES < AES_QC < QES, and a floor accepts what is as strong or stronger."""
    assert [Level.SES, Level.AES, Level.AES_QC, Level.QES] == sorted(Level, key=lambda level: level.value)
    assert Level.SES < Level.QES
    asked = Assurance(level=Level.QES, floor=Level.AES)
    assert [False, True, True, True] == [asked.accepts(level) for level in Level]
    with pytest.raises(ValueError, match="known: SES"):
        Level.parse("XES")


def test_documents_know_their_digest_and_open_afresh(tmp_path: Any) -> None:
    """Every constructor measures digest and size, and each open starts at the beginning."""
    content = b"%PDF-1.7 %%EOF"
    (tmp_path / "c.pdf").write_bytes(content)
    same = [
        Document.from_bytes(content, name="c.pdf"),
        Document.from_path(tmp_path / "c.pdf"),
        Document.from_opener(lambda: (tmp_path / "c.pdf").open("rb"), name="c.pdf"),
    ]
    assert 1 == len(set(same))
    for document in same:
        for _ in range(2):
            with document.open() as stream:
                assert content == stream.read()
    with pytest.raises(ValueError, match="no content"):
        Document.from_digest("0" * 64, name="x").open()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=4))
def test_json_documents_are_serialised_once_and_deterministically(value: dict[str, Any]) -> None:
    """The same data in any key order is the same document."""
    reordered = dict(reversed(list(value.items())))
    one, other = Document.from_json(value, name="d"), Document.from_json(reordered, name="d")
    assert one.sha256 == other.sha256
    with one.open() as stream:
        assert value == json.loads(stream.read())


words = st.text(max_size=12)
people = st.builds(
    Signatory,
    id=st.sampled_from(["a", "b", "c"]),
    given_name=words,
    family_name=words,
    email=words,
    phone=st.none() | words,
    birth_date=st.none() | st.dates(),
    stage=st.integers(1, 3),
    assurance=st.none() | st.builds(Assurance, level=st.sampled_from(Level), regime=st.sampled_from(Regime)),
)
envelopes = st.builds(
    Envelope,
    id=st.just("e"),
    title=words,
    documents=st.lists(
        st.builds(
            lambda content, role: Document.from_bytes(content, name="d.pdf", role=role),
            st.binary(max_size=20),
            st.sampled_from(DocumentRole),
        ),
        max_size=2,
    ),
    signatories=st.lists(people, max_size=3),
    fields=st.lists(
        st.builds(
            Field,
            document=st.just("d"),
            signatory=st.just("a"),
            rect=st.builds(Rect, x=coordinates, y=coordinates, width=sizes, height=sizes),
            anchor=st.none() | st.builds(Anchor, text=words),
        ),
        max_size=2,
    ),
    stages=st.lists(st.builds(Stage, number=st.integers(1, 3)), max_size=2),
    tags=st.lists(words, max_size=3),
    assurance=st.builds(Assurance, level=st.none() | st.sampled_from(Level)),
    expires_at=st.none() | st.datetimes(timezones=st.just(UTC)),
)


@given(envelopes)
def test_an_envelope_survives_the_store(asked: Envelope) -> None:
    """An envelope written to neutral JSON and read back is equal, and writes the same JSON again."""
    text = envelope_to_json(asked, lambda kind: "none")
    again = envelope_from_json(text, lambda name: None)
    assert asked == again
    assert text == envelope_to_json(again, lambda kind: "none")
    for before, after in zip(asked.documents, again.documents, strict=True):
        with before.open() as stream:
            content = stream.read()
        assert not after.has_content
        with with_content(after, before.open).open() as stream:
            assert content == stream.read()
