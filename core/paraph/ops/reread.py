"""Reading envelopes because a delivery gave a hint, without becoming a load for the vendor.

A hint may name no envelope at all ("some workflow was refused"). Then the account's open envelopes are read,
the one first that was read longest ago; if nobody proved the hint, only that one, and not more than one such
read per account and minute: whoever found out the receiver's address cannot make us read everything.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from paraph.errors import VendorError
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, now
from paraph.model import Event
from paraph.ops.kernel import Kernel, current_attempt
from paraph.ops.look import read
from paraph.ops.observe import project
from paraph.provider.account import Account
from paraph.provider.capability import Capability

CLAIM_READS: Final = timedelta(minutes=1)
"""Least time between two reads of one envelope that claims cause."""

MOST_OPEN: Final = 200
"""Open envelopes that one delivery without a name causes to be read."""

LOOKED_AT: Final = 2000
"""Newest envelopes of the account among which open ones are looked for."""

MOST_READS_KNOWN: Final = 10_000
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

log = logging.getLogger("paraph.webhooks")


class Later(Exception):
    """The delivery has to wait until ``at``."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at


def note_read(kernel: Kernel, key: str, at: datetime) -> None:
    """Remember when an envelope was read."""
    if len(kernel.reads) >= MOST_READS_KNOWN:
        kernel.reads.clear()
    kernel.reads[key] = at


def read_open(
    kernel: Kernel, account: Account[Any], received_at: datetime, *, all_of_them: bool
) -> Flow[tuple[Event, ...]]:
    """Read the account's open envelopes, as the module says; nothing where the vendor offers no read.

    :raises Later: an unproven hint came too soon after another.
    :raises VendorError: the vendor failed in a way that may pass.
    """
    if Capability.READ_STATUS not in kernel.provider(account).capabilities(account):
        return ()
    # Account names have no spaces, envelope ids have no colon before one: the two kinds of keys never meet.
    key = f"account: {account.name}"
    at = yield from now()
    if not all_of_them:
        last = kernel.reads.get(key)
        if last is not None and last >= received_at:
            return ()
        if last is not None and at - last < CLAIM_READS:
            raise Later(last + CLAIM_READS)
    found = yield from _open_envelopes(kernel, account.name)
    if all_of_them and len(found) > MOST_OPEN:
        log.warning("account %s: %d open envelopes, %d are read", account.name, len(found), MOST_OPEN)
    events: tuple[Event, ...] = ()
    for envelope_id in found[: MOST_OPEN if all_of_them else 1]:
        try:
            events += yield from read(kernel, envelope_id)
        except VendorError as error:
            if error.retryable:
                raise
            log.warning("envelope %s cannot be read: %s", envelope_id, type(error).__name__)
        note_read(kernel, envelope_id, at)
    note_read(kernel, key, at)
    return events


def _open_envelopes(kernel: Kernel, account: str) -> Flow[list[str]]:
    """Return the ids of envelopes that exist at the vendor and have not ended, longest unread first."""
    candidates = yield from call(_sent_ids, kernel, account)
    found = []
    for envelope_id in candidates:
        snapshot = yield from project(kernel, envelope_id)
        if not snapshot.ended:
            found.append(envelope_id)
    return sorted(found, key=lambda envelope_id: kernel.reads.get(envelope_id, _LONG_AGO))


def _sent_ids(kernel: Kernel, account: str) -> list[str]:
    with kernel.store.begin() as tx:
        stored = tx.envelopes(account=account, limit=LOOKED_AT)
        attempts = [(each.id, current_attempt(tx, each.id)) for each in stored]
    return [
        name for name, attempt in attempts if attempt and attempt.vendor_ref and attempt.account == account
    ]
