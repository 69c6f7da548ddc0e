"""Signer profiles: made in the vendor's console only, so all that can be done is reading them."""

from __future__ import annotations

from typing import Final

from paraph.provider import Action, NoParams, Repeat, endpoint
from paraph_ignisign.actions.base import API, APP
from paraph_ignisign.params._fields import AppRef
from paraph_ignisign.params.signers import ProfileRef
from paraph_ignisign.wire.signers import InputsNeeded, SignerProfile

LIST_PROFILES: Final[Action[NoParams, tuple[SignerProfile, ...]]] = endpoint(
    API,
    "profiles.list",
    "GET",
    APP + "/signer-profiles",
    params=AppRef,
    result=tuple[SignerProfile, ...],
    repeat=Repeat.READ,
    summary="List the signer profiles of the application's environment.",
    description=(
        "A profile says how signers of a kind identify themselves, which methods they sign with, and how "
        "they reach the page: BY_SIDE (by e-mail), EMBEDDED (by your link) or MACHINE_TO_MACHINE."
    ),
    source="contract 1 #20",
    slug="IGNISIGN_GET_SIGNER_PROFILES",
)

GET_PROFILE: Final = endpoint(
    API,
    "profiles.get",
    "GET",
    APP + "/signer-profiles/{signerProfileId}",
    params=ProfileRef,
    result=SignerProfile,
    repeat=Repeat.READ,
    summary="Read one signer profile.",
    description="The methods with their identity proofs and authentications stand in the configuration map.",
    source="contract 1 #19",
    slug="IGNISIGN_GET_SIGNER_PROFILE",
    errors=("SIGNER_PROFILE_NOT_FOUND",),
)

INPUTS_NEEDED: Final = endpoint(
    API,
    "profiles.inputs_needed",
    "GET",
    APP + "/signer-profiles/{signerProfileId}/inputs-needed",
    params=ProfileRef,
    result=InputsNeeded,
    repeat=Repeat.READ,
    summary="Read which data a signer profile wants of a person.",
    description=(
        "The vendor's names: firstName, lastName, email, phoneNumber, nationality, birthDate, birthPlace, "
        "birthCountry. The answer of version 3, a list, is read as well."
    ),
    source="contract 1 #17",
    slug="IGNISIGN_GET_SIGNER_INPUT_CONSTRAINTS",
    errors=("SIGNER_PROFILE_NOT_FOUND",),
)

ACTIONS: Final = (
    LIST_PROFILES,
    GET_PROFILE,
    INPUTS_NEEDED,
)
"""The subject's actions, in the order in which they are listed."""
