"""Sweeping: what the vendor lists of past deliveries, and the ledger lacks, is recorded.

It is recorded as confirmed, since the vendor's API says it. A long list is read in parts, and where that
stands is kept, so that the next turn goes on from there (:class:`~paraph.provider.ListsEventsByPage`). Each
request of a provider for its list takes one of the budget; one that gives its list as a whole may take more
than is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import attrs

from paraph.flow.commands import Command, Download, Flow, Http
from paraph.flow.helpers import call, now
from paraph.flow.intercept import intercept
from paraph.model import Observation, Source, Trust
from paraph.ops.carry import under
from paraph.ops.kernel import Kernel
from paraph.ops.observe import observe
from paraph.ops.pacing import may_poll
from paraph.provider.account import Account
from paraph.provider.capability import Capability
from paraph.provider.protocol import ListsEvents, ListsEventsByPage, PastDelivery, PastPage

STANDING: Final = "paraph:past"
"""Name under which it is kept where reading the list stands. No provider's name has a colon first."""


@attrs.define(kw_only=True)
class Sweep:
    """What one turn reads of one account's list.

    :ivar new: events. ``requests``: made for the list. ``more``: whether there is more to be read now.
    """

    kernel: Kernel
    account: Account[Any]
    new: int = 0
    requests: int = 0
    more: bool = True

    def offered(self) -> bool:
        """Whether the vendor has a list."""
        provider = self.kernel.provider(self.account)
        return isinstance(provider, ListsEvents) and Capability.EVENT_LIST in provider.capabilities(
            self.account
        )

    def run(self, budget: int) -> Flow[None]:
        """Read as much as the budget allows."""
        most = self.requests + budget
        while self.more and self.requests < most and (yield from may_poll(self.kernel, self.account)):
            before = self.requests
            try:
                yield from self._part()
            finally:
                self.requests = max(self.requests, before + 1)
            for _ in range(self.requests - before - 1):
                yield from may_poll(self.kernel, self.account)

    def _part(self) -> Flow[None]:
        provider = self.kernel.provider(self.account)
        if isinstance(provider, ListsEventsByPage):
            standing = yield from call(_standing, self.kernel, self.account)
            page: PastPage = yield from self._counted(provider.past_page(self.account, standing))
            yield from self._record(page.deliveries)
            yield from call(_keep_standing, self.kernel, self.account, page.standing)
            self.more = page.more
        elif isinstance(provider, ListsEvents):
            yield from self._record((yield from self._counted(provider.past_deliveries(self.account))))
            self.more = False

    def _counted(self, flow: Flow[Any]) -> Flow[Any]:
        def count(command: Command) -> None:
            self.requests += isinstance(command, Http | Download)

        return (yield from under(self.kernel, self.account, intercept(flow, count)))

    def _record(self, listed: Iterable[PastDelivery]) -> Flow[None]:
        for past in listed:
            if past.facts:
                at = yield from now()
                observation = Observation(
                    source=Source.SWEEP,
                    trust=Trust.CONFIRMED,
                    observed_at=at,
                    facts=past.facts,
                    our_reference=past.our_reference,
                )
                self.new += len((yield from observe(self.kernel, observation, self.account.name)))


def _standing(kernel: Kernel, account: Account[Any]) -> str:
    with kernel.store.begin() as tx:
        return tx.private(account.name, STANDING) or ""


def _keep_standing(kernel: Kernel, account: Account[Any], standing: str) -> None:
    with kernel.store.begin() as tx:
        tx.put_private(account.name, STANDING, standing)
