"""Have a contract signed through every configured account, and keep what proves it.

The script names no vendor: which accounts there are, and who stands behind them, is said in ``paraph.toml``.
"""

from __future__ import annotations

import sys

from paraph import Client, Document, Envelope, Signatory
from paraph.errors import Unobservable, WaitTimeout

PATIENCE = 600.0
"""Seconds to wait until everybody has acted."""


def contract() -> Envelope:
    """Describe what is to be signed, and by whom."""
    return Envelope(
        title="Consulting contract",
        reference="2026-17",
        documents=[Document.from_path("contract.pdf")],
        signatories=[
            Signatory.parse("Ada Lovelace <ada@example.org>", id="ada"),
            Signatory.parse("Charles Babbage <charles@example.org>", id="charles"),
        ],
    )


def send(client: Client, account: str) -> str | None:
    """Send the contract through an account and return the envelope's id; ``None`` if that cannot be done."""
    envelope = contract()
    problems = client.check(envelope, account=account)
    for problem in problems:
        print(f"{account}: {problem}")
    if any(problem.blocking for problem in problems):
        return None
    client.send(envelope, account=account)
    print(f"{account}: sent as {envelope.id}")
    return envelope.id


def follow(client: Client, account: str, envelope_id: str) -> bool:
    """Wait for the end and tell what happened; whether everybody has signed."""
    try:
        snapshot = client.wait(envelope_id, timeout=PATIENCE)
    except (Unobservable, WaitTimeout) as error:
        print(f"{account}: {error}")
        return False
    for event in client.events(envelope_id):
        print(f"{account}: {event.type} {event.signatory_id or ''}".rstrip())
    for person in snapshot.signatories:
        if person.decision == "declined":
            print(f"{account}: {person.id} refused: {person.reason or 'no reason was given'}")
    if snapshot.lifecycle != "completed":
        print(f"{account}: {snapshot.lifecycle}")
        return False
    for saved in client.save(envelope_id, f"signed/{account}"):
        print(f"{account}: {saved.path}")
    return True


def main() -> int:
    """Send everything first, then follow each; 0 if everybody has signed everywhere."""
    with Client.from_config() as client:
        sent = {account: send(client, account) for account in client.config.accounts}
        done = [name is not None and follow(client, account, name) for account, name in sent.items()]
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
