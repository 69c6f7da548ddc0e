"""One call that makes signers and documents, and publishes (contract 2 and 7.4).

The application and its environment come from the credentials. Nothing is made unless everything is accepted,
but for the signers, who are made first. Assumptions: a signer without a profile gets the first one; every
call makes new signers; a document by `url` is fetched from this machine only, for a simulator must not call
the world; a media type may be a file's extension, since the vendor's own HubSpot sample sends one.
"""

import base64
import binascii
import mimetypes
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import attrs
import httpx

from paraph_ignisign.simulator import contents, drafts, lifecycle, routes_signers
from paraph_ignisign.simulator.contents import Content
from paraph_ignisign.simulator.credentials import new_id
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.http import Call
from paraph_ignisign.simulator.model import SignatureRequest
from paraph_ignisign.simulator.preconditions import check_update
from paraph_ignisign.simulator.tenant import Tenant

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_FETCH_SECONDS = 5.0
_CHUNK = 1 << 16
_PDF = "application/pdf"


def read(tenant: Tenant, call: Call) -> Call:
    """Return `call` with contents for documents; it may fetch them, so nobody else waits meanwhile."""
    for name in ("signers", "documents"):
        if not call.body[name]:
            raise VendorError("BODY_VALIDATION_FAILED", f"Invalid body: {name}", properties=[name])
    if not call.body["title"].strip():
        raise VendorError("CANNOT_PUBLISH_SIGNATURE_REQUEST__NO_TITLE")
    given = [_content(tenant, one) for one in call.body["documents"]]
    return attrs.evolve(call, body={**call.body, "documents": given})


def sign(tenant: Tenant, call: Call) -> Any:
    """POST: the PublishResponse of a request made from one body, whose documents are `Content`."""
    tenant.need("BILLING")
    given: list[Content] = call.body["documents"]
    fields = {
        "title": call.body["title"],
        "defaultSignatureMethod": call.body["signatureMethod"],
        "signerIds": [_signer(tenant, call, one) for one in call.body["signers"]],
    }
    probe = SignatureRequest(id=new_id(), context=call.context, created_at=tenant.clock.now(), fields=fields)
    check_update(tenant, probe)
    request = drafts.open_request(tenant, call.context, kind=tenant.request_kind, fields=fields)
    documents = [drafts.add_document(tenant, request, {}) for _content in given]
    for document, content in zip(documents, given, strict=True):
        drafts.provide(tenant, document, content)
    request.fields["documentIds"] = [document.id for document in documents]
    return lifecycle.publish(tenant, request)


def _signer(tenant: Tenant, call: Call, wanted: dict[str, Any]) -> str:
    made = routes_signers.create(tenant, attrs.evolve(call, body=wanted))
    return str(made["signerId"])


def _content(tenant: Tenant, wanted: dict[str, Any]) -> Content:
    name, mime_type = wanted["originalName"], _media_type(wanted["mimeType"].lower())
    inline, address = wanted.get("base64"), wanted.get("url")
    if (inline is None) == (address is None):
        raise VendorError("DOCUMENT_NOT_PROVIDED", "A document needs either base64 or url")
    if (PurePosixPath(name).suffix.lower() == ".pdf") != (mime_type == _PDF):
        raise VendorError("DOCUMENT_BAD_NATURE", "The name and the media type do not fit together")
    limit = tenant.options.max_file_bytes
    data = _decoded(inline) if inline is not None else _fetched(address or "", limit)
    if len(data) > limit:
        raise VendorError("FILE_TOO_LARGE", "The file is too large")
    return contents.of_file(name, mime_type, data)


def _media_type(given: str) -> str:
    """Return the media type that is meant by one, or by a file's extension alone."""
    if "/" in given:
        return given
    return mimetypes.guess_type(f"file.{given}")[0] or "application/octet-stream"


def _decoded(given: str) -> bytes:
    try:
        return base64.b64decode(given, validate=True)
    except (ValueError, binascii.Error) as error:
        raise VendorError(
            "BODY_VALIDATION_FAILED", "Invalid body: documents", properties=["documents"]
        ) from error


def _fetched(address: str, limit: int) -> bytes:
    """Return what is at `address`; of a file that is larger than `limit` bytes, a little more than that."""
    if urlsplit(address).hostname not in _LOOPBACK:
        raise VendorError("FAILED_TO_DOWNLOAD_DOCUMENT", "The simulator fetches from this machine only")
    data = bytearray()
    try:
        with httpx.stream("GET", address, timeout=_FETCH_SECONDS, trust_env=False) as answer:
            for part in answer.raise_for_status().iter_bytes(_CHUNK):
                data += part
                if len(data) > limit:
                    break
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise VendorError("FAILED_TO_DOWNLOAD_DOCUMENT") from error
    return bytes(data)
