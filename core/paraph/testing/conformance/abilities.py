"""What can be done with an envelope that exists: each ability that is offered works, each other one refuses.

An ability that is not offered is asked for twice: through the client, which has to refuse before any request,
and past it at the provider's own method, where success would mean that the account can do more than it says.
"""

# ruff: noqa: D401 - the docstring of a check states the promise, as that of a test does

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, cast

import attrs

from paraph.errors import Unobservable, UnsupportedCapability
from paraph.flow.commands import Flow
from paraph.model import Decision, Envelope, Lifecycle, Secret
from paraph.provider import (
    Adopts,
    Cancels,
    Capability,
    Carried,
    ClosesDrafts,
    GivesLinks,
    ListsEvents,
    ManagesWebhooks,
    Reminds,
)
from paraph.testing.conformance import adoption, drafts, observing
from paraph.testing.conformance.bench import Bench
from paraph.testing.conformance.expectations import completes
from paraph.testing.conformance.findings import expect, fail
from paraph.testing.conformance.ground import Arrived
from paraph.testing.conformance.stories import possible
from paraph.testing.conformance.subject import ACCOUNT
from paraph.testing.simulator import PersonStuckError

F = Capability


@attrs.frozen(kw_only=True, eq=False)
class Ability:
    """One ability: how it is seen to work, how a client and the provider refuse it.

    :ivar asked: what a client does; ``None`` where no operation needs the ability.
    :ivar direct: the provider's own flow, where the provider has one.
    """

    works: Callable[[Bench], None]
    asked: Callable[[Bench, Envelope], object] | None = None
    direct: Callable[[Bench, Carried], Flow[Any] | None] | None = None


def works(bench: Bench, capability: Capability) -> None:
    """See an offered ability work."""
    if capability is not Capability.MANAGE_WEBHOOKS:
        bench.subscribe_if_offered()
    ABILITIES[capability].works(bench)


def refused(bench: Bench, capability: Capability) -> None:
    """See that what is not offered is refused before any request, and would not have worked."""
    ability = ABILITIES[capability]
    envelope = bench.sent(bench.envelope())
    with silence(bench):
        if ability.asked is not None:
            _refuses(bench, capability, lambda: ability.asked and ability.asked(bench, envelope))
        if ability.direct is not None:
            direct = ability.direct
            if direct(bench, bench.carried(envelope)) is not None:
                _refuses(
                    bench,
                    capability,
                    lambda: bench.direct(lambda carried: cast("Flow[Any]", direct(bench, carried)), envelope),
                )


def _refuses(bench: Bench, capability: Capability, ask: Callable[[], object]) -> None:
    try:
        ask()
    except (UnsupportedCapability, Unobservable) as error:
        hint = getattr(error, "hint", str(error))
        if capability in bench.info.capabilities:
            expect(
                hint,
                f"{capability.value}: refused without saying what this account lacks",
                hint="give a hint",
            )
        return
    fail(
        f"unexpected success: {capability.value} is not offered by this account, and works",
        hint="declare it, or refuse it with UnsupportedCapability",
    )


@contextlib.contextmanager
def silence(bench: Bench) -> Iterator[None]:
    """Expect that no request is made and nothing changes."""
    requests, effects = len(bench.traffic), len(bench.simulator.effects.all())
    yield
    count = len(bench.traffic) - requests
    expect(not count, f"{count} requests were made for what is refused")
    expect(effects == len(bench.simulator.effects.all()), "what is refused changed something at the vendor")


def _cancelled(bench: Bench) -> None:
    envelope = bench.sent(bench.envelope())
    link = bench.link(envelope, envelope.signatories[0])
    bench.client.cancel(envelope.id, reason="conformance")
    with contextlib.suppress(PersonStuckError):
        bench.visitor(envelope.signatories[0]).sign(link)
        fail("a cancelled envelope could still be signed")
    seen = bench.news(envelope).lifecycle
    if Capability.READ_STATUS in bench.offered:
        expect(seen is Lifecycle.CANCELLED, f"a cancelled envelope is seen as {seen.value!r}")
    before = len(bench.simulator.effects.all())
    again = bench.client.cancel(envelope.id).lifecycle
    expect(again is seen, f"cancelling again changed {seen.value!r} to {again.value!r}")
    expect(before == len(bench.simulator.effects.all()), "cancelling again changed something at the vendor")


def _reminded(bench: Bench) -> None:
    envelope = bench.sent(bench.envelope())
    person = envelope.signatories[0]
    bench.link(envelope, person)
    mails = len(bench.simulator.outbox)
    effects = len(bench.simulator.effects.all())
    bench.client.remind(envelope.id, person.id)
    happened = len(bench.simulator.outbox) > mails or len(bench.simulator.effects.all()) > effects
    expect(happened, "nobody was reminded at the vendor")
    expect("signatory.reminded" in bench.events(envelope), "a reminder is no event")
    bench.client.remind(envelope.id, person.id)
    events = [event for event in bench.client.events(envelope.id) if event.type == "signatory.reminded"]
    expect(
        len({event.id for event in events}) > 1, "two reminders are one event", hint="give each an occurrence"
    )


def _read(bench: Bench) -> None:
    envelope = bench.sent(bench.envelope())
    effects = bench.simulator.effects.all()
    seen = bench.client.refresh(envelope.id).lifecycle
    expect(not seen.ended, f"an envelope that nobody signed is read as {seen.value!r}")
    expect(effects == bench.simulator.effects.all(), "reading changed something at the vendor")
    known = bench.client.events(envelope.id)
    bench.client.refresh(envelope.id)
    expect(known == bench.client.events(envelope.id), "reading the same again is news")
    bench.sign(envelope)
    if Capability.SEE_COMPLETION in bench.offered:
        bench.until("completion", lambda: bench.client.refresh(envelope.id).ended)


def _completion_is_seen(bench: Bench) -> None:
    envelope = bench.sent(bench.envelope())
    completes(bench, envelope)
    seen = bench.client.wait(envelope.id, timeout=0)
    expect(seen.lifecycle is Lifecycle.COMPLETED, f"wait() ended with {seen.lifecycle.value!r}")
    decision = seen.signatory(envelope.signatories[0].id).decision
    expect(decision in {Decision.SIGNED, Decision.NONE}, f"who signed is seen as {decision.value!r}")


def _completion_is_not_seen(bench: Bench, envelope: Envelope) -> object:
    return bench.client.wait(envelope.id, timeout=0)


def completion_stays_unseen(bench: Bench) -> None:
    """An account that does not declare it never tells of a completion, and ``wait`` says so at once."""
    refused(bench, Capability.SEE_COMPLETION)
    bench.subscribe_if_offered()
    envelope = bench.sent(bench.envelope())
    bench.sign(envelope)
    if bench.news(envelope).lifecycle is Lifecycle.COMPLETED:
        fail("unexpected success: a completion is seen", hint="declare see_completion")


def _decline_is_seen(bench: Bench) -> None:
    envelope = bench.sent(bench.envelope())
    bench.decline(envelope, envelope.signatories[0])
    bench.until("the refusal", lambda: bench.news(envelope).lifecycle is Lifecycle.DECLINED)


def decline_stays_unseen(bench: Bench) -> None:
    """An account that does not declare it never tells of a refusal, if there is any."""
    bench.subscribe_if_offered()
    envelope = bench.sent(bench.envelope())
    person = envelope.signatories[0]
    try:
        bench.visitor(person).decline(bench.link(envelope, person))
    except PersonStuckError:
        return  # at this vendor nobody can refuse
    bench.news(envelope)
    if {"envelope.declined", "signatory.declined"} & bench.events(envelope):
        fail("unexpected success: a refusal is seen", hint="declare see_decline")


def webhooks_say_nothing(bench: Bench) -> None:
    """An account that does not declare webhooks understands none, should the simulator send any."""
    with contextlib.suppress(NotImplementedError):
        bench.subscribe()
    envelope = bench.sent(bench.envelope())
    bench.sign(envelope)
    bench.settle()
    invented = Arrived(headers={}, body=b'{"status": "completed"}', path="completed")
    for arrived in (*bench.mailbox.all(), invented):
        reading = bench.provider.observe(bench.delivery(arrived), bench.account)
        if reading.facts or reading.read:
            fail("unexpected success: a webhook is understood", hint="declare webhooks, or reject deliveries")


def _webhook_is_managed(bench: Bench) -> None:
    bench.mailbox.open(f"/hooks/{ACCOUNT}")
    first = bench.client.ensure_webhook(ACCOUNT)
    expect(first == bench.client.ensure_webhook(ACCOUNT), "ensure_webhook() registered the same URL twice")
    for story in possible(bench):
        story.end(bench, bench.sent(story.begin(bench)))
    bench.until("a webhook at the registered URL", bench.mailbox.all)


def _events_are_listed(bench: Bench) -> None:
    for story in possible(bench):
        envelope = bench.sent(story.begin(bench))
        story.end(bench, envelope)
        bench.settle()
    provider = cast("ListsEvents", bench.provider)
    listed = bench.direct(lambda _: provider.past_deliveries(bench.account))
    expect(len({one.id for one in listed}) == len(listed), "past deliveries share ids")
    told = {
        (fact.type, fact.subject, fact.target)
        for arrived in bench.mailbox.all()
        for fact in bench.provider.observe(bench.delivery(arrived), bench.account).facts
        if not fact.occurrence
    }
    expect(bench.mailbox.all(), "no webhook came")
    known = {(fact.type, fact.subject, fact.target) for one in listed for fact in one.facts}
    missing = {kind.value for kind, _, _ in told - known}
    expect(not missing, f"the list of past deliveries lacks what webhooks told: {sorted(missing)}")


def _link_opens(bench: Bench) -> None:
    envelope = bench.envelope()
    person = attrs.evolve(envelope.signatories[0], delivery="link")
    envelope = bench.sent(attrs.evolve(envelope, signatories=(person,)))
    link = bench.link(envelope, person)
    bench.until("a signing page behind the link", lambda: bench.visitor(person).open(link) == "sign")
    completes(bench, envelope)


def _reference_comes_back(bench: Bench) -> None:
    envelope = bench.sent(bench.envelope())
    reference = bench.carried(envelope).reference
    kept = any(effect.external_id == reference for effect in bench.simulator.effects.all())
    bench.settle()
    echoed = any(
        bench.provider.observe(bench.delivery(arrived), bench.account).our_reference == reference
        for arrived in bench.mailbox.all()
    )
    expect(kept or echoed, "the vendor neither keeps our reference nor gives it back", hint="send it")


ABILITIES: Final[Mapping[Capability, Ability]] = MappingProxyType(
    {
        F.CANCEL: Ability(
            works=_cancelled,
            asked=lambda bench, envelope: bench.client.cancel(envelope.id),
            direct=lambda bench, carried: (
                bench.provider.cancel(carried, bench.account, "")
                if isinstance(bench.provider, Cancels)
                else None
            ),
        ),
        F.CLOSE_DRAFT: Ability(
            works=drafts.closed,
            direct=lambda bench, carried: (
                bench.provider.close_draft(carried, bench.account)
                if isinstance(bench.provider, ClosesDrafts)
                else None
            ),
        ),
        F.ADOPT: Ability(
            works=adoption.works,
            asked=lambda bench, envelope: bench.client.adopt(ACCOUNT, bench.carried(envelope).vendor_ref),
            direct=lambda bench, carried: (
                bench.provider.adopt(carried.vendor_ref, bench.account)
                if isinstance(bench.provider, Adopts)
                else None
            ),
        ),
        F.REMIND: Ability(
            works=_reminded,
            asked=lambda bench, envelope: bench.client.remind(envelope.id, envelope.signatories[0].id),
            direct=lambda bench, carried: (
                bench.provider.remind(carried, bench.account, carried.envelope.signatories[0].id)
                if isinstance(bench.provider, Reminds)
                else None
            ),
        ),
        F.READ_STATUS: Ability(
            works=_read,
            asked=lambda bench, envelope: bench.client.refresh(envelope.id),
            direct=lambda bench, carried: bench.provider.read(carried, bench.account),
        ),
        F.SEE_COMPLETION: Ability(works=_completion_is_seen, asked=_completion_is_not_seen),
        F.SEE_DECLINE: Ability(works=_decline_is_seen),
        F.WEBHOOKS: Ability(works=observing.arrive),
        F.MANAGE_WEBHOOKS: Ability(
            works=_webhook_is_managed,
            asked=lambda bench, _: bench.client.ensure_webhook(ACCOUNT),
            direct=lambda bench, _: (
                bench.provider.ensure_webhook(
                    bench.account, cast("Secret", bench.account.webhook_url).reveal()
                )
                if isinstance(bench.provider, ManagesWebhooks)
                else None
            ),
        ),
        F.EVENT_LIST: Ability(
            works=_events_are_listed,
            direct=lambda bench, _: (
                bench.provider.past_deliveries(bench.account)
                if isinstance(bench.provider, ListsEvents)
                else None
            ),
        ),
        F.SIGNING_LINK: Ability(
            works=_link_opens,
            asked=lambda bench, envelope: bench.client.signing_link(envelope.id, envelope.signatories[0].id),
            direct=lambda bench, carried: (
                bench.provider.signing_link(carried, bench.account, carried.envelope.signatories[0].id)
                if isinstance(bench.provider, GivesLinks)
                else None
            ),
        ),
        F.OUR_REFERENCE: Ability(works=_reference_comes_back),
    }
)
"""Every capability that no envelope uses, and how signing links are fetched."""
