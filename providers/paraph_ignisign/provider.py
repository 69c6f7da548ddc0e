"""The provider object: the protocol's methods, each handed to the module that knows.

That module is imported when the method is first called: a program pays for what it uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from paraph.provider import Account, Capability
from paraph_ignisign import CAPABILITIES, paraph_provider
from paraph_ignisign.settings import IgnisignSettings

if TYPE_CHECKING:
    import httpx

    from paraph.flow import Downloaded, Flow, Sink
    from paraph.model import Envelope, Evidence, Observation, Problem
    from paraph.provider import (
        Action,
        Adopted,
        Capabilities,
        Carried,
        Delivery,
        Finding,
        PastDelivery,
        PastPage,
        ProviderInfo,
        Reading,
        SigningLink,
        StandIn,
        Verdict,
        WebhookEndpoint,
    )

IgnisignAccount = Account[IgnisignSettings]


class IgnisignProvider:
    """Ignisign. Stateless: all it knows is in its arguments and behind commands."""

    @property
    def info(self) -> ProviderInfo:
        """The static description."""
        return paraph_provider()

    @property
    def actions(self) -> Mapping[str, Action[Any, Any]]:
        """The vendor's actions by name."""
        from paraph_ignisign.actions import ACTIONS

        return ACTIONS

    def tenant(self, account: IgnisignAccount) -> str:
        """Return application and environment.

        :raises ConfigurationError: the credentials are wrong, or for another environment than the account.
        """
        from paraph_ignisign import auth, webhooks

        return webhooks.tenant_of(auth.credentials_of(account))

    def origin(self, account: IgnisignAccount) -> str:
        """Return the API's base URL."""
        return account.settings.base_url

    def capabilities(self, account: IgnisignAccount) -> Capabilities:
        """Return the static capabilities, without the event list where our own URL is not known."""
        if account.webhook_url is None:
            return CAPABILITIES.without(Capability.EVENT_LIST)
        return CAPABILITIES

    def check(self, envelope: Envelope, account: IgnisignAccount) -> tuple[Problem, ...]:
        """Find what the API cannot be told. No request."""
        from paraph_ignisign import checks

        return checks.check(envelope, account)

    def authorize(
        self, account: IgnisignAccount, refused: Mapping[str, str] | None
    ) -> Flow[Mapping[str, str]]:
        """Return the bearer of the account."""
        from paraph_ignisign import auth

        return auth.authorize(account, refused)

    def preflight(self, envelope: Envelope, account: IgnisignAccount) -> Flow[tuple[Problem, ...]]:
        """Read profiles and existing signers, and say what does not fit."""
        from paraph_ignisign import planning

        return planning.preflight(envelope, account)

    def send(self, carried: Carried, account: IgnisignAccount) -> Flow[Observation]:
        """Make and publish the request."""
        from paraph_ignisign import sending

        return sending.send(carried, account)

    def stand_in(self, request: httpx.Request, account: IgnisignAccount) -> StandIn | None:
        """Answer what a dry run does not ask."""
        from paraph_ignisign import rehearsing

        return rehearsing.stand_in(request, account)

    def read(self, carried: Carried, account: IgnisignAccount) -> Flow[Observation]:
        """Read the request's context."""
        from paraph_ignisign import reading

        return reading.read(carried, account)

    def observe(self, delivery: Delivery, account: IgnisignAccount) -> Reading:
        """Read a webhook. Pure."""
        from paraph_ignisign import webhooks

        return webhooks.observe(delivery, account)

    def verify(
        self,
        reading: Reading,
        delivery: Delivery,  # noqa: ARG002 - the token is in the reading
        account: IgnisignAccount,
    ) -> Flow[Verdict]:
        """Let the vendor check the delivery's token."""
        from paraph_ignisign import verification

        return verification.verify(reading, account)

    def adopt(self, vendor_ref: str, account: IgnisignAccount) -> Flow[Adopted]:
        """Describe a request that was made elsewhere."""
        from paraph_ignisign import adopting

        return adopting.adopt(vendor_ref, account)

    def cancel(self, carried: Carried, account: IgnisignAccount, reason: str) -> Flow[Observation]:
        """Close the request."""
        from paraph_ignisign import reading

        return reading.cancel(carried, account, reason)

    def close_draft(self, carried: Carried, account: IgnisignAccount) -> Flow[bool]:
        """Close a request that was never published."""
        from paraph_ignisign import reading

        return reading.close_draft(carried, account)

    def signing_link(
        self, carried: Carried, account: IgnisignAccount, signatory_id: str
    ) -> Flow[SigningLink]:
        """Return the link of an embedded signing page."""
        from paraph_ignisign import reading

        return reading.signing_link(carried, account, signatory_id)

    def evidence(self, carried: Carried, account: IgnisignAccount) -> Flow[tuple[Evidence, ...]]:
        """List signed documents and legal kits."""
        from paraph_ignisign import reading

        return reading.evidence(carried, account)

    def fetch(
        self,
        evidence: Evidence,
        carried: Carried,  # noqa: ARG002 - the document's id is in the evidence
        account: IgnisignAccount,
        sink: Sink,
    ) -> Flow[Downloaded]:
        """Stream one artefact."""
        from paraph_ignisign import reading

        return reading.fetch(evidence, account, sink)

    def past_deliveries(self, account: IgnisignAccount) -> Flow[tuple[PastDelivery, ...]]:
        """List what the vendor delivered to our endpoint."""
        from paraph_ignisign import past

        return past.past_deliveries(account)

    def past_page(self, account: IgnisignAccount, standing: str) -> Flow[PastPage]:
        """List a part of it."""
        from paraph_ignisign import past

        return past.past_page(account, standing)

    def ensure_webhook(self, account: IgnisignAccount, url: str) -> Flow[str]:
        """Register our endpoint."""
        from paraph_ignisign import endpoints

        return endpoints.ensure_webhook(account, url)

    def webhooks(self, account: IgnisignAccount) -> Flow[tuple[WebhookEndpoint, ...]]:
        """List the application's endpoints."""
        from paraph_ignisign import endpoints

        return endpoints.webhooks(account)

    def examine(self, account: IgnisignAccount) -> Flow[tuple[Finding, ...]]:
        """Read the application and its signer profiles."""
        from paraph_ignisign import examining

        return examining.examine(account)
