# ruff: noqa: D102 - the protocol describes each method of a transaction
"""One transaction's reads and writes as SQL, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn, TypeVar

import attrs
from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.exc import SQLAlchemyError

from paraph.errors import StoreError
from paraph.store import queries as q
from paraph.store import schema
from paraph.store.records import (
    PROCESSING,
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
T = TypeVar("T")
Rows = Sequence[Sequence[Any]]

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
        raise explained(error, doing) from None


def explained(error: SQLAlchemyError, doing: str) -> StoreError:
    """Say what failed by its code alone: the driver's own text may quote rows, which are personal data."""
    cause = getattr(error, "orig", None)
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    meaning = next((text for prefix, text in _MEANINGS if code.startswith(prefix)), "the database failed")
    return StoreError(f"{doing}: {meaning} ({code or type(cause or error).__name__})")


def _values(record: attrs.AttrsInstance) -> dict[str, Any]:
    return {name: getattr(record, name) for name in q.names_of(type(record))}


def _records(kind: type[R], rows: Rows) -> tuple[R, ...]:
    names = q.names_of(kind)
    return tuple(kind(**dict(zip(names, row, strict=True))) for row in rows)


def _first(kind: type[R], rows: Rows) -> R | None:
    return next(iter(_records(kind, rows)), None)


class SqlTransaction:
    """See :class:`~paraph.store.protocol.Transaction`. Lives as long as its ``with`` block.

    :ivar failed: something was refused, so nothing may be committed.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._inserts = q.inserts(connection.dialect.name)
        self.failed = False

    def require_unfailed(self) -> None:
        """Refuse to commit if anything failed, whoever caught the error."""
        if self.failed:
            msg = "an earlier statement of this transaction failed, so nothing of it is committed"
            raise StoreError(msg)

    # Envelopes and attempts

    def add_envelope(self, record: EnvelopeRecord) -> bool:
        return bool(self._run(self._inserts.add_envelope, **_values(record)))

    def move_envelope(self, envelope_id: str, *, account: str) -> None:
        if not self._change(q.MOVE_ENVELOPE, of_id=envelope_id, account=account):
            self._refuse("no envelope with that id is stored")

    def envelope(self, envelope_id: str) -> EnvelopeRecord | None:
        return _first(EnvelopeRecord, self._run(q.ENVELOPE, id=envelope_id))

    def envelopes(
        self, *, account: str | None = None, reference: str | None = None, limit: int = 100
    ) -> tuple[EnvelopeRecord, ...]:
        asked = q.narrowed(q.NEWEST_ENVELOPES, schema.envelope.c.reference, reference, account)
        return _records(EnvelopeRecord, self._run(asked.limit(limit)))

    def children(self, envelope_id: str) -> tuple[EnvelopeRecord, ...]:
        return _records(EnvelopeRecord, self._run(q.CHILDREN, parent=envelope_id))

    def put_attempt(self, record: AttemptRecord) -> None:
        self._change(self._inserts.put_attempt, **_values(record))

    def attempt(self, attempt_id: str) -> AttemptRecord | None:
        return _first(AttemptRecord, self._run(q.ATTEMPT, id=attempt_id))

    def attempts(self, envelope_id: str) -> tuple[AttemptRecord, ...]:
        return _records(AttemptRecord, self._run(q.ATTEMPTS, envelope_id=envelope_id))

    def unfinished_attempts(self, account: str) -> tuple[AttemptRecord, ...]:
        return _records(AttemptRecord, self._run(q.UNFINISHED_ATTEMPTS, account=account))

    def attempt_by_vendor_ref(
        self, *, provider: str, vendor_tenant: str, vendor_ref: str
    ) -> AttemptRecord | None:
        named = {"provider": provider, "vendor_tenant": vendor_tenant, "vendor_ref": vendor_ref}
        return _first(AttemptRecord, self._run(q.ATTEMPT_BY_VENDOR_REF, **named))

    # Steps

    def step(self, attempt_id: str, key: str) -> StepRecord | None:
        return _first(StepRecord, self._run(q.STEP, attempt_id=attempt_id, key=key))

    def steps(self, attempt_id: str) -> tuple[StepRecord, ...]:
        return _records(StepRecord, self._run(q.STEPS, attempt_id=attempt_id))

    def put_step(self, record: StepRecord) -> None:
        self._change(self._inserts.put_step, **_values(record))

    def drop_step(self, attempt_id: str, key: str) -> None:
        self._change(q.DROP_STEP, attempt_id=attempt_id, key=key)

    # Sightings and events

    def add_sightings(self, sightings: Iterable[Sighting]) -> int:
        return sum(len(self._run(self._inserts.add_sighting, **_values(each))) for each in sightings)

    def sightings(self, stream: str) -> tuple[Sighting, ...]:
        return _records(Sighting, self._run(q.SIGHTINGS, stream=stream))

    def add_event(self, record: EventRecord) -> EventRecord | None:
        values = _values(record)
        del values["sequence"]  # the database counts
        return _first(EventRecord, self._run(self._inserts.add_event, **values))

    def event_ids(self, stream: str) -> frozenset[str]:
        return frozenset(event_id for (event_id,) in self._run(q.EVENT_IDS, stream=stream))

    def event(self, event_id: str) -> EventRecord | None:
        return _first(EventRecord, self._run(q.EVENT, event_id=event_id))

    def adopt_events(self, stream: str, *, envelope_id: str) -> None:
        self._change(q.ADOPT_EVENTS, of_stream=stream, envelope_id=envelope_id)

    def events(
        self,
        *,
        envelope_id: str | None = None,
        account: str | None = None,
        after: int = 0,
        limit: int = 1000,
    ) -> tuple[EventRecord, ...]:
        t = schema.event
        asked = q.narrowed(q.EVENTS, t.c.envelope_id, envelope_id, account)
        return _records(EventRecord, self._run(asked.where(t.c.sequence > after).limit(limit)))

    def last_sequence(self) -> int:
        return int(self._run(q.LAST_SEQUENCE)[0][0])

    # Deliveries

    def add_delivery(self, record: DeliveryRecord) -> tuple[DeliveryRecord, bool]:
        if self._run(self._inserts.add_delivery, **_values(record)):
            return record, True
        identity = {f"of_{name}": getattr(record, name) for name in q.IDENTITY}
        (stored,) = _records(DeliveryRecord, self._run(q.COUNT_COPY, **identity))
        return stored, False

    def delivery(self, delivery_id: str) -> DeliveryRecord | None:
        return _first(DeliveryRecord, self._run(q.DELIVERY, id=delivery_id))

    def put_delivery(self, record: DeliveryRecord) -> None:
        values = {name: getattr(record, name) for name in PROCESSING}
        if not self._change(q.PUT_DELIVERY, of_id=record.id, least=record.seen, **values):
            self._refuse("no delivery with that id is stored")

    def drop_deliveries(self, *, stage: DeliveryStage, before: datetime) -> int:
        return self._change(q.DROP_DELIVERIES, stage=stage, before=before)

    def deliveries_with_proof(self, account: str, proof: str) -> tuple[DeliveryRecord, ...]:
        if not proof:
            return ()
        return _records(DeliveryRecord, self._run(q.DELIVERIES_WITH_PROOF, account=account, proof=proof))

    def due_deliveries(self, now: datetime, *, limit: int = 100) -> tuple[DeliveryRecord, ...]:
        return _records(DeliveryRecord, self._run(q.DUE_DELIVERIES, now=now, most=limit))

    def count_unprocessed(self, account: str) -> tuple[int, int]:
        (row,) = self._run(q.UNPROCESSED, account=account)
        return int(row[0]), int(row[1])

    # What is to be read

    def put_poll(self, record: PollRecord) -> None:
        self._change(self._inserts.put_poll, **_values(record))

    def poll(self, attempt_id: str) -> PollRecord | None:
        return _first(PollRecord, self._run(q.POLL, attempt_id=attempt_id))

    def drop_poll(self, attempt_id: str) -> None:
        self._change(q.DROP_POLL, attempt_id=attempt_id)

    def due_polls(self, account: str, now: datetime, *, limit: int = 100) -> tuple[PollRecord, ...]:
        return _records(PollRecord, self._run(q.DUE_POLLS, account=account, now=now, most=limit))

    def polled_accounts(self) -> tuple[str, ...]:
        found: list[str] = []
        while True:  # one look into the index for each: few accounts have many polls
            rows = self._run(q.NEXT_POLLED_ACCOUNT, after=found[-1] if found else "")
            if rows[0][0] is None:
                return tuple(found)
            found.append(str(rows[0][0]))

    # Documents' bytes and secrets

    def put_content(self, key: str, content: bytes) -> None:
        self._change(self._inserts.put_content, key=key, content=content)

    def content(self, key: str) -> bytes | None:
        rows = self._run(q.CONTENT, key=key)
        return bytes(rows[0][0]) if rows else None

    def drop_content(self, key: str) -> None:
        self._change(q.DROP_CONTENT, key=key)

    def put_private(self, account: str, key: str, value: str) -> None:
        self._change(self._inserts.put_private, account=account, key=key, value=value)

    def private(self, account: str, key: str) -> str | None:
        rows = self._run(q.PRIVATE, account=account, key=key)
        return str(rows[0][0]) if rows else None

    # Helpers

    def _run(self, statement: Executable, /, **values: Any) -> Rows:
        """Execute and fetch everything."""
        return self._execute(statement, values, CursorResult.all)

    def _change(self, statement: Executable, /, **values: Any) -> int:
        """Execute an update or a deletion, or what replaces; of the first two return how many rows it met."""
        return self._execute(statement, values, lambda result: result.rowcount)

    def _execute(
        self, statement: Executable, values: dict[str, Any], outcome: Callable[[CursorResult[Any]], T]
    ) -> T:
        """Execute and take the outcome, so that every failure shows here and as a StoreError."""
        if self._connection.closed:
            self._refuse("this transaction has ended")
        try:
            return outcome(self._connection.execute(statement, values))
        except SQLAlchemyError as error:
            self.failed = True
            raise explained(error, "reading or writing the store") from None
        except (ValueError, OverflowError):
            self.failed = True
            raise StoreError("the store holds, or was given, a value that this version cannot read") from None

    def _refuse(self, reason: str) -> NoReturn:
        self.failed = True
        raise StoreError(reason)
