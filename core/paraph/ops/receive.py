"""Receiving webhooks: store first, answer, process after.

Theory of operation
===================

A vendor that gets any answer but 200 may never send again, and the proof of a delivery may
be a remote call that fails. So:

1. :func:`receive` checks only what is local and cheap, commits the delivery, and says 200. The
   same body with the same proof headers again is the same delivery; one that carries no one-time
   token is processed anew, since the vendor may say the same words of a later state. What
   cannot be stored is never answered with 200.
2. :func:`process` reads the delivery (pure), decides how far to believe it
   (:mod:`paraph.ops.believe`), and records what it tells. It may be run again at any time, also by
   two workers at once: a vendor that cannot be reached leaves the delivery stored with the next
   time to try, and a delivery that was processed is never put back by a slower run.
3. What stays unproven is a claim: it moves nothing, and is followed by a read where the vendor
   offers one, at most one per envelope and minute; a claim that comes sooner waits for its read.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import attrs

from paraph.errors import ConfigurationError, ParaphError, StoreError
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, new_id, now
from paraph.model import Event, Observation, Source, Trust
from paraph.ops.believe import SCHEDULE, Belief, believe
from paraph.ops.kernel import Kernel
from paraph.ops.look import read
from paraph.ops.observe import observe
from paraph.ops.outcome import Outcome, OutcomeKind
from paraph.ops.reread import Later, hint_counts, note_read, read_open
from paraph.provider.account import Account, Delivery
from paraph.provider.capability import Capability
from paraph.provider.protocol import Malformed, Reading, ReadsHeaders
from paraph.store.records import DeliveryRecord, DeliveryStage

MAX_BODY: Final = 256 << 10
"""Bytes of a webhook body; vendors advise each other to stay below 20 KB."""

MAX_HEADER: Final = 8 << 10
"""Characters of a kept header."""

MOST_WAITING: Final = (10_000, 100 << 20)
"""Deliveries and bytes per account that may wait unprocessed before new ones are refused."""

ALWAYS_KEPT: Final = frozenset({"content-type", "user-agent"})
"""Headers that are kept for every provider, besides those that it names. Credentials, cookies and
addresses of people are not."""

REJECTED_KEPT: Final = timedelta(days=7)
"""How long a rejected delivery stays for a person to look at."""

log = logging.getLogger("paraph.webhooks")


class _Full(Exception):
    """The quota is used up; raised to undo the transaction."""


def receive(
    kernel: Kernel, account: str, *, headers: Mapping[str, str], body: bytes, path: str = ""
) -> Flow[Outcome]:
    """Store one webhook request durably. Never raises for what a stranger may send.

    :param headers: as received, any case.
    :param path: what followed the path secret in the URL.
    :returns: status 200 exactly if it is stored. A ``DUPLICATE`` needs no processing.
    """
    if account not in kernel.config.accounts:
        return _refused("unknown_account", 404)
    if len(body) > MAX_BODY:
        return _refused("too_large", 413)
    delivery_id = yield from new_id()
    at = yield from now()
    try:
        stored, waits = yield from call(_store, kernel, account, delivery_id, headers, body, path, at)
    except StoreError:
        return Outcome(kind=OutcomeKind.UNAVAILABLE, status=503, reason="store")
    except _Full:
        return Outcome(kind=OutcomeKind.UNAVAILABLE, status=503, reason="quota")
    kind = OutcomeKind.ACCEPTED if waits else OutcomeKind.DUPLICATE
    return Outcome(kind=kind, status=200, delivery_id=stored)


def _store(
    kernel: Kernel,
    account: str,
    delivery_id: str,
    headers: Mapping[str, str],
    body: bytes,
    path: str,
    at: datetime,
) -> tuple[str, bool]:
    """Commit a delivery; return the id under which it is stored, and whether it waits to be processed."""
    proving = _proving_headers(kernel, account)
    kept = tuple(sorted(_kept(headers, proving | ALWAYS_KEPT)))
    digest = hashlib.sha256(body)
    for name, value in kept:
        if name in proving:
            digest.update(f"\n{name}:{value}".encode())
    record = DeliveryRecord(
        id=delivery_id,
        account=account,
        path=path[:512],
        headers=kept,
        body=body,
        body_sha256=digest.hexdigest(),
        received_at=at,
    )
    with kernel.store.begin() as tx:
        stored, new = tx.add_delivery(record)
        if new:
            count, size = tx.count_unprocessed(account)
            if count > MOST_WAITING[0] or size > MOST_WAITING[1]:
                raise _Full
        elif not stored.proof:
            again = attrs.evolve(stored, stage=DeliveryStage.STORED, attempts=0, next_at=None, received_at=at)
            tx.put_delivery(again)
            new = True
    return stored.id, new


def _proving_headers(kernel: Kernel, account: str) -> frozenset[str]:
    """Return the headers that the account's provider wants; a broken plugin may not cost a delivery."""
    try:
        provider = kernel.config.accounts[account].provider
        named = kernel.registry.info(provider, where=f"accounts.{account}.provider").webhook_headers
    except ConfigurationError:
        return frozenset()
    try:
        chosen = kernel.account(account)
        built = kernel.provider(chosen)
        return named | built.webhook_headers(chosen) if isinstance(built, ReadsHeaders) else named
    except Exception as error:  # noqa: BLE001 - a plugin's bug must not lose a delivery
        log.error("account %s: its webhook headers are unknown (%s)", account, type(error).__name__)  # noqa: TRY400 - a trace may hold secrets
        return named


def _kept(headers: Mapping[str, str], names: frozenset[str]) -> Iterable[tuple[str, str]]:
    for name, value in headers.items():
        lower = name.lower()
        if lower in names:
            yield lower, value[:MAX_HEADER].encode("ascii", "backslashreplace").decode()


def process(kernel: Kernel, delivery_id: str) -> Flow[Outcome]:
    """Check and understand one stored delivery; harmless to run again.

    Only a failing store raises (:class:`~paraph.errors.StoreError`): the delivery stays stored.
    """
    record = yield from call(_delivery, kernel, delivery_id)
    if record is None or record.stage is not DeliveryStage.STORED:
        return Outcome(kind=OutcomeKind.DUPLICATE, status=200, delivery_id=delivery_id)
    try:
        return (yield from _understand(kernel, record))
    except StoreError:
        raise
    except Later as later:
        return (yield from _again(kernel, record, "claim", at=later.at))
    except ConfigurationError:
        return (yield from _again(kernel, record, "configuration"))
    except ParaphError as error:
        return (yield from _again(kernel, record, type(error).__name__))
    except Exception as error:  # noqa: BLE001 - a plugin's bug must not lose a delivery
        # Its text may hold what the stranger sent, so only its class is logged.
        log.error("delivery %s: the provider failed with %s", record.id, type(error).__name__)  # noqa: TRY400 - as above
        return (yield from _again(kernel, record, f"bug:{type(error).__name__}"))


def process_due(kernel: Kernel, *, limit: int = 100) -> Flow[tuple[Outcome, ...]]:
    """Process deliveries that wait: new ones, and those whose time to be tried again has come.

    Rejected ones older than a week are forgotten on the way.
    """
    at = yield from now()
    due = yield from call(_due, kernel, at, limit)
    outcomes = []
    for delivery_id in due:
        outcomes.append((yield from process(kernel, delivery_id)))  # noqa: PERF401 - a comprehension cannot yield from
    return tuple(outcomes)


def ingest(
    kernel: Kernel, account: str, *, headers: Mapping[str, str], body: bytes, path: str = ""
) -> Flow[Outcome]:
    """Receive and process one webhook request in one call; see the two for their promises.

    The status to answer is that of the receiving: what is stored is never lost, even if it
    cannot be checked right now.
    """
    received = yield from receive(kernel, account, headers=headers, body=body, path=path)
    if received.kind is not OutcomeKind.ACCEPTED or received.delivery_id is None:
        return received
    try:
        processed = yield from process(kernel, received.delivery_id)
    except StoreError:
        return attrs.evolve(received, kind=OutcomeKind.UNAVAILABLE, reason="store")
    return attrs.evolve(processed, status=received.status)


def _understand(kernel: Kernel, record: DeliveryRecord) -> Flow[Outcome]:
    account = yield from call(kernel.account, record.account)
    delivery = Delivery(
        account=account.name,
        headers=dict(record.headers),
        body=record.body,
        path=record.path,
        received_at=record.received_at,
    )
    reading = kernel.provider(account).observe(delivery, account)
    if reading.rejected is not None:
        return (yield from _reject(kernel, record, reading.rejected.value))
    if (yield from call(_of_another_environment, kernel, account, reading)):
        return (yield from _reject(kernel, record, Malformed.OTHER_ENVIRONMENT.value))
    belief = yield from believe(kernel, account, record, reading, delivery)
    if belief.rejected:
        return (yield from _reject(kernel, record, belief.rejected))
    if belief.private:
        yield from call(_keep, kernel, account.name, reading, belief.presumed)
    events = yield from _record(kernel, account, record, reading, belief)
    done = attrs.evolve(record, stage=DeliveryStage.PROCESSED, outcome=belief.word)
    yield from call(_put, kernel, done)
    return Outcome(kind=OutcomeKind.ACCEPTED, status=200, delivery_id=record.id, events=events)


def _record(
    kernel: Kernel, account: Account[Any], record: DeliveryRecord, reading: Reading, belief: Belief
) -> Flow[tuple[Event, ...]]:
    """Record what a delivery tells, and read the envelope where the delivery alone is not certain."""
    at = yield from now()
    proven = belief.trust is Trust.VERIFIED
    ours = yield from call(_readable, kernel, account, reading)
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
        events = yield from observe(kernel, observation, account.name)
        if ours is None and proven:  # the delivery itself may have told whose it is
            ours = yield from call(_readable, kernel, account, reading)
    if reading.read_open:
        believed = proven or belief.presumed
        return events + (yield from read_open(kernel, account, record.received_at, all_of_them=believed))
    if ours is None or (proven and not reading.read and not ours.unknown_child):
        return events
    if not proven and not belief.presumed and not hint_counts(kernel, ours.id, record.received_at, at):
        return events
    events += yield from read(kernel, ours.id)
    note_read(kernel, ours.id, at)
    return events


def _of_another_environment(kernel: Kernel, account: Account[Any], reading: Reading) -> bool:
    """Whether a delivery is about an envelope that an account of another environment carried.

    One tenant of a vendor may be configured as a test account and as one for production; what comes to one
    of them moves nothing of the other.
    """
    tenant = kernel.origin(account.name).vendor_tenant
    with kernel.store.begin() as tx:
        known = [
            tx.attempt_by_vendor_ref(provider=account.provider, vendor_tenant=tenant, vendor_ref=ref)
            for ref in (reading.subject_ref, reading.parent_ref)
            if ref
        ]
    return any(attempt is not None and attempt.environment != account.environment for attempt in known)


@attrs.frozen(kw_only=True)
class _Readable:
    """Our envelope that can be read to know what a delivery is about.

    :ivar unknown_child: it is about a child that is not known yet, and reading its parent tells of it.
    """

    id: str
    unknown_child: bool


def _readable(kernel: Kernel, account: Account[Any], reading: Reading) -> _Readable | None:
    """Find our envelope that a delivery is about, or the parent of that, if its state can be read."""
    if Capability.READ_STATUS not in kernel.provider(account).capabilities(account):
        return None
    origin = kernel.origin(account.name)
    for ref, unknown_child in ((reading.subject_ref, False), (reading.parent_ref, True)):
        if not ref:
            continue
        with kernel.store.begin() as tx:
            attempt = tx.attempt_by_vendor_ref(
                provider=origin.provider, vendor_tenant=origin.vendor_tenant, vendor_ref=ref
            )
            if attempt is None:
                continue
            attempts = tx.attempts(attempt.envelope_id)
        current = attempts[-1].id == attempt.id
        return _Readable(id=attempt.envelope_id, unknown_child=unknown_child) if current else None
    return None


def _delivery(kernel: Kernel, delivery_id: str) -> DeliveryRecord | None:
    with kernel.store.begin() as tx:
        return tx.delivery(delivery_id)


def _due(kernel: Kernel, at: datetime, limit: int) -> tuple[str, ...]:
    with kernel.store.begin() as tx:
        tx.drop_deliveries(stage=DeliveryStage.REJECTED, before=at - REJECTED_KEPT)
        return tuple(record.id for record in tx.due_deliveries(at, limit=limit))


def _put(kernel: Kernel, record: DeliveryRecord) -> None:
    """Replace the processing state, unless a faster run has finished it; keep what the proof check noted."""
    with kernel.store.begin() as tx:
        stored = tx.delivery(record.id)
        if stored is None or stored.stage is not DeliveryStage.STORED:
            return
        if stored.seen != record.seen and not stored.proof:
            return  # the same words came again meanwhile, perhaps of a later state: they still wait
        kept = attrs.evolve(record, proof=stored.proof, proof_checks=stored.proof_checks, seen=stored.seen)
        tx.put_delivery(kept)


def _keep(kernel: Kernel, account: str, reading: Reading, only_new: bool) -> None:  # noqa: FBT001 - called by name of function
    """Keep the secrets of a delivery; those of a presumed one only where nothing is kept yet."""
    with kernel.store.begin() as tx:
        for key, value in reading.private:
            if not only_new or tx.private(account, key) is None:
                tx.put_private(account, key, value.reveal())


def _reject(kernel: Kernel, record: DeliveryRecord, reason: str) -> Flow[Outcome]:
    log.warning("delivery %s for account %s was rejected: %s", record.id, record.account, reason)
    yield from call(_put, kernel, attrs.evolve(record, stage=DeliveryStage.REJECTED, outcome=reason))
    return Outcome(kind=OutcomeKind.REJECTED, status=200, reason=reason, delivery_id=record.id)


def _again(
    kernel: Kernel, record: DeliveryRecord, reason: str, *, at: datetime | None = None
) -> Flow[Outcome]:
    """Leave a delivery stored, with the next time to try it."""
    if at is None:
        pause = SCHEDULE[min(record.attempts, len(SCHEDULE) - 1)]
        at = (yield from now()) + timedelta(seconds=pause)
        record = attrs.evolve(record, attempts=record.attempts + 1)
    yield from call(_put, kernel, attrs.evolve(record, next_at=at, outcome=reason))
    return Outcome(kind=OutcomeKind.UNAVAILABLE, status=200, reason=reason, delivery_id=record.id)


def _refused(reason: str, status: int) -> Outcome:
    return Outcome(kind=OutcomeKind.REJECTED, status=status, reason=reason)
