"""What Ignisign's answers look like, as far as they are used, by subject.

Liberal where the contract's section 9 lists a contradiction: ``_id`` beside ``signatureRequestId``
(15), lists that may come as one object or wrapped (13, 14, 17), nearly everything optional (18). Status
words stay text, so that a new one never breaks reading; :mod:`paraph_ignisign.mapping` gives them meaning.
Personal data and tokens never show in a repr.
"""

from typing import TYPE_CHECKING

from paraph.lazily import found_in

if TYPE_CHECKING:
    from paraph_ignisign.wire._fields import Done
    from paraph_ignisign.wire.application import (
        ApiKey,
        ApplicationContext,
        AppSettings,
        EnvSettings,
        Health,
        Jwt,
    )
    from paraph_ignisign.wire.converter import CONVERTER
    from paraph_ignisign.wire.documents import (
        Authenticity,
        DocumentContext,
        DocumentId,
        Documents,
        FetchedFile,
        Signature,
        SignatureFile,
        SignatureImage,
        SignatureImages,
    )
    from paraph_ignisign.wire.invitations import InvitedUser, InvitedUsers
    from paraph_ignisign.wire.parts import Document, SignatureSummary, Signer, Statement
    from paraph_ignisign.wire.requests import (
        Paging,
        ProfileUsed,
        Published,
        PublishedSigner,
        RequestContext,
        RequestId,
        RequestPage,
        RequestStatus,
        RequestStatuses,
        RequestSummary,
    )
    from paraph_ignisign.wire.sealing import (
        BareAuthorization,
        BareConfiguration,
        BareProof,
        BareProofs,
        BareSigner,
        BareToken,
        Capsule,
        Sealed,
    )
    from paraph_ignisign.wire.signers import (
        Claim,
        CreatedSigner,
        InputsNeeded,
        MissingInputs,
        NewSecret,
        SignerDetails,
        SignerId,
        SignerProfile,
        Signers,
    )
    from paraph_ignisign.wire.webhooks import (
        DeliveryResponse,
        EnsuredWebhook,
        TokenCheck,
        WebhookEndpoint,
        WebhookEndpoints,
        WebhookEvent,
        WebhookEvents,
    )

__all__ = [
    "CONVERTER",
    "ApiKey",
    "AppSettings",
    "ApplicationContext",
    "Authenticity",
    "BareAuthorization",
    "BareConfiguration",
    "BareProof",
    "BareProofs",
    "BareSigner",
    "BareToken",
    "Capsule",
    "Claim",
    "CreatedSigner",
    "DeliveryResponse",
    "Document",
    "DocumentContext",
    "DocumentId",
    "Documents",
    "Done",
    "EnsuredWebhook",
    "EnvSettings",
    "FetchedFile",
    "Health",
    "InputsNeeded",
    "InvitedUser",
    "InvitedUsers",
    "Jwt",
    "MissingInputs",
    "NewSecret",
    "Paging",
    "ProfileUsed",
    "Published",
    "PublishedSigner",
    "RequestContext",
    "RequestId",
    "RequestPage",
    "RequestStatus",
    "RequestStatuses",
    "RequestSummary",
    "Sealed",
    "Signature",
    "SignatureFile",
    "SignatureImage",
    "SignatureImages",
    "SignatureSummary",
    "Signer",
    "SignerDetails",
    "SignerId",
    "SignerProfile",
    "Signers",
    "Statement",
    "TokenCheck",
    "WebhookEndpoint",
    "WebhookEndpoints",
    "WebhookEvent",
    "WebhookEvents",
]

if not TYPE_CHECKING:  # a checker that saw it would accept any misspelt name
    __getattr__ = found_in(
        __name__,
        "_fields",
        "converter",
        "parts",
        "requests",
        "signers",
        "documents",
        "webhooks",
        "application",
        "invitations",
        "sealing",
    )
