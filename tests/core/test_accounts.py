"""Accounts keep apart: environments are stamped, and what comes to one account moves nothing of another's."""

from __future__ import annotations

import typing
from typing import Any

import attrs
import pytest

from paraph.config import Config
from paraph.model import Lifecycle, Secret, Severity
from paraph.ops.look import events, get
from paraph.ops.outcome import Outcome, OutcomeKind
from paraph.ops.receive import ingest
from paraph.provider import Account, ProviderInfo
from paraph.provider.registry import Registry
from paraph.testing import fake
from support.tiny import TinyProvider
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


def test_negative_control_accounts_of_one_tenant_and_environment_share_news() -> None:
    """Between accounts of one environment it counts: the vendor tells a tenant, not an account."""
    world = world_of("test")
    known = world.sent("a")
    outcome = post_to(world, "b", world.vendor.delivery("e1", "OPENED", "p-ada"))
    assert OutcomeKind.ACCEPTED is outcome.kind
    assert {known} == {event.envelope_id for event in outcome.events}


def test_a_delivery_to_an_account_of_another_tenant_moves_nothing() -> None:
    """References of different tenants are different things, whatever they are called."""
    world = world_of("test", OwnTenants())
    known = world.sent("a")
    outcome = post_to(world, "b", world.vendor.delivery("e1", "OPENED", "p-ada"))
    assert [] == [event for event in outcome.events if event.envelope_id == known]
    assert Lifecycle.SENT is world.lifecycle(known)
    assert {"a"} == {event.account for event in world.run(events(world.kernel, known))}


def test_a_test_account_that_may_write_to_anybody_is_warned_of() -> None:
    """A test account without allow_recipients is a warning; one with it, or of production, is none."""
    registry = Registry.empty()
    registry.register("fake", fake)
    plain = {"provider": "fake", "environment": "test", "api_key": "env:FAKE_KEY"}
    accounts = {
        "open": plain,
        "limited": {**plain, "allow_recipients": ["*@example.org"]},
        "live": {**plain, "environment": "production"},
    }
    config = Config.from_mapping({"accounts": accounts}, environ={"FAKE_KEY": "k"}, registry=registry)
    (warning,) = config.warnings
    assert ("accounts.open.allow_recipients", Severity.WARNING) == (warning.path, warning.severity)
    assert () == config.problems


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
