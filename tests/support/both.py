"""The blocking and the awaitable client under one handle, against the tiny vendor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx

from paraph.client import AsyncClient, Client
from paraph.store.memory import MemoryStore
from support.tiny import TinyConfig, TinyRegistry, TinyVendor, as_config, utc


class Both:
    """Calls the same operation on a blocking or an awaitable client."""

    def __init__(self, kind: str, vendor: TinyVendor) -> None:
        self.vendor = vendor
        self.now = utc(2026, 5, 1)
        registry: Any = TinyRegistry()
        config = as_config(TinyConfig())
        store = MemoryStore()
        self.client: Any
        if kind == "sync":
            transport = httpx.MockTransport(vendor.handle)
            self.client = Client(
                config,
                registry=registry,
                store=store,
                transport=transport,
                clock=lambda: self.now,
                pause=self.pause,
            )
        else:
            self.client = AsyncClient(
                config,
                registry=registry,
                store=store,
                transport=httpx.MockTransport(self.handle),
                clock=lambda: self.now,
                pause=self.pause_async,
            )
        self.loop = asyncio.new_event_loop()

    async def handle(self, request: httpx.Request) -> httpx.Response:
        content = b"".join([block async for block in request.stream])  # type: ignore[union-attr]  # async side
        copy = httpx.Request(request.method, request.url, headers=dict(request.headers), content=content)
        return self.vendor.handle(copy)

    def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def pause_async(self, seconds: float) -> None:
        self.pause(seconds)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.client, name)

        def run(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            return self.loop.run_until_complete(result) if asyncio.iscoroutine(result) else result

        return run

    def end(self) -> None:
        self.close()
        self.loop.close()
