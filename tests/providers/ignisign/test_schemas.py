"""The schemas that ``paraph actions ignisign`` shows, against the literals of every action."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from paraph.cli.render import to_json
from paraph.convert.schema import params_schema, result_schema
from paraph.provider.fitting import filled
from paraph_ignisign.actions import ACTIONS
from support.hand import Talk
from support.ignisign_account import account
from support.ignisign_calls import CASES, Case
from support.said import said


def named(case: Case) -> str:
    return case.name


@pytest.mark.parametrize("case", CASES, ids=named)
def test_the_literals_of_each_action_fit_its_schema(case: Case, tmp_path: Path) -> None:
    """What each action is called with can be said as JSON, is valid, and is read back as the same."""
    action = ACTIONS[case.name]
    told = json.loads(json.dumps(said(case.given, tmp_path)))
    Draft202012Validator(params_schema(action.params)).validate(told)
    assert told.items() <= said(filled(action.params, told), tmp_path).items()


@pytest.mark.parametrize("case", CASES, ids=named)
def test_what_each_action_prints_fits_its_schema(case: Case) -> None:
    """The result that the vendor's answer becomes is valid as ``paraph call`` prints it."""
    action = ACTIONS[case.name]
    talk = Talk(action.run(account(), case.given))
    for ask in case.asks:
        talk.expect(ask.method, ask.path, query=dict(ask.query), reply=ask.reply, headers=ask.headers)
    printed = json.loads(json.dumps(to_json(talk.result, personal=True)))
    Draft202012Validator(result_schema(action.result)).validate(printed)
