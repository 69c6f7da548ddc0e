"""The envelope: what an application asks for. Frozen, complete, without vendor words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

import attrs

from paraph.model._kinds import Unpicklable, aware_utc, to_tuple
from paraph.model.assurance import Assurance
from paraph.model.document import Document, DocumentRole
from paraph.model.field import Field
from paraph.model.signatory import Signatory, Verb

OptionsT = TypeVar("OptionsT")


class StageRule(StrEnum):
    """When a stage is over."""

    ALL = "all"
    ANY = "any"


@attrs.frozen(kw_only=True)
class Stage:
    """One step of the signing order. Stages that are not described follow the rule ``all``.

    :ivar number: the number that signatories name in ``stage``; lower ones come first.
    """

    number: int
    rule: StageRule = attrs.field(default=StageRule.ALL, converter=StageRule)
    name: str = ""


def _with_ids(signatories: Iterable[Signatory]) -> tuple[Signatory, ...]:
    """Give signatories without a local id one by position: ``s1``, ``s2`` and so on."""
    return tuple(
        person if person.id else attrs.evolve(person, id=f"s{position}")
        for position, person in enumerate(to_tuple(signatories), start=1)
    )


# attrs types a constructor's argument by its converter, so each sequence has one of its own.


def _documents(values: Iterable[Document]) -> tuple[Document, ...]:
    return to_tuple(values)


def _fields(values: Iterable[Field]) -> tuple[Field, ...]:
    return to_tuple(values)


def _stages(values: Iterable[Stage]) -> tuple[Stage, ...]:
    return to_tuple(values)


def _tags(values: Iterable[str]) -> tuple[str, ...]:
    return to_tuple(values)


def _options(values: Iterable[object]) -> tuple[object, ...]:
    return to_tuple(values)


@attrs.frozen(kw_only=True)
class Envelope(Unpicklable):
    """One signing process: documents, signatories and the terms.

    Building one never fails because of its content: ``client.check`` and
    ``client.send`` list everything that is wrong at once.

    :ivar id: identifies the envelope for ever; sending the same id again never sends twice.
    :ivar reference: your own reference, such as a contract number; searchable.
    :ivar assurance: level, floor and regime for every signatory that names none.
    :ivar language: two-letter ISO 639-1 code of mails and pages.
    :ivar country: two-letter ISO 3166-1 code of the governing law; used by routes.
    :ivar expires_at: aware; after it nobody can sign. ``scheduled_at``: aware; sent then.
    :ivar options: instances of providers' own option classes; each provider reads its own.
    """

    title: str = attrs.field(default="", repr=False)
    documents: tuple[Document, ...] = attrs.field(default=(), converter=_documents)
    signatories: tuple[Signatory, ...] = attrs.field(default=(), converter=_with_ids)
    fields: tuple[Field, ...] = attrs.field(default=(), converter=_fields)
    stages: tuple[Stage, ...] = attrs.field(default=(), converter=_stages)
    message: str = attrs.field(default="", repr=False)
    reference: str = ""
    assurance: Assurance = attrs.field(factory=Assurance)
    language: str | None = None
    country: str | None = None
    tenant: str = ""
    tags: tuple[str, ...] = attrs.field(default=(), converter=_tags)
    expires_at: datetime | None = attrs.field(default=None, converter=aware_utc)
    scheduled_at: datetime | None = attrs.field(default=None, converter=aware_utc)
    options: tuple[object, ...] = attrs.field(default=(), converter=_options, repr=False)
    id: str = attrs.field(factory=lambda: uuid.uuid4().hex)

    def assurance_of(self, signatory: Signatory) -> Assurance:
        """Return what is asked of this signatory: their own assurance or the envelope's.

        An assurance that names neither level nor floor says only the regime: both come from
        the envelope, so that naming a law never weakens what is asked.
        """
        own = signatory.assurance
        if own is None:
            return self.assurance
        return own if own.least is not None else attrs.evolve(self.assurance, regime=own.regime)

    def options_of(self, kind: type[OptionsT]) -> OptionsT | None:
        """Return the options instance of that class, or ``None``."""
        return next((option for option in self.options if isinstance(option, kind)), None)

    @property
    def signers(self) -> tuple[Signatory, ...]:
        """Those whose decision the envelope waits for: everyone but recipients of copies."""
        return tuple(person for person in self.signatories if person.verb is not Verb.RECEIVE_COPY)

    @property
    def signed_documents(self) -> tuple[Document, ...]:
        """The documents that get signatures, without attachments."""
        return tuple(document for document in self.documents if document.role is DocumentRole.SIGNED)
