# ruff: noqa: D102 - the protocol describes each method of a transaction
"""One transaction's reads and writes as SQL, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn, TypeVar

import attrs
from sqlalchemy import Connection, Executable, Table, case, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import SQLAlchemyError

from paraph.errors import StoreError
from paraph.store import schema
from paraph.store.records import (
    AttemptRecord,
    DeliveryRecord,
    DeliveryStage,
    EnvelopeRecord,
    EventRecord,
    PollRecord,
    Sighting,
    StepRecord,
)

R = TypeVar("R", bound=attrs.AttrsInstance)

_MEANINGS = (
    ("SQLITE_BUSY", "another process kept the database locked for too long"),
    ("SQLITE_LOCKED", "another process kept the database locked for too long"),
    ("55P03", "another process kept the database locked for too long"),
    ("SQLITE_CORRUPT", "the file is damaged: restore it from a backup"),
    ("SQLITE_NOTADB", "the file is not an SQLite database"),
    ("SQLITE_FULL", "the disk is full"),
    ("53100", "the disk is full"),
    ("SQLITE_READONLY", "the file or its folder is not writable"),
    ("SQLITE_CANTOPEN", "the file or its folder cannot be opened"),
    ("SQLITE_IOERR", "the disk failed to read or write"),
    ("SQLITE_CONSTRAINT", "the record contradicts what is stored"),
    ("23", "the record contradicts what is stored"),
    ("28", "the database refused the user or password"),
    ("3D000", "there is no such database"),
    ("42501", "the database user lacks a privilege"),
)


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn SQLAlchemy's errors into a StoreError."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _explained(error, doing) from None


def _explained(error: SQLAlchemyError, doing: str) -> StoreError:
    """Say what failed by its code alone: the driver's own text may quote rows, which are personal data."""
    cause = getattr(error, "orig", None)
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    meaning = next((text for prefix, text in _MEANINGS if code.startswith(prefix)), "the database failed")
    return StoreError(f"{doing}: {meaning} ({code or type(cause or error).__name__})")


def _values(record: attrs.AttrsInstance) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in attrs.fields(type(record))}


def _records(kind: type[R], rows: Iterable[RowMapping]) -> tuple[R, ...]:
    names = [field.name for field in attrs.fields(kind)]
    return tuple(kind(**{name: row[name] for name in names}) for row in rows)


def _first(kind: type[R], rows: Sequence[RowMapping]) -> R | None:
    return next(iter(_records(kind, rows)), None)


class SqlTransaction:
    """See :class:`~paraph.store.protocol.Transaction`. Lives as long as its ``with`` block.

    :ivar failed: something was refused, so nothing may be committed.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.failed = False

    def require_unfailed(self) -> None:
        """Refuse to commit if anything failed, whoever caught the error."""
        if self.failed:
            msg = "an earlier statement of this transaction failed, so nothing of it is committed"
            raise StoreError(msg)

    # Envelopes and attempts

    def add_envelope(self, record: EnvelopeRecord) -> bool:
        statement = self._insert(schema.envelope).values(**_values(record))
        statement = statement.on_conflict_do_nothing(index_elements=["id"])
        return bool(self._run(statement.returning(schema.envelope.c.id)))

    def move_envelope(self, envelope_id: str, *, account: str) -> None:
        t = schema.envelope
        if not self._run(update(t).where(t.c.id == envelope_id).values(account=account).returning(t.c.id)):
            self._refuse("no envelope with that id is stored")

    def envelope(self, envelope_id: str) -> EnvelopeRecord | None:
        t = schema.envelope
        return _first(EnvelopeRecord, self._run(select(t).where(t.c.id == envelope_id)))

    def envelopes(
        self, *, account: str | None = None, reference: str | None = None, limit: int = 100
    ) -> tuple[EnvelopeRecord, ...]:
        t = schema.envelope
        query = select(t).order_by(t.c.created_at.desc(), t.c.id.desc()).limit(limit)
        if account is not None:
            query = query.where(t.c.account == account)
        if reference is not None:
            query = query.where(t.c.reference == reference)
        return _records(EnvelopeRecord, self._run(query))

    def children(self, envelope_id: str) -> tuple[EnvelopeRecord, ...]:
        t = schema.envelope
        query = select(t).where(t.c.parent == envelope_id).order_by(t.c.created_at, t.c.id)
        return _records(EnvelopeRecord, self._run(query))

    def put_attempt(self, record: AttemptRecord) -> None:
        self._put(schema.attempt, record, key=("id",))

    def attempt(self, attempt_id: str) -> AttemptRecord | None:
        t = schema.attempt
        return _first(AttemptRecord, self._run(select(t).where(t.c.id == attempt_id)))

    def attempts(self, envelope_id: str) -> tuple[AttemptRecord, ...]:
        t = schema.attempt
        query = select(t).where(t.c.envelope_id == envelope_id).order_by(t.c.number, t.c.id)
        return _records(AttemptRecord, self._run(query))

    def attempt_by_vendor_ref(
        self, *, provider: str, vendor_tenant: str, vendor_ref: str
    ) -> AttemptRecord | None:
        t = schema.attempt
        query = (
            select(t)
            .where(t.c.provider == provider, t.c.vendor_tenant == vendor_tenant, t.c.vendor_ref == vendor_ref)
            .order_by(t.c.started_at.desc(), t.c.id.desc())
            .limit(1)
        )
        return _first(AttemptRecord, self._run(query))

    # Steps

    def step(self, attempt_id: str, key: str) -> StepRecord | None:
        t = schema.step
        return _first(StepRecord, self._run(select(t).where(t.c.attempt_id == attempt_id, t.c.key == key)))

    def steps(self, attempt_id: str) -> tuple[StepRecord, ...]:
        t = schema.step
        query = select(t).where(t.c.attempt_id == attempt_id).order_by(t.c.position)
        return _records(StepRecord, self._run(query))

    def put_step(self, record: StepRecord) -> None:
        self._put(schema.step, record, key=("attempt_id", "key"))

    def drop_step(self, attempt_id: str, key: str) -> None:
        t = schema.step
        self._run(delete(t).where(t.c.attempt_id == attempt_id, t.c.key == key))

    # Sightings and events

    def add_sightings(self, sightings: Iterable[Sighting]) -> int:
        t = schema.sighting
        statement = self._insert(t).on_conflict_do_nothing(index_elements=["key"]).returning(t.c.key)
        return sum(len(self._run(statement.values(**_values(sighting)))) for sighting in sightings)

    def sightings(self, stream: str) -> tuple[Sighting, ...]:
        t = schema.sighting
        return _records(Sighting, self._run(select(t).where(t.c.stream == stream)))

    def add_event(self, record: EventRecord) -> EventRecord | None:
        t = schema.event
        values = _values(record)
        del values["sequence"]  # the database counts
        statement = self._insert(t).values(**values).on_conflict_do_nothing(index_elements=["event_id"])
        return _first(EventRecord, self._run(statement.returning(*t.c)))

    def event_ids(self, stream: str) -> frozenset[str]:
        t = schema.event
        return frozenset(
            row["event_id"] for row in self._run(select(t.c.event_id).where(t.c.stream == stream))
        )

    def event(self, event_id: str) -> EventRecord | None:
        t = schema.event
        return _first(EventRecord, self._run(select(t).where(t.c.event_id == event_id)))

    def adopt_events(self, stream: str, *, envelope_id: str) -> None:
        t = schema.event
        orphans = (t.c.stream == stream) & t.c.envelope_id.is_(None)
        self._run(update(t).where(orphans).values(envelope_id=envelope_id))

    def events(
        self,
        *,
        envelope_id: str | None = None,
        account: str | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> tuple[EventRecord, ...]:
        t = schema.event
        query = select(t).where(t.c.sequence > after).order_by(t.c.sequence).limit(limit)
        if envelope_id is not None:
            query = query.where(t.c.envelope_id == envelope_id)
        if account is not None:
            query = query.where(t.c.account == account)
        return _records(EventRecord, self._run(query))

    def last_sequence(self) -> int:
        (row,) = self._run(select(func.max(schema.event.c.sequence).label("highest")))
        return row["highest"] or 0

    # Deliveries

    def add_delivery(self, record: DeliveryRecord) -> tuple[DeliveryRecord, bool]:
        t = schema.delivery
        statement = self._insert(t).values(**_values(record))
        statement = statement.on_conflict_do_nothing(index_elements=["account", "path", "body_sha256"])
        if self._run(statement.returning(t.c.id)):
            return record, True
        again = (
            update(t)
            .where(
                t.c.account == record.account,
                t.c.path == record.path,
                t.c.body_sha256 == record.body_sha256,
            )
            .values(seen=t.c.seen + 1)
            .returning(*t.c)
        )
        (stored,) = _records(DeliveryRecord, self._run(again))
        return stored, False

    def delivery(self, delivery_id: str) -> DeliveryRecord | None:
        t = schema.delivery
        return _first(DeliveryRecord, self._run(select(t).where(t.c.id == delivery_id)))

    def put_delivery(self, record: DeliveryRecord) -> None:
        t = schema.delivery
        values = _values(record)
        # A copy may have arrived since the caller read the row: that count must not be undone.
        values["seen"] = case((t.c.seen > record.seen, t.c.seen), else_=record.seen)
        if not self._run(update(t).where(t.c.id == record.id).values(**values).returning(t.c.id)):
            self._refuse("no delivery with that id is stored")

    def drop_deliveries(self, *, stage: DeliveryStage, before: datetime) -> int:
        t = schema.delivery
        gone = delete(t).where(t.c.stage == stage, t.c.received_at < before).returning(t.c.id)
        return len(self._run(gone))

    def deliveries_with_proof(self, account: str, proof: str) -> tuple[DeliveryRecord, ...]:
        if not proof:
            return ()
        t = schema.delivery
        query = select(t).where(t.c.account == account, t.c.proof == proof)
        return _records(DeliveryRecord, self._run(query.order_by(t.c.received_at, t.c.id)))

    def due_deliveries(self, now: datetime, *, limit: int = 100) -> tuple[DeliveryRecord, ...]:
        t = schema.delivery
        due = (t.c.stage == DeliveryStage.STORED) & (t.c.next_at.is_(None) | (t.c.next_at <= now))
        query = select(t).where(due).order_by(t.c.received_at, t.c.id).limit(limit)
        return _records(DeliveryRecord, self._run(query))

    def count_unprocessed(self, account: str) -> tuple[int, int]:
        t = schema.delivery
        number, size = func.count(), func.coalesce(func.sum(func.length(t.c.body)), 0)
        waiting = (t.c.account == account) & (t.c.stage == DeliveryStage.STORED)
        (row,) = self._run(select(number.label("number"), size.label("size")).where(waiting))
        return int(row["number"]), int(row["size"])

    # What is to be read

    def put_poll(self, record: PollRecord) -> None:
        self._put(schema.poll, record, key=("attempt_id",))

    def poll(self, attempt_id: str) -> PollRecord | None:
        t = schema.poll
        return _first(PollRecord, self._run(select(t).where(t.c.attempt_id == attempt_id)))

    def drop_poll(self, attempt_id: str) -> None:
        self._run(delete(schema.poll).where(schema.poll.c.attempt_id == attempt_id))

    def due_polls(self, account: str, now: datetime, *, limit: int = 100) -> tuple[PollRecord, ...]:
        t = schema.poll
        due = (t.c.account == account) & (t.c.next_at <= now)
        return _records(
            PollRecord, self._run(select(t).where(due).order_by(t.c.next_at, t.c.attempt_id).limit(limit))
        )

    # Documents' bytes and secrets

    def put_content(self, key: str, content: bytes) -> None:
        statement = self._insert(schema.content).values(key=key, content=content)
        self._run(statement.on_conflict_do_update(index_elements=["key"], set_={"content": content}))

    def content(self, key: str) -> bytes | None:
        t = schema.content
        rows = self._run(select(t.c.content).where(t.c.key == key))
        return bytes(rows[0]["content"]) if rows else None

    def drop_content(self, key: str) -> None:
        self._run(delete(schema.content).where(schema.content.c.key == key))

    def put_private(self, account: str, key: str, value: str) -> None:
        statement = self._insert(schema.private).values(account=account, key=key, value=value)
        self._run(statement.on_conflict_do_update(index_elements=["account", "key"], set_={"value": value}))

    def private(self, account: str, key: str) -> str | None:
        t = schema.private
        rows = self._run(select(t.c.value).where(t.c.account == account, t.c.key == key))
        return str(rows[0]["value"]) if rows else None

    # Helpers

    def _insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """Start an insert that knows ON CONFLICT, which each dialect spells for itself."""
        if self._connection.dialect.name == "sqlite":
            return sqlite.insert(table)
        return postgresql.insert(table)

    def _put(self, table: Table, record: attrs.AttrsInstance, *, key: tuple[str, ...]) -> None:
        """Insert, or replace all but the key."""
        values = _values(record)
        others = {name: value for name, value in values.items() if name not in key}
        statement = self._insert(table).values(**values)
        self._run(statement.on_conflict_do_update(index_elements=key, set_=others))

    def _run(self, statement: Executable) -> Sequence[RowMapping]:
        """Execute and fetch everything, so that every failure shows here and as a StoreError."""
        if self._connection.closed:
            self._refuse("this transaction has ended")
        try:
            with translated("reading or writing the store"):
                result = self._connection.execute(statement)
                return result.mappings().all() if result.returns_rows else ()
        except StoreError:
            self.failed = True
            raise
        except (ValueError, OverflowError):
            self.failed = True
            raise StoreError("the store holds, or was given, a value that this version cannot read") from None

    def _refuse(self, reason: str) -> NoReturn:
        self.failed = True
        raise StoreError(reason)
