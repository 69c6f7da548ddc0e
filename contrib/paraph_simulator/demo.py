"""The demo: one envelope through every simulated vendor, with everything checked at the end.

It uses the library as an application would: a client, a receiver, and nothing else of paraph's
inside. Only the persons who sign, and the vendor, are simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import attrs

from paraph import (
    DeliveryBy,
    Document,
    Envelope,
    Event,
    EventType,
    Registry,
    SavedEvidence,
    Signatory,
    Snapshot,
)
from paraph.errors import NotReady
from paraph.provider import Capability
from paraph.testing.simulator import Person, PersonStuckError, Simulator
from paraph_simulator import documents, expect
from paraph_simulator.folder import prepare
from paraph_simulator.show import Show
from paraph_simulator.stage import Stage, stage
from paraph_simulator.stopping import Stop

PEOPLE = (("ada", "Ada", "Lovelace"), ("charles", "Charles", "Babbage"))
SHORTENED = 16
"""Characters of a SHA-256 that the table shows."""


def nothing(_folder: Path) -> None:
    """Do nothing."""


@attrs.frozen(kw_only=True)
class Plan:
    """What to play.

    :ivar pdf: the first document; drawn if ``None``. ``folder``: where everything goes.
    :ivar by_hand: stop at the signing links and wait for people.
    :ivar patience: seconds to wait for what has to happen by itself.
    :ivar before_judging: called with the folder of saved evidence, for tests that spoil it.
    """

    folder: Path
    pdf: Path | None = None
    by_hand: bool = False
    patience: float = 30.0
    before_judging: Callable[[Path], None] = nothing


@attrs.frozen(kw_only=True)
class Result:
    """What came of one account's envelope; ``failures`` is empty if all held."""

    account: str
    envelope_id: str
    snapshot: Snapshot
    saved: tuple[SavedEvidence, ...]
    failures: tuple[str, ...]


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
        results = []
        for account in simulators:
            stop.check()
            folder = plan.folder if len(simulators) == 1 else plan.folder / account
            results.append(
                _Act(plan=plan, stage=built, account=account, folder=folder, show=show, stop=stop).play()
            )
        stop.check()
        return tuple(results)


@attrs.define(kw_only=True, eq=False)
class _Act:
    """One envelope through one account."""

    plan: Plan
    stage: Stage
    account: str
    folder: Path
    show: Show
    stop: Stop
    events: list[Event] = attrs.field(factory=list)
    failures: list[str] = attrs.field(factory=list)

    def play(self) -> Result:
        originals = self._originals()
        title = self.stage.client.registry.info(self.account).title
        client, simulator = self.stage.client, self.stage.simulators[self.account]
        by_link = Capability.SIGNING_LINK in client.capabilities(self.account)
        envelope = _envelope(originals, DeliveryBy.LINK if by_link else DeliveryBy.EMAIL)
        self.show.title(f"{title}, simulated")
        with self.show.busy("Sending one envelope: two documents, two signatories"):
            client.ensure_webhook(self.account)
            client.send(envelope, account=self.account)
            self._follow(envelope)
        if self._sign(envelope):
            self._await_the_end(envelope)
        snapshot = client.get(envelope.id)
        self.failures.extend(expect.webhooks(self.stage, self.account))
        self.failures.extend(expect.news(self.events, snapshot, envelope))
        self.stop.check()
        saved = self._save(envelope, patience=min(5.0, self.plan.patience) if snapshot.ended else 0.0)
        self.stop.check()
        self.plan.before_judging(self.folder)
        self.failures.extend(expect.files(saved, envelope, self.folder))
        with self.show.busy("Judging the signed files"):
            authority = simulator.authority.root_pem.encode()
            self.failures.extend(expect.signatures(saved, envelope, originals, authority))
        self._tables(envelope, snapshot, saved)
        return Result(
            account=self.account,
            envelope_id=envelope.id,
            snapshot=snapshot,
            saved=saved,
            failures=tuple(self.failures),
        )

    def _originals(self) -> dict[str, bytes]:
        names = tuple(f"{given} {family}" for _, given, family in PEOPLE)
        given = self.plan.pdf
        first = documents.contract(names) if given is None else given.read_bytes()
        return {"contract": first, "annex": documents.annex()}

    def _sign(self, envelope: Envelope) -> bool:
        """Get every signatory's link and let them sign; whether they did."""
        links: dict[str, str] = {}
        with self.show.busy("Waiting for the signing links"):
            arrived = self._until(envelope, lambda: self._has_links(envelope, links))
        if not arrived:
            missing = len(envelope.signers) - len(links)
            self.failures.append(f"{missing} of {len(envelope.signers)} signing links never came")
            return False
        if self.plan.by_hand:
            return self._let_people_sign(envelope, links)
        for person in envelope.signers:
            with self.show.busy(f"{person.full_name} signs"):
                try:
                    Person(name=person.full_name).sign(links[person.id])
                except PersonStuckError as error:
                    self.failures.append(f"a signatory could not sign: {error}")
                    return False
                self._until(envelope, lambda: self.stage.quiet(self.account))
        return True

    def _has_links(self, envelope: Envelope, links: dict[str, str]) -> bool:
        for person in envelope.signers:
            if person.id not in links:
                link = self._link(envelope, person)
                if link is None:
                    return False
                links[person.id] = link
        return True

    def _link(self, envelope: Envelope, person: Signatory) -> str | None:
        """Return a signatory's link: from the library, or out of the mail that the vendor wrote."""
        if person.delivery is DeliveryBy.EMAIL:
            outbox = self.stage.simulators[self.account].outbox
            return next((mail.link for mail in tuple(outbox) if mail.to == person.email), None)
        try:
            return self.stage.client.signing_link(envelope.id, person.id).url.reveal()
        except NotReady:
            return None

    def _let_people_sign(self, envelope: Envelope, links: dict[str, str]) -> bool:
        self.show.title("Open these links in a browser and sign; Ctrl-C ends the demo")
        for person in envelope.signers:
            self.show.line(f"{person.full_name}:")
            self.show.line(f"  {links[person.id]}", style="underline")
        with self.show.busy("Waiting until everybody has signed"):
            return self._until(envelope, lambda: self._all_signed(envelope), for_ever=True)

    def _all_signed(self, envelope: Envelope) -> bool:
        signed = {each.signatory_id for each in self.events if each.type is EventType.SIGNATORY_SIGNED}
        return signed >= {person.id for person in envelope.signers}

    def _await_the_end(self, envelope: Envelope) -> None:
        with self.show.busy("Waiting for the vendor to finish"):
            self._until(envelope, lambda: self._is_over(envelope))

    def _is_over(self, envelope: Envelope) -> bool:
        snapshot = self.stage.client.get(envelope.id)
        ready = snapshot.ended and bool(snapshot.evidence_ready)
        return ready and self.stage.quiet(self.account)

    def _until(self, envelope: Envelope, condition: Callable[[], bool], *, for_ever: bool = False) -> bool:
        """Wait while showing what becomes known."""

        def look() -> bool:
            self._follow(envelope)
            return condition()

        held = self.stop.until(look, seconds=None if for_ever else self.plan.patience)
        self._follow(envelope)
        return held

    def _follow(self, envelope: Envelope) -> None:
        for event in self.stage.news():
            self.events.append(event)
            self.show.event(event, envelope)

    def _save(self, envelope: Envelope, *, patience: float) -> tuple[SavedEvidence, ...]:
        with self.show.busy("Saving the evidence"):
            try:
                return self.stage.client.save(envelope.id, self.folder, timeout=patience)
            except NotReady as error:
                self.failures.append(str(error))
                return ()

    def _tables(self, envelope: Envelope, snapshot: Snapshot, saved: tuple[SavedEvidence, ...]) -> None:
        rows = [self._signatory(each, snapshot) for each in envelope.signers]
        self.show.title(f"{envelope.title}: {snapshot.lifecycle.value}")
        self.show.table(("signatory", "decision", "when"), rows)
        self.show.table(("file", "what", "bytes", "SHA-256"), [_row(each) for each in saved])
        for sentence in self.failures:
            self.show.problem(sentence)
        if not self.failures:
            self._tell_what_held(envelope)

    def _signatory(self, person: Signatory, snapshot: Snapshot) -> tuple[str, ...]:
        state = snapshot.signatory(person.id)
        at = state.decided_at or self._learned(person.id)
        return person.full_name, state.decision.value, f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else ""

    def _learned(self, signatory_id: str) -> datetime | None:
        """When we learned of the signature, for vendors that do not say when it was made."""
        signed = (each for each in self.events if each.type is EventType.SIGNATORY_SIGNED)
        return next((each.recorded_at for each in signed if each.signatory_id == signatory_id), None)

    def _tell_what_held(self, envelope: Envelope) -> None:
        sent, count = len(self.stage.sent(self.account)), len(envelope.signed_documents)
        self.show.line(f"{sent} webhooks arrived over HTTP, were stored and verified.")
        self.show.line(
            f"{count} signed files carry one signature of each signatory. Each covers its revision, the"
        )
        self.show.line("last one the whole file, and the simulator's own authority issued the certificates.")
        self.show.line("All held.", style="bold green")


def _envelope(originals: Mapping[str, bytes], delivery: DeliveryBy) -> Envelope:
    return Envelope(
        title="Contract for one analytical engine",
        reference="demo",
        documents=[
            Document.from_bytes(content, id=name, name=f"{name}.pdf") for name, content in originals.items()
        ],
        signatories=[
            Signatory(
                id=local,
                given_name=given,
                family_name=family,
                email=f"{local}@example.org",
                delivery=delivery,
            )
            for local, given, family in PEOPLE
        ],
    )


def _row(saved: SavedEvidence) -> tuple[str, ...]:
    name = Path(saved.path).name if saved.path else ""
    return name, saved.evidence.kind.value.replace("_", " "), str(saved.size), saved.sha256[:SHORTENED]
