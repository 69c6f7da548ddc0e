"""What a document can hold, and which nature the server sees in it (contract 5: chosen from the content).

A file is PDF or PDF_ENCRYPTED if it is called .pdf, else FILE; DATA_XML comes from a machine's seal only, for
no route for people takes XML as data. The hash is SHA-256 in hexadecimal, but for a private file the one that
was given, as it was given.
"""

import base64
import binascii
import hashlib
from pathlib import PurePosixPath
from typing import Any
from xml.parsers import expat

import attrs

from paraph.testing.simulator import pdf_problem
from paraph_ignisign.simulator import javascript, shapes
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.tables import EXTENSIONS

_SHA256_BYTES = 32


@attrs.frozen(kw_only=True)
class Content:
    """A document's content; `data` is None for a private file, which never comes here."""

    nature: str
    digest: str
    data: bytes | None = attrs.field(default=None, repr=False)
    name: str | None = attrs.field(default=None, repr=False)
    mime_type: str | None = None


def of_file(name: str, mime_type: str | None, data: bytes) -> Content:
    """Return a file's content; the extension says what it must be. Raises DOCUMENT_* and PDF_CORRUPTED."""
    if not shapes.mime_type(mime_type):
        raise VendorError("DOCUMENT_NOT_PROVIDED", "The part needs a file name and a content type")
    extension = PurePosixPath(name).suffix.lower()
    if extension not in EXTENSIONS:
        raise VendorError("DOCUMENT_BAD_NATURE", "The file's extension is not accepted")
    nature = "FILE"
    if extension == ".pdf":
        problem = pdf_problem(data)
        if problem not in {None, "encrypted"}:
            raise VendorError("PDF_CORRUPTED", f"The PDF is {problem}")
        nature = "PDF" if problem is None else "PDF_ENCRYPTED"
    elif not data:
        raise VendorError("DOCUMENT_NOT_PROVIDED", "The file is empty")
    return Content(nature=nature, digest=_sha256(data), data=data, name=name, mime_type=mime_type)


def of_json(value: Any) -> Content:
    """Return data as compact JSON, as JavaScript prints it; JSON_INVALID for none."""
    if value is None:
        raise VendorError("JSON_INVALID")
    data = javascript.stringify(value).encode()
    return Content(nature="DATA_JSON", digest=_sha256(data), data=data)


def of_xml(text: str) -> Content:
    """Return data as XML; a text that is not well-formed is refused (BODY_VALIDATION_FAILED)."""
    data = text.encode()
    try:
        expat.ParserCreate().Parse(data, True)  # noqa: FBT003 - the library's own positional flag
    except expat.ExpatError as error:
        raise VendorError("BODY_VALIDATION_FAILED", "The XML is not well-formed") from error
    return Content(nature="DATA_XML", digest=_sha256(data), data=data, mime_type="application/xml")


def of_digest(given: str) -> Content:
    """Return a private file by its SHA-256, as hexadecimal or base64 (contract 7.2)."""
    if len(decoded_hash(given)) != _SHA256_BYTES:
        raise VendorError("BODY_VALIDATION_FAILED", "Invalid body: documentHash", properties=["documentHash"])
    return Content(nature="PRIVATE_FILE", digest=given)


def decoded_hash(given: str) -> bytes:
    """Return the bytes of a hexadecimal or base64 hash; empty if it is neither."""
    try:
        return (
            bytes.fromhex(given)
            if len(given) == 2 * _SHA256_BYTES
            else base64.b64decode(given, validate=True)
        )
    except (ValueError, binascii.Error):
        return b""


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
