"""SIGN8 keeps every promise of the provider interface, whatever its dialect leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from paraph.testing.conformance import ProviderConformance, Style
from paraph.testing.simulator import Simulator
from paraph_sign8.dialect import shipped
from paraph_sign8.simulator import create


def without(*operations: str, **tables: Any) -> dict[str, object]:
    """Return an account's changes: the simulator's dialect less the paths of some operations."""
    unset = {name: {"path": ""} for name in operations}
    return {"dialect": {"base": "simulator", "operations": unset, **tables}}


class TestEverything(ProviderConformance):
    """A dialect that has a path for every operation and a word for everything."""

    provider = "sign8"
    published = "started"


class TestDefault(ProviderConformance):
    """The dialect that is shipped, which has no path but those of the adding operations."""

    provider = "sign8"
    published = "started"

    def simulator(self) -> Simulator:
        # How requests are authenticated is not published, so the shipped dialect leaves it open.
        return create(dialect=attrs.evolve(shipped("default"), auth=shipped("simulator").auth))


class TestSomeUnset(ProviderConformance):
    """Dialects and accounts in between."""

    provider = "sign8"
    published = "started"
    styles = (Style.SYNC,)
    accounts: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "no status": without("status"),
        "no help": without("cancel", "remind", "signature_link", "download"),
        "no proof": {"webhook_token": None},
        "neither": {"webhook_token": None, **without("status")},
        "few words": without(
            words={"signature_types": {"simple": "simple"}},
            fields={"workflow": {"description": "", "expires_at": "", "dispatch": "", "reference": ""}},
        ),
    }
