"""Every finding about a request says which of four kinds it is."""

from __future__ import annotations

import ast
import fnmatch
import pickle
from pathlib import Path
from typing import Any

import pytest

from paraph.errors import Refused
from paraph.kinds import KINDS, LEFT_OUT, classified
from paraph.model import Instead, Problem, ProblemKind, Severity
from paraph.provider import Capability
from paraph_ignisign.kinds import KINDS as IGNISIGN
from paraph_sign8.kinds import KINDS as SIGN8

ROOT = Path(__file__).parents[2]
MAKERS = {"Problem", "_bad", "problem", "_problem"}
"""Functions that make a problem; the second argument is its code."""

CORE = ("preflight.py", "foreign.py", "pdf.py", "ops/check.py", "ops/route.py")
PLACES = {
    "core": ([ROOT / "core/paraph" / name for name in CORE], {}),
    "ignisign": (sorted((ROOT / "providers/paraph_ignisign").glob("*.py")), IGNISIGN),
    "sign8": (
        sorted(
            path
            for folder in (".", "actions", "wire")
            for path in (ROOT / "providers/paraph_sign8" / folder).glob("*.py")
        ),
        SIGN8,
    ),
}


def codes_in(text: str) -> set[str]:
    """Return the codes that a module gives problems; what is computed in one is written as ``*``."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if (
            not isinstance(node, ast.Call)
            or not isinstance(node.func, ast.Name)
            or node.func.id not in MAKERS
        ):
            continue
        given = [keyword.value for keyword in node.keywords if keyword.arg == "code"] or node.args[1:2]
        for value in given:
            if isinstance(value, ast.Constant):
                found.add(str(value.value))
            elif isinstance(value, ast.JoinedStr):
                parts = (str(part.value) if isinstance(part, ast.Constant) else "*" for part in value.values)
                found.add("".join(parts))
    return found


def unclassified(codes: set[str], known: set[str]) -> set[str]:
    return {code for code in codes if not fnmatch.filter(known, code)}


@pytest.mark.parametrize("place", PLACES)
def test_every_code_has_a_kind(place: str) -> None:
    """Each code that core's checks and the plugins give has a kind, in core's table or the plugin's own."""
    files, own = PLACES[place]
    codes = set().union(*(codes_in(file.read_text()) for file in files))
    assert len(codes) > 15
    assert set() == unclassified(codes, {*KINDS, *own})


def test_a_code_without_a_kind_is_noticed() -> None:
    """The search that proves this finds a code that nobody classified, spelled out or put together."""
    text = (
        'yield _bad("x", "new.code", "words")\nyield Problem(path="x", code=f"{word}.newer", message="y")\n'
    )
    assert {"new.code", "*.newer"} == unclassified(codes_in(text), set(KINDS))


@pytest.mark.parametrize("place", PLACES)
def test_no_kind_without_a_code(place: str) -> None:
    """The tables hold nothing that no check ever says, and plugins repeat none of core's differently."""
    files, own = PLACES[place]
    codes = set().union(*(codes_in(file.read_text()) for file in files))
    used = {code for code in own if any(fnmatch.fnmatch(code, pattern) for pattern in codes)}
    assert set(own) == used
    assert {} == {code: kind for code, kind in own.items() if code in KINDS and KINDS[code] is not kind}


def test_what_has_no_kind_gets_one_by_its_weight() -> None:
    """A finding of a company rule without a kind is unsayable, one that is a warning incomplete."""
    error = Problem(path="title", code="own.rule", message="no")
    warning = Problem(path="title", code="own.rule", message="hm", severity=Severity.WARNING)
    said = Problem(path="title", code="own.rule", message="no", kind=ProblemKind.IGNORED)
    kinds = [problem.kind for problem in classified([error, warning, said])]
    assert [ProblemKind.UNSAYABLE, ProblemKind.INCOMPLETE, ProblemKind.IGNORED] == kinds


def test_only_harmless_capabilities_may_be_left_out() -> None:
    """Who signs what, when, how strongly and how they are reached is never taken out of a request."""
    harmful = {
        Capability.ATTACHMENTS,
        Capability.SCHEDULE,
        Capability.STAGES,
        Capability.STAGE_ANY,
        Capability.SEALS,
        Capability.SEVERAL_DOCUMENTS,
        Capability.SEVERAL_SIGNATORIES,
        Capability.SIGNING_LINK,
        Capability.DELIVERY_EMAIL,
    }
    assert set() == harmful & set(LEFT_OUT)
    kinds = {KINDS[f"unsupported.{capability.value}"] for capability in harmful}
    assert {ProblemKind.UNSAYABLE} == kinds


def test_a_problem_keeps_its_words_through_a_pickle() -> None:
    """An error that lists problems can be copied to another process with kind and change."""
    problem = Problem(
        path="language",
        code="language.fixed",
        message="fixed",
        kind=ProblemKind.IGNORED,
        instead=Instead.REMOVE,
        before="fr",
        after="none",
    )
    back: Any = pickle.loads(pickle.dumps(Refused("no", [problem])))  # noqa: S301 - our own bytes
    assert isinstance(back, Refused)
    assert (problem, Instead.REMOVE, ProblemKind.IGNORED) == (
        back.problems[0],
        back.problems[0].instead,
        back.problems[0].kind,
    )
    assert "language: fixed (fr → none) [language.fixed]" == str(problem)
