"""The three things the receiver asks of a client, awaitable whichever kind of client it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

import attrs

from paraph import AsyncClient, Client, Outcome

DUE = 200
"""Waiting deliveries that are looked up at a time."""


class Receive(Protocol):
    """How one request is stored."""

    def __call__(
        self, account: str, *, headers: Mapping[str, str], body: bytes, path: str
    ) -> Awaitable[Outcome]:
        """Return what became of it, with the status to answer."""
        ...


@attrs.frozen(kw_only=True)
class Calls:
    """A client as the receiver sees it.

    :ivar per_account: deliveries of one account that are processed at a time, so that an account
        whose vendor does not answer leaves room for the others; ``in_all``: of all accounts.
    """

    receive: Receive
    process: Callable[[str], Awaitable[Outcome]]
    due: Callable[[], Awaitable[tuple[tuple[str, str], ...]]]
    """Look up which deliveries wait, as pairs (account, delivery id), oldest first."""
    close: Callable[[], Awaitable[None]]
    per_account: int
    in_all: int


def calls_of(client: Client | AsyncClient) -> Calls:
    """Make them. A blocking client works in the event loop's threads and leaves some for storing."""

    def due() -> tuple[tuple[str, str], ...]:
        with client.store.begin() as tx:
            return tuple((each.account, each.id) for each in tx.due_deliveries(datetime.now(UTC), limit=DUE))

    async def look() -> tuple[tuple[str, str], ...]:
        return await asyncio.to_thread(due)

    if isinstance(client, AsyncClient):
        return Calls(
            receive=client.receive,
            process=client.process,
            due=look,
            close=client.close,
            per_account=8,
            in_all=64,
        )
    blocking = client

    async def receive(account: str, *, headers: Mapping[str, str], body: bytes, path: str) -> Outcome:
        return await asyncio.to_thread(blocking.receive, account, headers=headers, body=body, path=path)

    async def process(delivery_id: str) -> Outcome:
        return await asyncio.to_thread(blocking.process, delivery_id)

    async def close() -> None:
        await asyncio.to_thread(blocking.close)

    return Calls(receive=receive, process=process, due=look, close=close, per_account=2, in_all=3)
