"""What actions on the application itself take."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from paraph.model import Secret
from paraph.provider import NoParams
from paraph_ignisign.params._fields import AppRef


@attrs.frozen(kw_only=True)
class ApplicationRef(NoParams):
    """The application: the account's own, which need not be given."""

    app_id: str | None = None


@attrs.frozen(kw_only=True)
class Exchange(AppRef):
    """An old secret to exchange; without one, the account's own."""

    secret: Secret | None = None


@attrs.frozen(kw_only=True)
class NewInvitation(ApplicationRef):
    """A person to invite to the console; ``roles`` by environment, each ADMIN, USER or READER."""

    email: str = attrs.field(repr=False)
    roles: Mapping[str, tuple[str, ...]]


@attrs.frozen(kw_only=True)
class InvitationRef(ApplicationRef):
    """One invitation."""

    user_invitation_id: str


@attrs.frozen(kw_only=True)
class InvitationUpdate(InvitationRef):
    """Other roles for an invitation; see :class:`NewInvitation`."""

    roles: Mapping[str, tuple[str, ...]]
