"""The durable store: SQLAlchemy Core on SQLite or PostgreSQL.

**One at a time.** A transaction is a ``with`` block, so it cannot be run again
after a serialisation failure; therefore it takes a lock before it reads anything.
On SQLite that is ``BEGIN IMMEDIATE``. On PostgreSQL it is an advisory lock of the
schema, held until the commit is visible, under READ COMMITTED: each statement
after the lock sees everything committed before (a SERIALIZABLE snapshot would be
as old as the wait for the lock). The order of commits is then the order of locks,
and so is the order of event numbers. Within the process a :class:`Turnstile`
keeps the threads in line, because SQLite's busy handler is no queue; hence one
connection is enough.

**Durable.** SQLite runs in WAL mode with ``synchronous=FULL``. Checkpoints are ours
and of kind TRUNCATE, which holds the writer lock from start to end: SQLite's
automatic ones run beside other processes' writers, and there versions before
3.51.3 can lose data (the "WAL-reset bug"). On PostgreSQL ``synchronous_commit`` is
never off.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from paraph.errors import ConfigurationError, MissingExtra, StoreError
from paraph.store.protocol import Transaction
from paraph.store.schema import REVISION, VERSION_TABLE
from paraph.store.statements import SqlTransaction, translated
from paraph.store.turnstile import Turnstile

CHECKPOINT_BYTES = 4 * 1024 * 1024
"""A write-ahead log larger than this is copied into the database after the commit."""


class SqlStore:
    """A store in an SQLite file or a PostgreSQL database. Thread safe; open it anew after a fork.

    :param url: see :func:`paraph.store.open_store`.
    :param lock_timeout: seconds to wait for other threads and processes.
    :raises ConfigurationError: the URL makes no sense.
    :raises MissingExtra: alembic or psycopg is not installed.
    :raises StoreError: the database cannot be reached, or was written by a newer version.
    """

    durable = True

    def __init__(self, url: str, *, lock_timeout: float = 30.0) -> None:
        self._lock_timeout = lock_timeout
        self._turnstile = Turnstile()
        self._process = os.getpid()
        self._closed = False
        parsed = _parsed(url)
        self._wal: Path | None = None
        if parsed.get_backend_name() == "sqlite":
            path = _private_file(parsed)
            self._wal = path.with_name(path.name + "-wal")
            self._engine = _sqlite_engine(parsed.set(database=str(path)), lock_timeout)
        else:
            self._engine = _postgresql_engine(parsed, lock_timeout)
        try:
            self._migrate()
        except BaseException:
            self._engine.dispose()
            raise

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Open a transaction; see :class:`~paraph.store.protocol.Store`."""
        if self._process != os.getpid():
            msg = "the store was opened before this process was forked: open it again in the child"
            raise StoreError(msg)
        with self._turnstile.turn(timeout=self._lock_timeout), self._connected() as connection:
            transaction = SqlTransaction(connection)
            yield transaction
            transaction.require_unfailed()
            with translated("committing (if the connection broke, it may have happened)"):
                connection.commit()
            self._checkpoint(connection)

    def close(self) -> None:
        """Close the connection, after the transaction that uses it."""
        if self._closed or self._process != os.getpid():
            return
        with self._turnstile.turn(timeout=self._lock_timeout):
            self._closed = True
            self._engine.dispose()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        """Lend a connection with a begun and locked transaction; what is not committed is rolled back."""
        if self._closed:
            msg = "the store is closed"
            raise StoreError(msg)
        with translated("connecting to the store"):
            connection = self._engine.connect()
        try:
            with translated("waiting for the store's lock"):
                connection.begin()
            yield connection
        finally:
            with suppress(SQLAlchemyError):  # a dead connection cannot roll back, and need not
                connection.close()

    def _checkpoint(self, connection: Connection) -> None:
        """Empty a grown write-ahead log; if another process is in the way, the next commit tries again."""
        try:
            if self._wal is None or self._wal.stat().st_size < CHECKPOINT_BYTES:
                return
        except FileNotFoundError:
            return
        cursor = connection.connection.cursor()  # beside SQLAlchemy, which would begin a transaction
        with closing(cursor), suppress(sqlite3.Error):  # the commit stands, whatever happens here
            cursor.execute("PRAGMA busy_timeout = 0")
            try:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {int(self._lock_timeout * 1000)}")

    def _migrate(self) -> None:
        """Create or update the tables, under the same lock as every transaction."""
        with self._connected() as connection, translated("creating or updating the store's tables"):
            found = _revision(connection)
            if found == REVISION:
                return
            if found is not None and found > REVISION:
                msg = (
                    f"the store has schema {found}, but this version of paraph knows none after "
                    f"{REVISION}: upgrade paraph, or use another store"
                )
                raise StoreError(msg)
            try:
                from paraph.store.migrations import upgrade
            except ModuleNotFoundError as missing:
                if (missing.name or "").partition(".")[0] != "alembic":
                    raise
                raise MissingExtra("sql", feature="creating or updating the store's tables") from None
            upgrade(connection)
            connection.commit()


def _parsed(url: str) -> URL:
    """Parse the URL and choose the driver; errors never repeat it, since it may hold a password."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise ConfigurationError("the store's URL cannot be parsed") from None
    if parsed.drivername == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ConfigurationError(
                "an SQLite store needs a file (sqlite:///paraph.db); without one use memory:"
            )
        if parsed.host or parsed.query:
            raise ConfigurationError(
                "an SQLite store's URL is sqlite:/// and a path, without host and options"
            )
    return parsed


def _private_file(url: URL) -> Path:
    """Create the database file readable by its owner alone, for it holds personal data.

    SQLite gives its side files the same mode. An existing file is not even opened here: closing it
    again would drop the locks that this process holds on it.
    """
    path = Path(url.database or "").resolve()
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        pass
    except OSError as error:
        raise StoreError(f"the store's file {path} cannot be created: {error.strerror}") from None
    return path


def _sqlite_engine(url: URL, lock_timeout: float) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": lock_timeout},
    )

    @event.listens_for(engine, "connect")
    def tune(driver: sqlite3.Connection, _: object) -> None:
        driver.isolation_level = None  # the driver's own BEGIN comes late, before writes only
        _use_wal(driver, lock_timeout)
        driver.execute("PRAGMA synchronous = FULL")
        driver.execute("PRAGMA foreign_keys = ON")
        driver.execute("PRAGMA wal_autocheckpoint = 0")

    @event.listens_for(engine, "begin")
    def lock(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _use_wal(driver: sqlite3.Connection, lock_timeout: float) -> None:
    """Switch a new file to WAL; SQLite does not wait by itself when another process does so right now."""
    deadline = time.monotonic() + lock_timeout
    while True:
        try:
            driver.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _postgresql_engine(url: URL, lock_timeout: float) -> Engine:
    try:
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            pool_pre_ping=True,  # the server may have been restarted since
            hide_parameters=True,
            isolation_level="READ COMMITTED",
        )
    except ModuleNotFoundError:
        raise MissingExtra("postgres", feature="a store in PostgreSQL") from None

    @event.listens_for(engine, "begin")
    def lock(connection: Connection) -> None:
        # Settings of the transaction, not of the session: they survive a connection pooler in between.
        connection.exec_driver_sql(
            f"SELECT set_config('lock_timeout', '{int(lock_timeout * 1000)}ms', true),"
            " set_config('TimeZone', 'UTC', true),"
            " set_config('synchronous_commit', CASE current_setting('synchronous_commit')"
            " WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)"
        )
        connection.exec_driver_sql(
            "SELECT pg_advisory_xact_lock(hashtext('paraph'), hashtext(current_schema()))"
        )

    return engine


def _revision(connection: Connection) -> str | None:
    """Return the schema's revision, or ``None`` for an empty database."""
    if connection.dialect.name == "postgresql":
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            msg = f"the database's encoding is {encoding}: create one with ENCODING 'UTF8'"
            raise StoreError(msg)
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one_or_none()  # noqa: S608 - a constant
    return None if found is None else str(found)
