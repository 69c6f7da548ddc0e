"""Running a part of the benchmarks as ``make bench`` does, only quicker."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def rows_of(name: str, folder: Path) -> list[dict[str, Any]]:
    """Run one part and return its rows, kept in ``kept.json`` of the folder."""
    kept = folder / "kept.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--out", str(kept), name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(kept.read_text())[name]["rows"]
    return rows
