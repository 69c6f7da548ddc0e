"""What type checkers tell users of the public interface: as much as is wrong, and nothing more."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
API = Path(__file__).with_name("api.py")
MARK = re.compile(r"  # E: ([a-z, -]+)$")

Reports = Mapping[int, list[str]]
"""Line to the codes reported there."""


def marked(text: str) -> dict[int, list[str]]:
    found = ((number, MARK.search(line)) for number, line in enumerate(text.splitlines(), start=1))
    return {number: sorted(mark[1].split(",")) for number, mark in found if mark}


def checked(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert not done.stderr.strip(), done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def by_mypy() -> Reports:
    reports: dict[int, list[str]] = defaultdict(list)
    for line in checked("mypy", "--strict", "--output=json", str(API)).splitlines():
        report = json.loads(line)
        if report["severity"] == "error":
            assert Path(report["file"]).name == API.name, report
            reports[report["line"]].append(report["code"])
    return {line: sorted(codes) for line, codes in reports.items()}


@pytest.fixture(scope="session")
def by_pyright() -> Reports:
    reports: dict[int, list[str]] = defaultdict(list)
    for report in json.loads(checked("pyright", "--outputjson", str(API)))["generalDiagnostics"]:
        if report["severity"] == "error":
            reports[report["range"]["start"]["line"] + 1].append(report.get("rule", report["message"]))
    return reports


def shown(reports: Reports) -> list[str]:
    """Put the lines of the file beside what is said about them, for reading a failure."""
    text = API.read_text().splitlines()
    return [f"{line}: {text[line - 1].strip()} -> {', '.join(reports[line])}" for line in sorted(reports)]


def test_mypy_reports_exactly_the_mistakes(by_mypy: Reports) -> None:
    """Under mypy (strict) each deliberate mistake is reported with its code, and no correct line."""
    expected = marked(API.read_text())
    missed = {line: codes for line, codes in expected.items() if codes != by_mypy.get(line)}
    unexpected = {line: codes for line, codes in by_mypy.items() if codes != expected.get(line)}
    assert ([], []) == (shown(missed), shown(unexpected))


def test_pyright_reports_the_same_lines(by_pyright: Reports) -> None:
    """Under pyright each deliberate mistake is reported, and no correct line."""
    expected = marked(API.read_text())
    missed = {line: codes for line, codes in expected.items() if line not in by_pyright}
    unexpected = {line: codes for line, codes in by_pyright.items() if line not in expected}
    assert ([], []) == (shown(missed), shown(unexpected))


def test_the_marks_are_found() -> None:
    """The file holds mistakes, so that a checker that sees nothing would be noticed."""
    assert 40 < len(marked(API.read_text()))
