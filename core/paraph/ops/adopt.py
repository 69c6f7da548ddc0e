"""``adopt``: take over an envelope that was made elsewhere, so that it is followed like every other."""

from __future__ import annotations

from datetime import datetime

import attrs

from paraph.adopting import make, matched, the_ref
from paraph.errors import NotReady, UsageError
from paraph.flow.commands import Flow
from paraph.flow.helpers import call, now
from paraph.ledger import Origin
from paraph.model import Envelope, Event, Snapshot
from paraph.model._kinds import encodable
from paraph.ops.act import able
from paraph.ops.carry import under
from paraph.ops.kernel import Kernel
from paraph.ops.look import read, require
from paraph.ops.observe import add, notify, observe, project
from paraph.ops.polling import FIRST
from paraph.provider.adopted import Adopted
from paraph.provider.capability import Capability
from paraph.provider.protocol import Adopts
from paraph.store.protocol import Transaction


def adopt(
    kernel: Kernel, account: str, vendor_id: str, *, envelope: Envelope | None = None
) -> Flow[Snapshot]:
    """Take over an envelope that was made in the vendor's console, by another system, or in a lost store.

    It is read at the vendor, never changed there. One that is known here already is only returned. Of one
    that the vendor made out of another, the other is taken over, and this one returned as its child.

    :param vendor_id: the vendor's id of the envelope.
    :param envelope: the description, if somebody still has it; otherwise it is what the vendor shows. Its
        signatories and documents are found at the vendor by local id, vendor id, address, digest or name.
    :raises UnsupportedCapability: this vendor shows too little of envelopes that were made elsewhere.
    :raises NotReady: it is a draft: nobody was asked to sign it.
    :raises InvalidEnvelope: the description is not of the envelope that the vendor shows.
    :raises VendorError: the vendor has none with this id, or it is another tenant's.
    """
    chosen = yield from call(kernel.account, account)
    require(kernel, chosen, Capability.ADOPT, "send the envelope with paraph, or follow it at the vendor")
    if not vendor_id.strip() or not encodable(vendor_id):
        raise UsageError("the vendor's id of the envelope is missing, or no text that could be one")
    origin = yield from call(kernel.origin, account)
    known = yield from call(_known, kernel, origin, vendor_id)
    if known is not None:
        return (yield from project(kernel, known))
    provider = able(kernel, chosen, Adopts)  # type: ignore[type-abstract]  # a runtime protocol
    found = yield from under(kernel, chosen, provider.adopt(vendor_id, chosen))
    if not found.published:
        raise NotReady(
            "it is a draft at its vendor, or in a state without a word here, so nobody is known to have been "
            "asked to sign; publish it there, then adopt it"
        )
    if found.parent_ref:
        return (yield from _by_its_parent(kernel, account, found, origin, envelope))
    if (yield from call(_is_ours, kernel, origin, found)):
        yield from observe(kernel, found.observation, account)
    else:
        at = yield from now()
        if envelope is not None:
            found = matched(envelope, found, at)
        events = yield from call(_take, kernel, origin, found, envelope.id if envelope else None, at)
        yield from notify(kernel, events)
    known = yield from call(_known, kernel, origin, the_ref(found))
    if known is None:
        raise NotReady("the vendor's answer belongs to a send that is still under way here; resume that one")
    return (yield from project(kernel, known))


def _known(kernel: Kernel, origin: Origin, vendor_ref: str) -> str | None:
    with kernel.store.begin() as tx:
        return _known_in(tx, origin, vendor_ref)


def _known_in(tx: Transaction, origin: Origin, vendor_ref: str) -> str | None:
    attempt = tx.attempt_by_vendor_ref(
        provider=origin.provider, vendor_tenant=origin.vendor_tenant, vendor_ref=vendor_ref
    )
    return attempt.envelope_id if attempt else None


def _is_ours(kernel: Kernel, origin: Origin, found: Adopted) -> bool:
    """Whether it is what a send from this store made, of which only the answer was lost."""
    with kernel.store.begin() as tx:
        attempt = tx.attempt(found.observation.our_reference) if found.observation.our_reference else None
    return (
        attempt is not None
        and attempt.vendor_ref is None
        and (attempt.provider, attempt.vendor_tenant) == (origin.provider, origin.vendor_tenant)
    )


def _by_its_parent(
    kernel: Kernel, account: str, found: Adopted, origin: Origin, envelope: Envelope | None
) -> Flow[Snapshot]:
    if envelope is not None:
        raise UsageError(
            f"the vendor made this one out of {found.parent_ref!r}; adopt that one with the description"
        )
    parent = yield from adopt(kernel, account, found.parent_ref)
    child = yield from call(_known, kernel, origin, the_ref(found))
    if child is None:  # the parent was known, and not read since
        yield from read(kernel, parent.id)
        child = yield from call(_known, kernel, origin, the_ref(found))
    if child is None:
        raise NotReady(f"the vendor does not show it among what it made out of {found.parent_ref!r} yet")
    return (yield from project(kernel, child))


def _take(
    kernel: Kernel, origin: Origin, found: Adopted, envelope_id: str | None, at: datetime
) -> tuple[Event, ...]:
    """Add the envelope with all that is known of it, in one transaction; whoever was first made it."""
    with kernel.store.begin() as tx:
        if _known_in(tx, origin, the_ref(found)) is None:
            make(
                tx,
                found,
                origin,
                at=at,
                poll_after=FIRST,
                dump=kernel.dump,
                envelope_id=envelope_id,
            )
        # The reference that it echoes is another store's, or nobody's.
        return add(tx, kernel, attrs.evolve(found.observation, our_reference=""), origin)
