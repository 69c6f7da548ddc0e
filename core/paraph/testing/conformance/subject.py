"""What is examined: a provider with an account, and the client that is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

import attrs

from paraph.config import Config
from paraph.provider import Capabilities, ProviderInfo
from paraph.provider.registry import Registry
from paraph.testing.simulator import SimulatedAccount, Simulator

ACCOUNT: Final = "examined"
"""The account's name."""

HOOK_SECRET: Final = "PARAPH_CONFORMANCE_HOOK_SECRET"  # noqa: S105 - the name of a variable


class Style(StrEnum):
    """Which of the two clients a check uses."""

    SYNC = "sync"
    ASYNC = "async"

    @property
    def other(self) -> Style:
        """The style that is not this one."""
        return Style.ASYNC if self is Style.SYNC else Style.SYNC


@attrs.frozen(kw_only=True, eq=False)
class Subject:
    """What is examined: one provider with one account.

    :ivar provider: what configuration calls it.
    :ivar simulator: makes a new simulator each time.
    :ivar plugin: the plugin's module, where no entry point leads to it.
    :ivar variant: what reports call this account.
    :ivar changes: keys of the account's table that differ from the simulator's own; ``None`` leaves one out.
    :ivar published: what the simulator calls it in its journal of effects when an envelope reaches people.
    :ivar patience: seconds of real time after which what was to happen counts as not happening.
    :ivar uncertain: whether a step may need a person although the account offers reading.
    """

    provider: str
    simulator: Callable[[], Simulator]
    plugin: object | None = None
    variant: str = "default"
    changes: Mapping[str, object] = attrs.field(factory=dict)
    uncertain: bool = False
    published: str = "published"
    patience: float = 10.0

    def registry(self) -> Registry:
        """Make a registry that knows the plugin."""
        if self.plugin is None:
            return Registry(environ={})
        registry = Registry.empty()
        registry.register(self.provider, self.plugin)
        return registry

    def configured(
        self, simulated: Mapping[str, SimulatedAccount], registry: Registry, public_url: str, hook: str
    ) -> Config:
        """Make a configuration of simulated accounts; each one's secrets have names of their own."""
        tables, environ = {}, {HOOK_SECRET: hook}
        for name, account in simulated.items():
            renamed = {f"env:{key}": f"env:{name.upper()}_{key}" for key in account.environment}
            environ |= {f"{name.upper()}_{key}": value for key, value in account.environment.items()}
            table = {**account.table, **self.changes, "webhook_secret": f"env:{HOOK_SECRET}"}
            kept = {key: value for key, value in table.items() if value is not None}
            tables[name] = _renamed(kept, renamed)
        document = {"accounts": tables, "default": ACCOUNT, "webhooks": {"public_url": public_url}}
        return Config.from_mapping(document, source="conformance", environ=environ, registry=registry)

    def offered(self) -> tuple[ProviderInfo, Capabilities]:
        """Return what the provider and this account of it declare; nothing has to run for that."""
        registry = self.registry()
        simulated = {ACCOUNT: self.simulator().account("http://127.0.0.1:9")}
        config = self.configured(simulated, registry, "http://127.0.0.1:9/hooks", "unused-path-secret")
        account = config.account(ACCOUNT, registry)
        return registry.info(self.provider), registry.provider(self.provider).capabilities(account)


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Rename the secrets of a table, however deep they stand."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, Mapping):
        return {key: _renamed(each, names) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(each, names) for each in value]
    return value
