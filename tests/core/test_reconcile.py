"""Reconciling: what deliveries missed is found, at growing intervals, within a budget, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import httpx
import pytest

from paraph.errors import MalformedResponse, VendorError
from paraph.flow.commands import Step
from paraph.flow.intercept import intercept
from paraph.model import Fact, FactType, Lifecycle, Source, Subject
from paraph.ops.doctor import _store
from paraph.ops.look import refresh
from paraph.ops.polling import FIRST, LEASE, LONGEST, interval
from paraph.ops.reconcile import EVIDENCE_READS, reconcile
from paraph.provider import Capabilities, Capability, PastDelivery, PastPage, Standing
from paraph.provider.limits import Limits
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


@pytest.mark.parametrize(("budget", "expected"), [(0, (0, 0)), (1, (0, 1)), (2, (1, 1)), (9, (1, 3))])
def test_the_list_counts_towards_the_budget(budget: int, expected: tuple[int, int]):
    """Asking for the list takes one of the budget, of which it has half: one alone is for an envelope."""
    provider = Asked(())
    world = World(provider)
    for _ in range(3):
        world.sent("a")
    world.now += FIRST
    (done,) = world.run(reconcile(world.kernel, account="a", budget=budget))
    assert (expected, expected[1] < 3) == ((provider.asked, done.read), done.left)


# What was interrupted while it published


def test_a_send_that_was_interrupted_while_it_published_is_carried_to_its_end(both: Any):
    """The vendor shows it as published: it is sent, read from then on, and never published again."""
    asked = envelope()
    _die(both, asked, at="publish", after=True)
    both.now += FIRST
    done = turn(both)
    assert (1, (), "") == (done.read, done.unfinished, done.failure)
    assert Lifecycle.SENT is both.get(asked.id).lifecycle
    for who in ("p-ada", "p-bob"):
        both.vendor.sign("e1", who)
    both.now += LONGEST
    assert turn(both).events > 0
    assert Lifecycle.COMPLETED is both.get(asked.id).lifecycle
    assert 1 == len(both.vendor.published)


def test_negative_control_what_is_not_published_is_never_published_by_reading(both: Any):
    """A draft whose publication was begun and did not happen is listed in every turn, until it is resumed."""
    asked = envelope()
    _die(both, asked, at="publish", after=False)
    both.now += FIRST
    for _ in range(3):
        assert (asked.id,) == turn(both).unfinished
    both.now += LONGEST
    assert (asked.id,) == turn(both).unfinished
    assert [] == both.vendor.published
    both.resume(asked.id)
    assert ((), 1) == (turn(both).unfinished, len(both.vendor.published))


@pytest.mark.parametrize("at", ["create", "documents", "describe"])
def test_a_send_that_was_interrupted_before_it_published_is_no_matter_of_reading(both: Any, at: str):
    """Nobody was told of a draft: it is neither read nor listed."""
    _die(both, envelope(), at=at, after=True)
    both.now += LONGEST
    both.vendor.requests.clear()
    done = turn(both)
    assert (0, ()) == (done.read, done.unfinished)
    assert [] == both.vendor.requests


class Secretive(TinyProvider):
    """A vendor that shows no state."""

    def capabilities(self, account: Any) -> Capabilities:
        known = INFO.capabilities
        return attrs.evolve(known, supported=known.supported - {Capability.READ_STATUS})

    def send(self, carried: Any, account: Any) -> Any:
        return (yield from intercept(super().send(carried, account), _blind))


def _blind(command: Any) -> Any:
    return _unread(command) if isinstance(command, Step) and command.recover is not None else None


def _unread(step: Step) -> Any:
    return (yield attrs.evolve(step, recover=None))


def test_what_cannot_be_read_is_listed_until_a_person_settles_it(both: Any):
    """Without any read an interrupted publication is told of in each turn, and no request is made for it."""
    both.client.registry.one = Secretive()
    asked = envelope()
    _die(both, asked, at="publish", after=True)
    both.send(envelope())  # what is sent needs no reading here
    both.now += FIRST
    both.vendor.requests.clear()
    for _ in range(2):
        assert (asked.id,) == turn(both).unfinished
    assert [] == both.vendor.requests
    both.settle(asked.id, "publish", happened=True)
    both.now += LONGEST
    assert () == turn(both).unfinished
    assert Lifecycle.SENT is both.get(asked.id).lifecycle


def test_a_publication_that_was_refused_leaves_nothing_to_read(both: Any):
    """An intent that is taken back takes its poll along."""
    refused = httpx.Response(400, json={"code": "NO"})
    both.vendor.faults = [*[_passed] * 4, lambda request, effect: refused]
    with pytest.raises(VendorError):
        both.send(envelope())
    both.vendor.faults = []
    with both.client.store.begin() as tx:
        assert () == tx.unfinished_attempts("a")


def _passed(request: httpx.Request, effect: Any) -> httpx.Response:
    answer: httpx.Response = effect()
    return answer


class _Killed(BaseException):
    """The process ends."""


STEPS = {"create": 0, "documents": 1, "describe": 3, "publish": 4}


def _die(world: Any, asked: Any, *, at: str, after: bool) -> None:
    """Send until the process ends at one request: after its effect, or before."""

    def killed(request: httpx.Request, effect: Any) -> httpx.Response:
        if after:
            effect()
        raise _Killed

    world.vendor.faults = [*[_passed] * STEPS[at], killed]
    with pytest.raises(_Killed):
        world.send(asked)
    world.vendor.faults = []


# Accounts that are gone


def test_open_envelopes_of_an_account_that_is_gone_are_told_of():
    """Nobody can read them, so the account has a turn that failed; what has ended is forgotten."""
    world = World()
    known = world.sent("a")
    accounts: Any = world.kernel.config.accounts
    gone = accounts.pop("a")
    world.now += FIRST
    (_, lost) = world.run(reconcile(world.kernel))
    assert ("a", "UnknownAccount", True) == (lost.account, lost.failure, lost.left)
    accounts["a"] = gone
    world.vendor.sign("e1", "p-ada")
    world.vendor.envelopes["e1"]["state"] = "CANCELLED"
    world.run(refresh(world.kernel, known))
    del accounts["a"]
    assert ["b"] == [each.account for each in world.run(reconcile(world.kernel))]


def test_the_doctor_warns_of_open_envelopes_of_an_account_that_is_gone():
    """It is told before anybody waits for them; with the account configured there is nothing to say."""
    world = World()
    world.sent("a")
    assert 1 == len(_store(world.kernel))
    accounts: Any = world.kernel.config.accounts
    del accounts["a"]
    _, warned = _store(world.kernel)
    assert Standing.WARN is warned.state
    assert "'a'" in warned.found


# A list in parts


class Paged(Listing):
    """A vendor that lists by pages, each of which is one request."""

    def __init__(self, pages: int) -> None:
        super().__init__(())
        self.pages = pages
        self.asked: list[int] = []

    def past_page(self, account: Any, standing: str) -> Any:
        number = int(standing or 0)
        self.asked.append(number)
        fact = Fact(type=FactType.SIGNATORY_OPENED, subject=Subject(ref=f"x{number}"), target="p")
        again = number + 1 < self.pages
        return PastPage(
            deliveries=(PastDelivery(id=str(number), facts=(fact,)),),
            standing=str(number + 1 if again else 0),
            more=again,
        )
        yield


def test_a_list_in_parts_goes_on_where_the_last_turn_stopped():
    """Each part takes one of the budget; every part is read once before the first is read again."""
    provider = Paged(7)
    world = World(provider)
    seen = []
    for _ in range(4):
        (done,) = world.run(reconcile(world.kernel, account="a", budget=2))
        seen.append((done.listed, done.left))
    assert [(2, True), (2, True), (2, True), (1, False)] == seen
    assert [*range(7)] == provider.asked


@pytest.mark.parametrize("budget", [1, 2, 5])
def test_envelopes_have_the_first_turn(budget: int):
    """Of a small budget the list takes at most half while envelopes are due; without any it has all."""
    provider = Paged(100)
    world = World(provider)
    for _ in range(9):
        world.sent("a")
    world.now += FIRST
    (done,) = world.run(reconcile(world.kernel, account="a", budget=budget))
    assert (budget - budget // 2, budget // 2) == (done.read, done.listed)


def test_polls_per_minute_bounds_the_list_as_well():
    """Each request of the list draws on what the account may poll in a minute."""
    provider = Paged(100)
    world = World(provider)
    accounts: Any = world.kernel.config.accounts
    accounts["a"] = attrs.evolve(accounts["a"], limits=Limits(polls_per_minute=3))
    (done,) = world.run(reconcile(world.kernel, account="a", budget=50))
    assert (3, True) == (done.listed, done.left)


class Whole(Listing):
    """A vendor whose list takes four requests, and is given as a whole."""

    def past_deliveries(self, account: Any) -> Any:
        for _ in range(4):
            yield from self._call("GET", account, "/envelopes/e1")
        return self.listed


def test_every_request_of_a_whole_list_is_counted():
    """A list that cannot be read in parts takes as much of the budget as it makes requests."""
    world = World(Whole(()))
    for _ in range(9):
        world.sent("a")
    world.now += FIRST
    (done,) = world.run(reconcile(world.kernel, account="a", budget=6))
    assert (4, 2, True) == (done.listed, done.read, done.left)
