"""What every vendor's simulator has in common, and the routes a test or a person controls it with.

A vendor adds its routes and its state; the base owns time, signatures, faults, webhooks and the journal of
effects. Everything lives in memory and dies with the object.

==========  ========================  =====================================================
GET         /_simulator/state         the vendor's objects, without secrets
GET         /_simulator/outbox        e-mails the vendor would have sent: to, subject, link
GET         /_simulator/effects       the journal of effects
GET         /_simulator/authority.pem the root certificate to trust
POST        /_simulator/clock         {"advance_seconds": number}
GET         /_simulator/faults        what is armed, each with the number of matches left
POST        /_simulator/faults        one fault, or a list of them; `faults` says which there are
DELETE      /_simulator/faults        disarm all
==========  ========================  =====================================================
"""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from types import TracebackType
from typing import Any, ClassVar, Self

import attrs
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from paraph.testing.simulator.authority import CertificateAuthority
from paraph.testing.simulator.clock import SimulatedClock
from paraph.testing.simulator.effects import EffectJournal, Mail
from paraph.testing.simulator.faults import Faults, no_problem, parse_fault
from paraph.testing.simulator.server import serve
from paraph.testing.simulator.webhooks import WebhookQueue, exactly_200


@attrs.frozen(kw_only=True)
class SimulatedAccount:
    """A ready `[accounts.NAME]` table; its secrets are `env:` references resolved by `environment`."""

    name: str
    table: dict[str, object]
    environment: dict[str, str] = attrs.field(repr=False)


class Simulator(ABC):
    """A local stand-in for one vendor. Use `running()`, or enter it and serve `asgi` yourself."""

    provider: ClassVar[str]
    """The provider's name as configuration says it."""

    verification_path: ClassVar[str] = ""
    """Where the vendor checks what its webhooks carry, as a regular expression for the whole path; empty if
    it offers no such call. The fault `verifier_down` breaks it."""

    def __init__(
        self,
        *,
        webhook_timeout: float = 5.0,
        webhook_accepts: Callable[[int], bool] = exactly_200,
        webhook_retries: Sequence[timedelta] = (),
    ) -> None:
        self.clock = SimulatedClock()
        self.authority = CertificateAuthority()
        self.faults = Faults(clock=self.clock, verification_path=self.verification_path, problem=self.problem)
        self.webhooks = WebhookQueue(
            clock=self.clock,
            faults=self.faults,
            timeout=webhook_timeout,
            accepts=webhook_accepts,
            retries=webhook_retries,
        )
        self.effects = EffectJournal(self.clock)
        self.outbox: list[Mail] = []
        self.base_url: str | None = None

    @abstractmethod
    def routes(self) -> Sequence[BaseRoute]:
        """Return the vendor's own routes."""

    @abstractmethod
    def account(self, base_url: str) -> SimulatedAccount:
        """Return the configuration of an account that talks to this simulator at `base_url`."""

    @abstractmethod
    def subscribe(self, url: str) -> None:
        """Register `url` as a webhook endpoint of the account."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return the vendor's objects as JSON values, without secrets and tokens."""

    def problem(self, status: int) -> tuple[Mapping[str, str], bytes]:
        """Return headers and body of the vendor's refusal under `status`, for faults that name no body.

        A vendor whose errors have a shape says it here; by default there is none.
        """
        return no_problem(status)

    @cached_property
    def app(self) -> Starlette:
        """The application: the control routes and the vendor's."""
        return Starlette(routes=[*self._control_routes(), *self.routes()])

    @cached_property
    def asgi(self) -> ASGIApp:
        """The application behind the faults: what is to be served."""
        return self.faults.wrap(self.app)

    def __enter__(self) -> Self:
        """Start the background work: webhooks and heartbeat."""
        self.webhooks.start()
        self.clock.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the background work; no thread is left."""
        self.clock.stop()
        self.webhooks.stop()

    @contextlib.contextmanager
    def running(self, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
        """Start the background work and an HTTP server; yields its base URL."""
        with self, serve(self.asgi, host, port) as base_url:
            self.base_url = base_url
            yield base_url

    def _control_routes(self) -> list[BaseRoute]:
        return [
            Route("/_simulator/state", self._get_state, methods=["GET"]),
            Route("/_simulator/outbox", self._get_outbox, methods=["GET"]),
            Route("/_simulator/effects", self._get_effects, methods=["GET"]),
            Route("/_simulator/authority.pem", self._get_authority, methods=["GET"]),
            Route("/_simulator/clock", self._post_clock, methods=["POST"]),
            Route("/_simulator/faults", self._get_faults, methods=["GET"]),
            Route("/_simulator/faults", self._post_faults, methods=["POST"]),
            Route("/_simulator/faults", self._delete_faults, methods=["DELETE"]),
        ]

    async def _get_state(self, _request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self.state))

    async def _get_outbox(self, _request: Request) -> Response:
        return JSONResponse([attrs.asdict(mail) for mail in self.outbox])

    async def _get_effects(self, _request: Request) -> Response:
        effects = [{**attrs.asdict(effect), "at": effect.at.isoformat()} for effect in self.effects.all()]
        return JSONResponse(effects)

    async def _get_authority(self, _request: Request) -> Response:
        return PlainTextResponse(self.authority.root_pem, media_type="application/x-pem-file")

    async def _post_clock(self, request: Request) -> Response:
        body = await _json(request)
        seconds = body.get("advance_seconds") if isinstance(body, dict) and len(body) == 1 else None
        if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds < 10**9:
            return _refusal('expected {"advance_seconds": a number of seconds, 0 or more}')
        try:
            now = await run_in_threadpool(self.clock.advance, timedelta(seconds=seconds))
        except ValueError as error:
            return _refusal(str(error))
        return JSONResponse({"now": now.isoformat()})

    async def _get_faults(self, _request: Request) -> Response:
        armed = [{**attrs.asdict(fault), "left": left} for fault, left in self.faults.waiting()]
        return JSONResponse(armed)

    async def _post_faults(self, request: Request) -> Response:
        body = await _json(request)
        wanted = body if isinstance(body, list) else [body]
        try:
            self.faults.add(*(parse_fault(each if isinstance(each, dict) else {}) for each in wanted))
        except (ValueError, TypeError) as error:
            return _refusal(str(error))
        return JSONResponse({"armed": len(self.faults.waiting())})

    async def _delete_faults(self, _request: Request) -> Response:
        self.faults.clear()
        return JSONResponse({"armed": 0})


async def _json(request: Request) -> object:
    try:
        return await request.json()
    except (ValueError, RecursionError):
        return None


def _refusal(message: str) -> Response:
    return JSONResponse({"error": message}, status_code=400)
