# ruff: noqa: ARG002 - SQLAlchemy hands every type the dialect
"""The tables, once for SQLite and PostgreSQL, and the types that make both behave alike.

Columns are called like the fields of the records, so that a row is a record.
Everything is prefixed ``paraph_``, because a PostgreSQL schema may be shared with
the application. A change here needs a migration and a new :data:`REVISION`.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from paraph.model import FactType, Source, SubjectKind, Trust
from paraph.store.records import AttemptState, DeliveryStage, StepKind, StepState

REVISION = "0003"
"""The migration that makes exactly these tables. Revisions are numbered, so later is greater."""

VERSION_TABLE = "paraph_version"

E = TypeVar("E", bound=Enum)

_SUBSTITUTE = "\x1a"
_UNSTORABLE = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")


class Words(TypeDecorator[str]):
    """Any Python text, ordered by code point.

    PostgreSQL refuses NUL, and UTF-8 has no lone surrogates; but vendors' words are kept
    as they came. Such a character is stored as U+001A (SUBSTITUTE) and its four hex
    digits, and so is U+001A itself, so that every text comes back unchanged.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Compare bytes on PostgreSQL too, whatever the database's locale."""
        return postgresql.TEXT(collation="C") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape what a database cannot hold."""
        if value is None or (value.isascii() and "\0" not in value and _SUBSTITUTE not in value):
            return value  # nearly every text, and much faster found than by the expression
        return _UNSTORABLE.sub(lambda match: f"\x1a{ord(match[0]):04x}", value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Undo the escapes."""
        if value is None or _SUBSTITUTE not in value:
            return value
        return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), value)


class Pairs(TypeDecorator[tuple[tuple[str, str], ...]]):
    """Pairs of texts, in order, as JSON text."""

    impl = Words
    cache_ok = True

    def process_bind_param(self, value: tuple[tuple[str, str], ...] | None, dialect: Dialect) -> str:
        """Write the pairs; non-ASCII stays itself, so that lone surrogates reach :class:`Words`."""
        return json.dumps(value, ensure_ascii=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[tuple[str, str], ...]:
        """Read the pairs back."""
        return tuple((first, second) for first, second in json.loads(value))


class Choice(TypeDecorator[E]):
    """A member of an enumeration, stored as its value."""

    impl = Text
    cache_ok = True

    def __init__(self, enum: type[E]) -> None:
        super().__init__()
        self.enum = enum

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Store numbers as numbers and words as words."""
        numbers = all(isinstance(member.value, int) for member in self.enum)
        return BigInteger() if numbers else Text()

    def process_bind_param(self, value: E | None, dialect: Dialect) -> Any:
        """Store the member's value."""
        return None if value is None else value.value

    def process_result_value(self, value: Any, dialect: Dialect) -> E | None:
        """Find the member."""
        return None if value is None else self.enum(value)


class Utc(TypeDecorator[datetime]):
    """An aware time with microseconds; SQLite, which knows no zones, holds it as UTC text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; a naive time has no meaning and is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a naive datetime"
            raise ValueError(msg)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return it aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_POSITION = BigInteger().with_variant(Integer(), "sqlite")  # only INTEGER can count up by itself there

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


def _text(name: str, *more: Any, primary_key: bool = False, nullable: bool = False) -> Column[Any]:
    return Column(name, Words(), *more, primary_key=primary_key, nullable=nullable)


def _number(name: str) -> Column[Any]:
    return Column(name, BigInteger(), nullable=False)


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean(), nullable=False)


def _time(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Utc(), nullable=nullable)


def _choice(name: str, enum: type[Enum]) -> Column[Any]:
    return Column(name, Choice(enum), nullable=False)


envelope = Table(
    "paraph_envelope",
    metadata,
    _text("id", primary_key=True),
    _text("account"),
    _text("reference"),
    _text("tenant"),
    _time("created_at"),
    _text("body"),
    _text("parent", nullable=True),
    Index(None, "created_at", "id"),
    Index(None, "account", "created_at"),
    Index(None, "reference"),
    Index(None, "parent"),
)

attempt = Table(
    "paraph_attempt",
    metadata,
    _text("id", primary_key=True),
    _text("envelope_id", ForeignKey("paraph_envelope.id")),
    _number("number"),
    _text("account"),
    _text("provider"),
    _text("environment"),
    _text("vendor_tenant"),
    _choice("state", AttemptState),
    _text("vendor_ref", nullable=True),
    Column("signatories", Pairs(), nullable=False),
    Column("documents", Pairs(), nullable=False),
    _time("started_at"),
    Index(None, "envelope_id", "number"),
    Index(None, "vendor_ref"),
)

step = Table(
    "paraph_step",
    metadata,
    # The order in which steps were begun.
    Column("position", _POSITION, Identity(), primary_key=True),
    _text("attempt_id", ForeignKey("paraph_attempt.id")),
    _text("key"),
    _choice("kind", StepKind),
    _choice("state", StepState),
    _text("result"),
    _time("at"),
    UniqueConstraint("attempt_id", "key"),
    sqlite_autoincrement=True,
)

sighting = Table(
    "paraph_sighting",
    metadata,
    _text("key", primary_key=True),
    _text("stream"),
    _text("event_id"),
    _choice("type", FactType),
    _choice("subject_kind", SubjectKind),
    _text("vendor_ref"),
    _text("target"),
    _text("occurrence"),
    _time("at", nullable=True),
    _text("native"),
    _text("reason", nullable=True),
    _text("actor"),
    _flag("inferred"),
    _choice("trust", Trust),
    _choice("source", Source),
    _time("seen_at"),
    Index(None, "stream"),
)

event = Table(
    "paraph_event",
    metadata,
    # Numbers are never used again, also after the newest rows were deleted; there may be gaps.
    Column("sequence", _POSITION, Identity(), primary_key=True),
    _text("event_id"),
    _text("stream"),
    _text("account"),
    _text("envelope_id", ForeignKey("paraph_envelope.id"), nullable=True),
    _time("recorded_at"),
    UniqueConstraint("event_id"),
    Index(None, "stream"),
    Index(None, "envelope_id", "sequence"),
    Index(None, "account", "sequence"),
    sqlite_autoincrement=True,
)

delivery = Table(
    "paraph_delivery",
    metadata,
    _text("id", primary_key=True),
    _text("account"),
    _text("path"),
    Column("headers", Pairs(), nullable=False),
    # Bytes, not JSON: a signature over the body, or a dispute, needs them as they came.
    Column("body", LargeBinary(), nullable=False),
    _text("body_sha256"),
    _time("received_at"),
    _number("seen"),
    _choice("stage", DeliveryStage),
    _text("outcome"),
    _text("proof"),
    _number("proof_checks"),
    _number("attempts"),
    _time("next_at", nullable=True),
    UniqueConstraint("account", "path", "body_sha256"),
    Index(None, "account", "proof"),
    Index(None, "stage", "received_at"),
    Index(None, "account", "stage"),
)

poll = Table(
    "paraph_poll",
    metadata,
    _text("attempt_id", ForeignKey("paraph_attempt.id"), primary_key=True),
    _text("account"),
    _time("next_at"),
    _number("reads"),
    Index(None, "account", "next_at"),
)

content = Table(
    "paraph_content",
    metadata,
    _text("key", primary_key=True),
    Column("content", LargeBinary(), nullable=False),
)

private = Table(
    "paraph_private",
    metadata,
    _text("account", primary_key=True),
    _text("key", primary_key=True),
    _text("value"),
)
