"""Reading an OpenAPI description, 3.0 or 3.1 (spec.openapis.org/oas), from JSON or YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from paraph_sign8.importing.description import (
    MOST_REQUESTS,
    Answer,
    Auth,
    BodyForm,
    Description,
    Request,
    Server,
    segments_of,
    together,
)
from paraph_sign8.importing.schemas import Schemas
from paraph_sign8.importing.shapes import NOTHING, Budget, Shape, merged, of_value
from paraph_sign8.importing.source import ImportFault

_METHODS: Final = ("get", "post", "put", "patch", "delete", "head")
_EXPRESSION: Final = re.compile(r"^\{\$[^{}]{1,200}\}")
_FORMS: Final = (
    ("json", BodyForm.JSON),
    ("multipart/form-data", BodyForm.MULTIPART),
    ("x-www-form-urlencoded", BodyForm.FORM),
    ("*/*", BodyForm.JSON),
)
_BINARY: Final = ("application/pdf", "application/octet-stream", "application/zip")


def is_openapi(value: Mapping[str, Any]) -> bool:
    """Whether an object is an OpenAPI description, of whatever version."""
    return "openapi" in value or "swagger" in value


def read_openapi(value: Mapping[str, Any], budget: Budget) -> Description:
    """Read a description. :raises ImportFault: it is of another version, or holds no call."""
    version = str(value.get("openapi", ""))
    if "swagger" in value or not version.startswith("3."):
        raise ImportFault("a description of another version; convert it to OpenAPI 3.0 or 3.1")
    reader = _Reader(document=value, schemas=Schemas(document=value, budget=budget))
    requests = together(reader.all())
    if not requests:
        raise ImportFault("the OpenAPI description holds no call under paths")
    return Description(kind=f"OpenAPI {version[:5]} description", requests=requests, servers=reader.servers())


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


@attrs.define
class _Reader:
    """Walks the paths."""

    document: Mapping[str, Any]
    schemas: Schemas
    count: int = 0

    def servers(self) -> tuple[Server, ...]:
        found = []
        for each in _list(self.document.get("servers")):
            url = _text(_table(each).get("url"))
            variables = _table(_table(each).get("variables"))
            for name, variable in variables.items():
                url = url.replace(f"{{{name}}}", _text(_table(variable).get("default")))
            if "://" in url:
                about = f"{_text(_table(each).get('description'))} {url}"
                found.append(Server(url=url.rstrip("/")[:2000], about=about[:2000]))
        return tuple(found)

    def all(self) -> Iterator[Request]:
        for path, item in _table(self.document.get("paths")).items():
            yield from self.calls(str(path), item, webhook=False)
        for name, item in _table(self.document.get("webhooks")).items():
            yield from self.calls(str(name), item, webhook=True)

    def calls(self, path: str, item: Any, *, webhook: bool) -> Iterator[Request]:
        table = _table(self.schemas.resolved(item))
        for method in _METHODS:
            operation = table.get(method)
            if not isinstance(operation, dict):
                continue
            self.count += 1
            if self.count > MOST_REQUESTS:
                raise ImportFault(f"the OpenAPI description holds more than {MOST_REQUESTS} calls")
            yield self.call(path, method.upper(), operation, table, webhook=webhook)
            if webhook:
                continue
            for callback in _table(operation.get("callbacks")).values():
                for expression, inner in _table(self.schemas.resolved(callback)).items():
                    below = _EXPRESSION.sub("", str(expression))
                    yield from self.calls(below, inner, webhook=True)

    def call(
        self, path: str, method: str, operation: Mapping[str, Any], item: Mapping[str, Any], *, webhook: bool
    ) -> Request:
        query: dict[str, Shape] = {}
        headers: list[str] = []
        opened: dict[str, str] = {}
        for each in (*_list(item.get("parameters")), *_list(operation.get("parameters"))):
            parameter = _table(self.schemas.resolved(each))
            name, place = _text(parameter.get("name")), parameter.get("in")
            if name and place == "query":
                query[name] = self.schemas.shape(parameter.get("schema"))
            elif name and place == "header":
                headers.append(name)
                if parameter.get("required") is True:
                    opened[name] = ""
        form, body = self.body(operation.get("requestBody"))
        return Request(
            name=_text(operation.get("operationId")) or _text(operation.get("summary")),
            folders=tuple(_text(tag) for tag in _list(operation.get("tags"))),
            hints=tuple(text for text in (_text(operation.get("summary")),) if text),
            about=_text(operation.get("description"))[:4000],
            method=method,
            segments=segments_of(path),
            query=query,
            headers=tuple(headers),
            open_headers=opened,
            auth=self.auth(operation.get("security", self.document.get("security"))),
            form=form,
            body=body,
            answers=tuple(self.answers(operation.get("responses"))),
            webhook=webhook,
        )

    def body(self, value: Any) -> tuple[BodyForm, Shape]:
        content = _table(_table(self.schemas.resolved(value)).get("content"))
        for word, form in _FORMS:
            for media, each in content.items():
                if word in str(media).lower():
                    return form, self.content(each)
        return (BodyForm.OTHER, NOTHING) if content else (BodyForm.NONE, NOTHING)

    def content(self, value: Any) -> Shape:
        """Return the shape of one media type: its schema and its examples."""
        table = _table(value)
        shape = self.schemas.shape(table["schema"]) if "schema" in table else NOTHING
        examples = [table["example"]] if "example" in table else []
        for each in _table(table.get("examples")).values():
            example = _table(self.schemas.resolved(each))
            if "value" in example:
                examples.append(example["value"])
        for example in examples:
            shape = merged(shape, of_value(example, self.schemas.budget))
        return shape

    def answers(self, value: Any) -> Iterator[Answer]:
        listed = _table(value)
        good = [each for code, each in listed.items() if str(code).startswith("2")]
        for each in good or [listed[code] for code in ("default",) if code in listed]:
            for media, inner in _table(_table(self.schemas.resolved(each)).get("content")).items():
                if str(media).lower().startswith(_BINARY):
                    yield Answer(binary=True)
                elif "json" in str(media).lower() or media == "*/*":
                    yield Answer(shape=self.content(inner))

    def auth(self, security: Any) -> Auth | None:
        """Read the first alternative; an empty one, or an empty list, says that nothing is needed."""
        if security is None:
            return None
        alternatives = [each for each in _list(security) if isinstance(each, dict)]
        names = [name for each in alternatives for name in each]
        if not names:
            return Auth(kind="noauth")
        schemes = _table(_table(self.document.get("components")).get("securitySchemes"))
        scheme = _table(self.schemas.resolved(schemes.get(names[0])))
        kind = _text(scheme.get("type")).lower()
        if kind == "http":
            return Auth(kind=_text(scheme.get("scheme")).lower()[:40], header="Authorization")
        if kind == "apikey":
            return Auth(
                kind="apikey", header=_text(scheme.get("name")), in_header=scheme.get("in") == "header"
            )
        if kind == "oauth2":
            flow = _table(_table(scheme.get("flows")).get("clientCredentials"))
            scopes = [_text(scope) for scope in _list(alternatives[0].get(names[0]))]
            return Auth(kind=kind, token_url=_text(flow.get("tokenUrl")), scope=" ".join(scopes))
        return Auth(kind=kind[:40] or "unknown")
