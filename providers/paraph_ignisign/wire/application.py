"""Answers about the application itself: token exchange, context, health."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from paraph.convert import named
from paraph.model import Secret
from paraph_ignisign.wire._fields import Told, hidden
from paraph_ignisign.wire.signers import SignerProfile
from paraph_ignisign.wire.webhooks import WebhookEndpoint


@attrs.frozen(kw_only=True)
class Jwt:
    """Answer of the exchange (contract 1, action 1)."""

    jwt_token: Secret


@attrs.frozen(kw_only=True)
class ApiKey:
    """A key of the application; its secret is never among the fields that are read.

    :ivar permissions: as the vendor says them, whose shape is not documented.
    """

    id: str | None = attrs.field(default=None, metadata=named("_id"))
    app_env: str | None = None
    name: str | None = hidden()
    description: str | None = hidden()
    is_restricted: bool | None = None
    permissions: Any = None
    status: str | None = None


@attrs.frozen(kw_only=True)
class EnvSettings:
    """What the console says of one environment.

    ``ssoConfigs`` of the answer is not read: it can carry secrets of clients.

    :ivar current_version: a number or a text, which the contract does not say.
    :ivar google_drive: ``enabled``, and by ``userId`` and ``folderName`` where proofs are copied to.
    """

    app_env: str | None = None
    is_api_key_generated: bool | None = None
    default_signer_profile_id: str | None = None
    current_version: Any = None
    webhooks: tuple[WebhookEndpoint, ...] | None = None
    language_can_be_changed: bool | None = None
    extended_auth_session_enabled: bool | None = None
    api_keys: tuple[ApiKey, ...] | None = None
    default_signature_level: str | None = None
    default_approver_ids: tuple[str, ...] | None = None
    default_recipients: tuple[Any, ...] | None = hidden()
    online_proofs_enabled: bool | None = None
    original_file_retention_duration_in_days: int | None = None
    high_level_proofs_retention_duration_in_days: int | None = None
    google_drive: Told[dict[str, Any]] = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class AppSettings:
    """What the console says of the whole application; its logos are not read."""

    default_language: str | None = None
    customer_support_email: str | None = hidden()
    primary_color: str | None = None
    secondary_color: str | None = None


@attrs.frozen(kw_only=True)
class ApplicationContext:
    """The application: status, type and, by environment, settings and signer profiles."""

    app_id: str | None = None
    org_id: str | None = None
    app_name: str | None = None
    status: str | None = None
    app_type: str | None = None
    ignisign_api_version: str | None = None
    is_default_application: bool | None = None
    created_at: Told[datetime] = attrs.field(default=None, metadata=named("_createdAt"))
    settings: AppSettings | None = None
    env_settings: dict[str, EnvSettings] | None = None
    signer_profiles: dict[str, tuple[SignerProfile, ...]] | None = None


@attrs.frozen(kw_only=True)
class Health:
    """The service answered with a success; nothing is known of what it says besides."""

    healthy: bool = True
