"""paraph: one envelope, any e-signature vendor, one stream of neutral events.

Everything public is here; names are loaded when they are first used, so that importing
paraph stays cheap. Authors of provider plugins also use :mod:`paraph.provider`,
:mod:`paraph.flow`, :mod:`paraph.convert` and :mod:`paraph.testing`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from paraph._version import __version__

if TYPE_CHECKING:
    from paraph.client import AsyncClient, Client
    from paraph.config import Config, load_config
    from paraph.errors import ParaphError
    from paraph.exporting import Export, Imported
    from paraph.model import (
        Anchor,
        Assurance,
        DeliveryBy,
        Document,
        DocumentRole,
        Envelope,
        Event,
        EventType,
        Evidence,
        EvidenceKind,
        Field,
        Level,
        Lifecycle,
        PageSize,
        Policy,
        Problem,
        Rect,
        Regime,
        SavedEvidence,
        Secret,
        Severity,
        Signatory,
        SignatureKind,
        Snapshot,
        Stage,
        StageRule,
        Verb,
    )
    from paraph.ops.decisions import Decided
    from paraph.ops.outcome import Outcome, OutcomeKind
    from paraph.ops.portability import Portability
    from paraph.ops.reconcile import Reconciled
    from paraph.ops.rehearse import Rehearsal
    from paraph.ops.route import Option, Routing
    from paraph.ops.webhooks import Webhook
    from paraph.provider import Capabilities, Capability, Finding, ProviderInfo, SigningLink
    from paraph.provider.hookspecs import hookimpl
    from paraph.provider.registry import Registry
    from paraph.store import Store, open_store

_HOMES = {
    "paraph.client": ("AsyncClient", "Client"),
    "paraph.config": ("Config", "load_config"),
    "paraph.errors": ("ParaphError",),
    "paraph.exporting": ("Export", "Imported"),
    "paraph.model": (
        "Anchor",
        "Assurance",
        "DeliveryBy",
        "Document",
        "DocumentRole",
        "Envelope",
        "Event",
        "EventType",
        "Evidence",
        "EvidenceKind",
        "Field",
        "Level",
        "Lifecycle",
        "PageSize",
        "Policy",
        "Problem",
        "Rect",
        "Regime",
        "SavedEvidence",
        "Secret",
        "Severity",
        "Signatory",
        "SignatureKind",
        "Snapshot",
        "Stage",
        "StageRule",
        "Verb",
    ),
    "paraph.ops.decisions": ("Decided",),
    "paraph.ops.outcome": ("Outcome", "OutcomeKind"),
    "paraph.ops.portability": ("Portability",),
    "paraph.ops.reconcile": ("Reconciled",),
    "paraph.ops.rehearse": ("Rehearsal",),
    "paraph.ops.route": ("Option", "Routing"),
    "paraph.ops.webhooks": ("Webhook",),
    "paraph.provider": ("Capabilities", "Capability", "Finding", "ProviderInfo", "SigningLink"),
    "paraph.provider.hookspecs": ("hookimpl",),
    "paraph.provider.registry": ("Registry",),
    "paraph.store": ("Store", "open_store"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Anchor",
    "Assurance",
    "AsyncClient",
    "Capabilities",
    "Capability",
    "Client",
    "Config",
    "Decided",
    "DeliveryBy",
    "Document",
    "DocumentRole",
    "Envelope",
    "Event",
    "EventType",
    "Evidence",
    "EvidenceKind",
    "Export",
    "Field",
    "Finding",
    "Imported",
    "Level",
    "Lifecycle",
    "Option",
    "Outcome",
    "OutcomeKind",
    "PageSize",
    "ParaphError",
    "Policy",
    "Portability",
    "Problem",
    "ProviderInfo",
    "Reconciled",
    "Rect",
    "Regime",
    "Registry",
    "Rehearsal",
    "Routing",
    "SavedEvidence",
    "Secret",
    "Severity",
    "Signatory",
    "SignatureKind",
    "SigningLink",
    "Snapshot",
    "Stage",
    "StageRule",
    "Store",
    "Verb",
    "Webhook",
    "__version__",
    "hookimpl",
    "load_config",
    "open_store",
]


if not TYPE_CHECKING:  # a checker that saw it would accept any misspelt name

    def __getattr__(name: str) -> Any:
        """Load a public name when it is first used (PEP 562)."""
        home = _HOME_OF.get(name)
        if home is None:
            msg = f"module 'paraph' has no attribute {name!r}"
            raise AttributeError(msg)
        value = getattr(importlib.import_module(home), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
