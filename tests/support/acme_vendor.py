"""A vendor that offers everything, as a simulator: what the conformance suite itself is tested against.

Two requests make an envelope, signatures are a comment behind the PDF, webhooks are signed with the
account's key.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import secrets
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from paraph.testing.simulator import Mail, SimulatedAccount, Simulator
from paraph.testing.simulator.pages import Field, PageState, form, page, text

SIGNATURE = "x-acme-signature"
OPEN = frozenset({"sent"})


@attrs.define(kw_only=True, eq=False)
class Person:
    """One who signs."""

    id: str
    asked: dict[str, Any]
    token: str = attrs.field(factory=lambda: secrets.token_hex(12))
    invited: bool = False
    state: str = "waiting"


@attrs.define(kw_only=True, eq=False)
class Envelope:
    """What the vendor keeps."""

    id: str
    asked: dict[str, Any]
    people: dict[str, Person]
    documents: dict[str, dict[str, Any]]
    state: str = "draft"


def proof(key: str, body: bytes) -> str:
    """Sign a webhook."""
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest()


class AcmeSimulator(Simulator):
    """The vendor."""

    provider = "acme"

    def __init__(self) -> None:
        super().__init__()
        self.key = f"acme-{secrets.token_hex(12)}"
        self.lock = threading.RLock()
        self.numbers = itertools.count(1)
        self.envelopes: dict[str, Envelope] = {}
        self.hooks: dict[str, str] = {}
        self.told: list[dict[str, Any]] = []
        self.clock.listen(self._beat)

    def account(self, base_url: str) -> SimulatedAccount:
        table: dict[str, object] = {
            "provider": "acme", "environment": "test", "base_url": base_url, "key": "env:ACME_KEY",
        }  # fmt: skip
        return SimulatedAccount(name="acme", table=table, environment={"ACME_KEY": self.key})

    def subscribe(self, url: str) -> None:
        self.hooks.setdefault(url, f"h{len(self.hooks)}")

    def state(self) -> dict[str, Any]:
        return {"envelopes": [{"id": one.id, "state": one.state} for one in self.envelopes.values()]}

    def routes(self) -> Sequence[BaseRoute]:
        def route(path: str, method: str, answer: Callable[..., Response]) -> Route:
            async def endpoint(request: Request) -> Response:
                body = await request.body()
                if request.headers.get("authorization") != f"Bearer {self.key}":
                    return JSONResponse({"code": "UNAUTHORIZED"}, status_code=401)
                with self.lock:
                    return answer(json.loads(body) if body else {}, **request.path_params)

            return Route(path, endpoint, methods=[method])

        return [
            route("/envelopes", "POST", self._create),
            route("/envelopes/{ref}", "GET", self._read),
            route("/envelopes/{ref}/publish", "POST", self._publish),
            route("/envelopes/{ref}/cancel", "POST", self._cancel),
            route("/envelopes/{ref}/discard", "POST", self._discard),
            route("/envelopes/{ref}/people/{person}/remind", "POST", self._remind),
            route("/envelopes/{ref}/people/{person}/link", "GET", self._link),
            route("/envelopes/{ref}/documents/{document}/signed", "GET", self._signed),
            route("/envelopes/{ref}/documents/{document}/original", "GET", self._original),
            route("/envelopes/{ref}/audit", "GET", self._audit),
            route("/hooks", "POST", self._hook),
            route("/deliveries", "GET", lambda _: JSONResponse(self.told)),
            Route("/sign/{token}", self._page, methods=["GET", "POST"]),
            Route("/sign/{token}/decline", self._page, methods=["POST"]),
        ]

    # The API.

    def _create(self, asked: dict[str, Any]) -> Response:
        ref = f"e{secrets.token_hex(8)}"
        people = {f"p{secrets.token_hex(6)}": one for one in asked["people"]}
        documents = {f"d{secrets.token_hex(6)}": one for one in asked["documents"]}
        if not people or not documents:
            return JSONResponse({"code": "INCOMPLETE"}, status_code=400)
        self.envelopes[ref] = Envelope(
            id=ref,
            asked=asked,
            people={key: Person(id=key, asked=one) for key, one in people.items()},
            documents=documents,
        )
        self.effects.add("drafted", ref, asked["reference"])
        return JSONResponse(self._shown(self.envelopes[ref]))

    def _shown(self, one: Envelope) -> dict[str, Any]:
        return {
            "id": one.id,
            "reference": one.asked["reference"],
            "state": one.state,
            "people": [
                {
                    "id": person.id,
                    "key": person.asked["key"],
                    "state": person.state,
                    "invited": person.invited,
                }
                for person in one.people.values()
            ],
            "documents": [{"id": key, "key": each["key"]} for key, each in one.documents.items()],
        }

    def _read(self, _: Any, ref: str) -> Response:
        found = self.envelopes.get(ref)
        return JSONResponse(self._shown(found)) if found else JSONResponse({"code": "NONE"}, status_code=404)

    def _publish(self, _: Any, ref: str) -> Response:
        one = self.envelopes[ref]
        if one.state != "draft":
            return JSONResponse({"code": "PUBLISHED"}, status_code=409)
        one.state = "scheduled" if one.asked.get("scheduled_at") else "sent"
        self.effects.add("published", ref, one.asked["reference"])
        self._tell(one, one.state)
        self._invite(one)
        return JSONResponse(self._shown(one))

    def _discard(self, _: Any, ref: str) -> Response:
        one = self.envelopes[ref]
        if one.state != "draft":
            return JSONResponse({"code": "NO_DRAFT"}, status_code=409)
        one.state = "discarded"
        return JSONResponse(self._shown(one))

    def _cancel(self, _: Any, ref: str) -> Response:
        one = self.envelopes[ref]
        if one.state not in {"sent", "scheduled"}:
            return JSONResponse({"code": "ENDED"}, status_code=409)
        self._end(one, "cancelled")
        return JSONResponse(self._shown(one))

    def _remind(self, _: Any, ref: str, person: str) -> Response:
        found = self.envelopes[ref].people[person]
        self._mail(found)
        self.effects.add("reminded", ref)
        return JSONResponse({"number": next(self.numbers)})

    def _link(self, _: Any, ref: str, person: str) -> Response:
        found = self.envelopes[ref].people[person]
        if not found.invited:
            return JSONResponse({"code": "NOT_YET"}, status_code=409)
        return JSONResponse({"url": f"{self.base_url}/sign/{found.token}"})

    def _signed(self, _: Any, ref: str, document: str) -> Response:
        one = self.envelopes[ref]
        if one.state != "completed":
            return JSONResponse({"code": "NOT_MADE"}, status_code=409)
        content = base64.b64decode(one.documents[document]["content"])
        return Response(content + b"\n% signed\n", media_type="application/pdf")

    def _original(self, _: Any, ref: str, document: str) -> Response:
        return Response(base64.b64decode(self.envelopes[ref].documents[document]["content"]))

    def _audit(self, _: Any, ref: str) -> Response:
        return Response(f"audit of {ref}".encode(), media_type="text/plain")

    def _hook(self, asked: dict[str, Any]) -> Response:
        self.subscribe(asked["url"])
        return JSONResponse({"id": self.hooks[asked["url"]]})

    # What happens.

    def _beat(self, now: datetime) -> None:
        with self.lock:
            for one in self.envelopes.values():
                due, over = one.asked.get("scheduled_at"), one.asked.get("expires_at")
                if one.state == "scheduled" and now >= datetime.fromisoformat(due):
                    one.state = "sent"
                    self._tell(one, "sent")
                    self._invite(one)
                if one.state in OPEN and over and now >= datetime.fromisoformat(over):
                    self._end(one, "expired")

    def _invite(self, one: Envelope) -> None:
        waiting = [person for person in one.people.values() if person.state == "waiting"]
        if one.state not in OPEN or not waiting:
            return
        stage = min(person.asked["stage"] for person in waiting)
        for person in waiting:
            if person.asked["stage"] == stage and not person.invited:
                person.invited = True
                if person.asked["delivery"] == "email":
                    self._mail(person)

    def _mail(self, person: Person) -> None:
        link = f"{self.base_url}/sign/{person.token}"
        self.outbox.append(Mail(to=person.asked["email"], subject="Sign", link=link))

    def _act(self, one: Envelope, person: Person, word: str) -> None:
        person.state = word
        self._tell(one, word, person)
        if word == "declined":
            self._end(one, "declined")
            return
        stage = person.asked["stage"]
        if stage in one.asked["any_stages"]:
            for other in one.people.values():
                if other.asked["stage"] == stage and other.state == "waiting":
                    other.state = "spared"
        if all(other.state != "waiting" for other in one.people.values()):
            self._end(one, "completed")
        self._invite(one)

    def _end(self, one: Envelope, word: str) -> None:
        one.state = word
        self.effects.add(word, one.id, one.asked["reference"])
        self._tell(one, word)

    def _tell(self, one: Envelope, word: str, person: Person | None = None) -> None:
        said = {
            "number": next(self.numbers),
            "word": word,
            "envelope": one.id,
            "reference": one.asked["reference"],
            "person": person.id if person else "",
            "people": {each.asked["key"]: each.id for each in one.people.values()},
        }
        self.told.append(said)
        for url in self.hooks:
            self.webhooks.submit(
                url,
                lambda: json.dumps({**said, "attempt": next(self.numbers)}).encode(),
                make_headers=lambda body: {SIGNATURE: proof(self.key, body)},
            )

    async def _page(self, request: Request) -> Response:
        with self.lock:
            for one in self.envelopes.values():
                for person in one.people.values():
                    if person.token == request.path_params["token"]:
                        return HTMLResponse(self._shown_page(request, one, person))
        return HTMLResponse(page("Nothing", PageState.ERROR, []), status_code=404)

    def _shown_page(self, request: Request, one: Envelope, person: Person) -> str:
        open_now = one.state in OPEN and person.invited and person.state == "waiting"
        declining = request.url.path.endswith("/decline")
        if request.method == "POST" and open_now:
            self._act(one, person, "declined" if declining else "signed")
            return page("Thanks", PageState.DONE, [])
        if not open_now:
            return page("Over", PageState.CLOSED, [])
        here = f"/sign/{person.token}"
        name = Field(name="name", label="Name")
        parts = [
            text(one.asked["title"]),
            form(here, [name], submit="Sign"),
            form(f"{here}/decline", [name], submit="Decline", purpose="decline"),
        ]
        return page("Sign", PageState.SIGN, parts)


def create() -> Simulator:
    """Make the vendor."""
    return AcmeSimulator()
