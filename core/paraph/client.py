"""``Client`` and ``AsyncClient``: the same operations, derived from the same flows.

Every operation is one function in :mod:`paraph.ops` that returns a flow. The two clients
differ in the runner that runs it; :func:`~paraph.deriving.blocking` and :func:`~paraph.deriving.awaitable`
give each its typed method, so no signature is written twice. An operation's module is imported when its
method is first looked up, so that a program pays for what it uses.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from paraph.deriving import Operations, awaitable, blocking
from paraph.flow.runners import AsyncRunner, SyncRunner, utc_now
from paraph.flow.session import Sessions, client_options
from paraph.ops.kernel import Kernel

P = ParamSpec("P")
R = TypeVar("R")


if TYPE_CHECKING:
    from datetime import datetime

    import httpx

    from paraph.config import Config
    from paraph.ops import act as _act
    from paraph.ops import adopt as _adopt
    from paraph.ops import calling as _calling
    from paraph.ops import check as _check
    from paraph.ops import decisions as _decisions
    from paraph.ops import doctor as _doctor
    from paraph.ops import evidence as _evidence
    from paraph.ops import export as _export
    from paraph.ops import look as _look
    from paraph.ops import portability as _portability
    from paraph.ops import receive as _receive
    from paraph.ops import reconcile as _reconcile
    from paraph.ops import rehearse as _rehearse
    from paraph.ops import route as _route
    from paraph.ops import send as _send
    from paraph.ops import settle as _settle
    from paraph.ops import take_in as _take_in
    from paraph.ops import webhooks as _webhooks
    from paraph.provider.registry import Registry
    from paraph.store import Store
else:
    _act = Operations("act")
    _adopt = Operations("adopt")
    _calling = Operations("calling")
    _check = Operations("check")
    _decisions = Operations("decisions")
    _doctor = Operations("doctor")
    _evidence = Operations("evidence")
    _export = Operations("export")
    _look = Operations("look")
    _portability = Operations("portability")
    _receive = Operations("receive")
    _reconcile = Operations("reconcile")
    _rehearse = Operations("rehearse")
    _route = Operations("route")
    _send = Operations("send")
    _settle = Operations("settle")
    _take_in = Operations("take_in")
    _webhooks = Operations("webhooks")


class _Base:
    """What both clients are made of."""

    def __init__(self, config: Config, *, registry: Registry, store: Store) -> None:
        self._kernel = Kernel(config=config, registry=registry, store=store)
        self._own_store = False

    @property
    def config(self) -> Config:
        """The configuration this client was made with."""
        return self._kernel.config

    @property
    def registry(self) -> Registry:
        """The plugin registry; owned by this client unless one was given."""
        return self._kernel.registry

    @property
    def store(self) -> Store:
        """Where envelopes, facts and deliveries live."""
        return self._kernel.store

    def __repr__(self) -> str:
        names = ", ".join(sorted(self._kernel.config.accounts))
        return f"<{type(self).__name__} accounts: {names}>"


def _parts(
    config: Config | str | Path | None, registry: Registry | None, store: Store | None
) -> tuple[Config, Registry, Store]:
    """Load what was not given."""
    from paraph.config import Config, load_config
    from paraph.store import open_store

    loaded = config if isinstance(config, Config) else load_config(config)
    return loaded, registry or loaded.registry, store or open_store(loaded.store_url)


class Client(_Base):
    """Send envelopes and follow them, blocking. Safe to share between threads.

    :param config: a loaded configuration, or a path; ``None`` looks for ``paraph.toml``.
    :param transport: an httpx transport for tests, or a function from account name to one.
    """

    def __init__(
        self,
        config: Config,
        *,
        registry: Registry,
        store: Store,
        transport: httpx.BaseTransport | Callable[[str], httpx.BaseTransport] | None = None,
        clock: Callable[[], datetime] = utc_now,
        pause: Callable[[float], None] | None = None,
    ) -> None:
        super().__init__(config, registry=registry, store=store)
        self._transport = transport
        self._sessions: Sessions[httpx.Client] = Sessions(self._open)
        self._runner = (
            SyncRunner(self._sessions, clock=clock)
            if pause is None
            else SyncRunner(self._sessions, clock=clock, pause=pause)
        )

    @classmethod
    def from_config(
        cls,
        config: Config | str | Path | None = None,
        *,
        registry: Registry | None = None,
        store: Store | None = None,
        transport: httpx.BaseTransport | Callable[[str], httpx.BaseTransport] | None = None,
    ) -> Self:
        """Make a client from a configuration file.

        :raises ConfigurationError: with every problem of the file at once.
        """
        loaded, found, opened = _parts(config, registry, store)
        client = cls(loaded, registry=found, store=opened, transport=transport)
        client._own_store = store is None
        return client

    def _open(self, account: str) -> httpx.Client:
        import httpx

        from paraph.flow.places import Transport, proxied

        options = _options(self._kernel, account, self._transport)
        if options["transport"] is None and not proxied():
            options["transport"] = Transport(options["verify"])
        return httpx.Client(**options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close connections, and the store unless it was given; closing twice is harmless."""
        for client in self._sessions.drain():
            client.close()
        if self._own_store:
            self._kernel.store.close()

    capabilities = blocking(_check.capabilities)
    check = blocking(_route.check)
    options = blocking(_route.options)
    route = blocking(_route.route)
    decisions = blocking(_decisions.decisions)
    preview = blocking(_rehearse.preview)
    dry_run = blocking(_rehearse.dry_run)
    send = blocking(_send.send)
    resume = blocking(_send.resume)
    settle = blocking(_settle.settle)
    get = blocking(_look.get)
    refresh = blocking(_look.refresh)
    envelopes = blocking(_look.envelopes)
    events = blocking(_look.events)
    wait = blocking(_look.wait)
    reconcile = blocking(_reconcile.reconcile)
    export = blocking(_export.export)
    export_all = blocking(_export.export_all)
    import_ = blocking(_take_in.import_)
    portability = blocking(_portability.portability)
    adopt = blocking(_adopt.adopt)
    cancel = blocking(_act.cancel)
    remind = blocking(_act.remind)
    signing_link = blocking(_act.signing_link)
    call = blocking(_calling.call)
    webhook_url = blocking(_act.webhook_url)
    ensure_webhook = blocking(_act.ensure_webhook)
    webhooks = blocking(_webhooks.webhooks)
    doctor = blocking(_doctor.doctor)
    evidence = blocking(_evidence.evidence)
    save = blocking(_evidence.save)
    receive = blocking(_receive.receive)
    process = blocking(_receive.process)
    process_due = blocking(_receive.process_due)
    ingest = blocking(_receive.ingest)


class AsyncClient(_Base):
    """Send envelopes and follow them, in an event loop. Safe to share between its tasks.

    :param config: a loaded configuration, or a path; ``None`` looks for ``paraph.toml``.
    :param transport: an httpx transport for tests, or a function from account name to one.
    """

    def __init__(
        self,
        config: Config,
        *,
        registry: Registry,
        store: Store,
        transport: httpx.AsyncBaseTransport | Callable[[str], httpx.AsyncBaseTransport] | None = None,
        clock: Callable[[], datetime] = utc_now,
        pause: Callable[[float], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(config, registry=registry, store=store)
        self._transport = transport
        self._sessions: Sessions[httpx.AsyncClient] = Sessions(self._open)
        self._runner = AsyncRunner(self._sessions, clock=clock, pause=pause)

    @classmethod
    def from_config(
        cls,
        config: Config | str | Path | None = None,
        *,
        registry: Registry | None = None,
        store: Store | None = None,
        transport: httpx.AsyncBaseTransport | Callable[[str], httpx.AsyncBaseTransport] | None = None,
    ) -> Self:
        """Make a client from a configuration file.

        :raises ConfigurationError: with every problem of the file at once.
        """
        loaded, found, opened = _parts(config, registry, store)
        client = cls(loaded, registry=found, store=opened, transport=transport)
        client._own_store = store is None
        return client

    def _open(self, account: str) -> httpx.AsyncClient:
        import httpx

        from paraph.flow.places import AsyncTransport, proxied

        options = _options(self._kernel, account, self._transport)
        if options["transport"] is None and not proxied():
            options["transport"] = AsyncTransport(options["verify"])
        return httpx.AsyncClient(**options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close connections, and the store unless it was given; closing twice is harmless."""
        import asyncio

        for client in self._sessions.drain():
            await client.aclose()
        if self._own_store:
            await asyncio.shield(asyncio.to_thread(self._kernel.store.close))

    capabilities = awaitable(_check.capabilities)
    check = awaitable(_route.check)
    options = awaitable(_route.options)
    route = awaitable(_route.route)
    decisions = awaitable(_decisions.decisions)
    preview = awaitable(_rehearse.preview)
    dry_run = awaitable(_rehearse.dry_run)
    send = awaitable(_send.send)
    resume = awaitable(_send.resume)
    settle = awaitable(_settle.settle)
    get = awaitable(_look.get)
    refresh = awaitable(_look.refresh)
    envelopes = awaitable(_look.envelopes)
    events = awaitable(_look.events)
    wait = awaitable(_look.wait)
    reconcile = awaitable(_reconcile.reconcile)
    export = awaitable(_export.export)
    export_all = awaitable(_export.export_all)
    import_ = awaitable(_take_in.import_)
    portability = awaitable(_portability.portability)
    adopt = awaitable(_adopt.adopt)
    cancel = awaitable(_act.cancel)
    remind = awaitable(_act.remind)
    signing_link = awaitable(_act.signing_link)
    call = awaitable(_calling.call)
    webhook_url = awaitable(_act.webhook_url)
    ensure_webhook = awaitable(_act.ensure_webhook)
    webhooks = awaitable(_webhooks.webhooks)
    doctor = awaitable(_doctor.doctor)
    evidence = awaitable(_evidence.evidence)
    save = awaitable(_evidence.save)
    receive = awaitable(_receive.receive)
    process = awaitable(_receive.process)
    process_due = awaitable(_receive.process_due)
    ingest = awaitable(_receive.ingest)


def _options(kernel: Kernel, name: str, given: Any) -> dict[str, Any]:
    """Return the options of the HTTP client of that name.

    :param given: a transport that all accounts share, or a function that is asked for an account's.
    """
    import httpx

    from paraph.ops.carry import certificate_of, own_name

    options = client_options(certificate_of(kernel, name))
    if given is None or isinstance(given, httpx.BaseTransport | httpx.AsyncBaseTransport):
        return {"transport": given, **options}
    return {"transport": given(own_name(name)), **options}
