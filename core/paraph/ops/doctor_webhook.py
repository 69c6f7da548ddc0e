"""An account's webhook: is a URL configured, does the vendor call it, and does our receiver answer there.

How the receiver is asked without giving it a delivery
======================================================

``paraph_web.Receiver`` answers each of these without storing anything, and always with an empty body:

1. GET, with a secret that nobody has: 405 with ``Allow: POST``;
2. POST, with a secret that nobody has: 404;
3. POST, with the account's own secret and a content encoding that does not exist: 415, after the secret was
   compared.

The third is only sent to who answers the first two like that: another program might store it. Who answers
otherwise may be a receiver of the application's own, or a proxy whose path is wrong; that cannot be told
apart from outside, and is said so.
"""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from paraph.errors import ConnectFailed, TimedOut, VendorError
from paraph.flow.commands import Flow
from paraph.flow.helpers import http, new_id
from paraph.ops.carry import under
from paraph.ops.doctor_server import is_loopback
from paraph.ops.kernel import Kernel
from paraph.ops.webhooks import MASK, endpoints, is_ours
from paraph.provider.account import Account
from paraph.provider.capability import Capability
from paraph.provider.finding import Finding
from paraph.provider.protocol import ManagesWebhooks

if TYPE_CHECKING:
    import httpx

CONFIGURED: Final = "webhook"
REGISTERED: Final = "webhook registered"
REACHABLE: Final = "webhook reachable"

NO_ENCODING: Final = "paraph-doctor"
"""A content encoding that nobody can undo."""

_GATEWAYS: Final = frozenset(
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)


def configured_webhook(kernel: Kernel, account: Account[Any]) -> Finding:
    """Say whether the vendor could call a URL that the account is configured with. No request."""
    if Capability.WEBHOOKS not in kernel.provider(account).capabilities(account):
        return Finding.not_asked(CONFIGURED, "this vendor calls no webhooks")
    missing = [
        key
        for key, value in (
            ("webhooks.public_url", account.public_url),
            (f"accounts.{account.name}.webhook_secret", account.webhook_secret),
        )
        if not value
    ]
    if not account.public_url or missing:
        why = "not configured: news come by reading alone (paraph reconcile)"
        return Finding.not_asked(CONFIGURED, why, f"set {' and '.join(missing)}")
    base = f"{account.public_url.rstrip('/')}/{account.name}/{MASK}"
    host = urlsplit(account.public_url).hostname or ""
    if is_loopback(host) and not is_loopback(_vendor(kernel, account)):
        return Finding.fail(
            CONFIGURED,
            f"{base} is this machine's own address",
            "set webhooks.public_url as the vendor sees it",
        )
    if _is_private(host) and not _is_private(_vendor(kernel, account)):
        return Finding.warn(
            CONFIGURED,
            f"{base} is in a private network",
            "let webhooks.public_url be reachable for the vendor",
        )
    if account.public_url.startswith("http://") and not is_loopback(host):
        hint = "use https: the URL has the secret in it"
        return Finding.warn(CONFIGURED, f"{base} is not encrypted", hint)
    return Finding.ok(CONFIGURED, base)


def _vendor(kernel: Kernel, account: Account[Any]) -> str:
    return urlsplit(kernel.provider(account).origin(account)).hostname or ""


def _is_private(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return is_loopback(host)


def registered_webhook(kernel: Kernel, account: Account[Any]) -> Flow[tuple[Finding, ...]]:
    """Look whether the vendor has the account's URL, once, and calls it."""
    listed = yield from endpoints(kernel, account)
    if listed is None:
        hint = "look in the vendor's console that it calls the account's webhook URL"
        return (Finding.not_asked(REGISTERED, "the vendor has no list that can be read", hint),)
    ours = [each for each in listed if is_ours(each.url, account)]
    can = isinstance(kernel.provider(account), ManagesWebhooks)
    ensure = f"paraph webhooks ensure --account {account.name}"
    if not ours:
        others = f", though {len(listed)} other(s)" if listed else ""
        hint = ensure if can else "register it in the vendor's console"
        return (Finding.fail(REGISTERED, f"the vendor does not call the account's URL{others}", hint),)
    called = [each for each in ours if each.enabled is not False]
    if not called:
        hint = ours[0].hint or "enable it in the vendor's console"
        return (Finding.fail(REGISTERED, f"the endpoint {ours[0].id} is disabled", hint),)
    if len(called) > 1:
        found = f"the vendor calls it {len(called)} times for everything (endpoints {_ids(called)})"
        return (Finding.warn(REGISTERED, found, ensure if can else "remove all but one"),)
    return (Finding.ok(REGISTERED, f"the endpoint {called[0].id} is enabled"),)


def _ids(found: list[Any]) -> str:
    return ", ".join(sorted(each.id for each in found))


def reachable_webhook(kernel: Kernel, account: Account[Any]) -> Flow[tuple[Finding, ...]]:
    """Ask our own receiver as described above. What it answers to leaves nothing there."""
    nobody = yield from new_id()
    base = f"{(account.public_url or '').rstrip('/')}/{account.name}"
    try:
        get = yield from _ask(kernel, account, "GET", f"{base}/{nobody}")
        post = yield from _ask(kernel, account, "POST", f"{base}/{nobody}")
        if not _is_receiver(get, post):
            return (_other(get, post),)
        own = account.webhook_url
        url = own.reveal() if own else f"{base}/{nobody}"
        asked = yield from _ask(kernel, account, "POST", url, {"Content-Encoding": NO_ENCODING})
    except VendorError as error:
        return (_unreached(error),)
    return (_known(account, asked.status_code),)


def _ask(
    kernel: Kernel, account: Account[Any], method: str, url: str, headers: dict[str, str] | None = None
) -> Flow[httpx.Response]:
    import httpx

    request = httpx.Request(method, url, headers=headers, content=b"" if method == "POST" else None)
    return (yield from under(kernel, account, http(request, credentials=False)))


def _is_receiver(get: httpx.Response, post: httpx.Response) -> bool:
    return (
        get.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        and get.headers.get("allow") == "POST"
        and post.status_code == HTTPStatus.NOT_FOUND
        and not get.content
        and not post.content
    )


def _known(account: Account[Any], status: int) -> Finding:
    if status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE:
        return Finding.ok(REACHABLE, "paraph's receiver answers there, and knows this account's secret")
    if status == HTTPStatus.NOT_FOUND:
        return Finding.fail(
            REACHABLE,
            "paraph's receiver answers there, and does not know this account's secret",
            f"start it with this configuration, and after a change of accounts.{account.name}.webhook_secret",
        )
    return Finding.warn(REACHABLE, f"the receiver answers HTTP {status} to a delivery that it has to refuse")


def _other(get: httpx.Response, post: httpx.Response) -> Finding:
    if post.status_code in _GATEWAYS:
        hint = "start the receiver, or look where the proxy sends requests"
        return Finding.fail(
            REACHABLE, f"a proxy answers (HTTP {post.status_code}), the receiver does not", hint
        )
    if post.is_success:
        hint = "the receiver has to refuse what does not have the account's secret in its URL"
        return Finding.fail(REACHABLE, f"a wrong secret is answered with HTTP {post.status_code}", hint)
    return Finding.warn(
        REACHABLE,
        f"another program than paraph's receiver answers (HTTP {get.status_code} to GET, {post.status_code} "
        "to POST with a wrong secret)",
        "if it should be paraph's, look at webhooks.public_url and the path that the proxy passes on",
    )


def _unreached(error: VendorError) -> Finding:
    """Say why nothing answered. Silence, and a proxy that refuses, are policy as often as a fault."""
    if isinstance(error, ConnectFailed) and error.reason in {"certificate", "tls"}:
        return Finding.fail(REACHABLE, _words(error), "the vendor will not accept it either: renew it")
    if isinstance(error, ConnectFailed) and error.reason in {"name", "refused"}:
        return Finding.fail(REACHABLE, _words(error), "start the receiver, or set webhooks.public_url")
    if isinstance(error, ConnectFailed | TimedOut):
        why = "nothing answers from here, where a firewall may let in the vendor only"
    else:
        why = "the way there is cut, perhaps by a proxy of this network"
    return Finding.not_asked(REACHABLE, why, "ask from another network")


def _words(error: ConnectFailed) -> str:
    return {
        "name": "the host's name does not resolve",
        "refused": "nobody listens there",
        "certificate": "its certificate does not verify",
    }.get(error.reason, "TLS failed")
