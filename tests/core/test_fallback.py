"""Falling back: whatever fails, crashes or lands late, an envelope is published at one vendor at most."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paraph.client import Client
from paraph.errors import ConfigurationError, ParaphError, Refused, UncertainStep, VendorError
from paraph.flow.commands import Flow
from paraph.flow.runners import SyncRunner
from paraph.flow.session import Sessions
from paraph.model import Lifecycle, Secret
from paraph.ops import fallback
from paraph.ops.decisions import decisions
from paraph.ops.kernel import Kernel
from paraph.ops.send import resume, send
from paraph.provider import Account, Capabilities, Capability, Provider, ProviderInfo
from paraph.routing import Route, When
from paraph.store.memory import MemoryStore
from paraph.store.records import AttemptState
from support.abreast import Abreast, wide
from support.crashes import Crashed, crashing, first, in_turn, interleaved, picking
from support.tiny import INFO, TinyConfig, TinyProvider, TinySettings, TinyVendor, as_config, envelope

NAMES = ("a", "b", "c")


class Apart(TinyProvider):
    """The tiny provider with a tenant per account, since each account has a vendor of its own here."""

    def tenant(self, account: Account[TinySettings]) -> str:
        return account.name


class Unclosing(Apart):
    """A vendor that cannot close drafts."""

    def capabilities(self, account: Any) -> Capabilities:
        return INFO.capabilities.without(Capability.CLOSE_DRAFT)


class Wide(Abreast, Apart):
    """Uploads side by side; a tenant per account."""


class Plugins:
    """A registry of one provider."""

    has_observers = False

    def __init__(self, provider: TinyProvider) -> None:
        self.one = provider

    def provider(self, name: str, *, where: str = "") -> Provider:
        return self.one

    def info(self, name: str, *, where: str = "") -> ProviderInfo:
        return INFO

    def check_envelope(self, envelope: Any, account: Any) -> tuple[Any, ...]:
        return ()


class World:
    """Three accounts at three vendors, one route over all of them, and processes that come and go."""

    def __init__(self, provider: TinyProvider | None = None, choose: Callable[[int], int] = first) -> None:
        self.choose = choose
        self.vendors = {f"{name}.example": TinyVendor() for name in NAMES}
        self.late: list[Callable[[], object]] = []
        self.store = MemoryStore()
        self.provider = provider or Apart()
        self.asked = envelope(id="one")

    def vendor(self, name: str) -> TinyVendor:
        return self.vendors[f"{name}.example"]

    def kernel(self, **environments: str) -> Kernel:
        """Make what a new process would; the accounts are for test, but for what is said."""
        config: Any = TinyConfig()
        config.accounts = {
            name: Account(
                name=name,
                provider="tiny",
                environment=environments.get(name, "test"),
                settings=TinySettings(key=Secret("key"), base_url=f"https://{name}.example"),
            )
            for name in NAMES
        }
        config.routes = (Route(name="all", when=When(), use=NAMES),)
        return Kernel(config=as_config(config), registry=Plugins(self.provider), store=self.store)  # type: ignore[arg-type]  # stands in

    def handle(self, request: httpx.Request) -> httpx.Response:
        return self.vendors[request.url.host].handle(request)

    def run(self, flow: Flow[Any]) -> Any:
        sessions = Sessions(lambda _: httpx.Client(transport=httpx.MockTransport(self.handle)))
        try:
            return SyncRunner(sessions, pause=lambda _: None).run(interleaved(flow, self.choose))
        finally:
            for client in sessions.drain():
                client.close()

    def go(self) -> Flow[Any]:
        """Do what a restarted application does: resume what it finds, else send."""
        kernel = self.kernel()
        with self.store.begin() as tx:
            known = tx.envelope("one") is not None
        return resume(kernel, "one") if known else send(kernel, self.asked)

    def land(self) -> None:
        """Let the requests arrive that were given up long ago."""
        while self.late:
            self.late.pop(0)()

    @property
    def published(self) -> list[str]:
        return [name for name in NAMES for _ in self.vendor(name).published]

    def attempts(self) -> list[tuple[str, str]]:
        with self.store.begin() as tx:
            return [(each.account, each.state.value) for each in tx.attempts("one")]


def fault(kind: str, world: World) -> Any:
    """Make one fault of a vendor, by name."""

    def suffer(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        match kind:
            case "down":
                return httpx.Response(503)
            case "limited":
                return httpx.Response(429)
            case "forbidden":
                return httpx.Response(403)
            case "refused":
                return httpx.Response(400, json={"code": "NO"})
            case "unreachable":
                raise httpx.ConnectError("no route")
            case "lost":
                effect()
                raise httpx.ReadTimeout("lost")
            case "broken":
                effect()
                return httpx.Response(200, text="<html>")
            case "late":
                content = b"".join(request.stream)  # type: ignore[arg-type]  # the blocking side
                headers = dict(request.headers)
                kept = httpx.Request(request.method, request.url, headers=headers, content=content)
                vendor = world.vendors[request.url.host]
                world.late.append(lambda: vendor._answer(kept))
                raise httpx.ReadTimeout("late")
            case _:
                return effect()

    return suffer


KINDS = ("ok", "ok", "down", "limited", "forbidden", "refused", "unreachable", "lost", "broken", "late")
faults = st.lists(st.sampled_from(KINDS), max_size=12)
crashes = st.lists(st.tuples(st.integers(0, 60), st.booleans(), st.booleans()), max_size=4)


def live(world: World, each: dict[str, list[str]], planned: list[tuple[int, bool, bool]]) -> None:
    """Go through crashes and failures until nothing is planned any more, and then undisturbed."""
    for name in NAMES:
        world.vendor(name).faults = [fault(kind, world) for kind in each[name]]
    for at, before, landing in planned:
        with contextlib.suppress(Crashed, ParaphError):
            world.run(crashing(world.go(), at=at, before=before))
        if landing:
            world.land()
    for name in NAMES:
        world.vendor(name).faults = []
    world.land()


@settings(max_examples=300)
@given(st.fixed_dictionaries(dict.fromkeys(NAMES, faults)), crashes, st.booleans())
def test_no_envelope_is_published_at_two_vendors(
    each: dict[str, list[str]], planned: list[tuple[int, bool, bool]], closing: bool
):
    """Any order of failures, lost, late and broken answers, refusals and crashes: one publication at most.

    In the end, undisturbed, the envelope is published exactly once, at the account that carries it; unless a
    person has to look.
    """
    world = World(Apart() if closing else Unclosing())
    live(world, each, planned)
    assert len(world.published) <= 1
    for _ in range(3):
        try:
            snapshot = world.run(world.go())
        except UncertainStep:
            break
        except ParaphError:
            continue
        assert [snapshot.account] == world.published
        break
    assert len(world.published) <= 1
    states = [state for _, state in world.attempts()]
    assert states[:-1] == ["superseded"] * (len(states) - 1)


@settings(max_examples=150)
@given(
    st.fixed_dictionaries(dict.fromkeys(NAMES, faults)), crashes, st.lists(st.integers(0, 3), max_size=120)
)
def test_no_envelope_whose_steps_overlap_is_published_at_two_vendors(
    each: dict[str, list[str]], planned: list[tuple[int, bool, bool]], order: list[int]
):
    """The same where four steps are open at once, and fail, die and land late in any order of theirs."""
    world = World(Wide(), picking(order))
    world.asked = wide(id="one")
    live(world, each, planned)
    assert len(world.published) <= 1
    for _ in range(3):
        try:
            snapshot = world.run(world.go())
        except UncertainStep:
            break
        except ParaphError:
            continue
        assert [snapshot.account] == world.published
        break
    assert len(world.published) <= 1


def test_a_draft_is_left_only_when_all_of_its_overlapping_steps_have_ended():
    """One of four uploads is refused while three succeed: the draft is closed with all of them in it."""
    world = World(Wide(), in_turn())
    world.asked = wide(id="one")
    world.vendor("a").faults = [fault(kind, world) for kind in ("ok", "ok", "refused", "ok", "lost")]
    assert "b" == world.run(world.go()).account
    left = world.vendor("a").envelopes["e1"]
    assert ("CANCELLED", 3) == (left["state"], len(left["documents"]))
    assert [("a", "superseded"), ("b", "published")] == world.attempts()
    assert ["b"] == world.published


@settings(max_examples=150)
@given(st.fixed_dictionaries(dict.fromkeys(NAMES, faults)), st.lists(st.booleans(), max_size=120))
def test_two_processes_at_once_publish_at_most_once(each: dict[str, list[str]], order: list[bool]):
    """Two processes that carry the same envelope, interleaved command by command, publish it once at most."""
    world = World()
    for name in NAMES:
        world.vendor(name).faults = [fault(kind, world) for kind in each[name]]
    advanced(world, order)
    world.land()
    assert len(world.published) <= 1
    for name in NAMES:
        world.vendor(name).faults = []
    with contextlib.suppress(ParaphError):
        snapshot = world.run(world.go())
        assert [snapshot.account] == world.published
    assert len(world.published) <= 1


def advanced(world: World, order: list[bool]) -> None:
    """Advance two processes by single commands, in the given order and then in turn."""
    sessions = Sessions(lambda _: httpx.Client(transport=httpx.MockTransport(world.handle)))
    runners = [SyncRunner(sessions, pause=lambda _: None) for _ in range(2)]
    flows = [send(world.kernel(), world.asked) for _ in range(2)]
    answers: list[tuple[Any, Exception | None]] = [(None, None)] * 2
    alive = [True, True]
    for turn in itertools.chain(order, itertools.cycle([True, False])):
        which = int(turn) if alive[int(turn)] else 1 - int(turn)
        if not alive[which]:
            break
        value, error = answers[which]
        try:
            command = flows[which].send(value) if error is None else flows[which].throw(error)
        except (StopIteration, ParaphError):
            alive[which] = False
            continue
        try:
            answers[which] = (runners[which].execute(command), None)
        except Exception as raised:  # noqa: BLE001 - handed to the flow, as a runner does
            answers[which] = (None, raised)
    for client in sessions.drain():
        client.close()


def test_control_without_the_fence_two_vendors_publish(monkeypatch: pytest.MonkeyPatch):
    """Were a publication in doubt passed on, the same failure would publish twice."""

    def unfenced(kernel: Kernel, asked: Any, attempt: Any) -> Any:
        with kernel.store.begin() as tx:
            tx.put_attempt(attrs.evolve(tx.attempt(attempt.id), state=AttemptState.CLOSING))
        return None
        yield

    monkeypatch.setattr(fallback, "_fenced", unfenced)
    world = World()
    # token aside: create, two documents, describe, publish, which lands late
    world.vendor("a").faults = [fault(kind, world) for kind in ("ok", "ok", "ok", "ok", "late", "down")]
    world.run(world.go())
    world.land()
    assert ["a", "b"] == world.published


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["unreachable"], "b"),
        (["limited"], "b"),
        (["forbidden"], "b"),
        (["refused"], "b"),
        (["ok", "refused"], "b"),
        (["ok", "ok", "ok", "refused"], "b"),
        # Whether a draft was made is not known, so it cannot be closed.
        (["lost"], None),
        (["down"], None),
        # Whether it was published is not known for certain.
        (["ok", "ok", "ok", "ok", "lost", "down"], None),
        (["ok", "ok", "ok", "ok", "late"], None),
        (["ok", "ok", "ok", "ok", "refused"], None),
    ],
)
def test_who_carries_after_which_failure(kinds: list[str], expected: str | None):
    """It is passed on if nothing exists, or what exists is closed for certain; else the failure is told."""
    world = World()
    world.vendor("a").faults = [fault(kind, world) for kind in kinds]
    if expected is None:
        with pytest.raises(VendorError) as caught:
            world.run(world.go())
        assert "was not passed on" in "".join(caught.value.__notes__)
        assert [("a", "open")] == world.attempts()
    else:
        assert expected == world.run(world.go()).account
        assert [("a", "superseded"), (expected, "published")] == world.attempts()
        assert [expected] == world.published


def test_a_draft_of_a_vendor_that_stays_down_waits_until_it_is_seen_to_be_closed():
    """While the vendor does not say whether the draft is closed, nobody publishes it; a resume finds out."""
    world = World()
    world.vendor("a").faults = [fault(kind, world) for kind in ("ok", *["down"] * 9)]
    with pytest.raises(VendorError) as caught:
        world.run(world.go())
    assert "is not known; client.resume tries it again" in "".join(caught.value.__notes__)
    assert [("a", "closing")] == world.attempts()
    with pytest.raises(Refused, match="was not seen to be closed yet"):
        world.run(world.go())
    world.vendor("a").faults = []
    assert "b" == world.run(world.go()).account
    assert ["b"] == world.published


def test_a_draft_that_was_closed_without_being_seen_is_never_taken_for_published():
    """If the read that should confirm the close fails, the next resume confirms it and goes on elsewhere."""
    world = World()
    kinds = ["ok", "refused", "ok", "ok", "down"]  # create, upload; look, close, look
    world.vendor("a").faults = [fault(kind, world) for kind in kinds]
    with pytest.raises(VendorError):
        world.run(world.go())
    assert "CANCELLED" == world.vendor("a").envelopes["e1"]["state"]
    assert "b" == world.run(world.go()).account
    assert ["b"] == world.published


def test_an_account_without_confirmed_close_never_falls_back_from_a_draft():
    """Where drafts cannot be closed, an envelope with a draft stays; one of which nothing exists moves."""
    world = World(Unclosing())
    world.vendor("a").faults = [fault(kind, world) for kind in ("ok", "refused")]
    with pytest.raises(VendorError):
        world.run(world.go())
    assert [("a", "open")] == world.attempts()
    other = World(Unclosing())
    other.vendor("a").faults = [fault("unreachable", other)]
    assert "b" == other.run(other.go()).account


def test_the_draft_left_behind_is_closed_and_the_reason_is_kept():
    """The first vendor's draft cannot be published any more, and the journal says why the account changed."""
    world = World()
    world.vendor("a").faults = [fault(kind, world) for kind in ("ok", "refused")]
    world.run(world.go())
    assert "CANCELLED" == world.vendor("a").envelopes["e1"]["state"]
    with world.store.begin() as tx:
        second = tx.attempts("one")[1]
        kept = tx.step(second.id, "paraph:route")
        stored = tx.envelope("one")
    assert kept is not None
    assert stored is not None
    assert {"a": "VendorRefused"} == json.loads(kept.result)["failed"]
    assert "b" == stored.account


def test_a_draft_that_may_be_closed_stays_so_while_nobody_else_can_carry_it():
    """If no other account can take it now, what may be closed is not opened again; a resume goes on later."""
    world = World()
    kinds = ["ok", "refused", "ok", "ok", "down"]  # create, upload; look, close, look
    world.vendor("a").faults = [fault(kind, world) for kind in kinds]
    with pytest.raises(VendorError):
        world.run(world.go())
    alone = world.kernel()
    alone.config.accounts = {"a": alone.config.accounts["a"]}  # type: ignore[misc]  # a stand-in
    with pytest.raises(Refused):
        world.run(resume(alone, "one"))
    assert [("a", "closing")] == world.attempts()
    assert "b" == world.run(world.go()).account


def test_a_draft_that_is_open_after_all_can_be_published_again_if_nobody_else_can_carry_it():
    """A vendor that says its draft was not closed gets the envelope back: nobody else takes it."""
    world = World()
    kinds = ["ok", "refused", *["down"] * 9]
    world.vendor("a").faults = [fault(kind, world) for kind in kinds]
    with pytest.raises(VendorError):
        world.run(world.go())
    world.vendor("a").faults = []
    world.provider = Unclosing()
    alone = world.kernel()
    alone.config.accounts = {"a": alone.config.accounts["a"]}  # type: ignore[misc]  # a stand-in
    with pytest.raises(Refused):
        world.run(resume(alone, "one"))
    assert [("a", "open")] == world.attempts()
    assert "a" == world.run(resume(alone, "one")).account


def test_an_envelope_is_never_passed_on_to_another_environment():
    """Of the accounts after the failed one, the first of its environment takes it; without one, nobody."""
    world = World()
    world.vendor("a").faults = [fault("unreachable", world)]
    assert "c" == world.run(send(world.kernel(b="production"), world.asked)).account
    assert ["c"] == world.published
    alone = World()
    alone.vendor("a").faults = [fault("unreachable", alone)]
    with pytest.raises(VendorError):
        alone.run(send(alone.kernel(b="production", c="production"), alone.asked))
    assert [("a", "open")] == alone.attempts()


def test_the_environment_that_a_send_began_in_counts():
    """A candidate that the file has moved to the other environment since the send began is not taken."""
    world = World()
    world.vendor("a").faults = [fault(kind, world) for kind in ("ok", *["down"] * 9)]
    with pytest.raises(VendorError):
        world.run(world.go())
    world.vendor("a").faults = []
    assert "c" == world.run(resume(world.kernel(b="production"), "one")).account
    assert [("a", "superseded"), ("c", "published")] == world.attempts()
    assert ["c"] == world.published


class Moved(Apart):
    """The same account names, with credentials of other tenants."""

    def tenant(self, account: Account[TinySettings]) -> str:
        return f"another {account.name}"


def test_who_lost_the_fence_supersedes_nothing():
    """An attempt that is open again, since somebody found its draft open, is not superseded any more."""
    world = World()
    world.vendor("a").faults = [fault("unreachable", world)]
    with pytest.raises(VendorError):
        world.run(send(world.kernel(), world.asked, account="a"))
    with world.store.begin() as tx:
        (attempt,) = tx.attempts("one")
    lost = fallback._supersede(world.kernel(), attempt, "b", "x", attempt.started_at, {}, None)
    assert (None, [("a", "open")]) == (lost, world.attempts())


def test_a_send_is_never_continued_in_another_tenant():
    """An account that belongs to another tenant by now is no way to go on: nothing is made there."""
    world = World()
    world.vendor("a").faults = [fault("unreachable", world)]
    with pytest.raises(VendorError):
        world.run(send(world.kernel(), world.asked, account="a"))
    world.provider = Moved()
    world.vendor("a").requests.clear()
    with pytest.raises(ConfigurationError, match="another tenant"):
        world.run(world.go())
    assert [] == world.vendor("a").requests
    world.provider = Apart()
    assert "a" == world.run(world.go()).account


def test_every_decision_can_be_read_afterwards():
    """For each attempt it is kept which rule decided, who was passed over or left, and why it stayed."""
    world = World()
    world.vendor("a").faults = [fault(kind, world) for kind in ("ok", "refused")]
    world.vendor("b").faults = [fault("lost", world)]
    with pytest.raises(VendorError):
        world.run(world.go())
    first, second = world.run(decisions(world.kernel(), "one"))
    assert (1, "a", "all", NAMES, {}, "") == (
        first.attempt,
        first.account,
        first.route,
        first.candidates,
        first.failed,
        first.stayed,
    )
    assert (2, "b", {"a": "VendorRefused"}) == (second.attempt, second.account, second.failed)
    assert "may exist at the vendor" in second.stayed


def test_an_account_that_was_left_in_the_end_is_not_told_to_have_kept_the_envelope():
    """Why it stayed for a while is not told any more, once it was passed on."""
    world = World()
    world.vendor("a").faults = [fault(kind, world) for kind in ("ok", *["down"] * 9)]
    with pytest.raises(VendorError):
        world.run(world.go())
    (before,) = world.run(decisions(world.kernel(), "one"))
    assert "is not known" in before.stayed
    world.vendor("a").faults = []
    world.run(world.go())
    assert ["", ""] == [each.stayed for each in world.run(decisions(world.kernel(), "one"))]


def test_a_named_account_is_never_left():
    """Whoever names an account gets that one or its failure."""
    world = World()
    world.vendor("a").faults = [fault("unreachable", world)]
    with pytest.raises(VendorError) as caught:
        world.run(send(world.kernel(), world.asked, account="a"))
    assert "".join(caught.value.__notes__).count("passed on") == 0
    assert [("a", "open")] == world.attempts()


def test_all_candidates_may_fail():
    """If every account fails before anything exists, the last failure is told, and resume goes on there."""
    world = World()
    for name in NAMES:
        world.vendor(name).faults = [fault("unreachable", world)]
    with pytest.raises(VendorError):
        world.run(world.go())
    assert [("a", "superseded"), ("b", "superseded"), ("c", "open")] == world.attempts()
    assert "c" == world.run(world.go()).account
    assert ["c"] == world.published


@pytest.fixture
def client() -> Iterator[tuple[World, Client]]:
    """Give a client that stands before the same vendors."""
    world = World()
    kernel = world.kernel()
    transport = httpx.MockTransport(world.handle)
    with Client(kernel.config, registry=kernel.registry, store=world.store, transport=transport) as made:
        yield world, made


@pytest.mark.parametrize("word", ["CANCELLED", "DONE", "EXPIRED", "DECLINED", "SIGNED"])
def test_the_superseded_attempts_webhooks_change_nothing(client: tuple[World, Client], word: str):
    """Whatever the first vendor says later, it is recorded under its attempt, and the snapshot stays."""
    world, asking = client
    world.vendor("a").faults = [fault(kind, world) for kind in ("ok", "refused")]
    before = asking.send(world.asked)
    assert (Lifecycle.SENT, "b", 2) == (before.lifecycle, before.account, before.attempt)
    body = world.vendor("a").delivery("e1", word, "p-ada" if word == "SIGNED" else "")
    outcome = asking.ingest("a", headers={}, body=body)
    assert "accepted" == outcome.kind
    assert before == asking.get("one")
    told = [event for event in asking.events("one") if event.attempt == 1]
    assert told
    assert {True} == {event.superseded for event in told}
    assert {False} == {event.superseded for event in asking.events("one") if event.attempt == 2}
