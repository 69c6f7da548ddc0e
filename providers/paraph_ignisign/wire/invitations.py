"""Answers about people invited to the vendor's console."""

from __future__ import annotations

import attrs

from paraph_ignisign.wire._fields import hidden, record_id
from paraph_ignisign.wire.converter import list_under, shaped


@attrs.frozen(kw_only=True)
class InvitedUser:
    """A person invited to the application; ``roles`` by environment: ADMIN, USER, READER."""

    id: str = record_id("userInvitationId")
    email: str | None = hidden()
    app_id: str | None = None
    status: str | None = None
    roles: dict[str, tuple[str, ...]] | None = None


@shaped(list_under("invitations", "email"))  # no document shows the answer
@attrs.frozen(kw_only=True)
class InvitedUsers:
    """Invitations: all of them, or the one concerned."""

    invitations: tuple[InvitedUser, ...] = ()
