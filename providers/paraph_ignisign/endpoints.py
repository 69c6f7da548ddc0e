"""The application's webhook endpoints at the vendor (contract 4.7).

Theory of :func:`ensure`. The vendor takes the same URL twice and then delivers everything twice, so whoever
registers a URL lists all endpoints afterwards and removes all of that URL but one. All callers agree on
which one stays (:func:`_rank`), however they interleave: of all endpoints that are ever made, the first in
that order is in no caller's list of what to remove, and each other one is removed by whoever lists it
together with the first, at the latest by the caller who made the later of the two. What a caller leaves
behind who dies half way is removed by the next one.

The API can neither enable nor disable an endpoint, and a second one beside a disabled one would hide
that somebody switched it off: only a person can decide that, so it is an error.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import attrs

from paraph.errors import ConfigurationError, UnsupportedCapability, VendorNotFound
from paraph.flow import Flow
from paraph.model import Problem, Secret
from paraph.provider import Account, Capability, NoParams
from paraph.provider import WebhookEndpoint as NeutralEndpoint
from paraph_ignisign.actions import (
    CREATE_WEBHOOK,
    DELETE_WEBHOOK,
    LIST_WEBHOOKS,
    UPDATE_WEBHOOK,
)
from paraph_ignisign.params import NewWebhook, WebhookRef, WebhookUpdate
from paraph_ignisign.settings import IgnisignSettings
from paraph_ignisign.wire import WebhookEndpoint, WebhookEndpoints

ROUNDS: Final = 5
"""How often it is looked again where somebody else keeps removing what was found."""

CONSOLE: Final = "console.ignisign.io > application > environment > Webhooks"
"""Where a person enables an endpoint (contract 4.7)."""

_NO_TIME: Final = datetime.max.replace(tzinfo=UTC)


def ensure_webhook(account: Account[IgnisignSettings], url: str) -> Flow[str]:
    """Register ``url`` unless it is; return the endpoint's id. See :func:`ensure`."""
    found = yield from ensure(account, url)
    return found.id


def ensure(
    account: Account[IgnisignSettings], url: str, description: str | None = None
) -> Flow[WebhookEndpoint]:
    """Make sure that exactly one endpoint has ``url``, and return it. Harmless to repeat, also at once.

    Of callers at once one may return an endpoint that another's choice then removes, where both were made
    within the vendor's millisecond; calling again finds the one that is left.

    :param description: what the console shows beside it; ``None`` leaves an existing one as it is.
    :raises ConfigurationError: it is disabled, which only a person can change.
    :raises UnsupportedCapability: the vendor took it and does not list it, or somebody keeps removing it.
    """
    for _ in range(ROUNDS):
        found = yield from _settled(account, url, description)
        if found is not None:
            return found
    raise _elusive(account)


def _settled(
    account: Account[IgnisignSettings], url: str, description: str | None
) -> Flow[WebhookEndpoint | None]:
    """Go once through it; return ``None`` if another caller removed what was found."""
    same = yield from _with_url(account, url)
    if not same:
        asked = NewWebhook(url=Secret(url), description=description or f"paraph account {account.name}")
        yield from CREATE_WEBHOOK.run(account, asked)
        # Not from the answer: it may be the new one alone, and says nothing of who came in between.
        same = yield from _with_url(account, url)
    if not same:
        raise _elusive(account)  # never made again, since it may only be hidden
    kept, *others = same
    if kept.is_disabled:
        raise _disabled(account, kept)
    for other in others:
        yield from _remove(account, other)
    if description is None or description == kept.description:
        return kept
    return (yield from _described(account, kept, url, description))


def _described(
    account: Account[IgnisignSettings], endpoint: WebhookEndpoint, url: str, description: str
) -> Flow[WebhookEndpoint | None]:
    asked = WebhookUpdate(webhook_id=endpoint.id, url=Secret(url), description=description)
    try:
        yield from UPDATE_WEBHOOK.run(account, asked)
    except VendorNotFound:
        return None
    return attrs.evolve(endpoint, description=description)


def _with_url(account: Account[IgnisignSettings], url: str) -> Flow[list[WebhookEndpoint]]:
    """List the endpoints of a URL, the one that stays first."""
    listed: WebhookEndpoints = yield from LIST_WEBHOOKS.run(account, NoParams())
    return sorted((each for each in listed.webhooks if each.url.matches(url)), key=_rank)


def _rank(endpoint: WebhookEndpoint) -> tuple[bool, datetime, str]:
    """Order endpoints of one URL: those that work first, then the oldest; never by their position."""
    return bool(endpoint.is_disabled), endpoint.created_at or _NO_TIME, endpoint.id


def _remove(account: Account[IgnisignSettings], endpoint: WebhookEndpoint) -> Flow[None]:
    try:
        yield from DELETE_WEBHOOK.run(account, WebhookRef(webhook_id=endpoint.id))
    except VendorNotFound:
        return  # another caller was faster


def _elusive(account: Account[IgnisignSettings]) -> UnsupportedCapability:
    return UnsupportedCapability(
        account=account.name,
        provider=account.provider,
        capability=Capability.MANAGE_WEBHOOKS.value,
        hint=f"the endpoint is not listed, or keeps vanishing; look who else changes endpoints: {CONSOLE}",
    )


def _disabled(account: Account[IgnisignSettings], endpoint: WebhookEndpoint) -> ConfigurationError:
    # The URL may hold a path secret and is not shown.
    problem = Problem(
        path=f"accounts.{account.name}.webhooks",
        code="webhook.disabled",
        message=f"the endpoint {endpoint.id} that has this account's webhook URL is disabled",
        hint=f"enable it in {CONSOLE}, or delete it there (webhooks.delete) and ensure it again",
    )
    return ConfigurationError("Ignisign does not call this account's webhook URL", (problem,))


def webhooks(account: Account[IgnisignSettings]) -> Flow[tuple[NeutralEndpoint, ...]]:
    """List the endpoints of the environment; one is enabled unless the vendor says otherwise."""
    listed: WebhookEndpoints = yield from LIST_WEBHOOKS.run(account, NoParams())
    return tuple(
        NeutralEndpoint(
            id=each.id,
            url=each.url,
            enabled=not each.is_disabled,
            hint=f"enable it in {CONSOLE}" if each.is_disabled else "",
        )
        for each in listed.webhooks
    )
