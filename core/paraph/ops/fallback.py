"""Passing an envelope on to the next account of its route, when the first one fails.

Theory of operation
===================

An envelope may be published once, so another account may only carry it if the first never can any more:

==============================================  =================================================
found in the journal of the attempt             then
==============================================  =================================================
a publication was attempted, even if refused    never
nothing, or contacts alone                      at once
a draft whose vendor id is known                if the vendor closes it, and a read confirms that
a draft in doubt, or without an id              never: it cannot be closed
==============================================  =================================================

Before a draft is closed the attempt becomes ``closing``: from then on no process can begin to publish it.
If the draft cannot be closed, the attempt is open again; if the vendor does not say, it stays closing until
a ``resume`` finds out, for nobody may publish what may be closed. The failure is told in both cases.
Otherwise one transaction supersedes it and begins the next attempt, so that an envelope always has exactly
one attempt that may publish. News of the superseded one are recorded under its number, and move nothing.

The next account is one of the same environment (decision 0010), whatever the file says by now.

Which failures pass an envelope on: the vendor is down, limits, refuses the credentials or the request, or
answers what cannot be understood. What is uncertain, and what is wrong here, is told as ever.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime
from typing import Any, Final

import attrs

from paraph.errors import ConfigurationError, Refused, VendorError
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, new_id, now
from paraph.model import Envelope, Policy
from paraph.ops.carry import under
from paraph.ops.check import found_terms
from paraph.ops.journal import TRIED
from paraph.ops.kernel import Kernel, carried_of, current_attempt
from paraph.ops.route import STAYED, STEP, codes_of, first_able
from paraph.ops.terms import keep_terms, on_terms, policy_of
from paraph.provider.capability import Capability
from paraph.provider.protocol import ClosesDrafts
from paraph.store.protocol import Transaction
from paraph.store.records import AttemptRecord, AttemptState, StepKind, StepRecord, StepState

log = logging.getLogger("paraph.fallback")

PUBLISHED_MAYBE: Final = "a publication was attempted"
IN_DOUBT: Final = "something of it may exist at the vendor and cannot be closed"
NOT_CLOSED: Final = "its draft cannot be closed"
UNKNOWN_IF_CLOSED: Final = "whether its draft is closed is not known; client.resume tries it again"


def pass_on(
    kernel: Kernel, envelope: Envelope, attempt: AttemptRecord, error: VendorError | Refused
) -> Flow[AttemptRecord | None]:
    """Return the attempt that carries the envelope from now on, or ``None`` if it stays where it is.

    :param error: why the attempt failed; it is told why the envelope was not passed on.
    """
    reason = yield from call(_reason, kernel, attempt)
    if reason is None:
        return None
    scope = kernel.judging((yield from call(_policy, kernel, envelope.id)))
    candidate = yield from _next(scope, envelope, attempt, reason)
    if candidate is None:
        yield from _settled(kernel, envelope, attempt)
        if len(reason["candidates"]) > 1:
            error.add_note("no other account of its route can carry it now")
        return None
    kept = yield from _fenced(kernel, envelope, attempt)
    if kept is not None:
        log.warning("envelope %s stays with account %s: %s", envelope.id, attempt.account, kept)
        error.add_note(f"it was not passed on to another account: {kept}")
        at = yield from now()
        yield from call(_note_stay, kernel, attempt, kept, at)
        return None
    at = yield from now()
    attempt_id = yield from new_id()
    following = yield from call(
        _supersede,
        kernel,
        attempt,
        candidate,
        attempt_id,
        at,
        {**reason, "failed": _failure(reason, attempt, error)},
        found_terms(scope, candidate),
    )
    log.warning("envelope %s is passed on from account %s to %s", envelope.id, attempt.account, candidate)
    return following


def _failure(reason: dict[str, Any], attempt: AttemptRecord, error: Exception) -> dict[str, str]:
    return {**reason.get("failed", {}), attempt.account: type(error).__name__}


def _reason(kernel: Kernel, attempt: AttemptRecord) -> dict[str, Any] | None:
    """Return why the attempt's account was chosen; ``None`` if it was named, so that no other is asked."""
    with kernel.store.begin() as tx:
        kept = tx.step(attempt.id, STEP)
    if kept is None:
        return None
    found: dict[str, Any] = json.loads(kept.result)
    return found


def _next(
    kernel: Kernel, envelope: Envelope, attempt: AttemptRecord, reason: dict[str, Any]
) -> Flow[str | None]:
    """Find the next candidate of the environment that can carry the envelope now and was not tried before."""
    tried = yield from call(_tried, kernel, envelope.id)
    accounts = kernel.config.accounts
    names = [
        name
        for name in reason["candidates"]
        if name not in tried and name in accounts and accounts[name].environment == attempt.environment
    ]
    found, _, passed = yield from first_able(kernel, envelope, names, live=True)
    reason["passed"].update({name: codes_of(problems) for name, problems in passed.items()})
    return found


def _policy(kernel: Kernel, envelope_id: str) -> Policy | None:
    with kernel.store.begin() as tx:
        return policy_of(tx, envelope_id)


def _tried(kernel: Kernel, envelope_id: str) -> frozenset[str]:
    with kernel.store.begin() as tx:
        return frozenset(each.account for each in tx.attempts(envelope_id))


def _fenced(kernel: Kernel, envelope: Envelope, attempt: AttemptRecord) -> Flow[str | None]:
    """Make certain that the attempt never publishes; return why not, if it is not certain."""
    kept = yield from call(_close_gate, kernel, attempt)
    if kept is not None:
        return kept
    exists = yield from call(_exists, kernel, attempt)
    if not exists:
        return None
    try:
        confirmed = yield from _close(kernel, envelope, attempt)
    except (VendorError, ConfigurationError):
        return UNKNOWN_IF_CLOSED
    if confirmed:
        return None
    yield from call(_reopen, kernel, attempt)
    return NOT_CLOSED


def _settled(kernel: Kernel, envelope: Envelope, attempt: AttemptRecord) -> Flow[None]:
    """Open a closing attempt again, now that nobody else takes it, unless its draft is or may be closed."""
    stored = yield from call(_stored, kernel, attempt)
    if stored.state is not AttemptState.CLOSING:
        return
    if (yield from call(_exists, kernel, attempt)):
        yield from _fenced(kernel, envelope, attempt)
    else:
        yield from call(_reopen, kernel, attempt)


def _close_gate(kernel: Kernel, attempt: AttemptRecord) -> str | None:
    """Let nobody begin to publish from now on, unless somebody did; return why it cannot be fenced."""
    with kernel.store.begin() as tx:
        stored = tx.attempt(attempt.id)
        current = current_attempt(tx, attempt.envelope_id)
        if stored is None or current is None or current.id != attempt.id:
            return "another attempt carries it"
        if stored.state not in {AttemptState.OPEN, AttemptState.CLOSING}:
            return PUBLISHED_MAYBE
        steps = _own_steps(tx, attempt)
        if any(step.kind is StepKind.PUBLISH or step.key == TRIED for step in steps):
            return PUBLISHED_MAYBE
        parts = [step for step in steps if step.kind is StepKind.DRAFT]
        if parts and stored.vendor_ref is None:
            return IN_DOUBT
        tx.put_attempt(attrs.evolve(stored, state=AttemptState.CLOSING))
    return None


def _note_stay(kernel: Kernel, attempt: AttemptRecord, why: str, at: datetime) -> None:
    """Keep why the envelope stays, for whoever asks later (:mod:`paraph.ops.decisions`)."""
    with kernel.store.begin() as tx:
        tx.put_step(
            StepRecord(
                attempt_id=attempt.id,
                key=STAYED,
                kind=StepKind.ASIDE,
                state=StepState.DONE,
                result=json.dumps({"why": why}),
                at=at,
            )
        )


def _own_steps(tx: Transaction, attempt: AttemptRecord) -> tuple[StepRecord, ...]:
    return tuple(step for step in tx.steps(attempt.id) if step.key != STEP)


def _exists(kernel: Kernel, attempt: AttemptRecord) -> bool:
    """Whether anything of the envelope is, or may be, at the vendor."""
    with kernel.store.begin() as tx:
        stored = tx.attempt(attempt.id)
        parts = [step for step in _own_steps(tx, attempt) if step.kind is StepKind.DRAFT]
    return bool(parts) or bool(stored and stored.vendor_ref)


def _close(kernel: Kernel, envelope: Envelope, attempt: AttemptRecord) -> Flow[bool]:
    account = yield from call(kernel.carrier, attempt)
    provider = kernel.provider(account)
    if Capability.CLOSE_DRAFT not in provider.capabilities(account) or not isinstance(provider, ClosesDrafts):
        return False
    stored = yield from call(_stored, kernel, attempt)
    carried = carried_of((yield from on_terms(kernel, envelope, account, stored)), stored)
    return (yield from under(kernel, account, provider.close_draft(carried, account)))


def _stored(kernel: Kernel, attempt: AttemptRecord) -> AttemptRecord:
    with kernel.store.begin() as tx:
        return tx.attempt(attempt.id) or attempt


def _reopen(kernel: Kernel, attempt: AttemptRecord) -> None:
    with kernel.store.begin() as tx:
        stored = tx.attempt(attempt.id)
        if stored is not None and stored.state is AttemptState.CLOSING:
            tx.put_attempt(attrs.evolve(stored, state=AttemptState.OPEN))


def _supersede(
    kernel: Kernel,
    attempt: AttemptRecord,
    candidate: str,
    attempt_id: str,
    at: datetime,
    reason: dict[str, Any],
    terms: str | None,
) -> AttemptRecord | None:
    origin = kernel.origin(candidate)
    with kernel.store.begin() as tx:
        current = current_attempt(tx, attempt.envelope_id)
        if current is None or current.id != attempt.id:
            return current  # another process was faster: its attempt carries the envelope
        if current.state is not AttemptState.CLOSING:
            return None
        tx.put_attempt(attrs.evolve(current, state=AttemptState.SUPERSEDED))
        following = AttemptRecord(
            id=attempt_id,
            envelope_id=attempt.envelope_id,
            number=current.number + 1,
            account=candidate,
            provider=origin.provider,
            environment=origin.environment,
            vendor_tenant=origin.vendor_tenant,
            started_at=at,
        )
        tx.put_attempt(following)
        tx.move_envelope(attempt.envelope_id, account=candidate)
        if terms is not None:
            keep_terms(tx, attempt_id, terms, at)
        tx.put_step(
            StepRecord(
                attempt_id=attempt_id,
                key=STEP,
                kind=StepKind.ASIDE,
                state=StepState.DONE,
                result=json.dumps(reason),
                at=at,
            )
        )
    return following
