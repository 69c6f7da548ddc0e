"""The configuration: accounts, store, webhooks and plugins, read and checked as a whole.

Loading reads the file, then asks the registry for the settings class of each provider
that an account names, and of no other. Every problem of the file is reported in one
error. A provider that cannot be had (not installed, broken, disabled, of another
interface) is no reason to refuse the file: its accounts are kept with the reason, using
one of them raises it, and all others work. It is told with the rest where the file is
refused anyway. No secret is read before an account is used.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from paraph._hints import suggestion
from paraph.config import vault
from paraph.config.accounts import AccountConfig, read_account, recipient_warnings, unknown_account
from paraph.config.locate import KeyPath
from paraph.config.offers import Seen, offered
from paraph.config.secrets import Resolver, UnresolvedError
from paraph.config.settings import read_settings
from paraph.config.source import ConfigSource, required
from paraph.config.table import Findings, Table
from paraph.config.urls import SQLITE, STORE_REFERENCES, read_public_url, read_store
from paraph.config.vault import Vault
from paraph.errors import ConfigurationError, MissingSecret, UnknownAccount
from paraph.model import Problem, Secret, Severity
from paraph.provider import loading
from paraph.provider.account import Account
from paraph.provider.capability import Capabilities
from paraph.provider.info import ProviderInfo
from paraph.provider.registry import Registry

if TYPE_CHECKING:
    from paraph.routing import Route

MEMORY = "memory:"
"""The store of a configuration that names none: it ends with the process."""


@attrs.frozen(kw_only=True, eq=False)
class Config:
    """A sound configuration, though a provider that it names may be missing.

    :ivar default: the account that is used when none is named; ``None`` if that is ambiguous.
    :ivar routes: rules that choose accounts for envelopes, in order.
    :ivar registry: the plugins that it was checked with; those that it disables are off.
    :ivar store: the URL as it stands in the file, or a reference to it; use :attr:`store_url`.
    :ivar public_url: where vendors reach the receiver, without account and secret.
    :ivar vault: where references ``vault:NAME`` lead.
    """

    source: ConfigSource
    registry: Registry = attrs.field(repr=False)
    accounts: Mapping[str, AccountConfig]
    default: str | None = None
    routes: tuple[Route, ...] = ()
    store: str | None = attrs.field(default=None, repr=False)
    public_url: str | None = None
    disabled_plugins: tuple[str, ...] = ()
    vault: Vault
    environ: Mapping[str, str] = attrs.field(repr=False)

    @classmethod
    def from_mapping(
        cls,
        mapping: Mapping[str, Any],
        *,
        source: str = "mapping",
        directory: Path | str = ".",
        environ: Mapping[str, str] = os.environ,
        registry: Registry | None = None,
    ) -> Config:
        """Read a configuration that is already parsed.

        :param source: what messages call it. ``directory``: where relative paths in it start.
        :raises ConfigurationError: with everything that is wrong.
        """
        found = ConfigSource(name=source, values=mapping, directory=Path(directory).resolve())
        return _read(found, environ=environ, registry=registry)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why accounts cannot be used: their providers could not be had when the file was read."""
        return tuple(problem for account in self.accounts.values() for problem in account.problems)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What should be looked at, though the configuration can be used."""
        recipients = (each for account in self.accounts.values() for each in recipient_warnings(account))
        return (*recipients, *self._not_installed())

    def _not_installed(self) -> Iterator[Problem]:
        """Yield what ``plugins.disabled`` names and nobody has installed: it may be a slip of the pen."""
        installed = loading.installed() if self.disabled_plugins else {}
        for position, name in enumerate(self.disabled_plugins):
            if name not in installed:
                yield Problem(
                    path=f"plugins.disabled[{position}]",
                    code="plugin.unknown",
                    message=f"no plugin {name!r} is installed that could be disabled",
                    hint=suggestion(name, installed, what="installed"),
                    severity=Severity.WARNING,
                )

    def account(self, name: str, registry: Registry | None = None) -> Account[Any]:
        """Build an account: its secrets are resolved now.

        :raises UnknownAccount: no such name. :raises MissingSecret: a reference leads nowhere.
        :raises ConfigurationError: the provider does not accept the options, or cannot be had; then it is
            ``ProviderNotInstalled``, ``ProviderBroken``, ``ProviderDisabled``, ``ProviderIncompatible`` or
            ``ProviderNameConflict``.
        """
        plugins = registry or self.registry
        described = self.accounts.get(name)
        if described is None:
            raise UnknownAccount("unknown account", [unknown_account(name, self.accounts)])
        path: KeyPath = ("accounts", name)
        info = self._info(described.provider, (*path, "provider"), plugins)
        findings = self.source.findings()
        missing = self.source.findings()
        resolve = self._resolving(missing, plugins)
        settings = read_settings(
            info,
            Table(described.options, path, findings),
            # Its reference stands in for a secret that is missing, as when the file was loaded: the class
            # never meets a secret that is nothing.
            secret=lambda table, key, value: resolve((*table.path, key), value) or Secret(str(value)),
            directory=self.source.directory,
            environment=described.environment,
        )
        webhook_secret = (
            resolve((*path, "webhook_secret"), described.webhook_secret) if described.webhook_secret else None
        )
        if missing:
            raise MissingSecret(f"account {name!r} lacks a secret", missing.problems)
        if findings:
            raise ConfigurationError(f"account {name!r} cannot be used", findings.problems)
        return Account(
            name=name,
            provider=described.provider,
            environment=described.environment,
            settings=settings,
            webhook_secret=webhook_secret,
            public_url=self.public_url,
            allow_recipients=described.allow_recipients,
            policy=described.policy,
            defaults=described.defaults,
            limits=described.limits,
        )

    def _info(self, provider: str, path: KeyPath, registry: Registry) -> ProviderInfo:
        """Return a provider's description; an error says in which line it is asked for."""
        try:
            return registry.info(provider)
        except ConfigurationError as error:
            findings = self.source.findings()
            findings.take(path, error)
            raise type(error)(error.headline, findings.problems) from error.__cause__

    @property
    def store_url(self) -> str:
        """The store's URL, resolved now: it may hold a password. Without a store, ``memory:``.

        A relative path of ``sqlite:///`` starts at the configuration file's folder, so that every
        command finds the same store wherever it is run.

        :raises MissingSecret: it is a reference that leads nowhere.
        """
        url = self.store or MEMORY
        if url.startswith(STORE_REFERENCES):
            missing = self.source.findings()
            found = self._resolving(missing, self.registry)(("store", "url"), url)
            if found is None:
                raise MissingSecret("the store's URL cannot be read", missing.problems)
            url = found.reveal()
        path = url.removeprefix(SQLITE)
        if path != url and path and not path.startswith(("/", ":memory:")):
            return f"{SQLITE}{self.source.directory / path}"
        return url

    def _resolving(self, missing: Findings, registry: Registry) -> Callable[[KeyPath, object], Secret | None]:
        """Return a function that resolves the reference of a key or notes why it cannot."""
        resolver = resolver_of(self, registry)

        def resolve(path: KeyPath, value: object) -> Secret | None:
            try:
                return resolver.resolve(str(value))
            except UnresolvedError as error:
                missing.add(path, "secret.missing", str(error), error.hint)
                return None

        return resolve


def load_config(
    path: Path | str | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
    registry: Registry | None = None,
) -> Config:
    """Find, read and check the configuration; :mod:`paraph.config.source` has the rule.

    :param registry: the application's plugins; without one, the installed plugins less those
        that the configuration or the environment disables.
    :raises ConfigurationError: there is none, or with everything that is wrong with it.
    """
    return _read(required(path, environ), environ=environ, registry=registry)


def disabled_in(source: ConfigSource | None) -> tuple[str, ...]:
    """Return ``plugins.disabled`` of a configuration that may be wrong elsewhere, or missing."""
    if source is None:
        return ()
    plugins = source.table(source.findings()).table("plugins")
    return plugins.texts("disabled") if plugins else ()


def _read(source: ConfigSource, *, environ: Mapping[str, str], registry: Registry | None) -> Config:
    findings = source.findings()
    root = source.table(findings)
    disabled = _disabled(root)
    plugins = registry or Registry(disabled=disabled, environ=environ)
    unusable = source.findings()
    seen = _accounts(root, plugins, unusable, source.directory)
    default = _default(root, list(seen))
    store = read_store(root)
    public_url = read_public_url(root)
    kept_in = _vault(root, source.directory)
    routes = _routes(root, seen, plugins, directory=source.directory, public_url=public_url)
    root.done()
    if findings:
        findings.merge(unusable)
        raise ConfigurationError(f"{source.name} cannot be used", findings.problems)
    return Config(
        source=source,
        registry=plugins,
        accounts=MappingProxyType({name: each.sound for name, each in seen.items() if each.sound}),
        default=default,
        routes=routes,
        store=store,
        public_url=public_url,
        disabled_plugins=disabled,
        vault=kept_in,
        environ=environ,
    )


def _routes(
    root: Table, seen: Mapping[str, Seen], registry: Registry, *, directory: Path, public_url: str | None
) -> tuple[Route, ...]:
    if root.raw("routes") is None:
        return ()
    from paraph.config.routes import read_routes  # most configurations have none

    @functools.cache
    def known(account: Seen) -> Capabilities | None:
        return offered(account, registry, directory=directory, public_url=public_url)

    return read_routes(root, seen, known)


def _accounts(root: Table, registry: Registry, unusable: Findings, directory: Path) -> dict[str, Seen]:
    """Read the accounts; return all of them by name, sound or not."""
    seen: dict[str, Seen] = {}
    before = len(root.findings)
    for name, table in root.named("accounts"):
        sound = read_account(name, table, registry, unusable, directory)
        seen[name] = Seen.of(name, table.values, sound)
    if not seen and len(root.findings) == before:
        root.problem("accounts", "accounts.none", "no account is configured", "add [accounts.NAME]")
    return seen


def _default(root: Table, names: list[str]) -> str | None:
    """Read the default account; an only account is the default without being named."""
    default = root.take("default", str)
    if default is None:
        return names[0] if len(names) == 1 else None
    if default not in names:
        root.problem(
            "default",
            "account.unknown",
            f"no account {default!r} is configured",
            suggestion(default, names, what="configured"),
        )
    return default


def resolver_of(config: Config, registry: Registry | None = None) -> Resolver:
    """Return what finds secrets by reference; relative paths start at the configuration's folder."""
    return Resolver(
        environ=config.environ,
        directory=config.source.directory,
        registry=registry or config.registry,
        vault=config.vault,
    )


def vault_of(source: ConfigSource | None) -> Vault:
    """Return the vault of a configuration that may be wrong elsewhere; without one, that of this folder.

    :raises ConfigurationError: its own table is wrong.
    """
    if source is None:
        return Vault(path=Path(vault.FILE), key=vault.KEY, directory=Path())
    findings = source.findings()
    found = _vault(source.table(findings), source.directory)
    if findings:
        raise ConfigurationError(f"{source.name} does not say where the vault is", findings.problems)
    return found


def _vault(root: Table, directory: Path) -> Vault:
    table = root.table("vault")
    if table is None:
        return Vault(path=directory / vault.FILE, key=vault.KEY, directory=directory)
    place = Path(table.take("path", str) or vault.FILE)
    try:
        place = place.expanduser()
    except RuntimeError:
        table.problem("path", "vault.path", "begins with the home of an unknown user")
    key = table.take("key", str)
    if key is not None and not key.startswith(("file:", "keyring:")):
        table.problem("key", "vault.key", "has to say where the vault's key is", "file:PATH or keyring:…")
    table.done()
    return Vault(path=directory / place, key=key or vault.KEY, directory=directory)


def _disabled(root: Table) -> tuple[str, ...]:
    table = root.table("plugins")
    if table is None:
        return ()
    names = table.texts("disabled")
    table.done()
    return names
