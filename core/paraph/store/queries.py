"""Every statement of the durable store, built once: building one costs more than running it.

Values are bound when a statement runs, under the names of the records' fields. A value that a change looks
for, and does not write, is called after its field with ``of_`` before it, because the plain name is what is
written. What may be asked with or without a filter is built when it is asked (:func:`narrowed`).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final

import attrs
from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from paraph.store.records import (
    PROCESSING,
    AttemptRecord,
    AttemptState,
    DeliveryRecord,
    DeliveryStage,
    EnvelopeRecord,
    EventRecord,
    PollRecord,
    Sighting,
    StepRecord,
)
from paraph.store.schema import attempt, content, delivery, envelope, event, poll, private, sighting, step

Reading = Select[Any]


@functools.cache
def names_of(kind: type[attrs.AttrsInstance]) -> tuple[str, ...]:
    """Return the names of a record's fields, which are those of its table's columns."""
    return tuple(field.name for field in attrs.fields(kind))


def _records(kind: type[attrs.AttrsInstance], table: Table) -> Reading:
    """Read records: the columns stand in the order of the fields."""
    return select(*(table.c[name] for name in names_of(kind)))


def _given(table: Table, *names: str, prefix: str = "") -> ColumnElement[bool]:
    return and_(*(table.c[name] == bindparam(f"{prefix}{name}") for name in names))


def narrowed(statement: Reading, column: Column[Any], value: str | None, account: str | None) -> Reading:
    """Narrow a statement to rows with a value, or of an account, or both; ``None`` does not narrow.

    An account has nearly every row, and few rows have the value; but SQLite, which knows no numbers, would
    rather go by the account. So where both are given, the account is compared in a way that no index serves.
    """
    whose = column.table.c["account"]
    if value is not None:
        statement = statement.where(column == value)
    if account is not None:
        statement = statement.where((whose if value is None else whose + "") == account)
    return statement


# Envelopes and attempts

ENVELOPES: Final = _records(EnvelopeRecord, envelope)
NEWEST_ENVELOPES: Final = ENVELOPES.order_by(envelope.c.created_at.desc(), envelope.c.id.desc())
ENVELOPE: Final = ENVELOPES.where(_given(envelope, "id"))
CHILDREN: Final = ENVELOPES.where(_given(envelope, "parent")).order_by(envelope.c.created_at, envelope.c.id)
MOVE_ENVELOPE: Final = (
    update(envelope).where(_given(envelope, "id", prefix="of_")).values(account=bindparam("account"))
)

_ATTEMPTS: Final = _records(AttemptRecord, attempt)
ATTEMPT: Final = _ATTEMPTS.where(_given(attempt, "id"))
ATTEMPTS: Final = _ATTEMPTS.where(_given(attempt, "envelope_id")).order_by(attempt.c.number, attempt.c.id)
ATTEMPT_BY_VENDOR_REF: Final = (
    _ATTEMPTS.where(_given(attempt, "provider", "vendor_tenant", "vendor_ref"))
    .order_by(attempt.c.started_at.desc(), attempt.c.id.desc())
    .limit(1)
)

UNFINISHED_ATTEMPTS: Final = (
    _ATTEMPTS.join_from(poll, attempt, poll.c.attempt_id == attempt.c.id)
    .where(
        _given(poll, "account"),
        attempt.c.state == literal(AttemptState.OPEN, attempt.c.state.type),
    )
    .order_by(attempt.c.started_at, attempt.c.id)
)

# Steps

_STEPS: Final = _records(StepRecord, step)
STEP: Final = _STEPS.where(_given(step, "attempt_id", "key"))
STEPS: Final = _STEPS.where(_given(step, "attempt_id")).order_by(step.c.position)
DROP_STEP: Final = delete(step).where(_given(step, "attempt_id", "key"))

# Sightings and events

SIGHTINGS: Final = _records(Sighting, sighting).where(_given(sighting, "stream"))

_EVENTS: Final = _records(EventRecord, event)
EVENT: Final = _EVENTS.where(_given(event, "event_id"))
EVENTS: Final = _EVENTS.order_by(event.c.sequence)
EVENT_IDS: Final = select(event.c.event_id).where(_given(event, "stream"))
ADOPT_EVENTS: Final = (
    update(event)
    .where(_given(event, "stream", prefix="of_"), event.c.envelope_id.is_(None))
    .values(envelope_id=bindparam("envelope_id"))
)
LAST_SEQUENCE: Final = select(func.coalesce(func.max(event.c.sequence), 0))

# Deliveries

IDENTITY: Final = ("account", "path", "body_sha256")
"""What makes a delivery the same as one that came before."""

_DELIVERIES: Final = _records(DeliveryRecord, delivery)
_OLDEST: Final = (delivery.c.received_at, delivery.c.id)
_WAITS: Final = delivery.c.stage == literal(DeliveryStage.STORED, delivery.c.stage.type)
DELIVERY: Final = _DELIVERIES.where(_given(delivery, "id"))
DELIVERIES_WITH_PROOF: Final = _DELIVERIES.where(_given(delivery, "account", "proof")).order_by(*_OLDEST)
DUE_DELIVERIES: Final = (
    _DELIVERIES.where(_WAITS, delivery.c.next_at.is_(None) | (delivery.c.next_at <= bindparam("now")))
    .order_by(*_OLDEST)
    .limit(bindparam("most"))
)
UNPROCESSED: Final = select(func.count(), func.coalesce(func.sum(func.length(delivery.c.body)), 0)).where(
    _given(delivery, "account"), _WAITS
)
COUNT_COPY: Final = (
    update(delivery)
    .where(_given(delivery, *IDENTITY, prefix="of_"))
    .values(seen=delivery.c.seen + 1)
    .returning(*_DELIVERIES.selected_columns)
)
PUT_DELIVERY: Final = (
    update(delivery)
    .where(_given(delivery, "id", prefix="of_"))
    .values(
        # A copy may have arrived since the caller read the row: that count must not be undone.
        seen=case((delivery.c.seen > bindparam("least"), delivery.c.seen), else_=bindparam("least")),
        **{name: bindparam(name) for name in PROCESSING},
    )
)
DROP_DELIVERIES: Final = delete(delivery).where(
    _given(delivery, "stage"), delivery.c.received_at < bindparam("before")
)

# What is to be read

_POLLS: Final = _records(PollRecord, poll)
POLL: Final = _POLLS.where(_given(poll, "attempt_id"))
DUE_POLLS: Final = (
    _POLLS.where(_given(poll, "account"), poll.c.next_at <= bindparam("now"))
    .order_by(poll.c.next_at, poll.c.attempt_id)
    .limit(bindparam("most"))
)
NEXT_POLLED_ACCOUNT: Final = select(func.min(poll.c.account)).where(poll.c.account > bindparam("after"))
DROP_POLL: Final = delete(poll).where(_given(poll, "attempt_id"))

# Documents' bytes and secrets

CONTENT: Final = select(content.c.content).where(_given(content, "key"))
DROP_CONTENT: Final = delete(content).where(_given(content, "key"))
PRIVATE: Final = select(private.c.value).where(_given(private, "account", "key"))


class Inserts:
    """The insertions, which each dialect spells for itself because of ON CONFLICT; see :func:`inserts`.

    Those that are called ``add`` leave a row that is there as it is and return nothing then; those called
    ``put`` replace all of it but its key.
    """

    def __init__(self, dialect: str) -> None:
        self._insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
        self.add_envelope = self._add(envelope, "id").returning(envelope.c.id)
        self.add_sighting = self._add(sighting, "key").returning(sighting.c.key)
        self.add_event = self._add(event, "event_id").returning(*_EVENTS.selected_columns)
        self.add_delivery = self._add(delivery, *IDENTITY).returning(delivery.c.id)
        self.put_attempt = self._put(attempt, "id")
        self.put_step = self._put(step, "attempt_id", "key")
        self.put_poll = self._put(poll, "attempt_id")
        self.put_content = self._put(content, "key")
        self.put_private = self._put(private, "account", "key")

    def _add(self, table: Table, *key: str) -> Any:
        return self._insert(table).on_conflict_do_nothing(index_elements=key)

    def _put(self, table: Table, *key: str) -> Any:
        statement = self._insert(table)
        others: Mapping[str, Any] = {
            column.name: statement.excluded[column.name]
            for column in table.c
            if column.name not in key and column.identity is None
        }
        return statement.on_conflict_do_update(index_elements=key, set_=others)


@functools.cache
def inserts(dialect: str) -> Inserts:
    """Return the insertions of ``sqlite`` or ``postgresql``."""
    return Inserts(dialect)
