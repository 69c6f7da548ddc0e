"""Which account carries an envelope: ``route`` and ``options``, and the choice that ``send`` makes.

The rules give candidates (:mod:`paraph.routing`); the first one that can carry the whole envelope is
taken. A candidate that cannot, or whose vendor does not answer a read, is passed over: nothing of the
envelope exists anywhere yet. What was passed over, and why, is kept with the attempt.
"""

from __future__ import annotations

import json
from typing import Any

import attrs

from paraph.errors import ConfigurationError, Refused, VendorError
from paraph.flow.commands import Flow
from paraph.flow.helpers import now
from paraph.model import Envelope, Problem
from paraph.ops.check import check_account, refuse_if_blocked
from paraph.ops.kernel import Kernel
from paraph.routing import Decision, decide

STEP = "paraph:route"
"""Key of the journal entry that keeps why an account was chosen. No provider's key has a colon first."""


@attrs.frozen(kw_only=True)
class Option:
    """An account, and everything that is against sending the envelope through it.

    :ivar candidate: its place among the route's candidates, from 1; ``None`` if it is none.
    """

    account: str
    provider: str
    environment: str
    candidate: int | None
    problems: tuple[Problem, ...]

    @property
    def possible(self) -> bool:
        """Whether nothing blocks it."""
        return not any(problem.blocking for problem in self.problems)


@attrs.frozen(kw_only=True)
class Routing:
    """Why an envelope would go where.

    :ivar account: the account that would carry it now; ``None`` if no candidate can.
    """

    account: str | None
    decision: Decision
    options: tuple[Option, ...]


@attrs.frozen(kw_only=True)
class Choice:
    """The account that carries an envelope.

    :ivar reason: what is kept of the decision, as JSON; ``None`` where no rule was asked.
    """

    account: str
    problems: tuple[Problem, ...]
    reason: str | None = None


def options(kernel: Kernel, envelope: Envelope, *, live: bool = False) -> Flow[tuple[Option, ...]]:
    """Return every configured account with its problems, candidates first, in order of preference.

    :param live: also ask the vendors, with reads only.
    """
    found = yield from route(kernel, envelope, live=live)
    return found.options


def route(kernel: Kernel, envelope: Envelope, *, live: bool = False) -> Flow[Routing]:
    """Explain which account would carry an envelope: every rule, every condition, every account.

    :param live: also ask the vendors, with reads only.
    """
    decision = yield from _decision(kernel, envelope)
    others = sorted(set(kernel.config.accounts) - set(decision.candidates))
    found = []
    for name in (*decision.candidates, *others):
        problems = yield from problems_of(kernel, envelope, name, live=live)
        described = kernel.config.accounts[name]
        found.append(
            Option(
                account=name,
                provider=described.provider,
                environment=described.environment,
                candidate=decision.candidates.index(name) + 1 if name in decision.candidates else None,
                problems=problems,
            )
        )
    chosen = next((each.account for each in found if each.candidate and each.possible), None)
    return Routing(account=chosen, decision=decision, options=tuple(found))


def check(
    kernel: Kernel, envelope: Envelope, *, account: str | None = None, live: bool = False
) -> Flow[tuple[Problem, ...]]:
    """Return every problem that sending this envelope would have.

    :param account: the account's name. Without one, the routes and the default choose: the problems are those
        of the account that would carry it or, if none can, of all candidates.
    :param live: also ask the vendor, with reads only.
    :raises UnknownAccount, ConfigurationError: the account cannot be used at all.
    """
    try:
        choice = yield from choose(kernel, envelope, account, live=live)
    except Refused as refused:
        return refused.problems
    return choice.problems


def choose(kernel: Kernel, envelope: Envelope, account: str | None, *, live: bool) -> Flow[Choice]:
    """Choose the account that carries an envelope.

    :raises Refused: no candidate can carry it; every problem is listed.
    :raises ConfigurationError: there is no candidate, or the only one cannot be used.
    :raises VendorError: the only candidate's vendor failed.
    """
    if account is None:
        decision = yield from _decision(kernel, envelope)
    else:
        decision = Decision(candidates=(account,), route=None, rules=())
    if not decision.candidates:
        names = ", ".join(sorted(kernel.config.accounts))
        msg = f"no account was named, no route matches and there is no default; accounts: {names}"
        raise ConfigurationError(msg)
    if len(decision.candidates) == 1:
        name = decision.candidates[0]
        problems = yield from check_account(kernel, envelope, name, live=live)
        refuse_if_blocked(problems, name)
        return Choice(account=name, problems=problems, reason=_reason(decision, {}))
    passed: dict[str, tuple[Problem, ...]] = {}
    for name in decision.candidates:
        problems = yield from problems_of(kernel, envelope, name, live=live)
        if not any(problem.blocking for problem in problems):
            return Choice(account=name, problems=problems, reason=_reason(decision, passed))
        passed[name] = problems
    listed = ", ".join(repr(name) for name in passed)
    raise Refused(
        f"none of the accounts {listed} can carry this envelope; nothing was sent",
        tuple(
            attrs.evolve(problem, path=f"{name}: {problem.path}")
            for name, problems in passed.items()
            for problem in problems
        ),
    )


def _decision(kernel: Kernel, envelope: Envelope) -> Flow[Decision]:
    at = yield from now()
    return decide(kernel.config.routes, kernel.config.default, envelope, at)


def problems_of(kernel: Kernel, envelope: Envelope, name: str, *, live: bool) -> Flow[tuple[Problem, ...]]:
    """Return an account's problems; that it cannot be used, or its vendor asked, is one of them."""
    try:
        return (yield from check_account(kernel, envelope, name, live=live))
    except ConfigurationError as error:
        found = error.problems or (
            Problem(path=f"accounts.{name}", code="account.unusable", message=error.headline),
        )
        return tuple(found)
    except VendorError as error:
        message = f"the vendor cannot be asked now: {type(error).__name__}"
        return (Problem(path=f"accounts.{name}", code="vendor.unavailable", message=message),)


def _reason(decision: Decision, passed: dict[str, tuple[Problem, ...]]) -> str | None:
    """Return what is kept of a decision: names and codes only, nothing personal."""
    if not decision.rules and not passed:
        return None
    kept: dict[str, Any] = {
        "route": decision.route,
        "candidates": list(decision.candidates),
        "passed": {
            name: sorted({problem.code for problem in problems if problem.blocking})
            for name, problems in passed.items()
        },
    }
    return json.dumps(kept)
