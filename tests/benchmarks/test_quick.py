"""Benchmarks run, and say of each figure what it is; how fast anything is, is not tested."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.benchmarking import rows_of


@pytest.mark.parametrize("name", ["imports", "calls", "parsing", "scale"])
def test_a_quick_run_gives_rows(name: str, tmp_path: Path) -> None:
    """Each part runs without its peers, and a figure that is missing says why."""
    rows = rows_of(name, tmp_path)
    assert rows
    assert [] == [row["metric"] for row in rows if row["value"] is None and not row["note"]]


def test_parts_are_kept_beside_each_other(tmp_path: Path) -> None:
    """A run of one part leaves the kept figures of the others as they are."""
    (tmp_path / "kept.json").write_text(json.dumps({"streams": {"rows": []}}))
    rows_of("parsing", tmp_path)
    assert {"streams", "parsing"} == set(json.loads((tmp_path / "kept.json").read_text()))
