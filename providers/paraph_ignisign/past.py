"""Past deliveries of the application's own endpoint, one request at a time (contract 2, List webhook events).

Theory of operation
===================

The vendor says neither how its list is ordered, nor how long its pages are, nor whether they count from 0.
So a *walk* goes through all of it once, and notes what it sees: the order, by the times of the entries; the
last page; the newest entries. With that *mark* the next walk is short:

==============  ======================================================================================
newest first    from the first page until one holds nothing new
oldest first    from the last page to the end; and back from there, if it held anything new, likewise
neither         through all of it again
==============  ======================================================================================

What is new is told by the mark alone, not by what webhooks have told meanwhile: behind recent news there may
be a gap of older ones. Only a walk that came to its end makes a mark, so all that lies behind one has
been read, and nothing is lost by stopping there. A page that is out of order, or a count of more than was
seen, makes the walk begin again and read all. Where a walk stands is a text that the caller keeps, so that it
may take many turns.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, Self

import attrs

from paraph.errors import UnsupportedCapability, VendorNotFound, VendorRefused
from paraph.flow import Flow
from paraph.provider import Account, Capability, NoParams, PastDelivery, PastPage
from paraph_ignisign.actions import LIST_EVENTS, LIST_WEBHOOKS
from paraph_ignisign.params import EventPageRef
from paraph_ignisign.settings import IgnisignSettings
from paraph_ignisign.webhooks import past_delivery, tenant_of
from paraph_ignisign.wire import WebhookEndpoints, WebhookEvents

FIRST_PAGE: Final = 1
"""Assumption: pages count from 1. Where the vendor counts more than its pages hold, there is one before."""

RECENT: Final = 200
"""Newest entries that a mark knows one by one."""

OVERLAP: Final = 300.0
"""Seconds before those, within which another entry may still have appeared late (assumption)."""

STALE: Final = 2
"""So often in a row the same page is the last one. Assumption: who counts pages from 0 repeats none."""

NEWEST_FIRST: Final = "newest first"
OLDEST_FIRST: Final = "oldest first"


@attrs.frozen(kw_only=True)
class Mark:
    """What a walk that came to its end has seen of one endpoint's list.

    :ivar first: number of its first page. ``last``: of the last one that held anything.
    :ivar order: in words, or empty.
    :ivar recent: times, in seconds since 1970, and ids of the newest entries, these first.
    :ivar total: how many entries the vendor counted, if it said so.
    """

    first: int
    last: int
    order: str
    recent: tuple[tuple[float, str], ...]
    total: int | None = None

    def knows(self, entries: Sequence[tuple[float, str]]) -> bool:
        """Whether all of these were there before."""
        ids = {name for _, name in self.recent}
        before = self.recent[-1][0] - OVERLAP if len(self.recent) == RECENT else -math.inf
        return all(name in ids or time < before for time, name in entries)


@attrs.frozen(kw_only=True)
class Walk:
    """Where a walk through one endpoint's list stands.

    :ivar first: number of the list's first page. ``page``: to be read next. ``start``: where the walk began.
    :ivar back: whether it goes back from its start. ``mark``: what it may stop at, if there is one.
    :ivar head: ids of the first page that was read; ``ids``: of the page before.
    :ivar edge: time of the entry read last. ``rising``: whether no entry of the list was older than the one
        before; ``falling``: whether none was newer.
    :ivar stale: how often in a row that page came again.
    :ivar covered: whether there was nothing new where it began.
    :ivar last: last page that held anything, ``size``: entries of the longest one.
    :ivar fresh: entries that the mark does not know. ``total``: how many the vendor counts, if it says so.
    """

    endpoint: str
    first: int = FIRST_PAGE
    page: int = FIRST_PAGE
    start: int = FIRST_PAGE
    back: bool = False
    mark: Mark | None = None
    head: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    edge: float | None = None
    rising: bool = True
    falling: bool = True
    stale: int = 0
    covered: bool = False
    recent: tuple[tuple[float, str], ...] = ()
    last: int = 0
    size: int = 0
    fresh: int = 0
    total: int | None = None

    @classmethod
    def beginning(cls, endpoint: str, mark: Mark | None) -> Self:
        """Return a walk at its beginning."""
        if mark is None:
            return cls(endpoint=endpoint)
        start = mark.last if mark.order == OLDEST_FIRST else mark.first
        known = mark if mark.order else None
        return cls(endpoint=endpoint, first=mark.first, page=start, start=start, mark=known, last=mark.first)

    def after(self, answer: WebhookEvents) -> tuple[Self | None, Mark | None]:
        """Return the walk after its page was read, or ``None`` at its end; and the mark that it makes."""
        ids = tuple(event.id for event in answer.events)
        total = answer.search_data.total if answer.search_data is not None else None
        if self.page < self.first:  # whether there is a page before what was taken for the first one
            return None, self._before_first(total or self.total, other=bool(ids) and ids != self.head)
        times = [
            None if event.created_at is None else event.created_at.timestamp() for event in answer.events
        ]
        # So some vendors answer a page beyond the end; and so does one to whom just a page of news came.
        repeated = bool(ids) and ids == self.ids
        seen = attrs.evolve(self, stale=self.stale + 1) if repeated else self._seen(ids, times)
        seen = attrs.evolve(seen, total=self.total if total is None else total)
        if self.mark is not None and not (seen.falling if self.mark.order == NEWEST_FIRST else seen.rising):
            return type(self).beginning(self.endpoint, attrs.evolve(self.mark, order="")), None
        entries = [(time or 0.0, name) for time, name in zip(times, ids, strict=True)]
        known = self.mark is not None and bool(ids) and self.mark.knows(entries)
        if self.back:
            if known or self.page <= self.first:
                return seen._ended()  # noqa: SLF001 - the same class
            return attrs.evolve(seen, page=self.page - 1), None
        if known and self.mark is not None and self.mark.order == NEWEST_FIRST:
            return seen._ended()  # noqa: SLF001 - the same class
        if known and self.page == self.start:
            seen = attrs.evolve(seen, covered=True)
        return seen._forward(total, end=not ids)  # noqa: SLF001 - the same class

    def _seen(self, ids: tuple[str, ...], times: list[float | None]) -> Self:
        """Note what a page holds."""
        known = [time for time in times if time is not None]
        told = len(known) == len(times)
        edge = [] if self.edge is None else [self.edge]
        line = [*known, *edge] if self.back else [*edge, *known]
        pairs = list(pairwise(line))
        both = {*self.recent, *zip(known, ids, strict=True)} if told else {*self.recent}
        return attrs.evolve(
            self,
            head=self.head or ids,
            ids=ids,
            stale=0,
            edge=(line[0] if self.back else line[-1]) if line else None,
            rising=self.rising and told and all(one <= other for one, other in pairs),
            falling=self.falling and told and all(one >= other for one, other in pairs),
            recent=tuple(sorted(both, reverse=True)[:RECENT]),
            last=max(self.last, self.page) if ids else self.last,
            size=max(self.size, len(ids)),
            fresh=self.fresh + self._unknown(ids, times),
        )

    def _unknown(self, ids: tuple[str, ...], times: list[float | None]) -> int:
        if self.mark is None:
            return 0
        return sum(not self.mark.knows([(time or 0.0, name)]) for name, time in zip(ids, times, strict=True))

    def _forward(self, total: int | None, *, end: bool) -> tuple[Self | None, Mark | None]:
        """Go to the next page, or back, if this one was the last; or end."""
        held = (self.last - self.first + 1) * self.size
        complete = total is not None and total <= held
        if not (end or self.stale >= STALE or complete):
            return attrs.evolve(self, page=self.page + 1), None
        if self.mark is not None and not self.covered and self.start > self.first:
            return attrs.evolve(self, page=self.start - 1, back=True, edge=None), None
        if total is not None and not complete and self.mark is None and self.first == FIRST_PAGE:
            return attrs.evolve(self, page=self.first - 1), None  # it counts more than its pages held
        if self.stale and not complete:
            return None, self.mark  # nothing shows that this is the end
        return self._ended()

    def _ended(self) -> tuple[Self | None, Mark | None]:
        """End; but if the vendor counts more that is new than was seen, read all of it after all."""
        if self.mark is not None and None not in {self.total, self.mark.total}:
            come = (self.total or 0) - (self.mark.total or 0)
            if come > self.fresh:
                return type(self)(endpoint=self.endpoint), None
        return None, self._marked()

    def _before_first(self, total: int | None, *, other: bool) -> Mark | None:
        """End the walk where there is another page before the first one, or none."""
        pages = self.last - self.first + 1 + other
        if self.stale and (total is None or total > pages * self.size):
            return self.mark
        if not other:
            return self._marked()
        return attrs.evolve(self._marked(), first=self.page, order="")  # of that page no order was seen

    def _marked(self) -> Mark:
        if self.mark is not None:
            order = self.mark.order
            recent = tuple(sorted({*self.recent, *self.mark.recent}, reverse=True)[:RECENT])
        else:  # too few entries show no order
            order = "" if self.rising == self.falling else OLDEST_FIRST if self.rising else NEWEST_FIRST
            recent = self.recent
        last = max(self.last, self.first)
        return Mark(first=self.first, last=last, order=order, recent=recent, total=self.total)


@attrs.frozen(kw_only=True)
class Standing:
    """What is kept from one request to the next.

    :ivar marks: by endpoint. ``walk``: the one that goes on; ``todo``: endpoints whose walks come after it.
    """

    marks: Mapping[str, Mark] = attrs.field(factory=dict)
    walk: Walk | None = None
    todo: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what :meth:`text` wrote; what was written otherwise means nothing, and all is read again."""
        try:
            kept = json.loads(text)
            walk = kept["walk"]
            return cls(
                marks={name: _mark(each) for name, each in kept["marks"].items()},
                walk=None if walk is None else _walk(walk),
                todo=tuple(kept["todo"]),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def text(self) -> str:
        """Write it."""
        return json.dumps(attrs.asdict(self))

    def walking(self, endpoints: tuple[str, ...]) -> Self:
        """Begin with the first of these endpoints, the others after it."""
        if not endpoints:
            return attrs.evolve(self, walk=None, todo=())
        walk = Walk.beginning(endpoints[0], self.marks.get(endpoints[0]))
        return attrs.evolve(self, walk=walk, todo=endpoints[1:])

    def ended(self, endpoint: str, mark: Mark | None) -> Self:
        """End the walk through an endpoint."""
        marks = {**self.marks, **({} if mark is None else {endpoint: mark})}
        return attrs.evolve(self, marks=marks).walking(self.todo)


def _mark(kept: dict[str, Any]) -> Mark:
    recent = tuple((float(time), str(name)) for time, name in kept["recent"])
    return Mark(**{**kept, "recent": recent})


def _walk(kept: dict[str, Any]) -> Walk:
    recent = tuple((float(time), str(name)) for time, name in kept["recent"])
    mark = None if kept["mark"] is None else _mark(kept["mark"])
    lists = {"head": tuple(kept["head"]), "ids": tuple(kept["ids"]), "recent": recent}
    return Walk(**{**kept, **lists, "mark": mark})


def past_page(account: Account[IgnisignSettings], standing: str) -> Flow[PastPage]:
    """Read a part of what the vendor says it delivered, or failed to, to our endpoints; one request.

    :param standing: of the part before; empty at the very first.
    :raises UnsupportedCapability: the account's own webhook URL is not configured.
    """
    at = Standing.parse(standing)
    if at.walk is None:
        at = at.walking((yield from _own_endpoints(account)))
        return PastPage(standing=at.text(), more=at.walk is not None)
    walk = at.walk
    try:
        asked = EventPageRef(webhook_id=walk.endpoint, page=walk.page)
        answer: WebhookEvents = yield from LIST_EVENTS.run(account, asked)
    except VendorNotFound:  # the endpoint was removed meanwhile
        at = at.ended(walk.endpoint, None)
        return PastPage(standing=at.text(), more=at.walk is not None)
    except VendorRefused:
        if walk.page >= walk.first:
            raise
        answer = WebhookEvents()
    following, mark = walk.after(answer)
    going = attrs.evolve(at, walk=following) if following is not None else at.ended(walk.endpoint, mark)
    tenant = tenant_of(account.settings.credentials())
    return PastPage(
        deliveries=tuple(past_delivery(event, tenant) for event in answer.events),
        standing=going.text(),
        more=going.walk is not None,
    )


def past_deliveries(account: Account[IgnisignSettings]) -> Flow[tuple[PastDelivery, ...]]:
    """Read all of it; see :func:`past_page`."""
    found: dict[str, PastDelivery] = {}
    standing, more = "", True
    while more:
        page: PastPage = yield from past_page(account, standing)
        for delivery in page.deliveries:
            found.setdefault(delivery.id, delivery)
        standing, more = page.standing, page.more
    return tuple(found.values())


def _own_endpoints(account: Account[IgnisignSettings]) -> Flow[tuple[str, ...]]:
    url = account.webhook_url
    if url is None:
        raise UnsupportedCapability(
            account=account.name,
            provider=account.provider,
            capability=Capability.EVENT_LIST.value,
            hint="set webhooks.public_url and the account's webhook_secret",
        )
    listed: WebhookEndpoints = yield from LIST_WEBHOOKS.run(account, NoParams())
    return tuple(each.id for each in listed.webhooks if url == each.url)
