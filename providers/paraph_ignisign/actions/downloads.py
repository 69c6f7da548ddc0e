"""Fetching files: proofs, and originals, which are told apart by ``signed`` in the result.

A proof is never answered with the unsigned original, whatever the vendor's other clients do (contract 1.1).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx

from paraph.errors import NotReady, UsageError, VendorError
from paraph.flow import Downloaded, FileSink, Flow, Sink, call, download, retrying
from paraph.model import Evidence
from paraph.provider import Account, Action, Repeat
from paraph_ignisign import mapping
from paraph_ignisign.actions.base import API, DOCUMENT, OF_DOCUMENT, route_unknown
from paraph_ignisign.actions.requests import REQUEST_CONTEXT
from paraph_ignisign.errors import PROOF_NOT_READY, vendor_error
from paraph_ignisign.params.documents import (
    Fetch,
    OriginalOf,
    OriginalOfRequest,
    ProofOf,
    SignedOfRequest,
    SignerProofOf,
)
from paraph_ignisign.params.requests import RequestRef
from paraph_ignisign.wire.documents import FetchedFile

_ORIGINAL: Final = DOCUMENT + "/file"
_SIGNER_PROOF: Final = (
    DOCUMENT + "/signature-type/{signatureType}/signers/{signerId}",
    DOCUMENT + "/signatures/{signatureType}/signers/{signerId}",
)
"""Where a low-level proof is fetched, in the order to try (contract 1.1)."""

_PROOF_ERRORS: Final = (
    *OF_DOCUMENT,
    "DOCUMENT_PROOF_NOT_FOUND",
    "DOCUMENT_PROOF_NOT_CREATED",
    "ADVANCED_PROOF_NOT_GENERATED",
    "SIGNATURE_PROOF_TYPE_NOT_AVAILABLE",
    "DOCUMENT_PROOF_HAS_BEEN_REMOVED",
    "NO_SIGNATURES_FOUND",
)
_ORIGINAL_ERRORS: Final = (
    *OF_DOCUMENT,
    "DOCUMENT_NOT_PROVIDED",
    "FAILED_TO_DOWNLOAD_DOCUMENT",
    "DOCUMENT_BAD_NATURE",
    "DOCUMENT_HAS_BEEN_REMOVED",
)
_WHERE: Final = (
    "Give 'to', a path, for a file that appears once it is complete; without it the content is held in "
    "memory, up to 'limit' bytes."
)

Fetching = Callable[[Sink], Flow[Downloaded]]
"""A download that still needs to be told where to."""


class _Memory(io.BytesIO):
    """Holds a download, and refuses one that is larger than the caller said."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def write(self, data: Any, /) -> int:
        """Take the next bytes. :raises UsageError: they are too many."""
        if self.tell() + len(data) > self._limit:
            raise UsageError(
                f"the file is larger than {self._limit} bytes; give a path with to=, or a larger limit"
            )
        return super().write(data)


def _fetched(
    given: Fetch, fetching: Fetching, *, document_id: str, signed: bool, native: str = ""
) -> Flow[FetchedFile]:
    """Fetch into a file or into memory, from the beginning after each failure that may pass."""

    def told(result: Downloaded, *, path: Path | None, content: bytes | None) -> FetchedFile:
        header: str = result.response.headers.get("content-type", "")
        return FetchedFile(
            document_id=document_id,
            signed=signed,
            native=native,
            media_type=header.partition(";")[0].strip().lower(),
            size=result.size,
            sha256=result.sha256,
            path=None if path is None else str(path),
            content=content,
        )

    def to_memory() -> Flow[FetchedFile]:
        memory = _Memory(given.limit)
        result = yield from fetching(memory)
        return told(result, path=None, content=memory.getvalue())

    def to_file(path: Path) -> Flow[FetchedFile]:
        sink = FileSink(path)
        try:
            result = yield from fetching(sink)
            yield from call(sink.commit)
        finally:
            sink.discard()
        return told(result, path=path, content=None)

    target = given.to
    return retrying(to_memory if target is None else lambda: to_file(target))


def _proof(account: Account[Any], given: ProofOf) -> Flow[FetchedFile]:
    def fetching(sink: Sink) -> Flow[Downloaded]:
        # Reading is built on the actions, and knows the order of the disputed paths.
        from paraph_ignisign.reading import fetch

        native = given.signature_type
        kind = mapping.NATIVE_PROOFS.get(native)
        if kind is None:
            known = ", ".join(mapping.NATIVE_PROOFS)
            raise UsageError(f"signature_type is none of the kinds of proof that Ignisign makes: {known}")
        wanted = Evidence(key=native, kind=kind, name=native, vendor_ref=given.document_id, native=native)
        return fetch(wanted, account, sink)

    return _fetched(given, fetching, document_id=given.document_id, signed=True, native=given.signature_type)


PROOF: Final = Action(
    name="documents.proof",
    summary="Fetch a proof of a document: its signed form, or the legal kit.",
    description=(
        "The disputed path is tried in its spellings, on 404 and 405 only, and never that of the original. "
        "What answers for a signed PDF has to be one. NotReady: the vendor has not made it yet. " + _WHERE
    ),
    source="contract 1.1",
    repeat=Repeat.READ,
    params=ProofOf,
    result=FetchedFile,
    run=_proof,
    errors=_PROOF_ERRORS,
)


def _signer_proof(account: Account[Any], given: SignerProofOf) -> Flow[FetchedFile]:
    values = {
        "documentId": given.document_id,
        "signatureType": given.signature_type,
        "signerId": given.signer_id,
    }

    def fetching(sink: Sink) -> Flow[Downloaded]:
        first, second = (API.url(account, path, values) for path in _SIGNER_PROOF)
        try:
            return (yield from _stream(first, sink))
        except VendorError as error:
            if not route_unknown(error):
                raise
        return (yield from _stream(second, sink))

    return _fetched(given, fetching, document_id=given.document_id, signed=True, native=given.signature_type)


def _stream(url: str, sink: Sink) -> Flow[Downloaded]:
    result = yield from download(httpx.Request("GET", url, headers={"Accept": "*/*"}), sink)
    error = vendor_error(result.response)
    if error is None:
        return result
    if error.code in PROOF_NOT_READY:
        raise NotReady("Ignisign has not made this proof yet; wait for evidence.ready")
    raise error


SIGNER_PROOF: Final = Action(
    name="documents.signer_proof",
    summary="Fetch what one signer's key made of a document, in a low-level form such as CADES.",
    description=(
        "The vendor's client and its documents spell the path differently: the second is tried where the "
        "first is unknown. " + _WHERE
    ),
    source="contract 1.1, Low level",
    repeat=Repeat.READ,
    params=SignerProofOf,
    result=FetchedFile,
    run=_signer_proof,
    errors=(*_PROOF_ERRORS, "SIGNER_NOT_FOUND", "SIGNATURE_NOT_FOUND"),
)


def _original(account: Account[Any], given: OriginalOf) -> Flow[FetchedFile]:
    url = API.url(account, _ORIGINAL, {"documentId": given.document_id})
    return _fetched(given, lambda sink: _stream(url, sink), document_id=given.document_id, signed=False)


ORIGINAL: Final = Action(
    name="documents.original",
    summary="Fetch the original of a document, as it was given: never signed.",
    description="There is none of private documents, nor after its retention ended. " + _WHERE,
    source="contract 1 #14",
    repeat=Repeat.READ,
    params=OriginalOf,
    result=FetchedFile,
    run=_original,
    method="GET",
    path=_ORIGINAL,
    errors=_ORIGINAL_ERRORS,
)


def _document_of(account: Account[Any], given: OriginalOfRequest) -> Flow[str]:
    """Return the document that is meant: the one that was given, or the request's first."""
    asked = RequestRef(signature_request_id=given.signature_request_id)
    context = yield from REQUEST_CONTEXT.run(account, asked)
    known = context.document_ids or tuple(document.id for document in context.documents or ())
    if not known:
        raise UsageError("the signature request has no documents")
    if given.document_id is None:
        return known[0]
    if given.document_id not in known:
        raise UsageError("the signature request has no such document; see requests.documents")
    return given.document_id


def _original_of_request(account: Account[Any], given: OriginalOfRequest) -> Flow[FetchedFile]:
    document = yield from _document_of(account, given)
    return (yield from _original(account, OriginalOf(document_id=document, to=given.to, limit=given.limit)))


ORIGINAL_OF_REQUEST: Final = Action(
    name="documents.original_of_request",
    summary="Fetch the original of a request's document, by default of its first: never signed.",
    description="The request's context tells which documents it has. " + _WHERE,
    source="contract 1 #14",
    slug="IGNISIGN_GET_SIGNATURE_REQUEST_DOCUMENT",
    repeat=Repeat.READ,
    params=OriginalOfRequest,
    result=FetchedFile,
    run=_original_of_request,
    errors=("SIGNATURE_REQUEST_NOT_FOUND", *_ORIGINAL_ERRORS),
)


def _signed_of_request(account: Account[Any], given: SignedOfRequest) -> Flow[FetchedFile]:
    document = yield from _document_of(account, given)
    wanted = ProofOf(
        document_id=document, signature_type=given.signature_type, to=given.to, limit=given.limit
    )
    return (yield from _proof(account, wanted))


SIGNED_OF_REQUEST: Final = Action(
    name="documents.signed_of_request",
    summary="Fetch the signed form of a request's document, by default of its first.",
    description=(
        "As documents.proof. Unlike what a third party's tool does, the unsigned original is never given "
        "instead. " + _WHERE
    ),
    source="contract 1 #16, 1.1",
    slug="IGNISIGN_GET_SIGNED_DOCUMENT",
    repeat=Repeat.READ,
    params=SignedOfRequest,
    result=FetchedFile,
    run=_signed_of_request,
    errors=("SIGNATURE_REQUEST_NOT_FOUND", *_PROOF_ERRORS),
)

ACTIONS: Final = (
    PROOF,
    SIGNER_PROOF,
    ORIGINAL,
    ORIGINAL_OF_REQUEST,
    SIGNED_OF_REQUEST,
)
"""The subject's actions, in the order in which they are listed."""
