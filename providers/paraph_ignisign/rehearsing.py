"""Answers for a dry run: what a send reads of an application before it can describe anything.

Assumption: the application has one active signer profile for each way of delivery (named as the account's
options say), which offers every method and takes everything that is known of a person. A dry run with live
reads asks the vendor instead.
"""

from __future__ import annotations

from typing import Any, Final

import httpx

from paraph.model import DeliveryBy
from paraph.provider import WOULD_BE, Account, StandIn
from paraph_ignisign import mapping
from paraph_ignisign.examining import OPTIONS
from paraph_ignisign.planning import IDENTITY
from paraph_ignisign.settings import IgnisignSettings

PROFILES: Final = "/signer-profiles"
INPUTS: Final = "/inputs-needed"
SEARCH: Final = "/signers-search"
"""Ends of the paths of contract 1 #20, #17 and #7."""


def stand_in(request: httpx.Request, account: Account[IgnisignSettings]) -> StandIn | None:
    """Answer what a send flow reads; see ``Rehearses``."""
    path = request.url.path
    if path.endswith(PROFILES):
        rows = [_profile(delivery, account) for delivery in mapping.MODES]
        return StandIn(body=rows, assumes="a signer profile for each way of delivery, with every method")
    if path.endswith(INPUTS):
        others = [name for name in mapping.INPUTS if name not in IDENTITY]
        wanted = {"inputsNeeded": list(IDENTITY), "optionalInputs": others}
        return StandIn(body=wanted, assumes="the profile takes everything that is known of a person")
    if path.endswith(SEARCH):
        return StandIn(body={"signers": []}, assumes="no signer has this reference yet")
    return None


def _profile(delivery: DeliveryBy, account: Account[IgnisignSettings]) -> dict[str, Any]:
    named: str | None = getattr(account.settings, OPTIONS[delivery])
    known = named or f"{WOULD_BE}.profile.{delivery.value}"
    return {
        "signerProfileId": known,
        "name": known,
        "status": "ACTIVE",
        "integrationMode": mapping.MODES[delivery],
    }
