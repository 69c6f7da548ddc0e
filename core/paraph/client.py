"""``Client`` and ``AsyncClient``: the same operations, derived from the same flows.

Every operation is one function in :mod:`paraph.ops` that returns a flow. The two clients
differ in the runner that runs it; the decorators :func:`_sync` and :func:`_async` give each its
typed method, so no signature is written twice. An operation's module is imported when its method is
first looked up, so that a program pays for what it uses.
"""

from __future__ import annotations

import functools
import importlib
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar, cast

from paraph.flow.commands import Flow
from paraph.flow.runners import AsyncRunner, SyncRunner, utc_now
from paraph.flow.session import Sessions, client_options
from paraph.ops.kernel import Kernel

P = ParamSpec("P")
R = TypeVar("R")


class _Operations:
    """A module of operations that is not imported yet."""

    def __init__(self, name: str) -> None:
        self._name = f"paraph.ops.{name}"

    def __getattr__(self, operation: str) -> Callable[[], Callable[..., Any]]:
        return lambda: getattr(importlib.import_module(self._name), operation)


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
    _act = _Operations("act")
    _adopt = _Operations("adopt")
    _calling = _Operations("calling")
    _check = _Operations("check")
    _decisions = _Operations("decisions")
    _doctor = _Operations("doctor")
    _evidence = _Operations("evidence")
    _export = _Operations("export")
    _look = _Operations("look")
    _portability = _Operations("portability")
    _receive = _Operations("receive")
    _reconcile = _Operations("reconcile")
    _rehearse = _Operations("rehearse")
    _route = _Operations("route")
    _send = _Operations("send")
    _settle = _Operations("settle")
    _take_in = _Operations("take_in")
    _webhooks = _Operations("webhooks")


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


class _Method:
    """A method that is made when it is first looked up, of an operation that is imported then."""

    def __init__(self, make: Callable[[], Callable[..., Any]]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, client: object, owner: type | None = None) -> Any:
        method = self._make()
        setattr(self._owner, self._name, method)  # from now on it is an ordinary method
        return method if client is None else method.__get__(client, owner)


def _sync(
    operation: Callable[Concatenate[Kernel, P], Flow[R]],
) -> Callable[Concatenate[Client, P], R]:
    """Derive a blocking method from an operation."""

    def make(operation: Callable[..., Flow[Any]]) -> Callable[..., Any]:
        @functools.wraps(operation)
        def method(self: Client, /, *args: Any, **kwargs: Any) -> Any:
            return self._runner.run(operation(self._kernel, *args, **kwargs))

        return method

    return _later(operation, make)


def _async(
    operation: Callable[Concatenate[Kernel, P], Flow[R]],
) -> Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, R]]:
    """Derive an awaitable method from an operation."""

    def make(operation: Callable[..., Flow[Any]]) -> Callable[..., Any]:
        @functools.wraps(operation)
        async def method(self: AsyncClient, /, *args: Any, **kwargs: Any) -> Any:
            return await self._runner.run(operation(self._kernel, *args, **kwargs))

        return method

    return _later(operation, make)


def _later(
    find: Callable[..., Any], make: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Callable[..., Any]:
    """Return a method that finds its operation when it is first looked up.

    :param find: to a type checker the operation itself; see :class:`_Operations`.
    """

    def made() -> Callable[..., Any]:
        operation = find()
        return _documented(make(operation), operation)

    return cast("Callable[..., Any]", _Method(made))


def _documented(method: Callable[..., Any], operation: Callable[..., Any]) -> Callable[..., Any]:
    """Show the method's own signature: ``self`` in place of the kernel, the value in place of the flow."""
    del method.__wrapped__  # type: ignore[attr-defined]  # set by functools.wraps
    signature = inspect.signature(operation)
    parameters = list(signature.parameters.values())
    returned = str(signature.return_annotation)
    inner = returned[len("Flow[") : -1] if returned.startswith("Flow[") else returned
    parameters[0] = parameters[0].replace(name="self", annotation=inspect.Parameter.empty)
    method.__signature__ = signature.replace(parameters=parameters, return_annotation=inner)  # type: ignore[attr-defined]  # read by inspect and the documentation
    method.__annotations__ = {**operation.__annotations__, "return": inner}
    method.__annotations__.pop("kernel", None)
    return method


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

    capabilities = _sync(_check.capabilities)
    check = _sync(_route.check)
    options = _sync(_route.options)
    route = _sync(_route.route)
    decisions = _sync(_decisions.decisions)
    preview = _sync(_rehearse.preview)
    dry_run = _sync(_rehearse.dry_run)
    send = _sync(_send.send)
    resume = _sync(_send.resume)
    settle = _sync(_settle.settle)
    get = _sync(_look.get)
    refresh = _sync(_look.refresh)
    envelopes = _sync(_look.envelopes)
    events = _sync(_look.events)
    wait = _sync(_look.wait)
    reconcile = _sync(_reconcile.reconcile)
    export = _sync(_export.export)
    export_all = _sync(_export.export_all)
    import_ = _sync(_take_in.import_)
    portability = _sync(_portability.portability)
    adopt = _sync(_adopt.adopt)
    cancel = _sync(_act.cancel)
    remind = _sync(_act.remind)
    signing_link = _sync(_act.signing_link)
    call = _sync(_calling.call)
    webhook_url = _sync(_act.webhook_url)
    ensure_webhook = _sync(_act.ensure_webhook)
    webhooks = _sync(_webhooks.webhooks)
    doctor = _sync(_doctor.doctor)
    evidence = _sync(_evidence.evidence)
    save = _sync(_evidence.save)
    receive = _sync(_receive.receive)
    process = _sync(_receive.process)
    process_due = _sync(_receive.process_due)
    ingest = _sync(_receive.ingest)


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

    capabilities = _async(_check.capabilities)
    check = _async(_route.check)
    options = _async(_route.options)
    route = _async(_route.route)
    decisions = _async(_decisions.decisions)
    preview = _async(_rehearse.preview)
    dry_run = _async(_rehearse.dry_run)
    send = _async(_send.send)
    resume = _async(_send.resume)
    settle = _async(_settle.settle)
    get = _async(_look.get)
    refresh = _async(_look.refresh)
    envelopes = _async(_look.envelopes)
    events = _async(_look.events)
    wait = _async(_look.wait)
    reconcile = _async(_reconcile.reconcile)
    export = _async(_export.export)
    export_all = _async(_export.export_all)
    import_ = _async(_take_in.import_)
    portability = _async(_portability.portability)
    adopt = _async(_adopt.adopt)
    cancel = _async(_act.cancel)
    remind = _async(_act.remind)
    signing_link = _async(_act.signing_link)
    call = _async(_calling.call)
    webhook_url = _async(_act.webhook_url)
    ensure_webhook = _async(_act.ensure_webhook)
    webhooks = _async(_webhooks.webhooks)
    doctor = _async(_doctor.doctor)
    evidence = _async(_evidence.evidence)
    save = _async(_evidence.save)
    receive = _async(_receive.receive)
    process = _async(_receive.process)
    process_due = _async(_receive.process_due)
    ingest = _async(_receive.ingest)


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
