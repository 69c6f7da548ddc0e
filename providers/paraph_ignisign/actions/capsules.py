"""Log capsules: a hash is time-stamped, so that a log can be proven later."""

from __future__ import annotations

from typing import Any, Final

import attrs

from paraph.errors import UsageError
from paraph.flow import Flow
from paraph.provider import Account, Repeat, endpoint
from paraph_ignisign.actions.bare import BASE64_DIGEST, is_digest
from paraph_ignisign.actions.base import API, APP
from paraph_ignisign.params.sealing import NewCapsule
from paraph_ignisign.wire.sealing import Capsule

_ENDPOINT: Final = endpoint(
    API,
    "capsules.create",
    "POST",
    APP + "/log-capsules",
    params=NewCapsule,
    result=Capsule,
    repeat=Repeat.NEVER,
    summary="Time-stamp a hash.",
    description="Applications of type LOG_CAPSULE only. SHA-256 in base64; each call makes a time-stamp.",
    source="contract 2, Log capsule",
)


def _create(account: Account[Any], given: NewCapsule) -> Flow[Capsule]:
    if not is_digest(given.hash_sha256):
        raise UsageError(f"hash_sha256: a SHA-256 in base64 is needed, exactly {BASE64_DIGEST} characters")
    return _ENDPOINT.run(account, given)


CREATE_CAPSULE: Final = attrs.evolve(_ENDPOINT, run=_create)

ACTIONS: Final = (CREATE_CAPSULE,)
"""The subject's actions, in the order in which they are listed."""
