"""How far to believe a delivery.

The proof may be a one-time token that is consumed by checking it. Each check is counted and
committed before it is made, so "already used" has three meanings that our own records tell
apart: a check of ours was begun before, or is being made by another worker, and its answer was lost or
is on its way (presumed true, and read back); another delivery carries the token (replayed); or neither
(replayed, too: somebody else used it). A vendor that cannot be asked is asked again later: unreachable
is never forged. After the last try the delivery is only a claim.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import attrs

from paraph.flow.commands import Flow
from paraph.model import Secret, Trust
from paraph.ops.carry import under
from paraph.ops.kernel import Kernel
from paraph.provider.account import Account, Delivery
from paraph.provider.protocol import Reading, Verdict
from paraph.store.protocol import Transaction
from paraph.store.records import DeliveryRecord

SCHEDULE: Final = (0.2, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600, 3600, 7200, 14400, 28800)
"""Seconds until a delivery that could not be checked is tried again; then it is only a claim."""


@attrs.frozen(kw_only=True)
class Belief:
    """What was decided about a delivery.

    :ivar presumed: our own check consumed the token, but its answer was lost: a read decides.
    :ivar rejected: why it is rejected, in one word; empty if it is not.
    """

    trust: Trust = Trust.CLAIMED
    presumed: bool = False
    rejected: str = ""

    @property
    def word(self) -> str:
        """The outcome that is stored with the delivery."""
        return "presumed" if self.presumed else self.trust.name.lower()

    @property
    def private(self) -> bool:
        """Whether the secrets that it carries may be kept."""
        return self.presumed or self.trust is Trust.VERIFIED


VERDICTS: Final = {
    Verdict.PROVEN: Belief(trust=Trust.VERIFIED),
    Verdict.UNPROVEN: Belief(),
    Verdict.EXPIRED: Belief(),
    Verdict.REPLAYED: Belief(rejected="replayed"),
    Verdict.FOREIGN: Belief(rejected="forged"),
}
"""What each verdict means; ``USED`` depends on our records."""


def believe(
    kernel: Kernel, account: Account[Any], record: DeliveryRecord, reading: Reading, delivery: Delivery
) -> Flow[Belief]:
    """Check the proof of a delivery, after :func:`begin_check` was committed.

    :raises VendorError: it cannot be checked now.
    """
    if reading.proof is not None and record.attempts >= len(SCHEDULE):
        return Belief()
    flow = kernel.provider(account).verify(reading, delivery, account)
    verdict = yield from under(kernel, account, flow)
    if verdict is not Verdict.USED:
        return VERDICTS[verdict]
    stored = yield from kernel.commits.add(lambda tx: tx.delivery(record.id))
    known = stored is not None and stored.proof_checks > 1
    return Belief(presumed=True) if known else Belief(rejected="replayed")


def begin_check(tx: Transaction, stored: DeliveryRecord, token: Secret) -> bool:
    """Note that a delivery's token is about to be checked; ``False`` if another delivery carries it."""
    proof = hashlib.sha256(token.reveal().encode("utf-8", "surrogatepass")).hexdigest()
    if any(other.id != stored.id for other in tx.deliveries_with_proof(stored.account, proof)):
        return False
    tx.put_delivery(attrs.evolve(stored, proof=proof, proof_checks=stored.proof_checks + 1))
    return True
