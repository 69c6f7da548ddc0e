"""Signers of a workflow, what is placed for them on its files, and how they are reached."""

from __future__ import annotations

from typing import Final

import attrs
import httpx

from paraph.model import Secret
from paraph.provider import Account, Repeat
from paraph_sign8 import mapping, wire
from paraph_sign8 import params as p
from paraph_sign8.actions.base import Made, Placed, action, needed, nothing, optional, values_of
from paraph_sign8.dialect import Dialect
from paraph_sign8.settings import Sign8Settings


@attrs.frozen(kw_only=True)
class Link:
    """A signer's link. Whoever has it can act as the signer."""

    url: Secret


def _signer_values(given: p.NewSigner, dialect: Dialect) -> wire.Values:
    words = dialect.words.signature_types
    kind = None if given.signature_type is None else mapping.word_of(words, given.signature_type.value)
    return {**values_of(given), "signature_type": kind}


def _link(response: httpx.Response, account: Account[Sign8Settings]) -> Link:
    return Link(url=Secret(wire.address_of(response, account, "link")))


ADD_SIGNER: Final = action(
    "signers.add",
    "add_signer",
    "signer",
    p.NewSigner,
    Made,
    needed("signer_id"),
    repeat=Repeat.NEVER,
    summary="Add a signer to a workflow (AddSigner).",
    values=_signer_values,
)

ADD_SIGNATURE: Final = action(
    "signatures.add",
    "add_signature",
    "signature",
    p.NewSignature,
    Placed,
    optional("signature_id"),
    repeat=Repeat.NEVER,
    summary="Place a signer's signature on a file (AddSignature).",
)

ADD_ANNOTATION: Final = action(
    "annotations.add",
    "add_annotation",
    "annotation",
    p.NewAnnotation,
    Placed,
    optional("annotation_id"),
    repeat=Repeat.NEVER,
    summary="Place an annotation on a file (AddAnnotation).",
)

REMIND_SIGNER: Final = action(
    "signers.remind",
    "remind",
    "call",
    p.SignerRef,
    None,
    nothing,
    repeat=Repeat.NEVER,
    summary="Remind a signer of an active workflow.",
    source="contract 2, 4",
)

SIGNATURE_LINK: Final = action(
    "signers.link",
    "signature_link",
    "call",
    p.SignerRef,
    Link,
    _link,
    # Never repeated: setting up a link may send it, too.
    repeat=Repeat.NEVER,
    summary="Ask for the link of one signer.",
    source="contract 2 #6",
)
