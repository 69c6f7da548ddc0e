"""Finding and making simulators: only through the registry, by the dotted name that a provider states."""

from __future__ import annotations

import importlib
from collections.abc import Iterable

from paraph import Registry
from paraph.errors import ConfigurationError
from paraph.testing.simulator import Simulator


def make_simulators(registry: Registry, names: Iterable[str] = ()) -> dict[str, Simulator]:
    """Make a fresh simulator of each named provider, or of each sound one that has a simulator.

    :raises ConfigurationError: a named provider is not installed or has no simulator, a simulator
        cannot be loaded, or there is none at all.
    """
    wanted = tuple(dict.fromkeys(names))
    made = {name: _made(registry, name) for name in wanted or _sound(registry)}
    for name, simulator in made.items():
        if wanted and simulator is None:
            raise ConfigurationError(f"provider {name!r} has no simulator")
    found = {name: simulator for name, simulator in made.items() if simulator is not None}
    if not found:
        raise ConfigurationError("no installed provider has a simulator; `paraph providers` lists them")
    return found


def _sound(registry: Registry) -> tuple[str, ...]:
    listed = registry.listing()
    return tuple(each.name for each in listed if each.kind == "provider" and not each.error)


def _made(registry: Registry, name: str) -> Simulator | None:
    dotted = registry.info(name).simulator
    if not dotted:
        return None
    module, _, function = dotted.partition(":")
    try:
        made = getattr(importlib.import_module(module), function)()
    except (ImportError, AttributeError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ConfigurationError(f"provider {name!r}: {dotted} makes no simulator ({reason})") from error
    if not isinstance(made, Simulator):
        raise ConfigurationError(f"provider {name!r}: {dotted} makes no simulator of paraph's kind")
    return made
