"""Compares a dry run with what is really sent: the same requests, but for ids and secrets.

What is really sent is read off the wire, byte for byte, and parsed by other means than the dry run's own.
"""

from __future__ import annotations

import base64
import email
import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from typing import Any
from urllib.parse import unquote

import attrs
import httpx

from paraph import AsyncClient, Client, Config
from paraph.flow.trust import trusted
from paraph.ops.rehearse import Rehearsal, RehearsedRequest
from paraph.store import open_store

PLACEHOLDER = re.compile(r"would-be\.[A-Za-z0-9_.-]*[A-Za-z0-9_-]")
NOWHERE = "https://would-be.invalid/"


@attrs.frozen(kw_only=True)
class Sent:
    """One request as it went out."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes

    @property
    def reads(self) -> bool:
        """Whether it changes nothing: a GET, or Ignisign's search."""
        return self.method == "GET" or "/signers-search" in self.url

    @property
    def authenticates(self) -> bool:
        """Whether it asks for a token."""
        return "/auth" in self.url or "/token" in self.url


class Blocking(httpx.HTTPTransport):
    """Real HTTP that keeps what goes out."""

    def __init__(self) -> None:
        super().__init__(verify=trusted())
        self.sent: list[Sent] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Keep the request and send it."""
        assert isinstance(request.stream, httpx.SyncByteStream)
        self.sent.append(_kept(request, b"".join(request.stream)))
        return super().handle_request(request)


class InLoop(httpx.AsyncHTTPTransport):
    """The same in an event loop."""

    def __init__(self) -> None:
        super().__init__(verify=trusted())
        self.sent: list[Sent] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Keep the request and send it."""
        assert isinstance(request.stream, httpx.AsyncByteStream)
        self.sent.append(_kept(request, b"".join([block async for block in request.stream])))
        return await super().handle_async_request(request)


def _kept(request: httpx.Request, content: bytes) -> Sent:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Sent(method=request.method, url=str(request.url), headers=headers, content=content)


@contextmanager
def blocking(config: Config) -> Iterator[tuple[Client, list[Sent]]]:
    """Open a client, and give what it sends."""
    transport = Blocking()
    with (
        closing(open_store("memory:")) as store,
        Client(
            config, registry=config.registry, store=store, transport=transport, pause=lambda _: None
        ) as client,
    ):
        yield client, transport.sent


@asynccontextmanager
async def in_loop(config: Config) -> AsyncIterator[tuple[AsyncClient, list[Sent]]]:
    """Do the same in an event loop."""
    transport = InLoop()
    with closing(open_store("memory:")) as store:
        async with AsyncClient(config, registry=config.registry, store=store, transport=transport) as client:
            yield client, transport.sent


class Comparison:
    """One dry run against one send: placeholders stand for ids, each for one, always the same."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}

    def differences(self, shown: Rehearsal, sent: list[Sent]) -> list[str]:
        """Say where they differ."""
        told = [each for each in shown.requests if each.effect != "read"]
        real = [each for each in sent if not each.reads and not each.authenticates]
        if len(told) != len(real):
            return [f"{len(told)} requests shown, {len(real)} sent"]
        return [line for pair in zip(told, real, strict=True) for line in self._request(*pair)]

    def fits(self, told: RehearsedRequest, real: Sent) -> bool:
        """Whether a request is the one that is shown; if so, its ids count from now on."""
        trial = Comparison()
        trial.ids = dict(self.ids)
        if any(True for _ in trial._request(told, real)):
            return False
        self.ids = trial.ids
        return True

    def _request(self, told: RehearsedRequest, real: Sent) -> Iterator[str]:
        where = f"{told.method} {told.url}"
        if told.method != real.method:
            yield f"{where}: sent as {real.method}"
        if not told.url.startswith(NOWHERE):
            yield from self._text(where, told.url, real.url)
        for name, value in told.headers.items():
            if real.headers.get(name, "").partition(";")[0] != value.partition(";")[0]:
                yield f"{where}: header {name}"
        unsaid = {"accept-encoding", "transfer-encoding", *LEFT_OUT} | set(told.headers)
        for name in set(real.headers) - unsaid:
            yield f"{where}: header {name} is not shown"
        yield from self._body(where, told.body, body_of(real))

    def _body(self, where: str, told: Any, real: Any) -> Iterator[str]:
        if isinstance(told, dict) and set(told) == {"base64_of"} and isinstance(real, str):
            real = {"base64_of": digest(base64.b64decode(real, validate=True))}
        if isinstance(told, dict) and isinstance(real, dict):
            for key in set(told) | set(real):
                if key not in told or key not in real:
                    yield f"{where}: {key} is only {'shown' if key in told else 'sent'}"
                else:
                    yield from self._body(f"{where}.{key}", told[key], real[key])
        elif isinstance(told, list) and isinstance(real, list) and len(told) == len(real):
            for one, other in zip(told, real, strict=True):
                yield from self._body(where, one, other)
        elif isinstance(told, str) and isinstance(real, str):
            yield from self._text(where, told, real)
        elif told != real:
            yield f"{where}: {told!r} shown, {real!r} sent"

    def _text(self, where: str, told: str, real: str) -> Iterator[str]:
        names = PLACEHOLDER.findall(told)
        pattern = "([^/?&]+)".join(re.escape(part) for part in PLACEHOLDER.split(told))
        found = re.fullmatch(pattern, real, re.DOTALL)
        if found is None:
            yield f"{where}: {told!r} shown, {real!r} sent"
            return
        for name, value in zip(names, found.groups(), strict=True):
            if self.ids.setdefault(name, unquote(value)) != unquote(value):
                yield f"{where}: {name} stands for several ids"
        if len(set(self.ids.values())) != len(self.ids):
            yield f"{where}: several placeholders stand for one id"


def in_the_order_shown(shown: Rehearsal, sent: list[Sent]) -> list[Sent]:
    """Put what went out side by side in the order in which it is shown; what fits nothing comes last."""
    left, ordered, comparison = list(sent), [], Comparison()
    for told in shown.requests:
        found = next((each for each in left if comparison.fits(told, each)), None)
        if found is not None:
            ordered.append(found)
            left.remove(found)
    return ordered + left


LEFT_OUT = {"authorization", "host", "content-length", "connection", "user-agent"}


def digest(content: bytes) -> dict[str, Any]:
    """Describe bytes."""
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def body_of(sent: Sent) -> Any:
    """Read the bytes of a request as its content type says."""
    kind = sent.headers.get("content-type", "")
    if not sent.content:
        return None
    if kind.startswith("multipart/"):
        message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + sent.content)
        return {"parts": [_part(each) for each in message.walk() if not each.is_multipart()]}
    if kind == "application/json":
        return json.loads(sent.content)
    return {"file": digest(sent.content)}


def _part(part: Any) -> dict[str, Any]:
    content = part.get_payload(decode=True)
    raw = next(value for key, value in part.raw_items() if key.lower() == "content-disposition")
    said = dict(re.findall(r'(\w+)="([^"]*)"', raw.encode("ascii", "surrogateescape").decode()))
    if "filename" not in said:
        return {**said, "text": content.decode()}
    return {**said, "media_type": part.get_content_type(), **digest(content)}
