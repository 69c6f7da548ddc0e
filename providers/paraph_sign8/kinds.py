"""What kind each of this plugin's findings is, by code; core has those that mean the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from paraph.model import ProblemKind

_UNSAYABLE: Final = (
    "credentials.malformed",
    "dialect.simulator",
    "dialect.unreadable",
    "dialect.untold",
    "email.twice",
    "name.invalid",
    "organization.invalid",
    "password.empty",
    "path.placeholder",
    "place.no_room",
    "seal.kind",
    "stages.mixed",
    "token.malformed",
    "url.invalid",
    "value.wrong",
)
_CHANGED: Final = ("delivery.also_email", "expiry.day", "field.optional", "place.taken")
_IGNORED: Final = ("value.untold",)
_INCOMPLETE: Final = (
    "auth.differs",
    "credentials.missing",
    "dialect.assumed",
    "dialect.blind",
    "dialect.incomplete",
    "email.missing",
    "family_name.missing",
    "given_name.missing",
    "page.assumed",
    "page.unknown",
    "seal.team",
    "start.assumed",
    "url.missing",
)

KINDS: Final[Mapping[str, ProblemKind]] = MappingProxyType(
    {
        **dict.fromkeys(_UNSAYABLE, ProblemKind.UNSAYABLE),
        **dict.fromkeys(_CHANGED, ProblemKind.CHANGED),
        **dict.fromkeys(_IGNORED, ProblemKind.IGNORED),
        **dict.fromkeys(_INCOMPLETE, ProblemKind.INCOMPLETE),
    }
)
"""The kinds by code. ``dialect.untold`` is ``IGNORED`` where it is only a warning."""
