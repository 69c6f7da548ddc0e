"""Where envelopes, attempts, step journals, facts and deliveries live.

:func:`open_store` is the one way in. Whatever the store, ``begin`` opens a
transaction that is serialised against all others; ``durable`` says whether what
it commits survives the process.
"""

from __future__ import annotations

from paraph.errors import ConfigurationError, MissingExtra
from paraph.store.protocol import Store, Transaction
from paraph.store.records import (
    AttemptRecord,
    AttemptState,
    DeliveryRecord,
    DeliveryStage,
    EnvelopeRecord,
    EventRecord,
    PollRecord,
    Sighting,
    StepKind,
    StepRecord,
    StepState,
)

__all__ = [
    "AttemptRecord",
    "AttemptState",
    "DeliveryRecord",
    "DeliveryStage",
    "EnvelopeRecord",
    "EventRecord",
    "PollRecord",
    "Sighting",
    "StepKind",
    "StepRecord",
    "StepState",
    "Store",
    "Transaction",
    "open_store",
]

_KNOWN = "memory:, sqlite:///paraph.db, postgresql://user@host/database"


def open_store(url: str) -> Store:
    """Open the store that a URL names, creating or updating its tables.

    ``memory:`` lives and dies with the process. ``sqlite:///paraph.db`` is a file,
    relative to the working directory (four slashes: an absolute path).
    ``postgresql://`` (the same as ``postgresql+psycopg://``) is a database made with
    encoding UTF8; its tables go to the first schema of the ``search_path``.

    :raises ConfigurationError: the URL is of no known kind. Its text is never repeated,
        since it may hold a password.
    :raises MissingExtra: the database's driver is not installed.
    :raises StoreError: the database cannot be reached, or was written by a newer version.
    """
    scheme, colon, rest = url.partition(":")
    if not colon:
        raise ConfigurationError(f"the store's URL has no scheme; known are {_KNOWN}")
    if scheme == "memory":
        if rest not in ("", "//"):
            raise ConfigurationError("the memory store takes no path: write memory:")
        from paraph.store.memory import MemoryStore

        return MemoryStore()
    if scheme in ("sqlite", "postgresql", "postgresql+psycopg"):
        try:
            from paraph.store.sql import SqlStore
        except ModuleNotFoundError as missing:
            if (missing.name or "").partition(".")[0] != "sqlalchemy":
                raise
            raise MissingExtra("sql", feature=f"a store in {scheme.partition('+')[0]}") from None
        return SqlStore(url)
    raise ConfigurationError(f"unknown kind of store {scheme!r}; known are {_KNOWN}")
