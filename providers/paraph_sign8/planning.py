"""How an envelope is told to SIGN8: who in which order, by which signature type, and where on which page.

Theory
======

* **Order.** SIGN8 has two modes of dispatch: all at once, or one after the other by position (contract 4).
  All in one stage is the first, everyone in a stage of their own the second; anything between cannot be told.
  In parallel, positions are told all the same, in the envelope's order (assumption: they do no harm there).
* **Signature type.** Exactly one per signatory: of the level asked for, or else the weakest that is accepted.
* **Places.** A field for a signature is a placement, one for anything else an annotation. SIGN8 asks
  everyone to sign at least one document, and paraph everyone to sign each that is no attachment, so a
  signatory without a field for a signature on such a document gets a *default place*: on its first page, in
  the bottom row, :data:`WIDTH` by :data:`HEIGHT` points, :data:`MARGIN` from the edges and :data:`GAP` apart,
  by position from the left, in further rows above when a row is full. Two signatories never get the same.
* **Coordinates.** The dialect says how SIGN8 counts (:mod:`paraph.geometry`). Where that depends on the page,
  or a place counts from its edge or the document's end, the PDF is read; where it cannot be, A4 portrait is
  assumed, and checks warn.

Nothing is asked of the vendor. Reading PDFs is the only thing here that takes time, so flows use ``call``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from paraph.errors import ConfigurationError
from paraph.geometry import A4_PORTRAIT, Convention, PageBox, Unit, coordinates_of
from paraph.model import Envelope, FieldKind, Rect, Signatory
from paraph.pdf import page_boxes
from paraph.provider import Account
from paraph_sign8 import mapping
from paraph_sign8.dialect import Dialect, Word
from paraph_sign8.dialect.words import Dispatch, SignatureType
from paraph_sign8.settings import Sign8Settings

WIDTH, HEIGHT = 170.0, 50.0
"""Points: the size of a default place."""

MARGIN, GAP = 36.0, 12.0
"""Points: from the page's edges, and between default places."""

DIGITS: Final[Mapping[Unit, int]] = {Unit.POINTS: 3, Unit.PERCENT: 5, Unit.FRACTION: 7}
"""Decimals that are told: less than a thousandth of a point, and no noise of binary fractions."""


@attrs.frozen(kw_only=True)
class PlannedSigner:
    """One signatory.

    :ivar id: local id. :ivar position: counted from 1.
    :ivar signature_type: our word; the dialect's ``words.signature_types`` has the vendor's.
    """

    id: str
    signature_type: SignatureType
    position: int


@attrs.frozen(kw_only=True)
class Placement:
    """One signature on one page, in the vendor's numbers.

    :ivar key: of the journalled step: the same for the same envelope.
    :ivar document: local id, as ``signatory``. :ivar page: counted from the dialect's ``formats.page_base``.
    """

    key: str
    document: str
    signatory: str
    page: int
    x: float
    y: float
    width: float
    height: float


@attrs.frozen(kw_only=True)
class PlannedAnnotation(Placement):
    """One annotation likewise. :ivar word: the vendor's own word for what it is."""

    word: Word


@attrs.frozen(kw_only=True)
class Plan:
    """How an envelope will be made.

    :ivar dispatch: our word for the mode; ``None`` if the dialect cannot tell it.
    :ivar signers: by position.
    """

    dispatch: Dispatch | None
    signers: tuple[PlannedSigner, ...]
    signatures: tuple[Placement, ...]
    annotations: tuple[PlannedAnnotation, ...]


def plan(envelope: Envelope, account: Account[Sign8Settings]) -> Plan:
    """Plan an envelope that was checked. Reads its PDFs where places depend on them.

    :raises ConfigurationError: it cannot be told: the dialect, or what is installed, is not what it was
        when the envelope was checked.
    """
    dialect = account.settings.spoken
    laid = lay_out(envelope, dialect)
    signers = []
    for position, person in enumerate(in_order(envelope), start=1):
        kind = signature_type_of(envelope, person, dialect)
        if kind is None:
            raise _untold(account, f"the signature type of signatory {person.id!r}")
        signers.append(PlannedSigner(id=person.id, signature_type=kind, position=position))
    if laid.nowhere:
        raise _untold(account, f"the page of fields[{laid.nowhere[0]}]")
    signatures: list[Placement] = []
    annotations: list[PlannedAnnotation] = []
    for place in laid.places:
        placement = _placement(place, dialect)
        if place.kind not in mapping.ANNOTATIONS:
            signatures.append(placement)
            continue
        word = mapping.word_of(dialect.words.annotations, place.kind.value)
        if word is None:
            raise _untold(account, f"an annotation of the kind {place.kind.value!r}")
        annotations.append(PlannedAnnotation(word=word, **attrs.asdict(placement)))
    return Plan(
        dispatch=_told_dispatch(envelope, dialect),
        signers=tuple(signers),
        signatures=tuple(signatures),
        annotations=tuple(annotations),
    )


def _untold(account: Account[Sign8Settings], what: str) -> ConfigurationError:
    message = f"account {account.name!r} cannot tell SIGN8 {what}"
    return ConfigurationError(f"{message}; it could when the envelope was checked, so check it again")


def in_order(envelope: Envelope) -> tuple[Signatory, ...]:
    """Return those who sign or seal, by position: by stage, and within one as the envelope has them."""
    return tuple(sorted(envelope.signers, key=lambda person: person.stage))


def dispatch_of(envelope: Envelope) -> Dispatch | None:
    """Return the mode of dispatch that the stages mean; ``None`` if SIGN8 has none like it."""
    stages = [person.stage for person in envelope.signers]
    if len(set(stages)) <= 1:
        return Dispatch.PARALLEL
    return Dispatch.SEQUENTIAL if len(set(stages)) == len(stages) else None


def _told_dispatch(envelope: Envelope, dialect: Dialect) -> Dispatch | None:
    mode = dispatch_of(envelope)
    if mode is None or not dialect.fields.workflow.dispatch:
        return None
    return None if mapping.word_of(dialect.words.dispatch, mode.value) is None else mode


def signature_type_of(envelope: Envelope, person: Signatory, dialect: Dialect) -> SignatureType | None:
    """Return the one that gives the level asked for, or else the weakest accepted one that can be told."""
    asked = envelope.assurance_of(person)
    for level, kind in mapping.SIGNATURE_TYPES[person.kind].items():
        fits = asked.accepts(level) if asked.level is None else level is asked.level
        if fits and mapping.word_of(dialect.words.signature_types, kind.value) is not None:
            return kind
    return None


# Places, in paraph's own points


@attrs.frozen(kw_only=True)
class Place:
    """One field, or one default place.

    :ivar page: counted from 1. :ivar box: that page, or what is assumed of it.
    :ivar field: index in the envelope's fields; ``None`` for a default place.
    """

    document: str
    signatory: str
    kind: FieldKind
    page: int
    rect: Rect
    box: PageBox
    field: int | None = None


@attrs.frozen(kw_only=True)
class Layout:
    """All places of an envelope.

    :ivar guessed: local ids of documents whose pages matter and could not be looked at.
    :ivar nowhere: indices of fields whose page counts from the end of such a document.
    """

    places: tuple[Place, ...]
    guessed: frozenset[str]
    nowhere: tuple[int, ...]


def convention_of(dialect: Dialect) -> Convention:
    """Return how SIGN8 counts coordinates."""
    formats = dialect.formats
    return Convention(origin=formats.origin.value, unit=formats.unit.value, frame=formats.frame.value)


def lay_out(envelope: Envelope, dialect: Dialect) -> Layout:
    """Find every place. Takes any envelope: what core's check names as wrong has no place here."""
    counted = convention_of(dialect).needs_page
    people = in_order(envelope)
    asked = _fields_with_a_place(envelope)
    places: list[Place] = []
    guessed: set[str] = set()
    nowhere: list[int] = []
    for document in envelope.signed_documents:
        fields = [index for index in asked if envelope.fields[index].document == document.id]
        placed = {
            field.signatory
            for field in envelope.fields
            if field.document == document.id and field.kind not in mapping.ANNOTATIONS
        }
        defaults = [slot for slot, person in enumerate(people) if person.id not in placed]
        matters = bool(defaults) or any(counted or envelope.fields[index].page < 0 for index in fields)
        pages = page_boxes(document) if matters else None
        if matters and pages is None:
            guessed.add(document.id)
        for index in fields:
            place = _field_place(envelope, index, pages)
            if place is None:
                nowhere += [index] if pages is None else []
            else:
                places.append(place)
        first = pages[0] if pages else A4_PORTRAIT
        places += [
            Place(
                document=document.id,
                signatory=people[slot].id,
                kind=FieldKind.SIGNATURE,
                page=1,
                rect=default_rect(slot, first),
                box=first,
            )
            for slot in defaults
        ]
    return Layout(places=tuple(places), guessed=frozenset(guessed), nowhere=tuple(nowhere))


def _fields_with_a_place(envelope: Envelope) -> tuple[int, ...]:
    """Return the indices of fields that have a rectangle on some page, of somebody who signs."""
    people = {person.id for person in envelope.signers}
    return tuple(
        index
        for index, field in enumerate(envelope.fields)
        if field.rect is not None and field.page != 0 and field.signatory in people
    )


def _field_place(envelope: Envelope, index: int, pages: tuple[PageBox, ...] | None) -> Place | None:
    """Return a field's place; ``None`` if its document has no such page, as far as one can see."""
    field = envelope.fields[index]
    page = field.page
    if page < 0:
        page += 1 + len(pages or ())
    if page < 1 or (pages is not None and page > len(pages)) or field.rect is None:
        return None
    return Place(
        document=field.document,
        signatory=field.signatory,
        kind=field.kind,
        page=page,
        rect=field.rect,
        box=pages[page - 1] if pages is not None else A4_PORTRAIT,
        field=index,
    )


def default_rect(slot: int, page: PageBox) -> Rect:
    """Return the default place of the signatory with this position, counted from 0, on a page."""
    size = page.size
    per_row = max(1, int((size.width - 2 * MARGIN + GAP) // (WIDTH + GAP)))
    row, column = divmod(slot, per_row)
    return Rect(
        x=MARGIN + column * (WIDTH + GAP),
        y=size.height - MARGIN - HEIGHT - row * (HEIGHT + GAP),
        width=WIDTH,
        height=HEIGHT,
    )


def overlaps(places: tuple[Place, ...]) -> Iterator[tuple[Place, Place]]:
    """Yield each default place with the first other place that lies over it."""
    pages: dict[tuple[str, int], list[Place]] = {}
    for place in places:
        pages.setdefault((place.document, place.page), []).append(place)
    for place in places:
        if place.field is None:
            beside = pages[place.document, place.page]
            over = (other for other in beside if other is not place and _overlap(place.rect, other.rect))
            if (found := next(over, None)) is not None:
                yield place, found


def _overlap(a: Rect, b: Rect) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


# The same in the vendor's numbers


def _placement(place: Place, dialect: Dialect) -> Placement:
    convention = convention_of(dialect)
    told, digits = coordinates_of(place.rect, place.box, convention), DIGITS[convention.unit]
    x, y, width, height = (round(each, digits) + 0.0 for each in attrs.astuple(told))  # + 0.0: never -0.0
    return Placement(
        key=_key(place),
        document=place.document,
        signatory=place.signatory,
        page=place.page - 1 + dialect.formats.page_base,
        x=x,
        y=y,
        width=width,
        height=height,
    )


def _key(place: Place) -> str:
    """Name a place's step. Local ids hold no ``:``, so that no two are the same."""
    what = "annotation" if place.kind in mapping.ANNOTATIONS else "signature"
    if place.field is None:
        return f"{what}:{place.document}:{place.signatory}"
    return f"{what}:field-{place.field}"
