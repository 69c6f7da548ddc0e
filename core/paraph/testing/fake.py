"""A provider without a vendor, for tests of everything around providers.

``Registry.empty().register("fake", paraph.testing.fake)`` makes it known. It accepts
every envelope, makes no request, and never hears of one again: it offers neither
reading nor webhooks, and its capabilities say so.
"""

# ruff: noqa: ARG002 - a protocol's methods name their arguments, used or not

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import attrs

from paraph.errors import UnsupportedCapability
from paraph.flow import NOT_DONE, Flow, Recovered, identify, new_id, now, publish, step
from paraph.model import (
    Envelope,
    Fact,
    FactType,
    Level,
    Observation,
    Problem,
    Secret,
    Source,
    Subject,
    Trust,
)
from paraph.provider import (
    PLUGIN_API,
    Account,
    Capabilities,
    Capability,
    Carried,
    Delivery,
    Malformed,
    ProviderInfo,
    Reading,
    Verdict,
    setting,
)
from paraph.provider.hookspecs import hookimpl

ORIGIN = "https://fake.invalid"
"""A name that no resolver knows: nothing can be sent there by mistake."""


@attrs.frozen(kw_only=True)
class FakeSettings:
    """An account of nobody: a secret, and one option of each simple type."""

    api_key: Secret = setting("The key of the account.", example="env:FAKE_KEY")
    spare_key: Secret | None = setting("A second key that is accepted, too.", default=None)
    region: Literal["north", "south"] = setting("Where the account lives.", default="north")
    pages: int = setting("Entries per page, at least 1.", default=50)
    patient: bool = setting("Wait longer.", default=False)
    labels: tuple[str, ...] = setting("Words to put on every envelope.", default=())
    auth: Mapping[str, Any] | None = setting("A table that only this provider reads.", default=None)

    def problems(self) -> tuple[Problem, ...]:
        """Return what is wrong between options."""
        if self.pages < 1:
            return (Problem(path="pages", code="pages.range", message="at least one entry per page"),)
        return ()


CAPABILITIES = Capabilities(
    supported=frozenset(
        {
            Capability.DELIVERY_EMAIL,
            Capability.SEVERAL_DOCUMENTS,
            Capability.SEVERAL_SIGNATORIES,
            Capability.STAGES,
            Capability.FIELDS,
            Capability.OUR_REFERENCE,
        }
    ),
    levels=frozenset({Level.SES}),
)


class FakeProvider:
    """The fake vendor's side of the protocol."""

    @property
    def info(self) -> ProviderInfo:
        """The static description."""
        return INFO

    def tenant(self, account: Account[FakeSettings]) -> str:
        """Tell accounts apart by a digest of their key."""
        return hashlib.sha256(account.settings.api_key.reveal().encode()).hexdigest()[:16]

    def origin(self, account: Account[FakeSettings]) -> str:
        """Return an origin that does not exist."""
        return ORIGIN

    def capabilities(self, account: Account[FakeSettings]) -> Capabilities:
        """Every account offers the same."""
        return CAPABILITIES

    def check(self, envelope: Envelope, account: Account[FakeSettings]) -> tuple[Problem, ...]:
        """Everything can be told to nobody."""
        return ()

    def authorize(
        self, account: Account[FakeSettings], refused: Mapping[str, str] | None
    ) -> Flow[Mapping[str, str]]:
        """Show the key; it cannot be renewed."""
        yield from ()
        return {"Authorization": f"Bearer {account.settings.api_key.reveal()}"}

    def preflight(self, envelope: Envelope, account: Account[FakeSettings]) -> Flow[tuple[Problem, ...]]:
        """Nothing can be read."""
        yield from ()
        return ()

    def send(self, carried: Carried, account: Account[FakeSettings]) -> Flow[Observation]:
        """Make up a reference and call the envelope sent."""
        ref = yield from step("create", new_id)
        yield from identify(
            envelope=ref,
            signatories={person.id: f"{ref}-{person.id}" for person in carried.envelope.signatories},
            documents={document.id: f"{ref}-{document.id}" for document in carried.envelope.documents},
        )
        yield from publish("publish", _nothing, recover=_not_done)
        return Observation(
            source=Source.RESPONSE,
            trust=Trust.CONFIRMED,
            observed_at=(yield from now()),
            our_reference=carried.reference,
            facts=(Fact(type=FactType.ENVELOPE_SENT, subject=Subject(ref=ref), native="SENT"),),
        )

    def read(self, carried: Carried, account: Account[FakeSettings]) -> Flow[Observation]:
        """Refuse: nobody knows."""
        yield from ()
        raise UnsupportedCapability(
            account=account.name, provider=account.provider, capability=Capability.READ_STATUS
        )

    def observe(self, delivery: Delivery, account: Account[FakeSettings]) -> Reading:
        """Refuse every delivery: nobody sends any."""
        return Reading(rejected=Malformed.NOT_READABLE)

    def verify(self, reading: Reading, delivery: Delivery, account: Account[FakeSettings]) -> Flow[Verdict]:
        """Call every delivery invented."""
        yield from ()
        return Verdict.FOREIGN


def _nothing() -> Flow[None]:
    """Publish to nobody."""
    yield from ()


def _not_done() -> Flow[Recovered]:
    """Answer that an interrupted publication to nobody can be repeated."""
    yield from ()
    return NOT_DONE


INFO = ProviderInfo(
    name="fake",
    title="Fake",
    summary="Accepts every envelope and does nothing with it.",
    api=PLUGIN_API,
    capabilities=CAPABILITIES,
    settings=FakeSettings,
    build=FakeProvider,
)


@hookimpl
def paraph_provider() -> ProviderInfo:
    """Describe the fake provider."""
    return INFO
