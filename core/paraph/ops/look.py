"""Looking: ``get``, ``refresh``, ``envelopes``, ``events``, ``wait``."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import chain

from paraph.errors import (
    NotReady,
    Unobservable,
    UnsupportedCapability,
    VendorError,
    WaitTimeout,
)
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, gather, now, sleep
from paraph.ledger import events_of
from paraph.model import Event, Snapshot
from paraph.ops.carry import under
from paraph.ops.kernel import Kernel, carried_of, current_attempt, must_find
from paraph.ops.observe import observe, project
from paraph.ops.pacing import may_poll
from paraph.ops.terms import kept_terms
from paraph.provider.account import Account, Carried
from paraph.provider.capability import Capability
from paraph.store.records import AttemptRecord

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.25, 15.0, 1.5
"""Seconds between two looks of ``wait``, growing by the factor."""


def get(kernel: Kernel, envelope_id: str) -> Flow[Snapshot]:
    """Return what is known of an envelope, from the store alone.

    :raises UnknownEnvelope: it is not in this store.
    """
    return (yield from project(kernel, envelope_id))


def refresh(kernel: Kernel, envelope_id: str) -> Flow[Snapshot]:
    """Read an envelope's state at the vendor and return what is known then.

    :raises UnsupportedCapability: this vendor offers no read.
    :raises NotReady: it does not exist at the vendor yet; see ``resume``.
    """
    yield from read(kernel, envelope_id)
    return (yield from project(kernel, envelope_id))


def read(kernel: Kernel, envelope_id: str) -> Flow[tuple[Event, ...]]:
    """Read an envelope's state at the vendor, and that of its children, and return what was new.

    A parent with a child for every signer is known by its children alone.
    """
    events: tuple[Event, ...] = ()
    if not (yield from call(_covered, kernel, envelope_id)):
        events = yield from _read_one(kernel, envelope_id)
    children = yield from open_children(kernel, envelope_id)
    told = yield from gather([partial(read, kernel, child) for child in children])
    return tuple(chain(events, *told))


def open_children(kernel: Kernel, envelope_id: str) -> Flow[tuple[str, ...]]:
    """Return the ids of an envelope's children that have not ended, oldest first."""
    children = yield from call(_children, kernel, envelope_id)
    shown = []
    for child in children:
        shown.append((yield from project(kernel, child)))  # noqa: PERF401 - a comprehension cannot yield from
    return tuple(snapshot.id for snapshot in shown if not snapshot.ended)


def _children(kernel: Kernel, envelope_id: str) -> tuple[str, ...]:
    with kernel.store.begin() as tx:
        return tuple(child.id for child in tx.children(envelope_id))


def _covered(kernel: Kernel, envelope_id: str) -> bool:
    """Whether each signer of an envelope acts in a child that is known here."""
    with kernel.store.begin() as tx:
        children = tx.children(envelope_id)
        if not children:
            return False
        attempts = [current_attempt(tx, child.id) for child in children]
        signers = kernel.load(must_find(tx, envelope_id)).signers
    acting = {local for attempt in attempts if attempt is not None for local, _ in attempt.signatories}
    return {person.id for person in signers} <= acting


def _read_one(kernel: Kernel, envelope_id: str) -> Flow[tuple[Event, ...]]:
    account, carried = yield from located(kernel, envelope_id)
    require(kernel, account, Capability.READ_STATUS, "the vendor tells its state by webhooks only")
    provider = kernel.provider(account)
    observation = yield from under(kernel, account, provider.read(carried, account))
    return (yield from observe(kernel, observation, account.name))


def located(kernel: Kernel, envelope_id: str) -> Flow[tuple[Account[object], Carried]]:
    """Return the account and the vendor's references of an envelope that exists at its vendor."""
    carried, attempt = yield from call(_located, kernel, envelope_id)
    account = yield from call(kernel.carrier, attempt)
    return account, carried


def _located(kernel: Kernel, envelope_id: str) -> tuple[Carried, AttemptRecord]:
    with kernel.store.begin() as tx:
        stored = must_find(tx, envelope_id)
        attempt = current_attempt(tx, envelope_id)
        terms = kept_terms(tx, attempt.id) if attempt is not None else None
    if attempt is None or not attempt.vendor_ref:
        msg = f"envelope {envelope_id!r} does not exist at its vendor yet; client.resume continues its send"
        raise NotReady(msg)
    envelope = kernel.load(stored)
    if terms is not None:
        envelope = terms.apply(envelope, kernel.options_class(attempt.provider))
    return carried_of(envelope, attempt), attempt


def require(kernel: Kernel, account: Account[object], capability: Capability, hint: str = "") -> None:
    """Refuse what an account does not offer, before any request.

    :param hint: what to do about it, where the provider itself has nothing to say.
    :raises UnsupportedCapability: it does not.
    """
    offered = kernel.provider(account).capabilities(account)
    if capability not in offered:
        raise UnsupportedCapability(
            account=account.name,
            provider=account.provider,
            capability=capability.value,
            hint=offered.notes.get(capability, hint),
        )


def envelopes(
    kernel: Kernel, *, account: str | None = None, reference: str | None = None, limit: int = 100
) -> Flow[tuple[Snapshot, ...]]:
    """Return what is known of the newest envelopes, from the store alone.

    :param reference: only those with this reference of yours.
    """
    ids = yield from call(_ids, kernel, account, reference, limit)
    found = []
    for envelope_id in ids:
        found.append((yield from project(kernel, envelope_id)))  # noqa: PERF401 - a comprehension cannot yield from
    return tuple(found)


def _ids(kernel: Kernel, account: str | None, reference: str | None, limit: int) -> tuple[str, ...]:
    with kernel.store.begin() as tx:
        return tuple(each.id for each in tx.envelopes(account=account, reference=reference, limit=limit))


def events(
    kernel: Kernel,
    envelope_id: str | None = None,
    *,
    account: str | None = None,
    after: int = 0,
    limit: int = 1000,
) -> Flow[tuple[Event, ...]]:
    """Return events in the order in which this store learned them.

    :param envelope_id: only of this envelope; of all, and of accounts and contacts, if ``None``.
    :param after: only those with a higher ``sequence``: remember the last one to go on from there.
    """
    return (yield from call(_events, kernel, envelope_id, account, after, limit))


def _events(
    kernel: Kernel, envelope_id: str | None, account: str | None, after: int, limit: int
) -> tuple[Event, ...]:
    with kernel.store.begin() as tx:
        if envelope_id is not None:
            must_find(tx, envelope_id)
        records = tx.events(envelope_id=envelope_id, account=account, after=after, limit=limit)
        return events_of(tx, records, kernel.environment, kernel.load)


def has_ended(snapshot: Snapshot) -> bool:
    """Whether nothing more will be signed: what ``wait`` waits for by default."""
    return snapshot.ended


def wait(
    kernel: Kernel,
    envelope_id: str,
    *,
    timeout: float = 3600.0,
    polls: int | None = None,
    until: Callable[[Snapshot], bool] = has_ended,
) -> Flow[Snapshot]:
    """Wait until an envelope has ended, or until ``until`` says so; look at growing intervals.

    :param timeout: seconds; 0 looks once.
    :param polls: the budget: how often the vendor may be asked at most; then only what webhooks bring is
        looked at. ``None`` asks at every look, which is four times a minute in the long run. Never more than
        ``limits.polls_per_minute`` of the account.
    :raises Unobservable: this vendor never tells that an envelope is completed.
    :raises WaitTimeout: it did not happen in time.
    """
    snapshot = yield from project(kernel, envelope_id)
    if until(snapshot):
        return snapshot
    account = yield from call(kernel.account, snapshot.account)
    offered = kernel.provider(account).capabilities(account)
    if until is has_ended and Capability.SEE_COMPLETION not in offered:
        note = offered.notes.get(Capability.SEE_COMPLETION, "")
        msg = (
            f"account {account.name!r} never tells that an envelope is completed, so waiting would not end"
            f"{f' ({note})' if note else ''}; see the provider's page for what to do instead"
        )
        raise Unobservable(msg)
    started = yield from now()
    pause = FIRST_PAUSE
    left = math.inf if polls is None else polls
    while not until(snapshot):
        readable = Capability.READ_STATUS in offered and left > 0 and (yield from may_poll(kernel, account))
        snapshot = yield from _look(kernel, envelope_id, readable=readable)
        left -= 1
        if until(snapshot):
            break
        passed = ((yield from now()) - started).total_seconds()
        if passed >= timeout:
            noted = "; ".join(each.message for each in snapshot.attention)
            rest = f"but look: {noted}" if noted else "it lives on"
            msg = f"envelope {envelope_id!r} is {snapshot.lifecycle} after {timeout:g} s; {rest}"
            raise WaitTimeout(msg)
        yield from sleep(min(pause, timeout - passed))
        pause = min(pause * GROWTH, LONGEST_PAUSE)
    return snapshot


def _look(kernel: Kernel, envelope_id: str, *, readable: bool) -> Flow[Snapshot]:
    """Read if that is possible; a vendor that is down for a while only makes the waiting longer."""
    if readable:
        try:
            return (yield from refresh(kernel, envelope_id))
        except VendorError as error:
            if not error.retryable:
                raise
    return (yield from project(kernel, envelope_id))
