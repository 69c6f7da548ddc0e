"""Ignisign as a provider of paraph.

This module is all that is imported to describe the plugin: no HTTP library, no
converter. The provider itself is imported when an account is first used.
"""

from __future__ import annotations

import pluggy

from paraph.model import EvidenceKind, Level, Verb
from paraph.provider import PLUGIN_API, Capabilities, Capability, Provider, ProviderInfo
from paraph_ignisign.settings import IgnisignOptions, IgnisignSettings, IgnisignStatement

__all__ = ["CAPABILITIES", "IgnisignOptions", "IgnisignSettings", "IgnisignStatement", "paraph_provider"]

_hook = pluggy.HookimplMarker("paraph")

CAPABILITIES = Capabilities(
    supported=frozenset(
        {
            Capability.CANCEL,
            Capability.CLOSE_DRAFT,
            Capability.READ_STATUS,
            Capability.SEE_COMPLETION,
            Capability.WEBHOOKS,
            Capability.EVENT_LIST,
            Capability.MANAGE_WEBHOOKS,
            Capability.DELIVERY_EMAIL,
            Capability.SIGNING_LINK,
            Capability.DIGEST_DOCUMENTS,
            Capability.JSON_DOCUMENTS,
            Capability.NON_PDF_DOCUMENTS,
            Capability.SEVERAL_DOCUMENTS,
            Capability.SEVERAL_SIGNATORIES,
            Capability.EXPIRY,
            Capability.SCHEDULE,
            Capability.MESSAGE,
            Capability.LANGUAGE,
            Capability.ADOPT,
            Capability.OUR_REFERENCE,
        }
    ),
    levels=frozenset({Level.SES, Level.AES, Level.QES}),
    verbs=frozenset({Verb.SIGN, Verb.APPROVE, Verb.RECEIVE_COPY}),
    evidence=frozenset({EvidenceKind.SIGNED_DOCUMENT, EvidenceKind.PROOF, EvidenceKind.SIGNATURE_IMAGE}),
    notes={
        Capability.CANCEL: "a request that somebody had signed ends as COMPLETED; who signed tells it apart",
        Capability.SIGNING_LINK: "only for signatories with delivery 'link' (an EMBEDDED signer profile)",
        Capability.EVENT_LIST: "only for the account's own endpoint, so public_url must be configured",
        Capability.SEVERAL_SIGNATORIES: "all sign in parallel; approvers act before them, and only "
        "a completed request tells that they approved",
        Capability.NON_PDF_DOCUMENTS: "XML as any other file: as data only in machine-to-machine seals",
        Capability.DIGEST_DOCUMENTS: "no signed document can be fetched: the vendor never has the content",
        Capability.JSON_DOCUMENTS: "at most one per envelope",
        Capability.EXPIRY: "acted on every five minutes",
        Capability.ADOPT: "how a signatory is reached, and phone and birth, are not shown",
        Capability.SCHEDULE: "acted on every five minutes (assumed from the clock of expirations)",
    },
)
"""What the API can be told. Signing is always in parallel, and a refusal has no word at this vendor."""


def _build() -> Provider:
    from paraph_ignisign.provider import IgnisignProvider

    return IgnisignProvider()


@_hook
def paraph_provider() -> ProviderInfo:
    """Describe the plugin."""
    return ProviderInfo(
        name="ignisign",
        title="Ignisign",
        summary="French trust service: SES, AES and QES, by e-mail or embedded, with webhooks.",
        api=PLUGIN_API,
        capabilities=CAPABILITIES,
        settings=IgnisignSettings,
        envelope_options=IgnisignOptions,
        build=_build,
        simulator="paraph_ignisign.simulator:create",
        documentation="https://ignisign.io/docs",
        seen_live=False,
    )
