"""The demo: the same envelope through every simulated vendor, with everything checked at the end.

Through the account of a vendor whose refusals can be seen goes a further one, which its last signatory
refuses. Nothing here knows a vendor: what accounts offer decides what is played and expected.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from paraph import Capability, Registry
from paraph.errors import ConfigurationError
from paraph.testing.simulator import Simulator
from paraph_simulator import cast, telling
from paraph_simulator.act import Act
from paraph_simulator.folder import prepare
from paraph_simulator.plan import Part, Plan, Result
from paraph_simulator.show import Show
from paraph_simulator.stage import Stage, stage
from paraph_simulator.stopping import Stop

__all__ = ["Part", "Plan", "Result", "play"]


def play(
    plan: Plan, simulators: Mapping[str, Simulator], registry: Registry, show: Show, stop: Stop
) -> tuple[Result, ...]:
    """Play the demo with each simulator.

    :raises StoppedError: it was asked to stop; everything is taken down.
    :raises ParaphError: what the library raised; a refused document, for example.
    """
    stop.check()
    prepare(plan.folder)
    show.line(
        "Everything here is simulated: no vendor is called, and no signature has legal effect.", style="dim"
    )
    with stage(simulators, registry, plan.folder) as built:
        results = tuple(_acts(plan, built, show, stop))
        stop.check()
    _tell(results, plan.folder, show)
    return results


def _acts(plan: Plan, built: Stage, show: Show, stop: Stop) -> Iterator[Result]:
    parts = parts_of(built)
    originals = cast.papers(plan.pdf)
    envelope = cast.envelope(originals, [built.client.capabilities(name) for name in built.simulators])
    for name in built.simulators:
        built.register_webhook(name)
        if Capability.SEE_COMPLETION not in built.client.capabilities(name):
            show.line(f"{name}: completions cannot be seen there, so nothing is sent to be completed.")
    for part in parts:
        stop.check()
        show.title(f"{part.vendor}, simulated{': a refusal' if part.refused else ''}")
        yield Act(
            plan=plan,
            part=part,
            stage=built,
            envelope=attrs.evolve(envelope, id=uuid.uuid4().hex),
            originals=originals,
            folder=plan.folder if len(parts) == 1 else plan.folder / part.name,
            show=show,
            stop=stop,
        ).play()


def parts_of(built: Stage) -> tuple[Part, ...]:
    """Return what is played: one envelope for each account, then refusals; each where its end can be seen.

    :raises ConfigurationError: none can be seen at any account.
    """
    client, parts = built.client, []
    for capability in (Capability.SEE_COMPLETION, Capability.SEE_DECLINE):
        for name in built.simulators:
            vendor = client.registry.info(client.config.accounts[name].provider).title
            if capability in client.capabilities(name):
                refused = capability is Capability.SEE_DECLINE
                parts.append(Part(account=name, vendor=vendor, refused=refused))
    if not parts:
        raise ConfigurationError("no account tells how its envelopes end, so there is nothing to show")
    return tuple(parts)


def _tell(results: Sequence[Result], folder: Path, show: Show) -> None:
    show.title(results[0].envelope.title)
    show.table(*telling.side_by_side(results))
    if any(each.saved for each in results):
        show.table(*telling.files(results, folder))
    for result in results:
        for sentence in result.failures:
            show.problem(f"{result.part.label}: {sentence}")
        if not result.failures:
            show.line(f"{result.part.label}:", style="bold")
            for sentence in telling.held(result):
                show.line(f"  {sentence}")
    if not any(result.failures for result in results):
        show.line("All held.", style="bold green")
