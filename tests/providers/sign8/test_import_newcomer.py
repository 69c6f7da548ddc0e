"""What newcomers' files hold: keys in plain headers, bodies that lack a field, German words for the order."""

import json
from pathlib import Path
from typing import Any

import pytest

from paraph_sign8.dialect import parse
from paraph_sign8.importing import Finding, Imported, Verdict, import_bytes, import_value
from paraph_sign8.importing.report import as_text

V21 = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
A = "https://a.example"
BODIES: dict[str, dict[str, Any]] = {
    "workflow": {"name": "x"},
    "file": {"workflow_id": "x", "file_name": "x", "content": "x"},
    "signer": {"workflow_id": "x", "first_name": "x", "last_name": "x", "email": "x"},
    "signature": {"file_id": "x", "signer_id": "x", "page": 1, "x": 1, "y": 1, "width": 1, "height": 1},
}


def header(name: str, value: str) -> dict[str, str]:
    """A header of a request."""
    return {"key": name, "value": value}


def imported(*headers: dict[str, str], auth: Any = None, **bodies: Any) -> Imported:
    """What comes out of four calls with these headers; ``bodies`` replace or (``None``) hide theirs."""
    items = []
    for thing, body in {**BODIES, **bodies}.items():
        request: dict[str, Any] = {"method": "POST", "url": f"{A}/add_{thing}", "header": list(headers)}
        if body is not None:
            request["body"] = {"mode": "raw", "raw": json.dumps(body)}
        items.append({"name": f"Add {thing}", "request": request})
    value = {"info": {"name": "x", "schema": V21}, "item": items}
    return import_value({**value, "auth": auth} if auth else value)


def by_leaf(result: Imported) -> dict[str, Finding]:
    """The findings by leaf."""
    return {each.path: each for each in result.findings}


def auth_of(result: Imported) -> tuple[Any, ...]:
    """Type, header, template and verdict of what was found about authentication."""
    found = by_leaf(result)
    return (
        *(found[f"auth.{key}"].value for key in ("type", "header", "template")),
        found["auth.type"].verdict,
    )


@pytest.mark.parametrize(("value", "template"), [
    ("{{apiSchluessel}}", "{secret}"), ("Token {{canary}}", "Token {secret}"), ("<your canary>", "{secret}"),
])  # fmt: skip
@pytest.mark.parametrize("auth", [None, {"type": "noauth"}])
def test_the_one_header_with_a_variable_is_guessed(value: str, template: str, auth: Any) -> None:
    """A header of all calls whose value is a variable is guessed to authenticate, with the word before it."""
    usual = (header("Content-Type", "{{json}}"), header("X-Organisation-Id", "{{org}}"))
    unique = header("X-Anfrage", "{{$guid}}")
    result = imported(header("X-Api-Schluessel", value), *usual, unique, auth=auth)
    assert ("header", "X-Api-Schluessel", template, Verdict.GUESSED) == auth_of(result)
    assert "canary" not in result.text
    assert ["header X-Anfrage"] == [each.what for each in result.ignored if each.what.startswith("header")]


def test_several_headers_with_variables_leave_it_open() -> None:
    """Nothing decides between two such headers: both are named, and listed as ignored."""
    result = imported(header("X-Zugang", "{{a}}"), header("X-Sprache", "{{b}}"))
    assert (None, None, None, Verdict.NOT_FOUND) == auth_of(result)
    assert "equally good: the headers X-Sprache and X-Zugang" == by_leaf(result)["auth.type"].reason
    assert {"header X-Zugang", "header X-Sprache"} <= {each.what for each in result.ignored}


def test_a_header_of_few_calls_is_not_authentication() -> None:
    """What stands on one call of four is ignored by its name, and so is a header with a plain value."""
    value: Any = {"info": {"name": "x", "schema": V21}, "item": []}
    for number, thing in enumerate(BODIES):
        rare = [header("X-Selten", "{{a}}")] if number == 0 else []
        headers = [*rare, header("X-Fest", "canary")]
        request = {"method": "POST", "url": f"{A}/add_{thing}", "header": headers}
        value["item"].append({"name": f"Add {thing}", "request": request})
    result = import_value(value)
    assert (None, None, None, Verdict.NOT_FOUND) == auth_of(result)
    ignored = [each.what for each in result.ignored]
    assert {"header X-Selten", "header X-Fest"} <= set(ignored)
    assert "canary" not in str(ignored)


def test_a_plain_authorization_header_is_a_bearer_token() -> None:
    """A header "Authorization: Bearer {{token}}" is placed, also beside what Postman calls "no auth"."""
    for auth in (None, {"type": "noauth"}):
        result = imported(header("Authorization", "Bearer {{token}}"), header("X-Spur", "{{b}}"), auth=auth)
        assert ("bearer", "Authorization", "Bearer {secret}", Verdict.PLACED) == auth_of(result)
        assert "header X-Spur" in [each.what for each in result.ignored]
        assert "header Authorization" not in [each.what for each in result.ignored]


def test_a_required_header_of_an_openapi_description_is_guessed() -> None:
    """A description without security whose calls all require one header is guessed to authenticate by it."""
    raw = b"""
openapi: 3.0.0
paths:
  /signers:
    parameters:
    - {name: X-Api-Schluessel, in: header, required: true}
    - {name: X-Sprache, in: header}
    post: {operationId: addSigner}
"""
    result = import_bytes(raw)
    assert ("header", "X-Api-Schluessel", "{secret}", Verdict.GUESSED) == auth_of(result)
    assert ["header X-Sprache"] == [each.what for each in result.ignored]


def test_a_field_that_a_shown_body_lacks_is_turned_off() -> None:
    """A body that the file shows has all its fields: what is not in it is not told by an assumed name."""
    result = imported()
    found = by_leaf(result)
    dialect = parse(result.table)
    for leaf in ("fields.workflow.team_id", "fields.signer.phone", "fields.signature.workflow_id"):
        assert (Verdict.NOT_FOUND, "", "turned off: the body shows no such field") == (
            found[leaf].verdict,
            found[leaf].value,
            found[leaf].reason,
        )
        assert found[leaf].written
    assert "" == dialect.fields.signature.workflow_id
    assert ("", "") == (dialect.words.dispatch["sequential"], dialect.words.dispatch["parallel"])


def test_a_body_that_is_not_shown_keeps_its_assumed_names() -> None:
    """Of a call whose body the file does not show, nothing is known, so its names stay as shipped."""
    result = imported(signature=None, workflow=None)
    found = by_leaf(result)
    for leaf in ("fields.signature.workflow_id", "fields.signature.page", "fields.workflow.password"):
        assert not found[leaf].written
    assert "workflow_id" == parse(result.table).fields.signature.workflow_id


def test_an_id_that_has_to_be_told_is_asked_for() -> None:
    """An id that neither path nor body shows is turned off, and the next steps say what lacks it."""
    result = imported(signature={"file_id": "x", "page": 1, "x": 1, "y": 1, "width": 1, "height": 1})
    assert "" == by_leaf(result)["fields.signature.signer_id"].value
    text = "\n".join(map(str, as_text(result, Path("d.toml"))))
    said = "fields.signature.signer_id: neither this field nor the path of add_signature tells the signer_id"
    assert said in text
    assert "fields.signature.workflow_id: " not in text.rpartition("Next:")[2]


def test_a_reason_that_no_cancellation_shows_is_turned_off() -> None:
    """A cancellation whose body holds the id alone has no field for a reason."""
    body = {"mode": "raw", "raw": '{"workflow_id": "x"}'}
    item = {"name": "Cancel workflow", "request": {"method": "POST", "url": f"{A}/cancel", "body": body}}
    found = by_leaf(import_value({"info": {"name": "x", "schema": V21}, "item": [item]}))
    assert "workflow_id" == found["fields.call.workflow_id"].value
    assert (Verdict.NOT_FOUND, "") == (found["fields.call.reason"].verdict, found["fields.call.reason"].value)


@pytest.mark.parametrize(("name", "value", "words", "verdict"), [
    ("SequenziellerVersand", True, (True, False), Verdict.PLACED),
    ("sequenziell", False, (True, False), Verdict.PLACED),
    ("istSequentiell", True, (True, False), Verdict.PLACED),
    ("paralleleZeichnung", False, (False, True), Verdict.PLACED),
    ("gleichzeitig", True, (False, True), Verdict.PLACED),
    ("Reihenfolge", True, (True, False), Verdict.GUESSED),
    ("versandart", "NACHEINANDER", ("NACHEINANDER", None), Verdict.GUESSED),
    ("versandart", "PARALLEL", (None, "PARALLEL"), Verdict.GUESSED),
])  # fmt: skip
def test_the_order_of_signing_is_found_under_german_names(
    name: str, value: object, words: tuple[object, object], verdict: Verdict
) -> None:
    """True and false, or a word, under any name that says it; never left without a place in a dialect."""
    result = imported(workflow={"titel": "x", name: value})
    found = by_leaf(result)
    assert name == found["fields.workflow.dispatch"].value
    assert words == tuple(found[f"words.dispatch.{each}"].value for each in ("sequential", "parallel"))
    assert verdict in {found[f"words.dispatch.{each}"].verdict for each in ("sequential", "parallel")}
    assert [] == [each for each in result.ignored if name in each.what]


def test_two_fields_that_are_equally_good_have_a_place() -> None:
    """A field that another one rivals is listed with that reason: a dialect has a place for it."""
    result = imported(workflow={"titel": "x", "a": {"parallel": True}, "b": {"parallel": True}})
    whys = {each.what: each.why for each in result.ignored}
    assert "another field is as good for dispatch" == whys["add_workflow: a.parallel"]


def test_missing_words_of_statuses_make_paraph_blind_and_it_says_so() -> None:
    """The next steps name the statuses that no word means, and the words by which assumed ones are heard."""
    raw = b"""
openapi: 3.0.0
paths:
  /workflows/{id}:
    get:
      operationId: getWorkflow
      responses:
        200:
          content:
            application/json:
              schema: {properties: {status: {type: string, enum: [DRAFT, DONE, REJECTED]}}}
"""
    steps = "\n".join(map(str, as_text(import_bytes(raw), Path("d.toml")))).rpartition("Next:")[2]
    assert (
        "Fill in the missing words of words.workflow_statuses in d.toml: until then paraph is blind to "
        "active, expired, cancelled."
    ) in steps
    assert "waiting, invited, opened, signed, refused, unless SIGN8 calls them by these very words." in steps
    blind = "\n".join(map(str, as_text(imported(), Path("d.toml"))))
    assert "only trusted webhooks tell paraph of its end" in blind
