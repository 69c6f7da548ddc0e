"""Driving a provider's flow by hand: every request is looked at and answered in the test.

No client and no fake server: the test is the vendor. Commands that are no requests (journal,
kept secrets, time) are answered here in the simplest way that keeps their promises.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from paraph.flow.commands import (
    NOT_DONE,
    Call,
    Command,
    Download,
    Downloaded,
    Flow,
    Gather,
    Http,
    Identify,
    Now,
    Recall,
    Remember,
    Shared,
    Sleep,
    Step,
)
from paraph.flow.intercept import intercept
from paraph.model import Secret

AT = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
INTENT = object()
"""Stands in a journal for a step whose effect was begun and whose result is not known."""


class Talk:
    """A conversation with one flow.

    :ivar journal: results of steps by key; :data:`INTENT` where one was interrupted.
    :ivar kept: secrets by key. :ivar known: what ``identify`` committed. :ivar pauses: seconds waited.
    """

    def __init__(
        self,
        flow: Flow[Any],
        *,
        at: datetime = AT,
        journal: dict[str, Any] | None = None,
        kept: Mapping[str, str] | None = None,
        shared: dict[str, Any] | None = None,
    ) -> None:
        self.at = at
        self.journal = {} if journal is None else journal
        self.kept = dict(kept or {})
        self.shared = {} if shared is None else shared
        self.known: list[tuple[str, dict[str, str]]] = []
        self.pauses: list[float] = []
        self.over = False
        self.result: Any = None
        self._flow = self._under(flow)
        self._pending: Http | Download | None = None
        self._go(None)

    def expect(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Any = None,
        reply: Any = None,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        """Check the next request and answer it with JSON (or bytes, if ``reply`` is bytes)."""
        assert not self.over, f"the flow ended where {method} {path} was expected"
        command = self._pending
        assert command is not None
        request = command.request
        assert (method, path) == (request.method, request.url.raw_path.decode().partition("?")[0])
        assert (query or {}) == dict(request.url.params)
        if body is not None:
            assert body == json.loads(request.content)
        content = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
        response = httpx.Response(status, content=content, headers=headers, request=request)
        if isinstance(command, Download):
            if response.is_success:
                command.sink.write(content)
            self._go(Downloaded(response=response, sha256="", size=len(content)))
        else:
            self._go(response)
        return request

    def fail(self, error: Exception) -> None:
        """Let the pending request raise."""
        self._step(lambda: self._flow.throw(error))

    def _go(self, value: Any) -> None:
        self._step(lambda: self._flow.send(value))

    def _step(self, move: Any) -> None:
        try:
            command = move()
        except StopIteration as stop:
            self.over, self.result, self._pending = True, stop.value, None
        else:
            assert isinstance(command, Http | Download), command
            self._pending = command

    def _under(self, flow: Flow[Any]) -> Flow[Any]:
        return intercept(flow, self._handle)

    def _handle(self, command: Command) -> Flow[Any] | None:
        match command:
            case Http() | Download():
                return None
            case Step():
                return self._under(self._journalled(command))
            case Gather(flows=flows):
                return self._in_turn(flows)
            case Shared(key=key, fresh=fresh, produce=produce):
                return self._under(self._share(key, fresh, produce))
            case _:
                return self._at_once(command)

    def _journalled(self, command: Step) -> Flow[Any]:
        found = self.journal.get(command.key)
        if command.key in self.journal and found is not INTENT:
            return found
        if found is INTENT and command.recover is not None:
            outcome = yield from command.recover()
            if outcome is not NOT_DONE:
                self.journal[command.key] = outcome.value
                return outcome.value
        self.journal[command.key] = INTENT
        self.journal[command.key] = yield from command.effect()
        # Results travel through JSON in the real journal.
        return json.loads(json.dumps(self.journal[command.key]))

    def _in_turn(self, flows: Any) -> Flow[Any]:
        values = []
        for flow in flows:
            values.append((yield from flow()))  # noqa: PERF401 - a comprehension cannot yield from
        return tuple(values)

    def _share(self, key: str, fresh: Any, produce: Any) -> Flow[Any]:
        if key not in self.shared or not fresh(self.shared[key]):
            self.shared[key] = yield from produce()
        return self.shared[key]

    def _at_once(self, command: Command) -> Flow[Any]:
        match command:
            case Now():
                return self.at
            case Sleep(seconds):
                self.pauses.append(seconds)
            case Call(function, args):
                return function(*args)
            case Remember(key, value):
                self.kept[key] = value.reveal()
            case Recall(key):
                return Secret(self.kept[key]) if key in self.kept else None
            case Identify():
                for name, pairs in (("signatories", command.signatories), ("documents", command.documents)):
                    if pairs:
                        self.known.append((name, dict(pairs)))
                if command.envelope:
                    self.known.append(("envelope", {"": command.envelope}))
        return None
        yield command  # makes this a flow


def answer_of(flow: Flow[Any]) -> Any:
    """Run a flow that makes no request, and return its value."""
    talk = Talk(flow)
    assert talk.over, "the flow made a request"
    return talk.result
