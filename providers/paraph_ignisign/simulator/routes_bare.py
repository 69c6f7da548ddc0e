"""The API around bare signatures (contract 7.7): configuration, a code for a token, a token for the proofs.

Assumptions: a code lives as long as an exchanged token and is used up by the exchange alone; the token lives
as long, too, and may be used again.
"""

from typing import Any

from paraph_ignisign.simulator import bare, shapes
from paraph_ignisign.simulator.application import BareGrant
from paraph_ignisign.simulator.credentials import base62, bearer_of
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.http import Call, Endpoint, get
from paraph_ignisign.simulator.routes_account import APP
from paraph_ignisign.simulator.shapes import Key
from paraph_ignisign.simulator.tenant import Tenant

_ENV = "/v4/envs/{appEnv}"
_SCOPE = "proof_retrieval"
_TOKEN = {
    name: Key(shapes.text, required=True)
    for name in ("client_id", "client_secret", "code_verifier", "redirect_uri", "grant_type", "code")
}


def configuration(tenant: Tenant, call: Call) -> Any:
    """GET what was set up in the console."""
    settings = tenant.options.bare
    return {
        **call.context.json(),
        "redirectUris": list(settings.redirect_uris),
        "authorizedOrigins": list(settings.authorized_origins),
        "eidasLevel": settings.eidas_level,
    }


def exchange(tenant: Tenant, call: Call) -> Any:
    """POST, as JSON and without a bearer: a code for a token that opens the proofs."""
    tenant.check_open()
    body = call.body
    if body["grant_type"] != "authorization_code":
        raise VendorError("OAUTH2_INVALID_GRANT_TYPE")
    bare.check_client(tenant, body["client_id"], body["redirect_uri"])
    if not tenant.credentials.knows(body["client_secret"], call.context.app_env):
        raise VendorError("AUTHENTICATION_FAILED")
    grant = _grant(tenant, body["code"])
    if body["redirect_uri"] != grant.wish.redirect_uri:
        raise VendorError("OAUTH2_INVALID_REDIRECT_URI")
    if not bare.fits(body["code_verifier"], grant.wish.challenge):
        raise VendorError("OAUTH2_INVALID_CODE_CHALLENGE")
    grant.used = True
    token, lifetime = base62(64), tenant.options.jwt_lifetime
    tenant.bare.by_token[token] = (grant, tenant.clock.now() + lifetime)
    return {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": int(lifetime.total_seconds()),
        "scope": _SCOPE,
    }


def proofs(tenant: Tenant, call: Call) -> Any:
    """GET the BareSignatureProof that the token is for."""
    tenant.check_open()
    found = tenant.bare.by_token.get(bearer_of(call.authorization))
    if found is None:
        raise VendorError("INVALID_TOKEN")
    grant, ends = found
    if tenant.clock.now() >= ends:
        raise VendorError("TOKEN_EXPIRED")
    return grant.proof


def _grant(tenant: Tenant, code: str) -> BareGrant:
    grant = tenant.bare.by_code.get(code)
    if grant is None:
        raise VendorError("TOKEN_NOT_FOUND")
    if grant.used:
        raise VendorError("TOKEN_ALREADY_CONSUMED")
    if tenant.clock.now() - grant.granted_at > tenant.options.jwt_lifetime:
        raise VendorError("TOKEN_EXPIRED")
    return grant


ENDPOINTS: tuple[Endpoint, ...] = (
    get(f"{APP}/bare-signatures-configuration", configuration),
    Endpoint(method="POST", path=f"{_ENV}/oauth2/proofs-token", handler=exchange, body=_TOKEN, public=True),
    Endpoint(method="GET", path=f"{_ENV}/bare-signatures/proofs", handler=proofs, public=True),
)
