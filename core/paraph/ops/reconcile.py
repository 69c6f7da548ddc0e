"""Reconciling: what no delivery told is found by reading, at growing intervals, within a budget.

Theory of operation
===================

1. Every published attempt has a poll: when it is due to be read. Whoever takes one moves it ahead by
   :data:`LEASE` in the transaction that found it. So two processes never read the same envelope at once, and
   one that dies costs no more than that time.
2. A read that shows something new begins the intervals anew, one that shows nothing makes them longer, up
   to :data:`LONGEST`. An envelope that has ended, and of which nothing more is awaited, is forgotten; what
   webhooks have ended meanwhile is forgotten without a read.
3. Before that, the vendor's own list of past deliveries is asked for, where it has one: what it tells and
   the ledger lacks is recorded, as confirmed, since the vendor's API says it.
4. The budget is counted per account: one for the list, one for each envelope. Besides, reading never takes
   more than ``limits.polls_per_minute`` of the account, which ``wait`` draws on, too. A vendor that is down,
   or refuses the credentials, ends the account's turn; its polls wait. Whatever else a list or an envelope
   meets, a plugin's bug included, costs the others nothing.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from paraph.errors import (
    AuthenticationFailed,
    ConfigurationError,
    PermissionDenied,
    StoreError,
    VendorError,
)
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, now
from paraph.model import Lifecycle, Observation, Snapshot, Source, Trust
from paraph.ops.carry import under
from paraph.ops.kernel import Kernel, current_attempt
from paraph.ops.look import read
from paraph.ops.observe import observe, project
from paraph.ops.pacing import may_poll
from paraph.provider.account import Account
from paraph.provider.capability import Capability
from paraph.provider.protocol import ListsEvents
from paraph.store.records import PollRecord

FIRST: Final = timedelta(minutes=1)
GROWTH: Final = 1.6
LONGEST: Final = timedelta(hours=6)
LEASE: Final = timedelta(minutes=10)
"""How long a poll that was taken belongs to whoever took it."""

BUDGET: Final = 100
"""What one turn may ask of an account's vendor, where nothing else says."""

EVIDENCE_READS: Final = 20
"""Reads without news after which evidence of a completed envelope is not waited for any longer."""

log = logging.getLogger("paraph.reconcile")


@attrs.frozen(kw_only=True)
class Reconciled:
    """What became of one account's turn.

    :ivar read: envelopes that were read. ``events``: how much was new.
    :ivar ended: envelopes that are not read any more.
    :ivar left: whether more were due than the budget allowed.
    :ivar failure: why the turn ended early, or what the list or an envelope met that is no answer of the
        vendor, as a class of error; empty if there was nothing.
    """

    account: str
    read: int = 0
    events: int = 0
    ended: int = 0
    left: bool = False
    failure: str = ""


def interval(reads: int) -> timedelta:
    """Return the time to the next read after so many without news."""
    grown = FIRST.total_seconds() * GROWTH ** min(reads, 30)
    return min(timedelta(seconds=grown), LONGEST)


def reconcile(
    kernel: Kernel, *, account: str | None = None, budget: int | None = None
) -> Flow[tuple[Reconciled, ...]]:
    """Read open envelopes that are due, and what the vendor lists of past deliveries.

    Safe to run in several processes at once.

    :param account: only this one. ``budget``: how much may be asked of each account's vendor; ``None``: what
        the account may poll in a minute (``limits.polls_per_minute``), or 100 where nothing limits that.
    :raises UnknownAccount: no such account. :raises StoreError: the store failed.
    """
    names = tuple(kernel.config.accounts) if account is None else (account,)
    turns = []
    for name in names:
        turns.append((yield from _turn(kernel, name, budget, asked=account is not None)))  # noqa: PERF401 - a comprehension cannot yield from
    return tuple(turns)


def _turn(kernel: Kernel, name: str, given: int | None, *, asked: bool) -> Flow[Reconciled]:
    done = Reconciled(account=name)
    try:
        account = yield from call(kernel.account, name)
    except ConfigurationError as error:
        if asked:
            raise
        return attrs.evolve(done, failure=type(error).__name__)
    budget = given if given is not None else max(1, int(account.limits.polls or BUDGET))
    try:
        if budget > 0 and _lists(kernel, account) and (yield from may_poll(kernel, account)):
            budget -= 1
            done = yield from _swept(kernel, account, done)
        return (yield from _polls(kernel, account, budget, done))
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - a plugin's bug must not cost the other accounts their turn
        log.warning("account %s: reconciling ended early (%s)", name, type(error).__name__)
        return attrs.evolve(done, failure=type(error).__name__)


def _swept(kernel: Kernel, account: Account[Any], done: Reconciled) -> Flow[Reconciled]:
    """Sweep; a list that cannot be had or understood keeps nobody from reading the envelopes."""
    try:
        return attrs.evolve(done, events=(yield from _sweep(kernel, account)))
    except StoreError:
        raise
    except Exception as error:
        if isinstance(error, AuthenticationFailed) or (isinstance(error, VendorError) and error.retryable):
            raise
        kind = type(error).__name__
        log.warning("account %s: its list of deliveries cannot be read (%s)", account.name, kind)
        return attrs.evolve(done, failure=kind)


def _lists(kernel: Kernel, account: Account[Any]) -> bool:
    return Capability.EVENT_LIST in kernel.provider(account).capabilities(account)


def _sweep(kernel: Kernel, account: Account[Any]) -> Flow[int]:
    """Record what the vendor lists; return how much was new."""
    provider = kernel.provider(account)
    if not isinstance(provider, ListsEvents):
        return 0
    listed = yield from under(kernel, account, provider.past_deliveries(account))
    new = 0
    for past in listed:
        if past.facts:
            at = yield from now()
            observation = Observation(
                source=Source.SWEEP,
                trust=Trust.CONFIRMED,
                observed_at=at,
                facts=past.facts,
                our_reference=past.our_reference,
            )
            new += len((yield from observe(kernel, observation, account.name)))
    return new


def _polls(kernel: Kernel, account: Account[Any], budget: int, done: Reconciled) -> Flow[Reconciled]:
    if Capability.READ_STATUS not in kernel.provider(account).capabilities(account):
        return done
    while True:
        at = yield from now()
        taken = yield from call(_take, kernel, account.name, at)
        if taken is None:
            return done
        poll, envelope_id = taken
        snapshot = None if envelope_id is None else (yield from project(kernel, envelope_id))
        if envelope_id is None or snapshot is None or _finished(kernel, account, snapshot, poll):
            yield from call(_drop, kernel, poll)
            done = attrs.evolve(done, ended=done.ended + 1)
            continue
        if budget <= 0 or not (yield from may_poll(kernel, account)):
            yield from call(_put, kernel, poll)
            return attrs.evolve(done, left=True)
        budget -= 1
        try:
            events = yield from read(kernel, envelope_id)
        except VendorError as error:
            yield from call(_later, kernel, poll, at, poll.reads + 1)
            if error.retryable or isinstance(error, AuthenticationFailed | PermissionDenied):
                log.warning("account %s: reconciling ended early (%s)", account.name, type(error).__name__)
                return attrs.evolve(done, read=done.read + 1, failure=type(error).__name__)
            log.warning("envelope %s cannot be read: %s", envelope_id, type(error).__name__)
            done = attrs.evolve(done, read=done.read + 1)
            continue
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - what one envelope meets must not cost the others
            yield from call(_later, kernel, poll, at, poll.reads + 1)
            log.warning("envelope %s cannot be read: %s", envelope_id, type(error).__name__)
            done = attrs.evolve(done, read=done.read + 1, failure=type(error).__name__)
            continue
        done = attrs.evolve(done, read=done.read + 1, events=done.events + len(events))
        snapshot = yield from project(kernel, envelope_id)
        after = attrs.evolve(poll, reads=0 if events else poll.reads + 1)
        if _finished(kernel, account, snapshot, after):
            yield from call(_drop, kernel, poll)
            done = attrs.evolve(done, ended=done.ended + 1)
        else:
            yield from call(_later, kernel, poll, at, after.reads)


def _finished(kernel: Kernel, account: Account[Any], snapshot: Snapshot, poll: PollRecord) -> bool:
    """Whether nothing more is to be learned by reading."""
    if not snapshot.ended:
        return False
    offered = kernel.provider(account).capabilities(account).evidence
    awaited = snapshot.lifecycle is Lifecycle.COMPLETED and bool(offered) and not snapshot.evidence_ready
    return not awaited or poll.reads >= EVIDENCE_READS


def _take(kernel: Kernel, account: str, at: datetime) -> tuple[PollRecord, str | None] | None:
    """Take the longest due poll, so that nobody else does.

    :returns: the poll as it was, and the envelope that its attempt still carries, or ``None``.
    """
    with kernel.store.begin() as tx:
        due = tx.due_polls(account, at, limit=1)
        if not due:
            return None
        tx.put_poll(attrs.evolve(due[0], next_at=at + LEASE))
        attempt = tx.attempt(due[0].attempt_id)
        current = None if attempt is None else current_attempt(tx, attempt.envelope_id)
    carries = current is not None and current.id == due[0].attempt_id
    return due[0], current.envelope_id if current and carries else None


def _put(kernel: Kernel, poll: PollRecord) -> None:
    with kernel.store.begin() as tx:
        tx.put_poll(poll)


def _later(kernel: Kernel, poll: PollRecord, at: datetime, reads: int) -> None:
    _put(kernel, attrs.evolve(poll, reads=reads, next_at=at + interval(reads)))


def _drop(kernel: Kernel, poll: PollRecord) -> None:
    with kernel.store.begin() as tx:
        tx.drop_poll(poll.attempt_id)
