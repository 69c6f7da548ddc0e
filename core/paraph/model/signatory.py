"""Signatories: who is asked to do what, in which stage, and how they are reached."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum

import attrs

from paraph.model._kinds import Unpicklable
from paraph.model.assurance import Assurance, SignatureKind


class Verb(StrEnum):
    """What is asked of a participant. Not every vendor knows every verb; preflight says so."""

    SIGN = "sign"
    APPROVE = "approve"
    SEAL = "seal"
    RECEIVE_COPY = "receive_copy"


class DeliveryBy(StrEnum):
    """How the signatory reaches the signing page."""

    EMAIL = "email"
    """The vendor writes to the signatory."""
    LINK = "link"
    """The application fetches a link (``client.signing_link``) and hands it over."""
    ACCOUNT = "account"
    """As the defaults of the account say that carries the envelope; by e-mail if they say nothing."""


def _stripped(value: str) -> str:
    return value.strip()


def _stripped_or_none(value: str | None) -> str | None:
    return None if value is None else value.strip()


@attrs.frozen(kw_only=True)
class Signatory(Unpicklable):
    """One person or legal person that takes part.

    Everything about the person is personal data: never in a repr, log or error.

    :ivar id: local id that the application controls, unique within the envelope; it appears in
        reprs, events and messages, so name nobody with it.
    :ivar phone: E.164, such as ``+33612345678``.
    :ivar language: two-letter ISO 639-1 code.
    :ivar nationality: two-letter ISO 3166-1 code, as ``birth_country``.
    :ivar stage: signatories of stage 1 act before those of stage 2; equal numbers act in parallel.
    :ivar assurance: level asked of this signatory; ``None`` takes the envelope's, and so does
        one without level and floor, which then only names the regime.
    """

    id: str = ""
    given_name: str = attrs.field(default="", converter=_stripped, repr=False)
    family_name: str = attrs.field(default="", converter=_stripped, repr=False)
    email: str = attrs.field(default="", converter=_stripped, repr=False)
    phone: str | None = attrs.field(default=None, converter=_stripped_or_none, repr=False)
    language: str | None = None
    nationality: str | None = attrs.field(default=None, repr=False)
    birth_date: date | None = attrs.field(default=None, repr=False)
    birth_place: str | None = attrs.field(default=None, repr=False)
    birth_country: str | None = attrs.field(default=None, repr=False)
    verb: Verb = attrs.field(default=Verb.SIGN, converter=Verb)
    stage: int = 1
    kind: SignatureKind = attrs.field(default=SignatureKind.SIGNATURE, converter=SignatureKind)
    delivery: DeliveryBy = attrs.field(default=DeliveryBy.EMAIL, converter=DeliveryBy)
    assurance: Assurance | None = None

    @classmethod
    def parse(
        cls,
        mailbox: str,
        *,
        id: str = "",  # noqa: A002 - the field's name
        delivery: DeliveryBy | str = DeliveryBy.EMAIL,
    ) -> Signatory:
        """Read ``Ada Lovelace <ada@example.org>``; the last word is the family name.

        :raises ValueError: there is no name or no address.
        """
        found = re.fullmatch(r"\s*([^<>]+?)\s*<\s*([^<>\s]+@[^<>\s]+)\s*>\s*", mailbox)
        if found is None:
            msg = 'write a signatory as "Given Family <address@example.org>"'
            raise ValueError(msg)
        words = found[1].split()
        given, family = (" ".join(words[:-1]), words[-1]) if len(words) > 1 else ("", words[0])
        return cls(id=id, given_name=given, family_name=family, email=found[2], delivery=delivery)

    @property
    def full_name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()


def slug(text: str) -> str:
    """Make a local id of any text: ASCII letters, digits and hyphens; may be empty."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:64]
