"""``import_``: envelopes of another store are taken into this one.

Theory of operation
===================

1. Everything is checked first, and all that is wrong is told at once: the file's shape, its parts against
   each other, its accounts against those that are configured here. Then everything is added in one
   transaction, or nothing is.
2. An account carries on only where it is the same: same provider, same tenant of the vendor, same
   environment; its name may differ if the caller says so. What was carried by an account of another tenant
   could be acted on by nobody here.
3. What is known here already is only added to: tellings are a set, so importing twice changes nothing, and a
   newer export of the same envelope brings what is new. An id that stands for another envelope here is
   refused, and so is an envelope that is known here under another id.
4. Events keep their ids and their times. Observers are told only of what neither store had told before: such
   as what the file's facts and news that waited here show together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import attrs

from paraph.errors import InvalidExport
from paraph.exporting import Export, ExportedAttempt, Imported
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, now
from paraph.ledger import Origin, derive, sighting_of, stream_of
from paraph.model import Event, Fact, Subject, SubjectKind
from paraph.ops.fitting import House, Placed, conflicts, inner_problems, repeated, unused
from paraph.ops.kernel import Kernel
from paraph.ops.observe import notify
from paraph.ops.polling import FIRST
from paraph.ops.terms import keep_terms
from paraph.store.protocol import Transaction
from paraph.store.records import AttemptRecord, AttemptState, EnvelopeRecord, EventRecord, PollRecord

REFUSED: Final = "these envelopes cannot be imported here; nothing was"


def import_(
    kernel: Kernel, source: str | bytes | Iterable[Export], *, accounts: Mapping[str, str] | None = None
) -> Flow[tuple[Imported, ...]]:
    """Take in envelopes that another store has exported; importing again changes nothing.

    Documents have no content here, and secrets of options are missing: what was sent needs neither. A signing
    link that its vendor tells only once stays behind.

    :param source: the text of a file, or exports.
    :param accounts: names of accounts here, by their names in the source, where these differ.
    :raises InvalidExport: with everything that is wrong, or does not fit; nothing was imported.
    """
    exports = yield from call(_read, source)
    at = yield from now()
    imported, events = yield from call(_take_in, kernel, exports, dict(accounts or {}), at)
    yield from notify(kernel, events)
    return imported


def _read(source: str | bytes | Iterable[Export]) -> tuple[Export, ...]:
    from paraph.convert.exchange import loads

    return loads(source) if isinstance(source, str | bytes) else tuple(source)


def _take_in(
    kernel: Kernel, exports: tuple[Export, ...], renamed: dict[str, str], at: datetime
) -> tuple[tuple[Imported, ...], tuple[Event, ...]]:
    placed = [
        each
        for index, export in enumerate(exports)
        for each in Placed(export=export, path=f"envelopes[{index}]").below()
    ]
    house = House(kernel, renamed)
    problems = [*unused(placed, renamed), *repeated(placed)]
    for one in placed:
        problems += inner_problems(kernel, one)
        problems += house.accounts_of(one)
    if problems:
        raise InvalidExport(REFUSED, problems)
    imported: list[Imported] = []
    events: list[Event] = []
    with kernel.store.begin() as tx:
        for one in placed:
            problems += conflicts(kernel, tx, one)
        if problems:
            raise InvalidExport(REFUSED, problems)
        for one in placed:
            outcome, new = _add(kernel, tx, one, house, at)
            imported.append(outcome)
            events += new
    return tuple(imported), tuple(events)


def _add(
    kernel: Kernel, tx: Transaction, one: Placed, house: House, at: datetime
) -> tuple[Imported, tuple[Event, ...]]:
    from paraph.convert.envelope import body_of

    export = one.export
    account = house.name(export.account)
    options = [(each.provider, dict(each.values)) for each in export.options if each.left_out != ("*",)]
    added = tx.add_envelope(
        EnvelopeRecord(
            id=export.envelope.id,
            account=account,
            reference=export.envelope.reference,
            tenant=export.envelope.tenant,
            created_at=export.created_at,
            body=body_of(export.envelope, options),
            parent=one.parent,
        )
    )
    attempts = {each.number: _attempt(tx, export, each, house) for each in export.attempts}
    for number, attempt in attempts.items():
        tx.put_attempt(attempt)
        terms = export.attempts[number - 1].terms
        if terms is not None:
            keep_terms(tx, attempt.id, json.dumps(dict(terms)), attempt.started_at)
        if attempt.vendor_ref:
            tx.adopt_events(_stream(attempt), envelope_id=export.envelope.id)
            tx.add_sightings(
                sighting_of(
                    Fact(
                        type=fact.type,
                        subject=Subject(ref=attempt.vendor_ref),
                        target=fact.target,
                        occurrence=fact.occurrence,
                        at=fact.at,
                        native=fact.native,
                        reason=fact.reason,
                        actor=fact.actor,
                        inferred=fact.inferred,
                    ),
                    _origin(attempt),
                    trust=fact.trust,
                    source=fact.source,
                    seen_at=fact.seen_at,
                )
                for fact in export.attempts[number - 1].facts
            )
    told = sum(
        tx.add_event(
            EventRecord(
                event_id=event.id,
                stream=_stream(attempts[event.attempt]),
                account=attempts[event.attempt].account,
                envelope_id=export.envelope.id,
                recorded_at=event.recorded_at,
            )
        )
        is not None
        for event in export.events
    )
    new: tuple[Event, ...] = ()
    for attempt in attempts.values():
        if attempt.vendor_ref:
            new += derive(tx, _stream(attempt), _origin(attempt), at=at, load=kernel.load)
    if added and one.parent is None:
        last = attempts[len(attempts)]
        tx.put_poll(PollRecord(attempt_id=last.id, account=last.account, next_at=at + FIRST))
    outcome = Imported(id=export.envelope.id, account=account, added=added, events=told + len(new))
    return outcome, new


def _attempt(tx: Transaction, export: Export, given: ExportedAttempt, house: House) -> AttemptRecord:
    """Return an attempt's record; references that are known here and not in the source stay known."""
    before = tx.attempt(given.id)
    people = {**dict(before.signatories if before else ()), **{e.id: e.vendor_ref for e in given.signatories}}
    documents = {**dict(before.documents if before else ()), **{e.id: e.vendor_ref for e in given.documents}}
    if before is not None:
        return attrs.evolve(before, signatories=tuple(people.items()), documents=tuple(documents.items()))
    return AttemptRecord(
        id=given.id,
        envelope_id=export.envelope.id,
        number=given.number,
        account=house.name(given.account),
        provider=given.provider,
        environment=given.environment,
        vendor_tenant=given.vendor_tenant,
        state=AttemptState(given.state),
        vendor_ref=given.vendor_ref,
        signatories=tuple(people.items()),
        documents=tuple(documents.items()),
        started_at=given.started_at,
    )


def _origin(attempt: AttemptRecord) -> Origin:
    return Origin(
        account=attempt.account,
        provider=attempt.provider,
        environment=attempt.environment,
        vendor_tenant=attempt.vendor_tenant,
    )


def _stream(attempt: AttemptRecord) -> str:
    return stream_of(_origin(attempt), SubjectKind.ENVELOPE, attempt.vendor_ref or "")
