import json
from datetime import UTC, date, datetime
from typing import Any

import attrs
import httpx
import pytest
from cattrs import BaseValidationError
from hypothesis import given
from hypothesis import strategies as st

from paraph.convert import base_converter, camel, named, structure_answer
from paraph.convert.paths import wrong_paths
from paraph.errors import MalformedResponse
from paraph.model import Secret


@attrs.frozen(kw_only=True)
class Inner:
    a_number: int = 0


@attrs.frozen(kw_only=True)
class Outer:
    the_id: str = attrs.field(metadata=named("theId", "_id"))
    flag: bool | None = None
    size: float | None = None
    at: datetime | None = None
    day: date | None = None
    key: Secret | None = None
    inner: tuple[Inner, ...] = ()
    free: dict[str, Inner] = attrs.field(factory=dict)


CONVERTER = base_converter(rename=camel)


def read(value: Any) -> Outer:
    """Read an answer with this body."""
    request = httpx.Request("GET", "https://vendor.example/thing")
    response = httpx.Response(200, content=json.dumps(value).encode(), request=request)
    return structure_answer(response, Outer, converter=CONVERTER)


def test_names_are_renamed_in_both_directions() -> None:
    """Fields are read and written in camelCase or under their own name; None is not written."""
    value = {
        "theId": "x",
        "at": "2025-01-01T02:00:00.5+01:00",
        "day": "2025-01-02",
        "inner": [{"aNumber": 3}],
    }
    found = read(value)
    assert (datetime(2025, 1, 1, 1, 0, 0, 500_000, tzinfo=UTC), 3) == (found.at, found.inner[0].a_number)
    assert {**value, "at": "2025-01-01T01:00:00.500Z", "free": {}} == json.loads(
        json.dumps(CONVERTER.unstructure(found))
    )


@pytest.mark.parametrize("value", [{"_id": "x"}, {"theId": "x", "_id": "y"}, {"theId": None, "_id": "x"}])
def test_further_names_are_read_where_the_first_is_missing(value: dict[str, Any]) -> None:
    """The first name wins; a missing or null one is taken under the next."""
    assert "x" == read(value).the_id


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("theId", 1),
        ("flag", 1),
        ("flag", "true"),
        ("size", "1"),
        ("size", True),
        ("at", 0),
        ("at", "2025-01-01T00:00:00"),
        ("at", "yesterday"),
        ("day", "2025-01-01T00:00:00Z"),
        ("key", 7),
        ("inner", "text"),
        ("inner", {"0": {}}),
    ],
)
def test_nothing_is_coerced(key: str, value: Any) -> None:
    """Another type than documented is an error, never a guess; the path says where."""
    with pytest.raises(MalformedResponse, match=r"at \$\."):
        read({"theId": "x", key: value})


@pytest.mark.parametrize("number", [1.0, "1", True])
def test_an_integer_is_an_integer(number: Any) -> None:
    """Neither floats nor texts nor booleans are integers."""
    with pytest.raises(MalformedResponse, match=r"\$\.inner\[1\]\.a_number"):
        read({"theId": "x", "inner": [{}, {"aNumber": number}]})


def test_keys_of_free_mappings_are_never_shown() -> None:
    """A key may be data: its place in the path is a star."""
    with pytest.raises(MalformedResponse, match=r"\$\.free\[\*\]\.a_number") as caught:
        read({"theId": "x", "free": {"canary@example.org": {"aNumber": "canary"}}})
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_secrets_are_read_and_not_written() -> None:
    """A secret comes in as a Secret, and JSON refuses it on the way out unless the owner allows it."""
    found = read({"theId": "x", "key": "canary"})
    assert found.key == Secret("canary")
    with pytest.raises(TypeError):
        json.dumps(CONVERTER.unstructure(found))


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_any_json_is_an_object_or_malformed(value: Any) -> None:
    """Nothing a vendor can answer raises anything else."""
    try:
        found = read({"theId": "x", "inner": value, "free": value, "size": value})
    except MalformedResponse:
        return
    assert isinstance(found, Outer)


@attrs.frozen(kw_only=True)
class Lenient:
    """Fields with every kind of default."""

    needed: int
    number: int = 3
    words: tuple[str, ...] = ("a",)
    maybe: str | None = "b"
    inner: dict[str, Any] = attrs.field(factory=dict)


def test_null_is_absent_where_there_is_a_default() -> None:
    """A field takes its default for null, unless None is a value of it; one without a default refuses it."""
    converter = base_converter()
    nulls = {"needed": 1, "number": None, "words": None, "maybe": None, "inner": None}
    assert Lenient(needed=1, maybe=None) == converter.structure(nulls, Lenient)
    with pytest.raises(BaseValidationError):
        converter.structure({"needed": None}, Lenient)


@attrs.frozen(kw_only=True)
class Branch:
    """A class that holds itself."""

    name: str
    size: int | None = None
    anything: Any = None
    either: bool | None
    branches: "tuple[Branch, ...]" = ()


def test_a_class_may_hold_itself() -> None:
    """What is read of an object is read of those within it as well."""
    inner = {"name": "b", "either": None, "anything": {"x": [1]}}
    found = base_converter().structure({"name": "a", "either": True, "branches": [inner]}, Branch)
    within = Branch(name="b", either=None, anything={"x": [1]})
    assert Branch(name="a", either=True, branches=(within,)) == found


def test_everything_that_does_not_fit_is_told_at_once() -> None:
    """The paths of all fields that are missing or of another type, in an object and those within it."""
    with pytest.raises(BaseValidationError) as caught:
        base_converter().structure(
            {"name": 1, "size": "1", "branches": [{"name": "b"}, {"either": 1}]}, Branch
        )
    assert {
        "$.name",
        "$.size",
        "$.either",
        "$.branches[0].either",
        "$.branches[1].name",
        "$.branches[1].either",
    } == set(wrong_paths(caught.value))


def test_a_deep_answer_is_malformed_in_time() -> None:
    """A misfit at the bottom of a class that holds itself is looked for once, not once per level."""
    value: dict[str, Any] = {"name": 1, "either": True}
    for _ in range(50):
        value = {"name": "a", "either": True, "branches": [value]}
    with pytest.raises(BaseValidationError) as caught:
        base_converter().structure(value, Branch)
    assert ("$" + ".branches[0]" * 50 + ".name",) == wrong_paths(caught.value)


@attrs.frozen(kw_only=True)
class Dated:
    """A class with rules of its own."""

    even: int = attrs.field(validator=attrs.validators.in_([0, 2]))
    seen: dict[str, int] = attrs.field(factory=dict)


def test_a_class_may_refuse_what_it_is_made_of() -> None:
    """A validator's word is an error of the whole object; a default that is made is made anew each time."""
    converter = base_converter()
    with pytest.raises(BaseValidationError) as caught:
        converter.structure({"even": 1}, Dated)
    assert ("$",) == wrong_paths(caught.value)
    one, other = converter.structure({"even": 0}, Dated), converter.structure({"even": 0}, Dated)
    assert one.seen is not other.seen


@attrs.frozen
class Derived:
    name: str
    title: str = attrs.Factory(lambda self: self.name.title(), takes_self=True)


def test_a_default_made_of_other_fields_is_refused_by_name():
    """Such a default cannot be told before the object is made: the class is refused, whatever comes."""
    with pytest.raises(TypeError, match="title: an answer's field has no default made of other fields"):
        base_converter().structure({"name": "ada"}, Derived)
