"""JSON Schemas of parameters and results, against what paraph takes and prints."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from paraph import Registry
from paraph.cli.render import to_json
from paraph.convert.schema import params_schema, result_schema
from paraph.flow import Downloaded, Sink
from paraph.model import Document, EvidenceKind, Level, Secret
from paraph.provider import Action, OffersActions
from paraph.provider.fitting import declared, filled
from support.said import said

FORMATS = FormatChecker(("date",))


@FORMATS.checks("date-time", raises=ValueError)
def _is_instant(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def valid(schema: Mapping[str, Any], value: object) -> bool:
    return bool(Draft202012Validator(schema, format_checker=FORMATS).is_valid(value))


class Mode(Enum):
    """Texts and numbers."""

    SLOW = "slow"
    FAST = 2


@attrs.frozen(kw_only=True)
class Inner:
    """A part.

    :ivar rank: counted from 1,
        as :class:`~paraph.Level` is.
    """

    name: str
    rank: int = 1
    parts: tuple[Inner, ...] = ()


@attrs.frozen(kw_only=True)
class Everything:
    """All that a parameter may be.

    :ivar number: points,
        from ``left``.
    :ivar flag: whether.

    More text, of no field.
    """

    text: str
    number: float
    flag: bool
    inner: Inner
    whole: int = 7
    secret: Secret | None = None
    day: date | None = None
    at: datetime | None = None
    kind: EvidenceKind = EvidenceKind.SIGNED_DOCUMENT
    mode: Mode | None = None
    word: Literal["a", "b"] = "a"
    several: tuple[Inner, ...] = ()
    names: frozenset[str] = frozenset()
    pair: tuple[str, int] | None = None
    either: str | int | bool = True
    table: Mapping[str, int] = attrs.field(factory=dict)
    free: Any = None
    path: Path | None = None
    _private: str = ""


PARAMS, RESULT = params_schema(Everything), result_schema(Everything)

TEXTS = st.text(max_size=5)
INSTANTS = st.datetimes(timezones=st.just(UTC)).filter(lambda instant: instant.year >= 1000)
SCALARS: Mapping[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=5),
    date: st.dates(),
    datetime: INSTANTS,
    Secret: TEXTS.map(Secret),
    Path: st.sampled_from([Path("a.pdf"), Path("b") / "c.pdf"]),
    Any: st.none() | st.booleans() | st.integers() | TEXTS | st.lists(TEXTS, max_size=2),
    object: TEXTS,
    type(None): st.none(),
}


def instances(wanted: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Return values of a declared type, as Python has them."""
    origin, arguments = typing.get_origin(wanted) or wanted, typing.get_args(wanted)
    if wanted in SCALARS:
        return SCALARS[wanted]
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(instances(each, depth) for each in arguments))
    if origin is Literal:
        return st.sampled_from(arguments)
    if issubclass(origin, Enum):
        return st.sampled_from(list(origin))
    if attrs.has(origin):
        hints = declared(origin)
        return st.builds(origin, **{name: instances(each, depth + 1) for name, each in hints.items()})
    if issubclass(origin, Mapping):
        return st.dictionaries(*(instances(each, depth) for each in arguments), max_size=2)
    if origin is tuple and arguments[-1] is not Ellipsis:
        return st.tuples(*(instances(each, depth) for each in arguments))
    # Deep enough, since classes may hold themselves.
    most = 2 if depth <= 2 else 0
    items = st.deferred(lambda: instances(arguments[0], depth)) if most else st.nothing()
    return st.lists(items, max_size=most).map(tuple if origin is not frozenset else frozenset)


def takes(kind: type, value: Any) -> bool:
    """Whether paraph makes an object of it."""
    try:
        filled(kind, value)
    except (TypeError, ValueError):
        return False
    return True


@given(instances(Everything))
def test_parameters_that_paraph_takes_are_valid(value: Everything) -> None:
    """Every object, said as JSON, satisfies its schema and is read back as the same object."""
    told = json.loads(json.dumps(said(value)))
    assert valid(PARAMS, told)
    assert value == filled(Everything, told)


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.just(0.5)
    | st.sampled_from(["", "a", "slow", "2026-02-30"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["name", "rank", "x"]), inner)
    ),
    max_leaves=4,
)
LEAST = {"text": "t", "number": 1, "flag": True, "inner": {"name": "n"}}


@given(st.sampled_from([*declared(Everything), "unknown"]), ODD)
@example(name="inner", value={"name": "n", "unknown": 1})
@example(name="inner", value={"rank": 1})
@example(name="pair", value=["a"])
@example(name="pair", value=["a", 1, 2])
@example(name="mode", value=True)
@example(name="at", value="2026-03-01T09:30:00")
@example(name="at", value="2026-03-01T09:30:00+02:00")
def test_schema_and_paraph_refuse_the_same(name: str, value: object) -> None:
    """Whatever stands in a field, the schema takes it exactly if paraph does."""
    told = {**LEAST, name: value}
    assert takes(Everything, told) == valid(PARAMS, told)


@pytest.mark.parametrize("name", LEAST)
def test_what_has_no_default_is_required(name: str) -> None:
    """Without one of the required fields, schema and paraph refuse the rest."""
    told = {key: value for key, value in LEAST.items() if key != name}
    assert (True, False, False) == (valid(PARAMS, LEAST), valid(PARAMS, told), takes(Everything, told))


def test_where_schema_and_paraph_differ() -> None:
    """1.0 is an integer to JSON Schema; paraph reads it as what Python's JSON makes of it, a float."""
    told = {**LEAST, "whole": 1.0}
    assert (True, False) == (valid(PARAMS, told), takes(Everything, told))


def test_schema_of_parameters_in_full() -> None:
    """Names, types, defaults and descriptions are as declared; a class inside has its own definition."""
    properties = PARAMS["properties"]
    assert "All that a parameter may be." == PARAMS["description"]
    assert {"type": "number", "description": "points, from `left`."} == properties["number"]
    assert {"type": "boolean", "description": "whether."} == properties["flag"]
    assert {"type": ["string", "null"], "writeOnly": True} == properties["secret"]
    assert {"type": "integer", "default": 7} == properties["whole"]
    assert ["slow", 2] == properties["mode"]["anyOf"][0]["enum"]
    assert "signed_document" == properties["kind"]["default"]
    assert {"type": "array", "items": {"$ref": "#/$defs/Inner"}, "default": []} == properties["several"]
    assert {"type": "string", "default": ""} == properties["private"]
    assert {} == properties["free"]
    inner = PARAMS["$defs"]["Inner"]
    assert "A part." == inner["description"]
    assert "counted from 1, as Level is." == inner["properties"]["rank"]["description"]
    assert {"$ref": "#/$defs/Inner"} == inner["properties"]["parts"]["items"]


def test_a_class_that_holds_itself_refers_to_the_whole() -> None:
    """A schema stays finite and right for a class that contains objects of itself."""
    schema = params_schema(Inner)
    assert {"$ref": "#"} == schema["properties"]["parts"]["items"]
    deep = {"name": "a", "parts": [{"name": "b", "parts": [{"name": "c"}]}]}
    assert (True, False) == (valid(schema, deep), valid(schema, {"name": "a", "parts": [{"rank": 1}]}))


def test_classes_of_one_name_have_their_own_definitions() -> None:
    """Two classes that are called the same do not share a definition."""
    other = attrs.make_class("Inner", {"size": attrs.field(type=int)}, kw_only=True)
    both = attrs.make_class(
        "Both", {"a": attrs.field(type=Inner), "b": attrs.field(type=other)}, kw_only=True
    )
    schema = params_schema(both)
    assert valid(schema, {"a": {"name": "n"}, "b": {"size": 1}})
    assert not valid(schema, {"a": {"size": 1}, "b": {"name": "n"}})


@attrs.frozen(kw_only=True)
class OnlyInPython:
    """Takes what no JSON can say, and what a path stands for."""

    document: Document
    sink: Sink | None = None


def test_a_path_stands_for_a_document_and_nothing_for_a_stream(tmp_path: Path) -> None:
    """A document is given by its file's path; a stream can be left out, and cannot be said."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    schema = params_schema(OnlyInPython)
    told = {"document": str(tmp_path / "a.pdf")}
    assert valid(schema, told)
    assert "a.pdf" == filled(OnlyInPython, told).document.name
    for wrong in ({**told, "sink": "out.pdf"}, {"document": {"id": "a"}}, {"document": 1}):
        assert (False, False) == (valid(schema, wrong), takes(OnlyInPython, wrong))
    assert not takes(OnlyInPython, {"document": str(tmp_path / "missing.pdf")})


@given(instances(Everything))
def test_what_is_printed_is_valid(value: Everything) -> None:
    """A result as ``paraph call`` prints it satisfies its schema."""
    assert valid(RESULT, json.loads(json.dumps(to_json(value, personal=True))))


def test_a_result_that_lacks_or_adds_something_is_invalid() -> None:
    """The schema of a result is no mere shrug: a missing, an additional and a wrong field are refused."""
    inner = Inner(name="n")
    printed = to_json(inner, personal=True)
    schema = result_schema(Inner)
    assert valid(schema, printed)
    assert not valid(schema, {"name": "n", "parts": []})
    assert not valid(schema, {**printed, "more": 1})
    assert not valid(schema, {**printed, "rank": "1"})
    assert not valid(schema, [printed])


@pytest.mark.parametrize(
    ("kind", "printed"),
    [
        (None, None),
        (tuple[Inner, ...], [{"name": "n", "rank": 1, "parts": []}]),
        (Level, "QES"),
        (Downloaded, {"response": "<Response>", "sha256": "ab", "size": 1}),
        (Inner | None, None),
        (bytes, "3 bytes"),
        (Any, {"a": 1}),
    ],
)
def test_results_of_all_kinds(kind: Any, printed: object) -> None:
    """A result may be nothing, a list, a member, or of a class with a type that only checkers resolve."""
    schema = result_schema(kind)
    Draft202012Validator.check_schema(schema)
    assert valid(schema, printed)
    assert kind is Any or not valid(schema, 0.5)


def offered() -> list[Any]:
    """Return every action of every installed provider."""
    registry = Registry(environ={})
    names = [each.name for each in registry.listing() if each.kind == "provider"]
    found = [(name, registry.provider(name)) for name in names]
    return [
        pytest.param(action, id=f"{name}:{action.name}")
        for name, provider in found
        if isinstance(provider, OffersActions)
        for action in provider.actions.values()
    ]


@pytest.mark.parametrize("action", offered())
def test_schemas_of_every_action_are_sound(action: Action[Any, Any]) -> None:
    """Each action of each provider has schemas that are valid ones, and describes what it is for."""
    for schema in (params_schema(action.params), result_schema(action.result)):
        Draft202012Validator.check_schema(schema)
    assert params_schema(action.params)["description"]
    assert set(declared(action.params)) == set(params_schema(action.params)["properties"])
