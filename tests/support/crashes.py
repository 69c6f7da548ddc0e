"""Crashing a flow: it moved to :mod:`paraph.testing.crashes`, where authors of providers have it, too."""

from __future__ import annotations

from paraph.testing.crashes import Crashed, crashing

__all__ = ["Crashed", "crashing"]
