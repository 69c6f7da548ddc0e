"""Faults on demand: what networks and overloaded vendors do, in exactly the place a test names.

A fault waits for the next `times` requests whose method and path match, then it is spent. The earliest added
match wins. The kinds differ in one thing that matters most to a client: whether the *effect* happened.

==============  ==========================================================================
no effect       `status` answers at once, 503 unless told otherwise, with the vendor's own error
                body unless `body` says another; `rate_limit` likewise answers 429 with
                Retry-After, `seconds` rounded up; `reset` resets the connection;
                `verifier_down` is `status` on the path where the vendor checks what webhooks
                carry, whatever `path` the fault has
effect, then    `lost` resets instead of answering; `cut` stops in the middle of the body;
                `not_json`, `huge` and `gzip_bomb` replace the body under the same status
effect, late    `slow` waits, then everything goes its way; `clock_jump` first moves the
                simulated clock by `seconds`, so that something is over when the request is met
webhooks        `webhook_drop`, `webhook_double`, `webhook_delay`, `webhook_shuffle`: taken by the
                queue, matched against the endpoint's path
==============  ==========================================================================
"""

import asyncio
import gzip
import io
import math
import re
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from types import NoneType

import attrs
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from paraph._hints import nearest
from paraph.testing.simulator.clock import SimulatedClock
from paraph.testing.simulator.server import ABORT, CUT

CONTROL_PREFIX = "/_simulator/"
_MAX_SECONDS = 10**9
_CHUNK = 1 << 20
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")

Problem = Callable[[int], tuple[Mapping[str, str], bytes]]
"""What a vendor answers under an HTTP status that refuses: headers, in lower case, and the body."""


class FaultKind(StrEnum):
    """The faults there are; the module's docstring says what each does."""

    SLOW = "slow"
    STATUS = "status"
    RATE_LIMIT = "rate_limit"
    VERIFIER_DOWN = "verifier_down"
    CLOCK_JUMP = "clock_jump"
    RESET = "reset"
    LOST = "lost"
    CUT = "cut"
    NOT_JSON = "not_json"
    HUGE = "huge"
    GZIP_BOMB = "gzip_bomb"
    WEBHOOK_DROP = "webhook_drop"
    WEBHOOK_DOUBLE = "webhook_double"
    WEBHOOK_DELAY = "webhook_delay"
    WEBHOOK_SHUFFLE = "webhook_shuffle"

    @property
    def on_webhooks(self) -> bool:
        """Whether the fault acts on outgoing webhooks rather than on incoming requests."""
        return self.value.startswith("webhook_")


def _sendable(_fault: object, _attribute: object, headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise ValueError("the fault's 'headers' hold what no HTTP header can")


def _encodable(_fault: object, _attribute: object, body: str | None) -> None:
    (body or "").encode()  # a UnicodeEncodeError is a ValueError


def no_problem(_status: int) -> tuple[Mapping[str, str], bytes]:
    """Return nothing: of a vendor whose errors have no shape of their own."""
    return {}, b""


@attrs.frozen(kw_only=True)
class Fault:
    """One fault: `path` is a regular expression for the whole path, `method` a verb or "*"."""

    kind: FaultKind
    method: str = "*"
    path: str = ".*"
    times: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    seconds: float = attrs.field(
        default=1.0, validator=[attrs.validators.ge(0), attrs.validators.lt(_MAX_SECONDS)]
    )
    """How long `slow` and `webhook_delay` wait, in real time; the longest that `webhook_shuffle` holds back;
    what `rate_limit` asks to wait; how far `clock_jump` goes, in simulated time."""
    status: int = attrs.field(default=503, validator=[attrs.validators.ge(200), attrs.validators.lt(600)])
    headers: Mapping[str, str] = attrs.field(factory=dict, validator=_sendable)
    body: str | None = attrs.field(default=None, validator=_encodable)
    """What `status`, `rate_limit`, `verifier_down` and `not_json` answer. None: to the first three what the
    vendor answers under this status, if it is 400 or more; "": nothing at all, as some proxies do."""
    size: int = attrs.field(default=64 << 20, validator=attrs.validators.ge(1))
    """Decoded bytes of `huge` and `gzip_bomb`."""

    def matches(self, method: str, path: str) -> bool:
        """Whether the request or webhook is one of those meant."""
        return self.method in {"*", method} and re.fullmatch(self.path, path) is not None


def parse_fault(values: Mapping[str, object]) -> Fault:
    """Return the fault in JSON `values`; ValueError for unknown or missing keys, TypeError for types."""
    kinds: dict[str, type | tuple[type, ...]] = {
        "kind": str, "method": str, "path": str, "times": int, "seconds": (int, float),
        "status": int, "headers": dict, "body": (str, NoneType), "size": int,
    }  # fmt: skip
    for name, value in values.items():
        if name not in kinds:
            raise ValueError(f"unknown key {name!r} in a fault; known: {', '.join(kinds)}")
        if not isinstance(value, kinds[name]) or isinstance(value, bool):
            raise TypeError(f"the fault's {name!r} has the wrong type")
        if isinstance(value, dict) and not all(isinstance(each, str) for each in value.values()):
            raise TypeError(f"the fault's {name!r} must map names to strings")
    if "kind" not in values:
        raise ValueError(f"a fault needs a 'kind': {', '.join(FaultKind)}")
    known = [kind.value for kind in FaultKind]
    if values["kind"] not in known:
        near = nearest(str(values["kind"]), known)
        hint = f"did you mean {near!r}? " if near else ""
        raise ValueError(f"no kind of fault is {values['kind']!r}; {hint}known: {', '.join(known)}")
    try:
        re.compile(str(values.get("path", "")))
    except re.error as error:
        raise ValueError(f"the fault's 'path' is no regular expression: {error}") from error
    arguments: dict[str, object] = {**values, "kind": FaultKind(str(values["kind"]))}
    return Fault(**arguments)  # type: ignore[arg-type]  # each value was checked against the table above


class Faults:
    """The faults that still wait for their request; safe to use from any thread.

    `clock` is what `clock_jump` moves; `verification_path`, a regular expression, is where the vendor checks
    what its webhooks carry. Without them those two faults are refused. `problem` is the vendor's error body.
    """

    def __init__(
        self,
        *,
        clock: SimulatedClock | None = None,
        verification_path: str = "",
        problem: Problem = no_problem,
    ) -> None:
        self._clock = clock
        self._verification_path = verification_path
        self._problem = problem
        self._lock = threading.Lock()
        self._waiting: list[tuple[Fault, int]] = []

    def add(self, *faults: Fault) -> None:
        """Arm `faults`, each spent after its `times` matches; ValueError and none armed if one cannot be."""
        ready = [self._aimed(fault) for fault in faults]
        with self._lock:
            self._waiting.extend((fault, fault.times) for fault in ready)

    def _aimed(self, fault: Fault) -> Fault:
        """Return `fault` with the path it is for; ValueError where this simulator has nothing to break."""
        if fault.kind is FaultKind.VERIFIER_DOWN:
            if not self._verification_path:
                raise ValueError(
                    "'verifier_down' has nothing to break: this vendor offers no call that verifies its "
                    "webhooks; use 'status' with the path of the call that is to fail"
                )
            return attrs.evolve(fault, path=self._verification_path)
        if fault.kind is FaultKind.CLOCK_JUMP and self._clock is None:
            raise ValueError("'clock_jump' has nothing to move: these faults were made without a clock")
        return fault

    def clear(self) -> None:
        """Disarm all."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> tuple[tuple[Fault, int], ...]:
        """Return what is armed, with the number of matches left."""
        with self._lock:
            return tuple(self._waiting)

    def take(self, method: str, path: str, *, webhook: bool = False) -> Fault | None:
        """Return the fault meant for this request (or outgoing webhook); counts as one match."""
        with self._lock:
            for index, (fault, left) in enumerate(self._waiting):
                if fault.kind.on_webhooks is webhook and fault.matches(method, path):
                    if left == 1:
                        del self._waiting[index]
                    else:
                        self._waiting[index] = (fault, left - 1)
                    return fault
        return None

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """`app` behind the faults; the control routes under `/_simulator/` are never hit."""

        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope.get("path", "")
            fault = (
                self.take(scope["method"], path)
                if scope["type"] == "http" and not path.startswith(CONTROL_PREFIX)
                else None
            )
            if fault is None:
                await app(scope, receive, send)
            elif fault.kind is FaultKind.CLOCK_JUMP and self._clock is not None:
                # In a thread: what listens to the clock may wait for the vendor's lock.
                await asyncio.to_thread(self._clock.advance, timedelta(seconds=fault.seconds))
                await app(scope, receive, send)
            else:
                await _suffer(fault, app, scope, receive, send, self._problem)

        return guarded


async def _suffer(
    fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send, problem: Problem
) -> None:
    match fault.kind:
        case FaultKind.RESET:
            await _read_all(receive)
            await _end(scope, ABORT)
        case FaultKind.STATUS | FaultKind.VERIFIER_DOWN:
            await _refuse(fault, send, problem, fault.status, {})
        case FaultKind.RATE_LIMIT:
            pause = {"retry-after": str(math.ceil(fault.seconds))}
            await _refuse(fault, send, problem, HTTPStatus.TOO_MANY_REQUESTS, pause)
        case FaultKind.SLOW:
            await asyncio.sleep(fault.seconds)
            await app(scope, receive, send)
        case _:
            status, headers, body = await _run(app, scope, receive)
            await _distort(fault, scope, send, status=status, headers=headers, body=body)


async def _refuse(fault: Fault, send: Send, problem: Problem, status: int, more: Mapping[str, str]) -> None:
    """Answer `status` with the fault's body, or as the vendor does; the fault's headers win over `more`."""
    usual: Mapping[str, str] = {}
    body = (fault.body or "").encode()
    if fault.body is None and status >= HTTPStatus.BAD_REQUEST:
        usual, body = problem(status)
    # In lower case, so that each is sent once.
    own = {name.lower(): value for name, value in fault.headers.items()}
    await _answer(send, status, {**usual, **more, **own}, [body])


async def _distort(
    fault: Fault, scope: Scope, send: Send, *, status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    """Answer an effect that already happened, in the way the fault demands."""
    match fault.kind:
        case FaultKind.CUT:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            await _end(scope, CUT)
        case FaultKind.NOT_JSON:
            page = fault.body or "<html><body><h1>Welcome to the captive portal</h1></body></html>"
            await _answer(send, status, {"content-type": "text/html"}, [page.encode()])
        case FaultKind.HUGE:
            await _stream(send, status, {"content-type": "application/json"}, _filler(fault.size))
        case FaultKind.GZIP_BOMB:
            bomb = await asyncio.to_thread(_bomb, fault.size)
            encoded = {"content-type": "application/json", "content-encoding": "gzip"}
            await _answer(send, status, encoded, [bomb])
        case _:
            await _end(scope, ABORT)


async def _read_all(receive: Receive) -> None:
    """Take the request's body, so that the client meets the reset while reading, every time."""
    while (await receive()).get("more_body", False):
        pass


async def _end(scope: Scope, how: str) -> None:
    end = scope.get(how)
    if end is None:
        raise RuntimeError(
            "this fault ends the TCP connection and needs paraph.testing.simulator.server.serve"
        )
    end()
    # Let the loop report the lost connection, else the server would try to answer for the application.
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def _run(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Run `app` to its end and keep its answer."""
    status = 500
    headers: list[tuple[bytes, bytes]] = []
    body = bytearray()

    async def keep(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], list(message.get("headers", []))
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await app(scope, receive, keep)
    return status, headers, bytes(body)


async def _answer(send: Send, status: int, headers: Mapping[str, str], chunks: list[bytes]) -> None:
    async def given() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    length = str(sum(map(len, chunks)))
    await _stream(send, status, {**headers, "content-length": length}, given())


async def _stream(send: Send, status: int, headers: Mapping[str, str], chunks: AsyncIterator[bytes]) -> None:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    async for chunk in chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _filler(size: int) -> AsyncIterator[bytes]:
    """Yield a valid JSON document of about `size` bytes, so that only its size is wrong."""
    yield b'{"filler":"'
    for start in range(0, size, _CHUNK):
        yield b"x" * min(_CHUNK, size - start)
    yield b'"}'


def _bomb(size: int) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0) as stream:
        for start in range(0, size, _CHUNK):
            stream.write(b" " * min(_CHUNK, size - start))
        stream.write(b"{}")
    return packed.getvalue()
