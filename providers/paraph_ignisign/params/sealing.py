"""What M2M seals, bare signatures and log capsules take."""

from __future__ import annotations

import attrs

from paraph.convert import named
from paraph.model import Document, Secret
from paraph_ignisign.params._fields import AppRef, hidden


@attrs.frozen(kw_only=True)
class SealDocument(AppRef):
    r"""A document to seal at once with a machine's key.

    :ivar private_key: PEM of an EC key on P-256; ``|`` or a literal ``\n`` may stand for line breaks.
    :ivar document_type: PDF, FILE, DATA_JSON, DATA_XML or PRIVATE_FILE, of which only the digest is sent;
        without one it follows from the document.
    """

    m2m_id: str
    document: Document
    private_key: Secret
    title: str | None = hidden()
    external_id: str | None = None
    label: str | None = hidden()
    document_type: str | None = None


@attrs.frozen(kw_only=True)
class BareAuthorize(AppRef):
    """What a person is to sign, and where their browser comes back to.

    :ivar hashes: SHA-256 in base64, 44 characters each.
    :ivar nonce: a UUID of version 4, used once; made if not given.
    :ivar code_verifier: 43 to 128 characters (RFC 7636); made if not given.
    :ivar language: of the page: EN, FR or DE.
    :ivar vendor_pkce: do as the vendor's own client does, which is not RFC 7636: plain base64 of the
        challenge, and a longer verifier.
    """

    redirect_uri: str
    hashes: tuple[str, ...]
    nonce: str | None = None
    code_verifier: Secret | None = None
    external_id: str | None = None
    title: str | None = hidden()
    language: str | None = None
    vendor_pkce: bool = False


@attrs.frozen(kw_only=True)
class BareCode(AppRef):
    """What came back with the browser, to be exchanged once. The client's id and secret are the account's."""

    code: Secret
    code_verifier: Secret
    redirect_uri: str


@attrs.frozen(kw_only=True)
class BareAccess(AppRef):
    """The access token of one bare signature."""

    access_token: Secret


@attrs.frozen(kw_only=True)
class NewCapsule(AppRef):
    """A SHA-256 to time-stamp, in base64: exactly 44 characters."""

    hash_sha256: str = attrs.field(metadata=named("hashSha256_b64"))
