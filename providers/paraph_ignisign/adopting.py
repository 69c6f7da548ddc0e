"""Describing a request that was made elsewhere: in the console, or by another system (contract 5 and 7).

A request's context shows titles, documents and signers. It does not show how a signer reaches the page (that
is the signer profile's), so delivery is told as by e-mail; nor is a signer's birth or phone shown.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Final

from paraph.flow import Flow, now
from paraph.model import (
    Assurance,
    ContentKind,
    Document,
    Envelope,
    Level,
    Observation,
    Signatory,
    Source,
    Trust,
    Verb,
)
from paraph.provider import Account, Adopted, Carried, local_ids
from paraph_ignisign import actions, mapping, wire
from paraph_ignisign.checks import REFERENCE_SEPARATOR
from paraph_ignisign.children import children_of
from paraph_ignisign.params import RequestRef
from paraph_ignisign.settings import IgnisignOptions, IgnisignSettings
from paraph_ignisign.states import SCHEDULED, facts_of
from paraph_ignisign.wire import RequestContext, Signer

LEVELS: Final[Mapping[str, Level]] = {"SIMPLE_": Level.SES, "ADVANCED_": Level.AES, "QUALIFIED_": Level.QES}
"""Levels by how the vendor's signature methods begin (contract 5)."""

KINDS: Final[Mapping[str, ContentKind]] = {"DATA_JSON": ContentKind.JSON, "PRIVATE_FILE": ContentKind.DIGEST}
"""What a document is, by nature; a file, if it is none of these."""

SHA256_BYTES: Final = 32


def adopt(vendor_ref: str, account: Account[IgnisignSettings]) -> Flow[Adopted]:
    """Describe a request as its context shows it; see ``Adopts.adopt``."""
    context = yield from actions.REQUEST_CONTEXT.run(account, RequestRef(signature_request_id=vendor_ref))
    request = context.id or vendor_ref
    people, signatories = _people(context)
    documents, references = _documents(context)
    envelope = Envelope(
        title=context.title or "",
        message=context.description or "",
        reference=context.external_id or "",
        documents=documents,
        signatories=people,
        assurance=Assurance(level=_level(context)),
        language=context.language.lower() if context.language else None,
        expires_at=context.expiration_date if context.expiration_date_is_activated else None,
        scheduled_at=context.diffusion_date if context.diffusion_mode == SCHEDULED else None,
        options=(IgnisignOptions(individualize=True),) if context.individualize_requests else (),
    )
    parent = context.initial_signature_request_id or ""
    carried = Carried(
        envelope=envelope,
        reference="",
        vendor_ref=request,
        signatories=dict(signatories),
        documents=dict(references),
    )
    children = yield from children_of(context, carried, account, request)
    at = yield from now()
    return Adopted(
        envelope=envelope,
        signatories=signatories,
        documents=references,
        published=context.status in mapping.STATUSES and context.status not in mapping.UNPUBLISHED,
        parent_ref="" if parent == request else parent,
        observation=Observation(
            source=Source.POLL,
            trust=Trust.CONFIRMED,
            observed_at=at,
            facts=tuple(fact for fact in facts_of(context, request) if fact.subject.ref == request),
            our_reference=context.external_id or "",
            children=children,
        ),
    )


def _level(context: RequestContext) -> Level | None:
    method = context.default_signature_method or ""
    return next((level for begin, level in LEVELS.items() if method.startswith(begin)), None)


def _people(context: RequestContext) -> tuple[tuple[Signatory, ...], tuple[tuple[str, str], ...]]:
    """Return who takes part, and the vendor's ids of them. Recipients of copies have none."""
    shown = {each.signer_id: each for each in context.signers or ()}
    signing = dict.fromkeys(context.signer_ids or ())
    approving = dict.fromkeys(each for each in context.signer_ids_as_approver or () if each not in signing)
    refs = (*signing, *approving)
    names = local_ids((_reference(shown.get(ref)) for ref in refs), otherwise="s")
    people = [
        _person(local, shown.get(ref), Verb.SIGN if ref in signing else Verb.APPROVE)
        for local, ref in zip(names, refs, strict=True)
    ]
    copies = [each for each in context.recipients or () if isinstance(each, str)]
    people += [
        Signatory(id=f"copy{number}", email=email, verb=Verb.RECEIVE_COPY)
        for number, email in enumerate(copies, start=1)
    ]
    return tuple(people), tuple(zip(names, refs, strict=True))


def _reference(signer: Signer | None) -> str:
    """Return our local id, if it was us who made the signer, or else the other system's reference."""
    return ((signer.external_id if signer else None) or "").rpartition(REFERENCE_SEPARATOR)[2]


def _person(local: str, signer: Signer | None, verb: Verb) -> Signatory:
    if signer is None:
        return Signatory(id=local, verb=verb)
    return Signatory(
        id=local,
        given_name=signer.first_name or "",
        family_name=signer.last_name or "",
        email=signer.email or "",
        verb=verb,
    )


def _documents(context: RequestContext) -> tuple[tuple[Document, ...], tuple[tuple[str, str], ...]]:
    shown = {each.id: each for each in context.documents or ()}
    refs = tuple(dict.fromkeys((*(context.document_ids or ()), *shown)))
    names = local_ids(
        ((shown[ref].external_id if ref in shown else None) or "" for ref in refs), otherwise="d"
    )
    described = (_document(local, shown.get(ref)) for local, ref in zip(names, refs, strict=True))
    return tuple(described), tuple(zip(names, refs, strict=True))


def _document(local: str, shown: wire.Document | None) -> Document:
    if shown is None:
        return Document(id=local, name=local, sha256="", size=0)
    return Document(
        id=local,
        name=next(_labels(shown), local),
        sha256=sha256_of(shown.document_hash),
        size=max(shown.file_size or 0, 0),
        media_type=shown.mime_type or "application/octet-stream",
        kind=KINDS.get(shown.document_nature or "", ContentKind.FILE),
    )


def _labels(shown: wire.Document) -> Iterator[str]:
    yield from (word for word in (shown.label, shown.file_name) if word)


def sha256_of(text: str | None) -> str:
    """Read a digest as hex, written in hex or base64; ``""`` for what is no SHA-256."""
    if text is None:
        return ""
    if re.fullmatch(r"[0-9a-fA-F]{64}", text):
        return text.lower()
    try:
        digest = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return digest.hex() if len(digest) == SHA256_BYTES else ""
