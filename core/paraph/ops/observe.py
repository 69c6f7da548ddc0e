"""Recording what was learned, and telling whoever listens."""

from __future__ import annotations

from paraph.children import adopt, sum_up
from paraph.flow.commands import Flow
from paraph.flow.helpers import call
from paraph.ledger import Origin, record, stream_of
from paraph.model import DeliveryBy, Event, Observation, Snapshot, SubjectKind
from paraph.ops.kernel import Kernel, current_attempt, must_find
from paraph.ops.terms import Terms, kept_terms
from paraph.projection import snapshot_of
from paraph.store.protocol import Transaction
from paraph.store.records import Sighting


def observe(kernel: Kernel, observation: Observation, account: str) -> Flow[tuple[Event, ...]]:
    """Add an observation to the ledger and return what was new; observers hear of it after the commit."""
    events = yield from call(_record, kernel, observation, account)
    yield from notify(kernel, events)
    return events


def notify(kernel: Kernel, events: tuple[Event, ...]) -> Flow[None]:
    """Tell observers of events that were committed."""
    if events and kernel.registry.has_observers:
        for event in events:
            yield from call(kernel.registry.notify, event)


def _record(kernel: Kernel, observation: Observation, account: str) -> tuple[Event, ...]:
    origin = kernel.origin(account)
    with kernel.store.begin() as tx:
        return add(tx, kernel, observation, origin)


def add(tx: Transaction, kernel: Kernel, observation: Observation, origin: Origin) -> tuple[Event, ...]:
    """Add an observation within a transaction; return what was new, of children and parents too."""
    observation, parents, events = adopt(tx, observation, origin, load=kernel.load, dump=kernel.dump)
    recorded = record(tx, observation, origin, load=kernel.load)
    events += recorded.events
    return events + sum_up(tx, recorded.envelopes, parents, observation, load=kernel.load)


def project(kernel: Kernel, envelope_id: str) -> Flow[Snapshot]:
    """Return what is known of an envelope."""
    return (yield from call(_project, kernel, envelope_id))


def _project(kernel: Kernel, envelope_id: str) -> Snapshot:
    """Project from what is stored alone: neither the account's secrets nor the account are needed."""
    with kernel.store.begin() as tx:
        stored = must_find(tx, envelope_id)
        attempt = current_attempt(tx, envelope_id)
        children = tx.children(envelope_id)
        sightings: tuple[Sighting, ...] = ()
        if attempt is not None and attempt.vendor_ref:
            origin = Origin(
                account=attempt.account,
                provider=attempt.provider,
                environment=attempt.environment,
                vendor_tenant=attempt.vendor_tenant,
            )
            sightings = tx.sightings(stream_of(origin, SubjectKind.ENVELOPE, attempt.vendor_ref))
        envelope = kernel.load(stored)
        if attempt is not None and any(
            person.delivery is DeliveryBy.ACCOUNT for person in envelope.signatories
        ):
            terms = kept_terms(tx, attempt.id)
            envelope = Terms(defaults=terms.defaults).apply(envelope, None) if terms else envelope
    return snapshot_of(
        stored,
        envelope,
        attempt,
        sightings,
        children=tuple(child.id for child in children),
        environment=attempt.environment if attempt else kernel.environment(stored.account),
        provider=attempt.provider if attempt else "",
    )
