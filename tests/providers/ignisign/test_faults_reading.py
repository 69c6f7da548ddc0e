"""Reading, cancelling and fetching evidence under every fault: healed, or an error and an honest state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import attrs
import pytest

from paraph import errors
from paraph.model import Decision, EvidenceKind, Lifecycle
from paraph.testing.simulator import Fault, FaultKind
from support.ignisign_stage import ACCOUNT, PDF, Stage, asked, staged

F = FaultKind
L = Lifecycle
Problem = type[errors.VendorError] | None

CONTEXT = ("GET", "/v4/signature-requests/[^/]+/context")
CLOSE = ("POST", "/v4/signature-requests/[^/]+/close")
PROOF = ("GET", "/v4/documents/[^/]+/signature-type/PDF_WITH_SIGNATURES")
LASTING = 20
"""More requests than any operation makes."""

DOWN: dict[FaultKind, type[errors.VendorError]] = {
    F.LOST: errors.ConnectionLost,
    F.RESET: errors.ConnectionLost,
    F.CUT: errors.ConnectionLost,
    F.STATUS: errors.VendorUnavailable,
    F.RATE_LIMIT: errors.RateLimited,
    F.SLOW: errors.TimedOut,
    F.NOT_JSON: errors.MalformedResponse,
    F.CLOCK_JUMP: errors.AuthenticationFailed,
}
"""What a caller is told if every request is broken. A clock that jumps at each of them ends every token."""

REPEATED = {**dict.fromkeys(DOWN), F.NOT_JSON: errors.MalformedResponse}
"""What they are told if only the first is, where it is safe to repeat. What is no JSON is not asked again."""


@pytest.fixture(scope="module")
def stages() -> Iterator[Callable[[str], Stage]]:
    """One vendor for each kind of client: each row uses envelopes of its own."""
    with ExitStack() as stack:
        yield cache(lambda runner: stack.enter_context(staged(runner)))


Rows = Iterator[tuple[Stage, FaultKind, Problem]]


def rows(stages: Callable[[str], Stage], times: int, table: Mapping[FaultKind, Problem]) -> Rows:
    """Go through a table with the blocking and the waiting client in turn.

    Broken once and broken for long begin with another one, so that each fault meets both.
    """
    for number, (kind, expected) in enumerate(table.items(), start=times):
        stage = stages(("sync", "async")[number % 2])
        stage.heal()
        yield stage, kind, expected


def under(
    stage: Stage,
    kind: FaultKind,
    times: int,
    where: tuple[str, str],
    expected: Problem,
    act: Callable[[], Any],
) -> Any:
    """Act while `where` is broken; see the error that is expected, or return what came. All heals."""
    stage.suffer(kind, where, times)
    result = None
    if expected is None:
        result = act()
    else:
        with pytest.raises(expected) as caught:
            act()
        assert expected is type(caught.value), f"{kind}: {caught.value!r}"
        assert (1.0 if kind is F.RATE_LIMIT else None) == caught.value.retry_after
    assert times > sum(left for _fault, left in stage.simulator.faults.waiting()), "the fault was met"
    stage.heal()
    return result


def signed(stage: Stage, name: str) -> None:
    """Have an envelope signed by everybody, and know it."""
    stage.heal()
    stage.sent(name)
    stage.sign(name)
    assert L.COMPLETED is stage.call("refresh", name).lifecycle


@pytest.mark.parametrize(("times", "table"), [(1, REPEATED), (LASTING, DOWN)], ids=["once", "lasting"])
def test_a_refresh_says_the_truth_or_nothing(
    stages: Callable[[str], Stage], times: int, table: dict[FaultKind, Problem]
) -> None:
    """A read under a fault is repeated, or raises and leaves the state as it was; the next one is right."""
    for stage, kind, expected in rows(stages, times, table):
        name = f"refresh-{times}-{kind.value}"
        stage.close(stage.sent(name))
        snapshot = under(stage, kind, times, CONTEXT, expected, partial(stage.call, "refresh", name))
        shown = stage.call("get", name)
        assert (L.SENT if expected else L.CANCELLED) is shown.lifecycle, kind
        assert snapshot in {None, shown}
        assert L.CANCELLED is stage.call("refresh", name).lifecycle


@pytest.mark.parametrize(("times", "table"), [(1, REPEATED), (LASTING, DOWN)], ids=["once", "lasting"])
def test_a_cancellation_happens_once(
    stages: Callable[[str], Stage], times: int, table: dict[FaultKind, Problem]
) -> None:
    """Closing is safe to repeat: whatever broke, cancelling again ends it, and it was closed once."""
    for stage, kind, expected in rows(stages, times, table):
        name = f"cancel-{times}-{kind.value}"
        reference = stage.sent(name)
        under(stage, kind, times, CLOSE, expected, partial(stage.call, "cancel", name))
        assert (L.SENT if expected else L.CANCELLED) is stage.call("get", name).lifecycle, kind
        assert L.CANCELLED is stage.call("cancel", name).lifecycle
        assert 1 == stage.count("cancelled", reference)


@pytest.mark.parametrize("times", [1, LASTING], ids=["once", "lasting"])
def test_a_cancellation_whose_end_cannot_be_read_is_not_guessed(
    stages: Callable[[str], Stage], times: int
) -> None:
    """Closed for certain, but perhaps somebody had signed: it is not cancelled before it is read."""
    for stage, kind, _expected in rows(stages, times, DOWN):
        name = f"end-{times}-{kind.value}"
        stage.sent(name)
        snapshot = under(stage, kind, times, CONTEXT, None, partial(stage.call, "cancel", name))
        assert (L.CANCELLED if times == 1 else L.FINALIZING) is snapshot.lifecycle, kind
        assert L.CANCELLED is stage.call("refresh", name).lifecycle


def test_a_cancellation_after_a_signature_is_no_cancellation(stages: Callable[[str], Stage]) -> None:
    """If one of two had signed the vendor completes; a close that broke still tells who signed."""
    for stage, kind, _expected in rows(stages, 1, dict.fromkeys((F.LOST, F.RESET, F.CUT))):
        name = f"signed-{kind.value}"
        reference = stage.sent(name)
        stage.sign(name, ("ada",))
        snapshot = under(stage, kind, 1, CLOSE, None, partial(stage.call, "cancel", name))
        assert L.CANCELLED is snapshot.lifecycle
        assert snapshot.ending.partially_signed is True
        decisions = [snapshot.signatory(who).decision for who in ("ada", "bob")]
        assert [Decision.SIGNED, Decision.NONE] == decisions
        assert 0 == stage.count("cancelled", reference)
        assert 1 == stage.count("completed", reference)


@pytest.mark.parametrize(("times", "table"), [(1, REPEATED), (LASTING, DOWN)], ids=["once", "lasting"])
def test_evidence_is_listed_or_an_error(
    stages: Callable[[str], Stage], times: int, table: dict[FaultKind, Problem]
) -> None:
    """A list that cannot be read is never an empty list."""
    name = f"evidence-{times}"
    for runner in ("sync", "async"):
        signed(stages(runner), name)
    for stage, kind, expected in rows(stages, times, table):
        listed = under(stage, kind, times, CONTEXT, expected, partial(stage.call, "evidence", name))
        assert listed is None or EvidenceKind.SIGNED_DOCUMENT in {each.kind for each in listed}


@pytest.mark.parametrize(("times", "table"), [(1, REPEATED), (LASTING, DOWN)], ids=["once", "lasting"])
def test_a_broken_download_leaves_no_file(
    stages: Callable[[str], Stage], tmp_path: Path, times: int, table: dict[FaultKind, Problem]
) -> None:
    """Half a file or another page never lies under the document's name; the next try is whole."""
    name = f"save-{times}"
    for runner in ("sync", "async"):
        signed(stages(runner), name)

    def save(stage: Stage, folder: Path) -> Any:
        return stage.call("save", name, folder, kinds=[EvidenceKind.SIGNED_DOCUMENT], timeout=0)

    for stage, kind, expected in rows(stages, times, table):
        folder = tmp_path / kind.value
        under(stage, kind, times, PROOF, expected, partial(save, stage, folder))
        if expected is not None:
            assert [] == list(folder.iterdir()), kind
        save(stage, folder)
        assert ["contract-signed.pdf", "manifest.json"] == sorted(path.name for path in folder.iterdir())
        proof = (folder / "contract-signed.pdf").read_bytes()
        assert b"/ByteRange" in proof
        assert proof != PDF


def test_a_clock_that_jumps_past_the_end_at_a_read_shows_an_expired_request(
    stages: Callable[[str], Stage],
) -> None:
    """The vendor's time is later when the request is met: what it answers is already expired."""
    stage = stages("sync")
    stage.heal()
    ending = stage.simulator.clock.now() + timedelta(days=3)
    stage.call("send", attrs.evolve(asked("ends"), expires_at=ending), account=ACCOUNT)
    assert L.SENT is stage.call("refresh", "ends").lifecycle
    method, path = CONTEXT
    jump = Fault(kind=F.CLOCK_JUMP, method=method, path=path, seconds=4 * 86400)
    stage.simulator.faults.add(jump)
    assert L.EXPIRED is stage.call("refresh", "ends").lifecycle
