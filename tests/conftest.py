"""What holds for the whole suite: nothing is skipped or expected to fail unless a committed list says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine makes examples is no property of the code: two cores may be shared with anything.
settings.register_profile(
    "patient", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")

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


def pytest_configure(config: pytest.Config) -> None:
    text = ALLOWED.read_text() if ALLOWED.exists() else ""
    config.pluginmanager.register(NothingLeftOut(allowed_skips(text)))
