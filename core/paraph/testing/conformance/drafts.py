"""Closing drafts: what a send left behind can be ended for certain, so that another account may carry it."""

# ruff: noqa: D401 - the docstring of a check states the promise, as that of a test does

from __future__ import annotations

import contextlib
from typing import Final

import attrs

from paraph.errors import ParaphError
from paraph.flow.commands import Flow
from paraph.model import Envelope
from paraph.ops.carry import under
from paraph.ops.check import with_defaults
from paraph.ops.kernel import Kernel, carried_of
from paraph.ops.send import send
from paraph.provider import ClosesDrafts
from paraph.store.memory import MemoryStore
from paraph.store.records import AttemptRecord, StepKind
from paraph.testing.conformance.bench import Bench
from paraph.testing.conformance.findings import expect, fail
from paraph.testing.crashes import Crashed, crashing

MOST: Final = 500
"""Commands of a send after which something is wrong."""


@attrs.frozen(kw_only=True)
class LeftBehind:
    """What a crashed send left: in the store, and at the vendor."""

    envelope: Envelope
    store: MemoryStore
    attempt: AttemptRecord


def closed(bench: Bench) -> None:
    """A draft that was never published is closed for certain, again harmlessly, and never published after."""
    before = len(bench.published)
    left = _left_behind(bench)
    for _ in range(2):
        confirmed = bench.run(lambda kernel: _closing(bench, kernel, left), left.store, bench.style)
        hint = "return True if a read shows that it is closed"
        expect(confirmed, "a draft that was never published is not confirmed as closed", hint=hint)
    with contextlib.suppress(ParaphError):
        bench.connect(left.store, bench.style.other).resume(left.envelope.id)
    bench.settle()
    expect(before == len(bench.published), "a draft that was confirmed as closed could still be published")


def _left_behind(bench: Bench) -> LeftBehind:
    """Crash sends until one dies when its draft is known, and before its publication is begun."""
    left, over, at = None, False, 0
    while left is None and not over and at < MOST:
        left, over = _crash(bench, at)
        at += 1
    if left is None:
        fail("a send never has a draft whose vendor id is known", hint="identify() it before publishing")
    return left


def _crash(bench: Bench, at: int) -> tuple[LeftBehind | None, bool]:
    """Crash one send; return what it left, if that is a draft, and whether it was over before."""
    envelope, store = bench.envelope(), MemoryStore()

    def dying(kernel: Kernel) -> Flow[object]:
        return crashing(send(kernel, envelope), at=at)

    try:
        bench.run(dying, store, bench.style)
    except Crashed:
        with store.begin() as tx:
            attempts = tx.attempts(envelope.id)
            steps = tx.steps(attempts[-1].id) if attempts else ()
        publishing = any(step.kind is StepKind.PUBLISH for step in steps)
        if not attempts or not attempts[-1].vendor_ref or publishing:
            return None, False
        return LeftBehind(envelope=envelope, store=store, attempt=attempts[-1]), False
    return None, True


def _closing(bench: Bench, kernel: Kernel, left: LeftBehind) -> Flow[bool]:
    provider, account = bench.provider, bench.account
    if not isinstance(provider, ClosesDrafts):
        fail("the provider does not implement ClosesDrafts")
    carried = carried_of(with_defaults(left.envelope, account), left.attempt)
    return under(kernel, account, provider.close_draft(carried, account))
