"""What happens to the browser tests on a machine without Chromium, shown on a small suite of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = """
import pytest

def test_plain():
    pass

@pytest.mark.browser
@pytest.mark.parametrize("number", [1, 2])
def test_in_a_browser(number, chromium_program):
    assert chromium_program.endswith("chromium")
"""


def run(
    directory: Path, *arguments: str, chromium: bool = False, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the suite where the only programs are those of an own folder."""
    shutil.copy(ROOT / "tests" / "conftest.py", directory / "conftest.py")
    (directory / "test_small.py").write_text(SUITE)
    programs = directory / "programs"
    programs.mkdir()
    if chromium:
        (programs / "chromium").symlink_to(sys.executable)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PARAPH_", "PYTEST_"))}
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            f"--rootdir={directory}",
            *arguments,
        ],
        cwd=directory,
        env={**kept, "PATH": str(programs), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "with workers"])
def test_without_chromium_they_are_left_out_and_counted(tmp_path: Path, workers: tuple[str, ...]) -> None:
    """The run passes without them, skips nothing, and says how many there are and how to get them."""
    done = run(tmp_path, *workers)
    assert (0, True, False) == (done.returncode, "1 passed" in done.stdout, "skipped" in done.stdout), (
        done.stdout
    )
    said = done.stdout.partition("2 browser tests were left out")[2]
    assert "apt-get install chromium" in said
    assert "PARAPH_CHROMIUM=" in said


def test_where_they_are_required_their_absence_is_a_failure(tmp_path: Path) -> None:
    """Continuous integration asks for them, and then nothing passes without Chromium."""
    done = run(tmp_path, PARAPH_BROWSER_TESTS="required")
    assert (4, False, True) == (
        done.returncode,
        "passed" in done.stdout,
        "The browser tests are required" in done.stderr,
    )


def test_with_chromium_nothing_is_left_out(tmp_path: Path) -> None:
    """Where Chromium is, they run, and nothing is said about them."""
    done = run(tmp_path, chromium=True, PARAPH_BROWSER_TESTS="required")
    assert (0, True, False) == (done.returncode, "3 passed" in done.stdout, "left out" in done.stdout), (
        done.stdout
    )


def test_a_program_that_is_named_and_missing_is_not_replaced(tmp_path: Path) -> None:
    """Who names a Chromium gets that one or none."""
    done = run(tmp_path, chromium=True, PARAPH_CHROMIUM=str(tmp_path / "no-such-program"))
    assert "2 browser tests were left out" in done.stdout


def test_ci_requires_them() -> None:
    """`.ci/run` installs Chromium where it is missing and sets the variable that makes it needed."""
    text = (ROOT / ".ci" / "run").read_text()
    assert re.search(r"apt-get install .*\bchromium\b", text)
    assert "export PARAPH_BROWSER_TESTS=required" in text
