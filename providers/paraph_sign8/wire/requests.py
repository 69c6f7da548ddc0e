"""Telling: an operation as a request, each value where the account's dialect says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

import httpx

from paraph.errors import ConfigurationError, UnsupportedCapability
from paraph.flow.upload import json_request, multipart_request
from paraph.model import Document, Problem, Secret
from paraph.provider import Account
from paraph_sign8.dialect import Dialect
from paraph_sign8.dialect.words import Place, Transfer
from paraph_sign8.settings import Sign8Settings
from paraph_sign8.wire.values import text_of, written

BODYLESS: Final = frozenset({"GET", "HEAD", "DELETE"})
"""Methods whose fields travel in the query."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")

Values = Mapping[str, Any]
"""Neutral names, those of the dialect's leaves, to values; ``None`` is not told."""


def request(
    account: Account[Sign8Settings],
    operation: str,
    entity: str,
    values: Values,
    *,
    document: Document | None = None,
    accept: str = "application/json",
) -> httpx.Request:
    """Build the request of one operation.

    :param operation: the dialect's key, such as ``add_workflow``. :param entity: such as ``workflow``.
    :param document: travels with it, as ``formats.transfer`` says.
    :raises UnsupportedCapability: the dialect has no path for it.
    :raises ConfigurationError: there is no base URL, or the path wants an id that this operation has not.
    """
    settings = account.settings
    dialect = settings.spoken
    call = dialect.operation(operation)
    known = {**values, "organization_id": settings.organization_id}
    url = base_url(account) + _filled(account, operation, known)
    rest = {key: value for key, value in values.items() if f"{{{key}}}" not in call.path}
    fields = _told(dialect, entity, rest)
    headers = {"Accept": accept}
    place = dialect.organization.place
    if place is Place.HEADER:
        headers[dialect.organization.name] = settings.organization_id
    elif place is Place.BODY and "{organization_id}" not in call.path:
        fields[dialect.organization.name] = settings.organization_id
    if call.method in BODYLESS:
        query = {name: text_of(value) for name, value in fields.items()}
        return httpx.Request(call.method, url, params=query or None, headers=headers)
    content = dialect.fields.file.content
    if document is not None and dialect.formats.transfer is Transfer.MULTIPART:
        return multipart_request(
            call.method,
            url,
            field=content,
            filename=document.name,
            media_type=document.media_type,
            document=document,
            headers=headers,
            values=[(name, text_of(value)) for name, value in fields.items()],
        )
    wrap = tuple(call.wrap.split(".")) if call.wrap else ()
    body = _nested(fields, wrap)
    if document is not None and dialect.formats.transfer is Transfer.BASE64:
        at = (*wrap, *content.split("."))
        return json_request(call.method, url, body=body, at=at, document=document, headers=headers)
    return httpx.Request(call.method, url, json=body, headers=headers)


def require(account: Account[Sign8Settings], operation: str) -> None:
    """Refuse an operation that the dialect has no path for.

    :raises UnsupportedCapability: it names the key that is missing.
    """
    if not account.settings.spoken.offers(operation):
        raise UnsupportedCapability(
            account=account.name,
            provider=account.provider,
            capability=operation,
            hint=f"the account's dialect has no dialect.operations.{operation}.path; set it if SIGN8's "
            "documentation describes such a call",
        )


def base_url(account: Account[Sign8Settings]) -> str:
    """Return the account's base URL.

    :raises ConfigurationError: there is none, since SIGN8 publishes none.
    """
    url = account.settings.server(account.environment)
    if not url:
        path = f"accounts.{account.name}.base_url"
        hint = f"set it, or dialect.servers.{account.environment}, as SIGN8 gave it to you"
        problem = Problem(path=path, code="url.missing", message="no server is configured", hint=hint)
        raise ConfigurationError(f"account {account.name!r} cannot be used", [problem])
    return url


def _filled(account: Account[Sign8Settings], operation: str, known: Values) -> str:
    """Fill the ids into an operation's path."""
    require(account, operation)

    def fill(found: re.Match[str]) -> str:
        value = known.get(found[1])
        if value is None or value in {"", ".", ".."}:
            path = f"dialect.operations.{operation}.path"
            message = f"it holds {{{found[1]}}}, which this call does not know"
            problem = Problem(path=path, code="path.placeholder", message=message)
            raise ConfigurationError(f"account {account.name!r}: {operation} cannot be asked for", [problem])
        return quote(str(value), safe="")

    return _PLACEHOLDER.sub(fill, account.settings.spoken.operation(operation).path)


def _told(dialect: Dialect, entity: str, values: Values) -> dict[str, Any]:
    """Return the values by the dialect's names; what has no value, or no name, is not told."""
    names = getattr(dialect.fields, entity)
    named = ((getattr(names, key), value) for key, value in values.items() if value is not None)
    return {name: _plain(value, dialect) for name, value in named if name}


def _plain(value: Any, dialect: Dialect) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    return written(value, dialect.formats.instant) if isinstance(value, datetime) else value


def _nested(fields: Values, wrap: tuple[str, ...]) -> dict[str, Any]:
    """Make the JSON object of dotted names, below ``wrap``."""
    body: dict[str, Any] = {}
    inner = body
    for key in wrap:
        inner = inner.setdefault(key, {})
    for name, value in fields.items():
        *path, last = name.split(".")
        place = inner
        for key in path:
            place = place.setdefault(key, {})
        place[last] = value
    return body
