"""Sending an envelope: the vendor's own order of calls as journalled steps (contract 7.1).

Theory. Everything before publishing is inert: drafts reach nobody. So an answer that was lost before
it costs at most an orphan draft or document, and each step that can be read back says how
(``recover``); making the draft itself cannot (the vendor takes our reference only later), and is simply
done again. Publishing happens once, with an id that is stored before it. Whether an interrupted one
happened is answered by the request's status: DRAFT was not published, what only follows a publication was,
and of anything else a person decides; and publishing the same draft a second time is refused by the
vendor, so even a late effect cannot ask anybody twice.

The plan (profiles and what they want) is read when a step first needs it, and once. So a resumed send whose
steps are done reads none, and a profile that was changed since cannot refuse what is published.

Signers are made side by side, and so are documents, each followed by its content. Nothing tells them apart
but our references, and each step looks for its own alone, so what an interrupted one did is never taken for
another's. What is told of them is in the envelope's order, whoever was answered first. Assumption: the vendor
takes such calls side by side; ``limits.in_flight = 1`` makes them one after the other.

What publishing means for the signatories is read afterwards: the vendor accepts first (READY) and
launches then, at once or at the scheduled time, or makes a request for each signatory.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import attrs

from paraph.errors import Refused, VendorError
from paraph.flow import (
    NOT_DONE,
    UNKNOWN,
    Flow,
    Recovered,
    call,
    gather,
    identify,
    now,
    publish,
    remember,
    step,
)
from paraph.model import (
    Child,
    ContentKind,
    Document,
    Envelope,
    Fact,
    FactType,
    Observation,
    Problem,
    Signatory,
    Source,
    Subject,
    Trust,
    Verb,
)
from paraph.provider import Account, Carried, NoParams
from paraph_ignisign import actions, kept, mapping
from paraph_ignisign.checks import at_vendor, external_id, language_of, options_of, problem, signs
from paraph_ignisign.children import children_of
from paraph_ignisign.errors import ALREADY_PUBLISHED
from paraph_ignisign.params import (
    DocumentDigest,
    DocumentFile,
    DocumentJson,
    DocumentRef,
    NewDocument,
    RequestRef,
    RequestUpdate,
    SignerRef,
    Statement,
)
from paraph_ignisign.planning import Plan, differences, find_signer, plan
from paraph_ignisign.settings import Credentials, IgnisignSettings
from paraph_ignisign.states import facts_of
from paraph_ignisign.wire import RequestContext, Signer

DRAFT: Final = "DRAFT"
EMPTY: Final = "CREATED"
"""Statuses of a request that is not published and of a document that has no content."""


@attrs.define(kw_only=True)
class Planning:
    """The plan of one send, read when it is first needed and then known."""

    envelope: Envelope
    account: Account[IgnisignSettings]
    _found: Plan | None = None

    @property
    def read(self) -> bool:
        """Whether the plan is known by now."""
        return self._found is not None

    def plan(self) -> Flow[Plan]:
        """Return the plan. :raises Refused: the vendor's profiles do not fit the envelope."""
        if self._found is None:
            found = yield from plan(self.envelope, self.account)
            _refuse(found.problems)
            self._found = found
        return self._found


def send(carried: Carried, account: Account[IgnisignSettings]) -> Flow[Observation]:
    """Make and publish an envelope; see ``Provider.send``.

    :raises Refused: the vendor's profiles or existing signers do not fit the envelope.
    """
    envelope = carried.envelope
    planning = Planning(envelope=envelope, account=account)
    signers = yield from _signers(carried, account, planning)
    request = yield from step("request", lambda: _init_request(account))
    yield from identify(envelope=request, signatories=signers)
    references = yield from gather(
        [partial(_document, document, request, account) for document in envelope.documents]
    )
    documents = {each.id: found for each, found in zip(envelope.documents, references, strict=True)}
    yield from identify(documents=documents)

    def describe() -> Flow[None]:
        ready = yield from planning.plan()
        described = _description(
            carried,
            ready,
            request=request,
            signers=signers,
            documents=documents,
            credentials=account.settings.credentials(),
        )
        yield from actions.UPDATE_REQUEST.run(account, described)

    yield from step("describe", describe)
    yield from publish(
        "publish", lambda: _publish(account, request), recover=lambda: _was_published(account, request)
    )
    return (yield from _published(carried, account, request))


def _refuse(problems: tuple[Problem, ...]) -> None:
    if problems:
        raise Refused("Ignisign cannot carry this envelope", problems)


# Signers


def _signers(
    carried: Carried, account: Account[IgnisignSettings], planning: Planning
) -> Flow[dict[str, str]]:
    """Make, or find, the signer of each signatory; return vendor ids by local id.

    One after the other until the plan was read, so that it is read once; then side by side.
    """
    people = tuple(at_vendor(carried.envelope))
    making = [partial(_signer, *each, carried, account, planning) for each in people]
    signers: list[str] = []
    while making and not planning.read:
        signers.append((yield from making.pop(0)()))
    signers += yield from gather(making)
    found: dict[str, str] = {}
    for (index, person), signer in zip(people, signers, strict=True):
        if signer in found.values():
            path = f"signatories[{index}]"
            _refuse((problem(path, "signer.same", "Ignisign takes two signatories for one person"),))
        found[person.id] = signer
    return found


def _signer(
    index: int, person: Signatory, carried: Carried, account: Account[IgnisignSettings], planning: Planning
) -> Flow[str]:
    reference = external_id(carried.envelope, person, account)
    # A signer of an earlier attempt, or one shared between envelopes, is found before one is made.
    may_exist = carried.attempt > 1 or account.settings.signer_reference == "signatory"

    def make() -> Flow[str]:
        ready = yield from planning.plan()
        if may_exist:
            known = yield from find_signer(account, reference)
            if known is not None:
                _refuse(differences(index, person, known))
                return known.signer_id
        created = yield from actions.CREATE_SIGNER.run(account, ready.new_signer(person, reference))
        if created.already_exists:
            other: Signer = yield from actions.GET_SIGNER.run(account, SignerRef(signer_id=created.signer_id))
            _refuse(differences(index, person, other))
        if created.auth_secret is not None:
            yield from remember(kept.signer_secret(created.signer_id), created.auth_secret)
        return created.signer_id

    def look() -> Flow[Recovered]:
        known = yield from find_signer(account, reference)
        if known is None:
            return NOT_DONE
        _refuse(differences(index, person, known))
        return Recovered(known.signer_id)

    return (yield from step(f"signer:{person.id}", make, recover=look, aside=True))


# Draft and documents


def _init_request(account: Account[IgnisignSettings]) -> Flow[str]:
    made = yield from actions.INIT_REQUEST.run(account, NoParams())
    return made.signature_request_id


def _document(document: Document, request: str, account: Account[IgnisignSettings]) -> Flow[str]:
    """Make one document in the draft and give it its content."""

    def make() -> Flow[str]:
        new = NewDocument(signature_request_id=request, label=document.name, external_id=document.id)
        made = yield from actions.INIT_DOCUMENT.run(account, new)
        return made.document_id

    def look() -> Flow[Recovered]:
        context = yield from _context(account, request)
        same = (known.id for known in context.documents or () if known.external_id == document.id)
        found = next(same, None)
        return NOT_DONE if found is None else Recovered(found)

    reference = yield from step(f"document:{document.id}", make, recover=look)

    def has_content() -> Flow[Recovered]:
        known = yield from actions.GET_DOCUMENT.run(account, DocumentRef(document_id=reference))
        # Where no status is shown the content is given again: replaced or refused, the draft is inert.
        return {"PROVIDED": Recovered(None), EMPTY: NOT_DONE}.get(known.status or EMPTY, UNKNOWN)

    yield from step(
        f"content:{document.id}", lambda: _provide(document, reference, account), recover=has_content
    )
    return reference


def _provide(document: Document, reference: str, account: Account[IgnisignSettings]) -> Flow[None]:
    if document.kind is ContentKind.JSON:
        value = yield from call(_parsed, document)
        yield from actions.PROVIDE_JSON.run(account, DocumentJson(document_id=reference, json_content=value))
    elif document.kind is ContentKind.DIGEST:
        digest = digest_text(document.sha256, account.settings.private_hash)
        yield from actions.PROVIDE_DIGEST.run(
            account, DocumentDigest(document_id=reference, document_hash=digest)
        )
    else:
        yield from actions.UPLOAD_FILE.run(account, DocumentFile(document_id=reference, document=document))


def digest_text(sha256: str, encoding: str) -> str:
    """Write a hex SHA-256 as the account wants it: ``base64`` (44 characters) or ``hex``."""
    return base64.b64encode(bytes.fromhex(sha256)).decode("ascii") if encoding == "base64" else sha256


def _parsed(document: Document) -> Any:
    with document.open() as stream:
        return json.load(stream)


# Description and publishing


def _description(
    carried: Carried,
    ready: Plan,
    *,
    request: str,
    signers: Mapping[str, str],
    documents: Mapping[str, str],
    credentials: Credentials,
) -> RequestUpdate:
    """Describe the draft.

    Assumptions: an approver is a signer who is not among ``signerIds``, and recipients are e-mail addresses.
    """
    envelope = carried.envelope
    options = options_of(envelope)
    scheduled = envelope.scheduled_at is not None
    people = envelope.signatories
    copies = dict.fromkeys(person.email for person in people if person.verb is Verb.RECEIVE_COPY)
    statements = tuple(
        Statement(
            app_id=credentials.app_id,
            app_env=credentials.app_env,
            signature_request_id=request,
            document_id=documents[each.document] if each.document is not None else None,
            label_md=each.text,
        )
        for each in options.statements
    )
    return RequestUpdate(
        signature_request_id=request,
        title=envelope.title,
        description=envelope.message or None,
        language=language_of(envelope),
        document_ids=tuple(documents.values()),
        signer_ids=tuple(signers[person.id] for person in people if signs(person)),
        signer_ids_as_approver=tuple(signers[each.id] for each in people if each.verb is Verb.APPROVE)
        or None,
        recipients=tuple(copies) or None,
        external_id=carried.reference,
        default_signature_method=next(iter(ready.methods.values()), None),
        signer_profiles_signature_method=ready.profile_methods(),
        expiration_date=envelope.expires_at,
        expiration_date_is_activated=True if envelope.expires_at is not None else None,
        diffusion_mode="SCHEDULED" if scheduled else None,
        diffusion_date=envelope.scheduled_at,
        individualize_requests=options.individualize or None,
        statements=statements or None,
        full_privacy=options.full_privacy,
        extended_auth_session_enabled=options.extended_auth_session,
    )


def _publish(account: Account[IgnisignSettings], request: str) -> Flow[None]:
    """Publish, and keep the tokens of embedded pages if the answer has them already."""
    try:
        answer = yield from actions.PUBLISH_REQUEST.run(account, RequestRef(signature_request_id=request))
    except VendorError as error:
        if error.code != ALREADY_PUBLISHED:
            raise
        return
    for signer in answer.signers_embedded or ():
        if signer.token is not None:
            yield from remember(kept.signing_token(signer.signer_id, request), signer.token)


def _was_published(account: Account[IgnisignSettings], request: str) -> Flow[Recovered]:
    context = yield from _context(account, request)
    if context.status == DRAFT:
        return NOT_DONE
    return Recovered(None) if context.status in mapping.PUBLISHED else UNKNOWN


def _context(account: Account[IgnisignSettings], request: str) -> Flow[RequestContext]:
    return (yield from actions.REQUEST_CONTEXT.run(account, RequestRef(signature_request_id=request)))


def _published(carried: Carried, account: Account[IgnisignSettings], request: str) -> Flow[Observation]:
    """Tell what publishing led to. A read that fails now takes nothing back."""
    at = yield from now()
    facts: tuple[Fact, ...] = (accepted(request, scheduled=carried.envelope.scheduled_at is not None),)
    children: tuple[Child, ...] = ()
    with contextlib.suppress(VendorError):
        context = yield from _context(account, request)
        facts = facts_of(context, request)
        children = yield from children_of(context, carried, account, request)
    return Observation(
        source=Source.RESPONSE, trust=Trust.CONFIRMED, observed_at=at, facts=facts, children=children
    )


def accepted(request: str, *, scheduled: bool) -> Fact:
    """State what an accepted publication alone proves: the request exists, or is scheduled."""
    kind = FactType.ENVELOPE_SCHEDULED if scheduled else FactType.ENVELOPE_CREATED
    return Fact(type=kind, subject=Subject(ref=request), native="publish")
