"""What leaves a store with an envelope, and what does not.

Theory of operation
===================

* An :class:`Export` holds what another store needs to go on following an envelope: the description, the
  attempts with the vendor's references, every telling of every fact, and which events were told, in their
  order. State is not in it, since it is projected from the facts: the same facts give the same snapshot and
  the same events.
* Sequence numbers stay behind: each store counts for itself. Events keep their ids, since these come of what
  is told (:meth:`paraph.model.Fact.event_id`).
* Only envelopes that are published leave. An unfinished send has a journal that says what may have happened
  at the vendor; two stores that both had it could both go on, and publish twice.
* Never in it: the content of documents (their digests, names and paths are), secrets of options (each is
  named in ``left_out``), signing tokens, credentials, deliveries as they arrived.
* In it by necessity: personal data of signatories, and reasons that people gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal

import attrs

from paraph.model import Envelope, FactType, Source, Trust
from paraph.model._kinds import Unpicklable

FORMAT: Final = "paraph.envelopes"
VERSION: Final = 1
"""Version of the format of a file. One that is newer is refused; older ones are always read."""


@attrs.frozen(kw_only=True)
class Reference:
    """What the vendor calls something.

    :ivar id: the local id of a signatory or document. ``vendor_ref``: the vendor's.
    """

    id: str
    vendor_ref: str


@attrs.frozen(kw_only=True)
class ExportedFact:
    """One telling of one fact about the envelope.

    :ivar target: whom or what it concerns, in the vendor's references.
    :ivar occurrence: empty for what happens once. ``native``: the vendor's own word.
    :ivar at: when it happened by the vendor's clock. ``seen_at``: when it was told.
    :ivar reason: free text of a person. ``actor``: who did it. Personal data.
    :ivar inferred: concluded from another fact.
    """

    type: FactType
    target: str = ""
    occurrence: str = ""
    at: datetime | None = None
    native: str = ""
    reason: str | None = attrs.field(default=None, repr=False)
    actor: str = attrs.field(default="", repr=False)
    inferred: bool = False
    trust: Trust
    source: Source
    seen_at: datetime


@attrs.frozen(kw_only=True)
class ExportedAttempt:
    """One try to carry the envelope through one account.

    :ivar number: counted from 1; the last one carries the envelope.
    :ivar vendor_tenant: the vendor's tenant, part of every event id.
    :ivar vendor_ref: the vendor's id of the envelope.
    :ivar terms: what the account's defaults, and a policy, put to the envelope; as the journal keeps it.
    """

    id: str
    number: int
    account: str
    provider: str
    environment: str
    vendor_tenant: str
    state: Literal["published", "superseded"]
    vendor_ref: str | None = None
    signatories: tuple[Reference, ...] = ()
    documents: tuple[Reference, ...] = ()
    started_at: datetime
    terms: Mapping[str, Any] | None = attrs.field(default=None, repr=False)
    facts: tuple[ExportedFact, ...] = attrs.field(default=(), repr=False)


@attrs.frozen(kw_only=True)
class ExportedEvent:
    """That an event was told.

    :ivar id: the event's id, the same in every store. ``attempt``: the number of its attempt.
    """

    id: str
    attempt: int
    recorded_at: datetime


@attrs.frozen(kw_only=True)
class ExportedOptions:
    """What only one provider knows of the envelope.

    :ivar left_out: paths within the options that were secret; ``*`` if all of it had to be left out.
    """

    provider: str
    values: Mapping[str, Any] = attrs.field(factory=dict, repr=False)
    left_out: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Export(Unpicklable):
    """Everything of one envelope that another store needs to go on with it.

    :ivar envelope: the description; its documents have no content, and its options stand beside it.
    :ivar events: in the order in which the store told them.
    :ivar children: the envelopes that the vendor made of it, oldest first.
    """

    account: str
    created_at: datetime
    envelope: Envelope
    options: tuple[ExportedOptions, ...] = ()
    attempts: tuple[ExportedAttempt, ...]
    events: tuple[ExportedEvent, ...] = attrs.field(default=(), repr=False)
    children: tuple[Export, ...] = ()

    @property
    def left_out(self) -> tuple[str, ...]:
        """The options that are not in it because they are secret, such as ``PROVIDER.password``."""
        return tuple(f"{each.provider}.{path}" for each in self.options for path in each.left_out)

    def walk(self) -> Iterator[Export]:
        """Yield it and everything that was made of it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


@attrs.frozen(kw_only=True)
class ExportFile(Unpicklable):
    """A file of envelopes, version 1 of paraph's own neutral format.

    :ivar exported_at: when it was written.
    """

    format: Literal["paraph.envelopes"]
    version: Literal[1]
    exported_at: datetime
    envelopes: tuple[Export, ...]


@attrs.frozen(kw_only=True)
class Exports:
    """The envelopes of a store.

    :ivar unfinished: ids of those whose send is not finished, which cannot leave.
    """

    envelopes: tuple[Export, ...]
    unfinished: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Imported:
    """What became of one envelope of a file.

    :ivar added: whether it is new here. ``events``: how many events were.
    """

    id: str
    account: str
    added: bool
    events: int
