"""Ignisign's words and what they mean, as tables (contract section 5).

Those of webhooks are in :mod:`paraph_ignisign.vocabulary`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from paraph.model import DeliveryBy, EvidenceKind, FactType, Level

F = FactType

AMBIGUOUS_END: Final = "COMPLETED"
GENERATED: Final = "CHILDREN_GENERATED"
"""Status of a request that children were made of; nothing more happens to it."""

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
        GENERATED: F.ENVELOPE_CREATED,
        "WAITING_DOCUMENTS": F.ENVELOPE_CREATED,
        "WAITING_DOCUMENTS_GENERATION": F.ENVELOPE_CREATED,
    }
)
"""What a request's status is in neutral words, the removed ones included (contract 5)."""

UNPUBLISHED: Final = frozenset({"DRAFT", "WAITING_DOCUMENTS", "WAITING_DOCUMENTS_GENERATION"})
"""Statuses of a request that nobody was asked to sign yet. Closing a draft gives CANCELLED, so that this word
does not tell whether there was anybody."""

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
        GENERATED,
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
        "FILE": "SIGNED_DATA",
        "DATA_JSON": "SIGNED_DATA",
        "DATA_XML": "SIGNED_DATA",
    }
)
"""Proof type that holds the signed document, by nature. A ``PRIVATE_FILE`` has none: only its owner
can join content and signatures."""

IMAGES: Final = frozenset({"image/png", "image/jpeg", "image/jpg", "image/gif", "image/bmp", "image/tiff"})
"""Media types that the vendor can put into a PDF (contract 5). Assumption: it signs these in that PDF, and
other files as data."""


def signed_form(nature: str | None, media_type: str | None) -> str | None:
    """Return the proof type that holds a signed document, or ``None`` if there is none."""
    if nature == "FILE" and media_type in IMAGES:
        return SIGNED_FORM["PDF"]
    return SIGNED_FORM.get(nature or "")


LEGAL_KIT: Final = "ADVANCED_LEGAL_KIT"


LEVELS: Final = (Level.SES, Level.AES, Level.QES)
"""Levels that the vendor has a signature method for, weakest first: none of its methods is AES_QC."""


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
