"""Writing dialects: what is written reads back as the same."""

import math
import tomllib
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph_sign8.dialect import Dialect, leaves, parse, shipped
from paraph_sign8.dialect.leaves import Mark, values
from paraph_sign8.dialect.model import Fields, SignerFields
from paraph_sign8.dialect.words import SignatureType, WebhookEvent, WorkflowStatus
from paraph_sign8.dialect.writing import to_table, to_toml
from support.dialects import dialects

NAMES = st.text("abcdefghijklmnopqrstuvwxyzäöüß_-", min_size=1, max_size=8)
SCALARS = st.text() | st.integers() | st.booleans() | st.floats()
TABLES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.text(),
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    ),
    max_size=5,
)


@st.composite
def dialect_tables(draw: st.DrawFn) -> dict[str, Any]:
    """Any part of a dialect's table, with or without a base, that reads without a problem."""
    names = draw(st.lists(NAMES, min_size=8, max_size=8, unique=True))
    parts: dict[str, Any] = {
        "servers": {"test": "https://sign.example/api"},
        "auth": {"type": draw(st.sampled_from(["bearer", "header", ""])), "template": "Token {secret}"},
        "organization": {"name": "X-Org", "place": draw(st.sampled_from(["header", "none"]))},
        "operations": {
            "add_signer": {"path": f"/{draw(st.integers(0, 9))}", "wrap": names[7]},
            "status": {"path": "/w/{workflow_id}", "method": "get"},
        },
        "fields": {"signer": dict(zip(("given_name", "email", "phone"), names, strict=False))},
        "answers": {"workflow_id": f"{names[0]}[0].{names[1]}", "workflows": "$"},
        "words": {
            "signature_types": draw(
                st.dictionaries(st.sampled_from([*SignatureType]).map(str), NAMES, max_size=1)
            ),
            "workflow_statuses": draw(
                st.dictionaries(st.text(), st.sampled_from([*WorkflowStatus]).map(str), max_size=3)
            ),
            "dispatch": {"sequential": draw(st.sampled_from([1, True, "1"])), "parallel": 0},
        },
        "formats": {"page_base": draw(st.sampled_from([0, 1])), "unit": "percent"},
        "webhooks": {
            "events": draw(st.dictionaries(NAMES, st.sampled_from([*WebhookEvent]).map(str), max_size=2)),
            "workflow_id": names[:2],
        },
    }
    kept = draw(st.sets(st.sampled_from(sorted(parts))))
    table: dict[str, Any] = {key: parts[key] for key in kept}
    if draw(st.booleans()):
        table["base"] = draw(st.sampled_from(["default", "simulator"]))
    return table


@given(dialects() | dialects(complete=False))
def test_any_dialect_goes_through_a_file(dialect: Dialect) -> None:
    """Names, words and places that no person would choose survive the way through a TOML file."""
    again = parse(tomllib.loads(to_toml(to_table(dialect))))
    assert spelled(dialect) == spelled(again)
    assert dialect.configured == again.configured


def spelled(dialect: Dialect) -> str:
    """Every value with its type, since ``True == 1``."""
    return repr(attrs.astuple(dialect, recurse=True, filter=lambda field, _: field.name != "configured"))


@given(dialect_tables())
def test_a_written_dialect_reads_back_as_the_same(table: dict[str, Any]) -> None:
    """Values and what is configured survive the way through a table and through a TOML file."""
    dialect = parse(table)
    for written in (to_table(dialect), tomllib.loads(to_toml(to_table(dialect)))):
        again = parse(written)
        assert dialect == again
        assert spelled(dialect) == spelled(again)
        assert dialect.configured == again.configured


@given(dialect_tables())
def test_a_complete_table_has_every_leaf(table: dict[str, Any]) -> None:
    """With ``complete`` the dialect is the same, and every leaf counts as configured."""
    dialect = parse(table)
    again = parse(to_table(dialect, complete=True))
    assert dialect == again
    assert {path for path, _ in values(dialect)} == again.configured


def test_the_default_dialect_is_an_empty_table() -> None:
    """What is merely shipped is not written, so it stays marked as assumed."""
    assert {} == to_table(shipped("default"))


def test_only_what_was_given_is_written() -> None:
    """A single configured leaf is the whole table, also if its value is the shipped one."""
    table = {"fields": {"signer": {"email": "email"}}}
    assert table == to_table(parse(table))


def test_a_value_without_its_mark_is_not_lost() -> None:
    """A dialect made in code, where nothing says what is configured, writes what differs."""
    changed = attrs.evolve(shipped("default"), fields=Fields(signer=SignerFields(email="mail")))
    assert "mail" == to_table(changed)["fields"]["signer"]["email"]
    assert changed == parse(to_table(changed))


def test_emptied_words_stay_empty() -> None:
    """A table of words that a customer emptied replaces the shipped one."""
    dialect = parse({"words": {"annotations": {}}})
    assert {"words": {"annotations": {}}} == to_table(dialect)


def test_a_replaced_table_of_words_leaves_no_old_leaves_configured() -> None:
    """A word that a file took away from its base is not configured any more."""
    dialect = parse({"base": "simulator", "words": {"annotations": {"date": "D"}}})
    assert not [path for path in dialect.configured if path == "words.annotations.text"]
    assert {"words.annotations.date"} == {
        leaf.path
        for leaf in leaves(dialect)
        if leaf.path.startswith("words.annotations.") and leaf.mark is Mark.CONFIGURED
    }


@given(TABLES, st.dictionaries(st.sampled_from(["", "a", "a.b", "b"]), st.text()))
def test_any_table_is_valid_toml(table: dict[str, Any], comments: dict[str, str]) -> None:
    """Whatever the keys, values and comments: ``tomllib`` reads the same table."""
    text = to_toml(table, comments)
    text.encode("utf-8")
    assert _comparable(table) == _comparable(tomllib.loads(text))


def _comparable(value: Any) -> Any:
    """``nan`` equals itself here, and 1, 1.0 and true differ."""
    if isinstance(value, dict):
        return {key: _comparable(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_comparable(each) for each in value]
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    return (type(value).__name__, value)


def test_comments_stand_where_they_belong() -> None:
    """The file's comment is at its top, a table's above its head, a leaf's behind it or above it."""
    text = to_toml(
        {"servers": {"test": "https://sign.example"}, "organization": {"name": "org", "place": "body"}},
        {
            "": "first\nsecond",
            "servers": "Where it is.",
            "servers.test": "said",
            "organization.name": "long " * 25,
        },
    )
    assert [
        "# first",
        "# second",
        "",
        "# Where it is.",
        "[servers]",
        'test = "https://sign.example"  # said',
        "",
        "[organization]",
        f"# {'long ' * 25}".rstrip(),
        'name = "org"',
        'place = "body"',
    ] == text.splitlines()


def test_what_cannot_be_printed_is_escaped() -> None:
    """A text that would turn the writing direction, or break a line, can be seen in the file."""
    text = to_toml({"a": "x\u202ey\x7fz\n", "b\u2028": 1})
    assert 'a = "x\\u202Ey\\u007Fz\\n"\n"b\\u2028" = 1\n' == text


def test_a_comment_cannot_leave_its_line() -> None:
    """Line breaks and other control characters in a comment do not become TOML."""
    text = to_toml({"a": 1}, {"a": "guessed\rb = 2\x00\nc = 3"})
    assert {"a": 1} == tomllib.loads(text)


@pytest.mark.parametrize("value", ["\ud800", object(), None, {"a": {1, 2}}])
def test_what_toml_cannot_hold_is_refused(value: Any) -> None:
    """Half of a surrogate pair and foreign types are an error, not a broken file."""
    with pytest.raises(ValueError, match=r"surrogates|cannot hold"):
        to_toml({"key": value})
