"""What actions on webhook endpoints, past deliveries and tokens take."""

from __future__ import annotations

import attrs

from paraph.convert import named
from paraph.model import Secret
from paraph_ignisign.params._fields import AppRef


@attrs.frozen(kw_only=True)
class NewWebhook(AppRef):
    """An endpoint to register. The URL may hold a path secret."""

    url: Secret
    description: str | None = None


@attrs.frozen(kw_only=True)
class WebhookRef:
    """One endpoint."""

    webhook_id: str


@attrs.frozen(kw_only=True)
class WebhookUpdate:
    """Another URL or description for an endpoint. The URL may hold a path secret."""

    webhook_id: str
    url: Secret
    description: str | None = None


@attrs.frozen(kw_only=True)
class WebhookUrl:
    """A URL that is to be called. It may hold a path secret.

    :ivar description: what the console shows beside it; ``None`` leaves an existing one as it is.
    """

    url: Secret
    description: str | None = None


@attrs.frozen(kw_only=True)
class EventPageRef:
    """One page of an endpoint's past deliveries; ``filter`` is ALL, SUCCESS or FAILED."""

    webhook_id: str
    filter: str = "ALL"
    page: int = 1


@attrs.frozen(kw_only=True)
class EventRef:
    """One past delivery."""

    webhook_id: str
    event_id: str


@attrs.frozen(kw_only=True)
class DisabledTopics:
    """The topics that an endpoint is not to be told of."""

    webhook_id: str
    topics: tuple[str, ...]


@attrs.frozen(kw_only=True)
class TokenToCheck(AppRef):
    """A delivery's token, and the application and environment that it should be of: else the account's own.

    :ivar spelled_again: the older key for the same value (contract 4.6).
    """

    token: Secret
    spelled_again: Secret | None = attrs.field(default=None, metadata=named("verificationToken"))
