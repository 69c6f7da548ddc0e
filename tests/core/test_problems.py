"""What is alike at many places is told once to people, and completely to programs."""

from __future__ import annotations

import re
from collections.abc import Iterable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import Refused
from paraph.model import Problem, Severity, summed_paths, summed_up
from paraph.model.problem import FEW

PATHS = st.builds(
    "{}[{}]{}".format,
    st.sampled_from(["fields", "documents"]),
    st.integers(0, 99),
    st.sampled_from(["", ".page"]),
) | st.sampled_from(["title", "accounts.hr.api_key"])
PROBLEMS = st.builds(
    Problem,
    path=PATHS,
    code=st.sampled_from(["unsupported.fields", "field.outside"]),
    message=st.sampled_from(["it is not offered", "it lies outside of the page"]),
    hint=st.sampled_from(["", "take it out"]),
    severity=st.sampled_from(Severity),
    before=st.sampled_from(["", "AES"]),
)
PLACES = re.compile(r" \((\d+) (?:places|of them)\)$")


def told_of(problem: Problem) -> int:
    found = PLACES.search(problem.path)
    return int(found[1]) if found else 1


@given(st.lists(PROBLEMS, max_size=60))
def test_nothing_gets_lost(problems: list[Problem]) -> None:
    """Every problem is counted once, in a line that says the same of it, and no two long lines are alike."""
    summed = summed_up(problems)
    assert len(problems) == sum(map(told_of, summed))
    said = {(each.code, each.message, each.hint, each.severity, each.before) for each in summed}
    assert {(each.code, each.message, each.hint, each.severity, each.before) for each in problems} == said
    long = [
        attrs.evolve(each, path=re.sub(r"\[\d+\]", "[]", each.path.partition(" ")[0]))
        for each in summed
        if told_of(each) > 1
    ]
    assert len({(each, each.before) for each in long}) == len(long)
    assert all(told_of(each) == 1 or told_of(each) > FEW for each in summed)


@given(st.lists(PROBLEMS, max_size=FEW))
def test_few_are_told_one_by_one(problems: list[Problem]) -> None:
    """Up to three stay as they are, each with its own path."""
    assert sorted(map(str, problems)) == sorted(map(str, summed_up(problems)))


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        (range(50), "fields[0] … fields[49] (50 places)"),
        (range(49, -1, -1), "fields[0] … fields[49] (50 places)"),
        ((0, 7, 9, 49), "fields[0] … fields[49] (4 of them)"),
        ((5, 2, 4, 3), "fields[2] … fields[5] (4 places)"),
    ],
)
def test_the_lowest_place_comes_first_and_a_gap_is_told_from_a_range(
    positions: Iterable[int], expected: str
) -> None:
    """Whatever the order in which they were found, also of one that was changed beforehand."""
    paths = [f"fields[{at}]" for at in positions]
    assert (expected,) == summed_paths(paths)
    problems = [Problem(path=path, code="odd", message="no") for path in paths]
    assert [expected] == [each.path for each in summed_up(problems)]


def test_paths_that_differ_in_more_than_one_position_are_no_range() -> None:
    """Of two positions the space between is not all meant."""
    paths = [f"signatories[{one}].fields[{two}]" for one in range(2) for two in range(2)]
    assert ("signatories[0].fields[0] … signatories[1].fields[1] (4 of them)",) == summed_paths(paths)


def test_an_error_is_short_for_people_and_whole_for_programs() -> None:
    """A hundred fields that cannot be said are one line of the message, and a hundred of its problems."""
    fields = [Problem(path=f"fields[{at}]", code="unsupported.fields", message="no") for at in range(100)]
    title = Problem(path="title", code="title.missing", message="an envelope needs a title")
    error = Refused("it cannot be sent", [*fields, title])
    assert [
        "it cannot be sent",
        "  fields[0] … fields[99] (100 places): no [unsupported.fields]",
        "  title: an envelope needs a title [title.missing]",
    ] == str(error).splitlines()
    assert (*fields, title) == error.problems
