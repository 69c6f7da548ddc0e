"""The benchmarks that move large files, take a load, or send large envelopes run as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.benchmarking import rows_of


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["streams", "receiving", "large"])
def test_a_quick_run_gives_rows(name: str, tmp_path: Path) -> None:
    """Each part runs without its peers, and a figure that is missing says why."""
    rows = rows_of(name, tmp_path)
    assert rows
    assert [] == [row["metric"] for row in rows if row["value"] is None and not row["note"]]
