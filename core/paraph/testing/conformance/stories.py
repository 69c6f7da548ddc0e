"""What may become of an envelope: each ending that an account offers, from the send to the end.

A vendor may call us for some endings only, so what concerns webhooks is looked at over all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import attrs

from paraph.model import Envelope, Lifecycle
from paraph.provider import Capability
from paraph.testing.conformance.bench import Bench
from paraph.testing.conformance.expectations import LATER, SOON


@attrs.frozen(kw_only=True, eq=False)
class Story:
    """One ending.

    :ivar needs: without which nobody can bring it about, or see it.
    :ivar begin: makes the envelope. ``end``: brings it about.
    """

    ending: Lifecycle
    needs: frozenset[Capability] = frozenset()
    begin: Callable[[Bench], Envelope]
    end: Callable[[Bench, Envelope], object]


def _plain(bench: Bench) -> Envelope:
    return bench.envelope()


def _expiring(bench: Bench) -> Envelope:
    return bench.envelope(expires_at=bench.simulator.clock.now() + SOON)


def _expire(bench: Bench, envelope: Envelope) -> None:
    bench.link(envelope, envelope.signatories[0])
    bench.simulator.clock.advance(LATER)


STORIES: Final[Mapping[str, Story]] = MappingProxyType(
    {
        "signed": Story(
            ending=Lifecycle.COMPLETED, begin=_plain, end=lambda bench, envelope: bench.sign(envelope)
        ),
        "declined": Story(
            ending=Lifecycle.DECLINED,
            needs=frozenset({Capability.SEE_DECLINE}),
            begin=_plain,
            end=lambda bench, envelope: bench.decline(envelope, envelope.signatories[0]),
        ),
        "expired": Story(
            ending=Lifecycle.EXPIRED, needs=frozenset({Capability.EXPIRY}), begin=_expiring, end=_expire
        ),
        "cancelled": Story(
            ending=Lifecycle.CANCELLED,
            needs=frozenset({Capability.CANCEL}),
            begin=_plain,
            end=lambda bench, envelope: bench.client.cancel(envelope.id),
        ),
    }
)


def possible(bench: Bench) -> tuple[Story, ...]:
    """Return the stories that an account can tell."""
    return tuple(story for story in STORIES.values() if story.needs <= bench.offered.supported)
