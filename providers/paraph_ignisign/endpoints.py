"""The application's webhook endpoint at the vendor, and the past deliveries it lists (contract 4.7)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from paraph.errors import UnsupportedCapability
from paraph.flow import Flow, Page, all_pages
from paraph.model import Secret
from paraph.provider import Account, Capability, NoParams, PastDelivery
from paraph_ignisign.actions import CREATE_WEBHOOK, LIST_EVENTS, LIST_WEBHOOKS
from paraph_ignisign.params import EventPageRef, NewWebhook
from paraph_ignisign.settings import IgnisignSettings
from paraph_ignisign.webhooks import past_delivery, tenant_of
from paraph_ignisign.wire import WebhookEndpoint, WebhookEndpoints, WebhookEvent

FIRST_PAGE: Final = 1
"""Assumption: the vendor does not say whether pages count from 0 or 1."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def ensure_webhook(account: Account[IgnisignSettings], url: str) -> Flow[str]:
    """Register ``url`` unless an enabled endpoint has it; return the endpoint's id."""
    listed = yield from LIST_WEBHOOKS.run(account, NoParams())
    found = newest(listed, url)
    if found is None:
        asked = NewWebhook(url=Secret(url), description=f"paraph account {account.name}")
        listed = yield from CREATE_WEBHOOK.run(account, asked)
        found = newest(listed, url)
    if found is None:
        listed = yield from LIST_WEBHOOKS.run(account, NoParams())
        found = newest(listed, url)
    if found is None:
        raise UnsupportedCapability(
            account=account.name,
            provider=account.provider,
            capability=Capability.MANAGE_WEBHOOKS.value,
            hint="Ignisign accepted the endpoint but does not list it; look in its console",
        )
    return found.id


def newest(listed: WebhookEndpoints, url: str) -> WebhookEndpoint | None:
    """Find an enabled endpoint by its URL, never by its position; of several the newest."""
    same = [endpoint for endpoint in listed.webhooks if endpoint.url == url and not endpoint.is_disabled]
    return max(same, key=lambda endpoint: endpoint.created_at or _LONG_AGO, default=None)


def past_deliveries(account: Account[IgnisignSettings]) -> Flow[tuple[PastDelivery, ...]]:
    """Read what the vendor says it delivered, or failed to, to our endpoints.

    :raises UnsupportedCapability: the account's own webhook URL is not configured.
    """
    url = account.webhook_url
    if url is None:
        raise UnsupportedCapability(
            account=account.name,
            provider=account.provider,
            capability=Capability.EVENT_LIST.value,
            hint="set webhooks.public_url and the account's webhook_secret",
        )
    listed = yield from LIST_WEBHOOKS.run(account, NoParams())
    tenant = tenant_of(account.settings.credentials())
    found: list[PastDelivery] = []
    for endpoint in listed.webhooks:
        if url.matches(endpoint.url):
            events = yield from _events(account, endpoint)
            found += [past_delivery(event, tenant) for event in events]
    return tuple(found)


def _events(account: Account[IgnisignSettings], endpoint: WebhookEndpoint) -> Flow[tuple[WebhookEvent, ...]]:
    total = 0

    def page(number: int | str) -> Flow[Page[WebhookEvent]]:
        nonlocal total
        asked = EventPageRef(webhook_id=endpoint.id, page=int(number))
        answer = yield from LIST_EVENTS.run(account, asked)
        if answer.search_data is not None and answer.search_data.total is not None:
            total = answer.search_data.total
        return Page(items=answer.events, next=int(number) + 1)

    events = yield from all_pages(page, first=FIRST_PAGE, key=lambda event: event.id)
    if len(events) < total:
        # Fewer than the vendor counts: its pages begin at 0.
        before = yield from page(FIRST_PAGE - 1)
        known = {event.id for event in events}
        events = (*(event for event in before.items if event.id not in known), *events)
    return events
