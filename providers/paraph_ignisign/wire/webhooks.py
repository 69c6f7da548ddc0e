"""Answers about webhook endpoints, their past deliveries and tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from paraph.convert import named
from paraph.model import Secret
from paraph_ignisign.wire._fields import Told, record_id
from paraph_ignisign.wire.converter import list_under, shaped
from paraph_ignisign.wire.requests import Paging


@attrs.frozen(kw_only=True)
class WebhookEndpoint:
    """A URL that the vendor calls. It holds a path secret, so that it is one: no output shows it."""

    id: str = record_id("webhookId")
    url: Secret
    description: str | None = None
    is_disabled: bool | None = None
    created_at: datetime | None = attrs.field(default=None, metadata=named("_createdAt"))


@shaped(list_under("webhooks", "url"))  # contract 9.13, 9.14
@attrs.frozen(kw_only=True)
class WebhookEndpoints:
    """The application's endpoints."""

    webhooks: tuple[WebhookEndpoint, ...] = ()


@attrs.frozen(kw_only=True)
class EnsuredWebhook:
    """The endpoint that has the wanted URL."""

    webhook_id: str


@attrs.frozen(kw_only=True)
class DeliveryResponse:
    """What an endpoint answered to a delivery: the HTTP status, if there was one, and words about it.

    The words may repeat the endpoint's URL, so that they show in no repr.
    """

    status: Told[int] = None
    status_text: Told[str] = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class WebhookEvent:
    """One past delivery. The body's parts are read by :mod:`paraph_ignisign.webhooks`, like a webhook's.

    :ivar response: why it is ``FAILED``, if it is. :ivar error: that the message told of, if it did.
    """

    id: str = record_id("eventId")
    webhook_id: Told[str] = None
    topic: str = ""
    action: str = ""
    msg_nature: str = ""
    content: Any = attrs.field(default=None, repr=False)
    error: Any = attrs.field(default=None, repr=False)
    response: Told[DeliveryResponse] = None
    status: str = ""
    created_at: datetime | None = attrs.field(default=None, metadata=named("_createdAt"))


@attrs.frozen(kw_only=True)
class WebhookEvents:
    """One page of past deliveries."""

    events: tuple[WebhookEvent, ...] = ()
    search_data: Paging | None = None


@attrs.frozen(kw_only=True)
class TokenCheck:
    """Answer of the token check (contract 4.6). Only ``is_valid is True`` proves anything.

    What lacks it is no answer of a token check, so that nothing on the way is read as a judgement.

    :ivar have_been_consumed: this check has used the token up.
    :ivar context: as the vendor says it, whose shape is not documented.
    """

    is_valid: bool
    already_consumed: bool = False
    not_found: bool = False
    bad_target: bool = False
    bad_related_id: bool = False
    is_expired: bool = False
    have_been_consumed: Told[bool] = None
    error_str: Told[str] = attrs.field(default=None, repr=False)
    context: Any = attrs.field(default=None, repr=False)
