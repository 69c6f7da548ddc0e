"""Understanding a stored delivery: whether it is for us, how far to believe it, and what it tells.

Two transactions carry it. The first one looks at what is known and notes that the proof is about to be
checked; the vendor may be asked between them; the second one records what was told and, unless the envelope
has to be read as well, that the delivery is processed. A crash at any point leaves it stored, and it is
processed again, which changes nothing.
"""

from __future__ import annotations

import functools
import logging
from datetime import datetime
from typing import Any

import attrs

from paraph.flow.commands import Flow
from paraph.flow.helpers import now
from paraph.ledger import Origin
from paraph.model import Event, Observation, Source, Trust
from paraph.ops.believe import Belief, begin_check, believe
from paraph.ops.kernel import Kernel, account_of
from paraph.ops.look import read
from paraph.ops.observe import add, notify
from paraph.ops.outcome import Outcome, OutcomeKind
from paraph.ops.reread import hint_counts, note_read, read_open
from paraph.provider.account import Account, Delivery
from paraph.provider.capability import Capability
from paraph.provider.protocol import Malformed, Reading
from paraph.store.protocol import Transaction
from paraph.store.records import AttemptRecord, DeliveryRecord, DeliveryStage

log = logging.getLogger("paraph.webhooks")


@attrs.frozen(kw_only=True)
class _Case:
    """One delivery, read.

    :ivar readable: whether the account's vendor shows the state of an envelope.
    """

    kernel: Kernel
    account: Account[Any]
    origin: Origin
    readable: bool
    record: DeliveryRecord
    reading: Reading

    @property
    def refs(self) -> tuple[str, ...]:
        """The vendor's ids of the envelope that it is about, and of that one's parent."""
        return tuple(ref for ref in (self.reading.subject_ref, self.reading.parent_ref) if ref)

    def attempt(self, tx: Transaction, ref: str) -> AttemptRecord | None:
        """Find the attempt that a vendor's id belongs to."""
        return tx.attempt_by_vendor_ref(
            provider=self.origin.provider, vendor_tenant=self.origin.vendor_tenant, vendor_ref=ref
        )


@attrs.frozen(kw_only=True)
class _Readable:
    """Our envelope that can be read to know what a delivery is about.

    :ivar unknown_child: it is about a child that is not known yet, and reading its parent tells of it.
    """

    id: str
    unknown_child: bool


@attrs.frozen(kw_only=True)
class _Recorded:
    """What the second transaction did.

    :ivar ours: the envelope to be read, if one is known. ``done``: nothing is to be read.
    """

    events: tuple[Event, ...]
    ours: _Readable | None
    done: bool


def understand(kernel: Kernel, record: DeliveryRecord) -> Flow[Outcome]:
    """Process a stored delivery.

    :raises ParaphError: not now; it stays stored. :raises Exception: so does a provider that has a bug.
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
    case = _Case(
        kernel=kernel,
        account=account,
        origin=kernel.origin(account.name),
        readable=Capability.READ_STATUS in provider.capabilities(account),
        record=record,
        reading=reading,
    )
    refused = yield from kernel.commits.add(functools.partial(_begin, case))
    if refused is None:
        return Outcome(kind=OutcomeKind.DUPLICATE, status=200, delivery_id=record.id)
    if refused:
        return (yield from _reject(kernel, record, refused))
    belief = yield from believe(kernel, account, record, reading, delivery)
    if belief.rejected:
        return (yield from _reject(kernel, record, belief.rejected))
    at = yield from now()
    recorded = yield from kernel.commits.add(functools.partial(_record, case, belief, at))
    yield from notify(kernel, recorded.events)
    events = recorded.events
    if not recorded.done:
        events += yield from _read(case, belief, recorded.ours, at)
        yield from put(kernel, _done(case, belief))
    return Outcome(kind=OutcomeKind.ACCEPTED, status=200, delivery_id=record.id, events=events)


def put(kernel: Kernel, record: DeliveryRecord) -> Flow[None]:
    """Replace the processing state, unless a faster run has finished it."""
    yield from kernel.commits.add(functools.partial(_put, record))


def _begin(case: _Case, tx: Transaction) -> str | None:
    """Return why a delivery is refused, or ``""``; ``None`` if somebody else has processed it."""
    stored = tx.delivery(case.record.id)
    if stored is None or stored.stage is not DeliveryStage.STORED:
        return None
    if _of_another_environment(case, tx):
        return Malformed.OTHER_ENVIRONMENT.value
    proof = case.reading.proof
    return "" if proof is None or begin_check(tx, stored, proof) else "replayed"


def _of_another_environment(case: _Case, tx: Transaction) -> bool:
    """Whether a delivery is about an envelope that an account of another environment carried.

    One tenant of a vendor may be configured as a test account and as one for production; what comes to one
    of them moves nothing of the other.
    """
    known = (case.attempt(tx, ref) for ref in case.refs)
    return any(each is not None and each.environment != case.account.environment for each in known)


def _record(case: _Case, belief: Belief, at: datetime, tx: Transaction) -> _Recorded:
    """Record what a delivery tells, and that it is processed, unless the envelope has to be read, too."""
    reading = case.reading
    if belief.private:
        _keep(case, belief, tx)
    proven = belief.trust is Trust.VERIFIED
    ours = _readable(case, tx)
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
        events = add(tx, case.kernel, observation, case.origin)
        if ours is None and proven:  # the delivery itself may have told whose it is
            ours = _readable(case, tx)
    certain = proven and not reading.read and not (ours is not None and ours.unknown_child)
    done = not reading.read_open and (ours is None or certain)
    if done:
        _put(_done(case, belief), tx)
    return _Recorded(events=events, ours=ours, done=done)


def _read(case: _Case, belief: Belief, ours: _Readable | None, at: datetime) -> Flow[tuple[Event, ...]]:
    """Read the envelope where the delivery alone is not certain."""
    kernel, received_at = case.kernel, case.record.received_at
    believed = belief.presumed or belief.trust is Trust.VERIFIED
    if ours is None or case.reading.read_open:
        return (yield from read_open(kernel, case.account, received_at, all_of_them=believed))
    if not believed and not hint_counts(kernel, ours.id, received_at, at):
        return ()
    events = yield from read(kernel, ours.id)
    note_read(kernel, ours.id, at)
    return events


def _readable(case: _Case, tx: Transaction) -> _Readable | None:
    """Find our envelope that a delivery is about, or the parent of that, if its state can be read."""
    if not case.readable:
        return None
    for ref in case.refs:
        attempt = case.attempt(tx, ref)
        if attempt is not None:
            if tx.attempts(attempt.envelope_id)[-1].id != attempt.id:
                return None
            return _Readable(id=attempt.envelope_id, unknown_child=ref != case.reading.subject_ref)
    return None


def _done(case: _Case, belief: Belief) -> DeliveryRecord:
    return attrs.evolve(case.record, stage=DeliveryStage.PROCESSED, outcome=belief.word)


def _put(record: DeliveryRecord, tx: Transaction) -> None:
    """Replace the processing state, unless a faster run has finished it; keep what the proof check noted."""
    stored = tx.delivery(record.id)
    if stored is None or stored.stage is not DeliveryStage.STORED:
        return
    if stored.seen != record.seen and not stored.proof:
        return  # the same words came again meanwhile, perhaps of a later state: they still wait
    tx.put_delivery(attrs.evolve(record, proof=stored.proof, proof_checks=stored.proof_checks))


def _keep(case: _Case, belief: Belief, tx: Transaction) -> None:
    """Keep the secrets of a delivery; those of a presumed one only where nothing is kept yet."""
    for key, value in case.reading.private:
        if not belief.presumed or tx.private(case.account.name, key) is None:
            tx.put_private(case.account.name, key, value.reveal())


def _reject(kernel: Kernel, record: DeliveryRecord, reason: str) -> Flow[Outcome]:
    log.warning("delivery %s for account %s was rejected: %s", record.id, record.account, reason)
    yield from put(kernel, attrs.evolve(record, stage=DeliveryStage.REJECTED, outcome=reason))
    return Outcome(kind=OutcomeKind.REJECTED, status=200, reason=reason, delivery_id=record.id)
