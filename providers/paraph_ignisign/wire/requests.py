"""Answers about signature requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from paraph.convert import named
from paraph.model import Secret
from paraph_ignisign.wire._fields import hidden, record_id, vendor_id
from paraph_ignisign.wire.parts import Document, Signer, Statement


@attrs.frozen(kw_only=True)
class RequestId:
    """The id of a signature request."""

    signature_request_id: str = vendor_id("signatureRequestId")


@attrs.frozen(kw_only=True)
class RequestSummary:
    """A signature request as lists show it."""

    id: str = record_id("signatureRequestId")
    status: str = ""
    title: str | None = hidden()
    external_id: str | None = None
    created_at: datetime | None = attrs.field(default=None, metadata=named("_createdAt"))
    initial_signature_request_id: str | None = None
    signer_ids: tuple[str, ...] | None = None
    document_ids: tuple[str, ...] | None = None


@attrs.frozen(kw_only=True)
class Paging:
    """Where a page stands in its list."""

    total: int | None = None
    page: int | None = None
    nb_events_per_page: int | None = None


@attrs.frozen(kw_only=True)
class RequestPage:
    """One page of signature requests."""

    signature_requests: tuple[RequestSummary, ...] = ()
    pagination_data: Paging | None = None


@attrs.frozen(kw_only=True)
class RequestStatus:
    """Id and status of one request."""

    signature_request_id: str = vendor_id("signatureRequestId")
    status: str


@attrs.frozen(kw_only=True)
class RequestStatuses:
    """Answer of the batch status."""

    signature_requests: tuple[RequestStatus, ...] = ()


@attrs.frozen(kw_only=True)
class RequestContext:
    """Everything that the vendor shows of a signature request."""

    id: str | None = attrs.field(default=None, metadata=named("_id", "signatureRequestId"))
    status: str
    signature_request_type: str | None = None
    title: str | None = hidden()
    description: str | None = hidden()
    language: str | None = None
    external_id: str | None = None
    created_at: datetime | None = attrs.field(default=None, metadata=named("_createdAt"))
    closed_at: datetime | None = None
    document_ids: tuple[str, ...] | None = None
    signer_ids: tuple[str, ...] | None = None
    signed_by: tuple[str, ...] | None = None
    expiration_date: datetime | None = None
    expiration_date_is_activated: bool | None = None
    diffusion_mode: str | None = None
    diffusion_date: datetime | None = None
    default_signature_method: str | None = None
    initial_signature_request_id: str | None = None
    signer_ids_as_approver: tuple[str, ...] | None = None
    recipients: tuple[Any, ...] | None = hidden()
    individualize_requests: bool | None = None
    signature_proof_status: str | None = None
    documents: tuple[Document, ...] | None = None
    signers: tuple[Signer, ...] | None = None
    statements: tuple[Statement, ...] | None = None


@attrs.frozen(kw_only=True)
class PublishedSigner:
    """One signer of a published request; the token opens the signing page."""

    signer_id: str
    signer_external_id: str | None = None
    token: Secret | None = None


@attrs.frozen(kw_only=True)
class Published:
    """Answer of publishing; older versions gave only the id."""

    signature_request_id: str | None = None
    signers_by_side: tuple[PublishedSigner, ...] | None = None
    signers_embedded: tuple[PublishedSigner, ...] | None = None
