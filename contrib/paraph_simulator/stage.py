"""The stage of a demo: simulators, a receiver and a client, connected over HTTP on loopback.

Entering builds it, leaving takes it down in the order in which nothing is missed: the receiver
stops first, then the client and its store, then the simulators. Nothing is left: no thread, no
socket, no file outside the given folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from paraph import Client, Config, Event, Outcome, Registry
from paraph.store import DeliveryRecord
from paraph.testing.simulator import Delivery, DeliveryStatus, Simulator, serve
from paraph_simulator.folder import STORE
from paraph_web import Receiver

SECRET = "PARAPH_DEMO_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable, not its value


@attrs.define(kw_only=True, eq=False)
class Stage:
    """What a demo plays on.

    :ivar simulators: by account, which is named like its provider.
    """

    client: Client
    simulators: Mapping[str, Simulator]
    _stored: dict[str, None] = attrs.field(factory=dict)
    _seen: int = 0

    def note(self, outcome: Outcome) -> None:
        """Remember which deliveries the receiver stored; called in the receiver's threads."""
        if outcome.delivery_id is not None:
            self._stored[outcome.delivery_id] = None

    def news(self) -> tuple[Event, ...]:
        """Return the events that became known since this was called last."""
        events = self.client.events(after=self._seen)
        if events:
            self._seen = events[-1].sequence
        return events

    def sent(self, account: str) -> tuple[Delivery, ...]:
        """Return every webhook that the vendor wanted to send."""
        return tuple(self.simulators[account].webhooks.history)

    def received(self, account: str) -> dict[str, DeliveryRecord]:
        """Return what is in the store of one account, by the SHA-256 of its body."""
        with self.client.store.begin() as tx:
            found = [tx.delivery(each) for each in tuple(self._stored)]
        return {each.body_sha256: each for each in found if each is not None and each.account == account}

    def quiet(self, account: str) -> bool:
        """Whether every webhook was tried, and none that arrived still waits to be processed."""
        if any(each.status is DeliveryStatus.PENDING for each in self.sent(account)):
            return False
        with self.client.store.begin() as tx:
            return tx.count_unprocessed(account) == (0, 0)


def digest(body: bytes) -> str:
    """Return the SHA-256 as hex."""
    return hashlib.sha256(body).hexdigest()


@contextlib.contextmanager
def stage(simulators: Mapping[str, Simulator], registry: Registry, folder: Path) -> Iterator[Stage]:
    """Build the stage; the store is a file in ``folder``."""
    receivers: list[Receiver] = []

    async def door(scope: Any, receive: Any, send: Any) -> None:
        # The receiver needs the client, whose configuration needs the port of this door.
        await receivers[0](scope, receive, send)

    with contextlib.ExitStack() as early, contextlib.ExitStack() as late:
        bases = {name: early.enter_context(each.running()) for name, each in simulators.items()}
        after_door = early.enter_context(contextlib.ExitStack())
        public_url = late.enter_context(serve(door))
        config = _config(simulators, bases, public_url, registry, folder)
        client = after_door.enter_context(Client.from_config(config, registry=registry))
        built = Stage(client=client, simulators=simulators)
        receivers.append(Receiver(client, on_outcome=built.note))
        yield built


def _config(
    simulators: Mapping[str, Simulator],
    bases: Mapping[str, str],
    public_url: str,
    registry: Registry,
    folder: Path,
) -> Config:
    accounts: dict[str, Any] = {}
    environ = {SECRET: secrets.token_urlsafe(32)}
    for name, simulator in simulators.items():
        account = simulator.account(bases[name])
        accounts[name] = {**account.table, "webhook_secret": f"env:{SECRET}"}
        environ.update(account.environment)
    values = {
        "accounts": accounts,
        "store": {"url": f"sqlite:///{folder.resolve() / STORE}"},
        "webhooks": {"public_url": public_url},
    }
    return Config.from_mapping(values, source="the demo", environ=environ, registry=registry)
