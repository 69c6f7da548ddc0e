"""The suite's own guard against skipped tests, run on a small suite of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"

SUITE = """
import pytest

def test_runs():
    pass

@pytest.mark.skip(reason="lazy")
def test_skipped():
    pass

@pytest.mark.xfail(reason="broken", strict=True)
def test_expected_to_fail():
    assert False
"""


@pytest.fixture(params=[(), ("-n", "2")], ids=["one process", "two workers"])
def how(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Say how the small suite is run: the guard has to hear of what workers leave out, too."""
    found: tuple[str, ...] = request.param
    return found


def run(
    directory: Path, how: tuple[str, ...], *, allowed: str, suite: str = SUITE
) -> subprocess.CompletedProcess[str]:
    shutil.copy(CONFTEST, directory / "conftest.py")
    (directory / "allowed_skips.txt").write_text(allowed)
    (directory / "test_small.py").write_text(suite)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={directory}", *how]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


def test_skipping_or_expecting_failure_fails_the_run(tmp_path: Path, how: tuple[str, ...]) -> None:
    """A run in which every test passed, was skipped or failed as expected does not exit with 0."""
    done = run(tmp_path, how, allowed="")
    assert (1, True, True) == (
        done.returncode,
        "test_small.py::test_skipped" in done.stdout,
        "test_small.py::test_expected_to_fail" in done.stdout,
    )


def test_the_committed_list_permits(tmp_path: Path, how: tuple[str, ...]) -> None:
    """A test that the list names with a reason may be skipped or expected to fail."""
    listed = "test_small.py::test_skipped # no such machine\ntest_small.py::test_expected_to_fail\n"
    assert 0 == run(tmp_path, how, allowed=listed).returncode


@pytest.mark.parametrize(
    "statement", ['pytest.skip("all", allow_module_level=True)', 'pytest.importorskip("no_such")']
)
def test_a_module_cannot_leave_itself_out(tmp_path: Path, statement: str, how: tuple[str, ...]) -> None:
    """A test module that skips itself while it is collected fails the run, too."""
    skipping = tmp_path / "test_other.py"
    skipping.write_text(f"import pytest\n{statement}\n")
    done = run(tmp_path, how, allowed="", suite="def test_runs():\n    pass\n")
    assert (1, True) == (done.returncode, "test_other.py" in done.stdout)


def test_a_suite_without_skips_passes(tmp_path: Path, how: tuple[str, ...]) -> None:
    """The guard lets an ordinary run pass."""
    assert 0 == run(tmp_path, how, allowed="", suite="def test_runs():\n    pass\n").returncode
