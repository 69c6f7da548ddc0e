"""A reader's desk, with a simulator behind it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from paraph import Registry
from paraph_simulator.found import make_simulators
from support.pages import Desk, configure, desk, signing_people


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk without a configuration; this process works at it, too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    known = set(sys.modules)
    monkeypatch.delenv("PARAPH_CONFIG", raising=False)
    made = desk(tmp_path)
    try:
        with signing_people(tmp_path) as made.people:
            yield made
    finally:
        made.leave()
        for name in set(sys.modules) - known:
            if (tmp_path / f"{name}.py").exists():
                del sys.modules[name]


@pytest.fixture
def here(bare: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk whose account ``hr`` leads to a running simulator."""
    simulator = make_simulators(Registry(environ={}), ["ignisign"], {"webhook_timeout": "60"})["ignisign"]
    with simulator.running() as base_url:
        configure(bare, simulator.account(base_url))
        for name, value in bare.environment.items():
            if os.environ.get(name) != value:
                monkeypatch.setenv(name, value)
        yield bare
