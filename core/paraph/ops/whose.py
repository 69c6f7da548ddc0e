"""Whose a delivery is: what comes to one account moves nothing that another one carries.

Theory of operation
===================

1. A tenant of a vendor may be configured as several accounts, of which each believes in its own way: one by a
   signature, another by its URL alone. An envelope would be as safe as the weakest of them if all could move
   it. So a delivery is refused that speaks of what another configured account carries, or one of another
   environment. An account that is not configured any more, such as one that was renamed, is nobody else.
2. Who carries an envelope is known once its send has learned the vendor's id, which is before it publishes;
   of a child, once its parent was read. Until then what is said of it waits (:data:`EARLY`), since nobody
   could refuse it later. After that it is a claim, which moves nothing.
3. Where no other account shares the tenant, nothing waits here: the ledger keeps it until its envelope comes.
"""

from __future__ import annotations

from typing import Any, Final

import attrs

from paraph.errors import ParaphError
from paraph.flow.commands import Flow
from paraph.flow.helpers import call
from paraph.ledger import Origin
from paraph.model import SubjectKind
from paraph.ops.kernel import Kernel
from paraph.provider.account import Account
from paraph.provider.protocol import Malformed, Reading
from paraph.store.protocol import Transaction
from paraph.store.records import AttemptRecord

EARLY: Final = 8
"""How often what is said of an unknown envelope is tried again before it is a claim: about four minutes."""

OTHER_ACCOUNT: Final = "other_account"
"""Why a delivery is refused that speaks of what another configured account carries."""

UNKNOWN: Final = "unknown_envelope"
"""Why a delivery waits: which account carries the envelope is not known yet."""


class TooEarly(Exception):
    """Which account carries the envelope of a delivery is not known yet: it waits."""


@attrs.frozen(kw_only=True)
class Whose:
    """What one reading says of whom.

    :ivar shared: whether another account belongs to the same tenant of the vendor.
    """

    kernel: Kernel
    account: Account[Any]
    origin: Origin
    shared: bool
    reading: Reading

    def attempt(self, tx: Transaction, ref: str) -> AttemptRecord | None:
        """Find the attempt that has a vendor's id."""
        return tx.attempt_by_vendor_ref(
            provider=self.origin.provider, vendor_tenant=self.origin.vendor_tenant, vendor_ref=ref
        )

    def refused(self, tx: Transaction) -> str | None:
        """Return why it is not for this account, if it is not, or :data:`UNKNOWN`."""
        reading = self.reading
        echoed = tx.attempt(reading.our_reference) if reading.our_reference else None
        subjects = {fact.subject.ref for fact in reading.facts if fact.subject.kind is SubjectKind.ENVELOPE}
        found = {ref: self.attempt(tx, ref) for ref in subjects | {reading.subject_ref} if ref}
        parent = self.attempt(tx, reading.parent_ref) if reading.parent_ref else None
        concerned = [each for each in (*found.values(), parent, echoed) if each is not None]
        others = self.kernel.config.accounts.keys() - {self.account.name}
        if any(each.environment != self.account.environment for each in concerned):
            return Malformed.OTHER_ENVIRONMENT.value
        if any(each.account in others for each in concerned):
            return OTHER_ACCOUNT
        expected = echoed is not None and echoed.vendor_ref is None  # it tells our attempt the vendor's id
        return UNKNOWN if self.shared and not expected and None in found.values() else None


def shares_tenant(kernel: Kernel, account: Account[Any]) -> Flow[bool]:
    """Whether another account belongs to the same tenant, or may: one that cannot be used now."""
    known = kernel.intake.shared.get(account.name)
    if known is None:
        known = yield from call(_shares_tenant, kernel, account)
    return known


def _shares_tenant(kernel: Kernel, account: Account[Any]) -> bool:
    own = kernel.origin(account.name)
    for name, configured in kernel.config.accounts.items():
        if name != account.name and configured.provider == account.provider:
            try:
                if kernel.origin(name).vendor_tenant != own.vendor_tenant:
                    continue
            except ParaphError:
                return True  # not remembered: its secrets may be there the next time
            kernel.intake.shared[account.name] = True
            return True
    kernel.intake.shared[account.name] = False
    return False
