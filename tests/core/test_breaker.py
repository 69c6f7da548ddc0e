"""The circuit breaker: when an account rests, who may probe it, and what routes make of that."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from paraph.errors import VendorUnavailable
from paraph.flow.breaker import PROBE, Breaker, Probe, Rest
from paraph.flow.bucket import SECOND
from paraph.flow.runners import SyncRunner
from paraph.flow.session import Sessions
from paraph.model import Lifecycle, Problem, Secret
from paraph.ops.kernel import Kernel
from paraph.ops.route import RESTING, first_able, options, route
from paraph.ops.send import send
from paraph.provider import Account
from paraph.provider.limits import Limits
from paraph.routing import Route, When
from paraph.store.memory import MemoryStore
from support.tiny import TinyConfig, TinyProvider, TinyRegistry, TinySettings, TinyVendor, as_config, envelope

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
LIMITS = Limits(rest_after=3, rest=30, longest_rest=100)


def resting(limits: Limits = LIMITS) -> Breaker:
    breaker = Breaker(limits)
    for _ in range(limits.rest_after):
        breaker.failed(breaker.epoch, BEGIN)
    return breaker


def after(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def test_failures_in_a_row_let_an_account_rest() -> None:
    """The last one counts, an answer in between begins anew, and the rest says until when."""
    breaker = Breaker(LIMITS)
    for failures in (2, 2, 3):
        for _ in range(failures):
            assert breaker.look(BEGIN) is None
            breaker.failed(breaker.epoch, BEGIN)
        if failures == 2:
            breaker.succeeded(breaker.epoch)
    assert Rest(failures=3, until=after(30)) == breaker.look(BEGIN)


def test_rests_double_up_to_a_limit_and_a_success_ends_them() -> None:
    """Each failed probe rests twice as long; after a success it begins with the first length again."""
    breaker, at, lengths = resting(), BEGIN, []
    for _ in range(4):
        rest = breaker.look(at)
        assert rest is not None
        assert rest.until is not None
        lengths.append((rest.until - at).total_seconds())
        at = rest.until
        assert isinstance(breaker.ask(at), Probe)
        breaker.failed(breaker.epoch, at)
    assert [30, 60, 100, 100] == lengths
    breaker.succeeded(breaker.epoch)
    assert breaker.look(at) is None
    assert breaker.quiet


def test_one_probe_at_a_time() -> None:
    """While one probes all others see a rest without an end; who only looks never becomes the probe."""
    breaker = resting()
    assert breaker.look(after(30)) is None
    probe = breaker.ask(after(30))
    assert isinstance(probe, Probe)
    assert Rest(failures=3, until=None) == breaker.ask(after(31)) == breaker.look(after(31))
    breaker.give_back(probe)
    second = breaker.ask(after(32))
    assert isinstance(second, Probe)
    breaker.give_back(probe)  # the first one again: it is not its turn any more
    assert isinstance(breaker.ask(after(33)), Rest)
    assert isinstance(breaker.ask(after(32 + PROBE / SECOND)), Probe)


def test_late_news_change_nothing() -> None:
    """What began before the rest, or before it ended, says nothing of now."""
    breaker = Breaker(LIMITS)
    old = breaker.epoch
    for _ in range(10):  # ten at once, all of which fail
        breaker.failed(old, BEGIN)
    assert Rest(failures=3, until=after(30)) == breaker.look(BEGIN)
    breaker.succeeded(old)
    assert breaker.look(BEGIN) is not None
    while_resting = breaker.epoch
    breaker.failed(while_resting, after(5))  # a named account is tried, in vain
    assert Rest(failures=3, until=after(30)) == breaker.look(after(5))
    breaker.succeeded(while_resting)
    assert breaker.look(after(5)) is None
    for _ in range(3):
        breaker.failed(while_resting, after(6))
    assert breaker.look(after(6)) is None


def test_an_account_may_never_rest() -> None:
    """With ``rest_after = 0`` nothing lets it rest."""
    breaker = Breaker(Limits(rest_after=0))
    for _ in range(100):
        breaker.failed(breaker.epoch, BEGIN)
    assert breaker.look(BEGIN) is None


def test_many_threads_make_one_probe() -> None:
    """Of twenty threads that ask at the same moment one probes, each time anew."""
    for _ in range(20):
        breaker, gate = resting(), threading.Barrier(20)
        found: list[Any] = []

        def ask(breaker: Breaker = breaker, found: list[Any] = found, gate: threading.Barrier = gate) -> None:
            gate.wait()
            found.append(breaker.ask(after(40)))

        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 1 == sum(isinstance(each, Probe) for each in found)


class Health(RuleBasedStateMachine):
    """Requests begin, end well or badly, and ask, in any order, while the clock goes on."""

    @initialize(after=st.integers(1, 4))
    def begin(self, after: int) -> None:
        self.limits = attrs.evolve(LIMITS, rest_after=after)
        self.breaker = Breaker(self.limits)
        self.clock = BEGIN
        self.going: list[int] = []
        self.probe: tuple[Probe, datetime] | None = None
        self.row = 0

    @rule()
    def request(self) -> None:
        self.going.append(self.breaker.epoch)

    @precondition(lambda self: self.going)
    @rule(data=st.data(), well=st.booleans())
    def answer(self, data: st.DataObject, well: bool) -> None:
        epoch = self.going.pop(data.draw(st.integers(0, len(self.going) - 1)))
        fresh = epoch == self.breaker.epoch
        before = self.breaker.look(self.clock)
        if well:
            self.breaker.succeeded(epoch)
            if fresh:
                self.row, self.probe = 0, None
                assert self.breaker.look(self.clock) is None
        else:
            self.breaker.failed(epoch, self.clock)
            if fresh and (before is None or before.until is None):
                self.row += 1
                if self.row >= self.limits.rest_after:
                    self.probe = None
        if not fresh:
            assert before == self.breaker.look(self.clock), "late news moved it"

    @rule()
    def ask(self) -> None:
        found = self.breaker.ask(self.clock)
        if isinstance(found, Probe):
            if self.probe is not None:
                assert self.clock >= self.probe[1] + timedelta(microseconds=PROBE), "two probes at once"
            self.probe = (found, self.clock)

    @precondition(lambda self: self.probe is not None)
    @rule()
    def give_back(self) -> None:
        assert self.probe is not None
        self.breaker.give_back(self.probe[0])
        self.probe = None

    @rule(seconds=st.sampled_from([0.0, 5.0, 30.0, 100.0]))
    def later(self, seconds: float) -> None:
        self.clock += timedelta(seconds=seconds)

    @invariant()
    def it_rests_exactly_when_it_should(self) -> None:
        if not hasattr(self, "breaker"):
            return
        rest = self.breaker.look(self.clock)
        if self.row < self.limits.rest_after:
            assert rest is None
        elif rest is not None and rest.until is not None:
            assert timedelta(0) < rest.until - self.clock <= timedelta(seconds=self.limits.longest_rest)

    def teardown(self) -> None:
        """Whatever happened: one good answer, and the account works."""
        if hasattr(self, "breaker"):
            self.breaker.succeeded(self.breaker.epoch)
            assert self.breaker.look(self.clock) is None


TestHealth = Health.TestCase
TestHealth.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)


class Apart(TinyProvider):
    """The tiny provider with a tenant per account, and a check that asks the vendor."""

    def tenant(self, account: Account[TinySettings]) -> str:
        return account.name

    def preflight(self, envelope: Any, account: Any) -> Any:
        yield from self._call("GET", account, "/envelopes/e0")
        return ()


class World:
    """Two accounts at two vendors, a route over both, and a clock that the test turns."""

    def __init__(self, use: tuple[str, ...] = ("a", "b")) -> None:
        self.vendors = {name: TinyVendor() for name in ("a", "b")}
        for vendor in self.vendors.values():
            vendor.envelopes["e0"] = {"id": "e0", "state": "DRAFT"}
        self.down: set[str] = set()
        self.asked: list[str] = []
        self.now = BEGIN
        config: Any = TinyConfig()
        config.default = None
        config.accounts = {
            name: Account(
                name=name,
                provider="tiny",
                environment="test",
                settings=TinySettings(key=Secret("key"), base_url=f"https://{name}.example"),
                limits=LIMITS,
            )
            for name in ("a", "b")
        }
        config.routes = (Route(name="all", when=When(), use=use),)
        registry: Any = TinyRegistry()
        registry.one = Apart()
        self.kernel = Kernel(config=as_config(config), registry=registry, store=MemoryStore())
        transport = httpx.MockTransport(self.handle)
        self.sessions = Sessions(lambda _: httpx.Client(transport=transport))
        self.runner = SyncRunner(self.sessions, clock=lambda: self.now, pause=lambda _: None)

    def handle(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host.removesuffix(".example")
        self.asked.append(name)
        return httpx.Response(503) if name in self.down else self.vendors[name].handle(request)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def send(self, **given: Any) -> str:
        """Send an envelope and return the account that carries it."""
        snapshot = self.runner.run(send(self.kernel, envelope(), **given))
        assert Lifecycle.SENT is snapshot.lifecycle
        return str(snapshot.account)

    def codes(self, name: str) -> list[str]:
        found = self.runner.run(options(self.kernel, envelope()))
        return [each.code for option in found if option.account == name for each in option.problems]

    def first(self) -> str | None:
        """Choose as a send does, without sending."""
        found: tuple[str | None, tuple[Problem, ...], Any] = self.runner.run(
            first_able(self.kernel, envelope(), ("a", "b"), live=True)
        )
        return found[0]

    def fail(self, name: str) -> None:
        """Let an account fail until it rests."""
        self.down.add(name)
        while RESTING not in self.codes(name):
            self.send()


def test_an_account_that_fails_is_passed_over_until_it_works_again() -> None:
    """It rests, is asked nothing, is probed once when the time is over, and carries again after a success."""
    world = World()
    world.fail("a")
    world.asked.clear()
    assert "b" == world.send()
    assert {"b"} == set(world.asked)
    world.later(30)
    assert "b" == world.send()  # the probe fails: it rests again, twice as long
    assert "a" in world.asked
    world.asked.clear()
    world.later(59)
    assert "b" == world.send()
    assert {"b"} == set(world.asked)
    world.down.clear()
    world.later(1)
    assert "a" == world.send()
    assert [] == world.codes("a")


def test_what_rests_is_shown_and_explain_agrees_with_the_send() -> None:
    """``options`` and ``route`` name the rest as a warning with its time, and the account that is taken."""
    world = World()
    world.fail("a")
    routing = world.runner.run(route(world.kernel, envelope()))
    assert "b" == routing.account == world.first()
    shown = {each.account: each for each in routing.options}
    assert [True, False] == [shown["a"].resting, shown["b"].resting]
    assert shown["a"].possible
    assert "rests until 00:00:30 UTC" in str(shown["a"].problems[-1])


def test_a_sole_candidate_is_tried_although_it_rests() -> None:
    """To refuse on a guess would be worse; its success ends the rest before its time."""
    world = World(use=("a",))
    world.down.add("a")
    for _ in range(3):
        with pytest.raises(VendorUnavailable):
            world.send()
    assert [RESTING] == world.codes("a")
    assert "a" == world.runner.run(route(world.kernel, envelope())).account
    world.down.clear()
    assert "a" == world.send()
    assert [] == world.codes("a")


def test_a_named_account_is_tried_although_it_rests() -> None:
    """Who names an account knows what they want; nobody else is asked."""
    world = World()
    world.fail("a")
    world.down.clear()
    assert "a" == world.send(account="a")
    assert [] == world.codes("a")


def test_if_all_candidates_rest_the_first_is_tried() -> None:
    """A guess refuses no envelope: resting accounts come last, in their order."""
    world = World()
    world.fail("a")
    world.down = {"b"}
    for _ in range(3):
        with pytest.raises(VendorUnavailable):
            world.send(account="b")
    assert [[RESTING], [RESTING]] == [world.codes("a"), world.codes("b")]
    assert "a" == world.runner.run(route(world.kernel, envelope())).account
    found, _, passed = world.runner.run(first_able(world.kernel, envelope(), ("a", "b"), live=True))
    assert ("a", ["b"]) == (found, list(passed))
    assert "a" == world.send()
    assert [[], [RESTING]] == [world.codes("a"), world.codes("b")]


def test_while_one_probes_the_others_go_elsewhere() -> None:
    """Between the choice of the probe and its requests another envelope is routed to the next account."""
    world = World()
    world.fail("a")
    world.later(30)
    world.kernel.registry.one = TinyProvider()  # type: ignore[attr-defined]  # of the stand-in: its check asks nobody
    assert ["a", "b", "b"] == [world.first(), world.first(), world.first()]
    assert [RESTING] == world.codes("a")
    world.later(PROBE / SECOND)
    assert "a" == world.first()


def test_who_only_asks_keeps_no_probe() -> None:
    """Explaining with live reads, a check without, and one that finds something leave the probe to a send."""
    world = World()
    world.fail("a")
    world.later(30)
    world.kernel.registry.one = TinyProvider()  # type: ignore[attr-defined]  # of the stand-in: its check asks nobody
    world.runner.run(options(world.kernel, envelope(), live=True))
    assert "a" == world.runner.run(first_able(world.kernel, envelope(), ("a",), live=False))[0]
    nobody = envelope(signatories=())
    assert world.runner.run(first_able(world.kernel, nobody, ("a",), live=True))[0] is None
    assert "a" == world.first()


def test_a_refusal_is_no_failure() -> None:
    """Any number of 4xx lets nothing rest: the vendor works."""
    world = World()
    world.vendors["a"].envelopes.clear()  # its check answers 404 from now on
    for _ in range(5):
        assert "b" == world.send()
    assert RESTING not in world.codes("a")
    assert "a" in world.asked
