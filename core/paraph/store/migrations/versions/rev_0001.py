"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

_WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
_TIME = sa.DateTime(timezone=True)
_POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, *more: Any, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _WORDS, *more, nullable=nullable)


def _word(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _TIME, nullable=nullable)


def _bytes(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"{table}_{'_'.join(columns)}_idx", table, list(columns))


def upgrade() -> None:
    """Create everything."""
    _envelopes()
    _facts()
    _deliveries()


def _envelopes() -> None:
    op.create_table(
        "paraph_envelope",
        _text("id"),
        _text("account"),
        _text("reference"),
        _text("tenant"),
        _time("created_at"),
        _text("body"),
        sa.PrimaryKeyConstraint("id", name="paraph_envelope_pk"),
    )
    _index("paraph_envelope", "created_at", "id")
    _index("paraph_envelope", "account", "created_at")
    _index("paraph_envelope", "reference")
    op.create_table(
        "paraph_attempt",
        _text("id"),
        _text("envelope_id", sa.ForeignKey("paraph_envelope.id", name="paraph_attempt_envelope_id_fk")),
        _number("number"),
        _text("account"),
        _text("provider"),
        _text("environment"),
        _text("vendor_tenant"),
        _word("state"),
        _text("vendor_ref", nullable=True),
        _text("signatories"),
        _text("documents"),
        _time("started_at"),
        sa.PrimaryKeyConstraint("id", name="paraph_attempt_pk"),
    )
    _index("paraph_attempt", "envelope_id", "number")
    _index("paraph_attempt", "vendor_ref")
    op.create_table(
        "paraph_step",
        sa.Column("position", _POSITION, sa.Identity(), nullable=False),
        _text("attempt_id", sa.ForeignKey("paraph_attempt.id", name="paraph_step_attempt_id_fk")),
        _text("key"),
        _word("kind"),
        _word("state"),
        _text("result"),
        _time("at"),
        sa.PrimaryKeyConstraint("position", name="paraph_step_pk"),
        sa.UniqueConstraint("attempt_id", "key", name="paraph_step_attempt_id_key_key"),
        sqlite_autoincrement=True,
    )


def _facts() -> None:
    op.create_table(
        "paraph_sighting",
        _text("key"),
        _text("stream"),
        _text("event_id"),
        _word("type"),
        _word("subject_kind"),
        _text("vendor_ref"),
        _text("target"),
        _text("occurrence"),
        _time("at", nullable=True),
        _text("native"),
        _text("reason", nullable=True),
        _text("actor"),
        _flag("inferred"),
        _number("trust"),
        _word("source"),
        _time("seen_at"),
        sa.PrimaryKeyConstraint("key", name="paraph_sighting_pk"),
    )
    _index("paraph_sighting", "stream")
    op.create_table(
        "paraph_event",
        sa.Column("sequence", _POSITION, sa.Identity(), nullable=False),
        _text("event_id"),
        _text("stream"),
        _text("account"),
        _text(
            "envelope_id",
            sa.ForeignKey("paraph_envelope.id", name="paraph_event_envelope_id_fk"),
            nullable=True,
        ),
        _time("recorded_at"),
        sa.PrimaryKeyConstraint("sequence", name="paraph_event_pk"),
        sa.UniqueConstraint("event_id", name="paraph_event_event_id_key"),
        sqlite_autoincrement=True,
    )
    _index("paraph_event", "stream")
    _index("paraph_event", "envelope_id", "sequence")
    _index("paraph_event", "account", "sequence")


def _deliveries() -> None:
    op.create_table(
        "paraph_delivery",
        _text("id"),
        _text("account"),
        _text("path"),
        _text("headers"),
        _bytes("body"),
        _text("body_sha256"),
        _time("received_at"),
        _number("seen"),
        _word("stage"),
        _text("outcome"),
        _text("proof"),
        _number("proof_checks"),
        _number("attempts"),
        _time("next_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="paraph_delivery_pk"),
        sa.UniqueConstraint(
            "account", "path", "body_sha256", name="paraph_delivery_account_path_body_sha256_key"
        ),
    )
    _index("paraph_delivery", "account", "proof")
    _index("paraph_delivery", "stage", "received_at")
    _index("paraph_delivery", "account", "stage")
    op.create_table(
        "paraph_content",
        _text("key"),
        _bytes("content"),
        sa.PrimaryKeyConstraint("key", name="paraph_content_pk"),
    )
    op.create_table(
        "paraph_private",
        _text("account"),
        _text("key"),
        _text("value"),
        sa.PrimaryKeyConstraint("account", "key", name="paraph_private_pk"),
    )
