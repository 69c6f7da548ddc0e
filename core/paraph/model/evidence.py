"""Evidence: typed artefacts that prove what was signed, by whom, when and how."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import attrs

from paraph.model._kinds import required_utc


class EvidenceKind(StrEnum):
    """What an artefact is."""

    SIGNED_DOCUMENT = "signed_document"
    """The document with its signatures inside (PAdES) or around it."""
    AUDIT_TRAIL = "audit_trail"
    """Who did what, when, from where."""
    PROOF = "proof"
    """A vendor's bundle of proofs."""
    SIGNATURE = "signature"
    """A detached signature."""
    SIGNATURE_IMAGE = "signature_image"
    """The picture of a drawn or typed signature; it proves nothing by itself."""
    CERTIFICATE = "certificate"
    TIMESTAMP_TOKEN = "timestamp_token"  # noqa: S105 - a kind of evidence, not a password
    MANIFEST = "manifest"
    """paraph's own list of the artefacts with their digests and origin."""
    ORIGINAL = "original"
    """The unsigned original; never given where a signed document was asked for."""


@attrs.frozen(kw_only=True)
class Evidence:
    """One artefact that a vendor can give for an envelope.

    :ivar key: identifies it within the envelope, such as ``signed_document/contract``.
    :ivar document_id: local id of the document, or ``None`` for the whole envelope.
    :ivar native: the vendor's own name of this kind.
    :ivar name: a file name to save it under; made by paraph, safe on every file system.
    :ivar sha256: hex digest, once fetched.
    """

    key: str
    kind: EvidenceKind
    name: str
    document_id: str | None = None
    vendor_ref: str = ""
    native: str = ""
    media_type: str = "application/octet-stream"
    signed: bool = True
    sha256: str | None = None
    size: int | None = None


@attrs.frozen(kw_only=True)
class SavedEvidence:
    """Evidence that was streamed to a file or file object.

    :ivar path: where it was written, or ``None`` for a file object.
    :ivar fetched_at: by our clock.
    """

    evidence: Evidence
    path: str | None
    sha256: str
    size: int
    fetched_at: datetime = attrs.field(validator=required_utc)
