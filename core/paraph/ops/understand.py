"""Understanding a stored delivery: whether it is for us, how far to believe it, and what it tells.

One transaction records what was told and, unless the envelope has to be read as well, that the delivery is
processed. Where the proof is a one-time token, one comes before, which notes that it is about to be checked;
the vendor is asked between them. The first one looks whether the delivery still waits and is for us; what a
check has shown is recorded even if another worker was faster, whose check may have shown less. A crash at any
point leaves it stored, and it is processed again, which changes nothing.

Whose it is, and what becomes of news of an envelope that nobody knows yet: :mod:`paraph.ops.whose`.
"""

from __future__ import annotations

import functools
import logging
from datetime import datetime
from typing import Any, Final

import attrs

from paraph.flow.commands import Flow
from paraph.flow.helpers import now
from paraph.model import Event, Observation, Secret, Source, Trust
from paraph.ops.believe import Belief, begin_check, believe
from paraph.ops.kernel import Kernel, account_of
from paraph.ops.look import read
from paraph.ops.observe import add, notify
from paraph.ops.outcome import Outcome, OutcomeKind
from paraph.ops.reread import hint_counts, note_read, read_open
from paraph.ops.whose import EARLY, UNKNOWN, TooEarly, Whose, shares_tenant
from paraph.provider.account import Account, Delivery
from paraph.provider.capability import Capability
from paraph.provider.protocol import Reading
from paraph.store.protocol import Transaction
from paraph.store.records import AttemptRecord, DeliveryRecord, DeliveryStage

log = logging.getLogger("paraph.webhooks")


@attrs.frozen(kw_only=True)
class _Case:
    """One delivery, read.

    :ivar readable: whether the account's vendor shows the state of an envelope.
    """

    whose: Whose
    readable: bool
    record: DeliveryRecord

    @property
    def kernel(self) -> Kernel:
        return self.whose.kernel

    @property
    def reading(self) -> Reading:
        return self.whose.reading

    def attempts(self, tx: Transaction) -> tuple[AttemptRecord, ...]:
        """Find the attempts of the envelope that it is about, and of that one's parent, if they are known."""
        refs = (ref for ref in (self.reading.subject_ref, self.reading.parent_ref) if ref)
        found = (self.whose.attempt(tx, ref) for ref in refs)
        return tuple(each for each in found if each is not None)


_FINISHED: Final = ""
"""Why a delivery is left alone that somebody else has processed; other reasons are words."""


@attrs.frozen(kw_only=True)
class _Readable:
    """Our envelope that can be read to know what a delivery is about.

    :ivar unknown_child: it is about a child that is not known yet, and reading its parent tells of it.
    """

    id: str
    unknown_child: bool


@attrs.frozen(kw_only=True)
class _Recorded:
    """What the transaction did that records.

    :ivar ours: the envelope to be read, if one is known. ``done``: nothing is to be read.
    """

    events: tuple[Event, ...]
    ours: _Readable | None
    done: bool


def understand(kernel: Kernel, record: DeliveryRecord) -> Flow[Outcome]:
    """Process a stored delivery.

    :raises ParaphError, TooEarly: not now; it stays stored. :raises Exception: so does a provider that has
        a bug.
    """
    account = yield from account_of(kernel, record.account)
    provider = kernel.provider(account)
    delivery = Delivery(
        account=account.name,
        headers=dict(record.headers),
        body=record.body,
        path=record.path,
        received_at=record.received_at,
    )
    reading = provider.observe(delivery, account)
    if reading.rejected is not None:
        return (yield from _reject(kernel, record, reading.rejected.value))
    whose = Whose(
        kernel=kernel,
        account=account,
        origin=kernel.origin(account.name),
        shared=(yield from shares_tenant(kernel, account)),
        reading=reading,
    )
    case = _Case(whose=whose, readable=_shows_state(kernel, account), record=record)
    outcome = yield from _understood(case, delivery)
    if outcome is not None:
        return outcome
    events = yield from _read_parent(case)
    outcome = yield from _understood(case, delivery)
    if outcome is None:
        raise TooEarly
    return attrs.evolve(outcome, events=(*events, *outcome.events))


def _understood(case: _Case, delivery: Delivery) -> Flow[Outcome | None]:
    """Check and record what was read; ``None`` if it has to wait until its envelope is known."""
    kernel, record, reading = case.kernel, case.record, case.reading
    belief = None
    if reading.proof is not None:
        refused = yield from kernel.commits.add(functools.partial(_begin, case, reading.proof))
        if refused == UNKNOWN and record.attempts < EARLY:
            return None
        if refused == UNKNOWN:
            belief = Belief()
        elif refused is not None:
            return (yield from _reject(kernel, record, refused))
    if belief is None:
        belief = yield from believe(kernel, case.whose.account, record, reading, delivery)
    if belief.rejected:
        return (yield from _reject(kernel, record, belief.rejected))
    at = yield from now()
    recorded = yield from kernel.commits.add(functools.partial(_record, case, belief, at))
    if recorded == UNKNOWN:
        return None
    if isinstance(recorded, str):
        return (yield from _reject(kernel, record, recorded))
    yield from notify(kernel, recorded.events)
    events = recorded.events
    if not recorded.done:
        events += yield from _read(case, belief, recorded.ours, at)
        yield from put(kernel, _done(case, belief))
    return Outcome(kind=OutcomeKind.ACCEPTED, status=200, delivery_id=record.id, events=events)


def _shows_state(kernel: Kernel, account: Account[Any]) -> bool:
    known = kernel.intake.readable.get(account.name)
    if known is None:
        known = Capability.READ_STATUS in kernel.provider(account).capabilities(account)
        kernel.intake.readable[account.name] = known
    return known


def put(kernel: Kernel, record: DeliveryRecord) -> Flow[None]:
    """Replace the processing state, unless a faster run has finished it."""
    yield from kernel.commits.add(functools.partial(_put, record))


def _begin(case: _Case, proof: Secret, tx: Transaction) -> str | None:
    """Note that the proof is about to be checked, or return why it is not."""
    stored = tx.delivery(case.record.id)
    refused = _refused(case, stored, tx)
    if stored is None or refused is not None:
        return refused
    return None if begin_check(tx, stored, proof) else "replayed"


def _refused(case: _Case, stored: DeliveryRecord | None, tx: Transaction) -> str | None:
    """Return why a delivery is not processed, if it is not."""
    if stored is None or stored.stage is not DeliveryStage.STORED:
        return _FINISHED
    return case.whose.refused(tx)


def _record(case: _Case, belief: Belief, at: datetime, tx: Transaction) -> _Recorded | str:
    """Record what a delivery tells, and that it is processed, unless the envelope has to be read, too.

    :returns: the reason, if it is not processed.
    """
    stored, attempts = tx.delivery(case.record.id), case.attempts(tx)
    if case.reading.proof is None:
        refused = _refused(case, stored, tx)
        if refused == UNKNOWN and (belief.trust is Trust.CLAIMED or case.record.attempts >= EARLY):
            belief = Belief()
        elif refused is not None:
            return refused
    reading = case.reading
    if belief.private:
        _keep(case, belief, tx)
    proven = belief.trust is Trust.VERIFIED
    ours = _readable(case, attempts, tx)
    events: tuple[Event, ...] = ()
    if not belief.presumed or ours is None:
        observation = Observation(
            source=Source.WEBHOOK,
            trust=belief.trust,
            observed_at=at,
            facts=reading.facts,
            our_reference=reading.our_reference if proven else "",
            signatories=reading.signatories if proven else (),
        )
        events = add(tx, case.kernel, observation, case.whose.origin)
        if ours is None and proven and case.readable:  # the delivery itself may have told whose it is
            ours = _readable(case, case.attempts(tx), tx)
    certain = proven and not reading.read and not (ours is not None and ours.unknown_child)
    done = not reading.read_open and (ours is None or certain)
    if done:
        _replace(stored, _done(case, belief), tx)
    return _Recorded(events=events, ours=ours, done=done)


def _read(case: _Case, belief: Belief, ours: _Readable | None, at: datetime) -> Flow[tuple[Event, ...]]:
    """Read the envelope where the delivery alone is not certain."""
    kernel, received_at = case.kernel, case.record.received_at
    believed = belief.presumed or belief.trust is Trust.VERIFIED
    if ours is None or case.reading.read_open:
        return (yield from read_open(kernel, case.whose.account, received_at, all_of_them=believed))
    if not believed and not hint_counts(kernel, ours.id, received_at, at):
        return ()
    events = yield from read(kernel, ours.id)
    note_read(kernel, ours.id, at)
    return events


def _read_parent(case: _Case) -> Flow[tuple[Event, ...]]:
    """Read the parent of an envelope that is not known: it may tell of it.

    :raises Later: it was read a moment ago.
    """
    kernel, record = case.kernel, case.record
    parent = yield from kernel.commits.add(lambda tx: _readable(case, case.attempts(tx), tx))
    at = yield from now()
    if parent is None or not hint_counts(kernel, parent.id, record.received_at, at):
        return ()
    events = yield from read(kernel, parent.id)
    note_read(kernel, parent.id, at)
    return events


def _readable(case: _Case, attempts: tuple[AttemptRecord, ...], tx: Transaction) -> _Readable | None:
    """Find our envelope that a delivery is about, or the parent of that, if its state can be read."""
    if not case.readable or not attempts:
        return None
    attempt = attempts[0]
    if tx.attempts(attempt.envelope_id)[-1].id != attempt.id:
        return None
    unknown_child = attempt.vendor_ref != case.reading.subject_ref
    return _Readable(id=attempt.envelope_id, unknown_child=unknown_child)


def _done(case: _Case, belief: Belief) -> DeliveryRecord:
    return attrs.evolve(case.record, stage=DeliveryStage.PROCESSED, outcome=belief.word)


def _put(record: DeliveryRecord, tx: Transaction) -> None:
    _replace(tx.delivery(record.id), record, tx)


def _replace(stored: DeliveryRecord | None, record: DeliveryRecord, tx: Transaction) -> None:
    """Replace the processing state, unless a faster run has finished it; keep what the proof check noted."""
    if stored is None or stored.stage is not DeliveryStage.STORED:
        return
    if stored.seen != record.seen and not stored.proof:
        return  # the same words came again meanwhile, perhaps of a later state: they still wait
    tx.put_delivery(attrs.evolve(record, proof=stored.proof, proof_checks=stored.proof_checks))


def _keep(case: _Case, belief: Belief, tx: Transaction) -> None:
    """Keep the secrets of a delivery; those of a presumed one only where nothing is kept yet."""
    for key, value in case.reading.private:
        if not belief.presumed or tx.private(case.whose.account.name, key) is None:
            tx.put_private(case.whose.account.name, key, value.reveal())


def _reject(kernel: Kernel, record: DeliveryRecord, reason: str) -> Flow[Outcome]:
    if reason == _FINISHED:
        return Outcome(kind=OutcomeKind.DUPLICATE, status=200, delivery_id=record.id)
    log.warning("delivery %s for account %s was rejected: %s", record.id, record.account, reason)
    yield from put(kernel, attrs.evolve(record, stage=DeliveryStage.REJECTED, outcome=reason))
    return Outcome(kind=OutcomeKind.REJECTED, status=200, reason=reason, delivery_id=record.id)
