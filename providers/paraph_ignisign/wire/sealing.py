"""Answers of the applications that do not ask people: M2M seals, bare signatures, log capsules."""

from __future__ import annotations

from typing import Any

import attrs

from paraph.convert import named
from paraph.model import Secret
from paraph_ignisign.wire._fields import hidden


@attrs.frozen(kw_only=True)
class Sealed:
    """A document that was sealed at once. ``document_hash`` is SHA-256 in hex, the proof base64."""

    signature_request_id: str
    document_id: str
    document_hash: str | None = None
    proof_type: str | None = None
    proof: str | None = attrs.field(default=None, repr=False, metadata=named("proofBase64"))


@attrs.frozen(kw_only=True)
class BareConfiguration:
    """Where bare signatures may begin and come back to."""

    app_id: str | None = None
    app_env: str | None = None
    redirect_uris: tuple[str, ...] | None = None
    authorized_origins: tuple[str, ...] | None = None
    eidas_level: str | None = None


@attrs.frozen(kw_only=True)
class BareAuthorization:
    """Where to send the person's browser, and what to keep until it comes back.

    :ivar url: the page of the vendor. It names the hashes and the title.
    :ivar state: what comes back beside the code: compare it, since it binds the answer to this session.
    :ivar code_verifier: needed for the token; keep it on the server.
    """

    url: Secret
    state: Secret
    code_verifier: Secret


@attrs.frozen(kw_only=True)
class BareToken:
    """What fetches the proofs of one bare signature. ``expires_in`` is in seconds."""

    access_token: Secret = attrs.field(metadata=named("access_token"))
    token_type: str | None = attrs.field(default=None, metadata=named("token_type"))
    expires_in: int | None = attrs.field(default=None, metadata=named("expires_in"))
    scope: str | None = None


@attrs.frozen(kw_only=True)
class BareProof:
    """The proof of one hash, in base64.

    :ivar type: ``PKCS7`` or ``CADES``. :ivar timestamp_sequence: -1 for ``PKCS7``.
    :ivar signing_time: a text or a number, which the contract does not say.
    """

    document_id: str | None = None
    type: str | None = None
    document_hash: str | None = None
    proof: str | None = attrs.field(default=None, repr=False, metadata=named("proofB64"))
    timestamp_sequence: int | None = None
    signing_time: Any = None


@attrs.frozen(kw_only=True)
class BareSigner:
    """Who signed."""

    full_name: str | None = hidden()
    last_name: str | None = hidden()
    first_name: str | None = hidden()


@attrs.frozen(kw_only=True)
class BareProofs:
    """The proofs of one bare signature."""

    signature_request_id: str | None = None
    external_id: str | None = None
    signer_id: str | None = None
    proofs: tuple[BareProof, ...] = ()
    signer_information: BareSigner | None = None


@attrs.frozen(kw_only=True)
class Capsule:
    """A hash with its time-stamp, both base64."""

    hash_sha256: str = attrs.field(metadata=named("hashSha256_b64"))
    timestamp: str = attrs.field(repr=False, metadata=named("timestamp_b64"))
