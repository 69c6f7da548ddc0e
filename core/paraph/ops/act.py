"""Acting on an envelope that exists: ``cancel``, ``remind``, ``signing_link``, ``call``, webhooks."""

from __future__ import annotations

import difflib
from typing import Any, TypeVar

import attrs

from paraph.errors import ConfigurationError, UsageError, VendorError
from paraph.flow.commands import Flow
from paraph.flow.helpers import call as blocking
from paraph.model import Snapshot
from paraph.ops.carry import under
from paraph.ops.kernel import Kernel
from paraph.ops.look import located, refresh, require
from paraph.ops.observe import observe, project
from paraph.provider.account import Account, SigningLink
from paraph.provider.capability import Capability
from paraph.provider.protocol import Cancels, GivesLinks, ManagesWebhooks, OffersActions, Reminds

AbilityT = TypeVar("AbilityT")


def cancel(kernel: Kernel, envelope_id: str, *, reason: str = "") -> Flow[Snapshot]:
    """End an envelope. One that has ended already is no error: the snapshot says how.

    :param reason: told to the vendor where it takes one.
    :raises UnsupportedCapability, NotReady, VendorError: it cannot be ended now.
    """
    account, carried = yield from located(kernel, envelope_id)
    require(kernel, account, Capability.CANCEL)
    provider = _able(kernel, account, Cancels)  # type: ignore[type-abstract]  # a runtime protocol
    observation = yield from under(kernel, account, provider.cancel(carried, account, reason))
    yield from observe(kernel, observation, account.name)
    if Capability.READ_STATUS in kernel.provider(account).capabilities(account):
        try:
            return (yield from refresh(kernel, envelope_id))
        except VendorError:  # the cancellation itself succeeded; its details follow with the next read
            pass
    return (yield from project(kernel, envelope_id))


def remind(kernel: Kernel, envelope_id: str, signatory_id: str) -> Flow[Snapshot]:
    """Remind one signatory.

    :raises UnsupportedCapability: this vendor cannot be asked to.
    """
    account, carried = yield from located(kernel, envelope_id)
    require(kernel, account, Capability.REMIND)
    _known_signatory(envelope_id, signatory_id, [person.id for person in carried.envelope.signatories])
    provider = _able(kernel, account, Reminds)  # type: ignore[type-abstract]  # a runtime protocol
    observation = yield from under(kernel, account, provider.remind(carried, account, signatory_id))
    yield from observe(kernel, observation, account.name)
    return (yield from project(kernel, envelope_id))


def signing_link(kernel: Kernel, envelope_id: str, signatory_id: str) -> Flow[SigningLink]:
    """Return a signatory's link to the signing page. Whoever has it can act as the signatory.

    :raises UnsupportedCapability: this vendor, or this kind of delivery, gives none.
    :raises NotReady: it exists only after an event that has not arrived yet.
    """
    account, carried = yield from located(kernel, envelope_id)
    require(kernel, account, Capability.SIGNING_LINK)
    _known_signatory(envelope_id, signatory_id, [person.id for person in carried.envelope.signatories])
    provider = _able(kernel, account, GivesLinks)  # type: ignore[type-abstract]  # a runtime protocol
    return (yield from under(kernel, account, provider.signing_link(carried, account, signatory_id)))


def call(kernel: Kernel, account: str, action: str, /, **params: Any) -> Flow[Any]:
    """Run one of the vendor's own actions and return its typed result.

    :param action: such as ``signers.search``; ``paraph call ACCOUNT`` without one lists them.
    :raises UsageError: no such action, or parameters that do not fit.
    """
    chosen = yield from blocking(kernel.account, account)
    provider = kernel.provider(chosen)
    if not isinstance(provider, OffersActions):
        msg = f"provider {chosen.provider!r} offers no single actions"
        raise UsageError(msg)
    if action not in provider.actions:
        near = difflib.get_close_matches(action, provider.actions, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        known = ", ".join(sorted(provider.actions))
        msg = f"provider {chosen.provider!r} has no action {action!r}; {hint}known: {known}"
        raise UsageError(msg)
    found = provider.actions[action]
    names = [str(field.alias) for field in attrs.fields(found.params)]
    unknown = sorted(set(params) - set(names))
    if unknown:
        msg = f"action {action!r} takes no {', '.join(unknown)}; its parameters: {', '.join(names)}"
        raise UsageError(msg)
    try:
        filled = found.params(**params)
    except (TypeError, ValueError) as error:
        msg = f"action {action!r}: its parameters do not fit; they are: {', '.join(names)}"
        raise UsageError(msg) from error
    return (yield from under(kernel, chosen, found.run(chosen, filled)))


def webhook_url(kernel: Kernel, account: str) -> Flow[str]:
    """Return the URL that the vendor has to call for this account. It contains the path secret.

    :raises ConfigurationError: ``webhooks.public_url`` or the account's ``webhook_secret`` is missing.
    """
    chosen = yield from blocking(kernel.account, account)
    if not chosen.public_url or not chosen.webhook_secret:
        missing = "webhooks.public_url" if not chosen.public_url else f"accounts.{account}.webhook_secret"
        msg = f"account {account!r} cannot receive webhooks: set {missing}"
        raise ConfigurationError(msg)
    return f"{chosen.public_url.rstrip('/')}/{chosen.name}/{chosen.webhook_secret.reveal()}"


def ensure_webhook(kernel: Kernel, account: str) -> Flow[str]:
    """Register the account's webhook URL at the vendor unless it is; return the endpoint's vendor id.

    :raises UnsupportedCapability: endpoints are registered in the vendor's console only.
    """
    url = yield from webhook_url(kernel, account)
    chosen = yield from blocking(kernel.account, account)
    require(kernel, chosen, Capability.MANAGE_WEBHOOKS, "register the URL in the vendor's console")
    provider = _able(kernel, chosen, ManagesWebhooks)  # type: ignore[type-abstract]  # a runtime protocol
    return (yield from under(kernel, chosen, provider.ensure_webhook(chosen, url)))


def _able(kernel: Kernel, account: Account[Any], ability: type[AbilityT]) -> AbilityT:
    provider = kernel.provider(account)
    if not isinstance(provider, ability):
        name = ability.__name__
        msg = f"provider {account.provider!r} declares a capability that it does not implement ({name})"
        raise ConfigurationError(msg)
    return provider


def _known_signatory(envelope_id: str, signatory_id: str, known: list[str]) -> None:
    if signatory_id not in known:
        msg = f"envelope {envelope_id!r} has no signatory {signatory_id!r}; known: {', '.join(known)}"
        raise UsageError(msg)
