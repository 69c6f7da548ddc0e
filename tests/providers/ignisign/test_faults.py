"""Every request of a send under every fault: which error comes, what resuming makes of it, one publication.

A row of the table names the faults that reach the caller as an error. The others are met on the way: a read
and what is safe to repeat is repeated, what may have happened is looked for, an outdated token is renewed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from paraph import errors
from paraph.model import Lifecycle
from paraph.testing.simulator import Fault, FaultKind
from support.ignisign_stage import ACCOUNT, Stage, asked, staged

F = FaultKind
APP = "/v4/applications/[^/]+/envs/[^/]+"
ERRORS: dict[FaultKind, type[errors.VendorError]] = {
    F.LOST: errors.ConnectionLost,
    F.RESET: errors.ConnectionLost,
    F.CUT: errors.ConnectionLost,
    F.STATUS: errors.VendorUnavailable,
    F.RATE_LIMIT: errors.RateLimited,
    F.SLOW: errors.TimedOut,
    F.NOT_JSON: errors.MalformedResponse,
    F.CLOCK_JUMP: errors.AuthenticationFailed,
}
"""What a fault looks like where it reaches the caller. A clock that jumps at one request is never seen."""

NOT_THERE = {F.RESET, F.STATUS, F.RATE_LIMIT, F.SLOW}
"""Nothing had happened when the client looked; a slow effect comes later, and is not waited for."""

PREPARING = {"exchange", "profiles", "inputs"}
"""Requests before anything is begun: if one fails there is nothing to resume."""

TABLE: dict[str, tuple[tuple[str, str], set[FaultKind]]] = {
    "exchange": (("POST", "/v4/auth/app-api"), {F.NOT_JSON}),
    "profiles": (("GET", f"{APP}/signer-profiles"), {F.NOT_JSON}),
    "inputs": (("GET", f"{APP}/signer-profiles/[^/]+/inputs-needed"), {F.NOT_JSON}),
    "signer": (("POST", f"{APP}/signers"), NOT_THERE),
    "init": (("POST", f"{APP}/signature-requests"), ERRORS.keys() - {F.CLOCK_JUMP}),
    "document": (("POST", f"{APP}/init-documents"), NOT_THERE),
    "content": (("POST", "/v4/documents/[^/]+/file"), NOT_THERE),
    "describe": (("PUT", "/v4/signature-requests/[^/]+"), {F.NOT_JSON}),
    "publish": (("POST", "/v4/signature-requests/[^/]+/publish"), NOT_THERE),
    "context": (("GET", "/v4/signature-requests/[^/]+/context"), set()),
}


@pytest.fixture(scope="module")
def stages() -> Iterator[Callable[[str], Stage]]:
    """One vendor for each kind of client: each test uses envelopes of its own."""
    with ExitStack() as stack:
        yield cache(lambda runner: stack.enter_context(staged(runner)))


def send_under(stage: Stage, call: str, kind: FaultKind) -> None:
    """Send with one request broken; see the error that the table tells, and resume."""
    wanted = asked(f"{call}-{kind.value}")
    where, reported = TABLE[call]
    if call == "exchange":
        stage.simulator.clock.advance(stage.simulator.tenant.options.jwt_lifetime)
    stage.suffer(kind, where)
    if kind in reported:
        with pytest.raises(ERRORS[kind]) as caught:
            stage.call("send", wanted, account=ACCOUNT)
        assert (1.0 if kind is F.RATE_LIMIT else None) == caught.value.retry_after
        assert caught.value.retryable == (kind is not F.NOT_JSON)
        if call in PREPARING:
            with pytest.raises(errors.UnknownEnvelope):
                stage.call("resume", wanted.id)
            stage.call("send", wanted, account=ACCOUNT)
        else:
            stage.call("resume", wanted.id)
    else:
        stage.call("send", wanted, account=ACCOUNT)
    assert () == stage.simulator.faults.waiting(), "the fault was met"
    snapshot = stage.call("refresh", wanted.id)
    assert Lifecycle.SENT is snapshot.lifecycle
    assert 1 == stage.count("published", snapshot.vendor_ref)


def check_publications(stage: Stage, envelopes: int) -> None:
    """See as many publications as envelopes, each of a request of its own."""
    published = Counter(effect.reference for effect in stage.simulator.effects.of("published"))
    assert [1] * envelopes == list(published.values())


@pytest.mark.parametrize("kind", [kind for kind in ERRORS if kind is not F.SLOW])
def test_a_send_under_one_fault_is_published_once(stages: Callable[[str], Stage], kind: FaultKind) -> None:
    """Whichever request breaks, the caller gets the right error or none, and one request is published.

    The blocking and the waiting client send in turn, and another one begins for each fault.
    """
    both = [stages("sync"), stages("async")]
    before = [len(stage.simulator.effects.of("published")) for stage in both]
    for number, call in enumerate(TABLE, start=list(ERRORS).index(kind)):
        send_under(both[number % 2], call, kind)
    for stage, count in zip(both, before, strict=True):
        check_publications(stage, count + len(TABLE) // 2)


@pytest.mark.parametrize(("runner", "calls"), [("sync", list(TABLE)[::2]), ("async", list(TABLE)[1::2])])
def test_an_effect_that_comes_late_is_no_second_publication(runner: str, calls: list[str]) -> None:
    """What the vendor does after the client gave up waiting, it does not do again: all of it has arrived."""
    with staged(runner) as stage:
        for call in calls:
            send_under(stage, call, F.SLOW)
    # The server has ended, and with it every request that it had still to answer.
    check_publications(stage, len(calls))


@pytest.mark.parametrize("runner", ["sync", "async"])
def test_a_vendor_that_stays_down_is_told_and_nothing_is_published(
    stages: Callable[[str], Stage], runner: str
) -> None:
    """While all but the exchange fails, send and each resume raise; once it is up, one resume ends it."""
    stage, wanted = stages(runner), asked(f"down-{runner}")
    before = len(stage.simulator.effects.of("published"))
    stage.simulator.faults.add(Fault(kind=F.STATUS, method="POST", path="(?!/v4/auth/).*", times=1000))
    with pytest.raises(errors.VendorUnavailable):
        stage.call("send", wanted, account=ACCOUNT)
    for _again in range(3):
        with pytest.raises(errors.VendorUnavailable):
            stage.call("resume", wanted.id)
    assert Lifecycle.DRAFT is stage.call("get", wanted.id).lifecycle
    assert before == len(stage.simulator.effects.of("published"))
    stage.heal()
    assert Lifecycle.SENT is stage.call("resume", wanted.id).lifecycle
    assert before + 1 == len(stage.simulator.effects.of("published"))


def test_the_count_of_publications_can_fail(stages: Callable[[str], Stage]) -> None:
    """The control: one envelope more than was sent is seen."""
    stage = stages("sync")
    before = len(stage.simulator.effects.of("published"))
    stage.sent("control")
    with pytest.raises(AssertionError):
        check_publications(stage, before)


def test_the_table_names_every_request_of_a_send(stages: Callable[[str], Stage]) -> None:
    """A request that no row matches would have been broken by no test here."""
    stage = stages("sync")
    stage.simulator.clock.advance(stage.simulator.tenant.options.jwt_lifetime)
    rows = [Fault(kind=F.STATUS, method=method, path=path) for (method, path), _kinds in TABLE.values()]
    stage.patience.seen.clear()
    stage.sent("every-request")
    for method, path in stage.patience.seen:
        assert any(row.matches(method, path) for row in rows), f"{method} {path}"
    assert {(row.method, row.path) for row in rows} == {
        (row.method, row.path) for row in rows if any(row.matches(*seen) for seen in stage.patience.seen)
    }
