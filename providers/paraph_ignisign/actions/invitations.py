"""People invited to the vendor's console.

The vendor's client knows these routes by their paths alone, so that shapes of answers are assumptions.
"""

from __future__ import annotations

from typing import Any, Final

from paraph.flow import Flow
from paraph.provider import Account, Action, NoParams, Repeat, endpoint
from paraph_ignisign.actions.base import API, accepted
from paraph_ignisign.actions.repeating import settled
from paraph_ignisign.params.application import ApplicationRef, InvitationRef, InvitationUpdate, NewInvitation
from paraph_ignisign.wire._fields import Done
from paraph_ignisign.wire.invitations import InvitedUsers

_ALL: Final = "/v4/applications/{appId}/users-invitations"
_ONE: Final = _ALL + "/{userInvitationId}"
_SOURCE: Final = "contract 2, User invitations"
_CANCELED: Final = "CANCELED"
_ROLES: Final = "Roles by environment (DEVELOPMENT, STAGING, PRODUCTION): ADMIN, USER or READER."

LIST_INVITATIONS: Final[Action[NoParams, InvitedUsers]] = endpoint(
    API,
    "invitations.list",
    "GET",
    _ALL,
    params=ApplicationRef,
    result=InvitedUsers,
    repeat=Repeat.READ,
    summary="List who was invited to the application.",
    description="Status PENDING, ACCEPTED, DECLINED or CANCELED.",
    source=_SOURCE,
    documented=False,
)

CREATE_INVITATION: Final = endpoint(
    API,
    "invitations.create",
    "POST",
    _ALL,
    params=NewInvitation,
    result=InvitedUsers,
    repeat=Repeat.NEVER,
    summary="Invite a person to the application; the vendor writes to them.",
    description=_ROLES,
    source=_SOURCE,
    documented=False,
    errors=("USER_ALREADY_IN_APP", "USER_ALREADY_INVITED_BY_ORGANIZATION", "EMAIL_INVALID"),
)

UPDATE_INVITATION: Final = endpoint(
    API,
    "invitations.update",
    "PUT",
    _ONE,
    params=InvitationUpdate,
    result=InvitedUsers,
    repeat=Repeat.IDEMPOTENT,
    summary="Change the roles of an invitation.",
    description=_ROLES,
    source=_SOURCE,
    documented=False,
    errors=("INVITED_USER_NOT_FOUND", "NO_PENDING_USER_INVITATION"),
)


def _delete(account: Account[Any], given: InvitationRef) -> Flow[Done]:
    def once() -> Flow[Done]:
        return accepted(API.request(account, "DELETE", _ONE, given))

    return settled(DELETE_INVITATION.name, once, lambda: _taken_back(account, given))


def _taken_back(account: Account[Any], given: InvitationRef) -> Flow[Done | None]:
    """Read whether it was: who accepted or declined meanwhile was still invited."""
    listed = yield from LIST_INVITATIONS.run(account, ApplicationRef(app_id=given.app_id))
    statuses = {each.id: each.status for each in listed.invitations}
    return Done() if statuses.get(given.user_invitation_id, _CANCELED) == _CANCELED else None


DELETE_INVITATION: Final = Action(
    name="invitations.delete",
    summary="Take an invitation back.",
    description=(
        "A second call finds nothing to take back (inferred), which is a success where it repeats one whose "
        "answer was lost and the list shows it CANCELED, or no more. One that was answered is refused."
    ),
    source=_SOURCE,
    repeat=Repeat.IDEMPOTENT,
    params=InvitationRef,
    result=Done,
    run=_delete,
    method="DELETE",
    path=_ONE,
    documented=False,
    errors=("INVITED_USER_NOT_FOUND", "NO_PENDING_USER_INVITATION"),
)


def _resend(account: Account[Any], given: InvitationRef) -> Flow[Done]:
    return accepted(API.request(account, "POST", _ONE + "/resend", given))


RESEND_INVITATION: Final = Action(
    name="invitations.resend",
    summary="Let the vendor write to an invited person once more.",
    description="Each call writes again.",
    source=_SOURCE,
    repeat=Repeat.NEVER,
    params=InvitationRef,
    result=Done,
    run=_resend,
    method="POST",
    path=_ONE + "/resend",
    documented=False,
    errors=("INVITED_USER_NOT_FOUND", "NO_PENDING_USER_INVITATION"),
)

ACTIONS: Final = (
    LIST_INVITATIONS,
    CREATE_INVITATION,
    UPDATE_INVITATION,
    DELETE_INVITATION,
    RESEND_INVITATION,
)
"""The subject's actions, in the order in which they are listed."""
