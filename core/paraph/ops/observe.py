"""Recording what was learned, and telling whoever listens."""

from __future__ import annotations

from paraph.flow.commands import Flow
from paraph.flow.helpers import call
from paraph.ledger import Origin, record, stream_of
from paraph.model import Event, Observation, Snapshot, SubjectKind
from paraph.ops.kernel import Kernel, current_attempt, must_find
from paraph.projection import snapshot_of


def observe(kernel: Kernel, observation: Observation, account: str) -> Flow[tuple[Event, ...]]:
    """Add an observation to the ledger and return what was new; observers hear of it after the commit."""
    events = yield from call(_record, kernel, observation, kernel.origin(account))
    if events and kernel.registry.has_observers:
        for event in events:
            yield from call(kernel.registry.notify, event)
    return events


def _record(kernel: Kernel, observation: Observation, origin: Origin) -> tuple[Event, ...]:
    with kernel.store.begin() as tx:
        return record(tx, observation, origin, load=kernel.load)


def project(kernel: Kernel, envelope_id: str) -> Flow[Snapshot]:
    """Return what is known of an envelope."""
    return (yield from call(_project, kernel, envelope_id))


def _project(kernel: Kernel, envelope_id: str) -> Snapshot:
    with kernel.store.begin() as tx:
        stored = must_find(tx, envelope_id)
        attempt = current_attempt(tx, envelope_id)
        origin = kernel.origin(stored.account)
        sightings = (
            tx.sightings(stream_of(origin, SubjectKind.ENVELOPE, attempt.vendor_ref))
            if attempt is not None and attempt.vendor_ref
            else ()
        )
    return snapshot_of(
        stored,
        kernel.load(stored),
        attempt,
        sightings,
        environment=origin.environment,
        provider=origin.provider,
    )
