"""What an application has besides signers, requests and documents, and how it looks as JSON."""

from datetime import datetime
from typing import Any

import attrs
from cryptography.hazmat.primitives.asymmetric import ec

from paraph_ignisign.simulator.model import Context, Profile


@attrs.define(kw_only=True, eq=False)
class Machine:
    """A machine that seals documents by itself (contract 7.6); made in the console only."""

    id: str
    context: Context
    profile: Profile
    key: ec.EllipticCurvePrivateKey = attrs.field(repr=False)
    status: str = "ACTIVE"


@attrs.define(kw_only=True, eq=False)
class InvitedUser:
    """Somebody invited to the vendor's console of this application (contract 2)."""

    id: str
    app_id: str
    email: str = attrs.field(repr=False)
    roles: dict[str, list[str]]
    status: str = "PENDING"

    def json(self) -> dict[str, Any]:
        """Return an InvitedUser."""
        return {
            "_id": self.id,
            "email": self.email,
            "appId": self.app_id,
            "status": self.status,
            "roles": self.roles,
        }


@attrs.frozen(kw_only=True)
class BareWish:
    """What an integrator asks a person to sign by a browser's redirect (contract 7.7)."""

    redirect_uri: str = attrs.field(repr=False)
    challenge: str = attrs.field(repr=False)
    state: str = attrs.field(repr=False)
    nonce: str = attrs.field(repr=False)
    hashes: tuple[str, ...]
    external_id: str | None
    title: str
    language: str


@attrs.define(kw_only=True, eq=False)
class BareGrant:
    """A person's consent: its code is exchanged once for a token that opens the proofs."""

    wish: BareWish
    granted_at: datetime
    proof: dict[str, Any] = attrs.field(repr=False)
    used: bool = False


@attrs.define(kw_only=True, eq=False)
class BareGrants:
    """All consents of an application, by code and by token, and the nonces that were used up."""

    nonces: set[str] = attrs.field(factory=set, repr=False)
    by_code: dict[str, BareGrant] = attrs.field(factory=dict, repr=False)
    by_token: dict[str, tuple[BareGrant, datetime]] = attrs.field(factory=dict, repr=False)
    """The grant and when the token ends."""
