"""What a provider can do, as data that is readable without credentials or network."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import attrs

from paraph.model import EvidenceKind, Level, Regime, Verb


class Capability(StrEnum):
    """One ability. "Supported" means that it can be said to the vendor's API."""

    CANCEL = "cancel"
    """An envelope that was sent can be ended."""
    CLOSE_DRAFT = "close_draft"
    """A draft can be closed, and is seen to be, so that another account can carry the envelope."""
    REMIND = "remind"
    """A signatory can be reminded on demand."""
    READ_STATUS = "read_status"
    """The state of an envelope can be read at any time."""
    SEE_COMPLETION = "see_completion"
    """Completion becomes known, by reading or by a trusted delivery."""
    SEE_DECLINE = "see_decline"
    """A refusal becomes known as such."""
    WEBHOOKS = "webhooks"
    """The vendor calls us when something happens."""
    EVENT_LIST = "event_list"
    """Past deliveries can be listed, so missed ones are found."""
    MANAGE_WEBHOOKS = "manage_webhooks"
    """Webhook endpoints can be registered through the API."""
    DELIVERY_EMAIL = "delivery_email"
    """The vendor writes to signatories."""
    SIGNING_LINK = "signing_link"
    """The application can fetch a signatory's link and hand it over."""
    ATTACHMENTS = "attachments"
    """Documents can travel along without being signed."""
    DIGEST_DOCUMENTS = "digest_documents"
    """Only a document's SHA-256 is given; the content stays here."""
    JSON_DOCUMENTS = "json_documents"
    """Structured data can be signed."""
    NON_PDF_DOCUMENTS = "non_pdf_documents"
    """Files other than PDF can be signed."""
    SEVERAL_DOCUMENTS = "several_documents"
    """More than one document per envelope."""
    SEVERAL_SIGNATORIES = "several_signatories"
    """More than one signatory per envelope."""
    STAGES = "stages"
    """Signatories can be asked one after another."""
    STAGE_ANY = "stage_any"
    """A stage can be over when any one of its signatories acted."""
    FIELDS = "fields"
    """The place of a signature can be said by page and rectangle."""
    ANCHORS = "anchors"
    """The place of a signature can be said by a text in the document."""
    EXPIRY = "expiry"
    """The envelope can end by itself at a given time."""
    SCHEDULE = "schedule"
    """The envelope can be sent later by the vendor."""
    MESSAGE = "message"
    """A text for signatories can be given."""
    LANGUAGE = "language"
    """The language of mails and pages can be chosen."""
    SIGNATORY_LANGUAGE = "signatory_language"
    """It can be chosen per signatory."""
    SEALS = "seals"
    """Legal persons can seal."""
    ADOPT = "adopt"
    """An envelope that was made elsewhere can be taken over by its vendor id."""
    OUR_REFERENCE = "our_reference"
    """The vendor keeps our reference and gives it back."""


def _read_only(notes: Mapping[Capability, str]) -> Mapping[Capability, str]:
    return MappingProxyType(dict(notes))


@attrs.frozen(kw_only=True, eq=False)
class Capabilities:
    """What one provider, or one account of it, offers.

    :ivar notes: a sentence where a capability needs one, such as its condition.
    """

    supported: frozenset[Capability]
    levels: frozenset[Level]
    regimes: frozenset[Regime] = frozenset({Regime.EIDAS})
    verbs: frozenset[Verb] = frozenset({Verb.SIGN})
    evidence: frozenset[EvidenceKind] = frozenset()
    notes: Mapping[Capability, str] = attrs.field(default=MappingProxyType({}), converter=_read_only)

    def __contains__(self, capability: Capability) -> bool:
        return capability in self.supported

    def without(self, *capabilities: Capability) -> Capabilities:
        """Return these less some; an account may narrow what its provider offers, never widen."""
        return attrs.evolve(self, supported=self.supported - frozenset(capabilities))
