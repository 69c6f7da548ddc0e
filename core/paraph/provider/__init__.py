"""What an author of a provider plugin needs to know of paraph."""

from paraph.provider.account import Account, Carried, ClientCertificate, Delivery, SigningLink
from paraph.provider.action import Action, Repeat
from paraph.provider.answers import json_of, malformed, operation_of, problem_of, retry_after
from paraph.provider.capability import Capabilities, Capability
from paraph.provider.endpoint import Api, NoParams, endpoint
from paraph.provider.info import PLUGIN_API, ProviderInfo, setting
from paraph.provider.protocol import (
    Cancels,
    GivesLinks,
    ListsEvents,
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
)

__all__ = [
    "PLUGIN_API",
    "Account",
    "Action",
    "Api",
    "Cancels",
    "Capabilities",
    "Capability",
    "Carried",
    "ClientCertificate",
    "Delivery",
    "GivesLinks",
    "ListsEvents",
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
    "SuppliesEvidence",
    "Verdict",
    "endpoint",
    "json_of",
    "malformed",
    "operation_of",
    "problem_of",
    "retry_after",
    "setting",
]
