"""Reading a Postman collection, v2.1 or v2.0.

Facts of the format (its public schema, schema.postman.com/collection/json/v2.1.0): a collection is a tree of
folders (``item`` with ``item``) and requests (``item`` with ``request``); a URL and an auth are a text or an
object; a folder's auth holds for what is in it; saved answers are examples, each with the request that it
answers. Values of auth entries, of headers and of variables other than base URLs are never kept.
"""

from __future__ import annotations

import json
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
    is_data,
    segments_of,
    shown,
    together,
)
from paraph_sign8.importing.shapes import NOTHING, Budget, Kind, Shape, merged, of_value
from paraph_sign8.importing.source import DEEPEST, ImportFault

_VERSION: Final = re.compile(r"v2\.[01](\.\d+)?")
_ANY_VERSION: Final = re.compile(r"\bv\d{1,3}(\.\d{1,3}){0,2}\b")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_USUAL: Final = re.compile(
    r"accept(-encoding|-language)?|cache-control|connection|content-(length|type)|cookie|host|user-agent"
    r"|postman-token|origin|referer",
    re.IGNORECASE,
)
_SECRETIVE: Final = re.compile(r"auth|token|secret|api[-_]?key|password", re.IGNORECASE)
_ONE_VARIABLE: Final = re.compile(r"([A-Za-z][\w-]{0,30} )?(\{\{[^{}]{1,80}\}\}|<[^<>]{1,80}>)")
_SCHEMES: Final = re.compile(r"(Bearer|Token|Basic|ApiKey|Key) ", re.IGNORECASE)
_WEBHOOK: Final = re.compile(r"\{\{[^{}]*(web_?-?hook|callback|listener)[^{}]*\}\}", re.IGNORECASE)
_WEBHOOKS: Final = re.compile(r"web_?-?hook|callback|benachrichtigung", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"\{\{\s*([^{}]{1,80}?)\s*\}\}")
_DIGITS_OF_OK: Final = range(200, 300)
_RAW_OUTSIDE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|\{\{[^{}"\n]{1,80}\}\}', re.DOTALL)


def is_collection(value: Mapping[str, Any]) -> bool:
    """Whether an object is a collection, of whatever version."""
    info = value.get("info")
    schema = info.get("schema") if isinstance(info, dict) else None
    return (isinstance(schema, str) and "collection" in schema) or (
        isinstance(info, dict) and isinstance(value.get("item"), list)
    )


def read_collection(value: Mapping[str, Any], budget: Budget) -> Description:
    """Read a collection. :raises ImportFault: it is of another version, or holds no request."""
    schema = value["info"].get("schema") if isinstance(value.get("info"), dict) else None
    if isinstance(schema, str) and not _VERSION.search(schema):
        version = _ANY_VERSION.search(schema)
        called = version[0] if version else "of another version"
        raise ImportFault(f"this is a Postman collection {called}; export it as v2.1")
    variables = _variables(value.get("variable"))
    reader = _Reader(budget=budget, variables=variables)
    requests = together(reader.items(value.get("item"), (), reader.auth(value.get("auth")), 0))
    if not requests:
        version = _VERSION.search(schema) if isinstance(schema, str) else None
        raise ImportFault(f"the Postman collection{f' {version[0]}' if version else ''} holds no request")
    bases = {base for request in requests if not request.webhook for base in request.bases}
    servers = [Server(url=_resolved(base, variables), key=base, about=base) for base in sorted(bases) if base]
    servers += [
        Server(url=_resolved(text, variables), about=name)
        for name, text in variables.items()
        if text.startswith(("https://", "http://")) and f"{{{{{name}}}}}" not in bases
    ]
    return Description(
        kind="Postman collection",
        requests=requests,
        servers=tuple(servers),
        skipped=tuple(reader.skipped),
    )


def _variables(value: Any) -> dict[str, str]:
    found = {}
    for each in value if isinstance(value, list) else ():
        name = each.get("key", each.get("id")) if isinstance(each, dict) else None
        if isinstance(name, str) and isinstance(each.get("value"), str):
            found[name] = each["value"][:500]
    return found


def _resolved(text: str, variables: Mapping[str, str]) -> str:
    """Put the collection's own variables in; what has no value stays in braces."""
    for _ in range(4):
        text = _VARIABLE.sub(lambda match: variables.get(match[1], match[0]), text)[:2000]
    return text.rstrip("/")


@attrs.define
class _Reader:
    """Walks the tree."""

    budget: Budget
    variables: Mapping[str, str]
    skipped: list[tuple[str, str]] = attrs.field(factory=list)
    count: int = 0

    def items(self, value: Any, folders: tuple[str, ...], auth: Auth | None, depth: int) -> Iterator[Request]:
        if not isinstance(value, list) or depth > DEEPEST:
            return
        for each in value:
            if not isinstance(each, dict):
                continue
            name = _text(each.get("name"))
            own = self.auth(each.get("auth")) or auth
            if "request" in each:
                yield from self.request(each, name, folders, own)
            yield from self.items(each.get("item"), (*folders, name), own, depth + 1)

    def request(
        self, item: Mapping[str, Any], name: str, folders: tuple[str, ...], auth: Auth | None
    ) -> Iterator[Request]:
        self.count += 1
        if self.count > MOST_REQUESTS:
            raise ImportFault(f"the Postman collection holds more than {MOST_REQUESTS} requests")
        given = item["request"]
        table: Mapping[str, Any] = given if isinstance(given, dict) else {"url": given}
        method = _text(table.get("method")).upper() or "GET"
        url = _url(table.get("url"))
        if not url or method not in _METHODS:
            self.skipped.append((shown(name) or "a request", "it has no URL or no usual method"))
            return
        base, path, query = _split(url)
        answers, examples = self.answers(item.get("response"))
        form, body = self.body(table.get("body"))
        for example in examples:
            other, more = self.body(example.get("body"))
            form, body = form if form is not BodyForm.NONE else other, merged(body, more)
            query = query | _split(_url(example.get("url")))[2]
        headers, opened, by_header = _headers(table.get("header"))
        said = self.auth(table.get("auth")) or (None if by_header else auth)
        if by_header and (said is None or said.kind == "noauth"):
            said = by_header  # whoever pastes a key into the headers turns Postman's own way off
        path = _resolved_prefix(path, self.variables)
        yield Request(
            name=name,
            folders=folders,
            method=method,
            bases=(base,),
            about=f"{_text(item.get('description'))} {_text(table.get('description'))}".strip()[:4000],
            segments=segments_of(path),
            query=dict.fromkeys((*query, *_query(table.get("url"))), NOTHING),
            headers=headers,
            open_headers=opened,
            auth=said,
            form=form,
            body=body,
            answers=tuple(answers),
            webhook=_is_webhook(base, folders),
        )

    def answers(self, value: Any) -> tuple[list[Answer], list[Mapping[str, Any]]]:
        """Read saved answers, and the requests that they answer."""
        found: list[Answer] = []
        examples: list[Mapping[str, Any]] = []
        for each in value if isinstance(value, list) else ():
            if not isinstance(each, dict):
                continue
            original = each.get("originalRequest")
            if isinstance(original, dict):
                examples.append(original)
            code = each.get("code")
            if isinstance(code, int) and code not in _DIGITS_OF_OK:
                continue
            body = each.get("body")
            if not isinstance(body, str):
                continue
            media = _media(each.get("header"))
            parsed = _json(body)
            if parsed is not _BROKEN:
                found.append(Answer(shape=of_value(parsed, self.budget)))
            elif body.startswith("%PDF") or media.startswith(("application/pdf", "application/octet-stream")):
                found.append(Answer(binary=True))
        return found, examples

    def body(self, value: Any) -> tuple[BodyForm, Shape]:
        if not isinstance(value, dict) or value.get("disabled") is True:
            return BodyForm.NONE, NOTHING
        mode = _text(value.get("mode"))
        if mode == "raw":
            return self._raw(value.get("raw"))
        if mode in {"urlencoded", "formdata"}:
            form = BodyForm.FORM if mode == "urlencoded" else BodyForm.MULTIPART
            return form, self._form(value.get(mode))
        if mode == "graphql":
            return BodyForm.GRAPHQL, NOTHING
        return (BodyForm.OTHER if mode else BodyForm.NONE), NOTHING

    def _raw(self, text: Any) -> tuple[BodyForm, Shape]:
        if not isinstance(text, str) or not text.strip():
            return BodyForm.NONE, NOTHING
        parsed = _json(text)
        if parsed is _BROKEN:
            return BodyForm.OTHER, NOTHING
        return BodyForm.JSON, of_value(parsed, self.budget)

    def _form(self, value: Any) -> Shape:
        members: dict[str, Shape] = {}
        rows = (
            [{"key": key, "value": each} for key, each in value.items()] if isinstance(value, dict) else value
        )
        for row in rows if isinstance(rows, list) else ():
            name = _text(row.get("key")) if isinstance(row, dict) else ""
            if not name:
                continue
            if row.get("type") == "file":
                shape = Shape(kinds=frozenset({Kind.FILE}))
            else:
                shape = attrs.evolve(
                    of_value(_text(row.get("value")), self.budget), about=_text(row.get("description"))
                )
            members[name] = merged(members[name], shape) if name in members else shape
        return Shape(kinds=frozenset({Kind.OBJECT}), members=members)

    def auth(self, value: Any) -> Auth | None:
        """Read an auth entry; of its values only the names of headers, addresses and scopes are kept."""
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str):
            return None
        entries = value.get(kind)
        if isinstance(entries, list):
            rows = [each for each in entries if isinstance(each, dict)]
            entries = {_text(each.get("key")): each.get("value") for each in rows}
        table = {key: _text(each) for key, each in entries.items()} if isinstance(entries, dict) else {}
        return Auth(
            kind=kind.lower()[:40],
            header=table.get("key", "") if kind == "apikey" else "",
            prefix=_prefix(table.get("value", "")) if kind == "apikey" else "",
            in_header=table.get("in", "header") == "header",
            token_url=_resolved(table.get("accessTokenUrl", ""), self.variables) if kind == "oauth2" else "",
            scope=table.get("scope", "") if kind == "oauth2" else "",
        )


_BROKEN: Final = object()


def _json(text: str) -> Any:
    """Read a body as people write it in Postman: with comments, and with variables outside quotes."""
    readable = _RAW_OUTSIDE.sub(_quoted, text)
    try:
        return json.loads(readable)
    except (ValueError, RecursionError):
        return _BROKEN


def _quoted(match: re.Match[str]) -> str:
    text = match[0]
    if text.startswith("{{"):
        return '""'
    return "" if text.startswith("/") else text


def _text(value: Any) -> str:
    """Return a text, or the text of a description object."""
    if isinstance(value, dict):
        value = value.get("content")
    return value if isinstance(value, str) else ""


def _url(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()[:4000]
    if not isinstance(value, dict):
        return ""
    raw = _text(value.get("raw")).strip()
    if raw:
        return raw[:4000]
    host, path = value.get("host"), value.get("path")
    base = ".".join(_text(each) for each in host) if isinstance(host, list) else _text(host)
    scheme = _text(value.get("protocol"))
    steps = path if isinstance(path, list) else [_text(path).removeprefix("/")]
    url = "/".join([f"{scheme}://{base}" if scheme else base, *(_text(each) for each in steps)])
    return url[:4000]


def _query(value: Any) -> list[str]:
    rows = value.get("query") if isinstance(value, dict) else None
    names = [_text(row.get("key")) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [name for name in names if name]


def _split(url: str) -> tuple[str, str, dict[str, None]]:
    """Return what stands before the path, the path, and the names in the query."""
    address, _, query = url.partition("#")[0].partition("?")
    scheme, mark, rest = address.partition("://")
    host, slash, path = (rest if mark else scheme).partition("/")
    names = {pair.partition("=")[0]: None for pair in query.split("&") if pair.partition("=")[0]}
    return f"{scheme}{mark}{host}" if mark else host, f"{slash}{path}", names


_PREFIX: Final = re.compile(r"api|version|prefix|stage|context|base|path|service", re.IGNORECASE)
_PLAIN: Final = re.compile(r"/?[A-Za-z0-9._~-]{1,20}(/[A-Za-z0-9._~-]{1,20}){0,3}/?")


def _resolved_prefix(path: str, variables: Mapping[str, str]) -> str:
    """Put in the values of variables such as ``{{apiVersion}}``; all others stand for ids, or are unknown."""

    def value(match: re.Match[str]) -> str:
        text = variables.get(match[1], "")
        usable = _PREFIX.search(match[1]) and not _SECRETIVE.search(match[1]) and _PLAIN.fullmatch(text)
        return text.strip("/") if usable else match[0]

    return _VARIABLE.sub(value, path)


def _headers(value: Any) -> tuple[tuple[str, ...], Mapping[str, str], Auth | None]:
    """Return the names of headers, those that hold one variable, and the authentication that one is."""
    names: list[str] = []
    opened: dict[str, str] = {}
    auth: Auth | None = None
    for row in value if isinstance(value, list) else ():
        name = _text(row.get("key")).strip() if isinstance(row, dict) else ""
        if not name or _USUAL.fullmatch(name) or row.get("disabled") is True:
            continue
        if _SECRETIVE.search(name):
            prefix = _prefix(_text(row.get("value")))
            scheme = prefix.strip().lower()
            kind = scheme if name.lower() == "authorization" and scheme in {"bearer", "basic"} else "apikey"
            auth = auth or Auth(kind=kind, header=name, prefix=prefix)
        elif _ONE_VARIABLE.fullmatch(value := _text(row.get("value")).strip()) and "{{$" not in value:
            opened[name] = _prefix(value)  # {{$guid}} is made up anew for each call
        names.append(name)
    return tuple(names), opened, auth


def _prefix(value: str) -> str:
    """Return the scheme before a secret, never anything of the secret: one word before a variable."""
    match = _ONE_VARIABLE.fullmatch(value.strip())
    if match:
        return "" if is_data(word := (match[1] or "").strip()) else word and f"{word} "
    known = _SCHEMES.match(value)
    return known[0] if known else ""


def _media(value: Any) -> str:
    for row in value if isinstance(value, list) else ():
        if isinstance(row, dict) and _text(row.get("key")).lower() == "content-type":
            return _text(row.get("value")).lower()
    return ""


def _is_webhook(base: str, folders: tuple[str, ...]) -> bool:
    return bool(_WEBHOOK.search(base)) or any(_WEBHOOKS.search(each) for each in folders)
