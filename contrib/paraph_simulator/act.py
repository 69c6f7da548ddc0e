"""One act of a demo: one envelope through one account, from sending it to judging its files."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import attrs

from paraph import (
    Capabilities,
    Capability,
    Client,
    DeliveryBy,
    Envelope,
    Event,
    EventType,
    SavedEvidence,
    Signatory,
)
from paraph.errors import NotReady, WaitTimeout
from paraph.model import Decision
from paraph.testing.simulator import Mail, Person, PersonStuckError
from paraph_simulator import expect
from paraph_simulator.cast import REASON
from paraph_simulator.plan import Part, Plan, Result
from paraph_simulator.show import Show
from paraph_simulator.stage import Stage
from paraph_simulator.stopping import Stop

LOOK_SECONDS = 0.5
"""Between two reads of an envelope whose vendor sends no webhook for its end."""

DECIDED = frozenset({EventType.SIGNATORY_SIGNED, EventType.SIGNATORY_DECLINED})


@attrs.define(kw_only=True, eq=False)
class Act:
    """The act. It uses the library as an application would; only persons and vendor are simulated."""

    plan: Plan
    part: Part
    stage: Stage
    envelope: Envelope
    originals: Mapping[str, bytes]
    folder: Path
    show: Show
    stop: Stop
    events: list[Event] = attrs.field(factory=list)
    failures: list[str] = attrs.field(factory=list)
    reads: int = 0
    _since: int = 0
    _mails: int = 0
    _read_mails: int = 0
    _next_look: float = 0.0

    @property
    def client(self) -> Client:
        """The client of the stage."""
        return self.stage.client

    @property
    def offered(self) -> Capabilities:
        """What the account offers."""
        return self.client.capabilities(self.part.account)

    @property
    def announced(self) -> bool:
        """Whether the vendor has to tell by webhook how this ends."""
        return expect.announced(self.part, self.offered)

    @property
    def _outbox(self) -> list[Mail]:
        return self.stage.simulators[self.part.account].outbox

    def play(self) -> Result:
        """Play it.

        :raises StoppedError: it was asked to stop.
        :raises ParaphError: what the library raised.
        """
        self._since = len(self.stage.sent(self.part.account))
        self._mails = self._read_mails = len(self._outbox)
        words = ", to be refused by the last of them" if self.part.refused else ""
        with self.show.busy(f"Sending one envelope: two documents, two signatories{words}"):
            self.client.send(self.envelope, account=self.part.account)
            self._follow()
        if self._people_act():
            with self.show.busy("Waiting for the vendor to finish"):
                self._until(self._is_over)
        self.stop.check()
        saved = self._save()
        self.stop.check()
        self._judge(saved)
        return self._result(saved)

    # Persons

    def _people_act(self) -> bool:
        """Get every signatory's link and let them sign, or refuse; whether they did."""
        links: dict[str, str] = {}
        with self.show.busy("Waiting for the signing links"):
            arrived = self._until(lambda: self._has_links(links))
        if not arrived:
            missing = len(self.envelope.signers) - len(links)
            self.failures.append(f"{missing} of {len(self.envelope.signers)} signing links never came")
            return False
        if self.plan.by_hand:
            return self._let_people_act(links)
        return all(self._acts(person, links[person.id]) for person in self.envelope.signers)

    def _acts(self, person: Signatory, link: str) -> bool:
        robot = Person(name=person.full_name, phone=lambda: self._last_message(person))
        refuses = expect.refuses(self.part, person, self.envelope)
        with self.show.busy(f"{person.full_name} {'refuses' if refuses else 'signs'}"):
            try:
                robot.decline(link, REASON) if refuses else robot.sign(link)
            except PersonStuckError as error:
                self.failures.append(f"a signatory could not {'refuse' if refuses else 'sign'}: {error}")
                return False
            self._until(lambda: self.stage.quiet(self.part.account))
        return True

    def _has_links(self, links: dict[str, str]) -> bool:
        for person in self.envelope.signers:
            if person.id not in links:
                link = self._link(person)
                if link is None:
                    return False
                links[person.id] = link
        return True

    def _link(self, person: Signatory) -> str | None:
        """Return a signatory's link: from the library, or out of the mail that the vendor wrote."""
        if person.delivery is DeliveryBy.EMAIL:
            mails = self._outbox[self._mails :]
            return next((mail.link for mail in mails if mail.to == person.email), None)
        try:
            return self.client.signing_link(self.envelope.id, person.id).url.reveal()
        except NotReady:
            return None

    def _last_message(self, person: Signatory) -> str:
        """Return the last text message on a signatory's phone."""
        return next((mail.subject for mail in reversed(self._outbox) if mail.to == person.phone), "")

    def _let_people_act(self, links: dict[str, str]) -> bool:
        wish = "refuse with the last one" if self.part.refused else "sign"
        self.show.title(f"Open these links in a browser and {wish}; Ctrl-C ends the demo")
        for person in self.envelope.signers:
            self.show.line(f"{person.full_name}:")
            self.show.line(f"  {links[person.id]}", style="underline")
        awaited = "somebody refuses" if self.part.refused else "everybody has signed"
        with self.show.busy(f"Waiting until {awaited}"):
            return self._until(self._people_are_done, for_ever=True)

    def _people_are_done(self) -> bool:
        self._look()
        signed = {each.signatory_id for each in self.events if each.type is EventType.SIGNATORY_SIGNED}
        everybody = signed >= {person.id for person in self.envelope.signers}
        return everybody or self.client.get(self.envelope.id).ended

    # Waiting

    def _is_over(self) -> bool:
        self._look()
        snapshot = self.client.get(self.envelope.id)
        complete = self.part.refused or not self.offered.evidence or bool(snapshot.evidence_ready)
        return snapshot.ended and complete and self.stage.quiet(self.part.account)

    def _look(self) -> None:
        """Read how the envelope stands, now and then, if its vendor sends no webhook that would tell."""
        if self.announced or len(self.stage.sent(self.part.account)) > self._since:
            return
        if Capability.READ_STATUS in self.offered and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_SECONDS
            if not self.client.get(self.envelope.id).ended:
                self.reads += 1
                with contextlib.suppress(WaitTimeout):
                    self.client.wait(self.envelope.id, timeout=0)

    def _until(self, condition: Callable[[], bool], *, for_ever: bool = False) -> bool:
        """Wait while showing what becomes known."""

        def look() -> bool:
            self._follow()
            return condition()

        held = self.stop.until(look, seconds=None if for_ever else self.plan.patience)
        self._follow()
        return held

    def _follow(self) -> None:
        phones = {each.phone: each.full_name for each in self.envelope.signers if each.phone}
        for mail in self._outbox[self._read_mails :]:
            self._read_mails += 1
            if mail.to in phones:
                self.show.message(phones[mail.to], mail.subject)
        for event in self.stage.news():
            if event.envelope_id in {None, self.envelope.id}:
                self.events.append(event)
                self.show.event(event, self.envelope)

    # Evidence

    def _save(self) -> tuple[SavedEvidence, ...]:
        """Save what the vendor has made; of a refused envelope, that may be nothing."""
        if not self.offered.evidence:
            return ()
        ended = self.client.get(self.envelope.id).ended
        patience = min(5.0, self.plan.patience) if ended and not self.part.refused else 0.0
        with self.show.busy("Saving the evidence"):
            try:
                return self.client.save(self.envelope.id, self.folder, timeout=patience)
            except NotReady as error:
                if not self.part.refused:
                    self.failures.append(str(error))
                return ()

    def _judge(self, saved: tuple[SavedEvidence, ...]) -> None:
        part, snapshot = self.part, self.client.get(self.envelope.id)
        posts = self.stage.posts(part.account, since=self._since)
        found = [
            *expect.webhooks(posts, announced=self.announced),
            *expect.news(part, self.events, snapshot, self.envelope, self.offered),
            *expect.certainty(posts, snapshot, confirmed=self._confirmed()),
        ]
        self.plan.before_judging(self.folder)
        if not part.refused:
            found += expect.files(saved, self.envelope)
        if saved or not part.refused:
            found += expect.manifest(self.folder)
        states = ((each, snapshot.signatory(each.id)) for each in self.envelope.signers)
        signed = [each for each, state in states if state.decision is Decision.SIGNED]
        with self.show.busy("Judging the signed files"):
            authority = self.stage.simulators[part.account].authority.root_pem.encode()
            signers = signed if part.refused else self.envelope.signers
            found += expect.signatures(saved, signers, self.originals, authority)
        self.failures.extend(found)

    def _result(self, saved: tuple[SavedEvidence, ...]) -> Result:
        snapshot = self.client.get(self.envelope.id)
        states = ((each, snapshot.signatory(each.id)) for each in self.envelope.signers)
        times = {each.id: state.decided_at or self._learned(each.id) for each, state in states}
        return Result(
            part=self.part,
            envelope=self.envelope,
            snapshot=snapshot,
            saved=saved,
            decided={local: at for local, at in times.items() if at is not None},
            posts=self.stage.posts(self.part.account, since=self._since),
            reads=self.reads,
            confirmed=self._confirmed(),
            failures=tuple(self.failures),
        )

    def _confirmed(self) -> bool:
        """Whether the vendor's API has confirmed how the envelope ended."""
        kind = expect.ENDS[self.part.ending]
        return any(each.type is kind and each.confirmed for each in self.client.events(self.envelope.id))

    def _learned(self, signatory_id: str) -> datetime | None:
        """When we learned of a decision, for vendors that do not say when it was made."""
        known = (each for each in self.events if each.type in DECIDED)
        return next((each.recorded_at for each in known if each.signatory_id == signatory_id), None)
