"""What one client keeps per account while it is open: HTTP client and shared values.

Two accounts of one provider share nothing, since everything here is keyed by the
account's name and owned by the client object.
"""

from __future__ import annotations

import copy
import ssl
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from paraph._version import __version__
from paraph.errors import ConfigurationError
from paraph.flow.quiet import note
from paraph.flow.trust import trusted

if TYPE_CHECKING:
    import httpx

    from paraph.provider.account import ClientCertificate

ClientT = TypeVar("ClientT")

CONNECT, TRANSFER, POOL = 10.0, 60.0, 60.0
"""Seconds until a phase of a request times out: connecting; each read or write; waiting for a connection."""

USER_AGENT = f"paraph/{__version__}"

ACCEPT_ENCODING = "gzip, deflate"
"""What :class:`paraph.flow.exchange.Decoder` undoes."""

_CLOSED = "this client is closed"


@attrs.define(eq=False)
class Cell:
    """A shared value of one account, with the lock that makes it single-flight for threads.

    A failed flight fails everybody who was waiting for it; who comes afterwards tries again.

    :ivar failures: how many flights have failed; who sees it grow while waiting waited for one of them.
    """

    lock: threading.Lock = attrs.field(factory=threading.Lock, repr=False)
    value: Any = attrs.field(default=None, repr=False)
    filled: bool = False
    failures: int = 0
    _error: Exception | None = attrs.field(default=None, repr=False)

    def usable(self, fresh: Callable[[Any], bool]) -> bool:
        """Whether the value at hand may be used."""
        return self.filled and fresh(self.value)

    def settled(self, fresh: Callable[[Any], bool], seen: int) -> bool:
        """Whether the flight that was waited for, since ``failures`` was ``seen``, made a usable value.

        :raises Exception: a copy of the error with which it failed.
        """
        if self.usable(fresh):
            return True
        if self._error is not None and self.failures != seen:
            raise copied(self._error)
        return False

    def fill(self, value: Any) -> Any:
        """Keep and return a new value."""
        self.value, self.filled, self._error = value, True, None
        return value

    def fail(self, error: Exception) -> None:
        """Keep an error for those who wait, without its traceback, which holds the flight's secrets."""
        self._error = copied(error)
        self.failures += 1


def copied(error: Exception) -> Exception:
    """Copy an error without its traceback, context and notes; each who waited gets one of his own."""
    try:
        own = copy.copy(error)
    except Exception:  # noqa: BLE001 - a foreign constructor may refuse its own arguments
        own = RuntimeError(f"{type(error).__name__}, which cannot be copied")
    vars(own).pop("__notes__", None)
    return own


class Sessions(Generic[ClientT]):
    """HTTP clients and cells by account, made when first used."""

    def __init__(self, make: Callable[[str], ClientT]) -> None:
        self._make = make
        self._clients: dict[str, ClientT] = {}
        self._cells: dict[tuple[str, str], Cell] = {}
        self._lock = threading.Lock()
        self._closed = False

    def client(self, account: str) -> ClientT:
        """Return the account's one HTTP client."""
        found = self.opened(account)
        if found is not None:
            return found
        with self._lock:
            if self._closed:
                raise RuntimeError(_CLOSED)
            if account not in self._clients:
                self._clients[account] = self._make(account)
            return self._clients[account]

    def opened(self, account: str) -> ClientT | None:
        """Return the account's HTTP client if it exists already."""
        return self._clients.get(account)

    def cell(self, account: str, key: str) -> Cell:
        """Return the account's cell of that name."""
        with self._lock:
            return self._cells.setdefault((account, key), Cell())

    def drain(self) -> tuple[ClientT, ...]:
        """Forget all clients and refuse new ones; the caller closes what is returned."""
        with self._lock:
            self._closed = True
            clients = tuple(self._clients.values())
            self._clients.clear()
            self._cells.clear()
            return clients


def client_options(certificate: ClientCertificate | None = None) -> dict[str, Any]:
    """Return the options of every HTTP client: no redirects, TLS verified, a time-out per phase.

    :param certificate: what the client presents to servers that ask for one.
    :raises ConfigurationError: it cannot be used; its password is not shown.
    """
    import httpx

    return {
        "verify": trusted() if certificate is None else _with_certificate(certificate),
        "timeout": httpx.Timeout(TRANSFER, connect=CONNECT, pool=POOL),
        "follow_redirects": False,
        "headers": {"User-Agent": USER_AGENT},
    }


def _with_certificate(certificate: ClientCertificate) -> ssl.SSLContext:
    import httpx

    context = httpx.create_ssl_context()
    password = certificate.password
    try:
        # A function, since without any OpenSSL would ask at the terminal for a password that is missing.
        context.load_cert_chain(
            certificate.certificate, certificate.key, lambda: password.reveal() if password else ""
        )
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError; ValueError: no path, no password
        reason = error.strerror if isinstance(error, FileNotFoundError | PermissionError) else "not usable"
    else:
        return context
    # Outside the handler: OpenSSL's own words are of no use to an operator, and what encodes the password
    # keeps it in its error.
    key = f" with the key {certificate.key}" if certificate.key else ""
    raise ConfigurationError(
        f"the client certificate {certificate.certificate}{key} cannot be used ({reason}); "
        "certificate and key have to be PEM files that belong together, and the password has to fit"
    )


def begin(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    """Send a request through a client's transport; return the answer with its body unread.

    What a client would do besides takes a sixth of a call, and none of it is wanted: our requests are
    complete, bring their own credentials, keep no cookies and follow no redirects. Proxies that the
    environment names are used as ever.
    """
    response: httpx.Response = _carrier(client, request).handle_request(request)
    return _noted(request, response)


async def begin_async(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    """Do the same in a task."""
    response: httpx.Response = await _carrier(client, request).handle_async_request(request)
    return _noted(request, response)


def _carrier(client: httpx.Client | httpx.AsyncClient, request: httpx.Request) -> Any:
    """Complete a request, and return the transport that carries it."""
    if client.is_closed:
        raise RuntimeError(_CLOSED)
    headers = request.headers
    if "User-Agent" not in headers:
        headers["User-Agent"] = USER_AGENT
    if "Accept-Encoding" not in headers:
        headers["Accept-Encoding"] = ACCEPT_ENCODING
    request.extensions.setdefault("timeout", client.timeout.as_dict())
    return client._transport_for_url(request.url)  # noqa: SLF001 - nothing public tells it, proxies included


def _noted(request: httpx.Request, response: httpx.Response) -> httpx.Response:
    response.request = request
    note(request, response)
    return response
