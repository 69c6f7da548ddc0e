"""The requests that the vendor made of one request: one for each signer (contract 5).

A parent (``individualizeRequests``) shows that it has children and not which; a child names its parent. So
the application's requests are listed, and each child is read once, for its signers and documents, side by
side. Listing ends when every signer of the parent has a child: at most one is made for each.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from paraph.flow import Flow, Page, all_pages, gather
from paraph.model import Child
from paraph.provider import Account, Carried
from paraph_ignisign import actions, mapping
from paraph_ignisign.params import RequestPageRef, RequestRef
from paraph_ignisign.settings import IgnisignSettings
from paraph_ignisign.wire import RequestContext, RequestSummary

FIRST_PAGE: Final = 1
"""Most sources count pages of requests from 1 (contract 9.11); one that brings too few was counted from 0."""


def children_of(
    context: RequestContext, carried: Carried, account: Account[IgnisignSettings], request: str
) -> Flow[tuple[Child, ...]]:
    """Return the children of a request, as far as there are any."""
    if context.status != mapping.GENERATED:
        return ()
    listed = yield from _listed(account, request, expected=len(context.signer_ids or ()))
    refs = [RequestRef(signature_request_id=summary.id) for summary in listed]
    found = yield from gather([partial(actions.REQUEST_CONTEXT.run, account, ref) for ref in refs])
    return tuple(child_of(child, summary.id, carried) for child, summary in zip(found, listed, strict=True))


def child_of(context: RequestContext, ref: str, carried: Carried) -> Child:
    """Describe one child. Its documents are copies: they keep the reference that we gave, our local id."""
    asked = [document.id for document in carried.envelope.documents]
    copies = context.documents or ()
    pairs = [(copy.external_id, copy.id) for copy in copies if copy.external_id in asked]
    if not pairs and len(asked) == len(copies) == 1:
        pairs = [(local, copy.id) for local, copy in zip(asked, copies, strict=True)]
    return Child(
        ref=ref,
        signatories=(*(context.signer_ids or ()), *(context.signer_ids_as_approver or ())),
        documents=tuple(pairs),
    )


def _listed(
    account: Account[IgnisignSettings], parent: str, *, expected: int
) -> Flow[tuple[RequestSummary, ...]]:
    """List the requests that name this parent, until there are as many as expected."""
    total = 0
    children: dict[str, RequestSummary] = {}

    def page(number: int | str) -> Flow[Page[RequestSummary]]:
        nonlocal total
        answer = yield from actions.LIST_REQUESTS.run(account, RequestPageRef(page=int(number)))
        if answer.pagination_data is not None and answer.pagination_data.total is not None:
            total = answer.pagination_data.total
        for one in answer.signature_requests:
            if one.initial_signature_request_id == parent and one.id != parent:
                children.setdefault(one.id, one)
        over = expected and len(children) >= expected
        return Page(items=answer.signature_requests, next=None if over else int(number) + 1)

    seen = yield from all_pages(page, first=FIRST_PAGE, key=lambda one: one.id)
    if len(seen) < total and not (expected and len(children) >= expected):
        yield from page(FIRST_PAGE - 1)
    return tuple(children.values())
