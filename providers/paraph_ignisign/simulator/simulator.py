"""The simulator as one object: the base, one tenant, the API and the signing site."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from paraph.testing.simulator import SimulatedAccount, Simulator
from paraph_ignisign.simulator import (
    bare_page,
    console,
    gates,
    http,
    javascript,
    routes_account,
    routes_bare,
    routes_capsules,
    routes_documents,
    routes_invitations,
    routes_requests,
    routes_seals,
    routes_signers,
    routes_webhooks,
    signing,
)
from paraph_ignisign.simulator.application import Machine
from paraph_ignisign.simulator.errors import VendorError, code_of
from paraph_ignisign.simulator.options import Options
from paraph_ignisign.simulator.tenant import Tenant

_DEFAULT_SIGN_URL = "https://sign.ignisign.io"  # contract, head
_KEY_VARIABLE = "PARAPH_SIMULATED_IGNISIGN_KEY"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

_OWN = (
    *routes_account.ENDPOINTS,
    *routes_webhooks.ENDPOINTS,
    *routes_invitations.ENDPOINTS,
    *gates.signing(routes_account.PROFILES),
    *gates.signing(routes_signers.ENDPOINTS),
    *gates.signing(routes_requests.ENDPOINTS),
    *gates.signing(routes_documents.ENDPOINTS),
    *gates.only(gates.SEALING, routes_seals.ENDPOINTS),
    *gates.only(gates.BARE, routes_bare.ENDPOINTS),
    *gates.only(gates.CAPSULES, routes_capsules.ENDPOINTS),
)
# The paths of v3 are those of v4 (contract, head); a route that v3 has otherwise comes first.
ENDPOINTS = (*_OWN, *(attrs.evolve(one, path=one.path.replace("/v4/", "/v3/", 1)) for one in _OWN))


class IgnisignSimulator(Simulator):
    """A local Ignisign: made by `create`, which documents the options."""

    provider = "ignisign"
    verification_path = "/v[34]/tokens/webhook-verification/checking-consumption"  # contract 2

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
        self.console = console.Console(self.tenant)
        self.clock.listen(self._beat)
        for url in webhook_urls:
            self.subscribe(url)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the API, the signing site, and for the rest a 404 that is not JSON (assumption)."""
        return [
            *http.routes(self.tenant, ENDPOINTS, latency=self._latency),
            *signing.routes(self.tenant),
            *bare_page.routes(self.tenant),
            *console.routes(self.console),
            Route("/{path:path}", _unknown, methods=_METHODS),
        ]

    def problem(self, status: int) -> tuple[Mapping[str, str], bytes]:
        """Return the body of section 6, which is the same on every route and under every status."""
        refusal = VendorError(code_of(status), status=status)
        body = javascript.stringify(refusal.body(self.clock.now())).encode()
        return {"content-type": "application/json"}, body

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

    def profile(self, name: str) -> str:
        """Return the id of the signer profile of this name, or the first with this integration mode."""
        profiles = self.tenant.profiles.values()
        fitting = [one.id for one in profiles if one.name == name]
        fitting += [one.id for one in profiles if one.integration_mode == name]
        if not fitting:
            known = ", ".join(repr(one.name) for one in profiles)
            raise LookupError(f"no signer profile {name!r}; there are {known or 'none'}")
        return fitting[0]

    @property
    def m2m_id(self) -> str:
        """The id of the machine that seals; LookupError unless the application's type is SEAL."""
        return self._machine().id

    @property
    def m2m_key(self) -> ec.EllipticCurvePrivateKey:
        """The private key of that machine (contract 7.6)."""
        return self._machine().key

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
                    {"webhookId": one.id, "isDisabled": one.disabled}
                    | {"events": [event.status for event in one.events]}
                    for one in self.tenant.hooks.endpoints.values()
                ],
                "signerProfiles": [
                    {"signerProfileId": one.id, "status": one.status, "integrationMode": one.integration_mode}
                    for one in self.tenant.profiles.values()
                ],
                "machines": [
                    {"m2mId": one.id, "status": one.status} for one in self.tenant.machines.values()
                ],
                "usersInvitations": [
                    {"userInvitationId": one.id, "status": one.status} for one in self.tenant.invited.values()
                ],
            }

    def _machine(self) -> Machine:
        machine = next(iter(self.tenant.machines.values()), None)
        if machine is None:
            raise LookupError('there is no machine: make the simulator with create(app_type="SEAL")')
        return machine

    def _beat(self, now: datetime) -> None:
        with self.tenant.lock:
            self.tenant.agenda.run(now)

    def _sign_base(self) -> str:
        return self._sign_url or self.base_url or _DEFAULT_SIGN_URL


async def _unknown(request: Request) -> Response:
    return PlainTextResponse(f"Cannot {request.method} {request.url.path}", status_code=404)
