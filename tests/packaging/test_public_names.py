"""The public names: a change of them is a change of this list."""

from __future__ import annotations

from types import ModuleType

import pytest

import paraph
import paraph.flow
import paraph.model
import paraph.provider
import paraph_ignisign.actions
import paraph_ignisign.params
import paraph_ignisign.wire

IGNISIGN = (paraph_ignisign.actions, paraph_ignisign.params, paraph_ignisign.wire)

PUBLIC = [
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

OPERATIONS = [
    "adopt",
    "call",
    "cancel",
    "capabilities",
    "check",
    "close",
    "config",
    "decisions",
    "doctor",
    "dry_run",
    "ensure_webhook",
    "envelopes",
    "events",
    "evidence",
    "export",
    "export_all",
    "from_config",
    "get",
    "import_",
    "ingest",
    "options",
    "portability",
    "preview",
    "process",
    "process_due",
    "receive",
    "reconcile",
    "refresh",
    "registry",
    "remind",
    "resume",
    "route",
    "save",
    "send",
    "settle",
    "signing_link",
    "store",
    "wait",
    "webhook_url",
    "webhooks",
]


def test_public_names() -> None:
    """``paraph`` offers exactly these names, and ``dir`` shows them."""
    assert (PUBLIC, PUBLIC) == (paraph.__all__, dir(paraph))


def test_every_public_name_can_be_imported() -> None:
    """Each name leads to something, whichever is asked for first, and is the object of its home module."""
    for name in PUBLIC:
        found = getattr(paraph, name)
        assert found is getattr(paraph, name)
        if isinstance(found, type):
            assert found.__module__.split(".")[0] == "paraph"


def test_both_clients_offer_the_same_operations() -> None:
    """``Client`` and ``AsyncClient`` have the same public methods."""
    clients = (paraph.Client, paraph.AsyncClient)
    assert (OPERATIONS, OPERATIONS) == tuple(
        sorted(name for name in dir(client) if not name.startswith("_")) for client in clients
    )


def test_names_for_authors_can_be_imported() -> None:
    """What a package lists is there, whether its modules are read at once or when a name is first used."""
    for module in (paraph.provider, paraph.flow, paraph.model, *IGNISIGN):
        assert [] == [name for name in module.__all__ if not hasattr(module, name)]


@pytest.mark.parametrize(
    "module", [paraph.model, paraph.provider, *IGNISIGN], ids=lambda module: module.__name__
)
def test_a_package_offers_no_name_of_its_modules_that_it_does_not_list(module: ModuleType) -> None:
    """What a package's modules import for themselves is no name of the package, and the error says so."""
    with pytest.raises(AttributeError, match=f"module '{module.__name__}' has no attribute 'attrs'"):
        _ = module.attrs


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A misspelt name says so, as for any module."""
    assert not hasattr(paraph, "Envelop")
