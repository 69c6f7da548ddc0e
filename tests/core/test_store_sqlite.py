"""What only the SQLite store promises: a private file that survives processes, however they end."""

from __future__ import annotations

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from paraph.errors import StoreError
from paraph.store import open_store
from paraph.store.sql import CHECKPOINT_BYTES, SqlStore
from store_fixtures import OpenUrl, a_delivery, an_envelope, an_event, later, python

pytest_plugins = ("store_fixtures",)

WRITER = """
import sys
from store_fixtures import a_delivery, an_event
from paraph.store import open_store, sql

sql.CHECKPOINT_BYTES = 64 * 1024
store = open_store(sys.argv[1])
for number in range(10**6):
    name = f"{sys.argv[2]}-{number}"
    with store.begin() as tx:
        tx.add_delivery(a_delivery(name, name.encode() * 500))
        tx.add_event(an_event(name))
    print(name, flush=True)
"""

READER = """
import sys
from paraph.store import open_store

store = open_store(sys.argv[1])
with store.begin() as tx:
    print(tx.envelope("e1").reference, len(tx.delivery("d1").body), tx.events()[0].sequence, flush=True)
store.close()
"""

FORKER = """
import os, sys
from paraph.errors import StoreError
from paraph.store import open_store

store = open_store(sys.argv[1])
child = os.fork()
if not child:
    try:
        with store.begin():
            os._exit(1)
    except StoreError as error:
        store.close()
        os._exit(0 if "forked" in str(error) else 2)
status = os.waitpid(child, 0)[1]
with store.begin() as tx:
    tx.put_private("hr", "child", str(os.waitstatus_to_exitcode(status)))
store.close()
"""


def pragma(path: Path, name: str) -> object:
    """Ask SQLite itself."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]
    finally:
        connection.close()


def test_file_is_private(tmp_path: Path, opened: OpenUrl):
    """The database and its side files are readable by their owner alone."""
    store = opened(f"sqlite:///{tmp_path}/paraph.db")
    with store.begin() as tx:
        tx.add_envelope(an_envelope())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert {"paraph.db": 0o600, "paraph.db-wal": 0o600, "paraph.db-shm": 0o600} == modes


def test_link_to_nowhere_gives_a_private_file(tmp_path: Path, opened: OpenUrl):
    """A symbolic link is followed before the file is made, so its target is private as well."""
    (tmp_path / "link.db").symlink_to(tmp_path / "target.db")
    opened(f"sqlite:///{tmp_path}/link.db")
    assert 0o600 == stat.S_IMODE((tmp_path / "target.db").stat().st_mode)


def test_relative_path_is_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: OpenUrl
):
    """Three slashes name a file in the directory of the moment of opening."""
    monkeypatch.chdir(tmp_path)
    store = opened("sqlite:///relative.db")
    monkeypatch.chdir("/")
    with store.begin() as tx:
        tx.add_envelope(an_envelope())
    assert (tmp_path / "relative.db").exists()


def test_missing_folder_is_told(tmp_path: Path):
    """A file in a folder that does not exist is an error with the path."""
    with pytest.raises(StoreError, match=r"nowhere/paraph\.db cannot be created"):
        open_store(f"sqlite:///{tmp_path}/nowhere/paraph.db")


def test_other_file_is_not_touched(tmp_path: Path):
    """A file that is no database is refused and keeps its bytes."""
    path = tmp_path / "letter.txt"
    path.write_bytes(b"Dear Ada, " * 1000)
    with pytest.raises(StoreError, match="not an SQLite database"):
        open_store(f"sqlite:///{path}")
    assert b"Dear Ada, " * 1000 == path.read_bytes()


def test_connection_is_durable(tmp_path: Path, opened: OpenUrl):
    """Each connection uses WAL, FULL, foreign keys, a busy timeout and no checkpoints of SQLite's own."""
    store = opened(f"sqlite:///{tmp_path}/paraph.db")
    assert isinstance(store, SqlStore)
    with store._connected() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "wal_autocheckpoint")
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked}
    assert {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
        "wal_autocheckpoint": 0,
    } == found


def test_log_is_checkpointed(tmp_path: Path, opened: OpenUrl):
    """The write-ahead log does not grow far beyond its bound, and checkpoints lose nothing."""
    store = opened(f"sqlite:///{tmp_path}/paraph.db")
    wal = tmp_path / "paraph.db-wal"
    sizes: list[int] = []
    for number in range(12):
        with store.begin() as tx:
            tx.add_delivery(a_delivery(f"d{number}", bytes([number]) * 2**20))
        sizes.append(wal.stat().st_size)
    assert max(sizes) < CHECKPOINT_BYTES
    assert 0 in sizes
    with store.begin() as tx:
        assert (12, 12 * 2**20) == tx.count_unprocessed("hr")


def test_checkpoint_gives_way_to_readers(tmp_path: Path, opened: OpenUrl):
    """A reader of another connection delays the checkpoint, not the commit."""
    path = tmp_path / "paraph.db"
    store = opened(f"sqlite:///{path}")
    reader = sqlite3.connect(path)
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM paraph_delivery").fetchall()
        with store.begin() as tx:
            tx.add_delivery(a_delivery(body=bytes(2 * CHECKPOINT_BYTES)))
        assert (tmp_path / "paraph.db-wal").stat().st_size > CHECKPOINT_BYTES
    finally:
        reader.close()
    with store.begin() as tx:
        tx.add_envelope(an_envelope())
    assert 0 == (tmp_path / "paraph.db-wal").stat().st_size


def test_another_process_sees_everything(tmp_path: Path, opened: OpenUrl):
    """What one process committed, another reads while the first still has the file open."""
    url = f"sqlite:///{tmp_path}/paraph.db"
    with opened(url).begin() as tx:
        tx.add_envelope(an_envelope(reference="seen"))
        tx.add_delivery(a_delivery(body=bytes(2**20)))
        tx.add_event(an_event())
    process = python(READER, url)
    output, errors = process.communicate(timeout=60)
    assert "" == errors
    assert f"seen {2**20} 1\n" == output


def test_killed_writer_loses_nothing(tmp_path: Path, opened: OpenUrl):
    """After kill -9 while writing, every acknowledged commit is there, whole, and the file is sound."""
    path = tmp_path / "paraph.db"
    acknowledged: list[str] = []
    for round_number, count in enumerate((1, 40, 97)):
        process = python(WRITER, f"sqlite:///{path}", str(round_number))
        with process:
            assert process.stdout is not None
            told = [process.stdout.readline().strip() for _ in range(count)]
            process.kill()
            told += process.stdout.read().split()
        acknowledged += told
        assert count <= len(told)
        assert "ok" == pragma(path, "integrity_check")
    with opened(f"sqlite:///{path}").begin() as tx:
        deliveries = {record.id for record in tx.due_deliveries(later(0), limit=10**6)}
        events = [record.event_id for record in tx.events(limit=10**6)]
    assert set() == set(acknowledged) - deliveries
    assert deliveries == set(events)
    assert len(events) == len(set(events))
    assert len(events) <= len(acknowledged) + 3  # at most the one in flight when each writer died


def test_forked_child_is_refused(tmp_path: Path, opened: OpenUrl):
    """A store does not work in a forked child, says so, and goes on working in the parent."""
    url = f"sqlite:///{tmp_path}/paraph.db"
    process = python(FORKER, url)
    assert ("", "") == process.communicate(timeout=60)
    with opened(url).begin() as tx:
        assert "0" == tx.private("hr", "child")
    assert "ok" == pragma(tmp_path / "paraph.db", "integrity_check")


def test_processes_wait_for_each_other(tmp_path: Path, opened: OpenUrl):
    """Two connections to one file that write at the same time wait instead of failing."""
    url = f"sqlite:///{tmp_path}/paraph.db"
    stores = [opened(url), opened(url)]

    def write(number: int) -> None:
        for index in range(50):
            with stores[number].begin() as tx:
                tx.add_event(an_event(f"{number}-{index}"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(2)))
    with stores[0].begin() as tx:
        assert 100 == len(tx.events())
