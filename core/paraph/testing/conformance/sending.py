"""Nothing is sent twice: crashes, lost answers, second sends.

A crash after a command leaves what a crash before the next one leaves, since nothing that lasts happens
between two commands; and only requests and blocking calls (the store, files) leave anything at all. So
crashing after each of these, and before the first, is crashing everywhere.
"""

# ruff: noqa: D401 - the docstring of a check states the promise, as that of a test does

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import httpx

from paraph.errors import ParaphError, UncertainStep, UnknownEnvelope
from paraph.flow.commands import Call, Command, Download, Flow, Http
from paraph.model import Envelope
from paraph.ops.kernel import Kernel
from paraph.ops.send import send
from paraph.provider import Capability
from paraph.store.memory import MemoryStore
from paraph.testing.conformance.bench import Bench
from paraph.testing.conformance.findings import expect, fail
from paraph.testing.conformance.traffic import lost
from paraph.testing.crashes import Crashed, crashing

MOST: Final = 500
"""Commands or requests of a send after which something is wrong."""


def sent_again(bench: Bench) -> None:
    """A second send of the same envelope, and a resume, change nothing and ask nothing."""
    envelope = bench.sent(bench.envelope())
    first, requests, effects = (
        bench.client.get(envelope.id),
        len(bench.traffic),
        bench.simulator.effects.all(),
    )
    expect(first.vendor_ref, "the vendor's id of a sent envelope is not known", hint="identify() it")
    again, resumed = bench.client.send(envelope), bench.client.resume(envelope.id)
    expect(first == again == resumed, "sending the same envelope again changes what is known of it")
    expect(requests == len(bench.traffic), "sending the same envelope again makes requests")
    expect(effects == bench.simulator.effects.all(), "sending the same envelope again changes the vendor")


def crashed_anywhere(bench: Bench) -> None:
    """A send that crashes after any command is resumed, by the other kind of client, to one publication."""
    _crash(bench, 0, before=True)
    for at in range(MOST):
        if not _crash(bench, at):
            return
    fail(f"a send has more than {MOST} commands")


def _lasts(command: Command) -> bool:
    return isinstance(command, Http | Download | Call)


def _crash(bench: Bench, at: int, *, before: bool = False) -> bool:
    """Crash at one command and resume; ``False`` if the send was over before."""
    envelope, store = bench.envelope(), MemoryStore()

    def dying(kernel: Kernel) -> Flow[Any]:
        return crashing(send(kernel, envelope), at=at, before=before, counts=_lasts)

    published = len(bench.published)
    try:
        bench.run(dying, store, bench.style)
    except Crashed:
        _resumed(bench, envelope, store, published, f"a crash after command {at}")
        return True
    return False


def answers_lost(bench: Bench) -> None:
    """A send that loses any one answer ends in one publication, at once or once it is resumed."""
    for number in range(MOST):
        envelope, store = bench.envelope(), MemoryStore()
        published, before = len(bench.published), len(bench.traffic)
        bench.traffic.garble(number, lost)
        client = bench.connect(store, bench.style)
        try:
            client.send(envelope)
        except ParaphError:
            _resumed(bench, envelope, store, published, f"losing answer {number}")
        else:
            count = _published_since(bench, published)
            expect(count == 1, f"losing answer {number} of a send leads to {count} publications")
            if len(bench.traffic) - before <= number:
                return
    fail(f"a send has more than {MOST} requests")


def _resumed(bench: Bench, envelope: Envelope, store: MemoryStore, published: int, after: str) -> None:
    """Resume, as a second process would, and expect exactly one publication, or a person to be asked."""
    client = bench.connect(store, bench.style.other)
    try:
        seen = _once_more(client.resume, client.send, envelope)
    except UncertainStep as error:
        count = _published_since(bench, published)
        expect(count <= 1, f"{after} leads to {count} publications")
        allowed = Capability.READ_STATUS not in bench.offered or bench.subject.uncertain
        hint = "the account offers reading: let recover= find out"
        expect(allowed, f"after {after} step {error.step!r} needs a person", hint=hint)
        return
    except ParaphError as error:
        fail(f"after {after} the send cannot be resumed: {type(error).__name__}: {error}")
    expect(not seen.ended, f"after {after} and a resume the envelope is {seen.lifecycle.value!r}")
    count = _published_since(bench, published)
    expect(count == 1, f"{after} and a resume lead to {count} publications, not one")


def _published_since(bench: Bench, before: int) -> int:
    bench.settle()
    return len(bench.published) - before


def _once_more(again: Callable[[str], Any], first: Callable[[Envelope], Any], envelope: Envelope) -> Any:
    try:
        return again(envelope.id)
    except UnknownEnvelope:  # it died before anything was stored
        return first(envelope)


GARBAGE: Final = (b"[]", b"{}", b'"word"', b"null", b"<html>", b'{"id": [1], "status": {}}')


def garbage_is_an_error(bench: Bench) -> None:
    """An answer of another shape, at any request, is an error of paraph's; nothing is published twice."""
    number = 0
    while number < MOST:
        envelope, store = bench.envelope(), MemoryStore()
        published, before = len(bench.published), len(bench.traffic)
        garbage = GARBAGE[number % len(GARBAGE)]
        bench.traffic.garble(number, _saying(garbage))
        try:
            bench.connect(store, bench.style).send(envelope)
        except ParaphError:
            pass
        except Exception as error:  # noqa: BLE001 - that is the finding
            bug = f"{type(error).__name__} escapes when answer {number} of a send is {garbage.decode()}"
            fail(bug, hint="raise MalformedResponse: structure_answer() and malformed() do")
        count = _published_since(bench, published)
        expect(count <= 1, f"{count} publications when answer {number} of a send is {garbage.decode()}")
        if len(bench.traffic) - before <= number:
            return
        number += 1


def _saying(body: bytes) -> Callable[[httpx.Request, httpx.Response], httpx.Response]:
    def say(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        headers = {"content-type": "application/json"}
        return httpx.Response(response.status_code, content=body, headers=headers, request=request)

    return say
