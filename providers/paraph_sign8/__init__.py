"""SIGN8 as a provider of paraph.

This module is all that is imported to describe the plugin: no HTTP library, no
converter. The provider itself is imported when an account is first used.
"""

from __future__ import annotations

import pluggy

from paraph.model import EvidenceKind, Level, Verb
from paraph.provider import PLUGIN_API, Capabilities, Capability, Provider, ProviderInfo
from paraph_sign8.settings import Sign8Options, Sign8Settings

__all__ = ["CAPABILITIES", "Sign8Options", "Sign8Settings", "paraph_provider"]

_hook = pluggy.HookimplMarker("paraph")

CAPABILITIES = Capabilities(
    supported=frozenset(
        {
            Capability.CANCEL,
            Capability.REMIND,
            Capability.READ_STATUS,
            Capability.SEE_COMPLETION,
            Capability.SEE_DECLINE,
            Capability.WEBHOOKS,
            Capability.DELIVERY_EMAIL,
            Capability.SIGNING_LINK,
            Capability.ATTACHMENTS,
            Capability.SEVERAL_DOCUMENTS,
            Capability.SEVERAL_SIGNATORIES,
            Capability.STAGES,
            Capability.FIELDS,
            Capability.EXPIRY,
            Capability.MESSAGE,
            Capability.SEALS,
            Capability.ADOPT,
            Capability.OUR_REFERENCE,
        }
    ),
    levels=frozenset({Level.SES, Level.AES, Level.QES}),
    verbs=frozenset({Verb.SIGN, Verb.SEAL}),
    evidence=frozenset({EvidenceKind.SIGNED_DOCUMENT, EvidenceKind.AUDIT_TRAIL}),
    notes={
        Capability.CANCEL: "needs dialect.operations.cancel.path",
        Capability.REMIND: "needs dialect.operations.remind.path",
        Capability.READ_STATUS: "needs dialect.operations.status.path",
        Capability.SEE_COMPLETION: "needs dialect.operations.status.path with a word for it, or else a "
        "trusted webhook for it; see dialect.status.status, dialect.words.workflow_statuses",
        Capability.SEE_DECLINE: "needs dialect.operations.status.path with a word for it, or else "
        "trusted webhooks; see dialect.status.status, dialect.words.workflow_statuses",
        Capability.SIGNING_LINK: "needs dialect.operations.signature_link.path",
        Capability.STAGES: "all at once or one after the other, nothing between; needs "
        "dialect.words.dispatch, dialect.fields.workflow.dispatch and dialect.fields.signer.position",
        Capability.EXPIRY: "needs dialect.fields.workflow.expires_at",
        Capability.MESSAGE: "needs dialect.fields.workflow.description",
        Capability.ADOPT: (
            "needs dialect.operations.status.path and dialect.status.status; names and titles are not shown"
        ),
        Capability.OUR_REFERENCE: "needs dialect.fields.workflow.reference",
        Capability.SEALS: "advanced or qualified; the sealing person has to be in a sealing team at SIGN8",
        Capability.WEBHOOKS: "the URL is registered at SIGN8; what it tells of an envelope is a hint where "
        "dialect.operations.status.path is set",
    },
)
"""What SIGN8's product can do. An account offers the part of it that its dialect has words for."""

ORGANIZATION_HEADERS = frozenset({"organisation_id", "organization_id", "organisation-id", "organization-id"})
"""Spellings of the webhook's header: the published one (contract 5), the database's, and what proxies make of
them."""


def _build() -> Provider:
    from paraph_sign8.provider import Sign8Provider

    return Sign8Provider()


@_hook
def paraph_provider() -> ProviderInfo:
    """Describe the plugin."""
    return ProviderInfo(
        name="sign8",
        title="SIGN8",
        summary="German trust service: SES, AES, QES and seals; its wire is described by a dialect.",
        api=PLUGIN_API,
        capabilities=CAPABILITIES,
        settings=Sign8Settings,
        build=_build,
        envelope_options=Sign8Options,
        simulator="paraph_sign8.simulator:create",
        documentation="https://support.sign8.eu",
        webhook_headers=ORGANIZATION_HEADERS,
        seen_live=False,
    )
