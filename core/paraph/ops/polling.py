"""When an attempt is to be read: its poll, which is taken, put off and dropped.

Whoever takes a poll moves it ahead by :data:`LEASE` in the transaction that found it. So two processes never
read the same envelope at once, and one that dies costs no more than that time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import attrs

from paraph.ops.kernel import Kernel, current_attempt
from paraph.store.protocol import Transaction
from paraph.store.records import AttemptState, PollRecord

FIRST: Final = timedelta(minutes=1)
GROWTH: Final = 1.6
LONGEST: Final = timedelta(hours=6)
LEASE: Final = timedelta(minutes=10)
"""How long a poll that was taken belongs to whoever took it."""


@attrs.frozen(kw_only=True)
class Taken:
    """A poll that was taken.

    :ivar poll: as it was. ``envelope_id``: the envelope that its attempt still carries, or ``None``.
    :ivar unfinished: its send was interrupted, so that it may be published or not.
    """

    poll: PollRecord
    envelope_id: str | None
    unfinished: bool


def interval(reads: int) -> timedelta:
    """Return the time to the next read after so many without news."""
    grown = FIRST.total_seconds() * GROWTH ** min(reads, 30)
    return min(timedelta(seconds=grown), LONGEST)


def begin(tx: Transaction, attempt_id: str, account: str, at: datetime) -> None:
    """Let an attempt be read from now on; one that is read already goes on."""
    if tx.poll(attempt_id) is None:
        tx.put_poll(PollRecord(attempt_id=attempt_id, account=account, next_at=at + FIRST))


def take(kernel: Kernel, account: str, at: datetime, *, readable: bool) -> Taken | None:
    """Take the longest due poll, so that nobody else does.

    :param readable: whether the vendor shows the state of envelopes; else only unfinished sends are taken.
    """
    with kernel.store.begin() as tx:
        due = tx.due_polls(account, at, limit=1) if readable else _due_unfinished(tx, account, at)
        if not due:
            return None
        tx.put_poll(attrs.evolve(due[0], next_at=at + LEASE))
        attempt = tx.attempt(due[0].attempt_id)
        current = None if attempt is None else current_attempt(tx, attempt.envelope_id)
    carries = current is not None and current.id == due[0].attempt_id
    return Taken(
        poll=due[0],
        envelope_id=current.envelope_id if current and carries else None,
        unfinished=attempt is not None and attempt.state is AttemptState.OPEN,
    )


def _due_unfinished(tx: Transaction, account: str, at: datetime) -> list[PollRecord]:
    polls = [tx.poll(attempt.id) for attempt in tx.unfinished_attempts(account)]
    return [poll for poll in polls if poll is not None and poll.next_at <= at]


def unfinished(kernel: Kernel, account: str) -> tuple[str, ...]:
    """Return the envelopes whose send was interrupted as it published, and was looked after in vain."""
    with kernel.store.begin() as tx:
        attempts = tx.unfinished_attempts(account)
        looked = [(each, tx.poll(each.id)) for each in attempts]
    return tuple(each.envelope_id for each, poll in looked if poll is not None and poll.reads)


def put(kernel: Kernel, poll: PollRecord) -> None:
    """Put a poll back, or off."""
    with kernel.store.begin() as tx:
        tx.put_poll(poll)


def later(kernel: Kernel, poll: PollRecord, at: datetime, reads: int) -> None:
    """Put a poll off, by as much as it deserves after so many reads without news."""
    put(kernel, attrs.evolve(poll, reads=reads, next_at=at + interval(reads)))


def drop(kernel: Kernel, poll: PollRecord) -> None:
    """Forget that an attempt is to be read."""
    with kernel.store.begin() as tx:
        tx.drop_poll(poll.attempt_id)
