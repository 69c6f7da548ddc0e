"""What holds for the whole suite: nothing is skipped or expected to fail unless a committed list says so."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from httpx._config import DEFAULT_TIMEOUT_CONFIG as _patience  # noqa: N811 - it is no constant here
from hypothesis import HealthCheck, settings

# How fast a machine makes examples is no property of the code: two cores may be shared with anything. A run
# that is red is so because of a change, not by luck: each has the same examples; PARAPH_EXAMPLES=new draws
# others.
settings.register_profile(
    "patient",
    settings.default,
    deadline=None,
    derandomize=os.environ.get("PARAPH_EXAMPLES") != "new",
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("patient")
# Nor is how fast it answers itself: the default time-out of httpx is one object, 5 seconds of everything.
_patience.connect = _patience.read = _patience.write = _patience.pool = 60.0

# Everything here listens on this machine; a proxy of the environment is for pip, which may build wheels.
LOCAL = "127.0.0.1,localhost"
for _name in ("NO_PROXY", "no_proxy"):
    os.environ[_name] = ",".join(filter(None, (os.environ.get(_name), LOCAL)))

ALLOWED = Path(__file__).with_name("allowed_skips.txt")
"""One test id a line, such as ``tests/core/test_x.py::test_y``, then ``#`` and the reason."""


def allowed_skips(text: str) -> frozenset[str]:
    """Read the list; everything after ``#`` is for people."""
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return frozenset(line for line in lines if line)


class NothingLeftOut:
    """Makes a run fail that skipped a test, or let one fail, outside the list."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed
        self._left_out: dict[str, None] = {}

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if (report.skipped or hasattr(report, "wasxfail")) and report.nodeid not in self._allowed:
            self._left_out[report.nodeid] = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._left_out and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._left_out:
            terminalreporter.section(f"skipped or expected to fail, and not in {ALLOWED.name}", red=True)
            for nodeid in self._left_out:
                terminalreporter.line(nodeid)


CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
WITHOUT_CHROMIUM = (
    "Chromium was not found. Install it (on Debian and Ubuntu: apt-get install chromium), or name it: "
    "PARAPH_CHROMIUM=/path/to/chromium make test"
)


def find_chromium() -> str | None:
    """Return the program that PARAPH_CHROMIUM names, or the first of the usual names; None without any."""
    named = os.environ.get("PARAPH_CHROMIUM")
    return next(filter(None, map(shutil.which, (named,) if named else CHROMIUM_NAMES)), None)


class BrowserTests:
    """Leaves tests marked ``browser`` out where there is no Chromium, and says so in the end.

    With ``PARAPH_BROWSER_TESTS=required`` in the environment the run does not start without it. Under
    pytest-xdist the workers leave out, each the same tests, and the controller speaks.
    """

    def __init__(self, program: str | None) -> None:
        self._program = program
        self._left_out = 0

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if self._program is not None:
            return
        left_out = [item for item in items if item.get_closest_marker("browser")]
        self._left_out = len(left_out)
        items[:] = [item for item in items if not item.get_closest_marker("browser")]
        config.hook.pytest_deselected(items=left_out)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["browser_tests_left_out"] = self._left_out

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        output = getattr(node, "workeroutput", {})
        self._left_out = max(self._left_out, output.get("browser_tests_left_out", 0))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._left_out:
            terminalreporter.section(f"{self._left_out} browser tests were left out", yellow=True)
            terminalreporter.line(WITHOUT_CHROMIUM)


@pytest.fixture(scope="session")
def chromium_program() -> str:
    """The path of Chromium; tests that are not marked ``browser`` have no right to it."""
    found = find_chromium()
    assert found is not None, WITHOUT_CHROMIUM
    return found


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs Chromium; left out where there is none")
    program = find_chromium()
    if program is None and os.environ.get("PARAPH_BROWSER_TESTS") == "required":
        raise pytest.UsageError(f"The browser tests are required. {WITHOUT_CHROMIUM}")
    config.pluginmanager.register(BrowserTests(program))
    text = ALLOWED.read_text() if ALLOWED.exists() else ""
    config.pluginmanager.register(NothingLeftOut(allowed_skips(text)))
