"""Log capsules: a time-stamp for a hash (contract 2), here a real RFC 3161 token (assumption)."""

import base64
from typing import Any

from paraph_ignisign.simulator import cms
from paraph_ignisign.simulator.credentials import new_id
from paraph_ignisign.simulator.http import Call, Endpoint, post
from paraph_ignisign.simulator.routes_account import APP
from paraph_ignisign.simulator.shapes import Key
from paraph_ignisign.simulator.tenant import Tenant

_SHA256_BYTES, _BASE64_CHARACTERS = 32, 44


def sha256_b64(value: Any) -> bool:
    """Accept the base64 of a SHA-256: exactly 44 characters."""
    if not isinstance(value, str) or len(value) != _BASE64_CHARACTERS:
        return False
    try:
        return len(base64.b64decode(value, validate=True)) == _SHA256_BYTES
    except ValueError:
        return False


def create(tenant: Tenant, call: Call) -> Any:
    """POST: the same hash again is a new capsule with a new time."""
    given = call.body["hashSha256_b64"]
    authority = tenant.authority.issue("Simulated time-stamping authority", reference="log-capsules")
    token = cms.timestamp(authority, base64.b64decode(given), tenant.clock.now())
    tenant.effects.add("log_capsule", new_id())
    return {"hashSha256_b64": given, "timestamp_b64": base64.b64encode(token).decode("ascii")}


ENDPOINTS: tuple[Endpoint, ...] = (
    post(f"{APP}/log-capsules", create, {"hashSha256_b64": Key(sha256_b64, required=True)}),
)
