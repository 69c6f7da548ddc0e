"""What SIGN8 cannot be told, and what an account lacks, found without any request (contract 4 and 7).

What is wrong whatever the vendor (no name, no document, nobody who signs, a broken PDF, a place beside the
page) is core's to find, and so is what the capabilities say (files other than PDF, anchors, levels without a
word). Here is the rest: the product's rules, and what this account's dialect has no name for.

Something to sign for each needs no check: :mod:`paraph_sign8.planning` gives everyone one signature type, and
a place on each document that is signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import attrs

from paraph.model import (
    DeliveryBy,
    Envelope,
    Field,
    FieldKind,
    Instead,
    Problem,
    ProblemKind,
    Severity,
    Signatory,
    SignatureKind,
    Verb,
)
from paraph.pdf import EXTRA, can_look
from paraph.provider import Account
from paraph_sign8 import mapping
from paraph_sign8.assumptions import START, assumed, missing, tells
from paraph_sign8.dialect import Dialect
from paraph_sign8.dialect.words import AuthType, Dispatch, Instant, WorkflowStatus
from paraph_sign8.kinds import KINDS
from paraph_sign8.offered import levels_of
from paraph_sign8.planning import Layout, dispatch_of, lay_out, overlaps, signature_type_of
from paraph_sign8.settings import Sign8Options, Sign8Settings
from paraph_sign8.untold import untold_problems

NAMED: Final = 5
"""Assumed values that a message names; the command shows all."""


def check(envelope: Envelope, account: Account[Sign8Settings]) -> tuple[Problem, ...]:
    """Find what this vendor cannot be told; see ``Provider.check``."""
    found = tuple(configuration_problems(account))
    if account.settings.problems():
        return found  # perhaps there is no dialect to look at
    dialect = account.settings.spoken
    return (
        *found,
        *_authentication(account),
        *_starting(account),
        *_blindness(account),
        *_terms(envelope, account),
        *_order(envelope, dialect),
        *_people(envelope, dialect),
        *_places(envelope, dialect),
        *untold_problems(envelope),
    )


def problem(path: str, code: str, message: str, hint: str = "", *, warning: bool = False) -> Problem:
    """Make a finding, blocking unless it is a warning."""
    severity = Severity.WARNING if warning else Severity.ERROR
    kind = KINDS.get(code)
    return Problem(path=path, code=code, message=message, hint=hint, severity=severity, kind=kind)


# The account


def configuration_problems(account: Account[Sign8Settings]) -> Iterator[Problem]:
    """Find why an account cannot be used at all, with paths into the configuration. None is a warning."""
    where = f"accounts.{account.name}"
    settings = account.settings
    wrong = settings.problems()
    for found in wrong or settings.credential_problems():
        yield attrs.evolve(found, path=f"{where}.{found.path}", kind=KINDS.get(found.code))
    if wrong:
        return
    if not settings.server(account.environment):
        yield problem(
            f"{where}.base_url",
            "url.missing",
            "no server is configured, and SIGN8 publishes none",
            f"set it, or dialect.servers.{account.environment}, as SIGN8 gave it to you",
        )
    for leaf, why in missing(settings.spoken):
        hint = "see `paraph sign8 dialect show`"
        yield problem(f"{where}.dialect.{leaf}", "dialect.incomplete", why, hint)
    if account.environment == "production" and settings.spoken.base == "simulator":
        yield problem(
            f"{where}.dialect",
            "dialect.simulator",
            "it builds on the simulator's own invention, which says nothing about SIGN8",
            "leave base out, and write down what SIGN8's documentation says",
        )
    if _refuses_assumptions(account):
        yield from _assumptions(settings, where)


def _refuses_assumptions(account: Account[Sign8Settings]) -> bool:
    return account.environment == "production" and not account.settings.accept_assumptions


def _assumptions(settings: Sign8Settings, where: str) -> Iterator[Problem]:
    leaves = assumed(settings)
    if not leaves:
        return
    named = ", ".join(leaves[:NAMED]) + (", …" if len(leaves) > NAMED else "")
    yield problem(
        f"{where}.dialect",
        "dialect.assumed",
        f"{len(leaves)} value(s) that this production account would use are assumptions: {named}",
        "`paraph sign8 dialect show` lists them; write those that SIGN8's documentation confirms into the "
        "dialect, or set accept_assumptions = true",
    )


def _authentication(account: Account[Sign8Settings]) -> Iterator[Problem]:
    """Warn of another strategy than the dialect's: the account wins, since it has the credentials."""
    told, auth = account.settings.spoken.auth.type, account.settings.auth
    if told is not AuthType.UNKNOWN and auth is not None and auth.type != told.value:
        yield problem(
            f"accounts.{account.name}.auth.type",
            "auth.differs",
            f"the account authenticates by {auth.type!r}, its dialect says {told.value!r}",
            "the account's is used; make both the same if SIGN8 refuses it",
            warning=True,
        )


def _starting(account: Account[Sign8Settings]) -> Iterator[Problem]:
    """Warn where nothing starts a workflow, unless the account is refused for it."""
    if not account.settings.spoken.offers("start") and not _refuses_assumptions(account):
        yield problem(
            f"accounts.{account.name}.dialect.{START}",
            "start.assumed",
            "the dialect has no call that starts a workflow: that SIGN8 asks the signatories by itself once "
            "it is complete is assumed, and if it does not, nobody is asked",
            f"set dialect.{START} if SIGN8's documentation has such a call",
            warning=True,
        )


# The envelope


def _untold(path: str, leaf: str, what: str, *, warning: bool = False) -> Problem:
    message = f"the account's dialect cannot tell SIGN8 {what}"
    found = problem(path, "dialect.untold", message, f"set dialect.{leaf}", warning=warning)
    return attrs.evolve(found, kind=ProblemKind.IGNORED) if warning else found


def _blindness(account: Account[Sign8Settings]) -> Iterator[Problem]:
    """Warn of states without a word in the dialect: a workflow that reaches one seems to go on for ever."""
    dialect = account.settings.spoken
    heard = set(dialect.words.workflow_statuses.values())
    blind = [
        status.value for status in WorkflowStatus if status in mapping.ENDED and status.value not in heard
    ]
    if dialect.offers("status") and blind:
        yield problem(
            f"accounts.{account.name}.dialect.words.workflow_statuses",
            "dialect.blind",
            f"without SIGN8's word for them, these states would go unseen: {', '.join(blind)}",
            'write SIGN8\'s word and what it means, such as CLOSED = "completed"',
            warning=True,
        )


def _terms(envelope: Envelope, account: Account[Sign8Settings]) -> Iterator[Problem]:
    dialect = account.settings.spoken
    fields = dialect.fields.workflow
    options = envelope.options_of(Sign8Options) or Sign8Options()
    if options.password is not None and not options.password:
        yield problem("options", "password.empty", "an empty workflow password protects nothing")
    for name in ("password", "team_id", "interface_id"):
        if not getattr(fields, name):
            if getattr(options, name):
                yield _untold("options", f"fields.workflow.{name}", f"the option {name}")
            elif getattr(account.settings, name, None):
                yield _untold(f"accounts.{account.name}.{name}", f"fields.workflow.{name}", "this option")
    at = envelope.expires_at
    if (
        at is not None
        and dialect.formats.instant is Instant.DATE
        and (at.hour, at.minute, at.second) != (0, 0, 0)
    ):
        yield attrs.evolve(
            problem(
                "expires_at",
                "expiry.day",
                "SIGN8 is told the day alone, so it can be signed until that day ends in UTC",
                "use midnight UTC",
                warning=True,
            ),
            instead=_end_of_day(at),
        )


def _end_of_day(at: datetime) -> datetime | Instead:
    """Return the midnight that ends a day; the last day of all time has none."""
    try:
        return at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    except OverflowError:
        return Instead.KEEP


def _order(envelope: Envelope, dialect: Dialect) -> Iterator[Problem]:
    mode = dispatch_of(envelope)
    if mode is None:
        yield problem(
            "signatories",
            "stages.mixed",
            "SIGN8 asks all at once or one after the other, and nothing between",
            "give all signatories the same stage, or each a stage of their own",
        )
    elif mode is Dispatch.PARALLEL and len(envelope.signers) > 1:
        leaf = "words.dispatch.parallel" if dialect.fields.workflow.dispatch else "fields.workflow.dispatch"
        if (
            not dialect.fields.workflow.dispatch
            or mapping.word_of(dialect.words.dispatch, mode.value) is None
        ):
            yield _untold(
                "signatories", leaf, "that all are asked at once: it decides the order", warning=True
            )


def _people(envelope: Envelope, dialect: Dialect) -> Iterator[Problem]:
    known: dict[str, str] = {}
    for index, person in enumerate(envelope.signatories):
        if person.verb is Verb.RECEIVE_COPY:
            continue  # refused by the capabilities
        path = f"signatories[{index}]"
        email = person.email.strip().casefold()
        if email and known.setdefault(email, path) != path:
            yield problem(
                f"{path}.email",
                "email.twice",
                f"it is that of {known[email]}, and SIGN8 may take both for one recipient, who has exactly "
                "one signature type",
                "give each signatory an address of their own",
            )
        for name in ("given_name", "family_name", "email"):
            if not getattr(person, name):
                yield problem(f"{path}.{name}", f"{name}.missing", "SIGN8 needs it")
        if person.delivery is DeliveryBy.LINK:
            yield problem(
                f"{path}.delivery",
                "delivery.also_email",
                "the link can be fetched, but SIGN8 may write to the signatory all the same",
                "no public text says how to prevent that",
                warning=True,
            )
        yield from _signature(path, envelope, person, dialect)


def _signature(path: str, envelope: Envelope, person: Signatory, dialect: Dialect) -> Iterator[Problem]:
    seals = person.kind is SignatureKind.SEAL
    if person.verb is Verb.SEAL and not seals:
        yield problem(
            f"{path}.kind", "seal.kind", "who seals gives a seal, not a person's signature", "set kind='seal'"
        )
        return
    asked = envelope.assurance_of(person)
    kind = signature_type_of(envelope, person, dialect)
    if kind is None:
        # A level without any word is refused by the capabilities; one that seals have a word for is not.
        offered = (asked.accepts(level) for level in levels_of(dialect) if asked.level in {None, level})
        if asked.least is None or any(offered):
            yield problem(
                f"{path}.assurance",
                "level.unsupported",
                f"SIGN8 has no {'seal' if seals else 'signature type'} of this level, or the dialect no word",
                "seals are advanced (AES) or qualified (QES); see dialect.words.signature_types"
                if seals
                else "see dialect.words.signature_types",
            )
        return
    names = dialect.fields.signer
    if not names.signature_type:
        unasked = not seals and asked.least is None
        yield _untold(
            f"{path}.assurance", "fields.signer.signature_type", "the signature type", warning=unasked
        )
    needed = kind in mapping.NEEDS_PHONE
    if needed and not person.phone:
        what = "a seal" if seals else "an advanced or qualified signature"
        yield problem(f"{path}.phone", "phone.missing", f"{what} needs a mobile number")
    elif person.phone and not names.phone:
        yield _untold(f"{path}.phone", "fields.signer.phone", "the mobile number", warning=not needed)
    if seals:
        yield problem(
            f"{path}.kind",
            "seal.team",
            "only members of a sealing team at SIGN8 can seal, and who is one cannot be read",
            "make sure that this person is",
            warning=True,
        )


def _places(envelope: Envelope, dialect: Dialect) -> Iterator[Problem]:
    for index, field in enumerate(envelope.fields):
        yield from _field(f"fields[{index}]", field, dialect)
    laid = lay_out(envelope, dialect)
    yield from _unseen(envelope, laid)
    yield from _defaults(envelope, laid)


def _field(path: str, field: Field, dialect: Dialect) -> Iterator[Problem]:
    if field.kind is not FieldKind.SIGNATURE:
        yield from _annotation(path, field, dialect)
    if not field.required:
        yield attrs.evolve(
            problem(
                f"{path}.required",
                "field.optional",
                "nothing public says how SIGN8 is told that a field is optional, so it is not",
                warning=True,
            ),
            instead=True,
        )


def _annotation(path: str, field: Field, dialect: Dialect) -> Iterator[Problem]:
    names = dialect.fields.annotation
    if not dialect.offers("add_annotation"):
        yield _untold(path, "operations.add_annotation.path", "annotations")
        return
    for name in ("file_id", "signer_id"):
        if not tells(dialect, "add_annotation", "annotation", name):
            yield _untold(path, f"fields.annotation.{name}", "whose annotation it is, and on which file")
    if not names.text:
        yield _untold(path, "fields.annotation.text", "what an annotation is")
    if mapping.word_of(dialect.words.annotations, field.kind.value) is None:
        yield _untold(f"{path}.kind", f"words.annotations.{field.kind.value}", "this kind of annotation")
    for name in ("page", "x", "y"):
        if not getattr(names, name):
            yield _untold(path, f"fields.annotation.{name}", "where a field is")


def _unseen(envelope: Envelope, laid: Layout) -> Iterator[Problem]:
    """Say which pages matter and could not be looked at."""
    hint = "its pages are not looked at: it is too large, or cannot be read here"
    if not can_look():
        hint = f"install {EXTRA}"
    for index, document in enumerate(envelope.documents):
        if document.id in laid.guessed:
            yield problem(
                f"documents[{index}]",
                "page.assumed",
                "whether places lie on its pages is not known, and each page is taken for A4 portrait",
                hint,
                warning=True,
            )
    for index in laid.nowhere:
        message = "a page that is counted from the end cannot be found without looking into the PDF"
        yield problem(f"fields[{index}].page", "page.unknown", message, f"count from 1; {hint}")


def _defaults(envelope: Envelope, laid: Layout) -> Iterator[Problem]:
    documents = {document.id: index for index, document in enumerate(envelope.documents)}
    people = {person.id: index for index, person in enumerate(envelope.signatories)}
    hint = "give this signatory a field for a signature on the document"
    for place in laid.places:
        if place.field is None and not place.box.holds(place.rect):
            who, where = people[place.signatory], documents[place.document]
            message = f"the first page of documents[{where}] has no room for the default place"
            yield problem(f"signatories[{who}]", "place.no_room", message, hint)
    for place, other in overlaps(laid.places):
        who, where = people[place.signatory], documents[place.document]
        message = f"the default place on documents[{where}] lies over that of fields[{other.field}]"
        yield problem(f"signatories[{who}]", "place.taken", message, hint, warning=True)
