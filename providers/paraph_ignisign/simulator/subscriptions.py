"""The addresses that want events, and the events for them, as JSON (contract 4.1, 4.7)."""

from datetime import datetime
from typing import Any

import attrs

from paraph_ignisign.simulator.model import Context, present, stamp


@attrs.define(kw_only=True, eq=False)
class WebhookEndpoint:
    """An address of the client's that wants events."""

    id: str
    context: Context
    url: str = attrs.field(repr=False)
    created_at: datetime
    description: str | None = None
    disabled: bool = False
    disabled_topics: frozenset[str] = frozenset()
    events: list["WebhookEvent"] = attrs.field(factory=list)

    def json(self) -> dict[str, Any]:
        """Return an endpoint object (contract 4.7)."""
        return present(
            _id=self.id,
            url=self.url,
            description=self.description,
            isDisabled=self.disabled,
            _createdAt=stamp(self.created_at),
        )


@attrs.define(kw_only=True, eq=False)
class WebhookEvent:
    """One event for one endpoint. It keeps no verification token: each attempt gets its own."""

    id: str
    context: Context
    webhook_id: str
    topic: str
    action: str
    nature: str
    created_at: datetime
    content: dict[str, Any] | None = attrs.field(default=None, repr=False)
    error: dict[str, Any] | None = None
    response: dict[str, Any] | None = None
    status: str = "PENDING"

    def json(self) -> dict[str, Any]:
        """Return a WebhookEvent record."""
        return present(
            _id=self.id,
            **self.context.json(),
            webhookId=self.webhook_id,
            topic=self.topic,
            action=self.action,
            msgNature=self.nature,
            content=self.content,
            error=self.error,
            response=self.response,
            status=self.status,
            _createdAt=stamp(self.created_at),
        )

    def payload(self, token: str) -> dict[str, Any]:
        """Return the envelope of contract 4.1."""
        return present(
            **self.context.json(),
            topic=self.topic,
            action=self.action,
            msgNature=self.nature,
            content=self.content,
            error=self.error,
            verificationToken=token,
        )
