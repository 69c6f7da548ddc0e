"""Reading dialects strictly, what can be wrong with them, and how far each leaf is known."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph_sign8.dialect import DialectError, Mark, leaves, load, parse, shipped
from paraph_sign8.dialect.checking import url_fault
from paraph_sign8.dialect.leaves import CONFIRMED
from paraph_sign8.dialect.writing import to_table

CORE = ("add_workflow", "add_file", "add_signer", "add_signature", "add_annotation")


def codes(table: dict[str, Any]) -> dict[str, str]:
    """The problems of a table, by leaf."""
    with pytest.raises(DialectError) as caught:
        parse(table)
    return {problem.path: problem.code for problem in caught.value.problems}


def test_the_default_offers_the_published_operations_alone() -> None:
    """The five operations that SIGN8 names have paths; all others are unset, and there is no host."""
    default = shipped("default")
    offered = {leaf.path for leaf in leaves(default) if leaf.path.endswith(".path") and leaf.is_set}
    assert {f"operations.{name}.path" for name in CORE} == offered
    assert ("", "") == (default.servers.test, default.servers.production)


def test_confirmed_leaves_exist_and_name_their_source() -> None:
    """Each leaf that is marked as published is one, and says in which section of the contract."""
    marked = {leaf.path: leaf.source for leaf in leaves(shipped("default")) if leaf.mark is Mark.CONFIRMED}
    assert dict(CONFIRMED) == marked
    assert all(source.startswith("contract ") for source in marked.values())


def test_a_changed_leaf_is_configured_and_not_confirmed() -> None:
    """What a file says is the file's word, also where SIGN8 has published another value."""
    dialect = parse({"operations": {"add_file": {"method": "PUT"}}})
    marks = {leaf.path: leaf.mark for leaf in leaves(dialect)}
    assert Mark.CONFIGURED is marks["operations.add_file.method"]
    assert Mark.ASSUMED is marks["operations.add_file.path"]
    assert Mark.CONFIRMED is marks["operations.add_workflow.method"]


def test_the_simulator_offers_everything() -> None:
    """No operation of the simulator's dialect is without a path, and nothing in it is assumed."""
    simulator = shipped("simulator")
    found = leaves(simulator)
    assert [] == [leaf.path for leaf in found if leaf.path.endswith(".path") and not leaf.is_set]
    assert {Mark.CONFIGURED} == {leaf.mark for leaf in found}


def test_everything_wrong_is_said_at_once() -> None:
    """Unknown keys, wrong types and wrong values come in one error, each with its leaf."""
    assert {
        "oparations": "key.unknown",
        "fields.signer.emil": "key.unknown",
        "fields.file.name": "value.type",
        "formats.unit": "value.unknown",
        "formats.page_base": "value.type",
        "servers": "value.type",
        "webhooks.workflow_id": "value.type",
        "base": "value.unknown",
    } == codes(
        {
            "base": "other",
            "oparations": {},
            "fields": {"signer": {"emil": "x"}, "file": {"name": 1}},
            "formats": {"unit": "inch", "page_base": True},
            "servers": "https://sign8.example",
            "webhooks": {"workflow_id": "id"},
        }
    )


@pytest.mark.parametrize(
    ("table", "path", "code"),
    [
        ({"servers": {"test": "http://sign8.example"}}, "servers.test", "url.invalid"),
        ({"auth": {"token_url": "https://a.example?x=1"}}, "auth.token_url", "url.invalid"),
        ({"auth": {"header": "X Key"}}, "auth.header", "name.invalid"),
        ({"auth": {"template": "Bearer"}}, "auth.template", "value.wrong"),
        ({"operations": {"start": {"path": "start"}}}, "operations.start.path", "path.invalid"),
        ({"operations": {"start": {"path": "/a/../b"}}}, "operations.start.path", "path.invalid"),
        ({"operations": {"start": {"path": "/{team_id}"}}}, "operations.start.path", "path.placeholder"),
        ({"operations": {"start": {"method": "BREW"}}}, "operations.start.method", "value.unknown"),
        ({"operations": {"start": {"wrap": "a..b"}}}, "operations.start.wrap", "name.invalid"),
        ({"fields": {"signer": {"email": "a b"}}}, "fields.signer.email", "name.invalid"),
        ({"fields": {"signer": {"email": "phone"}}}, "fields.signer.phone", "name.taken"),
        ({"fields": {"signer": {"email": "phone.mail"}}}, "fields.signer.phone", "name.taken"),
        ({"organization": {"name": "email"}}, "fields.signer.email", "name.taken"),
        ({"answers": {"file_id": "a..b"}}, "answers.file_id", "location.invalid"),
        ({"status": {"signers": "$."}}, "status.signers", "location.invalid"),
        ({"words": {"dispatch": {"random": 1}}}, "words.dispatch.random", "key.unknown"),
        ({"words": {"dispatch": {"sequential": 1, "parallel": 1}}}, "words.dispatch.parallel", "word.twice"),
        ({"words": {"workflow_statuses": {"OK": "good"}}}, "words.workflow_statuses.OK", "value.unknown"),
        ({"formats": {"page_base": 2}}, "formats.page_base", "value.unknown"),
        ({"webhooks": {"events": {"/a": "refused"}}}, "webhooks.events./a", "path.invalid"),
        ({"webhooks": {"token_header": ""}}, "webhooks.token_header", "name.invalid"),
    ],
)
def test_each_rule_names_its_leaf(table: dict[str, Any], path: str, code: str) -> None:
    """A value that cannot work is refused where it stands, before any request."""
    assert code == codes(table)[path]


def test_true_and_one_are_two_words() -> None:
    """A vendor may say ``true`` for one mode and ``1`` for another."""
    dialect = parse({"words": {"dispatch": {"sequential": True, "parallel": 1}}})
    assert "[True, 1]" == str([*dialect.words.dispatch.values()])


def test_a_given_table_of_words_replaces_the_whole() -> None:
    """A word that was left out is one that the vendor does not have."""
    dialect = parse({"words": {"signature_types": {"qualified": "QES"}}})
    assert {"qualified": "QES"} == dialect.words.signature_types


def test_a_header_may_be_spelled_as_no_field_may() -> None:
    """The organisation's name is checked as what it is: a header, or a field that may be nested."""
    assert "X-Org" == parse({"organization": {"name": "X-Org", "place": "header"}}).organization.name
    assert "a.org" == parse({"organization": {"name": "a.org"}}).organization.name


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://sign8.example", True),
        ("https://sign8.example:8443/api/v1", True),
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("http://sign8.example", False),
        ("https://ada:secret@sign8.example", False),
        ("https://sign8.example/#a", False),
        ("https://sign8.example:port", False),
        ("https://[", False),
        ("sign8.example", False),
        ("", False),
    ],
)
def test_base_urls_are_plain_and_encrypted(url: str, *, good: bool) -> None:
    """TLS anywhere, plain HTTP on this machine; no credentials, query or fragment, which might leak."""
    assert good == (not url_fault(url))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"a = ", "no TOML"),
        (b"\xff", "not UTF-8"),
        (b"a = " + b"[" * 100_000, "no TOML"),
        (b"#" * (1 << 20) + b"#", "larger than 1 MiB"),
    ],
)
def test_a_file_that_is_none_is_one_error(raw: bytes, said: str, tmp_path: Path) -> None:
    """The error names the file and what it is instead."""
    path = tmp_path / "dialect.toml"
    path.write_bytes(raw)
    with pytest.raises(DialectError, match=said) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    """The command that writes a dialect is in the message."""
    with pytest.raises(DialectError, match="paraph sign8 import"):
        load(tmp_path / "dialect.toml")


def test_an_unknown_shipped_dialect_names_the_shipped_ones() -> None:
    """Both names are in the message."""
    with pytest.raises(DialectError, match="default, simulator"):
        shipped("other")


def test_what_an_import_guessed_is_assumed_until_somebody_confirms_it() -> None:
    """A leaf in the list ``guessed`` works and counts as assumed; taken out it is configured."""
    told = {"formats": {"origin": "bottom-left", "page_base": 0}}
    marks = {leaf.path: leaf.mark for leaf in leaves(parse({"guessed": ["formats.origin"], **told}))}
    assert (Mark.ASSUMED, Mark.CONFIGURED) == (marks["formats.origin"], marks["formats.page_base"])
    confirmed = {leaf.path: leaf.mark for leaf in leaves(parse(told))}
    assert Mark.CONFIGURED is confirmed["formats.origin"]


@pytest.mark.parametrize("listed", ["formats.origin", [1], ["formats.orgin"]])
def test_a_wrong_list_of_guesses_is_refused(listed: object) -> None:
    """Only leaves that exist can be called guessed, so that a slip confirms nothing by itself."""
    with pytest.raises(DialectError) as caught:
        parse({"guessed": listed})
    assert ["guessed"] == [each.path for each in caught.value.problems]


@given(st.sets(st.sampled_from([leaf.path for leaf in leaves(shipped("default"))]), max_size=5))
def test_guesses_survive_the_way_through_a_table(guessed: set[str]) -> None:
    """What is guessed is guessed after writing and reading, and what is configured likewise."""
    dialect = parse({"guessed": sorted(guessed), "formats": {"page_base": 0}})
    again = parse(to_table(dialect, complete=True))
    assert (dialect, guessed) == (again, set(again.guessed))


@pytest.mark.parametrize("path", ["//other.example/x", "/a/../b", "/a/%2e%2E/b", "/%2Fother.example/x"])
def test_a_path_leads_nowhere_else(path: str) -> None:
    """Paths that could be read as another host, or as one above, are refused, also encoded."""
    with pytest.raises(DialectError) as caught:
        parse({"operations": {"status": {"path": path}}})
    assert ["path.invalid"] == [each.code for each in caught.value.problems]


@pytest.mark.parametrize("name", ["Authorization", "host", "Content-Length"])
def test_the_organisation_takes_no_other_headers_place(name: str) -> None:
    """A header with a meaning of its own cannot tell the organisation; in a body the same name can."""
    parse({"organization": {"name": name, "place": "body"}})
    with pytest.raises(DialectError) as caught:
        parse({"organization": {"name": name, "place": "header"}})
    assert ["name.reserved"] == [each.code for each in caught.value.problems]


VALUES = st.recursive(
    st.booleans() | st.integers() | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
PATHS = [leaf.path for leaf in leaves(shipped("default"))]


@given(st.lists(st.tuples(st.sampled_from([*PATHS, "fields", "words.dispatch", "x"]), VALUES), max_size=4))
def test_any_value_anywhere_is_read_or_refused(changes: list[tuple[str, Any]]) -> None:
    """A table with anything at any leaf gives a dialect or an error with problems, and nothing else."""
    table: dict[str, Any] = {}
    for path, value in changes:
        place = table
        *way, last = path.split(".")
        for step in way:
            inner = place.setdefault(step, {})
            if not isinstance(inner, dict):
                inner = place[step] = {}
            place = inner
        place[last] = value
    try:
        parse(table)
    except DialectError as error:
        assert error.problems
