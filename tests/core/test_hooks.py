"""Every hook: what its answer means, and what its exception does."""

from __future__ import annotations

import logging
import sys
import types
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from paraph import errors
from paraph.model import Event, EventType, Problem, Secret, SubjectKind
from paraph.provider import ProviderInfo
from paraph.provider.hookspecs import HOOKS, Hooks, hookimpl
from paraph.provider.registry import Registry
from paraph.testing import fake
from support.plugins import an_account, an_envelope, install

EVENT = Event(
    id="e1",
    type=EventType.ENVELOPE_SENT,
    account="hr",
    provider="fake",
    environment="test",
    subject_kind=SubjectKind.ENVELOPE,
    vendor_ref="v1",
    recorded_at=datetime(2026, 1, 2, tzinfo=UTC),
)
RULE = Problem(path="title", code="rule", message="not on a Friday")


def registry_of(hook: str, **plugins: Callable[..., object]) -> Registry:
    """Make a registry of plugins that implement one hook each."""
    registry = Registry.empty()
    for name, function in plugins.items():
        module = types.ModuleType(name)
        setattr(module, hook, hookimpl(function))
        registry.register(name, module)
    return registry


def test_every_hook_is_listed_and_tested() -> None:
    """The specification, the list of names and the tests of this module agree."""
    specified = {name for name in vars(Hooks) if name.startswith("paraph_")}
    assert specified == set(HOOKS)
    assert specified <= {name.removeprefix("test_hook_") for name in globals()}


def test_hook_paraph_provider() -> None:
    """The provider hook describes the provider that the plugin's name stands for."""
    registry = Registry.empty()
    registry.register("fake", fake)
    described: ProviderInfo = registry.info("fake")
    assert fake.INFO is described


def test_hook_paraph_resolve_secret() -> None:
    """The first plugin that knows the scheme answers; None means that it is not its own."""
    registry = registry_of(
        "paraph_resolve_secret",
        acme=lambda reference: "s3cret" if reference.startswith("acme:") else None,
        other=lambda reference: "0ther" if reference.startswith("other:") else None,
    )
    assert registry.resolves_secrets
    assert Secret("s3cret") == registry.resolve_secret("acme:key")
    assert Secret("0ther") == registry.resolve_secret("other:key")
    assert None is registry.resolve_secret("third:key")
    assert not Registry.empty().resolves_secrets


def test_failing_resolver_is_named_without_its_text() -> None:
    """A resolver's exception may hold the secret: the plugin is named, its text is not shown."""

    def fail(reference: str) -> str:
        raise ValueError(f"canary-5d1 of {reference}")

    with pytest.raises(errors.ConfigurationError, match=r"'vaulty'.*ValueError") as caught:
        registry_of("paraph_resolve_secret", vaulty=fail).resolve_secret("acme:canary-5d1")
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_hook_paraph_check_envelope() -> None:
    """Problems of all company rules are collected; None and nothing permit."""
    registry = registry_of(
        "paraph_check_envelope",
        friday=lambda envelope: [RULE] if envelope.title == "Contract" else [],
        silent=lambda: None,
        accounts=lambda account: (Problem(path="account", code=account.name, message="this one"),),
    )
    codes = {problem.code for problem in registry.check_envelope(an_envelope(), an_account())}
    assert {"rule", "hr"} == codes


@pytest.mark.parametrize("answer", ["raise", "rubbish", "late"])
def test_company_rule_that_fails_refuses(answer: str) -> None:
    """A rule that cannot be evaluated is a blocking problem that names the plugin; others still count."""

    def rule() -> object:
        if answer == "raise":
            raise ValueError("canary-77")
        return [RULE, "rubbish"] if answer == "rubbish" else (1 / 0 for _ in "x")

    registry = registry_of("paraph_check_envelope", strict=rule, friday=lambda: [RULE])
    problems = {problem.path: problem for problem in registry.check_envelope(an_envelope(), an_account())}
    assert {"plugins.strict", "title"} == set(problems)
    assert problems["plugins.strict"].blocking
    assert "canary" not in str(problems["plugins.strict"])


def test_company_rules_that_cannot_be_loaded_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed rule plugin that is broken refuses every envelope, until it is disabled on purpose."""
    monkeypatch.syspath_prepend(str(tmp_path))
    install(tmp_path, "company-rules", plugins={"company": "company_rules_gone"})
    (problem,) = Registry().check_envelope(an_envelope(), an_account())
    assert problem.blocking
    assert "company-rules 1.0" in problem.message
    assert Registry(disabled=["company"]).check_envelope(an_envelope(), an_account()) == ()


def test_installed_plugins_take_part_without_being_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plugin of the group paraph.plugins is loaded at the first hook, and listed as such."""
    monkeypatch.syspath_prepend(str(tmp_path))
    source = """
        from paraph.provider.hookspecs import hookimpl

        seen = []

        @hookimpl
        def paraph_event(event):
            seen.append(event.id)
    """
    install(tmp_path, "audit", plugins={"audit": "audit_plugin_x"}, modules={"audit_plugin_x": source})
    registry = Registry()
    assert "audit_plugin_x" not in sys.modules
    assert registry.has_observers
    registry.notify(EVENT)
    assert sys.modules.pop("audit_plugin_x").seen == ["e1"]
    (found,) = (each for each in registry.listing() if each.name == "audit")
    assert (found.kind, found.status.value, found.hooks) == ("plugin", "active", ("paraph_event",))


def test_hook_paraph_event(caplog: pytest.LogCaptureFixture) -> None:
    """A failing observer is logged by its plugin's name, and the others still run."""
    seen: list[str] = []

    def fail(event: Event) -> None:
        raise RuntimeError(f"canary-91 {event.id}")

    registry = registry_of(
        "paraph_event",
        first=lambda event: seen.append(f"first {event.id}"),
        broken=fail,
        last=lambda: seen.append("last"),
    )
    with caplog.at_level(logging.ERROR, logger="paraph.plugins"):
        registry.notify(EVENT)
    assert {"first e1", "last"} == set(seen)
    assert len(caplog.records) == 1
    assert "'broken'" in caplog.text
    assert "canary" not in caplog.text


def test_observers_are_known_without_calling_them() -> None:
    """Whether anybody observes is known beforehand, and changes with registration."""
    registry = Registry.empty()
    assert not registry.has_observers
    registry.register("late", registry_module())
    assert registry.has_observers


def registry_module() -> types.ModuleType:
    """Make an observing plugin."""
    module = types.ModuleType("late")
    vars(module)["paraph_event"] = hookimpl(lambda: None)
    return module
