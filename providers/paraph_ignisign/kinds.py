"""What kind each of this plugin's findings is, by code; core has those that mean the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from paraph.model import ProblemKind

_UNSAYABLE: Final = (
    "country.unknown",
    "credentials.kind",
    "credentials.malformed",
    "delivery.copy",
    "document.extension",
    "document.second_json",
    "environment.mismatch",
    "extended_auth_session.off",
    "full_privacy.content",
    "input.unknown",
    "level.mixed",
    "level.unsigned",
    "message.long",
    "profile.method",
    "signer.differs",
    "signer.same",
    "signers.none",
    "title.long",
    "url.insecure",
    "url.invalid",
    "value.invalid",
    "value.negative",
    "value.unknown",
)
_CHANGED: Final = ("document.xml",)
_IGNORED: Final = ("language.fixed", "value.untold")
_INCOMPLETE: Final = (
    "app_env.unknown",
    "credentials.missing",
    "credentials.mixed",
    "document.label",
    "document.large",
    "email.missing",
    "family_name.missing",
    "given_name.missing",
    "individualize.approvers",
    "input.missing",
    "language.unknown",
    "profile.missing",
    "signer.alike",
    "statement.empty",
    "webhook.disabled",
)

KINDS: Final[Mapping[str, ProblemKind]] = MappingProxyType(
    {
        **dict.fromkeys(_UNSAYABLE, ProblemKind.UNSAYABLE),
        **dict.fromkeys(_CHANGED, ProblemKind.CHANGED),
        **dict.fromkeys(_IGNORED, ProblemKind.IGNORED),
        **dict.fromkeys(_INCOMPLETE, ProblemKind.INCOMPLETE),
    }
)
"""The kinds by code."""
