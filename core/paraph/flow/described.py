"""A request as data that people and programs can read: its body as JSON, a document by size and digest.

Nothing is read from a document here, and no stream is consumed. Headers that hold credentials, and those that
say nothing of what is asked (lengths, boundaries), are left out.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

import httpx

from paraph.flow.upload import Base64Stream, DocumentStream
from paraph.model import Document

LEFT_OUT: Final = frozenset(
    {
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "cookie",
        "host",
        "proxy-authorization",
        "user-agent",
    }
)

_PART: Final = re.compile(r'form-data; name="(?P<name>[^"]*)"(?:; filename="(?P<filename>[^"]*)")?')


def headers_of(request: httpx.Request) -> dict[str, str]:
    """Return the headers that say what is asked; of the content type without its boundary."""
    return {
        name: value.partition(";")[0] if name == "content-type" else value
        for name, value in request.headers.items()
        if name not in LEFT_OUT
    }


def body_of(request: httpx.Request) -> Any:
    """Return a body as JSON; ``None`` without one.

    What is no JSON is described: ``{"parts": …}``, ``{"file": …}`` or ``{"bytes": …}``.
    """
    stream = request.stream
    if isinstance(stream, Base64Stream):
        return _within(stream)
    if isinstance(stream, DocumentStream):
        return {"parts": _parts(stream)} if stream.head else {"file": file_of(stream.document)}
    content = request.content
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return {"bytes": len(content)}


def file_of(document: Document) -> dict[str, Any]:
    """Describe a document's content."""
    return {"size": document.size, "sha256": document.sha256}


def _within(stream: Base64Stream) -> Any:
    mark = secrets.token_hex(16)
    value = json.loads(stream.head.decode() + mark + stream.tail.decode())
    return _put(value, mark, {"base64_of": file_of(stream.document)})


def _put(value: Any, mark: str, content: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _put(each, mark, content) for key, each in value.items()}
    return content if value == mark else value


def _parts(stream: DocumentStream) -> list[dict[str, Any]]:
    """Read the plain parts before the file, and the head of the file's own part."""
    head = stream.head.decode()
    boundary = head.partition("\r\n")[0]
    found: list[dict[str, Any]] = []
    for part in head.split(f"{boundary}\r\n")[1:]:
        lines, _, text = part.partition("\r\n\r\n")
        named = _PART.search(lines)
        one: dict[str, Any] = {"name": named["name"] if named else ""}
        if named and named["filename"] is not None:
            media_type = lines.partition("Content-Type: ")[2].partition("\r\n")[0]
            one |= {"filename": named["filename"], "media_type": media_type, **file_of(stream.document)}
        else:
            one["text"] = text.removesuffix("\r\n")
        found.append(one)
    return found
