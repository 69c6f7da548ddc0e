"""Create or update the store's tables with Alembic, without a configuration file.

A change of :mod:`paraph.store.schema` adds one module ``rev_NNNN.py`` to ``versions`` and
raises ``REVISION``; a test proves that the two say the same.
"""

from __future__ import annotations

import threading

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

LOCATION = "paraph.store:migrations"

_one_at_a_time = threading.Lock()  # Alembic's `context` and `op` stand for the whole process


def configuration(connection: Connection) -> Config:
    """Return the configuration that makes Alembic work within the connection's transaction."""
    config = Config()
    config.set_main_option("script_location", LOCATION)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(connection: Connection) -> None:
    """Bring the tables to this version's revision; the caller holds the store's lock and commits."""
    with _one_at_a_time:
        command.upgrade(configuration(connection), "head")
