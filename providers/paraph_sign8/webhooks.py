"""Reading SIGN8's webhooks (contract section 5).

Theory. The *path* below the account's webhook URL says what happened; two are documented. Nothing else about
a delivery is: no body, no proof, no retries. So any body is read leniently (none, JSON, a form), ids are
looked for where the dialect says, and what is not found is missing, never an error. The organisation's id in
a header is no secret: it can only show that a delivery is for somebody else.

Proof is the account's own: an extra secret, in a header or as the first segment of the path (that segment is
taken off before anything else looks at the path), or the statement that the URL's secret is enough.

Judgements:

* Where a status can be read, a delivery is a hint: it states nothing about the envelope and asks for a read;
  of all open envelopes, if it names no workflow. Where none can, it is the observation itself, as far as it
  is trusted.
* A path without a meaning is kept as a fact of type ``unknown``, in a printable form.
* An event that names no workflow is kept as news of the account, each delivery one of its own. It is of type
  ``unknown`` too: what ``envelope.declined`` implies is true of an envelope and not of an account.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import attrs

from paraph.flow import Flow
from paraph.model import Fact, FactType, Secret, Subject, SubjectKind, target
from paraph.provider import Account, Delivery, Malformed, Reading, Verdict
from paraph_sign8 import ORGANIZATION_HEADERS, mapping
from paraph_sign8.dialect import Dialect
from paraph_sign8.dialect.words import Token, WebhookEvent
from paraph_sign8.settings import Sign8Settings
from paraph_sign8.wire import id_of, locate

LONGEST_PATH: Final = 128
"""Characters of an unknown path that are kept."""

LONGEST_REASON: Final = 2000


@attrs.frozen(kw_only=True)
class Arrival:
    """Where a delivery arrived.

    :ivar path: what says what happened, without the token. One that does not belong there may stand in it.
    :ivar token: what stood in the token's place, if anything did.
    """

    path: str = attrs.field(repr=False)
    token: Secret | None


def tenant_of(account: Account[Sign8Settings]) -> str:
    """Name the vendor's tenant: production and test systems share nothing (contract 1)."""
    return f"{account.settings.organization_id}/{account.environment}"


def observe(delivery: Delivery, account: Account[Sign8Settings]) -> Reading:
    """Read a delivery; see ``Provider.observe``. Nothing that a stranger may send makes it raise."""
    dialect = account.settings.spoken
    if not _for_us(delivery.headers, account.settings.organization_id):
        return Reading(rejected=Malformed.OTHER_TENANT)
    path = arrived(delivery, account).path
    event = event_of(path, dialect)
    body = content_of(delivery)
    workflow = id_of(_first(body, dialect.webhooks.workflow_id))
    can_read = dialect.offers("status")
    native = _printable(path, account)
    reason = _reason(_first(body, dialect.webhooks.reason))
    facts: tuple[Fact, ...]
    if workflow is None:
        facts = (
            Fact(
                type=FactType.UNKNOWN,
                subject=Subject(kind=SubjectKind.ACCOUNT, ref=tenant_of(account)),
                target=native,
                occurrence=delivery.received_at.isoformat(),
                native=native,
                reason=reason,
            ),
        )
    else:
        signer = id_of(_first(body, dialect.webhooks.signer_id))
        facts = told(event, Subject(ref=workflow), signer, native, reason)
        if not facts:
            facts = (
                Fact(type=FactType.UNKNOWN, subject=Subject(ref=workflow), target=native, native=native),
            )
        elif can_read:
            facts = ()
    return Reading(
        facts=facts,
        subject_ref=workflow or "",
        read=can_read and workflow is not None,
        read_open=can_read and workflow is None,
    )


def told(
    event: WebhookEvent | None, envelope: Subject, signer: str | None, native: str, reason: str | None
) -> tuple[Fact, ...]:
    """Return what an event states about a workflow and, where it names one, a signer; perhaps nothing."""
    if event is None:
        return ()
    about: list[tuple[FactType, str]] = []
    if event in mapping.WORKFLOW_EVENTS:
        about.append((mapping.WORKFLOW_EVENTS[event], ""))
    if event in mapping.SIGNER_EVENTS and signer is not None:
        about.append((mapping.SIGNER_EVENTS[event], target(signer)))
    return tuple(
        Fact(type=kind, subject=envelope, target=whom, native=native, reason=_why(kind, reason))
        for kind, whom in about
    )


def _why(kind: FactType, reason: str | None) -> str | None:
    return reason if kind in {FactType.ENVELOPE_DECLINED, FactType.SIGNATORY_DECLINED} else None


def event_of(path: str, dialect: Dialect) -> WebhookEvent | None:
    """Return what a path says; ``None`` if the dialect does not know it."""
    found = dialect.webhooks.events.get(path)
    return None if found is None else WebhookEvent(found)


def arrived(delivery: Delivery, account: Account[Sign8Settings]) -> Arrival:
    """Take the token off a delivery.

    A path that is an event's as it stands has no token in front: that is a bare request, not a wrong token.
    """
    dialect, path = account.settings.spoken, delivery.path.strip("/")
    if dialect.webhooks.token is Token.HEADER:
        given = delivery.headers.get(dialect.webhooks.token_header.lower(), "")
        return Arrival(path=path, token=Secret(given) if given else None)
    if path in dialect.webhooks.events or not path:
        return Arrival(path=path, token=None)
    first, _, rest = path.partition("/")
    return Arrival(path=rest.strip("/"), token=Secret(first))


def verify(
    reading: Reading,  # noqa: ARG001 - the proof is the delivery's own, never a one-time token
    delivery: Delivery,
    account: Account[Sign8Settings],
) -> Flow[Verdict]:
    """Compare the token with the account's, in constant time. No request.

    A wrong token is never believed, also where bare requests are.
    """
    yield from ()
    expected, given = account.settings.webhook_token, arrived(delivery, account).token
    if expected and given is not None:
        return Verdict.PROVEN if expected.matches(given.reveal()) else Verdict.FOREIGN
    return Verdict.PROVEN if account.settings.trust_webhooks else Verdict.UNPROVEN


def _for_us(headers: Mapping[str, str], organization: str) -> bool:
    """Whether every organisation that a delivery names, if any, is ours. Ids are compared without case."""
    named = (headers[name].strip() for name in ORGANIZATION_HEADERS if name in headers)
    return all(each.casefold() == organization.casefold() for each in named if each)


def content_of(delivery: Delivery) -> Any:
    """Return what a body holds: of JSON the value, else of a form a flat table, which may be empty."""
    text = delivery.body.decode("utf-8", "replace").strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    return dict(reversed(parse_qsl(text)))  # of several with one name the first


def _first(body: Any, locations: tuple[str, ...]) -> Any:
    """Return what stands at the first location that has something. In a form, names are flat."""
    for location in locations:
        found = body.get(location) if isinstance(body, dict) else None
        if found is None:
            found = locate(body, location)
        if found is not None and found != "":
            return found
    return None


def _reason(value: Any) -> str | None:
    return value[:LONGEST_REASON] if isinstance(value, str) and value else None


def _printable(path: str, account: Account[Sign8Settings]) -> str:
    """Keep a path in a printable ASCII form, without the token should it stand where it does not belong."""
    token = account.settings.webhook_token
    if token:
        path = path.replace(token.reveal(), "[token]")
    return path[:LONGEST_PATH].encode("unicode_escape").decode("ascii")[:LONGEST_PATH]
