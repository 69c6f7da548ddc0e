"""Ignisign keeps every promise of the provider interface."""

from __future__ import annotations

from paraph.testing.conformance import ProviderConformance


class TestIgnisign(ProviderConformance):
    """Everything that the account of its simulator offers, and nothing that it does not."""

    provider = "ignisign"
