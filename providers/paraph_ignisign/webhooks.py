"""Reading Ignisign's webhooks (contract section 4).

Theory. A delivery has no id, no time and no signature: its only proof is a one-time token that the
vendor's API checks and uses up (:mod:`paraph_ignisign.verification`). So reading it must not need anything:
:func:`observe` is pure, takes any bytes, and decides only what can be decided without a request. What the
words mean is in :mod:`paraph_ignisign.vocabulary`; what repeats is told apart by a digest of the content
without the tokens and links that are minted per message.

Judgements: COMPLETED and CLOSED are ``envelope.closed`` and ask for a read, because the vendor also says
COMPLETED of a request that was cancelled or expired after somebody had signed. A signature without a
document id (the guide's form) asks for a read as well: it does not say what was signed. So does GENERATED,
which does not say of which nature a document is: of a private one nothing can be fetched although it is
named, and the read tells. Words of a request that are not known ask for a read too. Where even the request
is missing, the open ones are read, if a read can show what happened.

Assumption: an error may name its subject in ``error.context`` where the content is absent.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import attrs

from paraph.model import Fact, FactType, Secret, Subject, SubjectKind, target
from paraph.provider import Account, Delivery, Malformed, PastDelivery, Reading
from paraph_ignisign import kept, mapping, untrusted
from paraph_ignisign import vocabulary as words
from paraph_ignisign.checks import REFERENCE_SEPARATOR
from paraph_ignisign.settings import Credentials, IgnisignSettings, env_word
from paraph_ignisign.vocabulary import Meaning
from paraph_ignisign.wire import WebhookEvent

_REFERENCE = re.compile(rf"[A-Za-z0-9_.\-]+{REFERENCE_SEPARATOR}(?P<local>[A-Za-z0-9_.\-]+)")
_IDS: Final = ("signatureRequestId", "signerId", "documentId")
_EMPTY: Mapping[str, Any] = {}

Told = tuple[tuple[Fact, ...], bool]
"""Facts about an envelope, and whether only a read makes certain what was said."""


@attrs.frozen
class Said:
    """What the words of a delivery say.

    :ivar native: the vendor's own words, printable; ``words`` likewise, with the code of an error.
    :ivar meaning: what they say; ``None`` for words, or failures, without one.
    :ivar failed: it is an error, whatever its action.
    """

    native: str
    words: str
    meaning: Meaning | None
    failed: bool
    error_code: str


@attrs.frozen
class Message:
    """The parts of a delivery that say something, whatever carried it."""

    said: Said
    content: Mapping[str, Any] = attrs.field(repr=False)

    @property
    def meaning(self) -> Meaning | None:
        """What it says; ``None`` for words, or failures, without a meaning."""
        return self.said.meaning

    def ref(self, key: str) -> str:
        """Return an id of the content, or ``""``."""
        return untrusted.ref(self.content.get(key))

    @property
    def parent(self) -> str:
        """The request that this one was made of, or ``""``."""
        parent = self.ref("initialSignatureRequestId")
        return parent if parent and parent != self.ref("signatureRequestId") else ""

    @property
    def occurrence(self) -> str:
        """Digest of what was said, the same when the same is delivered again with new tokens."""
        said = self.said
        parts = [said.meaning or said.native, said.failed, said.error_code, untrusted.unminted(self.content)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("ascii")).hexdigest()


def observe(delivery: Delivery, account: Account[IgnisignSettings]) -> Reading:
    """Read a delivery; see ``Provider.observe``."""
    body = untrusted.decoded(delivery.body)
    if body is None:
        return Reading(rejected=Malformed.NOT_READABLE)
    credentials = account.settings.credentials()
    rejected = _not_ours(body, credentials)
    if rejected is not None:
        return Reading(rejected=rejected)
    proof = untrusted.text(body.get("verificationToken"))
    if not proof:
        return Reading(rejected=Malformed.NO_PROOF)
    return interpret(message_of(body), tenant_of(credentials), Secret(proof))


def tenant_of(credentials: Credentials) -> str:
    """Name the vendor's tenant: application and environment share nothing with others."""
    return f"{credentials.app_id}/{credentials.app_env}"


def message_of(body: Mapping[str, Any]) -> Message:
    """Take the parts that say something out of a decoded body."""
    topic, action = untrusted.word(body.get("topic")), untrusted.word(body.get("action"))
    content, error, code = _object(body.get("content")), _object(body.get("error")), ""
    if error:
        code = untrusted.word(error.get("errorCode") or error.get("code"))
        context = _object(error.get("context"))
        content = {**{key: context[key] for key in _IDS if key in context}, **content}
    nature = body.get("msgNature")
    known = nature if isinstance(nature, str) and nature in words.NATURES else ""
    return Message(_said(topic, action, known, code), content)


@functools.lru_cache(maxsize=256)
def _said(topic: str, action: str, nature: str, code: str) -> Said:
    """Look words up in the tables; kept, since few come again and again, and no word is long."""
    failed = nature == words.ERROR if nature else bool(code)
    meaning = words.ACTIONS.get((words.TOPICS.get(topic, ""), action))
    native = f"{topic}/{action}" + (" ERROR" if failed else "")
    return Said(
        native=native,
        words=f"{native} {code}" if code else native,
        meaning=words.FAILURES.get(meaning) if failed and meaning is not None else meaning,
        failed=failed,
        error_code=code,
    )


def past_delivery(event: WebhookEvent, tenant: str) -> PastDelivery:
    """Read one entry of the vendor's list with the same tables as a webhook."""
    parts = {"content": event.content, "error": event.error}
    shallow = {key: None if untrusted.too_deep(value) else value for key, value in parts.items()}
    said = {"topic": event.topic, "action": event.action, "msgNature": event.msg_nature}
    reading = interpret(message_of({**said, **shallow}), tenant)
    facts = tuple(attrs.evolve(fact, at=event.created_at) for fact in reading.facts)
    return PastDelivery(
        id=event.id,
        facts=facts,
        subject_ref=reading.subject_ref,
        our_reference=reading.our_reference,
        delivered=event.status == "SUCCESS",
    )


def interpret(message: Message, tenant: str, proof: Secret | None = None) -> Reading:
    """Turn a message into facts. Pure.

    :param tenant: reference of the account, for news that concern no envelope.
    :param proof: its one-time token, which a past delivery has no more.
    """
    request, parent = message.ref("signatureRequestId"), message.parent
    nothing: Told = ((), False)
    facts, read = _told(message, Subject(ref=request)) if request else nothing
    others = tuple(_about_others(message, tenant))
    understood = bool(facts or read)
    if not understood and not others:
        # Nothing of ours to say it with: keep the vendor's word.
        subject = _subject_of(message, tenant)
        facts = (_fact(message, FactType.UNKNOWN, subject, message.said.native),)
    return Reading(
        facts=facts + others,
        subject_ref=request,
        # Of a child it would be the parent's, and what we sent is the parent.
        our_reference="" if parent else untrusted.text(message.content.get("signatureRequestExternalId")),
        parent_ref=parent if request else "",
        signatories=tuple(dict.fromkeys(_signatories(message))),
        proof=proof,
        read=read or (bool(request) and not understood),
        read_open=not request and message.meaning in words.SHOWN_BY_A_READ,
        private=tuple(_signing_tokens(message, request)),
    )


def _told(message: Message, envelope: Subject) -> Told:
    meaning = message.meaning
    if meaning is None:
        return (), False
    if meaning in words.REQUEST_FACTS:
        return _told_of_request(message, meaning, envelope)
    if meaning in words.SIGNER_FACTS:
        return _told_of_signer(message, meaning, envelope)
    if meaning in words.EVIDENCE_FACTS:
        return _told_of_evidence(message, meaning, envelope)
    return (), False


def _told_of_request(message: Message, meaning: Meaning, envelope: Subject) -> Told:
    kind = words.REQUEST_FACTS[meaning]
    status = message.content.get("status")
    if meaning is Meaning.REQUEST_CLOSED and isinstance(status, str) and status in mapping.ENDED:
        kind = mapping.STATUSES[status]
    facts = [_fact(message, kind, envelope)]
    if meaning is Meaning.REQUEST_LAUNCHED:
        signers = _launched(message, "signersBySide", "signersEmbedded")
        refs = dict.fromkeys(untrusted.ref(signer.get("signerId")) for signer in signers)
        facts += [_fact(message, FactType.SIGNATORY_INVITED, envelope, ref) for ref in refs if ref]
    only_a_read_tells = meaning in {Meaning.REQUEST_CHILDREN, Meaning.REQUEST_APPROVER_STEP}
    return tuple(facts), kind is FactType.ENVELOPE_CLOSED or only_a_read_tells


def _told_of_signer(message: Message, meaning: Meaning, envelope: Subject) -> Told:
    kind = words.SIGNER_FACTS[meaning]
    signer, document = message.ref("signerId"), message.ref("documentId")
    signed = kind is FactType.SIGNATORY_DOCUMENT_SIGNED
    if signed and not (signer and document):
        return (), True
    if not signer:
        return (), False
    return (_fact(message, kind, envelope, target(signer, document) if signed else signer),), False


def _told_of_evidence(message: Message, meaning: Meaning, envelope: Subject) -> Told:
    if meaning is Meaning.PROOF_GENERATED:
        return (), True
    kind, evidence = words.EVIDENCE_FACTS[meaning]
    refs = dict.fromkeys(_documents(message))
    facts = tuple(_fact(message, kind, envelope, target(evidence.value, ref)) for ref in refs)
    return facts, not facts and meaning in words.SHOWN_BY_A_READ


def _about_others(message: Message, tenant: str) -> Iterator[Fact]:
    """Tell what concerns a parent request, a person or the application."""
    meaning, signer, child = message.meaning, message.ref("signerId"), message.ref("signatureRequestId")
    if child and message.parent:
        yield _fact(message, FactType.ENVELOPE_CHILD, Subject(ref=message.parent), child)
    if meaning is None:
        return
    if meaning in words.CONTACT_FACTS and signer:
        yield _fact(message, words.CONTACT_FACTS[meaning], Subject(kind=SubjectKind.CONTACT, ref=signer))
    if meaning in words.ACCOUNT_CHANGES:
        account = Subject(kind=SubjectKind.ACCOUNT, ref=tenant)
        yield _fact(message, FactType.ACCOUNT_CHANGED, account, meaning.value)


def _subject_of(message: Message, tenant: str) -> Subject:
    """Return what a message without a meaning is about: request, person, or the application."""
    if request := message.ref("signatureRequestId"):
        return Subject(ref=request)
    if signer := message.ref("signerId"):
        return Subject(kind=SubjectKind.CONTACT, ref=signer)
    return Subject(kind=SubjectKind.ACCOUNT, ref=tenant)


def _fact(message: Message, kind: FactType, subject: Subject, about: str = "") -> Fact:
    occurrence = message.occurrence if kind in words.REPEATING else ""
    return Fact(type=kind, subject=subject, target=about, occurrence=occurrence, native=message.said.words)


def _documents(message: Message) -> Iterator[str]:
    """Find the documents of an artefact: a list, or a flat id in other forms (contract 4.4)."""
    for entry in untrusted.elements(message.content.get("documents")):
        if isinstance(entry, dict) and (ref := untrusted.ref(entry.get("documentId"))):
            yield ref
    if flat := message.ref("documentId"):
        yield flat


def _launched(message: Message, *lists: str) -> Iterator[Mapping[str, Any]]:
    """Find the signers of a launch, in the lists of these names; either may be missing."""
    signers = _object(message.content.get("signers"))
    for name in lists:
        found = untrusted.elements(signers.get(name))
        yield from (signer for signer in found if isinstance(signer, dict))


def _signatories(message: Message) -> Iterator[tuple[str, str]]:
    """Find our local ids of a launch's signers, where the vendor echoes our reference of each."""
    if message.meaning is not Meaning.REQUEST_LAUNCHED:
        return
    for signer in _launched(message, "signersBySide", "signersEmbedded"):
        ref = untrusted.ref(signer.get("signerId"))
        reference = _REFERENCE.fullmatch(untrusted.text(signer.get("signerExternalId")))
        if ref and reference:
            yield reference["local"], ref


def _signing_tokens(message: Message, request_id: str) -> Iterator[tuple[str, Secret]]:
    """Find the tokens that open the embedded signing pages. Those of mailed links are not ours to use.

    Assumption: approvers get theirs with their step, as signers do with the launch.
    """
    if message.meaning not in {Meaning.REQUEST_LAUNCHED, Meaning.REQUEST_APPROVER_STEP}:
        return
    for signer in _launched(message, "signersEmbedded"):
        ref, token = untrusted.ref(signer.get("signerId")), untrusted.text(signer.get("token"))
        if ref and token and request_id:
            yield kept.signing_token(ref, request_id), Secret(token)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _EMPTY


def _not_ours(body: Mapping[str, Any], credentials: Credentials) -> Malformed | None:
    app_id, app_env, topic = (untrusted.text(body.get(key)) for key in ("appId", "appEnv", "topic"))
    if not app_id or not app_env or not topic:
        return Malformed.NOT_READABLE
    if not _same(app_id, credentials.app_id):
        return Malformed.OTHER_TENANT
    if not _same(env_word(app_env), credentials.app_env):
        return Malformed.OTHER_ENVIRONMENT
    return None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
