"""The pictures of drawn or typed signatures as evidence (contract 2, ``img-signatures``).

A request's context does not say of which signatures there is a picture, so one is listed for each signature,
and fetching it says whether there is one. Only applications of the type SIGNATURE have any. Assumption: they
are PNG files; the vendor names them base64 and no more.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from typing import Final

from paraph.errors import NotReady, PermissionDenied, VendorNotFound, VendorRefused
from paraph.flow import Downloaded, Flow, Sink, call, http, retrying
from paraph.model import Evidence, EvidenceKind
from paraph.provider import Account, Carried, malformed
from paraph_ignisign import actions
from paraph_ignisign.params import DocumentRef
from paraph_ignisign.settings import IgnisignSettings
from paraph_ignisign.wire import Document, SignatureImages

NATIVE: Final = "img-signatures"
LARGEST: Final = 64 << 20
"""Bytes of an answer with all pictures of one document."""


def images_of(document: Document, carried: Carried, label: str, local: str | None) -> Iterator[Evidence]:
    """List a picture for each signature of a document.

    :param label: what the document is called in names. ``local``: its local id.
    """
    refs = (summary.signer_id for summary in document.signature_summaries or ())
    for number, signer in enumerate(dict.fromkeys(ref for ref in refs if ref), start=1):
        person = carried.local_signatory(signer) or f"signature-{number}"
        yield Evidence(
            key=f"{EvidenceKind.SIGNATURE_IMAGE.value}/{label}/{person}",
            kind=EvidenceKind.SIGNATURE_IMAGE,
            name=f"{label}-{person}.png",
            document_id=local,
            vendor_ref=document.id,
            native=f"{NATIVE} {signer}",
            media_type="image/png",
            signed=False,
        )


def fetch_image(wanted: Evidence, account: Account[IgnisignSettings], sink: Sink) -> Flow[Downloaded]:
    """Write the picture of one signature.

    :raises NotReady: there is none, or not yet: which of the vendor's codes says which is not told.
    """
    signer = wanted.native.partition(" ")[2]
    missing = f"Ignisign has no image of this signature ({wanted.key})"

    def ask() -> Flow[tuple[Downloaded, bytes] | None]:
        asked = DocumentRef(document_id=wanted.vendor_ref)
        request = actions.API.request(account, "GET", actions.SIGNATURE_IMAGES.path, asked)
        response = yield from http(request, limit=LARGEST)
        images = actions.API.answer(response, SignatureImages)
        found = next((one.image for one in images.signatures if one.signer_id == signer), None)
        if not found:
            return None
        try:
            content = base64.b64decode(found.rpartition(",")[2], validate=True)
        except (binascii.Error, ValueError):
            raise malformed(response, "the vendor's image of a signature is no base64") from None
        digest = hashlib.sha256(content).hexdigest()
        return Downloaded(response=response, sha256=digest, size=len(content)), content

    try:
        found = yield from retrying(ask)
    except (VendorRefused, VendorNotFound, PermissionDenied):
        raise NotReady(missing) from None
    if found is None:
        raise NotReady(missing)
    result, content = found
    yield from call(sink.write, content)
    return result
