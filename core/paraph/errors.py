"""What can go wrong, as one tree.

::

    ParaphError
    ├── UsageError                 you asked for something that cannot be
    │   ├── InvalidEnvelope        the envelope itself is wrong            .problems
    │   ├── Refused                preflight: this account cannot carry it .problems
    │   ├── UnsupportedCapability  the provider has no such ability
    │   ├── Unobservable           the vendor never tells what you wait for
    │   ├── UnknownEnvelope        no envelope with that id in the store
    │   ├── NotReady               what you ask for does not exist yet
    │   └── WaitTimeout            it did not happen in the given time
    ├── ConfigurationError         the file, the environment, the installation  .problems
    │   ├── UnknownAccount
    │   ├── MissingSecret
    │   ├── MissingExtra
    │   ├── ProviderNotInstalled, ProviderBroken, ProviderDisabled,
    │   └── ProviderIncompatible, ProviderNameConflict
    ├── VendorError                the vendor, or the way to it        .retryable .sent
    │   ├── ConnectFailed          nothing was sent
    │   ├── TimedOut               no answer in time: the effect is unknown
    │   ├── ConnectionLost         cut in the middle: the effect is unknown
    │   ├── VendorUnavailable      5xx
    │   ├── RateLimited            429, with ``retry_after`` in seconds
    │   ├── AuthenticationFailed   401, or the token request was refused
    │   ├── PermissionDenied       403
    │   ├── VendorNotFound         404, 410
    │   ├── VendorRefused          every other 4xx: the vendor said no
    │   ├── UnexpectedRedirect     3xx: a signing API has no reason to redirect
    │   ├── MalformedResponse      not JSON, or another shape than documented
    │   └── ResponseTooLarge       more bytes than the limit, also after decompression
    ├── UncertainStep              an effect may or may not have happened; see ``resume``
    ├── AttemptSuperseded          a later attempt carries this envelope
    └── StoreError                 the store failed, is locked or of another version

Two rules hold for every member. A message never holds a body, a secret or
personal data: it names the operation, the status, the vendor's code and request
id, and what to do next. And the question "may it have happened?" has one answer:
:attr:`VendorError.effect`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from paraph.model import Problem

Effect = Literal["none", "unknown"]
"""``none``: certainly nothing happened at the vendor. ``unknown``: it may have."""

NoConnection = Literal["", "name", "refused", "timeout", "certificate", "tls"]
"""Why there is no connection: the name does not resolve, nobody listens, no answer in time, the server's
certificate does not verify, TLS failed otherwise; empty if unknown."""


class ParaphError(Exception):
    """The root of everything that paraph raises on purpose. Can be pickled and copied: it holds no secret."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Not the inherited way, which calls the constructor again with the finished message alone.
        return _revived, (type(self), self.args, self.__dict__)


def _revived(kind: type[ParaphError], args: tuple[Any, ...], state: Mapping[str, Any]) -> ParaphError:
    """Make an error again out of what a pickle kept."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


def _lines(headline: str, problems: Sequence[Problem]) -> str:
    from paraph.model.problem import summed_up

    marked = (f"  {each}" if each.blocking else f"  warning: {each}" for each in summed_up(problems))
    return "\n".join([headline, *marked])


class _WithProblems(ParaphError):
    """An error that lists every finding at once, each with its path."""

    def __init__(self, headline: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(_lines(headline, problems))
        self.headline = headline
        self.problems = tuple(problems)


class UsageError(ParaphError):
    """The caller asked for something that cannot be; nothing was sent."""


class InvalidEnvelope(UsageError, _WithProblems):
    """The envelope is wrong whatever the vendor; ``problems`` has every finding with its path."""


class Refused(UsageError, _WithProblems):
    """Preflight found that this account cannot carry the envelope; nothing was sent."""


class InvalidExport(UsageError, _WithProblems):
    """A file of exported envelopes is wrong, or does not fit here; nothing of it was imported."""


class UnsupportedCapability(UsageError):
    """The provider (or this account's options) offers no such ability; no request was made."""

    def __init__(self, *, account: str, provider: str, capability: str, hint: str = "") -> None:
        text = f"account {account!r}: provider {provider!r} does not offer {capability!r}"
        super().__init__(f"{text}; {hint}" if hint else text)
        self.account = account
        self.provider = provider
        self.capability = capability
        self.hint = hint


class Unobservable(UsageError):
    """What you wait for cannot be seen at this vendor, so waiting would never end."""


class UnknownEnvelope(UsageError):
    """No envelope with that id is in the store."""


class NotReady(UsageError):
    """What was asked for does not exist yet; try again when the named event arrived."""


class WaitTimeout(UsageError):
    """The awaited state did not come within the given time; the envelope lives on."""


class ConfigurationError(_WithProblems):
    """The configuration, the environment or the installation is wrong."""


class UnknownAccount(ConfigurationError):
    """No account of that name is configured."""


class MissingSecret(ConfigurationError):
    """A secret reference leads nowhere."""


class MissingExtra(ConfigurationError):
    """A feature needs an optional dependency that is not installed."""

    def __init__(self, extra: str, *, feature: str) -> None:
        super().__init__(f"{feature} needs an extra: pip install 'paraph[{extra}]'")
        self.extra = extra


class ProviderNotInstalled(ConfigurationError):
    """No installed distribution offers a provider of that name."""


class ProviderBroken(ConfigurationError):
    """The provider's module cannot be imported or describes itself wrongly."""


class ProviderDisabled(ConfigurationError):
    """The provider is installed but switched off by configuration."""


class ProviderIncompatible(ConfigurationError):
    """The provider was written for another version of the plugin interface."""


class ProviderNameConflict(ConfigurationError):
    """Two distributions offer a provider of the same name."""


class VendorError(ParaphError):
    """The vendor answered with an error, or did not answer.

    :ivar account: the account whose request failed.
    :ivar operation: what was being done, such as ``"POST /v4/signature-requests/{id}/publish"``.
    :ivar status: HTTP status, or ``None`` without an answer.
    :ivar code: the vendor's own error code, as it stands in the answer.
    :ivar request_id: the vendor's id of the request, where it gives one.
    :ivar retryable: whether the same request may succeed later.
    :ivar effect: ``"none"`` if certainly nothing happened, ``"unknown"`` if it may have.
    """

    retryable: bool = False
    effect: Effect = "none"

    def __init__(
        self,
        message: str,
        *,
        account: str = "",
        operation: str = "",
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.account = account
        self.operation = operation
        self.status = status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        facts = [
            f"account {self.account!r}" if self.account else "",
            self.operation,
            f"HTTP {self.status}" if self.status is not None else "",
            f"code {self.code}" if self.code else "",
            f"request id {self.request_id}" if self.request_id else "",
        ]
        where = ", ".join(fact for fact in facts if fact)
        return f"{self.message} ({where})" if where else self.message


class ConnectFailed(VendorError):
    """No connection: nothing was sent.

    :ivar reason: why, as a word; empty if unknown.
    """

    retryable = True
    reason: NoConnection = ""


class TimedOut(VendorError):
    """No answer in time; the effect is unknown."""

    retryable = True
    effect: Effect = "unknown"


class ConnectionLost(VendorError):
    """The connection broke after the request had begun; the effect is unknown."""

    retryable = True
    effect: Effect = "unknown"


class VendorUnavailable(VendorError):
    """The vendor answered 5xx; the effect is unknown."""

    retryable = True
    effect: Effect = "unknown"


class RateLimited(VendorError):
    """The vendor answered 429; ``retry_after`` is in seconds where it was given."""

    retryable = True


class AuthenticationFailed(VendorError):
    """The vendor did not accept the account's credentials."""


class PermissionDenied(VendorError):
    """The credentials are valid but not for this."""


class VendorNotFound(VendorError):
    """The vendor knows no such object."""


class VendorRefused(VendorError):
    """The vendor refused the request; ``code`` says why in the vendor's words."""


class UnexpectedRedirect(VendorError):
    """The vendor answered with a redirect, which is never followed."""


class MalformedResponse(VendorError):
    """The answer is not JSON or has another shape than the vendor documents."""

    effect: Effect = "unknown"


class ResponseTooLarge(VendorError):
    """The answer is larger than the limit, counted after decompression."""

    effect: Effect = "unknown"


class UncertainStep(ParaphError):
    """An effect at the vendor may or may not have happened, and it cannot be read.

    Nothing is repeated by itself. ``client.resume(envelope_id)`` asks the vendor
    again; where the vendor offers no read, a person has to look, and says what they
    saw with ``client.settle(envelope_id, step, happened=…)``.
    """

    def __init__(self, message: str, *, envelope_id: str, step: str) -> None:
        super().__init__(message)
        self.envelope_id = envelope_id
        self.step = step


class AttemptSuperseded(ParaphError):
    """A later attempt carries this envelope; this one may not go on."""


class StoreError(ParaphError):
    """The store failed, is locked, or has another schema version."""
