"""Documents of a draft: their words, their content, and what is known of their signatures."""

from __future__ import annotations

from typing import Any, Final

import attrs

from paraph.errors import UsageError
from paraph.flow import Flow, http, retrying
from paraph.flow.upload import multipart_request
from paraph.provider import Account, Action, Repeat, endpoint
from paraph_ignisign.actions.base import API, APP, DOCUMENT, OF_DOCUMENT, OF_FILE
from paraph_ignisign.actions.repeating import repeatable
from paraph_ignisign.actions.requests import REQUEST_CONTEXT
from paraph_ignisign.params.documents import (
    DocumentDigest,
    DocumentFile,
    DocumentJson,
    DocumentRef,
    DocumentUpdate,
    NewDocument,
    SignatureRef,
)
from paraph_ignisign.params.requests import RequestRef
from paraph_ignisign.wire.documents import (
    Authenticity,
    DocumentContext,
    DocumentId,
    Documents,
    Signature,
    SignatureImages,
)
from paraph_ignisign.wire.parts import Document

_CONTENT_ONCE: Final = (
    "What a second call does is not documented: remove the content first (documents.remove_content)."
)
_OF_CONTENT: Final = (*OF_DOCUMENT, "DOCUMENT_LOCKED", "DOCUMENT_BAD_STATUS")
"""Codes of whatever gives content: BAD_STATUS where there is some already."""

INIT_DOCUMENT: Final = endpoint(
    API,
    "documents.init",
    "POST",
    APP + "/init-documents",
    params=NewDocument,
    result=DocumentId,
    repeat=Repeat.NEVER,
    summary="Make an empty document in a draft.",
    description="Each call makes one. Its nature follows from the content that it is given afterwards.",
    source="contract 1 #3",
    slug="IGNISIGN_CREATE_DOCUMENT",
    errors=(
        "SIGNATURE_REQUEST_NOT_FOUND",
        "SIGNATURE_REQUEST_BAD_STATUS",
        "FULL_PRIVACY_NOT_ENABLED",
        "DATA_JSON_NOT_ENABLED",
        "TEMPLATE_DISPLAYER_NOT_FOUND",
    ),
)

GET_DOCUMENT: Final = endpoint(
    API,
    "documents.get",
    "GET",
    DOCUMENT,
    params=DocumentRef,
    result=Document,
    repeat=Repeat.READ,
    summary="Read one document's description.",
    description="Nature, status, file name and size, digest: not its content.",
    source="contract 1 #11",
    slug="IGNISIGN_GET_DOCUMENT_INFORMATION",
    errors=OF_DOCUMENT,
)

DOCUMENT_CONTEXT: Final = endpoint(
    API,
    "documents.context",
    "GET",
    DOCUMENT + "/context",
    params=DocumentRef,
    result=DocumentContext,
    repeat=Repeat.READ,
    summary="Read one document with its statements and who signed it when.",
    description="What documents.get tells, and a summary of each signature.",
    source="contract 2, Document context",
    errors=OF_DOCUMENT,
)

UPDATE_DOCUMENT: Final = endpoint(
    API,
    "documents.update",
    "PUT",
    DOCUMENT,
    params=DocumentUpdate,
    result=Document,
    repeat=Repeat.IDEMPOTENT,
    summary="Change label, description, external id or template of a draft's document.",
    description="What is left out stays as it is.",
    source="contract 1 #29",
    slug="IGNISIGN_UPDATE_DOCUMENT_INFORMATION",
    errors=(*OF_DOCUMENT, "DOCUMENT_LOCKED", "TEMPLATE_DISPLAYER_NOT_FOUND"),
)


def _deleted(_: Account[Any], given: DocumentRef) -> Flow[DocumentId]:
    yield from ()
    return DocumentId(document_id=given.document_id)


_DELETE: Final = endpoint(
    API,
    "documents.delete",
    "DELETE",
    DOCUMENT,
    params=DocumentRef,
    result=DocumentId,
    repeat=Repeat.IDEMPOTENT,
    summary="Delete a document.",
    description=(
        "Irreversible. A second call finds nothing (inferred), which "
        "is a success where it repeats one whose answer was lost."
    ),
    source="contract 1 #6",
    slug="IGNISIGN_DELETE_DOCUMENT",
    errors=(
        *OF_DOCUMENT,
        "DOCUMENT_LOCKED",
        "DOCUMENT_BAD_STATUS",
        "DOCUMENT_HAS_BEEN_REMOVED",
        "DOCUMENT_NOT_OWNED_BY_APP",
    ),
)

DELETE_DOCUMENT: Final = repeatable(_DELETE, _deleted)

_JSON: Final = endpoint(
    API,
    "documents.provide_json",
    "POST",
    DOCUMENT + "/data-json-content",
    params=DocumentJson,
    result=Document,
    repeat=Repeat.NEVER,
    summary="Give structured data as a document's content.",
    description=f"Any JSON but null. At most one such document per request. {_CONTENT_ONCE}",
    source="contract 1 #24",
    slug="IGNISIGN_PROVIDE_DOCUMENT_CONTENT_DATA_JSON",
    errors=(
        "JSON_INVALID",
        "ONLY_ONE_JSON_PER_SIGNATURE_REQUEST_IS_ALLOWED",
        "JSON_PROVIDED_DOES_NOT_MATCH_THE_JSON_SCHEMA",
        "DATA_JSON_NOT_ENABLED",
        *_OF_CONTENT,
    ),
)


def _provide_json(account: Account[Any], given: DocumentJson) -> Flow[Document]:
    if given.json_content is None:
        raise UsageError("json_content: null is no content")
    return _JSON.run(account, given)


PROVIDE_JSON: Final = attrs.evolve(_JSON, run=_provide_json)

PROVIDE_DIGEST: Final = endpoint(
    API,
    "documents.provide_digest",
    "POST",
    DOCUMENT + "/private-content",
    params=DocumentDigest,
    result=Document,
    repeat=Repeat.NEVER,
    summary="Give only the digest of a document that stays private.",
    description=(
        "SHA-256; whether base64 or hex is disputed, see the account's private_hash. The document needs a "
        f"label. {_CONTENT_ONCE}"
    ),
    source="contract 1 #26",
    slug="IGNISIGN_PROVIDE_DOCUMENT_CONTENT_PRIVATE_FILE",
    errors=("FULL_PRIVACY_NOT_ENABLED", *_OF_CONTENT),
)


def _emptied(account: Account[Any], given: DocumentRef) -> Flow[Document | None]:
    """Read whether a document has no content any more (contract 2: it is CREATED again, inferred)."""
    found = yield from GET_DOCUMENT.run(account, given)
    return found if found.status == "CREATED" else None


_REMOVE: Final = endpoint(
    API,
    "documents.remove_content",
    "DELETE",
    DOCUMENT + "/content",
    params=DocumentRef,
    result=Document,
    repeat=Repeat.IDEMPOTENT,
    summary="Take the content out of a draft's document, so that it can be given another.",
    description=(
        "The document is CREATED again (inferred). Without content it is refused, unless the document shows "
        "that an earlier attempt, whose answer was lost, took it out."
    ),
    source="contract 2, Remove document content",
    errors=(*OF_DOCUMENT, "DOCUMENT_LOCKED", "DOCUMENT_BAD_STATUS", "DOCUMENT_NOT_PROVIDED"),
)

REMOVE_CONTENT: Final = repeatable(_REMOVE, _emptied)

DOCUMENT_SIGNATURES: Final = endpoint(
    API,
    "documents.signatures",
    "GET",
    DOCUMENT + "/signatures",
    params=DocumentRef,
    result=tuple[Signature, ...],
    repeat=Repeat.READ,
    summary="List the signatures on a document.",
    description="Who signed with which key, when and how; status INIT, SIGNED or FAILED.",
    source="contract 2, Document signatures",
    errors=(*OF_DOCUMENT, "NO_SIGNATURES_FOUND"),
)

DOCUMENT_SIGNATURE: Final = endpoint(
    API,
    "documents.signature",
    "GET",
    DOCUMENT + "/signatures/{signatureId}",
    params=SignatureRef,
    result=Signature,
    repeat=Repeat.READ,
    summary="Read one signature on a document.",
    description="What documents.signatures tells of each.",
    source="contract 2, Document signatures",
    errors=(*OF_DOCUMENT, "SIGNATURE_NOT_FOUND"),
)

SIGNATURE_IMAGES: Final = endpoint(
    API,
    "documents.images",
    "GET",
    DOCUMENT + "/img-signatures",
    params=DocumentRef,
    result=SignatureImages,
    repeat=Repeat.READ,
    summary="Fetch the images that signers drew or typed, in base64.",
    description="Applications of type SIGNATURE only.",
    source="contract 2, Signature images",
    errors=(
        *OF_DOCUMENT,
        "NO_SIGNATURE_IMAGES_FOUND",
        "SIGNATURE_IMAGE_NOT_FOUND",
        "SIGNATURE_IMAGE_NOT_CREATED",
    ),
)


def _with_file(account: Account[Any], given: DocumentFile, path: str) -> Any:
    """Build a multipart request with the one part ``file``."""
    return multipart_request(
        "POST",
        API.url(account, path, {"documentId": given.document_id}),
        field="file",
        filename=given.document.name,
        media_type=given.document.media_type,
        document=given.document,
        headers={"Accept": "application/json"},
    )


def _upload(account: Account[Any], given: DocumentFile) -> Flow[Document]:
    response = yield from http(_with_file(account, given, _FILE))
    return API.answer(response, Document)


def _check(account: Account[Any], given: DocumentFile) -> Flow[Authenticity]:
    def once() -> Flow[Authenticity]:
        response = yield from http(_with_file(account, given, _CHECK))
        return API.answer(response, Authenticity)

    return retrying(once)


_FILE: Final = DOCUMENT + "/file"
_CHECK: Final = DOCUMENT + "/check-authenticity"

UPLOAD_FILE: Final = Action(
    name="documents.upload",
    summary="Upload a file as a document's content.",
    description=f"Streamed as multipart, part 'file'; the vendor decides on PDF or FILE. {_CONTENT_ONCE}",
    source="contract 1 #25",
    slug="IGNISIGN_PROVIDE_DOCUMENT_CONTENT_FILE",
    repeat=Repeat.NEVER,
    params=DocumentFile,
    result=Document,
    run=_upload,
    method="POST",
    path=_FILE,
    errors=(
        *OF_FILE,
        "DOCUMENT_INFECTED",
        "DOCUMENT_PDF_ONLY_ALLOWED",
        "DOCUMENT_PDF_NOT_ALLOWED",
        "PDF_TOO_SMALL_FOR_ADDING_BINDER",
        *_OF_CONTENT,
    ),
)

CHECK_AUTHENTICITY: Final = Action(
    name="documents.check_authenticity",
    summary="Ask whether a file is the one that was signed as this document.",
    description="The file is uploaded for the comparison; nothing changes.",
    source="contract 2, Authenticity check",
    repeat=Repeat.READ,
    params=DocumentFile,
    result=Authenticity,
    run=_check,
    method="POST",
    path=_CHECK,
    errors=(*OF_DOCUMENT, "DOCUMENT_NOT_PROVIDED", "NO_SIGNATURES_FOUND"),
)


def _documents(account: Account[Any], given: RequestRef) -> Flow[Documents]:
    context = yield from REQUEST_CONTEXT.run(account, given)
    shown = {document.id: document for document in context.documents or ()}
    found: list[Document] = []
    for document_id in dict.fromkeys((*(context.document_ids or ()), *shown)):
        known = shown.get(document_id)
        if known is None:
            known = yield from GET_DOCUMENT.run(account, DocumentRef(document_id=document_id))
        found.append(known)
    return Documents(documents=tuple(found))


REQUEST_DOCUMENTS: Final = Action(
    name="requests.documents",
    summary="List the documents of a signature request.",
    description=(
        "Out of the request's context; a document that is only named there is read on its own. In the order "
        "of the request."
    ),
    source="contract 1 #23",
    slug="IGNISIGN_LIST_DOCUMENTS",
    repeat=Repeat.READ,
    params=RequestRef,
    result=Documents,
    run=_documents,
    errors=("SIGNATURE_REQUEST_NOT_FOUND", *OF_DOCUMENT),
)

ACTIONS: Final = (
    INIT_DOCUMENT,
    GET_DOCUMENT,
    DOCUMENT_CONTEXT,
    UPDATE_DOCUMENT,
    DELETE_DOCUMENT,
    PROVIDE_JSON,
    PROVIDE_DIGEST,
    REMOVE_CONTENT,
    DOCUMENT_SIGNATURES,
    DOCUMENT_SIGNATURE,
    SIGNATURE_IMAGES,
    UPLOAD_FILE,
    CHECK_AUTHENTICITY,
    REQUEST_DOCUMENTS,
)
"""The subject's actions, in the order in which they are listed."""
