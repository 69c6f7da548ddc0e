"""``send`` and ``resume``: one journalled flow, so that nothing is ever sent twice."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import attrs

from paraph.errors import Refused, UnsupportedCapability, UsageError, VendorError
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, gather, new_id, now
from paraph.model import ContentKind, Envelope, Observation, Policy, Snapshot
from paraph.ops import keeping
from paraph.ops.carry import under
from paraph.ops.check import found_terms, refuse_if_blocked
from paraph.ops.fallback import pass_on
from paraph.ops.journal import looking
from paraph.ops.kernel import Kernel, carried_of, current_attempt, must_find
from paraph.ops.look import open_children, read
from paraph.ops.observe import observe, project
from paraph.ops.pinned import same_content
from paraph.ops.polling import FIRST
from paraph.ops.route import STEP, choose
from paraph.ops.terms import keep_terms, on_terms
from paraph.preflight import recipient_problems
from paraph.provider.account import Account
from paraph.store.protocol import Transaction
from paraph.store.records import (
    AttemptRecord,
    AttemptState,
    EnvelopeRecord,
    PollRecord,
    StepKind,
    StepRecord,
    StepState,
)


def send(
    kernel: Kernel, envelope: Envelope, *, account: str | None = None, policy: Policy | str | None = None
) -> Flow[Snapshot]:
    """Check an envelope, make it at the account's vendor and publish it.

    Sending an envelope whose id the store knows continues or returns the first send; it
    never sends a second time.

    :param account: the account's name. Without one, the routes choose, or else the default; the
        envelope stays with its account for life, also if another one is named when it is sent again.
    :param policy: how strictly the request is taken, in place of the account's own policy.
    :raises Refused: it cannot be carried; every problem is listed and nothing was changed at the vendor.
    :raises VendorError: the vendor failed. ``resume(envelope.id)`` goes on where it stopped.
    :raises UncertainStep: an effect may have happened and cannot be read; a person has to look.
    """
    known = yield from call(_known, kernel, envelope)
    if known is not None:
        return (yield from _carry(kernel, envelope, known))
    scope = kernel.judging(Policy(policy) if policy else None)
    choice = yield from choose(scope, envelope, account, live=True)
    at = yield from now()
    attempt_id = yield from new_id()
    chosen = yield from call(kernel.account, choice.account)
    terms = found_terms(scope, choice.account)
    attempt = yield from call(_register, kernel, envelope, chosen, attempt_id, at, choice.reason, terms)
    return (yield from _carry(kernel, envelope, attempt))


def resume(kernel: Kernel, envelope_id: str, *, envelope: Envelope | None = None) -> Flow[Snapshot]:
    """Go on with a send that was interrupted; a finished one is only looked at.

    :param envelope: the same envelope again; needed only if it has documents without a path that are too
        large for the store to keep (64 MiB), or that changed before they were kept. What it has of the
        documents goes before what is kept, if the digests agree.
    :raises UnknownEnvelope, UsageError, VendorError, UncertainStep: as for ``send``.
    """
    rebuilt, attempt = yield from call(_rebuild, kernel, envelope_id, envelope)
    return (yield from _carry(kernel, rebuilt, attempt))


def finish(kernel: Kernel, envelope_id: str) -> Flow[Snapshot]:
    """Carry an interrupted send to its end if its vendor shows it as published; no effect is made there.

    :raises Barred: it is not published. :raises ParaphError: that cannot be found out, or not now.
    """
    rebuilt, attempt = yield from call(_rebuild, kernel, envelope_id, None)
    return (yield from _carry_one(kernel, rebuilt, attempt, wrap=looking))


def _carry(kernel: Kernel, envelope: Envelope, attempt: AttemptRecord) -> Flow[Snapshot]:
    """Carry an envelope to its vendor, or to the next one of its route (:mod:`paraph.ops.fallback`)."""
    while True:
        try:
            return (yield from _carry_one(kernel, envelope, attempt))
        except (VendorError, Refused) as error:
            following = yield from pass_on(kernel, envelope, attempt, error)
            if following is None:
                raise
            attempt = following


def _carry_one(
    kernel: Kernel,
    envelope: Envelope,
    attempt: AttemptRecord,
    *,
    wrap: Callable[[Flow[Observation]], Flow[Observation]] = lambda flow: flow,
) -> Flow[Snapshot]:
    if attempt.state is AttemptState.CLOSING:
        msg = (
            f"envelope {envelope.id!r} is to be passed on from account {attempt.account!r}, "
            "whose draft was not seen to be closed yet"
        )
        raise Refused(msg, ())
    if attempt.state is not AttemptState.OPEN:
        return (yield from project(kernel, envelope.id))
    account = yield from call(kernel.carrier, attempt)
    carried = carried_of((yield from on_terms(kernel, envelope, account, attempt)), attempt)
    if not (yield from call(_publishing, kernel, attempt)):
        # The list may have been tightened since the envelope was checked, and nobody was written to yet.
        refuse_if_blocked(tuple(recipient_problems(carried.envelope, account)), account.name)
    flow = wrap(kernel.provider(account).send(carried, account))
    try:
        observation = yield from under(kernel, account, flow, attempt=attempt)
    except VendorError as error:
        error.add_note(f"nothing is repeated by itself; client.resume({envelope.id!r}) goes on from here")
        raise
    yield from observe(kernel, observation, account.name)
    at = yield from now()
    yield from call(_published, kernel, attempt.id, envelope, at)
    if observation.children:
        yield from _look_at_children(kernel, envelope.id)
    return (yield from project(kernel, envelope.id))


def _publishing(kernel: Kernel, attempt: AttemptRecord) -> bool:
    """Whether a publication was begun: then only reading tells what became of it."""
    with kernel.store.begin() as tx:
        return any(step.kind is StepKind.PUBLISH for step in tx.steps(attempt.id))


def _look_at_children(kernel: Kernel, envelope_id: str) -> Flow[None]:
    """Read what the vendor made of an envelope, so that what is returned says whether it was sent."""
    children = yield from open_children(kernel, envelope_id)
    with contextlib.suppress(VendorError, UnsupportedCapability):  # it is sent all the same, and seen later
        yield from gather([partial(read, kernel, child) for child in children])


def _known(kernel: Kernel, envelope: Envelope) -> AttemptRecord | None:
    with kernel.store.begin() as tx:
        stored = tx.envelope(envelope.id)
        if stored is None:
            return None
        _must_be_the_same(tx, envelope.id, kernel.dump(envelope))
        return current_attempt(tx, envelope.id)


def _must_be_the_same(tx: Transaction, envelope_id: str, body: str) -> None:
    """Refuse another content under a known id. :raises UsageError: it is another."""
    if not same_content(must_find(tx, envelope_id).body, body):
        msg = f"envelope id {envelope_id!r} was used for another content; give a new one to a new envelope"
        raise UsageError(msg)


def _register(
    kernel: Kernel,
    envelope: Envelope,
    account: Account[Any],
    attempt_id: str,
    at: datetime,
    reason: str | None = None,
    terms: str | None = None,
) -> AttemptRecord:
    """Commit an envelope and its first attempt.

    :param reason: why this account was chosen, as JSON; ``terms``: on which it carries the envelope.
    """
    origin = kernel.origin(account.name)
    body = kernel.dump(envelope)
    pieces = keeping.keep(kernel.store, envelope)
    with kernel.store.begin() as tx:
        added = tx.add_envelope(
            EnvelopeRecord(
                id=envelope.id,
                account=account.name,
                reference=envelope.reference,
                tenant=envelope.tenant,
                created_at=at,
                body=body,
            )
        )
        if not added:  # another thread sent an envelope of this id a moment ago
            _must_be_the_same(tx, envelope.id, body)
            first = current_attempt(tx, envelope.id)
            if first is not None:
                return first
        attempt = AttemptRecord(
            id=attempt_id,
            envelope_id=envelope.id,
            number=1,
            account=account.name,
            provider=account.provider,
            environment=account.environment,
            vendor_tenant=origin.vendor_tenant,
            started_at=at,
        )
        tx.put_attempt(attempt)
        if reason is not None:
            tx.put_step(
                StepRecord(
                    attempt_id=attempt_id,
                    key=STEP,
                    kind=StepKind.ASIDE,
                    state=StepState.DONE,
                    result=reason,
                    at=at,
                )
            )
        if terms is not None:
            keep_terms(tx, attempt_id, terms, at)
        keeping.put(tx, pieces)
    return attempt


def _published(kernel: Kernel, attempt_id: str, envelope: Envelope, at: datetime) -> None:
    with kernel.store.begin() as tx:
        attempt = tx.attempt(attempt_id)
        if attempt is not None and attempt.state is AttemptState.OPEN:
            tx.put_attempt(attrs.evolve(attempt, state=AttemptState.PUBLISHED))
            tx.put_poll(PollRecord(attempt_id=attempt.id, account=attempt.account, next_at=at + FIRST))
        keeping.drop(tx, envelope)


def _rebuild(kernel: Kernel, envelope_id: str, given: Envelope | None) -> tuple[Envelope, AttemptRecord]:
    with kernel.store.begin() as tx:
        stored = must_find(tx, envelope_id)
        attempt = current_attempt(tx, envelope_id)
        envelope = kernel.load(stored)
    if attempt is None:
        msg = f"envelope {envelope_id!r} has no attempt; send it again"
        raise UsageError(msg)
    if attempt.state not in {AttemptState.OPEN, AttemptState.CLOSING}:
        return envelope, attempt
    from paraph.convert.envelope import with_content

    offered = {document.id: document for document in given.documents} if given else {}
    documents = []
    for document in envelope.documents:
        again = offered.get(document.id)
        if document.kind is ContentKind.DIGEST:
            documents.append(document)
        elif again is not None and again.has_content and again.sha256 == document.sha256:
            documents.append(with_content(document, again.open))
        elif document.path is not None:
            documents.append(document)
        elif (kept := keeping.kept(kernel.store, envelope, document)) is not None:
            documents.append(kept)
        else:
            msg = (
                f"document {document.id!r} of envelope {envelope_id!r} is not kept here; "
                "give the same envelope again: client.resume(id, envelope=envelope)"
            )
            raise UsageError(msg)
    return attrs.evolve(envelope, documents=tuple(documents)), attempt
