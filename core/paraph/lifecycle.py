"""The life cycle of an envelope: theory, then tables, then two pure functions.

Theory of operation
===================

1. The vendor's words become *facts* (:mod:`paraph.model.fact`). Facts are only ever
   added. Nothing here or anywhere else takes one back, so duplicates, reorderings
   and missed deliveries cannot move an envelope backwards.
2. Some facts *imply* others (:data:`IMPLIED`): nobody signs what was not sent. With the
   envelope's :class:`Roster` some follow from several (:func:`closure`): who signed every
   document has signed; an envelope that is closed and signed by all is completed. Every
   rule only adds, so the closure of a set does not depend on the order of its members.
3. The *state* is a projection of the closure (:func:`lifecycle_of`): the strongest fact
   wins, by :data:`ENDINGS` and then :data:`PROGRESS`. Two endings can both be known, for
   instance when a vendor cancels as a consequence of a refusal; the table says which one
   counts, and why.
4. A fact is as trustworthy as the best way in which it was told; a concluded fact as its
   weakest premise. An ending that the vendor's API confirmed outranks one that was only
   delivered. A claim without proof is a fact of its own kind
   (``envelope.claimed``) that implies nothing and moves nothing.
5. ``unknown`` is missing information. It is kept and shown, and replaces nothing.

``completed``, ``declined``, ``cancelled``, ``expired`` and ``failed`` differ in law and are
never folded into each other. A vendor's ambiguous word ("closed", or a "completed" that also
means "cancelled after somebody had signed") is ``envelope.closed``, and a read of who signed
decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import attrs

from paraph.model import FactType, Lifecycle, Trust
from paraph.model.fact import SEPARATOR, target

F = FactType

IMPLIED: Final[Mapping[FactType, tuple[FactType, ...]]] = MappingProxyType(
    {
        F.ENVELOPE_SCHEDULED: (F.ENVELOPE_CREATED,),
        F.ENVELOPE_SENT: (F.ENVELOPE_CREATED,),
        # A draft can be cancelled, expire or fail without having been sent.
        F.ENVELOPE_CLOSED: (F.ENVELOPE_CREATED,),
        F.ENVELOPE_COMPLETED: (F.ENVELOPE_SENT, F.ENVELOPE_CLOSED),
        F.ENVELOPE_DECLINED: (F.ENVELOPE_SENT, F.ENVELOPE_CLOSED),
        F.ENVELOPE_CANCELLED: (F.ENVELOPE_CLOSED,),
        F.ENVELOPE_EXPIRED: (F.ENVELOPE_CLOSED,),
        F.ENVELOPE_FAILED: (F.ENVELOPE_CLOSED,),
        F.SIGNATORY_INVITED: (F.ENVELOPE_SENT,),
        F.SIGNATORY_DELIVERY_FAILED: (F.ENVELOPE_SENT,),
        F.SIGNATORY_OPENED: (F.SIGNATORY_INVITED,),
        F.SIGNATORY_DOCUMENT_SIGNED: (F.SIGNATORY_OPENED,),
        F.SIGNATORY_SIGNED: (F.SIGNATORY_OPENED,),
        F.SIGNATORY_APPROVED: (F.SIGNATORY_OPENED,),
        # Some vendors let a person refuse from the mail, without opening the page.
        F.SIGNATORY_DECLINED: (F.SIGNATORY_INVITED,),
    }
)
"""What a fact implies about the same envelope, and about the same signatory."""

ENDINGS: Final[tuple[tuple[FactType, Lifecycle, str], ...]] = (
    (F.ENVELOPE_COMPLETED, Lifecycle.COMPLETED, "all have signed; nothing later undoes a signature"),
    (F.ENVELOPE_DECLINED, Lifecycle.DECLINED, "a refusal is a legal act; vendors then cancel by themselves"),
    (F.ENVELOPE_CANCELLED, Lifecycle.CANCELLED, "a deliberate act; the clock would have come later"),
    (F.ENVELOPE_EXPIRED, Lifecycle.EXPIRED, "the clock decided; a failure found afterwards changes nothing"),
    (F.ENVELOPE_FAILED, Lifecycle.FAILED, "says least about what the parties did"),
)
"""Endings, strongest first, with the reason why each outranks the next."""

PROGRESS: Final[tuple[tuple[FactType, Lifecycle], ...]] = (
    (F.ENVELOPE_CLOSED, Lifecycle.FINALIZING),
    (F.SIGNATORY_SIGNED, Lifecycle.IN_PROGRESS),
    (F.SIGNATORY_APPROVED, Lifecycle.IN_PROGRESS),
    (F.SIGNATORY_DECLINED, Lifecycle.IN_PROGRESS),
    (F.SIGNATORY_DOCUMENT_SIGNED, Lifecycle.IN_PROGRESS),
    (F.SIGNATORY_OPENED, Lifecycle.IN_PROGRESS),
    (F.ENVELOPE_SENT, Lifecycle.SENT),
    (F.ENVELOPE_SCHEDULED, Lifecycle.SCHEDULED),
    (F.ENVELOPE_CREATED, Lifecycle.DRAFT),
)
"""What counts while no ending is known, furthest first."""

NARRATIVE: Final[tuple[FactType, ...]] = (
    F.ACCOUNT_CHANGED,
    F.CONTACT_CREATED,
    F.CONTACT_UPDATED,
    F.ENVELOPE_CREATED,
    F.ENVELOPE_UPDATED,
    F.ENVELOPE_SCHEDULED,
    F.ENVELOPE_SENT,
    F.ENVELOPE_CHILD,
    F.SIGNATORY_INVITED,
    F.SIGNATORY_DELIVERY_FAILED,
    F.SIGNATORY_REMINDED,
    F.SIGNATORY_OPENED,
    F.SIGNATORY_FAILED,
    F.SIGNATORY_DOCUMENT_SIGNED,
    F.SIGNATORY_SIGNED,
    F.SIGNATORY_APPROVED,
    F.SIGNATORY_DECLINED,
    F.ENVELOPE_CLOSED,
    F.ENVELOPE_COMPLETED,
    F.ENVELOPE_DECLINED,
    F.ENVELOPE_CANCELLED,
    F.ENVELOPE_EXPIRED,
    F.ENVELOPE_FAILED,
    F.EVIDENCE_FAILED,
    F.EVIDENCE_READY,
    F.ENVELOPE_CLAIMED,
    F.UNKNOWN,
)
"""Order in which facts that became known together are told: as a life goes."""

ORDER: Final[Mapping[FactType, int]] = MappingProxyType({kind: place for place, kind in enumerate(NARRATIVE)})


@attrs.frozen(kw_only=True)
class Key:
    """What identifies a fact within one subject."""

    type: FactType
    target: str = ""
    occurrence: str = ""


@attrs.frozen(kw_only=True)
class Roster:
    """Whose decision an envelope waits for, and on what, in the vendor's references.

    Each part is empty where it is not (yet) known, and then concludes nothing.

    :ivar signers: who has to sign or seal. ``approvers``: who has to approve.
    :ivar everyone: ``False`` if some stage is over when one of its signatories acted: then neither
        completion tells of everyone, nor everyone's signature is needed for it.
    """

    signers: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    everyone: bool = True

    def decisions(self) -> tuple[Key, ...]:
        """Return the facts that completion stands for."""
        if not self.everyone:
            return ()
        signed = tuple(Key(type=F.SIGNATORY_SIGNED, target=target(ref)) for ref in self.signers)
        return signed + tuple(Key(type=F.SIGNATORY_APPROVED, target=target(ref)) for ref in self.approvers)


def closure(known: Mapping[Key, Trust], roster: Roster) -> dict[Key, Trust]:
    """Return all that is known or follows, with how far each can be trusted.

    A fixpoint of rules that only add: the result is the same for every order of ``known``.
    """
    result: dict[Key, Trust] = {}
    pending = sorted(
        known.items(), key=lambda item: (ORDER[item[0].type], item[0].target, item[0].occurrence)
    )
    while pending:
        key, trust = pending.pop()
        if result.get(key, -1) >= trust:
            continue
        result[key] = trust
        pending.extend((follower, trust) for follower in _followers(key, roster))
        pending.extend(_conclusions(key, result, roster))
    return result


def _followers(key: Key, roster: Roster) -> list[Key]:
    """Return what one fact alone implies."""
    signatory = key.target.split(SEPARATOR, 1)[0] if key.type.value.startswith("signatory.") else ""
    found = [
        Key(type=kind, target=signatory if kind.value.startswith("signatory.") else "")
        for kind in IMPLIED.get(key.type, ())
    ]
    if key.type is F.ENVELOPE_COMPLETED:
        found += roster.decisions()
    if key.type is F.SIGNATORY_SIGNED:
        found += _each_document(signatory, roster)
    return found


def _conclusions(key: Key, known: Mapping[Key, Trust], roster: Roster) -> list[tuple[Key, Trust]]:
    """Return what follows from one fact together with others, as trusted as the weakest of them."""
    premises: list[Key] = []
    conclusion: Key | None = None
    if key.type is F.SIGNATORY_DOCUMENT_SIGNED:
        signatory = key.target.split(SEPARATOR, 1)[0]
        conclusion = Key(type=F.SIGNATORY_SIGNED, target=signatory)
        premises = _each_document(signatory, roster)
    elif key.type in {F.SIGNATORY_SIGNED, F.SIGNATORY_APPROVED, F.ENVELOPE_CLOSED}:
        conclusion = Key(type=F.ENVELOPE_COMPLETED)
        premises = list(roster.decisions())
        premises += [Key(type=F.ENVELOPE_CLOSED)] if premises else []
    if conclusion is None or not premises or any(premise not in known for premise in premises):
        return []
    return [(conclusion, min(known[premise] for premise in premises))]


def _each_document(signatory: str, roster: Roster) -> list[Key]:
    """Return the facts that one signatory signed each document. ``signatory`` is escaped already."""
    return [
        Key(type=F.SIGNATORY_DOCUMENT_SIGNED, target=f"{signatory}{SEPARATOR}{target(document)}")
        for document in roster.documents
    ]


def lifecycle_of(known: Mapping[Key, Trust]) -> tuple[Lifecycle, FactType | None]:
    """Return the state that a closure shows, and the ending fact behind it, if it ended."""
    types: dict[FactType, Trust] = {}
    for key, trust in known.items():
        types[key.type] = max(trust, types.get(key.type, trust))
    endings = [
        (types[fact], -place, fact, state) for place, (fact, state, _) in enumerate(ENDINGS) if fact in types
    ]
    if endings:
        _, _, fact, state = max(endings, key=lambda ending: ending[:2])
        return state, fact
    for fact, state in PROGRESS:
        if fact in types:
            return state, None
    return Lifecycle.DRAFT, None
