"""Opening stores: tables, migrations, versions, missing parts, and errors that keep their secrets."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import text

from paraph.errors import ConfigurationError, MissingExtra, StoreError
from paraph.store import AttemptState, PollRecord, Store, open_store
from paraph.store.memory import MemoryStore
from paraph.store.migrations import configuration
from paraph.store.schema import REVISION, VERSION_TABLE
from paraph.store.sql import SqlStore
from paraph.store.turnstile import Turn, Turnstile
from store_fixtures import OpenUrl, PostgresServer, a_step, an_attempt, an_envelope, python

pytest_plugins = ("store_fixtures",)

OPENER = """
import sys
from store_fixtures import an_envelope
from paraph.store import open_store

print("ready", flush=True)
sys.stdin.readline()
store = open_store(sys.argv[1])
with store.begin() as tx:
    tx.add_envelope(an_envelope(sys.argv[2]))
store.close()
"""


def execute(store: Store, statement: str) -> None:
    """Change the database behind the store's back."""
    assert isinstance(store, SqlStore)
    with store._connected() as connection:
        connection.execute(text(statement))
        connection.commit()


def check_migrated(store: Store) -> None:
    """Let Alembic compare the tables with the models; it raises if they differ."""
    assert isinstance(store, SqlStore)
    with store._connected() as connection:
        command.check(configuration(connection))


def test_migrations_make_the_models(durable_url: str, opened: OpenUrl):
    """A store made by the migrations has exactly the tables, columns, keys and indexes of the models."""
    check_migrated(opened(durable_url))


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE paraph_envelope ADD COLUMN extra TEXT",
        "ALTER TABLE paraph_delivery RENAME COLUMN seen TO known",
        "DROP INDEX paraph_event_stream_idx",
        "CREATE TABLE paraph_other (id TEXT)",
    ],
)
def test_comparison_sees_differences(durable_url: str, opened: OpenUrl, change: str):
    """The comparison fails as soon as tables and models differ (it would be worthless otherwise)."""
    store = opened(durable_url)
    execute(store, change)
    with pytest.raises(CommandError, match="New upgrade operations"):
        check_migrated(store)


def test_tables_of_others_are_left_alone(durable_url: str, opened: OpenUrl):
    """An application's own tables in the same schema are no difference."""
    store = opened(durable_url)
    execute(store, "CREATE TABLE invoice (id TEXT)")
    check_migrated(store)


def test_revision_is_the_last_migration(durable_url: str, opened: OpenUrl):
    """The revision that the code expects is Alembic's only head."""
    store = opened(durable_url)
    assert isinstance(store, SqlStore)
    with store._connected() as connection:
        assert [REVISION] == ScriptDirectory.from_config(configuration(connection)).get_heads()


def test_a_store_of_the_first_revision_is_brought_up_to_date(durable_url: str, opened: OpenUrl):
    """Opening a store that the first migration made adds what came later and keeps its rows."""
    store = opened(durable_url)
    with store.begin() as tx:
        tx.add_envelope(an_envelope())
        tx.put_attempt(an_attempt("a1", state=AttemptState.PUBLISHED))
        tx.put_attempt(an_attempt("a2", state=AttemptState.OPEN))
    execute(store, "DROP TABLE paraph_poll")
    execute(store, "DROP INDEX paraph_envelope_parent_idx")
    execute(store, "ALTER TABLE paraph_envelope DROP COLUMN parent")
    execute(store, f"UPDATE {VERSION_TABLE} SET version_num = '0001'")  # noqa: S608 - a constant
    again = opened(durable_url)
    check_migrated(again)
    with again.begin() as tx:
        assert an_envelope() == tx.envelope("e1")
        first = an_attempt("a1")
        due = PollRecord(attempt_id="a1", account=first.account, next_at=first.started_at)
        assert (due, None) == (tx.poll("a1"), tx.poll("a2"))


def test_reopening_changes_nothing(durable_url: str, opened: OpenUrl):
    """A store opened again keeps its rows and tables."""
    with opened(durable_url).begin() as tx:
        tx.add_envelope(an_envelope())
    again = opened(durable_url)
    with again.begin() as tx:
        assert an_envelope() == tx.envelope("e1")
    check_migrated(again)


def test_reopening_needs_no_alembic(durable_url: str, opened: OpenUrl, monkeypatch: pytest.MonkeyPatch):
    """An up-to-date store opens without Alembic; making the tables without it names the extra."""
    opened(durable_url)
    monkeypatch.setitem(sys.modules, "alembic", None)
    monkeypatch.delitem(sys.modules, "paraph.store.migrations")
    store = opened(durable_url)
    execute(store, f"DELETE FROM {VERSION_TABLE}")  # noqa: S608 - a constant
    with pytest.raises(MissingExtra, match=r"paraph\[sql\]"):
        open_store(durable_url)


def test_newer_schema_is_refused(durable_url: str, opened: OpenUrl):
    """A store written by a newer version is not touched; the error has both versions and the remedy."""
    execute(opened(durable_url), f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # noqa: S608 - a constant
    with pytest.raises(StoreError) as caught:
        open_store(durable_url)
    for part in ("9999", REVISION, "upgrade paraph"):
        assert part in str(caught.value)


def test_failed_migration_leaves_nothing(tmp_path: Path):
    """If the tables cannot be made, none is left half made."""
    path = tmp_path / "paraph.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE paraph_private (id TEXT)")  # in the way of the last table
    connection.close()
    with pytest.raises(StoreError, match="creating or updating"):
        open_store(f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    assert [("paraph_private",)] == connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()


def test_processes_may_open_at_once(durable_url: str, opened: OpenUrl):
    """Processes that open an empty database at the same moment all succeed and share one set of tables."""
    names = ["e1", "e2", "e3"]
    processes = [python(OPENER, durable_url, name) for name in names]
    for process in processes:
        assert process.stdout is not None
        assert "ready\n" == process.stdout.readline()
    assert [("", "")] * 3 == [process.communicate("go\n", timeout=60) for process in processes]
    with opened(durable_url).begin() as tx:
        assert {*names} == {record.id for record in tx.envelopes()}


def test_threads_may_open_at_once(tmp_path: Path, postgres: PostgresServer, opened: OpenUrl):
    """Threads of one process that open different stores do not disturb each other."""
    urls = [*(f"sqlite:///{tmp_path}/{n}.db" for n in range(4)), *(postgres.new_url() for _ in range(4))]
    threads = [threading.Thread(target=opened, args=(url,)) for url in urls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for url in urls:
        check_migrated(opened(url))


def test_postgresql_compares_bytes(postgres: PostgresServer, opened: OpenUrl):
    """Every free text is ordered by bytes, whatever the locale of the database."""
    url = postgres.new_url()
    opened(url)
    found = postgres.execute(
        "SELECT DISTINCT collation_name FROM information_schema.columns"  # noqa: S608 - our own schema
        f" WHERE table_schema = '{url.rpartition('%3D')[2]}' AND data_type = 'text'"
        " AND column_name NOT IN ('state', 'kind', 'type', 'subject_kind', 'source', 'stage')"
    )
    assert [("C",)] == found


def test_postgresql_needs_utf8(postgres: PostgresServer):
    """A database of another encoding is refused with the remedy."""
    postgres.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    url = postgres.new_url().replace("/postgres?", "/latin?")
    with pytest.raises(StoreError, match="LATIN1: create one with ENCODING 'UTF8'"):
        open_store(url)


def test_postgresql_is_durable_whatever_the_server_says(postgres: PostgresServer, opened: OpenUrl):
    """A server or user with synchronous_commit=off still commits to disk first."""
    url = postgres.new_url().replace("options=", "options=-csynchronous_commit%3Doff%20")
    store = opened(url)
    assert isinstance(store, SqlStore)
    with store._connected() as connection:
        assert "on" == connection.exec_driver_sql("SHOW synchronous_commit").scalar()


def test_postgresql_reconnects(postgres: PostgresServer, opened: OpenUrl):
    """A cut connection fails one transaction at most; the next one connects again."""
    url = postgres.new_url()
    store = opened(url)
    assert isinstance(store, SqlStore)

    def cut() -> None:
        with store.begin() as tx:
            tx.add_envelope(an_envelope())
            postgres.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    with pytest.raises(StoreError, match="committing"):
        cut()
    with store.begin() as tx:
        assert tx.envelope("e1") is None
        tx.add_envelope(an_envelope())


def test_locked_store_is_told(durable_url: str, opened: OpenUrl):
    """Who cannot get the lock in time learns that another process has it, and nothing is broken."""
    other = SqlStore(durable_url, lock_timeout=0.1)
    try:
        with opened(durable_url).begin() as tx:
            tx.add_envelope(an_envelope())
            with pytest.raises(StoreError, match="another process kept the database locked"), other.begin():
                pass
        with other.begin() as tx:
            assert an_envelope() == tx.envelope("e1")
    finally:
        other.close()


def test_errors_hold_no_data(durable_url: str, opened: OpenUrl):
    """Neither the error nor its whole traceback repeats what was to be stored."""
    canary = "ada.lovelace@example.org"

    def fail(work: Callable[[], object]) -> str:
        with pytest.raises(StoreError) as caught:
            work()
        return "".join(traceback.format_exception(caught.value))

    store = opened(durable_url)

    def orphan() -> None:
        with store.begin() as tx:
            tx.put_step(a_step(attempt_id=canary, result=canary))

    def unreadable() -> None:
        with store.begin() as tx:
            tx.add_envelope(an_envelope())
            tx.put_attempt(an_attempt())
        execute(store, f"UPDATE paraph_attempt SET state = '{canary}'")  # noqa: S608 - a constant
        with store.begin() as tx:
            tx.attempt("a1")

    def gone() -> None:
        execute(store, "DROP TABLE paraph_private")
        with store.begin() as tx:
            tx.put_private(canary, canary, canary)

    for work in (orphan, unreadable, gone):
        assert canary not in fail(work)


def test_unreachable_server_is_told(tmp_path: Path):
    """A server that is not there is a StoreError without the URL's password."""
    password = "hunter" + "2"
    with pytest.raises(StoreError) as caught:
        open_store(f"postgresql://user:{password}@/db?host={tmp_path}")
    assert password not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("paraph.db", "no scheme"),
        ("", "no scheme"),
        ("mysql://user:hunter2@host/db", "unknown kind of store 'mysql'.*sqlite:///.*postgresql://"),
        ("sqlite+aiosqlite:///hunter2.db", "unknown kind of store"),
        ("memory:hunter2", "no path"),
        ("sqlite://", "needs a file"),
        ("sqlite:///", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("sqlite://hunter2/paraph.db", "without host"),
        ("sqlite:///paraph.db?mode=hunter2", "without host and options"),
        ("postgresql://user:hunter2@host:port/db", "cannot be parsed"),
        ("sqlite:hunter2", "cannot be parsed"),
    ],
)
def test_senseless_urls_are_refused(url: str, said: str):
    """A URL of no known kind is a configuration error that says what is known and repeats no password."""
    with pytest.raises(ConfigurationError, match=said) as caught:
        open_store(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["memory:", "memory://"])
def test_memory_urls(url: str):
    """Both spellings open a new memory store, which needs no extra."""
    store = open_store(url)
    assert isinstance(store, MemoryStore)
    store.close()


@pytest.mark.parametrize(
    ("module", "url", "extra"),
    [
        ("sqlalchemy", "sqlite:///never.db", "sql"),
        ("sqlalchemy", "postgresql://host/db", "sql"),
        ("psycopg", "postgresql://host/db", "postgres"),
    ],
)
def test_missing_library_names_the_extra(module: str, url: str, extra: str, monkeypatch: pytest.MonkeyPatch):
    """Without the library, opening says which extra to install."""
    monkeypatch.setitem(sys.modules, module, None)
    if module == "sqlalchemy":
        for name in ("sql", "statements", "schema"):
            monkeypatch.delitem(sys.modules, f"paraph.store.{name}")
    with pytest.raises(MissingExtra) as caught:
        open_store(url)
    assert extra == caught.value.extra


def test_importing_the_store_is_light():
    """The package and the memory store import neither SQLAlchemy nor Alembic."""
    script = (
        "import sys, paraph.store; paraph.store.open_store('memory:');"
        "print([name for name in ('sqlalchemy', 'alembic', 'psycopg') if name in sys.modules])"
    )
    assert ("[]\n", "") == python(script).communicate(timeout=60)


def test_turnstile_serves_in_order():
    """Threads pass in the order in which they came, also when the one who leaves wants in again."""
    turnstile = Turnstile()
    served: list[int] = []

    def pass_through(number: int) -> None:
        with turnstile.turn(timeout=30):
            served.append(number)

    with turnstile.turn(timeout=30):
        threads = [threading.Thread(target=pass_through, args=(number,)) for number in range(8)]
        for waiting, thread in enumerate(threads, start=1):
            thread.start()
            deadline = time.monotonic() + 30
            while len(turnstile._waiting) < waiting and time.monotonic() < deadline:
                time.sleep(0.001)
    pass_through(8)
    for thread in threads:
        thread.join()
    assert list(range(9)) == served


def test_turnstile_gives_up_in_time():
    """Who waits too long gets an error and leaves no gap in the line."""
    turnstile = Turnstile()
    failed: list[StoreError] = []

    def wait_in_vain() -> None:
        try:
            with turnstile.turn(timeout=0.01):
                pass
        except StoreError as error:
            failed.append(error)

    with turnstile.turn(timeout=60):
        thread = threading.Thread(target=wait_in_vain)
        thread.start()
        thread.join()
    with turnstile.turn(timeout=60):
        assert "busy for more than 0.01 s" in str(failed[0])


@pytest.mark.parametrize("step", ["enter", "leave"])
@pytest.mark.parametrize("contended", [False, True], ids=["alone", "waited for"])
def test_an_interrupt_leaves_nobody_inside(step: str, contended: bool, monkeypatch: pytest.MonkeyPatch):
    """An interrupt just after a turn began, or in the middle of its end, lets the next one in."""
    turnstile = Turnstile()
    real = getattr(turnstile, step)
    interrupted: list[BaseException] = []

    def interrupt(turn: Turn) -> None:
        real(turn)
        if not interrupted and threading.current_thread() is waiter:
            raise KeyboardInterrupt

    def take() -> None:
        try:
            with turnstile.turn(timeout=60):
                pass
        except KeyboardInterrupt as error:
            interrupted.append(error)

    waiter = threading.Thread(target=take)
    monkeypatch.setattr(turnstile, step, interrupt)
    if contended:
        with turnstile.turn(timeout=60):
            waiter.start()
            deadline = time.monotonic() + 60
            while not turnstile._waiting and time.monotonic() < deadline:
                time.sleep(0.001)
    else:
        waiter.start()
    waiter.join(timeout=60)
    with turnstile.turn(timeout=60):
        assert [KeyboardInterrupt] == [type(error) for error in interrupted]


def test_records_refuse_naive_times_without_repeating_data():
    """A record with a naive time is never made, and the error names the field and no value."""
    canary = "ada.lovelace@example.org"
    with pytest.raises(ValueError, match=r"EnvelopeRecord\.created_at must be an aware UTC") as caught:
        an_envelope(canary, created_at=an_envelope().created_at.replace(tzinfo=None))
    assert canary not in str(caught.value)
