"""A signal that one thread or task waits for, and any other gives: once, in either kind of runner."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable


class Signal:
    """Given once, by anybody; waited for by one, in a thread or in an event loop."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._told: Callable[[], object] | None = None

    def give(self) -> None:
        """Let the one who waits go on; giving it twice is harmless."""
        self._event.set()
        told = self._told
        if told is not None:
            with contextlib.suppress(RuntimeError):  # the loop of who waited is closed: nobody waits
                told()

    def wait(self, seconds: float) -> bool:
        """Block until it is given; whether it was, within that time."""
        return self._event.wait(seconds)

    async def wait_async(self, seconds: float) -> bool:
        """Do the same in a task."""
        import asyncio

        loop = asyncio.get_running_loop()
        given: asyncio.Future[None] = loop.create_future()

        def tell() -> None:
            if not given.done():
                given.set_result(None)

        # First the callback, then the look: whoever gives it does it in the other order, so none is missed.
        self._told = lambda: loop.call_soon_threadsafe(tell)
        if self._event.is_set():
            return True
        late = loop.call_later(seconds, tell)
        try:
            await given
        finally:
            late.cancel()
            self._told = None
        return self._event.is_set()
