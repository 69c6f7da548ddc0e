"""The project's own files, and the wheel that is built of them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="session")
def tracked() -> tuple[Path, ...]:
    """Every file that is, or would be, in version control; of an unpacked source archive, every file."""
    if (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        found = [ROOT / name for name in listed.split("\0") if name]
    else:
        tops = (
            "core",
            "providers",
            "contrib",
            "tests",
            "docs",
            "benchmarks",
            "Makefile",
            "README.md",
            "CHANGELOG.md",
        )
        found = [path for top in tops for path in (ROOT / top, *(ROOT / top).rglob("*"))]
    return tuple(path for path in found if path.is_file() and "__pycache__" not in path.parts)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel, built as a user's pip builds it: in an environment with what build-system.requires names."""
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(directory), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert 0 == done.returncode, done.stdout[-2000:] + done.stderr[-2000:]
    (path,) = directory.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        yield archive
