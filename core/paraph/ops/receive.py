"""Receiving webhooks: store first, answer, process after.

Theory of operation
===================

A vendor that gets any answer but 200 may never send again, and the proof of a delivery may
be a remote call that fails. So:

1. :func:`receive` checks only what is local and cheap, commits the delivery, and says 200. The
   same bytes again are the same delivery. What cannot be stored is never answered with 200.
2. :func:`process` reads the delivery (pure), checks its proof, and records what it tells. It
   may be run again at any time: a vendor that cannot be reached leaves the delivery stored with
   the next time to try. Unreachable is never forged.
3. The proof may be a one-time token, consumed by checking it. The intent to check is committed
   before, so "already used" has three meanings that our own records tell apart: we began before
   and crashed (true), another delivery carries it (replayed), or neither (forged).
4. What stays unproven is a claim: it moves nothing, and causes at most one read per envelope
   and minute where the vendor offers a read.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

import attrs

from paraph.errors import ConfigurationError, ParaphError, StoreError, VendorError
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, new_id, now
from paraph.model import Event, Observation, Source, Trust
from paraph.ops.carry import under
from paraph.ops.kernel import Kernel
from paraph.ops.look import events as events_since
from paraph.ops.look import refresh
from paraph.ops.observe import observe
from paraph.ops.outcome import Outcome, OutcomeKind
from paraph.provider.account import Account, Delivery
from paraph.provider.capability import Capability
from paraph.provider.protocol import Reading, Verdict
from paraph.store.records import DeliveryRecord, DeliveryStage

MAX_BODY: Final = 256 << 10
"""Bytes of a webhook body; vendors advise each other to stay below 20 KB."""

MOST_WAITING: Final = (10_000, 100 << 20)
"""Deliveries and bytes per account that may wait unprocessed before new ones are refused."""

KEPT_HEADERS: Final = frozenset(
    {"content-type", "user-agent", "organisation_id", "organisation-id", "organization_id", "organization-id"}
)
"""Headers that are stored. Credentials, cookies and addresses of people are not."""

SCHEDULE: Final = (0.2, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600, 3600, 7200, 14400, 28800)
"""Seconds until a delivery that could not be checked is tried again; then it is only a claim."""

CLAIM_READS: Final = timedelta(minutes=1)

log = logging.getLogger("paraph.webhooks")


class _Presumed(Enum):
    """The token was used, most likely by our own check whose answer was lost: the read decides."""

    PRESUMED = "presumed"


PRESUMED: Final = _Presumed.PRESUMED


def receive(
    kernel: Kernel, account: str, *, headers: Mapping[str, str], body: bytes, path: str = ""
) -> Flow[Outcome]:
    """Store one webhook request durably. Never raises for what a stranger may send.

    :param headers: as received, any case. :param path: what followed the path secret in the URL.
    :returns: status 200 exactly if it is stored.
    """
    if account not in kernel.config.accounts:
        return _refused("unknown_account", 404)
    if len(body) > MAX_BODY:
        return _refused("too_large", 413)
    delivery_id = yield from new_id()
    at = yield from now()
    record = DeliveryRecord(
        id=delivery_id,
        account=account,
        path=path[:512],
        headers=tuple(sorted(_kept(headers))),
        body=body,
        body_sha256=hashlib.sha256(body).hexdigest(),
        received_at=at,
    )
    try:
        stored, new = yield from call(_store, kernel, record)
    except StoreError:
        return Outcome(kind=OutcomeKind.UNAVAILABLE, status=503, reason="store")
    if stored is None:
        return Outcome(kind=OutcomeKind.UNAVAILABLE, status=503, reason="quota")
    kind = OutcomeKind.ACCEPTED if new else OutcomeKind.DUPLICATE
    return Outcome(kind=kind, status=200, delivery_id=stored.id)


def _kept(headers: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    for name, value in headers.items():
        lower = name.lower()
        if lower in KEPT_HEADERS:
            yield lower, value[:512].encode("ascii", "backslashreplace").decode()


def _store(kernel: Kernel, record: DeliveryRecord) -> tuple[DeliveryRecord | None, bool]:
    with kernel.store.begin() as tx:
        count, size = tx.count_unprocessed(record.account)
        if count >= MOST_WAITING[0] or size + len(record.body) > MOST_WAITING[1]:
            return None, False
        return tx.add_delivery(record)


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
    except VendorError as error:
        return (yield from _again(kernel, record, type(error).__name__))
    except ConfigurationError:
        return (yield from _again(kernel, record, "configuration"))
    except ParaphError as error:
        return (yield from _again(kernel, record, type(error).__name__))
    except Exception as error:  # noqa: BLE001 - a plugin's bug must not lose a delivery
        # Its text may hold what the stranger sent, so only its class is logged.
        log.error("delivery %s: the provider failed with %s", record.id, type(error).__name__)  # noqa: TRY400 - as above
        return (yield from _again(kernel, record, f"bug:{type(error).__name__}"))


def process_due(kernel: Kernel, *, limit: int = 100) -> Flow[tuple[Outcome, ...]]:
    """Process deliveries that wait: new ones, and those whose time to be tried again has come."""
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
    trust = yield from _trust(kernel, account, record, reading, delivery)
    if isinstance(trust, str):
        return (yield from _reject(kernel, record, trust))
    if trust is Trust.VERIFIED:
        for key, value in reading.private:
            yield from call(_keep, kernel, account.name, key, value.reveal())
    at = yield from now()
    readable = yield from call(_readable, kernel, account, reading.subject_ref)
    events: tuple[Event, ...] = ()
    if trust is not PRESUMED or readable is None:
        observation = Observation(
            source=Source.WEBHOOK,
            trust=trust if isinstance(trust, Trust) else Trust.CLAIMED,
            observed_at=at,
            facts=reading.facts,
            our_reference=reading.our_reference if trust is Trust.VERIFIED else "",
        )
        events = yield from observe(kernel, observation, account.name)
    if readable is not None and (reading.read or trust is not Trust.VERIFIED):
        events += yield from _read_back(kernel, readable, at, throttled=trust is Trust.CLAIMED)
    done = attrs.evolve(record, stage=DeliveryStage.PROCESSED, outcome=_word(trust))
    yield from call(_put, kernel, done)
    return Outcome(kind=OutcomeKind.ACCEPTED, status=200, delivery_id=record.id, events=events)


def _trust(
    kernel: Kernel, account: Account[Any], record: DeliveryRecord, reading: Reading, delivery: Delivery
) -> Flow[Trust | _Presumed | str]:
    """Decide how far a delivery is to be trusted, or why it is rejected."""
    begun_before = False
    if reading.proof is not None:
        proof = hashlib.sha256(reading.proof.reveal().encode("utf-8", "surrogatepass")).hexdigest()
        others, begun_before = yield from call(_intend, kernel, record, proof)
        if others:
            return "replayed"
        if len(SCHEDULE) <= record.attempts:
            return Trust.CLAIMED
    flow = kernel.provider(account).verify(reading, delivery, account)
    verdict = yield from under(kernel, account, flow)
    match verdict:
        case Verdict.PROVEN:
            return Trust.VERIFIED
        case Verdict.USED:
            return PRESUMED if begun_before else "replayed"
        case Verdict.UNPROVEN | Verdict.EXPIRED:
            return Trust.CLAIMED
        case _:
            return "forged"


def _intend(kernel: Kernel, record: DeliveryRecord, proof: str) -> tuple[bool, bool]:
    """Commit that the token is about to be checked.

    :returns: whether another delivery carries it, and whether the check was begun before.
    """
    with kernel.store.begin() as tx:
        others = any(other.id != record.id for other in tx.deliveries_with_proof(record.account, proof))
        stored = tx.delivery(record.id) or record
        if not others:
            tx.put_delivery(attrs.evolve(stored, proof=proof, proof_intent=True))
        return others, stored.proof_intent


def _read_back(kernel: Kernel, envelope_id: str, at: datetime, *, throttled: bool) -> Flow[tuple[Event, ...]]:
    """Read the envelope where the delivery alone is not certain."""
    if throttled:
        last = kernel.last_claim_read.get(envelope_id)
        if last is not None and at - last < CLAIM_READS:
            return ()
        kernel.last_claim_read[envelope_id] = at
    before = yield from call(_last_sequence, kernel)
    yield from refresh(kernel, envelope_id)
    return (yield from events_since(kernel, envelope_id, after=before))


def _last_sequence(kernel: Kernel) -> int:
    with kernel.store.begin() as tx:
        return tx.last_sequence()


def _readable(kernel: Kernel, account: Account[Any], vendor_ref: str) -> str | None:
    """Return the id of our envelope behind a vendor's reference, if its state can be read."""
    if not vendor_ref or Capability.READ_STATUS not in kernel.provider(account).capabilities(account):
        return None
    origin = kernel.origin(account.name)
    with kernel.store.begin() as tx:
        attempt = tx.attempt_by_vendor_ref(
            provider=origin.provider, vendor_tenant=origin.vendor_tenant, vendor_ref=vendor_ref
        )
        if attempt is None:
            return None
        attempts = tx.attempts(attempt.envelope_id)
    return attempt.envelope_id if attempts[-1].id == attempt.id else None


def _delivery(kernel: Kernel, delivery_id: str) -> DeliveryRecord | None:
    with kernel.store.begin() as tx:
        return tx.delivery(delivery_id)


def _due(kernel: Kernel, at: datetime, limit: int) -> tuple[str, ...]:
    with kernel.store.begin() as tx:
        return tuple(record.id for record in tx.due_deliveries(at, limit=limit))


def _put(kernel: Kernel, record: DeliveryRecord) -> None:
    """Replace the processing state, keeping what the proof check and duplicates changed meanwhile."""
    with kernel.store.begin() as tx:
        stored = tx.delivery(record.id)
        if stored is not None:
            tx.put_delivery(
                attrs.evolve(record, proof=stored.proof, proof_intent=stored.proof_intent, seen=stored.seen)
            )


def _keep(kernel: Kernel, account: str, key: str, value: str) -> None:
    with kernel.store.begin() as tx:
        tx.put_private(account, key, value)


def _reject(kernel: Kernel, record: DeliveryRecord, reason: str) -> Flow[Outcome]:
    log.warning("delivery %s for account %s was rejected: %s", record.id, record.account, reason)
    yield from call(_put, kernel, attrs.evolve(record, stage=DeliveryStage.REJECTED, outcome=reason))
    return Outcome(kind=OutcomeKind.REJECTED, status=200, reason=reason, delivery_id=record.id)


def _again(kernel: Kernel, record: DeliveryRecord, reason: str) -> Flow[Outcome]:
    """Leave a delivery stored, with the next time to try it."""
    at = yield from now()
    pause = SCHEDULE[min(record.attempts, len(SCHEDULE) - 1)]
    later = attrs.evolve(
        record, attempts=record.attempts + 1, next_at=at + timedelta(seconds=pause), outcome=reason
    )
    yield from call(_put, kernel, later)
    return Outcome(kind=OutcomeKind.UNAVAILABLE, status=200, reason=reason, delivery_id=record.id)


def _word(trust: Trust | _Presumed) -> str:
    return trust.name.lower()


def _refused(reason: str, status: int) -> Outcome:
    return Outcome(kind=OutcomeKind.REJECTED, status=status, reason=reason)
