"""What ``paraph doctor`` asks a provider leaves no trace at the vendor, and holds no secret."""

# ruff: noqa: D401 - the docstring of a check states the promise, as that of a test does

from __future__ import annotations

from typing import Any

from paraph.ops.carry import under
from paraph.provider import Examines, Finding, ListsWebhooks, Standing
from paraph.testing.conformance.bench import Bench
from paraph.testing.conformance.findings import expect, fail


def changes_nothing(bench: Bench) -> None:
    """Examining and listing webhooks are reads; credentials that are right do not fail.

    A provider that has neither ability promises nothing here. What the findings say is searched for secrets
    when the bench is left.
    """
    before = _vendor(bench)
    account, provider = bench.account, bench.provider
    if isinstance(provider, ListsWebhooks):
        listing = provider.webhooks(account)
        bench.watch.hear("webhooks", bench.run(lambda kernel: under(kernel, account, listing)))
    if isinstance(provider, Examines):
        examining = provider.examine(account)
        found: tuple[object, ...] = bench.run(lambda kernel: under(kernel, account, examining))
        bench.watch.hear("examine", found)
        for each in found:
            if not isinstance(each, Finding):
                fail(f"examine returns a {type(each).__name__}", hint="it returns a tuple of Finding")
            refused = each.check == "credentials" and each.state is Standing.FAIL
            expect(not refused, "the credentials for its own simulator fail")
    expect(
        before == _vendor(bench),
        "examining an account leaves effects at the vendor",
        hint="examine and webhooks only read; what cannot be read is Finding.not_asked",
    )


def _vendor(bench: Bench) -> tuple[Any, ...]:
    """Return everything that the simulator has done and has."""
    simulator = bench.simulator
    return simulator.effects.all(), tuple(simulator.outbox), simulator.state()
