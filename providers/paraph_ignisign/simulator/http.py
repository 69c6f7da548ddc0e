"""Requests in, vendor answers out: authentication, parameters, bodies, errors, in the vendor's order.

A route is a row: method, path, handler and the DTO of its body. Handlers are plain functions of the tenant
and a `Call`; they run in a worker thread, one at a time, under the tenant's lock.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import attrs
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from paraph_ignisign.simulator import javascript
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.model import Context
from paraph_ignisign.simulator.shapes import EMPTY, Key, checked, mongo_id, plain_ids
from paraph_ignisign.simulator.tables import APP_ENVS, LOW_LEVEL_PROOF_TYPES, PROOF_TYPES, TYPE_REFUSALS
from paraph_ignisign.simulator.tenant import Tenant

_WHOLE = re.compile(r"[0-9]{1,15}")  # JavaScript counts exactly so far


@attrs.frozen(kw_only=True)
class Upload:
    """The file part of a multipart body."""

    name: str
    mime_type: str | None
    content: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Call:
    """One accepted request. `context` is whom it speaks for; `authorization` is the header's text."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: dict[str, Any] = attrs.field(repr=False)
    upload: Upload | None
    context: Context
    authorization: str | None = attrs.field(default=None, repr=False)

    def page(self, *, first: int) -> int:
        """Return the zero-based page asked for with a 1-based or 0-based `page` (`first`)."""
        return self._whole("page", default=first, least=first) - first

    def page_size(self, default: int) -> int:
        """Return `pageSize` (contract 9, row 12: honoured)."""
        return self._whole("pageSize", default=default, least=1)

    def _whole(self, name: str, *, default: int, least: int) -> int:
        given = str(self.query.get(name, self.body.get(name, default)))
        if not _WHOLE.fullmatch(given) or int(given) < least:
            raise VendorError("QUERY_VALIDATION_FAILED", f"Invalid query: {name}", properties=[name])
        return int(given)


Handler = Callable[[Tenant, Call], Any]


@attrs.frozen(kw_only=True)
class Endpoint:
    """One route of the vendor's. `body` None: none is read; `upload`: multipart instead of JSON.

    `public`: no API key is asked for. `apps`: the types of application that may call it; None: all.
    `refusal`: the code for a body that does not fit. `prepare`: what may take its time, done without the
    lock; its call is the one that is handled.
    """

    method: str
    path: str
    handler: Handler
    body: Mapping[str, Key] | None = None
    refusal: str = "BODY_VALIDATION_FAILED"
    upload: bool = False
    public: bool = False
    apps: frozenset[str] | None = None
    prepare: Callable[[Tenant, Call], Call] | None = None


def get(path: str, handler: Handler) -> Endpoint:
    """Return a row for a read."""
    return Endpoint(method="GET", path=path, handler=handler)


def post(path: str, handler: Handler, body: Mapping[str, Key] = EMPTY) -> Endpoint:
    """Return a row for a POST with JSON."""
    return Endpoint(method="POST", path=path, handler=handler, body=body)


def put(path: str, handler: Handler, body: Mapping[str, Key] = EMPTY) -> Endpoint:
    """Return a row for a PUT with JSON."""
    return Endpoint(method="PUT", path=path, handler=handler, body=body)


def delete(path: str, handler: Handler) -> Endpoint:
    """Return a row for a DELETE."""
    return Endpoint(method="DELETE", path=path, handler=handler)


def routes(tenant: Tenant, endpoints: Sequence[Endpoint], *, latency: float) -> list[Route]:
    """Return Starlette routes for `endpoints`; each answer waits `latency` real seconds first."""
    return [
        Route(one.path, _serve(tenant, one, latency), methods=[one.method], name=f"{one.method} {one.path}")
        for one in endpoints
    ]


class _Answer(JSONResponse):
    """JSON as the vendor prints it: half a surrogate pair, in a key that is refused, is escaped."""

    def render(self, content: Any) -> bytes:
        return javascript.stringify(content).encode()


def _serve(tenant: Tenant, endpoint: Endpoint, latency: float) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        if latency:
            await asyncio.sleep(latency)
        try:
            call = await _accept(tenant, endpoint, request)
            result = await run_in_threadpool(_handle, tenant, endpoint, call)
        except VendorError as error:
            return _Answer(error.body(tenant.clock.now()), status_code=error.status)
        return result if isinstance(result, Response) else _Answer(result)

    return serve


def _handle(tenant: Tenant, endpoint: Endpoint, call: Call) -> Any:
    if endpoint.prepare is not None:
        call = endpoint.prepare(tenant, call)
    with tenant.lock:
        tenant.agenda.run(tenant.clock.now())
        return endpoint.handler(tenant, call)


async def _accept(tenant: Tenant, endpoint: Endpoint, request: Request) -> Call:
    context = (
        tenant.home
        if endpoint.public
        else tenant.credentials.context_of(request.headers.get("authorization"), tenant.clock.now())
    )
    if not endpoint.public:
        tenant.check_open()
    path = {name: str(plain_ids(value, name)) for name, value in request.path_params.items()}
    _check_path(path, context)
    _check_type(tenant.options.app_type, endpoint)
    upload = await _upload(tenant, request) if endpoint.upload else None
    body = {} if endpoint.body is None else _checked(await _json(request), endpoint.body, endpoint.refusal)
    return Call(
        path=path,
        query=dict(request.query_params),
        body=body,
        upload=upload,
        context=context,
        authorization=request.headers.get("authorization"),
    )


def _check_path(path: Mapping[str, str], context: Context) -> None:
    for name, value in path.items():
        valid = {
            "appId": True,
            "appEnv": value in APP_ENVS,
            "signatureType": value in PROOF_TYPES,
            "lowLevelType": value in LOW_LEVEL_PROOF_TYPES,
            "signature": value in PROOF_TYPES or mongo_id(value),
        }
        if not valid.get(name, mongo_id(value)):
            raise VendorError("PARAMS_VALIDATION_FAILED", f"Invalid parameter: {name}", properties=[name])
    if (
        path.get("appId", context.app_id) != context.app_id
        or path.get("appEnv", context.app_env) != context.app_env
    ):
        raise VendorError("INVALID_CONTEXT", "The credentials are for another application or environment")


def _checked(body: Any, dto: Mapping[str, Key], refusal: str) -> dict[str, Any]:
    named = body.get("appEnv") if isinstance(body, dict) and "appEnv" in dto else None
    if isinstance(named, str) and named not in APP_ENVS:  # contract 3: the same answer as in a path
        raise VendorError("PARAMS_VALIDATION_FAILED", "Invalid parameter: appEnv", properties=["appEnv"])
    return {name: plain_ids(value, name) for name, value in checked(body, dto, refusal).items()}


def _check_type(app_type: str, endpoint: Endpoint) -> None:
    if endpoint.apps is not None and app_type not in endpoint.apps:
        code = TYPE_REFUSALS.get(app_type, "FEATURE_NOT_AVAILABLE")
        raise VendorError(code, f"Applications of the type {app_type} have no such route")


async def _json(request: Request) -> Any:
    raw = await request.body()
    if not raw:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise VendorError("BODY_VALIDATION_FAILED", "The content type must be application/json")
    try:
        return javascript.parse(raw)
    except ValueError as error:
        raise VendorError("BAD_REQUEST", "The body is not JSON") from error


async def _upload(tenant: Tenant, request: Request) -> Upload:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise VendorError("BODY_VALIDATION_FAILED", "The content type must be multipart/form-data")
    try:
        async with request.form(max_files=2, max_fields=10) as form:
            return await _only_file(tenant, form)
    except (MultiPartException, HTTPException) as error:
        raise VendorError("BAD_REQUEST", "The body is not multipart/form-data") from error


async def _only_file(tenant: Tenant, form: FormData) -> Upload:
    files = [(name, part) for name, part in form.multi_items() if isinstance(part, UploadFile)]
    if len(files) != 1 or files[0][0] != "file" or not files[0][1].filename:
        raise VendorError(
            "DOCUMENT_NOT_PROVIDED", "Exactly one part named file, with a file name, is expected"
        )
    part = files[0][1]
    if part.size is None or part.size > tenant.options.max_file_bytes:
        raise VendorError("FILE_TOO_LARGE", "The file is too large")
    return Upload(name=part.filename or "", mime_type=part.content_type or None, content=await part.read())
