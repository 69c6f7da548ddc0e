"""Which URLs a vendor calls for an account, without the secrets in them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import attrs

from paraph.errors import UnsupportedCapability
from paraph.flow.commands import Flow
from paraph.flow.helpers import call
from paraph.model import Secret
from paraph.ops.carry import under
from paraph.ops.kernel import Kernel
from paraph.provider.account import Account
from paraph.provider.protocol import ListsWebhooks, WebhookEndpoint

MASK = "…"


@attrs.frozen(kw_only=True)
class Webhook:
    """One URL that a vendor calls.

    :ivar id: the vendor's id of it.
    :ivar url: as far as it can be shown: of this account's own URLs all but the secret, of others the host.
    :ivar ours: whether it is the account's URL, with the secret that is configured now.
    :ivar enabled: whether the vendor calls it; ``None`` if it does not say.
    :ivar hint: what a person does to enable it.
    """

    account: str
    id: str
    url: str
    ours: bool
    enabled: bool | None = None
    hint: str = ""


def webhooks(kernel: Kernel, account: str) -> Flow[tuple[Webhook, ...]]:
    """List the URLs that the vendor calls for an account, also those of others. Changes nothing.

    :raises UnsupportedCapability: the vendor's list cannot be read.
    """
    chosen = yield from call(kernel.account, account)
    listed = yield from endpoints(kernel, chosen)
    if listed is None:
        raise UnsupportedCapability(
            account=account,
            provider=chosen.provider,
            capability="list_webhooks",
            hint="look in the vendor's console",
        )
    return tuple(
        Webhook(
            account=account,
            id=each.id,
            url=shown(each.url, chosen),
            ours=is_ours(each.url, chosen),
            enabled=each.enabled,
            hint=each.hint,
        )
        for each in listed
    )


def endpoints(kernel: Kernel, account: Account[Any]) -> Flow[tuple[WebhookEndpoint, ...] | None]:
    """Read what the vendor lists; ``None`` if it lists nothing at all."""
    provider = kernel.provider(account)
    if not isinstance(provider, ListsWebhooks):
        return None
    return (yield from under(kernel, account, provider.webhooks(account)))


def is_ours(url: Secret, account: Account[Any]) -> bool:
    """Whether a URL is the one that the account is configured with."""
    own = account.webhook_url
    return own is not None and own.matches(url.reveal())


def shown(url: Secret, account: Account[Any]) -> str:
    """Write a URL without what may be a secret in it: of a foreign one, nobody knows where that stands."""
    if account.public_url:
        base = f"{account.public_url.rstrip('/')}/{account.name}/"
        if url.reveal().startswith(base):
            return base + MASK
    try:
        parts = urlsplit(url.reveal())
        host, port = parts.hostname, parts.port
    except ValueError:
        return MASK
    if not host:
        return MASK
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}/{MASK}"
