"""Configurations with rules, and accounts that offer nearly everything, less what their labels name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import attrs
import pytest

from paraph.config import Config
from paraph.errors import ConfigurationError, VendorUnavailable
from paraph.flow import Flow
from paraph.model import Document, Envelope, Level, Problem, Regime, Signatory
from paraph.provider import Account, Capabilities, Capability, ProviderInfo
from paraph.provider.hookspecs import hookimpl
from paraph.provider.registry import Registry
from paraph.routing import NEEDABLE
from paraph.testing import fake
from support.tiny import PDF

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday."""
ENVIRON = {"FAKE_KEY": "k-1"}
ACCOUNT = {"provider": "able", "environment": "test", "api_key": "env:FAKE_KEY"}
NAMES: tuple[str, ...] = ("hr", "de", "fr")
ENVIRONMENTS = dict.fromkeys(NAMES, "test")
SECRETIVE = "secretive"
"""The label of an account that looks inside its secret to know what it offers."""
DOWN = "down"
"""The label of an account whose vendor does not answer."""

OFFERED = attrs.evolve(
    fake.CAPABILITIES,
    supported=fake.CAPABILITIES.supported | NEEDABLE - {Capability.SIGNING_LINK, Capability.STAGE_ANY},
    levels=frozenset(Level),
    regimes=frozenset(Regime),
)
"""All but signing links, and stages where one signature is enough."""


class Able(fake.FakeProvider):
    """The fake provider, with capabilities."""

    @property
    def info(self) -> ProviderInfo:
        return INFO

    def capabilities(self, account: Account[fake.FakeSettings]) -> Capabilities:
        """Return everything that no label of the account names."""
        labels = account.settings.labels
        if SECRETIVE in labels and account.settings.api_key.reveal() not in ENVIRON.values():
            raise ValueError("this is no key")
        levels = {level for level in OFFERED.levels if level.name not in labels}
        narrowed = OFFERED.without(*(each for each in Capability if each.value in labels))
        regimes = OFFERED.regimes.difference(labels)
        return attrs.evolve(narrowed, levels=frozenset(levels), regimes=regimes)

    def preflight(self, envelope: Envelope, account: Account[fake.FakeSettings]) -> Flow[tuple[Problem, ...]]:
        """Fail if the vendor is down."""
        if DOWN in account.settings.labels:
            raise VendorUnavailable("the vendor is down", account=account.name, status=503)
        return (yield from super().preflight(envelope, account))


INFO = attrs.evolve(fake.INFO, name="able", capabilities=OFFERED, build=Able)


def plugins() -> Registry:
    """Make a registry with that provider alone."""

    @hookimpl
    def paraph_provider() -> ProviderInfo:
        return INFO

    module = ModuleType("able")
    vars(module)["paraph_provider"] = paraph_provider
    registry = Registry.empty()
    registry.register("able", module)
    return registry


def configuration(*routes: Mapping[str, Any], default: str | None = "hr", **more: Any) -> Config:
    """Read a configuration with accounts hr, de and fr, unless others are given."""
    mapping = {"accounts": dict.fromkeys(NAMES, ACCOUNT), "routes": list(routes), **more}
    if default:
        mapping["default"] = default
    return Config.from_mapping(mapping, environ=ENVIRON, registry=plugins())


def problems(*routes: Mapping[str, Any], **more: Any) -> dict[str, str]:
    """Return path and code of all that is wrong."""
    with pytest.raises(ConfigurationError) as caught:
        configuration(*routes, **more)
    return {problem.path: problem.code for problem in caught.value.problems}


def labelled(*labels: str) -> dict[str, Any]:
    """Make an account that offers less, or is odd in another way."""
    return {**ACCOUNT, "labels": list(labels)}


def envelope(**changes: Any) -> Envelope:
    """Make an envelope of one document for one signatory."""
    given: dict[str, Any] = {
        "title": "Contract",
        "id": "one",
        "documents": [Document.from_bytes(PDF, name="contract.pdf")],
        "signatories": [Signatory(id="ada", given_name="Ada", family_name="L", email="ada@example.org")],
    }
    return Envelope(**{**given, **changes})
