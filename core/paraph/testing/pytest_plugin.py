"""The pytest plugin of paraph, active wherever paraph is installed.

It does one thing: asserts inside :mod:`paraph.testing` are rewritten like those of a test file,
so that one that fails in a simulator shows its values.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("paraph.testing.simulator")
