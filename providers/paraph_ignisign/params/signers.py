"""What actions on signers and their profiles take."""

from __future__ import annotations

from datetime import date

import attrs

from paraph.convert import named
from paraph_ignisign.params._fields import AppRef, hidden, request_id


@attrs.frozen(kw_only=True)
class ProfileRef(AppRef):
    """One signer profile."""

    signer_profile_id: str = attrs.field(metadata=named("signerProfileId", "signatureProfileId"))


@attrs.frozen(kw_only=True)
class SignerRef(AppRef):
    """One signer."""

    signer_id: str


@attrs.frozen(kw_only=True)
class NewSigner(AppRef):
    """A person, with the inputs that their profile wants. Phone: E.164; birth date: ISO.

    Countries are two letters of the vendor's 222 (contract, appendix C).
    """

    signer_profile_id: str | None = None
    external_id: str | None = None
    first_name: str | None = hidden()
    last_name: str | None = hidden()
    email: str | None = hidden()
    phone_number: str | None = hidden()
    nationality: str | None = hidden()
    birth_date: date | None = attrs.field(default=None, repr=False)
    birth_place: str | None = hidden()
    birth_country: str | None = hidden()


@attrs.frozen(kw_only=True)
class SignerUpdate(NewSigner):
    """What to add to a signer. What it has already cannot be changed, except ``external_id``.

    :ivar is_recurrent: ``True`` makes the signer recurrent; there is no way back (contract 1 #31).
    """

    signer_id: str
    is_recurrent: bool | None = None


@attrs.frozen(kw_only=True)
class SignerSearch(AppRef):
    """A text to look for in names, e-mail addresses and external ids; ``*`` finds all."""

    filter: str = attrs.field(repr=False)
    page: int | None = None
    page_size: int | None = None


@attrs.frozen(kw_only=True)
class MissingInputsOf(AppRef):
    """A signer, and the profile whose wishes count; without one, the signer's own."""

    signer_id: str
    signer_profile_id: str | None = attrs.field(
        default=None, metadata=named("signerProfileId", "signatureProfileId")
    )


@attrs.frozen(kw_only=True)
class SignerOfRequest(AppRef):
    """A signer of a request."""

    signature_request_id: str = request_id()
    signer_id: str
