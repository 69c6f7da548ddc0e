"""``send`` and ``resume``: one journalled flow, so that nothing is ever sent twice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import attrs

from paraph.errors import UsageError, VendorError
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, new_id, now
from paraph.model import ContentKind, Document, Envelope, Snapshot
from paraph.ops.carry import under
from paraph.ops.check import check, choose_account, refuse_if_blocked, with_defaults
from paraph.ops.kernel import Kernel, carried_of, current_attempt, must_find
from paraph.ops.observe import observe, project
from paraph.provider.account import Account
from paraph.store.protocol import Transaction
from paraph.store.records import AttemptRecord, AttemptState, EnvelopeRecord


def send(kernel: Kernel, envelope: Envelope, *, account: str | None = None) -> Flow[Snapshot]:
    """Check an envelope, make it at the account's vendor and publish it.

    Sending an envelope whose id the store knows continues or returns the first send; it
    never sends a second time.

    :param account: the account's name; the configured default if ``None``.
    :raises Refused: it cannot be carried; every problem is listed and nothing was changed at the vendor.
    :raises VendorError: the vendor failed. ``resume(envelope.id)`` goes on where it stopped.
    :raises UncertainStep: an effect may have happened and cannot be read; a person has to look.
    """
    known = yield from call(_known, kernel, envelope)
    if known is not None:
        return (yield from _carry(kernel, envelope, known))
    name = choose_account(kernel, account)
    problems = yield from check(kernel, envelope, account=name, live=True)
    refuse_if_blocked(problems, name)
    at = yield from now()
    attempt_id = yield from new_id()
    chosen = yield from call(kernel.account, name)
    attempt = yield from call(_register, kernel, envelope, chosen, attempt_id, at)
    return (yield from _carry(kernel, envelope, attempt))


def resume(kernel: Kernel, envelope_id: str, *, envelope: Envelope | None = None) -> Flow[Snapshot]:
    """Go on with a send that was interrupted; a finished one is only looked at.

    :param envelope: the same envelope again; needed only if it has documents behind an
        open-callable, which no store can keep.
    :raises UnknownEnvelope, UsageError, VendorError, UncertainStep: as for ``send``.
    """
    rebuilt, attempt = yield from call(_rebuild, kernel, envelope_id, envelope)
    return (yield from _carry(kernel, rebuilt, attempt))


def _carry(kernel: Kernel, envelope: Envelope, attempt: AttemptRecord) -> Flow[Snapshot]:
    if attempt.state is not AttemptState.OPEN:
        return (yield from project(kernel, envelope.id))
    account = yield from call(kernel.account, attempt.account)
    carried = carried_of(with_defaults(envelope, account), attempt)
    flow = kernel.provider(account).send(carried, account)
    try:
        observation = yield from under(kernel, account, flow, attempt=attempt)
    except VendorError as error:
        error.add_note(f"nothing is repeated by itself; client.resume({envelope.id!r}) goes on from here")
        raise
    yield from observe(kernel, observation, account.name)
    yield from call(_published, kernel, attempt.id, envelope)
    return (yield from project(kernel, envelope.id))


def _known(kernel: Kernel, envelope: Envelope) -> AttemptRecord | None:
    with kernel.store.begin() as tx:
        stored = tx.envelope(envelope.id)
        if stored is None:
            return None
        _must_be_the_same(tx, envelope.id, kernel.dump(envelope))
        return current_attempt(tx, envelope.id)


def _must_be_the_same(tx: Transaction, envelope_id: str, body: str) -> None:
    """Refuse another content under a known id. :raises UsageError: it is another."""
    if must_find(tx, envelope_id).body != body:
        msg = f"envelope id {envelope_id!r} was used for another content; give a new one to a new envelope"
        raise UsageError(msg)


def _register(
    kernel: Kernel, envelope: Envelope, account: Account[Any], attempt_id: str, at: datetime
) -> AttemptRecord:
    origin = kernel.origin(account.name)
    body = kernel.dump(envelope)
    kept = {
        content_key(envelope.id, document.id): _read(document) for document in _in_memory(envelope.documents)
    }
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
        for key, content in kept.items():
            tx.put_content(key, content)
    return attempt


KEPT_AT_MOST = 64 << 20
"""Bytes of one in-memory document that the store keeps for resuming; larger ones belong in a file."""


def content_key(envelope_id: str, document_id: str) -> str:
    """Return the key under which a document's bytes are kept until its envelope is published."""
    return f"{envelope_id}/{document_id}"


def _in_memory(documents: Iterable[Document]) -> Iterable[Document]:
    return (
        document
        for document in documents
        if document.path is None and document.kind is not ContentKind.DIGEST and document.size <= KEPT_AT_MOST
    )


def _read(document: Document) -> bytes:
    with document.open() as stream:
        return stream.read()


def _published(kernel: Kernel, attempt_id: str, envelope: Envelope) -> None:
    with kernel.store.begin() as tx:
        attempt = tx.attempt(attempt_id)
        if attempt is not None and attempt.state is AttemptState.OPEN:
            tx.put_attempt(attrs.evolve(attempt, state=AttemptState.PUBLISHED))
        for document in envelope.documents:
            tx.drop_content(content_key(envelope.id, document.id))


def _rebuild(kernel: Kernel, envelope_id: str, given: Envelope | None) -> tuple[Envelope, AttemptRecord]:
    from paraph.convert.envelope import with_content

    with kernel.store.begin() as tx:
        stored = must_find(tx, envelope_id)
        attempt = current_attempt(tx, envelope_id)
        envelope = kernel.load(stored)
        kept = {
            document.id: tx.content(content_key(envelope.id, document.id)) for document in envelope.documents
        }
    if attempt is None:
        msg = f"envelope {envelope_id!r} has no attempt; send it again"
        raise UsageError(msg)
    if attempt.state is not AttemptState.OPEN:
        return envelope, attempt
    offered = {document.id: document for document in given.documents} if given else {}
    documents = []
    for document in envelope.documents:
        content = kept[document.id]
        again = offered.get(document.id)
        if document.kind is ContentKind.DIGEST or document.path is not None:
            documents.append(document)
        elif content is not None:
            documents.append(with_content(document, content))
        elif again is not None and again.sha256 == document.sha256:
            documents.append(again)
        else:
            msg = (
                f"document {document.id!r} of envelope {envelope_id!r} is not kept here; "
                "give the same envelope again: client.resume(id, envelope=envelope)"
            )
            raise UsageError(msg)
    return attrs.evolve(envelope, documents=tuple(documents)), attempt
