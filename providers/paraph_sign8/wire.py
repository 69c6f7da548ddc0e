"""Requests and answers in the words of an account's dialect. Pure; nothing here knows SIGN8's wire by heart.

Telling: :func:`request` takes an operation, an entity (whose names are in ``dialect.fields``) and neutral
values, and puts each where the dialect says: ids that the path holds into the path, the rest into the query
of a request without a body, into a JSON object otherwise (nested by dots, under ``wrap``), or into a form
beside a file.

Reading: :func:`locate` finds what a location names, and what it finds is believed only as far as it goes: an
id is a short printable text or a number; a time may be RFC 3339, or seconds or milliseconds since 1970,
whatever the dialect says of those that we write; a row without its id makes a list one that is not shown. So
any answer can be read, and what is missing is ``None``; who needs it raises
:class:`~paraph.errors.MalformedResponse`.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

import attrs
import httpx

from paraph.errors import ConfigurationError, UnsupportedCapability
from paraph.flow.upload import json_request, multipart_request
from paraph.model import Document, Problem, Secret
from paraph.provider import Account, json_of, malformed
from paraph_sign8.dialect import Dialect
from paraph_sign8.dialect.checking import LOOPBACK
from paraph_sign8.dialect.words import Instant, Place, Transfer
from paraph_sign8.settings import Sign8Settings

BODYLESS: Final = frozenset({"GET", "HEAD", "DELETE"})
"""Methods whose fields travel in the query."""

LONGEST_ID: Final = 200
"""Characters of an id; what is longer is none."""

MILLISECONDS_FROM: Final = 100_000_000_000
"""Numbers from here on are milliseconds: as seconds they would lie beyond the year 5000."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PARTS = re.compile(r"\[(\d{1,3})\]|([^.\[\]]+)")

Values = Mapping[str, Any]
"""Neutral names, those of the dialect's leaves, to values; ``None`` is not told."""


# Telling


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
        query = {name: _text(value) for name, value in fields.items()}
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
            values=[(name, _text(value)) for name, value in fields.items()],
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


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def written(at: datetime, form: Instant) -> str | int:
    """Write an aware time as the dialect does.

    A day stands for its end, so a time at midnight is written as the day before.
    """
    utc = at.astimezone(UTC)
    match form:
        case Instant.UNIX:
            return math.floor(utc.timestamp())
        case Instant.UNIX_MS:
            return math.floor(utc.timestamp() * 1000)
        case Instant.DATE:
            return (utc - timedelta(microseconds=1)).date().isoformat()
        case Instant.ISO:
            return utc.isoformat(timespec="seconds").replace("+00:00", "Z")


# Reading


def locate(value: Any, location: str) -> Any | None:
    """Find what a dialect's location names in a JSON value; ``None`` if nothing is there, or null.

    :param location: such as ``data.workflow_id``, ``rows[0].id`` or ``$`` for the value itself.
    """
    if not location:
        return None
    found = value
    for step in steps_of(location):
        if isinstance(step, str):
            found = found.get(step) if isinstance(found, Mapping) else None
        else:
            found = found[step] if isinstance(found, list) and step < len(found) else None
    return found


@functools.lru_cache(maxsize=256)
def steps_of(location: str) -> tuple[str | int, ...]:
    """Return the keys and indices that lead to a location; none for ``$``."""
    parts = _PARTS.findall(location) if location != "$" else ()
    return tuple(name or int(item) for item, name in parts)


def id_of(value: Any) -> str | None:
    """Read an id: a short printable text or a whole number that can stand in a path; else ``None``."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**LONGEST_ID else ""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        return None
    return value if value.isprintable() and value.strip() == value and value not in {".", ".."} else None


def word_of(value: Any) -> str:
    """Read a word of the vendor's: a text, or another scalar as JSON writes it; ``""`` for anything else."""
    if isinstance(value, bool | int | float):
        return _text(value)
    return value if isinstance(value, str) else ""


def instant_of(value: Any) -> datetime | None:
    """Read a time as aware UTC, liberally; ``None`` if it is none.

    Assumption: a text without an offset is meant in UTC.
    """
    try:
        if isinstance(value, str):
            text = value.strip()
            if not re.fullmatch(r"-?\d{1,16}(\.\d{1,9})?", text):
                read = datetime.fromisoformat(text)
                return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
            value = float(text)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        seconds = value / 1000 if abs(value) >= MILLISECONDS_FROM else value
        return datetime.fromtimestamp(seconds, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


@attrs.frozen(kw_only=True)
class SignerRow:
    """One signer of a workflow, in the vendor's words."""

    id: str
    status: str = ""
    signed_at: datetime | None = None
    reason: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class Status:
    """What the answer of ``status`` shows of a workflow.

    :ivar status: the vendor's word, ``""`` if it is not shown.
    :ivar signers: rows that have an id; ``None`` if signers are not shown.
    :ivar signers_complete: whether every row has one.
    :ivar file_ids: ``None`` if files are not shown, or not completely; so are the others.
    """

    status: str = ""
    ended_at: datetime | None = None
    reason: str | None = attrs.field(default=None, repr=False)
    signers: tuple[SignerRow, ...] | None = None
    signers_complete: bool = True
    file_ids: tuple[str, ...] | None = None
    signature_ids: tuple[str, ...] | None = None
    annotation_ids: tuple[str, ...] | None = None

    @property
    def signer_ids(self) -> tuple[str, ...] | None:
        """Like ``file_ids``."""
        if self.signers is None or not self.signers_complete:
            return None
        return tuple(row.id for row in self.signers)


def read_status(answer: Any, dialect: Dialect) -> Status:
    """Read the answer of ``status``, whatever it is."""
    shape = dialect.status
    rows = locate(answer, shape.signers)
    listed = rows if isinstance(rows, list) else []
    signers = tuple(row for each in listed if (row := _signer(each, dialect)) is not None)
    return Status(
        status=word_of(locate(answer, shape.status)),
        ended_at=instant_of(locate(answer, shape.ended_at)),
        reason=_reason(locate(answer, shape.reason)),
        signers=signers if isinstance(rows, list) else None,
        signers_complete=len(signers) == len(listed),
        file_ids=_ids(answer, shape.files, shape.file_id),
        signature_ids=_ids(answer, shape.signatures, shape.signature_id),
        annotation_ids=_ids(answer, shape.annotations, shape.annotation_id),
    )


def _signer(row: Any, dialect: Dialect) -> SignerRow | None:
    shape = dialect.status
    found = id_of(locate(row, shape.signer_id))
    if found is None:
        return None
    return SignerRow(
        id=found,
        status=word_of(locate(row, shape.signer_status)),
        signed_at=instant_of(locate(row, shape.signer_signed_at)),
        reason=_reason(locate(row, shape.signer_reason)),
    )


def _ids(answer: Any, rows: str, location: str) -> tuple[str, ...] | None:
    listed = locate(answer, rows)
    if not isinstance(listed, list):
        return None
    found = [id_of(locate(row, location)) for row in listed]
    return None if None in found else tuple(each for each in found if each is not None)


def _reason(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


@attrs.frozen(kw_only=True)
class Interface:
    """One branding (contract 3): a row of the only table that SIGN8 publishes."""

    interface_id: str | None = None
    primary_color: str | None = None
    icon_file_id: str | None = None
    logo_file_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


def read_interface(row: Any, dialect: Dialect) -> Interface:
    """Read a row of ``interfaces.list``, whatever it is.

    SIGN8's table calls the logo's column like the icon's (contract 3), so the logo is what stands under its
    own name, else under the icon's. Of a name that JSON has twice only the last value can be read.
    """
    names = dialect.fields.interface
    icon = id_of(locate(row, names.icon_file_id))
    return Interface(
        interface_id=id_of(locate(row, names.interface_id)),
        primary_color=_reason(locate(row, names.primary_color)),
        icon_file_id=icon,
        logo_file_id=id_of(locate(row, names.logo_file_id)) or icon,
        created_at=instant_of(locate(row, names.created_at)),
        updated_at=instant_of(locate(row, names.updated_at)),
    )


@attrs.frozen(kw_only=True)
class WorkflowRow:
    """One workflow of ``workflows.list``.

    Assumption: its id is called as in the answer of ``add_workflow``.
    """

    workflow_id: str | None = None
    status: str = ""


def read_workflow(row: Any, dialect: Dialect) -> WorkflowRow:
    """Read a row of ``workflows.list``, whatever it is."""
    location = dialect.answers.workflow_id
    last = location.rpartition(".")[2]
    return WorkflowRow(
        workflow_id=id_of(locate(row, location)) or id_of(locate(row, last)),
        status=word_of(locate(row, dialect.status.status)),
    )


def rows_of(response: httpx.Response, dialect: Dialect, leaf: str) -> list[Any]:
    """Return the list at ``answers.<leaf>``. :raises MalformedResponse: none is there."""
    found = locate(json_of(response), getattr(dialect.answers, leaf))
    if not isinstance(found, list):
        raise _lacking(response, leaf, "a list")
    return found


def made_id(response: httpx.Response, dialect: Dialect, leaf: str) -> str:
    """Return the id at ``answers.<leaf>``. :raises MalformedResponse: none is there."""
    found = id_of(locate(json_of(response), getattr(dialect.answers, leaf)))
    if found is None:
        raise _lacking(response, leaf, "an id")
    return found


def perhaps_id(response: httpx.Response, dialect: Dialect, leaf: str) -> str | None:
    """Return the id at ``answers.<leaf>`` if there is one: nothing depends on it."""
    try:
        return id_of(locate(response.json(), getattr(dialect.answers, leaf)))
    except (ValueError, RecursionError):
        return None


def address_of(response: httpx.Response, account: Account[Sign8Settings], leaf: str) -> str:
    """Return the absolute URL at ``answers.<leaf>``: https, or http on this machine if the account's is.

    :raises MalformedResponse: there is none; it is not shown, since whoever has it may act with it.
    """
    found = locate(json_of(response), getattr(account.settings.spoken.answers, leaf))
    if not isinstance(found, str) or not _is_address(found, base_url(account)):
        raise _lacking(response, leaf, "an https address")
    return found


def _is_address(url: str, base: str) -> bool:
    if not url.isprintable() or any(char.isspace() for char in url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        return False
    local = base.startswith("http:") and host in LOOPBACK
    return (
        bool(host) and not parts.username and (parts.scheme == "https" or (parts.scheme == "http" and local))
    )


def _lacking(response: httpx.Response, leaf: str, what: str) -> Exception:
    return malformed(response, f"the answer has not {what} where dialect.answers.{leaf} says")


def status_in(response: httpx.Response, dialect: Dialect) -> Status:
    """Read the answer of ``status``. :raises MalformedResponse: it shows no status word."""
    found = read_status(json_of(response), dialect)
    if not found.status:
        raise malformed(response, "the answer has no word where dialect.status.status says")
    return found
