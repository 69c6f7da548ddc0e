"""Reading envelopes because a delivery gave a hint, without becoming a load for the vendor.

A hint may name no envelope at all ("some workflow was refused"). Then the account's open envelopes are read,
the one first that was tried longest ago; if nobody proved the hint, only that one, and not more than one such
read per account and minute, whether it succeeds or not: whoever found out the receiver's address cannot make
us read everything, nor add to the troubles of a vendor that is down.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from paraph.errors import AuthenticationFailed, VendorError, VendorNotFound
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
    """Remember when an envelope was read, or under :func:`_tried` when that was begun."""
    if len(kernel.reads) >= MOST_READS_KNOWN:
        kernel.reads.clear()
    kernel.reads[key] = at


def _tried(key: str) -> str:
    return f"tried: {key}"


def _last_try(kernel: Kernel, key: str) -> datetime:
    return max(kernel.reads.get(each, _LONG_AGO) for each in (key, _tried(key)))


def hint_counts(kernel: Kernel, key: str, received_at: datetime, at: datetime) -> bool:
    """Whether an unproven hint causes a read now; not if there was one since, which showed what it claims.

    :raises Later: the last try was less than a minute ago.
    """
    if kernel.reads.get(key, _LONG_AGO) >= received_at:
        return False
    before = _last_try(kernel, key)
    if at - before < CLAIM_READS:
        raise Later(before + CLAIM_READS)
    note_read(kernel, _tried(key), at)
    return True


def read_open(
    kernel: Kernel, account: Account[Any], received_at: datetime, *, all_of_them: bool
) -> Flow[tuple[Event, ...]]:
    """Read the account's open envelopes, as the module says; nothing where the vendor offers no read.

    :raises Later: an unproven hint came too soon after another.
    :raises VendorError: the vendor failed in a way that may pass, refused the credentials, or showed none of
        the envelopes, though it knows of one.
    """
    if Capability.READ_STATUS not in kernel.provider(account).capabilities(account):
        return ()
    # Account names have no spaces, envelope ids have no colon before one: the two kinds of keys never meet.
    key = f"account: {account.name}"
    at = yield from now()
    if not all_of_them and not hint_counts(kernel, key, received_at, at):
        return ()
    found = yield from _open_envelopes(kernel, account.name)
    if all_of_them and len(found) > MOST_OPEN:
        log.warning("account %s: %d open envelopes, %d are read", account.name, len(found), MOST_OPEN)
    events: tuple[Event, ...] = ()
    failed: VendorError | None = None
    shown = False
    for envelope_id in found[: MOST_OPEN if all_of_them else 1]:
        note_read(kernel, _tried(envelope_id), at)
        try:
            events += yield from read(kernel, envelope_id)
        except VendorError as error:
            if error.retryable or isinstance(error, AuthenticationFailed):
                raise
            log.warning("envelope %s cannot be read: %s", envelope_id, type(error).__name__)
            failed = failed if isinstance(error, VendorNotFound) else error
        else:
            shown = True
            note_read(kernel, envelope_id, at)
    if failed is not None and not shown:
        raise failed
    note_read(kernel, key, at)
    return events


def _open_envelopes(kernel: Kernel, account: str) -> Flow[list[str]]:
    """Return the ids of envelopes that exist at the vendor and have not ended, longest untried first."""
    candidates = yield from call(_sent_ids, kernel, account)
    found = []
    for envelope_id in candidates:
        snapshot = yield from project(kernel, envelope_id)
        if not snapshot.ended:
            found.append(envelope_id)
    return sorted(found, key=lambda envelope_id: _last_try(kernel, envelope_id))


def _sent_ids(kernel: Kernel, account: str) -> list[str]:
    origin = kernel.origin(account)
    own = (account, origin.provider, origin.vendor_tenant)  # what another tenant carried cannot be read
    with kernel.store.begin() as tx:
        stored = tx.envelopes(account=account, limit=LOOKED_AT)
        attempts = [(each.id, current_attempt(tx, each.id)) for each in stored]
    return [
        name
        for name, attempt in attempts
        if attempt is not None
        and attempt.vendor_ref
        and own == (attempt.account, attempt.provider, attempt.vendor_tenant)
    ]
