"""Reading Ignisign's webhooks (contract section 4).

Theory. A delivery has no id, no time and no signature: its only proof is a one-time token that the
vendor's API checks and uses up (:func:`verify`). So reading it must not need anything: :func:`observe` is
pure, takes any bytes, and decides only what can be decided without a request. Ids that do not look like
ids are treated as missing, words are kept in a printable form, and what repeats is told apart by a
digest of the content without the tokens and links that are minted per message.

Judgements: COMPLETED and CLOSED are ``envelope.closed`` and ask for a read, because the vendor also says
COMPLETED of a request that was cancelled or expired after somebody had signed. A signature without a
document id (the guide's form) asks for a read as well: it does not say what was signed. So does GENERATED,
which does not say of which nature a document is: of a private one nothing can be fetched although it is
named, and the read tells. Words of a request that are not known ask for a read too.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import attrs

from paraph.errors import VendorError
from paraph.flow import Flow
from paraph.model import Fact, FactType, Secret, Subject, SubjectKind, target
from paraph.provider import Account, Delivery, Malformed, PastDelivery, Reading, Verdict
from paraph_ignisign import kept, mapping
from paraph_ignisign.actions import CHECK_TOKEN
from paraph_ignisign.checks import REFERENCE_SEPARATOR
from paraph_ignisign.errors import VALIDATION
from paraph_ignisign.mapping import Meaning
from paraph_ignisign.params import TokenToCheck
from paraph_ignisign.settings import Credentials, IgnisignSettings, env_word
from paraph_ignisign.wire import TokenCheck, WebhookEvent

DEPTH: Final = 32
"""Nesting of a body; the vendor's own bodies have five levels."""

WIRE_TEXT: Final = 512
"""Characters of a text in a delivery's envelope (contract 4.1)."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,127}")
_REFERENCE = re.compile(rf"[A-Za-z0-9_.\-]+{REFERENCE_SEPARATOR}(?P<local>[A-Za-z0-9_.\-]+)")
_MINTED = re.compile(r"(token|url)$", re.IGNORECASE)
_EMPTY: Mapping[str, Any] = {}


@attrs.frozen(kw_only=True)
class Message:
    """The parts of a delivery that say something, whatever carried it.

    :ivar topic: as it came, printable; ``action`` likewise.
    """

    topic: str
    action: str
    failed: bool
    error_code: str
    content: Mapping[str, Any] = attrs.field(repr=False)

    @property
    def native(self) -> str:
        """The vendor's own words."""
        return f"{self.topic}/{self.action}"

    @property
    def meaning(self) -> Meaning | None:
        """What it says; ``None`` for words, or failures, without one."""
        found = mapping.ACTIONS.get((mapping.TOPICS.get(self.topic, ""), self.action))
        return mapping.FAILURES.get(found) if found is not None and self.failed else found

    def ref(self, key: str) -> str:
        """Return an id of the content, or ``""``."""
        return _ref(self.content.get(key))

    @property
    def occurrence(self) -> str:
        """Digest of what was said, the same when the same is delivered again with new tokens."""
        said = [self.meaning or self.native, self.failed, self.error_code, _unminted(self.content)]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode("ascii")).hexdigest()


def observe(delivery: Delivery, account: Account[IgnisignSettings]) -> Reading:
    """Read a delivery; see ``Provider.observe``."""
    try:
        body = json.loads(delivery.body.decode("utf-8"))
    except (ValueError, RecursionError):
        return Reading(rejected=Malformed.NOT_READABLE)
    if not isinstance(body, dict) or _too_deep(body):
        return Reading(rejected=Malformed.NOT_READABLE)
    credentials = account.settings.credentials()
    rejected = _not_ours(body, credentials)
    if rejected is not None:
        return Reading(rejected=rejected)
    proof = _text(body.get("verificationToken"))
    if not proof:
        return Reading(rejected=Malformed.NO_PROOF)
    reading = interpret(message_of(body), tenant_of(credentials))
    return attrs.evolve(reading, proof=Secret(proof))


def tenant_of(credentials: Credentials) -> str:
    """Name the vendor's tenant: application and environment share nothing with others."""
    return f"{credentials.app_id}/{credentials.app_env}"


def message_of(body: Mapping[str, Any]) -> Message:
    """Take the parts that say something out of a decoded body."""
    content, error = body.get("content"), body.get("error")
    error = error if isinstance(error, dict) else _EMPTY
    return Message(
        topic=_word(body.get("topic")),
        action=_word(body.get("action")),
        failed=body.get("msgNature") == "ERROR",
        error_code=_word(error.get("errorCode") or error.get("code")),
        content=content if isinstance(content, dict) else _EMPTY,
    )


def past_delivery(event: WebhookEvent, tenant: str) -> PastDelivery:
    """Read one entry of the vendor's list with the same tables as a webhook."""
    body = {"topic": event.topic, "action": event.action, "msgNature": event.msg_nature}
    deep = _too_deep(event.content)
    message = message_of({**body, "content": None if deep else event.content, "error": event.error})
    reading = interpret(message, tenant)
    facts = tuple(attrs.evolve(fact, at=event.created_at) for fact in reading.facts)
    return PastDelivery(
        id=event.id,
        facts=facts,
        subject_ref=reading.subject_ref,
        our_reference=reading.our_reference,
        delivered=event.status == "SUCCESS",
    )


def interpret(message: Message, tenant: str) -> Reading:
    """Turn a message into facts. Pure.

    :param tenant: reference of the account, for news that concern no envelope.
    """
    subject_ref = message.ref("signatureRequestId")
    nothing: Told = ((), False)
    facts, read = _told(message, Subject(ref=subject_ref)) if subject_ref else nothing
    our_reference = _text(message.content.get("signatureRequestExternalId"))
    others = tuple(_about_others(message, tenant))
    if not facts and not read:
        # Nothing of ours to say it with: look what it means for the request, and keep the vendor's word.
        read = bool(subject_ref or our_reference)
        if not others:
            subject = (
                Subject(ref=subject_ref) if subject_ref else Subject(kind=SubjectKind.ACCOUNT, ref=tenant)
            )
            native = message.native
            facts = (Fact(type=FactType.UNKNOWN, subject=subject, target=native, native=native),)
    return Reading(
        facts=tuple(dict.fromkeys(facts + others)),
        subject_ref=subject_ref,
        our_reference=our_reference,
        signatories=tuple(dict.fromkeys(_signatories(message))),
        read=read,
        private=tuple(_signing_tokens(message, subject_ref)),
    )


Told = tuple[tuple[Fact, ...], bool]
"""Facts about an envelope, and whether only a read makes certain what was said."""


def _told(message: Message, envelope: Subject) -> Told:
    meaning = message.meaning
    if meaning is None:
        return (), False
    if meaning in mapping.REQUEST_FACTS:
        return _told_of_request(message, meaning, envelope)
    if meaning in mapping.SIGNER_FACTS:
        return _told_of_signer(message, mapping.SIGNER_FACTS[meaning], envelope)
    if meaning in mapping.PROOFS:
        return _told_of_proof(message, meaning, envelope)
    return (), False


def _told_of_request(message: Message, meaning: Meaning, envelope: Subject) -> Told:
    kind = mapping.REQUEST_FACTS[meaning]
    status = message.content.get("status")
    if meaning is Meaning.REQUEST_CLOSED and isinstance(status, str) and status in mapping.ENDED:
        kind = mapping.STATUSES[status]
    facts = [_fact(message, kind, envelope)]
    if meaning is Meaning.REQUEST_LAUNCHED:
        refs = (
            _ref(signer.get("signerId")) for signer in _launched(message, "signersBySide", "signersEmbedded")
        )
        facts += [_fact(message, FactType.SIGNATORY_INVITED, envelope, ref) for ref in refs if ref]
    return tuple(facts), kind is FactType.ENVELOPE_CLOSED or meaning is Meaning.REQUEST_CHILDREN


def _told_of_signer(message: Message, kind: FactType, envelope: Subject) -> Told:
    signer, document = message.ref("signerId"), message.ref("documentId")
    signed = kind is FactType.SIGNATORY_DOCUMENT_SIGNED
    if not signer or (signed and not document):
        return (), True
    return (_fact(message, kind, envelope, target(signer, document) if signed else signer),), False


def _told_of_proof(message: Message, meaning: Meaning, envelope: Subject) -> Told:
    if meaning is Meaning.PROOF_GENERATED:
        return (), True
    kind = FactType.EVIDENCE_FAILED if meaning is Meaning.PROOF_FAILED else FactType.EVIDENCE_READY
    refs = tuple(_proof_documents(message))
    evidence = mapping.PROOFS[meaning].value
    return tuple(_fact(message, kind, envelope, target(evidence, ref)) for ref in refs), not refs


def _about_others(message: Message, tenant: str) -> Iterator[Fact]:
    """Tell what concerns a parent request, a person or the application."""
    meaning, signer = message.meaning, message.ref("signerId")
    child, parent = message.ref("signatureRequestId"), message.ref("initialSignatureRequestId")
    if child and parent and child != parent:
        yield _fact(message, FactType.ENVELOPE_CHILD, Subject(ref=parent), child)
    if meaning is None:
        return
    if meaning in mapping.CONTACT_FACTS and signer:
        yield _fact(message, mapping.CONTACT_FACTS[meaning], Subject(kind=SubjectKind.CONTACT, ref=signer))
    if meaning in mapping.ACCOUNT_CHANGES:
        account = Subject(kind=SubjectKind.ACCOUNT, ref=tenant)
        yield _fact(message, FactType.ACCOUNT_CHANGED, account, meaning.value)


def _fact(message: Message, kind: FactType, subject: Subject, about: str = "") -> Fact:
    occurrence = message.occurrence if kind in mapping.REPEATING else ""
    native = f"{message.native} {message.error_code}".rstrip()
    return Fact(type=kind, subject=subject, target=about, occurrence=occurrence, native=native)


def _proof_documents(message: Message) -> Iterator[str]:
    """Find the documents of a proof: a list, or a flat id in older forms (contract 4.4)."""
    for entry in _list(message.content.get("documents")):
        if isinstance(entry, dict) and (ref := _ref(entry.get("documentId"))):
            yield ref
    if flat := message.ref("documentId"):
        yield flat


def _launched(message: Message, *lists: str) -> Iterator[Mapping[str, Any]]:
    """Find the signers of a launch, in the lists of these names; either may be missing."""
    signers = message.content.get("signers")
    if not isinstance(signers, dict):
        return
    for name in lists:
        yield from (signer for signer in _list(signers.get(name)) if isinstance(signer, dict))


def _signatories(message: Message) -> Iterator[tuple[str, str]]:
    """Find our local ids of a launch's signers, where the vendor echoes our reference of each."""
    if message.meaning is not Meaning.REQUEST_LAUNCHED:
        return
    for signer in _launched(message, "signersBySide", "signersEmbedded"):
        ref = _ref(signer.get("signerId"))
        reference = _REFERENCE.fullmatch(_text(signer.get("signerExternalId")))
        if ref and reference:
            yield reference["local"], ref


def _signing_tokens(message: Message, request_id: str) -> Iterator[tuple[str, Secret]]:
    """Find the tokens that open the embedded signing pages. Those of mailed links are not ours to use."""
    if message.meaning is not Meaning.REQUEST_LAUNCHED:
        return
    for signer in _launched(message, "signersEmbedded"):
        ref, token = _ref(signer.get("signerId")), _text(signer.get("token"))
        if ref and token and request_id:
            yield kept.signing_token(ref, request_id), Secret(token)


def verify(reading: Reading, account: Account[IgnisignSettings]) -> Flow[Verdict]:
    """Let the vendor check, and use up, the token of a delivery (contract 4.6). Never repeated.

    :raises VendorError: it cannot be checked now.
    """
    if reading.proof is None:
        return Verdict.FOREIGN
    credentials = account.settings.credentials()
    asked = TokenToCheck(token=reading.proof, app_id=credentials.app_id, app_env=credentials.app_env)
    try:
        try:
            answer = yield from CHECK_TOKEN.run(account, asked)
        except VendorError as error:
            if error.code not in VALIDATION:
                raise
            answer = yield from CHECK_TOKEN.run(account, attrs.evolve(asked, spelled_again=reading.proof))
    except VendorError as error:
        if error.code not in VERDICT_OF_CODE:
            raise
        return VERDICT_OF_CODE[error.code]
    return verdict_of(answer)


VERDICT_OF_CODE: Final[Mapping[str | None, Verdict]] = {
    "TOKEN_NOT_FOUND": Verdict.FOREIGN,
    "TOKEN_INVALID": Verdict.FOREIGN,
    "TOKEN_ALREADY_CONSUMED": Verdict.USED,
    "TOKEN_EXPIRED": Verdict.EXPIRED,
}
"""What an error answer says of a token; the vendor has these codes without saying where it uses them."""


def verdict_of(answer: TokenCheck) -> Verdict:
    """Read the answer of a token check: nothing but ``isValid`` being true is a proof."""
    if answer.is_valid is True:
        return Verdict.PROVEN
    if answer.already_consumed:
        return Verdict.USED
    if answer.is_expired and not (answer.not_found or answer.bad_target or answer.bad_related_id):
        return Verdict.EXPIRED
    return Verdict.FOREIGN


def _not_ours(body: Mapping[str, Any], credentials: Credentials) -> Malformed | None:
    app_id, app_env, topic = (_text(body.get(key)) for key in ("appId", "appEnv", "topic"))
    if not app_id or not app_env or not topic:
        return Malformed.NOT_READABLE
    if not _same(app_id, credentials.app_id):
        return Malformed.OTHER_TENANT
    if not _same(env_word(app_env), credentials.app_env):
        return Malformed.OTHER_ENVIRONMENT
    return None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _text(value: Any) -> str:
    """Return a text as the vendor documents them, or ``""``: short, storable, without control characters."""
    if isinstance(value, str) and len(value) <= WIRE_TEXT and value.isprintable():
        return value
    return ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _ref(value: Any) -> str:
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def _word(value: Any) -> str:
    """Keep a vendor's word in a printable ASCII form, whatever it is."""
    return value[:128].encode("unicode_escape").decode("ascii") if isinstance(value, str) else ""


def _too_deep(value: Any) -> bool:
    """Whether a decoded value is nested deeper than anything the vendor sends; without recursion."""
    level: list[Any] = [value]
    for _ in range(DEPTH):
        level = [item for container in level for item in _items(container)]
        if not level:
            return False
    return True


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _unminted(value: Any) -> Any:
    """Leave out what is minted per message: tokens and the links that carry them."""
    if isinstance(value, dict):
        return {key: _unminted(item) for key, item in value.items() if not _MINTED.search(key)}
    return [_unminted(item) for item in value] if isinstance(value, list) else value
