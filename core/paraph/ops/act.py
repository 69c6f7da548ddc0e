"""Acting on an envelope that exists: ``cancel``, ``remind``, ``signing_link``, ``call``, webhooks."""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs

from paraph.errors import ConfigurationError, UsageError, VendorError
from paraph.flow.commands import Flow
from paraph.flow.helpers import call as blocking
from paraph.model import Secret, Snapshot
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
    known = yield from project(kernel, envelope_id)
    if known.ended:
        return known
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

    A text stands for a :class:`~paraph.Secret`, an ISO 8601 text for a date or an aware datetime,
    the value of an enumeration for its member.

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
    return (yield from under(kernel, chosen, found.run(chosen, _filled(action, found.params, params))))


def _filled(action: str, kind: type[AbilityT], given: Mapping[str, Any]) -> AbilityT:
    """Make the parameter object of an action.

    :raises UsageError: something is missing or of another type; values are never shown.
    """
    hints = get_type_hints(kind)
    wanted = {str(field.alias): hints.get(field.name, Any) for field in attrs.fields(kind)}  # type: ignore[arg-type]  # an attrs class
    fitted: dict[str, Any] = {}
    wrong: list[str] = []
    for name, value in given.items():
        try:
            fitted[name] = _fitted(value, wanted[name])
        except (TypeError, ValueError):
            wrong.append(name)
    if not wrong:
        try:
            return kind(**fitted)
        except (TypeError, ValueError):
            pass
    # Outside the handlers, so that no traceback carries the values that did not fit.
    what = f"{', '.join(wrong)} has another type" if wrong else "its parameters do not fit"
    raise UsageError(f"action {action!r}: {what}; they are: {', '.join(wanted)}")


def _fitted(value: Any, wanted: Any) -> Any:
    """Return a value as a declared type. :raises TypeError, ValueError: it is of another."""
    origin, arguments = get_origin(wanted) or wanted, get_args(wanted)
    if origin in (Union, types.UnionType):
        return _either(value, arguments)
    if origin is Literal:
        return arguments[arguments.index(value)]
    if not isinstance(origin, type) or origin in (Any, object) or not _checkable(origin):
        return value
    if origin is date and isinstance(value, datetime):
        raise TypeError  # a datetime is a date to Python, and to nobody else
    if isinstance(value, str) and origin in _FROM_TEXT:
        value = _FROM_TEXT[origin](value)
    elif isinstance(value, str | int) and issubclass(origin, Enum):
        return origin(value)
    elif isinstance(value, list | tuple) and origin in _MANY:
        each = arguments[0] if arguments else Any
        return _MANY[origin](_fitted(item, each) for item in value)
    if origin is float and type(value) is int:
        return float(value)
    if not isinstance(value, origin) or (isinstance(value, bool) and origin is not bool):
        raise TypeError
    if isinstance(value, datetime) and value.utcoffset() is None:
        raise ValueError
    return value


_FROM_TEXT: Mapping[Any, Callable[[str], Any]] = {
    Secret: Secret,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}
"""Types that a text may stand for."""

_MANY: Mapping[Any, Callable[[Iterable[Any]], Any]] = {
    tuple: tuple,
    Sequence: tuple,
    Iterable: tuple,
    list: list,
    frozenset: frozenset,
}
"""Types that a list may stand for."""


def _checkable(kind: type) -> bool:
    """Whether ``isinstance`` can tell: not for protocols such as a sink, nor for ``typing.BinaryIO``."""
    return not getattr(kind, "_is_protocol", False) and kind.__module__ != "typing"


def _either(value: Any, options: Sequence[Any]) -> Any:
    """Return a value as the first type of a union that takes it, as it is if one does."""
    if any(isinstance(option, type) and type(value) is option for option in options):
        return value
    for option in options:
        try:
            return _fitted(value, option)
        except (TypeError, ValueError):
            continue
    raise TypeError


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
