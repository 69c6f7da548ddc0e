"""Settling: a person says what became of a step that cannot be read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import httpx
import pytest

from paraph.errors import TimedOut, UncertainStep, UsageError
from paraph.flow.commands import Flow, Step
from paraph.flow.runners import SyncRunner, utc_now
from paraph.flow.session import Sessions
from paraph.model import Envelope
from paraph.ops.journal import run_step
from paraph.ops.kernel import Kernel
from paraph.ops.send import _register
from paraph.ops.settle import settle
from paraph.store.records import AttemptRecord, StepKind
from support.tiny import TinyVendor, envelope, tiny_kernel


@attrs.define
class Doubt:
    """An envelope whose step ``start`` lost its answer and cannot be read."""

    kernel: Kernel = attrs.field(factory=tiny_kernel)
    envelope: Envelope = attrs.field(factory=envelope)
    effects: int = 0
    lost: bool = True
    _attempt: AttemptRecord | None = None

    def run(self, flow: Flow[Any]) -> Any:
        sessions: Sessions[httpx.Client] = Sessions(
            lambda _: httpx.Client(transport=httpx.MockTransport(TinyVendor().handle))
        )
        try:
            return SyncRunner(sessions, pause=lambda _: None).run(flow)
        finally:
            for client in sessions.drain():
                client.close()

    def start(self) -> Any:
        """Run the step, as a send and each resume would."""
        if self._attempt is None:
            account = self.kernel.account("a")
            self._attempt = _register(self.kernel, self.envelope, account, "attempt-1", utc_now())
        return self.run(
            run_step(self.kernel, self._attempt, Step("start", StepKind.PUBLISH, self._effect, None))
        )

    def settle(self, step: str = "start", *, happened: bool, result: str | None = None) -> Any:
        """Say what a person saw."""
        return self.run(settle(self.kernel, self.envelope.id, step, happened=happened, result=result))

    def _effect(self) -> Flow[Any]:
        self.effects += 1
        if self.lost:
            raise TimedOut("no answer")
        return "made now"
        yield


@pytest.fixture
def doubt() -> Doubt:
    found = Doubt()
    with pytest.raises(TimedOut):
        found.start()
    with pytest.raises(UncertainStep, match="paraph settle"):
        found.start()
    found.lost = False
    return found


def test_a_step_that_happened_is_not_repeated(doubt: Doubt) -> None:
    """What the person saw is the step's result from then on, and the effect is not made again."""
    doubt.settle(happened=True, result="vendor-7")
    assert "vendor-7" == doubt.start()
    assert 1 == doubt.effects


def test_a_step_without_a_result_can_have_happened(doubt: Doubt) -> None:
    """A step that makes nothing with an id is settled without one."""
    doubt.settle(happened=True)
    assert doubt.start() is None
    assert 1 == doubt.effects


def test_a_step_that_did_not_happen_is_done(doubt: Doubt) -> None:
    """After "it did not happen" the effect is made, and only then."""
    doubt.settle(happened=False)
    assert "made now" == doubt.start()
    assert 2 == doubt.effects


@pytest.mark.parametrize(
    "before",
    [
        lambda doubt: doubt.settle(happened=True, result="vendor-7"),
        lambda doubt: (doubt.settle(happened=False), doubt.start()),
    ],
    ids=["settled", "done"],
)
def test_only_a_step_in_doubt_can_be_settled(doubt: Doubt, before: Callable[[Doubt], Any]) -> None:
    """What was settled or done keeps its result, whatever is said later."""
    before(doubt)
    known = doubt.start()
    with pytest.raises(UsageError, match="no step 'start' in doubt"):
        doubt.settle(happened=True, result="another")
    assert known == doubt.start()


def test_an_unknown_step_is_refused(doubt: Doubt) -> None:
    """A name that no step has settles nothing, and the doubt stays."""
    with pytest.raises(UsageError, match="no step 'begin' in doubt"):
        doubt.settle("begin", happened=True)
    with pytest.raises(UncertainStep):
        doubt.start()
