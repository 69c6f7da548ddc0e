"""Receiving webhooks: requests per second of an endpoint, beside raw ASGI on the same server (goal 16).

Each endpoint runs in a process of its own on the first processor, the load in another on the last one.
In each block all endpoints take a burst with an empty store, in shuffled order; the result is the median of
the blocks' ratios to raw ASGI with ``json.loads``. The ratios of processor time leave out what else the
machine did. A receiver that stores durably does more than one that forgets: it is compared with raw ASGI
that commits the same bytes, too.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import attrs

from benchmarks.endpoints import APP_ID, SECRET, available, serving
from benchmarks.load import COUNTER, Answered, Burst, loading
from benchmarks.table import Row

CONNECTIONS: Final = 16
BASE: Final = "raw"
AGAIN: Final = "A/A"
WHOLE: Final = (11, 600)
QUICK: Final = (3, 300)
"""Blocks, and requests of a burst; all bursts of a block together stay below the receiver's quota."""

SEED: Final = 16

IDLE: Final = 0.004
"""Seconds of processor time in a tenth of a second, at most, of an endpoint that does nothing."""


@attrs.frozen(kw_only=True)
class Took:
    """What a burst cost per request, in seconds: ``wall`` until answered, ``cpu`` of the endpoint's process.

    ``done`` and ``cpu_done`` are the same, until everything that was stored was processed as well.
    """

    wall: float
    cpu: float
    done: float
    cpu_done: float


def rows(quick: bool) -> Iterator[Row]:
    """Measure all endpoints."""
    took = measure(*(QUICK if quick else WHOLE))

    def ratio(name: str, base: str, what: Callable[[Took], float]) -> float:
        return statistics.median(
            what(one) / what(other) for one, other in zip(took[base], took[name], strict=True)
        )

    def speed(name: str, base: str = BASE) -> float:
        return ratio(name, base, lambda each: each.wall)

    def note(name: str, base: str = BASE) -> str:
        cpu = ratio(base, name, lambda each: each.cpu)
        rate = 1 / statistics.median(each.wall for each in took[name])
        return f"{rate:,.0f} req/s; processor time {cpu:.2f} x"

    def row(
        metric: str, name: str, base: str = BASE, goal: float | None = None, stretch: float | None = None
    ) -> Row:
        return Row(
            number="16",
            metric=metric,
            value=speed(name, base),
            unit="x",
            goal=goal,
            stretch=stretch,
            better="higher",
            why="it stores what it is given before it answers, which the base does not: the record, its "
            "digest and its indexes take nearly all that the goal leaves",
            note=note(name, base),
        )

    yield row("raw ASGI + json.loads / itself", AGAIN)
    yield row("receiver, memory / raw ASGI + json.loads (req/s)", "memory", goal=0.75, stretch=0.85)
    if "starlette" in took:
        yield row("receiver, memory / Starlette + json", "memory", "starlette", goal=0.95)
    yield row("receiver, SQLite / raw ASGI + json.loads", "sqlite")
    yield row("receiver, SQLite / raw ASGI, each body committed by itself", "sqlite", "raw, one by one")
    yield row("receiver, SQLite / raw ASGI, group commit", "sqlite", "raw, together")
    for name in ("memory, told", "sqlite, told"):
        rate = 1 / statistics.median(each.done for each in took[name])
        cpu = statistics.median(each.cpu_done for each in took[name])
        yield Row(
            number="16",
            metric=f"received and processed to events, {name.partition(',')[0]}",
            value=rate,
            unit="/s",
            goal=None,
            better="higher",
            note=f"{cpu * 1e6:,.0f} µs of processor time each",
        )


def measure(blocks: int, requests: int) -> Mapping[str, list[Took]]:
    """Run every endpoint once per block, the base twice."""
    names = [*available(), AGAIN]
    shuffled = random.Random(SEED)  # noqa: S311 - an order of measurements is no secret
    took: dict[str, list[Took]] = {name: [] for name in names}
    with contextlib.ExitStack() as stack:
        load = stack.enter_context(loading())
        ports = {name: stack.enter_context(serving(name)) for name in available()}
        for block in range(blocks + 1):  # the first one is not counted
            for name in shuffled.sample(names, len(names)):
                served = BASE if name == AGAIN else name
                spent = burst(load, ports[served], served, requests, first=block * requests)
                if block:
                    took[name].append(spent)
    return took


def burst(load: Callable[[Burst], Answered], port: int, name: str, requests: int, *, first: int) -> Took:
    """Let an endpoint take some requests with an empty store, and wait until it has dealt with them."""
    ask(port, "/fresh")
    told = name.endswith("told")
    path = f"/a/{SECRET}/api/workflow/workflowCompleted" if told else f"/a/{SECRET}"
    body = (news() if told else delivery()).decode()
    few = Burst(port=port, path=path, body=body, requests=CONNECTIONS, connections=CONNECTIONS, first=10**9)
    load(few)
    settle(port)
    before, begin = float(ask(port, "/spent")), time.perf_counter()
    answered = load(attrs.evolve(few, requests=requests, first=first))
    cpu = float(ask(port, "/spent")) - before
    if answered.statuses != {200: requests}:
        raise RuntimeError(f"{name} answered {dict(answered.statuses)}")
    while told and int(ask(port, "/waiting")):
        time.sleep(0.02)
    done = time.perf_counter() - begin
    cpu_done = float(ask(port, "/spent")) - before
    return Took(
        wall=answered.seconds / requests,
        cpu=cpu / requests,
        done=done / requests,
        cpu_done=cpu_done / requests,
    )


def settle(port: int) -> None:
    """Wait until an endpoint does nothing: the first requests make connections, contexts and checks begin."""
    spent = float(ask(port, "/spent"))
    while True:
        time.sleep(0.1)
        before, spent = spent, float(ask(port, "/spent"))
        if spent - before < IDLE:
            return


def delivery() -> bytes:
    """Return a proof of seven documents, 2 KB, as Ignisign sends it."""
    documents = [
        {
            "documentId": f"664f1c2ab8d1e20013f7b{number:03d}",
            "documentExternalId": f"contract-{number}",
            "documentProofToken": f"dpt_{number:040d}",
            "signatureProofUrl": f"https://sign.example/proofs/{number:024d}?token=aa",
        }
        for number in range(7)
    ]
    body = {
        "appId": APP_ID,
        "appEnv": "STAGING",
        "topic": "SIGNATURE_PROOF",
        "action": "ADV_GENERATED",
        "msgNature": "SUCCESS",
        "content": {"signatureRequestId": "664f1c2ab8d1e20013f7a9c1", "documents": documents},
        "verificationToken": f"vt_{COUNTER.decode()}",
    }
    return json.dumps(body).encode()


def news() -> bytes:
    """Return what a SIGN8 delivery may hold, about a workflow of its own."""
    return json.dumps({"id": f"workflow-{COUNTER.decode()}", "about": "x" * 1900}).encode()


def ask(port: int, path: str) -> bytes:
    """Ask something of the benchmark's own paths."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()
