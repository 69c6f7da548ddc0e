"""Taking over an envelope that another store has sent."""

# ruff: noqa: D401 - the docstring of a check states the promise, as that of a test does

from __future__ import annotations

from functools import partial

from paraph.client import Client
from paraph.model import Lifecycle
from paraph.provider import Capability
from paraph.store.memory import MemoryStore
from paraph.testing.conformance.bench import Bench
from paraph.testing.conformance.findings import expect
from paraph.testing.conformance.subject import ACCOUNT


def works(bench: Bench) -> None:
    """A store that never heard of an envelope takes it over, and follows it like the one that sent it."""
    envelope = bench.sent(bench.envelope())
    elsewhere = bench.connect(MemoryStore(), bench.style)
    ref = bench.carried(envelope).vendor_ref
    effects = bench.simulator.effects.all()
    seen = elsewhere.adopt(ACCOUNT, ref)
    again = elsewhere.adopt(ACCOUNT, ref)
    expect(effects == bench.simulator.effects.all(), "adopting changed something at the vendor")
    expect(seen.id == again.id, "adopting twice makes two envelopes")
    expect(seen.vendor_ref == ref, "what was adopted has another reference than it was asked for by")
    expect(not seen.ended, f"an envelope that nobody signed is adopted as {seen.lifecycle.value!r}")
    bench.news(envelope)
    told = {event.id for event in elsewhere.events(seen.id)}
    known = {event.id for event in bench.client.events(envelope.id)}
    expect(told <= known, "adopting tells events that sending and reading do not")
    described = bench.connect(MemoryStore(), bench.style)
    given = described.adopt(ACCOUNT, ref, envelope=envelope)
    expect(given.id == envelope.id, "an envelope that is given loses its id")
    bench.sign(envelope)
    if Capability.SEE_COMPLETION in bench.offered and Capability.READ_STATUS in bench.offered:
        for client, name in ((elsewhere, seen.id), (described, envelope.id)):
            bench.until("completion", partial(_has_ended, client, name))


def _has_ended(client: Client, envelope_id: str) -> bool:
    return client.refresh(envelope_id).lifecycle is Lifecycle.COMPLETED
