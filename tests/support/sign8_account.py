"""Accounts and envelopes for tests of the SIGN8 plugin."""

from __future__ import annotations

import functools
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pypdf import PdfWriter

from paraph.model import Document, Envelope, Secret, Signatory
from paraph.provider import Account, Carried, Delivery
from paraph_sign8.settings import BearerAuth, Sign8Settings

ORGANIZATION = "org-1"
TENANT = f"{ORGANIZATION}/test"
BASE = "https://sign8.test"
TOKEN = "canary-bearer"
PDF = b"%PDF-1.4\n%%EOF\n"


@functools.cache
def make_pdf(*, width: float = 595.0, height: float = 842.0, pages: int = 1) -> bytes:
    """Make a real PDF of blank pages of this size, in points."""
    writer, content = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(width=width, height=height)
    writer.write(content)
    return content.getvalue()


def dialect(**changes: Any) -> dict[str, Any]:
    """Make a dialect that is spoken like the simulator's, but for some leaves.

    A key is a leaf with two underscores for dots: ``formats__transfer="url"``; one more level is a table.
    """
    table: dict[str, Any] = {"base": "simulator"}
    for leaf, value in changes.items():
        *path, last = leaf.split("__")
        place = table
        for key in path:
            place = place.setdefault(key, {})
        place[last] = value
    return table


def without(*operations: str, **changes: Any) -> dict[str, Any]:
    """Make a dialect that lacks some operations."""
    return dialect(**{f"operations__{name}__path": "" for name in operations}, **changes)


def account(
    dialect: Mapping[str, Any] | None = None, *, environment: str = "test", **options: Any
) -> Account[Sign8Settings]:
    """Make an account that speaks as the simulator does, with a webhook URL of its own."""
    known: dict[str, Any] = {
        "organization_id": ORGANIZATION,
        "base_url": BASE,
        "dialect": {"base": "simulator"} if dialect is None else dialect,
        "auth": BearerAuth(token=Secret(TOKEN)),
    }
    return Account(
        name="de",
        provider="sign8",
        environment=environment,
        settings=Sign8Settings(**{**known, **options}),
        webhook_secret=Secret("path-secret"),
        public_url="https://app.example/hooks",
    )


def person(local_id: str = "ada", **changes: Any) -> Signatory:
    """Make a signatory with everything a signature of any level wants."""
    known = {
        "given_name": "Ada",
        "family_name": "Lovelace",
        "email": f"{local_id}@example.org",
        "phone": "+4915112345678",
    }
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


def sent(asked: Envelope | None = None) -> Carried:
    """Make an envelope whose workflow ``w1`` has the file ``f1`` and the signer ``s1``."""
    return carried(asked, vendor_ref="w1", documents={"contract": "f1"}, signatories={"ada": "s1"})


def delivery(
    path: str = "api/workflow/workflowRefused", body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Delivery:
    """Make a webhook request."""
    return Delivery(
        account="de",
        path=path,
        body=body,
        headers={"organisation_id": ORGANIZATION} if headers is None else headers,
        received_at=datetime(2025, 3, 1, tzinfo=UTC),
    )
