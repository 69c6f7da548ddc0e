"""The typed vocabulary of flows: use each with ``yield from``.

A flow must never catch ``BaseException`` around a ``yield from``: that would
swallow cancellation. ``finally`` may tidy up locally but not yield.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeVar, TypeVarTuple

from paraph.flow.commands import (
    MAX_ANSWER,
    MAX_DOWNLOAD,
    Await,
    Call,
    Download,
    Downloaded,
    Flow,
    Gather,
    Http,
    Identify,
    NewId,
    Now,
    Recall,
    Recovered,
    Remember,
    Shared,
    Sink,
    Sleep,
    Step,
)
from paraph.flow.signal import Signal
from paraph.store.records import StepKind

if TYPE_CHECKING:
    from datetime import datetime

    import httpx

    from paraph.model import Secret

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


def http(
    request: httpx.Request, *, limit: int = MAX_ANSWER, credentials: bool = True
) -> Flow[httpx.Response]:
    """Send an absolute request and return the answer with its body read, whatever its status.

    :raises ConnectFailed, TimedOut, ConnectionLost, ResponseTooLarge: no usable answer.
    """
    response: httpx.Response = yield Http(request, limit=limit, credentials=credentials)
    return response


def download(
    request: httpx.Request, sink: Sink, *, limit: int = MAX_DOWNLOAD, credentials: bool = True
) -> Flow[Downloaded]:
    """Stream the body of a successful answer into ``sink``; at most ``limit`` decoded bytes."""
    result: Downloaded = yield Download(request, sink, limit=limit, credentials=credentials)
    return result


def call(function: Callable[[*Ts], T], *args: *Ts) -> Flow[T]:
    """Call a blocking function outside the event loop."""
    result: T = yield Call(function, args)
    return result


def shared(key: str, *, fresh: Callable[[T], bool], produce: Callable[[], Flow[T]]) -> Flow[T]:
    """Return the account's shared value under ``key``, made by one caller while the others wait."""
    result: T = yield Shared(key, fresh, produce)
    return result


AT_ONCE: Final = 8
"""How many gathered flows run at once, where their account's limits allow as many."""


def gather(flows: Iterable[Callable[[], Flow[T]]], *, most: int = AT_ONCE) -> Flow[tuple[T, ...]]:
    """Run flows side by side and return their values in the order of the flows.

    Each is made when its turn comes, and none may need what another finds out. After a failure no further
    one is begun, and those that are under way come to their end, so that the journal knows what they did.
    Then the error is raised as it is: of several, that of the flow which comes first.

    :param most: how many run at once. Under an account it is never more than its limits let through.
    """
    result: tuple[T, ...] = yield Gather(tuple(flows), most)
    return result


def sleep(seconds: float) -> Flow[None]:
    """Wait."""
    yield Sleep(seconds)


def await_signal(signal: Signal, seconds: float) -> Flow[bool]:
    """Wait until a signal is given, at most that many seconds; return whether it was."""
    result: bool = yield Await(signal, seconds)
    return result


def now() -> Flow[datetime]:
    """Return the current time, aware UTC; tests inject it."""
    result: datetime = yield Now()
    return result


def new_id() -> Flow[str]:
    """Return a new random id: 32 hex characters."""
    result: str = yield NewId()
    return result


def step(
    key: str,
    effect: Callable[[], Flow[T]],
    *,
    recover: Callable[[], Flow[Recovered]] | None = None,
    kind: StepKind = StepKind.DRAFT,
    aside: bool = False,
) -> Flow[T]:
    """Do a journalled effect: once done, its result is remembered and it is never done again.

    The intent is committed before the effect. If the effect's answer is lost, nothing is
    repeated: after a crash ``recover`` reads what happened. Without ``recover`` a *draft* step
    is repeated on resume (its effect is inert), a *publish* step needs a person.

    :param aside: it makes no part of the envelope, such as a contact: another account may carry the envelope
        although it happened.
    :raises UncertainStep: it may have happened and cannot be found out.
    """
    result: T = yield Step(key, StepKind.ASIDE if aside else kind, effect, recover)
    return result


def publish(
    key: str, effect: Callable[[], Flow[T]], *, recover: Callable[[], Flow[Recovered]] | None
) -> Flow[T]:
    """Do a journalled effect that reaches people; see :func:`step`."""
    return (yield from step(key, effect, recover=recover, kind=StepKind.PUBLISH))


def identify(
    *,
    envelope: str | None = None,
    signatories: dict[str, str] | None = None,
    documents: dict[str, str] | None = None,
) -> Flow[None]:
    """Commit the vendor's references: of the envelope, and per local id of signatories and documents."""
    yield Identify(
        envelope=envelope,
        signatories=tuple((signatories or {}).items()),
        documents=tuple((documents or {}).items()),
    )


def remember(key: str, value: Secret) -> Flow[None]:
    """Keep a secret of this account that the vendor tells only once."""
    yield Remember(key, value)


def recall(key: str) -> Flow[Secret | None]:
    """Return a kept secret, or ``None`` if it was lost."""
    result: Secret | None = yield Recall(key)
    return result
