"""SIGN8's neutral words and what they mean, as tables (contract section 4 and 5).

A dialect turns the vendor's own words into these; no spelling of the wire is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from paraph.model import FactType, FieldKind, Level, SignatureKind
from paraph_sign8.dialect import Word
from paraph_sign8.dialect.words import SignatureType, SignerStatus, WebhookEvent, WorkflowStatus

F = FactType

SIGNATURE_TYPES: Final[Mapping[SignatureKind, Mapping[Level, SignatureType]]] = MappingProxyType(
    {
        SignatureKind.SIGNATURE: MappingProxyType(
            {
                Level.SES: SignatureType.SIMPLE,
                Level.AES: SignatureType.ADVANCED,
                Level.QES: SignatureType.QUALIFIED,
            }
        ),
        SignatureKind.SEAL: MappingProxyType(
            {
                Level.AES: SignatureType.ADVANCED_SEAL,
                Level.QES: SignatureType.QUALIFIED_SEAL,
            }
        ),
    }
)
"""What gives a signature, or a seal, of a level; weakest first. There is no simple seal (contract 4). That an
advanced signature of SIGN8's has a qualified certificate is nowhere said, so nothing is AES_QC."""

NEEDS_PHONE: Final = frozenset(SignatureType) - {SignatureType.SIMPLE}
"""From advanced upward, and for seals, a mobile number is needed (contract 4)."""

SEALS: Final = frozenset({SignatureType.ADVANCED_SEAL, SignatureType.QUALIFIED_SEAL})

ANNOTATIONS: Final = frozenset({FieldKind.DATE, FieldKind.TEXT, FieldKind.INITIALS})
"""Fields that are annotations; the others are signatures. Words of a dialect are called like the kinds."""

WORKFLOW_FACTS: Final[Mapping[WorkflowStatus, FactType]] = MappingProxyType(
    {
        WorkflowStatus.DRAFT: F.ENVELOPE_CREATED,
        WorkflowStatus.ACTIVE: F.ENVELOPE_SENT,
        # Unlike elsewhere this word is exact: a workflow is completed only when all have signed.
        WorkflowStatus.COMPLETED: F.ENVELOPE_COMPLETED,
        # Inferred: one refusal ends the workflow, since the vendor's webhook speaks of the workflow.
        WorkflowStatus.REFUSED: F.ENVELOPE_DECLINED,
        WorkflowStatus.EXPIRED: F.ENVELOPE_EXPIRED,
        WorkflowStatus.CANCELLED: F.ENVELOPE_CANCELLED,
    }
)
"""What a workflow's status is in neutral facts."""

ENDED: Final = frozenset(WorkflowStatus) - {WorkflowStatus.DRAFT, WorkflowStatus.ACTIVE}
"""Statuses after which nothing more happens."""

SIGNER_FACTS: Final[Mapping[SignerStatus, FactType | None]] = MappingProxyType(
    {
        # Sequential dispatch: it is not their turn yet, so nothing has happened.
        SignerStatus.WAITING: None,
        SignerStatus.INVITED: F.SIGNATORY_INVITED,
        SignerStatus.OPENED: F.SIGNATORY_OPENED,
        SignerStatus.SIGNED: F.SIGNATORY_SIGNED,
        SignerStatus.REFUSED: F.SIGNATORY_DECLINED,
    }
)
"""What a signer's status is."""

WORKFLOW_EVENTS: Final[Mapping[WebhookEvent, FactType]] = MappingProxyType(
    {
        WebhookEvent.REFUSED: F.ENVELOPE_DECLINED,
        WebhookEvent.EXPIRED: F.ENVELOPE_EXPIRED,
        WebhookEvent.COMPLETED: F.ENVELOPE_COMPLETED,
        WebhookEvent.CANCELLED: F.ENVELOPE_CANCELLED,
    }
)
"""What a webhook says about its workflow."""

SIGNER_EVENTS: Final[Mapping[WebhookEvent, FactType]] = MappingProxyType(
    {
        WebhookEvent.REFUSED: F.SIGNATORY_DECLINED,
        WebhookEvent.SIGNED: F.SIGNATORY_SIGNED,
        WebhookEvent.OPENED: F.SIGNATORY_OPENED,
    }
)
"""What a webhook says about the signer that it names."""


def word_of(table: Mapping[str, Word], neutral: str) -> Word | None:
    """Return the vendor's word for one of ours; ``None`` if it cannot be said.

    ``False`` and ``0`` are words; an empty text is none.
    """
    word = table.get(neutral)
    return None if word is None or word == "" else word
