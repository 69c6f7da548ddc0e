"""What an account offers: the part of SIGN8's product that its dialect has words for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import attrs

from paraph.model import EvidenceKind, Level
from paraph.provider import Account, Capabilities, Capability
from paraph_sign8 import CAPABILITIES, mapping
from paraph_sign8.dialect import Dialect
from paraph_sign8.dialect.words import Dispatch, WebhookEvent, WorkflowStatus
from paraph_sign8.settings import Sign8Settings

BY_OPERATION: Final[Mapping[Capability, str]] = {
    Capability.CANCEL: "cancel",
    Capability.REMIND: "remind",
    Capability.READ_STATUS: "status",
    Capability.SIGNING_LINK: "signature_link",
}
"""Capabilities that are one operation each."""

BY_FIELD: Final[Mapping[Capability, str]] = {
    Capability.EXPIRY: "expires_at",
    Capability.MESSAGE: "description",
    Capability.OUR_REFERENCE: "reference",
}
"""Capabilities that are one field of a workflow each."""


def capabilities(account: Account[Sign8Settings]) -> Capabilities:
    """Return what one account offers; only ever less than :data:`~paraph_sign8.CAPABILITIES`."""
    dialect = account.settings.spoken
    evidence = {
        kind
        for kind, operation in (
            (EvidenceKind.SIGNED_DOCUMENT, "download"),
            (EvidenceKind.AUDIT_TRAIL, "audit_report"),
        )
        if dialect.offers(operation)
    }
    return attrs.evolve(
        CAPABILITIES.without(*_lacking(dialect, account.settings)),
        levels=frozenset(levels_of(dialect)),
        evidence=frozenset(evidence),
    )


def trusts_webhooks(settings: Sign8Settings) -> bool:
    """Whether a webhook can be more than a claim."""
    return settings.trust_webhooks or settings.webhook_token is not None


def levels_of(dialect: Dialect) -> Iterator[Level]:
    """Yield the levels that a signature or a seal can be asked for with."""
    for kinds in mapping.SIGNATURE_TYPES.values():
        for level, kind in kinds.items():
            if mapping.word_of(dialect.words.signature_types, kind.value) is not None:
                yield level


def _lacking(dialect: Dialect, settings: Sign8Settings) -> Iterator[Capability]:
    for capability, operation in BY_OPERATION.items():
        if not dialect.offers(operation):
            yield capability
    for capability, name in BY_FIELD.items():
        if not getattr(dialect.fields.workflow, name):
            yield capability
    if not _shows(WorkflowStatus.COMPLETED, WebhookEvent.COMPLETED, dialect, settings):
        yield Capability.SEE_COMPLETION
    if not _shows(WorkflowStatus.REFUSED, WebhookEvent.REFUSED, dialect, settings):
        yield Capability.SEE_DECLINE
    ordered = dialect.fields.workflow.dispatch and dialect.fields.signer.position
    if not ordered or any(mapping.word_of(dialect.words.dispatch, mode.value) is None for mode in Dispatch):
        yield Capability.STAGES
    if not dialect.offers("status") or not dialect.status.status:
        yield Capability.ADOPT
    types = dialect.words.signature_types
    if all(mapping.word_of(types, kind.value) is None for kind in mapping.SEALS):
        yield Capability.SEALS


def _shows(status: WorkflowStatus, event: WebhookEvent, dialect: Dialect, settings: Sign8Settings) -> bool:
    """Whether an ending reaches us: by a status with a word for it, or a trusted webhook that names it."""
    if dialect.offers("status"):
        # Webhooks are hints then, so a word that the status lacks comes by no other way.
        return bool(dialect.status.status) and status.value in dialect.words.workflow_statuses.values()
    named = bool(dialect.webhooks.workflow_id) and event.value in dialect.webhooks.events.values()
    return named and trusts_webhooks(settings)
