"""Repeating what a lost answer may have done already.

Theory. Some actions end in the same state however often they are called, and yet the vendor refuses the
second call: what was deleted once is not there any more. So where an attempt ended with its effect unknown
(the connection broke, the answer was cut, 5xx), the answer to its repetition is about both:

* It says that the object is gone: the earlier attempt did it, which is the success that was wanted.
* It refuses anything else: that says nothing of the earlier attempt, whose error is what is raised, caused by
  the refusal. The effect stays unknown, and a look at the vendor tells.

A refusal of the first attempt is a refusal: nothing had happened before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import attrs

from paraph.errors import VendorError
from paraph.flow import Flow, http, retrying
from paraph.provider import Account, Action
from paraph_ignisign.actions.base import API

ParamsT = TypeVar("ParamsT")
ResultT = TypeVar("ResultT")

GONE: Final[Mapping[str, frozenset[str]]] = {
    "documents.delete": frozenset({"DOCUMENT_NOT_FOUND", "DOCUMENT_HAS_BEEN_REMOVED"}),
    "documents.remove_content": frozenset({"DOCUMENT_BAD_STATUS", "DOCUMENT_NOT_PROVIDED"}),
    "requests.close": frozenset({"SIGNATURE_REQUEST_CANCELLED"}),
    "requests.delete": frozenset({"SIGNATURE_REQUEST_NOT_FOUND"}),
    "webhooks.delete": frozenset({"WEBHOOK_NOT_FOUND"}),
    "invitations.delete": frozenset({"INVITED_USER_NOT_FOUND", "NO_PENDING_USER_INVITATION"}),
}
"""By action the codes that a repetition is refused with where the first attempt had succeeded.

That a request is completed says nothing: the close can have done it, or the last signature meanwhile.
Assumptions, since no source maps codes to routes: contract 1 infers those of documents and endpoints.
"""


def settled(
    name: str, once: Callable[[], Flow[ResultT]], found: Callable[[], Flow[ResultT | None]]
) -> Flow[ResultT]:
    """Do what may be repeated, where a repetition can be refused because it was done.

    :param name: the action, whose codes count.
    :param once: one attempt.
    :param found: the result, made or read after the object was said to be gone; ``None`` if what is there
        does not show that an earlier attempt did it.
    :raises VendorError: the vendor refused or failed; of several attempts one whose effect is unknown.
    """
    doubt: VendorError | None = None

    def attempt() -> Flow[ResultT]:
        nonlocal doubt
        try:
            return (yield from once())
        except VendorError as error:
            if error.effect == "unknown":
                doubt = doubt or error
            raise

    try:
        return (yield from retrying(attempt))
    except VendorError as error:
        if doubt is None or error.effect == "unknown":
            raise
        refusal = error
    if refusal.code in GONE[name]:
        try:
            result = yield from found()
        except VendorError as error:
            refusal = error
        else:
            if result is not None:
                return result
    raise doubt from refusal


def repeatable(
    action: Action[ParamsT, ResultT], found: Callable[[Account[Any], ParamsT], Flow[ResultT | None]]
) -> Action[ParamsT, ResultT]:
    """Return an action of one request that is repeated as :func:`settled` says."""

    def run(account: Account[Any], given: ParamsT) -> Flow[ResultT]:
        def once() -> Flow[ResultT]:
            response = yield from http(API.request(account, action.method, action.path, given))
            result: ResultT = API.answer(response, action.result)
            return result

        return settled(action.name, once, lambda: found(account, given))

    return attrs.evolve(action, run=run)
