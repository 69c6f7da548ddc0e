"""Answers about documents, their signatures and their files."""

from __future__ import annotations

from typing import Any, TypeAlias

import attrs

from paraph.convert import named
from paraph_ignisign.wire._fields import Told, hidden, record_id, vendor_id
from paraph_ignisign.wire.parts import Document


@attrs.frozen(kw_only=True)
class DocumentId:
    """The id of a document."""

    document_id: str = vendor_id("documentId")


DocumentContext: TypeAlias = Document
"""A document with its statements and who signed it: they are fields of every document."""


@attrs.frozen(kw_only=True)
class Documents:
    """The documents of one request."""

    documents: tuple[Document, ...] = ()


@attrs.frozen(kw_only=True)
class SignatureFile:
    """One form in which a signature was made, such as ``CADES``.

    :ivar signature_file_path: where the vendor keeps it; nothing can be fetched by it.
    """

    type: str | None = None
    signing_time: str | None = None
    signature_file_path: Told[str] = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class Signature:
    """One signature of one signer on one document.

    :ivar ocsp_check_value: as the vendor says it, whose shape is not documented.
    """

    id: str = record_id("signatureId")
    signer_id: str | None = None
    signer_key_id: str | None = None
    session_id: str | None = None
    document_id: str | None = None
    content_hash: str | None = None
    status: str | None = None
    mode: str | None = None
    signing_ip: str | None = hidden()
    eidas_level: str | None = None
    reason_label: str | None = hidden()
    contact_info_label: str | None = hidden()
    location_label: str | None = hidden()
    signer_name_label: str | None = hidden()
    signatures: tuple[SignatureFile, ...] | None = None
    ocsp_check_value: Any = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class SignatureImage:
    """The image that a signer drew or typed, in base64."""

    signer_id: str
    image: str | None = attrs.field(default=None, repr=False, metadata=named("imgB64"))


@attrs.frozen(kw_only=True)
class SignatureImages:
    """The images of a document's signatures."""

    document_id: str | None = None
    signatures: tuple[SignatureImage, ...] = ()


@attrs.frozen(kw_only=True)
class Authenticity:
    """Whether a file is the one that was signed as this document."""

    document_id: str | None = None
    authenticity_validated: bool


@attrs.frozen(kw_only=True)
class FetchedFile:
    """A file that was downloaded.

    :ivar signed: ``False`` for the original as it was given, which bears no signature.
    :ivar native: the vendor's name of the kind of proof; empty for an original.
    :ivar media_type: as the vendor said, empty if it did not.
    :ivar size: bytes. :ivar sha256: hex digest.
    :ivar path: where it was written; ``content`` is ``None`` then.
    """

    document_id: str
    signed: bool
    native: str = ""
    media_type: str = ""
    size: int
    sha256: str
    path: str | None = None
    content: bytes | None = hidden()
