"""One-request actions as data: method, path template, parameters, result.

``endpoint(API, "documents.get", "GET", "/v4/documents/{documentId}", params=DocumentRef, …)`` is
all there is to say about most vendor actions. Parameters that the path template names go
into the path, percent-encoded; the rest of a GET or DELETE goes into the query, of other
methods into a JSON body (``{}`` if there is none: vendors of this kind want one). Fields that
are ``None`` are left out.

The declared :class:`Repeat` decides about retrying: reads and idempotent actions are
repeated by :data:`paraph.flow.READING`, the others never.

Writing a large JSON body takes long, so such a request is built outside the event loop.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sized
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import attrs

from paraph.errors import UsageError, VendorError
from paraph.flow import Flow, call, http, retrying
from paraph.provider.account import Account
from paraph.provider.action import Action, Repeat

if TYPE_CHECKING:
    import httpx
    from cattrs import Converter

ParamsT = TypeVar("ParamsT")
ResultT = TypeVar("ResultT")

LONG = 1 << 16
"""Characters, bytes or items from which on writing a parameter may hold up an event loop."""

_BODYLESS = frozenset({"GET", "DELETE", "HEAD"})
_NAME = re.compile(r"\{(\w+)\}")


@attrs.frozen(kw_only=True)
class NoParams:
    """The parameters of an action that takes none."""


@attrs.frozen(kw_only=True, eq=False)
class Api:
    """What all endpoints of one vendor have in common.

    :ivar base: the account's base URL, without a trailing slash.
    :ivar names: values for path templates that the account gives, such as the tenant's id.
    :ivar converter: writes parameters and reads results.
    :ivar problem: the error that an answer is, or ``None``.
    """

    base: Callable[[Account[Any]], str]
    names: Callable[[Account[Any]], Mapping[str, str]]
    converter: Converter
    problem: Callable[[httpx.Response], VendorError | None]

    def url(self, account: Account[Any], path: str, values: Mapping[str, Any] | None = None) -> str:
        """Fill a path template, from ``values`` and from what the account says.

        :raises UsageError: a value is missing, empty or no single path segment, or not the account's.
        """
        own, given = self.names(account), values or {}

        def fill(found: re.Match[str]) -> str:
            value = str(given.get(found[1]) or own.get(found[1]) or "")
            if value != own.get(found[1], value):
                raise UsageError(
                    f"{path}: {{{found[1]}}} is not that of account {account.name!r}; leave it out"
                )
            if value in {"", ".", ".."}:
                raise UsageError(f"{path}: the value for {{{found[1]}}} is missing or no path segment")
            return quote(value, safe="")

        return self.base(account) + _NAME.sub(fill, path)

    def request(
        self,
        account: Account[Any],
        method: str,
        path: str,
        params: object,
        *,
        query: Mapping[str, str] | None = None,
    ) -> httpx.Request:
        """Build the request of one call: path, query and body from one parameter object.

        :param query: for the rare call that wants something in both the query and the body.
        """
        from paraph.flow.written import written

        values: dict[str, Any] = self.converter.unstructure(params)
        named = _NAME.findall(path)
        rest = {key: value for key, value in values.items() if key not in named}
        bodyless = method in _BODYLESS
        if bodyless and rest:
            query = query or {key: _text(value) for key, value in rest.items()}
        url = self.url(account, path, values)
        return written(method, url, query=query, body=None if bodyless else rest)

    def answer(self, response: httpx.Response, result: type[ResultT]) -> ResultT:
        """Read an answer, or raise the error that it is.

        :raises VendorError: the vendor refused or failed. :raises MalformedResponse: another shape.
        """
        from paraph.convert import structure_answer

        error = self.problem(response)
        if error is not None:
            raise error
        return structure_answer(response, result, converter=self.converter)


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _is_large(params: object) -> bool:
    """Whether there is a long parameter, or free JSON, whose size only writing it would tell."""
    values = (getattr(params, field.name) for field in attrs.fields(type(params)))  # type: ignore[arg-type]  # an attrs class
    return any(
        len(value) > LONG
        if type(value) is str  # nearly all are, and the others' check takes longer
        else isinstance(value, Mapping) or (isinstance(value, Sized) and len(value) > LONG)
        for value in values
        if value is not None
    )


def endpoint(
    api: Api,
    name: str,
    method: str,
    path: str,
    *,
    params: type[ParamsT],
    result: type[ResultT],
    repeat: Repeat,
    summary: str,
    source: str,
    documented: bool = True,
    slug: str = "",
    description: str = "",
    errors: tuple[str, ...] = (),
    credentials: bool = True,
) -> Action[ParamsT, ResultT]:
    """Make an action of one request, as the module says.

    :param credentials: whether the account's credentials are attached.
    """

    def once(account: Account[Any], given: ParamsT) -> Flow[ResultT]:
        build = functools.partial(api.request, account, method, path, given)
        request = (yield from call(build)) if _is_large(given) else build()
        response = yield from http(request, credentials=credentials)
        return api.answer(response, result)

    def run(account: Account[Any], given: ParamsT) -> Flow[ResultT]:
        if repeat is Repeat.NEVER:
            return once(account, given)
        return retrying(lambda: once(account, given))

    return Action(
        name=name,
        summary=summary,
        source=source,
        repeat=repeat,
        params=params,
        result=result,
        run=run,
        method=method,
        path=path,
        documented=documented,
        slug=slug,
        description=description,
        errors=errors,
    )
