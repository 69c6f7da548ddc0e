"""Ignisign's words and what they mean, as tables (contract sections 4 and 5).

Two vocabularies exist for webhooks: the vendor's models (which its live samples use) and its
quick-start guide; older versions had further spellings. Every spelling has a row here, and no row
is anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from paraph.model import DeliveryBy, EvidenceKind, FactType, Level

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
        M.PROOF_ADVANCED: M.PROOF_FAILED,
        M.PROOF_FAILED: M.PROOF_FAILED,
        M.IMAGE_GENERATED: M.IMAGE_FAILED,
        M.IMAGE_FAILED: M.IMAGE_FAILED,
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

PROOFS: Final[Mapping[Meaning, EvidenceKind]] = MappingProxyType(
    {
        M.PROOF_GENERATED: EvidenceKind.SIGNED_DOCUMENT,
        M.PROOF_FAILED: EvidenceKind.SIGNED_DOCUMENT,
        M.PROOF_ADVANCED: EvidenceKind.PROOF,
    }
)
"""Which evidence a proof's news is about."""

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

AMBIGUOUS_END: Final = "COMPLETED"

STATUSES: Final[Mapping[str, FactType]] = MappingProxyType(
    {
        "DRAFT": F.ENVELOPE_CREATED,
        "READY": F.ENVELOPE_CREATED,
        "LAUNCHING": F.ENVELOPE_CREATED,
        "IN_PROGRESS": F.ENVELOPE_SENT,
        "PROCESSING": F.ENVELOPE_SENT,
        AMBIGUOUS_END: F.ENVELOPE_CLOSED,
        "EXPIRED": F.ENVELOPE_EXPIRED,
        "CANCELLED": F.ENVELOPE_CANCELLED,
        "FAILED": F.ENVELOPE_FAILED,
        "LAUNCH_ERROR": F.ENVELOPE_FAILED,
        "CHILDREN_GENERATED": F.ENVELOPE_CREATED,
        "WAITING_DOCUMENTS": F.ENVELOPE_CREATED,
        "WAITING_DOCUMENTS_GENERATION": F.ENVELOPE_CREATED,
    }
)
"""What a request's status is in neutral words, the removed ones included (contract 5)."""

ENDED: Final = frozenset({AMBIGUOUS_END, "EXPIRED", "CANCELLED", "FAILED", "LAUNCH_ERROR"})
"""Statuses after which nothing more happens."""

INVITED: Final = frozenset({"IN_PROGRESS", "PROCESSING", AMBIGUOUS_END})
"""Statuses that only a launched request has, so that every signer was asked: they sign in parallel. A request
may become CANCELLED, EXPIRED or FAILED without a launch, and COMPLETED only after a signature."""

PUBLISHED: Final = frozenset(
    {
        "READY",
        "LAUNCHING",
        "IN_PROGRESS",
        "PROCESSING",
        AMBIGUOUS_END,
        "EXPIRED",
        "CHILDREN_GENERATED",
        "LAUNCH_ERROR",
    }
)
"""Statuses that only a published request has. Closing a draft gives CANCELLED, and what FAILED may follow
is not published, so these two prove nothing. Assumption: the clock of expirations leaves drafts alone."""

MODES: Final[Mapping[DeliveryBy, str]] = MappingProxyType(
    {DeliveryBy.EMAIL: "BY_SIDE", DeliveryBy.LINK: "EMBEDDED"}
)
"""Integration mode of the signer profile that a way of delivery needs."""

INPUTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "firstName": "given_name",
        "lastName": "family_name",
        "email": "email",
        "phoneNumber": "phone",
        "nationality": "nationality",
        "birthDate": "birth_date",
        "birthPlace": "birth_place",
        "birthCountry": "birth_country",
    }
)
"""The vendor's inputs, and the signatory's fields that hold them."""

NATIVE_PROOFS: Final[Mapping[str, EvidenceKind]] = MappingProxyType(
    {
        "PDF_WITH_SIGNATURES": EvidenceKind.SIGNED_DOCUMENT,
        "SIGNED_DATA": EvidenceKind.SIGNED_DOCUMENT,
        "ADVANCED_LEGAL_KIT": EvidenceKind.PROOF,
    }
)
"""The vendor's high-level proof types (C2PA is not implemented there)."""

SIGNED_FORM: Final[Mapping[str, str]] = MappingProxyType(
    {
        "PDF": "PDF_WITH_SIGNATURES",
        "PDF_ENCRYPTED": "PDF_WITH_SIGNATURES",
        "FILE": "PDF_WITH_SIGNATURES",
        "DATA_JSON": "SIGNED_DATA",
        "DATA_XML": "SIGNED_DATA",
    }
)
"""Proof type that holds the signed document, by nature. A ``PRIVATE_FILE`` has none: only its owner
can join content and signatures."""

LEGAL_KIT: Final = "ADVANCED_LEGAL_KIT"


def method_of(level: Level, aes_method: str) -> str | None:
    """Return the signature method for a level, or ``None`` if the vendor has none."""
    methods = {Level.SES: "SIMPLE_STD", Level.AES: aes_method, Level.QES: "QUALIFIED_STD"}
    return methods.get(level)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LANGUAGES: Final = _words(
    "AR BG BN CS DA DE EL EN ES ET FI FR GA HE HI HR HU IS IT JA KO LT LV MT NL NO PL PT RO RU SK SL SQ "
    "SR SV TR UK ZH"
)
"""Languages that any source names (contract 5)."""

COUNTRIES: Final = _words(
    "AD AE AF AG AI AL AM AO AR AS AT AU AW AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BR BS BT BW BY "
    "BZ CA CD CF CG CH CI CK CL CM CN CO CR CU CV CW CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI "
    "FJ FK FM FO FR GA GB GD GE GG GH GI GL GM GN GQ GR GS GT GU GW GY HK HN HR HT HU ID IE IL IM IN "
    "IQ IR IS IT JE JM JO JP KE KG KH KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD "
    "ME MF MG MK ML MM MN MO MR MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NZ OM PA PE PG PH "
    "PK PL PR PS PT PY QA RE RO RS RU RW SA SC SD SE SG SI SK SL SM SN SO SR SS ST SV SX SY SZ TD TG "
    "TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VE VG VI VN VU WF WS XK YE YT ZA ZM ZW "
)
"""Country codes that the API takes: 222, fewer than ISO 3166-1 has (contract appendix C)."""

EXTENSIONS: Final = _words(
    "ai bmp gif ico jpeg jpg png ps psd svg tif tiff key odp pps ppt pptx ods xls xlsm xlsx 3g2 3gp "
    "flv h264 m4v mkv mov mp4 mpg mpeg rm swf vob wmv doc docx odt pdf rtf tex wpd csv tar json xml "
    "7z arj deb rar rpm z zip txt md "
)
"""File name extensions that the vendor takes (contract 5)."""
