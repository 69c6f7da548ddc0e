"""Which account carries an envelope: ``route`` and ``options``, and the choice that ``send`` makes.

The rules give candidates (:mod:`paraph.routing`); the first one that can carry the whole envelope is
taken. A candidate that cannot, or whose vendor does not answer a read, is passed over: nothing of the
envelope exists anywhere yet. What was passed over, and why, is kept with the attempt.

A candidate that rests because its vendor failed often (:mod:`paraph.flow.breaker`) is passed over, too, and
not asked anything; but if nobody else can carry the envelope, it is tried all the same. So is an account that
was named, or the only candidate: to refuse an envelope on a guess is worse than to fail once more, and the
try may find that the vendor works again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from paraph.errors import ConfigurationError, Refused, VendorError
from paraph.flow.breaker import Probe, Rest
from paraph.flow.commands import Flow
from paraph.flow.helpers import now
from paraph.model import Envelope, Policy, Problem, ProblemKind, Severity
from paraph.ops.check import check_account, refuse_if_blocked
from paraph.ops.kernel import Kernel
from paraph.ops.pinned import Pinned, pinned
from paraph.routing import Decision, decide

STEP = "paraph:route"
"""Key of the journal entry that keeps why an account was chosen. No provider's key has a colon first."""

STAYED = "paraph:stayed"
"""Key of the journal entry that keeps why an envelope stayed with an account where it had failed."""

RESTING = "account.resting"
"""Code of the problem that an account has while its vendor is not asked, since it failed often."""

ELSEWHERE = "environment.other"
"""Code of the problem of an account that the rule or the default names and that is never taken: the first
one's environment is another (decision 0010)."""


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
        return not is_blocked(self.problems)

    @property
    def resting(self) -> bool:
        """Whether it is passed over as long as another candidate can carry the envelope."""
        return is_resting(self.problems)


@attrs.frozen(kw_only=True)
class Routing:
    """Why an envelope would go where.

    :ivar account: the account that would carry it now; ``None`` if no candidate can.
    :ivar pinned: what is known of it, if it was sent before: it stays with its account.
    """

    account: str | None
    decision: Decision
    options: tuple[Option, ...]
    pinned: Pinned | None = None


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
    named = (*decision.candidates, *decision.elsewhere)
    others = sorted(set(kernel.config.accounts) - set(named))
    found = []
    for name in (*named, *others):
        problems = yield from problems_of(kernel, envelope, name, live=live, keep=False)
        described = kernel.config.accounts[name]
        if name in decision.elsewhere:
            problems = (_elsewhere(name, described.environment, decision.candidates[0]), *problems)
        found.append(
            Option(
                account=name,
                provider=described.provider,
                environment=described.environment,
                candidate=decision.candidates.index(name) + 1 if name in decision.candidates else None,
                problems=problems,
            )
        )
    able = sorted((each for each in found if each.candidate and each.possible), key=lambda each: each.resting)
    chosen = able[0].account if able else None
    known = yield from pinned(kernel, envelope)
    if known is not None:
        chosen = known.account if known.same else None
    return Routing(account=chosen, decision=decision, options=tuple(found), pinned=known)


def check(
    kernel: Kernel,
    envelope: Envelope,
    *,
    account: str | None = None,
    live: bool = False,
    policy: Policy | str | None = None,
) -> Flow[tuple[Problem, ...]]:
    """Return every problem that sending this envelope would have, and all that would be changed beforehand.

    Of an envelope that was sent before, that is all there is to say: it is not checked again.

    :param account: the account's name. Without one, the routes and the default choose: the problems are those
        of the account that would carry it or, if none can, of all candidates.
    :param live: also ask the vendor, with reads only.
    :param policy: how strictly the request is taken, in place of the account's own policy.
    :raises UnknownAccount, ConfigurationError: the account cannot be used at all.
    """
    known = yield from pinned(kernel, envelope)
    if known is not None:
        return known.problems(account)
    scope = kernel.judging(Policy(policy) if policy else None)
    try:
        choice = yield from choose(scope, envelope, account, live=live)
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
    found, problems, passed = yield from first_able(kernel, envelope, decision.candidates, live=live)
    if found is not None:
        return Choice(account=found, problems=problems, reason=_reason(decision, passed))
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
    config = kernel.config
    environments = {name: account.environment for name, account in config.accounts.items()}
    return decide(config.routes, config.default, envelope, at, environments)


def _elsewhere(name: str, environment: str, first: str) -> Problem:
    return Problem(
        path=f"accounts.{name}",
        code=ELSEWHERE,
        kind=ProblemKind.UNSAYABLE,
        message=f"this is a {environment} account, and the first candidate, {first!r}, is none",
        hint="an envelope never changes its environment",
    )


def first_able(
    kernel: Kernel, envelope: Envelope, names: Sequence[str], *, live: bool
) -> Flow[tuple[str | None, tuple[Problem, ...], dict[str, tuple[Problem, ...]]]]:
    """Return the first account that can carry an envelope, its problems, and those that were passed over.

    One that rests comes last, whatever its place.
    """
    passed: dict[str, tuple[Problem, ...]] = {}
    for name in names:
        problems = yield from problems_of(kernel, envelope, name, live=live)
        if not is_blocked(problems) and not is_resting(problems):
            return name, problems, passed
        passed[name] = problems
    for name in [each for each, problems in passed.items() if not is_blocked(problems)]:
        problems = yield from _all_problems_of(kernel, envelope, name, live=live)
        if not is_blocked(problems):
            del passed[name]
            return name, problems, passed
        passed[name] = problems
    return None, (), passed


def is_blocked(problems: Iterable[Problem]) -> bool:
    """Whether one of them refuses the operation."""
    return any(problem.blocking for problem in problems)


def is_resting(problems: Iterable[Problem]) -> bool:
    """Whether one of them says that the account rests."""
    return any(problem.code == RESTING for problem in problems)


def codes_of(problems: Iterable[Problem]) -> list[str]:
    """Return why an account was passed over: codes only, nothing personal."""
    return sorted({each.code for each in problems if each.blocking or each.code == RESTING})


def problems_of(
    kernel: Kernel, envelope: Envelope, name: str, *, live: bool, keep: bool = True
) -> Flow[tuple[Problem, ...]]:
    """Return an account's problems; that it cannot be used, or its vendor asked, is one of them.

    That it rests is one, too: a warning. Then its vendor is not asked. If it has rested long enough, a live
    check is the probe, of which there is one at a time.

    :param keep: whether the probe goes on after a check that found nothing, since the envelope follows.
    """
    health = kernel.health(name)
    if health is None or health.quiet:
        return (yield from _all_problems_of(kernel, envelope, name, live=live))
    at = yield from now()
    state = health.ask(at) if live else health.look(at)
    if isinstance(state, Rest):
        problems = yield from _all_problems_of(kernel, envelope, name, live=False)
        return (*problems, _resting(name, state))
    kept = False
    try:
        problems = yield from _all_problems_of(kernel, envelope, name, live=live)
        kept = keep and not is_blocked(problems)
    finally:
        if isinstance(state, Probe) and not kept:
            health.give_back(state)
    return problems


def _resting(name: str, rest: Rest) -> Problem:
    until = (
        "while it is tried with another envelope"
        if rest.until is None
        else f"until {rest.until:%H:%M:%S} UTC"
    )
    return Problem(
        path=f"accounts.{name}",
        code=RESTING,
        kind=ProblemKind.INCOMPLETE,
        message=f"its vendor failed {rest.failures} times in a row; it rests {until}",
        hint="another candidate is preferred; without one it is tried all the same",
        severity=Severity.WARNING,
    )


def _all_problems_of(
    kernel: Kernel, envelope: Envelope, name: str, *, live: bool
) -> Flow[tuple[Problem, ...]]:
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
        "passed": {name: codes_of(problems) for name, problems in passed.items()},
    }
    return json.dumps(kept)
