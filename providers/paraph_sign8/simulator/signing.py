"""The pages a recipient meets: password, one-time code, then sign or refuse (contract 4).

A link's key opens its page for an invited signer, in steps that a browser's cookie remembers: the workflow's
password if it has one; from advanced upward a code that is sent to the phone and valid for five minutes (the
phone call, and the identification and certificate password of a qualified signature, are not played). Nobody
needs an account. Refusing is possible at every step: "at any time".
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from paraph.testing.simulator import Mail, pages, papers, sheets
from paraph.testing.simulator.pages import PageState
from paraph.testing.simulator.words import ENGLISH
from paraph_sign8.dialect.words import WorkflowStatus
from paraph_sign8.simulator import evidence, lifecycle
from paraph_sign8.simulator.model import File, Signer, Workflow
from paraph_sign8.simulator.tenant import Code, Tenant, Visit, new_key

COOKIE: Final = "sign8-visit"
SIGNER: Final = "/_sign8/workflows/{workflow}/signers/{signer}"
MOST_TRIES: Final = 3
"""Wrong codes after which another one is sent."""

_LONGEST_REASON: Final = 2000

Page = Callable[[Tenant, Request, bytes], Response]


class NoEntryError(Exception):
    """A visitor who may not see the page; carries the HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def show(tenant: Tenant, request: Request, _body: bytes) -> Response:
    """Show the step that comes next."""
    workflow, signer = _enter(tenant, request)
    cookie, visit = _visit(tenant, request, signer)
    response = _closed(workflow, signer) or _step(tenant, request, workflow, signer, visit)
    response.set_cookie(COOKIE, cookie, path=request.url.path, httponly=True, samesite="lax")
    return response


def submit(tenant: Tenant, request: Request, body: bytes) -> Response:
    """Take what the step asked for."""
    workflow, signer = _enter(tenant, request)
    cookie, visit = _visit(tenant, request, signer)
    form = dict(parse_qsl(body.decode("utf-8", "replace")))
    ended = _closed(workflow, signer)
    if ended is not None:
        return ended
    if workflow.password and not visit.knows_password:
        visit.knows_password = _same(form.get("password", ""), workflow.password)
        complaint = "" if visit.knows_password else "This is not the password."
        response = _step(tenant, request, workflow, signer, visit, complaint)
    elif signer.needs_code and not visit.has_phone:
        complaint = _try_code(tenant, signer, form.get("code", ""))
        visit.has_phone = not complaint
        response = _step(tenant, request, workflow, signer, visit, complaint)
    elif not (form.get("consent") and form.get("name", "").strip()):
        complaint = "Please agree, and write your name."
        response = _step(tenant, request, workflow, signer, visit, complaint)
    else:
        response = _sign(tenant, workflow, signer)
    response.set_cookie(COOKIE, cookie, path=request.url.path, httponly=True, samesite="lax")
    return response


def refuse(tenant: Tenant, request: Request, body: bytes) -> Response:
    """End the whole workflow; why, may be told: nothing says that SIGN8 demands a reason (contract 4)."""
    workflow, signer = _enter(tenant, request)
    ended = _closed(workflow, signer)
    if ended is not None:
        return ended
    reason = dict(parse_qsl(body.decode("utf-8", "replace"))).get("reason", "").strip()
    if len(reason) > _LONGEST_REASON:
        words = f"Please give a reason of at most {_LONGEST_REASON} characters."
        parts = [pages.notice(words), *_refusals(request.url.path, signer)]
        return HTMLResponse(pages.page(workflow.name, PageState.SIGN, parts), status_code=400)
    lifecycle.refused(tenant, workflow, signer, reason)
    return _page("You have refused", PageState.CLOSED, "Nobody can sign this workflow any more.")


def view(tenant: Tenant, request: Request, _body: bytes) -> Response:
    """Show a document to somebody who got past the password."""
    return Response(_seen(tenant, request).current, media_type="application/pdf")


def sheet(tenant: Tenant, request: Request, _body: bytes) -> Response:
    """Show one sheet of a document as a picture."""
    file = _seen(tenant, request)
    try:
        picture = papers.draw_sheet(file.current, int(request.path_params["number"]))
    except (sheets.NotDrawableError, ValueError) as error:
        raise NoEntryError(404) from error
    return Response(picture, media_type="image/png")


def results(tenant: Tenant, request: Request, _body: bytes) -> Response:
    """Show everybody what came of a workflow: the signed files and the audit report."""
    workflow = _completed(tenant, request)
    key = quote(workflow.key)
    base = request.url.path
    targets = [(f"{base}/{file.id}?key={key}", file.name or file.id) for file in workflow.files.values()]
    parts = [pages.links([*targets, (f"{base}/audit-report?key={key}", "Audit report")])]
    return HTMLResponse(pages.page(workflow.name, PageState.DONE, parts))


def result(tenant: Tenant, request: Request, _body: bytes) -> Response:
    """Hand out one of the results."""
    workflow = _completed(tenant, request)
    if request.path_params["file"] == "audit-report":
        return Response(evidence.audit_report(tenant, workflow), media_type="application/pdf")
    return Response(_file(workflow, request).current, media_type="application/pdf")


ROUTES: Final[tuple[tuple[str, str, Page], ...]] = (
    ("GET", SIGNER, show),
    ("POST", SIGNER, submit),
    ("POST", f"{SIGNER}/refuse", refuse),
    ("GET", f"{SIGNER}/files/{{file}}", view),
    ("GET", f"{SIGNER}/files/{{file}}/sheets/{{number}}", sheet),
    ("GET", "/_sign8/workflows/{workflow}/results", results),
    ("GET", "/_sign8/workflows/{workflow}/results/{file}", result),
)


def no_entry(error: NoEntryError) -> Response:
    """Return the page for somebody whose link does not open anything."""
    return _page("This link is not valid", PageState.ERROR, "Please ask the sender.", status=error.status)


def _enter(tenant: Tenant, request: Request) -> tuple[Workflow, Signer]:
    workflow = tenant.workflows.get(request.path_params["workflow"])
    signer = workflow.signers.get(request.path_params["signer"]) if workflow else None
    if workflow is None or signer is None:
        raise NoEntryError(404)
    if not _same(request.query_params.get("key", ""), signer.key):
        raise NoEntryError(403)
    return workflow, signer


def _completed(tenant: Tenant, request: Request) -> Workflow:
    workflow = tenant.workflows.get(request.path_params["workflow"])
    if workflow is None or workflow.status is not WorkflowStatus.COMPLETED:
        raise NoEntryError(404)
    if not _same(request.query_params.get("key", ""), workflow.key):
        raise NoEntryError(403)
    return workflow


def _file(workflow: Workflow, request: Request) -> File:
    found = workflow.files.get(request.path_params["file"])
    if found is None:
        raise NoEntryError(404)
    return found


def _seen(tenant: Tenant, request: Request) -> File:
    """Return the file that somebody asks for who got past the password; NoEntryError."""
    workflow, signer = _enter(tenant, request)
    visit = tenant.visits.get(request.cookies.get(COOKIE, ""))
    known = visit is not None and visit.signer_id == signer.id and visit.knows_password
    if workflow.password and not known:
        raise NoEntryError(403)
    return _file(workflow, request)


def _same(given: str, wanted: str) -> bool:
    return secrets.compare_digest(given.encode(), wanted.encode())


def _visit(tenant: Tenant, request: Request, signer: Signer) -> tuple[str, Visit]:
    cookie = request.cookies.get(COOKIE, "")
    visit = tenant.visits.get(cookie)
    if visit is None or visit.signer_id != signer.id:
        cookie, visit = new_key(), Visit(signer_id=signer.id)
        tenant.visits[cookie] = visit
    return cookie, visit


def _closed(workflow: Workflow, signer: Signer) -> Response | None:
    """Return the page for somebody who has nothing to sign here any more, or not yet."""
    if signer.signed_at is not None:
        return _page("Already signed", PageState.DONE, "You have signed. You can close this page.")
    if workflow.status is WorkflowStatus.ACTIVE and signer.status in lifecycle.OPEN:
        return None
    reasons = {
        WorkflowStatus.CANCELLED: "The sender has cancelled it.",
        WorkflowStatus.EXPIRED: "The time to sign is over.",
        WorkflowStatus.REFUSED: "Somebody has refused to sign.",
    }
    words = reasons.get(workflow.status, "It is not your turn yet.")
    return _page("This workflow cannot be signed", PageState.CLOSED, words)


def _step(
    tenant: Tenant, request: Request, workflow: Workflow, signer: Signer, visit: Visit, complaint: str = ""
) -> Response:
    """Return the page of the next step."""
    base = request.url.path
    action = f"{base}?key={quote(signer.key)}"
    if workflow.password and not visit.knows_password:
        field = pages.Field(name="password", label="Password of this workflow", password=True)
        parts = [pages.form(action, [field], submit="Continue")]
    elif signer.needs_code and not visit.has_phone:
        _send_code(tenant, workflow, signer)
        field = pages.Field(name="code", label="The code that was sent to your phone", code=True)
        parts = [pages.form(action, [field], submit="Continue")]
    else:
        lifecycle.opened(tenant, workflow, signer)
        fields = [
            pages.Field(name="consent", label="I have read the documents and agree to sign", checkbox=True),
            pages.Field(name="name", label="Your full name"),
        ]
        parts = [pages.text(workflow.description)] if workflow.description else []
        parts += [_shown(file, base, quote(signer.key)) for file in workflow.files.values()]
        parts.append(pages.form(action, fields, submit="Sign"))
    if complaint:
        parts.insert(0, pages.notice(complaint))
    parts += _refusals(f"{base}/refuse", signer)
    html = pages.page(workflow.name or "A workflow to sign", PageState.SIGN, parts)
    return HTMLResponse(html, status_code=400 if complaint else 200)


def _shown(file: File, base: str, key: str) -> pages.Markup:
    """Return the part of a page that shows a document."""
    address = f"{base}/files/{file.id}"
    paper = papers.Paper(
        label=file.name or file.id,
        content=file.current,
        media_type="application/pdf",
        address=f"{address}?key={key}",
        sheet=lambda number: f"{address}/sheets/{number}?key={key}",
    )
    return papers.show(paper, ENGLISH, [], unfolded=False)


def _refusals(action: str, signer: Signer) -> list[pages.Markup]:
    """Return the forms to refuse with and without a reason: what a form asks for has to be filled in."""
    reason = pages.Field(name="reason", label="Why you refuse")
    target = f"{action}?key={quote(signer.key)}"
    return [
        pages.form(target, [reason], submit="Reject signing process", purpose="decline", second=True),
        pages.form(target, [], submit="Reject without a reason", purpose="decline", second=True),
    ]


def _send_code(tenant: Tenant, workflow: Workflow, signer: Signer) -> None:
    """Send a code, unless one is on its way that still counts."""
    now = tenant.clock.now()
    code = tenant.codes.get(signer.id)
    if code is not None and now < code.until and code.tries < MOST_TRIES:
        return
    digits = f"{secrets.randbelow(10**6):06}"
    tenant.codes[signer.id] = Code(digits=digits, until=now + tenant.options.code_lifetime)
    tenant.effects.add("code_sent", signer.id, workflow.external_id)
    link = tenant.sign_link(workflow, signer)
    tenant.outbox.append(Mail(to=signer.phone, subject=f"Your code: {digits}", link=link))


def _try_code(tenant: Tenant, signer: Signer, given: str) -> str:
    """Take a code; returns what is wrong with it, or nothing. A code counts once."""
    code = tenant.codes.get(signer.id)
    if code is None or tenant.clock.now() >= code.until:
        return "This code is too old; another one was sent."
    if not _same(given.strip(), code.digits):
        code.tries += 1
        return "This is not the code."
    del tenant.codes[signer.id]
    return ""


def _sign(tenant: Tenant, workflow: Workflow, signer: Signer) -> Response:
    """Sign every file that this signer has to sign, or none."""
    try:
        signed = [(file, evidence.sign(tenant, workflow, file, signer)) for file in workflow.files_of(signer)]
    except evidence.CannotSignError:
        return _page("This document cannot be signed", PageState.ERROR, "Please tell the sender.", status=500)
    for file, content in signed:
        file.signed = content
    lifecycle.signed(tenant, workflow, signer)
    return _page("Thank you", PageState.DONE, "You have signed. You can close this page.")


def _page(title: str, state: PageState, words: str, *, status: int = 200) -> Response:
    return HTMLResponse(pages.page(title, state, [pages.ending(words)]), status_code=status)
