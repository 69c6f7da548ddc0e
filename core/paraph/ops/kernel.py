"""What every operation works with: configuration, registry, store, accounts."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

import attrs

from paraph.errors import ConfigurationError, UnknownEnvelope, UsageError
from paraph.flow.breaker import Breaker
from paraph.flow.commands import Flow
from paraph.flow.helpers import call
from paraph.ops.commits import Commits
from paraph.ops.intake import Intake
from paraph.ops.pacing import Pace
from paraph.provider.account import Account, Carried

if TYPE_CHECKING:
    from paraph.config import Config
    from paraph.ledger import Origin
    from paraph.model import Envelope, Policy
    from paraph.provider.protocol import Provider
    from paraph.provider.registry import Registry
    from paraph.store import Store, Transaction
    from paraph.store.records import AttemptRecord, EnvelopeRecord


@attrs.define(eq=False)
class Kernel:
    """The state of one client: nothing here is shared between clients."""

    config: Config
    registry: Registry
    store: Store
    _accounts: dict[str, Account[Any]] = attrs.field(factory=dict, repr=False)
    _origins: dict[str, Origin] = attrs.field(factory=dict, repr=False)
    _locks: dict[str, threading.Lock] = attrs.field(factory=dict, repr=False)
    _paces: dict[str, Pace] = attrs.field(factory=dict, repr=False)
    reads: dict[str, datetime] = attrs.field(factory=dict, repr=False)
    """When a delivery last caused a read, by what was read: claims must not turn us into a load. Kept by
    :mod:`paraph.ops.reread`."""
    commits: Commits = attrs.field(
        init=False, repr=False, default=attrs.Factory(lambda self: Commits(self.store), takes_self=True)
    )
    intake: Intake = attrs.field(init=False, repr=False, factory=Intake)

    policy: Policy | None = None
    """How strictly requests are taken, in place of the accounts' own policies; see :meth:`judging`."""
    examined: dict[str, Any] | None = attrs.field(default=None, repr=False)
    """What :mod:`paraph.ops.check` found, by account, where one operation wants to know."""

    def judging(self, policy: Policy | None) -> Self:
        """Return the same kernel for one operation that has a policy, or none, and keeps what it finds."""
        return attrs.evolve(self, policy=policy, examined={})

    def known(self, name: str) -> Account[Any] | None:
        """Return an account whose secrets are resolved already. Never blocks."""
        return self._accounts.get(name)

    def account(self, name: str) -> Account[Any]:
        """Return an account with its secrets resolved, once.

        :raises UnknownAccount, MissingSecret, ConfigurationError: it cannot be used.
        """
        known = self.known(name)
        if known is not None:
            return known
        # Resolving a secret may be slow: accounts do not wait for each other.
        with self._locks.setdefault(name, threading.Lock()):
            if name not in self._accounts:
                self._accounts[name] = self.config.account(name, self.registry)
            return self._accounts[name]

    def pace(self, account: Account[Any]) -> Pace:
        """Return what is known of how the account may be used now; all operations share it."""
        return self._paces.get(account.name) or self._paces.setdefault(account.name, Pace(account.limits))

    def health(self, name: str) -> Breaker | None:
        """Return what is known of whether the account's vendor works; ``None`` if it was not used yet."""
        known = self._paces.get(name)
        return None if known is None else known.breaker

    def provider(self, account: Account[Any]) -> Provider:
        """Return the account's provider."""
        return self.registry.provider(account.provider, where=f"accounts.{account.name}.provider")

    def origin(self, account_name: str) -> Origin:
        """Return what makes an account's vendor references unique; its provider is asked once."""
        known = self._origins.get(account_name)
        if known is None:
            from paraph.ledger import Origin  # a vendor's single actions need none

            account = self.account(account_name)
            known = self._origins[account_name] = Origin(
                account=account.name,
                provider=account.provider,
                environment=account.environment,
                vendor_tenant=self.provider(account).tenant(account),
            )
        return known

    def carrier(self, attempt: AttemptRecord) -> Account[Any]:
        """Return the account of an attempt, if it is still of the same vendor and tenant.

        :raises ConfigurationError: it is not; acting there would be on something else, or send twice.
        """
        account, origin = self.account(attempt.account), self.origin(attempt.account)
        if (origin.provider, origin.vendor_tenant) != (attempt.provider, attempt.vendor_tenant):
            msg = (
                f"envelope {attempt.envelope_id!r} was sent by account {attempt.account!r} when it belonged "
                f"to another tenant of {attempt.provider!r}; configure the credentials of that tenant to act "
                "on it"
            )
            raise ConfigurationError(msg)
        return account

    def environment(self, account_name: str) -> str:
        """Return an account's environment, or ``""`` if it is not configured any more. Needs no secret."""
        configured = self.config.accounts.get(account_name)
        return configured.environment if configured else ""

    def load(self, record: EnvelopeRecord) -> Envelope:
        """Return a stored envelope; documents kept in memory have no content yet."""
        from paraph.convert.envelope import envelope_from_json

        return envelope_from_json(record.body, self.options_class)

    def dump(self, envelope: Envelope) -> str:
        """Serialise an envelope for the store."""
        from paraph.convert.envelope import envelope_to_json

        return envelope_to_json(envelope, self._provider_of_options)

    def options_class(self, provider: str) -> type | None:
        """Return a provider's class of envelope options; ``None`` if it has none, or is not installed."""
        try:
            return self.registry.info(provider, where="a stored envelope").envelope_options
        except ConfigurationError:  # the plugin is gone; what it alone understood stays in the store
            return None

    def _provider_of_options(self, kind: type) -> str:
        for name in {account.provider for account in self.config.accounts.values()}:
            if self.options_class(name) is kind:
                return name
        msg = f"Envelope.options holds a {kind.__name__}, which no configured provider understands"
        raise UsageError(msg)


def account_of(kernel: Kernel, name: str) -> Flow[Account[Any]]:
    """Return an account; the first time its secrets are resolved, which may block.

    :raises UnknownAccount, MissingSecret, ConfigurationError: it cannot be used.
    """
    return kernel.known(name) or (yield from call(kernel.account, name))


def must_find(tx: Transaction, envelope_id: str) -> EnvelopeRecord:
    """Return a stored envelope. :raises UnknownEnvelope: there is none."""
    record = tx.envelope(envelope_id)
    if record is None:
        msg = f"no envelope {envelope_id!r} in this store; client.envelopes() or `paraph status` lists them"
        raise UnknownEnvelope(msg)
    return record


def current_attempt(tx: Transaction, envelope_id: str) -> AttemptRecord | None:
    """Return the attempt that carries the envelope now: the last one."""
    attempts = tx.attempts(envelope_id)
    return attempts[-1] if attempts else None


def carried_of(envelope: Envelope, attempt: AttemptRecord) -> Carried:
    """Return an envelope on its way, as providers see it."""
    return Carried(
        envelope=envelope,
        reference=attempt.id,
        attempt=attempt.number,
        vendor_ref=attempt.vendor_ref or "",
        signatories=dict(attempt.signatories),
        documents=dict(attempt.documents),
    )
