"""What a flow may ask of its runner: frozen commands, nothing else does input or output.

A flow is a generator that yields commands, is sent the result of each, and
returns its operation's value. Authors never yield a command themselves: they
write ``response = yield from http(request)`` with the typed helpers of
:mod:`paraph.flow.helpers`.

Commands of the first group reach a runner. Those of the second are answered on
the way by the operation that the flow runs under (:mod:`paraph.ops.carry`), which
knows the account, the store and the attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import attrs

from paraph.flow.signal import Signal
from paraph.store.records import StepKind

if TYPE_CHECKING:
    import httpx

    from paraph.model import Secret

R = TypeVar("R")

Flow = Generator["Command", Any, R]
"""A flow that returns an ``R``. The one ``Any`` is confined to the helpers."""

MAX_ANSWER = 16 << 20
"""Bytes of a decoded answer that are read into memory."""

MAX_DOWNLOAD = 1 << 30
"""Bytes of a decoded download that are written to a sink."""


class Sink(Protocol):
    """Where a download goes: anything with ``write``, such as an open binary file."""

    def write(self, data: bytes, /) -> Any:
        """Take the next bytes."""
        ...


@attrs.frozen(kw_only=True)
class Downloaded:
    """What came of a download.

    :ivar response: status and headers; its body is read only if the status is an error.
    :ivar sha256: hex digest of what was written to the sink.
    """

    response: httpx.Response
    sha256: str
    size: int


@attrs.frozen(eq=False)
class Http:
    """Send a prebuilt absolute request; the result is a read :class:`httpx.Response`.

    :ivar account: whose client sends it; filled in on the way.
    :ivar credentials: whether the account's credentials are attached (own origin only).
    """

    request: httpx.Request
    limit: int = MAX_ANSWER
    credentials: bool = True
    account: str = ""

    def through(self, account: str) -> Http:
        """Return the same for an account's client."""
        return Http(self.request, self.limit, self.credentials, account)


@attrs.frozen(eq=False)
class Download:
    """Send a request and stream a successful answer's decoded body into a sink."""

    request: httpx.Request
    sink: Sink
    limit: int = MAX_DOWNLOAD
    credentials: bool = True
    account: str = ""

    def through(self, account: str) -> Download:
        """Return the same for an account's client."""
        return Download(self.request, self.sink, self.limit, self.credentials, account)


@attrs.frozen(eq=False)
class Call:
    """Call a blocking function: store, secrets, files. Runs in a thread under asyncio, shielded."""

    function: Callable[..., Any]
    args: tuple[Any, ...] = ()


@attrs.frozen(eq=False)
class Shared:
    """Return a value of the account that all callers share; make it once (single flight).

    :ivar fresh: whether a value at hand may still be used.
    :ivar produce: a flow that makes a new one; run by one caller while the others wait.
    """

    key: str
    fresh: Callable[[Any], bool]
    produce: Callable[[], Flow[Any]]
    account: str = ""


@attrs.frozen(eq=False)
class Gather:
    """Run flows side by side; the result is the tuple of their values, in the order of the flows.

    :ivar flows: each makes its flow when its turn comes. :ivar most: how many run at once.
    """

    flows: tuple[Callable[[], Flow[Any]], ...]
    most: int

    def each(self, wrap: Callable[[Flow[Any]], Flow[Any]]) -> Gather:
        """Return the same with every flow wrapped."""

        def wrapped(flow: Callable[[], Flow[Any]]) -> Callable[[], Flow[Any]]:
            return lambda: wrap(flow())

        return Gather(tuple(map(wrapped, self.flows)), self.most)


@attrs.frozen(eq=False)
class Sleep:
    """Wait that many seconds."""

    seconds: float


@attrs.frozen(eq=False)
class Await:
    """Wait for a signal, at most that many seconds; the result says whether it was given."""

    signal: Signal
    seconds: float


@attrs.frozen(eq=False)
class Now:
    """Ask for the time: aware UTC."""


@attrs.frozen(eq=False)
class NewId:
    """Ask for a new random id: 32 hex characters."""


@attrs.frozen(eq=False)
class Recovered:
    """A recovery found the effect's result."""

    value: Any


NOT_DONE = Recovered(None)
"""A recovery found that the effect certainly did not happen; compare with ``is``."""

UNKNOWN = Recovered(None)
"""A recovery could not find out; compare with ``is``."""


@attrs.frozen(eq=False)
class Step:
    """Do an effect at most once per attempt, remembered in the journal.

    :ivar key: stable name within the attempt, such as ``document:contract``.
    :ivar effect: makes the effect and returns its JSON-able result.
    :ivar recover: finds out by reading whether an interrupted effect happened; returns
        :class:`Recovered` with the result, :data:`NOT_DONE` or :data:`UNKNOWN`. ``None`` says
        that it cannot be found out.
    :ivar begins: whether it may be begun; if not, only what became of it is found out.
    """

    key: str
    kind: StepKind
    effect: Callable[[], Flow[Any]]
    recover: Callable[[], Flow[Recovered]] | None = None
    begins: bool = True


@attrs.frozen(eq=False)
class Identify:
    """Commit vendor references of the attempt before anything is published."""

    envelope: str | None = None
    signatories: tuple[tuple[str, str], ...] = ()
    documents: tuple[tuple[str, str], ...] = ()


@attrs.frozen(eq=False)
class Remember:
    """Keep a secret that the vendor tells only once."""

    key: str
    value: Secret


@attrs.frozen(eq=False)
class Recall:
    """Return a kept secret, or ``None`` if it was lost."""

    key: str


Command = (
    Http
    | Download
    | Call
    | Shared
    | Gather
    | Sleep
    | Await
    | Now
    | NewId
    | Step
    | Identify
    | Remember
    | Recall
)
