"""What actions on signature requests take."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Self

import attrs

from paraph.convert import named
from paraph.model import Secret
from paraph_ignisign.params._fields import AppRef, hidden, request_id


@attrs.frozen(kw_only=True)
class RequestRef:
    """One signature request."""

    signature_request_id: str = request_id()


@attrs.frozen(kw_only=True)
class RequestRefs(AppRef):
    """Several signature requests."""

    signature_request_ids: tuple[str, ...]


@attrs.frozen(kw_only=True)
class RequestPageRef(AppRef):
    """One page of requests, counted from 1."""

    page: int = 1
    page_size: int | None = None


@attrs.frozen(kw_only=True)
class ProfileMethod:
    """The signature method of all signers of one profile within one request."""

    signer_profile_id: str
    signature_method_ref: str


@attrs.frozen(kw_only=True)
class Statement(AppRef):
    """A sentence, in Markdown, that signers must agree to; ``document_id`` binds it to one document.

    It belongs to the request that is updated, which need not be given either.
    """

    signature_request_id: str | None = None
    label_md: str = attrs.field(repr=False)
    document_id: str | None = None
    id: str | None = attrs.field(default=None, metadata=named("_id"))


@attrs.frozen(kw_only=True)
class RequestUpdate:
    """A draft's description; what is left out stays as it is, lists are replaced.

    At most 1024 characters of title and 4096 of description. ``diffusion_mode`` is WHEN_READY or SCHEDULED,
    ``default_signature_method`` SIMPLE_STD, ADVANCED_SMS, ADVANCED_STD or QUALIFIED_STD.
    """

    signature_request_id: str = request_id()
    title: str | None = hidden()
    description: str | None = hidden()
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
    statements: tuple[Statement, ...] | None = None
    extended_auth_session_enabled: bool | None = None
    initial_signature_request_id: str | None = None
    signer_ids_as_approver: tuple[str, ...] | None = None
    recipients: tuple[str, ...] | None = hidden()
    full_privacy: bool | None = None
    individualize_requests: bool | None = None


@attrs.frozen(kw_only=True)
class OneCallSigner:
    """A person of a one-call request."""

    email: str = attrs.field(repr=False)
    first_name: str | None = hidden()
    last_name: str | None = hidden()
    signer_profile_id: str | None = None


@attrs.frozen(kw_only=True)
class OneCallDocument:
    """A document of a one-call request: its content in base64, or an address where the vendor fetches it."""

    original_name: str = attrs.field(repr=False)
    mime_type: str
    base64: str | None = hidden()
    url: Secret | None = None

    @classmethod
    def from_bytes(cls, content: bytes, *, name: str, mime_type: str = "application/pdf") -> Self:
        """Hold the content, base64-encoded."""
        return cls(original_name=name, mime_type=mime_type, base64=base64.b64encode(content).decode("ascii"))


@attrs.frozen(kw_only=True)
class OneCall:
    """A whole request at once. Nothing of it shows in a repr but the method."""

    title: str = attrs.field(repr=False)
    signature_method: str
    signers: tuple[OneCallSigner, ...]
    documents: tuple[OneCallDocument, ...]
