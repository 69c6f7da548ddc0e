"""Why an envelope is where it is: what was decided for each attempt, as it stands in the journal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from paraph.flow.commands import Flow
from paraph.flow.helpers import call
from paraph.ops.kernel import Kernel, must_find
from paraph.ops.route import STAYED, STEP
from paraph.store.protocol import Transaction
from paraph.store.records import AttemptRecord, AttemptState


@attrs.frozen(kw_only=True)
class Decided:
    """Why one attempt went through its account. Names and codes only, nothing personal.

    :ivar at: when the attempt began.
    :ivar route: the rule that decided; ``None`` if the account was named, or is the default.
    :ivar candidates: the accounts that could be chosen, in order of preference.
    :ivar passed: codes of the problems for which candidates were passed over, by account.
    :ivar failed: classes of the errors for which accounts were left, by account.
    :ivar stayed: why it stayed with the account although it had failed there; empty if it did not.
    """

    attempt: int
    account: str
    at: datetime
    route: str | None
    candidates: tuple[str, ...]
    passed: Mapping[str, tuple[str, ...]]
    failed: Mapping[str, str]
    stayed: str


def decisions(kernel: Kernel, envelope_id: str) -> Flow[tuple[Decided, ...]]:
    """Return what was decided about an envelope, one entry for each attempt, from the store alone.

    :raises UnknownEnvelope: it is not in this store.
    """
    return (yield from call(_decisions, kernel, envelope_id))


def _decisions(kernel: Kernel, envelope_id: str) -> tuple[Decided, ...]:
    with kernel.store.begin() as tx:
        must_find(tx, envelope_id)
        return tuple(_decided(tx, attempt) for attempt in tx.attempts(envelope_id))


def _decided(tx: Transaction, attempt: AttemptRecord) -> Decided:
    kept, stayed = _entry(tx, attempt, STEP), _entry(tx, attempt, STAYED)
    left = attempt.state is AttemptState.SUPERSEDED  # a later try to pass it on succeeded
    return Decided(
        attempt=attempt.number,
        account=attempt.account,
        at=attempt.started_at,
        route=kept.get("route"),
        candidates=tuple(kept.get("candidates", (attempt.account,))),
        passed={name: tuple(codes) for name, codes in kept.get("passed", {}).items()},
        failed=dict(kept.get("failed", {})),
        stayed="" if left else stayed.get("why", ""),
    )


def _entry(tx: Transaction, attempt: AttemptRecord, key: str) -> dict[str, Any]:
    step = tx.step(attempt.id, key)
    found: dict[str, Any] = json.loads(step.result) if step is not None else {}
    return found
