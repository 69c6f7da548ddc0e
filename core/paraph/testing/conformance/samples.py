"""What the checks send: small PDF files, people with everything a vendor may ask for, and envelopes.

All of it is invented, and each name is unusual enough to be recognised where it must not appear.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

import attrs

from paraph.model import Assurance, DeliveryBy, Document, Envelope, Signatory
from paraph.provider import Capabilities, Capability

ANCHOR: Final = "ConformanceAnchorHere"
"""A word that stands in every document of :func:`pdf`."""

MARKER: Final = "ConformanceMarker7291"
"""A word to look for in what a vendor is told."""

_PAGE: Final = (
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
)


def pdf(text: str, *, pages: int = 2) -> bytes:
    """Make a sound PDF of A4 pages that all show ``text`` (ASCII without brackets) and :data:`ANCHOR`."""
    shown = f"BT /F1 12 Tf 72 770 Td ({text}) Tj 0 -40 Td ({ANCHOR}) Tj ET".encode("ascii")
    kids = b" ".join(b"%d 0 R" % number for number in range(5, 5 + pages))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, pages),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(shown), shown),
        *(_PAGE for _ in range(pages)),
    ]
    written, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(written))
    return b"%sxref\n0 %d\n0000000000 65535 f \n%s%s" % (written, size, rows, trailer)


CONTRACT: Final = pdf("Conformance contract")
ANNEX: Final = pdf("Conformance annex")

_NAMES: Final = (("Adelgunde", "Quintessar"), ("Balthasar", "Wexholm"), ("Cosima", "Zyprensky"))


def people(count: int = 1, *, delivery: DeliveryBy = DeliveryBy.EMAIL) -> tuple[Signatory, ...]:
    """Make people with everything a vendor may ask for: ``p1``, ``p2`` and so on, at most three."""
    return tuple(
        Signatory(
            id=f"p{number}",
            given_name=given,
            family_name=family,
            email=f"{given}.{family}@example.org".lower(),
            phone=f"+3361234560{number}",
            nationality="FR",
            birth_date=date(1980, 5, number),
            birth_place="Paris",
            birth_country="FR",
            delivery=delivery,
        )
        for number, (given, family) in enumerate(_NAMES[:count], start=1)
    )


def document(name: str = "contract.pdf", content: bytes = CONTRACT, **more: Any) -> Document:
    """Make a document out of bytes."""
    return Document.from_bytes(content, name=name, **more)


def envelope(offered: Capabilities, *, persons: int = 1, **changes: Any) -> Envelope:
    """Make the smallest envelope: a PDF, a person, the weakest level, by e-mail where that is offered."""
    delivery = DeliveryBy.EMAIL if Capability.DELIVERY_EMAIL in offered else DeliveryBy.LINK
    given: dict[str, Any] = {
        "title": "Conformance",
        "documents": (document(),),
        "signatories": people(persons, delivery=delivery),
        "assurance": Assurance(level=min(offered.levels)) if offered.levels else Assurance(),
    }
    return Envelope(**{**given, **changes})


def changed(signatories: Iterable[Signatory], **by_id: dict[str, Any]) -> tuple[Signatory, ...]:
    """Return the same people, some of them changed: ``changed(people, p2={"stage": 2})``."""
    return tuple(attrs.evolve(person, **by_id.get(person.id, {})) for person in signatories)


def personal(signatories: Iterable[Signatory]) -> frozenset[str]:
    """Return the words that may stand in no message, representation or log."""
    return frozenset(
        word for person in signatories for word in (person.family_name, person.email, person.phone) if word
    )
