"""Rules for every file of the repository."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

LONGEST = 500
"""Lines of a module; a longer one has two ideas."""

SHIPPED = ("core", "providers", "contrib")

# The patterns are written so that this file does not match them.
MACHINE = re.compile(r"(?<![\w.:/~}-])/(?:wor[k]|roo[t]|hom[e]|tm[p]|User[s])/[\w.]")
REGISTRY = re.compile(r"(?:py[p]i|python[h]osted|npm[j]s|debia[n])\.(?:or[g]|co[m])")
TEXT = frozenset(
    {".py", ".md", ".toml", ".txt", ".svg", ".html", ".css", ".cfg", ".ini", ".yml", ".yaml", ".json", ""}
)


def lines(paths: tuple[Path, ...]) -> Iterator[tuple[Path, int, str]]:
    for path in paths:
        if path.suffix in TEXT:
            for number, line in enumerate(path.read_text().splitlines(), start=1):
                yield path, number, line


def test_no_module_is_too_long(tracked: tuple[Path, ...], root: Path) -> None:
    """No shipped module is longer than 500 lines."""
    modules = [
        path for path in tracked if path.suffix == ".py" and path.relative_to(root).parts[0] in SHIPPED
    ]
    sizes = {str(path.relative_to(root)): len(path.read_text().splitlines()) for path in modules}
    assert {} == {name: size for name, size in sizes.items() if size > LONGEST}


def test_every_test_says_what_it_proves(tracked: tuple[Path, ...], root: Path) -> None:
    """Each test function has a docstring."""
    silent = [
        f"{path.relative_to(root)}::{node.name}"
        for path in tracked
        if path.suffix == ".py" and path.relative_to(root).parts[0] == "tests"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert [] == silent


def test_no_machine_paths(tracked: tuple[Path, ...], root: Path) -> None:
    """No file names a path of a developer's machine."""
    found = [
        f"{path.relative_to(root)}:{number}" for path, number, line in lines(tracked) if MACHINE.search(line)
    ]
    assert [] == found


def test_no_registry_hosts(tracked: tuple[Path, ...], root: Path) -> None:
    """No file names the host of a package registry: pip's own configuration decides."""
    found = [
        f"{path.relative_to(root)}:{number}" for path, number, line in lines(tracked) if REGISTRY.search(line)
    ]
    assert [] == found


@pytest.mark.parametrize(
    "text", ["open('/" + "root/x')", "cd /" + "work/main", 'see "/' + 'home/ada/contract.pdf"']
)
def test_machine_paths_are_recognised(text: str) -> None:
    """The pattern finds what it is for."""
    assert MACHINE.search(text)


@pytest.mark.parametrize(
    "text", ["https://app.example/" + "home/", "core/tests/" + "work/x", "GET {base}/" + "work/x"]
)
def test_urls_are_no_machine_paths(text: str) -> None:
    """The pattern leaves URLs and relative paths alone."""
    assert not MACHINE.search(text)


def test_suppressions_carry_a_code_and_a_reason(tracked: tuple[Path, ...], root: Path) -> None:
    """A type checker or linter is silenced for one rule, with a reason, or not at all."""
    allowed = re.compile(
        r"# (?:type: ignore\[[\w, -]+\] +# \S|noqa: [A-Z0-9, ]+ - \S|ruff: noqa: [A-Z0-9, ]+ - \S)"
    )
    marked = re.compile(r"# (?:type: " + "ignore|no" + "qa|ruff: no" + "qa)")
    wrong = [
        f"{path.relative_to(root)}:{number}"
        for path, number, line in lines(tracked)
        if path.suffix == ".py" and marked.search(line) and not allowed.search(line)
    ]
    assert [] == wrong


def test_every_ignored_rule_has_a_reason(root: Path) -> None:
    """Each entry of ruff's ignore lists is followed by a comment."""
    text = (root / "pyproject.toml").read_text()
    entries = re.findall(r'^  "[A-Z]+[0-9]*",.*$', text, re.MULTILINE)
    assert entries
    assert [] == [entry for entry in entries if not re.search(r", +# \S", entry)]


def test_extras_are_closed(pyproject: dict[str, Any]) -> None:
    """``all`` holds every part that users can name, ``dev`` holds ``all``, and ``bench`` is apart."""
    extras = pyproject["project"]["optional-dependencies"]
    (everything,) = (found[1] for each in extras["all"] if (found := re.fullmatch(r"paraph\[(.*)\]", each)))
    assert set(extras) - {"all", "dev", "bench"} == set(everything.split(","))
    assert "paraph[all]" in extras["dev"]


def test_extras_named_in_errors_exist(
    tracked: tuple[Path, ...], root: Path, pyproject: dict[str, Any]
) -> None:
    """Every ``pip install 'paraph[…]'`` in the code, README and documentation names extras that exist."""
    named = {
        (str(path.relative_to(root)), extra)
        for path, _, line in lines(tracked)
        if path.relative_to(root).parts[0] in {*SHIPPED, "docs", "README.md"}
        for group in re.findall(r"paraph\[([a-z,]+)\]", line)
        for extra in group.split(",")
    }
    named |= {
        (str(path.relative_to(root)), extra)
        for path, _, line in lines(tracked)
        if path.suffix == ".py"
        for extra in re.findall(r'MissingExtra\("([a-z]+)"', line)
    }
    extras = pyproject["project"]["optional-dependencies"]
    assert named
    assert set() == {(path, extra) for path, extra in named if extra not in extras}
