"""What an author of a provider plugin needs to know of paraph."""

from typing import TYPE_CHECKING

from paraph.lazily import found_in
from paraph.provider.endpoint import Api, NoParams, endpoint  # now: its module has the name of the function

if TYPE_CHECKING:
    from paraph.provider.account import Account, Carried, ClientCertificate, Delivery, SigningLink
    from paraph.provider.action import Action, Repeat
    from paraph.provider.adopted import Adopted, local_ids
    from paraph.provider.answers import json_of, malformed, operation_of, problem_of, retry_after
    from paraph.provider.bearer import Token, issued_token, not_issued, with_token
    from paraph.provider.capability import Capabilities, Capability
    from paraph.provider.finding import Finding, Standing
    from paraph.provider.info import BRANDING, PLUGIN_API, ProviderInfo, setting
    from paraph.provider.protocol import (
        WOULD_BE,
        Adopts,
        Cancels,
        ClosesDrafts,
        Examines,
        GivesLinks,
        ListsEvents,
        ListsEventsByPage,
        ListsWebhooks,
        Malformed,
        ManagesWebhooks,
        OffersActions,
        PastDelivery,
        PastPage,
        PresentsCertificate,
        Provider,
        Reading,
        ReadsHeaders,
        Rehearses,
        Reminds,
        StandIn,
        SuppliesEvidence,
        Verdict,
        WebhookEndpoint,
    )

__all__ = [
    "BRANDING",
    "PLUGIN_API",
    "WOULD_BE",
    "Account",
    "Action",
    "Adopted",
    "Adopts",
    "Api",
    "Cancels",
    "Capabilities",
    "Capability",
    "Carried",
    "ClientCertificate",
    "ClosesDrafts",
    "Delivery",
    "Examines",
    "Finding",
    "GivesLinks",
    "ListsEvents",
    "ListsEventsByPage",
    "ListsWebhooks",
    "Malformed",
    "ManagesWebhooks",
    "NoParams",
    "OffersActions",
    "PastDelivery",
    "PastPage",
    "PresentsCertificate",
    "Provider",
    "ProviderInfo",
    "Reading",
    "ReadsHeaders",
    "Rehearses",
    "Reminds",
    "Repeat",
    "SigningLink",
    "StandIn",
    "Standing",
    "SuppliesEvidence",
    "Token",
    "Verdict",
    "WebhookEndpoint",
    "endpoint",
    "issued_token",
    "json_of",
    "local_ids",
    "malformed",
    "not_issued",
    "operation_of",
    "problem_of",
    "retry_after",
    "setting",
    "with_token",
]

if not TYPE_CHECKING:  # a checker that saw it would accept any misspelt name
    __getattr__ = found_in(
        __name__,
        "info",
        "capability",
        "account",
        "action",
        "answers",
        "protocol",
        "bearer",
        "finding",
        "adopted",
    )
