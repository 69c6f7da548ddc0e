"""The simulator as one object: the base, one tenant, the API and the signing site."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from paraph.testing.simulator import SimulatedAccount, Simulator
from paraph_ignisign.simulator import (
    http,
    routes_account,
    routes_documents,
    routes_requests,
    routes_signers,
    routes_webhooks,
    signing,
)
from paraph_ignisign.simulator.tenant import Options, Tenant

_DEFAULT_SIGN_URL = "https://sign.ignisign.io"  # contract, head
_KEY_VARIABLE = "PARAPH_SIMULATED_IGNISIGN_KEY"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

ENDPOINTS = (
    *routes_account.ENDPOINTS,
    *routes_signers.ENDPOINTS,
    *routes_requests.ENDPOINTS,
    *routes_documents.ENDPOINTS,
    *routes_webhooks.ENDPOINTS,
)


class IgnisignSimulator(Simulator):
    """A local Ignisign: made by `create`, which documents the options."""

    provider = "ignisign"

    def __init__(
        self,
        options: Options,
        *,
        latency: float,
        legacy_key: bool,
        webhook_urls: Iterable[str],
        webhook_timeout: float,
        sign_url: str | None,
    ) -> None:
        super().__init__(webhook_timeout=webhook_timeout)
        self._latency = latency
        self._legacy_key = legacy_key
        self._sign_url = sign_url.rstrip("/") if sign_url is not None else None
        self.tenant = Tenant(
            options,
            clock=self.clock,
            authority=self.authority,
            effects=self.effects,
            outbox=self.outbox,
            webhooks=self.webhooks,
            sign_base=self._sign_base,
        )
        self.clock.listen(self._beat)
        for url in webhook_urls:
            self.subscribe(url)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the API, the signing site, and for the rest a 404 that is not JSON (assumption)."""
        return [
            *http.routes(self.tenant, ENDPOINTS, latency=self._latency),
            *signing.routes(self.tenant),
            Route("/{path:path}", _unknown, methods=_METHODS),
        ]

    def account(self, base_url: str) -> SimulatedAccount:
        """Return the configuration of an account for this simulator at `base_url`."""
        credentials, env = self.tenant.credentials, self.tenant.options.app_env
        table: dict[str, object] = {
            "provider": self.provider,
            "environment": "production" if env == "PRODUCTION" else "test",
            "app_env": env,
            "base_url": base_url,
            "sign_url": self._sign_url or base_url,
        }
        if self._legacy_key:
            table |= {"app_id": credentials.app_id, "app_secret": f"env:{_KEY_VARIABLE}"}
            secret = credentials.old_secret(env)
        else:
            table |= {"api_key": f"env:{_KEY_VARIABLE}"}
            secret = credentials.api_key(env)
        return SimulatedAccount(name=self.provider, table=table, environment={_KEY_VARIABLE: secret})

    def subscribe(self, url: str) -> None:
        """Register `url` as a webhook endpoint of the account's environment."""
        with self.tenant.lock:
            self.tenant.hooks.add(self.tenant.home, url)

    def state(self) -> dict[str, Any]:
        """Return requests, documents, signers and endpoints as JSON, without tokens and personal data."""
        with self.tenant.lock:
            return {
                "signatureRequests": [
                    {"signatureRequestId": one.id, "status": one.status, "history": list(one.history)}
                    | {"externalId": one.external_id, "signatureProofStatus": one.proof_status}
                    for one in self.tenant.requests.values()
                ],
                "documents": [
                    {"documentId": one.id, "status": one.status, "documentNature": one.nature}
                    | {"signatures": len(one.signatures)}
                    for one in self.tenant.documents.values()
                ],
                "signers": [
                    {"signerId": one.id, "status": one.status, "externalId": one.external_id}
                    for one in self.tenant.signers.values()
                ],
                "webhooks": [
                    {"webhookId": one.id, "events": [event.status for event in one.events]}
                    for one in self.tenant.hooks.endpoints.values()
                ],
            }

    def _beat(self, now: datetime) -> None:
        with self.tenant.lock:
            self.tenant.agenda.run(now)

    def _sign_base(self) -> str:
        return self._sign_url or self.base_url or _DEFAULT_SIGN_URL


async def _unknown(request: Request) -> Response:
    return PlainTextResponse(f"Cannot {request.method} {request.url.path}", status_code=404)
