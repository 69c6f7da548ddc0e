"""Clients of both kinds whose vendor is whatever a test says, and what they find when they look at it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from paraph import AsyncClient, Client, Config, Registry
from paraph.flow import Flow, http
from paraph.provider import Account, Finding, WebhookEndpoint
from paraph.store import Store
from paraph.store.memory import MemoryStore
from support.post_office import PostProvider

SECRET = "a-path-secret-of-enough-letters"
KEY = "canary-key"
ENVIRON = {"KEY": KEY, "HOOK": SECRET}


class PlainProvider(PostProvider):
    """A provider that offers no examination; its vendor is at `urls`, by account, or at `url`."""

    def __init__(self, url: str, **urls: str) -> None:
        super().__init__()
        self.url = url
        self.urls = urls

    def origin(self, account: Account[Any]) -> str:
        """Return where the account's vendor is."""
        return self.urls.get(account.name, self.url)


class ExaminedProvider(PlainProvider):
    """One that asks its vendor who it is, and lists what a test says."""

    listed: tuple[WebhookEndpoint, ...] = ()

    def examine(self, account: Account[Any]) -> Flow[tuple[Finding, ...]]:
        """Ask the vendor."""
        response = yield from http(httpx.Request("GET", f"{self.origin(account)}/me"))
        if response.is_success:
            return (Finding.ok("credentials", "accepted"),)
        return (Finding.fail("credentials", f"HTTP {response.status_code}"),)

    def webhooks(self, account: Account[Any]) -> Flow[tuple[WebhookEndpoint, ...]]:
        """List what the test says."""
        yield from ()
        return self.listed


def endpoint(url: str, *, name: str = "w1", enabled: bool | None = True) -> WebhookEndpoint:
    """Make an endpoint as a vendor lists it."""
    from paraph import Secret

    return WebhookEndpoint(id=name, url=Secret(url), enabled=enabled)


def call(
    kind: str,
    operation: str,
    provider: PostProvider,
    *arguments: Any,
    accounts: tuple[str, ...] = ("a",),
    environ: Mapping[str, str] = ENVIRON,
    store: Store | None = None,
    public: str = "",
    late: timedelta = timedelta(),
    handler: Callable[[httpx.Request], httpx.Response] | None = None,
    **named: Any,
) -> Any:
    """Call an operation of a fresh client; `late`: how far its clock is ahead, `handler`: its transport."""
    registry = Registry.empty()
    registry.register("post", provider)
    table = {"provider": "post", "environment": "test", "api_key": "env:KEY", "webhook_secret": "env:HOOK"}
    mapping: dict[str, Any] = {"accounts": {name: dict(table) for name in accounts}}
    if public:
        mapping["webhooks"] = {"public_url": public}
    config = Config.from_mapping(mapping, environ=environ, registry=registry)
    given: dict[str, Any] = {
        "registry": registry,
        "store": store or MemoryStore(),
        "clock": lambda: datetime.now(UTC) + late,
        "transport": httpx.MockTransport(handler) if handler is not None else None,
    }
    if kind == "sync":
        with Client(config, pause=lambda _: None, **given) as client:
            return getattr(client, operation)(*arguments, **named)

    async def awaited() -> Any:
        async with AsyncClient(config, pause=_no_pause, **given) as client:
            return await getattr(client, operation)(*arguments, **named)

    return asyncio.run(awaited())


async def _no_pause(_seconds: float) -> None:
    await asyncio.sleep(0)


def look(kind: str, provider: PostProvider, **options: Any) -> dict[str, Finding]:
    """Return what `doctor` finds of one account, by check."""
    return {each.check: each for each in call(kind, "doctor", provider, **options)}


def states(findings: Mapping[str, Finding], *checks: str) -> list[str]:
    """Return the states of these checks, in their order."""
    return [findings[check].state.value for check in checks]
