"""A vendor's webhook sender: one queue, one thread, real HTTP.

Theory. A delivery is queued and attempted; an answer that the vendor accepts makes it SUCCESS. Otherwise it
is attempted again after each of the vendor's pauses (simulated time: advance the clock), and FAILED when none
is left. Deliveries leave in the order they were queued, unless a fault delays or shuffles them, or one is
repeated. Body and headers are made at the moment of the attempt, so a vendor can mint something fresh, or
sign, each time. The queue is *idle* when nothing waits, nothing is held back and nothing is on the wire; a
delivery that will be repeated later is PENDING, and the queue idle until the clock says so.
"""

import collections
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

import attrs
import httpx

from paraph.flow.trust import trusted
from paraph.testing.simulator.clock import SimulatedClock
from paraph.testing.simulator.faults import FaultKind, Faults


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"


@attrs.frozen(kw_only=True)
class Attempt:
    """One try: what was sent, when (simulated), and the HTTP status or the kind of failure."""

    at: datetime
    body: bytes = attrs.field(repr=False)
    status_code: int | None
    reason: str


@attrs.define(kw_only=True, eq=False)
class Delivery:
    """One webhook for one endpoint.

    `make_body`, and `make_headers` with that body, are called for each attempt, `on_attempt` after it.
    """

    url: str = attrs.field(repr=False)
    make_body: Callable[[], bytes] = attrs.field(repr=False)
    on_attempt: Callable[[Attempt], None] | None = attrs.field(default=None, repr=False)
    make_headers: Callable[[bytes], Mapping[str, str]] | None = attrs.field(default=None, repr=False)
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: list[Attempt] = attrs.field(factory=list)
    repeated: int = 0


@attrs.define(kw_only=True, eq=False)
class _Held:
    """A delivery that a fault holds back until `due` (monotonic seconds); `shuffled` ones go together."""

    delivery: Delivery
    due: float
    shuffled: bool = False


def exactly_200(status: int) -> bool:
    """Accept one answer only, as some vendors do."""
    return status == httpx.codes.OK


class WebhookQueue:
    """Delivers in the background between `start` and `stop`.

    The options are the vendor's habits: `timeout`, the seconds it waits for an answer; `accepts`, which
    statuses it takes for success; `retries`, the pauses after which it tries again, none by default.
    """

    def __init__(
        self,
        *,
        clock: SimulatedClock,
        faults: Faults,
        timeout: float = 20.0,
        accepts: Callable[[int], bool] = exactly_200,
        retries: Sequence[timedelta] = (),
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._timeout = timeout
        self._accepts = accepts
        self._retries = tuple(retries)
        self._later: list[tuple[datetime, Delivery]] = []
        self._changed = threading.Condition()
        self._waiting: collections.deque[Delivery] = collections.deque()
        self._held: list[_Held] = []
        self._busy = False
        self._stopping = False
        self._thread: threading.Thread | None = None
        # A fixed seed: a shuffled order is the same in every run.
        self._random = random.Random(1)  # noqa: S311 - order of test traffic, not a secret
        self.history: list[Delivery] = []
        clock.listen(self._repeat_due)

    def submit(
        self,
        url: str,
        make_body: Callable[[], bytes],
        on_attempt: Callable[[Attempt], None] | None = None,
        *,
        make_headers: Callable[[bytes], Mapping[str, str]] | None = None,
    ) -> Delivery:
        """Queue one POST of JSON to `url`; returns the delivery whose `status` will change.

        `make_headers` gets the body of each attempt and returns further headers, such as a signature.
        """
        delivery = Delivery(url=url, make_body=make_body, on_attempt=on_attempt, make_headers=make_headers)
        with self._changed:
            self.history.append(delivery)
            self._waiting.append(delivery)
            self._changed.notify_all()
        return delivery

    def start(self) -> None:
        """Start delivering; RuntimeError if it runs already."""
        if self._thread is not None:
            raise RuntimeError("the webhook queue runs already; stop() it first")
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="simulator-webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the attempt on the wire; what still waits stays PENDING. Harmless when not started."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def drain(self, timeout: float = 60.0) -> None:
        """Wait until the queue is idle; TimeoutError after `timeout` seconds, RuntimeError if not started."""
        if self._thread is None:
            raise RuntimeError("the webhook queue is not started; use start() or the simulator's running()")
        with self._changed:
            if not self._changed.wait_for(lambda: not (self._waiting or self._held or self._busy), timeout):
                left = len(self._waiting) + len(self._held) + self._busy
                raise TimeoutError(f"{left} webhooks are still under way after {timeout:g} s")

    def _run(self) -> None:
        with httpx.Client(timeout=self._timeout, trust_env=False, verify=trusted()) as http:
            while True:
                with self._changed:
                    self._changed.wait_for(self._has_work, self._patience())
                    if self._stopping:
                        return
                    delivery, free = self._next()
                    self._busy = delivery is not None
                if delivery is not None:
                    try:
                        self._handle(http, delivery, free=free)
                    finally:
                        with self._changed:
                            self._busy = False
                            self._changed.notify_all()

    def _has_work(self) -> bool:
        return self._stopping or bool(self._waiting) or (self._patience() == 0)

    def _patience(self) -> float | None:
        """Seconds until the first held delivery is due; None if none is held."""
        return max(0.0, min(held.due for held in self._held) - time.monotonic()) if self._held else None

    def _next(self) -> tuple[Delivery | None, bool]:
        """Return the next delivery, and whether faults may no longer touch it because they already did."""
        now = time.monotonic()
        due = [held for held in self._held if held.due <= now]
        if due:
            self._held.remove(due[0])
            return due[0].delivery, True
        return (self._waiting.popleft(), False) if self._waiting else (None, False)

    def _handle(self, http: httpx.Client, delivery: Delivery, *, free: bool) -> None:
        fault = None if free else self._faults.take("POST", _path(delivery.url), webhook=True)
        match fault.kind if fault else None:
            case FaultKind.WEBHOOK_DROP:
                self._record(delivery, delivery.make_body(), None, "dropped")
            case FaultKind.WEBHOOK_DELAY if fault:
                self._hold(delivery, fault.seconds, shuffled=False)
                return
            case FaultKind.WEBHOOK_SHUFFLE if fault:
                self._hold(delivery, fault.seconds, shuffled=True)
                if all(kept != fault for kept, _left in self._faults.waiting()):
                    self._release_shuffled()
                return
            case FaultKind.WEBHOOK_DOUBLE:
                body = delivery.make_body()
                self._post(http, delivery, body)
                self._post(http, delivery, body)
            case _:
                self._post(http, delivery, delivery.make_body())
        if delivery.status is DeliveryStatus.PENDING:
            with self._changed:
                self._later.append((self._clock.now() + self._retries[delivery.repeated], delivery))
                delivery.repeated += 1

    def _repeat_due(self, now: datetime) -> None:
        """Queue what is to be tried again by now; called at every beat of the clock."""
        with self._changed:
            due = [delivery for at, delivery in self._later if at <= now]
            if due:
                self._later = [each for each in self._later if each[0] > now]
                self._waiting.extend(due)
                self._changed.notify_all()

    def _hold(self, delivery: Delivery, seconds: float, *, shuffled: bool) -> None:
        with self._changed:
            self._held.append(_Held(delivery=delivery, due=time.monotonic() + seconds, shuffled=shuffled))

    def _release_shuffled(self) -> None:
        """Let those go that the spent fault held, in another order than they came."""
        with self._changed:
            together = [held for held in self._held if held.shuffled]
            before = list(together)
            self._random.shuffle(together)
            if together == before:
                together.reverse()
            others = [held for held in self._held if not held.shuffled]
            now = time.monotonic()
            self._held = [*(attrs.evolve(held, due=now) for held in together), *others]

    def _post(self, http: httpx.Client, delivery: Delivery, body: bytes) -> None:
        made = delivery.make_headers(body) if delivery.make_headers else {}
        headers = {"content-type": "application/json", **made}
        try:
            answer = http.post(delivery.url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            # The last two: an address that no request can be made of must not end the thread.
            self._record(delivery, body, None, type(error).__name__)
        else:
            self._record(delivery, body, answer.status_code, answer.reason_phrase)

    def _record(self, delivery: Delivery, body: bytes, status_code: int | None, reason: str) -> None:
        attempt = Attempt(at=self._clock.now(), body=body, status_code=status_code, reason=reason)
        delivery.attempts.append(attempt)
        if status_code is not None and self._accepts(status_code):
            delivery.status = DeliveryStatus.SUCCESS
        elif delivery.repeated < len(self._retries):
            delivery.status = DeliveryStatus.PENDING
        else:
            delivery.status = DeliveryStatus.FAILED
        if delivery.on_attempt is not None:
            delivery.on_attempt(attempt)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path or "/"
    except ValueError:
        return "/"
