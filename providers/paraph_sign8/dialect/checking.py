"""What can be wrong with a dialect as a whole, beyond types: names that meet, words that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import unquote, urlsplit

import attrs

from paraph.model import Problem
from paraph_sign8.dialect import words as w
from paraph_sign8.dialect.model import Dialect

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
PLACEHOLDERS: Final = ("workflow_id", "file_id", "signer_id", "organization_id")
"""Ids that a path may hold."""

FIRST_PAGES: Final = (0, 1)
RESERVED: Final = frozenset(
    {"authorization", "connection", "content-length", "content-type", "cookie", "host", "transfer-encoding"}
)
"""Headers that cannot tell the organisation."""

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

_FIELD = re.compile(r"[^\s.\[\]{}$\"\\]{1,80}(\.[^\s.\[\]{}$\"\\]{1,80}){0,7}")
_LOCATION = re.compile(r"\$|(\[\d{1,3}\]|[^\s.\[\]{}$]{1,80})(\.[^\s.\[\]{}$]{1,80}|\[\d{1,3}\]){0,7}")
_PATH = re.compile(r"(/([A-Za-z0-9_.~:@!$&'()*+,;=%-]|\{\w+\})*){1,16}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")


def problems_of(dialect: Dialect) -> tuple[Problem, ...]:
    """Return everything that is wrong; paths are leaves."""
    return tuple(_found(dialect))


def _found(dialect: Dialect) -> Iterator[Problem]:
    yield from _servers(dialect)
    yield from _headers(dialect)
    yield from _operations(dialect)
    yield from _fields(dialect)
    yield from _locations(dialect)
    yield from _words(dialect)
    yield from _webhooks(dialect)
    if dialect.formats.page_base not in FIRST_PAGES:
        yield _bad("formats.page_base", "value.unknown", "the first page is 0 or 1")


def url_fault(url: str) -> str:
    """Say what is wrong with a base URL; empty if nothing is."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return "it is no URL"
    if not host or parts.query or parts.fragment or parts.username or parts.password:
        return "it is not a plain URL such as https://host"
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        return "only https is allowed, and http on this machine"
    return ""


def _servers(dialect: Dialect) -> Iterator[Problem]:
    for name in ("production", "test"):
        url = getattr(dialect.servers, name)
        fault = url_fault(url) if url else ""
        if fault:
            yield _bad(f"servers.{name}", "url.invalid", fault)
    token_url = dialect.auth.token_url
    if token_url and not token_url.startswith("/") and (fault := url_fault(token_url)):
        yield _bad("auth.token_url", "url.invalid", fault)


def _headers(dialect: Dialect) -> Iterator[Problem]:
    for path, name in (
        ("auth.header", dialect.auth.header),
        ("webhooks.token_header", dialect.webhooks.token_header),
        ("organization.name", dialect.organization.name),
    ):
        if not _HEADER.fullmatch(name) and not (path == "organization.name" and _FIELD.fullmatch(name)):
            yield _bad(path, "name.invalid", "it is no name of a header")
    if dialect.organization.place is w.Place.HEADER and dialect.organization.name.lower() in RESERVED:
        yield _bad("organization.name", "name.reserved", "this header has another meaning")
    if "{secret}" not in dialect.auth.template or not dialect.auth.template.isprintable():
        yield _bad("auth.template", "value.wrong", "it has to hold {secret}, such as 'Bearer {secret}'")


def _operations(dialect: Dialect) -> Iterator[Problem]:
    for field in attrs.fields(type(dialect.operations)):
        operation, path = dialect.operation(field.name), f"operations.{field.name}"
        if operation.method not in METHODS:
            known = ", ".join(METHODS)
            yield _bad(f"{path}.method", "value.unknown", f"unknown method; known: {known}")
        if operation.wrap and not _FIELD.fullmatch(operation.wrap):
            yield _bad(f"{path}.wrap", "name.invalid", "it is no dotted name")
        if not operation.path:
            continue
        if not _PATH.fullmatch(operation.path) or _leads_astray(operation.path):
            hint = "such as /workflows/{workflow_id}"
            yield _bad(f"{path}.path", "path.invalid", "it is no path that begins with a slash", hint)
        strangers = set(re.findall(r"\{(\w+)\}", operation.path)) - set(PLACEHOLDERS)
        if strangers:
            known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            yield _bad(f"{path}.path", "path.placeholder", f"unknown placeholder; known: {known}")


def _leads_astray(path: str) -> bool:
    """Whether a path could be read as another host, or as one above: ``//host``, ``..``, also encoded."""
    plain = unquote(path)
    return plain.startswith("//") or any(segment in {".", ".."} for segment in plain.split("/"))


def _fields(dialect: Dialect) -> Iterator[Problem]:
    in_body = dialect.organization.place is w.Place.BODY
    for entity in attrs.fields(type(dialect.fields)):
        names = attrs.asdict(getattr(dialect.fields, entity.name))
        taken: dict[str, str] = {"organization.name": dialect.organization.name} if in_body else {}
        for key, name in names.items():
            path = f"fields.{entity.name}.{key}"
            if not name:
                continue
            if not _FIELD.fullmatch(name):
                yield _bad(path, "name.invalid", "it is no field name; nested ones are joined by dots")
                continue
            other = next((leaf for leaf, used in taken.items() if _meet(name, used)), "")
            if other:
                yield _bad(path, "name.taken", f"it is the same place in the body as {other}")
            taken[path] = name


def _meet(one: str, other: str) -> bool:
    """Whether two dotted names cannot both be told: one is the other, or lies within it."""
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def _locations(dialect: Dialect) -> Iterator[Problem]:
    single: dict[str, str] = {}
    for group in ("answers", "status"):
        single |= {f"{group}.{key}": value for key, value in attrs.asdict(getattr(dialect, group)).items()}
    for key in ("workflow_id", "signer_id", "reason"):
        single |= {f"webhooks.{key}": value for value in getattr(dialect.webhooks, key)}
    for path, value in single.items():
        if value and not _LOCATION.fullmatch(value):
            hint = "such as data.workflow_id, rows[0].id or $"
            yield _bad(path, "location.invalid", "it is no location in an answer", hint)


def _words(dialect: Dialect) -> Iterator[Problem]:
    yield from _told("signature_types", dialect.words.signature_types, w.SignatureType)
    yield from _told("dispatch", dialect.words.dispatch, w.Dispatch)
    yield from _told("annotations", dialect.words.annotations, ("date", "text", "initials"))
    for name, kind in (("workflow_statuses", w.WorkflowStatus), ("signer_statuses", w.SignerStatus)):
        yield from _heard(f"words.{name}", getattr(dialect.words, name), kind)


def _told(name: str, table: Mapping[str, object], known: Iterable[str]) -> Iterator[Problem]:
    """Check words that we say: each neutral one at most one native one, all of them distinct."""
    names = [str(each) for each in known]
    seen: list[object] = []
    for key, word in table.items():
        path = f"words.{name}.{key}"
        if key not in names:
            yield _bad(path, "key.unknown", f"unknown; known: {', '.join(names)}")
        if word == "":
            continue
        if any(type(word) is type(other) and word == other for other in seen):
            yield _bad(path, "word.twice", "this word already means something else")
        seen.append(word)


def _heard(path: str, table: Mapping[str, str], kind: type[StrEnum]) -> Iterator[Problem]:
    """Check words that we hear: any native one, to a neutral one."""
    known = ", ".join(kind)
    for native, neutral in table.items():
        if neutral not in set(kind):
            # These tables read the other way round than those of words that are told.
            hint = f'write it the other way round: "{neutral}" = "{native}"' if native in set(kind) else ""
            yield _bad(f"{path}.{native}", "value.unknown", f"unknown meaning; known: {known}", hint)


def _webhooks(dialect: Dialect) -> Iterator[Problem]:
    yield from _heard("webhooks.events", dialect.webhooks.events, w.WebhookEvent)
    for path in dialect.webhooks.events:
        if not path or path.strip("/") != path or not path.isprintable():
            yield _bad(f"webhooks.events.{path}", "path.invalid", "a path without slashes around it")


def _bad(path: str, code: str, message: str, hint: str = "") -> Problem:
    return Problem(path=path, code=code, message=message, hint=hint)
