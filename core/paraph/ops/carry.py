"""Running a provider's flow under its account: credentials, shared values, secrets, journal.

Providers know none of this. Their flows ask with commands, and :func:`under` answers:
credentials are attached per request and only for the account's own origin; requests take their turn
(:mod:`paraph.ops.pacing`); shared values and HTTP clients are the account's own; steps go to the journal of
the attempt.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from paraph.errors import ParaphError, VendorError
from paraph.flow.commands import (
    Command,
    Download,
    Downloaded,
    Flow,
    Gather,
    Http,
    Identify,
    Recall,
    Remember,
    Shared,
    Step,
)
from paraph.flow.helpers import call, gather
from paraph.flow.intercept import intercept
from paraph.model import Secret
from paraph.ops.kernel import Kernel
from paraph.ops.pacing import paced
from paraph.provider.account import Account, ClientCertificate
from paraph.provider.protocol import PresentsCertificate
from paraph.store.records import AttemptRecord

if TYPE_CHECKING:
    import httpx

R = TypeVar("R")

UNAUTHORIZED = 401
_BARE = " without certificate"
"""Ends the name of the HTTP client for requests without credentials, where an account has a certificate."""

DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


def under(
    kernel: Kernel, account: Account[Any], flow: Flow[R], *, attempt: AttemptRecord | None = None
) -> Flow[R]:
    """Run a provider's flow; vendor errors get the account's name."""
    origin = kernel.provider(account).origin(account)

    def answer(command: Command) -> Flow[Any] | None:
        match command:
            case Http() | Download():
                return _exchange(kernel, account, command, origin)
            case Shared():
                return _shared(kernel, account, command)
            case Gather(flows, most):
                return gather(flows, most=min(most, account.limits.at_once))
            case Step():
                from paraph.ops.journal import run_step

                return bound(run_step(kernel, _attempt(attempt), command))
            case Identify():
                from paraph.ops.journal import identify

                return identify(kernel, _attempt(attempt), command)
            case Remember(key, value):
                return call(_remember, kernel, account.name, key, value)
            case Recall(key):
                return call(_recall, kernel, account.name, key)
            case _:
                return None

    def bound(inner: Flow[Any]) -> Flow[Any]:
        return intercept(inner, answer)

    try:
        return (yield from intercept(flow, answer))
    except VendorError as error:
        error.account = account.name
        raise


def _attempt(attempt: AttemptRecord | None) -> AttemptRecord:
    if attempt is None:
        msg = "only a provider's send flow may use step and identify"
        raise ParaphError(msg)
    return attempt


def _exchange(
    kernel: Kernel, account: Account[Any], command: Http | Download, origin: str
) -> Flow[httpx.Response | Downloaded]:
    """Send a request with the account's credentials if it goes to the account's own origin.

    A 401 renews the credentials once and sends again: the vendor refused before any effect. A request that
    goes without them may bring its own, such as a token for one object, to the account's own origin only.
    """
    at_home = same_origin(command.request.url, origin)
    pace = kernel.pace(account)
    if not at_home:
        command.request.headers.pop("Authorization", None)
    if not command.credentials or not at_home:
        bare = account.name if certificate_of(kernel, account.name) is None else account.name + _BARE
        return (yield from paced(pace, command.through(bare), at_home=at_home))
    headers = yield from _credentials(kernel, account, None)
    _attach(command, headers)
    result = yield from paced(pace, command.through(account.name), at_home=True)
    response = result.response if isinstance(result, Downloaded) else result
    if response.status_code != UNAUTHORIZED:
        return result
    renewed = yield from _credentials(kernel, account, headers)
    if renewed == headers:
        return result
    _attach(command, renewed)
    return (yield from paced(pace, command.through(account.name), at_home=True))


def _attach(command: Http | Download, headers: Mapping[str, str]) -> None:
    """Set headers one by one, since ``Headers.update`` makes a second object of them first."""
    for name, value in headers.items():
        command.request.headers[name] = value


def certificate_of(kernel: Kernel, name: str) -> ClientCertificate | None:
    """Return what the HTTP client of that name presents: an account's certificate, or nothing."""
    if name.endswith(_BARE):
        return None
    account = kernel.account(name)
    provider = kernel.provider(account)
    return provider.client_certificate(account) if isinstance(provider, PresentsCertificate) else None


def own_name(name: str) -> str:
    """Return the account that an HTTP client belongs to."""
    return name.removesuffix(_BARE)


def _credentials(
    kernel: Kernel, account: Account[Any], refused: Mapping[str, str] | None
) -> Flow[Mapping[str, str]]:
    """Ask the provider for headers. If that fails, the request that needed them was never sent."""
    try:
        return (yield from under(kernel, account, kernel.provider(account).authorize(account, refused)))
    except VendorError as error:
        error.effect = "none"
        raise


def _shared(kernel: Kernel, account: Account[Any], command: Shared) -> Flow[Any]:
    produce = command.produce
    result = yield attrs.evolve(
        command, account=account.name, produce=lambda: under(kernel, account, produce())
    )
    return result


def same_origin(url: httpx.URL, origin: str) -> bool:
    """Whether a URL has the scheme, host and port of a base URL."""
    return _place(url) == _place_of(origin)


def _place(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or DEFAULT_PORTS.get(url.scheme)


@functools.lru_cache(maxsize=64)
def _place_of(origin: str) -> tuple[str, str, int | None]:
    """Parse a base URL; every request asks for its account's, and parsing costs more than comparing."""
    import httpx

    return _place(httpx.URL(origin))


def _remember(kernel: Kernel, account: str, key: str, value: Secret) -> None:
    with kernel.store.begin() as tx:
        tx.put_private(account, key, value.reveal())


def _recall(kernel: Kernel, account: str, key: str) -> Secret | None:
    with kernel.store.begin() as tx:
        value = tx.private(account, key)
    return None if value is None else Secret(value)
