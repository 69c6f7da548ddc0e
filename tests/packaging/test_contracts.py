"""The directions of imports are complete: no module of a plugin is forgotten."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = {"paraph_ignisign": {"simulator"}, "paraph_sign8": {"simulator", "dialect"}}
"""What a simulator may import of its own plugin: itself, and a dialect, which is data."""


@pytest.mark.parametrize("plugin", SHARED)
def test_a_simulator_may_import_no_module_of_its_plugin(plugin: str):
    """The contract of each simulator names every module of its plugin, so that a new one is forbidden."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = (each for each in contracts if each.get("source_modules") == [f"{plugin}.simulator"])
    folder = ROOT / "providers" / plugin
    modules = {path.stem for path in folder.glob("*.py")} | {
        path.parent.name for path in folder.glob("*/__init__.py")
    }
    expected = {f"{plugin}.{name}" for name in modules - SHARED[plugin] - {"__init__"}}
    assert expected == set(contract["forbidden_modules"])
