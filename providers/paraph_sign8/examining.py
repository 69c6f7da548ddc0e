"""What can be looked at of an account before anything is sent.

No call of SIGN8's is known that only reads and is about nothing that has to exist first (contract 4 and 6).
So credentials show with the first envelope, unless they are exchanged for a token: then whoever issues tokens
says whether they are right. Beside that, the dialect is looked at: how much of it is assumed.
"""

from __future__ import annotations

from paraph.errors import VendorError
from paraph.flow import Flow
from paraph.provider import Account, Finding
from paraph_sign8 import auth
from paraph_sign8.assumptions import assumed
from paraph_sign8.settings import OAuth2Auth, Sign8Settings


def examine(account: Account[Sign8Settings]) -> Flow[tuple[Finding, ...]]:
    """Look at credentials, as far as that can be, and at the dialect; see ``Examines``."""
    return ((yield from _credentials(account)), _dialect(account))


def _credentials(account: Account[Sign8Settings]) -> Flow[Finding]:
    if not isinstance(account.settings.auth, OAuth2Auth):
        why = "SIGN8 is not known to have a call that only reads: the first envelope shows it"
        return Finding.not_asked("credentials", why, "send one in a test environment")
    try:
        yield from auth.authorize(account, None)
    except VendorError as error:
        return Finding.fail("credentials", str(error), "look at auth.client_id and auth.client_secret")
    return Finding.ok("credentials", "a token was issued; whether the API takes it, the first envelope shows")


def _dialect(account: Account[Sign8Settings]) -> Finding:
    count = len(assumed(account.settings))
    if count:
        hint = "`paraph sign8 dialect show` lists them; `paraph sign8 import` reads SIGN8's own description"
        return Finding.warn("dialect", f"{count} value(s) that this account would use are assumed", hint)
    return Finding.ok("dialect", "nothing that this account would use is assumed")
