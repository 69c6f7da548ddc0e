"""Reconciling: what no delivery told is found by reading, at growing intervals, within a budget.

Theory of operation
===================

1. Every published attempt has a poll (:mod:`paraph.ops.polling`): when it is due to be read. A read that
   shows something new begins the intervals anew, one that shows nothing makes them longer. An envelope that
   has ended, and of which nothing more is awaited, is forgotten; what webhooks have ended meanwhile is
   forgotten without a read.
2. So has an attempt whose publication was begun. If its send ended there, it may be published or not: the
   send is carried to its end if the vendor shows that it is, and nothing is ever published here. What cannot
   be found out is listed as unfinished, in every turn, until a person resumes or settles it.
3. The vendor's own list of past deliveries is read, too, where it has one (:mod:`paraph.ops.sweep`).
4. The budget is counted per account: each request for the list, one for each envelope. The list has no
   more than half of it, and what the envelopes leave: a small budget is theirs. Besides, reading never takes
   more than ``limits.polls_per_minute`` of the account, which ``wait`` draws on, too. A vendor that is down,
   or refuses the credentials, ends the account's turn; its polls wait. Whatever else a list or an envelope
   meets, a plugin's bug included, costs the others nothing.
5. Envelopes of an account that is not configured any more can be read by nobody: that is told, too.
"""

from __future__ import annotations

import functools
import logging
from datetime import datetime
from typing import Any, Final

import attrs

from paraph.errors import (
    AuthenticationFailed,
    ConfigurationError,
    NotReady,
    ParaphError,
    PermissionDenied,
    StoreError,
    UnknownAccount,
    VendorError,
)
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, now
from paraph.model import Event, Lifecycle, Snapshot
from paraph.ops import polling
from paraph.ops.journal import Barred
from paraph.ops.kernel import Kernel
from paraph.ops.look import events as events_of
from paraph.ops.look import read
from paraph.ops.observe import project
from paraph.ops.pacing import may_poll
from paraph.ops.send import finish
from paraph.ops.sweep import Sweep
from paraph.provider.account import Account
from paraph.provider.capability import Capability
from paraph.store.records import PollRecord

BUDGET: Final = 100
"""What one turn may ask of an account's vendor, where nothing else says."""

EVIDENCE_READS: Final = 20
"""Reads without news after which evidence of a completed envelope is not waited for any longer."""

MOST_FORGOTTEN: Final = 1000
"""Due envelopes of an account that is not configured any more among which ended ones are looked for."""

log = logging.getLogger("paraph.reconcile")


@attrs.frozen(kw_only=True)
class Reconciled:
    """What became of one account's turn.

    :ivar read: envelopes that were read. ``events``: how much was new. ``listed``: requests for the list.
    :ivar ended: envelopes that are not read any more.
    :ivar left: whether there was more to be read than the budget allowed.
    :ivar unfinished: ids of envelopes whose send was interrupted while it published, and of which it could
        not be found out that they are. ``client.resume`` goes on with them, or says what is to be settled.
    :ivar failure: why the turn ended early, or what the list or an envelope met that is no answer of the
        vendor, as a class of error; empty if there was nothing.
    """

    account: str
    read: int = 0
    events: int = 0
    listed: int = 0
    ended: int = 0
    left: bool = False
    unfinished: tuple[str, ...] = ()
    failure: str = ""


def reconcile(
    kernel: Kernel, *, account: str | None = None, budget: int | None = None
) -> Flow[tuple[Reconciled, ...]]:
    """Read open envelopes that are due, and what the vendor lists of past deliveries.

    Safe to run in several processes at once.

    :param account: only this one. ``budget``: how much may be asked of each account's vendor, envelopes and
        requests for its list together; ``None``: what the account may poll in a minute
        (``limits.polls_per_minute``), or 100 where nothing limits that.
    :raises UnknownAccount: no such account. :raises StoreError: the store failed.
    """
    names = tuple(kernel.config.accounts) if account is None else (account,)
    turns: list[Reconciled] = []
    for name in names:
        turns.append((yield from _turn(kernel, name, budget, asked=account is not None)))  # noqa: PERF401 - a comprehension cannot yield from
    if account is None:
        for name in (yield from call(_gone, kernel)):
            turns += yield from _forsaken(kernel, name)
    return tuple(turns)


def _gone(kernel: Kernel) -> list[str]:
    """Return accounts that have envelopes to be read, and are not configured any more."""
    with kernel.store.begin() as tx:
        return sorted(set(tx.polled_accounts()) - set(kernel.config.accounts))


def _forsaken(kernel: Kernel, name: str) -> Flow[tuple[Reconciled, ...]]:
    """Forget what has ended of an account that is gone, and tell of the rest."""
    at = yield from now()
    ended = 0
    for poll, envelope_id in (yield from call(_due, kernel, name, at)):
        if envelope_id is None or (yield from project(kernel, envelope_id)).ended:
            yield from call(polling.drop, kernel, poll)
            ended += 1
    if name not in (yield from call(_gone, kernel)):
        return ()
    log.warning("account %s is not configured any more: its envelopes cannot be read", name)
    return (Reconciled(account=name, ended=ended, left=True, failure=UnknownAccount.__name__),)


def _due(kernel: Kernel, name: str, at: datetime) -> list[tuple[PollRecord, str | None]]:
    with kernel.store.begin() as tx:
        found = [(poll, tx.attempt(poll.attempt_id)) for poll in tx.due_polls(name, at, limit=MOST_FORGOTTEN)]
    return [(poll, None if attempt is None else attempt.envelope_id) for poll, attempt in found]


def _turn(kernel: Kernel, name: str, given: int | None, *, asked: bool) -> Flow[Reconciled]:
    done = Reconciled(account=name)
    try:
        account = yield from call(kernel.account, name)
    except ConfigurationError as error:
        if asked:
            raise
        return attrs.evolve(done, failure=type(error).__name__)
    budget = given if given is not None else max(1, int(account.limits.polls or BUDGET))
    turn = _Turn(kernel=kernel, account=account, budget=budget, done=done)
    try:
        yield from turn.run()
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - a plugin's bug must not cost the other accounts their turn
        turn.fail(error)
        log.warning("account %s: reconciling ended early (%s)", name, type(error).__name__)
    unfinished = yield from call(polling.unfinished, kernel, name)
    return attrs.evolve(turn.done, unfinished=unfinished)


@attrs.define(kw_only=True)
class _Turn:
    """One account's turn. :ivar budget: what may still be asked."""

    kernel: Kernel
    account: Account[Any]
    budget: int
    done: Reconciled

    def run(self) -> Flow[None]:
        """Read a part of the list, the envelopes that are due, and more of the list, as far as it goes.

        :raises Exception: what ends the turn early.
        """
        sweep = Sweep(kernel=self.kernel, account=self.account)
        listed = sweep.offered()
        if listed:
            yield from self._sweep(sweep, self.budget // 2)
        yield from self._envelopes()
        if listed:
            yield from self._sweep(sweep, 0 if self.done.left else self.budget)
            self.done = attrs.evolve(self.done, left=self.done.left or sweep.more)

    def fail(self, error: Exception) -> None:
        """Note what ended the turn, or cost it something."""
        self.done = attrs.evolve(self.done, failure=type(error).__name__)

    def _sweep(self, sweep: Sweep, budget: int) -> Flow[None]:
        """Sweep; a list that cannot be had or understood keeps nobody from reading the envelopes."""
        requests, new = sweep.requests, sweep.new
        try:
            yield from sweep.run(budget)
        except StoreError:
            raise
        except Exception as error:
            sweep.more = False
            if _ends_turn(error) and not isinstance(error, PermissionDenied):
                raise
            self.fail(error)
            kind = type(error).__name__
            log.warning("account %s: its list of deliveries cannot be read (%s)", self.account.name, kind)
        finally:
            made = sweep.requests - requests
            self.budget = max(0, self.budget - made)
            events = self.done.events + sweep.new - new
            self.done = attrs.evolve(self.done, listed=self.done.listed + made, events=events)

    def _envelopes(self) -> Flow[None]:
        kernel, account = self.kernel, self.account
        readable = Capability.READ_STATUS in kernel.provider(account).capabilities(account)
        while True:
            at = yield from now()
            take = functools.partial(polling.take, kernel, account.name, at, readable=readable)
            taken = yield from call(take)
            if taken is None:
                return
            name = taken.envelope_id
            snapshot = None if name is None else (yield from project(kernel, name))
            if name is None or snapshot is None or self._finished(snapshot, taken.poll):
                yield from call(polling.drop, kernel, taken.poll)
                self.done = attrs.evolve(self.done, ended=self.done.ended + 1)
                continue
            if self.budget <= 0 or not (yield from may_poll(kernel, account)):
                yield from call(polling.put, kernel, taken.poll)
                self.done = attrs.evolve(self.done, left=True)
                return
            self.budget -= 1
            self.done = attrs.evolve(self.done, read=self.done.read + 1)
            yield from self._look(name, taken, at, readable=readable)

    def _look(self, name: str, taken: polling.Taken, at: datetime, *, readable: bool) -> Flow[None]:
        """Read one envelope, and put its poll off, whatever it meets.

        :raises VendorError: the vendor is down, or refuses the credentials.
        """
        kernel, poll = self.kernel, taken.poll
        reading = _finished(kernel, name, readable=readable) if taken.unfinished else read(kernel, name)
        try:
            events = yield from reading
        except StoreError:
            raise
        except Exception as error:
            yield from call(polling.later, kernel, poll, at, poll.reads + 1)
            if _ends_turn(error):
                raise
            log.warning("envelope %s cannot be read: %s", name, type(error).__name__)
            if not isinstance(error, VendorError | Barred):
                self.fail(error)
            return
        self.done = attrs.evolve(self.done, events=self.done.events + len(events))
        snapshot = yield from project(kernel, name)
        after = attrs.evolve(poll, reads=0 if events else poll.reads + 1)
        if self._finished(snapshot, after):
            yield from call(polling.drop, kernel, poll)
            self.done = attrs.evolve(self.done, ended=self.done.ended + 1)
        else:
            yield from call(polling.later, kernel, poll, at, after.reads)

    def _finished(self, snapshot: Snapshot, poll: PollRecord) -> bool:
        """Whether nothing more is to be learned by reading."""
        if not snapshot.ended:
            return False
        offered = self.kernel.provider(self.account).capabilities(self.account).evidence
        awaited = snapshot.lifecycle is Lifecycle.COMPLETED and bool(offered) and not snapshot.evidence_ready
        return not awaited or poll.reads >= EVIDENCE_READS


def _ends_turn(error: Exception) -> bool:
    """Whether the vendor is down, or refuses the credentials."""
    denied = isinstance(error, AuthenticationFailed | PermissionDenied)
    return denied or (isinstance(error, VendorError) and error.retryable)


def _finished(kernel: Kernel, envelope_id: str, *, readable: bool) -> Flow[tuple[Event, ...]]:
    """Carry an interrupted send to its end, or record what is seen of it; return what was new.

    :raises Barred, ParaphError: it is not at its end.
    """
    before = yield from call(_last_sequence, kernel)
    try:
        yield from finish(kernel, envelope_id)
    except (Barred, VendorError):
        raise
    except ParaphError as error:
        try:
            if readable:
                yield from read(kernel, envelope_id)
        except NotReady:
            pass  # nothing of it is known by an id
        raise Barred from error
    return (yield from events_of(kernel, envelope_id, after=before))


def _last_sequence(kernel: Kernel) -> int:
    with kernel.store.begin() as tx:
        return tx.last_sequence()
