"""What the pages of providers say, beside their blocks, is what the plugins are."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import attrs
import pytest

from paraph import Registry
from paraph.geometry import A4_PORTRAIT
from paraph_sign8 import planning
from paraph_sign8.dialect import Dialect, leaves, shipped

DOCS = Path(__file__).parents[2] / "docs"
PROVIDERS = DOCS / "providers"
NAMES = [each.name for each in Registry(environ={}).listing() if each.kind == "provider"]


@pytest.fixture(scope="module")
def marks() -> ModuleType:
    """The module that writes the tables of the shipped dialect."""
    spec = importlib.util.spec_from_file_location("marks", DOCS / "marks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        spec.loader.exec_module(module)
    return module


def headings(name: str) -> list[str]:
    """Return the headings of a provider's page; the walk-through begins where each vendor begins."""
    text = re.sub(r"```.*?```", "", (PROVIDERS / f"{name}.md").read_text(), flags=re.DOTALL)
    found = re.findall(r"^## (.*)$", text, re.MULTILINE)
    return [re.sub(r"^From .* to the first", "To the first", each) for each in found]


def rows_of(table: str) -> list[list[str]]:
    """Return the cells of a table's rows."""
    return [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in table.splitlines()[2:]]


def test_pages_of_providers_have_one_shape() -> None:
    """Who has read one page knows where everything is on the next."""
    assert ["ignisign", "sign8"] == NAMES
    assert headings("ignisign") == headings("sign8")
    assert {"Standing", "The account", "To the first signed envelope", "Places"} <= set(headings("sign8"))


def test_every_value_of_the_shipped_dialect_is_in_a_table(marks: ModuleType) -> None:
    """Each of them stands in one row that has its mark, under its own key."""
    calls, values = rows_of(marks.calls_table()), rows_of(marks.values_table())
    untold = []
    for leaf in leaves(shipped("default")):
        mark = marks.standing(leaf)
        first, second, *more = leaf.path.split(".")
        if first == "operations":
            column = 2 + ("path", "method", "wrap").index(more[0])
            told = any(mark in row[column] for row in calls if row[0] == f"`{second}`")
        else:
            table, key = (f"{first}.{second}", ".".join(more)) if more else (first, second)
            same = [row for row in values if row[0] == f"`{table}`" and row[1].startswith(mark)]
            told = any(re.search(rf"`{re.escape(key)}(`| = )", row[2]) for row in same)
        untold += [] if told else [leaf.path]
    assert [] == untold


def test_a_value_that_is_set_differently_is_told_differently(
    marks: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables and the count follow the dialect, and nothing else."""
    before = marks.calls_table(), marks.values_table(), marks.counts()
    assert f"of the {len(leaves(shipped('default')))} values" in before[2]
    known = shipped("default")

    def changed(_name: str) -> Dialect:
        return attrs.evolve(known, configured=frozenset({"operations.add_workflow.path", "formats.unit"}))

    monkeypatch.setattr(marks, "shipped", changed)
    after = marks.calls_table(), marks.values_table(), marks.counts()
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert "`/AddWorkflow` configured" in after[0]


def test_the_default_place_is_as_the_page_says() -> None:
    """Size, margin, gap and the number of places in a row of an A4 page are those of the plugin."""
    page = " ".join((PROVIDERS / "sign8.md").read_text().split())
    assert f"{planning.WIDTH:g} by {planning.HEIGHT:g} points" in page
    assert f"{planning.MARGIN:g} points from the edges" in page
    assert f"{planning.GAP:g} points apart" in page
    first, second, third = (planning.default_rect(slot, A4_PORTRAIT) for slot in range(3))
    assert "a row holds two, so the third is above the first" in page
    assert (first.y, True) == (second.y, second.x > first.x)
    assert (first.x, True) == (third.x, third.y < first.y)
