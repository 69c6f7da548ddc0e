"""An envelope with nobody in it: the same shape, with stand-ins for everything personal.

A dry run goes through the provider's own flow with this one. So nothing personal can come out at the other
end, in whatever form a vendor wants it: as one name, in capitals, or within a sentence. What is personal is
what no repr shows. Equal values stay equal, and different ones different.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import attrs

from paraph.model import Anchor, ContentKind, Document, Envelope, Field, Secret, Signatory

MASKED: Final = "masked"
"""Begins every stand-in that is a text of its own."""

NO_DATE: Final = date(1900, 1, 1)
NO_COUNTRY: Final = "ZZ"
"""A code that ISO 3166-1 leaves to its users."""

_NAMES: Final = ("given_name", "family_name", "birth_place")


class Masking:
    """The stand-ins of one envelope, by what they stand for."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def envelope(self, asked: Envelope) -> Envelope:
        """Return the envelope with stand-ins."""
        return attrs.evolve(
            asked,
            title=self._text(asked.title, "title"),
            message=self._text(asked.message, "message"),
            signatories=tuple(self._person(index, each) for index, each in enumerate(asked.signatories, 1)),
            documents=tuple(self._document(each) for each in asked.documents),
            fields=tuple(self._field(each) for each in asked.fields),
            options=tuple(self._option(each) for each in asked.options),
        )

    def answer(self, value: Any) -> Any:
        """Return a vendor's answer, as JSON, with stand-ins: it is compared with what is asked."""
        if isinstance(value, Mapping):
            return {key: self.answer(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.answer(each) for each in value]
        return self._known.get(value.strip().casefold(), value) if isinstance(value, str) else value

    def _text(self, value: str, word: str) -> str:
        if not value:
            return value
        return self._known.setdefault(value.strip().casefold(), f"{MASKED}.{word}")

    def _person(self, number: int, person: Signatory) -> Signatory:
        changed: dict[str, Any] = {
            name: self._text(getattr(person, name) or "", f"{name}.{person.id}") or getattr(person, name)
            for name in _NAMES
        }
        if person.email:
            key = person.email.casefold()
            changed["email"] = self._known.setdefault(key, f"{MASKED}.{person.id}@{MASKED}.invalid")
        if person.phone:
            changed["phone"] = self._known.setdefault(person.phone, f"+999{number:09d}")
        if person.birth_date:
            changed["birth_date"] = NO_DATE
        for name in ("nationality", "birth_country"):
            if getattr(person, name):
                changed[name] = NO_COUNTRY
        return attrs.evolve(person, **changed)

    def _document(self, document: Document) -> Document:
        stem, dot, extension = document.name.rpartition(".")
        name = self._text(document.name, f"{document.id}{dot}{extension if stem else ''}".rstrip("."))
        if document.kind is ContentKind.JSON:
            digest = hashlib.sha256(document.sha256.encode()).hexdigest()
            return Document.from_json({MASKED: digest}, name=name, id=document.id)
        return attrs.evolve(document, name=name, path=None)

    def _field(self, field: Field) -> Field:
        if field.anchor is None:
            return field
        anchor: Anchor = attrs.evolve(field.anchor, text=self._text(field.anchor.text, "anchor"))
        return attrs.evolve(field, anchor=anchor)

    def _option(self, option: Any) -> Any:
        """Mask the personal texts of a provider's options, also those of objects within them."""
        if isinstance(option, tuple):
            return tuple(self._option(each) for each in option)
        if isinstance(option, Secret) or not attrs.has(type(option)):
            return option
        changed: dict[str, Any] = {}
        for field in attrs.fields(type(option)):
            value = getattr(option, field.name)
            hidden = isinstance(value, str) and not field.repr
            changed[str(field.alias)] = self._text(value, field.name) if hidden else self._option(value)
        return attrs.evolve(option, **changed)


def secrets_in(*holders: object) -> frozenset[str]:
    """Return every secret that attrs objects hold, also within others."""
    found: set[str] = set()
    waiting = list(holders)
    while waiting:
        each = waiting.pop()
        if isinstance(each, Secret):
            found.add(each.reveal())
        elif isinstance(each, Mapping):
            waiting += each.values()
        elif isinstance(each, tuple | list | set | frozenset):
            waiting += each
        elif attrs.has(kind := type(each)):
            waiting += [getattr(each, field.name) for field in attrs.fields(kind)]
    return frozenset(found - {""})


LONG_ENOUGH: Final = 6
"""Characters from which on a secret is looked for within longer texts, too."""

HIDDEN: Final = "secret-not-shown"
"""Stands for a secret."""


def scrubbed(value: Any, secrets: frozenset[str]) -> Any:
    """Return JSON without any of these secrets."""
    if isinstance(value, Mapping):
        return {key: scrubbed(each, secrets) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [scrubbed(each, secrets) for each in value]
    if not isinstance(value, str):
        return value
    if value in secrets:
        return HIDDEN
    for secret in secrets:
        if len(secret) >= LONG_ENOUGH:
            value = value.replace(secret, HIDDEN)
    return value
