"""Answers about signers and their profiles."""

from __future__ import annotations

from typing import Any

import attrs

from paraph.convert import named
from paraph.model import Secret
from paraph_ignisign.wire._fields import Told, hidden, vendor_id
from paraph_ignisign.wire.converter import shaped
from paraph_ignisign.wire.parts import Signer


@attrs.frozen(kw_only=True)
class SignerProfile:
    """How signatories of a kind identify themselves and reach the page.

    :ivar version: a number or a text, which the contract does not say.
    :ivar accept_2fa_delegation: as the vendor says it; what follows from it is not documented.
    """

    id: str = vendor_id("signerProfileId")
    name: str = ""
    description: str | None = None
    status: str = "ACTIVE"
    integration_mode: str = ""
    is_recurrent: bool | None = None
    is_email_proof_sent_by_ignisign: bool | None = None
    email_domains: tuple[str, ...] | None = None
    signer_ids: tuple[str, ...] | None = None
    sso_config_id: str | None = None
    signature_auth_methods_configuration: dict[str, Any] | None = None
    version: Any = None
    accept_2fa_delegation: Told[bool] = attrs.field(default=None, metadata=named("accept2FADelegation"))


def _one_constraint(value: Any) -> Any:
    """Take one object (version 4), a list (version 3) or a wrapped list (contract 9.17)."""
    if isinstance(value, dict) and "constraints" in value:
        value = value["constraints"]
    if isinstance(value, list):
        value = next(iter(value), {})
    return value


@shaped(_one_constraint)
@attrs.frozen(kw_only=True)
class InputsNeeded:
    """What a signer profile wants to know of a person, in the vendor's field names."""

    inputs_needed: tuple[str, ...] = ()
    optional_inputs: tuple[str, ...] = ()
    signer_profile_id: Told[str] = None


@attrs.frozen(kw_only=True)
class MissingInputs:
    """What a profile wants of a signer that the signer has not given, in the vendor's field names."""

    missing_inputs: tuple[str, ...]


@attrs.frozen(kw_only=True)
class CreatedSigner:
    """A signer that was made, or found: ``already_exists`` says which, where the vendor says so."""

    signer_id: str = vendor_id("signerId")
    entity_type: str | None = None
    auth_secret: Secret | None = None
    already_exists: bool | None = None
    success: bool | None = None


@attrs.frozen(kw_only=True)
class Claim:
    """Something that is said of a signer, such as ``EMAIL_POSSESSION``, and how far it is proven."""

    claim_ref: str
    status: str | None = None


@attrs.frozen(kw_only=True)
class SignerDetails(Signer):
    """A signer with its claims and latest requests, whose shape is not documented."""

    claims: tuple[Claim, ...] | None = None
    latest_signature_requests: tuple[Any, ...] | None = hidden()


@attrs.frozen(kw_only=True)
class Signers:
    """Signers: one page, or all. ``total`` is what the vendor counts."""

    signers: tuple[Signer, ...] = ()
    total: int | None = None


@attrs.frozen(kw_only=True)
class SignerId:
    """The id of a signer."""

    signer_id: str = vendor_id("signerId")


@attrs.frozen(kw_only=True)
class NewSecret:
    """A signer's regenerated secret."""

    auth_secret: Secret
    signer_id: str | None = attrs.field(default=None, metadata=named("signerId", "_id"))
