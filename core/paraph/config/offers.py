"""What the accounts of a file are and offer, as far as rules have to know: sound or not, without a secret."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from paraph.config.accounts import AccountConfig
from paraph.config.settings import read_settings
from paraph.config.table import Findings, Table
from paraph.errors import ConfigurationError
from paraph.model import Secret
from paraph.provider.account import Account
from paraph.provider.capability import Capabilities
from paraph.provider.info import ProviderInfo
from paraph.provider.registry import Registry


@attrs.frozen(kw_only=True, eq=False)
class Seen:
    """An account of the file.

    :ivar environment: ``None`` if what stands there is none. ``provider``: as it stands there.
    :ivar sound: the account, unless anything is wrong with it.
    """

    name: str
    environment: str | None
    provider: str | None
    sound: AccountConfig | None

    @classmethod
    def of(cls, name: str, values: Mapping[str, Any], sound: AccountConfig | None) -> Seen:
        """Make it of an account's table."""
        environment, provider = values.get("environment"), values.get("provider")
        return cls(
            name=name,
            environment=environment if environment in ("test", "production") else None,
            provider=provider if isinstance(provider, str) else None,
            sound=sound,
        )


def offered(
    seen: Seen, registry: Registry, *, directory: Path, public_url: str | None
) -> Capabilities | None:
    """Return what an account offers at most; ``None`` if its provider cannot be had.

    An account may offer less than its provider; one with a mistake is taken for all that its provider offers.

    :param directory: where relative paths of its options start. ``public_url``: of the receiver.
    """
    if seen.provider is None:
        return None
    try:
        info = registry.info(seen.provider)
        if seen.sound is None:
            return info.capabilities
        provider = registry.provider(seen.provider)
    except ConfigurationError:
        return None
    try:
        return provider.capabilities(_unresolved(seen.sound, info, directory, public_url))
    except Exception:  # noqa: BLE001 - a plugin may look inside a secret, and here it holds its reference
        return info.capabilities


def _unresolved(
    described: AccountConfig, info: ProviderInfo, directory: Path, public_url: str | None
) -> Account[Any]:
    """Build an account whose secrets hold their references."""
    options = Table(described.options, (), Findings(described.name))
    settings = read_settings(
        info, options, secret=lambda _table, _key, value: Secret(str(value)), directory=directory
    )
    return Account(
        name=described.name,
        provider=described.provider,
        environment=described.environment,
        settings=settings,
        webhook_secret=Secret(described.webhook_secret) if described.webhook_secret else None,
        public_url=public_url,
        limits=described.limits,
    )
