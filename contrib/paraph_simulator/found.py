"""Finding and making simulators: only through the registry, by the dotted name that a provider states."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping

from paraph import Registry
from paraph.errors import ConfigurationError, UsageError
from paraph.testing.simulator import Simulator
from paraph_simulator.options import read_options

Factory = Callable[..., object]


def make_simulators(
    registry: Registry, names: Iterable[str] = (), options: Mapping[str, str] | None = None
) -> dict[str, Simulator]:
    """Make a fresh simulator of each named provider, or of each sound one that has a simulator.

    :param options: what the simulators' factories are given, as texts; each goes to all that take it.
    :raises ConfigurationError: a named provider is not installed or has no simulator, a simulator
        cannot be loaded, or there is none at all.
    :raises UsageError: an option that none of them takes, or of another type.
    """
    wanted = tuple(dict.fromkeys(names))
    factories: dict[str, Factory] = {}
    for name in wanted or _sound(registry):
        factory = _factory(registry, name)
        if factory is not None:
            factories[name] = factory
        elif wanted:
            raise ConfigurationError(f"provider {name!r} has no simulator")
    if not factories:
        raise ConfigurationError("no installed provider has a simulator; `paraph providers` lists them")
    read = read_options(options or {}, factories)
    return {name: _made(registry, name, factory, read[name]) for name, factory in factories.items()}


def _sound(registry: Registry) -> tuple[str, ...]:
    listed = registry.listing()
    return tuple(each.name for each in listed if each.kind == "provider" and not each.error)


def _factory(registry: Registry, name: str) -> Factory | None:
    dotted = registry.info(name).simulator
    if not dotted:
        return None
    module, _, function = dotted.partition(":")
    try:
        found: Factory = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise _useless(name, dotted, error) from error
    return found


def _made(registry: Registry, name: str, factory: Factory, options: Mapping[str, object]) -> Simulator:
    dotted = registry.info(name).simulator
    try:
        made = factory(**options)
    except (ImportError, AttributeError, TypeError) as error:
        raise _useless(name, dotted, error) from error
    except ValueError as error:
        if not options:
            raise
        raise UsageError(f"the simulator of {name} does not take these options: {error}") from None
    if not isinstance(made, Simulator):
        raise ConfigurationError(f"provider {name!r}: {dotted} makes no simulator of paraph's kind")
    return made


def _useless(name: str, dotted: str | None, error: Exception) -> ConfigurationError:
    reason = f"{type(error).__name__}: {error}"
    return ConfigurationError(f"provider {name!r}: {dotted} makes no simulator ({reason})")
