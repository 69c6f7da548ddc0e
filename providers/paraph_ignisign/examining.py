"""What reads at the vendor show of an account before anything is sent (contract 1, #10 and #20).

The application's context can be read with every kind of application, so it tells whether the credentials are
accepted. Signer profiles are looked at as a send chooses them, one way of delivery after the other: a level
can be asked for where a fitting profile offers its method.
"""

from __future__ import annotations

from typing import Final

from paraph.errors import VendorError, VendorNotFound
from paraph.flow import Flow
from paraph.model import DeliveryBy, Level, Problem
from paraph.provider import Account, Finding, NoParams
from paraph_ignisign import mapping
from paraph_ignisign.actions import APPLICATION_CONTEXT, LIST_PROFILES
from paraph_ignisign.params import ApplicationRef
from paraph_ignisign.planning import choose_profile
from paraph_ignisign.settings import IgnisignSettings
from paraph_ignisign.wire import ApplicationContext, SignerProfile

OPTIONS: Final = {DeliveryBy.EMAIL: "profile_email", DeliveryBy.LINK: "profile_link"}


def examine(account: Account[IgnisignSettings]) -> Flow[tuple[Finding, ...]]:
    """Read the application and its signer profiles; see ``Examines``."""
    credentials = yield from _credentials(account)
    try:
        listed: tuple[SignerProfile, ...] = yield from LIST_PROFILES.run(account, NoParams())
    except VendorNotFound:
        why = "this kind of application has no signer profiles, so no envelope can be sent"
        return (credentials, Finding.fail("profiles", why, "use an application that signs"))
    except VendorError as error:
        return (credentials, Finding.not_asked("profiles", f"they cannot be read: {error}"))
    found = [credentials]
    for delivery, option in OPTIONS.items():
        found += _profile(listed, delivery, option, account)
    return tuple(found)


def _credentials(account: Account[IgnisignSettings]) -> Flow[Finding]:
    try:
        shown: ApplicationContext = yield from APPLICATION_CONTEXT.run(account, ApplicationRef())
    except VendorError as error:
        hint = "look at the account's credentials, and at the application in Ignisign's console"
        return Finding.fail("credentials", str(error), hint)
    app_env = account.settings.credentials().app_env
    kind = f", an application of type {shown.app_type}" if shown.app_type else ""
    status = f" with status {shown.status}" if shown.status else ""
    return Finding.ok("credentials", f"accepted for {app_env}{kind}{status}")


def _profile(
    listed: tuple[SignerProfile, ...],
    delivery: DeliveryBy,
    option: str,
    account: Account[IgnisignSettings],
) -> tuple[Finding, ...]:
    check = f"profile ({delivery.value})"
    chosen = choose_profile(listed, delivery, None, account)
    if isinstance(chosen, Problem):
        if getattr(account.settings, option) is not None:
            return (Finding.fail(check, chosen.message, chosen.hint),)
        return (Finding.warn(check, chosen.message, f"only if you need it: {chosen.hint}"),)
    return (
        Finding.ok(check, f"{chosen.name or chosen.id} ({chosen.integration_mode})"),
        _levels(listed, delivery, account),
    )


def _levels(
    listed: tuple[SignerProfile, ...], delivery: DeliveryBy, account: Account[IgnisignSettings]
) -> Finding:
    check = f"levels ({delivery.value})"
    able: list[str] = []
    lacking: list[str] = []
    for level in mapping.LEVELS:
        method = mapping.method_of(level, account.settings.aes_method)
        found = choose_profile(listed, delivery, method, account)
        (lacking if isinstance(found, Problem) else able).append(f"{level.name} ({method})")
    said = ", ".join(able) or "none"
    wanted: Level | None = account.defaults.get("level")
    hint = "enable the method in Ignisign's console"
    if not able:
        return Finding.fail(check, f"none: no profile offers {', '.join(lacking)}", hint)
    if wanted is not None and any(each.startswith(f"{wanted.name} (") for each in lacking):
        found_words = f"{said}; not the account's default, {wanted.name}"
        return Finding.fail(check, found_words, f"{hint}, or change accounts.{account.name}.defaults.level")
    return Finding.ok(check, f"{said}; not {', '.join(lacking)}" if lacking else said)
