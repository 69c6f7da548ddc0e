"""A webhook endpoint on the standard library's server, and one for files (contract 4.5, 4.6, 7.2, 7.4).

Every delivery is answered 200 and judged in the SDK's order: the fields that must be there, the application,
the environment, and the token, which the vendor checks and uses up. `isValid` must be true itself: the answer
is an object and an object is always true.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from providers.ignisign.replay.shapes import CONTENTS, EVENT, TOKEN_CHECK, fits
from providers.ignisign.replay.vendor import RefusedError, Vendor

REQUIRED = ("topic", "action", "msgNature", "verificationToken", "appId", "appEnv")
SECONDS = 10.0

Match = Callable[[dict[str, Any]], bool]


@dataclass
class Hooks:
    """What came: `events` in the order they were believed, `refused` with the reason, `taken` for asserts."""

    vendor: Vendor
    url: str
    events: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def judge(self, event: Any) -> str:
        """Return why a delivery is not believed; empty if it is."""
        if not isinstance(event, dict) or any(not event.get(name) for name in REQUIRED):
            return "malformed"
        if event["appId"] != self.vendor.app_id:
            return "another application"
        if event["appEnv"] != self.vendor.app_env:
            return "another environment"
        asked = {"token": event["verificationToken"], "appId": event["appId"], "appEnv": event["appEnv"]}
        try:
            check = self.vendor.post(
                "/v4/tokens/webhook-verification/checking-consumption", TOKEN_CHECK, asked
            )
        except RefusedError as error:
            return error.code
        if check["isValid"] is True:
            assert check["haveBeenConsumed"] is True
            return ""
        assert check["haveBeenConsumed"] is False
        reasons: list[str] = [name for name, value in check.items() if value is True]
        return reasons[0]

    def take(self, body: bytes) -> None:
        """Judge one delivery and keep it."""
        try:
            event = json.loads(body)
        except ValueError:
            event = None
        reason = self.judge(event)
        with self.changed:
            if reason:
                self.refused.append(reason)
            else:
                self.events.append(event)
            self.changed.notify_all()

    def expect(self, name: str, count: int = 1, /, **content: Any) -> Any:
        """Wait for TOPIC/ACTION with this `content`; return its content, or all of them if `count` is more.

        Everything that has come so far must have the shape that its topic promises.
        """
        topic, action = name.split("/")

        def found() -> list[dict[str, Any]]:
            return [
                event.get("content", {})
                for event in self.events
                if (event["topic"], event["action"]) == (topic, action)
                and content.items() <= event.get("content", {}).items()
            ]

        with self.changed:
            assert self.changed.wait_for(lambda: len(found()) >= count, SECONDS), (
                f"no {name}; came: {self.names(**content)}, refused: {self.refused}"
            )
            for event in self.events:
                fits(event, EVENT)
                if event["msgNature"] != "ERROR":
                    fits(event["content"], CONTENTS[event["topic"]])
            told = found()
            assert len(told) == count, f"{name} came {len(told)} times"
        return told[0] if count == 1 else told

    def names(self, **content: Any) -> list[str]:
        """Return TOPIC/ACTION of what came about `content`, in order."""
        return [
            f"{event['topic']}/{event['action']}"
            for event in self.events
            if content.items() <= event.get("content", {}).items()
        ]

    def nature(self, name: str, **content: Any) -> str:
        """Return the nature of the one event called TOPIC/ACTION."""
        (nature,) = (
            event["msgNature"]
            for event in self.events
            if f"{event['topic']}/{event['action']}" == name
            and content.items() <= event.get("content", {}).items()
        )
        return str(nature)


@contextmanager
def receiving(vendor: Vendor) -> Iterator[Hooks]:
    """Serve a webhook endpoint and register it with the vendor; both are gone in the end."""

    class Receiver(_Quiet):
        def do_POST(self) -> None:
            """Take a delivery and answer 200, whatever it was."""
            hooks.take(self.rfile.read(int(self.headers["content-length"])))
            self.answer(200)

    with _serving(Receiver) as base_url:
        hooks = Hooks(vendor=vendor, url=f"{base_url}/webhooks")
        yield hooks


@dataclass
class Shelf:
    """Files to be fetched by their path; `bearer`, if any, is asked for. `asked`: the paths that were met."""

    base_url: str
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    bearer: str = ""
    asked: list[str] = field(default_factory=list)

    def put(self, path: str, content: bytes, mime: str = "application/pdf") -> str:
        """Offer a file; returns its address."""
        self.files[path] = (content, mime)
        return f"{self.base_url}{path}"


@contextmanager
def shelf() -> Iterator[Shelf]:
    """Serve files, with the CORS answer that a page of another site needs (contract 7.2)."""

    class Files(_Quiet):
        def do_GET(self) -> None:
            """Hand out a file to who may have it."""
            offer.asked.append(self.path)
            allowed = not offer.bearer or self.headers["authorization"] == f"Bearer {offer.bearer}"
            content, mime = offer.files.get(self.path.partition("?")[0], (b"", "text/plain"))
            self.answer((200 if allowed else 401) if content else 404, content if allowed else b"", mime)

    with _serving(Files) as base_url:
        offer = Shelf(base_url)
        yield offer


class _Quiet(BaseHTTPRequestHandler):
    """The standard handler without its log."""

    def answer(self, status: int, content: bytes = b"", mime: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("content-type", mime)
        self.send_header("content-length", str(len(content)))
        self.send_header("access-control-allow-origin", "*")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
