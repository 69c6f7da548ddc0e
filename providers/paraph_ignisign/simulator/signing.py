"""The pages a signer meets: sign, view a document, look at the proofs (contract 7.3).

An EMBEDDED signer needs the session token and the secret; a BY_SIDE signer, who comes from the e-mail, the
token alone. Nobody is offered to decline: no source knows of it. A page that ends a visit says why.
"""

import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from paraph.testing.simulator import pages
from paraph.testing.simulator.pages import PageState
from paraph_ignisign.simulator import evidence, lifecycle
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.model import Document, SignatureRequest, Signer
from paraph_ignisign.simulator.tenant import Tenant

_SIGNER = "/signature-requests/{requestId}/signers/{signerId}"
_Visit = tuple[SignatureRequest, Signer]
_Handler = Callable[[Tenant, Request, dict[str, str]], Response]


class _RefusedError(Exception):
    """A visitor who may not see the page; carries the HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def routes(tenant: Tenant) -> list[Route]:
    """Return the routes of the signing site."""
    return [
        Route(f"{_SIGNER}/sign", _serve(tenant, show), methods=["GET"]),
        Route(f"{_SIGNER}/sign", _serve(tenant, submit), methods=["POST"]),
        Route(f"{_SIGNER}/documents/{{documentId}}", _serve(tenant, view), methods=["GET"]),
        Route("/signature-requests/{requestId}/proofs", _serve(tenant, proofs), methods=["GET"]),
        Route("/signature-requests/{requestId}/proofs/{documentId}", _serve(tenant, proof), methods=["GET"]),
    ]


def show(tenant: Tenant, request: Request, _form: dict[str, str]) -> Response:
    """Show the page to sign on; opening it starts the session, once."""
    wanted, signer = _visit(tenant, request)
    ended = _ended(wanted, signer)
    if ended is not None:
        return ended
    if signer.id not in wanted.opened_by:
        wanted.opened_by.add(signer.id)
        tenant.effects.add("session_opened", wanted.id, signer.external_id)
        tenant.hooks.session(wanted, signer)
    return _sign_page(tenant, request, wanted, complaint=None)


def submit(tenant: Tenant, request: Request, form: dict[str, str]) -> Response:
    """Sign every document of the request for this signer, or none."""
    wanted, signer = _visit(tenant, request)
    ended = _ended(wanted, signer)
    if ended is not None:
        return ended
    missing = [field.label for field in _fields(wanted) if not form.get(field.name, "").strip()]
    if missing:
        return _sign_page(tenant, request, wanted, complaint=f"Please fill in: {'; '.join(missing)}")
    documents = tenant.documents_of(wanted)
    try:
        signed = [(one, *evidence.sign(tenant, wanted, one, signer)) for one in documents]
    except evidence.CannotSignError as error:
        failed = tenant.documents[str(error)]
        tenant.hooks.signature(wanted, failed, signer, None)
        return _page("This document cannot be signed", PageState.ERROR, "Please tell the sender.", status=500)
    for document, signature, content in signed:
        document.signatures.append(signature)
        document.signed = content
        tenant.hooks.signature(wanted, document, signer, signature.id)
    lifecycle.signed(tenant, wanted, signer)
    return _page("Thank you", PageState.DONE, "You have signed. You can close this page.")


def view(tenant: Tenant, request: Request, _form: dict[str, str]) -> Response:
    """Show one document of the request as it was given."""
    wanted, _signer = _visit(tenant, request)
    document = _document(tenant, wanted, request.path_params["documentId"])
    if document.content is None:
        return _page("A private file", PageState.ERROR, "The sender keeps this file.", status=404)
    return Response(document.content, media_type=document.mime_type or "application/json")


def proofs(tenant: Tenant, request: Request, _form: dict[str, str]) -> Response:
    """List the proofs that a token opens: one document's or the whole request's."""
    wanted, token = _request(tenant, request), request.query_params.get("t", "")
    documents = [
        one for one in tenant.documents_of(wanted) if _opens(token, one.proof_token, wanted.proof_token)
    ]
    if not documents:
        raise _RefusedError(403)
    query = urlencode({"t": token})
    links = pages.links(
        [(f"/signature-requests/{wanted.id}/proofs/{one.id}?{query}", one.label) for one in documents]
    )
    return HTMLResponse(pages.page("Signature proofs", PageState.DONE, [links]))


def proof(tenant: Tenant, request: Request, _form: dict[str, str]) -> Response:
    """Hand out the proof of one document."""
    wanted, token = _request(tenant, request), request.query_params.get("t", "")
    document = _document(tenant, wanted, request.path_params["documentId"])
    if not _opens(token, document.proof_token, wanted.proof_token):
        raise _RefusedError(403)
    kind = "SIGNED_DATA" if document.signed is None else "PDF_WITH_SIGNATURES"
    return evidence.download(tenant, wanted, document, kind)


def _serve(tenant: Tenant, handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        raw = (await request.body()).decode("utf-8", "replace") if request.method == "POST" else ""
        form = {name: values[0] for name, values in parse_qs(raw).items()}
        return await run_in_threadpool(_handle, tenant, handler, request, form)

    return serve


def _handle(tenant: Tenant, handler: _Handler, request: Request, form: dict[str, str]) -> Response:
    with tenant.lock:
        tenant.agenda.run(tenant.clock.now())
        try:
            return handler(tenant, request, form)
        except _RefusedError as error:
            return _page(
                "This link is not valid", PageState.ERROR, "Please ask the sender.", status=error.status
            )
        except VendorError as error:
            return _page("This is not available", PageState.ERROR, error.message, status=error.status)


def _request(tenant: Tenant, request: Request) -> SignatureRequest:
    wanted = tenant.requests.get(request.path_params["requestId"])
    if wanted is None:
        raise _RefusedError(404)
    return wanted


def _visit(tenant: Tenant, request: Request) -> _Visit:
    wanted = _request(tenant, request)
    signer = tenant.signers.get(request.path_params["signerId"])
    if signer is None or signer.id not in wanted.tokens:
        raise _RefusedError(404)
    query = request.query_params
    allowed = _opens(query.get("token", ""), wanted.tokens[signer.id])
    if signer.embedded:
        allowed = allowed and _opens(query.get("signerSecret", ""), signer.auth_secret)
    if not allowed or signer.status == "BLOCKED":
        raise _RefusedError(403)
    return wanted, signer


def _opens(given: str, *keys: str | None) -> bool:
    return any(key is not None and secrets.compare_digest(given.encode(), key.encode()) for key in keys)


def _document(tenant: Tenant, wanted: SignatureRequest, document_id: str) -> Document:
    if document_id not in wanted.document_ids:
        raise _RefusedError(404)
    return tenant.documents[document_id]


def _ended(wanted: SignatureRequest, signer: Signer) -> Response | None:
    """Return the page for somebody who has nothing to sign here any more, or not yet."""
    if signer.id in wanted.signed_by:
        return _page("Already signed", PageState.DONE, "You have signed. You can close this page.")
    if wanted.status == "IN_PROGRESS":
        return None
    reasons = {
        "READY": "It is not open yet.",
        "LAUNCHING": "It is not open yet.",
        "CANCELLED": "The sender has cancelled it.",
        "EXPIRED": "The time to sign is over.",
    }
    words = reasons.get(wanted.status, "It is closed.")
    return _page("This request cannot be signed", PageState.CLOSED, words)


def _fields(wanted: SignatureRequest) -> list[pages.Field]:
    statements = [
        pages.Field(name=f"statement-{index}", label=one["labelMd"], checkbox=True)
        for index, one in enumerate(wanted.fields.get("statements") or [])
    ]
    return [
        *statements,
        pages.Field(name="consent", label="I have read the documents and agree to sign them", checkbox=True),
        pages.Field(name="fullName", label="Your full name"),
    ]


def _sign_page(tenant: Tenant, request: Request, wanted: SignatureRequest, complaint: str | None) -> Response:
    query = request.url.query
    base = request.url.path.removesuffix("/sign")
    documents = [(f"{base}/documents/{one.id}?{query}", one.label) for one in tenant.documents_of(wanted)]
    parts = [pages.text(words) for words in (complaint, wanted.fields.get("description")) if words]
    parts += [
        pages.links(documents),
        pages.form(f"{request.url.path}?{query}", _fields(wanted), submit="Sign"),
    ]
    html = pages.page(wanted.fields["title"], PageState.SIGN, parts)
    return HTMLResponse(html, status_code=400 if complaint else 200)


def _page(title: str, state: PageState, words: str, *, status: int = 200) -> Response:
    return HTMLResponse(pages.page(title, state, [pages.text(words)]), status_code=status)
