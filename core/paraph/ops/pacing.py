"""An account's pace: its requests take turns, its vendor's health is noted, its polls are counted.

What an answer says about the rate is believed only of the account's own origin: the host of an uploaded file
has limits of its own. It does take its turn as any other request does.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from paraph.errors import ConnectFailed, ConnectionLost, TimedOut
from paraph.flow.breaker import Breaker
from paraph.flow.bucket import Bucket, Timeline
from paraph.flow.commands import Download, Downloaded, Flow, Http
from paraph.flow.governor import Governor
from paraph.flow.helpers import now
from paraph.provider.limits import Limits
from paraph.provider.quota import may_tell, quota_of

if TYPE_CHECKING:
    import httpx

    from paraph.ops.kernel import Kernel
    from paraph.provider.account import Account

log = logging.getLogger("paraph.limits")

BROKEN: Final = 500
_DOWN: Final = (ConnectFailed, TimedOut, ConnectionLost)


class Pace:
    """What one client knows of how one account may be used: shared by its threads and tasks."""

    def __init__(self, limits: Limits) -> None:
        self.governor = Governor(limits)
        self.breaker = Breaker(limits)
        self.polls = Polls(limits.polls)


class Polls:
    """The budget of reads that nobody asked for: those of ``wait`` and ``reconcile``.

    :param a_minute: how many; ``None``: any number.
    """

    def __init__(self, a_minute: float | None) -> None:
        self._lock = threading.Lock()
        self._timeline = Timeline()
        self._bucket = None if a_minute is None else Bucket(a_minute / 60, max(1, int(a_minute)))

    def take(self, clock: datetime) -> bool:
        """Take one if there is one."""
        if self._bucket is None:
            return True
        with self._lock:
            return self._bucket.take(self._timeline.at(clock))


def may_poll(kernel: Kernel, account: Account[Any]) -> Flow[bool]:
    """Whether the account's budget allows one more read that nobody asked for; it is taken then."""
    if account.limits.polls is None:
        return True
    at = yield from now()
    return kernel.pace(account).polls.take(at)


def paced(pace: Pace, command: Http | Download, *, at_home: bool) -> Flow[httpx.Response | Downloaded]:
    """Send a request when its turn has come, and note how that went.

    :raises RateLimited: its turn did not come within the account's patience; nothing was sent.
    """
    governor, breaker = pace.governor, pace.breaker
    if not governor.enter_at_once():
        request = command.request
        yield from governor.enter(command.account, f"{request.method} {request.url.path}")
    epoch = breaker.epoch
    try:
        result: httpx.Response | Downloaded = yield command
    except _DOWN:
        yield from _failed(breaker, epoch, command.account)
        raise
    finally:
        governor.leave()
    response = result.response if isinstance(result, Downloaded) else result
    if response.status_code >= BROKEN:
        yield from _failed(breaker, epoch, command.account)
    elif not breaker.quiet:
        breaker.succeeded(epoch)
    if at_home and may_tell(response):
        yield from _heed(governor, response)
    return result


def _failed(breaker: Breaker, epoch: int, account: str) -> Flow[None]:
    """Note a failure; a rest that begins is logged, since requests that fail one by one do not show it."""
    rest = breaker.failed(epoch, (yield from now()))
    if rest is not None:
        log.warning(
            "account %s rests until %s: its vendor failed %d times in a row",
            account,
            f"{rest.until:%H:%M:%S} UTC",
            rest.failures,
        )


def _heed(governor: Governor, response: httpx.Response) -> Flow[None]:
    """Do as the vendor says about further requests."""
    at = yield from now()
    quota = quota_of(response, at)
    if quota is None:
        return
    if quota.pause:
        governor.pause(quota.pause, at)
    if quota.remaining is not None:
        governor.keep(quota.remaining, at)
