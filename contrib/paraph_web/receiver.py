"""The receiver: store, answer, process after.

======  =================================================================================
answer  when
======  =================================================================================
200     the delivery is in the store, now or from before; the body is empty
400     the request broke off, or its length makes no sense
404     unknown account or wrong secret: the same answer in the same time
405     not POST
408     the body was not complete in time
413     the body is larger than :data:`paraph.ops.receive.MAX_BODY`
415     the body is compressed
503     it cannot be stored now, or too much waits; ``Retry-After`` in seconds
======  =================================================================================

Every body is empty and every input has an answer; there is no exception. Nothing of a request is
logged but its account, and that only after it came in by the right path.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from paraph import AsyncClient, Client, Outcome, OutcomeKind
from paraph.ops.receive import MAX_BODY
from paraph_web.calls import calls_of
from paraph_web.gate import Entry, gate_of
from paraph_web.worker import Worker

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

BODY_SECONDS = 5.0
RETRY_SECONDS = 30

log = logging.getLogger("paraph.webhooks")


class _Refusal(Exception):
    """A request that is answered without being stored."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


class Receiver:
    """An ASGI application for ``POST {prefix}/{account}/{secret}[/{rest}]``.

    Mounted into another application it gets no lifespan: put ``async with receiver.working():``
    into that application's, else it starts to process with the first request and is cut off at the
    end. Deliveries that were not processed stay in the store. One process per store should run it:
    two would check the same deliveries twice, which is harmless but asks the vendors twice.

    :param client: blocking clients work in threads.
    :param owns_client: close the client at the end of the server's lifespan.
    :param accounts: those to serve; by default all whose vendor calls webhooks.
    :param prefix: what precedes the account in the path; by default the path of
        ``webhooks.public_url``. It may be missing in requests, since some proxies take it off.
    :param insecure: also serve accounts without secret, at ``{prefix}/{account}[/{rest}]``. For tests.
    :param on_outcome: is told what became of each delivery: once stored, again whenever processed.
    :param on_stored: is told in its place when a delivery arrives and is stored, or is not.
    :param body_seconds: how long a body may take.
    :raises ConfigurationError: an account to serve has no secret, or one that does not fit a path.
    """

    def __init__(
        self,
        client: Client | AsyncClient,
        *,
        accounts: Iterable[str] | None = None,
        prefix: str | None = None,
        insecure: bool = False,
        on_outcome: Callable[[Outcome], None] | None = None,
        on_stored: Callable[[Outcome], None] | None = None,
        body_seconds: float = BODY_SECONDS,
        owns_client: bool = False,
    ) -> None:
        self._gate = gate_of(client, accounts=accounts, prefix=prefix, insecure=insecure)
        self._calls = calls_of(client)
        self._owns_client = owns_client
        self._on_outcome = on_outcome
        self._on_stored = on_stored or on_outcome
        self._body_seconds = body_seconds
        self._worker: Worker | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or accompany the server's life."""
        match scope["type"]:
            case "http":
                with contextlib.suppress(OSError):  # whoever asked is gone
                    await self._answer(scope, receive, send)
            case "lifespan":
                await self._live(receive, send)
            case _:
                await send({"type": "websocket.close", "code": 1000})

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Process deliveries while the block lasts: first what waits, at the end what is in hand."""
        worker = self._working()
        try:
            yield
        finally:
            await worker.stop()

    def _working(self) -> Worker:
        if self._worker is None or not self._worker.alive:
            self._worker = Worker(self._calls, self._tell)
            self._worker.start()
        return self._worker

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self.working():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        if self._owns_client:
            await self._calls.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            outcome = await self._take(scope, receive)
            status = outcome.status
        except _Refusal as refusal:
            status = refusal.status.value
        headers = [(b"content-length", b"0")]
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append((b"retry-after", b"%d" % RETRY_SECONDS))
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append((b"allow", b"POST"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _take(self, scope: Scope, receive: Receive) -> Outcome:
        if scope["method"] != "POST":
            raise _Refusal(HTTPStatus.METHOD_NOT_ALLOWED)
        entry = self._gate.admit(scope["path"], scope.get("root_path", ""))
        if entry is None:
            raise _Refusal(HTTPStatus.NOT_FOUND)
        headers = {
            name.lower().decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        _check_length(headers.get("content-length"))
        if headers.get("content-encoding", "").strip().lower() not in {"", "identity"}:
            raise _Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await _read(receive)
        except TimeoutError:
            raise _Refusal(HTTPStatus.REQUEST_TIMEOUT) from None
        try:
            return await self._keep(entry, headers, body)
        except asyncio.CancelledError:
            # Some servers cancel what nobody waits for. But it arrived whole, and may never be sent again;
            # if it was being stored already, it is the same delivery.
            self._working().finish(self._keep(entry, headers, body))
            raise

    async def _keep(self, entry: Entry, headers: Mapping[str, str], body: bytes) -> Outcome:
        outcome = await self._store(entry, headers, body)
        _told(self._on_stored, outcome)
        if outcome.kind is OutcomeKind.ACCEPTED and outcome.delivery_id is not None:
            self._working().offer(entry.account, outcome.delivery_id)
        return outcome

    async def _store(self, entry: Entry, headers: Mapping[str, str], body: bytes) -> Outcome:
        try:
            return await self._calls.receive(entry.account, headers=headers, body=body, path=entry.rest)
        except Exception as error:  # noqa: BLE001 - what is not stored is 503, whatever the reason
            reason = type(error).__name__
            # Without a traceback, whose texts could repeat the request.
            log.error("a delivery for account %s could not be stored: %s", entry.account, reason)  # noqa: TRY400 - see above
            return Outcome(kind=OutcomeKind.UNAVAILABLE, status=503, reason="store")

    def _tell(self, outcome: Outcome) -> None:
        _told(self._on_outcome, outcome)


def _told(observer: Callable[[Outcome], None] | None, outcome: Outcome) -> None:
    if observer is not None:
        try:
            observer(outcome)
        except Exception as error:  # noqa: BLE001 - an observer never disturbs what it observes
            log.error("the observer of outcomes failed: %s", type(error).__name__)  # noqa: TRY400 - a trace may repeat the request


def _check_length(declared: str | None) -> None:
    if declared is None:
        return
    if not (declared.isascii() and declared.isdigit()):
        raise _Refusal(HTTPStatus.BAD_REQUEST)
    if len(declared) > len(str(MAX_BODY)) or int(declared) > MAX_BODY:
        raise _Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


async def _read(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _Refusal(HTTPStatus.BAD_REQUEST)
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise _Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not message.get("more_body", False):
            return bytes(body)


def app(
    config: str | Path | None = None,
    *,
    on_outcome: Callable[[Outcome], None] | None = None,
    on_stored: Callable[[Outcome], None] | None = None,
) -> Receiver:
    """Make a receiver from a configuration file, for ``uvicorn --factory paraph_web:app``.

    :param config: by default ``$PARAPH_CONFIG``, then ``paraph.toml``.
    :param on_outcome: as for :class:`Receiver`, and so is ``on_stored``.
    :raises ConfigurationError: the configuration, or a path secret, is wrong.
    """
    client = AsyncClient.from_config(config)
    try:
        return Receiver(client, owns_client=True, on_outcome=on_outcome, on_stored=on_stored)
    except BaseException:
        client.store.close()
        raise
