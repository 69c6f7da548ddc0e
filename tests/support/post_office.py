"""A vendor that only posts deliveries, for tests of what receives them."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import attrs

from paraph import AsyncClient, Capability, Client, Config, Registry, Store, hookimpl
from paraph.errors import VendorUnavailable
from paraph.flow import Flow, sleep
from paraph.model import Fact, FactType, Subject, SubjectKind
from paraph.provider import Account, Delivery, ProviderInfo, Reading, Verdict
from paraph.store import DeliveryRecord, Transaction
from paraph.testing.fake import CAPABILITIES, INFO, FakeProvider

SECRET = "a-path-secret-of-enough-letters"
AnyClient = Client | AsyncClient


class PostProvider(FakeProvider):
    """Every delivery is genuine and one fact; for accounts in `down` and `gates` that is hard to tell."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.gates: dict[str, threading.Event] = {}
        self.checked: list[str] = []

    @property
    def info(self) -> ProviderInfo:
        """The fake provider's, with webhooks."""
        return attrs.evolve(INFO, name="post", build=lambda: self, capabilities=self.capabilities(None))

    def capabilities(self, account: Account[Any] | None) -> Any:
        """Offer what the fake offers, and webhooks."""
        return attrs.evolve(CAPABILITIES, supported=CAPABILITIES.supported | {Capability.WEBHOOKS})

    def observe(self, delivery: Delivery, account: Account[Any]) -> Reading:
        """Take the body's digest as news of the account."""
        digest = hashlib.sha256(delivery.body).hexdigest()
        subject = Subject(kind=SubjectKind.ACCOUNT, ref="tenant")
        return Reading(facts=(Fact(type=FactType.ACCOUNT_CHANGED, subject=subject, occurrence=digest),))

    def verify(self, reading: Reading, delivery: Delivery, account: Account[Any]) -> Flow[Verdict]:
        """Call it proven, unless the vendor is down; wait where a gate is closed."""
        while account.name in self.gates and not self.gates[account.name].is_set():
            yield from sleep(0.005)
        down = account.name in self.down  # first: who sees the check below may end it
        self.checked.append(account.name)
        if down:
            raise VendorUnavailable("the vendor is down")
        return Verdict.PROVEN

    @hookimpl
    def paraph_provider(self) -> ProviderInfo:
        """Describe the provider."""
        return self.info


@attrs.frozen(kw_only=True)
class Office:
    """Everything a receiver test needs: the vendor, the store and a way to make clients."""

    vendor: PostProvider
    store: Store
    config: Config
    registry: Registry

    def client(self, kind: type[AnyClient] = AsyncClient) -> AnyClient:
        """Make a client on the shared store; it need not be closed, the store is."""
        return kind(self.config, registry=self.registry, store=self.store)

    def delivery(self, delivery_id: str | None) -> DeliveryRecord:
        """Return a stored delivery."""
        assert delivery_id is not None
        with self.store.begin() as tx:
            found = tx.delivery(delivery_id)
        assert found is not None
        return found

    def waiting(self, account: str = "one") -> int:
        """Count deliveries that are stored and not processed."""
        with self.store.begin() as tx:
            return tx.count_unprocessed(account)[0]

    def find(self, body: bytes, account: str = "one", path: str = "") -> DeliveryRecord | None:
        """Find a delivery by what came: try to store the same and take it back."""
        record = DeliveryRecord(
            id="probe",
            account=account,
            path=path,
            headers=(),
            body=body,
            body_sha256=hashlib.sha256(body).hexdigest(),
            received_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        found: DeliveryRecord | None = None
        with contextlib.suppress(_TakenBackError), self.store.begin() as tx:
            stored, new = tx.add_delivery(record)
            found = None if new else self.delivery_in(tx, stored.id)
            raise _TakenBackError
        return found

    @staticmethod
    def delivery_in(tx: Transaction, delivery_id: str) -> DeliveryRecord | None:
        """Return a delivery as it is without the probe that raised `seen`."""
        stored = tx.delivery(delivery_id)
        return None if stored is None else attrs.evolve(stored, seen=stored.seen - 1)


class _TakenBackError(Exception):
    """Rolls a transaction back."""


OpenOffice = Callable[..., Office]


def eventually(condition: Callable[[], bool], *, seconds: float = 60.0) -> bool:
    """Wait until the condition holds; whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return condition()
        time.sleep(0.005)
    return True
