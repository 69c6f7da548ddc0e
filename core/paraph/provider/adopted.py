"""What a provider tells of an envelope that was made elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from paraph.model import Envelope, Observation
from paraph.model._kinds import LOCAL_ID


@attrs.frozen(kw_only=True)
class Adopted:
    """An envelope that was made elsewhere, as far as its vendor shows it.

    :ivar envelope: the description in neutral words. What the vendor does not show stays empty; its id does
        not count. Documents have no content, and no digest unless the vendor shows it.
    :ivar signatories: pairs (local id, vendor reference); ``documents`` likewise. See :func:`local_ids`.
    :ivar published: whether the vendor says that it is no draft any more.
    :ivar observation: everything that a read would tell. The reference that its facts are about is the
        envelope's, however the id was written that was asked for.
    :ivar parent_ref: the vendor's id of the envelope that this one was made of, if any; that one is taken
        over in its place.
    """

    envelope: Envelope
    signatories: tuple[tuple[str, str], ...]
    documents: tuple[tuple[str, str], ...]
    published: bool
    observation: Observation
    parent_ref: str = ""


def local_ids(wishes: Iterable[str], *, otherwise: str) -> tuple[str, ...]:
    """Make local ids of a vendor's words: valid, and each once.

    :param otherwise: what the others are called, followed by their position from 1.
    """
    found: list[str] = []
    for position, wish in enumerate(wishes, start=1):
        name = wish if LOCAL_ID.match(wish) and wish not in found else f"{otherwise}{position}"
        while name in found:
            name += "x"
        found.append(name)
    return tuple(found)
