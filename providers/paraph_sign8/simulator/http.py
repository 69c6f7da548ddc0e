"""Requests in, answers out, along the dialect: route, credentials, organisation, fields, then the handler.

Strict on purpose: nothing that the dialect does not name is let through, nothing may be told twice, an id
that the path holds is not told again, and a body is where bodies belong. Handlers are plain functions of the
tenant and a `Call`; they run in a worker thread, one at a time, under the tenant's lock.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NoReturn
from urllib.parse import unquote

import attrs
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from paraph_sign8.dialect import Dialect, Operation
from paraph_sign8.dialect.words import Place, Transfer
from paraph_sign8.simulator import lifecycle, shapes
from paraph_sign8.simulator.errors import VendorError
from paraph_sign8.simulator.tenant import Tenant

BODILESS: Final = frozenset({"GET", "DELETE"})
"""Methods whose fields travel in the query."""

ORGANIZATION: Final = "organization_id"
_HELD = re.compile(r"\{(\w+)\}")


@attrs.frozen(kw_only=True)
class Call:
    """One accepted request: what was told, by key of the dialect's ``fields``."""

    told: Mapping[str, Any] = attrs.field(repr=False)
    base_url: str


Handler = Callable[[Tenant, Call], Any]


@attrs.frozen(kw_only=True)
class Endpoint:
    """One operation. `keys`: what it is told out of `entity`; `None` is all of it. `status`: of success."""

    name: str
    entity: str
    handler: Handler
    keys: tuple[str, ...] | None = None
    status: int = 200


@attrs.frozen(kw_only=True)
class _Route:
    """An endpoint with the dialect's operation, and its path as patterns of decoded segments."""

    endpoint: Endpoint
    operation: Operation
    segments: tuple[re.Pattern[str], ...]

    @property
    def held(self) -> frozenset[str]:
        """The ids that the path holds."""
        return frozenset(_HELD.findall(self.operation.path))

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        """Return the ids in a request's path, or None if it is another one's."""
        if len(segments) != len(self.segments):
            return None
        found: dict[str, str] = {}
        for pattern, segment in zip(self.segments, segments, strict=True):
            matched = pattern.fullmatch(segment)
            if matched is None:
                return None
            for name, value in matched.groupdict().items():
                if found.setdefault(name, value) != value:
                    return None
        return found


@attrs.frozen(kw_only=True)
class _Raw:
    """A request as it came, read completely."""

    method: str
    segments: tuple[str, ...]
    headers: Mapping[str, str] = attrs.field(repr=False)
    query: tuple[tuple[str, str], ...] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    form: tuple[tuple[str, str | bytes], ...] | None = attrs.field(repr=False)
    base_url: str

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Api:
    """The operations that a dialect has paths for."""

    def __init__(self, tenant: Tenant, endpoints: Iterable[Endpoint], *, latency: float) -> None:
        self._tenant = tenant
        self._dialect = tenant.dialect
        self._latency = latency
        routes = [_route(each, self._dialect) for each in endpoints if self._dialect.offers(each.name)]
        # What is spelled out wins over what an id could stand for.
        self._routes = sorted(routes, key=lambda route: len(route.held))
        taken: dict[tuple[str, str], str] = {}
        for route in self._routes:
            address = route.operation.method, _HELD.sub("{}", route.operation.path)
            other = taken.setdefault(address, route.endpoint.name)
            if other != route.endpoint.name:
                raise ValueError(f"operations.{other} and operations.{route.endpoint.name} are one address")

    async def serve(self, request: Request) -> Response:
        """Answer one request, whatever it is."""
        if self._latency:
            await asyncio.sleep(self._latency)
        raw = await _read(request)
        try:
            return await run_in_threadpool(self._answer, raw)
        except VendorError as error:
            return JSONResponse(error.body(), status_code=error.status)

    def _answer(self, raw: _Raw) -> Response:
        tenant = self._tenant
        with tenant.lock:
            lifecycle.tick(tenant)
            route, ids = self._find(raw)
            tenant.credentials.check(raw.headers, tenant.clock.now())
            call = Call(told=self._told(route, ids, raw), base_url=raw.base_url)
            result = route.endpoint.handler(tenant, call)
        if isinstance(result, Response):
            return result
        if result is None:
            return Response(status_code=204)
        return JSONResponse(result, status_code=route.endpoint.status)

    def _find(self, raw: _Raw) -> tuple[_Route, dict[str, str]]:
        matching = [(route, ids) for route in self._routes if (ids := route.match(raw.segments)) is not None]
        if not matching:
            raise VendorError("NOT_FOUND", "there is no such address")
        for route, ids in matching:
            if route.operation.method == raw.method:
                return route, ids
        raise VendorError("METHOD_NOT_ALLOWED", f"{raw.method} is not possible here")

    def _told(self, route: _Route, ids: dict[str, str], raw: _Raw) -> dict[str, Any]:
        """Return what a request tells, checked; the organisation is checked and left out."""
        endpoint, dialect = route.endpoint, self._dialect
        names = attrs.asdict(getattr(dialect.fields, endpoint.entity))
        wanted = [key for key in names if endpoint.keys is None or key in endpoint.keys]
        if endpoint.name == "add_file" and dialect.formats.transfer is Transfer.URL:
            wanted.remove("content")
        in_fields = {key: names[key] for key in wanted if names[key] and key not in route.held}
        if dialect.organization.place is Place.BODY and ORGANIZATION not in route.held:
            in_fields[ORGANIZATION] = dialect.organization.name
        told = self._fields(endpoint, route.operation, in_fields, raw)
        self._check_organization(route, ids, told.pop(ORGANIZATION, None), raw)
        in_fields.pop(ORGANIZATION, None)
        in_path = {key: value for key, value in ids.items() if key in wanted}
        content = {"content": told.pop("content")} if isinstance(told.get("content"), bytes) else {}
        if content:
            del in_fields["content"]
        keys = in_fields | {key: key for key in in_path}
        return shapes.checked(endpoint.entity, {**told, **in_path}, keys, dialect) | content

    def _fields(
        self, endpoint: Endpoint, operation: Operation, names: Mapping[str, str], raw: _Raw
    ) -> dict[str, Any]:
        """Return told values by key: out of the query, a form, or JSON."""
        if raw.method in BODILESS:
            if raw.body:
                raise VendorError("NOT_READABLE", f"a {raw.method} has no body")
            return self._texts(endpoint, raw.query, names)
        if raw.query:
            raise VendorError("UNKNOWN_FIELD", "nothing is told in the query here", *dict(raw.query))
        if endpoint.name == "add_file" and self._dialect.formats.transfer is Transfer.MULTIPART:
            if raw.content_type != "multipart/form-data":
                raise VendorError("UNSUPPORTED_CONTENT_TYPE", "it has to be multipart/form-data")
            if raw.form is None:
                raise VendorError("NOT_READABLE", "the body is no form")
            return self._texts(endpoint, raw.form, names)
        return _flat(_unwrapped(_json(raw), operation.wrap), names)

    def _texts(
        self, endpoint: Endpoint, pairs: Iterable[tuple[str, str | bytes]], names: Mapping[str, str]
    ) -> dict[str, Any]:
        keys = {name: key for key, name in names.items()}
        told: dict[str, Any] = {}
        for name, value in pairs:
            key = keys.get(name)
            if key is None:
                _unknown(name)
            if key in told:
                raise VendorError("INVALID_FIELD", f"{name} is told twice", name)
            if isinstance(value, bytes) is not (key == "content"):
                raise VendorError("INVALID_FIELD", f"{name} is a file, or should be one", name)
            if isinstance(value, str) and key != ORGANIZATION:
                told[key] = shapes.from_text(endpoint.entity, key, value, self._dialect)
            else:
                told[key] = value
        return told

    def _check_organization(self, route: _Route, ids: Mapping[str, str], told: Any, raw: _Raw) -> None:
        shape = self._dialect.organization
        given = [each for each in (ids.get(ORGANIZATION), told) if each is not None]
        if shape.place is Place.HEADER and shape.name.lower() in raw.headers:
            given.append(raw.headers[shape.name.lower()])
        elif shape.place is Place.HEADER or (shape.place is Place.BODY and not given):
            raise VendorError("MISSING_FIELD", f"missing: {shape.name}", shape.name)
        if any(each != self._tenant.organization_id for each in given):
            name = shape.name if route.operation.path else ORGANIZATION
            raise VendorError("WRONG_ORGANIZATION", "the credentials are for another organisation", name)


def _route(endpoint: Endpoint, dialect: Dialect) -> _Route:
    operation = dialect.operation(endpoint.name)
    segments = tuple(re.compile(_pattern(each)) for each in operation.path.split("/"))
    return _Route(endpoint=endpoint, operation=operation, segments=segments)


def _pattern(segment: str) -> str:
    """Return a regular expression for one decoded segment of a path."""
    made = ""
    for index, part in enumerate(_HELD.split(segment)):
        if index % 2 == 0:
            made += re.escape(unquote(part))
        else:
            made += f"(?P={part})" if f"(?P<{part}>" in made else f"(?P<{part}>.+)"
    return made


async def _read(request: Request) -> _Raw:
    body = await request.body()
    form: tuple[tuple[str, str | bytes], ...] | None = None
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        form = await _form(request)
    path = bytes(request.scope["raw_path"]).decode("ascii", "replace")
    return _Raw(
        method=request.method,
        segments=tuple(unquote(each) for each in path.split("/")),
        headers=dict(request.headers),
        query=tuple(request.query_params.multi_items()),
        body=body,
        form=form,
        base_url=str(request.base_url).rstrip("/"),
    )


async def _form(request: Request) -> tuple[tuple[str, str | bytes], ...] | None:
    try:
        async with request.form(max_files=2, max_fields=20) as form:
            return tuple(
                [
                    (name, await part.read() if isinstance(part, UploadFile) else part)
                    for name, part in form.multi_items()
                ]
            )
    except (MultiPartException, HTTPException):
        return None


def _json(raw: _Raw) -> Any:
    if not raw.body:
        return {}
    if raw.content_type != "application/json":
        raise VendorError("UNSUPPORTED_CONTENT_TYPE", "it has to be application/json")
    try:
        return json.loads(raw.body.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise VendorError("NOT_READABLE", "the body is not JSON, or tells something twice") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _unwrapped(body: Any, wrap: str) -> Any:
    """Take the fields out of where the operation puts them; nothing else may stand around them."""
    if body == {}:
        return body
    for name in wrap.split(".") if wrap else ():
        if not isinstance(body, dict) or name not in body:
            raise VendorError("MISSING_FIELD", f"the fields have to stand in {wrap}", wrap)
        for other in body:
            if other != name:
                _unknown(other)
        body = body[name]
    return body


def _flat(body: Any, names: Mapping[str, str]) -> dict[str, Any]:
    """Return told values by key out of nested objects."""
    keys = {name: key for key, name in names.items()}
    outer = {name[:index] for name in keys for index, each in enumerate(name) if each == "."}
    told: dict[str, Any] = {}

    def walk(value: Any, at: str) -> None:
        if not isinstance(value, dict):
            raise VendorError("INVALID_FIELD", f"{at or 'the body'} has to be an object", at)
        for name, inner in value.items():
            way = f"{at}.{name}" if at else name
            if "." not in name and way in keys:
                told[keys[way]] = inner
            elif "." not in name and way in outer:
                walk(inner, way)
            else:
                _unknown(way)

    walk(body, "")
    return told


def _unknown(name: str) -> NoReturn:
    raise VendorError("UNKNOWN_FIELD", f"unknown: {name}", name)
