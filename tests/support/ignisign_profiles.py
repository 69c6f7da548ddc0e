"""Signer profiles of an application, and the reads that plan an envelope there."""

from __future__ import annotations

from support.hand import Talk
from support.ignisign_account import APP

PROFILES = [
    {"_id": "p-old", "name": "Old", "status": "ARCHIVED", "integrationMode": "BY_SIDE"},
    {"_id": "p-mail", "name": "Customers", "status": "ACTIVE", "integrationMode": "BY_SIDE"},
    {"_id": "p-link", "name": "Embedded", "status": "ACTIVE", "integrationMode": "EMBEDDED"},
]
NEEDED = {
    "signerProfileId": "p-mail",
    "inputsNeeded": ["firstName", "lastName", "email"],
    "optionalInputs": [],
}


def planned(talk: Talk, profile: str = "p-mail", needed: dict[str, object] = NEEDED) -> None:
    """Answer the reads before anything is made."""
    talk.expect("GET", f"{APP}/signer-profiles", reply=PROFILES)
    talk.expect("GET", f"{APP}/signer-profiles/{profile}/inputs-needed", reply=needed)
