"""A provider that notes which envelopes it is given, and a vendor that makes them all."""

from __future__ import annotations

import json
from typing import Any

import httpx

from paraph.flow import Flow
from paraph.model import Document, Envelope, Observation, Signatory
from paraph.provider import Account, Carried
from support.acme import AcmeProvider
from support.tiny import PDF

CONTRACT = Document.from_bytes(PDF, name="contract.pdf")


class Watching(AcmeProvider):
    """Notes which envelopes it is given, and makes nothing."""

    given: list[Envelope]

    def send(self, carried: Carried, account: Account[Any]) -> Flow[Observation]:
        """Note the envelope, and send it."""
        self.given.append(carried.envelope)
        return super().send(carried, account)


def asked(**changes: Any) -> Envelope:
    """Make an envelope with one document and one signatory."""
    plain: dict[str, Any] = {
        "title": "Contract",
        "documents": [CONTRACT],
        "signatories": [Signatory(id="ada", given_name="Ada", family_name="L", email="ada@example.org")],
    }
    return Envelope(**{**plain, **changes})


def vendor(request: httpx.Request) -> httpx.Response:
    """Make, and publish, whatever is asked; every read shows a draft."""
    if request.method == "GET":
        return httpx.Response(200, json={"id": request.url.path.split("/")[2], "state": "draft"})
    asked_ = json.loads(request.content)
    if request.url.path != "/envelopes":
        return httpx.Response(200, json={"id": request.url.path.split("/")[2]})
    made = {
        "id": f"at-vendor-{asked_['reference']}",
        "people": [
            {"key": one["key"], "id": f"p-{one['key']}", "state": "asked"} for one in asked_["people"]
        ],
        "documents": [{"key": one["key"], "id": f"d-{one['key']}"} for one in asked_["documents"]],
    }
    return httpx.Response(200, json=made)
