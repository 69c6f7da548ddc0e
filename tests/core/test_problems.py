"""What is alike at many places is told once to people, and completely to programs."""

from __future__ import annotations

import re

import attrs
from hypothesis import given
from hypothesis import strategies as st

from paraph.errors import Refused
from paraph.model import Problem, Severity, summed_up
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
PLACES = re.compile(r" \((\d+) places\)$")


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
