"""Sending an envelope: SIGN8's published order of calls as journalled steps (contract 2).

Theory. A workflow is made first, and everything else is added to it: files, signers, signatures, annotations.
Then it is started. What is *inert* and what is not decides what may be repeated:

* A workflow without content is: nobody is asked, so one whose answer was lost is an orphan that does no harm,
  and it is simply made again.
* What is added to it is not: a second file is one more to sign, a second signer one more who is asked. So
  a lost answer is looked for in the workflow's status. If that lists all that we know of, one thing more is
  ours, and none says that nothing happened. Otherwise a person has to look; nothing is repeated.
  Two things more of one kind could not be told apart, so of one kind only one is added at a time. Kinds are
  listed apart, so files and signers are added side by side, and then signatures and annotations.
* Starting asks people to sign. It happens once, and the status says whether it did: a draft was not started.
  Where no status can be read, a person has to look.

Assumption: where the dialect has no path for starting, SIGN8 releases a workflow once it is complete. Then
the last thing that is added is what reaches people: it is added alone, after all others have been answered,
and journalled as that.

Assumption: SIGN8 takes additions of two kinds side by side; ``limits.in_flight = 1`` makes all calls one
after the other. Contents that travel apart go to addresses of their own, and are uploaded side by side.

The workflow's id is committed as soon as it is known, so that a webhook finds its envelope while the send
still runs; those of files and signers are committed together, before anybody can be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import attrs

from paraph.errors import UsageError, VendorError
from paraph.flow import (
    NOT_DONE,
    UNKNOWN,
    Flow,
    Recovered,
    call,
    gather,
    identify,
    now,
    publish,
    recall,
    remember,
    step,
)
from paraph.model import Document, Fact, FactType, Observation, Source, Subject, Trust
from paraph.provider import Account, Carried
from paraph_sign8 import actions, planning
from paraph_sign8.dialect.words import Transfer, WorkflowStatus
from paraph_sign8.params import NewAnnotation, NewFile, NewSignature, NewSigner, NewWorkflow, WorkflowRef
from paraph_sign8.planning import Placement, Plan, PlannedAnnotation, PlannedSigner
from paraph_sign8.settings import Sign8Options, Sign8Settings
from paraph_sign8.states import facts_of, meaning_of
from paraph_sign8.wire import Status

Listed = Callable[[Status], tuple[str, ...] | None]
"""Gives the ids of one kind that a status shows; ``None`` if it does not show them."""

LISTED: Final[dict[str, Listed]] = {
    "file": lambda status: status.file_ids,
    "signer": lambda status: status.signer_ids,
    "signature": lambda status: status.signature_ids,
    "annotation": lambda status: status.annotation_ids,
}


@attrs.frozen(kw_only=True)
class Addition:
    """One thing that is added to a workflow.

    :ivar kind: a key of :data:`LISTED`. :ivar key: of the journalled step.
    :ivar add: adds it and returns its id. :ivar local: local id of a file or signer.
    """

    kind: str
    key: str
    add: Callable[[], Flow[str | None]]
    local: str = ""


@attrs.define(kw_only=True)
class Sending:
    """One send: what it is given, and the ids that it has so far."""

    carried: Carried
    account: Account[Sign8Settings]
    workflow: str = ""
    ids: dict[str, list[str | None]] = attrs.field(factory=lambda: {kind: [] for kind in LISTED})
    files: dict[str, str] = attrs.field(factory=dict)
    signers: dict[str, str] = attrs.field(factory=dict)

    def run(self) -> Flow[Observation]:
        """Make, fill and start the workflow."""
        dialect = self.account.settings.spoken
        plan = yield from call(planning.plan, self.carried.envelope, self.account)
        made = yield from step("workflow", partial(self._workflow, plan))
        self.workflow = _known("workflow", made)
        yield from identify(envelope=self.workflow)
        *additions, last = self._additions(plan)
        if dialect.offers("start"):
            additions.append(last)
        yield from self._add(additions, "file", "signer")
        yield from identify(documents=self.files, signatories=self.signers)
        if dialect.formats.transfer is Transfer.URL:
            yield from gather([partial(self._content, each) for each in self.carried.envelope.documents])
        yield from self._add(additions, "signature", "annotation")
        if dialect.offers("start"):
            recover = self._was_started if dialect.offers("status") else None
            yield from publish("start", self._start, recover=recover)
        else:
            yield from self._added(last, publish)
        return (yield from self._sent())

    # What is made

    def _workflow(self, plan: Plan) -> Flow[str]:
        envelope, settings = self.carried.envelope, self.account.settings
        options = envelope.options_of(Sign8Options) or Sign8Options()
        new = NewWorkflow(
            name=envelope.title,
            description=envelope.message or None,
            expires_at=envelope.expires_at,
            dispatch=plan.dispatch,
            password=options.password,
            team_id=options.team_id or settings.team_id,
            interface_id=options.interface_id or settings.interface_id,
            reference=self.carried.reference,
        )
        made = yield from actions.ADD_WORKFLOW.run(self.account, new)
        return made.id

    def _additions(self, plan: Plan) -> Iterator[Addition]:
        for document in self.carried.envelope.documents:
            add: Callable[[], Flow[str | None]] = partial(self._file, document)
            yield Addition(kind="file", key=f"file:{document.id}", add=add, local=document.id)
        for signer in plan.signers:
            add = partial(self._signer, signer)
            yield Addition(kind="signer", key=f"signer:{signer.id}", add=add, local=signer.id)
        for place in plan.signatures:
            yield Addition(kind="signature", key=place.key, add=partial(self._signature, place))
        for annotation in plan.annotations:
            add = partial(self._annotation, annotation)
            yield Addition(kind="annotation", key=annotation.key, add=add)

    def _file(self, document: Document) -> Flow[str]:
        given = NewFile(workflow_id=self.workflow, document=document)
        made = yield from actions.add_file(self.account, given)
        if made.upload_url is not None:
            yield from remember(upload_key(made.id), made.upload_url)
        return made.id

    def _signer(self, planned: PlannedSigner) -> Flow[str]:
        person = next(each for each in self.carried.envelope.signatories if each.id == planned.id)
        new = NewSigner(
            workflow_id=self.workflow,
            given_name=person.given_name or None,
            family_name=person.family_name or None,
            email=person.email or None,
            phone=person.phone or None,
            position=planned.position,
            signature_type=planned.signature_type,
        )
        made = yield from actions.ADD_SIGNER.run(self.account, new)
        return made.id

    def _signature(self, place: Placement) -> Flow[str | None]:
        made = yield from actions.ADD_SIGNATURE.run(self.account, NewSignature(**self._place(place)))
        return made.id

    def _annotation(self, place: PlannedAnnotation) -> Flow[str | None]:
        new = NewAnnotation(text=place.word, **self._place(place))
        made = yield from actions.ADD_ANNOTATION.run(self.account, new)
        return made.id

    def _place(self, place: Placement) -> dict[str, Any]:
        return {
            "workflow_id": self.workflow,
            "file_id": self.files[place.document],
            "signer_id": self.signers[place.signatory],
            "page": place.page,
            "x": place.x,
            "y": place.y,
            "width": place.width,
            "height": place.height,
        }

    # How it is made at most once

    def _add(self, additions: Sequence[Addition], *kinds: str) -> Flow[None]:
        """Add all of these kinds: the kinds side by side, of each one thing after the other."""
        yield from gather([partial(self._add_one_by_one, additions, kind) for kind in kinds])

    def _add_one_by_one(self, additions: Sequence[Addition], kind: str) -> Flow[None]:
        for addition in additions:
            if addition.kind == kind:
                yield from self._added(addition, step)

    def _added(self, addition: Addition, run: Callable[..., Flow[str | None]]) -> Flow[None]:
        """Add one thing as a step that is never repeated blindly."""
        found = yield from run(addition.key, addition.add, recover=partial(self._look_for, addition))
        self.ids[addition.kind].append(found)
        if addition.kind == "file":
            self.files[addition.local] = _known(addition.key, found)
        elif addition.kind == "signer":
            self.signers[addition.local] = _known(addition.key, found)

    def _look_for(self, addition: Addition) -> Flow[Recovered]:
        if not self.account.settings.spoken.offers("status"):
            return UNKNOWN
        shown = LISTED[addition.kind]((yield from self._status()))
        return UNKNOWN if shown is None else found_among(shown, self.ids[addition.kind])

    def _content(self, document: Document) -> Flow[None]:
        """Upload a content that travels apart. It ends in the same state however often it is done."""

        def upload() -> Flow[None]:
            url = yield from recall(upload_key(self.files[document.id]))
            if url is None:
                raise UsageError(
                    f"the address for uploading document {document.id!r} was lost with SIGN8's answer; "
                    "send the envelope again under another id"
                )
            yield from actions.upload(document, url)

        yield from step(f"content:{document.id}", upload)

    def _start(self) -> Flow[None]:
        yield from actions.START_WORKFLOW.run(self.account, WorkflowRef(workflow_id=self.workflow))

    def _was_started(self) -> Flow[Recovered]:
        meaning = meaning_of((yield from self._status()), self.account.settings.spoken)
        if meaning is WorkflowStatus.DRAFT:
            return NOT_DONE
        return UNKNOWN if meaning is None else Recovered(None)

    def _status(self) -> Flow[Status]:
        return (yield from actions.WORKFLOW_STATUS.run(self.account, WorkflowRef(workflow_id=self.workflow)))

    # What it led to

    def _sent(self) -> Flow[Observation]:
        """Tell what sending led to. A read that fails now takes nothing back."""
        at = yield from now()
        dialect = self.account.settings.spoken
        started = dialect.offers("start")
        facts = accepted(self.workflow, started=started)
        if dialect.offers("status"):
            carried = attrs.evolve(
                self.carried, vendor_ref=self.workflow, signatories=self.signers, documents=self.files
            )
            try:
                shown = facts_of((yield from self._status()), carried, self.account)
            except VendorError:
                pass
            else:
                # A start that was accepted stays true while the vendor's own reads lag behind.
                facts = (*facts, *shown) if started else shown
        return Observation(source=Source.RESPONSE, trust=Trust.CONFIRMED, observed_at=at, facts=facts)


def send(carried: Carried, account: Account[Sign8Settings]) -> Flow[Observation]:
    """Make and start a workflow; see ``Provider.send``."""
    return Sending(carried=carried, account=account).run()


def accepted(workflow: str, *, started: bool) -> tuple[Fact, ...]:
    """State what the accepted calls alone prove. Without a start, that it was sent is concluded."""
    subject = Subject(ref=workflow)
    return (
        Fact(type=FactType.ENVELOPE_CREATED, subject=subject, native="AddWorkflow"),
        Fact(type=FactType.ENVELOPE_SENT, subject=subject, native="start", inferred=not started),
    )


def upload_key(file: str) -> str:
    """Name the address where a file's content has to be PUT; the vendor tells it once."""
    return f"upload-url:{file}"


def _known(key: str, found: str | None) -> str:
    """Return an id that the rest depends on. :raises UsageError: a person settled the step without it."""
    if found is None:
        raise UsageError(f"step {key!r} was settled without SIGN8's id of what it made, which the rest needs")
    return found


def found_among(shown: tuple[str, ...], known: Sequence[str | None]) -> Recovered:
    """Say whether a list shows one thing more than we know of, and which.

    :param known: the ids of the same kind that were added before; ``None`` where the answer told none.
    :returns: what a recovery returns. Anything but a list of all that we know, with one thing more or none,
        says nothing: it may lag behind, or somebody else may be adding to the workflow.
    """
    told = [each for each in known if each is not None]
    new = [each for each in shown if each not in told]
    more = len(new) - (len(known) - len(told))
    if len(set(shown)) != len(shown) or not set(told) <= set(shown) or more not in {0, 1}:
        return UNKNOWN
    if more == 0:
        return NOT_DONE
    return Recovered(new[0] if len(told) == len(known) else None)
