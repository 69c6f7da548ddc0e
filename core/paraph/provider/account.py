"""Accounts and what is carried through them, as providers see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import attrs

from paraph.model import Policy, Secret
from paraph.provider.limits import Limits

if TYPE_CHECKING:
    from paraph.model import Envelope

SettingsT = TypeVar("SettingsT")


@attrs.frozen(kw_only=True, eq=False)
class Account(Generic[SettingsT]):
    """One configured tenant of one provider.

    Two accounts of one provider share nothing; whatever must last (tokens) lives in the
    client's session of that account.

    :ivar environment: ``test`` or ``production``; stamped on envelopes and events.
    :ivar settings: the provider's own settings class, with secrets resolved.
    :ivar defaults: neutral defaults such as ``language``; an envelope's own value wins.
    :ivar policy: how strictly requests are taken; ``None`` leaves each problem its own weight.
    :ivar allow_recipients: patterns such as ``*@example.org``; the account writes to no one else, and with
        none at all to nobody. ``None``: to anybody.
    :ivar limits: how much it may ask of its vendor.
    """

    name: str
    provider: str
    environment: str
    settings: SettingsT = attrs.field(repr=False)
    webhook_secret: Secret | None = None
    public_url: str | None = None
    allow_recipients: tuple[str, ...] | None = None
    policy: Policy | None = None
    defaults: Mapping[str, Any] = attrs.field(factory=dict)
    limits: Limits = attrs.field(factory=Limits)

    @property
    def webhook_url(self) -> Secret | None:
        """The URL that the vendor calls, ``{public_url}/{account}/{secret}``; ``None`` if not configured."""
        if not self.public_url or not self.webhook_secret:
            return None
        return Secret(f"{self.public_url.rstrip('/')}/{self.name}/{self.webhook_secret.reveal()}")


@attrs.frozen(kw_only=True, eq=False)
class Carried:
    """An envelope on its way through one account.

    :ivar reference: our reference of this attempt (32 hex characters), given to the vendor where it
        takes one; the same after a resume.
    :ivar vendor_ref: the vendor's id, ``""`` before it is known. A proven delivery that echoes our
        reference may tell it before the send's own answer does.
    :ivar signatories: local id to vendor reference, as far as known; ``documents`` likewise.
    """

    envelope: Envelope
    reference: str
    attempt: int = 1
    vendor_ref: str = ""
    signatories: Mapping[str, str] = attrs.field(factory=dict)
    documents: Mapping[str, str] = attrs.field(factory=dict)

    def local_signatory(self, vendor_ref: str) -> str | None:
        """Return the local id behind a vendor's signatory reference."""
        return next((local for local, ref in self.signatories.items() if ref == vendor_ref), None)


@attrs.frozen(kw_only=True)
class Delivery:
    """One webhook request as it arrived, without the path secret.

    :ivar headers: names in lower case: ``content-type``, ``user-agent`` and those that
        ``ProviderInfo.webhook_headers`` names; any may be missing.
    :ivar path: what followed the secret in the URL, without a leading slash.
    """

    account: str
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes = attrs.field(default=b"", repr=False)
    path: str = ""
    received_at: datetime


@attrs.frozen(kw_only=True)
class ClientCertificate:
    """A TLS client certificate.

    :ivar certificate: PEM file, with the chain if there is one. ``key``: PEM file of the private key, unless
        the first file holds it. ``password``: of the key, if it is encrypted.
    """

    certificate: Path
    key: Path | None = None
    password: Secret | None = None


@attrs.frozen(kw_only=True)
class SigningLink:
    """A signatory's way to the signing page. Whoever has it can act as the signatory.

    :ivar expires_at: aware UTC, or ``None`` if the vendor does not say.
    """

    signatory_id: str
    url: Secret
    expires_at: datetime | None = None
