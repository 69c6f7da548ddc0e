"""``settle``: a person says what became of a step that nobody can read back.

Where a vendor offers no read, a lost answer leaves a step in doubt, and
:class:`~paraph.errors.UncertainStep` asks for a person. That person looks at the vendor's pages and settles
the step: it happened, with this id, or it did not. After that ``resume`` goes on. Only a step in doubt can be
settled, and only once.
"""

from __future__ import annotations

import json
from datetime import datetime

import attrs

from paraph.errors import UsageError
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, now
from paraph.model import Snapshot
from paraph.ops.kernel import Kernel, current_attempt, must_find
from paraph.ops.observe import project
from paraph.store.records import AttemptState, StepKind, StepState


def settle(
    kernel: Kernel, envelope_id: str, step: str, *, happened: bool, result: str | None = None
) -> Flow[Snapshot]:
    """Say what became of a step in doubt, as somebody saw it at the vendor.

    :param step: the step's name, as :class:`~paraph.errors.UncertainStep` gives it.
    :param happened: whether the vendor shows its effect. If not, ``resume`` will do it again.
    :param result: the vendor's id of what the step made, such as a signer's; ``None`` for a step that makes
        nothing that has an id, such as a start.
    :raises UnknownEnvelope: it is not in this store.
    :raises UsageError: the envelope has no such step in doubt.
    """
    at = yield from now()
    yield from call(_settle, kernel, envelope_id, step, happened, result, at)
    return (yield from project(kernel, envelope_id))


def _settle(
    kernel: Kernel,
    envelope_id: str,
    step: str,
    happened: bool,  # noqa: FBT001 - handed on by position through `call`
    result: str | None,
    at: datetime,
) -> None:
    with kernel.store.begin() as tx:
        must_find(tx, envelope_id)
        attempt = current_attempt(tx, envelope_id)
        found = tx.step(attempt.id, step) if attempt and attempt.state is AttemptState.OPEN else None
        if attempt is None or found is None or found.state is not StepState.INTENT:
            msg = f"envelope {envelope_id!r} has no step {step!r} in doubt; client.resume says which one is"
            raise UsageError(msg)
        if happened:
            tx.put_step(attrs.evolve(found, state=StepState.DONE, result=json.dumps(result), at=at))
        else:
            tx.drop_step(attempt.id, step)
            if found.kind is StepKind.PUBLISH:
                tx.drop_poll(attempt.id)
