"""What the API cannot be told, found without any request (contract sections 5 and 7).

What is wrong whatever the vendor (no signatory, no title, a broken PDF, times in the past or in the wrong
order) is core's to find, and so is what the capabilities say (stages, fields, attachments). Here is the rest:
together with :mod:`paraph_ignisign.planning`, every condition of publishing that can be known before it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING, Final

import attrs

from paraph.model import ContentKind, DeliveryBy, Level, Problem, Severity, Verb
from paraph_ignisign import mapping
from paraph_ignisign.kinds import KINDS
from paraph_ignisign.settings import IgnisignOptions, IgnisignSettings
from paraph_ignisign.untold import untold_problems

if TYPE_CHECKING:
    from paraph.model import Document, Envelope, Signatory
    from paraph.provider import Account

TITLE: Final = 1024
MESSAGE: Final = 4096
"""Characters of a title and of a message (contract 5)."""

LARGE: Final = 50_000_000
"""Bytes that the vendor's own client sends at most; the server's limit is not known."""

NEEDS_PHONE: Final = "ADVANCED_SMS"

REFERENCE_SEPARATOR: Final = ":"
"""Joins the local ids of envelope and signatory; none of them can hold it."""


def check(envelope: Envelope, account: Account[IgnisignSettings]) -> tuple[Problem, ...]:
    """Find what this vendor cannot be told; see ``Provider.check``."""
    return (
        *credential_problems(account),
        *_terms(envelope),
        *_people(envelope, account),
        *_documents(envelope),
        *_options(envelope),
        *untold_problems(envelope),
    )


def credential_problems(account: Account[IgnisignSettings]) -> Iterator[Problem]:
    """Find what is wrong with the account's resolved credentials, with paths into the configuration."""
    for found in account.settings.credential_problems(account.environment):
        yield attrs.evolve(found, path=f"accounts.{account.name}.{found.path}", kind=KINDS.get(found.code))


def level_of(envelope: Envelope, person: Signatory) -> Level:
    """Return the level asked of a signatory, or the weakest that is offered and acceptable, or else SES.

    Core has filled in the account's default where nothing was asked.
    """
    asked = envelope.assurance_of(person)
    if asked.level is not None or asked.floor is None:
        return asked.level or Level.SES
    return next(level for level in mapping.LEVELS if asked.accepts(level))  # the last one always does


def method_of(envelope: Envelope, person: Signatory, settings: IgnisignSettings) -> str | None:
    """Return the vendor's signature method for a signatory, or ``None`` if it has none of that level."""
    return mapping.method_of(level_of(envelope, person), settings.aes_method)


def signs(person: Signatory) -> bool:
    """Whether a signatory's signature is asked for, rather than an approval or nothing at all."""
    return person.verb not in {Verb.APPROVE, Verb.RECEIVE_COPY}


def at_vendor(envelope: Envelope) -> Iterator[tuple[int, Signatory]]:
    """Yield those of whom the vendor makes a signer, with their index: everyone but recipients of copies."""
    for index, person in enumerate(envelope.signatories):
        if person.verb is not Verb.RECEIVE_COPY:
            yield index, person


def language_of(envelope: Envelope) -> str | None:
    """Return the language as the vendor writes it, or ``None`` for the application's own."""
    return envelope.language.upper() if envelope.language else None


def external_id(envelope: Envelope, person: Signatory, account: Account[IgnisignSettings]) -> str:
    """Return our reference of a signer at the vendor; see :mod:`paraph_ignisign.settings`.

    Local ids hold no ``:``, so that two envelopes never share a reference by accident.
    """
    if account.settings.signer_reference == "signatory":
        return person.id
    return f"{envelope.id}{REFERENCE_SEPARATOR}{person.id}"


def extension_of(document: Document) -> str:
    """Return a document name's extension in lower case, without the dot."""
    return document.name.rpartition(".")[2].lower() if "." in document.name else ""


def problem(path: str, code: str, message: str, hint: str = "", *, warning: bool = False) -> Problem:
    """Make a finding, blocking unless it is a warning."""
    severity = Severity.WARNING if warning else Severity.ERROR
    kind = KINDS.get(code)
    return Problem(path=path, code=code, message=message, hint=hint, severity=severity, kind=kind)


def _terms(envelope: Envelope) -> Iterator[Problem]:
    if len(envelope.title) > TITLE:
        yield problem("title", "title.long", f"Ignisign takes at most {TITLE} characters")
    if len(envelope.message) > MESSAGE:
        yield problem("message", "message.long", f"Ignisign takes at most {MESSAGE} characters")
    language = language_of(envelope)
    if language is not None and language not in mapping.LANGUAGES:
        hint = f"known: {', '.join(sorted(mapping.LANGUAGES))}"
        yield problem("language", "language.unknown", "no source of Ignisign's names it", hint, warning=True)


def _people(envelope: Envelope, account: Account[IgnisignSettings]) -> Iterator[Problem]:
    if envelope.signatories and not any(signs(person) for person in envelope.signatories):
        yield problem("signatories", "signers.none", "Ignisign needs somebody who signs", "ask one to sign")
    methods: dict[DeliveryBy, str] = {}
    for index, person in enumerate(envelope.signatories):
        path = f"signatories[{index}]"
        if not signs(person):
            yield from _unsigned(path, person)
        if person.verb is Verb.RECEIVE_COPY:
            continue
        yield from _person(path, person)
        if not signs(person):
            continue
        method = method_of(envelope, person, account.settings)
        if method is None:
            yield problem(f"{path}.assurance", "level.unsupported", "Ignisign has no method of this level")
        elif methods.setdefault(person.delivery, method) != method:
            yield problem(
                f"{path}.assurance",
                "level.mixed",
                "Ignisign knows one method per signer profile, so per way of delivery",
                "ask the same level of all signatories with this delivery, or send two envelopes",
            )
        if method == NEEDS_PHONE and not person.phone:
            yield problem(f"{path}.phone", "phone.missing", f"the method {NEEDS_PHONE} needs a mobile number")
    yield from _same_people(envelope, account)


def _unsigned(path: str, person: Signatory) -> Iterator[Problem]:
    """Find what is asked of somebody who does not sign, and can be asked of signatures alone.

    A level that the envelope asks for is the signers' affair.
    """
    if person.assurance is not None and person.assurance.least is not None:
        message = "no signature is asked of them, so Ignisign cannot be told its level"
        yield problem(f"{path}.assurance", "level.unsigned", message, "leave it out, or ask them to sign")
    if person.verb is Verb.RECEIVE_COPY:
        if not person.email:
            yield problem(f"{path}.email", "email.missing", "Ignisign mails copies", "set email")
        if person.delivery is DeliveryBy.LINK:
            message = "Ignisign mails copies, and has no link to one"
            yield problem(f"{path}.delivery", "delivery.copy", message, "set delivery = 'email'")


def _same_people(envelope: Envelope, account: Account[IgnisignSettings]) -> Iterator[Problem]:
    """Find signatories who would be, or may be, one signer at the vendor.

    One reference is one signer. Assumption: one name and e-mail address is none yet, since the vendor
    does not say by what it recognises a signer; should it do so by these, sending is refused later.
    """
    references: set[str] = set()
    identities: set[Hashable] = set()
    for index, person in at_vendor(envelope):
        path = f"signatories[{index}]"
        reference = external_id(envelope, person, account)
        names = (person.given_name, person.family_name, person.email.casefold())
        if reference in references:
            message = "an earlier signatory has the same reference, so Ignisign would take both for one"
            yield problem(path, "signer.same", message, "give each signatory an id of its own")
        elif person.email and names in identities:
            message = (
                "an earlier signatory has the same name and e-mail address: Ignisign may take both for one"
            )
            hint = "it does not publish how it recognises a signer; if it takes them for one, it is refused"
            yield problem(path, "signer.alike", message, hint, warning=True)
        references.add(reference)
        identities.add(names)


def _person(path: str, person: Signatory) -> Iterator[Problem]:
    for name in ("given_name", "family_name", "email"):
        if not getattr(person, name):
            yield problem(f"{path}.{name}", f"{name}.missing", "Ignisign needs it")
    for name in ("nationality", "birth_country"):
        country = getattr(person, name)
        if country is not None and country.upper() not in mapping.COUNTRIES:
            yield problem(
                f"{path}.{name}",
                "country.unknown",
                "Ignisign does not take this country code",
                "it takes 222 codes, fewer than ISO 3166-1 has",
            )


def _documents(envelope: Envelope) -> Iterator[Problem]:
    json_before = False
    for index, document in enumerate(envelope.documents):
        path = f"documents[{index}]"
        if document.kind is ContentKind.JSON:
            if json_before:
                yield problem(path, "document.second_json", "Ignisign takes one JSON document per envelope")
            json_before = True
        elif document.kind is ContentKind.DIGEST:
            if not document.name.strip():
                message = "Ignisign needs a label of a document whose content it does not get"
                yield problem(f"{path}.name", "document.label", message, "give it a name")
        else:
            yield from _file(path, document)


def _file(path: str, document: Document) -> Iterator[Problem]:
    extension = extension_of(document)
    if extension not in mapping.EXTENSIONS:
        known = ", ".join(sorted(mapping.EXTENSIONS))
        message = "Ignisign does not take this kind of file"
        yield problem(f"{path}.name", "document.extension", message, f"known: {known}")
    elif extension == "xml":
        yield problem(
            path,
            "document.xml",
            "it is signed as any other file; Ignisign knows XML as data in machine-to-machine seals only",
            "call the action seals.sign for those",
            warning=True,
        )
    if document.size > LARGE:
        yield problem(
            path,
            "document.large",
            f"it is larger than the {LARGE} bytes that Ignisign's own client sends",
            "the server's limit is not published; make it smaller if it is refused",
            warning=True,
        )


def _options(envelope: Envelope) -> Iterator[Problem]:
    """Find what is wrong with the vendor's own options.

    Judgements: no source says what becomes of approvers in individualised requests, and a request with full
    privacy is one of private documents only.
    """
    options = options_of(envelope)
    if options.individualize and any(person.verb is Verb.APPROVE for person in envelope.signatories):
        yield problem(
            "options",
            "individualize.approvers",
            "nobody knows whether approvers are asked where each signatory has a request of their own",
            "leave out individualize, or the approvers",
        )
    if options.full_privacy and any(each.kind is not ContentKind.DIGEST for each in envelope.documents):
        message = "with full_privacy Ignisign gets no content, and this envelope has documents with content"
        yield problem("options", "full_privacy.content", message, "use Document.from_digest")
    known = [document.id for document in envelope.documents]
    for index, statement in enumerate(options.statements):
        path = f"options.statements[{index}]"
        if not statement.text.strip():
            yield problem(f"{path}.text", "statement.empty", "there is nothing to agree to")
        if statement.document not in {None, *known}:
            yield problem(f"{path}.document", "document.unknown", "no document has this id")


def options_of(envelope: Envelope) -> IgnisignOptions:
    """Return what only this vendor knows of the envelope."""
    return envelope.options_of(IgnisignOptions) or IgnisignOptions()
