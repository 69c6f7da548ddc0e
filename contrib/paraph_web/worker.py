"""Processing what was stored, after it was answered.

A delivery is offered twice: by the receiver when it has stored it, and by the sweep, which looks
every second for what waits: from before a restart, or for its next try. An offer of a delivery that
is already in hand is nothing. Each account has its own queue in order of arrival, a few of which
are processed at a time. A worker lives in one event loop, from ``start`` to ``stop``; what it does
not finish stays in the store.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import attrs

from paraph import Outcome, ParaphError
from paraph_web.calls import Calls

SWEEP_SECONDS = 1.0
DRAIN_SECONDS = 10.0

log = logging.getLogger("paraph.webhooks")


@attrs.define(eq=False)
class _Lane:
    """The deliveries of one account that wait, in order of arrival, and how many tasks work on them."""

    waiting: deque[str] = attrs.field(factory=deque)
    working: int = 0


class Worker:
    """Processes offered deliveries in the running event loop.

    :param tell: is told each outcome; must not raise.
    """

    def __init__(
        self,
        calls: Calls,
        tell: Callable[[Outcome], None],
        *,
        sweep: float = SWEEP_SECONDS,
        drain: float = DRAIN_SECONDS,
    ) -> None:
        self._calls = calls
        self._tell = tell
        self._pause = sweep
        self._drain = drain
        self._room = asyncio.Semaphore(calls.in_all)
        self._lanes: dict[str, _Lane] = {}
        self._in_hand: set[str] = set()
        self._tasks: set[asyncio.Task[object]] = set()
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether it still works: it was started, not stopped, and its event loop has not ended."""
        return self._sweeping is not None and not self._sweeping.done()

    def start(self) -> None:
        """Begin to work, first on what waits from before."""
        self._sweeping = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        """End: finish what is in hand as far as that is possible in ``drain`` seconds."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.wait([self._sweeping])
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self._drain)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def finish(self, work: Coroutine[Any, Any, object]) -> None:
        """Do in the background what nobody waits for any more; ``stop`` waits for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def offer(self, account: str, delivery_id: str) -> None:
        """Process a delivery soon, unless it is in hand."""
        if delivery_id in self._in_hand:
            return
        self._in_hand.add(delivery_id)
        lane = self._lanes.setdefault(account, _Lane())
        lane.waiting.append(delivery_id)
        if lane.working < self._calls.per_account:
            lane.working += 1
            self.finish(self._work(lane))

    async def _sweep(self) -> None:
        while True:
            try:
                waiting = await self._calls.due()
            except ParaphError as error:
                log.warning("waiting deliveries could not be looked up: %s", type(error).__name__)
            else:
                for account, delivery_id in waiting:
                    self.offer(account, delivery_id)
            await asyncio.sleep(self._pause)

    async def _work(self, lane: _Lane) -> None:
        """Process what waits in a lane until nothing does."""
        try:
            while lane.waiting:
                async with self._room:
                    if lane.waiting:
                        await self._process(lane.waiting.popleft())
                await asyncio.sleep(0)  # where nothing had to be waited for, requests come first
        finally:
            lane.working -= 1
            if not lane.working:  # if it was cut short, the sweep offers again what still waits
                self._in_hand.difference_update(lane.waiting)
                lane.waiting.clear()

    async def _process(self, delivery_id: str) -> None:
        try:
            outcome = await self._calls.process(delivery_id)
        except Exception as error:  # noqa: BLE001 - the delivery is stored: the sweep offers it again
            log.warning("delivery %s could not be processed: %s", delivery_id, type(error).__name__)
        else:
            self._tell(outcome)
        finally:
            self._in_hand.discard(delivery_id)
