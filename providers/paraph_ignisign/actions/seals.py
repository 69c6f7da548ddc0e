"""Seals made by a machine, at once and without a page (contract 7.6).

The vendor trusts a machine by its EC key on P-256. What is signed is not the document but the 32 bytes of
its SHA-256, with ECDSA *and SHA-256 again*: the vendor's example signs the digest with a function that hashes
what it is given. The signature travels as DER in hex, the digest as hex.

Of JSON the digest is that of the compact text as JavaScript writes it, and that very text is what travels: a
file with other spaces or numbers has another digest than its seal.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import attrs
import httpx

from paraph.errors import MissingExtra, UsageError
from paraph.flow import Flow, call, http
from paraph.flow.upload import json_request
from paraph.model import ContentKind, Document, Secret
from paraph.provider import Account, Action, Repeat
from paraph_ignisign.actions.base import API, APP
from paraph_ignisign.actions.javascript import compacted
from paraph_ignisign.params.sealing import SealDocument
from paraph_ignisign.wire.sealing import Sealed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

TYPES: Final = ("PDF", "FILE", "DATA_JSON", "DATA_XML", "PRIVATE_FILE")
"""The vendor's types of documents that can be sealed."""

LARGEST: Final = 64 << 20
"""Bytes of an answer, which holds the whole proof in base64."""

_PATH: Final = APP + "/m2m/{m2mId}/sign"
_KEY: Final = (
    "the private key is no PEM of an EC key on P-256 without a password; '|' may stand for line breaks"
)


@attrs.frozen(kw_only=True)
class Prepared:
    """A document as it is told to the vendor.

    :ivar key: under which the content goes along, empty if it does not.
    :ivar text: the content as JSON text, if it does not go as base64.
    :ivar sha256: hex digest of exactly what goes along.
    """

    document_type: str
    sha256: str
    key: str = ""
    text: str = attrs.field(default="", repr=False)


def type_of(document: Document) -> str:
    """Return the vendor's type of a document, as far as it follows from the document."""
    if document.kind is ContentKind.DIGEST:
        return "PRIVATE_FILE"
    if document.kind is ContentKind.JSON:
        return "DATA_JSON"
    return "PDF" if document.is_pdf else "FILE"


def prepared(document: Document, document_type: str) -> Prepared:
    """Read what has to be read of a document, and take its digest.

    :raises UsageError: the type is unknown, or the content is not of that type.
    """
    if document_type not in TYPES:
        raise UsageError(f"document_type is none of {', '.join(TYPES)}")
    if document_type == "PRIVATE_FILE":
        return Prepared(document_type=document_type, sha256=document.sha256)
    if not document.has_content:
        raise UsageError(
            f"of document {document.id!r} only the digest is known: it can be sealed as PRIVATE_FILE"
        )
    if document_type not in {"DATA_JSON", "DATA_XML"}:
        return Prepared(document_type=document_type, sha256=document.sha256, key="contentB64")
    content = _content(document)
    read = compacted if document_type == "DATA_JSON" else str
    try:
        text = read(content.decode("utf-8"))
    except (ValueError, RecursionError):
        text = "null"
    # Outside the handler: the decoder's error holds the whole text.
    if text == "null":
        raise UsageError(f"document {document.id!r} is no {document_type.removeprefix('DATA_')} in UTF-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    if document_type == "DATA_XML":
        return Prepared(document_type=document_type, sha256=digest, key="xmlContent", text=json.dumps(text))
    return Prepared(document_type=document_type, sha256=digest, key="jsonContent", text=text)


def _content(document: Document) -> bytes:
    try:
        with document.open() as stream:
            return stream.read()
    except OSError:
        pass
    # Outside the handler: an OSError names the path.
    raise UsageError(f"document {document.id!r} can no longer be read")


def signature(sha256: str, private_key: Secret) -> str:
    r"""Sign a digest: ECDSA on P-256 with SHA-256 over its 32 bytes, DER, in hex.

    :param sha256: hex digest of the document. :param private_key: PEM; ``|`` or ``\n`` for line breaks.
    :raises UsageError: the key is of no use; it is not shown.
    :raises MissingExtra: the library for keys is not installed.
    """
    try:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
    except ImportError:
        raise MissingExtra("seal", feature="signing a seal (seals.sign)") from None
    made = _loaded(private_key).sign(bytes.fromhex(sha256), ec.ECDSA(hashes.SHA256()))
    return made.hex()


def _loaded(private_key: Secret) -> EllipticCurvePrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    text = private_key.reveal().replace("|", "\n").replace("\\n", "\n")
    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    # Outside the handler: the library's error may say more of the key than is good.
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise UsageError(_KEY)
    return key


def _request(account: Account[Any], given: SealDocument) -> httpx.Request:
    """Read, sign and write the request; it may read files and takes its time."""
    ready = prepared(given.document, given.document_type or type_of(given.document))
    described = {
        "documentType": ready.document_type,
        "documentHash": ready.sha256,
        "label": given.label,
        "mimeType": given.document.media_type,
    }
    signed = {
        "m2mId": given.m2m_id,
        "title": given.title,
        "externalId": given.external_id,
        "documentHashSignedByM2MPrivateKey": signature(ready.sha256, given.private_key),
    }
    document = _given(described)
    body: dict[str, Any] = {**_given(signed), "document": document}
    values = {"m2mId": given.m2m_id, "appId": given.app_id, "appEnv": given.app_env}
    url = API.url(account, _PATH, values)
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if ready.key == "contentB64":
        return json_request(
            "POST", url, body=body, at=("document", ready.key), document=given.document, headers=headers
        )
    # No value of the body can hold a mark that did not exist when it was written.
    mark = secrets.token_hex(16)
    if ready.key:
        document[ready.key] = mark
    text = json.dumps(body, separators=(",", ":")).replace(f'"{mark}"', ready.text)
    return httpx.Request("POST", url, content=text.encode(), headers=headers)


def _given(values: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in values.items() if value is not None}


def _seal(account: Account[Any], given: SealDocument) -> Flow[Sealed]:
    request = yield from call(_request, account, given)
    response = yield from http(request, limit=LARGEST)
    return API.answer(response, Sealed)


SEAL: Final = Action(
    name="seals.sign",
    summary="Seal a document at once with a machine's key.",
    description=(
        "Applications of type SEAL only. The digest is signed here with the key, which never leaves; of a "
        "PRIVATE_FILE only the digest is sent. Each call makes a seal. Needs the extra 'seal'."
    ),
    source="contract 2, M2M seal; 7.6",
    repeat=Repeat.NEVER,
    params=SealDocument,
    result=Sealed,
    run=_seal,
    method="POST",
    path=_PATH,
    errors=(
        "SIGNER_APP_KEY_NOT_FOUND",
        "SIGNER_KEY_NOT_ACTIVE",
        "INVALID_SIGNATURE",
        "FILE_TOO_LARGE",
        "PDF_CORRUPTED",
        "DOCUMENT_SIGNATURE_FAILED",
    ),
)

ACTIONS: Final = (SEAL,)
"""The subject's actions, in the order in which they are listed."""
