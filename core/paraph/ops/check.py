"""Everything that is wrong with an envelope for an account, at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import attrs

from paraph.errors import ConfigurationError, Refused
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, now
from paraph.flow.session import client_options
from paraph.model import Envelope, Problem
from paraph.ops.carry import certificate_of, under
from paraph.ops.kernel import Kernel
from paraph.pdf import pdf_problems
from paraph.preflight import (
    capability_problems,
    neutral_problems,
    recipient_problems,
    visibility_problems,
)
from paraph.provider.account import Account
from paraph.provider.capability import Capabilities


def choose_account(kernel: Kernel, account: str | None) -> str:
    """Return the named account or the default one. :raises ConfigurationError: there is no default."""
    chosen = account or kernel.config.default
    if not chosen:
        names = ", ".join(sorted(kernel.config.accounts))
        msg = f"no account was named and the configuration has no default; accounts: {names}"
        raise ConfigurationError(msg)
    return chosen


def check_account(
    kernel: Kernel, envelope: Envelope, account: str, *, live: bool
) -> Flow[tuple[Problem, ...]]:
    """Return every problem that sending this envelope through this account would have.

    :param live: also ask the vendor, with reads only.
    :raises UnknownAccount, ConfigurationError: the account cannot be used at all.
    """
    at = yield from now()
    chosen = yield from call(kernel.account, account)
    envelope = with_defaults(envelope, chosen)
    problems = yield from call(_static, kernel, envelope, chosen, at)
    if live and not any(problem.blocking for problem in problems):
        flow = kernel.provider(chosen).preflight(envelope, chosen)
        problems += yield from under(kernel, chosen, flow)
    return problems


def with_defaults(envelope: Envelope, account: Account[Any]) -> Envelope:
    """Fill what the envelope leaves open from the account's defaults; its own values win."""
    given = account.defaults
    assurance = envelope.assurance
    if assurance.level is None and assurance.floor is None and "level" in given:
        assurance = attrs.evolve(assurance, level=given["level"])
    return attrs.evolve(
        envelope,
        language=envelope.language or given.get("language"),
        country=envelope.country or given.get("country"),
        assurance=assurance,
    )


def _static(kernel: Kernel, envelope: Envelope, account: Account[Any], at: datetime) -> tuple[Problem, ...]:
    def found() -> Iterator[Problem]:
        provider = kernel.provider(account)
        offered = provider.capabilities(account)
        yield from neutral_problems(envelope, at)
        yield from pdf_problems(envelope)
        yield from capability_problems(envelope, offered)
        yield from recipient_problems(envelope, account)
        yield from _certificate_problems(kernel, account)
        yield from visibility_problems(offered)
        yield from provider.check(envelope, account)
        yield from kernel.registry.check_envelope(envelope, account)

    return tuple(found())


def _certificate_problems(kernel: Kernel, account: Account[Any]) -> Iterator[Problem]:
    """Find a client certificate that cannot be used before a send begins, not in the middle of one."""
    certificate = certificate_of(kernel, account.name)
    if certificate is None:
        return
    try:
        client_options(certificate)
    except ConfigurationError as error:
        yield Problem(
            path=f"accounts.{account.name}.auth", code="certificate.unusable", message=error.headline
        )


def refuse_if_blocked(problems: tuple[Problem, ...], account: str) -> None:
    """Raise if a problem blocks. :raises Refused: with every problem, warnings too."""
    if any(problem.blocking for problem in problems):
        blocking = sum(problem.blocking for problem in problems)
        msg = f"account {account!r} cannot carry this envelope: {blocking} problem(s); nothing was sent"
        raise Refused(msg, problems)


def capabilities(kernel: Kernel, account: str | None = None) -> Flow[Capabilities]:
    """Return what an account offers: the provider's capabilities, narrowed by the account's options."""
    chosen = yield from call(kernel.account, choose_account(kernel, account))
    return kernel.provider(chosen).capabilities(chosen)
