"""How requests and fields are matched: names, shapes, doubts, and what does not fit together."""

import json
from typing import Any

import pytest

from paraph_sign8.importing import Finding, Imported, Verdict, import_value
from paraph_sign8.importing.description import is_data, segments_of, shown
from paraph_sign8.importing.naming import fits, id_of, joined, words_of
from paraph_sign8.importing.phrases import meaning, phrase
from paraph_sign8.importing.vocabulary import FIELDS, Noun

V21 = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"


def call(name: str, url: str, body: Any = None, *, method: str = "POST", **rest: Any) -> dict[str, Any]:
    """One request of a collection; ``answer`` is saved as an example."""
    answer = rest.pop("answer", None)
    request: dict[str, Any] = {"method": method, "url": url, **rest}
    if body is not None:
        request["body"] = {"mode": "raw", "raw": body if isinstance(body, str) else json.dumps(body)}
    saved = [] if answer is None else [{"code": 200, "body": json.dumps(answer)}]
    return {"name": name, "request": request, "response": saved}


def imported(*items: Any, **rest: Any) -> Imported:
    """What comes out of a collection of these items."""
    return import_value({"info": {"name": "x", "schema": V21}, "item": list(items), **rest})


def findings(*items: Any, **rest: Any) -> dict[str, Finding]:
    """The findings of a collection of these items, by leaf."""
    return {each.path: each for each in imported(*items, **rest).findings}


A = "https://a.example"
UUID = "5f0c2d1e-0000-4000-8000-000000000001"
SIGNER = {"first_name": "x", "last_name": "x", "email": "x@example.org"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("firstName", ("first", "name")),
        ("FIRST_NAME", ("first", "name")),
        ("first-name", ("first", "name")),
        ("Größe", ("groesse",)),
        ("GRÖSSE", ("groesse",)),
        ("signerEMail", ("signer", "e", "mail")),
        ("HTMLPage2", ("html", "page", "2")),
        ("Unterzeichner E-Mail", ("unterzeichner", "e", "mail")),
        ("名前", ()),
    ],
)
def test_names_are_split_into_words(name: str, words: tuple[str, ...]) -> None:
    """Camel case, separators, umlauts and digits are seen; what is not Latin has no words."""
    assert words == words_of(name)
    assert "".join(words) == joined(name)


@pytest.mark.parametrize(
    ("name", "parent", "noun"),
    [
        ("workflow_id", "", Noun.WORKFLOW),
        ("VorgangsID", "", Noun.WORKFLOW),
        ("dateiNr", "", Noun.FILE),
        ("documentUuid", "", Noun.FILE),
        ("Empfängerkennung", "", Noun.SIGNER),
        ("id", "recipient", Noun.SIGNER),
        ("uuid", "vorgaenge", Noun.WORKFLOW),
        ("id", "data", None),
        ("valid", "", None),
        ("page_number", "", None),
    ],
)
def test_ids_say_whose_they_are(name: str, parent: str, noun: Noun | None) -> None:
    """An id is known by its own name, in either language, or by the object around it."""
    found = id_of(name, parent)
    assert noun == (found[0] if found else None)


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("Add signer to workflow", "add_signer"),
        ("AddSignature", "add_signature"),
        ("Create signature field", "add_signature"),
        ("addsigner", "add_signer"),
        ("Vorgang anlegen", "add_workflow"),
        ("Neue Anmerkung", "add_annotation"),
        ("Upload document", "add_file"),
        ("Datei zum Vorgang hinzufügen", "add_file"),
        ("Zur Unterschrift versenden", "start"),
        ("Send reminder", "remind"),
        ("Vorgang stornieren", "cancel"),
        ("Get all workflows", "list"),
        ("Get workflow status", "status"),
        ("Download signed document", "download"),
        ("Audit report", "audit_report"),
        ("Prüfprotokoll herunterladen", "audit_report"),
        ("Get signing link", "signature_link"),
        ("List interfaces", "list_interfaces"),
        ("Create branding", "create_interface"),
        ("Delete signer", ""),
        ("Update workflow", ""),
        ("Create workflow template", ""),
        ("Add user", ""),
        ("List signers", ""),
        ("Health", ""),
    ],
)
def test_phrases_name_operations(text: str, operation: str) -> None:
    """Verbs and nouns make an operation; changing, and things that paraph has no call for, make none."""
    assert operation == meaning(phrase([text]), has_id=False)[0]


def test_a_weak_name_is_never_sure() -> None:
    """A name that other things have, too, gives a guess."""
    assert fits("level", FIELDS["signer"]["signature_type"]) < fits(
        "signature_level", FIELDS["signer"]["signature_type"]
    )
    found = findings(call("Add signer", f"{A}/signers", {**SIGNER, "tel": "x"}))
    assert Verdict.GUESSED is found["fields.signer.phone"].verdict
    assert Verdict.PLACED is found["fields.signer.email"].verdict


def test_a_request_is_found_by_its_body_alone() -> None:
    """A name and a path that say nothing leave the shape of the body, which is a guess with its reason."""
    found = findings(call("Step 3", f"{A}/call/3", SIGNER))
    assert Verdict.GUESSED is found["operations.add_signer.path"].verdict
    assert "its body has an e-mail address and a person's names" == found["operations.add_signer.path"].reason


def test_a_field_is_found_by_its_value_alone() -> None:
    """A value that is an e-mail address is a guess for the signer's."""
    found = findings(call("Add signer", f"{A}/signers", {"first_name": "x", "wohin": "ada@example.org"}))
    assert ("wohin", Verdict.GUESSED) == (
        found["fields.signer.email"].value,
        found["fields.signer.email"].verdict,
    )


def test_two_equal_requests_leave_an_operation_open() -> None:
    """Neither is taken, both are named, and the operation is turned off."""
    both = imported(
        call("Add signer", f"{A}/v1/signers", SIGNER), call("Add signer", f"{A}/v2/signers", SIGNER)
    )
    found = {each.path: each for each in both.findings}["operations.add_signer.path"]
    assert Verdict.NOT_FOUND is found.verdict
    assert "equally good: POST /v1/signers and POST /v2/signers" == found.reason
    assert "" == both.table["operations"]["add_signer"]["path"]
    assert {"POST /v1/signers (Add signer)", "POST /v2/signers (Add signer)"} == {
        each.what for each in both.ignored
    }


def test_two_equal_fields_leave_a_leaf_open() -> None:
    """Two e-mail addresses of the same depth are both named, and the leaf stays as shipped."""
    body = {**SIGNER, "a": {"email": "x"}, "b": {"email": "x"}}
    del body["email"]
    found = findings(call("Add signer", f"{A}/signers", body))["fields.signer.email"]
    assert (Verdict.NOT_FOUND, "equally good: a.email and b.email") == (found.verdict, found.reason)
    assert not found.written


def test_requests_of_the_same_path_are_one() -> None:
    """A call that is shown with two bodies tells the fields of both."""
    found = findings(
        call("Add signer (simple)", f"{A}/signers", SIGNER),
        call("Add signer (advanced)", f"{A}/signers", {"phone": "x", "email": "x"}),
    )
    assert "first_name" == found["fields.signer.given_name"].value
    assert "phone" == found["fields.signer.phone"].value


def test_nothing_to_send_with_is_said_aloud() -> None:
    """Without a request for a signer the file says so at its top, at the operation, and to programs."""
    result = imported(call("Add workflow", f"{A}/workflows", {"name": "x"}))
    assert ("add_file", "add_signer", "add_signature") == result.missing
    assert "# NOT USABLE YET: no request was found for add_file, add_signer, add_signature." in result.text
    assert 'path = ""  # NOT FOUND: no request for it' in result.text


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/workflows/:id/signers", "/workflows/{workflow_id}/signers"),
        ("/workflows/{{workflowId}}/signers", "/workflows/{workflow_id}/signers"),
        ("/workflows/{vorgang}/signers", "/workflows/{workflow_id}/signers"),
        ("/workflows/4711/signers", "/workflows/{workflow_id}/signers"),
        (
            "/v2/9/workflows/5f0c2d1e-0000-4000-8000-000000000001/signers",
            "/v2/9/workflows/{workflow_id}/signers",
        ),
        ("/o/:organisationId/workflows/<id>/signers", "/o/{organization_id}/workflows/{workflow_id}/signers"),
        ("/{{apiVersion}}/signers", "/v7/signers"),
    ],
)
def test_variables_of_paths_become_ids(path: str, written: str) -> None:
    """Every spelling of a variable, and an example of an id, becomes a dialect's placeholder."""
    found = findings(
        call("Add signer", f"{A}{path}", SIGNER), variable=[{"key": "apiVersion", "value": "v7"}]
    )
    assert written == found["operations.add_signer.path"].value


def test_a_path_that_nobody_can_fill_is_not_offered() -> None:
    """A variable that is no id of ours is named, and the operation left out."""
    found = findings(call("Add signer", f"{A}/:region/signers", SIGNER))["operations.add_signer.path"]
    assert (Verdict.NOT_FOUND, "") == (found.verdict, found.value)
    assert "{region}" in found.reason


def test_a_body_that_is_a_list_is_not_offered() -> None:
    """A dialect has no name for a field in a list, so the call is left out rather than sent wrongly."""
    found = findings(call("Add signer", f"{A}/signers", [SIGNER]))["operations.add_signer.path"]
    assert "its body is a list" in found.reason


def test_bodies_with_variables_and_comments_are_read() -> None:
    """What people write in Postman is no JSON: comments, and variables outside of quotes."""
    raw = '{ // who\n "email": {{mail}}, /* and */ "first_name": "{{name}} // no comment", "page": {{n}} }'
    found = findings(call("Add signer", f"{A}/signers", raw))
    assert "email" == found["fields.signer.email"].value
    assert "first_name" == found["fields.signer.given_name"].value


def test_calls_agree_on_one_name() -> None:
    """A call that tells an id by another name than the others cannot be offered."""
    found = findings(
        call("Start workflow", f"{A}/start", {"workflow_id": "x"}),
        call("Cancel workflow", f"{A}/cancel", {"workflow_id": "x", "reason": "x"}),
        call("Remind signer", f"{A}/remind", {"vorgangsId": "x", "signer_id": "x"}),
    )
    assert "workflow_id" == found["fields.call.workflow_id"].value
    assert "/start" == found["operations.start.path"].value
    assert not found["operations.remind.path"].written
    assert "by another name" in found["operations.remind.path"].reason


def test_calls_agree_by_a_shorter_wrap() -> None:
    """An object around all fields of one call is part of the name where another call has more beside it."""
    found = findings(
        call("Start workflow", f"{A}/start", {"ref": {"workflow_id": "x"}}),
        call("Cancel workflow", f"{A}/cancel", {"ref": {"workflow_id": "x"}, "reason": "x"}),
    )
    assert "ref.workflow_id" == found["fields.call.workflow_id"].value
    assert "" == found["operations.start.wrap"].value
    assert found["operations.start.path"].written


def test_values_that_meet_are_reported_and_the_weaker_is_left_out() -> None:
    """A field within what elsewhere is the organisation's id cannot be told beside it, and says so."""
    result = imported(
        call("Add workflow", f"{A}/workflows", {"organization_id": "x", "name": "x"}),
        call("Start workflow", f"{A}/start", {"organization_id": "x", "workflow_id": "x"}),
        call("Add signer", f"{A}/signers", {**SIGNER, "organization_id": {"phone": "x"}}),
    )
    found = {each.path: each for each in result.findings}["fields.signer.phone"]
    assert (Verdict.NOT_FOUND, "") == (found.verdict, found.value)
    assert "left out: it is told at the same place as organization.name" == found.reason
    assert ("fields.signer.phone was left out: it is told at the same place as organization.name",) == (
        result.notes
    )


def test_a_shipped_name_that_meets_a_found_one_is_turned_off() -> None:
    """What nothing decides stays as shipped, but where its place is taken it is turned off, and says so."""
    body = {"first_name": "x", "phone": {"email": "x"}, "a": {"mobile": "x"}, "b": {"mobile": "x"}}
    found = findings(call("Add signer", f"{A}/signers", body))
    assert "phone.email" == found["fields.signer.email"].value
    assert (Verdict.NOT_FOUND, "") == (
        found["fields.signer.phone"].verdict,
        found["fields.signer.phone"].value,
    )
    assert "turned off: it is told at the same place as fields.signer.email" == (
        found["fields.signer.phone"].reason
    )


@pytest.mark.parametrize(
    ("auth", "type_", "header", "template"),
    [
        ({"type": "bearer", "bearer": [{"key": "token", "value": "canary"}]}, "bearer", "Authorization",
         "Bearer {secret}"),
        ({"type": "bearer", "bearer": {"token": "canary"}}, "bearer", "Authorization", "Bearer {secret}"),
        ({"type": "apikey", "apikey": [{"key": "key", "value": "X-Key"},
                                       {"key": "value", "value": "canary"}]},
         "header", "X-Key", "{secret}"),
        ({"type": "apikey", "apikey": [{"key": "key", "value": "Authorization"},
                                       {"key": "value", "value": "Key {{canary}}"}]},
         "header", "Authorization", "Key {secret}"),
    ],
)  # fmt: skip
def test_authentication_is_read_without_the_secret(
    auth: dict[str, Any], type_: str, header: str, template: str
) -> None:
    """Kind, header and the word before the secret are placed, in the form of v2.1 and of v2.0."""
    result = imported(call("Add signer", f"{A}/signers", SIGNER), auth=auth)
    found = {each.path: each.value for each in result.findings}
    assert (type_, header, template) == (found["auth.type"], found["auth.header"], found["auth.template"])
    assert "canary" not in result.text


@pytest.mark.parametrize("kind", ["basic", "digest", "awsv4"])
def test_authentication_that_is_not_supported_is_said(kind: str) -> None:
    """What paraph cannot do is not placed but told."""
    result = imported(call("Add signer", f"{A}/signers", SIGNER), auth={"type": kind, kind: []})
    found = {each.path: each for each in result.findings}["auth.type"]
    assert (Verdict.NOT_FOUND, f"authentication by {kind} is not supported") == (found.verdict, found.reason)
    assert (f"authentication by {kind} is not supported; ask SIGN8 for another way",) == result.notes


def test_a_header_with_a_secret_is_authentication() -> None:
    """A key that was pasted into a request's headers is found by the header's name, its value never kept."""
    header = [{"key": "X-Api-Key", "value": "canary"}]
    result = imported(call("Add signer", f"{A}/signers", SIGNER, header=header))
    found = {each.path: each.value for each in result.findings}
    assert ("header", "X-Api-Key") == (found["auth.type"], found["auth.header"])
    assert "canary" not in result.text


def test_a_base_url_that_does_not_say_which_system_it_is_is_not_placed() -> None:
    """Sending to production by mistake costs money and reaches people, so nothing is guessed here."""
    found = findings(call("Add signer", "https://api.sign.example/signers", SIGNER))
    for path in ("servers.test", "servers.production"):
        assert Verdict.NOT_FOUND is found[path].verdict
        assert "https://api.sign.example" in found[path].reason


def test_a_base_url_without_tls_is_not_placed() -> None:
    """A test system over plain HTTP is named as unusable."""
    result = imported(call("Add signer", "http://test.sign.example/signers", SIGNER))
    assert {"servers.test": None}.items() <= {each.path: each.value for each in result.findings}.items()
    assert ("a base URL cannot be used: only https is allowed, and http on this machine",) == result.notes


def test_the_published_webhook_stays_beside_found_ones() -> None:
    """A collection that shows another event does not take the one away that SIGN8 has published."""
    found = findings(
        call("Add signer", f"{A}/signers", SIGNER),
        call("done", "{{webhook_url}}/hooks/workflowCompleted", {"data": {"workflowId": "x"}}),
    )
    assert "completed" == found["webhooks.events.hooks/workflowCompleted"].value
    assert "refused" == found["webhooks.events.api/workflow/workflowRefused"].value
    assert ["data.workflowId"] == found["webhooks.workflow_id"].value


def test_coordinates_are_not_guessed() -> None:
    """Numbers alone say neither unit nor corner nor first page."""
    body = {"page": 1, "x": 0.1, "y": 0.2, "width": 0.3, "height": 0.1}
    found = findings(call("Add signature", f"{A}/signatures", body))
    for key in ("origin", "unit", "page_base", "frame"):
        assert Verdict.NOT_FOUND is found[f"formats.{key}"].verdict


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("Coordinates in pt from the bottom-left corner.", "origin", "bottom-left"),
        ("Ursprung ist oben links.", "origin", "top-left"),
        ("Top left, not bottom left!", "origin", None),
        ("Values from 0 to 1.", "unit", "fraction"),
        ("In Prozent der Seite", "unit", "percent"),
        ("In points, or in percent", "unit", None),
        ("In pixels (96 points)", "unit", None),
        ("The page is zero-based.", "page_base", 0),
        ("Die Zählung der Seiten beginnt bei 1.", "page_base", 1),
    ],
)
def test_sentences_about_places_are_understood(text: str, key: str, value: object) -> None:
    """What is said in a request's description is placed; what is said in two ways is not."""
    body = {"page": 1, "x": 1, "y": 2, "width": 3, "height": 4}
    found = findings(call("Add signature", f"{A}/signatures", body, description=text))
    assert value == found[f"formats.{key}"].value


def test_statuses_of_a_few_examples_are_not_a_table() -> None:
    """Examples that do not show how the good end is called leave the shipped words, and are reported."""
    url = f"{A}/workflows/:workflow_id"
    found = findings(call("Get workflow", url, method="GET", answer={"status": "laufend"}))
    assert not found["words.workflow_statuses.active"].written
    assert "examples show laufend only" in found["words.workflow_statuses.active"].reason


def test_a_single_name_of_a_person_is_not_a_family_name() -> None:
    """Without a first name beside it "name" is a whole name, which no dialect can tell."""
    alone = findings(call("Add signer", f"{A}/signers", {"name": "x", "email": "x"}))
    beside = findings(call("Add signer", f"{A}/signers", {"name": "x", "vorname": "x", "email": "x"}))
    assert (Verdict.NOT_FOUND, "") == (
        alone["fields.signer.family_name"].verdict,
        alone["fields.signer.family_name"].value,
    )
    assert ("name", Verdict.GUESSED) == (
        beside["fields.signer.family_name"].value,
        beside["fields.signer.family_name"].verdict,
    )


@pytest.mark.parametrize(
    "text",
    ["4711", "5f0c2d1e-0000-4000-8000-000000000001", "ada@example.org", "a1b2c3d4e5f6a7b8c9d0", "x" * 81],
)
def test_data_is_told_from_names(text: str) -> None:
    """Numbers, ids, addresses and tokens are somebody's data and are never shown."""
    assert is_data(text)
    assert text not in shown(f"before {text} after")


@pytest.mark.parametrize("text", ["workflow_id", "AddSignature", "v2", "höhe", "fields.signer"])
def test_names_are_not_taken_for_data(text: str) -> None:
    """Names of fields, paths and versions stay visible."""
    assert not is_data(text)
    assert text == shown(text)


def test_what_is_shown_cannot_steer_a_terminal() -> None:
    """Escape sequences, line breaks and turned writing in names become question marks."""
    assert "a?[31mb c?d" == shown("a\x1b[31mb\nc\u202ed")


@pytest.mark.parametrize("odd", ["\x1b[31m", "\ud800", "\u202e", "\n"])
def test_what_cannot_be_printed_is_not_taken(odd: str) -> None:
    """Names, words and addresses with such letters are left out, wherever they are."""
    url = f"https://test.sign.example/a{odd}"
    answer = {"status": f"done{odd}", f"ended_at{odd}": "x", f"signers{odd}": [{"id": "x"}]}
    result = imported(
        call("Add signer", f"{url}/signers", {**SIGNER, f"phone{odd}": "x"}),
        call("Get workflow", f"{url}/workflows/:id", method="GET", answer=answer),
        variable=[{"key": "test", "value": url}],
        auth={"type": "apikey", "apikey": {"key": f"X-Key{odd}", "value": "x"}},
    )
    texts = [each.reason for each in result.findings] + [each.what for each in result.ignored]
    assert odd not in "".join([result.text.replace("\n", ""), *texts, *result.notes])


def test_segments_keep_text_beside_a_variable() -> None:
    """A custom verb behind an id, as some APIs write it, stays part of the path."""
    found = findings(call("Start workflow", f"{A}/workflows/{{id}}:release"))
    assert "/workflows/{workflow_id}:release" == found["operations.start.path"].value
    assert 2 == len(segments_of("/workflows/{id}:release"))
