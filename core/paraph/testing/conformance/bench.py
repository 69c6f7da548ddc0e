"""A running simulator, an account at it, and a client: what one check works with.

Time is the simulator's: the client reads its clock, and a pause moves it, so that nothing waits for long and
stamps of both sides agree. The client may be of either kind; checks are written once, for the blocking one.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, Final, TypeVar, cast

from paraph.client import AsyncClient, Client
from paraph.config import Config
from paraph.errors import NotReady
from paraph.flow.commands import Flow
from paraph.model import DeliveryBy, Envelope, Secret, Signatory, Snapshot
from paraph.ops.carry import under
from paraph.ops.kernel import Kernel, carried_of, current_attempt, must_find
from paraph.ops.outcome import Outcome
from paraph.provider import (
    Account,
    Capabilities,
    Capability,
    Carried,
    Delivery,
    Provider,
    ProviderInfo,
    ReadsHeaders,
)
from paraph.store import Store
from paraph.store.memory import MemoryStore
from paraph.testing.conformance import samples
from paraph.testing.conformance.findings import expect, fail
from paraph.testing.conformance.ground import Arrived, Ground
from paraph.testing.conformance.subject import ACCOUNT, Style, Subject
from paraph.testing.conformance.traffic import Traffic
from paraph.testing.conformance.watch import Watch
from paraph.testing.simulator import Person, PersonStuckError, SimulatedAccount, Simulator

R = TypeVar("R")


MOMENT: Final = timedelta(seconds=5)
"""How far the simulator's clock moves at each look."""


class Bench:
    """See the module. Made by :func:`bench`."""

    def __init__(
        self,
        subject: Subject,
        config: Config,
        simulator: Simulator,
        ground: Ground,
        watch: Watch,
        style: Style,
    ) -> None:
        self.subject, self.config, self.simulator, self.watch = subject, config, simulator, watch
        self.registry = config.registry
        self.provider: Provider = self.registry.provider(subject.provider)
        self.info: ProviderInfo = self.registry.info(subject.provider)
        self.account: Account[Any] = config.account(ACCOUNT, self.registry)
        self.offered: Capabilities = self.provider.capabilities(self.account)
        self.traffic = Traffic(ground.verify)
        self.store: Store = MemoryStore()
        self.style = style
        self.mailbox = ground.mailbox
        self.ground = ground
        self.patience = subject.patience
        self._seen = 0
        self._mailed_before = 0
        self._open = contextlib.ExitStack()
        self.client = self.connect(self.store, style)

    def connect(self, store: Store, style: Style) -> Client:
        """Make a further client, of either kind; both are used as the blocking one."""
        if style is Style.SYNC:
            blocking = Client(
                self.config,
                registry=self.registry,
                store=store,
                transport=self.traffic.transport,
                clock=self.simulator.clock.now,
                pause=self._pause,
            )
            self._open.callback(blocking.close)
            return cast("Client", _Heard(blocking, self.watch, lambda value: value))
        runner = self._open.enter_context(asyncio.Runner())
        waiting = AsyncClient(
            self.config,
            registry=self.registry,
            store=store,
            transport=self.traffic.async_transport,
            clock=self.simulator.clock.now,
            pause=self._pause_async,
        )
        self._open.callback(lambda: runner.run(waiting.close()))
        return cast("Client", _Heard(waiting, self.watch, runner.run))

    def close(self) -> None:
        """Close the clients."""
        self._open.close()

    def run(
        self, make: Callable[[Kernel], Flow[R]], store: Store | None = None, style: Style = Style.SYNC
    ) -> R:
        """Run a flow as an operation of a client of its own: another process, as far as the flow can tell."""
        client = self.connect(self.store if store is None else store, style)
        return client._runner.run(make(client._kernel))  # noqa: SLF001 - no operation is that flow

    def direct(self, flow: Callable[[Carried], Flow[R]], envelope: Envelope | None = None) -> R:
        """Run one of the provider's own flows under the account, past what the clients check before it."""

        def make(kernel: Kernel) -> Flow[R]:
            return under(kernel, self.account, flow(self.carried(envelope)))

        return self.run(make, style=self.style)

    def carried(self, envelope: Envelope | None) -> Carried:
        """Return an envelope on its way as the provider sees it; one that was never sent if ``None``."""
        if envelope is None:
            return Carried(envelope=self.envelope(), reference="0" * 32, vendor_ref="never-sent")
        with self.store.begin() as tx:
            must_find(tx, envelope.id)
            attempt = current_attempt(tx, envelope.id)
        expect(attempt, "the envelope has no attempt")
        return carried_of(envelope, cast("Any", attempt))

    def envelope(self, **changes: Any) -> Envelope:
        """Make the smallest envelope; see :func:`samples.envelope`."""
        made = samples.envelope(self.offered, **changes)
        for word in samples.personal(made.signatories):
            self.watch.forbid("personal data of a signatory", word)
        return made

    def sent(self, envelope: Envelope) -> Envelope:
        """Send an envelope that has to pass, and return it."""
        problems = self.client.check(envelope, live=True)
        blocking = "; ".join(str(problem) for problem in problems if problem.blocking)
        expect(not blocking, f"an envelope that the capabilities allow is refused: {blocking}")
        before, self._mailed_before = len(self.published), len(self.simulator.outbox)
        self.client.send(envelope)
        self.settle()
        expect(
            len(self.published) == before + 1,
            f"a plain send is {len(self.published) - before} publications in the simulator's journal",
            hint=f"it has to write {self.subject.published!r} when an envelope reaches people",
        )
        return envelope

    @property
    def published(self) -> tuple[object, ...]:
        """What the simulator published."""
        return self.simulator.effects.of(self.subject.published)

    # The people.

    def visitor(self, person: Signatory) -> Person:
        """Return a person with a browser, and a phone on which the vendor's text messages arrive."""

        def last_message() -> str:
            texts = [mail.subject for mail in tuple(self.simulator.outbox) if mail.to == person.phone]
            return texts[-1] if texts else ""

        return Person(name=person.full_name, phone=last_message)

    def link(self, envelope: Envelope, person: Signatory) -> str:
        """Return a person's way to the signing page: from the mail, or fetched by the application."""
        if person.delivery is DeliveryBy.LINK:
            return self.until(f"a signing link for {person.id}", lambda: self._fetched(envelope, person))
        return self.until(f"a mail to {person.id}", lambda: self._mailed(person))

    def _fetched(self, envelope: Envelope, person: Signatory) -> str:
        try:
            found = self.client.signing_link(envelope.id, person.id)
        except NotReady:
            return ""
        self.watch.forbid("a signing link", found.url.reveal())
        return found.url.reveal()

    def _mailed(self, person: Signatory) -> str:
        links = self.mails(person)
        return links[0] if links else ""

    def mails(self, person: Signatory) -> tuple[str, ...]:
        """Return the links that were mailed to a person since the last envelope was sent."""
        return tuple(
            mail.link for mail in self.simulator.outbox[self._mailed_before :] if mail.to == person.email
        )

    def sign(self, envelope: Envelope, *people: Signatory) -> None:
        """Let people sign, all of the envelope's in their order if none is named."""
        for person in people or sorted(envelope.signers, key=lambda one: one.stage):
            self._act(f"a page on which {person.id} can sign", envelope, person, Person.sign)

    def decline(self, envelope: Envelope, person: Signatory) -> None:
        """Let somebody refuse."""
        self._act(f"a page on which {person.id} can refuse", envelope, person, Person.decline)

    def _act(
        self, what: str, envelope: Envelope, person: Signatory, act: Callable[[Person, str], str]
    ) -> None:
        def try_it() -> bool:
            try:
                act(self.visitor(person), link)
            except PersonStuckError:  # a vendor may need a moment until the page is open
                return False
            return True

        link = self.link(envelope, person)
        self.until(what, try_it)

    # The news.

    def until(self, what: str, look: Callable[[], R]) -> R:
        """Look, while the simulator goes on, until there is something; that is returned."""
        end = time.monotonic() + self.patience
        while True:
            late = time.monotonic() > end
            found = look()  # once more after the end: a machine may have slept meanwhile
            if found:
                return found
            if late:
                fail(f"{what} did not come within {self.patience:g} s")
            self.settle()
            self.ingest_new()
            time.sleep(0.02)

    def settle(self) -> None:
        """Let the simulator finish what is due or takes it a few seconds of its time, webhooks included."""
        self.simulator.clock.advance(MOMENT)
        self.simulator.webhooks.drain()

    def subscribe(self) -> None:
        """Let the simulator call the account's own webhook URL."""
        url = cast("Secret", self.account.webhook_url).reveal()
        self.mailbox.open(url.removeprefix(self.ground.public_url.removesuffix("/hooks")))
        self._seen = 0
        self.simulator.subscribe(url)

    def subscribe_if_offered(self) -> None:
        """Receive webhooks where the account offers them."""
        if Capability.WEBHOOKS in self.offered:
            self.subscribe()

    def ingest(self, arrived: Arrived, client: Client | None = None) -> Outcome:
        """Give one webhook to a client."""
        given = client or self.client
        return given.ingest(ACCOUNT, headers=arrived.headers, body=arrived.body, path=arrived.path)

    def delivery(self, arrived: Arrived) -> Delivery:
        """Return a webhook as a provider gets it."""
        provider = self.provider
        named = provider.webhook_headers(self.account) if isinstance(provider, ReadsHeaders) else ()
        kept = {"content-type", "user-agent", *self.info.webhook_headers, *named}
        headers = {name.lower(): value for name, value in arrived.headers.items() if name.lower() in kept}
        return Delivery(
            account=ACCOUNT,
            headers=headers,
            body=arrived.body,
            path=arrived.path,
            received_at=self.simulator.clock.now(),
        )

    def ingest_new(self) -> tuple[Outcome, ...]:
        """Give the client the webhooks that arrived since the last time."""
        arrived = self.mailbox.all()[self._seen :]
        self._seen += len(arrived)
        return tuple(self.ingest(one) for one in arrived)

    def news(self, envelope: Envelope) -> Snapshot:
        """Learn by every way that the account offers, and return what is known then."""
        self.settle()
        self.ingest_new()
        if Capability.READ_STATUS in self.offered:
            return self.client.refresh(envelope.id)
        return self.client.get(envelope.id)

    def events(self, envelope: Envelope, client: Client | None = None) -> frozenset[str]:
        """Return the types of an envelope's events."""
        return frozenset(event.type.value for event in (client or self.client).events(envelope.id))

    def _pause(self, seconds: float) -> None:
        self.simulator.clock.advance(timedelta(seconds=seconds))
        time.sleep(0.001)

    async def _pause_async(self, seconds: float) -> None:
        await asyncio.to_thread(self._pause, seconds)


class _Heard:
    """A client of either kind, used as the blocking one; what it says is listened to."""

    def __init__(self, client: Client | AsyncClient, watch: Watch, finish: Callable[[Any], Any]) -> None:
        self._client, self._watch, self._finish = client, watch, finish
        self._kernel = client._kernel  # noqa: SLF001 - it stands in for the client
        self._runner = self

    def run(self, flow: Flow[Any]) -> Any:
        """Run a flow as the client's runner does. What it returns is for no user: only errors are heard."""
        return self._answer("a flow", self._client._runner.run, flow)  # noqa: SLF001 - as above

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._client, name)
        if not callable(member):
            return member

        def call(*arguments: Any, **named: Any) -> Any:
            value = self._answer(name, member, *arguments, **named)
            self._watch.hear(name, value)
            return value

        return call

    def _answer(self, name: str, member: Any, *arguments: Any, **named: Any) -> Any:
        self._watch.listening = True
        try:
            value = member(*arguments, **named)
            value = self._finish(value) if inspect.iscoroutine(value) else value
        except Exception as error:
            self._watch.hear_error(name, error)
            raise
        finally:
            self._watch.listening = False
        return value


@contextlib.contextmanager
def bench(subject: Subject, ground: Ground, style: Style = Style.SYNC) -> Iterator[Bench]:
    """Make a bench; when it is left, nothing may have said a secret.

    :raises NotConformingError: something did.
    """
    simulator, registry, hook = subject.simulator(), subject.registry(), secrets.token_hex(16)
    package = registry.info(subject.provider).settings.__module__.partition(".")[0]
    with Watch(package) as watch, ground.running(simulator) as base:
        simulated = simulator.account(base)
        forbid(watch, simulated, hook)
        config = subject.configured({ACCOUNT: simulated}, registry, ground.public_url, hook)
        made = Bench(subject, config, simulator, ground, watch, style)
        try:
            for name, value in (
                ("settings", made.account.settings),
                ("account", made.account),
                ("config", config),
            ):
                watch.hear(name, value)
            yield made
        finally:
            made.close()
    quiet(watch)


def forbid(watch: Watch, simulated: SimulatedAccount, hook: str) -> None:
    """Name the secrets of an account."""
    watch.forbid("the webhook path's secret", hook)
    for name, value in simulated.environment.items():
        watch.forbid(f"the secret {name}", value)


def quiet(watch: Watch) -> None:
    """Say which secrets were said. :raises NotConformingError: some were."""
    leaks = watch.leaks()
    expect(
        not leaks,
        f"secrets or personal data were said: {_some(leaks)}",
        hint="keep them in Secret and out of texts",
    )


def _some(leaks: Iterable[str]) -> str:
    shown = list(leaks)
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")  # noqa: PLR2004 - enough to find it
