"""Fetching files in the forms that a dialect may describe (``formats.download``), into a sink.

* ``bytes``: the answer is the file, streamed.
* ``base64``: the answer is JSON with the file inside. JSON is read as a whole, so the answer is bounded by
  :data:`LARGEST`; its content is decoded in blocks.
* ``url``: the answer is JSON with an address, from which the file is streamed. The address is the permission,
  and may belong to anybody: no credentials and no organisation go there.

Signed files and audit reports are PDFs (of the report: assumption; recipients get it with the files).
Something else, such as the page of a proxy or an error in JSON that pretends to be a success, reaches no
sink unless it pretends to be a PDF.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from http import HTTPStatus
from typing import Any, Final

import httpx

from paraph.errors import NotReady, VendorError
from paraph.flow import Downloaded, Flow, PdfSink, Sink, call, download, http, retrying
from paraph.provider import Account, json_of, malformed
from paraph_sign8 import wire
from paraph_sign8.dialect.words import DownloadForm
from paraph_sign8.errors import vendor_error
from paraph_sign8.settings import Sign8Settings

LARGEST: Final = 64 << 20
"""Bytes of a JSON answer that holds a file: one of 48 MiB."""

BLOCK: Final = 1 << 20
"""Characters of base64 that are decoded at a time; a multiple of four."""

NOT_YET: Final = frozenset({HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT})
"""Successes that hold no file (assumption)."""

READABLE: Final = ("text/", "application/json", "application/xml", "application/problem")
"""Beginnings of media types that no PDF has, whatever stands in it."""

ADDRESS: Final = "GET from dialect.answers.content"
"""What a download from an address is called in errors: whoever has the address has the file."""


def fetch(account: Account[Sign8Settings], operation: str, ids: wire.Values, sink: Sink) -> Flow[Downloaded]:
    """Stream the PDF that an operation gives.

    :raises NotReady: it is not made yet. :raises MalformedResponse: it is no PDF.
    :raises VendorError: the vendor refused or failed.
    """
    form = account.settings.spoken.formats.download
    pdf = PdfSink(sink)
    if form is DownloadForm.BYTES:
        request = wire.request(account, operation, "call", ids, accept="*/*")
        return (yield from _streamed(request, pdf, credentials=True))
    response = yield from retrying(lambda: _described(account, operation, ids))
    if form is DownloadForm.BASE64:
        return (yield from _decoded(response, account, pdf))
    request = httpx.Request("GET", wire.address_of(response, account, "content"), headers={"Accept": "*/*"})
    try:
        return (yield from _streamed(request, pdf, credentials=False))
    except VendorError as error:
        error.operation = ADDRESS
        raise


def _described(account: Account[Sign8Settings], operation: str, ids: wire.Values) -> Flow[httpx.Response]:
    request = wire.request(account, operation, "call", ids)
    response = yield from http(request, limit=LARGEST)
    _check(response)
    return response


def _check(response: httpx.Response) -> None:
    error = vendor_error(response)
    if error is not None:
        raise error
    if response.status_code in NOT_YET:
        raise NotReady(f"SIGN8 has not made it yet (HTTP {response.status_code})")


def _streamed(request: httpx.Request, pdf: PdfSink, *, credentials: bool) -> Flow[Downloaded]:
    result = yield from download(request, pdf, credentials=credentials)
    _check(result.response)
    media_type = result.response.headers.get("content-type", "").strip().lower()
    if media_type.startswith(READABLE) or not pdf.genuine:
        raise _no_pdf(result.response)
    return result


def _no_pdf(response: httpx.Response) -> VendorError:
    return malformed(response, "the vendor answered something else where a PDF was asked for")


def _decoded(response: httpx.Response, account: Account[Sign8Settings], pdf: PdfSink) -> Flow[Downloaded]:
    answer = yield from call(json_of, response)
    content: Any = wire.locate(answer, account.settings.spoken.answers.content)
    written = (yield from call(_write, content, pdf)) if isinstance(content, str) else None
    if written is None:
        raise malformed(response, "the answer has no base64 where dialect.answers.content says")
    if not pdf.genuine:
        raise _no_pdf(response)
    sha256, size = written
    return Downloaded(response=response, sha256=sha256, size=size)


def _write(content: str, pdf: PdfSink) -> tuple[str, int] | None:
    """Decode base64 into a sink; return digest and size, or ``None`` if it is no base64.

    Line breaks, and the beginning of a ``data:`` address, are taken as well.
    """
    start = content.find(",") + 1 if content.startswith("data:") else 0
    text = "".join(content[start:].split())
    digest, size = hashlib.sha256(), 0
    if "=" in text.rstrip("="):
        return None
    for begin in range(0, len(text), BLOCK):
        try:
            block = base64.b64decode(text[begin : begin + BLOCK], validate=True)
        except (binascii.Error, ValueError):
            return None
        pdf.write(block)
        digest.update(block)
        size += len(block)
    return digest.hexdigest(), size
