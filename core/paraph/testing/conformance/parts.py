"""What every account has in part: levels, laws and verbs. Offered ones work, the others are refused."""

from __future__ import annotations

import attrs

from paraph.model import Assurance, Level, Regime, Verb
from paraph.provider import Capability
from paraph.testing.conformance.bench import Bench
from paraph.testing.conformance.expectations import completes, refused_envelope
from paraph.testing.conformance.findings import expect
from paraph.testing.conformance.samples import changed


def refused_level(bench: Bench, level: Level) -> None:
    """Refuse a level that is not offered."""
    made = bench.envelope(assurance=Assurance(level=level))
    refused_envelope(bench, made, "level.unsupported")


def level_works(bench: Bench, level: Level) -> None:
    """Sign at a level, or be told without any change which condition of the vendor's is not met."""
    made = bench.envelope(assurance=Assurance(level=level))
    found = [problem for problem in bench.client.check(made, live=True) if problem.blocking]
    if not found:
        bench.subscribe_if_offered()
        completes(bench, bench.sent(made))
        return
    expect(
        all(one.code != "level.unsupported" for one in found), f"level {level.name} is declared and refused"
    )
    refused_by_vendor = not bench.simulator.effects.all()
    expect(refused_by_vendor, "an envelope that is refused changed something at the vendor")


def refused_verb(bench: Bench, verb: Verb) -> None:
    """Refuse what nobody can be asked to do here."""
    made = bench.envelope(persons=2 if Capability.SEVERAL_SIGNATORIES in bench.offered else 1)
    people = changed(made.signatories, **{made.signatories[-1].id: {"verb": verb}})
    refused_envelope(bench, attrs.evolve(made, signatories=people), "verb.unsupported")


def refused_regime(bench: Bench, regime: Regime) -> None:
    """Refuse a law that is not offered."""
    made = bench.envelope()
    asked = attrs.evolve(made.assurance, regime=regime)
    refused_envelope(bench, attrs.evolve(made, assurance=asked), "regime.unsupported")
