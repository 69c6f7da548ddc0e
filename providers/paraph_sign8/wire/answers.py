"""Reading: what answers show, believed only as far as it goes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import attrs
import httpx

from paraph.provider import Account, json_of, malformed
from paraph_sign8.dialect import Dialect
from paraph_sign8.dialect.checking import LOOPBACK
from paraph_sign8.settings import Sign8Settings
from paraph_sign8.wire.requests import base_url
from paraph_sign8.wire.values import id_of, instant_of, locate, word_of


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
