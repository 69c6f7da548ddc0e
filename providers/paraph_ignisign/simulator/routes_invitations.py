"""Invitations of users to the application's console (contract 2: of five routes the constants are known).

Assumptions: the list is a bare array; writing answers the invitation; a person is invited once at a time;
only a PENDING invitation is sent again or cancelled; editing changes the roles of one that is not cancelled.
"""

from typing import Any

from paraph.testing.simulator import Mail
from paraph_ignisign.simulator import shapes
from paraph_ignisign.simulator.application import InvitedUser
from paraph_ignisign.simulator.credentials import new_id
from paraph_ignisign.simulator.errors import VendorError
from paraph_ignisign.simulator.http import Call, Endpoint, delete, get, post, put
from paraph_ignisign.simulator.shapes import Key
from paraph_ignisign.simulator.tables import APP_ENVS, USER_ROLES
from paraph_ignisign.simulator.tenant import Tenant

_ALL = "/v4/applications/{appId}/users-invitations"
_ONE = f"{_ALL}/{{userInvitationId}}"
_ROLES = Key(
    shapes.record({env: Key(shapes.each(shapes.one_of(*USER_ROLES)), required=True) for env in APP_ENVS}),
    required=True,
)


def list_all(tenant: Tenant, _call: Call) -> Any:
    """GET every invitation, oldest first."""
    return [one.json() for one in tenant.invited.values()]


def create(tenant: Tenant, call: Call) -> Any:
    """POST: invite somebody; the mail goes out at once."""
    email = call.body["email"]
    if not shapes.email(email):
        raise VendorError("EMAIL_INVALID")
    known = [one.status for one in tenant.invited.values() if one.email.casefold() == email.casefold()]
    if "ACCEPTED" in known:
        raise VendorError("USER_ALREADY_IN_APP")
    if "PENDING" in known:
        raise VendorError("USER_ALREADY_INVITED_BY_ORGANIZATION")
    invited = InvitedUser(id=new_id(), app_id=call.context.app_id, email=email, roles=call.body["roles"])
    tenant.invited[invited.id] = invited
    tenant.effects.add("user_invited", invited.id)
    _send(tenant, invited)
    return invited.json()


def edit(tenant: Tenant, call: Call) -> Any:
    """PUT: other roles."""
    invited = _invited(tenant, call)
    if invited.status == "CANCELED":
        raise VendorError("NO_PENDING_USER_INVITATION")
    invited.roles = call.body["roles"]
    return invited.json()


def cancel(tenant: Tenant, call: Call) -> Any:
    """DELETE: it stays in the list as CANCELED."""
    invited = _pending(tenant, call)
    invited.status = "CANCELED"
    tenant.effects.add("invitation_cancelled", invited.id)
    return invited.json()


def resend(tenant: Tenant, call: Call) -> Any:
    """POST: the same mail again."""
    invited = _pending(tenant, call)
    tenant.effects.add("invitation_resent", invited.id)
    _send(tenant, invited)
    return invited.json()


def _invited(tenant: Tenant, call: Call) -> InvitedUser:
    found = tenant.invited.get(call.path["userInvitationId"])
    if found is None:
        raise VendorError("INVITED_USER_NOT_FOUND")
    return found


def _pending(tenant: Tenant, call: Call) -> InvitedUser:
    invited = _invited(tenant, call)
    if invited.status != "PENDING":
        raise VendorError("NO_PENDING_USER_INVITATION")
    return invited


def _send(tenant: Tenant, invited: InvitedUser) -> None:
    link = f"{tenant.sign_base()}/users-invitations/{invited.id}"
    tenant.outbox.append(Mail(to=invited.email, subject="You are invited to an application", link=link))


ENDPOINTS: tuple[Endpoint, ...] = (
    get(_ALL, list_all),
    post(_ALL, create, {"email": Key(shapes.text, required=True), "roles": _ROLES}),
    put(_ONE, edit, {"roles": _ROLES}),
    delete(_ONE, cancel),
    post(f"{_ONE}/resend", resend),
)
