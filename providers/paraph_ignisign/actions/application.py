"""The application itself: token exchange, context, health."""

from __future__ import annotations

from typing import Any, Final

import httpx

from paraph.errors import UsageError
from paraph.flow import Flow, http, retrying
from paraph.provider import Account, Action, NoParams, Repeat, endpoint
from paraph_ignisign.actions.base import API
from paraph_ignisign.errors import vendor_error
from paraph_ignisign.params.application import ApplicationRef, Exchange
from paraph_ignisign.wire.application import ApplicationContext, Health, Jwt

_EXCHANGE: Final = "/v4/auth/app-api"
_HEALTH: Final = "/v4/healthcheck"


def _exchange(account: Account[Any], given: Exchange) -> Flow[Jwt]:
    own = account.settings.credentials()
    if given.secret is None and not own.exchange:
        raise UsageError("the account has a v2 key, which is used as it is and never exchanged for a token")
    mismatch = [
        name
        for name, value, mine in (
            ("app_id", given.app_id, own.app_id),
            ("app_env", given.app_env, own.app_env),
        )
        if value not in {None, mine}
    ]
    if mismatch:
        raise UsageError(f"{' and '.join(mismatch)}: not that of account {account.name!r}; leave it out")
    secret = own.secret if given.secret is None else given.secret
    body = {"appId": own.app_id, "appEnv": own.app_env, "secret": secret.reveal()}
    url = API.url(account, _EXCHANGE)

    def once() -> Flow[Jwt]:
        request = httpx.Request("POST", url, json=body, headers={"Accept": "application/json"})
        response = yield from http(request, credentials=False)
        return API.answer(response, Jwt)

    return (yield from retrying(once))


EXCHANGE: Final = Action(
    name="auth.exchange",
    summary="Exchange an old secret for a short-lived token.",
    description=(
        "The account does this by itself before its first request and before a token ends; the action is for "
        "looking at it. Each call makes a new token and ends none, so it may be repeated. A v2 key (skv2_…) "
        "is never exchanged."
    ),
    source="contract 1 #1",
    slug="IGNISIGN_API_AUTHENTICATION",
    repeat=Repeat.IDEMPOTENT,
    params=Exchange,
    result=Jwt,
    run=_exchange,
    method="POST",
    path=_EXCHANGE,
    errors=("API_AUTH_BAD_REQUEST", "AUTHENTICATION_FAILED", "APP_ENV_CONFIG_NOT_FOUND"),
)

APPLICATION_CONTEXT: Final = endpoint(
    API,
    "application.context",
    "GET",
    "/v4/applications/{appId}/context",
    params=ApplicationRef,
    result=ApplicationContext,
    repeat=Repeat.READ,
    summary="Read the application: status, type, settings and signer profiles of its environments.",
    description="Secrets of single sign-on clients, which the answer can carry, are not read.",
    source="contract 1 #10",
    slug="IGNISIGN_GET_APPLICATION_CONTEXT",
    errors=("APP_CONFIG_NOT_FOUND", "APP_SETTINGS_NOT_FOUND"),
)


def _health(account: Account[Any], _: NoParams) -> Flow[Health]:
    def once() -> Flow[Health]:
        request = httpx.Request("GET", API.url(account, _HEALTH), headers={"Accept": "application/json"})
        error = vendor_error((yield from http(request, credentials=False)))
        if error is not None:
            raise error
        return Health()

    return retrying(once)


HEALTH: Final = Action(
    name="application.health",
    summary="Ask whether the service answers.",
    description=(
        "One third party knows this route, and no document describes its answer: any success counts. "
        "No credentials are sent."
    ),
    source="contract 2, Health",
    repeat=Repeat.READ,
    params=NoParams,
    result=Health,
    run=_health,
    method="GET",
    path=_HEALTH,
    documented=False,
)

ACTIONS: Final = (
    EXCHANGE,
    APPLICATION_CONTEXT,
    HEALTH,
)
"""The subject's actions, in the order in which they are listed."""
