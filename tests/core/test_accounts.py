"""Accounts keep apart: environments are stamped, and what comes to one account moves nothing of another's."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

import attrs
import httpx
import pytest

from paraph.client import Client
from paraph.config import Config
from paraph.errors import Refused, VendorError
from paraph.model import Lifecycle, Secret, Severity, Signatory
from paraph.ops.look import events, get
from paraph.ops.outcome import Outcome, OutcomeKind
from paraph.ops.receive import ingest
from paraph.ops.send import resume, send
from paraph.provider import Account, ProviderInfo
from paraph.provider.registry import Registry
from paraph.store import open_store
from paraph.testing import fake
from support.tiny import TinyProvider, envelope
from support.world import World


class OwnTenants(TinyProvider):
    """Each account is a tenant of its own."""

    def tenant(self, account: Account[Any]) -> str:
        return f"tenant of {account.name}"


def world_of(environment: str, provider: TinyProvider | None = None) -> World:
    """Make a world whose account ``a`` is a test account, and ``b`` one of this environment."""
    world = World(provider)
    accounts = world.kernel.config.accounts
    accounts["b"] = attrs.evolve(accounts["b"], environment=environment)  # type: ignore[index, arg-type, type-var]  # a stand-in's dict
    return world


def post_to(world: World, account: str, body: bytes) -> Outcome:
    outcome: Outcome = world.run(ingest(world.kernel, account, headers={}, body=body))
    return outcome


def test_environment_and_account_are_stamped_on_envelopes_and_events() -> None:
    """Snapshot and events say through which account of which environment, also those a webhook brought."""
    world = world_of("production")
    known = world.sent("b")
    post_to(world, "b", world.vendor.delivery("e1", "OPENED", "p-ada"))
    found = world.run(events(world.kernel, known))
    assert len(found) > 2
    assert {("b", "production")} == {(event.account, event.environment) for event in found}
    snapshot = world.run(get(world.kernel, known))
    assert ("b", "production") == (snapshot.account, snapshot.environment)


def test_a_delivery_to_an_account_of_another_environment_is_refused() -> None:
    """Even of one tenant: what comes to the production account moves nothing of the test account."""
    world = world_of("production")
    known = world.sent("a")
    outcome = post_to(world, "b", world.vendor.delivery("e1", "DECLINED", "p-ada"))
    assert (OutcomeKind.REJECTED, "other_environment", ()) == (outcome.kind, outcome.reason, outcome.events)
    assert Lifecycle.SENT is world.lifecycle(known)


def test_a_delivery_to_another_account_of_one_tenant_and_environment_is_refused() -> None:
    """Between accounts of one environment nothing is shared either: each has a URL of its own."""
    world = world_of("test")
    known = world.sent("a")
    outcome = post_to(world, "b", world.vendor.delivery("e1", "OPENED", "p-ada"))
    assert (OutcomeKind.REJECTED, "other_account", ()) == (outcome.kind, outcome.reason, outcome.events)
    heard = post_to(world, "a", world.vendor.delivery("e1", "OPENED", "p-ada"))
    assert {known} == {event.envelope_id for event in heard.events}


def test_a_delivery_to_an_account_of_another_tenant_moves_nothing() -> None:
    """References of different tenants are different things, whatever they are called."""
    world = world_of("test", OwnTenants())
    known = world.sent("a")
    outcome = post_to(world, "b", world.vendor.delivery("e1", "OPENED", "p-ada"))
    assert [] == [event for event in outcome.events if event.envelope_id == known]
    assert Lifecycle.SENT is world.lifecycle(known)
    assert {"a"} == {event.account for event in world.run(events(world.kernel, known))}


def tightened(world: World, *patterns: str) -> None:
    """Change whom account ``a`` may write to."""
    accounts = world.kernel.config.accounts
    accounts["a"] = attrs.evolve(accounts["a"], allow_recipients=patterns)  # type: ignore[index, arg-type, type-var, call-arg]  # a stand-in's dict
    world.kernel._accounts.clear()


@pytest.mark.parametrize(("failing", "refused"), [(1, True), (4, False)])
def test_a_resume_looks_at_a_list_that_was_tightened_meanwhile(failing: int, refused: bool) -> None:
    """Before anything is published nobody outside the list is written to; what was begun is found out."""
    world = World()

    def passed(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        return effect()

    def lost(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        effect()
        raise httpx.ReadTimeout("lost", request=request)

    def down(request: httpx.Request, effect: Callable[[], httpx.Response]) -> httpx.Response:
        return httpx.Response(503)

    # create, two documents, describe, publish; whose answer is lost cannot be asked for either
    world.vendor.faults = [*[passed] * failing, lost, down]
    asked = envelope()
    with pytest.raises(VendorError):
        world.run(send(world.kernel, asked, account="a"))
    world.vendor.faults = []
    tightened(world, "*@example.com")
    if refused:
        with pytest.raises(Refused, match="cannot carry"):
            world.run(resume(world.kernel, asked.id))
        assert [] == world.vendor.published
        tightened(world, "*@example.org")
    assert Lifecycle.SENT is world.run(resume(world.kernel, asked.id)).lifecycle
    assert 1 == len(world.vendor.published)


def test_whom_an_account_may_write_to_is_warned_of() -> None:
    """A test account without allow_recipients may write to anybody, any with an empty list to nobody."""
    registry = Registry.empty()
    registry.register("fake", fake)
    plain = {"provider": "fake", "environment": "test", "api_key": "env:FAKE_KEY"}
    accounts = {
        "open": plain,
        "limited": {**plain, "allow_recipients": ["*@example.org"]},
        "live": {**plain, "environment": "production"},
        "shut": {**plain, "environment": "production", "allow_recipients": []},
    }
    config = Config.from_mapping({"accounts": accounts}, environ={"FAKE_KEY": "k"}, registry=registry)
    assert [
        ("accounts.open.allow_recipients", "recipients.anybody"),
        ("accounts.shut.allow_recipients", "recipients.nobody"),
    ] == [(each.path, each.code) for each in config.warnings]
    assert {Severity.WARNING} == {each.severity for each in config.warnings}
    assert () == config.problems


REFUSED = "recipient.not_allowed"


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({}, []),
        ({"allow_recipients": []}, [REFUSED, REFUSED]),
        ({"allow_recipients": ["*@example.org"]}, []),
        ({"allow_recipients": ["*@example.com"]}, [REFUSED]),
    ],
)
def test_an_empty_list_lets_nobody_through_and_only_an_absent_one_everybody(
    given: dict[str, Any], refused: list[str]
) -> None:
    """Everybody is outside an empty list, even who is handed a link; where there is none, nobody is."""
    registry = Registry.empty()
    registry.register("fake", fake)
    account = {"provider": "fake", "environment": "test", "api_key": "env:FAKE_KEY", **given}
    config = Config.from_mapping({"accounts": {"a": account}}, environ={"FAKE_KEY": "k"}, registry=registry)
    people = [
        Signatory(id="ada", given_name="Ada", family_name="L", email="ada@example.org"),
        Signatory(id="bob", given_name="Bob", family_name="L", delivery="link"),
    ]
    with Client(config, registry=registry, store=open_store("memory:")) as client:
        found = client.check(envelope(signatories=people, fields=()))
    assert refused == [each.code for each in found if each.code == REFUSED]


@pytest.mark.parametrize("name", ["ignisign", "sign8"])
def test_settings_classes_say_what_each_option_means_and_which_are_secret(name: str) -> None:
    """Every option has help, and secrets are of the type that never prints."""
    info: ProviderInfo = Registry().info(name)
    hints = typing.get_type_hints(info.settings)
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(info.settings)
    shown = [field for field in fields if field.init]
    assert [] == [field.name for field in shown if not field.metadata.get("help")]
    secret = {"api_key", "app_secret", "webhook_token"} & {field.name for field in shown}
    assert secret
    assert secret == {each for each in secret if Secret in typing.get_args(hints[each])}
