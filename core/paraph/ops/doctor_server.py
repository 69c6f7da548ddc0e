"""The vendor's server: does it answer, is it who it says, and what time is it there.

One GET of the account's base URL tells all three, without the account's credentials. Any answer will do.
Where an account proves itself by a client certificate the server may want that for TLS already, so there the
request goes as all others of the account.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from paraph.errors import ConnectFailed, VendorError
from paraph.flow.commands import Flow
from paraph.flow.helpers import http, now
from paraph.flow.peer import PEER, Peer
from paraph.ops.carry import certificate_of, under
from paraph.ops.kernel import Kernel
from paraph.provider.account import Account
from paraph.provider.finding import Finding

if TYPE_CHECKING:
    import httpx

SERVER: Final = ("server", "tls", "clock")
"""The checks of this module."""

ENDS_SOON: Final = timedelta(days=21)
DRIFT: Final = timedelta(seconds=30)
"""From here on tokens and time stamps may be refused."""
WRONG: Final = timedelta(minutes=5)
"""From here on they will be."""

SYNCHRONISE: Final = "let this machine synchronise its clock (NTP)"


def examine_server(kernel: Kernel, account: Account[Any]) -> Flow[tuple[Finding, ...]]:
    """Look at the server, its TLS and its clock."""
    import httpx

    origin = httpx.URL(kernel.provider(account).origin(account))
    request = httpx.Request("GET", origin, extensions={PEER: True})
    certified = certificate_of(kernel, account.name) is not None
    sent = yield from now()
    try:
        response = yield from under(kernel, account, http(request, credentials=certified))
    except VendorError as error:
        return _unreached(origin, error)
    answered = yield from now()
    return (
        _server(origin, response),
        _tls(origin, response.extensions.get(PEER), answered),
        _clock(response, sent + (answered - sent) / 2),
    )


def _unreached(origin: httpx.URL, error: VendorError) -> tuple[Finding, ...]:
    where = _place(origin)
    if isinstance(error, ConnectFailed) and error.reason in {"certificate", "tls"}:
        hint = (
            "if a proxy here opens TLS, let SSL_CERT_FILE name its authority; else ask the vendor"
            if error.reason == "certificate"
            else "ask the vendor which versions of TLS, and whether a client certificate, the server wants"
        )
        why = "TLS failed"
        return (
            Finding.not_asked("server", f"{where}: {why}"),
            Finding.fail("tls", error.message, hint),
            Finding.not_asked("clock", why),
        )
    why = "no answer of the server"
    return (
        Finding.fail("server", f"{where}: {error.message}", "look at base_url, the network and proxies"),
        Finding.not_asked("tls", why),
        Finding.not_asked("clock", why),
    )


def _server(origin: httpx.URL, response: httpx.Response) -> Finding:
    found = f"{_place(origin)} answers (HTTP {response.status_code} to a request without a path of the API)"
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Finding.warn("server", found, "the vendor may be down: look at its status page, try later")
    return Finding.ok("server", found)


def _tls(origin: httpx.URL, peer: Peer | None, at: datetime) -> Finding:
    if origin.scheme != "https":
        if is_loopback(origin.host):
            return Finding.not_asked("tls", "http within this machine")
        return Finding.fail("tls", f"{_place(origin)} is not encrypted", "use a base URL with https")
    if peer is None:
        return Finding.not_asked("tls", "this client's transport does not show the connection")
    left = peer.until - at
    found = f"verified, {peer.protocol}, the certificate ends {peer.until:%Y-%m-%d} (in {left.days} days)"
    if left < ENDS_SOON:
        return Finding.warn("tls", found, "the vendor has to renew it: ask when, if it does not soon")
    return Finding.ok("tls", found)


def _clock(response: httpx.Response, at: datetime) -> Finding:
    told = _time_of(response)
    if told is None:
        return Finding.not_asked("clock", "the server does not say what time it is")
    # The header has whole seconds, so half of one is nobody's fault.
    ahead = round((at - told - timedelta(seconds=0.5)).total_seconds())
    apart = timedelta(seconds=abs(ahead))
    if apart <= DRIFT:
        return Finding.ok("clock", f"{abs(ahead)} s from the vendor's")
    found = f"{abs(ahead)} s {'ahead of' if ahead > 0 else 'behind'} the vendor's"
    if apart > WRONG:
        return Finding.fail("clock", found, SYNCHRONISE)
    return Finding.warn("clock", found, SYNCHRONISE)


def _time_of(response: httpx.Response) -> datetime | None:
    """Read the server's time; an answer out of a cache is as old as it says (RFC 9111, section 5.1)."""
    try:
        told = parsedate_to_datetime(response.headers["date"])
        age = timedelta(seconds=int(response.headers.get("age", "0")))
    except (KeyError, ValueError, OverflowError):
        return None
    return (told if told.tzinfo else told.replace(tzinfo=UTC)) + age


def _place(origin: httpx.URL) -> str:
    return f"{origin.scheme}://{origin.netloc.decode('ascii')}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, as far as its name says."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
