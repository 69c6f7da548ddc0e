"""Accounts and envelopes for tests of the Ignisign plugin."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from paraph.model import Document, Envelope, Secret, Signatory
from paraph.provider import Account, Carried, Delivery
from paraph_ignisign.settings import IgnisignSettings

UUID = "1b4e28ba-2fa1-41d2-883f-0016d3cca427"
APP_ID = f"appId_{UUID}"
KEY = f"skv2_staging_{UUID}_canary-secret"
APP = f"/v4/applications/{APP_ID}/envs/STAGING"
TENANT = f"{APP_ID}/STAGING"
PDF = b"%PDF-1.4\n%%EOF\n"


def account(**options: Any) -> Account[IgnisignSettings]:
    """Make an account with a v2 key, and a webhook URL of its own."""
    if not {"api_key", "app_secret"} & options.keys():
        options["api_key"] = Secret(KEY)
    return Account(
        name="hr",
        provider="ignisign",
        environment="test",
        settings=IgnisignSettings(**options),
        webhook_secret=Secret("path-secret"),
        public_url="https://app.example/hooks",
    )


def person(local_id: str = "ada", **changes: Any) -> Signatory:
    """Make a signatory with everything a plain profile wants."""
    known = {"given_name": "Ada", "family_name": "Lovelace", "email": f"{local_id}@example.org"}
    return Signatory(**{"id": local_id, **known, **changes})


def envelope(**changes: Any) -> Envelope:
    """Make an envelope with one PDF and one signatory."""
    plain: dict[str, Any] = {
        "id": "env1",
        "title": "Contract",
        "documents": [Document.from_bytes(PDF, name="contract.pdf")],
        "signatories": [person()],
    }
    return Envelope(**{**plain, **changes})


def carried(asked: Envelope | None = None, **changes: Any) -> Carried:
    """Make an envelope on its way."""
    return Carried(envelope=asked or envelope(), reference="attempt1", **changes)


def delivery(body: bytes) -> Delivery:
    """Make a webhook request."""
    return Delivery(account="hr", body=body, received_at=datetime(2025, 3, 1, tzinfo=UTC))
