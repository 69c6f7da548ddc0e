"""Reconciling: what deliveries missed is found, at growing intervals, within a budget, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from paraph.errors import MalformedResponse
from paraph.model import Fact, FactType, Lifecycle, Source, Subject
from paraph.ops.reconcile import EVIDENCE_READS, FIRST, LEASE, LONGEST, interval, reconcile
from paraph.provider import Capabilities, Capability, PastDelivery
from support.both import Both
from support.tiny import INFO, TinyProvider, TinyVendor, envelope
from support.world import World


@pytest.fixture(params=["sync", "async"])
def both(request: pytest.FixtureRequest) -> Iterator[Any]:
    world = Both(request.param, TinyVendor())
    yield world
    world.end()


def turn(world: Any, **more: Any) -> Any:
    """Reconcile account ``a`` and return its turn."""
    (done,) = world.reconcile(account="a", **more)
    return done


def reads(world: Any) -> int:
    return sum(method == "GET" for method, _ in world.vendor.requests)


def test_what_no_webhook_told_is_found(both: Any):
    """An envelope that was signed without any delivery is completed by reconciling."""
    asked = envelope()
    both.send(asked)
    assert 0 == turn(both).read
    both.vendor.sign("e1", "p-ada")
    both.vendor.sign("e1", "p-bob")
    both.now += FIRST
    done = turn(both)
    assert (1, True, "") == (done.read, done.events > 0, done.failure)
    assert Lifecycle.COMPLETED is both.get(asked.id).lifecycle


def test_intervals_grow_without_news_and_begin_anew_with_news(both: Any):
    """Each read without news makes the pause longer; news makes it short again."""
    both.send(envelope())
    pauses = []
    for _ in range(4):
        waited = timedelta()
        while turn(both).read == 0:
            both.now += timedelta(seconds=10)
            waited += timedelta(seconds=10)
        pauses.append(waited)
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1]
    both.vendor.sign("e1", "p-ada")
    both.now += LONGEST
    assert turn(both).events > 0
    both.now += FIRST
    assert 1 == turn(both).read


def test_intervals_have_a_limit():
    """However often nothing is found, the pause is never longer than the limit."""
    assert FIRST == interval(0)
    assert LONGEST == interval(10_000)
    assert all(interval(number) <= interval(number + 1) for number in range(100))


def test_the_budget_is_kept_and_the_rest_stays_due(both: Any):
    """Of five due envelopes a budget of two reads two; the others are read by the next turns."""
    for _ in range(5):
        both.send(envelope())
    both.now += FIRST
    counted = []
    for _ in range(4):
        before = reads(both)
        done = turn(both, budget=2)
        counted.append((done.read, done.left, reads(both) - before))
    assert [(2, True, 2), (2, True, 2), (1, False, 1), (0, False, 0)] == counted


def test_what_a_webhook_ended_is_forgotten_without_a_read(both: Any):
    """An envelope that has ended with its evidence ready, or without any to wait for, costs no read."""
    asked = envelope()
    both.send(asked)
    both.cancel(asked.id)
    both.vendor.requests.clear()
    both.now += FIRST
    done = turn(both)
    assert (0, 1, 0) == (done.read, done.ended, reads(both))


def test_a_completed_envelope_is_read_until_its_evidence_is_ready(both: Any):
    """Evidence that follows later is waited for, but not for ever."""
    asked = envelope()
    both.send(asked)
    for who in ("p-ada", "p-bob"):
        both.vendor.sign("e1", who)
    total = 0
    for _ in range(EVIDENCE_READS + 5):
        both.now += LONGEST
        total += turn(both).read
    assert 2 < total <= EVIDENCE_READS + 2
    assert 0 == turn(both).read


def test_an_envelope_that_another_process_reads_is_left_alone(both: Any):
    """While a read goes on elsewhere, the envelope is not read here; if that process dies, it is later."""
    both.send(envelope())
    both.now += FIRST
    inner: list[Any] = []

    def meanwhile(request: httpx.Request, effect: Any) -> httpx.Response:
        with both.client.store.begin() as tx:
            inner.append(tx.due_polls("a", both.now))
        raise httpx.ConnectError("the process ends here")

    both.vendor.faults = [meanwhile] * 9
    assert "" != turn(both).failure
    assert [()] == inner[:1]
    both.vendor.faults = []
    both.now += LEASE
    assert 1 == turn(both).read


def test_a_vendor_that_is_down_ends_the_turn(both: Any):
    """The first failure of the vendor ends the account's turn; the others are read when it is back."""
    for _ in range(3):
        both.send(envelope())
    both.now += FIRST
    down = httpx.Response(503)
    both.vendor.faults = [lambda request, effect: down] * 9
    done = turn(both)
    assert (1, "VendorUnavailable") == (done.read, done.failure)
    both.vendor.faults = []
    both.now += timedelta(minutes=5)
    assert 3 == turn(both).read


class Listing(TinyProvider):
    """The tiny provider with a list of past deliveries."""

    def __init__(self, listed: tuple[PastDelivery, ...]) -> None:
        self.listed = listed

    def capabilities(self, account: Any) -> Capabilities:
        supported = INFO.capabilities.supported | {Capability.EVENT_LIST}
        return Capabilities(supported=supported, levels=INFO.capabilities.levels)

    def past_deliveries(self, account: Any) -> Any:
        return self.listed
        yield


def test_the_vendors_list_is_recorded_once(both: Any):
    """What the list tells and the ledger lacks becomes events, confirmed; telling it again adds nothing."""
    asked = envelope()
    both.send(asked)
    fact = Fact(type=FactType.SIGNATORY_OPENED, subject=Subject(ref="e1"), target="p-ada", native="OPENED")
    both.client.registry.one = Listing(
        (PastDelivery(id="1", facts=(fact,), subject_ref="e1", delivered=False),)
    )
    assert turn(both).events > 0
    assert 0 == turn(both).events
    (event,) = (each for each in both.events(asked.id) if each.type is FactType.SIGNATORY_OPENED)
    assert (True, "ada") == (event.confirmed, event.signatory_id)
    assert Source.SWEEP in {each.source for each in _sightings(both)}


def _sightings(world: Any) -> Any:
    with world.client.store.begin() as tx:
        return tx.sightings('["tiny", "tenant-1", "envelope", "e1"]')


def test_every_account_has_its_turn(both: Any):
    """Without a name all accounts are reconciled, one after the other."""
    assert ["a", "b"] == [done.account for done in both.reconcile()]


class Buggy(TinyProvider):
    """A provider that fails as only its author could explain, at account ``a``."""

    def read(self, carried: Any, account: Any) -> Any:
        if account.name == "a" and carried.vendor_ref == "e1":
            raise KeyError("of somebody's name")
        return (yield from super().read(carried, account))


def test_a_plugins_bug_costs_the_other_envelopes_and_accounts_nothing():
    """One envelope that its plugin cannot read is put off, and told; all others are read."""
    world = World(Buggy())
    for account in ("a", "a", "b"):
        world.sent(account)
    world.now += FIRST
    first, second = world.run(reconcile(world.kernel))
    assert (2, "KeyError") == (first.read, first.failure)
    assert (1, "") == (second.read, second.failure)
    world.now += FIRST
    again, _ = world.run(reconcile(world.kernel, budget=1))
    assert "" == again.failure


class Unlisted(Listing):
    """A vendor whose list can never be read."""

    def past_deliveries(self, account: Any) -> Any:
        raise MalformedResponse("an entry without a name")
        yield


def test_a_list_that_cannot_be_read_keeps_no_envelope_from_being_read():
    """What the list meets is told, and the account's envelopes are read all the same."""
    world = World(Unlisted(()))
    world.sent("a")
    world.now += FIRST
    (done,) = world.run(reconcile(world.kernel, account="a"))
    assert (1, "MalformedResponse") == (done.read, done.failure)


class Asked(Listing):
    """A vendor that counts how often its list is asked for."""

    asked = 0

    def past_deliveries(self, account: Any) -> Any:
        self.asked += 1
        return self.listed
        yield


@pytest.mark.parametrize(("budget", "expected"), [(0, (0, 0)), (1, (1, 0)), (2, (1, 1)), (9, (1, 3))])
def test_the_list_counts_towards_the_budget(budget: int, expected: tuple[int, int]):
    """Asking for the list takes one of the budget, and nothing is asked without any."""
    provider = Asked(())
    world = World(provider)
    for _ in range(3):
        world.sent("a")
    world.now += FIRST
    (done,) = world.run(reconcile(world.kernel, account="a", budget=budget))
    assert (expected, expected[1] < 3) == ((provider.asked, done.read), done.left)
