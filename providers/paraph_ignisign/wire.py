"""What Ignisign's answers look like, as far as they are used.

Liberal where the contract's section 9 lists a contradiction: ``_id`` beside ``signatureRequestId``
(15), lists that may come as one object or wrapped (13, 14, 17), nearly everything optional (18). Status
words stay text, so that a new one never breaks reading; :mod:`paraph_ignisign.mapping` gives them meaning.
Personal data and tokens never show in a repr.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import attrs
from cattrs import Converter

from paraph.convert import base_converter, camel, named
from paraph.model import Secret


def _id(name: str) -> Any:
    """Declare a vendor id: under its own name, or under ``_id`` as the database calls it."""
    return attrs.field(metadata=named(name, "_id"))


def _hidden(default: Any = None) -> Any:
    return attrs.field(default=default, repr=False)


@attrs.frozen(kw_only=True)
class Jwt:
    """Answer of the exchange (contract 1, action 1)."""

    jwt_token: Secret


@attrs.frozen(kw_only=True)
class SignerProfile:
    """How signatories of a kind identify themselves and reach the page."""

    id: str = _id("signerProfileId")
    name: str = ""
    status: str = "ACTIVE"
    integration_mode: str = ""
    signature_auth_methods_configuration: dict[str, Any] | None = None


@attrs.frozen(kw_only=True)
class InputsNeeded:
    """What a signer profile wants to know of a person, in the vendor's field names."""

    inputs_needed: tuple[str, ...] = ()
    optional_inputs: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class CreatedSigner:
    """A signer that was made, or found: ``already_exists`` says which, where the vendor says so."""

    signer_id: str = _id("signerId")
    auth_secret: Secret | None = None
    already_exists: bool | None = None


@attrs.frozen(kw_only=True)
class Signer:
    """A signer as listings show it."""

    signer_id: str = _id("signerId")
    external_id: str | None = None
    first_name: str | None = _hidden()
    last_name: str | None = _hidden()
    email: str | None = _hidden()
    status: str | None = None
    signer_profile_id: str | None = None


@attrs.frozen(kw_only=True)
class Signers:
    """One page of signers."""

    signers: tuple[Signer, ...] = ()
    total: int | None = None


@attrs.frozen(kw_only=True)
class NewSecret:
    """A signer's regenerated secret."""

    auth_secret: Secret


@attrs.frozen(kw_only=True)
class RequestId:
    """The id of a signature request."""

    signature_request_id: str = _id("signatureRequestId")


@attrs.frozen(kw_only=True)
class DocumentId:
    """The id of a document."""

    document_id: str = _id("documentId")


@attrs.frozen(kw_only=True)
class SignatureSummary:
    """Who signed a document, and when."""

    signature_id: str | None = None
    signer_id: str | None = None
    date: datetime | None = None


@attrs.frozen(kw_only=True)
class Document:
    """A document, alone or inside a request's context."""

    id: str = attrs.field(metadata=named("_id", "documentId"))
    document_nature: str | None = None
    status: str | None = None
    external_id: str | None = None
    label: str | None = _hidden()
    file_name: str | None = _hidden()
    mime_type: str | None = None
    document_hash: str | None = None
    signature_summaries: tuple[SignatureSummary, ...] | None = None


@attrs.frozen(kw_only=True)
class RequestSummary:
    """A signature request as lists show it."""

    id: str = attrs.field(metadata=named("_id", "signatureRequestId"))
    status: str = ""
    title: str | None = _hidden()
    external_id: str | None = None
    created_at: datetime | None = attrs.field(default=None, metadata=named("_createdAt"))


@attrs.frozen(kw_only=True)
class Paging:
    """Where a page stands in its list."""

    total: int | None = None
    page: int | None = None


@attrs.frozen(kw_only=True)
class RequestPage:
    """One page of signature requests."""

    signature_requests: tuple[RequestSummary, ...] = ()


@attrs.frozen(kw_only=True)
class RequestStatus:
    """Id and status of one request."""

    signature_request_id: str = _id("signatureRequestId")
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
    initial_signature_request_id: str | None = None
    signature_proof_status: str | None = None
    documents: tuple[Document, ...] | None = None
    signers: tuple[Signer, ...] | None = None


@attrs.frozen(kw_only=True)
class PublishedSigner:
    """One signer of a published request; the token opens the signing page."""

    signer_id: str
    token: Secret | None = None


@attrs.frozen(kw_only=True)
class Published:
    """Answer of publishing; older versions gave only the id."""

    signature_request_id: str | None = None
    signers_embedded: tuple[PublishedSigner, ...] | None = None


@attrs.frozen(kw_only=True)
class WebhookEndpoint:
    """A URL that the vendor calls; it may hold a path secret."""

    id: str = attrs.field(metadata=named("_id", "webhookId"))
    url: str = attrs.field(repr=False)
    description: str | None = None
    is_disabled: bool | None = None
    created_at: datetime | None = attrs.field(default=None, metadata=named("_createdAt"))


@attrs.frozen(kw_only=True)
class WebhookEndpoints:
    """The application's endpoints."""

    webhooks: tuple[WebhookEndpoint, ...] = ()


@attrs.frozen(kw_only=True)
class WebhookEvent:
    """One past delivery. The body's parts are read by :mod:`paraph_ignisign.webhooks`, like a webhook's."""

    id: str = attrs.field(metadata=named("_id", "eventId"))
    topic: str = ""
    action: str = ""
    msg_nature: str = ""
    content: Any = attrs.field(default=None, repr=False)
    error: Any = attrs.field(default=None, repr=False)
    status: str = ""
    created_at: datetime | None = attrs.field(default=None, metadata=named("_createdAt"))


@attrs.frozen(kw_only=True)
class WebhookEvents:
    """One page of past deliveries."""

    events: tuple[WebhookEvent, ...] = ()
    search_data: Paging | None = None


@attrs.frozen(kw_only=True)
class TokenCheck:
    """Answer of the token check (contract 4.6). Only ``is_valid is True`` proves anything."""

    is_valid: bool = False
    already_consumed: bool = False
    not_found: bool = False
    bad_target: bool = False
    bad_related_id: bool = False
    is_expired: bool = False


def _converter() -> Converter:
    converter = base_converter(rename=camel)
    # Parameters are only written to build a request: this is where a secret is revealed.
    converter.register_unstructure_hook(Secret, lambda secret: secret.reveal())
    _reshape(converter, InputsNeeded, _one_constraint)
    _reshape(converter, WebhookEndpoints, _endpoint_list)
    return converter


def _reshape(converter: Converter, kind: type[Any], shape: Callable[[Any], Any]) -> None:
    """Bring an answer that comes in several shapes into the one of its class before reading it."""
    read = converter.get_structure_hook(kind)
    converter.register_structure_hook(kind, lambda value, target: read(shape(value), target))


def _one_constraint(value: Any) -> Any:
    """Take one object (version 4), a list (version 3) or a wrapped list (contract 9.17)."""
    if isinstance(value, dict) and "constraints" in value:
        value = value["constraints"]
    if isinstance(value, list):
        value = next(iter(value), {})
    return value


def _endpoint_list(value: Any) -> Any:
    """Take all endpoints, or only the one concerned: the vendor answers both (contract 9.13, 9.14)."""
    if isinstance(value, dict) and isinstance(value.get("result"), list):
        value = value["result"]
    if isinstance(value, list):
        return {"webhooks": value}
    if isinstance(value, dict) and "url" in value:
        return {"webhooks": [value]}
    return value


CONVERTER: Final = _converter()
"""Reads answers and writes parameters, in the API's camelCase."""
