"""Calls that cannot be offered as they stand, and doubts that are said instead of being decided."""

import json
from typing import Any

import pytest

from paraph_sign8.importing import Finding, Imported, Verdict, import_value

V21 = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
A = "https://a.example"
GRAPHQL = "all bodies of the file are GraphQL; paraph speaks REST over JSON and cannot use them"


def call(name: str, url: str, body: Any = None, answer: Any = None) -> dict[str, Any]:
    """One request of a collection; ``body`` as Postman writes it."""
    request: dict[str, Any] = {"method": "POST", "url": url}
    if body is not None:
        request["body"] = body
    response = [] if answer is None else [{"code": 200, "body": json.dumps(answer)}]
    return {"name": name, "request": request, "response": response}


def raw(body: Any) -> dict[str, Any]:
    """A body of JSON."""
    return {"mode": "raw", "raw": json.dumps(body)}


def imported(*items: Any) -> Imported:
    """What comes out of a collection."""
    return import_value({"info": {"name": "x", "schema": V21}, "item": list(items)})


def by_leaf(result: Imported) -> dict[str, Finding]:
    """The findings by leaf."""
    return {each.path: each for each in result.findings}


def test_a_call_on_another_host_is_not_offered() -> None:
    """Of four calls the one on another host is left out: a dialect has one base URL, and gets the data."""
    elsewhere = "https://other.example/signers"
    calls = [call(f"Add {each}", f"{A}/{each}s") for each in ("workflow", "file", "signature")]
    found = by_leaf(imported(*calls, call("Add signer", elsewhere)))
    lost = found["operations.add_signer.path"]
    assert (Verdict.NOT_FOUND, "") == (lost.verdict, lost.value)
    assert "POST /signers: it is on another host than most" == lost.reason
    assert ["/workflows", "/files", "/signatures"] == [
        found[f"operations.add_{each}.path"].value for each in ("workflow", "file", "signature")
    ]


@pytest.mark.parametrize("part", ["ada%20canary", "ada@canary.example{{id}}", "4711canary%40x{{id}}"])
def test_a_path_that_holds_data_is_not_offered(part: str) -> None:
    """A path with somebody's data is neither written nor shown, and the reason says what is wrong."""
    result = imported(call("Add signer", f"{A}/{part}/signers"))
    lost = by_leaf(result)["operations.add_signer.path"]
    assert (Verdict.NOT_FOUND, "") == (lost.verdict, lost.value)
    assert lost.reason.endswith(": its path holds somebody's data")
    assert "canary" not in f"{result.text}{result.findings}{result.ignored}{result.notes}"


@pytest.mark.parametrize(("mode", "operation", "verdict"), [
    ("urlencoded", "signer", Verdict.GUESSED), ("urlencoded", "file", Verdict.GUESSED),
    ("formdata", "signer", Verdict.GUESSED), ("formdata", "file", Verdict.PLACED),
    ("raw", "signer", Verdict.PLACED),
])  # fmt: skip
def test_a_form_where_paraph_sends_json_is_only_guessed(mode: str, operation: str, verdict: Verdict) -> None:
    """Paraph sends JSON, and a form for a file alone; a call that shows another form is left to a person."""
    rows = [{"key": "workflow_id", "value": "x"}, {"key": "name", "value": "x"}]
    body = raw({"workflow_id": "x"}) if mode == "raw" else {"mode": mode, mode: rows}
    found = by_leaf(imported(call(f"Add {operation}", f"{A}/{operation}s", body)))
    path = found[f"operations.add_{operation}.path"]
    assert (verdict, f"/{operation}s") == (path.verdict, path.value)
    assert (verdict is Verdict.GUESSED) == ("the file shows a form, and paraph sends JSON" in path.reason)


def test_equally_good_places_in_an_answer_are_not_decided() -> None:
    """Two ids of the same name and depth are both named; one that stands further out is taken."""
    two = {"a": {"workflow_id": "x"}, "b": {"workflow_id": "x"}}
    for answer, value, reason in (
        (two, None, "equally good: a.workflow_id and b.workflow_id"),
        ({**two, "workflow_id": "x"}, "workflow_id", "workflow_id in the answer of add_workflow"),
    ):
        found = by_leaf(imported(call("Add workflow", f"{A}/workflows", answer=answer)))[
            "answers.workflow_id"
        ]
        assert (value, reason) == (found.value, found.reason)
        assert (value is not None) == found.written


def test_a_page_index_in_german_is_the_page() -> None:
    """The field "seitenindex" tells the page."""
    body = raw({"seitenindex": 0, "links": 1, "unten": 1, "breite": 1, "hoehe": 1})
    found = by_leaf(imported(call("Add signature", f"{A}/signatures", body)))["fields.signature.page"]
    assert (Verdict.PLACED, "seitenindex") == (found.verdict, found.value)


def test_a_file_of_graphql_is_called_that() -> None:
    """A collection whose bodies are all GraphQL is said to be of no use; one other body, and it is not."""
    body = {"mode": "graphql", "graphql": {"query": "mutation AddWorkflow{a}", "variables": "{}"}}
    calls = [call("Add workflow", f"{A}/graphql", body), call("Ping", f"{A}/ping")]
    result = imported(*calls)
    assert (GRAPHQL,) == result.notes
    assert "its body is neither JSON nor a form" in by_leaf(result)["operations.add_workflow.path"].reason
    assert () == imported(*calls, call("Add signer", f"{A}/signers", raw({"email": "x"}))).notes
    assert () == imported(calls[1]).notes
