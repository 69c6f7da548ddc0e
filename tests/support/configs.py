"""Configuration files of one account, written and loaded by tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import attrs
import pytest

from paraph.config import Config, load_config
from paraph.errors import ConfigurationError
from paraph.model import Problem
from paraph.provider import ProviderInfo
from paraph.provider.hookspecs import hookimpl
from paraph.provider.registry import Registry
from paraph.testing import fake

MINIMAL = """
[accounts.hr]
provider = "fake"
environment = "test"
api_key = "env:FAKE_KEY"
"""
ENVIRON = {"FAKE_KEY": "k-1"}


def a_registry() -> Registry:
    """Make a registry with the fake provider only."""
    registry = Registry.empty()
    registry.register("fake", fake)
    return registry


def loaded(
    folder: Path, text: str, *, environ: Mapping[str, str] = ENVIRON, name: str = "paraph.toml"
) -> Config:
    """Write a configuration and load it."""
    path = folder / name
    path.write_text(text)
    return load_config(path, environ=environ, registry=a_registry())


def problems_of(folder: Path, text: str) -> dict[str, Problem]:
    """Load a wrong configuration and return its problems by path."""
    with pytest.raises(ConfigurationError) as caught:
        loaded(folder, text)
    return {problem.path: problem for problem in caught.value.problems}


def settings_of(kind: type, **options: object) -> Config:
    """Make a configuration of one account whose provider has the settings class ``kind``."""

    @hookimpl
    def paraph_provider() -> ProviderInfo:
        return attrs.evolve(fake.INFO, settings=kind)

    module = ModuleType("made")
    vars(module)["paraph_provider"] = paraph_provider
    registry = Registry.empty()
    registry.register("fake", module)
    account = {"provider": "fake", "environment": "test", **options}
    return Config.from_mapping({"accounts": {"hr": account}}, registry=registry, environ={"KEY": "v"})
