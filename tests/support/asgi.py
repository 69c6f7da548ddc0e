"""Asking an ASGI application without a server: any method, path, headers and messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import attrs

Message = MutableMapping[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]


@attrs.frozen(kw_only=True)
class Answer:
    """What the application sent."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


async def ask(
    application: Application,
    path: str,
    *messages: Message,
    method: str = "POST",
    headers: Iterable[tuple[bytes, bytes]] = (),
    root: str = "",
) -> Answer:
    """Send one request; after the given messages nothing more comes, as from a silent client."""
    sent: list[Message] = []
    given = list(messages)

    async def receive() -> Message:
        if not given:
            await asyncio.Event().wait()
        return given.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "root_path": root, "headers": list(headers)}
    await application(scope, receive, send)
    start, *rest = sent
    return Answer(
        status=start["status"],
        headers=dict(start["headers"]),
        body=b"".join(each["body"] for each in rest),
    )


def chunk(content: bytes, *, more: bool = False) -> Message:
    """Make a message with a piece of the body."""
    return {"type": "http.request", "body": content, "more_body": more}


GONE: Message = {"type": "http.disconnect"}
