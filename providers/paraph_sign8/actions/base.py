"""What the actions are made of: one request in the dialect's words, and what its answer shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import attrs
import httpx

from paraph.flow import Flow, http, retrying
from paraph.model import Document
from paraph.provider import Account, Action, Repeat
from paraph_sign8 import wire
from paraph_sign8.dialect import Dialect
from paraph_sign8.errors import vendor_error
from paraph_sign8.settings import Sign8Settings

ParamsT = TypeVar("ParamsT")
ResultT = TypeVar("ResultT")

Read = Callable[[httpx.Response, Account[Sign8Settings]], ResultT]
"""Reads a successful answer."""


@attrs.frozen(kw_only=True)
class Made:
    """What was made."""

    id: str


@attrs.frozen(kw_only=True)
class Placed:
    """What was placed on a file. :ivar id: ``None`` if the answer does not tell it; nothing depends on it."""

    id: str | None = None


def ask(
    account: Account[Sign8Settings],
    operation: str,
    entity: str,
    values: wire.Values,
    *,
    document: Document | None = None,
) -> Flow[httpx.Response]:
    """Make one request and return its answer.

    :raises VendorError: the vendor refused or failed.
    """
    request = wire.request(account, operation, entity, values, document=document)
    response = yield from http(request)
    error = vendor_error(response)
    if error is not None:
        raise error
    return response


def told_in(operation: str) -> str:
    """Say where in a configuration an operation's path stands."""
    return f"dialect.operations.{operation}"


def action(
    name: str,
    operation: str,
    entity: str,
    params: type[ParamsT],
    result: type[ResultT] | Any,
    read: Read[ResultT],
    *,
    repeat: Repeat,
    summary: str,
    source: str = "contract 2",
    values: Callable[[ParamsT, Dialect], wire.Values] | None = None,
) -> Action[ParamsT, ResultT]:
    """Make an action of one request.

    :param values: gives the neutral values of the parameters, where these are not they as they are.
    """

    def once(account: Account[Sign8Settings], given: ParamsT) -> Flow[ResultT]:
        dialect = account.settings.spoken
        told = values_of(given) if values is None else values(given, dialect)
        response = yield from ask(account, operation, entity, told)
        return read(response, account)

    def run(account: Account[Sign8Settings], given: ParamsT) -> Flow[ResultT]:
        return once(account, given) if repeat is Repeat.NEVER else retrying(lambda: once(account, given))

    published = operation.startswith("add_")
    return Action(
        name=name,
        summary=summary,
        source=source,
        repeat=repeat,
        params=params,
        result=result,
        run=run,
        method="POST" if published else "",
        told_in=told_in(operation),
        documented=published,
    )


def values_of(given: Any) -> wire.Values:
    """Return an action's parameters as neutral values."""
    return {field.name: getattr(given, field.name) for field in attrs.fields(type(given))}


def needed(leaf: str) -> Read[Made]:
    """Read the id at ``answers.<leaf>``, which has to be there."""
    return lambda response, account: Made(id=wire.made_id(response, account.settings.spoken, leaf))


def optional(leaf: str) -> Read[Placed]:
    """Read the id at ``answers.<leaf>`` if there is one."""
    return lambda response, account: Placed(id=wire.perhaps_id(response, account.settings.spoken, leaf))


def nothing(_: httpx.Response, __: Account[Sign8Settings]) -> None:
    """Read nothing: that it succeeded says all."""
