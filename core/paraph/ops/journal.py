r"""The journal of a send: an effect at a vendor happens at most once per attempt.

Theory of operation
===================

The intent of a step is committed before its effect, the result after it. So a step found
as *intent* may have happened, and the answer is a read, never a repetition:

==================  =========================  ===============================================
found               recover says               then
==================  =========================  ===============================================
nothing             \-                         commit the intent, do the effect
done                \-                         return the remembered result
intent              a result                   remember it
intent              it did not happen          do the effect (publish: with the same vendor id)
intent              cannot be found out        :class:`UncertainStep`
intent, draft       there is no way to read    do it again: a draft is inert, an orphan is harmless
intent, publish     there is no way to read    :class:`UncertainStep`: a person decides
==================  =========================  ===============================================

An effect that fails without any doubt (refused, or never sent) takes its intent back. One
that fails in doubt (no answer, 5xx, cut off) leaves it; if the step can be read, it is read
at once, and otherwise ``resume`` does so later. A publication is read after a refusal too.

Two processes may run the same attempt. The first result that is committed for a step is
*the* result: the other run adopts it, so both go on with one vendor id, and publishing the same
vendor id is at most one publication. :func:`identify` refuses a second vendor id for the same
reason.

An attempt whose publication was begun has a poll, also if its process ends there: :mod:`paraph.ops.reconcile`
finds out what became of it, by the same flow, in which no step may make an effect (:func:`looking`).
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from paraph.errors import AttemptSuperseded, UncertainStep, VendorError
from paraph.flow.commands import NOT_DONE, UNKNOWN, Command, Download, Flow, Http, Identify, Step
from paraph.flow.helpers import now
from paraph.flow.intercept import intercept
from paraph.ledger import EnvelopeLoader, Origin, derive, stream_of
from paraph.model import Event, SubjectKind
from paraph.ops import polling
from paraph.ops.kernel import Kernel
from paraph.ops.observe import notify
from paraph.store.records import AttemptRecord, AttemptState, StepKind, StepRecord, StepState

if TYPE_CHECKING:
    from datetime import datetime

    from paraph.store import Transaction

R = TypeVar("R")

TRIED = "paraph:publish"
"""Key of the entry that a publication was tried and refused: the envelope stays with its account."""


def run_step(kernel: Kernel, attempt: AttemptRecord, step: Step) -> Flow[Any]:
    """Run one journalled step by the table above and return its result."""
    found, began = yield from _begin(kernel, attempt, step)
    if found.state is StepState.DONE:
        return json.loads(found.result)
    if not began:
        outcome = yield from _recover(attempt, step)
        if outcome is not None:
            return (yield from _finish(kernel, attempt, step, outcome[0]))
    asked: list[Command] = []
    try:
        value = yield from intercept(step.effect(), lambda command: _note(command, asked))
    except VendorError as error:
        happened = yield from _happened(kernel, attempt, step, error)
        if happened is None:
            if began and error.effect == "none":
                yield from kernel.commits.add(partial(_drop, attempt, step, bool(asked)))
            raise
        value = happened[0]
    except Exception:
        # An error of our own, such as a document that changed: before any request nothing can have happened.
        if began and not asked:
            yield from kernel.commits.add(partial(_drop, attempt, step, bool(asked)))
        raise
    return (yield from _finish(kernel, attempt, step, value))


def _note(command: Command, asked: list[Command]) -> None:
    """Remember that a request left; every command goes on to the runner."""
    if isinstance(command, Http | Download):
        asked.append(command)


def _begin(kernel: Kernel, attempt: AttemptRecord, step: Step) -> Flow[tuple[StepRecord, bool]]:
    at = yield from now()
    return (yield from kernel.commits.add(partial(_commit_intent, attempt, step, at)))


def _commit_intent(
    attempt: AttemptRecord, step: Step, at: datetime, tx: Transaction
) -> tuple[StepRecord, bool]:
    _guard(tx, attempt)
    found = tx.step(attempt.id, step.key)
    if found is not None:
        return found, False
    if not step.begins:
        raise Barred
    intent = StepRecord(attempt_id=attempt.id, key=step.key, kind=step.kind, state=StepState.INTENT, at=at)
    tx.put_step(intent)
    if step.kind is StepKind.PUBLISH:  # from here on nobody but the vendor knows, should this process end
        polling.begin(tx, attempt.id, attempt.account, at)
    return intent, True


def _guard(tx: Transaction, attempt: AttemptRecord) -> None:
    current = tx.attempt(attempt.id)
    if current is None or current.state in {AttemptState.SUPERSEDED, AttemptState.CLOSING}:
        msg = f"attempt {attempt.number} of envelope {attempt.envelope_id!r} was superseded"
        raise AttemptSuperseded(msg)


def _recover(attempt: AttemptRecord, step: Step) -> Flow[tuple[Any] | None]:
    """Find out what an interrupted step did: its result in a tuple, or ``None`` for "do it"."""
    if step.recover is None:
        if step.kind is not StepKind.PUBLISH:
            return None
        raise _uncertain(attempt, step)
    outcome = yield from step.recover()
    if outcome is NOT_DONE:
        return None
    if outcome is UNKNOWN:
        raise _uncertain(attempt, step)
    return (outcome.value,)


def _happened(
    kernel: Kernel, attempt: AttemptRecord, step: Step, error: VendorError
) -> Flow[tuple[Any] | None]:
    """Find out what a failed effect did: its result in a tuple, or ``None`` if it does not show.

    Another run of the same attempt may have been faster, and be the reason for a refusal: its
    committed result is the result. Otherwise the vendor is asked where that makes sense. "It did
    not happen" is no licence to repeat here: the lost request may still land.
    """
    found = yield from kernel.commits.add(lambda tx: tx.step(attempt.id, step.key))
    if found is not None and found.state is StepState.DONE:
        return (json.loads(found.result),)
    if step.recover is None or (error.effect == "none" and step.kind is not StepKind.PUBLISH):
        return None
    try:
        outcome = yield from step.recover()
    except VendorError:
        return None
    return None if outcome is NOT_DONE or outcome is UNKNOWN else (outcome.value,)


def _finish(kernel: Kernel, attempt: AttemptRecord, step: Step, value: Any) -> Flow[Any]:
    at = yield from now()
    return (yield from kernel.commits.add(partial(_commit_result, attempt, step, json.dumps(value), at)))


def _commit_result(attempt: AttemptRecord, step: Step, result: str, at: datetime, tx: Transaction) -> Any:
    found = tx.step(attempt.id, step.key)
    if found is not None and found.state is StepState.DONE:
        return json.loads(found.result)
    tx.put_step(
        StepRecord(
            attempt_id=attempt.id, key=step.key, kind=step.kind, state=StepState.DONE, result=result, at=at
        )
    )
    return json.loads(result)


def _drop(attempt: AttemptRecord, step: Step, tried: bool, tx: Transaction) -> None:  # noqa: FBT001 - handed on by position
    """Take an intent back whose effect certainly did not happen; that a publication was tried stays known."""
    found = tx.step(attempt.id, step.key)
    if found is not None and found.state is StepState.INTENT:
        tx.drop_step(attempt.id, step.key)
        if step.kind is StepKind.PUBLISH:
            tx.drop_poll(attempt.id)
        if tried and step.kind is StepKind.PUBLISH:
            entry = attrs.evolve(found, key=TRIED, kind=StepKind.ASIDE, state=StepState.DONE)
            tx.put_step(entry)


def _uncertain(attempt: AttemptRecord, step: Step) -> UncertainStep:
    return UncertainStep(
        f"step {step.key!r} of envelope {attempt.envelope_id!r} was interrupted and cannot be read back: "
        f"look at the vendor whether it happened (our reference there: {attempt.id}), and say so with "
        f"client.settle or `paraph settle {attempt.envelope_id} {step.key}`",
        envelope_id=attempt.envelope_id,
        step=step.key,
    )


class Barred(Exception):
    """A flow that may only look would have made an effect."""


def looking(flow: Flow[R]) -> Flow[R]:
    """Run a send flow so that no step makes an effect: what is done is remembered, what is in doubt is read.

    Nothing is noted as begun either: who sends at the same time would take it for an interrupted step of his.

    :raises Barred: something is not done.
    """

    def look(command: Command) -> Flow[Any] | None:
        return _barred_step(command) if isinstance(command, Step) else None

    return intercept(flow, look)


def _barred_step(step: Step) -> Flow[Any]:
    result = yield attrs.evolve(step, effect=_barred, begins=False)
    return result


def _barred() -> Flow[Any]:
    yield from ()
    raise Barred


def identify(kernel: Kernel, attempt: AttemptRecord, command: Identify) -> Flow[None]:
    """Commit vendor references; what arrived for them before is adopted."""
    at = yield from now()
    origin = kernel.origin(attempt.account)  # its account is sending, so its secrets are known already
    events = yield from kernel.commits.add(
        partial(_commit_references, kernel.load, origin, attempt, command, at)
    )
    yield from notify(kernel, events)


def _commit_references(
    load: EnvelopeLoader,
    origin: Origin,
    attempt: AttemptRecord,
    command: Identify,
    at: datetime,
    tx: Transaction,
) -> tuple[Event, ...]:
    _guard(tx, attempt)
    stored = tx.attempt(attempt.id)
    if stored is None:
        return ()
    if command.envelope and stored.vendor_ref not in {None, command.envelope}:
        msg = f"envelope {attempt.envelope_id!r} got another vendor id meanwhile; call client.resume"
        raise AttemptSuperseded(msg)
    merged = attrs.evolve(
        stored,
        vendor_ref=command.envelope or stored.vendor_ref,
        signatories=tuple({**dict(stored.signatories), **dict(command.signatories)}.items()),
        documents=tuple({**dict(stored.documents), **dict(command.documents)}.items()),
    )
    if merged == stored:
        return ()
    tx.put_attempt(merged)
    if not merged.vendor_ref:
        return ()
    stream = stream_of(origin, SubjectKind.ENVELOPE, merged.vendor_ref)
    tx.adopt_events(stream, envelope_id=merged.envelope_id)
    return derive(tx, stream, origin, at=at, load=load)
