"""Client certificates over real TLS: who shows which, to whom, and what an unusable one says."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest

from paraph.client import AsyncClient, Client
from paraph.errors import ConnectFailed, ConnectionLost, Refused
from paraph.flow import Flow, http
from paraph.flow.session import client_options
from paraph.model import Lifecycle, Secret
from paraph.provider import Account, Carried, ClientCertificate, PresentsCertificate, SigningLink
from paraph.store.memory import MemoryStore
from support.certificates import Authority, TlsServer, serving
from support.tiny import TinyConfig, TinyProvider, TinyRegistry, TinySettings, TinyVendor, as_config, envelope

PASSWORD = "hunter2-hunter2"


@attrs.frozen(kw_only=True)
class CertifiedSettings(TinySettings):
    """A tiny account with a client certificate."""

    certificate: ClientCertificate | None = None
    elsewhere: str = ""


class Certified(TinyProvider):
    """The tiny provider whose accounts may have certificates, and whose links are asked for elsewhere."""

    def client_certificate(self, account: Account[Any]) -> ClientCertificate | None:
        found: ClientCertificate | None = account.settings.certificate
        return found

    def signing_link(self, carried: Carried, account: Account[Any], signatory_id: str) -> Flow[SigningLink]:
        yield from http(httpx.Request("GET", f"{account.settings.elsewhere}/link"))
        return SigningLink(signatory_id=signatory_id, url=Secret("link"))


class OnlyCertified(Certified):
    """The same where the certificate is the only credential: no request goes without it."""

    def authorize(self, account: Account[Any], refused: Any) -> Flow[dict[str, str]]:
        yield from ()
        return {"Authorization": "Bearer token-0"}


class Site:
    """A vendor behind TLS, an authority for its clients, and clients of both kinds."""

    def __init__(self, folder: Path, server: TlsServer, authority: Authority, kind: str) -> None:
        self.folder = folder
        self.server = server
        self.authority = authority
        self.kind = kind
        self.store = MemoryStore()

    def certificate(self, name: str, *, password: str = "") -> ClientCertificate:
        """Make a certificate that the server accepts."""
        found, key = self.authority.issue(name, password=password)
        return ClientCertificate(certificate=found, key=key, password=Secret(password) if password else None)

    def run(
        self,
        *operations: Callable[[Any], Any],
        provider: type[TinyProvider] = OnlyCertified,
        elsewhere: str = "",
        **certificates: ClientCertificate | None,
    ) -> list[Any]:
        """Run operations through one client whose accounts have these certificates."""
        config = TinyConfig(self.server.url)
        for name, account in config.accounts.items():
            own = CertifiedSettings(
                key=Secret("key"),
                base_url=self.server.url,
                certificate=certificates.get(name),
                elsewhere=elsewhere,
            )
            config.accounts[name] = attrs.evolve(account, settings=own)
        registry: Any = TinyRegistry()
        registry.one = provider()
        given: dict[str, Any] = {"registry": registry, "store": self.store}
        if self.kind == "sync":
            with Client(as_config(config), **given) as client:
                return [operation(client) for operation in operations]

        async def awaited() -> list[Any]:
            async with AsyncClient(as_config(config), **given) as client:
                return [await operation(client) for operation in operations]

        return asyncio.run(awaited())


def sending(account: str = "a") -> Callable[[Any], Any]:
    """Return an operation that sends an envelope."""
    return lambda client: client.send(envelope(), account=account)


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Say which client is used."""
    return str(request.param)


def a_site(folder: Path, kind: str, patch: pytest.MonkeyPatch, verify: ssl.VerifyMode) -> Iterator[Site]:
    """Serve the tiny vendor with TLS; clients trust its authority as an operator would let them."""
    authority = Authority(folder)
    patch.setenv("SSL_CERT_FILE", str(authority.path))
    with serving(authority, TinyVendor().handle, verify=verify) as server:
        yield Site(folder, server, authority, kind)


@pytest.fixture
def strict(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Give a vendor that refuses whoever shows no certificate."""
    yield from a_site(tmp_path, kind, monkeypatch, ssl.CERT_REQUIRED)


@pytest.fixture
def asking(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Give a vendor that asks for a certificate and writes down what it is shown."""
    yield from a_site(tmp_path, kind, monkeypatch, ssl.CERT_OPTIONAL)


def test_a_vendor_that_demands_a_certificate_is_shown_the_accounts_own(strict: Site) -> None:
    """With the certificate a whole send is accepted, and every request of it showed the certificate."""
    assert isinstance(OnlyCertified(), PresentsCertificate)
    (snapshot,) = strict.run(sending(), a=strict.certificate("ours"))
    assert Lifecycle.SENT is snapshot.lifecycle
    assert {"ours"} == strict.server.names()


def test_without_it_the_vendor_refuses(strict: Site) -> None:
    """Negative control: without a certificate, or with one of another authority, no request arrives."""
    other = Authority(strict.folder, "stranger")
    certificate, key = other.issue("theirs")
    for shown in (None, ClientCertificate(certificate=certificate, key=key)):
        with pytest.raises(ConnectionLost):
            strict.run(sending(), a=shown)
        assert strict.server.refuses(1)
    assert [] == strict.server.visits


def test_an_encrypted_key_and_a_key_in_the_same_file_work(strict: Site) -> None:
    """A key may be encrypted with a password, or stand in the file of the certificate."""
    encrypted = strict.certificate("encrypted", password=PASSWORD)
    apart = strict.certificate("together")
    together = strict.folder / "together.pem"
    assert apart.key is not None
    together.write_bytes(apart.certificate.read_bytes() + apart.key.read_bytes())
    for shown in (encrypted, ClientCertificate(certificate=together)):
        (snapshot,) = strict.run(sending(), a=shown)
        assert Lifecycle.SENT is snapshot.lifecycle
    assert {"encrypted", "together"} == strict.server.names()


def _wrong_password(site: Site) -> ClientCertificate:
    made = site.certificate("ours", password="correct")
    return attrs.evolve(made, password=Secret(PASSWORD))


def _no_password(site: Site) -> ClientCertificate:
    return attrs.evolve(site.certificate("ours", password=PASSWORD), password=None)


def _other_key(site: Site) -> ClientCertificate:
    made = attrs.evolve(site.certificate("ours"), password=Secret(PASSWORD))
    return attrs.evolve(made, key=site.certificate("other").key)


def _no_certificate(site: Site) -> ClientCertificate:
    return attrs.evolve(site.certificate("ours"), certificate=site.folder / "gone.pem")


def _no_key(site: Site) -> ClientCertificate:
    return attrs.evolve(site.certificate("ours", password=PASSWORD), key=site.folder / "gone.pem")


def _rubbish(site: Site) -> ClientCertificate:
    path = site.folder / "rubbish.pem"
    path.write_text("no certificate")
    return ClientCertificate(certificate=path, password=Secret(PASSWORD))


def _folder(site: Site) -> ClientCertificate:
    return ClientCertificate(certificate=site.folder, password=Secret(PASSWORD))


def _endless_password(site: Site) -> ClientCertificate:
    made = site.certificate("ours", password="correct")
    return attrs.evolve(made, password=Secret(PASSWORD * 100))


def _unwritable_password(site: Site) -> ClientCertificate:
    made = site.certificate("ours", password="correct")
    return attrs.evolve(made, password=Secret(PASSWORD + "\udc80"))


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (_wrong_password, "ca-ours.key.pem cannot be used (not usable)"),
        (_no_password, "ca-ours.key.pem cannot be used (not usable)"),
        (_other_key, "ca-other.key.pem cannot be used (not usable)"),
        (_no_certificate, "gone.pem with the key"),
        (_no_key, "gone.pem cannot be used (No such file or directory)"),
        (_rubbish, "rubbish.pem cannot be used (not usable)"),
        (_folder, "cannot be used"),
        (_endless_password, "ca-ours.key.pem cannot be used (not usable)"),
        (_unwritable_password, "ca-ours.key.pem cannot be used (not usable)"),
    ],
)
def test_an_unusable_certificate_is_a_matter_of_configuration(
    strict: Site, broken: Callable[[Site], ClientCertificate], said: str
) -> None:
    """Wrong password, foreign key, missing file: refused before anything begins, never with the password."""
    with pytest.raises(Refused) as caught:
        strict.run(sending(), a=broken(strict))
    assert said in str(caught.value)
    seen = f"{caught.value!r}{''.join(traceback.format_exception(caught.value))}"
    assert PASSWORD not in seen
    assert (None, None) == (caught.value.__cause__, caught.value.__context__)
    assert ([], 0) == (strict.server.visits, strict.server.refused)


ASKED = """
import sys
from pathlib import Path
from paraph.errors import ConfigurationError
from paraph.flow.session import client_options
from paraph.provider import ClientCertificate

try:
    client_options(ClientCertificate(certificate=Path(sys.argv[1]), key=Path(sys.argv[2])))
except ConfigurationError:
    print("refused")
"""


def test_nobody_is_asked_for_a_missing_password(tmp_path: Path) -> None:
    """An encrypted key without a password is refused, even if somebody would type the right one."""
    certificate, key = Authority(tmp_path).issue("ours", password=PASSWORD)
    done = subprocess.run(
        [sys.executable, "-c", ASKED, certificate, key],
        input=f"{PASSWORD}\n",
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,  # without a terminal of its own OpenSSL would ask at standard input
        timeout=60,
    )
    assert ("refused", "") == (done.stdout.strip(), done.stderr)


def test_it_is_mended_by_the_right_certificate(strict: Site) -> None:
    """A send that an unusable certificate stopped is made with a usable one, and is one send."""
    asked = envelope()
    with pytest.raises(Refused):
        strict.run(lambda client: client.send(asked, account="a"), a=_wrong_password(strict))
    (snapshot,) = strict.run(lambda client: client.send(asked, account="a"), a=strict.certificate("ours"))
    assert Lifecycle.SENT is snapshot.lifecycle
    published = [visit for visit in strict.server.visits if visit.path.endswith("/publish")]
    assert 1 == len(published)


def test_the_password_never_shows() -> None:
    """A certificate's representation masks the password of its key."""
    certificate = ClientCertificate(certificate=Path("c.pem"), password=Secret(PASSWORD))
    assert PASSWORD not in f"{certificate} {certificate!r}"


def test_requests_without_credentials_show_no_certificate(asking: Site) -> None:
    """At the account's own origin, the token request goes without the certificate, all others with it."""
    asking.run(sending(), provider=Certified, a=asking.certificate("ours"))
    names = {visit.path: visit.name for visit in asking.server.visits}
    assert names.pop("/token") is None
    assert {"ours"} == set(names.values())


def test_another_origin_is_shown_neither_certificate_nor_credentials(asking: Site) -> None:
    """A server of another origin that asks for a certificate gets none, before and after the own one did."""
    with serving(asking.authority, lambda request: httpx.Response(200), verify=ssl.CERT_OPTIONAL) as other:
        asked = envelope()
        asking.run(
            lambda client: client.send(asked, account="a"),
            lambda client: client.signing_link(asked.id, "ada"),
            lambda client: client.refresh(asked.id),
            lambda client: client.signing_link(asked.id, "bob"),
            elsewhere=other.url,
            a=asking.certificate("ours"),
        )
        assert [(None, None)] * 2 == [(visit.name, visit.authorization) for visit in other.visits]
    assert {"ours"} == asking.server.names()


def test_the_other_server_would_have_seen_it(asking: Site) -> None:
    """Negative control: one HTTP client with the certificate shows it to whoever asks."""
    asked = {"verify": client_options(asking.certificate("ours"))["verify"]}
    with httpx.Client(**asked) as client:
        client.get(f"{asking.server.url}/x")
    assert {"ours"} == asking.server.names()


def test_accounts_share_no_certificate(asking: Site) -> None:
    """Two accounts at one server show each its own, and an account that has none shows none."""
    both: dict[str, Any] = {"a": asking.certificate("first"), "b": asking.certificate("second")}
    for account, name in (("a", "first"), ("b", "second"), ("a", "first")):
        asking.server.visits.clear()
        asking.run(sending("b"), sending("a"), sending(account), **both)
        count = sum(visit.path == "/envelopes" for visit in asking.server.visits if visit.name == name)
        assert ({"first", "second"}, 2) == (asking.server.names(), count)
    asking.server.visits.clear()
    asking.run(sending("a"), sending("b"), a=both["a"])
    seen = [visit.name for visit in asking.server.visits]
    half = len(seen) // 2
    assert (["first"] * half, [None] * half) == (seen[:half], seen[half:])


def test_an_error_names_the_account_and_not_the_inner_client(asking: Site) -> None:
    """Another origin that is down is told under the account's own name."""
    asked = envelope()
    with pytest.raises(ConnectFailed) as caught:
        asking.run(
            lambda client: client.send(asked, account="a"),
            lambda client: client.signing_link(asked.id, "ada"),
            elsewhere="https://127.0.0.1:1",
            a=asking.certificate("ours"),
        )
    assert "a" == caught.value.account
    assert "without certificate" not in f"{caught.value} {caught.value!r}"


def test_a_transport_is_asked_for_by_the_accounts_own_name(tmp_path: Path) -> None:
    """An application that makes transports is told the account, certificate or not."""
    certificate, key = Authority(tmp_path).issue("ours")
    config, registry, vendor, names = TinyConfig(), TinyRegistry(), TinyVendor(), list[str]()
    shown = CertifiedSettings(
        key=Secret("key"), certificate=ClientCertificate(certificate=certificate, key=key)
    )
    config.accounts["a"] = attrs.evolve(config.accounts["a"], settings=shown)
    registry.one = Certified()

    def transport(name: str) -> httpx.BaseTransport:
        names.append(name)
        return httpx.MockTransport(vendor.handle)

    given: dict[str, Any] = {"registry": registry, "store": MemoryStore(), "transport": transport}
    with Client(as_config(config), **given) as client:
        client.send(envelope())
    assert ["a", "a"] == names
