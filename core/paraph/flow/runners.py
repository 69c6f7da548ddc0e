"""The two runners: the only places in paraph that wait.

Both execute the same commands in the same order; they differ in ``await`` and in
what waits: a thread blocks, a task yields. Work that blocks (store, files,
secrets) runs in a thread under asyncio and is shielded: cancelling the task
abandons the waiting, not a half-made commit.
"""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
import uuid
import weakref
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from paraph.flow.commands import (
    Await,
    Call,
    Command,
    Download,
    Downloaded,
    Flow,
    Gather,
    Http,
    NewId,
    Now,
    Shared,
    Sleep,
)
from paraph.flow.lanes import Lanes
from paraph.flow.session import Cell, Sessions, begin, begin_async

if TYPE_CHECKING:
    import asyncio

    import httpx

R = TypeVar("R")


def utc_now() -> datetime:
    """Return the current time, aware UTC."""
    return datetime.now(UTC)


class SyncRunner:
    """Runs flows in the calling thread; one runner may serve many threads."""

    def __init__(
        self,
        sessions: Sessions[httpx.Client],
        *,
        clock: Callable[[], datetime] = utc_now,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._pause = pause

    def run(self, flow: Flow[R]) -> R:
        """Run a flow to its end and return its value."""
        value: Any = None
        error: Exception | None = None
        try:
            while True:
                try:
                    command = flow.send(value) if error is None else flow.throw(error)
                except StopIteration as stop:
                    result: R = stop.value
                    return result
                value, error = None, None
                try:
                    value = self.execute(command)
                except Exception as raised:  # noqa: BLE001 - handed to the flow, which decides
                    error = raised
        finally:
            flow.close()

    def execute(self, command: Command) -> Any:
        """Execute one command and return its result."""
        match command:
            case Http():
                return self._http(command)
            case Call(function, args):
                return function(*args)
            case Shared():
                return self._shared(command)
            case Download():
                return self._download(command)
            case Gather():
                return self._gather(command)
            case Now():
                return self._clock()
            case Sleep(seconds):
                return self._pause(seconds)
            case Await(signal, seconds):
                return signal.wait(seconds)
            case NewId():
                return uuid.uuid4().hex
            case _:
                raise unanswered(command)

    def _http(self, command: Http) -> httpx.Response:
        from paraph.flow.exchange import EXCHANGE_ERRORS, Body, raw_blocks, transport_error

        client = self._sessions.client(command.account)
        try:
            response = begin(client, command.request)
            try:
                body = Body(command, response, command.limit)
                for raw in raw_blocks(response):
                    body.add(raw)
                return body.response()
            finally:
                response.close()
        except EXCHANGE_ERRORS as error:
            failure = transport_error(error, command)
        raise failure  # outside the handler: the error of httpx holds the request and its credentials

    def _download(self, command: Download) -> Downloaded:
        from paraph.flow.exchange import EXCHANGE_ERRORS, Body, Tally, raw_blocks, transport_error

        client = self._sessions.client(command.account)
        try:
            response = begin(client, command.request)
            try:
                tally = Tally(command, response)
                if response.is_success:
                    for raw in raw_blocks(response):
                        tally.write(raw)
                    return tally.result()
                body = Body(command, response, MAX_ERROR)
                for raw in raw_blocks(response):
                    body.add(raw)
                return tally.refused(body)
            finally:
                response.close()
        except EXCHANGE_ERRORS as error:
            failure = transport_error(error, command)
        raise failure  # outside the handler: the error of httpx holds the request and its credentials

    def _shared(self, command: Shared) -> Any:
        cell = self._sessions.cell(command.account, command.key)
        seen = cell.failures
        if cell.usable(command.fresh):
            return cell.value
        with cell.lock:
            if cell.settled(command.fresh, seen):
                return cell.value
            try:
                return cell.fill(self.run(command.produce()))
            except Exception as error:
                cell.fail(error)
                raise

    def _gather(self, command: Gather) -> tuple[Any, ...]:
        lanes = Lanes(command)
        threads: list[threading.Thread] = []
        try:
            with contextlib.suppress(RuntimeError):  # no thread to be had: this one does all the work
                for _ in range(lanes.width - 1):
                    run = contextvars.copy_context().run
                    thread = threading.Thread(target=run, args=(self._work, lanes), daemon=True)
                    thread.start()
                    threads.append(thread)
            self._work(lanes)
            _join(threads)
        except BaseException:
            # An interrupt, mostly. Whoever comes next must not find a lane that goes on; a second one leaves
            # at once, and then what is under way comes to its end with nothing after it.
            lanes.abandon()
            _join(threads)
            raise
        return lanes.values()

    def _work(self, lanes: Lanes) -> None:
        while (turn := lanes.take()) is not None:
            number, flow = turn
            try:
                lanes.keep(number, self.run(lanes.watched(flow())))
            except BaseException as error:  # noqa: BLE001 - raised by who waits for all of them
                lanes.fail(number, error)


def _join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join()


class AsyncRunner:
    """Runs flows as coroutines; many tasks of one event loop may share it."""

    def __init__(
        self,
        sessions: Sessions[httpx.AsyncClient],
        *,
        clock: Callable[[], datetime] = utc_now,
        pause: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        self._sessions = sessions
        self._clock = clock
        self._pause = pause
        # An asyncio lock belongs to one loop, so it lives beside the cell and goes with the runner.
        self._locks: weakref.WeakKeyDictionary[Cell, asyncio.Lock] = weakref.WeakKeyDictionary()

    async def run(self, flow: Flow[R]) -> R:
        """Run a flow to its end and return its value; cancellation closes the flow and passes on."""
        value: Any = None
        error: Exception | None = None
        try:
            while True:
                try:
                    command = flow.send(value) if error is None else flow.throw(error)
                except StopIteration as stop:
                    result: R = stop.value
                    return result
                value, error = None, None
                try:
                    value = await self.execute(command)
                except Exception as raised:  # noqa: BLE001 - handed to the flow, which decides
                    error = raised
        finally:
            flow.close()

    async def execute(self, command: Command) -> Any:
        """Execute one command and return its result."""
        import asyncio

        match command:
            case Http():
                return await self._http(command)
            case Call(function, args):
                return await asyncio.shield(asyncio.to_thread(function, *args))
            case Shared():
                return await self._shared(command)
            case Download():
                return await self._download(command)
            case Gather():
                return await self._gather(command)
            case Now():
                return self._clock()
            case Sleep(seconds):
                return await (self._pause or asyncio.sleep)(seconds)
            case Await(signal, seconds):
                return await signal.wait_async(seconds)
            case NewId():
                return uuid.uuid4().hex
            case _:
                raise unanswered(command)

    async def _client(self, account: str) -> httpx.AsyncClient:
        """Return the account's client; making one reads certificates, so that happens in a thread."""
        import asyncio

        found = self._sessions.opened(account)
        return found if found is not None else await asyncio.to_thread(self._sessions.client, account)

    async def _http(self, command: Http) -> httpx.Response:
        from paraph.flow.exchange import EXCHANGE_ERRORS, Body, raw_blocks_async, transport_error

        client = await self._client(command.account)
        try:
            response = await begin_async(client, command.request)
            try:
                body = Body(command, response, command.limit)
                async for raw in raw_blocks_async(response):
                    body.add(raw)
                return body.response()
            finally:
                await response.aclose()
        except EXCHANGE_ERRORS as error:
            failure = transport_error(error, command)
        raise failure  # outside the handler: the error of httpx holds the request and its credentials

    async def _download(self, command: Download) -> Downloaded:
        import asyncio

        from paraph.flow.exchange import (
            EXCHANGE_ERRORS,
            Body,
            Tally,
            batches,
            raw_blocks_async,
            transport_error,
        )

        client = await self._client(command.account)
        try:
            response = await begin_async(client, command.request)
            try:
                tally = Tally(command, response)
                if response.is_success:
                    async for some in batches(response):
                        await asyncio.to_thread(tally.write, *some)
                    return tally.result()
                body = Body(command, response, MAX_ERROR)
                async for raw in raw_blocks_async(response):
                    body.add(raw)
                return tally.refused(body)
            finally:
                await response.aclose()
        except EXCHANGE_ERRORS as error:
            failure = transport_error(error, command)
        raise failure  # outside the handler: the error of httpx holds the request and its credentials

    async def _shared(self, command: Shared) -> Any:
        import asyncio

        cell = self._sessions.cell(command.account, command.key)
        seen = cell.failures
        if cell.usable(command.fresh):
            return cell.value
        async with self._locks.setdefault(cell, asyncio.Lock()):
            if cell.settled(command.fresh, seen):
                return cell.value
            try:
                return cell.fill(await self.run(command.produce()))
            except Exception as error:
                cell.fail(error)
                raise

    async def _gather(self, command: Gather) -> tuple[Any, ...]:
        import asyncio

        lanes = Lanes(command)
        # Together they are cancelled with this task, and all of them have ended when it goes on.
        ended = await asyncio.gather(*map(self._work, [lanes] * lanes.width), return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error
        return lanes.values()

    async def _work(self, lanes: Lanes) -> None:
        while (turn := lanes.take()) is not None:
            number, flow = turn
            try:
                lanes.keep(number, await self.run(flow()))
            except Exception as error:  # noqa: BLE001 - raised by who waits for all of them
                lanes.fail(number, error)


MAX_ERROR = 1 << 20
"""Bytes of a failed download's answer that are read."""


def unanswered(command: Command) -> TypeError:
    """Make the error for a command that nobody on the way answered."""
    return TypeError(
        f"{type(command).__name__} reached the runner: run this flow through a client's operation"
    )
