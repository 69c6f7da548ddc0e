"""What Ignisign's webhooks say, as tables (contract 4.2 and 4.3).

Two vocabularies exist: the vendor's models (which its live samples use) and its quick-start guide; older
versions had further spellings. Every spelling has a row here, and no row is anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from paraph.model import EvidenceKind, FactType

F = FactType

TOPICS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "APP": "APP",
        "APPLICATION": "APP",
        "SIGNATURE": "SIGNATURE",
        "SIGNATURE_REQUEST": "SIGNATURE_REQUEST",
        "SIGNER": "SIGNER",
        "SIGNATURE_PROFILE": "SIGNATURE_PROFILE",
        "SIGNATURE_SESSION": "SIGNATURE_SESSION",
        "SIGNATURE_PROOF": "SIGNATURE_PROOF",
        "SIGNATURE_SIGNER_IMAGE": "SIGNATURE_SIGNER_IMAGE",
        "SIGNATURE_IMAGE": "SIGNATURE_SIGNER_IMAGE",
        "ID_PROOFING": "ID_PROOFING",
        "SIGNER_ID_PROOFING": "ID_PROOFING",
        "SIGNER_AUTH": "SIGNER_AUTH",
        "DOCUMENT_REQUEST": "DOCUMENT_REQUEST",
    }
)
"""Every spelling of a topic, and the one that the models use (contract 4.2)."""


ERROR: Final = "ERROR"
NATURES: Final = frozenset({"INFO", "SUCCESS", "WARNING", ERROR})
"""The natures of a message (contract 4.1). An error is a failure whatever its action."""


class Meaning(StrEnum):
    """What a topic and action say, whatever the vocabulary (contract 4.3)."""

    REQUEST_INITIALIZED = "request.initialized"
    REQUEST_UPDATED = "request.updated"
    REQUEST_PUBLISHED = "request.published"
    REQUEST_LAUNCHED = "request.launched"
    REQUEST_COMPLETED = "request.completed"
    REQUEST_CANCELLED = "request.cancelled"
    REQUEST_EXPIRED = "request.expired"
    REQUEST_CLOSED = "request.closed"
    """One of the three before; the content's status may say which."""
    REQUEST_FAILED = "request.failed"
    REQUEST_CHILDREN = "request.children_generated"
    REQUEST_APPROVER_STEP = "request.approver_step"
    REQUEST_WAITING = "request.waiting_documents"
    SIGNATURE_FINALIZED = "signature.finalized"
    SIGNATURE_FAILED = "signature.failed"
    SESSION_STARTED = "session.started"
    SESSION_UPDATED = "session.updated"
    PROOF_GENERATED = "proof.generated"
    PROOF_ADVANCED = "proof.advanced_generated"
    PROOF_FAILED = "proof.failed"
    PROOF_ADVANCED_FAILED = "proof.advanced_failed"
    IMAGE_GENERATED = "image.generated"
    IMAGE_FAILED = "image.failed"
    SIGNER_CREATED = "signer.created"
    SIGNER_INPUTS_ADDED = "signer.inputs_added"
    PROFILE_CREATED = "profile.created"
    PROFILE_ARCHIVED = "profile.archived"
    PROFILE_UPDATED = "profile.updated"
    APP_SETTINGS = "app.settings_updated"
    APP_MEMBERSHIP = "app.membership_updated"
    APP_ARCHIVED = "app.archived"
    # Without a neutral word, kept as unknown: requests for documents are gone from the models.
    DOCUMENT_REQUEST_PROVIDED = "docrequest.provided"
    DOCUMENT_REQUEST_FAILED = "docrequest.failed"


M = Meaning

ACTIONS: Final[Mapping[tuple[str, str], Meaning]] = MappingProxyType(
    {
        ("SIGNATURE_REQUEST", "INITIALIZED"): M.REQUEST_INITIALIZED,
        ("SIGNATURE_REQUEST", "INIT"): M.REQUEST_INITIALIZED,
        ("SIGNATURE_REQUEST", "UPDATED"): M.REQUEST_UPDATED,
        ("SIGNATURE_REQUEST", "UPDATE"): M.REQUEST_UPDATED,
        ("SIGNATURE_REQUEST", "READY"): M.REQUEST_PUBLISHED,
        ("SIGNATURE_REQUEST", "PUBLISH"): M.REQUEST_PUBLISHED,
        ("SIGNATURE_REQUEST", "LAUNCHED"): M.REQUEST_LAUNCHED,
        ("SIGNATURE_REQUEST", "COMPLETED"): M.REQUEST_COMPLETED,
        ("SIGNATURE_REQUEST", "CANCELLED"): M.REQUEST_CANCELLED,
        ("SIGNATURE_REQUEST", "EXPIRED"): M.REQUEST_EXPIRED,
        ("SIGNATURE_REQUEST", "CLOSED"): M.REQUEST_CLOSED,
        ("SIGNATURE_REQUEST", "FAILED"): M.REQUEST_FAILED,
        ("SIGNATURE_REQUEST", "CHILDREN_GENERATED"): M.REQUEST_CHILDREN,
        ("SIGNATURE_REQUEST", "CHILDREN_GERENATED"): M.REQUEST_CHILDREN,
        ("SIGNATURE_REQUEST", "APPROVER_STEP"): M.REQUEST_APPROVER_STEP,
        ("SIGNATURE_REQUEST", "WAITING_DOCUMENTS"): M.REQUEST_WAITING,
        ("SIGNATURE", "FINALIZED"): M.SIGNATURE_FINALIZED,
        ("SIGNATURE", "SIGNATURE_SUCCESS"): M.SIGNATURE_FINALIZED,
        ("SIGNATURE", "CREATED"): M.SIGNATURE_FINALIZED,
        ("SIGNATURE", "FAILED"): M.SIGNATURE_FAILED,
        ("SIGNATURE", "SIGNATURE_FAILED"): M.SIGNATURE_FAILED,
        ("SIGNATURE_SESSION", "INITIALIZED"): M.SESSION_STARTED,
        ("SIGNATURE_SESSION", "STARTED"): M.SESSION_STARTED,
        ("SIGNATURE_SESSION", "UPDATED"): M.SESSION_UPDATED,
        ("SIGNATURE_PROOF", "GENERATED"): M.PROOF_GENERATED,
        ("SIGNATURE_PROOF", "SIGNATURE_PROOF_GENERATED"): M.PROOF_GENERATED,
        ("SIGNATURE_PROOF", "ADV_GENERATED"): M.PROOF_ADVANCED,
        ("SIGNATURE_PROOF", "ADVANCED_PROOF_GENERATED"): M.PROOF_ADVANCED,
        ("SIGNATURE_PROOF", "FAILED"): M.PROOF_FAILED,
        ("SIGNATURE_SIGNER_IMAGE", "GENERATED"): M.IMAGE_GENERATED,
        ("SIGNATURE_SIGNER_IMAGE", "FAILED"): M.IMAGE_FAILED,
        ("SIGNER", "CREATED"): M.SIGNER_CREATED,
        ("SIGNER", "INPUTS_ADDED"): M.SIGNER_INPUTS_ADDED,
        ("SIGNER", "CLAIM_UPDATED"): M.SIGNER_INPUTS_ADDED,
        ("SIGNER", "CLAIMS_UPDATED"): M.SIGNER_INPUTS_ADDED,
        ("SIGNATURE_PROFILE", "CREATED"): M.PROFILE_CREATED,
        ("SIGNATURE_PROFILE", "ARCHIVED"): M.PROFILE_ARCHIVED,
        ("SIGNATURE_PROFILE", "UPDATED"): M.PROFILE_UPDATED,
        ("APP", "SETTINGS_UPDATED"): M.APP_SETTINGS,
        ("APP", "MEMBERSHIP_UPDATED"): M.APP_MEMBERSHIP,
        ("APP", "ARCHIVED"): M.APP_ARCHIVED,
        ("DOCUMENT_REQUEST", "PROVIDED"): M.DOCUMENT_REQUEST_PROVIDED,
        ("DOCUMENT_REQUEST", "DOC_PROVIDED"): M.DOCUMENT_REQUEST_PROVIDED,
        ("DOCUMENT_REQUEST", "FAILED"): M.DOCUMENT_REQUEST_FAILED,
    }
)
"""Topic (models' spelling) and action, in every spelling (contract 4.3)."""

FAILURES: Final[Mapping[Meaning, Meaning]] = MappingProxyType(
    {
        M.REQUEST_PUBLISHED: M.REQUEST_FAILED,
        M.REQUEST_LAUNCHED: M.REQUEST_FAILED,
        M.REQUEST_FAILED: M.REQUEST_FAILED,
        M.SIGNATURE_FINALIZED: M.SIGNATURE_FAILED,
        M.SIGNATURE_FAILED: M.SIGNATURE_FAILED,
        M.SESSION_STARTED: M.SIGNATURE_FAILED,
        M.SESSION_UPDATED: M.SIGNATURE_FAILED,
        M.PROOF_GENERATED: M.PROOF_FAILED,
        M.PROOF_ADVANCED: M.PROOF_ADVANCED_FAILED,
        M.PROOF_FAILED: M.PROOF_FAILED,
        M.IMAGE_GENERATED: M.IMAGE_FAILED,
        M.IMAGE_FAILED: M.IMAGE_FAILED,
        M.DOCUMENT_REQUEST_PROVIDED: M.DOCUMENT_REQUEST_FAILED,
        M.DOCUMENT_REQUEST_FAILED: M.DOCUMENT_REQUEST_FAILED,
    }
)
"""What a message of nature ERROR says instead. An error of another meaning (an update that was
refused) ends nothing and has no word of ours."""

REQUEST_FACTS: Final[Mapping[Meaning, FactType]] = MappingProxyType(
    {
        M.REQUEST_INITIALIZED: F.ENVELOPE_CREATED,
        M.REQUEST_UPDATED: F.ENVELOPE_UPDATED,
        # Accepted, waiting for its launch: nobody can act yet.
        M.REQUEST_PUBLISHED: F.ENVELOPE_CREATED,
        M.REQUEST_LAUNCHED: F.ENVELOPE_SENT,
        # Also said of a request that was cancelled or expired after somebody had signed.
        M.REQUEST_COMPLETED: F.ENVELOPE_CLOSED,
        M.REQUEST_CLOSED: F.ENVELOPE_CLOSED,
        # Said only if nobody had signed.
        M.REQUEST_CANCELLED: F.ENVELOPE_CANCELLED,
        M.REQUEST_EXPIRED: F.ENVELOPE_EXPIRED,
        M.REQUEST_FAILED: F.ENVELOPE_FAILED,
        M.REQUEST_CHILDREN: F.ENVELOPE_CREATED,
        # Their turn, or their answer: the vendor does not say which, so a read tells who is asked.
        M.REQUEST_APPROVER_STEP: F.ENVELOPE_CREATED,
        M.REQUEST_WAITING: F.ENVELOPE_CREATED,
    }
)
"""What a request's news is in neutral words."""

SIGNER_FACTS: Final[Mapping[Meaning, FactType]] = MappingProxyType(
    {
        M.SESSION_STARTED: F.SIGNATORY_OPENED,
        M.SESSION_UPDATED: F.SIGNATORY_OPENED,
        M.SIGNATURE_FINALIZED: F.SIGNATORY_DOCUMENT_SIGNED,
        M.SIGNATURE_FAILED: F.SIGNATORY_FAILED,
    }
)
"""What a signer's news is."""

CONTACT_FACTS: Final[Mapping[Meaning, FactType]] = MappingProxyType(
    {M.SIGNER_CREATED: F.CONTACT_CREATED, M.SIGNER_INPUTS_ADDED: F.CONTACT_UPDATED}
)
"""What news of a person is, apart from any request."""

ACCOUNT_CHANGES: Final = frozenset(
    {
        M.PROFILE_CREATED,
        M.PROFILE_ARCHIVED,
        M.PROFILE_UPDATED,
        M.APP_SETTINGS,
        M.APP_MEMBERSHIP,
        M.APP_ARCHIVED,
    }
)
"""News of the application itself."""

EVIDENCE_FACTS: Final[Mapping[Meaning, tuple[FactType, EvidenceKind]]] = MappingProxyType(
    {
        M.PROOF_GENERATED: (F.EVIDENCE_READY, EvidenceKind.SIGNED_DOCUMENT),
        M.PROOF_FAILED: (F.EVIDENCE_FAILED, EvidenceKind.SIGNED_DOCUMENT),
        M.PROOF_ADVANCED: (F.EVIDENCE_READY, EvidenceKind.PROOF),
        M.PROOF_ADVANCED_FAILED: (F.EVIDENCE_FAILED, EvidenceKind.PROOF),
        M.IMAGE_GENERATED: (F.EVIDENCE_READY, EvidenceKind.SIGNATURE_IMAGE),
        M.IMAGE_FAILED: (F.EVIDENCE_FAILED, EvidenceKind.SIGNATURE_IMAGE),
    }
)
"""Which artefact of a document was made, or could not be."""

SHOWN_BY_A_READ: Final = frozenset(
    {
        M.REQUEST_PUBLISHED,
        M.REQUEST_LAUNCHED,
        M.REQUEST_COMPLETED,
        M.REQUEST_CANCELLED,
        M.REQUEST_EXPIRED,
        M.REQUEST_CLOSED,
        M.REQUEST_FAILED,
        M.REQUEST_CHILDREN,
        M.SIGNATURE_FINALIZED,
        M.PROOF_GENERATED,
        M.PROOF_FAILED,
    }
)
"""News that a request's context shows as well, so that a delivery which does not say of which request it
speaks (an error may come without content) is made good by reading the open ones."""

REPEATING: Final = frozenset(
    {
        F.ENVELOPE_UPDATED,
        F.SIGNATORY_FAILED,
        F.CONTACT_UPDATED,
        F.ACCOUNT_CHANGED,
    }
)
"""Facts that may be told several times, each with its own occurrence. A failed proof is not among them: a
read shows that it failed and not which time, and both have to be one event."""
