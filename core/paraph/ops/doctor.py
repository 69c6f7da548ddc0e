"""``doctor``: everything that can be looked at before it is needed, and nothing that changes anything.

Theory of operation
===================

1. What all accounts share comes first (configuration, store), then each account by itself: its plugin, its
   secrets, its settings, the vendor's server (:mod:`paraph.ops.doctor_server`), what the provider knows to
   read there (:class:`~paraph.provider.Examines`), and its webhook (:mod:`paraph.ops.doctor_webhook`).
2. Every check is made, whatever became of the others. What a failed one makes pointless is ``not asked``,
   with the reason. An error, also one of a plugin's, becomes a failed finding.
3. A check has :data:`PATIENCE` seconds. That bounds a vendor that answers slowly, or not at all: each phase
   of a request has a time-out, and no request, pause or block of an answer is waited for after that.
4. Nothing is written at a vendor: only requests without effects are made, to the server's base URL, to our
   own receiver, and by a provider's ``examine`` and ``webhooks``, which may only read. A credential that has
   to be exchanged for a token is exchanged, as before any request.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final, TypeVar

import attrs

from paraph.config.accounts import unknown_account
from paraph.errors import ConfigurationError, MissingSecret, ParaphError, StoreError, TimedOut, UnknownAccount
from paraph.flow.commands import Command, Download, Flow, Http, Shared, Sleep
from paraph.flow.exchange import UNTIL
from paraph.flow.helpers import call
from paraph.flow.intercept import intercept
from paraph.model import Secret
from paraph.ops.carry import under
from paraph.ops.doctor_server import SERVER, examine_server
from paraph.ops.doctor_webhook import (
    CONFIGURED,
    REACHABLE,
    REGISTERED,
    configured_webhook,
    reachable_webhook,
    registered_webhook,
)
from paraph.ops.kernel import Kernel
from paraph.provider.account import Account
from paraph.provider.finding import Finding, Standing
from paraph.provider.protocol import Examines
from paraph.store.standing import standing

R = TypeVar("R")
Findings = tuple[Finding, ...]

CREDENTIALS: Final = "credentials"

PATIENCE: Final = 30.0
"""Seconds that one check may take before no further request of it begins."""

PHASES: Final = {"connect": 5.0, "read": 10.0, "write": 10.0, "pool": 10.0}
"""Seconds per phase of a request."""


def doctor(kernel: Kernel, *, account: str | None = None) -> Flow[tuple[Finding, ...]]:
    """Look at everything that sending and receiving needs. Nothing is changed at any vendor.

    :param account: only this one, and what all accounts share; all by default.
    :returns: findings in the order in which they build on each other, those of each account together.
    :raises UnknownAccount: no such account. Nothing else is raised: what fails is a finding.
    """
    if account is not None and account not in kernel.config.accounts:
        raise UnknownAccount("unknown account", [unknown_account(account, kernel.config.accounts)])
    names = tuple(kernel.config.accounts) if account is None else (account,)
    found = [_configuration(kernel), *(yield from _checked("store", "", call(_store, kernel)))]
    for name in names:
        found += yield from _account(kernel, name)
    return tuple(found)


def _configuration(kernel: Kernel) -> Finding:
    """Say what was read. It is sound, or there were no client to ask; accounts that lack a plugin say so."""
    config = kernel.config
    return Finding.ok(
        "configuration",
        f"{config.source.name}: {len(config.accounts)} account(s), {len(config.routes)} route(s)",
    )


def _store(kernel: Kernel) -> Findings:
    seen = standing(kernel.store)
    if seen.missing:
        return (Finding.fail("store", f"{seen.title}: {seen.missing}", seen.hint),)
    own = Finding.ok("store", seen.title)
    if seen.risk:
        own = Finding.warn("store", f"{seen.title}: {seen.risk}", seen.hint)
    return (own, *_gone(kernel))


def _gone(kernel: Kernel) -> Iterable[Finding]:
    """Warn of accounts that are not configured any more while their envelopes are still to be read."""
    with kernel.store.begin() as tx:
        gone = sorted(set(tx.polled_accounts()) - set(kernel.config.accounts))
    for name in gone:
        text = f"it holds open envelopes of account {name!r}, which is not configured: nobody reads them"
        yield Finding.warn("store", text, f"configure accounts.{name} again until they have ended")


def _account(kernel: Kernel, name: str) -> Flow[Findings]:
    plugin = yield from _checked("plugin", name, call(_plugin, kernel, name))
    account, configured = yield from call(_resolved, kernel, name)
    if account is None:
        why = "the account cannot be used as it is configured"
        checks = (*SERVER, CREDENTIALS, CONFIGURED)
        pointless = tuple(Finding.not_asked(check, why) for check in checks)
        return (*plugin, *_of(name, (*configured, *pointless)))
    server = yield from _checked("server", name, examine_server(kernel, account))
    if any(each.state is Standing.FAIL for each in server if each.check in {"server", "tls"}):
        lost = Finding.not_asked(CREDENTIALS, "no connection to the server")
        vendor = _of(name, (lost,))
    else:
        vendor = yield from _checked(CREDENTIALS, name, _examined(kernel, account))
    webhook = yield from _checked(CONFIGURED, name, call(_webhook, kernel, account))
    if account.webhook_url is not None:
        webhook += yield from _checked(REGISTERED, name, registered_webhook(kernel, account))
        webhook += yield from _checked(REACHABLE, name, reachable_webhook(kernel, account))
    return (*plugin, *_of(name, configured), *server, *vendor, *webhook)


def _of(name: str, findings: Findings) -> Findings:
    return tuple(attrs.evolve(each, account=name) for each in findings)


def _webhook(kernel: Kernel, account: Account[Any]) -> Findings:
    return (configured_webhook(kernel, account),)


def _plugin(kernel: Kernel, name: str) -> Findings:
    """Say which distribution carries the account, and of which plugin interface it is."""
    configured = kernel.config.accounts[name]
    kernel.registry.info(configured.provider, where=f"accounts.{name}.provider")
    listed = next(each for each in kernel.registry.listing() if each.name == configured.provider)
    distribution = f"{listed.distribution} {listed.version}".strip()
    return (Finding.ok("plugin", f"{listed.name} of {distribution}, plugin interface {listed.api}"),)


def _resolved(kernel: Kernel, name: str) -> tuple[Account[Any] | None, Findings]:
    """Resolve the account's secrets and let its provider judge its settings. Shows no value.

    :returns: the account, or ``None`` if it cannot be used; and what was found.
    """
    try:
        account = kernel.account(name)
    except MissingSecret as error:
        return None, _failed("secrets", error)
    except ConfigurationError as error:
        return None, _failed("settings", error)
    except Exception as error:  # noqa: BLE001 - a resolver's bug is a finding, and its text may hold a secret
        return None, (Finding.fail("secrets", f"resolving failed with {type(error).__name__}"),)
    names = sorted(_secrets(account.settings)) + (["webhook_secret"] if account.webhook_secret else [])
    secrets = Finding.ok("secrets", f"resolved: {', '.join(names)}" if names else "none are configured")
    try:
        kernel.provider(account).tenant(account)
        kernel.provider(account).capabilities(account)
    except ParaphError as error:
        return None, (secrets, *_failed("settings", error))
    except Exception as error:  # noqa: BLE001 - a plugin's bug is a finding, and its text may hold a secret
        return None, (secrets, _bug("settings", error))
    return account, (secrets, Finding.ok("settings", f"environment {account.environment}"))


def _secrets(value: object, above: str = "") -> Iterable[str]:
    """Yield the keys of all secrets in an object of settings."""
    if isinstance(value, Secret):
        yield above
    elif attrs.has(type(value)):
        fields: Any = attrs.fields(type(value))  # type: ignore[arg-type]  # just asked whether it is one
        for field in fields:
            yield from _secrets(getattr(value, field.name), f"{above}.{field.name}".lstrip("."))


def _examined(kernel: Kernel, account: Account[Any]) -> Flow[Findings]:
    provider = kernel.provider(account)
    if not isinstance(provider, Examines):
        why = f"the provider {account.provider!r} knows no read that would show it"
        return (Finding.not_asked(CREDENTIALS, why, "send something in a test environment"),)
    return (yield from under(kernel, account, provider.examine(account)))


def _checked(check: str, account: str, flow: Flow[Findings]) -> Flow[Findings]:
    """Run a check within its time; what it raises is its finding."""
    try:
        return _of(account, (yield from _limited(flow, time.monotonic() + PATIENCE)))
    except ParaphError as error:
        found = _failed(check, error)
    except Exception as error:  # noqa: BLE001 - a plugin's bug must not cost the other findings
        found = (_bug(check, error),)
    return _of(account, found)


def _failed(check: str, error: ParaphError) -> Findings:
    """Make findings of an error: one for each of its problems, if it has some."""
    problems = getattr(error, "problems", ())
    if problems:
        return tuple(
            Finding.fail(check, f"{problem.path}: {problem.message}", problem.hint) for problem in problems
        )
    hint = "the store's URL is store.url in the configuration" if isinstance(error, StoreError) else ""
    return (Finding.fail(check, str(error), hint),)


def _bug(check: str, error: Exception) -> Finding:
    # Its text may hold anything, so only its class is shown.
    return Finding.fail(
        check, f"looking failed with {type(error).__name__}", "report it to the plugin's author"
    )


def _limited(flow: Flow[R], until: float) -> Flow[R]:
    """Run a flow with short time-outs, and begin no request or pause of it after ``until`` (monotonic)."""

    def answer(command: Command) -> Flow[Any] | None:
        match command:
            case Http() | Download():
                _not_after(until)
                command.request.extensions.update({"timeout": dict(PHASES), UNTIL: until})
            case Sleep(seconds):
                _not_after(until - seconds)
            case Shared():
                return _shared(command, until)
            case _:
                pass
        return None

    return intercept(flow, answer)


def _shared(command: Shared, until: float) -> Flow[Any]:
    produce = command.produce
    result = yield attrs.evolve(command, produce=lambda: _limited(produce(), until))
    return result


def _not_after(until: float) -> None:
    if time.monotonic() > until:
        raise TimedOut(f"the check took longer than {PATIENCE:g} seconds")
