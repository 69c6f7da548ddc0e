"""``export`` and ``export_all``: envelopes as they leave a store (:mod:`paraph.exporting`)."""

from __future__ import annotations

import json
from typing import Final, Literal

from paraph.errors import NotReady, UsageError
from paraph.exporting import Export, ExportedAttempt, ExportedEvent, ExportedFact, Exports, Reference
from paraph.flow.commands import Flow
from paraph.flow.helpers import call
from paraph.ledger import Origin, stream_of
from paraph.model import SubjectKind
from paraph.ops.kernel import Kernel, must_find
from paraph.ops.terms import KEY as TERMS
from paraph.store.protocol import Transaction
from paraph.store.records import AttemptRecord, AttemptState, EnvelopeRecord, Sighting

EVERY: Final = (1 << 31) - 1
"""A limit that nothing reaches."""

STATES: Final[dict[AttemptState, Literal["published", "superseded"]]] = {
    AttemptState.PUBLISHED: "published",
    AttemptState.SUPERSEDED: "superseded",
}


def export(kernel: Kernel, envelope_id: str) -> Flow[Export]:
    """Return everything of one envelope that another store needs to go on with it, from the store alone.

    It holds personal data, and neither documents' content nor secrets; ``Export.left_out`` names these.

    :raises UnknownEnvelope: it is not in this store.
    :raises NotReady: its send is not finished; two stores that knew it could both go on with it.
    :raises UsageError: the vendor made it out of another one, which is exported with all that was made of it.
    """
    return (yield from call(_export, kernel, envelope_id))


def export_all(kernel: Kernel, *, account: str | None = None) -> Flow[Exports]:
    """Export every envelope of the store, oldest first; those whose send is not finished are only named.

    :param account: only those that this account carries.
    """
    ids = yield from call(_ids, kernel, account)
    found: list[Export] = []
    unfinished: list[str] = []
    for envelope_id in ids:
        try:
            found.append((yield from export(kernel, envelope_id)))
        except NotReady:
            unfinished.append(envelope_id)
    return Exports(envelopes=tuple(found), unfinished=tuple(unfinished))


def _ids(kernel: Kernel, account: str | None) -> tuple[str, ...]:
    with kernel.store.begin() as tx:
        known = tx.envelopes(account=account, limit=EVERY)
    return tuple(each.id for each in reversed(known) if each.parent is None)


def _export(kernel: Kernel, envelope_id: str) -> Export:
    with kernel.store.begin() as tx:
        stored = must_find(tx, envelope_id)
        if stored.parent is not None:
            msg = f"the vendor made envelope {envelope_id!r} out of {stored.parent!r}; export that one"
            raise UsageError(msg)
        return _exported(kernel, tx, stored)


def _exported(kernel: Kernel, tx: Transaction, stored: EnvelopeRecord) -> Export:
    from paraph.convert.envelope import bare_envelope, options_without_secrets

    attempts = tx.attempts(stored.id)
    if not attempts or any(each.state not in STATES for each in attempts):
        msg = f"the send of envelope {stored.id!r} is not finished; client.resume goes on with it"
        raise NotReady(msg)
    numbers = {_stream(each): each.number for each in attempts if each.vendor_ref}
    return Export(
        account=stored.account,
        created_at=stored.created_at,
        envelope=bare_envelope(stored.body),
        options=options_without_secrets(stored.body, kernel.options_class),
        attempts=tuple(_attempt(tx, each) for each in attempts),
        events=tuple(
            ExportedEvent(
                id=each.event_id,
                attempt=numbers.get(each.stream, attempts[-1].number),
                recorded_at=each.recorded_at,
            )
            for each in tx.events(envelope_id=stored.id, limit=EVERY)
        ),
        children=tuple(_exported(kernel, tx, child) for child in tx.children(stored.id)),
    )


def _stream(attempt: AttemptRecord) -> str:
    origin = Origin(
        account=attempt.account,
        provider=attempt.provider,
        environment=attempt.environment,
        vendor_tenant=attempt.vendor_tenant,
    )
    return stream_of(origin, SubjectKind.ENVELOPE, attempt.vendor_ref or "")


def _attempt(tx: Transaction, attempt: AttemptRecord) -> ExportedAttempt:
    told = tx.sightings(_stream(attempt)) if attempt.vendor_ref else ()
    kept = tx.step(attempt.id, TERMS)
    return ExportedAttempt(
        id=attempt.id,
        number=attempt.number,
        account=attempt.account,
        provider=attempt.provider,
        environment=attempt.environment,
        vendor_tenant=attempt.vendor_tenant,
        state=STATES[attempt.state],
        vendor_ref=attempt.vendor_ref,
        signatories=_references(attempt.signatories),
        documents=_references(attempt.documents),
        started_at=attempt.started_at,
        terms=None if kept is None else json.loads(kept.result),
        # A store promises no order; the same envelope makes the same file.
        facts=tuple(_fact(each) for each in sorted(told, key=lambda each: (each.seen_at, each.key))),
    )


def _references(pairs: tuple[tuple[str, str], ...]) -> tuple[Reference, ...]:
    return tuple(Reference(id=local, vendor_ref=ref) for local, ref in pairs)


def _fact(told: Sighting) -> ExportedFact:
    return ExportedFact(
        type=told.type,
        target=told.target,
        occurrence=told.occurrence,
        at=told.at,
        native=told.native,
        reason=told.reason,
        actor=told.actor,
        inferred=told.inferred,
        trust=told.trust,
        source=told.source,
        seen_at=told.seen_at,
    )
