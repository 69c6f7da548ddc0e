"""What an author of a provider plugin needs to know of paraph."""

from paraph.provider.account import Account, Carried, Delivery, SigningLink
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
    Provider,
    Reading,
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
    "Delivery",
    "GivesLinks",
    "ListsEvents",
    "Malformed",
    "ManagesWebhooks",
    "NoParams",
    "OffersActions",
    "PastDelivery",
    "Provider",
    "ProviderInfo",
    "Reading",
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
