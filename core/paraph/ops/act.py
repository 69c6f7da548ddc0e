"""Acting on an envelope that exists: ``cancel``, ``remind``, ``signing_link``; and registering webhooks."""

from __future__ import annotations

from typing import Any, TypeVar

from paraph.errors import ConfigurationError, UsageError, VendorError
from paraph.flow.commands import Flow
from paraph.model import Snapshot
from paraph.ops.carry import under
from paraph.ops.kernel import Kernel, account_of
from paraph.ops.look import located, open_children, read, refresh, require
from paraph.ops.observe import observe, project
from paraph.provider.account import Account, SigningLink
from paraph.provider.capability import Capability
from paraph.provider.protocol import Cancels, GivesLinks, ManagesWebhooks, Reminds

AbilityT = TypeVar("AbilityT")


def cancel(kernel: Kernel, envelope_id: str, *, reason: str = "") -> Flow[Snapshot]:
    """End an envelope. One that has ended already is no error: the snapshot says how.

    One that the vendor has made others of is ended by ending these.

    :param reason: told to the vendor where it takes one.
    :raises UnsupportedCapability, NotReady, VendorError: it cannot be ended now.
    """
    account, carried = yield from located(kernel, envelope_id)
    require(kernel, account, Capability.CANCEL)
    known = yield from project(kernel, envelope_id)
    if known.ended:
        return known
    if known.children:
        if Capability.READ_STATUS in kernel.provider(account).capabilities(account):
            yield from read(kernel, envelope_id)  # a child that is not known yet would live on
        yield from _cancel_all(kernel, (yield from open_children(kernel, envelope_id)), reason)
        return (yield from project(kernel, envelope_id))
    provider = able(kernel, account, Cancels)  # type: ignore[type-abstract]  # a runtime protocol
    observation = yield from under(kernel, account, provider.cancel(carried, account, reason))
    yield from observe(kernel, observation, account.name)
    if Capability.READ_STATUS in kernel.provider(account).capabilities(account):
        try:
            return (yield from refresh(kernel, envelope_id))
        except VendorError:  # the cancellation itself succeeded; its details follow with the next read
            pass
    return (yield from project(kernel, envelope_id))


def _cancel_all(kernel: Kernel, children: tuple[str, ...], reason: str) -> Flow[None]:
    """End every child, also after one that could not be ended; the first failure is raised in the end."""
    failed: VendorError | None = None
    for child in children:
        try:
            yield from cancel(kernel, child, reason=reason)
        except VendorError as error:
            failed = failed or error
    if failed is not None:
        raise failed


def remind(kernel: Kernel, envelope_id: str, signatory_id: str) -> Flow[Snapshot]:
    """Remind one signatory.

    :raises UnsupportedCapability: this vendor cannot be asked to.
    """
    account, carried = yield from located(kernel, envelope_id)
    require(kernel, account, Capability.REMIND)
    _known_signatory(envelope_id, signatory_id, [person.id for person in carried.envelope.signatories])
    child = yield from _child_of(kernel, envelope_id, signatory_id)
    if child is not None:
        yield from remind(kernel, child, signatory_id)
        return (yield from project(kernel, envelope_id))
    provider = able(kernel, account, Reminds)  # type: ignore[type-abstract]  # a runtime protocol
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
    child = yield from _child_of(kernel, envelope_id, signatory_id)
    if child is not None:
        return (yield from signing_link(kernel, child, signatory_id))
    provider = able(kernel, account, GivesLinks)  # type: ignore[type-abstract]  # a runtime protocol
    return (yield from under(kernel, account, provider.signing_link(carried, account, signatory_id)))


def _child_of(kernel: Kernel, envelope_id: str, signatory_id: str) -> Flow[str | None]:
    """Return the id of the child in which a signatory acts, if the vendor has made one for them."""
    snapshot = yield from project(kernel, envelope_id)
    for child in snapshot.children:
        shown = yield from project(kernel, child)
        if any(person.id == signatory_id for person in shown.signatories):
            return child
    return None


def webhook_url(kernel: Kernel, account: str) -> Flow[str]:
    """Return the URL that the vendor has to call for this account. It contains the path secret.

    :raises ConfigurationError: ``webhooks.public_url`` or the account's ``webhook_secret`` is missing.
    """
    chosen = yield from account_of(kernel, account)
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
    chosen = yield from account_of(kernel, account)
    require(kernel, chosen, Capability.MANAGE_WEBHOOKS, "register the URL in the vendor's console")
    provider = able(kernel, chosen, ManagesWebhooks)  # type: ignore[type-abstract]  # a runtime protocol
    return (yield from under(kernel, chosen, provider.ensure_webhook(chosen, url)))


def able(kernel: Kernel, account: Account[Any], ability: type[AbilityT]) -> AbilityT:
    """Return an account's provider as one that has an ability. :raises ConfigurationError: it has not."""
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
