"""The stage of a demo: simulators, a receiver and a client, connected over HTTP on loopback.

Entering builds it, leaving takes it down in the order in which nothing is missed: the receiver
stops first, then the client and its store, then the simulators. Nothing is left: no thread, no
socket, no file outside the given folder.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from paraph import Capability, Client, Config, Event, Outcome, Registry
from paraph.store import DeliveryRecord
from paraph.testing.simulator import Delivery, DeliveryStatus, Simulator, serve
from paraph_simulator.folder import STORE
from paraph_web import Receiver

SECRET = "PARAPH_DEMO_WEBHOOK_SECRET"  # noqa: S105 - the name of a variable, not its value


@attrs.frozen(kw_only=True)
class Post:
    """One webhook that a vendor wanted to send, and what the receiver stored of it, if it arrived."""

    delivery: Delivery
    record: DeliveryRecord | None


@attrs.define(kw_only=True, eq=False)
class Stage:
    """What a demo plays on.

    :ivar simulators: by account, which is named like its provider.
    """

    client: Client
    simulators: Mapping[str, Simulator]
    _stored: dict[str, None] = attrs.field(factory=dict)
    _seen: int = 0

    def register_webhook(self, account: str) -> None:
        """Have the vendor call the receiver: through its API, or else as if in its console."""
        offered = self.client.capabilities(account)
        if Capability.MANAGE_WEBHOOKS in offered:
            self.client.ensure_webhook(account)
        elif Capability.WEBHOOKS in offered:
            self.simulators[account].subscribe(self.client.webhook_url(account))

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

    def posts(self, account: str, *, since: int = 0) -> tuple[Post, ...]:
        """Return what the vendor wanted to send, after the first ``since``, with what is stored of it.

        Two that are alike, byte by byte and to the same path, are one delivery to paraph.
        """
        with self.client.store.begin() as tx:
            found = [tx.delivery(each) for each in tuple(self._stored)]
        stored = {
            (each.path, each.body): each for each in found if each is not None and each.account == account
        }
        below = urlsplit(self.client.webhook_url(account)).path
        return tuple(
            Post(delivery=each, record=stored.get((_rest(each.url, below), _body(each))))
            for each in self.sent(account)[since:]
        )

    def quiet(self, account: str) -> bool:
        """Whether every webhook was tried, and none that arrived still waits to be processed."""
        if any(each.status is DeliveryStatus.PENDING for each in self.sent(account)):
            return False
        with self.client.store.begin() as tx:
            return tx.count_unprocessed(account) == (0, 0)


def _rest(url: str, below: str) -> str:
    """Return what follows the receiver's own path."""
    return urlsplit(url).path.removeprefix(below).strip("/")


def _body(delivery: Delivery) -> bytes:
    """Return what was sent last; nothing, if it never was."""
    return delivery.attempts[-1].body if delivery.attempts else b""


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
