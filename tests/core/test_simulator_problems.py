"""A fault that names no body answers in the vendor's own error shape, where the vendor has one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from paraph.testing.simulator import Fault, FaultKind, SimulatedAccount, Simulator


class Shapeless(Simulator):
    """A vendor without a shape for errors."""

    provider = "shapeless"
    verification_path = "/verify"

    def routes(self) -> list[Any]:
        return []

    def account(self, base_url: str) -> SimulatedAccount:
        return SimulatedAccount(name="shapeless", table={"base_url": base_url}, environment={})

    def subscribe(self, url: str) -> None:
        self.webhooks.submit(url, lambda: b"{}")

    def state(self) -> dict[str, Any]:
        return {}


class Shaped(Shapeless):
    """A vendor whose errors say their status in JSON."""

    def problem(self, status: int) -> tuple[Mapping[str, str], bytes]:
        return {"content-type": "application/json", "retry-after": "99"}, b'{"status": %d}' % status


@pytest.fixture
def shaped() -> Iterator[tuple[Shaped, str]]:
    """Serve the vendor with a shape."""
    simulator = Shaped()
    with simulator.running() as base_url:
        yield simulator, base_url


@pytest.mark.parametrize("status", [400, 408, 500, 503])
def test_a_fault_answers_as_the_vendor_does(shaped: tuple[Shaped, str], status: int) -> None:
    """Under every status that refuses, a fault without a body has the vendor's body and type."""
    simulator, base_url = shaped
    for kind, path, expected in (
        (FaultKind.STATUS, "/a", status),
        (FaultKind.VERIFIER_DOWN, "/verify", status),
        (FaultKind.RATE_LIMIT, "/a", 429),
    ):
        simulator.faults.add(Fault(kind=kind, status=status))
        answer = httpx.get(base_url + path)
        assert (expected, {"status": expected}) == (answer.status_code, answer.json())
        assert "application/json" == answer.headers["content-type"]


@pytest.mark.parametrize("body", ["", "<html>", '{"own": 1}'])
def test_a_body_that_is_named_wins(shaped: tuple[Shaped, str], body: str) -> None:
    """What the test says is answered as it is, the empty text too, and nothing of the vendor's is added."""
    simulator, base_url = shaped
    simulator.faults.add(Fault(kind=FaultKind.STATUS, status=500, body=body))
    answer = httpx.get(base_url)
    assert (500, body, False) == (answer.status_code, answer.text, "content-type" in answer.headers)


def test_a_success_is_no_problem(shaped: tuple[Shaped, str]) -> None:
    """A fault that answers a success has no error's body."""
    simulator, base_url = shaped
    simulator.faults.add(Fault(kind=FaultKind.STATUS, status=204))
    assert (204, "") == ((answer := httpx.get(base_url)).status_code, answer.text)


def test_the_header_of_the_fault_wins(shaped: tuple[Shaped, str]) -> None:
    """Of a header that vendor and fault both have, the fault's is sent, and once."""
    simulator, base_url = shaped
    simulator.faults.add(
        Fault(kind=FaultKind.RATE_LIMIT, seconds=7),
        Fault(kind=FaultKind.STATUS, headers={"Content-Type": "text/plain", "Retry-After": "1"}),
    )
    assert ["7"] == httpx.get(base_url).headers.get_list("retry-after")
    told = httpx.get(base_url).headers
    assert (["1"], ["text/plain"]) == (told.get_list("retry-after"), told.get_list("content-type"))


def test_over_http_too(shaped: tuple[Shaped, str]) -> None:
    """The control route takes a fault without a body, and with null for one, and answers the vendor's."""
    _simulator, base_url = shaped
    for fault in ({"kind": "status", "status": 502}, {"kind": "status", "status": 502, "body": None}):
        assert 200 == httpx.post(f"{base_url}/_simulator/faults", json=fault).status_code
        assert {"status": 502} == httpx.get(base_url).json()


def test_a_vendor_without_a_shape_says_nothing() -> None:
    """Without a shape of the vendor's a fault without a body answers none, as before."""
    simulator = Shapeless()
    with simulator.running() as base_url:
        simulator.faults.add(Fault(kind=FaultKind.STATUS, status=500))
        assert (500, "") == ((answer := httpx.get(base_url)).status_code, answer.text)
