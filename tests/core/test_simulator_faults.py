"""The handle that every simulator offers for faults, in Python and over HTTP, and what each fault does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from paraph.testing.simulator import (
    Fault,
    FaultKind,
    Faults,
    SimulatedAccount,
    SimulatedClock,
    Simulator,
)
from paraph.testing.simulator.faults import parse_fault


class Checking(Simulator):
    """A vendor that counts what it did, tells the time, and verifies webhooks."""

    provider = "checking"
    verification_path = "/verify/[^/]+"

    def routes(self) -> Sequence[BaseRoute]:
        return [Route("/{path:path}", self._do, methods=["GET", "POST"])]

    def account(self, base_url: str) -> SimulatedAccount:
        return SimulatedAccount(name="checking", table={"base_url": base_url}, environment={})

    def subscribe(self, url: str) -> None:
        self.webhooks.submit(url, lambda: b"{}")

    def state(self) -> dict[str, Any]:
        return {}

    async def _do(self, request: Request) -> Response:
        self.effects.add("done", request.url.path)
        return JSONResponse({"now": self.clock.now().isoformat(), "padding": "x" * 1000})


class Blind(Checking):
    """A vendor that verifies nothing."""

    verification_path = ""


@contextmanager
def checking() -> Iterator[tuple[Checking, httpx.Client]]:
    simulator = Checking()
    with simulator.running() as base_url, httpx.Client(base_url=base_url, trust_env=False) as http:
        yield simulator, http


NO_ANSWER = (httpx.ReadError, httpx.RemoteProtocolError)
SHORT = 1e-3
WITHOUT_CONNECTION = {
    FaultKind.SLOW: (200, True),
    FaultKind.CLOCK_JUMP: (200, True),
    FaultKind.STATUS: (503, False),
    FaultKind.RATE_LIMIT: (429, False),
    FaultKind.VERIFIER_DOWN: (503, False),
    FaultKind.NOT_JSON: (200, True),
    FaultKind.HUGE: (200, True),
    FaultKind.GZIP_BOMB: (200, True),
}
BROKEN = {FaultKind.RESET: False, FaultKind.LOST: True, FaultKind.CUT: True}


def test_every_fault_is_in_the_tables_here() -> None:
    """A new kind of fault needs a row that says whether the effect happens."""
    webhooks = {kind for kind in FaultKind if kind.on_webhooks}
    assert set(FaultKind) == webhooks | WITHOUT_CONNECTION.keys() | BROKEN.keys()


def test_the_documentation_names_every_fault() -> None:
    """Whoever writes a provider finds each kind in the guide's table."""
    guide = (Path(__file__).parents[2] / "docs" / "writing-a-provider.md").read_text()
    rows = [line.split("|")[1] for line in guide.splitlines() if line.startswith("| `")]
    assert {kind.value for kind in FaultKind} <= {word for row in rows for word in re.findall("`(.+?)`", row)}


def test_each_fault_over_http_is_spent_once_and_has_the_effect_it_should() -> None:
    """Armed over HTTP, each fault hits the one request meant, then everything is as before."""
    with checking() as (simulator, http):
        for kind in [*WITHOUT_CONNECTION, *BROKEN]:
            before = len(simulator.effects.all())
            asked = {"kind": kind, "method": "POST", "path": "/verify/.*", "seconds": SHORT, "size": 1000}
            assert {"armed": 1} == http.post("/_simulator/faults", json=asked).json(), kind
            assert 200 == http.get("/verify/1").status_code, "another verb is not meant"
            if kind in BROKEN:
                with pytest.raises(NO_ANSWER):
                    http.post("/verify/1")
                expected = BROKEN[kind]
            else:
                status, expected = WITHOUT_CONNECTION[kind]
                assert status == http.post("/verify/1").status_code, kind
            assert [] == http.get("/_simulator/faults").json(), kind
            assert 200 == http.post("/verify/1").status_code
            assert 2 + expected == len(simulator.effects.all()) - before, kind


def test_what_is_armed_can_be_read_and_armed_again() -> None:
    """The list over HTTP says what is left; without that number it is what arms the same faults."""
    with checking() as (simulator, http):
        simulator.faults.add(Fault(kind=FaultKind.STATUS, times=3, path="/a"), Fault(kind=FaultKind.CUT))
        http.get("/a")
        armed = http.get("/_simulator/faults").json()
        assert [("status", 2, 3), ("cut", 1, 1)] == [
            (one["kind"], one["left"], one["times"]) for one in armed
        ]
        waiting = simulator.faults.waiting()
        http.delete("/_simulator/faults")
        http.post("/_simulator/faults", json=[{k: v for k, v in one.items() if k != "left"} for one in armed])
        assert [fault for fault, _left in waiting] == [fault for fault, _left in simulator.faults.waiting()]


@pytest.mark.parametrize(("seconds", "header"), [(0, "0"), (0.2, "1"), (7, "7")])
def test_a_rate_limit_says_how_long_to_wait(seconds: float, header: str) -> None:
    """429 comes with Retry-After in whole seconds, never shorter than asked; the fault's header wins."""
    with checking() as (simulator, http):
        simulator.faults.add(Fault(kind=FaultKind.RATE_LIMIT, seconds=seconds, body="later"))
        answer = http.get("/a")
        assert (429, header, "later") == (answer.status_code, answer.headers["retry-after"], answer.text)
        date = "Sun, 22 Nov 2026 08:00:00 GMT"
        simulator.faults.add(Fault(kind=FaultKind.RATE_LIMIT, headers={"Retry-After": date}))
        assert [date] == http.get("/a").headers.get_list("retry-after")
        simulator.faults.add(Fault(kind=FaultKind.STATUS, headers={"Content-Length": "5"}, body="abc"))
        assert (503, "abc") == ((answer := http.get("/a")).status_code, answer.text)


def test_a_clock_jump_is_over_when_the_request_is_met() -> None:
    """The vendor already sees the later time, its background work has run, and the clock stays there."""
    with checking() as (simulator, http):
        beats: list[datetime] = []
        simulator.clock.listen(beats.append)
        start = simulator.clock.now()
        simulator.faults.add(Fault(kind=FaultKind.CLOCK_JUMP, seconds=3600, path="/late"))
        assert datetime.fromisoformat(http.get("/a").json()["now"]) - start < timedelta(minutes=1)
        met = datetime.fromisoformat(http.get("/late").json()["now"])
        assert met - start >= timedelta(hours=1)
        assert any(start + timedelta(hours=1) <= beat <= met for beat in beats)
        assert simulator.clock.now() >= met


def test_a_verifier_is_down_wherever_the_simulator_says_it_is() -> None:
    """The fault needs no path: it breaks the verification and nothing else, as often as asked."""
    with checking() as (simulator, http):
        simulator.faults.add(Fault(kind=FaultKind.VERIFIER_DOWN, times=2, path="/elsewhere", status=502))
        statuses = [http.get(path).status_code for path in ("/elsewhere", *["/verify/1"] * 3)]
        assert [200, 502, 502, 200] == statuses


def test_who_has_no_verifier_refuses_to_break_it() -> None:
    """The fault is refused, in Python and over HTTP, and the rest of a list with it."""
    simulator = Blind()
    with pytest.raises(ValueError, match="'verifier_down' has nothing to break"):
        simulator.faults.add(Fault(kind=FaultKind.VERIFIER_DOWN))
    with simulator.running() as base_url:
        asked = [{"kind": "status"}, {"kind": "verifier_down"}]
        answer = httpx.post(f"{base_url}/_simulator/faults", json=asked, trust_env=False)
        assert 400 == answer.status_code
        assert "verifier_down" in answer.json()["error"]
    assert () == simulator.faults.waiting()


def test_without_a_clock_nothing_jumps() -> None:
    """Faults on their own refuse what needs a clock, when they are armed and not at the request."""
    with pytest.raises(ValueError, match="'clock_jump' has nothing to move"):
        Faults().add(Fault(kind=FaultKind.CLOCK_JUMP))
    Faults(clock=SimulatedClock()).add(Fault(kind=FaultKind.CLOCK_JUMP))


@pytest.mark.parametrize(
    "values",
    [
        {"headers": {"retry-after": 7}},
        {"headers": {"a\n": "b"}},
        {"headers": {"a": "b\r\nc: d"}},
        {"headers": {"a": "€"}},
        {"body": "\ud800"},
        {"seconds": float("inf")},
        {"seconds": float("nan")},
        {"seconds": 1e9},
    ],
)
def test_what_could_not_be_done_is_refused_at_once(values: dict[str, Any]) -> None:
    """A header that is no text and a time without end never reach a request."""
    with pytest.raises((TypeError, ValueError)):
        parse_fault({"kind": "clock_jump", **values})


@pytest.mark.parametrize(("kind", "hint"), [("slwo", "did you mean 'slow'? "), ("zzz", "")])
def test_an_unknown_kind_lists_those_there_are(kind: str, hint: str) -> None:
    """The error names the nearest kind, if one is near, and all."""
    with pytest.raises(ValueError, match="no kind of fault") as caught:
        parse_fault({"kind": kind})
    assert f"no kind of fault is {kind!r}; {hint}known: {', '.join(FaultKind)}" == str(caught.value)


@given(
    fault=st.builds(
        Fault,
        kind=st.sampled_from(FaultKind),
        method=st.sampled_from(["*", "GET", "POST"]),
        path=st.sampled_from([".*", "/v1/[^/]+"]),
        times=st.integers(1, 9),
        seconds=st.floats(0, 9, allow_nan=False),
        status=st.integers(200, 599),
        headers=st.dictionaries(
            st.sampled_from(["a", "b"]),
            st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), max_size=3),
        ),
        body=st.text(max_size=9),
        size=st.integers(1, 9),
    )
)
def test_a_fault_is_the_same_in_python_and_in_json(fault: Fault) -> None:
    """What `asdict` tells of a fault, `parse_fault` makes again."""
    assert fault == parse_fault({**attrs.asdict(fault), "kind": fault.kind.value})


def test_requests_and_webhooks_do_not_take_each_other_s_faults() -> None:
    """A fault of webhooks waits through every request, a fault of requests through every webhook."""
    faults = Faults()
    faults.add(Fault(kind=FaultKind.WEBHOOK_DROP), Fault(kind=FaultKind.STATUS))
    taken = [faults.take("POST", "/a", webhook=webhook) for webhook in (False, False, True, True)]
    expected = [FaultKind.STATUS, None, FaultKind.WEBHOOK_DROP, None]
    assert expected == [fault.kind if fault else None for fault in taken]
