"""The page where a person consents to a bare signature (contract 7.7): a browser comes and is sent back.

Assumptions: who must not be redirected to gets a page with the code of the error; everything else goes back
as `error`; a person who refuses goes back as `access_denied`.
"""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from paraph.testing.simulator import pages
from paraph.testing.simulator.pages import PageState
from paraph.testing.simulator.words import words_in
from paraph_ignisign.simulator import bare
from paraph_ignisign.simulator.application import BareWish
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.tenant import Tenant

_PATH = "/envs/{appEnv}/oauth2/authorize"
_SEE_OTHER = 303  # the browser follows with GET, whatever the person sent


def routes(tenant: Tenant) -> list[Route]:
    """Return the page, to look at and to answer."""
    return [Route(_PATH, _serve(tenant), methods=["GET", "POST"])]


def _serve(tenant: Tenant) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
        answers = {name: values[0] for name, values in form.items()} if request.method == "POST" else None
        return await run_in_threadpool(_handle, tenant, request, answers)

    return serve


def _handle(tenant: Tenant, request: Request, answers: Mapping[str, str] | None) -> Response:
    query = request.query_params
    with tenant.lock:
        try:
            _check_place(tenant, request.path_params["appEnv"])
            address = bare.check_client(tenant, query.get("client_id"), query.get("redirect_uri"))
        except VendorError as error:
            said = [pages.ending(f"{error.message} ({error.code})")]
            html = pages.page("This request is not valid", PageState.ERROR, said)
            return HTMLResponse(html, status_code=error.status)
        try:
            wish = bare.read_wish(tenant, address, query)
        except VendorError as error:
            return _back(address, error=error.code, state=query.get("state"))
        if answers is None:
            return _page(request, wish)
        if answers.get("refuse"):
            return _back(address, error="access_denied", state=wish.state)
        name = answers.get("fullName", "").strip()
        if not answers.get("consent") or not name:
            return _page(request, wish, answers)
        return _back(address, code=bare.grant(tenant, wish, name), state=wish.state)


def _check_place(tenant: Tenant, app_env: str) -> None:
    if tenant.options.app_type != "BARE_SIGNATURE":
        raise VendorError("FEATURE_NOT_AVAILABLE")
    if app_env != tenant.home.app_env:
        raise VendorError("INVALID_CONTEXT")
    tenant.check_open()


def _page(request: Request, wish: BareWish, answers: Mapping[str, str] | None = None) -> Response:
    """Return the page; `answers` are those that lacked something."""
    words, given = words_in(wish.language), answers or {}
    here = f"{request.url.path}?{request.url.query}"
    consent = [
        pages.Field(name="fullName", label=words.full_name, value=given.get("fullName", "").strip()),
        pages.Field(name="consent", label=words.consent, checkbox=True, value=given.get("consent", "")),
    ]
    refuse = [pages.Field(name="refuse", label=words.refusal, checkbox=True)]
    missing = [field.label for field in consent if answers is not None and not field.value]
    parts = [
        *([pages.notice(f"{words.missing} {'; '.join(missing)}")] if missing else []),
        pages.text(words.hashes.format(count=len(wish.hashes))),
        pages.form(here, consent, submit=words.sign),
        pages.form(here, refuse, submit=words.go_back, purpose="decline", second=True),
    ]
    html = pages.page(wish.title, PageState.SIGN, parts, language=words.language, script=True)
    return HTMLResponse(html, status_code=400 if answers is not None else 200)


def _back(address: str, **answers: str | None) -> Response:
    given = urlencode({name: value for name, value in answers.items() if value is not None})
    return RedirectResponse(f"{address}{'&' if '?' in address else '?'}{given}", status_code=_SEE_OTHER)
