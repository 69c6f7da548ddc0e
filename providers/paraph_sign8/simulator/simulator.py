"""The simulator as one object: the base, one organisation, the API along its dialect, and the pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from paraph.testing.simulator import SimulatedAccount, Simulator
from paraph_sign8.dialect import Dialect, shipped
from paraph_sign8.dialect.words import AuthType
from paraph_sign8.dialect.writing import to_table
from paraph_sign8.simulator import (
    lifecycle,
    routes_files,
    routes_interfaces,
    routes_signers,
    routes_workflows,
    shown,
    signing,
)
from paraph_sign8.simulator.credentials import Credentials, TokenError
from paraph_sign8.simulator.errors import VendorError
from paraph_sign8.simulator.hooks import Body, Hooks, any_success
from paraph_sign8.simulator.http import Api
from paraph_sign8.simulator.tenant import Options, Tenant, new_id

KEY: Final = "PARAPH_SIMULATED_SIGN8_KEY"
HOOK_TOKEN: Final = "PARAPH_SIMULATED_SIGN8_HOOK_TOKEN"  # noqa: S105 - the name of a variable, not its value
_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]

ENDPOINTS = (
    *routes_workflows.ENDPOINTS,
    *routes_files.ENDPOINTS,
    *routes_signers.ENDPOINTS,
    *routes_interfaces.ENDPOINTS,
)


class Sign8Simulator(Simulator):
    """A local SIGN8: made by `create`, which documents the options."""

    provider = "sign8"

    def __init__(
        self,
        options: Options,
        *,
        dialect: Dialect,
        credentials: Credentials,
        latency: float,
        webhook_urls: Iterable[str],
        webhook_timeout: float,
        webhook_body: Body,
        webhook_names_workflow: bool,
        webhook_token: bool,
        sign_url: str | None,
    ) -> None:
        super().__init__(webhook_timeout=webhook_timeout, webhook_accepts=any_success)
        self._sign_url = sign_url.rstrip("/") if sign_url is not None else None
        organization_id = new_id()
        hooks = Hooks(
            queue=self.webhooks,
            dialect=dialect,
            organization_id=organization_id,
            token=new_id() if webhook_token else "",
            body=webhook_body,
            names_workflow=webhook_names_workflow,
        )
        self.tenant = Tenant(
            options,
            dialect=dialect,
            organization_id=organization_id,
            credentials=credentials,
            hooks=hooks,
            clock=self.clock,
            authority=self.authority,
            effects=self.effects,
            outbox=self.outbox,
            base=lambda: self._sign_url or self.base_url or "http://localhost",
        )
        shown.check(self.tenant)
        self._api = Api(self.tenant, ENDPOINTS, latency=latency)
        self.clock.listen(self._beat)
        for url in webhook_urls:
            self.subscribe(url)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the pages, the addresses for files, the token endpoint, and the API for the rest."""
        plain = [
            *signing.ROUTES,
            ("PUT", "/_sign8/uploads/{key}", routes_files.upload),
            ("GET", "/_sign8/contents/{key}", routes_files.content),
        ]
        routes = [Route(path, self._page(handler), methods=[method]) for method, path, handler in plain]
        if self.tenant.credentials.type is AuthType.OAUTH2:
            path = self.tenant.credentials.token_path
            routes.append(Route(path, self._page(_token), methods=["POST"]))
        return [*routes, Route("/{path:path}", self._api.serve, methods=_METHODS)]

    def account(self, base_url: str) -> SimulatedAccount:
        """Return the configuration of an account for this simulator at `base_url`."""
        credentials, dialect = self.tenant.credentials, self.tenant.dialect
        reference = f"env:{KEY}"
        auth: dict[str, object] = {"type": credentials.type.value}
        match credentials.type:
            case AuthType.HEADER:
                auth["value"] = reference
            case AuthType.OAUTH2:
                auth |= {"client_id": credentials.client_id, "client_secret": reference}
                if not dialect.auth.token_url.startswith("/"):
                    auth["token_url"] = credentials.token_path
            case AuthType.BEARER:
                auth["token"] = reference
            case _:
                pass
        as_shipped = dialect == shipped("simulator")
        table: dict[str, object] = {
            "provider": self.provider,
            "environment": "test",
            "base_url": base_url,
            "organization_id": self.tenant.organization_id,
            "dialect": {"base": "simulator"} if as_shipped else to_table(dialect, complete=True),
            "auth": auth,
        }
        environment = {} if credentials.type is AuthType.NONE else {KEY: credentials.secret}
        if self.tenant.hooks.token:
            table["webhook_token"] = f"env:{HOOK_TOKEN}"
            environment[HOOK_TOKEN] = self.tenant.hooks.token
        return SimulatedAccount(name=self.provider, table=table, environment=environment)

    def subscribe(self, url: str) -> None:
        """Register `url` as the ``webhook_url``, below which events have paths (contract 5)."""
        with self.tenant.lock:
            self.tenant.hooks.urls.append(url.rstrip("/"))

    def state(self) -> dict[str, Any]:
        """Return workflows, interfaces and teams as JSON, without secrets and personal data."""
        with self.tenant.lock:
            return {
                "workflows": [
                    {
                        "workflow_id": each.id,
                        "status": each.status.value,
                        "external_id": each.external_id,
                        "files": list(each.files),
                        "signers": {signer.id: signer.status.value for signer in each.in_turn()},
                        "signatures": len(each.signatures),
                        "annotations": len(each.annotations),
                        "history": [event.what for event in each.history],
                    }
                    for each in self.tenant.workflows.values()
                ],
                "interfaces": list(self.tenant.interfaces),
                "teams": list(self.tenant.options.teams),
                "webhooks": len(self.tenant.hooks.urls),
            }

    def _beat(self, _now: datetime) -> None:
        with self.tenant.lock:
            lifecycle.tick(self.tenant)

    def _page(self, handler: signing.Page) -> Callable[[Request], Awaitable[Response]]:
        """Return an endpoint that runs a handler in a worker thread, under the lock."""

        def handle(request: Request, body: bytes) -> Response:
            with self.tenant.lock:
                lifecycle.tick(self.tenant)
                try:
                    return handler(self.tenant, request, body)
                except signing.NoEntryError as error:
                    return signing.no_entry(error)
                except VendorError as error:
                    return JSONResponse(error.body(), status_code=error.status)

        async def serve(request: Request) -> Response:
            body = await request.body()
            return await run_in_threadpool(handle, request, body)

        return serve


def _token(tenant: Tenant, request: Request, body: bytes) -> Response:
    """Issue an OAuth2 token."""
    form = dict(parse_qsl(body.decode("utf-8", "replace")))
    try:
        answer = tenant.credentials.issue(form, request.headers.get("authorization", ""), tenant.clock.now())
    except TokenError as error:
        return JSONResponse({"error": error.code}, status_code=error.status)
    return JSONResponse(answer, headers={"cache-control": "no-store"})
