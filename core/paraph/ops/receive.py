"""Receiving webhooks: store first, answer, process after.

Theory of operation
===================

A vendor that gets any answer but 200 may never send again, and the proof of a delivery may
be a remote call that fails. So:

1. :func:`receive` checks only what is local and cheap, commits the delivery, and says 200. Deliveries that
   arrive at the same time share a commit (:mod:`paraph.ops.commits`). The
   same body with the same proof headers again is the same delivery; one that carries no one-time
   token is processed anew, since the vendor may say the same words of a later state. What
   cannot be stored is never answered with 200.
2. :func:`process` reads the delivery (pure), decides how far to believe it
   (:mod:`paraph.ops.believe`), and records what it tells (:mod:`paraph.ops.understand`). It may be run again
   at any time, also by
   two workers at once: a vendor that cannot be reached leaves the delivery stored with the next
   time to try, and a delivery that was processed is never put back by a slower run.
3. What stays unproven is a claim: it moves nothing, and is followed by a read where the vendor
   offers one, at most one per envelope and minute; a claim that comes sooner waits for its read.
"""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import attrs

from paraph.errors import ConfigurationError, ParaphError, StoreError
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, new_id, now
from paraph.ops.believe import SCHEDULE
from paraph.ops.kernel import Kernel
from paraph.ops.outcome import Outcome, OutcomeKind
from paraph.ops.reread import Later
from paraph.ops.understand import put, understand
from paraph.ops.whose import UNKNOWN, TooEarly
from paraph.provider.protocol import ReadsHeaders
from paraph.store.protocol import Transaction
from paraph.store.records import DeliveryRecord, DeliveryStage

MAX_BODY: Final = 256 << 10
"""Bytes of a webhook body; vendors advise each other to stay below 20 KB."""

MAX_HEADER: Final = 8 << 10
"""Characters of a kept header."""

ALWAYS_KEPT: Final = frozenset({"content-type", "user-agent"})
"""Headers that are kept for every provider, besides those that it names. Credentials, cookies and
addresses of people are not."""

REJECTED_KEPT: Final = timedelta(days=7)
"""How long a rejected delivery stays for a person to look at."""

log = logging.getLogger("paraph.webhooks")


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
    proving = kernel.intake.proving.get(account)
    if proving is None:
        proving = yield from call(_proving_headers, kernel, account)
    delivery_id = yield from new_id()
    at = yield from now()
    record = _record(delivery_id, account, path, _kept(headers, proving), proving, body, at)
    try:
        stored, waits = yield from kernel.commits.add(functools.partial(_store, kernel, record))
    except StoreError:
        return Outcome(kind=OutcomeKind.UNAVAILABLE, status=503, reason="store")
    if stored is None:
        return Outcome(kind=OutcomeKind.UNAVAILABLE, status=503, reason="quota")
    if stored == record.id:
        kernel.intake.remember(record)
    else:
        kernel.intake.take(stored)  # it came again, and is not any more as it is remembered
    kind = OutcomeKind.ACCEPTED if waits else OutcomeKind.DUPLICATE
    return Outcome(kind=kind, status=200, delivery_id=stored)


def _record(
    delivery_id: str,
    account: str,
    path: str,
    kept: tuple[tuple[str, str], ...],
    proving: frozenset[str],
    body: bytes,
    at: datetime,
) -> DeliveryRecord:
    digest = hashlib.sha256(body)
    for name, value in kept:
        if name in proving:
            digest.update(f"\n{name}:{value}".encode())
    return DeliveryRecord(
        id=delivery_id,
        account=account,
        path=path[:512],
        headers=kept,
        body=body,
        body_sha256=digest.hexdigest(),
        received_at=at,
    )


def _store(kernel: Kernel, record: DeliveryRecord, tx: Transaction) -> tuple[str | None, bool]:
    """Add a delivery; return the id under which it is stored, and whether it waits to be processed.

    The id is ``None`` if there is no room. That is nothing to raise: it would cost the others their company.
    """
    stored, new = tx.add_delivery(record)
    if new:
        if not kernel.intake.take_room(tx, record):
            _take_back(record, tx)
            return None, False
    elif not stored.proof:
        again = attrs.evolve(
            stored, stage=DeliveryStage.STORED, attempts=0, next_at=None, received_at=record.received_at
        )
        tx.put_delivery(again)
        new = True
    return stored.id, new


def _take_back(record: DeliveryRecord, tx: Transaction) -> None:
    """Undo the adding of a delivery: it goes as one that was rejected, and whose time is long over."""
    over = record.received_at - REJECTED_KEPT
    gone = attrs.evolve(record, stage=DeliveryStage.REJECTED, received_at=over - REJECTED_KEPT)
    tx.put_delivery(gone)
    tx.drop_deliveries(stage=DeliveryStage.REJECTED, before=over)


def _proving_headers(kernel: Kernel, account: str) -> frozenset[str]:
    """Return the headers that the account's provider wants; a broken plugin may not cost a delivery.

    They are remembered once they are certain.
    """
    try:
        provider = kernel.config.accounts[account].provider
        named = kernel.registry.info(provider, where=f"accounts.{account}.provider").webhook_headers
    except ConfigurationError:
        return frozenset()
    try:
        chosen = kernel.account(account)
        built = kernel.provider(chosen)
        wanted = named | built.webhook_headers(chosen) if isinstance(built, ReadsHeaders) else named
    except Exception as error:  # noqa: BLE001 - a plugin's bug must not lose a delivery
        log.error("account %s: its webhook headers are unknown (%s)", account, type(error).__name__)  # noqa: TRY400 - a trace may hold secrets
        return named
    kernel.intake.proving[account] = wanted
    return wanted


def _kept(headers: Mapping[str, str], proving: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Return the headers to keep, by name."""
    kept = []
    for given, value in headers.items():
        name = given.lower()
        if name in proving or name in ALWAYS_KEPT:
            kept.append((name, value[:MAX_HEADER].encode("ascii", "backslashreplace").decode()))
    return tuple(sorted(kept))


def process(kernel: Kernel, delivery_id: str) -> Flow[Outcome]:
    """Check and understand one stored delivery; harmless to run again.

    Only a failing store raises (:class:`~paraph.errors.StoreError`): the delivery stays stored.
    """
    record = kernel.intake.take(delivery_id)
    if record is None:
        record = yield from kernel.commits.add(lambda tx: tx.delivery(delivery_id))
    if record is None:
        return Outcome(kind=OutcomeKind.DUPLICATE, status=200, delivery_id=delivery_id)
    return (yield from _process(kernel, record))


def _process(kernel: Kernel, record: DeliveryRecord) -> Flow[Outcome]:
    if record.stage is not DeliveryStage.STORED:
        return Outcome(kind=OutcomeKind.DUPLICATE, status=200, delivery_id=record.id)
    try:
        return (yield from understand(kernel, record))
    except StoreError:
        raise
    except Later as later:
        return (yield from _again(kernel, record, "claim", at=later.at))
    except TooEarly:
        return (yield from _again(kernel, record, UNKNOWN))
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
    due = yield from kernel.commits.add(functools.partial(_due, at, limit))
    outcomes = []
    for record in due:
        outcomes.append((yield from _process(kernel, record)))  # noqa: PERF401 - a comprehension cannot yield from
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


def _due(at: datetime, limit: int, tx: Transaction) -> tuple[DeliveryRecord, ...]:
    tx.drop_deliveries(stage=DeliveryStage.REJECTED, before=at - REJECTED_KEPT)
    return tx.due_deliveries(at, limit=limit)


def _again(
    kernel: Kernel, record: DeliveryRecord, reason: str, *, at: datetime | None = None
) -> Flow[Outcome]:
    """Leave a delivery stored, with the next time to try it."""
    if at is None:
        pause = SCHEDULE[min(record.attempts, len(SCHEDULE) - 1)]
        at = (yield from now()) + timedelta(seconds=pause)
        record = attrs.evolve(record, attempts=record.attempts + 1)
    yield from put(kernel, attrs.evolve(record, next_at=at, outcome=reason))
    return Outcome(kind=OutcomeKind.UNAVAILABLE, status=200, reason=reason, delivery_id=record.id)


def _refused(reason: str, status: int) -> Outcome:
    return Outcome(kind=OutcomeKind.REJECTED, status=status, reason=reason)
