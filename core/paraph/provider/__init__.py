"""What an author of a provider plugin needs to know of paraph."""

from paraph.provider.account import Account, Carried, ClientCertificate, Delivery, SigningLink
from paraph.provider.action import Action, Repeat
from paraph.provider.adopted import Adopted, local_ids
from paraph.provider.answers import json_of, malformed, operation_of, problem_of, retry_after
from paraph.provider.bearer import Token, issued_token, not_issued, with_token
from paraph.provider.capability import Capabilities, Capability
from paraph.provider.endpoint import Api, NoParams, endpoint
from paraph.provider.finding import Finding, Standing
from paraph.provider.info import PLUGIN_API, ProviderInfo, setting
from paraph.provider.protocol import (
    Adopts,
    Cancels,
    ClosesDrafts,
    Examines,
    GivesLinks,
    ListsEvents,
    ListsWebhooks,
    Malformed,
    ManagesWebhooks,
    OffersActions,
    PastDelivery,
    PresentsCertificate,
    Provider,
    Reading,
    ReadsHeaders,
    Reminds,
    SuppliesEvidence,
    Verdict,
    WebhookEndpoint,
)

__all__ = [
    "PLUGIN_API",
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
    "ListsWebhooks",
    "Malformed",
    "ManagesWebhooks",
    "NoParams",
    "OffersActions",
    "PastDelivery",
    "PresentsCertificate",
    "Provider",
    "ProviderInfo",
    "Reading",
    "ReadsHeaders",
    "Reminds",
    "Repeat",
    "SigningLink",
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
