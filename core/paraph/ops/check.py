"""Everything that is wrong with an envelope for an account, at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import attrs

from paraph.adapting import Change, adapted, judged
from paraph.errors import ConfigurationError, Refused
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, now
from paraph.flow.session import client_options
from paraph.foreign import option_problems
from paraph.kinds import classified
from paraph.model import Envelope, Problem
from paraph.ops.carry import certificate_of, under
from paraph.ops.kernel import Kernel
from paraph.ops.terms import Terms, defaults_for, options_class
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
    return (yield from examine(kernel, envelope, account, live=live)).problems


ROUNDS: Final = 8
"""How often a changed request is looked at again; a company rule may undo what another one wants."""


@attrs.frozen(kw_only=True)
class Examined:
    """An envelope on the terms of an account, and everything against it.

    :ivar envelope: as the provider would be given it.
    """

    envelope: Envelope = attrs.field(repr=False)
    terms: Terms
    problems: tuple[Problem, ...]


def examine(kernel: Kernel, envelope: Envelope, account: str, *, live: bool) -> Flow[Examined]:
    """Fill in an account's defaults, change what its policy changes, and find what remains.

    Whatever was changed is among the problems, as a warning with what it was and what it is.

    :raises UnknownAccount, ConfigurationError: the account cannot be used at all.
    """
    at = yield from now()
    chosen = yield from call(kernel.account, account)
    how = kernel.policy or chosen.policy
    options = options_class(kernel, chosen)
    defaults = defaults_for(envelope, chosen, at, options)
    asked = Terms(defaults=defaults).apply(envelope, options)
    changes: tuple[Change, ...] = ()
    found: tuple[Problem, ...] = ()
    for _ in range(ROUNDS):
        found = yield from call(_static, kernel, asked, chosen, at)
        asked, made = adapted(asked, found, how)
        if not made and live and not any(problem.blocking for problem in judged(found, how)):
            flow = kernel.provider(chosen).preflight(asked, chosen)
            found += tuple(classified((yield from under(kernel, chosen, flow))))
            asked, made = adapted(asked, found, how)
        changes += made
        if not made:
            break
    problems = (*(each.problem for each in changes), *judged(found, how))
    terms = Terms(policy=kernel.policy, defaults=defaults, changes=changes)
    examined = Examined(envelope=asked, terms=terms, problems=problems)
    if kernel.examined is not None:
        kernel.examined[account] = examined
    return examined


def found_terms(kernel: Kernel, account: str) -> str | None:
    """Return the terms on which an account was last examined in this operation, as JSON."""
    found = (kernel.examined or {}).get(account)
    return found.terms.text() if isinstance(found, Examined) else None


def with_defaults(envelope: Envelope, account: Account[Any]) -> Envelope:
    """Fill what the envelope leaves open from the account's neutral defaults, but for its expiry."""
    found = defaults_for(envelope, account, datetime.fromtimestamp(0, UTC), None)
    lasting = tuple(each for each in found if each.path != "expires_at")
    return Terms(defaults=lasting).apply(envelope, None)


def _static(kernel: Kernel, envelope: Envelope, account: Account[Any], at: datetime) -> tuple[Problem, ...]:
    def found() -> Iterator[Problem]:
        provider = kernel.provider(account)
        offered = provider.capabilities(account)
        yield from neutral_problems(envelope, at)
        yield from pdf_problems(envelope)
        yield from capability_problems(envelope, offered)
        yield from option_problems(envelope, options_class(kernel, account), partial(_owner_of, kernel))
        yield from recipient_problems(envelope, account)
        yield from _certificate_problems(kernel, account)
        yield from visibility_problems(offered)
        yield from provider.check(envelope, account)
        yield from kernel.registry.check_envelope(envelope, account)

    return tuple(classified(found()))


def _owner_of(kernel: Kernel, kind: type) -> str:
    """Return the name of the configured provider whose class of envelope options this is."""
    providers = sorted({account.provider for account in kernel.config.accounts.values()})
    return next((name for name in providers if kernel.options_class(name) is kind), "another provider")


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
