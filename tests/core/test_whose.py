"""Whose a delivery is: what comes to one account moves nothing that another one of its tenant carries."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from paraph.flow.commands import Flow
from paraph.model import FactType, Lifecycle
from paraph.ops.look import events
from paraph.ops.outcome import Outcome, OutcomeKind
from paraph.ops.receive import ingest, process_due
from paraph.ops.whose import EARLY
from paraph.provider import Account, Delivery, Reading, Verdict
from support.tiny import SIGNATURE, TinyProvider, sign
from support.world import World

PROOFS = (None, "")
"""A delivery carries a one-time token, or is signed."""


class Gullible(TinyProvider):
    """Account ``b`` believes whatever comes to its URL."""

    def verify(self, reading: Reading, delivery: Delivery, account: Account[Any]) -> Flow[Verdict]:
        if account.name == "b":
            return Verdict.PROVEN
        return (yield from super().verify(reading, delivery, account))


class Apart(TinyProvider):
    """Each account is a tenant of its own."""

    def tenant(self, account: Account[Any]) -> str:
        return f"tenant of {account.name}"


def post(world: World, account: str, body: bytes) -> Outcome:
    headers = {SIGNATURE: sign(body)}
    outcome: Outcome = world.run(ingest(world.kernel, account, headers=headers, body=body))
    return outcome


def later(world: World, times: int = 1) -> list[Outcome]:
    """Let deliveries that wait be tried again, so often."""
    outcomes = []
    for _ in range(times):
        world.now += timedelta(minutes=3)
        outcomes += world.run(process_due(world.kernel))
    return outcomes


def told(world: World, ref: str = "e1") -> Any:
    with world.kernel.store.begin() as tx:
        return tx.sightings(f'["tiny", "tenant-1", "envelope", "{ref}"]')


def rename(world: World, before: str, after: str) -> None:
    accounts: Any = world.kernel.config.accounts
    accounts[after] = attrs.evolve(accounts.pop(before), name=after)
    world.kernel._accounts.clear()
    world.kernel._origins.clear()


@pytest.mark.parametrize("token", PROOFS)
def test_a_delivery_at_another_accounts_url_is_refused(token: str | None) -> None:
    """An envelope is not as safe as the weakest account of its tenant, and nothing of it is recorded."""
    world = World(Gullible())
    known = world.sent("a")
    before = told(world)
    outcome = post(world, "b", world.vendor.delivery("e1", "DECLINED", token=token))
    assert (OutcomeKind.REJECTED, "other_account", ()) == (outcome.kind, outcome.reason, outcome.events)
    assert before == told(world)
    assert Lifecycle.SENT is world.lifecycle(known)


@pytest.mark.parametrize("token", PROOFS)
def test_negative_control_the_same_delivery_at_its_own_url_counts(token: str | None) -> None:
    """The account that carries the envelope hears it."""
    world = World(Gullible())
    known = world.sent("a")
    outcome = post(world, "a", world.vendor.delivery("e1", "DECLINED", token=token))
    assert OutcomeKind.ACCEPTED is outcome.kind
    assert Lifecycle.DECLINED is world.lifecycle(known)


def test_the_news_of_an_account_that_was_renamed_counts() -> None:
    """An account that is not configured any more hears nothing, so its envelopes are the new name's."""
    world = World()
    known = world.sent("a")
    rename(world, "a", "c")
    outcome = post(world, "c", world.vendor.delivery("e1", "OPENED", "p-ada"))
    assert (OutcomeKind.ACCEPTED, {known}) == (outcome.kind, {each.envelope_id for each in outcome.events})


@pytest.mark.parametrize("token", PROOFS)
def test_what_came_too_early_waits_until_it_is_known_who_carries_it(token: str | None) -> None:
    """News of an envelope that nobody knows yet is decided when it is known: refused, or heard."""
    for account, expected in (("a", Lifecycle.DECLINED), ("b", Lifecycle.SENT)):
        world = World(Gullible())
        early = post(world, account, world.vendor.delivery("e2", "DECLINED", token=token))
        assert (OutcomeKind.UNAVAILABLE, "unknown_envelope", 200) == (early.kind, early.reason, early.status)
        assert () == told(world, "e2")
        world.vendor.numbers = iter(range(2, 100))  # type: ignore[assignment]  # numbers all the same
        known = world.sent("a")
        (outcome,) = later(world)
        assert (account == "b") == (outcome.reason == "other_account")
        assert expected is world.lifecycle(known)


@pytest.mark.parametrize("token", PROOFS)
def test_what_nobody_ever_knows_is_only_a_claim(token: str | None) -> None:
    """After minutes it is marked and moves nothing, also of an envelope that another account makes later."""
    world = World(Gullible())
    post(world, "b", world.vendor.delivery("e2", "DECLINED", token=token))
    outcomes = later(world, EARLY)
    assert [OutcomeKind.UNAVAILABLE] * (EARLY - 1) + [OutcomeKind.ACCEPTED] == [
        each.kind for each in outcomes
    ]
    assert [FactType.ENVELOPE_CLAIMED] == [each.type for each in told(world, "e2")]
    world.vendor.numbers = iter(range(2, 100))  # type: ignore[assignment]  # numbers all the same
    known = world.sent("a")
    assert Lifecycle.SENT is world.lifecycle(known)
    assert [] == later(world)


def test_where_nobody_shares_the_tenant_early_news_is_recorded_at_once() -> None:
    """Nobody else could move the envelope, so what is said of it waits in the ledger."""
    world = World(Apart())
    outcome = post(world, "b", world.vendor.delivery("e9", "OPENED", "p-ada"))
    assert OutcomeKind.ACCEPTED is outcome.kind
    assert FactType.SIGNATORY_OPENED in {each.type for each in world.run(events(world.kernel))}


def test_negative_control_an_account_that_cannot_be_used_may_share_the_tenant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its tenant is not known while its secrets are missing, so early news waits rather than counts."""
    from paraph.errors import MissingSecret

    world = World(Apart())
    configured = world.kernel.config.account

    def account(name: str, registry: Any) -> Account[Any]:
        if name == "a":
            raise MissingSecret("accounts.a.key: nowhere")
        return configured(name, registry)

    monkeypatch.setattr(world.kernel.config, "account", account)
    outcome = post(world, "b", world.vendor.delivery("e9", "OPENED", "p-ada"))
    assert "unknown_envelope" == outcome.reason


@pytest.mark.parametrize("token", PROOFS)
def test_a_child_belongs_to_the_account_of_its_parent(token: str | None) -> None:
    """An unknown child is found by reading its parent; at another account's URL it is refused."""
    world = World(Gullible())
    known = world.sent("a")
    world.vendor.split("e1")
    child = world.vendor.envelopes["e1"]["children"][0]
    refused = post(world, "b", world.vendor.delivery(child, "DECLINED", token=token))
    assert (OutcomeKind.REJECTED, "other_account") == (refused.kind, refused.reason)
    assert () == told(world, child)
    heard = post(world, "a", world.vendor.delivery(child, "DECLINED", token=token))
    assert OutcomeKind.ACCEPTED is heard.kind
    assert (FactType.ENVELOPE_DECLINED, True) in {
        (each.type, each.envelope_id not in {None, known}) for each in heard.events
    }


def test_a_child_of_nobody_does_not_borrow_a_parent() -> None:
    """Who names an envelope of its own as the parent cannot speak of what another account makes later."""
    world = World(Gullible())
    world.sent("b")
    body = world.vendor.delivery("e77", "DECLINED", token="").replace(
        b'"envelope"', b'"parent": "e1", "envelope"'
    )
    post(world, "b", body)
    later(world, EARLY)
    assert {FactType.ENVELOPE_CLAIMED} >= {each.type for each in told(world, "e77")}


class Echoing(TinyProvider):
    """A vendor whose deliveries tell our reference."""

    reference = ""

    def observe(self, delivery: Delivery, account: Account[Any]) -> Reading:
        return attrs.evolve(super().observe(delivery, account), our_reference=self.reference)


def test_what_echoes_a_reference_of_ours_is_known_at_once() -> None:
    """A delivery may tell the vendor's id of an attempt: its own account's counts, another's is refused."""
    provider = Echoing()
    world = World(provider)
    known = world.sent("a")
    with world.kernel.store.begin() as tx:
        (attempt,) = tx.attempts(known)
        tx.put_attempt(attrs.evolve(attempt, vendor_ref=None))
    provider.reference = attempt.id
    assert "other_account" == post(world, "b", world.vendor.delivery("e1", "OPENED", "p-ada")).reason
    heard = post(world, "a", world.vendor.delivery("e1", "OPENED", "p-ada"))
    assert {known} == {each.envelope_id for each in heard.events}
