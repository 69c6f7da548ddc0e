"""What Ignisign's actions take, by subject. Names become the API's camelCase; ``None`` is left out.

Personal data and tokens never show in a repr.
"""

from typing import TYPE_CHECKING

from paraph.lazily import found_in

if TYPE_CHECKING:
    from paraph_ignisign.params._fields import AppRef
    from paraph_ignisign.params.application import (
        ApplicationRef,
        Exchange,
        InvitationRef,
        InvitationUpdate,
        NewInvitation,
    )
    from paraph_ignisign.params.documents import (
        PDF_PROOF,
        DocumentDigest,
        DocumentFile,
        DocumentJson,
        DocumentRef,
        DocumentUpdate,
        Fetch,
        NewDocument,
        OriginalOf,
        OriginalOfRequest,
        ProofOf,
        SignatureRef,
        SignedOfRequest,
        SignerProofOf,
    )
    from paraph_ignisign.params.requests import (
        OneCall,
        OneCallDocument,
        OneCallSigner,
        ProfileMethod,
        RequestPageRef,
        RequestRef,
        RequestRefs,
        RequestUpdate,
        Statement,
    )
    from paraph_ignisign.params.sealing import BareAccess, BareAuthorize, BareCode, NewCapsule, SealDocument
    from paraph_ignisign.params.signers import (
        MissingInputsOf,
        NewSigner,
        ProfileRef,
        SignerOfRequest,
        SignerRef,
        SignerSearch,
        SignerUpdate,
    )
    from paraph_ignisign.params.webhooks import (
        DisabledTopics,
        EventPageRef,
        EventRef,
        NewWebhook,
        TokenToCheck,
        WebhookRef,
        WebhookUpdate,
        WebhookUrl,
    )

__all__ = [
    "PDF_PROOF",
    "AppRef",
    "ApplicationRef",
    "BareAccess",
    "BareAuthorize",
    "BareCode",
    "DisabledTopics",
    "DocumentDigest",
    "DocumentFile",
    "DocumentJson",
    "DocumentRef",
    "DocumentUpdate",
    "EventPageRef",
    "EventRef",
    "Exchange",
    "Fetch",
    "InvitationRef",
    "InvitationUpdate",
    "MissingInputsOf",
    "NewCapsule",
    "NewDocument",
    "NewInvitation",
    "NewSigner",
    "NewWebhook",
    "OneCall",
    "OneCallDocument",
    "OneCallSigner",
    "OriginalOf",
    "OriginalOfRequest",
    "ProfileMethod",
    "ProfileRef",
    "ProofOf",
    "RequestPageRef",
    "RequestRef",
    "RequestRefs",
    "RequestUpdate",
    "SealDocument",
    "SignatureRef",
    "SignedOfRequest",
    "SignerOfRequest",
    "SignerProofOf",
    "SignerRef",
    "SignerSearch",
    "SignerUpdate",
    "Statement",
    "TokenToCheck",
    "WebhookRef",
    "WebhookUpdate",
    "WebhookUrl",
]

if not TYPE_CHECKING:  # a checker that saw it would accept any misspelt name
    __getattr__ = found_in(
        __name__, "_fields", "requests", "signers", "documents", "webhooks", "application", "sealing"
    )
