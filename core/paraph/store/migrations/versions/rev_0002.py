"""Envelopes that a vendor made out of another one name it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

_WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the parent. Those that exist have none."""
    op.add_column("paraph_envelope", sa.Column("parent", _WORDS, nullable=True))
    op.create_index("paraph_envelope_parent_idx", "paraph_envelope", ["parent"])
