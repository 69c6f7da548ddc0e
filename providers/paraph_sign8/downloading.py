"""Fetching files in the forms that a dialect may describe (``formats.download``), into a sink.

* ``bytes``: the answer is the file, streamed.
* ``base64``: the answer is JSON with the file inside, from where it is decoded on its way
  (:mod:`paraph_sign8.inside`).
* ``url``: the answer is JSON with an address, from which the file is streamed. The address is the permission,
  and may belong to anybody: no credentials and no organisation go there.

Signed files and audit reports are PDFs (of the report: assumption; recipients get it with the files).
Something else, such as the page of a proxy or an error in JSON that pretends to be a success, reaches no
sink unless it pretends to be a PDF.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import attrs
import httpx

from paraph.errors import NotReady, VendorError
from paraph.flow import Downloaded, Flow, PdfSink, Sink, download, http, retrying
from paraph.provider import Account, malformed
from paraph_sign8 import wire
from paraph_sign8.dialect.words import DownloadForm
from paraph_sign8.errors import vendor_error
from paraph_sign8.inside import FileInside
from paraph_sign8.settings import Sign8Settings

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
    if form is DownloadForm.BASE64:
        return (yield from _decoded(wire.request(account, operation, "call", ids), account, pdf))
    response = yield from retrying(lambda: _described(account, operation, ids))
    request = httpx.Request("GET", wire.address_of(response, account, "content"), headers={"Accept": "*/*"})
    try:
        return (yield from _streamed(request, pdf, credentials=False))
    except VendorError as error:
        error.operation = ADDRESS
        raise


def _described(account: Account[Sign8Settings], operation: str, ids: wire.Values) -> Flow[httpx.Response]:
    request = wire.request(account, operation, "call", ids)
    response = yield from http(request)
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


def _decoded(request: httpx.Request, account: Account[Sign8Settings], pdf: PdfSink) -> Flow[Downloaded]:
    """Stream the file out of JSON; digest and size are the file's."""
    location = account.settings.spoken.answers.content
    inside = FileInside(wire.steps_of(location), pdf)
    result = yield from download(request, inside)
    _check(result.response)
    if not location or not inside.whole:
        raise malformed(result.response, "the answer has no base64 where dialect.answers.content says")
    if not pdf.genuine:
        raise _no_pdf(result.response)
    return attrs.evolve(result, sha256=inside.sha256, size=inside.size)
