"""One kernel, one tiny vendor and one clock that the test turns: where receiving is tested."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx

from paraph.flow.commands import Flow
from paraph.flow.runners import SyncRunner
from paraph.flow.session import Sessions
from paraph.model import Lifecycle
from paraph.ops.look import get
from paraph.ops.outcome import Outcome
from paraph.ops.receive import ingest
from paraph.ops.send import send
from paraph.store import Store
from support.tiny import TinyProvider, TinyVendor, envelope, tiny_kernel, utc


class World:
    """One kernel, one vendor, one clock that the test turns.

    :param provider: in place of the tiny provider. ``store``: in place of one in memory.
    """

    def __init__(self, provider: TinyProvider | None = None, store: Store | None = None) -> None:
        self.vendor = TinyVendor()
        self.kernel = tiny_kernel(store)
        if provider is not None:
            self.kernel.registry.one = provider  # type: ignore[attr-defined]  # of the stand-in
        self.now = utc(2026, 5, 1)
        transport = httpx.MockTransport(self.vendor.handle)
        self.runner = SyncRunner(
            Sessions(lambda _: httpx.Client(transport=transport)), clock=self.clock, pause=lambda _: None
        )

    def clock(self) -> datetime:
        return self.now

    def run(self, flow: Flow[Any]) -> Any:
        return self.runner.run(flow)

    def sent(self, account: str | None = None) -> str:
        asked = envelope()
        self.run(send(self.kernel, asked, account=account))
        return asked.id

    def post(self, body: bytes, **headers: str) -> Outcome:
        outcome: Outcome = self.run(ingest(self.kernel, "a", headers=headers, body=body))
        return outcome

    def lifecycle(self, envelope_id: str) -> Lifecycle:
        found: Lifecycle = self.run(get(self.kernel, envelope_id)).lifecycle
        return found
