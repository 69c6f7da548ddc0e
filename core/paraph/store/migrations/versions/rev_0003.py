"""Attempts that are still open are read from time to time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

_WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the list of what is to be read, with every attempt that is published so far, due at once."""
    op.create_table(
        "paraph_poll",
        sa.Column("attempt_id", _WORDS, nullable=False),
        sa.Column("account", _WORDS, nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reads", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name="paraph_poll_pk"),
        sa.ForeignKeyConstraint(["attempt_id"], ["paraph_attempt.id"], name="paraph_poll_attempt_id_fk"),
    )
    op.create_index("paraph_poll_account_next_at_idx", "paraph_poll", ["account", "next_at"])
    op.execute(
        "INSERT INTO paraph_poll (attempt_id, account, next_at, reads) "
        "SELECT id, account, started_at, 0 FROM paraph_attempt WHERE state = 'published'"
    )
