"""A certificate authority of one test, and a TLS server on loopback that writes down who came."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Semaphore, Thread
from typing import Any

import attrs
import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST = "127.0.0.1"
HOUR = timedelta(hours=1)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Authority:
    """Makes certificates and writes them as PEM files into one folder."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self.folder = folder
        self._name = name
        self._key = ec.generate_private_key(ec.SECP256R1())
        signed = self._signed(name, self._key.public_key(), x509.BasicConstraints(ca=True, path_length=0))
        self.path = self._written(name, signed.public_bytes(serialization.Encoding.PEM))

    def issue(
        self, name: str, *, password: str = "", server: bool = False, lasting: timedelta = HOUR
    ) -> tuple[Path, Path]:
        """Make a certificate for a name; return the files of certificate and key. It begins an hour ago."""
        key = ec.generate_private_key(ec.SECP256R1())
        use = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        extensions: list[x509.ExtensionType] = [
            x509.BasicConstraints(ca=False, path_length=None),
            x509.ExtendedKeyUsage([use]),
        ]
        if server:
            extensions.append(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]))
        signed = self._signed(name, key.public_key(), *extensions, lasting=lasting)
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if password:
            encryption = serialization.BestAvailableEncryption(password.encode())
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return (
            self._written(name, signed.public_bytes(pem)),
            self._written(f"{name}.key", key.private_bytes(pem, pkcs8, encryption)),
        )

    def _signed(
        self,
        name: str,
        key: ec.EllipticCurvePublicKey,
        *extensions: x509.ExtensionType,
        lasting: timedelta = HOUR,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(self._name))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - HOUR)
            .not_valid_after(now + lasting)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        return builder.sign(self._key, hashes.SHA256())

    def _written(self, name: str, content: bytes) -> Path:
        path = self.folder / f"{self._name}-{name}.pem"
        path.write_bytes(content)
        return path


@attrs.frozen(kw_only=True)
class Visit:
    """One request: the name in the client's certificate (``None``: it showed none), and what it asked."""

    name: str | None
    method: str
    path: str
    authorization: str | None


class TlsServer(ThreadingHTTPServer):
    """Answers requests as ``handle`` does; connections that fail before a request are counted."""

    daemon_threads = False

    def __init__(self, context: ssl.SSLContext, handle: Callable[[httpx.Request], httpx.Response]) -> None:
        super().__init__((HOST, 0), _Handler)
        self.url = f"https://{HOST}:{self.server_address[1]}"
        self.visits: list[Visit] = []
        self.refused = 0
        self._failures = Semaphore(0)
        self.handle_http = handle
        self._context = context

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        connection.settimeout(20)
        wrapped = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return wrapped, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        self.refused += 1
        self._failures.release()

    def refuses(self, count: int) -> bool:
        """Wait until so many more connections have failed; ``False`` if that takes too long."""
        return all(self._failures.acquire(timeout=60) for _ in range(count))

    def names(self) -> set[str | None]:
        """Return whose certificates were shown."""
        return {visit.name for visit in self.visits}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # otherwise each answer waits 40 ms for an acknowledgement
    server: TlsServer

    def setup(self) -> None:
        self.request.do_handshake()
        super().setup()

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        subject = (self.connection.getpeercert() or {}).get("subject", ())
        self.server.visits.append(
            Visit(
                name=next((value for part in subject for key, value in part if key == "commonName"), None),
                method=self.command,
                path=self.path,
                authorization=self.headers.get("authorization"),
            )
        )
        request = httpx.Request(
            self.command, self.server.url + self.path, headers=dict(self.headers), content=body
        )
        response = self.server.handle_http(request)
        self.send_response(response.status_code)
        for name, value in response.headers.items():
            if name != "content-length":
                self.send_header(name, value)
        self.send_header("content-length", str(len(response.content)))
        self.end_headers()
        self.wfile.write(response.content)

    do_GET = do_POST = do_PUT = answer  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
        """Say nothing."""


@contextmanager
def serving(
    authority: Authority,
    handle: Callable[[httpx.Request], httpx.Response],
    *,
    verify: ssl.VerifyMode,
    lasting: timedelta = HOUR,
) -> Iterator[TlsServer]:
    """Run a TLS server that requires a client certificate of the authority, or only asks for one.

    Its own certificate lasts that long from now.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("server", server=True, lasting=lasting))
    context.load_verify_locations(authority.path)
    context.verify_mode = verify
    server = TlsServer(context, handle)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
