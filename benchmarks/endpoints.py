"""The webhook endpoints that are compared: each an ASGI application on uvicorn, in a process of its own.

All answer 200 to a POST and differ in what they do before: parse the body, store it durably one by one,
store what arrived meanwhile in one commit, or be paraph's receiver. ``/fresh`` makes the application anew
with an empty store, ``/spent`` tells the processor time (seconds) of the process.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import gc
import hashlib
import importlib
import json
import logging
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final

import uvicorn

from benchmarks.method import peer
from paraph import AsyncClient, Config, open_store
from paraph_web import Receiver

Application = Callable[[Any, Any, Any], Awaitable[None]]

SECRET: Final = "a-path-secret-of-enough-letters"  # noqa: S105 - nobody's, and on loopback alone
APP_ID: Final = "appId_1b4e28ba-2fa1-41d2-883f-0016d3cca427"


@contextlib.contextmanager
def serving(name: str) -> Iterator[int]:
    """Run one of `ENDPOINTS` on the first processor until the block ends; give its TCP port on loopback."""
    command = [sys.executable, "-m", "benchmarks.endpoints", name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the endpoint's pipes are missing")
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()  # it ends with its input


class Raw:
    """The least that an endpoint does: take the body and parse it. It has an application while it lives.

    :param folder: an empty one, for files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def __call__(self, _: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        body = await _body(receive)
        json.loads(body)
        await self.keep(body)
        await _ok(send)

    async def keep(self, body: bytes) -> None:
        """Store a body; here it is forgotten."""

    async def stop(self) -> None:
        """Let go of everything."""

    def waiting(self) -> int:
        """Count what is stored and not processed."""
        return 0


class OneByOne(Raw):
    """Each body is committed by itself, durably (SQLite, WAL, FULL), before it is acknowledged."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._database = _database(folder)

    async def keep(self, body: bytes) -> None:
        """Commit it."""
        _insert(self._database, [body])

    async def stop(self) -> None:
        """Close the database."""
        self._database.close()


class Together(OneByOne):
    """What arrives while a commit runs is committed by the next one: the least that a group commit takes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._line: list[tuple[bytes, asyncio.Future[None]]] = []
        self._thread = ThreadPoolExecutor(1)
        self._working: asyncio.Task[None] | None = None

    async def keep(self, body: bytes) -> None:
        """Wait for the commit that it is in."""
        stored = asyncio.get_running_loop().create_future()
        self._line.append((body, stored))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        await stored

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while batch := self._line:
            self._line = []
            await loop.run_in_executor(self._thread, _insert, self._database, [body for body, _ in batch])
            for _, stored in batch:
                stored.set_result(None)
        self._working = None

    async def stop(self) -> None:
        """End the thread, too."""
        self._thread.shutdown()
        await super().stop()


class Plain(Raw):
    """Starlette, as its documentation shows it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        applications, responses, routing = (
            importlib.import_module(f"starlette.{name}") for name in ("applications", "responses", "routing")
        )

        async def hook(request: Any) -> Any:
            await request.json()
            return responses.Response()

        route = routing.Route("/{rest:path}", hook, methods=["POST"])
        self._application: Application = applications.Starlette(routes=[route])

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand on."""
        await self._application(scope, receive, send)


class Paraph(Raw):
    """paraph's receiver.

    :param url: of the store; ``{folder}`` is filled in.
    :param account: as in a configuration file.
    """

    def __init__(self, folder: Path, *, url: str, account: Mapping[str, Any]) -> None:
        super().__init__(folder)
        # A vendor that takes connections and never answers: what is stored waits for its check.
        self._vendor = socket.create_server(("127.0.0.1", 0), backlog=100)
        silent = f"http://127.0.0.1:{self._vendor.getsockname()[1]}"
        whole = {"environment": "test", "base_url": silent, "webhook_secret": "env:HOOK", **account}
        config = Config.from_mapping(
            {"accounts": {"a": whole}}, environ={"HOOK": SECRET, "KEY": f"skv2_staging_{APP_ID[6:]}_x"}
        )
        self._store = open_store(url.format(folder=folder))
        self._client = AsyncClient(config, registry=config.registry, store=self._store)
        self._receiver = Receiver(self._client)
        self._working: AbstractAsyncContextManager[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand on; the first request starts the worker."""
        if self._working is None:
            self._working = self._receiver.working()
            await self._working.__aenter__()
        await self._receiver(scope, receive, send)

    async def stop(self) -> None:
        """End the worker; who waits for the vendor is told that it is gone."""
        self._vendor.close()
        if self._working is not None:
            await self._working.__aexit__(None, None, None)
        await self._client.close()
        self._store.close()

    def waiting(self) -> int:
        """Count what is stored and not processed."""
        with self._store.begin() as tx:
            return tx.count_unprocessed("a")[0]


SILENT: Final[Mapping[str, Any]] = {"provider": "ignisign", "api_key": "env:KEY"}
"""An account whose vendor has to be asked about each delivery, and does not answer."""

TOLD: Final[Mapping[str, Any]] = {
    "provider": "sign8",
    "organization_id": "org-1",
    "dialect": {"base": "simulator", "operations": {"status": {"path": ""}}},
    "auth": {"type": "bearer", "token": "env:KEY"},
    "trust_webhooks": True,
}
"""An account whose deliveries are the news itself: processing them asks nobody."""

MEMORY: Final = "memory:"
SQLITE: Final = "sqlite:///{folder}/paraph.db"

ENDPOINTS: Final[Mapping[str, Callable[[Path], Raw]]] = {
    "raw": Raw,
    "raw, one by one": OneByOne,
    "raw, together": Together,
    "starlette": Plain,
    "memory": functools.partial(Paraph, url=MEMORY, account=SILENT),
    "sqlite": functools.partial(Paraph, url=SQLITE, account=SILENT),
    "memory, told": functools.partial(Paraph, url=MEMORY, account=TOLD),
    "sqlite, told": functools.partial(Paraph, url=SQLITE, account=TOLD),
}


def available() -> tuple[str, ...]:
    """Return the names of the endpoints whose libraries are installed."""
    return tuple(name for name in ENDPOINTS if name != "starlette" or peer("starlette.applications"))


class Controlled:
    """An endpoint behind three paths of the benchmark's own."""

    def __init__(self, make: Callable[[Path], Raw]) -> None:
        self._make = make
        self._endpoint: Raw | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand requests on; what is asked of the benchmark is answered here."""
        if scope["type"] != "http":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self._end()
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["path"] == "/fresh":
            await self._end()
            self._endpoint = self._make(Path(tempfile.mkdtemp(prefix="receiving-")))
            gc.collect()
            await _ok(send)
        elif scope["path"] == "/spent":
            await _ok(send, repr(time.process_time()).encode())
        elif self._endpoint is None:
            raise RuntimeError("/fresh has to come first")
        elif scope["path"] == "/waiting":
            await _ok(send, b"%d" % self._endpoint.waiting())
        else:
            await self._endpoint(scope, receive, send)

    async def _end(self) -> None:
        if self._endpoint is not None:
            await self._endpoint.stop()
            shutil.rmtree(self._endpoint.folder)
            self._endpoint = None


async def _body(receive: Any) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


async def _ok(send: Any, content: bytes = b"") -> None:
    headers = [(b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


def _database(folder: Path) -> sqlite3.Connection:
    database = sqlite3.connect(folder / "raw.db", isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE delivery (id TEXT PRIMARY KEY, body BLOB NOT NULL)")
    return database


def _insert(database: sqlite3.Connection, bodies: list[bytes]) -> None:
    database.execute("BEGIN IMMEDIATE")
    database.executemany(
        "INSERT INTO delivery VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(hashlib.sha256(body).hexdigest(), body) for body in bodies],
    )
    database.execute("COMMIT")


def main() -> None:
    """Serve the endpoint of that name until standard input ends; print the port first."""
    asked = argparse.ArgumentParser()
    asked.add_argument("name", choices=ENDPOINTS)
    name: str = asked.parse_args().name
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    logging.disable()  # that a vendor does not answer is meant
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    config = uvicorn.Config(
        Controlled(ENDPOINTS[name]),
        log_level="critical",
        access_log=False,
        server_header=False,
        lifespan="on",
    )
    server = uvicorn.Server(config)

    def end() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=end, daemon=True).start()
    print(listener.getsockname()[1], flush=True)
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
