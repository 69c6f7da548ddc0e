"""From an entry point to a described plugin, or to the reason why not.

Theory. Three things can be installed under one name: nothing, one plugin, or
several. One plugin is imported, tried in a scratch manager of its own, and asked
for its description; only a plugin that passed all of it may enter an
application's manager. What goes wrong on the way is a :class:`~paraph.provider.faults.Fault`, which is
data: a listing shows it, and each request for that name raises it anew with the
place in the configuration that asked.
"""

from __future__ import annotations

import importlib.metadata
import inspect
import typing
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, cast

import attrs
import pluggy

from paraph.provider.capability import Capabilities, Capability
from paraph.provider.faults import Fault, Source, broken, incompatible, missing_module
from paraph.provider.hookspecs import HOOKS, PROJECT, Hooks
from paraph.provider.info import PLUGIN_API, ProviderInfo

if TYPE_CHECKING:
    from paraph.provider.protocol import Provider

PROVIDERS: Final = "paraph.providers"
"""Entry points of providers; an entry's name is what configuration calls it."""

PLUGINS: Final = "paraph.plugins"
"""Entry points of plugins that only observe, check or resolve; all of them are loaded."""

NEUTRAL: Final = (
    "provider",
    "environment",
    "allow_recipients",
    "policy",
    "webhook_secret",
    "defaults",
    "limits",
)
"""The keys that every account has, whatever its provider: no settings class may have them."""


class UnfitError(Exception):
    """A plugin breaks the rules of :mod:`paraph.provider.hookspecs`."""


def installed() -> dict[str, tuple[Source, ...]]:
    """Read the entry points of both groups, without importing anything. Several per name are kept."""
    found: dict[str, list[Source]] = {}
    every = importlib.metadata.entry_points()  # reads the files of all distributions, so once
    for group in (PROVIDERS, PLUGINS):
        for entry in every.select(group=group):
            source = Source(
                name=entry.name,
                group=group,
                origin=entry.dist or "unknown distribution",
                module=entry.module,
                load=entry.load,
            )
            found.setdefault(entry.name, []).append(source)
    return {name: tuple(sources) for name, sources in found.items()}


class Manager(pluggy.PluginManager):
    """pluggy's manager with the rules that hold for paraph's plugins, on pluggy 1.6 as on 1.7."""

    def __init__(self) -> None:
        super().__init__(PROJECT)
        self.add_hookspecs(Hooks)

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        """Look for a marker without evaluating properties, which pluggy 1.6 would."""
        if isinstance(inspect.getattr_static(plugin, name, None), property):
            return None
        return super().parse_hookimpl_opts(plugin, name)

    def admit(self, plugin: object, name: str) -> None:
        """Register a plugin.

        Only :func:`describe` does this to a plugin that nobody knows, in a manager that it throws
        away: pluggy 1.6 leaves an unfit plugin half registered.

        :raises UnfitError: it breaks a rule; the message says which.
        """
        if type(plugin).__eq__ is not object.__eq__:
            raise UnfitError("is told apart by equality: give a module, or a class with eq=False")
        try:
            self.register(plugin, name)
            self.check_pending()
        except (pluggy.PluginValidationError, ValueError) as error:
            raise UnfitError(f"cannot be registered: {' '.join(str(error).split())}") from error
        self._check_rules(plugin)

    def _check_rules(self, plugin: object) -> None:
        marked: set[str] = set()
        for caller in self.get_hookcallers(plugin) or ():
            for implementation in caller.get_hookimpls():
                if implementation.plugin is not plugin:
                    continue
                marked.add(caller.name)
                if implementation.wrapper or implementation.hookwrapper:
                    raise UnfitError(f"has {caller.name} as a wrapper, which paraph does not offer")
                for argument in inspect.signature(implementation.function).parameters.values():
                    if argument.default is not argument.empty:
                        raise UnfitError(
                            f"has {caller.name} with a default for {argument.name!r}; leave it out"
                        )
        for name in HOOKS:
            if name not in marked and inspect.isfunction(inspect.getattr_static(plugin, name, None)):
                raise UnfitError(f"has a function {name} that is not marked with @paraph.hookimpl")


@attrs.frozen(kw_only=True, eq=False)
class Described:
    """A sound plugin: its module, the hooks it implements, and what a provider says about itself."""

    plugin: object
    hooks: tuple[str, ...]
    info: ProviderInfo | None


def describe(source: Source) -> Described | Fault:
    """Import a plugin, try it apart from all others, and ask it who it is. Never raises."""
    plugin = _imported(source)
    if isinstance(plugin, Fault):
        return plugin
    try:
        described = _examined(source, plugin)
    except UnfitError as error:
        return broken(source, str(error), error.__cause__ or error)
    fault = _judged(source, described.info) if described.info else None
    return fault or described


def _imported(source: Source) -> object | Fault:
    return _attempted(source, source.load, "cannot be imported")


def _attempted(source: Source, make: Callable[[], object], otherwise: str) -> object | Fault:
    """Run a stranger's code that imports; a module that is not there is named with its extra."""
    try:
        return make()
    except ModuleNotFoundError as missing:
        return missing_module(source, missing)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a stranger's import does is that plugin's state
        return broken(source, f"{otherwise}: {_one_line(error)}", error)


def built(source: Source, info: ProviderInfo) -> Provider | Fault:
    """Make the provider object and compare what it can do with what it declares. Never raises."""
    made = _attempted(source, info.build, "cannot build its provider object")
    if isinstance(made, Fault):
        return made
    contradictions = tuple(_contradictions(made, info.capabilities))
    return broken(source, "; ".join(contradictions)) if contradictions else cast("Provider", made)


def _contradictions(provider: object, declared: Capabilities) -> Iterator[str]:
    """Yield where abilities and capabilities differ; each sentence goes on after the plugin's name."""
    from paraph.provider import protocol

    pairs: tuple[tuple[type, str, bool], ...] = (
        (protocol.Cancels, "Capability.CANCEL", Capability.CANCEL in declared),
        (protocol.ClosesDrafts, "Capability.CLOSE_DRAFT", Capability.CLOSE_DRAFT in declared),
        (protocol.Adopts, "Capability.ADOPT", Capability.ADOPT in declared),
        (protocol.Reminds, "Capability.REMIND", Capability.REMIND in declared),
        (protocol.GivesLinks, "Capability.SIGNING_LINK", Capability.SIGNING_LINK in declared),
        (protocol.ListsEvents, "Capability.EVENT_LIST", Capability.EVENT_LIST in declared),
        (protocol.ManagesWebhooks, "Capability.MANAGE_WEBHOOKS", Capability.MANAGE_WEBHOOKS in declared),
        (protocol.SuppliesEvidence, "a kind of evidence", bool(declared.evidence)),
    )
    for ability, capability, is_declared in pairs:
        able = isinstance(provider, ability)
        if is_declared and not able:
            yield f"declares {capability} but its provider does not implement {ability.__name__}"
        if able and not is_declared:
            yield f"has a provider that implements {ability.__name__} but does not declare {capability}"


def _examined(source: Source, plugin: object) -> Described:
    manager = Manager()
    manager.admit(plugin, source.name)
    hooks = tuple(sorted(caller.name for caller in manager.get_hookcallers(plugin) or ()))
    if source.group == PLUGINS:
        if "paraph_provider" in hooks:
            raise UnfitError(f"describes a provider, which belongs into the group {PROVIDERS}")
        return Described(plugin=plugin, hooks=hooks, info=None)
    if "paraph_provider" not in hooks:
        raise UnfitError("has no function paraph_provider marked with @paraph.hookimpl")
    try:
        info = manager.hook.paraph_provider()[0]
    except Exception as error:
        raise UnfitError(f"cannot describe itself: {_one_line(error)}") from error
    if not isinstance(info, ProviderInfo):
        raise UnfitError(f"describes itself with a {type(info).__name__}, not with a ProviderInfo")
    if info.name != source.name:
        raise UnfitError(f"is installed as {source.name!r} but calls itself {info.name!r}")
    _check_settings(info.settings)
    return Described(plugin=plugin, hooks=hooks, info=info)


def _check_settings(kind: type) -> None:
    """See that an account's table can be read into the settings class.

    :raises UnfitError: it is no attrs class, has unreadable types, or takes a key of every account.
    """
    if not attrs.has(kind):
        raise UnfitError("has settings that are no attrs class")
    try:
        typing.get_type_hints(kind)
    except Exception as error:
        raise UnfitError(f"has settings whose types cannot be read: {_one_line(error)}") from error
    fields = cast("tuple[attrs.Attribute[Any], ...]", attrs.fields(kind))
    taken = [key for field in fields if field.init and (key := field.alias or field.name) in NEUTRAL]
    if taken:
        raise UnfitError(f"has the settings {', '.join(taken)}, which are keys of every account; rename them")


def _judged(source: Source, info: ProviderInfo) -> Fault | None:
    """Compare the plugin interface in both directions."""
    if info.api > PLUGIN_API:
        return incompatible(source, info, "pip install --upgrade paraph")
    if info.api[0] < PLUGIN_API[0]:
        return incompatible(source, info, f"pip install --upgrade {source.distribution}")
    return None


def _one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
