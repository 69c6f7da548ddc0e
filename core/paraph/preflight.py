"""What is wrong with an envelope before anybody is asked: pure checks, every finding at once.

Three groups: what is wrong whatever the vendor, what this account's capabilities cannot say,
and whom this account may not write to. A provider adds what only it knows, company rules come
by hook.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

import attrs

from paraph.kinds import LEFT_OUT
from paraph.model import (
    Assurance,
    ContentKind,
    DeliveryBy,
    Document,
    DocumentRole,
    Envelope,
    Instead,
    Problem,
    Rect,
    Severity,
    Signatory,
    SignatureKind,
    Stage,
    StageRule,
    Verb,
)
from paraph.model._kinds import LOCAL_ID, encodable
from paraph.provider.account import Account
from paraph.provider.capability import Capabilities, Capability

E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")
EMAIL = re.compile(r"[^@\s<>\"(),:;\\\x00-\x1f]{1,64}@[^@\s<>\"(),:;\\\x00-\x1f]{1,255}\Z")
TWO_LETTERS = re.compile(r"[A-Za-z]{2}\Z")
PDF_HEAD_WITHIN, PDF_TAIL_WITHIN = 1024, 1024


def neutral_problems(envelope: Envelope, now: datetime) -> Iterator[Problem]:
    """Yield what is wrong whatever the vendor."""
    if not LOCAL_ID.match(envelope.id):
        yield _bad("id", "id.invalid", "an envelope id is 1 to 64 letters, digits, '-', '_' or '.'")
    if not envelope.title.strip():
        yield _bad("title", "title.missing", "an envelope needs a title", "set title=")
    if not envelope.signers:
        yield _bad("signatories", "signatories.none", "nobody is asked to sign", "add at least one signatory")
    if not envelope.signed_documents:
        yield _bad("documents", "documents.none", "there is nothing to sign", "add at least one document")
    yield from _unique("signatories", [person.id for person in envelope.signatories])
    yield from _unique("documents", [document.id for document in envelope.documents])
    yield from _unique("stages", [str(stage.number) for stage in envelope.stages], what="number")
    for index, person in enumerate(envelope.signatories):
        yield from _signatory(f"signatories[{index}]", person)
    for index, document in enumerate(envelope.documents):
        yield from _document(f"documents[{index}]", document)
    yield from _stages(envelope)
    yield from _texts(envelope)
    yield from _fields(envelope)
    yield from _times(envelope, now)
    yield from _codes("language", envelope.language, "language", "a two-letter ISO 639-1 code")
    yield from _codes("country", envelope.country, "country", "a two-letter ISO 3166-1 code")
    asked = envelope.assurance
    if asked.level is not None and asked.floor is not None and asked.level < asked.floor:
        yield _bad("assurance.floor", "floor.above_level", "the floor is higher than the level asked for")


def _signatory(path: str, person: Signatory) -> Iterator[Problem]:
    if not LOCAL_ID.match(person.id):
        yield _bad(f"{path}.id", "id.invalid", "a local id is 1 to 64 letters, digits, '-', '_' or '.'")
    if not person.full_name:
        yield _bad(f"{path}.family_name", "name.missing", "a signatory needs a name")
    if person.email:
        if not EMAIL.match(person.email):
            yield _bad(f"{path}.email", "email.invalid", "this is no e-mail address")
    elif person.delivery is DeliveryBy.EMAIL:
        yield _bad(
            f"{path}.email", "email.missing", "delivery by e-mail needs an address", "or use delivery='link'"
        )
    if person.phone is not None and not E164.match(person.phone):
        yield _bad(
            f"{path}.phone", "phone.invalid", "this is no phone number", "write it as E.164: +33612345678"
        )
    yield from _codes(f"{path}.language", person.language, "language", "a two-letter ISO 639-1 code")
    yield from _codes(f"{path}.nationality", person.nationality, "country", "a two-letter ISO 3166-1 code")
    yield from _codes(
        f"{path}.birth_country", person.birth_country, "country", "a two-letter ISO 3166-1 code"
    )
    if person.stage < 1:
        yield _bad(f"{path}.stage", "stage.invalid", "stages are counted from 1")
    asked = person.assurance
    if asked and asked.level is not None and asked.floor is not None and asked.level < asked.floor:
        yield _bad(
            f"{path}.assurance.floor", "floor.above_level", "the floor is higher than the level asked for"
        )


def _document(path: str, document: Document) -> Iterator[Problem]:
    if not LOCAL_ID.match(document.id):
        yield _bad(f"{path}.id", "id.invalid", "a local id is 1 to 64 letters, digits, '-', '_' or '.'")
    if document.fault:
        yield _bad(
            f"{path}.path", f"document.{document.fault}", f"the file is {document.fault}", "check the path"
        )
    elif document.kind is ContentKind.DIGEST:
        if not re.fullmatch(r"[0-9a-f]{64}", document.sha256):
            yield _bad(
                f"{path}.sha256", "digest.invalid", "this is no SHA-256 digest", "write 64 hex characters"
            )
    elif document.size == 0:
        yield _bad(path, "document.empty", "the document is empty")
    elif document.is_pdf and document.head:
        if b"%PDF-" not in document.head[:PDF_HEAD_WITHIN]:
            yield _bad(path, "pdf.broken", "this is no PDF: it does not begin with %PDF-")
        elif b"%%EOF" not in document.tail[-PDF_TAIL_WITHIN:]:
            yield _bad(path, "pdf.broken", "the PDF is cut off: its end is missing")


def _stages(envelope: Envelope) -> Iterator[Problem]:
    """Name stages that nobody is in: one of the two numbers is wrong, and so is the order."""
    taken = {person.stage for person in envelope.signatories}
    for index, stage in enumerate(envelope.stages):
        if stage.number not in taken:
            known = ", ".join(str(number) for number in sorted(taken))
            yield _bad(
                f"stages[{index}].number", "stage.nobody", "no signatory is in this stage", f"taken: {known}"
            )


def _texts(envelope: Envelope) -> Iterator[Problem]:
    """Name every text that cannot be stored or sent; it would fail in the middle of a send."""
    groups: tuple[tuple[str, tuple[Signatory | Document | Stage, ...]], ...] = (
        ("signatories", envelope.signatories),
        ("documents", envelope.documents),
        ("stages", envelope.stages),
    )
    given = list(_strings("", envelope))
    given += [(f"tags[{index}]", tag) for index, tag in enumerate(envelope.tags)]
    for name, members in groups:
        for index, member in enumerate(members):
            given += _strings(f"{name}[{index}].", member)
    for index, field in enumerate(envelope.fields):
        if field.anchor is not None:
            given += _strings(f"fields[{index}].anchor.", field.anchor)
    for path, text in given:
        if not encodable(text):
            yield _bad(path, "text.unencodable", "this text holds NUL or half of a surrogate pair")


def _strings(prefix: str, member: attrs.AttrsInstance) -> Iterator[tuple[str, str]]:
    """Yield the texts of one object; ids have a stricter check of their own."""
    for attribute in attrs.fields(type(member)):
        value = getattr(member, attribute.name)
        if isinstance(value, str) and attribute.name != "id":
            yield f"{prefix}{attribute.name}", value


def _fields(envelope: Envelope) -> Iterator[Problem]:
    documents = {document.id: document for document in envelope.documents}
    people = {person.id for person in envelope.signatories}
    for index, field in enumerate(envelope.fields):
        path = f"fields[{index}]"
        if field.document not in documents:
            yield _bad(f"{path}.document", "document.unknown", "no document has this id", _known(documents))
        elif documents[field.document].role is DocumentRole.ATTACHMENT:
            yield _bad(f"{path}.document", "document.attachment", "an attachment is not signed")
        if field.signatory not in people:
            yield _bad(f"{path}.signatory", "signatory.unknown", "no signatory has this id", _known(people))
        if (field.rect is None) == (field.anchor is None):
            yield _bad(path, "field.place", "a field needs either rect or anchor")
        if field.page == 0:
            yield _bad(f"{path}.page", "page.invalid", "pages are counted from 1, or from -1 backwards")
        if field.rect is not None and not _lies_on_a_page(field.rect):
            yield _bad(
                f"{path}.rect", "rect.invalid", "a rectangle lies on the page and has a size", "in points"
            )


def _lies_on_a_page(rect: Rect) -> bool:
    """Whether a rectangle can lie on some page: finite, right of and below the corner, with a size."""
    finite = all(math.isfinite(number) for number in attrs.astuple(rect))
    return finite and rect.width > 0 and rect.height > 0 and rect.x >= 0 and rect.y >= 0


def _times(envelope: Envelope, now: datetime) -> Iterator[Problem]:
    aware: dict[str, datetime] = {}
    for name in ("scheduled_at", "expires_at"):
        value: datetime | None = getattr(envelope, name)
        if value is None:
            continue
        offset = value.utcoffset()
        if offset is None:
            yield _bad(name, "datetime.naive", "this time has no time zone", "use datetime(..., tzinfo=UTC)")
            continue
        if offset != timedelta():
            yield _bad(name, "datetime.range", "this time lies outside the years 1 to 9999 in UTC")
            continue
        if value <= now:
            yield _bad(name, "datetime.past", "this time is in the past")
        aware[name] = value
    if len(aware) == 2 and aware["expires_at"] <= aware["scheduled_at"]:  # noqa: PLR2004 - both are given
        yield _bad("expires_at", "expiry.before_schedule", "the envelope would expire before it is sent")


def _codes(path: str, value: str | None, word: str, shape: str) -> Iterator[Problem]:
    if value is not None and not TWO_LETTERS.match(value):
        yield _bad(path, f"{word}.invalid", f"this is no {word} code", f"write {shape}")


def _unique(path: str, ids: list[str], what: str = "id") -> Iterator[Problem]:
    for repeated, count in Counter(ids).items():
        if count > 1:
            # What is no proper id may be an address or a name.
            which = f"the {what} {repeated!r}" if LOCAL_ID.match(repeated) else f"the same {what}"
            yield _bad(
                path,
                f"{what}.repeated",
                f"{count} {path} have {which}",
                f"give each its own {what}",
            )


def capability_problems(envelope: Envelope, offered: Capabilities) -> Iterator[Problem]:
    """Yield what the envelope asks for and the account's provider cannot be told."""
    used = list(uses_of(envelope))
    for path, capability, what in used:
        if capability not in offered:
            yield attrs.evolve(
                _bad(path, f"unsupported.{capability.value}", f"this account does not offer {what}"),
                instead=LEFT_OUT.get(capability, Instead.KEEP),
            )
    levels = ", ".join(level.name for level in sorted(offered.levels))
    for index, person in enumerate(envelope.signatories):
        path = f"signatories[{index}]"
        asked = envelope.assurance_of(person)
        own = person.assurance
        where = f"{path}.assurance" if own and own.least is not None else "assurance"
        if asked.level is not None and asked.level not in offered.levels:
            yield _bad(
                f"{where}.level",
                "level.unsupported",
                f"level {asked.level.name} is not offered",
                f"offered: {levels}",
            )
        elif asked.least is not None and not any(asked.accepts(level) for level in offered.levels):
            yield _bad(
                f"{where}.floor",
                "level.unsupported",
                f"nothing as strong as {asked.least.name} is offered",
                f"offered: {levels}",
            )
        if asks_regime(asked) and asked.regime not in offered.regimes:
            regimes = ", ".join(sorted(offered.regimes))
            yield _bad(
                f"{path}.assurance.regime" if own else "assurance.regime",
                "regime.unsupported",
                f"regime {asked.regime} is not offered",
                f"offered: {regimes}",
            )
        if person.verb not in offered.verbs:
            verbs = ", ".join(sorted(offered.verbs))
            yield _bad(
                f"{path}.verb",
                "verb.unsupported",
                f"nobody can be asked to {person.verb} here",
                f"offered: {verbs}",
            )


def asks_regime(asked: Assurance) -> bool:
    """Whether a law is asked for: by a level, which is always meant under one, or by naming another."""
    return asked.least is not None or asked.regime is not Assurance().regime


def needs_of(envelope: Envelope) -> frozenset[Capability]:
    """Return the capabilities without which an envelope cannot be said."""
    return frozenset(capability for _, capability, _ in uses_of(envelope))


def uses_of(envelope: Envelope) -> Iterator[tuple[str, Capability, str]]:
    """Name what an envelope uses: path, capability, words."""
    if len(envelope.documents) > 1:
        yield "documents", Capability.SEVERAL_DOCUMENTS, "several documents in one envelope"
    if len(envelope.signatories) > 1:
        yield "signatories", Capability.SEVERAL_SIGNATORIES, "several signatories"
    if len({person.stage for person in envelope.signatories}) > 1:
        yield "signatories", Capability.STAGES, "signing in stages"
    if any(stage.rule is StageRule.ANY for stage in envelope.stages):
        yield "stages", Capability.STAGE_ANY, "stages where one signature is enough"
    for index, document in enumerate(envelope.documents):
        path = f"documents[{index}]"
        if document.role is DocumentRole.ATTACHMENT:
            yield path, Capability.ATTACHMENTS, "attachments"
        if document.kind is ContentKind.DIGEST:
            yield path, Capability.DIGEST_DOCUMENTS, "documents by digest only"
        elif document.kind is ContentKind.JSON:
            yield path, Capability.JSON_DOCUMENTS, "JSON documents"
        elif not document.is_pdf:
            yield path, Capability.NON_PDF_DOCUMENTS, "documents other than PDF"
    for index, person in enumerate(envelope.signatories):
        path = f"signatories[{index}]"
        if person.verb is not Verb.RECEIVE_COPY:
            link = person.delivery is DeliveryBy.LINK
            capability = Capability.SIGNING_LINK if link else Capability.DELIVERY_EMAIL
            yield f"{path}.delivery", capability, f"delivery by {person.delivery}"
        if person.kind is SignatureKind.SEAL:
            yield f"{path}.kind", Capability.SEALS, "seals"
        if person.language is not None and person.language != envelope.language:
            yield f"{path}.language", Capability.SIGNATORY_LANGUAGE, "a language per signatory"
    for index, field in enumerate(envelope.fields):
        anchored = field.anchor is not None
        capability = Capability.ANCHORS if anchored else Capability.FIELDS
        yield f"fields[{index}]", capability, "anchors" if anchored else "fields with a place"
    if envelope.message:
        yield "message", Capability.MESSAGE, "a message"
    if envelope.language is not None:
        yield "language", Capability.LANGUAGE, "a choice of language"
    if envelope.expires_at is not None:
        yield "expires_at", Capability.EXPIRY, "an expiry"
    if envelope.scheduled_at is not None:
        yield "scheduled_at", Capability.SCHEDULE, "sending later"


def visibility_problems(offered: Capabilities) -> Iterator[Problem]:
    """Warn of what cannot be seen, so that nobody waits for it."""
    if Capability.SEE_COMPLETION not in offered:
        yield Problem(
            path="account",
            code="completion.unobservable",
            message="this account never tells that an envelope is completed",
            hint=offered.notes.get(Capability.SEE_COMPLETION, "do not wait for it; see the provider's page"),
            severity=Severity.WARNING,
        )


def recipient_problems(envelope: Envelope, account: Account[object]) -> Iterator[Problem]:
    """Yield recipients that an account may not write to: with an empty list that is everybody."""
    if account.allow_recipients is None:
        return
    patterns = tuple(pattern.lower() for pattern in account.allow_recipients)
    for index, person in enumerate(envelope.signatories):
        email = person.email.lower()
        if not patterns or (email and not any(fnmatchcase(email, pattern) for pattern in patterns)):
            yield _bad(
                f"signatories[{index}].email",
                "recipient.not_allowed",
                f"account {account.name!r} may not write to this address",
                f"see accounts.{account.name}.allow_recipients",
            )


def _bad(path: str, code: str, message: str, hint: str = "") -> Problem:
    return Problem(path=path, code=code, message=message, hint=hint)


def _known(ids: Iterable[str]) -> str:
    return f"known: {', '.join(sorted(each for each in ids if LOCAL_ID.match(each)))}"
