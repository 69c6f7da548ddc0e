"""Headers that only an account's provider names: kept, part of a delivery's identity, never its undoing."""

from __future__ import annotations

from typing import Any

import pytest

from paraph.errors import MissingSecret
from paraph.flow.commands import Flow
from paraph.ops.outcome import Outcome
from paraph.ops.receive import receive
from paraph.provider import Account, Delivery, Reading, Verdict
from paraph.provider.protocol import ReadsHeaders
from paraph.store.records import DeliveryRecord
from support.tiny import SIGNATURE, TinyProvider, TinySettings
from support.world import World

SHARED = "x-shared"


class Naming(TinyProvider):
    """The tiny provider, whose account ``a`` is sent a shared secret in a header."""

    def webhook_headers(self, account: Account[TinySettings]) -> frozenset[str]:
        return frozenset({SHARED}) if account.name == "a" else frozenset()

    def observe(self, delivery: Delivery, account: Account[TinySettings]) -> Reading:
        return Reading()

    def verify(self, reading: Reading, delivery: Delivery, account: Account[TinySettings]) -> Flow[Verdict]:
        return Verdict.PROVEN if delivery.headers.get(SHARED) == "right" else Verdict.FOREIGN
        yield


class Buggy(Naming):
    """The same with a bug."""

    def webhook_headers(self, account: Account[TinySettings]) -> frozenset[str]:
        raise ZeroDivisionError("hunter2")


def received(world: World, account: str = "a", body: bytes = b"{}", **headers: str) -> DeliveryRecord:
    """Receive a delivery and return what was stored of it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    outcome: Outcome = world.run(receive(world.kernel, account, headers=named, body=body))
    assert 200 == outcome.status
    with world.kernel.store.begin() as tx:
        stored = tx.delivery(outcome.delivery_id or "")
    assert stored is not None
    return stored


def test_a_header_that_the_account_names_is_kept_and_tells_deliveries_apart() -> None:
    """The same body with another value of that header is another delivery; with the same value it is not."""
    world = World(Naming())
    assert isinstance(world.kernel.registry.provider("tiny"), ReadsHeaders)
    wrong = received(world, X_Shared="wrong")
    right = received(world, X_SHARED="right", X_Tiny_Signature="s", Cookie="c")
    assert {SHARED: "right", SIGNATURE: "s"} == dict(right.headers)
    assert wrong.id != right.id
    assert right.id == received(world, x_shared="right", x_tiny_signature="s", Cookie="d").id


def test_a_wrong_copy_does_not_block_the_right_delivery() -> None:
    """The same body with a wrong shared secret is rejected, and with the right one believed afterwards."""
    world = World(Naming())
    assert "forged" == world.post(b"{}", **{SHARED: "wrong"}).reason
    assert "" == world.post(b"{}", **{SHARED: "right"}).reason


def test_other_headers_are_neither_kept_nor_tell_deliveries_apart() -> None:
    """Negative control: for an account that does not name it, the header is dropped and tells nothing."""
    world = World(Naming())
    first, second = (received(world, "b", X_Shared=value) for value in ("one", "two"))
    assert (first.id, ()) == (second.id, second.headers)


def test_a_plugin_that_fails_costs_no_delivery(caplog: pytest.LogCaptureFixture) -> None:
    """A bug where the provider names its headers leaves those of its description; the log has no text."""
    stored = received(World(Buggy()), X_Shared="right", X_Tiny_Signature="s")
    assert ((SIGNATURE, "s"),) == stored.headers
    assert "account a: its webhook headers are unknown (ZeroDivisionError)" in caplog.text
    assert "hunter2" not in caplog.text


def test_an_account_that_cannot_be_used_costs_no_delivery(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a secret of the account is missing, its deliveries are stored all the same."""
    world = World(Naming())

    def missing(name: str, registry: Any) -> Account[Any]:
        raise MissingSecret("account 'a' lacks a secret")

    monkeypatch.setattr(world.kernel.config, "account", missing)
    assert ((SIGNATURE, "s"),) == received(world, X_Shared="right", X_Tiny_Signature="s").headers
