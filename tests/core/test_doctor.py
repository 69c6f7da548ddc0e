"""``doctor``: what is looked at, over real connections; nothing is hidden, shown or changed by it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from paraph import Client, Config, Registry, Store, errors, open_store
from paraph.flow import Flow
from paraph.flow.exchange import why_unconnected
from paraph.ops import doctor as module
from paraph.provider import Account, ClientCertificate, Examines, Finding, ListsWebhooks, Standing
from paraph.store.standing import postgresql_standing, sqlite_standing
from paraph.store.unopened import UnopenedStore
from support.certificates import Authority, TlsServer, serving
from support.doctoring import ENVIRON, KEY, SECRET, ExaminedProvider, PlainProvider, call, look, states
from support.ports import nobody_listens

LONG = timedelta(days=90)
SERVER = ("server", "tls", "clock")
EVERYTHING = ["configuration", "store", "plugin", "secrets", "settings", *SERVER, "credentials", "webhook"]


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Say which client is used."""
    return str(request.param)


def accepts(request: httpx.Request) -> httpx.Response:
    """Answer as a vendor with one valid key and one path."""
    if request.url.path != "/me":
        return httpx.Response(404)
    return httpx.Response(200 if request.headers.get("authorization") == f"Bearer {KEY}" else 401)


@contextmanager
def vendor(folder: Path, patch: pytest.MonkeyPatch, *, lasting: timedelta = LONG) -> Iterator[TlsServer]:
    """Serve a vendor whose certificate lasts so long, and whose authority is trusted."""
    authority = Authority(folder)
    patch.setenv("SSL_CERT_FILE", str(authority.path))
    with serving(authority, accepts, verify=ssl.CERT_OPTIONAL, lasting=lasting) as server:
        yield server


def test_a_sound_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Over real TLS everything is looked at in order, and the key goes to nothing but the examination."""
    assert isinstance(ExaminedProvider(""), Examines | ListsWebhooks)
    with vendor(tmp_path, monkeypatch) as server:
        found = look(kind, ExaminedProvider(server.url))
        assert EVERYTHING == list(found)
        assert ["ok"] * 4 == states(found, *SERVER, "credentials")
        assert "TLSv1.3" in found["tls"].found
        assert "in 89 days" in found["tls"].found
        assert [("/", None), ("/me", f"Bearer {KEY}")] == [
            (visit.path, visit.authorization) for visit in server.visits
        ]


@pytest.mark.parametrize(
    ("lasting", "state"),
    [(timedelta(days=22), "ok"), (timedelta(days=20), "warn"), (timedelta(minutes=-30), "fail")],
)
def test_the_end_of_a_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, lasting: timedelta, state: str
) -> None:
    """It warns below 21 days. One that has ended fails, no other check is lost, and no key is sent."""
    with vendor(tmp_path, monkeypatch, lasting=lasting) as server:
        found = look(kind, ExaminedProvider(server.url))
        assert state == found["tls"].state.value
        assert EVERYTHING == list(found)
        if state == "fail":
            assert "expired" in found["tls"].found
            assert ["not asked"] * 3 == states(found, "server", "clock", "credentials")
            assert [] == server.visits


def test_a_server_that_nobody_vouches_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """An unknown authority fails, and so does a certificate for another host."""
    with vendor(tmp_path, monkeypatch) as server:
        elsewhere = server.url.replace("127.0.0.1", "localhost")
        assert "localhost" in look(kind, PlainProvider(elsewhere))["tls"].found
        monkeypatch.delenv("SSL_CERT_FILE")
        unknown = look(kind, PlainProvider(server.url))["tls"]
        assert (Standing.FAIL, True) == (unknown.state, "does not verify" in unknown.found)


class Certified(PlainProvider):
    """A provider whose account proves itself by a certificate, or should."""

    certificate: ClientCertificate | None = None

    def client_certificate(self, account: Account[Any]) -> ClientCertificate | None:
        """Return what the test gives."""
        return self.certificate


def test_a_server_that_wants_a_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The account's own is shown to it, so that TLS can be looked at; without one the server fails."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    with serving(authority, accepts, verify=ssl.CERT_REQUIRED, lasting=LONG) as server:
        provider = Certified(server.url)
        assert ["fail", "not asked"] == states(look(kind, provider), "server", "tls")
        assert server.refuses(1)
        certificate, key = authority.issue("ours")
        provider.certificate = ClientCertificate(certificate=certificate, key=key)
        assert ["ok", "ok", "ok"] == states(look(kind, provider), *SERVER)
        assert {"ours"} == server.names()


def test_nobody_listens(kind: str) -> None:
    """A server that is not there fails; what depends on it is not asked, the rest is."""
    with nobody_listens() as port:
        found = look(kind, ExaminedProvider(f"http://127.0.0.1:{port}"))
    assert ["fail", "not asked", "not asked", "not asked"] == states(found, *SERVER, "credentials")
    assert "nobody listens there" in found["server"].found
    assert EVERYTHING == list(found)


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (socket.gaierror(-2, "canary"), "name"),
        (ConnectionRefusedError(111, "canary"), "refused"),
        (ssl.SSLError(1, "canary"), "tls"),
        (OSError("canary"), ""),
    ],
)
def test_why_there_is_no_connection(cause: Exception, reason: str) -> None:
    """The reason is found behind httpx's error, also in a group as event loops make it; its text is not."""
    direct = httpx.ConnectError("canary")
    direct.__cause__ = cause
    grouped = httpx.ConnectError("canary")
    middle = OSError("canary")
    middle.__cause__ = ExceptionGroup("canary", [cause])
    grouped.__context__ = middle
    for error in (direct, grouped):
        found, words = why_unconnected(error)
        assert (reason, False) == (found, "canary" in words)


@pytest.mark.parametrize(
    ("late", "state"),
    [(0, "ok"), (25, "ok"), (-25, "ok"), (45, "warn"), (-45, "warn"), (330, "fail"), (-330, "fail")],
)
def test_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, late: int, state: str) -> None:
    """Half a minute from the vendor's is fine, more is not good, five minutes fail: both ways."""
    with vendor(tmp_path, monkeypatch) as server:
        found = look(kind, PlainProvider(server.url), late=timedelta(seconds=late))["clock"]
    assert state == found.state.value
    if state != "ok":
        assert ("ahead of" if late > 0 else "behind") in found.found


@pytest.mark.parametrize(
    ("headers", "state"),
    [
        ({"date": "now"}, "ok"),
        ({"date": "past"}, "fail"),
        ({"date": "past", "age": "3600"}, "ok"),
        ({"date": "yesterday"}, "not asked"),
        ({}, "not asked"),
    ],
)
def test_what_the_vendor_says_of_the_time(headers: dict[str, str], state: str) -> None:
    """An old answer out of a cache says how old it is; no time, or none that can be read, is no finding."""
    now = datetime.now(UTC)
    words = {"now": now, "past": now - timedelta(hours=1)}
    told = {
        name: format_datetime(words[value], usegmt=True) if value in words else value
        for name, value in headers.items()
    }

    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=told)

    found = look("sync", PlainProvider("https://vendor.example"), handler=handler)
    assert state == found["clock"].state.value


@pytest.mark.parametrize(
    ("url", "status", "expected"),
    [
        ("https://vendor.example", 200, ["ok", "not asked"]),
        ("https://vendor.example", 503, ["warn", "not asked"]),
        ("http://vendor.example", 200, ["ok", "fail"]),
        ("http://127.0.0.1:1", 200, ["ok", "not asked"]),
        ("http://localhost:1", 302, ["ok", "not asked"]),
    ],
)
def test_encryption(url: str, status: int, expected: list[str]) -> None:
    """Only within this machine may a server be without TLS; a transport that shows none is said so."""
    found = look("sync", PlainProvider(url), handler=lambda _: httpx.Response(status))
    assert expected == states(found, "server", "tls")


def test_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Wrong ones fail, right ones do not, and a provider that cannot tell says so."""
    with vendor(tmp_path, monkeypatch) as server:
        wrong = look(kind, ExaminedProvider(server.url), environ={**ENVIRON, "KEY": "canary-other"})
        assert ["fail"] == states(wrong, "credentials")
        assert ["not asked"] == states(look(kind, PlainProvider(server.url)), "credentials")


def test_two_accounts_share_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Each vendor is asked for its own account alone, and the failure of one is not the other's."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    with (
        serving(authority, accepts, verify=ssl.CERT_OPTIONAL, lasting=LONG) as one,
        serving(authority, lambda _: httpx.Response(403), verify=ssl.CERT_OPTIONAL, lasting=LONG) as other,
    ):
        provider = ExaminedProvider("", a=one.url, b=other.url)
        found = call(kind, "doctor", provider, accounts=("a", "b"))
        assert ["/", "/me"] == [visit.path for visit in one.visits] == [visit.path for visit in other.visits]
        credentials = {each.account: each.state.value for each in found if each.check == "credentials"}
        assert {"a": "ok", "b": "fail"} == credentials
        only = call(kind, "doctor", provider, accounts=("a", "b"), account="b")
        assert {"", "b"} == {each.account for each in only}
        assert 2 == len(one.visits)


def test_an_unknown_account_is_no_finding(kind: str) -> None:
    """Who asks for an account that is not configured is told so."""
    with pytest.raises(errors.UnknownAccount):
        call(kind, "doctor", PlainProvider(""), account="hr")


def test_a_missing_secret(kind: str) -> None:
    """It says where the reference stands and what it names; nobody is asked, and no secret is shown."""
    found = look(kind, PlainProvider("http://127.0.0.1:1"), environ={"HOOK": SECRET})
    secrets = found["secrets"]
    assert (Standing.FAIL, "export KEY=…") == (secrets.state, secrets.hint)
    assert "accounts.a.api_key" in secrets.found
    assert ["not asked"] * 5 == states(found, *SERVER, "credentials", "webhook")


def test_no_secret_is_shown(kind: str) -> None:
    """Whatever is found, neither a key nor a path secret is in it."""
    provider = ExaminedProvider("http://127.0.0.1:1")
    found = look(kind, provider, public="http://127.0.0.1:1/hooks")
    assert "api_key, webhook_secret" in found["secrets"].found
    assert [] == [secret for secret in (KEY, SECRET) if secret in repr(found)]


class Clumsy(ExaminedProvider):
    """A provider with bugs where a test wants them."""

    def __init__(self, url: str, where: str) -> None:
        super().__init__(url)
        self.where = where

    def _stumble(self, where: str) -> None:
        if where == self.where:
            msg = "canary"
            raise KeyError(msg)

    def origin(self, account: Account[Any]) -> str:
        """Return where the vendor is."""
        self._stumble("origin")
        return super().origin(account)

    def tenant(self, account: Account[Any]) -> str:
        """Return the vendor's tenant."""
        self._stumble("tenant")
        return super().tenant(account)

    def examine(self, account: Account[Any]) -> Flow[tuple[Finding, ...]]:
        """Ask nobody."""
        yield from ()
        self._stumble("examine")
        return ()


@pytest.mark.parametrize(
    ("where", "check"), [("examine", "credentials"), ("tenant", "settings"), ("origin", "server")]
)
def test_a_plugins_bug_costs_one_finding(kind: str, where: str, check: str) -> None:
    """A bug is a failed finding without its text, and all else is looked at; without one nothing fails so."""
    found = look(kind, Clumsy("https://v.example", where), handler=lambda _: httpx.Response(200))
    assert (Standing.FAIL, "looking failed with KeyError") == (found[check].state, found[check].found)
    assert "canary" not in repr(found)
    assert {"configuration", "store", "plugin", "secrets", "webhook"} <= set(found)
    sound = look(kind, Clumsy("https://v.example", "nowhere"), handler=lambda _: httpx.Response(200))
    assert [] == [each.check for each in sound.values() if each.state is Standing.FAIL]


def test_a_missing_plugin_is_the_accounts_own(kind: str) -> None:
    """An account whose provider is not installed fails by itself."""
    config = Config.from_mapping(
        {"accounts": {"a": {"provider": "nobody", "environment": "test"}}}, registry=Registry.empty()
    )
    with Client(config, registry=config.registry, store=open_store("memory:")) as client:
        found = {each.check: each for each in client.doctor()}
    assert (Standing.FAIL, Standing.OK) == (found["plugin"].state, found["configuration"].state)
    assert "no installed distribution offers a provider 'nobody'" in found["plugin"].found


@contextmanager
def dripping(block: bytes) -> Iterator[str]:
    """Serve an answer without an end: its head, and then block after block."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)

        def answer(connection: socket.socket) -> None:
            with connection:
                connection.settimeout(60)
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
                while not over.wait(0.02):
                    try:
                        connection.sendall(block)
                    except OSError:
                        return

        def serve() -> None:
            while not over.is_set():
                try:
                    answer(listener.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


def test_an_answer_that_never_ends(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vendor that sends a byte now and then is waited for no longer than a check may take."""
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    with dripping(b"x") as url:
        found = look(kind, PlainProvider(url))
    assert (Standing.FAIL, True) == (found["server"].state, "in time" in found["server"].found)
    assert EVERYTHING == list(found)


class Repeating(ExaminedProvider):
    """A provider that asks for ever."""

    def examine(self, account: Account[Any]) -> Flow[tuple[Finding, ...]]:
        """Ask again and again."""
        while True:
            yield from super().examine(account)


def test_an_examination_that_never_ends(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that goes on asking is stopped when its time is over."""
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    found = look(kind, Repeating("https://v.example"), handler=lambda _: httpx.Response(200))
    assert Standing.FAIL is found["credentials"].state
    said = ("the check took longer than 0.3 seconds", "did not answer in time")
    assert [words for words in said if words in found["credentials"].found]


@pytest.fixture
def file_store(tmp_path: Path) -> Iterator[Store]:
    """Open a store in a file."""
    store = open_store(f"sqlite:///{tmp_path}/paraph.db")
    yield store
    store.close()


def test_the_store(kind: str, file_store: Store) -> None:
    """A file says version, journal mode and revision; memory is a warning; one that cannot be had fails."""
    provider = PlainProvider("http://127.0.0.1:1")
    held = look(kind, provider, store=file_store)["store"]
    assert (True, True) == (held.found.startswith("SQLite 3."), "(wal), revision 0" in held.found)
    assert Standing.WARN is look(kind, provider)["store"].state
    lost: Any = UnopenedStore(errors.StoreError("the file is damaged"))
    found = look(kind, provider, store=lost)
    assert (Standing.FAIL, "the file is damaged") == (found["store"].state, found["store"].found)
    assert EVERYTHING == list(found)


@pytest.mark.parametrize(
    ("version", "mode", "state"),
    [
        ("3.34.1", "wal", "missing"),
        ("3.40.1", "wal", "risk"),
        ("3.44.5", "wal", "risk"),
        ("3.44.6", "wal", ""),
        ("3.50.6", "wal", "risk"),
        ("3.50.7", "wal", ""),
        ("3.51.2", "wal", "risk"),
        ("3.51.3", "wal", ""),
        ("3.52.0", "wal", ""),
        ("3.52.0", "delete", "missing"),
    ],
)
def test_versions_of_sqlite(version: str, mode: str, state: str) -> None:
    """What the SQL needs is missing below 3.35 and without WAL; below the repaired versions it is a risk."""
    found = sqlite_standing(version, mode, "0003")
    assert state == ("missing" if found.missing else "risk" if found.risk else "")
    assert bool(state) == bool(found.hint)


@pytest.mark.parametrize(
    ("version", "works"),
    [("9.6.24", False), ("10.0", True), ("16.2 (Debian 16.2-1.pgdg120+2)", True), ("17beta1", True)],
)
def test_versions_of_postgresql(version: str, works: bool) -> None:
    """PostgreSQL 10 is the first that has what the tables need."""
    assert works is not bool(postgresql_standing(version, "0003").missing)
