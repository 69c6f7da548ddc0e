"""What actions on documents, their signatures and their files take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs

from paraph.flow.commands import MAX_ANSWER
from paraph.model import Document
from paraph_ignisign.params._fields import AppRef, hidden, request_id

PDF_PROOF = "PDF_WITH_SIGNATURES"
"""The kind of proof that is a signed PDF."""


@attrs.frozen(kw_only=True)
class DocumentRef:
    """One document."""

    document_id: str


@attrs.frozen(kw_only=True)
class NewDocument(AppRef):
    """An empty document of a draft. A private one needs a label."""

    signature_request_id: str = request_id()
    label: str | None = hidden()
    description: str | None = hidden()
    external_id: str | None = None
    template_displayer_id: str | None = None
    template_displayer_version: int | None = None


@attrs.frozen(kw_only=True)
class DocumentUpdate:
    """Other words for a document of a draft; what is left out stays as it is."""

    document_id: str
    label: str | None = hidden()
    description: str | None = hidden()
    external_id: str | None = None
    template_displayer_id: str | None = None
    template_displayer_version: int | None = None


@attrs.frozen(kw_only=True)
class DocumentFile:
    """A file for a document: its content, or a copy to be checked; streamed from where it is."""

    document_id: str
    document: Document


@attrs.frozen(kw_only=True)
class DocumentJson:
    """Structured data as the content of a document: any JSON value but ``null``."""

    document_id: str
    json_content: Any = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class DocumentDigest:
    """Only the SHA-256 of a document, base64 or hex."""

    document_id: str
    document_hash: str


@attrs.frozen(kw_only=True)
class SignatureRef:
    """One signature on a document."""

    document_id: str
    signature_id: str


@attrs.frozen(kw_only=True)
class Fetch:
    """Where a file goes: ``to`` a path, which is replaced once the file is complete, or into memory.

    :ivar limit: most bytes that are held in memory.
    """

    to: Path | None = None
    limit: int = MAX_ANSWER


@attrs.frozen(kw_only=True)
class OriginalOf(Fetch):
    """The original of a document."""

    document_id: str


@attrs.frozen(kw_only=True)
class ProofOf(Fetch):
    """A proof of a document: PDF_WITH_SIGNATURES, ADVANCED_LEGAL_KIT or SIGNED_DATA."""

    document_id: str
    signature_type: str = PDF_PROOF


@attrs.frozen(kw_only=True)
class SignerProofOf(Fetch):
    """What one signer's key made of a document, in a low-level form.

    These are CADES, PKCS7, PADES_ATTACHED, JWSDET, JWSATT, JADESDET, JADESATT, XADESDET, XADESATT, XMLDSIGDET
    and XMLDSIGATT.
    """

    document_id: str
    signer_id: str
    signature_type: str


@attrs.frozen(kw_only=True)
class OriginalOfRequest(Fetch):
    """The original of a request's document; without ``document_id`` the first one."""

    signature_request_id: str = request_id()
    document_id: str | None = None


@attrs.frozen(kw_only=True)
class SignedOfRequest(OriginalOfRequest):
    """The signed form of a request's document; without ``document_id`` the first one."""

    signature_type: str = PDF_PROOF
