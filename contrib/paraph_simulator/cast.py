"""Who and what a demo's envelopes are made of: the same people, documents and terms for every account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from paraph import Assurance, Capabilities, Capability, DeliveryBy, Document, Envelope, Level, Signatory
from paraph_simulator import documents

PEOPLE = (
    ("ada", "Ada", "Lovelace", "+447700900001"),
    ("charles", "Charles", "Babbage", "+447700900002"),
)
"""Local id, names, and a phone number of a range that no network gives out."""

REASON = "The price was agreed otherwise"
"""Why the last signatory refuses, where one does."""

LEVELS = (Level.AES, Level.SES)
"""What is asked for, best first. A qualified signature needs an identity that nobody here has."""


def papers(given: Path | None) -> dict[str, bytes]:
    """Return the documents by their local ids: a contract, drawn unless a PDF was given, and its annex."""
    names = tuple(f"{first} {last}" for _, first, last, _ in PEOPLE)
    contract = documents.contract(names) if given is None else given.read_bytes()
    return {"contract": contract, "annex": documents.annex()}


def envelope(originals: Mapping[str, bytes], offers: Iterable[Capabilities]) -> Envelope:
    """Make the envelope. What the accounts offer decides its level, and whether links go by e-mail."""
    every = tuple(offers)
    by_link = all(Capability.SIGNING_LINK in each for each in every)
    level = next((level for level in LEVELS if all(level in each.levels for each in every)), None)
    return Envelope(
        title="Contract for one analytical engine",
        reference="demo",
        assurance=Assurance(level=level),
        documents=[
            Document.from_bytes(content, id=name, name=f"{name}.pdf") for name, content in originals.items()
        ],
        signatories=[
            Signatory(
                id=local,
                given_name=first,
                family_name=last,
                email=f"{local}@example.org",
                phone=phone,
                delivery=DeliveryBy.LINK if by_link else DeliveryBy.EMAIL,
            )
            for local, first, last, phone in PEOPLE
        ],
    )
