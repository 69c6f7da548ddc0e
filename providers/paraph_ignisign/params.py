"""What Ignisign's actions take. Names become the API's camelCase; ``None`` is left out.

Personal data and tokens never show in a repr.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import attrs

from paraph.convert import named
from paraph.model import Document, Secret


def _hidden(default: Any = None) -> Any:
    return attrs.field(default=default, repr=False)


@attrs.frozen(kw_only=True)
class ProfileRef:
    """One signer profile."""

    signer_profile_id: str


@attrs.frozen(kw_only=True)
class SignerRef:
    """One signer."""

    signer_id: str


@attrs.frozen(kw_only=True)
class RequestRef:
    """One signature request."""

    signature_request_id: str


@attrs.frozen(kw_only=True)
class DocumentRef:
    """One document."""

    document_id: str


@attrs.frozen(kw_only=True)
class NewSigner:
    """A person, with the inputs that their profile wants. Phone: E.164; birth date: ISO."""

    signer_profile_id: str | None = None
    external_id: str | None = None
    first_name: str | None = _hidden()
    last_name: str | None = _hidden()
    email: str | None = _hidden()
    phone_number: str | None = _hidden()
    nationality: str | None = _hidden()
    birth_date: date | None = attrs.field(default=None, repr=False)
    birth_place: str | None = _hidden()
    birth_country: str | None = _hidden()


@attrs.frozen(kw_only=True)
class SignerSearch:
    """A text to look for; ``*`` finds all."""

    filter: str = attrs.field(repr=False)
    page: int | None = None
    page_size: int | None = None


@attrs.frozen(kw_only=True)
class ProfileMethod:
    """The signature method of all signers of one profile within one request."""

    signer_profile_id: str
    signature_method_ref: str


@attrs.frozen(kw_only=True)
class RequestUpdate:
    """A draft's description; what is left out stays as it is, lists are replaced."""

    signature_request_id: str
    title: str | None = _hidden()
    description: str | None = _hidden()
    language: str | None = None
    document_ids: tuple[str, ...] | None = None
    signer_ids: tuple[str, ...] | None = None
    external_id: str | None = None
    default_signature_method: str | None = None
    signer_profiles_signature_method: tuple[ProfileMethod, ...] | None = None
    expiration_date: datetime | None = None
    expiration_date_is_activated: bool | None = None
    diffusion_mode: str | None = None
    diffusion_date: datetime | None = None


@attrs.frozen(kw_only=True)
class RequestPageRef:
    """One page of requests, counted from 1."""

    page: int = 1
    page_size: int | None = None


@attrs.frozen(kw_only=True)
class RequestRefs:
    """Several signature requests."""

    signature_request_ids: tuple[str, ...]


@attrs.frozen(kw_only=True)
class NewDocument:
    """An empty document of a draft."""

    signature_request_id: str
    label: str | None = _hidden()
    description: str | None = _hidden()
    external_id: str | None = None


@attrs.frozen(kw_only=True)
class DocumentFile:
    """The content of a document, streamed from where it is."""

    document_id: str
    document: Document


@attrs.frozen(kw_only=True)
class DocumentJson:
    """Structured data as the content of a document."""

    document_id: str
    json_content: Mapping[str, Any] = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class DocumentDigest:
    """Only the SHA-256 of a document, base64 or hex."""

    document_id: str
    document_hash: str


@attrs.frozen(kw_only=True)
class NewWebhook:
    """An endpoint to register. The URL may hold a path secret."""

    url: Secret
    description: str | None = None


@attrs.frozen(kw_only=True)
class EventPageRef:
    """One page of an endpoint's past deliveries; ``filter`` is ALL, SUCCESS or FAILED."""

    webhook_id: str
    filter: str = "ALL"
    page: int = 1


@attrs.frozen(kw_only=True)
class TokenToCheck:
    """A delivery's token. ``spelled_again`` is the older key for the same value (contract 4.6)."""

    token: Secret
    app_id: str
    app_env: str
    spelled_again: Secret | None = attrs.field(default=None, metadata=named("verificationToken"))
