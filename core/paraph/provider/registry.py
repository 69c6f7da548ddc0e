"""The plugins that one application uses.

A registry is an object that an application owns; there is no global one, so two
clients in a process, or two tests, never see each other's plugins. Providers are
*looked up*: entry points are read once, only a provider that somebody names is
loaded, and after that a lookup is one dictionary access. Hooks that concern every
envelope are *broadcast* to providers in use and to the plugins of the group
``paraph.plugins``, one implementation at a time, so that a failing one is named.

A name stands for one plugin. Where two distributions offer the same one, neither
is loaded: whoever signs contracts must not be chosen by installation order.
"""

from __future__ import annotations

import inspect
import logging
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from paraph import errors
from paraph._hints import nearest
from paraph.model import Problem, Secret
from paraph.provider import faults, loading
from paraph.provider.faults import Fault, Source, Status
from paraph.provider.info import ProviderInfo
from paraph.provider.loading import Described, Manager, UnfitError

if TYPE_CHECKING:
    from paraph.model import Envelope, Event
    from paraph.provider.account import Account
    from paraph.provider.protocol import Provider

DISABLE = "PARAPH_DISABLE_PLUGINS"
"""Environment variable with comma-separated names of plugins that are not loaded."""

_log = logging.getLogger("paraph.plugins")


@attrs.frozen(kw_only=True)
class ProviderListing:
    """One installed plugin as a listing shows it.

    :ivar kind: ``provider``, or ``plugin`` for one that only observes, checks or resolves.
    :ivar api: the plugin interface it was written to, such as ``1.0``; empty if unknown.
    :ivar error: why it cannot be used; empty if it can.
    """

    name: str
    kind: str
    status: Status
    title: str = ""
    distribution: str = ""
    version: str = ""
    api: str = ""
    capabilities: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    error: str = ""


@attrs.define(eq=False)
class _Entry:
    """What is known of one name. ``state`` is ``None`` until somebody needs it."""

    sources: tuple[Source, ...]
    state: Described | Fault | None = None
    active: bool = False

    @property
    def is_provider(self) -> bool:
        return any(source.group == loading.PROVIDERS for source in self.sources)

    @property
    def is_plugin(self) -> bool:
        return any(source.group == loading.PLUGINS for source in self.sources)


class Registry:
    """An application's plugins.

    :param disabled: names that are not loaded (the configuration's ``plugins.disabled``).
    :param only: the only names that may be loaded; ``None`` allows all.
    :param discover: whether installed plugins are found by their entry points.
    :param environ: where :data:`DISABLE` is read.
    """

    def __init__(
        self,
        disabled: Iterable[str] = (),
        only: Iterable[str] | None = None,
        *,
        discover: bool = True,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        named = (name.strip() for name in environ.get(DISABLE, "").split(","))
        self._off = {name: f"the environment variable {DISABLE}" for name in named if name}
        self._off.update(dict.fromkeys(disabled, "plugins.disabled in the configuration"))
        self._only = None if only is None else frozenset(only)
        self._discover = discover
        self._lock = threading.RLock()
        self._manager = Manager()
        self._known: dict[str, _Entry] | None = None
        self._providers: dict[str, Provider] = {}
        self._ready = False
        self._lost: tuple[tuple[str, Fault], ...] = ()
        """Plugins that should take part but cannot; those disabled on purpose do not count."""

    @classmethod
    def empty(cls) -> Registry:
        """Return one that sees neither installed plugins nor the environment; see :meth:`register`."""
        return cls(discover=False, environ={})

    def register(self, name: str, plugin: object) -> None:
        """Add a plugin object, such as a module: a provider if it describes one.

        :raises ProviderNameConflict: the name is taken.
        :raises ConfigurationError: the plugin is unfit; nothing of it stays behind.
        """
        described = inspect.getattr_static(plugin, "paraph_provider", None) is not None
        group = loading.PROVIDERS if described else loading.PLUGINS
        source = Source(name=name, group=group, origin="the application", load=lambda: plugin)
        with self._lock:
            taken = self._entries.get(name)
            if taken is not None:
                raise faults.conflict(name, (*taken.sources, source)).error(name, f"register({name!r})")
            entry = _Entry((source,))
            state = self._state(name, entry)
            if isinstance(state, Fault) and state.status is not Status.DISABLED:
                raise state.error(name, f"register({name!r})")
            self._entries[name] = entry
            self._ready = False

    def provider(self, name: str, *, where: str = "provider") -> Provider:
        """Return the provider of that name; a dictionary lookup after the first time.

        :param where: the place in the configuration that asks, for errors.
        :raises ConfigurationError: it cannot be had (not installed, broken, disabled, incompatible, or
            the name is taken twice); the error's class and text say why and what mends it.
        """
        found = self._providers.get(name)
        if found is not None:
            return found
        with self._lock:
            info = self.info(name, where=where)
            fault = self._build(name, info)
            if fault is not None:
                raise fault.error(name, where)
            return self._providers[name]

    def info(self, name: str, *, where: str = "provider") -> ProviderInfo:
        """Return the description of a provider and bring its plugin into use; raises as :meth:`provider`."""
        with self._lock:
            entry = self._entries.get(name)
            state = self._activate(name, entry) if entry is not None and entry.is_provider else None
            if isinstance(state, Fault):
                raise state.error(name, where)
            if state is None or state.info is None:
                known = [each for each, entry in self._entries.items() if entry.is_provider]
                raise faults.not_installed(name, known, nearest(name, known)).error(name, where)
            return state.info

    def descriptions(self) -> tuple[ProviderInfo, ...]:
        """Return what every sound provider says about itself, by name. Brings none into use."""
        with self._lock:
            states = [self._state(name, entry) for name, entry in sorted(self._entries.items())]
        return tuple(
            state.info for state in states if isinstance(state, Described) and state.info is not None
        )

    def listing(self, *, build: bool = False) -> tuple[ProviderListing, ...]:
        """Return every plugin by name, sound or not. Never raises and brings none into use.

        :param build: also make each provider's object, which shows what only then goes wrong, such as
            a module that is imported late and not installed.
        """
        with self._lock:
            if build:
                for name, entry in sorted(self._entries.items()):
                    state = self._state(name, entry)
                    if isinstance(state, Described) and state.info is not None:
                        self._build(name, state.info)
            return tuple(self._listed(name, entry) for name, entry in sorted(self._entries.items()))

    def _build(self, name: str, info: ProviderInfo) -> Fault | None:
        """Make a provider's object once; why it cannot be made is its state from then on."""
        if name in self._providers:
            return None
        entry = self._entries[name]
        made = loading.built(entry.sources[0], info)
        if isinstance(made, Fault):
            entry.state = made
            return made
        self._providers[name] = made
        return None

    def _listed(self, name: str, entry: _Entry) -> ProviderListing:
        state = self._state(name, entry)
        source = entry.sources[0]
        listed = ProviderListing(
            name=name,
            kind="provider" if entry.is_provider else "plugin",
            status=Status.ACTIVE if entry.active else Status.AVAILABLE,
            distribution=", ".join(sorted({each.distribution for each in entry.sources})),
            version=source.version if len(entry.sources) == 1 else "",
        )
        if isinstance(state, Fault):
            return attrs.evolve(listed, status=state.status, error=f"{state.message}; {state.hint}")
        if state.info is None:
            return attrs.evolve(listed, hooks=state.hooks)
        return attrs.evolve(
            listed,
            title=state.info.title,
            api=".".join(str(part) for part in state.info.api),
            capabilities=tuple(sorted(each.value for each in state.info.capabilities.supported)),
            hooks=state.hooks,
        )

    # The typed wrappers: nothing else calls a hook.

    def resolve_secret(self, reference: str) -> Secret | None:
        """Ask the plugins for the secret behind a reference; ``None`` if none knows its scheme.

        :raises ConfigurationError: a plugin failed; its own message is not shown.
        """
        for plugin, resolve in self._implementations("paraph_resolve_secret"):
            try:
                value = resolve(reference=reference)
            except errors.ConfigurationError:
                raise
            except Exception as error:  # noqa: BLE001 - named, without a text that may hold the secret
                raise errors.ConfigurationError(
                    f"plugin {plugin!r} could not resolve a secret reference ({type(error).__name__})"
                ) from None
            if value is not None:
                return Secret(value)
        return None

    @property
    def resolves_secrets(self) -> bool:
        """Whether any plugin brings a secret scheme of its own."""
        return any(True for _ in self._implementations("paraph_resolve_secret"))

    def check_envelope(self, envelope: Envelope, account: Account[Any]) -> tuple[Problem, ...]:
        """Return what company rules have against it; a rule that fails, or is lost, refuses."""
        problems: list[Problem] = []
        for plugin, check in self._implementations("paraph_check_envelope"):
            try:
                found = tuple(check(envelope=envelope, account=account) or ())
                if not all(isinstance(problem, Problem) for problem in found):
                    raise TypeError("a company rule answers with Problems")  # noqa: TRY301 - one way to be unsound
            except Exception as error:  # noqa: BLE001 - whatever a rule does, an unevaluated rule refuses
                problems.append(
                    Problem(
                        path=f"plugins.{plugin}",
                        code="rule.failed",
                        message=f"a company rule of plugin {plugin!r} failed ({type(error).__name__})",
                        hint="nothing is sent until the plugin is mended or disabled",
                    )
                )
            else:
                problems.extend(found)
        for name, fault in self._lost:
            problems.append(
                Problem(path=f"plugins.{name}", code=fault.code, message=fault.message, hint=fault.hint)
            )
        return tuple(problems)

    @property
    def has_observers(self) -> bool:
        """Whether anybody observes events; cheap, so that making an event for nobody can be left out."""
        self._load_plugins()
        return bool(self._manager.hook.paraph_event.get_hookimpls())

    def notify(self, event: Event) -> None:
        """Tell all observers. A failing one is logged with its plugin's name; the others still run."""
        for plugin, observe in self._implementations("paraph_event"):
            try:
                observe(event=event)
            except Exception as error:  # noqa: BLE001 - an observer never disturbs what it observes
                # Without the traceback, whose texts may hold personal data.
                _log.error(
                    "observer of plugin %r failed for event %s: %s", plugin, event.id, type(error).__name__
                )

    # Loading.

    @property
    def _entries(self) -> dict[str, _Entry]:
        if self._known is None:
            found = loading.installed() if self._discover else {}
            self._known = {name: _Entry(sources) for name, sources in found.items()}
        return self._known

    def _state(self, name: str, entry: _Entry) -> Described | Fault:
        """Describe a plugin once; a disabled or disputed one is not imported."""
        if entry.state is None:
            if name in self._off:
                entry.state = faults.disabled(name, self._off[name])
            elif self._only is not None and name not in self._only:
                entry.state = faults.disabled(name, "the application, which allows other plugins only")
            else:
                first, *others = entry.sources
                entry.state = faults.conflict(name, entry.sources) if others else loading.describe(first)
        return entry.state

    def _activate(self, name: str, entry: _Entry) -> Described | Fault:
        state = self._state(name, entry)
        if isinstance(state, Described) and not entry.active:
            try:
                self._manager.admit(state.plugin, name)
            except UnfitError as error:
                # Sound by itself, but the same module is in use under another name.
                state = entry.state = faults.broken(entry.sources[0], str(error), error)
            else:
                entry.active = True
        return state

    def _load_plugins(self) -> None:
        """Bring the plugins of the group ``paraph.plugins`` into use, once."""
        if self._ready:
            return
        with self._lock:
            for name, entry in sorted(self._entries.items()):
                if entry.is_plugin:
                    self._activate(name, entry)
            self._lost = tuple(
                (name, entry.state)
                for name, entry in sorted(self._entries.items())
                if entry.is_plugin
                and isinstance(entry.state, Fault)
                and entry.state.status is not Status.DISABLED
            )
            self._ready = True

    def _implementations(self, hook: str) -> Iterator[tuple[str, Callable[..., Any]]]:
        """Yield (plugin name, function) in pluggy's order of calling, which is last registered first."""
        self._load_plugins()
        for found in reversed(getattr(self._manager.hook, hook).get_hookimpls()):
            yield found.plugin_name, _narrowed(found.function, found.argnames)


def _narrowed(function: Callable[..., Any], wanted: Iterable[str]) -> Callable[..., Any]:
    """Pass only the arguments that an implementation declares."""
    names = tuple(wanted)
    return lambda **given: function(**{name: given[name] for name in names})
