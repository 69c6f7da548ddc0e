"""What a signature request consists of: documents, statements and signers, in answers of several subjects."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from paraph.convert import named
from paraph_ignisign.wire._fields import Told, hidden, record_id, vendor_id


@attrs.frozen(kw_only=True)
class SignatureSummary:
    """Who signed a document, and when."""

    signature_id: str | None = None
    signer_id: str | None = None
    date: datetime | None = None


@attrs.frozen(kw_only=True)
class Statement:
    """A sentence, in Markdown, that signers agree to."""

    id: str | None = attrs.field(default=None, metadata=named("_id"))
    document_id: str | None = None
    label_md: str | None = hidden()


@attrs.frozen(kw_only=True)
class Document:
    """A document, alone or inside a request's context. ``file_size`` is in bytes.

    :ivar signature_summaries: told in contexts only, as ``statements`` are.
    :ivar document_hash: absent before content is given; hex or base64, as it was given.
    """

    id: str = record_id("documentId")
    document_nature: str | None = None
    status: str | None = None
    signature_request_id: str | None = None
    external_id: str | None = None
    label: str | None = hidden()
    description: str | None = hidden()
    file_name: str | None = hidden()
    file_size: int | None = None
    mime_type: str | None = None
    document_hash: str | None = None
    data_json_content: str | None = hidden()
    created_at: datetime | None = attrs.field(default=None, metadata=named("_createdAt"))
    related_document_id: Told[str] = None
    related_document_type: Told[str] = None
    template_displayer_id: Told[str] = None
    template_displayer_version: Told[int] = None
    data_visualization_available: Told[bool] = None
    signature_summaries: tuple[SignatureSummary, ...] | None = None
    statements: Told[tuple[Statement, ...]] = None


@attrs.frozen(kw_only=True)
class Signer:
    """A signer as listings show it.

    :ivar already_provided_inputs: the vendor's names of the inputs that it has.
    :ivar seal_claims: as the vendor says it, whose shape is not documented.
    :ivar certificate_dissemination_agreement: as ``seal_claims``.
    """

    signer_id: str = vendor_id("signerId")
    external_id: str | None = None
    first_name: str | None = hidden()
    last_name: str | None = hidden()
    email: str | None = hidden()
    status: str | None = None
    signer_profile_id: str | None = None
    already_provided_inputs: tuple[str, ...] | None = None
    is_recurrent: bool | None = None
    from_user_id: Told[str] = None
    seal_claims: Any = attrs.field(default=None, repr=False)
    certificate_dissemination_agreement: Any = attrs.field(default=None, repr=False)
