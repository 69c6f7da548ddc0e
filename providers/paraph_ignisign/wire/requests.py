"""Answers about signature requests."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs

from paraph.convert import named
from paraph.model import Secret
from paraph_ignisign.wire._fields import Told, hidden, later, record_id, vendor_id
from paraph_ignisign.wire.parts import Document, Signer, Statement

if TYPE_CHECKING:
    from paraph_ignisign.wire.signers import SignerProfile as _SignerProfile
else:
    _SignerProfile = later("paraph_ignisign.wire.signers", "SignerProfile")


@attrs.frozen(kw_only=True)
class RequestId:
    """The id of a signature request."""

    signature_request_id: str = vendor_id("signatureRequestId")


@attrs.frozen(kw_only=True)
class ProfileUsed:
    """Which signers of a request sign as which profile has it: with which method, in which version."""

    signer_profile_id: Told[str] = None
    signature_method_ref: Told[str] = None
    version: Any = None
    signer_ids: Told[tuple[str, ...]] = None


@attrs.frozen(kw_only=True)
class RequestSummary:
    """A signature request as lists show it.

    :ivar doc_file_name: of its document, as ``doc_label`` is; which one of several is not documented.
    """

    id: str = record_id("signatureRequestId")
    status: str = ""
    title: str | None = hidden()
    external_id: str | None = None
    created_at: datetime | None = attrs.field(default=None, metadata=named("_createdAt"))
    initial_signature_request_id: str | None = None
    signer_ids: tuple[str, ...] | None = None
    document_ids: tuple[str, ...] | None = None
    signature_request_type: Told[str] = None
    description: Told[str] = attrs.field(default=None, repr=False)
    language: Told[str] = None
    creator_id: Told[str] = None
    closed_at: Told[datetime] = None
    signed_by: Told[tuple[str, ...]] = None
    expiration_date: Told[datetime] = None
    expiration_date_is_activated: Told[bool] = None
    diffusion_mode: Told[str] = None
    diffusion_date: Told[datetime] = None
    default_signature_method: Told[str] = None
    signer_profiles_used: Told[tuple[ProfileUsed, ...]] = None
    signer_ids_as_approver: Told[tuple[str, ...]] = None
    recipients: Told[tuple[Any, ...]] = attrs.field(default=None, repr=False)
    individualize_requests: Told[bool] = None
    app_env_setting_version: Any = None
    m2m_id: Told[str] = None
    high_level_proof_cleaned: Told[bool] = None
    original_files_cleaned: Told[bool] = None
    doc_file_name: Told[str] = attrs.field(default=None, repr=False)
    doc_label: Told[str] = attrs.field(default=None, repr=False)


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
    """Everything that the vendor shows of a signature request.

    :ivar original_files_cleaned: retention has removed them, as ``high_level_proof_cleaned`` says of the
        proofs (contract 5).
    :ivar app_env_setting_version: a number or a text, which the contract does not say.
    :ivar signature_proofs_url: the page of all proofs; its token opens it for anyone.
    :ivar application_metadata: as the vendor says it, whose shape is not documented.
    :ivar signer_profiles: each as the action ``profiles.get`` tells it.
    """

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
    signature_proofs_url: Told[Secret] = None
    original_files_cleaned: Told[bool] = None
    high_level_proof_cleaned: Told[bool] = None
    creator_id: Told[str] = None
    m2m_id: Told[str] = None
    app_env_setting_version: Any = None
    application_metadata: Any = attrs.field(default=None, repr=False)
    signer_profiles_used: Told[tuple[ProfileUsed, ...]] = None
    signer_profiles: Told[tuple[_SignerProfile, ...]] = None
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
