"""Webhook endpoints, what was delivered to them, and the tokens of deliveries."""

from __future__ import annotations

from typing import Any, Final

import attrs
import httpx

from paraph.errors import UsageError
from paraph.flow import Flow, retrying
from paraph.provider import Account, Action, NoParams, Repeat, endpoint
from paraph_ignisign.actions.base import API, APP, WEBHOOK, accepted
from paraph_ignisign.actions.repeating import repeatable
from paraph_ignisign.params._fields import AppRef
from paraph_ignisign.params.webhooks import (
    DisabledTopics,
    EventPageRef,
    EventRef,
    NewWebhook,
    TokenToCheck,
    WebhookRef,
    WebhookUpdate,
    WebhookUrl,
)
from paraph_ignisign.wire._fields import Done
from paraph_ignisign.wire.webhooks import (
    EnsuredWebhook,
    TokenCheck,
    WebhookEndpoints,
    WebhookEvent,
    WebhookEvents,
)

_EVENT: Final = WEBHOOK + "/events/{eventId}"

LIST_WEBHOOKS: Final[Action[NoParams, WebhookEndpoints]] = endpoint(
    API,
    "webhooks.list",
    "GET",
    APP + "/webhooks",
    params=AppRef,
    result=WebhookEndpoints,
    repeat=Repeat.READ,
    summary="List the application's webhook endpoints.",
    description="Of this environment, disabled ones included; they are disabled in the console only.",
    source="contract 1 #21",
    slug="IGNISIGN_GET_WEBHOOKS",
)

CREATE_WEBHOOK: Final = endpoint(
    API,
    "webhooks.create",
    "POST",
    APP + "/webhooks",
    params=NewWebhook,
    result=WebhookEndpoints,
    repeat=Repeat.NEVER,
    summary="Register a webhook endpoint; the answer lists all of them.",
    description=(
        "The same URL twice makes two endpoints (inferred): webhooks.ensure makes one only if there is none. "
        "Find the new one by its URL, never by its position."
    ),
    source="contract 1 #5",
    slug="IGNISIGN_CREATE_WEBHOOK_ENDPOINT",
)

UPDATE_WEBHOOK: Final = endpoint(
    API,
    "webhooks.update",
    "PUT",
    WEBHOOK,
    params=WebhookUpdate,
    result=WebhookEndpoints,
    repeat=Repeat.IDEMPOTENT,
    summary="Change URL or description of a webhook endpoint.",
    description="The answer lists all endpoints, or only this one: the vendor's sources disagree.",
    source="contract 1 #32",
    slug="IGNISIGN_UPDATE_WEBHOOK_ENDPOINT",
    errors=("WEBHOOK_NOT_FOUND",),
)


def _remaining(account: Account[Any], given: WebhookRef) -> Flow[WebhookEndpoints | None]:
    """Read the endpoints, unless the deleted one is still among them."""
    listed = yield from LIST_WEBHOOKS.run(account, NoParams())
    return None if any(each.id == given.webhook_id for each in listed.webhooks) else listed


_DELETE: Final = endpoint(
    API,
    "webhooks.delete",
    "DELETE",
    WEBHOOK,
    params=WebhookRef,
    result=WebhookEndpoints,
    repeat=Repeat.IDEMPOTENT,
    summary="Delete a webhook endpoint; the answer lists those that remain.",
    description=(
        "A second call finds nothing (inferred), which is a success where it repeats one whose answer was "
        "lost: the endpoints are listed then."
    ),
    source="contract 1 #9",
    slug="IGNISIGN_DELETE_WEBHOOK_ENDPOINT",
    errors=("WEBHOOK_NOT_FOUND",),
)

DELETE_WEBHOOK: Final = repeatable(_DELETE, _remaining)


def _ensure(account: Account[Any], given: WebhookUrl) -> Flow[EnsuredWebhook]:
    # The module of endpoints is built on these actions.
    from paraph_ignisign.endpoints import ensure

    found = yield from ensure(account, given.url.reveal(), given.description)
    return EnsuredWebhook(webhook_id=found.id)


ENSURE_WEBHOOK: Final = Action(
    name="webhooks.ensure",
    summary="Register a URL unless an endpoint has it already.",
    description=(
        "Endpoints are told apart by their URL; all of that URL but one are removed, and a description that "
        "is given is corrected. It may be called as often as you like. One that is disabled is an error: a "
        "person has to enable it in the console."
    ),
    source="contract 4.7",
    repeat=Repeat.IDEMPOTENT,
    params=WebhookUrl,
    result=EnsuredWebhook,
    run=_ensure,
)

LIST_EVENTS: Final = endpoint(
    API,
    "webhooks.events",
    "GET",
    WEBHOOK + "/events",
    params=EventPageRef,
    result=WebhookEvents,
    repeat=Repeat.READ,
    summary="List past deliveries of an endpoint, one page.",
    description="ALL, SUCCESS or FAILED. Whether pages count from 0 or 1 is not known.",
    source="contract 2, List webhook events",
    errors=("WEBHOOK_NOT_FOUND",),
)

GET_EVENT: Final = endpoint(
    API,
    "webhooks.event",
    "GET",
    _EVENT,
    params=EventRef,
    result=WebhookEvent,
    repeat=Repeat.READ,
    summary="Read one past delivery.",
    description="What was told and how it went; its token is not kept by the vendor.",
    source="contract 2, Get webhook event",
    errors=("WEBHOOK_NOT_FOUND", "WEBHOOK_EVENT_NOT_FOUND"),
)


def _resend(account: Account[Any], given: EventRef) -> Flow[Done]:
    return accepted(API.request(account, "POST", _EVENT + "/resend", given))


RESEND_EVENT: Final = Action(
    name="webhooks.resend",
    summary="Let the vendor deliver a past event once more.",
    description="Each call delivers again, probably with a fresh token (inferred).",
    source="contract 2, Resend webhook event",
    repeat=Repeat.NEVER,
    params=EventRef,
    result=Done,
    run=_resend,
    method="POST",
    path=_EVENT + "/resend",
    errors=("WEBHOOK_NOT_FOUND", "WEBHOOK_EVENT_NOT_FOUND"),
)

_CHECK: Final = endpoint(
    API,
    "webhooks.check_token",
    "POST",
    "/v4/tokens/webhook-verification/checking-consumption",
    params=TokenToCheck,
    result=TokenCheck,
    repeat=Repeat.NEVER,
    summary="Check the token of a delivery; a good one is used up by that.",
    description=(
        "Only is_valid being true proves anything. A second check of the same token fails. The application "
        "and its environment are the account's unless they are given; those of others are badRelatedId."
    ),
    source="contract 4.6",
    errors=("TOKEN_NOT_FOUND", "TOKEN_ALREADY_CONSUMED", "TOKEN_EXPIRED", "TOKEN_INVALID"),
)


def _check(account: Account[Any], given: TokenToCheck) -> Flow[TokenCheck]:
    own = account.settings.credentials()
    app_id, app_env = given.app_id or own.app_id, given.app_env or own.app_env
    return _CHECK.run(account, attrs.evolve(given, app_id=app_id, app_env=app_env))


CHECK_TOKEN: Final = attrs.evolve(_CHECK, run=_check)


def _disable(account: Account[Any], given: DisabledTopics) -> Flow[Done]:
    if not given.topics:
        raise UsageError("name at least one topic")
    url = API.url(account, _DISABLED, {"webhookId": given.webhook_id})
    body = {"topics": dict.fromkeys(given.topics, True)}

    def once() -> Flow[Done]:
        return accepted(httpx.Request("POST", url, json=body, headers={"Accept": "application/json"}))

    return retrying(once)


_DISABLED: Final = WEBHOOK + "/disabled-events"

DISABLE_TOPICS: Final = Action(
    name="webhooks.disable_topics",
    summary="Tell the vendor which topics not to deliver to an endpoint.",
    description=(
        "Known from one integration only, which also sends ALL: whether topics left out are enabled again is "
        "not known."
    ),
    source="contract 2, Disable webhook topics",
    repeat=Repeat.IDEMPOTENT,
    params=DisabledTopics,
    result=Done,
    run=_disable,
    method="POST",
    path=_DISABLED,
    documented=False,
    errors=("WEBHOOK_NOT_FOUND",),
)

ACTIONS: Final = (
    LIST_WEBHOOKS,
    CREATE_WEBHOOK,
    UPDATE_WEBHOOK,
    DELETE_WEBHOOK,
    ENSURE_WEBHOOK,
    LIST_EVENTS,
    GET_EVENT,
    RESEND_EVENT,
    CHECK_TOKEN,
    DISABLE_TOPICS,
)
"""The subject's actions, in the order in which they are listed."""
