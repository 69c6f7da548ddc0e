"""Evidence: what is declared can be fetched, nothing else is listed, and no original passes for signed."""

# ruff: noqa: D401 - the docstring of a check states the promise, as that of a test does

from __future__ import annotations

import io

from paraph.errors import NotReady, UnsupportedCapability, UsageError
from paraph.model import Envelope, Evidence, EvidenceKind
from paraph.testing.conformance.abilities import silence
from paraph.testing.conformance.bench import Bench
from paraph.testing.conformance.expectations import completes
from paraph.testing.conformance.findings import expect, fail


def works(bench: Bench, kind: EvidenceKind) -> None:
    """A declared kind is listed and fetched once all have signed, and never the original in its place."""
    bench.subscribe_if_offered()
    envelope = bench.sent(bench.envelope())
    early = {one.kind for one in _listed(bench, envelope)} & {EvidenceKind.SIGNED_DOCUMENT}
    if early:
        _never_original(bench, envelope, EvidenceKind.SIGNED_DOCUMENT)
    completes(bench, envelope)
    bench.until(
        f"evidence of kind {kind.value}", lambda: kind in {one.kind for one in _listed(bench, envelope)}
    )
    first, again = _fetched(bench, envelope, kind), _fetched(bench, envelope, kind)
    expect(first, f"{kind.value} is empty")
    expect(
        kind is not EvidenceKind.SIGNED_DOCUMENT or first == again, "the signed document differs each time"
    )
    _never_original(bench, envelope, kind)


def undeclared(bench: Bench) -> None:
    """Only declared kinds are listed; an account that declares none refuses to list before any request."""
    bench.subscribe_if_offered()
    envelope = bench.sent(bench.envelope())
    if bench.offered.evidence:
        completes(bench, envelope)
        kinds = {one.kind for one in _listed(bench, envelope)} - bench.offered.evidence
        expect(
            not kinds,
            f"unexpected success: undeclared evidence is listed: {sorted(kinds)}",
            hint="declare it",
        )
        return
    with silence(bench):
        try:
            found = bench.client.evidence(envelope.id)
        except UnsupportedCapability as error:
            declared = bench.info.capabilities.evidence
            expect(error.hint or not declared, "evidence is refused without saying what this account lacks")
            return
        expect(not found, "unexpected success: evidence is listed, and none is declared", hint="declare it")
    fail("evidence() of an account without any answers an empty list", hint="raise UnsupportedCapability")


def _listed(bench: Bench, envelope: Envelope) -> tuple[Evidence, ...]:
    return bench.client.evidence(envelope.id)


def _fetched(bench: Bench, envelope: Envelope, kind: EvidenceKind) -> bytes:
    sink = io.BytesIO()
    bench.client.save(envelope.id, sink, kinds=[kind])
    return sink.getvalue()


def _never_original(bench: Bench, envelope: Envelope, kind: EvidenceKind) -> None:
    if kind is EvidenceKind.ORIGINAL:
        return
    with envelope.documents[0].open() as stream:
        original = stream.read()
    try:
        given = _fetched(bench, envelope, kind)
    except (NotReady, UsageError):
        return
    expect(
        given != original, f"the unsigned original is given as {kind.value}", hint="raise NotReady instead"
    )
