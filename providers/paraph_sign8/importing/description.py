"""What a collection or an OpenAPI file says, in one form for both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

import attrs

from paraph_sign8.importing.naming import joined, noun_of
from paraph_sign8.importing.shapes import NOTHING, Shape, merged

MOST_REQUESTS: Final = 3000
"""Requests of a file."""


class BodyForm(StrEnum):
    """How a body is written."""

    NONE = "none"
    JSON = "json"
    FORM = "urlencoded"
    MULTIPART = "multipart"
    GRAPHQL = "graphql"
    OTHER = "other"
    """A file alone, XML: like GraphQL, no dialect can say that."""


@attrs.frozen
class Variable:
    """A part of a path that differs from call to call; without a name if the file shows an example."""

    name: str


WITHHELD: Final = Variable("…")
"""A part of a path that looks like a secret: it is not kept, and nothing may be put in its place."""

Segment = tuple[str | Variable, ...]


@attrs.frozen(kw_only=True)
class Auth:
    """How requests are authenticated, without any secret.

    :ivar kind: ``bearer``, ``apikey``, ``oauth2``, ``basic``, ``noauth`` or another word of the file.
    :ivar prefix: what stands before the secret in the header.
    """

    kind: str
    header: str = ""
    prefix: str = ""
    token_url: str = ""
    scope: str = ""
    in_header: bool = True


@attrs.frozen(kw_only=True)
class Answer:
    """One answer of a request that went well. ``binary``: it is a file itself."""

    shape: Shape = NOTHING
    binary: bool = False


@attrs.frozen(kw_only=True)
class Request:
    """One call, with everything that the file shows of it.

    :ivar hints: other names of it, such as an OpenAPI summary. ``about``: what is written about it.
    :ivar bases: what the file writes before the path: a URL, or variables such as ``{{baseUrl}}``.
    :ivar query: shapes by name; ``headers``: names, without those that every client sends.
    :ivar open_headers: those whose value is one variable, and the scheme before it, such as ``Token``.
    """

    name: str
    folders: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    about: str = attrs.field(default="", repr=False)
    method: str = "GET"
    bases: tuple[str, ...] = ()
    segments: tuple[Segment, ...] = ()
    query: Mapping[str, Shape] = attrs.field(factory=dict)
    headers: tuple[str, ...] = ()
    open_headers: Mapping[str, str] = attrs.field(factory=dict)
    auth: Auth | None = None
    form: BodyForm = BodyForm.NONE
    body: Shape = NOTHING
    answers: tuple[Answer, ...] = ()
    webhook: bool = False

    @property
    def title(self) -> str:
        """How it is called in reports: method and path, and its name."""
        path = "".join(f"/{_written(segment)}" for segment in self.segments) or "/"
        return f"{self.method} {path}"

    @property
    def answer(self) -> Shape:
        """All answers as one shape."""
        shape = NOTHING
        for each in self.answers:
            shape = merged(shape, each.shape) if shape is not NOTHING else each.shape
        return shape


def _written(segment: Segment) -> str:
    return "".join(
        f"{{{part.name or '…'}}}" if isinstance(part, Variable) else "…" if holds_data(part) else part
        for part in segment
    )


@attrs.frozen(kw_only=True)
class Server:
    """A base URL and what the file says about it. ``key``: what requests write for it."""

    url: str
    about: str = ""
    key: str = ""


@attrs.frozen(kw_only=True)
class Description:
    """A whole file.

    :ivar kind: what it is, for people. ``skipped``: what could not be read, with the reason.
    """

    kind: str
    requests: tuple[Request, ...] = ()
    servers: tuple[Server, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()


_SHORT: Final = re.compile(r"[0-9]{1,2}")
_DATA: Final = re.compile(
    r"[0-9]+"
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|[0-9a-fA-F]{16,}"
    r"|(?=[^/]*[0-9])(?=[^/]*[A-Za-z])[A-Za-z0-9_=+-]{20,}"
    r"|.*(@|%40).*"
)
_START: Final = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))"
_TOKEN: Final = re.compile(
    rf"{_START}eyJ[A-Za-z0-9_-]{{5,}}[A-Za-z0-9_.-]*"
    rf"|{_START}[spr]k[_-](?:(?:live|test|prod|proj)[_-][A-Za-z0-9_-]+|[A-Za-z0-9]{{16,}})"
    rf"|{_START}(?i:bearer)(?:%[0-9A-Fa-f]{{2}}|[+:=])+[^\s/{{}}]+"
)
"""A JWT, a key with its usual beginning, a bearer token as it stands in a URL."""

_RANDOM: Final = re.compile(
    rf"{_START}(?:[0-9a-fA-F]{{32,}}|(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{{24,}})"
)
_BEARER: Final = re.compile(r"\bbearer\s+\S+", re.IGNORECASE)
_MARKED: Final = re.compile(r"\{\{\s*([^{}]{1,80}?)\s*\}\}|\{([^{}]{1,80})\}|<([^<>/]{1,80})>")


def is_data(text: str) -> bool:
    """Whether a name is not one, but an id, a token or an address: somebody's data, which is never shown."""
    if _DATA.fullmatch(text) or is_secret(text):
        return True
    return len(text) > 80  # noqa: PLR2004 - the longest name of a dialect


def is_secret(text: str) -> bool:
    """Whether a text holds what looks like a token or a key, anywhere in it."""
    return bool(_TOKEN.search(text) or _RANDOM.search(text))


def masked(text: str) -> str:
    """Return a text with dots for everything in it that looks like a token or a key."""
    return _RANDOM.sub("…", _TOKEN.sub("…", text))


def holds_data(part: str) -> bool:
    """Whether the fixed text of a path holds somebody's data; a number alone may be a version."""
    return "%" in part or (is_data(part) and not part.isdecimal())


def shown(text: str) -> str:
    """Return a name from the file as it may stand on a screen: printable, short, and no data."""
    words = ("…" if is_data(word) else word for word in masked(_BEARER.sub("…", text))[:400].split())
    line = "".join(letter if letter.isprintable() else "?" for letter in " ".join(words))
    return line if len(line) <= 80 else f"{line[:79]}…"  # noqa: PLR2004 - a column of a terminal


def segments_of(path: str) -> tuple[Segment, ...]:
    """Read a path: ``:id``, ``{id}``, ``{{id}}``, ``<id>`` and examples of ids become variables."""
    stripped = path.removeprefix("/")
    texts = stripped.split("/") if stripped else []
    return tuple(_segment(text, before) for text, before in zip(texts, ["", *texts], strict=False))


def _segment(text: str, before: str) -> Segment:
    if _SHORT.fullmatch(text) and not noun_of(joined(before)):
        return (text,)  # such as the version in /api/2/workflows
    # Behind a thing's name a long random text is an example of its id; elsewhere it may open a door.
    if _TOKEN.search(text) or _BEARER.search(text) or (_RANDOM.search(text) and not noun_of(joined(before))):
        return (WITHHELD,)
    if text.startswith(":") and len(text) > 1:
        name, colon, rest = text[1:].partition(":")
        return (Variable(name), f"{colon}{rest}") if colon else (Variable(name),)
    parts: list[str | Variable] = []
    end = 0
    for match in _MARKED.finditer(text):
        if match.start() > end:
            parts.append(text[end : match.start()])
        parts.append(Variable((match[1] or match[2] or match[3]).strip().lstrip("$:")))
        end = match.end()
    if end < len(text) or not text:
        rest = text[end:]
        parts.append(Variable("") if is_data(rest) else rest)
    return tuple(parts)


def together(requests: Iterable[Request]) -> tuple[Request, ...]:
    """Merge requests of the same method and path: shown with several bodies, or on several hosts."""
    found: dict[tuple[object, ...], Request] = {}
    for request in requests:
        key = (request.method, request.segments, request.webhook)
        if key not in found:
            found[key] = request
            continue
        first = found[key]
        query = dict(first.query)
        for name, shape in request.query.items():
            query[name] = merged(query[name], shape) if name in query else shape
        found[key] = attrs.evolve(
            first,
            hints=(*first.hints, request.name, *request.hints)[:20],
            about=f"{first.about} {request.about}".strip()[:8000],
            bases=tuple(dict.fromkeys((*first.bases, *request.bases))),
            query=query,
            headers=tuple(dict.fromkeys((*first.headers, *request.headers))),
            open_headers={**request.open_headers, **first.open_headers},
            auth=first.auth or request.auth,
            form=first.form if first.form is not BodyForm.NONE else request.form,
            body=merged(first.body, request.body),
            answers=(*first.answers, *request.answers),
        )
    return tuple(found.values())
