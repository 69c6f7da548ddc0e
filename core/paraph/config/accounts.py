"""One account: neutral keys for the framework, every other key for its provider.

A provider declares its keys as fields of a frozen attrs class (see
:func:`paraph.provider.setting`). The class is read twice by the same function
(:mod:`paraph.config.settings`): when the file is loaded, to find everything wrong at
once, with the *references* standing in for secrets; and on the first use of the
account, with the secrets themselves.
A settings class may have a method ``problems()`` that returns what is wrong between
its fields, with paths relative to the account; it may look at whether a secret is
given, not at its value. Likewise ``environment_problems(environment)``, for what is
wrong between them and the account's environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import attrs

from paraph._hints import suggestion
from paraph.config import secrets
from paraph.config.defaults import read_defaults
from paraph.config.limits import read_limits
from paraph.config.settings import read_settings
from paraph.config.table import Findings, Table
from paraph.errors import ConfigurationError
from paraph.model import Policy, Problem, Secret, Severity
from paraph.provider.limits import Limits
from paraph.provider.loading import NEUTRAL
from paraph.provider.registry import Registry

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
"""Account names: they stand in URLs, keys and file names."""


@attrs.frozen(kw_only=True)
class AccountConfig:
    """An account as the file describes it: no secret in it, only references.

    :ivar webhook_secret: a reference. ``options``: the provider's keys as they stand in the file.
    :ivar allow_recipients: patterns such as ``*@example.org``; ``None`` where the key is absent.
    :ivar policy: how strictly requests are taken. ``defaults``: as
        :func:`~paraph.config.defaults.read_defaults` returns them.
    :ivar limits: how much it may ask of its vendor.
    :ivar problems: why its provider could not be had when the file was read: not installed, broken,
        disabled, or of another interface. Then its options are not checked, and using it raises that.
    """

    name: str
    provider: str
    environment: str
    allow_recipients: tuple[str, ...] | None = None
    policy: Policy | None = None
    webhook_secret: str | None = attrs.field(default=None, repr=False)
    defaults: Mapping[str, Any] = attrs.field(factory=dict)
    limits: Limits = attrs.field(factory=Limits)
    options: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    problems: tuple[Problem, ...] = ()


def read_account(
    name: str, table: Table, registry: Registry, unusable: Findings, directory: Path
) -> AccountConfig | None:
    """Read one account and check its provider's keys; what is wrong goes to the table's findings.

    :param directory: where relative paths of its options start.
    :param unusable: gets why the provider cannot be had: that is no fault of the file, and a problem of
        this account alone.
    """
    before = len(table.findings)
    if not NAME.fullmatch(name):
        table.findings.add(
            table.path,
            "account.name",
            f"{name!r} is no account name",
            "use a-z, 0-9, '_' and '-', beginning with a letter or digit",
        )
    provider = table.take("provider", str, required="the plugin that carries envelopes (paraph providers)")
    environment = table.take("environment", Literal["test", "production"], required='"test" or "production"')
    allow = table.take("allow_recipients", tuple[str, ...])
    policy = table.take("policy", Policy)
    webhook_secret = _reference(table, "webhook_secret", registry)
    defaults = read_defaults(table, provider, registry)
    limits = read_limits(table)
    options = {key: value for key, value in table.values.items() if key not in NEUTRAL}
    lacking = table.findings.empty()
    if provider is not None:
        own = Table(options, table.path, table.findings)
        _check_provider(provider, own, environment, registry, lacking, directory)
    unusable.merge(lacking)
    if provider is None or environment is None or len(table.findings) > before:
        return None
    return AccountConfig(
        name=name,
        provider=provider,
        environment=environment,
        allow_recipients=allow,
        policy=policy,
        webhook_secret=webhook_secret,
        defaults=MappingProxyType(defaults),
        limits=limits,
        options=MappingProxyType(options),
        problems=lacking.problems,
    )


def _check_provider(
    name: str,
    options: Table,
    environment: str | None,
    registry: Registry,
    lacking: Findings,
    directory: Path,
) -> None:
    try:
        info = registry.info(name)
    except ConfigurationError as error:
        lacking.take((*options.path, "provider"), error)
        return
    read_settings(
        info,
        options,
        secret=lambda table, key, value: _placeholder(table, key, value, registry),
        directory=directory,
        environment=environment,
    )


def _placeholder(options: Table, key: str, value: object, registry: Registry) -> Secret | None:
    fault = secrets.fault_of(value, registry=registry)
    if fault:
        options.problem(key, "secret.inline", *fault)
        return None
    return Secret(str(value))


def _reference(table: Table, key: str, registry: Registry) -> str | None:
    value = table.raw(key)
    if value is None or _placeholder(table, key, value, registry) is None:
        return None
    return str(value)


def recipient_warnings(account: AccountConfig) -> Iterator[Problem]:
    """Warn of a test account that may write to anybody, and of any account that may write to nobody."""
    if account.allow_recipients is None and account.environment == "test":
        code, message = "recipients.anybody", "this test account may write to anybody: the key is absent"
    elif account.allow_recipients == ():
        code, message = "recipients.nobody", "the list is empty: this account refuses every envelope"
    else:
        return
    yield Problem(
        path=f"accounts.{account.name}.allow_recipients",
        code=code,
        message=message,
        hint='name who may be written to, such as allow_recipients = ["*@example.org"]',
        severity=Severity.WARNING,
    )


def unknown_account(name: str, known: Mapping[str, object]) -> Problem:
    """Make the problem of a name that no account has."""
    return Problem(
        path=f"accounts.{name}",
        code="account.unknown",
        message=f"no account {name!r} is configured",
        hint=suggestion(name, known, what="configured"),
    )
