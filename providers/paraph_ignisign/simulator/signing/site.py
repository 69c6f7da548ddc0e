"""The routes of the signing site and what each does; the tenant's lock is held while one answers."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import parse_qs, urlencode

import attrs
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from paraph.testing.simulator import ink, pages, papers, sheets
from paraph.testing.simulator.pages import PageState
from paraph_ignisign.simulator import evidence, lifecycle
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.signing import showing
from paraph_ignisign.simulator.signing.visit import (
    Look,
    NoEntryError,
    Visit,
    document_of,
    enter,
    opens,
    request_of,
)
from paraph_ignisign.simulator.tenant import Tenant

_SIGNER = "/signature-requests/{requestId}/signers/{signerId}"
_UNTRUSTED = {"content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'"}

_Form = dict[str, str]
_Answer = Response | Callable[[], Response]
"""A response, or the work that makes it, which then is done without the lock."""

_Handler = Callable[[Tenant, Request, _Form], _Answer]


def routes(tenant: Tenant) -> list[Route]:
    """Return the routes of the signing site."""
    document = f"{_SIGNER}/documents/{{documentId}}"
    return [
        Route(f"{_SIGNER}/sign", _serve(tenant, show), methods=["GET"]),
        Route(f"{_SIGNER}/sign", _serve(tenant, submit), methods=["POST"]),
        Route(document, _serve(tenant, view), methods=["GET"]),
        Route(f"{document}/sheets/{{number:int}}", _serve(tenant, sheet), methods=["GET"]),
        Route("/signature-requests/{requestId}/proofs", _serve(tenant, proofs), methods=["GET"]),
        Route("/signature-requests/{requestId}/proofs/{documentId}", _serve(tenant, proof), methods=["GET"]),
    ]


def show(tenant: Tenant, request: Request, _form: _Form) -> Response:
    """Show the page to sign or approve on; opening it starts a signer's session, once.

    Opening it again updates the session (assumption: the quick start does not say what does).
    """
    visit = enter(tenant, request)
    over = showing.ended(tenant, visit)
    if over is not None:
        return over
    wanted, signer = visit.wanted, visit.signer
    if not visit.approves:
        again = signer.id in wanted.opened_by
        if not again:
            wanted.opened_by.add(signer.id)
            tenant.effects.add("session_opened", wanted.id, signer.external_id)
        tenant.hooks.session(wanted, signer, again=again)
    return showing.form_page(tenant, visit, form={})


def submit(tenant: Tenant, request: Request, form: _Form) -> Response:
    """Sign every document of the request for this signer, or none; or approve of them all."""
    visit = enter(tenant, request)
    over = showing.ended(tenant, visit)
    if over is not None:
        return over
    words = visit.look.words
    fields = [*showing.statement_fields(visit, form), showing.consent_field(visit, form)]
    missing = [field.label for field in fields if not field.value.strip()]
    image: bytes | None = None
    if not visit.approves:
        try:
            image = _picture(form)
        except ink.NoInkError:
            return showing.form_page(tenant, visit, form=form, complaint=words.bad_signature)
        missing += [] if image else [words.full_name]
    if missing:
        complaint = f"{words.missing} {'; '.join(missing)}"
        return showing.form_page(tenant, visit, form=form, complaint=complaint)
    if visit.approves:
        lifecycle.approved(tenant, visit.wanted, visit.signer)
        return showing.thanks(visit, [])
    return _sign(tenant, visit, image)


def view(tenant: Tenant, request: Request, _form: _Form) -> Response:
    """Show one document of the request as it was given."""
    visit = enter(tenant, request)
    document = document_of(tenant, visit.wanted, request.path_params["documentId"])
    if document.content is None:
        words = visit.look.words
        title, status = (
            (words.private_file, 404) if document.nature == "PRIVATE_FILE" else (words.cannot, 404)
        )
        return showing.end(title, PageState.ERROR, words.sender_keeps, look=visit.look, status=status)
    kind = showing.media_type(document)
    # Whoever uploads a file must not get a script to run on this site; browsers show no PDF in a sandbox.
    guard = {} if kind == "application/pdf" else _UNTRUSTED
    headers = {"x-content-type-options": "nosniff", **guard}
    return Response(document.content, media_type=kind, headers=headers)


def sheet(tenant: Tenant, request: Request, _form: _Form) -> Callable[[], Response]:
    """Show one sheet of a PDF as a picture."""
    visit = enter(tenant, request)
    document = document_of(tenant, visit.wanted, request.path_params["documentId"])
    content, number = document.content, request.path_params["number"]
    if content is None or showing.media_type(document) != "application/pdf":
        raise NoEntryError(404)

    def draw() -> Response:
        picture = papers.draw_sheet(content, number)
        return Response(picture, media_type="image/png", headers={"cache-control": "private, max-age=3600"})

    return draw


def proofs(tenant: Tenant, request: Request, _form: _Form) -> Response:
    """List the proofs that a token opens: one document's or the whole request's."""
    wanted, token = request_of(tenant, request), request.query_params.get("t", "")
    documents = [
        one for one in tenant.documents_of(wanted) if opens(token, one.proof_token, wanted.proof_token)
    ]
    if not documents:
        raise NoEntryError(403)
    query, words = urlencode({"t": token}), Look.of(request, wanted).words
    links = pages.links(
        [(f"/signature-requests/{wanted.id}/proofs/{one.id}?{query}", one.label) for one in documents]
    )
    return HTMLResponse(pages.page(words.proofs, PageState.DONE, [links], language=words.language))


def proof(tenant: Tenant, request: Request, _form: _Form) -> Response:
    """Hand out the proof of one document."""
    wanted, token = request_of(tenant, request), request.query_params.get("t", "")
    document = document_of(tenant, wanted, request.path_params["documentId"])
    if not opens(token, document.proof_token, wanted.proof_token):
        raise NoEntryError(403)
    kind = "SIGNED_DATA" if document.signed is None else "PDF_WITH_SIGNATURES"
    return evidence.download(tenant, wanted, document, kind)


def _picture(form: _Form) -> bytes | None:
    """Return what the signature looks like; None without any. NoInkError if it cannot be read."""
    drawing, name = form.get("signature", ""), form.get("fullName", "").strip()
    if form.get("signatureKind") == "drawn" or (drawing and name):
        return ink.drawn(drawing)
    return ink.typed(name) if name else None


def _sign(tenant: Tenant, visit: Visit, image: bytes | None) -> Response:
    wanted, signer, words = visit.wanted, visit.signer, visit.look.words
    try:
        signed = [(one, *evidence.sign(tenant, wanted, one, signer)) for one in tenant.documents_of(wanted)]
    except evidence.CannotSignError as error:
        tenant.hooks.signature(wanted, tenant.documents[str(error)], signer, None)
        return showing.end(
            words.bad_document,
            PageState.ERROR,
            words.tell_sender,
            look=visit.look,
            status=500,
            messages=showing.error_messages("DOCUMENT_SIGNATURE_FAILED"),
        )
    ids = []
    for document, signature, content in signed:
        document.signatures.append(attrs.evolve(signature, image=image))
        document.signed = content
        ids.append(signature.id)
        tenant.hooks.signature(wanted, document, signer, signature.id)
    lifecycle.signed(tenant, wanted, signer)
    return showing.thanks(visit, ids)


def _serve(tenant: Tenant, handler: _Handler) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        raw = (await request.body()).decode("utf-8", "replace") if request.method == "POST" else ""
        form = {name: values[0] for name, values in parse_qs(raw).items()}
        return await run_in_threadpool(_handle, tenant, handler, request, form)

    return serve


def _handle(tenant: Tenant, handler: _Handler, request: Request, form: _Form) -> Response:
    try:
        with tenant.lock:
            tenant.agenda.run(tenant.clock.now())
            answer = handler(tenant, request, form)
        return answer if isinstance(answer, Response) else answer()
    except NoEntryError as error:
        code = (
            "SIGNATURE_TOKEN_INVALID"
            if error.status == HTTPStatus.FORBIDDEN
            else "SIGNATURE_SESSION_NOT_FOUND"
        )
        return _no_entry(request, error.status, code)
    except sheets.NotDrawableError:
        return _no_entry(request, 404, "DOCUMENT_NOT_FOUND")
    except VendorError as error:
        look = Look.of(request, None)
        title, messages = look.words.unavailable, showing.error_messages(error.code)
        return showing.end(
            title, PageState.ERROR, error.message, look=look, status=error.status, messages=messages
        )


def _no_entry(request: Request, status: int, code: str) -> Response:
    look = Look.of(request, None)
    return showing.end(
        look.words.bad_link,
        PageState.ERROR,
        look.words.ask_sender,
        look=look,
        status=status,
        messages=showing.error_messages(code),
    )
